// SPDX-License-Identifier: Apache-2.0
/* Signatures that another program makes: --sign-with. */
#ifndef CLI_SIGN_WITH_H
#define CLI_SIGN_WITH_H

#include <ota/image.h>

#include "cli.h"

/* CMD names what it signs, {digest} or {payload}; exit 2 otherwise. */
enum cli_exit cli_check_sign_with(const char *command);

/*
 * Runs the shell command with the files it signs in a new private directory, which is removed
 * afterwards, and appends the bytes it made to `out`: the file {sig}, or without that word what it
 * printed. OTA_E_REFUSED: it failed. OTA_E_IO, OTA_E_MEMORY.
 */
OTA_MUST_CHECK enum ota_err cli_sign_with(const char *command, const struct ota_to_sign *to_sign,
					  struct ota_buf *out, struct ota_diag *diag);

#endif
