// SPDX-License-Identifier: Apache-2.0
/*
 * What a kind of key can do. One row a kind; key.c holds the table. A new kind is one more row and
 * one more file.
 */
#ifndef KEY_OPS_H
#define KEY_OPS_H

#include <openssl/evp.h>

#include <ota/key.h>

#define PUBLIC_DER_MAX 512 /* bytes: RSA-3072's SubjectPublicKeyInfo is 422 */

/* Signs in place of key_ops.sign: a key in a token. */
struct key_signer {
	enum ota_err (*sign)(const struct ota_key *key, struct ota_span message,
			     struct ota_sig *sig, struct ota_diag *diag);
	void (*free)(struct ota_key *key);
};

struct ota_key {
	const struct key_ops *ops;
	const struct key_signer *signer; /* NULL: the private part is in memory, or there is none */
	void *token;                     /* the signer's */
	bool is_private;
	bool random_nonce;
	bool low_s;
	uint8_t spki[PUBLIC_DER_MAX]; /* SubjectPublicKeyInfo */
	size_t spki_len;
	size_t boot_at;  /* where in it the bootloader's form begins; it ends where spki ends */
	EVP_PKEY *pkey;  /* kinds that OpenSSL computes with */
	uint8_t *secret; /* guarded memory of libsodium, for the kinds it computes with */
	uint8_t public_raw[32];
};

struct key_ops {
	const char *name;   /* "ecdsa-p256" */
	const char *c_stem; /* imgtool's name in C sources */
	int evp_type;       /* EVP_PKEY_... */
	const char *group;  /* OpenSSL's name of the curve; NULL: the type says it all */
	int bits;           /* of RSA's modulus or a key-encryption key; 0: not looked at */
	enum ota_hash hash;
	uint16_t sig_tlv; /* 0: does not sign */
	uint16_t enc_tlv; /* 0: does not encrypt */
	/* Takes over `pkey`, of the right type and curve; on failure it stays the caller's. */
	enum ota_err (*adopt)(struct ota_key *key, EVP_PKEY *pkey, struct ota_diag *diag);
	enum ota_err (*generate)(const struct key_ops *ops, EVP_PKEY **pkey, struct ota_diag *diag);
	enum ota_err (*sign)(const struct ota_key *key, struct ota_span message,
			     struct ota_sig *sig, struct ota_diag *diag);
	enum ota_err (*verify)(const struct ota_key *key, struct ota_span message,
			       struct ota_span sig, struct ota_diag *diag);
	/* Unwraps an image key; NULL: not this kind. */
	enum ota_err (*unwrap)(const struct ota_key *key, uint16_t tlv, struct ota_span value,
			       struct ota_image_key *image_key, struct ota_diag *diag);
	/* Bytes of a wrapped image key's TLV, 0 for a length that the kind does not wrap. */
	size_t (*wrapped_size)(const struct ota_key *key, size_t image_key_len, enum ota_hash hash);
	/*
	 * Wraps what `wrapped_size` takes: fills `wrapped` but for its length. NULL, like
	 * `wrapped_size`: not this kind.
	 */
	enum ota_err (*wrap)(const struct ota_key *key, const struct ota_image_key *image_key,
			     enum ota_hash hash, struct ota_wrapped_key *wrapped,
			     struct ota_diag *diag);
	void (*free)(struct ota_key *key);
};

extern const struct key_ops ota_key_p256;
extern const struct key_ops ota_key_p384;
extern const struct key_ops ota_key_rsa2048;
extern const struct key_ops ota_key_rsa3072;
extern const struct key_ops ota_key_ed25519;
extern const struct key_ops ota_key_x25519;

/* Key-encryption keys stand outside the table of kinds: they are no OpenSSL keys, have no public
 * part, and none is made. */
extern const struct key_ops ota_key_aes_kw_128;
extern const struct key_ops ota_key_aes_kw_256;

/* Bytes of the stack that the libraries' functions may leave the traces of a secret in. */
#define STACK_TRACES 32768U

/*
 * key.c: a key of ours from OpenSSL's, of whichever kind it is. `is_private`: the private part is
 * in `pkey`. Takes `pkey`, also on failure. OTA_E_UNSUPPORTED names the kind and those that are
 * taken; OTA_E_MALFORMED: the numbers are no key.
 */
OTA_MUST_CHECK enum ota_err ota_key_adopt(EVP_PKEY *pkey, bool is_private, struct ota_key **key,
					  struct ota_diag *diag);

/* key_public.c: fills key->spki and key->boot_at from an OpenSSL key. */
OTA_MUST_CHECK enum ota_err ota_key_keep_public(struct ota_key *key, EVP_PKEY *pkey,
						struct ota_diag *diag);

/* key_file.c: the key in a file, PEM or DER, to an OpenSSL key. The caller owns `*pkey`. */
OTA_MUST_CHECK enum ota_err ota_key_file_read(struct ota_span file, struct ota_span passphrase,
					      EVP_PKEY **pkey, bool *is_private,
					      struct ota_diag *diag);

