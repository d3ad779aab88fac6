// SPDX-License-Identifier: Apache-2.0
#include "matrix_report_json.h"
#include "emit.h"

/* Times that are too long to count, or not known, are null. */
static void add_time(json_t *object, const char *key, bool known, uint64_t us)
{
	cli_json_add(object, key,
		     known && us <= INT64_MAX ? json_integer((json_int_t)us) : json_null());
}

/* What may hold anything. */
static void add_text(json_t *object, const char *key, const char *value)
{
	char clean[512];

	matrix_clean(value, clean, sizeof(clean));
	cli_json_text(object, key, clean);
}

static json_t *json_versions(const struct matrix_view *view)
{
	const struct ota_matrix_plan *plan = &view->matrix->plan;
	json_t *list = json_array();

	for (size_t i = 0; i < plan->n_versions; i++) {
		json_t *item = json_object();

		cli_json_text(item, "name", view->label[i].name);
		if (plan->version[i].has_version)
			cli_json_text(item, "version", view->label[i].number);
		cli_json_uint(item, "bytes", plan->version[i].len);
		cli_json_uint(item, "devices", view->of_version[i]);
		(void)json_array_append_new(list, item);
	}
	return list;
}

static const char *kind_word(enum matrix_cell_kind kind)
{
	switch (kind) {
	case MATRIX_CELL_NOT_PLANNED:
		return "not_planned";
	case MATRIX_CELL_MISSING:
		return "missing";
	case MATRIX_CELL_UNFIT:
		return "does_not_fit";
	case MATRIX_CELL_NO_GAIN:
		return "no_gain";
	case MATRIX_CELL_PATCH:
		return "patch";
	}
	return "unknown";
}

static json_t *json_pairs(const struct matrix_view *view)
{
	const struct ota_matrix_plan *plan = &view->matrix->plan;
	json_t *list = json_array();

	for (size_t i = 0; i < plan->n_jobs; i++) {
		const struct ota_matrix_job *job = &plan->job[i];
		struct matrix_cell cell = matrix_view_cell(view, job->old_at, job->new_at);
		json_t *item = json_object();

		cli_json_uint(item, "old", job->old_at);
		cli_json_uint(item, "new", job->new_at);
		cli_json_text(item, "id", job->id);
		cli_json_text(item, "state", kind_word(cell.kind));
		if (cell.bytes > 0)
			cli_json_uint(item, "bytes", cell.bytes);
		if (cell.kind != MATRIX_CELL_MISSING && view->matrix->result[i].judged)
			cli_json_text(item, "on",
				      view->matrix->result[i].on_device ? "device" : "gateway");
		if (cell.why[0])
			add_text(item, "reason", cell.why);
		(void)json_array_append_new(list, item);
	}
	return list;
}

static void add_cost(json_t *object, const struct ota_matrix_cost *cost)
{
	cli_json_uint(object, "bytes", cost->bytes);
	if (!cost->has_air)
		return;
	cli_json_uint(object, "packets", cost->packets);
	add_time(object, "airtime_us", cost->airtime_us > 0, cost->airtime_us);
	add_time(object, "delivery_us", cost->duration_us > 0, cost->duration_us);
}

static const char *way_word(enum matrix_way way)
{
	switch (way) {
	case MATRIX_WAY_NEWEST:
		return "newest";
	case MATRIX_WAY_DIRECT:
		return "direct";
	case MATRIX_WAY_VIA:
		return "via";
	case MATRIX_WAY_FULL:
		return "full";
	case MATRIX_WAY_NONE:
		return "none";
	}
	return "unknown";
}

static json_t *json_steps(const struct matrix_view *view, size_t version)
{
	json_t *list = json_array();

	for (size_t i = 0; i < view->route[version].n_legs; i++) {
		const struct ota_matrix_leg *leg = &view->legs[version][i];
		json_t *item = json_object();

		cli_json_uint(item, "old", leg->old_at);
		cli_json_uint(item, "new", leg->new_at);
		if (!leg->is_full)
			cli_json_text(item, "id", view->matrix->plan.job[leg->job].id);
		cli_json_bool(item, "full", leg->is_full);
		add_cost(item, &leg->cost);
		(void)json_array_append_new(list, item);
	}
	return list;
}

