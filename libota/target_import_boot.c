// SPDX-License-Identifier: Apache-2.0
/* The imported profile's `mcuboot`: how it is built and where its areas are. */
#include <inttypes.h>
#include <stdio.h>

#include "target_import_parts.h"

#define FIELD_ROOM      128
#define KIB             1024U
#define DEFAULT_ALIGN   8U   /* BOOT_MAX_ALIGN */
#define DEFAULT_SECTORS 128U /* BOOT_MAX_IMG_SECTORS */

/* -- numbers ----------------------------------------------------------------------------------- */

static uint32_t largest_write(const struct ota_import *import)
{
	uint32_t write = import->dt.flash[import->own].write;

	if (write == 0 && import->base_target)
		write = import->base_target->flash.write;
	if (import->external < import->dt.n_flashes &&
	    import->dt.flash[import->external].write > write)
		write = import->dt.flash[import->external].write;
	return write;
}

static void write_max_align(const struct ota_import *import, struct ota_import_text *text)
{
	static const char key[] = "CONFIG_MCUBOOT_BOOT_MAX_ALIGN";
	uint32_t write = largest_write(import);
	uint64_t align = 0;
	char field[FIELD_ROOM];
	enum ota_err err = ota_import_config_number(&import->configs.boot, key, UINT32_MAX, &align,
						    text->diag);

	if (err != OTA_OK && err != OTA_E_ABSENT) {
		text->err = err;
		return;
	}
	if (err == OTA_E_ABSENT)
		align = write;
	(void)snprintf(field, sizeof(field), "  max-align: %" PRIu64,
		       align > DEFAULT_ALIGN ? align : DEFAULT_ALIGN);
	if (err == OTA_OK)
		ota_import_field(text, field, OTA_IMPORT_READ, "%s%s", key,
				 align < DEFAULT_ALIGN ? " is less: MCUboot's own least" : "");
	else if (write > DEFAULT_ALIGN)
		ota_import_field(text, field, OTA_IMPORT_ASSUMED,
				 "the write-block-size: BOOT_MAX_ALIGN cannot be less; %s decides "
				 "it",
				 key);
	else
		ota_import_field(text, field, OTA_IMPORT_READ, "MCUboot's default (no %s)", key);
}

/*
 * CONFIG_BOOT_MAX_IMG_SECTORS_AUTO: the largest slot's sectors, of slots in a "soc-nv-flash" with
 * an erase-block-size; slots in other flashes are not counted, however many sectors they have.
 * MCUboot 2d4bacc3c15e, boot/zephyr/CMakeLists.txt:470-613.
 */
static uint64_t count_sectors(const struct ota_import *import)
{
	uint64_t most = 0;

	for (unsigned i = 0; i < 2 * import->n_images; i++) {
		const struct ota_import_area *slot = &import->dt.slot[i];
		const struct ota_import_flash *flash = &import->dt.flash[slot->flash];

		if (!slot->found || flash->kind != OTA_IMPORT_SOC_FLASH || flash->erase == 0 ||
		    (i % 2 && import->mode == OTA_MODE_SINGLE_SLOT))
			continue;
		if (slot->len / flash->erase > most)
			most = slot->len / flash->erase;
	}
	return most;
}

static void write_auto_sectors(const struct ota_import *import, enum ota_import_origin origin,
			       struct ota_import_text *text)
{
	uint64_t most = count_sectors(import);
	char field[FIELD_ROOM];

	(void)snprintf(field, sizeof(field), "  max-sectors: %" PRIu64,
		       most ? most : DEFAULT_SECTORS);
	ota_import_field(text, field, origin, "CONFIG_BOOT_MAX_IMG_SECTORS_AUTO%s: %s",
			 origin == OTA_IMPORT_ASSUMED ? " of MCUboot decides it" : "",
			 most == 0 ? "it finds no erase-block-size in a soc-nv-flash and falls back"
				   : "sectors of the largest slot");
}

