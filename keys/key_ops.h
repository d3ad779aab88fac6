// SPDX-License-Identifier: Apache-2.0
/*
 * What a kind of key can do. One row a kind, one file a kind; key.c holds the table. A new kind
 * is one more of each.
 */
#ifndef KEY_OPS_H
#define KEY_OPS_H

#include <openssl/evp.h>

#include <ota/key.h>

#define PUBLIC_DER_MAX 512 /* bytes: RSA-3072's SubjectPublicKeyInfo is 422 */

struct ota_key {
	const struct key_ops *ops;
	bool is_private;
	uint8_t public_der[PUBLIC_DER_MAX];
	size_t public_len;
	EVP_PKEY *pkey;  /* kinds that OpenSSL computes with */
	uint8_t *secret; /* guarded memory of libsodium, for the kinds it computes with */
	uint8_t public_raw[32];
};

struct key_ops {
	const char *name;   /* "ecdsa-p256" */
	const char *c_stem; /* imgtool's name in C sources */
	int evp_type;       /* EVP_PKEY_... */
	const char *group;  /* OpenSSL's name of the curve, NULL when the type says it all */
	enum ota_hash hash;
	uint16_t sig_tlv;
	/* Takes over `pkey`, of the right type and curve; on failure it stays the caller's. */
	enum ota_err (*adopt)(struct ota_key *key, EVP_PKEY *pkey, struct ota_diag *diag);
	enum ota_err (*generate)(EVP_PKEY **pkey, struct ota_diag *diag);
	enum ota_err (*sign)(const struct ota_key *key, struct ota_span digest, struct ota_sig *sig,
			     struct ota_diag *diag);
	enum ota_err (*verify)(const struct ota_key *key, struct ota_span digest,
			       struct ota_span sig, struct ota_diag *diag);
	void (*free)(struct ota_key *key);
};

extern const struct key_ops ota_key_p256;
extern const struct key_ops ota_key_ed25519;

/* pem.c: one PEM block to an OpenSSL key. The caller owns `*pkey`. */
OTA_MUST_CHECK enum ota_err ota_pem_read(struct ota_span pem, EVP_PKEY **pkey, bool *is_private,
					 struct ota_diag *diag);

/* pem.c: a private key as unencrypted PKCS#8. */
OTA_MUST_CHECK enum ota_err ota_pem_write_private(EVP_PKEY *pkey, struct ota_buf *out,
						  struct ota_diag *diag);

/* pem.c: a SubjectPublicKeyInfo in DER as PEM. */
OTA_MUST_CHECK enum ota_err ota_pem_write_public(struct ota_span der, struct ota_buf *out,
						 struct ota_diag *diag);

/* key.c: fills key->public_der from an OpenSSL key. */
OTA_MUST_CHECK enum ota_err ota_key_keep_public(struct ota_key *key, EVP_PKEY *pkey,
						struct ota_diag *diag);

/* wiping_heap.c: gives OpenSSL a heap that is wiped as it is freed, if it has not begun yet. */
void ota_wiping_heap_install(void);

/* key.c: OpenSSL's oldest queued error in words; its queue is emptied. */
enum ota_err ota_fail_openssl(struct ota_diag *diag, const char *what);

#endif
