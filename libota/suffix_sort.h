// SPDX-License-Identifier: Apache-2.0
/* The sorted suffixes of an old image: built once, searched for every new image. */
#ifndef SUFFIX_SORT_H
#define SUFFIX_SORT_H

#include <ota/buf.h>

/* Zeroed, it is empty and may be freed. */
struct ota_suffix_index {
	struct ota_span old_image; /* borrowed */
	int32_t *sorted;           /* owned: old_image.len offsets, least suffix first */
};

/* A place in old and how many bytes match there. */
struct ota_match {
	size_t at;
	size_t len;
};

/*
 * Sorts; takes 4 bytes of memory for each of old. Borrows `old_image`, which must outlive the
 * index. OTA_E_NO_FIT: over OTA_DELTA_MAX. OTA_E_MEMORY.
 */
OTA_MUST_CHECK enum ota_err ota_suffix_build(struct ota_suffix_index *index,
					     struct ota_span old_image, struct ota_diag *diag);

/* A place in old that matches the longest head of `wanted`. */
struct ota_match ota_suffix_longest(const struct ota_suffix_index *index, struct ota_span wanted);

void ota_suffix_free(struct ota_suffix_index *index);

#endif
