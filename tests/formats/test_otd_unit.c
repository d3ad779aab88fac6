// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ota/otd_unit.h>

#include "vectors.h"

#define BASE 0x08000000U
/* All keys there are: as much of an image as units reach. */
static const struct ota_otd_image large = {OTA_OTD_KEY_RAM, 1, {{0, BASE}}};
#define MIDDLE 0xfffffcU

static uint32_t half_at(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8;
}

static void put_half(uint8_t *bytes, uint32_t half)
{
	bytes[0] = (uint8_t)half;
	bytes[1] = (uint8_t)(half >> 8);
}

static void put_word(uint8_t *bytes, uint32_t word)
{
	put_half(bytes, word);
	put_half(bytes + 2, word >> 16);
}

static bool read_m(const struct ota_otd_image *image, uint32_t at, const uint8_t *bytes, size_t len,
		   struct ota_otd_unit *unit)
{
	return ota_otd_unit_read(OTA_OTD_THUMB, OTA_OTD_M, image, at, ota_span_of(bytes, len),
				 unit);
}

static bool write_unit(uint8_t kind, uint32_t addr, uint32_t target, uint8_t *bytes)
{
	struct ota_otd_unit unit = {.kind = kind};

	return ota_otd_unit_write(OTA_OTD_THUMB, &unit, addr, target, bytes);
}

/* -- what a real assembler makes --------------------------------------------------------------- */

struct assembled {
	uint32_t word; /* first halfword low; of 16-bit instructions with NOP behind it */
	uint8_t kind;
	int32_t distance; /* of the target from the instruction, which lies at a multiple of 4 */
};

static void reads_what_an_assembler_makes(void **state)
{
	static const struct assembled cases[] = {
		{0xfffef000, OTA_OTD_BL, 0x1000},         /* bl .+0x1000 */
		{0xfffef7fe, OTA_OTD_BL, -0x1000},        /* bl .-0x1000 */
		{0xd7fff3ff, OTA_OTD_BL, 4 + 0xfffffe},   /* bl, the farthest */
		{0xd000f400, OTA_OTD_BL, 4 - 0x1000000},  /* bl, the farthest back */
		{0xba32f002, OTA_OTD_BW, 0x2468},         /* b.w .+0x2468 */
		{0x9ffef7ff, OTA_OTD_BW, -0x800000},      /* b.w .-0x800000 */
		{0x8118f001, OTA_OTD_BCCW, 0x1234},       /* beq.w .+0x1234 */
		{0xaffff07f, OTA_OTD_BCCW, 4 + 0xffffe},  /* bne.w, the farthest */
		{0x8000f740, OTA_OTD_BCCW, 4 - 0x100000}, /* ble.w, the farthest back */
		{0xa7fef63f, OTA_OTD_BCCW, -0x80000},     /* bhi.w .-0x80000 */
		{0xbf004bff, OTA_OTD_LDR, 4 + 1020},      /* ldr r3, [pc, #1020] */
		{0xbf004800, OTA_OTD_LDR, 4},             /* ldr r0, [pc, #0] */
		{0xbf00a710, OTA_OTD_ADR, 4 + 64},        /* adr r7, .+4+64 */
		{0xbf00e3ff, OTA_OTD_B, 4 + 2046},        /* b.n .+4+2046 */
		{0xbf00e400, OTA_OTD_B, 4 - 2048},        /* b.n .+4-2048 */
		{0xbf00dc7f, OTA_OTD_BCC, 4 + 254},       /* bgt.n .+4+254 */
		{0xbf00db80, OTA_OTD_BCC, 4 - 256},       /* blt.n .+4-256 */
		{0xbf00b3fd, OTA_OTD_CBZ, 4 + 126},       /* cbz r5, .+4+126 */
		{0xbf00b908, OTA_OTD_CBZ, 4 + 2},         /* cbnz r0, .+4+2 */
		{0x9ffff8df, OTA_OTD_LDRW, 4 + 4095},     /* ldr.w r9, [pc, #4095] */
		{0x1004f85f, OTA_OTD_LDRW, 0},            /* ldr.w r1, [pc, #-4] */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ota_otd_unit unit;
		uint8_t bytes[4];

		put_word(bytes, cases[i].word);
		assert_true(read_m(&large, MIDDLE, bytes, 4, &unit));
		assert_int_equal(unit.kind, cases[i].kind);
		assert_int_equal(unit.len, cases[i].word >> 16 == 0xbf00 ? 2 : 4);
		assert_int_equal(unit.target, BASE + MIDDLE + (uint32_t)cases[i].distance);
		assert_int_equal(unit.key, MIDDLE + (uint32_t)cases[i].distance);
	}
}

