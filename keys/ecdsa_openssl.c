// SPDX-License-Identifier: Apache-2.0
/* ECDSA over P-256 with SHA-256 and over P-384 with SHA-384, by OpenSSL. Signatures are DER. */

/*
 * A nonce of ours can be handed to OpenSSL 3.0 by ECDSA_do_sign_ex only, which is deprecated and
 * has no successor there (3.2 has one).
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>

#include <ota/mcuboot.h>

#include "key_ops.h"

/* A file may hold a compressed point; the bootloader does not know it. */
static bool use_plain_forms(EVP_PKEY *pkey)
{
	return EVP_PKEY_set_utf8_string_param(pkey, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
					      OSSL_PKEY_EC_POINT_CONVERSION_FORMAT_UNCOMPRESSED) ==
		       1 &&
	       EVP_PKEY_set_utf8_string_param(pkey, OSSL_PKEY_PARAM_EC_ENCODING,
					      OSSL_PKEY_EC_ENCODING_GROUP) == 1;
}

/* The point is on the curve and, for a private key, belongs to the scalar d, 0 < d < n. */
static bool is_sound(EVP_PKEY *pkey, bool is_private)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);
	/* Of a pair OpenSSL's provider checks both parts too; a second time would cost as much. */
	bool sound = ctx && (is_private ? EVP_PKEY_pairwise_check(ctx) == 1
					: EVP_PKEY_public_check(ctx) == 1);

	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	return sound;
}

static enum ota_err adopt(struct ota_key *key, EVP_PKEY *pkey, struct ota_diag *diag)
{
	if (!is_sound(pkey, key->is_private))
		return ota_fail(diag, OTA_E_MALFORMED,
				"public and private part do not belong together, or are not on the "
				"curve");
	if (!use_plain_forms(pkey))
		return ota_fail_openssl(diag, key->ops->name);
	return ota_evp_adopt(key, pkey, diag);
}

static enum ota_err generate(const struct key_ops *ops, EVP_PKEY **pkey, struct ota_diag *diag)
{
	*pkey = EVP_EC_gen(ops->group);
	return *pkey ? OTA_OK : ota_fail_openssl(diag, ops->name);
}

/* r = (k * G).x mod n. */
static bool make_r(const EC_GROUP *group, const BIGNUM *k, BIGNUM *r, BN_CTX *ctx)
{
	EC_POINT *point = EC_POINT_new(group);
	bool done = point && EC_POINT_mul(group, point, k, NULL, NULL, ctx) == 1 &&
		    EC_POINT_get_affine_coordinates(group, point, r, NULL, ctx) == 1 &&
		    BN_nnmod(r, r, EC_GROUP_get0_order(group), ctx) == 1;

	EC_POINT_clear_free(point);
	return done;
}

/* Signs with the nonce k. NULL: OpenSSL failed, or r or s is 0. */
static ECDSA_SIG *sign_with(EC_KEY *ec, struct ota_span digest, const BIGNUM *k)
{
	const EC_GROUP *group = EC_KEY_get0_group(ec);
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *r = BN_new();
	BIGNUM *kinv = BN_new();
	ECDSA_SIG *sig = NULL;

	if (ctx && r && kinv && make_r(group, k, r, ctx) && !BN_is_zero(r)) {
		/* k carries BN_FLG_CONSTTIME: OpenSSL then takes no branches that depend on it. */
		if (BN_mod_inverse(kinv, k, EC_GROUP_get0_order(group), ctx))
			sig = ECDSA_do_sign_ex(digest.data, (int)digest.len, kinv, r, ec);
	}
	BN_clear_free(kinv);
	BN_clear_free(r);
	BN_CTX_free(ctx);
	return sig;
}

static enum ota_err put_signature(const ECDSA_SIG *from, struct ota_sig *sig, struct ota_diag *diag)
{
	int len = i2d_ECDSA_SIG(from, NULL);
	uint8_t *at = sig->data;

	if (len <= 0 || (size_t)len > sizeof(sig->data))
		return ota_fail_openssl(diag, "writing a signature");
	sig->len = (size_t)i2d_ECDSA_SIG(from, &at);
	return OTA_OK;
}

#define NONCES_MAX 4U /* r or s is 0 once in 2^256: more than one try has a fault behind it */

static enum ota_err sign_deterministic(const struct ota_key *key, struct ota_span digest,
				       struct ota_sig *sig, struct ota_diag *diag)
{
	/* The copy for the old interface stays with the key; freed, it is wiped like all of it. */
	EC_KEY *ec = EVP_PKEY_get1_EC_KEY(key->pkey);
	BIGNUM *k = BN_new();
	struct nonce_input input = {.hash = key->ops->hash, .digest = digest};
	enum ota_err err = OTA_OK;
	ECDSA_SIG *made = NULL;

