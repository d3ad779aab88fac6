// SPDX-License-Identifier: Apache-2.0
/* Adding and comparing: each line of a budget, its edges, and the way out it names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "budgets.h"

#define WATER_METER_MAX 452536U
/* What is programmed at once is held, too. */
#define PAGE 8U

/* The water meter, with the patch where it can be read at any place. */
static struct ota_target board(void)
{
	struct ota_target target = budget_meter();

	target.has_patch_place = true;
	target.patch_place = OTA_PATCH_AREA;
	target.patch_area = (struct ota_area){.at = 0xec000, .len = 16384};
	return target;
}

/* The verdict on an update of these sizes. */
static struct ota_budget check(const struct ota_target *target, uint64_t old_len, uint64_t new_len,
			       struct ota_budget_options options)
{
	struct budget_case one = budget_patch("bsdiff");
	struct ota_budget budget;

	one.update.old_len = old_len;
	one.update.new_len = new_len;
	budget = budget_of(&one.update, target, options);
	budget_patch_free(&one);
	return budget;
}

static uint64_t decoder_ram(void)
{
	struct budget_case one = budget_patch("bsdiff");

	budget_patch_free(&one);
	return one.info.decoder_ram;
}

static void a_patch_without_a_decoder_on_the_device_is_the_gateways(void **state)
{
	struct ota_target target = board();
	struct ota_budget budget =
		check(&target, 300000, 300000, (struct ota_budget_options){.ram = 0});
	const struct ota_budget_line *line = budget_line(&budget, "patch decoder, at the gateway");

	(void)state;
	assert_true(budget.fits);
	assert_int_equal(budget.applier, OTA_APPLIED_BY_GATEWAY);
	assert_int_equal(line->where, OTA_PLACE_GATEWAY);
	assert_false(line->limited);
	assert_true(line->fits);
	assert_int_equal(line->needs, decoder_ram());
	assert_int_equal(line->has, 0);
}

static void a_decoder_in_the_profile_puts_the_patch_on_the_device(void **state)
{
	struct ota_target target = board();
	struct ota_budget budget;
	const struct ota_budget_line *line;
	uint64_t ram = decoder_ram() + PAGE;

	(void)state;
	(void)snprintf(target.decoder[0].format, sizeof(target.decoder[0].format), "bsdiff");
	budget = check(&target, 300000, 300000, (struct ota_budget_options){.ram = 0});
	line = budget_line(&budget, "updater RAM");
	assert_int_equal(budget.applier, OTA_APPLIED_ON_DEVICE);
	assert_int_equal(line->where, OTA_PLACE_RAM);
	assert_true(line->limited);
	assert_false(line->fits || budget.fits);
	assert_int_equal(line->needs, ram);
	assert_int_equal(line->has, 16384);
	assert_true(budget_offers(&budget, "apply the patch on the gateway: 942,496 bytes of "
					   "memory there, and the whole new image of 300,000"));
}

static void the_caller_can_say_who_applies(void **state)
{
	struct ota_target target = board();
	struct ota_budget budget = check(
		&target, 1000, 1000, (struct ota_budget_options){.applier = OTA_APPLIED_ON_DEVICE});

	(void)state;
	assert_int_equal(budget.applier, OTA_APPLIED_ON_DEVICE);
	(void)snprintf(target.decoder[0].format, sizeof(target.decoder[0].format), "bsdiff");
	budget = check(&target, 1000, 1000,
		       (struct ota_budget_options){.applier = OTA_APPLIED_BY_GATEWAY});
	assert_int_equal(budget.applier, OTA_APPLIED_BY_GATEWAY);
	assert_true(budget.fits);
}

