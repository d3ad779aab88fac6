// SPDX-License-Identifier: Apache-2.0
#include <ota/ihex.h>

#define BLOCK_SIZE 0x10000U
/* Length, address (2), type and checksum. */
#define RECORD_MIN   5U
#define RECORD_MAX   (RECORD_MIN + OTA_IHEX_DATA_MAX)
#define NO_DIGIT     0xffU
#define ADDRESS_SIZE 2U /* data bytes of types 02 and 04 */
#define START_SIZE   4U /* of types 03 and 05 */

enum {
	TYPE_DATA = 0,
	TYPE_END = 1,
	TYPE_SEGMENT = 2,
	TYPE_START_SEGMENT = 3,
	TYPE_LINEAR = 4,
	TYPE_START_LINEAR = 5,
};

/* -- reading ---------------------------------------------------------------------------------- */

struct ota_ihex_rd ota_ihex_rd_init(struct ota_span text)
{
	return (struct ota_ihex_rd){.text = ota_rd_init(text)};
}

static enum ota_err fail(struct ota_ihex_rd *rd, enum ota_ihex_fault fault, uint32_t got,
			 uint32_t want)
{
	rd->fault = fault;
	rd->got = got;
	rd->want = want;
	rd->err = fault == OTA_IHEX_NO_END ? OTA_E_TRUNCATED : OTA_E_MALFORMED;
	return rd->err;
}

/* The line at the cursor, without its end: LF, CR LF or CR. The cursor goes behind it. */
static struct ota_span take_line(struct ota_ihex_rd *rd)
{
	struct ota_span rest = ota_span_tail(rd->text.span, rd->text.at);
	size_t len = 0;
	size_t end;

	while (len < rest.len && rest.data[len] != '\n' && rest.data[len] != '\r')
		len++;
	end = len;
	if (end < rest.len && rest.data[end] == '\r')
		end++;
	if (end < rest.len && rest.data[end] == '\n')
		end++;
	rd->text.at += end;
	rd->line++;
	return ota_span_head(rest, len);
}

static uint8_t digit_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return (uint8_t)(c - '0');
	c |= 0x20; /* upper case becomes lower case */
	if (c >= 'a' && c <= 'f')
		return (uint8_t)(c - 'a' + 10);
	return NO_DIGIT;
}

/* The bytes that a line's digits stand for, into `raw`. */
static enum ota_err decode_line(struct ota_ihex_rd *rd, struct ota_span line,
				uint8_t raw[RECORD_MAX], struct ota_span *bytes)
{
	size_t digits = line.len - 1;

	if (line.data[0] != ':')
		return fail(rd, OTA_IHEX_NO_COLON, line.data[0], 0);
	for (size_t i = 0; i < digits; i++) {
		uint8_t value = digit_value(line.data[1 + i]);

		if (value == NO_DIGIT)
			return fail(rd, OTA_IHEX_DIGIT, line.data[1 + i], (uint32_t)i + 2);
		if (i / 2 < RECORD_MAX)
			raw[i / 2] = (uint8_t)(i % 2 ? raw[i / 2] << 4 | value : value);
	}
	if (digits % 2)
		return fail(rd, OTA_IHEX_ODD, (uint32_t)digits, 0);
	if (digits / 2 < RECORD_MIN)
		return fail(rd, OTA_IHEX_SHORT, (uint32_t)digits / 2, RECORD_MIN);
	if (digits / 2 - RECORD_MIN != raw[0])
		return fail(rd, OTA_IHEX_LENGTH, (uint32_t)(digits / 2 - RECORD_MIN), raw[0]);
	*bytes = ota_span_of(raw, digits / 2);
	return OTA_OK;
}

static enum ota_err check_sum(struct ota_ihex_rd *rd, struct ota_span bytes)
{
	uint8_t last = bytes.data[bytes.len - 1];
	uint8_t sum = 0;

