// SPDX-License-Identifier: Apache-2.0
/* Delivery and the caller's limits: each gives a line, none is passed over in silence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "budgets.h"

static struct ota_link link_of(const char *text)
{
	struct ota_link link;
	struct ota_diag diag = {.err = OTA_OK};

	if (ota_link_parse(text, &link, &diag) != OTA_OK)
		fail_msg("%s", diag.text);
	return link;
}

/* A board that has the memory for anything. */
static struct ota_target board(void)
{
	struct ota_target target = budget_meter();

	target.updater_ram = 131072;
	target.has_patch_place = true;
	target.patch_place = OTA_PATCH_SECONDARY;
	return target;
}

static struct ota_budget send(uint64_t bytes, const struct ota_budget_options *options)
{
	struct ota_target target = board();
	struct budget_case one = budget_patch("otd");
	struct ota_budget budget;

	one.update.sent_len = bytes;
	budget = budget_of(&one.update, &target, *options);
	budget_patch_free(&one);
	return budget;
}

static void what_is_sent_is_held_against_the_callers_limit(void **state)
{
	struct ota_budget_options options = {.has_max_patch = true, .max_patch = 4999};
	struct ota_budget budget = send(5000, &options);
	const struct ota_budget_line *line = budget_line(&budget, "update, as sent");

	(void)state;
	assert_false(budget.fits);
	assert_true(line->gate && line->limited && !line->fits);
	assert_int_equal(line->needs, 5000);
	assert_int_equal(line->has, 4999);
	assert_true(budget_offers(&budget, "an update of at most 4,999 bytes"));
	options.max_patch = 5000;
	assert_true(send(5000, &options).fits);
	options.max_patch = 5001;
	assert_true(send(5000, &options).fits);
	options.has_max_patch = false;
	budget = send(5000, &options);
	assert_false(budget_line(&budget, "update, as sent")->limited);
}

static void a_bare_patch_travels_as_it_is(void **state)
{
	struct ota_target target = board();
	struct budget_case one = budget_patch("otd");
	struct ota_budget budget =
		budget_of(&one.update, &target, (struct ota_budget_options){.ram = 0});

	(void)state;
	assert_int_equal(budget_line(&budget, "update, as sent")->needs, one.patch.len);
	assert_int_equal(budget.received_len, one.patch.len);
	budget_patch_free(&one);
}

/* SF12: 48 bytes in 51, 2,793.472 ms each; 200 KiB in 4,267. */
static void lorawan_is_counted_in_packets_airtime_and_delivery(void **state)
{
	struct ota_link link = link_of("lorawan,name=field,region=eu868,dr=0,redundancy=0%");
	struct ota_budget_options options = {.links = &link, .n_links = 1};
	struct ota_budget budget = send(UINT64_C(200) * 1024, &options);

	(void)state;
	assert_int_equal(budget.n_links, 1);
	assert_int_equal(budget_line(&budget, "packets, field")->needs, 4267);
	assert_int_equal(budget_line(&budget, "packets, field")->unit, OTA_UNIT_PACKETS);
	assert_int_equal(budget_line(&budget, "airtime, field")->needs, UINT64_C(4267) * 2793472);
	assert_int_equal(budget_line(&budget, "delivery, field")->needs,
			 UINT64_C(4267) * 2793472 * 100);
	assert_false(budget_line(&budget, "delivery, field")->limited);
	assert_true(budget.delivery[0].n_assumptions > 0);
}

