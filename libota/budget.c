// SPDX-License-Identifier: Apache-2.0
/* Adds and compares: no patch format, mode or link is known here. */
#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "budget_parts.h"
#include "hazards.h"

void ota_costs_add(struct ota_costs *costs, enum ota_place where, uint64_t bytes,
		   const char *format, ...)
{
	struct ota_cost *item;
	va_list args;

	assert(costs->n < OTA_COSTS_MAX);
	item = &costs->item[costs->n++];
	item->where = where;
	item->bytes = bytes;
	va_start(args, format);
	(void)vsnprintf(item->what, sizeof(item->what), format, args);
	va_end(args);
}

struct ota_budget_finding *ota_budget_find(struct ota_budget *budget, const char *id,
					   enum ota_budget_severity severity, const char *format,
					   ...)
{
	struct ota_budget_finding *finding;
	va_list args;

	assert(budget->n_findings < OTA_FINDINGS_MAX);
	finding = &budget->finding[budget->n_findings++];
	*finding = (struct ota_budget_finding){.id = id, .severity = severity};
	va_start(args, format);
	(void)vsnprintf(finding->text, sizeof(finding->text), format, args);
	va_end(args);
	return finding;
}

void ota_budget_explain(struct ota_budget *budget, const char *item, const char *formula,
			const char *source, const char *format, ...)
{
	struct ota_budget_rule *rule;
	va_list args;

	assert(budget->n_rules < OTA_RULES_MAX);
	rule = &budget->rule[budget->n_rules++];
	*rule = (struct ota_budget_rule){.formula = formula, .source = source};
	(void)snprintf(rule->item, sizeof(rule->item), "%s", item);
	va_start(args, format);
	(void)vsnprintf(rule->numbers, sizeof(rule->numbers), format, args);
	va_end(args);
}

/* -- lines ------------------------------------------------------------------------------------- */

struct ota_budget_line *ota_budget_add(struct budget_job *job, enum ota_place where,
				       enum ota_unit unit, const char *what, uint64_t needs)
{
	struct ota_budget *budget = job->budget;
	struct ota_budget_line *line;

	assert(budget->n < OTA_BUDGET_LINES_MAX);
	line = &budget->line[budget->n++];
	*line = (struct ota_budget_line){
		.where = where, .unit = unit, .needs = needs, .fits = true};
	(void)snprintf(line->what, sizeof(line->what), "%s", what);
	return line;
}

void ota_budget_limit(struct ota_budget_line *line, uint64_t has)
{
	line->limited = true;
	line->has = has;
	line->fits = line->needs <= has;
}

void ota_budget_gate(struct ota_budget_line *line, bool given, uint64_t limit)
{
	if (!given)
		return;
	line->gate = true;
	ota_budget_limit(line, limit);
}

void ota_budget_note(struct ota_budget_line *line, const char *format, ...)
{
	size_t at = strlen(line->note);
	va_list args;

	if (at > 0 && at + 2 < sizeof(line->note)) {
		memcpy(line->note + at, "; ", 3);
		at += 2;
	}
	va_start(args, format);
	(void)vsnprintf(line->note + at, sizeof(line->note) - at, format, args);
	va_end(args);
}

const struct ota_budget_line *ota_budget_line_named(const struct ota_budget *budget,
						    const char *what)
{
	for (unsigned i = 0; i < budget->n; i++) {
		if (strcmp(budget->line[i].what, what) == 0)
			return &budget->line[i];
	}
	return NULL;
}

/* -- the whole --------------------------------------------------------------------------------- */

static enum ota_applier resolve(const struct ota_update *update, const struct ota_target *target,
				enum ota_applier wanted)
{
	if (!update->format || wanted != OTA_APPLIED_AS_PROFILE)
		return update->format ? wanted : OTA_APPLIED_AS_PROFILE;
	for (unsigned i = 0; i < target->n_decoders; i++) {
		if (strcmp(target->decoder[i].format, update->format) == 0)
			return OTA_APPLIED_ON_DEVICE;
	}
	return OTA_APPLIED_BY_GATEWAY;
}

/*
 * Without an updater only what needs none can be judged: a full image, and a patch of which the
 * caller says that the gateway applies it.
 */
static enum ota_err check_profile(const struct budget_job *job, struct ota_diag *diag)
{
	const struct ota_target *target = job->target;
	bool needs_updater = job->update->format && job->options->applier != OTA_APPLIED_BY_GATEWAY;

	if (target->has_mcuboot && (target->has_updater || !needs_updater))
		return OTA_OK;
	if (target->has_mcuboot || target->has_updater)
		return ota_fail(diag, OTA_E_USAGE, "%s has no %s", target->name,
				target->has_mcuboot ? "updater" : "mcuboot");
	(void)ota_fail(diag, OTA_E_USAGE, "%s is a chip profile, without mcuboot and updater",
		       target->name);
	ota_hint(diag, "make a board profile with base: %s", target->name);
	return OTA_E_USAGE;
}

static enum ota_err begin(struct budget_job *job, struct ota_diag *diag)
{
	const struct ota_update *update = job->update;
	const struct ota_budget_options *options = job->options;
	struct ota_budget *budget = job->budget;
	enum ota_err err;

