// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>

#include "matrix_markdown.h"
#include "matrix_table.h"

#define SENTENCE_MAX 768

/* A wider table is of no use to a reader, and of N versions it has N * N cells. */
#define MAP_COLUMNS_MAX 32

static const char cut_words[] = "\n*The report is longer than a step summary may be, the rest was "
				"cut off: `otatool matrix report` shows it all.*\n";

/* What is cut has whole lines. */
static enum ota_err cut(struct ota_buf *out, size_t start, struct ota_diag *diag)
{
	size_t most = MATRIX_MARKDOWN_MAX - (sizeof(cut_words) - 1);

	if (out->len - start <= MATRIX_MARKDOWN_MAX)
		return OTA_OK;
	out->len = start + most;
	while (out->len > start && out->data[out->len - 1] != '\n')
		out->len--;
	return ota_buf_append(out, ota_span_of(cut_words, sizeof(cut_words) - 1), diag);
}

static void print_heading(const struct matrix_view *view, struct matrix_doc *doc)
{
	char text[SENTENCE_MAX];

	matrix_doc_paragraph(doc, "## ", "Patches of a release history");
	matrix_doc_gap(doc);
	matrix_say_versions(view, text, sizeof(text));
	matrix_doc_item(doc, text);
	matrix_say_target(view, text, sizeof(text));
	matrix_doc_item(doc, text);
	matrix_say_patches(view, text, sizeof(text));
	matrix_doc_item(doc, text);
	matrix_doc_gap(doc);
	matrix_doc_paragraph(doc, view->has_advice ? "**Advised:** " : "", view->advice);
}

static void print_table(struct matrix_table *table, struct matrix_doc *doc)
{
	matrix_table_print(table, doc);
	matrix_table_free(table);
}

static void print_spread(const struct matrix_view *view, struct matrix_doc *doc)
{
	struct matrix_table table;

	matrix_fill_spread(view, &table);
	if (table.failed || table.n_rows > 1) {
		matrix_doc_heading(doc, "Patches, bytes");
		matrix_table_print(&table, doc);
	}
	matrix_table_free(&table);
}

static void print_sizes(const struct matrix_view *view, struct matrix_doc *doc)
{
	struct matrix_table table;
	char text[SENTENCE_MAX];

	if (view->matrix->plan.n_jobs == 0)
		return;
	if (matrix_map_columns(view) > MAP_COLUMNS_MAX) {
		print_spread(view, doc);
		return;
	}
	matrix_doc_heading(doc, "Patches");
	matrix_fill_map(view, false, &table);
	print_table(&table, doc);
	matrix_say_marks(view, text, sizeof(text));
	matrix_doc_gap(doc);
	matrix_doc_paragraph(doc, "", text);
}

/* A paragraph, if there is something to say. */
static void print_sentence(const char *text, struct matrix_doc *doc)
{
	matrix_doc_gap(doc);
	if (text[0])
		matrix_doc_paragraph(doc, "", text);
}

static void print_stages(const struct matrix_view *view, struct matrix_doc *doc)
{
	struct matrix_table table;
	char text[SENTENCE_MAX];

	(void)snprintf(text, sizeof(text), "Roll-out, %s", ota_matrix_policy_name(view->advised));
	matrix_doc_heading(doc, text);
	matrix_fill_stages(view, &table);
	print_table(&table, doc);
	print_sentence(matrix_stages_text(view, text, sizeof(text)), doc);
}

static void print_costs(const struct matrix_view *view, struct matrix_doc *doc)
{
	struct matrix_table table;
	char text[SENTENCE_MAX];

	matrix_doc_heading(doc, "Policies");
	matrix_fill_policies(view, &table);
	print_table(&table, doc);
	matrix_doc_gap(doc);
	(void)matrix_list_incomplete(view, doc);
	matrix_say_columns(view, text, sizeof(text));
	print_sentence(text, doc);
	if (view->has_updates)
		print_stages(view, doc);
	matrix_doc_heading(doc, "Best route to the newest");
	matrix_fill_routes(view, &table);
	print_table(&table, doc);
	matrix_doc_gap(doc);
	(void)matrix_list_unreached(view, doc);
	print_sentence(matrix_needs_text(view, text, sizeof(text)), doc);
}

static void print_rest(const struct matrix_view *view, struct matrix_doc *doc)
{
	if (view->n_unfit > 0) {
		matrix_doc_heading(doc, "No patch fits");
		(void)matrix_list_unfit(view, doc);
	}
	if (view->matrix->n_missing > 0) {
		matrix_doc_heading(doc, "Missing");
		(void)matrix_list_missing(view, doc);
	}
	matrix_doc_heading(doc, "What these figures rest on");
	for (size_t i = 0; i < view->n_assumptions; i++)
		matrix_doc_item(doc, view->assumption[i]);
}

enum cli_exit matrix_markdown(const struct matrix_view *view, struct ota_buf *out)
{
	struct matrix_doc doc = {.out = out, .markdown = true};
	size_t start = out->len;

	print_heading(view, &doc);
	if (view->matrix->plan.n_versions > 1) {
		print_sizes(view, &doc);
		print_costs(view, &doc);
		print_rest(view, &doc);
	}
	if (doc.err == OTA_OK)
		doc.err = cut(out, start, &doc.diag);
	return doc.err == OTA_OK ? CLI_DONE : cli_fail("matrix report", &doc.diag);
}
