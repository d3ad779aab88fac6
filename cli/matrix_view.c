// SPDX-License-Identifier: Apache-2.0
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "matrix_view.h"

#define SAVING_PART  10       /* a tenth: what more updates of a device must bring */
#define MOST_DEVICES 1000000U /* that a link's own sentence can speak of */

/* Two for each thing that a link rests on, and what this file says itself. */
#define ASSUMPTIONS_ROOM ((size_t)OTA_LINKS_MAX * (OTA_ASSUMPTIONS_MAX + 3) + 8)

size_t matrix_view_newest(const struct matrix_view *view)
{
	return view->matrix->plan.n_versions - 1;
}

/* -- labels ------------------------------------------------------------------------------------ */

/* Numbers can be alike when the order was given. */
static bool are_numbers_unique(const struct ota_matrix_plan *plan)
{
	for (size_t i = 0; i < plan->n_versions; i++) {
		const struct ota_version *one = &plan->version[i].version;

		if (!plan->version[i].has_version)
			return false;
		for (size_t k = 0; k < i; k++) {
			const struct ota_version *other = &plan->version[k].version;

			if (one->major == other->major && one->minor == other->minor &&
			    one->revision == other->revision && one->build == other->build)
				return false;
		}
	}
	return true;
}

static void make_labels(struct matrix_view *view)
{
	const struct ota_matrix_plan *plan = &view->matrix->plan;
	bool by_number = are_numbers_unique(plan);

	for (size_t i = 0; i < plan->n_versions; i++) {
		const struct ota_matrix_version *version = &plan->version[i];
		struct matrix_label *label = &view->label[i];

		matrix_clean(version->name, label->name, sizeof(label->name));
		(void)snprintf(label->number, sizeof(label->number), "-");
		if (version->has_version)
			(void)ota_matrix_version_text(&version->version, label->number);
		(void)snprintf(label->text, sizeof(label->text), "%s",
			       by_number || !label->name[0] ? label->number : label->name);
	}
}

/* -- cells and ways ---------------------------------------------------------------------------- */

/* Neither nothing nor all of it is what only rounds to that. */
static unsigned permille_of(uint64_t part, uint64_t whole)
{
	uint64_t permille;

	if (part == 0 || whole == 0 || part > UINT32_MAX)
		return part == 0 ? 0 : UINT_MAX;
	permille = (part * 1000 + whole / 2) / whole;
	if (permille == 0)
		permille = 1;
	if (permille >= 1000 && part < whole)
		permille = 999;
	return permille < UINT_MAX ? (unsigned)permille : UINT_MAX;
}

/*
 * Why a missing job's result cannot be used, without the folder, which is another on each machine:
 * "patches/ID.otd: is not there"; "": there is none.
 */
static const char *why_missing(const struct ota_matrix *matrix, size_t job)
{
	static const char *const inside[] = {"results/", "patches/"};
	const char *id = matrix->plan.job[job].id;
	const struct ota_matrix_damage *damage = ota_matrix_find_damage(matrix, id);

	for (size_t i = 0; damage && i < sizeof(inside) / sizeof(inside[0]); i++) {
		char name[OTA_MATRIX_PATH_MAX];
		const char *found;

		(void)snprintf(name, sizeof(name), "%s%s.", inside[i], id);
		found = strstr(damage->why, name);
		if (found)
			return found;
	}
	return damage ? damage->why : "";
}

struct matrix_cell matrix_view_cell(const struct matrix_view *view, size_t old_at, size_t new_at)
{
	const struct ota_matrix *matrix = view->matrix;
	const struct ota_matrix_job *job = ota_matrix_find_job(&matrix->plan, old_at, new_at);
	uint64_t whole = matrix->plan.version[new_at].len;
	struct matrix_cell cell = {.why = ""};
	const struct ota_matrix_result *result;

