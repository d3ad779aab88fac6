// SPDX-License-Identifier: Apache-2.0
#include "otd_map.h"

#define TIME_LOW   63U
#define SHIFT_HALF 0x2000000U
/* When the clock is full, times are set back by half of it. */
#define CLOCK_MAX 4095U

/* Tier nano's entries. */
#define NARROW_CLOCK_MAX 511U
#define NARROW_IMAGE     (1U << 20) /* keys of an image, in halfwords; those of RAM lie above */
#define NARROW_HALF      0x40000U   /* shifts, in bytes */
#define TIME_AT          2U
#define KEY_AT           11U
#define SHIFT_TOP        3U

/* -- narrow entries ---------------------------------------------------------------------------- */

static struct ota_otd_narrow *narrow_at(struct ota_otd_map *map, uint32_t i)
{
	return (struct ota_otd_narrow *)(void *)map->entry + i;
}

uint32_t ota_otd_map_narrow_key(uint32_t key)
{
	uint32_t ram = key >= OTA_OTD_KEY_RAM ? OTA_OTD_KEY_RAM : 0;
	uint32_t last = 2 * NARROW_IMAGE - 2;

	key = (key - ram) & ~1U;
	return ram + (key < last ? key : last);
}

static uint32_t narrow_word(const struct ota_otd_map *map, uint32_t i)
{
	const struct ota_otd_narrow *narrow =
		(const struct ota_otd_narrow *)(const void *)map->entry + i;

	return narrow->word[0] | (uint32_t)narrow->word[1] << 16;
}

uint32_t ota_otd_map_narrow_key_at(const struct ota_otd_map *map, uint32_t i)
{
	uint32_t key = narrow_word(map, i) >> KEY_AT;

	if (key >= NARROW_IMAGE)
		key += OTA_OTD_KEY_RAM / 2 - NARROW_IMAGE;
	return 2 * key;
}

uint32_t ota_otd_map_narrow_shift_at(const struct ota_otd_map *map, uint32_t i)
{
	const struct ota_otd_narrow *narrow =
		(const struct ota_otd_narrow *)(const void *)map->entry + i;
	uint32_t shift = (narrow->word[0] & SHIFT_TOP) << 16 | narrow->word[2];

	return 2 * (shift ^ NARROW_HALF / 2) - NARROW_HALF;
}

/* With time 0. */
static void set_narrow(struct ota_otd_narrow *narrow, uint32_t key, uint32_t shift)
{
	key /= 2;
	shift >>= 1;
	if (key >= OTA_OTD_KEY_RAM / 2)
		key -= OTA_OTD_KEY_RAM / 2 - NARROW_IMAGE;
	key <<= KEY_AT;
	narrow->word[0] = (uint16_t)(key | (shift >> 16 & SHIFT_TOP));
	narrow->word[1] = (uint16_t)(key >> 16);
	narrow->word[2] = (uint16_t)shift;
}

static void set_narrow_time(struct ota_otd_narrow *narrow, uint32_t time)
{
	narrow->word[0] =
		(uint16_t)((narrow->word[0] & ~(NARROW_CLOCK_MAX << TIME_AT)) | time << TIME_AT);
}

/* -- entries ----------------------------------------------------------------------------------- */

static uint32_t time_at(const struct ota_otd_map *map, uint32_t i)
{
	const struct ota_otd_entry *entry = map->entry;

	if (ota_otd_map_is_narrow(map))
		return narrow_word(map, i) >> TIME_AT & NARROW_CLOCK_MAX;
	entry += i;
	return (entry->shift_time & TIME_LOW) << OTA_OTD_TIME_BITS | (entry->key_time & TIME_LOW);
}

static OTD_APART void set_time(struct ota_otd_map *map, uint32_t i, uint32_t time)
{
	struct ota_otd_entry *entry = map->entry;

	if (ota_otd_map_is_narrow(map)) {
		set_narrow_time(narrow_at(map, i), time);
		return;
	}
	entry += i;
	entry->key_time = (entry->key_time & ~TIME_LOW) | (time & TIME_LOW);
	entry->shift_time = (entry->shift_time & ~TIME_LOW) | time >> OTA_OTD_TIME_BITS;
}

