// SPDX-License-Identifier: Apache-2.0
/* Signature groups: whose they are, how they look, and which are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include <ota/verify.h>

#include "image_sign.h"
#include "images.h"
#include "vectors.h"

#define BODY_LEN 300

static const struct ota_image_plan plain = {.version = {1, 2, 3, 4}, .pad_header = true};

static struct ota_span body(void)
{
	static uint8_t bytes[BODY_LEN];

	fill_pattern(bytes, sizeof(bytes), 7);
	return ota_span_of(bytes, sizeof(bytes));
}

static struct ota_key *key_named(const char *name)
{
	char path[96];

	(void)snprintf(path, sizeof(path), "imgtool/keys/%s.pem", name);
	return vector_key(path);
}

static enum ota_err verify(const struct ota_buf *file, const struct ota_key *key,
			   enum ota_hash hash)
{
	const struct ota_boot boot = {.hash = hash};
	struct ota_image_verdict verdict;
	struct ota_image image;

	return ota_file_verify(ota_buf_span(file), key, &boot, &image, &verdict, NULL);
}

static void a_key_chooses_the_hash_unless_the_plan_does(void **state)
{
	static const struct {
		const char *key;
		enum ota_hash asked;
		bool pure;
		enum ota_hash got;
	} cases[] = {
		{"p256", 0, false, OTA_HASH_SHA256},
		{"p384", 0, false, OTA_HASH_SHA384},
		{"p384", OTA_HASH_SHA384, false, OTA_HASH_SHA384},
		{"rsa2048", 0, false, OTA_HASH_SHA256},
		{"ed25519", 0, false, OTA_HASH_SHA256},
		{"ed25519", OTA_HASH_SHA512, false, OTA_HASH_SHA512},
		{"ed25519", 0, true, OTA_HASH_SHA512},
		{"ed25519", OTA_HASH_SHA512, true, OTA_HASH_SHA512},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ota_key *key = key_named(cases[i].key);
		struct ota_signer signer = {.key = key};
		struct ota_image_plan plan = plain;
		struct ota_image_made made;
		struct ota_image image;
		struct ota_buf file;

		plan.hash = cases[i].asked;
		plan.pure = cases[i].pure;
		plan.signers = &signer;
		plan.n_signers = 1;
		file = image_build(&plan, body(), &made);
		image = image_open(ota_buf_span(&file));
		assert_int_equal(image_tlv(&image, ota_image_tlv_of_hash(cases[i].got), 0).len,
				 ota_hash_size(cases[i].got));
		assert_int_equal(image_tlv(&image, OTA_TLV_KEYHASH, 0).len,
				 ota_hash_size(cases[i].got));
		assert_int_equal(image_tlv(&image, OTA_TLV_SIG_PURE, 0).len, cases[i].pure);
		assert_true(ota_span_equal(image_tlv(&image, ota_key_sig_tlv(key), 0),
					   ota_span_of(made.sig.data, made.sig.len)));
		assert_int_equal(verify(&file, key, cases[i].got), OTA_OK);
		ota_buf_free(&file);
		ota_key_free(key);
	}
}

static void a_key_that_does_not_go_with_the_plan_is_refused(void **state)
{
	static const struct {
		const char *key;
		enum ota_hash hash;
		bool pure;
		const char *text;
	} cases[] = {
		{"p256", OTA_HASH_SHA384, false, "ecdsa-p256 keys do not sign by SHA384"},
		{"p256", OTA_HASH_SHA512, false, "ecdsa-p256 keys do not sign by SHA512"},
		{"p256.pub", OTA_HASH_SHA512, false, "ecdsa-p256 keys do not sign by SHA512"},
		{"p384", OTA_HASH_SHA256, false, "ecdsa-p384 keys do not sign by SHA256"},
		{"rsa2048", OTA_HASH_SHA512, false, "rsa-2048 keys do not sign by SHA512"},
		{"ed25519", OTA_HASH_SHA384, false, "ed25519 keys do not sign by SHA384"},
		{"ed25519", OTA_HASH_SHA256, true, "pure signatures go with SHA512, not SHA256"},
		{"p256", 0, true, "pure signatures are Ed25519's, not ecdsa-p256's"},
		{"rsa2048", 0, true, "pure signatures are Ed25519's, not rsa-2048's"},
		{"x25519", 0, false, "x25519 keys do not sign"},
		{"ed25519.pub", 0, false, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ota_key *key = key_named(cases[i].key);
		struct ota_signer signer = {.key = key};
		struct ota_image_plan plan = plain;
		struct ota_buf out = ota_buf_init(1 << 16);
		struct ota_image_made made;

		plan.hash = cases[i].hash;
		plan.pure = cases[i].pure;
		plan.signers = &signer;
		plan.n_signers = 1;
		if (cases[i].text)
			image_refuse(&plan, body(), OTA_E_USAGE, cases[i].text);
		assert_int_equal(ota_image_build(&plan, body(), &out, &made, NULL), OTA_E_USAGE);
		ota_buf_free(&out);
		ota_key_free(key);
	}
}

static void every_signer_has_its_group_in_the_order_given(void **state)
{
	static const char *const names[] = {"ed25519", "p256", "rsa2048", "ed25519-b"};
	static const uint16_t order[] = {
		OTA_TLV_SHA256,      OTA_TLV_KEYHASH,   OTA_TLV_ED25519,
		OTA_TLV_KEYHASH,     OTA_TLV_ECDSA_SIG, OTA_TLV_KEYHASH,
		OTA_TLV_RSA2048_PSS, OTA_TLV_KEYHASH,   OTA_TLV_ED25519,
	};
	struct ota_signer signers[4] = {{.key = NULL}};
	struct ota_image_plan plan = plain;
	struct ota_image_made made;
	struct ota_image image;
	struct ota_buf file;
	uint16_t types[16];

	(void)state;
	for (size_t i = 0; i < 4; i++)
		signers[i].key = key_named(names[i]);
	plan.signers = signers;
	plan.n_signers = 4;
	file = image_build(&plan, body(), &made);
	image = image_open(ota_buf_span(&file));
	assert_int_equal(image_tlv_types(&image, types, 16), 9);
	assert_memory_equal(types, order, sizeof(order));
	assert_int_equal(made.sig.len, 64);
	assert_true(ota_span_equal(image_tlv(&image, OTA_TLV_ED25519, 0),
				   ota_span_of(made.sig.data, 64)));
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(verify(&file, signers[i].key, OTA_HASH_SHA256), OTA_OK);
		ota_key_free((struct ota_key *)(uintptr_t)signers[i].key);
	}
	ota_buf_free(&file);
}

static void a_second_signer_must_go_with_the_first_ones_hash(void **state)
{
	struct ota_key *p256 = key_named("p256");
	struct ota_key *p384 = key_named("p384");
	struct ota_signer signers[] = {{.key = p256}, {.key = p384}};
	struct ota_image_plan plan = plain;

	(void)state;
	plan.signers = signers;
	plan.n_signers = 2;
	image_refuse(&plan, body(), OTA_E_USAGE, "ecdsa-p384 keys do not sign by SHA256");
	signers[1].key = NULL;
	image_refuse(&plan, body(), OTA_E_USAGE, "a signer needs a key, if only a public one");
	ota_key_free(p256);
	ota_key_free(p384);
}

static void more_signatures_than_an_area_holds_are_refused(void **state)
{
	struct ota_key *key = key_named("ed25519");
	static struct ota_signer signers[700];
	struct ota_image_plan plan = plain;

	(void)state;
	for (size_t i = 0; i < 700; i++)
		signers[i].key = key;
	plan.signers = signers;
	plan.n_signers = 700;
	/* 4, the digest 36, each signer 36 and 68 */
	image_refuse(&plan, body(), OTA_E_USAGE,
		     "unprotected TLVs take 72840 bytes, an area holds 65535");
	ota_key_free(key);
}