static void limits_of_time_are_exact_and_for_every_link(void **state)
{
	struct ota_link links[2] = {link_of("lorawan,region=eu868,dr=0,redundancy=0%"),
				    link_of("lorawan,name=fast,region=eu868,dr=5,redundancy=0%")};
	struct ota_budget_options options = {.links = links, .n_links = 2};
	uint64_t airtime = UINT64_C(63) * 2793472;
	struct ota_budget budget;

	(void)state;
	options.has_max_airtime = true;
	options.max_airtime_us = airtime - 1;
	budget = send(3000, &options);
	assert_int_equal(budget_line(&budget, "airtime, lorawan")->needs, airtime);
	assert_false(budget_line(&budget, "airtime, lorawan")->fits || budget.fits);
	assert_true(budget_line(&budget, "airtime, fast")->gate);
	assert_true(budget_line(&budget, "airtime, fast")->fits);
	assert_true(budget_offers(&budget, "data rate DR1 on lorawan: "));
	assert_true(budget_offers(&budget, "send at most 2,976 bytes, 24 less"));
	options.max_airtime_us = airtime;
	assert_true(send(3000, &options).fits);
	options.max_airtime_us = airtime + 1;
	assert_true(send(3000, &options).fits);
	options.has_max_airtime = false;
	options.has_max_delivery = true;
	options.max_delivery_us = airtime * 100 - 1;
	budget = send(3000, &options);
	assert_false(budget_line(&budget, "delivery, lorawan")->fits || budget.fits);
	assert_true(budget_offers(&budget, "the 10 % band, 869.4 to 869.65 MHz, on lorawan"));
	options.max_delivery_us++;
	assert_true(send(3000, &options).fits);
}

static void a_limit_of_time_without_a_link_is_a_usage_error(void **state)
{
	struct ota_target target = board();
	struct ota_update update = budget_image(1000, 1000);
	struct ota_budget_options options = {.has_max_airtime = true, .max_airtime_us = 1};
	struct ota_budget budget;
	struct ota_diag diag = {.err = OTA_OK};

	(void)state;
	assert_int_equal(ota_budget_check(&update, &target, &options, &budget, &diag), OTA_E_USAGE);
	assert_string_equal(diag.text,
			    "a limit of airtime needs a link, water-meter-l476 has none");
	diag = (struct ota_diag){.err = OTA_OK};
	options = (struct ota_budget_options){.has_max_delivery = true};
	assert_int_equal(ota_budget_check(&update, &target, &options, &budget, &diag), OTA_E_USAGE);
	assert_non_null(strstr(diag.text, "a limit of delivery time needs a link"));
}

static void the_callers_links_take_the_place_of_the_profiles(void **state)
{
	struct ota_target target = board();
	struct ota_update update = budget_image(1000, 1000);
	struct ota_link link = link_of("ble,name=phone");
	struct ota_budget_options options = {.ram = 0};
	struct ota_budget budget;

	(void)state;
	target.link[0] = link_of("nb-iot");
	target.n_links = 1;
	budget = budget_of(&update, &target, options);
	assert_true(budget_has_line(&budget, "delivery, nb-iot"));
	options.links = &link;
	options.n_links = 1;
	budget = budget_of(&update, &target, options);
	assert_false(budget_has_line(&budget, "delivery, nb-iot"));
	assert_true(budget_has_line(&budget, "delivery, phone"));
	/* Bluetooth's time on air is not told, and a limit of it is not passed over. */
	assert_false(budget_has_line(&budget, "airtime, phone"));
	options.has_max_airtime = true;
	budget = budget_of(&update, &target, options);
	assert_string_equal(budget_line(&budget, "airtime, phone")->note,
			    "ble has no airtime that is known");
	/* The caller may also say that there is none. */
	options = (struct ota_budget_options){.links = &link, .n_links = 0};
	budget = budget_of(&update, &target, options);
	assert_int_equal(budget.n_links, 0);
}

static void what_the_gateway_makes_travels_whole(void **state)
{
	struct ota_target target = board();
	struct budget_case one = budget_patch("bsdiff");
	struct ota_link link = link_of("nb-iot");
	struct ota_budget_options options = {.links = &link, .n_links = 1};
	struct ota_budget budget;
	struct ota_delivery whole;

	(void)state;
	one.update.new_len = 200000;
	one.update.sent_len = 5000;
	budget = budget_of(&one.update, &target, options);
	assert_int_equal(budget.applier, OTA_APPLIED_BY_GATEWAY);
	assert_int_equal(budget.received_len, 200000);
	assert_int_equal(ota_link_deliver(&link, 200000, &whole, NULL), OTA_OK);
	assert_int_equal(budget_line(&budget, "delivery, nb-iot")->needs, whole.duration_us);
	assert_non_null(strstr(budget_line(&budget, "delivery, nb-iot")->note,
			       "from the gateway, the whole new image"));
	assert_int_equal(budget_line(&budget, "update, as sent")->needs, 5000);
	budget_patch_free(&one);
}

