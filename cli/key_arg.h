// SPDX-License-Identifier: Apache-2.0
/*
 * KEY on a command line: a key file or a pkcs11: URI, its passphrase or PIN, and what is said about
 * a key that is not kept well. No option takes a secret itself: every process on the machine can
 * read a command line.
 */
#ifndef CLI_KEY_ARG_H
#define CLI_KEY_ARG_H

#include <ota/key.h>

#include "cli.h"

/* The options, for a command's enum and for its table. */
#define PASSPHRASE_OPTION_IDS PASSPHRASE_FILE, PASSPHRASE_FD
#define KEY_OPTION_IDS        PASSPHRASE_OPTION_IDS, PKCS11_MODULE, PIN_FILE, PIN_FD, STRICT

#define PASSPHRASE_OPTION_ROWS                                                                     \
	[PASSPHRASE_FILE] = {.name = "passphrase-file",                                            \
			     .value = "FILE",                                                      \
			     .help = "the key's passphrase is this file's first line"},            \
	[PASSPHRASE_FD] = {.name = "passphrase-fd",                                                \
			   .value = "N",                                                           \
			   .help = "the key's passphrase is the next line from open descriptor N"}

#define KEY_OPTION_ROWS                                                                            \
	PASSPHRASE_OPTION_ROWS,                                                                    \
		[PKCS11_MODULE] = {.name = "pkcs11-module",                                        \
				   .value = "FILE",                                                \
				   .help = "the token's module, for a KEY that is a pkcs11: URI"}, \
		[PIN_FILE] = {.name = "pin-file",                                                  \
			      .value = "FILE",                                                     \
			      .help = "the token's PIN is this file's first line"},                \
		[PIN_FD] = {.name = "pin-fd",                                                      \
			    .value = "N",                                                          \
			    .help = "the token's PIN is the next line from open descriptor N"},    \
		[STRICT] = {.name = "strict",                                                      \
			    .help = "refuse a private key that others can read, and MCUboot's "    \
				    "development keys"}

/*
 * The key that `text` names. The process is guarded before the first secret is read, and all that
 * was read but the key is wiped. The options above are looked up by name in the command's table; a
 * command without them reads keys all the same. What an encrypted key or a token needs and no
 * option gives is asked for on the terminal. Says what is wrong. The caller frees the key.
 */
enum cli_exit cli_read_key(const struct cli_args *args, const char *text, struct ota_key **key);

/*
 * The same for a key that opens encrypted images: private, of a kind that image keys are wrapped
 * for. Exit 2 for any other.
 */
enum cli_exit cli_read_device_key(const struct cli_args *args, const char *text,
				  struct ota_key **key);

/*
 * cli_check_stdin of the command's `n` paths, and of the files and descriptors that the options
 * above name.
 */
enum cli_exit cli_check_key_stdin(const struct cli_args *args, const char *const *paths, size_t n);

/*
 * cli_fail for a key. What is not there, and a secret that does not open it, are no answer to what
 * the command was asked, so not exit code 1 but `not_opened`: a token is part of the environment, a
 * file is input.
 */
enum cli_exit cli_fail_key(const char *subject, const struct ota_diag *diag,
			   enum cli_exit not_opened);

/*
 * The passphrase that --passphrase-file or --passphrase-fd gives, into `line`, which is initialised
 * first and stays empty when neither was given. The caller wipes it, also on failure.
 */
enum cli_exit cli_given_passphrase(const struct cli_args *args, struct ota_buf *line);

#endif