static void passes_over_what_is_no_reference(void **state)
{
	static const uint32_t words[] = {
		0xbf00bf00, /* nop */
		0xbf004798, /* blx r3 */
		0xbf00de01, /* udf #1, at the place of a condition */
		0xbf00df01, /* svc #1, likewise */
		0x0001f04f, /* mov.w r0, #1, begins like a branch */
		0x8f5ff3bf, /* dmb sy, looks like a conditional one */
		0x2434f241, /* movw r4, #0x1234, nothing behind it */
		0xc000f000, /* blx of other profiles */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		struct ota_otd_unit unit;
		uint8_t bytes[4];

		put_word(bytes, words[i]);
		assert_false(read_m(&large, MIDDLE, bytes, 4, &unit));
	}
}

static void reads_an_address_that_is_moved_in_two_halves(void **state)
{
	/* movw r11, #0xf8a5; movt r11, #0x0800 */
	static const uint8_t flash[] = {0x4f, 0xf6, 0xa5, 0x0b, 0xc0, 0xf6, 0x00, 0x0b};
	/* movw r4, #0x1234; movt r4, #0x2000 */
	static const uint8_t ram[] = {0x41, 0xf2, 0x34, 0x24, 0xc2, 0xf2, 0x00, 0x04};
	struct ota_otd_unit unit;
	uint8_t other[8];

	(void)state;
	assert_true(read_m(&large, MIDDLE, flash, 8, &unit));
	assert_int_equal(unit.kind, OTA_OTD_MOVW);
	assert_int_equal(unit.len, 8);
	assert_int_equal(unit.target, 0x0800f8a5);
	assert_int_equal(unit.key, 0xf8a5);
	assert_true(read_m(&large, MIDDLE + 2, ram, 8, &unit));
	assert_int_equal(unit.target, 0x20001234);
	assert_int_equal(unit.key, OTA_OTD_KEY_RAM + 0x10000 + 0x1234);
	assert_false(read_m(&large, MIDDLE, ram, 7, &unit));
	assert_false(ota_otd_unit_read(OTA_OTD_THUMB, OTA_OTD_XS, &large, MIDDLE,
				       ota_span_of(ram, 8), &unit));
	memcpy(other, ram, 8); /* movt r5 */
	other[7] = 0x05;
	assert_false(read_m(&large, MIDDLE, other, 8, &unit));
	memcpy(other, ram, 8); /* movt r4, #0x3000: nowhere */
	other[4] = 0xc3;
	assert_false(read_m(&large, MIDDLE, other, 8, &unit));
}

/* -- a slow second opinion --------------------------------------------------------------------- */

/* The immediate's bits in the instruction word, from the distance's lowest one (0: always zero) up.
 */
struct layout {
	uint8_t kind;
	uint8_t len;
	uint32_t opcode;
	uint32_t fixed;   /* bits that are the opcode's; others are free or the immediate's */
	const char *bits; /* one letter a bit: its place in the word as 'A' + place, '.' none */
	bool is_signed;
	bool aligned; /* counts from a multiple of 4 */
};

