// SPDX-License-Identifier: Apache-2.0
/* Routes, totals and roll-outs of matrices that are made by hand, against sums done by hand. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <ota/matrix_report.h>

#define WHOLE 1000U /* bytes of every image unless a test says otherwise */
#define DAY   UINT64_C(86400000000)

/* -- matrices ---------------------------------------------------------------------------------- */

/* n versions and a job for every pair, each with an id of its own; nothing is made. */
static struct ota_matrix *history(size_t n)
{
	struct ota_matrix *matrix = calloc(1, sizeof(*matrix));
	struct ota_matrix_plan *plan = &matrix->plan;

	assert_non_null(matrix);
	plan->n_versions = n;
	plan->version = calloc(n, sizeof(*plan->version));
	plan->job = calloc(n * n, sizeof(*plan->job));
	matrix->result = calloc(n * n, sizeof(*matrix->result));
	matrix->has = calloc(n * n, sizeof(*matrix->has));
	assert_non_null(plan->version);
	assert_non_null(plan->job);
	assert_non_null(matrix->result);
	assert_non_null(matrix->has);
	for (size_t i = 0; i < n; i++) {
		plan->version[i].len = WHOLE;
		(void)snprintf(plan->version[i].name, sizeof(plan->version[i].name), "1.%zu.0", i);
		for (size_t k = i + 1; k < n; k++) {
			struct ota_matrix_job *job = &plan->job[plan->n_jobs++];

			job->old_at = (uint32_t)i;
			job->new_at = (uint32_t)k;
			(void)snprintf(job->id, sizeof(job->id), "%064zx", plan->n_jobs);
		}
	}
	matrix->n_missing = plan->n_jobs;
	return matrix;
}

static void drop(struct ota_matrix *matrix)
{
	free(matrix->has);
	free(matrix->result);
	free(matrix->plan.job);
	free(matrix->plan.version);
	free(matrix);
}

static struct ota_matrix_result *result_of(struct ota_matrix *matrix, size_t old_at, size_t new_at)
{
	const struct ota_matrix_job *job = ota_matrix_find_job(&matrix->plan, old_at, new_at);
	size_t at;

	assert_non_null(job);
	at = (size_t)(job - matrix->plan.job);
	matrix->has[at] = true;
	return &matrix->result[at];
}

/* A patch of that many bytes, for no target. */
static void patch(struct ota_matrix *matrix, size_t old_at, size_t new_at, uint64_t bytes)
{
	struct ota_matrix_result *result = result_of(matrix, old_at, new_at);

	*result = (struct ota_matrix_result){.made = true, .patch_len = bytes, .sent_len = bytes};
}

/* Every pair's patch is so many bytes for each version that it goes over. */
static void patch_all(struct ota_matrix *matrix, uint64_t bytes)
{
	for (size_t i = 0; i < matrix->plan.n_jobs; i++) {
		const struct ota_matrix_job *job = &matrix->plan.job[i];

		patch(matrix, job->old_at, job->new_at, bytes * (job->new_at - job->old_at));
	}
}

static void link_up(struct ota_matrix *matrix, const char *text)
{
	struct ota_matrix_plan *plan = &matrix->plan;
	struct ota_diag diag = {.err = OTA_OK};

	plan->has_target = true;
	if (ota_link_parse(text, &plan->parsed_link[plan->options.n_links++], &diag) != OTA_OK)
		fail_msg("%s: %s", text, diag.text);
	plan->options.links = plan->parsed_link;
	for (size_t i = 0; i < plan->n_versions; i++)
		plan->version[i].full = (struct ota_matrix_full){.judged = true, .fits = true};
}

static struct ota_delivery deliver(const struct ota_link *link, uint64_t bytes)
{
	struct ota_delivery delivery;

	assert_int_equal(ota_link_deliver(link, bytes, &delivery, NULL), OTA_OK);
	return delivery;
}

/* The same, judged by the target, and received by the device as it is. */
static void judge(struct ota_matrix *matrix, size_t old_at, size_t new_at, uint64_t bytes,
		  bool fits)
{
	const struct ota_matrix_plan *plan = &matrix->plan;
	struct ota_matrix_result *result = result_of(matrix, old_at, new_at);

	patch(matrix, old_at, new_at, bytes);
	result->judged = true;
	result->fits = fits;
	result->on_device = true;
	result->received_len = bytes;
	result->full = (struct ota_matrix_full){.judged = true, .fits = true};
	result->n_deliveries = plan->options.n_links;
	for (unsigned i = 0; i < plan->options.n_links; i++) {
		struct ota_delivery delivery = deliver(&plan->parsed_link[i], bytes);

		result->delivery[i] =
			(struct ota_matrix_delivery){.carries = true,
						     .packets = delivery.packets,
						     .airtime_us = delivery.airtime_us,
						     .duration_us = delivery.duration_us};
	}
}

/* -- routes ------------------------------------------------------------------------------------ */

static struct ota_matrix_leg legs[OTA_MATRIX_VERSIONS_MAX];

static struct ota_matrix_route route_of(const struct ota_matrix *matrix, size_t from,
					enum ota_matrix_policy policy)
{
	struct ota_matrix_route route;

	ota_matrix_find_route(matrix, from, policy, &route, legs);
	for (size_t i = 0; i < route.n_legs; i++) {
		assert_int_equal(legs[i].old_at, i == 0 ? from : legs[i - 1].new_at);
		assert_true(legs[i].fits);
	}
	if (route.n_legs > 0)
		assert_int_equal(legs[route.n_legs - 1].new_at, matrix->plan.n_versions - 1);
	return route;
}

