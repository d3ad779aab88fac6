// SPDX-License-Identifier: Apache-2.0
#ifndef SETTINGS_CORE_H
#define SETTINGS_CORE_H

#include <stddef.h>
#include <stdint.h>

enum setting_type {
	SETTING_U16,
	SETTING_U32,
	SETTING_FLOAT,
	SETTING_TEXT,
};

struct setting {
	const char *name;
	const char *unit;
	enum setting_type type;
	uint16_t offset;
	float min;
	float max;	/* for text the size of the field */
	float preset;
	const char *text;
};

extern const struct setting setting_table[];
extern const size_t setting_count;

struct settings;

const struct setting *setting_find(const char *name);
int setting_parse(struct settings *s, const struct setting *d, const char *text);
void setting_format(const struct settings *s, const struct setting *d, char *out, size_t room);
void settings_default(struct settings *s);
int settings_load(struct settings *s);
int settings_save(const struct settings *s);

/* Each release knows how to read what the one before it has stored. */
int settings_upgrade(struct settings *s, const void *stored, size_t len);

#endif
