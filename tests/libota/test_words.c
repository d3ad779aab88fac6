// SPDX-License-Identifier: Apache-2.0
/* Numbers, sizes and misspelt words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <ota/nearest.h>
#include <ota/number.h>

static struct ota_span text(const char *s)
{
	return ota_span_of(s, strlen(s));
}

static void reads_numbers_as_python_literals(void **state)
{
	static const struct {
		const char *text;
		uint64_t value;
	} good[] = {{"0", 0},        {"000", 0},
		    {"4096", 4096},  {"0x1000", 4096},
		    {"0X1f", 31},    {"0o100", 64},
		    {"0b101", 5},    {"1_000", 1000},
		    {"0x_1f", 0x1f}, {"4294967295", UINT32_MAX}};
	uint64_t value = 1;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(ota_number_parse(text(good[i].text), UINT64_MAX, &value), OTA_OK);
		assert_int_equal(value, good[i].value);
	}
}

static void refuses_what_python_refuses(void **state)
{
	static const char *const bad[] = {"",    "010", "abc",  "0x", "0b2", "0o8",  "1__0",
					  "_1",  "1_",  "-1",   "+1", " 1",  "1 ",   "0xg",
					  "1e3", "1.0", "0x1_", "K",  "16k", "16KB", "0_"};
	uint64_t value;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(ota_size_parse(text(bad[i]), UINT64_MAX, &value), OTA_E_MALFORMED);
	assert_int_equal(ota_number_parse(text("16K"), UINT64_MAX, &value), OTA_E_MALFORMED);
}

static void sizes_end_in_units_and_stop_at_their_limit(void **state)
{
	uint64_t value = 0;

	(void)state;
	assert_int_equal(ota_size_parse(text("16K"), UINT32_MAX, &value), OTA_OK);
	assert_int_equal(value, 16384);
	assert_int_equal(ota_size_parse(text("0x10KiB"), UINT32_MAX, &value), OTA_OK);
	assert_int_equal(value, 16384);
	assert_int_equal(ota_size_parse(text("1MiB"), UINT32_MAX, &value), OTA_OK);
	assert_int_equal(value, 1048576);
	assert_int_equal(ota_size_parse(text("4095M"), UINT32_MAX, &value), OTA_OK);
	assert_int_equal(ota_size_parse(text("4096M"), UINT32_MAX, &value), OTA_E_ROOM);
	assert_int_equal(ota_number_parse(text("4294967296"), UINT32_MAX, &value), OTA_E_ROOM);
	assert_int_equal(ota_number_parse(text("18446744073709551615"), UINT64_MAX, &value),
			 OTA_OK);
	assert_int_equal(ota_number_parse(text("18446744073709551616"), UINT64_MAX, &value),
			 OTA_E_ROOM);
	assert_int_equal(ota_size_parse(text("18446744073709551615K"), UINT64_MAX, &value),
			 OTA_E_ROOM);
}

static void names_the_nearest_word_or_none(void **state)
{
	static const char *const words[] = {"sign", "verify", "version", "slot-size"};

	(void)state;
	assert_string_equal(ota_nearest("sing", words, 4), "sign");
	assert_string_equal(ota_nearest("verfy", words, 4), "verify");
	assert_string_equal(ota_nearest("slotsize", words, 4), "slot-size");
	assert_null(ota_nearest("bake", words, 4));
	assert_null(ota_nearest("", words, 4));
	assert_null(
		ota_nearest("a-word-that-is-much-longer-than-any-command-has-ever-been", words, 4));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_numbers_as_python_literals),
		cmocka_unit_test(refuses_what_python_refuses),
		cmocka_unit_test(sizes_end_in_units_and_stop_at_their_limit),
		cmocka_unit_test(names_the_nearest_word_or_none),
	};

	return cmocka_run_group_tests_name("libota/words", tests, NULL, NULL);
}
