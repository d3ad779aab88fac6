// SPDX-License-Identifier: Apache-2.0
/* Written by scripts/otd-tables. The fixed-point functions of otd's model; formats/otd.md. */
#ifndef OTD_TABLES_H
#define OTD_TABLES_H

#include <stdint.h>

#define OTD_STRETCH_ROWS 256U /* of the lower half of 2^9 */
#define OTD_SQUASH_ROWS  81U
#define OTD_RATES        16U

#define OTD_STRETCH_STEP 16 /* 1/256 nat */

#define OTD_SQUASH_STEP 32U /* 1/256 nat between two rows */
#define OTD_SQUASH_MAX  2559U

extern const int8_t ota_otd_stretch_table[OTD_STRETCH_ROWS];
extern const uint16_t ota_otd_squash_table[OTD_SQUASH_ROWS];
extern const uint16_t ota_otd_rate_table[OTD_RATES];

/* ln(p / (1 - p)) in 1/256 nat, of p = q12 / 4096; 1 to 4095. */
static inline int32_t ota_otd_stretch(uint32_t q12)
{
	uint32_t row = q12 >> 3;

	if (row < OTD_STRETCH_ROWS)
		return ota_otd_stretch_table[row] * OTD_STRETCH_STEP;
	return ota_otd_stretch_table[2U * OTD_STRETCH_ROWS - 1U - row] * -OTD_STRETCH_STEP;
}

/* The inverse, 3 to 65533 in 1/65536; x beyond OTD_SQUASH_MAX either way counts as that. */
static inline uint32_t ota_otd_squash(int32_t x)
{
	uint32_t size = x < 0 ? 0U - (uint32_t)x : (uint32_t)x;
	uint32_t row;
	uint32_t part;
	uint32_t low;

	if (size > OTD_SQUASH_MAX)
		size = OTD_SQUASH_MAX;
	row = size / OTD_SQUASH_STEP;
	part = size % OTD_SQUASH_STEP;
	low = (ota_otd_squash_table[row] * (OTD_SQUASH_STEP - part) +
	       ota_otd_squash_table[row + 1U] * part + OTD_SQUASH_STEP / 2U) /
	      OTD_SQUASH_STEP;
	return x > 0 ? 65536U - low : low;
}

/* How much of an error is learnt, in 1/65536, by what has learnt n times; n below OTD_RATES. */
static inline uint32_t ota_otd_rate(unsigned n)
{
	return ota_otd_rate_table[n];
}

#endif
