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

/* How to make a patch for a device with little memory, and what its decoder takes then. */
struct ota_slim {
	char how[48]; /* "tier xs" */
	uint64_t ram;
	uint64_t stack;
};

/* A decoder whose state cannot be saved. */
#define OTA_CHECKPOINT_NONE UINT64_MAX

/* Whose memory a patch is made for; sizes in bytes. */
struct ota_patch_room {
	const struct ota_decoder *decoder; /* NULL: a gateway's, whose memory has no limit */
	uint64_t ram;                      /* for the decoder and its buffers */
	size_t new_len;
};

#define OTA_VARIANTS_MAX 32

struct ota_patch_format {
	const char *name;       /* as a plan has it */
	const char *other_name; /* that too, or NULL */
	uint8_t id;             /* in a delta update; never used again for another format */
	uint8_t version;        /* likewise, of the format */
	uint32_t window_max;    /* largest of the plan's; 0: no windows, no secondary compression */
	bool checks_files;      /* by checksums of the old and the new one */
	bool knows_code;        /* has tiers, architectures and addresses */
	bool in_place;          /* has patches whose new image is made over the old one */
	bool uses_ranks;        /* is made sooner when the index has them: ota_index_rank */

	/* True when the first bytes are this format's. */
	bool (*probe)(struct ota_span patch);
	/* Appends a patch from the index's old image to `new_image`. Errors as ota_delta_make. */
	enum ota_err (*encode)(const struct ota_delta_plan *plan, const struct ota_index *index,
			       struct ota_span new_image, struct ota_buf *out,
			       struct ota_diag *diag);
	/* See ota_delta_effort; fills it. */
	void (*effort)(const struct ota_delta_plan *plan, size_t old_len, size_t new_len,
		       struct ota_delta_effort *effort);
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
	/* As ota_delta_glance. NULL: describe is quick enough. */
	enum ota_err (*glance)(struct ota_span patch, struct ota_delta_info *info,
			       struct ota_diag *diag);
	/* Errors as ota_delta_explain. NULL: the format keeps no account. */
	enum ota_err (*explain)(struct ota_span old_image, struct ota_span patch, size_t ceiling,
				struct ota_delta_account *account, struct ota_diag *diag);
	/* Errors as ota_delta_explain_ranges; the ranges are inside new. NULL: no account. */
	enum ota_err (*explain_ranges)(const struct ota_delta_pair *pair, struct ota_span patch,
				       struct ota_delta_ranges ranges,
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
	 * the profile does not say, or the patch is broken. False: the decoder is for patches of
	 * another kind, whatever memory it has. NULL: one decoder is as good as another.
	 */
	bool (*state_room)(struct ota_span patch, const struct ota_decoder *decoder,
			   uint64_t *needs, uint64_t *has);
	/*
	 * Fills `plan` with the ways to make a patch for that decoder, and returns how many there
	 * are: at most OTA_VARIANTS_MAX, those for the least memory first.
	 */
	unsigned (*variants)(const struct ota_patch_room *room,
			     struct ota_delta_plan plan[OTA_VARIANTS_MAX]);
	/*
	 * Memory that any patch made so asks of that decoder at least: what can be known before it
	 * is made. NULL: too little to be worth a look.
	 */
	uint64_t (*least_ram)(const struct ota_patch_room *room, const struct ota_delta_plan *plan);
	/*
	 * How a patch is made for that decoder, NULL: for any, so that it takes at most `room`
	 * bytes of RAM on the device. False: there is no way. Fills `slim`.
	 */
	bool (*slim)(const struct ota_target *target, const struct ota_decoder *decoder,
		     uint64_t room, struct ota_slim *slim);
	/*
	 * Bytes that a device saves, beside offsets, to go on after a reset; 0: offsets are enough,
	 * between windows. OTA_CHECKPOINT_NONE.
	 */
	uint64_t (*checkpoint)(struct ota_span patch);
	/* What the device's RAM is the sum of, in words, and where that stands: static. */
	const char *ram_formula;
	const char *ram_source;
};

/* -- what the rows' costs share, on a device --------------------------------------------------- */

/*
 * Old bytes at a time, where old cannot be read in place. The decoders take any number; fewer are
 * slower.
 */
#define OTA_DEVICE_PIECE 64U

/* True when the update is decoded as it comes in, and cannot be read at any place. */
bool ota_device_streams(const struct ota_target *target);

/*
 * True when new must be held whole: it comes to where old lies, which is read until the end. A
 * device that updates in place reads no other patches than those that are made for that.
 */
bool ota_device_holds_new(const struct ota_target *target);

/* Adds what of a patch is read at a time in so many places, where it is kept but not mapped. */
void ota_device_cost_of_kept(const struct ota_target *target, unsigned places,
			     struct ota_costs *costs);

/* The bytes of that. */
uint64_t ota_device_kept_pieces(const struct ota_target *target, unsigned places);

/* Bytes that are programmed at once, in the flash that the new image goes to. */
uint64_t ota_device_page(const struct ota_target *target);

/* Adds the new image, or what of it is programmed at once. */
void ota_device_cost_of_new(const struct ota_update *update, const struct ota_target *target,
			    struct ota_costs *costs);

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
