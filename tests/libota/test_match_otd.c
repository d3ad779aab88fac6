// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "match_otd.h"
#include "vectors.h"

#define BASE 0x08000000U
#define LEN  20000U
#define BIG  1000000U
/* A sanitizer is slow; what is feared takes hours. */
#define SECONDS_MAX 300

static struct ota_otd_image place_of(struct ota_span image)
{
	struct ota_otd_image place = {.size = (uint32_t)image.len, .n_segments = 1};

	place.segment[0].addr = BASE;
	return place;
}

/* Turns go up, to bytes that exist. */
static void check_turns(const struct ota_otd_turns *turns, struct ota_span old_image,
			struct ota_span new_image, bool reads_new)
{
	for (size_t i = 0; i < turns->n; i++) {
		const struct ota_otd_turn *turn = &turns->turn[i];

		assert_true(i == 0 || turn->new_at > turns->turn[i - 1].new_at);
		assert_true(turn->new_at < new_image.len);
		assert_true(turn->from < old_image.len + (reads_new ? turn->new_at : 0));
	}
}

/* The caller frees `turns`. */
static void match_by(const struct ota_index *index, struct ota_span new_image,
		     enum ota_otd_arch arch, bool reads_new, struct ota_otd_turns *turns)
{
	struct ota_otd_image old_place = place_of(ota_index_old(index));
	struct ota_otd_image new_place = place_of(new_image);
	struct ota_otd_match_job job = {.index = index,
					.new_image = new_image,
					.arch = arch,
					.old_place = &old_place,
					.new_place = &new_place,
					.reads_new = reads_new,
					.passes = 2};
	struct ota_otd_matcher *matcher;

	assert_int_equal(ota_otd_matcher_new(&job, &matcher, NULL), OTA_OK);
	assert_int_equal(ota_otd_match(matcher, &ota_otd_prices_usual, turns, NULL), OTA_OK);
	ota_otd_matcher_free(matcher);
	check_turns(turns, ota_index_old(index), new_image, reads_new);
}

static struct ota_otd_turns match(struct ota_span old_image, struct ota_span new_image,
				  enum ota_otd_arch arch, bool reads_new)
{
	struct ota_otd_turns turns = {.turn = NULL};
	struct ota_index *index;

	assert_int_equal(ota_index_build(old_image, &index, NULL), OTA_OK);
	match_by(index, new_image, arch, reads_new, &turns);
	ota_index_free(index);
	return turns;
}

/* Bytes of new that are as the path predicts. */
static size_t predicted(const struct ota_otd_turns *turns, struct ota_span old_image,
			struct ota_span new_image)
{
	size_t place = 0;
	size_t next = 0;
	size_t n = 0;

	for (size_t at = 0; at < new_image.len; at++, place++) {
		uint8_t byte = 0;

		if (next < turns->n && turns->turn[next].new_at == at)
			place = turns->turn[next++].from;
		if (place < old_image.len)
			byte = old_image.data[place];
		else if (place - old_image.len < at)
			byte = new_image.data[place - old_image.len];
		n += byte == new_image.data[at];
	}
	return n;
}

static void nothing_to_match_gives_no_turns(void **state)
{
	static const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7};
	struct ota_span some = ota_span_of(bytes, sizeof(bytes));
	struct ota_span none = ota_span_of(NULL, 0);
	struct ota_otd_turns turns;

	(void)state;
	for (unsigned arch = 0; arch < OTA_OTD_ARCHS; arch++) {
		turns = match(none, none, (enum ota_otd_arch)arch, true);
		assert_int_equal(turns.n, 0);
		ota_otd_turns_free(&turns);
		turns = match(some, none, (enum ota_otd_arch)arch, true);
		assert_int_equal(turns.n, 0);
		ota_otd_turns_free(&turns);
		turns = match(none, some, (enum ota_otd_arch)arch, true);
		assert_int_equal(turns.n, 0);
		ota_otd_turns_free(&turns);
		turns = match(some, some, (enum ota_otd_arch)arch, false);
		assert_int_equal(turns.n, 0);
		ota_otd_turns_free(&turns);
	}
}

