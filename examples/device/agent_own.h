// SPDX-License-Identifier: Apache-2.0
/* What the agent's files know of each other. */
#ifndef AGENT_OWN_H
#define AGENT_OWN_H

#include "agent.h"

#ifdef AGENT_BARE_ONLY
#define AGENT_HAS_SIGNED false
#else
#define AGENT_HAS_SIGNED true
#endif
#define AGENT_HAS_VCDIFF (AGENT_VCDIFF_WINDOW > 0)
#ifdef OTA_OTD_TWO_SLOTS
#define AGENT_HAS_PLACE false
#else
#define AGENT_HAS_PLACE true
#endif

/* A number in flash is little-endian and has so many bytes. */
#define WORD_SIZE 4U
/* Bytes that are looked at in one go where no buffer is free. */
#define GLANCE 32U
/* No half of the journal. */
#define NO_HALF 2U

/* The division of agent->memory. */
static inline uint8_t *agent_decoder(struct agent *agent)
{
	return (uint8_t *)agent->memory;
}

static inline uint8_t *agent_page(struct agent *agent)
{
	return agent_decoder(agent) + AGENT_DECODER_RAM;
}

static inline uint8_t *agent_old_piece(struct agent *agent)
{
	return agent_page(agent) + AGENT_PAGE;
}

static inline uint8_t *agent_patch_piece(struct agent *agent, unsigned which)
{
	return agent_page(agent) + AGENT_PAGE + (size_t)(AGENT_OLD_PIECES + which) * AGENT_PIECE;
}

static inline uint32_t agent_smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* `value` rounded up to a multiple of a power of two; false when that is over 32 bits. */
static inline bool agent_round_up(uint32_t value, uint32_t to, uint32_t *rounded)
{
	*rounded = value & ~(to - 1);
	if (*rounded == value)
		return true;
	*rounded += to;
	return *rounded != 0;
}

static inline uint32_t agent_word(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
	       (uint32_t)bytes[3] << 24;
}

static inline void agent_put_word(uint8_t *bytes, uint32_t word)
{
	for (unsigned i = 0; i < WORD_SIZE; i++)
		bytes[i] = (uint8_t)(word >> 8 * i);
}

/* -- agent_flash.c: areas ---------------------------------------------------------------------- */

enum agent_err agent_open(uint8_t id, struct kit_flash *flash);
enum agent_err agent_read(const struct kit_flash *flash, uint32_t at, void *to, uint32_t len);
/* Whole pages; read back, for a byte that did not take is found out here or on the road. */
enum agent_err agent_write_page(struct agent *agent, const struct kit_flash *flash, uint32_t at,
				uint32_t len);
/* All sectors that hold bytes from `at` to before `end`. */
enum agent_err agent_erase_over(const struct kit_flash *flash, uint32_t at, uint32_t end);
/* The start of the sector that holds `at`; the end of it. */
enum agent_err agent_sector_start(const struct kit_flash *flash, uint32_t at, uint32_t *start);
enum agent_err agent_sector_end(const struct kit_flash *flash, uint32_t at, uint32_t *end);
/* Shows the decoder bytes of a slot, as many of `len` as there is room for. */
enum agent_err agent_show(struct agent *agent, const struct kit_flash *flash, uint32_t at,
			  uint32_t len);
/* Goes on from `crc` over bytes of an area. */
enum agent_err agent_crc(const struct kit_flash *flash, uint32_t at, uint32_t len, uint32_t *crc);

/* -- agent_patch.c: the patch's bytes and what they are ---------------------------------------- */

/* Some bytes of the patch from `at` on, at least one; `which` piece they may be read into. */
enum agent_err agent_patch_bytes(struct agent *agent, uint32_t at, unsigned which,
				 struct ota_span *bytes);
