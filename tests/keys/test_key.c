// SPDX-License-Identifier: Apache-2.0
/* What a key of each kind says of itself and does. Key files: test_key_file.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <ota/mcuboot.h>

#include "key_ops.h"
#include "vectors.h"

static const struct ota_span no_passphrase = {NULL, 0};

/* What the table of kinds must say; in the order of the table. */
static const struct {
	const char *name;
	const char *c_stem;
	enum ota_hash hash;
	uint16_t sig_tlv;
	uint16_t enc_tlv;
	size_t public_len; /* bytes: spec of the bootloader's form */
	bool sha512;
} kinds[] = {
	{"ecdsa-p256", "ecdsa", OTA_HASH_SHA256, 0x22, 0x32, 91, false},
	{"ed25519", "ed25519", OTA_HASH_SHA256, 0x24, 0, 44, true},
	{"ecdsa-p384", "ecdsap384", OTA_HASH_SHA384, 0x22, 0, 120, false},
	{"rsa-2048", "rsa", OTA_HASH_SHA256, 0x20, 0x30, 270, false},
	{"rsa-3072", "rsa", OTA_HASH_SHA256, 0x23, 0, 398, false},
	{"x25519", "x25519", OTA_HASH_SHA256, 0, 0x33, 44, false},
};

#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* Two keys of each kind, made once: RSA's take long. */
static struct ota_key *keys[N_KINDS];
static struct ota_key *strangers[N_KINDS];

static struct ota_key *generate(const char *kind)
{
	struct ota_buf pem = ota_buf_init(OTA_KEY_FILE_MAX);
	struct ota_key *key = NULL;

	assert_int_equal(ota_keys_init(NULL), OTA_OK);
	assert_int_equal(ota_key_generate(kind, no_passphrase, &pem, NULL), OTA_OK);
	assert_int_equal(ota_key_read(ota_buf_span(&pem), no_passphrase, &key, NULL), OTA_OK);
	ota_buf_wipe(&pem);
	return key;
}

static int make_keys(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_KINDS; i++) {
		keys[i] = generate(kinds[i].name);
		strangers[i] = generate(kinds[i].name);
	}
	return 0;
}

static int free_keys(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_KINDS; i++) {
		ota_key_free(keys[i]);
		ota_key_free(strangers[i]);
	}
	return 0;
}

static struct ota_digest digest_of(const char *text, const struct ota_key *key)
{
	struct ota_digest digest;

	assert_int_equal(
		ota_digest_of(ota_key_hash(key), ota_span_of(text, strlen(text)), &digest, NULL),
		OTA_OK);
	return digest;
}

static struct ota_sig sign(const struct ota_key *key, const char *text)
{
	struct ota_digest digest = digest_of(text, key);
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_sig sig;

	if (ota_key_sign(key, ota_digest_span(&digest), &sig, &diag) != OTA_OK)
		fail_msg("%s: %s", ota_key_name(key), diag.text);
	return sig;
}

static enum ota_err verify(const struct ota_key *key, const char *text, const uint8_t *sig,
			   size_t len)
{
	struct ota_digest digest = digest_of(text, key);

	return ota_key_verify(key, ota_digest_span(&digest), ota_span_of(sig, len), NULL);
}

static void the_table_says_what_imgtool_and_the_bootloader_say(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_KINDS; i++) {
		const struct ota_key *key = keys[i];

		assert_string_equal(ota_key_kind_name(i), kinds[i].name);
		assert_string_equal(ota_key_name(key), kinds[i].name);
		assert_string_equal(ota_key_c_stem(key), kinds[i].c_stem);
		assert_int_equal(ota_key_hash(key), kinds[i].hash);
		assert_int_equal(ota_key_sig_tlv(key), kinds[i].sig_tlv);
		assert_int_equal(ota_key_enc_tlv(key), kinds[i].enc_tlv);
		assert_int_equal(ota_key_public(key).len, kinds[i].public_len);
		assert_int_equal(ota_key_signs(key), kinds[i].sig_tlv != 0);
		assert_true(ota_key_is_private(key));
		for (int hash = OTA_HASH_SHA256; hash <= OTA_HASH_SHA512; hash++) {
			bool takes = hash == (int)kinds[i].hash ||
				     (kinds[i].sha512 && hash == OTA_HASH_SHA512);

			assert_int_equal(ota_key_takes_hash(key, (enum ota_hash)hash),
					 takes && kinds[i].sig_tlv != 0);
		}
	}
	assert_null(ota_key_kind_name(N_KINDS));
}

