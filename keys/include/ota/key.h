// SPDX-License-Identifier: Apache-2.0
/*
 * Keys: something that can sign, verify, or both. Private parts never leave this floor but as a
 * PEM file of a new key.
 */
#ifndef OTA_KEY_H
#define OTA_KEY_H

#include <ota/buf.h>
#include <ota/digest.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ota_key; /* opaque */

#define OTA_SIG_MAX 384 /* bytes: RSA-3072 */

struct ota_sig {
	uint8_t data[OTA_SIG_MAX];
	size_t len; /* bytes */
};

/* Key files are small; a larger one is not a key (spec: PEM at most 16 KiB). */
#define OTA_KEY_FILE_MAX 16384U

/*
 * Calls into the crypto libraries need this once, before anything else on this floor, in a single
 * thread; calling it again does nothing. Before the process's first use of OpenSSL it also gives
 * that library a heap which is wiped as it is freed; later it cannot. OTA_E_CRYPTO.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_keys_init(struct ota_diag *diag);

/*
 * The crypto libraries' names and versions by index; false from the last one on. `text` has `cap`
 * bytes.
 */
OTA_API bool ota_keys_library_version(size_t index, char *text, size_t cap);

/* Names of the kinds ota_key_generate makes, in table order; NULL from `index` = count on. */
OTA_API const char *ota_key_kind_name(size_t index);

/*
 * Reads a PEM key, private or public: PKCS#8, SEC1, SubjectPublicKeyInfo. The caller frees it with
 * ota_key_free and wipes `pem`. OTA_E_MALFORMED: not a PEM key, or damaged. OTA_E_UNSUPPORTED: a
 * kind, curve or encryption this version does not take.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_key_read_pem(struct ota_span pem, struct ota_key **key,
						     struct ota_diag *diag);

/*
 * Makes a new private key of the named kind and appends it to `pem` as unencrypted PKCS#8; the
 * caller wipes `pem`. OTA_E_ABSENT: no such kind.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_key_generate(const char *kind, struct ota_buf *pem,
						     struct ota_diag *diag);

/* Wipes and frees; NULL is fine. */
OTA_API void ota_key_free(struct ota_key *key);

/* "ecdsa-p256", "ed25519". */
OTA_API const char *ota_key_name(const struct ota_key *key);

/* The stem imgtool gives its C names: "ecdsa", "ed25519". */
OTA_API const char *ota_key_c_stem(const struct ota_key *key);

OTA_API bool ota_key_is_private(const struct ota_key *key);

/* The hash that goes with the key (imgtool's `--sha auto`). */
OTA_API enum ota_hash ota_key_hash(const struct ota_key *key);

/* The type of the signature's TLV (enum ota_tlv_type). */
OTA_API uint16_t ota_key_sig_tlv(const struct ota_key *key);

/* The public key as the bootloader embeds and hashes it: SubjectPublicKeyInfo DER. Borrowed. */
OTA_API struct ota_span ota_key_public(const struct ota_key *key);

/* Appends the public key as PEM. */
OTA_API OTA_MUST_CHECK enum ota_err ota_key_public_pem(const struct ota_key *key,
						       struct ota_buf *out, struct ota_diag *diag);

/* The key id: the hash of ota_key_public with `hash`. */
OTA_API OTA_MUST_CHECK enum ota_err ota_key_id(const struct ota_key *key, enum ota_hash hash,
					       struct ota_digest *id, struct ota_diag *diag);

/*
 * Signs an image's digest: ECDSA over it, Ed25519 with it as the message. The signature is
 * verified before it is returned. OTA_E_USAGE: a public key. OTA_E_CRYPTO. Fills `sig`.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_key_sign(const struct ota_key *key,
						 const struct ota_digest *digest,
						 struct ota_sig *sig, struct ota_diag *diag);

/* OTA_OK: `sig` is this key's over `digest`. OTA_E_SIGNATURE: it is not. */
OTA_API OTA_MUST_CHECK enum ota_err ota_key_verify(const struct ota_key *key,
						   const struct ota_digest *digest,
						   struct ota_span sig, struct ota_diag *diag);

#ifdef __cplusplus
}
#endif
#endif
