// SPDX-License-Identifier: Apache-2.0
/* Compressed images: liblzma's own decoder gives the payload back, and the TLVs describe it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>
#include <lzma.h>

#include <ota/verify.h>

#include "images.h"
#include "stream_xz.h"
#include "vectors.h"

/* Bytes differ between liblzma's versions; imgtool's images were made with this one. */
#define VECTORS_LZMA 50040012U

static const struct ota_image_plan plain = {
	.version = {1, 2, 3, 0}, .pad_header = true, .compression = OTA_COMPRESSION_LZMA2};

/* Decodes a raw stream that must end with its last byte. The caller frees the result. */
static struct ota_buf expand(struct ota_span stream, bool arm_thumb, size_t cap)
{
	lzma_options_lzma options = {.dict_size = OTA_XZ_DICTIONARY};
	lzma_filter filters[] = {{LZMA_FILTER_ARMTHUMB, NULL},
				 {LZMA_FILTER_LZMA2, &options},
				 {LZMA_VLI_UNKNOWN, NULL}};
	struct ota_buf out = ota_buf_init(cap + 1);
	size_t in_at = 0;

	assert_int_equal(ota_buf_reserve(&out, cap + 1, NULL), OTA_OK);
	assert_int_equal(lzma_raw_buffer_decode(arm_thumb ? filters : filters + 1, NULL,
						stream.data, &in_at, stream.len, out.data, &out.len,
						cap + 1),
			 LZMA_OK);
	assert_int_equal(in_at, stream.len);
	assert_int_equal(stream.data[stream.len - 1], 0);
	return out;
}

static uint32_t number(struct ota_span value)
{
	struct ota_rd rd = ota_rd_init(value);
	uint32_t n = ota_rd_u32(&rd);

	assert_int_equal(value.len, 4);
	assert_int_equal(rd.err, OTA_OK);
	return n;
}

/* Fails unless the image's payload is `body`, compressed. */
static void assert_holds(const struct ota_image *image, struct ota_span body,
			 const struct ota_image_made *made, bool arm_thumb)
{
	struct ota_span payload =
		ota_span_sub(image->bytes, image->header.hdr_size, 2 + made->stream_len);
	struct ota_buf expanded = expand(ota_span_tail(payload, 2), arm_thumb, body.len);

	assert_true(made->compressed);
	assert_int_equal(made->body_len, body.len);
	assert_memory_equal(payload.data, "\x0a\x66", 2);
	assert_true(ota_span_equal(ota_buf_span(&expanded), body));
	assert_int_equal(number(image_tlv(image, OTA_TLV_DECOMP_SIZE, 0)), body.len);
	ota_buf_free(&expanded);
}

static void streams_expand_to_what_went_in(void **state)
{
	static uint8_t bytes[300000];
	static const size_t lens[] = {0, 1, 2, 15, 4096, 131072, 131073, 300000};

	(void)state;
	fill_pattern(bytes, 70000, 5);
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		for (unsigned thumb = 0; thumb < 2; thumb++) {
			struct ota_buf stream = ota_buf_init(SIZE_MAX);
			struct ota_buf back;

			assert_int_equal(ota_xz_compress(ota_span_of(bytes, lens[i]), thumb != 0,
							 &stream, NULL),
					 OTA_OK);
			back = expand(ota_buf_span(&stream), thumb != 0, lens[i]);
			assert_true(
				ota_span_equal(ota_buf_span(&back), ota_span_of(bytes, lens[i])));
			ota_buf_free(&back);
			ota_buf_free(&stream);
		}
	}
}

static void a_stream_beyond_the_ceiling_is_refused(void **state)
{
	uint8_t bytes[1000];
	struct ota_buf stream = ota_buf_init(100);

	(void)state;
	fill_pattern(bytes, sizeof(bytes), 5);
	assert_int_equal(ota_xz_compress(ota_span_of(bytes, sizeof(bytes)), false, &stream, NULL),
			 OTA_E_ROOM);
	ota_buf_free(&stream);
}

