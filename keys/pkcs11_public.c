// SPDX-License-Identifier: Apache-2.0
/* Public keys from a token's attributes, in the several forms that tokens give them. */
#include <stdio.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>

#include "key_ops.h"
#include "pkcs11_token.h"

#define POINT_MAX  160U /* bytes: P-521's point in DER is 137 */
#define PARAMS_MAX 160U /* bytes: a curve's name; explicit curves are longer and not taken */

#define TAG_BIT_STRING   0x03U
#define TAG_OCTET_STRING 0x04U
#define COMPRESSED_EVEN  0x02U /* SEC 1, 2.3.3 */
#define COMPRESSED_ODD   0x03U

/* CKA_EC_PARAMS: an object identifier, or (PKCS#11 v3.0) the curve's name as PrintableString. */
static const struct curve {
	const char *name;
	const char *group; /* OpenSSL's name; NULL: Ed25519 */
	size_t coordinate; /* bytes */
	uint8_t params_len;
	uint8_t params[16];
} curves[] = {
	{"ecdsa-p256", "prime256v1", 32, 10, "\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"},
	{"ecdsa-p256", "prime256v1", 32, 11, "\x13\x09secp256r1"},
	{"ecdsa-p384", "secp384r1", 48, 7, "\x06\x05\x2b\x81\x04\x00\x22"},
	{"ecdsa-p384", "secp384r1", 48, 11, "\x13\x09secp384r1"},
	{"ed25519", NULL, 32, 5, "\x06\x03\x2b\x65\x70"},
	{"ed25519", NULL, 32, 14,
	 "\x13\x0c"
	 "edwards25519"},
	/* GnuPG's identifier of the curve, from before RFC 8410 */
	{"ed25519", NULL, 32, 11, "\x06\x09\x2b\x06\x01\x04\x01\xda\x47\x0f\x01"},
};

enum ota_err ota_pkcs11_attribute(const struct ota_token *token, CK_OBJECT_HANDLE object,
				  CK_ATTRIBUTE *attribute, struct ota_diag *diag)
{
	CK_ULONG cap = attribute->ulValueLen;
	CK_RV rv = token->module->C_GetAttributeValue(token->session, object, attribute, 1);

	if (rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_ATTRIBUTE_SENSITIVE ||
	    rv == CKR_BUFFER_TOO_SMALL)
		return OTA_E_ABSENT;
	if (rv != CKR_OK)
		return ota_pkcs11_fail(token, "C_GetAttributeValue", rv, diag);
	/* CK_UNAVAILABLE_INFORMATION is the largest number there is. */
	return attribute->ulValueLen <= cap ? OTA_OK : OTA_E_ABSENT;
}

/* The same into a span of the caller's memory; an empty value is no value. */
static enum ota_err read_bytes(const struct ota_token *token, CK_OBJECT_HANDLE object,
			       CK_ATTRIBUTE attribute, struct ota_span *value,
			       struct ota_diag *diag)
{
	enum ota_err err = ota_pkcs11_attribute(token, object, &attribute, diag);

	*value = ota_span_of(NULL, 0);
	if (err != OTA_OK)
		return err;
	*value = ota_span_of(attribute.pValue, attribute.ulValueLen);
	return value->len > 0 ? OTA_OK : OTA_E_ABSENT;
}

static const struct curve *find_curve(struct ota_span params)
{
	for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
		if (ota_span_equal(params, ota_span_of(curves[i].params, curves[i].params_len)))
			return &curves[i];
	}
	return NULL;
}

void ota_pkcs11_kind(const struct ota_token *token, CK_OBJECT_HANDLE object, CK_KEY_TYPE type,
		     char *text, size_t cap)
{
	uint8_t modulus[PUBLIC_DER_MAX * 2];
	uint8_t params[PARAMS_MAX];
	CK_ATTRIBUTE is_modulus = {CKA_MODULUS, modulus, sizeof(modulus)};
	CK_ATTRIBUTE is_params = {CKA_EC_PARAMS, params, sizeof(params)};
	struct ota_span value;

	if (type == CKK_RSA && read_bytes(token, object, is_modulus, &value, NULL) == OTA_OK) {
		while (value.len > 0 && value.data[0] == 0)
			value = ota_span_tail(value, 1);
		(void)snprintf(text, cap, "rsa-%zu", value.len * 8);
		return;
	}
	if (read_bytes(token, object, is_params, &value, NULL) == OTA_OK && find_curve(value)) {
		(void)snprintf(text, cap, "%s", find_curve(value)->name);
		return;
	}
	if (type == CKK_RSA || type == CKK_EC)
		(void)snprintf(text, cap, "%s", type == CKK_RSA ? "rsa" : "ec");
	else
		(void)snprintf(text, cap, "key type 0x%lx", (unsigned long)type);
}

/* What a DER OCTET STRING or BIT STRING holds when it is all of `der`; else `der`. */
static struct ota_span unwrap_string(struct ota_span der)
{
	struct ota_rd rd = ota_rd_init(der);
	uint8_t tag = ota_rd_u8(&rd);
	size_t len = ota_rd_u8(&rd);

	if (len == 0x81)
		len = ota_rd_u8(&rd);
	if (rd.err != OTA_OK || len != der.len - rd.at)
		return der;
	if (tag == TAG_OCTET_STRING)
		return ota_span_tail(der, rd.at);
	if (tag == TAG_BIT_STRING && ota_rd_u8(&rd) == 0)
		return ota_span_tail(der, rd.at);
	return der;
}

/*
 * The point: v2.40 asks for a DER OCTET STRING, v3.0 for Edwards curves too, its drafts for a BIT
 * STRING, and some tokens give it raw. A raw point's first byte may look like a tag, so its length
 * is asked first.
 */