	*budget = (struct ota_budget){.fits = false};
	budget->applier = resolve(update, job->target, options->applier);
	job->decodes = budget->applier == OTA_APPLIED_ON_DEVICE;
	job->sent_len = update->sent_len;
	if (job->sent_len == 0)
		job->sent_len = update->format ? update->patch.len : update->new_len;
	budget->received_len =
		budget->applier == OTA_APPLIED_BY_GATEWAY ? update->new_len : job->sent_len;
	err = check_profile(job, diag);
	if (err != OTA_OK)
		return err;
	if (options->has_scratch && options->scratch > UINT32_MAX)
		return ota_fail(diag, OTA_E_USAGE,
				"scratch of %" PRIu64 " bytes, at most %" PRIu32 " are possible",
				options->scratch, UINT32_MAX);
	job->layout = ota_budget_layout(job->target, options);
	job->format = update->format ? ota_patch_format_named(update->format) : NULL;
	if (update->format && !job->format)
		return ota_fail(diag, OTA_E_ABSENT, "\"%s\" is not a patch format", update->format);
	return OTA_OK;
}

static void add_sent(struct budget_job *job)
{
	char sent[NUMBER_TEXT];
	char number[2][NUMBER_TEXT];
	struct ota_budget_line *line =
		ota_budget_add(job, 0, OTA_UNIT_BYTES, BUDGET_LINE_SENT, job->sent_len);
	uint64_t around = job->update->format && job->sent_len > job->update->patch.len
				  ? job->sent_len - job->update->patch.len
				  : 0;

	ota_budget_gate(line, job->options->has_max_patch, job->options->max_patch);
	(void)ota_number_grouped(job->sent_len, sent);
	if (around > 0)
		ota_budget_explain(job->budget, BUDGET_LINE_SENT, "patch + header, TLVs, signature",
				   "formats/delta_tlv.md", "%s + %s = %s",
				   ota_number_grouped(job->update->patch.len, number[0]),
				   ota_number_grouped(around, number[1]), sent);
	else
		ota_budget_explain(job->budget, BUDGET_LINE_SENT,
				   job->update->format ? "the patch, bare" : "the image, whole",
				   NULL, "%s", sent);
}

/* No bootloader is built for scratch of 0 bytes, but the question has an answer: no. */
static enum ota_err find_limits(struct budget_job *job, struct ota_diag *diag)
{
	struct ota_flash_layout least = job->layout;
	struct ota_flash_limits *limits = &job->budget->limits;
	bool no_scratch = least.scratch.n == 1 && least.scratch.run[0].size == 0;
	enum ota_err err;

	if (no_scratch)
		least.scratch.run[0].size = 1;
	err = ota_flash_limits(&least, limits, diag);
	if (err == OTA_OK && no_scratch)
		(void)snprintf(limits->reason, sizeof(limits->reason), "there is no scratch area");
	return err;
}

static void decide(struct ota_budget *budget)
{
	budget->fits = budget->limits.compatible && !budget->limits.caution[0];
	for (unsigned i = 0; i < budget->n; i++)
		budget->fits &= budget->line[i].fits;
	for (unsigned i = 0; i < budget->n_findings; i++)
		budget->fits &= budget->finding[i].severity != OTA_SEVERITY_FAILURE;
}

/*
 * Hazards of the layout before those of the images. A trial looks for both: another mode may be one
 * that is not for these images.
 */
static void add_hazards(struct budget_job *job)
{
	struct ota_budget *budget = job->budget;

	ota_hazards_of_layout(job->update, job->target, &job->layout, budget);
	job->findings_of_layout = budget->n_findings;
	ota_hazards_of_images(job->update, job->target, job->options, budget);
	ota_hazards_in_place(job);
	if (!job->is_trial)
		ota_flash_explain(&job->layout, &budget->limits, budget);
}

enum ota_err ota_budget_fill(struct budget_job *job, struct ota_diag *diag)
{
	enum ota_err err = begin(job, diag);

	if (err == OTA_OK)
		err = find_limits(job, diag);
	if (err == OTA_OK)
		err = ota_budget_deliver(job, diag);
	if (err != OTA_OK)
		return err;
	ota_budget_place(job);
	add_sent(job);
	err = ota_budget_memory(job, diag);
	if (err != OTA_OK)
		return err;
	ota_budget_kept(job);
	ota_budget_slots(job);
	ota_budget_in_place(job);
	add_hazards(job);
	ota_budget_wear(job);
	ota_budget_links(job);
	ota_budget_memory_gate(job);
	decide(job->budget);
	return OTA_OK;
}

uint64_t ota_update_len(struct ota_span file, struct ota_image *opened,
			const struct ota_image **image)
{
	if (!ota_image_probe(file) || ota_image_open(file, opened, NULL) != OTA_OK)
		return file.len;
	*image = opened;
	return opened->bytes.len;
}

enum ota_err ota_budget_check(const struct ota_update *update, const struct ota_target *target,
			      const struct ota_budget_options *options, struct ota_budget *budget,
			      struct ota_diag *diag)
{
	struct budget_job job = {
		.update = update, .target = target, .options = options, .budget = budget};
	enum ota_err err = ota_budget_fill(&job, diag);

	return err == OTA_OK ? ota_budget_remedies(&job, diag) : err;
}
