// SPDX-License-Identifier: Apache-2.0
/* Device profiles: what each key means. How YAML is read is yaml_reader.c's matter. */
#include <inttypes.h>
#include <stdio.h>

#include <ota/mcuboot.h>
#include <ota/nearest.h>
#include <ota/number.h>
#include <ota/target.h>

#include "targets_builtin.h"
#include "yaml_reader.h"

#define BASES_MAX       4 /* profiles on top of each other */
#define MAX_SECTORS_MAX 1048576U

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Keys that are judged together, after all have been read; their lines are kept for that. */
enum place {
	AT_FLASH,
	AT_SECTORS,
	AT_UPDATER_RAM,
	AT_MCUBOOT,
	AT_MAX_ALIGN,
	AT_BOOT,
	AT_PRIMARY,
	AT_SECONDARY,
	AT_SCRATCH,
	N_PLACES,
};

struct reading {
	struct ota_target *target;
	struct ota_yaml *yaml;
	size_t line[N_PLACES];
	unsigned depth;
};

static void note(struct reading *reading, enum place place, const struct ota_yaml_value *value)
{
	reading->line[place] = ota_yaml_line(value);
}

/* -- small values ------------------------------------------------------------------------------ */

/* A name is printed, typed and part of file names. */
static enum ota_err read_name_into(const struct ota_yaml_value *value, char *name, size_t cap)
{
	struct ota_span text = ota_yaml_scalar(value);

	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i];
		bool alnum =
			(c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

		if (!alnum && (i == 0 || !(c == '-' || c == '_' || c == '.')))
			return ota_yaml_fail(value, "is not a name of letters, digits, -, _ and .");
	}
	return ota_yaml_text(value, name, cap);
}

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

/* Splits at the first `separator`; false when there is none. */
static bool split(struct ota_span text, char separator, struct ota_span *head,
		  struct ota_span *tail)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] == (uint8_t)separator) {
			*head = ota_span_head(text, i);
			*tail = ota_span_tail(text, i + 1);
			return true;
		}
	}
	return false;
}

/* -- flash ------------------------------------------------------------------------------------- */

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
	struct reading *reading = (struct reading *)into;
	struct ota_buf list = ota_buf_init(OTA_YAML_TEXT_MAX);
	struct ota_diag why = {.err = OTA_OK};
	enum ota_err err;

	note(reading, AT_SECTORS, value);
	err = ota_yaml_list(value, OTA_SECTOR_RUNS_MAX, read_sector_item, &list);
	if (err == OTA_OK)
		err = ota_buf_append(&list, ota_span_of("", 1), value->yaml->diag);
	if (err == OTA_OK && ota_sectors_parse((const char *)list.data,
					       &reading->target->flash.sectors, &why) != OTA_OK)
		err = ota_yaml_fail_at(value->yaml, ota_yaml_line(value), value->path, "%s",
				       why.text);
	ota_buf_free(&list);
	return err;
}

static enum ota_err read_power_of_two(const struct ota_yaml_value *value, uint32_t *number)
{
	uint64_t wide = 0;

	if (ota_size_parse(ota_yaml_scalar(value), 32768, &wide) != OTA_OK ||
	    !ota_is_power_of_two((uint32_t)wide))
		return ota_yaml_fail(value, "is not a power of two from 1 to 32768");
	*number = (uint32_t)wide;
	return OTA_OK;
}

static enum ota_err read_write(const struct ota_yaml_value *value, void *into)
{
	return read_power_of_two(value, &((struct reading *)into)->target->flash.write);
}

static enum ota_err read_program(const struct ota_yaml_value *value, void *into)
{
	return read_power_of_two(value, &((struct reading *)into)->target->flash.program);
}

static enum ota_err read_erased(const struct ota_yaml_value *value, void *into)
{
	uint32_t number = 0;
	enum ota_err err = ota_yaml_number(value, 0, 0xff, &number);

	((struct reading *)into)->target->flash.erased = (uint8_t)number;
	return err;
}

