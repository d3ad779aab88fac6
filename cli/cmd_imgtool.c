// SPDX-License-Identifier: Apache-2.0
#include "imgtool.h"

static const struct cli_example examples[] = {
	{"otatool imgtool sign -k key.pem -v 1.2.0 -H 0x200 -S 0x70000 app.bin app.signed.bin",
	 "the line that a build system gives to imgtool"},
	{"otatool imgtool getpub -k key.pem > root_pub_key.c", "what MCUboot compiles in"},
	{"otatool imgtool sign --help", "what one command takes"},
	{NULL, NULL},
};

static enum cli_exit run(const struct cli_args *args)
{
	return imgtool_run((int)args->n_positionals, args->positional);
}

#define LINE(symbol, name, arguments, summary) "  " name ": " summary "\n"
#define LIST                                   IMGTOOL_COMMANDS(LINE)

const struct cli_command cli_cmd_imgtool = {
	.usage = "imgtool COMMAND [OPTION...] [FILE...]",
	.examples = examples,
	.about = "Does what MCUboot's imgtool " IMGTOOL_VERSION
		 " does, by its command line, with its\n"
		 "exit codes: 0, 1 when verify says no, 2 for all that goes wrong. A program that\n"
		 "is called imgtool or imgtool.py, by a link, is in this mode without the word;\n"
		 "imgtool.py beside otatool is for build systems that start it with Python. Its\n"
		 "commands:\n\n" LIST "\n"
		 "docs/imgtool.md lists what differs from imgtool, and why.",
	.raw = true,
	.run = run,
};
