// SPDX-License-Identifier: Apache-2.0
/* A result has one form: what is read is what was written, and nothing else is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <jansson.h>

#include <ota/matrix.h>

#define ID        "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define TEXT_MAX  0x10000U
#define BYTE_BITS 8

static struct ota_matrix_result made_result(void)
{
	struct ota_matrix_result result = {
		.id = ID,
		.made = true,
		.format = "otd",
		.how = "otd, tier m",
		.patch_len = 1234,
		.sent_len = 1486,
		.sha256 = {0xde, 0xad, [31] = 0x01},
		.ram = 6000,
		.stack = 512,
		.judged = true,
		.fits = true,
		.on_device = true,
		.received_len = 1486,
		.n_deliveries = 2,
		.delivery = {{.link = "lorawan",
			      .carries = true,
			      .packets = 30,
			      .airtime_us = 83000000,
			      .duration_us = 8300000000},
			     {.link = "ble"}},
		.erases = 40,
		.upgrade_us = 1500000,
		.full = {.judged = true, .reason = "image is 300000 bytes, slot holds 262144"},
	};

	return result;
}

static struct ota_buf written(const struct ota_matrix_result *result)
{
	struct ota_buf text = ota_buf_init(TEXT_MAX);

	assert_int_equal(ota_matrix_result_write(result, &text, NULL), OTA_OK);
	return text;
}

/* Reading gives the same text again; returns what was read. */
static struct ota_matrix_result assert_comes_back(const struct ota_matrix_result *result)
{
	struct ota_buf text = written(result);
	struct ota_matrix_result read;
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_buf again;

	if (ota_matrix_result_read(ota_buf_span(&text), &read, &diag) != OTA_OK)
		fail_msg("%s", diag.text);
	again = written(&read);
	assert_true(ota_span_equal(ota_buf_span(&text), ota_buf_span(&again)));
	ota_buf_free(&again);
	ota_buf_free(&text);
	return read;
}

static void a_result_is_read_as_it_was_written(void **state)
{
	struct ota_matrix_result result = made_result();
	struct ota_matrix_result read = assert_comes_back(&result);

	(void)state;
	assert_string_equal(read.id, ID);
	assert_true(read.made && read.judged && read.fits && read.on_device);
	assert_string_equal(read.format, "otd");
	assert_string_equal(read.how, "otd, tier m");
	assert_int_equal(read.patch_len, 1234);
	assert_int_equal(read.sent_len, 1486);
	assert_memory_equal(read.sha256, result.sha256, sizeof(read.sha256));
	assert_int_equal(read.ram, 6000);
	assert_int_equal(read.stack, 512);
	assert_int_equal(read.received_len, 1486);
	assert_int_equal(read.n_deliveries, 2);
	assert_string_equal(read.delivery[0].link, "lorawan");
	assert_true(read.delivery[0].carries);
	assert_int_equal(read.delivery[0].packets, 30);
	assert_int_equal(read.delivery[0].airtime_us, 83000000);
	assert_int_equal(read.delivery[0].duration_us, 8300000000);
	assert_false(read.delivery[1].carries);
	assert_int_equal(read.erases, 40);
	assert_int_equal(read.upgrade_us, 1500000);
	assert_true(read.full.judged);
	assert_false(read.full.fits);
	assert_string_equal(read.full.reason, result.full.reason);
}

static void a_result_without_target_or_patch_is_read_as_it_was_written(void **state)
{
	struct ota_matrix_result bare = {
		.id = ID, .made = true, .format = "bsdiff", .patch_len = 7, .sent_len = 7};
	struct ota_matrix_result none = {.id = ID, .reason = "no patch fits"};
	struct ota_matrix_result read = assert_comes_back(&bare);

	(void)state;
	assert_false(read.judged);
	assert_false(read.full.judged);
	read = assert_comes_back(&none);
	assert_false(read.made);
	assert_string_equal(read.reason, "no patch fits");
	assert_string_equal(read.format, "");
}

/* Texts are cut off at their ends by whoever says them, also in the middle of a character. */
static void words_of_any_bytes_become_text(void **state)
{
	struct ota_matrix_result result = {.id = ID,
					   .reason = "line\nforged \xc3\xa9 cut \xe2\x82",
					   .remedy = "\x80\xff \xed\xa0\x80 \xf4\x90\x80\x80"};
	struct ota_matrix_result read = assert_comes_back(&result);

	(void)state;
	assert_string_equal(read.reason, "line?forged \xc3\xa9 cut ??");
	assert_string_equal(read.remedy, "?? ??? ????");
	memset(result.reason, 'x', sizeof(result.reason) - 1);
	read = assert_comes_back(&result);
	assert_int_equal(strlen(read.reason), sizeof(result.reason) - 1);
}

