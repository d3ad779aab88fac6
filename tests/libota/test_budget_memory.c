// SPDX-License-Identifier: Apache-2.0
/* The device's memory, to the byte, for each format and each place where the update may be kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include <ota/bsdiff.h>

#include "budgets.h"

#define PAGE      8U /* the chip programs 8 bytes at once */
#define PIECE     64U
#define OTD_XS    4096U
#define OTD_STACK 256U
#define BZIP2     314144U /* 64,144 + 250,000 * 1 */
#define BSDIFF    64U
#define VCDIFF    3144U
#define UPDATER   16384U

static const struct ota_budget_options on_device = {.applier = OTA_APPLIED_ON_DEVICE};

static uint64_t ram_of(const struct ota_update *update, const struct ota_target *target)
{
	struct ota_budget budget = budget_of(update, target, on_device);

	return budget_line(&budget, "updater RAM")->needs;
}

static void keep(struct ota_target *target, enum ota_patch_place place)
{
	target->has_patch_place = true;
	target->patch_place = place;
}

/* 4 MiB beside the chip, programmed 256 bytes at once. */
static void add_external(struct ota_target *target)
{
	assert_int_equal(ota_sectors_parse("1024*4096", &target->external.sectors, NULL), OTA_OK);
	target->external.write = 1;
	target->external.program = 256;
}

static void a_full_image_takes_one_write_buffer(void **state)
{
	struct ota_target target = budget_meter();
	struct ota_update update = budget_image(200000, 202000);
	struct ota_budget budget = budget_of(&update, &target, (struct ota_budget_options){0});
	const struct ota_budget_line *line = budget_line(&budget, "updater RAM");

	(void)state;
	assert_true(budget.fits);
	assert_int_equal(budget.applier, OTA_APPLIED_AS_PROFILE);
	assert_int_equal(line->needs, PAGE);
	assert_int_equal(line->has, UPDATER);
	assert_int_equal(budget.costs.n, 1);
	assert_false(budget_has_line(&budget, "updater stack"));
	assert_false(budget_has_line(&budget, "patch decoder, at the gateway"));
	assert_int_equal(budget_line(&budget, "update, as sent")->needs, 202000);
}

static void a_full_image_needs_no_updater_in_the_profile(void **state)
{
	struct ota_target target = budget_meter();
	struct ota_update update = budget_image(0, 202000);
	struct ota_budget budget;

	(void)state;
	target.has_updater = false;
	budget = budget_of(&update, &target, (struct ota_budget_options){0});
	assert_true(budget.fits);
	assert_false(budget_line(&budget, "updater RAM")->limited);
	assert_false(budget_has_line(&budget, "old image in the slots"));
	budget = budget_of(&update, &target,
			   (struct ota_budget_options){.has_ram = true, .ram = PAGE - 1});
	assert_false(budget_line(&budget, "updater RAM")->fits);
}

static void a_patch_for_the_gateway_needs_no_updater_when_the_caller_says_so(void **state)
{
	struct ota_target target = budget_meter();
	struct budget_case one = budget_patch("otd");
	struct ota_budget_options options = {.applier = OTA_APPLIED_BY_GATEWAY};
	struct ota_budget budget;

	(void)state;
	target.has_updater = false;
	assert_true(budget_of(&one.update, &target, options).fits);
	options.applier = OTA_APPLIED_AS_PROFILE;
	assert_int_equal(ota_budget_check(&one.update, &target, &options, &budget, NULL),
			 OTA_E_USAGE);
	options.applier = OTA_APPLIED_ON_DEVICE;
	assert_int_equal(ota_budget_check(&one.update, &target, &options, &budget, NULL),
			 OTA_E_USAGE);
	budget_patch_free(&one);
}

static void otd_takes_its_state_a_page_and_its_published_stack(void **state)
{
	struct ota_target target = budget_meter();
	struct budget_case one = budget_patch("otd");
	struct ota_budget budget = budget_of(&one.update, &target, on_device);

	(void)state;
	assert_int_equal(budget_line(&budget, "updater RAM")->needs, OTD_XS + PAGE);
	assert_int_equal(budget_line(&budget, "updater stack")->needs, OTD_STACK);
	assert_int_equal(budget_line(&budget, "updater stack")->has, 2048);
	assert_int_equal(budget_line(&budget, "state of the target's decoder")->needs, OTD_XS);
	assert_int_equal(budget_line(&budget, "state of the target's decoder")->has, OTD_XS);
	target.old_mapped = false;
	assert_int_equal(ram_of(&one.update, &target), OTD_XS + PAGE + PIECE);
	/* Without a stack of its own it is part of the RAM. */
	target.updater_stack = 0;
	budget = budget_of(&one.update, &target, on_device);
	assert_int_equal(budget_line(&budget, "updater RAM")->needs,
			 OTD_XS + PAGE + PIECE + OTD_STACK);
	assert_false(budget_has_line(&budget, "updater stack"));
	budget_patch_free(&one);
}

