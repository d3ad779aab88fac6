// SPDX-License-Identifier: Apache-2.0
#include <ota/verify.h>

#include "file_args.h"
#include "image_file.h"
#include "key_arg.h"

enum { KEY, OUTPUT, PAYLOAD, KEY_OPTION_IDS };

static const struct cli_option options[] = {
	[KEY] = {.name = "key",
		 .letter = 'k',
		 .value = "KEY",
		 .help = "private key, or key-encryption key, that the image is encrypted for"},
	[OUTPUT] = {.name = "output", .letter = 'o', .value = "OUT", .help = "file to write"},
	[PAYLOAD] = {.name = "payload", .help = "write the payload alone, without header and TLVs"},
	KEY_OPTION_ROWS,
};

static const struct cli_example examples[] = {
	{"otatool decrypt app.enc.img -k x25519.pem -o app.img",
	 "the image as it is in the primary slot after the upgrade"},
	{"otatool decrypt app.enc.img -k kek.b64 -o app.bin --payload", "the firmware alone"},
	{NULL, NULL},
};

/* Exit code 1 for every image that this key does not open; 3 when it is no image at all. */
static enum cli_exit fail(const char *path, const struct ota_diag *diag)
{
	enum cli_exit status = cli_fail(path, diag);

	return diag->err == OTA_E_ABSENT ? CLI_NO : status;
}

/* Appends to `out` the whole file, its payload in plaintext, or the payload alone. */
static enum cli_exit decrypt(const struct cli_args *args, const struct ota_image *image,
			     struct ota_span file, struct ota_buf *out)
{
	const char *path = args->positional[0];
	struct ota_buf plain = ota_buf_init(image->hashed.len);
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_key *key = NULL;
	struct ota_span bytes;
	enum cli_exit status = cli_read_device_key(args, cli_value(args, KEY), &key);
	enum ota_err err = OTA_OK;

	if (status == CLI_DONE)
		err = ota_image_open_payload(image, key, &plain, &diag);
	/* Nothing secret stays in memory while a slow output blocks. */
	ota_key_free(key);
	bytes = ota_buf_span(&plain);
	if (cli_has(args, PAYLOAD))
		bytes = ota_span_sub(bytes, image->header.hdr_size, image->header.img_size);
	if (status == CLI_DONE && err == OTA_OK)
		err = ota_buf_append(out, bytes, &diag);
	if (status == CLI_DONE && err == OTA_OK && !cli_has(args, PAYLOAD))
		err = ota_buf_append(out, ota_span_tail(file, plain.len), &diag);
	ota_buf_wipe(&plain);
	if (status == CLI_DONE && err != OTA_OK)
		return fail(path, &diag);
	return status;
}

static enum cli_exit check(const struct cli_args *args)
{
	const char *const inputs[] = {args->positional[0], cli_value(args, KEY)};
	const char *output = cli_value(args, OUTPUT);
	enum cli_exit status;

	if (!cli_has(args, KEY))
		return cli_error(CLI_USAGE, "decrypt", "needs --key KEY");
	if (!output)
		return cli_error(CLI_USAGE, "decrypt", "needs --output OUT");
	status = cli_check_key_stdin(args, inputs, 2);
	if (status == CLI_DONE)
		status = cli_check_outputs(args, args->positional[0], &output, 1);
	return status == CLI_DONE ? image_file_check_output(args->positional[0], output) : status;
}

static enum cli_exit run(const struct cli_args *args)
{
	const char *path = args->positional[0];
	struct image_file file = {.firmware = {.has_base = false}};
	struct ota_buf out = ota_buf_init(CLI_FILE_MAX);
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_image image = {.rest_at = 0};
	enum cli_exit status = check(args);

	/* The image first: while it blocks no key is in memory, and no passphrase is asked for in
	 * vain. */
	if (status == CLI_DONE)
		status = image_file_read(path, &file);
	if (status == CLI_DONE &&
	    ota_image_open(ota_buf_span(&file.firmware.bytes), &image, &diag) != OTA_OK)
		status = cli_fail(path, &diag);
	if (status == CLI_DONE && !ota_image_is_encrypted(&image))
		status = cli_error(CLI_NO, path, "is not encrypted");
	if (status == CLI_DONE)
		status = decrypt(args, &image, ota_buf_span(&file.firmware.bytes), &out);
	if (status == CLI_DONE)
		status = image_file_write(cli_value(args, OUTPUT), &file, ota_buf_span(&out),
					  cli_has(args, PAYLOAD), image.header.hdr_size);
	ota_buf_wipe(&out);
	image_file_free(&file);
	return status;
}

const struct cli_command cli_cmd_decrypt = {
	.usage = "decrypt IMAGE -k KEY -o OUT [--payload] [options]",
	.examples = examples,
	.about = "Writes an encrypted image as it is in the primary slot after the upgrade:\n"
		 "header, flags and TLVs as they are, the payload in plaintext. Padding and\n"
		 "trailer behind it are kept. That is what `sign --clear` makes.\n\n"
		 "Nothing is written unless the image's digest is that of the plaintext. Zeros\n"
		 "that filled the payload up to 16 bytes before it was encrypted cannot be told\n"
		 "from it, and stay. A compressed image is decrypted and stays compressed.\n\n"
		 "IMAGE named .hex is Intel HEX, and so is then an OUT of such a name.",
	.options = options,
	.n_options = sizeof(options) / sizeof(options[0]),
	.min_positionals = 1,
	.max_positionals = 1,
	.positionals = "an image",
	.run = run,
};
