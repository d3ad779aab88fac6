// SPDX-License-Identifier: Apache-2.0
/* Ed25519, by libsodium; the secret lives in its guarded memory. */
#include <sodium.h>

#include <ota/mcuboot.h>

#include "key_ops.h"

/* Takes the seed out of the OpenSSL key; libsodium derives the rest. */
static enum ota_err keep_secret(struct ota_key *key, EVP_PKEY *pkey, struct ota_diag *diag)
{
	uint8_t public_raw[crypto_sign_PUBLICKEYBYTES];
	uint8_t seed[crypto_sign_SEEDBYTES];
	size_t len = sizeof(seed);
	enum ota_err err = OTA_OK;

	key->secret = sodium_malloc(crypto_sign_SECRETKEYBYTES);
	if (!key->secret)
		return ota_fail(diag, OTA_E_MEMORY, "out of guarded memory for a key");
	if (EVP_PKEY_get_raw_private_key(pkey, seed, &len) != 1 || len != sizeof(seed))
		err = ota_fail_openssl(diag, "Ed25519 key");
	else
		(void)crypto_sign_seed_keypair(public_raw, key->secret, seed);
	sodium_memzero(seed, sizeof(seed));
	if (err == OTA_OK && memcmp(public_raw, key->public_raw, sizeof(public_raw)) != 0)
		err = ota_fail(diag, OTA_E_MALFORMED,
			       "public and private part do not belong together");
	if (err != OTA_OK) {
		sodium_free(key->secret);
		key->secret = NULL;
	}
	return err;
}

static enum ota_err adopt(struct ota_key *key, EVP_PKEY *pkey, struct ota_diag *diag)
{
	size_t len = sizeof(key->public_raw);
	enum ota_err err = ota_key_keep_public(key, pkey, diag);

	if (err != OTA_OK)
		return err;
	if (EVP_PKEY_get_raw_public_key(pkey, key->public_raw, &len) != 1 ||
	    len != sizeof(key->public_raw))
		return ota_fail_openssl(diag, "Ed25519 key");
	if (crypto_core_ed25519_is_valid_point(key->public_raw) != 1)
		return ota_fail(diag, OTA_E_MALFORMED, "public part is not a point of Ed25519");
	if (key->is_private)
		err = keep_secret(key, pkey, diag);
	if (err == OTA_OK)
		EVP_PKEY_free(pkey);
	return err;
}

static enum ota_err generate(const struct key_ops *ops, EVP_PKEY **pkey, struct ota_diag *diag)
{
	*pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	return *pkey ? OTA_OK : ota_fail_openssl(diag, ops->name);
}

static enum ota_err sign(const struct ota_key *key, struct ota_span message, struct ota_sig *sig,
			 struct ota_diag *diag)
{
	unsigned long long len = 0;

	if (crypto_sign_detached(sig->data, &len, message.data, message.len, key->secret) != 0)
		return ota_fail(diag, OTA_E_CRYPTO, "signing with Ed25519 failed");
	sig->len = (size_t)len;
	return OTA_OK;
}

static enum ota_err verify(const struct ota_key *key, struct ota_span message, struct ota_span sig,
			   struct ota_diag *diag)
{
	if (sig.len != crypto_sign_BYTES)
		return ota_fail(diag, OTA_E_SIGNATURE, "Ed25519 signature is %zu bytes, not %u",
				sig.len, crypto_sign_BYTES);
	if (crypto_sign_verify_detached(sig.data, message.data, message.len, key->public_raw) != 0)
		return ota_fail(diag, OTA_E_SIGNATURE, "Ed25519 signature does not verify");
	return OTA_OK;
}

static void release(struct ota_key *key)
{
	sodium_free(key->secret);
}

const struct key_ops ota_key_ed25519 = {
	.name = "ed25519",
	.c_stem = "ed25519",
	.evp_type = EVP_PKEY_ED25519,
	.hash = OTA_HASH_SHA256,
	.sig_tlv = OTA_TLV_ED25519,
	.adopt = adopt,
	.generate = generate,
	.sign = sign,
	.verify = verify,
	.free = release,
};
