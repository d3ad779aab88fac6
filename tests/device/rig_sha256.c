// SPDX-License-Identifier: Apache-2.0
#include "rig_sha256.h"

#include <string.h>

#define ROUNDS 64U

/* FIPS 180-4, 4.2.2: of the first 64 primes the cube roots' first 32 bits of fraction. */
static const uint32_t k[ROUNDS] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
	0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
	0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
	0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
	0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
	0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
	0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
	0xc67178f2,
};

/* 5.3.3: of the first 8 primes the square roots'. */
static const uint32_t first[SHA256_LEN / 4] = {
	0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
	0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

static uint32_t turned(uint32_t x, uint32_t n)
{
	return x >> n | x << (32 - n);
}

/* 6.2.2, step 1. */
static void schedule(const uint8_t *block, uint32_t w[ROUNDS])
{
	for (uint32_t i = 0; i < ROUNDS; i++) {
		uint32_t a, b;

		if (i < 16) {
			const uint8_t *at = block + 4 * i;

			w[i] = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
			       (uint32_t)at[2] << 8 | at[3];
			continue;
		}
		a = w[i - 15];
		b = w[i - 2];
		w[i] = w[i - 16] + (turned(a, 7) ^ turned(a, 18) ^ a >> 3) + w[i - 7] +
		       (turned(b, 17) ^ turned(b, 19) ^ b >> 10);
	}
}

static void take_block(struct sha256 *sha)
{
	uint32_t w[ROUNDS];
	uint32_t s[8];

	schedule(sha->block, w);
	memcpy(s, sha->h, sizeof(s));
	for (uint32_t i = 0; i < ROUNDS; i++) {
		uint32_t e = s[4];
		uint32_t a = s[0];
		uint32_t t1 = s[7] + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) +
			      ((e & s[5]) ^ (~e & s[6])) + k[i] + w[i];
		uint32_t t2 = (turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) +
			      ((a & s[1]) ^ (a & s[2]) ^ (s[1] & s[2]));

		memmove(s + 1, s, 7 * sizeof(*s));
		s[4] += t1;
		s[0] = t1 + t2;
	}
	for (uint32_t i = 0; i < 8; i++)
		sha->h[i] += s[i];
}

void sha256_begin(struct sha256 *sha)
{
	memset(sha, 0, sizeof(*sha));
	memcpy(sha->h, first, sizeof(first));
}

void sha256_update(struct sha256 *sha, const void *bytes, uint32_t len)
{
	const uint8_t *from = bytes;

	while (len > 0) {
		uint32_t at = sha->len % SHA256_BLOCK;
		uint32_t n = SHA256_BLOCK - at;

		if (n > len)
			n = len;
		memcpy(sha->block + at, from, n);
		sha->len += n;
		from += n;
		len -= n;
		if (sha->len % SHA256_BLOCK == 0)
			take_block(sha);
	}
}

/* 5.1.1: a 1, zeros, and the length in bits. */
void sha256_finish(struct sha256 *sha, uint8_t digest[SHA256_LEN])
{
	static const uint8_t one = 0x80;
	static const uint8_t zero = 0;
	uint32_t bits = sha->len * 8;
	uint8_t length[8] = {0};

	for (uint32_t i = 0; i < 4; i++)
		length[7 - i] = (uint8_t)(bits >> 8 * i);
	sha256_update(sha, &one, 1);
	while (sha->len % SHA256_BLOCK != SHA256_BLOCK - sizeof(length))
		sha256_update(sha, &zero, 1);
	sha256_update(sha, length, sizeof(length));
	for (uint32_t i = 0; i < SHA256_LEN; i++)
		digest[i] = (uint8_t)(sha->h[i / 4] >> (24 - 8 * (i % 4)));
}
