// SPDX-License-Identifier: Apache-2.0
#include "otd_enc.h"
#include "otd_coder.h"

/* Differences of a unit's target beyond these are told as bytes. */
#define DELTA_MAX_POINTER (1U << 17)
#define DELTA_MAX         (1U << 18)

/* -- coder ------------------------------------------------------------------------------------- */

static void carry(struct ota_wr *wr, size_t start)
{
	size_t i = wr->at;

	while (i > start && ++wr->data[--i] == 0)
		;
}

static void code(struct ota_otd_enc *enc, uint32_t probability, uint32_t bit)
{
	uint32_t bound = otd_bound(enc->range, probability);

	if (bit) {
		enc->range = bound;
	} else {
		if (enc->low + bound < enc->low)
			carry(enc->out, enc->start);
		enc->low += bound;
		enc->range -= bound;
	}
	while (enc->range < OTD_RANGE_MIN) {
		ota_wr_u8(enc->out, (uint8_t)(enc->low >> 24));
		enc->low <<= 8;
		enc->range <<= 8;
	}
}

/* The shortest end: one byte, the rest are the zeros that a decoder reads past the end. */
static void flush(struct ota_otd_enc *enc)
{
	uint32_t low = enc->low + (OTD_RANGE_MIN - 1);

	if (low < enc->low)
		carry(enc->out, enc->start);
	ota_wr_u8(enc->out, (uint8_t)(low >> 24));
}

/* -- what the path and the new image say ------------------------------------------------------- */

/* Where the path predicts offset `at` of new from. */
static uint32_t path_from(struct ota_otd_enc *enc, uint32_t at)
{
	const struct ota_otd_turn *turn;

	while (enc->next < enc->path.n && enc->path.turn[enc->next].new_at <= at)
		enc->next++;
	if (enc->next == 0)
		return at;
	turn = &enc->path.turn[enc->next - 1];
	return turn->from + (at - turn->new_at);
}

/*
 * Is the path elsewhere already? A turn inside of a halfword that matched whole comes late; what it
 * went to may have ended by then.
 */
static bool is_elsewhere(struct ota_otd_enc *enc)
{
	const struct ota_otd_model *m = enc->model;

	enc->from = path_from(enc, m->new_at);
	return enc->from != m->from && ota_otd_model_can_turn(m, enc->from);
}

/* Does the path turn in the `len` bytes from here on, or is it elsewhere already? */
static bool turns_within(struct ota_otd_enc *enc, uint32_t len)
{
	const struct ota_otd_model *m = enc->model;

	return is_elsewhere(enc) ||
	       (enc->next < enc->path.n && enc->path.turn[enc->next].new_at - m->new_at < len);
}

static uint32_t new_half(const struct ota_otd_enc *enc)
{
	const uint8_t *at = enc->new_image.data + enc->model->new_at;

	return at[0] | (enc->model->half ? (uint32_t)at[1] << 8 : 0);
}

static bool target_fits(const struct ota_otd_enc *enc, uint32_t target)
{
	const struct ota_otd_model *m = enc->model;
	uint8_t bytes[OTA_OTD_UNIT_MAX];

	return ota_otd_model_write(m, target, bytes) &&
	       memcmp(bytes, enc->new_image.data + m->new_at, m->unit.len) == 0;
}

/* The unit that new has where old has the open one. */
static bool read_new(const struct ota_otd_enc *enc, struct ota_otd_unit *unit)
{
	struct ota_otd_model *m = enc->model;
	struct ota_span bytes = ota_span_sub(enc->new_image, m->new_at, OTA_OTD_SEEN_MAX);

	if (otd_is_rv32(m->arch) && m->unit.kind == OTA_OTD_LOWER) {
		*unit = m->unit;
		unit->target = ota_otd_model_uppers(m)->new_base + ota_otd_rv32_lower(bytes.data);
		return true;
	}
	return ota_otd_unit_read((enum ota_otd_arch)m->arch, (enum ota_otd_tier)m->tier,
				 ota_otd_model_new(m), m->new_at, bytes, unit);
}

/* The difference, in steps, to the first candidate's target; false when none can be told. */
static bool find_delta(const struct ota_otd_enc *enc, uint32_t *delta)
{
	const struct ota_otd_model *m = enc->model;
	enum ota_otd_arch arch = (enum ota_otd_arch)m->arch;
	uint32_t max = m->unit.kind <= OTA_OTD_RAM_POINTER ? DELTA_MAX_POINTER : DELTA_MAX;
	uint32_t step = ota_otd_unit_step(arch, m->unit.kind);
	struct ota_otd_unit unit;

	if (!read_new(enc, &unit) || unit.kind != m->unit.kind || unit.len != m->unit.len ||
	    !target_fits(enc, unit.target))
		return false;
	*delta = unit.target - ota_otd_model_target(m, 0);
	if (*delta % step != 0 || *delta + max >= 2 * max)
		return false;
	*delta = *delta & 0x80000000U ? 0U - (0U - *delta) / step : *delta / step;
	return true;
}

static bool escapes(struct ota_otd_enc *enc)
{
	uint32_t delta;

	if (turns_within(enc, enc->model->unit.len))
		return true;
	for (uint32_t i = 1; i < enc->model->cands; i++) {
		if (target_fits(enc, ota_otd_model_target(enc->model, i)))
			return false;
	}
	return !find_delta(enc, &delta);
}

static uint32_t magnitude(uint32_t d)
{
	return d & 0x80000000U ? 0U - d : d;
}

static uint32_t sign(uint32_t d)
{
	return d & 0x80000000U ? 2 * (0U - d) - 1 : 2 * d;
}

