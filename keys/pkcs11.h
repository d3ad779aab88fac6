// SPDX-License-Identifier: Apache-2.0
/* What the rest of this floor asks of pkcs11.c, or of pkcs11_none.c in its place. */
#ifndef OTA_PKCS11_H
#define OTA_PKCS11_H

#include <stdbool.h>
#include <stddef.h>

/* "p11-kit 0.24.1" into `text` of `cap` bytes; false when this build has no PKCS#11 support. */
bool ota_token_library_version(char *text, size_t cap);

#endif
