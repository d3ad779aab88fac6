// SPDX-License-Identifier: Apache-2.0
#include "patch_formats.h"

const char *ota_delta_probe(struct ota_span patch)
{
	const struct ota_patch_format *format = ota_patch_format_of(patch);

	return format ? format->name : NULL;
}

enum ota_err ota_delta_apply(struct ota_span old_image, struct ota_span patch, struct ota_buf *out,
			     struct ota_diag *diag)
{
	const struct ota_patch_format *format;
	enum ota_err err = ota_patch_format_find(patch, &format, diag);

	return err == OTA_OK ? format->decode(old_image, patch, out, diag) : err;
}

enum ota_err ota_delta_describe(struct ota_span patch, struct ota_delta_info *info,
				struct ota_diag *diag)
{
	const struct ota_patch_format *format;
	enum ota_err err = ota_patch_format_find(patch, &format, diag);

	if (err != OTA_OK)
		return err;
	*info = (struct ota_delta_info){
		.format = format->name, .patch_size = patch.len, .has_content = true};
	return format->describe(patch, info, diag);
}

enum ota_err ota_delta_glance(struct ota_span patch, struct ota_delta_info *info,
			      struct ota_diag *diag)
{
	const struct ota_patch_format *format;
	enum ota_err err = ota_patch_format_find(patch, &format, diag);

	if (err != OTA_OK || !format->glance)
		return err != OTA_OK ? err : ota_delta_describe(patch, info, diag);
	*info = (struct ota_delta_info){.format = format->name, .patch_size = patch.len};
	return format->glance(patch, info, diag);
}

enum ota_err ota_delta_explain(struct ota_span old_image, struct ota_span patch, size_t ceiling,
			       struct ota_delta_account *account, struct ota_diag *diag)
{
	const struct ota_patch_format *format;
	enum ota_err err = ota_patch_format_find(patch, &format, diag);

	*account = (struct ota_delta_account){.n_purposes = 0};
	if (err != OTA_OK)
		return err;
	if (!format->explain)
		return ota_fail(diag, OTA_E_UNSUPPORTED,
				"what a %s patch's bits go into is not told", format->name);
	return format->explain(old_image, patch, ceiling, account, diag);
}

enum ota_err ota_delta_explain_ranges(const struct ota_delta_pair *pair, struct ota_span patch,
				      struct ota_delta_ranges ranges,
				      struct ota_delta_account *account, struct ota_diag *diag)
{
	const struct ota_patch_format *format;
	enum ota_err err = ota_patch_format_find(patch, &format, diag);
	size_t size = pair->new_image.len;

	*account = (struct ota_delta_account){.n_purposes = 0};
	if (err != OTA_OK)
		return err;
	if (!format->explain_ranges)
		return ota_fail(diag, OTA_E_UNSUPPORTED,
				"what a %s patch's bits go into is not told", format->name);
	for (size_t i = 0; i < ranges.n; i++) {
		const struct ota_delta_range *range = &ranges.range[i];

		if (range->at > size || range->len > size - range->at)
			return ota_fail(diag, OTA_E_USAGE,
					"%u bytes at %u are not inside a new file of %zu",
					(unsigned)range->len, (unsigned)range->at, size);
	}
	return format->explain_ranges(pair, patch, ranges, account, diag);
}
