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
		assert_int_equal(delta_apply(ota_buf_span(&part[0]), ota_buf_span(&part[1]),
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

/* Said to read before the first byte, also where it read 2 TB behind it. */
static void a_read_that_no_old_file_can_serve_is_malformed(void **state)
{
	static const int64_t seeks[] = {-5, -1, OTA_BSDIFF_IMAGE_MAX, INT64_C(1) << 41};

	(void)state;
	for (size_t i = 0; i < N(seeks); i++) {
		const struct ota_bsdiff_record record[] = {{0, 1, seeks[i]}, {1, 0, 0}};
		uint8_t bytes[2 * OTA_BSDIFF_RECORD_SIZE];
		struct ota_wr wr = ota_wr_init(bytes, sizeof(bytes));
		struct delta_plain plain = {.diff = text("d"), .extra = text("x"), .new_size = 2};
		struct ota_diag diag = {.err = OTA_OK};
		struct ota_delta_info info;
		struct ota_buf patch;

		ota_bsdiff_record_write(&wr, record[0]);
		ota_bsdiff_record_write(&wr, record[1]);
		plain.control = ota_wr_span(&wr);
		patch = delta_patch_of(&plain);
		assert_int_equal(ota_delta_describe(ota_buf_span(&patch), &info, &diag),
				 OTA_E_MALFORMED);
		assert_non_null(strstr(diag.text, "that no old file of at most 2147483647 has"));
		ota_buf_free(&patch);
		assert_int_equal(apply_plain(&plain, 100, "outside of the old file's 10"),
				 OTA_E_WRONG_BASE);
	}
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

/* Its header is not believed: diff and extra bytes are taken in step. */
static void a_new_image_far_longer_than_the_old_one_is_made(void **state)
{
	size_t len = 3000000;
	uint8_t *bytes = malloc(len);
	struct ota_span new_image;
	struct ota_span old_image;
	struct ota_buf patch = ota_buf_init(DELTA_PATCH_MAX);

	(void)state;
	assert_non_null(bytes);
	fill_pattern(bytes, len, 12);
	memset(bytes + 2000, 0, len - 4000);
	memcpy(bytes + len - 1000, bytes, 1000);
	new_image = ota_span_of(bytes, len);
	old_image = ota_span_of(bytes, 1000);
	assert_int_equal(delta_make("bsdiff", old_image, new_image, &patch, NULL), OTA_OK);
	assert_int_equal(delta_apply(old_image, ota_buf_span(&patch), new_image), OTA_OK);
	patch.data[patch.len - 40] ^= 1;
	assert_int_equal(delta_apply(old_image, ota_buf_span(&patch), new_image), OTA_E_MALFORMED);
	ota_buf_free(&patch);
	free(bytes);
}

/* They are then read again for each stream; memory does not grow with them. */
static void records_of_a_byte_each_are_taken_however_many(void **state)
{
	enum { RECORDS = 5000 };
	static uint8_t control[RECORDS * OTA_BSDIFF_RECORD_SIZE];
	static uint8_t bytes[2 * RECORDS];
	struct ota_wr wr = ota_wr_init(control, sizeof(control));
	struct delta_plain plain = {.new_size = 2 * RECORDS};
	struct ota_buf patch;

	(void)state;
	for (size_t i = 0; i < RECORDS; i++) {
		const struct ota_bsdiff_record record = {1, 1, -1};

		ota_bsdiff_record_write(&wr, record);
		bytes[2 * i] = (uint8_t)('0' + 1);
		bytes[2 * i + 1] = 2;
	}
	plain.control = ota_wr_span(&wr);
	plain.diff = ota_span_of(malloc(RECORDS), RECORDS);
	plain.extra = ota_span_of(malloc(RECORDS), RECORDS);
	assert_true(plain.diff.data && plain.extra.data);
	memset((uint8_t *)(uintptr_t)plain.diff.data, 1, RECORDS);
	memset((uint8_t *)(uintptr_t)plain.extra.data, 2, RECORDS);
	patch = delta_patch_of(&plain);
	assert_int_equal(
		delta_apply(text("0123"), ota_buf_span(&patch), ota_span_of(bytes, sizeof(bytes))),
		OTA_OK);
	ota_buf_free(&patch);
	free((void *)(uintptr_t)plain.diff.data);
	free((void *)(uintptr_t)plain.extra.data);
}

static void streams_that_are_not_bzip2_are_refused(void **state)
{
	struct ota_buf patch = vector_read("bsdiff/hello.patch");
	struct ota_buf old_image = vector_read("bsdiff/hello.old");
	const size_t at[] = {32, 32 + 43, 32 + 43 + 46};
	struct ota_buf out = ota_buf_init(100);

	(void)state;
	for (size_t i = 0; i < N(at); i++) {
		patch.data[at[i]] = 'b';
		out.len = 0;
		assert_int_equal(
			ota_delta_apply(ota_buf_span(&old_image), ota_buf_span(&patch), &out, NULL),
			OTA_E_MALFORMED);
		patch.data[at[i]] = 'B';
	}
	ota_buf_free(&out);
	ota_buf_free(&old_image);
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
	/* Kept where it can be read at any place; else it would have to be in RAM, too. */
	struct ota_target target = {
		.old_mapped = true, .has_patch_place = true, .patch_place = OTA_PATCH_SECONDARY};
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
	assert_int_equal(costs.n, 5);
	assert_int_equal(costs.item[0].where, OTA_PLACE_RAM);
	assert_int_equal(cost_named(&costs, "stack")->bytes, OTA_BSDIFF_DEC_STACK);
	assert_int_equal(cost_named(&costs, "stack")->where, OTA_PLACE_STACK);
	costs.n = 0;
	target.old_mapped = false;
	target.layout.mode = OTA_MODE_SINGLE_SLOT;
	assert_int_equal(cost(&update, &target, OTA_APPLIED_ON_DEVICE, &costs, NULL), OTA_OK);
	assert_int_equal(costs.n, 7);
	assert_int_equal(cost_named(&costs, "old image")->bytes, 28);
	assert_int_equal(cost_named(&costs, "new image")->bytes, 35);
	update.patch.len = 40;
	assert_int_equal(cost(&update, &target, OTA_APPLIED_ON_DEVICE, &costs, NULL),
			 OTA_E_TRUNCATED);
	ota_buf_free(&patch);
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
	ota_op_list_free(&ops);
	assert_true(clock() - start < 20 * CLOCKS_PER_SEC);
	ota_index_free(index);
	free(new_bytes);
	free(old_bytes);
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
		cmocka_unit_test(patches_of_bsdiff_itself_decode_forever),
		cmocka_unit_test(describe_says_what_a_patch_is_made_of),
		cmocka_unit_test(an_old_file_too_short_for_the_patch_is_the_wrong_one),
		cmocka_unit_test(all_three_streams_must_end_with_the_new_image),
		cmocka_unit_test(a_large_declared_size_costs_no_memory),
		cmocka_unit_test(a_read_that_no_old_file_can_serve_is_malformed),
		cmocka_unit_test(bombs_in_any_stream_are_refused_at_once),
		cmocka_unit_test(a_new_image_far_longer_than_the_old_one_is_made),
		cmocka_unit_test(records_of_a_byte_each_are_taken_however_many),
		cmocka_unit_test(streams_that_are_not_bzip2_are_refused),
		cmocka_unit_test(cost_charges_the_gateway_or_the_device),
		cmocka_unit_test(long_runs_do_not_take_quadratic_time),
		cmocka_unit_test(the_smallest_level_that_costs_nothing_is_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
