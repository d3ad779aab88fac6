// SPDX-License-Identifier: Apache-2.0
/* What the files behind the row of BSDIFF40 share. */
#ifndef PATCH_BSDIFF_H
#define PATCH_BSDIFF_H

#include <ota/bsdiff.h>
#include <ota/delta.h>

#include "patch_formats.h"

#define BSDIFF_STREAMS 3

/* By enum ota_bsdiff_stream. */
extern const char *const ota_bsdiff_stream_names[BSDIFF_STREAMS];

/* A patch taken apart; borrows from it. */
struct bsdiff_parts {
	struct ota_bsdiff_header header;
	struct ota_span stream[BSDIFF_STREAMS]; /* compressed */
};

/* Fills `parts`. OTA_E_TRUNCATED, OTA_E_MALFORMED. */
OTA_MUST_CHECK enum ota_err ota_bsdiff_take_apart(struct ota_span patch, struct bsdiff_parts *parts,
						  struct ota_diag *diag);

/* What a patch was found to hold. */
struct bsdiff_content {
	uint64_t records;
	uint64_t blended;   /* new bytes made from old ones and a difference */
	uint64_t unchanged; /* of these, with a difference of 0 */
	uint64_t inserted;  /* new bytes from the extra stream */
	uint64_t old_reach; /* one past the highest old byte read */
};

/* The row's decode: see ota_delta_apply. */
OTA_MUST_CHECK enum ota_err ota_bsdiff_decode(struct ota_span old_image, struct ota_span patch,
					      struct ota_buf *out, struct ota_diag *diag);

/* The row's prove: OTA_E_REFUSED when the patch gives another image than `new_image`. */
OTA_MUST_CHECK enum ota_err ota_bsdiff_prove(struct ota_span old_image, struct ota_span patch,
					     struct ota_span new_image, struct ota_diag *diag);

/* Reads all of a patch without an old image. Errors as ota_delta_describe. Fills `content`. */
OTA_MUST_CHECK enum ota_err ota_bsdiff_look_through(const struct bsdiff_parts *parts,
						    struct bsdiff_content *content,
						    struct ota_diag *diag);

/* The row's encode: see ota_delta_make. */
OTA_MUST_CHECK enum ota_err ota_bsdiff_make(const struct ota_delta_plan *plan,
					    const struct ota_index *index,
					    struct ota_span new_image, struct ota_buf *out,
					    struct ota_diag *diag);

/* The row's functions of these names. */
unsigned ota_bsdiff_variants(const struct ota_patch_room *room,
			     struct ota_delta_plan plan[OTA_VARIANTS_MAX]);
uint64_t ota_bsdiff_least_ram(const struct ota_patch_room *room, const struct ota_delta_plan *plan);
void ota_bsdiff_effort(const struct ota_delta_plan *plan, size_t old_len, size_t new_len,
		       struct ota_delta_effort *effort);

#endif
