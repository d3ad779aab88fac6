// SPDX-License-Identifier: Apache-2.0
/* What is tried for a target, and which patch is taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <ota/choose.h>
#include <ota/vcdiff.h>

#include "vectors.h"

#define OLD_LEN 12000U
#define NEW_LEN 12500U

/* What vcdiff's decoder takes beside its window, and what the board below programs at once. */
#define VCDIFF_STATE 3144U
#define PAGE         8U

/* A roomy board whose updater is `updater`, in YAML. */
static struct ota_target board(const char *updater)
{
	char yaml[1024];
	struct ota_target target;
	struct ota_diag diag = {.err = OTA_OK};
	int len = snprintf(yaml, sizeof(yaml),
			   "name: test\nbase: stm32l476rg\nupdater: {%s}\n"
			   "mcuboot: {mode: swap-scratch, max-align: 8, max-sectors: 256,\n"
			   "  boot: 0x0+32K, primary: 0x8000+448K, secondary: 0x78000+448K,\n"
			   "  scratch: 0xe8000+16K}\n",
			   updater);

	assert_in_range(len, 1, sizeof(yaml) - 1);
	if (ota_target_parse("test", ota_span_of(yaml, (size_t)len), &target, &diag) != OTA_OK)
		fail_msg("%s", diag.text);
	return target;
}

/* A pair of files, and the index of the old one. */
struct pair {
	uint8_t *old_image, *new_image;
	size_t old_len, new_len;
	struct ota_index *index;
};

static struct pair pair_of(size_t old_len, size_t new_len)
{
	struct pair pair = {.old_len = old_len, .new_len = new_len};

	pair.old_image = malloc(old_len + 1);
	pair.new_image = malloc(new_len + 1);
	assert_non_null(pair.old_image);
	assert_non_null(pair.new_image);
	fill_pattern(pair.old_image, old_len, 1);
	fill_pattern(pair.new_image, new_len, 2);
	return pair;
}

static void begin(struct pair *pair)
{
	assert_int_equal(
		ota_index_build(ota_span_of(pair->old_image, pair->old_len), &pair->index, NULL),
		OTA_OK);
}

/* Two files with much in common, in pieces that move and are cut. */
static struct pair usual(void)
{
	struct pair pair = pair_of(OLD_LEN, NEW_LEN);

	for (size_t at = 0; at + 700 <= OLD_LEN && at + 700 <= NEW_LEN; at += 700)
		memcpy(pair.new_image + at, pair.old_image + (at * 5) % (OLD_LEN - 700), 660);
	begin(&pair);
	return pair;
}

static void end(struct pair *pair)
{
	ota_index_free(pair->index);
	free(pair->new_image);
	free(pair->old_image);
}

static struct ota_choose_job job_for(const struct pair *pair, const struct ota_target *target,
				     const struct ota_budget_options *options)
{
	return (struct ota_choose_job){
		.target = target,
		.options = options,
		.update = {.old_len = pair->old_len, .new_len = pair->new_len},
		.new_image = ota_span_of(pair->new_image, pair->new_len),
		.ceiling = 1U << 20};
}

static struct ota_choice choose(const struct ota_choose_job *job, const struct pair *pair)
{
	struct ota_choice choice;
	struct ota_diag diag = {.err = OTA_OK};

	if (ota_choose(job, pair->index, &choice, &diag) != OTA_OK)
		fail_msg("%s", diag.text);
	return choice;
}

/* What is tried, as "otd, tier xs | vcdiff, window 1K". */
static void tries(const struct ota_choose_job *job, const char *expected)
{
	static struct ota_choice choice;
	struct ota_diag diag = {.err = OTA_OK};
	char all[2048] = "";

	if (ota_choose_candidates(job, &choice, &diag) != OTA_OK)
		fail_msg("%s", diag.text);
	for (unsigned i = 0; i < choice.n; i++) {
		size_t at = strlen(all);

		(void)snprintf(all + at, sizeof(all) - at, "%s%s", i ? " | " : "",
			       choice.candidate[i].name);
	}
	assert_string_equal(all, expected);
	ota_choice_free(&choice);
}

static void tries_for(const char *updater, struct ota_budget_options options,
		      struct ota_delta_plan wanted, const char *expected)
{
	struct ota_target target = board(updater);
	struct pair pair = {.old_len = OLD_LEN, .new_len = NEW_LEN};
	struct ota_choose_job job = job_for(&pair, &target, &options);

