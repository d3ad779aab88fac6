// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include <ota/matrix_plan.h>

#include "emit.h"
#include "matrix_plan_report.h"
#include "utf8.h"

#define THREADS_MAX 1024U

static int compare_ids(const void *a, const void *b)
{
	const struct ota_matrix_job *const *one = a;
	const struct ota_matrix_job *const *other = b;

	return strcmp((*one)->id, (*other)->id);
}

/* Adds up to what can be said; more is as good as endless. */
static uint64_t add(uint64_t sum, uint64_t more)
{
	return more > INT64_MAX - sum ? INT64_MAX : sum + more;
}

static void count_job(const struct ota_matrix_plan *plan, const struct ota_matrix_job *job,
		      struct plan_numbers *numbers)
{
	uint64_t us = job->expected_us;

	numbers->n_made++;
	numbers->expected_us = add(numbers->expected_us, us);
	numbers->longest_us = us > numbers->longest_us ? us : numbers->longest_us;
	numbers->memory = job->memory > numbers->memory ? job->memory : numbers->memory;
	numbers->patch_bytes += plan->version[job->new_at].len;
}

enum cli_exit plan_count(const struct ota_matrix_plan *plan, struct plan_numbers *numbers)
{
	const struct ota_matrix_job **job =
		calloc(plan->n_jobs + 1, sizeof(struct ota_matrix_job *));
	uint64_t fit;

	*numbers = (struct plan_numbers){.n_made = 0};
	if (!job)
		return cli_error(CLI_ENVIRONMENT, "matrix plan", "out of memory");
	for (size_t i = 0; i < plan->n_jobs; i++)
		job[i] = &plan->job[i];
	qsort(job, plan->n_jobs, sizeof(struct ota_matrix_job *), compare_ids);
	/* Jobs of one id are alike, and made once. */
	for (size_t i = 0; i < plan->n_jobs; i++) {
		if (i == 0 || strcmp(job[i - 1]->id, job[i]->id) != 0)
			count_job(plan, job[i], numbers);
	}
	free(job);
	for (size_t i = 0; i < plan->n_versions; i++)
		numbers->image_bytes += plan->version[i].len;
	fit = numbers->memory > 0 ? PLAN_MEMORY / numbers->memory : THREADS_MAX;
	numbers->threads = (unsigned)(fit < THREADS_MAX ? fit : THREADS_MAX);
	return CLI_DONE;
}

/* -- text -------------------------------------------------------------------------------------- */

/* "12.5 %", of all shares. */
static void share_text(const struct ota_matrix_plan *plan, uint64_t share, char text[32])
{
	uint64_t sum = 0;

	text[0] = '\0';
	for (size_t i = 0; i < plan->n_versions; i++)
		sum += plan->version[i].fleet;
	if (plan->has_fleet)
		(void)snprintf(text, 32, "  %5.1f %%", cli_percent(share, sum));
}

static size_t columns(const char *text)
{
	return cli_utf8_columns(text, strlen(text));
}

static void print_versions(const struct ota_matrix_plan *plan, FILE *out)
{
	size_t width = 0;

	for (size_t i = 0; i < plan->n_versions; i++) {
		size_t len = columns(plan->version[i].name);

		width = len > width ? len : width;
	}
	(void)fprintf(out, "%zu version%s, %s:\n", plan->n_versions,
		      plan->n_versions == 1 ? "" : "s",
		      plan->given_order ? "in the order given" : "from the oldest to the newest");
	for (size_t i = 0; i < plan->n_versions; i++) {
		const struct ota_matrix_version *version = &plan->version[i];
		char number[OTA_MATRIX_VERSION_TEXT_MAX] = "";
		char size[32];
		char share[32];

		if (version->has_version)
			(void)ota_matrix_version_text(&version->version, number);
		share_text(plan, version->fleet, share);
		(void)fprintf(out, "  %s%*s", version->name, (int)(width - columns(version->name)),
			      "");
		if (strcmp(number, version->name) != 0)
			(void)fprintf(out, "  %s", number);
		(void)fprintf(out, "  %12s bytes%s  %s\n", ota_number_grouped(version->len, size),
			      share, version->file);
	}
}

static void print_patches(const struct ota_matrix_plan *plan, const struct plan_numbers *numbers,
			  FILE *out)
{
	size_t n = plan->n_versions;

	if (plan->n_jobs == 0) {
		(void)fprintf(out, "no patches: %s\n",
			      n == 1 ? "one version has nothing to be updated from"
				     : "no pair is asked for");
		return;
	}
	(void)fprintf(out, "%zu patch%s (%s%s), %s%s%s%s\n", plan->n_jobs,
		      plan->n_jobs == 1 ? "" : "es", plan->pairs,
		      plan->both_ways ? ", both ways" : "",
		      plan->delta.format ? plan->delta.format : "the best format that fits",
		      plan->has_target ? ", for " : "", plan->has_target ? plan->target.name : "",
		      plan->n_keys > 0 ? ", as signed delta updates" : "");
	if (numbers->n_made < plan->n_jobs)
		(void)fprintf(out, "  %zu of them are of the same images as others: %zu are made\n",
			      plan->n_jobs - numbers->n_made, numbers->n_made);
	(void)fprintf(out,
		      "  sequential would be %" PRIu64 ", latest %" PRIu64 ", all %" PRIu64 "%s\n",
		      ota_matrix_pairs_count("sequential", n, plan->both_ways),
		      ota_matrix_pairs_count("latest", n, plan->both_ways),
		      ota_matrix_pairs_count("all", n, plan->both_ways),
		      plan->both_ways ? ", both ways" : "");
}

