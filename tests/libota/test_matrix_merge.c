// SPDX-License-Identifier: Apache-2.0
/* Folders of a plan's runs are loaded, joined and indexed; what is wrong with them is named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <ota/digest.h>
#include <ota/file.h>
#include <ota/matrix_merge.h>
#include <ota/matrix_plan.h>

#include "vectors.h"

#define VERSIONS     5U
#define JOBS         10U /* all pairs of 5 versions */
#define TEXT_SIZE    512U
#define FILE_CEILING 0x1000000U
#define IMAGE_LEN    20000U
#define UNFIT_JOB    7U
#define RING         64U /* paths that stay good at the same time */
#define OTHER_PLAN   1U

/* -- folders ----------------------------------------------------------------------------------- */

struct world {
	char base[TEXT_SIZE]; /* a new folder for each test */
	struct ota_matrix_plan plan;
};

static const char *at(const struct world *world, const char *name)
{
	static char path[RING][2 * TEXT_SIZE];
	static unsigned turn;

	turn = (turn + 1) % RING;
	(void)snprintf(path[turn], sizeof(path[turn]), "%s/%s", world->base, name);
	return path[turn];
}

static void write_file(const char *path, struct ota_span bytes)
{
	struct ota_file_rules rules = {.mode = 0644};
	struct ota_diag diag = {.err = OTA_OK};

	if (ota_file_write(path, bytes, &rules, &diag) != OTA_OK)
		fail_msg("%s: %s", path, diag.text);
}

static struct ota_buf read_file(const char *path)
{
	struct ota_buf buf = ota_buf_init(FILE_CEILING);
	struct ota_diag diag = {.err = OTA_OK};

	if (ota_file_read(path, &buf, &diag) != OTA_OK)
		fail_msg("%s: %s", path, diag.text);
	return buf;
}

static bool exists(const char *path)
{
	return ota_file_kind_of(path) != OTA_FILE_NONE;
}

static void remove_tree(const char *path)
{
	struct ota_file_listing listing;

	if (unlink(path) == 0)
		return;
	assert_int_equal(ota_file_list(path, 100000, &listing, NULL), OTA_OK);
	for (size_t i = 0; i < listing.n; i++) {
		char *inner = ota_file_join(path, listing.entry[i].name);

		remove_tree(inner);
		free(inner);
	}
	ota_file_listing_free(&listing);
	assert_int_equal(rmdir(path), 0);
}

/* The text "NAME DIGEST" of each file below, without `.lock`; so that trees can be compared. */
static void describe(const char *path, const char *below, struct ota_buf *out)
{
	struct ota_file_listing listing;

	assert_int_equal(ota_file_list(path, 100000, &listing, NULL), OTA_OK);
	for (size_t i = 0; i < listing.n; i++) {
		char *inner = ota_file_join(path, listing.entry[i].name);
		char *name = ota_file_join(below, listing.entry[i].name);

		if (listing.entry[i].kind == OTA_FILE_FOLDER) {
			describe(inner, name, out);
		} else if (strcmp(name, ".lock") != 0) {
			struct ota_buf bytes = read_file(inner);
			struct ota_digest digest;

			assert_int_equal(
				ota_digest_of(OTA_HASH_SHA256, ota_buf_span(&bytes), &digest, NULL),
				OTA_OK);
			assert_int_equal(ota_buf_append(out, ota_span_of(name, strlen(name)), NULL),
					 OTA_OK);
			assert_int_equal(ota_buf_append(out, ota_digest_span(&digest), NULL),
					 OTA_OK);
			ota_buf_free(&bytes);
		}
		free(name);
		free(inner);
	}
	ota_file_listing_free(&listing);
}

static void assert_same_tree(const char *one, const char *other)
{
	struct ota_buf first = ota_buf_init(FILE_CEILING);
	struct ota_buf second = ota_buf_init(FILE_CEILING);

	describe(one, "", &first);
	describe(other, "", &second);
	assert_true(first.len > 0);
	assert_true(ota_span_equal(ota_buf_span(&first), ota_buf_span(&second)));
	ota_buf_free(&second);
	ota_buf_free(&first);
}

/* -- plans and results ------------------------------------------------------------------------- */

