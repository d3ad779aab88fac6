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

/* An update in place by that block and lead. */
static struct budget_case patch(const struct pair *pair, uint32_t block, uint32_t lead)
{
	const struct ota_delta_plan plan = {
		.format = "otd", .in_place = true, .block = block, .lead = lead};
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
			    "a lead of 1664 bytes is asked for, the slot of node has room "
			    "for 1536");
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_state_and_page_and_no_image),
		cmocka_unit_test(a_slot_of_one_page_less_does_not_fit),
		cmocka_unit_test(a_patch_that_moves_too_far_can_be_made_again),
		cmocka_unit_test(erases_are_those_of_slot_and_journal),
		cmocka_unit_test(the_gateway_may_have_any_patch),
		cmocka_unit_test(claims_of_any_size_are_only_added_up),
		cmocka_unit_test(only_patches_in_place_are_tried_with_all_the_room_there_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