static void print_effort(const struct plan_numbers *numbers, FILE *out)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned threads = processors > 1 && processors < THREADS_MAX ? (unsigned)processors : 1;
	uint64_t shared;
	char all[32];
	char some[32];
	char memory[32];

	if (threads > numbers->threads)
		threads = numbers->threads > 0 ? numbers->threads : 1;
	shared = numbers->expected_us / threads;
	if (shared < numbers->longest_us)
		shared = numbers->longest_us;
	(void)fprintf(out, "time    about %s on one core of a usual desktop",
		      ota_duration_text(numbers->expected_us, all));
	if (shared < numbers->expected_us)
		(void)fprintf(out, ", %s with -j %u", ota_duration_text(shared, some), threads);
	(void)fprintf(out, "\nmemory  up to %s bytes a job: ",
		      ota_number_grouped(numbers->memory, memory));
	if (numbers->threads == 0)
		(void)fprintf(out, "not even one fits " PLAN_MEMORY_TEXT "\n");
	else if (numbers->threads < numbers->n_made)
		(void)fprintf(out, "-j %u fits " PLAN_MEMORY_TEXT "\n", numbers->threads);
	else
		(void)fprintf(out, PLAN_MEMORY_TEXT " are enough for any -j\n");
}

/* Which versions cannot be sent the newest image whole: they depend on a patch. */
static void print_full(const struct ota_matrix_plan *plan, FILE *out)
{
	size_t n = 0;
	const char *reason = "";

	for (size_t i = 0; i < plan->n_versions; i++) {
		const struct ota_matrix_full *full = &plan->version[i].full;

		if (!full->judged || full->fits)
			continue;
		if (n++ == 0)
			reason = full->reason;
	}
	if (n > 0)
		(void)fprintf(
			out,
			"full    the newest image, sent whole, does not fit on devices of %zu of "
			"%zu versions: %s\n",
			n, plan->n_versions, reason);
	else if (plan->has_target)
		(void)fprintf(
			out,
			"full    the newest image, sent whole, fits on devices of every version\n");
}

void plan_print(const struct ota_matrix_plan *plan, const struct plan_numbers *numbers, FILE *out)
{
	char images[32];
	char patches[32];

	print_versions(plan, out);
	print_patches(plan, numbers, out);
	if (plan->n_jobs > 0)
		print_effort(numbers, out);
	(void)fprintf(out, "storage %s bytes of images",
		      ota_number_grouped(numbers->image_bytes, images));
	if (plan->n_jobs > 0)
		(void)fprintf(out,
			      ", patches at most %s (each as large as its new image); what they "
			      "take is known after the run",
			      ota_number_grouped(numbers->patch_bytes, patches));
	(void)fprintf(out, "\n");
	print_full(plan, out);
}

/* -- JSON -------------------------------------------------------------------------------------- */

static json_t *json_version(const struct ota_matrix_version *version)
{
	char text[OTA_MATRIX_VERSION_TEXT_MAX];
	json_t *object = json_object();

	cli_json_text(object, "name", version->name);
	if (version->has_version)
		cli_json_text(object, "version", ota_matrix_version_text(&version->version, text));
	cli_json_text(object, "file", version->file);
	cli_json_uint(object, "bytes", version->len);
	cli_json_uint(object, "fleet", version->fleet);
	if (version->full.judged)
		cli_json_bool(object, "full_fits", version->full.fits);
	return object;
}

static json_t *json_policies(const struct ota_matrix_plan *plan)
{
	static const char *const words[] = {"sequential", "latest", "all"};
	json_t *object = json_object();

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		cli_json_uint(object, words[i],
			      ota_matrix_pairs_count(words[i], plan->n_versions, plan->both_ways));
	return object;
}

enum cli_exit plan_print_json(const struct ota_matrix_plan *plan,
			      const struct plan_numbers *numbers, const char *path,
			      uint32_t n_shards)
{
	json_t *object = cli_json("matrix-plan-summary");
	json_t *versions = json_array();

	for (size_t i = 0; i < plan->n_versions; i++)
		(void)json_array_append_new(versions, json_version(&plan->version[i]));
	cli_json_text(object, "file", path);
	cli_json_add(object, "versions", versions);
	cli_json_text(object, "pairs", plan->pairs);
	cli_json_bool(object, "both_ways", plan->both_ways);
	cli_json_uint(object, "patches", plan->n_jobs);
	cli_json_uint(object, "patches_made", numbers->n_made);
	cli_json_add(object, "patches_by_policy", json_policies(plan));
	if (plan->delta.format)
		cli_json_text(object, "format", plan->delta.format);
	if (plan->has_target)
		cli_json_text(object, "target", plan->target.name);
	cli_json_uint(object, "keys", plan->n_keys);
	cli_json_uint(object, "expected_us", numbers->expected_us);
	cli_json_uint(object, "longest_us", numbers->longest_us);
	cli_json_uint(object, "memory_bytes", numbers->memory);
	cli_json_uint(object, "jobs_in_2_gib", numbers->threads);
	cli_json_uint(object, "image_bytes", numbers->image_bytes);
	cli_json_uint(object, "patch_bytes_at_most", numbers->patch_bytes);
	if (n_shards > 0)
		cli_json_uint(object, "shards", n_shards);
	return cli_json_print(object);
}
