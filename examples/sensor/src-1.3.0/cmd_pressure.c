// SPDX-License-Identifier: Apache-2.0
/* Commands around the line pressure and the series of samples. */
#include "cmd_pressure.h"

#include <stdio.h>
#include <string.h>

#include "app.h"
#include "cmd.h"
#include "errors.h"
#include "physics.h"

struct series {
	const char *name;
	const char *unit;
	const struct stats_window *window;
};

static const struct series all_series[] = {
	{ "flow", "l/h", &app.flow_window },
	{ "air", "C", &app.air_window },
	{ "line", "kPa", &app.pressure.window },
};

static const struct series *find_series(const char *name)
{
	for (size_t i = 0; i < sizeof(all_series) / sizeof(all_series[0]); i++) {
		if (!strcmp(all_series[i].name, name))
			return &all_series[i];
	}
	return NULL;
}

int cmd_press(int argc, char **argv)
{
	const struct pressure *p = &app.pressure;
	double density = physics_water_density((double)p->now.celsius);

	(void)argc;
	(void)argv;
	if (!p->valid)
		return p->dev.last_err ? p->dev.last_err : ERR_STATE;
	printf("line      %8.2f kPa%s%s (%.2f m of water)\n", (double)p->smooth_kpa,
	       p->low ? ", low" : "", p->high ? ", high" : "",
	       (double)p->smooth_kpa * 1000.0 / density / 9.80665);
	printf("water     %8.2f C\n", (double)p->now.celsius);
	printf("drop      %8.2f kPa below rest\n", (double)p->drop_kpa);
	printf("range     %8.2f .. %.2f kPa, mean %.2f, deviation %.3f\n", (double)p->run.min,
	       (double)p->run.max, p->run.mean, stats_run_deviation(&p->run));
	printf("sensor    %8lu reads, %lu failed\n", (unsigned long)p->dev.reads,
	       (unsigned long)p->dev.errors);
	return ERR_OK;
}

int cmd_pct(int argc, char **argv)
{
	const struct series *s = find_series(argc > 2 ? argv[2] : "flow");
	double percent;
	float value;
	int err;

	if (argc < 2 || !s)
		return ERR_USAGE;
	err = arg_number(argv[1], 0.0, 100.0, &percent);
	if (!err)
		err = stats_percentile(s->window, percent, &value);
	if (!err)
		printf("%g %% of %lu samples of %s are at most %.3f %s\n", percent,
		       (unsigned long)s->window->n, s->name, (double)value, s->unit);
	return err;
}

int cmd_trend(int argc, char **argv)
{
	const struct series *s = find_series(argc > 1 ? argv[1] : "line");
	struct stats_line line;
	int err;

	if (!s)
		return ERR_USAGE;
	err = stats_line(s->window, &line);
	if (!err)
		printf("%s: %+.5f %s per sample, from %.3f %s, r2 %.3f\n", s->name, line.slope,
		       s->unit, line.intercept, s->unit, line.r2);
	return err;
}
