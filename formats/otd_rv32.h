// SPDX-License-Identifier: Apache-2.0
/* RV32 behind otd_arch.h: the model looks ahead for it, and remembers upper parts of addresses. */
#ifndef OTD_RV32_H
#define OTD_RV32_H

#include "otd_arch.h"

/* lui and auipc by opcode and register; while its new bytes are not made, it is open. */
#define OTD_UPPER_WHICH 0xfffU
#define OTD_UPPER_OPEN  0x1000U

/*
 * What gp holds is not known, and need not be: what it points at has addresses of its own, and keys
 * behind those of RAM.
 */
#define OTD_GP_BASE   0x90000000U
#define OTD_GP_KEY    (OTA_OTD_KEY_RAM + 0x1000000U)
#define OTD_GP_BEFORE 0x800U /* bytes that it reaches below */
#define OTD_GP_SIZE   0x1000U

static inline uint32_t otd_gp_key(uint32_t target)
{
	return OTD_GP_KEY + OTD_GP_BEFORE + (target - OTD_GP_BASE);
}

/* As the functions of ota/otd_unit.h, by parts; code only where an instruction begins. */
bool ota_otd_rv32_pointer_read(const struct ota_otd_image *image, uint32_t at,
			       struct ota_span bytes, struct ota_otd_unit *unit);
/*
 * Of lui and auipc the bytes are the instruction and the first one that adds a lower part, which
 * need not be the next: see ota_otd_rv32_is_user.
 */
bool ota_otd_rv32_code_read(const struct ota_otd_image *image, uint32_t at, struct ota_span bytes,
			    struct ota_otd_unit *unit);
/* For OTA_OTD_LOWER `addr` is what the register holds. */
bool ota_otd_rv32_write(const struct ota_otd_unit *unit, uint32_t addr, uint32_t target,
			uint8_t *bytes);

/* The map key of a value: an offset in the image, or a place in RAM. */
bool ota_otd_rv32_value_key(const struct ota_otd_image *image, uint32_t value, uint32_t *key);

/* An instruction whose first byte is this has 32 bits (or more). */
static inline bool otd_rv32_is_wide(uint32_t byte)
{
	return (byte & 3) == 3;
}

/* True for lui and auipc; 4 bytes. */
bool ota_otd_rv32_is_upper(const uint8_t *bytes);
/* True when the instruction at `bytes` adds a lower part to what `upper` loads; 4 bytes each. */
bool ota_otd_rv32_is_user(const uint8_t *upper, const uint8_t *bytes);
/* The lower part that an instruction adds; 4 bytes. */
uint32_t ota_otd_rv32_lower(const uint8_t *bytes);

/* For matchers, as ota_otd_unit_blank. */
void ota_otd_rv32_blank(const struct ota_otd_unit *unit, uint8_t *bytes);

#endif
