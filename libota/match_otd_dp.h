// SPDX-License-Identifier: Apache-2.0
/*
 * The dynamic program: at each offset in new a few diagonals, the lanes, are weighed. A lane goes
 * on by a byte, or is turned to from another one.
 */
#ifndef MATCH_OTD_DP_H
#define MATCH_OTD_DP_H

#include "match_otd_parts.h"

#define OTD_BIT 256
/* Lanes with a cost that are kept, and all, with those that wait for their seed. */
#define OTD_LANES     64U
#define OTD_LANES_MAX 200U
/* A lane that nothing leads to yet. */
#define OTD_NEVER (INT32_MAX / 4)
/* Seeds are taken in so many bytes ahead: they may be worth a turn before the match begins. */
#define OTD_AHEAD 16U
/* A near turn goes by fewer bytes; as in the format. */
#define OTD_NEAR_TURN 2048U
/* Bytes ahead, in blocks of 8, by which lanes are compared. */
#define OTD_BLOCKS 6U
/* A lane that has not had a good run for so many bytes, nor a seed, is given up. */
#define OTD_PATIENCE 96U

/* What belongs to a lane besides its diagonal and its cost. */
struct otd_lane {
	uint32_t since;  /* where its stretch begins */
	uint32_t before; /* node of the stretch before */
	uint32_t own;    /* this stretch as a node, once another goes on from it; else 0 */
	uint32_t mature; /* its seed; before, it is not given up */
	uint32_t alive;  /* up to here it is kept whatever it does */
	uint32_t run;    /* bytes in a row as predicted */
	uint32_t unit_end;
	int32_t unit_step; /* what each byte costs up to there */
};

/* A stretch of the path: from offset `at` in new on, on this diagonal. Node 0 is none. */
struct otd_node {
	uint32_t at;
	int32_t diag;
	uint32_t before;
};

/* Equal bytes ahead on a diagonal, block by block. */
struct otd_outlook {
	unsigned n;
	uint8_t equal[OTD_BLOCKS];
};

struct otd_program {
	const struct ota_otd_matcher *m;
	const struct ota_otd_prices *prices;
	bool guessed;
	uint32_t at;          /* offset in new */
	uint32_t taken;       /* seeds of offsets below are taken in */
	const uint32_t *seed; /* the next one */
	unsigned n;           /* lanes */
	unsigned best;        /* of them */
	int32_t diag[OTD_LANES_MAX];
	int32_t cost[OTD_LANES_MAX];
	int32_t step[OTD_LANES_MAX]; /* what the byte at `at` costs */
	struct otd_lane lane[OTD_LANES_MAX];
	int32_t near_price[OTD_NEAR_TURN]; /* by distance */
	int32_t quiet_diag; /* up to quiet_end new is as predicted on this diagonal */
	uint32_t quiet_end;
	int32_t outlook_diag; /* what the best lane's outlook was last asked for */
	uint32_t outlook_at;
	struct otd_outlook outlook;
	struct otd_node *node;
	uint32_t *moved; /* by node, while they are tidied */
	size_t nodes;
	size_t nodes_cap;
	size_t moved_cap;
};

/* -- prices -- */

void ota_otd_fill_near_prices(struct otd_program *p);

/* Fills in what the byte at `at` costs on lane k. */
void ota_otd_price_step(struct otd_program *p, unsigned k);

/* The best lane needs no other for a long while. */
bool ota_otd_is_quiet(struct otd_program *p);

/* -- lanes -- */

void ota_otd_drop_lane(struct otd_program *p, unsigned k);

/* Takes in the seeds up to OTD_AHEAD, and places near the best lane. */
void ota_otd_take_seeds(struct otd_program *p);

/* Drops `n` lanes that have a cost: those that promise least. Never the best. */
void ota_otd_shed_lanes(struct otd_program *p, unsigned n);

#endif
