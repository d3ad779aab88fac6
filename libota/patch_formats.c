// SPDX-License-Identifier: Apache-2.0
#include "patch_formats.h"

/* THE TABLE. */
static const struct ota_patch_format *const formats[] = {
	&ota_patch_bsdiff,
};

#define SHORTEST_MAGIC 8U

/* Files that people give to a patch tool and that are no patch of ours. */
static const struct {
	const char *magic;
	uint8_t len;
	const char *name;
	const char *hint;
} strangers[] = {
	{"ENDSLEY/BSDIFF43", 16, "an ENDSLEY/BSDIFF43 patch",
	 "of the bsdiff family only BSDIFF40 is read"},
	{"\xd6\xc3\xc4", 3, "a VCDIFF patch, as xdelta3 writes", NULL},
	{"HDIFF13", 7, "an HDiffPatch patch", NULL},
	{"HDIFFSF", 7, "an HDiffPatch single-stream patch", NULL},
	{"\x1f\x8b\x08", 3, "a gzip file", "unpack it first"},
	{"\xfd"
	 "7zXZ\0",
	 6, "an xz file", "unpack it first"},
	{"\x28\xb5\x2f\xfd", 4, "a zstd file", "unpack it first"},
	{"BZh", 3, "a bzip2 file", "unpack it first"},
	{"PK\x03\x04", 4, "a zip file", "unpack it first"},
	{"\x3d\xb8\xf3\x96", 4, "an MCUboot image, not a patch", "the old file comes first"},
	{"\x96\xf3\xb8\x3d", 4, "a big-endian MCUboot image, not a patch",
	 "the old file comes first"},
	{"UF2\n", 4, "a UF2 file, not a patch", NULL},
	{"\x7f"
	 "ELF",
	 4, "an ELF file, not a patch", NULL},
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

static enum ota_err fail_stranger(struct ota_span patch, struct ota_diag *diag)
{
	enum ota_err err = OTA_E_UNSUPPORTED;

	for (size_t i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++) {
		struct ota_span magic = ota_span_of(strangers[i].magic, strangers[i].len);

		if (!ota_span_equal(ota_span_head(patch, magic.len), magic))
			continue;
		err = ota_fail(diag, err, "is %s", strangers[i].name);
		if (strangers[i].hint)
			ota_hint(diag, "%s", strangers[i].hint);
		return err;
	}
	if (patch.len < SHORTEST_MAGIC)
		return ota_fail(diag, OTA_E_TRUNCATED, "%zu bytes are less than any patch has",
				patch.len);
	return ota_fail(diag, err, "is no patch this version reads");
}

enum ota_err ota_patch_format_find(struct ota_span patch, const struct ota_patch_format **format,
				   struct ota_diag *diag)
{
	*format = ota_patch_format_of(patch);
	if (*format)
		return OTA_OK;
	if (patch.len == 0)
		return ota_fail(diag, OTA_E_TRUNCATED, "patch is empty");
	return fail_stranger(patch, diag);
}
