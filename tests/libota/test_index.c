// SPDX-License-Identifier: Apache-2.0
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "delta_make_patch.h"
#include "match_bsdiff.h"
#include "match_grams.h"
#include "vectors.h"

#define OLD_LEN   5000
#define LARGE_LEN 70000

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

/* Ties included: which of equal matches is found must not depend on how. */
static void a_walk_finds_what_searches_one_by_one_find(void **state)
{
	uint8_t bytes[400] = {0};
	struct ota_span all = ota_span_of(bytes, sizeof(bytes));

	(void)state;
	for (uint32_t seed = 1; seed < 60; seed++) {
		struct ota_suffix_walk walk = {.wanted = NULL};
		struct ota_index *index;

		fill_pattern(bytes, sizeof(bytes), seed);
		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = (uint8_t)(bytes[i] % (1 + seed % 4));
		memcpy(bytes + 250, bytes + 20, 100);
		assert_int_equal(ota_index_build(ota_span_head(all, 200), &index, NULL), OTA_OK);
		assert_int_equal(ota_index_rank(index, NULL), OTA_OK);
		for (size_t at = 0; at <= sizeof(bytes); at += at % 50 == 49 ? 2 : 1) {
			struct ota_span wanted = ota_span_head(ota_span_tail(all, at), 120);
			struct ota_match one = ota_suffix_longest(index, wanted);
			struct ota_match next = ota_suffix_next(index, &walk, wanted);

			assert_int_equal(next.len, one.len);
			assert_int_equal(next.at, one.at);
		}
		ota_index_free(index);
	}
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

/* The patch that the index makes is the one that an index of its own would make. */
static void check_same_patch(const char *format, const struct ota_index *index,
			     struct ota_span new_image)
{
	const struct ota_delta_plan plan = {.format = format};
	struct ota_buf one = ota_buf_init(DELTA_PATCH_MAX);
	struct ota_buf other = ota_buf_init(DELTA_PATCH_MAX);

	assert_int_equal(ota_delta_make(&plan, index, new_image, &one, NULL), OTA_OK);
	assert_int_equal(delta_make(format, ota_index_old(index), new_image, &other, NULL), OTA_OK);
	assert_true(ota_span_equal(ota_buf_span(&one), ota_buf_span(&other)));
	ota_buf_free(&other);
	ota_buf_free(&one);
}

static void one_index_makes_patches_to_many_new_images(void **state)
{
	static uint8_t bytes[OLD_LEN];
	struct ota_span old_image = ota_span_of(bytes, OLD_LEN);
	struct ota_index *index;

	(void)state;
	fill_pattern(bytes, OLD_LEN, 9);
	assert_int_equal(ota_index_build(old_image, &index, NULL), OTA_OK);
	for (size_t f = 0; ota_delta_format_name(f); f++) {
		const char *format = ota_delta_format_name(f);

		for (size_t cut = 0; cut <= OLD_LEN; cut += 500)
			check_same_patch(format, index, ota_span_tail(old_image, cut));
	}
	ota_index_free(index);
}

static void a_spent_index_makes_the_same_patch_and_finds_nothing_more(void **state)
{
	static uint8_t bytes[OLD_LEN];
	struct ota_span old_image = ota_span_of(bytes, OLD_LEN);
	struct ota_span new_image = ota_span_tail(old_image, 100);

	(void)state;
	fill_pattern(bytes, OLD_LEN, 9);
	for (size_t f = 0; ota_delta_format_name(f); f++) {
		struct ota_delta_plan plan = {.format = ota_delta_format_name(f)};
		struct ota_buf patch = ota_buf_init(DELTA_PATCH_MAX);
		struct ota_buf again = ota_buf_init(DELTA_PATCH_MAX);
		struct ota_index *index;

		assert_int_equal(ota_index_build(old_image, &index, NULL), OTA_OK);
		check_same_patch(plan.format, index, new_image);
		plan.spent = index;
		assert_int_equal(ota_delta_make(&plan, index, new_image, &patch, NULL), OTA_OK);
		assert_int_equal(delta_make(plan.format, old_image, new_image, &again, NULL),
				 OTA_OK);
		assert_true(ota_span_equal(ota_buf_span(&patch), ota_buf_span(&again)));
		ota_index_spend(index);
		assert_int_equal(ota_suffix_longest(index, new_image).len, 0);
		assert_int_equal(ota_index_save(index, "never", NULL), OTA_E_USAGE);
		assert_true(ota_span_equal(ota_index_old(index), old_image));
		ota_index_free(index);
		ota_buf_free(&again);
		ota_buf_free(&patch);
	}
}

/* Firmware, more or less: pieces of old in another order, with something between them. */
static void fill_pair(uint8_t *old_bytes, uint8_t *new_bytes, size_t len, uint32_t seed)
{
	fill_pattern(old_bytes, len, seed);
	fill_pattern(new_bytes, len, seed + 1);
	for (size_t at = 0; at + 40 <= len; at += 50 + at % 7)
		memcpy(new_bytes + at, old_bytes + (at * 3) % (len - 40), 4 + at % 37);
	memset(old_bytes + len / 2, 0, len / 10);
	memset(new_bytes + len / 3, 0, len / 10);
}

/* What one of two threads makes with an index that both have. */
struct thread_work {
	const struct ota_delta_plan *plan;
	const struct ota_index *index;
	struct ota_span new_image;
	struct ota_buf patch;
	enum ota_err err;
};

static void *make_in_thread(void *context)
{
	struct thread_work *work = context;

	work->err = ota_delta_make(work->plan, work->index, work->new_image, &work->patch, NULL);
	return NULL;
}

static void check_prepared(const struct ota_delta_plan *plan, struct ota_span old_image,
			   struct ota_span new_image)
{
	struct thread_work work[2];
	pthread_t thread;
	struct ota_buf wanted = ota_buf_init(DELTA_PATCH_MAX);
	struct ota_index *index;

	assert_int_equal(ota_index_build(old_image, &index, NULL), OTA_OK);
	assert_int_equal(ota_delta_make(plan, index, new_image, &wanted, NULL), OTA_OK);
	assert_int_equal(ota_index_prepare(index, plan, NULL), OTA_OK);
	for (size_t i = 0; i < 2; i++)
		work[i] = (struct thread_work){plan, index, new_image,
					       ota_buf_init(DELTA_PATCH_MAX), OTA_E_REFUSED};
	assert_int_equal(pthread_create(&thread, NULL, make_in_thread, &work[0]), 0);
	(void)make_in_thread(&work[1]);
	assert_int_equal(pthread_join(thread, NULL), 0);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(work[i].err, OTA_OK);
		assert_true(ota_span_equal(ota_buf_span(&work[i].patch), ota_buf_span(&wanted)));
		ota_buf_free(&work[i].patch);
	}
	ota_index_free(index);
	ota_buf_free(&wanted);
}

