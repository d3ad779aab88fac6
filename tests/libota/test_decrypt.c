// SPDX-License-Identifier: Apache-2.0
/* An encrypted payload comes out as its maker hashed it, or not at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include <ota/verify.h>

#include "vectors.h"

struct closed {
	const char *file;
	const char *key;
};

static const struct closed images[] = {
	{"imgtool/out/o108-enc-ec256-128.bin", "imgtool/keys/p256enc.pem"},
	{"imgtool/out/o111-enc-x25519-256.bin", "imgtool/keys/x25519.pem"},
	{"imgtool/out/o122-enc-big-endian.bin", "imgtool/keys/x25519.pem"},
	{"imgtool/out/o130-lzma2-enc-x25519.bin", "imgtool/keys/x25519.pem"},
	{"imgtool/img/ve-kw128.bin", "imgtool/keys/kw128.b64"},
	{"imgtool/img/ve-kw256.bin", "imgtool/keys/kw256.b64"},
};

#define N_IMAGES (sizeof(images) / sizeof(images[0]))

/* In a copy of its own exact size, so that a sanitizer sees a step outside. */
static enum ota_err open_payload(struct ota_span file, const struct ota_key *key)
{
	uint8_t *copy = malloc(file.len ? file.len : 1);
	struct ota_buf plain = ota_buf_init(UINT32_MAX);
	struct ota_image image;
	enum ota_err err;

	assert_non_null(copy);
	if (file.len > 0)
		memcpy(copy, file.data, file.len);
	err = ota_image_open(ota_span_of(copy, file.len), &image, NULL);
	if (err == OTA_OK)
		err = ota_image_open_payload(&image, key, &plain, NULL);
	if (err == OTA_OK)
		assert_int_equal(plain.len, image.hashed.len);
	ota_buf_wipe(&plain);
	free(copy);
	return err;
}

static void each_kind_is_opened(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_IMAGES; i++) {
		struct ota_buf file = vector_read(images[i].file);
		struct ota_key *key = vector_key(images[i].key);

		if (open_payload(ota_buf_span(&file), key) != OTA_OK)
			fail_msg("%s is not opened", images[i].file);
		ota_key_free(key);
		ota_buf_free(&file);
	}
}

static void a_key_of_another_image_opens_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_IMAGES; i++) {
		struct ota_buf file = vector_read(images[i].file);

		for (size_t k = 0; k < N_IMAGES; k++) {
			struct ota_key *key = vector_key(images[k].key);
			enum ota_err err = open_payload(ota_buf_span(&file), key);

			if (strcmp(images[i].key, images[k].key) == 0)
				assert_int_equal(err, OTA_OK);
			else
				assert_true(err == OTA_E_ABSENT || err == OTA_E_REFUSED);
			ota_key_free(key);
		}
		ota_buf_free(&file);
	}
}

static void every_truncation_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_IMAGES; i++) {
		struct ota_buf file = vector_read(images[i].file);
		struct ota_key *key = vector_key(images[i].key);

		for (size_t len = 0; len < file.len; len++)
			assert_int_not_equal(
				open_payload(ota_span_head(ota_buf_span(&file), len), key), OTA_OK);
		ota_key_free(key);
		ota_buf_free(&file);
	}
}

/* Of what the digest covers; behind it only signatures may change, which decide nothing here. */
static void every_bit_flip_under_the_digest_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_IMAGES; i++) {
		struct ota_buf file = vector_read(images[i].file);
		struct ota_key *key = vector_key(images[i].key);
		struct ota_image image;
		size_t hashed;

		assert_int_equal(ota_image_open(ota_buf_span(&file), &image, NULL), OTA_OK);
		hashed = image.hashed.len;
		for (size_t bit = 0; bit < file.len * 8; bit += bit / 8 < hashed && i < 3 ? 1 : 3) {
			enum ota_err err;

			file.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
			err = open_payload(ota_buf_span(&file), key);
			if (err == OTA_OK && bit / 8 < hashed)
				fail_msg("%s: byte 0x%zx changed, and opened", images[i].file,
					 bit / 8);
			file.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
		}
		ota_key_free(key);
		ota_buf_free(&file);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_is_opened),
		cmocka_unit_test(a_key_of_another_image_opens_nothing),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(every_bit_flip_under_the_digest_is_refused),
	};

	return cmocka_run_group_tests_name("libota/decrypt", tests, NULL, NULL);
}
