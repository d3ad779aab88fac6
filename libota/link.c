// SPDX-License-Identifier: Apache-2.0
/* Links: their kinds, their keys, and both read from text. What a kind costs is in link_*.c. */
#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include <ota/nearest.h>
#include <ota/number.h>

#include "link_kinds.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define ITEM_MAX 64 /* characters of KEY=VALUE */

#define SECOND   UINT64_C(1000000)
#define DAY      (86400 * SECOND)
#define YEARS    UINT64_C(100000)
#define TIME_MAX (YEARS * 365 * DAY)

static const struct ota_link_row *const kinds[] = {
	&ota_link_lorawan,
	&ota_link_nb_iot,
	&ota_link_lte_m,
	&ota_link_ble,
};

/* How a key's value is written. */
enum form {
	FORM_NAME,
	FORM_WORD,
	FORM_NUMBER,
	FORM_RATE,  /* bit/s */
	FORM_SHARE, /* percent; kept in parts of a million */
	FORM_TIME,  /* kept in microseconds, 64 bits wide */
};

struct key_row {
	const char *word;
	enum form form;
	size_t at; /* of a number, in struct ota_link */
	uint64_t least, most;
	const char *const *words; /* ends with NULL */
};

static const char *const regions[] = {"eu868", "us915", NULL};
static const char *const classes[] = {"a", "b", "c", NULL};
static const char *const answers[] = {"no", "yes", NULL};

#define AT(field) offsetof(struct ota_link, field)

/* clang-format off */
static const struct key_row keys[OTA_LINK_KEYS] = {
	[OTA_LINK_NAME] = {"name", FORM_NAME, 0, 0, 0, NULL},
	[OTA_LINK_REGION] = {"region", FORM_WORD, 0, 0, 0, regions},
	[OTA_LINK_DR] = {"dr", FORM_NUMBER, AT(dr), 0, 15, NULL},
	[OTA_LINK_CLASS] = {"class", FORM_WORD, 0, 0, 0, classes},
	[OTA_LINK_DUTY] = {"duty", FORM_SHARE, AT(duty_ppm), 10, OTA_MILLION, NULL},
	[OTA_LINK_EVERY] = {"every", FORM_TIME, AT(every_us), SECOND, 366 * DAY, NULL},
	[OTA_LINK_MULTICAST] = {"multicast", FORM_WORD, 0, 0, 0, answers},
	[OTA_LINK_DEVICES] = {"devices", FORM_NUMBER, AT(devices), 1, OTA_MILLION, NULL},
	[OTA_LINK_FRAGMENT] = {"fragment", FORM_NUMBER, AT(fragment), 1, 242, NULL},
	[OTA_LINK_HEADER] = {"header", FORM_NUMBER, AT(header), 0, 64, NULL},
	[OTA_LINK_REDUNDANCY] = {"redundancy", FORM_SHARE, AT(redundancy_ppm), 0, OTA_MILLION, NULL},
	[OTA_LINK_BLOCK] = {"block", FORM_NUMBER, AT(block), 16, 1024, NULL},
	[OTA_LINK_OVERHEAD] = {"overhead", FORM_NUMBER, AT(overhead), 0, 1500, NULL},
	[OTA_LINK_RATE] = {"rate", FORM_RATE, AT(rate), 1, 1000000000, NULL},
	[OTA_LINK_RTT] = {"rtt", FORM_TIME, AT(rtt_us), 0, DAY, NULL},
	[OTA_LINK_MTU] = {"mtu", FORM_NUMBER, AT(mtu), 23, 517, NULL},
	[OTA_LINK_INTERVAL] = {"interval", FORM_TIME, AT(interval_us), 7500, 4 * SECOND, NULL},
	[OTA_LINK_PACKETS] = {"packets", FORM_NUMBER, AT(packets), 1, 255, NULL},
	[OTA_LINK_CRC] = {"crc", FORM_WORD, 0, 0, 0, answers},
};
/* clang-format on */

