// SPDX-License-Identifier: Apache-2.0
/* What the model knows before it has seen a bit; bench/otd-train wrote the values. */
#ifndef OTD_PRIORS_H
#define OTD_PRIORS_H

#include "otd_model.h"

#define OTD_PRIOR_SLOTS  (OTD_SLOTS + OTD_SLOTS_MORE)
#define OTD_PRIOR_GRID   32U
#define OTD_PRIOR_COUNTS 8U

/* A slot's: 5 bits of index into the grid over 3 bits of index into the counts. */
extern const uint8_t ota_otd_prior_slots[OTD_PRIOR_SLOTS];
/* Tier nano's. */
extern const uint8_t ota_otd_prior_nano[OTD_ALL_NANO];
/* A weight's, in 1/32. */
extern const int8_t ota_otd_prior_weights[OTD_WEIGHTS];
/* Probabilities in 1/65536, multiples of 16: logistic of (i - 15.5) / 2. */
extern const uint16_t ota_otd_prior_grid[OTD_PRIOR_GRID];
extern const uint8_t ota_otd_prior_counts[OTD_PRIOR_COUNTS];

#endif
