// SPDX-License-Identifier: Apache-2.0
/*
 * Image keys wrapped by ECIES, and payloads encrypted with them: boot/bootutil/src/encrypted.c. A
 * TLV's value is the ephemeral public key, the MAC, the wrapped key; nothing else binds them, so
 * what the MAC does not cover must have one form only.
 */
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <sodium.h>

#include <ota/mcuboot.h>

#include "key_ops.h"

#define P256_POINT     65U /* uncompressed: 04, X, Y */
#define X25519_POINT   32U
#define SHARED_SIZE    32U
#define AES128_SIZE    16U
#define AES256_SIZE    32U
#define AES_BLOCK      16U
#define CRYPT_STEP     0x40000000U /* EVP counts in int */
#define INFO           "MCUBoot_ECIES_v1"
#define UNCOMPRESSED   0x04U
#define X25519_TOP_BIT 0x80U

/* A TLV's value, taken apart. */
struct wrapped {
	struct ota_span point;
	struct ota_span mac;
	struct ota_span cipher; /* as long as the image key */
	enum ota_hash hash;
};

static enum ota_err fail_wrong_key(struct ota_diag *diag)
{
	return ota_fail(diag, OTA_E_REFUSED,
			"image key does not unwrap: encrypted for another key, or damaged");
}

static size_t point_size(const struct ota_key *key)
{
	return key->ops->evp_type == EVP_PKEY_EC ? P256_POINT : X25519_POINT;
}

size_t ota_ecies_wrapped_size(const struct ota_key *key, size_t image_key_len, enum ota_hash hash)
{
	return point_size(key) + ota_hash_size(hash) + image_key_len;
}

static enum ota_err split(const struct ota_key *key, uint16_t tlv, struct ota_span value,
			  struct wrapped *wrapped, struct ota_diag *diag)
{
	bool is_p256 = key->ops->evp_type == EVP_PKEY_EC && tlv == OTA_TLV_ENC_EC256;
	bool is_x25519 = key->ops->evp_type == EVP_PKEY_X25519 &&
			 (tlv == OTA_TLV_ENC_X25519 || tlv == OTA_TLV_ENC_X25519_SHA512);
	size_t point = point_size(key);
	size_t fixed;

	if (!is_p256 && !is_x25519)
		return ota_fail(diag, OTA_E_USAGE, "%s key cannot unwrap TLV 0x%02x",
				key->ops->name, tlv);
	wrapped->hash = tlv == OTA_TLV_ENC_X25519_SHA512 ? OTA_HASH_SHA512 : OTA_HASH_SHA256;
	fixed = ota_ecies_wrapped_size(key, 0, wrapped->hash);
	if (value.len != fixed + AES128_SIZE && value.len != fixed + AES256_SIZE)
		return ota_fail(diag, OTA_E_REFUSED,
				"wrapped image key is %zu bytes, not %zu or %zu", value.len,
				fixed + AES128_SIZE, fixed + AES256_SIZE);
	wrapped->point = ota_span_head(value, point);
	wrapped->mac = ota_span_sub(value, point, fixed - point);
	wrapped->cipher = ota_span_tail(value, fixed);
	/* OpenSSL also takes the hybrid forms of a point, and X25519 ignores the top bit. */
	if (is_p256 ? wrapped->point.data[0] != UNCOMPRESSED
		    : wrapped->point.data[X25519_POINT - 1] & X25519_TOP_BIT)
		return fail_wrong_key(diag);
	return OTA_OK;
}

/* The sender's key; NULL when it is none: a point off the curve. */
static EVP_PKEY *ephemeral_key(const struct ota_key *key, struct ota_span point)
{
	EVP_PKEY *peer;

	if (key->ops->evp_type == EVP_PKEY_X25519)
		return EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, point.data, point.len);
	peer = EVP_PKEY_new();
	if (peer && EVP_PKEY_copy_parameters(peer, key->pkey) == 1 &&
	    EVP_PKEY_set1_encoded_public_key(peer, point.data, point.len) == 1)
		return peer;
	EVP_PKEY_free(peer);
	return NULL;
}

/*
 * ECDH. set_peer has the point checked; X25519's points of small order show as a zero secret.
 * OTA_E_REFUSED, without words: the peer is no key to agree with, which NULL is not either.
 */
