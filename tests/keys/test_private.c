// SPDX-License-Identifier: Apache-2.0
/* Private keys given out: byte for byte what imgtool's getpriv prints, and what it refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "key_ops.h"
#include "vectors.h"

#define PRIVATE_MAX 4096U

struct golden {
	const char *key;
	const char *file; /* what imgtool printed */
	enum ota_private_form form;
	bool minimal;
};

static const struct golden goldens[] = {
	{"p256.pem", "p256-pkcs8", OTA_PRIVATE_PKCS8, false},
	{"p256.pem", "p256-pkcs8-minimal", OTA_PRIVATE_PKCS8, true},
	{"p256.pem", "p256-openssl", OTA_PRIVATE_TRADITIONAL, false},
	{"p256.pem", "p256-openssl-minimal", OTA_PRIVATE_TRADITIONAL, true},
	/* From whatever file the key was read. */
	{"p256-sec1.pem", "p256-pkcs8-minimal", OTA_PRIVATE_PKCS8, true},
	{"p256-params.pem", "p256-openssl", OTA_PRIVATE_TRADITIONAL, false},
	{"p384.pem", "p384-pkcs8", OTA_PRIVATE_PKCS8, false},
	{"p384.pem", "p384-openssl", OTA_PRIVATE_TRADITIONAL, false},
	{"rsa2048.pem", "rsa2048-openssl", OTA_PRIVATE_TRADITIONAL, false},
	{"rsa2048.pem", "rsa2048-openssl-minimal", OTA_PRIVATE_TRADITIONAL, true},
	{"rsa3072.pem", "rsa3072-openssl", OTA_PRIVATE_TRADITIONAL, false},
	{"rsa3072.pem", "rsa3072-openssl-minimal", OTA_PRIVATE_TRADITIONAL, true},
	{"x25519.pem", "x25519-pkcs8", OTA_PRIVATE_PKCS8, false},
	{"x25519.pem", "x25519-pkcs8-minimal", OTA_PRIVATE_PKCS8, true},
};
#define N_GOLDENS (sizeof(goldens) / sizeof(goldens[0]))

static struct ota_key *key_of(const char *name)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "imgtool/keys/%s", name);
	return vector_key(path);
}

/* The bytes of a C array: every "0xNN," in the text. */
static size_t array_bytes(const char *name, uint8_t bytes[PRIVATE_MAX])
{
	struct ota_buf text;
	char path[128];
	size_t n = 0;

	(void)snprintf(path, sizeof(path), "imgtool/getpriv/%s.c.txt", name);
	text = vector_read(path);
	for (size_t at = 0; at + 5 <= text.len; at++) {
		unsigned value = 0;
		char item[6] = "";

		memcpy(item, text.data + at, 5);
		if (item[4] == ',' && sscanf(item, "0x%2x", &value) == 1) {
			assert_true(n < PRIVATE_MAX);
			bytes[n++] = (uint8_t)value;
		}
	}
	assert_true(n > 0);
	ota_buf_free(&text);
	return n;
}

static void check_golden(const struct golden *golden)
{
	struct ota_buf out = ota_buf_init(PRIVATE_MAX);
	struct ota_key *key = key_of(golden->key);
	uint8_t want[PRIVATE_MAX];
	size_t len = array_bytes(golden->file, want);

	assert_int_equal(ota_key_private(key, golden->form, golden->minimal, &out, NULL), OTA_OK);
	if (out.len != len || memcmp(out.data, want, len) != 0)
		fail_msg("%s as %s: other bytes than imgtool's", golden->key, golden->file);
	ota_buf_wipe(&out);
	ota_key_free(key);
}

static void private_keys_are_imgtools_to_the_byte(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_GOLDENS; i++)
		check_golden(&goldens[i]);
}

/* Leaving the point out must not stick to the key, which still signs and shows its public part. */
static void the_minimal_form_leaves_the_key_as_it_was(void **state)
{
	static const uint8_t digest[32] = {1, 2, 3};
	struct ota_key *key = key_of("p256.pem");
	struct ota_key *public_key = key_of("p256.pub.pem");
	struct ota_buf minimal = ota_buf_init(PRIVATE_MAX);
	struct ota_buf whole = ota_buf_init(PRIVATE_MAX);
	struct ota_sig sig;

	(void)state;
	assert_int_equal(ota_key_private(key, OTA_PRIVATE_PKCS8, true, &minimal, NULL), OTA_OK);
	assert_int_equal(ota_key_private(key, OTA_PRIVATE_PKCS8, false, &whole, NULL), OTA_OK);
	assert_int_equal(minimal.len, 67);
	assert_int_equal(whole.len, 138);
	assert_true(ota_span_equal(ota_key_public(key), ota_key_public(public_key)));
	assert_int_equal(ota_key_sign(key, ota_span_of(digest, 32), &sig, NULL), OTA_OK);
	ota_buf_wipe(&minimal);
	ota_buf_wipe(&whole);
	ota_key_free(public_key);
	ota_key_free(key);
}

