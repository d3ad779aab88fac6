// SPDX-License-Identifier: Apache-2.0
/* Where the update is kept, the images in the slots, wear and time: three boards by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include <ota/image.h>

#include "budgets.h"

#define HOTTEST_SCRATCH   "hottest sector (scratch), per upgrade"
#define HOTTEST_PRIMARY   "hottest sector (primary), per upgrade"
#define HOTTEST_SECONDARY "hottest sector (secondary), per upgrade"
#define BEHIND            "new image, and the update behind it"
#define AREA              "update kept in its own area"
#define ERASES            "sector erases, one upgrade"
#define TIME              "erase and program time, one upgrade"

static const struct ota_budget_options plain = {.ram = 0};

/* 118 sectors of 4,096 bytes in each slot, as Zephyr's nRF52840 boards have them. */
static const char roomy[] =
	"name: roomy\n"
	"base: nrf52840\n"
	"updater: {ram: 65536, stack: 4096, old: mapped, decoders: [{format: otd, tier: m}]}\n"
	"mcuboot: {mode: swap-move, max-align: 8, max-sectors: 128, header-size: 0x200, "
	"encryption: none, boot: 0x0+48K, primary: 0xc000+472K, secondary: 0x82000+472K}\n";

/* Four sectors of 16 KiB and one of 64 KiB are swapped with one of 128 KiB. */
static const char mixed[] =
	"name: mixed\n"
	"base: stm32f407vg\n"
	"updater: {ram: 16384, stack: 2048, old: mapped, decoders: [{format: otd, tier: xs}]}\n"
	"mcuboot: {mode: swap-scratch, max-align: 8, max-sectors: 128, header-size: 0x200, "
	"encryption: none, boot: 0xe0000+128K, primary: 0x0+128K, secondary: 0x20000+128K, "
	"scratch: 0x40000+128K}\n";

static uint64_t needs(const struct ota_budget *budget, const char *what)
{
	return budget_line(budget, what)->needs;
}

/* -- three boards ------------------------------------------------------------------------------ */

/*
 * Trailer 256*3*8 + 48 = 6,192: 4 sectors. 100 sectors of image in 13 groups of 8: scratch 14 * 8,
 * each slot 104. Written 3 * 204,800 = 614,400 bytes, 76,800 units of 81.7 us; erases 22.02 ms.
 */
static void a_water_meter_wears_out_its_scratch(void **state)
{
	struct ota_target target = budget_meter();
	struct ota_update update = budget_image(204800, 204800);
	struct ota_budget budget = budget_of(&update, &target, plain);
	const struct ota_budget_line *line = budget_line(&budget, HOTTEST_SCRATCH);

	(void)state;
	assert_true(budget.fits);
	assert_int_equal(budget_line(&budget, "new image in the slots")->has, 452536);
	assert_int_equal(needs(&budget, ERASES), 104 + 104 + 14 * 8);
	assert_int_equal(line->needs, 14);
	assert_int_equal(line->has, 10000);
	assert_int_equal(budget.upgrade_time.upgrades, 714);
	assert_string_equal(line->note,
			    "714 upgrades until 10,000 cycles, not read from a datasheet");
	assert_int_equal(needs(&budget, TIME), 320 * 22020 + 76800 * 817 / 10);
	assert_string_equal(budget_line(&budget, TIME)->note, "times not read from a datasheet");
	assert_int_equal(budget_finding(&budget, "scratch-wear")->severity, OTA_SEVERITY_WARNING);
	assert_non_null(strstr(budget_finding(&budget, "scratch-wear")->remedy,
			       "make scratch 24,576 bytes, 8,192 more than now, 1,000 upgrades "
			       "instead of 714"));
	assert_non_null(strstr(budget_finding(&budget, "scratch-wear")->remedy,
			       "swap-offset: largest image 450,560 instead of 452,536, 5,000"));
}

