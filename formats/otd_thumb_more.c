// SPDX-License-Identifier: Apache-2.0
/* What tier M knows besides: references of 16 bits, LDR.W, and addresses in two halves. */
#include "otd_arch.h"

#define PC_AHEAD 4U

/* Encodings without their fields (A7.7.43, A7.7.7, A7.7.12, A7.7.21). */
#define OP_MASK   0xf800U
#define OP_LDR    0x4800U
#define OP_ADR    0xa000U
#define OP_B      0xe000U
#define BCC_MASK  0xf000U
#define OP_BCC    0xd000U
#define CBZ_MASK  0xf500U
#define OP_CBZ    0xb100U
#define COND_END  0xde00U /* from here on UDF and SVC */
#define LDRW_MASK 0xff7fU
#define OP_LDRW   0xf85fU
#define LDRW_ADD  0x0080U

#define IMM8_MASK  0x0ffU
#define IMM12_MASK 0xfffU
/* Bits of a distance below its sign, and all of one without sign. */
#define B_BITS   11U
#define BCC_BITS 8U
#define CBZ_MAX  126U
/* CBZ: i and imm5, as bit 6 and bits 5 to 1 of the distance. */
#define CBZ_FIELDS     0x02f8U
#define CBZ_I_SHIFT    3U
#define CBZ_I          0x40U
#define CBZ_IMM5_SHIFT 2U
#define CBZ_IMM5       0x3eU

/* MOVW and MOVT are four halfwords: 11110 i 10 x100 imm4, then 0 imm3 Rd imm8 (A7.7.76, A7.7.79).
 */
#define MOV_LEN      8U
#define MOV_MASK     0xfbf0U
#define OP_MOVW      0xf240U
#define OP_MOVT      0xf2c0U
#define MOV_TOP      0x8000U
#define MOV_RD       0x0f00U
#define MOV_H_FIELDS 0x040fU
#define MOV_G_FIELDS 0x70ffU

/* imm4, i, imm3, imm8 */
static uint32_t mov_value(const uint8_t *bytes)
{
	uint32_t h = ota_otd_half(bytes);
	uint32_t g = ota_otd_half(bytes + 2);

	return (h & 0xf) << 12 | (h & 0x400) << 1 | (g & 0x7000) >> 4 | (g & 0xff);
}

static void put_mov(uint8_t *bytes, uint32_t value)
{
	uint32_t h = ota_otd_half(bytes) & ~MOV_H_FIELDS;
	uint32_t g = ota_otd_half(bytes + 2) & ~MOV_G_FIELDS;

	ota_otd_put_half(bytes, h | (value >> 12 & 0xf) | (value >> 1 & 0x400));
	ota_otd_put_half(bytes + 2, g | (value << 4 & 0x7000) | (value & 0xff));
}

static bool read_movw(const struct ota_otd_image *image, struct ota_span bytes,
		      struct ota_otd_unit *unit)
{
	uint32_t g_movw, g_movt;

	if (bytes.len < MOV_LEN || (ota_otd_half(bytes.data) & MOV_MASK) != OP_MOVW ||
	    (ota_otd_half(bytes.data + 4) & MOV_MASK) != OP_MOVT)
		return false;
	g_movw = ota_otd_half(bytes.data + 2);
	g_movt = ota_otd_half(bytes.data + 6);
	if (((g_movw | g_movt) & MOV_TOP) != 0 || ((g_movw ^ g_movt) & MOV_RD) != 0)
		return false;
	unit->kind = OTA_OTD_MOVW;
	unit->len = MOV_LEN;
	unit->target = mov_value(bytes.data + 4) << 16 | mov_value(bytes.data);
	return ota_otd_value_key(image, unit->target, &unit->key);
}

/* The value of the lowest `bits` bits and a sign above them. */
static uint32_t sign_extend(uint32_t value, unsigned bits)
{
	return (value & ((1U << bits) - 1)) - (value & 1U << bits);
}

static uint32_t aligned(uint32_t pc)
{
	return (pc + PC_AHEAD) & ~3U;
}