/* -- what the kinds share ---------------------------------------------------------------------- */

void ota_link_assume(struct ota_delivery *delivery, bool given, const char *format, ...)
{
	struct ota_assumption *assumption;
	va_list args;

	assert(delivery->n_assumptions < OTA_ASSUMPTIONS_MAX);
	assumption = &delivery->assumption[delivery->n_assumptions++];
	assumption->given = given;
	va_start(args, format);
	(void)vsnprintf(assumption->text, sizeof(assumption->text), format, args);
	va_end(args);
}

uint64_t ota_link_plus(uint64_t a, uint64_t b)
{
	return b > UINT64_MAX - a ? UINT64_MAX : a + b;
}

uint64_t ota_link_times(uint64_t a, uint64_t b)
{
	return a != 0 && b > UINT64_MAX / a ? UINT64_MAX : a * b;
}

uint64_t ota_link_share(uint64_t value, uint32_t of, uint32_t whole)
{
	uint64_t rest = value % whole * of; /* less than 10^18 */

	return ota_link_plus(ota_link_times(value / whole, of), rest / whole + (rest % whole != 0));
}

uint64_t ota_link_parts(uint64_t bytes, uint32_t size)
{
	return bytes / size + (bytes % size != 0);
}

const char *ota_link_count(uint64_t n, const char *one, char out[48])
{
	char number[32];

	(void)snprintf(out, 48, "%s %s%s", ota_number_grouped(n, number), one, n == 1 ? "" : "s");
	return out;
}

/* Puts a fraction of `n` digits behind the number in `out`, without zeros at its end. */
static void put_fraction(char out[32], uint32_t fraction, unsigned n)
{
	size_t len = strlen(out);

	if (fraction == 0)
		return;
	for (; fraction % 10 == 0; n--)
		fraction /= 10;
	(void)snprintf(out + len, 32 - len, ".%0*" PRIu32, (int)n, fraction);
}

const char *ota_link_ms(uint64_t us, char out[32])
{
	size_t len;

	(void)ota_number_grouped(us / 1000, out);
	put_fraction(out, (uint32_t)(us % 1000), 3);
	len = strlen(out);
	(void)snprintf(out + len, 32 - len, " ms");
	return out;
}

const char *ota_link_percent(uint32_t ppm, char out[32])
{
	size_t len;

	(void)snprintf(out, 32, "%" PRIu32, ppm / 10000);
	put_fraction(out, ppm % 10000, 4);
	len = strlen(out);
	(void)snprintf(out + len, 32 - len, " %%");
	return out;
}

/* -- kinds ------------------------------------------------------------------------------------- */

static const struct ota_link_row *row_of(enum ota_link_kind kind)
{
	for (size_t i = 0; i < COUNT(kinds); i++) {
		if (kinds[i]->kind == kind)
			return kinds[i];
	}
	return NULL;
}

const char *ota_link_kind_name(enum ota_link_kind kind)
{
	const struct ota_link_row *row = row_of(kind);

	return row ? row->word : "unknown";
}

static enum ota_err fail_kind(const char *word, struct ota_diag *diag)
{
	const char *words[COUNT(kinds)];
	const char *nearest;
	char list[64] = "";

	for (size_t i = 0; i < COUNT(kinds); i++) {
		words[i] = kinds[i]->word;
		ota_list_add(list, sizeof(list), words[i]);
	}
	nearest = ota_nearest(word, words, COUNT(words));
	if (nearest)
		return ota_fail(diag, OTA_E_USAGE, "no link is called \"%.40s\", did you mean %s?",
				word, nearest);
	return ota_fail(diag, OTA_E_USAGE, "no link is called \"%.40s\" (there are %s)", word,
			list);
}

enum ota_err ota_link_start(const char *kind, struct ota_link *link, struct ota_diag *diag)
{
	*link = (struct ota_link){.given = 0};
	for (size_t i = 0; i < COUNT(kinds); i++) {
		if (strcmp(kind, kinds[i]->word) == 0) {
			link->kind = kinds[i]->kind;
			(void)snprintf(link->name, sizeof(link->name), "%s", kind);
			return OTA_OK;
		}
	}
	return fail_kind(kind, diag);
}

