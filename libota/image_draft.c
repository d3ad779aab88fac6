// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>

#include "image_draft.h"

static uint32_t plan_flags(const struct ota_image_plan *plan)
{
	uint32_t encrypted = ota_plan_image_key_len(plan) == OTA_IMAGE_KEY_MAX
				     ? OTA_IMAGE_F_ENCRYPTED_AES256
				     : OTA_IMAGE_F_ENCRYPTED_AES128;

	return (plan->encryption_key ? encrypted : 0U) |
	       (plan->non_bootable ? OTA_IMAGE_F_NON_BOOTABLE : 0U) |
	       (plan->load_addr != 0 ? OTA_IMAGE_F_RAM_LOAD : 0U) |
	       (plan->rom_fixed != 0 ? OTA_IMAGE_F_ROM_FIXED : 0U);
}

/* With pad_header all of the body is payload, else it brings a blank header area. */
static enum ota_err split_body(const struct ota_image_plan *plan, struct ota_span body,
			       struct image_draft *draft, struct ota_diag *diag)
{
	size_t area = draft->header.hdr_size;

	draft->payload = body;
	draft->header_fill = ota_plan_erased(plan);
	if (plan->pad_header)
		return OTA_OK;
	if (body.len < area)
		return ota_fail(diag, OTA_E_TRUNCATED,
				"input is %zu bytes, less than its header area of %zu", body.len,
				area);
	if (!ota_span_all(ota_span_head(body, area), 0))
		return ota_fail(diag, OTA_E_USAGE,
				"input does not start with %zu zero bytes for a header", area);
	draft->header_fill = 0;
	draft->payload = ota_span_tail(body, area);
	return OTA_OK;
}

enum ota_err ota_draft_begin(const struct ota_image_plan *plan, struct ota_span body,
			     struct image_draft *draft, struct ota_diag *diag)
{
	enum ota_err err = ota_plan_check(plan, diag);

	/* Before anyone signs: what nobody can decrypt must not come to be. */
	if (err == OTA_OK)
		err = ota_encryption_check(plan, diag);
	*draft = (struct image_draft){.plan = plan, .stream = ota_buf_init(SIZE_MAX)};
	if (err != OTA_OK)
		return err;
	draft->hash = ota_plan_hash(plan);
	draft->header.hdr_size = ota_plan_header_size(plan);
	draft->header.load_addr = plan->rom_fixed ? plan->rom_fixed : plan->load_addr;
	draft->header.flags = plan_flags(plan);
	draft->header.version = plan->version;
	return split_body(plan, body, draft, diag);
}

void ota_draft_free(struct image_draft *draft)
{
	ota_buf_free(&draft->stream);
}

/* Header, payload and protected TLVs are counted in 32 bits by every bootloader. */
static enum ota_err set_sizes(struct image_draft *draft, size_t protected_size,
			      struct ota_diag *diag)
{
	size_t around = draft->header.hdr_size + protected_size + draft->zeros;

	if (draft->payload.len > UINT32_MAX - around)
		return ota_fail(diag, OTA_E_NO_FIT,
				"input is %zu bytes, an image holds less than 4 GiB",
				draft->payload.len);
	draft->header.img_size = (uint32_t)(draft->payload.len + draft->zeros);
	draft->header.protect_tlv_size = (uint16_t)protected_size;
	return OTA_OK;
}

#define TAIL_ROOM 4096U /* for the unprotected area, as a rule */

/* Room for the parts, and at once for what follows them, so that nothing is copied twice. */
static enum ota_err make_room(const struct image_draft *draft, size_t size, struct ota_buf *out,
			      struct ota_diag *diag)
{
	const struct ota_image_plan *plan = draft->plan;
	size_t all = size + TAIL_ROOM;

	if (plan->pad != OTA_IMAGE_PAD_NONE && plan->slot_size > all &&
	    plan->slot_size <= out->ceiling)
		all = (size_t)plan->slot_size;
	if (ota_buf_reserve(out, all, NULL) == OTA_OK)
		return OTA_OK;
	return ota_buf_reserve(out, size, diag);
}

static enum ota_err write_parts(const struct image_draft *draft, struct ota_span protected_tlvs,
				struct ota_buf *out, struct ota_diag *diag)
{
	size_t size = draft->header.hdr_size + (size_t)draft->header.img_size + protected_tlvs.len;
	enum ota_err err = make_room(draft, size, out, diag);
	struct ota_wr wr;

	if (err != OTA_OK)
		return err;
	wr = ota_wr_init(out->data + out->len, size);
	wr.big = draft->plan->big_endian;
	ota_image_header_write(&wr, &draft->header);
	ota_wr_fill(&wr, draft->header_fill, draft->header.hdr_size - OTA_IMAGE_HEADER_SIZE);
	ota_wr_bytes(&wr, draft->payload);
	ota_wr_fill(&wr, 0, draft->zeros);
	ota_wr_bytes(&wr, protected_tlvs);
	out->len += wr.at;
	return wr.err;
}

enum ota_err ota_draft_hashed(struct image_draft *draft, struct ota_buf *out, struct ota_diag *diag)
{
	struct tlv_area area =
		ota_area_init("protected", OTA_TLV_PROT_INFO_MAGIC, draft->plan->big_endian);
	enum ota_err err = ota_protected_write(draft, &area, diag);

	if (err == OTA_OK)
		err = ota_area_close(&area, diag);
	if (err == OTA_OK)
		err = set_sizes(draft, area.bytes.len, diag);
	if (err == OTA_OK)
		err = write_parts(draft, ota_buf_span(&area.bytes), out, diag);
	ota_buf_free(&area.bytes);
	return err;
}

enum ota_err ota_draft_to_sign(const struct image_draft *draft, struct ota_span hashed,
			       struct ota_digest *digest, struct ota_to_sign *to_sign,
			       struct ota_diag *diag)
{
	enum ota_err err = ota_digest_of(draft->hash, hashed, digest, diag);

	*to_sign = (struct ota_to_sign){.hashed = hashed,
					.message = ota_digest_span(digest),
					.hash = draft->hash,
					.pure = draft->plan->pure};
	if (draft->plan->pure)
		to_sign->message = hashed;
	return err;
}
