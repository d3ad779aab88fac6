// SPDX-License-Identifier: Apache-2.0
/* Ways out: each is one that was tried, with what it changes, and the cheapest is first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include <ota/otd.h>

#include "budgets.h"

#define WATER_METER_MAX 452536U

static const struct ota_budget_options plain = {.ram = 0};
static const struct ota_budget_options on_device = {.applier = OTA_APPLIED_ON_DEVICE};

static struct ota_budget of_images(const struct ota_target *target, uint64_t old_len,
				   uint64_t new_len)
{
	struct ota_update update = budget_image(old_len, new_len);

	return budget_of(&update, target, plain);
}

static void what_fits_and_lasts_needs_no_way_out(void **state)
{
	struct ota_target target = budget_meter();
	struct ota_budget budget;

	(void)state;
	target.layout.mode = OTA_MODE_SWAP_OFFSET;
	budget = of_images(&target, 200000, 200000);
	assert_true(budget.fits);
	assert_int_equal(budget.n_remedies, 0);
	assert_string_equal(budget.remedy, "");
}

static void an_image_too_large_is_shrunk_before_slots_and_modes_change(void **state)
{
	struct ota_target target = budget_meter();
	struct ota_budget budget = of_images(&target, 200000, WATER_METER_MAX + 1000);
	struct ota_target larger = target;
	unsigned more = 0;
	char words[128];

	(void)state;
	assert_string_equal(budget.remedies[0].text, "shrink the new image by 1,000 bytes");
	/* The least that does it, found here one sector after the other. */
	do {
		more++;
		larger.layout.primary.run[0].count++;
		larger.layout.secondary.run[0].count++;
	} while (!of_images(&larger, 200000, WATER_METER_MAX + 1000).fits);
	(void)snprintf(words, sizeof(words), "make each slot %u,%03u bytes larger: largest image",
		       more * 2048 / 1000, more * 2048 % 1000);
	if (more * 2048 < 1000)
		fail_msg("%u sectors", more);
	assert_non_null(strstr(budget.remedies[1].text, words));
	assert_non_null(strstr(budget.remedies[1].text, "81,920 bytes of flash are free"));
	assert_true(budget_offers(&budget, "overwrite-only: largest image 458,712"));
	assert_false(budget_offers(&budget, "swap-move"));
}

static void an_image_far_too_large_is_another_firmware(void **state)
{
	struct ota_target target = budget_meter();
	struct ota_budget budget = of_images(&target, 200000, 500000);

	(void)state;
	/* The slots would need more flash than is free, and that is more than the firmware. */
	assert_string_equal(budget.remedies[0].text, "shrink the new image by 47,464 bytes");
	assert_non_null(strstr(budget.remedies[1].text, "make each slot"));
	assert_int_equal(budget.remedies[0].cost >> 40, budget.remedies[1].cost >> 40);
}

static void an_old_image_too_large_needs_another_mode_or_another_way(void **state)
{
	struct ota_target target = budget_meter();
	struct ota_budget budget = of_images(&target, WATER_METER_MAX + 1, 1000);

	(void)state;
	assert_true(budget_offers(&budget, "the old image is 1 byte over the limit already"));
	assert_true(budget_offers(&budget, "overwrite-only"));
	assert_false(budget_offers(&budget, "shrink"));
}

static void scratch_grows_to_what_one_group_needs(void **state)
{
	struct ota_target target = budget_meter();
	struct ota_update update = budget_image(100000, 100000);
	struct ota_budget_options options = {.has_scratch = true, .scratch = 0};
	struct ota_budget budget;

	(void)state;
	budget = budget_of(&update, &target, options);
	assert_non_null(strstr(budget.remedies[0].text, "make scratch 2,048 bytes, 2,048 more"));
	assert_true(budget_offers(&budget, "swap-offset: largest image 450,560 instead of 0"));
}

