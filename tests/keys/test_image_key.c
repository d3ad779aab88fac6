// SPDX-License-Identifier: Apache-2.0
/*
 * Image keys unwrapped from what imgtool encrypted and bootloaders take, and from nothing else;
 * and what is wrapped here, unwrapped again.
 */
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
	{"out/o108-enc-ec256-128.bin", "p256enc.pem", OTA_TLV_ENC_EC256, 16, OTA_HASH_SHA256},
	{"out/o109-enc-ec256-256.bin", "p256enc.pem", OTA_TLV_ENC_EC256, 32, OTA_HASH_SHA256},
	{"out/o110-enc-x25519-128.bin", "x25519.pem", OTA_TLV_ENC_X25519, 16, OTA_HASH_SHA256},
	{"out/o111-enc-x25519-256.bin", "x25519.pem", OTA_TLV_ENC_X25519, 32, OTA_HASH_SHA256},
	{"out/o116-enc-x25519-hmac512.bin", "x25519.pem", OTA_TLV_ENC_X25519_SHA512, 32,
	 OTA_HASH_SHA512},
	{"out/o119-enc-protected-pad.bin", "x25519.pem", OTA_TLV_ENC_X25519, 16, OTA_HASH_SHA256},
	{"out/o112-enc-rsa-128.bin", "rsa2048enc.pem", OTA_TLV_ENC_RSA2048, 16, OTA_HASH_SHA256},
	{"img/ve-kw128.bin", "kw128.b64", OTA_TLV_ENC_KW, 16, OTA_HASH_SHA256},
	{"img/ve-kw256.bin", "kw256.b64", OTA_TLV_ENC_KW, 32, OTA_HASH_SHA256},
	{"img/ve-kw128-ed25519.bin", "kw128.b64", OTA_TLV_ENC_KW, 16, OTA_HASH_SHA256},
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

	(void)snprintf(path, sizeof(path), "imgtool/%s", vector->image);
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

static void a_damaged_wrap_that_the_bootloader_refuses_is_refused(void **state)
{
	static const struct vector damaged[] = {
		{"img/ve-kw128-damaged.bin", "kw128.b64", OTA_TLV_ENC_KW, 16, OTA_HASH_SHA256},
		{"img/ve-kw256-damaged.bin", "kw256.b64", OTA_TLV_ENC_KW, 32, OTA_HASH_SHA256},
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct ota_image_key image_key;
		struct opened opened;

		vector_open(&damaged[i], &opened);
		assert_int_equal(ota_key_unwrap(opened.key, OTA_TLV_ENC_KW,
						tlv_of(&opened, OTA_TLV_ENC_KW), &image_key, NULL),
				 OTA_E_REFUSED);
		vector_close(&opened);
	}
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

/* -- wrapping ---------------------------------------------------------------------------------- */

struct wrap_case {
	const char *key;
	bool has_public;
	size_t len;         /* bytes of the image key */
	enum ota_hash hash; /* of the key exchange; 0: the default */
	uint16_t tlv;
	size_t size; /* bytes of the TLV's value */
};

static const struct wrap_case wraps[] = {
	{"rsa2048enc.pem", true, 16, 0, OTA_TLV_ENC_RSA2048, 256},
	{"rsa2048enc.pem", true, 32, OTA_HASH_SHA256, OTA_TLV_ENC_RSA2048, 256},
	{"p256enc.pem", true, 16, 0, OTA_TLV_ENC_EC256, 65 + 32 + 16},
	{"p256enc.pem", true, 32, OTA_HASH_SHA256, OTA_TLV_ENC_EC256, 65 + 32 + 32},
	{"x25519.pem", true, 16, 0, OTA_TLV_ENC_X25519, 32 + 32 + 16},
	{"x25519.pem", true, 32, OTA_HASH_SHA256, OTA_TLV_ENC_X25519, 32 + 32 + 32},
	{"x25519.pem", true, 16, OTA_HASH_SHA512, OTA_TLV_ENC_X25519_SHA512, 112},
	{"x25519.pem", true, 32, OTA_HASH_SHA512, OTA_TLV_ENC_X25519_SHA512, 128},
	{"kw128.b64", false, 16, 0, OTA_TLV_ENC_KW, 24},
	{"kw256.b64", false, 32, OTA_HASH_SHA256, OTA_TLV_ENC_KW, 40},
};
#define N_WRAPS (sizeof(wraps) / sizeof(wraps[0]))

static struct ota_image_key fresh_image_key(size_t len)
{
	struct ota_image_key image_key;

	assert_int_equal(ota_keys_init(NULL), OTA_OK);
	assert_int_equal(ota_image_key_generate(len, &image_key, NULL), OTA_OK);
	assert_int_equal(image_key.len, len);
	return image_key;
}

static void must_wrap(const struct ota_key *key, const struct ota_image_key *image_key,
		      const struct wrap_case *wrap, struct ota_wrapped_key *wrapped)
{
	assert_int_equal(ota_key_wrapped_size(key, wrap->len, wrap->hash), wrap->size);
	assert_int_equal(ota_key_wrap(key, image_key, wrap->hash, wrapped, NULL), OTA_OK);
	assert_int_equal(wrapped->tlv, wrap->tlv);
	assert_int_equal(wrapped->len, wrap->size);
}

static struct ota_span wrapped_span(const struct ota_wrapped_key *wrapped)
{
	return ota_span_of(wrapped->data, wrapped->len);
}

static void what_is_wrapped_unwraps(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_WRAPS; i++) {
		struct ota_image_key image_key = fresh_image_key(wraps[i].len);
		struct ota_key *key = key_of(wraps[i].key);
		struct ota_wrapped_key wrapped;
		struct ota_image_key again;

		must_wrap(key, &image_key, &wraps[i], &wrapped);
		assert_int_equal(
			ota_key_unwrap(key, wrapped.tlv, wrapped_span(&wrapped), &again, NULL),
			OTA_OK);
		assert_memory_equal(&again, &image_key, sizeof(again));
		ota_key_free(key);
	}
}

