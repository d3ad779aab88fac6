// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include <ota/nearest.h>
#include <ota/number.h>

#include "yaml_reader.h"

#define DEPTH_MAX 8
#define SHOWN_MAX 48 /* characters of a value in a message */

/* -- words for failures ------------------------------------------------------------------------ */

static enum ota_err fail_words(const struct ota_yaml *yaml, size_t line, const char *path,
			       const char *words)
{
	return ota_fail(yaml->diag, OTA_E_MALFORMED, "%s:%zu: %s%s%s", yaml->file, line, path,
			path[0] ? ": " : "", words);
}

enum ota_err ota_yaml_fail_at(const struct ota_yaml *yaml, size_t line, const char *path,
			      const char *format, ...)
{
	char words[256];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(words, sizeof(words), format, args);
	va_end(args);
	return fail_words(yaml, line, path, words);
}

/* Bytes of a file in a message: one line, plain letters, not too long. */
static void show_bytes(struct ota_span bytes, char shown[SHOWN_MAX + 4])
{
	size_t n = bytes.len < SHOWN_MAX ? bytes.len : SHOWN_MAX;

	memcpy(shown, bytes.len > 0 ? (const char *)bytes.data : "", n);
	for (size_t i = 0; i < n; i++) {
		if (bytes.data[i] < 0x20 || bytes.data[i] >= 0x7f)
			shown[i] = '?';
	}
	memcpy(shown + n, bytes.len > n ? "..." : "", bytes.len > n ? 4 : 1);
}

static void show_value(const struct ota_yaml_value *value, char shown[SHOWN_MAX + 4])
{
	struct ota_span scalar = ota_yaml_scalar(value);

	if (value->node->type == YAML_MAPPING_NODE)
		show_bytes(ota_span_of("a mapping", 9), shown);
	else if (value->node->type == YAML_SEQUENCE_NODE)
		show_bytes(ota_span_of("a list", 6), shown);
	else if (scalar.len == 0)
		show_bytes(ota_span_of("an empty value", 14), shown);
	else
		show_bytes(scalar, shown);
}

enum ota_err ota_yaml_fail(const struct ota_yaml_value *value, const char *format, ...)
{
	char shown[SHOWN_MAX + 4];
	char words[256];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(words, sizeof(words), format, args);
	va_end(args);
	show_value(value, shown);
	return ota_yaml_fail_at(value->yaml, ota_yaml_line(value), value->path, "%s %s", shown,
				words);
}

/* -- opening ----------------------------------------------------------------------------------- */

/* libyaml tells a line, but for bytes that are no text only an offset. */
static size_t problem_line(const yaml_parser_t *parser, struct ota_span text)
{
	size_t line = 1;

	if (parser->error != YAML_READER_ERROR)
		return parser->problem_mark.line + 1;
	for (size_t i = 0; i < text.len && i < parser->problem_offset; i++)
		line += text.data[i] == '\n';
	return line;
}

static enum ota_err fail_parser(const struct ota_yaml *yaml, const yaml_parser_t *parser,
				struct ota_span text)
{
	/* Where its loader copies a tag it forgets to say that it was memory. */
	if (parser->error == YAML_MEMORY_ERROR || parser->error == YAML_NO_ERROR)
		return ota_fail(yaml->diag, OTA_E_MEMORY, "%s: out of memory", yaml->file);
	return ota_yaml_fail_at(yaml, problem_line(parser, text), "", "not YAML: %s",
				parser->problem ? parser->problem : "cannot be read");
}

/* How far the look ahead has come. */
struct scan {
	unsigned depth;
	unsigned documents;
};

static enum ota_err scan_start(const struct ota_yaml *yaml, struct scan *scan, size_t line,
			       const yaml_char_t *anchor, const yaml_char_t *tag)
{
	if (anchor)
		return ota_yaml_fail_at(yaml, line, "", "anchor &%.32s: there must be none",
					(const char *)anchor);
	if (tag)
		return ota_yaml_fail_at(yaml, line, "", "tag %.32s: there must be none",
					(const char *)tag);
	if (scan->depth > DEPTH_MAX)
		return ota_yaml_fail_at(yaml, line, "", "nested deeper than %d", DEPTH_MAX);
	return OTA_OK;
}

