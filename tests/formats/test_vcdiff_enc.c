// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include <ota/vcdiff.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))

#define SECTION_MAX 256

/* Sections in memory of the test's own. */
struct made {
	uint8_t bytes[OTA_VCDIFF_SECTIONS][SECTION_MAX];
	struct ota_vcdiff_sections sections;
};

static enum ota_err encode(const struct ota_vcdiff_window *window, struct ota_ops ops,
			   struct ota_span new_part, struct made *made)
{
	for (unsigned i = 0; i < OTA_VCDIFF_SECTIONS; i++)
		made->sections.wr[i] = ota_wr_init(made->bytes[i], SECTION_MAX);
	return ota_vcdiff_window_encode(window, ops, new_part, 0, &made->sections);
}

static void check_section(const struct made *made, enum ota_vcdiff_section section,
			  const char *want, size_t len)
{
	assert_int_equal(made->sections.wr[section].at, len);
	assert_memory_equal(made->bytes[section], want, len);
}

static void numbers_take_a_byte_for_each_seven_bits(void **state)
{
	static const struct {
		uint32_t value;
		unsigned len;
		uint8_t bytes[5];
	} cases[] = {
		{0, 1, {0x00}},
		{127, 1, {0x7f}},
		{128, 2, {0x81, 0x00}},
		{16383, 2, {0xff, 0x7f}},
		{16384, 3, {0x81, 0x80, 0x00}},
		{123456789, 4, {0xba, 0xef, 0x9a, 0x15}},
		{UINT32_MAX, 5, {0x8f, 0xff, 0xff, 0xff, 0x7f}},
	};

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		uint8_t bytes[8];
		struct ota_wr wr = ota_wr_init(bytes, sizeof(bytes));

		assert_int_equal(ota_vcdiff_size_len(cases[i].value), cases[i].len);
		ota_vcdiff_number_write(&wr, cases[i].value);
		assert_int_equal(wr.at, cases[i].len);
		assert_memory_equal(bytes, cases[i].bytes, cases[i].len);
	}
}

static void the_shortest_address_mode_is_taken(void **state)
{
	struct ota_vcdiff_cache cache;
	uint32_t stored;

	(void)state;
	ota_vcdiff_cache_init(&cache);
	assert_int_equal(ota_vcdiff_address_mode(&cache, 100, 90000, &stored), 0);
	assert_int_equal(stored, 100);
	assert_int_equal(ota_vcdiff_address_mode(&cache, 89990, 90000, &stored), 1);
	assert_int_equal(stored, 10);
	for (uint32_t i = 1; i <= OTA_VCDIFF_NEAR + 1; i++)
		ota_vcdiff_cache_update(&cache, i * 20000);
	/* The first update's slot has been taken by the fifth. */
	assert_int_equal(ota_vcdiff_address_mode(&cache, 40127, 900000, &stored), 3);
	assert_int_equal(stored, 127);
	assert_int_equal(ota_vcdiff_address_mode(&cache, 100001, 900000, &stored), 2);
	assert_int_equal(stored, 1);
	assert_int_equal(ota_vcdiff_address_mode(&cache, 20000, 900000, &stored), 6);
	assert_int_equal(stored, 20000 % (OTA_VCDIFF_SAME * 256));
	assert_int_equal(ota_vcdiff_address_mode(&cache, 19999, 900000, &stored), 0);
	assert_int_equal(stored, 19999);
}

static void each_kind_of_edit_has_its_code(void **state)
{
	static const struct ota_op op[] = {
		{OTA_OP_INSERT, 18, 0},      {OTA_OP_RUN, 200, 0},     {OTA_OP_COPY_OLD, 18, 1000},
		{OTA_OP_COPY_OLD, 19, 1100}, {OTA_OP_COPY_NEW, 3, 17}, {OTA_OP_INSERT, 17, 0},
	};
	uint8_t bytes[275];
	struct ota_vcdiff_window window = {
		.source_at = 1000, .source_len = 200, .new_len = sizeof(bytes)};
	struct ota_ops ops = {op, N(op)};
	struct made made;

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	assert_int_equal(encode(&window, ops, ota_span_of(bytes, sizeof(bytes)), &made), OTA_OK);
	check_section(&made, OTA_VCDIFF_DATA, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 36);
	/* ADD 18, RUN 200, COPY 18 SELF, COPY 19 SELF, COPY 3 NEAR 1 (over 100), ADD 17 */
	check_section(&made, OTA_VCDIFF_INST, "\x01\x12\x00\x81\x48\x22\x13\x13\x43\x03\x12", 11);
	check_section(&made, OTA_VCDIFF_ADDR, "\x00\x64\x75", 3);
}