	job.new_image = ota_span_of(NULL, 0);
	job.new_image.len = NEW_LEN; /* nothing but the length is looked at */
	job.wanted = wanted;
	tries(&job, expected);
}

#define NOTHING                                                                                    \
	(struct ota_delta_plan)                                                                    \
	{                                                                                          \
		.format = NULL                                                                     \
	}
#define AS_PROFILE                                                                                 \
	(struct ota_budget_options)                                                                \
	{                                                                                          \
		.has_ram = false                                                                   \
	}

/* -- what is tried ----------------------------------------------------------------------------- */

static void tries_the_tiers_that_a_decoder_reads(void **state)
{
	(void)state;
	tries_for("ram: 32K, decoders: [{format: otd, tier: xs}]", AS_PROFILE, NOTHING,
		  "otd, tier xs");
	tries_for("ram: 32K, decoders: [{format: otd, tier: m}]", AS_PROFILE, NOTHING,
		  "otd, tier xs | otd, tier m");
	tries_for("ram: 32K, decoders: [{format: otd, tier: nano}]", AS_PROFILE, NOTHING,
		  "otd, tier nano");
	tries_for("ram: 32K, decoders: [{format: otd, tier: nano}, {format: otd, tier: xs}]",
		  AS_PROFILE, NOTHING, "otd, tier nano | otd, tier xs");
	tries_for("ram: 32K, decoders: [{format: otd}]", AS_PROFILE, NOTHING,
		  "otd, tier nano | otd, tier xs | otd, tier m");
}

static void tries_windows_up_to_the_decoders_and_no_larger_than_new(void **state)
{
	(void)state;
	tries_for("ram: 64K, decoders: [{format: vcdiff, window: 4K}]", AS_PROFILE, NOTHING,
		  "vcdiff, window 1K | vcdiff, window 2K | vcdiff, window 4K");
	/* The first that holds all of new is the last that is of use. */
	tries_for("ram: 64K, decoders: [{format: vcdiff, window: 1M}]", AS_PROFILE, NOTHING,
		  "vcdiff, window 1K | vcdiff, window 2K | vcdiff, window 4K | vcdiff, window 8K "
		  "| vcdiff, window 16K");
	tries_for("ram: 64K, decoders: [{format: vcdiff, window: 3000}]", AS_PROFILE, NOTHING,
		  "vcdiff, window 1K | vcdiff, window 2K | vcdiff, window 3000");
	tries_for("ram: 64K, decoders: [{format: vcdiff, window: 500}]", AS_PROFILE, NOTHING,
		  "vcdiff, window 500");
}

static void tries_windows_up_to_the_first_that_the_ram_cannot_hold(void **state)
{
	(void)state;
	tries_for("ram: 6K, decoders: [{format: vcdiff}]", AS_PROFILE, NOTHING,
		  "vcdiff, window 1K | vcdiff, window 2K | vcdiff, window 4K");
	tries_for("ram: 6K, decoders: [{format: vcdiff}]",
		  (struct ota_budget_options){.has_ram = true, .ram = 4000}, NOTHING,
		  "vcdiff, window 1K");
}

static void tries_every_format_for_a_gateway(void **state)
{
	const char *all = "bsdiff | vcdiff | vcdiff, lzma | otd, tier m";

	(void)state;
	tries_for("ram: 16K", AS_PROFILE, NOTHING, all);
	tries_for("ram: 16K, decoders: [{format: otd, tier: xs}]",
		  (struct ota_budget_options){.applier = OTA_APPLIED_BY_GATEWAY}, NOTHING, all);
	/* A format that the device has no decoder for is a gateway's when it is asked for. */
	tries_for("ram: 16K, decoders: [{format: otd, tier: xs}]", AS_PROFILE,
		  (struct ota_delta_plan){.format = "bsdiff"}, "bsdiff");
}

static void tries_all_decoders_on_a_device_that_lists_none(void **state)
{
	(void)state;
	tries_for("ram: 5K", (struct ota_budget_options){.applier = OTA_APPLIED_ON_DEVICE}, NOTHING,
		  "bsdiff | vcdiff, window 1K | vcdiff, window 2K | otd, tier nano | otd, tier "
		  "xs | otd, tier m");
}

