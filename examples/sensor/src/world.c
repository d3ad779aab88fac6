// SPDX-License-Identifier: Apache-2.0
#include "world.h"

#include <math.h>

#include "rtc.h"

#define TWO_PI		6.283185307179586
#define DAYS_PER_YEAR	365.25
#define SUPPLY_KPA	410.0
#define BATTERY_V_NEW	3.65f

/* Chance in a thousand that somebody opens a tap within the next minute, by hour. */
static const uint16_t draw_chance[24] = {
	8, 5, 4, 4, 6, 25, 90, 160, 130, 80, 60, 60, 85, 70, 50, 45, 55, 90, 140, 130, 100, 70,
	40, 18,
};

static uint32_t next_random(struct world *w)
{
	w->rng ^= w->rng << 13;
	w->rng ^= w->rng >> 17;
	w->rng ^= w->rng << 5;
	return w->rng;
}

/* Uniform in -1 .. 1. */
static float noise(struct world *w)
{
	return (float)(int32_t)next_random(w) / 2147483648.0f;
}

void world_init(struct world *w, uint32_t seed)
{
	*w = (struct world){ 0 };
	w->rng = seed ? seed : 1;
	w->battery_v = BATTERY_V_NEW;
}

static void step_climate(struct world *w, uint32_t unix_time)
{
	double day = unix_time / (double)SECONDS_PER_DAY;
	double season = sin(TWO_PI * (day / DAYS_PER_YEAR - 0.29));
	double daily = sin(TWO_PI * (day - floor(day) - 0.375));
	double air = 10.5 + 9.0 * season + 3.5 * daily - (double)w->frost_c;

	w->air_c = (float)air + 0.1f * noise(w);
	w->water_c = (float)(9.5 + 4.0 * season) - 0.3f * w->frost_c + 0.05f * noise(w);
	w->humidity_pct = (float)(68.0 - 14.0 * daily) + 0.4f * noise(w);
	w->air_hpa = (float)(1013.2 + 9.0 * sin(TWO_PI * day / 5.3)) + 0.1f * noise(w);
	w->battery_v = BATTERY_V_NEW - 2.0e-9f * (float)w->age_s + 0.002f * noise(w);
}

static void step_demand(struct world *w, uint32_t unix_time)
{
	if (w->draw_left_s) {
		w->draw_left_s--;
		return;
	}
	w->draw_lph = 0.0f;
	if (next_random(w) % 60000u < draw_chance[rtc_hour(unix_time)]) {
		w->draw_lph = 250.0f + (float)(next_random(w) % 700u);
		w->draw_left_s = 8 + next_random(w) % 240u;
	}
}

/* Friction in the service pipe grows with flow to the power 1.852 (Hazen-Williams). */
static void step_line(struct world *w)
{
	double flow = (double)w->flow_lph;

	w->line_kpa = (float)(SUPPLY_KPA - 1.9e-4 * pow(flow, 1.852)) + 0.5f * noise(w);
}

void world_step(struct world *w, uint32_t unix_time)
{
	if (unix_time % 60 == 0 || w->age_s == 0)
		step_climate(w, unix_time);
	step_demand(w, unix_time);
	w->flow_lph = w->draw_lph + w->leak_lph;
	step_line(w);
	w->age_s++;
}
