// SPDX-License-Identifier: Apache-2.0
/*
 * Hazards of layouts and sizes. Each was seen on the real code, MCUboot 2d4bacc3c15e, run on a
 * simulated flash with the power cut at every operation; files and lines are that version's.
 */
#include <inttypes.h>

#include "grouped.h"
#include "hazards.h"

#define SRC "boot/bootutil/src/"

static uint64_t larger_of(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t larger_image(const struct ota_update *update)
{
	return larger_of(update->old_len, update->new_len);
}

static uint64_t round_up(uint64_t value, uint64_t unit)
{
	return (value + unit - 1) / unit * unit;
}

/* -- the slots themselves ---------------------------------------------------------------------- */

/* Whether the trailer, in whole sectors where the mode counts so, is more than a slot has. */
static bool trailer_exceeds(const struct ota_flash_layout *layout,
			    const struct ota_flash_limits *limits)
{
	uint64_t trailer = limits->trailer;
	uint64_t primary = ota_sectors_bytes(&layout->primary);
	uint64_t secondary = ota_sectors_bytes(&layout->secondary);
	uint64_t least = layout->secondary.n > 0 && secondary < primary ? secondary : primary;

	if (layout->mode == OTA_MODE_SWAP_MOVE || layout->mode == OTA_MODE_SWAP_OFFSET)
		trailer = round_up(trailer, layout->primary.run[0].size);
	/* These keep no swap status. */
	if (!ota_mode_is_swap(layout->mode) && layout->mode != OTA_MODE_OVERWRITE_FAST)
		trailer -= limits->status;
	return trailer > least;
}

static const char *slots_source(enum ota_mode mode)
{
	switch (mode) {
	case OTA_MODE_SWAP_MOVE:
		return SRC "swap_move.c:230-298";
	case OTA_MODE_SWAP_OFFSET:
		return SRC "swap_offset.c:305-369";
	case OTA_MODE_OVERWRITE_ONLY:
		return SRC "swap_scratch.c:271-371, " SRC "loader.c:966-1015";
	case OTA_MODE_SWAP_SCRATCH:
	case OTA_MODE_OVERWRITE_FAST:
	case OTA_MODE_DIRECT_XIP:
	case OTA_MODE_DIRECT_XIP_REVERT:
	case OTA_MODE_RAM_LOAD:
	case OTA_MODE_SINGLE_SLOT:
	case OTA_MODE_FIRMWARE_LOADER:
		break;
	}
	return SRC "swap_scratch.c:271-371";
}

static void find_slots(const struct ota_flash_layout *layout, struct ota_budget *budget)
{
	const struct ota_flash_limits *limits = &budget->limits;
	const char *what = limits->compatible ? limits->caution : limits->reason;
	bool trailer = !limits->compatible && trailer_exceeds(layout, limits);
	struct ota_budget_finding *finding;

	if (what[0] == '\0')
		return;
	finding =
		ota_budget_find(budget, trailer ? "trailer-larger-than-slot" : "slots-do-not-match",
				OTA_SEVERITY_FAILURE, "%s", what);
	if (trailer)
		ota_hazard_because(finding,
				   "MCUboot takes the trailer off the slot without looking: its "
				   "limit wraps to about 4 GB, and it then stops at an assertion "
				   "at every boot",
				   "make the slots larger, or build MCUboot with a smaller "
				   "BOOT_MAX_IMG_SECTORS",
				   SRC "bootutil_misc.c:127-146");
	else if (limits->compatible)
		ota_hazard_because(finding,
				   "MCUboot's check of the slots says no at every boot, and the "
				   "old image goes on: the update never gets in",
				   "give both slots the same sectors, or choose a mode that needs "
				   "none of this",
				   slots_source(OTA_MODE_OVERWRITE_FAST));
	else
		ota_hazard_because(
			finding,
			"MCUboot never upgrades between these slots, or reads past the "
			"end of its list of sectors and crashes",
			"change the slots to what the mode needs, or choose another mode",
			slots_source(layout->mode));
}

/* The last group is swapped with a trailer of its own at the end of scratch. */
static void find_scratch_trailer(const struct ota_flash_layout *layout, struct ota_budget *budget)
{
	uint64_t scratch = ota_sectors_bytes(&layout->scratch);
	uint64_t trailer = budget->limits.scratch_trailer;

	if (layout->mode != OTA_MODE_SWAP_SCRATCH || trailer <= scratch)
		return;
	ota_hazard_because(ota_budget_find(budget, "scratch-smaller-than-its-trailer",
					   OTA_SEVERITY_FAILURE,
					   "scratch has %s bytes, its own trailer takes %s",
					   GROUPED(scratch), GROUPED(trailer)),
			   "MCUboot asserts as soon as it looks for that trailer, at every boot",
			   "make scratch larger", SRC "bootutil_misc.c:127-146");
}

/* -- the images' sizes ------------------------------------------------------------------------- */

static void find_old_unknown(struct ota_budget *budget)
{
	ota_hazard_because(
		ota_budget_find(budget, "old-image-not-given", OTA_SEVERITY_NOTE,
				"the old image is not known: only the new one was checked"),
		"a swap moves both images, so the larger one decides whether the upgrade works "
		"and what it costs",
		"give the old image with --old", SRC "loader.c:1108-1164");
}

/* An image that was flashed at the factory can lie where no update would be let. */
static void find_status_overlap(const struct ota_update *update,
				const struct ota_flash_layout *layout, struct ota_budget *budget)
{
	uint64_t status_at = ota_sectors_bytes(&layout->primary) - budget->limits.trailer;

	if (layout->mode != OTA_MODE_SWAP_SCRATCH || update->old_len <= status_at)
		return;
	ota_hazard_because(
		ota_budget_find(budget, "swap-scratch-status-overlap", OTA_SEVERITY_FAILURE,
				"the old image ends at %s, inside the swap status that starts at "
				"%s",
				GROUPED(update->old_len), GROUPED(status_at)),
		"with a pending upgrade the bootloader takes the image's bytes for swap status "
		"and reads past the end of its list of sectors",
		"make the old image smaller before devices leave the factory",
		SRC "swap_scratch.c:554-636");
}

static void find_old(const struct ota_update *update, const struct ota_flash_layout *layout,
		     struct ota_budget *budget)
{
	const struct ota_flash_limits *limits = &budget->limits;

	if (!ota_mode_is_swap(layout->mode))
		return;
	if (update->old_len == 0) {
		find_old_unknown(budget);
		return;
	}
	find_status_overlap(update, layout, budget);
	if (update->old_len <= limits->max_image)
		return;
	ota_hazard_because(
		ota_budget_find(budget, "old-image-over-limit", OTA_SEVERITY_FAILURE,
				"the old image is %s bytes, the largest that can be swapped is %s",
				GROUPED(update->old_len), GROUPED(limits->max_image)),
		"the larger of both images decides how much is swapped; with "
		"MCUBOOT_VALIDATE_PRIMARY_SLOT the old image is refused and never boots again",
		"bring a smaller image to the device in another way first",
		SRC "loader.c:1108-1164, " SRC "image_validate.c:300-304");
}

static void find_oversize(const struct ota_update *update, const struct ota_flash_layout *layout,
			  struct ota_budget *budget)
{
	const struct ota_flash_limits *limits = &budget->limits;

	if (!limits->compatible || update->new_len <= limits->max_image ||
	    ota_mode_has_one_slot(layout->mode))
		return;
	ota_hazard_because(
		ota_budget_find(budget, "oversize-erases-secondary", OTA_SEVERITY_FAILURE,
				"the new image is %s bytes, %s over the largest that MCUboot takes",
				GROUPED(update->new_len),
				GROUPED(update->new_len - limits->max_image)),
		"it is not only refused: the bootloader erases the whole slot that it lies in, "
		"and what else is kept there",
		"make the new image smaller, or the slots larger",
		SRC "image_validate.c:300-304, " SRC "loader.c:649-662");
}

static void find_offset_sector(const struct ota_update *update,
			       const struct ota_flash_layout *layout, struct ota_budget *budget)
{
	uint64_t sector = layout->primary.run[0].size;
	uint64_t larger = larger_image(update);
	bool is_known = update->old_len > 0;

	if (larger > sector)
		return;
	ota_hazard_because(
		ota_budget_find(budget, "swap-offset-one-sector",
				/* An old image of two sectors would do. */
				is_known ? OTA_SEVERITY_FAILURE : OTA_SEVERITY_WARNING,
				"%s %s bytes, within one sector of %s%s",
				is_known ? "both images are at most" : "the new image is",
				GROUPED(larger), GROUPED(sector),
				is_known ? "" : ", and the old one is not known"),
		"with both images in one sector a power cut after the primary's first sector is "
		"erased leaves nothing that boots: the bootloader then looks for the header in "
		"that sector, for good",
		"make one of the images larger than a sector, or choose swap-move or swap-scratch",
		SRC "swap_offset.c:59-78, " SRC "swap_offset.c:142-152");
}

static uint64_t trailer_sector(const struct ota_sectors *slot,
			       const struct ota_flash_limits *limits)
{
	return ota_sectors_boundary(slot, ota_sectors_bytes(slot) - limits->trailer);
}

static void find_torn_erase(const struct ota_update *update, const struct ota_flash_layout *layout,
			    struct ota_budget *budget)
{
	const struct ota_flash_limits *limits = &budget->limits;
	uint64_t primary = trailer_sector(&layout->primary, limits);
	uint64_t secondary = trailer_sector(&layout->secondary, limits);
	uint64_t start = primary < secondary ? primary : secondary;
	uint64_t larger = larger_image(update);

	/* One over the limit is never swapped. */
	if (larger <= start || larger > limits->max_image)
		return;
	ota_hazard_because(
		ota_budget_find(budget, "swap-scratch-torn-erase", OTA_SEVERITY_WARNING,
				"an image of %s bytes shares the sector at %s with the trailer",
				GROUPED(larger), GROUPED(start)),
		"while that sector is swapped the trailer lies in scratch; a power cut in the "
		"middle of erasing scratch's last sector can leave a trailer that still looks "
		"good, and the primary gets what is left of scratch",
		"keep both images below that sector, or choose swap-move or swap-offset",
		SRC "swap_scratch.c:893-914");
}

static void find_torn_sector(const struct ota_update *update, const struct ota_flash_layout *layout,
			     struct ota_budget *budget)
{
	const struct ota_flash_limits *limits = &budget->limits;
	uint64_t at = 0;
	bool tears = ota_wear_tears_sector(layout, limits, larger_image(update), &at);

	/* Nobody knows what is swapped: some old image would do it. */
	if (!tears &&
	    (update->old_len > 0 || !ota_wear_tears_sector(layout, limits, limits->max_image, &at)))
		return;
	ota_hazard_because(
		ota_budget_find(budget, "swap-scratch-splits-sector",
				tears ? OTA_SEVERITY_FAILURE : OTA_SEVERITY_WARNING,
				"what fits in scratch at once begins at %s, inside a sector of the "
				"secondary slot%s",
				GROUPED(at),
				tears ? "" : ", when the old image is as large as can be"),
		"MCUboot erases all of that sector before the rest of it is copied: a part of the "
		"new image is lost, neither image is whole after the swap, and nothing boots",
		"make scratch a multiple of the secondary slot's sectors, or give both slots "
		"the same sectors",
		SRC "swap_scratch.c:554-584, " SRC "swap_scratch.c:811-852");
}

/*
 * Only the sectors that the new image touches are erased, and those of the trailer; then a write
 * unit more than the image is copied when its length is a multiple of the unit.
 */
static void find_overwrite_past(const struct ota_update *update, const struct ota_target *target,
				const struct ota_flash_layout *layout, struct ota_budget *budget)
{
	const struct ota_flash *flash = ota_area_flash(target, &target->primary);
	uint64_t slot = ota_sectors_bytes(&layout->primary);
	uint64_t at = update->new_len;
	bool never = flash->rewrite == OTA_REWRITE_NEVER;

	if (at >= ota_sectors_boundary(&layout->primary, slot - budget->limits.trailer) ||
	    ota_sectors_boundary(&layout->primary, at) != at || at % layout->write_size != 0 ||
	    (update->old_len > 0 && update->old_len <= at))
		return;
	ota_hazard_because(
		ota_budget_find(budget, "overwrite-fast-writes-past",
				!never                ? OTA_SEVERITY_NOTE
				: update->old_len > 0 ? OTA_SEVERITY_FAILURE
						      : OTA_SEVERITY_WARNING,
				"the new image ends at %s, on a sector's boundary, and %s bytes "
				"more are written to the next sector, which is not erased",
				GROUPED(at), GROUPED(layout->write_size)),
		never ? "this flash does not take a second write to a word that an older, longer "
			"image has left there: the write fails, and MCUboot asserts at every boot"
		      : "bytes of an older, longer image behind the new one are garbled; nothing "
			"reads them",
		never ? "make the new image a byte longer or shorter, or choose overwrite-only"
		      : "",
		SRC "loader.c:972-976");
}

/* -- where the update is kept ------------------------------------------------------------------ */

/* Offset in the secondary slot of what lies before its trailer's sectors. */
static uint64_t kept_at(const struct ota_update *update, const struct ota_flash_layout *layout,
			const struct ota_flash_limits *limits)
{
	uint64_t sector = layout->secondary.run[0].size;
	uint64_t end = ota_sectors_bytes(&layout->secondary);
	uint64_t taken = round_up(limits->trailer, sector) + round_up(update->sent_len, sector);

	return taken < end ? end - taken : 0;
}

/* Does the device keep bytes with an image header in front? A bare patch has none. */
static bool keeps_header(const struct ota_update *update, const struct ota_budget *budget)
{
	return update->delta_image && budget->applier != OTA_APPLIED_BY_GATEWAY;
}

/* An area of its own lies outside of the slots. */
static bool is_in_first_sector(const struct ota_update *update, const struct ota_target *target,
			       const struct ota_flash_layout *layout,
			       const struct ota_flash_limits *limits)
{
	return target->has_patch_place && target->patch_place == OTA_PATCH_SECONDARY &&
	       kept_at(update, layout, limits) < layout->secondary.run[0].size;
}

static void find_first_sector(const struct ota_update *update, const struct ota_target *target,
			      const struct ota_flash_layout *layout, struct ota_budget *budget)
{
	uint64_t sector = layout->secondary.run[0].size;
	struct ota_budget_finding *finding;

	if (keeps_header(update, budget) &&
	    is_in_first_sector(update, target, layout, &budget->limits))
		finding = ota_budget_find(
			budget, "swap-offset-first-sector", OTA_SEVERITY_FAILURE,
			"the update is kept in the first %s bytes of the secondary slot",
			GROUPED(sector));
	else if (keeps_header(update, budget) && !target->has_patch_place)
		finding = ota_budget_find(
			budget, "swap-offset-first-sector", OTA_SEVERITY_WARNING,
			"the profile does not say where the delta update is "
			"kept: it must not be the first %s bytes of the secondary slot",
			GROUPED(sector));
	else
		finding = ota_budget_find(
			budget, "swap-offset-first-sector", OTA_SEVERITY_NOTE,
			"the new image belongs %s bytes into the secondary slot, not at its start",
			GROUPED(sector));
	ota_hazard_because(
		finding,
		"an image header in the first sector, as each upgrade leaves one there, makes "
		"MCUboot refuse the new image one sector further on, and erase the whole slot: the "
		"update never gets in",
		"keep nothing in that sector, and erase it before the upgrade is marked",
		SRC "loader.c:597-615, " SRC "loader.c:649-662");
}

void ota_hazards_of_layout(const struct ota_update *update, const struct ota_target *target,
			   const struct ota_flash_layout *layout, struct ota_budget *budget)
{
	find_slots(layout, budget);
	find_scratch_trailer(layout, budget);
	if (!budget->limits.compatible)
		return;
	find_old(update, layout, budget);
	find_oversize(update, layout, budget);
	if (layout->mode == OTA_MODE_SWAP_SCRATCH) {
		find_torn_erase(update, layout, budget);
		find_torn_sector(update, layout, budget);
	}
	if (layout->mode == OTA_MODE_OVERWRITE_FAST)
		find_overwrite_past(update, target, layout, budget);
	if (layout->mode == OTA_MODE_SWAP_OFFSET) {
		find_offset_sector(update, layout, budget);
		find_first_sector(update, target, layout, budget);
	}
}