static json_t *json_routes(const struct matrix_view *view)
{
	json_t *list = json_array();

	for (size_t i = 0; i < view->matrix->plan.n_versions; i++) {
		json_t *item = json_object();

		cli_json_uint(item, "old", i);
		cli_json_text(item, "way", way_word(matrix_view_way(view, i)));
		if (view->route[i].found)
			add_cost(item, &view->route[i].cost);
		else
			add_text(item, "reason", view->route[i].why);
		cli_json_add(item, "steps", json_steps(view, i));
		(void)json_array_append_new(list, item);
	}
	return list;
}

static json_t *json_policies(const struct matrix_view *view)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < OTA_MATRIX_POLICIES; i++) {
		const struct ota_matrix_total *total = &view->total[i];
		json_t *item = json_object();

		cli_json_text(item, "policy", ota_matrix_policy_name(total->policy));
		cli_json_bool(item, "complete", total->complete);
		if (!total->complete)
			add_text(item, "reason", total->why);
		cli_json_uint(item, "patches", total->n_patches);
		cli_json_uint(item, "used_patches", total->used);
		cli_json_uint(item, "stored_bytes", total->stored);
		cli_json_uint(item, "devices", total->devices);
		cli_json_uint(item, "unreached_devices", total->unreached);
		cli_json_uint(item, "bytes", total->bytes);
		cli_json_uint(item, "worst_bytes", total->worst_bytes);
		cli_json_uint(item, "updates", total->updates);
		cli_json_uint(item, "worst_updates", total->worst_updates);
		add_time(item, "airtime_us", total->airtime_us > 0, total->airtime_us);
		add_time(item, "worst_airtime_us", total->worst_airtime_us > 0,
			 total->worst_airtime_us);
		add_time(item, "worst_delivery_us", total->worst_duration_us > 0,
			 total->worst_duration_us);
		(void)json_array_append_new(list, item);
	}
	return list;
}

static json_t *json_stages(const struct matrix_view *view)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < OTA_MATRIX_STAGES; i++) {
		const struct ota_matrix_stage *stage = &view->stage[i];
		json_t *item = json_object();

		cli_json_uint(item, "percent", stage->percent);
		cli_json_uint(item, "devices", stage->devices);
		cli_json_uint(item, "bytes", stage->bytes);
		add_time(item, "sending_us", stage->has_time, stage->sending_us);
		add_time(item, "done_us", true, stage->done_us);
		(void)json_array_append_new(list, item);
	}
	return list;
}

static json_t *json_assumptions(const struct matrix_view *view)
{
	json_t *list = json_array();

	for (size_t i = 0; i < view->n_assumptions; i++)
		(void)json_array_append_new(list, json_string(view->assumption[i]));
	return list;
}

enum cli_exit matrix_print_json(const struct matrix_view *view)
{
	const struct ota_matrix_plan *plan = &view->matrix->plan;
	json_t *object = cli_json("matrix-report");

	cli_json_uint(object, "devices", view->devices);
	cli_json_uint(object, "soak_us", view->soak_us);
	cli_json_uint(object, "planned", plan->n_jobs);
	cli_json_uint(object, "made", view->n_patches);
	cli_json_uint(object, "does_not_fit", view->n_unfit);
	cli_json_uint(object, "missing", view->matrix->n_missing);
	cli_json_add(object, "versions", json_versions(view));
	cli_json_add(object, "pairs", json_pairs(view));
	cli_json_add(object, "routes", json_routes(view));
	cli_json_add(object, "policies", json_policies(view));
	cli_json_add(object, "advised",
		     view->has_advice ? json_string(ota_matrix_policy_name(view->advised))
				      : json_null());
	cli_json_text(object, "advice", view->advice);
	cli_json_add(object, "roll_out", json_stages(view));
	cli_json_add(object, "assumptions", json_assumptions(view));
	return cli_json_print(object);
}
