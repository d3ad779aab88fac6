// SPDX-License-Identifier: Apache-2.0
/* Patches and delta updates in words and in JSON. */
#ifndef CLI_PATCH_TEXT_H
#define CLI_PATCH_TEXT_H

#include <ota/delta_update.h>

#include "emit.h"

/* What a patch makes, of what, and where its bytes go; lines on stdout. */
void print_patch(const struct ota_delta_info *info);

/* The same as members of `object`. */
void json_patch(json_t *object, const struct ota_delta_info *info);

/* What a delta update is for, its ids and its keys; lines on stdout. */
void print_update(const struct ota_delta_update *update);

/* The same as members of `object`. */
void json_update(json_t *object, const struct ota_delta_update *update);

#endif
