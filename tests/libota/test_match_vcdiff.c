// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "match_vcdiff.h"
#include "vectors.h"

#define OLD_LEN 30000U
#define NEW_LEN 30000U

/* Makes one window's edits; the caller frees `ops`. */
static struct ota_vcdiff_window match(struct ota_span old_image, struct ota_span new_image,
				      uint32_t source_max, struct ota_op_list *ops)
{
	struct ota_vcdiff_matcher matcher = {.new_image = new_image, .source_max = source_max};
	struct ota_vcdiff_window window = {.new_len = (uint32_t)new_image.len};
	struct ota_index *index;

	assert_int_equal(ota_index_build(old_image, &index, NULL), OTA_OK);
	matcher.index = index;
	assert_int_equal(ota_vcdiff_matcher_init(&matcher, window.new_len, NULL), OTA_OK);
	assert_int_equal(ota_vcdiff_match(&matcher, 0, &window, ops, NULL), OTA_OK);
	ota_vcdiff_matcher_free(&matcher);
	ota_index_free(index);
	return window;
}

/* The edits tile the new image and give its bytes. */
static void check_edits(struct ota_ops ops, struct ota_span old_image, struct ota_span new_image)
{
	size_t at = 0;

	for (size_t i = 0; i < ops.n; i++) {
		const struct ota_op *op = &ops.op[i];
		struct ota_span part = ota_span_sub(new_image, at, op->len);

		assert_int_equal(part.len, op->len);
		if (op->kind == OTA_OP_COPY_OLD)
			assert_true(ota_span_equal(part, ota_span_sub(old_image, op->at, op->len)));
		if (op->kind == OTA_OP_COPY_NEW) {
			assert_true(op->at < at);
			assert_true(ota_span_equal(part, ota_span_sub(new_image, op->at, op->len)));
		}
		if (op->kind == OTA_OP_RUN)
			assert_true(ota_span_all(part, part.data[0]));
		at += op->len;
	}
	assert_int_equal(at, new_image.len);
}

static void fill_alike(uint8_t *old_bytes, uint8_t *new_bytes)
{
	fill_pattern(old_bytes, OLD_LEN, 1);
	memcpy(new_bytes, old_bytes + 500, NEW_LEN - 500);
	fill_pattern(new_bytes + NEW_LEN - 500, 500, 2);
	for (size_t i = 0; i < NEW_LEN; i += 1 + i % 97)
		new_bytes[i]++;
	memset(new_bytes + 9000, 0, 5000);
	memcpy(new_bytes + 20000, new_bytes + 1000, 4000);
}

static void edits_give_the_new_image_whatever_the_source_window(void **state)
{
	static const uint32_t source_max[] = {0, 1, 7, 300, 5000, OLD_LEN - 1, OLD_LEN};
	static uint8_t old_bytes[OLD_LEN];
	static uint8_t new_bytes[NEW_LEN];
	struct ota_span old_image = ota_span_of(old_bytes, OLD_LEN);
	struct ota_span new_image = ota_span_of(new_bytes, NEW_LEN);

	(void)state;
	fill_alike(old_bytes, new_bytes);
	for (size_t i = 0; i < sizeof(source_max) / sizeof(source_max[0]); i++) {
		struct ota_op_list ops = {.op = NULL};
		struct ota_vcdiff_window window = match(old_image, new_image, source_max[i], &ops);

		check_edits(ota_op_list_ops(&ops), old_image, new_image);
		assert_true(source_max[i] == 0 || window.source_len <= source_max[i]);
		assert_true(window.source_at <= OLD_LEN - window.source_len);
		ota_op_list_free(&ops);
	}
}

static void the_segment_is_no_longer_than_what_is_used(void **state)
{
	uint8_t old_bytes[3000];
	struct ota_op_list ops = {.op = NULL};
	struct ota_vcdiff_window window;

	(void)state;
	fill_pattern(old_bytes, sizeof(old_bytes), 3);
	window = match(ota_span_of(old_bytes, sizeof(old_bytes)), ota_span_of(old_bytes + 800, 600),
		       0, &ops);
	assert_int_equal(window.source_at, 800);
	assert_int_equal(window.source_len, 600);
	assert_int_equal(ops.n, 1);
	window = match(ota_span_of(old_bytes, 100), ota_span_of(old_bytes + 800, 600), 0, &ops);
	assert_int_equal(window.source_len, 0);
	ota_op_list_free(&ops);
}