static enum ota_err read_read_write(const struct ota_yaml_value *value, void *into)
{
	return ota_yaml_bool(value, &((struct reading *)into)->target->flash.read_write);
}

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
	struct ota_target *target = ((struct reading *)into)->target;
	struct ota_erase_time *time = &target->flash.erase_time[target->flash.n_erase_times];
	struct ota_span typical, maximum;
	enum ota_err err = ota_yaml_number(key, 1, UINT32_MAX, &time->sector);

	if (err != OTA_OK)
		return err;
	for (unsigned i = 0; i < target->flash.n_erase_times; i++) {
		if (target->flash.erase_time[i].sector == time->sector)
			return ota_yaml_fail(key, "is given twice");
	}
	if (!split(ota_yaml_scalar(value), '/', &typical, &maximum) ||
	    !parse_time(typical, &time->typical_us) || !parse_time(maximum, &time->max_us))
		return ota_yaml_fail(value, "is not TYPICAL/MAXIMUM in milliseconds, - if unknown");
	target->flash.n_erase_times++;
	return OTA_OK;
}

static enum ota_err read_erase_ms(const struct ota_yaml_value *value, void *into)
{
	struct reading *reading = (struct reading *)into;

	reading->target->flash.n_erase_times = 0;
	return ota_yaml_pairs(value, OTA_ERASE_TIMES_MAX, read_erase_time, reading);
}

static enum ota_err read_program_us(const struct ota_yaml_value *value, void *into)
{
	if (!parse_thousandths(ota_yaml_scalar(value),
			       &((struct reading *)into)->target->flash.program_ns))
		return ota_yaml_fail(value, "is not a time in microseconds like 81.7");
	return OTA_OK;
}

static enum ota_err read_endurance(const struct ota_yaml_value *value, void *into)
{
	return ota_yaml_number(value, 1, UINT32_MAX,
			       &((struct reading *)into)->target->flash.endurance);
}

static enum ota_err read_rewrite(const struct ota_yaml_value *value, void *into)
{
	static const char *const words[] = {"never", "twice", "clear-bits"};
	size_t index = 0;
	enum ota_err err = ota_yaml_word(value, words, COUNT(words), &index);

	if (err == OTA_OK)
		((struct reading *)into)->target->flash.rewrite =
			(enum ota_rewrite)(OTA_REWRITE_NEVER + index);
	return err;
}

static enum ota_err read_flash(const struct ota_yaml_value *value, void *into)
{
	static const struct ota_yaml_field fields[] = {
		{"sectors", read_sectors},       {"write", read_write},
		{"program", read_program},       {"erased", read_erased},
		{"read-write", read_read_write}, {"erase-ms", read_erase_ms},
		{"program-us", read_program_us}, {"endurance", read_endurance},
		{"rewrite", read_rewrite},
	};

	note((struct reading *)into, AT_FLASH, value);
	return ota_yaml_map(value, fields, COUNT(fields), into);
}

/* -- updater ----------------------------------------------------------------------------------- */

static enum ota_err read_updater_ram(const struct ota_yaml_value *value, void *into)
{
	struct reading *reading = (struct reading *)into;

	note(reading, AT_UPDATER_RAM, value);
	return ota_yaml_number(value, 1, UINT32_MAX, &reading->target->updater_ram);
}

static enum ota_err read_stack(const struct ota_yaml_value *value, void *into)
{
	return ota_yaml_number(value, 0, UINT32_MAX,
			       &((struct reading *)into)->target->updater_stack);
}

/* "mapped": at an address; "read": through a flash driver. */
static enum ota_err read_old(const struct ota_yaml_value *value, void *into)
{
	static const char *const words[] = {"read", "mapped"};
	size_t index = 0;
	enum ota_err err = ota_yaml_word(value, words, COUNT(words), &index);

	((struct reading *)into)->target->old_mapped = index == 1;
	return err;
}