static enum ota_err agree(EVP_PKEY *own, EVP_PKEY *peer, uint8_t shared[SHARED_SIZE],
			  struct ota_diag *diag)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(own, NULL);
	enum ota_err err = OTA_OK;
	size_t len = SHARED_SIZE;

	if (!ctx || EVP_PKEY_derive_init(ctx) != 1)
		err = ota_fail_openssl(diag, "key agreement");
	else if (!peer || EVP_PKEY_derive_set_peer(ctx, peer) != 1 ||
		 EVP_PKEY_derive(ctx, shared, &len) != 1 || len != SHARED_SIZE ||
		 sodium_is_zero(shared, SHARED_SIZE))
		err = OTA_E_REFUSED;
	ERR_clear_error();
	EVP_PKEY_CTX_free(ctx);
	return err;
}

static enum ota_err agree_with_sender(const struct ota_key *key, struct ota_span point,
				      uint8_t shared[SHARED_SIZE], struct ota_diag *diag)
{
	EVP_PKEY *peer = ephemeral_key(key, point);
	enum ota_err err = agree(key->pkey, peer, shared, diag);

	EVP_PKEY_free(peer);
	return err == OTA_E_REFUSED ? fail_wrong_key(diag) : err;
}

/* HKDF (RFC 5869) without a salt. */
static enum ota_err derive(enum ota_hash hash, uint8_t shared[SHARED_SIZE], uint8_t *out,
			   size_t len, struct ota_diag *diag)
{
	char sha256[] = "SHA256";
	char sha512[] = "SHA512";
	char *digest = hash == OTA_HASH_SHA512 ? sha512 : sha256;
	char info[] = INFO;
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, OSSL_KDF_NAME_HKDF, NULL);
	EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, shared, SHARED_SIZE),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info, sizeof(info) - 1),
		OSSL_PARAM_construct_end(),
	};
	enum ota_err err = OTA_OK;

	if (!ctx || EVP_KDF_derive(ctx, out, len, params) != 1)
		err = ota_fail_openssl(diag, "HKDF");
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return err;
}

/* HMAC of the wrapped key; false when OpenSSL fails. */
static bool make_mac(enum ota_hash hash, const uint8_t *mac_key, struct ota_span cipher,
		     uint8_t mac[EVP_MAX_MD_SIZE])
{
	unsigned len = 0;

	return HMAC(ota_evp_md(hash), mac_key, (int)ota_hash_size(hash), cipher.data, cipher.len,
		    mac, &len) != NULL &&
	       len == ota_hash_size(hash);
}

/* True when the MAC over the wrapped key holds. */
static bool mac_holds(const struct wrapped *wrapped, const uint8_t *mac_key)
{
	uint8_t mac[EVP_MAX_MD_SIZE] = {0};
	bool holds = make_mac(wrapped->hash, mac_key, wrapped->cipher, mac) &&
		     sodium_memcmp(mac, wrapped->mac.data, wrapped->mac.len) == 0;

	sodium_memzero(mac, sizeof(mac));
	return holds;
}

/* AES-CTR from counter 0, by the size of the key. `out` has room for all. */
static enum ota_err aes_ctr(struct ota_span aes_key, struct ota_span bytes, uint8_t *out,
			    struct ota_diag *diag)
{
	static const uint8_t counter[AES_BLOCK];
	const EVP_CIPHER *cipher =
		aes_key.len == AES256_SIZE ? EVP_aes_256_ctr() : EVP_aes_128_ctr();
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	enum ota_err err = OTA_OK;

	if (!ctx || EVP_EncryptInit_ex2(ctx, cipher, aes_key.data, counter, NULL) != 1)
		err = ota_fail_openssl(diag, "AES-CTR");
	while (err == OTA_OK && bytes.len > 0) {
		struct ota_span step = ota_span_head(bytes, CRYPT_STEP);
		int put = 0;

		if (EVP_EncryptUpdate(ctx, out, &put, step.data, (int)step.len) != 1 ||
		    (size_t)put != step.len)
			err = ota_fail_openssl(diag, "AES-CTR");
		out += step.len;
		bytes = ota_span_tail(bytes, step.len);
	}
	EVP_CIPHER_CTX_free(ctx);
	return err;
}

enum ota_err ota_ecies_unwrap(const struct ota_key *key, uint16_t tlv, struct ota_span value,
			      struct ota_image_key *image_key, struct ota_diag *diag)
{
	uint8_t shared[SHARED_SIZE] = {0};
	uint8_t keys[AES256_SIZE + OTA_DIGEST_MAX]; /* the cipher's, then the MAC's */
	struct wrapped wrapped = {.hash = OTA_HASH_SHA256};
	enum ota_err err;