/* Exactly `len` of them. AGENT_E_MALFORMED when there are fewer. */
enum agent_err agent_patch_copy(struct agent *agent, uint32_t at, void *to, uint32_t len);
/* Finds out the format, reads the header, and fills what the agent knows of the patch. */
enum agent_err agent_patch_open(struct agent *agent);
/* What tells a bare patch from another: its bytes, or what the product says of a stream. */
enum agent_err agent_patch_id(struct agent *agent);

/* -- agent_otd.c, agent_vcdiff.c: decoders ----------------------------------------------------- */

enum agent_err agent_otd_open(struct agent *agent);
enum agent_err agent_vcdiff_open(struct agent *agent);
/* Begins at new's first byte. */
enum agent_err agent_otd_start(struct agent *agent);
/* Readies the state in memory to be saved; or goes on from one that was. */
void agent_otd_seal(struct agent *agent);
enum agent_err agent_otd_resume(struct agent *agent);
/*
 * Decodes into agent->io.out until there is no room: *more; or until new is whole. With no room:
 * until room is wanted.
 */
enum agent_err agent_otd_make(struct agent *agent, bool *more);
enum agent_err agent_vcdiff_make(struct agent *agent, bool *more);
/* Bytes of a decoder's state in a record. */
uint32_t agent_state_len(const struct agent *agent);

/* -- agent_signed.c: signed updates ------------------------------------------------------------ */

/* By whom; then the patch is the update's payload. Fills what the DELTA TLV says, and the id. */
enum agent_err agent_signed_open(struct agent *agent);
/* For whom, and for which old image. */
enum agent_err agent_signed_check_old(struct agent *agent);
/* Of new as it lies in flash. */
enum agent_err agent_signed_check_new(struct agent *agent);

/* -- agent_journal.c: what survives ------------------------------------------------------------ */

enum agent_kind {
	AGENT_RECORD_NONE = 0,   /* what was before does not count any more */
	AGENT_RECORD_MOVING = 1, /* value: blocks of old that are not moved yet */
	AGENT_RECORD_MAKING = 2, /* a checkpoint, with the decoder's state */
	AGENT_RECORD_PROVED = 3, /* two slots: marks are set next */
	AGENT_RECORD_DONE = 4,
};

struct agent_record {
	uint8_t kind;
	uint8_t format;
	uint8_t in_place;
	uint32_t id;
	uint32_t patch_at; /* VCDIFF: of the window at work */
	uint32_t made;     /* bytes of new that are programmed */
	uint32_t value;    /* MOVING: see above; VCDIFF: bytes of new before the window */
	uint32_t state_len;
	uint32_t state_at; /* in the journal */
};

/* Looks at both halves. Fills `record` with the newest that is whole: RECORD_NONE if there is none.
 */
enum agent_err agent_journal_open(struct agent *agent, struct agent_record *record);
/* Room for a checkpoint in each half, and halves of whole sectors. */
enum agent_err agent_journal_check(const struct agent *agent);
/* True when the record is of an update in place that is half made. */
bool agent_journal_in_place(const struct agent_record *record);
/* Reads a record's state into memory. */
enum agent_err agent_journal_state(struct agent *agent, const struct agent_record *record);
/* Appends a record of where the agent is. Uses the page. Without a journal: nothing. */
enum agent_err agent_journal_write(struct agent *agent, enum agent_kind kind);

/* -- agent_place.c: in place ------------------------------------------------------------------- */

/* Slot, blocks, sectors; agent->shift becomes what this job's `every` makes of the lead. */
enum agent_err agent_place_check(struct agent *agent);
/* `every` blocks more. */
enum agent_err agent_place_move(struct agent *agent);

/* -- agent_marks.c: MCUboot's trailer ---------------------------------------------------------- */

/* Where the lowest of the fields that are set lies in the secondary, and its sector's start. */
enum agent_err agent_marks_find(const struct agent *agent, uint32_t *at, uint32_t *sector);
enum agent_err agent_marks_erase(const struct agent *agent);
/* The fields are erased. Those that do nothing by themselves first, the magic last. */
enum agent_err agent_marks_set(const struct agent *agent);

#endif
