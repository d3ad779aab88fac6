// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>

#include <divsufsort.h>

#include <ota/delta.h>

#include "suffix_sort.h"

#define WORD_BITS 32U
/* What packing writes behind the last entry. */
#define SORT_SPARE (sizeof(uint32_t) + OTA_INDEX_SPARE)

static enum ota_err fail_memory(struct ota_diag *diag, size_t wanted)
{
	return ota_fail(diag, OTA_E_MEMORY, "out of memory, %zu bytes wanted", wanted);
}

unsigned ota_index_width(size_t old_len)
{
	unsigned width = 1;

	while (width < WORD_BITS - 1 && old_len > (size_t)1 << width)
		width++;
	return width;
}

size_t ota_index_bytes(size_t old_len)
{
	uint64_t bits = (uint64_t)old_len * ota_index_width(old_len);

	return (size_t)((bits + 7) / 8) + OTA_INDEX_SPARE;
}

/* -- build ------------------------------------------------------------------------------------ */

static void store_le32(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)value;
	at[1] = (uint8_t)(value >> 8);
	at[2] = (uint8_t)(value >> 16);
	at[3] = (uint8_t)(value >> 24);
}

/*
 * Packs the sorted offsets where they lie: an entry is never longer than the offset it is made
 * from, so writing stays behind reading.
 */
static void pack(const int32_t *sorted, size_t n, unsigned width, uint8_t *packed)
{
	uint64_t waiting = 0;
	unsigned bits = 0;
	size_t at = 0;

	for (size_t i = 0; i < n; i++) {
		waiting |= (uint64_t)(uint32_t)sorted[i] << bits;
		bits += width;
		if (bits >= WORD_BITS) {
			store_le32(packed + at, (uint32_t)waiting);
			at += sizeof(uint32_t);
			waiting >>= WORD_BITS;
			bits -= WORD_BITS;
		}
	}
	/* What is left, and zeros after it, so that equal files have equal indexes. */
	store_le32(packed + at, (uint32_t)waiting);
	memset(packed + at + sizeof(uint32_t), 0, OTA_INDEX_SPARE);
}

/* Counts, then adds up; the suffix of one byte stands before all others that begin with it. */
static void fill_first(struct ota_span old_image, uint32_t *first)
{
	uint32_t total = 0;

	for (size_t i = 0; i < old_image.len; i++) {
		unsigned next = i + 1 < old_image.len ? old_image.data[i + 1] : 0;

		first[(unsigned)old_image.data[i] << 8 | next]++;
	}
	for (size_t pair = 0; pair <= OTA_INDEX_PAIRS; pair++) {
		uint32_t n = first[pair];

		first[pair] = total;
		total += n;
	}
}

enum ota_err ota_index_begin(struct ota_span old_image, struct ota_index **index,
			     struct ota_diag *diag)
{
	*index = NULL;
	if (old_image.len > OTA_DELTA_MAX)
		return ota_fail(diag, OTA_E_NO_FIT,
				"old file is %zu bytes, at most %u can be diffed", old_image.len,
				OTA_DELTA_MAX);
	/* Where a pointer has 32 bits, no sum below may wrap. */
	if (old_image.len > (SIZE_MAX - SORT_SPARE) / sizeof(int32_t))
		return fail_memory(diag, SIZE_MAX);
	*index = calloc(1, sizeof(**index));
	if (!*index)
		return fail_memory(diag, sizeof(**index));
	(*index)->old_image = old_image;
	(*index)->width = ota_index_width(old_image.len);
	(*index)->first = calloc(OTA_INDEX_PAIRS + 1, sizeof(*(*index)->first));
	if (!(*index)->first) {
		ota_index_free(*index);
		*index = NULL;
		return fail_memory(diag, (OTA_INDEX_PAIRS + 1) * sizeof(*(*index)->first));
	}
	fill_first(old_image, (*index)->first);
	return OTA_OK;
}

/* Sorts into `memory` and packs there; gives back what packing has spared. */
static enum ota_err sort(struct ota_index *index, struct ota_diag *diag)
{
	struct ota_span old_image = index->old_image;
	size_t room = old_image.len * sizeof(int32_t) + SORT_SPARE;
	int32_t *sorted = malloc(room);
	uint8_t *smaller;

	index->memory = (uint8_t *)sorted;
	if (!sorted ||
	    (old_image.len > 0 && divsufsort(old_image.data, sorted, (int32_t)old_image.len) != 0))
		return fail_memory(diag, room);
	pack(sorted, old_image.len, index->width, index->memory);
	smaller = realloc(index->memory, ota_index_bytes(old_image.len));
	if (smaller)
		index->memory = smaller;
	index->entries = index->memory;
	return OTA_OK;
}

