// SPDX-License-Identifier: Apache-2.0
/* Images built in memory, and what is in them. */
#ifndef TEST_IMAGES_H
#define TEST_IMAGES_H

#include <ota/image.h>

/* Builds, or fails the test. The caller frees it. `made` may be NULL. */
struct ota_buf image_build(const struct ota_image_plan *plan, struct ota_span body,
			   struct ota_image_made *made);

/* Fails the test unless the plan is refused with `err` and `text`, and nothing is written. */
void image_refuse(const struct ota_image_plan *plan, struct ota_span body, enum ota_err err,
		  const char *text);

/* Opens, or fails the test. Borrows from `file`. */
struct ota_image image_open(struct ota_span file);

/* The types of all TLVs, protected ones first, at most `cap`. Returns how many there are. */
size_t image_tlv_types(const struct ota_image *image, uint16_t *types, size_t cap);

/* The value of the n-th TLV of that type, from 0; a NULL span when there is none. */
struct ota_span image_tlv(const struct ota_image *image, uint16_t type, size_t n);

#endif
