// SPDX-License-Identifier: Apache-2.0
/* Image keys unwrapped from what imgtool encrypted, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <ota/mcuboot.h>

#include "vectors.h"

struct vector {
	const char *image;
	const char *key;
	uint16_t tlv;
	size_t len; /* bytes of the image key */
	enum ota_hash hash;
};

static const struct vector vectors[] = {
	{"o108-enc-ec256-128.bin", "p256enc.pem", OTA_TLV_ENC_EC256, 16, OTA_HASH_SHA256},
	{"o109-enc-ec256-256.bin", "p256enc.pem", OTA_TLV_ENC_EC256, 32, OTA_HASH_SHA256},
	{"o110-enc-x25519-128.bin", "x25519.pem", OTA_TLV_ENC_X25519, 16, OTA_HASH_SHA256},
	{"o111-enc-x25519-256.bin", "x25519.pem", OTA_TLV_ENC_X25519, 32, OTA_HASH_SHA256},
	{"o116-enc-x25519-hmac512.bin", "x25519.pem", OTA_TLV_ENC_X25519_SHA512, 32,
	 OTA_HASH_SHA512},
	{"o119-enc-protected-pad.bin", "x25519.pem", OTA_TLV_ENC_X25519, 16, OTA_HASH_SHA256},
	{"o112-enc-rsa-128.bin", "rsa2048enc.pem", OTA_TLV_ENC_RSA2048, 16, OTA_HASH_SHA256},
};
#define N_VECTORS (sizeof(vectors) / sizeof(vectors[0]))

/* A vector's file, key and TLVs. */
struct opened {
	struct ota_buf file;
	struct ota_key *key;
	struct ota_image_header header;
	struct ota_tlv_areas areas;
};

static uint16_t digest_tlv(enum ota_hash hash)
{
	return hash == OTA_HASH_SHA512 ? OTA_TLV_SHA512 : OTA_TLV_SHA256;
}

static struct ota_key *key_of(const char *name)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "imgtool/keys/%s", name);
	return vector_key(path);
}

static void vector_open(const struct vector *vector, struct opened *opened)
{
	char path[128];
	size_t at;

	(void)snprintf(path, sizeof(path), "imgtool/out/%s", vector->image);
	opened->file = vector_read(path);
	opened->key = key_of(vector->key);
	assert_int_equal(ota_image_header_read(ota_buf_span(&opened->file), false, &opened->header),
			 OTA_OK);
	assert_int_equal(ota_tlv_areas_find(ota_buf_span(&opened->file), &opened->header, false,
					    &opened->areas, &at),
			 OTA_OK);
}

static void vector_close(struct opened *opened)
{
	ota_key_free(opened->key);
	ota_buf_free(&opened->file);
}

static struct ota_span tlv_of(const struct opened *opened, uint16_t type)
{
	struct ota_tlv_iter iter = ota_tlv_iter_init(&opened->areas);
	struct ota_tlv tlv;

	do {
		assert_int_equal(ota_tlv_next(&iter, &tlv), OTA_OK);
	} while (tlv.type != type);
	return tlv.value;
}

static void unwrapped_keys_decrypt_to_the_signed_plaintext(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_VECTORS; i++) {
		struct ota_buf plain = ota_buf_init(0x10000);
		struct ota_image_key image_key;
		struct ota_digest digest;
		struct opened opened;
		struct ota_span file;
		size_t payload_end;

		vector_open(&vectors[i], &opened);
		file = ota_buf_span(&opened.file);
		payload_end = opened.header.hdr_size + opened.header.img_size;
		assert_int_equal(ota_key_unwrap(opened.key, vectors[i].tlv,
						tlv_of(&opened, vectors[i].tlv), &image_key, NULL),
				 OTA_OK);
		assert_int_equal(image_key.len, vectors[i].len);
		assert_int_equal(
			ota_buf_append(&plain, ota_span_head(file, opened.header.hdr_size), NULL),
			OTA_OK);
		assert_int_equal(ota_image_key_crypt(&image_key,
						     ota_span_sub(file, opened.header.hdr_size,
								  opened.header.img_size),
						     &plain, NULL),
				 OTA_OK);
		assert_int_equal(plain.len, payload_end);
		assert_int_equal(ota_buf_append(&plain,
						ota_span_sub(file, payload_end,
							     opened.header.protect_tlv_size),
						NULL),
				 OTA_OK);
		assert_int_equal(
			ota_digest_of(vectors[i].hash, ota_buf_span(&plain), &digest, NULL),
			OTA_OK);
		assert_true(ota_span_equal(ota_digest_span(&digest),
					   tlv_of(&opened, digest_tlv(vectors[i].hash))));
		ota_image_key_wipe(&image_key);
		ota_buf_free(&plain);
		vector_close(&opened);
	}
}

