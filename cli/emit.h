// SPDX-License-Identifier: Apache-2.0
/* Reports for machines: one JSON object on stdout, with a schema and stable keys. */
#ifndef CLI_EMIT_H
#define CLI_EMIT_H

#include <jansson.h>

#include "cli.h"

/* A new object that starts with "schema": "otatool.<command>/1". */
json_t *cli_json(const char *command);
/* Each adds one member; a failed allocation shows when the object is printed. */
void cli_json_uint(json_t *object, const char *key, uint64_t value);
void cli_json_text(json_t *object, const char *key, const char *value);
void cli_json_bool(json_t *object, const char *key, bool value);
void cli_json_hex(json_t *object, const char *key, struct ota_span bytes);
/* Adds and takes `member`. */
void cli_json_add(json_t *object, const char *key, json_t *member);
/* Prints and frees it. */
enum cli_exit cli_json_print(json_t *object);

#endif
