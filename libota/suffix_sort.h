// SPDX-License-Identifier: Apache-2.0
/* The sorted suffixes of an old image: built once, searched for every new image. */
#ifndef SUFFIX_SORT_H
#define SUFFIX_SORT_H

#include <ota/delta.h>

struct ota_index {
	struct ota_span old_image; /* borrowed */
	int32_t *sorted;           /* owned: old_image.len offsets, least suffix first */
};

/* A place in old and how many bytes match there. */
struct ota_match {
	size_t at;
	size_t len;
};

/* A place in old that matches the longest head of `wanted`. */
struct ota_match ota_suffix_longest(const struct ota_index *index, struct ota_span wanted);

#endif