/* Kind and target of a 16-bit reference. */
static bool read_narrow(uint32_t pc, uint32_t h, struct ota_otd_unit *unit)
{
	unit->len = 2;
	unit->target = aligned(pc) + ((h & IMM8_MASK) << 2);
	if ((h & OP_MASK) == OP_LDR) {
		unit->kind = OTA_OTD_LDR;
	} else if ((h & OP_MASK) == OP_ADR) {
		unit->kind = OTA_OTD_ADR;
	} else if ((h & OP_MASK) == OP_B) {
		unit->kind = OTA_OTD_B;
		unit->target = pc + PC_AHEAD + sign_extend(h << 1, B_BITS);
	} else if ((h & BCC_MASK) == OP_BCC && h < COND_END) {
		unit->kind = OTA_OTD_BCC;
		unit->target = pc + PC_AHEAD + sign_extend(h << 1, BCC_BITS);
	} else if ((h & CBZ_MASK) == OP_CBZ) {
		unit->kind = OTA_OTD_CBZ;
		unit->target = pc + PC_AHEAD + (h >> CBZ_I_SHIFT & CBZ_I) +
			       (h >> CBZ_IMM5_SHIFT & CBZ_IMM5);
	} else {
		return false;
	}
	return true;
}

static bool read_ldrw(uint32_t pc, const uint8_t *bytes, struct ota_otd_unit *unit)
{
	uint32_t h = ota_otd_half(bytes);
	uint32_t distance = ota_otd_half(bytes + 2) & IMM12_MASK;

	if ((h & LDRW_MASK) != OP_LDRW)
		return false;
	unit->kind = OTA_OTD_LDRW;
	unit->len = 4;
	unit->target = aligned(pc) + ((h & LDRW_ADD) != 0 ? distance : 0 - distance);
	return true;
}

bool ota_otd_thumb_more_read(const struct ota_otd_image *image, uint32_t pc, struct ota_span bytes,
			     struct ota_otd_unit *unit)
{
	if (read_movw(image, bytes, unit))
		return true;
	if (!read_narrow(pc, ota_otd_half(bytes.data), unit) &&
	    !(bytes.len >= 4 && read_ldrw(pc, bytes.data, unit)))
		return false;
	return ota_otd_code_key(image, unit->target, &unit->key);
}

static bool put_imm8(uint8_t *bytes, uint32_t distance)
{
	if (distance > IMM8_MASK << 2 || (distance & 3) != 0)
		return false;
	bytes[0] = (uint8_t)(distance >> 2);
	return true;
}

/* Halves the distance of a branch into the lowest bits. */
static bool put_branch(uint8_t *bytes, uint32_t distance, unsigned bits)
{
	uint32_t mask = (1U << bits) - 1;

	if (!ota_otd_reaches(distance, bits))
		return false;
	ota_otd_put_half(bytes, (ota_otd_half(bytes) & ~mask) | (distance >> 1 & mask));
	return true;
}

static bool put_cbz(uint8_t *bytes, uint32_t distance)
{
	if (distance > CBZ_MAX || (distance & 1) != 0)
		return false;
	ota_otd_put_half(bytes, (ota_otd_half(bytes) & ~CBZ_FIELDS) |
					(distance & CBZ_I) << CBZ_I_SHIFT |
					(distance & CBZ_IMM5) << CBZ_IMM5_SHIFT);
	return true;
}

/* A distance of 0 stays on the side where it was. */
static bool put_ldrw(uint8_t *bytes, uint32_t distance)
{
	uint32_t h = ota_otd_half(bytes);

	if (distance > IMM12_MASK) {
		h &= ~LDRW_ADD;
		distance = 0 - distance;
	} else if (distance > 0) {
		h |= LDRW_ADD;
	}
	if (distance > IMM12_MASK)
		return false;
	ota_otd_put_half(bytes, h);
	ota_otd_put_half(bytes + 2, (ota_otd_half(bytes + 2) & ~IMM12_MASK) | distance);
	return true;
}

bool ota_otd_thumb_more_write(uint8_t kind, uint32_t addr, uint32_t target, uint8_t *bytes)
{
	switch (kind) {
	case OTA_OTD_LDR:
	case OTA_OTD_ADR:
		return put_imm8(bytes, target - aligned(addr));
	case OTA_OTD_B:
		return put_branch(bytes, target - addr - PC_AHEAD, B_BITS);
	case OTA_OTD_BCC:
		return put_branch(bytes, target - addr - PC_AHEAD, BCC_BITS);
	case OTA_OTD_CBZ:
		return put_cbz(bytes, target - addr - PC_AHEAD);
	case OTA_OTD_LDRW:
		return put_ldrw(bytes, target - aligned(addr));
	case OTA_OTD_MOVW:
		put_mov(bytes, target);
		put_mov(bytes + 4, target >> 16);
		return true;
	default:
		return false;
	}
}
