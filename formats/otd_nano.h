// SPDX-License-Identifier: Apache-2.0
/*
 * Tier nano's slots: which ones a decision asks, and how they learn. Nothing is mixed; a decision
 * has one slot or none, whether the next bytes are as predicted has two, whose mean it takes.
 */
#ifndef OTD_NANO_H
#define OTD_NANO_H

#include "otd_model.h"

/* Where each decision's slots begin. */
enum ota_otd_nano_slots {
	OTD_T_MATCH_RUN = 0,                       /* run, trouble; byte mode */
	OTD_T_MATCH_PAST = OTD_T_MATCH_RUN + 25,   /* 4 outcomes; byte mode */
	OTD_T_FINE = OTD_T_MATCH_PAST + 17,        /* those before have no count */
	OTD_T_UNIT = OTD_T_FINE,                   /* in RAM, class, trouble */
	OTD_T_ESCAPE = OTD_T_UNIT + 2 * 5 * 2,     /* class > 1, trouble */
	OTD_T_CANDIDATE = OTD_T_ESCAPE + 2 * 2,    /* which */
	OTD_T_TURN = OTD_T_CANDIDATE + 4,          /* byte mode; opcode by 3 bits */
	OTD_T_SPLIT = OTD_T_TURN + 1 + 8,          /* - */
	OTD_T_TO = OTD_T_SPLIT + 1,                /* near, new */
	OTD_T_AGAIN = OTD_T_TO + 2,                /* which, outcome */
	OTD_T_HIGH = OTD_T_AGAIN + 2 * 2,          /* opcode by 3 bits, outcome */
	OTD_T_AGREE = OTD_T_HIGH + 8 * 2,          /* kind of literal, bit, expected */
	OTD_T_HIGH_BITS = OTD_T_AGREE + 3 * 16,    /* first 5 bits so far, bit */
	OTD_T_LOW_BITS = OTD_T_HIGH_BITS + 31 + 3, /* bit */
	OTD_T_NUMBER = OTD_T_LOW_BITS + 8,         /* near: 12 bits; others: 21 */
	OTD_T_NUMBER_LOW = OTD_T_NUMBER + 12 + 21, /* set, bit; the other ones */
	OTD_T_SLOTS = OTD_T_NUMBER_LOW + 4 * 3 + 1,
};
_Static_assert(OTD_T_SLOTS == OTD_ALL_NANO, "slots");

/* Adds the open decision's slots to its inputs. */
void ota_otd_nano_ask(struct ota_otd_model *m);

/* A slot without count learns. */
uint16_t ota_otd_nano_learnt(uint32_t slot, uint32_t bit);

#endif
