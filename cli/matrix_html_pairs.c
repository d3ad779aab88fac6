// SPDX-License-Identifier: Apache-2.0
/* What there is of each pair: the target's verdicts, what is missing, all in figures. */
#include <inttypes.h>
#include <stdio.h>

#include "matrix_html_part.h"

#define SHORT_ID  12U /* digits of an id, enough to find its file by */
#define IN_REPORT "otatool matrix report --json"

/* Of a job, whose versions are the cell's. */
static struct matrix_cell cell_of(const struct matrix_view *view, size_t job)
{
	const struct ota_matrix_job *one = &view->matrix->plan.job[job];

	return matrix_view_cell(view, one->old_at, one->new_at);
}

void matrix_html_count_cells(const struct matrix_view *view, size_t counts[CELL_KINDS])
{
	memset(counts, 0, CELL_KINDS * sizeof(*counts));
	for (size_t i = 0; i < view->matrix->plan.n_jobs; i++)
		counts[cell_of(view, i).kind]++;
}

static void put_pair_head(struct html *html, const struct matrix_view *view, size_t job)
{
	html_put(html, "<tr><th scope=\"row\">");
	matrix_html_pair(html, view, job);
	html_put(html, "</th>");
}

static void put_left_out(struct html *html, size_t n, size_t max, const char *where)
{
	if (n <= max)
		return;
	html_put(html, "<p class=\"soft\">");
	html_count(html, n - max);
	html_format(html, " more are left out here; %s has all.</p>\n", where);
}

/* -- verdicts ---------------------------------------------------------------------------------- */

static void put_no(struct html *html, const struct matrix_view *view, size_t job,
		   const struct matrix_cell *cell)
{
	const char *remedy = view->matrix->result[job].remedy;
	bool unfit = cell->kind == MATRIX_CELL_UNFIT;

	put_pair_head(html, view, job);
	html_format(html, "<td class=\"text no\">%s</td><td data-label=\"Bytes\">",
		    !unfit             ? "no smaller than the image"
		    : cell->bytes == 0 ? "no patch"
				       : "does not fit");
	if (cell->bytes > 0)
		html_count(html, cell->bytes);
	else
		html_put(html, HTML_DASH);
	html_put(html, "</td><td class=\"text reason\">");
	html_text(html, cell->why[0] ? cell->why : HTML_DASH);
	if (unfit && remedy[0]) {
		html_put(html, "<br><small>way out: ");
		html_text(html, remedy);
		html_put(html, "</small>");
	}
	html_put(html, "</td></tr>\n");
}

static void put_noes(struct html *html, const struct matrix_view *view, size_t n)
{
	size_t shown = 0;

	if (n == 0)
		return;
	matrix_html_fold(html, n, "pair without a patch of use", "pairs without a patch of use");
	html_wide_begin(html, "Pairs without a patch of use");
	html_put(html, "<table class=\"stack\"><thead><tr>"
		       "<th scope=\"col\" class=\"text\">Pair</th>"
		       "<th scope=\"col\" class=\"text\">Verdict</th>"
		       "<th scope=\"col\">Bytes</th>"
		       "<th scope=\"col\" class=\"text\">Why</th></tr></thead><tbody>\n");
	for (size_t i = 0; i < view->matrix->plan.n_jobs && shown < HTML_ROWS_MAX; i++) {
		struct matrix_cell cell = cell_of(view, i);

		if (cell.kind != MATRIX_CELL_UNFIT && cell.kind != MATRIX_CELL_NO_GAIN)
			continue;
		put_no(html, view, i, &cell);
		shown++;
	}
	html_put(html, "</tbody></table>\n");
	html_wide_end(html);
	put_left_out(html, n, HTML_ROWS_MAX, IN_REPORT);
	html_put(html, "</details>\n");
}

static void put_tally(struct html *html, const char *class_name, size_t n, const char *one,
		      const char *more)
{
	if (n == 0)
		return;
	html_format(html, "<li class=\"%s\">", class_name);
	html_count(html, n);
	html_format(html, " %s</li>\n", n == 1 ? one : more);
}

