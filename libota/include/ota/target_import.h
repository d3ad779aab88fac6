// SPDX-License-Identifier: Apache-2.0
/*
 * A device profile from a Zephyr build: the devicetree has the flash and its partitions, the
 * .config files have how MCUboot is built. What is in neither is a comment in the profile that
 * names what decides it; what had to be assumed is a comment and a warning.
 */
#ifndef OTA_TARGET_IMPORT_H
#define OTA_TARGET_IMPORT_H

#include <ota/target.h>

#ifdef __cplusplus
extern "C" {
#endif

#define OTA_IMPORT_CONFIGS_MAX  3 /* the application's, MCUboot's, a pm.config */
#define OTA_IMPORT_WARNINGS_MAX 16
#define OTA_IMPORT_DTB_MAX      0x400000U /* bytes; Zephyr's largest have some 100 KiB */
#define OTA_IMPORT_CONFIG_MAX   0x100000U /* bytes */

/* One file of the build; `name` is what messages and comments call it. Borrows. */
struct ota_import_file {
	const char *name;
	struct ota_span bytes;
};

struct ota_import_plan {
	struct ota_import_file devicetree; /* a blob (DTB); with symbols, labels of nodes count */
	struct ota_import_file config[OTA_IMPORT_CONFIGS_MAX];
	unsigned n_configs;
	const char *name; /* the profile's; NULL: by the devicetree's compatible */
	const char *chip; /* the built-in profile it builds on; NULL: by compatible, or none */
};

struct ota_import_report {
	char warning[OTA_IMPORT_WARNINGS_MAX][256];
	unsigned n;
	bool lacks_boot_config; /* MCUboot's own .config, which decides most, was not given */
};

/* True for the first bytes of a devicetree blob, which is not yet known to be a good one. */
OTA_API bool ota_is_devicetree_blob(struct ota_span bytes);

/* "libfdt" into `text`; false in a build without it. */
OTA_API bool ota_devicetree_library(char *text, size_t cap);

/*
 * Appends the profile to `yaml` and fills `report`. The text has been read back: ota_target_parse
 * takes it. OTA_E_UNSUPPORTED: built without libfdt, or a layout that a profile has no words for;
 * OTA_E_ABSENT: no slot, or no sector sizes; OTA_E_MALFORMED: no devicetree, no .config, or one
 * against the other; OTA_E_USAGE: no such chip, a name that is none, the same kind of .config
 * twice; OTA_E_MEMORY. All are put into words.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_target_import(const struct ota_import_plan *plan,
						      struct ota_buf *yaml,
						      struct ota_import_report *report,
						      struct ota_diag *diag);

#ifdef __cplusplus
}
#endif
#endif
