// SPDX-License-Identifier: Apache-2.0
/* The parts of the import from a Zephyr build, and what they tell each other. */
#ifndef TARGET_IMPORT_PARTS_H
#define TARGET_IMPORT_PARTS_H

#include <ota/target_import.h>

#define OTA_IMPORT_SLOTS   (2 * OTA_TARGET_IMAGES_MAX)
#define OTA_IMPORT_FLASHES 4
#define OTA_IMPORT_PATH    160
#define OTA_IMPORT_WORDS   16

/* -- the devicetree: facts, no decisions (target_import_dt.c) ---------------------------------- */

enum ota_import_flash_kind {
	OTA_IMPORT_SOC_FLASH, /* the chip's own */
	OTA_IMPORT_SPI_NOR,
	OTA_IMPORT_NORDIC_QSPI,
	OTA_IMPORT_OTHER_FLASH,
};

struct ota_import_flash {
	char path[OTA_IMPORT_PATH];
	enum ota_import_flash_kind kind;
	bool mixed;     /* its driver has sectors of several sizes: STM32F2, F4, F7 */
	uint64_t size;  /* bytes, 0: not in the devicetree */
	uint32_t erase; /* erase-block-size, 0: not in the devicetree */
	uint32_t write; /* write-block-size, 0: not in the devicetree */
};

struct ota_import_area {
	bool found;
	char path[OTA_IMPORT_PATH];
	unsigned flash;   /* index */
	uint64_t at, len; /* bytes from the flash's first one */
};

struct ota_import_dt {
	struct ota_import_flash flash[OTA_IMPORT_FLASHES];
	unsigned n_flashes;
	int chosen_flash; /* zephyr,flash; -1: not said */
	int pm_ext_flash; /* nordic,pm-ext-flash; -1: not said */
	struct ota_import_area boot, scratch, slot[OTA_IMPORT_SLOTS];
	uint64_t ram; /* bytes; 0: not in the devicetree */
	char ram_path[OTA_IMPORT_PATH];
	char compatible[OTA_IMPORT_WORDS][64]; /* the soc's, then the board's */
	unsigned n_compatibles;
	char board[64]; /* the board's first compatible */
};

/* OTA_E_MALFORMED, OTA_E_TRUNCATED, OTA_E_UNSUPPORTED, OTA_E_MEMORY, in words. Fills `dt`. */
OTA_MUST_CHECK enum ota_err ota_import_devicetree(const struct ota_import_file *file,
						  struct ota_import_dt *dt, struct ota_diag *diag);

/* -- the .config files (target_import_config.c) ------------------------------------------------ */

/* By what is in them; an empty `bytes` is one that was not given. */
struct ota_import_configs {
	struct ota_import_file boot; /* MCUboot's */
	struct ota_import_file app;
	struct ota_import_file pm; /* of the partition manager: PM_NAME=value */
};

OTA_MUST_CHECK enum ota_err ota_import_configs_sort(const struct ota_import_plan *plan,
						    struct ota_import_configs *configs,
						    struct ota_diag *diag);

/* The last `key=` of the file, quotes taken off. False: there is none. */
bool ota_import_config_value(const struct ota_import_file *file, const char *key,
			     struct ota_span *value);
/* `key=y`. */
bool ota_import_config_set(const struct ota_import_file *file, const char *key);
/* "# key is not set". */
bool ota_import_config_unset(const struct ota_import_file *file, const char *key);
/* OTA_E_ABSENT without words; OTA_E_MALFORMED in words. Fills `number`. */
OTA_MUST_CHECK enum ota_err ota_import_config_number(const struct ota_import_file *file,
						     const char *key, uint64_t max,
						     uint64_t *number, struct ota_diag *diag);

/* -- the profile's text (target_import_text.c) ------------------------------------------------- */

enum ota_import_origin {
	OTA_IMPORT_READ,    /* in the devicetree or a .config */
	OTA_IMPORT_ASSUMED, /* a guess: also a warning */
	OTA_IMPORT_OPEN,    /* not known: a comment only */
};

struct ota_import_text {
	struct ota_buf *yaml;
	struct ota_import_report *report;
	struct ota_diag *diag;
	enum ota_err err; /* of the first failure; nothing is written after it */
};

/* A line as it is. */
void ota_import_line(struct ota_import_text *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* "FIELD   # why". What comes from a file is kept to one line of printable characters. */
void ota_import_field(struct ota_import_text *text, const char *field,
		      enum ota_import_origin origin, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
void ota_import_warn(struct ota_import_report *report, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* -- decisions (target_import_flash.c, target_import_boot.c) ----------------------------------- */

struct ota_import {
	const struct ota_import_plan *plan;
	struct ota_import_configs configs;
	struct ota_import_dt dt;
	unsigned own, external; /* flashes: the chip's, the other one (n_flashes: none) */
	unsigned n_images;
	bool images_unsaid; /* there are slots for more, and no .config says how many count */
	enum ota_mode mode;
	enum ota_import_origin mode_origin;
	char mode_why[160];
	const char *app_mode; /* the application's option for another mode, or NULL */
	char base[64];        /* empty: none */
	char base_why[128];
	const struct ota_target *base_target; /* or NULL */
};

/* Finds the chip among the built-in profiles. `target` is filled with it. */
OTA_MUST_CHECK enum ota_err
ota_import_choose_base(struct ota_import *import, struct ota_target *target, struct ota_diag *diag);
/* Which flash is the chip's own, which the external one. */
OTA_MUST_CHECK enum ota_err ota_import_choose_flashes(struct ota_import *import,
						      struct ota_diag *diag);
OTA_MUST_CHECK enum ota_err ota_import_write_flashes(const struct ota_import *import,
						     struct ota_import_text *text);

/* Takes slots from the partition manager where it rules. */
OTA_MUST_CHECK enum ota_err ota_import_take_pm(struct ota_import *import, struct ota_diag *diag);
/* Mode and number of images, against the partitions. */
OTA_MUST_CHECK enum ota_err ota_import_choose_mode(struct ota_import *import,
						   struct ota_diag *diag);
OTA_MUST_CHECK enum ota_err ota_import_choose_images(struct ota_import *import,
						     struct ota_diag *diag);
OTA_MUST_CHECK enum ota_err ota_import_write_boot(const struct ota_import *import,
						  struct ota_import_text *text);

#endif