/* All pairs of n invented versions, without a target. */
static void make_plan(struct ota_matrix_plan *plan, size_t n, uint8_t seed)
{
	*plan = (struct ota_matrix_plan){.pairs = "all", .delta = {.format = "bsdiff"}};
	plan->version = calloc(n, sizeof(*plan->version));
	plan->n_versions = n;
	assert_non_null(plan->version);
	for (size_t i = 0; i < n; i++) {
		struct ota_matrix_version *version = &plan->version[i];

		(void)snprintf(version->name, sizeof(version->name), "1.%zu.0", i);
		version->file = strdup("images/x.bin");
		version->has_version = true;
		version->version = (struct ota_version){.major = 1, .minor = (uint8_t)i};
		version->len = IMAGE_LEN + i;
		version->sha256[0] = seed;
		version->sha256[1] = (uint8_t)i;
		version->sha256[2] = (uint8_t)(i / 256);
		version->fleet = 1;
	}
	assert_int_equal(ota_matrix_plan_pairs(plan, (struct ota_span){.len = 0}, NULL), OTA_OK);
	assert_int_equal(ota_matrix_plan_ids(plan, NULL), OTA_OK);
}

/* The patch of a job, as invented as its images; UNFIT_JOB has none. */
static struct ota_matrix_result make_result(const struct ota_matrix_plan *plan, size_t job,
					    uint8_t patch[300])
{
	struct ota_matrix_result result = {.format = "bsdiff", .how = "bsdiff"};
	struct ota_digest digest;

	memcpy(result.id, plan->job[job].id, sizeof(result.id));
	if (job == UNFIT_JOB) {
		result.format[0] = result.how[0] = '\0';
		(void)snprintf(result.reason, sizeof(result.reason), "another vendor id");
		return result;
	}
	result.made = true;
	result.patch_len = result.sent_len = 100 + job % 200;
	fill_pattern(patch, result.sent_len, (uint32_t)job + 1);
	assert_int_equal(
		ota_digest_of(OTA_HASH_SHA256, ota_span_of(patch, result.sent_len), &digest, NULL),
		OTA_OK);
	memcpy(result.sha256, digest.data, sizeof(result.sha256));
	return result;
}

static void put_result(const char *folder, const struct ota_matrix_result *result)
{
	struct ota_buf text = ota_buf_init(FILE_CEILING);
	char name[OTA_MATRIX_PATH_MAX];
	char *path = ota_file_join(folder, ota_matrix_result_name(result->id, name));

	assert_int_equal(ota_matrix_result_write(result, &text, NULL), OTA_OK);
	write_file(path, ota_buf_span(&text));
	ota_buf_free(&text);
	free(path);
}

static void put_job(const char *folder, const struct ota_matrix_plan *plan, size_t job)
{
	uint8_t patch[300];
	struct ota_matrix_result result = make_result(plan, job, patch);
	char name[OTA_MATRIX_PATH_MAX];
	char *path;

	if (result.made) {
		path = ota_file_join(folder, ota_matrix_patch_name(plan, &result, name));
		write_file(path, ota_span_of(patch, result.sent_len));
		free(path);
	}
	put_result(folder, &result);
}

/* A folder with the plan and every `step`-th job from `first` on. */
static const char *put_folder(const struct world *world, const char *name,
			      const struct ota_matrix_plan *plan, size_t first, size_t step)
{
	static const char *const inside[] = {"results", "patches"};
	struct ota_buf text = ota_buf_init(FILE_CEILING);
	const char *folder = at(world, name);
	char *path = ota_file_join(folder, OTA_MATRIX_PLAN_NAME);

	assert_int_equal(mkdir(folder, 0755), 0);
	for (size_t i = 0; i < 2; i++) {
		char *inner = ota_file_join(folder, inside[i]);

		assert_int_equal(mkdir(inner, 0755), 0);
		free(inner);
	}
	assert_int_equal(ota_matrix_plan_write(plan, &text, NULL), OTA_OK);
	write_file(path, ota_buf_span(&text));
	ota_buf_free(&text);
	free(path);
	for (size_t i = first; i < plan->n_jobs; i += step)
		put_job(folder, plan, i);
	return folder;
}

/* "FOLDER/results/ID.json" or the patch's name; static like at(). */
static const char *job_file(const struct world *world, const char *folder, size_t job,
			    const char *inside, const char *end)
{
	char name[TEXT_SIZE];

	(void)snprintf(name, sizeof(name), "%s/%s/%s%s", folder, inside, world->plan.job[job].id,
		       end);
	return at(world, name);
}

