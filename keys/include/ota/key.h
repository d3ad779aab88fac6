// SPDX-License-Identifier: Apache-2.0
/*
 * Keys: something that can sign, verify, or both. Private parts never leave this floor but as a
 * PEM file of a new key. Keys in tokens: ota/token.h.
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

/* Longest passphrase or PIN that is taken, in bytes. */
#define OTA_PASSPHRASE_MAX 1024U

/*
 * Calls into the crypto libraries need this once, before anything else on this floor, in a single
 * thread; calling it again does nothing. Before the process's first use of OpenSSL it also gives
 * that library a heap which is wiped as it is freed; later it cannot. OTA_E_CRYPTO.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_keys_init(struct ota_diag *diag);

/*
 * Makes the process one that holds secrets: no core file, no ptrace by its user, /proc/PID/mem for
 * root only. To be called before the first secret is read; there is no way back. It is not done by
 * itself because a library does not decide that for its process.
 */
OTA_API void ota_keys_guard_process(void);

/*
 * The crypto libraries' names and versions by index; false from the last one on. `text` has `cap`
 * bytes.
 */
OTA_API bool ota_keys_library_version(size_t index, char *text, size_t cap);

/* Names of the kinds ota_key_generate makes, in table order; NULL from `index` = count on. */
OTA_API const char *ota_key_kind_name(size_t index);

/*
 * True when the file starts as a key does, of whatever kind and state: PEM, DER, a public key for
 * OpenSSH. ota_key_read says whether it is taken.
 */
OTA_API bool ota_key_probe(struct ota_span file);

/* True when the file is a key that wants a passphrase: encrypted PKCS#8 or an old encrypted PEM. */
OTA_API bool ota_key_is_encrypted(struct ota_span file);

/*
 * Reads a key, private or public, PEM or DER: PKCS#8 (plain or encrypted), SEC1, PKCS#1,
 * SubjectPublicKeyInfo, and PEM with the old Proc-Type encryption; or a key-encryption key, base64
 * text of 16 or 32 bytes, "AES-KW:" in front of it or not. `passphrase` is used when the key is
 * encrypted. The caller frees the key with ota_key_free and wipes `file` and `passphrase`.
 * OTA_E_MALFORMED: not a key, damaged, not strict DER, private and public part of different keys.
 * OTA_E_UNSUPPORTED: a kind, curve, size or encryption that is not taken. OTA_E_REFUSED: wrong
 * passphrase. OTA_E_USAGE: an encrypted key and an empty passphrase.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_key_read(struct ota_span file, struct ota_span passphrase,
						 struct ota_key **key, struct ota_diag *diag);

/*
 * Makes a new private key of the named kind and appends it to `pem` as PKCS#8, encrypted (PBES2:
 * PBKDF2-HMAC-SHA-256, 600,000 rounds, AES-256-CBC) unless `passphrase` is empty; the caller wipes
 * `pem`. OTA_E_ABSENT: no such kind.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_key_generate(const char *kind, struct ota_span passphrase,
						     struct ota_buf *pem, struct ota_diag *diag);

/* Wipes and frees, and logs out of a token; NULL is fine. */
OTA_API void ota_key_free(struct ota_key *key);

/* "ecdsa-p256", "ed25519". */
OTA_API const char *ota_key_name(const struct ota_key *key);

/* The stem imgtool gives its C names: "ecdsa", "ed25519". */
OTA_API const char *ota_key_c_stem(const struct ota_key *key);

/* True when the private part is at hand, in memory or in a token. */
OTA_API bool ota_key_is_private(const struct ota_key *key);

/* True for a kind that signs; false for X25519, which only encrypts. */
OTA_API bool ota_key_signs(const struct ota_key *key);

/* The hash that goes with the key (imgtool's `--sha auto`). */
OTA_API enum ota_hash ota_key_hash(const struct ota_key *key);

/* True when a bootloader that uses `hash` can take this key's signatures. */
OTA_API bool ota_key_takes_hash(const struct ota_key *key, enum ota_hash hash);

/* The type of the signature's TLV (enum ota_tlv_type); 0 for a kind that does not sign. */
OTA_API uint16_t ota_key_sig_tlv(const struct ota_key *key);

/*
 * The public key as the bootloader embeds and hashes it: PKCS#1 RSAPublicKey for RSA, else
 * SubjectPublicKeyInfo, in DER. Borrowed. Empty for a key-encryption key, which has none and no id.
 */
OTA_API struct ota_span ota_key_public(const struct ota_key *key);

/* Appends the public key as PEM (SubjectPublicKeyInfo for every kind). */
OTA_API OTA_MUST_CHECK enum ota_err ota_key_public_pem(const struct ota_key *key,
						       struct ota_buf *out, struct ota_diag *diag);

/*
 * The hash of ota_key_public with `hash`: what a KEYHASH TLV holds. With SHA-256 it is the key id
 * that people are shown, whatever the image's hash.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_key_id(const struct ota_key *key, enum ota_hash hash,
					       struct ota_digest *id, struct ota_diag *diag);

/*
 * The file's name in MCUboot's repository when the key with this hash (32, 48 or 64 bytes, as in a
 * KEYHASH TLV) is one of its development keys, whose private part is public; else NULL.
 */
OTA_API const char *ota_key_development_name(struct ota_span key_hash);

/* ECDSA with a random nonce, as imgtool does; otherwise it is deterministic (RFC 6979). */
OTA_API void ota_key_use_random_nonce(struct ota_key *key);

/* ECDSA signatures with s <= n/2, for verifiers that want them so. */
OTA_API void ota_key_use_low_s(struct ota_key *key);

