// SPDX-License-Identifier: Apache-2.0
#include "otd_model.h"
#include "otd_nano.h"
#include "otd_priors.h"
#include "otd_tables.h"

#define NEVER        UINT32_MAX
#define TEACH_RUN    12U /* bytes of a copy before the map learns of it */
#define CALM_RUN     8U
#define MISS_MAX     7U
#define PAST_MASK    63U
#define UNARY_MAX    31U
#define GOLDEN       0x9e3779b1U /* 2^32 / golden ratio, made odd */
#define EVEN_ODDS    32768U
#define WIDE_OP      0xe8U /* Thumb: high bytes from here on begin a 32-bit instruction */
#define NO_SLOT      UINT32_MAX
#define UNMIXED      0xffU
#define MIXED_MIN    16U
#define WEIGHT_LIMIT (8 * OTD_WEIGHT_ONE)
#define RATE_FLAG    6
#define RATE_LITERAL 14

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* -- slots and mixing -------------------------------------------------------------------------- */

#define COUNT_MAX 15U
#define STEP      16U
#define SURE      65520U

static void slot_learn(uint16_t *slot, uint32_t bit)
{
	uint32_t n = *slot & COUNT_MAX;
	uint32_t p = *slot - n;
	uint32_t rate = ota_otd_rate(n);

	if (bit)
		p += ((65535U - p) * rate) >> 16;
	else
		p -= (p * rate) >> 16;
	p = (p + STEP / 2) & ~COUNT_MAX;
	if (p < STEP)
		p = STEP;
	*slot = (uint16_t)(least(p, SURE) + n + (n < COUNT_MAX));
}

static void add_input(struct ota_otd_model *m, uint32_t slot)
{
	uint32_t n = m->n_inputs++;

	m->input[n] = (uint16_t)slot;
	m->probability = ota_otd_model_slots(m)[slot] & (uint16_t)~COUNT_MAX;
	ota_otd_model_more(m)->stretched[n] =
		(int16_t)ota_otd_stretch((uint32_t)m->probability >> 4);
}

static void mix(struct ota_otd_model *m)
{
	const struct ota_otd_more *more = ota_otd_model_more(m);
	int32_t sum = 0;

	for (uint32_t i = 0; i < m->n_inputs; i++)
		sum += (more->weight[m->weights + i] >> 6) * more->stretched[i];
	m->probability = (uint16_t)least(ota_otd_squash(sum >> 14), 65536U - MIXED_MIN);
	if (m->probability < MIXED_MIN)
		m->probability = MIXED_MIN;
}

static void weights_learn(struct ota_otd_model *m, uint32_t bit)
{
	struct ota_otd_more *more = ota_otd_model_more(m);
	int32_t rate = m->state == OTD_LITERAL ? RATE_LITERAL : RATE_FLAG;
	int32_t error = ((bit ? 65535 : 0) - (int32_t)m->probability) * rate >> 4;

	for (uint32_t i = 0; i < m->n_inputs; i++) {
		int32_t *weight = &more->weight[m->weights + i];

		*weight += (more->stretched[i] * error + (1 << 9)) >> 10;
		/* What is always right would grow for ever. */
		if (*weight > WEIGHT_LIMIT)
			*weight = WEIGHT_LIMIT;
		if (*weight < -WEIGHT_LIMIT)
			*weight = -WEIGHT_LIMIT;
	}
}

/* -- addresses --------------------------------------------------------------------------------- */

static bool is_ram(uint32_t key)
{
	return key >= OTA_OTD_KEY_RAM;
}

static bool has_more(const struct ota_otd_model *m)
{
	return OTD_HAS_CODE && (ota_otd_model_is_m(m) || otd_is_rv32(m->arch));
}

static bool is_local(const struct ota_otd_model *m)
{
	if (otd_is_xtensa(m->arch))
		return m->unit.kind >= OTA_OTD_L32R;
	return has_more(m) && m->unit.kind >= OTA_OTD_LDR && m->unit.kind <= OTA_OTD_LDRW;
}

/* Of its target only the upper part has been seen to be right; a lower part tells the rest. */
static bool is_upper(const struct ota_otd_model *m)
{
	return otd_is_rv32(m->arch) && m->unit.kind == OTA_OTD_UPPER;
}

/* Not all have it in tier XS. */
static bool is_more(uint32_t kind)
{
	return (OTD_HAS_MORE || OTD_HAS_RV32) && kind >= OTA_OTD_KINDS_XS;
}

/* Pointers, RAM pointers, branches, tier M's. */
static uint32_t unit_group(const struct ota_otd_model *m)
{
	return least(m->unit.kind, 2) + is_more(m->unit.kind);
}

