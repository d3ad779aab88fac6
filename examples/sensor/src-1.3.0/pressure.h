// SPDX-License-Identifier: Apache-2.0
#ifndef PRESSURE_H
#define PRESSURE_H

#include <stdbool.h>
#include <stdint.h>

#include "filter.h"
#include "psensor.h"
#include "settings.h"
#include "stats.h"

/* Watches the line pressure: limits, sudden drops, and the figures for the report. */
struct pressure {
	struct psensor dev;
	struct psensor_sample now;
	bool valid;
	bool low;
	bool high;
	struct filter_median spikes;
	struct filter_ema rest;
	float smooth_kpa;
	float drop_kpa;
	struct stats_run run;
	struct stats_window window;
};

void pressure_init(struct pressure *p);
void pressure_sample(struct pressure *p, const struct settings *s);

#endif