	if (!job)
		return cell;
	cell.job = (size_t)(job - matrix->plan.job);
	cell.kind = MATRIX_CELL_MISSING;
	if (!matrix->has[cell.job]) {
		cell.why = why_missing(matrix, cell.job);
		return cell;
	}
	result = &matrix->result[cell.job];
	cell.bytes = result->made ? result->sent_len : 0;
	cell.permille = permille_of(cell.bytes, whole);
	if (!result->made || (result->judged && !result->fits)) {
		cell.kind = MATRIX_CELL_UNFIT;
		cell.why = result->reason;
	} else {
		cell.kind = MATRIX_CELL_PATCH;
		/* A larger patch is of use where the image whole does not fit. */
		if (cell.bytes >= whole && ota_matrix_full_leg(matrix, old_at, new_at).fits)
			cell.kind = MATRIX_CELL_NO_GAIN;
	}
	return cell;
}

enum matrix_way matrix_view_way(const struct matrix_view *view, size_t version)
{
	const struct ota_matrix_route *route = &view->route[version];

	if (version == matrix_view_newest(view))
		return MATRIX_WAY_NEWEST;
	if (!route->found)
		return MATRIX_WAY_NONE;
	if (route->n_legs > 1)
		return MATRIX_WAY_VIA;
	return view->legs[version][0].is_full ? MATRIX_WAY_FULL : MATRIX_WAY_DIRECT;
}

bool matrix_view_is_by_gateway(const struct matrix_view *view, const struct ota_matrix_leg *leg)
{
	const struct ota_matrix_result *result = &view->matrix->result[leg->job];

	return !leg->is_full && result->judged && !result->on_device;
}

/* -- advice ------------------------------------------------------------------------------------ */

/* What a policy is chosen by. */
static uint64_t price_of(const struct ota_matrix_total *total, bool by_air)
{
	return by_air ? total->airtime_us : total->bytes;
}

/* All of the complete ones have an airtime. */
static bool is_by_air(const struct matrix_view *view)
{
	for (unsigned i = 0; i < OTA_MATRIX_POLICIES; i++) {
		const struct ota_matrix_total *total = &view->total[i];

		/* Of a link whose airtime is not known it is 0, and none that is too long. */
		if (total->complete &&
		    (!total->has_air || total->airtime_us == 0 || total->airtime_us == UINT64_MAX))
			return false;
	}
	return true;
}

/* Is `b` less than `a` by the part that more updates must bring? */
static bool saves_enough(uint64_t a, uint64_t b)
{
	return b < a && a - b >= a / SAVING_PART + (a % SAVING_PART != 0);
}

static bool is_better(const struct ota_matrix_total *a, const struct ota_matrix_total *b,
		      bool by_air)
{
	uint64_t price_a = price_of(a, by_air);
	uint64_t price_b = price_of(b, by_air);

	if (a->updates > b->updates)
		return saves_enough(price_b, price_a);
	if (price_a == price_b && by_air)
		return a->bytes < b->bytes || (a->bytes == b->bytes && a->n_patches < b->n_patches);
	return price_a < price_b || (price_a == price_b && a->n_patches < b->n_patches);
}

/* In the order of how much they ask of a server and of a device: of equals the first stays. */
static void choose_policy(struct matrix_view *view)
{
	static const enum ota_matrix_policy order[OTA_MATRIX_POLICIES] = {
		OTA_MATRIX_FULL, OTA_MATRIX_LATEST, OTA_MATRIX_ALL, OTA_MATRIX_SEQUENTIAL};
	bool by_air = is_by_air(view);

	view->advised = OTA_MATRIX_ALL;
	for (unsigned i = 0; i < OTA_MATRIX_POLICIES; i++) {
		const struct ota_matrix_total *total = &view->total[order[i]];

		if (!total->complete)
			continue;
		if (!view->has_advice || is_better(total, &view->total[view->advised], by_air))
			view->advised = order[i];
		view->has_advice = true;
	}
	view->has_updates = view->total[view->advised].devices > 0;
	view->has_advice = view->has_advice && view->has_updates;
}

uint64_t matrix_view_each(const struct ota_matrix_total *total)
{
	if (total->devices == 0)
		return 0;
	return total->bytes / total->devices + (total->bytes % total->devices != 0);
}

