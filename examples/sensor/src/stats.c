// SPDX-License-Identifier: Apache-2.0
#include "stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "errors.h"

void stats_run_init(struct stats_run *s)
{
	*s = (struct stats_run){ .min = INFINITY, .max = -INFINITY };
}

void stats_run_add(struct stats_run *s, float value)
{
	double delta = (double)value - s->mean;

	s->n++;
	s->mean += delta / s->n;
	s->m2 += delta * ((double)value - s->mean);
	if (value < s->min)
		s->min = value;
	if (value > s->max)
		s->max = value;
}

double stats_run_deviation(const struct stats_run *s)
{
	return s->n < 2 ? 0.0 : sqrt(s->m2 / (s->n - 1));
}

void stats_window_init(struct stats_window *w)
{
	memset(w, 0, sizeof(*w));
}

void stats_window_add(struct stats_window *w, float value)
{
	w->value[w->head] = value;
	w->head = (w->head + 1) % STATS_WINDOW;
	if (w->n < STATS_WINDOW)
		w->n++;
}

/* Index 0 is the oldest value. */
float stats_window_at(const struct stats_window *w, uint32_t i)
{
	return w->value[(w->head + STATS_WINDOW - w->n + i) % STATS_WINDOW];
}

double stats_window_mean(const struct stats_window *w, uint32_t latest)
{
	double sum = 0.0;

	if (latest > w->n)
		latest = w->n;
	for (uint32_t i = 0; i < latest; i++)
		sum += (double)stats_window_at(w, w->n - 1 - i);
	return latest ? sum / latest : NAN;
}

static int compare_floats(const void *a, const void *b)
{
	float x = *(const float *)a;
	float y = *(const float *)b;

	return (x > y) - (x < y);
}

/* Interpolates between the two nearest ranks. */
int stats_percentile(const struct stats_window *w, double percent, float *value)
{
	float *sorted;
	double rank, low;
	uint32_t i;

	if (!w->n)
		return ERR_EMPTY;
	if (!(percent >= 0.0 && percent <= 100.0))
		return ERR_RANGE;
	sorted = malloc(w->n * sizeof(*sorted));
	if (!sorted)
		return ERR_NOMEM;
	/* Until the window is full the values fill it from the start. */
	memcpy(sorted, w->value, w->n * sizeof(*sorted));
	qsort(sorted, w->n, sizeof(*sorted), compare_floats);
	rank = percent / 100.0 * (w->n - 1);
	low = floor(rank);
	i = (uint32_t)low;
	*value = sorted[i];
	if (i + 1 < w->n)
		*value += (float)(rank - low) * (sorted[i + 1] - sorted[i]);
	free(sorted);
	return ERR_OK;
}

/* Least squares with the index as x, so the slope is per sample. */
int stats_line(const struct stats_window *w, struct stats_line *line)
{
	double sxy = 0.0, sxx = 0.0, syy = 0.0;
	double mean_x = (w->n - 1.0) / 2.0;
	double mean_y = stats_window_mean(w, w->n);

	if (w->n < 3)
		return ERR_EMPTY;
	for (uint32_t i = 0; i < w->n; i++) {
		double dx = i - mean_x;
		double dy = (double)stats_window_at(w, i) - mean_y;

		sxy += dx * dy;
		sxx += dx * dx;
		syy += dy * dy;
	}
	line->slope = sxy / sxx;
	line->intercept = mean_y - line->slope * mean_x;
	line->r2 = syy > 0.0 ? sxy * sxy / (sxx * syy) : 1.0;
	return ERR_OK;
}
