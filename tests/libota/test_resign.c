// SPDX-License-Identifier: Apache-2.0
/* Whatever the file: it is signed when its digest is right, or there is no result at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include <ota/resign.h>

#include "vectors.h"

#define SIGNER "imgtool/keys/ed25519-b.pem"

/* An image of every shape, up to 8 KiB. */
struct shape {
	const char *file;
	const char *encryption_key; /* NULL: not encrypted */
};

static const struct shape shapes[] = {
	{"verdicts/images/ed-good-imgtool.bin", NULL},
	{"verdicts/images/good-imgtool-dep-custom.bin", NULL},
	{"imgtool/out/o090-big-ed25519-protected.bin", NULL},
	{"imgtool/out/o091-big-confirm-maxalign16.bin", NULL},
	{"imgtool/out/o110-enc-x25519-128.bin", "imgtool/keys/x25519.pem"},
	{"imgtool/img/ve-kw128-ed25519.bin", "imgtool/keys/kw128.b64"},
};

#define N_SHAPES (sizeof(shapes) / sizeof(shapes[0]))

struct opened {
	struct ota_buf file;
	struct ota_key *key;
	struct ota_key *encryption_key;
	struct ota_signer signer;
	struct ota_resign_plan plan;
};

static void open_shape(const struct shape *shape, struct opened *opened)
{
	*opened = (struct opened){.file = vector_read(shape->file), .key = vector_key(SIGNER)};
	if (shape->encryption_key)
		opened->encryption_key = vector_key(shape->encryption_key);
	opened->signer.key = opened->key;
	opened->plan.signers = &opened->signer;
	opened->plan.n_signers = 1;
	opened->plan.encryption_key = opened->encryption_key;
}

static void close_shape(struct opened *opened)
{
	ota_buf_free(&opened->file);
	ota_key_free(opened->encryption_key);
	ota_key_free(opened->key);
}

/* In a copy of its own exact size, so that a sanitizer sees a step outside. */
static enum ota_err resign(const struct opened *opened, struct ota_span file, struct ota_buf *out)
{
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_sig sig;
	uint8_t *copy = malloc(file.len ? file.len : 1);
	enum ota_err err;

	assert_non_null(copy);
	if (file.len > 0)
		memcpy(copy, file.data, file.len);
	*out = ota_buf_init(UINT32_MAX);
	err = ota_image_resign(&opened->plan, ota_span_of(copy, file.len), out, &sig, &diag);
	assert_int_equal(diag.err, err);
	if (err != OTA_OK)
		assert_int_equal(out->len, 0);
	assert_int_equal(sig.len, err == OTA_OK ? 64 : 0);
	free(copy);
	return err;
}

static enum ota_err verify(const struct opened *opened, struct ota_span file)
{
	struct ota_boot boot = ota_boot_any();
	struct ota_image_verdict verdict;
	struct ota_image image;

	boot.encryption_key = opened->encryption_key;
	return ota_file_verify(file, opened->key, &boot, &image, &verdict, NULL);
}

static void each_shape_gets_the_new_signature(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_SHAPES; i++) {
		struct opened opened;
		struct ota_buf out;
		struct ota_buf again;

		open_shape(&shapes[i], &opened);
		assert_int_not_equal(verify(&opened, ota_buf_span(&opened.file)), OTA_OK);
		if (resign(&opened, ota_buf_span(&opened.file), &out) != OTA_OK)
			fail_msg("%s is not signed", shapes[i].file);
		assert_int_equal(verify(&opened, ota_buf_span(&out)), OTA_OK);
		/* Once more changes nothing. */
		assert_int_equal(resign(&opened, ota_buf_span(&out), &again), OTA_OK);
		assert_true(ota_span_equal(ota_buf_span(&out), ota_buf_span(&again)));
		ota_buf_free(&again);
		ota_buf_free(&out);
		close_shape(&opened);
	}
}

static void every_truncation_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_SHAPES; i++) {
		struct opened opened;
		struct ota_image image;
		struct ota_buf out;
		size_t whole;

		open_shape(&shapes[i], &opened);
		assert_int_equal(ota_image_open(ota_buf_span(&opened.file), &image, NULL), OTA_OK);
		whole = image.bytes.len;
		for (size_t len = 0; len < whole; len++)
			assert_int_not_equal(resign(&opened,
						    ota_span_head(ota_buf_span(&opened.file), len),
						    &out),
					     OTA_OK);
		close_shape(&opened);
	}
}

/*
 * A flipped bit of what the digest covers is refused. Of the rest, old signatures give way and
 * unknown TLVs are kept, so some go through: what comes out is then signed and good.
 */
