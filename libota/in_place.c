// SPDX-License-Identifier: Apache-2.0
/* Room and journal of devices that make the new image where the old one lies. */
#include <inttypes.h>
#include <stdio.h>

#include <ota/delta.h>
#include <ota/in_place.h>
#include <ota/number.h>

#include "grouped.h"

static uint64_t per(uint64_t n, uint64_t unit)
{
	return n / unit + (n % unit != 0);
}

static uint64_t whole(uint64_t len, uint64_t unit)
{
	return per(len, unit) * unit;
}

/* -- the slot ---------------------------------------------------------------------------------- */

static uint64_t spare(const struct ota_in_place *place)
{
	return (uint64_t)(place->every - 1) * place->block;
}

uint64_t ota_in_place_shift(const struct ota_in_place *place)
{
	return place->lead + spare(place);
}

uint64_t ota_in_place_whole(const struct ota_in_place *place, uint64_t len)
{
	return whole(len, place->block);
}

uint64_t ota_in_place_least_lead(const struct ota_in_place *place)
{
	uint64_t growth = place->new_len > place->old_len ? place->new_len - place->old_len : 0;
	uint64_t most = whole(place->new_len, place->block);
	uint64_t least = place->block + whole(growth, place->block);

	/* Behind new's end nothing is overwritten. */
	return least < most || most == 0 ? least : most;
}

uint64_t ota_in_place_usable(const struct ota_target *target, uint32_t block)
{
	struct ota_flash_limits limits;

	if (ota_flash_limits(&target->layout, &limits, NULL) != OTA_OK || !limits.compatible)
		return 0;
	return limits.max_image / block * block;
}

/* Sectors of one run have equal sizes: its first two blocks' ends speak for all of them. */
bool ota_in_place_erasable(const struct ota_sectors *slot, uint32_t block, uint64_t usable)
{
	uint64_t start = 0;

	for (unsigned i = 0; i < slot->n; i++) {
		const struct ota_sector_run *run = &slot->run[i];
		uint64_t end = start + (uint64_t)run->count * run->size;
		uint64_t first = whole(start, block);

		if (end > usable + 1)
			end = usable + 1;
		if (first < end && (first - start) % run->size != 0)
			return false;
		if (first < end && block < end - first && block % run->size != 0)
			return false;
		start += (uint64_t)run->count * run->size;
	}
	return true;
}

static uint64_t fill(uint32_t sector)
{
	uint64_t block = OTA_DELTA_BLOCK_MIN;

	while (block < sector)
		block *= 2;
	return block;
}

static enum ota_err fail_block(const struct ota_target *target, uint64_t block, bool given,
			       struct ota_diag *diag)
{
	if (block > OTA_DELTA_BLOCK_MAX)
		(void)ota_fail(
			diag, OTA_E_NO_FIT,
			"the slot of %s cannot be erased in blocks of %s bytes: a patch knows "
			"none over %s",
			target->name, GROUPED(block), GROUPED(OTA_DELTA_BLOCK_MAX));
	else
		(void)ota_fail(diag, OTA_E_NO_FIT,
			       "the slot of %s cannot be erased in blocks of %s bytes: its sectors "
			       "do not end where they end",
			       target->name, GROUPED(block));
	if (given)
		ota_hint(diag, "without --block the profile or the slot's sectors say how large "
			       "blocks are");
	else
		ota_hint(diag, "lay the slot where its sectors are all of one size, a power of "
			       "two, or give updater.block");
	return OTA_E_NO_FIT;
}

enum ota_err ota_in_place_block(const struct ota_target *target, uint32_t *block,
				struct ota_diag *diag)
{
	uint64_t wanted = *block > 0 ? *block : target->in_place_block;

	if (!target->in_place)
		return ota_fail(diag, OTA_E_USAGE, "%s does not update in place", target->name);
	if (wanted == 0)
		wanted = fill(ota_sectors_largest(&target->layout.primary));
	if (wanted <= OTA_DELTA_BLOCK_MAX &&
	    ota_in_place_erasable(&target->layout.primary, (uint32_t)wanted,
				  ota_in_place_usable(target, (uint32_t)wanted))) {
		*block = (uint32_t)wanted;
		return OTA_OK;
	}
	return fail_block(target, wanted, *block > 0, diag);
}

uint32_t ota_in_place_lead(const struct ota_target *target, uint32_t block, size_t old_size,
			   size_t new_size, size_t distance)
{
	if (block == 0 && (!target || ota_in_place_block(target, &block, NULL) != OTA_OK))
		block = OTA_DELTA_BLOCK;
	return ota_delta_lead(block, old_size, new_size, distance);
}

static enum ota_err fail_new(const struct ota_target *target, const struct ota_in_place *place,
			     uint64_t usable, struct ota_diag *diag)
{
	return ota_fail(diag, OTA_E_NO_FIT,
			"new image takes %s bytes in blocks of %s, the slot of %s holds %s before "
			"its trailer",
			GROUPED(whole(place->new_len, place->block)), GROUPED(place->block),
			target->name, GROUPED(usable));
}