/* BL and B.W: I1 and I2 are computed, and so not in the list. */
static const struct layout layouts[] = {
	{OTA_OTD_BL, 4, 0xd000f000, 0xd000f800, ".QRSTUVWXYZ[ABCDEFGHIJ", true, false},
	{OTA_OTD_BW, 4, 0x9000f000, 0xd000f800, ".QRSTUVWXYZ[ABCDEFGHIJ", true, false},
	{OTA_OTD_BCCW, 4, 0x8000f2c0, 0xd000fbc0, ".QRSTUVWXYZ[ABCDEF^\\K", true, false},
	{OTA_OTD_LDR, 2, 0x4800, 0xf800, "..ABCDEFGH", false, true},
	{OTA_OTD_ADR, 2, 0xa000, 0xf800, "..ABCDEFGH", false, true},
	{OTA_OTD_B, 2, 0xe000, 0xf800, ".ABCDEFGHIJK", true, false},
	{OTA_OTD_BCC, 2, 0xd300, 0xff00, ".ABCDEFGH", true, false},
	{OTA_OTD_CBZ, 2, 0xb100, 0xf500, ".DEFGHJ", false, false},
};
#define LAYOUTS (sizeof(layouts) / sizeof(layouts[0]))

static bool is_long_branch(const struct layout *layout)
{
	return layout->kind == OTA_OTD_BL || layout->kind == OTA_OTD_BW;
}

/* `word` with the distance put in bit by bit. */
static uint32_t slow_encode(const struct layout *layout, uint32_t word, int64_t distance)
{
	uint64_t bits = (uint64_t)distance;

	for (size_t i = 0; layout->bits[i] != '\0'; i++) {
		unsigned place = (unsigned)(layout->bits[i] - 'A');

		if (layout->bits[i] == '.')
			continue;
		word &= ~(1U << place);
		word |= (uint32_t)(bits >> i & 1) << place;
	}
	if (is_long_branch(layout)) { /* J = NOT(I) XOR S, below S = bit 24 */
		uint32_t s = (uint32_t)(bits >> 24 & 1);
		uint32_t j1 = (uint32_t)(~bits >> 23 & 1) ^ s;
		uint32_t j2 = (uint32_t)(~bits >> 22 & 1) ^ s;

		word &= ~(1U << 10 | 1U << 29 | 1U << 27);
		word |= s << 10 | j1 << 29 | j2 << 27;
	}
	return word;
}

/* The distances a layout holds: [least, most], in steps. */
static void limits_of(const struct layout *layout, int64_t *least, int64_t *most, int64_t *step)
{
	size_t n = is_long_branch(layout) ? 25 : strlen(layout->bits);

	*step = layout->aligned ? 4 : 2;
	*least = layout->is_signed ? -((int64_t)1 << (n - 1)) : 0;
	*most = ((int64_t)1 << (layout->is_signed ? n - 1 : n)) - *step;
}

static uint32_t target_of(const struct layout *layout, uint32_t addr, int64_t distance)
{
	uint32_t pc = addr + 4;

	if (layout->aligned)
		pc &= ~3U;
	return pc + (uint32_t)distance;
}

/* Reads the unit, and writes it from another one, each against the slow encoding. */
static void check_one(const struct layout *layout, uint32_t at, uint32_t noise, int64_t distance)
{
	uint32_t word = slow_encode(layout, (noise & ~layout->fixed) | layout->opcode, distance);
	uint32_t other = slow_encode(layout, word, 0);
	struct ota_otd_unit unit;
	uint8_t bytes[4];
	uint8_t rewritten[4];
	uint32_t target = target_of(layout, BASE + at, distance);

	put_word(bytes, word);
	put_word(rewritten, other);
	assert_true(write_unit(layout->kind, BASE + at, target, rewritten));
	assert_memory_equal(rewritten, bytes, 4);
	if (target - BASE >= OTA_OTD_KEY_RAM)
		return;
	assert_true(read_m(&large, at, bytes, layout->len, &unit));
	assert_int_equal(unit.kind, layout->kind);
	assert_int_equal(unit.len, layout->len);
	assert_int_equal(unit.target, target);
	assert_true(ota_otd_unit_write(OTA_OTD_THUMB, &unit, BASE + at, target, rewritten));
	assert_memory_equal(rewritten, bytes, 4);
	ota_otd_unit_blank(OTA_OTD_THUMB, &unit, bytes);
	ota_otd_unit_blank(OTA_OTD_THUMB, &unit, rewritten);
	assert_memory_equal(rewritten, bytes, 4);
}

