// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <limits.h>

#include "match_grams.h"

/* Bits for each byte of old, at least: then few are set that stand for other strings as well. */
#define BITS_PER_BYTE 8U
#define HASH_BITS_MIN 6U
/* Of old: below, getting the sets' memory from the system takes longer than they spare. */
#define WORTH_LISTING 65536U
#define HASH_BITS_MAX 28U

static void set_bit(uint64_t *set, uint32_t i)
{
	set[i / OTA_GRAMS_WORD_BITS] |= UINT64_C(1) << i % OTA_GRAMS_WORD_BITS;
}

static unsigned hash_bits(size_t old_len)
{
	unsigned bits = HASH_BITS_MIN;

	while (bits < HASH_BITS_MAX && (1U << bits) / BITS_PER_BYTE < old_len)
		bits++;
	return bits;
}

uint64_t ota_grams_bytes(size_t old_len)
{
	if (old_len < WORTH_LISTING)
		return 0;
	return ((uint64_t)OTA_GRAMS_THREES + (UINT64_C(1) << hash_bits(old_len))) / CHAR_BIT;
}

enum ota_err ota_grams_list(struct ota_grams *grams, struct ota_span old_image,
			    struct ota_diag *diag)
{
	unsigned bits = hash_bits(old_image.len);

	if (old_image.len < WORTH_LISTING)
		return OTA_OK;
	grams->hash_shift = 32 - bits;
	grams->three = calloc(OTA_GRAMS_THREES / OTA_GRAMS_WORD_BITS, sizeof(*grams->three));
	grams->four = calloc((1U << bits) / OTA_GRAMS_WORD_BITS, sizeof(*grams->four));
	if (!grams->three || !grams->four)
		return ota_fail(diag, OTA_E_MEMORY, "out of memory, %" PRIu64 " bytes wanted",
				ota_grams_bytes(old_image.len));
	for (size_t at = 0; at + OTA_GRAMS_LONG - 1 <= old_image.len; at++)
		set_bit(grams->three, ota_grams_three(old_image.data + at));
	for (size_t at = 0; at + OTA_GRAMS_LONG <= old_image.len; at++)
		set_bit(grams->four, ota_grams_four(grams, old_image.data + at));
	return OTA_OK;
}

void ota_grams_free(struct ota_grams *grams)
{
	free(grams->four);
	free(grams->three);
	*grams = (struct ota_grams){.hash_shift = 0};
}
