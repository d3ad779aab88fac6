// SPDX-License-Identifier: Apache-2.0
/*
 * Reference units: the bytes of an image that hold an address, and so change when what they point
 * at moves. otd's decoder recognises them in old and writes them for new; the matcher, too, looks
 * through them. One file for each architecture, behind the switch in formats/otd_arch.c. Encodings
 * after the Armv7-M Architecture Reference Manual (DDI 0403), A5 to A7.
 */
#ifndef OTA_OTD_UNIT_H
#define OTA_OTD_UNIT_H

#include <ota/otd.h>

#ifdef __cplusplus
extern "C" {
#endif

enum ota_otd_kind {
	OTA_OTD_POINTER = 0, /* aligned word, into the image */
	OTA_OTD_RAM_POINTER, /* aligned word, into RAM */
	OTA_OTD_BL,
	OTA_OTD_BW,   /* B.W */
	OTA_OTD_BCCW, /* Bcc.W */
	/* From here on: tier M only. */
	OTA_OTD_LDR,  /* LDR Rt, [PC, #imm8] */
	OTA_OTD_ADR,  /* ADR, 16 bits */
	OTA_OTD_B,    /* B, 16 bits */
	OTA_OTD_BCC,  /* Bcc, 16 bits */
	OTA_OTD_CBZ,  /* CBZ, CBNZ */
	OTA_OTD_LDRW, /* LDR.W Rt, [PC, #imm12] */
	OTA_OTD_MOVW, /* MOVW, then MOVT of the same register right behind it */
};

/* RV32's others, by numbers that kinds much like them have with Thumb. */
enum ota_otd_rv32_kind {
	OTA_OTD_JAL = 2,   /* jal x0, ra, t0 */
	OTA_OTD_UPPER = 3, /* lui, auipc: the target is what an instruction behind makes of it */
	OTA_OTD_LOWER = 4, /* addi, jalr, loads, stores: by the register that one of these loaded */
	OTA_OTD_CJ = 5,    /* c.j, c.jal */
	OTA_OTD_CB = 6,    /* c.beqz, c.bnez */
	OTA_OTD_BRANCH = 7, /* beq and the like, 32 bits */
};

/* Xtensa's others, likewise. They are units only where an instruction begins. */
enum ota_otd_xtensa_kind {
	OTA_OTD_CALL = 2, /* call0, call4, call8, call12 */
	OTA_OTD_L32R = 3,
	OTA_OTD_J = 4,
};

#define OTA_OTD_KINDS    12U
#define OTA_OTD_KINDS_XS 5U

/* Most bytes of a unit. */
#define OTA_OTD_UNIT_MAX 8U
/* How far behind lui or auipc the instruction may begin that makes use of it. */
#define OTA_OTD_AHEAD 40U
/* Most bytes that a recogniser looks at. */
#define OTA_OTD_SEEN_MAX (OTA_OTD_AHEAD + 4U)

struct ota_otd_unit {
	uint32_t target; /* the address it holds; with the Thumb bit if it has one */
	uint32_t key; /* map key: target's offset in its image, or OTA_OTD_KEY_RAM + RAM offset */
	uint8_t kind; /* enum ota_otd_kind */
	uint8_t len;  /* bytes */
};

/* RAM addresses are kept above all offsets of an image (which are at most OTA_OTD_KEY_RAM). */
#define OTA_OTD_KEY_RAM 0x2000000U

/* How far behind its image a target may lie: pointers to the end, and branches of a larger new one.
 */
#define OTA_OTD_POINTER_SLACK 4096U
#define OTA_OTD_BRANCH_SLACK  65536U

/*
 * Recognises a unit at offset `at` of `image`, whose next bytes are `bytes` (all there are, up to
 * OTA_OTD_SEEN_MAX). Looks at nothing else, so that encoder and decoder always agree. The unit's
 * length never exceeds bytes.len. False: none, or an OTA_OTD_LOWER. Fills `unit`.
 */
OTA_API bool ota_otd_unit_read(enum ota_otd_arch arch, enum ota_otd_tier tier,
			       const struct ota_otd_image *image, uint32_t at,
			       struct ota_span bytes, struct ota_otd_unit *unit);

/*
 * Rewrites `bytes`, the unit's own, so that at address `addr` they hold `target`. False when they
 * cannot; `bytes` are then as they were. Bits that are no part of the address stay.
 */
OTA_API bool ota_otd_unit_write(enum ota_otd_arch arch, const struct ota_otd_unit *unit,
				uint32_t addr, uint32_t target, uint8_t *bytes);

/* Steps in which a target of that kind moves: 4, 2 or 1 bytes. */
OTA_API uint32_t ota_otd_unit_step(enum ota_otd_arch arch, uint8_t kind);

/* A target moved by `shift` as the kind can hold it: rounded to the step where that is 4. */
OTA_API uint32_t ota_otd_unit_moved(enum ota_otd_arch arch, const struct ota_otd_unit *unit,
				    uint32_t shift);

/* -- RV32 -------------------------------------------------------------------------------------- */

/* What lui or auipc put into a register. */
struct ota_otd_upper {
	uint32_t base;
	uint32_t new_base; /* in new; before it is made, its offset there */
	uint32_t which;    /* opcode and register; 0: none */
};
#define OTA_OTD_UPPERS 10U

/* The last of them, the latest first. Zeroed, there are none. */
struct ota_otd_uppers {
	uint32_t ahead;    /* bytes passed over in search of a user */
	uint32_t new_base; /* of the unit read last */
	uint32_t made;     /* the last 4 bytes of new */
	struct ota_otd_upper upper[OTA_OTD_UPPERS];
};

/*
 * Goes over the instruction at offset `at` of `image`, whose first 4 bytes are `bytes`: forgets
 * registers that it changes, notes an upper part that it loads. Its new bytes come at offset
 * `new_at`.
 */
OTA_API void ota_otd_rv32_see(struct ota_otd_uppers *uppers, const struct ota_otd_image *image,
			      uint32_t at, uint32_t new_at, const uint8_t *bytes);
/* The word `made` is there, 4 bytes up to offset `new_at`, address `addr`, of new. */
OTA_API void ota_otd_rv32_made(struct ota_otd_uppers *uppers, uint32_t new_at, uint32_t addr);
/*
 * Recognises an OTA_OTD_LOWER of a register that is known, or of gp, in 4 bytes. Fills `unit`, and
 * uppers->new_base, from which its new target is counted. False: none.
 */
OTA_API bool ota_otd_rv32_lower_read(struct ota_otd_uppers *uppers,
				     const struct ota_otd_image *image, const uint8_t *bytes,
				     struct ota_otd_unit *unit);
/* Fills the key of a unit whose kind and target are known. False: it has none. */
OTA_API bool ota_otd_rv32_key(const struct ota_otd_image *image, struct ota_otd_unit *unit);

/* -- Xtensa ------------------------------------------------------------------------------------ */

/*
 * Bytes that an instruction still has behind `byte`, which is its first when `left`, this
 * function's answer for the byte before, is 0: one is 3 bytes long, or 2 when its opcode is a dense
 * one.
 */
static inline uint32_t ota_otd_xtensa_left(uint32_t left, uint8_t byte)
{
	if (left > 0)
		return left - 1;
	return (byte & 0xfU) < 8 ? 2 : 1;
}

/* -- for matchers only ------------------------------------------------------------------------- */

/*
 * Zeroes the fields of `bytes` that hold the address: two units that differ by their targets alone
 * become equal. Of pointers the low 16 bits.
 */
OTA_API void ota_otd_unit_blank(enum ota_otd_arch arch, const struct ota_otd_unit *unit,
				uint8_t *bytes);

#ifdef __cplusplus
}
#endif
#endif