/* One of `words`, kept as text. */
static enum ota_err read_word_into(const struct ota_yaml_value *value, const char *const *words,
				   size_t n, char *text, size_t cap)
{
	size_t index = 0;
	enum ota_err err = ota_yaml_word(value, words, n, &index);

	if (err == OTA_OK)
		(void)snprintf(text, cap, "%s", words[index]);
	return err;
}

/*
 * A misspelt format would quietly mean "not on the device", and turn a no into a yes. The words are
 * those of all formats that a profile may speak of, whether this version makes them or not.
 */
static enum ota_err read_format(const struct ota_yaml_value *value, void *into)
{
	static const char *const words[] = {"bsdiff", "vcdiff", "otd"};
	struct ota_decoder *decoder = (struct ota_decoder *)into;

	return read_word_into(value, words, COUNT(words), decoder->format, sizeof(decoder->format));
}

static enum ota_err read_tier(const struct ota_yaml_value *value, void *into)
{
	static const char *const words[] = {"xs", "m"};
	struct ota_decoder *decoder = (struct ota_decoder *)into;

	return read_word_into(value, words, COUNT(words), decoder->tier, sizeof(decoder->tier));
}

static enum ota_err read_window(const struct ota_yaml_value *value, void *into)
{
	return ota_yaml_number(value, 1, UINT32_MAX, &((struct ota_decoder *)into)->window);
}

static enum ota_err read_decoder(const struct ota_yaml_value *value, void *into)
{
	static const struct ota_yaml_field fields[] = {
		{"format", read_format}, {"tier", read_tier}, {"window", read_window}};
	struct ota_target *target = ((struct reading *)into)->target;
	struct ota_decoder *decoder = &target->decoder[target->n_decoders];
	enum ota_err err;

	*decoder = (struct ota_decoder){.window = 0};
	err = ota_yaml_map(value, fields, COUNT(fields), decoder);
	if (err == OTA_OK && decoder->format[0] == '\0')
		err = ota_yaml_fail(value, "has no format");
	target->n_decoders++;
	return err;
}

static enum ota_err read_decoders(const struct ota_yaml_value *value, void *into)
{
	struct reading *reading = (struct reading *)into;
	bool empty = value->node->type == YAML_SEQUENCE_NODE &&
		     value->node->data.sequence.items.start == value->node->data.sequence.items.top;

	reading->target->n_decoders = 0;
	return empty ? OTA_OK : ota_yaml_list(value, OTA_DECODERS_MAX, read_decoder, reading);
}

static enum ota_err read_updater(const struct ota_yaml_value *value, void *into)
{
	static const struct ota_yaml_field fields[] = {{"ram", read_updater_ram},
						       {"stack", read_stack},
						       {"old", read_old},
						       {"decoders", read_decoders}};

	((struct reading *)into)->target->has_updater = true;
	return ota_yaml_map(value, fields, COUNT(fields), into);
}

/* -- mcuboot ----------------------------------------------------------------------------------- */

static enum ota_err read_mode(const struct ota_yaml_value *value, void *into)
{
	const char *words[OTA_MODE_FIRMWARE_LOADER];
	size_t index = 0;
	enum ota_err err;

	for (unsigned i = 0; i < COUNT(words); i++)
		words[i] = ota_mode_name((enum ota_mode)(i + 1));
	err = ota_yaml_word(value, words, COUNT(words), &index);
	if (err == OTA_OK)
		((struct reading *)into)->target->layout.mode = (enum ota_mode)(index + 1);
	return err;
}

static enum ota_err read_max_align(const struct ota_yaml_value *value, void *into)
{
	struct reading *reading = (struct reading *)into;

	note(reading, AT_MAX_ALIGN, value);
	return ota_yaml_number(value, 1, UINT32_MAX, &reading->target->layout.max_align);
}

static enum ota_err read_max_sectors(const struct ota_yaml_value *value, void *into)
{
	return ota_yaml_number(value, 1, MAX_SECTORS_MAX,
			       &((struct reading *)into)->target->layout.max_sectors);
}

static enum ota_err read_header_size(const struct ota_yaml_value *value, void *into)
{
	return ota_yaml_number(value, OTA_IMAGE_HEADER_SIZE, UINT16_MAX,
			       &((struct reading *)into)->target->header_size);
}

