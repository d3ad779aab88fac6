// SPDX-License-Identifier: Apache-2.0
/*
 * Patches for a whole release history: the plan says which versions there are and which patches are
 * wanted between them, a run makes them into a folder, and what is in the folders is loaded again,
 * to be merged and told about. The files are described in docs/matrix.md.
 */
#ifndef OTA_MATRIX_H
#define OTA_MATRIX_H

#include <ota/choose.h>
#include <ota/delta_update.h>

#ifdef __cplusplus
extern "C" {
#endif

#define OTA_MATRIX_VERSIONS_MAX 1024U
#define OTA_MATRIX_JOBS_MAX     100000U
#define OTA_MATRIX_ID_SIZE      65U /* SHA-256 in hex digits, and a NUL */
#define OTA_MATRIX_KEYS_MAX     4U
#define OTA_MATRIX_TEXT_MAX     256U

/* -- the plan ---------------------------------------------------------------------------------- */

/* The newest image, sent whole to a device that has this version. */
struct ota_matrix_full {
	bool judged;      /* false: there is no target */
	bool fits;        /* false when not judged */
	char reason[320]; /* why it does not fit; else empty */
};

/* One version of the firmware. */
struct ota_matrix_version {
	char name[64];
	char *file;                 /* owned; a relative path starts at the plan's folder */
	bool is_image;              /* an MCUboot image */
	bool has_version;           /* false: not known, and the order was given */
	struct ota_version version; /* by its header, the release list or its name */
	uint64_t len;       /* bytes of what is diffed and sent; without padding when signed */
	uint8_t sha256[32]; /* of these bytes */
	uint64_t fleet;     /* its share of the fleet, in any unit: percent of a percent, devices */
	struct ota_matrix_full full; /* the newest version, sent whole to this one */
};

/* One patch that is wanted. Two with the same id have the same images and are made once. */
struct ota_matrix_job {
	uint32_t old_at; /* index of a version */
	uint32_t new_at;
	char id[OTA_MATRIX_ID_SIZE];
	uint64_t expected_us; /* of one core; see ota_delta_effort */
	uint64_t memory;      /* bytes, with both images and the old one's index */
};

/* A whole plan. Zeroed it is empty and may be freed. Versions from the oldest to the newest. */
struct ota_matrix_plan {
	char pairs[32]; /* as asked for: "all", "last=3", "from" */
	bool both_ways;
	bool given_order; /* of versions; else by their numbers */
	bool has_fleet;   /* some version's share was given; else all are alike */

	/* How patches are made. format NULL: with a target the best that fits, else the default. */
	struct ota_delta_plan delta; /* lead is found for each pair */
	bool has_secondary;          /* delta.secondary was given */
	bool has_distance;           /* in place: `distance` was given */
	uint64_t distance;

	/* For whom. */
	bool has_target;
	char target_name[OTA_MATRIX_TEXT_MAX];         /* as given, for messages */
	struct ota_buf target_text;                    /* owned: the profile, YAML */
	struct ota_target_bases target_bases;          /* owned: the texts it builds on */
	uint32_t image;                                /* which of the target's images */
	struct ota_target target;                      /* parsed, `image` selected */
	char link[OTA_LINKS_MAX][OTA_MATRIX_TEXT_MAX]; /* --link's, as given */
	uint32_t n_links;
	struct ota_link parsed_link[OTA_LINKS_MAX];
	struct ota_installed installed[OTA_TARGET_IMAGES_MAX];
	uint32_t n_installed;
	struct ota_budget_options options; /* links and installed point into this plan */

	/* Signed when n_keys > 0: patches are delta updates. */
	uint32_t n_keys;
	struct ota_digest key_id[OTA_MATRIX_KEYS_MAX]; /* SHA-256 of the public keys */
	bool full_public_key;
	bool pad_sig;
	bool low_s;

	struct ota_matrix_version *version; /* owned */
	size_t n_versions;
	struct ota_matrix_job *job; /* owned, sorted by old_at, then new_at */
	size_t n_jobs;
};

/* "1.2.3+4", or "1.2.3" of build 0, into `text`, which is returned. */
#define OTA_MATRIX_VERSION_TEXT_MAX 32U
OTA_API const char *ota_matrix_version_text(const struct ota_version *version,
					    char text[OTA_MATRIX_VERSION_TEXT_MAX]);

/*
 * The plan as JSON, "otatool.matrix-plan/1": the same plan, the same bytes. Appends to `out`.
 * OTA_E_MEMORY.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_matrix_plan_write(const struct ota_matrix_plan *plan,
							  struct ota_buf *out,
							  struct ota_diag *diag);

/*
 * Reads one, and believes nothing: ids and the digest over it all are computed again, so a plan
 * that was changed by hand is refused. No file is opened. OTA_E_MALFORMED, put into words;
 * OTA_E_UNSUPPORTED: another schema; OTA_E_MEMORY. Fills `plan`, which stays where it is (its
 * options point into it); the caller frees it, also after a failure.
 */
OTA_API OTA_MUST_CHECK enum ota_err
ota_matrix_plan_read(struct ota_span text, struct ota_matrix_plan *plan, struct ota_diag *diag);

OTA_API void ota_matrix_plan_free(struct ota_matrix_plan *plan);

/*
 * Reads a version's file and finds what is diffed of it: of a plan that signs, the MCUboot image in
 * it (binary or Intel HEX), without padding; else the whole file. `path` has been resolved. Errors
 * as ota_file_read and ota_delta_update_image. Fills `file`, which the caller frees, and `bytes`,
 * which borrows from it.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_matrix_read_image(const struct ota_matrix_plan *plan,
							  const char *path, struct ota_buf *file,
							  struct ota_span *bytes,
							  struct ota_diag *diag);

/*
 * Which jobs are shard `k`'s of `n` (1 <= k <= n): longest expected first, each to the shard that
 * has least so far, so that shards take about as long. Jobs of one id are one shard's. Fills
 * mine[0..n_jobs). OTA_E_MEMORY.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_matrix_shard(const struct ota_matrix_plan *plan, uint32_t k,
						     uint32_t n, bool *mine, struct ota_diag *diag);

/* -- what a job gives -------------------------------------------------------------------------- */

/* What sending takes over one of the target's links; times in microseconds, 0: not known. */
struct ota_matrix_delivery {
	char link[32];
	bool carries; /* false: the link cannot carry it, the rest is 0 */
	uint64_t packets;
	uint64_t airtime_us;
	uint64_t duration_us; /* from first to last packet */
};

/* A finished job. The same job gives the same result, whoever makes it. */
struct ota_matrix_result {
	char id[OTA_MATRIX_ID_SIZE];
	bool made;          /* a patch is in the folder; else none fits, and `reason` says why */
	char format[16];    /* of the patch */
	char how[48];       /* "otd, tier m" */
	uint64_t patch_len; /* bytes of the bare patch */
	uint64_t sent_len;  /* bytes of the file: the patch, or the delta update */
	uint8_t sha256[32]; /* of the file */

	/* Of the decoder; also without a target. */
	uint64_t ram;
	uint64_t stack;

	/* Held against the target; without one `judged` is false and the rest empty. */
	bool judged;
	bool fits;
	bool on_device; /* else a gateway applies the patch and the device gets new whole */
	char reason[320];
	char remedy[256];
	uint64_t received_len; /* what the device receives */
	struct ota_matrix_delivery delivery[OTA_LINKS_MAX];
	uint32_t n_deliveries;
	uint64_t erases;             /* of sectors in the upgrade */
	uint64_t upgrade_us;         /* by the bootloader; 0: not known */
	struct ota_matrix_full full; /* this pair's new image, sent whole */
};

/* As JSON, "otatool.matrix-result/1". Same rules as for a plan. */
OTA_API OTA_MUST_CHECK enum ota_err ota_matrix_result_write(const struct ota_matrix_result *result,
							    struct ota_buf *out,
							    struct ota_diag *diag);
OTA_API OTA_MUST_CHECK enum ota_err ota_matrix_result_read(struct ota_span text,
							   struct ota_matrix_result *result,
							   struct ota_diag *diag);

/* -- folders ----------------------------------------------------------------------------------- */

/*
 * A folder holds plan.json, for each finished job results/ID.json and, if it was made,
 * patches/ID.EXT, where EXT is the format's name, or "img" of a delta update. A job is finished
 * when its result is there; the patch is written before it. `.lock` is empty.
 */
#define OTA_MATRIX_PLAN_NAME "plan.json"

/* "patches/ID.EXT" of a made result, and "results/ID.json", into `name`, which is returned. */
#define OTA_MATRIX_PATH_MAX 128U
OTA_API const char *ota_matrix_patch_name(const struct ota_matrix_plan *plan,
					  const struct ota_matrix_result *result,
					  char name[OTA_MATRIX_PATH_MAX]);
OTA_API const char *ota_matrix_result_name(const char *id, char name[OTA_MATRIX_PATH_MAX]);

/* A job that has a result which cannot be used, in one folder or in several. */
struct ota_matrix_damage {
	char id[OTA_MATRIX_ID_SIZE];
	size_t job;    /* the first of the plan's with this id */
	char why[448]; /* "patches/ID.otd: is not there", with the folder */
};

/* A plan, and what is there of it. Zeroed it is empty and may be freed. Lists are sorted. */
struct ota_matrix {
	struct ota_matrix_plan plan;      /* of the first folder; it stays where it is */
	struct ota_buf plan_text;         /* owned: its file */
	struct ota_matrix_result *result; /* owned: one for each job */
	bool *has;                        /* owned: is it there */
	uint32_t *folder; /* owned: in which of the folders; the first that has it */
	size_t n_missing; /* jobs without a result */
	/* Names of results that are no job's, and of those that are in several folders: owned. */
	char (*extra)[OTA_MATRIX_ID_SIZE];
	size_t n_extra;
	char (*duplicate)[OTA_MATRIX_ID_SIZE]; /* the same result */
	size_t n_duplicates;
	char (*conflict)[OTA_MATRIX_ID_SIZE]; /* another result */
	size_t n_conflicts;
	/* Owned: those that no other folder has whole; by their ids. */
	struct ota_matrix_damage *damaged;
	size_t n_damaged;
	/* Other files that do not belong there: "results/README", "patches/ID.otd"; owned. */
	char (*stray)[OTA_MATRIX_PATH_MAX];
	size_t n_stray;
};

/*
 * Reads the folders; with `proof` each patch's digest is computed, else its size is looked at. A
 * damaged job counts as missing. What is no regular file is not opened. OTA_E_REFUSED: the folders
 * have different plans. OTA_E_ABSENT: there is no plan in one. OTA_E_USAGE: no folder. Errors of
 * files and of the readers, put into words with the path. Fills `matrix`, which the caller frees,
 * also after a failure.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_matrix_load(const char *const *folders, size_t n,
						    bool proof, struct ota_matrix *matrix,
						    struct ota_diag *diag);

OTA_API void ota_matrix_free(struct ota_matrix *matrix);

/* What is wrong with the result of that id, or NULL; binary search. */
OTA_API const struct ota_matrix_damage *ota_matrix_find_damage(const struct ota_matrix *matrix,
							       const char *id);

/* The job from version `old_at` to `new_at`, or NULL; binary search. */
OTA_API const struct ota_matrix_job *ota_matrix_find_job(const struct ota_matrix_plan *plan,
							 size_t old_at, size_t new_at);

#ifdef __cplusplus
}
#endif
#endif
