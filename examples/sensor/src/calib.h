// SPDX-License-Identifier: Apache-2.0
#ifndef CALIB_H
#define CALIB_H

#include <stdint.h>

#define CALIB_POINTS	8

/* Error of the meter in per cent at some flow rates, found on a test bench. */
struct calib_point {
	float lph;
	float error_pct;
};

struct calib {
	uint32_t count;
	struct calib_point point[CALIB_POINTS];
};

void calib_default(struct calib *c);
int calib_set(struct calib *c, float lph, float error_pct);
int calib_remove(struct calib *c, float lph);
float calib_error(const struct calib *c, float lph);
float calib_factor(const struct calib *c, float lph);
int calib_load(struct calib *c);
int calib_save(const struct calib *c);

#endif
