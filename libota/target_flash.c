// SPDX-License-Identifier: Apache-2.0
/* Device profiles: what is known of a flash, and how well. */
#include <ota/number.h>

#include "target_read.h"

#define POWER_MAX 32768U /* bytes: more than any flash writes at once */

static struct ota_flash *flash_of(void *into)
{
	return ((struct ota_reading *)into)->flash;
}

static void given(void *into, enum ota_reading_key key)
{
	((struct ota_reading *)into)->given |= (unsigned)key;
}

/* -- small values ------------------------------------------------------------------------------ */

/* Decimal digits, at least one. */
static bool take_digits(struct ota_span *text, uint64_t max, uint64_t *number, unsigned *n)
{
	*number = 0;
	for (*n = 0; text->len > 0 && text->data[0] >= '0' && text->data[0] <= '9'; (*n)++) {
		*number = *number * 10 + (text->data[0] - (unsigned)'0');
		if (*number > max)
			return false;
		*text = ota_span_tail(*text, 1);
	}
	return *n > 0;
}

/* "22.02" in thousandths; false when it is no such number, or more than 32 bits. */
static bool parse_thousandths(struct ota_span text, uint32_t *thousandths)
{
	uint64_t whole = 0;
	uint64_t part = 0;
	unsigned n = 3;

	if (!take_digits(&text, UINT32_MAX / 1000 - 1, &whole, &n))
		return false;
	n = 3;
	if (text.len > 0) {
		if (text.data[0] != '.')
			return false;
		text = ota_span_tail(text, 1);
		if (!take_digits(&text, 999, &part, &n) || n > 3 || text.len > 0)
			return false;
	}
	for (; n < 3; n++)
		part *= 10;
	*thousandths = (uint32_t)(whole * 1000 + part);
	return true;
}

/* -- geometry ---------------------------------------------------------------------------------- */

static enum ota_err read_sector_item(const struct ota_yaml_value *value, void *into)
{
	struct ota_buf *list = (struct ota_buf *)into;
	struct ota_span text = ota_yaml_scalar(value);
	enum ota_err err = OTA_OK;

	if (text.len == 0 || memchr(text.data, '\0', text.len) || memchr(text.data, '+', text.len))
		return ota_yaml_fail(value, "is not COUNT*BYTES");
	if (list->len > 0)
		err = ota_buf_append(list, ota_span_of("+", 1), value->yaml->diag);
	if (err == OTA_OK)
		err = ota_buf_append(list, text, value->yaml->diag);
	return err;
}

/* A list of COUNT*BYTES, joined and given to the one parser of such lists. */
static enum ota_err read_sectors(const struct ota_yaml_value *value, void *into)
{
	struct ota_buf list = ota_buf_init(OTA_YAML_TEXT_MAX);
	struct ota_diag why = {.err = OTA_OK};
	enum ota_err err;

	err = ota_yaml_list(value, OTA_SECTOR_RUNS_MAX, read_sector_item, &list);
	if (err == OTA_OK)
		err = ota_buf_append(&list, ota_span_of("", 1), value->yaml->diag);
	if (err == OTA_OK &&
	    ota_sectors_parse((const char *)list.data, &flash_of(into)->sectors, &why) != OTA_OK)
		err = ota_reading_fail(value, &why);
	ota_buf_free(&list);
	return err;
}

static enum ota_err read_power_of_two(const struct ota_yaml_value *value, uint32_t *number)
{
	uint64_t wide = 0;

	if (ota_size_parse(ota_yaml_scalar(value), POWER_MAX, &wide) != OTA_OK ||
	    !ota_is_power_of_two((uint32_t)wide))
		return ota_yaml_fail(value, "is not a power of two from 1 to %u", POWER_MAX);
	*number = (uint32_t)wide;
	return OTA_OK;
}

static enum ota_err read_write(const struct ota_yaml_value *value, void *into)
{
	return read_power_of_two(value, &flash_of(into)->write);
}

static enum ota_err read_program(const struct ota_yaml_value *value, void *into)
{
	return read_power_of_two(value, &flash_of(into)->program);
}

static enum ota_err read_erased(const struct ota_yaml_value *value, void *into)
{
	uint32_t number = 0;
	enum ota_err err = ota_yaml_number(value, 0, 0xff, &number);

	flash_of(into)->erased = (uint8_t)number;
	return err;
}