static void a_number_that_json_does_not_hold_is_refused(void **state)
{
	struct ota_matrix_result result = made_result();
	struct ota_buf text = ota_buf_init(TEXT_MAX);
	struct ota_diag diag = {.err = OTA_OK};

	(void)state;
	result.erases = UINT64_MAX;
	assert_int_equal(ota_matrix_result_write(&result, &text, &diag), OTA_E_USAGE);
	assert_string_equal(diag.text, "erases: is over 9223372036854775807");
	ota_buf_free(&text);
	result.erases = INT64_MAX;
	(void)assert_comes_back(&result);
}

static void a_result_cut_off_anywhere_is_refused(void **state)
{
	struct ota_matrix_result result = made_result();
	struct ota_buf text = written(&result);

	(void)state;
	for (size_t len = 0; len < text.len; len++) {
		struct ota_diag diag = {.err = OTA_OK};
		struct ota_matrix_result read;
		struct ota_buf part = ota_buf_init(TEXT_MAX);

		/* A copy, so that reading behind its end is seen. */
		assert_int_equal(ota_buf_append(&part, ota_span_of(text.data, len), NULL), OTA_OK);
		assert_int_equal(ota_matrix_result_read(ota_buf_span(&part), &read, &diag),
				 OTA_E_MALFORMED);
		assert_true(diag.text[0] != '\0');
		ota_buf_free(&part);
	}
	ota_buf_free(&text);
}

static void a_result_with_a_flipped_bit_is_refused(void **state)
{
	struct ota_matrix_result result = made_result();
	struct ota_buf text = written(&result);

	(void)state;
	for (size_t bit = 0; bit < BYTE_BITS * text.len; bit++) {
		struct ota_matrix_result read;
		enum ota_err err;

		text.data[bit / BYTE_BITS] ^= (uint8_t)(1U << bit % BYTE_BITS);
		err = ota_matrix_result_read(ota_buf_span(&text), &read, NULL);
		assert_true(err == OTA_E_MALFORMED || err == OTA_E_UNSUPPORTED);
		text.data[bit / BYTE_BITS] ^= (uint8_t)(1U << bit % BYTE_BITS);
	}
	ota_buf_free(&text);
}

/* The text with `find` replaced, and what reading it says. */
static void assert_change_is_refused(const char *find, const char *with, enum ota_err expected,
				     const char *words)
{
	struct ota_matrix_result result = made_result();
	struct ota_buf text = written(&result);
	struct ota_buf changed = ota_buf_init(TEXT_MAX);
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_matrix_result read;
	const char *all;
	const char *at;

	assert_int_equal(ota_buf_append(&text, ota_span_of("", 1), NULL), OTA_OK);
	all = (const char *)text.data;
	at = strstr(all, find);
	assert_non_null(at);
	assert_int_equal(ota_buf_append(&changed, ota_span_of(all, (size_t)(at - all)), NULL),
			 OTA_OK);
	assert_int_equal(ota_buf_append(&changed, ota_span_of(with, strlen(with)), NULL), OTA_OK);
	at += strlen(find);
	assert_int_equal(ota_buf_append(&changed, ota_span_of(at, strlen(at)), NULL), OTA_OK);
	assert_int_equal(ota_matrix_result_read(ota_buf_span(&changed), &read, &diag), expected);
	if (!strstr(diag.text, words))
		fail_msg("\"%s\" is not in \"%s\"", words, diag.text);
	ota_buf_free(&changed);
	ota_buf_free(&text);
}

