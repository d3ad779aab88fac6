// SPDX-License-Identifier: Apache-2.0
#include "otd_dec.h"
#include "otd_arch.h"
#include "otd_coder.h"

/* What this build can go on with; what it leaves out it would take for something else. */
#define STATE_HAS                                                                                  \
	((uint32_t)OTD_HAS_XS | (uint32_t)OTD_HAS_M << 1 | (uint32_t)OTD_HAS_NANO << 2 |           \
	 (uint32_t)OTD_HAS_THUMB << 3 | (uint32_t)OTD_HAS_RV32 << 4 |                              \
	 (uint32_t)OTD_HAS_XTENSA << 5 | (uint32_t)OTD_HAS_PLACE << 6)
/* "OTD1", and what tells builds with another division of memory apart. */
#define STATE_MAGIC                                                                                \
	(0x3144544fU ^ (uint32_t)sizeof(struct ota_otd_dec) << 16 ^ OTD_ENTRIES_XS << 4 ^          \
	 OTD_ENTRIES_M << 12 ^ OTD_ENTRIES_NANO << 24 ^ STATE_HAS * 0x9e3779b1U)

_Static_assert(offsetof(struct ota_otd_dec, model) + OTD_MODEL_RAM(OTA_OTD_XS) <=
		       OTA_OTD_DEC_RAM_XS,
	       "tier XS");
_Static_assert(offsetof(struct ota_otd_dec, model) + OTD_MODEL_RAM(OTA_OTD_M) <= OTA_OTD_DEC_RAM_M,
	       "tier M");
_Static_assert(offsetof(struct ota_otd_dec, model) + OTD_MODEL_RAM(OTA_OTD_NANO) <=
		       OTA_OTD_DEC_RAM_NANO,
	       "tier nano");
_Static_assert(OTD_ALL_XS % 2U == 0 && OTD_ALL_M % 2U == 0 && OTD_ALL_NANO % 2U == 0,
	       "the map's entries are aligned to 4");

static enum ota_want stop(struct ota_otd_dec *dec, enum ota_err err)
{
	dec->err = (uint8_t)err;
	return OTA_WANT_STOP;
}

/* Of a tier that this build has. */
static uint32_t ram_of(enum ota_otd_tier tier)
{
	if (OTD_HAS_XS && OTD_HAS_M)
		return OTA_OTD_DEC_RAM(tier);
	return OTD_HAS_XS ? OTA_OTD_DEC_RAM_XS : OTA_OTD_DEC_RAM_NANO;
}

static bool is_ram_of(uint32_t size, enum ota_otd_tier tier)
{
	return otd_has_tier(tier) && size == OTA_OTD_DEC_RAM(tier);
}

enum ota_err ota_otd_dec_init(void *memory, size_t size, const struct ota_otd_header *header,
			      uint32_t stream_size, struct ota_otd_dec **dec)
{
	struct ota_otd_dec *d = (struct ota_otd_dec *)memory;
	uint32_t ram = ram_of(header->tier);

	*dec = NULL;
	if (!ota_otd_arch_has(header->arch, header->tier) || !otd_has_room(header) ||
	    stream_size > OTA_OTD_IMAGE_MAX)
		return OTA_E_UNSUPPORTED;
	if (size < ram)
		return OTA_E_NO_FIT;
	memset(memory, 0, ram);
	d->size = ram;
	d->range = OTD_RANGE_MAX;
	d->stream_size = stream_size;
	d->old_crc = header->old_crc;
	d->new_crc = header->new_crc;
	ota_otd_model_init(&d->model, header);
	*dec = d;
	return OTA_OK;
}

/* -- what is given ----------------------------------------------------------------------------- */

/*
 * What io->old holds from `at` on, a place in the space old ++ new; `len` bytes, at least 1. NULL:
 * it is wanted, as dec->window says.
 */
