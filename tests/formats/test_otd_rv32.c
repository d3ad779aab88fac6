// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <ota/otd_unit.h>

#include "vectors.h"

#define BASE 0x42000000U
/* Where no word is aligned, so that none is a pointer. */
#define MIDDLE 0x800002U
#define GP     0x90000000U /* what gp counts from, as far as we know it */
/* All keys there are: as much of an image as units reach. */
static const struct ota_otd_image large = {OTA_OTD_KEY_RAM, 1, {{0, BASE}}};
/* Constants and code of an ESP32-C3, far apart. */
static const struct ota_otd_image parts = {0x30000, 2, {{0, 0x3c100000}, {0x10000, 0x42000000}}};

static void put_word(uint8_t *bytes, uint32_t word)
{
	for (unsigned i = 0; i < 4; i++)
		bytes[i] = (uint8_t)(word >> 8 * i);
}

static uint32_t word_at(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
	       (uint32_t)bytes[3] << 24;
}

static bool read_bytes(const struct ota_otd_image *image, uint32_t at, const uint8_t *bytes,
		       size_t len, struct ota_otd_unit *unit)
{
	return ota_otd_unit_read(OTA_OTD_RV32, OTA_OTD_XS, image, at, ota_span_of(bytes, len),
				 unit);
}

static bool read_word(const struct ota_otd_image *image, uint32_t at, uint32_t word, size_t len,
		      struct ota_otd_unit *unit)
{
	uint8_t bytes[4];

	put_word(bytes, word);
	return read_bytes(image, at, bytes, len, unit);
}

static bool write_unit(uint8_t kind, uint32_t addr, uint32_t target, uint8_t *bytes)
{
	bool narrow = kind == OTA_OTD_CJ || kind == OTA_OTD_CB;
	struct ota_otd_unit unit = {.kind = kind, .len = narrow ? 2 : 4};

	return ota_otd_unit_write(OTA_OTD_RV32, &unit, addr, target, bytes);
}

/* As riscv64-unknown-elf-as makes them, at MIDDLE. */
struct assembled {
	uint32_t word;
	uint8_t kind;
	uint8_t len;
	int32_t distance;
};
static const struct assembled assembled[] = {
	{0x0010006f, OTA_OTD_JAL, 4, 0x800},      /* j .+0x800 */
	{0x001000ef, OTA_OTD_JAL, 4, 0x800},      /* jal .+0x800 */
	{0xfffff2ef, OTA_OTD_JAL, 4, -2},         /* jal t0, .-2 */
	{0x7fffe0ef, OTA_OTD_JAL, 4, 0xfeffe},    /* jal .+0xfeffe */
	{0x800000ef, OTA_OTD_JAL, 4, -0x100000},  /* jal .-0x100000 */
	{0xffffa001, OTA_OTD_CJ, 2, 0},           /* c.j . */
	{0xffffb001, OTA_OTD_CJ, 2, -0x800},      /* c.j .-0x800 */
	{0xffffaffd, OTA_OTD_CJ, 2, 0x7fe},       /* c.j .+0x7fe */
	{0xffff2a2d, OTA_OTD_CJ, 2, 0x13a},       /* c.jal .+0x13a */
	{0xffffc111, OTA_OTD_CB, 2, 4},           /* c.beqz a0, .+4 */
	{0xffffeffd, OTA_OTD_CB, 2, 0xfe},        /* c.bnez a5, .+0xfe */
	{0xffffd001, OTA_OTD_CB, 2, -0x100},      /* c.beqz s0, .-0x100 */
	{0x00b50463, OTA_OTD_BRANCH, 4, 8},       /* beq a0, a1, .+8 */
	{0x7eb51fe3, OTA_OTD_BRANCH, 4, 0xffe},   /* bne a0, a1, .+0xffe */
	{0x80b57063, OTA_OTD_BRANCH, 4, -0x1000}, /* bgeu a0, a1, .-0x1000 */
};
#define ASSEMBLED (sizeof(assembled) / sizeof(assembled[0]))

