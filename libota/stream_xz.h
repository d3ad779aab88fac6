// SPDX-License-Identifier: Apache-2.0
/* Raw LZMA2 streams, as imgtool compresses images (scripts/imgtool/main.py, sign). */
#ifndef STREAM_XZ_H
#define STREAM_XZ_H

#include <ota/buf.h>

/* imgtool's settings, which a decoder must know: nothing in a raw stream says them. */
#define OTA_XZ_DICTIONARY 131072U /* bytes */
#define OTA_XZ_LC         3U
#define OTA_XZ_LP         1U
#define OTA_XZ_PB         2U

/*
 * Appends `plain` as one raw stream, which ends in a zero byte; with `arm_thumb` the ARM-Thumb
 * branch filter comes before it. The bytes depend on liblzma's version. OTA_E_ROOM, OTA_E_MEMORY.
 */
OTA_MUST_CHECK enum ota_err ota_xz_compress(struct ota_span plain, bool arm_thumb,
					    struct ota_buf *out, struct ota_diag *diag);

#endif
