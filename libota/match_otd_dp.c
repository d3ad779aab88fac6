// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>

#include "match_otd_dp.h"

/* A lane dearer than the best by this much is given up. */
#define HOPELESS (38 * OTD_BIT)
/* Lanes that are dropped at a time, when there are too many. */
#define SHED 12U
/* Costs are made small again when the least of them reaches this. */
#define COST_MAX (INT32_MAX / 8)
#define NODES    65536U

/* -- nodes ------------------------------------------------------------------------------------- */

static void mark(struct otd_program *p, uint32_t node)
{
	for (; node != 0 && p->moved[node] == 0; node = p->node[node].before)
		p->moved[node] = 1;
}

/* Drops nodes that no lane goes back to. They stay in order: each is younger than the one before.
 */
static void tidy(struct otd_program *p)
{
	size_t kept = 1;

	memset(p->moved, 0, p->nodes * sizeof(*p->moved));
	for (unsigned k = 0; k < p->n; k++) {
		mark(p, p->lane[k].before);
		mark(p, p->lane[k].own);
	}
	for (size_t i = 1; i < p->nodes; i++) {
		if (p->moved[i] == 0)
			continue;
		p->moved[i] = (uint32_t)kept;
		p->node[kept] = p->node[i];
		p->node[kept].before = p->moved[p->node[i].before];
		kept++;
	}
	for (unsigned k = 0; k < p->n; k++) {
		p->lane[k].before = p->moved[p->lane[k].before];
		p->lane[k].own = p->moved[p->lane[k].own];
	}
	p->nodes = kept;
}

/* Room for as many nodes as one offset may need. */
static bool make_room(struct otd_program *p)
{
	if (p->nodes_cap - p->nodes >= OTD_LANES_MAX)
		return true;
	if (p->nodes > 0)
		tidy(p);
	if (p->nodes < p->nodes_cap / 2)
		return true;
	return ota_otd_grow((void **)&p->node, &p->nodes_cap, p->nodes_cap + NODES,
			    sizeof(*p->node)) &&
	       ota_otd_grow((void **)&p->moved, &p->moved_cap, p->nodes_cap, sizeof(*p->moved));
}

static uint32_t node_of(struct otd_program *p, unsigned k)
{
	struct otd_lane *lane = &p->lane[k];

	if (lane->own == 0) {
		lane->own = (uint32_t)p->nodes++;
		p->node[lane->own] = (struct otd_node){lane->since, p->diag[k], lane->before};
	}
	return lane->own;
}

/* -- turns ------------------------------------------------------------------------------------- */

/* A turn to `lane`. All of an offset are found before one is made: they go on from old costs. */
struct arrival {
	unsigned lane;
	unsigned from;
	uint32_t before; /* node of that */
	int32_t cost;
};

/* The cheapest turn to lane k from the best, or from one of `near`, which are cheap enough. */
static struct arrival arrive(const struct otd_program *p, unsigned k, const unsigned *near,
			     unsigned n)
{
	struct arrival best = {
		.lane = k, .from = p->best, .cost = p->cost[p->best] + p->prices->far_turn};

	for (unsigned i = 0; i < n; i++) {
		uint32_t distance = (uint32_t)p->diag[near[i]] - (uint32_t)p->diag[k];
		int32_t cost;

		if (p->diag[near[i]] < p->diag[k])
			distance = 0U - distance;
		if (distance >= OTD_NEAR_TURN)
			continue;
		cost = p->cost[near[i]] + p->near_price[distance];
		if (cost < best.cost) {
			best.from = near[i];
			best.cost = cost;
		}
	}
	if (p->at % 2 != 0)
		best.cost += p->prices->odd_place;
	return best;
}

static unsigned find_near(const struct otd_program *p, unsigned *near)
{
	int32_t limit = p->cost[p->best] + p->prices->far_turn - p->prices->near_turn;
	unsigned n = 0;

	for (unsigned k = 0; k < p->n; k++) {
		if (p->cost[k] < limit)
			near[n++] = k;
	}
	return n;
}

/*
 * Also to a byte that differs: it would be as good to turn one later, but a lane with a cost of its
 * own is known for what it is worth.
 */
static unsigned find_turns(const struct otd_program *p, struct arrival *made)
{
	int32_t limit = p->cost[p->best] + p->prices->near_turn;
	unsigned near[OTD_LANES_MAX];
	unsigned n_near = 0;
	unsigned n = 0;

	for (unsigned k = 0; k < p->n; k++) {
		if (p->cost[k] <= limit || !otd_in_reach(p->m, p->at - (uint32_t)p->diag[k], p->at))
			continue;
		if (n_near == 0)
			n_near = find_near(p, near);
		made[n] = arrive(p, k, near, n_near);
		n += made[n].cost < p->cost[k];
	}
	return n;
}