enum ota_err ota_index_build(struct ota_span old_image, struct ota_index **index,
			     struct ota_diag *diag)
{
	enum ota_err err = ota_index_begin(old_image, index, diag);

	if (!*index)
		return err;
	err = sort(*index, diag);
	if (err != OTA_OK) {
		ota_index_free(*index);
		*index = NULL;
	}
	return err;
}

struct ota_span ota_index_old(const struct ota_index *index)
{
	return index->old_image;
}

void ota_index_spend(struct ota_index *index)
{
	if (!index)
		return;
	free(index->first);
	free(index->ranks);
	free(index->memory);
	ota_file_unmap(&index->map);
	index->first = NULL;
	index->ranks = NULL;
	index->memory = NULL;
	index->entries = NULL;
}

void ota_index_free(struct ota_index *index)
{
	ota_index_spend(index);
	free(index);
}

/* -- search ----------------------------------------------------------------------------------- */

static uint64_t load_le64(const uint8_t *at)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < sizeof(value); i++)
		value |= (uint64_t)at[i] << 8 * i;
	return value;
}

static size_t unpack(const uint8_t *packed, size_t i, unsigned width)
{
	uint64_t bit = (uint64_t)i * width;
	uint64_t bits = load_le64(packed + (size_t)(bit / 8)) >> bit % 8;

	return (size_t)(bits & ((1U << width) - 1));
}

/* The suffix in place `rank`; none when the entry is no offset into old. */
static struct ota_span suffix(const struct ota_index *index, size_t rank)
{
	return ota_span_tail(index->old_image, unpack(index->entries, rank, index->width));
}

/* Equal bytes at the front of both, of which the first `known` are known to be. */
static size_t common(struct ota_span a, struct ota_span b, size_t known)
{
	size_t end = a.len < b.len ? a.len : b.len;

	/* Entries that are out of order know nothing. */
	return ota_common(a.data, b.data, known < end ? known : end, end);
}

/* Does `candidate` sort below `wanted`, with which it shares its first `n` bytes and no more? */
static bool sorts_below(struct ota_span candidate, struct ota_span wanted, size_t n)
{
	if (n >= wanted.len)
		return false;
	return n >= candidate.len || candidate.data[n] < wanted.data[n];
}

static struct ota_match match_of(const struct ota_index *index, size_t rank, struct ota_span wanted,
				 size_t known)
{
	struct ota_span candidate = suffix(index, rank);
	struct ota_match match = {index->old_image.len - candidate.len,
				  common(candidate, wanted, known)};

	return match;
}

/* The better of the suffixes before and in place `rank`, where `wanted` would be put. */
static struct ota_match neighbour(const struct ota_index *index, size_t rank,
				  struct ota_span wanted)
{
	struct ota_match match = {0, 0};

	if (rank > 0)
		match = match_of(index, rank - 1, wanted, 0);
	if (rank < index->old_image.len) {
		struct ota_match next = match_of(index, rank, wanted, 0);

		if (next.len >= match.len)
			match = next;
	}
	return match;
}

/* The first 8 bytes as a number that sorts as they do; zeros stand for those that are missing. */
static uint64_t key_of(struct ota_span bytes)
{
	uint64_t key = 0;

	if (bytes.len >= sizeof(key)) {
		for (unsigned i = 0; i < sizeof(key); i++)
			key = key << 8 | bytes.data[i];
		return key;
	}
	for (unsigned i = 0; i < sizeof(key); i++)
		key = key << 8 | (i < bytes.len ? bytes.data[i] : 0);
	return key;
}

/*
 * The first suffix from `low` on, before `high`, whose key is not less; else `high`. This is where
 * making a patch spends its time. Steps without a branch were slower on large files: a branch that
 * is guessed fetches ahead.
 */