static void every_kind_reads_and_writes_random_distances(void **state)
{
	uint32_t noise[4096];

	(void)state;
	fill_pattern((uint8_t *)noise, sizeof(noise), 77);
	for (size_t i = 0; i < LAYOUTS; i++) {
		int64_t least, most, step;

		limits_of(&layouts[i], &least, &most, &step);
		for (size_t j = 0; j < 4096; j++) {
			int64_t span = (most - least) / step + 1;
			int64_t distance = least + noise[j] % span * step;

			check_one(&layouts[i], MIDDLE + 2 * (noise[4095 - j] & 1), noise[j] >> 3,
				  distance);
		}
	}
}

static void every_kind_writes_to_its_limits_and_no_farther(void **state)
{
	(void)state;
	for (size_t i = 0; i < LAYOUTS; i++) {
		const struct layout *layout = &layouts[i];
		int64_t least, most, step;
		uint8_t bytes[4];
		uint8_t before[4];

		limits_of(layout, &least, &most, &step);
		check_one(layout, MIDDLE, 0, least);
		check_one(layout, MIDDLE, 0, most);
		check_one(layout, MIDDLE, ~0U, 0);
		put_word(bytes, slow_encode(layout, layout->opcode | (~layout->fixed & 0x10), 0));
		memcpy(before, bytes, 4);
		for (int64_t beyond = 1; beyond <= 3; beyond++) {
			assert_false(write_unit(layout->kind, BASE,
						target_of(layout, BASE, least - beyond), bytes));
			assert_false(write_unit(layout->kind, BASE,
						target_of(layout, BASE, most + beyond), bytes));
		}
		assert_false(
			write_unit(layout->kind, BASE, target_of(layout, BASE, least + 1), bytes));
		assert_false(write_unit(layout->kind, BASE, BASE + 0x80000000U, bytes));
		assert_memory_equal(bytes, before, 4);
	}
}

static void long_loads_reach_4095_bytes_both_ways(void **state)
{
	struct ota_otd_unit unit;
	uint8_t bytes[4] = {0xdf, 0xf8, 0x00, 0x70};
	static const int32_t inside[] = {-4095, -1, 1, 4095};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		uint32_t target = BASE + 4 + (uint32_t)inside[i] + MIDDLE;

		assert_true(write_unit(OTA_OTD_LDRW, BASE + MIDDLE + 2, target, bytes));
		assert_int_equal(half_at(bytes), inside[i] < 0 ? 0xf85f : 0xf8df);
		assert_int_equal(half_at(bytes + 2),
				 0x7000 + (inside[i] < 0 ? -inside[i] : inside[i]));
		assert_true(read_m(&large, MIDDLE + 2, bytes, 4, &unit));
		assert_int_equal(unit.kind, OTA_OTD_LDRW);
		assert_int_equal(unit.target, target);
	}
	/* Nothing, either way, stays as it is. */
	memcpy(bytes, "\x5f\xf8\x34\x71", 4);
	assert_true(write_unit(OTA_OTD_LDRW, BASE, BASE + 4, bytes));
	assert_memory_equal(bytes, "\x5f\xf8\x00\x70", 4);
	memcpy(bytes, "\xdf\xf8\x34\x71", 4);
	assert_true(write_unit(OTA_OTD_LDRW, BASE, BASE + 4, bytes));
	assert_memory_equal(bytes, "\xdf\xf8\x00\x70", 4);
	assert_false(write_unit(OTA_OTD_LDRW, BASE, BASE + 4 + 4096, bytes));
	assert_false(write_unit(OTA_OTD_LDRW, BASE, BASE + 4 - 4096, bytes));
}

static void pointers_take_any_value(void **state)
{
	static const uint32_t values[] = {0, BASE + 1, 0x20000000, 0xffffffff};
	uint8_t mov[8] = {0x40, 0xf2, 0x00, 0x0c, 0xc0, 0xf2, 0x00, 0x0c};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		uint8_t bytes[4] = {1, 2, 3, 4};
		uint8_t expected[4];

		put_word(expected, values[i]);
		assert_true(write_unit(OTA_OTD_POINTER, BASE, values[i], bytes));
		assert_memory_equal(bytes, expected, 4);
		memset(bytes, 0, 4);
		assert_true(write_unit(OTA_OTD_RAM_POINTER, BASE, values[i], bytes));
		assert_memory_equal(bytes, expected, 4);
		assert_true(write_unit(OTA_OTD_MOVW, BASE, values[i], mov));
	}
	/* movw r12, #0xffff; movt r12, #0xffff */
	assert_memory_equal(mov, "\x4f\xf6\xff\x7c\xcf\xf6\xff\x7c", 8);
}