static void an_image_holds_the_stream_and_describes_its_origin(void **state)
{
	struct ota_buf body = vector_read("imgtool/in/fw-12288.bin");
	struct ota_key *key = vector_key("imgtool/keys/ed25519.pem");
	struct ota_signer signer = {.key = key};

	(void)state;
	for (unsigned thumb = 0; thumb < 2; thumb++) {
		struct ota_image_plan plan = plain;
		struct ota_image_made made;
		struct ota_image origin;
		struct ota_image image;
		struct ota_buf plain_file;
		struct ota_buf file;

		plan.signers = &signer;
		plan.n_signers = 1;
		plan.compression = OTA_COMPRESSION_NONE;
		plain_file = image_build(&plan, ota_buf_span(&body), NULL);
		origin = image_open(ota_buf_span(&plain_file));
		plan.compression = thumb ? OTA_COMPRESSION_LZMA2_ARM_THUMB : OTA_COMPRESSION_LZMA2;
		file = image_build(&plan, ota_buf_span(&body), &made);
		image = image_open(ota_buf_span(&file));
		assert_int_equal(image.header.flags, thumb ? 0xc00 : 0x400);
		assert_int_equal(image.header.img_size, 2 + made.stream_len);
		assert_holds(&image, ota_buf_span(&body), &made, thumb != 0);
		assert_true(ota_span_equal(image_tlv(&image, OTA_TLV_DECOMP_SHA, 0),
					   image_tlv(&origin, OTA_TLV_SHA256, 0)));
		assert_true(ota_span_equal(image_tlv(&image, OTA_TLV_DECOMP_SIGNATURE, 0),
					   image_tlv(&origin, OTA_TLV_ED25519, 0)));
		assert_null(image_tlv(&image, OTA_TLV_COMP_DEC_SIZE, 0).data);
		ota_buf_free(&plain_file);
		ota_buf_free(&file);
	}
	ota_key_free(key);
	ota_buf_free(&body);
}

static void images_are_imgtools_to_the_byte(void **state)
{
	static const struct {
		const char *name;
		const char *body;
		bool is_signed;
		struct ota_image_plan plan;
	} cases[] = {
		{"o125-lzma2",
		 "fw-12288",
		 false,
		 {.pad_header = true, .compression = OTA_COMPRESSION_LZMA2}},
		{"o126-lzma2-ed25519-hdr512",
		 "fw-hdr512",
		 true,
		 {.header_size = 512, .compression = OTA_COMPRESSION_LZMA2}},
		{"o127-lzma2armthumb-ed25519",
		 "fw-12288",
		 true,
		 {.pad_header = true,
		  .has_security_counter = true,
		  .security_counter = 4,
		  .compression = OTA_COMPRESSION_LZMA2_ARM_THUMB}},
		{"o129-lzma2-fallback",
		 "rand-1021",
		 true,
		 {.pad_header = true, .compression = OTA_COMPRESSION_LZMA2}},
	};
	struct ota_key *key = vector_key("imgtool/keys/ed25519.pem");
	struct ota_signer signer = {.key = key};

	(void)state;
	if (lzma_version_number() != VECTORS_LZMA)
		print_message("liblzma %s: not compared\n", lzma_version_string());
	for (size_t i = 0;
	     i < sizeof(cases) / sizeof(cases[0]) && lzma_version_number() == VECTORS_LZMA; i++) {
		struct ota_image_plan plan = cases[i].plan;
		char name[96];
		struct ota_buf body;
		struct ota_buf want;
		struct ota_buf file;

		(void)snprintf(name, sizeof(name), "imgtool/in/%s.bin", cases[i].body);
		body = vector_read(name);
		(void)snprintf(name, sizeof(name), "imgtool/out/%s.bin", cases[i].name);
		want = vector_read(name);
		plan.version = plain.version;
		plan.signers = &signer;
		plan.n_signers = cases[i].is_signed ? 1 : 0;
		file = image_build(&plan, ota_buf_span(&body), NULL);
		if (!ota_span_equal(ota_buf_span(&file), ota_buf_span(&want)))
			fail_msg("%s differs", cases[i].name);
		ota_buf_free(&file);
		ota_buf_free(&want);
		ota_buf_free(&body);
	}
	ota_key_free(key);
}

/* The added records' values must be less than what is saved: 4, 32 and 64 bytes here. */
static void compression_that_saves_too_little_is_left_out(void **state)
{
	static uint8_t bytes[2000];
	struct ota_key *key = vector_key("imgtool/keys/ed25519.pem");
	struct ota_signer signer = {.key = key};
	unsigned n_compressed = 0;

	(void)state;
	fill_pattern(bytes, 1000, 9);
	for (size_t len = 1000; len < 1200; len++) {
		struct ota_image_plan plan = plain;
		struct ota_image_made made;
		struct ota_image image;
		struct ota_buf file;

		plan.signers = &signer;
		plan.n_signers = 1;
		file = image_build(&plan, ota_span_of(bytes, len), &made);
		image = image_open(ota_buf_span(&file));
		assert_int_equal(made.compressed, made.stream_len + 4 + 32 + 64 < len);
		assert_int_equal(made.body_len, len);
		assert_int_equal(image.header.flags, made.compressed ? 0x400 : 0);
		assert_int_equal(image.header.img_size,
				 made.compressed ? 2 + made.stream_len : len);
		n_compressed += made.compressed;
		ota_buf_free(&file);
	}
	assert_in_range(n_compressed, 1, 199);
	ota_key_free(key);
}