/*
 * What the trailer saves for each of two images: the key, or with MCUBOOT_SWAP_SAVE_ENCTLV the TLV
 * it came in. MCUboot 2d4bacc3c15e, boot/bootutil/include/bootutil/enc_key_public.h:66-116.
 */
static enum ota_err read_encryption(const struct ota_yaml_value *value, void *into)
{
	static const char *const words[] = {
		"none",
		"aes128",
		"aes256",
		"enctlv-ec256",
		"enctlv-ec256-aes256",
		"enctlv-x25519",
		"enctlv-x25519-aes256",
		"enctlv-x25519-sha512",
		"enctlv-x25519-sha512-aes256",
		"enctlv-rsa",
		"enctlv-kw",
		"enctlv-kw-aes256",
	};
	static const uint16_t sizes[] = {0, 16, 32, 113, 129, 80, 96, 112, 128, 256, 24, 40};
	size_t index = 0;
	enum ota_err err = ota_yaml_word(value, words, COUNT(words), &index);

	if (err == OTA_OK)
		((struct reading *)into)->target->layout.enc_key = sizes[index];
	return err;
}

static enum ota_err read_hash(const struct ota_yaml_value *value, void *into)
{
	static const char *const words[] = {"sha256", "sha384", "sha512"};
	static const enum ota_hash hashes[] = {OTA_HASH_SHA256, OTA_HASH_SHA384, OTA_HASH_SHA512};
	size_t index = 0;
	enum ota_err err = ota_yaml_word(value, words, COUNT(words), &index);

	if (err == OTA_OK)
		((struct reading *)into)->target->boot_hash = hashes[index];
	return err;
}

static enum ota_err read_crypto(const struct ota_yaml_value *value, void *into)
{
	static const char *const words[] = {"tinycrypt", "mbedtls"};
	size_t index = 0;
	enum ota_err err = ota_yaml_word(value, words, COUNT(words), &index);

	if (err == OTA_OK)
		((struct reading *)into)->target->boot_crypto = (enum ota_boot_crypto)index;
	return err;
}

static enum ota_err read_allow_list(const struct ota_yaml_value *value, void *into)
{
	bool allow_list = true;
	enum ota_err err = ota_yaml_bool(value, &allow_list);

	((struct reading *)into)->target->no_allow_list = !allow_list;
	return err;
}

/* ADDRESS+SIZE */
static enum ota_err read_area(const struct ota_yaml_value *value, struct ota_area *area)
{
	struct ota_span at_text, len_text;
	uint64_t at = 0;
	uint64_t len = 0;

	if (!split(ota_yaml_scalar(value), '+', &at_text, &len_text) ||
	    ota_size_parse(at_text, UINT32_MAX, &at) != OTA_OK ||
	    ota_size_parse(len_text, UINT32_MAX, &len) != OTA_OK || len == 0)
		return ota_yaml_fail(value, "is not ADDRESS+SIZE, like 0x8000+448K");
	*area = (struct ota_area){.at = (uint32_t)at, .len = (uint32_t)len};
	return OTA_OK;
}

static enum ota_err read_boot(const struct ota_yaml_value *value, void *into)
{
	note((struct reading *)into, AT_BOOT, value);
	return read_area(value, &((struct reading *)into)->target->boot);
}

static enum ota_err read_primary(const struct ota_yaml_value *value, void *into)
{
	note((struct reading *)into, AT_PRIMARY, value);
	return read_area(value, &((struct reading *)into)->target->primary);
}

static enum ota_err read_secondary(const struct ota_yaml_value *value, void *into)
{
	note((struct reading *)into, AT_SECONDARY, value);
	return read_area(value, &((struct reading *)into)->target->secondary);
}

static enum ota_err read_scratch(const struct ota_yaml_value *value, void *into)
{
	note((struct reading *)into, AT_SCRATCH, value);
	return read_area(value, &((struct reading *)into)->target->scratch);
}

