// SPDX-License-Identifier: Apache-2.0
/* The budget as a JSON object. */
#include <stdio.h>

#include "check_job.h"
#include "target_arg.h"

/* JSON's integers end at 2^63-1; a saturated count must not turn negative. */
static void add_count(json_t *object, const char *key, uint64_t value)
{
	cli_json_uint(object, key, value < INT64_MAX ? value : INT64_MAX);
}

/* Adds one that takes the place of nothing when it is empty. */
static void add_words(json_t *object, const char *key, const char *text)
{
	if (text && text[0])
		cli_json_text(object, key, text);
}

static const char *unit_name(enum ota_unit unit)
{
	switch (unit) {
	case OTA_UNIT_BYTES:
		return "bytes";
	case OTA_UNIT_ERASES:
		return "erases";
	case OTA_UNIT_MICROSECONDS:
		return "us";
	case OTA_UNIT_PACKETS:
		return "packets";
	}
	return "bytes";
}

/* "needs_bytes": the unit is part of the key, so that no one adds bytes and erases. */
static const char *unit_key(const char *what, enum ota_unit unit, char key[32])
{
	(void)snprintf(key, 32, "%s_%s", what, unit_name(unit));
	return key;
}

static json_int_t margin_of(const struct ota_budget_line *line)
{
	bool over = line->needs > line->has;
	uint64_t gap = over ? line->needs - line->has : line->has - line->needs;
	json_int_t margin = gap < INT64_MAX ? (json_int_t)gap : INT64_MAX;

	return over ? -margin : margin;
}

static json_t *json_line(const struct ota_budget_line *line)
{
	json_t *item = json_object();
	char key[32];

	cli_json_text(item, "where", check_place_name(line->where));
	cli_json_text(item, "what", line->what);
	cli_json_text(item, "unit", unit_name(line->unit));
	add_count(item, unit_key("needs", line->unit, key), line->needs);
	if (line->limited) {
		add_count(item, unit_key("has", line->unit, key), line->has);
		cli_json_add(item, unit_key("margin", line->unit, key),
			     json_integer(margin_of(line)));
	}
	cli_json_bool(item, "gate", line->gate);
	cli_json_bool(item, "fits", line->fits);
	add_words(item, "note", line->note);
	return item;
}

static json_t *json_finding(const struct ota_budget_finding *finding)
{
	json_t *item = json_object();

	cli_json_text(item, "id", finding->id);
	cli_json_text(item, "severity", check_severity_name(finding->severity));
	cli_json_text(item, "text", finding->text);
	add_words(item, "why", finding->why);
	add_words(item, "remedy", finding->remedy);
	add_words(item, "source", finding->source);
	return item;
}

static json_t *json_rule(const struct ota_budget_rule *rule)
{
	json_t *item = json_object();

	cli_json_text(item, "item", rule->item);
	add_words(item, "formula", rule->formula);
	add_words(item, "numbers", rule->numbers);
	add_words(item, "source", rule->source);
	return item;
}

static json_t *json_cost(const struct ota_cost *cost)
{
	json_t *item = json_object();

	cli_json_text(item, "where", check_place_name(cost->where));
	cli_json_text(item, "what", cost->what);
	add_count(item, "bytes", cost->bytes);
	return item;
}

/* -- delivery ---------------------------------------------------------------------------------- */

static json_t *json_assumptions(const struct ota_delivery *delivery)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < delivery->n_assumptions; i++) {
		json_t *item = json_object();

		cli_json_text(item, "text", delivery->assumption[i].text);
		cli_json_bool(item, "given", delivery->assumption[i].given);
		(void)json_array_append_new(list, item);
	}
	return list;
}

static json_t *json_delivery(const struct ota_link *link, const struct ota_delivery *delivery)
{
	json_t *item = json_object();

	cli_json_text(item, "link", link->name);
	cli_json_text(item, "kind", ota_link_kind_name(link->kind));
	add_count(item, "bytes", delivery->bytes);
	add_count(item, "packets", delivery->packets);
	add_count(item, "least_packets", delivery->least);
	add_count(item, "packet_bytes", delivery->packet_bytes);
	if (delivery->airtime_us > 0)
		add_count(item, "airtime_us", delivery->airtime_us);
	add_count(item, "duration_us", delivery->duration_us);
	add_count(item, "fleet_us", delivery->fleet_us);
	add_count(item, "defrag_ram_bytes", delivery->defrag_ram);
	add_count(item, "defrag_store_bytes", delivery->defrag_store);
	add_words(item, "formula", delivery->formula);
	add_words(item, "source", delivery->source);
	cli_json_add(item, "assumptions", json_assumptions(delivery));
	return item;
}

/* -- wear -------------------------------------------------------------------------------------- */

static void add_area(json_t *object, const char *name, const struct ota_wear_area *area)
{
	json_t *item = json_object();

	add_count(item, "erases", area->erases);
	add_count(item, "hottest", area->hottest);
	add_count(item, "written_bytes", area->written);
	cli_json_add(object, name, item);
}

/* What is not known is left out, not said as 0. */
static void add_wear(json_t *object, const char *name, const struct ota_wear *wear,
		     const struct ota_wear_time *time)
{
	json_t *item = json_object();

	add_count(item, "erases", wear->erases);
	add_count(item, "hottest", wear->hottest);
	add_words(item, "hottest_area", wear->hottest_area);
	add_count(item, "written_bytes", wear->written);
	add_area(item, "primary", &wear->primary);
	add_area(item, "secondary", &wear->secondary);
	add_area(item, "scratch", &wear->scratch);
	add_area(item, "journal", &wear->journal);
	if (time->has_typical)
		add_count(item, "typical_us", time->typical_us);
	if (time->has_max)
		add_count(item, "max_us", time->max_us);
	cli_json_bool(item, "times_unread", time->unread);
	if (time->has_upgrades) {
		add_count(item, "upgrades", time->upgrades);
		add_words(item, "worn_area", time->worn_area);
	}
	cli_json_bool(item, "endurance_unread", time->endurance_unread);
	cli_json_add(object, name, item);
}

