// SPDX-License-Identifier: Apache-2.0
/* A comparison as text, Markdown and JSON. */
#ifndef CLI_COMPARE_REPORT_H
#define CLI_COMPARE_REPORT_H

#include <ota/compare.h>

#include "cli.h"

enum compare_sort {
	COMPARE_SORT_COST = 0, /* or changed bytes, where the format keeps no account */
	COMPARE_SORT_SIZE,     /* what grew or shrank most */
	COMPARE_SORT_NAME,
	COMPARE_SORT_ADDRESS,
};

struct compare_report {
	const char *old_path;
	const char *new_path;
	const struct ota_compare_side *old_side;
	const struct ota_compare_side *new_side;
	const struct ota_compare *compare;
	enum compare_sort sort;
	size_t top;         /* rows of parts that are shown */
	bool sections_only; /* --by section */
};

/*
 * The rows as they are to be shown, borrowed from `rows`; the caller frees the list, NULL when
 * there is no memory. `*n` leaves out rows of which nothing is new.
 */
const struct ota_compare_row **compare_sorted(const struct compare_report *report,
					      const struct ota_compare_rows *rows, size_t *n);

/* True when the row is in both and nothing of it is another but, perhaps, its place. */
bool compare_is_same(const struct ota_compare *compare, const struct ota_compare_row *row);

/* "added", "removed", "changed", "moved", "same"; "" when old is not known. */
const char *compare_change(const struct ota_compare *compare, const struct ota_compare_row *row);

/* "main", "tick (main.c)", "0x08004000-0x08004fff", fit to be shown: into `out`, returned. */
#define COMPARE_NAME_MAX 160
const char *compare_name(const struct ota_compare_row *row, char out[COMPARE_NAME_MAX]);

/* The first line: "new is 1,204 bytes larger; the patch is ...". */
#define COMPARE_SUMMARY_MAX 1024
enum cli_exit compare_summary(const struct compare_report *report, char out[COMPARE_SUMMARY_MAX]);

/* Each writes it to stdout. */
enum cli_exit compare_print_text(const struct compare_report *report);
enum cli_exit compare_print_markdown(const struct compare_report *report);
enum cli_exit compare_print_json(const struct compare_report *report);

#endif
