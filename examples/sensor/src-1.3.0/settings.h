// SPDX-License-Identifier: Apache-2.0
#ifndef SETTINGS_H
#define SETTINGS_H

#include <stdint.h>

#include "settings_core.h"

#define SETTINGS_SCHEMA	3
#define SITE_LEN	24

struct settings {
	uint32_t schema;
	uint32_t serial;
	char site[SITE_LEN];
	uint16_t sample_s;
	uint16_t pressure_s;
	uint16_t report_s;
	uint16_t night_start_h;
	uint16_t night_end_h;
	uint16_t leak_nights;
	uint16_t steady_h;
	uint16_t burst_s;
	uint16_t pause_s;
	uint16_t bore_mm;
	float pulses_per_litre;
	float leak_lph;
	float burst_lph;
	float pressure_min_kpa;
	float pressure_max_kpa;
	float pressure_drop_kpa;
	float frost_c;
	float price_m3;
	float altitude_m;
};

int settings_from_v2(struct settings *s, const void *stored, size_t len);

#endif