static void ram_fits_to_the_byte(void **state)
{
	struct ota_target target = board();
	struct ota_budget_options options = {
		.applier = OTA_APPLIED_ON_DEVICE, .has_ram = true, .ram = decoder_ram() + PAGE};

	(void)state;
	assert_true(check(&target, 1000, 1000, options).fits);
	options.ram--;
	assert_false(check(&target, 1000, 1000, options).fits);
	options.ram++;
	/* An old image that cannot be read in place must be in RAM too. */
	target.old_mapped = false;
	assert_false(check(&target, 1000, 1000, options).fits);
	options.ram += 1000;
	assert_true(check(&target, 1000, 1000, options).fits);
}

static void both_images_must_fit_to_the_byte(void **state)
{
	struct ota_target target = board();
	struct ota_budget_options options = {.ram = 0};
	struct ota_budget budget;

	(void)state;
	budget = check(&target, WATER_METER_MAX, WATER_METER_MAX, options);
	assert_true(budget.fits);
	assert_int_equal(budget_line(&budget, "new image in the slots")->has, WATER_METER_MAX);
	budget = check(&target, 1000, WATER_METER_MAX + 1, options);
	assert_false(budget.fits);
	assert_true(budget_line(&budget, "old image in the slots")->fits);
	assert_false(budget_line(&budget, "new image in the slots")->fits);
	assert_string_equal(budget.remedy, "shrink the new image by 1 byte");
	assert_true(budget_offers(&budget, "overwrite-only: largest image 458,712 instead of "
					   "452,536, 5,000 upgrades instead of 344; but the device "
					   "cannot go back"));
	/* An old image over the limit would never boot again after a swap. */
	budget = check(&target, WATER_METER_MAX + 1, 1000, options);
	assert_false(budget_line(&budget, "old image in the slots")->fits);
	assert_false(budget.fits);
}

static void names_a_mode_only_when_it_would_hold_the_image(void **state)
{
	struct ota_target target = board();
	struct ota_budget budget;

	(void)state;
	budget = check(&target, 1000, 458713, (struct ota_budget_options){.ram = 0});
	assert_string_equal(budget.remedy, "shrink the new image by 6,177 bytes");
	assert_false(budget_offers(&budget, "overwrite-only"));
	/* With large sectors and little status swap-offset holds less, swap-scratch more. */
	target.layout.mode = OTA_MODE_SWAP_OFFSET;
	budget = check(&target, 1000, 452000, (struct ota_budget_options){.ram = 0});
	assert_string_equal(budget.remedy, "shrink the new image by 1,440 bytes");
	assert_true(budget_offers(&budget, "swap-scratch: largest image 452,536 instead of "
					   "450,560"));
}

static void scratch_must_hold_the_largest_sector(void **state)
{
	struct ota_target target = board();
	struct ota_budget_options options = {.has_scratch = true, .scratch = 2048};
	struct ota_budget budget = check(&target, 100000, 100000, options);
	const struct ota_budget_line *line = budget_line(&budget, "scratch for the largest sector");

	(void)state;
	assert_true(budget.fits);
	assert_int_equal(line->needs, 2048);
	assert_int_equal(line->has, 2048);
	options.scratch = 2047;
	budget = check(&target, 100000, 100000, options);
	assert_false(budget.fits || budget.limits.compatible);
	assert_string_equal(budget.limits.reason,
			    "2,048 bytes at 0 are swapped at once, scratch has 2,047");
	assert_non_null(strstr(budget.remedy, "make scratch 2,048 bytes, 1 more than now"));
	assert_true(budget_offers(&budget, "swap-offset: largest image 450,560"));
	options.scratch = 0;
	budget = check(&target, 100000, 100000, options);
	assert_false(budget.fits);
	assert_string_equal(budget.limits.reason, "there is no scratch area");
	assert_int_equal(budget.limits.trailer, 6192);
}

static void scratch_counts_in_swap_scratch_only(void **state)
{
	struct ota_target target = board();
	struct ota_budget budget;

	(void)state;
	target.layout.mode = OTA_MODE_SWAP_MOVE;
	budget = check(&target, 1000, 1000,
		       (struct ota_budget_options){.has_scratch = true, .scratch = 0});
	assert_true(budget.fits);
	for (unsigned i = 0; i < budget.n; i++)
		assert_int_not_equal(budget.line[i].where, OTA_PLACE_SCRATCH);
}