static void put_tallies(struct html *html, const struct ota_matrix_plan *plan,
			const size_t counts[CELL_KINDS])
{
	if (plan->n_jobs == 0) {
		html_put(html, "<p>There are no pairs.</p>\n");
		return;
	}
	html_put(html, "<ul>\n");
	put_tally(html, "yes", counts[MATRIX_CELL_PATCH],
		  plan->has_target ? "patch fits" : "patch is made",
		  plan->has_target ? "patches fit" : "patches are made");
	put_tally(html, "no", counts[MATRIX_CELL_UNFIT], "pair has no patch that fits",
		  "pairs have no patch that fits");
	put_tally(html, "no", counts[MATRIX_CELL_NO_GAIN], "patch is no smaller than the image",
		  "patches are no smaller than the image");
	put_tally(html, "no", counts[MATRIX_CELL_MISSING], "patch is missing",
		  "patches are missing");
	html_put(html, "</ul>\n");
}

/* Versions that cannot take the newest image whole; a reason that many share is said once. */
static void put_full_noes(struct html *html, const struct matrix_view *view)
{
	const struct ota_matrix_plan *plan = &view->matrix->plan;
	const char *said = "";

	for (size_t i = 0; i + 1 < plan->n_versions; i++) {
		const struct ota_matrix_full *full = &plan->version[i].full;

		if (!full->judged || full->fits || strcmp(full->reason, said) == 0)
			continue;
		said = full->reason;
		html_put(html, "<p class=\"note\">The full image does not fit a device with ");
		matrix_html_label(html, view, i);
		html_put(html, ": ");
		html_text(html, full->reason);
		html_put(html, "</p>\n");
	}
}

void matrix_html_verdicts(struct html *html, const struct matrix_view *view)
{
	const struct ota_matrix_plan *plan = &view->matrix->plan;
	size_t counts[CELL_KINDS];

	matrix_html_count_cells(view, counts);
	matrix_html_begin(html, "verdicts", "Budget verdicts");
	html_put(html, "<p>");
	if (plan->has_target) {
		html_put(html, "Held against the target <b><bdi>");
		html_text(html, plan->target.name);
		html_put(html, "</bdi></b>.");
	} else {
		html_put(html, "No target was named when this was planned, so nothing was held "
			       "against a device's limits.");
	}
	html_put(html, "</p>\n");
	put_tallies(html, plan, counts);
	put_full_noes(html, view);
	put_noes(html, view, counts[MATRIX_CELL_UNFIT] + counts[MATRIX_CELL_NO_GAIN]);
	matrix_html_end(html);
}

/* -- what is missing --------------------------------------------------------------------------- */

/* Of a damaged one. */
static void put_why(struct html *html, const char *why)
{
	if (!why[0])
		return;
	html_put(html, "<br>");
	html_text(html, why);
}

static void put_missing_pairs(struct html *html, const struct matrix_view *view)
{
	const struct ota_matrix *matrix = view->matrix;
	size_t shown = 0;

	html_put(html, "<p class=\"note bad\">");
	html_count(html, matrix->n_missing);
	html_put(html, " of ");
	html_count(html, matrix->plan.n_jobs);
	html_put(html, matrix->plan.n_jobs == 1 ? " patch" : " patches");
	html_put(html, matrix->n_missing == 1 ? " is missing." : " are missing.");
	html_put(html, " Run the plan again: what is finished is kept.</p>\n");
	matrix_html_fold(html, matrix->n_missing, "pair", "pairs");
	html_put(html, "<ul>\n");
	for (size_t i = 0; i < matrix->plan.n_jobs && shown < HTML_ROWS_MAX; i++) {
		if (matrix->has[i])
			continue;
		html_put(html, "<li>");
		matrix_html_pair(html, view, i);
		html_put(html, " <small>job ");
		html_text_cut(html, matrix->plan.job[i].id, SHORT_ID);
		html_put(html, "</small>");
		put_why(html, cell_of(view, i).why);
		html_put(html, "</li>\n");
		shown++;
	}
	html_put(html, "</ul>\n");
	put_left_out(html, matrix->n_missing, HTML_ROWS_MAX, IN_REPORT);
	html_put(html, "</details>\n");
}

static const char *conflict_name(const struct ota_matrix *matrix, size_t at)
{
	return matrix->conflict[at];
}

static const char *extra_name(const struct ota_matrix *matrix, size_t at)
{
	return matrix->extra[at];
}

static const char *stray_name(const struct ota_matrix *matrix, size_t at)
{
	return matrix->stray[at];
}