static enum ota_err read_mcuboot(const struct ota_yaml_value *value, void *into)
{
	static const struct ota_yaml_field fields[] = {
		{"mode", read_mode},
		{"max-align", read_max_align},
		{"max-sectors", read_max_sectors},
		{"header-size", read_header_size},
		{"encryption", read_encryption},
		{"hash", read_hash},
		{"crypto", read_crypto},
		{"allow-list", read_allow_list},
		{"boot", read_boot},
		{"primary", read_primary},
		{"secondary", read_secondary},
		{"scratch", read_scratch},
	};

	((struct reading *)into)->target->has_mcuboot = true;
	note((struct reading *)into, AT_MCUBOOT, value);
	return ota_yaml_map(value, fields, COUNT(fields), into);
}

/* -- the document ------------------------------------------------------------------------------ */

static enum ota_err read_name(const struct ota_yaml_value *value, void *into)
{
	struct ota_target *target = ((struct reading *)into)->target;

	return read_name_into(value, target->name, sizeof(target->name));
}

/* The base has been read before anything else; only the name is kept here. */
static enum ota_err read_base(const struct ota_yaml_value *value, void *into)
{
	struct ota_target *target = ((struct reading *)into)->target;

	return read_name_into(value, target->base, sizeof(target->base));
}

static enum ota_err read_part(const struct ota_yaml_value *value, void *into)
{
	struct ota_target *target = ((struct reading *)into)->target;

	return ota_yaml_text(value, target->part, sizeof(target->part));
}

static enum ota_err read_core(const struct ota_yaml_value *value, void *into)
{
	struct ota_target *target = ((struct reading *)into)->target;

	return ota_yaml_text(value, target->core, sizeof(target->core));
}

static enum ota_err read_notes(const struct ota_yaml_value *value, void *into)
{
	struct ota_target *target = ((struct reading *)into)->target;

	return ota_yaml_text(value, target->notes, sizeof(target->notes));
}

static enum ota_err read_ram(const struct ota_yaml_value *value, void *into)
{
	return ota_yaml_number(value, 1, UINT32_MAX, &((struct reading *)into)->target->ram);
}

static const struct ota_yaml_field root_fields[] = {
	{"name", read_name}, {"base", read_base},       {"part", read_part},
	{"core", read_core}, {"notes", read_notes},     {"flash", read_flash},
	{"ram", read_ram},   {"updater", read_updater}, {"mcuboot", read_mcuboot},
};

static enum ota_err fail_missing(const struct reading *reading, enum place place, const char *path)
{
	return ota_yaml_fail_at(reading->yaml, reading->line[place], path, "missing");
}

/* -- what only the whole can tell -------------------------------------------------------------- */

static enum ota_err check_chip(const struct reading *reading)
{
	const struct ota_target *target = reading->target;

	if (target->flash.sectors.n == 0)
		return fail_missing(reading, AT_FLASH, "flash.sectors");
	if (target->flash.write == 0)
		return fail_missing(reading, AT_FLASH, "flash.write");
	if (target->ram == 0)
		return ota_yaml_fail_at(reading->yaml, 1, "ram", "missing");
	return OTA_OK;
}

static enum ota_err check_updater(const struct reading *reading)
{
	const struct ota_target *target = reading->target;

	if (target->has_updater && target->updater_ram == 0)
		return ota_yaml_fail_at(reading->yaml, 1, "updater.ram", "missing");
	if (target->updater_ram > target->ram)
		return ota_yaml_fail_at(reading->yaml, reading->line[AT_UPDATER_RAM], "updater.ram",
					"%" PRIu32 " is more than the chip has, %" PRIu32,
					target->updater_ram, target->ram);
	return OTA_OK;
}

/* An area of the profile by its key. */
struct named_area {
	enum place place;
	const char *path;
	const struct ota_area *area;
	struct ota_sectors *sectors; /* to fill, or NULL */
};

#define N_AREAS 4

