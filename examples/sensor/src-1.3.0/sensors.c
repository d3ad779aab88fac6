// SPDX-License-Identifier: Apache-2.0
/* Reads the sensors that this release knows. */
#include "app.h"
#include "bme280_model.h"
#include "errors.h"
#include "eventlog.h"
#include "psensor_model.h"

void app_sensors_init(void)
{
	bme280_model_attach(&app.world);
	psensor_model_attach(&app.world);
	app.air_valid = bme280_init(&app.climate) == ERR_OK;
	pressure_init(&app.pressure);
}

void app_sensors_second(uint32_t now)
{
	struct leak_input in = { .time = now, .lph = app.flow.rate_lph };

	if (now % app.settings.pressure_s == 0)
		pressure_sample(&app.pressure, &app.settings);
	in.drop_kpa = app.pressure.drop_kpa;
	leak_second(&app.leak, &in, &app.settings);
}

void app_sensors_sample(void)
{
	bool was_valid = app.air_valid;
	int err = bme280_read(&app.climate, &app.air);

	app.air_valid = err == ERR_OK;
	if (was_valid && err)
		event_add(EV_SENSOR_LOST, (float)err);
	if (!was_valid && !err)
		event_add(EV_SENSOR_BACK, (float)app.climate.errors);
	if (err)
		return;
	stats_run_add(&app.air_stats, app.air.temperature_c);
	stats_window_add(&app.air_window, app.air.temperature_c);
}