static void leaves_what_is_settled(void **state)
{
	const char *both = "ram: 64K, decoders: [{format: otd, tier: m}, {format: vcdiff, window: "
			   "4K}]";

	(void)state;
	tries_for(both, AS_PROFILE, (struct ota_delta_plan){.format = "otd"},
		  "otd, tier xs | otd, tier m");
	tries_for(both, AS_PROFILE, (struct ota_delta_plan){.format = "xdelta3", .window = 8192},
		  "vcdiff, window 8K");
	/* Without a format those that have no use for the option are left out. */
	tries_for(both, AS_PROFILE, (struct ota_delta_plan){.window = 2048}, "vcdiff, window 2K");
	tries_for(both, AS_PROFILE, (struct ota_delta_plan){.tier = OTA_DELTA_TIER_M},
		  "otd, tier m");
	/* What is known of the images is no choice. */
	tries_for(both, AS_PROFILE,
		  (struct ota_delta_plan){.format = "vcdiff", .arch = OTA_DELTA_ARCH_THUMB},
		  "vcdiff, window 1K | vcdiff, window 2K | vcdiff, window 4K");
}

static void takes_two_decoders_of_a_format_once(void **state)
{
	(void)state;
	tries_for("ram: 64K, decoders: [{format: otd, tier: xs}, {format: otd, tier: m}]",
		  AS_PROFILE, NOTHING, "otd, tier xs | otd, tier m");
}

static void says_when_nothing_is_left_to_try(void **state)
{
	struct ota_target target = board("ram: 64K, decoders: [{format: otd, tier: xs}]");
	struct ota_budget_options options = {.has_ram = false};
	struct pair pair = {.new_len = 0};
	struct ota_choose_job job = job_for(&pair, &target, &options);
	static struct ota_choice choice;
	struct ota_diag diag = {.err = OTA_OK};

	(void)state;
	job.wanted.window = 4096;
	assert_int_equal(ota_choose_candidates(&job, &choice, &diag), OTA_E_USAGE);
	assert_string_equal(diag.text, "no patch for test can be made so: otd has no windows");
	ota_choice_free(&choice);
}

/* -- which is taken ---------------------------------------------------------------------------- */

#define TWO_FORMATS                                                                                \
	"ram: 64K, stack: 4K, decoders: [{format: vcdiff, window: 16K}, {format: otd, tier: m}]"

static void takes_the_smallest_and_the_same_for_any_number_of_threads(void **state)
{
	static const unsigned threads[] = {1, 2, 8, 4000000000U};
	struct ota_target target = board(TWO_FORMATS);
	struct ota_budget_options options = {.has_ram = false};
	struct pair pair = usual();
	struct ota_choose_job job = job_for(&pair, &target, &options);
	struct ota_choice first;

	(void)state;
	job.threads = 1;
	first = choose(&job, &pair);
	assert_true(first.found);
	for (unsigned i = 0; i < first.n; i++) {
		assert_true(first.candidate[i].made);
		assert_true(first.candidate[i].fits);
		assert_true(first.patch.len <= first.candidate[i].patch_len);
	}
	for (size_t i = 0; i < sizeof(threads) / sizeof(threads[0]); i++) {
		struct ota_choice again;

		job.threads = threads[i];
		again = choose(&job, &pair);
		assert_int_equal(again.chosen, first.chosen);
		assert_int_equal(again.patch.len, first.patch.len);
		assert_memory_equal(again.patch.data, first.patch.data, first.patch.len);
		assert_memory_equal(again.candidate, first.candidate, sizeof(first.candidate));
		ota_choice_free(&again);
	}
	ota_choice_free(&first);
	end(&pair);
}

/* A larger window makes a smaller patch, but not for this much memory. */
static void takes_the_smallest_that_passes_not_the_smallest(void **state)
{
	struct ota_target target = board("ram: 64K, old: mapped, patch: secondary, "
					 "decoders: [{format: vcdiff, window: 8K}]");
	struct ota_budget_options options = {
		.has_max_ram = true, .max_ram = VCDIFF_STATE + OTA_VCDIFF_DEC_STACK + 2048 + PAGE};
	struct pair pair = usual();
	struct ota_choose_job job = job_for(&pair, &target, &options);
	struct ota_choice choice = choose(&job, &pair);
	const struct ota_candidate *larger = &choice.candidate[2];

	(void)state;
	assert_int_equal(choice.n, 4);
	assert_true(choice.found);
	assert_int_equal(choice.chosen, 1);
	assert_true(larger->made);
	assert_false(larger->fits);
	assert_true(larger->patch_len < choice.patch.len);
	assert_non_null(strstr(larger->reason, "2,048 bytes short"));
	ota_choice_free(&choice);

	options.max_ram--;
	choice = choose(&job, &pair);
	assert_int_equal(choice.chosen, 0);
	ota_choice_free(&choice);
	end(&pair);
}

