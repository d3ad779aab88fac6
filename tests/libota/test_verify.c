// SPDX-License-Identifier: Apache-2.0
/* Exhaustive: nothing that differs from a signed image by a bit, a cut or a tail passes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <ota/verify.h>

#include "vectors.h"

/* Images that imgtool and a hand made, up to 4 KiB, which the bootloader boots. */
struct signed_image {
	const char *file;
	const char *key;
	enum ota_hash hash;
	const char *encryption_key; /* NULL: not encrypted */
	enum ota_boot_order order;
	bool hw_key; /* the key is in the image */
};

static const struct signed_image images[] = {
	{"verdicts/images/good-raw.bin", "verdicts/keys/p256-a.pub.pem", OTA_HASH_SHA256, NULL,
	 OTA_BOOT_LITTLE_ENDIAN, false},
	{"verdicts/images/good-imgtool-dep-custom.bin", "verdicts/keys/p256-a.pub.pem",
	 OTA_HASH_SHA256, NULL, OTA_BOOT_LITTLE_ENDIAN, false},
	{"verdicts/images/ed-good-imgtool.bin", "verdicts/keys/ed25519-a.pub.pem", OTA_HASH_SHA256,
	 NULL, OTA_BOOT_LITTLE_ENDIAN, false},
	{"verdicts/images/pure-good-raw.bin", "verdicts/keys/ed25519-a.pub.pem", OTA_HASH_SHA256,
	 NULL, OTA_BOOT_LITTLE_ENDIAN, false},
	{"verdicts/images/pure512-good-imgtool.bin", "verdicts/keys/ed25519-a.pub.pem",
	 OTA_HASH_SHA512, NULL, OTA_BOOT_LITTLE_ENDIAN, false},
	{"verdicts/images/rsa-good-imgtool.bin", "verdicts/keys/rsa2048-a.pub.pem", OTA_HASH_SHA256,
	 NULL, OTA_BOOT_LITTLE_ENDIAN, false},
	{"imgtool/out/o361-p384-small.bin", "imgtool/keys/p384.pub.pem", OTA_HASH_SHA384, NULL,
	 OTA_BOOT_LITTLE_ENDIAN, false},
	{"verdicts/images/enc-ec256-good.bin", "verdicts/keys/p256-a.pub.pem", OTA_HASH_SHA256,
	 "verdicts/keys/enc-ec256.pem", OTA_BOOT_LITTLE_ENDIAN, false},
	{"verdicts/images/enc-x25519-good.bin", "verdicts/keys/ed25519-a.pub.pem", OTA_HASH_SHA256,
	 "verdicts/keys/enc-x25519.pem", OTA_BOOT_LITTLE_ENDIAN, false},
	{"imgtool/img/ve-kw128-ed25519.bin", "imgtool/keys/ed25519.pub.pem", OTA_HASH_SHA256,
	 "imgtool/keys/kw128.b64", OTA_BOOT_LITTLE_ENDIAN, false},
	{"imgtool/out/o090-big-ed25519-protected.bin", "imgtool/keys/ed25519.pub.pem",
	 OTA_HASH_SHA256, NULL, OTA_BOOT_BIG_ENDIAN, false},
	{"imgtool/out/o074-ed25519-fullpub.bin", "imgtool/keys/ed25519.pub.pem", OTA_HASH_SHA256,
	 NULL, OTA_BOOT_LITTLE_ENDIAN, true},
};

#define N_IMAGES (sizeof(images) / sizeof(images[0]))

struct opened {
	struct ota_buf file;
	struct ota_key *key;
	struct ota_key *encryption_key;
	struct ota_boot boot;
};

static struct opened open_image(const struct signed_image *image)
{
	struct opened opened = {.file = vector_read(image->file), .key = vector_key(image->key)};

	opened.boot.hash = image->hash;
	opened.boot.order = image->order;
	opened.boot.hw_key = image->hw_key;
	if (image->encryption_key)
		opened.encryption_key = vector_key(image->encryption_key);
	opened.boot.encryption_key = opened.encryption_key;
	assert_true(opened.file.len <= 4096);
	return opened;
}

static void close_image(struct opened *opened)
{
	ota_buf_free(&opened->file);
	ota_key_free(opened->encryption_key);
	ota_key_free(opened->key);
}

/* In a copy of its own exact size, so that a sanitizer sees a step outside. */
static enum ota_err verify(const struct opened *opened, struct ota_span file, enum ota_rule *rule)
{
	struct ota_image_verdict verdict;
	struct ota_image image;
	uint8_t *copy = malloc(file.len ? file.len : 1);
	enum ota_err err;

	assert_non_null(copy);
	if (file.len > 0)
		memcpy(copy, file.data, file.len);
	err = ota_file_verify(ota_span_of(copy, file.len), opened->key, &opened->boot, &image,
			      &verdict, NULL);
	*rule = verdict.broken.rule;
	/* Taken is signed, and a refusal has its rule. */
	assert_true(err == OTA_OK ? verdict.verified && *rule == OTA_RULE_NONE
				  : *rule != OTA_RULE_NONE);
	free(copy);
	return err;
}

