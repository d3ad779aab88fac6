// SPDX-License-Identifier: Apache-2.0
/* Adding and comparing: each line of a budget, its edges, and the way out it names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include <ota/budget.h>

#include "delta_make_patch.h"
#include "vectors.h"

#define WATER_METER_MAX 452536U

static struct ota_target board(void)
{
	struct ota_target target;
	struct ota_diag diag = {.err = OTA_OK};

	if (ota_target_builtin("water-meter-l476", &target, &diag) != OTA_OK)
		fail_msg("%s", diag.text);
	return target;
}

/* A small real patch; what the images are said to measure is the caller's. */
static struct ota_buf small_patch(void)
{
	uint8_t old_image[2000];
	uint8_t new_image[2100];
	struct ota_buf patch = ota_buf_init(100000);
	struct ota_diag diag = {.err = OTA_OK};

	fill_pattern(old_image, sizeof(old_image), 1);
	fill_pattern(new_image, sizeof(new_image), 2);
	memcpy(new_image, old_image, 1500);
	if (delta_make("bsdiff", ota_span_of(old_image, sizeof(old_image)),
		       ota_span_of(new_image, sizeof(new_image)), &patch, &diag) != OTA_OK)
		fail_msg("%s", diag.text);
	return patch;
}

/* The verdict on an update of these sizes; `err` is what is expected. */
static struct ota_budget check(const struct ota_target *target, uint64_t old_len, uint64_t new_len,
			       struct ota_budget_options options)
{
	struct ota_buf patch = small_patch();
	struct ota_update update = {.patch = ota_buf_span(&patch),
				    .format = "bsdiff",
				    .old_len = old_len,
				    .new_len = new_len};
	struct ota_budget budget;
	struct ota_diag diag = {.err = OTA_OK};

	if (ota_budget_check(&update, target, &options, &budget, &diag) != OTA_OK)
		fail_msg("%s", diag.text);
	ota_buf_free(&patch);
	assert_int_equal(budget.fits, budget.remedy[0] == '\0');
	return budget;
}

static const struct ota_budget_line *line_named(const struct ota_budget *budget, const char *what)
{
	for (unsigned i = 0; i < budget->n; i++) {
		if (strcmp(budget->line[i].what, what) == 0)
			return &budget->line[i];
	}
	fail_msg("no line \"%s\"", what);
	return NULL;
}

static uint64_t decoder_ram(void)
{
	struct ota_buf patch = small_patch();
	struct ota_delta_info info;

	assert_int_equal(ota_delta_describe(ota_buf_span(&patch), &info, NULL), OTA_OK);
	ota_buf_free(&patch);
	return info.decoder_ram;
}

static void a_patch_without_a_decoder_on_the_device_is_the_gateways(void **state)
{
	struct ota_target target = board();
	struct ota_budget budget =
		check(&target, 300000, 300000, (struct ota_budget_options){.ram = 0});
	const struct ota_budget_line *line = line_named(&budget, "patch decoder, at the gateway");

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
	uint64_t ram = decoder_ram();
	char words[256];

	(void)state;
	(void)snprintf(target.decoder[0].format, sizeof(target.decoder[0].format), "bsdiff");
	budget = check(&target, 300000, 300000, (struct ota_budget_options){.ram = 0});
	line = line_named(&budget, "updater RAM");
	assert_int_equal(budget.applier, OTA_APPLIED_ON_DEVICE);
	assert_int_equal(line->where, OTA_PLACE_RAM);
	assert_true(line->limited);
	assert_false(line->fits || budget.fits);
	assert_int_equal(line->needs, ram);
	assert_int_equal(line->has, 16384);
	(void)snprintf(words, sizeof(words),
		       "the updater needs %u bytes more RAM: apply the patch on the gateway, or "
		       "use a format made for devices",
		       (unsigned)(ram - 16384));
	assert_string_equal(budget.remedy, words);
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
		.applier = OTA_APPLIED_ON_DEVICE, .has_ram = true, .ram = decoder_ram()};

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
	assert_int_equal(line_named(&budget, "new image in the slots")->has, WATER_METER_MAX);
	budget = check(&target, 1000, WATER_METER_MAX + 1, options);
	assert_false(budget.fits);
	assert_true(line_named(&budget, "old image in the slots")->fits);
	assert_false(line_named(&budget, "new image in the slots")->fits);
	assert_string_equal(budget.remedy,
			    "shrink the new image by 1 bytes; or choose overwrite-only, which "
			    "would hold 458712 bytes but cannot go back");
	/* An old image over the limit would never boot again after a swap. */
	budget = check(&target, WATER_METER_MAX + 1, 1000, options);
	assert_false(line_named(&budget, "old image in the slots")->fits);
	assert_false(budget.fits);
}

static void names_a_mode_only_when_it_would_hold_the_image(void **state)
{
	struct ota_target target = board();
	struct ota_budget budget;

	(void)state;
	budget = check(&target, 1000, 458713, (struct ota_budget_options){.ram = 0});
	assert_string_equal(budget.remedy, "shrink the new image by 6177 bytes");
	/* With large sectors and little status swap-offset holds less, swap-scratch more. */
	target.layout.mode = OTA_MODE_SWAP_OFFSET;
	budget = check(&target, 1000, 452000, (struct ota_budget_options){.ram = 0});
	assert_string_equal(budget.remedy, "shrink the new image by 1440 bytes; or choose "
					   "swap-scratch, which would hold 452536 bytes");
}

static void scratch_must_hold_the_largest_sector(void **state)
{
	struct ota_target target = board();
	struct ota_budget_options options = {.has_scratch = true, .scratch = 2048};
	struct ota_budget budget = check(&target, 1000, 1000, options);
	const struct ota_budget_line *line = line_named(&budget, "scratch for the largest sector");

	(void)state;
	assert_true(budget.fits);
	assert_int_equal(line->needs, 2048);
	assert_int_equal(line->has, 2048);
	options.scratch = 2047;
	budget = check(&target, 1000, 1000, options);
	assert_false(budget.fits || budget.limits.compatible);
	assert_string_equal(budget.limits.reason,
			    "2048 bytes at 0 are swapped at once, scratch has 2047");
	assert_string_equal(budget.remedy, "make scratch 1 bytes larger; or choose swap-offset, "
					   "which would hold 450560 bytes");
	options.scratch = 0;
	budget = check(&target, 1000, 1000, options);
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
	assert_string_equal(budget.remedy,
			    "change the slots: primary has 224 sectors, the bootloader is built "
			    "for 128 (BOOT_MAX_IMG_SECTORS)");
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
	assert_string_equal(budget.remedy, "change the slots: sector boundaries of the slots "
					   "cross near 131072 bytes");
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
		cmocka_unit_test(slots_that_bootutil_refuses_do_not_fit),
		cmocka_unit_test(a_caution_does_not_fit_either),
		cmocka_unit_test(a_chip_profile_is_a_usage_error),
		cmocka_unit_test(a_patch_that_is_none_is_not_a_no),
		cmocka_unit_test(costs_keep_their_words_and_their_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
