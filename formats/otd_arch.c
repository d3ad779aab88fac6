// SPDX-License-Identifier: Apache-2.0
#include "otd_rv32.h"

/* Data memory of Cortex-M parts: SRAM with what lies right below it, and core-coupled memory. */
#define RAM_AT        0x1fff0000U
#define RAM_SIZE      0x110000U
#define CORE_RAM_AT   0x10000000U
#define CORE_RAM_SIZE 0x10000U
/* In an image at the bottom of memory, smaller values are counts and sizes rather than pointers. */
#define BOTTOM      0x1000U
#define POINTER_MIN 0x400U

static bool image_key(const struct ota_otd_image *image, uint32_t addr, uint32_t slack,
		      uint32_t *key)
{
	return ota_otd_offset(image, addr, slack, key) && *key < OTA_OTD_KEY_RAM;
}

bool ota_otd_code_key(const struct ota_otd_image *image, uint32_t target, uint32_t *key)
{
	return image_key(image, target, OTA_OTD_BRANCH_SLACK, key);
}

bool ota_otd_value_key(const struct ota_otd_image *image, uint32_t value, uint32_t *key)
{
	uint32_t ram = value - RAM_AT;

	if (value < POINTER_MIN && image->segment[0].addr < BOTTOM)
		return false;
	if (image_key(image, value, OTA_OTD_POINTER_SLACK, key))
		return true;
	if (ram >= RAM_SIZE) {
		ram = value - CORE_RAM_AT;
		if (ram >= CORE_RAM_SIZE)
			return false;
		ram += RAM_SIZE;
	}
	*key = OTA_OTD_KEY_RAM + ram;
	return true;
}

/* lui or auipc, then the first instruction that makes use of it; the rest is passed over. */
static bool rv32_read_far(const struct ota_otd_image *image, uint32_t at, struct ota_span bytes,
			  struct ota_otd_unit *unit)
{
	uint8_t pair[OTA_OTD_UNIT_MAX];

	memcpy(pair, bytes.data, 4);
	for (size_t i = 4; i <= OTA_OTD_AHEAD && bytes.len >= 4 && i <= bytes.len - 4;) {
		memcpy(pair + 4, bytes.data + i, 4);
		if (ota_otd_rv32_is_user(pair, pair + 4))
			return ota_otd_rv32_code_read(image, at, ota_span_of(pair, sizeof(pair)),
						      unit);
		i += otd_rv32_is_wide(pair[4]) ? 4 : 2;
	}
	return false;
}

static bool rv32_read(const struct ota_otd_image *image, uint32_t at, struct ota_span bytes,
		      struct ota_otd_unit *unit)
{
	if ((at & 1) != 0)
		return false;
	if (ota_otd_rv32_pointer_read(image, at, bytes, unit))
		return true;
	if (bytes.len >= 4 && ota_otd_rv32_is_upper(bytes.data))
		return rv32_read_far(image, at, bytes, unit);
	return ota_otd_rv32_code_read(image, at, bytes, unit);
}

bool ota_otd_unit_read(enum ota_otd_arch arch, enum ota_otd_tier tier,
		       const struct ota_otd_image *image, uint32_t at, struct ota_span bytes,
		       struct ota_otd_unit *unit)
{
	if (otd_is_rv32(arch))
		return rv32_read(image, at, bytes, unit);
	if (otd_is_xtensa(arch))
		return ota_otd_xtensa_read(image, at, bytes, unit);
	return otd_is_thumb(arch) && otd_thumb_read(tier, image, at, bytes, unit);
}

bool ota_otd_unit_write(enum ota_otd_arch arch, const struct ota_otd_unit *unit, uint32_t addr,
			uint32_t target, uint8_t *bytes)
{
	if (otd_is_rv32(arch))
		return ota_otd_rv32_write(unit, addr, target, bytes);
	if (otd_is_xtensa(arch))
		return ota_otd_xtensa_write(unit, addr, target, bytes);
	return otd_is_thumb(arch) && ota_otd_thumb_write(unit, addr, target, bytes);
}

uint32_t ota_otd_unit_step(enum ota_otd_arch arch, uint8_t kind)
{
	return arch == OTA_OTD_NONE ? 1 : otd_unit_step(arch, kind);
}

uint32_t ota_otd_unit_moved(enum ota_otd_arch arch, const struct ota_otd_unit *unit, uint32_t shift)
{
	return arch == OTA_OTD_NONE ? unit->target + shift : otd_unit_moved(arch, unit, shift);
}