/* One sector of scratch is the wear-out point: 50 sectors of image, 51 erases, 196 upgrades. */
static void scratch_of_one_sector_lasts_196_upgrades(void **state)
{
	struct ota_target target = budget_board(roomy);
	struct ota_update update = budget_image(204800, 204800);
	struct ota_budget budget;

	(void)state;
	target.layout.mode = OTA_MODE_SWAP_SCRATCH;
	target.layout.scratch = (struct ota_sectors){.n = 1, .run = {{1, 4096}}};
	budget = budget_of(&update, &target, plain);
	assert_int_equal(needs(&budget, HOTTEST_SCRATCH), 51);
	assert_int_equal(budget.upgrade_time.upgrades, 196);
	assert_non_null(strstr(budget_finding(&budget, "scratch-wear")->text,
			       "erased 51 times in one upgrade"));
}

/* Trailer 128*3*4 + 48 = 1,584: one sector. 50 of image: primary 2*50 + 1, secondary 50 + 1. */
static void a_roomy_board_moves(void **state)
{
	struct ota_target target = budget_board(roomy);
	struct ota_update update = budget_image(204800, 204800);
	struct ota_budget budget = budget_of(&update, &target, plain);

	(void)state;
	assert_true(budget.fits);
	assert_int_equal(budget_line(&budget, "new image in the slots")->has, 475136);
	assert_int_equal(needs(&budget, ERASES), 101 + 51);
	assert_int_equal(needs(&budget, HOTTEST_PRIMARY), 2);
	assert_int_equal(budget.upgrade_time.upgrades, 5000);
	assert_int_equal(needs(&budget, TIME), 152 * 85000 + 153600 * 41);
	assert_false(budget_has_finding(&budget, "scratch-wear"));
}

/* Bootloader and updater each erase the secondary slot once: that halves its life. */
static void the_updaters_own_erases_count_where_they_change_the_answer(void **state)
{
	struct ota_target target = budget_board(roomy);
	struct ota_update update = budget_image(204800, 204800);
	struct ota_budget budget;

	(void)state;
	target.layout.mode = OTA_MODE_SWAP_OFFSET;
	budget = budget_of(&update, &target, plain);
	assert_int_equal(needs(&budget, HOTTEST_PRIMARY), 1);
	assert_non_null(strstr(budget_line(&budget, HOTTEST_PRIMARY)->note,
			       "10,000 upgrades until 10,000 cycles"));
	assert_non_null(strstr(budget_line(&budget, HOTTEST_PRIMARY)->note,
			       "5,000 with the updater's own"));
}

/* Trailer 128*3*1 + 48 = 432; one group of all sectors, scratch twice. */
static void a_board_of_mixed_sectors_swaps_all_at_once(void **state)
{
	struct ota_target target = budget_board(mixed);
	struct ota_update update = budget_image(100000, 101000);
	struct ota_budget budget = budget_of(&update, &target, plain);

	(void)state;
	assert_true(budget.fits);
	assert_int_equal(budget_line(&budget, "new image in the slots")->has, 131072 - 432);
	assert_int_equal(needs(&budget, "scratch for the largest sector"), 131072);
	assert_int_equal(needs(&budget, ERASES), 5 + 1 + 2);
	assert_int_equal(needs(&budget, HOTTEST_SCRATCH), 2);
	assert_int_equal(budget.upgrade_time.upgrades, 5000);
}

/* -- modes that copy nothing, and what is not known ---------------------------------------------
 */

static void modes_that_copy_nothing_wear_by_the_updater_only(void **state)
{
	struct ota_target target = budget_board(roomy);
	struct ota_update update = budget_image(204800, 204800);
	struct ota_budget budget;

	(void)state;
	target.layout.mode = OTA_MODE_DIRECT_XIP;
	budget = budget_of(&update, &target, plain);
	assert_int_equal(needs(&budget, ERASES), 0);
	assert_non_null(strstr(budget_line(&budget, ERASES)->note, "direct-xip copies nothing"));
	assert_int_equal(needs(&budget, HOTTEST_SECONDARY), 1);
	assert_non_null(strstr(budget_line(&budget, HOTTEST_SECONDARY)->note, "by the updater"));
	assert_false(budget_has_line(&budget, TIME));
}