/* -- values ------------------------------------------------------------------------------------ */

/* A name is printed, and a key of reports. */
static bool read_name(const char *value, char name[32])
{
	size_t len = strlen(value);

	if (len == 0 || len >= 32)
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = value[i];
		bool alnum =
			(c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

		if (!alnum && (i == 0 || !(c == '-' || c == '_' || c == '.')))
			return false;
	}
	memcpy(name, value, len + 1);
	return true;
}

static bool read_rate(struct ota_span text, uint64_t *rate)
{
	struct ota_decimal number;
	uint64_t scale = 1;

	if (!ota_decimal_take(&text, &number))
		return false;
	if (text.len == 1 && text.data[0] == 'k')
		scale = 1000;
	else if (text.len == 1 && text.data[0] == 'M')
		scale = OTA_MILLION;
	else if (text.len > 0)
		return false;
	return ota_decimal_scale(&number, scale, rate);
}

static bool read_share(struct ota_span text, uint64_t *ppm)
{
	struct ota_decimal number;

	if (!ota_decimal_take(&text, &number))
		return false;
	if (text.len > 1 && text.data[0] == ' ')
		text = ota_span_tail(text, 1);
	return text.len == 1 && text.data[0] == '%' &&
	       ota_decimal_scale(&number, OTA_MILLION / 100, ppm);
}

static bool read_word(const char *value, const char *const *words, uint64_t *index)
{
	for (*index = 0; words[*index]; ++*index) {
		if (strcmp(value, words[*index]) == 0)
			return true;
	}
	return false;
}

/* FORM_NAME has no number. */
static bool read_value(const struct key_row *row, const char *value, uint64_t *number)
{
	struct ota_span text = ota_span_of(value, strlen(value));
	bool ok = false;

	switch (row->form) {
	case FORM_NAME:
		return false;
	case FORM_WORD:
		return read_word(value, row->words, number);
	case FORM_NUMBER:
		ok = ota_number_parse(text, row->most, number) == OTA_OK;
		break;
	case FORM_RATE:
		ok = read_rate(text, number);
		break;
	case FORM_SHARE:
		ok = read_share(text, number);
		break;
	case FORM_TIME:
		ok = ota_duration_parse(text, number) == OTA_OK;
		break;
	}
	return ok && *number >= row->least && *number <= row->most;
}

static enum ota_err fail_word(const struct key_row *row, const char *value, struct ota_diag *diag)
{
	char list[64] = "";

	for (size_t i = 0; row->words[i]; i++)
		ota_list_add(list, sizeof(list), row->words[i]);
	return ota_fail(diag, OTA_E_USAGE, "%s \"%.40s\" is none of %s", row->word, value, list);
}

static enum ota_err fail_value(const struct key_row *row, const char *value, struct ota_diag *diag)
{
	char least[32], most[32];

	switch (row->form) {
	case FORM_NAME:
		return ota_fail(diag, OTA_E_USAGE,
				"%s \"%.40s\" is not 1 to 31 letters, digits, -, _ and .",
				row->word, value);
	case FORM_WORD:
		return fail_word(row, value, diag);
	case FORM_NUMBER:
		return ota_fail(diag, OTA_E_USAGE,
				"%s \"%.40s\" is not a number from %" PRIu64 " to %" PRIu64,
				row->word, value, row->least, row->most);
	case FORM_RATE:
		return ota_fail(diag, OTA_E_USAGE,
				"%s \"%.40s\" is not bit/s as 300, 20k or 1M, from 1 to 1000M",
				row->word, value);
	case FORM_SHARE:
		return ota_fail(diag, OTA_E_USAGE,
				"%s \"%.40s\" is not a share as 1%% or 0.1%%, from %s to %s",
				row->word, value, ota_link_percent((uint32_t)row->least, least),
				ota_link_percent((uint32_t)row->most, most));
	case FORM_TIME:
		return ota_fail(
			diag, OTA_E_USAGE,
			"%s \"%.40s\" is not a time as 30ms, 1.5s, 15m or 2h, from %s to %s",
			row->word, value, ota_duration_text(row->least, least),
			ota_duration_text(row->most, most));
	}
	return OTA_E_USAGE;
}

