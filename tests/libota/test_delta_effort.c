// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "delta_make_patch.h"
#include "vectors.h"

#define LARGE 300000U
/* Bytes that a process may have more than what was asked for: pages, an arena, a stack. */
#define SLACK 0x100000U

/* A sanitizer's own memory says nothing of ours. */
#if defined(__SANITIZE_ADDRESS__)
#define IS_SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define IS_SANITIZED true
#endif
#endif
#ifndef IS_SANITIZED
#define IS_SANITIZED false
#endif

static uint8_t old_bytes[LARGE];
static uint8_t new_bytes[LARGE];

enum content { SAME, STRANGE, PIECES, CONTENTS };

static void fill(enum content content, size_t len)
{
	fill_pattern(old_bytes, len, 1);
	memcpy(new_bytes, old_bytes, len);
	if (content != SAME)
		fill_pattern(new_bytes, len, 2);
	/* Many short edits: the lists of them are as long as they get. */
	for (size_t at = 0; content == PIECES && at + 9 <= len; at += 9)
		memcpy(new_bytes + at, old_bytes + at * 7 % (len - 9), 7);
}

/* Bytes that the process has had at most, since it began. */
static uint64_t high_water(void)
{
	struct rusage usage;

	if (getrusage(RUSAGE_SELF, &usage) != 0)
		return 0;
#ifdef __APPLE__
	return (uint64_t)usage.ru_maxrss;
#else
	return (uint64_t)usage.ru_maxrss * 1024;
#endif
}

/* In a process of its own: 0 when what it takes is what was foreseen, at most. */
static int try_pair(const struct ota_delta_plan *plan, size_t len)
{
	struct ota_delta_effort effort;
	struct ota_buf patch = ota_buf_init(DELTA_PATCH_MAX);
	struct ota_index *index;
	uint64_t before = high_water();
	uint64_t foreseen = ota_index_memory(len, true);
	uint64_t took;

	ota_delta_effort(plan, len, len, &effort);
	if (ota_index_build(ota_span_of(old_bytes, len), &index, NULL) != OTA_OK ||
	    ota_index_prepare(index, plan, NULL) != OTA_OK ||
	    ota_delta_make(plan, index, ota_span_of(new_bytes, len), &patch, NULL) != OTA_OK)
		return 2;
	ota_index_free(index);
	ota_buf_free(&patch);
	if (foreseen < ota_index_memory(len, false) + effort.memory)
		foreseen = ota_index_memory(len, false) + effort.memory;
	took = high_water() - before;
	if (took <= foreseen + SLACK)
		return 0;
	(void)fprintf(stderr, "%s of %zu bytes took %llu, foreseen were %llu\n", plan->format, len,
		      (unsigned long long)took, (unsigned long long)foreseen);
	return 1;
}

static void a_patch_takes_no_more_memory_than_is_foreseen(void **state)
{
	static const size_t lens[] = {0, 3000, 70000, LARGE};

	(void)state;
	if (IS_SANITIZED)
		skip();
	for (size_t i = 0; i < 4 * (size_t)CONTENTS; i++) {
		size_t len = lens[i / CONTENTS];

		fill((enum content)(i % CONTENTS), len);
		for (size_t f = 0; ota_delta_format_name(f); f++) {
			const struct ota_delta_plan plan = {.format = ota_delta_format_name(f)};
			pid_t child = fork();
			int status = 0;

			assert_true(child >= 0);
			if (child == 0)
				_exit(try_pair(&plan, len));
			assert_int_equal(waitpid(child, &status, 0), child);
			assert_true(WIFEXITED(status));
			assert_int_equal(WEXITSTATUS(status), 0);
		}
	}
}

static void more_bytes_take_more_and_no_sum_wraps(void **state)
{
	(void)state;
	for (size_t f = 0; ota_delta_format_name(f); f++) {
		const struct ota_delta_plan plan = {.format = ota_delta_format_name(f)};
		struct ota_delta_effort before = {.us = 0};

		for (size_t len = 1; len <= OTA_DELTA_MAX / 2; len *= 4) {
			struct ota_delta_effort effort;

			ota_delta_effort(&plan, len, 2 * len, &effort);
			assert_true(effort.us > 0);
			assert_true(effort.us >= before.us);
			assert_true(effort.memory > before.memory);
			assert_true(ota_index_memory(len, true) > len);
			before = effort;
		}
	}
}

static void an_unknown_format_takes_nothing_and_none_is_the_default(void **state)
{
	const struct ota_delta_plan unknown = {.format = "no such format"};
	const struct ota_delta_plan none = {.format = NULL};
	const struct ota_delta_plan named = {.format = ota_delta_format_default()};
	struct ota_delta_effort one;
	struct ota_delta_effort other;

	(void)state;
	ota_delta_effort(&unknown, 1000, 1000, &one);
	assert_int_equal(one.us, 0);
	assert_int_equal(one.memory, 0);
	ota_delta_effort(&none, 1000, 1000, &one);
	ota_delta_effort(&named, 1000, 1000, &other);
	assert_true(one.us == other.us && one.memory == other.memory);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_patch_takes_no_more_memory_than_is_foreseen),
		cmocka_unit_test(more_bytes_take_more_and_no_sum_wraps),
		cmocka_unit_test(an_unknown_format_takes_nothing_and_none_is_the_default),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
