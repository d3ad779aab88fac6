// SPDX-License-Identifier: Apache-2.0
#include "otd_map.h"

#define TIME_LOW   63U
#define SHIFT_HALF 0x2000000U
#define CLOCK_STEP 2048U /* by which times are set back when the clock is full */

static uint32_t time_of(struct ota_otd_entry entry)
{
	return (entry.shift_time & TIME_LOW) << OTA_OTD_TIME_BITS | (entry.key_time & TIME_LOW);
}

static OTD_APART void set_time(struct ota_otd_entry *entry, uint32_t time)
{
	entry->key_time = (entry->key_time & ~TIME_LOW) | (time & TIME_LOW);
	entry->shift_time = (entry->shift_time & ~TIME_LOW) | time >> OTA_OTD_TIME_BITS;
}

static OTD_APART void tick(struct ota_otd_map *map)
{
	if (map->clock < OTA_OTD_CLOCK_MAX) {
		map->clock++;
		return;
	}
	for (uint32_t i = 0; i < map->n; i++) {
		uint32_t time = time_of(map->entry[i]);

		set_time(&map->entry[i], time > CLOCK_STEP ? time - CLOCK_STEP : 0);
	}
	map->clock = (uint16_t)(OTA_OTD_CLOCK_MAX - CLOCK_STEP + 1);
}

uint32_t ota_otd_map_floor(const struct ota_otd_map *map, uint32_t key)
{
	uint32_t low = 0;
	uint32_t high = map->n;

	while (low < high) {
		uint32_t mid = (low + high) / 2;

		if (ota_otd_entry_key(map->entry[mid]) <= key)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static OTD_APART void touch(struct ota_otd_map *map, uint32_t i)
{
	set_time(&map->entry[i], map->clock);
}

void ota_otd_map_refresh(struct ota_otd_map *map, uint32_t i)
{
	tick(map);
	touch(map, i);
}

/* Entry `i` is there and has that shift, in 26 bits. */
static OTD_APART bool has_shift(const struct ota_otd_map *map, uint32_t i, uint32_t bits)
{
	return i < map->n && map->entry[i].shift_time >> OTA_OTD_TIME_BITS == bits;
}

/*
 * How much sooner an entry goes that has no neighbour, one, or two of the same shift: 1, 2, 16.
 * What stands inside of a run says nothing that its ends do not say.
 */
static uint32_t due_factor(const struct ota_otd_map *map, uint32_t i)
{
	uint32_t bits = map->entry[i].shift_time >> OTA_OTD_TIME_BITS;
	uint32_t same = (uint32_t)has_shift(map, i - 1, bits) + has_shift(map, i + 1, bits);

	return 1U << same * same;
}

/* Makes room for one; returns which went. */
static uint32_t evict(struct ota_otd_map *map)
{
	uint32_t worst = 0;
	uint32_t worst_age = 0;

	for (uint32_t i = 0; i < map->n; i++) {
		uint32_t age = (map->clock - time_of(map->entry[i])) * due_factor(map, i);

		if (age > worst_age) {
			worst = i;
			worst_age = age;
		}
	}
	map->n--;
	memmove(&map->entry[worst], &map->entry[worst + 1],
		(map->n - worst) * sizeof(map->entry[0]));
	return worst;
}

void ota_otd_map_teach(struct ota_otd_map *map, uint32_t key, uint32_t shift)
{
	uint32_t bits = shift & (2 * SHIFT_HALF - 1);
	uint32_t f = ota_otd_map_floor(map, key);
	bool below = has_shift(map, f - 1, bits);
	bool known;

	if (shift + SHIFT_HALF >= 2 * SHIFT_HALF)
		return;
	tick(map);
	known = f > 0 && ota_otd_entry_key(map->entry[f - 1]) == key;
	if (!known && below && has_shift(map, f, bits)) {
		touch(map, f - 1);
		touch(map, f);
		return;
	}
	/* A run of equal shifts grows at its upper end. */
	if (known || (below && has_shift(map, f - 2, bits))) {
		f--;
	} else {
		if (map->n == map->cap && evict(map) < f)
			f--;
		memmove(&map->entry[f + 1], &map->entry[f], (map->n - f) * sizeof(map->entry[0]));
		map->n++;
	}
	map->entry[f].key_time = key << OTA_OTD_TIME_BITS;
	map->entry[f].shift_time = shift << OTA_OTD_TIME_BITS;
	touch(map, f);
}