static void pairs_of_the_code_table_are_one_code(void **state)
{
	static const struct {
		struct ota_op op[3];
		size_t n;
		const char *codes;
		size_t len;
	} cases[] = {
		{{{OTA_OP_INSERT, 1, 0}, {OTA_OP_COPY_OLD, 4, 8}}, 2, "\xa3", 1},
		{{{OTA_OP_INSERT, 4, 0}, {OTA_OP_COPY_OLD, 6, 8}}, 2, "\xae", 1},
		{{{OTA_OP_INSERT, 4, 0}, {OTA_OP_COPY_OLD, 7, 8}}, 2, "\x05\x17", 2},
		{{{OTA_OP_INSERT, 5, 0}, {OTA_OP_COPY_OLD, 4, 8}}, 2, "\x06\x14", 2},
		{{{OTA_OP_COPY_OLD, 4, 8}, {OTA_OP_INSERT, 1, 0}}, 2, "\xf7", 1},
		{{{OTA_OP_COPY_OLD, 4, 8}, {OTA_OP_INSERT, 2, 0}}, 2, "\x14\x03", 2},
		{{{OTA_OP_COPY_OLD, 5, 8}, {OTA_OP_INSERT, 1, 0}}, 2, "\x15\x02", 2},
		/* An instruction is in one pair only. */
		{{{OTA_OP_INSERT, 2, 0}, {OTA_OP_COPY_OLD, 4, 8}, {OTA_OP_INSERT, 1, 0}},
		 3,
		 "\xa6\x02",
		 2},
		{{{OTA_OP_COPY_OLD, 4, 8}, {OTA_OP_INSERT, 1, 0}, {OTA_OP_COPY_OLD, 4, 20}},
		 3,
		 "\xf7\x14",
		 2},
	};

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		struct ota_vcdiff_window window = {.source_len = 100};
		struct ota_ops ops = {cases[i].op, cases[i].n};
		struct made made;

		for (size_t k = 0; k < cases[i].n; k++)
			window.new_len += cases[i].op[k].len;
		assert_int_equal(encode(&window, ops,
					ota_span_of("0123456789abcdef", window.new_len), &made),
				 OTA_OK);
		check_section(&made, OTA_VCDIFF_INST, cases[i].codes, cases[i].len);
	}
}

static void edits_that_do_not_make_the_window_are_refused(void **state)
{
	static const struct {
		struct ota_op op[2];
		size_t n;
	} cases[] = {
		{{{OTA_OP_INSERT, 9, 0}}, 1},                          /* too few bytes */
		{{{OTA_OP_INSERT, 11, 0}}, 1},                         /* too many */
		{{{OTA_OP_INSERT, 10, 0}, {OTA_OP_INSERT, 0, 0}}, 2},  /* an edit of none */
		{{{OTA_OP_BLEND, 10, 0}}, 1},                          /* not VCDIFF's */
		{{{OTA_OP_RUN, 10, 0}}, 1},                            /* different bytes */
		{{{OTA_OP_COPY_OLD, 10, 49}}, 1},                      /* before the segment */
		{{{OTA_OP_COPY_OLD, 10, 91}}, 1},                      /* behind it */
		{{{OTA_OP_COPY_OLD, 10, UINT32_MAX}}, 1},              /* far behind it */
		{{{OTA_OP_COPY_NEW, 10, 0}}, 1},                       /* from itself */
		{{{OTA_OP_INSERT, 5, 0}, {OTA_OP_COPY_NEW, 5, 5}}, 2}, /* from itself */
	};
	struct ota_vcdiff_window window = {.source_at = 50, .source_len = 50, .new_len = 10};
	struct made made;

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		struct ota_ops ops = {cases[i].op, cases[i].n};

		assert_int_equal(encode(&window, ops, ota_span_of("0123456789", 10), &made),
				 OTA_E_USAGE);
	}
}