static int begin(void **state)
{
	struct world *world = calloc(1, sizeof(*world));
	const char *temp = getenv("TMPDIR");

	if (!world)
		return -1;
	(void)snprintf(world->base, sizeof(world->base), "%s/test_matrix_merge.XXXXXX",
		       temp ? temp : "/tmp");
	if (!mkdtemp(world->base))
		return -1;
	make_plan(&world->plan, VERSIONS, 0);
	*state = world;
	return 0;
}

static int end(void **state)
{
	struct world *world = *state;

	remove_tree(world->base);
	ota_matrix_plan_free(&world->plan);
	free(world);
	return 0;
}

/* -- merging ----------------------------------------------------------------------------------- */

struct merge_call {
	const char *folder[4];
	size_t n;
	const char *out;
	bool partial;
};

static void assert_merge(const struct merge_call *call, enum ota_err expected,
			 struct ota_matrix_merged *merged, const char *words)
{
	struct ota_matrix_merge merge = {.folders = call->folder,
					 .n_folders = call->n,
					 .out = call->out,
					 .partial = call->partial};
	struct ota_diag diag = {.err = OTA_OK};
	enum ota_err err = ota_matrix_merge(&merge, merged, &diag);

	if (err != expected)
		fail_msg("%d instead of %d: %s", (int)err, (int)expected, diag.text);
	if (words && !strstr(diag.text, words))
		fail_msg("\"%s\" is not in \"%s\"", words, diag.text);
	assert_true(merged->written == (err == OTA_OK));
}

static void merge_well(const struct merge_call *call)
{
	struct ota_matrix_merged merged;

	assert_merge(call, OTA_OK, &merged, NULL);
	ota_matrix_merged_free(&merged);
}

static void shards_in_any_order_give_the_tree_of_one_run(void **state)
{
	const struct world *world = *state;
	const char *whole = put_folder(world, "whole", &world->plan, 0, 1);
	const char *a = put_folder(world, "a", &world->plan, 0, 3);
	const char *b = put_folder(world, "b", &world->plan, 1, 3);
	const char *c = put_folder(world, "c", &world->plan, 2, 3);

	merge_well(&(struct merge_call){.folder = {a, b, c}, .n = 3, .out = at(world, "out")});
	merge_well(&(struct merge_call){.folder = {c, a, b}, .n = 3, .out = at(world, "out2")});
	merge_well(&(struct merge_call){.folder = {whole}, .n = 1, .out = at(world, "out3")});
	merge_well(&(struct merge_call){.folder = {whole}, .n = 1});
	assert_same_tree(at(world, "out"), at(world, "out2"));
	assert_same_tree(at(world, "out"), at(world, "out3"));
	assert_same_tree(at(world, "out"), whole);
	/* Into one of the shards. */
	merge_well(&(struct merge_call){.folder = {a, b, c}, .n = 3, .out = b});
	assert_same_tree(at(world, "out"), b);
}

static void a_second_merge_writes_nothing(void **state)
{
	const struct world *world = *state;
	const char *whole = put_folder(world, "whole", &world->plan, 0, 1);
	struct merge_call call = {.folder = {whole}, .n = 1, .out = at(world, "out")};
	struct ota_matrix_merged merged;

	assert_merge(&call, OTA_OK, &merged, NULL);
	/* A plan, an index, sums; for each job a result, and for all but one a patch. */
	assert_int_equal(merged.n_copied, 3 + JOBS + JOBS - 1);
	ota_matrix_merged_free(&merged);
	assert_merge(&call, OTA_OK, &merged, NULL);
	assert_int_equal(merged.n_copied, 0);
	ota_matrix_merged_free(&merged);
}

