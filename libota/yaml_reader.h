// SPDX-License-Identifier: Apache-2.0
/*
 * A small, strict YAML: one document of mappings, lists and scalars, read against a table of known
 * keys. No anchors, aliases or tags, no key twice, little nesting. Every failure is OTA_E_MALFORMED
 * in the words "FILE:LINE: FIELD: VALUE is not ...".
 */
#ifndef YAML_READER_H
#define YAML_READER_H

#include <yaml.h>

#include <ota/diag.h>

#define OTA_YAML_TEXT_MAX 0x40000U /* bytes */

struct ota_yaml {
	const char *file; /* borrowed */
	struct ota_diag *diag;
	yaml_document_t document; /* owned while `loaded` */
	bool loaded;
};

/* One node and how it is reached: "mcuboot.max-align". */
struct ota_yaml_value {
	struct ota_yaml *yaml;
	yaml_node_t *node;
	char path[64];
};

/* A key that a mapping may have. */
struct ota_yaml_field {
	const char *key;
	enum ota_err (*read)(const struct ota_yaml_value *value, void *into);
};

#define OTA_YAML_FIELDS_MAX 24

/* Takes the text apart. OTA_E_MALFORMED, OTA_E_MEMORY. Close it whatever is returned. */
OTA_MUST_CHECK enum ota_err ota_yaml_open(const char *file, struct ota_span text,
					  struct ota_yaml *yaml, struct ota_diag *diag);
void ota_yaml_close(struct ota_yaml *yaml);

struct ota_yaml_value ota_yaml_root(struct ota_yaml *yaml);

/* Line of the file, from 1. */
size_t ota_yaml_line(const struct ota_yaml_value *value);

/* Fills `found` and returns true when mapping `value` has `key`. */
bool ota_yaml_get(const struct ota_yaml_value *value, const char *key,
		  struct ota_yaml_value *found);

/* "FILE:LINE: PATH: ..." */
enum ota_err ota_yaml_fail_at(const struct ota_yaml *yaml, size_t line, const char *path,
			      const char *format, ...) __attribute__((format(printf, 4, 5)));

/* "FILE:LINE: PATH: VALUE ...", where `format` goes on as in "is not one of 8, 16, 32". */
enum ota_err ota_yaml_fail(const struct ota_yaml_value *value, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* A scalar's bytes; empty for anything else. */
struct ota_span ota_yaml_scalar(const struct ota_yaml_value *value);

/* Reads each key by its field's function, once. */
OTA_MUST_CHECK enum ota_err ota_yaml_map(const struct ota_yaml_value *value,
					 const struct ota_yaml_field *fields, size_t n, void *into);

/* Calls `read` for each item of a list of at least one and at most `max`; an item's path is the
 * list's and its index, "links[0]". */
OTA_MUST_CHECK enum ota_err
ota_yaml_list(const struct ota_yaml_value *value, size_t max,
	      enum ota_err (*read)(const struct ota_yaml_value *value, void *into), void *into);

/* Calls `read` for each pair of a mapping of at most `max`; `value` has the key as its path's end.
 */
OTA_MUST_CHECK enum ota_err ota_yaml_pairs(const struct ota_yaml_value *value, size_t max,
					   enum ota_err (*read)(const struct ota_yaml_value *key,
								const struct ota_yaml_value *value,
								void *into),
					   void *into);

bool ota_yaml_is_empty_list(const struct ota_yaml_value *value);

/* A count from `min` to `max`, without a unit: 10K of them would be anybody's guess. */
OTA_MUST_CHECK enum ota_err ota_yaml_number(const struct ota_yaml_value *value, uint32_t min,
					    uint32_t max, uint32_t *number);

/* Bytes from `min` to `max`, which may end in K, KiB, M or MiB. */
OTA_MUST_CHECK enum ota_err ota_yaml_size(const struct ota_yaml_value *value, uint32_t min,
					  uint32_t max, uint32_t *size);

OTA_MUST_CHECK enum ota_err ota_yaml_bool(const struct ota_yaml_value *value, bool *flag);

/* One line of printable text that leaves room for a NUL in `cap` bytes. */
OTA_MUST_CHECK enum ota_err ota_yaml_text(const struct ota_yaml_value *value, char *text,
					  size_t cap);

/* The index of one of `n` words. */
OTA_MUST_CHECK enum ota_err ota_yaml_word(const struct ota_yaml_value *value,
					  const char *const *words, size_t n, size_t *index);

#endif
