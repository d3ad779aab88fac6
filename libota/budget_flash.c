// SPDX-License-Identifier: Apache-2.0
/* Flash: where the update is kept, the images in the slots, scratch, and what a reset costs. */
#include <inttypes.h>
#include <stdio.h>

#include <ota/number.h>

#include "budget_parts.h"

/* -- sectors ----------------------------------------------------------------------------------- */

static void add_run(struct ota_sectors *sectors, uint32_t count, uint32_t size)
{
	if (count > 0 && sectors->n < OTA_SECTOR_RUNS_MAX)
		sectors->run[sectors->n++] = (struct ota_sector_run){count, size};
}

/* The whole sectors of `sectors` that lie inside `len` bytes from `at` on. */
static struct ota_sectors cut(const struct ota_sectors *sectors, uint64_t at, uint64_t len)
{
	struct ota_sectors inside = {.n = 0};
	uint64_t start = 0;

	for (unsigned i = 0; i < sectors->n; i++) {
		const struct ota_sector_run *run = &sectors->run[i];
		uint64_t before;
		uint64_t end;

		if (run->size == 0)
			continue;
		before = at > start ? (at - start + run->size - 1) / run->size : 0;
		end = at + len > start ? (at + len - start) / run->size : 0;
		if (end > run->count)
			end = run->count;
		if (end > before)
			add_run(&inside, (uint32_t)(end - before), run->size);
		start += (uint64_t)run->count * run->size;
	}
	return inside;
}

static struct ota_sectors reversed(const struct ota_sectors *sectors)
{
	struct ota_sectors turned = {.n = sectors->n};

	for (unsigned i = 0; i < sectors->n; i++)
		turned.run[i] = sectors->run[sectors->n - 1 - i];
	return turned;
}

/* Bytes of the first sectors that hold `bytes`; when there are too few, as if some of `more` bytes
 * each followed. */
static uint64_t cover(const struct ota_sectors *sectors, uint64_t bytes, uint32_t more)
{
	uint64_t taken = 0;

	for (unsigned i = 0; i < sectors->n && taken < bytes; i++) {
		const struct ota_sector_run *run = &sectors->run[i];
		uint64_t wanted = (bytes - taken + run->size - 1) / run->size;

		taken += (wanted < run->count ? wanted : run->count) * run->size;
	}
	if (taken < bytes && more > 0)
		taken += (bytes - taken + more - 1) / more * more;
	return taken < bytes ? bytes : taken;
}

/* -- where the update is kept ------------------------------------------------------------------ */

uint64_t ota_budget_fragments(const struct ota_budget *budget)
{
	uint64_t most = 0;

	for (unsigned i = 0; i < budget->n_links; i++) {
		if (budget->delivery[i].defrag_store > most)
			most = budget->delivery[i].defrag_store;
	}
	return most;
}

/* Where images run from both slots, new goes to either: the smaller one must do. */
static bool takes_either_slot(const struct ota_flash_layout *layout)
{
	return ota_mode_is_direct_xip(layout->mode) || layout->mode == OTA_MODE_RAM_LOAD;
}

/* The slot that new comes to. */
static const struct ota_sectors *slot_of_new(const struct ota_flash_layout *layout)
{
	bool primary = takes_either_slot(layout) &&
		       ota_sectors_bytes(&layout->primary) < ota_sectors_bytes(&layout->secondary);

	return primary ? &layout->primary : &layout->secondary;
}

/* Bytes of that slot before its trailer. */
static uint64_t before_trailer(const struct budget_job *job)
{
	struct ota_flash_layout alone = job->layout;
	uint64_t bytes = ota_sectors_bytes(slot_of_new(&job->layout));
	uint64_t trailer = job->budget->limits.trailer;
	struct ota_flash_limits limits;

	if (ota_mode_is_swap(job->layout.mode))
		return bytes > trailer ? bytes - trailer : 0;
	/* The others write no swap status: what is left is as large as their largest image. */
	alone.secondary = *slot_of_new(&job->layout);
	alone.primary = alone.secondary;
	if (alone.secondary.n == 0 || ota_flash_limits(&alone, &limits, NULL) != OTA_OK ||
	    !limits.compatible)
		return bytes;
	return limits.max_image;
}