/* -- ranges, keys, alignment ------------------------------------------------------------------- */

static bool reads_word(const struct ota_otd_image *image, uint32_t at, uint32_t word,
		       struct ota_otd_unit *unit)
{
	uint8_t bytes[4];

	put_word(bytes, word);
	return ota_otd_unit_read(OTA_OTD_THUMB, OTA_OTD_XS, image, at, ota_span_of(bytes, 4), unit);
}

static void pointers_end_where_image_slack_and_ram_end(void **state)
{
	static const struct ota_otd_image image = {0x8000, 1, {{0, BASE}}};
	static const struct {
		uint32_t word;
		uint32_t key; /* 0: no unit */
	} cases[] = {
		{BASE - 1, 0},
		{BASE + 4, 4},
		{BASE + 0x8fff, 0x8fff},
		{BASE + 0x9000, 0},
		{0x1ffeffff, 0},
		{0x1fff0000, OTA_OTD_KEY_RAM},
		{0x20000000, OTA_OTD_KEY_RAM + 0x10000},
		{0x200fffff, OTA_OTD_KEY_RAM + 0x10ffff},
		{0x20100000, 0},
		{0x0fffffff, 0},
		{0x10000000, OTA_OTD_KEY_RAM + 0x110000},
		{0x1000ffff, OTA_OTD_KEY_RAM + 0x11ffff},
		{0x10010000, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ota_otd_unit unit;

		assert_int_equal(reads_word(&image, 0, cases[i].word, &unit), cases[i].key != 0);
		if (cases[i].key == 0)
			continue;
		assert_int_equal(unit.kind, cases[i].key < OTA_OTD_KEY_RAM ? OTA_OTD_POINTER
									   : OTA_OTD_RAM_POINTER);
		assert_int_equal(unit.key, cases[i].key);
		assert_int_equal(unit.target, cases[i].word);
		assert_false(reads_word(&image, 2, cases[i].word, &unit));
	}
}

static void alignment_is_that_of_the_address(void **state)
{
	static const struct ota_otd_image image = {0x8000, 1, {{0, BASE + 2}}};
	static const struct ota_otd_image strange = {0x8000, 1, {{0, BASE + 1}}};
	struct ota_otd_unit unit;

	(void)state;
	assert_true(reads_word(&image, 2, BASE + 0x100, &unit));
	assert_int_equal(unit.key, 0xfe);
	assert_false(reads_word(&image, 4, BASE + 0x100, &unit));
	assert_false(reads_word(&image, 1, BASE + 0x100, &unit)); /* an odd place never */
	assert_false(reads_word(&strange, 3, BASE + 0x100, &unit));
	/* ldr r0, [pc, #0] at 0x08000002: from 0x08000004 on. */
	assert_true(read_m(&image, 0, (const uint8_t *)"\x00\x48", 2, &unit));
	assert_int_equal(unit.target, BASE + 4);
}

static void small_values_are_no_pointers_in_an_image_at_the_bottom(void **state)
{
	static const struct ota_otd_image higher = {0x8000, 1, {{0, 0x100}}};
	static const struct ota_otd_image above = {0x8000, 1, {{0, 0x1000}}};
	struct ota_otd_unit unit;

	(void)state;
	assert_false(reads_word(&higher, 0, 0x3ff, &unit));
	assert_true(reads_word(&higher, 0, 0x400, &unit));
	assert_int_equal(unit.key, 0x300);
	assert_false(reads_word(&above, 0, 0x400, &unit)); /* in front of it */
	assert_true(reads_word(&above, 0, 0x1000, &unit));
}

static void an_image_in_ram_comes_before_ram(void **state)
{
	static const struct ota_otd_image image = {0x8000, 1, {{0, 0x20000000}}};
	struct ota_otd_unit unit;

	(void)state;
	assert_true(reads_word(&image, 0, 0x20008fff, &unit));
	assert_int_equal(unit.kind, OTA_OTD_POINTER);
	assert_int_equal(unit.key, 0x8fff);
	assert_true(reads_word(&image, 0, 0x20009000, &unit));
	assert_int_equal(unit.kind, OTA_OTD_RAM_POINTER);
}

static void branches_end_where_the_image_may_have_grown_to(void **state)
{
	static const struct ota_otd_image image = {0x8000, 1, {{0, BASE}}};
	struct ota_otd_unit unit;
	uint8_t bytes[4] = {0x00, 0xf0, 0x00, 0xf8};
	static const struct {
		uint32_t offset;
		bool there;
	} cases[] = {{0, true}, {0x17ffe, true}, {0x18000, false}, {0xfffffffe, false}};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		assert_true(write_unit(OTA_OTD_BL, BASE + 0x100, BASE + cases[i].offset, bytes));
		assert_int_equal(read_m(&image, 0x100, bytes, 4, &unit), cases[i].there);
	}
	/* Short ones too: b.n .+4-2048 at 0x7fe and 0x7fc. */
	assert_true(read_m(&image, 0x7fc, (const uint8_t *)"\x00\xe4", 2, &unit));
	assert_int_equal(unit.key, 0);
	assert_false(read_m(&image, 0x7fa, (const uint8_t *)"\x00\xe4", 2, &unit));
}

