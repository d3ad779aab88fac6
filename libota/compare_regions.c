// SPDX-License-Identifier: Apache-2.0
/* A firmware without names: regions of one size, and what can be told of each by its bytes. */
#include "compare_parts.h"

/* Of a region's bytes, in hundredths, that must be text. */
#define TEXT_SHARE 70U
/* A call, return or push in so many bytes is code; random bytes have one in 120. */
#define CODE_SPACING  64U
#define VECTOR_SIZE   4U
#define VECTORS_LEAST 16U
#define VECTORS_MAX   496U /* 16 and 480: Armv8-M has no more */
#define VECTOR_FAR    0x1000000U
#define STACK_FIRST   0x10000000U
#define STACK_LAST    0x40000000U

/* -- what it is -------------------------------------------------------------------------------- */

bool ota_looks_like_text(struct ota_span bytes)
{
	size_t n = 0;

	for (size_t i = 0; i < bytes.len; i++)
		n += (bytes.data[i] >= 0x20 && bytes.data[i] < 0x7f) || bytes.data[i] == '\n' ||
		     bytes.data[i] == '\0';
	return n * 100 >= bytes.len * TEXT_SHARE && !ota_span_all(bytes, 0);
}

/* PUSH with LR, POP with PC, BX LR and BL of Thumb; JAL ra and RET of RISC-V. */
static bool is_code_at(uint32_t first, uint32_t second)
{
	bool thumb = (first & 0xff00U) == 0xb500U || (first & 0xff00U) == 0xbd00U ||
		     first == 0x4770U ||
		     ((first & 0xf800U) == 0xf000U && (second & 0xd000U) == 0xd000U);
	bool riscv = first == 0x8082U || (first & 0xfffU) == 0x0efU;

	return thumb || riscv;
}

static bool is_code(struct ota_span bytes)
{
	struct ota_rd rd = ota_rd_init(bytes);
	uint32_t first = ota_rd_u16(&rd);
	size_t n = 0;

	while (ota_rd_left(&rd) >= 2) {
		uint32_t second = ota_rd_u16(&rd);

		n += is_code_at(first, second);
		first = second;
	}
	return n * CODE_SPACING >= bytes.len && bytes.len >= CODE_SPACING;
}

static enum ota_compare_what tell(struct ota_span bytes)
{
	if (ota_span_all(bytes, bytes.len > 0 ? bytes.data[0] : 0))
		return OTA_COMPARE_FILL;
	if (ota_looks_like_text(bytes))
		return OTA_COMPARE_TEXT;
	if (ota_looks_random(bytes))
		return OTA_COMPARE_DENSE;
	return is_code(bytes) ? OTA_COMPARE_CODE : OTA_COMPARE_DATA;
}

/*
 * Bytes of an Arm vector table that `body` begins with, or 0: a stack pointer into RAM, then
 * addresses of Thumb functions near the first of them, or none.
 */
static uint32_t vectors_len(struct ota_span body)
{
	struct ota_rd rd = ota_rd_init(body);
	uint32_t stack = ota_rd_u32(&rd);
	uint32_t reset = ota_rd_u32(&rd);
	uint32_t n = 2;

	if (rd.err != OTA_OK || stack % VECTOR_SIZE != 0 || stack < STACK_FIRST ||
	    stack > STACK_LAST || reset % 2 == 0)
		return 0;
	while (n < VECTORS_MAX && ota_rd_left(&rd) >= VECTOR_SIZE) {
		uint32_t vector = ota_rd_u32(&rd);
		uint32_t distance = vector > reset ? vector - reset : reset - vector;

		if (vector != 0 && (vector % 2 == 0 || distance > VECTOR_FAR))
			break;
		n++;
	}
	return n >= VECTORS_LEAST ? n * VECTOR_SIZE : 0;
}

/* -- the grid ---------------------------------------------------------------------------------- */

static enum ota_err lay(struct ota_parts *parts, uint32_t end, enum ota_compare_what what,
			struct ota_diag *diag)
{
	struct ota_part part = {.section = "body", .what = what};
	uint32_t index = 0;
	enum ota_err err = ota_parts_add(parts, part, &index, diag);

	return err == OTA_OK ? ota_parts_lay(parts, end, index, diag) : err;
}

enum ota_err ota_parts_of_regions(const struct ota_compare_side *side, uint32_t region,
				  struct ota_parts *parts, struct ota_diag *diag)
{
	uint32_t base = side->has_base ? side->base : 0;
	struct ota_body body;
	enum ota_err err;
	uint32_t vectors;

	*parts = (struct ota_parts){.n = 0};
	err = ota_parts_begin(side, parts, &body, diag);
	vectors = vectors_len(ota_span_sub(side->bytes, body.at, body.end - body.at));
	if (err == OTA_OK && vectors > 0)
		err = lay(parts, body.at + vectors, OTA_COMPARE_VECTORS, diag);
	while (err == OTA_OK && parts->size < body.end) {
		uint32_t at = parts->size;
		/* Regions end where addresses are multiples, whatever the first one's is. */
		uint32_t len = region - ((base + at) & (region - 1));

		if (len > body.end - at)
			len = body.end - at;
		err = lay(parts, at + len, tell(ota_span_sub(side->bytes, at, len)), diag);
	}
	return err == OTA_OK ? ota_parts_end(side, parts, diag) : err;
}
