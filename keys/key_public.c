// SPDX-License-Identifier: Apache-2.0
/*
 * A key's SubjectPublicKeyInfo, put together from its parts: OpenSSL's encoders look through all
 * that its providers offer before they write a hundred bytes.
 */
#include <openssl/asn1.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include "key_ops.h"

/* RFC 8017 A.1.1. */
struct rsa_public {
	ASN1_INTEGER *n;
	ASN1_INTEGER *e;
};

static ASN1_INTEGER *get_integer(const EVP_PKEY *pkey, const char *name)
{
	ASN1_INTEGER *integer = NULL;
	BIGNUM *number = NULL;

	if (EVP_PKEY_get_bn_param(pkey, name, &number) == 1)
		integer = BN_to_ASN1_INTEGER(number, NULL);
	BN_free(number);
	return integer;
}

/* In OpenSSL's heap; 0 on failure. */
static size_t put_rsa(const struct rsa_public *rsa, unsigned char **out)
{
	int body = i2d_ASN1_INTEGER(rsa->n, NULL) + i2d_ASN1_INTEGER(rsa->e, NULL);
	int len = ASN1_object_size(1, body, V_ASN1_SEQUENCE);
	unsigned char *at = len > 0 ? OPENSSL_malloc((size_t)len) : NULL;

	*out = at;
	if (!at)
		return 0;
	ASN1_put_object(&at, 1, body, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
	(void)i2d_ASN1_INTEGER(rsa->n, &at);
	(void)i2d_ASN1_INTEGER(rsa->e, &at);
	return (size_t)len;
}

static size_t encode_rsa(const EVP_PKEY *pkey, unsigned char **out)
{
	struct rsa_public rsa = {
		.n = get_integer(pkey, OSSL_PKEY_PARAM_RSA_N),
		.e = get_integer(pkey, OSSL_PKEY_PARAM_RSA_E),
	};
	size_t len = rsa.n && rsa.e ? put_rsa(&rsa, out) : 0;

	ASN1_INTEGER_free(rsa.n);
	ASN1_INTEGER_free(rsa.e);
	return len;
}

static size_t encode_raw(const EVP_PKEY *pkey, unsigned char **out)
{
	size_t len = 0;

	if (EVP_PKEY_get_raw_public_key(pkey, NULL, &len) != 1)
		return 0;
	*out = OPENSSL_malloc(len);
	return *out && EVP_PKEY_get_raw_public_key(pkey, *out, &len) == 1 ? len : 0;
}

/* What stands in the BIT STRING: an uncompressed point, an RSAPublicKey, or plain bytes. */
static size_t encode_key(const struct ota_key *key, EVP_PKEY *pkey, unsigned char **out)
{
	*out = NULL;
	if (key->ops->evp_type == EVP_PKEY_RSA)
		return encode_rsa(pkey, out);
	if (key->ops->evp_type == EVP_PKEY_EC)
		return EVP_PKEY_get1_encoded_public_key(pkey, out);
	return encode_raw(pkey, out);
}

/* Takes `encoded` unless it fails. The type of a key is also its algorithm's number. */
static bool set_parts(X509_PUBKEY *spki, const struct key_ops *ops, unsigned char *encoded,
		      size_t len)
{
	int type = ops->evp_type == EVP_PKEY_RSA ? V_ASN1_NULL : V_ASN1_UNDEF;
	void *curve = NULL;

	if (ops->group) {
		type = V_ASN1_OBJECT;
		curve = OBJ_nid2obj(OBJ_sn2nid(ops->group));
	}
	return X509_PUBKEY_set0_param(spki, OBJ_nid2obj(ops->evp_type), type, curve, encoded,
				      (int)len) == 1;
}

/* Bytes written to `out`, which has PUBLIC_DER_MAX; 0 on failure. */
static size_t put_spki(const X509_PUBKEY *spki, uint8_t *out)
{
	int len = i2d_X509_PUBKEY(spki, NULL);

	if (len <= 0 || len > PUBLIC_DER_MAX)
		return 0;
	return i2d_X509_PUBKEY(spki, &out) == len ? (size_t)len : 0;
}

enum ota_err ota_key_keep_public(struct ota_key *key, EVP_PKEY *pkey, struct ota_diag *diag)
{
	X509_PUBKEY *spki = X509_PUBKEY_new();
	unsigned char *encoded = NULL;
	size_t len = encode_key(key, pkey, &encoded);

	if (spki && len > 0 && set_parts(spki, key->ops, encoded, len)) {
		encoded = NULL;
		key->spki_len = put_spki(spki, key->spki);
	}
	OPENSSL_free(encoded);
	X509_PUBKEY_free(spki);
	if (key->spki_len == 0)
		return ota_fail_openssl(diag, "public key");
	/* The RSAPublicKey is the last that stands in it. */
	if (key->ops->evp_type == EVP_PKEY_RSA)
		key->boot_at = key->spki_len - len;
	return OTA_OK;
}
