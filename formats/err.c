// SPDX-License-Identifier: Apache-2.0
#include <ota/err.h>

const char *ota_err_name(enum ota_err err)
{
	switch (err) {
	case OTA_OK:
		return "ok";
	case OTA_E_TRUNCATED:
		return "truncated";
	case OTA_E_MALFORMED:
		return "malformed";
	case OTA_E_UNSUPPORTED:
		return "unsupported";
	case OTA_E_ABSENT:
		return "absent";
	case OTA_E_DIGEST:
		return "wrong digest";
	case OTA_E_SIGNATURE:
		return "wrong signature";
	case OTA_E_UNSIGNED:
		return "not signed";
	case OTA_E_NO_FIT:
		return "does not fit";
	case OTA_E_WRONG_BASE:
		return "wrong old image";
	case OTA_E_REFUSED:
		return "refused";
	case OTA_E_USAGE:
		return "usage";
	case OTA_E_MEMORY:
		return "out of memory";
	case OTA_E_IO:
		return "input or output";
	case OTA_E_ROOM:
		return "no room";
	case OTA_E_EXISTS:
		return "exists";
	case OTA_E_CRYPTO:
		return "crypto library";
	}
	return "unknown";
}