static void the_write_buffer_is_that_of_the_flash_new_goes_to(void **state)
{
	struct ota_target target = budget_meter();
	struct budget_case one = budget_patch("otd");

	(void)state;
	add_external(&target);
	keep(&target, OTA_PATCH_STREAMED);
	target.secondary.external = true;
	assert_int_equal(ram_of(&one.update, &target), OTD_XS + 256);
	/* The patch is kept there too, and read through a driver. */
	keep(&target, OTA_PATCH_SECONDARY);
	assert_int_equal(ram_of(&one.update, &target), OTD_XS + 256 + PIECE);
	target.secondary.external = false;
	assert_int_equal(ram_of(&one.update, &target), OTD_XS + PAGE);
	keep(&target, OTA_PATCH_AREA);
	target.patch_area = (struct ota_area){.at = 0, .len = 65536, .external = true};
	assert_int_equal(ram_of(&one.update, &target), OTD_XS + PAGE + PIECE);
	budget_patch_free(&one);
}

static void one_slot_means_the_new_image_in_ram(void **state)
{
	static const enum ota_mode modes[] = {OTA_MODE_SINGLE_SLOT, OTA_MODE_FIRMWARE_LOADER};
	struct ota_target target = budget_meter();
	struct budget_case one = budget_patch("otd");

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct ota_budget budget;

		target.layout.mode = modes[i];
		budget = budget_of(&one.update, &target, on_device);
		assert_int_equal(budget_line(&budget, "updater RAM")->needs, OTD_XS + 2100);
		assert_non_null(strstr(budget.reset, "leaves no image that boots"));
	}
	budget_patch_free(&one);
}

static void bsdiff_on_a_device_is_an_honest_no(void **state)
{
	struct ota_target target = budget_meter();
	struct budget_case one = budget_patch("bsdiff");
	struct ota_budget budget;

	(void)state;
	keep(&target, OTA_PATCH_SECONDARY);
	budget = budget_of(&one.update, &target, on_device);
	assert_int_equal(budget_line(&budget, "updater RAM")->needs, 3 * BZIP2 + BSDIFF + PAGE);
	assert_false(budget.fits);
	assert_non_null(strstr(budget.remedy, "format otd, with tier xs: its decoder takes 4,104"));
	assert_true(budget_offers(&budget, "apply the patch on the gateway: 942,496 bytes"));
	assert_int_equal(budget_line(&budget, "updater stack")->needs, OTA_BSDIFF_DEC_STACK);
	assert_true(budget_has_finding(&budget, "decoder-not-listed"));
	/* Three streams are read at once: what comes in is held whole. */
	keep(&target, OTA_PATCH_STREAMED);
	assert_int_equal(ram_of(&one.update, &target), 3 * BZIP2 + BSDIFF + PAGE + one.patch.len);
	target.old_mapped = false;
	assert_int_equal(ram_of(&one.update, &target),
			 3 * BZIP2 + BSDIFF + PAGE + one.patch.len + 2000);
	target.layout.mode = OTA_MODE_SINGLE_SLOT;
	assert_int_equal(ram_of(&one.update, &target),
			 3 * BZIP2 + BSDIFF + one.patch.len + 2000 + 2100);
	budget_patch_free(&one);
}

static void vcdiff_holds_a_window_and_its_sections_when_streamed(void **state)
{
	struct ota_target target = budget_meter();
	struct budget_case one = budget_patch("vcdiff");
	uint64_t sections = 0;

	(void)state;
	for (unsigned i = 1; i < one.info.n_parts; i++)
		sections += one.info.part[i].bytes;
	keep(&target, OTA_PATCH_SECONDARY);
	assert_int_equal(one.info.window_max, 2100);
	assert_int_equal(ram_of(&one.update, &target), VCDIFF + 2100 + PAGE);
	keep(&target, OTA_PATCH_STREAMED);
	assert_int_equal(ram_of(&one.update, &target), VCDIFF + 2100 + PAGE + sections);
	target.has_patch_place = false;
	assert_int_equal(ram_of(&one.update, &target), VCDIFF + 2100 + PAGE + sections);
	target.old_mapped = false;
	assert_int_equal(ram_of(&one.update, &target), VCDIFF + 2100 + PAGE + sections + PIECE);
	budget_patch_free(&one);
}

static void a_vcdiff_decoder_may_be_built_for_a_window(void **state)
{
	struct ota_target target = budget_meter();
	struct budget_case one = budget_patch("vcdiff");
	struct ota_budget budget;

	(void)state;
	keep(&target, OTA_PATCH_SECONDARY);
	target.decoder[0] = (struct ota_decoder){.format = "vcdiff", .window = 2100};
	budget = budget_of(&one.update, &target, (struct ota_budget_options){0});
	assert_true(budget.fits);
	assert_int_equal(budget_line(&budget, "state of the target's decoder")->needs, 2100);
	target.decoder[0].window = 2099;
	budget = budget_of(&one.update, &target, (struct ota_budget_options){0});
	assert_false(budget.fits);
	assert_non_null(strstr(budget.remedy, "make the patch with windows of 2,048 bytes"));
	budget_patch_free(&one);
}

