// SPDX-License-Identifier: Apache-2.0
/* What a policy asks of the whole fleet. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <ota/matrix_report.h>

#include "matrix_share.h"

/* -- devices ----------------------------------------------------------------------------------- */

/*
 * amount * weight / sum, rounded down, bit by bit: the product may have 126 bits. Fills what is
 * left over, which is less than `sum`.
 */
static uint64_t part_of(uint64_t amount, uint64_t weight, uint64_t sum, uint64_t *rest)
{
	uint64_t whole = 0;

	*rest = 0;
	for (unsigned bit = 63; bit-- > 0;) {
		whole *= 2;
		*rest *= 2;
		if (*rest >= sum) {
			*rest -= sum;
			whole++;
		}
		if ((amount >> bit & 1U) == 0)
			continue;
		*rest += weight;
		if (*rest >= sum) {
			*rest -= sum;
			whole++;
		}
	}
	return whole;
}

void ota_matrix_share_out(uint64_t amount, const uint64_t *weight, size_t n, uint64_t *part,
			  uint64_t *remainder)
{
	uint64_t sum = 0;
	uint64_t left = amount;

	for (size_t i = 0; i < n; i++)
		sum += weight[i];
	for (size_t i = 0; i < n; i++) {
		part[i] = part_of(amount, weight[i], sum, &remainder[i]);
		left -= part[i];
	}
	/* Remainders add up to `left` times the sum, so there are more than `left` that are not 0.
	 */
	for (; left > 0; left--) {
		size_t most = 0;

		for (size_t i = 1; i < n; i++) {
			if (remainder[i] > remainder[most])
				most = i;
		}
		part[most]++;
		remainder[most] = 0;
	}
}

/* Shares as weights; alike when none was given. */
static enum ota_err read_weights(const struct ota_matrix_plan *plan, uint64_t *weight,
				 struct ota_diag *diag)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < plan->n_versions; i++) {
		weight[i] = plan->has_fleet ? plan->version[i].fleet : 1;
		if (weight[i] > INT64_MAX - sum)
			return ota_fail(diag, OTA_E_UNSUPPORTED,
					"the fleet's shares add up to more than %" PRId64,
					INT64_MAX);
		sum += weight[i];
	}
	if (sum == 0 && plan->n_versions > 0)
		return ota_fail(diag, OTA_E_UNSUPPORTED,
				"the fleet's shares are all 0: no version has devices");
	return OTA_OK;
}

enum ota_err ota_matrix_devices(const struct ota_matrix_plan *plan, uint64_t devices,
				uint64_t *of_version, struct ota_diag *diag)
{
	size_t n = plan->n_versions;
	uint64_t *weight;
	enum ota_err err;

	if (devices > OTA_MATRIX_DEVICES_MAX)
		return ota_fail(diag, OTA_E_USAGE, "%" PRIu64 " devices, at most %" PRIu64, devices,
				OTA_MATRIX_DEVICES_MAX);
	if (n == 0)
		return OTA_OK;
	weight = calloc(n, 2 * sizeof(*weight));
	if (!weight)
		return ota_fail(diag, OTA_E_MEMORY, "out of memory for %zu versions", n);
	err = read_weights(plan, weight, diag);
	if (err == OTA_OK)
		ota_matrix_share_out(devices, weight, n, of_version, weight + n);
	free(weight);
	return err;
}

/* -- totals ------------------------------------------------------------------------------------ */

struct adding {
	const struct ota_matrix *matrix;
	struct ota_matrix_total *total;
	struct ota_matrix_leg *legs; /* owned: of one route */
	uint64_t *of_version;        /* owned: devices */
	uint32_t *used;              /* owned: jobs whose patches are kept, some more than once */
	size_t n_used;
	size_t cap_used;
	bool overflow;
};

static bool has_share(const struct ota_matrix_plan *plan, size_t version)
{
	return !plan->has_fleet || plan->version[version].fleet > 0;
}

/* *sum += a * b; false when that is too much. */
static bool add_product(uint64_t *sum, uint64_t a, uint64_t b)
{
	if (a != 0 && b > (UINT64_MAX - *sum) / a)
		return false;
	*sum += a * b;
	return true;
}

static void take_larger(uint64_t *most, uint64_t value)
{
	if (value > *most)
		*most = value;
}

static enum ota_err keep_patch(struct adding *adding, uint32_t job, struct ota_diag *diag)
{
	if (adding->n_used == adding->cap_used) {
		size_t cap = adding->cap_used ? 2 * adding->cap_used : 64;
		uint32_t *used = realloc(adding->used, cap * sizeof(*used));

		if (!used)
			return ota_fail(diag, OTA_E_MEMORY, "out of memory for the totals");
		adding->used = used;
		adding->cap_used = cap;
	}
	adding->used[adding->n_used++] = job;
	return OTA_OK;
}

/* One route, for as many devices as have that version. */
static enum ota_err add_route(struct adding *adding, const struct ota_matrix_route *route,
			      uint64_t devices, struct ota_diag *diag)
{
	struct ota_matrix_total *total = adding->total;
	const struct ota_matrix_cost *cost = &route->cost;

	for (size_t i = 0; i < route->n_legs; i++) {
		if (!adding->legs[i].is_full &&
		    keep_patch(adding, adding->legs[i].job, diag) != OTA_OK)
			return OTA_E_MEMORY;
	}
	total->devices += devices;
	if (!add_product(&total->bytes, devices, cost->bytes) || total->bytes > INT64_MAX ||
	    !add_product(&total->updates, devices, route->n_legs) || total->updates > INT64_MAX)
		return ota_fail(diag, OTA_E_USAGE,
				"%" PRIu64 " devices: their bytes add up to more than %" PRId64,
				devices, INT64_MAX);
	if (!add_product(&total->airtime_us, devices, cost->airtime_us))
		adding->overflow = true;
	total->has_air = total->has_air && cost->has_air;
	take_larger(&total->worst_bytes, cost->bytes);
	take_larger(&total->worst_airtime_us, cost->airtime_us);
	take_larger(&total->worst_duration_us, cost->duration_us);
	if (route->n_legs > total->worst_updates)
		total->worst_updates = route->n_legs;
	return OTA_OK;
}

