// SPDX-License-Identifier: Apache-2.0
/*
 * Patches are put in place as they are made, their results some at a time, when the patches are
 * safe on the disk: where there is a result its patch is whole, also after a power cut, and the
 * disk is waited for once and not for every file.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "matrix_run_parts.h"

#define RESULT_MAX ((size_t)1 << 20) /* bytes of a result's file */
/* A batch: so much work of each thread is lost when a run is killed, beside the job it has. */
#define BATCH_US  250000U
#define BATCH_MAX 64U

uint64_t ota_run_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000U + (uint64_t)now.tv_nsec / 1000U;
}

static const char *id_of(const struct running *all, size_t task)
{
	return all->plan->job[all->task[task].job].id;
}

static struct run_unfit unfit_of(const struct ota_matrix_result *result)
{
	struct run_unfit unfit = {.is = !result->made || (result->judged && !result->fits)};

	if (unfit.is)
		memcpy(unfit.why, result->reason, sizeof(unfit.why));
	return unfit;
}

/* -- what is there ----------------------------------------------------------------------------- */

static bool patch_is_whole(const struct running *all, const struct ota_matrix_result *result)
{
	struct ota_buf file = ota_buf_init(OTA_DELTA_MAX);
	char name[OTA_MATRIX_PATH_MAX];
	struct ota_digest digest;
	bool whole = false;

	(void)ota_matrix_patch_name(all->plan, result, name);
	if (ota_matrix_store_read(all->store.folder, name, &file, NULL) == OTA_OK &&
	    file.len == result->sent_len &&
	    ota_digest_of(OTA_HASH_SHA256, ota_buf_span(&file), &digest, NULL) == OTA_OK)
		whole = memcmp(digest.data, result->sha256, sizeof(result->sha256)) == 0;
	ota_buf_free(&file);
	return whole;
}

bool ota_run_is_finished(struct running *all, const struct run_task *task, struct run_unfit *unfit)
{
	const char *id = all->plan->job[task->job].id;
	struct ota_buf text = ota_buf_init(RESULT_MAX);
	struct ota_matrix_result result;
	char name[OTA_MATRIX_PATH_MAX];
	bool finished = false;

	(void)ota_matrix_result_name(id, name);
	if (ota_matrix_store_read(all->store.folder, name, &text, NULL) == OTA_OK &&
	    ota_matrix_result_read(ota_buf_span(&text), &result, NULL) == OTA_OK &&
	    strcmp(result.id, id) == 0) {
		finished = !result.made || patch_is_whole(all, &result);
		*unfit = unfit_of(&result);
	}
	ota_buf_free(&text);
	return finished;
}

/* -- counting ---------------------------------------------------------------------------------- */

/* One at a time, and without the lock: whoever is told may take long to print it. */
void ota_run_tell(struct running *all)
{
	struct ota_matrix_progress progress;

	if (!all->run->tell)
		return;
	(void)pthread_mutex_lock(&all->telling);
	(void)pthread_mutex_lock(&all->lock);
	progress = all->outcome->progress;
	progress.elsewhere = all->n_elsewhere;
	(void)pthread_mutex_unlock(&all->lock);
	all->run->tell(&progress, all->run->context);
	(void)pthread_mutex_unlock(&all->telling);
}

/* With the lock held. Room for each task has been made. */
static void add_unfit(struct running *all, size_t task, const struct run_unfit *unfit)
{
	struct ota_matrix_outcome *outcome = all->outcome;
	struct ota_matrix_failure *entry = &outcome->unfit[outcome->n_unfit];

	if (!unfit->is)
		return;
	*entry = (struct ota_matrix_failure){.job = all->task[task].job, .err = OTA_E_NO_FIT};
	(void)snprintf(entry->text, sizeof(entry->text), "%s", unfit->why);
	outcome->n_unfit++;
	outcome->progress.unfit++;
}

void ota_run_found(struct running *all, size_t task, const struct run_unfit *unfit)
{
	struct ota_matrix_progress *progress = &all->outcome->progress;
	uint64_t us = all->plan->job[all->task[task].job].expected_us;

	(void)pthread_mutex_lock(&all->lock);
	progress->found++;
	add_unfit(all, task, unfit);
	progress->all_us -= us < progress->all_us ? us : progress->all_us;
	ota_run_settle(all, task, RUN_TASK_OVER);
	(void)pthread_mutex_unlock(&all->lock);
	ota_matrix_store_release(&all->store, id_of(all, task));
	ota_run_tell(all);
}