static void list_areas(struct ota_target *target, struct named_area areas[N_AREAS])
{
	areas[0] = (struct named_area){AT_BOOT, "mcuboot.boot", &target->boot, NULL};
	areas[1] = (struct named_area){AT_PRIMARY, "mcuboot.primary", &target->primary,
				       &target->layout.primary};
	areas[2] = (struct named_area){AT_SECONDARY, "mcuboot.secondary", &target->secondary,
				       &target->layout.secondary};
	areas[3] = (struct named_area){AT_SCRATCH, "mcuboot.scratch", &target->scratch,
				       &target->layout.scratch};
}

/* The sector that `at` lies in, from its first byte to the next one's; `at` is inside the flash. */
static void sector_around(const struct ota_sectors *flash, uint64_t at, uint64_t *start,
			  uint64_t *end)
{
	uint64_t run_at = 0;

	*start = 0;
	*end = 0;
	for (unsigned i = 0; i < flash->n; i++) {
		uint64_t size = flash->run[i].size;
		uint64_t bytes = flash->run[i].count * size;

		if (at < run_at + bytes) {
			*start = at - (at - run_at) % size;
			*end = *start + size;
			return;
		}
		run_at += bytes;
	}
}

static enum ota_err check_boundary(const struct reading *reading, const struct named_area *named,
				   uint64_t at, const char *word)
{
	uint64_t start, end;

	sector_around(&reading->target->flash.sectors, at, &start, &end);
	if (start == at || at == ota_sectors_bytes(&reading->target->flash.sectors))
		return OTA_OK;
	return ota_yaml_fail_at(reading->yaml, reading->line[named->place], named->path,
				"0x%" PRIx32 "+%" PRIu32 " %s inside the sector from 0x%" PRIx64
				" to 0x%" PRIx64,
				named->area->at, named->area->len, word, start, end);
}

static enum ota_err check_area(const struct reading *reading, const struct named_area *named)
{
	uint64_t flash = ota_sectors_bytes(&reading->target->flash.sectors);
	uint64_t end = (uint64_t)named->area->at + named->area->len;
	enum ota_err err;

	if (end > flash)
		return ota_yaml_fail_at(reading->yaml, reading->line[named->place], named->path,
					"0x%" PRIx32 "+%" PRIu32 " ends at %" PRIu64
					", the flash at %" PRIu64,
					named->area->at, named->area->len, end, flash);
	err = check_boundary(reading, named, named->area->at, "starts");
	return err == OTA_OK ? check_boundary(reading, named, end, "ends") : err;
}

static enum ota_err check_apart(const struct reading *reading, const struct named_area *named,
				const struct named_area *other)
{
	uint64_t end = (uint64_t)named->area->at + named->area->len;
	uint64_t other_end = (uint64_t)other->area->at + other->area->len;

	if (other->area->len == 0 || named->area->at >= other_end || other->area->at >= end)
		return OTA_OK;
	return ota_yaml_fail_at(reading->yaml, reading->line[named->place], named->path,
				"0x%" PRIx32 "+%" PRIu32 " overlaps %s, 0x%" PRIx32 "+%" PRIu32,
				named->area->at, named->area->len, other->path, other->area->at,
				other->area->len);
}

/* The flash's sectors from `area` on; it lies on their boundaries. */
static struct ota_sectors cut(const struct ota_sectors *flash, const struct ota_area *area)
{
	struct ota_sectors sectors = {.n = 0};
	uint64_t end = (uint64_t)area->at + area->len;
	uint64_t run_at = 0;

	for (unsigned i = 0; i < flash->n; i++) {
		const struct ota_sector_run *run = &flash->run[i];
		uint64_t run_end = run_at + (uint64_t)run->count * run->size;
		uint64_t from = area->at > run_at ? area->at : run_at;
		uint64_t to = end < run_end ? end : run_end;

		if (from < to)
			sectors.run[sectors.n++] = (struct ota_sector_run){
				(uint32_t)((to - from) / run->size), run->size};
		run_at = run_end;
	}
	return sectors;
}

