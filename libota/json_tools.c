// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "json_tools.h"

#define INDENT    2
#define HEX_DIGIT 16U
#define DELETE    0x7fU /* the last control character of ASCII */

/* -- writing ----------------------------------------------------------------------------------- */

static json_t *note(struct ota_json_writer *writer, json_t *made)
{
	if (!made)
		writer->failed = true;
	return made;
}

json_t *ota_json_new_object(struct ota_json_writer *writer)
{
	return note(writer, json_object());
}

json_t *ota_json_new_list(struct ota_json_writer *writer)
{
	return note(writer, json_array());
}

void ota_json_put(struct ota_json_writer *writer, json_t *object, const char *key, json_t *member)
{
	if (json_object_set_new(object, key, member) != 0)
		writer->failed = true;
}

void ota_json_append(struct ota_json_writer *writer, json_t *list, json_t *member)
{
	if (json_array_append_new(list, member) != 0)
		writer->failed = true;
}

void ota_json_put_uint(struct ota_json_writer *writer, json_t *object, const char *key,
		       uint64_t value)
{
	if (value > INT64_MAX && !writer->too_large)
		writer->too_large = key;
	ota_json_put(writer, object, key, json_integer((json_int_t)(value & INT64_MAX)));
}

void ota_json_put_bool(struct ota_json_writer *writer, json_t *object, const char *key, bool value)
{
	ota_json_put(writer, object, key, json_boolean(value));
}

void ota_json_put_hex(struct ota_json_writer *writer, json_t *object, const char *key,
		      struct ota_span bytes)
{
	static const char digits[] = "0123456789abcdef";
	char *text = malloc(2 * bytes.len + 1);

	for (size_t i = 0; text && i < bytes.len; i++) {
		text[2 * i] = digits[bytes.data[i] / HEX_DIGIT];
		text[2 * i + 1] = digits[bytes.data[i] % HEX_DIGIT];
	}
	ota_json_put(writer, object, key, text ? json_stringn(text, 2 * bytes.len) : NULL);
	free(text);
}

/* The second byte of a character of UTF-8, which must not be written longer than it need be, nor be
 * a surrogate, nor lie behind U+10FFFF: RFC 3629, section 4. */
static bool second_is_good(uint8_t first, uint8_t second)
{
	switch (first) {
	case 0xe0:
		return second >= 0xa0 && second <= 0xbf;
	case 0xed:
		return second >= 0x80 && second <= 0x9f;
	case 0xf0:
		return second >= 0x90 && second <= 0xbf;
	case 0xf4:
		return second >= 0x80 && second <= 0x8f;
	default:
		return second >= 0x80 && second <= 0xbf;
	}
}

/* Bytes of the UTF-8 character that `text` begins with; 0: it begins with none. */
static size_t character(struct ota_span text)
{
	uint8_t first = text.data[0];
	size_t len = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

	if (first < 0x80)
		return 1;
	if (first < 0xc2 || first > 0xf4 || len > text.len || !second_is_good(first, text.data[1]))
		return 0;
	for (size_t i = 2; i < len; i++) {
		if ((text.data[i] & 0xc0) != 0x80)
			return 0;
	}
	return len;
}

static bool is_control(uint8_t byte)
{
	return byte < ' ' || byte == DELETE;
}

/* The text with question marks for what may not stand in it. */
static json_t *clean(struct ota_span text, bool is_line)
{
	char *copy = malloc(text.len + 1);
	json_t *string = NULL;
	size_t at = 0;

	if (!copy)
		return NULL;
	while (at < text.len) {
		size_t len = character(ota_span_tail(text, at));

		memcpy(copy + at, text.data + at, len);
		if (len == 0 || text.data[at] == '\0' || (is_line && is_control(text.data[at])))
			copy[at] = '?';
		at += len > 0 ? len : 1;
	}
	string = json_stringn(copy, text.len);
	free(copy);
	return string;
}

void ota_json_put_line(struct ota_json_writer *writer, json_t *object, const char *key,
		       const char *text)
{
	ota_json_put(writer, object, key, clean(ota_span_of(text, strlen(text)), true));
}

void ota_json_put_text(struct ota_json_writer *writer, json_t *object, const char *key,
		       struct ota_span text)
{
	ota_json_put(writer, object, key, clean(text, false));
}

void ota_json_append_line(struct ota_json_writer *writer, json_t *list, const char *text)
{
	ota_json_append(writer, list, clean(ota_span_of(text, strlen(text)), true));
}

/* Where the dumped bytes go. */
struct dump {
	struct ota_buf *out;
	struct ota_diag *diag;
	enum ota_err err;
};

static int dump_bytes(const char *bytes, size_t len, void *context)
{
	struct dump *dump = context;

	dump->err = ota_buf_append(dump->out, ota_span_of(bytes, len), dump->diag);
	return dump->err == OTA_OK ? 0 : -1;
}

enum ota_err ota_json_finish(const struct ota_json_writer *writer, json_t *root,
			     struct ota_buf *out, struct ota_diag *diag)
{
	struct dump dump = {.out = out, .diag = diag, .err = OTA_OK};