static bool find_point(const struct curve *curve, struct ota_span value, struct ota_span *point)
{
	size_t full = curve->group ? 1 + 2 * curve->coordinate : curve->coordinate;

	struct ota_rd rd;
	uint8_t form;

	*point = value.len == full ? value : unwrap_string(value);
	if (point->len == full)
		return true;
	rd = ota_rd_init(*point);
	form = ota_rd_u8(&rd);
	return curve->group && point->len == 1 + curve->coordinate &&
	       (form == COMPRESSED_EVEN || form == COMPRESSED_ODD);
}

/* An OpenSSL key of `type` from its parameters; NULL when OpenSSL does not take them. */
static EVP_PKEY *from_params(const char *type, OSSL_PARAM *params)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *pkey = NULL;

	if (!ctx || !params || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
		pkey = NULL;
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

static EVP_PKEY *from_point(const struct curve *curve, struct ota_span point)
{
	char group[16];
	OSSL_PARAM params[3];

	if (!curve->group)
		return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, point.data, point.len);
	(void)snprintf(group, sizeof(group), "%s", curve->group);
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0);
	params[1] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
						      ota_pkcs11_bytes(point.data), point.len);
	params[2] = OSSL_PARAM_construct_end();
	return from_params("EC", params);
}

static enum ota_err read_point(const struct ota_token *token, CK_OBJECT_HANDLE object,
			       EVP_PKEY **pkey, struct ota_diag *diag)
{
	uint8_t params[PARAMS_MAX];
	uint8_t bytes[POINT_MAX];
	CK_ATTRIBUTE is_params = {CKA_EC_PARAMS, params, sizeof(params)};
	CK_ATTRIBUTE is_point = {CKA_EC_POINT, bytes, sizeof(bytes)};
	const struct curve *curve = NULL;
	struct ota_span value;
	struct ota_span point;
	enum ota_err err = read_bytes(token, object, is_params, &value, diag);

	if (err != OTA_OK)
		return err;
	curve = find_curve(value);
	if (!curve)
		return ota_fail(diag, OTA_E_UNSUPPORTED,
				"token %s: the key's curve is not P-256, P-384 or Ed25519",
				token->label);
	err = read_bytes(token, object, is_point, &value, diag);
	if (err != OTA_OK)
		return err;
	if (!find_point(curve, value, &point))
		return ota_fail(diag, OTA_E_MALFORMED,
				"token %s: CKA_EC_POINT of %zu bytes holds no point of %s",
				token->label, value.len, curve->name);
	*pkey = from_point(curve, point);
	ERR_clear_error();
	return *pkey ? OTA_OK
		     : ota_fail(diag, OTA_E_MALFORMED, "token %s: CKA_EC_POINT is not on %s",
				token->label, curve->name);
}

static EVP_PKEY *from_modulus(struct ota_span modulus, struct ota_span exponent)
{
	BIGNUM *n = BN_bin2bn(modulus.data, (int)modulus.len, NULL);
	BIGNUM *e = BN_bin2bn(exponent.data, (int)exponent.len, NULL);
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params = NULL;
	EVP_PKEY *pkey = NULL;

	if (n && e && build && OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e) == 1) {
		params = OSSL_PARAM_BLD_to_param(build);
		pkey = from_params("RSA", params);
	}
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	BN_free(e);
	BN_free(n);
	return pkey;
}

static enum ota_err read_modulus(const struct ota_token *token, CK_OBJECT_HANDLE object,
				 EVP_PKEY **pkey, struct ota_diag *diag)
{
	uint8_t modulus[PUBLIC_DER_MAX * 2];
	uint8_t exponent[PUBLIC_DER_MAX];
	CK_ATTRIBUTE is_modulus = {CKA_MODULUS, modulus, sizeof(modulus)};
	CK_ATTRIBUTE is_exponent = {CKA_PUBLIC_EXPONENT, exponent, sizeof(exponent)};
	struct ota_span n;
	struct ota_span e;
	enum ota_err err = read_bytes(token, object, is_modulus, &n, diag);

	if (err == OTA_OK)
		err = read_bytes(token, object, is_exponent, &e, diag);
	if (err != OTA_OK)
		return err;
	*pkey = from_modulus(n, e);
	return *pkey ? OTA_OK : ota_fail_openssl(diag, "a token's RSA key");
}

enum ota_err ota_pkcs11_public(const struct ota_token *token, CK_OBJECT_HANDLE object,
			       CK_KEY_TYPE type, EVP_PKEY **pkey, struct ota_diag *diag)
{
	*pkey = NULL;
	ERR_clear_error(); /* the module may use the same OpenSSL */
	if (type == CKK_RSA)
		return read_modulus(token, object, pkey, diag);
	return read_point(token, object, pkey, diag);
}

enum ota_err ota_pkcs11_public_info(const struct ota_token *token, CK_OBJECT_HANDLE object,
				    EVP_PKEY **pkey, struct ota_diag *diag)
{
	uint8_t spki[PUBLIC_DER_MAX * 2];
	CK_ATTRIBUTE is_info = {CKA_PUBLIC_KEY_INFO, spki, sizeof(spki)};
	struct ota_span value;
	enum ota_err err = read_bytes(token, object, is_info, &value, diag);
	const uint8_t *at = spki;

	*pkey = NULL;
	if (err != OTA_OK)
		return err;
	if (ota_der_is_strict(value))
		*pkey = d2i_PUBKEY(NULL, &at, (long)value.len);
	ERR_clear_error();
	return *pkey ? OTA_OK
		     : ota_fail(diag, OTA_E_MALFORMED,
				"token %s: CKA_PUBLIC_KEY_INFO is not a public key", token->label);
}
