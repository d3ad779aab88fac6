// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "budgets.h"
#include "delta_make_patch.h"
#include "vectors.h"

#define OLD_LEN 2000U
#define NEW_LEN 2100U

struct ota_target budget_meter(void)
{
	struct ota_target target;
	struct ota_diag diag = {.err = OTA_OK};

	if (ota_target_builtin("water-meter-l476", &target, &diag) != OTA_OK)
		fail_msg("%s", diag.text);
	target.n_links = 0;
	return target;
}

struct ota_target budget_board(const char *yaml)
{
	struct ota_target target;
	struct ota_diag diag = {.err = OTA_OK};

	if (ota_target_parse("board", ota_span_of(yaml, strlen(yaml)), &target, &diag) != OTA_OK)
		fail_msg("%s", diag.text);
	return target;
}

struct budget_case budget_patch(const char *format)
{
	uint8_t old_image[OLD_LEN];
	uint8_t new_image[NEW_LEN];
	struct budget_case one = {.patch = ota_buf_init(100000)};
	struct ota_diag diag = {.err = OTA_OK};

	fill_pattern(old_image, sizeof(old_image), 1);
	fill_pattern(new_image, sizeof(new_image), 2);
	memcpy(new_image, old_image, 1500);
	if (delta_make(format, ota_span_of(old_image, sizeof(old_image)),
		       ota_span_of(new_image, sizeof(new_image)), &one.patch, &diag) != OTA_OK ||
	    ota_delta_describe(ota_buf_span(&one.patch), &one.info, &diag) != OTA_OK)
		fail_msg("%s", diag.text);
	one.update = (struct ota_update){.patch = ota_buf_span(&one.patch),
					 .format = format,
					 .old_len = OLD_LEN,
					 .new_len = NEW_LEN};
	return one;
}

void budget_patch_free(struct budget_case *one)
{
	ota_buf_free(&one->patch);
}

struct ota_update budget_image(uint64_t old_len, uint64_t new_len)
{
	return (struct ota_update){.old_len = old_len, .new_len = new_len};
}

struct ota_budget budget_of(const struct ota_update *update, const struct ota_target *target,
			    struct ota_budget_options options)
{
	struct ota_budget budget;
	struct ota_diag diag = {.err = OTA_OK};

	if (ota_budget_check(update, target, &options, &budget, &diag) != OTA_OK)
		fail_msg("%s", diag.text);
	assert_int_equal(budget.fits, budget.remedy[0] == '\0');
	if (!budget.fits)
		assert_string_equal(budget.remedy, budget.remedies[0].text);
	for (unsigned i = 1; i < budget.n_remedies; i++)
		assert_true(budget.remedies[i - 1].cost <= budget.remedies[i].cost);
	return budget;
}

const struct ota_budget_line *budget_line(const struct ota_budget *budget, const char *what)
{
	for (unsigned i = 0; i < budget->n; i++) {
		if (strcmp(budget->line[i].what, what) == 0)
			return &budget->line[i];
	}
	fail_msg("no line \"%s\"", what);
	return NULL;
}

const struct ota_budget_finding *budget_finding(const struct ota_budget *budget, const char *id)
{
	for (unsigned i = 0; i < budget->n_findings; i++) {
		if (strcmp(budget->finding[i].id, id) == 0)
			return &budget->finding[i];
	}
	fail_msg("no finding \"%s\"", id);
	return NULL;
}

bool budget_has_line(const struct ota_budget *budget, const char *what)
{
	for (unsigned i = 0; i < budget->n; i++) {
		if (strcmp(budget->line[i].what, what) == 0)
			return true;
	}
	return false;
}

bool budget_has_finding(const struct ota_budget *budget, const char *id)
{
	for (unsigned i = 0; i < budget->n_findings; i++) {
		if (strcmp(budget->finding[i].id, id) == 0)
			return true;
	}
	return false;
}

bool budget_offers(const struct ota_budget *budget, const char *words)
{
	for (unsigned i = 0; i < budget->n_remedies; i++) {
		if (strstr(budget->remedies[i].text, words))
			return true;
	}
	return false;
}
