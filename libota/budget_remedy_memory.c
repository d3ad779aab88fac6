// SPDX-License-Identifier: Apache-2.0
/* Ways out of too little memory, and of too little room for the update itself. */
#include <inttypes.h>
#include <stdio.h>

#include "budget_remedy.h"

static bool memory_fails(const struct ota_search *search)
{
	return ota_search_fails(search, BUDGET_LINE_RAM) ||
	       ota_search_fails(search, BUDGET_LINE_STACK) ||
	       ota_search_fails(search, BUDGET_LINE_STATE) ||
	       ota_search_fails(search, BUDGET_LINE_GATE_RAM);
}

static bool delivery_fails(const struct ota_search *search)
{
	const struct ota_budget *budget = search->job->budget;

	for (unsigned i = 0; i < budget->n; i++) {
		if (!budget->line[i].fits && (budget->line[i].unit == OTA_UNIT_MICROSECONDS ||
					      strcmp(budget->line[i].what, BUDGET_LINE_SENT) == 0))
			return true;
	}
	return false;
}

/* -- another patch ----------------------------------------------------------------------------- */

/* RAM that a patch made anew may ask for. */
static uint64_t room_of(const struct ota_search *search)
{
	const struct budget_job *job = search->job;
	uint64_t room = job->options->has_ram ? job->options->ram : job->target->updater_ram;

	if (job->options->has_max_ram && job->options->max_ram < room)
		room = job->options->max_ram;
	return room;
}

/* Less than this patch takes, by what its state is too large; all, where it is of another tier. */
static uint64_t room_of_same_format(const struct ota_search *search, uint64_t room)
{
	const struct ota_budget *budget = search->job->budget;
	const struct ota_budget_line *ram = ota_budget_line_named(budget, BUDGET_LINE_RAM);
	const struct ota_budget_line *state = ota_budget_line_named(budget, BUDGET_LINE_STATE);
	uint64_t over = state && state->needs > state->has ? state->needs - state->has : 1;

	if (!ram || (state && !state->fits && state->needs <= state->has))
		return room;
	over = over < ram->needs ? ram->needs - over : 0;
	return over < room ? over : room;
}

/* What another patch can change: the decoder's memory, and the way to the device. */
static bool is_of_patch(const struct ota_budget_line *line)
{
	return line->where == OTA_PLACE_RAM || line->where == OTA_PLACE_STACK || line->where == 0;
}

/* A format's smallest patch, or the largest that fits; of this one, a smaller one than it is. */
static void try_format(struct ota_search *search, const struct ota_patch_format *format)
{
	const struct budget_job *job = search->job;
	const struct ota_target *target = job->target;
	bool same = format == job->format && job->decodes;
	const struct ota_decoder *decoder = ota_target_decoder(target, format->name);
	bool listed = decoder != NULL;
	bool enough = ota_search_only(search, is_of_patch);
	uint64_t room = room_of(search);
	struct ota_slim slim;
	char number[NUMBER_TEXT];

	if (same)
		room = room_of_same_format(search, room);
	else if (ota_budget_most_kept(job) == 0 || target->in_place)
		return;
	if (!format->slim || !format->slim(target, decoder, room, &slim))
		return;
	if (target->updater_stack > 0 && slim.stack > target->updater_stack)
		return;
	if (job->options->has_max_ram && target->updater_stack > 0 &&
	    slim.ram + slim.stack > job->options->max_ram)
		return;
	(void)ota_number_grouped(slim.ram, number);
	if (same)
		ota_search_add(search, enough, REMEDY_PATCH, 0,
			       "make the patch with %s: its decoder takes %s bytes of RAM",
			       slim.how, number);
	else
		ota_search_add(
			search, enough, listed ? REMEDY_PATCH : REMEDY_UPDATER, slim.ram,
			"%s a patch in format %s, with %s: its decoder takes %s bytes of RAM "
			"on the device%s",
			job->format ? "make" : "send", format->name, slim.how, number,
			listed ? "" : ", and must be built into the updater");
}

static void try_formats(struct ota_search *search)
{
	const struct ota_patch_format *format;

	for (size_t i = 0; (format = ota_patch_format_at(i)) != NULL; i++)
		try_format(search, format);
}

