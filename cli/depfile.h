// SPDX-License-Identifier: Apache-2.0
/* What an output was made from, as a rule for make: --depfile. */
#ifndef CLI_DEPFILE_H
#define CLI_DEPFILE_H

#include "cli.h"

/*
 * Writes the rule to the file that option `depfile` names; does nothing when it was not given.
 * `output` depends on `input` and on every file that an option of the command names.
 */
enum cli_exit cli_write_depfile(const struct cli_args *args, unsigned depfile, const char *output,
				const char *input);

#endif
