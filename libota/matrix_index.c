// SPDX-License-Identifier: Apache-2.0
/* What a merge tells the world: index.json and SHA256SUMS. */
#include <stdlib.h>

#include <ota/digest.h>
#include <ota/matrix_merge.h>
#include <ota/matrix_report.h>

#include "json_tools.h"

#define SCHEMA      "otatool.matrix-index/1"
#define DIGEST_SIZE 32U
#define RESULT_MAX  0x10000U /* bytes */

/* One index while it is written. */
struct index {
	struct ota_json_writer *json;
	const struct ota_matrix *matrix;
	struct ota_matrix_leg *legs; /* owned: room for one route */
};

static const struct ota_matrix_version *version_of(const struct index *index, size_t at)
{
	return &index->matrix->plan.version[at];
}

/* What is not known is left out, not said as 0. */
static void put_known(const struct index *index, json_t *object, const char *key, uint64_t value)
{
	if (value > 0)
		ota_json_put_uint(index->json, object, key, value);
}

static void put_pair(const struct index *index, json_t *object, size_t old_at, size_t new_at)
{
	ota_json_put_line(index->json, object, "old", version_of(index, old_at)->name);
	ota_json_put_line(index->json, object, "new", version_of(index, new_at)->name);
}

/* -- deliveries -------------------------------------------------------------------------------- */

static json_t *delivery_json(const struct index *index, const struct ota_matrix_delivery *delivery)
{
	json_t *item = ota_json_new_object(index->json);

	ota_json_put_line(index->json, item, "link", delivery->link);
	ota_json_put_bool(index->json, item, "carries", delivery->carries);
	if (!delivery->carries)
		return item;
	put_known(index, item, "packets", delivery->packets);
	put_known(index, item, "airtime_us", delivery->airtime_us);
	put_known(index, item, "duration_us", delivery->duration_us);
	return item;
}

/* Of a whole image; a patch's are in its result. */
static json_t *whole_deliveries(const struct index *index, uint64_t bytes)
{
	json_t *list = ota_json_new_list(index->json);
	unsigned n;
	const struct ota_link *links = ota_matrix_links(&index->matrix->plan, &n);

	for (unsigned i = 0; i < n; i++) {
		struct ota_matrix_delivery item = {.carries = false};
		struct ota_delivery delivery;

		memcpy(item.link, links[i].name, sizeof(item.link));
		if (ota_link_deliver(&links[i], bytes, &delivery, NULL) == OTA_OK) {
			item.carries = true;
			item.packets = delivery.packets;
			item.airtime_us = delivery.airtime_us;
			item.duration_us = delivery.duration_us;
		}
		ota_json_append(index->json, list, delivery_json(index, &item));
	}
	return list;
}

/* -- what can be sent -------------------------------------------------------------------------- */

/* What the target makes of it. */
static void put_verdict(const struct index *index, json_t *item,
			const struct ota_matrix_result *result)
{
	json_t *list = ota_json_new_list(index->json);

	ota_json_put_bool(index->json, item, "fits", result->fits);
	if (!result->fits)
		ota_json_put_line(index->json, item, "reason", result->reason);
	ota_json_put_line(index->json, item, "applied_by",
			  result->on_device ? "device" : "gateway");
	ota_json_put_uint(index->json, item, "received_bytes", result->received_len);
	for (uint32_t i = 0; i < result->n_deliveries; i++)
		ota_json_append(index->json, list, delivery_json(index, &result->delivery[i]));
	ota_json_put(index->json, item, "deliveries", list);
	put_known(index, item, "erases", result->erases);
	put_known(index, item, "upgrade_us", result->upgrade_us);
}