/* The key that wraps is read back from the private key's own public part. */
static void the_public_key_wraps_for_the_private_one(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_WRAPS; i++) {
		struct ota_image_key image_key = fresh_image_key(wraps[i].len);
		struct ota_buf pem = ota_buf_init(OTA_KEY_FILE_MAX);
		struct ota_key *key = key_of(wraps[i].key);
		struct ota_key *public_key = NULL;
		struct ota_wrapped_key wrapped;
		struct ota_image_key again;

		if (wraps[i].has_public) {
			assert_int_equal(ota_key_public_pem(key, &pem, NULL), OTA_OK);
			assert_int_equal(ota_key_read(ota_buf_span(&pem), ota_span_of(NULL, 0),
						      &public_key, NULL),
					 OTA_OK);
			assert_false(ota_key_is_private(public_key));
			must_wrap(public_key, &image_key, &wraps[i], &wrapped);
			assert_int_equal(ota_key_unwrap(public_key, wrapped.tlv,
							wrapped_span(&wrapped), &again, NULL),
					 OTA_E_USAGE);
			assert_int_equal(ota_key_unwrap(key, wrapped.tlv, wrapped_span(&wrapped),
							&again, NULL),
					 OTA_OK);
			assert_memory_equal(&again, &image_key, sizeof(again));
		}
		ota_key_free(public_key);
		ota_key_free(key);
		ota_buf_free(&pem);
	}
}

static void no_flipped_bit_and_no_truncation_of_a_wrap_unwraps(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_WRAPS; i++) {
		struct ota_image_key image_key = fresh_image_key(wraps[i].len);
		struct ota_key *key = key_of(wraps[i].key);
		struct ota_wrapped_key wrapped;
		struct ota_image_key again;

		must_wrap(key, &image_key, &wraps[i], &wrapped);
		for (size_t bit = 0; bit < 8 * wrapped.len; bit++) {
			wrapped.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
			assert_int_equal(ota_key_unwrap(key, wrapped.tlv, wrapped_span(&wrapped),
							&again, NULL),
					 OTA_E_REFUSED);
			wrapped.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
		}
		for (size_t len = 0; len < wrapped.len; len++)
			assert_int_equal(ota_key_unwrap(key, wrapped.tlv,
							ota_span_of(wrapped.data, len), &again,
							NULL),
					 OTA_E_REFUSED);
		ota_key_free(key);
	}
}

/* ECIES and OAEP are fresh each time; AES-KW has nothing to be fresh with. */
static void two_wraps_of_one_image_key_differ(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_WRAPS; i++) {
		struct ota_image_key image_key = fresh_image_key(wraps[i].len);
		struct ota_key *key = key_of(wraps[i].key);
		struct ota_wrapped_key one;
		struct ota_wrapped_key other;

		must_wrap(key, &image_key, &wraps[i], &one);
		must_wrap(key, &image_key, &wraps[i], &other);
		assert_int_equal(memcmp(one.data, other.data, one.len) == 0, ota_key_is_kek(key));
		ota_key_free(key);
	}
}

