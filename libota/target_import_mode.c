// SPDX-License-Identifier: Apache-2.0
/* MCUboot's mode, number of images and slots in a Zephyr build. */
#include <inttypes.h>
#include <stdio.h>

#include "target_import_parts.h"

/*
 * How MCUboot itself is built; Zephyr's overwrite is always the fast one: MCUboot 2d4bacc3c15e,
 * boot/zephyr/Kconfig:597-690, boot/zephyr/include/mcuboot_config/mcuboot_config.h.
 */
static const struct mode_key {
	const char *key;
	enum ota_mode mode;
	bool unclear; /* the key says less than the mode */
} boot_keys[] = {
	{"CONFIG_SINGLE_APPLICATION_SLOT", OTA_MODE_SINGLE_SLOT, false},
	{"CONFIG_BOOT_SWAP_USING_SCRATCH", OTA_MODE_SWAP_SCRATCH, false},
	{"CONFIG_BOOT_SWAP_USING_MOVE", OTA_MODE_SWAP_MOVE, false},
	{"CONFIG_BOOT_SWAP_USING_OFFSET", OTA_MODE_SWAP_OFFSET, false},
	{"CONFIG_BOOT_UPGRADE_ONLY", OTA_MODE_OVERWRITE_FAST, false},
	{"CONFIG_BOOT_DIRECT_XIP", OTA_MODE_DIRECT_XIP, false},
	{"CONFIG_BOOT_RAM_LOAD", OTA_MODE_RAM_LOAD, false},
	{"CONFIG_BOOT_FIRMWARE_LOADER", OTA_MODE_FIRMWARE_LOADER, false},
};

/* What an application was told of its bootloader: Zephyr, modules/Kconfig.mcuboot. */
#define APP_MODE "CONFIG_MCUBOOT_BOOTLOADER_MODE_"
static const struct mode_key app_keys[] = {
	{APP_MODE "SINGLE_APP", OTA_MODE_SINGLE_SLOT, false},
	{APP_MODE "SWAP_SCRATCH", OTA_MODE_SWAP_SCRATCH, false},
	{APP_MODE "SWAP_USING_MOVE", OTA_MODE_SWAP_MOVE, false},
	{APP_MODE "SWAP_USING_OFFSET", OTA_MODE_SWAP_OFFSET, false},
	{APP_MODE "SWAP_WITHOUT_SCRATCH", OTA_MODE_SWAP_MOVE, true},
	{APP_MODE "OVERWRITE_ONLY", OTA_MODE_OVERWRITE_FAST, false},
	{APP_MODE "DIRECT_XIP", OTA_MODE_DIRECT_XIP, false},
	{APP_MODE "DIRECT_XIP_WITH_REVERT", OTA_MODE_DIRECT_XIP_REVERT, false},
	{APP_MODE "RAM_LOAD", OTA_MODE_RAM_LOAD, false},
	{APP_MODE "RAM_LOAD_WITH_REVERT", OTA_MODE_RAM_LOAD, false},
	{APP_MODE "FIRMWARE_UPDATER", OTA_MODE_FIRMWARE_LOADER, false},
};

/* The one key of a choice that is set; NULL in `*found`: none. Two are a damaged file. */
static enum ota_err find_mode(const struct ota_import_file *file, const struct mode_key *keys,
			      size_t n, const struct mode_key **found, struct ota_diag *diag)
{
	*found = NULL;
	for (size_t i = 0; i < n; i++) {
		if (!ota_import_config_set(file, keys[i].key))
			continue;
		if (*found)
			return ota_fail(diag, OTA_E_MALFORMED, "%s: %s and %s are both set",
					file->name, (*found)->key, keys[i].key);
		*found = &keys[i];
	}
	return OTA_OK;
}

static void set_mode(struct ota_import *import, enum ota_mode mode, enum ota_import_origin origin,
		     const char *why)
{
	import->mode = mode;
	import->mode_origin = origin;
	(void)snprintf(import->mode_why, sizeof(import->mode_why), "%s", why);
}

static void take_boot_mode(struct ota_import *import, const struct mode_key *key)
{
	bool revert = key->mode == OTA_MODE_DIRECT_XIP &&
		      ota_import_config_set(&import->configs.boot, "CONFIG_BOOT_DIRECT_XIP_REVERT");

	set_mode(import, revert ? OTA_MODE_DIRECT_XIP_REVERT : key->mode, OTA_IMPORT_READ,
		 revert ? "CONFIG_BOOT_DIRECT_XIP_REVERT" : key->key);
}

