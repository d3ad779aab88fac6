// SPDX-License-Identifier: Apache-2.0
/*
 * Patches between two firmware files, in any format of the table in libota/patch_formats.c.
 */
#ifndef OTA_DELTA_H
#define OTA_DELTA_H

#include <ota/buf.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Largest old or new file a patch is made for, in bytes: offsets stay inside 31 bits. */
#define OTA_DELTA_MAX 0x7fffffffU

/* Names of the formats diff can write, in table order; NULL from `index` = count on. */
OTA_API const char *ota_delta_format_name(size_t index);

/*
 * Makes a patch in the named format, applies it again and compares before it returns: a patch that
 * does not give `new_image` back never leaves. Same inputs, same bytes. Appends to `out`, whose
 * ceiling bounds the patch. OTA_E_ABSENT: no such format. OTA_E_NO_FIT: an image over
 * OTA_DELTA_MAX. OTA_E_REFUSED: the patch did not give the new image back. OTA_E_ROOM,
 * OTA_E_MEMORY.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_delta_make(const char *format, struct ota_span old_image,
						   struct ota_span new_image, struct ota_buf *out,
						   struct ota_diag *diag);

/*
 * Applies a patch of whatever format it is. Appends the new image to `out`, whose ceiling is the
 * largest new image the caller accepts: OTA_E_NO_FIT, found from the patch's header before any
 * work. OTA_E_WRONG_BASE: the patch uses bytes that the old image does not have. OTA_E_UNSUPPORTED:
 * not a patch this version reads (the diag names what it is, when known). OTA_E_TRUNCATED,
 * OTA_E_MALFORMED. On failure `out` may hold part of an image: do not use it.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_delta_apply(struct ota_span old_image,
						    struct ota_span patch, struct ota_buf *out,
						    struct ota_diag *diag);

/* What a patch is made of; sizes in bytes. */
struct ota_delta_info {
	const char *format; /* the row's name, static */
	uint64_t patch_size;
	uint64_t new_size;
	uint64_t header_size;
	uint64_t control_size; /* stored, as are the next two */
	uint64_t diff_size;
	uint64_t extra_size;
	uint64_t records;     /* control records */
	uint64_t blended;     /* new bytes made from old ones */
	uint64_t unchanged;   /* of these, taken as they are */
	uint64_t inserted;    /* new bytes carried by the patch */
	uint64_t old_reach;   /* one past the highest old byte it reads */
	unsigned level[3];    /* bzip2 levels of the control, diff and extra streams; 0: none */
	uint64_t decoder_ram; /* what its decoder needs, without the images */
};

/* True, and the row's name, when the first bytes are a patch's that this version reads. */
OTA_API const char *ota_delta_probe(struct ota_span patch);

/* Reads the whole patch without an old image. Errors as ota_delta_apply. Fills `info`. */
OTA_API OTA_MUST_CHECK enum ota_err
ota_delta_describe(struct ota_span patch, struct ota_delta_info *info, struct ota_diag *diag);

#ifdef __cplusplus
}
#endif
#endif