static void an_empty_window_has_empty_sections(void **state)
{
	struct ota_vcdiff_window window = {.new_len = 0};
	struct ota_ops ops = {NULL, 0};
	struct made made;

	(void)state;
	assert_int_equal(encode(&window, ops, ota_span_of(NULL, 0), &made), OTA_OK);
	for (unsigned i = 0; i < OTA_VCDIFF_SECTIONS; i++)
		assert_int_equal(made.sections.wr[i].at, 0);
}

static void sections_never_outgrow_their_room(void **state)
{
	static const struct ota_op op[] = {{OTA_OP_INSERT, 6, 0}, {OTA_OP_COPY_OLD, 4, 250}};
	struct ota_vcdiff_window window = {.source_len = 400, .new_len = 10};
	static const size_t need[] = {6, 2, 2};
	struct ota_ops ops = {op, N(op)};

	(void)state;
	for (unsigned i = 0; i < OTA_VCDIFF_SECTIONS; i++) {
		struct made made;

		for (unsigned k = 0; k < OTA_VCDIFF_SECTIONS; k++)
			made.sections.wr[k] = ota_wr_init(made.bytes[k], need[k] - (k == i));
		assert_int_equal(ota_vcdiff_window_encode(&window, ops,
							  ota_span_of("0123456789", 10), 0,
							  &made.sections),
				 OTA_E_ROOM);
	}
}

static void headers_are_those_of_xdelta3(void **state)
{
	struct ota_vcdiff_window window = {.source_at = 300,
					   .source_len = 200,
					   .new_len = 128,
					   .section_len = {1, 2, 3},
					   .compressed = {false, true, true},
					   .has_adler = true,
					   .adler = 0x01020304};
	uint8_t bytes[OTA_VCDIFF_WINDOW_HEADER_MAX];
	struct ota_wr wr = ota_wr_init(bytes, sizeof(bytes));

	(void)state;
	ota_vcdiff_header_write(&wr, OTA_VCDIFF_PLAIN);
	assert_int_equal(wr.at, 5);
	assert_memory_equal(bytes, "\xd6\xc3\xc4\x00\x00", 5);
	wr.at = 0;
	ota_vcdiff_header_write(&wr, OTA_VCDIFF_LZMA);
	assert_int_equal(wr.at, 6);
	assert_memory_equal(bytes, "\xd6\xc3\xc4\x00\x01\x02", 6);
	wr.at = 0;
	ota_vcdiff_window_write(&wr, &window);
	assert_int_equal(wr.at, 16);
	assert_memory_equal(bytes,
			    "\x05\x81\x48\x82\x2c\x10\x81\x00\x06\x01\x02\x03\x01\x02\x03\x04", 16);
	/* What xdelta3 writes when the new file is empty. */
	wr.at = 0;
	window = (struct ota_vcdiff_window){.has_adler = true, .adler = 1};
	ota_vcdiff_window_write(&wr, &window);
	assert_int_equal(wr.at, 11);
	assert_memory_equal(bytes, "\x04\x09\x00\x00\x00\x00\x00\x00\x00\x00\x01", 11);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_take_a_byte_for_each_seven_bits),
		cmocka_unit_test(the_shortest_address_mode_is_taken),
		cmocka_unit_test(each_kind_of_edit_has_its_code),
		cmocka_unit_test(pairs_of_the_code_table_are_one_code),
		cmocka_unit_test(edits_that_do_not_make_the_window_are_refused),
		cmocka_unit_test(an_empty_window_has_empty_sections),
		cmocka_unit_test(sections_never_outgrow_their_room),
		cmocka_unit_test(headers_are_those_of_xdelta3),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
