// SPDX-License-Identifier: Apache-2.0
/* The report as GitHub's Markdown, for a step summary or a merge request. */
#ifndef CLI_MATRIX_MARKDOWN_H
#define CLI_MATRIX_MARKDOWN_H

#include <ota/buf.h>

#include "matrix_view.h"

/* What a step summary on GitHub takes: 1 MiB, here with room for what else is in it. */
#define MATRIX_MARKDOWN_MAX 1024000U

/*
 * Appends it to `out`, at most MATRIX_MARKDOWN_MAX bytes: what is more is cut at the end of a line,
 * which is said. Says what is wrong (memory).
 */
enum cli_exit matrix_markdown(const struct matrix_view *view, struct ota_buf *out);

#endif
