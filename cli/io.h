// SPDX-License-Identifier: Apache-2.0
/* Files named on the command line. "-" is standard input or output. */
#ifndef CLI_IO_H
#define CLI_IO_H

#include <ota/key.h>

#include "cli.h"

/* Largest image, patch or slot dump that is read, in bytes. */
#define CLI_FILE_MAX 0x7fffffffU

/* True for "-" and the other names of standard input or output. */
bool cli_is_stdin(const char *path);
bool cli_is_stdout(const char *path);

/*
 * At most one of the `n` input files (NULL: not given) may be standard input: the second would read
 * nothing. Says so and returns CLI_USAGE.
 */
enum cli_exit cli_check_stdin(const char *command, const char *const *paths, size_t n);

/* Largest new file that apply makes unasked, in bytes: a small hostile patch can claim any size. */
#define CLI_APPLY_MAX 0x10000000U

/*
 * Tells a wrong name at once that is read only after long work: missing, a directory, unreadable.
 * What is no regular file is not opened: its first reader may be its only one.
 */
enum cli_exit cli_check_input(const char *path);

/* Reads a whole file of at most CLI_FILE_MAX bytes into `buf`, which is initialised first. */
enum cli_exit cli_read(const char *path, struct ota_buf *buf);

/* The same for small files: profiles and the like. */
enum cli_exit cli_read_max(const char *path, size_t ceiling, struct ota_buf *buf);

/*
 * A small file that holds a key or a passphrase; the caller wipes `buf`, also on failure. `*mode`
 * is that of the very file that was read, or 0 when it is no regular file.
 */
enum cli_exit cli_read_secret(const char *path, struct ota_buf *buf, unsigned *mode);

/*
 * Appends one line with its end, or what there is of it, from an open descriptor, which messages
 * call `name`. No byte behind the line is taken, and none beyond the buffer's ceiling.
 */
enum cli_exit cli_read_line(int fd, const char *name, struct ota_buf *line);

/* The process's terminal, to ask a question on; -1: it has none. */
int cli_open_terminal(void);

/* Writes a result: whole or not at all, unless it is a device or a pipe. */
enum cli_exit cli_write(const char *path, struct ota_span bytes);

/* Refuses early what cli_write_secret would refuse in the end: a file that exists. */
enum cli_exit cli_check_new(const char *path);

/* The same as cli_write for a private key: 0600, and an existing file is kept unless `force`. */
enum cli_exit cli_write_secret(const char *path, struct ota_span bytes, bool force);

#endif
