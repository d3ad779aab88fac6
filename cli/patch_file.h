// SPDX-License-Identifier: Apache-2.0
/* PATCH on a command line: a bare patch or a delta update, told by its content. */
#ifndef CLI_PATCH_FILE_H
#define CLI_PATCH_FILE_H

#include <ota/delta_update.h>

#include "image_file.h"

struct patch_file {
	struct ota_buf bytes; /* owned */
	bool is_update;
	struct ota_delta_update update; /* of a delta update; borrows from `bytes` */
	struct ota_span patch;          /* the bare patch, or the one inside; borrows */
	const char *format;             /* its name; NULL: not known, which applying it says */
};

/* Reads it; a delta update is opened too. The caller frees it, also on failure. */
enum cli_exit patch_file_read(const char *path, struct patch_file *file);

/*
 * Reads an image that goes with it. A bare patch covers a file as it is; a delta update is for the
 * image in it, and a name that says Intel HEX is taken at its word. The caller frees `image`.
 */
enum cli_exit patch_file_read_image(const struct patch_file *file, const char *path,
				    struct image_file *image);

void patch_file_free(struct patch_file *file);

#endif