static OTD_APART uint32_t new_addr(const struct ota_otd_model *m)
{
	return ota_otd_addr(ota_otd_model_new(m), m->new_at);
}

/* While it is predicted from old. */
static OTD_APART uint32_t current_shift(const struct ota_otd_model *m)
{
	return new_addr(m) - ota_otd_addr(&m->old_image, m->from);
}

/* -- after an event ---------------------------------------------------------------------------- */

static OTD_APART void go_on(struct ota_otd_model *m)
{
	m->n_src = 0;
	if (otd_is_rv32(m->arch))
		ota_otd_model_uppers(m)->ahead = 0;
	m->state = m->new_at == m->new_size ? OTD_END : OTD_BEGIN;
}

/* RV32 keeps a word of what is made. */
static void keep_word(struct ota_otd_model *m, uint32_t byte)
{
	struct ota_otd_uppers *uppers = ota_otd_model_uppers(m);

	uppers->made = uppers->made >> 8 | byte << 24;
}

/* The byte just made ends the halfword that a 32-bit instruction begins with. */
static bool is_wide(struct ota_otd_model *m, uint32_t byte)
{
	return otd_is_rv32(m->arch) ? otd_rv32_is_wide(ota_otd_model_uppers(m)->made >> 16)
				    : byte >= WIDE_OP;
}

/* The bytes that a step has put into out. */
static void put(struct ota_otd_model *m, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		m->last = m->out[i];
		if (otd_is_rv32(m->arch))
			keep_word(m, m->out[i]);
		if (otd_is_xtensa(m->arch))
			m->second = (uint8_t)ota_otd_xtensa_left(m->second, m->out[i]);
		else if ((m->new_at + i) % 2 != 0)
			m->second = !m->second && is_wide(m, m->out[i]);
	}
	m->n_out = (uint8_t)n;
	m->new_at += n;
	m->from += n;
	go_on(m);
}

static OTD_APART void put_half(struct ota_otd_model *m, uint32_t halfword, uint32_t n)
{
	ota_otd_put_half(m->out, halfword);
	put(m, n);
}

static void remember(struct ota_otd_model *m, uint32_t outcome)
{
	m->past = (uint8_t)((uint32_t)m->past << 1 | outcome);
}

static void missed(struct ota_otd_model *m)
{
	if (m->miss < MISS_MAX)
		m->miss++;
}

static void trouble(struct ota_otd_model *m)
{
	m->run = 0;
	missed(m);
	remember(m, 0);
}

static void calm(struct ota_otd_model *m)
{
	if (m->miss > 0)
		m->miss--;
}

static void matched(struct ota_otd_model *m)
{
	uint32_t n = 1U + m->half;

	m->run += n;
	remember(m, 1);
	if ((m->half || otd_is_xtensa(m->arch)) && m->run >= CALM_RUN)
		calm(m);
	put_half(m, m->expected, n);
}

/*
 * RV32: bits 15-13 and 1-0, by which compressed instructions differ; of a second halfword the
 * opcode that the first one has.
 */
static uint32_t rv32_op(const struct ota_otd_model *m)
{
	if (m->second)
		return ota_otd_model_uppers_of(m)->made >> 18 & 31U;
	return ((uint32_t)m->expected >> 11 & 0x1cU) | (m->expected & 3U);
}

/* What the expected halfword, or Xtensa's byte, is, 5 bits: its opcode, more or less. */
static uint32_t op_of(const struct ota_otd_model *m)
{
	uint32_t half = m->expected;

	if (otd_is_xtensa(m->arch))
		return m->second == 0 ? half & 0xfU : 0x10U | half >> 4;
	if (otd_is_rv32(m->arch))
		return rv32_op(m);
	return half >> 11;
}

/* A halfword, or Xtensa's byte, that is not as predicted teaches its difference. */
static void differed(struct ota_otd_model *m, uint32_t halfword)
{
	uint16_t diff = (uint16_t)(halfword - m->expected);

	if (otd_is_xtensa(m->arch))
		diff &= 0xffU;
	if (m->known) {
		m->diff[op_of(m)] = diff;
		m->last_diff = diff;
	}
	trouble(m);
	put_half(m, halfword, otd_is_xtensa(m->arch) ? 1 : 2);
}

/* -- literals ---------------------------------------------------------------------------------- */

static OTD_APART void open_literal(struct ota_otd_model *m, uint8_t literal)
{
	m->state = OTD_LITERAL;
	m->literal = literal;
	m->node = 1;
	m->bits = 0;
	m->agree = m->known;
}

