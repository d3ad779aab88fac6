// SPDX-License-Identifier: Apache-2.0
/*
 * Seeds: for each offset in new the places that are worth a turn. They come from the suffixes of
 * old, from those of old without its addresses, and from what is already made of new.
 */
#include <stdlib.h>

#include "match_otd_parts.h"

/* Bytes that are compared to find a suffix; far more than any seed needs, yet bounded. */
#define COMPARE_MAX 4096U
/* A seed shares at least so many bytes, and is judged by so many at most. */
#define EXACT_MIN 2U
#define PLAIN_MIN 4U
#define JUDGED    64U
/* Neighbours in the order of suffixes that are looked at, on each side. */
#define NEIGHBOURS 8U
/* In place, with those that are gone by then. */
#define NEIGHBOURS_MAX 64U
#define KEPT           4U
/* How much more a byte of the match counts than an equal one behind its end. */
#define MATCH_WEIGHT 4U
/* Behind a match of this length nothing else is looked for until close to its end. */
#define LONG_MATCH 96U
#define LONG_END   32U
/*
 * Where so many offsets in a row have no match of FERTILE bytes, nothing is alike, and not every
 * one is looked at. One more is left out for each further stretch as long, up to SKIP_MAX.
 */
#define BARREN   65536U
#define FERTILE  12U
#define SKIP_MAX 16U
/* A seed that goes on with one of the offset before is named again only so often. */
#define REPEAT 16U

/* Chains of equal strings in new. */
#define CHAIN_BYTES 6U
#define CHAIN_MAX   8U
#define HASH_BITS   18U
#define HASH_FACTOR 0x9e3779b97f4a7c15ULL /* 2^64 over the golden ratio */
#define NOWHERE     0xffffffffU

struct found {
	uint32_t place;
	uint32_t score;
};

struct found_list {
	struct found item[KEPT];
	unsigned n;
};

struct seeker {
	struct ota_otd_matcher *m;
	struct ota_span new_image;
	struct ota_index *index; /* of plain old */
	uint32_t *head;          /* by hash: the last offset in new; NULL: new is not read */
	uint32_t *before;        /* by offset in new: the one before with the same hash */
	uint32_t hashed;         /* offsets below are in the chains */
	uint32_t longest;        /* match found at this offset */
	uint32_t barren;         /* offsets in a row without a match worth the name */
	struct found_list list;
	struct found_list last; /* of the offset before */
};

/* -- images without addresses ------------------------------------------------------------------ */

static void blank_units(const struct ota_otd_matcher *m, const struct otd_unit_at *units,
			uint32_t len, uint8_t *bytes)
{
	uint32_t at = 0;

	while (at < len) {
		const struct otd_unit_at *entry = &units[otd_unit_index(m, at)];
		struct ota_otd_unit unit = {.kind = entry->kind, .len = entry->len};

		if (entry->kind == OTD_NO_UNIT) {
			at += m->grid;
			continue;
		}
		ota_otd_unit_blank(m->job.arch, &unit, bytes + at);
		at += entry->len;
	}
}

static enum ota_err make_plain(struct seeker *s, struct ota_diag *diag)
{
	struct ota_otd_matcher *m = s->m;
	size_t len = (size_t)m->old_len + m->new_len;

	if (m->job.arch == OTA_OTD_NONE)
		return OTA_OK;
	m->plain = malloc(len + 1);
	if (!m->plain)
		return ota_fail(diag, OTA_E_MEMORY, "out of memory, %zu bytes wanted", len + 1);
	if (len > 0)
		memcpy(m->plain, m->both, len);
	blank_units(m, m->old_unit, m->old_len, m->plain);
	blank_units(m, m->new_unit, m->new_len, m->plain + m->old_len);
	return ota_index_build(ota_span_of(m->plain, m->old_len), &s->index, diag);
}

/* -- strings of old ---------------------------------------------------------------------------- */

/* Counts, then adds up, then enters from the last place on. */
static void fill_strings(struct ota_otd_matcher *m)
{
	const uint8_t *plain = otd_plain(m);
	uint32_t places = m->old_len < OTD_STRING ? 0 : m->old_len - OTD_STRING + 1;
	uint32_t total = 0;

	for (uint32_t at = 0; at < places; at += m->string_step)
		m->first[otd_string_hash(plain + at)]++;
	for (size_t i = 0; i <= (size_t)1 << OTD_STRING_BITS; i++) {
		total += m->first[i];
		m->first[i] = total;
	}
	for (uint32_t n = (places + m->string_step - 1) / m->string_step; n-- > 0;) {
		uint32_t at = n * m->string_step;

		m->string[--m->first[otd_string_hash(plain + at)]] = at;
	}
}

