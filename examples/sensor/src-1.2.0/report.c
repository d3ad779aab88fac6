// SPDX-License-Identifier: Apache-2.0
/* The state of the meter as JSON, for people and scripts at the serial port. */
#include "report.h"

#include "app.h"
#include "eventlog.h"
#include "json.h"
#include "physics.h"
#include "rtc.h"
#include "version.h"

static void put_water(struct json *j)
{
	json_object(j, "water");
	json_number(j, "litres", app.flow.litres, 2);
	json_number(j, "litres_reverse", app.flow.litres_reverse, 2);
	json_number(j, "flow_lph", (double)app.flow.rate_lph, 2);
	json_number(j, "flow_smooth_lph", (double)app.flow_smooth, 2);
	json_number(j, "flow_max_lph", (double)app.flow_stats.max, 1);
	json_text(j, "leak", leak_text(app.leak.flags));
	json_number(j, "night_min_lph", (double)app.leak.last_night_min, 2);
	json_close_object(j);
}

static void put_air(struct json *j)
{
	double t = (double)app.air.temperature_c;
	double rh = (double)app.air.humidity_pct;

	json_object(j, "air");
	json_bool(j, "valid", app.air_valid);
	json_number(j, "temperature_c", t, 2);
	json_number(j, "humidity_pct", rh, 1);
	json_number(j, "pressure_hpa", (double)app.air.pressure_hpa, 2);
	json_number(j, "dew_point_c", physics_dew_point(t, rh), 2);
	json_close_object(j);
}

static void put_days(struct json *j)
{
	json_array(j, "litres_per_day");
	for (uint32_t d = 0; d < 7; d++)
		json_number(j, NULL, (double)history_day(&app.history, d), 1);
	json_close_array(j);
}

void report_print(void)
{
	char when[RTC_TEXT_LEN];
	struct json j;

	json_begin(&j);
	json_text(&j, "firmware", VERSION_TEXT);
	json_uint(&j, "serial", app.settings.serial);
	json_text(&j, "site", app.settings.site);
	json_text(&j, "time", rtc_format(rtc_now(), when));
	put_water(&j);
	put_air(&j);
	json_object(&j, "battery");
	json_number(&j, "volts", (double)app.battery.volts, 3);
	json_number(&j, "percent", (double)app.battery.percent, 0);
	json_bool(&j, "low", app.battery.low);
	json_close_object(&j);
	put_days(&j);
	json_uint(&j, "events", event_total());
	json_end(&j);
}