static void goes(const struct ota_matrix *matrix, enum ota_matrix_policy policy, size_t n_legs,
		 uint64_t bytes)
{
	struct ota_matrix_route route = route_of(matrix, 0, policy);

	if (!route.found)
		fail_msg("%s", route.why);
	assert_int_equal(route.n_legs, n_legs);
	assert_int_equal(route.cost.bytes, bytes);
}

static void goes_nowhere(const struct ota_matrix *matrix, enum ota_matrix_policy policy,
			 const char *why)
{
	struct ota_matrix_route route = route_of(matrix, 0, policy);

	assert_false(route.found);
	assert_int_equal(route.n_legs, 0);
	assert_int_equal(route.cost.bytes, 0);
	assert_string_equal(route.why, why);
}

static void each_policy_takes_its_own_way(void **state)
{
	struct ota_matrix *matrix = history(4);

	(void)state;
	patch_all(matrix, 30);
	patch(matrix, 0, 3, 200);
	patch(matrix, 1, 3, 100);
	goes(matrix, OTA_MATRIX_SEQUENTIAL, 3, 90);
	goes(matrix, OTA_MATRIX_LATEST, 1, 200);
	goes(matrix, OTA_MATRIX_ALL, 2, 90);
	assert_int_equal(legs[0].new_at, 2);
	assert_false(legs[0].is_full);
	assert_int_equal(legs[0].cost.bytes, 60);
	assert_int_equal(matrix->plan.job[legs[1].job].old_at, 2);
	goes(matrix, OTA_MATRIX_FULL, 1, WHOLE);
	assert_true(legs[0].is_full);
	drop(matrix);
}

static void newest_version_has_nothing_to_do(void **state)
{
	struct ota_matrix *matrix = history(3);
	struct ota_matrix_route route;

	(void)state;
	for (unsigned i = 0; i < OTA_MATRIX_POLICIES; i++) {
		route = route_of(matrix, 2, (enum ota_matrix_policy)i);
		assert_true(route.found);
		assert_int_equal(route.n_legs, 0);
	}
	drop(matrix);
}

static void straight_is_kept_when_two_steps_cost_as_much(void **state)
{
	struct ota_matrix *matrix = history(3);

	(void)state;
	patch_all(matrix, 50);
	goes(matrix, OTA_MATRIX_ALL, 1, 100);
	patch(matrix, 0, 2, 101);
	goes(matrix, OTA_MATRIX_ALL, 2, 100);
	drop(matrix);
}

static void older_version_between_is_taken_of_equals(void **state)
{
	struct ota_matrix *matrix = history(5);

	(void)state;
	patch_all(matrix, 50);
	patch(matrix, 0, 4, 900);
	goes(matrix, OTA_MATRIX_ALL, 2, 200);
	assert_int_equal(legs[0].new_at, 1);
	patch(matrix, 0, 3, 149);
	goes(matrix, OTA_MATRIX_ALL, 2, 199);
	assert_int_equal(legs[0].new_at, 3);
	drop(matrix);
}

static void image_is_sent_whole_when_a_patch_is_no_smaller(void **state)
{
	struct ota_matrix *matrix = history(2);

	(void)state;
	patch(matrix, 0, 1, WHOLE - 1);
	goes(matrix, OTA_MATRIX_ALL, 1, WHOLE - 1);
	assert_false(legs[0].is_full);
	patch(matrix, 0, 1, WHOLE);
	goes(matrix, OTA_MATRIX_ALL, 1, WHOLE);
	assert_true(legs[0].is_full);
	goes(matrix, OTA_MATRIX_SEQUENTIAL, 1, WHOLE);
	drop(matrix);
}

static void step_over_a_small_image_may_be_sent_whole(void **state)
{
	struct ota_matrix *matrix = history(3);

	(void)state;
	patch_all(matrix, 600);
	patch(matrix, 1, 2, 100);
	matrix->plan.version[1].len = 300;
	goes(matrix, OTA_MATRIX_ALL, 2, 400);
	assert_true(legs[0].is_full);
	assert_false(legs[1].is_full);
	drop(matrix);
}

static void missing_patch_is_the_whole_image_but_no_sequence(void **state)
{
	struct ota_matrix *matrix = history(3);

	(void)state;
	patch(matrix, 0, 1, 10);
	goes(matrix, OTA_MATRIX_LATEST, 1, WHOLE);
	assert_true(legs[0].is_full);
	goes(matrix, OTA_MATRIX_ALL, 1, WHOLE);
	goes_nowhere(matrix, OTA_MATRIX_SEQUENTIAL, "1.1.0 -> 1.2.0 has not been made");
	drop(matrix);
}

static void pair_that_is_not_planned_breaks_the_sequence(void **state)
{
	struct ota_matrix *matrix = history(3);

	(void)state;
	patch_all(matrix, 10);
	/* Without the first job, which is 1.0.0 -> 1.1.0. */
	memmove(matrix->plan.job, matrix->plan.job + 1, 2 * sizeof(*matrix->plan.job));
	memmove(matrix->result, matrix->result + 1, 2 * sizeof(*matrix->result));
	matrix->plan.n_jobs = 2;
	goes_nowhere(matrix, OTA_MATRIX_SEQUENTIAL, "1.0.0 -> 1.1.0 is not in the plan");
	goes(matrix, OTA_MATRIX_LATEST, 1, 20);
	drop(matrix);
}

