// SPDX-License-Identifier: Apache-2.0
#ifndef TARIFF_H
#define TARIFF_H

#include <stdint.h>

/* Volume and money of the running month. */
struct tariff {
	double litres[3];
	double cost;
	uint8_t month;
};

enum tariff_band {
	BAND_OFF_PEAK,
	BAND_NORMAL,
	BAND_PEAK,
	BAND_COUNT,
};

void tariff_init(struct tariff *t);
enum tariff_band tariff_band(uint32_t unix_time);
const char *tariff_band_name(enum tariff_band band);
void tariff_add(struct tariff *t, uint32_t unix_time, double litres, double price_m3);
double tariff_volume(const struct tariff *t);

#endif