static void two_threads_make_the_same_patches_with_a_prepared_index(void **state)
{
	static uint8_t old_bytes[LARGE_LEN];
	static uint8_t new_bytes[LARGE_LEN];
	const struct ota_delta_plan windows = {.format = "vcdiff", .window = 4096};

	(void)state;
	fill_pair(old_bytes, new_bytes, LARGE_LEN, 31);
	for (size_t f = 0; ota_delta_format_name(f); f++) {
		const struct ota_delta_plan plan = {.format = ota_delta_format_name(f)};

		/* otd takes its time, and has the same index at any size. */
		for (size_t len = 0; len <= 7000; len += 3500)
			check_prepared(&plan, ota_span_of(old_bytes, len),
				       ota_span_of(new_bytes, len));
	}
	check_prepared(&windows, ota_span_of(old_bytes, LARGE_LEN),
		       ota_span_of(new_bytes, LARGE_LEN));
}

static void an_index_can_be_prepared_for_any_format_and_twice(void **state)
{
	static const uint8_t bytes[] = "to be, or not to be";
	const struct ota_delta_plan any = {.format = NULL};
	const struct ota_delta_plan unknown = {.format = "no such format"};
	struct ota_index *index;

	(void)state;
	assert_int_equal(ota_index_build(ota_span_of(bytes, sizeof(bytes)), &index, NULL), OTA_OK);
	assert_int_equal(ota_index_prepare(index, &unknown, NULL), OTA_OK);
	assert_null(index->ranks);
	assert_int_equal(ota_index_prepare(index, &any, NULL), OTA_OK);
	assert_non_null(index->ranks);
	assert_int_equal(ota_index_prepare(index, &any, NULL), OTA_OK);
	ota_index_spend(index);
	assert_int_equal(ota_index_prepare(index, &any, NULL), OTA_OK);
	assert_null(index->ranks);
	ota_index_free(index);
}

