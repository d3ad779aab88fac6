// SPDX-License-Identifier: Apache-2.0
/* Plans: which pairs, in which order, with which ids, and what a plan's file may say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <ota/file.h>
#include <ota/matrix_plan.h>

#define PROFILE                                                                                    \
	"name: test\nbase: stm32l476rg\n"                                                          \
	"updater: {ram: 16384, stack: 2048, old: mapped, decoders: [{format: otd, tier: m}]}\n"    \
	"mcuboot: {mode: swap-scratch, max-align: 8, max-sectors: 256,\n"                          \
	"  boot: 0x0+32K, primary: 0x8000+448K, secondary: 0x78000+448K,\n"                        \
	"  scratch: 0xe8000+16K}\n"

/* -- plans made by hand ------------------------------------------------------------------------ */

/* 1.0.0, 1.0.1 ... of 1000, 1001 ... bytes. */
static struct ota_matrix_plan *plan_of(size_t n)
{
	struct ota_matrix_plan *plan = calloc(1, sizeof(*plan));

	assert_non_null(plan);
	plan->version = calloc(n + 1, sizeof(*plan->version));
	assert_non_null(plan->version);
	plan->n_versions = n;
	plan->delta.format = "otd";
	(void)snprintf(plan->pairs, sizeof(plan->pairs), "all");
	for (size_t i = 0; i < n; i++) {
		struct ota_matrix_version *version = &plan->version[i];

		(void)snprintf(version->name, sizeof(version->name), "1.0.%zu", i);
		version->has_version = true;
		version->version = (struct ota_version){.major = 1, .revision = (uint16_t)i};
		version->file = strdup("a.bin");
		version->len = 1000 + i;
		version->sha256[0] = (uint8_t)i;
		version->sha256[1] = (uint8_t)(i >> 8);
		version->fleet = 1;
	}
	return plan;
}

static void plan_done(struct ota_matrix_plan *plan)
{
	ota_matrix_plan_free(plan);
	free(plan);
}

static enum ota_err pairs_of(struct ota_matrix_plan *plan, const char *pairs, const char *from,
			     struct ota_diag *diag)
{
	(void)snprintf(plan->pairs, sizeof(plan->pairs), "%s", pairs);
	free(plan->job);
	plan->job = NULL;
	plan->n_jobs = 0;
	*diag = (struct ota_diag){.err = OTA_OK};
	return ota_matrix_plan_pairs(plan, ota_span_of(from, strlen(from)), diag);
}

static void add_target(struct ota_matrix_plan *plan)
{
	struct ota_diag diag = {.err = OTA_OK};

	plan->has_target = true;
	(void)snprintf(plan->target_name, sizeof(plan->target_name), "board.yaml");
	plan->target_text = ota_buf_init(OTA_TARGET_TEXT_MAX);
	assert_int_equal(
		ota_buf_append(&plan->target_text, ota_span_of(PROFILE, strlen(PROFILE)), NULL),
		OTA_OK);
	if (ota_matrix_plan_target(plan, &diag) != OTA_OK)
		fail_msg("%s", diag.text);
	for (size_t i = 0; i < plan->n_versions; i++)
		plan->version[i].full = (struct ota_matrix_full){.judged = true, .fits = true};
}

/* A plan with something of everything. */
static struct ota_matrix_plan *rich_plan(void)
{
	struct ota_matrix_plan *plan = plan_of(3);
	struct ota_diag diag;

	add_target(plan);
	plan->delta.format = NULL;
	plan->delta.tier = OTA_DELTA_TIER_M;
	plan->delta.arch = OTA_DELTA_ARCH_THUMB;
	plan->delta.old_base = (struct ota_delta_base){.known = true, .addr = 0x08008000};
	plan->delta.new_base = plan->delta.old_base;
	plan->both_ways = true;
	plan->options.has_ram = true;
	plan->options.ram = 20000;
	plan->options.has_max_airtime = true;
	plan->options.max_airtime_us = 3600000000U;
	(void)snprintf(plan->link[0], sizeof(plan->link[0]), "lorawan,region=eu868,dr=0,class=c");
	assert_int_equal(ota_link_parse(plan->link[0], &plan->parsed_link[0], NULL), OTA_OK);
	plan->n_links = 1;
	plan->options.links = plan->parsed_link;
	plan->options.n_links = 1;
	plan->installed[0] = (struct ota_installed){.image_id = 1, .version = {.major = 2}};
	plan->n_installed = 1;
	plan->options.installed = plan->installed;
	plan->options.n_installed = 1;
	plan->n_keys = 1;
	plan->key_id[0] = (struct ota_digest){.data = {1, 2, 3}, .len = 32};
	plan->low_s = true;
	plan->has_fleet = true;
	plan->version[1].fleet = 70;
	plan->version[0].full.fits = false;
	(void)snprintf(plan->version[0].full.reason, sizeof(plan->version[0].full.reason),
		       "new image in the slots: 20 bytes too many");
	assert_int_equal(pairs_of(plan, "all", "", &diag), OTA_OK);
	assert_int_equal(ota_matrix_plan_ids(plan, NULL), OTA_OK);
	return plan;
}