static void patch_that_does_not_fit_is_not_sent(void **state)
{
	struct ota_matrix *matrix = history(2);

	(void)state;
	link_up(matrix, "ble");
	judge(matrix, 0, 1, 10, false);
	goes(matrix, OTA_MATRIX_LATEST, 1, WHOLE);
	assert_true(legs[0].is_full);
	result_of(matrix, 0, 1)->full =
		(struct ota_matrix_full){.judged = true, .reason = "slot holds 900 bytes"};
	goes_nowhere(matrix, OTA_MATRIX_LATEST,
		     "1.0.0 -> 1.1.0: no patch fits, and the whole image does not fit: slot holds "
		     "900 bytes");
	goes_nowhere(matrix, OTA_MATRIX_FULL,
		     "1.0.0 -> 1.1.0: the whole image does not fit: slot holds 900 bytes");
	drop(matrix);
}

/* A patch in place needs no slot to be stored in; the image whole does. */
static void large_patch_is_sent_where_the_whole_image_does_not_fit(void **state)
{
	struct ota_matrix *matrix = history(2);

	(void)state;
	link_up(matrix, "ble");
	judge(matrix, 0, 1, WHOLE + 5, true);
	goes(matrix, OTA_MATRIX_LATEST, 1, WHOLE);
	assert_true(legs[0].is_full);
	result_of(matrix, 0, 1)->full.fits = false;
	goes(matrix, OTA_MATRIX_LATEST, 1, WHOLE + 5);
	assert_false(legs[0].is_full);
	goes(matrix, OTA_MATRIX_ALL, 1, WHOLE + 5);
	goes(matrix, OTA_MATRIX_SEQUENTIAL, 1, WHOLE + 5);
	drop(matrix);
}

static void reason_is_told_to_its_end_whatever_the_names(void **state)
{
	struct ota_matrix *matrix = history(2);
	struct ota_matrix_version *version = matrix->plan.version;
	struct ota_matrix_route route;

	(void)state;
	link_up(matrix, "ble");
	for (size_t i = 0; i < 2; i++)
		memset(version[i].name, 'n', sizeof(version[i].name) - 1);
	version[0].full.fits = false;
	memset(version[0].full.reason, 'r', sizeof(version[0].full.reason) - 1);
	version[0].full.reason[sizeof(version[0].full.reason) - 2] = 'Z';
	route = route_of(matrix, 0, OTA_MATRIX_LATEST);
	assert_false(route.found);
	assert_int_equal(route.why[strlen(route.why) - 1], 'Z');
	drop(matrix);
}

static void plan_says_whether_the_newest_image_fits_whole(void **state)
{
	struct ota_matrix *matrix = history(3);
	struct ota_matrix_leg leg;

	(void)state;
	link_up(matrix, "ble");
	leg = ota_matrix_full_leg(matrix, 0, 2);
	assert_true(leg.is_full);
	assert_true(leg.fits);
	assert_int_equal(leg.cost.bytes, WHOLE);
	matrix->plan.version[0].full.fits = false;
	assert_false(ota_matrix_full_leg(matrix, 0, 2).fits);
	drop(matrix);
}

static void whole_image_that_no_one_judged_does_not_fit_a_target(void **state)
{
	struct ota_matrix *matrix = history(3);

	(void)state;
	assert_true(ota_matrix_full_leg(matrix, 0, 1).fits);
	link_up(matrix, "ble");
	assert_false(ota_matrix_full_leg(matrix, 0, 1).fits);
	judge(matrix, 0, 1, 10, true);
	assert_true(ota_matrix_full_leg(matrix, 0, 1).fits);
	drop(matrix);
}

static void way_over_another_version_is_found_where_none_is_straight(void **state)
{
	struct ota_matrix *matrix = history(3);

	(void)state;
	link_up(matrix, "ble");
	judge(matrix, 0, 1, 400, true);
	judge(matrix, 1, 2, 700, true);
	judge(matrix, 0, 2, 100, false);
	result_of(matrix, 0, 2)->full.fits = false;
	goes(matrix, OTA_MATRIX_ALL, 2, 1100);
	drop(matrix);
}

/* A gateway that applies the patch sends the device the whole image, but gets less itself. */
static void gateways_patch_is_worth_it_by_what_the_gateway_gets(void **state)
{
	struct ota_matrix *matrix = history(2);

	(void)state;
	link_up(matrix, "ble");
	judge(matrix, 0, 1, WHOLE, true);
	result_of(matrix, 0, 1)->on_device = false;
	result_of(matrix, 0, 1)->sent_len = 77;
	goes(matrix, OTA_MATRIX_LATEST, 1, WHOLE);
	assert_false(legs[0].is_full);
	drop(matrix);
}

/* As with --pairs sequential: only neighbours have patches. */
static void chain_of_patches_is_better_than_the_whole_image(void **state)
{
	struct ota_matrix *matrix = history(6);

	(void)state;
	for (size_t i = 0; i < 5; i++)
		patch(matrix, i, i + 1, 100);
	goes(matrix, OTA_MATRIX_ALL, 5, 500);
	for (size_t i = 0; i < 5; i++)
		assert_false(legs[i].is_full);
	patch(matrix, 1, 4, 250);
	goes(matrix, OTA_MATRIX_ALL, 3, 450);
	patch(matrix, 0, 1, 900);
	goes(matrix, OTA_MATRIX_ALL, 1, WHOLE);
	drop(matrix);
}

