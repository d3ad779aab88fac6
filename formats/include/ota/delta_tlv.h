// SPDX-License-Identifier: Apache-2.0
/*
 * The DELTA TLV: what a signed delta update says of its patch. Described in formats/delta_tlv.md.
 */
#ifndef OTA_DELTA_TLV_H
#define OTA_DELTA_TLV_H

#include <ota/mcuboot.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes of a digest that are kept: the head of SHA-256. */
#define OTA_DELTA_DIGEST_SIZE 16U

/* Sizes in bytes, of images from header to last TLV. */
struct ota_delta_tlv {
	uint8_t format;         /* number of the patch format: 1 bsdiff, 2 vcdiff, 3 otd */
	uint8_t format_version; /* of that format; 0 for bsdiff and vcdiff */
	uint32_t old_size;
	uint32_t new_size;
	uint32_t decoder_ram; /* what the patch's decoder needs, without the images */
	struct ota_version old_version;
	uint8_t old_digest[OTA_DELTA_DIGEST_SIZE];
	uint8_t new_digest[OTA_DELTA_DIGEST_SIZE];
};

/*
 * Reads a TLV's value. OTA_E_MALFORMED: not OTA_TLV_DELTA_SIZE bytes, or not its magic.
 * OTA_E_UNSUPPORTED: flags that are not 0. Whether the format and its version are known is for the
 * caller to check. Fills `tlv`.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_delta_tlv_read(struct ota_span value,
						       struct ota_delta_tlv *tlv);

/* Writes OTA_TLV_DELTA_SIZE bytes. */
OTA_API void ota_delta_tlv_write(struct ota_wr *wr, const struct ota_delta_tlv *tlv);

#ifdef __cplusplus
}
#endif
#endif
