// SPDX-License-Identifier: Apache-2.0
/* Which task is whose turn. */
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "grouped.h"
#include "matrix_run_parts.h"

/* How often is looked whether another process has finished what it claimed; nanoseconds. */
#define LOOK_AGAIN 50000000L
#define SECOND     1000000000L

static uint64_t sum_of(uint64_t a, uint64_t b)
{
	return b > UINT64_MAX - a ? UINT64_MAX : a + b;
}

static const struct ota_matrix_job *job_of(const struct running *all, size_t task)
{
	return &all->plan->job[all->task[task].job];
}

/* -- the queue is filled ----------------------------------------------------------------------- */

/* Of jobs of one id the first; the plan's order has each old image's jobs together. */
static enum ota_err find_tasks(struct running *all, bool *mine, size_t *first,
			       struct ota_diag *diag)
{
	const struct ota_matrix_run *run = all->run;
	const struct ota_matrix_plan *plan = all->plan;
	enum ota_err err = ota_matrix_shard(plan, run->shard, run->n_shards, mine, diag);

	if (err == OTA_OK)
		err = ota_matrix_first_of_id(plan, first, diag);
	for (size_t i = 0; err == OTA_OK && i < plan->n_jobs; i++) {
		if (mine[i] && first[i] == i)
			all->task[all->n_tasks++] = (struct run_task){.job = i};
	}
	return err;
}

/* Longest first; qsort has no context, so keys are copied. */
struct key {
	uint64_t us;
	size_t at;
};

static int longest_first(const void *a, const void *b)
{
	const struct key *x = a;
	const struct key *y = b;

	if (x->us != y->us)
		return x->us < y->us ? 1 : -1;
	return (x->at > y->at) - (x->at < y->at);
}

static void sort_tasks(struct running *all, const struct run_group *group, struct key *key,
		       struct run_task *copy)
{
	for (size_t i = 0; i < group->n; i++) {
		key[i] = (struct key){job_of(all, group->first + i)->expected_us, i};
		copy[i] = all->task[group->first + i];
	}
	qsort(key, group->n, sizeof(*key), longest_first);
	for (size_t i = 0; i < group->n; i++)
		all->task[group->first + i] = copy[key[i].at];
}

static void sort_groups(struct running *all, struct key *key, struct run_group *copy)
{
	for (size_t i = 0; i < all->n_groups; i++) {
		key[i] = (struct key){all->group[i].left_us, i};
		copy[i] = all->group[i];
	}
	qsort(key, all->n_groups, sizeof(*key), longest_first);
	for (size_t i = 0; i < all->n_groups; i++)
		all->group[i] = copy[key[i].at];
}

static void name_groups(struct running *all)
{
	for (size_t i = 0; i < all->n_groups; i++) {
		for (size_t j = 0; j < all->group[i].n; j++)
			all->task[all->group[i].first + j].group = i;
	}
}

static void find_groups(struct running *all)
{
	for (size_t i = 0; i < all->n_tasks; i++) {
		const struct ota_matrix_job *job = job_of(all, i);
		struct run_group *last;

		if (all->n_groups == 0 || all->group[all->n_groups - 1].old_at != job->old_at)
			all->group[all->n_groups++] =
				(struct run_group){.old_at = job->old_at, .first = i, .next = i};
		last = &all->group[all->n_groups - 1];
		last->n++;
		last->n_open++;
		last->left_us = sum_of(last->left_us, job->expected_us);
	}
}

static enum ota_err sort_queue(struct running *all, struct ota_diag *diag)
{
	struct key *key = calloc(all->n_tasks + 1, sizeof(*key));
	struct run_task *tasks = calloc(all->n_tasks + 1, sizeof(*tasks));
	struct run_group *groups = calloc(all->n_groups + 1, sizeof(*groups));
	enum ota_err err = OTA_OK;

	if (key && tasks && groups) {
		for (size_t i = 0; i < all->n_groups; i++)
			sort_tasks(all, &all->group[i], key, tasks);
		sort_groups(all, key, groups);
		name_groups(all);
	} else {
		err = ota_fail(diag, OTA_E_MEMORY, "out of memory for %zu jobs", all->n_tasks);
	}
	free(groups);
	free(tasks);
	free(key);
	return err;
}

/* -- memory ------------------------------------------------------------------------------------ */

/* What each takes beside what its group shares, and whether even the smallest is too much. */
static enum ota_err foresee(struct running *all, struct ota_diag *diag)
{
	const struct ota_matrix_plan *plan = all->plan;
	uint64_t least = UINT64_MAX;

	for (size_t i = 0; i < all->n_tasks; i++) {
		const struct ota_matrix_job *job = job_of(all, i);
		uint64_t old_len = plan->version[job->old_at].len;
		uint64_t shared = old_len + ota_index_memory((size_t)old_len, false);

		all->task[i].own = job->memory > shared ? job->memory - shared : 0;
		least = job->memory < least ? job->memory : least;
		all->outcome->progress.all_us =
			sum_of(all->outcome->progress.all_us, job->expected_us);
	}
	if (all->run->memory == 0 || all->n_tasks == 0 || least <= all->run->memory)
		return OTA_OK;
	(void)ota_fail(diag, OTA_E_NO_FIT,
		       "the least of the jobs needs %s bytes of memory, the limit is %s",
		       GROUPED(least), GROUPED(all->run->memory));
	ota_hint(diag, "a larger --memory, or none");
	return OTA_E_NO_FIT;
}

/* -- filled ------------------------------------------------------------------------------------ */

static enum ota_err fill(struct running *all, bool *mine, size_t *first, struct ota_diag *diag)
{
	enum ota_err err = find_tasks(all, mine, first, diag);

