// SPDX-License-Identifier: Apache-2.0
/*
 * OpenSSL keys from the parts of a key that key_der.c has taken apart and judged. OpenSSL's own
 * decoders would do it too, but look through all that its providers offer first, which takes longer
 * than signing.
 */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/param_build.h>

#include "key_form.h"

/* A key from `params`, which are taken; NULL when they make none. */
static EVP_PKEY *from_params(const char *type, int selection, OSSL_PARAM *params)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *pkey = NULL;

	if (ctx && params && EVP_PKEY_fromdata_init(ctx) == 1)
		(void)EVP_PKEY_fromdata(ctx, &pkey, selection, params);
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_free(params);
	return pkey;
}

/* -- EC ---------------------------------------------------------------------------------------- */

/* The point of a private scalar, in OpenSSL's heap; 0 on failure. A key need not hold it. */
static size_t make_point(int curve, const BIGNUM *scalar, unsigned char **out)
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name(curve);
	EC_POINT *point = group ? EC_POINT_new(group) : NULL;
	BN_CTX *ctx = BN_CTX_new();
	size_t len = 0;

	if (point && ctx && EC_POINT_mul(group, point, scalar, NULL, NULL, ctx) == 1)
		len = EC_POINT_point2buf(group, point, POINT_CONVERSION_UNCOMPRESSED, out, ctx);
	BN_CTX_free(ctx);
	EC_POINT_free(point);
	EC_GROUP_free(group);
	return len;
}

/* `scalar` is NULL for a public key. */
static EVP_PKEY *ec_key(int curve, const BIGNUM *scalar, struct ota_span point)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	const char *name = OBJ_nid2sn(curve);
	EVP_PKEY *pkey = NULL;

	if (build && name &&
	    OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, name, 0) == 1 &&
	    OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point.data,
					     point.len) == 1 &&
	    (!scalar || OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, scalar) == 1))
		pkey = from_params("EC", scalar ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY,
				   OSSL_PARAM_BLD_to_param(build));
	OSSL_PARAM_BLD_free(build);
	return pkey;
}

/* The public point in a SEC1 key's [1], a BIT STRING alone; empty when there is none. */
static struct ota_span point_in(const struct key_parts *parts)
{
	struct ota_span rest = parts->item[parts->n - 1].body;
	struct der_item bits;

	if (parts->n < 3 || parts->item[parts->n - 1].tag != 1 || !ota_der_next(&rest, &bits))
		return ota_span_of(NULL, 0);
	return ota_span_tail(bits.body, 1); /* behind the count of unused bits */
}

static EVP_PKEY *decode_sec1(struct ota_span der, int curve)
{
	struct key_parts parts = ota_key_parts(der);
	struct ota_span point = point_in(&parts);
	struct ota_span octets = parts.item[1].body;
	BIGNUM *scalar = BN_bin2bn(octets.data, (int)octets.len, NULL);
	unsigned char *made = NULL;
	EVP_PKEY *pkey = NULL;

	if (scalar && point.len == 0) {
		size_t len = make_point(curve, scalar, &made);

		point = ota_span_of(made, len);
	}
	if (scalar && point.len > 0)
		pkey = ec_key(curve, scalar, point);
	OPENSSL_free(made);
	BN_clear_free(scalar);
	return pkey;
}

/* -- RSA --------------------------------------------------------------------------------------- */

/* An RSA key's numbers as they follow in PKCS#1 (RFC 8017 A.1), behind a private key's version. */
static const char *const rsa_names[] = {
	OSSL_PKEY_PARAM_RSA_N,         OSSL_PKEY_PARAM_RSA_E,
	OSSL_PKEY_PARAM_RSA_D,         OSSL_PKEY_PARAM_RSA_FACTOR1,
	OSSL_PKEY_PARAM_RSA_FACTOR2,   OSSL_PKEY_PARAM_RSA_EXPONENT1,
	OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
};
#define N_RSA_NAMES (sizeof(rsa_names) / sizeof(rsa_names[0]))

/* Of a negative number, which no key has, false. */
static bool read_number(const struct der_item *item, BIGNUM **number)
{
	if (item->body.len == 0 || item->body.data[0] & 0x80U)
		return false;
	*number = BN_bin2bn(item->body.data, (int)item->body.len, NULL);
	return *number != NULL;
}

static EVP_PKEY *decode_rsa(struct ota_span der, bool is_private)
{
	struct key_parts parts = ota_key_parts(der);
	const struct der_item *first = &parts.item[is_private ? 1 : 0];
	size_t n = is_private ? N_RSA_NAMES : 2;
	BIGNUM *numbers[N_RSA_NAMES] = {NULL};
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY *pkey = NULL;
	bool good = build != NULL;

	/* What is pushed is borrowed until the parameters are made. */
	for (size_t i = 0; good && i < n; i++)
		good = read_number(&first[i], &numbers[i]) &&
		       OSSL_PARAM_BLD_push_BN(build, rsa_names[i], numbers[i]) == 1;
	if (good)
		pkey = from_params("RSA", is_private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY,
				   OSSL_PARAM_BLD_to_param(build));
	OSSL_PARAM_BLD_free(build);
	for (size_t i = 0; i < n; i++)
		BN_clear_free(numbers[i]);
	return pkey;
}

/* -- Ed25519 and X25519 ------------------------------------------------------------------------ */

/* The private part is an OCTET STRING in the string that holds the key (RFC 8410, 7). */
static EVP_PKEY *decode_raw(int type, struct ota_span key, bool is_private)
{
	struct der_item octets;

	if (!is_private)
		return EVP_PKEY_new_raw_public_key(type, NULL, key.data, key.len);
	if (!ota_der_next(&key, &octets) || octets.tag != V_ASN1_OCTET_STRING ||
	    octets.class != V_ASN1_UNIVERSAL)
		return NULL;
	return EVP_PKEY_new_raw_private_key(type, NULL, octets.body.data, octets.body.len);
}

EVP_PKEY *ota_key_decode(const struct key_bits *bits)
{
	switch (bits->algorithm) {
	case NID_X9_62_id_ecPublicKey:
		return bits->is_private ? decode_sec1(bits->key, bits->curve)
					: ec_key(bits->curve, NULL, bits->key);
	case NID_rsaEncryption:
		return decode_rsa(bits->key, bits->is_private);
	case NID_ED25519:
	case NID_X25519:
		return decode_raw(bits->algorithm, bits->key, bits->is_private);
	default:
		return NULL;
	}
}
