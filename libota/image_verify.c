// SPDX-License-Identifier: Apache-2.0
/*
 * The bootloader's walk over the TLVs: MCUboot 2d4bacc3c15e, boot/bootutil/src/image_validate.c,
 * bootutil_img_validate. Where it is laxer than it should be, we refuse; DESIGN.md lists the rules.
 */
#include <ota/image.h>

#define ED25519_SIG_SIZE 64U
#define ECDSA_SIG_MAX    128U /* as bootutil has it; real ones are 72 at most */

/* One walk's state. */
struct walk {
	const struct ota_key *key;
	struct ota_digest key_id;
	bool key_selected;    /* the last key TLV named our key; holds for the next signature */
	bool sig_seen;        /* a signature by our key was checked */
	enum ota_err sig_err; /* of the last one: it decides */
	bool counter_seen;    /* a SEC_CNT */
	bool whole_key_seen;  /* the image carries a public key instead of its hash */
	bool pure_seen;       /* the image says that it is signed itself, not its digest */
};

static enum ota_err check_flags(const struct ota_image *image, struct ota_diag *diag)
{
	uint32_t flags = image->header.flags;

	if (flags & (OTA_IMAGE_F_ENCRYPTED_AES128 | OTA_IMAGE_F_ENCRYPTED_AES256))
		return ota_fail(diag, OTA_E_UNSUPPORTED,
				"image is encrypted, and this version verifies plain images only");
	if (flags & (OTA_IMAGE_F_COMPRESSED_LZMA1 | OTA_IMAGE_F_COMPRESSED_LZMA2))
		return ota_fail(diag, OTA_E_UNSUPPORTED,
				"image is compressed, and this version verifies plain images only");
	if (image->header.hdr_size < OTA_IMAGE_HEADER_SIZE)
		return ota_fail(diag, OTA_E_REFUSED, "header size is %u, at least %u are needed",
				image->header.hdr_size, OTA_IMAGE_HEADER_SIZE);
	return OTA_OK;
}

/* The hash is the one of the first digest TLV. */
static enum ota_err find_hash(const struct ota_image *image, enum ota_hash *hash,
			      struct ota_diag *diag)
{
	struct ota_tlv_iter iter = ota_tlv_iter_init(&image->areas);
	struct ota_tlv tlv;

	*hash = (enum ota_hash)0;
	while (*hash == 0 && ota_tlv_next(&iter, &tlv) == OTA_OK)
		*hash = ota_image_hash_of_tlv(tlv.type);
	if (*hash == 0)
		return ota_fail(diag, OTA_E_REFUSED, "image has no digest TLV");
	return OTA_OK;
}

/* ECDSA keys go with one hash each; an Ed25519 signature is over whichever digest there is. */
static enum ota_err check_key_hash(const struct ota_key *key, enum ota_hash hash,
				   struct ota_diag *diag)
{
	if (ota_key_sig_tlv(key) == OTA_TLV_ECDSA_SIG && hash != ota_key_hash(key))
		return ota_fail(diag, OTA_E_REFUSED, "image has a %s digest, %s keys go with %s",
				ota_hash_name(hash), ota_key_name(key),
				ota_hash_name(ota_key_hash(key)));
	return OTA_OK;
}

/* image_validate.c, allowed_unprot_tlvs: what may stand outside the signed part. */
static bool may_be_unprotected(uint16_t type)
{
	return type == OTA_TLV_KEYHASH || type == OTA_TLV_PUBKEY || type == OTA_TLV_SIG_PURE ||
	       ota_image_hash_of_tlv(type) != 0 || ota_image_is_signature(type) ||
	       (type >= OTA_TLV_ENC_RSA2048 && type <= OTA_TLV_ENC_X25519_SHA512);
}

