// SPDX-License-Identifier: Apache-2.0
/* IMAGE on a command line: a binary, or Intel HEX by its name. */
#ifndef CLI_IMAGE_FILE_H
#define CLI_IMAGE_FILE_H

#include <ota/firmware.h>

#include "io.h"

struct image_file {
	struct ota_firmware firmware; /* owned; has_base: it was Intel HEX */
};

/* Reads it; standard input is a binary. The caller frees it, also on failure. */
enum cli_exit image_file_read(const char *path, struct image_file *file);

/*
 * Refuses an output named .hex for an input that is not: it would need an address. To be called
 * before anything is read.
 */
enum cli_exit image_file_check_output(const char *input, const char *output);

/*
 * Writes an image, or its payload when `is_payload`, that was made of `file`: as Intel HEX when
 * `path` says so, `offset` bytes behind the address the file had.
 */
enum cli_exit image_file_write(const char *path, const struct image_file *file,
			       struct ota_span bytes, bool is_payload, uint32_t offset);

void image_file_free(struct image_file *file);

#endif
