// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "images.h"

#define IMAGE_MAX 0x1000000U

struct ota_buf image_build(const struct ota_image_plan *plan, struct ota_span body,
			   struct ota_image_made *made)
{
	struct ota_image_made ignored;
	struct ota_buf out = ota_buf_init(IMAGE_MAX);
	struct ota_diag diag = {.err = OTA_OK};

	assert_int_equal(ota_keys_init(NULL), OTA_OK);
	if (ota_image_build(plan, body, &out, made ? made : &ignored, &diag) != OTA_OK)
		fail_msg("%s", diag.text);
	return out;
}

void image_refuse(const struct ota_image_plan *plan, struct ota_span body, enum ota_err err,
		  const char *text)
{
	struct ota_image_made made;
	struct ota_buf out = ota_buf_init(IMAGE_MAX);
	struct ota_diag diag = {.err = OTA_OK};

	assert_int_equal(ota_keys_init(NULL), OTA_OK);
	assert_int_equal(ota_image_build(plan, body, &out, &made, &diag), err);
	assert_string_equal(diag.text, text);
	assert_int_equal(out.len, 0);
	ota_buf_free(&out);
}

struct ota_image image_open(struct ota_span file)
{
	struct ota_image image;
	struct ota_diag diag = {.err = OTA_OK};

	if (ota_image_open(file, &image, &diag) != OTA_OK)
		fail_msg("%s", diag.text);
	return image;
}

size_t image_tlv_types(const struct ota_image *image, uint16_t *types, size_t cap)
{
	struct ota_tlv_iter iter = ota_tlv_iter_init(&image->areas);
	struct ota_tlv tlv;
	size_t n = 0;

	while (ota_tlv_next(&iter, &tlv) == OTA_OK) {
		assert_true(n < cap);
		types[n++] = tlv.type;
	}
	return n;
}

struct ota_span image_tlv(const struct ota_image *image, uint16_t type, size_t n)
{
	struct ota_tlv_iter iter = ota_tlv_iter_init(&image->areas);
	struct ota_tlv tlv;

	while (ota_tlv_next(&iter, &tlv) == OTA_OK) {
		if (tlv.type == type && n-- == 0)
			return tlv.value;
	}
	return ota_span_of(NULL, 0);
}
