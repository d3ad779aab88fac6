// SPDX-License-Identifier: Apache-2.0
#ifndef LEAK_H
#define LEAK_H

#include <stdbool.h>
#include <stdint.h>

#include "settings.h"

#define LEAK_SLOT_S	900

enum leak_flag {
	LEAK_NIGHT = 1,
	LEAK_STEADY = 2,
	LEAK_BURST = 4,
};

struct leak_input {
	uint32_t time;
	float lph;
};

struct leak {
	unsigned int flags;
	bool in_night;
	uint16_t nights_over;
	uint32_t slot_s;
	float slot_sum;
	float night_min;
	float last_night_min;
	uint32_t steady_s;
	uint32_t burst_s;
};

void leak_init(struct leak *l);
void leak_second(struct leak *l, const struct leak_input *in, const struct settings *s);
const char *leak_text(unsigned int flags);

#endif