static void an_insertion_is_one_turn_back(void **state)
{
	static uint8_t old_bytes[LEN];
	static uint8_t new_bytes[LEN + 10];
	struct ota_otd_turns turns;

	(void)state;
	fill_pattern(old_bytes, LEN, 1);
	memcpy(new_bytes, old_bytes, 5000);
	fill_pattern(new_bytes + 5000, 10, 2);
	memcpy(new_bytes + 5010, old_bytes + 5000, LEN - 5000);
	turns = match(ota_span_of(old_bytes, LEN), ota_span_of(new_bytes, LEN + 10), OTA_OTD_NONE,
		      true);
	assert_int_equal(turns.n, 1);
	/* Nothing predicts what was inserted: the turn is as good before it. */
	assert_in_range(turns.turn[0].new_at, 5000, 5010);
	assert_int_equal(turns.turn[0].new_at - turns.turn[0].from, 10);
	ota_otd_turns_free(&turns);
}

static void moved_blocks_are_found_at_every_parity(void **state)
{
	static uint8_t old_bytes[LEN];
	static uint8_t new_bytes[LEN];

	(void)state;
	fill_pattern(old_bytes, LEN, 3);
	for (size_t shift = 0; shift < 4; shift++) {
		struct ota_span old_image = ota_span_of(old_bytes, LEN);
		struct ota_span new_image = ota_span_of(new_bytes, LEN - shift);
		struct ota_otd_turns turns;

		memcpy(new_bytes, old_bytes + 12000 + shift, 8000 - shift);
		memcpy(new_bytes + 8000 - shift, old_bytes, 12000);
		turns = match(old_image, new_image, OTA_OTD_THUMB, false);
		assert_true(turns.n <= 4);
		assert_true(predicted(&turns, old_image, new_image) > new_image.len - 20);
		ota_otd_turns_free(&turns);
	}
}

static void new_is_read_only_when_that_is_allowed(void **state)
{
	static uint8_t new_bytes[LEN];
	struct ota_span old_image = ota_span_of("old", 3);
	struct ota_span new_image = ota_span_of(new_bytes, LEN);
	struct ota_otd_turns turns;

	(void)state;
	fill_pattern(new_bytes, LEN / 2, 4);
	memcpy(new_bytes + LEN / 2, new_bytes, LEN / 2);
	turns = match(old_image, new_image, OTA_OTD_NONE, true);
	assert_true(predicted(&turns, old_image, new_image) >= LEN / 2);
	ota_otd_turns_free(&turns);
	turns = match(old_image, new_image, OTA_OTD_NONE, false);
	for (size_t i = 0; i < turns.n; i++)
		assert_true(turns.turn[i].from < old_image.len);
	ota_otd_turns_free(&turns);
}

/* -- references -------------------------------------------------------------------------------- */

#define CALL_EVERY 12U

/* Writes the call that stands at `at`: to `target`, an offset. */
static void put_call(uint8_t *image, uint32_t at, uint32_t target)
{
	static const uint8_t call[] = {0x00, 0xf0, 0x00, 0xf8};
	struct ota_otd_unit unit = {.kind = OTA_OTD_BL, .len = sizeof(call)};

	memcpy(image + at, call, sizeof(call));
	assert_true(ota_otd_unit_write(OTA_OTD_THUMB, &unit, BASE + at, BASE + target, image + at));
}

/* Functions of two that call each other; `grown` bytes stand before offset `at` of the first. */
static void fill_code(uint8_t *image, uint32_t len, uint32_t at, uint32_t grown)
{
	fill_pattern(image, len, 5);
	for (uint32_t i = 0; i < len; i += 2) {
		/* ADDS, SUBS: no units */
		image[i + 1] = 0x30 | (image[i + 1] & 0xf);
	}
	if (grown > 0)
		memmove(image + at + grown, image + at, len - at - grown);
	for (uint32_t i = 0; i + 4 < len - grown; i += CALL_EVERY) {
		uint32_t target = (i * 7919 + 64) % (len - grown) & ~1U;

		put_call(image, i >= at ? i + grown : i, target >= at ? target + grown : target);
	}
}