static void reads_what_an_assembler_makes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ASSEMBLED; i++) {
		const struct assembled *c = &assembled[i];
		struct ota_otd_unit unit;

		assert_true(read_word(&large, MIDDLE, c->word, c->len, &unit));
		assert_int_equal(unit.kind, c->kind);
		assert_int_equal(unit.len, c->len);
		assert_int_equal(unit.target, BASE + MIDDLE + (uint32_t)c->distance);
		assert_int_equal(unit.key, MIDDLE + (uint32_t)c->distance);
		assert_false(read_word(&large, MIDDLE, c->word, c->len - 1U, &unit));
		assert_false(read_word(&large, MIDDLE + 1, c->word, c->len, &unit));
	}
}

static void passes_over_what_is_no_reference(void **state)
{
	static const uint32_t words[] = {
		0x0010016f, /* jal sp, .+0x800 */
		0x00008067, /* ret */
		0x00112623, /* sw ra, 12(sp) */
		0x000005b7, /* lui with nobody to use it */
		0x00008082, /* c.jr ra */
		0x00006105, /* c.addi16sp */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		struct ota_otd_unit unit;

		assert_false(read_word(&large, MIDDLE, words[i], 4, &unit));
	}
}

/* Each field is written so that it is read as the same target, and nothing else changes. */
static void writes_every_distance_that_fits(void **state)
{
	static const struct {
		uint8_t kind;
		uint32_t word;
		uint32_t kept;
		int32_t least;
		int32_t most;
	} cases[] = {
		{OTA_OTD_JAL, 0x123450ef, 0xfff, -0x100000, 0xffffe},
		{OTA_OTD_CJ, 0xa123, 0xe003, -0x800, 0x7fe},
		{OTA_OTD_CB, 0xc4d5, 0xe383, -0x100, 0xfe},
		{OTA_OTD_BRANCH, 0x12b57463, 0x1fff07f, -0x1000, 0xffe},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint32_t op = cases[i].kind == OTA_OTD_CJ ? 0xa001 : cases[i].word;

		for (int32_t d = cases[i].least; d <= cases[i].most; d += 2) {
			struct ota_otd_unit unit;
			uint8_t bytes[4];

			put_word(bytes, op);
			assert_true(write_unit(cases[i].kind, BASE + MIDDLE,
					       BASE + MIDDLE + (uint32_t)d, bytes));
			assert_int_equal(word_at(bytes) & cases[i].kept, op & cases[i].kept);
			assert_true(read_bytes(&large, MIDDLE, bytes, 4, &unit));
			assert_int_equal(unit.target, BASE + MIDDLE + (uint32_t)d);
		}
	}
}

