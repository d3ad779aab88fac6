// SPDX-License-Identifier: Apache-2.0
/* What check counts for a device that makes new where old lies, and what diff tries for it. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <ota/choose.h>
#include <ota/in_place.h>

#include "budgets.h"
#include "vectors.h"

#define OLD_LEN 6000U
#define NEW_LEN 6500U

/* A slot of so many pages of 128 bytes; journal and patch behind it. */
#define NODE                                                                                       \
	"name: node\nflash: {sectors: [512*128], write: 4, program: 64}\nram: 64K\n"               \
	"external-flash: {sectors: [64*4K], write: 1, program: 256}\n"                             \
	"updater: {ram: 8K, stack: 1K, old: mapped, in-place: true, journal: 0x8000+9K,\n"         \
	"          decoders: [{format: vcdiff, window: 1K}, {format: otd, tier: xs}], %s}\n"       \
	"mcuboot: {mode: single-slot, max-align: 8, max-sectors: 512, primary: 0+%u}\n"

#define KEPT "patch: 0xc000+8K"

static struct ota_target node(unsigned pages, const char *more)
{
	char yaml[1024];

	(void)snprintf(yaml, sizeof(yaml), NODE, more, pages * 128);
	return budget_board(yaml);
}

struct pair {
	uint8_t old_image[OLD_LEN];
	uint8_t new_image[NEW_LEN];
	struct ota_index *index;
};

static void begin(struct pair *pair)
{
	fill_pattern(pair->old_image, OLD_LEN, 1);
	fill_pattern(pair->new_image, NEW_LEN, 2);
	memcpy(pair->new_image + NEW_LEN - 5000, pair->old_image + OLD_LEN - 5000, 5000);
	if (ota_index_build(ota_span_of(pair->old_image, OLD_LEN), &pair->index, NULL) != OTA_OK)
		fail_msg("no index");
}

static struct budget_case make(const struct pair *pair, struct ota_delta_plan plan)
{
	struct budget_case one = {.patch = ota_buf_init(100000)};
	struct ota_diag diag = {.err = OTA_OK};

	if (ota_delta_make(&plan, pair->index, ota_span_of(pair->new_image, NEW_LEN), &one.patch,
			   &diag) != OTA_OK ||
	    ota_delta_describe(ota_buf_span(&one.patch), &one.info, &diag) != OTA_OK)
		fail_msg("%s", diag.text);
	one.update = (struct ota_update){.patch = ota_buf_span(&one.patch),
					 .format = "otd",
					 .old_len = OLD_LEN,
					 .new_len = NEW_LEN};
	return one;
}

/* An update in place by that block and lead. */
static struct budget_case patch(const struct pair *pair, uint32_t block, uint32_t lead)
{
	return make(pair, (struct ota_delta_plan){
				  .format = "otd", .in_place = true, .block = block, .lead = lead});
}

static const struct ota_budget_options nothing;

static void memory_is_state_and_page_and_no_image(void **state)
{
	static const struct {
		const char *more;
		uint64_t ram;
	} cases[] = {
		{KEPT, 4096 + 64},
		{"patch: external:0+8K", 4096 + 64 + 64},
		{KEPT ", old: read", 4096 + 64 + 64},
		{"patch: external:0+8K, old: read", 4096 + 64 + 64 + 64},
	};
	struct pair pair;
	struct budget_case one;

	(void)state;
	begin(&pair);
	one = patch(&pair, 128, 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *mapped = "old: mapped, ";
		char yaml[1024];
		char *at;
		struct ota_target target;
		struct ota_budget budget;

		(void)snprintf(yaml, sizeof(yaml), NODE, cases[i].more, 200U * 128);
		at = strstr(yaml, mapped);
		if (strstr(cases[i].more, "old:"))
			memmove(at, at + strlen(mapped), strlen(at + strlen(mapped)) + 1);
		target = budget_board(yaml);
		budget = budget_of(&one.update, &target, nothing);
		assert_int_equal(budget_line(&budget, "updater RAM")->needs, cases[i].ram);
		assert_true(budget.fits);
	}
	budget_patch_free(&one);
	ota_index_free(pair.index);
}