void ota_run_fail(struct running *all, size_t task, const struct ota_diag *diag)
{
	struct ota_matrix_outcome *outcome = all->outcome;
	struct ota_matrix_failure *failure;

	(void)pthread_mutex_lock(&all->lock);
	/* Room for each task's failure has been made. */
	failure = &outcome->failure[outcome->n_failures++];
	*failure = (struct ota_matrix_failure){.job = all->task[task].job, .err = diag->err};
	(void)snprintf(failure->text, sizeof(failure->text), "%s", diag->text);
	outcome->progress.failed++;
	outcome->progress.done_us += all->plan->job[failure->job].expected_us;
	ota_run_settle(all, task, RUN_TASK_OVER);
	(void)pthread_mutex_unlock(&all->lock);
	ota_matrix_store_release(&all->store, id_of(all, task));
	ota_run_tell(all);
}

static void settle(struct running *all, size_t task, enum run_task_state state)
{
	(void)pthread_mutex_lock(&all->lock);
	ota_run_settle(all, task, state);
	(void)pthread_mutex_unlock(&all->lock);
}

void ota_run_give_up(struct running *all, size_t task)
{
	settle(all, task, RUN_TASK_OVER);
	ota_matrix_store_release(&all->store, id_of(all, task));
}

void ota_run_leave_to_others(struct running *all, size_t task)
{
	settle(all, task, RUN_TASK_ELSEWHERE);
}

/* -- a batch ----------------------------------------------------------------------------------- */

static unsigned next_serial(struct running *all)
{
	unsigned serial;

	(void)pthread_mutex_lock(&all->lock);
	serial = all->serial++;
	(void)pthread_mutex_unlock(&all->lock);
	return serial;
}

static enum ota_err write_result(struct running *all, const struct run_pending *pending,
				 struct ota_diag *diag)
{
	char name[OTA_MATRIX_PATH_MAX];

	(void)ota_matrix_result_name(id_of(all, pending->task), name);
	return ota_matrix_store_write(&all->store, name, next_serial(all),
				      ota_buf_span(&pending->text), diag);
}

static enum ota_err sync_result(struct running *all, const struct run_pending *pending,
				struct ota_diag *diag)
{
	char name[OTA_MATRIX_PATH_MAX];

	(void)ota_matrix_result_name(id_of(all, pending->task), name);
	return ota_matrix_store_sync(&all->store, name, diag);
}

/*
 * Writes as many results as go, and says how many. On a full disk the last patch makes room for the
 * result of one before it: the claim on its job is held, so nobody else relies on it.
 */
static size_t write_results(struct running *all, const struct run_pending *batch, size_t n,
			    struct ota_diag *diag)
{
	size_t written = 0;

	while (written < n) {
		if (write_result(all, &batch[written], diag) == OTA_OK) {
			written++;
			continue;
		}
		n--;
		if (batch[n].patch[0])
			ota_matrix_store_remove(&all->store, batch[n].patch);
	}
	return written;
}

static enum ota_err sync_patches(struct running *all, const struct run_pending *batch, size_t n,
				 struct ota_diag *diag)
{
	enum ota_err err = OTA_OK;

	for (size_t i = 0; i < n && err == OTA_OK; i++) {
		if (batch[i].patch[0])
			err = ota_matrix_store_sync(&all->store, batch[i].patch, diag);
	}
	return err == OTA_OK ? ota_matrix_store_sync(&all->store, OTA_MATRIX_PATCHES, diag) : err;
}

static enum ota_err sync_results(struct running *all, const struct run_pending *batch, size_t n,
				 struct ota_diag *diag)
{
	enum ota_err err = OTA_OK;

	for (size_t i = 0; i < n && err == OTA_OK; i++)
		err = sync_result(all, &batch[i], diag);
	return err == OTA_OK ? ota_matrix_store_sync(&all->store, OTA_MATRIX_RESULTS, diag) : err;
}

/*
 * First all patches are safe, then results are there, then they are safe too. `*written` is how
 * many jobs have their results, the first ones; whether or not all went well.
 */
static enum ota_err write_batch(struct running *all, const struct run_pending *batch, size_t n,
				size_t *written, struct ota_diag *diag)
{
	enum ota_err err = sync_patches(all, batch, n, diag);

	*written = 0;
	if (err != OTA_OK)
		return err;
	*written = write_results(all, batch, n, diag);
	err = sync_results(all, batch, *written, diag);
	return *written < n ? OTA_E_IO : err;
}

