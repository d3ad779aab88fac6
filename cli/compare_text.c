// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare_report.h"

#define SPENT_PER_BYTE 2048U
#define CELL_MAX       40
#define SHARE_WIDTH    5

/* Columns are as wide as what is in them, so that names have room on 80 columns. */
struct widths {
	int cost;
	int changed;
	int old_size;
	int new_size;
	int diff;
	int what;
};

/* Two faces of one table: blanks between columns, or Markdown's bars. */
struct table {
	const struct compare_report *report;
	bool markdown;
	bool costs;     /* the format keeps an account */
	bool olds;      /* what old is made of is known */
	uint64_t shown; /* of the costs: what the rows above have shown, 1/256 bit */
	struct widths widths;
};

/* -- widths ------------------------------------------------------------------------------------ */

/* For a heading and what stands below it, `extra` characters besides its digits. */
static int width_for(const char *head, uint64_t value, int extra)
{
	char text[32];
	int len = (int)strlen(ota_number_grouped(value, text)) + extra;

	return len > (int)strlen(head) ? len : (int)strlen(head);
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static void set_widths(struct table *t, const struct ota_compare_rows *rows)
{
	const struct ota_compare *compare = t->report->compare;
	uint64_t old_size = compare->old_size;
	uint64_t new_size = compare->new_size;
	uint64_t more = 0;
	uint64_t less = 0;

	for (size_t i = 0; i < rows->n; i++) {
		const struct ota_compare_row *row = &rows->row[i];

		/* RAM may be larger than all that is flashed. */
		old_size = larger(old_size, row->old_size);
		new_size = larger(new_size, row->new_size);
		if (row->new_size > row->old_size)
			more += row->new_size - row->old_size;
		else
			less += row->old_size - row->new_size;
	}
	t->widths = (struct widths){
		.cost = width_for("cost", compare->patch_size, 2),
		.changed = width_for("changed", compare->changed, 0),
		.old_size = width_for("old size", old_size, 0),
		.new_size = width_for(t->olds ? "new size" : "size", new_size, 0),
		.diff = width_for("diff", larger(more, less), 1),
		.what = t->olds ? (int)strlen("removed") : (int)strlen("between symbols"),
	};
}

/* -- cells ------------------------------------------------------------------------------------- */

static void put(const struct table *t, int width, const char *text)
{
	if (t->markdown)
		printf(" %s |", text);
	else
		printf(" %*s", width, text);
}

static void put_number(const struct table *t, int width, uint64_t value)
{
	char text[32];

	put(t, width, ota_number_grouped(value, text));
}

static void put_difference(const struct table *t, const struct ota_compare_row *row)
{
	bool less = row->new_size < row->old_size;
	uint64_t by = less ? row->old_size - row->new_size : row->new_size - row->old_size;
	char text[CELL_MAX];
	char number[32];

	(void)snprintf(text, sizeof(text), "%s%s",
		       by == 0 ? ""
		       : less  ? "-"
			       : "+",
		       ota_number_grouped(by, number));
	put(t, t->widths.diff, by == 0 ? "" : text);
}

/* In tenths of a byte; sums are rounded, not what is added, so that a column adds up. */
static uint64_t tenths(uint64_t spent)
{
	return (spent * 10 + SPENT_PER_BYTE / 2) / SPENT_PER_BYTE;
}

static void put_cost(struct table *t, uint64_t spent)
{
	uint64_t before = tenths(t->shown);
	uint64_t whole = t->report->compare->patch_size * SPENT_PER_BYTE;
	uint64_t cost;
	char text[CELL_MAX];
	char number[32];

	t->shown += spent;
	cost = tenths(t->shown) - before;
	(void)snprintf(text, sizeof(text), "%s.%u", ota_number_grouped(cost / 10, number),
		       (unsigned)(cost % 10));
	put(t, t->widths.cost, text);
	(void)snprintf(text, sizeof(text), "%.1f", cli_percent(spent, whole));
	put(t, SHARE_WIDTH, text);
}

/* Pipes and backticks of a name would break Markdown's tables, underscores vanish. */
static void put_text(bool markdown, const char *text)
{
	for (; *text; text++) {
		if (markdown && strchr("|\\`*_<>[]&", *text))
			printf("\\");
		printf("%c", *text);
	}
}

static void put_name(const struct table *t, const char *name)
{
	printf(t->markdown ? " " : "  ");
	put_text(t->markdown, name);
	printf(t->markdown ? " |\n" : "\n");
}

static void begin_row(const struct table *t)
{
	printf("%s", t->markdown ? "|" : " ");
}

/* -- rows -------------------------------------------------------------------------------------- */

static void put_heads(const struct table *t, const char *kinds, const char *last)
{
	int n = 1;

	begin_row(t);
	if (t->costs) {
		put(t, t->widths.cost, "cost");
		put(t, SHARE_WIDTH, "%");
	}
	put(t, t->widths.changed, "changed");
	if (t->olds)
		put(t, t->widths.old_size, "old size");
	put(t, t->widths.new_size, t->olds ? "new size" : "size");
	if (t->olds)
		put(t, t->widths.diff, "diff");
	if (kinds)
		put(t, -t->widths.what, kinds);
	if (!t->markdown) {
		printf("  %s\n", last);
		return;
	}
	n += (t->costs ? 2 : 0) + (t->olds ? 2 : 0) + 2 + (kinds ? 1 : 0);
	printf(" %s |\n|", last);
	for (int i = 1; i < n; i++)
		printf("---:|");
	printf(":---|\n");
}

/* A number, or nothing where there is none. */
static void put_cell(const struct table *t, int width, bool is_there, uint64_t value)
{
	if (is_there)
		put_number(t, width, value);
	else
		put(t, width, "");
}

/* The figures of a row; `change` NULL: the table has no such column. */
static void put_row(struct table *t, const struct ota_compare_row *row, const char *change,
		    const char *name)
{
	bool in_flash = row->what != OTA_COMPARE_RAM && row->in_new;

	begin_row(t);
	if (t->costs && in_flash)
		put_cost(t, row->spent);
	else if (t->costs) {
		put(t, t->widths.cost, "");
		put(t, SHARE_WIDTH, "");
	}
	put_cell(t, t->widths.changed, in_flash, row->changed);
	if (t->olds)
		put_cell(t, t->widths.old_size, row->in_old, row->old_size);
	put_cell(t, t->widths.new_size, row->in_new, row->new_size);
	if (t->olds)
		put_difference(t, row);
	if (change)
		put(t, -t->widths.what, change);
	put_name(t, name);
}

/* It has a cost, and no place in new. */
static void put_patch_header(struct table *t, const char *change)
{
	begin_row(t);
	put_cost(t, t->report->compare->patch_header * SPENT_PER_BYTE);
	put(t, t->widths.changed, "");
	if (t->olds)
		put(t, t->widths.old_size, "");
	put(t, t->widths.new_size, "");
	if (t->olds)
		put(t, t->widths.diff, "");
	if (change)
		put(t, -t->widths.what, "");
	put_name(t, "patch header");
}

static void add_to(struct ota_compare_row *sum, const struct ota_compare_row *row)
{
	sum->spent += row->spent;
	sum->changed += row->changed;
	sum->old_size += row->old_size;
	sum->new_size += row->new_size;
}

/* What is not shown, the patch's header, and all: the costs' column adds up to the patch. */
static void put_sums(struct table *t, const struct ota_compare_row *shown, size_t n_others,
		     const char *change)
{
	const struct ota_compare *compare = t->report->compare;
	struct ota_compare_row rest = {.in_old = true, .in_new = true};
	struct ota_compare_row all = {.in_old = true, .in_new = true};
	char text[64];
	char number[32];

	for (size_t i = 0; i < compare->parts.n; i++)
		add_to(&all, &compare->parts.row[i]);
	all.old_size = compare->old_size;
	all.new_size = compare->new_size;
	rest.spent = all.spent - shown->spent;
	rest.changed = all.changed - shown->changed;
	rest.old_size = all.old_size - shown->old_size;
	rest.new_size = all.new_size - shown->new_size;
	if (n_others > 0) {
		(void)snprintf(text, sizeof(text), "%s others",
			       ota_number_grouped(n_others, number));
		put_row(t, &rest, change, text);
	}
	if (t->costs)
		put_patch_header(t, change);
	t->shown = 0;
	all.spent = compare->patch_size * SPENT_PER_BYTE;
	put_row(t, &all, change, "all");
}

/* "620 symbols: 31 added, 4 removed, 120 changed, 400 moved, 65 same". */
static void put_counts(const struct table *t)
{
	static const char *const changes[] = {"added", "removed", "changed", "moved", "same"};
	const struct ota_compare *compare = t->report->compare;
	const char *between = ":";
	char number[32];

	printf("\n%s %s", ota_number_grouped(compare->parts.n, number),
	       compare->by == OTA_COMPARE_BY_SYMBOL ? "symbols" : "regions of new");
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		size_t n = 0;

		for (size_t k = 0; k < compare->parts.n; k++)
			n += strcmp(compare_change(compare, &compare->parts.row[k]), changes[i]) ==
			     0;
		if (n > 0)
			printf("%s %s %s", between, ota_number_grouped(n, number), changes[i]);
		if (n > 0)
			between = ",";
	}
	printf("\n");
}

