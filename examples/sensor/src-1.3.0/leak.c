// SPDX-License-Identifier: Apache-2.0
/*
 * Looks for leaks in three ways: flow at night, flow without a pause, and sudden high flow,
 * which counts double while it pulls the line pressure down.
 */
#include "leak.h"

#include <math.h>

#include "eventlog.h"
#include "rtc.h"

void leak_init(struct leak *l)
{
	*l = (struct leak){ .night_min = INFINITY, .last_night_min = NAN };
}

static enum event_code flag_event(enum leak_flag flag)
{
	switch (flag) {
	case LEAK_NIGHT:
		return EV_LEAK_NIGHT;
	case LEAK_STEADY:
		return EV_LEAK_STEADY;
	default:
		return EV_BURST;
	}
}

static void set_flag(struct leak *l, enum leak_flag flag, bool on, float value)
{
	unsigned int before = l->flags;

	l->flags = on ? before | flag : before & ~(unsigned int)flag;
	if (on && l->flags != before)
		event_add(flag_event(flag), value);
	if (before && !l->flags)
		event_add(EV_LEAK_OVER, value);
}

/* A window such as 23 to 5 goes past midnight. */
static bool in_window(uint32_t hour, uint32_t start, uint32_t end)
{
	if (start <= end)
		return hour >= start && hour < end;
	return hour >= start || hour < end;
}

static void night_over(struct leak *l, const struct settings *s)
{
	l->last_night_min = l->night_min;
	if (isinf(l->night_min))
		return;
	if (l->night_min < s->leak_lph) {
		l->nights_over = 0;
		set_flag(l, LEAK_NIGHT, false, l->night_min);
		return;
	}
	l->nights_over++;
	if (l->nights_over >= s->leak_nights)
		set_flag(l, LEAK_NIGHT, true, l->night_min);
}

/* The lowest quarter of an hour tells a leak from people who are up late. */
static void watch_night(struct leak *l, const struct leak_input *in, const struct settings *s)
{
	bool night = in_window(rtc_hour(in->time), s->night_start_h, s->night_end_h);

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

/* A short pause between two pulses of a slow leak is no pause. */
static void watch_steady(struct leak *l, const struct leak_input *in, const struct settings *s)
{
	l->pause_s = in->lph > 0.0f ? 0 : l->pause_s + 1;
	if (l->pause_s >= s->pause_s) {
		l->steady_s = 0;
		set_flag(l, LEAK_STEADY, false, in->lph);
		return;
	}
	l->steady_s++;
	if (l->steady_s >= s->steady_h * 3600u)
		set_flag(l, LEAK_STEADY, true, (float)l->steady_s / 3600.0f);
}

static void watch_burst(struct leak *l, const struct leak_input *in, const struct settings *s)
{
	if (in->lph < s->burst_lph) {
		l->burst_s = 0;
		set_flag(l, LEAK_BURST, false, in->lph);
		return;
	}
	l->burst_s += in->drop_kpa > s->pressure_drop_kpa ? 2 : 1;
	if (l->burst_s >= s->burst_s)
		set_flag(l, LEAK_BURST, true, in->lph);
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
		return "leak: flow all night";
	if (flags & LEAK_STEADY)
		return "leak: flow never stops";
	return "none";
}