static void what_is_wrong_is_named_by_its_path(void **state)
{
	static const struct {
		const char *find;
		const char *with;
		enum ota_err err;
		const char *words;
	} changes[] = {
		{"matrix-result/1", "matrix-result/2", OTA_E_UNSUPPORTED,
		 "schema: is \"otatool.matrix-result/2\", this version reads "
		 "\"otatool.matrix-result/1\""},
		{"\"made\": true", "\"made\": 1", OTA_E_MALFORMED,
		 "made: is neither true nor false"},
		{"\"made\": true,", "", OTA_E_MALFORMED, "made: is missing"},
		{"\"made\": true", "\"made\": false", OTA_E_MALFORMED,
		 "has a key that is not known: \"patch\""},
		{"\"made\"", "\"made\": true, \"made\"", OTA_E_MALFORMED, "duplicate object key"},
		{"00112233", "0011223G", OTA_E_MALFORMED, "id: is not 64 lower case hex digits"},
		{"00112233", "0011223", OTA_E_MALFORMED, "id: is not 64 lower case hex digits"},
		{"\"otd\"", "\"../../x\"", OTA_E_MALFORMED,
		 "patch.format: is \"../../x\", no patch format of this version"},
		{"\"otd\"", "\"xdelta3\"", OTA_E_MALFORMED, "patch.format: is \"xdelta3\""},
		{"\"otd\"", "\"sixteen letters.\"", OTA_E_MALFORMED,
		 "patch.format: is a text of 16 bytes, at most 15 are read"},
		{"otd, tier", "otd,\\n tier", OTA_E_MALFORMED,
		 "patch.how: has a control character in it"},
		{"1234", "1487", OTA_E_MALFORMED, "patch.bytes: is 1486, fewer than the patch's"},
		{"1234", "-1", OTA_E_MALFORMED, "patch.patch_bytes: is -1, not 0 to 2147483647"},
		{"1234", "2147483648", OTA_E_MALFORMED, "patch.patch_bytes: is 2147483648, not 0"},
		{"1234", "99999999999999999999", OTA_E_MALFORMED, "too big integer"},
		{"1234", "1234.0", OTA_E_MALFORMED, "patch.patch_bytes: is not an integer"},
		{"1234", "\"1234\"", OTA_E_MALFORMED, "patch.patch_bytes: is not an integer"},
		{"1234", "1234, \"color\": 1", OTA_E_MALFORMED,
		 "patch: has a key that is not known: \"color\""},
		{"\"packets\": 30", "\"packets\": []", OTA_E_MALFORMED,
		 "target.deliveries[0].packets: is not an integer"},
		{"\"deliveries\": [", "\"deliveries\": [1, ", OTA_E_MALFORMED,
		 "target.deliveries[0]: is not an object"},
		{"\"deliveries\": [", "\"deliveries\": [{}, {}, {}, ", OTA_E_MALFORMED,
		 "target.deliveries: has 5 items, not 0 to 4"},
		{"\"seal\": \"", "\"seal\": \"0", OTA_E_MALFORMED, "seal: is not 64 lower case"},
		{"  \"id\"", " \"id\"", OTA_E_MALFORMED, "has been changed since it was written"},
		{"1234", "1235", OTA_E_MALFORMED, "has been changed since it was written"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
		assert_change_is_refused(changes[i].find, changes[i].with, changes[i].err,
					 changes[i].words);
}

static void what_is_no_json_object_is_refused(void **state)
{
	static const char *const texts[] = {"",        "null", "[]",   "{}", "\"x\"",
					    "7",       "{} {", "\xff", "{]", "\xef\xbb\xbf{}",
					    "[[[[[[[["};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct ota_matrix_result read;
		struct ota_diag diag = {.err = OTA_OK};

		assert_int_equal(ota_matrix_result_read(ota_span_of(texts[i], strlen(texts[i])),
							&read, &diag),
				 OTA_E_MALFORMED);
		assert_true(diag.text[0] != '\0');
	}
	assert_int_equal(ota_matrix_result_read((struct ota_span){.len = 0},
						&(struct ota_matrix_result){.made = false}, NULL),
			 OTA_E_MALFORMED);
}

static void deep_nesting_is_refused(void **state)
{
	enum { DEPTH = 100000 };
	char *text = malloc(DEPTH);
	struct ota_matrix_result read;

	(void)state;
	assert_non_null(text);
	memset(text, '[', DEPTH);
	assert_int_equal(ota_matrix_result_read(ota_span_of(text, DEPTH), &read, NULL),
			 OTA_E_MALFORMED);
	free(text);
}

/* -- without memory ---------------------------------------------------------------------------- */

static size_t allocations_left;

static void *scarce(size_t size)
{
	if (allocations_left == 0)
		return NULL;
	allocations_left--;
	return malloc(size);
}

static void a_lack_of_memory_is_said_and_nothing_is_lost(void **state)
{
	struct ota_matrix_result result = made_result();
	struct ota_buf good = written(&result);
	enum ota_err write_err = OTA_E_MEMORY;
	enum ota_err read_err = OTA_E_MEMORY;

	(void)state;
	json_set_alloc_funcs(scarce, free);
	for (size_t n = 0; write_err != OTA_OK || read_err != OTA_OK; n++) {
		struct ota_buf text = ota_buf_init(TEXT_MAX);
		struct ota_matrix_result read;

		assert_true(n < 10000);
		allocations_left = n;
		write_err = ota_matrix_result_write(&result, &text, NULL);
		assert_true(write_err == OTA_OK || write_err == OTA_E_MEMORY);
		if (write_err == OTA_OK)
			assert_true(ota_span_equal(ota_buf_span(&text), ota_buf_span(&good)));
		allocations_left = n;
		read_err = ota_matrix_result_read(ota_buf_span(&good), &read, NULL);
		/* Jansson takes some failed allocations for a bad text. */
		assert_true(read_err == OTA_OK || read_err == OTA_E_MEMORY ||
			    read_err == OTA_E_MALFORMED);
		ota_buf_free(&text);
	}
	json_set_alloc_funcs(malloc, free);
	ota_buf_free(&good);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_result_is_read_as_it_was_written),
		cmocka_unit_test(a_result_without_target_or_patch_is_read_as_it_was_written),
		cmocka_unit_test(words_of_any_bytes_become_text),
		cmocka_unit_test(a_number_that_json_does_not_hold_is_refused),
		cmocka_unit_test(a_result_cut_off_anywhere_is_refused),
		cmocka_unit_test(a_result_with_a_flipped_bit_is_refused),
		cmocka_unit_test(what_is_wrong_is_named_by_its_path),
		cmocka_unit_test(what_is_no_json_object_is_refused),
		cmocka_unit_test(deep_nesting_is_refused),
		cmocka_unit_test(a_lack_of_memory_is_said_and_nothing_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