static struct ota_buf written(const struct ota_matrix_plan *plan)
{
	struct ota_buf out = ota_buf_init(SIZE_MAX);
	struct ota_diag diag = {.err = OTA_OK};

	if (ota_matrix_plan_write(plan, &out, &diag) != OTA_OK)
		fail_msg("%s", diag.text);
	return out;
}

/* -- policies ---------------------------------------------------------------------------------- */

static void policies_ask_for_as_many_patches_as_they_say(void **state)
{
	static const size_t sizes[] = {0, 1, 2, 3, 60, 400};
	static const char *const policies[] = {"sequential", "latest", "all",
					       "last=1",     "last=7", "last=1024"};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		for (size_t j = 0; j < sizeof(policies) / sizeof(policies[0]); j++) {
			struct ota_matrix_plan *plan = plan_of(sizes[i]);
			struct ota_diag diag;

			assert_int_equal(pairs_of(plan, policies[j], "", &diag), OTA_OK);
			assert_int_equal(plan->n_jobs,
					 ota_matrix_pairs_count(policies[j], sizes[i], false));
			plan_done(plan);
		}
	}
	assert_int_equal(ota_matrix_pairs_count("all", 60, false), 1770);
	assert_int_equal(ota_matrix_pairs_count("all", 60, true), 3540);
	assert_int_equal(ota_matrix_pairs_count("sequential", 60, false), 59);
	assert_int_equal(ota_matrix_pairs_count("latest", 60, true), 118);
	assert_int_equal(ota_matrix_pairs_count("last=7", 60, false), 7);
	assert_int_equal(ota_matrix_pairs_count("last=7", 3, false), 2);
	assert_int_equal(ota_matrix_pairs_count("all", 0, true), 0);
}

static void each_policy_takes_the_pairs_of_its_name(void **state)
{
	struct ota_matrix_plan *plan = plan_of(5);
	struct ota_diag diag;

	(void)state;
	assert_int_equal(pairs_of(plan, "sequential", "", &diag), OTA_OK);
	for (size_t i = 0; i < plan->n_jobs; i++) {
		assert_int_equal(plan->job[i].old_at, i);
		assert_int_equal(plan->job[i].new_at, i + 1);
	}
	assert_int_equal(pairs_of(plan, "last=2", "", &diag), OTA_OK);
	assert_int_equal(plan->n_jobs, 2);
	assert_int_equal(plan->job[0].old_at, 2);
	assert_int_equal(plan->job[0].new_at, 4);
	assert_int_equal(plan->job[1].old_at, 3);
	assert_int_equal(pairs_of(plan, "latest", "", &diag), OTA_OK);
	assert_int_equal(plan->n_jobs, 4);
	assert_int_equal(plan->job[0].new_at, 4);
	plan_done(plan);
}

static void both_ways_adds_the_way_back_and_jobs_stay_sorted(void **state)
{
	struct ota_matrix_plan *plan = plan_of(9);
	struct ota_diag diag;

	(void)state;
	plan->both_ways = true;
	assert_int_equal(pairs_of(plan, "all", "", &diag), OTA_OK);
	assert_int_equal(plan->n_jobs, 72);
	for (size_t i = 0; i < 9; i++) {
		for (size_t j = 0; j < 9; j++) {
			const struct ota_matrix_job *job = ota_matrix_find_job(plan, i, j);

			assert_int_equal(job != NULL, i != j);
			if (job) {
				assert_int_equal(job->old_at, i);
				assert_int_equal(job->new_at, j);
			}
		}
	}
	/* A pair that is asked for in both directions anyway is there once. */
	assert_int_equal(pairs_of(plan, "from", "1.0.0 1.0.1\n1.0.1 1.0.0\n", &diag), OTA_OK);
	assert_int_equal(plan->n_jobs, 2);
	plan_done(plan);
}

