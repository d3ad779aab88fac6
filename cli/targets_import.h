// SPDX-License-Identifier: Apache-2.0
/* otatool targets import: a profile from a Zephyr build. */
#ifndef CLI_TARGETS_IMPORT_H
#define CLI_TARGETS_IMPORT_H

#include <ota/target_import.h>

#include "cli.h"

struct targets_import {
	const char *devicetree; /* a devicetree, as source or as blob */
	const char *config[OTA_IMPORT_CONFIGS_MAX];
	unsigned n_configs;
	const char *name;   /* or NULL */
	const char *chip;   /* or NULL */
	const char *output; /* or NULL: standard output */
};

enum cli_exit targets_import(const struct targets_import *job);

/*
 * Runs dtc, the devicetree compiler, on `source` and appends the blob that it makes to `blob`.
 * `name` is what the source is called. What dtc says goes to stderr.
 */
enum cli_exit targets_run_dtc(const char *name, struct ota_span source, struct ota_buf *blob);

#endif
