// SPDX-License-Identifier: Apache-2.0
/* What is tried to find the best patch for a target, before any of it is made. */
#ifndef DELTA_CANDIDATES_H
#define DELTA_CANDIDATES_H

#include <ota/choose.h>

#include "patch_formats.h"

/* What the updater may use, by the options or the profile. */
uint64_t ota_choose_ram(const struct ota_target *target, const struct ota_budget_options *options);

#endif