static void chain_is_not_taken_where_a_patch_gets_there(void **state)
{
	struct ota_matrix *matrix = history(4);

	(void)state;
	for (size_t i = 0; i < 3; i++)
		patch(matrix, i, i + 1, 10);
	patch(matrix, 0, 3, 500);
	goes(matrix, OTA_MATRIX_ALL, 1, 500);
	patch(matrix, 1, 3, 400);
	goes(matrix, OTA_MATRIX_ALL, 2, 410);
	drop(matrix);
}

static void airtime_decides_before_bytes(void **state)
{
	struct ota_matrix *matrix = history(3);

	(void)state;
	link_up(matrix, "lorawan");
	judge(matrix, 0, 1, 300, true);
	judge(matrix, 1, 2, 300, true);
	judge(matrix, 0, 2, 590, true);
	goes(matrix, OTA_MATRIX_ALL, 1, 590);
	/* Fewer bytes straight, but longer on air. */
	result_of(matrix, 0, 2)->delivery[0].airtime_us *= 2;
	goes(matrix, OTA_MATRIX_ALL, 2, 600);
	drop(matrix);
}

static void cost_is_that_of_the_slowest_link(void **state)
{
	struct ota_matrix *matrix = history(2);
	struct ota_matrix_route route;
	struct ota_delivery slow, fast;

	(void)state;
	link_up(matrix, "lorawan");
	link_up(matrix, "ble,mtu=23");
	judge(matrix, 0, 1, 480, true);
	slow = deliver(&matrix->plan.parsed_link[0], 480);
	fast = deliver(&matrix->plan.parsed_link[1], 480);
	route = route_of(matrix, 0, OTA_MATRIX_LATEST);
	assert_true(route.cost.has_air);
	assert_int_equal(route.cost.airtime_us, slow.airtime_us);
	assert_int_equal(route.cost.duration_us, slow.duration_us);
	assert_int_equal(slow.packets, 10);
	assert_int_equal(route.cost.packets, fast.packets);
	assert_int_equal(fast.packets, 24);
	route = route_of(matrix, 0, OTA_MATRIX_FULL);
	slow = deliver(&matrix->plan.parsed_link[0], WHOLE);
	assert_int_equal(route.cost.airtime_us, slow.airtime_us);
	drop(matrix);
}

static void image_that_a_link_cannot_carry_does_not_fit(void **state)
{
	struct ota_matrix *matrix = history(2);
	struct ota_matrix_leg leg;

	(void)state;
	link_up(matrix, "lorawan,fragment=1");
	matrix->plan.version[1].len = 16384; /* TS004 counts to 16,383 */
	leg = ota_matrix_full_leg(matrix, 0, 1);
	assert_false(leg.fits);
	assert_false(leg.cost.has_air);
	assert_int_equal(leg.cost.airtime_us, 0);
	goes_nowhere(matrix, OTA_MATRIX_FULL,
		     "1.0.0 -> 1.1.0: the whole image does not fit: a link cannot carry it");
	goes_nowhere(matrix, OTA_MATRIX_LATEST,
		     "1.0.0 -> 1.1.0: no patch has been made, and the whole image does not fit: a "
		     "link cannot carry it");
	drop(matrix);
}

static void without_links_nothing_is_known_of_airtime(void **state)
{
	struct ota_matrix *matrix = history(2);
	struct ota_matrix_route route;

	(void)state;
	patch(matrix, 0, 1, 10);
	route = route_of(matrix, 0, OTA_MATRIX_ALL);
	assert_false(route.cost.has_air);
	assert_int_equal(route.cost.packets, 0);
	drop(matrix);
}

static void every_policy_has_a_name(void **state)
{
	(void)state;
	assert_string_equal(ota_matrix_policy_name(OTA_MATRIX_SEQUENTIAL), "sequential");
	assert_string_equal(ota_matrix_policy_name(OTA_MATRIX_LATEST), "latest");
	assert_string_equal(ota_matrix_policy_name(OTA_MATRIX_ALL), "all");
	assert_string_equal(ota_matrix_policy_name(OTA_MATRIX_FULL), "full");
}

/* -- devices ----------------------------------------------------------------------------------- */

static void share(struct ota_matrix *matrix, const uint64_t *fleet)
{
	matrix->plan.has_fleet = true;
	for (size_t i = 0; i < matrix->plan.n_versions; i++)
		matrix->plan.version[i].fleet = fleet[i];
}

static void are(const struct ota_matrix *matrix, uint64_t devices, const uint64_t *want)
{
	uint64_t got[8];

	assert_int_equal(ota_matrix_devices(&matrix->plan, devices, got, NULL), OTA_OK);
	for (size_t i = 0; i < matrix->plan.n_versions; i++)
		assert_int_equal(got[i], want[i]);
}

static void devices_that_do_not_divide_add_up(void **state)
{
	struct ota_matrix *matrix = history(3);

	(void)state;
	are(matrix, 10, (const uint64_t[]){4, 3, 3});
	are(matrix, 11, (const uint64_t[]){4, 4, 3});
	are(matrix, 2, (const uint64_t[]){1, 1, 0});
	are(matrix, 0, (const uint64_t[]){0, 0, 0});
	share(matrix, (const uint64_t[]){50, 30, 20});
	are(matrix, 7, (const uint64_t[]){4, 2, 1}); /* 3.5, 2.1, 1.4 */
	are(matrix, 9, (const uint64_t[]){4, 3, 2}); /* 4.5, 2.7, 1.8 */
	share(matrix, (const uint64_t[]){0, 1, 0});
	are(matrix, 5, (const uint64_t[]){0, 5, 0});
	drop(matrix);
}

