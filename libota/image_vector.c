// SPDX-License-Identifier: Apache-2.0
/* What someone else is to sign: scripts/imgtool/image.py, `vector_to_sign`. */
#include "image_draft.h"

static enum ota_err append_digest(const struct image_draft *draft, struct ota_span hashed,
				  struct ota_buf *out, struct ota_diag *diag)
{
	struct ota_digest digest;
	enum ota_err err = ota_digest_of(draft->hash, hashed, &digest, diag);

	return err == OTA_OK ? ota_buf_append(out, ota_digest_span(&digest), diag) : err;
}

enum ota_err ota_image_vector(const struct ota_image_plan *plan, struct ota_span body, bool digest,
			      struct ota_buf *out, struct ota_image_made *made,
			      struct ota_diag *diag)
{
	struct ota_buf hashed = ota_buf_init(SIZE_MAX);
	struct image_draft draft;
	enum ota_err err;

	*made = (struct ota_image_made){.len = 0};
	if (out->len > 0)
		return ota_fail(diag, OTA_E_USAGE, "the buffer for the vector is not empty");
	err = ota_draft_begin(plan, body, &draft, diag);

	if (err == OTA_OK)
		err = ota_draft_compress(&draft, false, made, diag);
	if (err == OTA_OK) {
		ota_draft_align_payload(&draft);
		err = ota_draft_hashed(&draft, &hashed, diag);
	}
	if (err == OTA_OK && digest)
		err = append_digest(&draft, ota_buf_span(&hashed), out, diag);
	else if (err == OTA_OK)
		err = ota_buf_append(out, ota_buf_span(&hashed), diag);
	made->len = out->len;
	if (err == OTA_OK)
		err = ota_image_pad(plan, out, diag);
	ota_buf_free(&hashed);
	ota_draft_free(&draft);
	return err;
}