/* 47 pages of old, 51 of new. */
static void a_slot_of_one_page_less_does_not_fit(void **state)
{
	struct pair pair;

	(void)state;
	begin(&pair);
	for (uint32_t lead = 5; lead < 60; lead += 9) {
		struct budget_case one = patch(&pair, 128, lead * 128);
		uint32_t counted = one.info.otd.lead / 128;
		/* The trailer's 48 bytes take a page. */
		unsigned pages = (counted + 47 > 51 ? counted + 47 : 51) + 1;
		struct ota_target target = node(pages, KEPT);
		struct ota_budget budget = budget_of(&one.update, &target, nothing);

		assert_true(budget.fits);
		assert_int_equal(budget_line(&budget, "old image, moved up in its slot")->needs,
				 (counted + 47) * 128);
		assert_int_equal(budget_line(&budget, "new image, in blocks")->needs, 51 * 128);
		target = node(pages - 1, KEPT);
		budget = budget_of(&one.update, &target, nothing);
		assert_false(budget.fits);
		target = node(pages + 2, KEPT ", checkpoint-every: 3");
		budget = budget_of(&one.update, &target, nothing);
		assert_int_equal(budget_line(&budget, "old image, moved up in its slot")->needs,
				 (counted + 2 + 47) * 128);
		assert_true(budget.fits);
		budget_patch_free(&one);
	}
	ota_index_free(pair.index);
}

static void a_patch_that_moves_too_far_can_be_made_again(void **state)
{
	struct pair pair;
	struct budget_case one;
	struct ota_target target = node(53, KEPT);
	struct ota_budget budget;

	(void)state;
	begin(&pair);
	one = patch(&pair, 1024, 7168);
	budget = budget_of(&one.update, &target, nothing);
	assert_false(budget.fits);
	target.in_place_block = 128;
	budget = budget_of(&one.update, &target, nothing);
	assert_false(budget.fits);
	assert_true(budget_offers(&budget, "otatool diff --target node"));
	budget_patch_free(&one);
	ota_index_free(pair.index);
}

static void erases_are_those_of_slot_and_journal(void **state)
{
	struct pair pair;
	struct budget_case one;
	struct ota_target target = node(200, KEPT);
	struct ota_budget budget;

	(void)state;
	begin(&pair);
	one = patch(&pair, 128, 0);
	budget = budget_of(&one.update, &target, nothing);
	/* 51 checkpoints of 4,132 bytes, one in each half of 36 pages; 48 marks of 36 before. */
	assert_int_equal(budget.upgrade.journal.erases, 52U * 36);
	assert_int_equal(budget.upgrade.primary.erases, 47 + 51);
	assert_int_equal(budget_line(&budget, "sector erases, one upgrade")->needs,
			 52U * 36 + 47 + 51);
	assert_int_equal(budget_line(&budget, "hottest sector (journal), per upgrade")->needs, 26);
	assert_int_equal(budget.store.erases, 0);
	budget_patch_free(&one);
	ota_index_free(pair.index);
}

static void the_gateway_may_have_any_patch(void **state)
{
	struct ota_target meter = budget_meter();
	struct ota_target target = node(200, KEPT);
	const struct ota_budget_options gateway = {.applier = OTA_APPLIED_BY_GATEWAY};
	struct pair pair;
	struct budget_case one;
	struct ota_budget budget;

	(void)state;
	begin(&pair);
	one = patch(&pair, 128, 0);
	budget = budget_of(&one.update, &meter, nothing);
	assert_int_equal(budget_finding(&budget, "patch-in-place")->severity, OTA_SEVERITY_FAILURE);
	budget = budget_of(&one.update, &meter, gateway);
	assert_false(budget_has_finding(&budget, "patch-in-place"));
	budget_patch_free(&one);
	one = budget_patch("otd");
	budget = budget_of(&one.update, &target, nothing);
	assert_int_equal(budget_finding(&budget, "patch-not-in-place")->severity,
			 OTA_SEVERITY_FAILURE);
	assert_true(budget_offers(&budget, "otatool diff --target node"));
	budget = budget_of(&one.update, &target, gateway);
	assert_false(budget_has_finding(&budget, "patch-not-in-place"));
	budget_patch_free(&one);
	ota_index_free(pair.index);
}

/* Of a decoder of another tier with more memory nothing was said but to have the gateway do it. */
static void a_nano_patch_for_a_larger_decoder_can_be_made_again(void **state)
{
	struct ota_target target = node(200, KEPT);
	struct pair pair;
	struct budget_case one;
	struct ota_budget budget;

	(void)state;
	begin(&pair);
	one = make(&pair, (struct ota_delta_plan){.format = "otd",
						  .tier = OTA_DELTA_TIER_NANO,
						  .in_place = true,
						  .block = 128});
	budget = budget_of(&one.update, &target, nothing);
	assert_false(budget.fits);
	assert_false(budget_line(&budget, "state of the target's decoder")->fits);
	assert_true(budget_offers(&budget, "make the patch with tier xs: "));
	(void)snprintf(target.decoder[1].tier, sizeof(target.decoder[1].tier), "nano");
	budget = budget_of(&one.update, &target, nothing);
	assert_true(budget.fits);
	budget_patch_free(&one);
	ota_index_free(pair.index);
}

