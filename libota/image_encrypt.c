// SPDX-License-Identifier: Apache-2.0
/* Encrypted images as boot/bootutil/src/encrypted.c reads them; scripts/imgtool/image.py. */
#include "image_draft.h"

#define AES_BLOCK 16U

enum ota_err ota_encryption_begin(const struct ota_image_plan *plan,
				  struct image_encryption *encryption, struct ota_diag *diag)
{
	enum ota_err err =
		ota_image_key_generate(ota_plan_image_key_len(plan), &encryption->key, diag);

	if (err == OTA_OK)
		err = ota_key_wrap(plan->encryption_key, &encryption->key, plan->exchange_hash,
				   &encryption->wrapped, diag);
	if (err != OTA_OK)
		ota_image_key_wipe(&encryption->key);
	return err;
}

/* By doing it: the reason why not is the key's to say. */
enum ota_err ota_encryption_check(const struct ota_image_plan *plan, struct ota_diag *diag)
{
	struct image_encryption encryption;
	enum ota_err err = OTA_OK;

	if (plan->encryption_key) {
		err = ota_encryption_begin(plan, &encryption, diag);
		ota_image_key_wipe(&encryption.key);
	}
	return err;
}

void ota_draft_align_payload(struct image_draft *draft)
{
	size_t used = (draft->header.hdr_size + draft->payload.len) % AES_BLOCK;

	draft->zeros = draft->plan->encryption_key && used > 0 ? AES_BLOCK - used : 0;
}

enum ota_err ota_encryption_apply(const struct image_draft *draft,
				  const struct image_encryption *encryption, struct ota_buf *out,
				  struct ota_diag *diag)
{
	size_t at = draft->header.hdr_size;
	struct ota_span plain = ota_span_sub(ota_buf_span(out), at, draft->header.img_size);
	struct ota_buf cipher = ota_buf_init(plain.len);
	enum ota_err err;

	if (!draft->plan->encryption_key || draft->plan->encrypt_clear || plain.len == 0)
		return OTA_OK;
	err = ota_image_key_crypt(&encryption->key, plain, &cipher, diag);
	if (err == OTA_OK)
		memcpy(out->data + at, cipher.data, cipher.len);
	ota_buf_free(&cipher);
	return err;
}