static enum cli_exit put_parts(struct table *t)
{
	static const char *const orders[] = {
		[COMPARE_SORT_COST] = "costliest first",
		[COMPARE_SORT_SIZE] = "largest difference first",
		[COMPARE_SORT_NAME] = "by name",
		[COMPARE_SORT_ADDRESS] = "by address",
	};
	const struct compare_report *report = t->report;
	const struct ota_compare *compare = report->compare;
	bool by_symbol = compare->by == OTA_COMPARE_BY_SYMBOL;
	const char *order = report->sort == COMPARE_SORT_COST && !t->costs ? "most changed first"
									   : orders[report->sort];
	struct ota_compare_row shown = {.in_new = true};
	char name[COMPARE_NAME_MAX];
	const char *change = NULL;
	size_t n = 0;
	const struct ota_compare_row **list = compare_sorted(report, &compare->parts, &n);

	if (!list)
		return cli_error(CLI_ENVIRONMENT, NULL, "out of memory for the report");
	if (n > report->top)
		n = report->top;
	put_counts(t);
	printf("%s%zu of them, %s\n%s", t->markdown ? "\n### " : "", n, order,
	       t->markdown ? "\n" : "");
	set_widths(t, &compare->parts);
	put_heads(t, by_symbol && t->olds ? "change" : "what", by_symbol ? "symbol" : "region");
	for (size_t i = 0; i < n; i++) {
		change = by_symbol && t->olds ? compare_change(compare, list[i])
					      : ota_compare_what_name(list[i]->what);
		put_row(t, list[i], change, compare_name(list[i], name));
		add_to(&shown, list[i]);
	}
	put_sums(t, &shown, compare->parts.n - n, "");
	free(list);
	return CLI_DONE;
}

