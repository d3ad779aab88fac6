// SPDX-License-Identifier: Apache-2.0
#include "image_draft.h"
#include "image_sign.h"

static enum ota_err add_groups(const struct image_draft *draft, const struct ota_to_sign *to_sign,
			       struct tlv_area *area, struct ota_sig *first, struct ota_diag *diag)
{
	const struct ota_image_plan *plan = draft->plan;
	const struct signature_rules rules = {.hash = draft->hash,
					      .full_public_key = plan->full_public_key,
					      .pad_sig = plan->pad_sig};
	enum ota_err err = OTA_OK;

	for (size_t i = 0; err == OTA_OK && i < plan->n_signers; i++) {
		const struct ota_signer *signer = &plan->signers[i];
		struct ota_sig sig;
		struct ota_wr wr;

		err = ota_area_room(area, ota_signature_group_max(signer, &rules), &wr, diag);
		if (err == OTA_OK)
			err = ota_signature_group_write(&wr, signer, &rules, to_sign, &sig, diag);
		if (err != OTA_OK)
			break;
		ota_area_took(area, &wr);
		if (i == 0)
			*first = sig;
	}
	return err;
}

/* Made as late as can be: a signer may be a person, and the key is in memory from here on. */
static enum ota_err add_image_key(const struct image_draft *draft,
				  struct image_encryption *encryption, struct tlv_area *area,
				  struct ota_diag *diag)
{
	const struct ota_wrapped_key *wrapped = &encryption->wrapped;
	enum ota_err err = ota_encryption_begin(draft->plan, encryption, diag);

	if (err == OTA_OK)
		err = ota_area_add(area, wrapped->tlv, ota_span_of(wrapped->data, wrapped->len),
				   diag);
	return err;
}

/* imgtool's order: digest, SIG_PURE, key and signature of each signer, image key. */
static enum ota_err add_unprotected(const struct image_draft *draft, struct ota_span hashed,
				    struct image_encryption *encryption, struct tlv_area *area,
				    struct ota_sig *first, struct ota_diag *diag)
{
	static const uint8_t pure[] = {1};
	struct ota_digest digest;
	struct ota_to_sign to_sign;
	enum ota_err err = ota_draft_to_sign(draft, hashed, &digest, &to_sign, diag);

	if (err == OTA_OK)
		err = ota_area_add(area, ota_image_tlv_of_hash(draft->hash),
				   ota_digest_span(&digest), diag);
	if (err == OTA_OK && draft->plan->pure)
		err = ota_area_add(area, OTA_TLV_SIG_PURE, ota_span_of(pure, sizeof(pure)), diag);
	if (err == OTA_OK)
		err = add_groups(draft, &to_sign, area, first, diag);
	if (err == OTA_OK && draft->plan->encryption_key)
		err = add_image_key(draft, encryption, area, diag);
	return err == OTA_OK ? ota_area_close(area, diag) : err;
}

static enum ota_err write_unprotected(const struct image_draft *draft,
				      struct image_encryption *encryption, struct ota_buf *out,
				      struct ota_sig *first, struct ota_diag *diag)
{
	struct tlv_area area =
		ota_area_init("unprotected", OTA_TLV_INFO_MAGIC, draft->plan->big_endian);
	enum ota_err err =
		add_unprotected(draft, ota_buf_span(out), encryption, &area, first, diag);

	if (err == OTA_OK)
		err = ota_buf_append(out, ota_buf_span(&area.bytes), diag);
	ota_buf_free(&area.bytes);
	return err;
}

/* From a draft that holds what is to be signed to the whole image. */
static enum ota_err build(struct image_draft *draft, struct image_encryption *encryption,
			  struct ota_buf *out, struct ota_image_made *made, struct ota_diag *diag)
{
	const struct ota_image_plan *plan = draft->plan;
	enum ota_err err;

	ota_draft_align_payload(draft);
	err = ota_draft_hashed(draft, out, diag);
	if (err == OTA_OK)
		err = write_unprotected(draft, encryption, out, &made->sig, diag);
	if (err != OTA_OK)
		return err;
	made->len = out->len;
	made->trailer = ota_image_trailer_size(plan);
	err = ota_image_check_slot(plan, made->len, &made->low_on_room, diag);
	if (err == OTA_OK)
		err = ota_encryption_apply(draft, encryption, out, diag);
	if (err == OTA_OK)
		err = ota_image_pad(plan, out, diag);
	return err;
}

enum ota_err ota_image_build(const struct ota_image_plan *plan, struct ota_span body,
			     struct ota_buf *out, struct ota_image_made *made,
			     struct ota_diag *diag)
{
	struct image_draft draft;
	struct image_encryption encryption = {.key = {.len = 0}};
	enum ota_err err;

	*made = (struct ota_image_made){.len = 0};
	if (out->len > 0)
		return ota_fail(diag, OTA_E_USAGE, "the buffer for the image is not empty");
	err = ota_draft_begin(plan, body, &draft, diag);
	if (err == OTA_OK)
		err = ota_draft_compress(&draft, true, made, diag);
	if (err == OTA_OK)
		err = build(&draft, &encryption, out, made, diag);
	if (err != OTA_OK)
		out->len = 0;
	ota_image_key_wipe(&encryption.key);
	ota_draft_free(&draft);
	return err;
}