static enum ota_err make_strings(struct ota_otd_matcher *m, struct ota_diag *diag)
{
	size_t bytes;

	/* Nothing begins between. */
	m->string_step = m->job.arch == OTA_OTD_NONE ? 1 : m->grid;
	bytes = ((size_t)m->old_len / m->string_step + 1) * sizeof(*m->string);
	m->string = malloc(bytes);
	m->first = calloc(((size_t)1 << OTD_STRING_BITS) + 1, sizeof(*m->first));
	if (!m->string || !m->first)
		return ota_fail(diag, OTA_E_MEMORY, "out of memory, %zu bytes wanted", bytes);
	fill_strings(m);
	return OTA_OK;
}

/* -- what a place is worth --------------------------------------------------------------------- */

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static uint32_t score_of(const struct seeker *s, uint32_t place, uint32_t at)
{
	const struct ota_otd_matcher *m = s->m;
	const uint8_t *wanted = otd_new(m) + at;
	size_t room = m->new_len - at;
	size_t exact;
	size_t match;

	/* In new a place lies before `at`, and what is read there is too, or is made meanwhile. */
	if (place < m->old_len)
		room = least(least(room, m->old_len - place), otd_stays(m, place, at));
	exact = ota_common(m->both + place, wanted, 0, least(room, JUDGED));
	match = exact;
	if (m->plain && otd_on_grid(m, place | at) && place < m->old_len) {
		const uint8_t *plain_wanted = m->plain + m->old_len + at;
		size_t plain = ota_common(m->plain + place, plain_wanted, 0, least(room, JUDGED));

		match = plain > match ? plain : match;
	}
	return MATCH_WEIGHT * (uint32_t)match + otd_count_equal(m->both + place + exact,
								wanted + exact,
								least(room - exact, JUDGED));
}

/* Keeps the best, the one found first of equals. */
static void offer(struct seeker *s, uint32_t place, uint32_t at)
{
	struct found_list *list = &s->list;
	uint32_t score;
	unsigned i;

	for (i = 0; i < list->n; i++) {
		if (list->item[i].place == place)
			return;
	}
	score = score_of(s, place, at);
	if (list->n < KEPT)
		list->n++;
	else if (list->item[KEPT - 1].score >= score)
		return;
	for (i = list->n - 1; i > 0 && list->item[i - 1].score < score; i--)
		list->item[i] = list->item[i - 1];
	list->item[i] = (struct found){place, score};
}

/* -- where places come from -------------------------------------------------------------------- */

/* Offers neighbours of `wanted`, from entry `rank` on in one direction. */
static void offer_side(struct seeker *s, const struct ota_index *index, struct ota_span wanted,
		       size_t rank, bool up, size_t min)
{
	struct ota_span old_image = ota_index_old(index);
	uint32_t at = s->m->new_len - (uint32_t)wanted.len;
	unsigned n = 0;

	for (unsigned i = 0; n < NEIGHBOURS && i < NEIGHBOURS_MAX; i++) {
		uint32_t place;
		size_t len;

		if (!up && rank == 0)
			return;
		place = (uint32_t)ota_suffix_at(index, up ? rank++ : --rank);
		len = least(least(old_image.len - place, wanted.len), COMPARE_MAX);
		if (len < min)
			return;
		len = ota_common(old_image.data + place, wanted.data, 0, n == 0 ? len : min);
		if (len < min)
			return;
		if (!otd_in_reach(s->m, place, at))
			continue;
		len = least(len, otd_stays(s->m, place, at));
		if (len > s->longest && index == s->m->job.index)
			s->longest = (uint32_t)len;
		offer(s, place, at);
		n++;
	}
}

static void look_in(struct seeker *s, const struct ota_index *index, struct ota_span wanted,
		    size_t min)
{
	size_t rank;

	if (wanted.len < min)
		return;
	rank = ota_suffix_rank(index, ota_span_head(wanted, COMPARE_MAX));
	offer_side(s, index, wanted, rank, true, min);
	offer_side(s, index, wanted, rank, false, min);
}

static uint32_t hash_of(const uint8_t *at)
{
	uint64_t key = 0;

	for (unsigned i = 0; i < CHAIN_BYTES; i++)
		key = key << 8 | at[i];
	return (uint32_t)(key * HASH_FACTOR >> (64 - HASH_BITS));
}