static void make_turns(struct otd_program *p)
{
	struct arrival made[OTD_LANES_MAX];
	unsigned n = find_turns(p, made);

	for (unsigned i = 0; i < n; i++)
		made[i].before = node_of(p, made[i].from);
	for (unsigned i = 0; i < n; i++) {
		struct otd_lane *lane = &p->lane[made[i].lane];

		p->cost[made[i].lane] = made[i].cost;
		lane->since = p->at;
		lane->before = made[i].before;
		lane->own = 0;
	}
}

/* -- the pass ---------------------------------------------------------------------------------- */

static unsigned cheapest(const struct otd_program *p)
{
	unsigned best = 0;

	for (unsigned k = 1; k < p->n; k++) {
		if (p->cost[k] < p->cost[best])
			best = k;
	}
	return best;
}

static void lower_costs(struct otd_program *p)
{
	int32_t less = p->cost[p->best];

	if (less <= COST_MAX)
		return;
	for (unsigned k = 0; k < p->n; k++) {
		if (p->cost[k] < OTD_NEVER)
			p->cost[k] -= less;
	}
}

static void prune(struct otd_program *p)
{
	unsigned waiting = 0;
	int32_t limit;

	p->best = cheapest(p);
	limit = p->cost[p->best] + HOPELESS;
	for (unsigned k = p->n; k-- > 0;) {
		if (k == p->best)
			continue;
		if (p->cost[k] >= limit && p->at < p->lane[k].mature) {
			p->cost[k] = OTD_NEVER;
			waiting++;
		} else if (p->cost[k] >= limit || p->lane[k].alive <= p->at) {
			ota_otd_drop_lane(p, k);
		}
	}
	if (p->n > OTD_LANES + waiting)
		ota_otd_shed_lanes(p, p->n - waiting - (OTD_LANES - SHED));
	lower_costs(p);
}

static bool run(struct otd_program *p)
{
	const struct ota_otd_matcher *m = p->m;

	for (p->at = 0; p->at < m->new_len; p->at++) {
		ota_otd_take_seeds(p);
		if (!make_room(p))
			return false;
		for (unsigned k = 0; k < p->n; k++)
			ota_otd_price_step(p, k);
		make_turns(p);
		for (unsigned k = 0; k < p->n; k++)
			p->cost[k] += p->step[k];
		prune(p);
	}
	return make_room(p);
}

/* Writes the path that ends on the best lane. */
static bool trace(struct otd_program *p, struct ota_otd_turns *turns)
{
	uint32_t last = node_of(p, p->best);
	size_t n = 0;

	for (uint32_t i = last; i != 0; i = p->node[i].before)
		n++;
	if (!ota_otd_grow((void **)&turns->turn, &turns->cap, n, sizeof(*turns->turn)))
		return false;
	turns->n = n;
	for (uint32_t i = last; i != 0; i = p->node[i].before) {
		const struct otd_node *node = &p->node[i];

		turns->turn[--n] = (struct ota_otd_turn){node->at, node->at - (uint32_t)node->diag};
	}
	return true;
}

/* New lies on old as it is before the first turn: then there is nothing to turn to. */
static void leave_out_start(struct ota_otd_turns *turns)
{
	if (turns->n == 0 || turns->turn[0].new_at != 0 || turns->turn[0].from != 0)
		return;
	turns->n--;
	memmove(turns->turn, turns->turn + 1, turns->n * sizeof(*turns->turn));
}

enum ota_err ota_otd_pass(const struct ota_otd_matcher *m, const struct ota_otd_prices *prices,
			  bool guessed, struct ota_otd_turns *turns, struct ota_diag *diag)
{
	struct otd_program *p = calloc(1, sizeof(*p));
	enum ota_err err = OTA_E_MEMORY;

	turns->n = 0;
	if (!p)
		return ota_fail(diag, OTA_E_MEMORY, "out of memory for the matcher");
	p->m = m;
	p->prices = prices;
	p->guessed = guessed;
	p->seed = m->seed;
	p->n = 1; /* diagonal 0, at no cost */
	p->outlook_at = UINT32_MAX;
	ota_otd_fill_near_prices(p);
	if (make_room(p)) {
		p->nodes = 1;
		if (run(p) && trace(p, turns))
			err = OTA_OK;
	}
	leave_out_start(turns);
	if (err != OTA_OK)
		ota_fail(diag, err, "out of memory for more than %zu turns", p->nodes);
	free(p->moved);
	free(p->node);
	free(p);
	return err;
}
