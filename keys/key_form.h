// SPDX-License-Identifier: Apache-2.0
/* What a DER value is, told by the tags of its parts, and how key files are taken apart. */
#ifndef KEY_FORM_H
#define KEY_FORM_H

#include "key_ops.h"

/* One DER value in place. */
struct der_item {
	int tag;
	int class; /* V_ASN1_UNIVERSAL, ... */
	bool constructed;
	struct ota_span whole; /* with its tag and length */
	struct ota_span body;
};

/* der.c: takes the next value off `rest`; false when there is none that is whole. */
OTA_MUST_CHECK bool ota_der_next(struct ota_span *rest, struct der_item *item);

#define KEY_PARTS_MAX 9U /* an RSA private key's */

enum key_form {
	KEY_FORM_UNKNOWN = 0,
	KEY_FORM_PKCS8,
	KEY_FORM_PKCS8_V2, /* RFC 5958, with the public key: OpenSSL 3.0 does not read it */
	KEY_FORM_ENCRYPTED,
	KEY_FORM_SEC1,
	KEY_FORM_RSA_PRIVATE,
	KEY_FORM_DSA_PRIVATE,
	KEY_FORM_SPKI,
	KEY_FORM_RSA_PUBLIC,
	KEY_FORM_CERTIFICATE,
	KEY_FORM_PKCS12,
};

/* A SEQUENCE and its parts; spans borrow from what was taken apart. */
struct key_parts {
	enum key_form form;
	struct der_item item[KEY_PARTS_MAX];
	size_t n;
};

/* key_der.c: the parts of `der`, lax: whether it is strict DER is asked separately. */
struct key_parts ota_key_parts(struct ota_span der);

/*
 * key_der.c: the key in `der`, which is plain. OTA_E_MALFORMED, OTA_E_UNSUPPORTED. The caller owns
 * `*pkey`.
 */
OTA_MUST_CHECK enum ota_err ota_key_der_read(struct ota_span der, EVP_PKEY **pkey, bool *is_private,
					     struct ota_diag *diag);

/* A key without what stands around it. */
struct key_bits {
	int algorithm; /* NID_rsaEncryption, ... */
	int curve;     /* NID of an EC key's */
	bool is_private;
	/* RSAPublicKey or RSAPrivateKey, ECPrivateKey, a point, or as RFC 8410 has it. */
	struct ota_span key;
};

/*
 * key_decode.c: an OpenSSL key of bits that are strict DER of the right form. NULL: they make none,
 * or OpenSSL has no memory. The caller owns it.
 */
EVP_PKEY *ota_key_decode(const struct key_bits *bits);

/* key_pbe.c: OTA_E_USAGE when it is none, too long, or holds a zero byte. */
OTA_MUST_CHECK enum ota_err ota_passphrase_check(struct ota_span passphrase, struct ota_diag *diag);

/*
 * key_pbe.c: decrypts an EncryptedPrivateKeyInfo. The caller frees `*plain` with
 * OPENSSL_clear_free. OTA_E_UNSUPPORTED, also for work factors that are not taken; OTA_E_REFUSED:
 * wrong passphrase.
 */
OTA_MUST_CHECK enum ota_err ota_key_decrypt(struct ota_span der, struct ota_span passphrase,
					    uint8_t **plain, size_t *len, struct ota_diag *diag);

/* key_pbe.c: the words for a decryption that gave no key. */
enum ota_err ota_fail_passphrase(struct ota_diag *diag);

#endif