	if (writer->too_large)
		dump.err = ota_fail(diag, OTA_E_USAGE, "%s: is over %" PRId64, writer->too_large,
				    INT64_MAX);
	else if (writer->failed || !root ||
		 (json_dump_callback(root, dump_bytes, &dump, JSON_INDENT(INDENT)) != 0 &&
		  dump.err == OTA_OK))
		dump.err = ota_fail(diag, OTA_E_MEMORY, "out of memory");
	if (dump.err == OTA_OK)
		dump.err = ota_buf_append(out, ota_span_of("\n", 1), diag);
	json_decref(root);
	return dump.err;
}

/* -- words for failures ------------------------------------------------------------------------ */

/* What a file says may be shown on a terminal: one line of plain letters. */
static void show(char *text)
{
	for (; *text; text++) {
		if (is_control((uint8_t)*text) || (uint8_t)*text > DELETE)
			*text = '?';
	}
}

void ota_json_fail(struct ota_json_at *at, const char *key, const char *format, ...)
{
	const char *dot = at->path[0] && key && key[0] != '[' ? "." : "";
	char words[256];
	va_list args;

	if (at->reader->err != OTA_OK)
		return;
	va_start(args, format);
	(void)vsnprintf(words, sizeof(words), format, args);
	va_end(args);
	show(words);
	at->reader->err = ota_fail(at->reader->diag, OTA_E_MALFORMED, "%s%s%s%s%s", at->path, dot,
				   key ? key : "", at->path[0] || key ? ": " : "", words);
}

/* -- opening ----------------------------------------------------------------------------------- */

enum ota_err ota_json_open(struct ota_span text, struct ota_json_reader *reader,
			   struct ota_diag *diag)
{
	json_error_t error;

	*reader = (struct ota_json_reader){.diag = diag};
	reader->root = json_loadb((const char *)(text.data ? text.data : (const uint8_t *)""),
				  text.len, JSON_REJECT_DUPLICATES, &error);
	if (reader->root)
		return OTA_OK;
	show(error.text);
	if (text.len == 0)
		reader->err = ota_fail(diag, OTA_E_MALFORMED, "is empty");
	/* Jansson has no words, or the wrong ones, for a lack of memory. */
	else if (error.text[0] == '\0')
		reader->err = ota_fail(diag, OTA_E_MEMORY, "out of memory");
	else
		reader->err = ota_fail(diag, OTA_E_MALFORMED, "line %d: is not JSON: %s",
				       error.line, error.text);
	return reader->err;
}

void ota_json_close(struct ota_json_reader *reader)
{
	json_decref(reader->root);
	*reader = (struct ota_json_reader){.root = NULL};
}

struct ota_json_at ota_json_root(struct ota_json_reader *reader)
{
	struct ota_json_at at = {.reader = reader, .json = reader->root};

	if (reader->err == OTA_OK && !json_is_object(reader->root))
		ota_json_fail(&at, NULL, "is not an object");
	if (reader->err != OTA_OK)
		at.json = NULL;
	return at;
}

/* -- members ----------------------------------------------------------------------------------- */

static json_t *find(struct ota_json_at *at, const char *key)
{
	if (at->reader->err != OTA_OK)
		return NULL;
	if (at->n_taken < OTA_JSON_KEYS_MAX)
		at->taken[at->n_taken++] = key;
	return json_object_get(at->json, key);
}

bool ota_json_has(struct ota_json_at *at, const char *key)
{
	return find(at, key) != NULL;
}

/* A member of that kind, or NULL with the words for it. */
static json_t *take(struct ota_json_at *at, const char *key, json_type type, const char *kind)
{
	json_t *member = find(at, key);

	if (!member)
		ota_json_fail(at, key, "is missing");
	else if (json_typeof(member) != type)
		ota_json_fail(at, key, "is not %s", kind);
	return at->reader->err == OTA_OK ? member : NULL;
}

void ota_json_schema(struct ota_json_at *at, const char *schema)
{
	json_t *member = take(at, "schema", JSON_STRING, "a text");
	char given[64];

	if (!member || strcmp(json_string_value(member), schema) == 0)
		return;
	(void)snprintf(given, sizeof(given), "%s", json_string_value(member));
	show(given);
	at->reader->err = ota_fail(at->reader->diag, OTA_E_UNSUPPORTED,
				   "schema: is \"%s\", this version reads \"%s\"", given, schema);
}

uint64_t ota_json_uint(struct ota_json_at *at, const char *key, uint64_t max)
{
	json_t *member = take(at, key, JSON_INTEGER, "an integer");
	json_int_t value = json_integer_value(member);

	if (value >= 0 && (uint64_t)value <= max)
		return (uint64_t)value;
	ota_json_fail(at, key, "is %" JSON_INTEGER_FORMAT ", not 0 to %" PRIu64, value, max);
	return 0;
}