static OTD_APART void lone_done(struct ota_otd_model *m, uint32_t byte)
{
	trouble(m);
	put_half(m, byte, 1);
}

static void literal_done(struct ota_otd_model *m, uint32_t byte)
{
	if (m->literal == OTD_HIGH_BYTE) {
		m->high = (uint8_t)byte;
		open_literal(m, OTD_LOW_BYTE);
	} else if (m->literal == OTD_LONE_BYTE) {
		if (otd_is_xtensa(m->arch))
			differed(m, byte);
		else
			lone_done(m, byte);
	} else {
		differed(m, (uint32_t)m->high << 8 | byte);
	}
}

static void tell_literal(struct ota_otd_model *m, uint32_t bit)
{
	uint32_t byte = (uint32_t)m->node << 1 | bit;

	if (ota_otd_model_expected_bit(m) != bit)
		m->agree = 0;
	m->bits++;
	m->node = (uint8_t)byte;
	if (byte > 0xffU)
		literal_done(m, byte & 0xffU);
}

static void add_hashed(struct ota_otd_model *m, uint32_t context)
{
	uint32_t h = ((context | (uint32_t)m->second << 16) * GOLDEN + m->node) * GOLDEN;

	h = (h ^ h >> 15) * GOLDEN;
	add_input(m, OTD_SLOTS + (h >> 16 & (ota_otd_model_hashed(m) - 1U)));
}

static uint32_t ask_literal(struct ota_otd_model *m)
{
	m->weights = (uint8_t)(OTD_W_LITERAL + (2U * m->literal + m->agree) * OTD_INPUTS);
	if (m->literal == OTD_LOW_BYTE || m->literal == OTD_LOW_BYTE_EXPECTED) {
		add_hashed(m, 0x100U | m->high);
	} else {
		add_input(m, OTD_S_ORDER_0 + m->node);
		if (ota_otd_model_is_m(m) || otd_is_xtensa(m->arch))
			add_hashed(m, m->last);
	}
	if (!m->agree)
		return NO_SLOT;
	m->reversed = !ota_otd_model_expected_bit(m);
	return OTD_S_EXPECTED + m->bits * 4U + m->literal;
}

/* -- numbers ----------------------------------------------------------------------------------- */

/* Those of tier M lie behind the hashed ones. */
static uint32_t more_slot(const struct ota_otd_model *m, uint32_t slot)
{
	return OTD_SLOTS + ota_otd_model_hashed(m) + slot;
}

static OTD_APART void open_number(struct ota_otd_model *m, uint8_t set)
{
	m->state = OTD_NUMBER;
	m->set = set;
	m->bits = 0;
	m->number = 1;
}

static uint32_t number_slot(const struct ota_otd_model *m)
{
	uint32_t base = OTD_S_NUMBER + m->set * OTD_NUMBER_SLOTS;
	uint32_t above = (uint32_t)m->bits - m->bit; /* bits known, the leading one included */

	if (OTD_HAS_MORE && m->set == OTD_N_MORE)
		base = more_slot(m, OTD_S_MORE_NUMBER);
	if (m->state == OTD_NUMBER)
		return base + least(m->bits, OTD_UNARY_SLOTS - 1);
	base += OTD_UNARY_SLOTS;
	if (above == 1)
		return base + least(m->bits, OTD_FIRST_SLOTS) - 1;
	base += OTD_FIRST_SLOTS;
	if (above == 2)
		return base;
	return m->bit < 2 ? base + 1 + m->bit : NO_SLOT;
}

static uint32_t unsign(uint32_t number)
{
	return number >> 1 ^ (0U - (number & 1U));
}

/* -- turns ------------------------------------------------------------------------------------- */

static void turn_to(struct ota_otd_model *m, uint32_t from)
{
	if (!ota_otd_model_can_turn(m, from)) {
		m->state = OTD_BAD;
		return;
	}
	m->from = from;
	m->block = m->new_at;
	m->turned_at = m->new_at;
	m->taught = 0;
	if (otd_is_xtensa(m->arch))
		m->second = 0;
	trouble(m);
	go_on(m);
}

/* -- misses ------------------------------------------------------------------------------------ */

/* What a halfword, or Xtensa's byte, that is told whole begins with. */
static void open_high(struct ota_otd_model *m)
{
	if (otd_is_xtensa(m->arch))
		open_literal(m, OTD_LONE_BYTE);
	else if (m->known)
		m->state = OTD_HIGH;
	else
		open_literal(m, OTD_HIGH_BYTE);
}

