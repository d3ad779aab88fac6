// SPDX-License-Identifier: Apache-2.0
/* Tables and paragraphs of a report, for a terminal or as GitHub's Markdown. */
#ifndef CLI_MATRIX_TABLE_H
#define CLI_MATRIX_TABLE_H

#include "matrix_view.h"

#define MATRIX_COLUMNS 100 /* of a terminal */

/* A report that is being written. The first failure is kept; what follows it does nothing. */
struct matrix_doc {
	struct ota_buf *out; /* borrowed */
	bool markdown;
	enum ota_err err;
	struct ota_diag diag;
};

/* A heading, with an empty line before it. */
void matrix_doc_heading(struct matrix_doc *doc, const char *heading);
/* Sentences as they are, wrapped on a terminal; `first` leads, and what follows is set in by it. */
void matrix_doc_paragraph(struct matrix_doc *doc, const char *first, const char *text);
/* A line of a list. */
void matrix_doc_item(struct matrix_doc *doc, const char *text);
/* An empty line, unless there is one. */
void matrix_doc_gap(struct matrix_doc *doc);

#define MATRIX_CELL_MAX 128

/* Zeroed it is empty and may be freed. */
struct matrix_table {
	char (*cell)[MATRIX_CELL_MAX]; /* owned; the first row are the headings */
	size_t n_columns;
	size_t n_rows;
	size_t room; /* rows */
	bool failed; /* out of memory */
};

/*
 * Begins one with its headings (NULL: they are filled as cells); the first column is set to the
 * left, the others to the right.
 */
void matrix_table_start(struct matrix_table *table, const char *const *headings, size_t n);
/* Begins the next row. */
void matrix_table_row(struct matrix_table *table);
/* Fills a cell of it. What the text is made of has been cleaned. */
void matrix_table_cell(struct matrix_table *table, size_t column, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Columns it takes on a terminal. */
size_t matrix_table_columns(const struct matrix_table *table);
void matrix_table_print(const struct matrix_table *table, struct matrix_doc *doc);
void matrix_table_free(struct matrix_table *table);

/* matrix_parts.c: what text and Markdown show, as tables; the caller frees them. */

/* "12 versions, 1.0.0 to 1.11.0"; "66 patches planned (all): 60 made, 6 missing". */
void matrix_say_versions(const struct matrix_view *view, char *text, size_t cap);
void matrix_say_patches(const struct matrix_view *view, char *text, size_t cap);
/* "for water-meter-l476 over lorawan; delta updates, signed by 1 key". */
void matrix_say_target(const struct matrix_view *view, char *text, size_t cap);
/* Old versions down, new ones across; headed by their place when `by_place`. */
size_t matrix_map_columns(const struct matrix_view *view);
void matrix_fill_map(const struct matrix_view *view, bool by_place, struct matrix_table *table);
/* What the marks of the map mean, those that are there; or "". */
void matrix_say_marks(const struct matrix_view *view, char *text, size_t cap);
/* Sizes of patches by how many versions lie between, for histories that the map has no room for. */
void matrix_fill_spread(const struct matrix_view *view, struct matrix_table *table);
void matrix_fill_routes(const struct matrix_view *view, struct matrix_table *table);
void matrix_fill_policies(const struct matrix_view *view, struct matrix_table *table);
/* What is in their columns. */
void matrix_say_columns(const struct matrix_view *view, char *text, size_t cap);
void matrix_fill_stages(const struct matrix_view *view, struct matrix_table *table);

/* matrix_lists.c: of long ones the rest is counted. False: there is nothing to say. */
bool matrix_list_unreached(const struct matrix_view *view, struct matrix_doc *doc);
bool matrix_list_incomplete(const struct matrix_view *view, struct matrix_doc *doc);
bool matrix_list_unfit(const struct matrix_view *view, struct matrix_doc *doc);
bool matrix_list_missing(const struct matrix_view *view, struct matrix_doc *doc);

#endif