/* "; delivery over lorawan in 3 h instead of 2 min" into `text`, of the slowest link. */
static const char *tell_delivery(const struct ota_search *search, char text[160])
{
	const struct ota_budget *before = search->job->budget;
	const struct ota_budget *after = &search->trial->budget;
	unsigned slowest = 0;
	char number[2][NUMBER_TEXT];
	size_t at;

	text[0] = '\0';
	for (unsigned i = 1; i < after->n_links; i++) {
		if (after->delivery[i].duration_us > after->delivery[slowest].duration_us)
			slowest = i;
	}
	if (after->n_links == 0 || after->delivery[slowest].n_assumptions == 0)
		return text;
	at = (size_t)snprintf(text, 160, "; delivery over %s in %s", after->link[slowest].name,
			      ota_duration_text(after->delivery[slowest].duration_us, number[0]));
	if (before->delivery[slowest].n_assumptions > 0)
		(void)snprintf(text + at, 160 - at, " instead of %s",
			       ota_duration_text(before->delivery[slowest].duration_us, number[1]));
	return text;
}

static void try_gateway(struct ota_search *search)
{
	const struct budget_job *job = search->job;
	const struct ota_budget *tried = &search->trial->budget;
	char number[2][NUMBER_TEXT];
	char delivery[160];

	ota_trial_begin(search);
	search->trial->options.applier = OTA_APPLIED_BY_GATEWAY;
	if (!job->decodes || !ota_trial_helps(search))
		return;
	ota_search_add(
		search, ota_trial_cures(search), REMEDY_GATEWAY, 0,
		"apply the patch on the gateway: %s bytes of memory there, and the whole new "
		"image of %s bytes on the way to the device%s",
		ota_number_grouped(ota_budget_sum(&tried->costs, OTA_PLACE_GATEWAY), number[0]),
		ota_number_grouped(job->update->new_len, number[1]),
		tell_delivery(search, delivery));
}

/* -- another updater --------------------------------------------------------------------------- */

/* What the chip has beside the image that runs in RAM. */
static uint64_t chip_ram(const struct ota_target *target)
{
	uint64_t taken = target->layout.mode == OTA_MODE_RAM_LOAD ? target->exec_ram.len : 0;

	return target->ram > taken ? target->ram - taken : 0;
}

static const char *beside_text(const struct ota_target *target)
{
	return chip_ram(target) < target->ram ? " beside exec-ram" : "";
}

static uint64_t most_needed(const struct ota_search *search)
{
	static const char *const lines[] = {BUDGET_LINE_RAM, BUDGET_LINE_DEFRAG};
	uint64_t most = 0;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		const struct ota_budget_line *line =
			ota_budget_line_named(search->job->budget, lines[i]);

		if (line && !line->fits && line->needs > most)
			most = line->needs;
	}
	return most;
}

static void try_more_ram(struct ota_search *search)
{
	const struct budget_job *job = search->job;
	uint64_t has = job->options->has_ram ? job->options->ram : job->target->updater_ram;
	uint64_t needs = most_needed(search);
	uint64_t chip = chip_ram(job->target);
	char number[3][NUMBER_TEXT];

	/* The stack is the chip's too. */
	if (needs <= has || chip < job->target->updater_stack ||
	    needs > chip - job->target->updater_stack || needs > UINT32_MAX)
		return;
	ota_trial_begin(search);
	search->trial->options.has_ram = false;
	search->trial->target.updater_ram = (uint32_t)needs;
	if (!ota_trial_helps(search))
		return;
	ota_search_add(search, ota_trial_cures(search), REMEDY_UPDATER, needs - has,
		       "give the updater %s bytes of RAM, %s more than it has: the chip has %s%s",
		       ota_number_grouped(needs, number[0]),
		       ota_number_grouped(needs - has, number[1]),
		       ota_number_grouped(chip, number[2]), beside_text(job->target));
}