static void large_shares_are_exact(void **state)
{
	struct ota_matrix *matrix = history(2);
	uint64_t half = UINT64_C(1) << 62;

	(void)state;
	share(matrix, (const uint64_t[]){half, half - 1});
	are(matrix, OTA_MATRIX_DEVICES_MAX,
	    (const uint64_t[]){UINT64_C(500000000000), UINT64_C(500000000000)});
	are(matrix, 1, (const uint64_t[]){1, 0});
	share(matrix, (const uint64_t[]){1, INT64_MAX - 1});
	are(matrix, OTA_MATRIX_DEVICES_MAX, (const uint64_t[]){0, OTA_MATRIX_DEVICES_MAX});
	drop(matrix);
}

static void shares_that_make_no_sense_are_refused(void **state)
{
	struct ota_matrix *matrix = history(2);
	struct ota_diag diag = {.err = OTA_OK};
	uint64_t got[2];

	(void)state;
	assert_int_equal(ota_matrix_devices(&matrix->plan, OTA_MATRIX_DEVICES_MAX + 1, got, &diag),
			 OTA_E_USAGE);
	assert_string_equal(diag.text, "1000000000001 devices, at most 1000000000000");
	diag = (struct ota_diag){.err = OTA_OK};
	share(matrix, (const uint64_t[]){INT64_MAX, 1});
	assert_int_equal(ota_matrix_devices(&matrix->plan, 1, got, &diag), OTA_E_UNSUPPORTED);
	assert_string_equal(diag.text,
			    "the fleet's shares add up to more than 9223372036854775807");
	diag = (struct ota_diag){.err = OTA_OK};
	share(matrix, (const uint64_t[]){0, 0});
	assert_int_equal(ota_matrix_devices(&matrix->plan, 1, got, &diag), OTA_E_UNSUPPORTED);
	drop(matrix);
}

/* -- totals ------------------------------------------------------------------------------------ */

static struct ota_matrix_total total_of(const struct ota_matrix *matrix,
					enum ota_matrix_policy policy, uint64_t devices)
{
	struct ota_matrix_total total;
	struct ota_diag diag = {.err = OTA_OK};

	if (ota_matrix_total(matrix, policy, devices, &total, &diag) != OTA_OK)
		fail_msg("%s", diag.text);
	assert_int_equal(total.policy, policy);
	return total;
}

static void totals_are_those_done_by_hand(void **state)
{
	struct ota_matrix *matrix = history(4);
	struct ota_matrix_total total;

	(void)state;
	patch_all(matrix, 100);
	patch(matrix, 0, 3, 950);
	share(matrix, (const uint64_t[]){10, 20, 30, 40}); /* of 1,000: 100, 200, 300, 400 */
	total = total_of(matrix, OTA_MATRIX_SEQUENTIAL, 1000);
	assert_true(total.complete);
	assert_int_equal(total.n_patches, 3);
	assert_int_equal(total.stored, 300);
	assert_int_equal(total.devices, 600);
	assert_int_equal(total.unreached, 0);
	assert_int_equal(total.bytes, 100 * 300 + 200 * 200 + 300 * 100);
	assert_int_equal(total.updates, 100 * 3 + 200 * 2 + 300);
	assert_int_equal(total.worst_bytes, 300);
	assert_int_equal(total.worst_updates, 3);
	assert_false(total.has_air);
	total = total_of(matrix, OTA_MATRIX_LATEST, 1000);
	assert_int_equal(total.stored, 950 + 200 + 100);
	assert_int_equal(total.bytes, 100 * 950 + 200 * 200 + 300 * 100);
	assert_int_equal(total.updates, 600);
	total = total_of(matrix, OTA_MATRIX_ALL, 1000);
	/* 0 over 1: 0 -> 1, 1 -> 3, which 1 goes too, and 2 -> 3; all six are kept. */
	assert_int_equal(total.used, 3);
	assert_int_equal(total.n_patches, 6);
	assert_int_equal(total.stored, 3 * 100 + 2 * 200 + 950);
	assert_int_equal(total.bytes, 100 * 300 + 200 * 200 + 300 * 100);
	assert_int_equal(total.worst_updates, 2);
	total = total_of(matrix, OTA_MATRIX_FULL, 1000);
	assert_int_equal(total.n_patches, 0);
	assert_int_equal(total.stored, 0);
	assert_int_equal(total.bytes, 600 * WHOLE);
	drop(matrix);
}

static void versions_without_a_share_count_for_nothing(void **state)
{
	struct ota_matrix *matrix = history(3);
	struct ota_matrix_total total;

	(void)state;
	patch(matrix, 1, 2, 50); /* of 0 there is no patch, and no one has it */
	share(matrix, (const uint64_t[]){0, 1, 1});
	total = total_of(matrix, OTA_MATRIX_SEQUENTIAL, 10);
	assert_true(total.complete);
	assert_int_equal(total.n_patches, 1);
	assert_int_equal(total.worst_bytes, 50);
	assert_int_equal(total.bytes, 5 * 50);
	drop(matrix);
}

static void patch_of_the_same_images_is_kept_once(void **state)
{
	struct ota_matrix *matrix = history(3);
	struct ota_matrix_total total;
	size_t n_patches;
	uint64_t bytes;

	(void)state;
	patch_all(matrix, 40);
	patch(matrix, 0, 2, 40);
	(void)memcpy(matrix->plan.job[1].id, matrix->plan.job[2].id, OTA_MATRIX_ID_SIZE);
	total = total_of(matrix, OTA_MATRIX_LATEST, 3);
	assert_int_equal(total.n_patches, 1);
	assert_int_equal(total.stored, 40);
	assert_int_equal(total.bytes, 80);
	/* And 0 -> 1. */
	assert_int_equal(ota_matrix_count(matrix, &n_patches, &bytes, NULL), OTA_OK);
	assert_int_equal(n_patches, 2);
	assert_int_equal(bytes, 80);
	drop(matrix);
}

