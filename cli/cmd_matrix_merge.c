// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <ota/matrix_merge.h>
#include <ota/matrix_report.h>

#include "emit.h"
#include "matrix_view.h"

#define COMMAND   "matrix merge"
#define NAMED_MAX 50U   /* of one kind on a terminal or in a log; --json names all */
#define SHOWN_MAX 4096U /* bytes of a name */

enum { OUTPUT, PARTIAL, JSON };

static const struct cli_option options[] = {
	[OUTPUT] = {.name = "output",
		    .letter = 'o',
		    .value = "OUT",
		    .help = "folder to join them in (default: the one DIR itself)"},
	[PARTIAL] = {.name = "partial", .help = "index what is there though jobs are missing"},
	[JSON] = {.name = "json", .help = "print a JSON object"},
};

static const struct cli_example examples[] = {
	{"otatool matrix merge out", "prove and index what one run has made"},
	{"otatool matrix merge shards/1 shards/2 shards/3 -o out", "join three shards"},
	{"otatool matrix merge out --partial", "before the last job is finished"},
	{"cd out && sha256sum -c SHA256SUMS", "check a copy of it, without otatool"},
	{NULL, NULL},
};

/* How the versions get the newest. */
struct ways {
	size_t by_one;     /* patch */
	size_t by_several; /* steps */
	size_t whole;
	size_t none;
};

/* -- jobs in words ----------------------------------------------------------------------------- */

/* The first job with that id; they are sorted by version, so this looks at all. */
static const struct ota_matrix_job *job_of(const struct ota_matrix *matrix, const char *id)
{
	for (size_t i = 0; i < matrix->plan.n_jobs; i++) {
		if (strcmp(matrix->plan.job[i].id, id) == 0)
			return &matrix->plan.job[i];
	}
	return NULL;
}

static const char *old_name(const struct ota_matrix *matrix, const struct ota_matrix_job *job)
{
	return matrix->plan.version[job->old_at].name;
}

static const char *new_name(const struct ota_matrix *matrix, const struct ota_matrix_job *job)
{
	return matrix->plan.version[job->new_at].name;
}

/* Says how many of a kind were not named; true when `n` has come to that. */
static bool enough(const char *kind, size_t n, size_t all)
{
	if (n == NAMED_MAX && all > n)
		cli_warning(COMMAND, "%s: and %zu more, --json names all", kind, all - n);
	return n >= NAMED_MAX;
}

static const struct ota_matrix_damage *damage_of(const struct ota_matrix *matrix, size_t job)
{
	return ota_matrix_find_damage(matrix, matrix->plan.job[job].id);
}

/* What is damaged is missing too, and is named with its reason. */
static void name_missing(const struct ota_matrix *matrix)
{
	size_t named = 0;

	for (size_t i = 0; i < matrix->plan.n_jobs; i++) {
		const struct ota_matrix_job *job = &matrix->plan.job[i];

		if (matrix->has[i] || damage_of(matrix, i))
			continue;
		if (enough("missing", named++, matrix->n_missing - matrix->n_damaged))
			return;
		cli_warning(COMMAND, "missing: %s -> %s, job %s", old_name(matrix, job),
			    new_name(matrix, job), job->id);
	}
}

static void name_damaged(const struct ota_matrix *matrix)
{
	size_t named = 0;

	for (size_t i = 0; i < matrix->plan.n_jobs && named < matrix->n_damaged; i++) {
		const struct ota_matrix_job *job = &matrix->plan.job[i];
		const struct ota_matrix_damage *damage = damage_of(matrix, i);

		if (!damage || damage->job != i)
			continue;
		if (enough("damaged", named++, matrix->n_damaged))
			return;
		cli_warning(COMMAND, "damaged: %s -> %s: %s", old_name(matrix, job),
			    new_name(matrix, job), damage->why);
	}
}

static void name_conflicts(const struct ota_matrix *matrix)
{
	for (size_t i = 0; i < matrix->n_conflicts && !enough("conflict", i, matrix->n_conflicts);
	     i++) {
		const struct ota_matrix_job *job = job_of(matrix, matrix->conflict[i]);

		cli_warning(COMMAND, "conflict: %s -> %s, job %s: its results differ",
			    old_name(matrix, job), new_name(matrix, job), job->id);
	}
}

/* What is in the folders and is none of the plan's; `what` becomes of it. */
static void name_others(const struct ota_matrix *matrix, const char *folder, const char *what)
{
	for (size_t i = 0; i < matrix->n_extra && !enough("extra", i, matrix->n_extra); i++)
		cli_warning(folder, "extra: job %s is not in this plan, %s", matrix->extra[i],
			    what);
	for (size_t i = 0; i < matrix->n_stray && !enough("extra", i, matrix->n_stray); i++)
		cli_warning(folder, "extra: %s belongs to no job, %s", matrix->stray[i], what);
}

