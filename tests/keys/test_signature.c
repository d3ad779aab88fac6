// SPDX-License-Identifier: Apache-2.0
/* Signatures that others made or judged: tests/vectors/crypto. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>
#include <sodium.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>

#include "key_ops.h"
#include "vectors.h"

#define FIELDS_MAX 8U
#define BYTES_MAX  8192U

/* A file of lines of fields parted by tabs. */
struct table {
	struct ota_buf text;
	struct ota_span rest;
	struct ota_span field[FIELDS_MAX];
	unsigned row;
};

static struct table table_open(const char *name)
{
	struct table table = {.text = vector_read(name)};

	table.rest = ota_buf_span(&table.text);
	assert_int_equal(ota_keys_init(NULL), OTA_OK);
	return table;
}

static bool table_next(struct table *table)
{
	size_t n = 0;
	size_t at = 0;

	while (table->rest.len > 0 && table->rest.data[0] == '#') {
		const uint8_t *end = memchr(table->rest.data, '\n', table->rest.len);

		assert_non_null(end);
		table->rest = ota_span_tail(table->rest, (size_t)(end + 1 - table->rest.data));
	}
	if (table->rest.len == 0)
		return false;
	memset(table->field, 0, sizeof(table->field));
	for (size_t i = 0;; i++) {
		uint8_t c = table->rest.data[i];

		if ((c == '\t' || c == '\n') && n < FIELDS_MAX) {
			table->field[n++] = ota_span_sub(table->rest, at, i - at);
			at = i + 1;
		}
		if (c == '\n') {
			table->rest = ota_span_tail(table->rest, i + 1);
			table->row++;
			return true;
		}
	}
}

struct bytes {
	uint8_t data[BYTES_MAX];
	size_t len;
};

/* "-" is nothing. */
static struct ota_span from_hex(struct ota_span hex, struct bytes *bytes)
{
	bytes->len = 0;
	if (hex.len != 1)
		assert_int_equal(sodium_hex2bin(bytes->data, sizeof(bytes->data),
						(const char *)hex.data, hex.len, NULL, &bytes->len,
						NULL),
				 0);
	return ota_span_of(bytes->data, bytes->len);
}

static bool field_is(struct ota_span field, const char *text)
{
	return ota_span_equal(field, ota_span_of(text, strlen(text)));
}

/* SubjectPublicKeyInfo of a point 04 X Y or of 32 bytes, without asking whether it is good. */
static struct ota_span spki_of(struct ota_span raw, bool is_p256, struct bytes *der)
{
	static const uint8_t p256[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
				       0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
				       0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00};
	static const uint8_t ed25519[] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
					  0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};
	struct ota_wr wr = ota_wr_init(der->data, sizeof(der->data));

	if (is_p256)
		ota_wr_bytes(&wr, ota_span_of(p256, sizeof(p256)));
	else
		ota_wr_bytes(&wr, ota_span_of(ed25519, sizeof(ed25519)));
	ota_wr_bytes(&wr, raw);
	return ota_wr_span(&wr);
}

static struct ota_key *read_key(struct ota_span file)
{
	struct ota_key *key = NULL;

	if (ota_key_read(file, ota_span_of(NULL, 0), &key, NULL) != OTA_OK)
		assert_null(key);
	return key;
}

static struct ota_digest digest_of(enum ota_hash hash, struct ota_span message)
{
	struct ota_digest digest;

	assert_int_equal(ota_digest_of(hash, message, &digest, NULL), OTA_OK);
	return digest;
}

typedef enum ota_err (*verify_fn)(const struct ota_key *key, struct ota_span message,
				  struct ota_span sig, struct ota_diag *diag);

