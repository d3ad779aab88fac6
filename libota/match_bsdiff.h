// SPDX-License-Identifier: Apache-2.0
/*
 * Approximate matching after Percival: long stretches of the new image lie on the old one but for
 * single bytes that differ, as addresses do when code moves.
 */
#ifndef MATCH_BSDIFF_H
#define MATCH_BSDIFF_H

#include <ota/patch.h>

#include "suffix_sort.h"

/* Owned edits. Zeroed, it is empty and may be freed. */
struct ota_op_list {
	struct ota_op *op;
	size_t n;
	size_t cap;
};

/*
 * Appends BLEND and INSERT edits that tile `new_image`; neighbours that could be one edit are one.
 * Goes about it as bsdiff 4.3 does, but jumps more readily, lets stretches grow further and always
 * finds the longest match. OTA_E_NO_FIT: over OTA_DELTA_MAX. OTA_E_MEMORY. The caller frees `ops`.
 */
OTA_MUST_CHECK enum ota_err ota_match_bsdiff(const struct ota_index *index,
					     struct ota_span new_image, struct ota_op_list *ops,
					     struct ota_diag *diag);

/* Appends one edit. False when there is no memory. */
bool ota_op_list_push(struct ota_op_list *ops, struct ota_op op);

/* The edits, borrowed. */
struct ota_ops ota_op_list_ops(const struct ota_op_list *ops);

void ota_op_list_free(struct ota_op_list *ops);

#endif
