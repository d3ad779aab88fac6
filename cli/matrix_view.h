// SPDX-License-Identifier: Apache-2.0
/*
 * What the reports of a matrix show, worked out once for all forms, and the figures in words that
 * they share.
 */
#ifndef CLI_MATRIX_VIEW_H
#define CLI_MATRIX_VIEW_H

#include <ota/matrix_report.h>

#include "cli.h"

#define MATRIX_TEXT_MAX       64 /* of a figure in words */
#define MATRIX_ASSUMPTION_MAX 256

/* A version's name may hold anything; for people it is this, UTF-8 without control characters. */
struct matrix_label {
	char name[64];   /* as the release list or the file has it */
	char number[32]; /* "1.2.3+4"; "-" when it has none */
	char text[64];   /* what tables call it: the number when there is one for each version */
};

/* One old and new version, in the map. */
enum matrix_cell_kind {
	MATRIX_CELL_NOT_PLANNED = 0,
	MATRIX_CELL_MISSING, /* planned, not made */
	MATRIX_CELL_UNFIT,   /* no patch fits the target; `why` */
	MATRIX_CELL_NO_GAIN, /* there is a patch, and the new image whole, which fits, is no larger
			      */
	MATRIX_CELL_PATCH,
};

struct matrix_cell {
	enum matrix_cell_kind kind;
	size_t job;        /* of all but NOT_PLANNED */
	uint64_t bytes;    /* of the file that is sent; 0: there is none */
	unsigned permille; /* of the new image whole, rounded; 1 to 999 of what is less */
	const char *why;   /* UNFIT, and MISSING when it is damaged: may hold anything; else "" */
};

/* How a version gets to the newest, in short. */
enum matrix_way {
	MATRIX_WAY_NEWEST = 0, /* it is the newest */
	MATRIX_WAY_DIRECT,     /* one patch */
	MATRIX_WAY_VIA,        /* over other versions */
	MATRIX_WAY_FULL,       /* the newest image whole */
	MATRIX_WAY_NONE,       /* no way: route->why */
};

/* What the patches of the best routes ask of whoever applies them, at most. */
struct matrix_needs {
	bool any; /* some patch is applied by the device, or there is no target */
	uint64_t ram;
	uint64_t stack;
	uint64_t erases;     /* 0: there is no target */
	uint64_t upgrade_us; /* by the bootloader; 0: not known */
};

struct matrix_view {
	const struct ota_matrix *matrix;
	/* Set by the caller, before it is made. */
	uint64_t devices; /* of the fleet; for totals and the roll-out */
	bool devices_given;
	uint64_t soak_us;
	/* One for each version, the newest's without legs. Owned. */
	struct matrix_label *label;
	uint64_t *of_version;           /* devices that have it */
	bool *is_old;                   /* some job starts from it */
	bool *is_new;                   /* some job ends at it */
	struct ota_matrix_route *route; /* by OTA_MATRIX_ALL */
	struct ota_matrix_leg **legs;
	struct ota_matrix_total total[OTA_MATRIX_POLICIES];
	/*
	 * Of the complete policies the one that costs least, by airtime when it is known, else by
	 * bytes; of equals the one with fewer patches. One that has devices apply more updates must
	 * save a tenth: each is an upgrade and a reset.
	 */
	enum ota_matrix_policy advised;
	bool has_updates; /* some device gets one, by `advised`; else there is nothing to add up */
	bool has_advice;  /* has_updates, and a policy is complete; else `advised` is all */
	char advice[OTA_MATRIX_WHY_MAX + 64U];            /* why, one sentence */
	struct ota_matrix_stage stage[OTA_MATRIX_STAGES]; /* of the advised policy */
	size_t n_patches;                                 /* jobs with a patch that fits */
	size_t n_unfit;                                   /* jobs that no patch fits */
	/* Of the patches that fit: a gateway applies them, and the devices receive images whole. */
	size_t n_gateway;
	struct matrix_needs needs;
	/* What the figures rest on, a sentence each. Owned. */
	char (*assumption)[MATRIX_ASSUMPTION_MAX];
	size_t n_assumptions;
};

/* Fills `view`, which borrows `matrix`; the caller frees it, also after a failure. Says what. */
enum cli_exit matrix_view_make(struct matrix_view *view, const struct ota_matrix *matrix);
void matrix_view_free(struct matrix_view *view);

size_t matrix_view_newest(const struct matrix_view *view);
struct matrix_cell matrix_view_cell(const struct matrix_view *view, size_t old_at, size_t new_at);
enum matrix_way matrix_view_way(const struct matrix_view *view, size_t version);

/* A step's patch is applied by a gateway. */
bool matrix_view_is_by_gateway(const struct matrix_view *view, const struct ota_matrix_leg *leg);
/* Bytes that a policy sends to one device, on average, rounded up. */
uint64_t matrix_view_each(const struct ota_matrix_total *total);

/*
 * "latest, all": an incomplete policy, and those after it that are so for the same reason. False:
 * it is complete, or was named with one before it.
 */
bool matrix_view_incomplete(const struct matrix_view *view, unsigned policy,
			    char names[MATRIX_TEXT_MAX]);

/* Figures in words, into `out`, which is returned. */

/* "direct", "direct, gateway", "via 1.2.0, 1.4.0", "full image", "none", "newest"; cut with "..."
 * when long. */
const char *matrix_way_text(const struct matrix_view *view, size_t version, char out[128]);
/* What the patches of the best routes ask of a device, at most, a sentence; or "". */
const char *matrix_needs_text(const struct matrix_view *view, char *text, size_t cap);
/*
 * What most of all the stages' times rest on, a sentence: no link is known, or one gateway for all
 * devices; or "".
 */
const char *matrix_stages_text(const struct matrix_view *view, char *text, size_t cap);
/* "12.3 %"; "< 0.1 %"; "> 999 %". */
const char *matrix_percent_text(uint64_t part, uint64_t whole, char out[MATRIX_TEXT_MAX]);
/* "1,234", bytes. */
const char *matrix_bytes_text(uint64_t bytes, char out[MATRIX_TEXT_MAX]);
/* "812", "9.9k", "123k", "1.2M": at most 4 characters below 1 GB, for narrow cells; 1k is 1000. */
const char *matrix_short_text(uint64_t bytes, char out[MATRIX_TEXT_MAX]);
/* "331 h 4 min"; "-" for 0; "more than 500,000 years" for UINT64_MAX. */
const char *matrix_time_text(uint64_t us, char out[MATRIX_TEXT_MAX]);
/* "4.0 days", "0.3 days", "1,234 days". */
const char *matrix_days_text(uint64_t us, char out[MATRIX_TEXT_MAX]);
/* Text that may hold anything, without control characters and what changes the reading direction.
 */
void matrix_clean(const char *text, char *out, size_t cap);

#endif