static void no_key_is_as_high_as_ram(void **state)
{
	static const struct ota_otd_image image = {0x4000000, 1, {{0, BASE}}};
	uint8_t bytes[4] = {0x00, 0xf0, 0x00, 0x90};
	struct ota_otd_unit unit;

	(void)state;
	assert_true(reads_word(&image, 0, BASE + OTA_OTD_KEY_RAM - 1, &unit));
	assert_false(reads_word(&image, 0, BASE + OTA_OTD_KEY_RAM, &unit));
	assert_true(write_unit(OTA_OTD_BW, BASE, BASE + 4 + 0x100, bytes));
	assert_true(read_m(&image, OTA_OTD_KEY_RAM - 0x106, bytes, 4, &unit));
	assert_int_equal(unit.key, OTA_OTD_KEY_RAM - 2);
	assert_false(read_m(&image, OTA_OTD_KEY_RAM - 0x104, bytes, 4, &unit));
}

static void segments_are_looked_through_in_the_order_of_the_file(void **state)
{
	/* 0x1000 bytes at 0x10000000, then 0x1000 at 0x08000000. */
	static const struct ota_otd_image image = {
		0x2000, 2, {{0, 0x10000000}, {0x1000, 0x08000000}}};
	struct ota_otd_unit unit;

	(void)state;
	assert_true(reads_word(&image, 0, 0x10000ffc, &unit));
	assert_int_equal(unit.kind, OTA_OTD_POINTER);
	assert_int_equal(unit.key, 0xffc);
	/* No slack behind the first one: that is RAM. */
	assert_true(reads_word(&image, 0, 0x10001000, &unit));
	assert_int_equal(unit.kind, OTA_OTD_RAM_POINTER);
	assert_true(reads_word(&image, 0x1000, 0x08001ffc, &unit));
	assert_int_equal(unit.key, 0x2ffc);
	assert_false(reads_word(&image, 0x1000, 0x08002000, &unit));
	/* bl .+4 at offset 0x1000. */
	assert_true(read_m(&image, 0x1000, (const uint8_t *)"\x00\xf0\x00\xf8", 4, &unit));
	assert_int_equal(unit.target, 0x08000004);
	assert_int_equal(unit.key, 0x1004);
}

/* -- laws -------------------------------------------------------------------------------------- */