static void put_list(struct html *html, const struct ota_matrix *matrix, const char *words,
		     const char *(*name)(const struct ota_matrix *, size_t), size_t n)
{
	if (n == 0)
		return;
	html_put(html, "<p>");
	html_put(html, words);
	html_put(html, "</p>\n<ul>\n");
	for (size_t i = 0; i < n && i < HTML_ROWS_MAX; i++) {
		html_put(html, "<li>");
		html_text(html, name(matrix, i));
		html_put(html, "</li>\n");
	}
	html_put(html, "</ul>\n");
	put_left_out(html, n, HTML_ROWS_MAX, "otatool matrix merge");
}

bool matrix_html_has_missing(const struct ota_matrix *matrix)
{
	return matrix->n_missing > 0 || matrix->n_conflicts > 0 || matrix->n_extra > 0 ||
	       matrix->n_stray > 0;
}

void matrix_html_missing(struct html *html, const struct matrix_view *view)
{
	const struct ota_matrix *matrix = view->matrix;

	if (!matrix_html_has_missing(matrix))
		return;
	matrix_html_begin(html, "missing", "Missing and failed");
	if (matrix->n_missing > 0)
		put_missing_pairs(html, view);
	put_list(html, matrix, "Jobs with different results in the folders:", conflict_name,
		 matrix->n_conflicts);
	put_list(html, matrix, "Results that are no job's of this plan:", extra_name,
		 matrix->n_extra);
	put_list(html, matrix, "Other files that do not belong there:", stray_name,
		 matrix->n_stray);
	matrix_html_end(html);
}

/* -- all pairs --------------------------------------------------------------------------------- */

static const char *kind_words(const struct matrix_cell *cell, bool judged)
{
	switch (cell->kind) {
	case MATRIX_CELL_NOT_PLANNED:
		return "not planned";
	case MATRIX_CELL_MISSING:
		return "missing";
	case MATRIX_CELL_UNFIT:
		return cell->bytes == 0 ? "no patch" : "does not fit";
	case MATRIX_CELL_NO_GAIN:
		return "no smaller";
	case MATRIX_CELL_PATCH:
		return judged ? "fits" : "made";
	}
	return "";
}

static void put_pair_figures(struct html *html, const struct matrix_view *view, size_t job,
			     const struct matrix_cell *cell)
{
	const struct ota_matrix_plan *plan = &view->matrix->plan;
	const struct ota_matrix_result *result = &view->matrix->result[job];

	if (cell->bytes == 0) {
		html_put(html, "<td>" HTML_DASH "</td><td>" HTML_DASH "</td><td>" HTML_DASH
			       "</td><td>" HTML_DASH "</td>");
		return;
	}
	html_put(html, "<td>");
	html_count(html, cell->bytes);
	html_put(html, "</td><td>");
	matrix_html_percent(html, cell->bytes, plan->version[plan->job[job].new_at].len);
	html_put(html, "</td><td class=\"text\">");
	html_text(html, result->how[0] ? result->how : result->format);
	html_put(html,
		 result->judged && !result->on_device ? ", by a gateway</td><td>" : "</td><td>");
	html_count(html, result->ram);
	html_put(html, "</td>");
}

static void put_pair_row(struct html *html, const struct matrix_view *view, size_t job)
{
	struct matrix_cell cell = cell_of(view, job);

	put_pair_head(html, view, job);
	put_pair_figures(html, view, job, &cell);
	html_format(html, "<td class=\"%s\">%s</td></tr>\n",
		    cell.kind == MATRIX_CELL_PATCH ? "yes" : "no",
		    kind_words(&cell, view->matrix->plan.has_target));
}

void matrix_html_pairs(struct html *html, const struct matrix_view *view)
{
	size_t n = view->matrix->plan.n_jobs;

	if (n == 0)
		return;
	matrix_html_begin(html, "pairs", "All pairs in figures");
	matrix_html_fold(html, n, "pair", "pairs");
	html_wide_begin(html, "All pairs");
	html_put(html, "<table><thead><tr><th scope=\"col\" class=\"text\">Pair</th>"
		       "<th scope=\"col\">Bytes</th><th scope=\"col\">Of the image</th>"
		       "<th scope=\"col\" class=\"text\">Format</th>"
		       "<th scope=\"col\">Decoder RAM</th><th scope=\"col\">Verdict</th></tr>"
		       "</thead><tbody>\n");
	for (size_t i = 0; i < n && i < HTML_PAIRS_ROWS_MAX; i++)
		put_pair_row(html, view, i);
	html_put(html, "</tbody></table>\n");
	html_wide_end(html);
	put_left_out(html, n, HTML_PAIRS_ROWS_MAX, IN_REPORT);
	html_put(html, "</details>\n");
	matrix_html_end(html);
}