static void open_again(struct ota_otd_model *m)
{
	uint16_t diff = m->diff[op_of(m)];

	m->cands = 0;
	m->cand = 0;
	if (m->known) {
		if (diff != 0)
			m->again[m->cands++] = diff;
		if (m->last_diff != 0 && m->last_diff != diff)
			m->again[m->cands++] = m->last_diff;
	}
	m->state = OTD_AGAIN;
	if (m->cands == 0)
		open_high(m);
}

static void open_split(struct ota_otd_model *m)
{
	if (m->half)
		m->state = OTD_SPLIT;
	else if (otd_is_xtensa(m->arch))
		open_again(m);
	else
		open_literal(m, OTD_LONE_BYTE);
}

static void open_miss(struct ota_otd_model *m)
{
	if (m->turned_at == m->new_at)
		open_split(m);
	else
		m->state = OTD_TURN;
}

/* The next step goes by a halfword. */
static OTD_APART bool goes_by_half(const struct ota_otd_model *m)
{
	return !otd_is_xtensa(m->arch) && m->new_at % 2 == 0 && m->new_size - m->new_at >= 2 &&
	       m->split_at != m->new_at;
}

static void open_match(struct ota_otd_model *m)
{
	uint32_t expected = ota_otd_half(m->src);

	m->half = goes_by_half(m);
	m->known = m->n_src > m->half;
	if (!m->half)
		expected &= 0xffU;
	if (!m->known)
		expected = 0;
	m->expected = (uint16_t)expected;
	m->state = OTD_MATCH;
	if (!m->known)
		open_miss(m);
}

/* -- units ------------------------------------------------------------------------------------- */

static void add_candidate(struct ota_otd_model *m, uint32_t shift)
{
	for (uint32_t i = 0; i < m->cands; i++) {
		if (m->cand_shift[i] == shift)
			return;
	}
	m->cand_shift[m->cands++] = shift;
}

static OTD_APART void add_entry(struct ota_otd_model *m, uint32_t i)
{
	add_candidate(m, ota_otd_map_shift_at(ota_otd_model_map(m), i));
}

/* Entry `i` is there, and about the same kind of memory as the unit. */
static OTD_APART bool is_beside(struct ota_otd_model *m, uint32_t i)
{
	const struct ota_otd_map *map = ota_otd_model_map(m);

	return i < map->n && is_ram(ota_otd_map_key_at(map, i)) == is_ram(m->unit.key);
}

/* Of an answer with entries on both sides, `f` the upper one. */
static OTD_APART uint32_t confidence(const struct ota_otd_map *map, uint32_t f, uint32_t key)
{
	if (ota_otd_map_shift_at(map, f - 1) == ota_otd_map_shift_at(map, f))
		return 1;
	return key - ota_otd_map_key_at(map, f - 1) <= ota_otd_map_key_at(map, f) - key ? 2 : 3;
}

/* The map's answer: a class of confidence, and its candidates. */
static void look_up(struct ota_otd_model *m)
{
	const struct ota_otd_map *map = ota_otd_model_map(m);
	uint32_t f = ota_otd_map_floor(map, m->unit.key);
	uint32_t moved = is_ram(m->unit.key) ? 0 : current_shift(m);
	bool has_below = is_beside(m, f - 1);
	bool has_above = is_beside(m, f);
	uint32_t below_key = has_below ? ota_otd_map_key_at(map, f - 1) : 0;
	uint32_t class = has_above ? 5 : 6;
	bool local;

	if (has_below)
		class = has_above ? confidence(map, f, m->unit.key) : 4;
	if (has_below && below_key == m->unit.key)
		class = 0;
	local = is_local(m) && class >= 2 && below_key <= m->from;
	m->class = (uint8_t)(local ? 7 : class);
	m->cands = 0;
	if (local)
		add_candidate(m, moved);
	if (class == 3)
		add_entry(m, f);
	if (has_below)
		add_entry(m, f - 1);
	if (class != 0 && has_above)
		add_entry(m, f);
	add_candidate(m, moved);
}

static bool rv32_unit(struct ota_otd_model *m, struct ota_span bytes)
{
	if (m->from % 2 != 0 || ota_otd_rv32_pointer_read(&m->old_image, m->from, bytes, &m->unit))
		return m->from % 2 == 0;
	if (m->second)
		return false;
	if (bytes.len >= 4 &&
	    ota_otd_rv32_lower_read(ota_otd_model_uppers(m), &m->old_image, bytes.data, &m->unit))
		return true;
	return ota_otd_rv32_code_read(&m->old_image, m->from, bytes, &m->unit);
}

