// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "delta_make_patch.h"
#include "patch_formats.h"
#include "vectors.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

static struct ota_span text(const char *s)
{
	return ota_span_of(s, strlen(s));
}

/* -- laws, for every row of the table ---------------------------------------------------------- */

#define SHAPE_MAX 8192

/* A pair of images. */
struct shape {
	const char *name;
	size_t old_len;
	size_t new_len;
	void (*fill)(uint8_t *old_image, uint8_t *new_image); /* SHAPE_MAX bytes each */
};

static void random_both(uint8_t *old_image, uint8_t *new_image)
{
	fill_pattern(old_image, SHAPE_MAX, 1);
	fill_pattern(new_image, SHAPE_MAX, 2);
}

static void equal_both(uint8_t *old_image, uint8_t *new_image)
{
	fill_pattern(old_image, SHAPE_MAX, 3);
	memcpy(new_image, old_image, SHAPE_MAX);
}

static void moved_up(uint8_t *old_image, uint8_t *new_image)
{
	fill_pattern(old_image, SHAPE_MAX, 4);
	fill_pattern(new_image, 100, 5);
	memcpy(new_image + 100, old_image, SHAPE_MAX - 100);
}

static void moved_down(uint8_t *old_image, uint8_t *new_image)
{
	fill_pattern(old_image, SHAPE_MAX, 6);
	memcpy(new_image, old_image + 100, SHAPE_MAX - 100);
	fill_pattern(new_image + SHAPE_MAX - 100, 100, 7);
}

static void halves_swapped(uint8_t *old_image, uint8_t *new_image)
{
	fill_pattern(old_image, SHAPE_MAX, 8);
	memcpy(new_image, old_image + SHAPE_MAX / 2, SHAPE_MAX / 2);
	memcpy(new_image + SHAPE_MAX / 2, old_image, SHAPE_MAX / 2);
}

static void every_40th_byte_changed(uint8_t *old_image, uint8_t *new_image)
{
	equal_both(old_image, new_image);
	for (size_t i = 0; i < SHAPE_MAX; i += 40)
		new_image[i]++;
}

static void one_byte_repeated(uint8_t *old_image, uint8_t *new_image)
{
	memset(old_image, 0xff, SHAPE_MAX);
	memset(new_image, 0xff, SHAPE_MAX);
	new_image[SHAPE_MAX / 2] = 0;
}

static void two_bytes_repeated(uint8_t *old_image, uint8_t *new_image)
{
	for (size_t i = 0; i < SHAPE_MAX; i++) {
		old_image[i] = i % 2;
		new_image[i] = (i + i / 3000) % 2;
	}
}

static void padded_with_ff(uint8_t *old_image, uint8_t *new_image)
{
	moved_up(old_image, new_image);
	memset(old_image + 3000, 0xff, SHAPE_MAX - 3000);
	memset(new_image + 3100, 0xff, SHAPE_MAX - 3100);
}

static const struct shape shapes[] = {
	{"empty to empty", 0, 0, random_both},
	{"empty to something", 0, 500, random_both},
	{"something to empty", 500, 0, random_both},
	{"one byte to another", 1, 1, random_both},
	{"one byte to the same", 1, 1, equal_both},
	{"one byte to many", 1, 300, random_both},
	{"many to one byte", 300, 1, random_both},
	{"equal", SHAPE_MAX, SHAPE_MAX, equal_both},
	{"equal, 9 bytes", 9, 9, equal_both},
	{"random", SHAPE_MAX, SHAPE_MAX, random_both},
	{"moved up", SHAPE_MAX, SHAPE_MAX, moved_up},
	{"moved down", SHAPE_MAX, SHAPE_MAX, moved_down},
	{"halves swapped", SHAPE_MAX, SHAPE_MAX, halves_swapped},
	{"every 40th byte changed", SHAPE_MAX, SHAPE_MAX, every_40th_byte_changed},
	{"one byte repeated", SHAPE_MAX, SHAPE_MAX, one_byte_repeated},
	{"two bytes repeated", SHAPE_MAX, SHAPE_MAX, two_bytes_repeated},
	{"padded with ff", SHAPE_MAX, SHAPE_MAX, padded_with_ff},
	{"cut short", SHAPE_MAX, 1000, every_40th_byte_changed},
	{"grown", 1000, SHAPE_MAX, every_40th_byte_changed},
};