/* 100 sectors: 9 groups and the first erase again make 10, which last 1,000 upgrades. */
static void scratch_grows_to_what_a_thousand_upgrades_need(void **state)
{
	struct ota_target target = budget_meter();
	struct ota_budget budget = of_images(&target, 204800, 204800);

	(void)state;
	assert_true(budget.fits);
	assert_string_equal(budget.remedy, "");
	assert_int_equal(budget.n_remedies, 4);
	assert_non_null(strstr(budget.remedies[0].text,
			       "make scratch 24,576 bytes, 8,192 more than now, 1,000 upgrades "
			       "instead of 714"));
	assert_non_null(strstr(budget.remedies[1].text, "swap-offset: "));
	assert_non_null(strstr(budget.remedies[2].text, "swap-move: "));
	assert_non_null(
		strstr(budget.remedies[3].text, "but the device cannot go back to the old image"));
	/* 12 sectors make 9 groups, 11 make 10. */
	target.layout.scratch.run[0].count = 12;
	budget = of_images(&target, 204800, 204800);
	assert_false(budget_has_finding(&budget, "scratch-wear"));
	target.layout.scratch.run[0].count = 11;
	budget = of_images(&target, 204800, 204800);
	assert_true(budget_has_finding(&budget, "scratch-wear"));
}

static void slots_that_are_no_pair_become_one(void **state)
{
	struct ota_target target = budget_meter();
	struct ota_budget budget;

	(void)state;
	target.layout.secondary.run[0].count = 200;
	budget = of_images(&target, 100000, 100000);
	assert_false(budget.fits);
	assert_non_null(strstr(budget.remedy,
			       "give primary the sectors that secondary has, 409,600 bytes"));
}

/* The same patch, made for a decoder with more memory; only what its header says counts here. */
static void make_tier_m(struct budget_case *one, uint8_t memory[1000])
{
	struct ota_rd rd = ota_rd_init(ota_buf_span(&one->patch));
	struct ota_wr wr = ota_wr_init(memory, 1000);
	struct ota_otd_header header;

	assert_int_equal(ota_otd_header_read(&rd, &header), OTA_OK);
	header.tier = OTA_OTD_M;
	ota_otd_header_write(&wr, &header);
	ota_wr_bytes(&wr, ota_span_tail(ota_buf_span(&one->patch), rd.at));
	assert_int_equal(wr.err, OTA_OK);
	one->update.patch = ota_wr_span(&wr);
}

static void a_patch_for_a_larger_decoder_is_made_for_this_one(void **state)
{
	struct ota_target target = budget_meter();
	struct budget_case one = budget_patch("otd");
	uint8_t memory[1000];
	struct ota_budget budget;

	(void)state;
	make_tier_m(&one, memory);
	budget = budget_of(&one.update, &target, plain);
	assert_int_equal(budget_line(&budget, "updater RAM")->needs, 16384 + 8);
	assert_false(budget_line(&budget, "state of the target's decoder")->fits);
	assert_string_equal(budget.remedy, "make the patch with tier xs: its decoder takes 4,104 "
					   "bytes of RAM");
	/* More RAM makes one line fit, and not the patch. */
	assert_true(budget_offers(&budget, "give the updater 16,392 bytes of RAM, 8 more"));
	budget_patch_free(&one);
}

static void the_smallest_tier_has_no_smaller_one(void **state)
{
	struct ota_target target = budget_meter();
	struct budget_case one = budget_patch("otd");
	struct ota_budget budget;

	(void)state;
	target.updater_ram = 4104;
	assert_true(budget_of(&one.update, &target, plain).fits);
	target.updater_ram = 4103;
	budget = budget_of(&one.update, &target, plain);
	assert_false(budget.fits);
	assert_false(budget_offers(&budget, "make the patch with tier"));
	assert_non_null(strstr(budget.remedies[0].text, "apply the patch on the gateway"));
	assert_non_null(strstr(budget.remedies[1].text, "give the updater 4,104 bytes of RAM"));
	budget_patch_free(&one);
}

static void otd_patches_are_not_told_to_be_in_a_format_made_for_devices(void **state)
{
	struct ota_target target = budget_meter();
	struct budget_case one = budget_patch("otd");
	struct ota_budget budget;

	(void)state;
	target.updater_ram = 4000;
	budget = budget_of(&one.update, &target, plain);
	assert_false(budget_offers(&budget, "format otd"));
	assert_false(budget_offers(&budget, "made for devices"));
	budget_patch_free(&one);
}