static bool read_unit(struct ota_otd_model *m)
{
	struct ota_span bytes = ota_span_of(m->src, least(m->n_src, m->old_image.size - m->from));

	if (otd_is_rv32(m->arch))
		return rv32_unit(m, bytes);
	if (otd_is_xtensa(m->arch))
		return ota_otd_xtensa_read(&m->old_image, m->from, bytes, &m->unit) &&
		       (m->second == 0 || m->unit.kind <= OTA_OTD_RAM_POINTER);
	return otd_is_thumb(m->arch) &&
	       otd_thumb_read((enum ota_otd_tier)m->tier, &m->old_image, m->from, bytes, &m->unit);
}

static bool open_unit(struct ota_otd_model *m)
{
	if (m->new_at < m->block || m->new_at % otd_unit_parity(m->arch) != 0)
		return false;
	if (!read_unit(m) || m->unit.len > m->new_size - m->new_at)
		return false;
	m->unit.key = ota_otd_map_key(ota_otd_model_map(m), m->unit.key);
	look_up(m);
	if (!is_ram(m->unit.key)) {
		add_candidate(m, m->learned[0]);
		add_candidate(m, m->learned[1]);
	}
	m->cand = 0;
	m->state = OTD_UNIT;
	return true;
}

/* What the unit's distance counts from. */
static uint32_t rv32_addr(const struct ota_otd_model *m)
{
	if (m->unit.kind == OTA_OTD_LOWER)
		return ota_otd_model_uppers_of(m)->new_base;
	return new_addr(m);
}

bool ota_otd_model_write(const struct ota_otd_model *m, uint32_t target, uint8_t *bytes)
{
	memcpy(bytes, m->src, OTA_OTD_UNIT_MAX);
	if (otd_is_rv32(m->arch))
		return ota_otd_rv32_write(&m->unit, rv32_addr(m), target, bytes);
	if (otd_is_xtensa(m->arch))
		return ota_otd_xtensa_write(&m->unit, new_addr(m), target, bytes);
	return OTD_HAS_THUMB && ota_otd_thumb_write(&m->unit, new_addr(m), target, bytes);
}

uint32_t ota_otd_model_target(const struct ota_otd_model *m, uint32_t cand)
{
	return otd_unit_moved(m->arch, &m->unit, m->cand_shift[cand]);
}

static OTD_APART void unit_learn(struct ota_otd_model *m, uint32_t shift)
{
	struct ota_otd_map *map = ota_otd_model_map(m);
	bool first = m->state == OTD_UNIT;

	if (first && m->class < 2) {
		ota_otd_map_refresh(map, ota_otd_map_floor(map, m->unit.key) - 1);
		return;
	}
	if (first && (is_local(m) || is_upper(m)))
		return;
	ota_otd_map_teach(map, m->unit.key, shift);
	if (shift != m->learned[0]) {
		m->learned[1] = m->learned[0];
		m->learned[0] = shift;
	}
}

/* The unit holds `target`. */
static void unit_done(struct ota_otd_model *m, uint32_t target)
{
	uint32_t run = m->state == OTD_UNIT ? m->run + m->unit.len : 0;

	if (!ota_otd_model_write(m, target, m->out)) {
		m->state = OTD_BAD;
		return;
	}
	unit_learn(m, target - m->unit.target);
	m->run = run;
	if (run > 0)
		calm(m);
	/* One outcome, and then as if each byte more had been as predicted. */
	remember(m, run > 0);
	m->past = (uint8_t)(((m->past + 1U) << (m->unit.len - 1U)) - 1U);
	put(m, m->unit.len);
	m->second = 0;
}

static void candidate_done(struct ota_otd_model *m)
{
	unit_done(m, ota_otd_model_target(m, m->cand));
}

static void next_candidate(struct ota_otd_model *m)
{
	m->cand++;
	m->state = OTD_CANDIDATE;
	if (m->cand < m->cands)
		return;
	if (m->unit.kind <= OTA_OTD_RAM_POINTER)
		open_number(m, OTD_N_POINTER);
	else
		open_number(m, is_more(m->unit.kind) && ota_otd_model_is_m(m) ? OTD_N_MORE
									      : OTD_N_BRANCH);
}

static void tell_escape(struct ota_otd_model *m, uint32_t bit)
{
	if (!bit) {
		next_candidate(m);
		return;
	}
	missed(m);
	m->block = m->new_at + m->unit.len;
	open_match(m);
}

