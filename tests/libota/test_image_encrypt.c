// SPDX-License-Identifier: Apache-2.0
/* Encrypted images: decrypted again, and never written so that nobody can. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include <ota/verify.h>

#include "images.h"
#include "vectors.h"

#define BODY_LEN 301

static const struct ota_image_plan plain = {
	.version = {1, 2, 3, 4}, .pad_header = true, .has_security_counter = true};

static struct ota_span body(void)
{
	static uint8_t bytes[BODY_LEN];

	fill_pattern(bytes, sizeof(bytes), 11);
	return ota_span_of(bytes, sizeof(bytes));
}

static struct ota_key *key_named(const char *name)
{
	char path[96];

	(void)snprintf(path, sizeof(path), "imgtool/keys/%s", name);
	return vector_key(path);
}

/* Fails unless `key` decrypts the image to what the plan says is to be signed. */
static void assert_decrypts(const struct ota_image_plan *plan, struct ota_span file,
			    const struct ota_key *key, uint16_t tlv)
{
	struct ota_image image = image_open(file);
	struct ota_buf decrypted = ota_buf_init(1 << 20);
	struct ota_image_made made;
	struct ota_buf vector = ota_buf_init(1 << 20);
	struct ota_image_wrap wrap;
	struct ota_diag diag = {.err = OTA_OK};

	if (ota_image_decrypt(&image, key, &decrypted, &wrap, &diag) != OTA_OK)
		fail_msg("%s", diag.text);
	assert_int_equal(wrap.type, tlv);
	assert_int_equal(wrap.key_len, plan->image_key_len ? plan->image_key_len : 16);
	assert_int_equal(ota_image_vector(plan, body(), false, &vector, &made, NULL), OTA_OK);
	assert_true(ota_span_equal(ota_buf_span(&decrypted), ota_buf_span(&vector)));
	assert_false(ota_span_equal(ota_buf_span(&decrypted), image.hashed));
	ota_buf_free(&decrypted);
	ota_buf_free(&vector);
}

static const struct {
	const char *wraps;
	const char *unwraps;
	size_t key_len;
	enum ota_hash hash;
	uint16_t tlv;
	size_t tlv_len;
} kinds[] = {
	{"p256enc.pub.pem", "p256enc.pem", 0, 0, OTA_TLV_ENC_EC256, 113},
	{"p256enc.pub.pem", "p256enc.pem", 32, OTA_HASH_SHA256, OTA_TLV_ENC_EC256, 129},
	{"x25519.pub.pem", "x25519.pem", 16, 0, OTA_TLV_ENC_X25519, 80},
	{"x25519.pem", "x25519.pem", 32, 0, OTA_TLV_ENC_X25519, 96},
	{"x25519.pub.pem", "x25519.pem", 16, OTA_HASH_SHA512, OTA_TLV_ENC_X25519_SHA512, 112},
	{"x25519.pub.pem", "x25519.pem", 32, OTA_HASH_SHA512, OTA_TLV_ENC_X25519_SHA512, 128},
	{"rsa2048enc.pub.pem", "rsa2048enc.pem", 16, 0, OTA_TLV_ENC_RSA2048, 256},
	{"rsa2048enc.pub.pem", "rsa2048enc.pem", 32, 0, OTA_TLV_ENC_RSA2048, 256},
	{"kw128.b64", "kw128.b64", 16, 0, OTA_TLV_ENC_KW, 24},
	{"kw256.b64", "kw256.b64", 32, 0, OTA_TLV_ENC_KW, 40},
};

static void every_kind_of_key_decrypts_what_was_encrypted_for_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct ota_key *wraps = key_named(kinds[i].wraps);
		struct ota_key *unwraps = key_named(kinds[i].unwraps);
		struct ota_image_plan plan = plain;
		struct ota_image image;
		struct ota_buf file;

		plan.encryption_key = wraps;
		plan.image_key_len = kinds[i].key_len;
		plan.exchange_hash = kinds[i].hash;
		plan.big_endian = i % 2 == 1;
		file = image_build(&plan, body(), NULL);
		image = image_open(ota_buf_span(&file));
		assert_int_equal(image.header.flags, kinds[i].key_len == 32 ? 0x8 : 0x4);
		assert_int_equal(image_tlv(&image, kinds[i].tlv, 0).len, kinds[i].tlv_len);
		assert_decrypts(&plan, ota_buf_span(&file), unwraps, kinds[i].tlv);
		ota_buf_free(&file);
		ota_key_free(wraps);
		ota_key_free(unwraps);
	}
}

