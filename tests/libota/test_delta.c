// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "delta_make_patch.h"
#include "match_bsdiff.h"
#include "patch_formats.h"
#include "stream_bz2.h"
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

/* OTA_OK only when the result is `new_image`, to the bit; whatever comes, no room is overrun. */
static enum ota_err apply(struct ota_span old_image, struct ota_span patch,
			  struct ota_span new_image)
{
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_buf out = ota_buf_init(new_image.len);
	enum ota_err err = ota_delta_apply(old_image, patch, &out, &diag);

	assert_true(out.len <= new_image.len);
	if (err == OTA_OK)
		assert_true(ota_span_equal(ota_buf_span(&out), new_image));
	else
		assert_true(diag.err == err && diag.text[0] != '\0');
	ota_buf_free(&out);
	return err;
}

static void check_info(struct ota_span patch, const char *format, struct ota_span new_image)
{
	struct ota_delta_info info;

	assert_int_equal(ota_delta_describe(patch, &info, NULL), OTA_OK);
	assert_string_equal(info.format, format);
	assert_int_equal(info.patch_size, patch.len);
	assert_int_equal(info.new_size, new_image.len);
	assert_int_equal(info.blended + info.copied_old + info.copied_new + info.repeated +
				 info.inserted,
			 new_image.len);
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
	if (apply(old_image, ota_buf_span(&patch), new_image) != OTA_OK)
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
		enum ota_err err = apply(text(sample_old), head, text(sample_new));

		assert_int_equal(err, OTA_E_TRUNCATED);
		assert_int_equal(ota_delta_describe(head, &info, NULL), OTA_E_TRUNCATED);
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
		err = apply(text(sample_old), ota_buf_span(patch), text(sample_new));
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

			memset(bytes, fill[i], sizeof(bytes));
			assert_int_equal(ota_buf_append(patch, ota_span_of(bytes, more), NULL),
					 OTA_OK);
			assert_int_equal(
				apply(text(sample_old), ota_buf_span(patch), text(sample_new)),
				OTA_E_MALFORMED);
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

/* -- BSDIFF40 --------------------------------------------------------------------------------- */

static void patches_of_bsdiff_itself_decode_forever(void **state)
{
	static const char *const names[] = {"hello",  "relocated",         "moved_back",
					    "shrunk", "two_empty_records", "unrelated"};

	(void)state;
	for (size_t i = 0; i < N(names); i++) {
		char path[64];
		struct ota_buf part[3];
		static const char *const kinds[] = {"old", "patch", "new"};

		for (size_t k = 0; k < 3; k++) {
			(void)snprintf(path, sizeof(path), "bsdiff/%s.%s", names[i], kinds[k]);
			part[k] = vector_read(path);
		}
		assert_int_equal(apply(ota_buf_span(&part[0]), ota_buf_span(&part[1]),
				       ota_buf_span(&part[2])),
				 OTA_OK);
		for (size_t k = 0; k < 3; k++)
			ota_buf_free(&part[k]);
	}
}

static void describe_says_what_a_patch_is_made_of(void **state)
{
	struct ota_buf patch = vector_read("bsdiff/moved_back.patch");
	struct ota_delta_info info;

	(void)state;
	assert_int_equal(ota_delta_describe(ota_buf_span(&patch), &info, NULL), OTA_OK);
	assert_int_equal(info.new_size, 430);
	assert_int_equal(info.n_parts, 4);
	assert_int_equal(info.part[0].bytes, 32);
	assert_int_equal(info.part[1].bytes, 59);
	assert_int_equal(info.part[2].bytes, 43);
	assert_int_equal(info.part[3].bytes, 90);
	assert_int_equal(info.records, 3);
	assert_int_equal(info.blended, 400);
	assert_int_equal(info.unchanged, 400);
	assert_int_equal(info.inserted, 30);
	assert_int_equal(info.old_reach, 400);
	assert_int_equal(info.part[1].level, 9);
	assert_int_equal(info.decoder_ram, 3 * (64144 + 9 * 250000) + OTA_BSDIFF_DEC_RAM);
	ota_buf_free(&patch);
}

/* Applies a patch made by hand; every failure leaves words. */
static enum ota_err apply_plain(const struct delta_plain *plain, size_t ceiling, const char *says)
{
	struct ota_buf patch = delta_patch_of(plain);
	struct ota_buf out = ota_buf_init(ceiling);
	struct ota_diag diag = {.err = OTA_OK};
	enum ota_err err = ota_delta_apply(text("0123456789"), ota_buf_span(&patch), &out, &diag);

	if (!strstr(diag.text, says))
		fail_msg("\"%s\" does not say \"%s\"", diag.text, says);
	assert_true(out.cap <= 2 * 1024 * 1024);
	ota_buf_free(&out);
	ota_buf_free(&patch);
	return err;
}

/* bspatch gives zeros for the missing bytes, and a wrong image with exit code 0. */
static void an_old_file_too_short_for_the_patch_is_the_wrong_one(void **state)
{
	struct ota_buf patch = ota_buf_init(1 << 20);
	struct ota_buf out = ota_buf_init(1 << 20);
	uint8_t old_image[600];

	(void)state;
	fill_pattern(old_image, sizeof(old_image), 9);
	assert_int_equal(delta_make("bsdiff", ota_span_of(old_image, sizeof(old_image)),
				    ota_span_of(old_image, sizeof(old_image)), &patch, NULL),
			 OTA_OK);
	for (size_t len = 0; len < sizeof(old_image); len += 7) {
		out.len = 0;
		assert_int_equal(ota_delta_apply(ota_span_of(old_image, len), ota_buf_span(&patch),
						 &out, NULL),
				 OTA_E_WRONG_BASE);
	}
	ota_buf_free(&out);
	ota_buf_free(&patch);
}

static void all_three_streams_must_end_with_the_new_image(void **state)
{
	uint8_t record[OTA_BSDIFF_RECORD_SIZE];
	struct delta_plain good = {.control = delta_record(record, 4, 2),
				   .diff = ota_span_of("\0\0\0\0", 4),
				   .extra = text("xy"),
				   .new_size = 6};
	struct delta_plain bad = good;
	uint8_t longer[25] = {0};

	(void)state;
	memcpy(longer, good.control.data, good.control.len);
	assert_int_equal(apply_plain(&good, 100, ""), OTA_OK);
	bad.control = ota_span_of(longer, sizeof(longer));
	assert_int_equal(apply_plain(&bad, 100, "control stream holds more"), OTA_E_MALFORMED);
	bad = good;
	bad.diff = ota_span_of("\0\0\0\0\0", 5);
	assert_int_equal(apply_plain(&bad, 100, "diff stream holds more"), OTA_E_MALFORMED);
	bad = good;
	bad.extra = text("xyz");
	assert_int_equal(apply_plain(&bad, 100, "extra stream holds more"), OTA_E_MALFORMED);
	bad = good;
	bad.extra = text("x");
	assert_int_equal(apply_plain(&bad, 100, "extra stream ends after 5 of 6"), OTA_E_MALFORMED);
	bad = good;
	bad.new_size = 7;
	assert_int_equal(apply_plain(&bad, 100, "control stream ends after 6 of 7"),
			 OTA_E_MALFORMED);
	bad = good;
	bad.new_size = 5;
	assert_int_equal(apply_plain(&bad, 100, "control record 1 is bad: add 4, insert 2"),
			 OTA_E_MALFORMED);
}

static void a_large_declared_size_costs_no_memory(void **state)
{
	uint8_t record[OTA_BSDIFF_RECORD_SIZE];
	struct delta_plain plain = {.control = delta_record(record, 4, 0),
				    .diff = ota_span_of("\0\0\0\0", 4)};

	(void)state;
	plain.new_size = OTA_BSDIFF_IMAGE_MAX;
	assert_int_equal(apply_plain(&plain, SIZE_MAX, "ends after 4 of 2147483647"),
			 OTA_E_MALFORMED);
	assert_int_equal(apply_plain(&plain, 1000, "is 2147483647 bytes, at most 1000"),
			 OTA_E_NO_FIT);
	plain.new_size = INT64_MAX;
	assert_int_equal(apply_plain(&plain, 1000, "at most 1000 are accepted"), OTA_E_NO_FIT);
	plain.new_size = (int64_t)OTA_BSDIFF_IMAGE_MAX + 1;
	assert_int_equal(apply_plain(&plain, SIZE_MAX, "2147483648 bytes: at most"),
			 OTA_E_UNSUPPORTED);
}

/* 40 MB of zeros are 45 bytes of bzip2. */
static void bombs_in_any_stream_are_refused_at_once(void **state)
{
	uint8_t record[2][OTA_BSDIFF_RECORD_SIZE];
	size_t len = 40000000;
	uint8_t *zeros = calloc(1, len);
	struct ota_span bomb = ota_span_of(zeros, len);
	struct delta_plain in_control = {.control = bomb, .new_size = 1000};
	struct delta_plain in_diff = {
		.control = delta_record(record[0], 10, 0), .diff = bomb, .new_size = 10};
	struct delta_plain in_extra = {
		.control = delta_record(record[1], 0, 10), .extra = bomb, .new_size = 10};
	struct delta_plain in_nothing = {.extra = bomb};

	(void)state;
	assert_non_null(zeros);
	assert_int_equal(apply_plain(&in_control, 1000, "control record 127 is bad"),
			 OTA_E_MALFORMED);
	assert_int_equal(apply_plain(&in_diff, 1000, "diff stream holds more"), OTA_E_MALFORMED);
	assert_int_equal(apply_plain(&in_extra, 1000, "extra stream holds more"), OTA_E_MALFORMED);
	assert_int_equal(apply_plain(&in_nothing, 1000, "extra stream holds more"),
			 OTA_E_MALFORMED);
	free(zeros);
}

static void streams_that_are_not_bzip2_are_refused(void **state)
{
	struct ota_buf patch = vector_read("bsdiff/hello.patch");
	const size_t at[] = {32, 32 + 43, 32 + 43 + 46};
	struct ota_buf out = ota_buf_init(100);

	(void)state;
	for (size_t i = 0; i < N(at); i++) {
		patch.data[at[i]] = 'b';
		out.len = 0;
		assert_int_equal(ota_delta_apply(text("old"), ota_buf_span(&patch), &out, NULL),
				 OTA_E_MALFORMED);
		patch.data[at[i]] = 'B';
	}
	ota_buf_free(&out);
	ota_buf_free(&patch);
}

static const struct ota_cost *cost_named(const struct ota_costs *costs, const char *what)
{
	for (unsigned i = 0; i < costs->n; i++) {
		if (strstr(costs->item[i].what, what))
			return &costs->item[i];
	}
	fail_msg("no cost \"%s\"", what);
	return NULL;
}

static void cost_charges_the_gateway_or_the_device(void **state)
{
	struct ota_buf patch = vector_read("bsdiff/hello.patch");
	struct ota_update update = {
		.patch = ota_buf_span(&patch), .format = "bsdiff", .old_len = 28, .new_len = 35};
	struct ota_target target = {.old_mapped = true};
	struct ota_costs costs = {.n = 0};
	enum ota_err (*cost)(const struct ota_update *, const struct ota_target *, enum ota_applier,
			     struct ota_costs *, struct ota_diag *) = ota_patch_bsdiff.cost;

	(void)state;
	assert_int_equal(cost(&update, &target, OTA_APPLIED_BY_GATEWAY, &costs, NULL), OTA_OK);
	assert_int_equal(costs.n, 4);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(costs.item[i].where, OTA_PLACE_GATEWAY);
	assert_int_equal(cost_named(&costs, "diff stream, level 9")->bytes, 64144 + 9 * 250000);
	assert_int_equal(cost_named(&costs, "state")->bytes, OTA_BSDIFF_DEC_RAM);
	costs.n = 0;
	assert_int_equal(cost(&update, &target, OTA_APPLIED_ON_DEVICE, &costs, NULL), OTA_OK);
	assert_int_equal(costs.n, 4);
	assert_int_equal(costs.item[0].where, OTA_PLACE_RAM);
	costs.n = 0;
	target.old_mapped = false;
	target.layout.mode = OTA_MODE_SINGLE_SLOT;
	assert_int_equal(cost(&update, &target, OTA_APPLIED_ON_DEVICE, &costs, NULL), OTA_OK);
	assert_int_equal(costs.n, 6);
	assert_int_equal(cost_named(&costs, "old image")->bytes, 28);
	assert_int_equal(cost_named(&costs, "new image")->bytes, 35);
	update.patch.len = 40;
	assert_int_equal(cost(&update, &target, OTA_APPLIED_ON_DEVICE, &costs, NULL),
			 OTA_E_TRUNCATED);
	ota_buf_free(&patch);
}

/* -- suffix array and bzip2 ------------------------------------------------------------------- */

static size_t longest_by_trying(struct ota_span old_image, struct ota_span wanted)
{
	size_t best = 0;

	for (size_t at = 0; at < old_image.len; at++) {
		size_t n = 0;

		while (n < wanted.len && at + n < old_image.len &&
		       old_image.data[at + n] == wanted.data[n])
			n++;
		if (n > best)
			best = n;
	}
	return best;
}

static void longest_match_is_the_longest_there_is(void **state)
{
	uint8_t bytes[400] = {0};
	struct ota_span old_image = ota_span_of(bytes, 200);

	(void)state;
	for (uint32_t seed = 1; seed < 60; seed++) {
		struct ota_index *index;

		fill_pattern(bytes, sizeof(bytes), seed);
		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = (uint8_t)(bytes[i] % (1 + seed % 4));
		assert_int_equal(ota_index_build(old_image, &index, NULL), OTA_OK);
		for (size_t at = 0; at <= sizeof(bytes); at++) {
			struct ota_span wanted =
				ota_span_tail(ota_span_of(bytes, sizeof(bytes)), at);
			struct ota_match match = ota_suffix_longest(index, wanted);

			assert_int_equal(match.len, longest_by_trying(old_image, wanted));
			assert_true(ota_span_equal(ota_span_sub(old_image, match.at, match.len),
						   ota_span_head(wanted, match.len)));
		}
		ota_index_free(index);
	}
}

/* Took minutes where every byte of a run was searched for by itself. */
static void long_runs_do_not_take_quadratic_time(void **state)
{
	size_t len = 3000000;
	uint8_t *old_bytes = calloc(1, len);
	uint8_t *new_bytes = calloc(1, len);
	struct ota_index *index;
	struct ota_op_list ops = {.op = NULL};
	clock_t start = clock();

	(void)state;
	assert_true(old_bytes && new_bytes);
	new_bytes[len / 2] = 1;
	assert_int_equal(ota_index_build(ota_span_of(old_bytes, len), &index, NULL), OTA_OK);
	assert_int_equal(ota_match_bsdiff(index, ota_span_of(new_bytes, len), &ops, NULL), OTA_OK);
	assert_true(ops.n < 10);
	assert_true(clock() - start < 20 * CLOCKS_PER_SEC);
	ota_op_list_free(&ops);
	ota_index_free(index);
	free(new_bytes);
	free(old_bytes);
}

static void one_index_serves_many_new_images(void **state)
{
	uint8_t old_bytes[2000];
	struct ota_index *index;

	(void)state;
	fill_pattern(old_bytes, sizeof(old_bytes), 9);
	assert_int_equal(ota_index_build(ota_span_of(old_bytes, sizeof(old_bytes)), &index, NULL),
			 OTA_OK);
	for (size_t cut = 0; cut < 2000; cut += 250) {
		struct ota_op_list ops = {.op = NULL};
		struct ota_span part = ota_span_tail(index->old_image, cut);

		assert_int_equal(ota_match_bsdiff(index, part, &ops, NULL), OTA_OK);
		assert_int_equal(ops.n, 1);
		assert_int_equal(ops.op[0].kind, OTA_OP_BLEND);
		assert_int_equal(ops.op[0].at, cut);
		assert_int_equal(ops.op[0].len, part.len);
		ota_op_list_free(&ops);
	}
	ota_index_free(index);
}

/* The level chosen, after a check that level 9 would not have been smaller. */
static unsigned level_of(struct ota_span plain)
{
	struct ota_buf ours = ota_buf_init(SIZE_MAX);
	unsigned best_len = (unsigned)(plain.len + plain.len / 100 + 600);
	char *best = malloc(best_len);
	unsigned level;

	assert_non_null(best);
	assert_int_equal(ota_bz2_compress(plain, &ours, NULL), OTA_OK);
	assert_int_equal(BZ2_bzBuffToBuffCompress(best, &best_len, (char *)(uintptr_t)plain.data,
						  (unsigned)plain.len, 9, 0, 0),
			 BZ_OK);
	level = ota_bz2_level(ota_buf_span(&ours));
	assert_int_equal(ours.len, best_len);
	best[3] = (char)('0' + level);
	assert_memory_equal(ours.data, best, best_len);
	free(best);
	ota_buf_free(&ours);
	return level;
}

static void the_smallest_level_that_costs_nothing_is_taken(void **state)
{
	size_t len = 2000000;
	uint8_t *bytes = malloc(len);

	(void)state;
	assert_non_null(bytes);
	fill_pattern(bytes, len, 11);
	assert_int_equal(level_of(ota_span_of(bytes, 0)), 1);
	assert_int_equal(level_of(ota_span_of(bytes, 99000)), 1);
	assert_int_equal(level_of(ota_span_of(bytes, 100000)), 2);
	assert_int_equal(level_of(ota_span_of(bytes, 450000)), 5);
	assert_int_equal(level_of(ota_span_of(bytes, len)), 9);
	/* Runs of four grow by a quarter: 79984 bytes fill 99980 of a block's 99981. */
	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)(i / 4 * 7);
	assert_int_equal(level_of(ota_span_of(bytes, 79984)), 1);
	assert_int_equal(level_of(ota_span_of(bytes, 79985)), 1);
	assert_int_equal(level_of(ota_span_of(bytes, 79986)), 2);
	memset(bytes, 0, len);
	assert_int_equal(level_of(ota_span_of(bytes, len)), 1);
	free(bytes);
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
		cmocka_unit_test(patches_of_bsdiff_itself_decode_forever),
		cmocka_unit_test(describe_says_what_a_patch_is_made_of),
		cmocka_unit_test(an_old_file_too_short_for_the_patch_is_the_wrong_one),
		cmocka_unit_test(all_three_streams_must_end_with_the_new_image),
		cmocka_unit_test(a_large_declared_size_costs_no_memory),
		cmocka_unit_test(bombs_in_any_stream_are_refused_at_once),
		cmocka_unit_test(streams_that_are_not_bzip2_are_refused),
		cmocka_unit_test(cost_charges_the_gateway_or_the_device),
		cmocka_unit_test(longest_match_is_the_longest_there_is),
		cmocka_unit_test(long_runs_do_not_take_quadratic_time),
		cmocka_unit_test(one_index_serves_many_new_images),
		cmocka_unit_test(the_smallest_level_that_costs_nothing_is_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
