// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ota/otd_unit.h>

#include "vectors.h"

#define BASE   0x40200000U
#define MIDDLE 0xfffffcU
/* All keys there are: as much of an image as units reach. */
static const struct ota_otd_image large = {OTA_OTD_KEY_RAM, 1, {{0, BASE}}};
/* Code and constants of an ESP32, far apart. */
static const struct ota_otd_image parts = {0x30000, 2, {{0, 0x3f400000}, {0x10000, 0x400d0000}}};

static void put_word(uint8_t *bytes, uint32_t word)
{
	for (unsigned i = 0; i < 4; i++)
		bytes[i] = (uint8_t)(word >> 8 * i);
}

static bool read_unit(const struct ota_otd_image *image, uint32_t at, uint32_t word, size_t len,
		      struct ota_otd_unit *unit)
{
	uint8_t bytes[4];

	put_word(bytes, word);
	return ota_otd_unit_read(OTA_OTD_XTENSA, OTA_OTD_XS, image, at, ota_span_of(bytes, len),
				 unit);
}

static bool write_unit(uint8_t kind, uint32_t addr, uint32_t target, uint8_t *bytes)
{
	struct ota_otd_unit unit = {.kind = kind, .len = kind > OTA_OTD_RAM_POINTER ? 3 : 4};

	return ota_otd_unit_write(OTA_OTD_XTENSA, &unit, addr, target, bytes);
}

/* As xtensa-lx106-elf-as makes them, at this offset behind a multiple of 4. */
static void reads_what_an_assembler_makes(void **state)
{
	static const struct {
		uint32_t word;
		uint8_t kind;
		uint8_t at;
		int32_t distance;
	} cases[] = {
		{0x00ffc5, OTA_OTD_CALL, 0, 0x1000},            /* call0 .+0x1000 */
		{0x00ffd5, OTA_OTD_CALL, 0, 0x1000},            /* call4 */
		{0x00ffe5, OTA_OTD_CALL, 0, 0x1000},            /* call8 */
		{0x00fff5, OTA_OTD_CALL, 0, 0x1000},            /* call12 */
		{0xff0005, OTA_OTD_CALL, 3, 0x3f004 - 0x40003}, /* call0 */
		{0xbfff45, OTA_OTD_CALL, 3, 0x40000 - 0x8000b},
		{0xbffec5, OTA_OTD_CALL, 0, -0x40010},
		{0x003d06, OTA_OTD_J, 0, 0xf8},
		{0xffbc46, OTA_OTD_J, 3, 0x3ff00 - 0x4000b},
		{0x007bc6, OTA_OTD_J, 0, 0x1f3},
		{0x801206, OTA_OTD_J, 1, 0x60061 - 0x80015},
		{0x003f31, OTA_OTD_L32R, 2, 0x40100 - 0x80002},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint32_t at = MIDDLE + cases[i].at;
		struct ota_otd_unit unit;

		assert_true(read_unit(&large, at, cases[i].word, 3, &unit));
		assert_int_equal(unit.kind, cases[i].kind);
		assert_int_equal(unit.len, 3);
		assert_int_equal(unit.target, BASE + at + (uint32_t)cases[i].distance);
		assert_int_equal(unit.key, at + (uint32_t)cases[i].distance);
		assert_false(read_unit(&large, at, cases[i].word, 2, &unit));
	}
}

static void passes_over_what_is_no_reference(void **state)
{
	static const uint32_t words[] = {
		0x0020f0, /* nop */
		0x004136, /* entry a1, 32 */
		0x000080, /* ret */
		0xf0c112, /* addi a1, a1, -16 */
		0x0000c0, /* callx0 a0 */
		0x000116, /* beqz a1 */
		0x00f03d, /* nop.n */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		struct ota_otd_unit unit;

		assert_false(read_unit(&large, MIDDLE, words[i], 4, &unit));
	}
}