static void keys_whose_image_no_bootloader_decrypts_are_refused(void **state)
{
	static const struct {
		const char *key;
		size_t key_len;
		enum ota_hash hash;
	} cases[] = {
		{"p384.pub.pem", 16, 0},
		{"p384.pem", 32, 0},
		{"ed25519.pub.pem", 16, 0},
		{"rsa3072.pub.pem", 16, 0},
		{"p256enc.pub.pem", 16, OTA_HASH_SHA512},
		{"p256enc.pub.pem", 16, OTA_HASH_SHA384},
		{"kw128.b64", 32, 0},
		{"kw256.b64", 16, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ota_key *key = key_named(cases[i].key);
		struct ota_image_plan plan = plain;
		struct ota_buf out = ota_buf_init(1 << 16);
		struct ota_diag diag = {.err = OTA_OK};
		struct ota_image_made made;

		plan.encryption_key = key;
		plan.image_key_len = cases[i].key_len;
		plan.exchange_hash = cases[i].hash;
		assert_int_equal(ota_image_build(&plan, body(), &out, &made, &diag), OTA_E_USAGE);
		assert_true(diag.text[0] != '\0');
		assert_int_equal(out.len, 0);
		assert_int_equal(ota_image_vector(&plan, body(), false, &out, &made, NULL),
				 OTA_E_USAGE);
		ota_buf_free(&out);
		ota_key_free(key);
	}
}

static enum ota_err never_called(void *context, const struct ota_to_sign *to_sign,
				 struct ota_sig *sig, struct ota_diag *diag)
{
	(void)context;
	(void)to_sign;
	(void)sig;
	fail_msg("asked for a signature");
	return ota_fail(diag, OTA_E_CRYPTO, "not reached");
}

static void nobody_is_asked_to_sign_what_cannot_be_encrypted(void **state)
{
	struct ota_key *key = key_named("p384.pub.pem");
	struct ota_signer signer = {.key = key, .sign = never_called};
	struct ota_image_plan plan = plain;
	struct ota_buf out = ota_buf_init(1 << 16);
	struct ota_image_made made;

	(void)state;
	plan.signers = &signer;
	plan.n_signers = 1;
	plan.encryption_key = key;
	assert_int_equal(ota_image_build(&plan, body(), &out, &made, NULL), OTA_E_USAGE);
	ota_buf_free(&out);
	ota_key_free(key);
}

/* Header and payload together are whole blocks, which for odd headers the payload is not. */
static void the_payload_ends_at_a_whole_block_of_the_image(void **state)
{
	static const uint32_t headers[] = {32, 33, 47, 48, 512};
	struct ota_key *key = key_named("x25519.pem");
	struct ota_image_plan plan = plain;

	(void)state;
	plan.encryption_key = key;
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		for (size_t len = 0; len < 34; len++) {
			size_t want = (headers[i] + len + 15) / 16 * 16 - headers[i];
			struct ota_buf file;

			plan.header_size = headers[i];
			file = image_build(&plan, ota_span_head(body(), len), NULL);
			assert_int_equal(image_open(ota_buf_span(&file)).header.img_size, want);
			ota_buf_free(&file);
		}
	}
	ota_key_free(key);
}

static void clear_images_have_flag_and_key_but_no_ciphertext(void **state)
{
	struct ota_key *key = key_named("x25519.pem");
	struct ota_image_plan plan = plain;
	struct ota_buf vector = ota_buf_init(1 << 16);
	struct ota_image image;
	struct ota_image_made made;
	struct ota_buf file;

	(void)state;
	plan.encryption_key = key;
	plan.encrypt_clear = true;
	file = image_build(&plan, body(), NULL);
	image = image_open(ota_buf_span(&file));
	assert_int_equal(image.header.flags, OTA_IMAGE_F_ENCRYPTED_AES128);
	assert_int_equal(image_tlv(&image, OTA_TLV_ENC_X25519, 0).len, 80);
	assert_int_equal(ota_image_vector(&plan, body(), false, &vector, &made, NULL), OTA_OK);
	assert_true(ota_span_equal(ota_buf_span(&vector), image.hashed));
	ota_buf_free(&vector);
	ota_buf_free(&file);
	ota_key_free(key);
}

