// SPDX-License-Identifier: Apache-2.0
/* One run of check: its files, what is found, and the reports of it. */
#ifndef CLI_CHECK_JOB_H
#define CLI_CHECK_JOB_H

#include <ota/budget.h>

#include "budget_args.h"
#include "emit.h"
#include "patch_file.h"

/* What PATCH turned out to be. */
enum check_kind {
	CHECK_PATCH = 0, /* bare */
	CHECK_DELTA_UPDATE,
	CHECK_IMAGE, /* sent whole */
};

/* Whose form --ci asks for. */
enum check_ci {
	CHECK_CI_NONE = 0,
	CHECK_CI_GITHUB,
	CHECK_CI_GITLAB,
	CHECK_CI_JUNIT,
};

/* An image as the bootloader sees it. */
struct check_image {
	bool opened; /* false: it is no MCUboot image */
	struct ota_image image;
	uint64_t len; /* bytes, header to last TLV; of what is no image all */
};

struct check_job {
	/* the command line */
	const struct cli_args *args;
	const char *patch_path;
	const char *old_path; /* NULL: not given */
	const char *new_path; /* NULL: not given */
	const char *target_name;
	struct budget_args wishes;
	bool json;
	bool explain;
	enum check_ci ci;
	const char *ci_file; /* NULL: standard output */

	/* the files */
	enum check_kind kind;
	struct patch_file patch; /* of an image only its bytes */
	struct image_file hex;   /* PATCH as Intel HEX; else empty */
	struct image_file old_file, new_file;
	struct ota_buf made;
	struct check_image old_image, new_image;

	/* what is found */
	struct ota_target target;
	struct ota_update update;
	struct ota_budget budget;
};

/*
 * check_files.c: reads all files, proves that the patch gives the new image, and fills `kind`,
 * `target` and `update`. Says what is wrong; an answer that is no is reported by check_no.
 */
enum cli_exit check_read(struct check_job *job);
void check_free(struct check_job *job);

/* "patch", "delta_update", "image". */
const char *check_kind_name(enum check_kind kind);
/* "failure", "warning", "note". */
const char *check_severity_name(enum ota_budget_severity severity);
/* Where bytes are, as JSON has it: "ram", "slot", ... */
const char *check_place_name(enum ota_place where);

/* A number in its unit, "4,104", "12 erases", "331 h 4 min", into `text`, which is returned. */
const char *check_amount(enum ota_unit unit, uint64_t value, char text[48]);

/* Lines that do not fit, and findings of a severity. */
unsigned check_count_lines(const struct ota_budget *budget);
unsigned check_count_findings(const struct ota_budget *budget, enum ota_budget_severity severity);

#define CHECK_COLUMNS 100

/* Prints `text` after `first`, wrapped at so many columns; further lines begin `indent` columns in.
 */
void check_print_wrapped(const char *first, int indent, const char *text);

/* check_report.c, check_explain.c: the budget on one screen, and the rules behind it. */
void check_print_text(const struct check_job *job);
void check_print_deliveries(const struct ota_budget *budget);
void check_print_rules(const struct ota_budget *budget);

/* check_json.c: as a JSON object. The second: no before anything can be added up. */
enum cli_exit check_print_json(const struct check_job *job);
enum cli_exit check_print_json_no(const struct check_job *job, const struct ota_diag *diag);

/*
 * check_ci.c: in the form that --ci asks for, into its file or standard output. `no` is what is
 * wrong with `subject`, so that there is no budget; or both are NULL.
 */
enum cli_exit check_print_ci(const struct check_job *job, const char *subject,
			     const struct ota_diag *no);

/* cmd_check.c: the answer is no before anything can be added up. Reports it, and says it. */
enum cli_exit check_no(const struct check_job *job, const char *subject,
		       const struct ota_diag *diag);

#endif