static void say_patches(struct matrix_view *view)
{
	const struct ota_matrix_total *total = &view->total[view->advised];
	const struct ota_matrix_total *full = &view->total[OTA_MATRIX_FULL];
	char bytes[MATRIX_TEXT_MAX];
	char part[MATRIX_TEXT_MAX + 40] = "";
	char percent[MATRIX_TEXT_MAX];
	char hops[64] = "";

	if (full->complete && full->bytes > 0)
		(void)snprintf(part, sizeof(part), ", %s of sending the image whole",
			       matrix_percent_text(total->bytes, full->bytes, percent));
	if (total->worst_updates > 1)
		(void)snprintf(hops, sizeof(hops), ", a device applies up to %zu in turn",
			       total->worst_updates);
	(void)snprintf(view->advice, sizeof(view->advice),
		       "%s: %s, %s bytes a device on average%s; %zu patch%s to keep%s",
		       ota_matrix_policy_name(view->advised),
		       is_by_air(view) ? "least airtime" : "fewest bytes",
		       matrix_bytes_text(matrix_view_each(total), bytes), part, total->n_patches,
		       total->n_patches == 1 ? "" : "es", hops);
}

/* Without all patches the advice is of today. */
static void say_missing(struct matrix_view *view)
{
	size_t n = view->matrix->n_missing;
	size_t at = strlen(view->advice);
	char number[32];

	if (n > 0 && view->advised == OTA_MATRIX_FULL)
		(void)snprintf(view->advice, sizeof(view->advice),
			       "full, so far: %s %s missing, and no other costs less than the "
			       "newest image sent whole",
			       ota_number_grouped(n, number), n == 1 ? "patch is" : "patches are");
	else if (n > 0)
		(void)snprintf(view->advice + at, sizeof(view->advice) - at,
			       "; so far, for %s %s missing", ota_number_grouped(n, number),
			       n == 1 ? "patch is" : "patches are");
}

static void advise(struct matrix_view *view)
{
	const struct ota_matrix_total *all = &view->total[OTA_MATRIX_ALL];
	size_t cap = sizeof(view->advice);
	char why[OTA_MATRIX_WHY_MAX];

	choose_policy(view);
	matrix_clean(all->why, why, sizeof(why));
	if (view->matrix->plan.n_versions < 2)
		(void)snprintf(view->advice, cap, "nothing to send: there is one version");
	else if (!view->has_updates && all->unreached == 0)
		(void)snprintf(view->advice, cap,
			       "nothing to send: no device has an older version");
	else if (!view->has_advice)
		(void)snprintf(view->advice, cap,
			       "no policy reaches every version that has devices: %s", why);
	else if (view->advised == OTA_MATRIX_FULL && view->n_gateway > 0 &&
		 view->n_gateway == view->n_patches)
		(void)snprintf(view->advice, cap,
			       "full: a gateway applies the patches, so devices receive the "
			       "newest image whole in any case");
	else if (view->advised == OTA_MATRIX_FULL)
		(void)snprintf(view->advice, cap,
			       "full: no patches cost less than the newest image sent whole");
	else
		say_patches(view);
	if (view->has_advice)
		say_missing(view);
}

bool matrix_view_incomplete(const struct matrix_view *view, unsigned policy,
			    char names[MATRIX_TEXT_MAX])
{
	const char *why = view->total[policy].why;

	names[0] = '\0';
	for (unsigned i = 0; i < OTA_MATRIX_POLICIES; i++) {
		const struct ota_matrix_total *total = &view->total[i];

		if (total->complete || strcmp(total->why, why) != 0)
			continue;
		if (i < policy)
			return false;
		ota_list_add(names, MATRIX_TEXT_MAX, ota_matrix_policy_name(total->policy));
	}
	return names[0] != '\0';
}

/* -- assumptions ------------------------------------------------------------------------------- */

