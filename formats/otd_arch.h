// SPDX-License-Identifier: Apache-2.0
/*
 * The architectures behind ota/otd_unit.h. A device may leave some out: OTA_OTD_ONLY_THUMB,
 * OTA_OTD_ONLY_RV32, OTA_OTD_ONLY_XTENSA leave that one and none, OTA_OTD_ONLY_NONE none; files of
 * the others (otd_thumb.c, otd_thumb_more.c, otd_rv32.c, otd_xtensa.c) are then not needed.
 * OTA_OTD_ONLY_XS does without the other tiers, otd_nano.c, otd_priors_nano.c and
 * otd_thumb_more.c; OTA_OTD_ONLY_NANO without the other tiers, otd_thumb_more.c, otd_rv32.c and
 * otd_xtensa.c. OTA_OTD_TWO_SLOTS leaves out patches that are applied in place.
 */
#ifndef OTD_ARCH_H
#define OTD_ARCH_H

#include <ota/otd_unit.h>

/* What this build has: the first to leave out takes the rest with it. Nano is for Thumb or none. */
#if defined(OTA_OTD_ONLY_XS)
#define OTD_HAS_XS   true
#define OTD_HAS_M    false
#define OTD_HAS_NANO false
#elif defined(OTA_OTD_ONLY_NANO)
#define OTD_HAS_XS   false
#define OTD_HAS_M    false
#define OTD_HAS_NANO true
#else
#define OTD_HAS_XS   true
#define OTD_HAS_M    true
#define OTD_HAS_NANO true
#endif
#if defined(OTA_OTD_ONLY_NONE) || defined(OTA_OTD_ONLY_RV32) || defined(OTA_OTD_ONLY_XTENSA)
#define OTD_HAS_THUMB false
#else
#define OTD_HAS_THUMB true
#endif
#if defined(OTA_OTD_ONLY_NONE) || defined(OTA_OTD_ONLY_THUMB) || defined(OTA_OTD_ONLY_XTENSA) ||   \
	defined(OTA_OTD_ONLY_NANO)
#define OTD_HAS_RV32 false
#else
#define OTD_HAS_RV32 true
#endif
#if defined(OTA_OTD_ONLY_NONE) || defined(OTA_OTD_ONLY_THUMB) || defined(OTA_OTD_ONLY_RV32) ||     \
	defined(OTA_OTD_ONLY_NANO)
#define OTD_HAS_XTENSA false
#else
#define OTD_HAS_XTENSA true
#endif
#define OTD_HAS_CODE       (OTD_HAS_THUMB || OTD_HAS_RV32 || OTD_HAS_XTENSA)
#define OTD_HAS_THUMB_MORE (OTD_HAS_THUMB && OTD_HAS_M)
#define OTD_HAS_MORE       (OTD_HAS_CODE && OTD_HAS_M)
#ifdef OTA_OTD_TWO_SLOTS
#define OTD_HAS_PLACE false
#else
#define OTD_HAS_PLACE true
#endif

/* True when this build has the tier. */
static inline bool otd_has_tier(enum ota_otd_tier tier)
{
	switch (tier) {
	case OTA_OTD_XS:
		return OTD_HAS_XS;
	case OTA_OTD_M:
		return OTD_HAS_M;
	case OTA_OTD_NANO:
		return OTD_HAS_NANO;
	}
	return false;
}

/* True when the images are of that architecture, and this build has it. */
static inline bool otd_is_thumb(unsigned arch)
{
	return OTD_HAS_THUMB && arch == OTA_OTD_THUMB;
}

static inline bool otd_is_rv32(unsigned arch)
{
	return OTD_HAS_RV32 && arch == OTA_OTD_RV32;
}

static inline bool otd_is_xtensa(unsigned arch)
{
	return OTD_HAS_XTENSA && arch == OTA_OTD_XTENSA;
}

/* True when this build has the architecture, and the tier. */
static inline bool ota_otd_arch_has(enum ota_otd_arch arch, enum ota_otd_tier tier)
{
	bool has = arch == OTA_OTD_NONE || otd_is_thumb(arch) || otd_is_rv32(arch) ||
		   otd_is_xtensa(arch);

	if (tier == OTA_OTD_NANO && arch > OTA_OTD_THUMB)
		return false;
	return has && otd_has_tier(tier);
}

/*
 * The map key of a value that a pointer holds: its offset in the image, also a little behind, or
 * its place in RAM. False: it is neither.
 */
