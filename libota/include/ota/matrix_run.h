// SPDX-License-Identifier: Apache-2.0
/* Makes a plan's patches into a folder: in threads, in bounded memory, and on after a kill. */
#ifndef OTA_MATRIX_RUN_H
#define OTA_MATRIX_RUN_H

#include <ota/matrix.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How it stands. */
struct ota_matrix_progress {
	size_t n;     /* jobs of this shard, each id once */
	size_t done;  /* in this run */
	size_t found; /* were finished already */
	size_t failed;
	size_t unfit;     /* of the finished: no patch fits the target */
	size_t elsewhere; /* of those that are left: another run has them */
	/* For an ETA: expected time of what this run has done, and of that and all it still has to
	 * do; what was found is in neither. */
	uint64_t done_us;
	uint64_t all_us;
};

/* A job that failed, or for which no patch fits the target, and why. */
struct ota_matrix_failure {
	size_t job;
	enum ota_err err;
	char text[320];
};

struct ota_matrix_run {
	const struct ota_matrix_plan *plan;
	const char *plan_folder;          /* where relative paths of images start; "" is here */
	const char *folder;               /* made when it is not there */
	struct ota_span plan_text;        /* the plan's file, for the folder */
	uint32_t shard, n_shards;         /* 1 of 1: all */
	unsigned threads;                 /* 0: as many as there are processors */
	uint64_t memory;                  /* bytes for images, indexes and work; 0: no limit */
	const struct ota_signer *signers; /* as many as the plan has keys, in its order */
	size_t n_signers;
	/* Called now and then, from any thread but never from two at once. NULL is fine. */
	void (*tell)(const struct ota_matrix_progress *progress, void *context);
	/* Asked between jobs, from any thread: is no more to be begun? NULL is fine. */
	bool (*stop)(void *context);
	void *context; /* of both */
};

struct ota_matrix_outcome {
	struct ota_matrix_progress progress;
	struct ota_matrix_failure *failure; /* owned; in the plan's order */
	size_t n_failures;
	/* Owned; the same. A failed job has no result; these have one that says so. */
	struct ota_matrix_failure *unfit;
	size_t n_unfit;
	/* Versions whose file has changed since it was planned, though jobs of it were finished
	 * already: owned. */
	size_t *changed;
	size_t n_changed;
	/* The folder could not be written, or run->stop said so: no more was begun. */
	bool stopped;
	bool interrupted;     /* it was run->stop */
	struct ota_diag stop; /* why */
};

/*
 * Several runs may work in one folder at once, also of different plans: they share the work. A
 * process has one run in a folder at a time. OTA_OK also when jobs have failed. OTA_E_USAGE:
 * signers that are not the plan's keys, a shard that is none. OTA_E_NO_FIT: not even one job at a
 * time fits `memory`. OTA_E_IO: the folder. OTA_E_MEMORY. Fills `outcome`, which the caller frees,
 * also after a failure.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_matrix_run(const struct ota_matrix_run *run,
						   struct ota_matrix_outcome *outcome,
						   struct ota_diag *diag);

OTA_API void ota_matrix_outcome_free(struct ota_matrix_outcome *outcome);

#ifdef __cplusplus
}
#endif
#endif
