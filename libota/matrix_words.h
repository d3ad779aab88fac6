// SPDX-License-Identifier: Apache-2.0
/* The words of a plan, as options and the plan's file have them. */
#ifndef MATRIX_WORDS_H
#define MATRIX_WORDS_H

#include <ota/matrix.h>

/* "otd/1", or of no format those of all: "bsdiff/0 vcdiff/0 otd/1". */
#define OTA_MATRIX_FORMATS_MAX 128U
OTA_MUST_CHECK enum ota_err ota_matrix_formats_text(const char *format,
						    char text[OTA_MATRIX_FORMATS_MAX],
						    struct ota_diag *diag);

/* As strcmp: major, minor, revision, build. */
int ota_matrix_version_compare(const struct ota_version *a, const struct ota_version *b);

/* Static; never NULL. */
const char *ota_matrix_secondary_word(enum ota_secondary secondary);
const char *ota_matrix_tier_word(enum ota_delta_tier tier);
const char *ota_matrix_arch_word(enum ota_delta_arch arch);
const char *ota_matrix_applier_word(enum ota_applier applier);

/* The policy's word is one that there is; of "last=K" fills `last`, else it becomes 0. */
bool ota_matrix_pairs_read(const char *pairs, size_t *last);

#endif
