// SPDX-License-Identifier: Apache-2.0
/* The row of VCDIFF in two files: patch_vcdiff.c reads, patch_vcdiff_enc.c writes. */
#ifndef PATCH_VCDIFF_H
#define PATCH_VCDIFF_H

#include "patch_formats.h"

/* The largest window that any build of xdelta3 reads. */
#define OTA_VCDIFF_WINDOW_MAX (16U << 20)

/* The row's encode function. Errors as ota_delta_make. */
OTA_MUST_CHECK enum ota_err ota_vcdiff_encode(const struct ota_delta_plan *plan,
					      const struct ota_index *index,
					      struct ota_span new_image, struct ota_buf *out,
					      struct ota_diag *diag);

/* The row's functions of these names. */
unsigned ota_vcdiff_variants(const struct ota_patch_room *room,
			     struct ota_delta_plan plan[OTA_VARIANTS_MAX]);
uint64_t ota_vcdiff_least_ram(const struct ota_patch_room *room, const struct ota_delta_plan *plan);
void ota_vcdiff_effort(const struct ota_delta_plan *plan, size_t old_len, size_t new_len,
		       struct ota_delta_effort *effort);

#endif