bool ota_json_bool(struct ota_json_at *at, const char *key)
{
	json_t *member = find(at, key);

	if (!member)
		ota_json_fail(at, key, "is missing");
	else if (!json_is_boolean(member))
		ota_json_fail(at, key, "is neither true nor false");
	return at->reader->err == OTA_OK && json_is_true(member);
}

/* Lower case only: one value, one text. */
static bool hex_digit(char digit, uint8_t *value)
{
	if (digit >= '0' && digit <= '9')
		*value = (uint8_t)(digit - '0');
	else if (digit >= 'a' && digit <= 'f')
		*value = (uint8_t)(digit - 'a' + 10);
	else
		return false;
	return true;
}

void ota_json_hex(struct ota_json_at *at, const char *key, uint8_t *bytes, size_t len)
{
	json_t *member = take(at, key, JSON_STRING, "a text");
	const char *text = json_string_value(member);
	bool good = member && json_string_length(member) == 2 * len;

	memset(bytes, 0, len);
	for (size_t i = 0; good && i < len; i++) {
		uint8_t high = 0;
		uint8_t low = 0;

		good = hex_digit(text[2 * i], &high) && hex_digit(text[2 * i + 1], &low);
		bytes[i] = (uint8_t)(high * HEX_DIGIT + low);
	}
	if (!good)
		ota_json_fail(at, key, "is not %zu lower case hex digits", 2 * len);
}

static void copy_line(struct ota_json_at *at, const char *key, const json_t *member, char *text,
		      size_t cap)
{
	size_t len = json_string_length(member);

	text[0] = '\0';
	if (!member)
		return;
	if (len >= cap) {
		ota_json_fail(at, key, "is a text of %zu bytes, at most %zu are read", len,
			      cap - 1);
		return;
	}
	memcpy(text, json_string_value(member), len + 1);
	for (size_t i = 0; i < len; i++) {
		if (is_control((uint8_t)text[i]))
			ota_json_fail(at, key, "has a control character in it");
	}
}

void ota_json_line(struct ota_json_at *at, const char *key, char *text, size_t cap)
{
	copy_line(at, key, take(at, key, JSON_STRING, "a text"), text, cap);
}

const char *ota_json_text(struct ota_json_at *at, const char *key, size_t max)
{
	json_t *member = take(at, key, JSON_STRING, "a text");

	if (json_string_length(member) > max)
		ota_json_fail(at, key, "is a text of %zu bytes, at most %zu are read",
			      json_string_length(member), max);
	return member && at->reader->err == OTA_OK ? json_string_value(member) : "";
}

/* -- what is inside ---------------------------------------------------------------------------- */

/* A path that is cut off is still a place to begin looking at. */
static struct ota_json_at below(struct ota_json_at *at, const char *key, json_t *json)
{
	struct ota_json_at inner = {.reader = at->reader, .json = json};
	const char *dot = at->path[0] && key[0] != '[' ? "." : "";

	if (snprintf(inner.path, sizeof(inner.path), "%s%s%s", at->path, dot, key) < 0)
		inner.path[0] = '\0';
	return inner;
}

struct ota_json_at ota_json_object(struct ota_json_at *at, const char *key)
{
	return below(at, key, take(at, key, JSON_OBJECT, "an object"));
}

struct ota_json_at ota_json_list(struct ota_json_at *at, const char *key, size_t min, size_t max,
				 size_t *n)
{
	json_t *member = take(at, key, JSON_ARRAY, "a list");

	*n = json_array_size(member);
	if (member && (*n < min || *n > max))
		ota_json_fail(at, key, "has %zu items, not %zu to %zu", *n, min, max);
	if (at->reader->err != OTA_OK)
		*n = 0;
	return below(at, key, member);
}

static json_t *take_item(struct ota_json_at *list, size_t index, char key[32])
{
	(void)snprintf(key, 32, "[%zu]", index);
	return list->reader->err == OTA_OK ? json_array_get(list->json, index) : NULL;
}

struct ota_json_at ota_json_item(struct ota_json_at *list, size_t index)
{
	char key[32];
	json_t *item = take_item(list, index, key);

	if (!json_is_object(item)) {
		ota_json_fail(list, key, "is not an object");
		item = NULL;
	}
	return below(list, key, item);
}

void ota_json_item_line(struct ota_json_at *list, size_t index, char *text, size_t cap)
{
	char key[32];
	json_t *item = take_item(list, index, key);

	if (!json_is_string(item)) {
		ota_json_fail(list, key, "is not a text");
		item = NULL;
	}
	copy_line(list, key, item, text, cap);
}

static bool is_taken(const struct ota_json_at *at, const char *key)
{
	for (size_t i = 0; i < at->n_taken; i++) {
		if (strcmp(at->taken[i], key) == 0)
			return true;
	}
	return false;
}

void ota_json_end(struct ota_json_at *at)
{
	const char *key;
	json_t *member;

	if (at->reader->err != OTA_OK)
		return;
	json_object_foreach(at->json, key, member)
	{
		(void)member;
		if (!is_taken(at, key))
			ota_json_fail(at, NULL, "has a key that is not known: \"%.40s\"", key);
	}
}
