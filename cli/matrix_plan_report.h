// SPDX-License-Identifier: Apache-2.0
/* What is said of a plan that was made. */
#ifndef CLI_MATRIX_PLAN_REPORT_H
#define CLI_MATRIX_PLAN_REPORT_H

#include <stdio.h>

#include <ota/matrix.h>

#include "cli.h"

/* The plan in numbers. */
struct plan_numbers {
	size_t n_made; /* patches with an id of their own */
	uint64_t expected_us;
	uint64_t longest_us;  /* of one job */
	uint64_t memory;      /* bytes, of the job that takes most */
	uint64_t image_bytes; /* all versions */
	uint64_t patch_bytes; /* if each patch were as large as its new image */
	unsigned threads;     /* that fit PLAN_MEMORY; 0: not even one */
};

/* Memory that a -j is advised for, in bytes. */
#define PLAN_MEMORY      0x80000000U
#define PLAN_MEMORY_TEXT "2 GiB"

/* CLI_ENVIRONMENT, said: out of memory. Fills `numbers`. */
enum cli_exit plan_count(const struct ota_matrix_plan *plan, struct plan_numbers *numbers);

void plan_print(const struct ota_matrix_plan *plan, const struct plan_numbers *numbers, FILE *out);

/* "otatool.matrix-plan-summary/1"; n_shards 0: nothing is emitted. */
enum cli_exit plan_print_json(const struct ota_matrix_plan *plan,
			      const struct plan_numbers *numbers, const char *path,
			      uint32_t n_shards);

#endif
