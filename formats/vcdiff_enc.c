// SPDX-License-Identifier: Apache-2.0
#include "vcdiff_code.h"

#define VERSION 0U

/* One instruction, its address resolved. */
struct instruction {
	enum ota_op_kind kind; /* any copy is COPY_NEW */
	uint32_t len;
	uint32_t at; /* of its first byte in the window */
	unsigned mode;
	uint32_t stored; /* what stands in the address section */
};

struct encoder {
	const struct ota_vcdiff_window *window;
	struct ota_ops ops;
	struct ota_span new_part;
	uint32_t new_at;
	struct ota_vcdiff_cache cache;
	size_t next;       /* of ops */
	uint32_t at;       /* in the window, where the next begins */
	enum ota_err err;  /* of the ops */
	struct ota_wr *wr; /* by section */
};

unsigned ota_vcdiff_size_len(uint32_t value)
{
	unsigned len = 1;

	while (value >>= VARINT_BITS)
		len++;
	return len;
}

void ota_vcdiff_number_write(struct ota_wr *wr, uint32_t value)
{
	unsigned len = ota_vcdiff_size_len(value);

	while (len-- > 0) {
		uint32_t digit = (value >> len * VARINT_BITS) % VARINT_MORE;

		ota_wr_u8(wr, (uint8_t)(digit | (len > 0 ? VARINT_MORE : 0)));
	}
}

unsigned ota_vcdiff_address_mode(const struct ota_vcdiff_cache *cache, uint32_t addr, uint32_t here,
				 uint32_t *stored)
{
	unsigned best = MODE_SELF;
	uint32_t slot = addr % OTA_VCDIFF_SAME_ALL;

	*stored = addr;
	if (ota_vcdiff_size_len(here - addr) < ota_vcdiff_size_len(*stored)) {
		best = MODE_HERE;
		*stored = here - addr;
	}
	for (unsigned i = 0; i < OTA_VCDIFF_NEAR; i++) {
		if (addr >= cache->near[i] &&
		    ota_vcdiff_size_len(addr - cache->near[i]) < ota_vcdiff_size_len(*stored)) {
			best = MODE_NEAR + i;
			*stored = addr - cache->near[i];
		}
	}
	if (cache->same[slot] == addr && ota_vcdiff_size_len(*stored) > 1) {
		best = MODE_SAME + slot / OTA_VCDIFF_SAME_PART;
		*stored = slot % OTA_VCDIFF_SAME_PART;
	}
	return best;
}

/* The address in U of a copy's first byte; false when the copy is none of this window's. */
static bool resolve(const struct encoder *e, const struct ota_op *op, uint32_t *addr)
{
	const struct ota_vcdiff_window *window = e->window;

	if (op->kind == OTA_OP_COPY_NEW) {
		*addr = window->source_len + (op->at - e->new_at);
		return op->at >= e->new_at && op->at - e->new_at < e->at;
	}
	*addr = op->at - window->source_at;
	return op->at >= window->source_at && *addr <= window->source_len &&
	       op->len <= window->source_len - *addr;
}

static bool run_is_true(struct ota_span part)
{
	return part.len > 0 && ota_span_all(part, part.data[0]);
}

/* Takes the next op; a copy moves the cache on. False at the end, or with e->err set. */
static bool take(struct encoder *e, struct instruction *in)
{
	const struct ota_op *op;
	uint32_t addr = 0;
	bool good;

	if (e->err != OTA_OK || e->next == e->ops.n)
		return false;
	op = &e->ops.op[e->next];
	*in = (struct instruction){.kind = op->kind, .len = op->len, .at = e->at};
	good = op->len > 0 && op->len <= e->new_part.len - e->at;
	if (op->kind == OTA_OP_COPY_OLD || op->kind == OTA_OP_COPY_NEW) {
		good = good && resolve(e, op, &addr);
		in->kind = OTA_OP_COPY_NEW;
	} else if (op->kind == OTA_OP_RUN) {
		good = good && run_is_true(ota_span_sub(e->new_part, e->at, op->len));
	} else {
		good = good && op->kind == OTA_OP_INSERT;
	}
	if (!good) {
		e->err = OTA_E_USAGE;
		return false;
	}
	if (in->kind == OTA_OP_COPY_NEW) {
		in->mode = ota_vcdiff_address_mode(&e->cache, addr, e->window->source_len + e->at,
						   &in->stored);
		ota_vcdiff_cache_update(&e->cache, addr);
	}
	e->at += op->len;
	e->next++;
	return true;
}

/* The code that stands for both; 0 (RUN's, which is in no pair) when there is none. */
static unsigned pair_code(const struct instruction *a, const struct instruction *b)
{
	bool add_first = a->kind == OTA_OP_INSERT && b->kind == OTA_OP_COPY_NEW;

	if (add_first && a->len <= OTA_VCDIFF_PAIR_ADD_MAX && b->len >= OTA_VCDIFF_COPY_CODED_MIN) {
		if (b->mode >= MODE_SAME && b->len == OTA_VCDIFF_COPY_CODED_MIN)
			return CODE_ADD_COPY_4 + (b->mode - MODE_SAME) * OTA_VCDIFF_PAIR_ADD_MAX +
			       a->len - 1;
		if (b->mode < MODE_SAME && b->len <= OTA_VCDIFF_PAIR_COPY_MAX)
			return CODE_ADD_COPY +
			       (b->mode * OTA_VCDIFF_PAIR_ADD_MAX + a->len - 1) * PAIR_COPY_SIZES +
			       b->len - OTA_VCDIFF_COPY_CODED_MIN;
	}
	if (a->kind == OTA_OP_COPY_NEW && b->kind == OTA_OP_INSERT &&
	    a->len == OTA_VCDIFF_COPY_CODED_MIN && b->len == 1)
		return CODE_COPY_4_ADD + a->mode;
	return 0;
}

