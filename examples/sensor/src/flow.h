// SPDX-License-Identifier: Apache-2.0
#ifndef FLOW_H
#define FLOW_H

#include <stdbool.h>
#include <stdint.h>

/* Two reed contacts in quadrature give four steps per pulse and the direction. */
struct flow_meter {
	uint8_t phase;
	int32_t steps;
	uint32_t pulses_forward;
	uint32_t pulses_reverse;
	uint32_t glitches;
	uint32_t idle_s;
	float rate_lph;
	double litres;
	double litres_reverse;
};

/* The turning magnet: moves by a fraction of a step each second. */
struct flow_wheel {
	double angle;
	int32_t step;
};

void flow_init(struct flow_meter *m);
void flow_contacts(struct flow_meter *m, uint8_t ab);
void flow_second(struct flow_meter *m, float pulses_per_litre, float (*correct)(float lph));
void flow_wheel_turn(struct flow_wheel *w, struct flow_meter *m, double litres, float ppl);

#endif
