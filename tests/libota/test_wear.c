// SPDX-License-Identifier: Apache-2.0
/* Erases and bytes against what bootutil itself did to a simulated flash. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <ota/wear.h>

#include "vectors.h"

static struct ota_sectors sectors(const char *text)
{
	struct ota_sectors list = {.n = 0};
	struct ota_diag diag = {.err = OTA_OK};

	if (strcmp(text, "-") != 0 && ota_sectors_parse(text, &list, &diag) != OTA_OK)
		fail_msg("%s: %s", text, diag.text);
	return list;
}

static struct ota_flash_limits limits_of(const struct ota_flash_layout *layout)
{
	struct ota_flash_limits limits;
	struct ota_diag diag = {.err = OTA_OK};

	if (ota_flash_limits(layout, &limits, &diag) != OTA_OK)
		fail_msg("%s", diag.text);
	return limits;
}

/* -- what was measured ------------------------------------------------------------------------- */

#define COLUMNS      32
#define AREA_COLUMNS 3

struct row {
	const char *text[COLUMNS];
	struct ota_flash_layout layout;
	uint64_t largest, old_len, new_len;
};

static uint64_t number_in(const struct row *row, unsigned column)
{
	return strtoull(row->text[column], NULL, 10);
}

static void read_row(char *line, struct row *row)
{
	char *save = NULL;
	unsigned n = 0;

	for (unsigned i = 0; i < COLUMNS; i++)
		row->text[i] = "";
	for (char *word = strtok_r(line, "\t", &save); word; word = strtok_r(NULL, "\t", &save)) {
		assert_true(n < COLUMNS);
		row->text[n++] = word;
	}
	assert_int_equal(n, COLUMNS);
	row->layout = (struct ota_flash_layout){
		.write_size = (uint32_t)number_in(row, 1),
		.max_align = (uint32_t)number_in(row, 2),
		.max_sectors = (uint32_t)number_in(row, 3),
		.primary = sectors(row->text[4]),
		.secondary = sectors(row->text[5]),
		.scratch = sectors(row->text[6]),
	};
	assert_int_equal(ota_mode_parse(row->text[0], &row->layout.mode), OTA_OK);
	assert_int_equal(ota_boot_encryption_parse(row->text[7], &row->layout.enc_key), OTA_OK);
	row->largest = number_in(row, 8);
	row->old_len = number_in(row, 9);
	row->new_len = number_in(row, 10);
}

static void assert_area(const struct row *row, const char *what, const struct ota_wear_area *area,
			unsigned column)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < area->n_sizes; i++)
		sum += area->size[i].erases;
	if (area->erases == number_in(row, column) && area->hottest == number_in(row, column + 1) &&
	    area->written == number_in(row, column + 2) && sum == area->erases)
		return;
	fail_msg("%s write %s align %s sectors %s: %s %s %s, %s to %s\n%s: %s erases, hottest %s, "
		 "%s bytes; here %" PRIu64 " (%" PRIu64 "), %" PRIu64 ", %" PRIu64,
		 row->text[0], row->text[1], row->text[2], row->text[3], row->text[4], row->text[5],
		 row->text[6], row->text[9], row->text[10], what, row->text[column],
		 row->text[column + 1], row->text[column + 2], area->erases, sum, area->hottest,
		 area->written);
}

static void assert_wear(const struct row *row, const struct ota_wear *wear, unsigned column)
{
	assert_area(row, "primary", &wear->primary, column);
	assert_area(row, "secondary", &wear->secondary, column + AREA_COLUMNS);
	assert_area(row, "scratch", &wear->scratch, column + 2 * AREA_COLUMNS);
	assert_int_equal(wear->erases,
			 wear->primary.erases + wear->secondary.erases + wear->scratch.erases);
}

static void check_row(const struct row *row)
{
	struct ota_flash_limits limits = limits_of(&row->layout);
	uint64_t larger = row->old_len > row->new_len ? row->old_len : row->new_len;
	bool torn = strcmp(row->text[11], "torn") == 0;
	struct ota_wear wear;
	uint64_t at;

	assert_true(limits.compatible);
	assert_int_equal(ota_wear_tears_sector(&row->layout, &limits, larger, &at), torn);
	if (torn)
		return;
	if (row->largest != 0 && limits.max_image != row->largest)
		fail_msg("%s %s %s: largest image %" PRIu64 ", here %" PRIu64, row->text[0],
			 row->text[4], row->text[5], row->largest, limits.max_image);
	ota_wear_upgrade(&row->layout, &limits, row->old_len, row->new_len, &wear);
	assert_wear(row, &wear, 12);
	ota_wear_revert(&row->layout, &limits, row->old_len, row->new_len, &wear);
	assert_wear(row, &wear, 22);
}

