// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <stdlib.h>

#include <ota/digest.h>
#include <ota/file.h>
#include <ota/matrix_merge.h>

#include "matrix_store.h"

#define INDEX_MAX  0x40000000U /* bytes; 100,000 patches take a tenth of this */
#define RESULT_MAX 0x10000U    /* bytes */

/* One merge while it is done. */
struct merging {
	const struct ota_matrix_merge *merge;
	struct ota_matrix_merged *merged;
	struct matrix_store store; /* of the folder that is written */
	unsigned serial;
	struct ota_diag *diag;
};

/* -- files ------------------------------------------------------------------------------------- */

/* Is that file there with these very bytes? */
static bool is_there(const struct merging *merging, const char *name, struct ota_span bytes)
{
	char *path = ota_file_join(merging->store.folder, name);
	struct ota_file_map map = {.bytes = {NULL, 0}};
	bool same;

	/* What cannot be read is written again, and says then what is wrong. */
	same = path && ota_file_kind_of(path) == OTA_FILE_REGULAR &&
	       ota_file_map(path, &map, NULL) == OTA_OK && map.bytes.len == bytes.len &&
	       memcmp(map.bytes.data, bytes.data, bytes.len) == 0;
	ota_file_unmap(&map);
	free(path);
	return same;
}

/* In place, but not yet safe from a power cut. */
static enum ota_err put(struct merging *merging, const char *name, struct ota_span bytes)
{
	enum ota_err err;

	if (is_there(merging, name, bytes))
		return OTA_OK;
	err = ota_matrix_store_write(&merging->store, name, merging->serial++, bytes,
				     merging->diag);
	if (err == OTA_OK)
		merging->merged->n_copied++;
	return err;
}

static enum ota_err put_safely(struct merging *merging, const char *name, struct ota_span bytes)
{
	enum ota_err err = put(merging, name, bytes);

	if (err == OTA_OK)
		err = ota_matrix_store_sync(&merging->store, name, merging->diag);
	return err;
}

/* -- jobs -------------------------------------------------------------------------------------- */

static enum ota_err read_patch(const struct merging *merging, const char *folder, const char *name,
			       const struct ota_matrix_result *result, struct ota_buf *bytes)
{
	struct ota_diag why = {.err = OTA_OK};
	struct ota_digest digest;
	char *path = ota_file_join(folder, name);
	enum ota_err err;

	if (!path)
		return ota_fail(merging->diag, OTA_E_MEMORY, "out of memory");
	err = ota_file_read(path, bytes, &why);
	if (err == OTA_OK)
		err = ota_digest_of(OTA_HASH_SHA256, ota_buf_span(bytes), &digest, &why);
	/* It was looked at a moment ago. */
	if (err == OTA_OK && memcmp(digest.data, result->sha256, sizeof(result->sha256)) != 0)
		err = ota_fail(&why, OTA_E_IO, "has changed while it was read");
	if (err != OTA_OK)
		err = ota_fail(merging->diag, err, "%s: %s", name, why.text);
	free(path);
	return err;
}

static enum ota_err copy_patch(struct merging *merging, size_t job)
{
	const struct ota_matrix *matrix = &merging->merged->matrix;
	const struct ota_matrix_result *result = &matrix->result[job];
	struct ota_buf bytes = ota_buf_init((size_t)result->sent_len);
	char name[OTA_MATRIX_PATH_MAX];
	enum ota_err err;

	(void)ota_matrix_patch_name(&matrix->plan, result, name);
	err = read_patch(merging, merging->merge->folders[matrix->folder[job]], name, result,
			 &bytes);
	if (err == OTA_OK)
		err = put(merging, name, ota_buf_span(&bytes));
	ota_buf_free(&bytes);
	return err;
}

static enum ota_err copy_result(struct merging *merging, size_t job)
{
	struct ota_buf text = ota_buf_init(RESULT_MAX);
	char name[OTA_MATRIX_PATH_MAX];
	const struct ota_matrix_result *result = &merging->merged->matrix.result[job];
	enum ota_err err = ota_matrix_result_write(result, &text, merging->diag);

