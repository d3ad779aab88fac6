// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include <ota/verify.h>

#include "vectors.h"

#define BODY_LEN 300

static struct ota_buf build(const struct ota_image_plan *plan, const struct ota_key *key)
{
	uint8_t body[BODY_LEN];
	struct ota_signer signer = {.key = key};
	struct ota_image_plan signed_plan = *plan;
	struct ota_image_made made;
	struct ota_buf out = ota_buf_init(1 << 20);
	struct ota_diag diag = {.err = OTA_OK};

	assert_int_equal(ota_keys_init(NULL), OTA_OK);
	fill_pattern(body, sizeof(body), 7);
	signed_plan.signers = &signer;
	signed_plan.n_signers = key ? 1 : 0;
	if (ota_image_build(&signed_plan, ota_span_of(body, sizeof(body)), &out, &made, &diag) !=
	    OTA_OK)
		fail_msg("%s", diag.text);
	return out;
}

static enum ota_err verify(struct ota_span file, const struct ota_key *key)
{
	static const struct ota_boot boot = {.hash = OTA_HASH_SHA256};
	struct ota_image_verdict verdict;
	struct ota_image image;

	return ota_file_verify(file, key, &boot, &image, &verdict, NULL);
}

static const struct ota_image_plan plain = {
	.version = {1, 2, 3, 4}, .header_size = 32, .pad_header = true};

static const struct ota_dependency one_dependency[] = {{1, {1, 0, 0, 0}}};
static const struct ota_image_plan with_protected = {.version = {1, 2, 3, 4},
						     .header_size = 64,
						     .pad_header = true,
						     .has_security_counter = true,
						     .security_counter = 9,
						     .dependencies = one_dependency,
						     .n_dependencies = 1};

static void what_is_built_verifies_with_its_key_only(void **state)
{
	static const char *const names[] = {"p256", "ed25519"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		char name[64];
		struct ota_key *key;
		struct ota_key *stranger;
		struct ota_buf image;

		(void)snprintf(name, sizeof(name), "imgtool/keys/%s.pem", names[i]);
		key = vector_key(name);
		(void)snprintf(name, sizeof(name), "imgtool/keys/%s-b.pub.pem", names[i]);
		stranger = vector_key(name);
		image = build(&with_protected, key);
		assert_int_equal(verify(ota_buf_span(&image), key), OTA_OK);
		assert_int_equal(verify(ota_buf_span(&image), NULL), OTA_OK);
		assert_int_equal(verify(ota_buf_span(&image), stranger), OTA_E_UNSIGNED);
		ota_buf_free(&image);
		ota_key_free(key);
		ota_key_free(stranger);
	}
}

static void an_unsigned_image_is_not_taken_for_a_signed_one(void **state)
{
	struct ota_key *key = vector_key("imgtool/keys/ed25519.pub.pem");
	struct ota_buf image = build(&plain, NULL);

	(void)state;
	assert_int_equal(verify(ota_buf_span(&image), NULL), OTA_OK);
	assert_int_equal(verify(ota_buf_span(&image), key), OTA_E_UNSIGNED);
	ota_buf_free(&image);
	ota_key_free(key);
}

/* Puts `more` TLV bytes at the start of the unprotected area, which nothing signs. */
static enum ota_err verify_with_unsigned(const struct ota_key *key, struct ota_span more)
{
	struct ota_buf image = build(&plain, key);
	struct ota_image opened;
	struct ota_buf file = ota_buf_init(1 << 16);
	struct ota_wr wr;
	size_t at;
	enum ota_err err;

	assert_int_equal(ota_image_open(ota_buf_span(&image), &opened, NULL), OTA_OK);
	at = opened.areas.unprot_at + OTA_TLV_INFO_SIZE;
	assert_int_equal(ota_buf_append(&file, ota_span_head(ota_buf_span(&image), at), NULL),
			 OTA_OK);
	assert_int_equal(ota_buf_append(&file, more, NULL), OTA_OK);
	assert_int_equal(ota_buf_append(&file, ota_span_tail(ota_buf_span(&image), at), NULL),
			 OTA_OK);
	wr = ota_wr_init(file.data + opened.areas.unprot_at, OTA_TLV_INFO_SIZE);
	ota_tlv_info_write(&wr, OTA_TLV_INFO_MAGIC, (uint16_t)(file.len - opened.areas.unprot_at));
	err = verify(ota_buf_span(&file), key);
	ota_buf_free(&file);
	ota_buf_free(&image);
	return err;
}

static void what_is_added_to_the_unsigned_area_is_refused(void **state)
{
	struct ota_key *key = vector_key("imgtool/keys/ed25519.pem");
	struct ota_digest id;
	uint8_t bytes[256] = {0};
	struct ota_wr wr;

	(void)state;
	assert_int_equal(verify_with_unsigned(key, ota_span_of(NULL, 0)), OTA_OK);
	assert_int_equal(verify_with_unsigned(key, ota_span_of("\xa0\0\1\0x", 5)), OTA_E_REFUSED);
	assert_int_equal(verify_with_unsigned(key, ota_span_of("\x50\0\4\0\1\0\0\0", 8)),
			 OTA_E_REFUSED);
	assert_int_equal(verify_with_unsigned(key, ota_span_of("\x25\0\1\0\1", 5)),
			 OTA_E_SIGNATURE); /* SIG_PURE */
	assert_int_equal(verify_with_unsigned(key, ota_span_of("\x12\0\3\0abc", 7)),
			 OTA_E_REFUSED); /* SHA512 of 3 bytes */
	/* The key's hash and a signature of 63 bytes: bootutil gives up there. */
	assert_int_equal(ota_key_id(key, OTA_HASH_SHA256, &id, NULL), OTA_OK);
	wr = ota_wr_init(bytes, sizeof(bytes));
	ota_tlv_write(&wr, OTA_TLV_KEYHASH, ota_digest_span(&id));
	ota_wr_u16(&wr, OTA_TLV_ED25519);
	ota_wr_u16(&wr, 63);
	ota_wr_fill(&wr, 0, 63);
	assert_int_equal(verify_with_unsigned(key, ota_wr_span(&wr)), OTA_E_REFUSED);
	ota_key_free(key);
}