static void put_sections(struct table *t)
{
	const struct ota_compare *compare = t->report->compare;
	struct ota_compare_row shown = {.in_new = true};
	char name[COMPARE_NAME_MAX];

	printf("\n%ssections\n%s", t->markdown ? "### " : "", t->markdown ? "\n" : "");
	set_widths(t, &compare->sections);
	put_heads(t, NULL, "section");
	for (size_t i = 0; i < compare->sections.n; i++) {
		const struct ota_compare_row *row = &compare->sections.row[i];

		put_row(t, row, NULL, compare_name(row, name));
		if (row->what != OTA_COMPARE_RAM)
			add_to(&shown, row);
	}
	put_sums(t, &shown, 0, NULL);
}

/* -- what surrounds the tables ----------------------------------------------------------------- */

static void put_purposes(const struct compare_report *report)
{
	const struct ota_compare *compare = report->compare;
	const struct ota_delta_account *account = &compare->account;
	char number[32];

	if (!compare->has_account) {
		printf("\na %s patch does not say what its bytes are for: changed bytes are "
		       "counted\n",
		       compare->format);
		return;
	}
	printf("\nthe patch's bytes: %s header", ota_number_grouped(compare->patch_header, number));
	for (unsigned i = 0; i < account->n_purposes; i++)
		printf(", %.1f %s", (double)account->purpose[i].spent / SPENT_PER_BYTE,
		       account->purpose[i].name);
	printf("\n");
}

static void put_side_notes(const char *path, const struct ota_compare_side *side)
{
	char number[32];

	if (side->left_out > 0)
		cli_warning(path, "%s bytes behind the image, padding or trailer, are left out",
			    ota_number_grouped(side->left_out, number));
	if (side->misfit > 0)
		cli_warning(path,
			    "differs from its ELF file in %zu bytes, as checksums put in after "
			    "the link do",
			    side->misfit);
}

static void put_notes(const struct compare_report *report)
{
	const struct ota_compare *compare = report->compare;

	put_side_notes(report->old_path, report->old_side);
	put_side_notes(report->new_path, report->new_side);
	if (compare->by == OTA_COMPARE_BY_SYMBOL && !compare->knows_old)
		cli_warning(report->old_path,
			    "has not the same kind of names: what parts were in old is not known");
	for (size_t i = 0; i < compare->n_hints; i++) {
		cli_warning(NULL, "%s", compare->hint[i].text);
		cli_hint("%s", compare->hint[i].advice);
	}
}

static enum cli_exit print(const struct compare_report *report, bool markdown)
{
	const struct ota_compare *compare = report->compare;
	struct table table = {.report = report, .markdown = markdown};
	bool by_symbol = compare->by == OTA_COMPARE_BY_SYMBOL;
	char text[COMPARE_SUMMARY_MAX];
	enum cli_exit status = compare_summary(report, text);

	if (status != CLI_DONE)
		return status;
	put_text(markdown, text);
	printf("\n");
	table.costs = compare->has_account;
	if (!compare->equal) {
		table.olds = compare->knows_old || !by_symbol;
		put_sections(&table);
		table.olds = compare->knows_old;
		table.shown = 0;
		if (!report->sections_only)
			status = put_parts(&table);
		put_purposes(report);
	}
	put_notes(report);
	return status;
}

enum cli_exit compare_print_text(const struct compare_report *report)
{
	return print(report, false);
}

enum cli_exit compare_print_markdown(const struct compare_report *report)
{
	return print(report, true);
}