static void missing_jobs_are_refused_unless_partial(void **state)
{
	const struct world *world = *state;
	const char *a = put_folder(world, "a", &world->plan, 0, 3);
	const char *b = put_folder(world, "b", &world->plan, 1, 3);
	struct merge_call call = {.folder = {a, b}, .n = 2, .out = at(world, "out")};
	struct ota_matrix_merged merged;
	struct ota_buf index;

	assert_merge(&call, OTA_E_REFUSED, &merged, "3 of 10 jobs missing");
	assert_int_equal(merged.matrix.n_missing, 3);
	assert_true(merged.matrix.has[0] && merged.matrix.has[1] && !merged.matrix.has[2]);
	assert_false(exists(at(world, "out")));
	ota_matrix_merged_free(&merged);
	call.partial = true;
	merge_well(&call);
	index = read_file(at(world, "out/index.json"));
	assert_int_equal(ota_buf_append(&index, ota_span_of("", 1), NULL), OTA_OK);
	assert_non_null(strstr((const char *)index.data, "\"complete\": false"));
	assert_non_null(strstr((const char *)index.data, world->plan.job[2].id));
	ota_buf_free(&index);
}

/* Jobs 0 to 6 and 8 of folder a, each in its own way. */
static void damage_jobs(const struct world *world)
{
	uint8_t bytes[300];
	struct ota_matrix_result result = make_result(&world->plan, 3, bytes);
	struct ota_buf text;

	assert_int_equal(unlink(job_file(world, "a", 0, "patches", ".bsdiff")), 0);
	write_file(job_file(world, "a", 1, "patches", ".bsdiff"), (struct ota_span){.len = 0});
	write_file(job_file(world, "a", 2, "patches", ".bsdiff"), ota_span_of("x", 1));
	bytes[50] ^= 1;
	write_file(job_file(world, "a", 3, "patches", ".bsdiff"),
		   ota_span_of(bytes, result.sent_len));
	assert_int_equal(unlink(job_file(world, "a", 4, "patches", ".bsdiff")), 0);
	/* A pipe that nobody writes into must not be waited for. */
	assert_int_equal(mkfifo(job_file(world, "a", 4, "patches", ".bsdiff"), 0644), 0);
	write_file(job_file(world, "a", 5, "results", ".json"), (struct ota_span){.len = 0});
	text = read_file(job_file(world, "a", 6, "results", ".json"));
	text.data[0] = ' ';
	text.data[1] = '{';
	write_file(job_file(world, "a", 6, "results", ".json"), ota_buf_span(&text));
	ota_buf_free(&text);
	text = read_file(job_file(world, "a", 9, "results", ".json"));
	write_file(job_file(world, "a", 8, "results", ".json"), ota_buf_span(&text));
	ota_buf_free(&text);
}

static void assert_damage(const struct world *world, const struct ota_matrix *matrix, size_t job,
			  const char *why)
{
	assert_false(matrix->has[job]);
	for (size_t i = 0; i < matrix->n_damaged; i++) {
		const struct ota_matrix_damage *damage = &matrix->damaged[i];

		if (strcmp(damage->id, world->plan.job[job].id) != 0)
			continue;
		assert_int_equal(damage->job, job);
		if (!strstr(damage->why, why))
			fail_msg("\"%s\" is not in \"%s\"", why, damage->why);
		return;
	}
	fail_msg("job %zu is not damaged", job);
}

static void damaged_jobs_are_named_with_the_reason(void **state)
{
	static const char *const why[] = {
		".bsdiff: is not there",
		".bsdiff: is empty",
		".bsdiff: is 1 bytes, its result says 102",
		".bsdiff: has not the digest that its result says",
		".bsdiff: is no regular file",
		".json: is empty",
		".json: has been changed since it was written",
		NULL,
		".json: is the result of job",
	};
	const struct world *world = *state;
	const char *a = put_folder(world, "a", &world->plan, 0, 1);
	struct ota_matrix_merged merged;

	damage_jobs(world);
	assert_merge(&(struct merge_call){.folder = {a}, .n = 1}, OTA_E_REFUSED, &merged,
		     "8 of 10 jobs missing (8 of them damaged)");
	assert_int_equal(merged.matrix.n_damaged, 8);
	for (size_t i = 1; i < merged.matrix.n_damaged; i++)
		assert_true(strcmp(merged.matrix.damaged[i - 1].id, merged.matrix.damaged[i].id) <
			    0);
	for (size_t job = 0; job < sizeof(why) / sizeof(why[0]); job++) {
		if (why[job])
			assert_damage(world, &merged.matrix, job, why[job]);
	}
	ota_matrix_merged_free(&merged);
}