static void tells_by_how_much_each_fails_when_none_passes(void **state)
{
	struct ota_target target = board("ram: 4K, decoders: [{format: otd, tier: xs}, {format: "
					 "vcdiff}, {format: bsdiff}]");
	struct ota_budget_options options = {.has_ram = false};
	struct pair pair = usual();
	struct ota_choose_job job = job_for(&pair, &target, &options);
	struct ota_choice choice = choose(&job, &pair);

	(void)state;
	assert_false(choice.found);
	assert_int_equal(choice.patch.len, 0);
	assert_int_equal(choice.n, 3);
	for (unsigned i = 0; i < choice.n; i++) {
		assert_false(choice.candidate[i].fits);
		assert_non_null(strstr(choice.candidate[i].reason, "short"));
	}
	/* One that has not been made has its number all the same. */
	assert_false(choice.candidate[2].made);
	assert_non_null(strstr(choice.candidate[2].reason, "at least: 9"));
	ota_choice_free(&choice);
	end(&pair);
}

static void counts_what_is_around_the_patch(void **state)
{
	struct ota_target target = board("ram: 16K, decoders: [{format: otd, tier: xs}]");
	struct ota_budget_options options = {.has_max_patch = true};
	struct pair pair = usual();
	struct ota_choose_job job = job_for(&pair, &target, &options);
	struct ota_choice choice;
	uint64_t bare;

	(void)state;
	options.max_patch = 1U << 20;
	choice = choose(&job, &pair);
	bare = choice.patch.len;
	ota_choice_free(&choice);

	options.max_patch = bare + 244;
	job.wrapper_len = 244;
	choice = choose(&job, &pair);
	assert_true(choice.found);
	assert_int_equal(choice.candidate[0].patch_len, bare);
	assert_int_equal(choice.candidate[0].sent_len, bare + 244);
	ota_choice_free(&choice);

	options.max_patch--;
	choice = choose(&job, &pair);
	assert_false(choice.found);
	assert_non_null(strstr(choice.candidate[0].reason, "your limit: "));
	ota_choice_free(&choice);
	end(&pair);
}

static void takes_the_one_with_less_memory_of_equal_patches(void **state)
{
	struct ota_target target = board(
		"ram: 64K, decoders: [{format: vcdiff, window: 64K}, {format: otd, tier: m}]");
	struct ota_budget_options options = {.has_ram = false};
	struct pair pair = pair_of(900, 900);
	struct ota_choose_job job = job_for(&pair, &target, &options);
	struct ota_choice choice;

	(void)state;
	memcpy(pair.new_image, pair.old_image, 900);
	begin(&pair);
	/* Of tier m nothing smaller than of xs comes for equal files. */
	job.wanted.format = "otd";
	choice = choose(&job, &pair);
	assert_int_equal(choice.n, 2);
	assert_int_equal(choice.chosen, 0);
	assert_int_equal(choice.candidate[1].same_as, 1);
	assert_int_equal(choice.candidate[0].patch_len, choice.candidate[1].patch_len);
	ota_choice_free(&choice);
	end(&pair);
}

static void makes_patches_of_nothing_and_to_nothing(void **state)
{
	static const size_t lens[][2] = {{0, 0}, {0, 700}, {700, 0}, {1, 1}};
	struct ota_target target = board(TWO_FORMATS);
	struct ota_budget_options options = {.has_ram = false};

	(void)state;
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		struct pair pair = pair_of(lens[i][0], lens[i][1]);
		struct ota_choose_job job;
		struct ota_choice choice;

		begin(&pair);
		job = job_for(&pair, &target, &options);
		choice = choose(&job, &pair);
		assert_true(choice.found);
		ota_choice_free(&choice);
		end(&pair);
	}
}

static void keeps_the_reason_of_a_patch_that_could_not_be_made(void **state)
{
	struct ota_target target = board("ram: 16K, decoders: [{format: otd, tier: xs}]");
	struct ota_budget_options options = {.has_ram = false};
	struct pair pair = usual();
	struct ota_choose_job job = job_for(&pair, &target, &options);
	struct ota_choice choice;

	(void)state;
	job.ceiling = 100;
	choice = choose(&job, &pair);
	assert_false(choice.found);
	assert_false(choice.candidate[0].made);
	assert_true(choice.candidate[0].reason[0] != '\0');
	ota_choice_free(&choice);
	end(&pair);
}

