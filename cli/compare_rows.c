// SPDX-License-Identifier: Apache-2.0
/* Which rows of a comparison are shown, in which order, and what they are called. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare_report.h"

#define SPENT_PER_BYTE 2048U
#define ELLIPSIS       "..."

/* A summary names so many at most, of those that make up so many hundredths. */
#define NAMED_MAX   4U
#define NAMED_SHARE 50U

const char *compare_change(const struct ota_compare *compare, const struct ota_compare_row *row)
{
	bool knows_old = compare->knows_old || row->in_old;

	if (knows_old && !row->in_new)
		return "removed";
	if (knows_old && !row->in_old)
		return "added";
	if (row->changed > 0 || (knows_old && row->old_size != row->new_size))
		return "changed";
	return knows_old && row->old_at != row->new_at ? "moved" : "same";
}

bool compare_is_same(const struct ota_compare *compare, const struct ota_compare_row *row)
{
	const char *change = compare_change(compare, row);

	return strcmp(change, "same") == 0 || strcmp(change, "moved") == 0;
}

/* A control character in a symbol's name could forge a line of a log. */
static size_t put_clean(char *out, size_t cap, const char *text)
{
	size_t len = strlen(text);
	size_t room = cap - 1;
	size_t n = len < room ? len : room;

	for (size_t i = 0; i < n; i++)
		out[i] = (char)((unsigned char)text[i] < 0x20 || text[i] == 0x7f ? '?' : text[i]);
	if (len > room)
		memcpy(out + room - strlen(ELLIPSIS), ELLIPSIS, strlen(ELLIPSIS));
	out[n] = '\0';
	return n;
}

const char *compare_name(const struct ota_compare_row *row, char out[COMPARE_NAME_MAX])
{
	const char *slash = row->file ? strrchr(row->file, '/') : NULL;
	const char *file = slash ? slash + 1 : row->file;
	char clean[COMPARE_NAME_MAX / 2];
	char source[COMPARE_NAME_MAX / 4];

	if (!row->name) {
		(void)snprintf(out, COMPARE_NAME_MAX, "0x%08" PRIx32 "-0x%08" PRIx64, row->new_at,
			       row->new_at + row->new_size - 1);
		return out;
	}
	(void)put_clean(clean, sizeof(clean), row->name);
	if (row->what == OTA_COMPARE_BETWEEN)
		(void)snprintf(out, COMPARE_NAME_MAX, "between symbols of %s", clean);
	else if (row->what == OTA_COMPARE_STRINGS)
		(void)snprintf(out, COMPARE_NAME_MAX, "strings of %s", clean);
	else if (row->what == OTA_COMPARE_RAM)
		(void)snprintf(out, COMPARE_NAME_MAX, "%s (RAM)", clean);
	else if (file) {
		(void)put_clean(source, sizeof(source), file);
		(void)snprintf(out, COMPARE_NAME_MAX, "%s (%s)", clean, source);
	} else
		(void)snprintf(out, COMPARE_NAME_MAX, "%s", clean);
	return out;
}

/* -- order ------------------------------------------------------------------------------------- */

/* A row with what it is sorted by: the larger first. */
struct entry {
	const struct ota_compare_row *row;
	uint64_t weight;
	const char *name; /* or NULL: not by name */
	size_t at;        /* as it came */
};

static uint64_t weight_of(const struct compare_report *report, const struct ota_compare_row *row)
{
	switch (report->sort) {
	case COMPARE_SORT_COST:
		return report->compare->has_account ? row->spent : row->changed;
	case COMPARE_SORT_SIZE:
		return row->new_size > row->old_size ? row->new_size - row->old_size
						     : row->old_size - row->new_size;
	case COMPARE_SORT_NAME:
	case COMPARE_SORT_ADDRESS:
		return 0;
	}
	return 0;
}

static int compare_entries(const void *left, const void *right)
{
	const struct entry *a = left;
	const struct entry *b = right;
	int order = a->name && b->name ? strcmp(a->name, b->name) : 0;

	if (order != 0)
		return order;
	if (a->weight != b->weight)
		return a->weight > b->weight ? -1 : 1;
	return a->at < b->at ? -1 : a->at > b->at;
}

const struct ota_compare_row **compare_sorted(const struct compare_report *report,
					      const struct ota_compare_rows *rows, size_t *n)
{
	struct entry *entry = calloc(rows->n + 1, sizeof(*entry));
	const struct ota_compare_row **list =
		calloc(rows->n + 1, sizeof(const struct ota_compare_row *));
	bool all = report->top == SIZE_MAX;

	*n = 0;
	for (size_t i = 0; entry && i < rows->n; i++) {
		const struct ota_compare_row *row = &rows->row[i];

		if (!all && compare_is_same(report->compare, row) && row->spent < SPENT_PER_BYTE)
			continue;
		entry[*n] = (struct entry){row, weight_of(report, row), NULL, i};
		if (report->sort == COMPARE_SORT_NAME)
			entry[*n].name = row->name ? row->name : "";
		++*n;
	}
	if (entry && *n > 1)
		qsort(entry, *n, sizeof(*entry), compare_entries);
	for (size_t i = 0; entry && list && i < *n; i++)
		list[i] = entry[i].row;
	if (!entry) {
		free(list);
		list = NULL;
	}
	free(entry);
	return list;
}

