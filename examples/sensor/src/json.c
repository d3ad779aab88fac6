// SPDX-License-Identifier: Apache-2.0
#include "json.h"

#include <math.h>
#include <stdio.h>

static void put_string(const char *text)
{
	putchar('"');
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			printf("\\%c", c);
		else if (c < 0x20)
			printf("\\u%04x", c);
		else
			putchar(c);
	}
	putchar('"');
}

static void start_value(struct json *j, const char *key)
{
	if (j->need_comma)
		putchar(',');
	if (j->depth)
		printf("\n%*s", 2 * j->depth, "");
	if (key) {
		put_string(key);
		printf(": ");
	}
	j->need_comma = true;
}

static void open_scope(struct json *j, const char *key, char bracket)
{
	start_value(j, key);
	putchar(bracket);
	j->depth++;
	j->need_comma = false;
}

static void close_scope(struct json *j, char bracket)
{
	j->depth--;
	printf("\n%*s%c", 2 * j->depth, "", bracket);
	j->need_comma = true;
}

void json_begin(struct json *j)
{
	j->depth = 0;
	j->need_comma = false;
	open_scope(j, NULL, '{');
}

void json_end(struct json *j)
{
	close_scope(j, '}');
	putchar('\n');
}

void json_object(struct json *j, const char *key)
{
	open_scope(j, key, '{');
}

void json_array(struct json *j, const char *key)
{
	open_scope(j, key, '[');
}

void json_close_object(struct json *j)
{
	close_scope(j, '}');
}

void json_close_array(struct json *j)
{
	close_scope(j, ']');
}

void json_text(struct json *j, const char *key, const char *value)
{
	start_value(j, key);
	put_string(value);
}

void json_uint(struct json *j, const char *key, uint32_t value)
{
	start_value(j, key);
	printf("%lu", (unsigned long)value);
}

void json_bool(struct json *j, const char *key, bool value)
{
	start_value(j, key);
	printf("%s", value ? "true" : "false");
}

/* JSON has no notation for infinity or not-a-number. */
void json_number(struct json *j, const char *key, double value, int digits)
{
	start_value(j, key);
	if (isfinite(value))
		printf("%.*f", digits, value);
	else
		printf("null");
}
