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
	const char *const *words = args->positional;
	int argc = (int)args->n_positionals;
	const struct cli_row *row;
	int n_words;

	if (cli_has(args, MAN)) {
		cli_print_man();
		return CLI_DONE;
	}
	if (args->n_positionals == 0) {
		cli_print_overview();
		return CLI_DONE;
	}
	row = cli_find_words(argc, words, &n_words);
	if (!row && argc == 1 && cli_is_group(words[0])) {
		cli_print_group(words[0]);
		return CLI_DONE;
	}
	if (!row && cli_is_group(words[0]))
		return cli_unknown_in_group(words[0], words[1]);
	if (!row)
		return cli_unknown_command(words[0]);
	if (n_words < argc)
		return cli_error(CLI_USAGE, "help", "explains one command at a time");
	cli_print_help(row);
	return CLI_DONE;
}

const struct cli_command cli_cmd_help = {
	.usage = "help [COMMAND]",
	.examples = examples,
	.options = options,
	.n_options = sizeof(options) / sizeof(options[0]),
	.max_positionals = 2,
	.positionals = "a command",
	.run = run,
};
