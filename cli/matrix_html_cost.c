// SPDX-License-Identifier: Apache-2.0
/* What the policies cost, and what it takes from each version to the newest. */
#include <inttypes.h>
#include <stdio.h>

#include "matrix_html_part.h"

#define TEXT_MAX 256 /* of a sentence */

const char *matrix_html_policy_words(enum ota_matrix_policy policy)
{
	switch (policy) {
	case OTA_MATRIX_SEQUENTIAL:
		return "every version in turn";
	case OTA_MATRIX_LATEST:
		return "straight to the newest";
	case OTA_MATRIX_ALL:
		return "straight, or by way of versions between";
	case OTA_MATRIX_FULL:
		return "the newest image whole, no patches";
	}
	return "";
}

/* -- policies ---------------------------------------------------------------------------------- */

static void put_policy_figures(struct html *html, const struct matrix_view *view,
			       const struct ota_matrix_total *total)
{
	const struct ota_matrix_total *full = &view->total[OTA_MATRIX_FULL];

	html_put(html, "<td>");
	html_count(html, matrix_view_each(total));
	html_put(html, "</td><td>");
	matrix_html_percent(html, total->bytes, full->complete ? full->bytes : 0);
	html_put(html, "</td><td>");
	html_count(html, total->worst_bytes);
	html_put(html, "</td><td>");
	html_count(html, total->worst_updates);
	html_put(html, "</td><td>");
	html_count(html, total->bytes);
	html_put(html, "</td><td>");
	html_count(html, total->n_patches);
	if (total->used < total->n_patches) {
		html_put(html, ", ");
		html_count(html, total->used);
		html_put(html, " used");
	}
	html_put(html, "</td><td>");
	html_count(html, total->stored);
	html_put(html, "</td>");
}

static void put_policy_air(struct html *html, const struct ota_matrix_total *total)
{
	if (!total->has_air) {
		html_put(html, "<td>" HTML_DASH "</td><td>" HTML_DASH "</td>");
		return;
	}
	html_put(html, "<td>");
	matrix_html_time(html, total->airtime_us);
	html_put(html, "</td><td>");
	matrix_html_time(html, total->worst_duration_us);
	html_put(html, "</td>");
}

static void put_policy_row(struct html *html, const struct matrix_view *view, unsigned at, bool air)
{
	const struct ota_matrix_total *total = &view->total[at];
	bool best = view->has_advice && at == (unsigned)view->advised;

	html_format(html, "<tr%s><th scope=\"row\">%s", best ? " class=\"best\"" : "",
		    ota_matrix_policy_name((enum ota_matrix_policy)at));
	html_put(html, best ? " <span class=\"tag\">\xe2\x9c\x93 advised</span>" : "");
	html_format(html, "<br><small>%s</small></th>",
		    matrix_html_policy_words((enum ota_matrix_policy)at));
	if (!total->complete) {
		html_format(html, "<td class=\"text soft\" colspan=\"%d\">not complete</td></tr>\n",
			    air ? 9 : 7);
		return;
	}
	put_policy_figures(html, view, total);
	if (air)
		put_policy_air(html, total);
	html_put(html, "</tr>\n");
}

/* One group of bars: a figure of each policy. */
static void put_policy_bars(struct html *html, const struct matrix_view *view, const char *heading,
			    bool stored)
{
	uint64_t most = 0;

	for (unsigned i = 0; i < OTA_MATRIX_POLICIES; i++) {
		uint64_t value = stored ? view->total[i].stored : view->total[i].bytes;

		if (view->total[i].complete && value > most)
			most = value;
	}
	if (most == 0)
		return;
	html_format(html, "<h3>%s</h3>\n", heading);
	for (unsigned i = 0; i < OTA_MATRIX_POLICIES; i++) {
		uint64_t value = stored ? view->total[i].stored : view->total[i].bytes;

		html_format(html, "<span>%s</span>",
			    ota_matrix_policy_name((enum ota_matrix_policy)i));
		html_bar(html, view->total[i].complete ? value : 0, 0, most);
		html_put(html, "<span>");
		if (view->total[i].complete)
			matrix_html_short(html, value);
		else
			html_put(html, "not complete");
		html_put(html, "</span>\n");
	}
}

