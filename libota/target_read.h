// SPDX-License-Identifier: Apache-2.0
/*
 * One profile while it is read. Keys are read one by one, each into the target; what only several
 * of them can tell is judged after the last one, with the lines they were in.
 */
#ifndef TARGET_READ_H
#define TARGET_READ_H

#include <ota/target.h>

#include "yaml_reader.h"

/* Keys that are judged together; their lines are kept for that. */
enum ota_reading_place {
	OTA_AT_FLASH,
	OTA_AT_EXTERNAL,
	OTA_AT_UPDATER_RAM,
	OTA_AT_UPDATER_STACK,
	OTA_AT_PATCH,
	OTA_AT_IN_PLACE,
	OTA_AT_JOURNAL,
	OTA_AT_MCUBOOT,
	OTA_AT_MAX_ALIGN,
	OTA_AT_BOOT,
	OTA_AT_SCRATCH,
	OTA_READING_PLACES,
};

/* Keys whose being there says something beside their value; one bit each. */
enum ota_reading_key {
	OTA_GIVEN_ERASE = 1,
	OTA_GIVEN_PROGRAM = 2,
	OTA_GIVEN_ENDURANCE = 4,
	OTA_GIVEN_UNREAD = 8,
	OTA_GIVEN_GEOMETRY_SOURCE = 16,
	OTA_GIVEN_TIMES_SOURCE = 32,
	OTA_GIVEN_SLOTS = 64, /* primary or secondary at the top */
	OTA_GIVEN_IMAGES = 128,
	OTA_GIVEN_EXTERNAL = 256,
};

struct ota_reading {
	struct ota_target *target;
	struct ota_yaml yaml;
	const char *name;                    /* path, or a built-in profile's name */
	const struct ota_reading *above;     /* the profile whose base this is, or NULL */
	unsigned depth;                      /* profiles above */
	unsigned n_below;                    /* profiles that this one builds on */
	struct ota_target_bases *keep;       /* takes the texts of these, or NULL */
	const struct ota_target_bases *kept; /* they are taken from here, or NULL */
	struct ota_flash *flash;             /* the one being read */
	struct ota_target_image *image;      /* the one being read */
	unsigned given; /* bits of ota_reading_key: in this text, not its base */
	bool as_list;   /* slots are called mcuboot.images[N], not mcuboot */
	size_t line[OTA_READING_PLACES];
	size_t primary_line[OTA_TARGET_IMAGES_MAX];
	size_t secondary_line[OTA_TARGET_IMAGES_MAX];
};

#define OTA_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Keeps the value's line for what is judged later. */
void ota_reading_note(struct ota_reading *reading, enum ota_reading_place place,
		      const struct ota_yaml_value *value);

/* A name is printed, typed and part of file names. */
OTA_MUST_CHECK enum ota_err ota_reading_name(const struct ota_yaml_value *value, char *name,
					     size_t cap);

/* Splits at the first `separator`; false when there is none. */
bool ota_reading_split(struct ota_span text, char separator, struct ota_span *head,
		       struct ota_span *tail);

/* ADDRESS+SIZE or external:ADDRESS+SIZE; false for anything else. */
bool ota_reading_take_area(struct ota_span text, struct ota_area *area);

/* The same with the words for a failure. */
OTA_MUST_CHECK enum ota_err ota_reading_area(const struct ota_yaml_value *value,
					     struct ota_area *area);

/* Puts another parser's words and hint at the value's place. OTA_E_MEMORY stays that. */
enum ota_err ota_reading_fail(const struct ota_yaml_value *value, const struct ota_diag *why);

/* The mappings of a profile; `into` is the ota_reading. */
OTA_MUST_CHECK enum ota_err ota_reading_flash(const struct ota_yaml_value *value, void *into);
OTA_MUST_CHECK enum ota_err ota_reading_external(const struct ota_yaml_value *value, void *into);
OTA_MUST_CHECK enum ota_err ota_reading_updater(const struct ota_yaml_value *value, void *into);
OTA_MUST_CHECK enum ota_err ota_reading_links(const struct ota_yaml_value *value, void *into);
OTA_MUST_CHECK enum ota_err ota_reading_mcuboot(const struct ota_yaml_value *value, void *into);

/* What only the whole can tell; cuts the slots' sectors out of their flash. */
OTA_MUST_CHECK enum ota_err ota_reading_check(struct ota_reading *reading);

#endif
