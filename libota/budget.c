// SPDX-License-Identifier: Apache-2.0
/* Adds the costs that a patch format's row names, and compares: no format is known here. */
#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "patch_formats.h"

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

static uint64_t sum_of(const struct ota_costs *costs, enum ota_place where)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < costs->n; i++) {
		if (costs->item[i].where == where)
			sum += costs->item[i].bytes;
	}
	return sum;
}

static struct ota_budget_line *add_line(struct ota_budget *budget, enum ota_place where,
					const char *what, uint64_t needs)
{
	struct ota_budget_line *line;

	assert(budget->n < OTA_BUDGET_LINES_MAX);
	line = &budget->line[budget->n++];
	*line = (struct ota_budget_line){.where = where, .needs = needs, .fits = true};
	(void)snprintf(line->what, sizeof(line->what), "%s", what);
	return line;
}

static bool add_limited(struct ota_budget *budget, enum ota_place where, const char *what,
			uint64_t needs, uint64_t has)
{
	struct ota_budget_line *line = add_line(budget, where, what, needs);

	line->limited = true;
	line->has = has;
	line->fits = needs <= has;
	return line->fits;
}

/* -- ways out ---------------------------------------------------------------------------------- */

static void advise(struct ota_budget *budget, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* One more part of the way out. */
static void advise(struct ota_budget *budget, const char *format, ...)
{
	size_t at = strlen(budget->remedy);
	va_list args;

	if (at > 0 && at + 2 < sizeof(budget->remedy)) {
		memcpy(budget->remedy + at, "; ", 3);
		at += 2;
	}
	va_start(args, format);
	(void)vsnprintf(budget->remedy + at, sizeof(budget->remedy) - at, format, args);
	va_end(args);
}

/* Adds "choose MODE", the first that could be built for these slots and holds `needed`. */
static void advise_mode(struct ota_budget *budget, const struct ota_flash_layout *layout,
			uint64_t needed)
{
	/* The ones that can go back to the old image first. */
	static const enum ota_mode choices[] = {OTA_MODE_SWAP_OFFSET, OTA_MODE_SWAP_MOVE,
						OTA_MODE_SWAP_SCRATCH, OTA_MODE_OVERWRITE_ONLY};
	struct ota_flash_layout other = *layout;
	struct ota_flash_limits limits;

	for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++) {
		other.mode = choices[i];
		if (other.mode == layout->mode || ota_flash_limits(&other, &limits, NULL) != OTA_OK)
			continue;
		if (!limits.compatible || limits.caution[0] || limits.max_image < needed)
			continue;
		advise(budget, "or choose %s, which would hold %" PRIu64 " bytes%s",
		       ota_mode_name(other.mode), limits.max_image,
		       other.mode == OTA_MODE_OVERWRITE_ONLY ? " but cannot go back" : "");
		return;
	}
}

static void advise_images(struct ota_budget *budget, const struct ota_update *update,
			  const struct ota_flash_layout *layout)
{
	uint64_t max = budget->limits.max_image;
	bool new_is_larger = update->new_len >= update->old_len;
	uint64_t larger = new_is_larger ? update->new_len : update->old_len;

	if (update->new_len > max)
		advise(budget, "shrink the new image by %" PRIu64 " bytes", update->new_len - max);
	if (update->old_len > max)
		advise(budget,
		       "the old image is %" PRIu64 " bytes over the limit already and needs "
		       "another way to the device",
		       update->old_len - max);
	advise_mode(budget, layout, larger);
}

static void advise_layout(struct ota_budget *budget, const struct ota_update *update,
			  const struct ota_flash_layout *layout, uint64_t scratch_missing)
{
	uint64_t larger = update->new_len > update->old_len ? update->new_len : update->old_len;

	if (scratch_missing > 0)
		advise(budget, "make scratch %" PRIu64 " bytes larger", scratch_missing);
	else
		advise(budget, "change the slots: %s",
		       budget->limits.compatible ? budget->limits.caution : budget->limits.reason);
	advise_mode(budget, layout, larger);
}

/* -- lines ------------------------------------------------------------------------------------- */