	err = split(key, tlv, value, &wrapped, diag);
	if (err == OTA_OK)
		err = agree_with_sender(key, wrapped.point, shared, diag);
	if (err == OTA_OK)
		err = derive(wrapped.hash, shared, keys,
			     wrapped.cipher.len + ota_hash_size(wrapped.hash), diag);
	/* Before the key is used: a forged one must not be told by what it decrypts to. */
	if (err == OTA_OK && !mac_holds(&wrapped, keys + wrapped.cipher.len))
		err = fail_wrong_key(diag);
	if (err == OTA_OK)
		err = aes_ctr(ota_span_of(keys, wrapped.cipher.len), wrapped.cipher,
			      image_key->data, diag);
	if (err == OTA_OK)
		image_key->len = wrapped.cipher.len;
	else
		ota_image_key_wipe(image_key);
	sodium_memzero(shared, sizeof(shared));
	sodium_memzero(keys, sizeof(keys));
	return err;
}

/* Puts a fresh key's public part at `point` and agrees with it. */
static enum ota_err agree_afresh(const struct ota_key *key, uint8_t *point,
				 uint8_t shared[SHARED_SIZE], struct ota_diag *diag)
{
	unsigned char *encoded = NULL;
	EVP_PKEY *fresh = NULL;
	enum ota_err err = key->ops->generate(key->ops, &fresh, diag);

	if (err == OTA_OK)
		err = agree(fresh, key->pkey, shared, diag);
	if (err == OTA_E_REFUSED)
		err = ota_fail(diag, OTA_E_MALFORMED,
			       "%s key is a point of small order: anyone could decrypt",
			       key->ops->name);
	/* An EC point of a fresh key is uncompressed, as it must be. */
	if (err == OTA_OK && EVP_PKEY_get1_encoded_public_key(fresh, &encoded) != point_size(key))
		err = ota_fail_openssl(diag, "wrapping an image key");
	if (err == OTA_OK)
		memcpy(point, encoded, point_size(key));
	OPENSSL_free(encoded);
	EVP_PKEY_free(fresh);
	return err;
}

enum ota_err ota_ecies_wrap(const struct ota_key *key, const struct ota_image_key *image_key,
			    enum ota_hash hash, struct ota_wrapped_key *wrapped,
			    struct ota_diag *diag)
{
	uint8_t shared[SHARED_SIZE] = {0};
	uint8_t keys[AES256_SIZE + OTA_DIGEST_MAX]; /* the cipher's, then the MAC's */
	size_t fixed = ota_ecies_wrapped_size(key, 0, hash);
	struct ota_span cipher = ota_span_of(wrapped->data + fixed, image_key->len);
	uint8_t mac[EVP_MAX_MD_SIZE] = {0};
	enum ota_err err = agree_afresh(key, wrapped->data, shared, diag);

	if (err == OTA_OK)
		err = derive(hash, shared, keys, image_key->len + ota_hash_size(hash), diag);
	if (err == OTA_OK)
		err = aes_ctr(ota_span_of(keys, image_key->len),
			      ota_span_of(image_key->data, image_key->len), wrapped->data + fixed,
			      diag);
	if (err == OTA_OK && !make_mac(hash, keys + image_key->len, cipher, mac))
		err = ota_fail_openssl(diag, "HMAC");
	if (err == OTA_OK)
		memcpy(wrapped->data + point_size(key), mac, ota_hash_size(hash));
	wrapped->tlv = hash == OTA_HASH_SHA512 ? OTA_TLV_ENC_X25519_SHA512 : key->ops->enc_tlv;
	sodium_memzero(shared, sizeof(shared));
	sodium_memzero(keys, sizeof(keys));
	return err;
}

enum ota_err ota_image_key_crypt(const struct ota_image_key *image_key, struct ota_span bytes,
				 struct ota_buf *out, struct ota_diag *diag)
{
	enum ota_err err;

	if (image_key->len != AES128_SIZE && image_key->len != AES256_SIZE)
		return ota_fail(diag, OTA_E_USAGE, "image key is %zu bytes, not %u or %u",
				image_key->len, AES128_SIZE, AES256_SIZE);
	err = ota_buf_reserve(out, bytes.len, diag);
	if (err == OTA_OK)
		err = aes_ctr(ota_span_of(image_key->data, image_key->len), bytes,
			      out->data + out->len, diag);
	if (err == OTA_OK)
		out->len += bytes.len;
	return err;
}