/* Judges every row of a Wycheproof file; a key that is refused makes its row invalid. */
static unsigned judge(const char *name, bool is_p256, verify_fn verify)
{
	static struct bytes pk, der, msg, sig;
	struct table table = table_open(name);
	unsigned valid = 0;

	while (table_next(&table)) {
		struct ota_key *key =
			read_key(spki_of(from_hex(table.field[2], &pk), is_p256, &der));
		struct ota_span message = from_hex(table.field[3], &msg);
		struct ota_digest digest = digest_of(OTA_HASH_SHA256, message);
		bool is_valid = field_is(table.field[5], "valid");
		enum ota_err err;

		err = key ? verify(key, is_p256 ? ota_digest_span(&digest) : message,
				   from_hex(table.field[4], &sig), NULL)
			  : OTA_E_SIGNATURE;
		if (err != (is_valid ? OTA_OK : OTA_E_SIGNATURE))
			fail_msg("%s: row %u: %s", name, table.row, ota_err_name(err));
		valid += is_valid;
		ota_key_free(key);
	}
	print_message("%s: %u rows, %u valid\n", name, table.row, valid);
	ota_buf_free(&table.text);
	return table.row;
}

static void every_wycheproof_signature_is_judged_rightly(void **state)
{
	(void)state;
	assert_int_equal(judge("crypto/ecdsa_secp256r1_sha256.tsv", true, ota_key_verify), 484);
	assert_int_equal(judge("crypto/ecdsa_secp256r1_sha256_p1363.tsv", true, ota_key_verify_raw),
			 262);
	assert_int_equal(judge("crypto/ed25519.tsv", false, ota_key_verify), 151);
}

/* Signs, and holds the result to the one that is known. */
static void expect_signature(const struct ota_key *key, struct ota_span message,
			     struct ota_span known, unsigned row)
{
	struct ota_sig sig;

	assert_non_null(key);
	assert_int_equal(ota_key_sign(key, message, &sig, NULL), OTA_OK);
	if (!ota_span_equal(ota_span_of(sig.data, sig.len), known))
		fail_msg("row %u: another signature", row);
}

static void every_known_ed25519_signature_is_made(void **state)
{
	static const uint8_t pkcs8[] = {0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06,
					0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};
	static struct bytes seed, pk, sig, msg;
	struct table table = table_open("crypto/ed25519_sign_kat.tsv");

	(void)state;
	while (table_next(&table)) {
		uint8_t der[sizeof(pkcs8) + 32];
		struct ota_key *key;

		memcpy(der, pkcs8, sizeof(pkcs8));
		assert_int_equal(from_hex(table.field[0], &seed).len, 32);
		memcpy(der + sizeof(pkcs8), seed.data, 32);
		key = read_key(ota_span_of(der, sizeof(der)));
		assert_non_null(key);
		assert_true(ota_span_equal(ota_span_tail(ota_key_public(key), 12),
					   from_hex(table.field[1], &pk)));
		expect_signature(key, from_hex(table.field[3], &msg),
				 from_hex(table.field[2], &sig), table.row);
		ota_key_free(key);
	}
	assert_int_equal(table.row, 1024);
	ota_buf_free(&table.text);
}