static void they_are_taken(void **state)
{
	enum ota_rule rule;

	(void)state;
	for (size_t i = 0; i < N_IMAGES; i++) {
		struct opened opened = open_image(&images[i]);

		if (verify(&opened, ota_buf_span(&opened.file), &rule) != OTA_OK)
			fail_msg("%s: %s", images[i].file, ota_rule_name(rule));
		close_image(&opened);
	}
}

static void every_bit_flip_is_refused(void **state)
{
	enum ota_rule rule;

	(void)state;
	for (size_t i = 0; i < N_IMAGES; i++) {
		struct opened opened = open_image(&images[i]);
		uint8_t *data = opened.file.data;

		for (size_t bit = 0; bit < opened.file.len * 8; bit++) {
			data[bit / 8] ^= (uint8_t)(1U << bit % 8);
			if (verify(&opened, ota_buf_span(&opened.file), &rule) == OTA_OK)
				fail_msg("%s: flipped bit %zu of byte 0x%zx passes", images[i].file,
					 bit % 8, bit / 8);
			data[bit / 8] ^= (uint8_t)(1U << bit % 8);
		}
		close_image(&opened);
	}
}

static void every_truncation_is_refused(void **state)
{
	enum ota_rule rule;

	(void)state;
	for (size_t i = 0; i < N_IMAGES; i++) {
		struct opened opened = open_image(&images[i]);

		for (size_t len = 0; len < opened.file.len; len++) {
			assert_int_not_equal(verify(&opened,
						    ota_span_head(ota_buf_span(&opened.file), len),
						    &rule),
					     OTA_OK);
			assert_true(rule == OTA_RULE_TRUNCATED);
		}
		close_image(&opened);
	}
}

static void every_extension_is_refused(void **state)
{
	uint8_t noise[64];
	enum ota_rule rule;

	(void)state;
	fill_pattern(noise, sizeof(noise), 3);
	for (size_t i = 0; i < N_IMAGES; i++) {
		struct opened opened = open_image(&images[i]);
		size_t len = opened.file.len;

		assert_int_equal(ota_buf_reserve(&opened.file, 64, NULL), OTA_OK);
		for (size_t more = 1; more <= 64; more++) {
			struct ota_span longer = ota_span_of(opened.file.data, len + more);

			memset(opened.file.data + len, 0x00, more);
			assert_int_equal(verify(&opened, longer, &rule), OTA_E_REFUSED);
			assert_int_equal(rule, OTA_RULE_TRAILING_BYTES);
			memset(opened.file.data + len, 0xff, more);
			assert_int_equal(verify(&opened, longer, &rule), OTA_E_REFUSED);
			assert_int_equal(rule, OTA_RULE_TRAILING_BYTES);
			memcpy(opened.file.data + len, noise, more);
			assert_int_equal(verify(&opened, longer, &rule), OTA_E_REFUSED);
			assert_int_equal(rule, OTA_RULE_TRAILING_BYTES);
		}
		close_image(&opened);
	}
}

static void a_rule_of_ours_can_be_waived_and_warns(void **state)
{
	struct opened opened = open_image(&images[0]);
	struct ota_image_verdict verdict;
	struct ota_image image;

	(void)state;
	assert_int_equal(ota_buf_append(&opened.file, ota_span_of("x", 1), NULL), OTA_OK);
	opened.boot.lax[OTA_RULE_TRAILING_BYTES] = true;
	assert_int_equal(ota_file_verify(ota_buf_span(&opened.file), opened.key, &opened.boot,
					 &image, &verdict, NULL),
			 OTA_OK);
	assert_int_equal(verdict.n_warnings, 1);
	assert_int_equal(verdict.warning[0].rule, OTA_RULE_TRAILING_BYTES);
	assert_int_equal(verdict.warning[0].at, opened.file.len - 1);
	close_image(&opened);
}

static void the_bootloaders_rules_cannot_be_waived(void **state)
{
	struct opened opened = open_image(&images[0]);
	enum ota_rule rule;

	(void)state;
	for (unsigned i = 0; i < OTA_RULES; i++)
		opened.boot.lax[i] = true;
	opened.file.data[40] ^= 1;
	assert_int_equal(verify(&opened, ota_buf_span(&opened.file), &rule), OTA_E_DIGEST);
	assert_int_equal(rule, OTA_RULE_HASH);
	close_image(&opened);
}

static void every_rule_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (unsigned i = OTA_RULE_NONE + 1; i < OTA_RULES; i++) {
		const char *name = ota_rule_name((enum ota_rule)i);

		assert_non_null(name);
		assert_int_equal(ota_rule_find(name), i);
		assert_true(ota_rule_kind((enum ota_rule)i) >= OTA_RULE_BOOTLOADERS);
		assert_non_null(ota_rule_bootloader((enum ota_rule)i));
	}
	assert_int_equal(ota_rule_find("none"), OTA_RULE_NONE);
	assert_null(ota_rule_name(OTA_RULE_NONE));
	assert_null(ota_rule_name(OTA_RULES));
}

