// SPDX-License-Identifier: Apache-2.0
/*
 * What the path of pass 1 says about references: the bytes they point at have moved with it, and so
 * must they. Targets in RAM move as most pointers near them do.
 */
#include <stdlib.h>

#include "match_otd_parts.h"

#define UNKNOWN INT32_MIN
/* A RAM pointer that seems to have moved further than this is another one. */
#define RAM_SHIFT_MAX 65536U

/* A part of the path that lies in old. */
struct stretch {
	uint32_t new_at;
	uint32_t from;
	uint32_t len;
	uint32_t equal; /* bytes */
};

/* A RAM pointer of old and how its fellow in new differs; later: the difference of most. */
struct vote {
	uint32_t target;
	uint32_t shift;
};

struct guesser {
	struct ota_otd_matcher *m;
	struct stretch *stretch;
	size_t n;
	int32_t *moved; /* by offset in old: by how much it moved */
	struct vote *vote;
	size_t votes;
	size_t votes_cap;
};

static void add_stretch(struct guesser *g, uint32_t new_at, uint32_t from, uint32_t end)
{
	const struct ota_otd_matcher *m = g->m;
	uint32_t len = end - new_at;
	uint32_t equal;

	if (from >= m->old_len || len == 0)
		return;
	if (len > m->old_len - from)
		len = m->old_len - from;
	equal = otd_count_equal(m->both + from, otd_new(m) + new_at, len);
	g->stretch[g->n++] = (struct stretch){new_at, from, len, equal};
}

static void find_stretches(struct guesser *g, const struct ota_otd_turns *turns)
{
	uint32_t new_at = 0;
	uint32_t from = 0;

	for (size_t i = 0; i < turns->n; i++) {
		add_stretch(g, new_at, from, turns->turn[i].new_at);
		new_at = turns->turn[i].new_at;
		from = turns->turn[i].from;
	}
	add_stretch(g, new_at, from, g->m->new_len);
}

/* Fewest equal bytes first, so that the most are entered last; then in order. */
static int by_equal(const void *a, const void *b)
{
	const struct stretch *x = a;
	const struct stretch *y = b;

	if (x->equal != y->equal)
		return x->equal < y->equal ? -1 : 1;
	return (x->new_at > y->new_at) - (x->new_at < y->new_at);
}

static void find_moved(struct guesser *g)
{
	uint32_t old_len = g->m->old_len;
	int32_t last = 0;

	for (uint32_t i = 0; i < old_len; i++)
		g->moved[i] = UNKNOWN;
	qsort(g->stretch, g->n, sizeof(*g->stretch), by_equal);
	for (size_t k = 0; k < g->n; k++) {
		const struct stretch *stretch = &g->stretch[k];

		if (stretch->equal < stretch->len - stretch->equal)
			continue;
		for (uint32_t i = 0; i < stretch->len; i++)
			g->moved[stretch->from + i] = (int32_t)(stretch->new_at - stretch->from);
	}
	for (uint32_t i = 0; i < old_len; i++) {
		if (g->moved[i] == UNKNOWN)
			g->moved[i] = last;
		last = g->moved[i];
	}
}

/* -- RAM --------------------------------------------------------------------------------------- */

static bool collect(struct guesser *g, const struct stretch *stretch)
{
	const struct ota_otd_matcher *m = g->m;

	if (!otd_on_grid(m, stretch->from ^ stretch->new_at))
		return true;
	for (uint32_t i = stretch->from & (m->grid - 1); i < stretch->len; i += m->grid) {
		uint32_t old_index = otd_unit_index(m, stretch->from + i);
		uint32_t new_index = otd_unit_index(m, stretch->new_at + i);
		const struct otd_unit_at *old_unit = &m->old_unit[old_index];
		const struct otd_unit_at *new_unit = &m->new_unit[new_index];
		uint32_t shift = new_unit->target - old_unit->target;

		if (old_unit->kind != OTA_OTD_RAM_POINTER || new_unit->kind != OTA_OTD_RAM_POINTER)
			continue;
		if (shift + RAM_SHIFT_MAX > 2 * RAM_SHIFT_MAX)
			continue;
		if (!ota_otd_grow((void **)&g->vote, &g->votes_cap, g->votes + 1, sizeof(*g->vote)))
			return false;
		g->vote[g->votes++] = (struct vote){old_unit->target, shift};
	}
	return true;
}