static void note_fragments(struct ota_budget_line *line, uint64_t fragments, uint64_t sent)
{
	char number[NUMBER_TEXT];

	if (fragments > sent)
		ota_budget_note(line, "in whole fragments, %s bytes",
				ota_number_grouped(fragments, number));
}

/* The slot before its trailer, in whole sectors, and what of it the new image takes. */
struct behind {
	struct ota_sectors all;
	uint64_t spare; /* a sector before the new image, in swap-offset */
	uint64_t new_bytes;
};

static struct behind measure_behind(const struct budget_job *job)
{
	const struct ota_sectors *slot = slot_of_new(&job->layout);
	uint64_t room = before_trailer(job);
	bool offset = job->layout.mode == OTA_MODE_SWAP_OFFSET;
	uint64_t spare = offset && slot->n > 0 ? slot->run[0].size : 0;
	struct ota_sectors of_new = cut(slot, spare, room > spare ? room - spare : 0);

	return (struct behind){
		.all = cut(slot, 0, room),
		.spare = spare,
		.new_bytes = cover(&of_new, job->update->new_len, ota_sectors_largest(slot))};
}

static struct ota_sectors area_sectors(const struct ota_target *target)
{
	return cut(&ota_area_flash(target, &target->patch_area)->sectors, target->patch_area.at,
		   target->patch_area.len);
}

uint64_t ota_budget_most_kept(const struct budget_job *job)
{
	struct ota_sectors area;
	struct behind behind;
	uint64_t room;
	uint64_t taken;

	if (ota_device_streams(job->target))
		return UINT64_MAX;
	if (job->target->patch_place == OTA_PATCH_AREA) {
		area = area_sectors(job->target);
		return ota_sectors_bytes(&area);
	}
	behind = measure_behind(job);
	room = ota_sectors_bytes(&behind.all);
	taken = behind.spare + behind.new_bytes;
	return room > taken ? room - taken : 0;
}

static void explain_behind(struct budget_job *job, const struct behind *behind,
			   uint64_t update_bytes)
{
	bool offset = behind->spare > 0;
	char number[5][NUMBER_TEXT];
	char spare[NUMBER_TEXT + 4] = "";

	if (offset)
		(void)snprintf(spare, sizeof(spare), "%s + ",
			       ota_number_grouped(behind->spare, number[0]));
	ota_budget_explain(
		job->budget, BUDGET_LINE_BEHIND,
		offset ? "one sector + up(new, s) + up(update, s), s: sector"
		       : "up(new, s) + up(update, s), s: sector",
		offset ? "boot/bootutil/src/swap_offset.c:95-101"
		       : "boot/bootutil/src/bootutil_area.c:74-94",
		"%s%s + %s = %s of %s in whole sectors before the trailer", spare,
		ota_number_grouped(behind->new_bytes, number[1]),
		ota_number_grouped(update_bytes, number[2]),
		ota_number_grouped(behind->spare + behind->new_bytes + update_bytes, number[3]),
		ota_number_grouped(ota_sectors_bytes(&behind->all), number[4]));
}