static void slots_that_bootutil_refuses_do_not_fit(void **state)
{
	struct ota_target target = board();
	struct ota_budget budget;

	(void)state;
	target.layout.max_sectors = 128;
	budget = check(&target, 1000, 1000, (struct ota_budget_options){.ram = 0});
	assert_false(budget.fits || budget.limits.compatible);
	assert_string_equal(budget.limits.reason,
			    "primary has 224 sectors, the bootloader is built for 128 "
			    "(BOOT_MAX_IMG_SECTORS)");
	assert_string_equal(
		budget.remedy,
		"build the bootloader for 224 sectors (BOOT_MAX_IMG_SECTORS) instead of "
		"128: largest image 453,328");
}

static void a_caution_does_not_fit_either(void **state)
{
	struct ota_target target = board();
	struct ota_budget budget;

	(void)state;
	target.layout.mode = OTA_MODE_OVERWRITE_ONLY;
	assert_int_equal(ota_sectors_parse("1*65536+3*131072", &target.layout.primary, NULL),
			 OTA_OK);
	assert_int_equal(ota_sectors_parse("3*131072+1*65536", &target.layout.secondary, NULL),
			 OTA_OK);
	budget = check(&target, 1000, 1000, (struct ota_budget_options){.ram = 0});
	assert_true(budget.limits.compatible);
	assert_false(budget.fits);
	assert_string_equal(budget.limits.caution,
			    "sector boundaries of the slots cross near 131,072 bytes");
	assert_non_null(strstr(budget.remedy, "give secondary the sectors that primary has"));
}

static void a_chip_profile_is_a_usage_error(void **state)
{
	struct ota_update update = {.format = "bsdiff"};
	struct ota_budget_options options = {.ram = 0};
	struct ota_target target;
	struct ota_budget budget;
	struct ota_diag diag = {.err = OTA_OK};

	(void)state;
	assert_int_equal(ota_target_builtin("nrf52840", &target, NULL), OTA_OK);
	assert_int_equal(ota_budget_check(&update, &target, &options, &budget, &diag), OTA_E_USAGE);
	assert_string_equal(diag.text, "nrf52840 is a chip profile, without mcuboot and updater");
	assert_string_equal(diag.hint, "make a board profile with base: nrf52840");
	diag = (struct ota_diag){.err = OTA_OK};
	target.has_mcuboot = true;
	assert_int_equal(ota_budget_check(&update, &target, &options, &budget, &diag), OTA_E_USAGE);
	assert_string_equal(diag.text, "nrf52840 has no updater");
}

static void a_patch_that_is_none_is_not_a_no(void **state)
{
	static const uint8_t junk[40] = "BSDIFF40";
	struct ota_update update = {.patch = ota_span_of(junk, sizeof(junk)), .format = "bsdiff"};
	struct ota_budget_options options = {.ram = 0};
	struct ota_target target = board();
	struct ota_budget budget;
	struct ota_diag diag = {.err = OTA_OK};

	(void)state;
	assert_int_equal(ota_budget_check(&update, &target, &options, &budget, &diag),
			 OTA_E_MALFORMED);
	assert_true(diag.text[0] != '\0');
	diag = (struct ota_diag){.err = OTA_OK};
	update.format = "zip";
	assert_int_equal(ota_budget_check(&update, &target, &options, &budget, &diag),
			 OTA_E_ABSENT);
}

static void costs_keep_their_words_and_their_order(void **state)
{
	struct ota_costs costs = {.n = 0};

	(void)state;
	ota_costs_add(&costs, OTA_PLACE_RAM, 7, "stream %d", 1);
	ota_costs_add(&costs, OTA_PLACE_GATEWAY, 8, "%s", "state");
	assert_int_equal(costs.n, 2);
	assert_string_equal(costs.item[0].what, "stream 1");
	assert_int_equal(costs.item[0].bytes, 7);
	assert_int_equal(costs.item[1].where, OTA_PLACE_GATEWAY);
}

