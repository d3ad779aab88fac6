// SPDX-License-Identifier: Apache-2.0
#ifndef FILTER_H
#define FILTER_H

#include <stdbool.h>
#include <stdint.h>

/* First order low pass in Q16.16; the weight of a new sample is 1 / 2^shift. */
struct filter_ema {
	int32_t state;
	uint8_t shift;
	bool primed;
};

#define FILTER_MEDIAN	5

struct filter_median {
	float value[FILTER_MEDIAN];
	uint8_t n;
	uint8_t head;
};

/* Second order section, transposed direct form II. */
struct filter_biquad {
	float b0, b1, b2, a1, a2;
	float z1, z2;
};

void filter_ema_init(struct filter_ema *f, uint8_t shift);
float filter_ema(struct filter_ema *f, float sample);
void filter_median_init(struct filter_median *f);
float filter_median(struct filter_median *f, float sample);
void filter_lowpass_init(struct filter_biquad *f, float cutoff_share);
float filter_biquad(struct filter_biquad *f, float sample);

#endif