static void make(const char *format, struct ota_span old_image, struct ota_span new_image,
		 struct ota_buf *patch)
{
	struct ota_diag diag = {.err = OTA_OK};

	*patch = ota_buf_init(DELTA_PATCH_MAX);
	if (delta_make(format, old_image, new_image, patch, &diag) != OTA_OK)
		fail_msg("%s: %s", format, diag.text);
	assert_string_equal(ota_delta_probe(ota_buf_span(patch)), format);
}

static void check_info(struct ota_span patch, const char *format, struct ota_span new_image)
{
	struct ota_delta_info info;
	struct ota_delta_info glance;

	assert_int_equal(ota_delta_describe(patch, &info, NULL), OTA_OK);
	assert_int_equal(ota_delta_glance(patch, &glance, NULL), OTA_OK);
	assert_string_equal(glance.format, info.format);
	assert_int_equal(glance.new_size, info.new_size);
	assert_int_equal(glance.decoder_ram, info.decoder_ram);
	assert_int_equal(glance.decoder_stack, info.decoder_stack);
	assert_string_equal(info.format, format);
	assert_int_equal(info.patch_size, patch.len);
	assert_int_equal(info.new_size, new_image.len);
	/* Where only the old image tells what a patch makes, nothing is said of it. */
	assert_int_equal(info.blended + info.copied_old + info.copied_new + info.repeated +
				 info.inserted,
			 info.has_content ? new_image.len : 0);
	assert_true(info.unchanged <= info.blended);
	assert_true(info.decoder_ram > 0);
}

static void check_shape(const char *format, const struct shape *shape)
{
	static uint8_t old_bytes[SHAPE_MAX];
	static uint8_t new_bytes[SHAPE_MAX];
	struct ota_span old_image = ota_span_of(old_bytes, shape->old_len);
	struct ota_span new_image = ota_span_of(new_bytes, shape->new_len);
	struct ota_buf patch;
	struct ota_buf again;

	shape->fill(old_bytes, new_bytes);
	make(format, old_image, new_image, &patch);
	make(format, old_image, new_image, &again);
	if (!ota_span_equal(ota_buf_span(&patch), ota_buf_span(&again)))
		fail_msg("%s, %s: two runs differ", format, shape->name);
	if (delta_apply(old_image, ota_buf_span(&patch), new_image) != OTA_OK)
		fail_msg("%s, %s: does not apply", format, shape->name);
	check_info(ota_buf_span(&patch), format, new_image);
	ota_buf_free(&again);
	ota_buf_free(&patch);
}

static void every_shape_survives_a_round_trip_and_two_runs_agree(void **state)
{
	(void)state;
	for (size_t f = 0; ota_delta_format_name(f); f++) {
		for (size_t i = 0; i < N(shapes); i++)
			check_shape(ota_delta_format_name(f), &shapes[i]);
	}
}

static const char sample_old[] =
	"the old firmware says hello, and hello again, to the whole world\n";
static const char sample_new[] =
	"the new firmware says hello, and again hello, to a small world!\n";

/* Calls `check` with a small patch of every format. */
static void for_each_format(void (*check)(struct ota_buf *patch))
{
	for (size_t f = 0; ota_delta_format_name(f); f++) {
		struct ota_buf patch;

		make(ota_delta_format_name(f), text(sample_old), text(sample_new), &patch);
		check(&patch);
		ota_buf_free(&patch);
	}
}

