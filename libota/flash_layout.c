// SPDX-License-Identifier: Apache-2.0
/*
 * How large an image may be: bootutil's own arithmetic. File and line of each rule are those of
 * MCUboot 2d4bacc3c15e, boot/bootutil/. Where bootutil would walk past the end of a sector list or
 * wrap below zero, the layout is incompatible here.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include <ota/mcuboot.h>
#include <ota/number.h>
#include <ota/target.h>

#include "grouped.h"

/*
 * Nested sectors are walked one by one, as bootutil does. It keeps 8 bytes of RAM for each of them,
 * so no bootloader comes near this; a hostile list could ask for 2^32 steps.
 */
#define WALK_SECTORS_MAX 1048576U

/* BOOT_MAX_ALIGN is stored in 16 bits of the magic (src/bootutil_priv.h:188-194). */
#define ALIGN_MAX_WITHOUT_SWAP 32768U

static const char *const mode_names[] = {
	[OTA_MODE_SWAP_SCRATCH] = "swap-scratch",
	[OTA_MODE_SWAP_MOVE] = "swap-move",
	[OTA_MODE_SWAP_OFFSET] = "swap-offset",
	[OTA_MODE_OVERWRITE_ONLY] = "overwrite-only",
	[OTA_MODE_OVERWRITE_FAST] = "overwrite-fast",
	[OTA_MODE_DIRECT_XIP] = "direct-xip",
	[OTA_MODE_DIRECT_XIP_REVERT] = "direct-xip-revert",
	[OTA_MODE_RAM_LOAD] = "ram-load",
	[OTA_MODE_SINGLE_SLOT] = "single-slot",
	[OTA_MODE_FIRMWARE_LOADER] = "firmware-loader",
};

static const struct {
	const char *word;
	enum ota_mode mode;
} short_words[] = {
	{"scratch", OTA_MODE_SWAP_SCRATCH},         {"move", OTA_MODE_SWAP_MOVE},
	{"offset", OTA_MODE_SWAP_OFFSET},           {"overwrite", OTA_MODE_OVERWRITE_ONLY},
	{"overwritefast", OTA_MODE_OVERWRITE_FAST}, {"xip", OTA_MODE_DIRECT_XIP},
	{"xiprevert", OTA_MODE_DIRECT_XIP_REVERT},
};

const char *ota_mode_name(enum ota_mode mode)
{
	if (mode < OTA_MODE_SWAP_SCRATCH || mode > OTA_MODE_FIRMWARE_LOADER)
		return "no mode";
	return mode_names[mode];
}

enum ota_err ota_mode_parse(const char *word, enum ota_mode *mode)
{
	for (unsigned i = OTA_MODE_SWAP_SCRATCH; i <= OTA_MODE_FIRMWARE_LOADER; i++) {
		if (strcmp(word, mode_names[i]) == 0) {
			*mode = (enum ota_mode)i;
			return OTA_OK;
		}
	}
	for (size_t i = 0; i < sizeof(short_words) / sizeof(short_words[0]); i++) {
		if (strcmp(word, short_words[i].word) == 0) {
			*mode = short_words[i].mode;
			return OTA_OK;
		}
	}
	return OTA_E_ABSENT;
}

bool ota_mode_has_one_slot(enum ota_mode mode)
{
	return mode == OTA_MODE_SINGLE_SLOT || mode == OTA_MODE_FIRMWARE_LOADER;
}

bool ota_mode_is_swap(enum ota_mode mode)
{
	return mode == OTA_MODE_SWAP_SCRATCH || mode == OTA_MODE_SWAP_MOVE ||
	       mode == OTA_MODE_SWAP_OFFSET;
}

bool ota_mode_is_direct_xip(enum ota_mode mode)
{
	return mode == OTA_MODE_DIRECT_XIP || mode == OTA_MODE_DIRECT_XIP_REVERT;
}

/* -- sector lists ------------------------------------------------------------------------------ */

