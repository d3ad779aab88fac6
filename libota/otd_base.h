// SPDX-License-Identifier: Apache-2.0
/*
 * What an image that comes without words tells about itself: is it code for a Cortex-M, and where
 * does it lie in memory.
 */
#ifndef OTD_BASE_H
#define OTD_BASE_H

#include <ota/bytes.h>

/*
 * True when this is Thumb code, or holds enough of it: calls (BL) that lead to the beginning of a
 * function. Needs no address.
 */
bool ota_otd_is_thumb(struct ota_span image);

/*
 * True when this is RISC-V code (RV32, with compressed instructions or without), or holds enough of
 * it: calls (JAL) that lead to the beginning of a function. Needs no address.
 */
bool ota_otd_is_rv32(struct ota_span image);

/*
 * True when this is Xtensa code, or holds enough of it: calls that lead to the beginning of a
 * function, of either calling convention. Needs no address.
 */
bool ota_otd_is_xtensa(struct ota_span image);

/*
 * The address of the first byte of a Thumb image: an MCUboot image's own word for it, else where
 * its pointers meet most functions and strings. A vector table, at the start or behind an MCUboot
 * header, says roughly where that may be. OTA_E_ABSENT: it cannot be told. OTA_E_MEMORY: it takes
 * up to 10 MB. Fills `base`, and `how` with a few words, static, even when it fails.
 */
OTA_MUST_CHECK enum ota_err ota_otd_find_base(struct ota_span image, uint32_t *base,
					      const char **how);

#endif