static void reads_pointers_into_segments_and_data_memory(void **state)
{
	static const struct {
		uint32_t value;
		uint32_t key;
		uint8_t kind;
	} cases[] = {
		{0x3f400010, 0x10, OTA_OTD_POINTER},
		{0x400d0004, 0x10004, OTA_OTD_POINTER},
		{0x400f0fff, 0x30fff, OTA_OTD_POINTER}, /* a little behind */
		{0x3ff80000, OTA_OTD_KEY_RAM, OTA_OTD_RAM_POINTER},
		{0x3fffffff, OTA_OTD_KEY_RAM + 0x7ffff, OTA_OTD_RAM_POINTER},
		{0x3fc88000, OTA_OTD_KEY_RAM + 0x88000, OTA_OTD_RAM_POINTER},
		{0x3fcfffff, OTA_OTD_KEY_RAM + 0xfffff, OTA_OTD_RAM_POINTER},
	};
	static const uint32_t others[] = {0,          0x3f410000, 0x3fc7ffff, 0x3fd00000,
					  0x3ff7ffff, 0x40000000, 0x400f1000};
	struct ota_otd_unit unit;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(read_unit(&parts, 0x10004, cases[i].value, 4, &unit));
		assert_int_equal(unit.kind, cases[i].kind);
		assert_int_equal(unit.len, 4);
		assert_int_equal(unit.target, cases[i].value);
		assert_int_equal(unit.key, cases[i].key);
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_false(read_unit(&parts, 0x10004, others[i], 4, &unit));
	/* Words lie at multiples of 4. */
	assert_false(read_unit(&parts, 0x10006, 0x3f400010, 4, &unit));
	assert_false(read_unit(&parts, 0x10004, 0x3f400010, 3, &unit));
}

static void leaves_alone_what_leads_to_no_segment(void **state)
{
	struct ota_otd_unit unit;

	(void)state;
	/* call8 from the code, back to what is no code of this image */
	assert_true(read_unit(&parts, 0x20000, 0xf00025, 3, &unit));
	assert_int_equal(unit.target, 0x400e0000 + 4 - 0x10000);
	assert_false(read_unit(&parts, 0x10000, 0xf00025, 3, &unit));
}

/* -- rewriting --------------------------------------------------------------------------------- */

static const struct layout {
	uint8_t kind;
	uint8_t at; /* of the field, in bits */
	uint8_t step;
	uint32_t opcode;
	int64_t least;
	int64_t most;
} layouts[] = {
	{OTA_OTD_CALL, 6, 4, 0x25, -0x80000, 0x7fffc},
	{OTA_OTD_L32R, 8, 4, 0x21, -0x40000, -4},
	{OTA_OTD_J, 6, 1, 0x06, -0x20000, 0x1ffff},
};
#define LAYOUTS (sizeof(layouts) / sizeof(layouts[0]))

/* What a distance counts from: section 4.3.4 of the manual, once more. */
static uint32_t counts_from(uint8_t kind, uint32_t addr)
{
	switch (kind) {
	case OTA_OTD_CALL:
		return addr / 4 * 4 + 4;
	case OTA_OTD_L32R:
		return (addr + 3) / 4 * 4;
	default:
		return addr + 4;
	}
}

static uint32_t encode(const struct layout *layout, int64_t distance)
{
	return (layout->opcode | (uint32_t)(distance / layout->step) << layout->at) & 0xffffffU;
}

static void check_one(const struct layout *layout, uint32_t at, int64_t distance)
{
	uint32_t target = counts_from(layout->kind, BASE + at) + (uint32_t)distance;
	uint32_t word = encode(layout, distance);
	struct ota_otd_unit unit;
	uint8_t wanted[4];
	uint8_t bytes[4];

	put_word(wanted, word | 0xa5000000U);
	put_word(bytes, encode(layout, layout->least) | 0xa5000000U);
	assert_true(write_unit(layout->kind, BASE + at, target, bytes));
	assert_memory_equal(bytes, wanted, 4);
	assert_true(read_unit(&large, at, word, 3, &unit));
	assert_int_equal(unit.kind, layout->kind);
	assert_int_equal(unit.target, target);
	put_word(bytes, encode(layout, layout->most) | 0xa5000000U);
	ota_otd_unit_blank(OTA_OTD_XTENSA, &unit, wanted);
	ota_otd_unit_blank(OTA_OTD_XTENSA, &unit, bytes);
	assert_memory_equal(bytes, wanted, 4);
}

static void every_kind_reads_and_writes_random_distances(void **state)
{
	uint32_t noise[2048];

	(void)state;
	fill_pattern((uint8_t *)noise, sizeof(noise), 78);
	for (size_t i = 0; i < LAYOUTS; i++) {
		const struct layout *layout = &layouts[i];
		int64_t n = (layout->most - layout->least) / layout->step + 1;

		for (size_t j = 0; j < 2048; j++)
			check_one(layout, MIDDLE + (noise[j] >> 28),
				  layout->least + noise[j] % n * layout->step);
		check_one(layout, MIDDLE, layout->least);
		check_one(layout, MIDDLE + 1, layout->most);
	}
}

