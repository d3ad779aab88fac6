// SPDX-License-Identifier: Apache-2.0
/* Device profiles: what the updater may use, and how updates travel to it. */
#include <stdio.h>

#include <ota/delta.h>
#include <ota/in_place.h>
#include <ota/number.h>

#include "target_read.h"

/* -- memory ------------------------------------------------------------------------------------ */

static struct ota_target *target_of(void *into)
{
	return ((struct ota_reading *)into)->target;
}

static enum ota_err read_ram(const struct ota_yaml_value *value, void *into)
{
	ota_reading_note((struct ota_reading *)into, OTA_AT_UPDATER_RAM, value);
	return ota_yaml_size(value, 1, UINT32_MAX, &target_of(into)->updater_ram);
}

static enum ota_err read_stack(const struct ota_yaml_value *value, void *into)
{
	ota_reading_note((struct ota_reading *)into, OTA_AT_UPDATER_STACK, value);
	return ota_yaml_size(value, 0, UINT32_MAX, &target_of(into)->updater_stack);
}

/* "mapped": at an address; "read": through a flash driver. */
static enum ota_err read_old(const struct ota_yaml_value *value, void *into)
{
	static const char *const words[] = {"read", "mapped"};
	size_t index = 0;
	enum ota_err err = ota_yaml_word(value, words, OTA_COUNT(words), &index);

	target_of(into)->old_mapped = index == 1;
	return err;
}

static bool word_is(struct ota_span text, const char *word)
{
	return ota_span_equal(text, ota_span_of(word, strlen(word)));
}

static enum ota_err read_patch(const struct ota_yaml_value *value, void *into)
{
	struct ota_reading *reading = (struct ota_reading *)into;
	struct ota_target *target = reading->target;
	struct ota_span text = ota_yaml_scalar(value);

	ota_reading_note(reading, OTA_AT_PATCH, value);
	target->has_patch_place = true;
	target->patch_area = (struct ota_area){.len = 0};
	target->patch_place = OTA_PATCH_AREA;
	if (word_is(text, "streamed"))
		target->patch_place = OTA_PATCH_STREAMED;
	else if (word_is(text, "secondary"))
		target->patch_place = OTA_PATCH_SECONDARY;
	else if (!ota_reading_take_area(text, &target->patch_area))
		return ota_yaml_fail(value, "is not streamed, secondary or ADDRESS+SIZE, like "
					    "0xe0000+64K or external:0x0+64K");
	return OTA_OK;
}

/* -- in place, and what outlives a reset ------------------------------------------------------- */

static enum ota_err read_in_place(const struct ota_yaml_value *value, void *into)
{
	ota_reading_note((struct ota_reading *)into, OTA_AT_IN_PLACE, value);
	return ota_yaml_bool(value, &target_of(into)->in_place);
}

static enum ota_err read_block(const struct ota_yaml_value *value, void *into)
{
	uint64_t block = 0;

	if (ota_size_parse(ota_yaml_scalar(value), OTA_DELTA_BLOCK_MAX, &block) != OTA_OK ||
	    block < OTA_DELTA_BLOCK_MIN || !ota_is_power_of_two((uint32_t)block))
		return ota_yaml_fail(value, "is not a power of two from %u to %u",
				     OTA_DELTA_BLOCK_MIN, OTA_DELTA_BLOCK_MAX);
	target_of(into)->in_place_block = (uint32_t)block;
	return OTA_OK;
}

static enum ota_err read_journal(const struct ota_yaml_value *value, void *into)
{
	ota_reading_note((struct ota_reading *)into, OTA_AT_JOURNAL, value);
	return ota_reading_area(value, &target_of(into)->journal);
}

static enum ota_err read_checkpoint_every(const struct ota_yaml_value *value, void *into)
{
	return ota_yaml_number(value, 1, OTA_CHECKPOINT_EVERY_MAX,
			       &target_of(into)->checkpoint_every);
}

/* -- decoders ---------------------------------------------------------------------------------- */

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

	return read_word_into(value, words, OTA_COUNT(words), decoder->format,
			      sizeof(decoder->format));
}

static enum ota_err read_tier(const struct ota_yaml_value *value, void *into)
{
	static const char *const words[] = {"nano", "xs", "m"};
	struct ota_decoder *decoder = (struct ota_decoder *)into;

	return read_word_into(value, words, OTA_COUNT(words), decoder->tier, sizeof(decoder->tier));
}

static enum ota_err read_window(const struct ota_yaml_value *value, void *into)
{
	return ota_yaml_size(value, 1, UINT32_MAX, &((struct ota_decoder *)into)->window);
}

static const struct ota_yaml_field decoder_fields[] = {
	{"format", read_format},
	{"tier", read_tier},
	{"window", read_window},
};

static enum ota_err read_decoder(const struct ota_yaml_value *value, void *into)
{
	struct ota_target *target = target_of(into);
	struct ota_decoder *decoder = &target->decoder[target->n_decoders];
	enum ota_err err;

