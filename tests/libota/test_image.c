// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include <ota/verify.h>

#include "images.h"
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
	assert_int_equal(
		ota_image_build(&plan, ota_span_of(body, sizeof(body)), &out, &made, &diag),
		OTA_E_NO_FIT);
	assert_string_equal(diag.text, "image is 372 bytes and its trailer 432, slot holds 803");
	ota_buf_free(&out);
}

static void an_image_that_fits_for_imgtool_only_is_low_on_room(void **state)
{
	struct ota_image_plan plan = plain;
	uint8_t body[BODY_LEN] = {0};
	size_t image_len = 32 + BODY_LEN + 4 + 4 + 32;
	size_t magic_and_three_fields = 16 + 3 * 8;
	struct ota_image_made made;
	struct ota_buf image;

	(void)state;
	plan.overwrite_only = true;
	for (size_t spare = 32; spare <= magic_and_three_fields; spare++) {
		plan.slot_size = image_len + spare;
		image = image_build(&plan, ota_span_of(body, sizeof(body)), &made);
		assert_int_equal(made.trailer, 32);
		assert_int_equal(made.low_on_room, spare < magic_and_three_fields);
		ota_buf_free(&image);
	}
	plan.slot_size = image_len + 31;
	image_refuse(&plan, ota_span_of(body, sizeof(body)), OTA_E_NO_FIT,
		     "image is 372 bytes and its trailer 32, slot holds 403");
}

static void the_modes_own_limit_replaces_imgtools(void **state)
{
	struct ota_image_plan plan = plain;
	uint8_t body[BODY_LEN] = {0};
	struct ota_image_made made;
	struct ota_buf image;

	(void)state;
	plan.max_image = 372;
	plan.slot_size = 372 + 16 + 3 * 8; /* imgtool would want 432 behind it */
	image = image_build(&plan, ota_span_of(body, sizeof(body)), &made);
	assert_int_equal(image.len, 372);
	assert_false(made.low_on_room);
	ota_buf_free(&image);
	plan.pad = OTA_IMAGE_PAD_CONFIRMED;
	image = image_build(&plan, ota_span_of(body, sizeof(body)), &made);
	assert_int_equal(image.len, plan.slot_size);
	assert_int_equal(made.len, 372);
	ota_buf_free(&image);
	plan.slot_size--;
	image_refuse(&plan, ota_span_of(body, sizeof(body)), OTA_E_NO_FIT,
		     "image is 372 bytes and its trailer 40, slot holds 411");
	plan.max_image--;
	image_refuse(&plan, ota_span_of(body, sizeof(body)), OTA_E_NO_FIT,
		     "image is 372 bytes, header to last TLV, this slot's mode holds 371");
}

static void plans_that_make_no_sense_are_refused(void **state)
{
	static const struct {
		struct ota_image_plan plan;
		const char *text;
	} bad[] = {
		{{.header_size = 31}, "header size is 31, at least 32 are needed"},
		{{.header_size = 65536}, "header size is 65536, at most 65535 is possible"},
		{{.align = 3}, "alignment 3 is not 1, 2, 4, 8, 16 or 32"},
		{{.align = 64}, "alignment 64 is not 1, 2, 4, 8, 16 or 32"},
		{{.max_align = 4}, "maximum alignment 4 is not 8, 16 or 32"},
		{{.max_align = 64}, "maximum alignment 64 is not 8, 16 or 32"},
		{{.load_addr = 1, .rom_fixed = 1},
		 "a load address and a fixed ROM address exclude each other"},
		{{.pad = OTA_IMAGE_PAD_PENDING}, "padding needs the slot's size"},
		{{.pad = OTA_IMAGE_PAD_TEST}, "padding needs the slot's size"},
		{{.image_key_len = 24}, "image key of 24 bytes is not of 16 or 32"},
		{{.pure = true, .hash = OTA_HASH_SHA256},
		 "pure signatures go with SHA512, not SHA256"},
		{{.boot_record = "thirteen char"},
		 "boot record's software type is 13 characters, at most 12 fit"},
		{{.boot_record = "\xc3"}, "boot record's software type is not UTF-8"},
		{{.boot_record = "a\xff"}, "boot record's software type is not UTF-8"},
		{{.boot_record = "\xed\xa0\x80"}, "boot record's software type is not UTF-8"},
		{{.boot_record = "\xc0\x80"}, "boot record's software type is not UTF-8"},
	};
	uint8_t body[BODY_LEN];
	struct ota_image_plan plan = {.pad_header = false};

	(void)state;
	fill_pattern(body, sizeof(body), 1);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		plan = bad[i].plan;
		plan.pad_header = true;
		image_refuse(&plan, ota_span_of(body, sizeof(body)), OTA_E_USAGE, bad[i].text);
	}
	plan = (struct ota_image_plan){.pad_header = false};
	image_refuse(&plan, ota_span_of(body, sizeof(body)), OTA_E_USAGE,
		     "input does not start with 32 zero bytes for a header");
	image_refuse(&plan, ota_span_of(body, 31), OTA_E_TRUNCATED,
		     "input is 31 bytes, less than its header area of 32");
}