static void devices_without_a_route_are_counted_apart(void **state)
{
	struct ota_matrix *matrix = history(3);
	struct ota_matrix_total total;

	(void)state;
	patch(matrix, 1, 2, 50);
	total = total_of(matrix, OTA_MATRIX_SEQUENTIAL, 9);
	assert_false(total.complete);
	assert_string_equal(total.why, "1.0.0 -> 1.1.0 has not been made");
	assert_int_equal(total.unreached, 3);
	assert_int_equal(total.devices, 3);
	assert_int_equal(total.bytes, 150);
	drop(matrix);
}

static void airtime_adds_up_until_it_is_too_long_to_count(void **state)
{
	struct ota_matrix *matrix = history(2);
	struct ota_matrix_total total;
	struct ota_delivery delivery;

	(void)state;
	link_up(matrix, "lorawan");
	judge(matrix, 0, 1, 900, true);
	delivery = deliver(&matrix->plan.parsed_link[0], 900);
	total = total_of(matrix, OTA_MATRIX_LATEST, 20);
	assert_true(total.has_air);
	assert_int_equal(total.airtime_us, 10 * delivery.airtime_us);
	assert_int_equal(total.worst_airtime_us, delivery.airtime_us);
	assert_int_equal(total.worst_duration_us, delivery.duration_us);
	total = total_of(matrix, OTA_MATRIX_LATEST, OTA_MATRIX_DEVICES_MAX);
	assert_true(total.airtime_us == UINT64_MAX);
	drop(matrix);
}

static void bytes_that_cannot_be_counted_are_refused(void **state)
{
	struct ota_matrix *matrix = history(2);
	struct ota_matrix_total total;
	struct ota_diag diag = {.err = OTA_OK};

	(void)state;
	matrix->plan.version[1].len = UINT64_C(1) << 31;
	assert_int_equal(
		ota_matrix_total(matrix, OTA_MATRIX_FULL, OTA_MATRIX_DEVICES_MAX, &total, &diag),
		OTA_E_USAGE);
	assert_string_equal(diag.text, "500000000000 devices: their bytes add up to more than "
				       "9223372036854775807");
	drop(matrix);
}

static void one_version_needs_nothing(void **state)
{
	struct ota_matrix *matrix = history(1);
	struct ota_matrix_stage stages[OTA_MATRIX_STAGES];

	(void)state;
	for (unsigned i = 0; i < OTA_MATRIX_POLICIES; i++) {
		struct ota_matrix_total total = total_of(matrix, (enum ota_matrix_policy)i, 1000);

		assert_true(total.complete);
		assert_int_equal(total.devices, 0);
		assert_int_equal(total.bytes, 0);
	}
	assert_int_equal(ota_matrix_roll_out(matrix, OTA_MATRIX_ALL, 1000, DAY, stages, NULL),
			 OTA_OK);
	assert_int_equal(stages[4].devices, 0);
	drop(matrix);
}

static void sixty_versions_add_up(void **state)
{
	struct ota_matrix *matrix = history(60);
	struct ota_matrix_total total;
	uint64_t sum = 0;

	(void)state;
	patch_all(matrix, 16);
	for (size_t i = 0; i < 59; i++)
		sum += 16 * (59 - i);
	total = total_of(matrix, OTA_MATRIX_ALL, 6000);
	assert_int_equal(total.devices, 5900);
	assert_int_equal(total.bytes, 100 * sum);
	assert_int_equal(total.used, 59);
	assert_int_equal(total.n_patches, 60 * 59 / 2);
	assert_int_equal(total.worst_updates, 1);
	total = total_of(matrix, OTA_MATRIX_SEQUENTIAL, 6000);
	assert_int_equal(total.bytes, 100 * sum);
	assert_int_equal(total.n_patches, 59);
	assert_int_equal(total.worst_updates, 59);
	drop(matrix);
}

/* -- roll-out ---------------------------------------------------------------------------------- */

static struct ota_matrix_stage stage[OTA_MATRIX_STAGES];

static void roll_out(const struct ota_matrix *matrix, uint64_t devices, uint64_t soak_us)
{
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_matrix_total total;
	uint64_t sum = 0;
	uint64_t bytes = 0;

	if (ota_matrix_roll_out(matrix, OTA_MATRIX_LATEST, devices, soak_us, stage, &diag) !=
	    OTA_OK)
		fail_msg("%s", diag.text);
	for (unsigned i = 0; i < OTA_MATRIX_STAGES; i++) {
		sum += stage[i].devices;
		bytes += stage[i].bytes;
	}
	total = total_of(matrix, OTA_MATRIX_LATEST, devices);
	assert_int_equal(sum, total.devices);
	assert_int_equal(bytes, total.bytes);
}