static void check_laws(uint32_t at, const uint8_t *bytes, struct ota_otd_unit *whole, bool found)
{
	struct ota_otd_unit unit;
	uint8_t copy[OTA_OTD_UNIT_MAX];
	uint32_t step;

	for (size_t len = 0; len < OTA_OTD_UNIT_MAX; len++) {
		uint8_t *cut = len > 0 ? copy : NULL;

		if (len > 0)
			memcpy(copy, bytes, len);
		if (read_m(&large, at, cut, len, &unit))
			assert_true(unit.len <= len);
		else
			assert_true(!found || whole->len > len || whole->kind == OTA_OTD_POINTER);
	}
	if (!found)
		return;
	memcpy(copy, bytes, OTA_OTD_UNIT_MAX);
	step = ota_otd_unit_step(OTA_OTD_THUMB, whole->kind);
	assert_true(step == 1 || step == 2 || step == 4);
	assert_int_equal(ota_otd_unit_moved(OTA_OTD_THUMB, whole, 0), whole->target);
	assert_true(ota_otd_unit_write(OTA_OTD_THUMB, whole, ota_otd_addr(&large, at),
				       whole->target, copy));
	assert_memory_equal(copy, bytes, OTA_OTD_UNIT_MAX);
}

static void what_is_read_is_written_back(void **state)
{
	static uint8_t noise[1 << 18];
	unsigned found[OTA_OTD_KINDS] = {0};

	(void)state;
	fill_pattern(noise, sizeof(noise), 3);
	for (uint32_t i = 0; i + OTA_OTD_UNIT_MAX <= sizeof(noise); i += 2) {
		struct ota_otd_unit unit = {0};
		bool is_unit;

		if (i % 16 == 0) /* pointers are rare otherwise */
			noise[i + 3] = i % 32 == 0 ? 0x08 : 0x20;
		if (i % 24 == 4) { /* and MOVW with MOVT */
			put_half(noise + i, 0xf240 | (half_at(noise + i) & 0x40f));
			put_half(noise + i + 4, i % 48 == 4 ? 0xf6c0 : 0xf2c2);
			put_half(noise + i + 2, half_at(noise + i + 2) & 0x72ff);
			put_half(noise + i + 6, half_at(noise + i + 2) & 0x0f00);
		}
		if (i % 24 == 16) /* and long loads */
			put_half(noise + i, i % 48 == 16 ? 0xf85f : 0xf8df);
		is_unit = read_m(&large, MIDDLE + i, noise + i, OTA_OTD_UNIT_MAX, &unit);
		if (is_unit)
			found[unit.kind]++;
		check_laws(MIDDLE + i, noise + i, &unit, is_unit);
	}
	for (unsigned kind = 0; kind < OTA_OTD_KINDS; kind++)
		assert_true(found[kind] > 20);
}

static void the_small_tier_reads_the_same_but_fewer_kinds(void **state)
{
	static uint8_t noise[1 << 16];

	(void)state;
	fill_pattern(noise, sizeof(noise), 4);
	for (uint32_t i = 0; i + OTA_OTD_UNIT_MAX <= sizeof(noise); i += 2) {
		struct ota_otd_unit small, all;
		bool in_small = ota_otd_unit_read(OTA_OTD_THUMB, OTA_OTD_XS, &large, MIDDLE + i,
						  ota_span_of(noise + i, OTA_OTD_UNIT_MAX), &small);
		bool in_all = read_m(&large, MIDDLE + i, noise + i, OTA_OTD_UNIT_MAX, &all);

		assert_int_equal(in_small, in_all && all.kind < OTA_OTD_KINDS_XS);
		if (in_small) {
			assert_int_equal(small.kind, all.kind);
			assert_int_equal(small.target, all.target);
			assert_int_equal(small.key, all.key);
		}
	}
}

static void targets_of_aligned_kinds_move_to_multiples_of_four(void **state)
{
	static const uint32_t moved[] = {0, 0, 4, 4, 4, 4, 8};
	struct ota_otd_unit unit = {.kind = OTA_OTD_LDR, .target = 0x100};

	(void)state;
	for (uint32_t shift = 0; shift < 7; shift++) {
		unit.kind = OTA_OTD_LDR;
		assert_int_equal(ota_otd_unit_moved(OTA_OTD_THUMB, &unit, shift),
				 0x100 + moved[shift]);
		unit.kind = OTA_OTD_BL;
		assert_int_equal(ota_otd_unit_moved(OTA_OTD_THUMB, &unit, shift), 0x100 + shift);
	}
	unit.kind = OTA_OTD_ADR;
	assert_int_equal(ota_otd_unit_moved(OTA_OTD_THUMB, &unit, 0U - 2), 0x100);
	assert_int_equal(ota_otd_unit_moved(OTA_OTD_THUMB, &unit, 0U - 3), 0xfc);
}

