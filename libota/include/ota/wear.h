// SPDX-License-Identifier: Apache-2.0
/*
 * What an upgrade costs the flash: erases, the sector that is erased most, time, and how many
 * upgrades that sector lives for. Counted as MCUboot 2d4bacc3c15e does it, boot/bootutil/src.
 */
#ifndef OTA_WEAR_H
#define OTA_WEAR_H

#include <ota/target.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Erases of the sectors of one size. */
struct ota_wear_size {
	uint32_t sector; /* bytes */
	uint64_t erases;
};

/* What happens to one area. */
struct ota_wear_area {
	uint64_t erases;  /* of sectors, in all */
	uint64_t hottest; /* of the sector that is erased most */
	uint64_t written; /* bytes of images; the few of status and trailer are left out */
	struct ota_wear_size size[OTA_SECTOR_RUNS_MAX];
	unsigned n_sizes;
};

struct ota_wear {
	struct ota_wear_area primary, secondary, scratch;
	struct ota_wear_area journal; /* the updater's */
	uint64_t erases;              /* of all areas */
	uint64_t hottest;             /* of all areas */
	uint64_t written;
	const char *hottest_area; /* "scratch", static */
	const char *formula;      /* static: the mode's rule, for --explain */
	const char *source;       /* static: file and line */
};

/*
 * Counts one upgrade by the bootloader, from the old image to the new one, both in bytes from
 * header to last TLV; an old image of 0 bytes is not known and counts as large as the new one.
 * Modes that copy nothing erase nothing. `limits` are of the same layout; all is zero when
 * incompatible. Fills `wear`.
 */
OTA_API void ota_wear_upgrade(const struct ota_flash_layout *layout,
			      const struct ota_flash_limits *limits, uint64_t old_len,
			      uint64_t new_len, struct ota_wear *wear);

/* The same for going back to the old image, where the mode can; else all zero. */
OTA_API void ota_wear_revert(const struct ota_flash_layout *layout,
			     const struct ota_flash_limits *limits, uint64_t old_len,
			     uint64_t new_len, struct ota_wear *wear);

/*
 * Counts what the updater does before that: it erases and writes the sectors of the secondary slot
 * that `new_len` bytes take; in swap-offset they begin one sector in. The primary slot instead,
 * where there is no secondary one.
 */
OTA_API void ota_wear_store(const struct ota_flash_layout *layout, uint64_t new_len,
			    struct ota_wear *wear);

/*
 * Does swap-scratch tear a sector of the secondary slot when `len` bytes, the larger image, are
 * swapped? It takes sectors of the primary slot as far as scratch has room; a group that begins
 * inside a sector of the secondary slot has all of that sector erased, with a part of the new image
 * that is still to be copied, and in the end neither image is whole. Fills `at` with the place
 * then. Source: boot/bootutil/src/swap_scratch.c:554-584, 811-852.
 */
OTA_API bool ota_wear_tears_sector(const struct ota_flash_layout *layout,
				   const struct ota_flash_limits *limits, uint64_t len,
				   uint64_t *at);

/* Time and lifetime, as far as they are known. */
struct ota_wear_time {
	bool has_typical; /* erase and program times of every area it touches are known */
	bool has_max;
	uint64_t typical_us;
	uint64_t max_us;
	bool unread; /* some of them were not read from a datasheet */
	bool has_upgrades;
	uint64_t upgrades;     /* until the hottest sector has had its cycles */
	const char *worn_area; /* static */
	bool endurance_unread;
};

/* Times and lifetime from the profile's figures; nothing is guessed. Fills `time`. */
OTA_API void ota_wear_time(const struct ota_target *target, const struct ota_wear *wear,
			   struct ota_wear_time *time);

#ifdef __cplusplus
}
#endif
#endif
