// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include <ota/ihex.h>

#include "vectors.h"

#define END_LINE ":00000001FF\n"

static struct ota_span text(const char *s)
{
	return ota_span_of(s, strlen(s));
}

static enum ota_err read_first(const char *s, struct ota_ihex_rd *rd,
			       struct ota_ihex_record *record)
{
	*rd = ota_ihex_rd_init(text(s));
	return ota_ihex_next(rd, record);
}

static void reads_a_record_in_any_case_and_with_any_line_end(void **state)
{
	static const char *const ends[] = {"\n", "\r\n", "\r", "\n\n", "\r\r\n"};
	struct ota_ihex_record record;
	struct ota_ihex_rd rd;

	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		char file[80] = ":03FFF000AbCdEfA7";

		strcat(file, ends[i]);
		strcat(file, ":00000001ff");
		strcat(file, ends[i]);
		assert_int_equal(read_first(file, &rd, &record), OTA_OK);
		assert_int_equal(record.at, 0xfff0);
		assert_int_equal(record.len, 3);
		assert_memory_equal(record.bytes, "\xab\xcd\xef", 3);
		assert_int_equal(rd.line, 1);
		assert_int_equal(ota_ihex_next(&rd, &record), OTA_E_ABSENT);
		assert_int_equal(ota_ihex_next(&rd, &record), OTA_E_ABSENT);
	}
}

static void the_end_record_needs_no_line_end_and_hides_what_follows(void **state)
{
	struct ota_ihex_record record;
	struct ota_ihex_rd rd;

	(void)state;
	assert_int_equal(read_first(":00000001FF", &rd, &record), OTA_E_ABSENT);
	assert_int_equal(rd.fault, OTA_IHEX_GOOD);
	assert_int_equal(read_first(":00000001FF\nno record\n", &rd, &record), OTA_E_ABSENT);
	/* Its address field has no meaning. */
	assert_int_equal(read_first(":00123401B9\n", &rd, &record), OTA_E_ABSENT);
}

static void addresses_come_from_segment_and_linear_records(void **state)
{
	struct ota_ihex_record record;
	struct ota_ihex_rd rd;

	(void)state;
	assert_int_equal(read_first(":0200000212AB3F\n:01000400EE0D\n", &rd, &record), OTA_OK);
	assert_int_equal(record.at, 0x12ab4);
	assert_int_equal(read_first(":02000004ABCD82\n:01000400EE0D\n", &rd, &record), OTA_OK);
	assert_int_equal(record.at, 0xabcd0004);
	assert_int_equal(rd.line, 2);
	/* One replaces the other. */
	assert_int_equal(
		read_first(":02000004ABCD82\n:0200000212AB3F\n:01000400EE0D\n", &rd, &record),
		OTA_OK);
	assert_int_equal(record.at, 0x12ab4);
}

static void data_goes_on_over_64_kib_as_in_intelhex(void **state)
{
	struct ota_ihex_record record;
	struct ota_ihex_rd rd;

	(void)state;
	assert_int_equal(read_first(":02FFFF000102FD\n" END_LINE, &rd, &record), OTA_OK);
	assert_int_equal(record.at, 0xffff);
	assert_int_equal(record.len, 2);
}

static void keeps_the_start_address(void **state)
{
	struct ota_ihex_record record;
	struct ota_ihex_rd rd;

	(void)state;
	assert_int_equal(read_first(":0400000508000201EC\n" END_LINE, &rd, &record), OTA_E_ABSENT);
	assert_true(rd.has_entry);
	assert_int_equal(rd.entry, 0x08000201);
	assert_int_equal(read_first(":0400000312340010A3\n" END_LINE, &rd, &record), OTA_E_ABSENT);
	assert_true(rd.has_entry);
	assert_int_equal(rd.entry, 0x12350);
	assert_int_equal(read_first(END_LINE, &rd, &record), OTA_E_ABSENT);
	assert_false(rd.has_entry);
}

static void records_without_data_are_passed_over(void **state)
{
	struct ota_ihex_record record;
	struct ota_ihex_rd rd;

	(void)state;
	assert_int_equal(read_first(":00123400BA\n:01000400EE0D\n", &rd, &record), OTA_OK);
	assert_int_equal(rd.line, 2);
	assert_int_equal(record.len, 1);
}