/* All forms but RSA's minimal one are key files, which are read as the same key. */
static void what_is_given_out_is_read_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_GOLDENS; i++) {
		const struct golden *golden = &goldens[i];
		struct ota_buf out = ota_buf_init(PRIVATE_MAX);
		struct ota_key *key = key_of(golden->key);
		struct ota_key *again = NULL;
		bool is_rsa = key->ops->evp_type == EVP_PKEY_RSA;
		enum ota_err err;

		assert_int_equal(ota_key_private(key, golden->form, golden->minimal, &out, NULL),
				 OTA_OK);
		err = ota_key_read(ota_buf_span(&out), ota_span_of(NULL, 0), &again, NULL);
		if (is_rsa && golden->minimal) {
			assert_int_not_equal(err, OTA_OK);
		} else {
			assert_int_equal(err, OTA_OK);
			assert_true(ota_span_equal(ota_key_public(key), ota_key_public(again)));
			assert_true(ota_key_is_private(again));
		}
		ota_key_free(again);
		ota_key_free(key);
		ota_buf_wipe(&out);
	}
}

static void what_imgtool_does_not_give_out_is_refused_with_words(void **state)
{
	static const struct {
		const char *key;
		enum ota_private_form form;
		bool minimal;
		const char *words;
	} refused[] = {
		{"p256.pub.pem", OTA_PRIVATE_PKCS8, false, "public key"},
		{"x25519.pub.pem", OTA_PRIVATE_PKCS8, true, "public key"},
		{"rsa2048.pub.pem", OTA_PRIVATE_TRADITIONAL, true, "public key"},
		{"ed25519.pem", OTA_PRIVATE_PKCS8, false, "ed25519"},
		{"ed25519.pem", OTA_PRIVATE_TRADITIONAL, true, "ed25519"},
		{"rsa2048.pem", OTA_PRIVATE_PKCS8, false, "not as PKCS#8"},
		{"rsa3072.pem", OTA_PRIVATE_PKCS8, true, "not as PKCS#8"},
		{"x25519.pem", OTA_PRIVATE_TRADITIONAL, false, "no traditional form"},
		{"p384.pem", OTA_PRIVATE_PKCS8, true, "no minimal form"},
		{"p384.pem", OTA_PRIVATE_TRADITIONAL, true, "no minimal form"},
		{"kw128.b64", OTA_PRIVATE_PKCS8, false, "aes-kw-128"},
		{"kw256.b64", OTA_PRIVATE_TRADITIONAL, true, "aes-kw-256"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct ota_buf out = ota_buf_init(PRIVATE_MAX);
		struct ota_key *key = key_of(refused[i].key);
		struct ota_diag diag = {.err = OTA_OK};

		assert_int_equal(
			ota_key_private(key, refused[i].form, refused[i].minimal, &out, &diag),
			OTA_E_USAGE);
		if (!strstr(diag.text, refused[i].words))
			fail_msg("%s: \"%s\"", refused[i].key, diag.text);
		assert_int_equal(out.len, 0);
		ota_key_free(key);
		ota_buf_free(&out);
	}
}

static void a_full_buffer_is_said_and_nothing_is_put_in_it(void **state)
{
	struct ota_buf out = ota_buf_init(100);
	struct ota_key *key = key_of("rsa2048.pem");

	(void)state;
	assert_int_equal(ota_key_private(key, OTA_PRIVATE_TRADITIONAL, false, &out, NULL),
			 OTA_E_ROOM);
	assert_int_equal(out.len, 0);
	ota_buf_wipe(&out);
	ota_key_free(key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(private_keys_are_imgtools_to_the_byte),
		cmocka_unit_test(the_minimal_form_leaves_the_key_as_it_was),
		cmocka_unit_test(what_is_given_out_is_read_again),
		cmocka_unit_test(what_imgtool_does_not_give_out_is_refused_with_words),
		cmocka_unit_test(a_full_buffer_is_said_and_nothing_is_put_in_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
