// SPDX-License-Identifier: Apache-2.0
/* What a patch's bits go into, in words and in JSON. */
#ifndef CLI_PATCH_ACCOUNT_H
#define CLI_PATCH_ACCOUNT_H

#include "emit.h"
#include "patch_file.h"

/*
 * Applies the patch, bare or in a delta update, to the image at `old_path` to find it; messages
 * call the patch `path`. Fills `account`.
 */
enum cli_exit read_account(const char *path, const struct patch_file *file, const char *old_path,
			   struct ota_delta_account *account);

/* By what they tell, and by where in the new image; lines on stdout. `info` is the patch's. */
void print_account(const struct ota_delta_account *account, const struct ota_delta_info *info);

/* The same as members of `object`. */
void json_account(json_t *object, const struct ota_delta_account *account,
		  const struct ota_delta_info *info);

#endif