static json_t *json_wear(const struct ota_budget *budget)
{
	json_t *object = json_object();

	add_wear(object, "store", &budget->store, &budget->store_time);
	add_wear(object, "upgrade", &budget->upgrade, &budget->upgrade_time);
	add_wear(object, "revert", &budget->revert, &budget->revert_time);
	return object;
}

/* -- the object -------------------------------------------------------------------------------- */

static void add_lists(json_t *object, const struct ota_budget *budget, bool explain)
{
	json_t *lines = json_array();
	json_t *costs = json_array();
	json_t *findings = json_array();
	json_t *remedies = json_array();
	json_t *deliveries = json_array();
	json_t *rules = explain ? json_array() : NULL;

	for (unsigned i = 0; i < budget->n; i++)
		(void)json_array_append_new(lines, json_line(&budget->line[i]));
	for (unsigned i = 0; i < budget->costs.n; i++)
		(void)json_array_append_new(costs, json_cost(&budget->costs.item[i]));
	for (unsigned i = 0; i < budget->n_findings; i++)
		(void)json_array_append_new(findings, json_finding(&budget->finding[i]));
	for (unsigned i = 0; i < budget->n_remedies; i++)
		(void)json_array_append_new(remedies, json_string(budget->remedies[i].text));
	for (unsigned i = 0; i < budget->n_links; i++)
		(void)json_array_append_new(deliveries,
					    json_delivery(&budget->link[i], &budget->delivery[i]));
	for (unsigned i = 0; explain && i < budget->n_rules; i++)
		(void)json_array_append_new(rules, json_rule(&budget->rule[i]));
	cli_json_add(object, "lines", lines);
	cli_json_add(object, "costs", costs);
	cli_json_add(object, "findings", findings);
	cli_json_add(object, "remedies", remedies);
	cli_json_add(object, "deliveries", deliveries);
	if (explain)
		cli_json_add(object, "rules", rules);
}

static void add_applier(json_t *object, enum ota_applier applier)
{
	switch (applier) {
	case OTA_APPLIED_AS_PROFILE:
		break; /* nothing is applied */
	case OTA_APPLIED_BY_GATEWAY:
		cli_json_text(object, "applied_by", "gateway");
		break;
	case OTA_APPLIED_ON_DEVICE:
		cli_json_text(object, "applied_by", "device");
		break;
	}
}

static void add_update(json_t *object, const struct check_job *job)
{
	cli_json_text(object, "kind", check_kind_name(job->kind));
	add_words(object, "format", job->update.format);
	if (job->kind != CHECK_IMAGE)
		add_count(object, "patch_bytes", job->update.patch.len);
	cli_json_bool(object, "delta_update", job->kind == CHECK_DELTA_UPDATE);
	/* What is sent and stored: the patch and all that is around it. */
	add_count(object, "update_bytes", job->update.sent_len);
	cli_json_text(object, "target", job->target.name);
	add_count(object, "image", job->target.selected);
	cli_json_text(object, "mode", ota_mode_name(job->target.layout.mode));
}

static void add_place(json_t *object, const struct ota_budget *budget)
{
	const struct ota_journal *journal = &budget->journal;
	json_t *item;

	if (budget->in_place) {
		item = json_object();
		add_count(item, "block_bytes", budget->place.block);
		add_count(item, "lead_bytes", budget->place.lead);
		add_count(item, "moved_up_bytes", ota_in_place_shift(&budget->place));
		cli_json_add(object, "in_place", item);
	}
	if (journal->half == 0)
		return;
	item = json_object();
	add_count(item, "half_bytes", journal->half);
	add_count(item, "mark_bytes", journal->mark);
	add_count(item, "checkpoint_bytes", journal->checkpoint);
	add_count(item, "marks", journal->marks);
	add_count(item, "checkpoints", journal->checkpoints);
	add_count(item, "halves_erased", journal->erases);
	add_count(item, "checkpoint_every", budget->place.every);
	cli_json_add(object, "journal", item);
}

enum cli_exit check_print_json(const struct check_job *job)
{
	const struct ota_budget *budget = &job->budget;
	json_t *object = cli_json("check");

	cli_json_text(object, "file", job->patch_path);
	add_update(object, job);
	add_applier(object, budget->applier);
	if (job->old_path)
		add_count(object, "old_image_bytes", job->update.old_len);
	add_count(object, "new_image_bytes", job->update.new_len);
	json_limits(object, &budget->limits);
	add_words(object, "kept", budget->kept);
	add_words(object, "reset", budget->reset);
	add_place(object, budget);
	add_lists(object, budget, job->explain);
	cli_json_add(object, "wear", json_wear(budget));
	cli_json_bool(object, "fits", budget->fits);
	add_words(object, "remedy", budget->remedy);
	return cli_json_print(object);
}

enum cli_exit check_print_json_no(const struct check_job *job, const struct ota_diag *diag)
{
	json_t *object = cli_json("check");

	cli_json_text(object, "file", job->patch_path);
	cli_json_text(object, "kind", check_kind_name(job->kind));
	cli_json_text(object, "target", job->target.name);
	cli_json_bool(object, "fits", false);
	cli_json_text(object, "error", ota_err_name(diag->err));
	cli_json_text(object, "reason", diag->text);
	return cli_json_print(object);
}