static void rsa_keys_show_the_bootloader_their_pkcs1_form(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_KINDS; i++) {
		struct ota_span form = ota_key_public(keys[i]);
		const unsigned char *at = form.data;
		EVP_PKEY *pkey;

		if (strncmp(kinds[i].name, "rsa", 3) == 0)
			pkey = d2i_PublicKey(EVP_PKEY_RSA, NULL, &at, (long)form.len);
		else
			pkey = d2i_PUBKEY(NULL, &at, (long)form.len);
		assert_non_null(pkey);
		assert_ptr_equal(at, form.data + form.len);
		EVP_PKEY_free(pkey);
	}
}

static void every_kind_signs_what_it_verifies(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_KINDS; i++) {
		struct ota_sig sig;

		if (!ota_key_signs(keys[i]))
			continue;
		sig = sign(keys[i], "firmware");
		assert_int_equal(verify(keys[i], "firmware", sig.data, sig.len), OTA_OK);
		assert_int_equal(verify(keys[i], "other firmware", sig.data, sig.len),
				 OTA_E_SIGNATURE);
		assert_int_equal(verify(strangers[i], "firmware", sig.data, sig.len),
				 OTA_E_SIGNATURE);
		for (size_t len = 0; len < sig.len; len++)
			assert_int_equal(verify(keys[i], "firmware", sig.data, len),
					 OTA_E_SIGNATURE);
		sig.data[sig.len % OTA_SIG_MAX] = 0;
		if (sig.len < OTA_SIG_MAX)
			assert_int_equal(verify(keys[i], "firmware", sig.data, sig.len + 1),
					 OTA_E_SIGNATURE);
	}
}

static void no_flipped_bit_of_a_signature_is_passed_over(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_KINDS; i++) {
		struct ota_sig sig;

		if (!ota_key_signs(keys[i]))
			continue;
		sig = sign(keys[i], "firmware");
		for (size_t bit = 0; bit < 8 * sig.len; bit++) {
			sig.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
			assert_int_equal(verify(keys[i], "firmware", sig.data, sig.len),
					 OTA_E_SIGNATURE);
			sig.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
		}
	}
}

static void a_public_key_verifies_and_does_not_sign(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_KINDS; i++) {
		struct ota_buf pem = ota_buf_init(OTA_KEY_FILE_MAX);
		struct ota_digest digest = digest_of("firmware", keys[i]);
		struct ota_key *public_key = NULL;
		struct ota_sig sig;

		assert_int_equal(ota_key_public_pem(keys[i], &pem, NULL), OTA_OK);
		assert_memory_equal(pem.data, "-----BEGIN PUBLIC KEY-----\n", 27);
		assert_int_equal(ota_key_read(ota_buf_span(&pem), no_passphrase, &public_key, NULL),
				 OTA_OK);
		assert_false(ota_key_is_private(public_key));
		assert_true(ota_span_equal(ota_key_public(keys[i]), ota_key_public(public_key)));
		assert_int_equal(ota_key_sign(public_key, ota_digest_span(&digest), &sig, NULL),
				 OTA_E_USAGE);
		assert_int_equal(sig.len, 0);
		if (ota_key_signs(keys[i])) {
			sig = sign(keys[i], "firmware");
			assert_int_equal(verify(public_key, "firmware", sig.data, sig.len), OTA_OK);
		}
		ota_buf_free(&pem);
		ota_key_free(public_key);
	}
}

