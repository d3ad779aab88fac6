// SPDX-License-Identifier: Apache-2.0
#ifndef STATS_H
#define STATS_H

#include <stddef.h>
#include <stdint.h>

#define STATS_WINDOW	96

/* Running figures over everything, by Welford's method. */
struct stats_run {
	uint32_t n;
	double mean;
	double m2;
	float min;
	float max;
};

/* The latest values, for the figures that need them all. */
struct stats_window {
	uint32_t n;
	uint32_t head;
	float value[STATS_WINDOW];
};

struct stats_line {
	double slope;
	double intercept;
	double r2;
};

void stats_run_init(struct stats_run *s);
void stats_run_add(struct stats_run *s, float value);
double stats_run_deviation(const struct stats_run *s);

void stats_window_init(struct stats_window *w);
void stats_window_add(struct stats_window *w, float value);
float stats_window_at(const struct stats_window *w, uint32_t i);
double stats_window_mean(const struct stats_window *w, uint32_t latest);
int stats_percentile(const struct stats_window *w, double percent, float *value);
int stats_line(const struct stats_window *w, struct stats_line *line);

#endif