/* New from the slot's start, in swap-offset from its second sector on; the update up to its end. */
static void add_behind(struct budget_job *job, uint64_t kept)
{
	struct behind behind = measure_behind(job);
	struct ota_sectors of_update = reversed(&behind.all);
	uint64_t update_bytes =
		cover(&of_update, kept, ota_sectors_largest(slot_of_new(&job->layout)));
	char number[NUMBER_TEXT];
	struct ota_budget_line *line =
		ota_budget_add(job, OTA_PLACE_SLOT, OTA_UNIT_BYTES, BUDGET_LINE_BEHIND,
			       behind.spare + behind.new_bytes + update_bytes);

	ota_budget_limit(line, ota_sectors_bytes(&behind.all));
	note_fragments(line, kept, job->sent_len);
	explain_behind(job, &behind, update_bytes);
	(void)snprintf(job->budget->kept, sizeof(job->budget->kept),
		       "at the end of %s, before its trailer: %s bytes in whole sectors",
		       takes_either_slot(&job->layout) ? "the slot that does not run"
						       : "the secondary slot",
		       ota_number_grouped(update_bytes, number));
}

static void add_area(struct budget_job *job, uint64_t kept)
{
	const struct ota_area *area = &job->target->patch_area;
	struct ota_sectors sectors = area_sectors(job->target);
	uint64_t needs =
		cover(&sectors, kept,
		      ota_sectors_largest(
			      &ota_area_flash(job->target, &job->target->patch_area)->sectors));
	char number[NUMBER_TEXT];
	char figure[3][NUMBER_TEXT];
	struct ota_budget_line *line =
		ota_budget_add(job, OTA_PLACE_FLASH, OTA_UNIT_BYTES, BUDGET_LINE_AREA, needs);

	ota_budget_limit(line, ota_sectors_bytes(&sectors));
	note_fragments(line, kept, job->sent_len);
	ota_budget_explain(
		job->budget, BUDGET_LINE_AREA, "up(update, s), s: sector of its flash", NULL,
		"%s bytes in sectors: %s of %s", ota_number_grouped(kept, figure[0]),
		ota_number_grouped(needs, figure[1]), ota_number_grouped(line->has, figure[2]));
	(void)snprintf(job->budget->kept, sizeof(job->budget->kept),
		       "in an area of its own at 0x%" PRIx32 "%s: %s bytes in whole sectors",
		       area->at, area->external ? " of the external flash" : "",
		       ota_number_grouped(needs, number));
}

static void find_no_store(struct budget_job *job, uint64_t fragments)
{
	char number[NUMBER_TEXT];
	struct ota_budget_finding *finding = ota_budget_find(
		job->budget, "ts004-needs-store", OTA_SEVERITY_WARNING,
		"the update comes in TS004 fragments, %s bytes of them, and the profile keeps it "
		"nowhere",
		ota_number_grouped(fragments, number));

	finding->source = "LoRaWAN TS004-1.0.0";
	(void)snprintf(finding->why, sizeof(finding->why),
		       "fragments that are lost are made good at the end: the update is not in "
		       "order before it is whole, and cannot be decoded as it comes in");
	(void)snprintf(finding->remedy, sizeof(finding->remedy),
		       "keep it in flash: behind the new image in the secondary slot, or in an "
		       "area of its own of at least %s bytes",
		       number);
}

/* -- what a reset costs ------------------------------------------------------------------------ */

static const char streamed_again[] = "a reset starts the download again";

static void tell_reset_of_stream(struct budget_job *job, uint64_t state)
{
	char *reset = job->budget->reset;
	size_t size = sizeof(job->budget->reset);
	char number[NUMBER_TEXT];

	if (job->journal.fits)
		(void)snprintf(
			reset, size,
			"a reset goes on at the last checkpoint, which the journal has, when "
			"the update is sent again from there on");
	else if (state == OTA_CHECKPOINT_NONE)
		(void)snprintf(reset, size, "%s: the decoder's state cannot be saved",
			       streamed_again);
	else if (state == 0)
		(void)snprintf(reset, size,
			       "%s, unless the updater saves, after each window, where it is in "
			       "the patch and in the new image",
			       streamed_again);
	else
		(void)snprintf(reset, size,
			       "%s, unless the updater saves the decoder's state, %s bytes, and "
			       "where it is in the patch and in the new image, at each checkpoint",
			       streamed_again, ota_number_grouped(state, number));
}

