// SPDX-License-Identifier: Apache-2.0
/* Pointers and 32-bit branches: the kinds of every tier. */
#include "otd_arch.h"

/* A branch counts from four bytes behind its own address. */
#define PC_AHEAD 4U

/* A branch as a word, second halfword above (A7.7.12, A7.7.18): bits that tell which it is. */
#define WHICH_MASK 0xd000f800U
#define IS_BL      0xd000f000U
#define IS_BW      0x9000f000U
#define IS_BCCW    0x8000f000U
/* Conditions 14 and 15 are none, but other instructions. */
#define COND_AT   6U
#define COND_MASK (0xfU << COND_AT)
#define COND_END  (14U << COND_AT)

/* Bits under a distance's sign. */
#define BL_BITS   24U
#define BCCW_BITS 20U

/* The sign in the word. With no condition, J1 and J2 are inverted when it is 0. */
#define SIGN (1U << 10)
#define JS   (1U << 29 | 1U << 27)

/* Where the parts of a distance lie in the word, and in itself. */
#define PARTS 5U
struct part {
	uint8_t in_word;
	uint8_t at;
	uint8_t bits;
};
static const struct part parts[2][PARTS] = {
	{{0, 12, 10}, {16, 1, 11}, {27, 22, 1}, {29, 23, 1}, {10, BL_BITS, 1}},
	{{0, 12, 6}, {16, 1, 11}, {29, 18, 1}, {27, 19, 1}, {10, BCCW_BITS, 1}},
};

static uint32_t word_of(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
	       (uint32_t)bytes[3] << 24;
}

static uint32_t invert_js(uint32_t word, unsigned bits)
{
	return bits == BL_BITS && (word & SIGN) == 0 ? word ^ JS : word;
}

static uint32_t distance_of(uint32_t word, unsigned bits)
{
	const struct part *part = parts[bits == BCCW_BITS];
	uint32_t distance = 0;

	word = invert_js(word, bits);
	for (unsigned i = 0; i < PARTS; i++, part++)
		distance |= (word >> part->in_word & ((1U << part->bits) - 1)) << part->at;
	return distance - ((distance >> bits) << (bits + 1));
}

/* `word` with another distance that it can hold. */
static uint32_t with_distance(uint32_t word, unsigned bits, uint32_t distance)
{
	const struct part *part = parts[bits == BCCW_BITS];

	for (unsigned i = 0; i < PARTS; i++, part++) {
		uint32_t mask = (1U << part->bits) - 1;

		word &= ~(mask << part->in_word);
		word |= (distance >> part->at & mask) << part->in_word;
	}
	return invert_js(word, bits);
}

/* The kind of a branch, or OTA_OTD_KINDS. */
static unsigned branch_kind(uint32_t word)
{
	switch (word & WHICH_MASK) {
	case IS_BL:
		return OTA_OTD_BL;
	case IS_BW:
		return OTA_OTD_BW;
	case IS_BCCW:
		return (word & COND_MASK) < COND_END ? OTA_OTD_BCCW : OTA_OTD_KINDS;
	default:
		return OTA_OTD_KINDS;
	}
}

/* The bits under the sign. */
static unsigned branch_bits(unsigned kind)
{
	return kind == OTA_OTD_BCCW ? BCCW_BITS : BL_BITS;
}

bool ota_otd_thumb_read(const uint8_t *bytes, const struct ota_otd_image *image, uint32_t at,
			struct ota_otd_unit *unit)
{
	uint32_t pc = ota_otd_addr(image, at);
	uint32_t word = word_of(bytes);
	unsigned kind;

	unit->len = 4;
	unit->target = word;
	if ((pc & 3) == 0 && ota_otd_value_key(image, word, &unit->key)) {
		unit->kind = unit->key < OTA_OTD_KEY_RAM ? OTA_OTD_POINTER : OTA_OTD_RAM_POINTER;
		return true;
	}
	kind = branch_kind(word);
	if (kind == OTA_OTD_KINDS)
		return false;
	unit->kind = (uint8_t)kind;
	unit->target = pc + PC_AHEAD + distance_of(word, branch_bits(kind));
	return ota_otd_code_key(image, unit->target, &unit->key);
}

bool ota_otd_thumb_write(const struct ota_otd_unit *unit, uint32_t addr, uint32_t target,
			 uint8_t *bytes)
{
	uint32_t word = target;

	if (unit->kind >= OTA_OTD_KINDS_XS)
		return OTD_HAS_THUMB_MORE &&
		       ota_otd_thumb_more_write(unit->kind, addr, target, bytes);
	if (unit->kind > OTA_OTD_RAM_POINTER) {
		unsigned bits = branch_bits(unit->kind);
		uint32_t distance = target - addr - PC_AHEAD;

		if (!ota_otd_reaches(distance, bits))
			return false;
		word = with_distance(word_of(bytes), bits, distance);
	}
	for (unsigned i = 0; i < 4; i++)
		bytes[i] = (uint8_t)(word >> 8 * i);
	return true;
}

uint32_t ota_otd_thumb_step(uint8_t kind)
{
	switch (kind) {
	case OTA_OTD_LDR:
	case OTA_OTD_ADR:
		return 4;
	case OTA_OTD_POINTER:
	case OTA_OTD_RAM_POINTER:
	case OTA_OTD_LDRW:
	case OTA_OTD_MOVW:
		return 1;
	default:
		return 2;
	}
}
