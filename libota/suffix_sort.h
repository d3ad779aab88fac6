// SPDX-License-Identifier: Apache-2.0
/* The sorted suffixes of an old image: built once, searched for every new image. */
#ifndef SUFFIX_SORT_H
#define SUFFIX_SORT_H

#include <ota/delta.h>
#include <ota/file.h>

/* Bytes behind the entries that are read, and mean nothing. */
#define OTA_INDEX_SPARE 8U
/* Suffixes are looked up by their first two bytes. */
#define OTA_INDEX_PAIRS 65536U

/*
 * Each entry is a suffix's offset in old, in as few bits as hold every offset, least significant
 * bit first and without gaps: 20 bits up to 1 MiB, where 32 were sorted. What stands in them need
 * not be believed: an index from a file may hold anything.
 */
struct ota_index {
	struct ota_span old_image; /* borrowed */
	const uint8_t *entries;    /* old_image.len of them, least suffix first; then the spare */
	unsigned width;            /* bits of an entry */
	uint8_t *memory;           /* owned: the entries, when they were sorted here */
	uint8_t *ranks; /* owned: by offset, packed likewise, the entry that holds it; or NULL */
	struct ota_file_map map; /* owned: the file, when they were loaded */
	uint32_t *first;         /* owned: first entry of each pair of bytes, and the end */
};

/* A place in old and how many bytes match there. */
struct ota_match {
	size_t at;
	size_t len;
};

/* Equal bytes at the front of both, of which the first `known` are, and no more than `end` count.
 */
static inline size_t ota_common(const uint8_t *a, const uint8_t *b, size_t known, size_t end)
{
	size_t n = known;

	while (end - n >= sizeof(uint64_t)) {
		uint64_t x;
		uint64_t y;

		memcpy(&x, a + n, sizeof(x));
		memcpy(&y, b + n, sizeof(y));
		if (x != y)
			break;
		n += sizeof(x);
	}
	while (n < end && a[n] == b[n])
		n++;
	return n;
}

/* A place in old that matches the longest head of `wanted`. */
struct ota_match ota_suffix_longest(const struct ota_index *index, struct ota_span wanted);

/* A search that is followed by others, a byte further on each. Zeroed, it has none behind it. */
struct ota_suffix_walk {
	const uint8_t *wanted;  /* where what was looked for last begins; never read */
	struct ota_match match; /* and what was found */
};

/*
 * As ota_suffix_longest. Quicker when the index has ranks, and what was wanted before began a byte
 * earlier in the same bytes: then the place is near that of the suffix a byte after the one found.
 */
struct ota_match ota_suffix_next(const struct ota_index *index, struct ota_suffix_walk *walk,
				 struct ota_span wanted);

/* Lists the entries by offset. OTA_E_MEMORY: the index is as it was. */
OTA_MUST_CHECK enum ota_err ota_index_rank(struct ota_index *index, struct ota_diag *diag);

/*
 * The entry in front of which `wanted` would be put: those that share most with it lie on both
 * sides. Between 0 and old_image.len.
 */
size_t ota_suffix_rank(const struct ota_index *index, struct ota_span wanted);

/* The offset that entry `rank` holds; old_image.len when there is no such entry, or it lies. */
size_t ota_suffix_at(const struct ota_index *index, size_t rank);

/* Frees what is searched; nothing is found any more, the old image stays. NULL is fine. */
void ota_index_spend(struct ota_index *index);

/* Bits of an entry, and bytes of all entries and the spare, for an old image of `old_len`. */
unsigned ota_index_width(size_t old_len);
size_t ota_index_bytes(size_t old_len);

/*
 * An index of `old_image` without entries. OTA_E_NO_FIT, OTA_E_MEMORY. The caller frees `*index`,
 * which is NULL on failure.
 */
OTA_MUST_CHECK enum ota_err ota_index_begin(struct ota_span old_image, struct ota_index **index,
					    struct ota_diag *diag);

#endif
