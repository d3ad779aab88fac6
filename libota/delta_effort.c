// SPDX-License-Identifier: Apache-2.0
/* What patches take before they are made, and what makes many of them sooner. */
#include <ota/delta.h>

#include "patch_formats.h"

/* divsufsort counts in tables of this size while it sorts: of pairs and of single bytes. */
#define SORT_TABLES (sizeof(uint32_t) * (OTA_INDEX_PAIRS + 256U))

/* What an allocator adds: large pieces are whole pages. */
#define SPARE 32768U

static const struct ota_patch_format *format_of(const struct ota_delta_plan *plan)
{
	return ota_patch_format_named(plan->format ? plan->format : ota_delta_format_default());
}

void ota_delta_effort(const struct ota_delta_plan *plan, size_t old_len, size_t new_len,
		      struct ota_delta_effort *effort)
{
	const struct ota_patch_format *format = format_of(plan);

	*effort = (struct ota_delta_effort){.us = 0};
	if (!format)
		return;
	format->effort(plan, old_len, new_len, effort);
	effort->memory += SPARE;
}

uint64_t ota_index_memory(size_t old_len, bool building)
{
	/* Entries, and ranks when it is prepared; each is an array of 32 bits before it is packed.
	 */
	uint64_t packed = ota_index_bytes(old_len);
	uint64_t first = sizeof(struct ota_index) + sizeof(uint32_t) * (OTA_INDEX_PAIRS + 1);
	uint64_t plain = sizeof(uint32_t) * (uint64_t)old_len;

	return SPARE + first + packed + (building ? plain + SORT_TABLES : packed);
}

enum ota_err ota_index_prepare(struct ota_index *index, const struct ota_delta_plan *plan,
			       struct ota_diag *diag)
{
	const struct ota_patch_format *format = plan->format ? format_of(plan) : &ota_patch_vcdiff;

	return format && format->uses_ranks ? ota_index_rank(index, diag) : OTA_OK;
}
