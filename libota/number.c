// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <stdio.h>

#include <ota/number.h>

#define KIB UINT64_C(0x400)
#define MIB UINT64_C(0x100000)

/* Takes "0x", "0o" or "0b" off the front; the base is decimal without one. */
static unsigned take_base(struct ota_span *text)
{
	unsigned base = 10;

	if (text->len < 2 || text->data[0] != '0')
		return base;
	if (text->data[1] == 'x' || text->data[1] == 'X')
		base = 16;
	else if (text->data[1] == 'o' || text->data[1] == 'O')
		base = 8;
	else if (text->data[1] == 'b' || text->data[1] == 'B')
		base = 2;
	if (base != 10)
		*text = ota_span_tail(*text, 2);
	return base;
}

static unsigned digit_of(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - (unsigned)'0';
	if (c >= 'a' && c <= 'f')
		return c - (unsigned)'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - (unsigned)'A' + 10;
	return 255;
}

/* "007" is neither decimal nor octal to Python; "0" and "000" are. */
static bool has_leading_zero(struct ota_span text)
{
	return text.len > 1 && text.data[0] == '0' && !ota_span_all(text, '0');
}

enum ota_err ota_number_parse(struct ota_span text, uint64_t max, uint64_t *value)
{
	unsigned base = take_base(&text);
	bool after_digit = base != 10; /* Python takes 0x_1f */
	uint64_t sum = 0;

	if (text.len == 0 || (base == 10 && has_leading_zero(text)))
		return OTA_E_MALFORMED;
	for (size_t i = 0; i < text.len; i++) {
		unsigned digit = digit_of(text.data[i]);

		if (text.data[i] == '_' && after_digit && i + 1 < text.len) {
			after_digit = false;
			continue;
		}
		if (digit >= base)
			return OTA_E_MALFORMED;
		if (sum > (UINT64_MAX - digit) / base)
			return OTA_E_ROOM;
		sum = sum * base + digit;
		after_digit = true;
	}
	if (sum > max)
		return OTA_E_ROOM;
	*value = sum;
	return OTA_OK;
}

/* Takes a unit off the end. */
static uint64_t take_unit(struct ota_span *text)
{
	static const struct {
		const char *word;
		uint64_t factor;
	} units[] = {{"KiB", KIB}, {"MiB", MIB}, {"K", KIB}, {"M", MIB}};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		size_t len = strlen(units[i].word);

		if (text->len > len &&
		    memcmp(text->data + text->len - len, units[i].word, len) == 0) {
			text->len -= len;
			return units[i].factor;
		}
	}
	return 1;
}

enum ota_err ota_size_parse(struct ota_span text, uint64_t max, uint64_t *value)
{
	uint64_t factor = take_unit(&text);
	enum ota_err err = ota_number_parse(text, max / factor, value);

	if (err == OTA_OK)
		*value *= factor;
	return err;
}

const char *ota_number_grouped(uint64_t value, char out[32])
{
	char digits[24];
	size_t len = (size_t)snprintf(digits, sizeof(digits), "%" PRIu64, value);
	size_t at = 0;

	for (size_t i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			out[at++] = ',';
		out[at++] = digits[i];
	}
	out[at] = '\0';
	return out;
}