uint64_t ota_sectors_bytes(const struct ota_sectors *sectors)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < sectors->n; i++)
		sum += (uint64_t)sectors->run[i].count * sectors->run[i].size;
	return sum;
}

uint64_t ota_sectors_count(const struct ota_sectors *sectors)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < sectors->n; i++)
		sum += sectors->run[i].count;
	return sum;
}

uint32_t ota_sectors_largest(const struct ota_sectors *sectors)
{
	uint32_t largest = 0;

	for (unsigned i = 0; i < sectors->n; i++) {
		if (sectors->run[i].size > largest)
			largest = sectors->run[i].size;
	}
	return largest;
}

uint64_t ota_sectors_boundary(const struct ota_sectors *sectors, uint64_t at)
{
	uint64_t start = 0;

	for (unsigned i = 0; i < sectors->n; i++) {
		const struct ota_sector_run *run = &sectors->run[i];
		uint64_t bytes = (uint64_t)run->count * run->size;

		if (at - start < bytes)
			return start + (at - start) / run->size * run->size;
		start += bytes;
	}
	return start;
}

/* Takes what comes before `separator` off the front; all of it when there is none. */
static struct ota_span take_until(struct ota_span *text, char separator)
{
	struct ota_span head = *text;

	for (size_t i = 0; i < text->len; i++) {
		if (text->data[i] == (uint8_t)separator) {
			head = ota_span_head(*text, i);
			break;
		}
	}
	*text = ota_span_tail(*text, head.len + 1);
	return head;
}

static enum ota_err parse_run(struct ota_span item, struct ota_sector_run *run,
			      struct ota_diag *diag)
{
	struct ota_span rest = item;
	struct ota_span count_text = take_until(&rest, '*');
	uint64_t count = 0;
	uint64_t size = 0;

	if (ota_number_parse(count_text, UINT32_MAX, &count) != OTA_OK ||
	    ota_size_parse(rest, UINT32_MAX, &size) != OTA_OK || count == 0 || size == 0)
		return ota_fail(diag, OTA_E_MALFORMED,
				"\"%.*s\" is not COUNT*BYTES, both from 1 to 4294967295",
				(int)(item.len < 60 ? item.len : 60), (const char *)item.data);
	*run = (struct ota_sector_run){(uint32_t)count, (uint32_t)size};
	return OTA_OK;
}

static enum ota_err add_run(struct ota_sectors *sectors, struct ota_sector_run run,
			    struct ota_diag *diag)
{
	uint64_t more = (uint64_t)run.count * run.size;
	struct ota_sector_run *last = sectors->n > 0 ? &sectors->run[sectors->n - 1] : NULL;

	if (more > UINT32_MAX - ota_sectors_bytes(sectors))
		return ota_fail(diag, OTA_E_MALFORMED,
				"the sectors are %" PRIu64 " bytes in all, at most %" PRIu32
				" are possible",
				more + ota_sectors_bytes(sectors), UINT32_MAX);
	if (last && last->size == run.size) {
		last->count += run.count;
		return OTA_OK;
	}
	if (sectors->n == OTA_SECTOR_RUNS_MAX)
		return ota_fail(diag, OTA_E_MALFORMED, "the sector size changes more than %d times",
				OTA_SECTOR_RUNS_MAX - 1);
	sectors->run[sectors->n++] = run;
	return OTA_OK;
}

enum ota_err ota_sectors_parse(const char *text, struct ota_sectors *sectors, struct ota_diag *diag)
{
	struct ota_span rest = ota_span_of(text, strlen(text));

	*sectors = (struct ota_sectors){.n = 0};
	if (rest.len > 0 && rest.data[rest.len - 1] == '+')
		return ota_fail(diag, OTA_E_MALFORMED, "the sector list ends with +");
	do {
		struct ota_sector_run run = {0, 0};
		enum ota_err err = parse_run(take_until(&rest, '+'), &run, diag);

		if (err == OTA_OK)
			err = add_run(sectors, run, diag);
		if (err != OTA_OK)
			return err;
	} while (rest.len > 0);
	return OTA_OK;
}