static int by_target(const void *a, const void *b)
{
	const struct vote *x = a;
	const struct vote *y = b;

	if (x->target != y->target)
		return x->target < y->target ? -1 : 1;
	return (x->shift > y->shift) - (x->shift < y->shift);
}

/* One vote remains of each target: what most say. */
static void count_votes(struct guesser *g)
{
	size_t kept = 0;
	size_t best = 0;
	size_t next;

	if (g->votes == 0)
		return;
	qsort(g->vote, g->votes, sizeof(*g->vote), by_target);
	for (size_t i = 0; i < g->votes; i = next) {
		struct vote vote = g->vote[i];

		for (next = i + 1; next < g->votes; next++) {
			if (by_target(&g->vote[next], &vote) != 0)
				break;
		}
		if (kept == 0 || g->vote[kept - 1].target != vote.target) {
			kept++;
			best = 0;
		}
		if (next - i > best) {
			best = next - i;
			g->vote[kept - 1] = vote;
		}
	}
	g->votes = kept;
}

/* What the nearest target that is not above says. */
static uint32_t ram_shift(const struct guesser *g, uint32_t target)
{
	size_t low = 0;
	size_t high = g->votes;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (g->vote[middle].target <= target)
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 ? g->vote[low - 1].shift : 0;
}

/* -- guesses ----------------------------------------------------------------------------------- */

static uint32_t image_shift(const struct guesser *g, uint32_t key)
{
	const struct ota_otd_matcher *m = g->m;
	uint32_t at = key < m->old_len ? key : m->old_len - 1;
	int64_t new_at = (int64_t)at + g->moved[at];

	if (m->new_place.n_segments <= 1 && m->old_place.n_segments <= 1)
		return m->new_place.segment[0].addr - m->old_place.segment[0].addr +
		       (uint32_t)g->moved[at];
	return ota_otd_addr(&m->new_place, new_at > 0 ? (uint32_t)new_at : 0) -
	       ota_otd_addr(&m->old_place, at);
}

/* The unit at offset `at` of old, with its key. */
static bool unit_of(const struct ota_otd_matcher *m, uint32_t at, struct ota_otd_unit *unit)
{
	const struct otd_unit_at *entry = &m->old_unit[otd_unit_index(m, at)];
	struct ota_span old_image = ota_span_of(m->both, m->old_len);

	if (entry->kind == OTD_NO_UNIT)
		return false;
	if (m->job.arch != OTA_OTD_RV32)
		return ota_otd_unit_read(m->job.arch, OTA_OTD_M, &m->old_place, at,
					 ota_span_sub(old_image, at, OTA_OTD_UNIT_MAX), unit);
	*unit = (struct ota_otd_unit){
		.kind = entry->kind, .len = entry->len, .target = entry->target};
	return ota_otd_rv32_key(&m->old_place, unit);
}

static void guess_all(struct guesser *g)
{
	const struct ota_otd_matcher *m = g->m;

	for (uint32_t at = 0; at < m->old_len; at += m->grid) {
		struct ota_otd_unit unit;
		uint32_t shift;

		if (!unit_of(m, at, &unit))
			continue;
		if (unit.key >= OTA_OTD_KEY_RAM)
			shift = ram_shift(g, unit.target);
		else
			shift = image_shift(g, unit.key);
		m->guess[otd_unit_index(m, at)] = ota_otd_unit_moved(m->job.arch, &unit, shift);
	}
}

enum ota_err ota_otd_guess(struct ota_otd_matcher *m, const struct ota_otd_turns *turns,
			   struct ota_diag *diag)
{
	struct stretch *stretch = malloc((turns->n + 1) * sizeof(*stretch));
	int32_t *moved = malloc(((size_t)m->old_len + 1) * sizeof(*moved));
	struct guesser g = {.m = m, .stretch = stretch, .moved = moved};
	enum ota_err err = OTA_E_MEMORY;

	if (!stretch || !moved)
		goto out;
	find_stretches(&g, turns);
	for (size_t i = 0; i < g.n; i++) {
		if (!collect(&g, &g.stretch[i]))
			goto out;
	}
	count_votes(&g);
	find_moved(&g);
	guess_all(&g);
	err = OTA_OK;
out:
	if (err != OTA_OK)
		ota_fail(diag, err, "out of memory for the references of %u bytes", m->old_len);
	free(g.vote);
	free(moved);
	free(stretch);
	return err;
}