static void names_the_fault_and_the_line(void **state)
{
	static const struct {
		const char *line;
		enum ota_ihex_fault fault;
		uint32_t got;
		uint32_t want;
	} bad[] = {
		{"01000400EE0D", OTA_IHEX_NO_COLON, '0', 0},
		{" :01000400EE0D", OTA_IHEX_NO_COLON, ' ', 0},
		{"   ", OTA_IHEX_NO_COLON, ' ', 0},
		{"\x1a", OTA_IHEX_NO_COLON, 0x1a, 0},
		{":01000400EE0D ", OTA_IHEX_DIGIT, ' ', 14},
		{":01000400GE0D", OTA_IHEX_DIGIT, 'G', 10},
		{":01000400EE:D", OTA_IHEX_DIGIT, ':', 12},
		{":01000400EE0D\t", OTA_IHEX_DIGIT, '\t', 14},
		{":01000400EE0", OTA_IHEX_ODD, 11, 0},
		{":", OTA_IHEX_SHORT, 0, 5},
		{":00000001", OTA_IHEX_SHORT, 4, 5},
		{":02000400EE0D", OTA_IHEX_LENGTH, 1, 2},
		{":00000400EE0D", OTA_IHEX_LENGTH, 1, 0},
		{":01000400EE0C", OTA_IHEX_CHECKSUM, 0x0c, 0x0d},
		{":01000400EF0D", OTA_IHEX_CHECKSUM, 0x0d, 0x0c},
		{":00000006FA", OTA_IHEX_TYPE, 6, 0},
		{":000000FF01", OTA_IHEX_TYPE, 255, 0},
		{":0100000100FE", OTA_IHEX_TYPE_LENGTH, 1, 0},
		{":0100000200FD", OTA_IHEX_TYPE_LENGTH, 1, 2},
		{":03000004000000F9", OTA_IHEX_TYPE_LENGTH, 3, 2},
		{":020000030000FB", OTA_IHEX_TYPE_LENGTH, 2, 4},
		{":050000050000000000F6", OTA_IHEX_TYPE_LENGTH, 5, 4},
		{":020001020000FB", OTA_IHEX_TYPE_OFFSET, 1, 0},
		{":021000040000EA", OTA_IHEX_TYPE_OFFSET, 0x1000, 0},
		{":0400010300000000F8", OTA_IHEX_TYPE_OFFSET, 1, 0},
		{":0400010500000000F6", OTA_IHEX_TYPE_OFFSET, 1, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char file[200] = ":01000400EE0D\r\n\n";
		struct ota_ihex_record record;
		struct ota_ihex_rd rd;

		strcat(file, bad[i].line);
		strcat(file, "\n" END_LINE);
		assert_int_equal(read_first(file, &rd, &record), OTA_OK);
		assert_int_equal(ota_ihex_next(&rd, &record), OTA_E_MALFORMED);
		assert_int_equal(rd.fault, bad[i].fault);
		assert_int_equal(rd.got, bad[i].got);
		assert_int_equal(rd.want, bad[i].want);
		assert_int_equal(rd.line, 3);
		assert_int_equal(record.len, 0);
		/* There is no way around a bad line. */
		assert_int_equal(ota_ihex_next(&rd, &record), OTA_E_MALFORMED);
		assert_int_equal(rd.line, 3);
	}
}

static void refuses_a_second_start_address(void **state)
{
	struct ota_ihex_record record;
	struct ota_ihex_rd rd;

	(void)state;
	assert_int_equal(
		read_first(":0400000508000201EC\n:0400000312340010A3\n" END_LINE, &rd, &record),
		OTA_E_MALFORMED);
	assert_int_equal(rd.fault, OTA_IHEX_ENTRY_TWICE);
	assert_int_equal(rd.line, 2);
}

static void addresses_do_not_wrap_at_4_gib(void **state)
{
	struct ota_ihex_record record;
	struct ota_ihex_rd rd;

	(void)state;
	assert_int_equal(read_first(":02000004FFFFFC\n:01FFFF000100\n" END_LINE, &rd, &record),
			 OTA_OK);
	assert_int_equal(record.at, UINT32_MAX);
	assert_int_equal(read_first(":02000004FFFFFC\n:02FFFF000102FD\n" END_LINE, &rd, &record),
			 OTA_E_MALFORMED);
	assert_int_equal(rd.fault, OTA_IHEX_ADDRESS);
	assert_int_equal(rd.got, UINT32_MAX);
}

static void a_line_of_any_length_is_judged_and_not_stored(void **state)
{
	struct ota_ihex_record record;
	struct ota_ihex_rd rd;
	size_t len = 1000003;
	char *line = malloc(len);

	(void)state;
	assert_non_null(line);
	memset(line, '0', len);
	line[0] = ':';
	rd = ota_ihex_rd_init(ota_span_of(line, len));
	assert_int_equal(ota_ihex_next(&rd, &record), OTA_E_MALFORMED);
	assert_int_equal(rd.fault, OTA_IHEX_LENGTH);
	assert_int_equal(rd.got, (len - 1) / 2 - 5);
	free(line);
}

static void a_file_cut_off_anywhere_is_refused(void **state)
{
	struct ota_buf file = vector_read("firmware/cross64k.hex");
	size_t whole = file.len;

	(void)state;
	while (whole > 0 && file.data[whole - 1] == '\n')
		whole--;
	for (size_t len = 0; len < whole; len++) {
		struct ota_ihex_rd rd = ota_ihex_rd_init(ota_span_of(file.data, len));
		struct ota_ihex_record record;
		enum ota_err err;

		while ((err = ota_ihex_next(&rd, &record)) == OTA_OK)
			;
		assert_true(err == OTA_E_TRUNCATED || err == OTA_E_MALFORMED);
		assert_true((err == OTA_E_TRUNCATED) == (rd.fault == OTA_IHEX_NO_END));
	}
	ota_buf_free(&file);
}

/* The data of a file whose records follow each other. */
static size_t copy_data(struct ota_span file, uint8_t *data, uint32_t *at)
{
	struct ota_ihex_rd rd = ota_ihex_rd_init(file);
	struct ota_ihex_record record;
	enum ota_err err;
	size_t len = 0;

	while ((err = ota_ihex_next(&rd, &record)) == OTA_OK) {
		if (len == 0)
			*at = record.at;
		assert_int_equal(record.at, *at + len);
		memcpy(data + len, record.bytes, record.len);
		len += record.len;
	}
	assert_int_equal(err, OTA_E_ABSENT);
	return len;
}

static void every_run_survives_a_round_trip(void **state)
{
	static const uint32_t places[] = {0,       1,          0xfff0,     0xfff1,     0xffff,
					  0x10000, 0x0800fe08, 0xfffe0000, 0xfffdfff9, 0xffff0000};
	static const size_t lens[] = {1, 2, 15, 16, 17, 31, 32, 33, 255, 4096, 65535};
	static uint8_t data[65536];
	static uint8_t back[65536];
	static uint8_t out[300000];

	(void)state;
	fill_pattern(data, sizeof(data), 7);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]) * 11; i++) {
		uint32_t at = places[i / 11];
		struct ota_span run = ota_span_of(data, lens[i % 11]);
		struct ota_ihex_wr place = {.far = at + (uint64_t)run.len > 0x10000};
		struct ota_ihex_wr measured = place;
		uint64_t size = ota_ihex_size(&measured, at, run.len) + OTA_IHEX_END_SIZE;
		struct ota_wr wr = ota_wr_init(out, (size_t)size);
		uint32_t back_at = 0;

		assert_true(size <= sizeof(out));
		ota_ihex_write(&place, at, run, &wr);
		ota_ihex_end_write(&wr);
		assert_int_equal(wr.err, OTA_OK);
		assert_int_equal(wr.at, size);
		assert_int_equal(place.high, measured.high);
		assert_int_equal(copy_data(ota_wr_span(&wr), back, &back_at), run.len);
		assert_int_equal(back_at, at);
		assert_memory_equal(back, data, run.len);
	}
}

