// SPDX-License-Identifier: Apache-2.0
/*
 * Which short strings an old image has. Where code was inserted, most places of new match nothing
 * but by chance, two or three bytes long, and need not be searched for.
 */
#ifndef MATCH_GRAMS_H
#define MATCH_GRAMS_H

#include <stdlib.h>

#include "suffix_sort.h"

#define OTA_GRAMS_WORD_BITS 64U
/* Bytes of the longest strings that are listed. */
#define OTA_GRAMS_LONG 4U
/* Three bytes as a number. */
#define OTA_GRAMS_THREES (1U << 24)
/* A multiplicative hash of four bytes: 2^32 over the golden ratio. */
#define OTA_GRAMS_HASH 2654435761U

/* Sets of bits; owned. Zeroed, it is empty and may be freed. */
struct ota_grams {
	uint64_t *three;     /* by three bytes: in old */
	uint64_t *four;      /* by hash of four bytes: perhaps in old; when not set, surely not */
	unsigned hash_shift; /* 32 less the hash's bits */
};

/*
 * Lists what old has, if that is worth it: small images are searched sooner. OTA_E_MEMORY. The
 * caller frees `grams`, also after a failure.
 */
OTA_MUST_CHECK enum ota_err ota_grams_list(struct ota_grams *grams, struct ota_span old_image,
					   struct ota_diag *diag);

/* Bytes that they take. */
uint64_t ota_grams_bytes(size_t old_len);

void ota_grams_free(struct ota_grams *grams);

static inline bool ota_grams_has(const uint64_t *set, uint32_t i)
{
	return (set[i / OTA_GRAMS_WORD_BITS] >> i % OTA_GRAMS_WORD_BITS & 1U) != 0;
}

static inline uint32_t ota_grams_three(const uint8_t *data)
{
	return (uint32_t)data[0] << 16 | (uint32_t)data[1] << 8 | data[2];
}

static inline uint32_t ota_grams_four(const struct ota_grams *grams, const uint8_t *data)
{
	return (ota_grams_three(data) << 8 | data[3]) * OTA_GRAMS_HASH >> grams->hash_shift;
}

/*
 * True when the longest match of `wanted` is known to be shorter than OTA_GRAMS_LONG. Fills `len`,
 * which means nothing otherwise. `index` is that of the same old image.
 */
static inline bool ota_grams_len(const struct ota_grams *grams, const struct ota_index *index,
				 struct ota_span wanted, size_t *len)
{
	uint32_t three;
	uint32_t pair;

	if (wanted.len < OTA_GRAMS_LONG || !grams->three || !index->first)
		return false;
	three = ota_grams_three(wanted.data);
	pair = three >> 8;
	if (ota_grams_has(grams->three, three)) {
		*len = 3;
		return !ota_grams_has(grams->four, ota_grams_four(grams, wanted.data));
	}
	if (index->first[pair] < index->first[pair + 1])
		*len = 2;
	else
		*len = index->first[pair & 0xff00U] < index->first[(pair & 0xff00U) + 256];
	/* Old's last byte alone counts as one that a zero follows. */
	return *len != 2 || wanted.data[1] != 0;
}

#endif