static enum ota_err scan_event(const struct ota_yaml *yaml, const yaml_event_t *event,
			       struct scan *scan)
{
	size_t line = event->start_mark.line + 1;

	switch (event->type) {
	case YAML_ALIAS_EVENT:
		return ota_yaml_fail_at(yaml, line, "", "alias *%.32s: there must be none",
					(const char *)event->data.alias.anchor);
	case YAML_SCALAR_EVENT:
		return scan_start(yaml, scan, line, event->data.scalar.anchor,
				  event->data.scalar.tag);
	case YAML_SEQUENCE_START_EVENT:
		scan->depth++;
		return scan_start(yaml, scan, line, event->data.sequence_start.anchor,
				  event->data.sequence_start.tag);
	case YAML_MAPPING_START_EVENT:
		scan->depth++;
		return scan_start(yaml, scan, line, event->data.mapping_start.anchor,
				  event->data.mapping_start.tag);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		scan->depth--;
		return OTA_OK;
	case YAML_DOCUMENT_START_EVENT:
		if (++scan->documents > 1)
			return ota_yaml_fail_at(yaml, line, "", "a second document starts here");
		return OTA_OK;
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
	case YAML_DOCUMENT_END_EVENT:
		break;
	}
	return OTA_OK;
}

/*
 * Looks through the events before a document is built from them: it has lost anchors and aliases by
 * then, and nesting is cheapest refused where it begins.
 */
static enum ota_err scan_text(const struct ota_yaml *yaml, struct ota_span text)
{
	struct scan scan = {.depth = 0};
	enum ota_err err = OTA_OK;
	bool at_end = false;
	yaml_parser_t parser;

	if (!yaml_parser_initialize(&parser))
		return ota_fail(yaml->diag, OTA_E_MEMORY, "%s: out of memory", yaml->file);
	yaml_parser_set_input_string(&parser, text.data, text.len);
	while (err == OTA_OK && !at_end) {
		yaml_event_t event;

		if (!yaml_parser_parse(&parser, &event)) {
			err = fail_parser(yaml, &parser, text);
			break;
		}
		err = scan_event(yaml, &event, &scan);
		at_end = event.type == YAML_STREAM_END_EVENT;
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
	return err;
}

static enum ota_err load(struct ota_yaml *yaml, struct ota_span text)
{
	enum ota_err err = OTA_OK;
	yaml_parser_t parser;

	if (!yaml_parser_initialize(&parser))
		return ota_fail(yaml->diag, OTA_E_MEMORY, "%s: out of memory", yaml->file);
	yaml_parser_set_input_string(&parser, text.data, text.len);
	if (yaml_parser_load(&parser, &yaml->document))
		yaml->loaded = true;
	else
		err = fail_parser(yaml, &parser, text);
	yaml_parser_delete(&parser);
	return err;
}

enum ota_err ota_yaml_open(const char *file, struct ota_span text, struct ota_yaml *yaml,
			   struct ota_diag *diag)
{
	/* libyaml asserts a pointer, even for no bytes. */
	struct ota_span input = text.len > 0 ? text : ota_span_of("", 0);
	enum ota_err err;

	*yaml = (struct ota_yaml){.file = file, .diag = diag};
	if (text.len > OTA_YAML_TEXT_MAX)
		return ota_fail(diag, OTA_E_MALFORMED, "%s: is %zu bytes, at most %u are read",
				file, text.len, OTA_YAML_TEXT_MAX);
	err = scan_text(yaml, input);
	if (err == OTA_OK)
		err = load(yaml, input);
	if (err == OTA_OK && !yaml_document_get_root_node(&yaml->document))
		err = ota_yaml_fail_at(yaml, 1, "", "there is nothing in it");
	return err;
}

void ota_yaml_close(struct ota_yaml *yaml)
{
	if (yaml->loaded)
		yaml_document_delete(&yaml->document);
	yaml->loaded = false;
}

/* -- reading ----------------------------------------------------------------------------------- */

struct ota_yaml_value ota_yaml_root(struct ota_yaml *yaml)
{
	return (struct ota_yaml_value){.yaml = yaml,
				       .node = yaml_document_get_root_node(&yaml->document)};
}

size_t ota_yaml_line(const struct ota_yaml_value *value)
{
	return value->node->start_mark.line + 1;
}

struct ota_span ota_yaml_scalar(const struct ota_yaml_value *value)
{
	if (value->node->type != YAML_SCALAR_NODE)
		return ota_span_of(NULL, 0);
	return ota_span_of(value->node->data.scalar.value, value->node->data.scalar.length);
}

static bool scalar_is(const struct ota_yaml_value *value, const char *word)
{
	return ota_span_equal(ota_yaml_scalar(value), ota_span_of(word, strlen(word)));
}

static struct ota_yaml_value at_index(const struct ota_yaml_value *parent, int index)
{
	struct ota_yaml_value value = *parent;