static void assume(struct matrix_view *view, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void assume(struct matrix_view *view, const char *format, ...)
{
	va_list args;

	if (view->n_assumptions == ASSUMPTIONS_ROOM)
		return;
	va_start(args, format);
	(void)vsnprintf(view->assumption[view->n_assumptions++], MATRIX_ASSUMPTION_MAX, format,
			args);
	va_end(args);
}

static void assume_fleet(struct matrix_view *view)
{
	const struct ota_matrix_plan *plan = &view->matrix->plan;
	uint64_t unreached = view->total[view->advised].unreached;
	char number[32];
	char planned[32];

	assume(view, "a fleet of %s device%s%s, %s", ota_number_grouped(view->devices, number),
	       view->devices == 1 ? "" : "s", view->devices_given ? "" : " (--devices)",
	       plan->has_fleet ? "shared out by the release list's shares"
			       : "as many of each version: the plan has no shares of the fleet");
	assume(view, "devices with the newest version get nothing, the others each take the update "
		     "at the first try");
	if (unreached > 0)
		assume(view, "%s device%s no route to the newest, left out of all sums",
		       ota_number_grouped(unreached, number), unreached == 1 ? " has" : "s have");
	if (!plan->has_target)
		assume(view, "no target: every patch counts as fitting, and nothing is known of "
			     "links (matrix plan --target)");
	if (view->n_gateway > 0)
		assume(view,
		       "a gateway applies %s of the patches: devices then receive the new image "
		       "whole, and that is what counts",
		       ota_number_grouped(view->n_gateway, number));
	if (view->matrix->n_missing > 0)
		assume(view,
		       "%s of %s patch%s missing: in its place the whole image is counted, where "
		       "it fits",
		       ota_number_grouped(view->matrix->n_missing, number),
		       ota_number_grouped(plan->n_jobs, planned), plan->n_jobs == 1 ? "" : "es");
}

/* How many the link's own sentences are to speak of. */
static uint32_t devices_of(const struct matrix_view *view, const struct ota_link *link,
			   uint64_t gateways)
{
	uint64_t devices = view->devices;

	if (gateways == 0 || (link->given >> OTA_LINK_DEVICES & 1U) != 0)
		return link->devices;
	if (devices > MOST_DEVICES)
		devices = MOST_DEVICES;
	return devices > 1 ? (uint32_t)devices : 1;
}

static void assume_gateways(struct matrix_view *view, const struct ota_link *link,
			    uint64_t gateways)
{
	char number[32];

	if (gateways == 0)
		assume(view, "%s: all devices of a stage are sent to at the same time", link->name);
	else if (link->multicast)
		assume(view,
		       "%s: every gateway sends the update of each version once, one after "
		       "the other",
		       link->name);
	else if ((link->given >> OTA_LINK_DEVICES & 1U) != 0)
		assume(view,
		       "%s: %s gateway%s, at the same time, each with an even part of a stage",
		       link->name, ota_number_grouped(gateways, number), gateways == 1 ? "" : "s");
	else
		assume(view,
		       "%s: one gateway serves the whole fleet (devices=N of the link: how "
		       "many each serves)",
		       link->name);
}

static void assume_link(struct matrix_view *view, const struct ota_link *link)
{
	uint64_t gateways = ota_matrix_gateways(link, view->devices);
	struct ota_link whole = *link;
	struct ota_delivery delivery;
	uint64_t len = view->matrix->plan.version[matrix_view_newest(view)].len;

	whole.devices = devices_of(view, link, gateways);
	assume_gateways(view, link, gateways);
	if (ota_link_deliver(&whole, len, &delivery, NULL) != OTA_OK) {
		assume(view, "%s: cannot carry the newest image whole", link->name);
		return;
	}
	for (unsigned i = 0; i < delivery.n_assumptions; i++)
		assume(view, "%s, %s: %s", link->name,
		       delivery.assumption[i].given ? "given" : "assumed",
		       delivery.assumption[i].text);
}

static void make_assumptions(struct matrix_view *view)
{
	unsigned n;
	const struct ota_link *links = ota_matrix_links(&view->matrix->plan, &n);
	char soak[32];

	if (view->matrix->plan.n_versions == 0)
		return;
	assume_fleet(view);
	assume(view,
	       "roll-out: stages in percent of the devices that get an update, rounded up; "
	       "%s are waited after each but the last (--soak)",
	       ota_duration_text(view->soak_us, soak));
	if (n > 1)
		assume(view, "times are those of the slowest of %u links", n);
	for (unsigned i = 0; i < n; i++)
		assume_link(view, &links[i]);
}

/* -- making ------------------------------------------------------------------------------------ */

static bool allocate(struct matrix_view *view)
{
	size_t n = view->matrix->plan.n_versions + 1;

	view->label = calloc(n, sizeof(*view->label));
	view->of_version = calloc(n, sizeof(*view->of_version));
	view->is_old = calloc(n, sizeof(*view->is_old));
	view->is_new = calloc(n, sizeof(*view->is_new));
	view->route = calloc(n, sizeof(*view->route));
	view->legs = calloc(n, sizeof(void *));
	view->assumption = calloc(ASSUMPTIONS_ROOM, sizeof(*view->assumption));
	return view->label && view->of_version && view->is_old && view->is_new && view->route &&
	       view->legs && view->assumption;
}

/* Keeps as many legs as the route has. */
static bool make_routes(struct matrix_view *view)
{
	size_t n = view->matrix->plan.n_versions;
	struct ota_matrix_leg *legs = calloc(n + 1, sizeof(*legs));
	bool ok = legs;

	for (size_t i = 0; i < n && ok; i++) {
		ota_matrix_find_route(view->matrix, i, OTA_MATRIX_ALL, &view->route[i], legs);
		view->legs[i] = calloc(view->route[i].n_legs + 1, sizeof(*legs));
		ok = view->legs[i];
		if (ok)
			memcpy(view->legs[i], legs, view->route[i].n_legs * sizeof(*legs));
	}
	free(legs);
	return ok;
}

static void look_at_jobs(struct matrix_view *view)
{
	const struct ota_matrix *matrix = view->matrix;

	for (size_t i = 0; i < matrix->plan.n_jobs; i++) {
		const struct ota_matrix_result *result = &matrix->result[i];

		view->is_old[matrix->plan.job[i].old_at] = true;
		view->is_new[matrix->plan.job[i].new_at] = true;
		if (!matrix->has[i])
			continue;
		if (!result->made || (result->judged && !result->fits)) {
			view->n_unfit++;
			continue;
		}
		view->n_patches++;
		view->n_gateway += result->judged && !result->on_device;
	}
}

static void take_larger(uint64_t *most, uint64_t value)
{
	if (value > *most)
		*most = value;
}

static void look_at_route(struct matrix_view *view, size_t version)
{
	struct matrix_needs *needs = &view->needs;

	for (size_t i = 0; i < view->route[version].n_legs; i++) {
		const struct ota_matrix_leg *leg = &view->legs[version][i];
		const struct ota_matrix_result *result = &view->matrix->result[leg->job];

		if (leg->is_full || matrix_view_is_by_gateway(view, leg))
			continue;
		needs->any = true;
		take_larger(&needs->ram, result->ram);
		take_larger(&needs->stack, result->stack);
		take_larger(&needs->erases, result->erases);
		take_larger(&needs->upgrade_us, result->upgrade_us);
	}
}

static enum ota_err add_up(struct matrix_view *view, struct ota_diag *diag)
{
	const struct ota_matrix *matrix = view->matrix;
	enum ota_err err = ota_matrix_devices(&matrix->plan, view->devices, view->of_version, diag);

	for (unsigned i = 0; i < OTA_MATRIX_POLICIES && err == OTA_OK; i++)
		err = ota_matrix_total(matrix, (enum ota_matrix_policy)i, view->devices,
				       &view->total[i], diag);
	if (err != OTA_OK)
		return err;
	advise(view);
	return ota_matrix_roll_out(matrix, view->advised, view->devices, view->soak_us, view->stage,
				   diag);
}

enum cli_exit matrix_view_make(struct matrix_view *view, const struct ota_matrix *matrix)
{
	struct ota_diag diag = {.err = OTA_OK};

	view->matrix = matrix;
	if (!allocate(view) || !make_routes(view))
		return cli_error(CLI_ENVIRONMENT, "matrix report", "out of memory");
	make_labels(view);
	look_at_jobs(view);
	for (size_t i = 0; i < matrix->plan.n_versions; i++)
		look_at_route(view, i);
	if (add_up(view, &diag) != OTA_OK)
		return cli_fail("matrix report", &diag);
	make_assumptions(view);
	return CLI_DONE;
}

void matrix_view_free(struct matrix_view *view)
{
	for (size_t i = 0; view->legs && i < view->matrix->plan.n_versions; i++)
		free(view->legs[i]);
	free(view->assumption);
	free(view->legs);
	free(view->route);
	free(view->is_new);
	free(view->is_old);
	free(view->of_version);
	free(view->label);
	*view = (struct matrix_view){.matrix = NULL};
}
