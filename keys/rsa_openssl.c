// SPDX-License-Identifier: Apache-2.0
/*
 * RSA of 2048 and 3072 bits, by OpenSSL: signatures are RSASSA-PSS with SHA-256 and a salt of 32
 * bytes, as bootutil insists (boot/bootutil/src/image_rsa.c); image keys come by RSAES-OAEP.
 */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <sodium.h>

#include <ota/mcuboot.h>

#include "key_ops.h"

#define MODULUS_MAX       384U /* bytes */
#define SMALL_FACTORS_END 752U

/* A private key's numbers, which can be checked against each other (RFC 8017, 3.2). */
enum number { N, E, D, P, Q, DP, DQ, QINV, N_NUMBERS };

struct numbers {
	BIGNUM *of[N_NUMBERS];
	BIGNUM *a, *b; /* for intermediate results */
	BN_CTX *ctx;
};

/* Gets the first `n` of them: a public key has no more than N and E. */
static bool numbers_get(struct numbers *numbers, const EVP_PKEY *pkey, size_t n)
{
	static const char *const names[N_NUMBERS] = {
		[N] = OSSL_PKEY_PARAM_RSA_N,          [E] = OSSL_PKEY_PARAM_RSA_E,
		[D] = OSSL_PKEY_PARAM_RSA_D,          [P] = OSSL_PKEY_PARAM_RSA_FACTOR1,
		[Q] = OSSL_PKEY_PARAM_RSA_FACTOR2,    [DP] = OSSL_PKEY_PARAM_RSA_EXPONENT1,
		[DQ] = OSSL_PKEY_PARAM_RSA_EXPONENT2, [QINV] = OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
	};

	numbers->a = BN_new();
	numbers->b = BN_new();
	numbers->ctx = BN_CTX_new();
	for (size_t i = 0; i < n; i++) {
		if (EVP_PKEY_get_bn_param(pkey, names[i], &numbers->of[i]) != 1)
			return false;
	}
	return numbers->a && numbers->b && numbers->ctx;
}

static void numbers_free(struct numbers *numbers)
{
	for (size_t i = 0; i < N_NUMBERS; i++)
		BN_clear_free(numbers->of[i]);
	BN_clear_free(numbers->a);
	BN_clear_free(numbers->b);
	BN_CTX_free(numbers->ctx);
}

/* x * y = 1 modulo m. */
static bool is_inverse(const struct numbers *numbers, enum number x, enum number y, const BIGNUM *m)
{
	return !BN_is_zero(m) &&
	       BN_mod_mul(numbers->b, numbers->of[x], numbers->of[y], m, numbers->ctx) == 1 &&
	       BN_is_one(numbers->b);
}

/* Both exponents undo e modulo prime - 1, and the short one is below that. */
static bool are_exponents(const struct numbers *numbers, enum number prime, enum number exponent)
{
	return BN_copy(numbers->a, numbers->of[prime]) && BN_sub_word(numbers->a, 1) == 1 &&
	       BN_cmp(numbers->of[exponent], numbers->a) < 0 &&
	       is_inverse(numbers, E, D, numbers->a) &&
	       is_inverse(numbers, E, exponent, numbers->a);
}

static bool are_factors(const struct numbers *numbers)
{
	return BN_mul(numbers->a, numbers->of[P], numbers->of[Q], numbers->ctx) == 1 &&
	       BN_cmp(numbers->a, numbers->of[N]) == 0 &&
	       BN_cmp(numbers->of[QINV], numbers->of[P]) < 0 &&
	       is_inverse(numbers, Q, QINV, numbers->of[P]);
}

/*
 * The private part belongs to the public one. Whether p and q are primes is not asked, which takes
 * a tenth of a second at every signing: a signature is verified before it is given away.
 */
static bool is_pair(const struct numbers *numbers)
{
	return are_factors(numbers) && are_exponents(numbers, P, DP) &&
	       are_exponents(numbers, Q, DQ);
}

/*
 * No prime below 752, as OpenSSL has it, and as most damaged numbers are. Its public_check would
 * also ask whether n is a prime or a prime's power, for most of the time that a verification takes:
 * a key that was damaged into one verifies nothing, and whoever could plant one could plant his own
 * key.
 */
static bool has_small_factor(const BIGNUM *n)
{
	for (BN_ULONG factor = 3; factor < SMALL_FACTORS_END; factor += 2) {
		if (BN_mod_word(n, factor) == 0)
			return true;
	}
	return false;
}

static bool is_sound(const EVP_PKEY *pkey, bool is_private)
{
	struct numbers numbers = {.ctx = NULL};
	bool sound = numbers_get(&numbers, pkey, is_private ? N_NUMBERS : E + 1) &&
		     BN_is_odd(numbers.of[N]) && BN_is_odd(numbers.of[E]) &&
		     !BN_is_one(numbers.of[E]) && !has_small_factor(numbers.of[N]) &&
		     (!is_private || is_pair(&numbers));

	numbers_free(&numbers);
	ERR_clear_error();
	return sound;
}

static enum ota_err adopt(struct ota_key *key, EVP_PKEY *pkey, struct ota_diag *diag)
{
	if (!is_sound(pkey, key->is_private))
		return ota_fail(diag, OTA_E_MALFORMED,
				"RSA key's numbers are no key, or do not belong together");
	return ota_evp_adopt(key, pkey, diag);
}