static void a_buffer_that_is_in_use_or_too_small_is_refused(void **state)
{
	uint8_t body[BODY_LEN] = {0};
	struct ota_buf out = ota_buf_init(371); /* the image is one more */
	struct ota_image_made made;

	(void)state;
	assert_int_equal(ota_keys_init(NULL), OTA_OK);
	assert_int_equal(
		ota_image_build(&plain, ota_span_of(body, sizeof(body)), &out, &made, NULL),
		OTA_E_ROOM);
	assert_int_equal(out.len, 0);
	assert_int_equal(ota_buf_append(&out, ota_span_of("x", 1), NULL), OTA_OK);
	assert_int_equal(
		ota_image_build(&plain, ota_span_of(body, sizeof(body)), &out, &made, NULL),
		OTA_E_USAGE);
	assert_int_equal(out.len, 1);
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

static void a_big_endian_custom_tlv_is_never_read_as_a_predefined_one(void **state)
{
	uint8_t body[BODY_LEN] = {0};
	struct ota_custom_tlv tlv = {.type = 0x1000, .value = {body, 3}};
	struct ota_image_plan plan = plain;
	struct ota_buf image;

	(void)state;
	plan.custom_tlvs = &tlv;
	plan.n_custom_tlvs = 1;
	image = image_build(&plan, ota_span_of(body, sizeof(body)), NULL);
	ota_buf_free(&image);
	plan.big_endian = true;
	image_refuse(&plan, ota_span_of(body, sizeof(body)), OTA_E_USAGE,
		     "custom TLV 0x1000 is SHA256, a predefined type in a big-endian image");
	tlv.type = 0x1001;
	image = image_build(&plan, ota_span_of(body, sizeof(body)), NULL);
	ota_buf_free(&image);
}

static void what_16_bits_cannot_count_is_refused(void **state)
{
	static uint8_t large[UINT16_MAX + 1];
	struct ota_custom_tlv tlvs[] = {{.type = 0xa0, .value = {large, sizeof(large)}},
					{.type = 0xa1, .value = {large, 1}}};
	uint8_t body[BODY_LEN] = {0};
	struct ota_image_plan plan = plain;
	struct ota_buf image;

	(void)state;
	plan.custom_tlvs = tlvs;
	plan.n_custom_tlvs = 1;
	image_refuse(&plan, ota_span_of(body, sizeof(body)), OTA_E_USAGE,
		     "TLV 0xa0 is 65536 bytes, a TLV holds 65535");
	tlvs[0].value.len = UINT16_MAX;
	image_refuse(&plan, ota_span_of(body, sizeof(body)), OTA_E_USAGE,
		     "protected TLVs take 65543 bytes, an area holds 65535");
	tlvs[0].value.len = UINT16_MAX - 8;
	image = image_build(&plan, ota_span_of(body, sizeof(body)), NULL);
	assert_int_equal(image_open(ota_buf_span(&image)).header.protect_tlv_size, UINT16_MAX);
	ota_buf_free(&image);
	plan.n_custom_tlvs = 2;
	image_refuse(&plan, ota_span_of(body, sizeof(body)), OTA_E_USAGE,
		     "protected TLVs take 65540 bytes, an area holds 65535");
}

static const uint8_t acme_vid[] = {0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0,
				   0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0};
static const uint8_t acme_cid[] = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
				   0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff};

static const struct ota_dependency big_dependency[] = {{1, {2, 3, 400, 5}}};
static const struct ota_custom_tlv big_custom[] = {{0x12a0, {(const uint8_t *)"abc", 3}}};

/* The version 5 UUID of acme.org, which that image was made for. */
static const uint8_t big_vid[] = {0x63, 0xac, 0x8a, 0x25, 0x53, 0xc6, 0x59, 0xb0,
				  0xa3, 0xe7, 0xda, 0x65, 0x33, 0x0c, 0x2c, 0x5f};