static void ram_and_stack_fit_to_the_byte(void **state)
{
	struct ota_target target = budget_meter();
	struct budget_case one = budget_patch("otd");
	struct ota_budget budget;

	(void)state;
	target.updater_ram = OTD_XS + PAGE;
	target.updater_stack = OTD_STACK;
	assert_true(budget_of(&one.update, &target, on_device).fits);
	target.updater_ram--;
	budget = budget_of(&one.update, &target, on_device);
	assert_false(budget_line(&budget, "updater RAM")->fits);
	assert_true(budget_offers(&budget, "give the updater 4,104 bytes of RAM, 1 more "));
	target.updater_ram++;
	target.updater_stack--;
	budget = budget_of(&one.update, &target, on_device);
	assert_false(budget_line(&budget, "updater stack")->fits);
	assert_true(budget_offers(&budget, "give the updater 256 bytes of stack, 1 more "));
	budget_patch_free(&one);
}

static void the_limit_of_memory_is_for_ram_and_stack_together(void **state)
{
	struct ota_target target = budget_meter();
	struct budget_case one = budget_patch("otd");
	uint64_t needs = OTD_XS + PAGE + OTD_STACK;
	struct ota_budget_options options = {.has_max_ram = true, .max_ram = needs - 1};
	struct ota_budget budget = budget_of(&one.update, &target, options);
	const struct ota_budget_line *line = budget_line(&budget, "RAM and stack together");

	(void)state;
	assert_false(budget.fits || line->fits);
	assert_true(line->gate && line->limited);
	assert_int_equal(line->needs, needs);
	options.max_ram = needs;
	assert_true(budget_of(&one.update, &target, options).fits);
	options.max_ram = needs + 1;
	assert_true(budget_of(&one.update, &target, options).fits);
	/* The gateway's memory is not the device's. */
	options.max_ram = 0;
	options.applier = OTA_APPLIED_BY_GATEWAY;
	budget = budget_of(&one.update, &target, options);
	assert_true(budget.fits);
	assert_int_equal(budget_line(&budget, "RAM and stack together")->needs, 0);
	budget_patch_free(&one);
}

static void ts004_takes_memory_before_the_decoder_does(void **state)
{
	struct ota_target target = budget_meter();
	struct budget_case one = budget_patch("otd");
	struct ota_budget budget;
	uint64_t needs;

	(void)state;
	assert_int_equal(ota_link_parse("lorawan,region=eu868,dr=0", &target.link[0], NULL),
			 OTA_OK);
	target.n_links = 1;
	budget = budget_of(&one.update, &target, on_device);
	needs = budget.delivery[0].defrag_ram;
	assert_int_not_equal(needs, 0);
	assert_int_equal(budget_line(&budget, "putting TS004 fragments together")->needs, needs);
	/* The two are never in memory together. */
	assert_int_equal(budget_line(&budget, "updater RAM")->needs, OTD_XS + PAGE);
	target.updater_ram = (uint32_t)needs - 1;
	budget = budget_of(&one.update, &target, on_device);
	assert_false(budget_line(&budget, "putting TS004 fragments together")->fits);
	budget_patch_free(&one);
}

static void every_line_of_memory_says_where_it_comes_from(void **state)
{
	struct ota_target target = budget_meter();
	struct budget_case one = budget_patch("otd");
	struct ota_budget budget = budget_of(&one.update, &target, on_device);
	bool found = false;

	(void)state;
	for (unsigned i = 0; i < budget.n; i++) {
		bool told = false;

		for (unsigned j = 0; j < budget.n_rules; j++)
			told |= strcmp(budget.line[i].what, budget.rule[j].item) == 0;
		if (!told)
			fail_msg("no rule for \"%s\"", budget.line[i].what);
	}
	for (unsigned j = 0; j < budget.n_rules; j++)
		found |= strcmp(budget.rule[j].numbers, "4,096 + 8 = 4,104") == 0;
	assert_true(found);
	budget_patch_free(&one);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_image_takes_one_write_buffer),
		cmocka_unit_test(a_full_image_needs_no_updater_in_the_profile),
		cmocka_unit_test(a_patch_for_the_gateway_needs_no_updater_when_the_caller_says_so),
		cmocka_unit_test(otd_takes_its_state_a_page_and_its_published_stack),
		cmocka_unit_test(the_write_buffer_is_that_of_the_flash_new_goes_to),
		cmocka_unit_test(one_slot_means_the_new_image_in_ram),
		cmocka_unit_test(bsdiff_on_a_device_is_an_honest_no),
		cmocka_unit_test(vcdiff_holds_a_window_and_its_sections_when_streamed),
		cmocka_unit_test(a_vcdiff_decoder_may_be_built_for_a_window),
		cmocka_unit_test(ram_and_stack_fit_to_the_byte),
		cmocka_unit_test(the_limit_of_memory_is_for_ram_and_stack_together),
		cmocka_unit_test(ts004_takes_memory_before_the_decoder_does),
		cmocka_unit_test(every_line_of_memory_says_where_it_comes_from),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
