// SPDX-License-Identifier: Apache-2.0
/*
 * The rules of libota/flash_layout.c in words, with the numbers put in. File and line of each are
 * those of MCUboot 2d4bacc3c15e.
 */
#include <inttypes.h>
#include <stdio.h>

#include <ota/mcuboot.h>

#include <ota/budget.h>

#include "grouped.h"

#define SRC "boot/bootutil/src/"

static bool is_offset(const struct ota_flash_layout *layout)
{
	return layout->mode == OTA_MODE_SWAP_OFFSET;
}

static uint64_t magic_field(const struct ota_flash_layout *layout)
{
	return ota_trailer_magic_field(layout->max_align);
}

/* Fields, magic and keys: everything but the swap status. */
static void explain_info(const struct ota_flash_layout *layout,
			 const struct ota_flash_limits *limits, struct ota_budget *budget)
{
	static const char *const formulas[] = {
		"4*A + up(16,A)",
		"5*A + up(16,A)",
		"4*A + up(16,A) + 2*up(K,A)",
		"5*A + up(16,A) + 2*up(K,A)",
	};
	unsigned fields = is_offset(layout) ? 5 : 4;
	uint64_t key = ota_align_up(layout->enc_key, layout->max_align);
	char keys[64] = "";

	if (key > 0)
		(void)snprintf(keys, sizeof(keys), " + 2*%s (K=%s)", GROUPED(key),
			       GROUPED(layout->enc_key));
	ota_budget_explain(budget, "trailer's fields (info)",
			   formulas[(is_offset(layout) ? 1 : 0) + (key > 0 ? 2 : 0)],
			   SRC "bootutil_area.c:45-65", "A=%s (BOOT_MAX_ALIGN): %u*%s + %s%s = %s",
			   GROUPED(layout->max_align), fields, GROUPED(layout->max_align),
			   GROUPED(magic_field(layout)), keys,
			   GROUPED(limits->trailer - limits->status));
}

static unsigned states_of(const struct ota_flash_layout *layout)
{
	return is_offset(layout) ? OTA_STATUS_STATES_OFFSET : OTA_STATUS_STATES;
}

static void explain_trailer(const struct ota_flash_layout *layout,
			    const struct ota_flash_limits *limits, struct ota_budget *budget)
{
	uint64_t info = limits->trailer - limits->status;

	if (limits->status == 0) {
		ota_budget_explain(budget, "trailer", "info, no swap status",
				   SRC "bootutil_area.c:74-94", "%s", GROUPED(info));
		return;
	}
	ota_budget_explain(budget, "trailer", "M*st*w + info", SRC "bootutil_area.c:74-94",
			   "M=%s (BOOT_MAX_IMG_SECTORS), st=%u, w=%s: %s*%u*%s + %s = %s",
			   GROUPED(layout->max_sectors), states_of(layout),
			   GROUPED(layout->write_size), GROUPED(layout->max_sectors),
			   states_of(layout), GROUPED(layout->write_size), GROUPED(info),
			   GROUPED(limits->trailer));
	if (limits->scratch_trailer > 0)
		ota_budget_explain(budget, "scratch area's trailer", "st*w + info",
				   SRC "bootutil_area.c:97-100", "%u*%s + %s = %s",
				   states_of(layout), GROUPED(layout->write_size), GROUPED(info),
				   GROUPED(limits->scratch_trailer));
}

static void explain_scratch(const struct ota_flash_limits *limits, struct ota_budget *budget)
{
	uint64_t at = limits->usable - limits->trailer;
	uint64_t first = limits->trailer_sector_end - at;

	ota_budget_explain(budget, "largest image",
			   "C - trailer - max(0, scratch trailer - (E - (C - trailer)))",
			   SRC "swap_scratch.c:104-177",
			   "C=%s (last common sector boundary), E=%s (end of the first sector with "
			   "trailer): %s - %s - max(0, %s - %s) = %s",
			   GROUPED(limits->usable), GROUPED(limits->trailer_sector_end),
			   GROUPED(limits->usable), GROUPED(limits->trailer),
			   GROUPED(limits->scratch_trailer), GROUPED(first),
			   GROUPED(limits->max_image));
}

/* One slot's part of the formula, with `spare` bytes more for the way of swapping. */
static const char *room_text(const struct ota_sectors *slot, uint64_t taken, uint64_t spare,
			     char out[96])
{
	char more[32] = "";

	if (spare > 0)
		(void)snprintf(more, sizeof(more), " - %s", GROUPED(spare));
	(void)snprintf(out, 96, "%s*%s - %s%s", GROUPED(ota_sectors_count(slot)),
		       GROUPED(slot->run[0].size), GROUPED(taken), more);
	return out;
}

