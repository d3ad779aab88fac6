// SPDX-License-Identifier: Apache-2.0
/* Devices with one slot, which make new where old lies: room, journal, and what can go wrong. */
#include <inttypes.h>
#include <stdio.h>

#include "budget_remedy.h"

#define SOURCE "examples/device/README.md"

/* -- what the patch says ----------------------------------------------------------------------- */

void ota_budget_place(struct budget_job *job)
{
	const struct ota_target *target = job->target;
	struct ota_in_place *place = &job->place;
	struct ota_delta_info info = {.is_otd = false};
	uint64_t state;

	*place = (struct ota_in_place){.every = target->checkpoint_every,
				       .old_len = job->update->old_len,
				       .new_len = job->update->new_len};
	if (place->every == 0)
		place->every = 1;
	if (!job->decodes)
		return;
	if (job->format->knows_code &&
	    ota_delta_describe(job->update->patch, &info, NULL) == OTA_OK)
		job->patch_in_place = info.otd.in_place;
	if (job->patch_in_place) {
		place->block = info.otd.block;
		place->lead = info.otd.lead;
		place->old_len = info.otd.old_size;
		place->new_len = info.new_size;
	}
	job->in_place = job->patch_in_place && target->in_place;
	state = job->format->checkpoint(job->update->patch);
	if (state != OTA_CHECKPOINT_NONE && (job->in_place || !target->in_place))
		ota_journal_count(target, place, state, &job->journal);
	job->budget->in_place = job->in_place;
	job->budget->place = *place;
	job->budget->journal = job->journal;
}

/* -- lines ------------------------------------------------------------------------------------- */

static void add_room(struct budget_job *job, uint64_t usable)
{
	const struct ota_in_place *place = &job->place;
	uint64_t shift = ota_in_place_shift(place);
	uint64_t old_bytes = ota_in_place_whole(place, place->old_len);
	uint64_t new_bytes = ota_in_place_whole(place, place->new_len);
	struct ota_budget_line *line = ota_budget_add(job, OTA_PLACE_SLOT, OTA_UNIT_BYTES,
						      BUDGET_LINE_MOVED, shift + old_bytes);
	char number[6][NUMBER_TEXT];

	ota_budget_limit(line, usable);
	ota_budget_note(line, "by %s, of which the patch counts on %s",
			ota_number_grouped(shift, number[0]),
			ota_number_grouped(place->lead, number[1]));
	ota_budget_explain(
		job->budget, BUDGET_LINE_MOVED,
		"lead + (every - 1) * block + up(old, block) <= down(slot - trailer, block)",
		"formats/otd.md, In place", "%s + (%" PRIu32 " - 1) * %s + %s = %s <= %s",
		ota_number_grouped(place->lead, number[0]), place->every,
		ota_number_grouped(place->block, number[1]),
		ota_number_grouped(old_bytes, number[2]),
		ota_number_grouped(shift + old_bytes, number[3]),
		ota_number_grouped(usable, number[4]));
	line = ota_budget_add(job, OTA_PLACE_SLOT, OTA_UNIT_BYTES, BUDGET_LINE_BLOCKS, new_bytes);
	ota_budget_limit(line, usable);
	ota_budget_explain(
		job->budget, BUDGET_LINE_BLOCKS, "up(new, block) <= down(slot - trailer, block)",
		"formats/otd.md, In place", "%s <= %s", ota_number_grouped(new_bytes, number[0]),
		ota_number_grouped(usable, number[1]));
}

static void add_journal(struct budget_job *job)
{
	const struct ota_journal *journal = &job->journal;
	struct ota_budget_line *line;
	char number[6][NUMBER_TEXT];

	if (journal->half == 0 || journal->checkpoint == 0)
		return;
	line = ota_budget_add(job, OTA_PLACE_FLASH, OTA_UNIT_BYTES, BUDGET_LINE_JOURNAL,
			      journal->checkpoint);
	ota_budget_limit(line, journal->half);
	ota_budget_explain(job->budget, BUDGET_LINE_JOURNAL,
			   "up(32 + decoder state + 4, write unit) <= half of the journal", SOURCE,
			   "%s <= %s", ota_number_grouped(journal->checkpoint, number[0]),
			   ota_number_grouped(journal->half, number[1]));
	if (!journal->fits)
		return;
	ota_budget_note(line, "%s of them, and %s marks: %s halves are erased",
			ota_number_grouped(journal->checkpoints, number[0]),
			ota_number_grouped(journal->marks, number[1]),
			ota_number_grouped(journal->erases, number[2]));
	ota_budget_explain(
		job->budget, "halves of the journal that are erased",
		job->in_place ? "marks: begun, each `every` blocks that old is moved, done; "
				"checkpoints: each `every` blocks of new; what is over a half's "
				"end begins the other half"
			      : "checkpoints: each `every` sectors of new but before the first; "
				"marks: proved, done; what is over a half's end begins the other "
				"half",
		SOURCE, "%s marks of %s and %s checkpoints of %s in halves of %s: %s",
		ota_number_grouped(journal->marks, number[0]),
		ota_number_grouped(journal->mark, number[1]),
		ota_number_grouped(journal->checkpoints, number[2]),
		ota_number_grouped(journal->checkpoint, number[3]),
		ota_number_grouped(journal->half, number[4]),
		ota_number_grouped(journal->erases, number[5]));
}

