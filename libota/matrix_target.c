// SPDX-License-Identifier: Apache-2.0
/* A plan's target: from files when it is planned, from the plan alone when it is read. */
#include <ota/matrix_plan.h>

#include "matrix_plan_json.h"

static enum ota_err select_image(struct ota_matrix_plan *plan, struct ota_diag *diag)
{
	if (plan->image == 0 && plan->target.n_images <= 1)
		return OTA_OK;
	return ota_target_select(&plan->target, plan->image, diag);
}

enum ota_err ota_matrix_plan_target(struct ota_matrix_plan *plan, struct ota_diag *diag)
{
	enum ota_err err =
		ota_target_parse_and_keep(plan->target_name, ota_buf_span(&plan->target_text),
					  &plan->target, &plan->target_bases, diag);

	return err == OTA_OK ? select_image(plan, diag) : err;
}

enum ota_err ota_matrix_plan_target_kept(struct ota_matrix_plan *plan, struct ota_diag *diag)
{
	enum ota_err err =
		ota_target_parse_kept(plan->target_name, ota_buf_span(&plan->target_text),
				      &plan->target_bases, &plan->target, diag);

	return err == OTA_OK ? select_image(plan, diag) : err;
}