static void without_architecture_there_are_no_units(void **state)
{
	struct ota_otd_unit unit = {.kind = OTA_OTD_BL, .len = 4};
	uint8_t bytes[4] = {0x00, 0xf0, 0x00, 0xf8};

	(void)state;
	assert_false(ota_otd_unit_read(OTA_OTD_NONE, OTA_OTD_M, &large, 0, ota_span_of(bytes, 4),
				       &unit));
	assert_false(ota_otd_unit_write(OTA_OTD_NONE, &unit, 0, 4, bytes));
	assert_int_equal(ota_otd_unit_step(OTA_OTD_NONE, 0), 1);
	ota_otd_unit_blank(OTA_OTD_NONE, &unit, bytes);
	assert_memory_equal(bytes, "\x00\xf0\x00\xf8", 4);
}

static void blank_units_keep_what_is_no_address(void **state)
{
	static const struct {
		uint8_t kind;
		uint8_t len;
		const char *before;
		const char *after;
	} cases[] = {
		{OTA_OTD_POINTER, 4, "\x12\x34\x56\x08", "\x00\x00\x56\x08"},
		{OTA_OTD_BL, 4, "\xff\xf7\xff\xff", "\x00\xf0\x00\xd0"},
		{OTA_OTD_BW, 4, "\xff\xf7\xff\xbf", "\x00\xf0\x00\x90"},
		{OTA_OTD_BCCW, 4, "\x7f\xf6\xff\xaf", "\x40\xf2\x00\x80"},
		{OTA_OTD_LDR, 2, "\x7f\x4b", "\x00\x4b"},
		{OTA_OTD_B, 2, "\xff\xe7", "\x00\xe0"},
		{OTA_OTD_BCC, 2, "\x7f\xd3", "\x00\xd3"},
		{OTA_OTD_CBZ, 2, "\xff\xbb", "\x07\xb9"},
		{OTA_OTD_LDRW, 4, "\xdf\xf8\xff\x9f", "\xdf\xf8\x00\x90"},
		{OTA_OTD_MOVW, 8, "\x4f\xf6\xff\x7b\xc0\xf6\x00\x0b",
		 "\x40\xf2\x00\x0b\xc0\xf6\x00\x0b"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ota_otd_unit unit = {.kind = cases[i].kind, .len = cases[i].len};
		uint8_t bytes[OTA_OTD_UNIT_MAX];

		memcpy(bytes, cases[i].before, cases[i].len);
		ota_otd_unit_blank(OTA_OTD_THUMB, &unit, bytes);
		assert_memory_equal(bytes, cases[i].after, cases[i].len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_an_assembler_makes),
		cmocka_unit_test(passes_over_what_is_no_reference),
		cmocka_unit_test(reads_an_address_that_is_moved_in_two_halves),
		cmocka_unit_test(every_kind_reads_and_writes_random_distances),
		cmocka_unit_test(every_kind_writes_to_its_limits_and_no_farther),
		cmocka_unit_test(long_loads_reach_4095_bytes_both_ways),
		cmocka_unit_test(pointers_take_any_value),
		cmocka_unit_test(pointers_end_where_image_slack_and_ram_end),
		cmocka_unit_test(alignment_is_that_of_the_address),
		cmocka_unit_test(small_values_are_no_pointers_in_an_image_at_the_bottom),
		cmocka_unit_test(an_image_in_ram_comes_before_ram),
		cmocka_unit_test(branches_end_where_the_image_may_have_grown_to),
		cmocka_unit_test(no_key_is_as_high_as_ram),
		cmocka_unit_test(segments_are_looked_through_in_the_order_of_the_file),
		cmocka_unit_test(what_is_read_is_written_back),
		cmocka_unit_test(the_small_tier_reads_the_same_but_fewer_kinds),
		cmocka_unit_test(targets_of_aligned_kinds_move_to_multiples_of_four),
		cmocka_unit_test(without_architecture_there_are_no_units),
		cmocka_unit_test(blank_units_keep_what_is_no_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