/* SEC1 without the public part, as `imgtool getpriv --minimal` has it. */
static struct ota_span sec1_of(struct ota_span secret, bool is_p384, struct bytes *der)
{
	static const uint8_t p256[] = {0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86,
				       0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
	static const uint8_t p384[] = {0xa0, 0x07, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22};
	struct ota_span curve =
		is_p384 ? ota_span_of(p384, sizeof(p384)) : ota_span_of(p256, sizeof(p256));
	struct ota_wr wr = ota_wr_init(der->data, sizeof(der->data));

	ota_wr_u8(&wr, 0x30);
	ota_wr_u8(&wr, (uint8_t)(5 + secret.len + curve.len));
	ota_wr_bytes(&wr, ota_span_of("\x02\x01\x01\x04", 4));
	ota_wr_u8(&wr, (uint8_t)secret.len);
	ota_wr_bytes(&wr, secret);
	ota_wr_bytes(&wr, curve);
	return ota_wr_span(&wr);
}

static void every_known_deterministic_ecdsa_signature_is_made(void **state)
{
	static struct bytes secret, der, pk, msg, sig;
	struct table table = table_open("crypto/ecdsa_p256_rfc6979_sign_kat.tsv");

	(void)state;
	while (table_next(&table)) {
		struct ota_span file = sec1_of(from_hex(table.field[0], &secret), false, &der);
		struct ota_key *key = read_key(file);
		struct ota_digest digest =
			digest_of(OTA_HASH_SHA256, from_hex(table.field[2], &msg));

		assert_non_null(key);
		assert_true(ota_span_equal(ota_span_tail(ota_key_public(key), 26),
					   from_hex(table.field[1], &pk)));
		expect_signature(key, ota_digest_span(&digest), from_hex(table.field[7], &sig),
				 table.row);
		ota_key_free(key);
	}
	assert_int_equal(table.row, 300);
	ota_buf_free(&table.text);
}

/* RFC 6979 A.2.6. */
static const char p384_secret[] = "6b9d3dad2e1b8c1c05b19875b6659f4de23c3b667bf297ba9aa47740787137d8"
				  "96d5724e4c70a825f872c9ea60d2edf5";

static const struct {
	const char *message;
	const char *k;
	const char *signature; /* r, s */
} p384_known[] = {
	{"sample",
	 "94ed910d1a099dad3254e9242ae85abde4ba15168eaf0ca87a555fd56d10fbca"
	 "2907e3e83ba95368623b8c4686915cf9",
	 "94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c"
	 "81a648152e44acf96e36dd1e80fabe46"
	 "99ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94f"
	 "a329c145786e679e7b82c71a38628ac8"},
	{"test",
	 "015ee46a5bf88773ed9123a5ab0807962d193719503c527b031b4c2d225092ad"
	 "a71f4a459bc0da98adb95837db8312ea",
	 "8203b63d3c853e8d77227fb377bcf7b7b772e97892a80f36ab775d509d7a5feb"
	 "0542a7f0812998da8f1dd3ca3cf023db"
	 "ddd0760448d42d8a43af45af836fce4de8be06b485e9b61b827c2f13173923e0"
	 "6a739f040649a667bf3b828246baa5a5"},
};

static void the_rfcs_p384_signatures_are_made(void **state)
{
	static struct bytes secret, der, raw;
	struct ota_key *key;

	(void)state;
	assert_int_equal(ota_keys_init(NULL), OTA_OK);
	key = read_key(sec1_of(from_hex(ota_span_of(p384_secret, strlen(p384_secret)), &secret),
			       true, &der));
	assert_non_null(key);
	assert_string_equal(ota_key_name(key), "ecdsa-p384");
	for (unsigned i = 0; i < sizeof(p384_known) / sizeof(p384_known[0]); i++) {
		struct ota_digest digest =
			digest_of(OTA_HASH_SHA384, ota_span_of(p384_known[i].message,
							       strlen(p384_known[i].message)));
		struct ota_span known = from_hex(
			ota_span_of(p384_known[i].signature, strlen(p384_known[i].signature)),
			&raw);
		struct ota_sig sig;

		assert_int_equal(known.len, 96);
		assert_int_equal(ota_key_verify_raw(key, ota_digest_span(&digest), known, NULL),
				 OTA_OK);
		assert_int_equal(ota_ecdsa_to_der(known, &sig, NULL), OTA_OK);
		expect_signature(key, ota_digest_span(&digest), ota_span_of(sig.data, sig.len), i);
	}
	ota_key_free(key);
}

static void hex_nonce(const char *secret, const char *message, enum ota_hash hash, int nid,
		      unsigned skip, char *hex, size_t cap)
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name(nid);
	struct ota_digest digest = digest_of(hash, ota_span_of(message, strlen(message)));
	uint8_t bytes[66];
	BIGNUM *d = NULL;
	BIGNUM *k = BN_new();
	struct nonce_input input = {.order = EC_GROUP_get0_order(group),
				    .hash = hash,
				    .digest = ota_digest_span(&digest)};

	assert_true(BN_hex2bn(&d, secret) > 0);
	input.secret = d;
	assert_int_equal(ota_rfc6979_nonce(&input, skip, k, NULL), OTA_OK);
	assert_true(BN_cmp(k, EC_GROUP_get0_order(group)) < 0);
	assert_true(BN_bn2binpad(k, bytes, (int)(cap / 2)) > 0);
	(void)sodium_bin2hex(hex, cap, bytes, cap / 2);
	BN_free(d);
	BN_free(k);
	EC_GROUP_free(group);
}