/* The bootloader reads X9.62's uncompressed form only, and no P-256 key's form decides on it. */
static void the_ephemeral_point_is_uncompressed(void **state)
{
	struct ota_image_key image_key = fresh_image_key(16);
	struct ota_key *key = key_of("p256enc.pem");
	struct ota_wrapped_key wrapped;

	(void)state;
	must_wrap(key, &image_key, &wraps[2], &wrapped);
	assert_int_equal(wrapped.data[0], 0x04);
	ota_key_free(key);
}

static void what_no_bootloader_reads_is_not_wrapped(void **state)
{
	static const struct {
		const char *key;
		size_t len;
		enum ota_hash hash;
		const char *words;
	} refused[] = {
		{"rsa3072.pem", 16, 0, "rsa-2048, ecdsa-p256, x25519 and AES-KW"},
		{"p384.pem", 16, 0, "no bootloader reads"},
		{"p384.pub.pem", 32, OTA_HASH_SHA384, "no bootloader reads"},
		{"ed25519.pem", 16, 0, "no bootloader reads"},
		{"p256.pem", 16, OTA_HASH_SHA512, "only x25519"},
		{"rsa2048.pem", 16, OTA_HASH_SHA512, "only x25519"},
		{"x25519.pem", 16, OTA_HASH_SHA384, "SHA384"},
		{"kw128.b64", 16, OTA_HASH_SHA512, "only x25519"},
		{"kw128.b64", 32, 0, "image key is 32 bytes"},
		{"kw256.b64", 16, 0, "image key is 16 bytes"},
		{"x25519.pem", 0, 0, "image key is 0 bytes"},
		{"p256.pem", 24, 0, "image key is 24 bytes"},
		{"rsa2048.pem", 33, 0, "image key is 33 bytes"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct ota_image_key image_key = {.len = refused[i].len};
		struct ota_key *key = key_of(refused[i].key);
		struct ota_diag diag = {.err = OTA_OK};
		struct ota_wrapped_key wrapped;

		assert_int_equal(ota_key_wrapped_size(key, refused[i].len, refused[i].hash), 0);
		assert_int_equal(ota_key_wrap(key, &image_key, refused[i].hash, &wrapped, &diag),
				 OTA_E_USAGE);
		if (!strstr(diag.text, refused[i].words))
			fail_msg("%s: \"%s\"", refused[i].key, diag.text);
		assert_int_equal(wrapped.len, 0);
		ota_key_free(key);
	}
}

/* Whoever made such a "key" would read every image that is encrypted for it. */
static void an_x25519_key_of_small_order_wraps_nothing(void **state)
{
	static const uint8_t head[12] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
					 0x2b, 0x65, 0x6e, 0x03, 0x21, 0x00};
	struct ota_image_key image_key = fresh_image_key(16);
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_wrapped_key wrapped;
	struct ota_key *key = NULL;
	uint8_t der[44] = {0};

	(void)state;
	memcpy(der, head, sizeof(head));
	der[sizeof(head)] = 1;
	assert_int_equal(
		ota_key_read(ota_span_of(der, sizeof(der)), ota_span_of(NULL, 0), &key, NULL),
		OTA_OK);
	assert_int_equal(ota_key_wrap(key, &image_key, 0, &wrapped, &diag), OTA_E_MALFORMED);
	assert_non_null(strstr(diag.text, "small order"));
	assert_int_equal(wrapped.len, 0);
	ota_key_free(key);
}

static void image_keys_are_16_or_32_bytes_and_all_different(void **state)
{
	struct ota_image_key one = fresh_image_key(32);
	struct ota_image_key other = fresh_image_key(32);

	(void)state;
	assert_memory_not_equal(one.data, other.data, 16);
	assert_memory_not_equal(one.data + 16, other.data + 16, 16);
	for (size_t len = 0; len < 70; len++) {
		if (len == 16 || len == 32)
			continue;
		assert_int_equal(ota_image_key_generate(len, &one, NULL), OTA_E_USAGE);
		assert_int_equal(one.len, 0);
	}
}

