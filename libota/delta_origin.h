// SPDX-License-Identifier: Apache-2.0
/*
 * Whose an image is and how new: vendor and class id, security counter. What an old image has, all
 * that follow it must have too: a bootloader that looks for one refuses an image without it.
 */
#ifndef DELTA_ORIGIN_H
#define DELTA_ORIGIN_H

#include <ota/delta_update.h>

/* Of the protected area alone; borrows from the image. */
struct ota_origin {
	struct ota_span vid; /* empty: none */
	struct ota_span cid;
	bool has_counter;
	uint32_t counter;
};

/* OTA_E_MALFORMED: one of them twice, or of another size. Fills `origin`. */
OTA_MUST_CHECK enum ota_err ota_origin_read(const struct ota_image *image,
					    struct ota_origin *origin, struct ota_diag *diag);

/*
 * May `next`, called `what` in words, follow `old_origin`? OTA_E_REFUSED: another vendor or class,
 * a counter that is lower than the old one or than `floor` (NULL: no floor), or none of what the
 * old image has.
 */
OTA_MUST_CHECK enum ota_err ota_origin_may_follow(const struct ota_origin *old_origin,
						  const struct ota_origin *next,
						  const uint32_t *floor, const char *what,
						  struct ota_diag *diag);

/* -- words shared by making and checking ------------------------------------------------------- */

#define ORIGIN_VERSION_MAX 32

/* "1.2.3" or "1.2.3+4"; `text` has ORIGIN_VERSION_MAX bytes. Returns `text`. */
const char *ota_version_words(const struct ota_version *version, char *text);

bool ota_version_equal(const struct ota_version *a, const struct ota_version *b);

/* The head of SHA-256, as the DELTA TLV keeps it: OTA_DELTA_DIGEST_SIZE bytes. OTA_E_CRYPTO. */
OTA_MUST_CHECK enum ota_err ota_delta_digest(struct ota_span bytes, uint8_t *digest,
					     struct ota_diag *diag);

#endif