static void tell_reset_of_kept(struct budget_job *job, uint64_t state)
{
	char *reset = job->budget->reset;
	size_t size = sizeof(job->budget->reset);
	char number[NUMBER_TEXT];

	if (job->journal.fits)
		(void)snprintf(reset, size,
			       "a reset goes on at the last checkpoint, which the journal has; "
			       "nothing is downloaded again");
	else if (state == OTA_CHECKPOINT_NONE)
		(void)snprintf(reset, size,
			       "a reset starts decoding again, from the kept update; nothing is "
			       "downloaded again");
	else if (state == 0)
		(void)snprintf(reset, size,
			       "a reset starts decoding again, from the kept update, or at the "
			       "window that was at work; nothing is downloaded again");
	else
		(void)snprintf(
			reset, size,
			"a reset starts decoding again, from the kept update, or at the last "
			"checkpoint when the decoder's %s bytes were saved there; nothing "
			"is downloaded again",
			ota_number_grouped(state, number));
}

/* loader.c:2151-2205: of a kept update behind the new image nothing is left either. */
static void tell_unconfirmed(struct budget_job *job)
{
	char *reset = job->budget->reset;
	size_t at = strlen(reset);

	if (job->layout.mode == OTA_MODE_DIRECT_XIP_REVERT)
		(void)snprintf(reset + at, sizeof(job->budget->reset) - at,
			       "; a new image that ran unconfirmed is erased at the next reset, "
			       "with its slot");
}

static void tell_image(struct budget_job *job)
{
	char *kept = job->budget->kept;
	char *reset = job->budget->reset;
	size_t size = sizeof(job->budget->reset);

	switch (job->layout.mode) {
	case OTA_MODE_SWAP_SCRATCH:
	case OTA_MODE_SWAP_MOVE:
	case OTA_MODE_SWAP_OFFSET:
	case OTA_MODE_OVERWRITE_ONLY:
	case OTA_MODE_OVERWRITE_FAST:
		(void)snprintf(kept, sizeof(job->budget->kept),
			       "in the secondary slot, where the bootloader takes it from");
		(void)snprintf(reset, size,
			       "after a reset the bootloader goes on with its upgrade by itself; "
			       "that a download goes on is up to the application");
		break;
	case OTA_MODE_DIRECT_XIP:
	case OTA_MODE_DIRECT_XIP_REVERT:
	case OTA_MODE_RAM_LOAD:
		(void)snprintf(kept, sizeof(job->budget->kept),
			       "in the slot that does not run, where it stays");
		(void)snprintf(reset, size,
			       "the bootloader copies nothing in flash that a reset could stop; "
			       "that a download goes on is up to the application");
		break;
	case OTA_MODE_SINGLE_SLOT:
	case OTA_MODE_FIRMWARE_LOADER:
		(void)snprintf(kept, sizeof(job->budget->kept),
			       "in the only slot, over the old image");
		(void)snprintf(reset, size,
			       "a reset while the slot is written leaves no image that boots: %s "
			       "must be able to receive it again",
			       job->layout.mode == OTA_MODE_FIRMWARE_LOADER ? "the loader"
									    : "the bootloader");
		break;
	}
}

/* Fragments are written as they come: the last one is whole too, and may reach the trailer. */
static void add_pieces(struct budget_job *job, uint64_t fragments)
{
	const struct ota_flash_layout *layout = &job->layout;
	bool one_slot = ota_mode_has_one_slot(layout->mode);
	uint64_t room = one_slot ? job->budget->limits.max_image : before_trailer(job);
	uint64_t spare = layout->mode == OTA_MODE_SWAP_OFFSET && layout->secondary.n > 0
				 ? layout->secondary.run[0].size
				 : 0;
	char number[2][NUMBER_TEXT];
	struct ota_budget_line *line =
		ota_budget_add(job, OTA_PLACE_SLOT, OTA_UNIT_BYTES, BUDGET_LINE_PIECES, fragments);

	ota_budget_limit(line, room > spare ? room - spare : 0);
	ota_budget_explain(
		job->budget, BUDGET_LINE_PIECES, "fragments * size <= slot before its trailer",
		"LoRaMac-node, FragDecoder.c", "%s <= %s", ota_number_grouped(fragments, number[0]),
		ota_number_grouped(line->has, number[1]));
}