static void try_more_stack(struct ota_search *search)
{
	const struct ota_target *target = search->job->target;
	const struct ota_budget_line *line =
		ota_budget_line_named(search->job->budget, BUDGET_LINE_STACK);
	uint64_t chip = chip_ram(target);
	char number[3][NUMBER_TEXT];

	/* The RAM beside it is the chip's too. */
	if (!line || line->fits || chip < target->updater_ram ||
	    line->needs > chip - target->updater_ram)
		return;
	ota_trial_begin(search);
	search->trial->target.updater_stack = (uint32_t)line->needs;
	if (!ota_trial_helps(search))
		return;
	ota_search_add(search, ota_trial_cures(search), REMEDY_UPDATER, line->needs - line->has,
		       "give the updater %s bytes of stack, %s more than it has: the chip has %s "
		       "of RAM%s",
		       ota_number_grouped(line->needs, number[0]),
		       ota_number_grouped(line->needs - line->has, number[1]),
		       ota_number_grouped(chip, number[2]), beside_text(target));
}

/* -- another place for the update -------------------------------------------------------------- */

static uint64_t end_of(const struct ota_area *area)
{
	return (uint64_t)area->at + area->len;
}

#define AREAS_MAX (6U + 2U * OTA_TARGET_IMAGES_MAX)

/* Areas of the chip's own flash that are in use. */
static unsigned list_areas(const struct ota_target *target, struct ota_area area[AREAS_MAX])
{
	struct ota_area all[AREAS_MAX] = {target->boot,    target->primary,    target->secondary,
					  target->scratch, target->patch_area, target->journal};
	unsigned n_all = AREAS_MAX - 2U * OTA_TARGET_IMAGES_MAX;
	unsigned n = 0;

	for (unsigned i = 0; i < target->n_images && i < OTA_TARGET_IMAGES_MAX; i++) {
		all[n_all++] = target->image[i].primary;
		all[n_all++] = target->image[i].secondary;
	}
	for (unsigned i = 0; i < n_all; i++) {
		if (all[i].len > 0 && !all[i].external)
			area[n++] = all[i];
	}
	return n;
}

/* From `at` to the next area; 0 inside of one. */
static uint64_t free_from(uint64_t at, const struct ota_area *area, unsigned n, uint64_t flash)
{
	uint64_t end = flash;

	for (unsigned i = 0; i < n; i++) {
		if (area[i].at <= at && end_of(&area[i]) > at)
			return 0;
		if (area[i].at > at && area[i].at < end)
			end = area[i].at;
	}
	return end > at ? end - at : 0;
}

/* The largest stretch of the chip's own flash that no area has; what the profile leaves out. */
static struct ota_area largest_free(const struct ota_target *target)
{
	struct ota_area area[AREAS_MAX];
	unsigned n = list_areas(target, area);
	uint64_t flash = ota_sectors_bytes(&target->flash.sectors);
	struct ota_area best = {.len = 0};

	for (unsigned i = 0; i < n; i++) {
		uint64_t at = end_of(&area[i]);
		uint64_t len = free_from(at, area, n, flash);

		if (len > best.len)
			best = (struct ota_area){.at = (uint32_t)at, .len = (uint32_t)len};
	}
	return best;
}

uint64_t ota_flash_unused(const struct ota_target *target)
{
	struct ota_area area[AREAS_MAX];
	unsigned n = list_areas(target, area);
	uint64_t flash = ota_sectors_bytes(&target->flash.sectors);
	uint64_t sum = 0;

	for (unsigned i = 0; i < n; i++) {
		bool again = false;

		for (unsigned j = 0; j < i; j++)
			again |= end_of(&area[j]) == end_of(&area[i]);
		if (!again && end_of(&area[i]) > 0)
			sum += free_from(end_of(&area[i]), area, n, flash);
	}
	return sum;
}

static void add_place(struct ota_search *search, uint64_t amount, const char *where)
{
	const struct ota_budget *tried = &search->trial->budget;
	const struct ota_budget_line *ram = ota_budget_line_named(tried, BUDGET_LINE_RAM);
	char number[NUMBER_TEXT];

	ota_search_add(search, ota_trial_cures(search), REMEDY_UPDATER, AMOUNT_MAX / 2 + amount,
		       "%s: the decoder then takes %s bytes of RAM", where,
		       ota_number_grouped(ram ? ram->needs : 0, number));
}