static void counts_what_bootutil_did_to_its_flash(void **state)
{
	struct ota_buf file = vector_read("mcuboot_swaps.tsv");
	char *save = NULL;
	unsigned rows = 0;

	(void)state;
	assert_int_equal(ota_buf_append(&file, ota_span_of("", 1), NULL), OTA_OK);
	for (char *line = strtok_r((char *)file.data, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		struct row row = {.largest = 0};

		if (line[0] == '#')
			continue;
		read_row(line, &row);
		check_row(&row);
		rows++;
	}
	assert_true(rows > 700);
	ota_buf_free(&file);
}

/* -- real parts -------------------------------------------------------------------------------- */

struct upgrade {
	unsigned erases, tenths_of_a_second, hottest, upgrades;
};

/* One part: two slots, an image, the flash's figures, and what an upgrade costs in four modes. */
static const struct part {
	const char *name;
	uint32_t slot, sector, max_sectors, image;
	uint32_t write, program, typical_us, max_us, program_ns, endurance;
	struct upgrade
		upgrade[4]; /* swap-scratch (one sector), swap-move, swap-offset, overwrite-fast */
} parts[] = {
	/* clang-format off */
	{"stm32l476rg", 478 * 1024, 2048, 240, 204800, 8, 8, 22020, 24470, 81700, 10000,
	 {{307, 130, 101, 99}, {306, 130, 2, 5000}, {204, 87, 1, 10000}, {105, 44, 1, 10000}}},
	{"stm32f407vg", 384 * 1024, 131072, 8, 131072, 1, 4, 1000000, 2000000, 16000, 10000,
	 {{6, 76, 2, 5000}, {5, 66, 1, 10000}, {4, 50, 1, 10000}, {4, 45, 1, 10000}}},
	{"stm32wle5jc", 106 * 1024, 2048, 54, 104448, 8, 8, 22000, 24500, 81700, 10000,
	 {{156, 66, 52, 192}, {155, 66, 2, 5000}, {104, 44, 1, 10000}, {54, 23, 1, 10000}}},
	{"stm32u585ai", 512 * 1024, 8192, 65, 204800, 16, 16, 0, 5000, 0, 10000,
	 {{78, 4, 26, 384}, {77, 4, 2, 5000}, {52, 3, 1, 10000}, {28, 1, 1, 10000}}},
	{"stm32h743zi", 512 * 1024, 131072, 8, 204800, 32, 32, 1000000, 4000000, 0, 10000,
	 {{9, 90, 3, 3333}, {8, 80, 2, 5000}, {6, 60, 1, 10000}, {5, 50, 1, 10000}}},
	{"nrf52832", 220 * 1024, 4096, 56, 204800, 4, 4, 0, 89700, 67500, 10000,
	 {{153, 241, 51, 196}, {152, 240, 2, 5000}, {102, 161, 1, 10000}, {53, 82, 1, 10000}}},
	{"nrf52840", 476 * 1024, 4096, 120, 204800, 4, 4, 85000, 0, 41000, 10000,
	 {{153, 193, 51, 196}, {152, 192, 2, 5000}, {102, 129, 1, 10000}, {53, 66, 1, 10000}}},
	{"nrf5340_app", 476 * 1024, 4096, 120, 204800, 4, 4, 87500, 0, 43000, 10000,
	 {{153, 200, 51, 196}, {152, 199, 2, 5000}, {102, 133, 1, 10000}, {53, 68, 1, 10000}}},
	{"nrf9160", 476 * 1024, 4096, 120, 204800, 4, 4, 87500, 0, 43000, 10000,
	 {{153, 200, 51, 196}, {152, 199, 2, 5000}, {102, 133, 1, 10000}, {53, 68, 1, 10000}}},
	{"esp32", 512 * 1024, 4096, 129, 204800, 4, 256, 45000, 400000, 700000, 100000,
	 {{153, 86, 51, 1960}, {152, 85, 2, 50000}, {102, 57, 1, 100000}, {53, 29, 1, 100000}}},
	{"esp32c3", 512 * 1024, 4096, 129, 204800, 4, 256, 45000, 400000, 700000, 100000,
	 {{153, 86, 51, 1960}, {152, 85, 2, 50000}, {102, 57, 1, 100000}, {53, 29, 1, 100000}}},
	{"rp2040", 512 * 1024, 4096, 129, 204800, 1, 256, 45000, 400000, 400000, 100000,
	 {{153, 78, 51, 1960}, {152, 78, 2, 50000}, {102, 52, 1, 100000}, {53, 27, 1, 100000}}},
	{"efr32mg24", 512 * 1024, 8192, 65, 204800, 4, 4, 13000, 0, 44000, 10000,
	 {{78, 78, 26, 384}, {77, 78, 2, 5000}, {52, 52, 1, 10000}, {28, 26, 1, 10000}}},
	{"efr32mg21", 472 * 1024, 8192, 60, 204800, 4, 4, 13000, 0, 44000, 10000,
	 {{78, 78, 26, 384}, {77, 78, 2, 5000}, {52, 52, 1, 10000}, {28, 26, 1, 10000}}},
	{"samd51j20", 472 * 1024, 8192, 60, 204800, 8, 16, 0, 200000, 0, 25000,
	 {{78, 156, 26, 961}, {77, 154, 2, 12500}, {52, 104, 1, 25000}, {28, 56, 1, 25000}}},
	{"rt1060", 512 * 1024, 4096, 129, 204800, 1, 256, 70000, 300000, 200000, 100000,
	 {{153, 112, 51, 1960}, {152, 111, 2, 50000}, {102, 75, 1, 100000}, {53, 39, 1, 100000}}},
	/* clang-format on */
};

static const enum ota_mode part_modes[] = {OTA_MODE_SWAP_SCRATCH, OTA_MODE_SWAP_MOVE,
					   OTA_MODE_SWAP_OFFSET, OTA_MODE_OVERWRITE_FAST};

static struct ota_target target_of(const struct part *part)
{
	struct ota_target target = {.has_mcuboot = true};

	target.flash = (struct ota_flash){
		.write = part->write,
		.program = part->program,
		.program_ns = part->program_ns,
		.endurance = part->endurance,
		.n_erase_times = 1,
		.erase_time = {{part->sector, part->typical_us, part->max_us}},
	};
	target.layout = (struct ota_flash_layout){
		.write_size = part->write,
		.max_align = part->write > 8 ? part->write : 8,
		.max_sectors = part->max_sectors,
		.primary = {{{part->slot / part->sector, part->sector}}, 1},
		.secondary = {{{part->slot / part->sector, part->sector}}, 1},
		.scratch = {{{1, part->sector}}, 1},
	};
	return target;
}

static void assert_part(const struct part *part, unsigned i)
{
	struct ota_target target = target_of(part);
	struct ota_flash_limits limits;
	struct ota_wear wear;
	struct ota_wear_time time;
	uint64_t us;

	target.layout.mode = part_modes[i];
	limits = limits_of(&target.layout);
	ota_wear_upgrade(&target.layout, &limits, part->image, part->image, &wear);
	ota_wear_time(&target, &wear, &time);
	assert_int_equal(wear.erases, part->upgrade[i].erases);
	assert_int_equal(wear.hottest, part->upgrade[i].hottest);
	assert_true(time.has_upgrades);
	assert_int_equal(time.upgrades, part->upgrade[i].upgrades);
	assert_int_equal(time.has_typical, part->typical_us != 0 && part->program_ns != 0);
	assert_int_equal(time.has_max, part->max_us != 0 && part->program_ns != 0);
	us = time.has_typical ? time.typical_us : time.max_us;
	if (part->program_ns == 0)
		us = wear.erases * (part->typical_us ? part->typical_us : part->max_us);
	/* What lies half way was rounded down once, 5.05 s of the STM32F407 to 5.0. */
	assert_true((us + 49999) / 100000 == part->upgrade[i].tenths_of_a_second ||
		    (us + 50000) / 100000 == part->upgrade[i].tenths_of_a_second);
}

/*
 * Computed for this project by formula, for a 200 KB image where it fits; bootutil itself was asked
 * where the formula was wrong: the STM32L476 in swap-offset erases 204 sectors and not 206, its
 * trailer is one sector shorter there; on the STM32F407 no sector is erased twice to move an image
 * of one sector. Where no
 * typical time is known they are the longest ones; where no program time is known (STM32U5, H7,
 * SAMD51), seconds of erasing alone, for which ota_wear_time has no answer.
 */
static void agrees_with_the_costs_of_real_parts(void **state)
{
	(void)state;
	for (unsigned p = 0; p < sizeof(parts) / sizeof(parts[0]); p++) {
		for (unsigned i = 0; i < 4; i++)
			assert_part(&parts[p], i);
	}
}

/* -- the updater's part ------------------------------------------------------------------------ */

static struct ota_flash_layout layout_of(enum ota_mode mode, const char *primary,
					 const char *secondary, const char *scratch)
{
	return (struct ota_flash_layout){
		.mode = mode,
		.write_size = 8,
		.max_align = 8,
		.max_sectors = 128,
		.primary = sectors(primary),
		.secondary = sectors(secondary),
		.scratch = sectors(scratch),
	};
}

static void storing_erases_the_sectors_that_the_image_takes(void **state)
{
	struct ota_flash_layout layout =
		layout_of(OTA_MODE_SWAP_SCRATCH, "4*16384+1*65536+1*131072",
			  "4*16384+1*65536+1*131072", "1*131072");
	struct ota_wear wear;

	(void)state;
	ota_wear_store(&layout, 65537, &wear);
	assert_int_equal(wear.erases, 5);
	assert_int_equal(wear.hottest, 1);
	assert_string_equal(wear.hottest_area, "secondary");
	assert_int_equal(wear.written, 65544);
	assert_int_equal(wear.secondary.n_sizes, 2);
	assert_int_equal(wear.secondary.size[0].sector, 16384);
	assert_int_equal(wear.secondary.size[0].erases, 4);
	assert_int_equal(wear.secondary.size[1].erases, 1);
}

static void storing_for_swap_offset_leaves_out_the_first_sector(void **state)
{
	struct ota_flash_layout layout = layout_of(OTA_MODE_SWAP_OFFSET, "32*4096", "33*4096", "-");
	struct ota_wear wear;

	(void)state;
	ota_wear_store(&layout, 4096, &wear);
	assert_int_equal(wear.erases, 1);
	ota_wear_store(&layout, 4097, &wear);
	assert_int_equal(wear.erases, 2);
	ota_wear_store(&layout, UINT64_MAX, &wear);
	assert_int_equal(wear.erases, 32);
}

static void storing_writes_the_only_slot_when_there_is_one(void **state)
{
	struct ota_flash_layout layout = layout_of(OTA_MODE_SINGLE_SLOT, "32*4096", "-", "-");
	struct ota_wear wear;

	(void)state;
	ota_wear_store(&layout, 10000, &wear);
	assert_int_equal(wear.primary.erases, 3);
	assert_int_equal(wear.secondary.erases, 0);
	assert_string_equal(wear.hottest_area, "primary");
}

/* -- what is not known ------------------------------------------------------------------------- */

/* A swap with scratch on the chip and the secondary slot in another flash. */
static struct ota_target target_with_external_flash(struct ota_wear *wear)
{
	struct ota_target target = {.secondary = {.external = true}};
	struct ota_flash_limits limits;

	target.layout = layout_of(OTA_MODE_SWAP_SCRATCH, "32*4096", "32*4096", "1*4096");
	target.flash = (struct ota_flash){.program = 8,
					  .program_ns = 1500,
					  .endurance = 1000,
					  .n_erase_times = 1,
					  .erase_time = {{4096, 1000, 2000}}};
	target.external = (struct ota_flash){.program = 256,
					     .program_ns = 1000000,
					     .endurance = 100,
					     .n_erase_times = 2,
					     .erase_time = {{65536, 1, 1}, {4096, 7000, 9000}}};
	limits = limits_of(&target.layout);
	ota_wear_upgrade(&target.layout, &limits, 20000, 30000, wear);
	return target;
}

static void counts_each_flash_with_its_own_figures(void **state)
{
	struct ota_wear wear;
	struct ota_target target = target_with_external_flash(&wear);
	struct ota_wear_time time;

	(void)state;
	ota_wear_time(&target, &wear, &time);
	assert_true(time.has_typical && time.has_max && time.has_upgrades);
	assert_false(time.unread || time.endurance_unread);
	/* 9 erases in each area, 32,768 bytes into each. */
	assert_int_equal(time.typical_us, 2 * (9000 + 4096 * 3 / 2) + 63000 + 128000);
	assert_int_equal(time.max_us, 2 * (18000 + 4096 * 3 / 2) + 81000 + 128000);
	/* Scratch: 1,000 / 9; the external flash is worn at 100 / 1. */
	assert_int_equal(time.upgrades, 100);
	assert_string_equal(time.worn_area, "secondary");
}

static void a_time_is_known_only_when_every_figure_is(void **state)
{
	struct ota_wear wear;
	struct ota_target target = target_with_external_flash(&wear);
	struct ota_wear_time time;

	(void)state;
	target.external.erase_time[1].typical_us = 0;
	ota_wear_time(&target, &wear, &time);
	assert_false(time.has_typical);
	assert_int_equal(time.typical_us, 0);
	assert_true(time.has_max);
	target.external.erase_time[1].sector = 8192;
	ota_wear_time(&target, &wear, &time);
	assert_false(time.has_typical || time.has_max);
	target.external.erase_time[1] = (struct ota_erase_time){4096, 7000, 9000};
	target.flash.program_ns = 0;
	ota_wear_time(&target, &wear, &time);
	assert_false(time.has_typical || time.has_max);
	assert_true(time.has_upgrades);
	target.external.endurance = 0;
	ota_wear_time(&target, &wear, &time);
	assert_false(time.has_upgrades);
	assert_string_equal(time.worn_area, "");
}

static void says_when_a_figure_was_not_read_from_a_datasheet(void **state)
{
	struct ota_wear wear;
	struct ota_target target = target_with_external_flash(&wear);
	struct ota_wear_time time;

	(void)state;
	target.external.unread = OTA_FACT_TIMES;
	ota_wear_time(&target, &wear, &time);
	assert_true(time.unread);
	assert_false(time.endurance_unread);
	target.external.unread = OTA_FACT_ENDURANCE;
	ota_wear_time(&target, &wear, &time);
	assert_false(time.unread);
	assert_true(time.endurance_unread);
	/* A flash that the upgrade does not touch has no say. */
	target.secondary.external = false;
	ota_wear_time(&target, &wear, &time);
	assert_false(time.endurance_unread);
}

static void what_copies_nothing_takes_no_time_and_wears_nothing(void **state)
{
	struct ota_target target = {
		.layout = layout_of(OTA_MODE_DIRECT_XIP, "32*4096", "32*4096", "-")};
	struct ota_flash_limits limits = limits_of(&target.layout);
	struct ota_wear wear;
	struct ota_wear_time time;

	(void)state;
	ota_wear_upgrade(&target.layout, &limits, 30000, 30000, &wear);
	assert_int_equal(wear.erases, 0);
	assert_int_equal(wear.written, 0);
	ota_wear_time(&target, &wear, &time);
	assert_true(time.has_typical && time.has_max);
	assert_int_equal(time.max_us, 0);
	assert_false(time.has_upgrades);
}

/* -- what nobody has --------------------------------------------------------------------------- */

static void an_unknown_old_image_counts_as_large_as_the_new_one(void **state)
{
	struct ota_flash_layout layout = layout_of(OTA_MODE_SWAP_OFFSET, "32*4096", "33*4096", "-");
	struct ota_flash_limits limits = limits_of(&layout);
	struct ota_wear known, unknown;

	(void)state;
	ota_wear_upgrade(&layout, &limits, 50000, 50000, &known);
	ota_wear_upgrade(&layout, &limits, 0, 50000, &unknown);
	assert_int_equal(known.erases, unknown.erases);
	assert_int_equal(known.written, unknown.written);
}

static void an_incompatible_layout_costs_nothing(void **state)
{
	struct ota_flash_layout layout = layout_of(OTA_MODE_SWAP_MOVE, "32*4096", "20*4096", "-");
	struct ota_flash_limits limits = limits_of(&layout);
	struct ota_wear wear;
	uint64_t at;

	(void)state;
	assert_false(limits.compatible);
	ota_wear_upgrade(&layout, &limits, 1000, 1000, &wear);
	assert_int_equal(wear.erases, 0);
	assert_string_equal(wear.formula, "");
	ota_wear_revert(&layout, &limits, 1000, 1000, &wear);
	assert_int_equal(wear.erases, 0);
	assert_false(ota_wear_tears_sector(&layout, &limits, 1000, &at));
}

static void images_larger_than_the_slots_stop_at_their_ends(void **state)
{
	static const enum ota_mode modes[] = {OTA_MODE_SWAP_SCRATCH,   OTA_MODE_SWAP_MOVE,
					      OTA_MODE_SWAP_OFFSET,    OTA_MODE_OVERWRITE_ONLY,
					      OTA_MODE_OVERWRITE_FAST, OTA_MODE_DIRECT_XIP_REVERT};

	(void)state;
	for (unsigned i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		struct ota_flash_layout layout =
			layout_of(modes[i], "32*4096", "32*4096", "1*4096");
		struct ota_flash_limits limits = limits_of(&layout);
		struct ota_wear wear;

		ota_wear_upgrade(&layout, &limits, UINT64_MAX, UINT64_MAX, &wear);
		assert_true(wear.secondary.erases <= 35);
		assert_true(wear.written <= 4ULL * 32 * 4096);
		ota_wear_revert(&layout, &limits, UINT64_MAX, UINT64_MAX, &wear);
		assert_true(wear.secondary.erases <= 37);
	}
}

/* The most sectors that a layout may have, each in a group of its own; years stop at the end of the
 * type instead of wrapping. */
static void the_largest_flash_is_counted_at_once(void **state)
{
	struct ota_target target = {.flash = {.program = 1,
					      .program_ns = UINT32_MAX,
					      .n_erase_times = 1,
					      .erase_time = {{2048, UINT32_MAX, UINT32_MAX}}}};
	struct ota_flash_limits limits;
	struct ota_wear wear;
	struct ota_wear_time time;
	uint64_t at;

	(void)state;
	target.layout =
		layout_of(OTA_MODE_SWAP_SCRATCH, "1048576*2048", "1048576*2048", "1048576*2048");
	target.layout.max_sectors = 1048576;
	target.layout.scratch = sectors("1*2048");
	limits = limits_of(&target.layout);
	assert_true(limits.compatible);
	ota_wear_upgrade(&target.layout, &limits, limits.max_image, 1, &wear);
	assert_int_equal(wear.scratch.erases, (limits.max_image + 2047) / 2048 + 1);
	assert_false(ota_wear_tears_sector(&target.layout, &limits, limits.max_image, &at));
	wear.scratch.size[0].erases = UINT64_MAX / 2;
	ota_wear_time(&target, &wear, &time);
	assert_true(time.typical_us == UINT64_MAX);
}

static void names_where_a_sector_is_torn(void **state)
{
	struct ota_flash_layout layout =
		layout_of(OTA_MODE_SWAP_SCRATCH, "32*4096", "8*16384", "5*4096");
	struct ota_flash_limits limits = limits_of(&layout);
	uint64_t at = 0;

	(void)state;
	assert_true(ota_wear_tears_sector(&layout, &limits, 40000, &at));
	assert_int_equal(at, 49152 - 5 * 4096);
	/* What fits in scratch at once is not split. */
	assert_false(ota_wear_tears_sector(&layout, &limits, 16384, &at));
	layout.scratch = sectors("8*4096");
	assert_false(ota_wear_tears_sector(&layout, &limits, 40000, &at));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_what_bootutil_did_to_its_flash),
		cmocka_unit_test(agrees_with_the_costs_of_real_parts),
		cmocka_unit_test(storing_erases_the_sectors_that_the_image_takes),
		cmocka_unit_test(storing_for_swap_offset_leaves_out_the_first_sector),
		cmocka_unit_test(storing_writes_the_only_slot_when_there_is_one),
		cmocka_unit_test(counts_each_flash_with_its_own_figures),
		cmocka_unit_test(a_time_is_known_only_when_every_figure_is),
		cmocka_unit_test(says_when_a_figure_was_not_read_from_a_datasheet),
		cmocka_unit_test(what_copies_nothing_takes_no_time_and_wears_nothing),
		cmocka_unit_test(an_unknown_old_image_counts_as_large_as_the_new_one),
		cmocka_unit_test(an_incompatible_layout_costs_nothing),
		cmocka_unit_test(images_larger_than_the_slots_stop_at_their_ends),
		cmocka_unit_test(the_largest_flash_is_counted_at_once),
		cmocka_unit_test(names_where_a_sector_is_torn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