static void a_whole_public_key_takes_its_hashs_place(void **state)
{
	struct ota_key *key = key_named("p256");
	struct ota_signer signer = {.key = key};
	struct ota_image_plan plan = plain;
	struct ota_image image;
	struct ota_buf file;

	(void)state;
	plan.signers = &signer;
	plan.n_signers = 1;
	plan.full_public_key = true;
	file = image_build(&plan, body(), NULL);
	image = image_open(ota_buf_span(&file));
	assert_true(ota_span_equal(image_tlv(&image, OTA_TLV_PUBKEY, 0), ota_key_public(key)));
	assert_null(image_tlv(&image, OTA_TLV_KEYHASH, 0).data);
	ota_buf_free(&file);
	ota_key_free(key);
}

/* -- made elsewhere -----------------------------------------------------------------------------
 */

enum trick { HONEST, OTHER_MESSAGE, EMPTY, TOO_LONG, WITH_TAIL, FAILS };

struct elsewhere {
	const struct ota_key *key;
	enum trick trick;
	unsigned calls;
	struct ota_to_sign seen;
};

static enum ota_err sign_elsewhere(void *context, const struct ota_to_sign *to_sign,
				   struct ota_sig *sig, struct ota_diag *diag)
{
	struct elsewhere *at = context;
	struct ota_digest other;
	enum ota_err err;