static void refuses_a_distance_that_does_not_fit(void **state)
{
	static const struct {
		uint8_t kind;
		uint32_t word;
		uint32_t distance;
	} cases[] = {
		{OTA_OTD_JAL, 0xef, 0x100000},
		{OTA_OTD_JAL, 0xef, 0U - 0x100002},
		{OTA_OTD_JAL, 0xef, 1},
		{OTA_OTD_JAL, 0xef, 0x80000000},
		{OTA_OTD_CJ, 0xa001, 0x800},
		{OTA_OTD_CJ, 0xa001, 0U - 0x802},
		{OTA_OTD_CB, 0xc001, 0x100},
		{OTA_OTD_CB, 0xc001, 0U - 0x102},
		{OTA_OTD_BRANCH, 0x63, 0x1000},
		{OTA_OTD_BRANCH, 0x63, 0U - 0x1002},
		{OTA_OTD_LOWER, 0x00058593, 0x800},
		{OTA_OTD_LOWER, 0x00058593, 0U - 0x801},
		{OTA_OTD_LOWER, 0x00b5a023, 0x800},
		{OTA_OTD_LOWER, 0x00000033, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t bytes[4];

		put_word(bytes, cases[i].word);
		assert_false(write_unit(cases[i].kind, BASE, BASE + cases[i].distance, bytes));
		assert_int_equal(word_at(bytes), cases[i].word);
	}
}

/* -- addresses in two parts -------------------------------------------------------------------- */

#define LUI   0x3c10a5b7U /* lui a1, 0x3c10a */
#define ADDI  0x12358513U /* addi a0, a1, 0x123 */
#define LW    0xffc5a503U /* lw a0, -4(a1) */
#define SW    0x00a5a223U /* sw a0, 4(a1) */
#define C_NOP 0x0001U
#define ADD   0x00c58533U /* add a0, a1, a2: no use of a lower part */

static void reads_an_upper_part_whose_user_is_not_next(void **state)
{
	uint8_t bytes[OTA_OTD_SEEN_MAX];
	struct ota_otd_unit unit;

	(void)state;
	for (unsigned at = 4; at <= OTA_OTD_AHEAD; at += 2) {
		for (unsigned i = 0; i < sizeof(bytes); i += 2)
			put_word(bytes + (i < sizeof(bytes) - 4 ? i : sizeof(bytes) - 4), C_NOP);
		put_word(bytes, LUI);
		put_word(bytes + at, LW);
		assert_true(read_bytes(&parts, 0x10002, bytes, at + 4, &unit));
		assert_int_equal(unit.kind, OTA_OTD_UPPER);
		assert_int_equal(unit.len, 4);
		assert_int_equal(unit.target, 0x3c109ffc);
		assert_int_equal(unit.key, 0x9ffc);
		assert_false(read_bytes(&parts, 0x10002, bytes, at + 3, &unit));
	}
}

static void looks_no_further_than_it_says_for_the_user(void **state)
{
	uint8_t bytes[OTA_OTD_SEEN_MAX + 8] = {0};
	struct ota_otd_unit unit;

	(void)state;
	for (unsigned i = 0; i < sizeof(bytes); i += 4)
		put_word(bytes + i, ADD);
	put_word(bytes, LUI);
	put_word(bytes + OTA_OTD_AHEAD + 4, ADDI);
	assert_false(read_bytes(&parts, 0x10002, bytes, sizeof(bytes), &unit));
}

static void counts_auipc_from_where_it_lies(void **state)
{
	uint8_t bytes[8];
	struct ota_otd_unit unit;

	(void)state;
	put_word(bytes, 0x00000097);     /* auipc ra, 0 */
	put_word(bytes + 4, 0x7fe080e7); /* jalr 2046(ra) */
	assert_true(read_bytes(&large, MIDDLE, bytes, sizeof(bytes), &unit));
	assert_int_equal(unit.target, BASE + MIDDLE + 2046);
	/* 2048 is more than a lower part holds. */
	assert_true(write_unit(OTA_OTD_UPPER, BASE, BASE + 0x7ff, bytes));
	assert_int_equal(word_at(bytes), 0x00000097);
	assert_true(write_unit(OTA_OTD_UPPER, BASE, BASE + 0x800, bytes));
	assert_int_equal(word_at(bytes), 0x00001097);
	assert_true(write_unit(OTA_OTD_UPPER, BASE, BASE - 0x801, bytes));
	assert_int_equal(word_at(bytes), 0xfffff097);
}

static void rounds_the_upper_part_of_lui(void **state)
{
	uint8_t bytes[4];

	(void)state;
	put_word(bytes, LUI);
	assert_true(write_unit(OTA_OTD_UPPER, 0x12345678, 0x3fc907ff, bytes));
	assert_int_equal(word_at(bytes), 0x3fc905b7);
	assert_true(write_unit(OTA_OTD_UPPER, 0x12345678, 0x3fc90800, bytes));
	assert_int_equal(word_at(bytes), 0x3fc915b7);
}

/* Goes over one instruction of the decoder's way: it lies at 0x10100, and is made the same. */
static void see(struct ota_otd_uppers *uppers, uint32_t word)
{
	uint8_t bytes[4];

	put_word(bytes, word);
	ota_otd_rv32_see(uppers, &parts, 0x10100, 0x100, bytes);
	uppers->made = word;
	ota_otd_rv32_made(uppers, 0x104, 0x52000104);
}

static bool read_lower(struct ota_otd_uppers *uppers, uint32_t word, struct ota_otd_unit *unit)
{
	uint8_t bytes[4];

	put_word(bytes, word);
	return ota_otd_rv32_lower_read(uppers, &parts, bytes, unit);
}

static void reads_lower_parts_of_registers_that_are_known(void **state)
{
	static const struct {
		uint32_t word;
		uint32_t target;
	} cases[] = {{ADDI, 0x3c10a123}, {LW, 0x3c109ffc}, {SW, 0x3c10a004}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ota_otd_uppers uppers = {0};
		struct ota_otd_unit unit;
		uint8_t bytes[4];

		assert_false(read_lower(&uppers, cases[i].word, &unit));
		see(&uppers, LUI);
		assert_true(read_lower(&uppers, cases[i].word, &unit));
		assert_int_equal(unit.kind, OTA_OTD_LOWER);
		assert_int_equal(unit.len, 4);
		assert_int_equal(unit.target, cases[i].target);
		assert_int_equal(unit.key, cases[i].target - 0x3c100000);
		assert_int_equal(uppers.new_base, 0x3c10a000);
		put_word(bytes, cases[i].word);
		assert_true(write_unit(OTA_OTD_LOWER, uppers.new_base, unit.target, bytes));
		assert_int_equal(word_at(bytes), cases[i].word);
	}
}

static void knows_what_auipc_loads_in_new(void **state)
{
	struct ota_otd_uppers uppers = {0};
	struct ota_otd_unit unit;

	(void)state;
	see(&uppers, 0x00000597); /* auipc a1, 0 */
	assert_true(read_lower(&uppers, ADDI, &unit));
	assert_int_equal(unit.target, 0x42000100 + 0x123);
	assert_int_equal(uppers.new_base, 0x52000100);
}

static void forgets_a_register_that_changes(void **state)
{
	static const uint32_t changes[] = {
		0x000005b7, /* lui a1, 0 */
		0x12358593, /* addi a1, a1, 0x123 */
		0x00c585b3, /* add a1, a1, a2 */
		0x0005a583, /* lw a1, 0(a1) */
		0x000000ef, /* jal: a1 is the callee's */
		0x000080e7, /* jalr ra */
		0x2001,     /* c.jal */
		0x9502,     /* c.jalr a0 */
		0x0585,     /* c.addi a1, 1 */
		0x4581,     /* c.li a1, 0 */
		0x85b2,     /* c.mv a1, a2 */
		0x45b2,     /* c.lwsp a1, 12(sp) */
		0x418c,     /* c.lw a1, 0(a1) */
		0x002c,     /* c.addi4spn a1, 8 */
		0x8dd1,     /* c.or a1, a2 */
		0x0586,     /* c.slli a1, 1 */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		struct ota_otd_uppers uppers = {0};
		struct ota_otd_unit unit;

		see(&uppers, LUI);
		see(&uppers, changes[i]);
		assert_false(read_lower(&uppers, ADDI, &unit) && unit.target == 0x3c10a123);
	}
}

static void keeps_registers_that_do_not_change(void **state)
{
	static const uint32_t others[] = {
		SW,         ADDI, 0x00b50463, /* beq a0, a1 */
		0x00c58067,                   /* jr 12(a1) */
		0x8582,                       /* c.jr a1 */
		0xc18c,                       /* c.sw a1, 0(a1) */
		0xa001,                       /* c.j */
		0xc581,                       /* c.beqz a1 */
		0x8e2e,                       /* c.mv t3, a1 */
		0x00a5a787,                   /* flw fa5, 10(a1) */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct ota_otd_uppers uppers = {0};
		struct ota_otd_unit unit;

		see(&uppers, LUI);
		see(&uppers, others[i]);
		assert_true(read_lower(&uppers, ADDI, &unit));
		assert_int_equal(unit.target, 0x3c10a123);
	}
}

/* A callee gives s1 back as it was. */
static void keeps_saved_registers_over_calls(void **state)
{
	struct ota_otd_uppers uppers = {0};
	struct ota_otd_unit unit;

	(void)state;
	see(&uppers, 0x3c10a4b7);                            /* lui s1, 0x3c10a */
	see(&uppers, 0x000000ef);                            /* jal */
	assert_true(read_lower(&uppers, 0x12348513, &unit)); /* addi a0, s1, 0x123 */
	assert_int_equal(unit.target, 0x3c10a123);
}

static void does_not_use_an_upper_part_that_became_something_else(void **state)
{
	struct ota_otd_uppers uppers = {0};
	struct ota_otd_unit unit;
	uint8_t bytes[4];

	(void)state;
	put_word(bytes, LUI);
	ota_otd_rv32_see(&uppers, &parts, 0x10100, 0x100, bytes);
	assert_false(read_lower(&uppers, ADDI, &unit)); /* not made yet */
	uppers.made = LUI ^ 0x80;                       /* lui a0 */
	ota_otd_rv32_made(&uppers, 0x104, 0x104);
	assert_false(read_lower(&uppers, ADDI, &unit));
}

static void gives_gp_addresses_of_its_own(void **state)
{
	struct ota_otd_uppers uppers = {0};
	struct ota_otd_unit unit;

	(void)state;
	assert_true(read_lower(&uppers, 0x80018513, &unit)); /* addi a0, gp, -2048 */
	assert_int_equal(unit.target, GP - 2048);
	assert_int_equal(unit.key, OTA_OTD_KEY_RAM + 0x1000000);
	assert_int_equal(uppers.new_base, GP);
	assert_true(read_lower(&uppers, 0x7ff1a503, &unit)); /* lw a0, 2047(gp) */
	assert_int_equal(unit.key, OTA_OTD_KEY_RAM + 0x1000fff);
	assert_true(ota_otd_rv32_key(&parts, &unit));
	assert_int_equal(unit.key, OTA_OTD_KEY_RAM + 0x1000fff);
}

/* -- pointers ---------------------------------------------------------------------------------- */

static void reads_pointers_into_the_image_and_into_ram(void **state)
{
	static const struct {
		uint32_t value;
		uint8_t kind;
		uint32_t key;
	} cases[] = {
		{0x3c100000, OTA_OTD_POINTER, 0},
		{0x4201ffff, OTA_OTD_POINTER, 0x2ffff},
		{0x42020fff, OTA_OTD_POINTER, 0x30fff}, /* a little behind */
		{0x3fc80000, OTA_OTD_RAM_POINTER, OTA_OTD_KEY_RAM},
		{0x40800004, OTA_OTD_RAM_POINTER, OTA_OTD_KEY_RAM + 0x80004},
		{0x4ff00000, OTA_OTD_RAM_POINTER, OTA_OTD_KEY_RAM + 0x100000},
		{0x20000000, OTA_OTD_RAM_POINTER, OTA_OTD_KEY_RAM + 0x1c0000},
		{0x800fffff, OTA_OTD_RAM_POINTER, OTA_OTD_KEY_RAM + 0x3bffff},
	};
	struct ota_otd_unit unit;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(read_word(&parts, 0x100, cases[i].value, 4, &unit));
		assert_int_equal(unit.kind, cases[i].kind);
		assert_int_equal(unit.key, cases[i].key);
		assert_int_equal(unit.target, cases[i].value);
		assert_false(read_word(&parts, 0x100, cases[i].value, 3, &unit));
	}
	assert_false(read_word(&parts, 0x102, 0x3fc80000, 4, &unit)); /* not aligned */
	assert_false(read_word(&parts, 0x100, 0x42021000, 4, &unit));
}

