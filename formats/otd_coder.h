// SPDX-License-Identifier: Apache-2.0
/* The arithmetic that otd's decoder and encoder share; formats/otd.md, "Coder". */
#ifndef OTD_CODER_H
#define OTD_CODER_H

#include <stdint.h>

#define OTD_RANGE_MAX  UINT32_MAX
#define OTD_RANGE_MIN  (1U << 24) /* below it a byte is shifted out */
#define OTD_CODE_BYTES 4U
/* How many bytes past the stream's end a decoder has read when all is decoded: zeros. */
#define OTD_PAST_END 3U

/* The part of `range` that stands for a 1 of probability / 65536; rounded down, never 0 or all. */
static inline uint32_t otd_bound(uint32_t range, uint32_t probability)
{
	return (range >> 16) * probability + (((range & 0xffffU) * probability) >> 16);
}

#endif
