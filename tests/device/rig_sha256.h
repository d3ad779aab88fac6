// SPDX-License-Identifier: Apache-2.0
/* SHA-256 (FIPS 180-4), for a device's test: short, not fast. */
#ifndef SHA256_H
#define SHA256_H

#include <stdint.h>

#define SHA256_LEN   32U
#define SHA256_BLOCK 64U

struct sha256 {
	uint32_t h[SHA256_LEN / 4];
	uint32_t len; /* bytes so far, under 2^29 */
	uint8_t block[SHA256_BLOCK];
};

void sha256_begin(struct sha256 *sha);
void sha256_update(struct sha256 *sha, const void *bytes, uint32_t len);
void sha256_finish(struct sha256 *sha, uint8_t digest[SHA256_LEN]);

#endif
