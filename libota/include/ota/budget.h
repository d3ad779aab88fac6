// SPDX-License-Identifier: Apache-2.0
/*
 * Will this update fit this device? Each cost is an item; the budget only adds and compares.
 */
#ifndef OTA_BUDGET_H
#define OTA_BUDGET_H

#include <ota/image.h>
#include <ota/in_place.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Where bytes are needed. */
enum ota_place {
	OTA_PLACE_RAM = 1, /* the device's, what the updater may use */
	OTA_PLACE_SCRATCH,
	OTA_PLACE_SLOT,
	OTA_PLACE_FLASH,
	OTA_PLACE_STACK,   /* the device's; part of RAM where the profile keeps no stack apart */
	OTA_PLACE_GATEWAY, /* memory of whoever applies the patch for the device; no limit known */
};

/* Who turns old + patch into new. */
enum ota_applier {
	OTA_APPLIED_AS_PROFILE = 0, /* on the device when the profile lists the format's decoder */
	OTA_APPLIED_BY_GATEWAY,
	OTA_APPLIED_ON_DEVICE,
};

struct ota_cost {
	enum ota_place where;
	char what[64]; /* "bzip2 decoder, control stream, level 9" */
	uint64_t bytes;
};

#define OTA_COSTS_MAX 16

struct ota_costs {
	struct ota_cost item[OTA_COSTS_MAX];
	unsigned n;
};

/* Adds an item; more than OTA_COSTS_MAX is our own mistake. */
OTA_API void ota_costs_add(struct ota_costs *costs, enum ota_place where, uint64_t bytes,
			   const char *format, ...) __attribute__((format(printf, 4, 5)));

/* What an update is; sizes in bytes. Borrows. */
struct ota_update {
	struct ota_span patch; /* empty when a full image is sent */
	const char *format;    /* name of the patch format's row; NULL: a full image is sent */
	/* What travels and is kept: the patch and all that is around it; 0: the patch is bare. */
	uint64_t sent_len;
	uint64_t old_len; /* header to last TLV; 0: not known (a full image without OLD) */
	uint64_t new_len;
	/* The images, for the hazards that lie in them; NULL: not known, or no MCUboot image. */
	const struct ota_image *old_image;
	const struct ota_image *new_image;
	const struct ota_image *delta_image; /* of a delta update */
};

/* What a line counts. */
enum ota_unit {
	OTA_UNIT_BYTES = 0,
	OTA_UNIT_ERASES,
	OTA_UNIT_MICROSECONDS,
	OTA_UNIT_PACKETS,
};

/* One comparison. */
struct ota_budget_line {
	enum ota_place where; /* 0: in no memory */
	enum ota_unit unit;
	char what[64];  /* "new image in the slots" */
	char note[128]; /* a word more: "times not read from a datasheet"; or empty */
	uint64_t needs;
	uint64_t has;
	bool limited; /* false: no limit applies, `has` is 0 and it always fits */
	bool gate;    /* the limit is the caller's own, by an option */
	bool fits;
};

#define OTA_BUDGET_LINES_MAX 32

/* One thing that the numbers do not say. */
enum ota_budget_severity {
	OTA_SEVERITY_NOTE = 0, /* good to know */
	OTA_SEVERITY_WARNING,  /* can go wrong; does not fail the check */
	OTA_SEVERITY_FAILURE,  /* the update must not go out */
};

struct ota_budget_finding {
	const char *id; /* "swap-offset-one-sector": static, stable */
	enum ota_budget_severity severity;
	char text[256];     /* what is so here, with the numbers */
	char why[320];      /* what a device does then */
	char remedy[256];   /* or empty */
	const char *source; /* static: MCUboot file:line, or NULL */
};

#define OTA_FINDINGS_MAX 40

/* One rule that was applied, for --explain. */
struct ota_budget_rule {
	char item[64];       /* the line's `what`, or another name */
	const char *formula; /* static: "M*st*w + info" */
	char numbers[224];   /* "256*3*8 + 48 = 6,192" */
	const char *source;  /* static: "boot/bootutil/src/bootutil_area.c:74-94" */
};

#define OTA_RULES_MAX 64

/* One thing to change, with what it would change. */
struct ota_remedy {
	/* "build the bootloader for swap-offset: largest image 483,328 instead of 479,232" */
	char text[256];
	/* How much it asks of a product: the cheapest is first, what is not enough alone last. */
	uint64_t cost;
};

#define OTA_REMEDIES_MAX 8

