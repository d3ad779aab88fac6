// SPDX-License-Identifier: Apache-2.0
#include "key_arg.h"
#include "key_make.h"

enum { KEY, TYPE, PASSWORD, FORCE, PASSPHRASE_OPTION_IDS };

static const struct cli_option options[] = {
	[KEY] = {.name = "key", .letter = 'k', .value = "FILE", .help = "file to make"},
	[TYPE] = {.name = "type",
		  .letter = 't',
		  .value = "TYPE",
		  .help = "ecdsa-p256, ecdsa-p384, rsa-2048, rsa-3072, ed25519 or x25519"},
	[PASSWORD] = {.name = "password",
		      .letter = 'p',
		      .help = "encrypt the key; the passphrase is asked for"},
	[FORCE] = {.name = "force", .help = "replace a file that exists: its key is lost"},
	PASSPHRASE_OPTION_ROWS,
};

static enum cli_exit run(const struct cli_args *args)
{
	const struct cli_new_key wish = {
		.type = cli_value(args, TYPE),
		.path = cli_value(args, KEY),
		.force = cli_has(args, FORCE),
		.asks = cli_has(args, PASSWORD),
		.prompt = "Enter key passphrase: ",
		.again = "Reenter passphrase: ",
	};

	return cli_make_key(args, &wish);
}

const struct cli_command imgtool_keygen = {
	.options = options,
	.n_options = sizeof(options) / sizeof(options[0]),
	.run = run,
};