/* Every digest TLV of the image's hash must be right, in either area, as in the bootloader. */
static enum ota_err check_digests(const struct ota_image *image, struct ota_image_verdict *verdict,
				  struct ota_diag *diag)
{
	struct ota_tlv_iter iter = ota_tlv_iter_init(&image->areas);
	struct ota_tlv tlv;
	enum ota_err err = ota_digest_of(verdict->hash, image->hashed, &verdict->digest, diag);

	if (err != OTA_OK)
		return err;
	while (ota_tlv_next(&iter, &tlv) == OTA_OK) {
		if (ota_image_hash_of_tlv(tlv.type) == verdict->hash &&
		    !ota_span_equal(tlv.value, ota_digest_span(&verdict->digest)))
			return ota_fail(diag, OTA_E_DIGEST,
					"image does not have the %s digest that the TLV at 0x%zx "
					"names",
					ota_hash_name(verdict->hash), tlv.at);
	}
	verdict->digest_good = true;
	return OTA_OK;
}

/* Bytes a TLV of this type must have; 0 when that is not fixed. */
static size_t fixed_size(uint16_t type)
{
	switch (type) {
	case OTA_TLV_SEC_CNT:
		return OTA_TLV_SEC_CNT_SIZE;
	case OTA_TLV_DEPENDENCY:
		return OTA_TLV_DEPENDENCY_SIZE;
	case OTA_TLV_UUID_VID:
	case OTA_TLV_UUID_CID:
		return OTA_TLV_UUID_SIZE;
	default:
		return ota_hash_size(ota_image_hash_of_tlv(type));
	}
}

/* Two counters are ambiguous: one is compared when booting, the other stored when confirmed. */
static enum ota_err check_record(const struct ota_tlv *tlv, struct walk *walk,
				 struct ota_diag *diag)
{
	size_t want = fixed_size(tlv->type);

	if (!tlv->is_protected && !may_be_unprotected(tlv->type))
		return ota_fail(diag, OTA_E_REFUSED,
				"TLV 0x%02x at 0x%zx is not allowed in the unprotected area",
				tlv->type, tlv->at);
	if (want != 0 && tlv->value.len != want)
		return ota_fail(diag, OTA_E_REFUSED, "%s TLV at 0x%zx is %zu bytes, not %zu",
				ota_tlv_name(tlv->type), tlv->at, tlv->value.len, want);
	if (tlv->type == OTA_TLV_SEC_CNT && walk->counter_seen)
		return ota_fail(diag, OTA_E_REFUSED, "a second SEC_CNT TLV is at 0x%zx", tlv->at);
	walk->counter_seen |= tlv->type == OTA_TLV_SEC_CNT;
	walk->pure_seen |= tlv->type == OTA_TLV_SIG_PURE;
	walk->whole_key_seen |= tlv->type == OTA_TLV_PUBKEY;
	return OTA_OK;
}

/*
 * bootutil compares a short key hash over its own length only, so that an empty one matches any
 * key; it must be whole here.
 */
static enum ota_err check_key_tlv(const struct ota_tlv *tlv, struct walk *walk,
				  struct ota_diag *diag)
{
	if (tlv->value.len != walk->key_id.len)
		return ota_fail(diag, OTA_E_REFUSED, "key hash at 0x%zx is %zu bytes, not %zu",
				tlv->at, tlv->value.len, walk->key_id.len);
	walk->key_selected = ota_span_equal(tlv->value, ota_digest_span(&walk->key_id));
	return OTA_OK;
}

/*
 * Of several signatures by the key the last one decides; one of an impossible length refuses the
 * image (image_validate.c:400-406). Signatures by other keys do not matter.
 */
