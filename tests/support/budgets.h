// SPDX-License-Identifier: Apache-2.0
/* Budgets of boards and small real patches, for tests. What goes wrong fails the test. */
#ifndef BUDGETS_H
#define BUDGETS_H

#include <ota/budget.h>
#include <ota/delta.h>

/* The built-in water meter, without its links: each test brings the one it is about. */
struct ota_target budget_meter(void);

/* The profile in `yaml`. */
struct ota_target budget_board(const char *yaml);

/* Images and patch of a small update; the images' sizes are the caller's to change. */
struct budget_case {
	struct ota_buf patch;
	struct ota_delta_info info;
	struct ota_update update;
};

/* A patch of that format, of 2,000 bytes to 2,100. */
struct budget_case budget_patch(const char *format);
void budget_patch_free(struct budget_case *one);

/* A full image of that size, on a device with one of old_len bytes. */
struct ota_update budget_image(uint64_t old_len, uint64_t new_len);

/* The verdict; also that there is a way out exactly when it does not fit. */
struct ota_budget budget_of(const struct ota_update *update, const struct ota_target *target,
			    struct ota_budget_options options);

/* Of that name; the test fails when there is none. */
const struct ota_budget_line *budget_line(const struct ota_budget *budget, const char *what);
const struct ota_budget_finding *budget_finding(const struct ota_budget *budget, const char *id);

bool budget_has_line(const struct ota_budget *budget, const char *what);
bool budget_has_finding(const struct ota_budget *budget, const char *id);
/* Does one of the ways out contain these words? */
bool budget_offers(const struct ota_budget *budget, const char *words);

#endif
