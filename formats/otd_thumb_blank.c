// SPDX-License-Identifier: Apache-2.0
/* For matchers: no part of a decoder. */
#include "otd_rv32.h"

/* What stays of each kind's first, second ... byte. */
static const uint8_t kept[OTA_OTD_KINDS][OTA_OTD_UNIT_MAX] = {
	[OTA_OTD_POINTER] = {0, 0, 0xff, 0xff},
	[OTA_OTD_RAM_POINTER] = {0, 0, 0xff, 0xff},
	[OTA_OTD_BL] = {0, 0xf8, 0, 0xd0},
	[OTA_OTD_BW] = {0, 0xf8, 0, 0xd0},
	[OTA_OTD_BCCW] = {0xc0, 0xfb, 0, 0xd0}, /* with the condition */
	[OTA_OTD_LDR] = {0, 0xff},
	[OTA_OTD_ADR] = {0, 0xff},
	[OTA_OTD_B] = {0, 0xf8},
	[OTA_OTD_BCC] = {0, 0xff},
	[OTA_OTD_CBZ] = {0x07, 0xfd},
	[OTA_OTD_LDRW] = {0xff, 0xff, 0, 0xf0}, /* with the direction */
	/* As of a pointer, the low 16 bits: MOVW's, not MOVT's. */
	[OTA_OTD_MOVW] = {0xf0, 0xfb, 0, 0x8f, 0xff, 0xff, 0xff, 0xff},
};

void ota_otd_unit_blank(enum ota_otd_arch arch, const struct ota_otd_unit *unit, uint8_t *bytes)
{
	switch (arch) {
	case OTA_OTD_NONE:
		return;
	case OTA_OTD_THUMB:
		for (unsigned i = 0; i < unit->len; i++)
			bytes[i] &= kept[unit->kind][i];
		return;
	case OTA_OTD_RV32:
		ota_otd_rv32_blank(unit, bytes);
		return;
	case OTA_OTD_XTENSA:
		ota_otd_xtensa_blank(unit, bytes);
		return;
	}
}