/* What the sums are over. */
static void put_fleet(struct html *html, const struct matrix_view *view)
{
	const struct ota_matrix_total *total = &view->total[OTA_MATRIX_ALL];

	html_put(html, "<p>A fleet of ");
	html_count(html, view->devices);
	html_put(html, view->devices == 1 ? " device" : " devices");
	html_put(html, view->matrix->plan.has_fleet
			       ? ", shared out as the release list says; "
			       : ", as many with each version, for no shares were given; ");
	html_count(html, total->devices + total->unreached);
	html_put(html, total->devices + total->unreached == 1 ? " has" : " have");
	html_put(html, " an older version.");
	if (total->unreached > 0) {
		html_put(html, " No policy reaches ");
		html_count(html, total->unreached);
		html_put(html, " of them.");
	}
	html_put(html, "</p>\n");
}

/* Why policies are not complete; a reason that several share is said once. */
static void put_incomplete(struct html *html, const struct matrix_view *view)
{
	for (unsigned i = 0; i < OTA_MATRIX_POLICIES; i++) {
		char names[MATRIX_TEXT_MAX];

		if (matrix_view_incomplete(view, i, names)) {
			html_format(html, "<p class=\"soft\">%s not complete: ", names);
			html_text(html, view->total[i].why);
			html_put(html, "</p>\n");
		}
	}
}

void matrix_html_policies(struct html *html, const struct matrix_view *view)
{
	bool air = false;

	matrix_html_begin(html, "policies", "Policies for the whole fleet");
	put_fleet(html, view);
	for (unsigned i = 0; i < OTA_MATRIX_POLICIES; i++)
		air = air || (view->total[i].complete && view->total[i].has_air);
	html_wide_begin(html, "Policies");
	html_put(html, "<table><thead><tr><th scope=\"col\" class=\"text\">Policy</th>"
		       "<th scope=\"col\">Bytes a device</th><th scope=\"col\">Of full</th>"
		       "<th scope=\"col\">Most bytes</th><th scope=\"col\">Most updates</th>"
		       "<th scope=\"col\">Bytes sent</th><th scope=\"col\">Patches</th>"
		       "<th scope=\"col\">Bytes stored</th>");
	if (air)
		html_put(html, "<th scope=\"col\">Airtime, all</th>"
			       "<th scope=\"col\">Slowest</th>");
	html_put(html, "</tr></thead><tbody>\n");
	for (unsigned i = 0; i < OTA_MATRIX_POLICIES; i++)
		put_policy_row(html, view, i, air);
	html_put(html, "</tbody></table>\n");
	html_wide_end(html);
	html_put(html, "<p class=\"soft\">Bytes a device are on average, most bytes and most "
		       "updates those of the device that gets most");
	html_put(html, air ? "; slowest: delivery to one device.</p>\n" : ".</p>\n");
	put_incomplete(html, view);
	html_put(html, "<div class=\"bars\">\n");
	put_policy_bars(html, view, "Sent to the fleet", false);
	put_policy_bars(html, view, "Stored on the server", true);
	html_put(html, "</div>\n");
	matrix_html_end(html);
}

/* -- routes ------------------------------------------------------------------------------------ */

/* "direct", "full image", "via 1.2.0": the last step's end is what the table is about. */
static void put_via(struct html *html, const struct matrix_view *view, size_t at)
{
	const struct ota_matrix_leg *legs = view->legs[at];
	size_t last = view->route[at].n_legs - 1;

	for (size_t i = 0; i < last; i++) {
		html_put(html, i == 0 ? "via " : ", ");
		matrix_html_label(html, view, legs[i].new_at);
		html_put(html, legs[i].is_full ? " <small>(sent whole)</small>" : "");
	}
	if (legs[last].is_full)
		html_put(html, ", then the full image");
}

