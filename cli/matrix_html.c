// SPDX-License-Identifier: Apache-2.0
/*
 * The document. It loads nothing and runs nothing: no scripts, fonts or pictures from elsewhere,
 * and its own policy forbids them. There is no date in it, so that the same matrix gives the same
 * bytes.
 */
#include <inttypes.h>
#include <stdio.h>

#include "matrix_html.h"
#include "matrix_html_part.h"

/* -- parts for all ----------------------------------------------------------------------------- */

void matrix_html_begin(struct html *html, const char *id, const char *heading)
{
	html_format(html, "<section id=\"%s\">\n<h2>%s</h2>\n", id, heading);
}

void matrix_html_end(struct html *html)
{
	html_put(html, "</section>\n");
}

void matrix_html_fold(struct html *html, size_t n, const char *one, const char *more)
{
	html_format(html, "<details%s><summary>", n <= HTML_ROWS_OPEN ? " open" : "");
	html_count(html, n);
	html_format(html, " %s</summary>\n", n == 1 ? one : more);
}

void matrix_html_label(struct html *html, const struct matrix_view *view, size_t version)
{
	html_put(html, "<bdi>");
	html_text(html, view->label[version].text);
	html_put(html, "</bdi>");
}

void matrix_html_row_label(struct html *html, const struct matrix_view *view, size_t version)
{
	const struct matrix_label *label = &view->label[version];
	bool by_number = strcmp(label->text, label->number) == 0;
	const char *other = by_number ? label->name : label->number;

	html_put(html, "<th scope=\"row\">");
	matrix_html_label(html, view, version);
	if (strcmp(other, label->text) != 0 && other[0] && strcmp(other, "-") != 0) {
		html_put(html, " <small><bdi>");
		html_text(html, other);
		html_put(html, "</bdi></small>");
	}
	html_put(html, "</th>");
}

void matrix_html_pair(struct html *html, const struct matrix_view *view, size_t job)
{
	const struct ota_matrix_job *one = &view->matrix->plan.job[job];

	matrix_html_label(html, view, one->old_at);
	html_put(html, HTML_ARROW);
	matrix_html_label(html, view, one->new_at);
}

void matrix_html_percent(struct html *html, uint64_t part, uint64_t whole)
{
	char text[MATRIX_TEXT_MAX];

	html_text(html, matrix_percent_text(part, whole, text));
}

void matrix_html_short(struct html *html, uint64_t bytes)
{
	char text[MATRIX_TEXT_MAX];

	size_t digits = strspn(matrix_short_text(bytes, text), "0123456789.");

	html_format(html, "%.*s %sB", (int)digits, text, text + digits);
}

void matrix_html_time(struct html *html, uint64_t us)
{
	char text[MATRIX_TEXT_MAX];

	html_text(html, matrix_time_text(us, text));
}

void matrix_html_days(struct html *html, uint64_t us)
{
	char text[MATRIX_TEXT_MAX];

	html_text(html, matrix_days_text(us, text));
}

/* -- head -------------------------------------------------------------------------------------- */

/* From the oldest to the newest version. */
static void put_range(struct html *html, const struct matrix_view *view)
{
	size_t n = view->matrix->plan.n_versions;

	html_put(html, "Firmware updates");
	if (n > 0) {
		html_put(html, n > 1 ? " from " : " of ");
		html_text(html, view->label[0].text);
	}
	if (n > 1) {
		html_put(html, " to ");
		html_text(html, view->label[n - 1].text);
	}
}

static void put_head(struct html *html, const struct matrix_view *view)
{
	html_put(
		html,
		"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		"style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'\">\n"
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		"<meta name=\"color-scheme\" content=\"light dark\">\n"
		"<meta name=\"referrer\" content=\"no-referrer\">\n<title>");
	put_range(html, view);
	html_put(html, "</title>\n");
	matrix_html_style(html);
	html_put(html, "</head>\n<body>\n");
}