	for (size_t i = 0; i < bytes.len - 1; i++)
		sum = (uint8_t)(sum - bytes.data[i]);
	return sum == last ? OTA_OK : fail(rd, OTA_IHEX_CHECKSUM, last, sum);
}

static enum ota_err set_base(struct ota_ihex_rd *rd, uint16_t offset, struct ota_rd *data,
			     unsigned shift)
{
	size_t len = ota_rd_left(data);

	if (len != ADDRESS_SIZE)
		return fail(rd, OTA_IHEX_TYPE_LENGTH, (uint32_t)len, ADDRESS_SIZE);
	if (offset != 0)
		return fail(rd, OTA_IHEX_TYPE_OFFSET, offset, 0);
	rd->base = (uint32_t)ota_rd_u16(data) << shift;
	return OTA_OK;
}

static enum ota_err set_entry(struct ota_ihex_rd *rd, uint16_t offset, struct ota_rd *data,
			      bool is_segment)
{
	size_t len = ota_rd_left(data);
	uint32_t value = ota_rd_u32(data);

	if (len != START_SIZE)
		return fail(rd, OTA_IHEX_TYPE_LENGTH, (uint32_t)len, START_SIZE);
	if (offset != 0)
		return fail(rd, OTA_IHEX_TYPE_OFFSET, offset, 0);
	if (rd->has_entry)
		return fail(rd, OTA_IHEX_ENTRY_TWICE, value, 0);
	rd->has_entry = true;
	rd->entry = is_segment ? (value >> 16 << 4) + (value & 0xffff) : value;
	return OTA_OK;
}

/* Addresses go on past 64 KiB, after a record of type 02 too, and do not wrap at 4 GiB. */
static enum ota_err take_data(struct ota_ihex_rd *rd, uint16_t offset, struct ota_span data,
			      struct ota_ihex_record *record)
{
	uint64_t at = (uint64_t)rd->base + offset;

	if (data.len > 0 && at + data.len - 1 > UINT32_MAX)
		return fail(rd, OTA_IHEX_ADDRESS, (uint32_t)at, 0);
	record->at = (uint32_t)at;
	record->len = (uint32_t)data.len;
	if (data.len > 0)
		memcpy(record->bytes, data.data, data.len);
	return OTA_OK;
}

static enum ota_err take_record(struct ota_ihex_rd *rd, struct ota_span bytes,
				struct ota_ihex_record *record)
{
	struct ota_rd fields = ota_rd_init(ota_span_head(bytes, bytes.len - 1));
	uint16_t offset;
	uint8_t type;

	fields.big = true;
	(void)ota_rd_u8(&fields); /* the length, compared already */
	offset = ota_rd_u16(&fields);
	type = ota_rd_u8(&fields);
	switch (type) {
	case TYPE_DATA:
		return take_data(rd, offset, ota_rd_bytes(&fields, ota_rd_left(&fields)), record);
	case TYPE_END:
		if (ota_rd_left(&fields) > 0)
			return fail(rd, OTA_IHEX_TYPE_LENGTH, bytes.data[0], 0);
		rd->err = OTA_E_ABSENT;
		return rd->err;
	case TYPE_SEGMENT:
		return set_base(rd, offset, &fields, 4);
	case TYPE_LINEAR:
		return set_base(rd, offset, &fields, 16);
	case TYPE_START_SEGMENT:
	case TYPE_START_LINEAR:
		return set_entry(rd, offset, &fields, type == TYPE_START_SEGMENT);
	default:
		return fail(rd, OTA_IHEX_TYPE, type, 0);
	}
}

enum ota_err ota_ihex_next(struct ota_ihex_rd *rd, struct ota_ihex_record *record)
{
	uint8_t raw[RECORD_MAX];

