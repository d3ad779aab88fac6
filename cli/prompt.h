// SPDX-License-Identifier: Apache-2.0
/* Asking for a secret on the terminal. */
#ifndef CLI_PROMPT_H
#define CLI_PROMPT_H

#include <ota/buf.h>

#include "cli.h"

/*
 * Shows `text` on the process's terminal, whatever its streams are, and appends the line that is
 * typed there, unseen and without its end, to `line`, which the caller wipes. CLI_USAGE, without a
 * word, when there is no terminal; every other failure is said.
 */
enum cli_exit cli_prompt(const char *text, struct ota_buf *line);

/* The same; without a terminal `text` goes to standard error and the line is standard input's. */
enum cli_exit cli_prompt_or_stdin(const char *text, struct ota_buf *line);

/*
 * The same, but nobody is waited for: without a terminal the line is taken from standard input if
 * it is there already; CLI_USAGE, unsaid, otherwise.
 */
enum cli_exit cli_prompt_or_piped(const char *text, struct ota_buf *line);

#endif
