// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include <ota/mcuboot.h>

#include "vectors.h"

static struct ota_digest digest_of(const char *text)
{
	struct ota_digest digest;

	assert_int_equal(
		ota_digest_of(OTA_HASH_SHA256, ota_span_of(text, strlen(text)), &digest, NULL),
		OTA_OK);
	return digest;
}

static struct ota_key *generate(const char *kind)
{
	struct ota_buf pem = ota_buf_init(OTA_KEY_FILE_MAX);
	struct ota_key *key = NULL;

	assert_int_equal(ota_keys_init(NULL), OTA_OK);
	assert_int_equal(ota_key_generate(kind, &pem, NULL), OTA_OK);
	assert_int_equal(ota_key_read_pem(ota_buf_span(&pem), &key, NULL), OTA_OK);
	ota_buf_wipe(&pem);
	return key;
}

static void every_kind_signs_what_it_verifies(void **state)
{
	struct ota_digest digest = digest_of("firmware");
	struct ota_digest other = digest_of("other firmware");

	(void)state;
	for (size_t i = 0; ota_key_kind_name(i); i++) {
		struct ota_key *key = generate(ota_key_kind_name(i));
		struct ota_key *stranger = generate(ota_key_kind_name(i));
		struct ota_span span;
		struct ota_sig sig;

		assert_string_equal(ota_key_name(key), ota_key_kind_name(i));
		assert_true(ota_key_is_private(key));
		assert_int_equal(ota_key_sign(key, &digest, &sig, NULL), OTA_OK);
		span = ota_span_of(sig.data, sig.len);
		assert_int_equal(ota_key_verify(key, &digest, span, NULL), OTA_OK);
		assert_int_equal(ota_key_verify(key, &other, span, NULL), OTA_E_SIGNATURE);
		assert_int_equal(ota_key_verify(stranger, &digest, span, NULL), OTA_E_SIGNATURE);
		for (size_t len = 0; len < sig.len; len++)
			assert_int_equal(
				ota_key_verify(key, &digest, ota_span_of(sig.data, len), NULL),
				OTA_E_SIGNATURE);
		ota_key_free(key);
		ota_key_free(stranger);
	}
}

static void a_public_key_verifies_and_does_not_sign(void **state)
{
	struct ota_digest digest = digest_of("firmware");

	(void)state;
	for (size_t i = 0; ota_key_kind_name(i); i++) {
		struct ota_key *key = generate(ota_key_kind_name(i));
		struct ota_buf pem = ota_buf_init(OTA_KEY_FILE_MAX);
		struct ota_key *public_key = NULL;
		struct ota_sig sig;

		assert_int_equal(ota_key_public_pem(key, &pem, NULL), OTA_OK);
		assert_int_equal(ota_key_read_pem(ota_buf_span(&pem), &public_key, NULL), OTA_OK);
		assert_false(ota_key_is_private(public_key));
		assert_true(ota_span_equal(ota_key_public(key), ota_key_public(public_key)));
		assert_int_equal(ota_key_sign(public_key, &digest, &sig, NULL), OTA_E_USAGE);
		assert_int_equal(ota_key_sign(key, &digest, &sig, NULL), OTA_OK);
		assert_int_equal(
			ota_key_verify(public_key, &digest, ota_span_of(sig.data, sig.len), NULL),
			OTA_OK);
		ota_buf_free(&pem);
		ota_key_free(public_key);
		ota_key_free(key);
	}
}

static void ed25519_signatures_are_reproducible(void **state)
{
	struct ota_key *key = vector_key("imgtool/keys/ed25519.pem");
	struct ota_digest digest = digest_of("firmware");
	struct ota_sig a;
	struct ota_sig b;

	(void)state;
	assert_int_equal(ota_key_sign(key, &digest, &a, NULL), OTA_OK);
	assert_int_equal(ota_key_sign(key, &digest, &b, NULL), OTA_OK);
	assert_int_equal(a.len, 64);
	assert_memory_equal(a.data, b.data, 64);
	ota_key_free(key);
}

