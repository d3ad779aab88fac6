// SPDX-License-Identifier: Apache-2.0
/* A private key as C source, for a bootloader that decrypts images. */
#include "imgtool.h"
#include "io.h"
#include "key_arg.h"
#include "key_text.h"

enum { KEY, FORMAT, MINIMAL, KEY_OPTION_IDS };

static const struct cli_option options[] = {
	[KEY] = {.name = "key", .letter = 'k', .value = "KEY", .help = "private key"},
	[FORMAT] = {.name = "format",
		    .letter = 'f',
		    .value = "openssl|pkcs8",
		    .help = "EC has both (default pkcs8), RSA openssl, X25519 pkcs8"},
	[MINIMAL] = {.name = "minimal", .help = "without what decrypting does not need"},
	KEY_OPTION_ROWS,
};

/* RSA has only the one form, and the others begin with the other. */
static enum ota_private_form default_form(const struct ota_key *key)
{
	return strncmp(ota_key_name(key), "rsa", 3) == 0 ? OTA_PRIVATE_TRADITIONAL
							 : OTA_PRIVATE_PKCS8;
}

/* Appends the C text of the key. */
static enum cli_exit append(const struct cli_args *args, const struct ota_key *key,
			    enum ota_private_form form, struct ota_buf *text)
{
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_buf der = ota_buf_init(OTA_KEY_FILE_MAX);
	enum ota_err err = ota_key_private(key, form ? form : default_form(key),
					   cli_has(args, MINIMAL), &der, &diag);

	if (err == OTA_OK)
		err = key_text_c("enc_priv_key", "", ota_buf_span(&der), text, &diag);
	ota_buf_wipe(&der);
	return err == OTA_OK ? CLI_DONE : cli_fail(cli_value(args, KEY), &diag);
}

static enum cli_exit run(const struct cli_args *args)
{
	static const char *const words[] = {"openssl", "pkcs8", NULL};
	static const enum ota_private_form forms[] = {OTA_PRIVATE_TRADITIONAL, OTA_PRIVATE_PKCS8};
	const char *key_text = cli_value(args, KEY);
	struct ota_buf text = ota_buf_init(KEY_TEXT_MAX);
	struct ota_key *key = NULL;
	unsigned word = 0;
	enum cli_exit status = cli_choice(args, FORMAT, words, &word);

	if (status == CLI_DONE && !key_text)
		status = cli_error(CLI_USAGE, "getpriv", "needs --key KEY");
	if (status == CLI_DONE)
		status = cli_check_key_stdin(args, &key_text, 1);
	if (status == CLI_DONE)
		status = cli_read_key(args, key_text, &key);
	if (status == CLI_DONE)
		status = append(args, key,
				cli_has(args, FORMAT) ? forms[word] : (enum ota_private_form)0,
				&text);
	ota_key_free(key);
	if (status == CLI_DONE)
		status = cli_write("-", ota_buf_span(&text));
	ota_buf_wipe(&text);
	return status;
}

const struct cli_command imgtool_getpriv = {
	.options = options,
	.n_options = sizeof(options) / sizeof(options[0]),
	.run = run,
};