static void a_damaged_copy_does_no_harm_beside_a_whole_one(void **state)
{
	const struct world *world = *state;
	const char *a = put_folder(world, "a", &world->plan, 0, 1);
	const char *b = put_folder(world, "b", &world->plan, 0, 1);
	struct ota_matrix_merged merged;

	write_file(job_file(world, "a", 1, "patches", ".bsdiff"), ota_span_of("x", 1));
	assert_merge(&(struct merge_call){.folder = {a, b}, .n = 2, .out = at(world, "out")},
		     OTA_OK, &merged, NULL);
	assert_int_equal(merged.matrix.n_damaged, 0);
	assert_int_equal(merged.matrix.n_duplicates, JOBS - 1);
	assert_int_equal(merged.matrix.folder[1], 1);
	ota_matrix_merged_free(&merged);
}

static void results_that_differ_are_a_conflict_also_with_partial(void **state)
{
	const struct world *world = *state;
	const char *a = put_folder(world, "a", &world->plan, 0, 1);
	const char *b = put_folder(world, "b", &world->plan, 0, 2);
	uint8_t bytes[300];
	struct ota_matrix_result result = make_result(&world->plan, 2, bytes);
	struct ota_matrix_merged merged;
	struct merge_call call = {
		.folder = {a, b}, .n = 2, .out = at(world, "out"), .partial = true};

	result.ram = 1;
	put_result(b, &result);
	assert_merge(&call, OTA_E_REFUSED, &merged, "1 of 10 jobs with different results");
	assert_int_equal(merged.matrix.n_conflicts, 1);
	assert_string_equal(merged.matrix.conflict[0], world->plan.job[2].id);
	assert_int_equal(merged.matrix.n_duplicates, 4);
	assert_false(exists(at(world, "out")));
	ota_matrix_merged_free(&merged);
}

static void what_is_no_job_is_left_out_and_named(void **state)
{
	const struct world *world = *state;
	const char *a = put_folder(world, "a", &world->plan, 0, 1);
	const char *clean = put_folder(world, "clean", &world->plan, 0, 1);
	struct ota_matrix_plan old;
	struct ota_matrix_merged merged;

	make_plan(&old, 2, OTHER_PLAN);
	put_job(a, &old, 0);
	write_file(at(world, "a/results/README"), ota_span_of("x", 1));
	write_file(at(world, "a/patches/zcore"), ota_span_of("x", 1));
	write_file(at(world, "a/patches/.otatool-123456"), ota_span_of("x", 1));
	write_file(job_file(world, "a", 1, "patches", ".otd"), ota_span_of("x", 1));
	assert_int_equal(mkdir(at(world, "a/results/folder"), 0755), 0);
	assert_int_equal(symlink("nowhere", at(world, "a/results/link.json")), 0);
	assert_merge(&(struct merge_call){.folder = {a}, .n = 1, .out = at(world, "out")}, OTA_OK,
		     &merged, NULL);
	assert_int_equal(merged.matrix.n_extra, 1);
	assert_string_equal(merged.matrix.extra[0], old.job[0].id);
	assert_int_equal(merged.matrix.n_stray, 5);
	assert_string_equal(merged.matrix.stray[1], "patches/zcore");
	assert_string_equal(merged.matrix.stray[2], "results/README");
	assert_string_equal(merged.matrix.stray[3], "results/folder");
	assert_string_equal(merged.matrix.stray[4], "results/link.json");
	assert_int_equal(merged.left.n_extra + merged.left.n_stray, 0);
	ota_matrix_merged_free(&merged);
	merge_well(&(struct merge_call){.folder = {clean}, .n = 1});
	assert_same_tree(at(world, "out"), clean);
	ota_matrix_plan_free(&old);
}

static void old_files_in_out_are_named_and_left_alone(void **state)
{
	const struct world *world = *state;
	const char *a = put_folder(world, "a", &world->plan, 0, 1);
	struct ota_matrix_plan old;
	struct ota_matrix_merged merged;

	make_plan(&old, 3, OTHER_PLAN);
	(void)put_folder(world, "out", &old, 0, 1);
	assert_merge(&(struct merge_call){.folder = {a}, .n = 1, .out = at(world, "out")}, OTA_OK,
		     &merged, NULL);
	assert_int_equal(merged.matrix.n_extra, 0);
	assert_int_equal(merged.left.n_extra, 3);
	ota_matrix_merged_free(&merged);
	ota_matrix_plan_free(&old);
}