static void write_max_sectors(const struct ota_import *import, struct ota_import_text *text)
{
	static const char key[] = "CONFIG_BOOT_MAX_IMG_SECTORS";
	const struct ota_import_file *boot = &import->configs.boot;
	uint64_t sectors = 0;
	char field[FIELD_ROOM];
	enum ota_err err = ota_import_config_number(boot, key, UINT32_MAX, &sectors, text->diag);
	bool automatic = ota_import_config_set(boot, "CONFIG_BOOT_MAX_IMG_SECTORS_AUTO");

	if (err == OTA_OK && !automatic) {
		(void)snprintf(field, sizeof(field), "  max-sectors: %" PRIu64, sectors);
		ota_import_field(text, field, OTA_IMPORT_READ, "%s", key);
	} else if (err == OTA_OK || err == OTA_E_ABSENT) {
		write_auto_sectors(import, automatic ? OTA_IMPORT_READ : OTA_IMPORT_ASSUMED, text);
	} else {
		text->err = err;
	}
}

/* The application leaves room for the header; with the partition manager it is an area of its own.
 */
static void write_header_size(const struct ota_import *import, struct ota_import_text *text)
{
	static const struct {
		const char *key;
		bool pm;
	} keys[] = {{"PM_MCUBOOT_PAD_SIZE", true},
		    {"CONFIG_ROM_START_OFFSET", false},
		    {"CONFIG_PM_PARTITION_SIZE_MCUBOOT_PAD", false}};
	uint64_t size = 0;
	char field[FIELD_ROOM];

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const struct ota_import_file *file =
			keys[i].pm ? &import->configs.pm : &import->configs.app;
		enum ota_err err =
			ota_import_config_number(file, keys[i].key, UINT16_MAX, &size, text->diag);

		if (err == OTA_E_ABSENT || (err == OTA_OK && size == 0))
			continue;
		if (err != OTA_OK) {
			text->err = err;
			return;
		}
		(void)snprintf(field, sizeof(field), "  header-size: 0x%" PRIx64, size);
		ota_import_field(text, field, OTA_IMPORT_READ, "%s", keys[i].key);
		return;
	}
	ota_import_field(text, "  header-size: 0x200", OTA_IMPORT_OPEN,
			 "CONFIG_ROM_START_OFFSET of the application decides it");
}

/* -- words ------------------------------------------------------------------------------------- */

/* MCUboot 2d4bacc3c15e, boot/bootutil/include/bootutil/enc_key_public.h:66-116. */
static const char *encryption_word(const struct ota_import_file *boot)
{
	bool aes256 = ota_import_config_set(boot, "CONFIG_BOOT_ENCRYPT_ALG_AES_256");

	if (!ota_import_config_set(boot, "CONFIG_BOOT_SWAP_SAVE_ENCTLV"))
		return aes256 ? "aes256" : "aes128";
	if (ota_import_config_set(boot, "CONFIG_BOOT_ENCRYPT_RSA"))
		return "enctlv-rsa2048";
	if (ota_import_config_set(boot, "CONFIG_BOOT_ENCRYPT_EC256"))
		return aes256 ? "enctlv-ec256-aes256" : "enctlv-ec256-aes128";
	if (ota_import_config_set(boot, "CONFIG_BOOT_HMAC_SHA512"))
		return aes256 ? "enctlv-x25519-sha512-aes256" : "enctlv-x25519-sha512-aes128";
	return aes256 ? "enctlv-x25519-aes256" : "enctlv-x25519-aes128";
}

/* The option that says so, or NULL. */
static const char *encryption_key(const struct ota_import_file *boot)
{
	static const char *const keys[] = {"CONFIG_BOOT_ENCRYPT_RSA", "CONFIG_BOOT_ENCRYPT_EC256",
					   "CONFIG_BOOT_ENCRYPT_X25519",
					   "CONFIG_BOOT_ENCRYPT_IMAGE"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (ota_import_config_set(boot, keys[i]))
			return keys[i];
	}
	return NULL;
}

static void write_encryption(const struct ota_import *import, struct ota_import_text *text)
{
	const struct ota_import_file *boot = &import->configs.boot;
	const char *key = encryption_key(boot);
	struct ota_span file;
	char field[FIELD_ROOM];

	if (key) {
		(void)snprintf(field, sizeof(field), "  encryption: %s", encryption_word(boot));
		ota_import_field(text, field, OTA_IMPORT_READ,
				 "%s, CONFIG_BOOT_ENCRYPT_ALG_..., "
				 "CONFIG_BOOT_SWAP_SAVE_ENCTLV",
				 key);
	} else if (boot->name) {
		ota_import_field(text, "  encryption: none", OTA_IMPORT_READ,
				 "CONFIG_BOOT_ENCRYPT_IMAGE is not set");
	} else if (ota_import_config_value(&import->configs.app,
					   "CONFIG_MCUBOOT_ENCRYPTION_KEY_FILE", &file) &&
		   file.len > 0) {
		ota_import_field(text, "  encryption: aes128", OTA_IMPORT_ASSUMED,
				 "the application has a CONFIG_MCUBOOT_ENCRYPTION_KEY_FILE; "
				 "CONFIG_BOOT_ENCRYPT_... of MCUboot decides it");
	} else {
		ota_import_field(text, "  encryption: none", OTA_IMPORT_ASSUMED,
				 "CONFIG_BOOT_ENCRYPT_IMAGE of MCUboot decides it");
	}
}

