// SPDX-License-Identifier: Apache-2.0
/* One run of check, and the reports of it. */
#ifndef CLI_CHECK_JOB_H
#define CLI_CHECK_JOB_H

#include <ota/budget.h>

#include "patch_file.h"

/* The files of one run, and what is found. */
struct check_job {
	const struct cli_args *args;
	const char *patch_path;
	const char *old_path;
	const char *new_path; /* NULL: not given */
	struct patch_file patch;
	struct image_file old_file, new_file;
	struct ota_buf made;
	struct ota_target target;
	struct ota_budget_options wishes;
	struct ota_budget budget;
	uint64_t old_len, new_len;
};

/* The budget as a table, and as a JSON object. */
void check_print_text(const struct check_job *job);
enum cli_exit check_print_json(const struct check_job *job);

#endif
