// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <stdlib.h>

#include "firmware_runs.h"

#define FIRST_CAP   64U
#define HOLE_FILLER 0xffU

/* The address behind a run; 4 GiB at most. */
static uint64_t end_of(const struct ota_hex_run *run)
{
	return (uint64_t)run->at + run->bytes.len;
}

static enum ota_err grow(struct ota_runs *runs, struct ota_diag *diag)
{
	size_t cap = runs->cap > 0 ? runs->cap * 2 : FIRST_CAP;
	struct ota_hex_run *list = NULL;

	if (cap <= SIZE_MAX / sizeof(*list))
		list = realloc(runs->list, cap * sizeof(*list));
	if (!list) {
		(void)ota_fail(diag, OTA_E_MEMORY, "out of memory, %zu pieces of firmware wanted",
			       cap);
		return OTA_E_MEMORY;
	}
	runs->list = list;
	runs->cap = cap;
	return OTA_OK;
}

enum ota_err ota_runs_add(struct ota_runs *runs, uint32_t at, struct ota_span bytes,
			  struct ota_diag *diag)
{
	struct ota_hex_run *last = runs->n > 0 ? &runs->list[runs->n - 1] : NULL;

	if (bytes.len == 0)
		return OTA_OK;
	if (last && end_of(last) == at && last->bytes.data + last->bytes.len == bytes.data) {
		last->bytes.len += bytes.len;
		return OTA_OK;
	}
	if (!runs->list || runs->n == runs->cap) {
		enum ota_err err = grow(runs, diag);

		if (err != OTA_OK)
			return err;
	}
	runs->list[runs->n++] = (struct ota_hex_run){at, bytes};
	return OTA_OK;
}

static int compare(const void *left, const void *right)
{
	const struct ota_hex_run *a = left;
	const struct ota_hex_run *b = right;

	return a->at < b->at ? -1 : a->at > b->at;
}

bool ota_runs_sort(struct ota_runs *runs, uint32_t *at)
{
	if (runs->n > 1)
		qsort(runs->list, runs->n, sizeof(runs->list[0]), compare);
	for (size_t i = 1; i < runs->n; i++) {
		*at = runs->list[i].at;
		if (end_of(&runs->list[i - 1]) > *at)
			return true;
	}
	return false;
}

/* Says where the largest hole is: that is what the user did not expect. */
static enum ota_err fail_spread(const struct ota_runs *runs, uint64_t size, size_t ceiling,
				struct ota_diag *diag)
{
	uint64_t hole = 0;
	uint64_t hole_at = 0;
	uint64_t hole_end = 0;
	enum ota_err err;

	for (size_t i = 1; i < runs->n; i++) {
		uint64_t from = end_of(&runs->list[i - 1]);

		if (runs->list[i].at - from > hole) {
			hole_at = from;
			hole_end = runs->list[i].at;
			hole = hole_end - hole_at;
		}
	}
	err = ota_fail(diag, OTA_E_UNSUPPORTED,
		       "data from 0x%08" PRIx32 " to 0x%08" PRIx64 " makes %" PRIu64
		       " bytes, at most %zu are taken",
		       runs->list[0].at, runs->list[0].at + size - 1, size, ceiling);
	if (hole > 0)
		ota_hint(diag,
			 "nothing lies from 0x%08" PRIx64 " to 0x%08" PRIx64
			 ", so these look like several regions, such as code and option bytes or "
			 "UICR; take one out, by objcopy -R for example, or split the file",
			 hole_at, hole_end - 1);
	return err;
}

enum ota_err ota_runs_join(const struct ota_runs *runs, size_t ceiling,
			   struct ota_firmware *firmware, struct ota_diag *diag)
{
	const struct ota_hex_run *run = runs->list;
	enum ota_err err;
	struct ota_wr wr;
	uint64_t size;

	if (runs->n == 0)
		return ota_fail(diag, OTA_E_MALFORMED, "file holds no data");
	size = end_of(&run[runs->n - 1]) - run[0].at;
	if (size > ceiling)
		return fail_spread(runs, size, ceiling, diag);
	firmware->bytes = ota_buf_init((size_t)size);
	err = ota_buf_reserve(&firmware->bytes, (size_t)size, diag);
	if (err != OTA_OK)
		return err;
	wr = ota_wr_init(firmware->bytes.data, firmware->bytes.cap);
	for (size_t i = 0; i < runs->n; i++) {
		ota_wr_fill(&wr, HOLE_FILLER, run[i].at - run[0].at - wr.at);
		ota_wr_bytes(&wr, run[i].bytes);
	}
	firmware->bytes.len = wr.at;
	firmware->has_base = true;
	firmware->base = run[0].at;
	return wr.err;
}

void ota_runs_free(struct ota_runs *runs)
{
	free(runs->list);
	*runs = (struct ota_runs){.n = 0};
}
