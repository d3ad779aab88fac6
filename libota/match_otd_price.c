// SPDX-License-Identifier: Apache-2.0
/* What bytes and turns cost. */
#include "match_otd_dp.h"

/* So many bytes in a row as predicted are a good run. */
#define GOOD_RUN 6U
/* Where so many bytes ahead are as predicted, no seed is looked at. */
#define QUIET     64U
#define QUIET_MAX 1024U
#define FRACTION  31U /* bits */

/* RV32: what tells auipc, which counts from its own place; and what a lower part adds, which is
 * from -LOWER_HALF on.
 */
#define OPCODE_MASK 0x7fU
#define AUIPC       0x17U
#define LOWER_HALF  0x800U
#define LOWER_SIZE  0x1000U

/* The logarithm of `value` to base 2, in 1/256, by squaring; rounded down. */
static int32_t log2_of(uint32_t value)
{
	uint64_t x = value;
	int32_t whole = 0;
	int32_t part = 0;

	for (uint32_t rest = value; rest > 1; rest >>= 1)
		whole++;
	x = x << FRACTION >> whole; /* 1 to 2 */
	for (unsigned half = OTD_BIT / 2; half > 0; half /= 2) {
		x = x * x >> FRACTION;
		if (x >> (FRACTION + 1) != 0) {
			x >>= 1;
			part += (int32_t)half;
		}
	}
	return whole * OTD_BIT + part;
}

void ota_otd_fill_near_prices(struct otd_program *p)
{
	for (uint32_t distance = 0; distance < OTD_NEAR_TURN; distance++) {
		p->near_price[distance] = p->prices->near_turn + log2_of(distance / 2 + 1);
		if (distance % 2 != 0)
			p->near_price[distance] += p->prices->near_odd;
	}
}

/* Bytes that differ, at their price, but no more than `most`. */
static int32_t price_bytes(const struct otd_program *p, uint32_t place, unsigned len, int32_t most)
{
	const uint8_t *old_bytes = p->m->both + place;
	const uint8_t *new_bytes = otd_new(p->m) + p->at;
	int32_t price = 0;

	for (unsigned i = 0; i < len; i++)
		price += old_bytes[i] != new_bytes[i] ? p->prices->different : 0;
	return price < most ? price : most;
}

/* The guess at the unit at `place` gives the one at `at` in new. */
static bool guesses(const struct otd_program *p, uint32_t place, uint32_t at)
{
	const struct ota_otd_matcher *m = p->m;
	uint32_t guess = m->guess[otd_unit_index(m, place)];
	uint32_t target = m->new_unit[otd_unit_index(m, at)].target;

	if (m->job.arch != OTA_OTD_RV32 || m->new_unit[otd_unit_index(m, at)].kind != OTA_OTD_UPPER)
		return guess == target;
	/* Only the upper part must be right. */
	if ((m->both[place] & OPCODE_MASK) == AUIPC) {
		guess -= ota_otd_addr(&m->new_place, at);
		target -= ota_otd_addr(&m->new_place, at);
	}
	return ((guess + LOWER_HALF) ^ (target + LOWER_HALF)) < LOWER_SIZE;
}

/* The price of a unit as a whole, on `diag`. */
static int32_t unit_price(const struct otd_program *p, uint32_t place, int32_t diag)
{
	const struct ota_otd_matcher *m = p->m;
	const struct otd_unit_at *old_unit = &m->old_unit[otd_unit_index(m, place)];
	const struct otd_unit_at *new_unit = &m->new_unit[otd_unit_index(m, p->at)];
	bool same = otd_same_unit(old_unit, new_unit);
	uint32_t shift = new_unit->target - old_unit->target;
	int32_t right = p->prices->equal * old_unit->len;
	int32_t price;

	if (same && p->guessed && guesses(p, place, p->at))
		return right;
	if (same && !p->guessed)
		return shift == 0 || shift == (uint32_t)diag ? right : p->prices->reference;
	price = price_bytes(p, place, old_unit->len,
			    same ? p->prices->unit_told : p->prices->unit_wrong_most);
	if (price == 0)
		return p->guessed ? p->prices->unit_wrong : right;
	return price;
}

