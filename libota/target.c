// SPDX-License-Identifier: Apache-2.0
/*
 * Device profiles: the document, what it builds on, and the ones compiled in. What the keys of its
 * mappings mean is in target_*.c; how YAML is read is yaml_reader.c's matter.
 */
#include <inttypes.h>
#include <stdio.h>

#include <ota/file.h>
#include <ota/nearest.h>
#include <ota/number.h>

#include "target_read.h"
#include "targets_builtin.h"

#define PATH_ROOM 4096

/* -- words and areas for the readers of mappings ----------------------------------------------- */

void ota_reading_note(struct ota_reading *reading, enum ota_reading_place place,
		      const struct ota_yaml_value *value)
{
	reading->line[place] = ota_yaml_line(value);
}

enum ota_err ota_reading_name(const struct ota_yaml_value *value, char *name, size_t cap)
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

bool ota_reading_split(struct ota_span text, char separator, struct ota_span *head,
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

bool ota_reading_take_area(struct ota_span text, struct ota_area *area)
{
	static const char word[] = "external:";
	struct ota_span at_text, len_text;
	uint64_t at = 0;
	uint64_t len = 0;
	bool external = text.len > strlen(word) && memcmp(text.data, word, strlen(word)) == 0;

	if (external)
		text = ota_span_tail(text, strlen(word));
	if (!ota_reading_split(text, '+', &at_text, &len_text) ||
	    ota_size_parse(at_text, UINT32_MAX, &at) != OTA_OK ||
	    ota_size_parse(len_text, UINT32_MAX, &len) != OTA_OK || len == 0)
		return false;
	*area = (struct ota_area){.at = (uint32_t)at, .len = (uint32_t)len, .external = external};
	return true;
}

enum ota_err ota_reading_area(const struct ota_yaml_value *value, struct ota_area *area)
{
	if (ota_reading_take_area(ota_yaml_scalar(value), area))
		return OTA_OK;
	return ota_yaml_fail(value, "is not ADDRESS+SIZE, like 0x8000+448K");
}

enum ota_err ota_reading_fail(const struct ota_yaml_value *value, const struct ota_diag *why)
{
	struct ota_diag *diag = value->yaml->diag;

	if (why->err == OTA_E_MEMORY)
		return ota_fail(diag, OTA_E_MEMORY, "%s", why->text);
	(void)ota_yaml_fail_at(value->yaml, ota_yaml_line(value), value->path, "%s", why->text);
	if (why->hint[0])
		ota_hint(diag, "%s", why->hint);
	return OTA_E_MALFORMED;
}

/* -- the document ------------------------------------------------------------------------------ */

static struct ota_target *target_of(void *into)
{
	return ((struct ota_reading *)into)->target;
}

static enum ota_err read_name(const struct ota_yaml_value *value, void *into)
{
	struct ota_target *target = target_of(into);

	return ota_reading_name(value, target->name, sizeof(target->name));
}

/* The base has been read before anything else; only the text is kept here. */
static enum ota_err read_base(const struct ota_yaml_value *value, void *into)
{
	struct ota_target *target = target_of(into);

	return ota_yaml_text(value, target->base, sizeof(target->base));
}

static enum ota_err read_part(const struct ota_yaml_value *value, void *into)
{
	struct ota_target *target = target_of(into);

	return ota_yaml_text(value, target->part, sizeof(target->part));
}

static enum ota_err read_core(const struct ota_yaml_value *value, void *into)
{
	struct ota_target *target = target_of(into);

	return ota_yaml_text(value, target->core, sizeof(target->core));
}

static enum ota_err read_notes(const struct ota_yaml_value *value, void *into)
{
	struct ota_target *target = target_of(into);

	return ota_yaml_text(value, target->notes, sizeof(target->notes));
}

static enum ota_err read_ram(const struct ota_yaml_value *value, void *into)
{
	return ota_yaml_size(value, 1, UINT32_MAX, &target_of(into)->ram);
}

static const struct ota_yaml_field root_fields[] = {
	{"name", read_name},
	{"base", read_base},
	{"part", read_part},
	{"core", read_core},
	{"notes", read_notes},
	{"flash", ota_reading_flash},
	{"external-flash", ota_reading_external},
	{"ram", read_ram},
	{"updater", ota_reading_updater},
	{"links", ota_reading_links},
	{"mcuboot", ota_reading_mcuboot},
};

/* -- what a profile builds on ------------------------------------------------------------------ */

static enum ota_err parse(struct ota_reading *reading, struct ota_span text, struct ota_diag *diag);

static enum ota_err fail_no_builtin(const char *name, struct ota_diag *diag)
{
	const char *names[128];
	const char *nearest;
	size_t n = 0;

	while (n < OTA_COUNT(names) && ota_target_builtin_name(n)) {
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

static enum ota_err load_builtin(struct ota_reading *reading, struct ota_diag *diag)
{
	const char *text = ota_target_builtin_text(reading->name);

	if (!text)
		return fail_no_builtin(reading->name, diag);
	return parse(reading, ota_span_of(text, strlen(text)), diag);
}

/* Messages of the file that is read then carry its own name; those of opening it do not. */
static enum ota_err load_file(struct ota_reading *reading, struct ota_diag *diag)
{
	struct ota_buf text = ota_buf_init(OTA_YAML_TEXT_MAX);
	struct ota_diag why = {.err = OTA_OK};
	enum ota_err err = ota_file_read(reading->name, &text, &why);

	if (err != OTA_OK)
		err = ota_fail(diag, err, "%s: %s", reading->name, why.text);
	else
		err = parse(reading, ota_buf_span(&text), diag);
	ota_buf_free(&text);
	return err;
}

static bool ends_in(const char *text, const char *end)
{
	size_t len = strlen(text);

	return len > strlen(end) && strcmp(text + len - strlen(end), end) == 0;
}

static bool is_file(const char *base)
{
	return strchr(base, '/') || ends_in(base, ".yaml") || ends_in(base, ".yml");
}

/* A file's path as seen from the profile `from`; leading "./" are taken off, to tell loops. */
static enum ota_err resolve(const struct ota_yaml_value *base, const char *text, const char *from,
			    char path[PATH_ROOM])
{
	const char *slash = strrchr(from, '/');
	size_t dir = slash ? (size_t)(slash - from) + 1 : 0;
	int len;

	while (strncmp(text, "./", 2) == 0)
		text += 2;
	if (text[0] == '/')
		dir = 0;
	if (dir >= PATH_ROOM)
		return ota_yaml_fail(base, "is too far from here to be found");
	while (dir > 2 && strncmp(from, "./", 2) == 0) {
		from += 2;
		dir -= 2;
	}
	len = snprintf(path, PATH_ROOM, "%.*s%s", (int)dir, from, text);
	if (len < 0 || len >= PATH_ROOM)
		return ota_yaml_fail(base, "is too far from here to be found");
	return OTA_OK;
}

static const char *without_dot(const char *path)
{
	while (strncmp(path, "./", 2) == 0)
		path += 2;
	return path;
}

static enum ota_err check_loop(const struct ota_yaml_value *base, const struct ota_reading *reading,
			       const char *path)
{
	for (const struct ota_reading *r = reading; r; r = r->above) {
		if (strcmp(without_dot(r->name), without_dot(path)) != 0)
			continue;
		if (r == reading)
			return ota_yaml_fail(base, "is this profile itself");
		return ota_yaml_fail(base, "builds on this profile: a loop");
	}
	return OTA_OK;
}

static enum ota_err load_kept(struct ota_reading *reading, struct ota_diag *diag)
{
	const struct ota_target_bases *kept = reading->kept;

	if (reading->depth > kept->n)
		return ota_fail(diag, OTA_E_MALFORMED, "%s was not kept", reading->name);
	return parse(reading, ota_buf_span(&kept->text[reading->depth - 1]), diag);
}

/* Reads the base into the target. */
static enum ota_err load_base(const struct ota_yaml_value *base, const char *text,
			      struct ota_reading *reading)
{
	struct ota_reading below = {.target = reading->target,
				    .name = text,
				    .above = reading,
				    .depth = reading->depth + 1,
				    .keep = reading->keep,
				    .kept = reading->kept};
	struct ota_diag why = {.err = OTA_OK};
	char path[PATH_ROOM];
	enum ota_err err = OTA_OK;

	if (is_file(text)) {
		below.name = path;
		err = resolve(base, text, reading->name, path);
		if (err == OTA_OK)
			err = check_loop(base, reading, path);
		if (err != OTA_OK)
			return err;
	}
	if (below.kept)
		err = load_kept(&below, &why);
	else
		err = is_file(text) ? load_file(&below, &why) : load_builtin(&below, &why);
	reading->n_below = below.n_below + 1;
	return err == OTA_OK ? OTA_OK : ota_reading_fail(base, &why);
}

/* What is not given in this text is blamed on this line of it. */
static void set_lines(struct ota_reading *reading, size_t line)
{
	for (unsigned i = 0; i < OTA_READING_PLACES; i++)
		reading->line[i] = line;
	for (unsigned i = 0; i < OTA_TARGET_IMAGES_MAX; i++)
		reading->primary_line[i] = reading->secondary_line[i] = line;
}

/* Fills the target with the base's facts, for the keys of this text to win over. */
static enum ota_err read_on_base(struct ota_reading *reading, const struct ota_yaml_value *root)
{
	struct ota_target *target = reading->target;
	struct ota_yaml_value base;
	char text[sizeof(target->base)]; /* loading it clears the target */
	enum ota_err err;

	if (!ota_yaml_get(root, "base", &base))
		return OTA_OK;
	set_lines(reading, ota_yaml_line(&base));
	if (reading->depth >= OTA_TARGET_BASES_MAX)
		return ota_yaml_fail(&base, "is one base more than the %d that can be",
				     OTA_TARGET_BASES_MAX);
	err = ota_yaml_text(&base, text, sizeof(text));
	if (err == OTA_OK && !is_file(text))
		err = ota_reading_name(&base, text, sizeof(text));
	if (err == OTA_OK)
		err = load_base(&base, text, reading);
	target->name[0] = '\0';
	return err;
}

static enum ota_err read_document(struct ota_reading *reading, struct ota_yaml_value root)
{
	enum ota_err err = read_on_base(reading, &root);

	if (err == OTA_OK)
		err = ota_yaml_map(&root, root_fields, OTA_COUNT(root_fields), reading);
	if (err == OTA_OK && reading->target->name[0] == '\0')
		err = ota_yaml_fail_at(&reading->yaml, 1, "name", "missing");
	return err == OTA_OK ? ota_reading_check(reading) : err;
}

/* The profile's own text is the caller's. */
static enum ota_err keep_text(const struct ota_reading *reading, struct ota_span text,
			      struct ota_diag *diag)
{
	struct ota_target_bases *keep = reading->keep;

	if (!keep || reading->depth == 0)
		return OTA_OK;
	keep->n = reading->depth;
	keep->text[keep->n - 1] = ota_buf_init(OTA_YAML_TEXT_MAX);
	return ota_buf_append(&keep->text[keep->n - 1], text, diag);
}

static enum ota_err parse(struct ota_reading *reading, struct ota_span text, struct ota_diag *diag)
{
	enum ota_err err = keep_text(reading, text, diag);

	if (err != OTA_OK)
		return err;
	*reading->target =
		(struct ota_target){.flash = {.erased = 0xff}, .external = {.erased = 0xff}};
	set_lines(reading, 1);
	err = ota_yaml_open(reading->name, text, &reading->yaml, diag);
	if (err == OTA_OK)
		err = read_document(reading, ota_yaml_root(&reading->yaml));
	ota_yaml_close(&reading->yaml);
	return err;
}

/* -- entry points ------------------------------------------------------------------------------ */

enum ota_err ota_target_parse(const char *name, struct ota_span yaml, struct ota_target *target,
			      struct ota_diag *diag)
{
	struct ota_reading reading = {.target = target, .name = name};

	return parse(&reading, yaml, diag);
}

enum ota_err ota_target_parse_and_keep(const char *name, struct ota_span yaml,
				       struct ota_target *target, struct ota_target_bases *bases,
				       struct ota_diag *diag)
{
	struct ota_reading reading = {.target = target, .name = name, .keep = bases};

	*bases = (struct ota_target_bases){.n = 0};
	return parse(&reading, yaml, diag);
}

enum ota_err ota_target_parse_kept(const char *name, struct ota_span yaml,
				   const struct ota_target_bases *bases, struct ota_target *target,
				   struct ota_diag *diag)
{
	struct ota_reading reading = {.target = target, .name = name, .kept = bases};
	enum ota_err err = parse(&reading, yaml, diag);

	if (err == OTA_OK && reading.n_below != bases->n)
		err = ota_fail(diag, OTA_E_MALFORMED,
			       "%s: profiles that it builds on: %u, kept: %u", name,
			       reading.n_below, bases->n);
	return err;
}

void ota_target_bases_free(struct ota_target_bases *bases)
{
	for (unsigned i = 0; i < bases->n; i++)
		ota_buf_free(&bases->text[i]);
	*bases = (struct ota_target_bases){.n = 0};
}

enum ota_err ota_target_builtin(const char *name, struct ota_target *target, struct ota_diag *diag)
{
	struct ota_reading reading = {.target = target, .name = name};

	return load_builtin(&reading, diag);
}

static enum ota_err fail_no_image(const struct ota_target *target, unsigned index,
				  struct ota_diag *diag)
{
	if (target->n_images == 0)
		return ota_fail(diag, OTA_E_USAGE, "%s has no image %u: it is a chip's profile",
				target->name, index);
	if (target->n_images == 1)
		return ota_fail(diag, OTA_E_USAGE, "%s has no image %u: image 0 is the only one",
				target->name, index);
	return ota_fail(diag, OTA_E_USAGE, "%s has no image %u: its images are 0 to %u",
			target->name, index, target->n_images - 1);
}

enum ota_err ota_target_select(struct ota_target *target, unsigned index, struct ota_diag *diag)
{
	const struct ota_target_image *image;
	uint32_t write, scratch;

	if (index >= target->n_images)
		return fail_no_image(target, index, diag);
	image = &target->image[index];
	target->selected = index;
	target->primary = image->primary;
	target->secondary = image->secondary;
	target->layout.primary = image->primary_sectors;
	target->layout.secondary = image->secondary_sectors;
	/* boot_write_sz, MCUboot 2d4bacc3c15e, boot/bootutil/src/bootutil_misc.c:613-634 */
	write = image->primary.external ? target->external.write : target->flash.write;
	scratch = target->scratch.external ? target->external.write : target->flash.write;
	if (target->layout.mode == OTA_MODE_SWAP_SCRATCH && scratch > write)
		write = scratch;
	target->layout.write_size = write;
	return OTA_OK;
}

const struct ota_flash *ota_area_flash(const struct ota_target *target, const struct ota_area *area)
{
	return area->external ? &target->external : &target->flash;
}

const struct ota_decoder *ota_target_decoder(const struct ota_target *target, const char *format)
{
	for (unsigned i = 0; i < target->n_decoders; i++) {
		if (strcmp(target->decoder[i].format, format) == 0)
			return &target->decoder[i];
	}
	return NULL;
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