/* -- summary ----------------------------------------------------------------------------------- */

/* snprintf behind what is there already. */
static void append(char out[COMPARE_SUMMARY_MAX], const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void append(char out[COMPARE_SUMMARY_MAX], const char *format, ...)
{
	size_t at = strlen(out);
	va_list args;

	va_start(args, format);
	(void)vsnprintf(out + at, COMPARE_SUMMARY_MAX - at, format, args);
	va_end(args);
}

static void append_sizes(const struct compare_report *report, char out[COMPARE_SUMMARY_MAX])
{
	const struct ota_compare *compare = report->compare;
	bool grew = compare->new_size > compare->old_size;
	uint64_t by = grew ? compare->new_size - compare->old_size
			   : compare->old_size - compare->new_size;
	char new_name[COMPARE_NAME_MAX];
	char old_name[COMPARE_NAME_MAX];
	char a[32];
	char b[32];

	(void)put_clean(new_name, sizeof(new_name), report->new_path);
	(void)put_clean(old_name, sizeof(old_name), report->old_path);
	if (compare->equal)
		append(out, "%s and %s flash the same %s bytes: no patch is needed", new_name,
		       old_name, ota_number_grouped(compare->new_size, a));
	else if (by == 0)
		append(out, "%s is as large as %s (%s bytes)", new_name, old_name,
		       ota_number_grouped(compare->new_size, a));
	else
		append(out, "%s is %s byte%s %s than %s", new_name, ota_number_grouped(by, a),
		       by == 1 ? "" : "s", grew ? "larger" : "smaller", old_name);
	if (!compare->equal)
		append(out, "; the %s patch is %s bytes", compare->format,
		       ota_number_grouped(compare->patch_size, b));
}

static const char *kind_of(const struct compare_report *report, size_t n)
{
	const struct ota_compare *compare = report->compare;

	if (report->sections_only)
		return n == 1 ? "section" : "sections";
	if (compare->by == OTA_COMPARE_BY_SYMBOL)
		return n == 1 ? "symbol" : "symbols";
	return n == 1 ? "region" : "regions";
}

static void append_names(const struct ota_compare_row **list, size_t n,
			 char out[COMPARE_SUMMARY_MAX])
{
	size_t named = n <= NAMED_MAX ? n : NAMED_MAX - 1;
	char name[COMPARE_NAME_MAX];

	for (size_t i = 0; i < named; i++)
		append(out, "%s%s", i == 0 ? ": " : ", ", compare_name(list[i], name));
	if (named < n)
		append(out, " and %zu more", n - named);
}

/* The costliest: as few as make up half of it, none of them with less than a hundredth. */
static void append_costliest(const struct compare_report *report,
			     const struct ota_compare_row **list, size_t n,
			     char out[COMPARE_SUMMARY_MAX])
{
	const struct ota_compare *compare = report->compare;
	uint64_t whole =
		compare->has_account ? compare->patch_size * SPENT_PER_BYTE : compare->changed;
	uint64_t part = 0;
	size_t k = 0;

	while (k < n && part * 100 < whole * NAMED_SHARE) {
		uint64_t cost = compare->has_account ? list[k]->spent : list[k]->changed;

		if (cost * 100 < whole)
			break;
		part += cost;
		k++;
	}
	if (k == 0)
		return;
	append(out, ", %.0f %% of %s for %zu %s", cli_percent(part, whole),
	       compare->has_account ? "it" : "the changed bytes are", k, kind_of(report, k));
	append_names(list, k, out);
}

enum cli_exit compare_summary(const struct compare_report *report, char out[COMPARE_SUMMARY_MAX])
{
	struct compare_report by_cost = *report;
	const struct ota_compare_row **list;
	size_t n = 0;

	out[0] = '\0';
	append_sizes(report, out);
	by_cost.sort = COMPARE_SORT_COST;
	by_cost.top = SIZE_MAX;
	list = compare_sorted(
		&by_cost,
		report->sections_only ? &report->compare->sections : &report->compare->parts, &n);
	if (!list)
		return cli_error(CLI_ENVIRONMENT, NULL, "out of memory for the report");
	if (!report->compare->equal)
		append_costliest(report, list, n, out);
	free(list);
	return CLI_DONE;
}