/* Old holds the same page twice; the second lies where the rest of the window comes from. */
static void a_source_window_lies_where_most_comes_from(void **state)
{
	static uint8_t old_bytes[OLD_LEN];
	struct ota_op_list ops = {.op = NULL};
	struct ota_span old_image = ota_span_of(old_bytes, OLD_LEN);
	struct ota_span new_image = ota_span_of(old_bytes + 19000, 3000);
	struct ota_vcdiff_window window;

	(void)state;
	fill_pattern(old_bytes, OLD_LEN, 4);
	memcpy(old_bytes + 1000, old_bytes + 20000, 1000);
	window = match(old_image, new_image, 4000, &ops);
	assert_int_equal(window.source_at, 19000);
	assert_int_equal(window.source_len, 3000);
	assert_int_equal(ops.n, 1);
	ota_op_list_free(&ops);
}

/* A run is one edit, though the window is looked at in stretches; so are long copies. */
static void what_goes_on_behind_a_stretch_is_one_edit(void **state)
{
	size_t len = 1000000;
	uint8_t *zeros = calloc(1, len);
	uint8_t *other = malloc(len);
	struct ota_op_list ops = {.op = NULL};

	(void)state;
	assert_true(zeros && other);
	fill_pattern(other, len, 5);
	(void)match(ota_span_of("old", 3), ota_span_of(zeros, len), 0, &ops);
	assert_true(ops.n <= 2);
	(void)match(ota_span_of(other, len), ota_span_of(other, len), 0, &ops);
	assert_int_equal(ops.n, 1);
	for (size_t i = 0; i < len; i++)
		zeros[i] = (uint8_t)(i % 2);
	(void)match(ota_span_of("old", 3), ota_span_of(zeros, len), 0, &ops);
	assert_true(ops.n <= 2);
	ota_op_list_free(&ops);
	free(other);
	free(zeros);
}

static void long_runs_do_not_take_quadratic_time(void **state)
{
	size_t len = 3000000;
	uint8_t *old_bytes = calloc(1, len);
	uint8_t *new_bytes = calloc(1, len);
	struct ota_op_list ops = {.op = NULL};
	clock_t start = clock();

	(void)state;
	assert_true(old_bytes && new_bytes);
	new_bytes[len / 2] = 1;
	(void)match(ota_span_of(old_bytes, len), ota_span_of(new_bytes, len), 0, &ops);
	check_edits(ota_op_list_ops(&ops), ota_span_of(old_bytes, len),
		    ota_span_of(new_bytes, len));
	assert_true(ops.n < 10);
	assert_true(clock() - start < 20 * CLOCKS_PER_SEC);
	ota_op_list_free(&ops);
	free(new_bytes);
	free(old_bytes);
}

/* Windows and source windows of a few bytes cost by what they copy, not by the size of old. */
static void many_tiny_windows_on_a_large_old_image_are_quick(void **state)
{
	size_t old_len = 4000000;
	uint8_t *old_bytes = malloc(old_len);
	struct ota_vcdiff_matcher matcher = {.source_max = 8};
	struct ota_op_list ops = {.op = NULL};
	struct ota_index *index;
	clock_t start = clock();

	(void)state;
	assert_true(old_bytes);
	fill_pattern(old_bytes, old_len, 6);
	matcher.new_image = ota_span_of(old_bytes + 1000, 64000);
	assert_int_equal(ota_index_build(ota_span_of(old_bytes, old_len), &index, NULL), OTA_OK);
	matcher.index = index;
	assert_int_equal(ota_vcdiff_matcher_init(&matcher, 16, NULL), OTA_OK);
	for (uint32_t at = 0; at < matcher.new_image.len; at += 16) {
		struct ota_vcdiff_window window = {.new_len = 16};

		assert_int_equal(ota_vcdiff_match(&matcher, at, &window, &ops, NULL), OTA_OK);
		assert_true(window.source_len <= 8);
		assert_true(window.source_len > 0);
	}
	assert_true(clock() - start < 20 * CLOCKS_PER_SEC);
	ota_vcdiff_matcher_free(&matcher);
	ota_op_list_free(&ops);
	ota_index_free(index);
	free(old_bytes);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(edits_give_the_new_image_whatever_the_source_window),
		cmocka_unit_test(the_segment_is_no_longer_than_what_is_used),
		cmocka_unit_test(a_source_window_lies_where_most_comes_from),
		cmocka_unit_test(what_goes_on_behind_a_stretch_is_one_edit),
		cmocka_unit_test(long_runs_do_not_take_quadratic_time),
		cmocka_unit_test(many_tiny_windows_on_a_large_old_image_are_quick),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