/* What imgtool wrote for the same wishes. */
static void images_are_imgtools_to_the_byte(void **state)
{
	static const struct {
		const char *name;
		const char *body;
		bool ed25519;
		struct ota_image_plan plan;
	} cases[] = {
		{"o055-boot-record-unsigned",
		 "tiny-16",
		 false,
		 {.version = {1, 2, 3, 4}, .boot_record = "SPE"}},
		{"o056-boot-record-12-utf8",
		 "tiny-16",
		 false,
		 {.version = {1, 2, 3, 4}, .boot_record = "ABCDEFGHIJKL"}},
		{"o057-boot-record-ed25519-sha512",
		 "tiny-16",
		 true,
		 {.version = {1, 2, 3, 4}, .boot_record = "NSPE", .hash = OTA_HASH_SHA512}},
		{"o061-vid-uuid-cid-hex32",
		 "tiny-16",
		 false,
		 {.version = {1, 0, 0, 0}, .vid = acme_vid, .cid = acme_cid}},
		{"o067-unsigned-sha384",
		 "rand-1021",
		 false,
		 {.version = {1, 0, 0, 0}, .hash = OTA_HASH_SHA384}},
		{"o071-ed25519-pure", "fw-6000", true, {.version = {1, 2, 3, 0}, .pure = true}},
		{"o073-pure-without-key",
		 "tiny-16",
		 false,
		 {.version = {1, 2, 3, 0}, .pure = true}},
		{"o074-ed25519-fullpub",
		 "rand-1021",
		 true,
		 {.version = {1, 2, 3, 0}, .full_public_key = true}},
		{"o089-big-unsigned",
		 "rand-1021",
		 false,
		 {.version = {1, 2, 300, 400000}, .big_endian = true, .load_addr = 0x20001000}},
		{"o090-big-ed25519-protected",
		 "rand-1021",
		 true,
		 {.version = {1, 2, 300, 4},
		  .big_endian = true,
		  .has_security_counter = true,
		  .security_counter = 0x01020304,
		  .dependencies = big_dependency,
		  .n_dependencies = 1,
		  .vid = big_vid,
		  .custom_tlvs = big_custom,
		  .n_custom_tlvs = 1}},
		{"o091-big-confirm-maxalign16",
		 "tiny-16",
		 false,
		 {.version = {1, 2, 3, 0},
		  .big_endian = true,
		  .slot_size = 0x2000,
		  .max_align = 16,
		  .has_max_sectors = true,
		  .max_sectors = 16,
		  .pad = OTA_IMAGE_PAD_CONFIRMED}},
	};
	struct ota_key *key = vector_key("imgtool/keys/ed25519.pem");
	struct ota_signer signer = {.key = key};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ota_image_plan plan = cases[i].plan;
		char name[96];
		struct ota_buf body;
		struct ota_buf want;
		struct ota_buf made;

		(void)snprintf(name, sizeof(name), "imgtool/in/%s.bin", cases[i].body);
		body = vector_read(name);
		(void)snprintf(name, sizeof(name), "imgtool/out/%s.bin", cases[i].name);
		want = vector_read(name);
		plan.pad_header = true;
		plan.signers = &signer;
		plan.n_signers = cases[i].ed25519 ? 1 : 0;
		made = image_build(&plan, ota_buf_span(&body), NULL);
		if (!ota_span_equal(ota_buf_span(&made), ota_buf_span(&want)))
			fail_msg("%s differs", cases[i].name);
		ota_buf_free(&made);
		ota_buf_free(&want);
		ota_buf_free(&body);
	}
	ota_key_free(key);
}

static void protected_tlvs_stand_in_imgtools_order(void **state)
{
	static const uint16_t order[] = {OTA_TLV_SEC_CNT,
					 OTA_TLV_BOOT_RECORD,
					 OTA_TLV_DEPENDENCY,
					 OTA_TLV_UUID_VID,
					 OTA_TLV_UUID_CID,
					 0x02a0,
					 0xa5,
					 OTA_TLV_SHA256};
	static const struct ota_custom_tlv custom[] = {{.type = 0x02a0}, {.type = 0xa5}};
	struct ota_image_plan plan = with_protected;
	uint8_t body[BODY_LEN] = {0};
	uint16_t types[16];
	struct ota_image image;
	struct ota_buf file;

	(void)state;
	plan.boot_record = "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
			   "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"; /* 12 */
	plan.vid = acme_vid;
	plan.cid = acme_cid;
	plan.custom_tlvs = custom;
	plan.n_custom_tlvs = 2;
	for (unsigned big = 0; big < 2; big++) {
		plan.big_endian = big != 0;
		file = image_build(&plan, ota_span_of(body, sizeof(body)), NULL);
		image = image_open(ota_buf_span(&file));
		assert_int_equal(image.big_endian, plan.big_endian);
		assert_int_equal(image.header.version.build, 4);
		assert_int_equal(image_tlv_types(&image, types, 16), 8);
		assert_memory_equal(types, order, sizeof(order));
		assert_int_equal(image.header.protect_tlv_size,
				 image.areas.unprot_at - image.areas.prot_at);
		ota_buf_free(&file);
	}
}