static void more_patches_than_are_planned_are_refused_before_memory_is_taken(void **state)
{
	struct ota_matrix_plan *plan = plan_of(1024);
	struct ota_diag diag;

	(void)state;
	assert_int_equal(pairs_of(plan, "all", "", &diag), OTA_E_USAGE);
	assert_string_equal(diag.text, "523776 patches are asked for, at most 100000 are planned");
	assert_null(plan->job);
	assert_int_equal(pairs_of(plan, "latest", "", &diag), OTA_OK);
	assert_int_equal(plan->n_jobs, 1023);
	plan_done(plan);
}

static void words_that_are_no_policy_are_refused(void **state)
{
	static const char *const words[] = {"",          "every",   "last",    "last=",  "last=0",
					    "last=1025", "last=-1", "last=3 ", "Last=3", "all "};
	struct ota_matrix_plan *plan = plan_of(3);
	struct ota_diag diag;

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		assert_int_equal(pairs_of(plan, words[i], "", &diag), OTA_E_USAGE);
	plan_done(plan);
}

static void lines_name_versions_by_name_or_number(void **state)
{
	struct ota_matrix_plan *plan = plan_of(4);
	struct ota_diag diag;

	(void)state;
	(void)snprintf(plan->version[2].name, sizeof(plan->version[2].name), "spring");
	assert_int_equal(pairs_of(plan, "from",
				  "# rollback\n\n1.0.3 spring # and back\n"
				  "  1.0.0\t1.0.2+0\r\n1.0.0 spring",
				  &diag),
			 OTA_OK);
	assert_int_equal(plan->n_jobs, 2);
	assert_non_null(ota_matrix_find_job(plan, 3, 2));
	assert_non_null(ota_matrix_find_job(plan, 0, 2));
	plan_done(plan);
}

static void a_wrong_line_is_named_by_its_number(void **state)
{
	static const struct {
		const char *text;
		const char *words;
	} wrong[] = {
		{"1.0.0 1.0.1\n1.0.0\n", "line 2: has one version, a patch is from OLD to NEW"},
		{"\n\n1.0.0 1.0.1 1.0.2", "line 3: \"1.0.2\" is one word too many: OLD NEW"},
		{"1.0.0 1.0.9", "line 1: no version is called \"1.0.9\""},
		{"1.0.0 \x1b[2J", "line 1: no version is called \"?[2J\""},
		{"1.0.1 1.0.1", "line 1: is a patch from 1.0.1 to itself"},
	};
	struct ota_matrix_plan *plan = plan_of(3);
	struct ota_diag diag;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(pairs_of(plan, "from", wrong[i].text, &diag), OTA_E_MALFORMED);
		assert_string_equal(diag.text, wrong[i].words);
	}
	plan_done(plan);
}

/* -- ids --------------------------------------------------------------------------------------- */

static void id_of(struct ota_matrix_plan *plan, char id[OTA_MATRIX_ID_SIZE])
{
	struct ota_diag diag = {.err = OTA_OK};

	if (ota_matrix_plan_ids(plan, &diag) != OTA_OK)
		fail_msg("%s", diag.text);
	memcpy(id, plan->job[0].id, OTA_MATRIX_ID_SIZE);
	assert_int_equal(strlen(id), OTA_MATRIX_ID_SIZE - 1);
}

static void jobs_text_is_as_documented(void **state)
{
	struct ota_matrix_plan *plan = plan_of(2);
	struct ota_buf text = ota_buf_init(4096);
	struct ota_diag diag;
	static const char zeros[] = "000000000000000000000000000000000000000000000000000000000000";
	char want[400];

	(void)state;
	assert_int_equal(pairs_of(plan, "all", "", &diag), OTA_OK);
	plan->delta.window = 4096;
	assert_int_equal(ota_matrix_job_text(plan, plan->job, &text, NULL), OTA_OK);
	(void)snprintf(want, sizeof(want),
		       "otatool.matrix-job/1\nold 0000%s 1000\nnew 0100%s 1001\nmake otd/1\n"
		       "window 4096\n",
		       zeros, zeros);
	assert_int_equal(text.len, strlen(want));
	assert_memory_equal(text.data, want, text.len);
	ota_buf_free(&text);
	plan_done(plan);
}

