// SPDX-License-Identifier: Apache-2.0
#ifndef TELEMETRY_H
#define TELEMETRY_H

#include "frame.h"

#define TELEMETRY_SCHEMA	3

int telemetry_build(struct frame *f);

#endif
