// SPDX-License-Identifier: Apache-2.0
/* Where the bytes at one place of a window can be copied from. */
#ifndef MATCH_VCDIFF_FIND_H
#define MATCH_VCDIFF_FIND_H

#include <ota/vcdiff.h>

#include "suffix_sort.h"

/* Shorter copies are never cheaper than the bytes themselves. */
#define VCDIFF_COPY_MIN OTA_VCDIFF_COPY_CODED_MIN
/*
 * Longer copies count as this long: they are told apart by nothing that matters, and a run of one
 * byte would be gone through again and again.
 */
#define VCDIFF_LEN_MAX 4096U
/* Addresses less than this above one in the near cache take one byte, or two. */
#define VCDIFF_REACH_1 128U
#define VCDIFF_REACH_2 16384U

#define VCDIFF_FOUND_MAX 48U

/* A multiplicative hash of four bytes: 2^32 over the golden ratio. */
#define VCDIFF_HASH_FACTOR 2654435761U

/* Read the same on machines of either byte order: which copies are found must not depend on it. */
static inline uint32_t ota_vcdiff_four_bytes(const uint8_t *data)
{
	return (uint32_t)data[0] | (uint32_t)data[1] << 8 | (uint32_t)data[2] << 16 |
	       (uint32_t)data[3] << 24;
}

static inline uint32_t ota_vcdiff_hash(const uint8_t *data, unsigned bits)
{
	return ota_vcdiff_four_bytes(data) * VCDIFF_HASH_FACTOR >> (32 - bits);
}

/* A copy that could be made: address in U (the source segment, then the window) and bytes. */
struct vcdiff_copy {
	uint32_t addr;
	uint32_t len;
};

struct vcdiff_found {
	struct vcdiff_copy copy[VCDIFF_FOUND_MAX];
	unsigned n;
	uint32_t longest; /* bytes */
};

/* What copies come from; all borrowed but the lists. */
struct vcdiff_finder {
	const struct ota_index *index;
	struct ota_suffix_walk walk;
	struct ota_span source; /* the source segment */
	uint32_t source_at;     /* in old */
	struct ota_span part;   /* the window */
	uint32_t *first;        /* by hash of four bytes: where in `places` their places begin */
	uint32_t *places;       /* in old, rising for each hash */
	uint32_t *head;         /* by hash of four bytes: the last place in the window, plus one */
	uint32_t *chain;        /* the place before with that hash, plus one */
	uint32_t chained;       /* places of the window that are in the chains */
};

/* Lists old's places; memory for windows of at most `window` bytes. False when there is none. */
bool ota_vcdiff_finder_init(struct vcdiff_finder *f, uint32_t window);

void ota_vcdiff_finder_free(struct vcdiff_finder *f);

/* Begins a window with the source segment given. */
void ota_vcdiff_finder_start(struct vcdiff_finder *f, struct ota_span part, uint32_t source_at,
			     uint32_t source_len);

/* Bytes from `at` in the window on that a copy from `addr` gives, at most VCDIFF_LEN_MAX. */
uint32_t ota_vcdiff_copy_len(const struct vcdiff_finder *f, uint32_t addr, uint32_t at);

/* Adds a copy to those found when it is long enough. */
void ota_vcdiff_found_add(struct vcdiff_found *found, uint32_t addr, uint32_t len);

/*
 * The longest copy from the source segment; where that is part of old, the longest of those that
 * are looked at. False when there are none anywhere in old.
 */
bool ota_vcdiff_find_in_source(struct vcdiff_finder *f, uint32_t at, struct vcdiff_found *found);

/* Copies from before in the window; places are to be asked in rising order. */
void ota_vcdiff_find_in_window(struct vcdiff_finder *f, uint32_t at, struct vcdiff_found *found);

/* The longest copies that begin in the reach of a near address, of one byte and of two. */
void ota_vcdiff_find_near(const struct vcdiff_finder *f, uint32_t near, uint32_t at,
			  struct vcdiff_found *found);

#endif