/* -- keys -------------------------------------------------------------------------------------- */

static bool takes(const struct ota_link_row *kind, enum ota_link_key key)
{
	return key == OTA_LINK_NAME || (kind->keys >> key & 1U) != 0;
}

static enum ota_err fail_key(const struct ota_link_row *kind, const char *key,
			     struct ota_diag *diag)
{
	const char *words[OTA_LINK_KEYS];
	char list[200] = "";
	size_t n = 0;
	const char *nearest;

	for (unsigned i = 0; i < OTA_LINK_KEYS; i++) {
		if (!takes(kind, (enum ota_link_key)i))
			continue;
		words[n++] = keys[i].word;
		ota_list_add(list, sizeof(list), keys[i].word);
	}
	nearest = ota_nearest(key, words, n);
	if (nearest)
		return ota_fail(diag, OTA_E_USAGE, "%s has no key \"%.40s\", did you mean %s?",
				kind->word, key, nearest);
	return ota_fail(diag, OTA_E_USAGE, "%s has no key \"%.40s\" (it has %s)", kind->word, key,
			list);
}

static void put_word(struct ota_link *link, enum ota_link_key key, unsigned index)
{
	if (key == OTA_LINK_REGION)
		link->region = (enum ota_link_region)(OTA_REGION_EU868 + index);
	else if (key == OTA_LINK_CLASS)
		link->class_letter = classes[index][0];
	else if (key == OTA_LINK_MULTICAST)
		link->multicast = index == 1;
	else
		link->no_crc = index == 0;
}

static void put_number(struct ota_link *link, const struct key_row *row, uint64_t number)
{
	uint32_t narrow = (uint32_t)number;

	if (row->form == FORM_TIME)
		memcpy((uint8_t *)link + row->at, &number, sizeof(number));
	else
		memcpy((uint8_t *)link + row->at, &narrow, sizeof(narrow));
}

static enum ota_err set(struct ota_link *link, enum ota_link_key key, const char *value,
			struct ota_diag *diag)
{
	const struct key_row *row = &keys[key];
	uint64_t number = 0;

	if (ota_link_given(link, key))
		return ota_fail(diag, OTA_E_USAGE, "%s is given twice", row->word);
	if (row->form == FORM_NAME) {
		if (!read_name(value, link->name))
			return fail_value(row, value, diag);
	} else if (!read_value(row, value, &number)) {
		return fail_value(row, value, diag);
	} else if (row->form == FORM_WORD) {
		put_word(link, key, (unsigned)number);
	} else {
		put_number(link, row, number);
	}
	link->given |= 1U << key;
	return OTA_OK;
}

enum ota_err ota_link_set(struct ota_link *link, const char *key, const char *value,
			  struct ota_diag *diag)
{
	const struct ota_link_row *kind = row_of(link->kind);

	if (!kind)
		return ota_fail(diag, OTA_E_USAGE, "link is of no known kind");
	for (unsigned i = 0; i < OTA_LINK_KEYS; i++) {
		if (takes(kind, (enum ota_link_key)i) && strcmp(key, keys[i].word) == 0)
			return set(link, (enum ota_link_key)i, value, diag);
	}
	return fail_key(kind, key, diag);
}

static uint64_t number_of(const struct ota_link *link, const struct key_row *row)
{
	uint64_t wide = 0;
	uint32_t narrow = 0;

	if (row->form == FORM_TIME) {
		memcpy(&wide, (const uint8_t *)link + row->at, sizeof(wide));
		return wide;
	}
	memcpy(&narrow, (const uint8_t *)link + row->at, sizeof(narrow));
	return narrow;
}