static size_t find_key(const struct ota_index *index, size_t low, size_t high, uint64_t key)
{
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (key_of(suffix(index, middle)) < key)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* What is looked for lies in front of one of the entries `low` to `high`. */
struct bracket {
	size_t low;
	size_t high;
	size_t below; /* bytes that the suffix before `low` shares with `wanted`, as far as known */
	size_t above; /* and the one in `high` */
};

/* Compares with the entry `rank`, of which `known` bytes are known to be shared. */
static void narrow(const struct ota_index *index, struct bracket *b, size_t rank, size_t known,
		   struct ota_span wanted)
{
	struct ota_span candidate = suffix(index, rank);
	size_t n = common(candidate, wanted, known);

	if (sorts_below(candidate, wanted, n)) {
		b->low = rank + 1;
		b->below = n;
	} else {
		b->high = rank;
		b->above = n;
	}
}

/* Narrows down to the first suffix that does not sort below `wanted`. */
static void find_place(const struct ota_index *index, struct bracket *b, struct ota_span wanted)
{
	/* All suffixes between two share what those two share with `wanted`. */
	while (b->low < b->high)
		narrow(index, b, b->low + (b->high - b->low) / 2,
		       b->below < b->above ? b->below : b->above, wanted);
}

size_t ota_suffix_rank(const struct ota_index *index, struct ota_span wanted)
{
	uint64_t key = key_of(wanted);
	size_t pair = (size_t)(key >> 48);
	struct bracket b = {0};

	if (wanted.len == 0 || !index->first)
		return 0;
	b.high = index->first[pair + 1];
	b.low = find_key(index, index->first[pair], b.high, key);
	if (b.low < b.high && key_of(suffix(index, b.low)) == key)
		find_place(index, &b, wanted);
	return b.low;
}

size_t ota_suffix_at(const struct ota_index *index, size_t rank)
{
	if (rank >= index->old_image.len || !index->entries)
		return index->old_image.len;
	return index->old_image.len - suffix(index, rank).len;
}

struct ota_match ota_suffix_longest(const struct ota_index *index, struct ota_span wanted)
{
	if (wanted.len == 0 || !index->first)
		return (struct ota_match){0, 0};
	return neighbour(index, ota_suffix_rank(index, wanted), wanted);
}

/* -- search, a byte on ------------------------------------------------------------------------- */

/* A match must leave so many bytes for the place to be near; after shorter ones it is searched. */
#define NEAR_MIN 6U

/*
 * From a suffix that shares `known` bytes with `wanted`, outward in the direction of the place, in
 * steps that double: most often it is next to it.
 */
static struct bracket reach_out(const struct ota_index *index, size_t rank, size_t known,
				struct ota_span wanted)
{
	size_t n = index->old_image.len;
	struct bracket b = {.high = n};
	bool up;

	narrow(index, &b, rank, known, wanted);
	up = b.low > 0;
	for (size_t step = 1; b.low < b.high; step *= 2) {
		size_t end = up ? b.high : b.low;
		size_t left = b.high - b.low;

		if (step > left)
			step = left;
		rank = up ? b.low + step - 1 : b.high - step;
		narrow(index, &b, rank, 0, wanted);
		if (end != (up ? b.high : b.low))
			break;
	}
	return b;
}

/* The better of the suffixes on both sides, once nothing lies between them; as neighbour. */
static struct ota_match better(const struct ota_index *index, const struct bracket *b)
{
	struct ota_match match = {0, 0};

	if (b->low > 0)
		match = (struct ota_match){ota_suffix_at(index, b->low - 1), b->below};
	if (b->high < index->old_image.len && b->above >= match.len)
		match = (struct ota_match){ota_suffix_at(index, b->high), b->above};
	return match;
}

/* The entry of the suffix a byte after the last match; false when there is none, or it lies. */
static bool entry_after(const struct ota_index *index, struct ota_match last, size_t *rank)
{
	size_t at = last.at + 1;

	if (!index->ranks || last.len <= NEAR_MIN || at >= index->old_image.len)
		return false;
	*rank = unpack(index->ranks, at, index->width);
	return *rank < index->old_image.len && ota_suffix_at(index, *rank) == at;
}

struct ota_match ota_suffix_next(const struct ota_index *index, struct ota_suffix_walk *walk,
				 struct ota_span wanted)
{
	bool follows = walk->wanted && walk->wanted + 1 == wanted.data;
	size_t rank;

	walk->wanted = wanted.data;
	if (follows && wanted.len > 0 && entry_after(index, walk->match, &rank)) {
		struct bracket b = reach_out(index, rank, walk->match.len - 1, wanted);

		/* Not as find_place: nothing must be taken for known that lies could make false. */
		while (b.low < b.high)
			narrow(index, &b, b.low + (b.high - b.low) / 2, 0, wanted);
		walk->match = better(index, &b);
	} else {
		walk->match = ota_suffix_longest(index, wanted);
	}
	return walk->match;
}

enum ota_err ota_index_rank(struct ota_index *index, struct ota_diag *diag)
{
	size_t n = index->old_image.len;
	size_t room = n * sizeof(int32_t) + SORT_SPARE;
	int32_t *ranks;
	uint8_t *smaller;

	if (index->ranks || !index->entries)
		return OTA_OK;
	ranks = calloc(1, room);
	if (!ranks)
		return fail_memory(diag, room);
	for (size_t rank = 0; rank < n; rank++) {
		size_t at = ota_suffix_at(index, rank);

		if (at < n)
			ranks[at] = (int32_t)rank;
	}
	pack(ranks, n, index->width, (uint8_t *)ranks);
	smaller = realloc(ranks, ota_index_bytes(n));
	index->ranks = smaller ? smaller : (uint8_t *)ranks;
	return OTA_OK;
}
