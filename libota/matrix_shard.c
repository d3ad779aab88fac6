// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <stdlib.h>

#include "matrix_run_parts.h"

/* -- jobs of one id ---------------------------------------------------------------------------- */

struct named {
	const char *id;
	size_t job;
};

static int by_id(const void *a, const void *b)
{
	const struct named *x = a;
	const struct named *y = b;
	int order = strcmp(x->id, y->id);

	if (order != 0)
		return order;
	return (x->job > y->job) - (x->job < y->job);
}

enum ota_err ota_matrix_first_of_id(const struct ota_matrix_plan *plan, size_t *first,
				    struct ota_diag *diag)
{
	struct named *named = calloc(plan->n_jobs + 1, sizeof(*named));

	if (!named)
		return ota_fail(diag, OTA_E_MEMORY, "out of memory for %zu jobs", plan->n_jobs);
	for (size_t i = 0; i < plan->n_jobs; i++)
		named[i] = (struct named){.id = plan->job[i].id, .job = i};
	qsort(named, plan->n_jobs, sizeof(*named), by_id);
	for (size_t i = 0; i < plan->n_jobs; i++) {
		bool again = i > 0 && strcmp(named[i].id, named[i - 1].id) == 0;

		first[named[i].job] = again ? first[named[i - 1].job] : named[i].job;
	}
	free(named);
	return OTA_OK;
}

/* -- shards ------------------------------------------------------------------------------------ */

/* What a shard has to do so far. */
struct load {
	uint64_t us;
	uint32_t shard;
};

static bool is_less(const struct load *a, const struct load *b)
{
	return a->us != b->us ? a->us < b->us : a->shard < b->shard;
}

/* Lets the first of a heap, which has grown, sink to its place. */
static void sink(struct load *heap, size_t n)
{
	size_t at = 0;

	while (n - at > at + 1) {
		size_t child = 2 * at + 1;
		struct load first = heap[at];

		if (n - child > 1 && is_less(&heap[child + 1], &heap[child]))
			child++;
		if (is_less(&heap[at], &heap[child]))
			return;
		heap[at] = heap[child];
		heap[child] = first;
		at = child;
	}
}

struct sized {
	const struct ota_matrix_job *job;
	size_t at;
};

/* The id decides between equals, so that it is the same share wherever jobs stand. */
static int longest_first(const void *a, const void *b)
{
	const struct sized *x = a;
	const struct sized *y = b;

	if (x->job->expected_us != y->job->expected_us)
		return x->job->expected_us < y->job->expected_us ? 1 : -1;
	return strcmp(x->job->id, y->job->id);
}

static uint64_t sum_of(uint64_t a, uint64_t b)
{
	return b > UINT64_MAX - a ? UINT64_MAX : a + b;
}

/* Shares `n` jobs of different ids out; every one costs something, whatever was expected. */
static void deal(const struct sized *sized, size_t n, struct load *heap, size_t n_shards,
		 uint32_t *share)
{
	for (size_t i = 0; i < n; i++) {
		share[sized[i].at] = heap[0].shard;
		heap[0].us = sum_of(sum_of(heap[0].us, sized[i].job->expected_us), 1);
		sink(heap, n_shards);
	}
}

struct dealing {
	size_t *first;
	struct sized *sized;
	struct load *heap;
	uint32_t *share;
	uint32_t k; /* the shard that is asked for */
	bool *mine; /* its jobs */
};

static enum ota_err deal_all(const struct ota_matrix_plan *plan, struct dealing *dealing,
			     uint32_t n_shards, struct ota_diag *diag)
{
	size_t n = 0;
	enum ota_err err = ota_matrix_first_of_id(plan, dealing->first, diag);

	if (err != OTA_OK)
		return err;
	for (size_t i = 0; i < plan->n_jobs; i++) {
		if (dealing->first[i] == i)
			dealing->sized[n++] = (struct sized){.job = &plan->job[i], .at = i};
	}
	for (uint32_t i = 0; i < n_shards; i++)
		dealing->heap[i] = (struct load){.us = 0, .shard = i + 1};
	qsort(dealing->sized, n, sizeof(*dealing->sized), longest_first);
	deal(dealing->sized, n, dealing->heap, n_shards, dealing->share);
	for (size_t i = 0; i < plan->n_jobs; i++)
		dealing->mine[i] = dealing->share[dealing->first[i]] == dealing->k;
	return OTA_OK;
}

enum ota_err ota_matrix_shard(const struct ota_matrix_plan *plan, uint32_t k, uint32_t n,
			      bool *mine, struct ota_diag *diag)
{
	/* Shards beyond the jobs are empty, however many there are. */
	uint32_t n_shards = n < OTA_MATRIX_JOBS_MAX ? n : OTA_MATRIX_JOBS_MAX;
	struct dealing dealing = {
		.first = calloc(plan->n_jobs + 1, sizeof(*dealing.first)),
		.sized = calloc(plan->n_jobs + 1, sizeof(*dealing.sized)),
		.heap = calloc((size_t)n_shards + 1, sizeof(*dealing.heap)),
		.share = calloc(plan->n_jobs + 1, sizeof(*dealing.share)),
		.k = k,
		.mine = mine,
	};
	enum ota_err err;

	if (n == 0 || k == 0 || k > n)
		err = ota_fail(diag, OTA_E_USAGE,
			       "shard %" PRIu32 " of %" PRIu32 " is none: 1 to %" PRIu32 " are", k,
			       n, n);
	else if (!dealing.first || !dealing.sized || !dealing.heap || !dealing.share)
		err = ota_fail(diag, OTA_E_MEMORY, "out of memory for %zu jobs", plan->n_jobs);
	else
		err = deal_all(plan, &dealing, n_shards, diag);
	free(dealing.share);
	free(dealing.heap);
	free(dealing.sized);
	free(dealing.first);
	return err;
}
