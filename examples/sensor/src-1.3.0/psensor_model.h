// SPDX-License-Identifier: Apache-2.0
#ifndef PSENSOR_MODEL_H
#define PSENSOR_MODEL_H

#include "world.h"

void psensor_model_attach(const struct world *world);

#endif