static void write_code(struct ota_wr *wr, const struct instruction *in)
{
	unsigned first = CODE_RUN;
	unsigned coded = 0; /* the size, as a distance from the first code; 0: not in the code */

	if (in->kind == OTA_OP_INSERT) {
		first = CODE_ADD;
		coded = in->len <= OTA_VCDIFF_ADD_CODED_MAX ? in->len : 0;
	} else if (in->kind == OTA_OP_COPY_NEW) {
		first = CODE_COPY + in->mode * COPY_CODES;
		if (in->len >= OTA_VCDIFF_COPY_CODED_MIN && in->len <= OTA_VCDIFF_COPY_CODED_MAX)
			coded = in->len - OTA_VCDIFF_COPY_CODED_MIN + 1;
	}
	ota_wr_u8(wr, (uint8_t)(first + coded));
	if (coded == 0)
		ota_vcdiff_number_write(wr, in->len);
}

/* What an instruction puts into the other two sections. */
static void write_operand(struct encoder *e, const struct instruction *in)
{
	if (in->kind == OTA_OP_COPY_NEW && in->mode >= MODE_SAME)
		ota_wr_u8(&e->wr[OTA_VCDIFF_ADDR], (uint8_t)in->stored);
	else if (in->kind == OTA_OP_COPY_NEW)
		ota_vcdiff_number_write(&e->wr[OTA_VCDIFF_ADDR], in->stored);
	else
		ota_wr_bytes(
			&e->wr[OTA_VCDIFF_DATA],
			ota_span_sub(e->new_part, in->at, in->kind == OTA_OP_RUN ? 1 : in->len));
}

/* Pairs are taken as they come: of overlapping ones any choice that leaves no gap is as short. */
static void write_all(struct encoder *e)
{
	struct ota_wr *codes = &e->wr[OTA_VCDIFF_INST];
	struct instruction a;
	struct instruction b;
	bool more = take(e, &a);

	while (more) {
		unsigned code = 0;

		write_operand(e, &a);
		more = take(e, &b);
		if (more)
			code = pair_code(&a, &b);
		if (code == 0) {
			write_code(codes, &a);
			a = b;
			continue;
		}
		ota_wr_u8(codes, (uint8_t)code);
		write_operand(e, &b);
		more = take(e, &a);
	}
}

enum ota_err ota_vcdiff_window_encode(const struct ota_vcdiff_window *window, struct ota_ops ops,
				      struct ota_span new_part, uint32_t new_at,
				      struct ota_vcdiff_sections *sections)
{
	struct encoder e = {.window = window,
			    .ops = ops,
			    .new_part = new_part,
			    .new_at = new_at,
			    .wr = sections->wr};

	if (new_part.len != window->new_len)
		return OTA_E_USAGE;
	ota_vcdiff_cache_init(&e.cache);
	write_all(&e);
	if (e.err != OTA_OK)
		return e.err;
	if (e.at != new_part.len)
		return OTA_E_USAGE;
	for (unsigned i = 0; i < OTA_VCDIFF_SECTIONS; i++) {
		if (sections->wr[i].err != OTA_OK)
			return sections->wr[i].err;
	}
	return OTA_OK;
}

void ota_vcdiff_header_write(struct ota_wr *wr, uint8_t secondary)
{
	static const uint8_t magic[] = {'V' | 0x80, 'C' | 0x80, 'D' | 0x80, VERSION};

	ota_wr_bytes(wr, ota_span_of(magic, sizeof(magic)));
	ota_wr_u8(wr, secondary != OTA_VCDIFF_PLAIN ? HDR_SECONDARY : 0);
	if (secondary != OTA_VCDIFF_PLAIN)
		ota_wr_u8(wr, secondary);
}

/* The delta encoding's length: all that follows it in the window. */
static uint32_t delta_len(const struct ota_vcdiff_window *window)
{
	uint32_t len = ota_vcdiff_size_len(window->new_len) + 1;

	for (unsigned i = 0; i < OTA_VCDIFF_SECTIONS; i++)
		len += ota_vcdiff_size_len(window->section_len[i]) + window->section_len[i];
	return len + (window->has_adler ? ADLER_SIZE : 0);
}

void ota_vcdiff_window_write(struct ota_wr *wr, const struct ota_vcdiff_window *window)
{
	unsigned compressed = 0;

	ota_wr_u8(wr, (uint8_t)((window->source_len > 0 ? WIN_SOURCE : 0) |
				(window->has_adler ? WIN_ADLER : 0)));
	if (window->source_len > 0) {
		ota_vcdiff_number_write(wr, window->source_len);
		ota_vcdiff_number_write(wr, window->source_at);
	}
	ota_vcdiff_number_write(wr, delta_len(window));
	ota_vcdiff_number_write(wr, window->new_len);
	for (unsigned i = 0; i < OTA_VCDIFF_SECTIONS; i++)
		compressed |= window->compressed[i] ? 1U << i : 0;
	ota_wr_u8(wr, (uint8_t)compressed);
	for (unsigned i = 0; i < OTA_VCDIFF_SECTIONS; i++)
		ota_vcdiff_number_write(wr, window->section_len[i]);
	for (unsigned i = 0; window->has_adler && i < ADLER_SIZE; i++)
		ota_wr_u8(wr, (uint8_t)(window->adler >> 8 * (ADLER_SIZE - 1 - i)));
}
