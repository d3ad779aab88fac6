// SPDX-License-Identifier: Apache-2.0
/*
 * A small update agent: takes a patch, checks it, makes the new image of the old one in flash, and
 * tells MCUboot. Power may be cut at any time: begin again with the same job, and it goes on.
 *
 * Two slots: old is read from the primary slot and stays as it is; new goes into the secondary one.
 * In place (otd only, the patch says so): the one slot is old's and then new's.
 *
 * No memory but struct agent, the stack and what the product's own hooks have. No callbacks: what
 * the product supplies are functions that the linker finds, here and in kit_flash.h.
 */
#ifndef AGENT_H
#define AGENT_H

#include <ota/otd.h>
#include <ota/vcdiff.h>

#include "kit_flash.h"

/* -- what is built in: give these to the compiler ---------------------------------------------- */

/*
 * Bytes that are programmed at once: a multiple of the write units of the slot and the journal.
 * `otatool check` counts the larger of the profile's `write` and `program`.
 */
#ifndef AGENT_PAGE
#define AGENT_PAGE 8U
#endif

/* The longest target window of VCDIFF that is taken, bytes; 0: without VCDIFF. */
#ifndef AGENT_VCDIFF_WINDOW
#define AGENT_VCDIFF_WINDOW 0U
#endif

/*
 * AGENT_OLD_MAPPED: the slots can be read at an address; AGENT_PATCH_MAPPED: so can the patch, or
 * it is streamed. Each saves the buffers that pieces would be read into.
 *
 * AGENT_BARE_ONLY: without signed updates (no hash, no signature: for trials only).
 * OTA_OTD_TWO_SLOTS: without patches that are applied in place.
 * OTA_OTD_ONLY_NANO, OTA_OTD_ONLY_XS: one tier of otd, and no more memory than it takes.
 */
#define AGENT_PIECE 64U

#ifdef AGENT_OLD_MAPPED
#define AGENT_OLD_PIECES 0U
#else
#define AGENT_OLD_PIECES 1U
#endif
#ifdef AGENT_PATCH_MAPPED
#define AGENT_PATCH_PIECES 0U
#else
#define AGENT_PATCH_PIECES (AGENT_VCDIFF_WINDOW > 0 ? OTA_VCDIFF_SECTIONS : 1U)
#endif

#if defined(OTA_OTD_ONLY_NANO)
#define AGENT_OTD_RAM OTA_OTD_DEC_RAM_NANO
#elif defined(OTA_OTD_ONLY_XS)
#define AGENT_OTD_RAM OTA_OTD_DEC_RAM_XS
#else
#define AGENT_OTD_RAM OTA_OTD_DEC_RAM_M
#endif
#define AGENT_VCDIFF_RAM (OTA_VCDIFF_DEC_RAM + AGENT_VCDIFF_WINDOW)
#define AGENT_DECODER_RAM                                                                          \
	(AGENT_VCDIFF_WINDOW > 0 && AGENT_VCDIFF_RAM > AGENT_OTD_RAM ? AGENT_VCDIFF_RAM            \
								     : AGENT_OTD_RAM)
/* What `otatool check` counts as RAM: decoder, page, pieces. */
#define AGENT_BUFFERS                                                                              \
	(AGENT_DECODER_RAM + AGENT_PAGE + (AGENT_OLD_PIECES + AGENT_PATCH_PIECES) * AGENT_PIECE)

/* -- why not ----------------------------------------------------------------------------------- */

enum agent_err {
	AGENT_OK = 0,

	/* The patch is not taken; nothing has been written. */
	AGENT_E_UNKNOWN,     /* no format that is known; a whole image */
	AGENT_E_BSDIFF,      /* its decoder needs old, new and up to 4 MB in RAM */
	AGENT_E_NOT_BUILT,   /* decoder, tier or architecture is not in this build; encrypted */
	AGENT_E_SECONDARY,   /* VCDIFF with secondary compression */
	AGENT_E_WINDOW,      /* VCDIFF with a window over AGENT_VCDIFF_WINDOW */
	AGENT_E_NO_CHECKSUM, /* unsigned VCDIFF without Adler-32 */
	AGENT_E_STREAMED,    /* must be stored in flash: signed, VCDIFF, or in place */
	AGENT_E_MALFORMED,
	AGENT_E_UNSIGNED,   /* the job takes signed updates only */
	AGENT_E_DAMAGED,    /* the update has not the digest that stands in it */
	AGENT_E_SIGNATURE,  /* no signature that the product's key verifies */
	AGENT_E_DEVICE,     /* for another vendor or class of devices */
	AGENT_E_COUNTER,    /* security counter is lower than old's, or than the floor */
	AGENT_E_WRONG_BASE, /* for another old image */
	AGENT_E_SLOTS,      /* made for two slots and this device has one, or the other way round */
	AGENT_E_NO_FIT,     /* new, or in place old moved up, does not fit into the slot */
	AGENT_E_DONE,       /* this update has been made already: see agent_forget */
	AGENT_E_ON_TRIAL, /* the image that runs is not confirmed, and the other one the way back */
	AGENT_E_OTHER,    /* another update is half made in place, and has to be finished first */

