// SPDX-License-Identifier: Apache-2.0
/* The part of CBOR (RFC 8949) that telemetry needs: definite lengths, no tags. */
#include "cbor.h"

#include <math.h>
#include <string.h>

#include "errors.h"

enum cbor_major {
	MAJOR_UINT = 0,
	MAJOR_NEGATIVE = 1,
	MAJOR_TEXT = 3,
	MAJOR_ARRAY = 4,
	MAJOR_MAP = 5,
	MAJOR_SIMPLE = 7,
};

void cbor_init(struct cbor_writer *w, uint8_t *out, size_t room)
{
	w->out = out;
	w->room = room;
	w->len = 0;
}

static void put_byte(struct cbor_writer *w, uint8_t byte)
{
	if (w->len < w->room)
		w->out[w->len] = byte;
	w->len++;
}

static void put_be(struct cbor_writer *w, uint64_t value, int bytes)
{
	for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
		put_byte(w, (uint8_t)(value >> shift));
}

/* The shortest form is mandatory for deterministic encoding. */
static void put_head(struct cbor_writer *w, enum cbor_major major, uint64_t value)
{
	uint8_t top = (uint8_t)(major << 5);

	if (value < 24) {
		put_byte(w, (uint8_t)(top | value));
	} else if (value <= UINT8_MAX) {
		put_byte(w, top | 24);
		put_be(w, value, 1);
	} else if (value <= UINT16_MAX) {
		put_byte(w, top | 25);
		put_be(w, value, 2);
	} else if (value <= UINT32_MAX) {
		put_byte(w, top | 26);
		put_be(w, value, 4);
	} else {
		put_byte(w, top | 27);
		put_be(w, value, 8);
	}
}

void cbor_uint(struct cbor_writer *w, uint64_t value)
{
	put_head(w, MAJOR_UINT, value);
}

void cbor_int(struct cbor_writer *w, int64_t value)
{
	if (value < 0)
		put_head(w, MAJOR_NEGATIVE, (uint64_t)(-1 - value));
	else
		put_head(w, MAJOR_UINT, (uint64_t)value);
}

void cbor_text(struct cbor_writer *w, const char *text)
{
	size_t len = strlen(text);

	put_head(w, MAJOR_TEXT, len);
	for (size_t i = 0; i < len; i++)
		put_byte(w, (uint8_t)text[i]);
}

void cbor_array(struct cbor_writer *w, size_t count)
{
	put_head(w, MAJOR_ARRAY, count);
}

void cbor_map(struct cbor_writer *w, size_t pairs)
{
	put_head(w, MAJOR_MAP, pairs);
}

void cbor_bool(struct cbor_writer *w, bool value)
{
	put_head(w, MAJOR_SIMPLE, value ? 21 : 20);
}

void cbor_null(struct cbor_writer *w)
{
	put_head(w, MAJOR_SIMPLE, 22);
}

/* Whole numbers travel as integers: three bytes instead of five for most readings. */
void cbor_float(struct cbor_writer *w, float value)
{
	uint32_t bits;

	if (isnan(value)) {
		cbor_null(w);
		return;
	}
	if (value == floorf(value) && fabsf(value) < 65536.0f) {
		cbor_int(w, (int64_t)value);
		return;
	}
	memcpy(&bits, &value, sizeof(bits));
	put_byte(w, 0xfa);
	put_be(w, bits, 4);
}

int cbor_done(const struct cbor_writer *w)
{
	return w->len > w->room ? ERR_FULL : (int)w->len;
}
