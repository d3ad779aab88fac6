// SPDX-License-Identifier: Apache-2.0
/* The report for machines: "otatool.matrix-report/1". */
#ifndef CLI_MATRIX_REPORT_JSON_H
#define CLI_MATRIX_REPORT_JSON_H

#include "matrix_view.h"

/* On standard output. */
enum cli_exit matrix_print_json(const struct matrix_view *view);

#endif
