// SPDX-License-Identifier: Apache-2.0
#include "tariff.h"

#include <string.h>

#include "rtc.h"

#define TIER_BASE_L	6000.0
#define TIER_HIGH_L	15000.0

static const double band_share[BAND_COUNT] = { 0.85, 1.0, 1.2 };

void tariff_init(struct tariff *t)
{
	memset(t, 0, sizeof(*t));
}

enum tariff_band tariff_band(uint32_t unix_time)
{
	struct rtc_date d;

	rtc_split(unix_time, &d);
	if (d.hour < 6 || d.hour >= 22)
		return BAND_OFF_PEAK;
	if (d.weekday < 5 && ((d.hour >= 6 && d.hour < 9) || (d.hour >= 17 && d.hour < 20)))
		return BAND_PEAK;
	return BAND_NORMAL;
}

const char *tariff_band_name(enum tariff_band band)
{
	static const char *const names[BAND_COUNT] = { "off-peak", "normal", "peak" };

	return names[band];
}

double tariff_volume(const struct tariff *t)
{
	return t->litres[BAND_OFF_PEAK] + t->litres[BAND_NORMAL] + t->litres[BAND_PEAK];
}

/* The more a household has used this month, the dearer the next cubic metre. */
static double tier_share(double litres)
{
	if (litres < TIER_BASE_L)
		return 0.8;
	return litres < TIER_HIGH_L ? 1.0 : 1.35;
}

void tariff_add(struct tariff *t, uint32_t unix_time, double litres, double price_m3)
{
	enum tariff_band band = tariff_band(unix_time);
	struct rtc_date d;

	rtc_split(unix_time, &d);
	if (d.month != t->month) {
		tariff_init(t);
		t->month = d.month;
	}
	t->cost += litres / 1000.0 * price_m3 * band_share[band] * tier_share(tariff_volume(t));
	t->litres[band] += litres;
}