/* key_file.c: a private key as PKCS#8 PEM, encrypted unless the passphrase is empty. */
OTA_MUST_CHECK enum ota_err ota_key_file_write(EVP_PKEY *pkey, struct ota_span passphrase,
					       struct ota_buf *out, struct ota_diag *diag);

/* key_file.c: a SubjectPublicKeyInfo in DER as PEM. */
OTA_MUST_CHECK enum ota_err ota_key_file_write_public(struct ota_span spki, struct ota_buf *out,
						      struct ota_diag *diag);

/* evp_key.c: key_ops.adopt and key_ops.free of kinds that OpenSSL computes with and need no more.
 */
OTA_MUST_CHECK enum ota_err ota_evp_adopt(struct ota_key *key, EVP_PKEY *pkey,
					  struct ota_diag *diag);
void ota_evp_release(struct ota_key *key);

/*
 * evp_key.c: signs and verifies a digest by OpenSSL. `set_up` chooses what the kind needs, false
 * when it cannot; NULL: nothing.
 */
OTA_MUST_CHECK enum ota_err ota_evp_sign(const struct ota_key *key,
					 bool (*set_up)(EVP_PKEY_CTX *ctx), struct ota_span digest,
					 struct ota_sig *sig, struct ota_diag *diag);
OTA_MUST_CHECK enum ota_err ota_evp_verify(const struct ota_key *key,
					   bool (*set_up)(EVP_PKEY_CTX *ctx),
					   struct ota_span digest, struct ota_span sig,
					   struct ota_diag *diag);

/*
 * der.c: strict DER, all of it: definite lengths in their shortest form, shortest integers, no
 * byte behind the outermost value, at most 8 levels. OpenSSL's decoders take more.
 */
OTA_MUST_CHECK bool ota_der_is_strict(struct ota_span der);

/* ecdsa_openssl.c: r and s, each as long as the curve's order, as a DER signature. */
OTA_MUST_CHECK enum ota_err ota_ecdsa_to_der(struct ota_span raw, struct ota_sig *sig,
					     struct ota_diag *diag);

/* ecdsa_openssl.c: takes order - s for an s above the half of it, in a DER signature. */
OTA_MUST_CHECK enum ota_err ota_ecdsa_use_low_s(const struct ota_key *key, struct ota_sig *sig,
						struct ota_diag *diag);

/* What the nonce of an ECDSA signature is made of. */
struct nonce_input {
	const BIGNUM *order;
	const BIGNUM *secret; /* the private scalar */
	enum ota_hash hash;
	struct ota_span digest;
};

/*
 * rfc6979.c: the nonce k, 0 < k < order; the one after `skip` others, when those gave no signature.
 * The caller clears `k`.
 */
OTA_MUST_CHECK enum ota_err ota_rfc6979_nonce(const struct nonce_input *input, unsigned skip,
					      BIGNUM *k, struct ota_diag *diag);

/*
 * ecies_openssl.c: key_ops.unwrap, wrapped_size and wrap of P-256 and X25519; rsa_openssl.c has
 * RSA's, aes_kw_openssl.c those of key-encryption keys.
 */
OTA_MUST_CHECK enum ota_err ota_ecies_unwrap(const struct ota_key *key, uint16_t tlv,
					     struct ota_span value, struct ota_image_key *image_key,
					     struct ota_diag *diag);

size_t ota_ecies_wrapped_size(const struct ota_key *key, size_t image_key_len, enum ota_hash hash);
OTA_MUST_CHECK enum ota_err ota_ecies_wrap(const struct ota_key *key,
					   const struct ota_image_key *image_key,
					   enum ota_hash hash, struct ota_wrapped_key *wrapped,
					   struct ota_diag *diag);

/*
 * aes_kw_openssl.c: how much of a key-encryption key the file is; PEM and DER are never taken for
 * one.
 */
enum kek_text {
	KEK_TEXT_NONE = 0,
	KEK_TEXT_LIKELY, /* base64 of another length: good for words only */
	KEK_TEXT_SURE,   /* of a key's length, or the prefix says so */
};
enum kek_text ota_kek_text(struct ota_span file);

/* aes_kw_openssl.c: the key-encryption key in the file, which ota_kek_text says it is. */
OTA_MUST_CHECK enum ota_err ota_kek_read(struct ota_span file, struct ota_key **key,
					 struct ota_diag *diag);

/* key_file.c: the file without the mark that editors on Windows put in front of UTF-8 text. */
struct ota_span ota_key_file_without_mark(struct ota_span file);

/* digest.c: OpenSSL's name for it. */
const EVP_MD *ota_evp_md(enum ota_hash hash);

/* wiping_heap.c: gives OpenSSL a heap that is wiped as it is freed, if it has not begun yet. */
void ota_wiping_heap_install(void);

/* key.c: OpenSSL's oldest queued error in words; its queue is emptied. */
enum ota_err ota_fail_openssl(struct ota_diag *diag, const char *what);

#endif
