// SPDX-License-Identifier: Apache-2.0
/* What the ways to name versions share. */
#ifndef MATRIX_LIST_H
#define MATRIX_LIST_H

#include <ota/matrix_plan.h>

/* Adds a copy of `name` with a copy of `path`. OTA_E_UNSUPPORTED: too many; OTA_E_MEMORY. */
OTA_MUST_CHECK enum ota_err ota_matrix_names_put(struct ota_matrix_names *names,
						 const struct ota_matrix_name *name,
						 const char *path, struct ota_diag *diag);

#endif