static void a_vcdiff_decoder_that_is_too_small_is_offered_smaller_windows(void **state)
{
	struct ota_target target = budget_meter();
	struct budget_case one = budget_patch("vcdiff");
	struct ota_budget budget;

	(void)state;
	target.updater_ram = 3144 + 8 + 2099;
	target.has_patch_place = true;
	target.patch_place = OTA_PATCH_SECONDARY;
	budget = budget_of(&one.update, &target, on_device);
	assert_string_equal(budget.remedy, "make the patch with windows of 2,048 bytes: its "
					   "decoder takes 5,200 bytes of RAM");
	budget_patch_free(&one);
}

static void sections_that_do_not_fit_are_kept_in_flash(void **state)
{
	struct ota_target target = budget_meter();
	struct budget_case one = budget_patch("vcdiff");
	struct ota_budget budget;

	(void)state;
	target.updater_ram = 3144 + 8 + 2100;
	target.has_patch_place = false;
	budget = budget_of(&one.update, &target, on_device);
	assert_false(budget.fits);
	assert_true(budget_offers(&budget, "keep the update behind the new image in the secondary "
					   "slot: the decoder then takes 5,252 bytes of RAM"));
	budget_patch_free(&one);
}

static void ram_that_the_chip_has_not_got_is_not_offered(void **state)
{
	struct ota_target target = budget_meter();
	struct budget_case one = budget_patch("bsdiff");
	struct ota_budget budget = budget_of(&one.update, &target, on_device);

	(void)state;
	assert_false(budget_offers(&budget, "give the updater"));
	assert_non_null(strstr(budget.remedy, "make a patch in format otd, with tier xs"));
	/* With no decoder in the profile it must be built in, which the gateway need not. */
	target.n_decoders = 0;
	budget = budget_of(&one.update, &target, on_device);
	assert_non_null(strstr(budget.remedy, "apply the patch on the gateway"));
	assert_true(budget_offers(&budget, "and must be built into the updater"));
	budget_patch_free(&one);
}

static void a_full_image_that_takes_too_long_is_sent_as_a_patch(void **state)
{
	struct ota_target target = budget_meter();
	struct ota_update update = budget_image(100000, 100000);
	struct ota_link link;
	struct ota_budget_options options = {
		.links = &link, .n_links = 1, .has_max_delivery = true, .max_delivery_us = 1000000};
	struct ota_budget budget;

	(void)state;
	assert_int_equal(ota_link_parse("nb-iot", &link, NULL), OTA_OK);
	budget = budget_of(&update, &target, options);
	assert_non_null(strstr(budget.remedy, "send a patch in format otd, with tier xs: its "
					      "decoder takes 4,104 bytes of RAM on the device"));
}

static void another_patch_is_one_that_the_profiles_decoder_takes(void **state)
{
	struct ota_target target = budget_meter();
	struct ota_update update = budget_image(100000, 100000);
	struct ota_budget_options options = {.has_max_patch = true, .max_patch = 1000};
	struct ota_budget budget;

	(void)state;
	target.updater_ram = 65536;
	target.has_patch_place = true;
	target.patch_place = OTA_PATCH_SECONDARY;
	target.decoder[1] = (struct ota_decoder){.format = "vcdiff", .window = 8192};
	target.n_decoders = 2;
	budget = budget_of(&update, &target, options);
	/* There is memory for tier m and larger windows, and no decoder. */
	assert_true(budget_offers(&budget, "format otd, with tier xs: its decoder takes 4,104"));
	assert_true(budget_offers(&budget, "format vcdiff, with windows of 8,192 bytes"));
	target.decoder[0].tier[0] = '\0';
	target.decoder[1].window = 0;
	budget = budget_of(&update, &target, options);
	assert_true(budget_offers(&budget, "format otd, with tier m: its decoder takes 16,392"));
	assert_true(budget_offers(&budget, "format vcdiff, with windows of 32,768 bytes"));
}

static void no_way_out_is_one_that_breaks_something_else(void **state)
{
	struct ota_target target = budget_meter();
	struct ota_update update = budget_image(1000, WATER_METER_MAX + 1);
	struct ota_budget_options options = {.has_max_erases = true, .max_erases = 700};
	struct ota_budget budget = budget_of(&update, &target, options);

	(void)state;
	assert_false(budget_line(&budget, "new image in the slots")->fits);
	assert_true(budget_line(&budget, "sector erases, one upgrade")->fits);
	assert_true(budget_offers(&budget, "overwrite-only"));
	/* Overwriting erases the slot and the first and last sector of the other: 226. */
	options.max_erases = 225;
	budget = budget_of(&update, &target, options);
	assert_false(budget_line(&budget, "sector erases, one upgrade")->fits);
	assert_true(budget_offers(&budget, "overwrite-only"));
}

