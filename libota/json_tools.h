// SPDX-License-Identifier: Apache-2.0
/*
 * Small, strict JSON for files that are written once and read by many: stable keys, one form. A
 * reader names what is wrong by its path, "versions[3].sha256: is not 64 hex digits", and takes no
 * key that it does not know, none twice, and nothing behind the end.
 */
#ifndef JSON_TOOLS_H
#define JSON_TOOLS_H

#include <jansson.h>

#include <ota/buf.h>

/* -- writing ----------------------------------------------------------------------------------- */

/* Remembers the first failure, so that a whole tree is built without asking. Zeroed at first. */
struct ota_json_writer {
	bool failed;           /* an allocation */
	const char *too_large; /* the key of a number that JSON's readers would not take */
};

/* A new object or list; the tree that it is put into takes it. */
json_t *ota_json_new_object(struct ota_json_writer *writer);
json_t *ota_json_new_list(struct ota_json_writer *writer);

/* Each adds one member. ota_json_put and ota_json_append take `member`. */
void ota_json_put(struct ota_json_writer *writer, json_t *object, const char *key, json_t *member);
void ota_json_append(struct ota_json_writer *writer, json_t *list, json_t *member);
void ota_json_put_uint(struct ota_json_writer *writer, json_t *object, const char *key,
		       uint64_t value);
void ota_json_put_bool(struct ota_json_writer *writer, json_t *object, const char *key, bool value);
void ota_json_put_hex(struct ota_json_writer *writer, json_t *object, const char *key,
		      struct ota_span bytes);
/* One line: control characters, and bytes that are no UTF-8, become question marks. */
void ota_json_put_line(struct ota_json_writer *writer, json_t *object, const char *key,
		       const char *text);
/* A file's text, whose lines stay; bytes that are no UTF-8 become question marks. */
void ota_json_put_text(struct ota_json_writer *writer, json_t *object, const char *key,
		       struct ota_span text);
void ota_json_append_line(struct ota_json_writer *writer, json_t *list, const char *text);

/*
 * Appends the tree to `out`, indented by two, with a newline at its end, and frees it, also on
 * failure. OTA_E_MEMORY, OTA_E_ROOM; OTA_E_USAGE: a number is over 2^63 - 1.
 */
OTA_MUST_CHECK enum ota_err ota_json_finish(const struct ota_json_writer *writer, json_t *root,
					    struct ota_buf *out, struct ota_diag *diag);

/* -- reading ----------------------------------------------------------------------------------- */

/* Remembers the first failure: what is read after it is zero or empty, and need not be asked. */
struct ota_json_reader {
	enum ota_err err;
	struct ota_diag *diag;
	json_t *root; /* owned */
};

#define OTA_JSON_PATH_MAX 96U
#define OTA_JSON_KEYS_MAX 48U /* of one object */

/* An object or a list, and how it is reached: "versions[3]". */
struct ota_json_at {
	struct ota_json_reader *reader;
	json_t *json; /* borrowed; NULL after a failure */
	char path[OTA_JSON_PATH_MAX];
	const char *taken[OTA_JSON_KEYS_MAX]; /* keys that have been asked for */
	size_t n_taken;
};

/*
 * Takes the text apart. OTA_E_MALFORMED with its line, OTA_E_MEMORY. Close it whatever is returned.
 */
OTA_MUST_CHECK enum ota_err ota_json_open(struct ota_span text, struct ota_json_reader *reader,
					  struct ota_diag *diag);
void ota_json_close(struct ota_json_reader *reader);

/* The outermost object. OTA_E_MALFORMED when it is none. */
struct ota_json_at ota_json_root(struct ota_json_reader *reader);

/* Takes "schema", which must be `schema`: another is OTA_E_UNSUPPORTED. */
void ota_json_schema(struct ota_json_at *at, const char *schema);

/* Is the key there. It counts as asked for. */
bool ota_json_has(struct ota_json_at *at, const char *key);

/* Each takes one member that must be there. */
uint64_t ota_json_uint(struct ota_json_at *at, const char *key, uint64_t max);
bool ota_json_bool(struct ota_json_at *at, const char *key);
void ota_json_hex(struct ota_json_at *at, const char *key, uint8_t *bytes, size_t len);
/* One line without control characters, which leaves room for a NUL in `cap` bytes. */
void ota_json_line(struct ota_json_at *at, const char *key, char *text, size_t cap);
/* Any text of at most `max` bytes, borrowed until the reader is closed; never NULL. */
const char *ota_json_text(struct ota_json_at *at, const char *key, size_t max);

struct ota_json_at ota_json_object(struct ota_json_at *at, const char *key);
/* A list of `min` to `max` items; `*n` is how many. */
struct ota_json_at ota_json_list(struct ota_json_at *at, const char *key, size_t min, size_t max,
				 size_t *n);
/* An item that must be an object. */
struct ota_json_at ota_json_item(struct ota_json_at *list, size_t index);
/* An item that must be one line, as ota_json_line. */
void ota_json_item_line(struct ota_json_at *list, size_t index, char *text, size_t cap);

/* A key that has not been asked for is an error. To be called for each object. */
void ota_json_end(struct ota_json_at *at);

/* "PATH.KEY: ...": for what only the caller can judge. `key` NULL: of the object itself. */
void ota_json_fail(struct ota_json_at *at, const char *key, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