/* Old files of this size have their short strings listed, which must find nothing else. */
static void short_matches_are_as_long_as_the_search_says(void **state)
{
	static uint8_t old_bytes[LARGE_LEN];
	static uint8_t new_bytes[LARGE_LEN];
	struct ota_span old_image = ota_span_of(old_bytes, LARGE_LEN);
	struct ota_grams grams = {.three = NULL};
	struct ota_index *index;
	size_t known = 0;

	(void)state;
	fill_pair(old_bytes, new_bytes, LARGE_LEN, 41);
	/* Some bytes, and pairs of them, that old does not have; and one before its end. */
	for (size_t i = 0; i < LARGE_LEN; i++)
		old_bytes[i] = (uint8_t)(old_bytes[i] % 50 * 5);
	old_bytes[LARGE_LEN - 1] = 1;
	memcpy(new_bytes + 77, "\x01\0\0\0\x01\x02", 6);
	assert_int_equal(ota_index_build(old_image, &index, NULL), OTA_OK);
	assert_int_equal(ota_grams_list(&grams, old_image, NULL), OTA_OK);
	for (size_t at = 0; at <= LARGE_LEN; at++) {
		struct ota_span wanted = ota_span_tail(ota_span_of(new_bytes, LARGE_LEN), at);
		size_t len;

		if (!ota_grams_len(&grams, index, wanted, &len))
			continue;
		assert_int_equal(len, ota_suffix_longest(index, wanted).len);
		known++;
	}
	assert_true(known > LARGE_LEN / 2);
	ota_grams_free(&grams);
	ota_index_free(index);
}

/* -- on disk ---------------------------------------------------------------------------------- */

/* A file of its own for each test program. */
static const char *index_path(void)
{
	static char path[64];

	(void)snprintf(path, sizeof(path), "test_index.%ld.tmp", (long)getpid());
	return path;
}

static void write_index(struct ota_span bytes)
{
	const struct ota_file_rules rules = {.mode = 0600};

	assert_int_equal(ota_file_write(index_path(), bytes, &rules, NULL), OTA_OK);
}

static struct ota_buf read_index(void)
{
	struct ota_buf file = ota_buf_init(1 << 20);

	assert_int_equal(ota_file_read(index_path(), &file, NULL), OTA_OK);
	return file;
}

/* Saves the index of `old_image` and gives its file's bytes. */
static struct ota_buf saved(struct ota_span old_image)
{
	struct ota_index *index;

	assert_int_equal(ota_index_build(old_image, &index, NULL), OTA_OK);
	assert_int_equal(ota_index_save(index, index_path(), NULL), OTA_OK);
	ota_index_free(index);
	return read_index();
}

static enum ota_err load(struct ota_span old_image, const char *says)
{
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_index *index;
	enum ota_err err = ota_index_load(index_path(), old_image, &index, &diag);

	if (err != OTA_OK) {
		assert_null(index);
		assert_int_equal(diag.err, err);
		if (!strstr(diag.text, says))
			fail_msg("\"%s\" does not say \"%s\"", diag.text, says);
	}
	ota_index_free(index);
	return err;
}

static void a_loaded_index_makes_the_same_patches(void **state)
{
	static const size_t lengths[] = {0, 1, 2, 3, 255, 256, 257, 4096, OLD_LEN};
	static uint8_t bytes[OLD_LEN];

	(void)state;
	fill_pattern(bytes, OLD_LEN, 21);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct ota_span old_image = ota_span_of(bytes, lengths[i]);
		struct ota_buf file = saved(old_image);
		struct ota_index *index;

		assert_int_equal(ota_index_load(index_path(), old_image, &index, NULL), OTA_OK);
		check_same_patch("bsdiff", index, ota_span_of(bytes + 100, OLD_LEN - 100));
		check_same_patch("bsdiff", index, ota_span_of(bytes, 100));
		assert_int_equal(ota_index_save(index, index_path(), NULL), OTA_OK);
		ota_index_free(index);
		{
			struct ota_buf again = read_index();

			assert_true(ota_span_equal(ota_buf_span(&file), ota_buf_span(&again)));
			ota_buf_free(&again);
		}
		ota_buf_free(&file);
	}
	(void)unlink(index_path());
}