	/* The product's build and layout do not go together. */
	AGENT_E_PAGE,        /* AGENT_PAGE is no multiple of a write unit, or a sector none of it */
	AGENT_E_SECTORS,     /* a block, or the journal's halves, are not whole sectors */
	AGENT_E_JOURNAL,     /* too small for a record, in place without one, or `every` is 0 */
	AGENT_E_PATCH_PLACE, /* the patch lies where new is made or marks are written */

	/* The flash, or the patch's source, reported a failure, or a byte read back wrong. */
	AGENT_E_FLASH,
	AGENT_E_STREAM,

	/* Flash has been written. Two slots: no mark has been set, old runs on. */
	AGENT_E_PATCH_BROKEN, /* the decoder met what no patch holds */
	AGENT_E_RESULT,       /* new is not what the patch promised */
	AGENT_E_TRAILER,      /* the slot's trailer is not one MCUboot would take */
};

#define AGENT_ERRORS (AGENT_E_TRAILER + 1U)

/* For logs: lower case, never NULL. */
const char *agent_err_str(enum agent_err err);

/* -- the job ----------------------------------------------------------------------------------- */

#define AGENT_NO_AREA  0xffU
#define AGENT_STREAMED 0xfeU /* as `patch`: asked for with kit_patch_pull */

/* What is to be done, where; the product's, read as long as the agent runs. Sizes in bytes. */
struct agent_job {
	uint8_t primary;     /* area ids */
	uint8_t secondary;   /* AGENT_NO_AREA on a device with one slot */
	uint8_t journal;     /* AGENT_NO_AREA: two slots only, a reset starts again */
	uint8_t patch;       /* AGENT_STREAMED, or the area it lies in */
	uint32_t patch_at;   /* offset in that area */
	uint32_t patch_size; /* as it was sent: exact, nothing behind it */
	uint32_t stream_id;  /* AGENT_STREAMED: tells one patch from another after a reset */
	uint32_t new_at;     /* where new begins in the secondary: one sector in swap-offset mode */
	uint32_t reserved;   /* at the slot's end, not for images: its trailer, `otatool check` */
	uint32_t counter_floor; /* a signed update's security counter is at least so much; 0: any */
	uint8_t max_align;      /* BOOT_MAX_ALIGN: 8, 16 or 32 */
	uint8_t image;          /* MCUboot's image number: 0 but on devices with several images */
	uint8_t every;       /* sectors (in place: blocks) from one checkpoint to the next; not 0 */
	bool permanent;      /* two slots: no test run, no way back */
	bool takes_unsigned; /* bare patches too */
};

/* -- the agent --------------------------------------------------------------------------------- */

enum agent_phase {
	AGENT_NOTHING = 0,
	AGENT_MOVING,  /* in place: old is moved up */
	AGENT_MAKING,  /* new is made */
	AGENT_PROVING, /* new is read back */
	AGENT_MARKING, /* MCUboot is told */
	AGENT_READY,   /* two slots: reset, and MCUboot takes it; in place: reset, new starts */
};

enum agent_format { AGENT_VCDIFF = 2, AGENT_OTD = 3 }; /* as in the DELTA TLV */

