// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <ota/matrix.h>

#define JOBS 100U

/* A plan of `n` jobs, the i-th expected to take cost(i), with ids in no order. */
static struct ota_matrix_plan plan_of(size_t n, uint64_t (*cost)(size_t i))
{
	struct ota_matrix_plan plan = {.n_jobs = n};

	plan.job = calloc(n + 1, sizeof(*plan.job));
	assert_non_null(plan.job);
	for (size_t i = 0; i < n; i++) {
		plan.job[i].expected_us = cost(i);
		(void)snprintf(plan.job[i].id, sizeof(plan.job[i].id), "%064zx",
			       i * 2654435761U % 1000003U);
	}
	return plan;
}

static uint64_t growing(size_t i)
{
	return 1000 + 10 * i;
}

static uint64_t nothing(size_t i)
{
	(void)i;
	return 0;
}

static uint64_t endless(size_t i)
{
	return UINT64_MAX - i;
}

static void shard(const struct ota_matrix_plan *plan, uint32_t k, uint32_t n, bool *mine)
{
	struct ota_diag diag = {.err = OTA_OK};

	if (ota_matrix_shard(plan, k, n, mine, &diag) != OTA_OK)
		fail_msg("%s", diag.text);
}

/* How many jobs, and how long, for each shard; every job is in one of them. */
static void check_shares(const struct ota_matrix_plan *plan, uint32_t n, uint64_t us[])
{
	unsigned taken[JOBS] = {0};

	for (uint32_t k = 1; k <= n; k++) {
		bool mine[JOBS];

		us[k - 1] = 0;
		shard(plan, k, n, mine);
		for (size_t i = 0; i < plan->n_jobs; i++) {
			taken[i] += mine[i];
			us[k - 1] += mine[i] ? plan->job[i].expected_us : 0;
		}
	}
	for (size_t i = 0; i < plan->n_jobs; i++)
		assert_int_equal(taken[i], 1);
}

static void every_job_is_in_one_shard_and_shards_take_as_long(void **state)
{
	struct ota_matrix_plan plan = plan_of(JOBS, growing);

	(void)state;
	for (uint32_t n = 1; n <= 9; n++) {
		uint64_t us[9];

		check_shares(&plan, n, us);
		for (uint32_t k = 1; k < n; k++)
			assert_in_range(us[k], us[0] - growing(JOBS), us[0] + growing(JOBS));
	}
	free(plan.job);
}

static void jobs_of_which_nothing_is_expected_are_shared_too(void **state)
{
	struct ota_matrix_plan plan = plan_of(JOBS, nothing);
	bool mine[JOBS];
	unsigned n = 0;

	(void)state;
	shard(&plan, 4, 10, mine);
	for (size_t i = 0; i < JOBS; i++)
		n += mine[i];
	assert_int_equal(n, JOBS / 10);
	free(plan.job);
}

static void times_that_add_up_to_more_than_can_be_counted_do_no_harm(void **state)
{
	struct ota_matrix_plan plan = plan_of(JOBS, endless);
	uint64_t us[3];

	(void)state;
	check_shares(&plan, 3, us);
	free(plan.job);
}

static void shards_beyond_the_jobs_are_empty(void **state)
{
	struct ota_matrix_plan plan = plan_of(3, growing);
	bool mine[JOBS];
	unsigned n = 0;

	(void)state;
	for (uint32_t k = 1; k <= 8; k++) {
		shard(&plan, k, 8, mine);
		n += (unsigned)mine[0] + mine[1] + mine[2];
	}
	assert_int_equal(n, 3);
	shard(&plan, UINT32_MAX, UINT32_MAX, mine);
	assert_false(mine[0] || mine[1] || mine[2]);
	free(plan.job);
}

static void a_plan_without_jobs_has_shards(void **state)
{
	struct ota_matrix_plan plan = plan_of(0, growing);
	bool mine[1] = {false};

	(void)state;
	shard(&plan, 1, 1, mine);
	shard(&plan, 2, 3, mine);
	assert_false(mine[0]);
	free(plan.job);
}

static void jobs_of_one_id_are_one_shards(void **state)
{
	struct ota_matrix_plan plan = plan_of(JOBS, growing);

	(void)state;
	memcpy(plan.job[90].id, plan.job[3].id, sizeof(plan.job[3].id));
	memcpy(plan.job[50].id, plan.job[3].id, sizeof(plan.job[3].id));
	for (uint32_t k = 1; k <= 7; k++) {
		bool mine[JOBS];

		shard(&plan, k, 7, mine);
		assert_true(mine[3] == mine[50] && mine[3] == mine[90]);
	}
	free(plan.job);
}

/* What a shard has to do must not depend on where in the plan a job stands. */
static void the_share_of_a_job_is_the_same_wherever_it_stands(void **state)
{
	struct ota_matrix_plan plan = plan_of(JOBS, growing);
	struct ota_matrix_plan turned = plan_of(JOBS, growing);
	bool mine[JOBS];
	bool of_turned[JOBS];

	(void)state;
	for (size_t i = 0; i < JOBS; i++)
		turned.job[i] = plan.job[JOBS - 1 - i];
	shard(&plan, 2, 5, mine);
	shard(&turned, 2, 5, of_turned);
	for (size_t i = 0; i < JOBS; i++)
		assert_true(mine[i] == of_turned[JOBS - 1 - i]);
	free(turned.job);
	free(plan.job);
}

static void refuses_shards_that_are_none(void **state)
{
	static const uint32_t wrong[][2] = {{0, 0}, {1, 0}, {0, 3}, {4, 3}};
	struct ota_matrix_plan plan = plan_of(3, growing);
	bool mine[3];

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct ota_diag diag = {.err = OTA_OK};

		assert_int_equal(ota_matrix_shard(&plan, wrong[i][0], wrong[i][1], mine, &diag),
				 OTA_E_USAGE);
		assert_non_null(strstr(diag.text, "shard"));
	}
	free(plan.job);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_job_is_in_one_shard_and_shards_take_as_long),
		cmocka_unit_test(jobs_of_which_nothing_is_expected_are_shared_too),
		cmocka_unit_test(times_that_add_up_to_more_than_can_be_counted_do_no_harm),
		cmocka_unit_test(shards_beyond_the_jobs_are_empty),
		cmocka_unit_test(a_plan_without_jobs_has_shards),
		cmocka_unit_test(jobs_of_one_id_are_one_shards),
		cmocka_unit_test(the_share_of_a_job_is_the_same_wherever_it_stands),
		cmocka_unit_test(refuses_shards_that_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