static void calls_whose_targets_moved_need_no_turns(void **state)
{
	static uint8_t old_bytes[LEN];
	static uint8_t new_bytes[LEN];
	struct ota_span old_image = ota_span_of(old_bytes, LEN);
	struct ota_span new_image = ota_span_of(new_bytes, LEN);
	struct ota_otd_turns turns;

	(void)state;
	fill_code(old_bytes, LEN, LEN / 2 / CALL_EVERY * CALL_EVERY, 0);
	fill_code(new_bytes, LEN, LEN / 2 / CALL_EVERY * CALL_EVERY, 8);
	turns = match(old_image, new_image, OTA_OTD_THUMB, true);
	assert_int_equal(turns.n, 1);
	assert_int_equal(turns.turn[0].new_at - turns.turn[0].from, 8);
	ota_otd_turns_free(&turns);
}

/* -- hostile and large ------------------------------------------------------------------------- */

static void fill_kind(uint8_t *bytes, size_t len, unsigned kind)
{
	fill_pattern(bytes, len, kind + 1);
	for (size_t i = 0; i < len; i++) {
		switch (kind) {
		case 0: /* zeros */
			bytes[i] = 0;
			break;
		case 1: /* erased flash */
			bytes[i] = 0xff;
			break;
		case 2: /* period 2, and a call everywhere */
			bytes[i] = i % 2 != 0 ? 0xf0 : 0;
			break;
		case 3: /* two values only */
			bytes[i] = bytes[i] % 2 != 0 ? 0xff : 0;
			break;
		case 4: /* a period just below a long match */
			bytes[i] = (uint8_t)(i % 95 * 77);
			break;
		default: /* like nothing */
			break;
		}
	}
}
#define FILL_KINDS 6U

static void repetitive_or_unlike_images_do_not_take_quadratic_time(void **state)
{
	uint8_t *old_bytes = malloc(BIG);
	uint8_t *new_bytes = malloc(BIG);
	clock_t start = clock();

	(void)state;
	assert_true(old_bytes && new_bytes);
	for (unsigned i = 0; i < FILL_KINDS * 2; i++) {
		size_t len = i == 3 || i == 9 ? BIG / 10 : BIG;
		struct ota_otd_turns turns;

		fill_kind(old_bytes, len, i % FILL_KINDS);
		fill_kind(new_bytes, len, i < FILL_KINDS ? i : (i + 1) % FILL_KINDS);
		turns = match(ota_span_of(old_bytes, len), ota_span_of(new_bytes, len - 1),
			      OTA_OTD_THUMB, true);
		assert_true(i >= FILL_KINDS || turns.n == 0);
		ota_otd_turns_free(&turns);
	}
	assert_true(clock() - start < SECONDS_MAX * CLOCKS_PER_SEC);
	free(new_bytes);
	free(old_bytes);
}

/* An index that is read from a file is not sorted anew. */
static void an_index_that_lies_gives_turns_that_hold(void **state)
{
	static uint8_t old_bytes[LEN];
	static uint8_t new_bytes[LEN];
	static uint8_t entries[LEN * sizeof(uint32_t)];
	struct ota_index *index;

	(void)state;
	fill_code(old_bytes, LEN, 0, 0);
	fill_code(new_bytes, LEN, 6000, 4);
	for (uint32_t seed = 0; seed < 3; seed++) {
		struct ota_otd_turns turns = {.turn = NULL};
		const uint8_t *whole;

		assert_int_equal(ota_index_build(ota_span_of(old_bytes, LEN), &index, NULL),
				 OTA_OK);
		fill_pattern(entries, sizeof(entries), 7 + seed);
		if (seed == 2)
			memset(entries, 0xff, sizeof(entries));
		whole = index->entries;
		index->entries = entries;
		match_by(index, ota_span_of(new_bytes, LEN), OTA_OTD_THUMB, true, &turns);
		index->entries = whole;
		ota_otd_turns_free(&turns);
		ota_index_free(index);
	}
}