static enum ota_err fail_lead(const struct ota_target *target, const struct ota_in_place *place,
			      uint64_t usable, struct ota_diag *diag)
{
	uint64_t old_bytes = whole(place->old_len, place->block);
	uint64_t shift = ota_in_place_least_lead(place) + spare(place);

	(void)ota_fail(diag, OTA_E_NO_FIT,
		       "old image takes %s bytes and must be moved up by %s at least, the slot of "
		       "%s holds %s before its trailer",
		       GROUPED(old_bytes), GROUPED(shift), target->name, GROUPED(usable));
	ota_hint(diag,
		 "%s bytes too many: a smaller image, a larger slot, or smaller blocks%s help; "
		 "else send the whole image",
		 GROUPED(old_bytes + shift - usable),
		 place->every > 1 ? " and fewer between two checkpoints" : "");
	return OTA_E_NO_FIT;
}

enum ota_err ota_in_place_plan(const struct ota_target *target, struct ota_in_place *place,
			       struct ota_diag *diag)
{
	uint64_t usable, most, taken;
	enum ota_err err = ota_in_place_block(target, &place->block, diag);

	if (err != OTA_OK)
		return err;
	place->every = target->checkpoint_every > 0 ? target->checkpoint_every : 1;
	usable = ota_in_place_usable(target, place->block);
	most = whole(place->new_len, place->block);
	if (most > usable)
		return fail_new(target, place, usable, diag);
	taken = whole(place->old_len, place->block) + spare(place);
	if (taken > usable || ota_in_place_least_lead(place) > usable - taken)
		return fail_lead(target, place, usable, diag);
	/* More than all of new is never of use; an empty one has a block all the same. */
	if (most < place->block)
		most = place->block;
	place->lead = (uint32_t)(usable - taken < most ? usable - taken : most);
	return OTA_OK;
}

/* -- the journal ------------------------------------------------------------------------------- */

/* Marks of an update in two slots: new is proved, and done. */
#define MARKS_BEHIND 2U

/* Where the next record goes, and how many halves have been erased for it. */
struct tape {
	uint64_t half;
	uint64_t at; /* in the half that is written */
	uint64_t erases;
};

/* Puts `n` records behind each other; one that is over the half's end begins the other half. */
static void put(struct tape *tape, uint64_t n, uint64_t record)
{
	uint64_t room = (tape->half - tape->at) / record;
	uint64_t each = tape->half / record;
	uint64_t halves;

	if (n <= room) {
		tape->at += n * record;
		return;
	}
	n -= room;
	halves = per(n, each);
	tape->erases += halves;
	tape->at = (n - (halves - 1) * each) * record;
}

/* Sectors that bytes from `start` to before `end` lie in; those behind the area's end are none. */
static uint64_t sectors_of(const struct ota_sectors *sectors, uint64_t start, uint64_t end)
{
	uint64_t run_at = 0;
	uint64_t n = 0;

	for (unsigned i = 0; i < sectors->n; i++) {
		const struct ota_sector_run *run = &sectors->run[i];
		uint64_t run_end = run_at + (uint64_t)run->count * run->size;
		uint64_t from = start > run_at ? start - run_at : 0;
		uint64_t to = (end < run_end ? end : run_end) - run_at;

		if (from < to)
			n += per(to, run->size) - from / run->size;
		run_at = run_end;
		if (end <= run_at)
			break;
	}
	return n;
}

/* Of new, each of which may begin with a checkpoint: blocks, in two slots sectors. */
static uint64_t units_of_new(const struct ota_target *target, const struct ota_in_place *place)
{
	const struct ota_flash_layout *layout = &target->layout;
	bool one_slot = ota_mode_has_one_slot(layout->mode);
	const struct ota_sectors *slot = one_slot ? &layout->primary : &layout->secondary;
	bool offset = layout->mode == OTA_MODE_SWAP_OFFSET && slot->n > 0;
	uint64_t start = offset ? slot->run[0].size : 0;

	if (place->lead > 0)
		return per(place->new_len, place->block);
	return sectors_of(slot, start, start + place->new_len);
}

void ota_journal_count(const struct ota_target *target, const struct ota_in_place *place,
		       uint64_t state, struct ota_journal *journal)
{
	const struct ota_flash *flash = ota_area_flash(target, &target->journal);
	uint64_t unit = flash->write;
	struct tape tape = {.half = target->journal.len / 2};
	uint64_t before = 0; /* marks */

	*journal = (struct ota_journal){.half = tape.half};
	if (tape.half == 0 || place->every == 0 || unit == 0)
		return;
	journal->mark = whole(OTA_JOURNAL_HEAD + OTA_JOURNAL_CRC, unit);
	journal->checkpoint = whole(OTA_JOURNAL_HEAD + OTA_JOURNAL_CRC + state, unit);
	journal->checkpoints = per(units_of_new(target, place), place->every);
	/* In place: begun, old moved, done. In two slots what is begun needs no record. */
	if (place->lead > 0)
		before = 1 + per(per(place->old_len, place->block), place->every);
	else if (journal->checkpoints > 0)
		journal->checkpoints--;
	journal->marks = before + (place->lead > 0 ? 1 : MARKS_BEHIND);
	journal->fits = journal->checkpoint <= tape.half;
	if (!journal->fits)
		return;
	/* The first record begins a half, whatever an earlier update left. */
	tape.at = tape.half;
	put(&tape, before, journal->mark);
	put(&tape, journal->checkpoints, journal->checkpoint);
	put(&tape, journal->marks - before, journal->mark);
	journal->erases = tape.erases;
}
