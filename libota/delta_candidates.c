// SPDX-License-Identifier: Apache-2.0
/* The rows say in which ways their patches can be made; no format is known here. */
#include <inttypes.h>
#include <stdio.h>

#include <ota/in_place.h>

#include "delta_candidates.h"
#include "grouped.h"

#define KIB 1024U

/* One look through the target's decoders. */
struct listing {
	const struct ota_choose_job *job;
	struct ota_choice *choice;
	uint64_t ram;
	bool in_place; /* the device makes new where old lies: */
	struct ota_in_place place;
	struct ota_diag why; /* what ruled the first plan out */
};

uint64_t ota_choose_ram(const struct ota_target *target, const struct ota_budget_options *options)
{
	return options->has_ram ? options->ram : target->updater_ram;
}

/* -- names ------------------------------------------------------------------------------------- */

static void add_word(char name[48], const char *what, const char *value)
{
	size_t at = strlen(name);

	(void)snprintf(name + at, 48 - at, ", %s%s", what, value);
}

/* "16K", or all digits of what is no multiple of it. */
static void add_size(char name[48], const char *what, uint32_t bytes)
{
	char size[16];

	if (bytes == 0)
		return;
	if (bytes % KIB == 0)
		(void)snprintf(size, sizeof(size), "%" PRIu32 "K", bytes / KIB);
	else
		(void)snprintf(size, sizeof(size), "%" PRIu32, bytes);
	add_word(name, what, size);
}

static void name_it(const struct ota_delta_plan *plan, char name[48])
{
	(void)snprintf(name, 48, "%s", plan->format);
	switch (plan->tier) {
	case OTA_DELTA_TIER_AUTO:
		break;
	case OTA_DELTA_TIER_XS:
		add_word(name, "tier ", "xs");
		break;
	case OTA_DELTA_TIER_M:
		add_word(name, "tier ", "m");
		break;
	case OTA_DELTA_TIER_NANO:
		add_word(name, "tier ", "nano");
		break;
	}
	add_size(name, "window ", plan->window);
	add_size(name, "source ", plan->source_window);
	if (plan->secondary == OTA_SECONDARY_LZMA)
		add_word(name, "lzma", "");
}

/* -- plans ------------------------------------------------------------------------------------- */

/* What is settled takes the place of what would have been tried. */
static struct ota_delta_plan settle(const struct listing *list,
				    const struct ota_delta_plan *variant, bool knows_code)
{
	const struct ota_choose_job *job = list->job;
	const struct ota_in_place *place = &list->place;
	const struct ota_delta_plan *wanted = &job->wanted;
	struct ota_delta_plan plan = *variant;

	if (wanted->window > 0)
		plan.window = wanted->window;
	if (wanted->source_window > 0)
		plan.source_window = wanted->source_window;
	if (job->has_secondary)
		plan.secondary = wanted->secondary;
	if (wanted->tier != OTA_DELTA_TIER_AUTO)
		plan.tier = wanted->tier;
	if (knows_code) {
		plan.arch = wanted->arch;
		plan.old_base = wanted->old_base;
		plan.new_base = wanted->new_base;
	}
	if (list->in_place) {
		plan.in_place = true;
		plan.block = place->block;
		plan.lead = place->lead;
	}
	return plan;
}

static bool same_plan(const struct ota_delta_plan *a, const struct ota_delta_plan *b)
{
	return strcmp(a->format, b->format) == 0 && a->window == b->window &&
	       a->source_window == b->source_window && a->secondary == b->secondary &&
	       a->tier == b->tier;
}

/* Once each, though two decoders may take it, or what is settled leaves no difference. */
static void add_plan(struct listing *list, const struct ota_delta_plan *plan, bool on_device,
		     uint64_t least_ram)
{
	struct ota_choice *choice = list->choice;
	struct ota_candidate *candidate;

	for (unsigned i = 0; i < choice->n; i++) {
		if (same_plan(&choice->candidate[i].plan, plan))
			return;
	}
	if (choice->n == OTA_CANDIDATES_MAX)
		return;
	candidate = &choice->candidate[choice->n++];
	*candidate = (struct ota_candidate){.plan = *plan,
					    .on_device = on_device,
					    .ram = least_ram,
					    .ram_has = on_device ? list->ram : 0};
	name_it(plan, candidate->name);
}

static void add_format(struct listing *list, const struct ota_patch_format *format,
		       const struct ota_decoder *decoder)
{
	const struct ota_patch_room room = {
		.decoder = decoder, .ram = list->ram, .new_len = list->job->new_image.len};
	struct ota_delta_plan variant[OTA_VARIANTS_MAX];
	unsigned n = format->variants(&room, variant);

	for (unsigned i = 0; i < n; i++) {
		struct ota_delta_plan plan = settle(list, &variant[i], format->knows_code);
		uint64_t least = decoder && format->least_ram ? format->least_ram(&room, &plan) : 0;

		/* The first failure's words are kept, should nothing be left. */
		if (ota_delta_check_plan(&plan, &list->why) == OTA_OK)
			add_plan(list, &plan, decoder != NULL, least);
	}
}

