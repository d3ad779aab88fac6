// SPDX-License-Identifier: Apache-2.0
/* Ways out of slots, scratch and wear: larger areas, another mode. */
#include <stdio.h>

#include "budget_remedy.h"

/* Sectors that are tried beyond what is there. */
#define MORE_SECTORS_MAX 4096U
/* A new image that must lose more than one part of these is another firmware. */
#define SHRINK_PARTS 20U

static bool is_overwrite(enum ota_mode mode)
{
	return mode == OTA_MODE_OVERWRITE_ONLY || mode == OTA_MODE_OVERWRITE_FAST;
}

/* ", 10,000 upgrades instead of 344" into `text`, when both are known. */
static const char *tell_life(const struct ota_search *search, char text[96])
{
	const struct ota_budget *budget = search->job->budget;
	const struct ota_trial *trial = search->trial;
	uint64_t before;
	uint64_t after;
	char number[2][NUMBER_TEXT];

	text[0] = '\0';
	if (!ota_budget_life(search->job->target, &budget->upgrade, &budget->store, &before) ||
	    !ota_budget_life(&trial->target, &trial->budget.upgrade, &trial->budget.store,
			     &after) ||
	    after == before)
		return text;
	(void)snprintf(text, 96, ", %s upgrades instead of %s",
		       ota_number_grouped(after, number[0]), ota_number_grouped(before, number[1]));
	return text;
}

/* "; 81,920 bytes of flash are free" into `text`. */
static const char *tell_free(const struct ota_search *search, char text[64])
{
	char number[NUMBER_TEXT];

	(void)snprintf(text, 64, "; %s bytes of flash are free",
		       ota_number_grouped(ota_flash_unused(search->job->target), number));
	return text;
}

/* ", 66 erases instead of 99" into `text`, when that is what is limited. */
static const char *tell_erases(const struct ota_search *search, char text[96])
{
	char number[2][NUMBER_TEXT];

	text[0] = '\0';
	if (ota_search_fails(search, BUDGET_LINE_ERASES))
		(void)snprintf(text, 96, ", %s erases instead of %s",
			       ota_number_grouped(search->trial->budget.upgrade.erases, number[0]),
			       ota_number_grouped(search->job->budget->upgrade.erases, number[1]));
	return text;
}

enum ota_remedy_class ota_search_class(const struct ota_search *search, uint64_t more)
{
	return more <= ota_flash_unused(search->job->target) ? REMEDY_LAYOUT : REMEDY_HARDWARE;
}

/* -- modes ------------------------------------------------------------------------------------- */

static void try_mode(struct ota_search *search, enum ota_mode mode, unsigned order)
{
	const struct ota_budget *budget = search->job->budget;
	const struct ota_trial *trial = search->trial;
	bool loses = is_overwrite(mode) && ota_mode_is_swap(search->job->layout.mode);
	char number[2][NUMBER_TEXT];
	char erases[96];
	char life[96];

	ota_trial_begin(search);
	search->trial->target.layout.mode = mode;
	if (!ota_trial_helps(search))
		return;
	ota_search_add(search, ota_trial_cures(search), REMEDY_MODE, order,
		       "build the bootloader for %s: largest image %s instead of %s%s%s%s",
		       ota_mode_name(mode),
		       ota_number_grouped(trial->budget.limits.max_image, number[0]),
		       ota_number_grouped(budget->limits.max_image, number[1]),
		       tell_life(search, life), tell_erases(search, erases),
		       loses ? "; but the device cannot go back to the old image" : "");
}

/* Slots that images run from, or that are one, are not for the modes that copy. */
static void try_modes(struct ota_search *search)
{
	/* The ones that can go back to the old image first. */
	static const enum ota_mode modes[] = {OTA_MODE_SWAP_OFFSET, OTA_MODE_SWAP_MOVE,
					      OTA_MODE_SWAP_SCRATCH, OTA_MODE_OVERWRITE_ONLY};
	enum ota_mode mode = search->job->layout.mode;

	if (!ota_mode_is_swap(mode) && !is_overwrite(mode))
		return;
	for (unsigned i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (modes[i] != mode)
			try_mode(search, modes[i], i);
	}
}

/* -- scratch ----------------------------------------------------------------------------------- */

static uint32_t scratch_sector(const struct ota_target *target)
{
	uint32_t sector = ota_sectors_largest(&target->layout.scratch);
	uint32_t needed = ota_sectors_largest(&target->layout.primary);

	return sector > 0 ? sector : needed;
}

/* Whole sectors of the profile's scratch, so many more than there are. */
static void more_scratch(struct ota_search *search, uint32_t more)
{
	struct ota_sectors *scratch = &search->trial->target.layout.scratch;
	uint32_t sector = scratch_sector(search->job->target);
	uint64_t count = ota_sectors_bytes(scratch) / sector + more;

	if (count > UINT32_MAX / sector)
		return;
	*scratch = (struct ota_sectors){.n = 1};
	scratch->run[0] = (struct ota_sector_run){(uint32_t)count, sector};
}

