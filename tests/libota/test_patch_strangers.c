// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <ota/delta.h>

#include "patch_strangers.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

struct stranger {
	const char *bytes;
	size_t len;
	const char *says;
};

/* A string's bytes without its NUL. */
#define BYTES(literal) (literal), sizeof(literal) - 1

static void check(const struct stranger *one)
{
	struct ota_span file = ota_span_of(one->bytes, one->len);
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_diag apply_diag = {.err = OTA_OK};
	struct ota_buf out = ota_buf_init(100);

	assert_null(ota_delta_probe(file));
	assert_int_equal(ota_patch_stranger(file, &diag), OTA_E_UNSUPPORTED);
	if (!strstr(diag.text, one->says))
		fail_msg("\"%s\" does not say \"%s\"", diag.text, one->says);
	/* Commands say the same. */
	assert_int_equal(ota_delta_apply(ota_span_of("old", 3), file, &out, &apply_diag),
			 OTA_E_UNSUPPORTED);
	assert_string_equal(apply_diag.text, diag.text);
}

static void other_kinds_of_file_are_named(void **state)
{
	static const struct stranger cases[] = {
		{BYTES("ENDSLEY/BSDIFF43--------"), "ENDSLEY/BSDIFF43"},
		{BYTES("BSDIFN40--------"), "BSDIFN40"},
		{BYTES("BSDF2\1\1\1----"), "BSDF2"},
		{BYTES("IMGDIFF2----"), "IMGDIFF2"},
		{BYTES("\xd6\xc3\xc4S\x00----"), "SDCH"},
		{BYTES("\xd6\xc3\xc4\x01\x00----"), "VCDIFF patch of another version"},
		{BYTES("HDIFF13&zlib----"), "HDIFF13"},
		{BYTES("HDIFFSF20&zlib----"), "HDIFFSF"},
		{BYTES("\x10\xde\xcd\xfc----"), "esp_delta_ota"},
		{BYTES("\x1f\x8b\x08------"), "gzip"},
		{BYTES("\xfd\x37zXZ\0--"), "xz"},
		{BYTES("\x28\xb5\x2f\xfd----"), "zstd"},
		{BYTES("BZh91AY&SY"), "bzip2"},
		{BYTES("PK\x03\x04----"), "zip"},
		{BYTES("\x3d\xb8\xf3\x96----"), "is an MCUboot image"},
		{BYTES("\x96\xf3\xb8\x3d----"), "big-endian MCUboot image"},
		{BYTES("UF2\n----"), "UF2"},
		{BYTES("\x7f\x45LF----"), "ELF"},
	};

	(void)state;
	for (size_t i = 0; i < N(cases); i++)
		check(&cases[i]);
}

static void formats_without_a_magic_are_told_by_their_first_fields(void **state)
{
	static const struct stranger cases[] = {
		{BYTES("hI\x01\x5a\x00\x10\x00\x10"), "HPatchLite"},
		{BYTES("hI\x00\x99\x00\x10\x00\x10"), "HPatchLite"},
		{BYTES("\x01\x9c\x47\x5d\x00\x00\x80\x00\xff\xff"), "detools"},
		{BYTES("\x03\x3c"
		       "BZh91AY&SY"),
		 "detools"},
		{BYTES("\x25\x80\x80\x01\x28\xb5\x2f\xfd"), "detools"},
		{BYTES("\xe9\x06\x02\x2f\x00\x00\x00\x00\xee\x00\x00\x00\x05\x00\x00"
		       "\x00\x00\x00\x00\x00\x00\x00\x00\x01\x20"),
		 "ESP image"},
	};

	(void)state;
	for (size_t i = 0; i < N(cases); i++)
		check(&cases[i]);
}

static void what_is_like_nothing_is_no_patch(void **state)
{
	static const struct stranger cases[] = {
		{BYTES("BSDIFF41--------"), "is no patch this version reads"},
		{BYTES("random bytes"), "is no patch this version reads"},
		{BYTES("hI\x0a\x40----"), "is no patch this version reads"},
		{BYTES("\xe9\x11\x02\x2f--------------------------"), "is no patch"},
		{BYTES("\x01\x9c\x9c\x9c\x9c\x9c\x9c\x9c"), "is no patch"},
	};

	(void)state;
	for (size_t i = 0; i < N(cases); i++)
		check(&cases[i]);
}

static void a_plausible_size_makes_a_hint_of_detools(void **state)
{
	/* sequential, heatshrink, 2,780 bytes; the same with a size that is too small */
	static const uint8_t likely[] = {0x04, 0x9c, 0x2b, 0x74, 0x90, 0x11, 0x22, 0x33};
	static const uint8_t unlikely[] = {0x04, 0x01, 0x74, 0x90, 0x11, 0x22, 0x33, 0x44};
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_diag none = {.err = OTA_OK};

	(void)state;
	assert_int_equal(ota_patch_stranger(ota_span_of(likely, sizeof(likely)), &diag),
			 OTA_E_UNSUPPORTED);
	assert_string_equal(diag.text, "is no patch this version reads");
	assert_non_null(strstr(diag.hint, "detools"));
	assert_int_equal(ota_patch_stranger(ota_span_of(unlikely, sizeof(unlikely)), &none),
			 OTA_E_UNSUPPORTED);
	assert_string_equal(none.hint, "");
}

static void too_few_bytes_are_called_truncated(void **state)
{
	struct ota_diag diag = {.err = OTA_OK};

	(void)state;
	assert_int_equal(ota_patch_stranger(ota_span_of("", 0), &diag), OTA_E_TRUNCATED);
	assert_string_equal(diag.text, "patch is empty");
	for (size_t len = 1; len < 8; len++)
		assert_int_equal(
			ota_patch_stranger(ota_span_of("\x01\x9c\x9c\x9c\x9c\x9c\x9c", len), NULL),
			OTA_E_TRUNCATED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(other_kinds_of_file_are_named),
		cmocka_unit_test(formats_without_a_magic_are_told_by_their_first_fields),
		cmocka_unit_test(what_is_like_nothing_is_no_patch),
		cmocka_unit_test(a_plausible_size_makes_a_hint_of_detools),
		cmocka_unit_test(too_few_bytes_are_called_truncated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