/* The number that is being told, plus 1. */
static uint32_t number(const struct ota_otd_enc *enc)
{
	const struct ota_otd_model *m = enc->model;
	uint32_t d = 0;

	switch (m->set) {
	case OTD_N_NEW:
		return m->old_image.size + m->new_at - enc->from;
	case OTD_N_NEAR:
	case OTD_N_FAR:
		d = enc->from - (m->set == OTD_N_FAR ? m->new_at : m->from);
		break;
	default:
		(void)find_delta(enc, &d);
		break;
	}
	return sign(d) + 1;
}

static uint32_t number_bits(uint32_t number)
{
	uint32_t bits = 0;

	while (number >> 1 >> bits != 0)
		bits++;
	return bits;
}

static uint32_t literal_byte(const struct ota_otd_enc *enc)
{
	uint32_t value = new_half(enc);

	return enc->model->literal == OTD_HIGH_BYTE ? value >> 8 : value & 0xffU;
}

static uint32_t choose(struct ota_otd_enc *enc)
{
	const struct ota_otd_model *m = enc->model;

	switch (m->state) {
	case OTD_UNIT:
		/* Also where the path turns: what is right costs next to nothing, and the turn can
		 * wait. */
		return target_fits(enc, ota_otd_model_target(m, 0));
	case OTD_ESCAPE:
		return escapes(enc);
	case OTD_CANDIDATE:
		return target_fits(enc, ota_otd_model_target(m, m->cand));
	case OTD_NUMBER:
		return number_bits(number(enc)) > m->bits;
	case OTD_BIT:
		return number(enc) >> m->bit & 1U;
	case OTD_MATCH:
		return new_half(enc) == m->expected && !turns_within(enc, 1);
	case OTD_TURN:
		return is_elsewhere(enc);
	case OTD_SPLIT:
		return turns_within(enc, 2);
	case OTD_AGAIN:
		return new_half(enc) ==
		       ((m->expected + (uint32_t)m->again[m->cand]) & (m->half ? 0xffffU : 0xffU));
	case OTD_HIGH:
		return new_half(enc) >> 8 == (uint32_t)m->expected >> 8;
	case OTD_LITERAL:
		return literal_byte(enc) >> (7U - m->bits) & 1U;
	case OTD_TO_NEAR:
		return magnitude(enc->from - m->from) < OTD_NEAR;
	default: /* OTD_TO_NEW */
		return enc->from >= m->old_image.size;
	}
}

/* -- the stream -------------------------------------------------------------------------------- */

static enum ota_err check_path(const struct ota_otd_header *header, struct ota_otd_path path)
{
	for (size_t i = 0; i < path.n; i++) {
		const struct ota_otd_turn *turn = &path.turn[i];
		uint32_t end = header->old_image.size + (header->reads_new ? turn->new_at : 0);

		if (turn->new_at >= header->new_image.size || turn->from >= end ||
		    (i > 0 && turn->new_at <= path.turn[i - 1].new_at))
			return OTA_E_USAGE;
	}
	return OTA_OK;
}

static void look_ahead(struct ota_otd_model *m, struct ota_span old_image)
{
	uint32_t ahead;

	while ((ahead = ota_otd_model_ahead(m)) != 0) {
		uint32_t at = m->from + ahead;

		if (at >= old_image.len || !ota_otd_model_can_turn(m, at))
			return;
		ota_otd_model_look(m, old_image.data[at]);
	}
}

/* Fills src with what the next step is predicted by. */
static void gather(struct ota_otd_model *m, struct ota_span old_image, struct ota_span new_image)
{
	uint32_t wanted = ota_otd_model_wanted(m);

	m->n_src = 0;
	while (m->n_src < wanted && ota_otd_model_can_turn(m, m->from + m->n_src)) {
		uint32_t at = m->from + m->n_src;

		m->src[m->n_src++] = at < old_image.len ? old_image.data[at]
							: new_image.data[at - old_image.len];
	}
	look_ahead(m, old_image);
}

uint32_t ota_otd_next(struct ota_otd_model *m, struct ota_span old_image, struct ota_span new_image)
{
	if (m->state == OTD_BEGIN) {
		gather(m, old_image, new_image);
		ota_otd_model_begin(m);
	}
	return ota_otd_model_ask(m);
}

static enum ota_err encode_stream(struct ota_otd_enc *enc)
{
	struct ota_otd_model *m = enc->model;

	while (m->state != OTD_END && m->state != OTD_BAD && enc->out->err == OTA_OK) {
		uint32_t probability = ota_otd_next(m, enc->old_image, enc->new_image);
		uint32_t bit = choose(enc);

		code(enc, probability, bit);
		otd_tell(m, probability, bit, enc->account);
	}
	if (m->new_size > 0)
		flush(enc);
	if (m->state == OTD_BAD)
		return OTA_E_USAGE;
	return enc->out->err;
}

enum ota_err ota_otd_encode(const struct ota_otd_work *work, struct ota_otd_path path,
			    struct ota_wr *out)
{
	struct ota_otd_enc *enc = (struct ota_otd_enc *)work->memory;
	enum ota_err err = otd_check_work(work);

	if (err == OTA_OK)
		err = check_path(work->header, path);
	if (err != OTA_OK)
		return err;
	memset(enc, 0, sizeof(*enc));
	enc->range = OTD_RANGE_MAX;
	enc->path = path;
	enc->old_image = work->old_image;
	enc->new_image = work->new_image;
	enc->out = out;
	enc->start = out->at;
	enc->account = work->account;
	enc->model = (struct ota_otd_model *)(enc + 1);
	otd_model_of_tier(enc->model, work->header);
	return encode_stream(enc);
}
