// SPDX-License-Identifier: Apache-2.0
#ifndef BME280_MODEL_H
#define BME280_MODEL_H

#include "world.h"

void bme280_model_attach(const struct world *world);

#endif
