// SPDX-License-Identifier: Apache-2.0
#include <ota/image.h>

#include "image_file.h"

static bool is_hex_input(const char *path)
{
	return !cli_is_stdin(path) && ota_firmware_is_hex_name(path);
}

static bool is_hex_output(const char *path)
{
	return !cli_is_stdout(path) && ota_firmware_is_hex_name(path);
}

enum cli_exit image_file_read(const char *path, struct image_file *file)
{
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_buf bytes = {.data = NULL};
	enum cli_exit status = cli_read(path, &bytes);

	*file = (struct image_file){.firmware = {.has_base = false}};
	if (status != CLI_DONE || !is_hex_input(path)) {
		file->firmware.bytes = bytes;
		return status;
	}
	if (ota_firmware_read(ota_buf_span(&bytes), OTA_FIRMWARE_HEX, CLI_FILE_MAX, &file->firmware,
			      &diag) != OTA_OK)
		status = cli_fail(path, &diag);
	ota_buf_free(&bytes);
	return status;
}

enum cli_exit image_file_check_output(const char *input, const char *output)
{
	if (!is_hex_output(output) || is_hex_input(input))
		return CLI_DONE;
	(void)cli_error(CLI_USAGE, output,
			"is named as Intel HEX, and %s is a binary, which has no address", input);
	cli_hint("another name makes a binary");
	return CLI_USAGE;
}

enum cli_exit image_file_write(const char *path, const struct image_file *file,
			       struct ota_span bytes, bool is_payload, uint32_t offset)
{
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_buf hex = ota_buf_init(SIZE_MAX);
	uint32_t base = file->firmware.base;
	struct ota_hex_run run = {.at = base + offset, .bytes = bytes};
	enum cli_exit status;
	enum ota_err err;

	if (!is_hex_output(path))
		return cli_write(path, bytes);
	err = is_payload ? ota_firmware_write_hex(&run, 1, &hex, &diag)
			 : ota_image_file_to_hex(bytes, base, &hex, &diag);
	status = err == OTA_OK ? cli_write(path, ota_buf_span(&hex)) : cli_fail(path, &diag);
	ota_buf_free(&hex);
	return status;
}

void image_file_free(struct image_file *file)
{
	ota_firmware_free(&file->firmware);
}