static void a_kind_that_does_not_sign_says_so(void **state)
{
	struct ota_digest digest = digest_of("firmware", keys[5]);
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_sig sig;

	(void)state;
	assert_int_equal(ota_key_sign(keys[5], ota_digest_span(&digest), &sig, &diag), OTA_E_USAGE);
	assert_string_equal(diag.text, "a key of kind x25519 does not sign");
	assert_int_equal(ota_key_verify(keys[5], ota_digest_span(&digest), no_passphrase, NULL),
			 OTA_E_USAGE);
	assert_int_equal(ota_key_verify_raw(keys[5], ota_digest_span(&digest), no_passphrase, NULL),
			 OTA_E_USAGE);
}

static void a_digest_of_another_hash_is_not_signed(void **state)
{
	static const uint8_t bytes[64] = {1};

	(void)state;
	for (size_t i = 0; i < N_KINDS; i++) {
		struct ota_sig sig = {.len = 0};

		if (!ota_key_signs(keys[i]) || kinds[i].sha512)
			continue;
		for (size_t len = 0; len <= sizeof(bytes); len++) {
			bool fits = len == ota_hash_size(kinds[i].hash);
			struct ota_span digest = ota_span_of(bytes, len);

			assert_int_equal(ota_key_sign(keys[i], digest, &sig, NULL),
					 fits ? OTA_OK : OTA_E_USAGE);
			if (!fits)
				assert_int_equal(ota_key_verify(keys[i], digest,
								ota_span_of(bytes, 64), NULL),
						 OTA_E_SIGNATURE);
		}
	}
}

static void ed25519_signs_messages_of_any_length(void **state)
{
	static uint8_t message[100000];
	static const size_t lens[] = {0, 1, 32, 64, 65, sizeof(message)};

	(void)state;
	fill_pattern(message, sizeof(message), 1);
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		struct ota_span span = ota_span_of(message, lens[i]);
		struct ota_sig sig;

		assert_int_equal(ota_key_sign(keys[1], span, &sig, NULL), OTA_OK);
		assert_int_equal(
			ota_key_verify(keys[1], span, ota_span_of(sig.data, sig.len), NULL),
			OTA_OK);
	}
}

static void all_but_rsa_signatures_are_reproducible(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_KINDS; i++) {
		struct ota_sig a;
		struct ota_sig b;
		bool same;

		if (!ota_key_signs(keys[i]))
			continue;
		a = sign(keys[i], "firmware");
		b = sign(keys[i], "firmware");
		same = a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
		assert_int_equal(same, strncmp(kinds[i].name, "rsa", 3) != 0);
	}
}

static void a_random_nonce_gives_another_signature_each_time(void **state)
{
	static const char *const names[] = {"ecdsa-p256", "ecdsa-p384"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct ota_key *key = generate(names[i]);
		struct ota_sig a;
		struct ota_sig b;

		ota_key_use_random_nonce(key);
		a = sign(key, "firmware");
		b = sign(key, "firmware");
		assert_false(a.len == b.len && memcmp(a.data, b.data, a.len) == 0);
		assert_int_equal(verify(key, "firmware", a.data, a.len), OTA_OK);
		assert_int_equal(verify(key, "firmware", b.data, b.len), OTA_OK);
		ota_key_free(key);
	}
}

/* True when s is at most half the order. */
static bool is_low(const struct ota_sig *sig, int nid)
{
	const unsigned char *at = sig->data;
	ECDSA_SIG *parts = d2i_ECDSA_SIG(NULL, &at, (long)sig->len);
	EC_GROUP *group = EC_GROUP_new_by_curve_name(nid);
	BIGNUM *half = BN_dup(EC_GROUP_get0_order(group));
	bool low;

	assert_true(parts && BN_rshift1(half, half));
	low = BN_cmp(ECDSA_SIG_get0_s(parts), half) <= 0;
	BN_free(half);
	EC_GROUP_free(group);
	ECDSA_SIG_free(parts);
	return low;
}

