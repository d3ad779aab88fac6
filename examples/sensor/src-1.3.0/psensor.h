// SPDX-License-Identifier: Apache-2.0
#ifndef PSENSOR_H
#define PSENSOR_H

#include <stdint.h>

#define PSENSOR_ADDR		0x28
#define PSENSOR_CMD_MEASURE	0xac
#define PSENSOR_CMD_OTP		0x20
#define PSENSOR_OTP_WORDS	4
#define PSENSOR_BUSY		0x20
#define PSENSOR_MAX_KPA		1600.0f

/* Correction of span and zero with temperature, in parts per million per kelvin. */
struct psensor_trim {
	int16_t zero_ppm;
	int16_t zero_ppm_k;
	int16_t span_ppm_k;
	int16_t span_ppm_k2;
};

struct psensor {
	struct psensor_trim trim;
	uint32_t reads;
	uint32_t errors;
	int last_err;
};

struct psensor_sample {
	float kpa;
	float celsius;
};

int psensor_init(struct psensor *dev);
int psensor_read(struct psensor *dev, struct psensor_sample *sample);
double psensor_compensate(const struct psensor_trim *t, double share, double celsius);

#endif
