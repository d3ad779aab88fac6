// SPDX-License-Identifier: Apache-2.0
/*
 * Devices with one slot that make the new image where the old one lies: how far old can be moved up
 * in the slot, and what the journal that outlives a power cut takes. The device's side is
 * examples/device; the patch's is formats/otd.md, In place.
 */
#ifndef OTA_IN_PLACE_H
#define OTA_IN_PLACE_H

#include <ota/target.h>
#include <ota/wear.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Most blocks from one checkpoint to the next: the update agent of examples/device counts so far.
 */
#define OTA_CHECKPOINT_EVERY_MAX 255U

/* One update in place; bytes, but for `every`. */
struct ota_in_place {
	uint32_t block; /* erased at a time, a power of two */
	uint32_t lead;  /* what the patch counts on; a multiple of block */
	uint32_t every; /* blocks between two checkpoints, at least 1 */
	uint64_t old_len;
	uint64_t new_len;
};

/*
 * How far old is moved up: lead + (every - 1) * block. Behind a checkpoint as many blocks may be
 * made again, and what they are made of must still be there.
 */
OTA_API uint64_t ota_in_place_shift(const struct ota_in_place *place);

/* `len` rounded up to whole blocks, bytes. */
OTA_API uint64_t ota_in_place_whole(const struct ota_in_place *place, uint64_t len);

/* The lead that keeps old readable to its end, and no more: block + what new has grown, in blocks.
 */
OTA_API uint64_t ota_in_place_least_lead(const struct ota_in_place *place);

/* Bytes of the primary slot in whole blocks before its trailer; 0 when the layout is none. */
OTA_API uint64_t ota_in_place_usable(const struct ota_target *target, uint32_t block);

/* Can the slot be erased in such blocks: is each one's end, up to `usable`, a sector's end? */
OTA_API bool ota_in_place_erasable(const struct ota_sectors *slot, uint32_t block, uint64_t usable);

/*
 * When `block` is 0 it becomes the profile's, else the least power of two, from 128 on, that is no
 * smaller than the slot's largest sector. OTA_E_USAGE: the device does not update in place.
 * OTA_E_NO_FIT: the slot cannot be erased so. Both are put into words.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_in_place_block(const struct ota_target *target,
						       uint32_t *block, struct ota_diag *diag);

/*
 * The lead for a patch whose old stays readable `distance` bytes behind what is written
 * (ota_delta_lead). `block` is 0: the target's, or without one (NULL) OTA_DELTA_BLOCK.
 */
OTA_API uint32_t ota_in_place_lead(const struct ota_target *target, uint32_t block, size_t old_size,
				   size_t new_size, size_t distance);

/*
 * The largest lead that the slot has room for: nothing is lost when a patch asks for less.
 * place->old_len and new_len are given, place->block too unless it is 0: then the profile says.
 * Fills the rest. OTA_E_USAGE as ota_in_place_block. OTA_E_NO_FIT: new does not fit, or not even
 * ota_in_place_least_lead.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_in_place_plan(const struct ota_target *target,
						      struct ota_in_place *place,
						      struct ota_diag *diag);

/* -- the journal ------------------------------------------------------------------------------- */

/* Bytes of a record around the decoder's state: head, CRC-32. Source: examples/device/README.md. */
#define OTA_JOURNAL_HEAD 32U
#define OTA_JOURNAL_CRC  4U

/* What is written into a journal in one update; bytes. */
struct ota_journal {
	uint64_t half;        /* of the area; 0: there is no journal */
	uint64_t mark;        /* a record without state, in whole write units */
	uint64_t checkpoint;  /* one with it */
	uint64_t marks;       /* records: begun, blocks moved, done */
	uint64_t checkpoints; /* records */
	uint64_t erases;      /* of halves, in all; each half every second time */
	bool fits;            /* a half holds a checkpoint */
};

/*
 * Counts for `state` bytes of decoder. In two slots `place` has every and new_len, lead is 0, and a
 * checkpoint is due at sectors of the secondary slot.
 */
OTA_API void ota_journal_count(const struct ota_target *target, const struct ota_in_place *place,
			       uint64_t state, struct ota_journal *journal);

/* -- wear -------------------------------------------------------------------------------------- */

/* Adds what the journal is erased and written. */
OTA_API void ota_wear_journal(const struct ota_target *target, const struct ota_journal *journal,
			      struct ota_wear *wear);

/*
 * Counts one update in place: old's blocks are erased where old is moved to, then new's, and the
 * journal. Fills `wear`.
 */
OTA_API void ota_wear_in_place(const struct ota_target *target, const struct ota_in_place *place,
			       const struct ota_journal *journal, struct ota_wear *wear);

#ifdef __cplusplus
}
#endif
#endif