static void takes_small_numbers_for_no_pointers_at_the_bottom_of_memory(void **state)
{
	static const struct ota_otd_image bottom = {0x8000, 1, {{0, 0}}};
	struct ota_otd_unit unit;

	(void)state;
	assert_false(read_word(&bottom, 0x100, 0x3fc, 4, &unit));
	assert_true(read_word(&bottom, 0x100, 0x400, 4, &unit));
}

/* -- for matchers ------------------------------------------------------------------------------ */

static void blanks_what_differs_by_the_target_alone(void **state)
{
	(void)state;
	for (size_t i = 0; i < ASSEMBLED; i++) {
		uint8_t bytes[4], other[4];
		struct ota_otd_unit unit;

		put_word(bytes, assembled[i].word);
		put_word(other, assembled[i].word);
		assert_true(read_bytes(&large, MIDDLE, bytes, assembled[i].len, &unit));
		assert_true(write_unit(unit.kind, BASE + MIDDLE, BASE + MIDDLE + 0x54, other));
		ota_otd_unit_blank(OTA_OTD_RV32, &unit, bytes);
		ota_otd_unit_blank(OTA_OTD_RV32, &unit, other);
		assert_memory_equal(bytes, other, sizeof(bytes));
		ota_otd_unit_blank(OTA_OTD_RV32, &unit, other);
		assert_memory_equal(bytes, other, sizeof(bytes));
	}
}

