// SPDX-License-Identifier: Apache-2.0
/* Device profiles: how MCUboot is built for the board, and where its slots are. */
#include "target_read.h"

#define MAX_SECTORS_MAX 1048576U
#define ADDRESSES       (UINT64_C(1) << 32)

static struct ota_target *target_of(void *into)
{
	return ((struct ota_reading *)into)->target;
}

/* -- the build --------------------------------------------------------------------------------- */

static enum ota_err read_mode(const struct ota_yaml_value *value, void *into)
{
	const char *words[OTA_MODE_FIRMWARE_LOADER];
	size_t index = 0;
	enum ota_err err;

	for (unsigned i = 0; i < OTA_COUNT(words); i++)
		words[i] = ota_mode_name((enum ota_mode)(i + 1));
	err = ota_yaml_word(value, words, OTA_COUNT(words), &index);
	if (err == OTA_OK)
		target_of(into)->layout.mode = (enum ota_mode)(index + 1);
	return err;
}

static enum ota_err read_max_align(const struct ota_yaml_value *value, void *into)
{
	ota_reading_note((struct ota_reading *)into, OTA_AT_MAX_ALIGN, value);
	return ota_yaml_number(value, 1, UINT32_MAX, &target_of(into)->layout.max_align);
}

static enum ota_err read_max_sectors(const struct ota_yaml_value *value, void *into)
{
	return ota_yaml_number(value, 1, MAX_SECTORS_MAX, &target_of(into)->layout.max_sectors);
}

static enum ota_err read_header_size(const struct ota_yaml_value *value, void *into)
{
	return ota_yaml_size(value, OTA_IMAGE_HEADER_SIZE, UINT16_MAX,
			     &target_of(into)->header_size);
}

static enum ota_err read_encryption(const struct ota_yaml_value *value, void *into)
{
	char word[64];
	char list[256] = "";
	enum ota_err err = ota_yaml_text(value, word, sizeof(word));

	if (err != OTA_OK ||
	    ota_boot_encryption_parse(word, &target_of(into)->layout.enc_key) == OTA_OK)
		return err;
	for (size_t i = 0; ota_boot_encryption_name(i); i++)
		ota_list_add(list, sizeof(list), ota_boot_encryption_name(i));
	return ota_yaml_fail(value, "is not one of %s", list);
}

static enum ota_err read_hash(const struct ota_yaml_value *value, void *into)
{
	static const char *const words[] = {"sha256", "sha384", "sha512"};
	static const enum ota_hash hashes[] = {OTA_HASH_SHA256, OTA_HASH_SHA384, OTA_HASH_SHA512};
	size_t index = 0;
	enum ota_err err = ota_yaml_word(value, words, OTA_COUNT(words), &index);

	if (err == OTA_OK)
		target_of(into)->boot_hash = hashes[index];
	return err;
}

static enum ota_err read_crypto(const struct ota_yaml_value *value, void *into)
{
	static const char *const words[] = {"tinycrypt", "mbedtls"};
	size_t index = 0;
	enum ota_err err = ota_yaml_word(value, words, OTA_COUNT(words), &index);

	if (err == OTA_OK)
		target_of(into)->boot_crypto = (enum ota_boot_crypto)index;
	return err;
}

static enum ota_err read_allow_list(const struct ota_yaml_value *value, void *into)
{
	bool allow_list = true;
	enum ota_err err = ota_yaml_bool(value, &allow_list);

	target_of(into)->no_allow_list = !allow_list;
	return err;
}

/* An address, not a place in flash. */
static enum ota_err read_exec_ram(const struct ota_yaml_value *value, void *into)
{
	struct ota_area *area = &target_of(into)->exec_ram;

	if (!ota_reading_take_area(ota_yaml_scalar(value), area) || area->external)
		return ota_yaml_fail(value, "is not ADDRESS+SIZE, like 0x20000000+128K");
	if (area->len > ADDRESSES - area->at)
		return ota_yaml_fail(value, "ends behind the last address, 0xffffffff");
	return OTA_OK;
}

/* -- areas ------------------------------------------------------------------------------------- */

static enum ota_err read_boot(const struct ota_yaml_value *value, void *into)
{
	ota_reading_note((struct ota_reading *)into, OTA_AT_BOOT, value);
	return ota_reading_area(value, &target_of(into)->boot);
}