static void low_s_is_kept_where_it_is_asked_for(void **state)
{
	static const struct {
		const char *name;
		int nid;
	} curves[] = {{"ecdsa-p256", NID_X9_62_prime256v1}, {"ecdsa-p384", NID_secp384r1}};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct ota_key *key = generate(curves[i].name);
		unsigned low = 0;

		for (char text[] = "a"; text[0] <= 'z'; text[0]++) {
			struct ota_sig sig = sign(key, text);

			low += is_low(&sig, curves[i].nid);
		}
		assert_in_range(low, 1, 25);
		ota_key_use_low_s(key);
		for (char text[] = "a"; text[0] <= 'z'; text[0]++) {
			struct ota_sig sig = sign(key, text);

			assert_true(is_low(&sig, curves[i].nid));
		}
		ota_key_free(key);
	}
}

static void raw_signatures_are_verified_in_their_exact_length(void **state)
{
	static const size_t lens[N_KINDS] = {[0] = 64, [2] = 96};

	(void)state;
	for (size_t i = 0; i < N_KINDS; i++) {
		struct ota_digest digest = digest_of("firmware", keys[i]);
		struct ota_span message = ota_digest_span(&digest);
		uint8_t raw[128] = {0};
		const unsigned char *at;
		ECDSA_SIG *parts;
		struct ota_sig sig;

		if (lens[i] == 0) {
			assert_int_equal(
				ota_key_verify_raw(keys[i], message, ota_span_of(raw, 64), NULL),
				OTA_E_USAGE);
			continue;
		}
		sig = sign(keys[i], "firmware");
		at = sig.data;
		parts = d2i_ECDSA_SIG(NULL, &at, (long)sig.len);
		BN_bn2binpad(ECDSA_SIG_get0_r(parts), raw, (int)lens[i] / 2);
		BN_bn2binpad(ECDSA_SIG_get0_s(parts), raw + lens[i] / 2, (int)lens[i] / 2);
		ECDSA_SIG_free(parts);
		for (size_t len = 0; len <= sizeof(raw); len++)
			assert_int_equal(
				ota_key_verify_raw(keys[i], message, ota_span_of(raw, len), NULL),
				len == lens[i] ? OTA_OK : OTA_E_SIGNATURE);
	}
}

/* Made by OpenSSL with another salt: a bootloader refuses it. */
static struct ota_sig sign_with_salt(const struct ota_key *key, int salt)
{
	struct ota_digest digest = digest_of("firmware", key);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key->pkey, NULL);
	struct ota_sig sig = {.len = OTA_SIG_MAX};

	assert_int_equal(EVP_PKEY_sign_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING), 1);
	assert_int_equal(EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, salt), 1);
	assert_int_equal(EVP_PKEY_sign(ctx, sig.data, &sig.len, digest.data, digest.len), 1);
	EVP_PKEY_CTX_free(ctx);
	return sig;
}

static void rsa_signatures_have_a_salt_of_32_bytes(void **state)
{
	(void)state;
	for (size_t i = 3; i <= 4; i++) {
		for (int salt = 31; salt <= 33; salt++) {
			struct ota_sig sig = sign_with_salt(keys[i], salt);

			assert_int_equal(verify(keys[i], "firmware", sig.data, sig.len),
					 salt == 32 ? OTA_OK : OTA_E_SIGNATURE);
		}
	}
}

/* Wraps `len` bytes for the key by OAEP with SHA-256. */
static size_t wrap(const struct ota_key *key, const uint8_t *bytes, size_t len, uint8_t *out)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key->pkey, NULL);
	size_t out_len = OTA_SIG_MAX;

	assert_int_equal(EVP_PKEY_encrypt_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_oaep_md(ctx, EVP_sha256()), 1);
	assert_int_equal(EVP_PKEY_encrypt(ctx, out, &out_len, bytes, len), 1);
	EVP_PKEY_CTX_free(ctx);
	return out_len;
}