/* It was offered: trials looked for no hazards that lie in the images. */
static void no_mode_is_offered_that_these_images_brick(void **state)
{
	struct ota_target target = budget_meter();
	struct ota_update update = budget_image(100000, 100000);
	struct ota_image old_image = {.header.hdr_size = 0x200};
	struct ota_image new_image = {
		.header = {.hdr_size = 0x200, .flags = OTA_IMAGE_F_ENCRYPTED_AES128}};
	struct ota_budget_options options = {.has_scratch = true, .scratch = 0};
	struct ota_budget budget;

	(void)state;
	target.layout.enc_key = 16;
	update.old_image = &old_image;
	update.new_image = &new_image;
	budget = budget_of(&update, &target, options);
	assert_true(budget_offers(&budget, "swap-move"));
	assert_false(budget_offers(&budget, "swap-offset"));
	/* From there the other mode is the way out. */
	target.layout.mode = OTA_MODE_SWAP_OFFSET;
	budget = budget_of(&update, &target, plain);
	assert_true(budget_has_finding(&budget, "swap-offset-plain-to-encrypted"));
	assert_true(budget_offers(&budget, "build the bootloader for swap-move: "));
}

/* The bootloader's place was offered, where the profile leaves it out. */
static void flash_before_the_first_area_is_not_free(void **state)
{
	struct ota_target target = budget_meter();
	struct budget_case one = budget_patch("otd");
	struct ota_budget budget;

	(void)state;
	target.boot = (struct ota_area){.len = 0};
	target.primary.at = 0x30000;
	target.has_patch_place = true;
	target.patch_place = OTA_PATCH_SECONDARY;
	one.update.new_len = 450560;
	one.update.sent_len = 4096;
	budget = budget_of(&one.update, &target, plain);
	assert_true(budget_offers(&budget, "81,920 bytes at 0xec000"));
	assert_false(budget_offers(&budget, "at 0x0:"));
	budget_patch_free(&one);
}

/* The chip's RAM was offered twice over, to RAM and to stack. */
static void stack_is_offered_that_the_chip_has_beside_the_updaters_ram(void **state)
{
	struct ota_target target = budget_meter();
	struct budget_case one = budget_patch("otd");
	struct ota_budget budget;

	(void)state;
	target.updater_stack = 100;
	target.ram = target.updater_ram + OTA_OTD_DEC_STACK_XS;
	budget = budget_of(&one.update, &target, plain);
	assert_true(budget_offers(&budget, "give the updater 256 bytes of stack, 156 more"));
	target.ram--;
	budget = budget_of(&one.update, &target, plain);
	assert_false(budget_offers(&budget, "bytes of stack"));
	budget_patch_free(&one);
}

/* 448,000 bytes of new are 219 sectors of the 220 before the trailer: one is left. */
static void an_update_too_large_for_its_place_is_told_what_would_fit(void **state)
{
	struct ota_target target = budget_meter();
	struct budget_case one = budget_patch("otd");
	struct ota_budget budget;

	(void)state;
	target.has_patch_place = true;
	target.patch_place = OTA_PATCH_SECONDARY;
	one.update.new_len = 448000;
	one.update.sent_len = 2049;
	budget = budget_of(&one.update, &target, plain);
	assert_true(budget_offers(&budget, "find an update of at most 2,048 bytes"));
	one.update.sent_len = 2048;
	assert_true(budget_of(&one.update, &target, plain).fits);
	/* Its own area: 4,096 bytes. */
	target.patch_place = OTA_PATCH_AREA;
	target.patch_area = (struct ota_area){.at = 0xec000, .len = 4096};
	one.update.sent_len = 4097;
	budget = budget_of(&one.update, &target, plain);
	assert_true(budget_offers(&budget, "find an update of at most 4,096 bytes"));
	budget_patch_free(&one);
}

