// SPDX-License-Identifier: Apache-2.0
/* Which files a command line names, and that no output destroys one that is read. */
#ifndef CLI_FILE_ARGS_H
#define CLI_FILE_ARGS_H

#include "cli.h"

/*
 * Calls `visit` with the name of every file that an option of the command has it read: keys,
 * signatures, secrets, profiles, TLV values. Stops at the first status that is not CLI_DONE.
 */
enum cli_exit cli_each_input(const struct cli_args *args,
			     enum cli_exit (*visit)(const char *name, void *context),
			     void *context);

/*
 * Every output (NULL: not given) is a file of its own, under whatever name, and none of them is a
 * file that an option has read. The first is the command's result and may replace `input`; the
 * others may not. Exit 2.
 */
enum cli_exit cli_check_outputs(const struct cli_args *args, const char *input,
				const char *const *outputs, size_t n);

#endif
