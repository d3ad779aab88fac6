// SPDX-License-Identifier: Apache-2.0
#include "otd_coder.h"
#include "otd_enc.h"

#define PRICE_BITS 8U
#define MANTISSA   15U

/* -log2(probability / 65536) in 1/256 bit: one bit of the logarithm by each squaring. */
static uint32_t price(uint32_t probability)
{
	uint32_t whole = 0;
	uint32_t x = probability;
	uint32_t log;

	while (x >> (MANTISSA + 1) != 0)
		x >>= 1;
	while (x >> MANTISSA == 0) {
		x <<= 1;
		whole++;
	}
	log = probability >> (MANTISSA + 1) ? MANTISSA + 1 : MANTISSA - whole;
	for (uint32_t i = 0; i < PRICE_BITS; i++) {
		x = (x * x) >> MANTISSA;
		log <<= 1;
		if (x >> (MANTISSA + 1) != 0) {
			x >>= 1;
			log |= 1;
		}
	}
	return ((MANTISSA + 1) << PRICE_BITS) - log;
}

static enum ota_otd_purpose purpose(const struct ota_otd_model *m)
{
	switch (m->state) {
	case OTD_MATCH:
		return OTA_OTD_FOR_MATCHES;
	case OTD_UNIT:
	case OTD_ESCAPE:
	case OTD_CANDIDATE:
		return OTA_OTD_FOR_REFERENCES;
	case OTD_NUMBER:
	case OTD_BIT:
		return m->set <= OTD_N_POINTER || m->set == OTD_N_MORE ? OTA_OTD_FOR_REFERENCES
								       : OTA_OTD_FOR_TURNS;
	case OTD_SPLIT:
	case OTD_AGAIN:
	case OTD_HIGH:
	case OTD_LITERAL:
		return OTA_OTD_FOR_LITERALS;
	default:
		return OTA_OTD_FOR_TURNS;
	}
}

enum ota_otd_purpose ota_otd_account_add(struct ota_otd_account *account,
					 const struct ota_otd_model *m, uint32_t probability,
					 uint32_t bit)
{
	uint32_t cost = price(bit ? probability : 65536U - probability);
	enum ota_otd_purpose what = purpose(m);

	account->spent[what] += cost;
	if (account->region && account->region_len > 0 &&
	    m->new_at / account->region_len < account->regions)
		account->region[m->new_at / account->region_len] += cost;
	if (m->state == OTD_UNIT) {
		account->references++;
		account->references_hit += bit;
	}
	account->references_told += m->state == OTD_ESCAPE && !bit;
	account->turns += m->state == OTD_TURN && bit;
	return what;
}

/* -- going through a stream -------------------------------------------------------------------- */

struct reader {
	struct ota_span stream;
	size_t at; /* may be past its end: zeros */
	uint32_t range;
	uint32_t code;
};

static void shift_in(struct reader *r)
{
	r->code = r->code << 8 | (r->at < r->stream.len ? r->stream.data[r->at] : 0U);
	r->at++;
}

static uint32_t decide(struct reader *r, uint32_t probability)
{
	uint32_t bound = otd_bound(r->range, probability);
	uint32_t bit = r->code < bound;

	r->code -= bit ? 0 : bound;
	r->range = bit ? bound : r->range - bound;
	while (r->range < OTD_RANGE_MIN) {
		shift_in(r);
		r->range <<= 8;
	}
	return bit;
}

enum ota_err ota_otd_explain(const struct ota_otd_work *work, struct ota_span stream)
{
	struct ota_otd_model *m = (struct ota_otd_model *)work->memory;
	struct reader r = {.stream = stream, .range = OTD_RANGE_MAX};
	enum ota_err err = otd_check_work(work);

	if (err != OTA_OK || work->new_image.len == 0)
		return err;
	otd_model_of_tier(m, work->header);
	for (unsigned i = 0; i < OTD_CODE_BYTES; i++)
		shift_in(&r);
	while (m->state != OTD_END && m->state != OTD_BAD) {
		uint32_t probability = ota_otd_next(m, work->old_image, work->new_image);
		uint32_t bit = decide(&r, probability);

		if (r.at > stream.len + OTD_PAST_END)
			return OTA_E_TRUNCATED;
		otd_tell(m, probability, bit, work->account);
	}
	return m->state == OTD_BAD ? OTA_E_MALFORMED : OTA_OK;
}