static void put_route_words(struct html *html, const struct matrix_view *view, size_t at)
{
	switch (matrix_view_way(view, at)) {
	case MATRIX_WAY_NEWEST:
		html_put(html, "newest");
		break;
	case MATRIX_WAY_DIRECT:
		html_put(html, "direct");
		if (matrix_view_is_by_gateway(view, view->legs[at]))
			html_put(html, ", <small>applied by a gateway</small>");
		break;
	case MATRIX_WAY_FULL:
		html_put(html, "full image");
		break;
	case MATRIX_WAY_VIA:
		put_via(html, view, at);
		break;
	case MATRIX_WAY_NONE:
		html_put(html, "<span class=\"no\">none</span>");
		break;
	}
}

/* The widest bar: a route may be larger than the full image when that does not fit. */
static uint64_t most_bytes(const struct matrix_view *view, uint64_t full)
{
	uint64_t most = full;

	for (size_t i = 0; i + 1 < view->matrix->plan.n_versions; i++) {
		if (view->route[i].found && view->route[i].cost.bytes > most)
			most = view->route[i].cost.bytes;
	}
	return most;
}

static void put_route_row(struct html *html, const struct matrix_view *view, size_t at,
			  uint64_t most)
{
	const struct ota_matrix_route *route = &view->route[at];
	uint64_t full = view->matrix->plan.version[matrix_view_newest(view)].len;

	html_put(html, "<tr>");
	matrix_html_row_label(html, view, at);
	html_put(html, "<td>");
	if (route->found) {
		html_count(html, route->cost.bytes);
		html_put(html, "</td><td>");
		matrix_html_percent(html, route->cost.bytes, full);
	} else {
		html_put(html, HTML_DASH "</td><td>" HTML_DASH);
	}
	html_put(html, "</td><td class=\"text\">");
	put_route_words(html, view, at);
	html_put(html, "</td><td class=\"bars\">");
	html_bar(html, route->found ? route->cost.bytes : 0, full, most);
	html_put(html, "</td><td>");
	html_count(html, view->of_version[at]);
	html_put(html, "</td></tr>\n");
}

/* Why versions have no route, and what routes ask of a device. */
static void put_under_routes(struct html *html, const struct matrix_view *view)
{
	char text[TEXT_MAX];
	size_t n = 0;

	for (size_t i = 0; i + 1 < view->matrix->plan.n_versions; i++)
		n += matrix_view_way(view, i) == MATRIX_WAY_NONE;
	if (n > 0) {
		matrix_html_fold(html, n, "version without a route", "versions without a route");
		html_put(html, "<ul>\n");
		for (size_t i = 0; i + 1 < view->matrix->plan.n_versions; i++) {
			if (matrix_view_way(view, i) != MATRIX_WAY_NONE)
				continue;
			html_put(html, "<li>");
			html_text(html, view->route[i].why);
			html_put(html, "</li>\n");
		}
		html_put(html, "</ul>\n</details>\n");
	}
	if (matrix_needs_text(view, text, sizeof(text))[0]) {
		html_put(html, "<p class=\"soft\">For these routes ");
		html_text(html, text);
		html_put(html, ".</p>\n");
	}
}

void matrix_html_routes(struct html *html, const struct matrix_view *view)
{
	const struct ota_matrix_plan *plan = &view->matrix->plan;
	uint64_t full;
	uint64_t most;

	full = plan->version[matrix_view_newest(view)].len;
	most = most_bytes(view, full);
	matrix_html_begin(html, "routes", "Best route of every version");
	html_put(html, "<p>To ");
	matrix_html_label(html, view, matrix_view_newest(view));
	html_put(html, ", whose full image is ");
	html_bytes(html, full);
	html_put(html, ".</p>\n<ul class=\"legend\"><li>");
	html_bar(html, 1, 0, 1);
	html_put(html, "the best route</li><li>");
	html_bar(html, 0, 1, 1);
	html_put(html, "the full image</li></ul>\n");
	html_wide_begin(html, "Best routes");
	html_put(html, "<table><thead><tr><th scope=\"col\" class=\"text\">Installed</th>"
		       "<th scope=\"col\">Bytes</th><th scope=\"col\">Of full</th>"
		       "<th scope=\"col\" class=\"text\">Route</th>"
		       "<th scope=\"col\" class=\"text\">Route against full image</th>"
		       "<th scope=\"col\">Devices</th></tr></thead><tbody>\n");
	for (size_t i = 0; i + 1 < plan->n_versions; i++)
		put_route_row(html, view, i, most);
	html_put(html, "</tbody></table>\n");
	html_wide_end(html);
	put_under_routes(html, view);
	matrix_html_end(html);
}