/* With any time. */
static void set_entry(struct ota_otd_map *map, uint32_t i, uint32_t key, uint32_t shift)
{
	if (ota_otd_map_is_narrow(map)) {
		set_narrow(narrow_at(map, i), key, shift);
		return;
	}
	map->entry[i].key_time = key << OTA_OTD_TIME_BITS;
	map->entry[i].shift_time = shift << OTA_OTD_TIME_BITS;
}

/* Entries from `from` on move to `to`; all that are there behind it. */
static void move(struct ota_otd_map *map, uint32_t to, uint32_t from)
{
	if (ota_otd_map_is_narrow(map))
		memmove(narrow_at(map, to), narrow_at(map, from),
			(map->n - from) * sizeof(struct ota_otd_narrow));
	else
		memmove(&map->entry[to], &map->entry[from],
			(map->n - from) * sizeof(map->entry[0]));
}

static OTD_APART void tick(struct ota_otd_map *map)
{
	uint32_t max = ota_otd_map_is_narrow(map) ? NARROW_CLOCK_MAX : CLOCK_MAX;
	uint32_t back = (max + 1) / 2;

	if (map->clock < max) {
		map->clock++;
		return;
	}
	for (uint32_t i = 0; i < map->n; i++) {
		uint32_t time = time_at(map, i);

		set_time(map, i, time > back ? time - back : 0);
	}
	map->clock = (uint16_t)back;
}

uint32_t ota_otd_map_floor(const struct ota_otd_map *map, uint32_t key)
{
	uint32_t low = 0;
	uint32_t high = map->n;

	while (low < high) {
		uint32_t mid = (low + high) / 2;

		if (ota_otd_map_key_at(map, mid) <= key)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static OTD_APART void touch(struct ota_otd_map *map, uint32_t i)
{
	set_time(map, i, map->clock);
}

void ota_otd_map_refresh(struct ota_otd_map *map, uint32_t i)
{
	tick(map);
	touch(map, i);
}

/* What tells its shift from others. */
static uint32_t shift_bits(const struct ota_otd_map *map, uint32_t i)
{
	if (ota_otd_map_is_narrow(map))
		return ota_otd_map_narrow_shift_at(map, i);
	return map->entry[i].shift_time >> OTA_OTD_TIME_BITS;
}

/* Entry `i` is there and has that shift. */
static OTD_APART bool has_shift(const struct ota_otd_map *map, uint32_t i, uint32_t bits)
{
	return i < map->n && shift_bits(map, i) == bits;
}

/*
 * How much sooner an entry goes that has no neighbour, one, or two of the same shift: 1, 2, 16.
 * What stands inside of a run says nothing that its ends do not say.
 */
static uint32_t due_factor(const struct ota_otd_map *map, uint32_t i)
{
	uint32_t bits = shift_bits(map, i);
	uint32_t same = (uint32_t)has_shift(map, i - 1, bits) + has_shift(map, i + 1, bits);

	return 1U << same * same;
}

/* Makes room for one; returns which went. */
static uint32_t evict(struct ota_otd_map *map)
{
	uint32_t worst = 0;
	uint32_t worst_age = 0;

	for (uint32_t i = 0; i < map->n; i++) {
		uint32_t age = (map->clock - time_at(map, i)) * due_factor(map, i);

		if (age > worst_age) {
			worst = i;
			worst_age = age;
		}
	}
	move(map, worst, worst + 1);
	map->n--;
	return worst;
}

/* What does not fit into an entry is not learned. */
static bool fits(const struct ota_otd_map *map, uint32_t shift)
{
	if (ota_otd_map_is_narrow(map))
		return (shift & 1) == 0 && shift + NARROW_HALF < 2 * NARROW_HALF;
	return shift + SHIFT_HALF < 2 * SHIFT_HALF;
}

void ota_otd_map_teach(struct ota_otd_map *map, uint32_t key, uint32_t shift)
{
	uint32_t bits = ota_otd_map_is_narrow(map) ? shift : shift & (2 * SHIFT_HALF - 1);
	uint32_t f = ota_otd_map_floor(map, key);
	bool below = has_shift(map, f - 1, bits);
	bool known;

	if (!fits(map, shift))
		return;
	tick(map);
	known = f > 0 && ota_otd_map_key_at(map, f - 1) == key;
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
		move(map, f + 1, f);
		map->n++;
	}
	set_entry(map, f, key, shift);
	touch(map, f);
}
