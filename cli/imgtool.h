// SPDX-License-Identifier: Apache-2.0
/*
 * imgtool mode: MCUboot's imgtool, by its own command line. Commands that otatool has too are the
 * same code; the others are files imgtool_*.c. What differs from imgtool on purpose is in
 * docs/imgtool.md.
 */
#ifndef CLI_IMGTOOL_H
#define CLI_IMGTOOL_H

#include <ota/buf.h>

#include "cli.h"

#define IMGTOOL_VERSION "2.4.0" /* whose behaviour this is */

/* THE TABLE: symbol of the struct cli_command, name, positionals, summary; in order of the help. */
#define IMGTOOL_COMMANDS(X)                                                                        \
	X(cli_cmd_sign, "create", "INFILE OUTFILE", "another name for sign")                       \
	X(imgtool_dumpinfo, "dumpinfo", "IMGFILE",                                                 \
	  "print header, TLV area and trailer of an image")                                        \
	X(imgtool_getpriv, "getpriv", "", "print a private key as C source, to decrypt images")    \
	X(imgtool_getpub, "getpub", "", "print a key's public part")                               \
	X(imgtool_getpubhash, "getpubhash", "", "print the SHA-256 of a key's public part")        \
	X(imgtool_keygen, "keygen", "", "make a key pair")                                         \
	X(imgtool_keyinfo, "keyinfo", "", "say whether a key is private or public")                \
	X(cli_cmd_sign, "sign", "INFILE OUTFILE", "make a signed or unsigned image")               \
	X(imgtool_verify, "verify", "IMGFILE", "check that a key signed an image")                 \
	X(imgtool_version, "version", "", "print imgtool's version")

/*
 * Runs `argv[0..argc)`, which starts with imgtool's command. 1 is a `verify` that says no, 2 all
 * that goes wrong.
 */
enum cli_exit imgtool_run(int argc, const char *const *argv);

/* True when the program was started by one of imgtool's names. */
bool imgtool_is_name(const char *path);

/* The fork of imgtool that has such an option of the row's command, or NULL. */
const char *imgtool_fork_of_option(const struct cli_row *row, const char *name);
const char *imgtool_fork_of_letter(const struct cli_row *row, char letter);

/*
 * The value of an option as imgtool reads numbers: a literal of Python's with an optional sign, no
 * unit. Negative ones are refused, but 0 for --slot-size, where they mean no check;
 * --max-sectors is decimal only. Returns CLI_USAGE.
 */
enum cli_exit imgtool_number(const char *option, const char *text, uint64_t max, uint64_t *value);

/*
 * Reads an image for verify and dumpinfo into `bytes`, which is initialised first: Intel HEX by its
 * name. CLI_BAD_INPUT: malformed HEX.
 */
enum cli_exit imgtool_read_image(const char *path, struct ota_buf *bytes);

#endif