	value.node = yaml_document_get_node(&parent->yaml->document, index);
	return value;
}

/* The value of a pair; its path is the parent's and the key. */
static struct ota_yaml_value value_of(const struct ota_yaml_value *parent,
				      const yaml_node_pair_t *pair)
{
	struct ota_yaml_value key = at_index(parent, pair->key);
	struct ota_yaml_value value = at_index(parent, pair->value);
	char shown[SHOWN_MAX + 4];

	show_value(&key, shown);
	(void)snprintf(value.path, sizeof(value.path), "%.40s%s%.20s", parent->path,
		       parent->path[0] ? "." : "", shown);
	return value;
}

static size_t n_pairs(const struct ota_yaml_value *map)
{
	return (size_t)(map->node->data.mapping.pairs.top - map->node->data.mapping.pairs.start);
}

static const yaml_node_pair_t *pair_at(const struct ota_yaml_value *map, size_t i)
{
	return &map->node->data.mapping.pairs.start[i];
}

static enum ota_err need_mapping(const struct ota_yaml_value *value)
{
	if (value->node->type == YAML_MAPPING_NODE)
		return OTA_OK;
	return ota_yaml_fail(value, "is not a mapping (key: value)");
}

bool ota_yaml_get(const struct ota_yaml_value *value, const char *key, struct ota_yaml_value *found)
{
	if (value->node->type != YAML_MAPPING_NODE)
		return false;
	for (size_t i = 0; i < n_pairs(value); i++) {
		const yaml_node_pair_t *pair = pair_at(value, i);
		struct ota_yaml_value name = at_index(value, pair->key);

		if (scalar_is(&name, key)) {
			*found = value_of(value, pair);
			return true;
		}
	}
	return false;
}

static enum ota_err fail_unknown(const struct ota_yaml_value *key,
				 const struct ota_yaml_value *value,
				 const struct ota_yaml_field *fields, size_t n)
{
	const char *names[OTA_YAML_FIELDS_MAX];
	char word[SHOWN_MAX + 4];
	const char *nearest;

	show_bytes(ota_yaml_scalar(key), word);
	for (size_t i = 0; i < n; i++)
		names[i] = fields[i].key;
	nearest = ota_nearest(word, names, n);
	return ota_yaml_fail_at(value->yaml, ota_yaml_line(key), value->path, "unknown key%s%s%s",
				nearest ? ", did you mean " : "", nearest ? nearest : "",
				nearest ? "?" : "");
}

enum ota_err ota_yaml_map(const struct ota_yaml_value *value, const struct ota_yaml_field *fields,
			  size_t n, void *into)
{
	size_t first_line[OTA_YAML_FIELDS_MAX] = {0};
	enum ota_err err = need_mapping(value);

	for (size_t i = 0; err == OTA_OK && i < n_pairs(value); i++) {
		const yaml_node_pair_t *pair = pair_at(value, i);
		struct ota_yaml_value key = at_index(value, pair->key);
		struct ota_yaml_value item = value_of(value, pair);
		size_t k = 0;

		while (k < n && !scalar_is(&key, fields[k].key))
			k++;
		if (k == n)
			return fail_unknown(&key, &item, fields, n);
		if (first_line[k])
			return ota_yaml_fail_at(value->yaml, ota_yaml_line(&key), item.path,
						"given twice, first in line %zu", first_line[k]);
		first_line[k] = ota_yaml_line(&key);
		err = fields[k].read(&item, into);
	}
	return err;
}

bool ota_yaml_is_empty_list(const struct ota_yaml_value *value)
{
	return value->node->type == YAML_SEQUENCE_NODE &&
	       value->node->data.sequence.items.start == value->node->data.sequence.items.top;
}

enum ota_err ota_yaml_list(const struct ota_yaml_value *value, size_t max,
			   enum ota_err (*read)(const struct ota_yaml_value *value, void *into),
			   void *into)
{
	enum ota_err err = OTA_OK;
	size_t n;

	if (value->node->type != YAML_SEQUENCE_NODE)
		return ota_yaml_fail(value, "is not a list in [ ]");
	n = (size_t)(value->node->data.sequence.items.top - value->node->data.sequence.items.start);
	if (n == 0 || n > max)
		return ota_yaml_fail(value, "of %zu items, from 1 to %zu are possible", n, max);
	for (size_t i = 0; err == OTA_OK && i < n; i++) {
		struct ota_yaml_value item =
			at_index(value, value->node->data.sequence.items.start[i]);

		(void)snprintf(item.path, sizeof(item.path), "%.40s[%zu]", value->path, i);
		err = read(&item, into);
	}
	return err;
}

enum ota_err ota_yaml_pairs(const struct ota_yaml_value *value, size_t max,
			    enum ota_err (*read)(const struct ota_yaml_value *key,
						 const struct ota_yaml_value *value, void *into),
			    void *into)
{
	enum ota_err err = need_mapping(value);

	if (err == OTA_OK && n_pairs(value) > max)
		return ota_yaml_fail(value, "of %zu pairs, at most %zu are possible",
				     n_pairs(value), max);
	for (size_t i = 0; err == OTA_OK && i < n_pairs(value); i++) {
		const yaml_node_pair_t *pair = pair_at(value, i);
		struct ota_yaml_value key = at_index(value, pair->key);
		struct ota_yaml_value item = value_of(value, pair);

		err = read(&key, &item, into);
	}
	return err;
}

enum ota_err ota_yaml_number(const struct ota_yaml_value *value, uint32_t min, uint32_t max,
			     uint32_t *number)
{
	uint64_t wide = 0;

	if (ota_number_parse(ota_yaml_scalar(value), max, &wide) != OTA_OK || wide < min)
		return ota_yaml_fail(value, "is not a number from %" PRIu32 " to %" PRIu32, min,
				     max);
	*number = (uint32_t)wide;
	return OTA_OK;
}

enum ota_err ota_yaml_size(const struct ota_yaml_value *value, uint32_t min, uint32_t max,
			   uint32_t *size)
{
	uint64_t wide = 0;

	if (ota_size_parse(ota_yaml_scalar(value), max, &wide) != OTA_OK || wide < min)
		return ota_yaml_fail(value,
				     "is not a size from %" PRIu32 " to %" PRIu32
				     " bytes, like 4096, 0x1000 or 128K",
				     min, max);
	*size = (uint32_t)wide;
	return OTA_OK;
}

enum ota_err ota_yaml_bool(const struct ota_yaml_value *value, bool *flag)
{
	*flag = scalar_is(value, "true");
	if (!*flag && !scalar_is(value, "false"))
		return ota_yaml_fail(value, "is not true or false");
	return OTA_OK;
}

enum ota_err ota_yaml_text(const struct ota_yaml_value *value, char *text, size_t cap)
{
	struct ota_span scalar = ota_yaml_scalar(value);

	if (scalar.len == 0)
		return ota_yaml_fail(value, "is not text");
	if (scalar.len >= cap)
		return ota_yaml_fail(value, "is %zu bytes, at most %zu are possible", scalar.len,
				     cap - 1);
	for (size_t i = 0; i < scalar.len; i++) {
		if (scalar.data[i] < 0x20 || scalar.data[i] == 0x7f)
			return ota_yaml_fail(value, "is not one line of printable text");
	}
	memcpy(text, scalar.data, scalar.len);
	text[scalar.len] = '\0';
	return OTA_OK;
}

enum ota_err ota_yaml_word(const struct ota_yaml_value *value, const char *const *words, size_t n,
			   size_t *index)
{
	char list[192] = "";

	for (size_t i = 0; i < n; i++) {
		if (scalar_is(value, words[i])) {
			*index = i;
			return OTA_OK;
		}
	}
	for (size_t i = 0; i < n; i++)
		ota_list_add(list, sizeof(list), words[i]);
	return ota_yaml_fail(value, "is not one of %s", list);
}