static OTD_APART const uint8_t *given(struct ota_otd_dec *dec, struct ota_dec_io *io, uint32_t at,
				      uint32_t *len)
{
	enum ota_want window = OTA_WANT_OLD;
	uint32_t end = dec->model.old_image.size;
	uint32_t skip;

	if (at >= end) {
		window = OTA_WANT_NEW;
		at -= end;
		end = dec->model.new_at;
	}
	skip = at - io->old_at;
	*len = end - at;
	/* What lies before old_at is far beyond its end. */
	if (dec->window == window && skip < io->old.len) {
		if (*len > io->old.len - skip)
			*len = (uint32_t)(io->old.len - skip);
		return io->old.data + skip;
	}
	dec->window = (uint8_t)window;
	io->old = ota_span_of(NULL, 0);
	io->old_at = at;
	io->old_len = *len;
	return NULL;
}

static OTD_APART void checksum(struct ota_otd_dec *dec, const uint8_t *bytes, uint32_t len)
{
	dec->crc = ota_crc32(dec->crc, ota_span_of(bytes, len));
}

static enum ota_want check_old(struct ota_otd_dec *dec, struct ota_dec_io *io)
{
	while (dec->old_checked < dec->model.old_image.size) {
		uint32_t len;
		const uint8_t *bytes = given(dec, io, dec->old_checked, &len);

		if (!bytes)
			return OTA_WANT_OLD;
		checksum(dec, bytes, len);
		dec->old_checked += len;
	}
	if (dec->crc != dec->old_crc)
		return stop(dec, OTA_E_WRONG_BASE);
	dec->crc = 0;
	dec->checked = 1;
	return OTA_WANT_NONE;
}

/* What lies further ahead, of old alone. */
static enum ota_want look_ahead(struct ota_otd_dec *dec, struct ota_dec_io *io)
{
	struct ota_otd_model *m = &dec->model;
	uint32_t ahead;

	while ((ahead = ota_otd_model_ahead(m)) != 0) {
		uint32_t at = m->from + ahead;
		const uint8_t *byte;
		uint32_t len;

		if (at >= m->old_image.size || !ota_otd_model_can_turn(m, at))
			break;
		byte = given(dec, io, at, &len);
		if (!byte)
			return (enum ota_want)dec->window;
		ota_otd_model_look(m, *byte);
	}
	return OTA_WANT_NONE;
}

/* The bytes that the next step is predicted by. */
static enum ota_want gather(struct ota_otd_dec *dec, struct ota_dec_io *io)
{
	struct ota_otd_model *m = &dec->model;
	uint32_t wanted = ota_otd_model_wanted(m);

	while (m->n_src < wanted && ota_otd_model_can_turn(m, m->from + m->n_src)) {
		uint32_t len;
		const uint8_t *bytes = given(dec, io, m->from + m->n_src, &len);

		if (!bytes)
			return (enum ota_want)dec->window;
		for (; len > 0 && m->n_src < wanted; len--)
			m->src[m->n_src++] = *bytes++;
	}
	if (OTD_HAS_RV32) {
		enum ota_want want = look_ahead(dec, io);

		if (want != OTA_WANT_NONE)
			return want;
	}
	ota_otd_model_begin(m);
	return OTA_WANT_NONE;
}

/* Keeps `code` and `range` long enough for a decision. */
static enum ota_want fill(struct ota_otd_dec *dec, struct ota_dec_io *io)
{
	while (dec->stream_at < OTD_CODE_BYTES || dec->range < OTD_RANGE_MIN) {
		uint32_t byte = 0;

		if (dec->stream_at < dec->stream_size) {
			if (io->patch[0].len == 0) {
				io->stream = 0;
				return OTA_WANT_PATCH;
			}
			byte = *io->patch[0].data++;
			io->patch[0].len--;
		} else if (dec->stream_at - dec->stream_size == OTD_PAST_END) {
			return stop(dec, OTA_E_TRUNCATED);
		}
		dec->code = dec->code << 8 | byte;
		if (dec->stream_at >= OTD_CODE_BYTES)
			dec->range <<= 8;
		dec->stream_at++;
	}
	return OTA_WANT_NONE;
}

/* -- what is made ------------------------------------------------------------------------------ */

static enum ota_want put_out(struct ota_otd_dec *dec, struct ota_dec_io *io)
{
	struct ota_otd_model *m = &dec->model;

