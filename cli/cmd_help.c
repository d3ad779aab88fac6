// SPDX-License-Identifier: Apache-2.0
#include "cli.h"

enum { MAN };

static const struct cli_option options[] = {
	[MAN] = {.name = "man", .help = "print the manual page's source, for man(1)"},
};

static const struct cli_example examples[] = {
	{"otatool help sign", "what sign takes"},
	{"otatool help --man > otatool.1", "the manual page"},
	{NULL, NULL},
};

static enum cli_exit run(const struct cli_args *args)
{
	const struct cli_row *row;

	if (cli_has(args, MAN)) {
		cli_print_man();
		return CLI_DONE;
	}
	if (args->n_positionals == 0) {
		cli_print_overview();
		return CLI_DONE;
	}
	row = cli_find_command(args->positional[0]);
	if (!row)
		return cli_unknown_command(args->positional[0]);
	cli_print_help(row);
	return CLI_DONE;
}

const struct cli_command cli_cmd_help = {
	.usage = "help [COMMAND]",
	.examples = examples,
	.options = options,
	.n_options = sizeof(options) / sizeof(options[0]),
	.max_positionals = 1,
	.positionals = "a command",
	.run = run,
};
