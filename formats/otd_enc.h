// SPDX-License-Identifier: Apache-2.0
/* The encoder's state, and what it shares with whoever goes through a patch. */
#ifndef OTD_ENC_H
#define OTD_ENC_H

#include "otd_dec.h"

struct ota_otd_enc {
	struct ota_otd_model *model;
	struct ota_otd_path path;
	struct ota_span old_image;
	struct ota_span new_image;
	struct ota_wr *out;
	struct ota_otd_account *account; /* or NULL */
	size_t start;                    /* of the stream in `out` */
	size_t next;                     /* turn of the path that comes */
	uint32_t from;                   /* where the turn that is being told goes */
	uint32_t range;
	uint32_t low;
};

/* OTA_E_NO_FIT, OTA_E_USAGE: memory or images are not what the header asks for, or it is none. */
static inline enum ota_err otd_check_work(const struct ota_otd_work *work)
{
	const struct ota_otd_header *header = work->header;

	if (work->size < OTA_OTD_ENC_RAM(header->tier))
		return OTA_E_NO_FIT;
	if (work->old_image.len != header->old_image.size ||
	    work->new_image.len != header->new_image.size ||
	    !ota_otd_arch_has(header->arch, header->tier) || !otd_has_room(header))
		return OTA_E_USAGE;
	return OTA_OK;
}

/*
 * Goes on to the next decision, with both images at hand, and asks for its probability. Not with
 * OTD_END or OTD_BAD.
 */
uint32_t ota_otd_next(struct ota_otd_model *m, struct ota_span old_image,
		      struct ota_span new_image);

/* Adds the open decision's price; returns what it is for. */
enum ota_otd_purpose ota_otd_account_add(struct ota_otd_account *account,
					 const struct ota_otd_model *m, uint32_t probability,
					 uint32_t bit);

/* Takes the open decision, and accounts for it. */
static inline void otd_tell(struct ota_otd_model *m, uint32_t probability, uint32_t bit,
			    struct ota_otd_account *account)
{
	uint32_t at = m->new_at;
	enum ota_otd_purpose purpose;

	if (!account) {
		ota_otd_model_tell(m, bit);
		return;
	}
	purpose = ota_otd_account_add(account, m, probability, bit);
	ota_otd_model_tell(m, bit);
	account->bytes[purpose] += m->new_at - at;
}

#endif
