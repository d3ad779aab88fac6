// SPDX-License-Identifier: Apache-2.0
/* Times as people write and read them, and the decimal numbers they are made of. */
#include <inttypes.h>
#include <stdio.h>

#include "link_kinds.h"

#define MS     UINT64_C(1000)
#define SECOND UINT64_C(1000000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

#define HOURS_SHOWN  10000 /* from here on days read better */
#define DIGITS_MAX   19    /* 10^19 is less than 2^64 */
#define FRACTION_MAX 6     /* a day has less than 10^11 us, so no product wraps */

bool ota_decimal_take(struct ota_span *text, struct ota_decimal *number)
{
	bool point = false;
	size_t n = 0;

	*number = (struct ota_decimal){0};
	for (; text->len > 0; *text = ota_span_tail(*text, 1)) {
		uint8_t c = text->data[0];

		if (c == '.' && !point && n > 0) {
			point = true;
			continue;
		}
		if (c < '0' || c > '9')
			break;
		if (++n > DIGITS_MAX || (point && ++number->behind > FRACTION_MAX))
			return false;
		number->digits = number->digits * 10 + (c - (unsigned)'0');
	}
	return n > 0 && (!point || number->behind > 0);
}

bool ota_decimal_scale(const struct ota_decimal *number, uint64_t scale, uint64_t *value)
{
	uint64_t power = 1;
	uint64_t whole, part;

	for (unsigned i = 0; i < number->behind; i++)
		power *= 10;
	whole = number->digits / power;
	part = number->digits % power * scale;
	if (part % power != 0 || whole > (UINT64_MAX - part / power) / scale)
		return false;
	*value = whole * scale + part / power;
	return true;
}

/* One word of a unit; the longer words come before those they begin with. */
struct unit {
	const char *word;
	uint64_t us;
};

static const struct unit units[] = {
	{"days", DAY}, {"day", DAY},  {"d", DAY},    {"h", HOUR}, {"min", MINUTE},
	{"ms", MS},    {"m", MINUTE}, {"s", SECOND}, {"us", 1},
};

static const struct unit *take_unit(struct ota_span *text)
{
	if (text->len == 0)
		return NULL;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		size_t len = strlen(units[i].word);

		if (text->len >= len && memcmp(text->data, units[i].word, len) == 0) {
			*text = ota_span_tail(*text, len);
			return &units[i];
		}
	}
	return NULL;
}

static void skip_space(struct ota_span *text)
{
	if (text->len > 0 && text->data[0] == ' ')
		*text = ota_span_tail(*text, 1);
}

enum ota_err ota_duration_parse(struct ota_span text, uint64_t *us)
{
	uint64_t sum = 0;
	uint64_t unit_us = UINT64_MAX; /* of the number before */

	do {
		struct ota_decimal number;
		const struct unit *unit;
		uint64_t part = 0;

		if (!ota_decimal_take(&text, &number))
			return OTA_E_MALFORMED;
		skip_space(&text);
		unit = take_unit(&text);
		if (!unit || unit->us >= unit_us || !ota_decimal_scale(&number, unit->us, &part) ||
		    part > UINT64_MAX - sum)
			return OTA_E_MALFORMED;
		sum += part;
		unit_us = unit->us;
		if (text.len > 1)
			skip_space(&text);
	} while (text.len > 0);
	*us = sum;
	return OTA_OK;
}

static uint64_t nearest(uint64_t value, uint64_t unit)
{
	return value / unit + (value % unit >= unit - value % unit);
}

/* "12.3 s", "12 s": tenths, without a zero behind the point. */
static void put_tenths(uint64_t tenths, const char *unit, char out[32])
{
	if (tenths % 10 == 0)
		(void)snprintf(out, 32, "%" PRIu64 " %s", tenths / 10, unit);
	else
		(void)snprintf(out, 32, "%" PRIu64 ".%u %s", tenths / 10, (unsigned)(tenths % 10),
			       unit);
}

/* "331 h 4 min", or "331 h". `value` counts the small unit, of which the large one has 60. */
static void put_two(uint64_t value, const char *large, const char *small, char out[32])
{
	unsigned whole = (unsigned)(value / 60);
	unsigned rest = (unsigned)(value % 60);

	if (rest == 0)
		(void)snprintf(out, 32, "%u %s", whole, large);
	else
		(void)snprintf(out, 32, "%u %s %u %s", whole, large, rest, small);
}

/* What rounds up to a whole larger unit is shown in that. */
const char *ota_duration_text(uint64_t us, char out[32])
{
	if (us < MS)
		(void)snprintf(out, 32, "%" PRIu64 " %s", us, us == 0 ? "s" : "us");
	else if (nearest(us, MS / 10) < 10 * MS)
		put_tenths(nearest(us, MS / 10), "ms", out);
	else if (nearest(us, SECOND / 10) < 600)
		put_tenths(nearest(us, SECOND / 10), "s", out);
	else if (nearest(us, SECOND) < 3600)
		put_two(nearest(us, SECOND), "min", "s", out);
	else if (nearest(us, MINUTE) < UINT64_C(60) * HOURS_SHOWN)
		put_two(nearest(us, MINUTE), "h", "min", out);
	else
		(void)snprintf(out, 32, "%" PRIu64 " days", nearest(us, DAY));
	return out;
}
