// SPDX-License-Identifier: Apache-2.0
/*
 * The path of an otd patch: which part of old, or of what is already made of new, predicts each
 * part of new. A dynamic program over diagonals (places that keep their distance), run more than
 * once: from the second pass on references are predicted by how the first one moved what they point
 * at.
 */
#ifndef MATCH_OTD_H
#define MATCH_OTD_H

#include <ota/otd.h>
#include <ota/otd_unit.h>

#include "suffix_sort.h"

/* A list of turns. Zeroed, it is empty and may be freed. */
struct ota_otd_turns {
	struct ota_otd_turn *turn; /* owned */
	size_t n;
	size_t cap;
};

/* What the program thinks things cost, in 1/256 bit. */
struct ota_otd_prices {
	int32_t equal;     /* a byte as predicted */
	int32_t different; /* another one */
	int32_t again;     /* another one right behind another one: trouble is expected there */
	int32_t outside;   /* a byte without prediction */
	int32_t reference; /* pass 1: a unit whose target did not move with what is around it */
	int32_t near_turn; /* by less than 2048 bytes; and a bit per bit of the distance */
	int32_t near_odd;  /* more, when the distance is odd */
	int32_t far_turn;
	int32_t odd_place;       /* more, when it is made at an odd offset of new */
	int32_t unit_wrong;      /* pass 2: a unit whose bytes are right and guess is wrong */
	int32_t unit_told;       /* the most that the same unit with another target costs */
	int32_t unit_wrong_most; /* the most that something else in a unit's place costs */
};
extern const struct ota_otd_prices ota_otd_prices_usual;
/* Where instructions begin at odd places as well. */
extern const struct ota_otd_prices ota_otd_prices_bytewise;

/* What to match. Borrows. */
struct ota_otd_match_job {
	const struct ota_index *index; /* of old */
	struct ota_span new_image;
	enum ota_otd_arch arch;
	const struct ota_otd_image *old_place;
	const struct ota_otd_image *new_place;
	bool reads_new; /* new may be predicted by what is already made of it */
	uint32_t block; /* in place: as ota/otd.h's header says; 0: all of old stays */
	uint32_t lead;
	unsigned passes; /* those after the first only where there is code */
};

/*
 * What every parse of a pair uses: seeds, normalised images and their index. Made once; parses with
 * other prices go on from it.
 */
struct ota_otd_matcher;

/*
 * OTA_E_NO_FIT: old and new together are 2 GiB or more. OTA_E_MEMORY. The caller frees `*matcher`,
 * which is NULL on failure.
 */
OTA_MUST_CHECK enum ota_err ota_otd_matcher_new(const struct ota_otd_match_job *job,
						struct ota_otd_matcher **matcher,
						struct ota_diag *diag);
void ota_otd_matcher_free(struct ota_otd_matcher *matcher); /* NULL is fine */

/*
 * One parse, all its passes. Replaces `turns`, which the caller frees. Same input, same turns.
 * OTA_E_MEMORY.
 */
OTA_MUST_CHECK enum ota_err ota_otd_match(struct ota_otd_matcher *matcher,
					  const struct ota_otd_prices *prices,
					  struct ota_otd_turns *turns, struct ota_diag *diag);

struct ota_otd_path ota_otd_turns_path(const struct ota_otd_turns *turns); /* borrowed */
void ota_otd_turns_free(struct ota_otd_turns *turns);

#endif