static enum ota_err check_signature_tlv(const struct ota_tlv *tlv, struct walk *walk,
					const struct ota_digest *digest, struct ota_diag *diag)
{
	bool is_ed25519 = tlv->type == OTA_TLV_ED25519;

	if (!walk->key_selected || tlv->type != ota_key_sig_tlv(walk->key))
		return OTA_OK;
	if (is_ed25519 ? tlv->value.len != ED25519_SIG_SIZE : tlv->value.len > ECDSA_SIG_MAX)
		return ota_fail(diag, OTA_E_REFUSED, "%s signature at 0x%zx is %zu bytes, %s %u",
				ota_key_name(walk->key), tlv->at, tlv->value.len,
				is_ed25519 ? "not" : "more than",
				is_ed25519 ? ED25519_SIG_SIZE : ECDSA_SIG_MAX);
	walk->key_selected = false;
	walk->sig_seen = true;
	walk->sig_err = ota_key_verify(walk->key, digest, tlv->value, NULL);
	return OTA_OK;
}

static enum ota_err visit(const struct ota_tlv *tlv, struct walk *walk,
			  struct ota_image_verdict *verdict, struct ota_diag *diag)
{
	enum ota_err err = check_record(tlv, walk, diag);

	if (err != OTA_OK)
		return err;
	if (ota_image_is_signature(tlv->type))
		verdict->has_signature = true;
	if (!walk->key)
		return OTA_OK;
	if (tlv->type == OTA_TLV_KEYHASH)
		return check_key_tlv(tlv, walk, diag);
	return check_signature_tlv(tlv, walk, &verdict->digest, diag);
}

static enum ota_err judge_signature(const struct walk *walk, struct ota_image_verdict *verdict,
				    struct ota_diag *diag)
{
	if (!walk->key)
		return OTA_OK;
	if (!verdict->has_signature)
		return ota_fail(diag, OTA_E_UNSIGNED, "image is not signed");
	if (!walk->sig_seen && walk->whole_key_seen)
		return ota_fail(
			diag, OTA_E_REFUSED,
			"image carries a whole public key, which only a bootloader built with "
			"MCUBOOT_HW_KEY takes; others want its hash");
	if (!walk->sig_seen)
		return ota_fail(diag, OTA_E_UNSIGNED,
				"image is signed, but not by this %s key (no key hash of it before "
				"a signature)",
				ota_key_name(walk->key));
	if (walk->sig_err != OTA_OK && walk->pure_seen)
		return ota_fail(diag, OTA_E_UNSUPPORTED,
				"image has a pure signature, which this version does not verify");
	if (walk->pure_seen)
		return ota_fail(diag, OTA_E_REFUSED,
				"image says that its signature is pure, but it is over the digest");
	if (walk->sig_err != OTA_OK)
		return ota_fail(diag, walk->sig_err, "the %s signature by this key does not verify",
				ota_key_name(walk->key));
	verdict->verified = true;
	return OTA_OK;
}

enum ota_err ota_image_verify(const struct ota_image *image, const struct ota_key *key,
			      struct ota_image_verdict *verdict, struct ota_diag *diag)
{
	struct ota_tlv_iter iter = ota_tlv_iter_init(&image->areas);
	struct walk walk = {.key = key};
	struct ota_tlv tlv;
	enum ota_err err;

	*verdict = (struct ota_image_verdict){.verified = false};
	err = check_flags(image, diag);
	if (err == OTA_OK)
		err = find_hash(image, &verdict->hash, diag);
	if (err == OTA_OK)
		err = check_digests(image, verdict, diag);
	if (err == OTA_OK && key)
		err = check_key_hash(key, verdict->hash, diag);
	if (err == OTA_OK && key)
		err = ota_key_id(key, verdict->hash, &walk.key_id, diag);
	while (err == OTA_OK && ota_tlv_next(&iter, &tlv) == OTA_OK)
		err = visit(&tlv, &walk, verdict, diag);
	if (err == OTA_OK)
		err = judge_signature(&walk, verdict, diag);
	if (err == OTA_OK && image->rest_err != OTA_OK) {
		(void)ota_fail(
			diag, OTA_E_REFUSED,
			"the byte at 0x%zx, after the image, is neither erased flash nor part of "
			"a slot trailer",
			image->rest_at);
		ota_hint(diag, "nothing protects bytes after the last TLV");
		err = OTA_E_REFUSED;
	}
	return err;
}