	at->calls++;
	at->seen = *to_sign;
	if (at->trick == FAILS)
		return ota_fail(diag, OTA_E_IO, "the signing service is closed");
	assert_int_equal(ota_digest_of(to_sign->hash, ota_span_of("x", 1), &other, NULL), OTA_OK);
	err = ota_key_sign(at->key,
			   at->trick == OTHER_MESSAGE ? ota_digest_span(&other) : to_sign->message,
			   sig, diag);
	if (at->trick == WITH_TAIL)
		sig->data[sig->len++] = 1;
	if (at->trick == EMPTY)
		sig->len = 0;
	if (at->trick == TOO_LONG)
		sig->len = OTA_SIG_MAX + 1;
	return err;
}

static void a_signature_made_elsewhere_is_as_good_as_the_keys_own(void **state)
{
	static const char *const names[] = {"p256", "p384", "ed25519", "rsa2048"};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct ota_key *private_key = key_named(names[i]);
		struct elsewhere at = {.key = private_key};
		char name[32];
		struct ota_key *key;
		struct ota_signer signer;
		struct ota_image_plan plan = plain;
		struct ota_buf file;

		(void)snprintf(name, sizeof(name), "%s.pub", names[i]);
		key = key_named(name);
		signer = (struct ota_signer){.key = key, .sign = sign_elsewhere, .context = &at};
		plan.signers = &signer;
		plan.n_signers = 1;
		file = image_build(&plan, body(), NULL);
		assert_int_equal(at.calls, 1);
		assert_int_equal(at.seen.hash, ota_key_hash(key));
		assert_int_equal(at.seen.message.len, ota_hash_size(at.seen.hash));
		assert_int_equal(at.seen.hashed.len, 32 + BODY_LEN);
		assert_int_equal(verify(&file, key, at.seen.hash), OTA_OK);
		ota_buf_free(&file);
		ota_key_free(key);
		ota_key_free(private_key);
	}
}

static void a_wrong_signature_made_elsewhere_never_goes_into_an_image(void **state)
{
	static const struct {
		enum trick trick;
		const char *signs;
		enum ota_err err;
		const char *text;
	} cases[] = {
		{HONEST, "p256-b", OTA_E_SIGNATURE, NULL},
		{OTHER_MESSAGE, "p256", OTA_E_SIGNATURE, NULL},
		{WITH_TAIL, "p256", OTA_E_SIGNATURE, NULL},
		{EMPTY, "p256", OTA_E_SIGNATURE,
		 "signature of 0 bytes is not the ecdsa-p256 key's for this image"},
		{TOO_LONG, "p256", OTA_E_SIGNATURE, "signature is 385 bytes, at most 384 fit"},
		{FAILS, "p256", OTA_E_IO, "the signing service is closed"},
	};
	struct ota_key *key = key_named("p256.pub");

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ota_key *signs = key_named(cases[i].signs);
		struct elsewhere at = {.key = signs, .trick = cases[i].trick};
		struct ota_signer signer = {.key = key, .sign = sign_elsewhere, .context = &at};
		struct ota_image_plan plan = plain;
		struct ota_buf out = ota_buf_init(1 << 16);
		struct ota_image_made made;

		plan.signers = &signer;
		plan.n_signers = 1;
		plan.pad_sig = true; /* verified before it is padded */
		if (cases[i].text)
			image_refuse(&plan, body(), cases[i].err, cases[i].text);
		assert_int_equal(ota_image_build(&plan, body(), &out, &made, NULL), cases[i].err);
		assert_int_equal(out.len, 0);
		assert_int_equal(made.sig.len, 0);
		ota_buf_free(&out);
		ota_key_free(signs);
	}
	ota_key_free(key);
}

static void a_compressed_image_is_signed_twice(void **state)
{
	static uint8_t zeros[4096];
	struct ota_key *private_key = key_named("ed25519");
	struct ota_key *key = key_named("ed25519.pub");
	struct elsewhere at = {.key = private_key};
	struct ota_signer signer = {.key = key, .sign = sign_elsewhere, .context = &at};
	struct ota_image_plan plan = plain;
	struct ota_buf file;

	(void)state;
	plan.signers = &signer;
	plan.n_signers = 1;
	plan.compression = OTA_COMPRESSION_LZMA2;
	file = image_build(&plan, ota_span_of(zeros, sizeof(zeros)), NULL);
	assert_int_equal(at.calls, 2);
	ota_buf_free(&file);
	ota_key_free(key);
	ota_key_free(private_key);
}