/* Each changes one thing that shapes a result. */
static void change(struct ota_matrix_plan *plan, unsigned which)
{
	switch (which) {
	case 0:
		plan->delta.format = "vcdiff";
		break;
	case 1:
		plan->delta.window = 4096;
		break;
	case 2:
		plan->delta.source_window = 4096;
		break;
	case 3:
		plan->has_secondary = true;
		break;
	case 4:
		plan->delta.tier = OTA_DELTA_TIER_M;
		break;
	case 5:
		plan->delta.arch = OTA_DELTA_ARCH_NONE;
		break;
	case 6:
		plan->delta.old_base.known = true;
		break;
	case 7:
		plan->delta.in_place = true;
		break;
	case 8:
		plan->delta.block = 4096;
		break;
	case 9:
		plan->has_distance = true;
		break;
	case 10:
		add_target(plan);
		break;
	case 11:
		plan->n_keys = 1;
		break;
	case 12:
		plan->version[0].sha256[31] = 1;
		break;
	case 13:
		plan->version[1].sha256[31] = 1;
		break;
	case 14:
		plan->version[0].len++;
		break;
	case 15:
		plan->version[1].len++;
		break;
	default:
		fail_msg("no change %u", which);
	}
}
#define CHANGES 16U

static void an_id_changes_with_each_thing_that_shapes_the_patch(void **state)
{
	char id[CHANGES + 1][OTA_MATRIX_ID_SIZE];

	(void)state;
	for (unsigned i = 0; i <= CHANGES; i++) {
		struct ota_matrix_plan *plan = plan_of(2);
		struct ota_diag diag;

		assert_int_equal(pairs_of(plan, "all", "", &diag), OTA_OK);
		if (i < CHANGES)
			change(plan, i);
		id_of(plan, id[i]);
		for (unsigned j = 0; j < i; j++)
			assert_string_not_equal(id[i], id[j]);
		plan_done(plan);
	}
}

/* The same of what goes with a target, and with a key. */
static void change_rich(struct ota_matrix_plan *plan, unsigned which)
{
	switch (which) {
	case 0:
		plan->image = 1;
		break;
	case 1:
		plan->options.applier = OTA_APPLIED_BY_GATEWAY;
		break;
	case 2:
		plan->options.ram++;
		break;
	case 3:
		plan->options.has_scratch = true;
		break;
	case 4:
		plan->link[0][0] = 'x';
		break;
	case 5:
		plan->installed[0].version.build = 1;
		break;
	case 6:
		plan->options.has_max_patch = true;
		break;
	case 7:
		plan->options.max_airtime_us++;
		break;
	case 8:
		plan->options.has_max_delivery = true;
		break;
	case 9:
		plan->options.has_max_ram = true;
		break;
	case 10:
		plan->options.has_max_erases = true;
		break;
	case 11:
		plan->key_id[0].data[0] = 9;
		break;
	case 12:
		plan->full_public_key = true;
		break;
	case 13:
		plan->pad_sig = true;
		break;
	case 14:
		plan->low_s = false;
		break;
	case 15:
		plan->target_text.data[5]++;
		break;
	case 16:
		plan->target_bases.text[0].data[5]++;
		break;
	default:
		fail_msg("no change %u", which);
	}
}

#define RICH_CHANGES 17U

static void an_id_changes_with_target_and_keys(void **state)
{
	char id[RICH_CHANGES + 1][OTA_MATRIX_ID_SIZE];

	(void)state;
	for (unsigned i = 0; i <= RICH_CHANGES; i++) {
		struct ota_matrix_plan *plan = rich_plan();

		if (i < RICH_CHANGES)
			change_rich(plan, i);
		id_of(plan, id[i]);
		for (unsigned j = 0; j < i; j++)
			assert_string_not_equal(id[i], id[j]);
		plan_done(plan);
	}
}

static void an_id_changes_with_nothing_else(void **state)
{
	struct ota_matrix_plan *plan = rich_plan();
	char before[OTA_MATRIX_ID_SIZE];
	char after[OTA_MATRIX_ID_SIZE];

	(void)state;
	id_of(plan, before);
	(void)snprintf(plan->version[0].name, sizeof(plan->version[0].name), "another");
	free(plan->version[0].file);
	plan->version[0].file = strdup("moved/b.bin");
	plan->version[0].fleet = 99;
	plan->version[0].version.build = 7;
	plan->version[0].full.judged = false;
	plan->version[2].len = 5;
	plan->has_fleet = false;
	plan->given_order = true;
	plan->both_ways = false;
	(void)snprintf(plan->pairs, sizeof(plan->pairs), "last=2");
	(void)snprintf(plan->target_name, sizeof(plan->target_name), "elsewhere/board.yaml");
	plan->job[0].expected_us = 1;
	plan->job[0].memory = 1;
	id_of(plan, after);
	assert_string_equal(before, after);
	plan_done(plan);
}