/* -- airtime ----------------------------------------------------------------------------------- */

/* UINT64_MAX: too long to count. */
static uint64_t plus(uint64_t a, uint64_t b)
{
	return b > UINT64_MAX - a ? UINT64_MAX : a + b;
}

/* Adds up a route's steps over one link; false: it cannot carry one of them. */
static bool add_deliveries(const struct ota_link *link, const struct ota_matrix_route *route,
			   const struct ota_matrix_leg *legs, struct ota_delivery *sum)
{
	struct ota_delivery one;

	*sum = (struct ota_delivery){.bytes = 0};
	for (size_t i = 0; i < route->n_legs; i++) {
		if (ota_link_deliver(link, legs[i].cost.bytes, &one, NULL) != OTA_OK)
			return false;
		sum->airtime_us = plus(sum->airtime_us, one.airtime_us);
		sum->duration_us = plus(sum->duration_us, one.duration_us);
	}
	return true;
}

static void put_air_cells(struct html *html, const struct matrix_view *view, size_t at,
			  const struct ota_link *link)
{
	const struct ota_matrix_route *route = &view->route[at];
	struct ota_delivery sum;

	if (!route->found) {
		html_put(html, "<td>" HTML_DASH "</td><td>" HTML_DASH "</td>");
		return;
	}
	if (!add_deliveries(link, route, view->legs[at], &sum)) {
		html_put(html, "<td colspan=\"2\" class=\"no\">cannot carry it</td>");
		return;
	}
	html_put(html, "<td>");
	matrix_html_time(html, sum.airtime_us);
	html_put(html, "</td><td>");
	matrix_html_time(html, sum.duration_us);
	html_put(html, "</td>");
}

static void put_air_head(struct html *html, const struct ota_link *links, unsigned n)
{
	html_put(html, "<table><thead><tr><th scope=\"col\" rowspan=\"2\" class=\"text\">Installed"
		       "</th>");
	for (unsigned i = 0; i < n; i++) {
		html_put(html, "<th scope=\"colgroup\" colspan=\"2\">");
		html_text(html, links[i].name);
		html_put(html, "</th>");
	}
	html_put(html, "</tr><tr>");
	for (unsigned i = 0; i < n; i++)
		html_put(html, "<th scope=\"col\">on air</th><th scope=\"col\">until there</th>");
	html_put(html, "</tr></thead><tbody>\n");
}

void matrix_html_airtime(struct html *html, const struct matrix_view *view)
{
	const struct ota_matrix_plan *plan = &view->matrix->plan;
	unsigned n = 0;
	const struct ota_link *links = ota_matrix_links(plan, &n);

	if (n == 0)
		return;
	matrix_html_begin(html, "airtime", "Airtime of one device");
	html_put(html, "<p>By the best route. A dash: the link has no such figure.</p>\n");
	html_wide_begin(html, "Airtime");
	put_air_head(html, links, n);
	for (size_t i = 0; i + 1 < plan->n_versions; i++) {
		html_put(html, "<tr>");
		matrix_html_row_label(html, view, i);
		for (unsigned k = 0; k < n; k++)
			put_air_cells(html, view, i, &links[k]);
		html_put(html, "</tr>\n");
	}
	html_put(html, "</tbody></table>\n");
	html_wide_end(html);
	matrix_html_end(html);
}
