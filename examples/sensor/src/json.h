// SPDX-License-Identifier: Apache-2.0
#ifndef JSON_H
#define JSON_H

#include <stdbool.h>
#include <stdint.h>

/* Streams indented JSON to stdout; the depth decides commas and indentation. */
struct json {
	uint8_t depth;
	bool need_comma;
};

void json_begin(struct json *j);
void json_end(struct json *j);
void json_object(struct json *j, const char *key);
void json_array(struct json *j, const char *key);
void json_close_object(struct json *j);
void json_close_array(struct json *j);
void json_text(struct json *j, const char *key, const char *value);
void json_uint(struct json *j, const char *key, uint32_t value);
void json_bool(struct json *j, const char *key, bool value);
void json_number(struct json *j, const char *key, double value, int digits);

#endif