/* -- the file ---------------------------------------------------------------------------------- */

static void expect_read(struct ota_span text, struct ota_matrix_plan *plan)
{
	struct ota_diag diag = {.err = OTA_OK};

	if (ota_matrix_plan_read(text, plan, &diag) != OTA_OK)
		fail_msg("%s", diag.text);
}

static void what_was_written_is_read_and_written_alike(void **state)
{
	struct ota_matrix_plan *plans[] = {rich_plan(), plan_of(1), plan_of(2)};

	(void)state;
	for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
		struct ota_buf text = written(plans[i]);
		struct ota_matrix_plan *again = calloc(1, sizeof(*again));
		struct ota_buf twice;

		assert_non_null(again);
		expect_read(ota_buf_span(&text), again);
		twice = written(again);
		assert_true(ota_span_equal(ota_buf_span(&text), ota_buf_span(&twice)));
		ota_buf_free(&twice);
		ota_buf_free(&text);
		plan_done(again);
		plan_done(plans[i]);
	}
}

static void a_plan_is_read_into_the_place_that_its_options_point_to(void **state)
{
	struct ota_matrix_plan *plan = rich_plan();
	struct ota_matrix_plan *again = calloc(1, sizeof(*again));
	struct ota_buf text = written(plan);

	(void)state;
	assert_non_null(again);
	expect_read(ota_buf_span(&text), again);
	assert_ptr_equal(again->options.links, again->parsed_link);
	assert_ptr_equal(again->options.installed, again->installed);
	assert_int_equal(again->options.n_links, 1);
	assert_int_equal(again->options.ram, 20000);
	assert_string_equal(again->target.name, "test");
	assert_string_equal(again->version[0].full.reason,
			    "new image in the slots: 20 bytes too many");
	assert_int_equal(again->version[1].fleet, 70);
	ota_buf_free(&text);
	plan_done(again);
	plan_done(plan);
}

static void cut_off_at_any_byte_it_is_refused(void **state)
{
	struct ota_matrix_plan *plan = rich_plan();
	struct ota_matrix_plan *again = calloc(1, sizeof(*again));
	struct ota_buf text = written(plan);

	(void)state;
	assert_non_null(again);
	/* The last byte is the newline behind the end. */
	for (size_t len = 0; len + 1 < text.len; len++) {
		struct ota_diag diag = {.err = OTA_OK};

		assert_int_equal(ota_matrix_plan_read(ota_span_of(text.data, len), again, &diag),
				 OTA_E_MALFORMED);
		assert_true(diag.text[0] != '\0');
		ota_matrix_plan_free(again);
	}
	ota_buf_free(&text);
	plan_done(again);
	plan_done(plan);
}

static void a_flipped_bit_is_refused_or_makes_no_difference(void **state)
{
	struct ota_matrix_plan *plan = rich_plan();
	struct ota_matrix_plan *again = calloc(1, sizeof(*again));
	struct ota_buf text = written(plan);
	struct ota_buf before = written(plan);

	(void)state;
	assert_non_null(again);
	for (size_t i = 0; i < text.len; i++) {
		uint8_t bit = (uint8_t)(1U << (i % 8));
		enum ota_err err;

		text.data[i] ^= bit;
		err = ota_matrix_plan_read(ota_buf_span(&text), again, NULL);
		if (err == OTA_OK) {
			struct ota_buf twice = written(again);

			assert_true(ota_span_equal(ota_buf_span(&before), ota_buf_span(&twice)));
			ota_buf_free(&twice);
		} else {
			assert_true(err == OTA_E_MALFORMED || err == OTA_E_UNSUPPORTED);
		}
		ota_matrix_plan_free(again);
		text.data[i] ^= bit;
	}
	ota_buf_free(&before);
	ota_buf_free(&text);
	plan_done(again);
	plan_done(plan);
}