/*
 * Signs `message`: for RSA and ECDSA the digest by the key's hash, for Ed25519 any bytes (an
 * image's digest; the image itself for a pure signature). ECDSA signatures are DER. The signature
 * is verified before it is returned. OTA_E_USAGE: a public key, a kind that does not sign, a
 * digest of the wrong size. OTA_E_CRYPTO: also what a token says. Fills `sig`.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_key_sign(const struct ota_key *key, struct ota_span message,
						 struct ota_sig *sig, struct ota_diag *diag);

/*
 * OTA_OK: `sig` is this key's over `message`. OTA_E_SIGNATURE: it is not, or is not strict DER.
 * OTA_E_USAGE: a kind that does not sign.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_key_verify(const struct ota_key *key,
						   struct ota_span message, struct ota_span sig,
						   struct ota_diag *diag);

/*
 * The same for an ECDSA signature as the raw numbers r and s, each as long as the curve's order
 * (32 or 48 bytes), big-endian. OTA_E_USAGE: not an ECDSA key.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_key_verify_raw(const struct ota_key *key,
						       struct ota_span message, struct ota_span sig,
						       struct ota_diag *diag);

/*
 * An ECDSA signature as raw r and s (see ota_key_verify_raw) as DER. OTA_E_USAGE: not an ECDSA key;
 * OTA_E_MALFORMED: another length. Fills `sig`.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_key_sig_from_raw(const struct ota_key *key,
							 struct ota_span raw, struct ota_sig *sig,
							 struct ota_diag *diag);

enum ota_private_form {
	OTA_PRIVATE_PKCS8 = 1,
	OTA_PRIVATE_TRADITIONAL, /* "openssl": SEC1 for EC, PKCS#1 for RSA */
};

/*
 * Appends the private key in DER, for a bootloader that decrypts (imgtool's getpriv); `minimal`
 * leaves out what decrypting does not need. The caller wipes `out`. OTA_E_USAGE: a public key, a
 * kind or form that imgtool does not give out: EC has both forms, RSA the traditional one, X25519
 * PKCS#8; P-384 has no minimal form, Ed25519 none at all.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_key_private(const struct ota_key *key,
						    enum ota_private_form form, bool minimal,
						    struct ota_buf *out, struct ota_diag *diag);

/* -- image encryption: boot/bootutil/src/encrypted.c ------------------------------------------- */

#define OTA_IMAGE_KEY_MAX 32U /* bytes: AES-256 */

/* An image's AES key. The caller wipes it with ota_image_key_wipe. */
struct ota_image_key {
	uint8_t data[OTA_IMAGE_KEY_MAX];
	size_t len; /* 16 or 32 bytes */
};

OTA_API void ota_image_key_wipe(struct ota_image_key *image_key);

/* The type of the TLV that wraps an image key for this key; 0 for a kind that cannot decrypt. */
OTA_API uint16_t ota_key_enc_tlv(const struct ota_key *key);

/*
 * Unwraps the image key from the value of an encryption TLV of type `tlv` (enum ota_tlv_type):
 * RSAES-OAEP for RSA-2048, ECIES for P-256 and X25519, AES-KW for a key-encryption key of the
 * image key's length. OTA_E_REFUSED: wrong key or damaged (the MAC does not hold, wrong length).
 * OTA_E_USAGE: a public key, or a TLV of another kind of key.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_key_unwrap(const struct ota_key *key, uint16_t tlv,
						   struct ota_span value,
						   struct ota_image_key *image_key,
						   struct ota_diag *diag);

/* A fresh random image key of `len` bytes, 16 or 32. Fills `image_key`. */
OTA_API OTA_MUST_CHECK enum ota_err
ota_image_key_generate(size_t len, struct ota_image_key *image_key, struct ota_diag *diag);

#define OTA_WRAPPED_MAX 256 /* bytes: RSA-2048 */

/* An image key wrapped for a key: type and value of a TLV. */
struct ota_wrapped_key {
	uint16_t tlv; /* enum ota_tlv_type */
	uint8_t data[OTA_WRAPPED_MAX];
	size_t len; /* bytes */
};

/*
 * Bytes of the TLV's value when an image key of `image_key_len` bytes is wrapped for `key`; 0 when
 * it cannot be: a kind that wraps nothing a bootloader reads (RSA-3072, P-384, Ed25519), a hash
 * that does not go with it (only X25519 has SHA-512), a key-encryption key of another length.
 */
OTA_API size_t ota_key_wrapped_size(const struct ota_key *key, size_t image_key_len,
				    enum ota_hash exchange_hash);

/*
 * Wraps the image key for `key`, public or private: RSAES-OAEP for RSA-2048, ECIES for P-256 and
 * X25519 with `exchange_hash` (0: SHA-256), AES-KW (RFC 3394) for a key-encryption key. Fills
 * `wrapped`. OTA_E_USAGE where ota_key_wrapped_size is 0.
 */
OTA_API OTA_MUST_CHECK enum ota_err
ota_key_wrap(const struct ota_key *key, const struct ota_image_key *image_key,
	     enum ota_hash exchange_hash, struct ota_wrapped_key *wrapped, struct ota_diag *diag);

/* True for a key-encryption key (AES-KW): 16 or 32 secret bytes, which have no public part. */
OTA_API bool ota_key_is_kek(const struct ota_key *key);

/*
 * Appends `bytes` to `out`, en- or decrypted by AES-CTR with a counter that begins at 0: an
 * encrypted image's payload.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_image_key_crypt(const struct ota_image_key *image_key,
							struct ota_span bytes, struct ota_buf *out,
							struct ota_diag *diag);

#ifdef __cplusplus
}
#endif
#endif
