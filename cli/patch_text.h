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

#define IN_PLACE_TEXT_MAX 144

/* "blocks of 4,096 bytes, old moved up by 20,480 (safe distance 16,384)", of a patch in place. */
const char *in_place_text(const struct ota_delta_info *info, char text[IN_PLACE_TEXT_MAX]);

/* The same as an object. */
json_t *json_in_place(const struct ota_delta_info *info);

/* What a delta update is for, its ids and its keys; lines on stdout. */
void print_update(const struct ota_delta_update *update);

/* The same as members of `object`. */
void json_update(json_t *object, const struct ota_delta_update *update);

#endif
