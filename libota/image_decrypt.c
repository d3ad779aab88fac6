// SPDX-License-Identifier: Apache-2.0
/* Encrypted images in plaintext: boot/bootutil/src/encrypted.c, MCUboot 2d4bacc3c15e. */
#include <ota/verify.h>

/* X25519 keys have two kinds of TLV, by the hash of their key exchange. */
static bool wraps_for(const struct ota_key *key, uint16_t type)
{
	uint16_t own = ota_key_enc_tlv(key);

	return own != 0 &&
	       (type == own || (own == OTA_TLV_ENC_X25519 && type == OTA_TLV_ENC_X25519_SHA512));
}

/* The first TLV of the build's type (boot_enc_load). */
static enum ota_err unwrap(const struct ota_image *image, const struct ota_key *key,
			   struct ota_image_key *image_key, struct ota_image_wrap *wrap,
			   struct ota_diag *diag)
{
	struct ota_tlv_iter iter = ota_tlv_iter_init(&image->areas);
	struct ota_tlv tlv;

	*wrap = (struct ota_image_wrap){.type = 0};
	iter.as_bootloader = true;
	while (ota_tlv_next(&iter, &tlv) == OTA_OK) {
		if (!wraps_for(key, tlv.type))
			continue;
		wrap->type = tlv.type;
		wrap->at = tlv.at;
		return ota_key_unwrap(key, tlv.type, tlv.value, image_key, diag);
	}
	return ota_fail(diag, OTA_E_ABSENT, "image has no image key that is wrapped for %s keys",
			ota_key_name(key));
}

enum ota_err ota_image_decrypt(const struct ota_image *image, const struct ota_key *key,
			       struct ota_buf *plain, struct ota_image_wrap *wrap,
			       struct ota_diag *diag)
{
	size_t header = image->header.hdr_size;
	size_t body_end = header + image->header.img_size;
	struct ota_image_key image_key = {.len = 0};
	enum ota_err err = unwrap(image, key, &image_key, wrap, diag);

	wrap->key_len = image_key.len;
	if (err == OTA_OK)
		err = ota_buf_append(plain, ota_span_head(image->bytes, header), diag);
	if (err == OTA_OK)
		err = ota_image_key_crypt(&image_key,
					  ota_span_sub(image->bytes, header, body_end - header),
					  plain, diag);
	if (err == OTA_OK)
		err = ota_buf_append(plain, ota_span_tail(image->hashed, body_end), diag);
	ota_image_key_wipe(&image_key);
	return err;
}

bool ota_image_is_encrypted(const struct ota_image *image)
{
	return (image->header.flags &
		(uint32_t)(OTA_IMAGE_F_ENCRYPTED_AES128 | OTA_IMAGE_F_ENCRYPTED_AES256)) != 0;
}

enum ota_err ota_image_check_digests(const struct ota_image *image, struct ota_span hashed,
				     struct ota_diag *diag)
{
	struct ota_tlv_iter iter = ota_tlv_iter_init(&image->areas);
	struct ota_digest digest;
	struct ota_tlv tlv;
	bool seen = false;

	iter.as_bootloader = true;
	while (ota_tlv_next(&iter, &tlv) == OTA_OK) {
		enum ota_hash hash = ota_image_hash_of_tlv(tlv.type);
		enum ota_err err;

		if (hash == 0)
			continue;
		err = ota_digest_of(hash, hashed, &digest, diag);
		if (err != OTA_OK)
			return err;
		if (!ota_span_equal(tlv.value, ota_digest_span(&digest)))
			return ota_fail(diag, OTA_E_DIGEST,
					"image does not have the %s digest that the TLV at 0x%zx "
					"names",
					ota_hash_name(hash), tlv.at);
		seen = true;
	}
	if (!seen)
		return ota_fail(diag, OTA_E_ABSENT,
				"image has no digest that shows it to be whole");
	return OTA_OK;
}

enum ota_err ota_image_open_payload(const struct ota_image *image, const struct ota_key *key,
				    struct ota_buf *plain, struct ota_diag *diag)
{
	size_t start = plain->len;
	struct ota_image_wrap wrap;
	enum ota_err err;

	if (!ota_image_is_encrypted(image))
		return ota_fail(diag, OTA_E_REFUSED, "image is not encrypted");
	if (ota_image_check_digests(image, image->hashed, NULL) == OTA_OK)
		return ota_fail(diag, OTA_E_REFUSED,
				"payload is in plaintext already: the digest is good without "
				"decrypting it");
	err = ota_image_decrypt(image, key, plain, &wrap, diag);
	if (err != OTA_OK)
		return err;
	err = ota_image_check_digests(image, ota_span_tail(ota_buf_span(plain), start), diag);
	if (err == OTA_E_DIGEST)
		ota_hint(diag, "the key opened the image key, so the image is damaged");
	return err;
}
