// SPDX-License-Identifier: Apache-2.0
/* A new key into a new file: otatool's keygen, and imgtool's. */
#ifndef CLI_KEY_MAKE_H
#define CLI_KEY_MAKE_H

#include "cli.h"

struct cli_new_key {
	const char *type;
	const char *path;
	bool force;         /* replace a file that exists */
	bool asks;          /* for a passphrase, twice, unless an option gives it */
	const char *prompt; /* the questions */
	const char *again;
};

/*
 * Makes the key as PKCS#8 with mode 0600; encrypted when it `asks`, or when an option of
 * PASSPHRASE_OPTION_ROWS gives a passphrase. All that can be said before one is asked for is said
 * before: no such type, a file that exists. For imgtool the passphrase may come from standard
 * input.
 */
enum cli_exit cli_make_key(const struct cli_args *args, const struct cli_new_key *wish);

#endif
