// SPDX-License-Identifier: Apache-2.0
/*
 * The address map: what otd has learned of how old addresses moved. Sorted by key; when it is full,
 * what has not been used for long and is not part of a run of equal shifts goes. formats/otd.md,
 * "Address map".
 */
#ifndef OTD_MAP_H
#define OTD_MAP_H

#include "otd_apart.h"
#include "otd_arch.h"

/* One entry: key 26 bits over the low 6 bits of its time, shift 26 bits over the high 6. */
struct ota_otd_entry {
	uint32_t key_time;
	uint32_t shift_time;
};

#define OTA_OTD_TIME_BITS 6U

/*
 * Tier nano's, in 48 bits: a word of a key (21 bits) over its time (9) over the top 2 bits of its
 * shift, whose other 16 follow. Key and shift count halfwords.
 */
struct ota_otd_narrow {
	uint16_t word[3];
};

struct ota_otd_map {
	uint16_t n;
	uint16_t cap;
	uint16_t clock;
	uint16_t narrow;              /* the entries are */
	struct ota_otd_entry entry[]; /* `cap` of them */
};

static inline bool ota_otd_map_is_narrow(const struct ota_otd_map *map)
{
	return OTD_HAS_NANO && (!OTD_HAS_XS || map->narrow);
}

/* As an entry can hold it. */
uint32_t ota_otd_map_narrow_key(uint32_t key);
static inline uint32_t ota_otd_map_key(const struct ota_otd_map *map, uint32_t key)
{
	return ota_otd_map_is_narrow(map) ? ota_otd_map_narrow_key(key) : key;
}

/* Of entry `i`, which is there. The shift is signed, as its two's complement. */
uint32_t ota_otd_map_narrow_key_at(const struct ota_otd_map *map, uint32_t i);
uint32_t ota_otd_map_narrow_shift_at(const struct ota_otd_map *map, uint32_t i);

static inline uint32_t ota_otd_map_key_at(const struct ota_otd_map *map, uint32_t i)
{
	if (ota_otd_map_is_narrow(map))
		return ota_otd_map_narrow_key_at(map, i);
	return map->entry[i].key_time >> OTA_OTD_TIME_BITS;
}

static inline uint32_t ota_otd_map_shift_at(const struct ota_otd_map *map, uint32_t i)
{
	uint32_t shift;

	if (ota_otd_map_is_narrow(map))
		return ota_otd_map_narrow_shift_at(map, i);
	shift = map->entry[i].shift_time >> OTA_OTD_TIME_BITS;
	return (shift ^ 0x2000000U) - 0x2000000U;
}

/* Keys from here on are as ota_otd_map_key makes them. */

/* How many entries have keys of at most `key`. */
uint32_t ota_otd_map_floor(const struct ota_otd_map *map, uint32_t key);

/* Learns that what was at `key` moved by `shift`; nothing when the shift does not fit. */
void ota_otd_map_teach(struct ota_otd_map *map, uint32_t key, uint32_t shift);

/* Entry `i` has been of use. */
void ota_otd_map_refresh(struct ota_otd_map *map, uint32_t i);

#endif