static void sec1_and_pkcs8_files_of_one_key_are_one_key(void **state)
{
	struct ota_key *pkcs8 = vector_key("imgtool/keys/p256.pem");
	struct ota_key *sec1 = vector_key("imgtool/keys/p256-sec1.pem");
	struct ota_key *params = vector_key("imgtool/keys/p256-params.pem");

	(void)state;
	assert_int_equal(ota_key_public(pkcs8).len, 91);
	assert_true(ota_span_equal(ota_key_public(pkcs8), ota_key_public(sec1)));
	assert_true(ota_span_equal(ota_key_public(pkcs8), ota_key_public(params)));
	ota_key_free(pkcs8);
	ota_key_free(sec1);
	ota_key_free(params);
}

static void files_that_are_no_key_of_ours_are_refused(void **state)
{
	static const struct {
		const char *name;
		enum ota_err err;
	} bad[] = {
		{"imgtool/keys/bad-text.pem", OTA_E_MALFORMED},
		{"imgtool/keys/bad-secp256k1.pem", OTA_E_UNSUPPORTED},
		{"imgtool/keys/ed25519.der", OTA_E_UNSUPPORTED},
		{"imgtool/in/empty.bin", OTA_E_TRUNCATED},
		{"imgtool/in/rand-1021.bin", OTA_E_MALFORMED},
	};

	(void)state;
	assert_int_equal(ota_keys_init(NULL), OTA_OK);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct ota_buf pem = vector_read(bad[i].name);
		struct ota_diag diag = {.err = OTA_OK};
		struct ota_key *key = NULL;

		if (ota_key_read_pem(ota_buf_span(&pem), &key, &diag) != bad[i].err)
			fail_msg("%s: %s", bad[i].name, diag.text);
		assert_null(key);
		assert_true(diag.text[0] != '\0');
		ota_buf_wipe(&pem);
	}
}

static void every_truncation_and_damaged_letter_of_a_key_file_is_survived(void **state)
{
	struct ota_buf pem = vector_read("imgtool/keys/p256.pem");
	struct ota_key *good = vector_key("imgtool/keys/p256.pem");

	(void)state;
	for (size_t len = 0; len + 2 < pem.len; len++) {
		struct ota_key *key = NULL;

		assert_int_not_equal(ota_key_read_pem(ota_span_of(pem.data, len), &key, NULL),
				     OTA_OK);
		assert_null(key);
	}
	for (size_t i = 0; i < pem.len; i++) {
		struct ota_key *key = NULL;

		pem.data[i] ^= 1;
		/* A flip in the scalar or the point must not give another key. */
		if (ota_key_read_pem(ota_buf_span(&pem), &key, NULL) == OTA_OK)
			assert_true(ota_span_equal(ota_key_public(key), ota_key_public(good)));
		ota_key_free(key);
		pem.data[i] ^= 1;
	}
	ota_buf_wipe(&pem);
	ota_key_free(good);
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
		cmocka_unit_test(every_kind_signs_what_it_verifies),
		cmocka_unit_test(a_public_key_verifies_and_does_not_sign),
		cmocka_unit_test(ed25519_signatures_are_reproducible),
		cmocka_unit_test(sec1_and_pkcs8_files_of_one_key_are_one_key),
		cmocka_unit_test(files_that_are_no_key_of_ours_are_refused),
		cmocka_unit_test(every_truncation_and_damaged_letter_of_a_key_file_is_survived),
		cmocka_unit_test(key_ids_are_imgtools),
		cmocka_unit_test(a_buffer_never_grows_past_its_ceiling),
		cmocka_unit_test(the_first_failure_wins),
	};

	return cmocka_run_group_tests_name("keys/key", tests, NULL, NULL);
}
