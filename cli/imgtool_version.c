// SPDX-License-Identifier: Apache-2.0
/* What build scripts probe for: the version of imgtool whose behaviour this is. */
#include <stdio.h>

#include "imgtool.h"

static enum cli_exit run(const struct cli_args *args)
{
	(void)args;
	printf(IMGTOOL_VERSION "\n");
	return CLI_DONE;
}

const struct cli_command imgtool_version = {
	.run = run,
};