/* -- padded -------------------------------------------------------------------------------------
 */

/* Builds with `pad_sig`; the signature's length, and in `*der` that of its own DER. */
static size_t padded_length(const struct ota_key *key, uint32_t counter, size_t *der)
{
	struct ota_signer signer = {.key = key};
	struct ota_image_plan plan = plain;
	struct ota_image_made made;
	struct ota_buf file;

	plan.has_security_counter = true;
	plan.security_counter = counter;
	plan.signers = &signer;
	plan.n_signers = 1;
	plan.pad_sig = true;
	file = image_build(&plan, body(), &made);
	assert_int_equal(verify(&file, NULL, ota_key_hash(key)), OTA_OK);
	ota_buf_free(&file);
	*der = 2 + (size_t)made.sig.data[1];
	if (ota_key_sig_tlv(key) == OTA_TLV_ECDSA_SIG && *der < made.sig.len)
		assert_true(ota_span_all(
			ota_span_tail(ota_span_of(made.sig.data, made.sig.len), *der), 0));
	return made.sig.len;
}

static void ecdsa_signatures_are_padded_to_imgtools_lengths(void **state)
{
	struct ota_key *p256 = key_named("p256");
	struct ota_key *p384 = key_named("p384");
	bool was_padded = false;
	bool was_longest = false;
	size_t der;

	(void)state;
	for (uint32_t i = 0; i < 40; i++) {
		size_t len = padded_length(p256, i, &der);

		assert_int_equal(len, 72);
		was_padded |= der < len;
		len = padded_length(p384, i, &der);
		assert_int_equal(len, der > 103 ? der : 103);
		was_longest |= len == 104;
	}
	assert_true(was_padded);
	assert_true(was_longest);
	ota_key_free(p256);
	ota_key_free(p384);
}

static void other_signatures_are_not_padded(void **state)
{
	struct ota_key *ed25519 = key_named("ed25519");
	struct ota_key *rsa = key_named("rsa2048");
	size_t ignored;

	(void)state;
	assert_int_equal(padded_length(ed25519, 0, &ignored), 64);
	assert_int_equal(padded_length(rsa, 0, &ignored), 256);
	ota_key_free(ed25519);
	ota_key_free(rsa);
}

static void a_group_never_leaves_its_room(void **state)
{
	struct ota_key *key = key_named("ed25519");
	struct ota_signer signer = {.key = key};
	const struct signature_rules rules = {.hash = OTA_HASH_SHA256};
	uint8_t digest[32] = {0};
	uint8_t bytes[128];
	const struct ota_to_sign to_sign = {
		.hashed = {digest, 32}, .message = {digest, 32}, .hash = OTA_HASH_SHA256};
	size_t need = 4 + 32 + 4 + 64;
	struct ota_sig sig;

	(void)state;
	assert_true(ota_signature_group_max(&signer, &rules) >= need);
	for (size_t cap = 0; cap <= need; cap++) {
		struct ota_wr wr = ota_wr_init(bytes, cap);

		memset(bytes, 0xa5, sizeof(bytes));
		assert_int_equal(
			ota_signature_group_write(&wr, &signer, &rules, &to_sign, &sig, NULL),
			cap < need ? OTA_E_ROOM : OTA_OK);
		assert_true(
			ota_span_all(ota_span_tail(ota_span_of(bytes, sizeof(bytes)), cap), 0xa5));
	}
	ota_key_free(key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_chooses_the_hash_unless_the_plan_does),
		cmocka_unit_test(a_key_that_does_not_go_with_the_plan_is_refused),
		cmocka_unit_test(every_signer_has_its_group_in_the_order_given),
		cmocka_unit_test(a_second_signer_must_go_with_the_first_ones_hash),
		cmocka_unit_test(more_signatures_than_an_area_holds_are_refused),
		cmocka_unit_test(a_whole_public_key_takes_its_hashs_place),
		cmocka_unit_test(a_signature_made_elsewhere_is_as_good_as_the_keys_own),
		cmocka_unit_test(a_wrong_signature_made_elsewhere_never_goes_into_an_image),
		cmocka_unit_test(a_compressed_image_is_signed_twice),
		cmocka_unit_test(ecdsa_signatures_are_padded_to_imgtools_lengths),
		cmocka_unit_test(other_signatures_are_not_padded),
		cmocka_unit_test(a_group_never_leaves_its_room),
	};

	return cmocka_run_group_tests_name("libota/image_sign", tests, NULL, NULL);
}
