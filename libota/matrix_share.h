// SPDX-License-Identifier: Apache-2.0
/* A number shared out by weights, so that the parts add up. */
#ifndef MATRIX_SHARE_H
#define MATRIX_SHARE_H

#include <ota/bytes.h>

/*
 * Gives `amount` to n parts by their weights: rounded down, and what is left over one each to the
 * largest remainders, of equals to the first. No part is larger than its weight when `amount` is
 * not larger than their sum, which is 1 to 2^63-1; `amount` is less than 2^63. `remainder` is room
 * for n numbers. Fills part[].
 */
void ota_matrix_share_out(uint64_t amount, const uint64_t *weight, size_t n, uint64_t *part,
			  uint64_t *remainder);

#endif