/* The agent refused it, and check said that it fits. */
static void a_block_is_whole_pages(void **state)
{
	struct ota_target target = node(200, KEPT);
	struct pair pair;
	struct budget_case one;
	struct ota_budget budget;

	(void)state;
	begin(&pair);
	one = patch(&pair, 128, 0);
	target.flash.program = 128;
	budget = budget_of(&one.update, &target, nothing);
	assert_true(budget.fits);
	target.flash.program = 256;
	budget = budget_of(&one.update, &target, nothing);
	assert_false(budget.fits);
	assert_string_equal(budget_finding(&budget, "in-place-block")->text,
			    "the patch erases 128 bytes at a time, and 256 are programmed at once");
	budget_patch_free(&one);
	ota_index_free(pair.index);
}

/* The journal was taken for free flash, and the loader's slot for a place behind new. */
static void ways_out_leave_journal_and_patch_alone(void **state)
{
	struct ota_target target = node(53, KEPT);
	struct pair pair;
	struct budget_case one;
	struct ota_budget budget;

	(void)state;
	begin(&pair);
	one = patch(&pair, 128, 0);
	one.update.sent_len = 20000;
	budget = budget_of(&one.update, &target, nothing);
	assert_false(budget.fits);
	assert_true(budget_offers(&budget, "in flash that no area has, 25,984 bytes at 0x1a80"));
	assert_false(budget_offers(&budget, "as it comes in, and keep it nowhere"));
	target.layout.mode = OTA_MODE_FIRMWARE_LOADER;
	target.layout.secondary = target.layout.primary;
	budget = budget_of(&one.update, &target, nothing);
	assert_false(budget_offers(&budget, "behind the new image in the secondary slot"));
	budget_patch_free(&one);
	ota_index_free(pair.index);
}

/* That the patch was of the wrong kind went unsaid among the ways out when more was wrong. */
static void to_make_it_in_place_is_offered_whatever_else_fails(void **state)
{
	struct ota_target target = node(200, KEPT);
	struct budget_case one = budget_patch("otd");
	struct ota_budget budget;

	(void)state;
	target.updater_ram = 4000;
	budget = budget_of(&one.update, &target, nothing);
	assert_true(budget_offers(&budget, "make the patch in place: otatool diff --target node"));
	assert_true(budget_offers(&budget, "apply the patch on the gateway"));
	budget_patch_free(&one);
}

/* Nothing had room in a slot of 0 bytes. */
static void a_full_image_in_fragments_is_held_against_the_slot(void **state)
{
	struct ota_target target = node(200, KEPT);
	struct ota_update update = budget_image(OLD_LEN, NEW_LEN);
	struct ota_budget budget;

	(void)state;
	assert_int_equal(ota_link_parse("lorawan,region=eu868,dr=0", &target.link[0], NULL),
			 OTA_OK);
	target.n_links = 1;
	budget = budget_of(&update, &target, nothing);
	assert_int_equal(budget_line(&budget, "whole fragments in the slot")->has, 200 * 128 - 48);
	assert_true(budget.fits);
}

/* Sizes, block and lead are claims; the budget is asked before anything has proved them. */
static void claims_of_any_size_are_only_added_up(void **state)
{
	static struct ota_budget budget;
	struct ota_target target = node(200, KEPT ", checkpoint-every: 255");
	uint8_t bytes[64];
	struct pair pair;
	struct budget_case one;
	unsigned judged = 0;

	(void)state;
	begin(&pair);
	one = patch(&pair, 128, 0);
	for (uint32_t i = 0; i < 24U * 256; i++) {
		struct ota_update update = one.update;

		memcpy(bytes, update.patch.data, sizeof(bytes));
		bytes[i / 256] = (uint8_t)i;
		/* A number of five bytes where a short one was. */
		if (i % 2 == 0)
			memset(bytes + i / 256 + 1, 0xff, 3);
		update.patch = ota_span_of(bytes, sizeof(bytes));
		update.old_len = i % 3 == 0 ? UINT32_MAX : OLD_LEN;
		judged += ota_budget_check(&update, &target, &nothing, &budget, NULL) == OTA_OK;
	}
	assert_true(judged > 1000);
	budget_patch_free(&one);
	ota_index_free(pair.index);
}

