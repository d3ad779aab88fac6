// SPDX-License-Identifier: Apache-2.0
/* Diagnostic notation of a CBOR item, for checking telemetry frames by eye. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cbor.h"
#include "errors.h"

#define DEPTH_MAX	6

struct cbor_reader {
	const uint8_t *data;
	size_t len;
	size_t pos;
};

static int print_item(struct cbor_reader *r, int depth);

static int read_head(struct cbor_reader *r, uint8_t *major, uint8_t *info, uint64_t *value)
{
	size_t bytes;

	if (r->pos >= r->len)
		return ERR_FORMAT;
	*major = r->data[r->pos] >> 5;
	*info = r->data[r->pos++] & 31;
	*value = *info;
	if (*info < 24)
		return ERR_OK;
	if (*info > 27)
		return ERR_FORMAT;
	bytes = (size_t)1 << (*info - 24);
	if (r->len - r->pos < bytes)
		return ERR_FORMAT;
	*value = 0;
	while (bytes--)
		*value = *value << 8 | r->data[r->pos++];
	return ERR_OK;
}

static int print_text(struct cbor_reader *r, uint64_t len)
{
	if (len > r->len - r->pos)
		return ERR_FORMAT;
	printf("\"%.*s\"", (int)len, (const char *)r->data + r->pos);
	r->pos += (size_t)len;
	return ERR_OK;
}

static int print_list(struct cbor_reader *r, uint64_t count, bool map, int depth)
{
	int err = ERR_OK;

	putchar(map ? '{' : '[');
	for (uint64_t i = 0; i < count && !err; i++) {
		if (i)
			printf(", ");
		err = print_item(r, depth + 1);
		if (map && !err) {
			printf(": ");
			err = print_item(r, depth + 1);
		}
	}
	putchar(map ? '}' : ']');
	return err;
}

static int print_simple(uint8_t info, uint64_t value)
{
	static const char *const names[] = { "false", "true", "null", "undefined" };
	uint32_t bits = (uint32_t)value;
	float number;

	if (info == 26) {
		memcpy(&number, &bits, sizeof(number));
		printf("%g", (double)number);
		return ERR_OK;
	}
	if (info < 20 || info > 23)
		return ERR_FORMAT;
	printf("%s", names[info - 20]);
	return ERR_OK;
}

static int print_item(struct cbor_reader *r, int depth)
{
	uint64_t value;
	uint8_t major, info;
	int err = read_head(r, &major, &info, &value);

	if (err || depth > DEPTH_MAX)
		return ERR_FORMAT;
	switch (major) {
	case 0:
		printf("%lu", (unsigned long)value);
		return ERR_OK;
	case 1:
		printf("-%lu", (unsigned long)value + 1);
		return ERR_OK;
	case 3:
		return print_text(r, value);
	case 4:
	case 5:
		return print_list(r, value, major == 5, depth);
	case 7:
		return print_simple(info, value);
	default:
		return ERR_FORMAT;
	}
}

int cbor_print(const uint8_t *data, size_t len)
{
	struct cbor_reader r = { data, len, 0 };
	int err = print_item(&r, 0);

	putchar('\n');
	if (!err && r.pos != len)
		err = ERR_FORMAT;
	return err;
}
