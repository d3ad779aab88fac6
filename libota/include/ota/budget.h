// SPDX-License-Identifier: Apache-2.0
/*
 * Will this update fit this device? Each cost is an item; the budget only adds and compares.
 */
#ifndef OTA_BUDGET_H
#define OTA_BUDGET_H

#include <ota/target.h>

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

/* What an update is, for its cost; sizes in bytes. */
struct ota_update {
	struct ota_span patch;
	const char *format; /* name of the patch format's row */
	uint64_t old_len;   /* header to last TLV */
	uint64_t new_len;
};

/* One comparison. */
struct ota_budget_line {
	enum ota_place where;
	char what[64]; /* "new image in the slots" */
	uint64_t needs;
	uint64_t has;
	bool limited; /* false: no limit applies, `has` is 0 and it always fits */
	bool fits;
};

#define OTA_BUDGET_LINES_MAX 8

struct ota_budget {
	enum ota_applier applier; /* resolved: gateway or device */
	struct ota_costs costs;
	struct ota_budget_line line[OTA_BUDGET_LINES_MAX];
	unsigned n;
	bool fits; /* every line fits, the layout is compatible and without a caution */
	struct ota_flash_limits limits;
	char remedy[256]; /* the cheapest known way out; empty when it fits */
};

/* What the command line may change; 0 and AS_PROFILE keep the profile's. */
struct ota_budget_options {
	enum ota_applier applier;
	bool has_ram;
	uint64_t ram; /* bytes instead of updater_ram */
	bool has_scratch;
	uint64_t scratch; /* bytes instead of the scratch area's size */
};

/*
 * Fills `budget`. OTA_OK also when it does not fit (budget->fits says). OTA_E_USAGE when the
 * profile is a chip's, without mcuboot and updater; OTA_E_ABSENT when the format has no row;
 * OTA_E_TRUNCATED and OTA_E_MALFORMED from the patch.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_budget_check(const struct ota_update *update,
						     const struct ota_target *target,
						     const struct ota_budget_options *options,
						     struct ota_budget *budget,
						     struct ota_diag *diag);

#ifdef __cplusplus
}
#endif
#endif