static json_t *patch_json(const struct index *index, size_t job_at)
{
	const struct ota_matrix_plan *plan = &index->matrix->plan;
	const struct ota_matrix_result *result = &index->matrix->result[job_at];
	char name[OTA_MATRIX_PATH_MAX];
	json_t *item = ota_json_new_object(index->json);

	put_pair(index, item, plan->job[job_at].old_at, plan->job[job_at].new_at);
	ota_json_put_line(index->json, item, "kind", plan->n_keys > 0 ? "delta-update" : "patch");
	ota_json_put_line(index->json, item, "file", ota_matrix_patch_name(plan, result, name));
	ota_json_put_uint(index->json, item, "bytes", result->sent_len);
	ota_json_put_hex(index->json, item, "sha256", ota_span_of(result->sha256, DIGEST_SIZE));
	ota_json_put_line(index->json, item, "format", result->format);
	ota_json_put_line(index->json, item, "how", result->how);
	ota_json_put_uint(index->json, item, "patch_bytes", result->patch_len);
	ota_json_put_uint(index->json, item, "decoder_ram_bytes", result->ram);
	put_known(index, item, "decoder_stack_bytes", result->stack);
	if (result->judged)
		put_verdict(index, item, result);
	return item;
}

/* The new image whole; it is no file of this folder, so it is named as the plan names it. */
static json_t *image_json(const struct index *index, const struct ota_matrix_leg *leg)
{
	const struct ota_matrix_version *version = version_of(index, leg->new_at);
	json_t *item = ota_json_new_object(index->json);

	put_pair(index, item, leg->old_at, leg->new_at);
	ota_json_put_line(index->json, item, "kind", "image");
	ota_json_put_line(index->json, item, "image", version->file);
	ota_json_put_uint(index->json, item, "bytes", version->len);
	ota_json_put_hex(index->json, item, "sha256", ota_span_of(version->sha256, DIGEST_SIZE));
	if (index->matrix->plan.has_target) {
		ota_json_put_uint(index->json, item, "received_bytes", leg->cost.bytes);
		ota_json_put(index->json, item, "deliveries",
			     whole_deliveries(index, version->len));
	}
	return item;
}

/* -- what to send ------------------------------------------------------------------------------ */

static void put_route(const struct index *index, json_t *item, size_t at)
{
	json_t *send = ota_json_new_list(index->json);
	struct ota_matrix_route route;

	ota_matrix_find_route(index->matrix, at, OTA_MATRIX_ALL, &route, index->legs);
	for (size_t i = 0; i < route.n_legs; i++) {
		const struct ota_matrix_leg *leg = &index->legs[i];

		ota_json_append(index->json, send,
				leg->is_full ? image_json(index, leg)
					     : patch_json(index, leg->job));
	}
	ota_json_put(index->json, item, "send", send);
	if (!route.found) {
		ota_json_put_line(index->json, item, "reason", route.why);
		return;
	}
	ota_json_put_uint(index->json, item, "received_bytes", route.cost.bytes);
	put_known(index, item, "airtime_us", route.cost.airtime_us);
	put_known(index, item, "duration_us", route.cost.duration_us);
}

static json_t *version_json(const struct index *index, size_t at)
{
	const struct ota_matrix_version *version = version_of(index, at);
	char text[OTA_MATRIX_VERSION_TEXT_MAX];
	json_t *item = ota_json_new_object(index->json);

	ota_json_put_line(index->json, item, "name", version->name);
	if (version->has_version)
		ota_json_put_line(index->json, item, "version",
				  ota_matrix_version_text(&version->version, text));
	ota_json_put_line(index->json, item, "image", version->file);
	ota_json_put_uint(index->json, item, "bytes", version->len);
	ota_json_put_hex(index->json, item, "sha256", ota_span_of(version->sha256, DIGEST_SIZE));
	if (index->matrix->plan.has_fleet)
		ota_json_put_uint(index->json, item, "fleet", version->fleet);
	put_route(index, item, at);
	return item;
}

/* -- the lists --------------------------------------------------------------------------------- */

static json_t *versions_json(const struct index *index)
{
	json_t *list = ota_json_new_list(index->json);

	for (size_t i = 0; i < index->matrix->plan.n_versions; i++)
		ota_json_append(index->json, list, version_json(index, i));
	return list;
}

static json_t *patches_json(const struct index *index)
{
	json_t *list = ota_json_new_list(index->json);

	for (size_t i = 0; i < index->matrix->plan.n_jobs; i++) {
		if (index->matrix->has[i] && index->matrix->result[i].made)
			ota_json_append(index->json, list, patch_json(index, i));
	}
	return list;
}