	*decoder = (struct ota_decoder){.window = 0};
	err = ota_yaml_map(value, decoder_fields, OTA_COUNT(decoder_fields), decoder);
	if (err == OTA_OK && decoder->format[0] == '\0')
		err = ota_yaml_fail(value, "has no format");
	target->n_decoders++;
	return err;
}

static enum ota_err read_decoders(const struct ota_yaml_value *value, void *into)
{
	target_of(into)->n_decoders = 0;
	if (ota_yaml_is_empty_list(value))
		return OTA_OK;
	return ota_yaml_list(value, OTA_DECODERS_MAX, read_decoder, into);
}

static const struct ota_yaml_field updater_fields[] = {
	{"ram", read_ram},
	{"stack", read_stack},
	{"old", read_old},
	{"decoders", read_decoders},
	{"patch", read_patch},
	{"in-place", read_in_place},
	{"block", read_block},
	{"journal", read_journal},
	{"checkpoint-every", read_checkpoint_every},
};

enum ota_err ota_reading_updater(const struct ota_yaml_value *value, void *into)
{
	target_of(into)->has_updater = true;
	return ota_yaml_map(value, updater_fields, OTA_COUNT(updater_fields), into);
}

/* -- links ------------------------------------------------------------------------------------- */

#define LINK_TEXT_MAX 256 /* bytes of a link in one line */

/* A link given key by key. */
struct link_reading {
	struct ota_link *link;
	const yaml_node_t *kind;
};

static enum ota_err read_link_key(const struct ota_yaml_value *key,
				  const struct ota_yaml_value *value, void *into)
{
	struct link_reading *reading = (struct link_reading *)into;
	struct ota_diag why = {.err = OTA_OK};
	char word[sizeof(value->path)];
	char text[LINK_TEXT_MAX];
	enum ota_err err = ota_yaml_text(key, word, sizeof(word));

	if (err == OTA_OK && strcmp(word, "kind") == 0)
		return value->node == reading->kind ? OTA_OK : ota_yaml_fail(key, "is given twice");
	if (err == OTA_OK)
		err = ota_yaml_text(value, text, sizeof(text));
	if (err == OTA_OK && ota_link_set(reading->link, word, text, &why) != OTA_OK)
		err = ota_reading_fail(value, &why);
	return err;
}

static enum ota_err read_link_map(const struct ota_yaml_value *value, struct ota_link *link)
{
	struct ota_diag why = {.err = OTA_OK};
	struct link_reading reading = {.link = link};
	struct ota_yaml_value kind;
	char word[sizeof(link->name)];
	enum ota_err err;

	if (!ota_yaml_get(value, "kind", &kind))
		return ota_yaml_fail(value, "has no kind");
	reading.kind = kind.node;
	err = ota_yaml_text(&kind, word, sizeof(word));
	if (err == OTA_OK && ota_link_start(word, link, &why) != OTA_OK)
		return ota_reading_fail(&kind, &why);
	if (err == OTA_OK)
		err = ota_yaml_pairs(value, OTA_LINK_KEYS + 1, read_link_key, &reading);
	if (err == OTA_OK && ota_link_finish(link, &why) != OTA_OK)
		err = ota_reading_fail(value, &why);
	return err;
}

static enum ota_err read_link_item(const struct ota_yaml_value *value, struct ota_link *link)
{
	struct ota_diag why = {.err = OTA_OK};
	char text[LINK_TEXT_MAX];
	enum ota_err err;

	if (value->node->type == YAML_MAPPING_NODE)
		return read_link_map(value, link);
	if (value->node->type != YAML_SCALAR_NODE)
		return ota_yaml_fail(value, "is not a link like {kind: ble, mtu: 247}");
	err = ota_yaml_text(value, text, sizeof(text));
	if (err == OTA_OK && ota_link_parse(text, link, &why) != OTA_OK)
		err = ota_reading_fail(value, &why);
	return err;
}

/* Reports tell links apart by their names. */
static enum ota_err read_link(const struct ota_yaml_value *value, void *into)
{
	struct ota_target *target = target_of(into);
	struct ota_link *link = &target->link[target->n_links];
	enum ota_err err;

	*link = (struct ota_link){.given = 0};
	err = read_link_item(value, link);
	for (unsigned i = 0; err == OTA_OK && i < target->n_links; i++) {
		if (strcmp(target->link[i].name, link->name) == 0)
			return ota_yaml_fail(
				value, "is called %s like links[%u]: give it a name of its own",
				link->name, i);
	}
	target->n_links++;
	return err;
}

/* An empty list takes the base's links away. */
enum ota_err ota_reading_links(const struct ota_yaml_value *value, void *into)
{
	target_of(into)->n_links = 0;
	if (ota_yaml_is_empty_list(value))
		return OTA_OK;
	return ota_yaml_list(value, OTA_LINKS_MAX, read_link, into);
}
