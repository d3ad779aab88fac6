// SPDX-License-Identifier: Apache-2.0
/* Private keys in DER, byte for byte as imgtool's getpriv gives them to a bootloader. */
#include <openssl/asn1.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <sodium.h>

#include "key_form.h"

#define RSA_PARTS_KEPT 6U /* version, n, e, d, p, q: what the bootloader's RSA asks for */

static enum ota_err check_form(const struct ota_key *key, enum ota_private_form form, bool minimal,
			       struct ota_diag *diag)
{
	bool is_ec = key->ops->evp_type == EVP_PKEY_EC;
	bool has_pkcs8 = is_ec || key->ops == &ota_key_x25519;
	bool has_traditional = is_ec || key->ops->evp_type == EVP_PKEY_RSA;

	if (!has_pkcs8 && !has_traditional)
		return ota_fail(diag, OTA_E_USAGE,
				"a key of %s is not given out, no bootloader "
				"has it compiled in this way",
				key->ops->name);
	if (form == OTA_PRIVATE_PKCS8 && !has_pkcs8)
		return ota_fail(diag, OTA_E_USAGE,
				"a key of %s is given out in traditional form, not as PKCS#8",
				key->ops->name);
	if (form == OTA_PRIVATE_TRADITIONAL && !has_traditional)
		return ota_fail(diag, OTA_E_USAGE,
				"a key of %s is given out as PKCS#8, it has no traditional form",
				key->ops->name);
	if (minimal && key->ops == &ota_key_p384)
		return ota_fail(diag, OTA_E_USAGE, "a key of %s has no minimal form",
				key->ops->name);
	return OTA_OK;
}

static enum ota_err check_at_hand(const struct ota_key *key, struct ota_diag *diag)
{
	if (!key->is_private)
		return ota_fail(diag, OTA_E_USAGE, "a public key holds no private one");
	if (key->signer)
		return ota_fail(diag, OTA_E_USAGE, "a key in a token does not leave it");
	return OTA_OK;
}

/* In OpenSSL's wiped heap; the caller frees `*der` with OPENSSL_clear_free. */
static bool encode(EVP_PKEY *pkey, enum ota_private_form form, uint8_t **der, size_t *len)
{
	PKCS8_PRIV_KEY_INFO *info = NULL;
	int made = -1;

	*der = NULL;
	if (form == OTA_PRIVATE_TRADITIONAL) {
		made = i2d_PrivateKey(pkey, der);
	} else {
		info = EVP_PKEY2PKCS8(pkey);
		if (info)
			made = i2d_PKCS8_PRIV_KEY_INFO(info, der);
		PKCS8_PRIV_KEY_INFO_free(info);
	}
	*len = made > 0 ? (size_t)made : 0;
	return made > 0;
}

/* Without the public point, which follows from the scalar. The key itself stays as it is. */
static bool encode_without_point(EVP_PKEY *pkey, enum ota_private_form form, uint8_t **der,
				 size_t *len)
{
	EVP_PKEY *copy = EVP_PKEY_dup(pkey);
	bool done = copy &&
		    EVP_PKEY_set_int_param(copy, OSSL_PKEY_PARAM_EC_INCLUDE_PUBLIC, 0) == 1 &&
		    encode(copy, form, der, len);

	EVP_PKEY_free(copy);
	return done;
}

/* Appends the parts that RSA needs in a SEQUENCE of their own; dp, dq, qinv follow from them. */
static enum ota_err append_rsa_minimal(struct ota_span der, struct ota_buf *out,
				       struct ota_diag *diag)
{
	struct key_parts parts = ota_key_parts(der);
	const uint8_t *first;
	const uint8_t *end;
	uint8_t header[16];
	uint8_t *at = header;
	struct ota_span kept;
	enum ota_err err;

	if (parts.form != KEY_FORM_RSA_PRIVATE)
		return ota_fail(diag, OTA_E_CRYPTO, "OpenSSL wrote no RSA key");
	first = parts.item[0].whole.data;
	end = parts.item[RSA_PARTS_KEPT].whole.data;
	kept = ota_span_of(first, (size_t)(end - first));
	ASN1_put_object(&at, 1, (int)kept.len, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
	err = ota_buf_append(out, ota_span_of(header, (size_t)(at - header)), diag);
	if (err == OTA_OK)
		err = ota_buf_append(out, kept, diag);
	return err;
}

enum ota_err ota_key_private(const struct ota_key *key, enum ota_private_form form, bool minimal,
			     struct ota_buf *out, struct ota_diag *diag)
{
	bool is_rsa = key->ops->evp_type == EVP_PKEY_RSA;
	bool is_ec = key->ops->evp_type == EVP_PKEY_EC;
	uint8_t *der = NULL;
	size_t len = 0;
	enum ota_err err = check_form(key, form, minimal, diag);

	if (err == OTA_OK)
		err = check_at_hand(key, diag);
	if (err != OTA_OK)
		return err;
	if (!(minimal && is_ec ? encode_without_point(key->pkey, form, &der, &len)
			       : encode(key->pkey, form, &der, &len)))
		err = ota_fail_openssl(diag, "writing a private key");
	else if (minimal && is_rsa)
		err = append_rsa_minimal(ota_span_of(der, len), out, diag);
	else
		err = ota_buf_append(out, ota_span_of(der, len), diag);
	OPENSSL_clear_free(der, len);
	sodium_stackzero(STACK_TRACES);
	return err;
}