static void writes_as_intelhex_does(void **state)
{
	static const uint8_t data[] = {0xca, 0xfe, 0x00, 0x11};
	static const char low[] = ":04FFFC00CAFE001128\n" END_LINE;
	static const char crossing[] = ":020000040000FA\n:02FFFE00CAFE39\n"
				       ":020000040001F9\n:020000000011ED\n" END_LINE;
	struct ota_ihex_wr place = {.far = false};
	uint8_t out[128];
	struct ota_wr wr = ota_wr_init(out, sizeof(out));

	(void)state;
	ota_ihex_write(&place, 0xfffc, ota_span_of(data, sizeof(data)), &wr);
	ota_ihex_end_write(&wr);
	assert_int_equal(wr.at, strlen(low));
	assert_memory_equal(out, low, wr.at);
	place = (struct ota_ihex_wr){.far = true};
	wr = ota_wr_init(out, sizeof(out));
	ota_ihex_write(&place, 0xfffe, ota_span_of(data, sizeof(data)), &wr);
	ota_ihex_end_write(&wr);
	assert_int_equal(wr.at, strlen(crossing));
	assert_memory_equal(out, crossing, wr.at);
}

static void says_when_there_is_no_room(void **state)
{
	static const uint8_t data[20] = {1, 2, 3};
	struct ota_ihex_wr place = {.far = false};
	size_t size = (size_t)ota_ihex_size(&place, 0, sizeof(data));
	uint8_t out[128];

	(void)state;
	for (size_t cap = 0; cap <= size; cap++) {
		struct ota_wr wr = ota_wr_init(out, cap);

		place = (struct ota_ihex_wr){.far = false};
		ota_ihex_write(&place, 0, ota_span_of(data, sizeof(data)), &wr);
		assert_int_equal(wr.err, cap < size ? OTA_E_ROOM : OTA_OK);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_record_in_any_case_and_with_any_line_end),
		cmocka_unit_test(the_end_record_needs_no_line_end_and_hides_what_follows),
		cmocka_unit_test(addresses_come_from_segment_and_linear_records),
		cmocka_unit_test(data_goes_on_over_64_kib_as_in_intelhex),
		cmocka_unit_test(keeps_the_start_address),
		cmocka_unit_test(records_without_data_are_passed_over),
		cmocka_unit_test(names_the_fault_and_the_line),
		cmocka_unit_test(refuses_a_second_start_address),
		cmocka_unit_test(addresses_do_not_wrap_at_4_gib),
		cmocka_unit_test(a_line_of_any_length_is_judged_and_not_stored),
		cmocka_unit_test(a_file_cut_off_anywhere_is_refused),
		cmocka_unit_test(every_run_survives_a_round_trip),
		cmocka_unit_test(writes_as_intelhex_does),
		cmocka_unit_test(says_when_there_is_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