/* -- what is tried ----------------------------------------------------------------------------- */

static void only_patches_in_place_are_tried_with_all_the_room_there_is(void **state)
{
	static struct ota_choice choice;
	struct ota_target target = node(60, KEPT);
	struct pair pair;
	struct ota_choose_job job = {.target = &target,
				     .options = &nothing,
				     .update = {.old_len = OLD_LEN, .new_len = NEW_LEN},
				     .new_image = ota_span_of(pair.new_image, NEW_LEN),
				     .ceiling = 100000};
	struct ota_diag diag = {.err = OTA_OK};

	(void)state;
	begin(&pair);
	assert_int_equal(ota_choose(&job, pair.index, &choice, &diag), OTA_OK);
	assert_int_equal(choice.n, 1);
	assert_true(choice.found && choice.candidate[0].plan.in_place);
	assert_int_equal(choice.candidate[0].plan.block, 128);
	/* 59 pages before the trailer's, less 47 of old. */
	assert_int_equal(choice.candidate[0].plan.lead, 12 * 128);
	ota_choice_free(&choice);
	job.wanted.lead = 8 * 128;
	assert_int_equal(ota_choose_candidates(&job, &choice, &diag), OTA_OK);
	assert_int_equal(choice.candidate[0].plan.lead, 8 * 128);
	ota_choice_free(&choice);
	job.wanted.lead = 13 * 128;
	assert_int_equal(ota_choose_candidates(&job, &choice, &diag), OTA_E_NO_FIT);
	assert_string_equal(diag.text,
			    "the patch would count on old moved up by 1,664 bytes, the slot of "
			    "node has room for 1,536");
	job.wanted = (struct ota_delta_plan){.format = "vcdiff"};
	diag = (struct ota_diag){.err = OTA_OK};
	assert_int_equal(ota_choose_candidates(&job, &choice, &diag), OTA_E_USAGE);
	/* Growth of 500 bytes and the block that is erased: 5 pages. */
	target = node(47 + 5 + 1, KEPT);
	job.wanted = (struct ota_delta_plan){.format = NULL};
	assert_int_equal(ota_choose_candidates(&job, &choice, &diag), OTA_OK);
	ota_choice_free(&choice);
	target = node(47 + 5, KEPT);
	assert_int_equal(ota_choose_candidates(&job, &choice, &diag), OTA_E_NO_FIT);
	ota_index_free(pair.index);
}

/* It was refused what it has room for, and its patches were made in place. */
static void for_a_gateway_patches_are_not_made_in_place(void **state)
{
	static struct ota_choice choice;
	const struct ota_budget_options gateway = {.applier = OTA_APPLIED_BY_GATEWAY};
	struct ota_target target = node(52, KEPT);
	struct ota_choose_job job = {.target = &target,
				     .options = &gateway,
				     .update = {.old_len = OLD_LEN, .new_len = NEW_LEN},
				     .ceiling = 100000};

	(void)state;
	assert_int_equal(ota_choose_candidates(&job, &choice, NULL), OTA_OK);
	assert_true(choice.n > 1);
	for (unsigned i = 0; i < choice.n; i++)
		assert_false(choice.candidate[i].plan.in_place);
	ota_choice_free(&choice);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_state_and_page_and_no_image),
		cmocka_unit_test(a_slot_of_one_page_less_does_not_fit),
		cmocka_unit_test(a_patch_that_moves_too_far_can_be_made_again),
		cmocka_unit_test(erases_are_those_of_slot_and_journal),
		cmocka_unit_test(the_gateway_may_have_any_patch),
		cmocka_unit_test(a_nano_patch_for_a_larger_decoder_can_be_made_again),
		cmocka_unit_test(a_block_is_whole_pages),
		cmocka_unit_test(ways_out_leave_journal_and_patch_alone),
		cmocka_unit_test(to_make_it_in_place_is_offered_whatever_else_fails),
		cmocka_unit_test(a_full_image_in_fragments_is_held_against_the_slot),
		cmocka_unit_test(claims_of_any_size_are_only_added_up),
		cmocka_unit_test(only_patches_in_place_are_tried_with_all_the_room_there_is),
		cmocka_unit_test(for_a_gateway_patches_are_not_made_in_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