static void folders_of_other_plans_are_refused(void **state)
{
	const struct world *world = *state;
	const char *a = put_folder(world, "a", &world->plan, 0, 1);
	struct ota_matrix_plan other;
	struct ota_matrix_merged merged;
	const char *b;

	make_plan(&other, VERSIONS, OTHER_PLAN);
	b = put_folder(world, "b", &other, 0, 1);
	assert_merge(&(struct merge_call){.folder = {a, b}, .n = 2, .out = at(world, "out")},
		     OTA_E_REFUSED, &merged, "b/plan.json: is another plan than the first");
	assert_false(exists(at(world, "out")));
	ota_matrix_merged_free(&merged);
	ota_matrix_plan_free(&other);
}

static void folders_without_a_plan_say_so(void **state)
{
	const struct world *world = *state;
	const char *a = put_folder(world, "a", &world->plan, 0, 1);
	struct ota_matrix_merged merged;
	struct merge_call call = {.folder = {at(world, "none")}, .n = 1};

	assert_merge(&call, OTA_E_IO, &merged, "none: is no folder");
	assert_false(merged.loaded);
	ota_matrix_merged_free(&merged);
	call.folder[0] = at(world, "a/plan.json");
	assert_merge(&call, OTA_E_IO, &merged, "plan.json: is no folder");
	ota_matrix_merged_free(&merged);
	call.folder[0] = at(world, "a/results");
	assert_merge(&call, OTA_E_ABSENT, &merged, "a/results: has no plan.json");
	ota_matrix_merged_free(&merged);
	write_file(at(world, "a/plan.json"), ota_span_of("{}", 2));
	call.folder[0] = a;
	assert_merge(&call, OTA_E_MALFORMED, &merged, "a/plan.json: schema: is missing");
	ota_matrix_merged_free(&merged);
	assert_int_equal(unlink(at(world, "a/plan.json")), 0);
	assert_int_equal(mkfifo(at(world, "a/plan.json"), 0644), 0);
	assert_merge(&call, OTA_E_IO, &merged, "its plan.json is no regular file");
	ota_matrix_merged_free(&merged);
	call.n = 0;
	assert_merge(&call, OTA_E_USAGE, &merged, "no folder is given");
	ota_matrix_merged_free(&merged);
}

/* What was not looked at must not be called missing. */
static void folders_that_cannot_be_read_to_the_end_are_not_told_of(void **state)
{
	const struct world *world = *state;
	const char *a = put_folder(world, "a", &world->plan, 0, 1);
	struct ota_matrix_merged merged;

	remove_tree(at(world, "a/results"));
	write_file(at(world, "a/results"), ota_span_of("x", 1));
	assert_merge(&(struct merge_call){.folder = {a}, .n = 1}, OTA_E_ABSENT, &merged,
		     "a/results: is no folder");
	assert_false(merged.loaded);
	ota_matrix_merged_free(&merged);
}

static void jobs_that_only_the_output_has_are_not_indexed(void **state)
{
	const struct world *world = *state;
	const char *a = put_folder(world, "a", &world->plan, 0, 2);
	const char *b = put_folder(world, "b", &world->plan, 1, 2);
	struct merge_call call = {.folder = {a}, .n = 1, .out = b, .partial = true};
	struct ota_matrix_merged merged;

	assert_merge(&call, OTA_OK, &merged, NULL);
	assert_int_equal(merged.matrix.n_missing, JOBS / 2);
	assert_int_equal(merged.left.n_missing, 0);
	ota_matrix_merged_free(&merged);
}

static void several_folders_need_a_place_to_be_joined_in(void **state)
{
	const struct world *world = *state;
	const char *a = put_folder(world, "a", &world->plan, 0, 1);
	struct ota_matrix_merged merged;

	assert_merge(&(struct merge_call){.folder = {a, a}, .n = 2}, OTA_E_USAGE, &merged,
		     "2 folders");
	ota_matrix_merged_free(&merged);
	assert_merge(&(struct merge_call){.folder = {a, a}, .n = 2, .out = a}, OTA_OK, &merged,
		     NULL);
	assert_int_equal(merged.matrix.n_duplicates, JOBS);
	ota_matrix_merged_free(&merged);
}

