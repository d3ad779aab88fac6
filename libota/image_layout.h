// SPDX-License-Identifier: Apache-2.0
/* Where everything in an image goes, decided before a byte moves. */
#ifndef IMAGE_LAYOUT_H
#define IMAGE_LAYOUT_H

#include <ota/image.h>

struct image_layout {
	struct ota_image_header header;
	struct ota_span payload; /* of the body, what follows the header area */
	uint8_t header_fill;     /* bytes of the header area behind the header */
	uint32_t max_align;
	size_t longest; /* header to last TLV with the longest signature */
};

/* Errors as ota_image_build. Fills `layout`, which borrows from `body`. */
OTA_MUST_CHECK enum ota_err ota_image_layout(const struct ota_image_plan *plan,
					     struct ota_span body, const struct ota_key *key,
					     struct image_layout *layout, struct ota_diag *diag);

/* The slot must hold `image_len` bytes and the trailer. OTA_E_NO_FIT. */
OTA_MUST_CHECK enum ota_err ota_image_check_slot(const struct ota_image_plan *plan,
						 size_t image_len, struct ota_diag *diag);

#endif
