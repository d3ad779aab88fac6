// SPDX-License-Identifier: Apache-2.0
#include "app.h"

#include "errors.h"
#include "eventlog.h"
#include "rtc.h"
#include "sched.h"
#include "shell.h"
#include "store.h"
#include "tick.h"

#define WORLD_SEED	20240u
#define FLOW_CUTOFF	0.02f
#define FROST_RELEASE_K	1.5f
#define REVERSE_STEP_L	5.0
#define TOTALS_PERIOD_S	(6 * 3600u)

struct totals {
	double litres;
	double litres_reverse;
};

struct app app;

static double reverse_reported;

static void restore(void)
{
	struct totals t;

	settings_default(&app.settings);
	calib_default(&app.calib);
	if (store_mount() == ERR_OK) {
		if (settings_load(&app.settings))
			event_add(EV_SETTINGS_RESET, 0.0f);
		calib_load(&app.calib);
	}
	if (store_read(STORE_TOTALS, &t, sizeof(t)) == (int)sizeof(t)) {
		app.flow.litres = t.litres;
		app.flow.litres_reverse = t.litres_reverse;
	}
}

void app_save_totals(void)
{
	const struct totals t = { app.flow.litres, app.flow.litres_reverse };

	if (!store_write(STORE_TOTALS, &t, sizeof(t)))
		event_add(EV_TOTALS_SAVED, (float)t.litres);
}

void app_init(void)
{
	world_init(&app.world, WORLD_SEED);
	flow_init(&app.flow);
	restore();
	filter_lowpass_init(&app.flow_filter, FLOW_CUTOFF);
	battery_init(&app.battery);
	leak_init(&app.leak);
	tariff_init(&app.tariff);
	history_init(&app.history, rtc_now());
	stats_run_init(&app.flow_stats);
	stats_run_init(&app.air_stats);
	stats_window_init(&app.flow_window);
	stats_window_init(&app.air_window);
	app_sensors_init();
	event_add(EV_BOOT, (float)store_state().records);
	app_second();
}

static float flow_correction(float lph)
{
	return calib_factor(&app.calib, lph);
}

static void step_water(uint32_t now)
{
	double before = app.flow.litres;
	double truth = (double)app.world.flow_lph / 3600.0;
	float ppl = app.settings.pulses_per_litre;

	flow_wheel_turn(&app.wheel, &app.flow, truth, ppl);
	flow_second(&app.flow, ppl, flow_correction);
	app.flow_smooth = filter_biquad(&app.flow_filter, app.flow.rate_lph);
	tariff_add(&app.tariff, now, app.flow.litres - before, (double)app.settings.price_m3);
	history_add(&app.history, now, (float)(app.flow.litres - before));
	if (app.flow.litres_reverse - reverse_reported >= REVERSE_STEP_L) {
		reverse_reported = app.flow.litres_reverse;
		event_add(EV_REVERSE_FLOW, (float)reverse_reported);
	}
}

static void watch_frost(void)
{
	float limit = app.settings.frost_c + (app.frost ? FROST_RELEASE_K : 0.0f);
	bool frost = app.air_valid && app.air.temperature_c < limit;

	if (frost && !app.frost)
		event_add(EV_FROST, app.air.temperature_c);
	app.frost = frost;
}

static void sample(void)
{
	bool was_low = app.battery.low;

	app_sensors_sample();
	battery_sample(&app.battery, battery_adc(app.world.battery_v), app.world.air_c);
	if (app.battery.low && !was_low)
		event_add(EV_BATTERY_LOW, app.battery.percent);
	watch_frost();
	stats_run_add(&app.flow_stats, app.flow.rate_lph);
	stats_window_add(&app.flow_window, app.flow.rate_lph);
}

void app_second(void)
{
	uint32_t now = rtc_now();

	world_step(&app.world, now);
	step_water(now);
	app_sensors_second(now);
	if (now % app.settings.sample_s == 0)
		sample();
	if (now % TOTALS_PERIOD_S == 0)
		app_save_totals();
	rtc_advance(1);
}

/* A job that advances the clock itself must not run the jobs once more. */
static void run_jobs(void)
{
	static bool busy;

	if (busy)
		return;
	busy = true;
	sched_run(rtc_now(), shell_execute);
	busy = false;
}

void app_advance(uint32_t seconds)
{
	while (seconds--) {
		app_second();
		run_jobs();
	}
}

void app_poll(void)
{
	static uint32_t last_ms;

	while (tick_ms() - last_ms >= 1000) {
		last_ms += 1000;
		app_advance(1);
	}
}
