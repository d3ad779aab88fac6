// SPDX-License-Identifier: Apache-2.0
/* The numbers of VCDIFF that its reader and its writer share. */
#ifndef VCDIFF_CODE_H
#define VCDIFF_CODE_H

#include <ota/vcdiff.h>

/* RFC 3284 section 4; bit 2 of the first two indicators is xdelta3's. */
#define HDR_SECONDARY  0x01U
#define HDR_CODE_TABLE 0x02U
#define HDR_APP_HEADER 0x04U
#define WIN_SOURCE     0x01U
#define WIN_TARGET     0x02U
#define WIN_ADLER      0x04U
#define ADLER_SIZE     4U
#define VARINT_BITS    7U
#define VARINT_MORE    0x80U

/* Address modes, section 5.3. */
#define MODE_SELF 0U
#define MODE_HERE 1U
#define MODE_NEAR 2U
#define MODE_SAME (MODE_NEAR + OTA_VCDIFF_NEAR)

/* The default code table, section 5.6, by its groups' first indices. */
#define CODE_RUN        0U
#define CODE_ADD        1U   /* size in the instruction section, then sizes 1 to 17 */
#define CODE_COPY       19U  /* for each mode: size in the section, then sizes 4 to 18 */
#define CODE_ADD_COPY   163U /* modes below SAME: ADD 1 to 4 with COPY 4 to 6 */
#define CODE_ADD_COPY_4 235U /* SAME modes: ADD 1 to 4 with COPY 4 */
#define CODE_COPY_4_ADD 247U /* each mode: COPY 4 with ADD 1 */
#define COPY_CODES      16U  /* per mode */
#define PAIR_COPY_SIZES (OTA_VCDIFF_PAIR_COPY_MAX - OTA_VCDIFF_COPY_CODED_MIN + 1)

#endif