static void every_bit_flip_is_refused_or_harmless(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_SHAPES; i++) {
		struct opened opened;
		struct ota_image image;
		uint8_t *data;

		open_shape(&shapes[i], &opened);
		data = opened.file.data;
		assert_int_equal(ota_image_open(ota_buf_span(&opened.file), &image, NULL), OTA_OK);
		for (size_t bit = 0; bit < image.bytes.len * 8; bit++) {
			struct ota_buf out;
			enum ota_err err;

			data[bit / 8] ^= (uint8_t)(1U << bit % 8);
			err = resign(&opened, ota_buf_span(&opened.file), &out);
			if (err == OTA_OK && bit / 8 < image.hashed.len)
				fail_msg("%s: byte 0x%zx changed, and signed", shapes[i].file,
					 bit / 8);
			if (err == OTA_OK)
				assert_int_equal(verify(&opened, ota_buf_span(&out)), OTA_OK);
			ota_buf_free(&out);
			data[bit / 8] ^= (uint8_t)(1U << bit % 8);
		}
		close_shape(&opened);
	}
}

static void all_but_the_signatures_keeps_its_bytes(void **state)
{
	struct opened opened;
	struct ota_image before;
	struct ota_image after;
	struct ota_signature signature;
	struct ota_buf out;

	(void)state;
	open_shape(&shapes[3], &opened); /* padded, big-endian, unsigned */
	assert_int_equal(resign(&opened, ota_buf_span(&opened.file), &out), OTA_OK);
	assert_int_equal(ota_image_open(ota_buf_span(&opened.file), &before, NULL), OTA_OK);
	assert_int_equal(ota_image_open(ota_buf_span(&out), &after, NULL), OTA_OK);
	assert_true(before.has_trailer && after.has_trailer);
	assert_int_equal(out.len, opened.file.len);
	assert_int_equal(after.trailer.size, before.trailer.size);
	assert_int_equal(after.trailer.image_ok, OTA_TRAILER_SET);
	assert_true(ota_span_equal(before.hashed, after.hashed));
	assert_int_equal(ota_image_signature(&before, 0, &signature), OTA_E_ABSENT);
	assert_int_equal(ota_image_signature(&after, 0, &signature), OTA_OK);
	assert_true(ota_signature_names_key(&signature, opened.key));
	assert_int_equal(ota_image_signature(&after, 1, &signature), OTA_E_ABSENT);
	ota_buf_free(&out);
	close_shape(&opened);
}

static enum ota_err sign_wrong(void *context, const struct ota_to_sign *to_sign,
			       struct ota_sig *sig, struct ota_diag *diag)
{
	(void)context;
	(void)to_sign;
	(void)diag;
	memset(sig->data, 0x5a, 64);
	sig->len = 64;
	return OTA_OK;
}

static void a_wrong_signature_made_elsewhere_is_refused(void **state)
{
	struct opened opened;
	struct ota_buf out;

	(void)state;
	open_shape(&shapes[0], &opened);
	opened.signer.sign = sign_wrong;
	assert_int_equal(resign(&opened, ota_buf_span(&opened.file), &out), OTA_E_SIGNATURE);
	ota_buf_free(&out);
	close_shape(&opened);
}

static void plans_that_make_no_sense_are_refused(void **state)
{
	struct opened opened;
	struct ota_span file;
	struct ota_buf out;

	(void)state;
	open_shape(&shapes[4], &opened);
	file = ota_buf_span(&opened.file);
	opened.plan.mode = OTA_RESIGN_STRIP;
	assert_int_equal(resign(&opened, file, &out), OTA_E_USAGE);
	opened.plan.mode = OTA_RESIGN_ADD;
	opened.plan.n_signers = 0;
	assert_int_equal(resign(&opened, file, &out), OTA_E_USAGE);
	opened.plan.n_signers = 1;
	opened.plan.encryption_key = NULL;
	assert_int_equal(resign(&opened, file, &out), OTA_E_USAGE);
	opened.plan.encryption_key = opened.encryption_key;
	opened.signer.key = NULL;
	assert_int_equal(resign(&opened, file, &out), OTA_E_USAGE);
	opened.signer.key = opened.encryption_key;
	assert_int_equal(resign(&opened, file, &out), OTA_E_USAGE);
	ota_buf_free(&out);
	close_shape(&opened);
}

/* A TLV area counts its bytes in 16 bits. */
static void signatures_that_do_not_fit_their_area_are_refused(void **state)
{
	static struct ota_signer many[1000];
	struct opened opened;
	struct ota_buf out;

	(void)state;
	open_shape(&shapes[0], &opened);
	for (size_t i = 0; i < 1000; i++)
		many[i].key = opened.key;
	opened.plan.signers = many;
	opened.plan.n_signers = 1000;
	assert_int_equal(resign(&opened, ota_buf_span(&opened.file), &out), OTA_E_NO_FIT);
	ota_buf_free(&out);
	close_shape(&opened);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_shape_gets_the_new_signature),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(every_bit_flip_is_refused_or_harmless),
		cmocka_unit_test(all_but_the_signatures_keeps_its_bytes),
		cmocka_unit_test(a_wrong_signature_made_elsewhere_is_refused),
		cmocka_unit_test(plans_that_make_no_sense_are_refused),
		cmocka_unit_test(signatures_that_do_not_fit_their_area_are_refused),
	};

	return cmocka_run_group_tests_name("libota/resign", tests, NULL, NULL);
}