static enum ota_err generate(const struct key_ops *ops, EVP_PKEY **pkey, struct ota_diag *diag)
{
	*pkey = EVP_RSA_gen((unsigned)ops->bits); /* e = 65537 */
	return *pkey ? OTA_OK : ota_fail_openssl(diag, ops->name);
}

/* RSASSA-PSS with SHA-256, MGF1 with the same, and a salt of the digest's length. */
static bool use_pss(EVP_PKEY_CTX *ctx)
{
	return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
	       EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1 &&
	       EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, EVP_sha256()) == 1 &&
	       EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) == 1;
}

static enum ota_err sign(const struct ota_key *key, struct ota_span digest, struct ota_sig *sig,
			 struct ota_diag *diag)
{
	return ota_evp_sign(key, use_pss, digest, sig, diag);
}

static enum ota_err verify(const struct ota_key *key, struct ota_span digest, struct ota_span sig,
			   struct ota_diag *diag)
{
	size_t size = (size_t)EVP_PKEY_get_size(key->pkey);

	/* OpenSSL takes a signature without its leading zeros too. */
	if (sig.len != size)
		return ota_fail(diag, OTA_E_SIGNATURE, "%s signature is %zu bytes, not %zu",
				key->ops->name, sig.len, size);
	return ota_evp_verify(key, use_pss, digest, sig, diag);
}

/* RSAES-OAEP with SHA-256, MGF1 with the same, and no label. */
static bool use_oaep(EVP_PKEY_CTX *ctx)
{
	return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1 &&
	       EVP_PKEY_CTX_set_rsa_oaep_md(ctx, EVP_sha256()) == 1 &&
	       EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, EVP_sha256()) == 1;
}

static enum ota_err decrypt(EVP_PKEY *pkey, struct ota_span value, struct ota_image_key *image_key,
			    struct ota_diag *diag)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);
	uint8_t plain[MODULUS_MAX];
	size_t len = sizeof(plain);
	enum ota_err err = OTA_OK;

	if (!ctx || EVP_PKEY_decrypt_init(ctx) != 1 || !use_oaep(ctx))
		err = ota_fail_openssl(diag, "unwrapping an image key");
	else if (EVP_PKEY_decrypt(ctx, plain, &len, value.data, value.len) != 1)
		err = ota_fail(diag, OTA_E_REFUSED,
			       "image key is wrapped for another key, or damaged");
	else if (len != 16 && len != OTA_IMAGE_KEY_MAX)
		err = ota_fail(diag, OTA_E_REFUSED, "image key is %zu bytes, not 16 or 32", len);
	else
		memcpy(image_key->data, plain, len);
	if (err == OTA_OK)
		image_key->len = len;
	sodium_memzero(plain, sizeof(plain));
	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	return err;
}

static enum ota_err unwrap(const struct ota_key *key, uint16_t tlv, struct ota_span value,
			   struct ota_image_key *image_key, struct ota_diag *diag)
{
	size_t size = (size_t)EVP_PKEY_get_size(key->pkey);

	if (tlv != key->ops->enc_tlv)
		return ota_fail(diag, OTA_E_USAGE,
				"image key is wrapped by TLV 0x%02x, a key of %s unwraps 0x%02x",
				(unsigned)tlv, key->ops->name, (unsigned)key->ops->enc_tlv);
	if (value.len != size)
		return ota_fail(diag, OTA_E_REFUSED, "wrapped image key is %zu bytes, not %zu",
				value.len, size);
	return decrypt(key->pkey, value, image_key, diag);
}

/* The modulus, whatever is in it. */
static size_t wrapped_size(const struct ota_key *key, size_t image_key_len, enum ota_hash hash)
{
	(void)image_key_len;
	(void)hash;
	return (size_t)key->ops->bits / 8;
}

static enum ota_err wrap(const struct ota_key *key, const struct ota_image_key *image_key,
			 enum ota_hash hash, struct ota_wrapped_key *wrapped, struct ota_diag *diag)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key->pkey, NULL);
	size_t len = sizeof(wrapped->data);
	enum ota_err err = OTA_OK;

	if (!ctx || EVP_PKEY_encrypt_init(ctx) != 1 || !use_oaep(ctx) ||
	    EVP_PKEY_encrypt(ctx, wrapped->data, &len, image_key->data, image_key->len) != 1 ||
	    len != wrapped_size(key, image_key->len, hash))
		err = ota_fail_openssl(diag, "wrapping an image key");
	wrapped->tlv = key->ops->enc_tlv;
	EVP_PKEY_CTX_free(ctx);
	return err;
}

const struct key_ops ota_key_rsa2048 = {
	.name = "rsa-2048",
	.c_stem = "rsa",
	.evp_type = EVP_PKEY_RSA,
	.bits = 2048,
	.hash = OTA_HASH_SHA256,
	.sig_tlv = OTA_TLV_RSA2048_PSS,
	.enc_tlv = OTA_TLV_ENC_RSA2048,
	.adopt = adopt,
	.generate = generate,
	.sign = sign,
	.verify = verify,
	.unwrap = unwrap,
	.wrapped_size = wrapped_size,
	.wrap = wrap,
	.free = ota_evp_release,
};

const struct key_ops ota_key_rsa3072 = {
	.name = "rsa-3072",
	.c_stem = "rsa",
	.evp_type = EVP_PKEY_RSA,
	.bits = 3072,
	.hash = OTA_HASH_SHA256,
	.sig_tlv = OTA_TLV_RSA3072_PSS,
	.adopt = adopt,
	.generate = generate,
	.sign = sign,
	.verify = verify,
	.free = ota_evp_release,
};
