// SPDX-License-Identifier: Apache-2.0
#include "otd_base.h"

/*
 * Encodings after the Xtensa Instruction Set Architecture Reference Manual, 4.3.4 and chapter 6:
 * three bytes, the first one's low half the opcode.
 */
#define LEN         3U
#define CALL_OP     0x05U /* CALL0, CALL4, CALL8, CALL12 */
#define OP_MASK     0x0fU
#define OFFSET_AT   6U /* of a word, in words */
#define OFFSET_SIGN (1U << 17)
/* The called code begins with ENTRY a1, or where windows are not used with ADDI a1, a1, -N. */
#define ENTRY      0x36U
#define ENTRY_MASK 0x0fU /* with the register's high bits; a1: 0x136 */
#define ENTRY_A1   0x1U
#define ADDI       0x12U /* a1, and RRI8 */
#define ADDI_A1    0xc1U
#define NEGATIVE   0x80U

/* Calls that must lead to functions: by number, by density, and of those that stay inside. */
#define CALLS_MIN     4U
#define CALLS_DENSITY 4096U
#define CALLS_PART    16U

/* There are LEN bytes. */
static bool is_function(const uint8_t *bytes)
{
	if (bytes[0] == ENTRY && (bytes[1] & ENTRY_MASK) == ENTRY_A1)
		return true;
	return bytes[0] == ADDI && bytes[1] == ADDI_A1 && (bytes[2] & NEGATIVE) != 0;
}

/* The offset that a call at `at` leads to; far behind the image when it lies before it. */
static size_t call_target(const uint8_t *bytes, size_t at)
{
	uint32_t word = (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16;
	uint32_t words = word >> OFFSET_AT;

	/* Images lie at multiples of a word, or their calls would lead nowhere. */
	return (at & ~(size_t)3) + 4 + 4 * (size_t)words -
	       ((words & OFFSET_SIGN) != 0 ? 8 * (size_t)OFFSET_SIGN : 0);
}

bool ota_otd_is_xtensa(struct ota_span image)
{
	size_t inside = 0, good = 0;

	for (size_t at = 0; image.len >= LEN && at <= image.len - LEN; at++) {
		size_t to;

		if ((image.data[at] & OP_MASK) != CALL_OP)
			continue;
		to = call_target(image.data + at, at);
		if (to > image.len - LEN)
			continue;
		inside++;
		good += is_function(image.data + to);
	}
	return good >= CALLS_MIN && good >= image.len / CALLS_DENSITY &&
	       good >= inside / CALLS_PART;
}
