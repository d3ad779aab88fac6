// SPDX-License-Identifier: Apache-2.0
/* Which bootloader build an image is judged for. */
#include <stdio.h>

#include <ota/verify.h>

struct ota_boot ota_boot_any(void)
{
	return (struct ota_boot){.order = OTA_BOOT_EITHER_ENDIAN, .file_only = true};
}

enum ota_hash ota_boot_default_hash(const struct ota_key *key)
{
	return key && ota_key_signs(key) ? ota_key_hash(key) : OTA_HASH_SHA256;
}

enum ota_err ota_boot_from_target(const struct ota_target *target, struct ota_boot *boot,
				  struct ota_diag *diag)
{
	struct ota_flash_limits limits;
	uint64_t secondary = ota_sectors_bytes(&target->layout.secondary);
	enum ota_err err;

	if (!target->has_mcuboot)
		return ota_fail(diag, OTA_E_USAGE, "profile %s has no mcuboot section",
				target->name);
	err = ota_flash_limits(&target->layout, &limits, diag);
	if (err != OTA_OK)
		return err;
	boot->slot_size = ota_sectors_bytes(&target->layout.primary);
	if (secondary > boot->slot_size)
		boot->larger_slot = secondary;
	if (secondary != 0 && secondary < boot->slot_size) {
		boot->larger_slot = boot->slot_size;
		boot->slot_size = secondary;
	}
	boot->max_image = limits.max_image;
	(void)snprintf(boot->layout_problem, sizeof(boot->layout_problem), "%s",
		       limits.compatible ? limits.caution : limits.reason);
	boot->mode = target->layout.mode;
	boot->primary_at = target->primary.at;
	boot->secondary_at = target->secondary.at;
	boot->max_align = target->layout.max_align;
	boot->has_erased = true;
	boot->erased = target->flash.erased;
	boot->encrypts = target->layout.enc_key != 0;
	boot->hash = target->boot_hash;
	boot->crypto = target->boot_crypto;
	boot->no_allow_list = target->no_allow_list;
	return OTA_OK;
}