static enum ota_applier resolve(const struct ota_update *update, const struct ota_target *target,
				enum ota_applier wanted)
{
	if (wanted != OTA_APPLIED_AS_PROFILE)
		return wanted;
	for (unsigned i = 0; i < target->n_decoders; i++) {
		if (strcmp(target->decoder[i].format, update->format) == 0)
			return OTA_APPLIED_ON_DEVICE;
	}
	return OTA_APPLIED_BY_GATEWAY;
}

/*
 * A patch whose state is larger than that of the profile's decoder is not one for this device, even
 * if there were RAM for it: the decoder was built for so much.
 */
static void add_state(struct ota_budget *budget, const struct ota_patch_format *format,
		      const struct ota_update *update, const struct ota_target *target)
{
	uint64_t most = 0;
	uint64_t needed = 0;

	for (unsigned i = 0; i < target->n_decoders && format->state_room; i++) {
		uint64_t needs;
		uint64_t has;

		if (strcmp(target->decoder[i].format, format->name) != 0)
			continue;
		format->state_room(update->patch, &target->decoder[i], &needs, &has);
		if (has == 0)
			return;
		most = has > most ? has : most;
		needed = needs;
	}
	if (most > 0 &&
	    !add_limited(budget, OTA_PLACE_RAM, "state of the target's decoder", needed, most))
		advise(budget, "make the patch for the tier of the target's decoder");
}

/* What a stack costs counts as RAM where the profile does not say how large it is. */
static void add_stack(struct ota_budget *budget, uint64_t needs, uint64_t has)
{
	if (needs > 0 && has > 0 &&
	    !add_limited(budget, OTA_PLACE_STACK, "updater stack", needs, has))
		advise(budget, "the updater needs %" PRIu64 " bytes more stack", needs - has);
}

static enum ota_err add_costs(struct ota_budget *budget, const struct ota_update *update,
			      const struct ota_target *target,
			      const struct ota_budget_options *options, struct ota_diag *diag)
{
	const struct ota_patch_format *format = ota_patch_format_named(update->format);
	uint64_t has = options->has_ram ? options->ram : target->updater_ram;
	uint64_t stack;
	uint64_t needs;
	enum ota_err err;

	if (!format)
		return ota_fail(diag, OTA_E_ABSENT, "\"%s\" is not a patch format", update->format);
	err = format->cost(update, target, budget->applier, &budget->costs, diag);
	if (err != OTA_OK)
		return err;
	/* A row that asks for room elsewhere brings its line with it. */
	if (budget->applier == OTA_APPLIED_BY_GATEWAY) {
		(void)add_line(budget, OTA_PLACE_GATEWAY, "patch decoder, at the gateway",
			       sum_of(&budget->costs, OTA_PLACE_GATEWAY));
		return OTA_OK;
	}
	stack = sum_of(&budget->costs, OTA_PLACE_STACK);
	needs = sum_of(&budget->costs, OTA_PLACE_RAM) + (target->updater_stack > 0 ? 0 : stack);
	if (!add_limited(budget, OTA_PLACE_RAM, "updater RAM", needs, has))
		advise(budget,
		       "the updater needs %" PRIu64 " bytes more RAM: apply the patch on the "
		       "gateway, or use a format made for devices",
		       needs - has);
	add_stack(budget, stack, target->updater_stack);
	add_state(budget, format, update, target);
	return OTA_OK;
}

/* The profile's layout, with the scratch area the caller wants to try. */
static struct ota_flash_layout layout_for(const struct ota_target *target,
					  const struct ota_budget_options *options)
{
	struct ota_flash_layout layout = target->layout;

	if (options->has_scratch && layout.mode == OTA_MODE_SWAP_SCRATCH) {
		layout.scratch = (struct ota_sectors){.n = 1};
		layout.scratch.run[0] = (struct ota_sector_run){1, (uint32_t)options->scratch};
	}
	return layout;
}

/* No bootloader is built for scratch of 0 bytes, but the question has an answer: no. */
static enum ota_err find_limits(const struct ota_flash_layout *layout,
				struct ota_flash_limits *limits, struct ota_diag *diag)
{
	struct ota_flash_layout least = *layout;
	bool no_scratch = layout->scratch.n == 1 && layout->scratch.run[0].size == 0;
	enum ota_err err;

