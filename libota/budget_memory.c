// SPDX-License-Identifier: Apache-2.0
/* The device's memory: what the patch's row says its decoder takes, against what there is. */
#include <stdio.h>

#include "budget_parts.h"

/* -- what the rows' costs share ---------------------------------------------------------------- */

bool ota_device_streams(const struct ota_target *target)
{
	return !target->has_patch_place || target->patch_place == OTA_PATCH_STREAMED;
}

bool ota_device_holds_new(const struct ota_target *target)
{
	return ota_mode_has_one_slot(target->layout.mode) && !target->in_place;
}

/* The chip's own flash is mapped; one beside it is read through a driver. */
uint64_t ota_device_kept_pieces(const struct ota_target *target, unsigned places)
{
	bool external = target->patch_place == OTA_PATCH_AREA ? target->patch_area.external
							      : target->secondary.external;

	return !ota_device_streams(target) && external ? (uint64_t)places * OTA_DEVICE_PIECE : 0;
}

void ota_device_cost_of_kept(const struct ota_target *target, unsigned places,
			     struct ota_costs *costs)
{
	uint64_t bytes = ota_device_kept_pieces(target, places);

	if (bytes > 0)
		ota_costs_add(costs, OTA_PLACE_RAM, bytes, "patch bytes, not readable in place");
}

uint64_t ota_device_page(const struct ota_target *target)
{
	bool one_slot = ota_mode_has_one_slot(target->layout.mode);
	const struct ota_flash *flash =
		ota_area_flash(target, one_slot ? &target->primary : &target->secondary);

	const struct ota_flash *journal = ota_area_flash(target, &target->journal);
	uint64_t page = flash->program > flash->write ? flash->program : flash->write;

	/* The journal's records are written out of the same buffer; all are powers of two. */
	return target->journal.len > 0 && journal->write > page ? journal->write : page;
}

void ota_device_cost_of_new(const struct ota_update *update, const struct ota_target *target,
			    struct ota_costs *costs)
{
	uint64_t page = ota_device_page(target);

	if (ota_device_holds_new(target))
		ota_costs_add(costs, OTA_PLACE_RAM, update->new_len,
			      "new image, until the old one may be overwritten");
	else if (page > 0)
		ota_costs_add(costs, OTA_PLACE_RAM, page, "new bytes that are programmed at once");
}

/* -- lines ------------------------------------------------------------------------------------- */

uint64_t ota_budget_sum(const struct ota_costs *costs, enum ota_place where)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < costs->n; i++) {
		if (costs->item[i].where == where)
			sum += costs->item[i].bytes;
	}
	return sum;
}

/* "4,096 + 8 = 4,104" into the rule: the items that make up a line. */
static void explain_sum(struct budget_job *job, const char *item, bool with_stack, uint64_t sum)
{
	const struct ota_costs *costs = &job->budget->costs;
	char numbers[sizeof(job->budget->rule[0].numbers)] = "";
	char grouped[NUMBER_TEXT];
	unsigned n = 0;

	for (unsigned i = 0; i < costs->n; i++) {
		size_t at = strlen(numbers);

		if (costs->item[i].where == OTA_PLACE_STACK && !with_stack)
			continue;
		(void)snprintf(numbers + at, sizeof(numbers) - at, "%s%s", n++ > 0 ? " + " : "",
			       ota_number_grouped(costs->item[i].bytes, grouped));
	}
	(void)ota_number_grouped(sum, grouped);
	ota_budget_explain(job->budget, item,
			   job->format ? job->format->ram_formula : "what is programmed at once",
			   job->format ? job->format->ram_source : NULL, "%s%s%s",
			   n > 1 ? numbers : "", n > 1 ? " = " : "", grouped);
}

/*
 * A patch whose state is larger than that of the profile's decoder is not one for this device, even
 * if there were RAM for it: the decoder was built for so much.
 */
static void add_state(struct budget_job *job)
{
	const struct ota_target *target = job->target;
	struct ota_budget_line *line;
	uint64_t most = 0;
	uint64_t needed = 0;
	bool taken = false;
	char number[2][NUMBER_TEXT];

	for (unsigned i = 0; i < target->n_decoders && job->format->state_room; i++) {
		uint64_t needs;
		uint64_t has;

		if (strcmp(target->decoder[i].format, job->format->name) != 0)
			continue;
		taken |= job->format->state_room(job->update->patch, &target->decoder[i], &needs,
						 &has);
		if (has == 0)
			return;
		most = has > most ? has : most;
		needed = needs;
	}
	if (most == 0)
		return;
	line = ota_budget_add(job, OTA_PLACE_RAM, OTA_UNIT_BYTES, BUDGET_LINE_STATE, needed);
	ota_budget_limit(line, most);
	if (!taken && line->fits) {
		line->fits = false;
		ota_budget_note(line, "the decoder is of another tier");
	}
	ota_budget_explain(job->budget, BUDGET_LINE_STATE,
			   "what the patch's header asks for, what the profile's decoder has",
			   job->format->ram_source, "%s of %s",
			   ota_number_grouped(needed, number[0]),
			   ota_number_grouped(most, number[1]));
}