/* TS004 counts to 16,383: 48 bytes each are 786,384. */
static void more_fragments_than_can_be_counted_are_a_no(void **state)
{
	struct ota_link link = link_of("lorawan,region=eu868,dr=0,redundancy=0%");
	struct ota_budget_options options = {.links = &link,
					     .n_links = 1,
					     .has_max_airtime = true,
					     .max_airtime_us = UINT64_MAX,
					     .has_max_delivery = true,
					     .max_delivery_us = UINT64_MAX};
	struct ota_target target = board();
	struct ota_update update = budget_image(1000, 786385);
	struct ota_budget budget;

	(void)state;
	target.layout.mode = OTA_MODE_SINGLE_SLOT;
	assert_int_equal(ota_sectors_parse("1000*2048", &target.layout.primary, NULL), OTA_OK);
	budget = budget_of(&update, &target, options);
	assert_false(budget.fits);
	assert_int_equal(budget_finding(&budget, "link-cannot-carry")->severity,
			 OTA_SEVERITY_FAILURE);
	assert_false(budget_line(&budget, "airtime, lorawan")->fits);
	assert_false(budget_line(&budget, "delivery, lorawan")->fits);
	assert_true(budget_offers(&budget, "data rate DR3 on lorawan"));
}

static void four_links_and_every_limit_fit_the_table(void **state)
{
	struct ota_link links[OTA_LINKS_MAX] = {link_of("lorawan,region=eu868,dr=0"),
						link_of("nb-iot"), link_of("lte-m"),
						link_of("ble,name=phone-of-the-man-who-reads-it")};
	struct ota_budget_options options = {.links = links,
					     .n_links = OTA_LINKS_MAX,
					     .has_max_patch = true,
					     .has_max_ram = true,
					     .has_max_erases = true,
					     .has_max_airtime = true,
					     .has_max_delivery = true};
	struct ota_budget budget = send(3000, &options);
	unsigned gates = 0;

	(void)state;
	assert_false(budget.fits);
	assert_true(budget.n <= OTA_BUDGET_LINES_MAX);
	for (unsigned i = 0; i < budget.n; i++) {
		gates += budget.line[i].gate;
		if (budget.line[i].gate && budget.line[i].needs > 0)
			assert_false(budget.line[i].fits);
	}
	assert_int_equal(gates, 3 + 2 * OTA_LINKS_MAX);
	assert_true(budget.n_remedies <= OTA_REMEDIES_MAX);
}

/*
 * 9,629 fragments of 47 bytes are 3 more than the slot has before its trailer, though the image
 * fits. Nothing was said of a way out.
 */
static void whole_fragments_must_fit_in_the_slot_too(void **state)
{
	struct ota_target target = board();
	struct ota_update update = {.old_len = 1000, .new_len = 452536};
	struct ota_link link = link_of("lorawan,region=eu868,dr=0,fragment=47");
	struct ota_budget_options options = {.links = &link, .n_links = 1};
	struct ota_budget budget = budget_of(&update, &target, options);
	const struct ota_budget_line *line = budget_line(&budget, "whole fragments in the slot");

	(void)state;
	assert_true(budget_line(&budget, "new image in the slots")->fits);
	assert_int_equal(line->needs, 9629 * 47);
	assert_int_equal(line->has, 458752 - 6192);
	assert_false(line->fits);
	assert_string_equal(budget.remedy, "shrink the new image by 20 bytes");
	update.new_len -= 20;
	assert_true(budget_of(&update, &target, options).fits);
	update.new_len++;
	assert_false(budget_of(&update, &target, options).fits);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_sent_is_held_against_the_callers_limit),
		cmocka_unit_test(a_bare_patch_travels_as_it_is),
		cmocka_unit_test(lorawan_is_counted_in_packets_airtime_and_delivery),
		cmocka_unit_test(limits_of_time_are_exact_and_for_every_link),
		cmocka_unit_test(a_limit_of_time_without_a_link_is_a_usage_error),
		cmocka_unit_test(the_callers_links_take_the_place_of_the_profiles),
		cmocka_unit_test(what_the_gateway_makes_travels_whole),
		cmocka_unit_test(more_fragments_than_can_be_counted_are_a_no),
		cmocka_unit_test(four_links_and_every_limit_fit_the_table),
		cmocka_unit_test(whole_fragments_must_fit_in_the_slot_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