	if (err == OTA_OK)
		err = put(merging, ota_matrix_result_name(result->id, name), ota_buf_span(&text));
	ota_buf_free(&text);
	return err;
}

static enum ota_err sync_job(struct merging *merging, size_t job, bool patch)
{
	const struct ota_matrix *matrix = &merging->merged->matrix;
	const struct ota_matrix_result *result = &matrix->result[job];
	char name[OTA_MATRIX_PATH_MAX];

	(void)(patch ? ota_matrix_patch_name(&matrix->plan, result, name)
		     : ota_matrix_result_name(result->id, name));
	return ota_matrix_store_sync(&merging->store, name, merging->diag);
}

/*
 * Patches or results. Each is synced after the last is written: the first sync takes most of them
 * along, and the others cost little.
 */
static enum ota_err copy_jobs(struct merging *merging, bool patches)
{
	const struct ota_matrix *matrix = &merging->merged->matrix;
	size_t before = merging->merged->n_copied;
	enum ota_err err = OTA_OK;

	for (size_t i = 0; i < matrix->plan.n_jobs && err == OTA_OK; i++) {
		if (matrix->has[i] && !patches)
			err = copy_result(merging, i);
		else if (matrix->has[i] && matrix->result[i].made)
			err = copy_patch(merging, i);
	}
	if (merging->merged->n_copied == before)
		return err;
	for (size_t i = 0; i < matrix->plan.n_jobs && err == OTA_OK; i++) {
		if (matrix->has[i] && (!patches || matrix->result[i].made))
			err = sync_job(merging, i, patches);
	}
	if (err == OTA_OK)
		err = ota_matrix_store_sync(&merging->store,
					    patches ? OTA_MATRIX_PATCHES : OTA_MATRIX_RESULTS,
					    merging->diag);
	return err;
}

/* -- the folder -------------------------------------------------------------------------------- */

/* The index comes last: a folder that has it had all that it tells of. */
static enum ota_err write_index(struct merging *merging)
{
	const struct ota_matrix *matrix = &merging->merged->matrix;
	struct ota_buf index = ota_buf_init(INDEX_MAX);
	struct ota_buf sums = ota_buf_init(INDEX_MAX);
	enum ota_err err = ota_matrix_index_write(matrix, &index, merging->diag);

	if (err == OTA_OK)
		err = ota_matrix_sums_write(matrix, ota_buf_span(&index), &sums, merging->diag);
	if (err == OTA_OK)
		err = put_safely(merging, OTA_MATRIX_INDEX_NAME, ota_buf_span(&index));
	if (err == OTA_OK)
		err = put_safely(merging, OTA_MATRIX_SUMS_NAME, ota_buf_span(&sums));
	if (err == OTA_OK)
		err = ota_matrix_store_sync(&merging->store, "", merging->diag);
	ota_buf_free(&sums);
	ota_buf_free(&index);
	return err;
}

/* Is all there that was written? */
static enum ota_err check_written(const struct merging *merging)
{
	const struct ota_matrix *matrix = &merging->merged->matrix;
	const struct ota_matrix *left = &merging->merged->left;
	size_t lost = 0;

	/* A run of another plan came between: its jobs are not ours. */
	if (!ota_span_equal(ota_buf_span(&left->plan_text), ota_buf_span(&matrix->plan_text)))
		return ota_fail(merging->diag, OTA_E_IO,
				"%.120s: another plan was put there meanwhile",
				merging->merge->out);
	for (size_t i = 0; i < matrix->plan.n_jobs; i++)
		lost += matrix->has[i] && !left->has[i];
	if (lost > 0)
		return ota_fail(merging->diag, OTA_E_IO,
				"%.120s: what was written is not what is there: %zu of %zu jobs "
				"missing",
				merging->merge->out, lost, matrix->plan.n_jobs);
	return OTA_OK;
}

/* Reads back what was written, and what else is there. */
static enum ota_err look_again(struct merging *merging)
{
	struct ota_matrix_merged *merged = merging->merged;
	enum ota_err err;

