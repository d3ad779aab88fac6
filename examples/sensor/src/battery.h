// SPDX-License-Identifier: Apache-2.0
#ifndef BATTERY_H
#define BATTERY_H

#include <stdbool.h>
#include <stdint.h>

#include "filter.h"

struct battery {
	struct filter_ema smooth;
	struct filter_median spikes;
	uint16_t raw;
	float volts;
	float percent;
	bool low;
};

void battery_init(struct battery *b);
uint16_t battery_adc(float volts);
void battery_sample(struct battery *b, uint16_t raw, float celsius);
float battery_percent(float volts, float celsius);
float battery_years_left(float percent, uint32_t sample_s, uint32_t report_s);

#endif