static void number_done(struct ota_otd_model *m)
{
	uint32_t number = m->number - 1;
	uint32_t d = unsign(number);

	switch (m->set) {
	case OTD_N_NEW:
		turn_to(m, m->old_image.size + m->new_at - 1 - number);
		break;
	case OTD_N_NEAR:
		turn_to(m, m->from + d);
		break;
	case OTD_N_FAR:
		turn_to(m, m->new_at + d);
		break;
	default:
		d *= otd_unit_step(m->arch, m->unit.kind);
		unit_done(m, ota_otd_model_target(m, 0) + d);
		break;
	}
}

static void tell_number(struct ota_otd_model *m, uint32_t bit)
{
	if (bit) {
		m->bits++;
		if (m->bits > UNARY_MAX)
			m->state = OTD_BAD;
		return;
	}
	m->state = OTD_BIT;
	m->bit = (uint8_t)(m->bits - 1U);
	if (m->bits == 0)
		number_done(m);
}

static void tell_bit(struct ota_otd_model *m, uint32_t bit)
{
	m->number = m->number << 1 | bit;
	if (m->bit == 0)
		number_done(m);
	else
		m->bit--;
}

/* -- the automaton ----------------------------------------------------------------------------- */

/* What the instruction at `from` does to upper parts that registers hold. */
static void see_upper(struct ota_otd_model *m)
{
	if (!m->second && (m->new_at | m->from) % 2 == 0 && m->n_src >= 4)
		ota_otd_rv32_see(ota_otd_model_uppers(m), &m->old_image, m->from, m->new_at,
				 m->src);
}

void ota_otd_model_look(struct ota_otd_model *m, uint8_t byte)
{
	if (!OTD_HAS_RV32)
		return;
	m->src[m->n_src++] = byte;
	if (m->n_src == 6 && !otd_rv32_is_wide(m->src[4])) {
		m->n_src = 4;
		ota_otd_model_uppers(m)->ahead += 2;
	} else if (m->n_src == OTA_OTD_UNIT_MAX && !ota_otd_rv32_is_user(m->src, m->src + 4)) {
		m->n_src = 4;
		ota_otd_model_uppers(m)->ahead += 4;
	}
}

void ota_otd_model_begin(struct ota_otd_model *m)
{
	bool in_old = m->from < m->old_image.size;
	bool is_unit;

	m->n_out = 0;
	if (in_old && !m->taught && m->run >= TEACH_RUN) {
		struct ota_otd_map *map = ota_otd_model_map(m);

		m->taught = 1;
		ota_otd_map_teach(map, ota_otd_map_key(map, m->from - m->run), current_shift(m));
	}
	if (otd_is_rv32(m->arch))
		ota_otd_rv32_made(ota_otd_model_uppers(m), m->new_at, new_addr(m));
	is_unit = in_old && open_unit(m);
	if (otd_is_rv32(m->arch) && in_old)
		see_upper(m);
	if (!is_unit)
		open_match(m);
}

static uint32_t ask_match(struct ota_otd_model *m)
{
	uint32_t past = m->past & PAST_MASK;
	uint32_t run = ota_otd_run_bucket(m->run) * 2 + (m->miss > 1);

	if (!m->half && !otd_is_xtensa(m->arch)) {
		m->weights = OTD_W_MATCH + OTD_INPUTS;
		add_input(m, OTD_S_MATCH_OP + OTD_OPCODES * 4);
		add_input(m, OTD_S_MATCH_RUN + OTD_RUNS * 2 + run);
		return OTD_S_MATCH_PAST + PAST_MASK + 1;
	}
	m->weights = OTD_W_MATCH;
	add_input(m, OTD_S_MATCH_OP + op_of(m) * 4 + (past & 3U));
	add_input(m, OTD_S_MATCH_RUN + run);
	if (otd_is_rv32(m->arch))
		past = (past & PAST_MASK / 2) | (m->second ? PAST_MASK / 2 + 1 : 0);
	return OTD_S_MATCH_PAST + past;
}

static uint32_t ask_unit(struct ota_otd_model *m)
{
	uint32_t unit = OTD_S_UNIT + m->unit.kind * 8U;

	if (is_more(m->unit.kind))
		unit = more_slot(m, OTD_S_MORE_UNIT + (m->unit.kind - OTA_OTD_KINDS_XS) * 8U);
	m->weights = OTD_W_UNIT;
	add_input(m, unit + m->class);
	return OTD_S_UNIT_PAST + unit_group(m) * 16 + (m->past & 7U) * 2 + (m->class < 2 ? 1U : 0U);
}