/* RFC 3394 4.1 (128 bits by 128) and 4.6 (256 by 256); MCUboot has no unequal lengths. */
static void aes_kw_is_that_of_rfc_3394(void **state)
{
	static const struct {
		const char *kek; /* the RFC's in base64 */
		size_t len;
		uint8_t wrapped[40];
	} vectors_3394[] = {
		{"AAECAwQFBgcICQoLDA0ODw==", 16, {0x1f, 0xa6, 0x8b, 0x0a, 0x81, 0x12, 0xb4, 0x47,
						  0xae, 0xf3, 0x4b, 0xd8, 0xfb, 0x5a, 0x7b, 0x82,
						  0x9d, 0x3e, 0x86, 0x23, 0x71, 0xd2, 0xcf, 0xe5}},
		{"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
		 32,
		 {0x28, 0xc9, 0xf4, 0x04, 0xc4, 0xb8, 0x10, 0xf4, 0xcb, 0xcc,
		  0xb3, 0x5c, 0xfb, 0x87, 0xf8, 0x26, 0x3f, 0x57, 0x86, 0xe2,
		  0xd8, 0x0e, 0xd3, 0x26, 0xcb, 0xc7, 0xf0, 0xe7, 0x1a, 0x99,
		  0xf4, 0x3b, 0xfb, 0x98, 0x8b, 0x9b, 0x7a, 0x02, 0xdd, 0x21}},
	};
	static const struct ota_image_key plain = {
		.data = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa,
			 0xbb, 0xcc, 0xdd, 0xee, 0xff, 0x00, 0x01, 0x02, 0x03, 0x04, 0x05,
			 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f},
	};

	(void)state;
	assert_int_equal(ota_keys_init(NULL), OTA_OK);
	for (size_t i = 0; i < 2; i++) {
		struct ota_image_key image_key = plain;
		struct ota_wrapped_key wrapped;
		struct ota_image_key again;
		struct ota_key *key = NULL;

		image_key.len = vectors_3394[i].len;
		assert_int_equal(
			ota_key_read(ota_span_of(vectors_3394[i].kek, strlen(vectors_3394[i].kek)),
				     ota_span_of(NULL, 0), &key, NULL),
			OTA_OK);
		assert_int_equal(ota_key_wrap(key, &image_key, 0, &wrapped, NULL), OTA_OK);
		assert_int_equal(wrapped.len, image_key.len + 8);
		assert_memory_equal(wrapped.data, vectors_3394[i].wrapped, wrapped.len);
		assert_int_equal(
			ota_key_unwrap(key, OTA_TLV_ENC_KW, wrapped_span(&wrapped), &again, NULL),
			OTA_OK);
		assert_memory_equal(again.data, plain.data, image_key.len);
		ota_key_free(key);
	}
}

static void a_kek_of_the_other_length_or_another_kek_is_refused(void **state)
{
	static const char other[] = "AAECAwQFBgcICQoLDA0ODw==";
	struct ota_image_key image_key = fresh_image_key(16);
	struct ota_key *kw128 = key_of("kw128.b64");
	struct ota_key *kw256 = key_of("kw256.b64");
	struct ota_key *stranger = NULL;
	struct ota_wrapped_key wrapped;
	struct ota_image_key again;

	(void)state;
	assert_int_equal(ota_key_wrap(kw128, &image_key, 0, &wrapped, NULL), OTA_OK);
	assert_int_equal(ota_key_read(ota_span_of(other, sizeof(other) - 1), ota_span_of(NULL, 0),
				      &stranger, NULL),
			 OTA_OK);
	assert_int_equal(
		ota_key_unwrap(kw256, OTA_TLV_ENC_KW, wrapped_span(&wrapped), &again, NULL),
		OTA_E_REFUSED);
	assert_int_equal(
		ota_key_unwrap(stranger, OTA_TLV_ENC_KW, wrapped_span(&wrapped), &again, NULL),
		OTA_E_REFUSED);
	assert_int_equal(
		ota_key_unwrap(kw128, OTA_TLV_ENC_EC256, wrapped_span(&wrapped), &again, NULL),
		OTA_E_USAGE);
	ota_key_free(kw128);
	ota_key_free(kw256);
	ota_key_free(stranger);
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
		cmocka_unit_test(a_damaged_wrap_that_the_bootloader_refuses_is_refused),
		cmocka_unit_test(what_is_wrapped_unwraps),
		cmocka_unit_test(the_public_key_wraps_for_the_private_one),
		cmocka_unit_test(no_flipped_bit_and_no_truncation_of_a_wrap_unwraps),
		cmocka_unit_test(two_wraps_of_one_image_key_differ),
		cmocka_unit_test(the_ephemeral_point_is_uncompressed),
		cmocka_unit_test(what_no_bootloader_reads_is_not_wrapped),
		cmocka_unit_test(an_x25519_key_of_small_order_wraps_nothing),
		cmocka_unit_test(image_keys_are_16_or_32_bytes_and_all_different),
		cmocka_unit_test(aes_kw_is_that_of_rfc_3394),
		cmocka_unit_test(a_kek_of_the_other_length_or_another_kek_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
