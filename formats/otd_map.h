// SPDX-License-Identifier: Apache-2.0
/*
 * The address map: what otd has learned of how old addresses moved. Sorted by key; when it is full,
 * what has not been used for long and is not part of a run of equal shifts goes. formats/otd.md,
 * "Address map".
 */
#ifndef OTD_MAP_H
#define OTD_MAP_H

#include <ota/otd_unit.h>

#include "otd_apart.h"

/* One entry: key 26 bits over the low 6 bits of its time, shift 26 bits over the high 6. */
struct ota_otd_entry {
	uint32_t key_time;
	uint32_t shift_time;
};

#define OTA_OTD_TIME_BITS 6U
#define OTA_OTD_CLOCK_MAX 4095U

struct ota_otd_map {
	uint16_t n;
	uint16_t cap;
	uint16_t clock;
	uint16_t reserved;
	struct ota_otd_entry entry[]; /* `cap` of them */
};

static inline uint32_t ota_otd_entry_key(struct ota_otd_entry entry)
{
	return entry.key_time >> OTA_OTD_TIME_BITS;
}

/* Signed, as its two's complement. */
static inline uint32_t ota_otd_entry_shift(struct ota_otd_entry entry)
{
	uint32_t shift = entry.shift_time >> OTA_OTD_TIME_BITS;

	return (shift ^ 0x2000000U) - 0x2000000U;
}

/* How many entries have keys of at most `key`. */
uint32_t ota_otd_map_floor(const struct ota_otd_map *map, uint32_t key);

/* Learns that what was at `key` moved by `shift`; nothing when the shift does not fit. */
void ota_otd_map_teach(struct ota_otd_map *map, uint32_t key, uint32_t shift);

/* Entry `i` has been of use. */
void ota_otd_map_refresh(struct ota_otd_map *map, uint32_t i);

#endif
