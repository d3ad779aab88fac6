// SPDX-License-Identifier: Apache-2.0
/*
 * Compensation of the raw readings, in the floating point form of the data sheet. The sensor
 * model uses the same functions backwards, by bisection.
 */
#include "bme280.h"

double bme280_fine(const struct bme280_calib *c, uint32_t raw)
{
	double coarse = raw / 16384.0 - c->t1 / 1024.0;
	double small = raw / 131072.0 - c->t1 / 8192.0;

	return coarse * c->t2 + small * small * c->t3;
}

double bme280_temperature(double fine)
{
	return fine / 5120.0;
}

double bme280_pressure(const struct bme280_calib *c, double fine, uint32_t raw)
{
	double x = fine / 2.0 - 64000.0;
	double offset = (x * x * c->p6 / 32768.0 + x * c->p5 * 2.0) / 4.0 + c->p4 * 65536.0;
	double slope = (c->p3 * x * x / 524288.0 + c->p2 * x) / 524288.0;
	double p;

	slope = (1.0 + slope / 32768.0) * c->p1;
	if (slope == 0.0)
		return 0.0;
	p = (1048576.0 - raw - offset / 4096.0) * 6250.0 / slope;
	return p + (c->p9 * p * p / 2147483648.0 + p * c->p8 / 32768.0 + c->p7) / 16.0;
}

double bme280_humidity(const struct bme280_calib *c, double fine, uint32_t raw)
{
	double x = fine - 76800.0;
	double gain = 1.0 + c->h6 / 67108864.0 * x * (1.0 + c->h3 / 67108864.0 * x);
	double h = raw - (c->h4 * 64.0 + c->h5 / 16384.0 * x);

	h *= c->h2 / 65536.0 * gain;
	h *= 1.0 - c->h1 * h / 524288.0;
	if (h > 100.0)
		return 100.0;
	return h < 0.0 ? 0.0 : h;
}
