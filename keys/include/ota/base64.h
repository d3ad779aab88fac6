// SPDX-License-Identifier: Apache-2.0
/* Base64 (RFC 4648, with padding): how signatures travel in files. */
#ifndef OTA_BASE64_H
#define OTA_BASE64_H

#include <ota/buf.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Appends `bytes` as base64 without line ends. OTA_E_ROOM, OTA_E_MEMORY. */
OTA_API OTA_MUST_CHECK enum ota_err ota_base64_encode(struct ota_span bytes, struct ota_buf *out,
						      struct ota_diag *diag);

/*
 * Appends what `text` stands for, as Python's b64decode reads it: characters that are not base64's
 * are skipped, and what follows the padding. OTA_E_MALFORMED: its length is no whole number of
 * bytes. OTA_E_ROOM, OTA_E_MEMORY.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_base64_decode(struct ota_span text, struct ota_buf *out,
						      struct ota_diag *diag);

#ifdef __cplusplus
}
#endif
#endif
