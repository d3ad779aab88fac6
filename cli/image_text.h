// SPDX-License-Identifier: Apache-2.0
/* Images in words and in JSON, for the commands that report on them. */
#ifndef CLI_IMAGE_TEXT_H
#define CLI_IMAGE_TEXT_H

#include <ota/verify.h>

#include "emit.h"

#define VERSION_TEXT_MAX 32

/* "1.2.3" or "1.2.3+4" into `text`, which is returned. */
const char *version_text(const struct ota_version *version, char text[VERSION_TEXT_MAX]);

/* "NON_BOOTABLE|RAM_LOAD", or "none", into `text`, which is returned. */
const char *flags_text(uint32_t flags, char text[160]);

/* Header, TLVs and trailer, a line each, on stdout. */
void print_image(const struct ota_image *image);

/* The same as members of `object`. */
void json_image(json_t *object, const struct ota_image *image);

#endif