/* Takes what is pending, if it is time; NULL: nothing. */
static struct run_pending *take_batch(struct running *all, bool now, size_t *n)
{
	struct run_pending *batch = NULL;

	(void)pthread_mutex_lock(&all->lock);
	if (all->n_pending > 0 && (now || all->n_pending >= BATCH_MAX ||
				   ota_run_now() - all->pending_since >= BATCH_US)) {
		batch = all->pending;
		*n = all->n_pending;
		all->pending = NULL;
		all->n_pending = 0;
	}
	(void)pthread_mutex_unlock(&all->lock);
	return batch;
}

/* A job is done when its result is there. `why`: not all are; NULL: they are. */
static void count_batch(struct running *all, const struct run_pending *batch, size_t written,
			const struct ota_diag *why)
{
	struct ota_matrix_progress *progress = &all->outcome->progress;

	(void)pthread_mutex_lock(&all->lock);
	for (size_t i = 0; i < written; i++) {
		progress->done++;
		add_unfit(all, batch[i].task, &batch[i].unfit);
		progress->done_us += all->plan->job[all->task[batch[i].task].job].expected_us;
	}
	if (why)
		ota_run_stop(all, why);
	(void)pthread_mutex_unlock(&all->lock);
}

void ota_run_flush(struct running *all, bool now)
{
	struct ota_diag diag = {.err = OTA_OK};
	size_t written = 0;
	size_t n = 0;
	enum ota_err err;
	struct run_pending *batch = take_batch(all, now, &n);

	if (!batch)
		return;
	err = write_batch(all, batch, n, &written, &diag);
	count_batch(all, batch, written, err == OTA_OK ? NULL : &diag);
	for (size_t i = 0; i < n; i++) {
		ota_matrix_store_release(&all->store, id_of(all, batch[i].task));
		ota_buf_free(&batch[i].text);
	}
	free(batch);
	ota_run_tell(all);
}

/* -- a patch that has been made ---------------------------------------------------------------- */

static enum ota_err prepare(struct running *all, size_t task, const struct run_product *product,
			    struct run_pending *pending, struct ota_diag *diag)
{
	enum ota_err err = OTA_OK;

	*pending = (struct run_pending){.task = task, .text = ota_buf_init(RESULT_MAX)};
	pending->unfit = unfit_of(&product->result);
	if (product->result.made) {
		(void)ota_matrix_patch_name(all->plan, &product->result, pending->patch);
		err = ota_matrix_store_write(&all->store, pending->patch, next_serial(all),
					     ota_buf_span(&product->file), diag);
	}
	if (err == OTA_OK)
		err = ota_matrix_result_write(&product->result, &pending->text, diag);
	return err;
}

/* With the lock held. False: out of memory. */
static bool push(struct running *all, const struct run_pending *pending, uint64_t begun_us)
{
	struct run_pending *grown =
		realloc(all->pending, (all->n_pending + 1) * sizeof(*all->pending));

	if (!grown)
		return false;
	all->pending = grown;
	/* From where work on them began: one job may have taken long. */
	if (all->n_pending == 0 || begun_us < all->pending_since)
		all->pending_since = begun_us;
	all->pending[all->n_pending++] = *pending;
	return true;
}

void ota_run_hand_over(struct running *all, size_t task, const struct run_product *product)
{
	struct ota_diag diag = {.err = OTA_OK};
	struct run_pending pending;
	enum ota_err err = prepare(all, task, product, &pending, &diag);

	(void)pthread_mutex_lock(&all->lock);
	if (err == OTA_OK && !push(all, &pending, product->begun_us))
		err = ota_fail(&diag, OTA_E_MEMORY, "out of memory for a result");
	/* A folder that cannot be written takes no other patch either. */
	if (err == OTA_E_IO)
		ota_run_stop(all, &diag);
	if (err == OTA_OK || err == OTA_E_IO)
		ota_run_settle(all, task, RUN_TASK_OVER);
	(void)pthread_mutex_unlock(&all->lock);
	if (err == OTA_OK)
		return;
	ota_buf_free(&pending.text);
	if (err == OTA_E_IO)
		ota_matrix_store_release(&all->store, id_of(all, task));
	else
		ota_run_fail(all, task, &diag);
}
