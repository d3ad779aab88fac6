// SPDX-License-Identifier: Apache-2.0
/*
 * One run at work. Threads take tasks; a task's old image and its index are its group's, shared by
 * all that work on the group. Everything here is behind one lock, but what is said otherwise: a
 * thread that has a task may use what the task holds without it.
 */
#ifndef MATRIX_RUN_PARTS_H
#define MATRIX_RUN_PARTS_H

#include <pthread.h>

#include <ota/matrix_run.h>

#include "matrix_store.h"

/* Something that one thread gets ready and others wait for. */
enum run_state {
	RUN_NOT_THERE = 0,
	RUN_COMING,
	RUN_READY,
	RUN_FAILED, /* for good; `why` says it */
};

/* A version's bytes, while somebody uses them. */
struct run_image {
	enum run_state state;
	bool looked_at; /* has been read in this run */
	struct ota_buf file;
	struct ota_span bytes; /* borrowed from it */
	unsigned users;
	struct ota_diag why;
};

enum run_task_state {
	RUN_TASK_WAITS = 0,
	RUN_TASK_TAKEN,
	RUN_TASK_ELSEWHERE, /* another process has it */
	RUN_TASK_OVER,
};

/* One patch to make. */
struct run_task {
	size_t job; /* the first of the plan's with its id */
	size_t group;
	enum run_task_state state;
	uint64_t own; /* bytes it takes beside the group's old image and index */
};

/* The tasks that begin at one old image: neighbours in the list, longest first. */
struct run_group {
	uint32_t old_at;
	size_t first;
	size_t n;
	size_t next;      /* none of those before it waits */
	size_t n_open;    /* that wait, or that a thread has */
	uint64_t left_us; /* expected, of those that wait */
	bool begun;
	enum run_state state; /* of the index */
	struct ota_index *index;
	uint64_t held; /* bytes that its old image and index count for */
	unsigned users;
	struct ota_diag why;
};

/* Whether a finished job has no patch that fits the target, and why. */
struct run_unfit {
	bool is;
	char why[320];
};

/* A patch that is in its place, whose result is to follow. */
struct run_pending {
	size_t task;
	struct ota_buf text;             /* owned: the result */
	char patch[OTA_MATRIX_PATH_MAX]; /* empty: there is none */
	struct run_unfit unfit;
};

struct running {
	const struct ota_matrix_run *run; /* never changes */
	const struct ota_matrix_plan *plan;
	struct matrix_store store;
	struct ota_matrix_outcome *outcome;

	pthread_mutex_t lock;
	pthread_mutex_t signing; /* tokens, and the libraries behind them, take one at a time */
	pthread_mutex_t telling;
	pthread_cond_t changed;

	struct run_image *image; /* one for each version */
	struct run_task *task;
	size_t n_tasks;
	struct run_group *group; /* longest first */
	size_t n_groups;
	size_t n_waiting;
	size_t n_elsewhere;

	uint64_t used;   /* bytes, as foreseen */
	unsigned active; /* threads with a task that counts in it */
	unsigned serial; /* of temporary files */

	struct run_pending *pending;
	size_t n_pending;
	uint64_t pending_since; /* when work on the first of them began; microseconds */
};

/* What the encoder made of a job. Zeroed it is empty and may be freed. */
struct run_product {
	struct ota_matrix_result result;
	struct ota_buf file; /* owned: what is sent; empty when none is made */
	uint64_t begun_us;
};

/* Microseconds, by a clock that never goes back. */
uint64_t ota_run_now(void);

/* Jobs of one id are made once: first[i] is the first job with the id of job i. OTA_E_MEMORY. */
OTA_MUST_CHECK enum ota_err ota_matrix_first_of_id(const struct ota_matrix_plan *plan,
						   size_t *first, struct ota_diag *diag);

/* -- matrix_run_queue.c ------------------------------------------------------------------------ */

/* Tasks and groups of the run's shard. OTA_E_MEMORY, OTA_E_NO_FIT. */
OTA_MUST_CHECK enum ota_err ota_run_queue_fill(struct running *all, struct ota_diag *diag);
void ota_run_queue_free(struct running *all);

/*
 * Takes a task, of `*group` if it still has one, else of another; waits for those that other
 * processes have. False: nothing is left, or the run has been stopped.
 */
bool ota_run_take(struct running *all, struct run_group **group, size_t *task);

/*
 * A thread is done with a task it has taken: RUN_TASK_OVER, or RUN_TASK_ELSEWHERE when another
 * process has it and it will be looked at again. With the lock held.
 */
void ota_run_settle(struct running *all, size_t task, enum run_task_state state);

/* Has the run been stopped, by a failure or by its caller? */
bool ota_run_stopped(struct running *all);
/* The same, with the lock held. */
bool ota_run_is_stopped(struct running *all);
/* Ends it. With the lock held. */
void ota_run_stop(struct running *all, const struct ota_diag *diag);

/* -- matrix_run_images.c ----------------------------------------------------------------------- */

/*
 * Waits until there is memory for the task, and opens what it needs. On failure nothing is held.
 * Errors as ota_matrix_read_image and ota_index_build; OTA_E_MALFORMED: the file is not what was
 * planned. OTA_E_NO_FIT: the run has been stopped meanwhile, or it alone is over the limit.
 */
OTA_MUST_CHECK enum ota_err ota_run_open(struct running *all, struct run_group *group,
					 const struct run_task *task, struct ota_diag *diag);
void ota_run_close(struct running *all, struct run_group *group, const struct run_task *task);

/*
 * Finds images that are not what was planned any more, of jobs that were finished already, for
 * outcome->changed. Called when all threads have ended. OTA_E_MEMORY.
 */
OTA_MUST_CHECK enum ota_err ota_run_find_changed(struct running *all, struct ota_diag *diag);

/* Takes a group's index down when nobody uses it. With the lock held. False: there was none. */
bool ota_run_close_idle(struct running *all, struct run_group *group);

/* -- matrix_run_batch.c ------------------------------------------------------------------------ */

/* Is the task finished: a result that reads well, and its patch? Fills `unfit`. Without the lock.
 */
bool ota_run_is_finished(struct running *all, const struct run_task *task, struct run_unfit *unfit);

/* Counts a task that was finished already, or that failed, and tells. */
void ota_run_found(struct running *all, size_t task, const struct run_unfit *unfit);
void ota_run_fail(struct running *all, size_t task, const struct ota_diag *diag);

/* Puts the patch in place; its result follows with the next batch. */
void ota_run_hand_over(struct running *all, size_t task, const struct run_product *product);

/* The run was stopped before the task was done: it counts as left. */
void ota_run_give_up(struct running *all, size_t task);

/* Another process has the task: it is looked at again at the end. */
void ota_run_leave_to_others(struct running *all, size_t task);

/* Says how it stands. Without the lock. */
void ota_run_tell(struct running *all);

/* Writes what is pending, when there is enough work in it or `now`. */
void ota_run_flush(struct running *all, bool now);

/* -- matrix_work.c ----------------------------------------------------------------------------- */

/*
 * Makes and judges one patch. OTA_OK also when none fits: product->result.made says. Errors as
 * ota_delta_make, ota_choose and ota_delta_update_make. Fills `product`, which the caller frees.
 */
OTA_MUST_CHECK enum ota_err ota_run_make(struct running *all, const struct run_group *group,
					 const struct run_task *task, struct run_product *product,
					 struct ota_diag *diag);
void ota_run_product_free(struct run_product *product);

#endif
