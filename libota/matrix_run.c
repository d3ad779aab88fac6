// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "matrix_run_parts.h"
#include "threads.h"

#define PLAN_MAX ((size_t)1 << 30) /* bytes of a plan's file that is replaced */

/* -- what is asked for ------------------------------------------------------------------------- */

static enum ota_err check_signer(const struct ota_matrix_run *run, size_t at, struct ota_diag *diag)
{
	const struct ota_digest *want = &run->plan->key_id[at];
	struct ota_digest id;
	enum ota_err err = ota_key_id(run->signers[at].key, OTA_HASH_SHA256, &id, diag);

	if (err != OTA_OK)
		return err;
	if (id.len == want->len && memcmp(id.data, want->data, id.len) == 0)
		return OTA_OK;
	return ota_fail(diag, OTA_E_USAGE, "signer %zu is not the key that the plan names", at + 1);
}

static enum ota_err check_run(const struct ota_matrix_run *run, struct ota_diag *diag)
{
	enum ota_err err = OTA_OK;

	if (run->n_signers != run->plan->n_keys)
		return ota_fail(diag, OTA_E_USAGE,
				"the plan's updates are signed by %" PRIu32 " keys, %zu are given",
				run->plan->n_keys, run->n_signers);
	for (size_t i = 0; i < run->n_signers && err == OTA_OK; i++)
		err = check_signer(run, i, diag);
	return err;
}

/* -- the plan's own file ----------------------------------------------------------------------- */

/* The same plan again is left alone; of another one the folder is from now on. */
static enum ota_err write_plan(const struct running *all, struct ota_diag *diag)
{
	struct ota_buf there = ota_buf_init(PLAN_MAX);
	enum ota_err err = OTA_OK;
	bool same = ota_matrix_store_read(all->store.folder, OTA_MATRIX_PLAN_NAME, &there, NULL) ==
			    OTA_OK &&
		    ota_span_equal(ota_buf_span(&there), all->run->plan_text);

	ota_buf_free(&there);
	if (same)
		return OTA_OK;
	err = ota_matrix_store_write(&all->store, OTA_MATRIX_PLAN_NAME, 0, all->run->plan_text,
				     diag);
	if (err == OTA_OK)
		err = ota_matrix_store_sync(&all->store, OTA_MATRIX_PLAN_NAME, diag);
	return err == OTA_OK ? ota_matrix_store_sync(&all->store, "", diag) : err;
}

/* -- one task ---------------------------------------------------------------------------------- */

static void make(struct running *all, struct run_group *group, size_t at)
{
	const struct run_task *task = &all->task[at];
	struct run_product product = {.file = {.data = NULL}};
	struct ota_diag diag = {.err = OTA_OK};
	enum ota_err err = ota_run_open(all, group, task, &diag);

	if (err == OTA_OK) {
		err = ota_run_make(all, group, task, &product, &diag);
		ota_run_close(all, group, task);
	}
	if (err == OTA_OK)
		ota_run_hand_over(all, at, &product);
	else if (ota_run_stopped(all))
		ota_run_give_up(all, at);
	else
		ota_run_fail(all, at, &diag);
	ota_run_product_free(&product);
}

static void do_task(struct running *all, struct run_group *group, size_t at)
{
	struct run_unfit unfit = {.is = false};

	if (!ota_matrix_store_claim(&all->store, all->plan->job[all->task[at].job].id))
		ota_run_leave_to_others(all, at);
	else if (ota_run_is_finished(all, &all->task[at], &unfit))
		ota_run_found(all, at, &unfit);
	else
		make(all, group, at);
}

static void *work(void *context)
{
	struct running *all = context;
	struct run_group *group = NULL;
	size_t task;

	while (ota_run_take(all, &group, &task)) {
		do_task(all, group, task);
		ota_run_flush(all, false);
	}
	return NULL;
}

static void free_locks(struct running *all)
{
	(void)pthread_cond_destroy(&all->changed);
	(void)pthread_mutex_destroy(&all->telling);
	(void)pthread_mutex_destroy(&all->signing);
	(void)pthread_mutex_destroy(&all->lock);
}

/* -- all of it --------------------------------------------------------------------------------- */

static int by_job(const void *a, const void *b)
{
	const struct ota_matrix_failure *x = a;
	const struct ota_matrix_failure *y = b;

	return (x->job > y->job) - (x->job < y->job);
}

static enum ota_err run_all(struct running *all, struct ota_diag *diag)
{
	struct ota_matrix_outcome *outcome = all->outcome;
	enum ota_err err = ota_run_queue_fill(all, diag);

	if (err != OTA_OK)
		return err;
	outcome->failure = calloc(all->n_tasks + 1, sizeof(*outcome->failure));
	outcome->unfit = calloc(all->n_tasks + 1, sizeof(*outcome->unfit));
	if (!outcome->failure || !outcome->unfit)
		return ota_fail(diag, OTA_E_MEMORY, "out of memory for %zu jobs", all->n_tasks);
	err = ota_matrix_store_open(all->run->folder, &all->store, diag);
	if (err == OTA_OK)
		err = write_plan(all, diag);
	if (err == OTA_OK) {
		ota_threads_run(ota_threads_for(all->run->threads, all->n_tasks), work, all);
		ota_run_flush(all, true);
		err = ota_run_find_changed(all, diag);
	}
	qsort(outcome->failure, outcome->n_failures, sizeof(*outcome->failure), by_job);
	qsort(outcome->unfit, outcome->n_unfit, sizeof(*outcome->unfit), by_job);
	return err;
}

enum ota_err ota_matrix_run(const struct ota_matrix_run *run, struct ota_matrix_outcome *outcome,
			    struct ota_diag *diag)
{
	struct running all = {
		.run = run,
		.plan = run->plan,
		.outcome = outcome,
		.store = {.lock = -1},
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.signing = PTHREAD_MUTEX_INITIALIZER,
		.telling = PTHREAD_MUTEX_INITIALIZER,
		.changed = PTHREAD_COND_INITIALIZER,
	};
	enum ota_err err;

	*outcome = (struct ota_matrix_outcome){.n_failures = 0};
	err = check_run(run, diag);
	if (err == OTA_OK)
		err = run_all(&all, diag);
	ota_matrix_store_close(&all.store);
	ota_run_queue_free(&all);
	free_locks(&all);
	return err;
}

void ota_matrix_outcome_free(struct ota_matrix_outcome *outcome)
{
	free(outcome->failure);
	free(outcome->unfit);
	free(outcome->changed);
	*outcome = (struct ota_matrix_outcome){.n_failures = 0};
}