static void tell_reset_in_place(struct budget_job *job)
{
	const struct ota_in_place *place = &job->place;
	char *reset = job->budget->reset;
	size_t size = sizeof(job->budget->reset);
	char number[NUMBER_TEXT];

	if (job->journal.fits)
		(void)snprintf(reset, size,
			       "a reset goes on at the last record of the journal: at most %" PRIu32
			       " block%s of %s bytes %s moved or made again",
			       place->every, place->every == 1 ? "" : "s",
			       ota_number_grouped(place->block, number),
			       place->every == 1 ? "is" : "are");
	else
		(void)snprintf(reset, size,
			       "a reset while old is moved or new is made leaves no image that "
			       "boots, and nothing to go on with");
}

static void tell_reset(struct budget_job *job)
{
	bool streams = ota_device_streams(job->target);
	uint64_t state = job->format->checkpoint(job->update->patch);

	if (job->in_place)
		tell_reset_in_place(job);
	else if (ota_device_holds_new(job->target))
		(void)snprintf(job->budget->reset, sizeof(job->budget->reset),
			       "a reset while the new image is written over the old one leaves no "
			       "image that boots; before that %s",
			       streams ? "the download starts again" : "decoding starts again");
	else if (streams)
		tell_reset_of_stream(job, state);
	else
		tell_reset_of_kept(job, state);
}

static void keep_nowhere(struct budget_job *job, uint64_t fragments)
{
	(void)snprintf(job->budget->kept, sizeof(job->budget->kept),
		       job->target->has_patch_place
			       ? "nowhere: it is decoded as it comes in"
			       : "the profile does not say: taken as streamed, decoded as it comes "
				 "in");
	if (fragments > 0)
		find_no_store(job, fragments);
}

void ota_budget_kept(struct budget_job *job)
{
	const struct ota_target *target = job->target;
	uint64_t fragments = ota_budget_fragments(job->budget);
	uint64_t kept = fragments > job->sent_len ? fragments : job->sent_len;

	if (job->decodes)
		tell_reset(job);
	else
		tell_image(job);
	tell_unconfirmed(job);
	if (!job->decodes && fragments > 0)
		add_pieces(job, fragments);
	if (!job->decodes)
		return;
	if (ota_device_streams(target))
		keep_nowhere(job, fragments);
	else if (target->patch_place == OTA_PATCH_AREA)
		add_area(job, kept);
	else
		add_behind(job, kept);
}

/* -- slots ------------------------------------------------------------------------------------- */

struct ota_flash_layout ota_budget_layout(const struct ota_target *target,
					  const struct ota_budget_options *options)
{
	struct ota_flash_layout layout = target->layout;
	uint32_t sector = ota_sectors_largest(&layout.scratch);
	uint32_t wanted = (uint32_t)options->scratch;

	if (!options->has_scratch || layout.mode != OTA_MODE_SWAP_SCRATCH)
		return layout;
	/* Whole sectors as the profile's are; what is no whole one is all there is. */
	if (sector == 0 || wanted < sector)
		sector = wanted;
	layout.scratch = (struct ota_sectors){.n = 1};
	layout.scratch.run[0] = (struct ota_sector_run){sector > 0 ? wanted / sector : 1, sector};
	return layout;
}

