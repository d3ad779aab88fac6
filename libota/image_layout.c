// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>

#include "image_layout.h"
#include "image_sign.h"

#define ALIGN_MAX     32U
#define AES128_SIZE   16U
#define AES256_SIZE   32U
#define TRAILER_LEAST 3U /* fields that every bootloader has below the magic */

static uint32_t plan_align(const struct ota_image_plan *plan)
{
	return plan->align ? plan->align : 1;
}

uint32_t ota_plan_max_align(const struct ota_image_plan *plan)
{
	uint32_t align = plan_align(plan);

	if (plan->max_align)
		return plan->max_align;
	return align > OTA_TRAILER_ALIGN_MIN ? align : OTA_TRAILER_ALIGN_MIN;
}

uint16_t ota_plan_header_size(const struct ota_image_plan *plan)
{
	return (uint16_t)(plan->header_size ? plan->header_size : OTA_IMAGE_HEADER_SIZE);
}

size_t ota_plan_image_key_len(const struct ota_image_plan *plan)
{
	return plan->image_key_len ? plan->image_key_len : AES128_SIZE;
}

uint8_t ota_plan_erased(const struct ota_image_plan *plan)
{
	return plan->erased_is_zero ? 0x00 : 0xff;
}

/* Without a signer a pure image has the plain default, as imgtool's do. */
enum ota_hash ota_plan_hash(const struct ota_image_plan *plan)
{
	if (plan->hash)
		return plan->hash;
	if (plan->n_signers == 0)
		return OTA_HASH_SHA256;
	return plan->pure ? OTA_HASH_SHA512 : ota_key_hash(plan->signers[0].key);
}

static bool is_alignment(uint32_t value, uint32_t min, uint32_t max)
{
	return value >= min && value <= max && ota_is_power_of_two(value);
}

/* The trailer of a swap bootloader that keeps `enc_key` bytes for each of two image keys. */
static uint64_t trailer_with(const struct ota_image_plan *plan, size_t enc_key)
{
	struct ota_trailer_rules rules = {
		.max_align = ota_plan_max_align(plan),
		.write_size = plan_align(plan),
		.max_sectors = plan->has_max_sectors ? plan->max_sectors : OTA_DEFAULT_MAX_SECTORS,
		.states = OTA_STATUS_STATES,
		.enc_key = (uint32_t)enc_key,
	};

	return ota_trailer_size(&rules);
}

uint64_t ota_image_trailer_size(const struct ota_image_plan *plan)
{
	uint64_t max_align = ota_plan_max_align(plan);

	/* imgtool reserves image_ok, copy_done and the magic only (image.py, _trailer_size). */
	if (plan->overwrite_only)
		return 2 * max_align + ota_trailer_magic_field((uint32_t)max_align);
	if (!plan->encryption_key)
		return trailer_with(plan, 0);
	/* ... and 16 bytes for a key, whatever its size. */
	if (!plan->save_enctlv)
		return trailer_with(plan, AES128_SIZE);
	return trailer_with(plan,
			    ota_key_wrapped_size(plan->encryption_key, ota_plan_image_key_len(plan),
						 plan->exchange_hash));
}

static enum ota_err check_numbers(const struct ota_image_plan *plan, struct ota_diag *diag)
{
	if (plan->header_size != 0 && plan->header_size < OTA_IMAGE_HEADER_SIZE)
		return ota_fail(diag, OTA_E_USAGE,
				"header size is %" PRIu32 ", at least %u are needed",
				plan->header_size, OTA_IMAGE_HEADER_SIZE);
	if (plan->header_size > UINT16_MAX)
		return ota_fail(diag, OTA_E_USAGE,
				"header size is %" PRIu32 ", at most %u is possible",
				plan->header_size, UINT16_MAX);
	if (!is_alignment(plan_align(plan), 1, ALIGN_MAX))
		return ota_fail(diag, OTA_E_USAGE,
				"alignment %" PRIu32 " is not 1, 2, 4, 8, 16 or 32", plan->align);
	if (!is_alignment(ota_plan_max_align(plan), OTA_TRAILER_ALIGN_MIN, OTA_TRAILER_ALIGN_MAX))
		return ota_fail(diag, OTA_E_USAGE,
				"maximum alignment %" PRIu32 " is not 8, 16 or 32",
				plan->max_align);
	if (plan->load_addr != 0 && plan->rom_fixed != 0)
		return ota_fail(diag, OTA_E_USAGE,
				"a load address and a fixed ROM address exclude each other");
	if (plan->pad != OTA_IMAGE_PAD_NONE && plan->slot_size == 0)
		return ota_fail(diag, OTA_E_USAGE, "padding needs the slot's size");
	if (ota_plan_image_key_len(plan) != AES128_SIZE &&
	    ota_plan_image_key_len(plan) != AES256_SIZE)
		return ota_fail(diag, OTA_E_USAGE, "image key of %zu bytes is not of %u or %u",
				plan->image_key_len, AES128_SIZE, AES256_SIZE);
	return OTA_OK;
}