/* Pairs for which no patch was made, and why. */
static json_t *unfit_json(const struct index *index)
{
	json_t *list = ota_json_new_list(index->json);

	for (size_t i = 0; i < index->matrix->plan.n_jobs; i++) {
		const struct ota_matrix_result *result = &index->matrix->result[i];
		json_t *item;

		if (!index->matrix->has[i] || result->made)
			continue;
		item = ota_json_new_object(index->json);
		put_pair(index, item, index->matrix->plan.job[i].old_at,
			 index->matrix->plan.job[i].new_at);
		ota_json_put_line(index->json, item, "reason", result->reason);
		if (result->remedy[0])
			ota_json_put_line(index->json, item, "remedy", result->remedy);
		ota_json_append(index->json, list, item);
	}
	return list;
}

static json_t *missing_json(const struct index *index)
{
	json_t *list = ota_json_new_list(index->json);

	for (size_t i = 0; i < index->matrix->plan.n_jobs; i++) {
		const struct ota_matrix_job *job = &index->matrix->plan.job[i];
		json_t *item;

		if (index->matrix->has[i])
			continue;
		item = ota_json_new_object(index->json);
		put_pair(index, item, job->old_at, job->new_at);
		ota_json_put_line(index->json, item, "id", job->id);
		ota_json_append(index->json, list, item);
	}
	return list;
}

/* -- the index --------------------------------------------------------------------------------- */

/* Who it is for: a server checks both before it offers anything. */
static void put_plan(const struct index *index, json_t *root, const struct ota_digest *digest)
{
	const struct ota_matrix_plan *plan = &index->matrix->plan;
	json_t *keys = ota_json_new_list(index->json);
	json_t *target;

	ota_json_put_hex(index->json, root, "plan_sha256", ota_digest_span(digest));
	for (uint32_t i = 0; i < plan->n_keys; i++) {
		json_t *key = ota_json_new_object(index->json);

		ota_json_put_hex(index->json, key, "id", ota_digest_span(&plan->key_id[i]));
		ota_json_append(index->json, keys, key);
	}
	ota_json_put(index->json, root, "keys", keys);
	if (!plan->has_target)
		return;
	target = ota_json_new_object(index->json);
	ota_json_put_line(index->json, target, "name", plan->target.name);
	ota_json_put_uint(index->json, target, "image", plan->image);
	ota_json_put(index->json, root, "target", target);
}

static json_t *index_json(const struct index *index, const struct ota_digest *plan_digest)
{
	const struct ota_matrix_plan *plan = &index->matrix->plan;
	json_t *root = ota_json_new_object(index->json);

	ota_json_put_line(index->json, root, "schema", SCHEMA);
	ota_json_put_bool(index->json, root, "complete", index->matrix->n_missing == 0);
	put_plan(index, root, plan_digest);
	if (plan->n_versions > 0)
		ota_json_put_line(index->json, root, "newest",
				  version_of(index, plan->n_versions - 1)->name);
	ota_json_put(index->json, root, "versions", versions_json(index));
	ota_json_put(index->json, root, "patches", patches_json(index));
	ota_json_put(index->json, root, "unfit", unfit_json(index));
	ota_json_put(index->json, root, "missing", missing_json(index));
	return root;
}

enum ota_err ota_matrix_index_write(const struct ota_matrix *matrix, struct ota_buf *out,
				    struct ota_diag *diag)
{
	struct ota_json_writer json = {.failed = false};
	struct index index = {.json = &json, .matrix = matrix};
	struct ota_digest plan_digest;
	enum ota_err err;

	index.legs = calloc(matrix->plan.n_versions + 1, sizeof(*index.legs));
	if (!index.legs)
		return ota_fail(diag, OTA_E_MEMORY, "out of memory");
	err = ota_digest_of(OTA_HASH_SHA256, ota_buf_span(&matrix->plan_text), &plan_digest, diag);
	if (err == OTA_OK)
		err = ota_json_finish(&json, index_json(&index, &plan_digest), out, diag);
	free(index.legs);
	return err;
}

/* -- SHA256SUMS -------------------------------------------------------------------------------- */

