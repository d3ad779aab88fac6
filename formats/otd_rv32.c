// SPDX-License-Identifier: Apache-2.0
/*
 * RV32: pointers, jumps, and addresses in two parts. Encodings after The RISC-V Instruction Set
 * Manual, Volume I (20191213), chapters 2, 16 and 24.
 */
#include "otd_rv32.h"

#define OPCODE_MASK 0x7fU
#define OP_LOAD     0x03U
#define OP_LOAD_FP  0x07U
#define OP_IMM      0x13U
#define OP_AUIPC    0x17U
#define OP_STORE    0x23U
#define OP_STORE_FP 0x27U
#define OP_LUI      0x37U
#define OP_BRANCH   0x63U
#define OP_JALR     0x67U
#define OP_JAL      0x6fU
#define FUNCT3      (7U << 12)
#define RD_AT       7U
#define RS1_AT      15U
#define REG_MASK    31U
/* Registers that calls link by, and x0. */
#define LINK_REGS   (1U << 0 | RETURN_REGS)
#define RETURN_REGS (1U << 1 | 1U << 5)
/* Those that a function need not give back as they were: ra, t0-t6, a0-a7. */
#define CALLER_REGS 0xf003fce2U
#define GP          3U

/* Compressed instructions by bits 15-13 and 1-0. */
#define C_MASK     0xe003U
#define C_ADDI4SPN 0x0000U
#define C_LW       0x4000U
#define C_ADDI     0x0001U
#define C_JAL      0x2001U
#define C_LI       0x4001U
#define C_LUI      0x6001U
#define C_MISC     0x8001U /* shifts, and, or, ... of one of eight registers */
#define C_J        0xa001U
#define C_BEQZ     0xc001U
#define C_BNEZ     0xe001U
#define C_SLLI     0x0002U
#define C_LWSP     0x4002U
#define C_MV_ADD   0x8002U
/* c.jalr, among the last; its register is not 0. */
#define C_JALR_MASK 0xf07fU
#define C_JALR      0x9002U
/* Registers of 3 bits are x8 to x15; one of C_LW and C_ADDI4SPN, and the second of C_MV_ADD. */
#define C_REGS     8U
#define C_REG_MASK 7U
#define C_REG_2_AT 2U

/* The lower part is signed: the upper one is rounded. */
#define LOWER_HALF 0x800U
#define UPPER_MASK 0xfffff000U

/* In an image at the bottom of memory, smaller values are counts and sizes rather than pointers. */
#define BOTTOM      0x1000U
#define POINTER_MIN 0x400U

/* Where data memory of such parts lies. */
struct window {
	uint32_t at;
	uint32_t size;
};
static const struct window windows[] = {
	{0x3fc80000U, 0x80000U},  /* ESP32-C2, -C3 */
	{0x40800000U, 0x80000U},  /* ESP32-C5, -C6, -H2 */
	{0x4ff00000U, 0xc0000U},  /* ESP32-P4 */
	{0x20000000U, 0x100000U}, /* GD32VF103, CH32V, RP2350 */
	{0x80000000U, 0x100000U}, /* FE310 */
};

/* Where the parts of a distance lie in an instruction, and in itself; the last part is its sign. */
struct part {
	uint8_t in_word;
	uint8_t at;
	uint8_t bits;
};
enum form {
	FORM_J,
	FORM_B,
	FORM_I,
	FORM_S,
	FORM_CJ,
	FORM_CB,
};
static const struct part parts_j[] = {{21, 1, 10}, {20, 11, 1}, {12, 12, 8}, {31, 20, 1}};
static const struct part parts_b[] = {{8, 1, 4}, {25, 5, 6}, {7, 11, 1}, {31, 12, 1}};
static const struct part parts_i[] = {{20, 0, 11}, {31, 11, 1}};
static const struct part parts_s[] = {{7, 0, 5}, {25, 5, 6}, {31, 11, 1}};
static const struct part parts_cj[] = {{3, 1, 3}, {11, 4, 1}, {2, 5, 1},  {7, 6, 1},
				       {6, 7, 1}, {9, 8, 2},  {8, 10, 1}, {12, 11, 1}};
static const struct part parts_cb[] = {{3, 1, 2}, {10, 3, 2}, {2, 5, 1}, {5, 6, 2}, {12, 8, 1}};