/* -- patches for the other kind of device -------------------------------------------------------
 */

static void find_two_slots(struct budget_job *job)
{
	struct ota_budget_finding *finding = ota_budget_find(
		job->budget, "patch-not-in-place", OTA_SEVERITY_FAILURE,
		"the %s patch is made for two slots, and %s makes new where old lies",
		job->format->name, job->target->name);

	(void)snprintf(finding->why, sizeof(finding->why),
		       "old is overwritten before the patch has been through it: the updater "
		       "refuses the patch, or is left with half of each image");
	(void)snprintf(finding->remedy, sizeof(finding->remedy),
		       "make the patch in place: otatool diff --target %s", job->target->name);
}

static void find_one_slot(struct budget_job *job)
{
	bool one_slot = ota_mode_has_one_slot(job->layout.mode);
	struct ota_budget_finding *finding = ota_budget_find(
		job->budget, "patch-in-place", OTA_SEVERITY_FAILURE,
		"the patch is made for a slot that old and new share, and %s %s", job->target->name,
		one_slot ? "does not update in place" : "has two slots");

	(void)snprintf(finding->why, sizeof(finding->why),
		       "a decoder for two slots may be built without such patches and refuse it; "
		       "and one that may read all of old is smaller");
	(void)snprintf(finding->remedy, sizeof(finding->remedy), "%s",
		       one_slot ? "say in-place: true in the profile, if its updater does, or "
				  "make the patch again without --in-place"
				: "make the patch again without --in-place");
}

/* -- what can go wrong ------------------------------------------------------------------------- */

static void find_block(struct budget_job *job)
{
	const struct ota_sectors *slot = &job->target->layout.primary;
	char number[2][NUMBER_TEXT];
	struct ota_budget_finding *finding =
		ota_budget_find(job->budget, "in-place-block", OTA_SEVERITY_FAILURE,
				"the patch erases %s bytes at a time, and the slot's sectors, of "
				"%s at most, do not "
				"end there",
				ota_number_grouped(job->place.block, number[0]),
				ota_number_grouped(ota_sectors_largest(slot), number[1]));

	(void)snprintf(finding->why, sizeof(finding->why),
		       "to erase a block is to erase what lies behind it in its last sector: old "
		       "bytes that the patch counts on, or new ones");
	(void)snprintf(finding->remedy, sizeof(finding->remedy),
		       "make the patch for this device: otatool diff --target %s",
		       job->target->name);
}

static void find_page(struct budget_job *job)
{
	char number[2][NUMBER_TEXT];
	struct ota_budget_finding *finding = ota_budget_find(
		job->budget, "in-place-block", OTA_SEVERITY_FAILURE,
		"the patch erases %s bytes at a time, and %s are programmed at once",
		ota_number_grouped(job->place.block, number[0]),
		ota_number_grouped(ota_device_page(job->target), number[1]));

	(void)snprintf(finding->why, sizeof(finding->why),
		       "what is programmed together must not lie in two blocks: the second one is "
		       "not erased yet");
	(void)snprintf(finding->remedy, sizeof(finding->remedy),
		       "make the patch with a larger block: --block, or updater.block");
}

static void find_no_journal(struct budget_job *job)
{
	struct ota_budget_finding *finding =
		ota_budget_find(job->budget, BUDGET_FINDING_JOURNAL, OTA_SEVERITY_FAILURE,
				"%s updates in place and has no journal", job->target->name);

	(void)snprintf(finding->why, sizeof(finding->why),
		       "after a power cut nobody knows how far old was moved or new was made: the "
		       "device never boots again");
	(void)snprintf(finding->remedy, sizeof(finding->remedy),
		       "give the updater a journal: two halves of whole sectors, each for a "
		       "checkpoint with the decoder's state");
}

