// SPDX-License-Identifier: Apache-2.0
#ifndef APP_H
#define APP_H

#include "battery.h"
#include "bme280.h"
#include "calib.h"
#include "flow.h"
#include "history.h"
#include "leak.h"
#include "settings.h"
#include "stats.h"
#include "tariff.h"
#include "world.h"

struct app {
	struct world world;
	struct flow_wheel wheel;
	struct settings settings;
	struct calib calib;
	struct flow_meter flow;
	struct filter_biquad flow_filter;
	float flow_smooth;
	struct bme280 climate;
	struct bme280_sample air;
	bool air_valid;
	bool frost;
	struct battery battery;
	struct leak leak;
	struct tariff tariff;
	struct history history;
	struct stats_run flow_stats;
	struct stats_run air_stats;
	struct stats_window flow_window;
	struct stats_window air_window;
	uint32_t telemetry_frames;
};

extern struct app app;

void app_init(void);
void app_second(void);
void app_poll(void);
void app_advance(uint32_t seconds);
void app_save_totals(void);

/* The part that depends on which sensors a release supports. */
void app_sensors_init(void);
void app_sensors_second(uint32_t now);
void app_sensors_sample(void);

#endif