struct ota_budget {
	enum ota_applier applier; /* resolved: gateway or device; AS_PROFILE for a full image */
	struct ota_costs costs;
	struct ota_budget_line line[OTA_BUDGET_LINES_MAX];
	unsigned n;
	bool fits; /* every line fits, no finding is a failure */
	struct ota_flash_limits limits;
	struct ota_budget_finding finding[OTA_FINDINGS_MAX];
	unsigned n_findings;
	struct ota_budget_rule rule[OTA_RULES_MAX];
	unsigned n_rules;
	struct ota_remedy remedies[OTA_REMEDIES_MAX]; /* the cheapest first */
	unsigned n_remedies;
	char remedy[256]; /* the first of them; empty when it fits */
	/* What the lines about flash and links are made of; a link that cannot carry it has no
	 * assumptions. */
	struct ota_wear upgrade, revert, store;
	struct ota_wear_time upgrade_time, revert_time, store_time;
	struct ota_delivery delivery[OTA_LINKS_MAX];
	struct ota_link link[OTA_LINKS_MAX]; /* the profile's, or the caller's */
	unsigned n_links;
	/* What the device receives: the new image whole when the gateway applies the patch. */
	uint64_t received_len;
	/* The device makes new where old lies: `place` tells; else it has no lead. */
	bool in_place;
	struct ota_in_place place;
	struct ota_journal journal; /* half is 0: none, or nothing is decoded */
	/* Where the update is kept, and what a reset costs, in sentences; or empty. */
	char kept[192];
	char reset[256];
};

/* An image whose version is known from the command line. */
struct ota_installed {
	uint8_t image_id;
	struct ota_version version;
};

/* What the command line may change; 0 and AS_PROFILE keep the profile's. */
struct ota_budget_options {
	enum ota_applier applier;
	bool has_ram;
	uint64_t ram; /* bytes instead of updater_ram */
	bool has_scratch;
	uint64_t scratch;             /* bytes instead of the scratch area's size */
	const struct ota_link *links; /* instead of the profile's; NULL: the profile's */
	unsigned n_links;
	const struct ota_installed *installed;
	unsigned n_installed;
	/* Gates: limits of the caller's own. */
	bool has_max_patch, has_max_airtime, has_max_delivery, has_max_ram, has_max_erases;
	uint64_t max_patch;       /* bytes, of sent_len */
	uint64_t max_airtime_us;  /* on air, of the slowest link */
	uint64_t max_delivery_us; /* from first to last packet, of the slowest link */
	uint64_t max_ram;         /* bytes: updater RAM and stack together */
	uint64_t max_erases;      /* of sectors in one upgrade, by the bootloader */
};

/*
 * Each adds one; beyond the array it is our own mistake. The caller of the first fills `why`,
 * `remedy` and `source` of what it returns, when there are such.
 */
OTA_API struct ota_budget_finding *ota_budget_find(struct ota_budget *budget, const char *id,
						   enum ota_budget_severity severity,
						   const char *format, ...)
	__attribute__((format(printf, 4, 5)));
OTA_API void ota_budget_explain(struct ota_budget *budget, const char *item, const char *formula,
				const char *source, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/*
 * What an update's old_len or new_len is: of an MCUboot image from header to last TLV, without
 * padding; of what is none every byte. Fills `opened` and points `*image` to it when it is one;
 * else leaves `*image` as it is.
 */
OTA_API uint64_t ota_update_len(struct ota_span file, struct ota_image *opened,
				const struct ota_image **image);

/*
 * Fills `budget`. OTA_OK also when it does not fit (budget->fits says). OTA_E_USAGE when the
 * profile is a chip's, without mcuboot and updater, or when a limit of airtime or delivery has no
 * link to be held against; OTA_E_ABSENT when the format has no row; OTA_E_TRUNCATED and
 * OTA_E_MALFORMED from the patch; OTA_E_MEMORY.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_budget_check(const struct ota_update *update,
						     const struct ota_target *target,
						     const struct ota_budget_options *options,
						     struct ota_budget *budget,
						     struct ota_diag *diag);

/*
 * Adds the rules behind a layout's limits: each with its formula, the numbers put in and where in
 * MCUboot it stands. `limits` are of `layout`.
 */
OTA_API void ota_flash_explain(const struct ota_flash_layout *layout,
			       const struct ota_flash_limits *limits, struct ota_budget *budget);

#ifdef __cplusplus
}
#endif
#endif