	for (; dec->put < m->n_out; dec->put++) {
		const uint8_t *byte = &m->out[dec->put];

		if (io->room == 0)
			return OTA_WANT_ROOM;
		*io->out++ = *byte;
		io->room--;
		checksum(dec, byte, 1);
	}
	m->n_out = 0;
	dec->put = 0;
	return OTA_WANT_NONE;
}

static void decide(struct ota_otd_dec *dec)
{
	uint32_t bound = otd_bound(dec->range, ota_otd_model_ask(&dec->model));
	bool bit = dec->code < bound;

	if (bit) {
		dec->range = bound;
	} else {
		dec->code -= bound;
		dec->range -= bound;
	}
	ota_otd_model_tell(&dec->model, bit);
}

/* The stream has one spelling: it ends where nothing more can be left out, and is right. */
static enum ota_want finish(struct ota_otd_dec *dec)
{
	bool any = dec->model.new_size > 0;

	if (any ? dec->stream_at - dec->stream_size != OTD_PAST_END || dec->code >= OTD_RANGE_MIN
		: dec->stream_size != 0)
		return stop(dec, OTA_E_MALFORMED);
	return dec->crc == dec->new_crc ? OTA_WANT_NONE : stop(dec, OTA_E_MALFORMED);
}

static enum ota_want decode(struct ota_otd_dec *dec, struct ota_dec_io *io)
{
	struct ota_otd_model *m = &dec->model;

	for (;;) {
		enum ota_want want = put_out(dec, io);

		if (want == OTA_WANT_NONE && m->state == OTD_BEGIN)
			want = gather(dec, io);
		if (want == OTA_WANT_NONE && m->new_size > 0)
			want = fill(dec, io);
		if (want != OTA_WANT_NONE)
			return want;
		if (m->state == OTD_END)
			return finish(dec);
		if (m->state == OTD_BAD)
			return stop(dec, OTA_E_MALFORMED);
		decide(dec);
	}
}

enum ota_want ota_otd_dec_step(struct ota_otd_dec *dec, struct ota_dec_io *io)
{
	if (dec->err != OTA_OK)
		return OTA_WANT_STOP;
	if (!dec->checked) {
		enum ota_want want = check_old(dec, io);

		if (want != OTA_WANT_NONE)
			return want;
	}
	return decode(dec, io);
}

enum ota_err ota_otd_dec_err(const struct ota_otd_dec *dec)
{
	return (enum ota_err)dec->err;
}

struct ota_otd_progress ota_otd_dec_progress(const struct ota_otd_dec *dec)
{
	const struct ota_otd_model *m = &dec->model;
	struct ota_otd_progress progress = {dec->stream_at, m->new_at - m->n_out + dec->put};

	if (progress.stream_at > dec->stream_size)
		progress.stream_at = dec->stream_size;
	return progress;
}

/* -- saved states ------------------------------------------------------------------------------ */

static uint32_t seal_of(const struct ota_otd_dec *dec)
{
	size_t head = offsetof(struct ota_otd_dec, range);

	return ota_crc32(STATE_MAGIC ^ dec->size,
			 ota_span_of((const uint8_t *)dec + head, dec->size - head));
}

void ota_otd_dec_seal(struct ota_otd_dec *dec)
{
	uint8_t window = dec->window;

	dec->magic = STATE_MAGIC;
	/* Who resumes has none; who goes on keeps it. */
	dec->window = OTA_WANT_NONE;
	dec->seal = seal_of(dec);
	dec->window = window;
}

enum ota_err ota_otd_dec_resume(void *memory, size_t size, struct ota_otd_dec **dec)
{
	struct ota_otd_dec *d = (struct ota_otd_dec *)memory;

	*dec = NULL;
	if (size < offsetof(struct ota_otd_dec, model))
		return OTA_E_NO_FIT;
	if (d->magic != STATE_MAGIC ||
	    !(is_ram_of(d->size, OTA_OTD_XS) || is_ram_of(d->size, OTA_OTD_M) ||
	      is_ram_of(d->size, OTA_OTD_NANO)))
		return OTA_E_MALFORMED;
	if (size < d->size)
		return OTA_E_NO_FIT;
	d->window = OTA_WANT_NONE;
	if (d->seal != seal_of(d))
		return OTA_E_MALFORMED;
	*dec = d;
	return OTA_OK;
}
