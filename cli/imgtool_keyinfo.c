// SPDX-License-Identifier: Apache-2.0
/* Private or public? For builds, which no one watches: it never asks for a passphrase. */
#include <stdio.h>

#include "imgtool.h"
#include "key_arg.h"

enum { KEY, REQUIRE, KEY_OPTION_IDS };

static const struct cli_option options[] = {
	[KEY] = {.name = "key", .letter = 'k', .value = "KEY", .help = "the key"},
	[REQUIRE] = {.name = "require",
		     .value = "private|public",
		     .help = "exit 2 when the key is of the other kind"},
	KEY_OPTION_ROWS,
};

static enum cli_exit run(const struct cli_args *args)
{
	static const char *const kinds[] = {"public", "private", NULL};
	const char *key_text = cli_value(args, KEY);
	struct ota_key *key = NULL;
	unsigned wanted = 0;
	unsigned is = 0;
	enum cli_exit status = cli_choice(args, REQUIRE, kinds, &wanted);

	if (status == CLI_DONE && !key_text)
		status = cli_error(CLI_USAGE, "keyinfo", "needs --key KEY");
	if (status == CLI_DONE)
		status = cli_check_key_stdin(args, &key_text, 1);
	if (status == CLI_DONE)
		status = cli_read_key(args, key_text, &key);
	if (status != CLI_DONE)
		return status;
	is = ota_key_is_private(key) ? 1 : 0;
	ota_key_free(key);
	printf("%s\n", kinds[is]);
	if (cli_has(args, REQUIRE) && is != wanted)
		return cli_error(CLI_USAGE, key_text, "is a %s key, a %s one is required",
				 kinds[is], kinds[wanted]);
	return CLI_DONE;
}

const struct cli_command imgtool_keyinfo = {
	.options = options,
	.n_options = sizeof(options) / sizeof(options[0]),
	.asks_nothing = true,
	.run = run,
};
