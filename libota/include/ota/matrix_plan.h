// SPDX-License-Identifier: Apache-2.0
/*
 * How a plan is made: which versions there are, in which order, which patches are wanted between
 * them. In this order: names, versions, what shapes the patches (the caller's), pairs, finish.
 */
#ifndef OTA_MATRIX_PLAN_H
#define OTA_MATRIX_PLAN_H

#include <ota/matrix.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * What is found on the way and does not end it, and what does: each culprit is named before a
 * function fails. `subject` is a file, an option or NULL.
 */
struct ota_matrix_tell {
	void (*say)(void *context, bool is_error, const char *subject, const char *words);
	void *context;
};

/* -- names ------------------------------------------------------------------------------------- */

/* A version as it is named, before its file has been read. */
struct ota_matrix_name {
	char name[64]; /* empty: none was given */
	char *path;    /* owned: to open it by */
	bool relative; /* the plan names it by the way from its own folder, else by `path` */
	bool has_version;
	struct ota_version version;
	bool has_fleet;
	bool percent;   /* its share is */
	uint64_t fleet; /* millionths of what was written */
};

/* Zeroed it is empty and may be freed. */
struct ota_matrix_names {
	struct ota_matrix_name *name; /* owned */
	size_t n;
	size_t room;
	bool has_folder; /* a folder was among them: it has no order of its own */
};

/*
 * Adds what `path` stands for: a file; a folder's files, in the order of their names, but for those
 * that begin with a dot and *.json, *.yaml, *.yml; or, told by such a name, a release list:
 *
 *     versions:
 *       - {file: images/1.0.bin, name: spring, version: 1.0.0+4, fleet: 40%}
 *
 * of which only `file` is required; it is relative to the list's folder. A list without `versions:`
 * is one too. OTA_E_MALFORMED with line and key, OTA_E_ABSENT, OTA_E_IO, OTA_E_UNSUPPORTED: more
 * than OTA_MATRIX_VERSIONS_MAX; OTA_E_MEMORY. The words say of which file.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_matrix_names_add(struct ota_matrix_names *names,
							 const char *path,
							 const struct ota_matrix_tell *tell,
							 struct ota_diag *diag);

/* The same for a list's text, which messages call `path`. */
OTA_API OTA_MUST_CHECK enum ota_err ota_matrix_names_list(struct ota_matrix_names *names,
							  const char *path, struct ota_span text,
							  struct ota_diag *diag);

OTA_API void ota_matrix_names_free(struct ota_matrix_names *names);

/*
 * The version that stands in a file's name: the one x.y.z or x.y.z+build in it. False: there is
 * none, or more than one, or a letter or -rc, -beta and the like follow it, or it is no legal
 * version of MCUboot's (8, 8, 16 and 32 bits).
 */
OTA_API bool ota_matrix_version_in_name(const char *path, struct ota_version *version);

/* -- versions ---------------------------------------------------------------------------------- */

struct ota_matrix_reading {
	const char *plan_folder; /* that the plan will lie in; "" is here */
	bool skip_corrupt;       /* leave images that are damaged out */
};

/*
 * Reads every file, finds numbers, and fills plan->version, oldest first (or in the order given,
 * when plan->given_order says so). plan->n_keys says what is diffed. OTA_E_MALFORMED: a corrupt
 * image, a version that is not known or there twice; all of them are told first. OTA_E_USAGE: the
 * order of a folder. OTA_E_ABSENT: no version is left. OTA_E_IO, OTA_E_MEMORY.
 */
OTA_API OTA_MUST_CHECK enum ota_err
ota_matrix_plan_versions(struct ota_matrix_plan *plan, const struct ota_matrix_names *names,
			 const struct ota_matrix_reading *reading,
			 const struct ota_matrix_tell *tell, struct ota_diag *diag);

/* -- target ------------------------------------------------------------------------------------ */

#define OTA_TARGET_TEXT_MAX 0x40000U /* bytes of a profile, as ota_target_parse reads */

/*
 * Parses plan->target_text, which lies at plan->target_name, and selects plan->image. What the
 * profile builds on is kept: a plan must not make whoever reads it open a file. OTA_E_USAGE: no
 * such image; errors also as ota_target_parse. Fills plan->target and plan->target_bases.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_matrix_plan_target(struct ota_matrix_plan *plan,
							   struct ota_diag *diag);

/* -- pairs ------------------------------------------------------------------------------------- */

/*
 * Fills plan->job without ids, by plan->pairs ("sequential", "latest", "all", "last=K", or "from"
 * with the text of lines "OLD NEW") and plan->both_ways. OTA_E_USAGE: no such policy; more than
 * OTA_MATRIX_JOBS_MAX. OTA_E_MALFORMED: of a line, with its number. OTA_E_MEMORY.
 */
OTA_API OTA_MUST_CHECK enum ota_err
ota_matrix_plan_pairs(struct ota_matrix_plan *plan, struct ota_span from, struct ota_diag *diag);

/* How many patches a policy asks for ("sequential", "latest", "all") of `n` versions. */
OTA_API uint64_t ota_matrix_pairs_count(const char *pairs, size_t n, bool both_ways);

/* -- the rest ---------------------------------------------------------------------------------- */

/*
 * The text that a job's id is the SHA-256 of: everything that shapes the result, and nothing else.
 * Appends to `out`. OTA_E_MEMORY, OTA_E_ABSENT: no such format.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_matrix_job_text(const struct ota_matrix_plan *plan,
							const struct ota_matrix_job *job,
							struct ota_buf *out, struct ota_diag *diag);

/* Computes every job's id. OTA_E_MEMORY, OTA_E_CRYPTO, OTA_E_ABSENT. */
OTA_API OTA_MUST_CHECK enum ota_err ota_matrix_plan_ids(struct ota_matrix_plan *plan,
							struct ota_diag *diag);

/*
 * Ids, effort, and with a target what sending the newest version whole to each would take; for
 * that the files are read again, by paths relative to `plan_folder`. Errors of files and of
 * ota_budget_check, put into words; OTA_E_USAGE: the options leave no way to make a patch for the
 * target; OTA_E_MALFORMED: a file has changed meanwhile.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_matrix_plan_finish(struct ota_matrix_plan *plan,
							   const char *plan_folder,
							   struct ota_diag *diag);

/* The path that a version's file is opened by. The caller frees it; NULL: no memory. */
OTA_API char *ota_matrix_image_path(const char *plan_folder,
				    const struct ota_matrix_version *version);

#ifdef __cplusplus
}
#endif
#endif