static void take_app_mode(struct ota_import *import, const struct mode_key *key)
{
	if (key->unclear)
		set_mode(import, key->mode, OTA_IMPORT_ASSUMED,
			 APP_MODE "SWAP_WITHOUT_SCRATCH of the application: swap-move or "
				  "swap-offset, MCUboot's .config says which");
	else
		set_mode(import, key->mode, OTA_IMPORT_READ, key->key);
}

static bool is_espressif(const struct ota_import_dt *dt)
{
	static const char vendor[] = "espressif,";

	for (unsigned i = 0; i < dt->n_compatibles; i++) {
		if (strncmp(dt->compatible[i], vendor, strlen(vendor)) == 0)
			return true;
	}
	return false;
}

/* What MCUboot's Kconfig does when nobody chooses: boot/zephyr/Kconfig:577-601. */
static void assume_mode(struct ota_import *import)
{
	if (import->dt.scratch.found)
		set_mode(import, OTA_MODE_SWAP_SCRATCH, OTA_IMPORT_ASSUMED,
			 "there is a scratch_partition; CONFIG_BOOT_SWAP_USING_... of MCUboot "
			 "decides it");
	else if (is_espressif(&import->dt))
		set_mode(import, OTA_MODE_SWAP_MOVE, OTA_IMPORT_ASSUMED,
			 "MCUboot's default for Espressif's chips; CONFIG_BOOT_SWAP_USING_... of "
			 "MCUboot decides it");
	else
		set_mode(import, OTA_MODE_SWAP_OFFSET, OTA_IMPORT_ASSUMED,
			 "MCUboot's default without scratch_partition (older ones: swap-move); "
			 "CONFIG_BOOT_SWAP_USING_... of MCUboot decides it");
}

enum ota_err ota_import_choose_mode(struct ota_import *import, struct ota_diag *diag)
{
	const struct ota_import_file *boot = &import->configs.boot;
	const struct mode_key *boot_key = NULL;
	const struct mode_key *app_key = NULL;
	enum ota_err err;

	if (ota_import_config_set(boot, "CONFIG_SINGLE_APPLICATION_SLOT_RAM_LOAD") ||
	    ota_import_config_set(&import->configs.app, APP_MODE "SINGLE_APP_RAM_LOAD"))
		return ota_fail(diag, OTA_E_UNSUPPORTED,
				"MCUboot loads into RAM from a single slot: no mode of a profile "
				"does that");
	err = find_mode(boot, boot_keys, sizeof(boot_keys) / sizeof(boot_keys[0]), &boot_key, diag);
	if (err == OTA_OK)
		err = find_mode(&import->configs.app, app_keys,
				sizeof(app_keys) / sizeof(app_keys[0]), &app_key, diag);
	if (err != OTA_OK)
		return err;
	if (boot_key)
		take_boot_mode(import, boot_key);
	else if (app_key)
		take_app_mode(import, app_key);
	else
		assume_mode(import);
	if (boot_key && app_key && !app_key->unclear && app_key->mode != import->mode)
		import->app_mode = app_key->key;
	if (import->mode == OTA_MODE_SWAP_SCRATCH && !import->dt.scratch.found)
		return ota_fail(diag, OTA_E_ABSENT,
				"the mode is swap-scratch (%.80s), and %s has no "
				"scratch_partition",
				import->mode_why, import->plan->devicetree.name);
	return OTA_OK;
}

/* -- the partition manager --------------------------------------------------------------------- */

#define PM_WHAT 64

/* PM_WHAT_ADDRESS and PM_WHAT_SIZE; an area without them is left out. */
static enum ota_err read_pm_area(struct ota_import *import, const char *what, int flash,
				 struct ota_import_area *area, struct ota_diag *diag)
{
	const struct ota_import_file *pm = &import->configs.pm;
	char key[PM_WHAT];
	enum ota_err err;

	*area = (struct ota_import_area){.found = false};
	(void)snprintf(key, sizeof(key), "PM_%s_ADDRESS", what);
	err = ota_import_config_number(pm, key, UINT32_MAX, &area->at, diag);
	(void)snprintf(key, sizeof(key), "PM_%s_SIZE", what);
	if (err == OTA_OK)
		err = ota_import_config_number(pm, key, UINT32_MAX, &area->len, diag);
	if (err == OTA_E_ABSENT)
		return OTA_OK;
	if (err != OTA_OK)
		return err;
	if (area->len == 0 || flash < 0)
		return ota_fail(diag, OTA_E_MALFORMED,
				flash < 0 ? "%s: %s: the devicetree does not choose its flash"
					  : "%s: %s is 0",
				pm->name, key);
	(void)snprintf(area->path, sizeof(area->path), "PM_%s_ADDRESS, PM_%s_SIZE", what, what);
	area->flash = (unsigned)flash;
	area->found = true;
	return OTA_OK;
}

