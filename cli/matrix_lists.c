// SPDX-License-Identifier: Apache-2.0
/* What is missing, does not fit or is not reached, an item each. */
#include <stdio.h>
#include <stdlib.h>

#include "matrix_table.h"

/* Items of a list; of longer ones the rest is counted. */
#define ITEMS_TEXT     12
#define ITEMS_MARKDOWN 100
#define ITEM_MAX       (OTA_MATRIX_WHY_MAX + 256U)

/* Prints one item, until there are too many; counts them all. */
static void list_item(struct matrix_doc *doc, size_t *n, const char *text)
{
	char clean[ITEM_MAX];

	if ((*n)++ >= (doc->markdown ? ITEMS_MARKDOWN : ITEMS_TEXT))
		return;
	matrix_clean(text, clean, sizeof(clean));
	matrix_doc_item(doc, clean);
}

static bool end_list(struct matrix_doc *doc, size_t n)
{
	size_t most = doc->markdown ? ITEMS_MARKDOWN : ITEMS_TEXT;
	char text[64];
	char number[32];

	if (n <= most)
		return n > 0;
	(void)snprintf(text, sizeof(text), "... and %s more", ota_number_grouped(n - most, number));
	matrix_doc_item(doc, text);
	return true;
}

bool matrix_list_unreached(const struct matrix_view *view, struct matrix_doc *doc)
{
	size_t n = 0;

	for (size_t i = 0; i < view->matrix->plan.n_versions; i++) {
		if (matrix_view_way(view, i) == MATRIX_WAY_NONE)
			list_item(doc, &n, view->route[i].why);
	}
	return end_list(doc, n);
}

bool matrix_list_incomplete(const struct matrix_view *view, struct matrix_doc *doc)
{
	size_t n = 0;

	for (unsigned i = 0; i < OTA_MATRIX_POLICIES; i++) {
		char names[MATRIX_TEXT_MAX];
		char text[ITEM_MAX];

		if (!matrix_view_incomplete(view, i, names))
			continue;
		(void)snprintf(text, sizeof(text), "%s incomplete: %s", names, view->total[i].why);
		list_item(doc, &n, text);
	}
	return end_list(doc, n);
}

/* All jobs of a kind of cell, with why. */
static bool list_jobs(const struct matrix_view *view, enum matrix_cell_kind kind,
		      struct matrix_doc *doc)
{
	const struct ota_matrix_plan *plan = &view->matrix->plan;
	size_t n = 0;

	for (size_t i = 0; i < plan->n_jobs; i++) {
		const struct ota_matrix_job *job = &plan->job[i];
		struct matrix_cell cell = matrix_view_cell(view, job->old_at, job->new_at);
		char text[ITEM_MAX];

		if (cell.kind != kind)
			continue;
		(void)snprintf(text, sizeof(text), "%s -> %s%s%s", view->label[job->old_at].text,
			       view->label[job->new_at].text, cell.why[0] ? ": " : "", cell.why);
		list_item(doc, &n, text);
	}
	return end_list(doc, n);
}

bool matrix_list_unfit(const struct matrix_view *view, struct matrix_doc *doc)
{
	return list_jobs(view, MATRIX_CELL_UNFIT, doc);
}

bool matrix_list_missing(const struct matrix_view *view, struct matrix_doc *doc)
{
	return list_jobs(view, MATRIX_CELL_MISSING, doc);
}
