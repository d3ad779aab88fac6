// SPDX-License-Identifier: Apache-2.0
/* Named settings: everything here follows the table that comes with the release. */
#include "settings_core.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "errors.h"
#include "settings.h"
#include "store.h"

static void *field(const struct settings *s, const struct setting *d)
{
	return (char *)(uintptr_t)s + d->offset;
}

const struct setting *setting_find(const char *name)
{
	for (size_t i = 0; i < setting_count; i++) {
		if (!strcmp(setting_table[i].name, name))
			return &setting_table[i];
	}
	return NULL;
}

static void put_number(struct settings *s, const struct setting *d, double value)
{
	uint16_t half = (uint16_t)value;
	uint32_t word = (uint32_t)value;
	float real = (float)value;

	if (d->type == SETTING_U16)
		memcpy(field(s, d), &half, sizeof(half));
	else if (d->type == SETTING_U32)
		memcpy(field(s, d), &word, sizeof(word));
	else
		memcpy(field(s, d), &real, sizeof(real));
}

static int put_text(struct settings *s, const struct setting *d, const char *text)
{
	size_t room = (size_t)d->max;

	if (strlen(text) >= room)
		return ERR_RANGE;
	memset(field(s, d), 0, room);
	strcpy(field(s, d), text);
	return ERR_OK;
}

int setting_parse(struct settings *s, const struct setting *d, const char *text)
{
	double value;
	char *end;

	if (d->type == SETTING_TEXT)
		return put_text(s, d, text);
	value = strtod(text, &end);
	if (end == text || *end)
		return ERR_FORMAT;
	if (!(value >= (double)d->min && value <= (double)d->max))
		return ERR_RANGE;
	put_number(s, d, value);
	return ERR_OK;
}

void setting_format(const struct settings *s, const struct setting *d, char *out, size_t room)
{
	const void *p = field(s, d);

	switch (d->type) {
	case SETTING_U16:
		snprintf(out, room, "%u", *(const uint16_t *)p);
		break;
	case SETTING_U32:
		snprintf(out, room, "%lu", (unsigned long)*(const uint32_t *)p);
		break;
	case SETTING_FLOAT:
		snprintf(out, room, "%g", (double)*(const float *)p);
		break;
	case SETTING_TEXT:
		snprintf(out, room, "\"%s\"", (const char *)p);
		break;
	}
}

void settings_default(struct settings *s)
{
	memset(s, 0, sizeof(*s));
	s->schema = SETTINGS_SCHEMA;
	for (size_t i = 0; i < setting_count; i++) {
		const struct setting *d = &setting_table[i];

		if (d->type == SETTING_TEXT)
			put_text(s, d, d->text);
		else
			put_number(s, d, (double)d->preset);
	}
}

int settings_load(struct settings *s)
{
	uint32_t stored[64];
	int len = store_read(STORE_SETTINGS, stored, sizeof(stored));

	if (len < 0)
		return len;
	if (len != (int)sizeof(*s) || stored[0] != SETTINGS_SCHEMA)
		return settings_upgrade(s, stored, (size_t)len);
	memcpy(s, stored, sizeof(*s));
	return ERR_OK;
}

int settings_save(const struct settings *s)
{
	return store_write(STORE_SETTINGS, s, sizeof(*s));
}