/* A key of the profile that one of several options decides. */
struct word_key {
	const char *key;
	const char *field; /* NULL: no word for it */
};

static void write_word(const struct ota_import *import, const struct word_key *keys, size_t n,
		       struct ota_import_text *text)
{
	for (size_t i = 0; i < n; i++) {
		if (!ota_import_config_set(&import->configs.boot, keys[i].key))
			continue;
		if (keys[i].field)
			ota_import_field(text, keys[i].field, OTA_IMPORT_READ, "%s", keys[i].key);
		else
			ota_import_line(text, "  # %s: a profile has no word for it", keys[i].key);
		return;
	}
	ota_import_field(text, keys[0].field, OTA_IMPORT_OPEN,
			 import->configs.boot.name ? "MCUboot's .config sets neither %s nor another"
						   : "MCUboot's .config decides it: %s",
			 keys[0].key);
}

static void write_words(const struct ota_import *import, struct ota_import_text *text)
{
	static const struct word_key hashes[] = {
		{"CONFIG_BOOT_IMG_HASH_ALG_SHA256", "  hash: sha256"},
		{"CONFIG_BOOT_IMG_HASH_ALG_SHA384", "  hash: sha384"},
		{"CONFIG_BOOT_IMG_HASH_ALG_SHA512", "  hash: sha512"},
	};
	static const struct word_key cryptos[] = {
		{"CONFIG_BOOT_ECDSA_TINYCRYPT", "  crypto: tinycrypt"},
		{"CONFIG_BOOT_ECDSA_MBEDTLS", "  crypto: mbedtls"},
		{"CONFIG_BOOT_ECDSA_PSA", NULL},
		{"CONFIG_BOOT_ECDSA_CC310", NULL},
	};
	static const char allow[] = "CONFIG_MCUBOOT_USE_TLV_ALLOW_LIST";
	const struct ota_import_file *boot = &import->configs.boot;

	write_word(import, hashes, sizeof(hashes) / sizeof(hashes[0]), text);
	write_word(import, cryptos, sizeof(cryptos) / sizeof(cryptos[0]), text);
	/* Older ones have no such option, and the list always. */
	if (ota_import_config_set(boot, allow))
		ota_import_field(text, "  allow-list: true", OTA_IMPORT_READ, "%s", allow);
	else if (ota_import_config_unset(boot, allow))
		ota_import_field(text, "  allow-list: false", OTA_IMPORT_READ, "%s is not set",
				 allow);
	else
		ota_import_field(text, "  allow-list: true", OTA_IMPORT_OPEN,
				 "the default; %s of MCUboot decides it", allow);
}

/* -- areas ------------------------------------------------------------------------------------- */

/* "external:0x8000+448K" */
static void area_text(const struct ota_import *import, const struct ota_import_area *area,
		      char text[64])
{
	bool whole = area->len % KIB == 0;

	(void)snprintf(text, 64, "%s0x%" PRIx64 "+%" PRIu64 "%s",
		       area->flash == import->own ? "" : "external:", area->at,
		       whole ? area->len / KIB : area->len, whole ? "K" : "");
}

static void write_area(const struct ota_import *import, const char *key,
		       const struct ota_import_area *area, struct ota_import_text *text)
{
	char field[FIELD_ROOM], place[64];

	area_text(import, area, place);
	(void)snprintf(field, sizeof(field), "  %s: %s", key, place);
	ota_import_field(text, field, OTA_IMPORT_READ, "%s", area->path);
}

