// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include <ota/base64.h>
#include <ota/key.h>

static const struct {
	const char *text;
	const char *bytes; /* NULL: no whole number of bytes */
} cases[] = {
	{"", ""},
	{"Zg==", "f"},
	{"Zm8=", "fo"},
	{"Zm9v", "foo"},
	{"Zm9vYg==", "foob"},
	/* As Python's b64decode: what is no digit is skipped, and all behind the padding. */
	{"Zm\n9v\r\n", "foo"},
	{" Z*m-9_v", "foo"},
	{"Zg==Zm9v", "f"},
	{"=Zm9v", "foo"},
	{"Zm9v=", "foo"},
	{"Zg=\n=", "f"},
	{"Zm=9v", "foo"},
	{"Z===g==", "f"},
	{"Z=g=", NULL},
	{"Zg", NULL},
	{"Zm8", NULL},
	{"Zg=", NULL},
	{"Zm9vY", NULL},
};

static void texts_are_read_as_python_does(void **state)
{
	(void)state;
	assert_int_equal(ota_keys_init(NULL), OTA_OK);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ota_buf out = ota_buf_init(64);
		enum ota_err err = ota_base64_decode(
			ota_span_of(cases[i].text, strlen(cases[i].text)), &out, NULL);

		if (!cases[i].bytes) {
			assert_int_equal(err, OTA_E_MALFORMED);
			assert_int_equal(out.len, 0);
		} else {
			assert_int_equal(err, OTA_OK);
			assert_int_equal(out.len, strlen(cases[i].bytes));
			assert_memory_equal(out.len ? (char *)out.data : "", cases[i].bytes,
					    out.len);
		}
		ota_buf_free(&out);
	}
}

static void bytes_of_any_length_come_back(void **state)
{
	uint8_t bytes[100];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 37);
	for (size_t len = 0; len <= sizeof(bytes); len++) {
		struct ota_buf text = ota_buf_init(200);
		struct ota_buf back = ota_buf_init(200);

		assert_int_equal(ota_base64_encode(ota_span_of(bytes, len), &text, NULL), OTA_OK);
		assert_int_equal(text.len, (len + 2) / 3 * 4);
		assert_int_equal(ota_base64_decode(ota_buf_span(&text), &back, NULL), OTA_OK);
		assert_int_equal(back.len, len);
		if (len > 0)
			assert_memory_equal(back.data, bytes, len);
		ota_buf_free(&text);
		ota_buf_free(&back);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_read_as_python_does),
		cmocka_unit_test(bytes_of_any_length_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
