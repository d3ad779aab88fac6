// SPDX-License-Identifier: Apache-2.0
/* What a misspelt word was meant to be. */
#ifndef OTA_NEAREST_H
#define OTA_NEAREST_H

#include <stddef.h>

#include <ota/err.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The candidate that `word` is most probably a misspelling of: fewest letters inserted, left out,
 * changed or swapped, and no more than a third of the word. The first of several. NULL: none is
 * near.
 */
OTA_API const char *ota_nearest(const char *word, const char *const *candidates, size_t n);

#ifdef __cplusplus
}
#endif
#endif