static void digest_and_signature_are_of_the_plaintext(void **state)
{
	struct ota_key *key = key_named("x25519.pem");
	struct ota_key *signs = key_named("ed25519.pem");
	struct ota_signer signer = {.key = signs};
	const struct ota_boot boot = {.hash = OTA_HASH_SHA256, .encryption_key = key};
	struct ota_image_verdict verdict;
	struct ota_image_plan plan = plain;
	struct ota_image image;
	struct ota_buf file;
	uint16_t types[8];

	(void)state;
	plan.encryption_key = key;
	plan.signers = &signer;
	plan.n_signers = 1;
	file = image_build(&plan, body(), NULL);
	assert_int_equal(ota_file_verify(ota_buf_span(&file), signs, &boot, &image, &verdict, NULL),
			 OTA_OK);
	assert_true(verdict.decrypted);
	assert_true(verdict.verified);
	assert_int_equal(image_tlv_types(&image, types, 8), 5);
	assert_int_equal(types[4], OTA_TLV_ENC_X25519); /* behind the signature */
	ota_buf_free(&file);
	ota_key_free(signs);
	ota_key_free(key);
}

static void every_image_has_a_key_of_its_own(void **state)
{
	struct ota_key *key = key_named("x25519.pem");
	struct ota_image_plan plan = plain;
	struct ota_buf one;
	struct ota_buf two;

	(void)state;
	plan.encryption_key = key;
	one = image_build(&plan, body(), NULL);
	two = image_build(&plan, body(), NULL);
	assert_int_equal(one.len, two.len);
	assert_memory_equal(one.data, two.data, 32);
	assert_memory_not_equal(one.data + 32, two.data + 32, BODY_LEN);
	ota_buf_free(&one);
	ota_buf_free(&two);
	ota_key_free(key);
}

static void the_trailer_is_imgtools_with_room_for_two_keys(void **state)
{
	static const struct {
		size_t key_len;
		uint32_t max_align;
		bool save_enctlv;
		bool overwrite_only;
		uint64_t trailer;
	} cases[] = {
		/* 128 x 3 of status, four fields, the magic, two keys */
		{16, 8, false, false, 384 + 32 + 16 + 32},
		{32, 8, false, false, 384 + 32 + 16 + 32},
		{32, 32, false, false, 384 + 128 + 32 + 64},
		{16, 8, true, false, 384 + 32 + 16 + 2 * 80},
		{16, 32, true, false, 384 + 128 + 32 + 2 * 96},
		{16, 8, false, true, 16 + 16},
		{16, 8, true, true, 16 + 16},
	};
	struct ota_key *key = key_named("x25519.pem");

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct ota_image_plan plan = {.encryption_key = key,
						    .image_key_len = cases[i].key_len,
						    .max_align = cases[i].max_align,
						    .save_enctlv = cases[i].save_enctlv,
						    .overwrite_only = cases[i].overwrite_only};

		assert_int_equal(ota_image_trailer_size(&plan), cases[i].trailer);
	}
	ota_key_free(key);
}

/* imgtool counts 16 bytes for a key of 32: a swap bootloader has 32 more bytes of trailer. */
static void a_large_key_that_imgtool_miscounts_is_low_on_room(void **state)
{
	struct ota_key *key = key_named("x25519.pem");
	struct ota_image_plan plan = plain;
	struct ota_image_made made;
	struct ota_buf file;
	size_t len;

	(void)state;
	plan.encryption_key = key;
	plan.image_key_len = 32;
	file = image_build(&plan, body(), &made);
	len = made.len;
	ota_buf_free(&file);
	for (size_t spare = 0; spare <= 32; spare++) {
		plan.slot_size = len + ota_image_trailer_size(&plan) + spare;
		file = image_build(&plan, body(), &made);
		assert_int_equal(made.low_on_room, spare < 32);
		ota_buf_free(&file);
	}
	plan.save_enctlv = true;
	plan.slot_size = len + ota_image_trailer_size(&plan);
	file = image_build(&plan, body(), &made);
	assert_false(made.low_on_room);
	ota_buf_free(&file);
	ota_key_free(key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_key_decrypts_what_was_encrypted_for_it),
		cmocka_unit_test(keys_whose_image_no_bootloader_decrypts_are_refused),
		cmocka_unit_test(nobody_is_asked_to_sign_what_cannot_be_encrypted),
		cmocka_unit_test(the_payload_ends_at_a_whole_block_of_the_image),
		cmocka_unit_test(clear_images_have_flag_and_key_but_no_ciphertext),
		cmocka_unit_test(digest_and_signature_are_of_the_plaintext),
		cmocka_unit_test(every_image_has_a_key_of_its_own),
		cmocka_unit_test(the_trailer_is_imgtools_with_room_for_two_keys),
		cmocka_unit_test(a_large_key_that_imgtool_miscounts_is_low_on_room),
	};

	return cmocka_run_group_tests_name("libota/image_encrypt", tests, NULL, NULL);
}