/* Begins the unit at `place`, if there is one. */
static bool begin_unit(struct otd_program *p, unsigned k, uint32_t place)
{
	const struct ota_otd_matcher *m = p->m;
	struct otd_lane *lane = &p->lane[k];
	unsigned len;

	if (!otd_on_grid(m, place | p->at) || place >= m->old_len)
		return false;
	if (m->old_unit[otd_unit_index(m, place)].kind == OTD_NO_UNIT)
		return false;
	len = m->old_unit[otd_unit_index(m, place)].len;
	if (len > m->new_len - p->at)
		return false;
	lane->unit_end = p->at + len;
	lane->unit_step = unit_price(p, place, p->diag[k]) / (int32_t)len;
	return true;
}

void ota_otd_price_step(struct otd_program *p, unsigned k)
{
	const struct ota_otd_matcher *m = p->m;
	struct otd_lane *lane = &p->lane[k];
	uint32_t place = p->at - (uint32_t)p->diag[k];
	bool in_unit = p->at < lane->unit_end;

	/* A unit's bytes are read all at once. */
	if (!in_unit && !otd_in_reach(m, place, p->at))
		p->step[k] = p->prices->outside;
	else if (in_unit || begin_unit(p, k, place))
		p->step[k] = lane->unit_step;
	else if (m->both[place] == otd_new(m)[p->at])
		p->step[k] = p->prices->equal;
	else
		p->step[k] = lane->run > 0 ? p->prices->different : p->prices->again;
	lane->run = p->step[k] <= p->prices->equal ? lane->run + 1 : 0;
	if (lane->run >= GOOD_RUN && lane->alive < p->at + OTD_PATIENCE)
		lane->alive = p->at + OTD_PATIENCE;
}

/* -- quiet ------------------------------------------------------------------------------------- */

/* Bytes as predicted at `place`: a unit's, one, or none. */
static uint32_t predicted(const struct otd_program *p, uint32_t place, uint32_t at)
{
	const struct ota_otd_matcher *m = p->m;

	if (p->guessed && otd_on_grid(m, place | at) && place < m->old_len) {
		const struct otd_unit_at *old_unit = &m->old_unit[otd_unit_index(m, place)];
		const struct otd_unit_at *new_unit = &m->new_unit[otd_unit_index(m, at)];

		if (old_unit->kind != OTD_NO_UNIT && otd_same_unit(old_unit, new_unit))
			return guesses(p, place, at) ? old_unit->len : 0;
	}
	return m->both[place] == otd_new(m)[at] ? 1 : 0;
}

/* How far new is as predicted on the best lane. */
static uint32_t quiet_from(const struct otd_program *p, uint32_t at)
{
	const struct ota_otd_matcher *m = p->m;
	uint32_t place = at - (uint32_t)p->diag[p->best];
	uint32_t end = m->new_len;
	uint32_t n = 1;

	if (!otd_in_reach(m, place, p->at) || !otd_in_reach(m, place, at))
		return at;
	if (end - at > QUIET_MAX)
		end = at + QUIET_MAX;
	if (end - at > otd_stays(m, place, at))
		end = at + otd_stays(m, place, at);
	if (place < m->old_len && end - at > m->old_len - place)
		end = at + (m->old_len - place);
	while (at < end && n > 0) {
		n = predicted(p, place, at);
		at += n;
		place += n;
	}
	return at;
}

bool ota_otd_is_quiet(struct otd_program *p)
{
	if (p->quiet_diag != p->diag[p->best] || p->quiet_end <= p->at) {
		p->quiet_diag = p->diag[p->best];
		p->quiet_end = quiet_from(p, p->at);
	} else if (p->quiet_end - p->at <= QUIET) {
		p->quiet_end = quiet_from(p, p->quiet_end);
	}
	return p->quiet_end - p->at > QUIET;
}