	if (ec && k) {
		input.order = EC_GROUP_get0_order(EC_KEY_get0_group(ec));
		input.secret = EC_KEY_get0_private_key(ec);
	}
	for (unsigned skip = 0; input.secret && !made && err == OTA_OK && skip < NONCES_MAX;
	     skip++) {
		err = ota_rfc6979_nonce(&input, skip, k, diag);
		if (err == OTA_OK)
			made = sign_with(ec, digest, k);
	}
	if (err == OTA_OK)
		err = made ? put_signature(made, sig, diag) : ota_fail_openssl(diag, "signing");
	ECDSA_SIG_free(made);
	BN_clear_free(k);
	EC_KEY_free(ec);
	return err;
}

static enum ota_err sign(const struct ota_key *key, struct ota_span digest, struct ota_sig *sig,
			 struct ota_diag *diag)
{
	return key->random_nonce ? ota_evp_sign(key, NULL, digest, sig, diag)
				 : sign_deterministic(key, digest, sig, diag);
}

static enum ota_err verify(const struct ota_key *key, struct ota_span digest, struct ota_span sig,
			   struct ota_diag *diag)
{
	/* One signature has one form, or anyone could make a second file out of a signed one. */
	if (!ota_der_is_strict(sig))
		return ota_fail(diag, OTA_E_SIGNATURE, "ECDSA signature is not strict DER");
	return ota_evp_verify(key, NULL, digest, sig, diag);
}

/* Takes r and s; NULL on failure. */
static ECDSA_SIG *signature_of(BIGNUM *r, BIGNUM *s)
{
	ECDSA_SIG *sig = ECDSA_SIG_new();

	if (sig && r && s && ECDSA_SIG_set0(sig, r, s) == 1)
		return sig;
	ECDSA_SIG_free(sig);
	BN_free(r);
	BN_free(s);
	return NULL;
}

enum ota_err ota_ecdsa_to_der(struct ota_span raw, struct ota_sig *sig, struct ota_diag *diag)
{
	int half = (int)(raw.len / 2);
	ECDSA_SIG *made = signature_of(BN_bin2bn(raw.data, half, NULL),
				       BN_bin2bn(raw.data + half, half, NULL));
	enum ota_err err = made ? put_signature(made, sig, diag)
				: ota_fail_openssl(diag, "writing a signature");

	ECDSA_SIG_free(made);
	return err;
}

/* s, or order - s when that is the smaller; NULL on failure. */
static BIGNUM *smaller_s(const BIGNUM *s, const BIGNUM *order)
{
	BIGNUM *other = BN_new();

	if (!other || BN_sub(other, order, s) != 1 ||
	    (BN_cmp(s, other) < 0 && !BN_copy(other, s))) {
		BN_free(other);
		return NULL;
	}
	return other;
}

enum ota_err ota_ecdsa_use_low_s(const struct ota_key *key, struct ota_sig *sig,
				 struct ota_diag *diag)
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name(OBJ_sn2nid(key->ops->group));
	const unsigned char *at = sig->data;
	ECDSA_SIG *from = d2i_ECDSA_SIG(NULL, &at, (long)sig->len);
	ECDSA_SIG *made = NULL;
	enum ota_err err;

	if (group && from)
		made = signature_of(BN_dup(ECDSA_SIG_get0_r(from)),
				    smaller_s(ECDSA_SIG_get0_s(from), EC_GROUP_get0_order(group)));
	err = made ? put_signature(made, sig, diag) : ota_fail_openssl(diag, "lowering s");
	ECDSA_SIG_free(made);
	ECDSA_SIG_free(from);
	EC_GROUP_free(group);
	return err;
}

const struct key_ops ota_key_p256 = {
	.name = "ecdsa-p256",
	.c_stem = "ecdsa",
	.evp_type = EVP_PKEY_EC,
	.group = SN_X9_62_prime256v1,
	.hash = OTA_HASH_SHA256,
	.sig_tlv = OTA_TLV_ECDSA_SIG,
	.enc_tlv = OTA_TLV_ENC_EC256,
	.adopt = adopt,
	.generate = generate,
	.sign = sign,
	.verify = verify,
	.unwrap = ota_ecies_unwrap,
	.wrapped_size = ota_ecies_wrapped_size,
	.wrap = ota_ecies_wrap,
	.free = ota_evp_release,
};

const struct key_ops ota_key_p384 = {
	.name = "ecdsa-p384",
	.c_stem = "ecdsap384",
	.evp_type = EVP_PKEY_EC,
	.group = SN_secp384r1,
	.hash = OTA_HASH_SHA384,
	.sig_tlv = OTA_TLV_ECDSA_SIG,
	.adopt = adopt,
	.generate = generate,
	.sign = sign,
	.verify = verify,
	.free = ota_evp_release,
};
