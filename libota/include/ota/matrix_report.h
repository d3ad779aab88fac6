// SPDX-License-Identifier: Apache-2.0
/*
 * What a matrix costs: the best way from every version to the newest, what each policy asks of the
 * whole fleet, and of a roll-out in stages. Only adds and compares; everything is in struct
 * ota_matrix.
 *
 * Links are those that the plan was judged with: its own, else the target's. Over several links a
 * step takes as long as over the slowest, and steps add up.
 */
#ifndef OTA_MATRIX_REPORT_H
#define OTA_MATRIX_REPORT_H

#include <ota/matrix.h>

#ifdef __cplusplus
extern "C" {
#endif

#define OTA_MATRIX_DEVICES_MAX UINT64_C(1000000000000) /* of a fleet */
#define OTA_MATRIX_WHY_MAX     512U                    /* two names, and the longest reason */

/* What one update, or several in turn, take to send to one device. */
struct ota_matrix_cost {
	uint64_t bytes;       /* that the device receives; the whole image if a gateway patches */
	bool has_air;         /* there are links, and each carries it; else the rest is 0 */
	uint64_t packets;     /* over the link with most */
	uint64_t airtime_us;  /* over the slowest link; 0: no link's airtime is known */
	uint64_t duration_us; /* over the slowest link, from first to last packet */
};

/* One step of a route. */
struct ota_matrix_leg {
	uint32_t old_at;
	uint32_t new_at;
	bool is_full; /* the new image is sent whole */
	bool fits;    /* with a target: the device takes it; without: true */
	uint32_t job; /* of a patch: index of the plan's job */
	struct ota_matrix_cost cost;
};

enum ota_matrix_policy {
	OTA_MATRIX_SEQUENTIAL = 0, /* every version in turn */
	OTA_MATRIX_LATEST,         /* straight to the newest */
	OTA_MATRIX_ALL,            /* straight, or over versions between, whatever costs less */
	OTA_MATRIX_FULL,           /* the newest image whole, without patches */
};
#define OTA_MATRIX_POLICIES 4U

/* "sequential", "latest", "all", "full". */
OTA_API const char *ota_matrix_policy_name(enum ota_matrix_policy policy);

/* From one version to the newest. */
struct ota_matrix_route {
	bool found;                   /* every leg is known and fits */
	char why[OTA_MATRIX_WHY_MAX]; /* not found: why, with the versions' names as they are */
	size_t n_legs;                /* 0 from the newest */
	struct ota_matrix_cost cost;
};

/*
 * Finds the route by a policy. A leg is the pair's patch when it is there, fits, and gives the
 * device fewer bytes than the new image whole (as many when a gateway applies it, but fewer to the
 * gateway); else the whole image when that is known to fit; else the patch, however large. With a
 * target a whole image that no one has judged for this pair does not fit.
 *
 * OTA_MATRIX_SEQUENTIAL needs every pair of neighbours planned and finished, also where the image
 * is sent whole in the end: what was not tried is not known. OTA_MATRIX_ALL takes one version
 * between where that costs strictly less; and more than one only when the newest image would be
 * sent whole otherwise: each step costs the device an upgrade and a reset.
 *
 * What costs less is decided by airtime when both have it, then by bytes; of equals the fewer legs,
 * then the older version between. Fills `route` and legs[0..n_legs), which has room for n_versions.
 */
OTA_API void ota_matrix_find_route(const struct ota_matrix *matrix, size_t from,
				   enum ota_matrix_policy policy, struct ota_matrix_route *route,
				   struct ota_matrix_leg *legs);

/*
 * The new image of a pair sent whole; `fits` as the pair's result says, else, to the newest, as the
 * plan says.
 */
OTA_API struct ota_matrix_leg ota_matrix_full_leg(const struct ota_matrix *matrix, size_t old_at,
						  size_t new_at);

/* The links that the plan's updates are sent over; `*n` may be 0. Borrows from the plan. */
OTA_API const struct ota_link *ota_matrix_links(const struct ota_matrix_plan *plan, unsigned *n);

/*
 * How many of `devices` devices have each version: by the shares of the fleet, rounded down, and
 * those left over one each to the largest remainders, of equals to the older, so that they add up.
 * OTA_E_USAGE: more than OTA_MATRIX_DEVICES_MAX. OTA_E_UNSUPPORTED: shares that add up to more than
 * 2^63-1. Fills of_version[0..n_versions).
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_matrix_devices(const struct ota_matrix_plan *plan,
						       uint64_t devices, uint64_t *of_version,
						       struct ota_diag *diag);

/* A policy for the whole fleet. Sums are of `devices` devices, shared out as the fleet is. */
struct ota_matrix_total {
	enum ota_matrix_policy policy;
	bool complete;                /* every version with a share has a route */
	char why[OTA_MATRIX_WHY_MAX]; /* not complete: the first that has none, and why */
	size_t n_patches;     /* to keep, each id once: its routes' for versions with a share; ALL:
				 every     one that was made */
	uint64_t stored;      /* bytes of these files */
	size_t used;          /* patches of them that are on a route */
	uint64_t devices;     /* that get an update: those with the newest version do not */
	uint64_t unreached;   /* that would need one and have no route; in no sum below */
	uint64_t bytes;       /* received by all of them */
	uint64_t worst_bytes; /* by one device */
	uint64_t updates;     /* that they apply, all together */
	size_t worst_updates; /* one device */
	bool has_air;
	uint64_t airtime_us;       /* all of them; UINT64_MAX: too long to count */
	uint64_t worst_airtime_us; /* one device */
	uint64_t worst_duration_us;
};

/*
 * Versions without a share count for nothing. Errors as ota_matrix_devices; OTA_E_USAGE: more
 * than 2^63-1 bytes or updates; OTA_E_MEMORY. Fills `total`.
 */
OTA_API OTA_MUST_CHECK enum ota_err
ota_matrix_total(const struct ota_matrix *matrix, enum ota_matrix_policy policy, uint64_t devices,
		 struct ota_matrix_total *total, struct ota_diag *diag);

/*
 * How many patches were made, and the bytes of their files: jobs of the same images share one.
 * OTA_E_MEMORY.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_matrix_count(const struct ota_matrix *matrix,
						     size_t *n_patches, uint64_t *bytes,
						     struct ota_diag *diag);

/* One stage of a roll-out, up to so many percent of the devices that get an update. */
struct ota_matrix_stage {
	unsigned percent;
	uint64_t devices;    /* new in this stage */
	uint64_t bytes;      /* received in this stage */
	bool has_time;       /* there is a link, and the times can be counted */
	uint64_t sending_us; /* of this stage: until its last device has it; 0: not known */
	uint64_t done_us;    /* since the start: sending as far as it is known, and waiting */
};

#define OTA_MATRIX_STAGES 5U /* 1, 10, 25, 50, 100 percent */

/*
 * A roll-out by a policy to `devices` devices; `soak_us` is waited after each stage but the last.
 * One without devices, of a small fleet, is over with the one before and waits for nothing.
 * A stage's devices are rounded up and come from each version as its devices that still wait do.
 * Devices without a route are left out.
 *
 * How long a stage's sending takes is the link's own rule (ota_link_deliver), over the slowest
 * link: LoRaWAN, unicast: a gateway sends to one device after the other, of whatever version; there
 * are as many gateways as the fleet needs when each serves the link's `devices`, one when that was
 * not given, and each has an even part of the stage. Multicast: each step of each version's route
 * is sent once by every gateway, one after the other. NB-IoT, LTE-M and BLE: all devices at the
 * same time. In no case less than the slowest device takes alone. Errors as ota_matrix_total. Fills
 * stages[].
 */
OTA_API OTA_MUST_CHECK enum ota_err
ota_matrix_roll_out(const struct ota_matrix *matrix, enum ota_matrix_policy policy,
		    uint64_t devices, uint64_t soak_us,
		    struct ota_matrix_stage stages[OTA_MATRIX_STAGES], struct ota_diag *diag);

/*
 * How many gateways a roll-out counts with, by a link that says how many devices each serves;
 * 0: the link's devices do not share one.
 */
OTA_API uint64_t ota_matrix_gateways(const struct ota_link *link, uint64_t devices);

#ifdef __cplusplus
}
#endif
#endif
