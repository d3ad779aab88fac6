// SPDX-License-Identifier: Apache-2.0
/* The bootloader that is meant when none is named. */
#ifndef CLI_DEFAULT_BOOT_H
#define CLI_DEFAULT_BOOT_H

#include <ota/verify.h>

/*
 * The hash of a default build for this key. Without one (NULL) the image says whether it is a P-384
 * key's: an ECDSA signature beside a SHA-384 digest is.
 */
enum ota_hash cli_default_hash(const struct ota_key *key, struct ota_span file);

#endif