/* All there is in RAM. The product's, aligned to 4; what is in it is the agent's. */
struct agent {
	uint32_t memory[(AGENT_BUFFERS + 3) / 4]; /* decoder, page, pieces */
	struct ota_dec_io io;                     /* the talk with the decoder */
	const struct agent_job *job;
	struct kit_flash old_flash; /* the primary */
	struct kit_flash new_flash; /* the secondary; in place the primary */
	struct kit_flash patch_flash;
	struct kit_flash journal;
	uint32_t half;        /* of the journal that is written: 0 or 1; else none yet */
	uint32_t newest_half; /* that holds the newest record */
	uint32_t record_at;   /* where the next record goes */
	uint32_t sequence;    /* the newest record's */
	uint32_t id;          /* the update's */
	uint32_t patch_at;    /* in its area: the bare patch */
	uint32_t patch_size;
	uint32_t stream_at; /* in the patch: behind its header */
	uint32_t old_size;
	uint32_t new_size;
	uint32_t old_crc; /* otd */
	uint32_t new_crc;
	uint32_t state_len;  /* bytes of the decoder's state */
	uint32_t block;      /* in place, else 0 */
	uint32_t shift;      /* in place: how far up old is moved */
	uint32_t left;       /* MOVING: blocks of old to go; MARKING: CRC-32 of old */
	uint32_t made;       /* bytes of new that are programmed */
	uint32_t erased_to;  /* of new: up to here its place is erased */
	uint32_t units;      /* sectors or blocks that were begun since the checkpoint */
	uint32_t window_at;  /* VCDIFF: in the patch, the window at work */
	uint32_t window_end; /* the one behind it */
	uint32_t window_new; /* bytes of new before it */
	uint32_t window_len;
	uint8_t new_digest[16]; /* signed: the head of new's SHA-256 */
	uint8_t phase;          /* enum agent_phase */
	uint8_t format;         /* enum agent_format */
	bool is_signed;
	bool is_begun;   /* the newest record is of this update */
	bool has_marks;  /* some may have been set before a cut */
	bool is_instead; /* the newest record is of another update, that is half made */
};

/*
 * Begins, or goes on after a reset: opens the areas, finds out what the patch is, checks that it
 * may be applied, and looks into the journal for how far it had come. Of a signed update the order
 * is: digest and signature, vendor and class, security counter, old's size and digest; nothing of
 * it reaches a decoder before. Writes nothing into a slot. Reads all of the patch unless it is
 * streamed, and of a signed one all of old too, also after a reset; but once in place old is being
 * moved only the signature can be verified again.
 */
enum agent_err agent_begin(struct agent *agent, const struct agent_job *job);

/*
 * Does a little: a page, a sector's erase with a checkpoint, a block moved. Feed the watchdog in
 * between. To be called until agent->phase is AGENT_READY, or there is an error; after one only
 * agent_begin may be called.
 */
enum agent_err agent_step(struct agent *agent);

/* All steps. */
enum agent_err agent_run(struct agent *agent);

/*
 * Erases the journal, so that an update that was made before (AGENT_E_DONE) is made again. Not
 * while one is half made in place: AGENT_E_OTHER.
 */
enum agent_err agent_forget(struct agent *agent, const struct agent_job *job);

/* -- MCUboot's marks --------------------------------------------------------------------------- */

enum agent_marks {
	AGENT_MARKS_NONE = 0,  /* nothing is to happen at the next reset, as far as marks say */
	AGENT_MARKS_TEST,      /* the next reset starts the secondary's image on trial */
	AGENT_MARKS_PERMANENT, /* the next reset takes the secondary's image for good */
	AGENT_MARKS_ON_TRIAL,  /* this image is on trial: confirm, or the next reset goes back */
	AGENT_MARKS_CONFIRMED, /* it was on trial, and has been confirmed */
};

/* What MCUboot would make of both slots' trailers (boot_swap_type). Fills `marks`. */
enum agent_err agent_read_marks(const struct agent_job *job, enum agent_marks *marks);

/* Confirms the image that runs: image_ok in the primary's trailer. */
enum agent_err agent_confirm(const struct agent_job *job);

/* -- hooks: the product's ---------------------------------------------------------------------- */

/*
 * Bytes of a streamed patch from `at` on: waits until there is one, points `bytes` at the product's
 * own buffer, where they stay until the next call, and says how many they are. `at` grows as they
 * are used; only the header, the first OTA_OTD_HEADER_MAX bytes, is asked for several times by
 * agent_begin, also after a reset, when it goes on far behind it. 0, or a failure. AGENT_STREAMED
 * only.
 */
int kit_patch_pull(uint32_t at, const uint8_t **bytes, uint32_t *len);

/* SHA-256, one at a time. Not with AGENT_BARE_ONLY, nor are the others. */
void kit_sha256_begin(void);
void kit_sha256_update(const void *bytes, size_t len);
void kit_sha256_finish(uint8_t digest[32]);

/* A signature in an update, as MCUboot's TLVs have it. */
struct kit_signature {
	uint16_t type;           /* TLV: 0x22 ECDSA (DER), 0x24 Ed25519, 0x20 or 0x23 RSA-PSS */
	uint16_t len;            /* of the signature */
	const uint8_t *bytes;    /* it */
	const uint8_t *digest;   /* 32 bytes of SHA-256: what is signed */
	const uint8_t *key_hash; /* 32 bytes: SHA-256 of the public key, as it stands in KEYHASH */
};

/* True only when one of the product's public keys has this hash and verifies the signature. */
bool kit_signature_good(const struct kit_signature *signature);

#endif
