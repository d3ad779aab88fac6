// SPDX-License-Identifier: Apache-2.0
/* What a plan asks for, checked, and whether the result fits: imgtool's arithmetic. */
#ifndef IMAGE_LAYOUT_H
#define IMAGE_LAYOUT_H

#include <ota/image.h>

/* The plan's numbers with their defaults filled in. */
uint16_t ota_plan_header_size(const struct ota_image_plan *plan);
uint32_t ota_plan_max_align(const struct ota_image_plan *plan);
size_t ota_plan_image_key_len(const struct ota_image_plan *plan);
enum ota_hash ota_plan_hash(const struct ota_image_plan *plan);
uint8_t ota_plan_erased(const struct ota_image_plan *plan);

/* Everything that can be said before the body is looked at. OTA_E_USAGE. */
OTA_MUST_CHECK enum ota_err ota_plan_check(const struct ota_image_plan *plan,
					   struct ota_diag *diag);

/*
 * The image must leave room for the trailer, or keep to the limit that the plan gives.
 * OTA_E_NO_FIT. Sets `low_on_room` (struct ota_image_made).
 */
OTA_MUST_CHECK enum ota_err ota_image_check_slot(const struct ota_image_plan *plan,
						 size_t image_len, bool *low_on_room,
						 struct ota_diag *diag);

/*
 * Appends, when the plan asks for padding, erased bytes up to the slot's end, the trailer's magic
 * and, when confirmed, image_ok. OTA_E_NO_FIT, OTA_E_ROOM, OTA_E_MEMORY.
 */
OTA_MUST_CHECK enum ota_err ota_image_pad(const struct ota_image_plan *plan, struct ota_buf *out,
					  struct ota_diag *diag);

#endif