bool ota_otd_value_key(const struct ota_otd_image *image, uint32_t value, uint32_t *key);
/* The map key of code and constants: an offset in the image, also some way behind. */
bool ota_otd_code_key(const struct ota_otd_image *image, uint32_t target, uint32_t *key);

static inline uint32_t ota_otd_half(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8;
}

static inline void ota_otd_put_half(uint8_t *bytes, uint32_t half)
{
	bytes[0] = (uint8_t)half;
	bytes[1] = (uint8_t)(half >> 8);
}

/* True when `distance`, read as signed, is even and needs at most `bits` bits and a sign. */
static inline bool ota_otd_reaches(uint32_t distance, unsigned bits)
{
	return (distance & 1) == 0 && distance + (1U << bits) < 2U << bits;
}

/* As the functions of ota/otd_unit.h; reads the kinds of tier XS, 4 bytes at an even offset. */
bool ota_otd_thumb_read(const uint8_t *bytes, const struct ota_otd_image *image, uint32_t at,
			struct ota_otd_unit *unit);
bool ota_otd_thumb_write(const struct ota_otd_unit *unit, uint32_t addr, uint32_t target,
			 uint8_t *bytes);
uint32_t ota_otd_thumb_step(uint8_t kind);

/* The kinds of tier M: `pc` is the address; there are at least 2 bytes. */
bool ota_otd_thumb_more_read(const struct ota_otd_image *image, uint32_t pc, struct ota_span bytes,
			     struct ota_otd_unit *unit);
bool ota_otd_thumb_more_write(uint8_t kind, uint32_t addr, uint32_t target, uint8_t *bytes);

/* Xtensa's, as the functions of ota/otd_unit.h; one set for both tiers. */
bool ota_otd_xtensa_read(const struct ota_otd_image *image, uint32_t at, struct ota_span bytes,
			 struct ota_otd_unit *unit);
bool ota_otd_xtensa_write(const struct ota_otd_unit *unit, uint32_t addr, uint32_t target,
			  uint8_t *bytes);
void ota_otd_xtensa_blank(const struct ota_otd_unit *unit, uint8_t *bytes);

/* -- what ota/otd_unit.h has, for the model ---------------------------------------------------- */

/* Thumb's; RV32's are read by the model itself, which has more to give them. */
static inline bool otd_thumb_read(enum ota_otd_tier tier, const struct ota_otd_image *image,
				  uint32_t at, struct ota_span bytes, struct ota_otd_unit *unit)
{
	if ((at & 1) != 0)
		return false;
	if (bytes.len >= 4 && ota_otd_thumb_read(bytes.data, image, at, unit))
		return true;
	/* None of these begins like a branch: one whose target is nowhere stays no unit. */
	return OTD_HAS_THUMB_MORE && tier == OTA_OTD_M && bytes.len >= 2 &&
	       ota_otd_thumb_more_read(image, ota_otd_addr(image, at), bytes, unit);
}

/* Units lie at offsets that are multiples of this. */
static inline uint32_t otd_unit_parity(unsigned arch)
{
	return otd_is_xtensa(arch) ? 1 : 2;
}

static inline uint32_t otd_rv32_step(uint8_t kind)
{
	return kind == OTA_OTD_JAL || kind > OTA_OTD_LOWER ? 2 : 1;
}

static inline uint32_t otd_xtensa_step(uint8_t kind)
{
	return kind == OTA_OTD_CALL || kind == OTA_OTD_L32R ? 4 : 1;
}

static inline uint32_t otd_unit_step(unsigned arch, uint8_t kind)
{
	if (otd_is_xtensa(arch))
		return otd_xtensa_step(kind);
	if (otd_is_rv32(arch))
		return otd_rv32_step(kind);
	if (!OTD_HAS_THUMB_MORE)
		return kind <= OTA_OTD_RAM_POINTER ? 1 : 2;
	return ota_otd_thumb_step(kind);
}

static inline uint32_t otd_unit_moved(unsigned arch, const struct ota_otd_unit *unit,
				      uint32_t shift)
{
	uint32_t target = unit->target + shift;

	if ((otd_is_xtensa(arch) || (OTD_HAS_THUMB_MORE && otd_is_thumb(arch))) &&
	    otd_unit_step(arch, unit->kind) == 4)
		target = (target + 2) & ~3U;
	return target;
}

#endif