static void moves_targets_by_halfwords_where_code_is_there(void **state)
{
	(void)state;
	assert_int_equal(ota_otd_unit_step(OTA_OTD_RV32, OTA_OTD_POINTER), 1);
	assert_int_equal(ota_otd_unit_step(OTA_OTD_RV32, OTA_OTD_UPPER), 1);
	assert_int_equal(ota_otd_unit_step(OTA_OTD_RV32, OTA_OTD_LOWER), 1);
	assert_int_equal(ota_otd_unit_step(OTA_OTD_RV32, OTA_OTD_JAL), 2);
	assert_int_equal(ota_otd_unit_step(OTA_OTD_RV32, OTA_OTD_BRANCH), 2);
}

/* Whatever the bytes, a unit that is found can be written as what it is. */
static void writes_back_whatever_it_reads(void **state)
{
	uint32_t random = 1;

	(void)state;
	for (unsigned round = 0; round < 200000; round++) {
		uint8_t bytes[OTA_OTD_SEEN_MAX], again[4];
		struct ota_otd_unit unit;

		for (unsigned i = 0; i < sizeof(bytes); i++) {
			random = random * 1664525 + 1013904223;
			bytes[i] = (uint8_t)(random >> 24);
		}
		if (!read_bytes(&large, MIDDLE, bytes, sizeof(bytes), &unit))
			continue;
		memcpy(again, bytes, sizeof(again));
		assert_true(write_unit(unit.kind, BASE + MIDDLE, unit.target, again));
		assert_memory_equal(again, bytes, sizeof(again));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_an_assembler_makes),
		cmocka_unit_test(passes_over_what_is_no_reference),
		cmocka_unit_test(writes_every_distance_that_fits),
		cmocka_unit_test(refuses_a_distance_that_does_not_fit),
		cmocka_unit_test(reads_an_upper_part_whose_user_is_not_next),
		cmocka_unit_test(looks_no_further_than_it_says_for_the_user),
		cmocka_unit_test(counts_auipc_from_where_it_lies),
		cmocka_unit_test(rounds_the_upper_part_of_lui),
		cmocka_unit_test(reads_lower_parts_of_registers_that_are_known),
		cmocka_unit_test(knows_what_auipc_loads_in_new),
		cmocka_unit_test(forgets_a_register_that_changes),
		cmocka_unit_test(keeps_registers_that_do_not_change),
		cmocka_unit_test(keeps_saved_registers_over_calls),
		cmocka_unit_test(does_not_use_an_upper_part_that_became_something_else),
		cmocka_unit_test(gives_gp_addresses_of_its_own),
		cmocka_unit_test(reads_pointers_into_the_image_and_into_ram),
		cmocka_unit_test(takes_small_numbers_for_no_pointers_at_the_bottom_of_memory),
		cmocka_unit_test(blanks_what_differs_by_the_target_alone),
		cmocka_unit_test(moves_targets_by_halfwords_where_code_is_there),
		cmocka_unit_test(writes_back_whatever_it_reads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