static void explain_spare(const struct ota_flash_layout *layout,
			  const struct ota_flash_limits *limits, struct ota_budget *budget)
{
	bool move = !is_offset(layout);
	uint32_t s = layout->primary.run[0].size;
	uint64_t taken = ota_align_up(limits->trailer, s);
	char primary[96], secondary[96];

	ota_budget_explain(budget, "largest image",
			   move ? "min(Np*s - up(trailer,s) - s, Ns*s - up(trailer,s))"
				: "min(Np*s - up(trailer,s), Ns*s - up(trailer,s) - s)",
			   move ? SRC "swap_move.c:562-581" : SRC "swap_offset.c:710-729",
			   "min(%s, %s) = %s",
			   room_text(&layout->primary, taken, move ? s : 0, primary),
			   room_text(&layout->secondary, taken, move ? 0 : s, secondary),
			   GROUPED(limits->max_image));
}

static void explain_both_slots(const struct ota_flash_layout *layout,
			       const struct ota_flash_limits *limits, struct ota_budget *budget)
{
	uint64_t primary = ota_sectors_bytes(&layout->primary);
	uint64_t secondary = ota_sectors_bytes(&layout->secondary);

	ota_budget_explain(budget, "largest image", "down(S - 16 - A, A) - 2*A of the smaller slot",
			   SRC "bootutil_misc.c:366-375, " SRC "bootutil_misc.h:28-44, " SRC
			       "bootutil_public.c:163-167",
			   "down(%s - 16 - %s, %s) - 2*%s = %s",
			   GROUPED(primary < secondary ? primary : secondary),
			   GROUPED(layout->max_align), GROUPED(layout->max_align),
			   GROUPED(layout->max_align), GROUPED(limits->max_image));
}

static void explain_largest(const struct ota_flash_layout *layout,
			    const struct ota_flash_limits *limits, struct ota_budget *budget)
{
	switch (layout->mode) {
	case OTA_MODE_SWAP_SCRATCH:
		explain_scratch(limits, budget);
		break;
	case OTA_MODE_SWAP_MOVE:
	case OTA_MODE_SWAP_OFFSET:
		explain_spare(layout, limits, budget);
		break;
	case OTA_MODE_OVERWRITE_ONLY:
	case OTA_MODE_OVERWRITE_FAST:
	case OTA_MODE_DIRECT_XIP:
	case OTA_MODE_DIRECT_XIP_REVERT:
	case OTA_MODE_RAM_LOAD:
		explain_both_slots(layout, limits, budget);
		break;
	case OTA_MODE_SINGLE_SLOT:
	case OTA_MODE_FIRMWARE_LOADER:
		ota_budget_explain(budget, "largest image", "S - trailer",
				   SRC "bootutil_misc.c:353-360, " SRC "bootutil_misc.c:124-144",
				   "%s - %s = %s", GROUPED(ota_sectors_bytes(&layout->primary)),
				   GROUPED(limits->trailer), GROUPED(limits->max_image));
		break;
	}
}

/* What slots must be like; NULL: the mode asks nothing of them together. */
static const char *slots_rule(enum ota_mode mode, const char **source)
{
	switch (mode) {
	case OTA_MODE_SWAP_SCRATCH:
		*source = SRC "swap_scratch.c:271-371";
		return "equal length, sectors nest, each group <= scratch, N <= M";
	case OTA_MODE_SWAP_MOVE:
		*source = SRC "swap_move.c:230-298";
		return "Np = Ns or Ns + 1, one sector size, N <= M";
	case OTA_MODE_SWAP_OFFSET:
		*source = SRC "swap_offset.c:305-369";
		return "Ns = Np or Np + 1, one sector size, N <= M";
	case OTA_MODE_OVERWRITE_ONLY:
		*source = SRC "swap_scratch.c:271-371, " SRC "loader.c:966-1015";
		return "sectors nest, secondary holds all of primary, N <= M";
	case OTA_MODE_OVERWRITE_FAST:
		*source = SRC "swap_scratch.c:271-371";
		return "sectors nest, N <= M";
	case OTA_MODE_DIRECT_XIP:
	case OTA_MODE_DIRECT_XIP_REVERT:
	case OTA_MODE_RAM_LOAD:
	case OTA_MODE_SINGLE_SLOT:
	case OTA_MODE_FIRMWARE_LOADER:
		break;
	}
	return NULL;
}

static void explain_slots(const struct ota_flash_layout *layout,
			  const struct ota_flash_limits *limits, struct ota_budget *budget)
{
	const char *source = NULL;
	const char *rule = slots_rule(layout->mode, &source);
	const char *verdict = limits->compatible ? limits->caution : limits->reason;

	if (!rule)
		return;
	ota_budget_explain(budget, "slots", rule, source, "Np=%s, Ns=%s, M=%s: %s",
			   GROUPED(ota_sectors_count(&layout->primary)),
			   GROUPED(ota_sectors_count(&layout->secondary)),
			   GROUPED(layout->max_sectors), verdict[0] ? verdict : "yes");
}

void ota_flash_explain(const struct ota_flash_layout *layout, const struct ota_flash_limits *limits,
		       struct ota_budget *budget)
{
	explain_slots(layout, limits, budget);
	explain_info(layout, limits, budget);
	explain_trailer(layout, limits, budget);
	if (limits->compatible)
		explain_largest(layout, limits, budget);
}
