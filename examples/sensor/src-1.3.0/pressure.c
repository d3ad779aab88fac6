// SPDX-License-Identifier: Apache-2.0
#include "pressure.h"

#include "errors.h"
#include "eventlog.h"

#define REST_SHIFT	6
#define RELEASE_KPA	15.0f

void pressure_init(struct pressure *p)
{
	*p = (struct pressure){ 0 };
	filter_median_init(&p->spikes);
	filter_ema_init(&p->rest, REST_SHIFT);
	stats_run_init(&p->run);
	stats_window_init(&p->window);
	p->valid = psensor_init(&p->dev) == ERR_OK;
}

static void check_limits(struct pressure *p, const struct settings *s)
{
	float low_limit = s->pressure_min_kpa + (p->low ? RELEASE_KPA : 0.0f);
	float high_limit = s->pressure_max_kpa - (p->high ? RELEASE_KPA : 0.0f);
	bool low = p->smooth_kpa < low_limit;
	bool high = p->smooth_kpa > high_limit;

	if (low && !p->low)
		event_add(EV_PRESSURE_LOW, p->smooth_kpa);
	if (high && !p->high)
		event_add(EV_PRESSURE_HIGH, p->smooth_kpa);
	p->low = low;
	p->high = high;
}

void pressure_sample(struct pressure *p, const struct settings *s)
{
	bool was_valid = p->valid;
	int err = psensor_read(&p->dev, &p->now);

	p->valid = err == ERR_OK;
	if (was_valid && err)
		event_add(EV_PRESSURE_LOST, (float)err);
	if (err) {
		p->drop_kpa = 0.0f;
		return;
	}
	p->smooth_kpa = filter_median(&p->spikes, p->now.kpa);
	p->drop_kpa = filter_ema(&p->rest, p->smooth_kpa) - p->smooth_kpa;
	stats_run_add(&p->run, p->smooth_kpa);
	stats_window_add(&p->window, p->smooth_kpa);
	check_limits(p, s);
}
