// SPDX-License-Identifier: Apache-2.0
/* The parts of the report as HTML; each writes its sections. */
#ifndef CLI_MATRIX_HTML_PART_H
#define CLI_MATRIX_HTML_PART_H

#include "html.h"
#include "matrix_view.h"

/* Rows of the longest tables; what is left out is counted. */
#define HTML_ROWS_MAX       200U
#define HTML_ROWS_OPEN      20U /* of more only a heading is shown until it is opened */
#define HTML_PAIRS_ROWS_MAX 2000U

#define HTML_ARROW "\xe2\x80\x89\xe2\x86\x92\xe2\x80\x89" /* between thin spaces */
#define HTML_DASH  "\xe2\x80\x93"

/* matrix_html_map.c: every pair by its size, a picture. */
void matrix_html_map(struct html *html, const struct matrix_view *view);

/* matrix_html_cost.c: policies, and the best route of every version with its airtime. */
void matrix_html_policies(struct html *html, const struct matrix_view *view);
void matrix_html_routes(struct html *html, const struct matrix_view *view);
void matrix_html_airtime(struct html *html, const struct matrix_view *view);
/* "every version in turn" */
const char *matrix_html_policy_words(enum ota_matrix_policy policy);

/* matrix_html_pairs.c: verdicts of the target, what is missing, all pairs in figures. */
void matrix_html_verdicts(struct html *html, const struct matrix_view *view);
void matrix_html_missing(struct html *html, const struct matrix_view *view);
void matrix_html_pairs(struct html *html, const struct matrix_view *view);
/* Is there anything for the section "missing"? */
bool matrix_html_has_missing(const struct ota_matrix *matrix);
/* Counts the plan's pairs by their cells' kind. */
#define CELL_KINDS 5U
void matrix_html_count_cells(const struct matrix_view *view, size_t counts[CELL_KINDS]);

/* matrix_html_stage.c: the roll-out in stages, and what all figures rest on. */
void matrix_html_stages(struct html *html, const struct matrix_view *view);
void matrix_html_assumptions(struct html *html, const struct matrix_view *view);

/* matrix_html_style.c: the style sheet. */
void matrix_html_style(struct html *html);

/* <section> with its heading; `id` names it. Ends with matrix_html_end. */
void matrix_html_begin(struct html *html, const char *id, const char *heading);
void matrix_html_end(struct html *html);
/* <details> of so many rows, "12 pairs"; short ones are open. Ends with html_put "</details>". */
void matrix_html_fold(struct html *html, size_t n, const char *one, const char *more);
/* A version's label, escaped and apart from the direction of what stands around it. */
void matrix_html_label(struct html *html, const struct matrix_view *view, size_t version);
/* A row's heading: the label, with the name or the number that is not in it. */
void matrix_html_row_label(struct html *html, const struct matrix_view *view, size_t version);
/* "1.2.0 -> 1.3.0" of a job. */
void matrix_html_pair(struct html *html, const struct matrix_view *view, size_t job);

/* Figures in the view's words. */
void matrix_html_percent(struct html *html, uint64_t part, uint64_t whole);
void matrix_html_short(struct html *html, uint64_t bytes); /* "1.2MB" */
void matrix_html_time(struct html *html, uint64_t us);
void matrix_html_days(struct html *html, uint64_t us);

#endif