static enum ota_err check_areas(const struct reading *reading)
{
	struct named_area areas[N_AREAS];
	enum ota_err err = OTA_OK;

	list_areas(reading->target, areas);
	for (unsigned i = 0; err == OTA_OK && i < N_AREAS; i++) {
		if (areas[i].area->len == 0)
			continue;
		err = check_area(reading, &areas[i]);
		for (unsigned j = 0; err == OTA_OK && j < i; j++)
			err = check_apart(reading, &areas[i], &areas[j]);
		if (err == OTA_OK && areas[i].sectors)
			*areas[i].sectors = cut(&reading->target->flash.sectors, areas[i].area);
	}
	return err;
}

static enum ota_err check_mcuboot_keys(const struct reading *reading)
{
	const struct ota_flash_layout *layout = &reading->target->layout;
	bool one_slot =
		layout->mode == OTA_MODE_SINGLE_SLOT || layout->mode == OTA_MODE_FIRMWARE_LOADER;

	if (layout->mode == 0)
		return fail_missing(reading, AT_MCUBOOT, "mcuboot.mode");
	if (layout->max_align == 0)
		return fail_missing(reading, AT_MCUBOOT, "mcuboot.max-align");
	if (layout->max_sectors == 0)
		return fail_missing(reading, AT_MCUBOOT, "mcuboot.max-sectors");
	if (reading->target->primary.len == 0)
		return fail_missing(reading, AT_MCUBOOT, "mcuboot.primary");
	if (reading->target->secondary.len == 0 && !one_slot)
		return fail_missing(reading, AT_MCUBOOT, "mcuboot.secondary");
	if (reading->target->scratch.len == 0 && layout->mode == OTA_MODE_SWAP_SCRATCH)
		return fail_missing(reading, AT_MCUBOOT, "mcuboot.scratch");
	return OTA_OK;
}

/* Only modes that do not swap can have more than 32; libota/flash_layout.c says why. 0: not given.
 */
static enum ota_err check_max_align(const struct reading *reading)
{
	uint32_t align = reading->target->layout.max_align;
	enum ota_mode mode = reading->target->layout.mode;
	bool swap = mode == 0 || mode == OTA_MODE_SWAP_SCRATCH || mode == OTA_MODE_SWAP_MOVE ||
		    mode == OTA_MODE_SWAP_OFFSET;
	bool power = align >= OTA_TRAILER_ALIGN_MIN && (align & (align - 1)) == 0;

	if (align == 0 || (power && align <= (swap ? OTA_TRAILER_ALIGN_MAX : 32768U)))
		return OTA_OK;
	return ota_yaml_fail_at(reading->yaml, reading->line[AT_MAX_ALIGN], "mcuboot.max-align",
				"%" PRIu32 " is not one of 8, 16, 32%s", align,
				swap ? "" : ", or a higher power of two up to 32768");
}

static enum ota_err check_mcuboot(const struct reading *reading)
{
	struct ota_target *target = reading->target;
	struct ota_diag why = {.err = OTA_OK};
	struct ota_flash_limits limits;
	enum ota_err err;

	if (!target->has_mcuboot)
		return OTA_OK;
	err = check_max_align(reading);
	if (err == OTA_OK)
		err = check_mcuboot_keys(reading);
	if (err == OTA_OK)
		err = check_areas(reading);
	target->layout.write_size = target->flash.write;
	if (err == OTA_OK && ota_flash_limits(&target->layout, &limits, &why) != OTA_OK)
		err = ota_yaml_fail_at(reading->yaml, reading->line[AT_MCUBOOT], "mcuboot", "%s",
				       why.text);
	return err;
}

/* -- entry points ------------------------------------------------------------------------------ */

static enum ota_err parse(const char *name, struct ota_span yaml, unsigned depth,
			  struct ota_target *target, struct ota_diag *diag);

static enum ota_err load_builtin(const char *name, unsigned depth, struct ota_target *target,
				 struct ota_diag *diag)
{
	const char *names[128];
	const char *text = ota_target_builtin_text(name);
	const char *nearest;
	size_t n = 0;

