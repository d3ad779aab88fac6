// SPDX-License-Identifier: Apache-2.0
/*
 * Joins the folders of a plan's shards into one, and tells an update server what is in it. The
 * files are described in docs/matrix.md.
 */
#ifndef OTA_MATRIX_MERGE_H
#define OTA_MATRIX_MERGE_H

#include <ota/matrix.h>

#ifdef __cplusplus
extern "C" {
#endif

#define OTA_MATRIX_INDEX_NAME "index.json"
#define OTA_MATRIX_SUMS_NAME  "SHA256SUMS"

/*
 * The index as JSON, "otatool.matrix-index/1": for each version what to send to a device that has
 * it, and all that was made. Depends on the plan and the results alone. Appends to `out`.
 * OTA_E_MEMORY.
 */
OTA_API OTA_MUST_CHECK enum ota_err
ota_matrix_index_write(const struct ota_matrix *matrix, struct ota_buf *out, struct ota_diag *diag);

/*
 * What `sha256sum -c` reads: the index, the plan, the results that are there and their patches,
 * sorted by name. Appends to `out`. OTA_E_MEMORY.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_matrix_sums_write(const struct ota_matrix *matrix,
							  struct ota_span index,
							  struct ota_buf *out,
							  struct ota_diag *diag);

struct ota_matrix_merge {
	const char *const *folders; /* of runs of one plan */
	size_t n_folders;
	/* Gets plan, results and patches too; may be one of the folders. NULL: in place, which
	 * needs just one folder. */
	const char *out;
	bool partial; /* missing jobs are fine */
};

struct ota_matrix_merged {
	struct ota_matrix matrix; /* what the folders hold */
	bool loaded;              /* all of it; else `matrix` is of no use */
	bool written;
	size_t n_copied; /* files put into `out`; those that were there already are left alone */
	/* All that is in `out` afterwards, also results that none of the folders has, old ones and
	 * strange files: left where they are. Empty in place. */
	struct ota_matrix left;
	bool has_left;
};

/*
 * Every patch is proven by its digest before anything is written, and `out` is read back
 * afterwards. OTA_E_REFUSED: jobs are missing or damaged, and not `partial`; results of one job
 * differ; different plans: nothing is written then, and `merged` says which. OTA_E_IO: `out`; run
 * again, it goes on. OTA_E_USAGE: several folders and no `out`. Errors also as ota_matrix_load.
 * Fills `merged`, which the caller frees, also after a failure.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_matrix_merge(const struct ota_matrix_merge *merge,
						     struct ota_matrix_merged *merged,
						     struct ota_diag *diag);

OTA_API void ota_matrix_merged_free(struct ota_matrix_merged *merged);

#ifdef __cplusplus
}
#endif
#endif
