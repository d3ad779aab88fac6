// SPDX-License-Identifier: Apache-2.0
/*
 * What a firmware is made of, for ota/compare.h: parts (a symbol, what lies between symbols, a
 * region) and tiles, which say whose each byte is.
 */
#ifndef COMPARE_PARTS_H
#define COMPARE_PARTS_H

#include <ota/compare.h>

#include "elf_symbols.h"

struct ota_part {
	const char *name;
	const char *file;
	const char *section;
	enum ota_compare_what what;
	uint32_t at;   /* of its first byte in the firmware */
	uint64_t size; /* of all its tiles; 0: it is not there */
	uint32_t tiles;
};

/* From `at` up to the next tile bytes are that part's. */
struct ota_tile {
	uint32_t at;
	uint32_t part;
};

/* Zeroed, it is empty and may be freed. Tiles cover the firmware without gap. */
struct ota_parts {
	struct ota_part *part; /* owned */
	size_t n;
	size_t cap;
	struct ota_tile *tile; /* owned */
	size_t n_tiles;
	size_t tile_cap;
	uint32_t size; /* of the firmware */
};

/* Where a tile ends. */
static inline uint32_t ota_tile_end(const struct ota_parts *parts, size_t tile)
{
	return tile + 1 < parts->n_tiles ? parts->tile[tile + 1].at : parts->size;
}

/* By symbols and sections; the side has a map. OTA_E_MEMORY. The caller frees `parts`. */
OTA_MUST_CHECK enum ota_err ota_parts_of_symbols(const struct ota_compare_side *side,
						 struct ota_parts *parts, struct ota_diag *diag);

/* By regions of so many bytes, cut at addresses that are multiples of it. OTA_E_MEMORY. */
OTA_MUST_CHECK enum ota_err ota_parts_of_regions(const struct ota_compare_side *side,
						 uint32_t region, struct ota_parts *parts,
						 struct ota_diag *diag);

void ota_parts_free(struct ota_parts *parts);

/* -- compare_map.c, shared --------------------------------------------------------------------- */

/* Adds a part that has no bytes yet; `*index` is its place. OTA_E_MEMORY. */
OTA_MUST_CHECK enum ota_err ota_parts_add(struct ota_parts *parts, struct ota_part part,
					  uint32_t *index, struct ota_diag *diag);

/* Bytes from the last tile's end up to `end` are that part's. OTA_E_MEMORY. */
OTA_MUST_CHECK enum ota_err ota_parts_lay(struct ota_parts *parts, uint32_t end, uint32_t part,
					  struct ota_diag *diag);

/* What of the firmware is no header and no TLVs. */
struct ota_body {
	uint32_t at;
	uint32_t end;
};

/* Lays an image's header; fills `body`. */
OTA_MUST_CHECK enum ota_err ota_parts_begin(const struct ota_compare_side *side,
					    struct ota_parts *parts, struct ota_body *body,
					    struct ota_diag *diag);
/* Lays its TLVs, once the body is laid. */
OTA_MUST_CHECK enum ota_err ota_parts_end(const struct ota_compare_side *side,
					  struct ota_parts *parts, struct ota_diag *diag);

/* -- compare_regions.c ------------------------------------------------------------------------- */

/* Most bytes are printable, or ends of strings. */
bool ota_looks_like_text(struct ota_span bytes);

/* -- compare_match.c --------------------------------------------------------------------------- */

#define OTA_PART_NONE UINT32_MAX

/*
 * For each part of new, which of old's it was: the same name in the same source file; failing that
 * the same but for what a compiler put behind it; failing that the only one left of that
 * name. OTA_PART_NONE. Fills `old_of`, of new_parts->n. OTA_E_MEMORY.
 */
OTA_MUST_CHECK enum ota_err ota_parts_match(const struct ota_parts *old_parts,
					    const struct ota_parts *new_parts, uint32_t *old_of,
					    struct ota_diag *diag);

/* -- compare_hints.c --------------------------------------------------------------------------- */

#define OTA_STAMPS_MAX 64U

/* Dates and times in new that old does not have; returns how many, fills `stamp`. */
size_t ota_compare_find_stamps(struct ota_span old_image, struct ota_span new_image,
			       struct ota_delta_range stamp[OTA_STAMPS_MAX]);

/* All values are about equally often there, as in what is compressed or encrypted. */
bool ota_looks_random(struct ota_span bytes);

/* What is said of a comparison that is otherwise complete. */
void ota_compare_add_hints(const struct ota_compare_side *old_side,
			   const struct ota_compare_side *new_side,
			   const struct ota_delta_range *stamp, size_t n_stamps,
			   struct ota_compare *compare);

#endif