static void no_flipped_bit_unwraps(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_VECTORS; i++) {
		struct ota_image_key image_key;
		struct opened opened;
		struct ota_span value;
		uint8_t bytes[512];

		vector_open(&vectors[i], &opened);
		value = tlv_of(&opened, vectors[i].tlv);
		memcpy(bytes, value.data, value.len);
		for (size_t bit = 0; bit < 8 * value.len; bit++) {
			bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
			/* RFC 7748 has the top bit of a public key ignored: it must not be. */
			assert_int_equal(ota_key_unwrap(opened.key, vectors[i].tlv,
							ota_span_of(bytes, value.len), &image_key,
							NULL),
					 OTA_E_REFUSED);
			assert_int_equal(image_key.len, 0);
			bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
		}
		vector_close(&opened);
	}
}

static void no_other_length_unwraps(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_VECTORS; i++) {
		struct ota_image_key image_key;
		struct opened opened;
		struct ota_span value;
		uint8_t bytes[512] = {0};

		vector_open(&vectors[i], &opened);
		value = tlv_of(&opened, vectors[i].tlv);
		memcpy(bytes, value.data, value.len);
		for (size_t len = 0; len < sizeof(bytes); len++) {
			if (len == value.len)
				continue;
			assert_int_equal(ota_key_unwrap(opened.key, vectors[i].tlv,
							ota_span_of(bytes, len), &image_key, NULL),
					 OTA_E_REFUSED);
		}
		vector_close(&opened);
	}
}

/* What is wrong is said of the caller's key, not of the image. */
static void only_the_private_key_of_that_kind_unwraps(void **state)
{
	static const char *const others[] = {"p256.pem", "x25519.pub.pem", "ed25519.pem",
					     "p384.pem"};
	struct ota_image_key image_key;
	struct opened opened;
	struct ota_span value;

	(void)state;
	vector_open(&vectors[2], &opened);
	value = tlv_of(&opened, vectors[2].tlv);
	for (size_t i = 0; i < 4; i++) {
		struct ota_key *key = key_of(others[i]);

		assert_int_equal(ota_key_unwrap(key, vectors[2].tlv, value, &image_key, NULL),
				 OTA_E_USAGE);
		ota_key_free(key);
	}
	assert_int_equal(ota_key_unwrap(opened.key, OTA_TLV_ENC_EC256, value, &image_key, NULL),
			 OTA_E_USAGE);
	/* The other hash wants another length. */
	assert_int_equal(
		ota_key_unwrap(opened.key, OTA_TLV_ENC_X25519_SHA512, value, &image_key, NULL),
		OTA_E_REFUSED);
	vector_close(&opened);
}

static void another_key_of_the_kind_is_refused(void **state)
{
	struct ota_key *stranger = key_of("p256.pem");
	struct ota_image_key image_key;
	struct opened opened;

	(void)state;
	vector_open(&vectors[0], &opened);
	assert_int_equal(ota_key_unwrap(stranger, OTA_TLV_ENC_EC256,
					tlv_of(&opened, OTA_TLV_ENC_EC256), &image_key, NULL),
			 OTA_E_REFUSED);
	vector_close(&opened);
	ota_key_free(stranger);
}

