// SPDX-License-Identifier: Apache-2.0
#include "patch_formats.h"

const char *ota_delta_format_name(size_t index)
{
	const struct ota_patch_format *format = ota_patch_format_at(index);

	return format ? format->name : NULL;
}

static enum ota_err encode(const struct ota_patch_format *format, struct ota_span old_image,
			   struct ota_span new_image, struct ota_buf *out, struct ota_diag *diag)
{
	struct ota_suffix_index index = {.sorted = NULL};
	enum ota_err err = ota_suffix_build(&index, old_image, diag);

	if (err == OTA_OK)
		err = format->encode(&index, new_image, out, diag);
	ota_suffix_free(&index);
	return err;
}

/* Whatever went wrong in the encoder, a wrong patch must not leave. */
static enum ota_err prove(const struct ota_patch_format *format, struct ota_span old_image,
			  struct ota_span new_image, struct ota_span patch, struct ota_diag *diag)
{
	struct ota_buf again = ota_buf_init(new_image.len);
	enum ota_err err = format->decode(old_image, patch, &again, diag);

	if (err == OTA_OK && !ota_span_equal(ota_buf_span(&again), new_image))
		err = ota_fail(diag, OTA_E_REFUSED,
			       "the %s patch made does not give the new file back", format->name);
	ota_buf_free(&again);
	return err;
}

enum ota_err ota_delta_make(const char *name, struct ota_span old_image, struct ota_span new_image,
			    struct ota_buf *out, struct ota_diag *diag)
{
	const struct ota_patch_format *format = ota_patch_format_named(name);
	size_t start = out->len;
	enum ota_err err;

	if (!format)
		return ota_fail(diag, OTA_E_ABSENT, "no patch format is called \"%s\"", name);
	if (new_image.len > OTA_DELTA_MAX)
		return ota_fail(diag, OTA_E_NO_FIT,
				"new file is %zu bytes, at most %u can be diffed", new_image.len,
				OTA_DELTA_MAX);
	err = encode(format, old_image, new_image, out, diag);
	if (err == OTA_OK)
		err = prove(format, old_image, new_image, ota_span_tail(ota_buf_span(out), start),
			    diag);
	if (err != OTA_OK)
		out->len = start;
	return err;
}
