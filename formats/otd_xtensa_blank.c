// SPDX-License-Identifier: Apache-2.0
/* For matchers: no part of a decoder. */
#include "otd_arch.h"

/* The lowest bits of a CALL and a J: what they are. */
#define CALL_KEPT 0x3fU

void ota_otd_xtensa_blank(const struct ota_otd_unit *unit, uint8_t *bytes)
{
	switch (unit->kind) {
	case OTA_OTD_CALL:
	case OTA_OTD_J:
		bytes[0] &= CALL_KEPT;
		bytes[1] = 0;
		bytes[2] = 0;
		break;
	case OTA_OTD_L32R:
		bytes[1] = 0;
		bytes[2] = 0;
		break;
	default: /* pointers: the low 16 bits */
		bytes[0] = 0;
		bytes[1] = 0;
		break;
	}
}
