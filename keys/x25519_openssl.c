// SPDX-License-Identifier: Apache-2.0
/* X25519: it signs nothing; image keys are wrapped for it (ecies_openssl.c). */
#include <openssl/evp.h>

#include <ota/mcuboot.h>

#include "key_ops.h"

static enum ota_err generate(const struct key_ops *ops, EVP_PKEY **pkey, struct ota_diag *diag)
{
	*pkey = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
	return *pkey ? OTA_OK : ota_fail_openssl(diag, ops->name);
}

const struct key_ops ota_key_x25519 = {
	.name = "x25519",
	.c_stem = "x25519",
	.evp_type = EVP_PKEY_X25519,
	.hash = OTA_HASH_SHA256,
	.enc_tlv = OTA_TLV_ENC_X25519,
	/* A file holds the private part or the public one, never both: nothing to compare. */
	.adopt = ota_evp_adopt,
	.generate = generate,
	.unwrap = ota_ecies_unwrap,
	.wrapped_size = ota_ecies_wrapped_size,
	.wrap = ota_ecies_wrap,
	.free = ota_evp_release,
};