/* A big-endian custom type 0x1000 is stored as imgtool stores the predefined 0x10. */
static const char *predefined_name(uint16_t type, bool big)
{
	const char *name = ota_tlv_name(type);

	if (!name && big && (type & 0xff) == 0)
		name = ota_tlv_name(type >> 8);
	return name;
}

static enum ota_err check_custom_tlvs(const struct ota_image_plan *plan, struct ota_diag *diag)
{
	for (size_t i = 0; i < plan->n_custom_tlvs; i++) {
		uint16_t type = plan->custom_tlvs[i].type;
		const char *name = predefined_name(type, plan->big_endian);

		if (name)
			return ota_fail(diag, OTA_E_USAGE,
					"custom TLV 0x%02x is %s, a predefined type%s", type, name,
					ota_tlv_name(type) ? "" : " in a big-endian image");
		if (type < OTA_TLV_VENDOR_FIRST || type > OTA_TLV_VENDOR_LAST)
			return ota_fail(diag, OTA_E_USAGE,
					"custom TLV 0x%02x is outside 0x%04x to 0x%04x", type,
					OTA_TLV_VENDOR_FIRST, OTA_TLV_VENDOR_LAST);
		for (size_t j = 0; j < i; j++) {
			if (plan->custom_tlvs[j].type == type)
				return ota_fail(diag, OTA_E_USAGE,
						"custom TLV 0x%02x is given twice", type);
		}
	}
	return OTA_OK;
}

static enum ota_err check_signers(const struct ota_image_plan *plan, struct ota_diag *diag)
{
	enum ota_err err = OTA_OK;

	if (plan->pure && plan->hash != 0 && plan->hash != OTA_HASH_SHA512)
		return ota_fail(diag, OTA_E_USAGE, "pure signatures go with SHA512, not %s",
				ota_hash_name(plan->hash));
	if (plan->n_signers > 0 && !plan->signers[0].key)
		return ota_fail(diag, OTA_E_USAGE, "a signer needs a key, if only a public one");
	for (size_t i = 0; err == OTA_OK && i < plan->n_signers; i++)
		err = ota_signer_check(&plan->signers[i], ota_plan_hash(plan), plan->pure, diag);
	return err;
}

enum ota_err ota_plan_check(const struct ota_image_plan *plan, struct ota_diag *diag)
{
	enum ota_err err = check_numbers(plan, diag);

	if (err == OTA_OK)
		err = check_custom_tlvs(plan, diag);
	if (err == OTA_OK)
		err = check_signers(plan, diag);
	return err;
}

/* The end of the slot that any upgrade mode keeps: magic, image_ok, copy_done, swap_info. */
static uint64_t least_trailer(const struct ota_image_plan *plan)
{
	uint32_t max_align = ota_plan_max_align(plan);

	return ota_trailer_magic_field(max_align) + TRAILER_LEAST * (uint64_t)max_align;
}

static bool leaves(const struct ota_image_plan *plan, size_t image_len, uint64_t trailer)
{
	return trailer <= plan->slot_size && image_len <= plan->slot_size - trailer;
}

/* The upgrade mode's own limit; padding must still be possible. */
static enum ota_err check_max_image(const struct ota_image_plan *plan, size_t image_len,
				    struct ota_diag *diag)
{
	uint64_t trailer = least_trailer(plan);

	if (image_len > plan->max_image)
		return ota_fail(diag, OTA_E_NO_FIT,
				"image is %zu bytes, header to last TLV, this slot's mode holds "
				"%" PRIu64,
				image_len, plan->max_image);
	if (plan->pad != OTA_IMAGE_PAD_NONE && !leaves(plan, image_len, trailer))
		return ota_fail(diag, OTA_E_NO_FIT,
				"image is %zu bytes and its trailer %" PRIu64
				", slot holds %" PRIu64,
				image_len, trailer, plan->slot_size);
	return OTA_OK;
}

/* imgtool counts 16 bytes for an image key of 32, and too little for overwriting bootloaders. */
static bool is_low_on_room(const struct ota_image_plan *plan, size_t image_len)
{
	bool large_key = plan->encryption_key && ota_plan_image_key_len(plan) == AES256_SIZE &&
			 !plan->save_enctlv && !plan->overwrite_only;

	return !leaves(plan, image_len, least_trailer(plan)) ||
	       (large_key && !leaves(plan, image_len, trailer_with(plan, AES256_SIZE)));
}

enum ota_err ota_image_check_slot(const struct ota_image_plan *plan, size_t image_len,
				  bool *low_on_room, struct ota_diag *diag)
{
	uint64_t trailer = ota_image_trailer_size(plan);

	*low_on_room = false;
	if (plan->max_image != 0)
		return check_max_image(plan, image_len, diag);
	if (plan->slot_size == 0)
		return OTA_OK;
	if (!leaves(plan, image_len, trailer)) {
		(void)ota_fail(diag, OTA_E_NO_FIT,
			       "image is %zu bytes and its trailer %" PRIu64
			       ", slot holds %" PRIu64,
			       image_len, trailer, plan->slot_size);
		ota_hint(diag, "%" PRIu64 " bytes too many", image_len + trailer - plan->slot_size);
		return OTA_E_NO_FIT;
	}
	*low_on_room = is_low_on_room(plan, image_len);
	return OTA_OK;
}
