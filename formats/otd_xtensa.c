// SPDX-License-Identifier: Apache-2.0
/* Xtensa: pointers, calls, literals and jumps, for every tier. */
#include "otd_arch.h"

/* Instructions of three bytes as a word (ISA reference manual, 4.3.4 and 6): opcode, and fields. */
#define LEN         3U
#define OP_MASK     0x0fU
#define OP_L32R     0x01U
#define OP_CALL     0x05U
#define J_MASK      0x3fU
#define OP_J        0x06U
#define OFFSET18_AT 6U
#define OFFSET16_AT 8U
/* Bits under the sign of a CALL's distance, in bytes, and of a J's. */
#define CALL_BITS 19U
#define J_BITS    17U
/* Calls count from behind the word that they begin in, jumps from 4 bytes behind them. */
#define PC_AHEAD 4U
/* L32R counts from the word that begins at it or behind, back by at most so much. */
#define L32R_BACK 0xfffc0000U

/* Data memory: of ESP8266, ESP32 and ESP32-S2; of ESP32-S3. */
#define RAM_AT    0x3ff80000U
#define RAM_S3_AT 0x3fc80000U
#define RAM_SIZE  0x80000U

static uint32_t word_of(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16;
}

static bool image_key(const struct ota_otd_image *image, uint32_t addr, uint32_t slack,
		      uint32_t *key)
{
	return ota_otd_offset(image, addr, slack, key) && *key < OTA_OTD_KEY_RAM;
}

static bool value_key(const struct ota_otd_image *image, uint32_t value, uint32_t *key)
{
	uint32_t ram = value - RAM_AT;

	if (image_key(image, value, OTA_OTD_POINTER_SLACK, key))
		return true;
	if (ram >= RAM_SIZE) {
		ram = value - RAM_S3_AT;
		if (ram >= RAM_SIZE)
			return false;
		ram += RAM_SIZE;
	}
	*key = OTA_OTD_KEY_RAM + ram;
	return true;
}

static bool read_pointer(const struct ota_otd_image *image, const uint8_t *bytes,
			 struct ota_otd_unit *unit)
{
	unit->len = 4;
	unit->target = word_of(bytes) | (uint32_t)bytes[3] << 24;
	if (!value_key(image, unit->target, &unit->key))
		return false;
	unit->kind = unit->key < OTA_OTD_KEY_RAM ? OTA_OTD_POINTER : OTA_OTD_RAM_POINTER;
	return true;
}

/* A field of 18 bits as a number with a sign, 32 bits. */
static uint32_t offset18(uint32_t word)
{
	uint32_t offset = word >> OFFSET18_AT;

	return offset - (offset >> J_BITS << (J_BITS + 1));
}

bool ota_otd_xtensa_read(const struct ota_otd_image *image, uint32_t at, struct ota_span bytes,
			 struct ota_otd_unit *unit)
{
	uint32_t pc = ota_otd_addr(image, at);
	uint32_t word;

	if (bytes.len >= 4 && (pc & 3) == 0 && read_pointer(image, bytes.data, unit))
		return true;
	if (bytes.len < LEN)
		return false;
	word = word_of(bytes.data);
	unit->len = LEN;
	if ((word & OP_MASK) == OP_CALL) {
		unit->kind = OTA_OTD_CALL;
		unit->target = (pc & ~3U) + PC_AHEAD + 4 * offset18(word);
	} else if ((word & OP_MASK) == OP_L32R) {
		unit->kind = OTA_OTD_L32R;
		unit->target = ((pc + 3) & ~3U) + (L32R_BACK | word >> OFFSET16_AT << 2);
	} else if ((word & J_MASK) == OP_J) {
		unit->kind = OTA_OTD_J;
		unit->target = pc + PC_AHEAD + offset18(word);
	} else {
		return false;
	}
	return image_key(image, unit->target, OTA_OTD_BRANCH_SLACK, &unit->key);
}

/* `word` with the distance in the field above its lowest `at` bits; false: it cannot hold it. */
static bool place(uint32_t *word, const struct ota_otd_unit *unit, uint32_t addr, uint32_t target)
{
	uint32_t distance;

	switch (unit->kind) {
	case OTA_OTD_CALL:
		distance = target - (addr & ~3U) - PC_AHEAD;
		if ((distance & 3) != 0 || distance + (1U << CALL_BITS) >= 2U << CALL_BITS)
			return false;
		*word = (*word & J_MASK) | distance >> 2 << OFFSET18_AT;
		return true;
	case OTA_OTD_L32R:
		distance = target - ((addr + 3) & ~3U);
		if ((distance & 3) != 0 || distance < L32R_BACK)
			return false;
		*word = (*word & 0xff) | distance >> 2 << OFFSET16_AT;
		return true;
	default: /* OTA_OTD_J */
		distance = target - addr - PC_AHEAD;
		if (distance + (1U << J_BITS) >= 2U << J_BITS)
			return false;
		*word = (*word & J_MASK) | distance << OFFSET18_AT;
		return true;
	}
}

bool ota_otd_xtensa_write(const struct ota_otd_unit *unit, uint32_t addr, uint32_t target,
			  uint8_t *bytes)
{
	uint32_t word = target;

	if (unit->kind > OTA_OTD_RAM_POINTER) {
		word = word_of(bytes);
		if (!place(&word, unit, addr, target))
			return false;
	}
	for (unsigned i = 0; i < unit->len; i++)
		bytes[i] = (uint8_t)(word >> 8 * i);
	return true;
}