	err = ota_matrix_load(&merging->merge->out, 1, true, &merged->left, merging->diag);
	if (err == OTA_OK)
		err = check_written(merging);
	merged->has_left = err == OTA_OK;
	return err;
}

static enum ota_err fill_folder(struct merging *merging, const char *folder)
{
	const struct ota_matrix *matrix = &merging->merged->matrix;
	enum ota_err err = ota_matrix_store_open(folder, &merging->store, merging->diag);

	/* A result is there only when its patch is: the rule that a run keeps, in a power cut too.
	 */
	if (err == OTA_OK && merging->merge->out)
		err = copy_jobs(merging, true);
	if (err == OTA_OK && merging->merge->out)
		err = copy_jobs(merging, false);
	if (err == OTA_OK && merging->merge->out)
		err = put_safely(merging, OTA_MATRIX_PLAN_NAME, ota_buf_span(&matrix->plan_text));
	if (err == OTA_OK)
		err = write_index(merging);
	ota_matrix_store_close(&merging->store);
	return err;
}

static enum ota_err write_folder(struct merging *merging)
{
	const char *out = merging->merge->out;
	const char *folder = out ? out : merging->merge->folders[0];
	struct ota_diag *diag = merging->diag;
	struct ota_diag why = {.err = OTA_OK};
	enum ota_err err;

	merging->diag = &why;
	err = fill_folder(merging, folder);
	merging->diag = diag;
	if (err == OTA_OK)
		return out ? look_again(merging) : OTA_OK;
	/* Files are named by their way from the folder, the folder itself not at all. */
	(void)ota_fail(diag, err, "%.120s: %s", folder, why.text);
	if (err == OTA_E_IO)
		ota_hint(diag, "when that is solved, run it again: it goes on");
	return err;
}

/* -- the answer -------------------------------------------------------------------------------- */

static enum ota_err judge(const struct merging *merging)
{
	const struct ota_matrix *matrix = &merging->merged->matrix;
	char damaged[64];

	if (matrix->n_conflicts > 0) {
		(void)ota_fail(merging->diag, OTA_E_REFUSED,
			       "%zu of %zu jobs with different results in different folders, "
			       "nothing is written",
			       matrix->n_conflicts, matrix->plan.n_jobs);
		ota_hint(merging->diag, "they were made by different builds; take one of them "
					"away, or run the plan again into a new folder");
		return OTA_E_REFUSED;
	}
	if (matrix->n_missing > 0 && !merging->merge->partial) {
		(void)snprintf(damaged, sizeof(damaged), " (%zu of them damaged)",
			       matrix->n_damaged);
		(void)ota_fail(merging->diag, OTA_E_REFUSED,
			       "%zu of %zu jobs missing%s, nothing is written", matrix->n_missing,
			       matrix->plan.n_jobs, matrix->n_damaged > 0 ? damaged : "");
		ota_hint(merging->diag, "run the plan again into these folders, finished jobs are "
					"skipped; or --partial goes without");
		return OTA_E_REFUSED;
	}
	return OTA_OK;
}

enum ota_err ota_matrix_merge(const struct ota_matrix_merge *merge,
			      struct ota_matrix_merged *merged, struct ota_diag *diag)
{
	struct merging merging = {.merge = merge, .merged = merged, .diag = diag};
	enum ota_err err;

	*merged = (struct ota_matrix_merged){.written = false};
	if (!merge->out && merge->n_folders > 1)
		return ota_fail(diag, OTA_E_USAGE, "%zu folders are joined into another one",
				merge->n_folders);
	err = ota_matrix_load(merge->folders, merge->n_folders, true, &merged->matrix, diag);
	merged->loaded = err == OTA_OK;
	if (err == OTA_OK)
		err = judge(&merging);
	if (err == OTA_OK)
		err = write_folder(&merging);
	merged->written = err == OTA_OK;
	return err;
}

void ota_matrix_merged_free(struct ota_matrix_merged *merged)
{
	ota_matrix_free(&merged->matrix);
	ota_matrix_free(&merged->left);
	*merged = (struct ota_matrix_merged){.written = false};
}
