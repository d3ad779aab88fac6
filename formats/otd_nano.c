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

static uint32_t match_slot(struct ota_otd_model *m, uint32_t trouble)
{
	uint32_t past = m->half ? m->past % PAST_SLOTS : PAST_SLOTS;

	add(m, OTD_T_MATCH_PAST + past);
	return OTD_T_MATCH_RUN + (m->half ? ota_otd_run_bucket(m->run) * 2 + trouble : RUN_SLOTS);
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

void ota_otd_nano_ask(struct ota_otd_model *m)
{
	uint32_t op = (uint32_t)m->expected >> 13;
	uint32_t latest = m->past & 1U;
	uint32_t trouble = m->miss > 1;
	uint32_t slot;

	switch (m->state) {
	case OTD_MATCH:
		slot = match_slot(m, trouble);
		break;
	case OTD_UNIT:
		slot = OTD_T_UNIT + (m->unit.kind == OTA_OTD_RAM_POINTER) * UNIT_SLOTS +
		       least(m->class, SURE_CLASS) * 2 + trouble;
		break;
	case OTD_ESCAPE:
		slot = OTD_T_ESCAPE + (m->class > 1) * 2U + trouble;
		break;
	case OTD_CANDIDATE:
		slot = OTD_T_CANDIDATE + m->cand - 1U;
		break;
	case OTD_TURN:
		slot = OTD_T_TURN + (m->half ? 1 + op : 0);
		break;
	case OTD_SPLIT:
		slot = OTD_T_SPLIT;
		break;
	case OTD_TO_NEAR:
	case OTD_TO_NEW:
		slot = OTD_T_TO + (m->state == OTD_TO_NEW);
		break;
	case OTD_AGAIN:
		slot = OTD_T_AGAIN + m->cand * 2U + latest;
		break;
	case OTD_HIGH:
		slot = OTD_T_HIGH + op * 2 + latest;
		break;
	case OTD_LITERAL:
		slot = literal_slot(m);
		break;
	case OTD_NUMBER:
		slot = unary_slot(m);
		break;
	default: /* OTD_BIT */
		add_bit(m);
		return;
	}
	add(m, slot);
}

uint16_t ota_otd_nano_learnt(uint32_t slot, uint32_t bit)
{
	if (bit)
		slot += (UINT16_MAX - slot) >> LEARN_SHIFT;
	else
		slot -= (slot - LEAST) >> LEARN_SHIFT;
	return (uint16_t)slot;
}