	record->len = 0;
	while (rd->err == OTA_OK && record->len == 0) {
		struct ota_span bytes;
		struct ota_span line;

		if (ota_rd_left(&rd->text) == 0)
			return fail(rd, OTA_IHEX_NO_END, 0, 0);
		line = take_line(rd);
		if (line.len > 0 && decode_line(rd, line, raw, &bytes) == OTA_OK &&
		    check_sum(rd, bytes) == OTA_OK)
			rd->err = take_record(rd, bytes, record);
	}
	return rd->err;
}

/* -- writing ---------------------------------------------------------------------------------- */

/* ':', the record's bytes as digits, LF. */
static size_t record_size(size_t data)
{
	return 1 + 2 * (RECORD_MIN + data) + 1;
}

/* True when a record of type 04 goes before data at `at`. */
static bool enters_block(struct ota_ihex_wr *place, uint32_t at)
{
	bool enters = place->far && (!place->begun || place->high != at >> 16);

	place->begun = true;
	place->high = at >> 16;
	return enters;
}

/* What of `len` bytes at `at` is in the same 64 KiB. */
static size_t len_in_block(uint32_t at, uint64_t len)
{
	uint32_t room = BLOCK_SIZE - at % BLOCK_SIZE;

	return (size_t)(len < room ? len : room);
}

uint64_t ota_ihex_size(struct ota_ihex_wr *place, uint32_t at, uint64_t len)
{
	uint64_t size = 0;

	while (len > 0) {
		size_t part = len_in_block(at, len);
		size_t last = part % OTA_IHEX_DATA_WRITTEN;

		if (enters_block(place, at))
			size += record_size(ADDRESS_SIZE);
		size += part / OTA_IHEX_DATA_WRITTEN * record_size(OTA_IHEX_DATA_WRITTEN);
		if (last > 0)
			size += record_size(last);
		at += (uint32_t)part;
		len -= part;
	}
	return size;
}

static uint8_t *put_byte(uint8_t *to, uint8_t value, uint8_t *sum)
{
	static const char digits[16] = {'0', '1', '2', '3', '4', '5', '6', '7',
					'8', '9', 'A', 'B', 'C', 'D', 'E', 'F'};

	*sum = (uint8_t)(*sum + value);
	*to++ = (uint8_t)digits[value >> 4];
	*to++ = (uint8_t)digits[value & 15];
	return to;
}

static void put_record(struct ota_wr *wr, uint8_t type, uint16_t offset, struct ota_span data)
{
	uint8_t *to = ota_wr_room(wr, record_size(data.len));
	uint8_t sum = 0;

	if (!to)
		return;
	*to++ = ':';
	to = put_byte(to, (uint8_t)data.len, &sum);
	to = put_byte(to, (uint8_t)(offset >> 8), &sum);
	to = put_byte(to, (uint8_t)offset, &sum);
	to = put_byte(to, type, &sum);
	for (size_t i = 0; i < data.len; i++)
		to = put_byte(to, data.data[i], &sum);
	to = put_byte(to, (uint8_t)(0U - sum), &sum);
	*to = '\n';
}

void ota_ihex_write(struct ota_ihex_wr *place, uint32_t at, struct ota_span run, struct ota_wr *wr)
{
	while (run.len > 0) {
		size_t part = len_in_block(at, run.len);
		uint8_t high[ADDRESS_SIZE] = {(uint8_t)(at >> 24), (uint8_t)(at >> 16)};

		if (part > OTA_IHEX_DATA_WRITTEN)
			part = OTA_IHEX_DATA_WRITTEN;
		if (enters_block(place, at))
			put_record(wr, TYPE_LINEAR, 0, ota_span_of(high, sizeof(high)));
		put_record(wr, TYPE_DATA, (uint16_t)at, ota_span_head(run, part));
		run = ota_span_tail(run, part);
		at += (uint32_t)part;
	}
}

void ota_ihex_end_write(struct ota_wr *wr)
{
	put_record(wr, TYPE_END, 0, ota_span_of(NULL, 0));
}
