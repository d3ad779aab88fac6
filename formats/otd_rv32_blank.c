// SPDX-License-Identifier: Apache-2.0
/* For matchers: no part of a decoder. */
#include "otd_rv32.h"

#define STORE 0x20U /* in the opcode: the lower part lies apart */

/* What stays of each kind's bytes, as a word. */
static const uint32_t kept[OTA_OTD_KINDS] = {
	[OTA_OTD_POINTER] = 0xffff0000U, [OTA_OTD_RAM_POINTER] = 0xffff0000U,
	[OTA_OTD_JAL] = 0x00000fffU,     [OTA_OTD_UPPER] = 0x00000fffU,
	[OTA_OTD_LOWER] = 0x000fffffU,   [OTA_OTD_CJ] = 0xe003U,
	[OTA_OTD_CB] = 0xe383U,          [OTA_OTD_BRANCH] = 0x01fff07fU,
};
#define KEPT_STORE 0x01fff07fU

void ota_otd_rv32_blank(const struct ota_otd_unit *unit, uint8_t *bytes)
{
	uint32_t mask = kept[unit->kind];

	if (unit->kind == OTA_OTD_LOWER && (bytes[0] & 0x78U) == STORE)
		mask = KEPT_STORE;
	for (unsigned i = 0; i < unit->len; i++)
		bytes[i] &= (uint8_t)(mask >> 8 * i);
}

bool ota_otd_rv32_key(const struct ota_otd_image *image, struct ota_otd_unit *unit)
{
	bool is_gp = unit->target - OTD_GP_BASE + OTD_GP_BEFORE < OTD_GP_SIZE;

	if (unit->kind == OTA_OTD_LOWER && is_gp) {
		unit->key = otd_gp_key(unit->target);
		return true;
	}
	if (unit->kind == OTA_OTD_JAL || unit->kind > OTA_OTD_LOWER)
		return ota_otd_code_key(image, unit->target, &unit->key);
	return ota_otd_rv32_value_key(image, unit->target, &unit->key);
}