static void every_kind_writes_to_its_limits_and_no_farther(void **state)
{
	(void)state;
	for (size_t i = 0; i < LAYOUTS; i++) {
		const struct layout *layout = &layouts[i];
		uint32_t zero = counts_from(layout->kind, BASE + MIDDLE + 1);
		uint8_t bytes[4];
		uint8_t before[4];

		put_word(before, layout->opcode);
		put_word(bytes, layout->opcode);
		for (int64_t beyond = 1; beyond <= layout->step; beyond++) {
			assert_false(write_unit(layout->kind, BASE + MIDDLE + 1,
						zero + (uint32_t)(layout->least - beyond), bytes));
			assert_false(write_unit(layout->kind, BASE + MIDDLE + 1,
						zero + (uint32_t)(layout->most + beyond), bytes));
		}
		if (layout->step > 1)
			assert_false(write_unit(layout->kind, BASE + MIDDLE + 1,
						zero + (uint32_t)(layout->least + 2), bytes));
		assert_false(write_unit(layout->kind, BASE, BASE + 0x80000000U, bytes));
		assert_memory_equal(bytes, before, 4);
	}
}

static void pointers_take_any_value(void **state)
{
	static const uint32_t values[] = {0, BASE + 1, 0x3ffe8000, 0xffffffff};
	uint8_t bytes[4] = {1, 2, 3, 4};
	uint8_t wanted[4];

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		assert_true(write_unit(OTA_OTD_RAM_POINTER, BASE + 1, values[i], bytes));
		put_word(wanted, values[i]);
		assert_memory_equal(bytes, wanted, 4);
	}
}

static void targets_move_as_their_kind_can_hold_them(void **state)
{
	struct ota_otd_unit unit = {.target = BASE + 8, .kind = OTA_OTD_CALL};

	(void)state;
	assert_int_equal(ota_otd_unit_step(OTA_OTD_XTENSA, OTA_OTD_CALL), 4);
	assert_int_equal(ota_otd_unit_step(OTA_OTD_XTENSA, OTA_OTD_L32R), 4);
	assert_int_equal(ota_otd_unit_step(OTA_OTD_XTENSA, OTA_OTD_J), 1);
	assert_int_equal(ota_otd_unit_step(OTA_OTD_XTENSA, OTA_OTD_POINTER), 1);
	assert_int_equal(ota_otd_unit_moved(OTA_OTD_XTENSA, &unit, 5), BASE + 12);
	assert_int_equal(ota_otd_unit_moved(OTA_OTD_XTENSA, &unit, 6), BASE + 16);
	unit.kind = OTA_OTD_J;
	assert_int_equal(ota_otd_unit_moved(OTA_OTD_XTENSA, &unit, 5), BASE + 13);
}

static void counts_what_is_left_of_an_instruction(void **state)
{
	static const uint8_t bytes[] = {0x36, 0x41, 0x00, 0x0d, 0xf0, 0x3d, 0xf0, 0xe5, 0xff};
	static const uint8_t wanted[] = {2, 1, 0, 1, 0, 1, 0, 2, 1};
	uint32_t left = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++) {
		left = ota_otd_xtensa_left(left, bytes[i]);
		assert_int_equal(left, wanted[i]);
	}
}

static void any_bytes_at_any_place_are_read_within_them(void **state)
{
	struct ota_otd_unit unit;
	uint8_t noise[4096];

	(void)state;
	fill_pattern(noise, sizeof(noise), 79);
	for (size_t i = 0; i < sizeof(noise); i++) {
		size_t left = sizeof(noise) - i;

		for (size_t len = 0; len <= OTA_OTD_UNIT_MAX && len <= left; len++) {
			struct ota_span bytes = ota_span_of(noise + i, len);

			unit.len = 0;
			if (ota_otd_unit_read(OTA_OTD_XTENSA, OTA_OTD_M, &parts, (uint32_t)i * 47,
					      bytes, &unit))
				assert_in_range(unit.len, 3, len);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_an_assembler_makes),
		cmocka_unit_test(passes_over_what_is_no_reference),
		cmocka_unit_test(reads_pointers_into_segments_and_data_memory),
		cmocka_unit_test(leaves_alone_what_leads_to_no_segment),
		cmocka_unit_test(every_kind_reads_and_writes_random_distances),
		cmocka_unit_test(every_kind_writes_to_its_limits_and_no_farther),
		cmocka_unit_test(pointers_take_any_value),
		cmocka_unit_test(targets_move_as_their_kind_can_hold_them),
		cmocka_unit_test(counts_what_is_left_of_an_instruction),
		cmocka_unit_test(any_bytes_at_any_place_are_read_within_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
