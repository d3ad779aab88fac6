// SPDX-License-Identifier: Apache-2.0
/*
 * The smallest patch that a device can take: every way to make one that its decoders allow is made,
 * and each is held against the device's budget.
 */
#ifndef OTA_CHOOSE_H
#define OTA_CHOOSE_H

#include <ota/budget.h>
#include <ota/delta.h>

#ifdef __cplusplus
extern "C" {
#endif

#define OTA_CANDIDATES_MAX 64

/* One way to make a patch, and what came of it; sizes in bytes. */
struct ota_candidate {
	struct ota_delta_plan plan;
	char name[48]; /* "vcdiff, window 16K" */
	bool made;     /* false: it cannot fit, or could not be made; `reason` says which */
	uint64_t patch_len;
	uint64_t sent_len; /* with what is around the patch */
	bool on_device;    /* the device applies it; else a gateway does */
	uint64_t ram;      /* what the decoder and its buffers take; not made: at least */
	uint64_t ram_has;  /* what the updater may use; 0: a gateway's memory has no limit */
	bool fits;
	bool chosen;
	unsigned n_short;     /* lines and findings that say no */
	char reason[320];     /* why it does not fit; ends in ... when cut; empty when it fits */
	char remedy[256];     /* the cheapest, when there is one */
	uint64_t remedy_cost; /* as struct ota_remedy has it */
	unsigned same_as;     /* its bytes are those of candidate same_as - 1; 0: of no other */
	uint32_t patch_crc;   /* of a made one, CRC-32 */
};

/* What is asked for. Borrows. */
struct ota_choose_job {
	const struct ota_target *target;
	const struct ota_budget_options *options;
	/* Lengths and images; patch, format and sent_len are each candidate's. */
	struct ota_update update;
	struct ota_span new_image; /* what is diffed */
	uint64_t old_size;         /* of what is diffed; 0: update.old_len. ota_choose knows it */
	/*
	 * What is settled: the format unless it is NULL, and each field that is not 0. Formats that
	 * have no use for a settled tier, window or secondary compression are left out; what is
	 * known of the code is used where it is of use. `spent` must be NULL: many patches are made
	 * with the index.
	 */
	struct ota_delta_plan wanted;
	bool has_secondary;   /* wanted.secondary is settled, also when it is none */
	uint64_t wrapper_len; /* bytes that are sent around the patch */
	size_t ceiling;       /* largest patch, as an ota_buf's */
	unsigned threads;     /* 0: as many as there are processors */
};

struct ota_choice {
	struct ota_candidate candidate[OTA_CANDIDATES_MAX]; /* formats in the profile's order */
	unsigned n;
	bool found;
	unsigned chosen;      /* when found */
	struct ota_buf patch; /* owned: the chosen one's */
};

/*
 * Can a patch be chosen for this target, with these options? Reads nothing else. OTA_E_USAGE: a
 * chip profile, or one without updater; options that the budget does not take.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_choose_check(const struct ota_target *target,
						     const struct ota_budget_options *options,
						     struct ota_diag *diag);

/*
 * Fills in what would be tried, nothing is made: names and plans. Candidates come from the target's
 * decoders; where it has none, or the options say so, a gateway applies the patch. OTA_E_ABSENT: no
 * format has the settled name. OTA_E_USAGE: nothing is left of them by what is settled, put into
 * words. OTA_E_NO_FIT: in place, the slot has no room for old and new, or for the settled lead.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_choose_candidates(const struct ota_choose_job *job,
							  struct ota_choice *choice,
							  struct ota_diag *diag);

/*
 * Makes each candidate and keeps, of those that pass ota_budget_check, the smallest; of equal ones
 * the one with less decoder RAM, then the first. The choice and its bytes depend on the inputs
 * alone, not on the number of threads. OTA_OK also when none passes (choice->found says).
 * OTA_E_ABSENT and OTA_E_USAGE as above; OTA_E_NO_FIT: new is over OTA_DELTA_MAX; OTA_E_MEMORY.
 * Fills `choice`; the caller frees it, also after a failure.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_choose(const struct ota_choose_job *job,
					       const struct ota_index *index,
					       struct ota_choice *choice, struct ota_diag *diag);

/* Fills `reason` and `remedy` from a budget that does not fit. */
OTA_API void ota_candidate_explain(struct ota_candidate *candidate,
				   const struct ota_budget *budget);

/* What fits first, then what was made, then the smaller; fills order[0..n), indexes of candidates.
 */
OTA_API void ota_choice_order(const struct ota_choice *choice, unsigned order[OTA_CANDIDATES_MAX]);

/* Where none fits: what fails in the fewest ways, of equal ones the first in order; NULL: none. */
OTA_API const struct ota_candidate *ota_choice_nearest(const struct ota_choice *choice);

/* The one whose remedy asks least of a product, of equal ones the first in order; NULL: none has.
 */
OTA_API const struct ota_candidate *ota_choice_remedy(const struct ota_choice *choice);

OTA_API void ota_choice_free(struct ota_choice *choice);

#ifdef __cplusplus
}
#endif
#endif
