// SPDX-License-Identifier: Apache-2.0
/* Which diagonals are weighed: how they come in, and which have to go. */
#include "match_otd_dp.h"

/* Near places that are taken in, on each side. */
#define NEAR_PLACES 8U
/* A lane must match at least so many bytes more than the best one, by some block ahead. */
#define GAIN_NEAR 3
#define GAIN_FAR  4
#define BLOCK     8U

/* -- outlook ----------------------------------------------------------------------------------- */

/* Equal bytes of eight: each byte of the difference is folded into its lowest bit, and counted. */
static unsigned count_equal(const uint8_t *a, const uint8_t *b)
{
	const uint64_t ones = UINT64_MAX / 255;
	uint64_t x;
	uint64_t y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	x ^= y;
	x |= x >> 4;
	x |= x >> 2;
	x |= x >> 1;
	return BLOCK - (unsigned)((x & ones) * ones >> 56);
}

/* Compared without addresses where these are expected to be right. */
static void look_ahead(const struct otd_program *p, int32_t diag, uint32_t at,
		       struct otd_outlook *outlook)
{
	const struct ota_otd_matcher *m = p->m;
	uint32_t place = at - (uint32_t)diag;
	uint32_t room = m->new_len - at;
	const uint8_t *bytes = m->both;
	bool stays = m->job.block == 0;

	outlook->n = 0;
	if (!otd_in_reach(m, place, at))
		return;
	if (place < m->old_len) {
		if (room > m->old_len - place)
			room = m->old_len - place;
		if (otd_on_grid(m, (uint32_t)diag))
			bytes = otd_plain(m);
	}
	while (outlook->n < OTD_BLOCKS && room >= BLOCK) {
		outlook->equal[outlook->n++] =
			stays || otd_in_reach(m, place, at)
				? (uint8_t)count_equal(bytes + place, bytes + m->old_len + at)
				: 0;
		place += BLOCK;
		at += BLOCK;
		room -= BLOCK;
	}
}

/* The most bytes that a lane will have matched more than the best one. */
static int gain(const struct otd_program *p, const struct otd_outlook *outlook)
{
	int sum = 0;
	int most = 0;

	for (unsigned i = 0; i < outlook->n; i++) {
		sum += outlook->equal[i];
		sum -= i < p->outlook.n ? p->outlook.equal[i] : 0;
		if (sum > most)
			most = sum;
	}
	return most;
}

static void ask_best(struct otd_program *p, uint32_t at)
{
	if (p->outlook_at == at && p->outlook_diag == p->diag[p->best])
		return;
	p->outlook_at = at;
	p->outlook_diag = p->diag[p->best];
	look_ahead(p, p->outlook_diag, at, &p->outlook);
}

static uint32_t distance(int32_t a, int32_t b)
{
	return a > b ? (uint32_t)a - (uint32_t)b : (uint32_t)b - (uint32_t)a;
}

static bool is_worth_it(struct otd_program *p, int32_t diag, uint32_t at)
{
	bool near = distance(diag, p->diag[p->best]) < OTD_NEAR_TURN;
	struct otd_outlook outlook;

	ask_best(p, at);
	look_ahead(p, diag, at, &outlook);
	/* Close to the end little can be gained, and little lost. */
	return outlook.n == 0 || gain(p, &outlook) >= (near ? GAIN_NEAR : GAIN_FAR);
}

/* -- in ---------------------------------------------------------------------------------------- */

static bool is_known(const struct otd_program *p, int32_t diag)
{
	unsigned same = 0;

	for (unsigned k = 0; k < p->n; k++)
		same += p->diag[k] == diag;
	return same > 0;
}

/* A place that matches what lies at `at` in new. */
static void offer(struct otd_program *p, uint32_t place, uint32_t at)
{
	int32_t diag = (int32_t)(at - place);

	if (!otd_in_reach(p->m, place, at))
		return;
	if (p->n == OTD_LANES_MAX || is_known(p, diag) || !is_worth_it(p, diag, at))
		return;
	p->diag[p->n] = diag;
	p->cost[p->n] = OTD_NEVER;
	p->lane[p->n] = (struct otd_lane){.since = p->at, .mature = at, .alive = at + OTD_PATIENCE};
	p->n++;
}

/* The first entry from `low` on, before `high`, that does not lie below `place`; else `high`. */
static uint32_t find_place(const uint32_t *entry, uint32_t low, uint32_t high, uint32_t place)
{
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (entry[middle] < place)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Places near where the best lane will be that begin as new does there: turns to them are cheap. */
static void offer_near(struct otd_program *p)
{
	const struct ota_otd_matcher *m = p->m;
	uint32_t at = p->at + OTD_AHEAD;
	uint32_t here = at - (uint32_t)p->diag[p->best];
	uint32_t hash;
	uint32_t first;
	uint32_t end;
	uint32_t i;
	unsigned n = 0;

	if (m->new_len < OTD_STRING || at > m->new_len - OTD_STRING || here >= m->old_len)
		return;
	hash = otd_string_hash(otd_plain(m) + m->old_len + at);
	first = m->first[hash];
	end = m->first[hash + 1];
	i = find_place(m->string, first, end, here);
	for (uint32_t up = i; up < end && n < NEAR_PLACES; up++, n++) {
		if (m->string[up] - here >= OTD_NEAR_TURN)
			break;
		offer(p, m->string[up], at);
	}
	n = 0;
	for (uint32_t down = i; down > first && n < NEAR_PLACES; down--, n++) {
		if (here - m->string[down - 1] >= OTD_NEAR_TURN)
			break;
		offer(p, m->string[down - 1], at);
	}
}

void ota_otd_take_seeds(struct otd_program *p)
{
	const struct ota_otd_matcher *m = p->m;
	bool quiet = ota_otd_is_quiet(p);
	uint32_t end = m->new_len;

	if (end - p->at > OTD_AHEAD)
		end = p->at + OTD_AHEAD + 1;
	for (; p->taken < end; p->taken++) {
		unsigned n = m->n_seeds[p->taken];

		for (unsigned i = 0; i < n && !quiet; i++)
			offer(p, p->seed[i], p->taken);
		p->seed += n;
	}
	if (!quiet && p->at % m->string_step == 0)
		offer_near(p);
}

/* -- out --------------------------------------------------------------------------------------- */

void ota_otd_drop_lane(struct otd_program *p, unsigned k)
{
	unsigned last = --p->n;

	p->diag[k] = p->diag[last];
	p->cost[k] = p->cost[last];
	p->step[k] = p->step[last];
	p->lane[k] = p->lane[last];
	if (p->best == last)
		p->best = k;
}

void ota_otd_shed_lanes(struct otd_program *p, unsigned n)
{
	int32_t value[OTD_LANES_MAX] = {0}; /* the least stays longest */

	ask_best(p, p->at + 1);
	for (unsigned k = 0; k < p->n; k++) {
		struct otd_outlook outlook;

		look_ahead(p, p->diag[k], p->at + 1, &outlook);
		value[k] = p->cost[k] - gain(p, &outlook) * p->prices->different;
		if (k == p->best || p->cost[k] >= OTD_NEVER)
			value[k] = INT32_MIN;
	}
	for (; n > 0; n--) {
		unsigned worst = 0;

		for (unsigned k = 1; k < p->n; k++) {
			if (value[k] > value[worst])
				worst = k;
		}
		if (value[worst] == INT32_MIN)
			return;
		value[worst] = value[p->n - 1];
		ota_otd_drop_lane(p, worst);
	}
}