/* Replaces the first `from` in a plan's text by `to`. */
static void refuses(const char *from, const char *to, const char *words)
{
	struct ota_matrix_plan *plan = rich_plan();
	struct ota_matrix_plan *again = calloc(1, sizeof(*again));
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_buf text = written(plan);
	struct ota_buf changed = ota_buf_init(SIZE_MAX);
	char *at;
	size_t head;

	assert_non_null(again);
	assert_int_equal(ota_buf_append(&text, ota_span_of("", 1), NULL), OTA_OK);
	at = strstr((char *)text.data, from);
	if (!at)
		fail_msg("\"%s\" is not in the plan", from);
	head = (size_t)(at - (char *)text.data);
	assert_int_equal(ota_buf_append(&changed, ota_span_of(text.data, head), NULL), OTA_OK);
	assert_int_equal(ota_buf_append(&changed, ota_span_of(to, strlen(to)), NULL), OTA_OK);
	assert_int_equal(
		ota_buf_append(&changed,
			       ota_span_of(at + strlen(from), text.len - 1 - head - strlen(from)),
			       NULL),
		OTA_OK);
	assert_int_not_equal(ota_matrix_plan_read(ota_buf_span(&changed), again, &diag), OTA_OK);
	if (!strstr(diag.text, words))
		fail_msg("\"%s\" does not say \"%s\"", diag.text, words);
	ota_buf_free(&changed);
	ota_buf_free(&text);
	plan_done(again);
	plan_done(plan);
}

static void what_a_plan_must_not_say_is_named_by_its_place(void **state)
{
	(void)state;
	refuses("matrix-plan/1", "matrix-plan/2", "this version reads");
	refuses("\"pairs\": \"all\"", "\"pairs\": \"some\"", "pairs: \"some\" is no policy");
	refuses("\"both_ways\": true", "\"both_ways\": 1", "both_ways: is neither");
	refuses("\"order\": \"version\"", "\"order\": \"any\"", "order: is \"any\"");
	refuses("\"tier\": \"m\"", "\"tier\": \"xl\"", "make.tier: is \"xl\"");
	refuses("otd/1", "otd/9", "this version makes");
	refuses("\"image\": 0", "\"image\": 3", "target.profile: ");
	refuses("base: stm32l476rg", "base: /etc/passwd.yaml", "another id"); /* not opened */
	refuses("base: stm32l476rg",
		"ram: 128K\\nflash: {sectors: [512*2K], write: 8, program: 8, erased: 0xff}",
		"target.profile: board.yaml: profiles that it builds on: 0, kept: 1");
	refuses("name: stm32l476rg", "base: ./x\\nname: chip", "target.profile: ");
	refuses("\"bases\": [", "\"bases\": [{\"profile\": \"\"}, ", "target.profile: ");
	refuses("\"bases\": [", "\"bases\": [1, ", "target.bases[0]: is not an object");
	refuses("ram: 131072", "ram: 65536", "another id");
	refuses("lorawan,region=eu868", "telepathy,region=eu868", "target.links");
	refuses("\"version\": \"2.0.0\"", "\"version\": \"2.0.999999\"", "is not a version");
	refuses("\"fits\": false", "\"fits\": true", "does not go with fits");
	refuses("\"file\": \"a.bin\"", "\"file\": \"\"", "versions[0].file: is empty");
	refuses("\"version\": \"1.0.0\"", "\"version\": \"1.0.1\"", "1.0.1 does not come after");
	refuses("\"name\": \"1.0.1\"", "\"name\": \"1.0.0\"", "two are called 1.0.0");
	refuses("\"bytes\": 1000", "\"bytes\": 4294967296", "versions[0].bytes: is 4294967296");
	refuses("\"bytes\": 1000", "\"bytes\": 999", "another id");
	refuses("\"fleet\": 70", "\"fleet\": 71", "digest: the plan was changed");
	refuses("\"old\": 0", "\"old\": 3", "jobs[0].old: is 3");
	refuses("\"old\": 0", "\"old\": 2", "jobs[1]: does not come after");
	refuses("\"new\": 1", "\"new\": 0", "is from a version to itself");
	refuses("\"has_fleet\": true", "\"has_fleet\": true, \"more\": 1", "\"more\"");
	refuses("\"keys\": [", "\"keys\": [1, ", "sign.keys[0]: is not an object");
}

/* -- names and lists --------------------------------------------------------------------------- */