/* A server is not told of what only OUT has: an index depends on what was merged alone. */
static void name_kept(const struct ota_matrix_merge *merge, const struct ota_matrix_merged *merged)
{
	size_t n = 0;

	for (size_t i = 0; i < merged->matrix.plan.n_jobs; i++)
		n += merged->left.has[i] && !merged->matrix.has[i];
	if (n == 0)
		return;
	cli_warning(merge->out, "%zu job%s finished here and in none of the folders, not indexed",
		    n, n == 1 ? " is" : "s are");
	cli_hint("give it as a folder too, and as -o, to keep what it has");
}

static void say_what_is_wrong(const struct ota_matrix_merge *merge,
			      const struct ota_matrix_merged *merged)
{
	name_damaged(&merged->matrix);
	name_conflicts(&merged->matrix);
	name_missing(&merged->matrix);
	if (merge->out)
		name_others(&merged->matrix, COMMAND, "left out");
	else
		name_others(&merged->matrix, merge->folders[0], "left where it is, not indexed");
	if (merged->has_left) {
		name_others(&merged->left, merge->out, "left where it is, not indexed");
		name_kept(merge, merged);
	}
}

/* -- sums -------------------------------------------------------------------------------------- */

/* What there is of a plan. */
struct sums {
	size_t finished; /* jobs */
	size_t unfit;    /* of these: without a patch */
	size_t patches;  /* files */
	uint64_t bytes;  /* of these */
};

static enum cli_exit count(const struct ota_matrix *matrix, struct sums *sums)
{
	struct ota_diag diag = {.err = OTA_OK};

	*sums = (struct sums){.finished = matrix->plan.n_jobs - matrix->n_missing};
	for (size_t i = 0; i < matrix->plan.n_jobs; i++)
		sums->unfit += matrix->has[i] && !matrix->result[i].made;
	if (ota_matrix_count(matrix, &sums->patches, &sums->bytes, &diag) != OTA_OK)
		return cli_fail(COMMAND, &diag);
	return CLI_DONE;
}

static enum cli_exit count_ways(const struct ota_matrix *matrix, struct ways *ways)
{
	struct ota_matrix_leg *legs = calloc(matrix->plan.n_versions + 1, sizeof(*legs));

	*ways = (struct ways){.none = 0};
	if (!legs)
		return cli_error(CLI_ENVIRONMENT, COMMAND, "out of memory");
	for (size_t i = 0; i + 1 < matrix->plan.n_versions; i++) {
		struct ota_matrix_route route;

		ota_matrix_find_route(matrix, i, OTA_MATRIX_ALL, &route, legs);
		if (!route.found)
			ways->none++;
		else if (route.n_legs > 1)
			ways->by_several++;
		else if (legs[0].is_full)
			ways->whole++;
		else
			ways->by_one++;
	}
	free(legs);
	return CLI_DONE;
}

/* -- reports ----------------------------------------------------------------------------------- */

/* How a device with each version gets the newest. */
static void print_ways(const struct ota_matrix_plan *plan, const struct ways *ways)
{
	char name[SHOWN_MAX];

	if (plan->n_versions < 2) {
		printf("one version: there is nothing to send\n");
		return;
	}
	matrix_clean(plan->version[plan->n_versions - 1].name, name, sizeof(name));
	printf("to %s: %zu version%s by one patch, %zu over others, %zu by the whole image, %zu "
	       "not at all\n",
	       name, ways->by_one, ways->by_one == 1 ? "" : "s", ways->by_several, ways->whole,
	       ways->none);
}

static enum cli_exit print_text(const struct ota_matrix_merge *merge,
				const struct ota_matrix_merged *merged)
{
	const struct ota_matrix *matrix = &merged->matrix;
	struct sums sums;
	struct ways ways;
	char grouped[32];
	char folder[SHOWN_MAX];

	if (count_ways(matrix, &ways) != CLI_DONE || count(matrix, &sums) != CLI_DONE)
		return CLI_ENVIRONMENT;
	matrix_clean(merge->out ? merge->out : merge->folders[0], folder, sizeof(folder));
	printf("%s: %zu of %zu job%s, %zu patch%s, %s bytes together, each with the right digest\n",
	       folder, sums.finished, matrix->plan.n_jobs, matrix->plan.n_jobs == 1 ? "" : "s",
	       sums.patches, sums.patches == 1 ? "" : "es",
	       ota_number_grouped(sums.bytes, grouped));
	if (sums.unfit > 0)
		printf("%zu job%s no patch that fits; index.json says why\n", sums.unfit,
		       sums.unfit == 1 ? " has" : "s have");
	if (matrix->n_duplicates > 0)
		printf("%zu job%s in more than one folder, with the same result\n",
		       matrix->n_duplicates, matrix->n_duplicates == 1 ? " is" : "s are");
	print_ways(&matrix->plan, &ways);
	return CLI_DONE;
}

static void json_ids(json_t *object, const char *key, char (*ids)[OTA_MATRIX_ID_SIZE], size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		(void)json_array_append_new(list, json_string(ids[i]));
	cli_json_add(object, key, list);
}

static json_t *json_job(const struct ota_matrix *matrix, const struct ota_matrix_job *job)
{
	json_t *item = json_object();

	cli_json_text(item, "old", old_name(matrix, job));
	cli_json_text(item, "new", new_name(matrix, job));
	cli_json_text(item, "id", job->id);
	return item;
}