static void an_index_of_another_old_file_is_the_wrong_one(void **state)
{
	uint8_t bytes[300];
	struct ota_span old_image;
	struct ota_buf file;

	(void)state;
	fill_pattern(bytes, sizeof(bytes), 22);
	old_image = ota_span_of(bytes, sizeof(bytes));
	file = saved(old_image);
	assert_int_equal(load(ota_span_head(old_image, 299), "of 300 bytes, this is 299"),
			 OTA_E_WRONG_BASE);
	bytes[7]++;
	assert_int_equal(load(old_image, "another old file of 300"), OTA_E_WRONG_BASE);
	ota_buf_free(&file);
	(void)unlink(index_path());
}

static void a_damaged_index_is_refused_at_every_byte(void **state)
{
	uint8_t bytes[100];
	struct ota_span old_image;
	struct ota_buf file;

	(void)state;
	fill_pattern(bytes, sizeof(bytes), 23);
	old_image = ota_span_of(bytes, sizeof(bytes));
	file = saved(old_image);
	for (size_t i = 0; i < file.len; i++) {
		file.data[i] ^= 0x10;
		write_index(ota_buf_span(&file));
		assert_int_not_equal(load(old_image, ""), OTA_OK);
		file.data[i] ^= 0x10;
		write_index(ota_span_head(ota_buf_span(&file), i));
		assert_int_equal(load(old_image, i == 0 ? "is empty" : ""), OTA_E_TRUNCATED);
	}
	file.data[8] = 2;
	write_index(ota_buf_span(&file));
	assert_int_equal(load(old_image, "version 2"), OTA_E_UNSUPPORTED);
	file.data[8] = 1;
	assert_int_equal(ota_buf_append(&file, ota_span_of("x", 1), NULL), OTA_OK);
	write_index(ota_buf_span(&file));
	assert_int_equal(load(old_image, "1 bytes follow"), OTA_E_MALFORMED);
	(void)unlink(index_path());
	assert_int_equal(load(old_image, "cannot open"), OTA_E_IO);
	ota_buf_free(&file);
}

/* Whoever can write the file can also make its hash right. */
static void an_index_of_lies_makes_worse_patches_but_right_ones(void **state)
{
	static uint8_t bytes[2 * OLD_LEN];
	struct ota_span old_image = ota_span_of(bytes, OLD_LEN);
	struct ota_span new_image = ota_span_of(bytes + 1000, OLD_LEN);
	size_t len = ota_index_bytes(OLD_LEN);
	uint8_t *lies = malloc(len);

	(void)state;
	assert_non_null(lies);
	fill_pattern(bytes, sizeof(bytes), 24);
	memset(bytes + 3000, 0, 1500);
	for (uint32_t seed = 0; seed < 40; seed++) {
		struct ota_index *index;
		struct ota_buf patch = ota_buf_init(DELTA_PATCH_MAX);
		const struct ota_delta_plan plan = {.format = seed % 2 == 0 ? "bsdiff" : "vcdiff"};

		assert_int_equal(ota_index_build(old_image, &index, NULL), OTA_OK);
		fill_pattern(lies, len, seed);
		if (seed < 2)
			memset(lies, seed == 0 ? 0 : 0xff, len);
		index->entries = lies;
		assert_int_equal(ota_index_rank(index, NULL), OTA_OK);
		assert_int_equal(ota_delta_make(&plan, index, new_image, &patch, NULL), OTA_OK);
		ota_buf_free(&patch);
		ota_index_free(index);
	}
	free(lies);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(longest_match_is_the_longest_there_is),
		cmocka_unit_test(a_walk_finds_what_searches_one_by_one_find),
		cmocka_unit_test(one_index_serves_many_new_images),
		cmocka_unit_test(one_index_makes_patches_to_many_new_images),
		cmocka_unit_test(a_spent_index_makes_the_same_patch_and_finds_nothing_more),
		cmocka_unit_test(two_threads_make_the_same_patches_with_a_prepared_index),
		cmocka_unit_test(an_index_can_be_prepared_for_any_format_and_twice),
		cmocka_unit_test(short_matches_are_as_long_as_the_search_says),
		cmocka_unit_test(a_loaded_index_makes_the_same_patches),
		cmocka_unit_test(an_index_of_another_old_file_is_the_wrong_one),
		cmocka_unit_test(a_damaged_index_is_refused_at_every_byte),
		cmocka_unit_test(an_index_of_lies_makes_worse_patches_but_right_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
