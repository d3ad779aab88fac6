// SPDX-License-Identifier: Apache-2.0
/* The report for a terminal. */
#ifndef CLI_MATRIX_TEXT_H
#define CLI_MATRIX_TEXT_H

#include <ota/buf.h>

#include "matrix_view.h"

/* Appends it to `out`. Says what is wrong (memory). */
enum cli_exit matrix_text(const struct matrix_view *view, struct ota_buf *out);

#endif
