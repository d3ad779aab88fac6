// SPDX-License-Identifier: Apache-2.0
#include "image_layout.h"

static void write_dependency(struct ota_wr *wr, const struct ota_dependency *dep)
{
	uint8_t value[OTA_TLV_DEPENDENCY_SIZE];
	struct ota_wr inner = ota_wr_init(value, sizeof(value));

	inner.big = wr->big;
	ota_wr_u8(&inner, dep->image_id);
	ota_wr_fill(&inner, 0, 3);
	ota_wr_u8(&inner, dep->version.major);
	ota_wr_u8(&inner, dep->version.minor);
	ota_wr_u16(&inner, dep->version.revision);
	ota_wr_u32(&inner, dep->version.build);
	ota_tlv_write(wr, OTA_TLV_DEPENDENCY, ota_wr_span(&inner));
}

static void write_security_counter(struct ota_wr *wr, uint32_t counter)
{
	uint8_t value[OTA_TLV_SEC_CNT_SIZE];
	struct ota_wr inner = ota_wr_init(value, sizeof(value));

	inner.big = wr->big;
	ota_wr_u32(&inner, counter);
	ota_tlv_write(wr, OTA_TLV_SEC_CNT, ota_wr_span(&inner));
}

/* imgtool's order: SEC_CNT, dependencies, custom TLVs. */
static void write_protected(struct ota_wr *wr, const struct ota_image_plan *plan,
			    const struct image_layout *layout)
{
	if (layout->header.protect_tlv_size == 0)
		return;
	ota_tlv_info_write(wr, OTA_TLV_PROT_INFO_MAGIC, layout->header.protect_tlv_size);
	if (plan->has_security_counter)
		write_security_counter(wr, plan->security_counter);
	for (size_t i = 0; i < plan->n_dependencies; i++)
		write_dependency(wr, &plan->dependencies[i]);
	for (size_t i = 0; i < plan->n_custom_tlvs; i++)
		ota_tlv_write(wr, plan->custom_tlvs[i].type, plan->custom_tlvs[i].value);
}

/* Header area, payload and protected TLVs: all that the digest covers. */
static void write_hashed(struct ota_wr *wr, const struct ota_image_plan *plan,
			 const struct image_layout *layout)
{
	ota_image_header_write(wr, &layout->header);
	ota_wr_fill(wr, layout->header_fill, layout->header.hdr_size - OTA_IMAGE_HEADER_SIZE);
	ota_wr_bytes(wr, layout->payload);
	write_protected(wr, plan, layout);
}

/* The unprotected area: digest and, with a key, key id and signature. */
static enum ota_err write_unprotected(struct ota_wr *wr, const struct ota_key *key,
				      struct ota_diag *diag)
{
	enum ota_hash hash = key ? ota_key_hash(key) : OTA_HASH_SHA256;
	size_t total = OTA_TLV_INFO_SIZE + ota_tlv_size(ota_hash_size(hash));
	struct ota_digest digest;
	struct ota_digest key_id = {.len = 0};
	struct ota_sig sig = {.len = 0};
	enum ota_err err = ota_digest_of(hash, ota_wr_span(wr), &digest, diag);

	if (err == OTA_OK && key)
		err = ota_key_id(key, hash, &key_id, diag);
	if (err == OTA_OK && key)
		err = ota_key_sign(key, ota_digest_span(&digest), &sig, diag);
	if (err != OTA_OK)
		return err;
	if (key)
		total += ota_tlv_size(key_id.len) + ota_tlv_size(sig.len);
	ota_tlv_info_write(wr, OTA_TLV_INFO_MAGIC, (uint16_t)total);
	ota_tlv_write(wr, ota_image_tlv_of_hash(hash), ota_digest_span(&digest));
	if (key) {
		ota_tlv_write(wr, OTA_TLV_KEYHASH, ota_digest_span(&key_id));
		ota_tlv_write(wr, ota_key_sig_tlv(key), ota_span_of(sig.data, sig.len));
	}
	return OTA_OK;
}

/* Erased bytes up to the slot's end, the trailer's magic and, when confirmed, image_ok. */
static void write_padding(struct ota_wr *wr, const struct ota_image_plan *plan, uint32_t max_align)
{
	size_t slot_size = (size_t)plan->slot_size;
	uint8_t *image_ok;

	ota_wr_fill(wr, plan->erased_is_zero ? 0x00 : 0xff,
		    slot_size - wr->at - OTA_TRAILER_MAGIC_SIZE);
	ota_trailer_magic_write(wr, max_align);
	image_ok = wr->data + slot_size - ota_trailer_magic_field(max_align) - max_align;
	/* An overwrite-only bootloader keeps no image_ok, and imgtool writes none. */
	if (plan->pad == OTA_IMAGE_PAD_CONFIRMED && !plan->overwrite_only)
		*image_ok = OTA_TRAILER_FLAG_SET;
}

enum ota_err ota_image_build(const struct ota_image_plan *plan, struct ota_span body,
			     struct ota_buf *out, struct ota_image_made *made,
			     struct ota_diag *diag)
{
	const struct ota_key *key = plan->n_signers > 0 ? plan->signers[0].key : NULL;
	struct image_layout layout;
	struct ota_wr wr;
	uint64_t room;
	enum ota_err err = ota_image_layout(plan, body, key, &layout, diag);

	if (err == OTA_OK && out->len > 0)
		err = ota_fail(diag, OTA_E_USAGE, "the buffer for the image is not empty");
	if (err != OTA_OK)
		return err;
	room = layout.longest;
	if (plan->pad != OTA_IMAGE_PAD_NONE && plan->slot_size > room)
		room = plan->slot_size;
	if (room > SIZE_MAX)
		return ota_fail(diag, OTA_E_MEMORY, "image does not fit into memory");
	err = ota_buf_reserve(out, (size_t)room, diag);
	if (err != OTA_OK)
		return err;
	wr = ota_wr_init(out->data, (size_t)room);
	write_hashed(&wr, plan, &layout);
	err = write_unprotected(&wr, key, diag);
	if (err == OTA_OK)
		err = ota_image_check_slot(plan, wr.at, diag);
	if (err != OTA_OK)
		return err;
	*made = (struct ota_image_made){.len = wr.at};
	if (plan->pad != OTA_IMAGE_PAD_NONE)
		write_padding(&wr, plan, layout.max_align);
	out->len = wr.at;
	return wr.err;
}