static void nonces_are_the_rfcs_also_where_hash_and_order_differ_in_length(void **state)
{
	/* A.2.5, P-256 with SHA-512: the digest is cut; A.2.6 as above. */
	static const char p256_secret[] =
		"c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721";
	char hex[2 * 48 + 1];
	char again[2 * 32 + 1];

	(void)state;
	assert_int_equal(ota_keys_init(NULL), OTA_OK);
	for (unsigned i = 0; i < sizeof(p384_known) / sizeof(p384_known[0]); i++) {
		hex_nonce(p384_secret, p384_known[i].message, OTA_HASH_SHA384, NID_secp384r1, 0,
			  hex, sizeof(hex));
		assert_string_equal(hex, p384_known[i].k);
	}
	hex_nonce(p256_secret, "sample", OTA_HASH_SHA512, NID_X9_62_prime256v1, 0, again,
		  sizeof(again));
	assert_string_equal(again,
			    "5fa81c63109badb88c1f367b47da606da28cad69aa22c4fe6ad7df73a7173aa5");
	/* A.2.6 with SHA-256: the digest is shorter than the order. */
	hex_nonce(p384_secret, "sample", OTA_HASH_SHA256, NID_secp384r1, 0, hex, sizeof(hex));
	assert_string_equal(hex, "180ae9f9aec5438a44bc159a1fcb277c7be54fa20e7cf404b490650a8acc414e"
				 "375572342863c899f9f2edf9747a9b60");
}

static void a_nonce_that_gives_no_signature_is_followed_by_another(void **state)
{
	char first[2 * 48 + 1];
	char second[2 * 48 + 1];
	char again[2 * 48 + 1];

	(void)state;
	assert_int_equal(ota_keys_init(NULL), OTA_OK);
	hex_nonce(p384_secret, "sample", OTA_HASH_SHA384, NID_secp384r1, 0, first, sizeof(first));
	hex_nonce(p384_secret, "sample", OTA_HASH_SHA384, NID_secp384r1, 1, second, sizeof(second));
	hex_nonce(p384_secret, "sample", OTA_HASH_SHA384, NID_secp384r1, 1, again, sizeof(again));
	assert_string_not_equal(first, second);
	assert_string_equal(second, again);
}

/* Order 5 in 3 bits: of 8 candidates 4 are no nonce. Each seed must get one, and each be got. */
static void candidates_out_of_range_are_passed_over(void **state)
{
	BIGNUM *order = BN_new();
	BIGNUM *secret = BN_new();
	BIGNUM *k = BN_new();
	unsigned seen = 0;

	(void)state;
	assert_int_equal(ota_keys_init(NULL), OTA_OK);
	assert_true(order && secret && k && BN_set_word(order, 5));
	for (unsigned i = 0; i < 64; i++) {
		uint8_t byte = (uint8_t)i;
		struct ota_digest digest = digest_of(OTA_HASH_SHA256, ota_span_of(&byte, 1));
		struct nonce_input input = {.order = order,
					    .secret = secret,
					    .hash = OTA_HASH_SHA256,
					    .digest = ota_digest_span(&digest)};

		assert_true(BN_set_word(secret, 1 + i % 4));
		assert_int_equal(ota_rfc6979_nonce(&input, 0, k, NULL), OTA_OK);
		assert_true(BN_get_word(k) >= 1 && BN_get_word(k) <= 4);
		seen |= 1U << BN_get_word(k);
	}
	assert_int_equal(seen, 0x1e);
	BN_free(order);
	BN_free(secret);
	BN_free(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_wycheproof_signature_is_judged_rightly),
		cmocka_unit_test(every_known_ed25519_signature_is_made),
		cmocka_unit_test(every_known_deterministic_ecdsa_signature_is_made),
		cmocka_unit_test(the_rfcs_p384_signatures_are_made),
		cmocka_unit_test(nonces_are_the_rfcs_also_where_hash_and_order_differ_in_length),
		cmocka_unit_test(a_nonce_that_gives_no_signature_is_followed_by_another),
		cmocka_unit_test(candidates_out_of_range_are_passed_over),
	};

	return cmocka_run_group_tests_name("keys/signature", tests, NULL, NULL);
}