/* What a stack costs counts as RAM where the profile does not say how large it is. */
static void add_device_memory(struct budget_job *job)
{
	const struct ota_target *target = job->target;
	const struct ota_costs *costs = &job->budget->costs;
	bool apart = target->updater_stack > 0;
	char number[NUMBER_TEXT];
	uint64_t stack = ota_budget_sum(costs, OTA_PLACE_STACK);
	uint64_t ram = ota_budget_sum(costs, OTA_PLACE_RAM) + (apart ? 0 : stack);
	struct ota_budget_line *line =
		ota_budget_add(job, OTA_PLACE_RAM, OTA_UNIT_BYTES, BUDGET_LINE_RAM, ram);

	if (job->options->has_ram)
		ota_budget_limit(line, job->options->ram);
	else if (target->has_updater)
		ota_budget_limit(line, target->updater_ram);
	if (!apart && stack > 0)
		ota_budget_note(line, "with its stack");
	explain_sum(job, BUDGET_LINE_RAM, !apart, ram);
	if (stack == 0 || !apart)
		return;
	line = ota_budget_add(job, OTA_PLACE_STACK, OTA_UNIT_BYTES, BUDGET_LINE_STACK, stack);
	ota_budget_limit(line, target->updater_stack);
	ota_budget_explain(job->budget, BUDGET_LINE_STACK, "published bound of the decoder",
			   job->format ? job->format->ram_source : NULL, "%s",
			   ota_number_grouped(stack, number));
}

/* The device fits an unlisted decoder only if someone builds it in. */
static void find_decoder(struct budget_job *job)
{
	const struct ota_target *target = job->target;
	struct ota_budget_finding *finding;
	bool listed = false;

	for (unsigned i = 0; i < target->n_decoders; i++)
		listed |= strcmp(target->decoder[i].format, job->format->name) == 0;
	if (listed)
		return;
	finding = ota_budget_find(job->budget, "decoder-not-listed", OTA_SEVERITY_NOTE,
				  "%s lists no %s decoder: counted as if it had one", target->name,
				  job->format->name);
	(void)snprintf(finding->why, sizeof(finding->why),
		       "without the decoder in its firmware the device cannot take the patch");
}

/* Fragments are put together before the first byte is decoded: it is one or the other. */
static void add_defrag(struct budget_job *job)
{
	struct ota_budget *budget = job->budget;
	unsigned worst = 0;
	struct ota_budget_line *line;
	char number[3][NUMBER_TEXT];

	for (unsigned i = 0; i < budget->n_links; i++) {
		if (budget->delivery[i].defrag_ram > budget->delivery[worst].defrag_ram)
			worst = i;
	}
	if (budget->n_links == 0 || budget->delivery[worst].defrag_ram == 0)
		return;
	line = ota_budget_add(job, OTA_PLACE_RAM, OTA_UNIT_BYTES, BUDGET_LINE_DEFRAG,
			      budget->delivery[worst].defrag_ram);
	if (job->options->has_ram)
		ota_budget_limit(line, job->options->ram);
	else if (job->target->has_updater)
		ota_budget_limit(line, job->target->updater_ram);
	ota_budget_note(line, "over %s, before decoding begins", budget->link[worst].name);
	ota_budget_explain(budget, BUDGET_LINE_DEFRAG,
			   "((R>>3) + 1) * R + 2 * fragments + state of the defragmenter",
			   "LoRaMac-node, FragDecoder.c:52-69", "%s fragments, %s sent: %s bytes",
			   ota_number_grouped(budget->delivery[worst].least, number[0]),
			   ota_number_grouped(budget->delivery[worst].packets, number[1]),
			   ota_number_grouped(budget->delivery[worst].defrag_ram, number[2]));
}

enum ota_err ota_budget_memory(struct budget_job *job, struct ota_diag *diag)
{
	struct ota_budget *budget = job->budget;
	enum ota_err err = OTA_OK;

	if (job->format)
		err = job->format->cost(job->update, job->target, budget->applier, &budget->costs,
					diag);
	else if (ota_device_page(job->target) > 0)
		ota_costs_add(&budget->costs, OTA_PLACE_RAM, ota_device_page(job->target),
			      "new bytes that are programmed at once");
	if (err != OTA_OK)
		return err;
	/* A row that asks for room elsewhere brings its line with it. */
	if (budget->applier == OTA_APPLIED_BY_GATEWAY) {
		uint64_t needs = ota_budget_sum(&budget->costs, OTA_PLACE_GATEWAY);

		(void)ota_budget_add(job, OTA_PLACE_GATEWAY, OTA_UNIT_BYTES,
				     "patch decoder, at the gateway", needs);
		explain_sum(job, "patch decoder, at the gateway", true, needs);
	} else {
		add_device_memory(job);
	}
	if (job->decodes) {
		add_state(job);
		find_decoder(job);
	}
	add_defrag(job);
	return OTA_OK;
}

void ota_budget_memory_gate(struct budget_job *job)
{
	const struct ota_costs *costs = &job->budget->costs;
	const struct ota_budget_line *defrag =
		ota_budget_line_named(job->budget, BUDGET_LINE_DEFRAG);
	uint64_t needs =
		ota_budget_sum(costs, OTA_PLACE_RAM) + ota_budget_sum(costs, OTA_PLACE_STACK);
	struct ota_budget_line *line;
	char number[NUMBER_TEXT];

	if (!job->options->has_max_ram)
		return;
	if (defrag && defrag->needs > needs)
		needs = defrag->needs;
	line = ota_budget_add(job, OTA_PLACE_RAM, OTA_UNIT_BYTES, BUDGET_LINE_GATE_RAM, needs);
	ota_budget_gate(line, true, job->options->max_ram);
	if (job->budget->applier == OTA_APPLIED_BY_GATEWAY)
		ota_budget_note(line, "the gateway decodes");
	ota_budget_explain(job->budget, BUDGET_LINE_GATE_RAM,
			   "RAM + stack of the decoder, or what TS004 takes when that is more",
			   NULL, "%s", ota_number_grouped(needs, number));
}