/* imgtool writes the plaintext here, flagged as encrypted. */
static void what_does_not_compress_is_encrypted_all_the_same(void **state)
{
	struct ota_buf body = vector_read("imgtool/in/rand-1021.bin");
	struct ota_key *key = vector_key("imgtool/keys/x25519.pem");
	struct ota_buf decrypted = ota_buf_init(1 << 20);
	struct ota_image_plan plan = plain;
	struct ota_image_made made;
	struct ota_image_wrap wrap;
	struct ota_image image;
	struct ota_buf file;

	(void)state;
	plan.encryption_key = key;
	file = image_build(&plan, ota_buf_span(&body), &made);
	image = image_open(ota_buf_span(&file));
	assert_false(made.compressed);
	assert_int_equal(image.header.flags, OTA_IMAGE_F_ENCRYPTED_AES128);
	assert_memory_not_equal(image.bytes.data + 32, body.data, body.len);
	assert_int_equal(ota_image_decrypt(&image, key, &decrypted, &wrap, NULL), OTA_OK);
	assert_memory_equal(decrypted.data + 32, body.data, body.len);
	ota_buf_free(&decrypted);
	ota_buf_free(&file);
	ota_key_free(key);
	ota_buf_free(&body);
}

static void a_compressed_and_encrypted_image_says_where_its_stream_ends(void **state)
{
	struct ota_buf body = vector_read("imgtool/in/fw-12288.bin");
	struct ota_key *key = vector_key("imgtool/keys/x25519.pem");
	struct ota_buf decrypted = ota_buf_init(1 << 20);
	struct ota_image_plan plan = plain;
	struct ota_image_made made;
	struct ota_image_wrap wrap;
	struct ota_image image;
	struct ota_buf file;

	(void)state;
	plan.encryption_key = key;
	file = image_build(&plan, ota_buf_span(&body), &made);
	image = image_open(ota_buf_span(&file));
	assert_int_equal(image.header.flags, 0x404);
	assert_int_equal(image.header.img_size % 16, 0);
	assert_int_equal(number(image_tlv(&image, OTA_TLV_COMP_DEC_SIZE, 0)), 2 + made.stream_len);
	assert_int_equal(ota_image_decrypt(&image, key, &decrypted, &wrap, NULL), OTA_OK);
	image.bytes = ota_buf_span(&decrypted);
	assert_holds(&image, ota_buf_span(&body), &made, false);
	ota_buf_free(&decrypted);
	ota_buf_free(&file);
	ota_key_free(key);
	ota_buf_free(&body);
}

static void compression_keeps_flags_and_counts_the_small_image_against_the_slot(void **state)
{
	struct ota_buf body = vector_read("imgtool/in/fw-12288.bin");
	struct ota_image_plan plan = plain;
	struct ota_image_made made;
	struct ota_buf file;

	(void)state;
	plan.non_bootable = true;
	plan.load_addr = 0x20000000;
	plan.slot_size = 8192; /* less than the body */
	file = image_build(&plan, ota_buf_span(&body), &made);
	assert_true(made.compressed);
	assert_int_equal(image_open(ota_buf_span(&file)).header.flags, 0x430);
	ota_buf_free(&file);
	ota_buf_free(&body);
}

static void what_is_to_be_signed_of_a_compressed_image_is_its_hashed_part(void **state)
{
	struct ota_buf body = vector_read("imgtool/in/fw-12288.bin");
	struct ota_buf vector = ota_buf_init(1 << 20);
	struct ota_image_made made;
	struct ota_image image;
	struct ota_buf file;

	(void)state;
	file = image_build(&plain, ota_buf_span(&body), NULL);
	image = image_open(ota_buf_span(&file));
	assert_int_equal(ota_image_vector(&plain, ota_buf_span(&body), false, &vector, &made, NULL),
			 OTA_OK);
	assert_true(ota_span_equal(ota_buf_span(&vector), image.hashed));
	ota_buf_free(&vector);
	ota_buf_free(&file);
	ota_buf_free(&body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(streams_expand_to_what_went_in),
		cmocka_unit_test(a_stream_beyond_the_ceiling_is_refused),
		cmocka_unit_test(an_image_holds_the_stream_and_describes_its_origin),
		cmocka_unit_test(images_are_imgtools_to_the_byte),
		cmocka_unit_test(compression_that_saves_too_little_is_left_out),
		cmocka_unit_test(what_does_not_compress_is_encrypted_all_the_same),
		cmocka_unit_test(a_compressed_and_encrypted_image_says_where_its_stream_ends),
		cmocka_unit_test(
			compression_keeps_flags_and_counts_the_small_image_against_the_slot),
		cmocka_unit_test(what_is_to_be_signed_of_a_compressed_image_is_its_hashed_part),
	};

	return cmocka_run_group_tests_name("libota/image_compress", tests, NULL, NULL);
}
