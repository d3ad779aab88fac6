// SPDX-License-Identifier: Apache-2.0
/*
 * What an upgrade costs the flash. Each rule is what bootutil does to its sectors, file and line of
 * MCUboot 2d4bacc3c15e, boot/bootutil/src; the numbers are equal to what it did on a simulated
 * flash (tests/vectors/mcuboot_swaps.tsv).
 */
#include <ota/in_place.h>
#include <ota/mcuboot.h>

#define NS_IN_US 1000U

/* -- where sectors begin and end --------------------------------------------------------------- */

static uint64_t smaller_of(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t larger_of(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* The first sector boundary at or behind `at`; the end of the area when there is none. */
static uint64_t boundary_behind(const struct ota_sectors *sectors, uint64_t at)
{
	uint64_t start = 0;

	for (unsigned i = 0; i < sectors->n; i++) {
		const struct ota_sector_run *run = &sectors->run[i];
		uint64_t bytes = (uint64_t)run->count * run->size;

		if (at - start <= bytes)
			return start + (at - start + run->size - 1) / run->size * run->size;
		start += bytes;
	}
	return start;
}

/* Where the first of the sectors that hold the trailer begins: bootutil_area.c:174-216. */
static uint64_t trailer_start(const struct ota_sectors *sectors, uint64_t trailer)
{
	uint64_t bytes = ota_sectors_bytes(sectors);

	return ota_sectors_boundary(sectors, bytes - smaller_of(bytes, trailer));
}

/*
 * find_last_sector_idx, swap_scratch.c:594-633: what is swapped ends where both slots have a sector
 * boundary. Sectors nest, so that the larger of two is such an end after one more look.
 */
static uint64_t common_boundary(const struct ota_flash_layout *layout, uint64_t len)
{
	uint64_t end = boundary_behind(&layout->primary, len);

	end = larger_of(end, boundary_behind(&layout->secondary, len));
	return larger_of(boundary_behind(&layout->primary, end),
			 boundary_behind(&layout->secondary, end));
}

/* -- counting ---------------------------------------------------------------------------------- */

static void count_erases(struct ota_wear_area *area, uint32_t size, uint64_t erases)
{
	unsigned i = 0;

	if (erases == 0)
		return;
	while (i < area->n_sizes && area->size[i].sector != size)
		i++;
	if (i == area->n_sizes)
		area->size[area->n_sizes++] = (struct ota_wear_size){.sector = size};
	area->size[i].erases += erases;
	area->erases += erases;
}

/* Erases each sector between two boundaries `times` times. */
static void erase(struct ota_wear_area *area, const struct ota_sectors *sectors, uint64_t from,
		  uint64_t to, uint64_t times)
{
	uint64_t start = 0;

	for (unsigned i = 0; i < sectors->n; i++) {
		const struct ota_sector_run *run = &sectors->run[i];
		uint64_t end = start + (uint64_t)run->count * run->size;
		uint64_t first = larger_of(from, start);
		uint64_t last = smaller_of(to, end);

		if (first < last)
			count_erases(area, run->size, (last - first) / run->size * times);
		start = end;
	}
}

/* Erases the sectors of the trailer, but for those that the first `done` bytes have. */
static void erase_trailer(struct ota_wear_area *area, const struct ota_sectors *sectors,
			  uint64_t trailer, uint64_t done)
{
	erase(area, sectors, larger_of(trailer_start(sectors, trailer), done),
	      ota_sectors_bytes(sectors), 1);
}

static void add_up(struct ota_wear *wear)
{
	const struct {
		const struct ota_wear_area *area;
		const char *name;
	} areas[] = {{&wear->primary, "primary"},
		     {&wear->secondary, "secondary"},
		     {&wear->scratch, "scratch"},
		     {&wear->journal, "journal"}};

	wear->hottest_area = "";
	wear->erases = 0;
	wear->written = 0;
	wear->hottest = 0;
	for (unsigned i = 0; i < sizeof(areas) / sizeof(areas[0]); i++) {
		wear->erases += areas[i].area->erases;
		wear->written += areas[i].area->written;
		if (areas[i].area->hottest > wear->hottest) {
			wear->hottest = areas[i].area->hottest;
			wear->hottest_area = areas[i].name;
		}
	}
}

/* -- swap with scratch ------------------------------------------------------------------------- */

/*
 * boot_copy_sz, swap_scratch.c:554-584: bytes that are swapped at once and end at `end`. Sectors of
 * the primary slot, taken backwards as long as scratch has room; where those of the secondary slot
 * begin is not asked.
 */
static uint64_t group_before(const struct ota_flash_layout *layout, uint64_t end)
{
	const struct ota_sectors *primary = &layout->primary;
	uint64_t room = ota_sectors_bytes(&layout->scratch);
	uint64_t start = ota_sectors_bytes(primary);
	uint64_t taken = 0;

	for (unsigned i = primary->n; i-- > 0;) {
		const struct ota_sector_run *run = &primary->run[i];
		uint64_t left, fits;

		start -= (uint64_t)run->count * run->size;
		if (start >= end - taken)
			continue;
		left = (end - taken - start) / run->size;
		fits = (room - taken) / run->size;
		taken += smaller_of(left, fits) * run->size;
		if (fits < left)
			break;
	}
	return taken;
}

struct swap_groups {
	uint64_t n;
	uint64_t first; /* bytes of the first one, which has the end of the image */
	bool torn;      /* one begins inside a sector of the secondary slot */
	uint64_t torn_at;
};

/* The loop of swap_run, swap_scratch.c:918-940. Not more turns than the primary slot has sectors.
 */
static struct swap_groups split_groups(const struct ota_flash_layout *layout, uint64_t end)
{
	struct swap_groups groups = {.n = 0};

	while (end > 0) {
		uint64_t bytes = group_before(layout, end);

		if (bytes == 0)
			break;
		if (groups.n++ == 0)
			groups.first = bytes;
		end -= bytes;
		if (!groups.torn && ota_sectors_boundary(&layout->secondary, end) != end) {
			groups.torn = true;
			groups.torn_at = end;
		}
	}
	return groups;
}

/*
 * What the first group copies when the trailer begins in it: nothing of the trailer, and no more
 * than scratch has before its own one (swap_scratch.c:728-744).
 */
static uint64_t first_group_copies(const struct ota_flash_layout *layout,
				   const struct ota_flash_limits *limits, uint64_t end,
				   uint64_t bytes)
{
	uint64_t start = end - bytes;
	uint64_t slot = ota_sectors_bytes(&layout->primary);
	uint64_t scratch = ota_sectors_bytes(&layout->scratch);

	if (end <= trailer_start(&layout->primary, limits->trailer))
		return bytes;
	if (slot - start < limits->trailer || scratch < limits->scratch_trailer)
		return 0;
	return smaller_of(slot - start - limits->trailer, scratch - limits->scratch_trailer);
}

static void swap_with_scratch(const struct ota_flash_layout *layout,
			      const struct ota_flash_limits *limits, uint64_t len,
			      struct ota_wear *wear)
{
	uint64_t end = common_boundary(layout, len);
	struct swap_groups groups = split_groups(layout, end);
	uint64_t copied =
		end - groups.first + first_group_copies(layout, limits, end, groups.first);

	erase(&wear->primary, &layout->primary, 0, end, 1);
	erase_trailer(&wear->primary, &layout->primary, limits->trailer, end);
	erase(&wear->secondary, &layout->secondary, 0, end, 1);
	erase_trailer(&wear->secondary, &layout->secondary, limits->trailer, end);
	/* Once for each group, and once more for the trailer kept there: :748-776, :905-914. */
	erase(&wear->scratch, &layout->scratch, 0, ota_sectors_bytes(&layout->scratch),
	      groups.n + 1);
	wear->primary.hottest = 1;
	wear->secondary.hottest = 1;
	wear->scratch.hottest = groups.n + 1;
	wear->primary.written = copied;
	wear->secondary.written = copied;
	wear->scratch.written = copied;
	wear->formula = "primary and secondary: sectors of the larger image and of the trailer, "
			"once each; scratch: all its sectors, groups + 1 times each";
	wear->source = "boot/bootutil/src/swap_scratch.c:554-584, 678-940";
}

bool ota_wear_tears_sector(const struct ota_flash_layout *layout,
			   const struct ota_flash_limits *limits, uint64_t len, uint64_t *at)
{
	struct swap_groups groups;

	if (layout->mode != OTA_MODE_SWAP_SCRATCH || !limits->compatible)
		return false;
	groups = split_groups(layout, common_boundary(layout, len));
	*at = groups.torn_at;
	return groups.torn;
}

/* -- swaps without scratch --------------------------------------------------------------------- */

/* Sectors of a slot whose sectors are all of one size. */
static uint64_t sectors_of(const struct ota_sectors *slot, uint64_t len)
{
	uint32_t size = slot->run[0].size;

	return smaller_of(len / size + (len % size != 0), ota_sectors_count(slot));
}

static uint64_t trailer_sectors(const struct ota_sectors *slot,
				const struct ota_flash_limits *limits)
{
	return sectors_of(slot, limits->trailer);
}

/*
 * Every sector moves up by one, from the last to the first, and is swapped then: swap_move.c:
 * 352-436, 529-549. The secondary slot's trailer is erased twice on the way back (:449-486).
 */
static void swap_by_moving(const struct ota_flash_layout *layout,
			   const struct ota_flash_limits *limits, uint64_t len, bool revert,
			   struct ota_wear *wear)
{
	uint32_t size = layout->primary.run[0].size;
	uint64_t n = larger_of(sectors_of(&layout->primary, len), 1);
	uint64_t trailer = trailer_sectors(&layout->primary, limits);

	count_erases(&wear->primary, size, 2 * n + trailer);
	count_erases(&wear->secondary, size, n + (revert ? 2 : 1) * trailer);
	wear->primary.hottest = n > 1 ? 2 : 1;
	wear->secondary.hottest = revert ? 2 : 1;
	wear->primary.written = 2 * n * size;
	wear->secondary.written = n * size;
	wear->formula = revert ? "n sectors of the larger image, T of the trailer; primary: 2*n + "
				 "T; secondary: n + 2*T"
			       : "n sectors of the larger image, T of the trailer; primary: 2*n + "
				 "T; secondary: n + T";
	wear->source = "boot/bootutil/src/swap_move.c:352-549";
}

/*
 * Sectors that a slot gives away: those of its image and one more, as far as the larger image goes
 * (swap_offset.c:662-708 compares an index with a count).
 */
static uint64_t sectors_given(const struct ota_sectors *slot, uint64_t len, uint64_t n)
{
	return smaller_of(n, sectors_of(slot, len) + 1);
}

/*
 * swap_offset.c:420-531. The way back erases the secondary slot's first sector too, and
 * its trailer three times (:549-580, :636-650, :688-695).
 */
static void swap_by_offset(const struct ota_flash_layout *layout,
			   const struct ota_flash_limits *limits, const uint64_t len[2],
			   bool revert, struct ota_wear *wear)
{
	const struct ota_sectors *slot = &layout->primary;
	uint32_t size = slot->run[0].size;
	uint64_t n = larger_of(sectors_of(slot, larger_of(len[0], len[1])), 1);
	uint64_t trailer = trailer_sectors(slot, limits);
	uint64_t into_primary = sectors_given(slot, revert ? len[0] : len[1], n);
	uint64_t into_secondary = sectors_given(slot, revert ? len[1] : len[0], n);

	count_erases(&wear->primary, size, into_primary + trailer);
	count_erases(&wear->secondary, size, into_secondary + (revert ? 1 + 3 * trailer : trailer));
	wear->primary.hottest = 1;
	wear->secondary.hottest = revert ? 3 : 1;
	wear->primary.written = into_primary * size;
	wear->secondary.written = into_secondary * size;
	wear->formula = revert ? "a slot takes the other's image and one sector more, at most the "
				 "larger image's; primary: old + T; secondary: new + 1 + 3*T"
			       : "a slot takes the other's image and one sector more, at most the "
				 "larger image's; primary: new + T; secondary: old + T";
	wear->source = "boot/bootutil/src/swap_offset.c:420-708";
}

/* -- modes that copy one way, or not at all ---------------------------------------------------- */

static bool has_secondary(const struct ota_flash_layout *layout)
{
	return layout->secondary.n > 0 && layout->mode != OTA_MODE_SINGLE_SLOT &&
	       layout->mode != OTA_MODE_FIRMWARE_LOADER;
}

/* The secondary slot's first and last sector, so that nothing is copied again: loader.c:1048-1069.
 */
static void forget_secondary(const struct ota_flash_layout *layout, struct ota_wear *wear)
{
	const struct ota_sectors *slot = &layout->secondary;

	count_erases(&wear->secondary, slot->run[0].size, 1);
	count_erases(&wear->secondary, slot->run[slot->n - 1].size, 1);
	wear->secondary.hottest = ota_sectors_count(slot) > 1 ? 1 : 2;
}

/* loader.c:965-1017 */
static void overwrite_all(const struct ota_flash_layout *layout, struct ota_wear *wear)
{
	uint64_t bytes = ota_sectors_bytes(&layout->primary);

	erase(&wear->primary, &layout->primary, 0, bytes, 1);
	wear->primary.hottest = 1;
	wear->primary.written = bytes;
	forget_secondary(layout, wear);
	wear->formula = "primary: all sectors; secondary: its first and its last";
	wear->source = "boot/bootutil/src/loader.c:926-1073";
}

/*
 * loader.c:965-994: the sectors of the trailer are erased whether or not the image has reached them
 * before. What is copied goes one write unit on when it ends with a whole one (:972-976).
 */
static void overwrite_image(const struct ota_flash_layout *layout,
			    const struct ota_flash_limits *limits, uint64_t new_len,
			    struct ota_wear *wear)
{
	const struct ota_sectors *slot = &layout->primary;
	uint64_t bytes = ota_sectors_bytes(slot);
	uint64_t len = smaller_of(new_len, bytes);
	uint64_t end = larger_of(boundary_behind(slot, len), slot->run[0].size);

	erase(&wear->primary, slot, 0, end, 1);
	erase_trailer(&wear->primary, slot, limits->trailer, 0);
	wear->primary.hottest = end > trailer_start(slot, limits->trailer) ? 2 : 1;
	wear->primary.written =
		smaller_of((len / layout->write_size + 1) * layout->write_size, bytes);
	forget_secondary(layout, wear);
	wear->formula = "primary: sectors of the new image, and again those of the trailer; "
			"secondary: its first and its last";
	wear->source = "boot/bootutil/src/loader.c:926-1073";
}

static void copy_nothing(struct ota_wear *wear)
{
	wear->formula = "nothing is copied";
	wear->source = "boot/bootutil/src/loader.c:2363-2408";
}

/* An image that nobody confirmed is erased with all its slot: loader.c:2151-2180. */
static void erase_unconfirmed(const struct ota_flash_layout *layout, struct ota_wear *wear)
{
	erase(&wear->secondary, &layout->secondary, 0, ota_sectors_bytes(&layout->secondary), 1);
	wear->secondary.hottest = 1;
	wear->formula = "all sectors of the slot of the new image";
	wear->source = "boot/bootutil/src/loader.c:2151-2205";
}

/* -- public ------------------------------------------------------------------------------------ */

/* Lengths as bootutil sees them: inside the slots, and the new one's where the old is not known. */
static void clamp_lens(const struct ota_flash_layout *layout, uint64_t len[2])
{
	uint64_t room = ota_sectors_bytes(&layout->primary);

	if (len[0] == 0)
		len[0] = len[1];
	if (has_secondary(layout))
		room = smaller_of(room, ota_sectors_bytes(&layout->secondary));
	len[0] = smaller_of(len[0], room);
	len[1] = smaller_of(len[1], room);
}

/* One way or the other; `lens` are those of the old and the new image. */
static void count(const struct ota_flash_layout *layout, const struct ota_flash_limits *limits,
		  const uint64_t lens[2], bool revert, struct ota_wear *wear)
{
	uint64_t len[2] = {lens[0], lens[1]};

	*wear = (struct ota_wear){.hottest_area = "", .formula = "", .source = ""};
	if (!limits->compatible)
		return;
	clamp_lens(layout, len);
	switch (layout->mode) {
	case OTA_MODE_SWAP_SCRATCH:
		swap_with_scratch(layout, limits, larger_of(len[0], len[1]), wear);
		break;
	case OTA_MODE_SWAP_MOVE:
		swap_by_moving(layout, limits, larger_of(len[0], len[1]), revert, wear);
		break;
	case OTA_MODE_SWAP_OFFSET:
		swap_by_offset(layout, limits, len, revert, wear);
		break;
	case OTA_MODE_OVERWRITE_ONLY:
		if (!revert)
			overwrite_all(layout, wear);
		break;
	case OTA_MODE_OVERWRITE_FAST:
		if (!revert)
			overwrite_image(layout, limits, len[1], wear);
		break;
	case OTA_MODE_DIRECT_XIP_REVERT:
		if (revert)
			erase_unconfirmed(layout, wear);
		else
			copy_nothing(wear);
		break;
	case OTA_MODE_DIRECT_XIP:
	case OTA_MODE_RAM_LOAD:
	case OTA_MODE_SINGLE_SLOT:
	case OTA_MODE_FIRMWARE_LOADER:
		if (!revert)
			copy_nothing(wear);
		break;
	}
	add_up(wear);
}

void ota_wear_upgrade(const struct ota_flash_layout *layout, const struct ota_flash_limits *limits,
		      uint64_t old_len, uint64_t new_len, struct ota_wear *wear)
{
	const uint64_t lens[2] = {old_len, new_len};

	count(layout, limits, lens, false, wear);
}

void ota_wear_revert(const struct ota_flash_layout *layout, const struct ota_flash_limits *limits,
		     uint64_t old_len, uint64_t new_len, struct ota_wear *wear)
{
	const uint64_t lens[2] = {old_len, new_len};

	count(layout, limits, lens, true, wear);
}

void ota_wear_store(const struct ota_flash_layout *layout, uint64_t new_len, struct ota_wear *wear)
{
	bool second = has_secondary(layout);
	const struct ota_sectors *slot = second ? &layout->secondary : &layout->primary;
	struct ota_wear_area *area;
	uint64_t start = 0;

	*wear = (struct ota_wear){.hottest_area = "",
				  .formula = "sectors that the new image takes, once each",
				  .source = ""};
	area = second ? &wear->secondary : &wear->primary;
	if (slot->n > 0 && layout->mode == OTA_MODE_SWAP_OFFSET)
		start = slot->run[0].size;
	new_len = smaller_of(new_len, ota_sectors_bytes(slot) - start);
	erase(area, slot, start, boundary_behind(slot, start + new_len), 1);
	area->hottest = area->erases > 0 ? 1 : 0;
	area->written =
		layout->write_size > 0 ? ota_align_up(new_len, layout->write_size) : new_len;
	add_up(wear);
}

/* -- in place ---------------------------------------------------------------------------------- */

/* The sectors of the flash that an area has; it lies on their boundaries. */
static void erase_area(struct ota_wear_area *wear, const struct ota_target *target,
		       const struct ota_area *area, uint64_t len, uint64_t times)
{
	erase(wear, &ota_area_flash(target, area)->sectors, area->at, area->at + len, times);
}

/* The halves are erased in turn, the first one once more when the number is odd. */
void ota_wear_journal(const struct ota_target *target, const struct ota_journal *journal,
		      struct ota_wear *wear)
{
	struct ota_area second = target->journal;
	uint64_t most = journal->erases - journal->erases / 2;

	if (journal->erases == 0)
		return;
	second.at += (uint32_t)journal->half;
	erase_area(&wear->journal, target, &target->journal, journal->half, most);
	erase_area(&wear->journal, target, &second, journal->half, journal->erases / 2);
	wear->journal.hottest = most;
	wear->journal.written =
		journal->marks * journal->mark + journal->checkpoints * journal->checkpoint;
	add_up(wear);
}

void ota_wear_in_place(const struct ota_target *target, const struct ota_in_place *place,
		       const struct ota_journal *journal, struct ota_wear *wear)
{
	const struct ota_sectors *slot = &target->layout.primary;
	uint64_t slot_len = ota_sectors_bytes(slot);
	uint64_t from = smaller_of(ota_in_place_shift(place), slot_len);
	uint64_t to = smaller_of(from + ota_in_place_whole(place, place->old_len), slot_len);
	uint64_t new_end = smaller_of(ota_in_place_whole(place, place->new_len), slot_len);

	*wear = (struct ota_wear){.hottest_area = "",
				  .formula = "blocks old is moved to + blocks of new, in sectors; "
					     "journal: each half that is begun",
				  .source = "examples/device/README.md"};
	erase(&wear->primary, slot, from, to, 1);
	erase(&wear->primary, slot, 0, new_end, 1);
	/* Where new reaches what old was moved to a sector is erased for both. */
	wear->primary.hottest = to > from && new_end > from ? 2 : wear->primary.erases > 0;
	wear->primary.written = place->old_len + place->new_len;
	add_up(wear);
	ota_wear_journal(target, journal, wear);
}

/* -- time -------------------------------------------------------------------------------------- */

/* What does not fit is as good as for ever. */
static uint64_t add(uint64_t a, uint64_t b)
{
	return b > UINT64_MAX - a ? UINT64_MAX : a + b;
}

static uint64_t multiply(uint64_t a, uint64_t b)
{
	return b != 0 && a > UINT64_MAX / b ? UINT64_MAX : a * b;
}

static const struct ota_erase_time *find_erase_time(const struct ota_flash *flash, uint32_t sector)
{
	for (unsigned i = 0; i < flash->n_erase_times; i++) {
		if (flash->erase_time[i].sector == sector)
			return &flash->erase_time[i];
	}
	return NULL;
}

static void add_erase_time(const struct ota_flash *flash, const struct ota_wear_size *size,
			   struct ota_wear_time *time)
{
	const struct ota_erase_time *one = find_erase_time(flash, size->sector);

	if (!one || one->typical_us == 0)
		time->has_typical = false;
	else
		time->typical_us = add(time->typical_us, multiply(size->erases, one->typical_us));
	if (!one || one->max_us == 0)
		time->has_max = false;
	else
		time->max_us = add(time->max_us, multiply(size->erases, one->max_us));
}

static void add_program_time(const struct ota_flash *flash, uint64_t written,
			     struct ota_wear_time *time)
{
	uint64_t units, ns, us;

	if (flash->program == 0 || flash->program_ns == 0) {
		time->has_typical = false;
		time->has_max = false;
		return;
	}
	units = written / flash->program + (written % flash->program != 0);
	ns = multiply(units, flash->program_ns);
	us = ns / NS_IN_US + (ns % NS_IN_US != 0);
	time->typical_us = add(time->typical_us, us);
	time->max_us = add(time->max_us, us);
}

/* The area that is worn out first counts; that of an unknown endurance could be it. */
static void add_lifetime(const struct ota_flash *flash, const struct ota_wear_area *area,
			 const char *name, struct ota_wear_time *time)
{
	uint64_t upgrades;

	if (flash->endurance == 0) {
		time->has_upgrades = false;
		return;
	}
	upgrades = flash->endurance / area->hottest;
	if (flash->unread & OTA_FACT_ENDURANCE)
		time->endurance_unread = true;
	if (time->worn_area[0] != '\0' && time->upgrades <= upgrades)
		return;
	time->upgrades = upgrades;
	time->worn_area = name;
}

static void add_area(const struct ota_flash *flash, const struct ota_wear_area *area,
		     const char *name, struct ota_wear_time *time)
{
	for (unsigned i = 0; i < area->n_sizes; i++)
		add_erase_time(flash, &area->size[i], time);
	if (area->written > 0)
		add_program_time(flash, area->written, time);
	if ((area->erases > 0 || area->written > 0) && (flash->unread & OTA_FACT_TIMES))
		time->unread = true;
	if (area->hottest > 0)
		add_lifetime(flash, area, name, time);
}

void ota_wear_time(const struct ota_target *target, const struct ota_wear *wear,
		   struct ota_wear_time *time)
{
	*time = (struct ota_wear_time){.has_typical = true,
				       .has_max = true,
				       .has_upgrades = wear->hottest > 0,
				       .worn_area = ""};
	add_area(ota_area_flash(target, &target->primary), &wear->primary, "primary", time);
	add_area(ota_area_flash(target, &target->secondary), &wear->secondary, "secondary", time);
	add_area(ota_area_flash(target, &target->scratch), &wear->scratch, "scratch", time);
	add_area(ota_area_flash(target, &target->journal), &wear->journal, "journal", time);
	if (!time->has_typical)
		time->typical_us = 0;
	if (!time->has_max)
		time->max_us = 0;
	if (!time->has_upgrades) {
		time->upgrades = 0;
		time->worn_area = "";
	}
}