static void rsa_2048_unwraps_image_keys_of_both_sizes(void **state)
{
	uint8_t secret[33];
	uint8_t wrapped[OTA_SIG_MAX];
	struct ota_image_key image_key;

	(void)state;
	fill_pattern(secret, sizeof(secret), 7);
	for (size_t len = 15; len <= sizeof(secret); len++) {
		size_t size = wrap(keys[3], secret, len, wrapped);
		bool fits = len == 16 || len == 32;

		assert_int_equal(
			ota_key_unwrap(keys[3], 0x30, ota_span_of(wrapped, size), &image_key, NULL),
			fits ? OTA_OK : OTA_E_REFUSED);
		assert_int_equal(image_key.len, fits ? len : 0);
		assert_memory_equal(image_key.data, secret, image_key.len);
	}
	ota_image_key_wipe(&image_key);
}

static void a_wrapped_key_that_is_anothers_or_damaged_is_refused(void **state)
{
	uint8_t secret[16] = {1};
	uint8_t wrapped[OTA_SIG_MAX + 1] = {0};
	struct ota_image_key image_key;
	size_t size = wrap(keys[3], secret, sizeof(secret), wrapped);

	(void)state;
	assert_int_equal(size, 256);
	assert_int_equal(
		ota_key_unwrap(strangers[3], 0x30, ota_span_of(wrapped, size), &image_key, NULL),
		OTA_E_REFUSED);
	for (size_t len = 0; len <= size + 1; len++) {
		if (len != size)
			assert_int_equal(ota_key_unwrap(keys[3], 0x30, ota_span_of(wrapped, len),
							&image_key, NULL),
					 OTA_E_REFUSED);
	}
	wrapped[100] ^= 1;
	assert_int_equal(
		ota_key_unwrap(keys[3], 0x30, ota_span_of(wrapped, size), &image_key, NULL),
		OTA_E_REFUSED);
	assert_int_equal(image_key.len, 0);
	/* Other kinds of wrapping, and kinds that unwrap nothing. */
	assert_int_equal(
		ota_key_unwrap(keys[3], 0x32, ota_span_of(wrapped, size), &image_key, NULL),
		OTA_E_USAGE);
	for (size_t i = 0; i < N_KINDS; i++) {
		if (kinds[i].enc_tlv == 0)
			assert_int_equal(ota_key_unwrap(keys[i], 0x30, ota_span_of(wrapped, size),
							&image_key, NULL),
					 OTA_E_USAGE);
	}
}

static void key_ids_are_imgtools(void **state)
{
	struct ota_key *key = vector_key("imgtool/keys/ed25519.pub.pem");
	struct ota_buf image = vector_read("imgtool/out/o358-ed25519-small.bin");
	struct ota_digest id;
	bool found = false;

	(void)state;
	assert_int_equal(ota_key_id(key, OTA_HASH_SHA256, &id, NULL), OTA_OK);
	for (size_t at = 0; at + id.len <= image.len && !found; at++)
		found = memcmp(image.data + at, id.data, id.len) == 0;
	assert_true(found);
	assert_int_equal(ota_key_sig_tlv(key), OTA_TLV_ED25519);
	ota_buf_free(&image);
	ota_key_free(key);
}