/* One file and its digest. */
struct sum {
	char name[OTA_MATRIX_PATH_MAX];
	uint8_t sha256[DIGEST_SIZE];
};

static int compare_sums(const void *a, const void *b)
{
	return strcmp(((const struct sum *)a)->name, ((const struct sum *)b)->name);
}

static enum ota_err sum_bytes(struct sum *sum, struct ota_span bytes, struct ota_diag *diag)
{
	struct ota_digest digest;
	enum ota_err err = ota_digest_of(OTA_HASH_SHA256, bytes, &digest, diag);

	if (err == OTA_OK)
		memcpy(sum->sha256, digest.data, sizeof(sum->sha256));
	return err;
}

/* A result's file is what it is when written again. */
static enum ota_err sum_result(struct sum *sum, const struct ota_matrix_result *result,
			       struct ota_diag *diag)
{
	struct ota_buf text = ota_buf_init(RESULT_MAX);
	enum ota_err err = ota_matrix_result_write(result, &text, diag);

	(void)ota_matrix_result_name(result->id, sum->name);
	if (err == OTA_OK)
		err = sum_bytes(sum, ota_buf_span(&text), diag);
	ota_buf_free(&text);
	return err;
}

/* Fills what there is of the jobs. */
static enum ota_err sum_jobs(const struct ota_matrix *matrix, struct sum *sums, size_t *n,
			     struct ota_diag *diag)
{
	enum ota_err err = OTA_OK;

	for (size_t i = 0; i < matrix->plan.n_jobs && err == OTA_OK; i++) {
		const struct ota_matrix_result *result = &matrix->result[i];

		if (!matrix->has[i])
			continue;
		err = sum_result(&sums[(*n)++], result, diag);
		if (!result->made)
			continue;
		(void)ota_matrix_patch_name(&matrix->plan, result, sums[*n].name);
		memcpy(sums[*n].sha256, result->sha256, DIGEST_SIZE);
		(*n)++;
	}
	return err;
}

static enum ota_err put_sum(const struct sum *sum, struct ota_buf *out, struct ota_diag *diag)
{
	static const char digits[] = "0123456789abcdef";
	char line[2 * DIGEST_SIZE + OTA_MATRIX_PATH_MAX + 3];
	size_t len = strlen(sum->name);
	char *at = line;

	for (size_t i = 0; i < DIGEST_SIZE; i++) {
		*at++ = digits[sum->sha256[i] >> 4];
		*at++ = digits[sum->sha256[i] & 0x0f];
	}
	*at++ = ' ';
	*at++ = ' ';
	memcpy(at, sum->name, len);
	at[len] = '\n';
	return ota_buf_append(out, ota_span_of(line, 2 * DIGEST_SIZE + 2 + len + 1), diag);
}

enum ota_err ota_matrix_sums_write(const struct ota_matrix *matrix, struct ota_span index,
				   struct ota_buf *out, struct ota_diag *diag)
{
	struct sum *sums = calloc(2 * matrix->plan.n_jobs + 2, sizeof(*sums));
	size_t n = 2;
	enum ota_err err;

	if (!sums)
		return ota_fail(diag, OTA_E_MEMORY, "out of memory");
	memcpy(sums[0].name, OTA_MATRIX_INDEX_NAME, sizeof(OTA_MATRIX_INDEX_NAME));
	memcpy(sums[1].name, OTA_MATRIX_PLAN_NAME, sizeof(OTA_MATRIX_PLAN_NAME));
	err = sum_bytes(&sums[0], index, diag);
	if (err == OTA_OK)
		err = sum_bytes(&sums[1], ota_buf_span(&matrix->plan_text), diag);
	if (err == OTA_OK)
		err = sum_jobs(matrix, sums, &n, diag);
	if (err == OTA_OK)
		qsort(sums, n, sizeof(*sums), compare_sums);
	for (size_t i = 0; i < n && err == OTA_OK; i++) {
		/* Two jobs of the same images share their files. */
		if (i == 0 || strcmp(sums[i].name, sums[i - 1].name) != 0)
			err = put_sum(&sums[i], out, diag);
	}
	free(sums);
	return err;
}
