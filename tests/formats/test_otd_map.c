// SPDX-License-Identifier: Apache-2.0
/* The address map with tier nano's narrow entries; patches test the rest of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../formats/otd_map.h"

#define ENTRIES 4U

/* As a decoder of tier nano has it. */
static struct ota_otd_map *begin(void)
{
	static uint32_t
		memory[(sizeof(struct ota_otd_map) + ENTRIES * sizeof(struct ota_otd_narrow)) /
		       sizeof(uint32_t)];
	struct ota_otd_map *map = (struct ota_otd_map *)memory;

	memset(memory, 0, sizeof(memory));
	map->cap = ENTRIES;
	map->narrow = 1;
	return map;
}

static void a_narrow_key_is_even_and_tells_image_from_ram(void **state)
{
	(void)state;
	assert_int_equal(ota_otd_map_narrow_key(0), 0);
	assert_int_equal(ota_otd_map_narrow_key(0x1235), 0x1234);
	assert_int_equal(ota_otd_map_narrow_key(0x1fffff), 0x1ffffe);
	assert_int_equal(ota_otd_map_narrow_key(0x200000), 0x1ffffe);
	assert_int_equal(ota_otd_map_narrow_key(OTA_OTD_KEY_RAM - 1), 0x1ffffe);
	assert_int_equal(ota_otd_map_narrow_key(OTA_OTD_KEY_RAM + 3), OTA_OTD_KEY_RAM + 2);
	assert_int_equal(ota_otd_map_narrow_key(UINT32_MAX), OTA_OTD_KEY_RAM + 0x1ffffe);
}

static void a_narrow_entry_gives_back_what_it_was_taught(void **state)
{
	static const uint32_t keys[] = {0, 2, 0x1ffffe, OTA_OTD_KEY_RAM,
					OTA_OTD_KEY_RAM + 0x11fffe};
	static const uint32_t shifts[] = {0, 2, 0x3fffe, 0U - 2, 0U - 0x40000};
	(void)state;
	for (unsigned i = 0; i < 25; i++) {
		struct ota_otd_map *map = begin();

		ota_otd_map_teach(map, keys[i / 5], shifts[i % 5]);
		assert_int_equal(map->n, 1);
		assert_int_equal(ota_otd_map_key_at(map, 0), keys[i / 5]);
		assert_int_equal(ota_otd_map_shift_at(map, 0), shifts[i % 5]);
		assert_int_equal(ota_otd_map_floor(map, keys[i / 5]), 1);
	}
}

static void a_shift_that_is_odd_or_too_large_is_not_taught(void **state)
{
	static const uint32_t shifts[] = {1, 0x40000, 0U - 0x40002, 0x80000000U, UINT32_MAX};
	struct ota_otd_map *map = begin();

	(void)state;
	for (unsigned i = 0; i < 5; i++)
		ota_otd_map_teach(map, 64, shifts[i]);
	assert_int_equal(map->n, 0);
	assert_int_equal(map->clock, 0);
}

static void a_full_narrow_map_forgets_the_oldest(void **state)
{
	struct ota_otd_map *map = begin();

	(void)state;
	for (uint32_t i = 0; i < ENTRIES; i++)
		ota_otd_map_teach(map, 100 * i, 2 * i + 2);
	ota_otd_map_refresh(map, 0);
	ota_otd_map_teach(map, 50, 40);
	assert_int_equal(map->n, ENTRIES);
	assert_int_equal(ota_otd_map_key_at(map, 0), 0);
	assert_int_equal(ota_otd_map_key_at(map, 1), 50);
	assert_int_equal(ota_otd_map_key_at(map, 2), 200);
	/* Also over the clock's end: what is older stays older. */
	for (unsigned i = 0; i < 700; i++)
		ota_otd_map_refresh(map, 1 + i % 3);
	ota_otd_map_teach(map, 10, 60);
	assert_int_equal(ota_otd_map_key_at(map, 0), 10);
	assert_int_equal(map->n, ENTRIES);
	assert_true(map->clock < 512);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_narrow_key_is_even_and_tells_image_from_ram),
		cmocka_unit_test(a_narrow_entry_gives_back_what_it_was_taught),
		cmocka_unit_test(a_shift_that_is_odd_or_too_large_is_not_taught),
		cmocka_unit_test(a_full_narrow_map_forgets_the_oldest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
