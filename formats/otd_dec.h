// SPDX-License-Identifier: Apache-2.0
/* How a decoder's memory is divided: its own struct, and the model with what follows it. */
#ifndef OTD_DEC_H
#define OTD_DEC_H

#include "otd_model.h"

struct ota_otd_dec {
	uint32_t magic; /* of a saved state */
	uint32_t size;  /* of it, bytes */
	uint32_t seal;  /* CRC-32 of what follows */
	uint32_t range;
	uint32_t code;
	uint32_t stream_size;
	uint32_t stream_at;   /* bytes read, those past the end included */
	uint32_t old_checked; /* bytes of old whose CRC-32 is in `crc` */
	uint32_t crc;         /* then of the bytes of new that are put out */
	uint32_t old_crc;
	uint32_t new_crc;
	uint8_t checked; /* old has been */
	uint8_t put;     /* bytes of model.out that are put out */
	uint8_t err;     /* enum ota_err */
	uint8_t window;  /* what io->old was wanted for: OTA_WANT_OLD or OTA_WANT_NEW */
	struct ota_otd_model model;
};

/* Tier nano holds no more than one segment of an image. */
static inline bool otd_has_room(const struct ota_otd_header *header)
{
	return !OTD_HAS_NANO || header->tier != OTA_OTD_NANO ||
	       (header->old_image.n_segments == 1 && header->new_image.n_segments == 1);
}

/* Memory is cleared and the model begun, for whoever has no decoder. */
static inline void otd_model_of_tier(struct ota_otd_model *m, const struct ota_otd_header *header)
{
	memset(m, 0, OTD_MODEL_RAM(header->tier));
	ota_otd_model_init(m, header);
}

#endif
