// SPDX-License-Identifier: Apache-2.0
#include "flow.h"

#include <math.h>

#define STEPS_PER_PULSE		4
#define RATE_SMOOTHING		0.25f
#define RATE_FLOOR_LPH		0.5f
#define IDLE_LIMIT_S		120

/* The contacts in the order in which a forward turn passes through them. */
static const uint8_t gray[4] = { 0, 1, 3, 2 };

void flow_init(struct flow_meter *m)
{
	*m = (struct flow_meter){ 0 };
}

static uint8_t phase_of(uint8_t ab)
{
	for (uint8_t i = 0; i < 4; i++) {
		if (gray[i] == (ab & 3))
			return i;
	}
	return 0;
}

void flow_contacts(struct flow_meter *m, uint8_t ab)
{
	uint8_t phase = phase_of(ab);
	uint8_t change = (uint8_t)(phase - m->phase) & 3;

	m->phase = phase;
	if (change == 1)
		m->steps++;
	else if (change == 3)
		m->steps--;
	else if (change == 2)
		m->glitches++;
}

/* Removes whole pulses from the step count and returns them with their sign. */
static int32_t take_pulses(struct flow_meter *m)
{
	int32_t pulses = m->steps / STEPS_PER_PULSE;

	m->steps -= pulses * STEPS_PER_PULSE;
	if (pulses > 0)
		m->pulses_forward += (uint32_t)pulses;
	else
		m->pulses_reverse += (uint32_t)-pulses;
	return pulses;
}

/*
 * A small flow gives a pulse every few seconds only. Between two pulses the rate can be no
 * higher than one pulse per elapsed time, which makes the reading decay instead of jump.
 */
static void update_rate(struct flow_meter *m, int32_t pulses, float ppl)
{
	float lph;

	if (pulses) {
		lph = (float)pulses * 3600.0f / ppl / (float)(m->idle_s + 1);
		m->idle_s = 0;
		m->rate_lph += RATE_SMOOTHING * (lph - m->rate_lph);
		return;
	}
	if (m->idle_s < UINT32_MAX)
		m->idle_s++;
	lph = 3600.0f / ppl / (float)m->idle_s;
	if (fabsf(m->rate_lph) > lph)
		m->rate_lph = copysignf(lph, m->rate_lph);
	if (m->idle_s > IDLE_LIMIT_S && fabsf(m->rate_lph) < 3600.0f / ppl / IDLE_LIMIT_S)
		m->rate_lph = 0.0f;
}

void flow_second(struct flow_meter *m, float pulses_per_litre, float (*correct)(float lph))
{
	int32_t pulses = take_pulses(m);
	double litres = (double)pulses / (double)pulses_per_litre;

	update_rate(m, pulses, pulses_per_litre);
	if (fabsf(m->rate_lph) > RATE_FLOOR_LPH)
		litres *= (double)correct(fabsf(m->rate_lph));
	if (litres < 0)
		m->litres_reverse -= litres;
	else
		m->litres += litres;
}

void flow_wheel_turn(struct flow_wheel *w, struct flow_meter *m, double litres, float ppl)
{
	int32_t target;

	w->angle += litres * (double)ppl * STEPS_PER_PULSE;
	target = (int32_t)floor(w->angle);
	while (w->step != target) {
		w->step += target > w->step ? 1 : -1;
		flow_contacts(m, gray[w->step & 3]);
	}
	/* Keeps the angle small, so that no precision is lost over the years. */
	w->angle -= w->step & ~3;
	w->step &= 3;
}
