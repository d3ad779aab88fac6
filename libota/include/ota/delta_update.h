// SPDX-License-Identifier: Apache-2.0
/*
 * Delta updates: a patch inside a signed MCUboot image that is not bootable and whose protected
 * DELTA TLV binds it to the old and the new image. Described in formats/delta_tlv.md.
 */
#ifndef OTA_DELTA_UPDATE_H
#define OTA_DELTA_UPDATE_H

#include <ota/delta.h>
#include <ota/delta_tlv.h>
#include <ota/image.h>
#include <ota/verify.h>

#ifdef __cplusplus
extern "C" {
#endif

/* -- make -------------------------------------------------------------------------------------- */

/* How to make one. Borrows. */
struct ota_delta_update_plan {
	struct ota_delta_plan delta;
	const struct ota_signer *signers;
	size_t n_signers; /* at least 1 */
	bool full_public_key;
	bool pad_sig;
};

struct ota_delta_update_made {
	size_t patch_len;   /* bytes of the bare patch inside */
	struct ota_sig sig; /* the first signer's */
	struct ota_version old_version;
	struct ota_version new_version;
};

/*
 * The bytes that a delta update is made for and gives: the image in `file` from header to last TLV,
 * without padding and trailer. Borrows from `file`. OTA_E_MALFORMED, OTA_E_TRUNCATED: no image.
 * OTA_E_DIGEST: its digest is wrong. OTA_E_REFUSED: it is encrypted (a patch would carry firmware
 * in clear), or is a delta update itself.
 */
OTA_API OTA_MUST_CHECK enum ota_err
ota_delta_update_image(struct ota_span file, struct ota_span *bytes, struct ota_diag *diag);

/*
 * Makes one from the index's old image, which must be as ota_delta_update_image gives it, to the
 * image in `new_file`. Appends to `out`, which must be empty. Security counter and UUIDs are copied
 * from the new image. The update is opened and applied again before it returns. Fills `made`.
 * OTA_E_REFUSED also when the new image's security counter is lower than the old one's, or one has
 * a vendor or class id that the other contradicts: no device would take it. Errors also as
 * ota_delta_update_image, ota_delta_make and ota_image_build.
 */
OTA_API OTA_MUST_CHECK enum ota_err
ota_delta_update_make(const struct ota_delta_update_plan *plan, const struct ota_index *index,
		      struct ota_span new_file, struct ota_buf *out,
		      struct ota_delta_update_made *made, struct ota_diag *diag);

/* -- read -------------------------------------------------------------------------------------- */

/* An opened delta update; borrows from the file. */
struct ota_delta_update {
	struct ota_image image;
	struct ota_delta_tlv tlv;
	struct ota_span patch; /* the payload */
	const char *format;    /* the patch format's name, static */
	bool has_security_counter;
	uint32_t security_counter;
};

/* True when `file` is an image that claims to be a delta update, good or not. */
OTA_API bool ota_delta_update_probe(struct ota_span file);

/*
 * Opens one; no digest and no signature is looked at. OTA_E_UNSUPPORTED: a format, a version or a
 * flag that is not known. OTA_E_MALFORMED: two DELTA TLVs, a payload that is no patch of the format
 * it claims, bytes behind the image that are no padding. OTA_E_TRUNCATED. Fills `update`.
 */
OTA_API OTA_MUST_CHECK enum ota_err
ota_delta_update_open(struct ota_span file, struct ota_delta_update *update, struct ota_diag *diag);

/* What must hold before the first byte is decoded; zero: what the update itself says. Borrows. */
struct ota_delta_update_rules {
	const struct ota_key *key; /* it must have signed the update; NULL: not looked at */
	bool has_counter_floor;
	uint32_t counter_floor; /* the least security counter taken */
};

struct ota_delta_update_verdict {
	bool signature_good;            /* by rules->key */
	bool base_good;                 /* OLD is the image it is for */
	bool result_good;               /* the result has the digest it must have */
	struct ota_version old_version; /* of OLD */
};

/*
 * Everything but the decoder, in this order: signature, digest, vendor and class id against OLD,
 * security counter, OLD's size and digest. `old_file` may be padded. OTA_E_SIGNATURE,
 * OTA_E_UNSIGNED, OTA_E_DIGEST. OTA_E_REFUSED: ids or counter. OTA_E_WRONG_BASE: "update is for
 * 1.2.2, this is 1.2.1". Fills `verdict`, also on failure.
 */
OTA_API OTA_MUST_CHECK enum ota_err
ota_delta_update_check(const struct ota_delta_update *update, struct ota_span old_file,
		       const struct ota_delta_update_rules *rules,
		       struct ota_delta_update_verdict *verdict, struct ota_diag *diag);

/*
 * Checks all that, then applies and checks the result's digest. Appends the new image, without
 * padding, to `out`, whose ceiling bounds it. Errors also as ota_delta_apply; OTA_E_DIGEST: the
 * result is not the image that was meant. On failure nothing that was decoded stays in `out`.
 */
OTA_API OTA_MUST_CHECK enum ota_err
ota_delta_update_apply(const struct ota_delta_update *update, struct ota_span old_file,
		       const struct ota_delta_update_rules *rules, struct ota_buf *out,
		       struct ota_delta_update_verdict *verdict, struct ota_diag *diag);

#ifdef __cplusplus
}
#endif
#endif
