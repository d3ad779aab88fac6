// SPDX-License-Identifier: Apache-2.0
/* Characters of text that may hold anything. */
#ifndef CLI_UTF8_H
#define CLI_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Bytes of the UTF-8 character at `text`, which ends with a NUL; 0: it is none (RFC 3629, 4). Fills
 * `code`.
 */
size_t cli_utf8_read(const char *text, uint32_t *code);

/*
 * False of control characters, and of what cannot be seen but changes how its neighbours look:
 * line and paragraph separators, direction marks, what has no width.
 */
bool cli_utf8_is_shown(uint32_t code);

/* Characters of `len` bytes: columns on a terminal, if none is wide. */
size_t cli_utf8_columns(const char *text, size_t len);

#endif
