// SPDX-License-Identifier: Apache-2.0
#include "io.h"
#include "key_arg.h"
#include "prompt.h"

enum { TYPE, OUTPUT, FORCE, PASSPHRASE, PASSPHRASE_OPTION_IDS };

static const struct cli_option options[] = {
	[TYPE] = {.name = "type",
		  .letter = 't',
		  .value = "TYPE",
		  .help = "ecdsa-p256, ecdsa-p384, rsa-2048, rsa-3072, ed25519 or x25519"},
	[OUTPUT] = {.name = "output", .letter = 'o', .value = "KEY.pem", .help = "file to make"},
	[FORCE] = {.name = "force", .help = "replace a file that exists: its key is lost"},
	[PASSPHRASE] = {.name = "passphrase",
			.letter = 'p',
			.help = "encrypt the key; the passphrase is asked for on the terminal"},
	PASSPHRASE_OPTION_ROWS,
};

static const struct cli_example examples[] = {
	{"otatool keygen -t ed25519 -o key.pem", "small, fast, reproducible signatures"},
	{"otatool keygen -t ecdsa-p256 -o key.pem -p",
	 "what hardware accelerators know; encrypted"},
	{"otatool keygen -t x25519 -o enc.pem", "for encrypted images"},
	{NULL, NULL},
};

static enum cli_exit prompt_twice(struct ota_buf *passphrase)
{
	struct ota_buf again = ota_buf_init(OTA_PASSPHRASE_MAX);
	enum cli_exit status = cli_prompt("Passphrase for the new key: ", passphrase);

	if (status == CLI_DONE)
		status = cli_prompt("Once more: ", &again);
	else if (status == CLI_USAGE) {
		(void)cli_error(CLI_USAGE, "keygen", "there is no terminal to ask on");
		cli_hint("--passphrase-file FILE or --passphrase-fd N gives the passphrase");
	}
	if (status == CLI_DONE && !ota_span_equal(ota_buf_span(passphrase), ota_buf_span(&again)))
		status = cli_error(CLI_USAGE, "keygen", "the two passphrases differ");
	ota_buf_wipe(&again);
	return status;
}

/* Stays empty when the key is not to be encrypted. */
static enum cli_exit find_passphrase(const struct cli_args *args, struct ota_buf *passphrase)
{
	enum cli_exit status = cli_given_passphrase(args, passphrase);

	if (status == CLI_DONE && passphrase->len == 0 && cli_has(args, PASSPHRASE))
		status = prompt_twice(passphrase);
	return status;
}

static enum cli_exit generate(const struct cli_args *args, const char *type, struct ota_buf *pem)
{
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_buf passphrase;
	enum cli_exit status;

	ota_keys_guard_process();
	status = find_passphrase(args, &passphrase);
	if (status == CLI_DONE &&
	    ota_key_generate(type, ota_buf_span(&passphrase), pem, &diag) != OTA_OK)
		status = cli_fail("keygen", &diag);
	ota_buf_wipe(&passphrase);
	return status;
}

static bool is_kind(const char *type)
{
	for (size_t i = 0; ota_key_kind_name(i); i++) {
		if (strcmp(ota_key_kind_name(i), type) == 0)
			return true;
	}
	return false;
}

/* All that can be said before a passphrase is asked for. */
static enum cli_exit check(const struct cli_args *args)
{
	const char *type = cli_value(args, TYPE);
	const char *output = cli_value(args, OUTPUT);
	int sources = cli_has(args, PASSPHRASE) + cli_has(args, PASSPHRASE_FILE) +
		      cli_has(args, PASSPHRASE_FD);
	char list[128];

	if (!type)
		return cli_error(CLI_USAGE, "keygen", "needs --type, one of: %s",
				 cli_list(ota_key_kind_name, list));
	if (!is_kind(type))
		return cli_error(CLI_USAGE, "--type", "\"%s\" is not one of %s", type,
				 cli_list(ota_key_kind_name, list));
	if (!output)
		return cli_error(CLI_USAGE, "keygen", "needs --output KEY.pem");
	if (sources > 1)
		return cli_error(CLI_USAGE, "keygen",
				 "takes one of --passphrase, --passphrase-file and "
				 "--passphrase-fd");
	return cli_has(args, FORCE) ? CLI_DONE : cli_check_new(output);
}

static enum cli_exit run(const struct cli_args *args)
{
	struct ota_buf pem = ota_buf_init(OTA_KEY_FILE_MAX);
	enum cli_exit status = check(args);

	if (status == CLI_DONE)
		status = generate(args, cli_value(args, TYPE), &pem);
	if (status == CLI_DONE)
		status = cli_write_secret(cli_value(args, OUTPUT), ota_buf_span(&pem),
					  cli_has(args, FORCE));
	ota_buf_wipe(&pem);
	return status;
}

const struct cli_command cli_cmd_keygen = {
	.usage = "keygen -t TYPE -o KEY.pem [-p | --passphrase-file FILE | --passphrase-fd N] "
		 "[--force]",
	.examples = examples,
	.about =
		"The key is written as PKCS#8 with mode 0600. Whoever has the file can sign "
		"firmware:\n"
		"keep it out of the repository. An existing file is kept. With a passphrase it is\n"
		"encrypted: AES-256-CBC under PBKDF2-HMAC-SHA-256 with 600,000 rounds.\n"
		"x25519 keys sign nothing: images are encrypted for them.",
	.options = options,
	.n_options = sizeof(options) / sizeof(options[0]),
	.run = run,
};