/* More than three digits in a row, but for those of an address. */
static bool has_long_number(const char *text)
{
	unsigned digits = 0;

	for (const char *c = text; *c; c++) {
		if (c[0] == '0' && c[1] == 'x') {
			c += 2;
			c += strspn(c, "0123456789abcdef");
			digits = 0;
		}
		digits = *c >= '0' && *c <= '9' ? digits + 1 : 0;
		if (digits > 3)
			return true;
		if (*c == '\0')
			break;
	}
	return false;
}

/* Rules, notes, ways out and sentences are for people; 4941688 us was one. */
static void every_number_is_grouped(void **state)
{
	static const char *const links[] = {"lorawan,region=eu868,dr=0", "nb-iot", "ble"};
	struct ota_target target = budget_meter();
	struct budget_case one = budget_patch("otd");
	struct ota_link link[3];
	struct ota_budget_options options = {.applier = OTA_APPLIED_ON_DEVICE,
					     .links = link,
					     .n_links = 3,
					     .has_max_ram = true,
					     .has_max_airtime = true,
					     .has_max_erases = true};
	struct ota_budget budget;

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(ota_link_parse(links[i], &link[i], NULL), OTA_OK);
	target.has_patch_place = true;
	target.patch_place = OTA_PATCH_SECONDARY;
	one.update.old_len = 200000;
	one.update.new_len = 455000;
	budget = budget_of(&one.update, &target, options);
	for (unsigned i = 0; i < budget.n_rules; i++) {
		if (has_long_number(budget.rule[i].numbers))
			fail_msg("%s: %s", budget.rule[i].item, budget.rule[i].numbers);
	}
	for (unsigned i = 0; i < budget.n; i++)
		assert_false(has_long_number(budget.line[i].note));
	for (unsigned i = 0; i < budget.n_remedies; i++)
		assert_false(has_long_number(budget.remedies[i].text));
	assert_false(has_long_number(budget.kept));
	assert_false(has_long_number(budget.reset));
	budget_patch_free(&one);
}

/* As one sector of 5,000 bytes it was erased half as often as its two sectors are. */
static void scratch_to_be_tried_is_whole_sectors(void **state)
{
	struct ota_target target = board();
	struct ota_budget_options options = {.has_scratch = true, .scratch = 5000};
	struct ota_budget tried = check(&target, 100000, 100000, options);
	struct ota_budget whole;

	(void)state;
	options.scratch = 4096;
	whole = check(&target, 100000, 100000, options);
	assert_int_equal(budget_line(&tried, "scratch for the largest sector")->has, 4096);
	assert_int_equal(budget_line(&tried, "sector erases, one upgrade")->needs,
			 budget_line(&whole, "sector erases, one upgrade")->needs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_patch_without_a_decoder_on_the_device_is_the_gateways),
		cmocka_unit_test(a_decoder_in_the_profile_puts_the_patch_on_the_device),
		cmocka_unit_test(the_caller_can_say_who_applies),
		cmocka_unit_test(ram_fits_to_the_byte),
		cmocka_unit_test(both_images_must_fit_to_the_byte),
		cmocka_unit_test(names_a_mode_only_when_it_would_hold_the_image),
		cmocka_unit_test(scratch_must_hold_the_largest_sector),
		cmocka_unit_test(scratch_counts_in_swap_scratch_only),
		cmocka_unit_test(scratch_to_be_tried_is_whole_sectors),
		cmocka_unit_test(every_number_is_grouped),
		cmocka_unit_test(slots_that_bootutil_refuses_do_not_fit),
		cmocka_unit_test(a_caution_does_not_fit_either),
		cmocka_unit_test(a_chip_profile_is_a_usage_error),
		cmocka_unit_test(a_patch_that_is_none_is_not_a_no),
		cmocka_unit_test(costs_keep_their_words_and_their_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