static void times_are_typical_else_the_maximum_else_not_told(void **state)
{
	struct ota_target target = budget_board(roomy);
	struct ota_update update = budget_image(204800, 204800);
	struct ota_budget budget;

	(void)state;
	target.flash.erase_time[0] = (struct ota_erase_time){.sector = 4096, .max_us = 90000};
	budget = budget_of(&update, &target, plain);
	assert_int_equal(needs(&budget, TIME), 152 * 90000 + 153600 * 41);
	assert_non_null(strstr(budget_line(&budget, TIME)->note, "maximum; typical not known"));
	target.flash.n_erase_times = 0;
	budget = budget_of(&update, &target, plain);
	assert_false(budget_has_line(&budget, TIME));
	assert_int_equal(budget_finding(&budget, "times-not-known")->severity, OTA_SEVERITY_NOTE);
	assert_true(budget.fits);
	target.flash.endurance = 0;
	budget = budget_of(&update, &target, plain);
	assert_false(budget_line(&budget, HOTTEST_PRIMARY)->limited);
	assert_string_equal(budget_line(&budget, HOTTEST_PRIMARY)->note, "endurance not known");
}

static void the_limit_of_erases_is_exact(void **state)
{
	struct ota_target target = budget_meter();
	struct ota_update update = budget_image(204800, 204800);
	struct ota_budget_options options = {.has_max_erases = true, .max_erases = 319};
	struct ota_budget budget = budget_of(&update, &target, options);

	(void)state;
	assert_false(budget.fits || budget_line(&budget, ERASES)->fits);
	assert_true(budget_line(&budget, ERASES)->gate);
	options.max_erases = 320;
	assert_true(budget_of(&update, &target, options).fits);
	options.max_erases = 321;
	assert_true(budget_of(&update, &target, options).fits);
	/* Two erases of the secondary slot, and the primary's. */
	options.max_erases = 226;
	budget = budget_of(&update, &target, options);
	assert_true(budget_offers(&budget, "overwrite-only: largest image 458,712"));
	/* What cannot be counted keeps within no limit. */
	target.layout.max_sectors = 128;
	budget = budget_of(&update, &target, options);
	assert_false(budget_line(&budget, ERASES)->fits);
}

/* -- where the update is kept ------------------------------------------------------------------ */

static void kept_behind_the_new_image_in_whole_sectors(void **state)
{
	struct ota_target target = budget_meter();
	struct budget_case one = budget_patch("otd");
	struct ota_budget budget;

	(void)state;
	target.has_patch_place = true;
	target.patch_place = OTA_PATCH_SECONDARY;
	one.update.new_len = 202000;
	one.update.sent_len = 2049;
	budget = budget_of(&one.update, &target, plain);
	/* 99 sectors and 2; 224 less the 4 that the trailer begins in. */
	assert_int_equal(needs(&budget, BEHIND), 202752 + 4096);
	assert_int_equal(budget_line(&budget, BEHIND)->has, 450560);
	assert_string_equal(budget.kept, "at the end of the secondary slot, before its trailer: "
					 "4,096 bytes in whole sectors");
	assert_non_null(strstr(budget.reset, "nothing is downloaded again"));
	assert_non_null(strstr(budget.reset, "4,096 bytes were saved"));
	/* In swap-offset the new image begins one sector in, and the trailer is smaller. */
	target.layout.mode = OTA_MODE_SWAP_OFFSET;
	budget = budget_of(&one.update, &target, plain);
	assert_int_equal(needs(&budget, BEHIND), 2048 + 202752 + 4096);
	assert_int_equal(budget_line(&budget, BEHIND)->has, 452608);
	budget_patch_free(&one);
}

