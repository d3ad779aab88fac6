// SPDX-License-Identifier: Apache-2.0
/*
 * RFC 6979, section 3.2: the nonce of an ECDSA signature from the key and the digest, by HMAC-DRBG.
 * Two signatures with one nonce, or one whose nonce is guessed, give the key away; this way no
 * random number generator has to be trusted while signing, and a signature can be reproduced.
 */
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sodium.h>

#include "key_ops.h"

#define NUMBER_MAX 66 /* bytes of the largest order, P-521's */

/* Names as in the RFC. */
struct drbg {
	const EVP_MD *md;
	size_t hlen; /* bytes */
	uint8_t k[OTA_DIGEST_MAX];
	uint8_t v[OTA_DIGEST_MAX];
};

/* out = HMAC_K(data); `out` may be K itself. */
static bool hmac(const struct drbg *drbg, struct ota_span data, uint8_t *out)
{
	uint8_t mac[EVP_MAX_MD_SIZE];
	bool done = HMAC(drbg->md, drbg->k, (int)drbg->hlen, data.data, data.len, mac, NULL);

	if (done)
		memcpy(out, mac, drbg->hlen);
	sodium_memzero(mac, sizeof(mac));
	return done;
}

static bool next_v(struct drbg *drbg)
{
	return hmac(drbg, ota_span_of(drbg->v, drbg->hlen), drbg->v);
}

/* Steps d to g and the tail of h: K = HMAC_K(V || mark || seed), V = HMAC_K(V). */
static bool update(struct drbg *drbg, uint8_t mark, struct ota_span seed)
{
	uint8_t data[OTA_DIGEST_MAX + 1 + 2 * NUMBER_MAX];
	struct ota_wr wr = ota_wr_init(data, sizeof(data));
	bool done;

	ota_wr_bytes(&wr, ota_span_of(drbg->v, drbg->hlen));
	ota_wr_u8(&wr, mark);
	ota_wr_bytes(&wr, seed);
	done = wr.err == OTA_OK && hmac(drbg, ota_wr_span(&wr), drbg->k) && next_v(drbg);
	sodium_memzero(data, sizeof(data));
	return done;
}

/* Section 2.3.2: the leftmost bits, as many as the order has. */
static bool bits2int(struct ota_span bits, const BIGNUM *order, BIGNUM *out)
{
	int excess = (int)bits.len * 8 - BN_num_bits(order);

	return BN_bin2bn(bits.data, (int)bits.len, out) &&
	       (excess <= 0 || BN_rshift(out, out, excess) == 1);
}

/* Section 2.3.4, and 2.3.3 for a number that is below the order as it is. */
static bool int2octets(const BIGNUM *number, const BIGNUM *order, struct ota_wr *wr)
{
	int len = BN_num_bytes(order);
	uint8_t *room = ota_wr_room(wr, (size_t)len);

	return room && BN_bn2binpad(number, room, len) == len;
}

/* int2octets(x) || bits2octets(h1). */
static bool make_seed(const struct nonce_input *input, struct ota_wr *wr)
{
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *z = BN_new();
	bool done = ctx && z && int2octets(input->secret, input->order, wr) &&
		    bits2int(input->digest, input->order, z) &&
		    BN_nnmod(z, z, input->order, ctx) == 1 && int2octets(z, input->order, wr);

	BN_clear_free(z);
	BN_CTX_free(ctx);
	return done;
}

/* Steps a to g. */
static bool begin(struct drbg *drbg, struct ota_span seed)
{
	memset(drbg->v, 0x01, drbg->hlen);
	memset(drbg->k, 0x00, drbg->hlen);
	return update(drbg, 0x00, seed) && update(drbg, 0x01, seed);
}

/* Step h, once round: a candidate for k, which may still be out of range. */
static bool candidate(struct drbg *drbg, const BIGNUM *order, BIGNUM *k)
{
	uint8_t t[NUMBER_MAX + OTA_DIGEST_MAX];
	struct ota_wr wr = ota_wr_init(t, sizeof(t));
	bool done = true;

	while (done && wr.at < (size_t)BN_num_bytes(order)) {
		done = next_v(drbg);
		ota_wr_bytes(&wr, ota_span_of(drbg->v, drbg->hlen));
	}
	done = done && wr.err == OTA_OK && bits2int(ota_wr_span(&wr), order, k);
	sodium_memzero(t, sizeof(t));
	return done;
}

static bool find_nonce(struct drbg *drbg, const BIGNUM *order, unsigned skip, BIGNUM *k)
{
	while (candidate(drbg, order, k)) {
		if (!BN_is_zero(k) && BN_cmp(k, order) < 0 && skip-- == 0)
			return true;
		if (!update(drbg, 0x00, ota_span_of(NULL, 0)))
			return false;
	}
	return false;
}

enum ota_err ota_rfc6979_nonce(const struct nonce_input *input, unsigned skip, BIGNUM *k,
			       struct ota_diag *diag)
{
	struct drbg drbg = {.md = ota_evp_md(input->hash), .hlen = ota_hash_size(input->hash)};
	uint8_t seed[2 * NUMBER_MAX];
	struct ota_wr wr = ota_wr_init(seed, sizeof(seed));
	enum ota_err err = OTA_OK;

	BN_set_flags(k, BN_FLG_CONSTTIME);
	if (!drbg.md || !make_seed(input, &wr) || !begin(&drbg, ota_wr_span(&wr)) ||
	    !find_nonce(&drbg, input->order, skip, k))
		err = ota_fail_openssl(diag, "making a nonce");
	sodium_memzero(seed, sizeof(seed));
	sodium_memzero(&drbg, sizeof(drbg));
	return err;
}
