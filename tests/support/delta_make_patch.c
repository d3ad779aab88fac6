// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "delta_make_patch.h"
#include "stream_bz2.h"

enum ota_err delta_make(const char *format, struct ota_span old_image, struct ota_span new_image,
			struct ota_buf *out, struct ota_diag *diag)
{
	struct ota_delta_plan plan = {.format = format};
	struct ota_index *index;
	enum ota_err err = ota_index_build(old_image, &index, diag);

	if (err == OTA_OK)
		err = ota_delta_make(&plan, index, new_image, out, diag);
	ota_index_free(index);
	return err;
}

enum ota_err delta_apply(struct ota_span old_image, struct ota_span patch,
			 struct ota_span new_image)
{
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_buf out = ota_buf_init(new_image.len);
	enum ota_err err = ota_delta_apply(old_image, patch, &out, &diag);

	assert_true(out.len <= new_image.len);
	if (err == OTA_OK)
		assert_true(ota_span_equal(ota_buf_span(&out), new_image));
	else
		assert_true(diag.err == err && diag.text[0] != '\0');
	ota_buf_free(&out);
	return err;
}

struct ota_span delta_record(uint8_t bytes[OTA_BSDIFF_RECORD_SIZE], int64_t add, int64_t insert)
{
	struct ota_bsdiff_record record = {add, insert, 0};
	struct ota_wr wr = ota_wr_init(bytes, OTA_BSDIFF_RECORD_SIZE);

	ota_bsdiff_record_write(&wr, record);
	return ota_wr_span(&wr);
}

static int64_t put_stream(struct ota_buf *patch, struct ota_span plain)
{
	size_t before = patch->len;

	assert_int_equal(ota_bz2_compress(plain, patch, NULL), OTA_OK);
	return (int64_t)(patch->len - before);
}

struct ota_buf delta_patch_of(const struct delta_plain *plain)
{
	static const uint8_t blank[OTA_BSDIFF_HEADER_SIZE];
	struct ota_bsdiff_header header = {.new_size = plain->new_size};
	struct ota_buf patch = ota_buf_init(DELTA_PATCH_MAX);
	struct ota_wr wr;

	assert_int_equal(ota_buf_append(&patch, ota_span_of(blank, sizeof(blank)), NULL), OTA_OK);
	header.control_size = put_stream(&patch, plain->control);
	header.diff_size = put_stream(&patch, plain->diff);
	(void)put_stream(&patch, plain->extra);
	wr = ota_wr_init(patch.data, sizeof(blank));
	ota_bsdiff_header_write(&wr, &header);
	return patch;
}
