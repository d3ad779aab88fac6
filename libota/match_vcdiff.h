// SPDX-License-Identifier: Apache-2.0
/*
 * Exact matching for VCDIFF: the cheapest edits of one target window, by the bytes that they take
 * in the patch.
 */
#ifndef MATCH_VCDIFF_H
#define MATCH_VCDIFF_H

#include <ota/vcdiff.h>

#include "match_bsdiff.h"
#include "suffix_sort.h"

/* Working memory for windows of one new image; owned. Zeroed, it is empty and may be freed. */
struct ota_vcdiff_matcher {
	const struct ota_index *index; /* borrowed */
	struct ota_span new_image;     /* borrowed */
	uint32_t source_max;           /* most bytes of old that a window uses; 0: no limit */
	struct vcdiff_work *work;
};

/*
 * Prepares for windows of at most `window` bytes. OTA_E_MEMORY. Borrows `index` and `new_image`;
 * the caller frees the matcher, also after a failure.
 */
OTA_MUST_CHECK enum ota_err ota_vcdiff_matcher_init(struct ota_vcdiff_matcher *matcher,
						    uint32_t window, struct ota_diag *diag);

/*
 * Finds the edits of the window->new_len bytes from `new_at` on: INSERT, RUN, COPY_OLD and COPY_NEW
 * from inside the window, as ota_vcdiff_window_encode takes them. Replaces those in `ops` and fills
 * in window->source_at and source_len, which is 0 when nothing comes from old. OTA_E_MEMORY.
 */
OTA_MUST_CHECK enum ota_err ota_vcdiff_match(struct ota_vcdiff_matcher *matcher, uint32_t new_at,
					     struct ota_vcdiff_window *window,
					     struct ota_op_list *ops, struct ota_diag *diag);

void ota_vcdiff_matcher_free(struct ota_vcdiff_matcher *matcher);

#endif
