// SPDX-License-Identifier: Apache-2.0
#include "key_arg.h"
#include "key_make.h"

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

static enum cli_exit run(const struct cli_args *args)
{
	const struct cli_new_key wish = {
		.type = cli_value(args, TYPE),
		.path = cli_value(args, OUTPUT),
		.force = cli_has(args, FORCE),
		.asks = cli_has(args, PASSPHRASE),
		.prompt = "Passphrase for the new key: ",
		.again = "Once more: ",
	};

	if (wish.asks + cli_has(args, PASSPHRASE_FILE) + cli_has(args, PASSPHRASE_FD) > 1)
		return cli_error(CLI_USAGE, "keygen",
				 "takes one of --passphrase, --passphrase-file and "
				 "--passphrase-fd");
	return cli_make_key(args, &wish);
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
