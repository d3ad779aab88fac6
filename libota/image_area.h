// SPDX-License-Identifier: Apache-2.0
/* A TLV area that is being written: its info header, then records. */
#ifndef IMAGE_AREA_H
#define IMAGE_AREA_H

#include <ota/buf.h>
#include <ota/mcuboot.h>

struct tlv_area {
	struct ota_buf bytes; /* owned; empty until the first record */
	const char *name;     /* "protected" */
	uint16_t magic;
	bool big;
};

/* An area without records, which takes no byte of an image. Owns nothing yet. */
struct tlv_area ota_area_init(const char *name, uint16_t magic, bool big);

/* Adds one record. OTA_E_USAGE: more than a TLV holds. OTA_E_MEMORY. */
OTA_MUST_CHECK enum ota_err ota_area_add(struct tlv_area *area, uint16_t type,
					 struct ota_span value, struct ota_diag *diag);

/*
 * A cursor over room for `len` bytes of records behind those there are; ota_area_took says how
 * many were written. OTA_E_MEMORY.
 */
OTA_MUST_CHECK enum ota_err ota_area_room(struct tlv_area *area, size_t len, struct ota_wr *wr,
					  struct ota_diag *diag);
void ota_area_took(struct tlv_area *area, const struct ota_wr *wr);

/* Writes the info header, if there are records. OTA_E_USAGE: more than an area holds. */
OTA_MUST_CHECK enum ota_err ota_area_close(struct tlv_area *area, struct ota_diag *diag);

#endif
