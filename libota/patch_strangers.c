// SPDX-License-Identifier: Apache-2.0
#include "patch_strangers.h"

#define SHORTEST_MAGIC 8U
/* Bytes of a detools size of 31 bits. */
#define DETOOLS_SIZE_MAX 5U

static const char *const unpack = "unpack it first";
static const char *const family = "of the bsdiff family only BSDIFF40 is read";
static const char *const order = "the old file comes first, then the patch";

/* By their first bytes; the longer of two that begin alike comes first. */
static const struct {
	const char *magic;
	uint8_t len;
	const char *name;
	const char *hint;
} strangers[] = {
	{"ENDSLEY/BSDIFF43", 16, "an ENDSLEY/BSDIFF43 patch", family},
	{"BSDIFN40", 8, "a BSDIFN40 patch", family},
	{"BSDF2", 5, "a BSDF2 patch, as Chromium's bsdiff writes", family},
	{"IMGDIFF2", 8, "an IMGDIFF2 patch, as Android's imgdiff writes", NULL},
	{"\xd6\xc3\xc4S", 4, "an SDCH patch, open-vcdiff's own form of VCDIFF", NULL},
	{"\xd6\xc3\xc4", 3, "a VCDIFF patch of another version than RFC 3284's", NULL},
	{"HDIFF13", 7, "an HDiffPatch patch (HDIFF13)", NULL},
	{"HDIFFSF", 7, "an HDiffPatch single-stream patch (HDIFFSF)", NULL},
	{"\x10\xde\xcd\xfc", 4, "an esp_delta_ota patch, which holds one of detools", NULL},
	{"\x1f\x8b\x08", 3, "a gzip file", unpack},
	{"\xfd"
	 "7zXZ\0",
	 6, "an xz file", unpack},
	{"\x28\xb5\x2f\xfd", 4, "a zstd file", unpack},
	{"BZh", 3, "a bzip2 file", unpack},
	{"PK\x03\x04", 4, "a zip file", unpack},
	{"\x3d\xb8\xf3\x96", 4, "an MCUboot image, not a patch", order},
	{"\x96\xf3\xb8\x3d", 4, "a big-endian MCUboot image, not a patch", order},
	{"UF2\n", 4, "a UF2 file, not a patch", NULL},
	{"\x7f"
	 "ELF",
	 4, "an ELF file, not a patch", NULL},
};

static bool starts_with(struct ota_span file, struct ota_span magic)
{
	return ota_span_equal(ota_span_head(file, magic.len), magic);
}

/* Espressif's: magic, number of segments, flash mode (esp_image_header_t). */
static bool is_esp_image(struct ota_span file)
{
	return file.len > 24 && file.data[0] == 0xe9 && file.data[1] >= 1 && file.data[1] <= 16 &&
	       file.data[2] <= 5;
}

/* "hI", compressor (10 are known), version 1 or 2 in the upper bits. */
static bool is_hpatchlite(struct ota_span file)
{
	return file.len > 4 && starts_with(file, ota_span_of("hI", 2)) && file.data[2] < 10 &&
	       (file.data[3] >> 6 == 1 || file.data[3] >> 6 == 2);
}

/* detools has no magic: a byte of type and compression, and a size before the compressed bytes. */
static bool is_detools(struct ota_span file)
{
	/* By the compression's number; the others have nothing of their own to be known by. */
	static const struct {
		const char *magic;
		uint8_t len;
		uint8_t compression;
	} known[] = {
		{"\x5d\x00\x00", 3, 1},
		{"BZh", 3, 3},
		{"\x28\xb5\x2f\xfd", 4, 5},
		{"\x04\x22\x4d\x18", 4, 6},
	};
	size_t at = 1;

	if (file.len < SHORTEST_MAGIC || file.data[0] >> 4 > 2)
		return false;
	while (at < SHORTEST_MAGIC - 1 && file.data[at] & 0x80)
		at++;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if ((file.data[0] & 0xf) == known[i].compression &&
		    starts_with(ota_span_tail(file, at + 1),
				ota_span_of(known[i].magic, known[i].len)))
			return true;
	}
	return false;
}

/* The rest of detools: only the new file's size can speak for it. A hint, not a name. */
static bool could_be_detools(struct ota_span file)
{
	uint64_t size;
	unsigned shift = 6;
	size_t at = 1;

	if (file.len < SHORTEST_MAGIC || file.data[0] >> 4 > 2 || (file.data[0] & 0xf) > 6)
		return false;
	size = file.data[at] & 0x3f;
	while (at < DETOOLS_SIZE_MAX && file.data[at] & 0x80) {
		size |= (uint64_t)(file.data[++at] & 0x7f) << shift;
		shift += 7;
	}
	return size >= file.len / 2 && size <= INT32_MAX;
}

static const char *name_of(struct ota_span file, const char **hint)
{
	*hint = NULL;
	for (size_t i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++) {
		if (!starts_with(file, ota_span_of(strangers[i].magic, strangers[i].len)))
			continue;
		*hint = strangers[i].hint;
		return strangers[i].name;
	}
	if (is_esp_image(file))
		return "an ESP image, not a patch";
	if (is_hpatchlite(file))
		return "an HPatchLite patch";
	if (is_detools(file))
		return "a detools patch";
	return NULL;
}

enum ota_err ota_patch_stranger(struct ota_span file, struct ota_diag *diag)
{
	const char *hint;
	const char *name = name_of(file, &hint);
	enum ota_err err;

	if (file.len == 0)
		return ota_fail(diag, OTA_E_TRUNCATED, "patch is empty");
	if (!name && file.len < SHORTEST_MAGIC)
		return ota_fail(diag, OTA_E_TRUNCATED, "%zu bytes are less than any patch has",
				file.len);
	if (!name) {
		err = ota_fail(diag, OTA_E_UNSUPPORTED, "is no patch this version reads");
		if (could_be_detools(file))
			ota_hint(diag, "it could be a detools patch, which is not read");
		return err;
	}
	err = ota_fail(diag, OTA_E_UNSUPPORTED, "is %s: this version does not read it", name);
	if (hint)
		ota_hint(diag, "%s", hint);
	return err;
}