/* -- what no bootloader can be built with ------------------------------------------------------ */

/*
 * Swap modes are held to BOOT_MAX_ALIGN 8..32 by a static assertion
 * (include/bootutil/bootutil_public.h:81-84). The others are not, so a flash that writes 512 bytes
 * at once can have them, with BOOT_MAX_ALIGN 512. Below 8 there is no trailer magic that imgtool
 * writes. In every mode a flag is written by one write of at most BOOT_MAX_ALIGN bytes
 * (src/bootutil_public.c:356-362).
 */
static enum ota_err check_alignment(const struct ota_flash_layout *layout, struct ota_diag *diag)
{
	bool swap = ota_mode_is_swap(layout->mode);
	uint32_t max = swap ? OTA_TRAILER_ALIGN_MAX : ALIGN_MAX_WITHOUT_SWAP;

	if (!ota_is_power_of_two(layout->max_align) || layout->max_align < OTA_TRAILER_ALIGN_MIN ||
	    layout->max_align > max) {
		(void)ota_fail(
			diag, OTA_E_USAGE, "alignment %" PRIu32 " (BOOT_MAX_ALIGN) is not %s in %s",
			layout->max_align, swap ? "8, 16 or 32" : "a power of two from 8 to 32768",
			ota_mode_name(layout->mode));
		if (swap && layout->max_align > max)
			ota_hint(diag, "overwrite-only and direct-xip have no such limit");
		return OTA_E_USAGE;
	}
	if (!ota_is_power_of_two(layout->write_size))
		return ota_fail(diag, OTA_E_USAGE, "write size %" PRIu32 " is not a power of two",
				layout->write_size);
	if (layout->write_size > layout->max_align)
		return ota_fail(diag, OTA_E_USAGE,
				"write size %" PRIu32 " is above the alignment %" PRIu32
				" (BOOT_MAX_ALIGN)",
				layout->write_size, layout->max_align);
	return OTA_OK;
}

static enum ota_err check_area(const char *name, const struct ota_sectors *sectors, bool needed,
			       enum ota_mode mode, struct ota_diag *diag)
{
	uint64_t bytes = 0;

	if (sectors->n == 0 && needed)
		return ota_fail(diag, OTA_E_USAGE, "%s needs a %s area, and there is none",
				ota_mode_name(mode), name);
	if (sectors->n > OTA_SECTOR_RUNS_MAX)
		return ota_fail(diag, OTA_E_USAGE, "%s has %u runs of sectors, at most %d", name,
				sectors->n, OTA_SECTOR_RUNS_MAX);
	for (unsigned i = 0; i < sectors->n; i++) {
		uint64_t more = (uint64_t)sectors->run[i].count * sectors->run[i].size;

		if (more == 0)
			return ota_fail(diag, OTA_E_USAGE,
					"%s has %" PRIu32 " sectors of %" PRIu32 " bytes", name,
					sectors->run[i].count, sectors->run[i].size);
		if (more > UINT32_MAX - bytes)
			return ota_fail(diag, OTA_E_USAGE, "%s is larger than %" PRIu32 " bytes",
					name, UINT32_MAX);
		bytes += more;
	}
	return OTA_OK;
}

static enum ota_err check_layout(const struct ota_flash_layout *layout, struct ota_diag *diag)
{
	enum ota_mode mode = layout->mode;
	enum ota_err err;

	if (mode < OTA_MODE_SWAP_SCRATCH || mode > OTA_MODE_FIRMWARE_LOADER)
		return ota_fail(diag, OTA_E_USAGE, "%d is not a mode", (int)mode);
	err = check_alignment(layout, diag);
	if (err == OTA_OK && layout->max_sectors == 0)
		err = ota_fail(diag, OTA_E_USAGE, "0 sectors (BOOT_MAX_IMG_SECTORS) hold no image");
	/* src/bootutil_priv.h:213-215 */
	if (err == OTA_OK && ota_mode_is_direct_xip(mode) && layout->enc_key != 0)
		err = ota_fail(diag, OTA_E_USAGE, "%s cannot be built with encryption",
			       ota_mode_name(mode));
	if (err == OTA_OK)
		err = check_area("primary", &layout->primary, true, mode, diag);
	if (err == OTA_OK)
		err = check_area("secondary", &layout->secondary, !ota_mode_has_one_slot(mode),
				 mode, diag);
	if (err == OTA_OK)
		err = check_area("scratch", &layout->scratch, mode == OTA_MODE_SWAP_SCRATCH, mode,
				 diag);
	return err;
}