/* -- whose decoders ---------------------------------------------------------------------------- */

static bool is_wanted(const struct listing *list, const struct ota_patch_format *format)
{
	const char *wanted = list->job->wanted.format;

	return !wanted || ota_patch_format_named(wanted) == format;
}

/* Every format, for a gateway or for a device of which no more is known than its memory. */
static void add_all(struct listing *list, bool on_device)
{
	const struct ota_patch_format *format;

	for (size_t i = 0; (format = ota_patch_format_at(i)) != NULL; i++) {
		struct ota_decoder any = {.window = 0};

		if (is_wanted(list, format))
			add_format(list, format, on_device ? &any : NULL);
	}
}

static void add_listed(struct listing *list)
{
	const struct ota_target *target = list->job->target;

	for (unsigned i = 0; i < target->n_decoders; i++) {
		const struct ota_decoder *decoder = &target->decoder[i];
		const struct ota_patch_format *format = ota_patch_format_named(decoder->format);

		if (format && is_wanted(list, format))
			add_format(list, format, decoder);
	}
}

/* As the budget has it: what the profile lists no decoder for is applied by a gateway. */
static void add_candidates(struct listing *list)
{
	const struct ota_choose_job *job = list->job;

	switch (job->options->applier) {
	case OTA_APPLIED_AS_PROFILE:
		add_listed(list);
		if (list->choice->n == 0 && (job->wanted.format || job->target->n_decoders == 0))
			add_all(list, false);
		break;
	case OTA_APPLIED_ON_DEVICE:
		add_listed(list);
		if (list->choice->n == 0)
			add_all(list, true);
		break;
	case OTA_APPLIED_BY_GATEWAY:
		add_all(list, false);
		break;
	}
}

/* A gateway has both images in files of their own. */
static bool is_in_place(const struct ota_choose_job *job)
{
	enum ota_applier applier = job->options->applier;

	if (applier == OTA_APPLIED_BY_GATEWAY ||
	    (applier == OTA_APPLIED_AS_PROFILE && job->target->n_decoders == 0))
		return false;
	return job->target->in_place;
}

/* The largest lead there is room for, or the one that is settled. */
static enum ota_err find_place(struct listing *list, struct ota_diag *diag)
{
	const struct ota_choose_job *job = list->job;
	const struct ota_delta_plan *wanted = &job->wanted;
	struct ota_in_place *place = &list->place;
	enum ota_err err;

	*place = (struct ota_in_place){
		.block = wanted->block, .old_len = job->old_size, .new_len = job->new_image.len};
	if (place->old_len == 0)
		place->old_len = job->update.old_len;
	list->in_place = is_in_place(job);
	if (!list->in_place)
		return OTA_OK;
	err = ota_in_place_plan(job->target, place, diag);
	if (err != OTA_OK || wanted->lead == 0)
		return err;
	if (wanted->lead > place->lead) {
		(void)ota_fail(
			diag, OTA_E_NO_FIT,
			"the patch would count on old moved up by %s bytes, the slot of %s has "
			"room for %s",
			GROUPED(wanted->lead), job->target->name, GROUPED(place->lead));
		ota_hint(diag, "a smaller safe distance needs less; without one all the room there "
			       "is is used");
		return OTA_E_NO_FIT;
	}
	place->lead = wanted->lead;
	return OTA_OK;
}

enum ota_err ota_choose_candidates(const struct ota_choose_job *job, struct ota_choice *choice,
				   struct ota_diag *diag)
{
	struct listing list = {
		.job = job, .choice = choice, .ram = ota_choose_ram(job->target, job->options)};
	enum ota_err err;

	*choice = (struct ota_choice){.patch = ota_buf_init(job->ceiling)};
	if (job->wanted.format && !ota_patch_format_named(job->wanted.format))
		return ota_fail(diag, OTA_E_ABSENT, "no patch format is called \"%s\"",
				job->wanted.format);
	err = find_place(&list, diag);
	if (err != OTA_OK)
		return err;
	add_candidates(&list);
	if (choice->n > 0)
		return OTA_OK;
	if (list.why.err == OTA_OK)
		return ota_fail(diag, OTA_E_USAGE, "%s lists no decoder of a format that is known",
				job->target->name);
	(void)ota_fail(diag, OTA_E_USAGE, "no patch for %s can be made so: %s", job->target->name,
		       list.why.text);
	return OTA_E_USAGE;
}
