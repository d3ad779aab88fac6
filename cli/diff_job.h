// SPDX-License-Identifier: Apache-2.0
/* One run of diff, and the report of it. */
#ifndef CLI_DIFF_JOB_H
#define CLI_DIFF_JOB_H

#include <ota/choose.h>
#include <ota/delta_update.h>

#include "budget_args.h"
#include "delta_args.h"
#include "image_file.h"

/* One run: what it is to make, of what, and what came of it. */
struct diff_job {
	const struct cli_args *args;
	const char *output;
	bool json;
	struct ota_delta_update_plan plan;
	bool is_update;
	struct delta_args delta; /* as given; `plan` has what is made of it */
	struct image_file old_file;
	struct image_file new_file;
	struct ota_index *index;
	bool base_from_file; /* by Intel HEX; else --base gave it, or it was looked for */
	size_t old_len;      /* of what is diffed: with -k the images in the files */
	struct ota_span new_image;
	struct ota_buf out;
	struct ota_delta_update_made made; /* of a bare patch only its length */
	struct ota_delta_info info;        /* of the patch */
	struct ota_delta_code code;        /* of otd: what is known of the images */
	const char *base_from;             /* how its base was found; NULL: it has none */

	/* With --target; else the name is NULL and the rest is empty. */
	const char *target_name;
	struct ota_target target;
	struct budget_args wishes;
	struct ota_choose_job asked;
	struct ota_choice choice;
	struct ota_image old_opened, new_opened; /* what the budget looks at in them */
};

/* Finds what is reported of the patch, while both images are at hand. */
void diff_look(struct diff_job *job);

/*
 * A line, or a JSON object; neither into a patch on standard output. Says on standard error when
 * the new file, compressed, would be no larger than the patch.
 */
enum cli_exit diff_report(const struct diff_job *job);

/* cli_fail; with --json a no is a report too. */
enum cli_exit diff_fail(const struct diff_job *job, const char *subject,
			const struct ota_diag *diag);

#endif