/* Points of small order give the zero secret, with which anyone could make the MAC. */
static void x25519_points_of_small_order_are_refused(void **state)
{
	static const uint8_t points[][32] = {
		{0},
		{1},
		{0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3,
		 0xfa, 0xf1, 0x9f, 0xc4, 0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32,
		 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00},
		{0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1,
		 0x55, 0x9c, 0x83, 0xef, 0x5b, 0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c,
		 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57},
		{0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
	};
	/* HKDF of 32 zero bytes, HMAC of 16 zero bytes with its last 32: what a forger computes. */
	static const uint8_t forged_mac[32] = {0xce, 0x05, 0xce, 0xa2, 0x4c, 0x7f, 0xe6, 0x34,
					       0x08, 0xad, 0x64, 0x70, 0x5d, 0x9d, 0x19, 0xf7,
					       0x25, 0x4d, 0xeb, 0xfc, 0x90, 0x08, 0xdc, 0x6a,
					       0xa0, 0x2e, 0x4b, 0x3a, 0x81, 0xa8, 0xd9, 0x6b};
	struct ota_key *key = key_of("x25519.pem");
	struct ota_image_key image_key;
	uint8_t value[80] = {0};

	(void)state;
	memcpy(value + 32, forged_mac, sizeof(forged_mac));
	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		memcpy(value, points[i], sizeof(points[i]));
		assert_int_equal(ota_key_unwrap(key, OTA_TLV_ENC_X25519,
						ota_span_of(value, sizeof(value)), &image_key,
						NULL),
				 OTA_E_REFUSED);
	}
	ota_key_free(key);
}

/* NIST SP 800-38A has no counter that begins at 0: AES of the zero block is what can be checked. */
static void crypt_is_aes_ctr_from_zero_and_its_own_inverse(void **state)
{
	/* AES-128 of the blocks 0 and 1 under the key 0. */
	static const uint8_t stream[32] = {0x66, 0xe9, 0x4b, 0xd4, 0xef, 0x8a, 0x2c, 0x3b,
					   0x88, 0x4c, 0xfa, 0x59, 0xca, 0x34, 0x2b, 0x2e,
					   0x58, 0xe2, 0xfc, 0xce, 0xfa, 0x7e, 0x30, 0x61,
					   0x36, 0x7f, 0x1d, 0x57, 0xa4, 0xe7, 0x45, 0x5a};
	static const uint8_t zeros[32];
	struct ota_image_key image_key = {.len = 16};
	struct ota_buf once = ota_buf_init(64);
	struct ota_buf twice = ota_buf_init(64);

	(void)state;
	assert_int_equal(ota_image_key_crypt(&image_key, ota_span_of(zeros, 32), &once, NULL),
			 OTA_OK);
	assert_memory_equal(once.data, stream, 32);
	assert_int_equal(ota_image_key_crypt(&image_key, ota_buf_span(&once), &twice, NULL),
			 OTA_OK);
	assert_memory_equal(twice.data, zeros, 32);
	assert_int_equal(ota_image_key_crypt(&image_key, ota_span_of(zeros, 0), &once, NULL),
			 OTA_OK);
	assert_int_equal(once.len, 32);
	image_key.len = 24;
	assert_int_equal(ota_image_key_crypt(&image_key, ota_span_of(zeros, 32), &once, NULL),
			 OTA_E_USAGE);
	image_key.len = 16;
	assert_int_equal(ota_image_key_crypt(&image_key, ota_span_of(zeros, 32), &once, NULL),
			 OTA_OK);
	assert_int_equal(ota_image_key_crypt(&image_key, ota_span_of(zeros, 32), &once, NULL),
			 OTA_E_ROOM);
	ota_buf_free(&once);
	ota_buf_free(&twice);
}

static void wiped_keys_are_zero(void **state)
{
	struct ota_image_key image_key = {.data = {1, 2, 3}, .len = 16};
	static const struct ota_image_key zero;

	(void)state;
	ota_image_key_wipe(&image_key);
	assert_memory_equal(&image_key, &zero, sizeof(zero));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unwrapped_keys_decrypt_to_the_signed_plaintext),
		cmocka_unit_test(no_flipped_bit_unwraps),
		cmocka_unit_test(no_other_length_unwraps),
		cmocka_unit_test(only_the_private_key_of_that_kind_unwraps),
		cmocka_unit_test(another_key_of_the_kind_is_refused),
		cmocka_unit_test(x25519_points_of_small_order_are_refused),
		cmocka_unit_test(crypt_is_aes_ctr_from_zero_and_its_own_inverse),
		cmocka_unit_test(wiped_keys_are_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