	if (err == OTA_OK) {
		find_groups(all);
		err = sort_queue(all, diag);
	}
	if (err == OTA_OK)
		err = foresee(all, diag);
	all->n_waiting = all->n_tasks;
	all->outcome->progress.n = all->n_tasks;
	return err;
}

enum ota_err ota_run_queue_fill(struct running *all, struct ota_diag *diag)
{
	size_t n = all->plan->n_jobs + 1;
	bool *mine = calloc(n, sizeof(*mine));
	size_t *first = calloc(n, sizeof(*first));
	enum ota_err err;

	all->image = calloc(all->plan->n_versions + 1, sizeof(*all->image));
	all->task = calloc(n, sizeof(*all->task));
	all->group = calloc(all->plan->n_versions + 1, sizeof(*all->group));
	if (mine && first && all->image && all->task && all->group)
		err = fill(all, mine, first, diag);
	else
		err = ota_fail(diag, OTA_E_MEMORY, "out of memory for %zu jobs", n - 1);
	free(first);
	free(mine);
	return err;
}

void ota_run_queue_free(struct running *all)
{
	for (size_t i = 0; i < all->n_groups; i++)
		ota_index_free(all->group[i].index);
	for (size_t i = 0; all->image && i < all->plan->n_versions; i++)
		ota_buf_free(&all->image[i].file);
	free(all->group);
	free(all->task);
	free(all->image);
}

/* -- whose turn it is -------------------------------------------------------------------------- */

void ota_run_stop(struct running *all, const struct ota_diag *diag)
{
	struct ota_matrix_outcome *outcome = all->outcome;

	if (!outcome->stopped)
		outcome->stop = *diag;
	outcome->stopped = true;
	(void)pthread_cond_broadcast(&all->changed);
}

bool ota_run_is_stopped(struct running *all)
{
	struct ota_diag why = {.err = OTA_OK};

	if (!all->outcome->stopped && all->run->stop && all->run->stop(all->run->context)) {
		all->outcome->interrupted = true;
		(void)ota_fail(&why, OTA_E_IO, "interrupted");
		ota_run_stop(all, &why);
	}
	return all->outcome->stopped;
}

bool ota_run_stopped(struct running *all)
{
	bool stopped;

	(void)pthread_mutex_lock(&all->lock);
	stopped = ota_run_is_stopped(all);
	(void)pthread_mutex_unlock(&all->lock);
	return stopped;
}

/* The first that waits in a group; false: none does. */
static bool find_waiting(struct running *all, struct run_group *group, size_t *task)
{
	size_t end = group->first + group->n;

	while (group->next < end && all->task[group->next].state != RUN_TASK_WAITS)
		group->next++;
	*task = group->next;
	return group->next < end;
}

/*
 * A group that nobody has begun, the longest: each thread has an index of its own while there are
 * enough. Then the one with most left to do.
 */
static struct run_group *choose_group(struct running *all)
{
	struct run_group *best = NULL;
	size_t task;

	for (size_t i = 0; i < all->n_groups; i++) {
		struct run_group *group = &all->group[i];

		if (!find_waiting(all, group, &task))
			continue;
		if (!group->begun)
			return group;
		if (!best || group->left_us > best->left_us)
			best = group;
	}
	return best;
}

/* What others have is looked at again, once a while has passed. */
static void await_others(struct running *all)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += LOOK_AGAIN;
	until.tv_sec += until.tv_nsec / SECOND;
	until.tv_nsec %= SECOND;
	(void)pthread_cond_timedwait(&all->changed, &all->lock, &until);
	for (size_t i = 0; i < all->n_groups; i++) {
		struct run_group *group = &all->group[i];

		for (size_t j = group->first; j < group->first + group->n; j++) {
			if (all->task[j].state != RUN_TASK_ELSEWHERE)
				continue;
			all->task[j].state = RUN_TASK_WAITS;
			group->next = group->first;
			group->n_open++;
			group->left_us = sum_of(group->left_us, job_of(all, j)->expected_us);
			all->n_elsewhere--;
			all->n_waiting++;
		}
	}
}

static void take(struct running *all, struct run_group *group, size_t task)
{
	uint64_t us = job_of(all, task)->expected_us;

	group->begun = true;
	group->left_us -= us < group->left_us ? us : group->left_us;
	all->task[task].state = RUN_TASK_TAKEN;
	all->n_waiting--;
}

bool ota_run_take(struct running *all, struct run_group **group, size_t *task)
{
	bool taken = false;

	(void)pthread_mutex_lock(&all->lock);
	while (!taken && !ota_run_is_stopped(all) && all->n_waiting + all->n_elsewhere > 0) {
		if (all->n_waiting == 0) {
			/* Others may be waiting for what is pending here. */
			(void)pthread_mutex_unlock(&all->lock);
			ota_run_flush(all, true);
			ota_run_tell(all);
			(void)pthread_mutex_lock(&all->lock);
			await_others(all);
			continue;
		}
		if (!*group || !find_waiting(all, *group, task))
			*group = choose_group(all);
		taken = *group && find_waiting(all, *group, task);
		if (taken)
			take(all, *group, *task);
	}
	(void)pthread_mutex_unlock(&all->lock);
	return taken;
}

void ota_run_settle(struct running *all, size_t task, enum run_task_state state)
{
	struct run_group *group = &all->group[all->task[task].group];

	all->task[task].state = state;
	if (state == RUN_TASK_ELSEWHERE)
		all->n_elsewhere++;
	group->n_open--;
	if (group->n_open == 0)
		(void)ota_run_close_idle(all, group);
}