static void try_scratch(struct ota_search *search)
{
	uint64_t before = ota_sectors_bytes(&search->job->layout.scratch);
	uint64_t after;
	uint32_t more;
	char number[2][NUMBER_TEXT];
	char erases[96];
	char life[96];
	char free_text[64];

	if (search->job->layout.mode != OTA_MODE_SWAP_SCRATCH ||
	    scratch_sector(search->job->target) == 0 ||
	    !ota_trial_least(search, more_scratch, MORE_SECTORS_MAX, &more))
		return;
	after = ota_sectors_bytes(&search->trial->target.layout.scratch);
	ota_search_add(search, ota_trial_cures(search), ota_search_class(search, after - before),
		       after - before, "make scratch %s bytes, %s more than now%s%s%s",
		       ota_number_grouped(after, number[0]),
		       ota_number_grouped(after - before, number[1]), tell_life(search, life),
		       tell_erases(search, erases), tell_free(search, free_text));
}

/* -- slots ------------------------------------------------------------------------------------- */

static void add_sectors(struct ota_sectors *slot, uint32_t more)
{
	struct ota_sector_run *last;

	if (slot->n == 0)
		return;
	last = &slot->run[slot->n - 1];
	if ((uint64_t)more * last->size <= UINT32_MAX - ota_sectors_bytes(slot))
		last->count += more;
}

/* Both by as many of their last sectors; the bootloader is built for as many as there are. */
static void larger_slots(struct ota_search *search, uint32_t more)
{
	struct ota_flash_layout *layout = &search->trial->target.layout;
	uint64_t most;

	add_sectors(&layout->primary, more);
	/* One slot has no swap status. */
	if (layout->secondary.n == 0)
		return;
	add_sectors(&layout->secondary, more);
	most = ota_sectors_count(&layout->primary);
	if (ota_sectors_count(&layout->secondary) > most)
		most = ota_sectors_count(&layout->secondary);
	if (most > layout->max_sectors && most <= UINT32_MAX)
		layout->max_sectors = (uint32_t)most;
}

/* ", the bootloader built for 257 sectors" into `text`, when it is built for fewer. */
static const char *tell_sectors(const struct ota_search *search, char text[64])
{
	uint32_t after = search->trial->target.layout.max_sectors;
	char number[NUMBER_TEXT];

	text[0] = '\0';
	if (after != search->job->layout.max_sectors)
		(void)snprintf(text, 64, ", the bootloader built for %s sectors",
			       ota_number_grouped(after, number));
	return text;
}

static void try_larger_slots(struct ota_search *search)
{
	const struct ota_budget *budget = search->job->budget;
	const struct ota_target *target = search->job->target;
	const struct ota_flash_layout *layout = &search->job->layout;
	bool two = layout->secondary.n > 0;
	uint64_t bytes;
	uint64_t own;
	uint32_t more;
	char number[3][NUMBER_TEXT];
	char sectors[64];
	char free_text[64];

	if (!ota_search_fails(search, BUDGET_LINE_NEW) &&
	    !ota_search_fails(search, BUDGET_LINE_OLD) &&
	    !ota_search_fails(search, BUDGET_LINE_BEHIND))
		return;
	if (!budget->limits.compatible ||
	    !ota_trial_least(search, larger_slots, MORE_SECTORS_MAX, &more))
		return;
	bytes = ota_sectors_bytes(&search->trial->target.layout.primary) -
		ota_sectors_bytes(&layout->primary);
	own = (target->primary.external ? 0 : bytes) +
	      (two && !target->secondary.external ? bytes : 0);
	ota_search_add(search, ota_trial_cures(search), ota_search_class(search, own),
		       two ? 2 * bytes : bytes,
		       "make %s %s bytes larger: largest image %s instead of %s%s%s",
		       two ? "each slot" : "the slot", ota_number_grouped(bytes, number[0]),
		       ota_number_grouped(search->trial->budget.limits.max_image, number[1]),
		       ota_number_grouped(budget->limits.max_image, number[2]),
		       tell_sectors(search, sectors), tell_free(search, free_text));
}

/* Would the bootloader ever upgrade between these slots? */
static bool upgrades(const struct ota_search *search)
{
	const struct ota_flash_limits *limits = &search->job->budget->limits;

	return limits->compatible && !limits->caution[0];
}