static void a_padded_image_verifies_and_its_trailer_is_read(void **state)
{
	struct ota_image_plan plan = plain;
	struct ota_key *key = vector_key("imgtool/keys/ed25519.pem");
	struct ota_image image;
	struct ota_buf file;

	(void)state;
	plan.slot_size = 8192;
	plan.pad = OTA_IMAGE_PAD_CONFIRMED;
	plan.has_max_sectors = true;
	plan.max_sectors = 16;
	file = build(&plan, key);
	assert_int_equal(file.len, 8192);
	assert_int_equal(ota_image_open(ota_buf_span(&file), &image, NULL), OTA_OK);
	assert_true(image.has_trailer);
	assert_int_equal(image.trailer.image_ok, OTA_TRAILER_SET);
	assert_int_equal(verify(ota_buf_span(&file), key), OTA_OK);
	ota_buf_free(&file);
	ota_key_free(key);
}

static void an_image_that_fits_to_the_byte_is_built_and_one_byte_less_is_not(void **state)
{
	struct ota_image_plan plan = plain;
	uint8_t body[BODY_LEN] = {0};
	struct ota_buf out = ota_buf_init(1 << 16);
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_image_made made;
	size_t image_len = 32 + BODY_LEN + 4 + 4 + 32;

	(void)state;
	assert_int_equal(ota_keys_init(NULL), OTA_OK);
	plan.slot_size = image_len + ota_image_trailer_size(&plan);
	assert_int_equal(ota_image_build(&plan, ota_span_of(body, sizeof(body)), &out, &made, NULL),
			 OTA_OK);
	assert_int_equal(out.len, image_len);
	ota_buf_free(&out);
	out = ota_buf_init(1 << 16);
	plan.slot_size--;
	assert_int_equal(ota_image_build(&plan, ota_span_of(body, sizeof(body)), &out, &made, &diag),
			 OTA_E_NO_FIT);
	assert_string_equal(diag.text, "image is 372 bytes and its trailer 432, slot holds 803");
	ota_buf_free(&out);
}

static void plans_that_make_no_sense_are_refused(void **state)
{
	static const struct ota_image_plan bad[] = {
		{.header_size = 31, .pad_header = true},
		{.header_size = 65536, .pad_header = true},
		{.pad_header = true, .align = 3},
		{.pad_header = true, .align = 64},
		{.pad_header = true, .max_align = 4},
		{.pad_header = true, .max_align = 64},
		{.pad_header = true, .load_addr = 1, .rom_fixed = 1},
		{.pad_header = true, .pad = OTA_IMAGE_PAD_PENDING},
		{.pad_header = false}, /* the body does not start with zeros */
	};
	uint8_t body[BODY_LEN];
	struct ota_image_made made;
	struct ota_buf out = ota_buf_init(1 << 20);

	(void)state;
	fill_pattern(body, sizeof(body), 1);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(
			ota_image_build(&bad[i], ota_span_of(body, sizeof(body)), &out, &made, NULL),
			OTA_E_USAGE);
	assert_int_equal(out.len, 0);
	ota_buf_free(&out);
}

static void custom_tlvs_must_be_the_products_own(void **state)
{
	static const uint16_t bad[] = {0x60, 0x9f, 0xffff, 0x10, 0};
	uint8_t body[BODY_LEN] = {0};
	struct ota_custom_tlv tlvs[2] = {{.type = 0xa0}, {.type = 0xa0}};
	struct ota_image_plan plan = plain;
	struct ota_image_made made;
	struct ota_buf out = ota_buf_init(1 << 20);

	(void)state;
	plan.custom_tlvs = tlvs;
	plan.n_custom_tlvs = 2; /* the same type twice */
	assert_int_equal(ota_image_build(&plan, ota_span_of(body, sizeof(body)), &out, &made, NULL),
			 OTA_E_USAGE);
	plan.n_custom_tlvs = 1;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		tlvs[0].type = bad[i];
		assert_int_equal(
			ota_image_build(&plan, ota_span_of(body, sizeof(body)), &out, &made, NULL),
			OTA_E_USAGE);
	}
	ota_buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_built_verifies_with_its_key_only),
		cmocka_unit_test(an_unsigned_image_is_not_taken_for_a_signed_one),
		cmocka_unit_test(what_is_added_to_the_unsigned_area_is_refused),
		cmocka_unit_test(a_padded_image_verifies_and_its_trailer_is_read),
		cmocka_unit_test(an_image_that_fits_to_the_byte_is_built_and_one_byte_less_is_not),
		cmocka_unit_test(plans_that_make_no_sense_are_refused),
		cmocka_unit_test(custom_tlvs_must_be_the_products_own),
	};

	return cmocka_run_group_tests_name("libota/image", tests, NULL, NULL);
}