static void write_slots(const struct ota_import *import, struct ota_import_text *text)
{
	const struct ota_import_area *slot = import->dt.slot;
	char primary[64], secondary[64];

	if (import->images_unsaid)
		ota_import_field(text, "  # images: one", OTA_IMPORT_ASSUMED,
				 "there are slots for a second one; CONFIG_UPDATEABLE_IMAGE_NUMBER "
				 "of MCUboot decides it");
	if (import->n_images == 1) {
		write_area(import, "primary", &slot[0], text);
		if (slot[1].found && import->mode != OTA_MODE_SINGLE_SLOT)
			write_area(import, "secondary", &slot[1], text);
		return;
	}
	ota_import_field(text, "  images:", OTA_IMPORT_READ, "CONFIG_UPDATEABLE_IMAGE_NUMBER");
	for (unsigned i = 0; i < import->n_images; i++, slot += 2) {
		ota_import_line(text, "    # %s, %s", slot[0].path, slot[1].path);
		area_text(import, &slot[0], primary);
		area_text(import, &slot[1], secondary);
		ota_import_line(text, "    - {primary: %s, secondary: %s}", primary, secondary);
	}
}

static void write_exec_ram(const struct ota_import *import, struct ota_import_text *text)
{
	uint64_t at = 0;
	uint64_t len = 0;
	char field[FIELD_ROOM];
	enum ota_err err;

	err = ota_import_config_number(&import->configs.boot,
				       "CONFIG_BOOT_IMAGE_EXECUTABLE_RAM_START", UINT32_MAX, &at,
				       text->diag);
	if (err == OTA_OK)
		err = ota_import_config_number(&import->configs.boot,
					       "CONFIG_BOOT_IMAGE_EXECUTABLE_RAM_SIZE", UINT32_MAX,
					       &len, text->diag);
	if (err == OTA_E_ABSENT || (err == OTA_OK && len == 0)) {
		ota_import_field(text, "  exec-ram: 0x20000000+128K", OTA_IMPORT_OPEN,
				 "CONFIG_BOOT_IMAGE_EXECUTABLE_RAM_START and _SIZE of MCUboot "
				 "decide it");
		return;
	}
	if (err != OTA_OK) {
		text->err = err;
		return;
	}
	(void)snprintf(field, sizeof(field), "  exec-ram: 0x%" PRIx64 "+%" PRIu64, at, len);
	ota_import_field(text, field, OTA_IMPORT_READ,
			 "CONFIG_BOOT_IMAGE_EXECUTABLE_RAM_START, _SIZE");
}

static void write_areas(const struct ota_import *import, struct ota_import_text *text)
{
	if (import->mode == OTA_MODE_RAM_LOAD)
		write_exec_ram(import, text);
	if (import->dt.boot.found)
		write_area(import, "boot", &import->dt.boot, text);
	write_slots(import, text);
	if (!import->dt.scratch.found)
		return;
	if (import->mode == OTA_MODE_SWAP_SCRATCH)
		write_area(import, "scratch", &import->dt.scratch, text);
	else
		ota_import_line(text, "  # %s: not used by %s", import->dt.scratch.path,
				ota_mode_name(import->mode));
}

enum ota_err ota_import_write_boot(const struct ota_import *import, struct ota_import_text *text)
{
	static const char logical[] = "CONFIG_MCUBOOT_LOGICAL_SECTOR_SIZE";
	uint64_t size = 0;
	char field[FIELD_ROOM];
	enum ota_err err = ota_import_config_number(&import->configs.boot, logical, UINT32_MAX,
						    &size, text->diag);

	if (err != OTA_OK && err != OTA_E_ABSENT)
		return err;
	if (size > 0)
		return ota_fail(text->diag, OTA_E_UNSUPPORTED,
				"%s: %s is %" PRIu64 ": a profile counts the flash's own sectors",
				import->configs.boot.name, logical, size);
	ota_import_line(text, "mcuboot:");
	(void)snprintf(field, sizeof(field), "  mode: %s", ota_mode_name(import->mode));
	ota_import_field(text, field, import->mode_origin, "%s", import->mode_why);
	/* It stores updates as its own mode wants them: at another place, say, for swap-offset. */
	if (import->app_mode)
		ota_import_warn(text->report,
				"MCUboot is built for %s, but the application was told %s",
				ota_mode_name(import->mode), import->app_mode);
	write_max_align(import, text);
	write_max_sectors(import, text);
	write_header_size(import, text);
	write_encryption(import, text);
	write_words(import, text);
	write_areas(import, text);
	return text->err;
}