static enum ota_err read_scratch(const struct ota_yaml_value *value, void *into)
{
	ota_reading_note((struct ota_reading *)into, OTA_AT_SCRATCH, value);
	return ota_reading_area(value, &target_of(into)->scratch);
}

static size_t index_of(const struct ota_reading *reading)
{
	return (size_t)(reading->image - reading->target->image);
}

static enum ota_err read_primary(const struct ota_yaml_value *value, void *into)
{
	struct ota_reading *reading = (struct ota_reading *)into;

	reading->primary_line[index_of(reading)] = ota_yaml_line(value);
	return ota_reading_area(value, &reading->image->primary);
}

static enum ota_err read_secondary(const struct ota_yaml_value *value, void *into)
{
	struct ota_reading *reading = (struct ota_reading *)into;

	reading->secondary_line[index_of(reading)] = ota_yaml_line(value);
	return ota_reading_area(value, &reading->image->secondary);
}

static enum ota_err read_version(const struct ota_yaml_value *value, void *into)
{
	struct ota_target_image *image = ((struct ota_reading *)into)->image;

	if (ota_version_parse(ota_yaml_scalar(value), &image->version) != OTA_OK)
		return ota_yaml_fail(value, "is not a version like 1.2.3+4");
	image->has_version = true;
	return OTA_OK;
}

static const struct ota_yaml_field image_fields[] = {
	{"primary", read_primary},
	{"secondary", read_secondary},
	{"version", read_version},
};

static enum ota_err read_image(const struct ota_yaml_value *value, void *into)
{
	struct ota_reading *reading = (struct ota_reading *)into;
	struct ota_target *target = reading->target;
	unsigned index = target->n_images++;

	reading->image = &target->image[index];
	*reading->image = (struct ota_target_image){.has_version = false};
	reading->primary_line[index] = ota_yaml_line(value);
	reading->secondary_line[index] = ota_yaml_line(value);
	return ota_yaml_map(value, image_fields, OTA_COUNT(image_fields), reading);
}

static enum ota_err read_images(const struct ota_yaml_value *value, void *into)
{
	struct ota_reading *reading = (struct ota_reading *)into;

	if (reading->given & OTA_GIVEN_SLOTS)
		return ota_yaml_fail(value, "is given beside primary and secondary, which are the "
					    "first image's: one or the other");
	reading->given |= OTA_GIVEN_IMAGES;
	reading->as_list = true;
	reading->target->n_images = 0;
	return ota_yaml_list(value, OTA_TARGET_IMAGES_MAX, read_image, reading);
}

/* A slot at the top is the first image's. */
static enum ota_err read_top(const struct ota_yaml_value *value, struct ota_reading *reading,
			     enum ota_err (*read)(const struct ota_yaml_value *value, void *into))
{
	if (reading->given & OTA_GIVEN_IMAGES)
		return ota_yaml_fail(value, "is given beside images, of which it is the first's: "
					    "one or the other");
	reading->given |= OTA_GIVEN_SLOTS;
	reading->image = &reading->target->image[0];
	return read(value, reading);
}

static enum ota_err read_top_primary(const struct ota_yaml_value *value, void *into)
{
	return read_top(value, (struct ota_reading *)into, read_primary);
}

static enum ota_err read_top_secondary(const struct ota_yaml_value *value, void *into)
{
	return read_top(value, (struct ota_reading *)into, read_secondary);
}

static const struct ota_yaml_field mcuboot_fields[] = {
	{"mode", read_mode},
	{"max-align", read_max_align},
	{"max-sectors", read_max_sectors},
	{"header-size", read_header_size},
	{"encryption", read_encryption},
	{"hash", read_hash},
	{"crypto", read_crypto},
	{"allow-list", read_allow_list},
	{"exec-ram", read_exec_ram},
	{"boot", read_boot},
	{"primary", read_top_primary},
	{"secondary", read_top_secondary},
	{"images", read_images},
	{"scratch", read_scratch},
};

enum ota_err ota_reading_mcuboot(const struct ota_yaml_value *value, void *into)
{
	struct ota_reading *reading = (struct ota_reading *)into;
	struct ota_target *target = reading->target;

	target->has_mcuboot = true;
	if (target->n_images == 0)
		target->n_images = 1;
	ota_reading_note(reading, OTA_AT_MCUBOOT, value);
	return ota_yaml_map(value, mcuboot_fields, OTA_COUNT(mcuboot_fields), reading);
}
