// SPDX-License-Identifier: Apache-2.0
/* What all kinds that OpenSSL computes with have in common. */
#include <openssl/err.h>

#include "key_ops.h"

enum ota_err ota_evp_adopt(struct ota_key *key, EVP_PKEY *pkey, struct ota_diag *diag)
{
	enum ota_err err = ota_key_keep_public(key, pkey, diag);

	if (err == OTA_OK)
		key->pkey = pkey;
	return err;
}

enum ota_err ota_evp_sign(const struct ota_key *key, bool (*set_up)(EVP_PKEY_CTX *ctx),
			  struct ota_span digest, struct ota_sig *sig, struct ota_diag *diag)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key->pkey, NULL);
	enum ota_err err = OTA_OK;

	sig->len = sizeof(sig->data);
	if (!ctx || EVP_PKEY_sign_init(ctx) != 1 || (set_up && !set_up(ctx)) ||
	    EVP_PKEY_sign(ctx, sig->data, &sig->len, digest.data, digest.len) != 1)
		err = ota_fail_openssl(diag, "signing");
	EVP_PKEY_CTX_free(ctx);
	return err;
}

enum ota_err ota_evp_verify(const struct ota_key *key, bool (*set_up)(EVP_PKEY_CTX *ctx),
			    struct ota_span digest, struct ota_span sig, struct ota_diag *diag)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key->pkey, NULL);
	enum ota_err err = OTA_OK;

	if (!ctx || EVP_PKEY_verify_init(ctx) != 1 || (set_up && !set_up(ctx)))
		err = ota_fail_openssl(diag, "verifying");
	else if (EVP_PKEY_verify(ctx, sig.data, sig.len, digest.data, digest.len) != 1)
		err = ota_fail(diag, OTA_E_SIGNATURE, "%s signature does not verify",
			       key->ops->name);
	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	return err;
}

void ota_evp_release(struct ota_key *key)
{
	EVP_PKEY_free(key->pkey);
}
