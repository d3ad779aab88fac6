// SPDX-License-Identifier: Apache-2.0
#ifndef WORLD_H
#define WORLD_H

#include <stdint.h>

/* The surroundings of the meter as the simulated sensors see them. */
struct world {
	float air_c;
	float humidity_pct;
	float air_hpa;
	float water_c;
	float flow_lph;
	float leak_lph;
	float line_kpa;
	float battery_v;
	float frost_c;		/* subtracted from both temperatures */
	uint32_t draw_left_s;
	float draw_lph;
	uint32_t rng;
	uint32_t age_s;
};

void world_init(struct world *w, uint32_t seed);
void world_step(struct world *w, uint32_t unix_time);

#endif