/* The wrong answer was what 0 lacks to the limit, 213,503,982 days over. */
static void says_that_a_link_cannot_carry_it_not_that_it_takes_too_long(void **state)
{
	struct ota_budget *budget = calloc(1, sizeof(*budget));
	struct ota_candidate candidate = {.made = true};

	(void)state;
	assert_non_null(budget);
	budget->n = 1;
	budget->line[0] = (struct ota_budget_line){.unit = OTA_UNIT_MICROSECONDS,
						   .what = "airtime, lorawan",
						   .note = "cannot be carried",
						   .has = 3600,
						   .limited = true,
						   .gate = true};
	ota_candidate_explain(&candidate, budget);
	assert_string_equal(candidate.reason, "airtime, lorawan, your limit: cannot be carried");
	assert_int_equal(candidate.n_short, 1);
	free(budget);
}

/* The wrong answer was a number without its last digits. */
static void a_reason_that_is_too_long_ends_in_dots(void **state)
{
	struct ota_budget *budget = calloc(1, sizeof(*budget));
	struct ota_candidate candidate = {.made = true};

	(void)state;
	assert_non_null(budget);
	budget->n = 8;
	for (unsigned i = 0; i < budget->n; i++)
		budget->line[i] = (struct ota_budget_line){
			.what = "updater RAM", .needs = 1234567, .has = 1000000, .limited = true};
	ota_candidate_explain(&candidate, budget);
	assert_int_equal(candidate.n_short, 8);
	assert_int_equal(strlen(candidate.reason), sizeof(candidate.reason) - 1);
	assert_string_equal(candidate.reason + sizeof(candidate.reason) - sizeof("..."), "...");
	free(budget);
}

/* -- targets ----------------------------------------------------------------------------------- */

static void refuses_a_chip_and_a_board_without_updater(void **state)
{
	struct ota_budget_options options = {.has_ram = false};
	struct ota_target target;
	struct ota_diag diag = {.err = OTA_OK};

	(void)state;
	assert_int_equal(ota_target_builtin("stm32l476rg", &target, NULL), OTA_OK);
	assert_int_equal(ota_choose_check(&target, &options, &diag), OTA_E_USAGE);
	assert_non_null(strstr(diag.hint, "make a board profile with base: stm32l476rg"));

	target = board("ram: 16K");
	assert_int_equal(ota_choose_check(&target, &options, NULL), OTA_OK);
	target.has_updater = false;
	diag = (struct ota_diag){.err = OTA_OK};
	assert_int_equal(ota_choose_check(&target, &options, &diag), OTA_E_USAGE);
	assert_string_equal(diag.text, "test has no updater");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tries_the_tiers_that_a_decoder_reads),
		cmocka_unit_test(tries_windows_up_to_the_decoders_and_no_larger_than_new),
		cmocka_unit_test(tries_windows_up_to_the_first_that_the_ram_cannot_hold),
		cmocka_unit_test(tries_every_format_for_a_gateway),
		cmocka_unit_test(tries_all_decoders_on_a_device_that_lists_none),
		cmocka_unit_test(leaves_what_is_settled),
		cmocka_unit_test(takes_two_decoders_of_a_format_once),
		cmocka_unit_test(says_when_nothing_is_left_to_try),
		cmocka_unit_test(takes_the_smallest_and_the_same_for_any_number_of_threads),
		cmocka_unit_test(takes_the_smallest_that_passes_not_the_smallest),
		cmocka_unit_test(tells_by_how_much_each_fails_when_none_passes),
		cmocka_unit_test(counts_what_is_around_the_patch),
		cmocka_unit_test(takes_the_one_with_less_memory_of_equal_patches),
		cmocka_unit_test(makes_patches_of_nothing_and_to_nothing),
		cmocka_unit_test(keeps_the_reason_of_a_patch_that_could_not_be_made),
		cmocka_unit_test(says_that_a_link_cannot_carry_it_not_that_it_takes_too_long),
		cmocka_unit_test(a_reason_that_is_too_long_ends_in_dots),
		cmocka_unit_test(refuses_a_chip_and_a_board_without_updater),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
