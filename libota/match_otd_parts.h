// SPDX-License-Identifier: Apache-2.0
/* What the files of the matcher share. */
#ifndef MATCH_OTD_PARTS_H
#define MATCH_OTD_PARTS_H

#include "match_otd.h"

/* What the recogniser of the largest tier says about bytes of an image and those behind them.
 */
struct otd_unit_at {
	uint32_t target;
	uint16_t rest; /* a digest of all that is no part of the address */
	uint8_t kind;  /* OTD_NO_UNIT: none begins here */
	uint8_t len;
};
#define OTD_NO_UNIT 0xffU

/* Places are offsets in old ++ new. A diagonal is an offset in new minus a place. */
struct ota_otd_matcher {
	struct ota_otd_match_job job;
	struct ota_otd_image old_place;
	struct ota_otd_image new_place;
	uint32_t old_len;
	uint32_t new_len;
	uint8_t *both;                /* old ++ new */
	uint8_t *plain;               /* the same without addresses; NULL: it has none */
	uint32_t *string;             /* places in plain old, by hash of what is there, ascending */
	uint32_t *first;              /* by hash: the first of them; and the end */
	uint32_t string_step;         /* between places that are in */
	uint32_t grid;                /* units lie at multiples of it: 1 or 2 */
	struct otd_unit_at *old_unit; /* by otd_unit_index of offsets */
	struct otd_unit_at *new_unit;
	uint32_t *guess;  /* pass 2, likewise of old: the target that is expected in new */
	uint8_t *n_seeds; /* by offset in new */
	uint32_t *seed;   /* places worth a turn, of all offsets in new one after the other */
	size_t seeds;
	size_t seeds_cap;
};

static inline const uint8_t *otd_new(const struct ota_otd_matcher *m)
{
	return m->both + m->old_len;
}

/* What is compared where addresses are expected to be right. */
static inline const uint8_t *otd_plain(const struct ota_otd_matcher *m)
{
	return m->plain ? m->plain : m->both;
}

/* Asked of every byte of every lane, without a division: the grid is 1 or 2. */
static inline uint32_t otd_unit_index(const struct ota_otd_matcher *m, uint32_t at)
{
	return m->grid == 1 ? at : at / 2;
}

static inline bool otd_on_grid(const struct ota_otd_matcher *m, uint32_t at)
{
	return (at & (m->grid - 1)) == 0;
}

/* Strings of so many bytes are looked up near a place. */
#define OTD_STRING      4U
#define OTD_STRING_BITS 16U
#define OTD_HASH_FACTOR 0x9e3779b1U /* 2^32 over the golden ratio, odd */

static inline uint32_t otd_string_hash(const uint8_t *at)
{
	uint32_t value = (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
			 (uint32_t)at[3] << 24;

	return value * OTD_HASH_FACTOR >> (32 - OTD_STRING_BITS);
}

/* Bytes of `len` that are the same in both. */
static inline uint32_t otd_count_equal(const uint8_t *a, const uint8_t *b, size_t len)
{
	uint32_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += a[i] == b[i];
	return n;
}

/* In place: what of old is gone when new goes on at `at`. */
static inline uint32_t otd_gone(const struct ota_otd_matcher *m, uint32_t at)
{
	uint32_t erased = (at | (m->job.block - 1)) + 1;

	return erased > m->job.lead ? erased - m->job.lead : 0;
}

/* The byte at `place` is there when new is made up to `at`. */
static inline bool otd_in_reach(const struct ota_otd_matcher *m, uint32_t place, uint32_t at)
{
	if (place < m->old_len)
		return m->job.block == 0 || place >= otd_gone(m, at);
	return m->job.reads_new && place - m->old_len < at;
}

/*
 * How many of the bytes from `place` on stay there while as many are made from `at` on; `place` is
 * there now. A block's end may take what is close to its limit.
 */
static inline uint32_t otd_stays(const struct ota_otd_matcher *m, uint32_t place, uint32_t at)
{
	uint32_t left = m->job.block - (at & (m->job.block - 1));

	if (m->job.block == 0 || place >= m->old_len || otd_gone(m, at + left) <= place + left)
		return UINT32_MAX;
	return left;
}

/* The same instruction or pointer, whatever its target. */
static inline bool otd_same_unit(const struct otd_unit_at *a, const struct otd_unit_at *b)
{
	return a->kind == b->kind && a->rest == b->rest && a->len == b->len;
}

/* Grows an array of `size` bytes an element to hold at least `want`. False: out of memory. */
bool ota_otd_grow(void **array, size_t *cap, size_t want, size_t size);

/* Fills n_seeds and seed. */
OTA_MUST_CHECK enum ota_err ota_otd_seeds_find(struct ota_otd_matcher *m, struct ota_diag *diag);

/* Fills guess after the path of pass 1. */
OTA_MUST_CHECK enum ota_err ota_otd_guess(struct ota_otd_matcher *m,
					  const struct ota_otd_turns *turns, struct ota_diag *diag);

/* One pass of the dynamic program; `guessed` when there are guesses. Replaces `turns`. */
OTA_MUST_CHECK enum ota_err ota_otd_pass(const struct ota_otd_matcher *m,
					 const struct ota_otd_prices *prices, bool guessed,
					 struct ota_otd_turns *turns, struct ota_diag *diag);

#endif