/* The points of MCUboot's public development keys are public; their names come from the hash. */
static void mcuboots_development_keys_are_known_by_their_hashes(void **state)
{
	static const uint8_t p256[32] = {0xe3, 0x04, 0x66, 0xf6, 0xb8, 0x47, 0x0c, 0x1f,
					 0x29, 0x07, 0x0b, 0x17, 0xf1, 0xe2, 0xd3, 0xe9,
					 0x4d, 0x44, 0x5e, 0x3f, 0x60, 0x80, 0x87, 0xfd,
					 0xc7, 0x11, 0xe4, 0x38, 0x2b, 0xb5, 0x38, 0xb6};
	struct ota_digest id;

	(void)state;
	assert_string_equal(ota_key_development_name(ota_span_of(p256, 32)), "root-ec-p256.pem");
	assert_null(ota_key_development_name(ota_span_of(p256, 31)));
	assert_null(ota_key_development_name(no_passphrase));
	for (size_t i = 0; i < N_KINDS; i++) {
		for (int hash = OTA_HASH_SHA256; hash <= OTA_HASH_SHA512; hash++) {
			assert_int_equal(ota_key_id(keys[i], (enum ota_hash)hash, &id, NULL),
					 OTA_OK);
			assert_null(ota_key_development_name(ota_digest_span(&id)));
		}
	}
}

/* The list names RSA keys by SubjectPublicKeyInfo, which no image holds a hash of. */
static void the_list_of_development_keys_is_all_known(void **state)
{
	struct ota_buf list = vector_read("crypto/mcuboot_dev_keys.tsv");
	char *line = (char *)list.data;
	unsigned n = 0;

	(void)state;
	list.data[list.len - 1] = '\0';
	for (line = strchr(line, '\n'); line; line = strchr(line + 1, '\n')) {
		char *type = strchr(line + 1, '\t') + 1;
		char *hex = strchr(type, '\t') + 1;
		uint8_t hash[32];

		for (size_t i = 0; i < sizeof(hash); i++) {
			char pair[3] = {hex[2 * i], hex[2 * i + 1], '\0'};

			hash[i] = (uint8_t)strtoul(pair, NULL, 16);
		}
		assert_int_equal(ota_key_development_name(ota_span_of(hash, 32)) != NULL,
				 strncmp(type, "RSA", 3) != 0);
		n++;
	}
	assert_int_equal(n, 19);
	ota_buf_free(&list);
}

static void an_unknown_kind_is_not_made(void **state)
{
	struct ota_buf pem = ota_buf_init(OTA_KEY_FILE_MAX);
	struct ota_diag diag = {.err = OTA_OK};

	(void)state;
	assert_int_equal(ota_key_generate("rsa-1024", no_passphrase, &pem, &diag), OTA_E_ABSENT);
	assert_string_equal(diag.text, "no key type rsa-1024");
	assert_int_equal(pem.len, 0);
}

/* A signer as a token's; the first byte of its signature is wrong when `token` says so. */
static unsigned freed;

static enum ota_err signer_sign(const struct ota_key *key, struct ota_span message,
				struct ota_sig *sig, struct ota_diag *diag)
{
	enum ota_err err = ota_key_sign(keys[0], message, sig, diag);

	if (key->token)
		sig->data[10] ^= 1;
	return err;
}

static void signer_free(struct ota_key *key)
{
	(void)key;
	freed++;
}

static void a_signer_signs_in_place_of_memory_and_is_not_believed(void **state)
{
	static const struct key_signer signer = {.sign = signer_sign, .free = signer_free};
	struct ota_digest digest = digest_of("firmware", keys[0]);
	struct ota_span form = ota_key_public(keys[0]);
	const unsigned char *at = form.data;
	struct ota_image_key image_key;
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_key *key = NULL;
	struct ota_sig sig;

	(void)state;
	assert_int_equal(ota_key_adopt(d2i_PUBKEY(NULL, &at, (long)form.len), false, &key, NULL),
			 OTA_OK);
	key->signer = &signer;
	key->is_private = true;
	assert_int_equal(ota_key_sign(key, ota_digest_span(&digest), &sig, NULL), OTA_OK);
	ota_key_use_low_s(key);
	assert_int_equal(ota_key_sign(key, ota_digest_span(&digest), &sig, NULL), OTA_OK);
	assert_true(is_low(&sig, NID_X9_62_prime256v1));
	key->low_s = false;
	key->token = &freed;
	assert_int_equal(ota_key_sign(key, ota_digest_span(&digest), &sig, &diag), OTA_E_CRYPTO);
	assert_string_equal(diag.text,
			    "the signature that was made does not verify, it is thrown away");
	assert_int_equal(sig.len, 0);
	assert_int_equal(ota_key_unwrap(key, 0x32, form, &image_key, NULL), OTA_E_USAGE);
	ota_key_free(key);
	assert_int_equal(freed, 1);
}

