// SPDX-License-Identifier: Apache-2.0
/* The row of otd in two files: patch_otd.c reads, patch_otd_enc.c writes. */
#ifndef PATCH_OTD_H
#define PATCH_OTD_H

#include <ota/otd.h>

#include "patch_formats.h"

/* The row's encode function. Errors as ota_delta_make. */
OTA_MUST_CHECK enum ota_err ota_otd_make(const struct ota_delta_plan *plan,
					 const struct ota_index *index, struct ota_span new_image,
					 struct ota_buf *out, struct ota_diag *diag);

/*
 * True when a profile's decoder takes patches of that tier: those of its own, one for M those of XS
 * too, one of no tier, or NULL, all. Nano is a model of its own that another build may have left
 * out.
 */
bool ota_otd_decoder_takes(const struct ota_decoder *decoder, enum ota_otd_tier tier);

/* The row's functions of these names. */
unsigned ota_otd_variants(const struct ota_patch_room *room,
			  struct ota_delta_plan plan[OTA_VARIANTS_MAX]);
void ota_otd_effort(const struct ota_delta_plan *plan, size_t old_len, size_t new_len,
		    struct ota_delta_effort *effort);

#endif