static void json_missing(json_t *object, const struct ota_matrix *matrix)
{
	json_t *missing = json_array();
	json_t *damaged = json_array();

	for (size_t i = 0; matrix->has && i < matrix->plan.n_jobs; i++) {
		if (!matrix->has[i])
			(void)json_array_append_new(missing,
						    json_job(matrix, &matrix->plan.job[i]));
	}
	for (size_t i = 0; i < matrix->n_damaged; i++) {
		json_t *item = json_job(matrix, &matrix->plan.job[matrix->damaged[i].job]);

		cli_json_text(item, "why", matrix->damaged[i].why);
		(void)json_array_append_new(damaged, item);
	}
	cli_json_add(object, "missing", missing);
	cli_json_add(object, "damaged", damaged);
}

static void json_stray(json_t *object, const struct ota_matrix *matrix)
{
	json_t *list = json_array();

	for (size_t i = 0; i < matrix->n_stray; i++) {
		json_t *name = json_string(matrix->stray[i]);

		(void)json_array_append_new(list, name ? name : json_string("(not UTF-8)"));
	}
	cli_json_add(object, "stray", list);
}

static enum cli_exit print_json(const struct ota_matrix_merge *merge,
				const struct ota_matrix_merged *merged, const char *reason)
{
	const struct ota_matrix *matrix = &merged->matrix;
	json_t *object = cli_json("matrix-merge");
	struct sums sums;

	if (count(matrix, &sums) != CLI_DONE) {
		json_decref(object);
		return CLI_ENVIRONMENT;
	}
	cli_json_text(object, "folder", merge->out ? merge->out : merge->folders[0]);
	cli_json_bool(object, "written", merged->written);
	if (reason)
		cli_json_text(object, "reason", reason);
	cli_json_uint(object, "jobs", matrix->plan.n_jobs);
	cli_json_uint(object, "finished", sums.finished);
	cli_json_uint(object, "patches", sums.patches);
	cli_json_uint(object, "patch_bytes", sums.bytes);
	cli_json_uint(object, "files_written", merged->n_copied);
	json_missing(object, matrix);
	json_ids(object, "conflicts", matrix->conflict, matrix->n_conflicts);
	json_ids(object, "duplicates", matrix->duplicate, matrix->n_duplicates);
	json_ids(object, "extra", matrix->extra, matrix->n_extra);
	json_stray(object, matrix);
	if (merged->has_left) {
		json_t *left = json_object();

		json_ids(left, "extra", merged->left.extra, merged->left.n_extra);
		json_stray(left, &merged->left);
		cli_json_add(object, "left_in_folder", left);
	}
	return cli_json_print(object);
}

/* -- the command ------------------------------------------------------------------------------- */

static enum cli_exit run(const struct cli_args *args)
{
	struct ota_matrix_merge merge = {.folders = args->positional,
					 .n_folders = args->n_positionals,
					 .out = cli_value(args, OUTPUT),
					 .partial = cli_has(args, PARTIAL)};
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_matrix_merged merged;
	enum cli_exit status = CLI_DONE;

	if (!merge.out && merge.n_folders > 1) {
		(void)cli_error(CLI_USAGE, COMMAND, "%zu folders, and no -o OUT to join them in",
				merge.n_folders);
		return CLI_USAGE;
	}
	if (merge.out && !merge.out[0])
		return cli_error(CLI_USAGE, COMMAND, "-o has an empty name");
	if (ota_matrix_merge(&merge, &merged, &diag) == OTA_OK) {
		status = cli_has(args, JSON) ? print_json(&merge, &merged, NULL)
					     : print_text(&merge, &merged);
		say_what_is_wrong(&merge, &merged);
	} else {
		/* What is in folders that could not be read is not known. */
		if (merged.loaded && cli_has(args, JSON))
			(void)print_json(&merge, &merged, diag.text);
		if (merged.loaded)
			say_what_is_wrong(&merge, &merged);
		status = cli_fail(COMMAND, &diag);
	}
	ota_matrix_merged_free(&merged);
	return status;
}

const struct cli_command cli_cmd_matrix_merge = {
	.usage = "matrix merge DIR... [-o OUT] [--partial] [--json]",
	.examples = examples,
	.about = "Each DIR is a folder that matrix run has written into, all by one plan. Every\n"
		 "patch is proven by its digest; then OUT gets the plan, results and patches, and\n"
		 "index.json, which tells an update server what to send to each version, and\n"
		 "SHA256SUMS for sha256sum -c. With one DIR and no -o that happens in place.\n"
		 "\n"
		 "OUT depends on nothing but the plan: not on shards, threads or the order of "
		 "DIRs.\n"
		 "Jobs that are missing or damaged, or whose results differ, are named: exit code\n"
		 "1, and nothing is written. What is no job of the plan is named and left out.",
	.options = options,
	.n_options = sizeof(options) / sizeof(options[0]),
	.min_positionals = 1,
	.max_positionals = 10000,
	.positionals = "a folder of matrix run",
	.run = run,
};