struct layout {
	const struct part *part;
	uint8_t n;
	uint8_t sign; /* the bit in the distance */
	uint8_t align;
};
static const struct layout layouts[] = {
	[FORM_J] = {parts_j, 4, 20, 1},   [FORM_B] = {parts_b, 4, 12, 1},
	[FORM_I] = {parts_i, 2, 11, 0},   [FORM_S] = {parts_s, 3, 11, 0},
	[FORM_CJ] = {parts_cj, 8, 11, 1}, [FORM_CB] = {parts_cb, 5, 8, 1},
};

static uint32_t word_of(const uint8_t *bytes)
{
	return ota_otd_half(bytes) | ota_otd_half(bytes + 2) << 16;
}

static uint32_t distance_of(uint32_t word, enum form form)
{
	const struct layout *layout = &layouts[form];
	uint32_t distance = 0;

	for (unsigned i = 0; i < layout->n; i++) {
		const struct part *part = &layout->part[i];

		distance |= (word >> part->in_word & ((1U << part->bits) - 1)) << part->at;
	}
	return distance - ((distance >> layout->sign) << (layout->sign + 1U));
}

/* Puts another distance into `word`. False: it does not fit. */
static bool put_distance(uint32_t *word, enum form form, uint32_t distance)
{
	const struct layout *layout = &layouts[form];

	if ((distance & layout->align) != 0 ||
	    distance + (1U << layout->sign) >= 2U << layout->sign)
		return false;
	for (unsigned i = 0; i < layout->n; i++) {
		const struct part *part = &layout->part[i];
		uint32_t mask = (1U << part->bits) - 1;

		*word &= ~(mask << part->in_word);
		*word |= (distance >> part->at & mask) << part->in_word;
	}
	return true;
}

/* -- keys -------------------------------------------------------------------------------------- */

bool ota_otd_rv32_value_key(const struct ota_otd_image *image, uint32_t value, uint32_t *key)
{
	*key = OTA_OTD_KEY_RAM;
	if (value < POINTER_MIN && image->segment[0].addr < BOTTOM)
		return false;
	if (ota_otd_offset(image, value, OTA_OTD_POINTER_SLACK, key))
		return *key < OTA_OTD_KEY_RAM;
	for (unsigned i = 0; i < sizeof(windows) / sizeof(windows[0]); i++) {
		if (value - windows[i].at < windows[i].size) {
			*key += value - windows[i].at;
			return true;
		}
		*key += windows[i].size;
	}
	return false;
}

/* -- addresses in two parts -------------------------------------------------------------------- */

static bool is_upper(uint32_t word)
{
	return ((word & OPCODE_MASK) == OP_LUI || (word & OPCODE_MASK) == OP_AUIPC) &&
	       (word >> RD_AT & REG_MASK) != 0;
}

bool ota_otd_rv32_is_upper(const uint8_t *bytes)
{
	return is_upper(word_of(bytes));
}

/* What the register holds after lui or auipc at address `pc`. */
static uint32_t upper_value(uint32_t word, uint32_t pc)
{
	return (word & UPPER_MASK) + ((word & OPCODE_MASK) == OP_AUIPC ? pc : 0);
}

/* The instruction adds a lower part to a register. Fills `form`. */
static bool is_lower(uint32_t word, enum form *form)
{
	*form = FORM_I;
	switch (word & OPCODE_MASK) {
	case OP_LOAD:
	case OP_LOAD_FP:
		return true;
	case OP_IMM:
	case OP_JALR:
		return (word & FUNCT3) == 0;
	case OP_STORE:
	case OP_STORE_FP:
		*form = FORM_S;
		return true;
	default:
		return false;
	}
}

bool ota_otd_rv32_is_user(const uint8_t *upper, const uint8_t *bytes)
{
	uint32_t word = word_of(bytes);
	enum form form;

	return is_lower(word, &form) &&
	       (word >> RS1_AT & REG_MASK) == (word_of(upper) >> RD_AT & REG_MASK);
}

/* The lower part that `word` adds. */
static uint32_t lower_of(uint32_t word)
{
	enum form form;

	(void)is_lower(word, &form);
	return distance_of(word, form);
}

uint32_t ota_otd_rv32_lower(const uint8_t *bytes)
{
	return lower_of(word_of(bytes));
}