static void an_output_that_cannot_be_written_is_said(void **state)
{
	const struct world *world = *state;
	const char *a = put_folder(world, "a", &world->plan, 0, 1);
	struct ota_matrix_merged merged;

	write_file(at(world, "file"), ota_span_of("x", 1));
	assert_merge(&(struct merge_call){.folder = {a}, .n = 1, .out = at(world, "file")},
		     OTA_E_IO, &merged, "file: is no folder");
	ota_matrix_merged_free(&merged);
	assert_int_equal(mkdir(at(world, "a/index.json"), 0755), 0);
	assert_merge(&(struct merge_call){.folder = {a}, .n = 1}, OTA_E_IO, &merged,
		     "a: index.json: cannot be put in place");
	ota_matrix_merged_free(&merged);
}

static void one_version_has_an_index_without_anything_to_send(void **state)
{
	const struct world *world = *state;
	struct ota_matrix_plan one;
	struct ota_buf index;

	make_plan(&one, 1, 0);
	assert_int_equal(one.n_jobs, 0);
	merge_well(&(struct merge_call){.folder = {put_folder(world, "one", &one, 0, 1)}, .n = 1});
	index = read_file(at(world, "one/index.json"));
	assert_int_equal(ota_buf_append(&index, ota_span_of("", 1), NULL), OTA_OK);
	assert_non_null(strstr((const char *)index.data, "\"newest\": \"1.0.0\""));
	assert_non_null(strstr((const char *)index.data, "\"send\": []"));
	assert_non_null(strstr((const char *)index.data, "\"patches\": []"));
	ota_buf_free(&index);
	ota_matrix_plan_free(&one);
}

/* Versions of the same bytes give jobs of the same id, whose files are there once. */
static void jobs_of_the_same_images_share_a_result(void **state)
{
	const struct world *world = *state;
	struct ota_matrix_plan twins;
	struct ota_matrix_merged merged;
	const char *folder;

	make_plan(&twins, 3, 0);
	memcpy(twins.version[1].sha256, twins.version[0].sha256, 32);
	twins.version[1].len = twins.version[0].len;
	assert_int_equal(ota_matrix_plan_ids(&twins, NULL), OTA_OK);
	assert_string_equal(twins.job[1].id, twins.job[2].id);
	folder = put_folder(world, "twins", &twins, 0, 1);
	assert_merge(&(struct merge_call){.folder = {folder}, .n = 1}, OTA_OK, &merged, NULL);
	assert_true(merged.matrix.has[1] && merged.matrix.has[2]);
	assert_int_equal(merged.matrix.n_duplicates, 0);
	ota_matrix_merged_free(&merged);
	ota_matrix_plan_free(&twins);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(shards_in_any_order_give_the_tree_of_one_run, begin,
						end),
		cmocka_unit_test_setup_teardown(a_second_merge_writes_nothing, begin, end),
		cmocka_unit_test_setup_teardown(missing_jobs_are_refused_unless_partial, begin,
						end),
		cmocka_unit_test_setup_teardown(damaged_jobs_are_named_with_the_reason, begin, end),
		cmocka_unit_test_setup_teardown(a_damaged_copy_does_no_harm_beside_a_whole_one,
						begin, end),
		cmocka_unit_test_setup_teardown(
			results_that_differ_are_a_conflict_also_with_partial, begin, end),
		cmocka_unit_test_setup_teardown(what_is_no_job_is_left_out_and_named, begin, end),
		cmocka_unit_test_setup_teardown(old_files_in_out_are_named_and_left_alone, begin,
						end),
		cmocka_unit_test_setup_teardown(folders_of_other_plans_are_refused, begin, end),
		cmocka_unit_test_setup_teardown(folders_without_a_plan_say_so, begin, end),
		cmocka_unit_test_setup_teardown(
			folders_that_cannot_be_read_to_the_end_are_not_told_of, begin, end),
		cmocka_unit_test_setup_teardown(jobs_that_only_the_output_has_are_not_indexed,
						begin, end),
		cmocka_unit_test_setup_teardown(several_folders_need_a_place_to_be_joined_in, begin,
						end),
		cmocka_unit_test_setup_teardown(an_output_that_cannot_be_written_is_said, begin,
						end),
		cmocka_unit_test_setup_teardown(one_version_has_an_index_without_anything_to_send,
						begin, end),
		cmocka_unit_test_setup_teardown(jobs_of_the_same_images_share_a_result, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