static void stages_hold_their_percents_rounded_up(void **state)
{
	struct ota_matrix *matrix = history(3);
	static const uint64_t want[] = {1, 0, 2, 2, 5};

	(void)state;
	patch_all(matrix, 10);
	roll_out(matrix, 15, DAY); /* 10 get an update */
	for (unsigned i = 0; i < OTA_MATRIX_STAGES; i++)
		assert_int_equal(stage[i].devices, want[i]);
	assert_int_equal(stage[0].percent, 1);
	assert_int_equal(stage[4].percent, 100);
	/* The second has no devices, and nothing to wait for. */
	assert_int_equal(stage[0].done_us, 0);
	assert_int_equal(stage[1].done_us, 0);
	assert_int_equal(stage[2].done_us, DAY);
	assert_int_equal(stage[4].done_us, 3 * DAY);
	roll_out(matrix, 1500, DAY);
	assert_int_equal(stage[0].devices, 10);
	assert_int_equal(stage[1].devices, 90);
	assert_int_equal(stage[2].devices, 150);
	assert_int_equal(stage[3].devices, 250);
	assert_int_equal(stage[4].devices, 500);
	assert_int_equal(stage[0].bytes, 5 * 20 + 5 * 10);
	drop(matrix);
}

static void without_a_link_only_the_waiting_is_known(void **state)
{
	struct ota_matrix *matrix = history(2);

	(void)state;
	patch(matrix, 0, 1, 10);
	roll_out(matrix, 100, DAY);
	for (unsigned i = 0; i < OTA_MATRIX_STAGES; i++) {
		assert_false(stage[i].has_time);
		assert_int_equal(stage[i].sending_us, 0);
		assert_int_equal(stage[i].done_us, i * DAY);
	}
	drop(matrix);
}

/* One gateway, to one device after the other: duty cycle 1 % of all that is on air. */
static void gateway_sends_to_one_device_after_the_other(void **state)
{
	struct ota_matrix *matrix = history(3);
	struct ota_link link;
	uint64_t older, newer;

	(void)state;
	link_up(matrix, "lorawan");
	judge(matrix, 0, 2, 480, true);
	judge(matrix, 1, 2, 96, true);
	link = matrix->plan.parsed_link[0];
	older = deliver(&link, 480).duration_us;
	newer = deliver(&link, 96).duration_us;
	assert_int_equal(older, 10 * UINT64_C(279347200));
	assert_int_equal(newer, 2 * UINT64_C(279347200));
	roll_out(matrix, 300, DAY); /* 100 of each; stages of 2, 18, 30, 50, 100 */
	assert_int_equal(stage[0].sending_us, older + newer);
	assert_int_equal(stage[1].sending_us, 9 * older + 9 * newer);
	assert_int_equal(stage[4].sending_us, 50 * older + 50 * newer);
	assert_int_equal(stage[0].done_us, older + newer);
	assert_int_equal(stage[1].done_us, older + newer + DAY + 9 * (older + newer));
	/* The link's own figure for as many devices. */
	link.devices = 50;
	assert_int_equal(deliver(&link, 480).fleet_us, 50 * older);
	drop(matrix);
}

static void gateways_that_serve_so_many_each_share_the_work(void **state)
{
	struct ota_matrix *matrix = history(2);
	uint64_t one;

	(void)state;
	link_up(matrix, "lorawan,devices=50");
	judge(matrix, 0, 1, 480, true);
	one = deliver(&matrix->plan.parsed_link[0], 480).duration_us;
	assert_int_equal(ota_matrix_gateways(&matrix->plan.parsed_link[0], 200), 4);
	roll_out(matrix, 200, 0); /* 100 get it: stages of 1, 9, 15, 25, 50 */
	assert_int_equal(stage[0].sending_us, one);
	assert_int_equal(stage[1].sending_us, (9 * one + 3) / 4);
	assert_int_equal(stage[4].sending_us, 50 * one / 4);
	drop(matrix);
}

static void multicast_sends_once_for_each_installed_version(void **state)
{
	struct ota_matrix *matrix = history(3);
	uint64_t older, newer;

	(void)state;
	link_up(matrix, "lorawan,multicast=yes");
	judge(matrix, 0, 2, 480, true);
	judge(matrix, 1, 2, 96, true);
	older = deliver(&matrix->plan.parsed_link[0], 480).fleet_us;
	newer = deliver(&matrix->plan.parsed_link[0], 96).fleet_us;
	roll_out(matrix, 3000, 0);
	for (unsigned i = 0; i < OTA_MATRIX_STAGES; i++)
		assert_int_equal(stage[i].sending_us, older + newer);
	drop(matrix);
}

/* Each waits for its own uplinks, all at the same time; the gateway has time enough. */
static void class_a_devices_wait_beside_each_other(void **state)
{
	struct ota_matrix *matrix = history(3);
	uint64_t alone;

	(void)state;
	link_up(matrix, "lorawan,class=a,every=1d");
	judge(matrix, 0, 2, 480, true);
	judge(matrix, 1, 2, 96, true);
	alone = deliver(&matrix->plan.parsed_link[0], 480).duration_us;
	assert_int_equal(alone, 10 * DAY);
	roll_out(matrix, 30, 0);
	assert_int_equal(stage[0].sending_us, alone);
	assert_int_equal(stage[4].sending_us, alone);
	drop(matrix);
}

static void phones_and_cells_send_to_all_at_the_same_time(void **state)
{
	static const char *const links[] = {"nb-iot", "lte-m", "ble"};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct ota_matrix *matrix = history(3);
		uint64_t slowest;

		link_up(matrix, links[i]);
		judge(matrix, 0, 2, 980, true);
		judge(matrix, 1, 2, 96, true);
		slowest = deliver(&matrix->plan.parsed_link[0], 980).duration_us;
		assert_int_equal(ota_matrix_gateways(&matrix->plan.parsed_link[0], 1000), 0);
		roll_out(matrix, 3000, 0);
		assert_int_equal(stage[0].sending_us, slowest);
		assert_int_equal(stage[4].sending_us, slowest);
		assert_int_equal(stage[4].done_us, 5 * slowest);
		drop(matrix);
	}
}

