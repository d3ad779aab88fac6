// SPDX-License-Identifier: Apache-2.0
/* SHA-2 digests, by value. */
#ifndef OTA_DIGEST_H
#define OTA_DIGEST_H

#include <ota/diag.h>

#ifdef __cplusplus
extern "C" {
#endif

#define OTA_DIGEST_MAX 64

enum ota_hash {
	OTA_HASH_SHA256 = 1,
	OTA_HASH_SHA384,
	OTA_HASH_SHA512,
};

struct ota_digest {
	uint8_t data[OTA_DIGEST_MAX];
	size_t len; /* 32, 48 or 64 bytes; 0: none */
};

/* Bytes of the hash's digest. */
OTA_API size_t ota_hash_size(enum ota_hash hash);

/* "SHA256", ... */
OTA_API const char *ota_hash_name(enum ota_hash hash);

/* Fills `digest`. OTA_E_CRYPTO, put into words. */
OTA_API OTA_MUST_CHECK enum ota_err ota_digest_of(enum ota_hash hash, struct ota_span bytes,
						  struct ota_digest *digest, struct ota_diag *diag);

/* The digest's bytes, borrowed. */
OTA_API struct ota_span ota_digest_span(const struct ota_digest *digest);

#ifdef __cplusplus
}
#endif
#endif