	if (no_scratch)
		least.scratch.run[0].size = 1;
	err = ota_flash_limits(&least, limits, diag);
	if (err == OTA_OK && no_scratch)
		(void)snprintf(limits->reason, sizeof(limits->reason), "there is no scratch area");
	return err;
}

/* A group of sectors that is swapped at once is never larger than the larger slot's sector. */
static uint64_t scratch_needed(const struct ota_flash_layout *layout)
{
	uint32_t primary = ota_sectors_largest(&layout->primary);
	uint32_t secondary = ota_sectors_largest(&layout->secondary);

	return primary > secondary ? primary : secondary;
}

static enum ota_err add_flash(struct ota_budget *budget, const struct ota_update *update,
			      const struct ota_target *target,
			      const struct ota_budget_options *options, struct ota_diag *diag)
{
	struct ota_flash_layout layout = layout_for(target, options);
	struct ota_flash_limits *limits = &budget->limits;
	uint64_t scratch_missing = 0;
	bool fits;
	enum ota_err err = find_limits(&layout, limits, diag);

	if (err != OTA_OK)
		return err;
	fits = add_limited(budget, OTA_PLACE_SLOT, "old image in the slots", update->old_len,
			   limits->max_image);
	fits &= add_limited(budget, OTA_PLACE_SLOT, "new image in the slots", update->new_len,
			    limits->max_image);
	if (layout.mode == OTA_MODE_SWAP_SCRATCH) {
		uint64_t needs = scratch_needed(&layout);
		uint64_t has = ota_sectors_bytes(&layout.scratch);

		if (!add_limited(budget, OTA_PLACE_SCRATCH, "scratch for the largest sector", needs,
				 has))
			scratch_missing = needs - has;
	}
	if (layout.mode == OTA_MODE_RAM_LOAD &&
	    !add_limited(budget, OTA_PLACE_RAM, "new image in RAM, where it runs", update->new_len,
			 target->ram))
		advise(budget, "shrink the new image by %" PRIu64 " bytes: it runs from RAM",
		       update->new_len - target->ram);
	if (!limits->compatible || limits->caution[0])
		advise_layout(budget, update, &layout, scratch_missing);
	else if (!fits)
		advise_images(budget, update, &layout);
	return OTA_OK;
}

static enum ota_err check_profile(const struct ota_target *target, struct ota_diag *diag)
{
	if (target->has_mcuboot && target->has_updater)
		return OTA_OK;
	if (target->has_mcuboot || target->has_updater)
		return ota_fail(diag, OTA_E_USAGE, "%s has no %s", target->name,
				target->has_mcuboot ? "updater" : "mcuboot");
	(void)ota_fail(diag, OTA_E_USAGE, "%s is a chip profile, without mcuboot and updater",
		       target->name);
	ota_hint(diag, "make a board profile with base: %s", target->name);
	return OTA_E_USAGE;
}

enum ota_err ota_budget_check(const struct ota_update *update, const struct ota_target *target,
			      const struct ota_budget_options *options, struct ota_budget *budget,
			      struct ota_diag *diag)
{
	enum ota_err err = check_profile(target, diag);

	*budget = (struct ota_budget){.fits = false};
	if (err != OTA_OK)
		return err;
	if (options->has_scratch && options->scratch > UINT32_MAX)
		return ota_fail(diag, OTA_E_USAGE,
				"scratch of %" PRIu64 " bytes, at most %" PRIu32 " are possible",
				options->scratch, UINT32_MAX);
	budget->applier = resolve(update, target, options->applier);
	err = add_costs(budget, update, target, options, diag);
	if (err == OTA_OK)
		err = add_flash(budget, update, target, options, diag);
	if (err != OTA_OK)
		return err;
	budget->fits = budget->limits.compatible && !budget->limits.caution[0];
	for (unsigned i = 0; i < budget->n; i++)
		budget->fits &= budget->line[i].fits;
	return OTA_OK;
}
