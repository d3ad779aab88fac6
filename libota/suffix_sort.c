// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>

#include <divsufsort.h>

#include <ota/delta.h>

#include "suffix_sort.h"

/* Sorted offsets of the suffixes, least first; the caller frees them. */
static enum ota_err sort(struct ota_span old_image, int32_t **sorted, struct ota_diag *diag)
{
	*sorted = malloc(old_image.len * sizeof(**sorted));
	if (*sorted && divsufsort(old_image.data, *sorted, (int32_t)old_image.len) == 0)
		return OTA_OK;
	free(*sorted);
	*sorted = NULL;
	return ota_fail(diag, OTA_E_MEMORY, "out of memory, %zu bytes wanted",
			old_image.len * sizeof(**sorted));
}

enum ota_err ota_index_build(struct ota_span old_image, struct ota_index **index,
			     struct ota_diag *diag)
{
	enum ota_err err = OTA_OK;

	*index = NULL;
	if (old_image.len > OTA_DELTA_MAX)
		return ota_fail(diag, OTA_E_NO_FIT,
				"old file is %zu bytes, at most %u can be diffed", old_image.len,
				OTA_DELTA_MAX);
	*index = calloc(1, sizeof(**index));
	if (!*index)
		return ota_fail(diag, OTA_E_MEMORY, "out of memory, %zu bytes wanted",
				sizeof(**index));
	(*index)->old_image = old_image;
	if (old_image.len > 0)
		err = sort(old_image, &(*index)->sorted, diag);
	if (err != OTA_OK) {
		free(*index);
		*index = NULL;
	}
	return err;
}

struct ota_span ota_index_old(const struct ota_index *index)
{
	return index->old_image;
}

/* Equal bytes at the front of both, of which the first `known` are known to be. */
static size_t common(struct ota_span a, struct ota_span b, size_t known)
{
	size_t end = a.len < b.len ? a.len : b.len;
	size_t n = known;

	while (end - n >= sizeof(uint64_t)) {
		uint64_t x;
		uint64_t y;

		memcpy(&x, a.data + n, sizeof(x));
		memcpy(&y, b.data + n, sizeof(y));
		if (x != y)
			break;
		n += sizeof(x);
	}
	while (n < end && a.data[n] == b.data[n])
		n++;
	return n;
}

/* The suffix in place `rank`; place 0 is the empty one, which the array leaves out. */
static struct ota_span suffix(const struct ota_index *index, size_t rank)
{
	if (rank == 0)
		return ota_span_of(NULL, 0);
	return ota_span_tail(index->old_image, (size_t)index->sorted[rank - 1]);
}

static struct ota_match match_of(const struct ota_index *index, size_t rank, size_t len)
{
	struct ota_match match = {index->old_image.len - suffix(index, rank).len, len};

	return match;
}

/* Does `candidate` sort below `wanted`, with which it shares its first `n` bytes and no more? */
static bool sorts_below(struct ota_span candidate, struct ota_span wanted, size_t n)
{
	if (n >= wanted.len)
		return false;
	return n >= candidate.len || candidate.data[n] < wanted.data[n];
}

struct ota_match ota_suffix_longest(const struct ota_index *index, struct ota_span wanted)
{
	size_t low = 0;
	size_t high = index->old_image.len;
	size_t low_len = 0; /* bytes the suffixes at both ends share with `wanted` */
	size_t high_len = 0;

	while (high - low >= 2) {
		size_t middle = low + (high - low) / 2;
		struct ota_span candidate = suffix(index, middle);
		/* All suffixes between two share what those two share with `wanted`. */
		size_t known = low_len < high_len ? low_len : high_len;
		size_t n = common(candidate, wanted, known);

		if (sorts_below(candidate, wanted, n)) {
			low = middle;
			low_len = n;
		} else {
			high = middle;
			high_len = n;
		}
	}
	if (high == index->old_image.len)
		high_len = common(suffix(index, high), wanted, 0);
	if (low_len > high_len)
		return match_of(index, low, low_len);
	return match_of(index, high, high_len);
}

void ota_index_free(struct ota_index *index)
{
	if (!index)
		return;
	free(index->sorted);
	free(index);
}