/* Enters the offsets up to `at`, but for it. There are CHAIN_BYTES at `at`. */
static void hash_up_to(struct seeker *s, uint32_t at)
{
	for (; s->hashed < at; s->hashed++) {
		uint32_t *head = &s->head[hash_of(s->new_image.data + s->hashed)];

		s->before[s->hashed] = *head;
		*head = s->hashed;
	}
}

static void look_in_new(struct seeker *s, uint32_t at)
{
	const uint8_t *bytes = s->new_image.data;
	uint32_t earlier;

	if (!s->head || s->m->new_len - at < CHAIN_BYTES)
		return;
	hash_up_to(s, at);
	earlier = s->head[hash_of(bytes + at)];
	for (unsigned i = 0; i < CHAIN_MAX && earlier != NOWHERE; i++) {
		if (memcmp(bytes + earlier, bytes + at, CHAIN_BYTES) == 0)
			offer(s, s->m->old_len + earlier, at);
		earlier = s->before[earlier];
	}
}

static enum ota_err make_chains(struct seeker *s, struct ota_diag *diag)
{
	size_t bytes = ((size_t)s->m->new_len + 1) * sizeof(*s->before);

	if (!s->m->job.reads_new)
		return OTA_OK;
	s->head = malloc((sizeof(*s->head)) << HASH_BITS);
	s->before = malloc(bytes);
	if (!s->head || !s->before)
		return ota_fail(diag, OTA_E_MEMORY, "out of memory, %zu bytes wanted", bytes);
	for (size_t i = 0; i < (size_t)1 << HASH_BITS; i++)
		s->head[i] = NOWHERE;
	return OTA_OK;
}

/* -- all offsets ------------------------------------------------------------------------------- */

/* Was the place before among the seeds of the offset before? Then the diagonal is known. */
static bool goes_on(const struct found_list *last, uint32_t place)
{
	for (unsigned i = 0; i < last->n; i++) {
		if (last->item[i].place + 1 == place)
			return true;
	}
	return false;
}

static bool keep(struct seeker *s, uint32_t at)
{
	struct ota_otd_matcher *m = s->m;

	if (!ota_otd_grow((void **)&m->seed, &m->seeds_cap, m->seeds + KEPT, sizeof(*m->seed)))
		return false;
	for (unsigned i = 0; i < s->list.n; i++) {
		uint32_t place = s->list.item[i].place;

		if (at % REPEAT != 0 && goes_on(&s->last, place))
			continue;
		m->seed[m->seeds++] = place;
		m->n_seeds[at]++;
	}
	s->last = s->list;
	return true;
}

static void look(struct seeker *s, uint32_t at)
{
	const struct ota_otd_matcher *m = s->m;

	s->list.n = 0;
	s->longest = 0;
	look_in(s, m->job.index, ota_span_tail(s->new_image, at), EXACT_MIN);
	if (m->plain && otd_on_grid(m, at)) {
		struct ota_span plain = ota_span_of(m->plain + m->old_len, m->new_len);

		look_in(s, s->index, ota_span_tail(plain, at), PLAIN_MIN);
	}
	look_in_new(s, at);
}

/* How far the next offset is that is looked at. */
static uint32_t stride(struct seeker *s)
{
	uint32_t skip = s->barren / BARREN;

	s->barren = s->list.n == 0 || s->list.item[0].score < MATCH_WEIGHT * FERTILE ? s->barren + 1
										     : 0;
	if (s->longest >= LONG_MATCH)
		return s->longest - LONG_END;
	return 1 + (skip < SKIP_MAX ? skip : SKIP_MAX);
}

enum ota_err ota_otd_seeds_find(struct ota_otd_matcher *m, struct ota_diag *diag)
{
	struct seeker s = {.m = m, .new_image = m->job.new_image};
	enum ota_err err = make_plain(&s, diag);
	uint32_t at = 0;

	if (err == OTA_OK)
		err = make_strings(m, diag);
	if (err == OTA_OK)
		err = make_chains(&s, diag);
	while (err == OTA_OK && at < m->new_len) {
		uint32_t step;

		look(&s, at);
		if (!keep(&s, at))
			err = ota_fail(diag, OTA_E_MEMORY, "out of memory for more than %zu seeds",
				       m->seeds);
		step = stride(&s);
		at = step < m->new_len - at ? at + step : m->new_len;
	}
	free(s.before);
	free(s.head);
	ota_index_free(s.index);
	return err;
}
