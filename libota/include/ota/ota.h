// SPDX-License-Identifier: Apache-2.0
/* Everything libota offers, in one include. */
#ifndef OTA_OTA_H
#define OTA_OTA_H

#include <ota/budget.h>
#include <ota/choose.h>
#include <ota/delta.h>
#include <ota/file.h>
#include <ota/image.h>
#include <ota/nearest.h>
#include <ota/number.h>
#include <ota/target.h>
#include <ota/target_import.h>
#include <ota/token.h>
#include <ota/verify.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The libraries that are built in, "OpenSSL 3.0.11" and so on, by index; false from the last one
 * on. `text` has `cap` bytes.
 */
OTA_API bool ota_library_version(size_t index, char *text, size_t cap);

#ifdef __cplusplus
}
#endif
#endif