/* Adds what the open decision is asked of, but for the last one, which it returns. */
static uint32_t ask(struct ota_otd_model *m)
{
	uint32_t op = op_of(m) >> 1;
	uint32_t latest = m->past & 1U;

	switch (m->state) {
	case OTD_MATCH:
		return ask_match(m);
	case OTD_UNIT:
		return ask_unit(m);
	case OTD_TURN:
		m->weights = OTD_W_TURN;
		add_input(m, OTD_S_TURN + m->half * 8U + m->miss);
		return OTD_S_TURN_OP + op * 2 + latest;
	case OTD_AGAIN:
		m->weights = (uint8_t)(OTD_W_AGAIN + m->cand * 2U);
		add_input(m, OTD_S_AGAIN + m->cand * 2U + latest);
		return OTD_S_AGAIN_OP + op * OTD_DIFFS + m->cand;
	case OTD_HIGH:
		m->weights = OTD_W_HIGH;
		add_input(m, OTD_S_HIGH + op);
		return OTD_S_HIGH_PAST + (m->past & 15U);
	case OTD_LITERAL:
		return ask_literal(m);
	case OTD_ESCAPE:
		return OTD_S_ESCAPE + (m->class > 1) * 4U + least(m->miss, 3);
	case OTD_CANDIDATE:
		return OTD_S_CANDIDATE + m->cand - 1U;
	case OTD_SPLIT:
		return OTD_S_SPLIT;
	case OTD_TO_NEAR:
		return OTD_S_TO;
	case OTD_TO_NEW:
		return OTD_S_TO + 1;
	default:
		return number_slot(m);
	}
}

static void reverse(int16_t *stretched)
{
	*stretched = (int16_t) - *stretched;
}

/* The inputs' mean; none has 1/2. */
static void ask_nano(struct ota_otd_model *m)
{
	const uint16_t *slots = ota_otd_model_slots(m);
	uint32_t sum = 0;

	ota_otd_nano_ask(m);
	for (uint32_t i = 0; i < m->n_inputs; i++) {
		uint32_t slot = m->input[i];

		sum += slot < OTD_T_FINE ? slots[slot] : slots[slot] & ~COUNT_MAX;
	}
	if (m->n_inputs > 0)
		m->probability = (uint16_t)(m->n_inputs > 1 ? sum / 2 : sum);
}

static void ask_mixed(struct ota_otd_model *m)
{
	uint32_t slot = ask(m);

	if (slot != NO_SLOT)
		add_input(m, slot);
	if (m->reversed)
		reverse(&ota_otd_model_more(m)->stretched[m->n_inputs - 1U]);
	if (m->weights != UNMIXED)
		mix(m);
}

uint32_t ota_otd_model_ask(struct ota_otd_model *m)
{
	m->n_inputs = 0;
	m->reversed = 0;
	m->weights = UNMIXED;
	m->probability = EVEN_ODDS;
	if (ota_otd_model_is_nano(m))
		ask_nano(m);
	else
		ask_mixed(m);
	return m->probability;
}

/* What was asked learns. */
static OTD_APART void learn(struct ota_otd_model *m, uint32_t bit)
{
	uint16_t *slots = ota_otd_model_slots(m);

	if (!ota_otd_model_is_nano(m) && m->weights != UNMIXED)
		weights_learn(m, bit);
	for (uint32_t i = m->n_inputs; i-- > 0;) {
		uint16_t *slot = &slots[m->input[i]];

		if (ota_otd_model_is_nano(m) && m->input[i] < OTD_T_FINE)
			*slot = ota_otd_nano_learnt(*slot, bit);
		else
			slot_learn(slot, bit ^ m->reversed);
		m->reversed = 0;
	}
}

static OTD_APART void tell_turn(struct ota_otd_model *m, uint32_t bit)
{
	if (m->state == OTD_TO_NEAR && !bit && m->reads_new)
		m->state = OTD_TO_NEW;
	else if (!bit)
		open_number(m, OTD_N_FAR);
	else
		open_number(m, m->state == OTD_TO_NEAR ? OTD_N_NEAR : OTD_N_NEW);
}

static void tell_again(struct ota_otd_model *m, uint32_t bit)
{
	if (bit)
		differed(m, m->expected + (uint32_t)m->again[m->cand]);
	else if (++m->cand == m->cands)
		open_high(m);
}

/* Misses, from one state to the next. */
static OTD_APART void tell_miss(struct ota_otd_model *m, uint32_t bit)
{
	switch (m->state) {
	case OTD_MATCH:
		if (bit)
			matched(m);
		else
			open_miss(m);
		break;
	case OTD_TURN:
		if (bit)
			m->state = OTD_TO_NEAR;
		else
			open_split(m);
		break;
	case OTD_SPLIT:
		if (!bit) {
			open_again(m);
		} else {
			m->split_at = m->new_at;
			open_match(m);
		}
		break;
	case OTD_AGAIN:
		tell_again(m, bit);
		break;
	case OTD_HIGH:
		m->high = (uint8_t)(m->expected >> 8);
		open_literal(m, bit ? OTD_LOW_BYTE_EXPECTED : OTD_HIGH_BYTE);
		break;
	default: /* OTD_LITERAL */
		tell_literal(m, bit);
		break;
	}
}

