// SPDX-License-Identifier: Apache-2.0
/* The report as one HTML file that needs nothing else. */
#ifndef CLI_MATRIX_HTML_H
#define CLI_MATRIX_HTML_H

#include "matrix_view.h"

/* Appends it to `out`. Says what is wrong (memory). */
enum cli_exit matrix_html(const struct matrix_view *view, struct ota_buf *out);

#endif
