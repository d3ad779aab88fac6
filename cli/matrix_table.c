// SPDX-License-Identifier: Apache-2.0
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "matrix_table.h"
#include "utf8.h"

#define GAP 2 /* between columns */

/* -- bytes ------------------------------------------------------------------------------------- */

static void put_bytes(struct matrix_doc *doc, const char *text, size_t len)
{
	if (doc->err == OTA_OK)
		doc->err = ota_buf_append(doc->out, ota_span_of(text, len), &doc->diag);
}

static void put(struct matrix_doc *doc, const char *text)
{
	put_bytes(doc, text, strlen(text));
}

static void put_spaces(struct matrix_doc *doc, size_t n)
{
	for (size_t i = 0; i < n; i++)
		put_bytes(doc, " ", 1);
}

/* What Markdown, or the HTML in it, would take for its own. */
static void put_escaped(struct matrix_doc *doc, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (doc->markdown && text[i] == '<')
			put(doc, "&lt;");
		else if (doc->markdown && text[i] == '&')
			put(doc, "&amp;");
		else if (doc->markdown && strchr("\\`*_[]|#~@$>", text[i]))
			put_bytes(doc, (const char[]){'\\', text[i]}, 2);
		else
			put_bytes(doc, text + i, 1);
	}
}

/* -- paragraphs -------------------------------------------------------------------------------- */

void matrix_doc_gap(struct matrix_doc *doc)
{
	const struct ota_buf *out = doc->out;

	if (out->len < 2 || out->data[out->len - 1] != '\n' || out->data[out->len - 2] != '\n')
		put(doc, "\n");
}

void matrix_doc_heading(struct matrix_doc *doc, const char *heading)
{
	matrix_doc_gap(doc);
	put(doc, doc->markdown ? "### " : "");
	put(doc, heading);
	put(doc, doc->markdown ? "\n\n" : "\n");
}

/* To the end of a word; a number and its unit are one: "10 %", "32 min". */
static size_t word_len(const char *text)
{
	size_t len = strcspn(text, " ");

	if (len > 0 && text[len - 1] >= '0' && text[len - 1] <= '9' && text[len] == ' ')
		len += 1 + strcspn(text + len + 1, " ");
	return len;
}

/* From a column on; lines after the first are set in by `indent`. */
static void put_wrapped(struct matrix_doc *doc, size_t at, size_t indent, const char *text)
{
	bool at_start = true;

	while (*text) {
		size_t len = word_len(text);
		size_t columns = cli_utf8_columns(text, len);

		if (!doc->markdown && !at_start && at + 1 + columns > MATRIX_COLUMNS) {
			put(doc, "\n");
			put_spaces(doc, indent);
			at = indent;
			at_start = true;
		}
		if (!at_start)
			put(doc, " ");
		put_escaped(doc, text, len);
		at += columns + !at_start;
		at_start = false;
		text += len;
		text += strspn(text, " ");
	}
	put(doc, "\n");
}

void matrix_doc_paragraph(struct matrix_doc *doc, const char *first, const char *text)
{
	put(doc, first);
	put_wrapped(doc, strlen(first), strlen(first), text);
}

void matrix_doc_item(struct matrix_doc *doc, const char *text)
{
	put(doc, doc->markdown ? "- " : "  ");
	put_wrapped(doc, 2, 4, text);
}

/* -- tables ------------------------------------------------------------------------------------ */

void matrix_table_row(struct matrix_table *table)
{
	size_t room = table->room ? 2 * table->room : 16;
	char(*cell)[MATRIX_CELL_MAX];

	if (table->failed)
		return;
	if (table->n_rows == table->room) {
		cell = realloc(table->cell, room * table->n_columns * sizeof(*cell));
		table->failed = !cell;
		if (!cell)
			return;
		table->cell = cell;
		table->room = room;
	}
	for (size_t i = 0; i < table->n_columns; i++)
		table->cell[table->n_rows * table->n_columns + i][0] = '\0';
	table->n_rows++;
}

void matrix_table_cell(struct matrix_table *table, size_t column, const char *format, ...)
{
	va_list args;

	if (table->failed)
		return;
	va_start(args, format);
	(void)vsnprintf(table->cell[(table->n_rows - 1) * table->n_columns + column],
			MATRIX_CELL_MAX, format, args);
	va_end(args);
}

void matrix_table_start(struct matrix_table *table, const char *const *headings, size_t n)
{
	*table = (struct matrix_table){.n_columns = n};
	matrix_table_row(table);
	for (size_t i = 0; headings && i < n; i++)
		matrix_table_cell(table, i, "%s", headings[i]);
}

void matrix_table_free(struct matrix_table *table)
{
	free(table->cell);
	*table = (struct matrix_table){.cell = NULL};
}

static const char *cell_of(const struct matrix_table *table, size_t row, size_t column)
{
	return table->cell[row * table->n_columns + column];
}

static size_t width_of(const struct matrix_table *table, size_t column)
{
	size_t width = 0;

	for (size_t row = 0; row < table->n_rows; row++) {
		const char *text = cell_of(table, row, column);
		size_t columns = cli_utf8_columns(text, strlen(text));

		if (columns > width)
			width = columns;
	}
	return width;
}

size_t matrix_table_columns(const struct matrix_table *table)
{
	size_t sum = 0;

	for (size_t i = 0; i < table->n_columns; i++)
		sum += width_of(table, i) + (i > 0 ? GAP : 0);
	return sum;
}

static void print_text_row(const struct matrix_table *table, size_t row, const size_t *width,
			   struct matrix_doc *doc)
{
	size_t spaces = 0; /* that are owed: none stand at the end of a line */

	for (size_t i = 0; i < table->n_columns; i++) {
		const char *text = cell_of(table, row, i);
		size_t fill = width[i] - cli_utf8_columns(text, strlen(text));

		spaces += i > 0 ? GAP + fill : 0;
		if (text[0]) {
			put_spaces(doc, spaces);
			put(doc, text);
			spaces = 0;
		}
		spaces += i == 0 ? fill : 0;
	}
	put(doc, "\n");
}

static void print_markdown_row(const struct matrix_table *table, size_t row, struct matrix_doc *doc)
{
	for (size_t i = 0; i < table->n_columns; i++) {
		const char *text = cell_of(table, row, i);

		put(doc, "| ");
		put_escaped(doc, text, strlen(text));
		put(doc, " ");
	}
	put(doc, "|\n");
	for (size_t i = 0; row == 0 && i < table->n_columns; i++)
		put(doc, i == 0 ? "| --- " : "| ---: ");
	if (row == 0)
		put(doc, "|\n");
}

void matrix_table_print(const struct matrix_table *table, struct matrix_doc *doc)
{
	size_t *width;

	if (doc->err != OTA_OK)
		return;
	width = table->failed ? NULL : calloc(table->n_columns + 1, sizeof(*width));
	if (!width) {
		doc->err = ota_fail(&doc->diag, OTA_E_MEMORY, "out of memory for a table");
		return;
	}
	for (size_t i = 0; i < table->n_columns; i++)
		width[i] = width_of(table, i);
	for (size_t row = 0; row < table->n_rows; row++) {
		if (doc->markdown)
			print_markdown_row(table, row, doc);
		else
			print_text_row(table, row, width, doc);
	}
	free(width);
}
