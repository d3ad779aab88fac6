// SPDX-License-Identifier: Apache-2.0
/* Checks that need no hardware; each returns true when all is well. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "app.h"
#include "cmd.h"
#include "cobs.h"
#include "crc.h"
#include "errors.h"
#include "filter.h"
#include "frame.h"
#include "physics.h"
#include "rtc.h"
#include "selftest.h"
#include "units.h"

static bool near(double a, double b, double tolerance)
{
	return fabs(a - b) <= tolerance;
}

static bool test_crc(void)
{
	static const char text[] = "123456789";

	return crc16_ccitt(CRC16_INIT, text, 9) == 0x29b1 &&
	       crc32_ieee(0, text, 9) == 0xcbf43926 && crc8_sensor("\xbe\xef", 2) == 0x92;
}

static bool test_cobs(void)
{
	uint8_t in[300], wire[COBS_MAX(300)], out[300];
	size_t n;

	for (size_t len = 0; len <= sizeof(in); len++) {
		for (size_t i = 0; i < len; i++)
			in[i] = (uint8_t)(i % (len / 7 + 3));
		n = cobs_encode(in, len, wire);
		if (memchr(wire, 0, n) || cobs_decode(wire, n, out, sizeof(out)) != (int)len ||
		    memcmp(in, out, len))
			return false;
	}
	return true;
}

static bool test_frame(void)
{
	struct frame f = { .type = FRAME_EVENTS, .schema = 1, .seq = 7, .len = 5 };
	struct frame back;
	uint8_t wire[FRAME_WIRE_MAX];
	int n;

	memcpy(f.payload, "a\0b\0c", 5);
	n = frame_encode(&f, wire, sizeof(wire));
	if (n < 0 || frame_decode(&back, wire, (size_t)n))
		return false;
	if (back.seq != f.seq || memcmp(back.payload, f.payload, f.len))
		return false;
	wire[3] ^= 0x10;
	return frame_decode(&back, wire, (size_t)n) != ERR_OK;
}

static bool test_calendar(void)
{
	struct rtc_date d;
	uint32_t t;

	for (t = 0; t < 4000000000u; t += 98765431u) {
		rtc_split(t, &d);
		if (rtc_join(&d) != t)
			return false;
	}
	return rtc_parse("2024-02-29T12:00:00", &t) == ERR_OK && t == 1709208000u &&
	       rtc_parse("2023-02-29", &t) == ERR_RANGE;
}

static bool test_units(void)
{
	double r;

	return !unit_convert(212.0, "F", "C", &r) && near(r, 100.0, 1e-9) &&
	       !unit_convert(1.0, "bar", "psi", &r) && near(r, 14.5037738, 1e-6) &&
	       unit_convert(1.0, "bar", "l", &r) == ERR_ARG;
}

static bool test_stats(void)
{
	struct stats_window w;
	struct stats_run run;
	struct stats_line line;
	float p;

	stats_window_init(&w);
	stats_run_init(&run);
	for (int i = 1; i <= 9; i++) {
		stats_window_add(&w, 2.0f * (float)i + 1.0f);
		stats_run_add(&run, (float)i);
	}
	return !stats_line(&w, &line) && near(line.slope, 2.0, 1e-9) &&
	       near(line.r2, 1.0, 1e-9) && !stats_percentile(&w, 25.0, &p) &&
	       near((double)p, 7.0, 1e-6) && near(stats_run_deviation(&run), 2.7386, 1e-4);
}

static bool test_filter(void)
{
	struct filter_biquad low;
	struct filter_ema ema;
	float a = 0.0f, b = 0.0f;

	filter_lowpass_init(&low, 0.05f);
	filter_ema_init(&ema, 2);
	for (int i = 0; i < 200; i++) {
		a = filter_biquad(&low, 10.0f);
		b = filter_ema(&ema, 10.0f);
	}
	return near((double)a, 10.0, 1e-3) && near((double)b, 10.0, 1e-3);
}

static bool test_physics(void)
{
	return near(physics_dew_point(20.0, 50.0), 9.27, 0.02) &&
	       near(physics_altitude(898.76, 1013.25), 1000.0, 1.0) &&
	       near(physics_water_density(20.0), 998.2, 0.15);
}

static bool test_battery(void)
{
	return battery_percent(1.9f, 20.0f) == 0.0f && battery_percent(3.7f, 20.0f) == 100.0f &&
	       near((double)battery_percent(3.44f, 20.0f), 22.0, 0.1);
}

static bool test_calib(void)
{
	struct calib c;

	calib_default(&c);
	return near((double)calib_error(&c, 1.0f), -4.2, 1e-5) &&
	       near((double)calib_error(&c, 50.0f), -0.15, 1e-4) &&
	       calib_set(&c, 300.0f, 0.5f) == ERR_OK && calib_set(&c, 301.0f, 0.5f) == ERR_FULL;
}

static const struct self_test tests[] = {
	{ "crc", test_crc },
	{ "cobs", test_cobs },
	{ "frame", test_frame },
	{ "calendar", test_calendar },
	{ "units", test_units },
	{ "stats", test_stats },
	{ "filter", test_filter },
	{ "physics", test_physics },
	{ "battery", test_battery },
	{ "calib", test_calib },
};

static int run_tests(const struct self_test *list, size_t count)
{
	int failed = 0;

	for (size_t i = 0; i < count; i++) {
		bool good = list[i].run();

		printf("%-9s %s\n", list[i].name, good ? "ok" : "FAILED");
		failed += !good;
	}
	return failed;
}

int cmd_selftest(int argc, char **argv)
{
	int failed = run_tests(tests, sizeof(tests) / sizeof(tests[0]));

	(void)argc;
	(void)argv;
	failed += run_tests(release_tests, release_test_count);
	return failed ? ERR_STATE : ERR_OK;
}