static void put_subtitle(struct html *html, const struct ota_matrix_plan *plan)
{
	html_put(html, "<p class=\"soft\">");
	html_count(html, plan->n_versions);
	html_put(html, plan->n_versions == 1 ? " version, " : " versions, ");
	html_count(html, plan->n_jobs);
	html_put(html, plan->n_jobs == 1 ? " patch planned (pairs: " : " patches planned (pairs: ");
	html_text(html, plan->pairs);
	html_put(html, plan->both_ways ? ", both ways)" : ")");
	html_put(html, plan->n_keys > 0 ? ", signed" : "");
	if (plan->delta.format) {
		html_put(html, ", format ");
		html_text(html, plan->delta.format);
	}
	if (plan->has_target) {
		html_put(html, ", target <bdi>");
		html_text(html, plan->target.name);
		html_put(html, "</bdi>");
	}
	html_put(html, "</p>\n");
}

static void put_link_to(struct html *html, const char *id, const char *words)
{
	html_format(html, "<a href=\"#%s\">%s</a>\n", id, words);
}

static void put_nav(struct html *html, const struct matrix_view *view)
{
	const struct ota_matrix_plan *plan = &view->matrix->plan;
	unsigned n_links = 0;

	(void)ota_matrix_links(plan, &n_links);
	html_put(html, "<nav aria-label=\"Sections\">\n");
	put_link_to(html, "policies", "Policies");
	put_link_to(html, "map", "Map");
	put_link_to(html, "routes", "Routes");
	if (n_links > 0)
		put_link_to(html, "airtime", "Airtime");
	if (view->has_updates)
		put_link_to(html, "roll-out", "Roll-out");
	put_link_to(html, "verdicts", "Verdicts");
	if (plan->n_jobs > 0)
		put_link_to(html, "pairs", "All pairs");
	put_link_to(html, "assumptions", "Assumptions");
	html_put(html, "</nav>\n");
}

/* -- what stands first ------------------------------------------------------------------------- */

static void card_begin(struct html *html, const char *words)
{
	html_format(html, "<div><dt>%s</dt><dd><b>", words);
}

static void card_end(struct html *html)
{
	html_put(html, "</span></dd></div>\n");
}

static void put_policy_cards(struct html *html, const struct matrix_view *view)
{
	const struct ota_matrix_total *total = &view->total[view->advised];
	uint64_t full = view->matrix->plan.version[matrix_view_newest(view)].len;
	uint64_t each = matrix_view_each(total);

	card_begin(html, view->has_advice ? "Advised policy" : "Policy, not complete");
	html_put(html, ota_matrix_policy_name(view->advised));
	html_format(html, "</b><span>%s", matrix_html_policy_words(view->advised));
	card_end(html);
	card_begin(html, "Bytes a device");
	html_count(html, each);
	html_put(html, "</b><span>on average, ");
	matrix_html_percent(html, each, full);
	html_put(html, " of the full image");
	card_end(html);
	card_begin(html, "Worst case");
	html_count(html, total->worst_bytes);
	html_put(html, "</b><span>bytes to one device");
	if (total->has_air && total->worst_duration_us > 0) {
		html_put(html, ", ");
		matrix_html_time(html, total->worst_duration_us);
	}
	card_end(html);
	card_begin(html, "Storage");
	matrix_html_short(html, total->stored);
	html_put(html, "</b><span>for ");
	html_count(html, total->n_patches);
	html_put(html, total->n_patches == 1 ? " patch" : " patches");
	card_end(html);
}

static void put_fleet_cards(struct html *html, const struct matrix_view *view)
{
	const struct ota_matrix_total *total = &view->total[view->advised];
	const struct ota_matrix_stage *last = &view->stage[OTA_MATRIX_STAGES - 1];

	card_begin(html, "Sent to the fleet");
	matrix_html_short(html, total->bytes);
	html_put(html, "</b><span>to ");
	html_count(html, total->devices);
	html_put(html, total->devices == 1 ? " device" : " devices");
	card_end(html);
	card_begin(html, "Roll-out");
	matrix_html_days(html, last->done_us);
	html_format(html, "</b><span>%s",
		    last->has_time ? "in stages, with waiting" : "of waiting between stages");
	card_end(html);
}

