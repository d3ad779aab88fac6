// SPDX-License-Identifier: Apache-2.0
#include "patch_formats.h"
#include "patch_strangers.h"

/* THE TABLE. */
static const struct ota_patch_format *const formats[] = {
	&ota_patch_bsdiff,
	&ota_patch_vcdiff,
	&ota_patch_otd,
};

const struct ota_patch_format *ota_patch_format_at(size_t index)
{
	return index < sizeof(formats) / sizeof(formats[0]) ? formats[index] : NULL;
}

const struct ota_patch_format *ota_patch_format_named(const char *name)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		const char *other = formats[i]->other_name;

		if (strcmp(formats[i]->name, name) == 0 || (other && strcmp(other, name) == 0))
			return formats[i];
	}
	return NULL;
}

const struct ota_patch_format *ota_patch_format_of(struct ota_span patch)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (formats[i]->probe(patch))
			return formats[i];
	}
	return NULL;
}

enum ota_err ota_patch_format_find(struct ota_span patch, const struct ota_patch_format **format,
				   struct ota_diag *diag)
{
	*format = ota_patch_format_of(patch);
	if (*format)
		return OTA_OK;
	return ota_patch_stranger(patch, diag);
}
