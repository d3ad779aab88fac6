// SPDX-License-Identifier: Apache-2.0
#include "otd_nano.h"

#define RUN_SLOTS   24U /* by run and trouble; then that of byte mode */
#define PAST_SLOTS  16U
#define SURE_CLASS  4U /* classes from here on are one */
#define UNIT_SLOTS  (2 * (SURE_CLASS + 1))
#define NODE_BITS   5U /* of a high byte that its slots tell apart */
#define UNARY_NEAR  11U
#define UNARY_OTHER 20U
#define LOW_BITS    3U
#define LEARN_SHIFT 4U
#define LEAST       16U

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static void add(struct ota_otd_model *m, uint32_t slot)
{
	m->input[m->n_inputs++] = (uint16_t)slot;
}

static uint32_t match_slot(struct ota_otd_model *m)
{
	uint32_t run = ota_otd_run_bucket(m->run) * 2 + (m->miss > 1);

	add(m, OTD_T_MATCH_PAST + (m->half ? m->past % PAST_SLOTS : PAST_SLOTS));
	return OTD_T_MATCH_RUN + (m->half ? run : RUN_SLOTS);
}

static uint32_t literal_slot(const struct ota_otd_model *m)
{
	/* A byte alone is like a high one. */
	uint32_t kind = m->literal == OTD_LONE_BYTE ? OTD_HIGH_BYTE : m->literal;
	uint32_t bit = m->bits;

	if (m->agree)
		return OTD_T_AGREE + kind * 16 + bit * 2 + ota_otd_model_expected_bit(m);
	if (kind != OTD_HIGH_BYTE)
		return OTD_T_LOW_BITS + bit;
	if (bit < NODE_BITS)
		return OTD_T_HIGH_BITS + m->node - 1U;
	return OTD_T_LOW_BITS - 8 + bit;
}

static uint32_t unary_slot(const struct ota_otd_model *m)
{
	if (m->set == OTD_N_NEAR)
		return OTD_T_NUMBER + least(m->bits, UNARY_NEAR);
	return OTD_T_NUMBER + UNARY_NEAR + 1 + least(m->bits, UNARY_OTHER);
}

static void add_bit(struct ota_otd_model *m)
{
	if (m->bit < LOW_BITS)
		add(m, OTD_T_NUMBER_LOW + least(m->set, OTD_N_FAR) * LOW_BITS + m->bit);
	else if (m->bits - m->bit < 3)
		add(m, OTD_T_NUMBER_LOW + (OTD_N_FAR + 1) * LOW_BITS);
}

static uint32_t unit_slot(const struct ota_otd_model *m)
{
	uint32_t trouble = m->miss > 1;

	if (m->state == OTD_CANDIDATE)
		return OTD_T_CANDIDATE + m->cand - 1U;
	if (m->state == OTD_ESCAPE)
		return OTD_T_ESCAPE + (m->class > 1) * 2U + trouble;
	return OTD_T_UNIT + (m->unit.kind == OTA_OTD_RAM_POINTER) * UNIT_SLOTS +
	       least(m->class, SURE_CLASS) * 2 + trouble;
}

static uint32_t slot_of(struct ota_otd_model *m)
{
	uint32_t op = (uint32_t)m->expected >> 13;
	uint32_t latest = m->past & 1U;

	switch (m->state) {
	case OTD_MATCH:
		return match_slot(m);
	case OTD_UNIT:
	case OTD_ESCAPE:
	case OTD_CANDIDATE:
		return unit_slot(m);
	case OTD_TURN:
		return OTD_T_TURN + (m->half ? 1 + op : 0);
	case OTD_SPLIT:
		return OTD_T_SPLIT;
	case OTD_TO_NEAR:
	case OTD_TO_NEW:
		return OTD_T_TO + (m->state == OTD_TO_NEW);
	case OTD_AGAIN:
		return OTD_T_AGAIN + m->cand * 2U + latest;
	case OTD_HIGH:
		return OTD_T_HIGH + op * 2 + latest;
	case OTD_LITERAL:
		return literal_slot(m);
	default: /* OTD_NUMBER */
		return unary_slot(m);
	}
}

void ota_otd_nano_ask(struct ota_otd_model *m)
{
	if (m->state == OTD_BIT)
		add_bit(m);
	else
		add(m, slot_of(m));
}

uint16_t ota_otd_nano_learnt(uint32_t slot, uint32_t bit)
{
	if (bit)
		slot += (UINT16_MAX - slot) >> LEARN_SHIFT;
	else
		slot -= (slot - LEAST) >> LEARN_SHIFT;
	return (uint16_t)slot;
}
