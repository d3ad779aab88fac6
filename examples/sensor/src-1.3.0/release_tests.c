// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <string.h>

#include "leak.h"
#include "psensor.h"
#include "selftest.h"

/* Two days at a steady flow, with the night between two hours. */
static bool finds_leak(uint16_t start_h, uint16_t end_h)
{
	struct settings s;
	struct leak l;

	settings_default(&s);
	s.leak_nights = 1;
	s.night_start_h = start_h;
	s.night_end_h = end_h;
	leak_init(&l);
	for (uint32_t t = 0; t < 2 * 86400; t++) {
		const struct leak_input in = { .time = t, .lph = s.leak_lph + 1.0f };

		leak_second(&l, &in, &s);
	}
	return (l.flags & LEAK_NIGHT) && l.last_night_min >= s.leak_lph;
}

static bool test_leak(void)
{
	return finds_leak(1, 5);
}

static bool test_midnight(void)
{
	return finds_leak(23, 4);
}

/* A record as release 1.2 wrote it: serial number, site, and so on. */
static bool test_upgrade(void)
{
	uint32_t stored[16] = { 2, 4711 };
	const uint16_t halves[8] = { 90, 1800, 23, 4, 3, 48, 120, 25 };
	const float floats[6] = { 1, 2.5f, 900, 1, 3.1f, 40 };
	struct settings s;

	memcpy(&stored[2], "cellar", 7);
	memcpy(&stored[6], halves, sizeof(halves));
	memcpy(&stored[10], floats, sizeof(floats));
	settings_default(&s);
	if (settings_from_v2(&s, stored, sizeof(stored)))
		return false;
	return s.schema == SETTINGS_SCHEMA && s.serial == 4711 && !strcmp(s.site, "cellar") &&
	       s.night_start_h == 23 && s.bore_mm == 25 && s.altitude_m == 40.0f &&
	       s.pressure_s == 10;
}

static bool test_pressure(void)
{
	const struct psensor_trim t = { 1000, 0, 100, 0 };
	double kpa = psensor_compensate(&t, 0.251, 25.0);
	double warm = psensor_compensate(&t, 0.251, 35.0);

	return fabs(kpa - 400.0) < 1e-6 && fabs(warm - 400.0 / 1.001) < 1e-6;
}

const struct self_test release_tests[] = {
	{ "leak", test_leak },
	{ "midnight", test_midnight },
	{ "upgrade", test_upgrade },
	{ "pressure", test_pressure },
};

const size_t release_test_count = sizeof(release_tests) / sizeof(release_tests[0]);