static void put_ram_card(struct html *html, const struct matrix_view *view)
{
	const struct matrix_needs *needs = &view->needs;

	if (!needs->any || needs->ram == 0)
		return;
	card_begin(html, "Decoder RAM");
	html_count(html, needs->ram);
	html_put(html, "</b><span>bytes at most");
	if (needs->stack > 0) {
		html_put(html, ", and ");
		html_count(html, needs->stack);
		html_put(html, " of stack");
	}
	card_end(html);
}

static void put_pairs_card(struct html *html, const struct matrix_view *view)
{
	card_begin(html, "Patches");
	html_count(html, view->n_patches);
	html_put(html, " of ");
	html_count(html, view->matrix->plan.n_jobs);
	html_format(html, "</b><span>%s",
		    view->matrix->plan.has_target ? "fit the target" : "are made");
	card_end(html);
}

/* What of the folders is not as it should be. */
static void put_folder_notes(struct html *html, const struct ota_matrix *matrix)
{
	if (matrix->n_missing > 0) {
		html_put(html, "<p class=\"note bad\">");
		html_count(html, matrix->n_missing);
		html_put(html, " of ");
		html_count(html, matrix->plan.n_jobs);
		html_put(html, matrix->plan.n_jobs == 1 ? " patch" : " patches");
		html_put(html, matrix->n_missing == 1 ? " is" : " are");
		html_put(html, " <a href=\"#missing\">missing</a>: the figures are of what is "
			       "there.</p>\n");
	}
	if (matrix->n_conflicts > 0)
		html_put(html,
			 "<p class=\"note bad\">The folders <a href=\"#missing\">differ</a> in "
			 "results of the same jobs: the first folder counts.</p>\n");
	else if (matrix->n_missing == 0 && matrix_html_has_missing(matrix))
		html_put(html, "<p class=\"note\">There is <a href=\"#missing\">more in the "
			       "folders</a> than the plan asks for.</p>\n");
}

static void put_notes(struct html *html, const struct matrix_view *view)
{
	bool wrong = !view->has_advice && view->total[view->advised].unreached > 0;

	put_folder_notes(html, view->matrix);
	html_format(html, "<p class=\"%s\">", wrong ? "note bad" : "advice");
	html_put(html, view->has_advice ? "<b>Advice:</b> " : "");
	html_text(html, view->advice);
	html_put(html, "</p>\n");
}

static void put_summary(struct html *html, const struct matrix_view *view)
{
	const struct ota_matrix_plan *plan = &view->matrix->plan;

	html_put(html, "<header>\n<h1>");
	put_range(html, view);
	html_put(html, "</h1>\n");
	put_subtitle(html, plan);
	if (plan->n_versions > 1)
		put_nav(html, view);
	html_put(html, "</header>\n<main>\n");
	put_notes(html, view);
	if (plan->n_versions < 2)
		return;
	html_put(html, "<dl class=\"cards\">\n");
	if (view->has_updates) {
		put_policy_cards(html, view);
		put_fleet_cards(html, view);
	}
	put_pairs_card(html, view);
	put_ram_card(html, view);
	html_put(html, "</dl>\n");
}

enum cli_exit matrix_html(const struct matrix_view *view, struct ota_buf *out)
{
	struct html html = {.out = out};

	put_head(&html, view);
	put_summary(&html, view);
	if (view->matrix->plan.n_versions > 1) {
		matrix_html_policies(&html, view);
		matrix_html_map(&html, view);
		matrix_html_routes(&html, view);
		matrix_html_airtime(&html, view);
		matrix_html_stages(&html, view);
		matrix_html_verdicts(&html, view);
	}
	matrix_html_missing(&html, view);
	if (view->matrix->plan.n_versions > 1) {
		matrix_html_pairs(&html, view);
		matrix_html_assumptions(&html, view);
	}
	html_put(&html, "</main>\n<footer>Made by otatool matrix report.</footer>\n</body>\n"
			"</html>\n");
	return html.err == OTA_OK ? CLI_DONE : cli_fail("the HTML report", &html.diag);
}
