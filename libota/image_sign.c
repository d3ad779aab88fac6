// SPDX-License-Identifier: Apache-2.0
/* scripts/imgtool/image.py, Image.create; keys/ecdsa.py for the padding. */
#include "image_sign.h"

/* imgtool's fixed lengths of DER signatures. A P-384 one of 104 bytes stays as it is. */
#define P256_PADDED 72U
#define P384_PADDED 103U
#define P384_MOST   104U
/* Of the other kinds, always. */
#define ED25519_SIG 64U
#define RSA2048_SIG 256U

size_t ota_signature_group_max(const struct ota_signer *signer, const struct signature_rules *rules)
{
	size_t key = rules->full_public_key ? ota_key_public(signer->key).len
					    : ota_hash_size(rules->hash);

	return ota_tlv_size(key) + ota_tlv_size(OTA_SIG_MAX);
}

/* Of DER: two integers of the curve's size, each with a byte against a sign, and five around. */
static size_t signature_most(const struct ota_key *key)
{
	switch (ota_key_sig_tlv(key)) {
	case OTA_TLV_ED25519:
		return ED25519_SIG;
	case OTA_TLV_RSA2048_PSS:
		return RSA2048_SIG;
	case OTA_TLV_ECDSA_SIG:
		return ota_key_hash(key) == OTA_HASH_SHA384 ? P384_MOST : P256_PADDED;
	default:
		return OTA_SIG_MAX;
	}
}

size_t ota_signature_group_most(const struct ota_signer *signer,
				const struct signature_rules *rules)
{
	size_t key = rules->full_public_key ? ota_key_public(signer->key).len
					    : ota_hash_size(rules->hash);

	return ota_tlv_size(key) + ota_tlv_size(signature_most(signer->key));
}

enum ota_err ota_signer_check(const struct ota_signer *signer, enum ota_hash hash, bool pure,
			      struct ota_diag *diag)
{
	const struct ota_key *key = signer->key;

	if (!key)
		return ota_fail(diag, OTA_E_USAGE, "a signer needs a key, if only a public one");
	if (!ota_key_signs(key))
		return ota_fail(diag, OTA_E_USAGE, "%s keys do not sign", ota_key_name(key));
	if (pure && ota_key_sig_tlv(key) != OTA_TLV_ED25519)
		return ota_fail(diag, OTA_E_USAGE, "pure signatures are Ed25519's, not %s's",
				ota_key_name(key));
	if (pure && hash != OTA_HASH_SHA512)
		return ota_fail(diag, OTA_E_USAGE, "pure signatures go with SHA512, not %s",
				ota_hash_name(hash));
	if (!ota_key_takes_hash(key, hash))
		return ota_fail(diag, OTA_E_USAGE, "%s keys do not sign by %s", ota_key_name(key),
				ota_hash_name(hash));
	return OTA_OK;
}

struct ota_span ota_signature_unpadded(uint16_t tlv, struct ota_span sig)
{
	size_t der = sig.len >= 2 ? sig.data[1] + (size_t)2 : sig.len;

	if (tlv != OTA_TLV_ECDSA_SIG || !ota_span_all(ota_span_tail(sig, der), 0))
		return sig;
	return ota_span_head(sig, der);
}

/* A signature from outside: nothing that its own key does not verify goes into an image. */
static enum ota_err check_made(const struct ota_signer *signer, const struct ota_to_sign *to_sign,
			       const struct ota_sig *sig, struct ota_diag *diag)
{
	const char *name = ota_key_name(signer->key);
	struct ota_diag why = {.err = OTA_OK};
	enum ota_err err;

	if (sig->len > sizeof(sig->data))
		return ota_fail(diag, OTA_E_SIGNATURE, "signature is %zu bytes, at most %zu fit",
				sig->len, sizeof(sig->data));
	err = ota_key_verify(signer->key, to_sign->message,
			     ota_signature_unpadded(ota_key_sig_tlv(signer->key),
						    ota_span_of(sig->data, sig->len)),
			     &why);
	if (err == OTA_E_SIGNATURE)
		return ota_fail(diag, err,
				"signature of %zu bytes is not the %s key's for this image",
				sig->len, name);
	return err == OTA_OK ? OTA_OK : ota_fail(diag, err, "%s", why.text);
}

static void pad(const struct ota_key *key, struct ota_sig *sig)
{
	size_t len = ota_key_hash(key) == OTA_HASH_SHA384 ? P384_PADDED : P256_PADDED;

	if (ota_key_sig_tlv(key) != OTA_TLV_ECDSA_SIG || sig->len >= len)
		return;
	memset(sig->data + sig->len, 0, len - sig->len);
	sig->len = len;
}

enum ota_err ota_signature_make(const struct ota_signer *signer, bool pad_sig,
				const struct ota_to_sign *to_sign, struct ota_sig *sig,
				struct ota_diag *diag)
{
	enum ota_err err = ota_signer_check(signer, to_sign->hash, to_sign->pure, diag);

	sig->len = 0;
	if (err != OTA_OK)
		return err;
	if (signer->sign) {
		err = signer->sign(signer->context, to_sign, sig, diag);
		if (err == OTA_OK)
			err = check_made(signer, to_sign, sig, diag);
	} else {
		err = ota_key_sign(signer->key, to_sign->message, sig, diag); /* verifies it */
	}
	if (err == OTA_OK && pad_sig)
		pad(signer->key, sig);
	if (err != OTA_OK)
		sig->len = 0;
	return err;
}

enum ota_err ota_signature_group_write(struct ota_wr *wr, const struct ota_signer *signer,
				       const struct signature_rules *rules,
				       const struct ota_to_sign *to_sign, struct ota_sig *sig,
				       struct ota_diag *diag)
{
	const struct ota_key *key = signer->key;
	struct ota_digest id;
	enum ota_err err = ota_signature_make(signer, rules->pad_sig, to_sign, sig, diag);

	if (err == OTA_OK && !rules->full_public_key)
		err = ota_key_id(key, rules->hash, &id, diag);
	if (err != OTA_OK)
		return err;
	if (rules->full_public_key)
		ota_tlv_write(wr, OTA_TLV_PUBKEY, ota_key_public(key));
	else
		ota_tlv_write(wr, OTA_TLV_KEYHASH, ota_digest_span(&id));
	ota_tlv_write(wr, ota_key_sig_tlv(key), ota_span_of(sig->data, sig->len));
	if (wr->err != OTA_OK)
		return ota_fail(diag, wr->err, "no room for a signature of %zu bytes", sig->len);
	return OTA_OK;
}