static struct ota_buf vector_of(const struct ota_image_plan *plan, struct ota_span body,
				bool digest)
{
	struct ota_buf out = ota_buf_init(1 << 16);
	struct ota_image_made made;
	struct ota_diag diag = {.err = OTA_OK};

	if (ota_image_vector(plan, body, digest, &out, &made, &diag) != OTA_OK)
		fail_msg("%s", diag.text);
	return out;
}

static void what_is_to_be_signed_is_what_the_image_has(void **state)
{
	struct ota_image_plan plan = with_protected;
	uint8_t bytes[BODY_LEN] = {0};
	struct ota_span body = ota_span_of(bytes, sizeof(bytes));
	struct ota_buf file;
	struct ota_buf vector;
	struct ota_buf digest;
	struct ota_image image;

	(void)state;
	plan.hash = OTA_HASH_SHA384;
	file = image_build(&plan, body, NULL);
	image = image_open(ota_buf_span(&file));
	vector = vector_of(&plan, body, false);
	digest = vector_of(&plan, body, true);
	assert_true(ota_span_equal(ota_buf_span(&vector), image.hashed));
	assert_true(ota_span_equal(ota_buf_span(&digest), image_tlv(&image, OTA_TLV_SHA384, 0)));
	ota_buf_free(&vector);
	ota_buf_free(&digest);
	ota_buf_free(&file);
}

static void what_is_to_be_signed_is_plaintext_and_needs_no_private_key(void **state)
{
	struct ota_key *key = vector_key("imgtool/keys/p384.pub.pem");
	struct ota_key *encryption_key = vector_key("imgtool/keys/p256.pub.pem");
	struct ota_signer signer = {.key = key};
	struct ota_image_plan plan = with_protected;
	uint8_t bytes[BODY_LEN];
	struct ota_span body = ota_span_of(bytes, sizeof(bytes));
	struct ota_digest want;
	struct ota_buf vector;
	struct ota_buf digest;

	(void)state;
	fill_pattern(bytes, sizeof(bytes), 3);
	plan.encryption_key = encryption_key;
	plan.signers = &signer;
	plan.n_signers = 1;
	vector = vector_of(&plan, body, false);
	digest = vector_of(&plan, body, true);
	/* 64 + 300 bytes and 4 zeros; the area: 4, SEC_CNT 8, DEPENDENCY 16 */
	assert_int_equal(vector.len, 64 + BODY_LEN + 4 + 28);
	assert_memory_equal(vector.data + 64, bytes, BODY_LEN);
	assert_int_equal(ota_digest_of(OTA_HASH_SHA384, ota_buf_span(&vector), &want, NULL),
			 OTA_OK);
	assert_true(ota_span_equal(ota_buf_span(&digest), ota_digest_span(&want)));
	ota_buf_free(&vector);
	ota_buf_free(&digest);
	ota_key_free(encryption_key);
	ota_key_free(key);
}

static void padding_to_be_tested_is_padding_to_be_tried_once(void **state)
{
	struct ota_image_plan plan = plain;
	uint8_t body[BODY_LEN] = {0};
	struct ota_buf pending;
	struct ota_buf test;

	(void)state;
	plan.slot_size = 2048;
	plan.pad = OTA_IMAGE_PAD_PENDING;
	pending = image_build(&plan, ota_span_of(body, sizeof(body)), NULL);
	plan.pad = OTA_IMAGE_PAD_TEST;
	test = image_build(&plan, ota_span_of(body, sizeof(body)), NULL);
	assert_true(ota_span_equal(ota_buf_span(&pending), ota_buf_span(&test)));
	ota_buf_free(&pending);
	ota_buf_free(&test);
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
		cmocka_unit_test(an_image_that_fits_for_imgtool_only_is_low_on_room),
		cmocka_unit_test(the_modes_own_limit_replaces_imgtools),
		cmocka_unit_test(a_buffer_that_is_in_use_or_too_small_is_refused),
		cmocka_unit_test(a_big_endian_custom_tlv_is_never_read_as_a_predefined_one),
		cmocka_unit_test(what_16_bits_cannot_count_is_refused),
		cmocka_unit_test(images_are_imgtools_to_the_byte),
		cmocka_unit_test(protected_tlvs_stand_in_imgtools_order),
		cmocka_unit_test(what_is_to_be_signed_is_what_the_image_has),
		cmocka_unit_test(what_is_to_be_signed_is_plaintext_and_needs_no_private_key),
		cmocka_unit_test(padding_to_be_tested_is_padding_to_be_tried_once),
	};

	return cmocka_run_group_tests_name("libota/image", tests, NULL, NULL);
}
