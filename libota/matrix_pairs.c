// SPDX-License-Identifier: Apache-2.0
/* Which patches a policy asks for. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <ota/matrix_plan.h>

#include "matrix_words.h"

#define WORD_ROOM 128U /* bytes of a name in a line, with its NUL */

/* A list of jobs that grows. */
struct pairs {
	struct ota_matrix_plan *plan;
	size_t room;
	struct ota_diag *diag;
};

static enum ota_err fail_many(uint64_t n, struct ota_diag *diag)
{
	(void)ota_fail(diag, OTA_E_USAGE,
		       "%" PRIu64 " patches are asked for, at most %u are planned", n,
		       OTA_MATRIX_JOBS_MAX);
	ota_hint(diag, "--pairs latest, or last=K, asks for fewer");
	return OTA_E_USAGE;
}

static enum ota_err add(struct pairs *pairs, size_t old_at, size_t new_at)
{
	struct ota_matrix_plan *plan = pairs->plan;

	if (plan->n_jobs == pairs->room) {
		size_t more = pairs->room > 0 ? 2 * pairs->room : 64;
		void *grown = realloc(plan->job, more * sizeof(*plan->job));

		if (!grown)
			return ota_fail(pairs->diag, OTA_E_MEMORY, "out of memory");
		plan->job = grown;
		pairs->room = more;
	}
	plan->job[plan->n_jobs++] =
		(struct ota_matrix_job){.old_at = (uint32_t)old_at, .new_at = (uint32_t)new_at};
	return OTA_OK;
}

/* -- policies ---------------------------------------------------------------------------------- */

uint64_t ota_matrix_pairs_count(const char *pairs, size_t n, bool both_ways)
{
	uint64_t one_way = n > 0 ? n - 1 : 0;
	size_t last = 0;

	(void)ota_matrix_pairs_read(pairs, &last);
	if (strcmp(pairs, "all") == 0)
		one_way = one_way * n / 2;
	else if (last > 0 && last < one_way)
		one_way = last;
	return both_ways ? 2 * one_way : one_way;
}

/* Does the policy ask for the patch from an older to a newer version? */
static bool wants(const char *pairs, size_t last, size_t n, size_t old_at, size_t new_at)
{
	if (strcmp(pairs, "sequential") == 0)
		return new_at == old_at + 1;
	if (strcmp(pairs, "all") == 0)
		return true;
	return new_at == n - 1 && (last == 0 || n - 1 - old_at <= last);
}

static enum ota_err add_policy(struct pairs *pairs, size_t last)
{
	const struct ota_matrix_plan *plan = pairs->plan;
	uint64_t count = ota_matrix_pairs_count(plan->pairs, plan->n_versions, plan->both_ways);
	enum ota_err err = OTA_OK;

	if (count > OTA_MATRIX_JOBS_MAX)
		return fail_many(count, pairs->diag);
	for (size_t i = 0; i < plan->n_versions; i++) {
		for (size_t j = i + 1; j < plan->n_versions && err == OTA_OK; j++) {
			if (wants(plan->pairs, last, plan->n_versions, i, j))
				err = add(pairs, i, j);
		}
	}
	return err;
}

/* -- from=FILE --------------------------------------------------------------------------------- */

/* The next word of a line, into `word`; false: there is none. */
static bool next_word(struct ota_span *line, char word[WORD_ROOM])
{
	size_t at = 0;
	size_t len = 0;

	while (at < line->len &&
	       (line->data[at] == ' ' || line->data[at] == '\t' || line->data[at] == '\r'))
		at++;
	while (at + len < line->len && line->data[at + len] != ' ' &&
	       line->data[at + len] != '\t' && line->data[at + len] != '\r')
		len++;
	(void)snprintf(word, WORD_ROOM, "%.*s", (int)(len < WORD_ROOM ? len : WORD_ROOM - 1),
		       len > 0 ? (const char *)line->data + at : "");
	*line = ota_span_tail(*line, at + len);
	return len > 0 && word[0] != '#';
}

/* By its name, or by its number. */
static bool find_version(const struct ota_matrix_plan *plan, const char *word, size_t *at)
{
	struct ota_version version;
	bool is_number = ota_version_parse(ota_span_of(word, strlen(word)), &version) == OTA_OK;

	for (*at = 0; *at < plan->n_versions; ++*at) {
		if (strcmp(plan->version[*at].name, word) == 0)
			return true;
	}
	for (*at = 0; *at < plan->n_versions && is_number; ++*at) {
		if (plan->version[*at].has_version &&
		    ota_matrix_version_compare(&plan->version[*at].version, &version) == 0)
			return true;
	}
	return false;
}

