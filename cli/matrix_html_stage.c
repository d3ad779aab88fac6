// SPDX-License-Identifier: Apache-2.0
/* The roll-out in stages, and what all figures rest on. */
#include <inttypes.h>
#include <stdio.h>

#include "matrix_html_part.h"

/* The chart, in its own units. */
#define CHART_WIDTH  400U
#define CHART_HEIGHT 210U
#define PLOT_LEFT    44U
#define PLOT_TOP     14U
#define PLOT_WIDTH   340U
#define PLOT_HEIGHT  160U
#define TEXT_MAX     256U /* of a sentence */
#define WHOLE        100U /* percent */
#define QUARTER      25U

/* -- chart ------------------------------------------------------------------------------------- */

static unsigned plot_x(uint64_t us, uint64_t end)
{
	return PLOT_LEFT + (unsigned)html_scale(us, end, PLOT_WIDTH);
}

static unsigned plot_y(unsigned percent)
{
	return PLOT_TOP + PLOT_HEIGHT - percent * PLOT_HEIGHT / WHOLE;
}

static void put_grid(struct html *html, uint64_t end)
{
	for (unsigned percent = 0; percent <= WHOLE; percent += QUARTER)
		html_format(html,
			    "<path class=\"%s\" d=\"M%u %uh%u\"/><text x=\"%u\" y=\"%u\" "
			    "text-anchor=\"end\">%u %%</text>\n",
			    percent == 0 ? "axis" : "grid", PLOT_LEFT, plot_y(percent), PLOT_WIDTH,
			    PLOT_LEFT - 6, plot_y(percent) + 4, percent);
	for (unsigned part = 0; part <= 2; part++) {
		static const char *const anchor[] = {"start", "middle", "end"};

		html_format(html, "<text x=\"%u\" y=\"%u\" text-anchor=\"%s\">",
			    PLOT_LEFT + part * PLOT_WIDTH / 2, PLOT_TOP + PLOT_HEIGHT + 20,
			    anchor[part]);
		if (part == 0)
			html_put(html, "start");
		else
			matrix_html_days(html, end / 2 * part);
		html_put(html, "</text>\n");
	}
}

/* Rises while a stage is sent, level while it is waited. */
static void put_chart(struct html *html, const struct ota_matrix_stage *stages)
{
	uint64_t end = stages[OTA_MATRIX_STAGES - 1].done_us;
	unsigned before = 0;

	html_svg_begin(html, "chart", "The share of the fleet that is updated, over time",
		       CHART_WIDTH, CHART_HEIGHT);
	put_grid(html, end);
	html_format(html, "<path class=\"step\" d=\"M%u %u", PLOT_LEFT, plot_y(0));
	for (size_t i = 0; i < OTA_MATRIX_STAGES; i++) {
		const struct ota_matrix_stage *stage = &stages[i];
		uint64_t begin =
			stage->done_us > stage->sending_us ? stage->done_us - stage->sending_us : 0;

		html_format(html, "L%u %uL%u %u", plot_x(begin, end), plot_y(before),
			    plot_x(stage->done_us, end), plot_y(stage->percent));
		before = stage->percent;
	}
	html_put(html, "\"/>\n");
	for (size_t i = 0; i < OTA_MATRIX_STAGES; i++)
		html_format(html, "<circle class=\"dot\" cx=\"%u\" cy=\"%u\" r=\"4\"/>\n",
			    plot_x(stages[i].done_us, end), plot_y(stages[i].percent));
	html_put(html, "</svg>\n");
}

/* -- table ------------------------------------------------------------------------------------- */

static void put_stage_row(struct html *html, const struct ota_matrix_stage *stage)
{
	html_format(html, "<tr><th scope=\"row\">%u %%</th><td>", stage->percent);
	html_count(html, stage->devices);
	html_put(html, "</td><td>");
	html_count(html, stage->bytes);
	html_put(html, "</td><td>");
	matrix_html_time(html, stage->has_time ? stage->sending_us : 0);
	html_put(html, "</td><td>");
	matrix_html_days(html, stage->done_us);
	html_put(html, "</td></tr>\n");
}

void matrix_html_stages(struct html *html, const struct matrix_view *view)
{
	const struct ota_matrix_stage *last = &view->stage[OTA_MATRIX_STAGES - 1];
	char text[TEXT_MAX];

	if (!view->has_updates)
		return;
	matrix_html_begin(html, "roll-out", "Roll-out in stages");
	html_format(html, "<p>By the policy <b>%s</b>, waiting ",
		    ota_matrix_policy_name(view->advised));
	matrix_html_time(html, view->soak_us);
	html_put(html, " after each stage but the last.");
	html_put(html, "</p>\n");
	if (matrix_stages_text(view, text, sizeof(text))[0]) {
		html_put(html, "<p class=\"note\">");
		html_text(html, text);
		html_put(html, "</p>\n");
	}
	html_wide_begin(html, "Roll-out in stages");
	html_put(html, "<table><thead><tr><th scope=\"col\" class=\"text\">Up to</th>"
		       "<th scope=\"col\">Devices</th><th scope=\"col\">Bytes sent</th>"
		       "<th scope=\"col\">Sending</th><th scope=\"col\">Done after</th>"
		       "</tr></thead><tbody>\n");
	for (size_t i = 0; i < OTA_MATRIX_STAGES; i++)
		put_stage_row(html, &view->stage[i]);
	html_put(html, "</tbody></table>\n");
	html_wide_end(html);
	if (last->done_us > 0 && last->done_us < UINT64_MAX)
		put_chart(html, view->stage);
	matrix_html_end(html);
}

/* -- assumptions ------------------------------------------------------------------------------- */

void matrix_html_assumptions(struct html *html, const struct matrix_view *view)
{
	matrix_html_begin(html, "assumptions", "What the figures rest on");
	html_put(html, "<ul>\n");
	for (size_t i = 0; i < view->n_assumptions; i++) {
		html_put(html, "<li>");
		html_text(html, view->assumption[i]);
		html_put(html, "</li>\n");
	}
	html_put(html, view->matrix->plan.n_keys > 0
			       ? "<li>patches are signed delta updates; sizes are with header and "
				 "signature</li>\n"
			       : "<li>patches are bare: nothing is added for a signature</li>\n");
	html_put(html, "</ul>\n");
	matrix_html_end(html);
}