static void one_matcher_gives_the_same_turns_for_the_same_prices(void **state)
{
	static uint8_t old_bytes[LEN];
	static uint8_t new_bytes[LEN];
	struct ota_span new_image = ota_span_of(new_bytes, LEN);
	struct ota_otd_prices dear = ota_otd_prices_usual;
	struct ota_otd_turns first = {.turn = NULL};
	struct ota_otd_turns turns = {.turn = NULL};
	struct ota_otd_matcher *matcher;
	struct ota_index *index;

	(void)state;
	fill_code(old_bytes, LEN, 0, 0);
	fill_code(new_bytes, LEN, 7200, 28);
	for (size_t i = 0; i < LEN; i += 333)
		new_bytes[i] ^= 0x55;
	assert_int_equal(ota_index_build(ota_span_of(old_bytes, LEN), &index, NULL), OTA_OK);
	struct ota_otd_image place = place_of(new_image);
	struct ota_otd_match_job job = {.index = index,
					.new_image = new_image,
					.arch = OTA_OTD_THUMB,
					.old_place = &place,
					.new_place = &place,
					.reads_new = true,
					.passes = 2};

	dear.far_turn *= 2;
	assert_int_equal(ota_otd_matcher_new(&job, &matcher, NULL), OTA_OK);
	assert_int_equal(ota_otd_match(matcher, &ota_otd_prices_usual, &first, NULL), OTA_OK);
	assert_int_equal(ota_otd_match(matcher, &dear, &turns, NULL), OTA_OK);
	assert_int_equal(ota_otd_match(matcher, &ota_otd_prices_usual, &turns, NULL), OTA_OK);
	assert_true(first.n > 0);
	assert_int_equal(first.n, turns.n);
	assert_memory_equal(first.turn, turns.turn, turns.n * sizeof(*turns.turn));
	ota_otd_turns_free(&first);
	ota_otd_turns_free(&turns);
	ota_otd_matcher_free(matcher);
	ota_index_free(index);
}

/* The suffix before the rank of a string is below it, the one there is not. */
static void a_rank_parts_the_suffixes(void **state)
{
	uint8_t bytes[300] = {0};
	struct ota_span old_image = ota_span_of(bytes, 200);
	struct ota_index *index;

	(void)state;
	fill_pattern(bytes, sizeof(bytes), 8);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] %= 3;
	assert_int_equal(ota_index_build(old_image, &index, NULL), OTA_OK);
	for (size_t at = 0; at < 300; at++) {
		struct ota_span wanted = ota_span_of(bytes + at, 300 - at);
		size_t rank = ota_suffix_rank(index, wanted);

		assert_true(rank <= old_image.len);
		for (size_t i = 0; i < old_image.len; i++) {
			struct ota_span suffix = ota_span_tail(old_image, ota_suffix_at(index, i));
			size_t n = suffix.len < wanted.len ? suffix.len : wanted.len;
			int order = memcmp(suffix.data, wanted.data, n);
			bool below = order < 0 || (order == 0 && suffix.len < wanted.len);

			assert_int_equal(below, i < rank);
		}
	}
	assert_int_equal(ota_suffix_at(index, old_image.len), old_image.len);
	ota_index_spend(index);
	assert_int_equal(ota_suffix_rank(index, old_image), 0);
	assert_int_equal(ota_suffix_at(index, 0), old_image.len);
	ota_index_free(index);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_to_match_gives_no_turns),
		cmocka_unit_test(an_insertion_is_one_turn_back),
		cmocka_unit_test(moved_blocks_are_found_at_every_parity),
		cmocka_unit_test(new_is_read_only_when_that_is_allowed),
		cmocka_unit_test(calls_whose_targets_moved_need_no_turns),
		cmocka_unit_test(repetitive_or_unlike_images_do_not_take_quadratic_time),
		cmocka_unit_test(an_index_that_lies_gives_turns_that_hold),
		cmocka_unit_test(one_matcher_gives_the_same_turns_for_the_same_prices),
		cmocka_unit_test(a_rank_parts_the_suffixes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