static void steps_of_a_route_are_sent_one_after_the_other(void **state)
{
	struct ota_matrix *matrix = history(3);
	uint64_t one;

	(void)state;
	link_up(matrix, "ble");
	judge(matrix, 0, 1, 300, true);
	judge(matrix, 1, 2, 300, true);
	judge(matrix, 0, 2, 900, true);
	one = deliver(&matrix->plan.parsed_link[0], 300).duration_us;
	assert_int_equal(ota_matrix_roll_out(matrix, OTA_MATRIX_SEQUENTIAL, 3000, 0, stage, NULL),
			 OTA_OK);
	assert_int_equal(stage[0].sending_us, 2 * one);
	drop(matrix);
}

static void times_that_are_too_long_are_not_known(void **state)
{
	struct ota_matrix *matrix = history(2);

	(void)state;
	link_up(matrix, "lorawan");
	judge(matrix, 0, 1, 900, true);
	roll_out(matrix, OTA_MATRIX_DEVICES_MAX / 20, DAY);
	assert_true(stage[0].has_time);
	assert_false(stage[4].has_time);
	assert_int_equal(stage[4].sending_us, 0);
	drop(matrix);
}

/* Shares and numbers of devices of all kinds: nothing is lost, and nothing comes twice. */
static void every_fleet_adds_up(void **state)
{
	struct ota_matrix *matrix = history(7);
	uint64_t seed = 1;

	(void)state;
	patch_all(matrix, 10);
	for (unsigned run = 0; run < 300; run++) {
		uint64_t fleet[7];
		uint64_t got[7];
		uint64_t sum = 0;
		uint64_t devices;

		for (size_t i = 0; i < 7; i++) {
			seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407U;
			fleet[i] = seed >> (run % 2 ? 4 : 58);
		}
		fleet[3] |= 1;
		devices = (seed >> 20) % 5000;
		share(matrix, fleet);
		assert_int_equal(ota_matrix_devices(&matrix->plan, devices, got, NULL), OTA_OK);
		for (size_t i = 0; i < 7; i++)
			sum += got[i];
		assert_int_equal(sum, devices);
		roll_out(matrix, devices, 0);
	}
	drop(matrix);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_policy_takes_its_own_way),
		cmocka_unit_test(newest_version_has_nothing_to_do),
		cmocka_unit_test(straight_is_kept_when_two_steps_cost_as_much),
		cmocka_unit_test(older_version_between_is_taken_of_equals),
		cmocka_unit_test(image_is_sent_whole_when_a_patch_is_no_smaller),
		cmocka_unit_test(step_over_a_small_image_may_be_sent_whole),
		cmocka_unit_test(missing_patch_is_the_whole_image_but_no_sequence),
		cmocka_unit_test(pair_that_is_not_planned_breaks_the_sequence),
		cmocka_unit_test(patch_that_does_not_fit_is_not_sent),
		cmocka_unit_test(large_patch_is_sent_where_the_whole_image_does_not_fit),
		cmocka_unit_test(reason_is_told_to_its_end_whatever_the_names),
		cmocka_unit_test(plan_says_whether_the_newest_image_fits_whole),
		cmocka_unit_test(whole_image_that_no_one_judged_does_not_fit_a_target),
		cmocka_unit_test(way_over_another_version_is_found_where_none_is_straight),
		cmocka_unit_test(gateways_patch_is_worth_it_by_what_the_gateway_gets),
		cmocka_unit_test(chain_of_patches_is_better_than_the_whole_image),
		cmocka_unit_test(chain_is_not_taken_where_a_patch_gets_there),
		cmocka_unit_test(airtime_decides_before_bytes),
		cmocka_unit_test(cost_is_that_of_the_slowest_link),
		cmocka_unit_test(image_that_a_link_cannot_carry_does_not_fit),
		cmocka_unit_test(without_links_nothing_is_known_of_airtime),
		cmocka_unit_test(every_policy_has_a_name),
		cmocka_unit_test(devices_that_do_not_divide_add_up),
		cmocka_unit_test(large_shares_are_exact),
		cmocka_unit_test(shares_that_make_no_sense_are_refused),
		cmocka_unit_test(totals_are_those_done_by_hand),
		cmocka_unit_test(versions_without_a_share_count_for_nothing),
		cmocka_unit_test(patch_of_the_same_images_is_kept_once),
		cmocka_unit_test(devices_without_a_route_are_counted_apart),
		cmocka_unit_test(airtime_adds_up_until_it_is_too_long_to_count),
		cmocka_unit_test(bytes_that_cannot_be_counted_are_refused),
		cmocka_unit_test(one_version_needs_nothing),
		cmocka_unit_test(sixty_versions_add_up),
		cmocka_unit_test(stages_hold_their_percents_rounded_up),
		cmocka_unit_test(without_a_link_only_the_waiting_is_known),
		cmocka_unit_test(gateway_sends_to_one_device_after_the_other),
		cmocka_unit_test(gateways_that_serve_so_many_each_share_the_work),
		cmocka_unit_test(multicast_sends_once_for_each_installed_version),
		cmocka_unit_test(class_a_devices_wait_beside_each_other),
		cmocka_unit_test(phones_and_cells_send_to_all_at_the_same_time),
		cmocka_unit_test(steps_of_a_route_are_sent_one_after_the_other),
		cmocka_unit_test(times_that_are_too_long_are_not_known),
		cmocka_unit_test(every_fleet_adds_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
