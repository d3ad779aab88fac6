// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <stdlib.h>

#include "emit.h"

json_t *cli_json(const char *command)
{
	json_t *object = json_object();
	char schema[64];

	(void)snprintf(schema, sizeof(schema), "otatool.%s/1", command);
	cli_json_text(object, "schema", schema);
	return object;
}

void cli_json_add(json_t *object, const char *key, json_t *member)
{
	/* A NULL object or member came from a failed allocation; printing the object says so. */
	if (json_object_set_new(object, key, member) != 0)
		(void)json_object_clear(object);
}

void cli_json_uint(json_t *object, const char *key, uint64_t value)
{
	cli_json_add(object, key, json_integer((json_int_t)value));
}

void cli_json_text(json_t *object, const char *key, const char *value)
{
	json_t *text = json_string(value);

	/* A file's bytes may not be UTF-8. */
	cli_json_add(object, key, text ? text : json_string("(not UTF-8)"));
}

void cli_json_bool(json_t *object, const char *key, bool value)
{
	cli_json_add(object, key, json_boolean(value));
}

void cli_json_hex(json_t *object, const char *key, struct ota_span bytes)
{
	static const char digits[] = "0123456789abcdef";
	char *text = malloc(2 * bytes.len + 1);

	for (size_t i = 0; text && i < bytes.len; i++) {
		text[2 * i] = digits[bytes.data[i] >> 4];
		text[2 * i + 1] = digits[bytes.data[i] & 0x0f];
	}
	if (text)
		text[2 * bytes.len] = '\0';
	cli_json_add(object, key, text ? json_string(text) : NULL);
	free(text);
}

enum cli_exit cli_json_print(json_t *object)
{
	enum cli_exit status = CLI_DONE;

	if (!json_object_get(object, "schema"))
		status = cli_error(CLI_ENVIRONMENT, NULL, "out of memory for the report");
	else if (json_dumpf(object, stdout, JSON_INDENT(2)) != 0 || putchar('\n') == EOF)
		status = cli_error(CLI_ENVIRONMENT, "standard output", "cannot write");
	json_decref(object);
	return status;
}