/* Slots that are no pair: one as the other is. */
static void try_equal_slots(struct ota_search *search)
{
	const struct ota_flash_layout *layout = &search->job->layout;
	bool primary_is_larger =
		ota_sectors_bytes(&layout->primary) > ota_sectors_bytes(&layout->secondary);
	uint64_t len = ota_sectors_bytes(primary_is_larger ? &layout->secondary : &layout->primary);
	struct ota_flash_layout *tried = &search->trial->target.layout;
	char number[2][NUMBER_TEXT];

	if (upgrades(search) || layout->secondary.n == 0)
		return;
	ota_trial_begin(search);
	if (primary_is_larger)
		tried->primary = layout->secondary;
	else
		tried->secondary = layout->primary;
	if (!ota_trial_helps(search))
		return;
	ota_search_add(search, ota_trial_cures(search), REMEDY_LAYOUT, 1,
		       "give %s the sectors that %s has, %s bytes: largest image %s",
		       primary_is_larger ? "primary" : "secondary",
		       primary_is_larger ? "secondary" : "primary",
		       ota_number_grouped(len, number[0]),
		       ota_number_grouped(search->trial->budget.limits.max_image, number[1]));
}

/* A bootloader built for more sectors has a larger trailer. */
static void try_more_sectors(struct ota_search *search)
{
	const struct ota_flash_layout *layout = &search->job->layout;
	char number[3][NUMBER_TEXT];

	if (upgrades(search))
		return;
	ota_trial_begin(search);
	larger_slots(search, 0);
	if (search->trial->target.layout.max_sectors == layout->max_sectors ||
	    !ota_trial_helps(search))
		return;
	ota_search_add(
		search, ota_trial_cures(search), REMEDY_MODE, 0,
		"build the bootloader for %s sectors (BOOT_MAX_IMG_SECTORS) instead of %s: largest "
		"image %s",
		ota_number_grouped(search->trial->target.layout.max_sectors, number[0]),
		ota_number_grouped(layout->max_sectors, number[1]),
		ota_number_grouped(search->trial->budget.limits.max_image, number[2]));
}

/* -- images ------------------------------------------------------------------------------------ */

/* Fragments come whole: what is over is over the last one that fits. */
static uint64_t over_in_fragments(const struct ota_search *search)
{
	const struct ota_budget *budget = search->job->budget;
	const struct ota_budget_line *line = ota_budget_line_named(budget, BUDGET_LINE_PIECES);
	uint64_t over = 0;

	for (unsigned i = 0; line && !line->fits && i < budget->n_links; i++) {
		const struct ota_delivery *delivery = &budget->delivery[i];
		uint64_t whole;

		if (delivery->defrag_store <= line->has)
			continue;
		whole = line->has - line->has % delivery->packet_bytes;
		if (delivery->bytes > whole && delivery->bytes - whole > over)
			over = delivery->bytes - whole;
	}
	return over;
}

static void try_smaller_image(struct ota_search *search)
{
	static const char *const lines[] = {BUDGET_LINE_NEW, BUDGET_LINE_RUNS};
	const struct ota_budget *budget = search->job->budget;
	struct ota_update *update = &search->trial->update;
	uint64_t over = over_in_fragments(search);
	uint64_t parts;
	char number[NUMBER_TEXT];

	if (!budget->limits.compatible)
		return;
	for (unsigned i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		const struct ota_budget_line *line = ota_budget_line_named(budget, lines[i]);

		if (line && !line->fits && line->needs > line->has &&
		    line->needs - line->has > over)
			over = line->needs - line->has;
	}
	if (over == 0 || over >= search->job->update->new_len)
		return;
	ota_trial_begin(search);
	update->new_len -= over;
	if (!update->format && update->sent_len > over)
		update->sent_len -= over;
	if (!ota_trial_helps(search))
		return;
	parts = search->job->update->new_len / over;
	ota_search_add(search, ota_trial_cures(search),
		       parts >= SHRINK_PARTS ? REMEDY_PATCH : REMEDY_HARDWARE, over,
		       "shrink the new image by %s byte%s", ota_number_grouped(over, number),
		       over == 1 ? "" : "s");
}

static bool is_old(const struct ota_budget_line *line)
{
	return strcmp(line->what, BUDGET_LINE_OLD) == 0;
}

static void tell_old_image(struct ota_search *search)
{
	const struct ota_budget_line *line =
		ota_budget_line_named(search->job->budget, BUDGET_LINE_OLD);
	bool only = true;
	char number[NUMBER_TEXT];

	for (unsigned i = 0; i < search->job->budget->n; i++)
		only &= search->job->budget->line[i].fits || is_old(&search->job->budget->line[i]);
	if (line && !line->fits && search->job->budget->limits.compatible)
		ota_search_add(search, only, REMEDY_HARDWARE, 0,
			       "the old image is %s byte%s over the limit already, and needs "
			       "another way to the device",
			       ota_number_grouped(line->needs - line->has, number),
			       line->needs - line->has == 1 ? "" : "s");
}

void ota_remedies_of_layout(struct ota_search *search)
{
	if (!search->for_life) {
		try_smaller_image(search);
		try_larger_slots(search);
		try_equal_slots(search);
		try_more_sectors(search);
		tell_old_image(search);
	}
	try_scratch(search);
	try_modes(search);
}