static enum ota_err read_read_write(const struct ota_yaml_value *value, void *into)
{
	return ota_yaml_bool(value, &flash_of(into)->read_write);
}

static enum ota_err read_rewrite(const struct ota_yaml_value *value, void *into)
{
	static const char *const words[] = {"never", "twice", "clear-bits"};
	size_t index = 0;
	enum ota_err err = ota_yaml_word(value, words, OTA_COUNT(words), &index);

	if (err == OTA_OK)
		flash_of(into)->rewrite = (enum ota_rewrite)(OTA_REWRITE_NEVER + index);
	return err;
}

/* -- times and endurance ----------------------------------------------------------------------- */

/* A time, or - for one nobody knows. */
static bool parse_time(struct ota_span text, uint32_t *microseconds)
{
	*microseconds = 0;
	if (text.len == 1 && text.data[0] == '-')
		return true;
	return parse_thousandths(text, microseconds);
}

/* SECTOR: TYPICAL/MAXIMUM, in milliseconds. */
static enum ota_err read_erase_time(const struct ota_yaml_value *key,
				    const struct ota_yaml_value *value, void *into)
{
	struct ota_flash *flash = flash_of(into);
	struct ota_erase_time *time = &flash->erase_time[flash->n_erase_times];
	struct ota_span typical, maximum;
	enum ota_err err = ota_yaml_size(key, 1, UINT32_MAX, &time->sector);

	if (err != OTA_OK)
		return err;
	for (unsigned i = 0; i < flash->n_erase_times; i++) {
		if (flash->erase_time[i].sector == time->sector)
			return ota_yaml_fail(key, "is given twice");
	}
	if (!ota_reading_split(ota_yaml_scalar(value), '/', &typical, &maximum) ||
	    !parse_time(typical, &time->typical_us) || !parse_time(maximum, &time->max_us))
		return ota_yaml_fail(value, "is not TYPICAL/MAXIMUM in milliseconds, - if unknown");
	if (time->max_us > 0 && time->typical_us > time->max_us)
		return ota_yaml_fail(value, "has a typical time above the maximum");
	flash->n_erase_times++;
	return OTA_OK;
}

static enum ota_err read_erase_ms(const struct ota_yaml_value *value, void *into)
{
	given(into, OTA_GIVEN_ERASE);
	flash_of(into)->n_erase_times = 0;
	return ota_yaml_pairs(value, OTA_ERASE_TIMES_MAX, read_erase_time, into);
}

static enum ota_err read_program_us(const struct ota_yaml_value *value, void *into)
{
	given(into, OTA_GIVEN_PROGRAM);
	if (!parse_thousandths(ota_yaml_scalar(value), &flash_of(into)->program_ns))
		return ota_yaml_fail(value, "is not a time in microseconds like 81.7");
	return OTA_OK;
}

static enum ota_err read_endurance(const struct ota_yaml_value *value, void *into)
{
	given(into, OTA_GIVEN_ENDURANCE);
	return ota_yaml_number(value, 1, UINT32_MAX, &flash_of(into)->endurance);
}

/* -- how well it is known ---------------------------------------------------------------------- */

static enum ota_err read_unread_item(const struct ota_yaml_value *value, void *into)
{
	static const char *const words[] = {"times", "endurance"};
	static const enum ota_fact facts[] = {OTA_FACT_TIMES, OTA_FACT_ENDURANCE};
	size_t index = 0;
	enum ota_err err = ota_yaml_word(value, words, OTA_COUNT(words), &index);

	if (err == OTA_OK)
		flash_of(into)->unread |= (unsigned)facts[index];
	return err;
}

/* An empty list says that all of it has been read. */
static enum ota_err read_unread(const struct ota_yaml_value *value, void *into)
{
	given(into, OTA_GIVEN_UNREAD);
	flash_of(into)->unread = 0;
	if (ota_yaml_is_empty_list(value))
		return OTA_OK;
	return ota_yaml_list(value, 2, read_unread_item, into);
}

static enum ota_err read_geometry_source(const struct ota_yaml_value *value, void *into)
{
	struct ota_flash *flash = flash_of(into);

	given(into, OTA_GIVEN_GEOMETRY_SOURCE);
	return ota_yaml_text(value, flash->geometry_source, sizeof(flash->geometry_source));
}