/* The register that an instruction of 32 bits changes; 0: none. */
static uint32_t changed_by_wide(uint32_t word)
{
	switch (word & OPCODE_MASK) {
	case OP_BRANCH:
	case OP_STORE:
	case OP_STORE_FP:
	case OP_LOAD_FP:
		return 0;
	default:
		return word >> RD_AT & REG_MASK;
	}
}

static uint32_t changed_by(uint32_t word)
{
	if ((word & 3) == 3)
		return changed_by_wide(word);
	switch (word & C_MASK) {
	case C_ADDI4SPN:
	case C_LW:
		return C_REGS + (word >> C_REG_2_AT & C_REG_MASK);
	case C_MISC:
		return C_REGS + (word >> RD_AT & C_REG_MASK);
	case C_MV_ADD: /* c.jr and c.jalr have no second register */
		return (word >> C_REG_2_AT & REG_MASK) != 0 ? word >> RD_AT & REG_MASK : 0;
	case C_ADDI:
	case C_LI:
	case C_LUI:
	case C_SLLI:
	case C_LWSP:
		return word >> RD_AT & REG_MASK;
	default:
		return 0;
	}
}

static bool is_call(uint32_t word)
{
	uint32_t rd = word >> RD_AT & REG_MASK;

	if ((word & OPCODE_MASK) == OP_JAL || (word & OPCODE_MASK) == OP_JALR)
		return (RETURN_REGS >> rd & 1) != 0;
	return (word & C_MASK) == C_JAL || ((word & C_JALR_MASK) == C_JALR && rd != 0);
}

void ota_otd_rv32_see(struct ota_otd_uppers *uppers, const struct ota_otd_image *image, uint32_t at,
		      uint32_t new_at, const uint8_t *bytes)
{
	uint32_t word = word_of(bytes);
	struct ota_otd_upper *upper = uppers->upper;
	uint32_t changed = 1U << changed_by(word);

	if (is_call(word))
		changed |= CALLER_REGS;
	for (unsigned i = 0; i < OTA_OTD_UPPERS; i++) {
		if ((changed >> (upper[i].which >> RD_AT & REG_MASK) & 1) != 0)
			upper[i].which = 0;
	}
	if (!is_upper(word))
		return;
	memmove(upper + 1, upper, (OTA_OTD_UPPERS - 1) * sizeof(*upper));
	upper->base = upper_value(word, ota_otd_addr(image, at));
	upper->new_base = new_at;
	upper->which = OTD_UPPER_OPEN | (word & OTD_UPPER_WHICH);
}

void ota_otd_rv32_made(struct ota_otd_uppers *uppers, uint32_t new_at, uint32_t addr)
{
	struct ota_otd_upper *upper = uppers->upper;
	uint32_t word = uppers->made;

	if ((upper->which & OTD_UPPER_OPEN) == 0 || upper->new_base + 4 != new_at)
		return;
	upper->which ^= OTD_UPPER_OPEN;
	upper->new_base = upper_value(word, addr - 4);
	if ((word & OTD_UPPER_WHICH) != upper->which)
		upper->which = 0;
}

bool ota_otd_rv32_lower_read(struct ota_otd_uppers *uppers, const struct ota_otd_image *image,
			     const uint8_t *bytes, struct ota_otd_unit *unit)
{
	uint32_t word = word_of(bytes);
	uint32_t reg = word >> RS1_AT & REG_MASK;
	enum form form;

	if (reg == 0 || !is_lower(word, &form))
		return false;
	unit->kind = OTA_OTD_LOWER;
	unit->len = 4;
	if (reg == GP) {
		uppers->new_base = OTD_GP_BASE;
		unit->target = OTD_GP_BASE + distance_of(word, form);
		unit->key = otd_gp_key(unit->target);
		return true;
	}
	for (unsigned i = 0; i < OTA_OTD_UPPERS; i++) {
		const struct ota_otd_upper *upper = &uppers->upper[i];

		if (upper->which >> RD_AT != reg)
			continue;
		unit->target = upper->base + distance_of(word, form);
		uppers->new_base = upper->new_base;
		return ota_otd_rv32_value_key(image, unit->target, &unit->key);
	}
	return false;
}

/* -- reading ----------------------------------------------------------------------------------- */

