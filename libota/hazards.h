// SPDX-License-Identifier: Apache-2.0
/* What a real bootloader does with some layouts and images that no sum shows. */
#ifndef HAZARDS_H
#define HAZARDS_H

#include <stdio.h>

#include <ota/budget.h>

/*
 * Adds a finding for each hazard of the layout and of the images' sizes. `limits` are in `budget`.
 * `layout` may differ from the target's (another scratch area).
 */
void ota_hazards_of_layout(const struct ota_update *update, const struct ota_target *target,
			   const struct ota_flash_layout *layout, struct ota_budget *budget);

/* The same for what lies in the images: TLVs, padding, addresses, header size, dependencies. */
void ota_hazards_of_images(const struct ota_update *update, const struct ota_target *target,
			   const struct ota_budget_options *options, struct ota_budget *budget);

/* Whether what the new image depends on is there. Called by ota_hazards_of_images. */
void ota_hazards_of_dependencies(const struct ota_update *update, const struct ota_target *target,
				 const struct ota_budget_options *options,
				 struct ota_budget *budget);

/* Fills in what a finding says beside its text. `source` is static, or NULL. */
static inline void ota_hazard_because(struct ota_budget_finding *finding, const char *why,
				      const char *remedy, const char *source)
{
	(void)snprintf(finding->why, sizeof(finding->why), "%s", why);
	(void)snprintf(finding->remedy, sizeof(finding->remedy), "%s", remedy);
	finding->source = source;
}

#endif