static void a_buffer_never_grows_past_its_ceiling(void **state)
{
	struct ota_buf buf = ota_buf_init(1000);
	struct ota_diag diag = {.err = OTA_OK};
	uint8_t bytes[300] = {0};

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(ota_buf_append(&buf, ota_span_of(bytes, 300), NULL), OTA_OK);
	assert_int_equal(ota_buf_append(&buf, ota_span_of(bytes, 101), &diag), OTA_E_ROOM);
	assert_string_equal(diag.text, "more than the 1000 bytes allowed");
	assert_int_equal(ota_buf_append(&buf, ota_span_of(bytes, 100), NULL), OTA_OK);
	assert_int_equal(buf.len, 1000);
	assert_true(buf.cap <= 1000);
	ota_buf_free(&buf);
	assert_int_equal(
		ota_buf_append(&(struct ota_buf){.ceiling = 0}, ota_span_of(bytes, 1), NULL),
		OTA_E_ROOM);
}

static void the_first_failure_wins(void **state)
{
	struct ota_diag diag = {.err = OTA_OK};

	(void)state;
	assert_int_equal(ota_fail(&diag, OTA_E_NO_FIT, "%d of %d", 5, 4), OTA_E_NO_FIT);
	assert_int_equal(ota_fail(&diag, OTA_E_IO, "later"), OTA_E_IO);
	ota_hint(&diag, "first");
	ota_hint(&diag, "second");
	assert_int_equal(diag.err, OTA_E_NO_FIT);
	assert_string_equal(diag.text, "5 of 4");
	assert_string_equal(diag.hint, "first");
	assert_int_equal(ota_fail(NULL, OTA_E_IO, "nobody listens"), OTA_E_IO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_says_what_imgtool_and_the_bootloader_say),
		cmocka_unit_test(rsa_keys_show_the_bootloader_their_pkcs1_form),
		cmocka_unit_test(every_kind_signs_what_it_verifies),
		cmocka_unit_test(no_flipped_bit_of_a_signature_is_passed_over),
		cmocka_unit_test(a_public_key_verifies_and_does_not_sign),
		cmocka_unit_test(a_kind_that_does_not_sign_says_so),
		cmocka_unit_test(a_digest_of_another_hash_is_not_signed),
		cmocka_unit_test(ed25519_signs_messages_of_any_length),
		cmocka_unit_test(all_but_rsa_signatures_are_reproducible),
		cmocka_unit_test(a_random_nonce_gives_another_signature_each_time),
		cmocka_unit_test(low_s_is_kept_where_it_is_asked_for),
		cmocka_unit_test(raw_signatures_are_verified_in_their_exact_length),
		cmocka_unit_test(rsa_signatures_have_a_salt_of_32_bytes),
		cmocka_unit_test(rsa_2048_unwraps_image_keys_of_both_sizes),
		cmocka_unit_test(a_wrapped_key_that_is_anothers_or_damaged_is_refused),
		cmocka_unit_test(key_ids_are_imgtools),
		cmocka_unit_test(mcuboots_development_keys_are_known_by_their_hashes),
		cmocka_unit_test(the_list_of_development_keys_is_all_known),
		cmocka_unit_test(an_unknown_kind_is_not_made),
		cmocka_unit_test(a_signer_signs_in_place_of_memory_and_is_not_believed),
		cmocka_unit_test(a_buffer_never_grows_past_its_ceiling),
		cmocka_unit_test(the_first_failure_wins),
	};

	return cmocka_run_group_tests_name("keys/key", tests, make_keys, free_keys);
}