static OTD_APART void tell_other(struct ota_otd_model *m, uint32_t bit)
{
	switch (m->state) {
	case OTD_UNIT:
		if (bit)
			candidate_done(m);
		else
			m->state = OTD_ESCAPE;
		break;
	case OTD_ESCAPE:
		tell_escape(m, bit);
		break;
	case OTD_CANDIDATE:
		if (bit)
			candidate_done(m);
		else
			next_candidate(m);
		break;
	case OTD_NUMBER:
		tell_number(m, bit);
		break;
	case OTD_BIT:
		tell_bit(m, bit);
		break;
	default: /* OTD_TO_NEAR, OTD_TO_NEW */
		tell_turn(m, bit);
		break;
	}
}

void ota_otd_model_tell(struct ota_otd_model *m, uint32_t bit)
{
	learn(m, bit);
	if (m->state >= OTD_MATCH && m->state <= OTD_LITERAL)
		tell_miss(m, bit);
	else
		tell_other(m, bit);
}

/* -- beginning --------------------------------------------------------------------------------- */

static uint16_t prior(uint32_t packed)
{
	return (uint16_t)(ota_otd_prior_grid[packed / OTD_PRIOR_COUNTS] +
			  ota_otd_prior_counts[packed % OTD_PRIOR_COUNTS]);
}

/* Slots behind the hashed ones. */
static uint32_t more_slots(const struct ota_otd_model *m)
{
	if (ota_otd_model_is_m(m))
		return OTD_SLOTS_MORE;
	return otd_is_rv32(m->arch) ? OTD_SLOTS_NEAR : 0;
}

static void set_place(struct ota_otd_model *m, const struct ota_otd_header *header)
{
	m->lead = header->block > 0 ? header->lead : UINT32_MAX;
	while (header->block >> m->block_bits > 1)
		m->block_bits++;
}

static void init_nano(struct ota_otd_model *m)
{
	for (uint32_t i = 0; i < OTD_ALL_NANO; i++)
		ota_otd_model_slots(m)[i] = prior(ota_otd_prior_nano[i]);
	ota_otd_model_map(m)->cap = OTD_ENTRIES_NANO;
	ota_otd_model_map(m)->narrow = 1;
}

static void init_mixed(struct ota_otd_model *m)
{
	uint16_t *slot = ota_otd_model_slots(m);

	for (uint32_t i = 0; i < OTD_SLOTS; i++)
		*slot++ = prior(ota_otd_prior_slots[i]);
	for (uint32_t i = 0; i < ota_otd_model_hashed(m); i++)
		*slot++ = EVEN_ODDS;
	for (uint32_t i = 0; i < more_slots(m); i++)
		*slot++ = prior(ota_otd_prior_slots[OTD_SLOTS + i]);
	for (uint32_t i = 0; i < OTD_WEIGHTS; i++)
		ota_otd_model_more(m)->weight[i] = ota_otd_prior_weights[i] * (OTD_WEIGHT_ONE / 32);
	ota_otd_model_map(m)->cap = ota_otd_model_is_m(m) ? OTD_ENTRIES_M : OTD_ENTRIES_XS;
	if (otd_is_rv32(m->arch))
		ota_otd_model_map(m)->cap -= (uint16_t)(OTD_UPPERS_ENTRIES + OTD_NEAR_ENTRIES);
}

void ota_otd_model_init(struct ota_otd_model *m, const struct ota_otd_header *header)
{
	size_t image;

	m->arch = (uint8_t)header->arch;
	m->tier = (uint8_t)header->tier;
	image = ota_otd_model_is_nano(m) ? OTD_IMAGE_NANO : sizeof(struct ota_otd_image);
	m->reads_new = header->reads_new;
	m->new_size = header->new_image.size;
	memcpy(&m->old_image, &header->old_image, image);
	memcpy((uint8_t *)&m->old_image + image, &header->new_image, image);
	if (OTD_HAS_PLACE)
		set_place(m, header);
	m->split_at = NEVER;
	m->turned_at = NEVER;
	m->taught = 1;
	if (ota_otd_model_is_nano(m))
		init_nano(m);
	else
		init_mixed(m);
	go_on(m);
}