	if (text)
		return parse(name, ota_span_of(text, strlen(text)), depth, target, diag);
	while (n < COUNT(names) && ota_target_builtin_name(n)) {
		names[n] = ota_target_builtin_name(n);
		n++;
	}
	nearest = ota_nearest(name, names, n);
	(void)ota_fail(diag, OTA_E_ABSENT, "\"%.60s\" is not a built-in profile", name);
	if (nearest)
		ota_hint(diag, "did you mean %s?", nearest);
	else
		ota_hint(diag, "otatool targets lists them");
	return OTA_E_ABSENT;
}

/* Fills the target with the base's facts, for the keys of this text to win over. */
static enum ota_err load_base(struct reading *reading, const struct ota_yaml_value *root)
{
	struct ota_target *target = reading->target;
	struct ota_diag why = {.err = OTA_OK};
	struct ota_yaml_value base;
	char name[sizeof(target->base)]; /* loading it clears the target */
	enum ota_err err;

	if (!ota_yaml_get(root, "base", &base))
		return OTA_OK;
	for (unsigned i = 0; i < N_PLACES; i++)
		reading->line[i] = ota_yaml_line(&base);
	if (reading->depth >= BASES_MAX)
		return ota_yaml_fail(&base, "is one base more than the %d that can be", BASES_MAX);
	err = read_name_into(&base, name, sizeof(name));
	if (err != OTA_OK)
		return err;
	err = load_builtin(name, reading->depth + 1, target, &why);
	if (err != OTA_OK) {
		(void)ota_yaml_fail_at(base.yaml, ota_yaml_line(&base), base.path, "%s", why.text);
		ota_hint(base.yaml->diag, "%s", why.hint);
		return OTA_E_MALFORMED;
	}
	target->name[0] = '\0';
	return OTA_OK;
}

static enum ota_err read_document(struct reading *reading, struct ota_yaml_value root)
{
	struct ota_target *target = reading->target;
	enum ota_err err = load_base(reading, &root);

	if (err == OTA_OK)
		err = ota_yaml_map(&root, root_fields, COUNT(root_fields), reading);
	if (err == OTA_OK && target->name[0] == '\0')
		err = ota_yaml_fail_at(reading->yaml, 1, "name", "missing");
	if (err == OTA_OK)
		err = check_chip(reading);
	if (err == OTA_OK)
		err = check_updater(reading);
	if (err == OTA_OK)
		err = check_mcuboot(reading);
	return err;
}

static enum ota_err parse(const char *name, struct ota_span text, unsigned depth,
			  struct ota_target *target, struct ota_diag *diag)
{
	struct reading reading = {.target = target, .depth = depth};
	struct ota_yaml yaml;
	enum ota_err err;

	*target = (struct ota_target){.flash = {.erased = 0xff}};
	for (unsigned i = 0; i < N_PLACES; i++)
		reading.line[i] = 1;
	err = ota_yaml_open(name, text, &yaml, diag);
	reading.yaml = &yaml;
	if (err == OTA_OK)
		err = read_document(&reading, ota_yaml_root(&yaml));
	ota_yaml_close(&yaml);
	return err;
}

enum ota_err ota_target_parse(const char *name, struct ota_span yaml, struct ota_target *target,
			      struct ota_diag *diag)
{
	return parse(name, yaml, 0, target, diag);
}

enum ota_err ota_target_builtin(const char *name, struct ota_target *target, struct ota_diag *diag)
{
	return load_builtin(name, 0, target, diag);
}

const char *ota_target_builtin_name(size_t index)
{
	for (size_t i = 0; i <= index; i++) {
		if (!ota_builtin_targets[i].name)
			return NULL;
	}
	return ota_builtin_targets[index].name;
}

const char *ota_target_builtin_text(const char *name)
{
	for (size_t i = 0; ota_builtin_targets[i].name; i++) {
		if (strcmp(ota_builtin_targets[i].name, name) == 0)
			return ota_builtin_targets[i].text;
	}
	return NULL;
}