static void kept_behind_the_new_image_to_the_sector(void **state)
{
	struct ota_target target = budget_meter();
	struct budget_case one = budget_patch("otd");
	struct ota_budget budget;

	(void)state;
	target.has_patch_place = true;
	target.patch_place = OTA_PATCH_SECONDARY;
	one.update.new_len = 450560 - 4096;
	one.update.sent_len = 4096;
	assert_true(budget_of(&one.update, &target, plain).fits);
	one.update.sent_len = 4097;
	budget = budget_of(&one.update, &target, plain);
	assert_false(budget.fits || budget_line(&budget, BEHIND)->fits);
	assert_true(budget_offers(&budget, "decode the update as it comes in"));
	assert_true(budget_offers(&budget, "keep the update in flash that no area has, 81,920 "
					   "bytes at 0xec000"));
	one.update.sent_len = 4096;
	one.update.new_len++;
	assert_false(budget_of(&one.update, &target, plain).fits);
	budget_patch_free(&one);
}

/* 64K+4*16K: the new image takes the large sector, the update two small ones before the last. */
static void mixed_sectors_are_taken_as_they_lie(void **state)
{
	struct ota_target target = budget_board(mixed);
	struct budget_case one = budget_patch("otd");
	struct ota_budget budget;

	(void)state;
	target.layout.mode = OTA_MODE_OVERWRITE_ONLY;
	assert_int_equal(ota_sectors_parse("1*65536+4*16384", &target.layout.primary, NULL),
			 OTA_OK);
	target.layout.secondary = target.layout.primary;
	target.has_patch_place = true;
	target.patch_place = OTA_PATCH_SECONDARY;
	one.update.new_len = 60000;
	one.update.sent_len = 20000;
	budget = budget_of(&one.update, &target, plain);
	assert_int_equal(needs(&budget, BEHIND), 65536 + 2 * 16384);
	assert_int_equal(budget_line(&budget, BEHIND)->has, 65536 + 3 * 16384);
	one.update.sent_len = 3 * 16384;
	assert_true(budget_of(&one.update, &target, plain).fits);
	one.update.sent_len++;
	assert_false(budget_of(&one.update, &target, plain).fits);
	budget_patch_free(&one);
}

static void kept_in_an_area_to_the_byte(void **state)
{
	struct ota_target target = budget_meter();
	struct budget_case one = budget_patch("otd");
	struct ota_budget budget;

	(void)state;
	target.has_patch_place = true;
	target.patch_place = OTA_PATCH_AREA;
	target.patch_area = (struct ota_area){.at = 0xec000, .len = 4096};
	one.update.sent_len = 4096;
	budget = budget_of(&one.update, &target, plain);
	assert_true(budget.fits);
	assert_int_equal(needs(&budget, AREA), 4096);
	assert_int_equal(budget_line(&budget, AREA)->has, 4096);
	one.update.sent_len = 4097;
	budget = budget_of(&one.update, &target, plain);
	assert_int_equal(needs(&budget, AREA), 6144);
	assert_false(budget.fits);
	assert_true(budget_offers(&budget, "an area of 6,144 bytes, 2,048 more than it has"));
	assert_true(budget_offers(&budget, "keep the update behind the new image"));
	budget_patch_free(&one);
}

static void a_streamed_update_is_kept_nowhere(void **state)
{
	struct ota_target target = budget_meter();
	struct budget_case one = budget_patch("otd");
	struct budget_case vcdiff = budget_patch("vcdiff");
	struct ota_budget budget;

	(void)state;
	target.has_patch_place = false;
	budget = budget_of(&one.update, &target, plain);
	assert_false(budget_has_line(&budget, BEHIND) || budget_has_line(&budget, AREA));
	assert_non_null(strstr(budget.kept, "the profile does not say: taken as streamed"));
	assert_non_null(strstr(budget.reset, "a reset starts the download again, unless the "
					     "updater saves the decoder's state, 4,096 bytes"));
	target.has_patch_place = true;
	target.patch_place = OTA_PATCH_STREAMED;
	budget = budget_of(&vcdiff.update, &target,
			   (struct ota_budget_options){.applier = OTA_APPLIED_ON_DEVICE});
	assert_string_equal(budget.kept, "nowhere: it is decoded as it comes in");
	assert_non_null(strstr(budget.reset, "after each window"));
	budget_patch_free(&vcdiff);
	budget_patch_free(&one);
}

