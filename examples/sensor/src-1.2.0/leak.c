// SPDX-License-Identifier: Apache-2.0
/* Looks for leaks in three ways: flow at night, flow without a pause, and sudden high flow. */
#include "leak.h"

#include <math.h>

#include "eventlog.h"
#include "rtc.h"

void leak_init(struct leak *l)
{
	*l = (struct leak){ .night_min = INFINITY, .last_night_min = NAN };
}

static void raise_flag(struct leak *l, enum leak_flag flag, enum event_code code, float value)
{
	if (l->flags & flag)
		return;
	l->flags |= flag;
	event_add(code, value);
}

static void drop_flag(struct leak *l, enum leak_flag flag, float lph)
{
	if (!(l->flags & flag))
		return;
	l->flags &= ~(unsigned int)flag;
	if (!l->flags)
		event_add(EV_LEAK_OVER, lph);
}

static void night_over(struct leak *l, const struct settings *s)
{
	l->last_night_min = l->night_min;
	if (isinf(l->night_min))
		return;
	if (l->night_min < s->leak_lph) {
		l->nights_over = 0;
		drop_flag(l, LEAK_NIGHT, l->night_min);
		return;
	}
	l->nights_over++;
	if (l->nights_over >= s->leak_nights)
		raise_flag(l, LEAK_NIGHT, EV_LEAK_NIGHT, l->night_min);
}

/* The lowest quarter of an hour tells a leak from people who are up late. */
static void watch_night(struct leak *l, const struct leak_input *in, const struct settings *s)
{
	uint32_t hour = rtc_hour(in->time);
	bool night = hour >= s->night_start_h && hour < s->night_end_h;

	if (night && !l->in_night) {
		l->night_min = INFINITY;
		l->slot_s = 0;
		l->slot_sum = 0.0f;
	}
	if (!night && l->in_night)
		night_over(l, s);
	l->in_night = night;
	if (!night)
		return;
	l->slot_sum += in->lph;
	if (++l->slot_s < LEAK_SLOT_S)
		return;
	l->night_min = fminf(l->night_min, l->slot_sum / LEAK_SLOT_S);
	l->slot_s = 0;
	l->slot_sum = 0.0f;
}

static void watch_steady(struct leak *l, const struct leak_input *in, const struct settings *s)
{
	if (in->lph <= 0.0f) {
		l->steady_s = 0;
		drop_flag(l, LEAK_STEADY, in->lph);
		return;
	}
	l->steady_s++;
	if (l->steady_s >= s->steady_h * 3600u)
		raise_flag(l, LEAK_STEADY, EV_LEAK_STEADY, (float)l->steady_s / 3600.0f);
}

static void watch_burst(struct leak *l, const struct leak_input *in, const struct settings *s)
{
	if (in->lph < s->burst_lph) {
		l->burst_s = 0;
		drop_flag(l, LEAK_BURST, in->lph);
		return;
	}
	l->burst_s++;
	if (l->burst_s >= s->burst_s)
		raise_flag(l, LEAK_BURST, EV_BURST, in->lph);
}

void leak_second(struct leak *l, const struct leak_input *in, const struct settings *s)
{
	watch_night(l, in, s);
	watch_steady(l, in, s);
	watch_burst(l, in, s);
}

const char *leak_text(unsigned int flags)
{
	if (flags & LEAK_BURST)
		return "burst pipe";
	if (flags & LEAK_NIGHT)
		return "leak: flow every night";
	if (flags & LEAK_STEADY)
		return "leak: flow never stops";
	return "none";
}
