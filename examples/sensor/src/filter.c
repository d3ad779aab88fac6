// SPDX-License-Identifier: Apache-2.0
#include "filter.h"

#include <math.h>
#include <string.h>

#define Q16		65536.0f
#define PI		3.14159265358979
#define BUTTERWORTH_Q	0.70710678118655

void filter_ema_init(struct filter_ema *f, uint8_t shift)
{
	f->state = 0;
	f->shift = shift;
	f->primed = false;
}

float filter_ema(struct filter_ema *f, float sample)
{
	int32_t q = (int32_t)lrintf(sample * Q16);

	if (f->primed)
		f->state += (q - f->state) / (1 << f->shift);
	else
		f->state = q;
	f->primed = true;
	return (float)f->state / Q16;
}

void filter_median_init(struct filter_median *f)
{
	memset(f, 0, sizeof(*f));
}

float filter_median(struct filter_median *f, float sample)
{
	float sorted[FILTER_MEDIAN];

	f->value[f->head] = sample;
	f->head = (uint8_t)((f->head + 1) % FILTER_MEDIAN);
	if (f->n < FILTER_MEDIAN)
		f->n++;
	for (uint8_t i = 0; i < f->n; i++) {
		uint8_t k = i;

		for (; k && sorted[k - 1] > f->value[i]; k--)
			sorted[k] = sorted[k - 1];
		sorted[k] = f->value[i];
	}
	return sorted[f->n / 2];
}

/* The cutoff is given as a share of the sampling rate, below one half. */
void filter_lowpass_init(struct filter_biquad *f, float cutoff_share)
{
	double w = 2.0 * PI * (double)cutoff_share;
	double alpha = sin(w) / (2.0 * BUTTERWORTH_Q);
	double a0 = 1.0 + alpha;

	f->b1 = (float)((1.0 - cos(w)) / a0);
	f->b0 = f->b1 / 2.0f;
	f->b2 = f->b0;
	f->a1 = (float)(-2.0 * cos(w) / a0);
	f->a2 = (float)((1.0 - alpha) / a0);
	f->z1 = 0.0f;
	f->z2 = 0.0f;
}

float filter_biquad(struct filter_biquad *f, float sample)
{
	float out = f->b0 * sample + f->z1;

	f->z1 = f->b1 * sample - f->a1 * out + f->z2;
	f->z2 = f->b2 * sample - f->a2 * out;
	return out;
}
