// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>

#include "image_layout.h"

#define ALIGN_MAX 32U

static uint32_t plan_align(const struct ota_image_plan *plan)
{
	return plan->align ? plan->align : 1;
}

static uint32_t plan_max_align(const struct ota_image_plan *plan)
{
	uint32_t align = plan_align(plan);

	if (plan->max_align)
		return plan->max_align;
	return align > OTA_TRAILER_ALIGN_MIN ? align : OTA_TRAILER_ALIGN_MIN;
}

static bool is_alignment(uint32_t value, uint32_t min, uint32_t max)
{
	return value >= min && value <= max && ota_is_power_of_two(value);
}

uint64_t ota_image_trailer_size(const struct ota_image_plan *plan)
{
	struct ota_trailer_rules rules = {
		.max_align = plan_max_align(plan),
		.write_size = plan_align(plan),
		.max_sectors = plan->has_max_sectors ? plan->max_sectors : OTA_DEFAULT_MAX_SECTORS,
		.states = OTA_STATUS_STATES,
	};

	/* imgtool reserves image_ok, copy_done and the magic only (image.py, _trailer_size). */
	if (plan->overwrite_only)
		return 2 * (uint64_t)rules.max_align + ota_trailer_magic_field(rules.max_align);
	return ota_trailer_size(&rules);
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
	if (!is_alignment(plan_max_align(plan), OTA_TRAILER_ALIGN_MIN, OTA_TRAILER_ALIGN_MAX))
		return ota_fail(diag, OTA_E_USAGE,
				"maximum alignment %" PRIu32 " is not 8, 16 or 32",
				plan->max_align);
	if (plan->load_addr != 0 && plan->rom_fixed != 0)
		return ota_fail(diag, OTA_E_USAGE,
				"a load address and a fixed ROM address exclude each other");
	if (plan->pad != OTA_IMAGE_PAD_NONE && plan->slot_size == 0)
		return ota_fail(diag, OTA_E_USAGE, "padding needs the slot's size");
	return OTA_OK;
}

static enum ota_err check_custom_tlvs(const struct ota_image_plan *plan, struct ota_diag *diag)
{
	for (size_t i = 0; i < plan->n_custom_tlvs; i++) {
		uint16_t type = plan->custom_tlvs[i].type;

		if (ota_tlv_name(type))
			return ota_fail(diag, OTA_E_USAGE,
					"custom TLV 0x%02x is %s, a predefined type", type,
					ota_tlv_name(type));
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

/* Bytes of the protected area with its info header; 0 when it has no records. */
static uint64_t protected_size(const struct ota_image_plan *plan)
{
	uint64_t size = plan->n_dependencies * (uint64_t)ota_tlv_size(OTA_TLV_DEPENDENCY_SIZE);

	if (plan->has_security_counter)
		size += ota_tlv_size(OTA_TLV_SEC_CNT_SIZE);
	for (size_t i = 0; i < plan->n_custom_tlvs; i++)
		size += ota_tlv_size(plan->custom_tlvs[i].value.len);
	return size > 0 ? size + OTA_TLV_INFO_SIZE : 0;
}

static uint32_t plan_flags(const struct ota_image_plan *plan)
{
	return (plan->non_bootable ? OTA_IMAGE_F_NON_BOOTABLE : 0U) |
	       (plan->load_addr != 0 ? OTA_IMAGE_F_RAM_LOAD : 0U) |
	       (plan->rom_fixed != 0 ? OTA_IMAGE_F_ROM_FIXED : 0U);
}

/* Splits the body: with pad_header all of it is payload, else it brings a blank header area. */
static enum ota_err split_body(const struct ota_image_plan *plan, struct ota_span body,
			       struct image_layout *layout, struct ota_diag *diag)
{
	size_t area = layout->header.hdr_size;
	enum ota_err err = OTA_OK;

	layout->payload = body;
	layout->header_fill = plan->erased_is_zero ? 0x00 : 0xff;
	if (plan->pad_header)
		return OTA_OK;
	if (body.len < area)
		err = ota_fail(diag, OTA_E_TRUNCATED,
			       "input is %zu bytes, less than its header area of %zu", body.len,
			       area);
	else if (!ota_span_all(ota_span_head(body, area), 0))
		err = ota_fail(diag, OTA_E_USAGE,
			       "input does not start with %zu zero bytes for a header", area);
	if (err != OTA_OK) {
		ota_hint(diag, "--pad-header puts the header before the input");
		return err;
	}
	layout->header_fill = 0;
	layout->payload = ota_span_tail(body, area);
	return OTA_OK;
}

/* Bytes of the unprotected area with the longest possible signature. */
static size_t unprotected_size(const struct ota_key *key)
{
	size_t digest = OTA_DIGEST_MAX;

	if (!key)
		return OTA_TLV_INFO_SIZE + ota_tlv_size(digest);
	return OTA_TLV_INFO_SIZE + 2 * ota_tlv_size(digest) + ota_tlv_size(OTA_SIG_MAX);
}

enum ota_err ota_image_layout(const struct ota_image_plan *plan, struct ota_span body,
			      const struct ota_key *key, struct image_layout *layout,
			      struct ota_diag *diag)
{
	uint64_t prot_size = protected_size(plan);
	enum ota_err err = check_numbers(plan, diag);

	*layout = (struct image_layout){.max_align = plan_max_align(plan)};
	if (err == OTA_OK)
		err = check_custom_tlvs(plan, diag);
	if (err != OTA_OK)
		return err;
	if (prot_size > UINT16_MAX)
		return ota_fail(diag, OTA_E_USAGE,
				"protected TLVs take %" PRIu64 " bytes, an area holds %u",
				prot_size, UINT16_MAX);
	layout->header.hdr_size =
		(uint16_t)(plan->header_size ? plan->header_size : OTA_IMAGE_HEADER_SIZE);
	err = split_body(plan, body, layout, diag);
	if (err != OTA_OK)
		return err;
	if (layout->payload.len > UINT32_MAX - layout->header.hdr_size - prot_size)
		return ota_fail(diag, OTA_E_NO_FIT,
				"input is %zu bytes, an image holds less than 4 GiB",
				layout->payload.len);
	layout->header.img_size = (uint32_t)layout->payload.len;
	layout->header.protect_tlv_size = (uint16_t)prot_size;
	layout->header.load_addr = plan->rom_fixed ? plan->rom_fixed : plan->load_addr;
	layout->header.flags = plan_flags(plan);
	layout->header.version = plan->version;
	layout->longest =
		layout->header.hdr_size + layout->payload.len + prot_size + unprotected_size(key);
	return OTA_OK;
}

enum ota_err ota_image_check_slot(const struct ota_image_plan *plan, size_t image_len,
				  struct ota_diag *diag)
{
	uint64_t trailer = ota_image_trailer_size(plan);

	if (plan->slot_size == 0)
		return OTA_OK;
	if (trailer <= plan->slot_size && image_len <= plan->slot_size - trailer)
		return OTA_OK;
	(void)ota_fail(diag, OTA_E_NO_FIT,
		       "image is %zu bytes and its trailer %" PRIu64 ", slot holds %" PRIu64,
		       image_len, trailer, plan->slot_size);
	ota_hint(diag,
		 "%" PRIu64 " bytes too many; --align, --max-sectors and --overwrite-only decide "
		 "the trailer's size",
		 image_len + trailer - plan->slot_size);
	return OTA_E_NO_FIT;
}
