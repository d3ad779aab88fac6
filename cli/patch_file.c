// SPDX-License-Identifier: Apache-2.0
#include "patch_file.h"

enum cli_exit patch_file_read(const char *path, struct patch_file *file)
{
	struct ota_diag diag = {.err = OTA_OK};
	enum cli_exit status;

	*file = (struct patch_file){.is_update = false};
	status = cli_read(path, &file->bytes);
	if (status != CLI_DONE)
		return status;
	file->patch = ota_buf_span(&file->bytes);
	file->is_update = ota_delta_update_probe(file->patch);
	if (!file->is_update) {
		file->format = ota_delta_probe(file->patch);
		return CLI_DONE;
	}
	if (ota_delta_update_open(file->patch, &file->update, &diag) != OTA_OK)
		return cli_fail(path, &diag);
	file->patch = file->update.patch;
	file->format = file->update.format;
	return CLI_DONE;
}

enum cli_exit patch_file_read_image(const struct patch_file *file, const char *path,
				    struct image_file *image)
{
	if (file->is_update)
		return image_file_read(path, image);
	*image = (struct image_file){.firmware = {.has_base = false}};
	return cli_read(path, &image->firmware.bytes);
}

void patch_file_free(struct patch_file *file)
{
	ota_buf_free(&file->bytes);
}