static void fragments_of_ts004_must_be_kept_whole(void **state)
{
	struct ota_target target = budget_meter();
	struct budget_case one = budget_patch("otd");
	struct ota_budget budget;
	uint64_t store;

	(void)state;
	assert_int_equal(ota_link_parse("lorawan,region=eu868,dr=0", &target.link[0], NULL),
			 OTA_OK);
	target.n_links = 1;
	target.has_patch_place = false;
	one.update.sent_len = 2048;
	budget = budget_of(&one.update, &target, plain);
	assert_true(budget.fits);
	assert_int_equal(budget_finding(&budget, "ts004-needs-store")->severity,
			 OTA_SEVERITY_WARNING);
	target.has_patch_place = true;
	target.patch_place = OTA_PATCH_SECONDARY;
	budget = budget_of(&one.update, &target, plain);
	assert_false(budget_has_finding(&budget, "ts004-needs-store"));
	store = budget.delivery[0].defrag_store;
	assert_true(store > 2048);
	assert_int_equal(needs(&budget, BEHIND), 4096 + 4096);
	assert_non_null(strstr(budget_line(&budget, BEHIND)->note, "in whole fragments, 2,0"));
	budget_patch_free(&one);
}

/* -- RAM that images run from -------------------------------------------------------------------
 */

static void a_ram_load_image_runs_from_its_address_to_the_end_of_ram(void **state)
{
	struct ota_target target = budget_board(roomy);
	struct ota_image image = {.header = {.load_addr = 0x20001000}};
	struct ota_update update = budget_image(1000, 61440);
	struct ota_budget budget;
	const struct ota_budget_line *line;

	(void)state;
	target.layout.mode = OTA_MODE_RAM_LOAD;
	budget = budget_of(&update, &target, plain);
	assert_int_equal(budget_line(&budget, "new image in RAM, where it runs")->has, 262144);
	target.exec_ram = (struct ota_area){.at = 0x20000000, .len = 65536};
	update.new_image = &image;
	budget = budget_of(&update, &target, plain);
	line = budget_line(&budget, "new image in RAM, where it runs");
	assert_int_equal(line->needs, 4096 + 61440);
	assert_int_equal(line->has, 65536);
	assert_true(line->fits);
	update.new_len++;
	budget = budget_of(&update, &target, plain);
	assert_false(budget_line(&budget, "new image in RAM, where it runs")->fits);
	assert_true(budget_offers(&budget, "shrink the new image by 1 byte"));
	image.header.load_addr = 0x1ffff000;
	update.new_len = 1000;
	budget = budget_of(&update, &target, plain);
	line = budget_line(&budget, "new image in RAM, where it runs");
	assert_false(line->fits);
	assert_string_equal(line->note, "loads to 0x1ffff000, RAM begins at 0x20000000");
}

/* "Nothing is downloaded again" was all that was said. */
static void an_unconfirmed_image_of_direct_xip_is_lost_at_a_reset(void **state)
{
	static const char words[] =
		"; a new image that ran unconfirmed is erased at the next reset, with its slot";
	struct ota_target target = budget_meter();
	struct budget_case one = budget_patch("otd");
	struct ota_update image = budget_image(2000, 2100);
	struct ota_budget budget;

	(void)state;
	target.layout.mode = OTA_MODE_DIRECT_XIP_REVERT;
	for (unsigned place = OTA_PATCH_STREAMED; place <= OTA_PATCH_SECONDARY; place++) {
		target.has_patch_place = true;
		target.patch_place = (enum ota_patch_place)place;
		budget = budget_of(&one.update, &target, plain);
		assert_string_equal(budget.reset + strlen(budget.reset) - strlen(words), words);
	}
	budget = budget_of(&image, &target, plain);
	assert_non_null(strstr(budget.reset, words));
	target.layout.mode = OTA_MODE_DIRECT_XIP;
	budget = budget_of(&image, &target, plain);
	assert_null(strstr(budget.reset, "confirmed"));
	budget_patch_free(&one);
}