static enum ota_err read_times_source(const struct ota_yaml_value *value, void *into)
{
	struct ota_flash *flash = flash_of(into);

	given(into, OTA_GIVEN_TIMES_SOURCE);
	return ota_yaml_text(value, flash->times_source, sizeof(flash->times_source));
}

static enum ota_err read_source(const struct ota_yaml_value *value, void *into)
{
	static const struct ota_yaml_field source_fields[] = {{"geometry", read_geometry_source},
							      {"times", read_times_source}};

	return ota_yaml_map(value, source_fields, OTA_COUNT(source_fields), into);
}

static bool same_geometry(const struct ota_flash *a, const struct ota_flash *b)
{
	return a->write == b->write && a->program == b->program && a->sectors.n == b->sectors.n &&
	       memcmp(a->sectors.run, b->sectors.run, a->sectors.n * sizeof(a->sectors.run[0])) ==
		       0;
}

static bool same_times(const struct ota_flash *a, const struct ota_flash *b)
{
	return a->program_ns == b->program_ns && a->endurance == b->endurance &&
	       a->n_erase_times == b->n_erase_times &&
	       memcmp(a->erase_time, b->erase_time, a->n_erase_times * sizeof(a->erase_time[0])) ==
		       0;
}

/*
 * What a base said of its own figures is not said of those that were given instead of them. Times
 * count as given only when none of the base's is left among them.
 */
static void settle_facts(const struct ota_reading *reading, const struct ota_flash *before)
{
	struct ota_flash *flash = reading->flash;
	unsigned keys = reading->given;
	bool own_erase = (keys & OTA_GIVEN_ERASE) || flash->n_erase_times == 0;
	bool own_program = (keys & OTA_GIVEN_PROGRAM) || flash->program_ns == 0;

	if (!(keys & OTA_GIVEN_UNREAD) && own_erase && own_program)
		flash->unread &= ~(unsigned)OTA_FACT_TIMES;
	if (!(keys & OTA_GIVEN_UNREAD) && (keys & OTA_GIVEN_ENDURANCE))
		flash->unread &= ~(unsigned)OTA_FACT_ENDURANCE;
	if (!(keys & OTA_GIVEN_GEOMETRY_SOURCE) && !same_geometry(flash, before))
		flash->geometry_source[0] = '\0';
	if (!(keys & OTA_GIVEN_TIMES_SOURCE) && !same_times(flash, before))
		flash->times_source[0] = '\0';
}

/* -- the mappings ------------------------------------------------------------------------------ */

static const struct ota_yaml_field flash_fields[] = {
	{"sectors", read_sectors},       {"write", read_write},
	{"program", read_program},       {"erased", read_erased},
	{"read-write", read_read_write}, {"erase-ms", read_erase_ms},
	{"program-us", read_program_us}, {"endurance", read_endurance},
	{"rewrite", read_rewrite},       {"unread", read_unread},
	{"source", read_source},
};

#define FLASH_KEYS                                                                                 \
	(OTA_GIVEN_ERASE | OTA_GIVEN_PROGRAM | OTA_GIVEN_ENDURANCE | OTA_GIVEN_UNREAD |            \
	 OTA_GIVEN_GEOMETRY_SOURCE | OTA_GIVEN_TIMES_SOURCE)

static enum ota_err read_flash(const struct ota_yaml_value *value, struct ota_reading *reading,
			       struct ota_flash *flash)
{
	struct ota_flash before = *flash;
	enum ota_err err;

	reading->flash = flash;
	reading->given &= ~(unsigned)FLASH_KEYS;
	err = ota_yaml_map(value, flash_fields, OTA_COUNT(flash_fields), reading);
	if (err == OTA_OK)
		settle_facts(reading, &before);
	return err;
}

enum ota_err ota_reading_flash(const struct ota_yaml_value *value, void *into)
{
	struct ota_reading *reading = (struct ota_reading *)into;

	ota_reading_note(reading, OTA_AT_FLASH, value);
	return read_flash(value, reading, &reading->target->flash);
}

enum ota_err ota_reading_external(const struct ota_yaml_value *value, void *into)
{
	struct ota_reading *reading = (struct ota_reading *)into;

	ota_reading_note(reading, OTA_AT_EXTERNAL, value);
	given(into, OTA_GIVEN_EXTERNAL);
	return read_flash(value, reading, &reading->target->external);
}