/* Of what did not come through ota_link_set. Zero that was not given is a default. */
static enum ota_err check_numbers(const struct ota_link *link, struct ota_diag *diag)
{
	for (size_t i = 0; i < COUNT(keys); i++) {
		const struct key_row *row = &keys[i];
		uint64_t number;

		if (row->form == FORM_NAME || row->form == FORM_WORD)
			continue;
		number = number_of(link, row);
		if (number == 0 && !ota_link_given(link, (enum ota_link_key)i))
			continue;
		if (number < row->least || number > row->most)
			return ota_fail(diag, OTA_E_USAGE,
					"%s is %" PRIu64 ", not from %" PRIu64 " to %" PRIu64,
					row->word, number, row->least, row->most);
	}
	return OTA_OK;
}

enum ota_err ota_link_finish(struct ota_link *link, struct ota_diag *diag)
{
	const struct ota_link_row *kind = row_of(link->kind);
	enum ota_err err;

	if (!kind)
		return ota_fail(diag, OTA_E_USAGE, "link is of no known kind");
	err = check_numbers(link, diag);
	if (err != OTA_OK)
		return err;
	if (link->name[0] == '\0')
		(void)snprintf(link->name, sizeof(link->name), "%s", kind->word);
	link->devices = ota_link_or(link, OTA_LINK_DEVICES, link->devices, 1);
	return kind->finish(link, diag);
}

/* -- text -------------------------------------------------------------------------------------- */

/* Copies what stands before the next comma and goes behind it; `*text` is NULL after the last. */
static enum ota_err next_item(const char **text, char item[ITEM_MAX], struct ota_diag *diag)
{
	const char *comma = strchr(*text, ',');
	size_t len = comma ? (size_t)(comma - *text) : strlen(*text);

	if (len == 0)
		return ota_fail(diag, OTA_E_USAGE,
				"link is not KIND[,KEY=VALUE...]: an item is empty");
	if (len >= ITEM_MAX)
		return ota_fail(diag, OTA_E_USAGE, "link has an item of %zu characters, at most %d",
				len, ITEM_MAX - 1);
	memcpy(item, *text, len);
	item[len] = '\0';
	*text = comma ? comma + 1 : NULL;
	return OTA_OK;
}

enum ota_err ota_link_parse(const char *text, struct ota_link *link, struct ota_diag *diag)
{
	char item[ITEM_MAX];
	enum ota_err err = next_item(&text, item, diag);

	if (err == OTA_OK)
		err = ota_link_start(item, link, diag);
	while (err == OTA_OK && text) {
		char *equals;

		err = next_item(&text, item, diag);
		if (err != OTA_OK)
			break;
		equals = strchr(item, '=');
		if (!equals)
			return ota_fail(diag, OTA_E_USAGE, "link's \"%s\" is not KEY=VALUE", item);
		*equals = '\0';
		err = ota_link_set(link, item, equals + 1, diag);
	}
	return err == OTA_OK ? ota_link_finish(link, diag) : err;
}

/* -- delivery ---------------------------------------------------------------------------------- */

enum ota_err ota_link_deliver(const struct ota_link *link, uint64_t bytes,
			      struct ota_delivery *delivery, struct ota_diag *diag)
{
	struct ota_link whole = *link; /* also one that nobody finished */
	enum ota_err err;

	*delivery = (struct ota_delivery){.bytes = bytes};
	if (bytes > UINT32_MAX)
		return ota_fail(diag, OTA_E_USAGE,
				"update is %" PRIu64 " bytes, a link takes at most %" PRIu32, bytes,
				UINT32_MAX);
	err = ota_link_finish(&whole, diag);
	if (err == OTA_OK)
		err = row_of(whole.kind)->deliver(&whole, delivery, diag);
	if (err == OTA_OK && (delivery->duration_us > TIME_MAX || delivery->fleet_us > TIME_MAX))
		err = ota_fail(diag, OTA_E_USAGE, "more than 100,000 years");
	return err;
}