/* -- rules of the modes: each leaves limits->compatible true and max_image set, or says why not -
 */

static void refuse(struct ota_flash_limits *limits, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void refuse(struct ota_flash_limits *limits, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(limits->reason, sizeof(limits->reason), format, args);
	va_end(args);
	limits->compatible = false;
	limits->max_image = 0;
}

/*
 * A slot with more sectors than BOOT_MAX_IMG_SECTORS does not even load:
 * src/bootutil_misc.c:443-470 offers the flash driver an array of that size, and
 * src/loader.c:1734-1739 gives up. Later checks of the same limit: src/swap_scratch.c:288-292,
 * src/swap_move.c:249, src/swap_offset.c:320.
 */
static bool sectors_fit(const struct ota_flash_layout *layout, const char *name,
			const struct ota_sectors *sectors, struct ota_flash_limits *limits)
{
	uint64_t count = ota_sectors_count(sectors);

	if (count > layout->max_sectors) {
		refuse(limits,
		       "%s has %s sectors, the bootloader is built for %s (BOOT_MAX_IMG_SECTORS)",
		       name, GROUPED(count), GROUPED(layout->max_sectors));
		return false;
	}
	if (count > WALK_SECTORS_MAX) {
		refuse(limits, "%s has %s sectors, more than %s are not followed", name,
		       GROUPED(count), GROUPED(WALK_SECTORS_MAX));
		return false;
	}
	return true;
}

/*
 * bootutil takes the trailer off without looking: src/swap_scratch.c:107 and
 * src/bootutil_misc.c:144-145 wrap or assert, src/loader.c:983-990 walks off the sector list.
 */
static bool trailer_fits(const char *name, const struct ota_sectors *sectors,
			 struct ota_flash_limits *limits)
{
	uint64_t bytes = ota_sectors_bytes(sectors);

	if (limits->trailer <= bytes)
		return true;
	refuse(limits, "the trailer is %s bytes, the %s slot has %s", GROUPED(limits->trailer),
	       name, GROUPED(bytes));
	return false;
}

/* One slot's sectors, first to last. */
struct cursor {
	const struct ota_sectors *sectors;
	unsigned run;
	uint32_t taken; /* of this run */
};

static bool is_at_end(const struct cursor *cursor)
{
	return cursor->run == cursor->sectors->n;
}

/* Size of the next sector, or 0 past the end. */
static uint32_t next_sector(struct cursor *cursor)
{
	const struct ota_sector_run *run;

	if (is_at_end(cursor))
		return 0;
	run = &cursor->sectors->run[cursor->run];
	if (++cursor->taken == run->count) {
		cursor->run++;
		cursor->taken = 0;
	}
	return run->size;
}

/* Both slots side by side, from one common sector boundary to the next. */
struct walk {
	struct cursor primary;
	struct cursor secondary;
	uint64_t primary_at; /* bytes since the last common boundary that closed a group */
	uint64_t secondary_at;
	uint64_t closed; /* bytes up to there */
	int smaller;     /* whose sectors are the smaller ones in this group: 1 primary, 2 other */
};

/* The end of the slot whose sectors ran out first. */
static bool ran_out(const struct walk *walk, bool primary, struct ota_flash_limits *limits)
{
	refuse(limits, "the %s slot ends after %s bytes, the other goes on",
	       primary ? "primary" : "secondary",
	       GROUPED(walk->closed + (primary ? walk->primary_at : walk->secondary_at)));
	return false;
}

static bool take_primary(struct walk *walk, struct ota_flash_limits *limits)
{
	uint32_t size = next_sector(&walk->primary);

	walk->primary_at += size;
	return size > 0 || ran_out(walk, true, limits);
}

static bool take_secondary(struct walk *walk, struct ota_flash_limits *limits)
{
	uint32_t size = next_sector(&walk->secondary);

	walk->secondary_at += size;
	return size > 0 || ran_out(walk, false, limits);
}

/* One turn of the loop in src/swap_scratch.c:310-346: the slot that is behind takes a sector. */
static bool step(struct walk *walk, struct ota_flash_limits *limits)
{
	int behind = walk->primary_at < walk->secondary_at ? 1 : 2;

	if (walk->primary_at == walk->secondary_at)
		return take_primary(walk, limits) && take_secondary(walk, limits);
	if (walk->smaller != 0 && walk->smaller != behind) {
		refuse(limits, "sector boundaries of the slots cross near %s bytes",
		       GROUPED(walk->closed +
			       (behind == 1 ? walk->primary_at : walk->secondary_at)));
		return false;
	}
	walk->smaller = behind;
	return behind == 1 ? take_primary(walk, limits) : take_secondary(walk, limits);
}

/*
 * boot_slots_compatible of src/swap_scratch.c:271-371. With scratch, a common boundary closes a
 * group, which is swapped at once (:347-357). MCUBOOT_OVERWRITE_ONLY compiles that part out: there
 * the smaller sectors must be on the same side all the way.
 */
static bool walk_slots(const struct ota_flash_layout *layout, struct walk *walk,
		       struct ota_flash_limits *limits)
{
	bool grouped = layout->mode == OTA_MODE_SWAP_SCRATCH;
	uint64_t scratch = ota_sectors_bytes(&layout->scratch);

	*walk = (struct walk){.primary = {.sectors = &layout->primary},
			      .secondary = {.sectors = &layout->secondary}};
	while (!is_at_end(&walk->primary) || !is_at_end(&walk->secondary)) {
		if (!step(walk, limits))
			return false;
		if (!grouped || walk->primary_at != walk->secondary_at)
			continue;
		if (walk->primary_at > scratch) {
			refuse(limits, "%s bytes at %s are swapped at once, scratch has %s",
			       GROUPED(walk->primary_at), GROUPED(walk->closed), GROUPED(scratch));
			return false;
		}
		walk->closed += walk->primary_at;
		walk->primary_at = 0;
		walk->secondary_at = 0;
		walk->smaller = 0;
	}
	return true;
}

/* End of the first sector, counted from the slot's end, that holds trailer: swap_scratch.c:61-93.
 */
static uint64_t first_trailer_sector_end(const struct ota_sectors *sectors, uint64_t trailer)
{
	uint64_t behind = 0;

	for (unsigned i = sectors->n; i-- > 0;) {
		const struct ota_sector_run *run = &sectors->run[i];
		uint64_t bytes = (uint64_t)run->count * run->size;

		if (trailer <= behind + bytes) {
			uint64_t n = (trailer - behind + run->size - 1) / run->size;

			return ota_sectors_bytes(sectors) - behind - (n - 1) * run->size;
		}
		behind += bytes;
	}
	return 0;
}

/*
 * app_max_size_adjust_to_trailer, src/swap_scratch.c:104-177. Slots whose last sectors share no
 * boundary count up to the last common one, as in :361-368 and :1008.
 */
static void limit_swap_scratch(const struct ota_flash_layout *layout,
			       struct ota_flash_limits *limits)
{
	struct walk walk;
	uint64_t end, other, room, in_first_sector, padding;

	if (!sectors_fit(layout, "primary", &layout->primary, limits) ||
	    !sectors_fit(layout, "secondary", &layout->secondary, limits) ||
	    !sectors_fit(layout, "scratch", &layout->scratch, limits) ||
	    !trailer_fits("primary", &layout->primary, limits) ||
	    !trailer_fits("secondary", &layout->secondary, limits) ||
	    !walk_slots(layout, &walk, limits))
		return;
	if (limits->trailer > walk.closed) {
		refuse(limits,
		       "the trailer is %s bytes, only %s lie before the last common sector "
		       "boundary",
		       GROUPED(limits->trailer), GROUPED(walk.closed));
		return;
	}
	limits->usable = walk.closed;
	room = walk.closed - limits->trailer;
	end = first_trailer_sector_end(&layout->primary, limits->trailer);
	other = first_trailer_sector_end(&layout->secondary, limits->trailer);
	limits->trailer_sector_end = end > other ? end : other;
	in_first_sector = limits->trailer_sector_end - room;
	padding = limits->scratch_trailer > in_first_sector
			  ? limits->scratch_trailer - in_first_sector
			  : 0;
	if (padding > room) {
		refuse(limits,
		       "the trailer and its copy in scratch take %s bytes, the slots have %s",
		       GROUPED(limits->trailer + padding), GROUPED(walk.closed));
		return;
	}
	limits->max_image = room - padding;
}

/*
 * bootutil compares the lists (src/swap_move.c:262-295, src/swap_offset.c:332-366) but then works
 * with the first sector's size for all, and rounds by masks (swap_move.c:567-578,
 * swap_offset.c:715-726): mixed sizes would be erased wrongly, others than powers of two rounded
 * wrongly.
 */
static bool sectors_are_uniform(const struct ota_flash_layout *layout,
				struct ota_flash_limits *limits)
{
	const struct ota_sectors *slots[] = {&layout->primary, &layout->secondary};
	uint32_t size = layout->primary.run[0].size;

	for (unsigned slot = 0; slot < 2; slot++) {
		for (unsigned i = 0; i < slots[slot]->n; i++) {
			if (slots[slot]->run[i].size == size)
				continue;
			refuse(limits, "%s needs sectors of one size, there are %s and %s",
			       ota_mode_name(layout->mode), GROUPED(size),
			       GROUPED(slots[slot]->run[i].size));
			return false;
		}
	}
	if (!ota_is_power_of_two(size)) {
		refuse(limits, "%s needs sectors of a power of two, these have %s bytes",
		       ota_mode_name(layout->mode), GROUPED(size));
		return false;
	}
	return true;
}

/*
 * Bytes of a slot without its trailer's whole sectors and `spare`, as app_max_size counts: in the
 * size of the primary's first sector. False when the trailer's do not fit.
 */
static bool slot_room(const struct ota_sectors *slot, uint32_t sector, uint64_t spare,
		      const struct ota_flash_limits *limits, uint64_t *room)
{
	uint64_t taken = (limits->trailer + sector - 1) / sector * sector;
	uint64_t bytes = ota_sectors_count(slot) * sector;

	*room = bytes > taken && bytes - taken > spare ? bytes - taken - spare : 0;
	return taken <= bytes;
}

static void refuse_trailer(const char *name, const struct ota_sectors *slot,
			   struct ota_flash_limits *limits)
{
	refuse(limits, "the trailer's sectors take %s bytes, the %s slot has %s",
	       GROUPED(ota_align_up(limits->trailer, slot->run[0].size)), name,
	       GROUPED(ota_sectors_bytes(slot)));
}

/* The primary slot (src/swap_move.c:231-298) or the secondary (src/swap_offset.c:305-369) has the
 * spare sector, and may have one more. */
static bool counts_match(const struct ota_flash_layout *layout, struct ota_flash_limits *limits)
{
	bool move = layout->mode == OTA_MODE_SWAP_MOVE;
	uint64_t primary = ota_sectors_count(&layout->primary);
	uint64_t secondary = ota_sectors_count(&layout->secondary);
	uint64_t larger = move ? primary : secondary;
	uint64_t smaller = move ? secondary : primary;

	if (larger == smaller || larger == smaller + 1)
		return true;
	refuse(limits, "primary has %s sectors, secondary %s: %s needs as many, or one more in %s",
	       GROUPED(primary), GROUPED(secondary), ota_mode_name(layout->mode),
	       move ? "primary" : "secondary");
	return false;
}

/* The two ways to swap without scratch: src/swap_move.c:562-581, src/swap_offset.c:710-729. */
static void limit_swap_spare(const struct ota_flash_layout *layout, struct ota_flash_limits *limits)
{
	bool move = layout->mode == OTA_MODE_SWAP_MOVE;
	uint32_t size = layout->primary.run[0].size;
	uint64_t primary, secondary;
	bool primary_holds = slot_room(&layout->primary, size, move ? size : 0, limits, &primary);
	bool secondary_holds =
		slot_room(&layout->secondary, size, move ? 0 : size, limits, &secondary);

	limits->bare_image = primary < secondary ? primary : secondary;
	if (!counts_match(layout, limits) ||
	    !sectors_fit(layout, "primary", &layout->primary, limits) ||
	    !sectors_fit(layout, "secondary", &layout->secondary, limits) ||
	    !sectors_are_uniform(layout, limits))
		return;
	if (!primary_holds)
		refuse_trailer("primary", &layout->primary, limits);
	else if (!secondary_holds)
		refuse_trailer("secondary", &layout->secondary, limits);
	else
		limits->max_image = limits->bare_image;
}

/*
 * boot_swap_info_off: src/bootutil_misc.h:28-44, src/bootutil_public.c:165. False when the slot is
 * too small for the fields from there on; bootutil would wrap.
 */
static bool find_swap_info(const char *name, const struct ota_sectors *slot, uint32_t align,
			   struct ota_flash_limits *limits, uint64_t *at)
{
	uint64_t bytes = ota_sectors_bytes(slot);
	uint64_t above_ok = OTA_TRAILER_MAGIC_SIZE + (uint64_t)align;
	uint64_t image_ok = bytes > above_ok ? (bytes - above_ok) & ~(uint64_t)(align - 1) : 0;

	if (image_ok < 2 * (uint64_t)align) {
		refuse(limits, "the %s slot has %s bytes, too few for a trailer with alignment %s",
		       name, GROUPED(bytes), GROUPED(align));
		return false;
	}
	*at = image_ok - 2 * (uint64_t)align;
	return true;
}

/*
 * bootutil_max_image_size is asked for each slot (src/bootutil_misc.c:366-375): an image must suit
 * both. The swap status counts as a part of the trailer here too, but is neither written nor
 * erased, and may be larger than the slot: on a flash that writes as many bytes as it erases it
 * always is.
 */
static void limit_both_slots(const struct ota_flash_layout *layout, struct ota_flash_limits *limits)
{
	uint64_t primary, secondary;

	if (!find_swap_info("primary", &layout->primary, layout->max_align, limits, &primary) ||
	    !find_swap_info("secondary", &layout->secondary, layout->max_align, limits, &secondary))
		return;
	limits->max_image = primary < secondary ? primary : secondary;
}

/*
 * Slots of one size are compatible by the ground truth that the tests hold, but the check that an
 * overwrite build compiles in (src/swap_scratch.c:271-371) still wants nested sectors, and boots
 * the old image for ever when they are not: that is said as a caution. Without the fast variant the
 * whole primary size is copied after it has been erased (src/loader.c:966-1015), so a shorter
 * secondary slot ends in a failed read and no image at all.
 */
static void limit_overwrite(const struct ota_flash_layout *layout, struct ota_flash_limits *limits)
{
	uint64_t primary = ota_sectors_bytes(&layout->primary);
	uint64_t secondary = ota_sectors_bytes(&layout->secondary);
	struct walk walk;

	if (!sectors_fit(layout, "primary", &layout->primary, limits) ||
	    !sectors_fit(layout, "secondary", &layout->secondary, limits))
		return;
	if (!walk_slots(layout, &walk, limits)) {
		if (primary != secondary)
			return;
		memcpy(limits->caution, limits->reason, sizeof(limits->caution));
		limits->reason[0] = '\0';
		limits->compatible = true;
	}
	if (layout->mode == OTA_MODE_OVERWRITE_ONLY && secondary < primary) {
		refuse(limits, "all %s bytes of primary are copied, secondary has %s",
		       GROUPED(primary), GROUPED(secondary));
		return;
	}
	/* Only the fast variant erases all of the trailer's sectors (src/loader.c:982-994). */
	if (layout->mode == OTA_MODE_OVERWRITE_FAST &&
	    !trailer_fits("primary", &layout->primary, limits))
		return;
	limit_both_slots(layout, limits);
}

/* boot_status_off without status: src/bootutil_misc.c:355-360, src/bootutil_area.c:74-94. */
static void limit_one_slot(const struct ota_flash_layout *layout, struct ota_flash_limits *limits)
{
	if (trailer_fits("primary", &layout->primary, limits))
		limits->max_image = ota_sectors_bytes(&layout->primary) - limits->trailer;
}

/* src/bootutil_area.c:45-94; the number of states is src/bootutil_area.h:38-46. */
static struct ota_trailer_rules trailer_rules(const struct ota_flash_layout *layout)
{
	bool offset = layout->mode == OTA_MODE_SWAP_OFFSET;
	struct ota_trailer_rules rules = {
		.max_align = layout->max_align,
		.write_size = layout->write_size,
		.max_sectors = layout->max_sectors,
		.states = offset ? OTA_STATUS_STATES_OFFSET : OTA_STATUS_STATES,
		.enc_key = layout->enc_key,
		.tlv_sizes = offset,
	};

	if (ota_mode_has_one_slot(layout->mode))
		rules.states = 0;
	return rules;
}

static void limit_by_mode(const struct ota_flash_layout *layout, struct ota_flash_limits *limits)
{
	switch (layout->mode) {
	case OTA_MODE_SWAP_SCRATCH:
		limit_swap_scratch(layout, limits);
		break;
	case OTA_MODE_SWAP_MOVE:
	case OTA_MODE_SWAP_OFFSET:
		limit_swap_spare(layout, limits);
		break;
	case OTA_MODE_OVERWRITE_ONLY:
	case OTA_MODE_OVERWRITE_FAST:
		limit_overwrite(layout, limits);
		break;
	case OTA_MODE_DIRECT_XIP:
	case OTA_MODE_DIRECT_XIP_REVERT:
	case OTA_MODE_RAM_LOAD:
		limit_both_slots(layout, limits);
		break;
	case OTA_MODE_SINGLE_SLOT:
	case OTA_MODE_FIRMWARE_LOADER:
		limit_one_slot(layout, limits);
		break;
	}
}

enum ota_err ota_flash_limits(const struct ota_flash_layout *layout,
			      struct ota_flash_limits *limits, struct ota_diag *diag)
{
	struct ota_trailer_rules rules;
	enum ota_err err;

	*limits = (struct ota_flash_limits){.compatible = false};
	err = check_layout(layout, diag);
	if (err != OTA_OK)
		return err;
	rules = trailer_rules(layout);
	limits->compatible = true;
	limits->trailer = ota_trailer_size(&rules);
	limits->status = ota_trailer_status_size(&rules);
	(void)ota_trailer_fields_find(&rules, ota_sectors_bytes(&layout->primary),
				      &limits->from_end);
	if (layout->mode == OTA_MODE_SWAP_SCRATCH)
		limits->scratch_trailer = ota_trailer_scratch_size(&rules);
	limit_by_mode(layout, limits);
	if (limits->bare_image == 0)
		limits->bare_image = limits->max_image;
	return OTA_OK;
}

uint64_t ota_ram_load_limit(const struct ota_area *exec_ram, uint32_t load, uint64_t max_image)
{
	uint64_t room;

	/* bootutil adds in 32 bits: what ends at 4 GiB is refused. */
	if (exec_ram->len > UINT32_MAX - exec_ram->at || load < exec_ram->at ||
	    load - exec_ram->at > exec_ram->len)
		return 0;
	room = exec_ram->len - (load - exec_ram->at);
	return room < max_image ? room : max_image;
}
