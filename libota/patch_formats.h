// SPDX-License-Identifier: Apache-2.0
/*
 * The table of patch formats. A new format is one row here, its codec in formats/ and its glue in
 * patch_<name>.c; diff, apply, inspect, check and the tests take it in from the table.
 */
#ifndef PATCH_FORMATS_H
#define PATCH_FORMATS_H

#include <ota/budget.h>
#include <ota/delta.h>

#include "suffix_sort.h"

struct ota_patch_format {
	const char *name;       /* as a plan has it */
	const char *other_name; /* that too, or NULL */
	uint8_t id;             /* in a delta update; never used again for another format */
	uint8_t version;        /* likewise, of the format */
	uint32_t window_max;    /* largest of the plan's; 0: no windows, no secondary compression */
	bool checks_files;      /* by checksums of the old and the new one */
	bool knows_code;        /* has tiers, architectures and addresses */

	/* True when the first bytes are this format's. */
	bool (*probe)(struct ota_span patch);
	/* Appends a patch from the index's old image to `new_image`. Errors as ota_delta_make. */
	enum ota_err (*encode)(const struct ota_delta_plan *plan, const struct ota_index *index,
			       struct ota_span new_image, struct ota_buf *out,
			       struct ota_diag *diag);
	/* Errors as ota_delta_apply, for a patch that probes as this format. */
	enum ota_err (*decode)(struct ota_span old_image, struct ota_span patch,
			       struct ota_buf *out, struct ota_diag *diag);
	/*
	 * OTA_E_REFUSED when the patch does not give `new_image`. NULL: decode and compare, which
	 * takes the memory of another new image.
	 */
	enum ota_err (*prove)(struct ota_span old_image, struct ota_span patch,
			      struct ota_span new_image, struct ota_diag *diag);
	/* Errors as ota_delta_describe. Fills all of `info` but `format` and `patch_size`. */
	enum ota_err (*describe)(struct ota_span patch, struct ota_delta_info *info,
				 struct ota_diag *diag);
	/* Errors as ota_delta_explain. NULL: the format keeps no account. */
	enum ota_err (*explain)(struct ota_span old_image, struct ota_span patch, size_t ceiling,
				struct ota_delta_account *account, struct ota_diag *diag);
	/*
	 * Adds what applying the patch needs; `applier` is resolved. Reads only what it must of the
	 * patch: OTA_E_TRUNCATED, OTA_E_MALFORMED, OTA_E_MEMORY.
	 */
	enum ota_err (*cost)(const struct ota_update *update, const struct ota_target *target,
			     enum ota_applier applier, struct ota_costs *costs,
			     struct ota_diag *diag);
	/*
	 * Memory for the state that the patch needs and that a profile's decoder has; both 0 when
	 * the profile does not say, or the patch is broken. NULL: one decoder is as good as
	 * another.
	 */
	void (*state_room)(struct ota_span patch, const struct ota_decoder *decoder,
			   uint64_t *needs, uint64_t *has);
};

/* Rows in table order; NULL from `index` = count on. */
const struct ota_patch_format *ota_patch_format_at(size_t index);

/* The row of that name, or NULL. */
const struct ota_patch_format *ota_patch_format_named(const char *name);

/* The row whose format `patch` starts like, or NULL. */
const struct ota_patch_format *ota_patch_format_of(struct ota_span patch);

/*
 * The same, put into words when there is none. OTA_E_TRUNCATED: fewer bytes than any patch has.
 * OTA_E_UNSUPPORTED: another kind of file, named when it is known. Fills `format`.
 */
OTA_MUST_CHECK enum ota_err ota_patch_format_find(struct ota_span patch,
						  const struct ota_patch_format **format,
						  struct ota_diag *diag);

extern const struct ota_patch_format ota_patch_bsdiff;
extern const struct ota_patch_format ota_patch_vcdiff;
extern const struct ota_patch_format ota_patch_otd;

#endif