static void find_streamed(struct budget_job *job)
{
	bool loader = job->layout.mode == OTA_MODE_FIRMWARE_LOADER;
	struct ota_budget_finding *finding =
		ota_budget_find(job->budget, BUDGET_FINDING_STREAMED,
				loader ? OTA_SEVERITY_WARNING : OTA_SEVERITY_FAILURE,
				"the patch is kept nowhere while it overwrites the image that "
				"could fetch it again");

	(void)snprintf(finding->why, sizeof(finding->why), "%s",
		       loader ? "after a reset old is gone in part: only the firmware loader can "
				"go on, and must have the rest of this very patch sent again; the "
				"update agent of examples/device refuses such a patch"
			      : "after a reset old is gone in part, and nothing on the device "
				"can fetch the rest of the patch: it never boots again");
	(void)snprintf(finding->remedy, sizeof(finding->remedy), "%s",
		       loader ? "keep the patch in an area of its own, or see that the loader asks "
				"for the stream from the checkpoint's byte on"
			      : "keep the patch in an area of its own: updater.patch, "
				"ADDRESS+SIZE");
}

/* What is so for every update in place, and no figure shows. */
static void find_no_way_back(struct budget_job *job)
{
	bool loader = job->layout.mode == OTA_MODE_FIRMWARE_LOADER;
	struct ota_budget_finding *finding =
		ota_budget_find(job->budget, "in-place-no-way-back",
				loader ? OTA_SEVERITY_NOTE : OTA_SEVERITY_WARNING,
				"there is no old image to go back to once new is made");

	(void)snprintf(
		finding->why, sizeof(finding->why),
		"the updater proves new before it starts it, so nothing boots that is not whole; "
		"but a new image that is whole and does not work stays%s",
		loader ? ", until the loader has fetched another one" : "");
	if (!loader)
		(void)snprintf(finding->remedy, sizeof(finding->remedy),
			       "try the new image on a device of that kind first, and keep a way "
			       "to load a whole image: serial recovery, or a firmware loader");
	finding = ota_budget_find(job->budget, "in-place-runs-elsewhere", OTA_SEVERITY_NOTE,
				  "the updater must run from outside of the slot");
	(void)snprintf(finding->why, sizeof(finding->why),
		       "it overwrites the slot: it is part of the bootloader or of the firmware "
		       "loader, and begins at every start where the journal ends");
}

static void find_in_place(struct budget_job *job)
{
	const struct ota_in_place *place = &job->place;
	uint64_t end = ota_in_place_shift(place) + ota_in_place_whole(place, place->old_len);
	uint64_t new_end = ota_in_place_whole(place, place->new_len);

	if (!ota_in_place_erasable(&job->target->layout.primary, place->block,
				   end > new_end ? end : new_end))
		find_block(job);
	if (place->block % ota_device_page(job->target) != 0)
		find_page(job);
	if (job->journal.half == 0)
		find_no_journal(job);
	if (ota_device_streams(job->target))
		find_streamed(job);
	find_no_way_back(job);
}

void ota_budget_in_place(struct budget_job *job)
{
	if (!job->decodes)
		return;
	if (job->in_place)
		add_room(job, ota_in_place_usable(job->target, job->place.block));
	add_journal(job);
}

void ota_hazards_in_place(struct budget_job *job)
{
	if (job->in_place)
		find_in_place(job);
	else if (job->decodes && job->target->in_place)
		find_two_slots(job);
	else if (job->patch_in_place)
		find_one_slot(job);
}

/* -- ways out ---------------------------------------------------------------------------------- */

static void move_less(struct ota_search *search)
{
	const struct budget_job *job = search->job;
	struct ota_in_place place = job->place;
	char number[2][NUMBER_TEXT];

	if (!ota_search_fails(search, BUDGET_LINE_MOVED))
		return;
	place.block = 0;
	if (ota_in_place_plan(job->target, &place, NULL) != OTA_OK)
		return;
	ota_search_add(
		search, ota_search_only_line(search, BUDGET_LINE_MOVED), REMEDY_PATCH, 0,
		"make the patch for this device, otatool diff --target %s: old is then moved "
		"up by %s at most, not %s",
		job->target->name, ota_number_grouped(ota_in_place_shift(&place), number[0]),
		ota_number_grouped(ota_in_place_shift(&job->place), number[1]));
}

static void enlarge_journal(struct ota_search *search)
{
	const struct budget_job *job = search->job;
	const struct ota_target *target = job->target;
	const struct ota_flash *flash = ota_area_flash(target, &target->journal);
	uint64_t sector = ota_sectors_largest(&flash->sectors);
	uint64_t half = job->journal.checkpoint;
	char number[2][NUMBER_TEXT];

	if (!ota_search_fails(search, BUDGET_LINE_JOURNAL) || sector == 0)
		return;
	half = (half / sector + (half % sector != 0)) * sector;
	ota_search_add(search, ota_search_only_line(search, BUDGET_LINE_JOURNAL),
		       ota_search_class(search, 2 * (half - job->journal.half)), half,
		       "make the journal %s bytes, two halves of %s",
		       ota_number_grouped(2 * half, number[0]),
		       ota_number_grouped(half, number[1]));
}

void ota_remedies_of_in_place(struct ota_search *search)
{
	move_less(search);
	enlarge_journal(search);
}
