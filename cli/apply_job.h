// SPDX-License-Identifier: Apache-2.0
/* One run of apply, shared by what it does with a bare patch and with a delta update. */
#ifndef CLI_APPLY_JOB_H
#define CLI_APPLY_JOB_H

#include "patch_file.h"

struct apply_job {
	const struct cli_args *args;
	const char *old_path;
	const char *patch_path;
	const char *output;
	const char *key_path; /* NULL: none */
	bool json;
	const char *sha256; /* of the new file, in hex; NULL: not known */
	bool has_counter_floor;
	uint32_t counter_floor;

	struct patch_file patch;
	struct image_file old_file;
	const struct ota_key *key; /* NULL: none */
	struct ota_buf out;        /* the new file */

	/* what was found */
	bool is_image; /* the new file is one, and opened */
	struct ota_image image;
	bool digest_good;         /* of a delta update the one it carries, else the image's own */
	bool signature_good;      /* of a delta update its own, else the result's */
	struct ota_digest digest; /* of the whole new file */
};

/* Finds the digest of the new file, which must be the one that was asked for. */
OTA_MUST_CHECK enum ota_err apply_check_sha256(struct apply_job *job, struct ota_diag *diag);

/*
 * Says why the new file is not written: an answer is a report too, with --json. Returns the exit
 * code.
 */
enum cli_exit apply_refuse(const struct apply_job *job, const char *subject,
			   const struct ota_diag *diag);

/* The report of a no, unless standard output is for the result. */
void apply_print_no(const struct apply_job *job, const struct ota_diag *diag);

/* Makes the new file from a delta update, when it may be applied and gives what it must. */
enum cli_exit apply_update(struct apply_job *job);

#endif