/* A group of sectors that is swapped at once is never larger than the larger slot's sector. */
static uint64_t scratch_needed(const struct ota_flash_layout *layout)
{
	uint32_t primary = ota_sectors_largest(&layout->primary);
	uint32_t secondary = ota_sectors_largest(&layout->secondary);

	return primary > secondary ? primary : secondary;
}

static void explain_run_ram(struct budget_job *job, uint64_t load, bool placed,
			    const struct ota_budget_line *line)
{
	uint64_t len = job->update->new_len;
	char number[2][NUMBER_TEXT];

	(void)ota_number_grouped(len, number[0]);
	if (placed)
		ota_budget_explain(job->budget, BUDGET_LINE_RUNS,
				   "load address + image <= end of RAM",
				   "boot/bootutil/src/ram_load.c:62-102",
				   "0x%08" PRIx64 " + %s <= 0x%08" PRIx64, load, number[0],
				   job->target->exec_ram.at + line->has);
	else
		ota_budget_explain(job->budget, BUDGET_LINE_RUNS,
				   "image <= RAM, wherever in it that is",
				   "boot/bootutil/src/ram_load.c:62-102", "%s <= %s", number[0],
				   ota_number_grouped(line->has, number[1]));
}

/* From the start of that RAM when image and profile tell where it is; else of all RAM. */
static void add_run_ram(struct budget_job *job)
{
	const struct ota_image *image = job->update->new_image;
	const struct ota_area *ram = &job->target->exec_ram;
	uint64_t len = job->update->new_len;
	bool placed = ram->len > 0 && image != NULL;
	uint64_t load = placed ? image->header.load_addr : ram->at;
	uint64_t before = load > ram->at ? load - ram->at : 0;
	struct ota_budget_line *line = ota_budget_add(
		job, OTA_PLACE_RAM, OTA_UNIT_BYTES, BUDGET_LINE_RUNS, placed ? before + len : len);

	ota_budget_limit(line, ram->len > 0 ? ram->len : job->target->ram);
	if (placed && load < ram->at) {
		line->fits = false;
		ota_budget_note(line, "loads to 0x%08" PRIx64 ", RAM begins at 0x%08" PRIx32, load,
				ram->at);
	}
	explain_run_ram(job, load, placed, line);
}

static void add_image(struct budget_job *job, const char *what, uint64_t len)
{
	uint64_t max = job->budget->limits.max_image;
	struct ota_budget_line *line =
		ota_budget_add(job, OTA_PLACE_SLOT, OTA_UNIT_BYTES, what, len);
	char number[2][NUMBER_TEXT];

	ota_budget_limit(line, max);
	ota_budget_explain(job->budget, what, "header to last TLV <= largest image",
			   "boot/bootutil/src/bootutil_misc.c:353-376", "%s <= %s",
			   ota_number_grouped(len, number[0]), ota_number_grouped(max, number[1]));
}

void ota_budget_slots(struct budget_job *job)
{
	const struct ota_update *update = job->update;
	struct ota_budget_line *line;
	char number[2][NUMBER_TEXT];

	if (update->old_len > 0)
		add_image(job, BUDGET_LINE_OLD, update->old_len);
	add_image(job, BUDGET_LINE_NEW, update->new_len);
	if (job->layout.mode == OTA_MODE_SWAP_SCRATCH) {
		line = ota_budget_add(job, OTA_PLACE_SCRATCH, OTA_UNIT_BYTES, BUDGET_LINE_SCRATCH,
				      scratch_needed(&job->layout));
		ota_budget_limit(line, ota_sectors_bytes(&job->layout.scratch));
		ota_budget_explain(job->budget, BUDGET_LINE_SCRATCH,
				   "largest sector of either slot <= scratch",
				   "boot/bootutil/src/swap_scratch.c:271-371", "%s <= %s",
				   ota_number_grouped(line->needs, number[0]),
				   ota_number_grouped(line->has, number[1]));
	}
	if (job->layout.mode == OTA_MODE_RAM_LOAD)
		add_run_ram(job);
}