/* One sector of 128K that the trailer takes: new and update were not rounded up at all. */
static void what_has_no_sector_left_is_counted_in_sectors_all_the_same(void **state)
{
	struct ota_target target = budget_meter();
	struct budget_case one = budget_patch("otd");
	struct ota_budget budget;

	(void)state;
	target.has_patch_place = true;
	target.patch_place = OTA_PATCH_SECONDARY;
	target.layout.mode = OTA_MODE_SWAP_MOVE;
	target.layout.primary = (struct ota_sectors){.n = 1, .run = {{1, 131072}}};
	target.layout.secondary = target.layout.primary;
	budget = budget_of(&one.update, &target, plain);
	assert_int_equal(needs(&budget, BEHIND), 2 * 131072);
	assert_int_equal(budget_line(&budget, BEHIND)->has, 0);
	budget_patch_free(&one);
}

/* Only the secondary slot was looked at, and new may go to the other one. */
static void where_both_slots_run_the_smaller_one_must_do(void **state)
{
	struct ota_target target = budget_meter();
	struct budget_case one = budget_patch("otd");
	struct ota_budget budget;

	(void)state;
	target.has_patch_place = true;
	target.patch_place = OTA_PATCH_SECONDARY;
	target.layout.mode = OTA_MODE_DIRECT_XIP;
	target.layout.primary.run[0].count = 100;
	budget = budget_of(&one.update, &target, plain);
	assert_int_equal(budget_line(&budget, BEHIND)->has, 99 * 2048);
	assert_non_null(strstr(budget.kept, "at the end of the slot that does not run, before"));
	target.layout.mode = OTA_MODE_OVERWRITE_FAST;
	budget = budget_of(&one.update, &target, plain);
	assert_int_equal(budget_line(&budget, BEHIND)->has, 223 * 2048);
	assert_non_null(strstr(budget.kept, "at the end of the secondary slot, before"));
	budget_patch_free(&one);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_water_meter_wears_out_its_scratch),
		cmocka_unit_test(scratch_of_one_sector_lasts_196_upgrades),
		cmocka_unit_test(a_roomy_board_moves),
		cmocka_unit_test(the_updaters_own_erases_count_where_they_change_the_answer),
		cmocka_unit_test(a_board_of_mixed_sectors_swaps_all_at_once),
		cmocka_unit_test(modes_that_copy_nothing_wear_by_the_updater_only),
		cmocka_unit_test(times_are_typical_else_the_maximum_else_not_told),
		cmocka_unit_test(the_limit_of_erases_is_exact),
		cmocka_unit_test(kept_behind_the_new_image_in_whole_sectors),
		cmocka_unit_test(kept_behind_the_new_image_to_the_sector),
		cmocka_unit_test(mixed_sectors_are_taken_as_they_lie),
		cmocka_unit_test(kept_in_an_area_to_the_byte),
		cmocka_unit_test(a_streamed_update_is_kept_nowhere),
		cmocka_unit_test(fragments_of_ts004_must_be_kept_whole),
		cmocka_unit_test(a_ram_load_image_runs_from_its_address_to_the_end_of_ram),
		cmocka_unit_test(an_unconfirmed_image_of_direct_xip_is_lost_at_a_reset),
		cmocka_unit_test(what_has_no_sector_left_is_counted_in_sectors_all_the_same),
		cmocka_unit_test(where_both_slots_run_the_smaller_one_must_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