static void try_places(struct ota_search *search)
{
	struct ota_trial *trial = search->trial;
	char where[160];
	char number[NUMBER_TEXT];

	ota_trial_begin(search);
	trial->target.has_patch_place = true;
	trial->target.patch_place = OTA_PATCH_SECONDARY;
	if (!ota_mode_has_one_slot(trial->target.layout.mode) && ota_trial_helps(search))
		add_place(search, 0, "keep the update behind the new image in the secondary slot");
	ota_trial_begin(search);
	trial->target.has_patch_place = true;
	trial->target.patch_place = OTA_PATCH_STREAMED;
	/* TS004's fragments cannot be decoded as they come, and in place a reset must not lose any.
	 */
	if (ota_budget_fragments(search->job->budget) == 0 && !trial->target.in_place &&
	    ota_trial_helps(search))
		add_place(search, 1, "decode the update as it comes in, and keep it nowhere");
	ota_trial_begin(search);
	trial->target.has_patch_place = true;
	trial->target.patch_place = OTA_PATCH_AREA;
	trial->target.patch_area = largest_free(search->job->target);
	if (trial->target.patch_area.len == 0 || !ota_trial_helps(search))
		return;
	(void)snprintf(where, sizeof(where),
		       "keep the update in flash that no area has, %s bytes at 0x%" PRIx32,
		       ota_number_grouped(trial->target.patch_area.len, number),
		       trial->target.patch_area.at);
	add_place(search, 2, where);
}

static bool is_area(const struct ota_budget_line *line)
{
	return strcmp(line->what, BUDGET_LINE_AREA) == 0;
}

static void try_larger_area(struct ota_search *search)
{
	const struct ota_budget_line *line =
		ota_budget_line_named(search->job->budget, BUDGET_LINE_AREA);
	bool external = search->job->target->patch_area.external;
	char number[2][NUMBER_TEXT];

	if (!line || line->fits)
		return;
	ota_search_add(search, ota_search_only(search, is_area),
		       ota_search_class(search, external ? 0 : line->needs - line->has),
		       line->needs - line->has,
		       "give the update an area of %s bytes, %s more than it has",
		       ota_number_grouped(line->needs, number[0]),
		       ota_number_grouped(line->needs - line->has, number[1]));
}

/* -- all --------------------------------------------------------------------------------------- */

/* What the caller lets be sent, and what there is room for; in fragments, all of them whole. */
static uint64_t most_sent(const struct ota_search *search, bool kept_fails)
{
	const struct ota_budget *budget = search->job->budget;
	const struct ota_budget_line *line = ota_budget_line_named(budget, BUDGET_LINE_SENT);
	uint64_t most = line->fits ? UINT64_MAX : line->has;
	uint64_t room = kept_fails ? ota_budget_most_kept(search->job) : UINT64_MAX;

	for (unsigned i = 0; kept_fails && i < budget->n_links; i++) {
		uint64_t whole = room;

		if (budget->delivery[i].defrag_store > 0)
			whole -= room % budget->delivery[i].packet_bytes;
		room = whole < room ? whole : room;
	}
	return room < most ? room : most;
}

static void try_smaller_update(struct ota_search *search, bool kept_fails)
{
	uint64_t most = most_sent(search, kept_fails);
	char number[NUMBER_TEXT];

	if (most == 0 || most >= search->job->sent_len)
		return;
	ota_trial_begin(search);
	search->trial->update.sent_len = most;
	if (ota_trial_helps(search))
		ota_search_add(search, ota_trial_cures(search), REMEDY_PATCH, AMOUNT_MAX,
			       "find an update of at most %s bytes: in another format, or to a new "
			       "image that differs less",
			       ota_number_grouped(most, number));
}

void ota_remedies_of_memory(struct ota_search *search)
{
	bool kept_fails = ota_search_fails(search, BUDGET_LINE_BEHIND) ||
			  ota_search_fails(search, BUDGET_LINE_AREA);

	if (memory_fails(search) || (!search->job->decodes && delivery_fails(search)))
		try_formats(search);
	if (memory_fails(search) || kept_fails) {
		try_gateway(search);
		try_places(search);
	}
	try_more_ram(search);
	try_more_stack(search);
	try_larger_area(search);
	try_smaller_update(search, kept_fails);
}
