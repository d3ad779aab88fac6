// SPDX-License-Identifier: Apache-2.0
/* ECDSA over P-256 with SHA-256, by OpenSSL. Signatures are DER. */
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>

#include <ota/mcuboot.h>

#include "key_ops.h"

/* A file may hold a compressed point or an explicit curve; the bootloader knows neither. */
static bool use_plain_forms(EVP_PKEY *pkey)
{
	return EVP_PKEY_set_utf8_string_param(pkey, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
					      OSSL_PKEY_EC_POINT_CONVERSION_FORMAT_UNCOMPRESSED) ==
		       1 &&
	       EVP_PKEY_set_utf8_string_param(pkey, OSSL_PKEY_PARAM_EC_ENCODING,
					      OSSL_PKEY_EC_ENCODING_GROUP) == 1;
}

/* The point is on the curve and, for a private key, belongs to the scalar. */
static bool is_sound(EVP_PKEY *pkey, bool is_private)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);
	bool sound = ctx && EVP_PKEY_public_check(ctx) == 1 &&
		     (!is_private || EVP_PKEY_pairwise_check(ctx) == 1);

	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	return sound;
}

static enum ota_err adopt(struct ota_key *key, EVP_PKEY *pkey, struct ota_diag *diag)
{
	enum ota_err err;

	if (!is_sound(pkey, key->is_private))
		return ota_fail(
			diag, OTA_E_MALFORMED,
			"public and private part do not belong together, or are not on P-256");
	if (!use_plain_forms(pkey))
		return ota_fail_openssl(diag, "P-256 key");
	err = ota_key_keep_public(key, pkey, diag);
	if (err == OTA_OK)
		key->pkey = pkey;
	return err;
}

static enum ota_err generate(EVP_PKEY **pkey, struct ota_diag *diag)
{
	*pkey = EVP_EC_gen("P-256");
	return *pkey ? OTA_OK : ota_fail_openssl(diag, "making a P-256 key");
}

static enum ota_err sign(const struct ota_key *key, struct ota_span digest, struct ota_sig *sig,
			 struct ota_diag *diag)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key->pkey, NULL);
	enum ota_err err = OTA_OK;

	sig->len = sizeof(sig->data);
	if (!ctx || EVP_PKEY_sign_init(ctx) != 1 ||
	    EVP_PKEY_sign(ctx, sig->data, &sig->len, digest.data, digest.len) != 1)
		err = ota_fail_openssl(diag, "signing with P-256");
	EVP_PKEY_CTX_free(ctx);
	return err;
}

static enum ota_err verify(const struct ota_key *key, struct ota_span digest, struct ota_span sig,
			   struct ota_diag *diag)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key->pkey, NULL);
	enum ota_err err = OTA_OK;

	if (!ctx || EVP_PKEY_verify_init(ctx) != 1)
		err = ota_fail_openssl(diag, "verifying with P-256");
	else if (EVP_PKEY_verify(ctx, sig.data, sig.len, digest.data, digest.len) != 1)
		err = ota_fail(diag, OTA_E_SIGNATURE, "ECDSA P-256 signature does not verify");
	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	return err;
}

static void release(struct ota_key *key)
{
	EVP_PKEY_free(key->pkey);
}

const struct key_ops ota_key_p256 = {
	.name = "ecdsa-p256",
	.c_stem = "ecdsa",
	.evp_type = EVP_PKEY_EC,
	.group = "prime256v1",
	.hash = OTA_HASH_SHA256,
	.sig_tlv = OTA_TLV_ECDSA_SIG,
	.adopt = adopt,
	.generate = generate,
	.sign = sign,
	.verify = verify,
	.free = release,
};
