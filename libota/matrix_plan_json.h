// SPDX-License-Identifier: Apache-2.0
/* What writing and reading plan.json share. */
#ifndef MATRIX_PLAN_JSON_H
#define MATRIX_PLAN_JSON_H

#include <ota/matrix.h>

#define OTA_MATRIX_PLAN_SCHEMA "otatool.matrix-plan/1"

/* SHA-256 of the plan as it is written, but for the digest itself and white space. */
OTA_MUST_CHECK enum ota_err ota_matrix_plan_digest(const struct ota_matrix_plan *plan,
						   struct ota_digest *digest,
						   struct ota_diag *diag);

/* As ota_matrix_plan_target, from plan->target_bases: no file is opened. */
OTA_MUST_CHECK enum ota_err ota_matrix_plan_target_kept(struct ota_matrix_plan *plan,
							struct ota_diag *diag);

#endif