static void the_number_in_a_name_is_found_when_it_is_the_only_one(void **state)
{
	static const struct {
		const char *path;
		const char *number; /* NULL: none */
	} cases[] = {
		{"app-1.2.3.bin", "1.2.3"},
		{"v1.2.3+45.bin", "1.2.3+45"},
		{"old-0.0.1/fw_2.10.0_nrf52840.hex", "2.10.0"},
		{"1.2.3", "1.2.3"},
		{"app-1.2.3-device.bin", "1.2.3"},
		{"app-1.2.3_developer.bin", "1.2.3"},
		{"app-1.2.3-rc1.bin", NULL},
		{"app-1.2.3.RC1.bin", NULL},
		{"app-1.2.3-beta.bin", NULL},
		{"app-1.2.3~dev-4.bin", NULL},
		{"app-3.2.0b3.bin", NULL},
		{"app-1.2.3+4x.bin", NULL},
		{"255.255.65535+4294967295.bin", "255.255.65535+4294967295"},
		{"app-1.2.bin", NULL},
		{"app-1.2.3.4.bin", NULL},
		{"app-1.2.3-to-1.2.4.bin", NULL},
		{"256.0.0.bin", NULL},
		{"1.02.3.bin", NULL},
		{"1.2.3+4294967296.bin", NULL},
		{"99999999999999999999.1.1.bin", NULL},
		{"1.2.3/app.bin", NULL},
		{"", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ota_version version;
		char text[OTA_MATRIX_VERSION_TEXT_MAX];
		bool found = ota_matrix_version_in_name(cases[i].path, &version);

		if (found != (cases[i].number != NULL))
			fail_msg("%s: %s", cases[i].path, found ? "found" : "not found");
		if (found)
			assert_string_equal(ota_matrix_version_text(&version, text),
					    cases[i].number);
	}
}

static enum ota_err list_of(const char *text, struct ota_matrix_names *names, struct ota_diag *diag)
{
	*names = (struct ota_matrix_names){.n = 0};
	*diag = (struct ota_diag){.err = OTA_OK};
	return ota_matrix_names_list(names, "rel/list.yaml", ota_span_of(text, strlen(text)), diag);
}

static void lists_are_read_in_yaml_and_json(void **state)
{
	static const char *const texts[] = {
		"versions:\n  - {name: spring, version: 1.0.0+4, file: a.bin, fleet: 12.5%}\n"
		"  - file: /b.bin\n    fleet: 40 %\n",
		"{\"versions\": [{\"name\": \"spring\", \"version\": \"1.0.0+4\",\n"
		"\t\"file\": \"a.bin\", \"fleet\": \"12.5%\"},\n"
		"\t{\"file\": \"/b.bin\", \"fleet\": \"40%\"}]}",
		"- {name: spring, version: 1.0.0+4, file: a.bin, fleet: 12.5%}\n"
		"- {file: /b.bin, fleet: 40%}\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct ota_matrix_names names;
		struct ota_diag diag;

		if (list_of(texts[i], &names, &diag) != OTA_OK)
			fail_msg("%s", diag.text);
		assert_int_equal(names.n, 2);
		assert_string_equal(names.name[0].name, "spring");
		assert_string_equal(names.name[0].path, "rel/a.bin");
		assert_true(names.name[0].relative);
		assert_true(names.name[0].has_version);
		assert_int_equal(names.name[0].version.build, 4);
		assert_true(names.name[0].percent);
		assert_int_equal(names.name[0].fleet, 12500000);
		assert_string_equal(names.name[1].path, "/b.bin");
		assert_false(names.name[1].relative);
		assert_int_equal(names.name[1].fleet, 40000000);
		assert_false(names.name[1].has_version);
		ota_matrix_names_free(&names);
	}
}

static void what_a_list_must_not_say_is_named_by_its_line(void **state)
{
	static const struct {
		const char *text;
		const char *words;
	} wrong[] = {
		{"", "rel/list.yaml"},
		{"a", "is not a mapping"},
		{"release: 1", "unknown key"},
		{"{}", "versions: missing"},
		{"versions: []", "versions"},
		{"versions:\n- {version: 1.0.0}", "list.yaml:2: versions[0]: has no file"},
		{"- {file: a, vesion: 1.0.0}", "did you mean version?"},
		{"- {file: a, version: 1.0.70000}", "is not a version"},
		{"- {file: a, fleet: many}", "many is not a share of the fleet"},
		{"- {file: a, fleet: -1}", "is not a share"},
		{"- {file: a, fleet: 1.0000001}", "is not a share"},
		{"- {file: a, fleet: 1%%}", "is not a share"},
		{"- {file: a, fleet: 9999999999999}", "is not a share"},
		{"- {file: a, fleet: \"\"}", "is not a share"},
		{"- {file: a, fleet: [1]}", "is not a share"},
		{"- {file: ''}", "file"},
		{"- {file: a, file: b}", "file"},
		{"- a.bin", "is not a mapping"},
		{"- {file: a", "not YAML"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct ota_matrix_names names;
		struct ota_diag diag;

		assert_int_equal(list_of(wrong[i].text, &names, &diag), OTA_E_MALFORMED);
		if (!strstr(diag.text, wrong[i].words))
			fail_msg("\"%s\" does not say \"%s\"", diag.text, wrong[i].words);
		ota_matrix_names_free(&names);
	}
}

static void more_versions_than_are_planned_are_refused(void **state)
{
	struct ota_buf text = ota_buf_init(SIZE_MAX);
	struct ota_matrix_names names = {.n = 0};
	struct ota_diag diag = {.err = OTA_OK};

	(void)state;
	for (size_t i = 0; i < OTA_MATRIX_VERSIONS_MAX; i++)
		assert_int_equal(ota_buf_append(&text, ota_span_of("- {file: a}\n", 12), NULL),
				 OTA_OK);
	assert_int_equal(ota_matrix_names_list(&names, "l", ota_buf_span(&text), &diag), OTA_OK);
	assert_int_equal(names.n, OTA_MATRIX_VERSIONS_MAX);
	assert_int_equal(ota_matrix_names_add(&names, "b.bin", NULL, &diag), OTA_E_UNSUPPORTED);
	ota_matrix_names_free(&names);
	ota_buf_free(&text);
}

/* -- ways -------------------------------------------------------------------------------------- */

static void a_way_is_found_between_folders(void **state)
{
	static const struct {
		const char *folder;
		const char *path;
		const char *way;
	} cases[] = {
		{"/", "/usr/x.bin", "usr/x.bin"},
		{"/usr", "/x.bin", "../x.bin"},
		{"/usr", "/usr/x.bin", "x.bin"},
		{"/usr/lib", "/usr/./x.bin", "../x.bin"},
		{"/usr", "/usr/lib/x.bin", "lib/x.bin"},
		{"/usr/", "/dev/x.bin", "../dev/x.bin"},
		{"", "x.bin", "x.bin"},
		{"/", "/x.bin", "x.bin"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ota_diag diag = {.err = OTA_OK};
		char *way = NULL;

		if (ota_file_way(cases[i].folder, cases[i].path, &way, &diag) != OTA_OK)
			fail_msg("%s", diag.text);
		assert_string_equal(way, cases[i].way);
		free(way);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(policies_ask_for_as_many_patches_as_they_say),
		cmocka_unit_test(each_policy_takes_the_pairs_of_its_name),
		cmocka_unit_test(both_ways_adds_the_way_back_and_jobs_stay_sorted),
		cmocka_unit_test(more_patches_than_are_planned_are_refused_before_memory_is_taken),
		cmocka_unit_test(words_that_are_no_policy_are_refused),
		cmocka_unit_test(lines_name_versions_by_name_or_number),
		cmocka_unit_test(a_wrong_line_is_named_by_its_number),
		cmocka_unit_test(jobs_text_is_as_documented),
		cmocka_unit_test(an_id_changes_with_each_thing_that_shapes_the_patch),
		cmocka_unit_test(an_id_changes_with_target_and_keys),
		cmocka_unit_test(an_id_changes_with_nothing_else),
		cmocka_unit_test(what_was_written_is_read_and_written_alike),
		cmocka_unit_test(a_plan_is_read_into_the_place_that_its_options_point_to),
		cmocka_unit_test(cut_off_at_any_byte_it_is_refused),
		cmocka_unit_test(a_flipped_bit_is_refused_or_makes_no_difference),
		cmocka_unit_test(what_a_plan_must_not_say_is_named_by_its_place),
		cmocka_unit_test(the_number_in_a_name_is_found_when_it_is_the_only_one),
		cmocka_unit_test(lists_are_read_in_yaml_and_json),
		cmocka_unit_test(what_a_list_must_not_say_is_named_by_its_line),
		cmocka_unit_test(more_versions_than_are_planned_are_refused),
		cmocka_unit_test(a_way_is_found_between_folders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
