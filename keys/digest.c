// SPDX-License-Identifier: Apache-2.0
#include <openssl/evp.h>

#include <ota/digest.h>

#include "key_ops.h"

size_t ota_hash_size(enum ota_hash hash)
{
	switch (hash) {
	case OTA_HASH_SHA256:
		return 32;
	case OTA_HASH_SHA384:
		return 48;
	case OTA_HASH_SHA512:
		return 64;
	}
	return 0;
}

const char *ota_hash_name(enum ota_hash hash)
{
	switch (hash) {
	case OTA_HASH_SHA256:
		return "SHA256";
	case OTA_HASH_SHA384:
		return "SHA384";
	case OTA_HASH_SHA512:
		return "SHA512";
	}
	return "unknown";
}

const EVP_MD *ota_evp_md(enum ota_hash hash)
{
	switch (hash) {
	case OTA_HASH_SHA256:
		return EVP_sha256();
	case OTA_HASH_SHA384:
		return EVP_sha384();
	case OTA_HASH_SHA512:
		return EVP_sha512();
	}
	return NULL;
}

enum ota_err ota_digest_of(enum ota_hash hash, struct ota_span bytes, struct ota_digest *digest,
			   struct ota_diag *diag)
{
	unsigned len = 0;

	*digest = (struct ota_digest){.len = 0};
	if (EVP_Digest(bytes.data, bytes.len, digest->data, &len, ota_evp_md(hash), NULL) != 1)
		return ota_fail_openssl(diag, ota_hash_name(hash));
	digest->len = len;
	return OTA_OK;
}

struct ota_span ota_digest_span(const struct ota_digest *digest)
{
	return ota_span_of(digest->data, digest->len);
}