/* A patch was offered, with no place for it. */
static void no_patch_is_offered_that_would_have_no_place(void **state)
{
	struct ota_target target = budget_meter();
	struct ota_update update = budget_image(100000, 450560);
	struct ota_budget_options options = {.has_max_patch = true, .max_patch = 1000};
	struct ota_budget budget;

	(void)state;
	target.has_patch_place = true;
	target.patch_place = OTA_PATCH_SECONDARY;
	budget = budget_of(&update, &target, options);
	assert_false(budget_offers(&budget, "send a patch"));
	update.new_len -= 2048;
	budget = budget_of(&update, &target, options);
	assert_true(budget_offers(&budget, "send a patch in format otd"));
}

/* One slot was counted twice: it had to be other hardware where there was flash enough. */
static void one_slot_takes_the_flash_of_one(void **state)
{
	struct ota_target target = budget_meter();
	struct ota_budget budget;

	(void)state;
	target.layout.mode = OTA_MODE_SINGLE_SLOT;
	target.layout.secondary.n = 0;
	budget = of_images(&target, 100000, 458704 + 60000);
	assert_non_null(strstr(budget.remedies[0].text, "make the slot 61,440 bytes larger"));
	/* Its sectors are nothing that the bootloader is built for. */
	assert_false(budget_offers(&budget, "built for"));
	assert_true(budget_offers(&budget, "shrink the new image by 60,000 bytes"));
}

static void slots_of_more_sectors_are_for_a_bootloader_built_for_them(void **state)
{
	struct ota_target target = budget_meter();
	struct ota_budget budget;

	(void)state;
	target.layout.max_sectors = 224;
	budget = of_images(&target, 100000, 456000);
	assert_true(budget_offers(&budget, ", the bootloader built for 226 sectors; "));
	target.layout.max_sectors = 226;
	budget = of_images(&target, 100000, 456000);
	assert_true(budget_offers(&budget, "make each slot"));
	assert_false(budget_offers(&budget, "the bootloader built for"));
}

static void ways_out_of_too_many_erases_say_how_many_they_take(void **state)
{
	struct ota_target target = budget_meter();
	struct ota_update update = budget_image(100000, 100000);
	struct ota_budget_options options = {.has_max_erases = true, .max_erases = 110};
	struct ota_budget budget = budget_of(&update, &target, options);

	(void)state;
	/* 49 sectors and 4 of the trailer in each slot; with scratch 8 sectors 8 times more. */
	assert_int_equal(budget_line(&budget, "sector erases, one upgrade")->needs, 2 * 53 + 64);
	assert_true(budget_offers(&budget, "build the bootloader for swap-offset: "));
	assert_true(budget_offers(&budget, ", 104 erases instead of 170"));
}

static void the_gateway_is_offered_with_what_it_costs_on_the_way(void **state)
{
	struct ota_target target = budget_meter();
	struct budget_case one = budget_patch("otd");
	struct ota_link link;
	struct ota_budget_options options = {.links = &link, .n_links = 1};
	struct ota_budget budget;

	(void)state;
	assert_int_equal(ota_link_parse("ble,mtu=23,packets=1,interval=1s", &link, NULL), OTA_OK);
	target.updater_ram = 100;
	one.update.sent_len = 200;
	budget = budget_of(&one.update, &target, options);
	assert_true(budget_offers(&budget, "image of 2,100 bytes on the way to the device; "
					   "delivery over ble in 1 min 45 s instead of 10 s"));
	budget_patch_free(&one);
}

/* Of spare fragments "none is known" was all that was said. */
static void fewer_spare_fragments_are_offered_when_their_memory_is_too_much(void **state)
{
	const struct ota_update update = {.new_len = 112116};
	struct ota_target target = budget_meter();
	struct ota_link link;
	struct ota_budget_options options = {.links = &link, .n_links = 1};
	struct ota_budget budget;

	(void)state;
	target.updater_ram = 16384;
	assert_int_equal(ota_link_parse("lorawan,dr=2,redundancy=100%", &link, NULL), OTA_OK);
	budget = budget_of(&update, &target, options);
	assert_false(budget_line(&budget, "putting TS004 fragments together")->fits);
	assert_true(budget_offers(&budget, "redundancy 12 % on lorawan: "));
	assert_int_equal(ota_link_parse("lorawan,dr=2,redundancy=12%", &link, NULL), OTA_OK);
	budget = budget_of(&update, &target, options);
	assert_true(budget_line(&budget, "putting TS004 fragments together")->fits);
}

