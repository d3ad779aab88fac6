// SPDX-License-Identifier: Apache-2.0
/* X25519: it signs nothing; image keys are wrapped for it (ecies_openssl.c). */
#include <openssl/evp.h>

#include <ota/mcuboot.h>

#include "key_ops.h"

/* A file holds the private part or the public one, never both: there is nothing to compare. */
static enum ota_err adopt(struct ota_key *key, EVP_PKEY *pkey, struct ota_diag *diag)
{
	enum ota_err err = ota_key_keep_public(key, pkey, diag);

	if (err == OTA_OK)
		key->pkey = pkey;
	return err;
}

static enum ota_err generate(const struct key_ops *ops, EVP_PKEY **pkey, struct ota_diag *diag)
{
	*pkey = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
	return *pkey ? OTA_OK : ota_fail_openssl(diag, ops->name);
}

static void release(struct ota_key *key)
{
	EVP_PKEY_free(key->pkey);
}

const struct key_ops ota_key_x25519 = {
	.name = "x25519",
	.c_stem = "x25519",
	.evp_type = EVP_PKEY_X25519,
	.hash = OTA_HASH_SHA256,
	.enc_tlv = OTA_TLV_ENC_X25519,
	.adopt = adopt,
	.generate = generate,
	.unwrap = ota_ecies_unwrap,
	.free = release,
};
