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
	/*
	 * A patch that ota_delta_make has made of these very images, by `delta`; empty: it is made.
	 */
	struct ota_span patch;
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
 * without padding and trailer. Borrows from `file`. OTA_E_MALFORMED, OTA_E_TRUNCATED: no image, or
 * followed by what is no padding. OTA_E_DIGEST: its digest is wrong; OTA_E_ABSENT: it has none.
 * OTA_E_REFUSED: it is encrypted (a patch would carry firmware in clear), or is a delta update
 * itself. The words go behind the file's name.
 */
OTA_API OTA_MUST_CHECK enum ota_err
ota_delta_update_image(struct ota_span file, struct ota_span *bytes, struct ota_diag *diag);

/*
 * Makes one from the index's old image, which must be as ota_delta_update_image gives it (else
 * OTA_E_USAGE), to the image in `new_file`, which may be padded. Appends to `out`, which must be
 * empty. Security counter, ids and byte order are the new image's. Before it returns the patch is
 * proven as ota_delta_make does, and the update is opened again and checked with the first
 * signer's key against the old image. Fills `made`. OTA_E_REFUSED also when no device would take
 * it: of a counter, a vendor and a class id that the old image has the new one has none, a lower
 * counter or another id. OTA_E_USAGE: no signer. Errors also as ota_delta_update_image,
 * ota_delta_make and ota_image_build; the words say of which image.
 */
OTA_API OTA_MUST_CHECK enum ota_err
ota_delta_update_make(const struct ota_delta_update_plan *plan, const struct ota_index *index,
		      struct ota_span new_file, struct ota_buf *out,
		      struct ota_delta_update_made *made, struct ota_diag *diag);

/*
 * Bytes that an update takes beyond its patch, before it is made and signed: exact but for ECDSA
 * signatures, which are counted as long as they can get. plan->n_signers is at least 1. Errors as
 * ota_delta_update_make, for images and keys. Fills `most`.
 */
OTA_API OTA_MUST_CHECK enum ota_err
ota_delta_update_wrapper(const struct ota_delta_update_plan *plan, const struct ota_index *index,
			 struct ota_span new_file, size_t *most, struct ota_diag *diag);

/*
 * May an image take the place of another on a device, by vendor and class id and by security
 * counter? As a delta update is judged, for those who apply bare patches. OTA_E_REFUSED: no.
 * OTA_E_MALFORMED: one of them twice, or of another size.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_delta_update_may_follow(const struct ota_image *old_image,
								const struct ota_image *new_image,
								struct ota_diag *diag);

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

/*
 * True when `file` claims to be a delta update, good or not: an image with a DELTA TLV, or one that
 * is not bootable and whose payload starts as a patch, if it is cut off or its TLVs are damaged.
 */
OTA_API bool ota_delta_update_probe(struct ota_span file);

/*
 * Opens one; no digest and no signature is looked at. The rules are those of formats/delta_tlv.md.
 * OTA_E_ABSENT: an image without a DELTA TLV. OTA_E_UNSUPPORTED: a format, a version or a flag that
 * is not known. OTA_E_MALFORMED: also two DELTA TLVs or counters, an unprotected DELTA TLV, a
 * payload that does not start as a patch of the format it claims, bytes behind the update that are
 * no padding. OTA_E_TRUNCATED. Fills `update`, after a failure with what could be read.
 */
OTA_API OTA_MUST_CHECK enum ota_err
ota_delta_update_open(struct ota_span file, struct ota_delta_update *update, struct ota_diag *diag);

/* What must hold before the first byte is decoded; zero: what the update itself says. Borrows. */
struct ota_delta_update_rules {
	/* It must have signed the update. NULL: no signature is looked at, but digests are. */
	const struct ota_key *key;
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
 * Everything but the decoder, in this order: digest and signature, by the rules of ota/verify.h
 * that bind an image which is to be booted; vendor and class id against OLD; security counter;
 * OLD's size and digest. `old_file` may be padded, or a dump with anything behind the image. Errors
 * as ota_image_verify: OTA_E_SIGNATURE, OTA_E_UNSIGNED, OTA_E_DIGEST. OTA_E_REFUSED: ids or
 * counter. OTA_E_WRONG_BASE: "update is for 1.2.2, this is 1.2.1". OTA_E_MALFORMED,
 * OTA_E_TRUNCATED: OLD is no image. Fills `verdict`, also on failure.
 */
OTA_API OTA_MUST_CHECK enum ota_err
ota_delta_update_check(const struct ota_delta_update *update, struct ota_span old_file,
		       const struct ota_delta_update_rules *rules,
		       struct ota_delta_update_verdict *verdict, struct ota_diag *diag);

/*
 * Checks all that, then applies and checks the result's digest. Appends the new image, without
 * padding, to `out`, whose ceiling bounds it: OTA_E_NO_FIT. Whatever the patch claims, no more than
 * the size in the DELTA TLV is made. Errors also as ota_delta_apply; OTA_E_DIGEST: the result is
 * not the image that was meant. Until all checks are passed `out` is not touched; after a later
 * failure nothing that was decoded stays in it.
 */
OTA_API OTA_MUST_CHECK enum ota_err
ota_delta_update_apply(const struct ota_delta_update *update, struct ota_span old_file,
		       const struct ota_delta_update_rules *rules, struct ota_buf *out,
		       struct ota_delta_update_verdict *verdict, struct ota_diag *diag);

#ifdef __cplusplus
}
#endif
#endif