bool ota_otd_rv32_pointer_read(const struct ota_otd_image *image, uint32_t at,
			       struct ota_span bytes, struct ota_otd_unit *unit)
{
	if (bytes.len < 4 || (ota_otd_addr(image, at) & 3) != 0)
		return false;
	unit->len = 4;
	unit->target = word_of(bytes.data);
	if (!ota_otd_rv32_value_key(image, unit->target, &unit->key))
		return false;
	unit->kind = unit->key < OTA_OTD_KEY_RAM ? OTA_OTD_POINTER : OTA_OTD_RAM_POINTER;
	return true;
}

static bool read_wide(const struct ota_otd_image *image, uint32_t pc, struct ota_span bytes,
		      struct ota_otd_unit *unit)
{
	uint32_t word = word_of(bytes.data);

	unit->len = 4;
	if (is_upper(word)) {
		if (bytes.len < OTA_OTD_UNIT_MAX)
			return false;
		unit->kind = OTA_OTD_UPPER;
		unit->target = upper_value(word, pc) + lower_of(word_of(bytes.data + 4));
		return ota_otd_rv32_value_key(image, unit->target, &unit->key);
	}
	if ((word & OPCODE_MASK) != OP_JAL || (LINK_REGS >> (word >> RD_AT & REG_MASK) & 1) == 0)
		return false;
	unit->kind = OTA_OTD_JAL;
	unit->target = pc + distance_of(word, FORM_J);
	return ota_otd_code_key(image, unit->target, &unit->key);
}

/* What does not go far. */
static bool read_near(const struct ota_otd_image *image, uint32_t pc, struct ota_span bytes,
		      struct ota_otd_unit *unit)
{
	uint32_t word = ota_otd_half(bytes.data);
	uint32_t which = word & C_MASK;
	enum form form;

	unit->len = 2;
	if (which == C_J || which == C_JAL) {
		unit->kind = OTA_OTD_CJ;
		form = FORM_CJ;
	} else if (which == C_BEQZ || which == C_BNEZ) {
		unit->kind = OTA_OTD_CB;
		form = FORM_CB;
	} else if ((word & OPCODE_MASK) == OP_BRANCH && bytes.len >= 4) {
		unit->len = 4;
		unit->kind = OTA_OTD_BRANCH;
		form = FORM_B;
		word = word_of(bytes.data);
	} else {
		return false;
	}
	unit->target = pc + distance_of(word, form);
	return ota_otd_code_key(image, unit->target, &unit->key);
}

bool ota_otd_rv32_code_read(const struct ota_otd_image *image, uint32_t at, struct ota_span bytes,
			    struct ota_otd_unit *unit)
{
	uint32_t pc = ota_otd_addr(image, at);

	if (bytes.len >= 4 && read_wide(image, pc, bytes, unit))
		return true;
	return bytes.len >= 2 && read_near(image, pc, bytes, unit);
}

/* -- writing ----------------------------------------------------------------------------------- */

static bool rewrite(uint8_t kind, uint32_t addr, uint32_t target, uint32_t *word)
{
	enum form form;

	switch (kind) {
	case OTA_OTD_JAL:
		return put_distance(word, FORM_J, target - addr);
	case OTA_OTD_UPPER:
		if ((*word & OPCODE_MASK) == OP_AUIPC)
			target -= addr;
		*word = (*word & ~UPPER_MASK) | ((target + LOWER_HALF) & UPPER_MASK);
		return true;
	case OTA_OTD_LOWER:
		return is_lower(*word, &form) && put_distance(word, form, target - addr);
	case OTA_OTD_CJ:
		return put_distance(word, FORM_CJ, target - addr);
	case OTA_OTD_CB:
		return put_distance(word, FORM_CB, target - addr);
	case OTA_OTD_BRANCH:
		return put_distance(word, FORM_B, target - addr);
	default: /* pointers */
		*word = target;
		return true;
	}
}

bool ota_otd_rv32_write(const struct ota_otd_unit *unit, uint32_t addr, uint32_t target,
			uint8_t *bytes)
{
	uint32_t word = ota_otd_half(bytes);

	if (unit->len > 2)
		word = word_of(bytes);
	if (!rewrite(unit->kind, addr, target, &word))
		return false;
	for (unsigned i = 0; i < unit->len; i++)
		bytes[i] = (uint8_t)(word >> 8 * i);
	return true;
}
