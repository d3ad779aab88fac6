// SPDX-License-Identifier: Apache-2.0
/* What the files of the ways out share: the list, and trials with one thing changed. */
#ifndef BUDGET_REMEDY_H
#define BUDGET_REMEDY_H

#include <stdarg.h>
#include <stdlib.h>

#include "budget_parts.h"

/* What a way out asks of a product, the least first. */
enum ota_remedy_class {
	REMEDY_PATCH = 1, /* another option, another patch, a smaller image */
	REMEDY_GATEWAY,   /* somebody else decodes, and sends more */
	REMEDY_LINK,      /* the network is set otherwise */
	REMEDY_UPDATER,   /* the updater is built otherwise */
	REMEDY_LAYOUT,    /* partitions move */
	REMEDY_MODE,      /* another bootloader */
	REMEDY_HARDWARE,  /* another device, or much less firmware */
	/* Added to another: something else fails all the same, so that it is none by itself. */
	REMEDY_PARTIAL = 16,
};

/* The class before the amount, in ota_remedy's cost. */
#define CLASS_SHIFT 40U
#define AMOUNT_MAX  ((UINT64_C(1) << CLASS_SHIFT) - 1)

/* A check with one thing changed, and what comes of it. */
struct ota_trial {
	struct ota_update update;
	struct ota_target target;
	struct ota_budget_options options;
	struct ota_link links[OTA_LINKS_MAX];
	struct ota_budget budget;
	bool lives;
	uint64_t life; /* upgrades */
};

struct ota_search {
	const struct budget_job *job;
	struct ota_trial *trial;
	bool for_life; /* more upgrades are wanted, and nothing that fails which did not */
};

/* Does the line of this name fail; is there a finding of this name? */
bool ota_search_fails(const struct ota_search *search, const char *what);
bool ota_search_finds(const struct ota_search *search, const char *id);

/*
 * Adds a way out at its place; what comes behind OTA_REMEDIES_MAX better ones is left out. One that
 * is not `enough`, for something else fails all the same, says so.
 */
void ota_search_add(struct ota_search *search, bool enough, enum ota_remedy_class kind,
		    uint64_t amount, const char *format, ...) __attribute__((format(printf, 5, 6)));

/* True when no other line fails than those that are `mine`, and no finding but of a link. */
bool ota_search_only(const struct ota_search *search,
		     bool (*mine)(const struct ota_budget_line *line));

/* Of the trial at hand, which has helped: does everything fit then? */
bool ota_trial_cures(const struct ota_search *search);

/* Fills the trial with what was checked, to be changed. */
void ota_trial_begin(struct ota_search *search);

/* Checks again. True when less fails than before and nothing new; or, for life, when it is long. */
bool ota_trial_helps(struct ota_search *search);

/*
 * The least n from 1 to `most` whose change helps; the trial is left with it. False: none. More
 * must not help less.
 */
bool ota_trial_least(struct ota_search *search, void (*change)(struct ota_search *, uint32_t),
		     uint32_t most, uint32_t *least);

/*
 * Bytes of the chip's own flash that no area of the profile has; what lies before the first area
 * is not counted, which is the bootloader's where the profile leaves that out.
 */
uint64_t ota_flash_unused(const struct ota_target *target);

/* Areas move inside a flash that has room for `more` bytes; else something else must go. */
enum ota_remedy_class ota_search_class(const struct ota_search *search, uint64_t more);

/* True when no other line fails, and no finding but of a link. */
bool ota_search_only_line(const struct ota_search *search, const char *what);

/* Each adds what it finds. */
void ota_remedies_of_memory(struct ota_search *search);
void ota_remedies_of_layout(struct ota_search *search);
void ota_remedies_of_in_place(struct ota_search *search);
void ota_remedies_of_links(struct ota_search *search);

#endif
