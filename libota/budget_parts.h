// SPDX-License-Identifier: Apache-2.0
/* What the files of the budget share: one check at work, and the lines it adds. */
#ifndef BUDGET_PARTS_H
#define BUDGET_PARTS_H

#include "link_kinds.h"
#include "patch_formats.h"

/* Borrows all but the layout. */
struct budget_job {
	const struct ota_update *update;
	const struct ota_target *target;
	const struct ota_budget_options *options;
	const struct ota_patch_format *format; /* NULL: a full image */
	struct ota_flash_layout layout;        /* the profile's, with the scratch to be tried */
	struct ota_budget *budget;
	uint64_t sent_len;           /* bytes that leave the release */
	bool decodes;                /* the device makes the new image of a patch */
	bool patch_in_place;         /* the patch is made for a slot that both images share */
	bool in_place;               /* and so the device makes it: `place` tells */
	struct ota_in_place place;   /* in two slots `every`, of checkpoints */
	struct ota_journal journal;  /* all 0 when nothing is decoded */
	bool is_trial;               /* of a way out: nobody reads its rules of the layout */
	unsigned findings_of_layout; /* up to here, those of images and patch come after them */
};

/* -- lines: budget.c --------------------------------------------------------------------------- */

/* A line without a limit. */
struct ota_budget_line *ota_budget_add(struct budget_job *job, enum ota_place where,
				       enum ota_unit unit, const char *what, uint64_t needs);

void ota_budget_limit(struct ota_budget_line *line, uint64_t has);

/* The same for a limit of the caller's own. */
void ota_budget_gate(struct ota_budget_line *line, bool given, uint64_t limit);

/* Adds words to a line's note. */
void ota_budget_note(struct ota_budget_line *line, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The line of that name, or NULL. */
const struct ota_budget_line *ota_budget_line_named(const struct ota_budget *budget,
						    const char *what);

/* Room for a number in words, as ota_number_grouped and ota_duration_text have it. */
#define NUMBER_TEXT 32U

/* Everything but the ways out. `job` has update, target, options, budget and is_trial. */
OTA_MUST_CHECK enum ota_err ota_budget_fill(struct budget_job *job, struct ota_diag *diag);

/* The profile's layout, with the scratch area the caller wants to try. */
struct ota_flash_layout ota_budget_layout(const struct ota_target *target,
					  const struct ota_budget_options *options);

/* -- the lines' files: each adds its own ------------------------------------------------------- */

#define BUDGET_LINE_RAM      "updater RAM"
#define BUDGET_LINE_STACK    "updater stack"
#define BUDGET_LINE_STATE    "state of the target's decoder"
#define BUDGET_LINE_GATE_RAM "RAM and stack together"
#define BUDGET_LINE_DEFRAG   "putting TS004 fragments together"
#define BUDGET_LINE_SENT     "update, as sent"
#define BUDGET_LINE_BEHIND   "new image, and the update behind it"
#define BUDGET_LINE_AREA     "update kept in its own area"
#define BUDGET_LINE_PIECES   "whole fragments in the slot"
#define BUDGET_LINE_OLD      "old image in the slots"
#define BUDGET_LINE_NEW      "new image in the slots"
#define BUDGET_LINE_SCRATCH  "scratch for the largest sector"
#define BUDGET_LINE_RUNS     "new image in RAM, where it runs"
#define BUDGET_LINE_MOVED    "old image, moved up in its slot"
#define BUDGET_LINE_BLOCKS   "new image, in blocks"
#define BUDGET_LINE_JOURNAL  "checkpoint in half of the journal"
#define BUDGET_LINE_ERASES   "sector erases, one upgrade"
#define BUDGET_LINE_TIME     "erase and program time, one upgrade"

/* Sum of the costs of a place. */
uint64_t ota_budget_sum(const struct ota_costs *costs, enum ota_place where);

/* Costs and lines of memory. Errors as the row's cost. */
OTA_MUST_CHECK enum ota_err ota_budget_memory(struct budget_job *job, struct ota_diag *diag);

/* The caller's limit of memory, after every other line of it. */
void ota_budget_memory_gate(struct budget_job *job);

/* Delivery over each link, before its lines; OTA_E_USAGE: a limit and no link. */
OTA_MUST_CHECK enum ota_err ota_budget_deliver(struct budget_job *job, struct ota_diag *diag);
void ota_budget_links(struct budget_job *job);

/* Most bytes that fragments of the update take in flash before they are put together; 0: none. */
uint64_t ota_budget_fragments(const struct ota_budget *budget);

/*
 * Most bytes that an update may have where the profile keeps it, whether or not this one is kept:
 * behind the new image, or in its area; UINT64_MAX: it is kept nowhere.
 */
uint64_t ota_budget_most_kept(const struct budget_job *job);

/* Where the update is kept, and what a reset costs. */
void ota_budget_kept(struct budget_job *job);

/* The images in the slots, scratch, and the RAM they run from. */
void ota_budget_slots(struct budget_job *job);

/* What the patch says of its place, and the journal's records. */
void ota_budget_place(struct budget_job *job);

/* Where old is moved to, and the journal. */
void ota_budget_in_place(struct budget_job *job);

/* What can go wrong in place, and what comes of a patch for the other kind of device. */
void ota_hazards_in_place(struct budget_job *job);

/* Erases, the sector that wears out first, time. */
void ota_budget_wear(struct budget_job *job);

/* Upgrades that a layout lives for, the updater's own erases counted; false: not known. */
bool ota_budget_life(const struct ota_target *target, const struct ota_wear *upgrade,
		     const struct ota_wear *store, uint64_t *upgrades);

/* Fewer upgrades than this are worth a word: this finding. */
#define BUDGET_LIFE_LEAST       1000U
#define BUDGET_FINDING_SCRATCH  "scratch-wear"
#define BUDGET_FINDING_LINK     "link-cannot-carry"
#define BUDGET_FINDING_JOURNAL  "in-place-no-journal"
#define BUDGET_FINDING_STREAMED "in-place-streamed"

/* -- ways out: budget_remedy.c ----------------------------------------------------------------- */

/* Fills the list when something fails, or wears out early. OTA_E_MEMORY. */
OTA_MUST_CHECK enum ota_err ota_budget_remedies(const struct budget_job *job,
						struct ota_diag *diag);

#endif
