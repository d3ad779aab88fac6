// SPDX-License-Identifier: Apache-2.0
/*
 * The architectures behind ota/otd_unit.h. A device may leave some out: OTA_OTD_ONLY_NONE does
 * without otd_thumb.c and otd_thumb_more.c, OTA_OTD_ONLY_XS without the other tiers, otd_nano.c,
 * otd_priors_nano.c and otd_thumb_more.c, OTA_OTD_ONLY_NANO without the other tiers, otd_priors.c
 * and otd_thumb_more.c.
 * OTA_OTD_TWO_SLOTS leaves out patches that are applied in place.
 */
#ifndef OTD_ARCH_H
#define OTD_ARCH_H

#include <ota/otd_unit.h>

/* What this build has: the first to leave out takes the rest with it. */
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
#ifdef OTA_OTD_ONLY_NONE
#define OTD_HAS_THUMB false
#else
#define OTD_HAS_THUMB true
#endif
#define OTD_HAS_THUMB_MORE (OTD_HAS_THUMB && OTD_HAS_M)
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

/* True when this build has the architecture, and the tier. */
static inline bool ota_otd_arch_has(enum ota_otd_arch arch, enum ota_otd_tier tier)
{
	return (OTD_HAS_THUMB || arch == OTA_OTD_NONE) && otd_has_tier(tier);
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

/* -- what ota/otd_unit.h has, for the model ---------------------------------------------------- */

static inline bool otd_unit_read(enum ota_otd_arch arch, enum ota_otd_tier tier,
				 const struct ota_otd_image *image, uint32_t at,
				 struct ota_span bytes, struct ota_otd_unit *unit)
{
	if (!OTD_HAS_THUMB || arch == OTA_OTD_NONE || (at & 1) != 0)
		return false;
	if (bytes.len >= 4 && ota_otd_thumb_read(bytes.data, image, at, unit))
		return true;
	/* None of these begins like a branch: one whose target is nowhere stays no unit. */
	return OTD_HAS_THUMB_MORE && tier == OTA_OTD_M && bytes.len >= 2 &&
	       ota_otd_thumb_more_read(image, ota_otd_addr(image, at), bytes, unit);
}

/* A unit's kind tells the architecture. */
static inline uint32_t otd_unit_step(uint8_t kind)
{
	if (!OTD_HAS_THUMB_MORE)
		return kind <= OTA_OTD_RAM_POINTER ? 1 : 2;
	return ota_otd_thumb_step(kind);
}

static inline uint32_t otd_unit_moved(const struct ota_otd_unit *unit, uint32_t shift)
{
	uint32_t target = unit->target + shift;

	if (OTD_HAS_THUMB_MORE && otd_unit_step(unit->kind) == 4)
		target = (target + 2) & ~3U;
	return target;
}

#endif