/* A signature apart from the image: taken with it, and with nothing else. */
static void every_bit_flip_of_a_detached_signature_is_refused(void **state)
{
	struct opened opened = open_image(&images[2]);
	struct ota_image_verdict verdict;
	struct ota_image image;
	struct ota_tlv_iter iter;
	struct ota_tlv tlv = {.type = 0};
	uint8_t sig[64];

	(void)state;
	assert_int_equal(ota_image_open(ota_buf_span(&opened.file), &image, NULL), OTA_OK);
	iter = ota_tlv_iter_init(&image.areas);
	while (tlv.type != OTA_TLV_ED25519)
		assert_int_equal(ota_tlv_next(&iter, &tlv), OTA_OK);
	assert_int_equal(tlv.value.len, sizeof(sig));
	memcpy(sig, tlv.value.data, sizeof(sig));
	/* The one in the image is not asked for. */
	opened.file.data[opened.file.len - 1] ^= 1;
	opened.boot.signature = ota_span_of(sig, sizeof(sig));
	assert_int_equal(ota_file_verify(ota_buf_span(&opened.file), opened.key, &opened.boot,
					 &image, &verdict, NULL),
			 OTA_OK);
	assert_true(verdict.verified);
	for (size_t bit = 0; bit < sizeof(sig) * 8; bit++) {
		sig[bit / 8] ^= (uint8_t)(1U << bit % 8);
		assert_int_equal(ota_file_verify(ota_buf_span(&opened.file), opened.key,
						 &opened.boot, &image, &verdict, NULL),
				 OTA_E_SIGNATURE);
		assert_false(verdict.verified);
		sig[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	close_image(&opened);
}

static void the_other_byte_order_is_another_magic(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_IMAGES; i++) {
		struct opened opened = open_image(&images[i]);
		bool big = opened.boot.order == OTA_BOOT_BIG_ENDIAN;
		enum ota_rule rule;

		opened.boot.order = big ? OTA_BOOT_LITTLE_ENDIAN : OTA_BOOT_BIG_ENDIAN;
		assert_int_equal(verify(&opened, ota_buf_span(&opened.file), &rule),
				 OTA_E_MALFORMED);
		assert_int_equal(rule, OTA_RULE_MAGIC);
		opened.boot.order = OTA_BOOT_EITHER_ENDIAN;
		assert_int_equal(verify(&opened, ota_buf_span(&opened.file), &rule), OTA_OK);
		close_image(&opened);
	}
}

static void one_of_several_keys_is_enough(void **state)
{
	struct opened opened = open_image(&images[2]);
	struct ota_key *other = vector_key("imgtool/keys/ed25519-b.pub.pem");
	struct ota_key *p256 = vector_key("verdicts/keys/p256-a.pub.pem");
	const struct ota_key *more[OTA_BOOT_KEYS_MAX] = {opened.key};
	struct ota_image_verdict verdict;
	struct ota_span file = ota_buf_span(&opened.file);
	struct ota_image image;

	(void)state;
	opened.boot.more_keys = more;
	opened.boot.n_more_keys = 1;
	assert_int_equal(ota_file_verify(file, other, &opened.boot, &image, &verdict, NULL),
			 OTA_OK);
	assert_int_equal(verdict.key, 1);
	/* One build has code for one kind of key, and room for so many. */
	assert_int_equal(ota_file_verify(file, p256, &opened.boot, &image, &verdict, NULL),
			 OTA_E_USAGE);
	opened.boot.n_more_keys = OTA_BOOT_KEYS_MAX;
	assert_int_equal(ota_file_verify(file, other, &opened.boot, &image, &verdict, NULL),
			 OTA_E_USAGE);
	opened.boot.n_more_keys = 1;
	opened.boot.hw_key = true;
	assert_int_equal(ota_file_verify(file, other, &opened.boot, &image, &verdict, NULL),
			 OTA_E_USAGE);
	ota_key_free(p256);
	ota_key_free(other);
	close_image(&opened);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(they_are_taken),
		cmocka_unit_test(every_bit_flip_is_refused),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(every_extension_is_refused),
		cmocka_unit_test(a_rule_of_ours_can_be_waived_and_warns),
		cmocka_unit_test(the_bootloaders_rules_cannot_be_waived),
		cmocka_unit_test(every_bit_flip_of_a_detached_signature_is_refused),
		cmocka_unit_test(the_other_byte_order_is_another_magic),
		cmocka_unit_test(one_of_several_keys_is_enough),
		cmocka_unit_test(every_rule_has_a_name_of_its_own),
	};

	return cmocka_run_group_tests_name("libota/verify", tests, NULL, NULL);
}
