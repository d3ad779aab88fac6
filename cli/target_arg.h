// SPDX-License-Identifier: Apache-2.0
/* A device profile named on the command line. */
#ifndef CLI_TARGET_ARG_H
#define CLI_TARGET_ARG_H

#include <ota/target.h>

#include "emit.h"

/* A built-in profile's name, or a YAML file. Fills `target`. */
enum cli_exit cli_read_target(const char *name, struct ota_target *target);

/* Adds what follows from a layout to `object`. */
void json_limits(json_t *object, const struct ota_flash_limits *limits);

/* "8 x 2048", "4 x 16384 + 1 x 65536" into `text`, which is returned. */
const char *sectors_text(const struct ota_sectors *sectors, char text[256]);

#endif