/* A word of somebody's file, on a terminal. */
static const char *shown(char word[WORD_ROOM])
{
	for (char *c = word; *c; c++) {
		if (*c < ' ' || *c >= 0x7f)
			*c = '?';
	}
	return word;
}

static enum ota_err add_line(struct pairs *pairs, struct ota_span line, size_t number)
{
	const struct ota_matrix_plan *plan = pairs->plan;
	char word[3][WORD_ROOM];
	size_t at[2];

	if (!next_word(&line, word[0]))
		return OTA_OK;
	if (!next_word(&line, word[1]))
		return ota_fail(pairs->diag, OTA_E_MALFORMED,
				"line %zu: has one version, a patch is from OLD to NEW", number);
	if (next_word(&line, word[2]))
		return ota_fail(pairs->diag, OTA_E_MALFORMED,
				"line %zu: \"%s\" is one word too many: OLD NEW", number,
				shown(word[2]));
	for (size_t i = 0; i < 2; i++) {
		if (!find_version(plan, word[i], &at[i]))
			return ota_fail(pairs->diag, OTA_E_MALFORMED,
					"line %zu: no version is called \"%s\"", number,
					shown(word[i]));
	}
	if (at[0] == at[1])
		return ota_fail(pairs->diag, OTA_E_MALFORMED,
				"line %zu: is a patch from %s to itself", number, shown(word[0]));
	/* Lines that say the same are dropped later, but must not fill memory until then. */
	if (plan->n_jobs == OTA_MATRIX_JOBS_MAX)
		return fail_many((uint64_t)plan->n_jobs + 1, pairs->diag);
	return add(pairs, at[0], at[1]);
}

static enum ota_err add_lines(struct pairs *pairs, struct ota_span text)
{
	enum ota_err err = OTA_OK;

	for (size_t number = 1; text.len > 0 && err == OTA_OK; number++) {
		const uint8_t *end = memchr(text.data, '\n', text.len);
		size_t len = end ? (size_t)(end - text.data) : text.len;

		if (memchr(text.data, '\0', len))
			return ota_fail(pairs->diag, OTA_E_MALFORMED, "line %zu: is not text",
					number);
		err = add_line(pairs, ota_span_head(text, len), number);
		text = ota_span_tail(text, len + 1);
	}
	return err;
}

/* -- the whole --------------------------------------------------------------------------------- */

static int compare_jobs(const void *a, const void *b)
{
	const struct ota_matrix_job *one = a;
	const struct ota_matrix_job *other = b;

	if (one->old_at != other->old_at)
		return one->old_at < other->old_at ? -1 : 1;
	return (one->new_at > other->new_at) - (one->new_at < other->new_at);
}

static void sort_once_each(struct ota_matrix_plan *plan)
{
	size_t n = 0;

	if (plan->n_jobs > 1)
		qsort(plan->job, plan->n_jobs, sizeof(*plan->job), compare_jobs);
	for (size_t i = 0; i < plan->n_jobs; i++) {
		if (n == 0 || compare_jobs(&plan->job[n - 1], &plan->job[i]) != 0)
			plan->job[n++] = plan->job[i];
	}
	plan->n_jobs = n;
}

static enum ota_err add_reverse(struct pairs *pairs)
{
	struct ota_matrix_plan *plan = pairs->plan;
	size_t n = plan->n_jobs;
	enum ota_err err = OTA_OK;

	for (size_t i = 0; i < n && plan->both_ways && err == OTA_OK; i++)
		err = add(pairs, plan->job[i].new_at, plan->job[i].old_at);
	return err;
}

enum ota_err ota_matrix_plan_pairs(struct ota_matrix_plan *plan, struct ota_span from,
				   struct ota_diag *diag)
{
	struct pairs pairs = {.plan = plan, .diag = diag};
	size_t last;
	enum ota_err err;

	if (!ota_matrix_pairs_read(plan->pairs, &last))
		return ota_fail(diag, OTA_E_USAGE,
				"\"%s\" is not one of sequential, latest, all, last=K (1 to %u), "
				"from=FILE",
				plan->pairs, OTA_MATRIX_VERSIONS_MAX);
	if (strcmp(plan->pairs, "from") == 0)
		err = add_lines(&pairs, from);
	else
		err = add_policy(&pairs, last);
	if (err == OTA_OK)
		err = add_reverse(&pairs);
	sort_once_each(plan);
	if (err == OTA_OK && plan->n_jobs > OTA_MATRIX_JOBS_MAX)
		err = fail_many(plan->n_jobs, diag);
	return err;
}
