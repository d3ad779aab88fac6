// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "app.h"
#include "cmd.h"
#include "errors.h"
#include "physics.h"
#include "report.h"
#include "rtc.h"
#include "units.h"

#define BAR_WIDTH	40

int cmd_flow(int argc, char **argv)
{
	const struct flow_meter *f = &app.flow;

	(void)argc;
	(void)argv;
	printf("rate    %9.2f l/h (smoothed %.2f)\n", (double)f->rate_lph,
	       (double)app.flow_smooth);
	printf("volume  %9.2f l forward, %.2f l reverse\n", f->litres, f->litres_reverse);
	printf("pulses  %9lu forward, %lu reverse, %lu glitches\n",
	       (unsigned long)f->pulses_forward, (unsigned long)f->pulses_reverse,
	       (unsigned long)f->glitches);
	printf("idle    %9lu s\n", (unsigned long)f->idle_s);
	return ERR_OK;
}

int cmd_env(int argc, char **argv)
{
	double t = (double)app.air.temperature_c;
	double rh = (double)app.air.humidity_pct;
	double hpa = (double)app.air.pressure_hpa;

	(void)argc;
	(void)argv;
	if (!app.air_valid)
		return app.climate.last_err ? app.climate.last_err : ERR_STATE;
	printf("temperature  %7.2f C\n", t);
	printf("humidity     %7.1f %%\n", rh);
	printf("air pressure %7.2f hPa, %.2f hPa at sea level\n", hpa,
	       physics_sea_level(hpa, (double)app.settings.altitude_m, t));
	printf("altitude     %7.1f m in the standard atmosphere\n",
	       physics_altitude(hpa, 1013.25));
	printf("dew point    %7.2f C, %.2f g/m3\n", physics_dew_point(t, rh),
	       physics_absolute_humidity(t, rh));
	printf("freezes in   %7.1f h (water %.1f C, %.2f kg/m3)\n",
	       physics_freeze_hours((double)app.world.water_c, t, app.settings.bore_mm),
	       (double)app.world.water_c, physics_water_density((double)app.world.water_c));
	return ERR_OK;
}

int cmd_battery(int argc, char **argv)
{
	const struct battery *b = &app.battery;

	(void)argc;
	(void)argv;
	printf("%.3f V (code %u), %.0f %%%s, about %.1f years left\n", (double)b->volts, b->raw,
	       (double)b->percent, b->low ? ", low" : "",
	       (double)battery_years_left(b->percent, app.settings.sample_s,
					  app.settings.report_s));
	return ERR_OK;
}

int cmd_bill(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	for (int band = 0; band < BAND_COUNT; band++)
		printf("%-9s %10.1f l\n", tariff_band_name(band), app.tariff.litres[band]);
	printf("%-9s %10.1f l, cost %.2f, now %s\n", "month", tariff_volume(&app.tariff),
	       app.tariff.cost, tariff_band_name(tariff_band(rtc_now())));
	return ERR_OK;
}

static void print_bar(const char *label, float litres, float peak)
{
	int width = peak > 0.0f ? (int)lrintf(litres / peak * BAR_WIDTH) : 0;

	printf("%s %8.1f l ", label, (double)litres);
	while (width-- > 0)
		putchar('#');
	putchar('\n');
}

static void print_days(void)
{
	float peak = 0.0f;
	char label[12];

	for (uint32_t d = 0; d < 14; d++)
		peak = fmaxf(peak, history_day(&app.history, d));
	for (uint32_t d = 0; d < 14; d++) {
		snprintf(label, sizeof(label), "-%2u d", (unsigned int)d);
		print_bar(label, history_day(&app.history, d), peak);
	}
}

int cmd_hist(int argc, char **argv)
{
	uint32_t hour;
	float peak = history_peak_hour(&app.history, &hour);
	char label[12];

	if (argc > 1 && strcmp(argv[1], "days"))
		return ERR_USAGE;
	if (argc > 1) {
		print_days();
		return ERR_OK;
	}
	for (unsigned int h = 0; h < HISTORY_HOURS; h++) {
		snprintf(label, sizeof(label), "%02u:00", h);
		print_bar(label, app.history.hour[h], peak);
	}
	printf("peak at %02lu:00\n", (unsigned long)hour);
	return ERR_OK;
}

static void print_run(const char *name, const struct stats_run *s)
{
	if (s->n)
		printf("%-12s n %6lu  mean %8.2f  sd %7.2f  min %8.2f  max %8.2f\n", name,
		       (unsigned long)s->n, s->mean, stats_run_deviation(s), (double)s->min,
		       (double)s->max);
}

int cmd_stats(int argc, char **argv)
{
	struct stats_line line;
	float median;

	(void)argc;
	(void)argv;
	print_run("flow l/h", &app.flow_stats);
	print_run("air C", &app.air_stats);
	if (!stats_percentile(&app.flow_window, 50.0, &median))
		printf("flow median of the last %lu samples %.2f l/h, moving average %.2f l/h\n",
		       (unsigned long)app.flow_window.n, (double)median,
		       stats_window_mean(&app.flow_window, 12));
	if (!stats_line(&app.air_window, &line))
		printf("air trend %+.4f C per sample from %.2f C, r2 %.3f\n", line.slope,
		       line.intercept, line.r2);
	return ERR_OK;
}

static void print_units(void)
{
	const char *quantity = "";

	for (size_t i = 0; i < unit_count; i++) {
		if (strcmp(quantity, unit_table[i].quantity)) {
			quantity = unit_table[i].quantity;
			printf("%s%-12s", i ? "\n" : "", quantity);
		}
		printf(" %s", unit_table[i].name);
	}
	printf("\n");
}

int cmd_units(int argc, char **argv)
{
	double value, result;
	int err;

	if (argc == 1) {
		print_units();
		return ERR_OK;
	}
	if (argc != 4)
		return ERR_USAGE;
	err = arg_number(argv[1], -1e12, 1e12, &value);
	if (!err)
		err = unit_convert(value, argv[2], argv[3], &result);
	if (!err)
		printf("%.6g %s = %.6g %s\n", value, argv[2], result, argv[3]);
	return err;
}

void print_leak_state(void)
{
	const struct leak *l = &app.leak;

	printf("state        %s\n", leak_text(l->flags));
	printf("night        %s, lowest %.2f l/h last night, %u nights over %.1f l/h\n",
	       l->in_night ? "now" : "not now", (double)l->last_night_min, l->nights_over,
	       (double)app.settings.leak_lph);
	printf("flow lasts   %.2f h\n", l->steady_s / 3600.0);
	printf("high flow    %lu s\n", (unsigned long)l->burst_s);
}

int cmd_report(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	report_print();
	return ERR_OK;
}
