// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>

#include "matrix_table.h"
#include "matrix_text.h"

#define SENTENCE_MAX 768

/* More cannot be beside each other: a column is two characters and the gap before it. */
#define MAP_COLUMNS_MAX (MATRIX_COLUMNS / 4)

static void print_heading(const struct matrix_view *view, struct matrix_doc *doc)
{
	char text[SENTENCE_MAX];

	matrix_say_versions(view, text, sizeof(text));
	matrix_doc_paragraph(doc, "", text);
	matrix_say_target(view, text, sizeof(text));
	matrix_doc_paragraph(doc, "", text);
	matrix_say_patches(view, text, sizeof(text));
	matrix_doc_paragraph(doc, "", text);
	matrix_doc_paragraph(doc, view->has_advice ? "advised: " : "", view->advice);
}

/* A sentence, if there is one. */
static void print_sentence(const char *text, struct matrix_doc *doc)
{
	if (text[0])
		matrix_doc_paragraph(doc, "", text);
}

/* False: it is too wide. */
static bool try_map(const struct matrix_view *view, bool by_place, struct matrix_doc *doc)
{
	struct matrix_table table;
	char text[SENTENCE_MAX];
	bool fits;

	matrix_fill_map(view, by_place, &table);
	fits = table.failed || matrix_table_columns(&table) <= MATRIX_COLUMNS;
	if (fits) {
		matrix_doc_heading(doc, "PATCHES");
		matrix_table_print(&table, doc);
		matrix_say_marks(view, text, sizeof(text));
		matrix_doc_paragraph(doc, "", text);
	}
	matrix_table_free(&table);
	return fits;
}

/* Headed by the versions if there is room for them, else by their places. */
static bool print_map(const struct matrix_view *view, struct matrix_doc *doc)
{
	return matrix_map_columns(view) <= MAP_COLUMNS_MAX &&
	       (try_map(view, false, doc) || try_map(view, true, doc));
}

static void print_sizes(const struct matrix_view *view, struct matrix_doc *doc)
{
	struct matrix_table table;

	if (view->matrix->plan.n_jobs == 0 || print_map(view, doc))
		return;
	matrix_fill_spread(view, &table);
	if (table.failed || table.n_rows > 1) {
		matrix_doc_heading(doc, "PATCHES, BYTES");
		matrix_table_print(&table, doc);
	}
	matrix_table_free(&table);
}

static void print_routes(const struct matrix_view *view, struct matrix_doc *doc)
{
	struct matrix_table table;
	char text[SENTENCE_MAX];

	(void)snprintf(text, sizeof(text), "BEST ROUTE TO %s",
		       view->label[matrix_view_newest(view)].text);
	matrix_doc_heading(doc, text);
	matrix_fill_routes(view, &table);
	matrix_table_print(&table, doc);
	matrix_table_free(&table);
	(void)matrix_list_unreached(view, doc);
	print_sentence(matrix_needs_text(view, text, sizeof(text)), doc);
}

static void print_policies(const struct matrix_view *view, struct matrix_doc *doc)
{
	struct matrix_table table;
	char text[SENTENCE_MAX];

	matrix_doc_heading(doc, "POLICIES");
	matrix_fill_policies(view, &table);
	matrix_table_print(&table, doc);
	matrix_table_free(&table);
	(void)matrix_list_incomplete(view, doc);
	matrix_say_columns(view, text, sizeof(text));
	print_sentence(text, doc);
}

static void print_stages(const struct matrix_view *view, struct matrix_doc *doc)
{
	struct matrix_table table;
	char text[SENTENCE_MAX];

	if (!view->has_updates)
		return;
	(void)snprintf(text, sizeof(text), "ROLL-OUT, %s", ota_matrix_policy_name(view->advised));
	matrix_doc_heading(doc, text);
	matrix_fill_stages(view, &table);
	matrix_table_print(&table, doc);
	matrix_table_free(&table);
	print_sentence(matrix_stages_text(view, text, sizeof(text)), doc);
}

static void print_rest(const struct matrix_view *view, struct matrix_doc *doc)
{
	if (view->n_unfit > 0) {
		matrix_doc_heading(doc, "NO PATCH FITS");
		(void)matrix_list_unfit(view, doc);
	}
	if (view->matrix->n_missing > 0) {
		matrix_doc_heading(doc, "MISSING");
		(void)matrix_list_missing(view, doc);
	}
	matrix_doc_heading(doc, "WHAT THESE FIGURES REST ON");
	for (size_t i = 0; i < view->n_assumptions; i++)
		matrix_doc_item(doc, view->assumption[i]);
}

enum cli_exit matrix_text(const struct matrix_view *view, struct ota_buf *out)
{
	struct matrix_doc doc = {.out = out};

	print_heading(view, &doc);
	if (view->matrix->plan.n_versions > 1) {
		print_sizes(view, &doc);
		print_routes(view, &doc);
		print_policies(view, &doc);
		print_stages(view, &doc);
		print_rest(view, &doc);
	}
	return doc.err == OTA_OK ? CLI_DONE : cli_fail("matrix report", &doc.diag);
}
