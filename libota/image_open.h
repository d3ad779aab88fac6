// SPDX-License-Identifier: Apache-2.0
#ifndef IMAGE_OPEN_H
#define IMAGE_OPEN_H

#include <ota/verify.h>

/*
 * ota_image_open with the rule that stands against it and where: `why` is filled on failure, but
 * for its text. With `as_bootloader` a protected record may run into the unprotected area.
 */
OTA_MUST_CHECK enum ota_err ota_image_open_why(struct ota_span file, bool as_bootloader,
					       struct ota_image *image, struct ota_finding *why,
					       struct ota_diag *diag);

#endif
