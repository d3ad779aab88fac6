// SPDX-License-Identifier: Apache-2.0
/* UUIDs of vendors and image classes, as imgtool reads them (scripts/imgtool/image.py). */
#ifndef OTA_UUID_H
#define OTA_UUID_H

#include <ota/diag.h>

#ifdef __cplusplus
extern "C" {
#endif

#define OTA_UUID_SIZE 16U /* bytes, in the order of RFC 4122 */

/* RFC 4122's name space for domain names: a vendor's. */
OTA_API const uint8_t *ota_uuid_dns(void);

/*
 * Reads a dashed UUID or 32 hex digits as they are; any other printable UTF-8 text is a name in the
 * name space `space` (version 5, SHA-1). Fills `uuid`. OTA_E_USAGE: a name, and `space` is NULL.
 * OTA_E_MALFORMED: not printable UTF-8. OTA_E_CRYPTO.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_uuid_read(const char *text, const uint8_t *space,
						  uint8_t uuid[OTA_UUID_SIZE],
						  struct ota_diag *diag);

#ifdef __cplusplus
}
#endif
#endif