static bool is_set(const struct ota_import *import, const char *key)
{
	return ota_import_config_set(&import->configs.boot, key) ||
	       ota_import_config_set(&import->configs.app, key);
}

enum ota_err ota_import_take_pm(struct ota_import *import, struct ota_diag *diag)
{
	struct ota_import_dt *dt = &import->dt;
	bool out = is_set(import, "CONFIG_PM_EXTERNAL_FLASH_MCUBOOT_SECONDARY");
	enum ota_err err;

	if (!import->configs.pm.name && !is_set(import, "CONFIG_PARTITION_MANAGER_ENABLED"))
		return OTA_OK;
	if (!import->configs.pm.name) {
		(void)ota_fail(diag, OTA_E_ABSENT,
			       "CONFIG_PARTITION_MANAGER_ENABLED: the slots are not those of the "
			       "devicetree but in pm.config");
		ota_hint(diag, "give it too: --config build/pm.config");
		return OTA_E_ABSENT;
	}
	for (unsigned i = 2; i < OTA_IMPORT_SLOTS; i++)
		dt->slot[i].found = false;
	err = read_pm_area(import, "MCUBOOT", dt->chosen_flash, &dt->boot, diag);
	if (err == OTA_OK)
		err = read_pm_area(import, "MCUBOOT_PRIMARY", dt->chosen_flash, &dt->slot[0], diag);
	if (err == OTA_OK)
		err = read_pm_area(import, "MCUBOOT_SECONDARY",
				   out ? dt->pm_ext_flash : dt->chosen_flash, &dt->slot[1], diag);
	if (err == OTA_OK)
		err = read_pm_area(import, "MCUBOOT_SCRATCH", dt->chosen_flash, &dt->scratch, diag);
	return err;
}

/* -- images ------------------------------------------------------------------------------------ */

static enum ota_err fail_slot(const struct ota_import *import, unsigned slot, struct ota_diag *diag)
{
	if (import->configs.pm.name)
		return ota_fail(diag, OTA_E_ABSENT, "%s: no slot for image %u: no %s",
				import->configs.pm.name, slot / 2,
				slot == 0   ? "PM_MCUBOOT_PRIMARY_ADDRESS"
				: slot == 1 ? "PM_MCUBOOT_SECONDARY_ADDRESS"
					    : "such image in a partition manager's layout is read");
	(void)ota_fail(diag, OTA_E_ABSENT,
		       "%s: image %u has no %s slot: no slot%u_partition, and no partition with "
		       "label \"image-%u\"",
		       import->plan->devicetree.name, slot / 2, slot % 2 ? "secondary" : "primary",
		       slot, slot);
	ota_hint(diag, "the devicetree of a build for MCUboot is build/.../zephyr/zephyr.dts of "
		       "the application");
	return OTA_E_ABSENT;
}

enum ota_err ota_import_choose_images(struct ota_import *import, struct ota_diag *diag)
{
	static const char key[] = "CONFIG_UPDATEABLE_IMAGE_NUMBER";
	bool one_slot = ota_mode_has_one_slot(import->mode);
	uint64_t number = 1;
	enum ota_err err;

	err = ota_import_config_number(&import->configs.boot, key, OTA_TARGET_IMAGES_MAX, &number,
				       diag);
	if (err == OTA_E_ABSENT)
		err = ota_import_config_number(&import->configs.app, key, OTA_TARGET_IMAGES_MAX,
					       &number, diag);
	if (err != OTA_OK && err != OTA_E_ABSENT)
		return err;
	import->images_unsaid = err == OTA_E_ABSENT && !one_slot && import->dt.slot[2].found &&
				import->dt.slot[3].found;
	import->n_images = one_slot || number == 0 ? 1 : (unsigned)number;
	for (unsigned slot = 0; slot < 2 * import->n_images; slot++) {
		if (!import->dt.slot[slot].found && !(one_slot && slot == 1))
			return fail_slot(import, slot, diag);
	}
	return OTA_OK;
}