static void check_truncations(struct ota_buf *patch)
{
	for (size_t len = 0; len < patch->len; len++) {
		struct ota_span head = ota_span_head(ota_buf_span(patch), len);
		struct ota_delta_info info;
		enum ota_err applied = delta_apply(text(sample_old), head, text(sample_new));
		enum ota_err err = ota_delta_describe(head, &info, NULL);
		/* A stream that the old image is needed for has no end that could be missed. */
		bool coded = err == OTA_OK && !info.has_content;

		assert_true(err == OTA_E_TRUNCATED || coded);
		/*
		 * What an arithmetic decoder makes of the zeros behind a cut may be nonsense, or a
		 * whole image that its checksum refuses.
		 */
		assert_true(applied == OTA_E_TRUNCATED || (coded && applied == OTA_E_MALFORMED));
	}
}

static void a_patch_cut_at_any_byte_is_called_truncated(void **state)
{
	(void)state;
	for_each_format(check_truncations);
}

static void check_flips(struct ota_buf *patch)
{
	size_t accepted = 0;

	for (size_t bit = 0; bit < 8 * patch->len; bit++) {
		struct ota_delta_info info;
		enum ota_err err;

		patch->data[bit / 8] ^= (uint8_t)(1U << bit % 8);
		err = delta_apply(text(sample_old), ota_buf_span(patch), text(sample_new));
		accepted += err == OTA_OK;
		(void)!ota_delta_describe(ota_buf_span(patch), &info, NULL);
		patch->data[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	/* bzip2 has bits that mean nothing: padding, unused code tables, the level digit. */
	assert_true(accepted < patch->len);
}

static void any_flipped_bit_gives_an_error_or_the_same_image(void **state)
{
	(void)state;
	for_each_format(check_flips);
}

static void check_extensions(struct ota_buf *patch)
{
	static const uint8_t fill[] = {0x00, 0xff, 'B'};
	size_t len = patch->len;

	for (size_t i = 0; i < N(fill); i++) {
		for (size_t more = 1; more <= 64; more++) {
			uint8_t bytes[64];
			enum ota_err err;

			memset(bytes, fill[i], sizeof(bytes));
			assert_int_equal(ota_buf_append(patch, ota_span_of(bytes, more), NULL),
					 OTA_OK);
			err = delta_apply(text(sample_old), ota_buf_span(patch), text(sample_new));
			/* To a format of windows it may be the beginning of one more. */
			assert_true(err == OTA_E_MALFORMED || err == OTA_E_TRUNCATED);
			patch->len = len;
		}
	}
}

static void bytes_behind_a_patch_are_refused(void **state)
{
	(void)state;
	for_each_format(check_extensions);
}

static void check_ceiling(struct ota_buf *patch)
{
	struct ota_buf out = ota_buf_init(sizeof(sample_new) - 2);

	assert_int_equal(ota_delta_apply(text(sample_old), ota_buf_span(patch), &out, NULL),
			 OTA_E_NO_FIT);
	assert_null(out.data);
	out = ota_buf_init(sizeof(sample_new) + 2);
	assert_int_equal(ota_buf_append(&out, text("abc"), NULL), OTA_OK);
	assert_int_equal(ota_delta_apply(text(sample_old), ota_buf_span(patch), &out, NULL),
			 OTA_OK);
	assert_memory_equal(out.data, "abc", 3);
	assert_memory_equal(out.data + 3, sample_new, sizeof(sample_new) - 1);
	assert_int_equal(ota_delta_apply(text(sample_old), ota_buf_span(patch), &out, NULL),
			 OTA_E_NO_FIT);
	ota_buf_free(&out);
}

static void the_new_image_is_appended_and_never_outgrows_its_ceiling(void **state)
{
	(void)state;
	for_each_format(check_ceiling);
}

static void check_make_ceiling(struct ota_buf *patch)
{
	struct ota_buf out = ota_buf_init(patch->len + 2);
	const char *format = ota_delta_probe(ota_buf_span(patch));

	assert_int_equal(ota_buf_append(&out, text("abc"), NULL), OTA_OK);
	assert_int_equal(delta_make(format, text(sample_old), text(sample_new), &out, NULL),
			 OTA_E_ROOM);
	assert_int_equal(out.len, 3);
	out.ceiling++;
	assert_int_equal(delta_make(format, text(sample_old), text(sample_new), &out, NULL),
			 OTA_OK);
	assert_int_equal(out.len, patch->len + 3);
	assert_memory_equal(out.data + 3, patch->data, patch->len);
	ota_buf_free(&out);
}

static void a_patch_is_appended_and_never_outgrows_its_ceiling(void **state)
{
	(void)state;
	for_each_format(check_make_ceiling);
}

static void files_over_31_bits_are_refused_before_a_byte_is_read(void **state)
{
	struct ota_span large = ota_span_of("", (size_t)OTA_DELTA_MAX + 1);
	struct ota_buf out = ota_buf_init(100);

	(void)state;
	for (size_t f = 0; ota_delta_format_name(f); f++) {
		const char *format = ota_delta_format_name(f);

		assert_int_equal(delta_make(format, large, text("new"), &out, NULL), OTA_E_NO_FIT);
		assert_int_equal(delta_make(format, text("old"), large, &out, NULL), OTA_E_NO_FIT);
	}
	assert_null(out.data);
}

static void names_and_numbers_of_formats_are_unique(void **state)
{
	struct ota_buf out = ota_buf_init(100);

	(void)state;
	for (size_t i = 0; ota_patch_format_at(i); i++) {
		const struct ota_patch_format *row = ota_patch_format_at(i);

		assert_true(row->id != 0);
		assert_ptr_equal(ota_patch_format_named(row->name), row);
		for (size_t k = 0; k < i; k++)
			assert_int_not_equal(ota_patch_format_at(k)->id, row->id);
	}
	assert_null(ota_patch_format_named("zip"));
	assert_int_equal(delta_make("zip", text("a"), text("b"), &out, NULL), OTA_E_ABSENT);
}

/* -- what is no patch of ours ----------------------------------------------------------------- */

static void other_kinds_of_file_are_named(void **state)
{
	static const struct {
		const char *bytes;
		const char *says;
	} cases[] = {
		{"ENDSLEY/BSDIFF43--------", "ENDSLEY/BSDIFF43"},
		{"\xd6\xc3\xc4\x01----", "VCDIFF"},
		{"HDIFF13&zlib----", "HDiffPatch"},
		{"\x1f\x8b\x08------", "gzip"},
		{"\xfd\x37zXZ", "xz"}, /* the sixth byte of its magic is this text's NUL */
		{"\x28\xb5\x2f\xfd----", "zstd"},
		{"BZh91AY&SY", "bzip2"},
		{"\x3d\xb8\xf3\x96----", "MCUboot image"},
		{"UF2\n----", "UF2"},
		{"BSDIFF41--------", "no patch"},
		{"random bytes", "no patch"},
	};

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		struct ota_span file = ota_span_of(cases[i].bytes, strlen(cases[i].bytes) + 1);
		struct ota_diag diag = {.err = OTA_OK};
		struct ota_buf out = ota_buf_init(100);

		assert_null(ota_delta_probe(file));
		assert_int_equal(ota_delta_apply(text("old"), file, &out, &diag),
				 OTA_E_UNSUPPORTED);
		assert_non_null(strstr(diag.text, cases[i].says));
	}
}

static void an_empty_patch_is_called_truncated(void **state)
{
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_delta_info info;

	(void)state;
	assert_int_equal(ota_delta_describe(text(""), &info, &diag), OTA_E_TRUNCATED);
	assert_string_equal(diag.text, "patch is empty");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_shape_survives_a_round_trip_and_two_runs_agree),
		cmocka_unit_test(a_patch_cut_at_any_byte_is_called_truncated),
		cmocka_unit_test(any_flipped_bit_gives_an_error_or_the_same_image),
		cmocka_unit_test(bytes_behind_a_patch_are_refused),
		cmocka_unit_test(the_new_image_is_appended_and_never_outgrows_its_ceiling),
		cmocka_unit_test(a_patch_is_appended_and_never_outgrows_its_ceiling),
		cmocka_unit_test(files_over_31_bits_are_refused_before_a_byte_is_read),
		cmocka_unit_test(names_and_numbers_of_formats_are_unique),
		cmocka_unit_test(other_kinds_of_file_are_named),
		cmocka_unit_test(an_empty_patch_is_called_truncated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
