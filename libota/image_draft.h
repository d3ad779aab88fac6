// SPDX-License-Identifier: Apache-2.0
/*
 * An image on its way: what the digest covers, then the rest. Compression makes two of them, the
 * first of which only ever is in memory: a digest and a signature of it go into the second.
 */
#ifndef IMAGE_DRAFT_H
#define IMAGE_DRAFT_H

#include "image_area.h"
#include "image_layout.h"

/* What a compressed image says of the image that it becomes. */
struct image_origin {
	uint32_t size; /* bytes of the payload */
	struct ota_digest digest;
	struct ota_sig sig;   /* the first signer's; empty: unsigned */
	uint32_t stream_size; /* bytes of the payload here, before AES's zeros; 0: not said */
};

struct image_draft {
	const struct ota_image_plan *plan; /* borrowed, and checked */
	enum ota_hash hash;
	struct ota_image_header header;
	uint8_t header_fill; /* bytes of the header area behind the header */
	struct ota_span payload;
	size_t zeros; /* behind the payload: header and payload are whole AES blocks */
	bool compressed;
	struct image_origin origin; /* when compressed */
	struct ota_buf stream;      /* owned: the payload when compressed */
};

/* Checks the plan and splits the body. Borrows both. Errors as ota_image_build. */
OTA_MUST_CHECK enum ota_err ota_draft_begin(const struct ota_image_plan *plan, struct ota_span body,
					    struct image_draft *draft, struct ota_diag *diag);

void ota_draft_free(struct image_draft *draft);

/*
 * Appends all that the digest covers, in plaintext, to `out` and completes the header. OTA_E_USAGE:
 * the protected TLVs are too many. OTA_E_NO_FIT: 4 GiB or more. OTA_E_ROOM, OTA_E_MEMORY.
 */
OTA_MUST_CHECK enum ota_err ota_draft_hashed(struct image_draft *draft, struct ota_buf *out,
					     struct ota_diag *diag);

/* What is signed of `hashed`. Fills `digest` and `to_sign`, which borrows both. OTA_E_CRYPTO. */
OTA_MUST_CHECK enum ota_err ota_draft_to_sign(const struct image_draft *draft,
					      struct ota_span hashed, struct ota_digest *digest,
					      struct ota_to_sign *to_sign, struct ota_diag *diag);

/* Adds the records that the digest covers, in imgtool's order. OTA_E_USAGE, OTA_E_MEMORY. */
OTA_MUST_CHECK enum ota_err ota_protected_write(const struct image_draft *draft,
						struct tlv_area *area, struct ota_diag *diag);

/* image_boot_record.c */

#define BOOT_RECORD_MAX 256U /* bytes, more than any takes */

/* The plan's boot record, as CBOR. OTA_E_USAGE: not 12 characters of UTF-8 at most. */
OTA_MUST_CHECK enum ota_err ota_boot_record_write(const struct ota_image_plan *plan,
						  enum ota_hash hash, struct ota_wr *wr,
						  struct ota_diag *diag);

/* image_compress.c */

/*
 * Compresses the draft's payload if that saves anything; the draft is then the image that holds
 * the stream. Has the first signer sign the uncompressed image when `with_signature`. Fills what
 * `made` has to say of it. Errors as ota_image_build.
 */
OTA_MUST_CHECK enum ota_err ota_draft_compress(struct image_draft *draft, bool with_signature,
					       struct ota_image_made *made, struct ota_diag *diag);

/* image_encrypt.c */

/* An image's own key, and the TLV it travels in. The caller wipes it. */
struct image_encryption {
	struct ota_image_key key;
	struct ota_wrapped_key wrapped;
};

/* That the plan's key, if there is one, can wrap an image key. OTA_E_USAGE. */
OTA_MUST_CHECK enum ota_err ota_encryption_check(const struct ota_image_plan *plan,
						 struct ota_diag *diag);

/* A new image key, wrapped for the plan's. OTA_E_USAGE, OTA_E_CRYPTO. */
OTA_MUST_CHECK enum ota_err ota_encryption_begin(const struct ota_image_plan *plan,
						 struct image_encryption *encryption,
						 struct ota_diag *diag);

/* Zeros behind the payload, to whole AES blocks with the header area. */
void ota_draft_align_payload(struct image_draft *draft);

/* Encrypts the payload in the image that `out` holds. OTA_E_MEMORY, OTA_E_CRYPTO. */
OTA_MUST_CHECK enum ota_err ota_encryption_apply(const struct image_draft *draft,
						 const struct image_encryption *encryption,
						 struct ota_buf *out, struct ota_diag *diag);

#endif