/* Every version but the newest has its devices updated. */
static enum ota_err add_versions(struct adding *adding, struct ota_diag *diag)
{
	const struct ota_matrix_plan *plan = &adding->matrix->plan;
	struct ota_matrix_total *total = adding->total;
	enum ota_err err = OTA_OK;
	unsigned n_links;

	(void)ota_matrix_links(plan, &n_links);
	total->complete = true;
	total->has_air = n_links > 0;
	for (size_t i = 0; i + 1 < plan->n_versions && err == OTA_OK; i++) {
		struct ota_matrix_route route;

		if (!has_share(plan, i))
			continue;
		ota_matrix_find_route(adding->matrix, i, total->policy, &route, adding->legs);
		if (route.found) {
			err = add_route(adding, &route, adding->of_version[i], diag);
			continue;
		}
		total->unreached += adding->of_version[i];
		if (total->complete)
			(void)snprintf(total->why, sizeof(total->why), "%s", route.why);
		total->complete = false;
	}
	if (!total->has_air || adding->overflow)
		total->airtime_us = total->has_air ? UINT64_MAX : 0;
	if (!total->has_air)
		total->worst_airtime_us = total->worst_duration_us = 0;
	return err;
}

/* One of each id, with what is needed of it. */
struct kept {
	const char *id;
	uint64_t len;
};

static int compare_kept(const void *a, const void *b)
{
	return strcmp(((const struct kept *)a)->id, ((const struct kept *)b)->id);
}

static enum ota_err keep_all(struct adding *adding, struct ota_diag *diag)
{
	const struct ota_matrix *matrix = adding->matrix;
	enum ota_err err = OTA_OK;

	adding->n_used = 0;
	for (size_t i = 0; i < matrix->plan.n_jobs && err == OTA_OK; i++) {
		if (matrix->has[i] && matrix->result[i].made)
			err = keep_patch(adding, (uint32_t)i, diag);
	}
	return err;
}

/* Pairs with the same images have one patch. */
static enum ota_err count_patches(struct adding *adding, struct ota_diag *diag)
{
	struct ota_matrix_total *total = adding->total;
	struct kept *kept;

	total->n_patches = 0;
	total->stored = 0;
	if (adding->n_used == 0)
		return OTA_OK;
	kept = calloc(adding->n_used, sizeof(*kept));
	if (!kept)
		return ota_fail(diag, OTA_E_MEMORY, "out of memory for the totals");
	for (size_t i = 0; i < adding->n_used; i++) {
		kept[i].id = adding->matrix->plan.job[adding->used[i]].id;
		kept[i].len = adding->matrix->result[adding->used[i]].sent_len;
	}
	qsort(kept, adding->n_used, sizeof(*kept), compare_kept);
	for (size_t i = 0; i < adding->n_used; i++) {
		if (i > 0 && strcmp(kept[i].id, kept[i - 1].id) == 0)
			continue;
		total->n_patches++;
		total->stored = kept[i].len > UINT64_MAX - total->stored
					? UINT64_MAX
					: total->stored + kept[i].len;
	}
	free(kept);
	return OTA_OK;
}

enum ota_err ota_matrix_total(const struct ota_matrix *matrix, enum ota_matrix_policy policy,
			      uint64_t devices, struct ota_matrix_total *total,
			      struct ota_diag *diag)
{
	size_t n = matrix->plan.n_versions;
	struct adding adding = {.matrix = matrix, .total = total};
	enum ota_err err = OTA_E_MEMORY;

	*total = (struct ota_matrix_total){.policy = policy};
	adding.legs = calloc(n + 1, sizeof(*adding.legs));
	adding.of_version = calloc(n + 1, sizeof(*adding.of_version));
	if (!adding.legs || !adding.of_version) {
		(void)ota_fail(diag, err, "out of memory for the totals");
		goto out;
	}
	err = ota_matrix_devices(&matrix->plan, devices, adding.of_version, diag);
	if (err == OTA_OK)
		err = add_versions(&adding, diag);
	if (err == OTA_OK)
		err = count_patches(&adding, diag);
	total->used = total->n_patches;
	if (err == OTA_OK && policy == OTA_MATRIX_ALL)
		err = keep_all(&adding, diag);
	if (err == OTA_OK && policy == OTA_MATRIX_ALL)
		err = count_patches(&adding, diag);
out:
	free(adding.used);
	free(adding.of_version);
	free(adding.legs);
	return err;
}

enum ota_err ota_matrix_count(const struct ota_matrix *matrix, size_t *n_patches, uint64_t *bytes,
			      struct ota_diag *diag)
{
	struct ota_matrix_total total = {.n_patches = 0};
	struct adding adding = {.matrix = matrix, .total = &total};
	enum ota_err err = keep_all(&adding, diag);

	if (err == OTA_OK)
		err = count_patches(&adding, diag);
	*n_patches = total.n_patches;
	*bytes = total.stored;
	free(adding.used);
	return err;
}