/* The gateway was named first, and the slots were too small all the same. */
static void what_is_not_enough_alone_comes_last_and_says_so(void **state)
{
	struct ota_target target = budget_meter();
	struct budget_case one = budget_patch("otd");
	struct ota_budget budget;
	bool partial = false;

	(void)state;
	target.updater_ram = 100;
	target.updater_stack = 100;
	one.update.new_len = WATER_METER_MAX + 5000;
	budget = budget_of(&one.update, &target, plain);
	for (unsigned i = 0; i < budget.n_remedies; i++) {
		bool says = strstr(budget.remedies[i].text, "; that alone is not enough") != NULL;

		assert_true(says || !partial);
		partial |= says;
	}
	assert_true(budget_offers(&budget, "give the updater 256 bytes of stack, 156 more than it "
					   "has: the chip has 131,072 of RAM; that alone"));
	assert_null(strstr(budget.remedy, "gateway"));
	one.update.new_len = 2100;
	budget = budget_of(&one.update, &target, plain);
	assert_non_null(strstr(budget.remedy, "gateway"));
	assert_null(strstr(budget.remedy, "alone"));
	budget_patch_free(&one);
}

static void ram_that_the_image_runs_in_is_not_offered_to_the_updater(void **state)
{
	struct ota_target target = budget_meter();
	struct budget_case one = budget_patch("otd");
	struct ota_budget budget;

	(void)state;
	target.updater_ram = 100;
	target.layout.mode = OTA_MODE_RAM_LOAD;
	target.exec_ram = (struct ota_area){.at = 0x20000000, .len = target.ram - 4104 - 2048};
	budget = budget_of(&one.update, &target, plain);
	assert_true(budget_offers(&budget, "give the updater 4,104 bytes of RAM"));
	target.exec_ram.len++;
	budget = budget_of(&one.update, &target, plain);
	assert_false(budget_offers(&budget, "give the updater"));
	budget_patch_free(&one);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_fits_and_lasts_needs_no_way_out),
		cmocka_unit_test(an_image_too_large_is_shrunk_before_slots_and_modes_change),
		cmocka_unit_test(an_image_far_too_large_is_another_firmware),
		cmocka_unit_test(an_old_image_too_large_needs_another_mode_or_another_way),
		cmocka_unit_test(scratch_grows_to_what_one_group_needs),
		cmocka_unit_test(scratch_grows_to_what_a_thousand_upgrades_need),
		cmocka_unit_test(slots_that_are_no_pair_become_one),
		cmocka_unit_test(a_patch_for_a_larger_decoder_is_made_for_this_one),
		cmocka_unit_test(the_smallest_tier_has_no_smaller_one),
		cmocka_unit_test(otd_patches_are_not_told_to_be_in_a_format_made_for_devices),
		cmocka_unit_test(a_vcdiff_decoder_that_is_too_small_is_offered_smaller_windows),
		cmocka_unit_test(sections_that_do_not_fit_are_kept_in_flash),
		cmocka_unit_test(ram_that_the_chip_has_not_got_is_not_offered),
		cmocka_unit_test(a_full_image_that_takes_too_long_is_sent_as_a_patch),
		cmocka_unit_test(another_patch_is_one_that_the_profiles_decoder_takes),
		cmocka_unit_test(no_way_out_is_one_that_breaks_something_else),
		cmocka_unit_test(no_mode_is_offered_that_these_images_brick),
		cmocka_unit_test(flash_before_the_first_area_is_not_free),
		cmocka_unit_test(stack_is_offered_that_the_chip_has_beside_the_updaters_ram),
		cmocka_unit_test(an_update_too_large_for_its_place_is_told_what_would_fit),
		cmocka_unit_test(no_patch_is_offered_that_would_have_no_place),
		cmocka_unit_test(one_slot_takes_the_flash_of_one),
		cmocka_unit_test(slots_of_more_sectors_are_for_a_bootloader_built_for_them),
		cmocka_unit_test(ways_out_of_too_many_erases_say_how_many_they_take),
		cmocka_unit_test(the_gateway_is_offered_with_what_it_costs_on_the_way),
		cmocka_unit_test(fewer_spare_fragments_are_offered_when_their_memory_is_too_much),
		cmocka_unit_test(what_is_not_enough_alone_comes_last_and_says_so),
		cmocka_unit_test(ram_that_the_image_runs_in_is_not_offered_to_the_updater),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
