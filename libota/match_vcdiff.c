// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>

#include "match_vcdiff.h"
#include "match_vcdiff_find.h"

/*
 * The window is looked at in stretches. For each place of a stretch the cheapest ways to reach it
 * are kept, in bytes of the patch, each with its own near cache; from each way on, a byte more of
 * an ADD, the copies found, or a RUN lead to later places. At the end of a stretch the cheapest way
 * wins. Costs are exact but for the same cache, which is that of the stretches decided: a shorter
 * stretch knows it better, a longer one looks further ahead.
 */

/* Places of the window that are weighed together. */
#define STRETCH 2048U
/* Ways to reach a place that are kept. */
#define WAYS 4U
/* A way that costs this many bytes more than the best is dropped. */
#define TOO_DEAR 3U
/* From this length of a copy on, only its end is looked at for something better. */
#define LONG_COPY 64U
#define COPY_END  16U
#define RUN_MIN   4U
/* After this many places without a copy of some length, every second is looked at, and so on. */
#define BARREN         4096U
#define BARREN_STEP    16U
#define WORTH_THE_NAME 8U

#define ADDR_LEN_MAX 5U
#define NO_ADDR      0xffffffffU
#define USED_BITS    12U /* some times the same cache */
#define USED         (1U << USED_BITS)

enum way_kind {
	WAY_START,
	WAY_ADD, /* one byte */
	WAY_COPY,
	WAY_EXTEND, /* goes on with the copy that ended the stretch before */
	WAY_RUN,
};

/* One way to reach a place of the window. */
struct way {
	uint32_t cost; /* bytes */
	uint32_t from; /* the way it goes on from */
	uint32_t addr; /* of the copy, in U */
	uint32_t len;
	uint32_t add;   /* bytes of the ADD at its end; 0: ends otherwise */
	uint32_t shift; /* of the last copy: address minus place */
	uint8_t kind;   /* enum way_kind */
	bool paired;    /* its last instruction shares its code with the one before */
	uint8_t next_slot;
	uint32_t near[OTA_VCDIFF_NEAR];
	uint32_t shifts[OTA_VCDIFF_NEAR]; /* of the same copies */
};

struct vcdiff_work {
	struct vcdiff_finder finder;
	struct ota_vcdiff_cache cache; /* after the stretches that are decided */
	uint32_t used[USED]; /* by what is there: the last address copied from, plus one */
	struct way *ways;    /* WAYS for each place of the stretch, and for its end */
	uint8_t *n_ways;
	uint32_t base;    /* place in the window where the stretch begins */
	uint32_t end;     /* and where it ends */
	uint32_t skip_to; /* places before are not looked at */
	uint32_t extend;  /* address that goes on with the copy before the stretch; or NO_ADDR */
	bool run_extends; /* a RUN ended the stretch before */
	uint32_t barren;  /* places since a copy was found that is worth the name */
	uint32_t run_end; /* of the run of one byte last looked at */
	struct vcdiff_found found;
	struct ota_op_list backward; /* the stretch's edits, last first */
};

static struct way *ways_to(const struct vcdiff_work *w, uint32_t at)
{
	return w->ways + (size_t)(at - w->base) * WAYS;
}

static unsigned addr_len(const struct vcdiff_work *w, const struct way *way, uint32_t addr,
			 uint32_t at)
{
	uint32_t here = (uint32_t)w->finder.source.len + at;
	uint32_t least = addr < here - addr ? addr : here - addr;

	for (unsigned i = 0; i < OTA_VCDIFF_NEAR; i++) {
		uint32_t above = addr - way->near[i]; /* wraps to a large number when below */

		if (above < least)
			least = above;
	}
	if (w->cache.same[addr % OTA_VCDIFF_SAME_ALL] == addr)
		return 1;
	return ota_vcdiff_size_len(least);
}

/* Keeps `way` among those to `at` when it is better than one of them. */
static void offer(struct vcdiff_work *w, uint32_t at, const struct way *way)
{
	struct way *ways = ways_to(w, at);
	uint8_t *n = &w->n_ways[at - w->base];
	unsigned worst = 0;

	for (unsigned i = 0; i < *n; i++) {
		if (ways[i].shift == way->shift) {
			if (way->cost < ways[i].cost ||
			    (way->cost == ways[i].cost && way->add > 0 && ways[i].add == 0))
				ways[i] = *way;
			return;
		}
		if (ways[i].cost > ways[worst].cost)
			worst = i;
	}
	if (*n < WAYS)
		ways[(*n)++] = *way;
	else if (way->cost < ways[worst].cost)
		ways[worst] = *way;
}

/* Fills in what follows from the way before. */
static void complete(struct vcdiff_work *w, struct way *way)
{
	const struct way *before = &w->ways[way->from];

	if (way->kind == WAY_START)
		return;
	memcpy(way->near, before->near, sizeof(way->near));
	memcpy(way->shifts, before->shifts, sizeof(way->shifts));
	way->next_slot = before->next_slot;
	if (way->kind == WAY_COPY) {
		way->near[way->next_slot] = way->addr;
		way->shifts[way->next_slot] = way->shift;
		way->next_slot = (way->next_slot + 1) % OTA_VCDIFF_NEAR;
	}
}

static void offer_add(struct vcdiff_work *w, uint32_t from, uint32_t at)
{
	const struct way *before = &w->ways[from];
	struct way way = {.kind = WAY_ADD,
			  .from = from,
			  .cost = before->cost + 1,
			  .len = 1,
			  .add = before->add + 1,
			  .shift = before->shift};

	if (before->add == 0) {
		way.paired = before->kind == WAY_COPY && before->len == VCDIFF_COPY_MIN &&
			     !before->paired;
		way.cost += way.paired ? 0 : 1;
	} else if ((before->add == 1 && before->paired) ||
		   before->add == OTA_VCDIFF_ADD_CODED_MAX) {
		way.cost++;
	} else if (before->add > OTA_VCDIFF_ADD_CODED_MAX) {
		way.cost += ota_vcdiff_size_len(way.add) - ota_vcdiff_size_len(before->add);
	}
	offer(w, at + 1, &way);
}

/* The next length of a copy that is worth weighing. */
static uint32_t next_len(uint32_t len, uint32_t longest)
{
	if (len >= OTA_VCDIFF_COPY_CODED_MAX && len < longest && longest - len > COPY_END)
		return longest - COPY_END;
	return len + 1;
}

/* Offers a copy in the lengths from `first` to copy.len. */
static void offer_copy(struct vcdiff_work *w, uint32_t from, uint32_t at, struct vcdiff_copy copy,
		       uint32_t first)
{
	const struct way *before = &w->ways[from];
	unsigned cost = addr_len(w, before, copy.addr, at);
	bool may_pair =
		before->add > 0 && before->add <= OTA_VCDIFF_PAIR_ADD_MAX && !before->paired;
	bool extends = before->kind == WAY_START && copy.addr == w->extend;
	struct way way = {.kind = extends ? WAY_EXTEND : WAY_COPY,
			  .from = from,
			  .addr = copy.addr,
			  .shift = copy.addr - at};

	/* What goes on behind the stretch's end may be short before it. */
	if (copy.len > w->end - at) {
		copy.len = w->end - at;
		first = first < copy.len ? first : copy.len;
	}
	for (uint32_t len = first; len <= copy.len; len = next_len(len, copy.len)) {
		way.len = len;
		way.paired = may_pair && len <= OTA_VCDIFF_PAIR_COPY_MAX;
		way.cost = before->cost + cost + (way.paired ? 0 : 1);
		if (len > OTA_VCDIFF_COPY_CODED_MAX)
			way.cost += ota_vcdiff_size_len(len);
		if (extends)
			way.cost = before->cost;
		offer(w, at + len, &way);
	}
}

/* Of the copies found: for each address length the longest, cheapest first. */
static void offer_copies(struct vcdiff_work *w, uint32_t from, uint32_t at)
{
	struct vcdiff_copy best[ADDR_LEN_MAX + 1] = {{0, 0}};
	uint32_t first = VCDIFF_COPY_MIN;

	for (unsigned i = 0; i < w->found.n; i++) {
		struct vcdiff_copy copy = w->found.copy[i];
		unsigned cost = addr_len(w, &w->ways[from], copy.addr, at);

		if (w->ways[from].kind == WAY_START && copy.addr == w->extend)
			cost = 0;
		if (copy.len > best[cost].len)
			best[cost] = copy;
	}
	for (unsigned cost = 0; cost <= ADDR_LEN_MAX; cost++) {
		if (best[cost].len < first)
			continue;
		offer_copy(w, from, at, best[cost], first);
		first = best[cost].len + 1;
	}
}

static void offer_run(struct vcdiff_work *w, uint32_t from, uint32_t at)
{
	const struct way *before = &w->ways[from];
	uint32_t end = w->run_end < w->end ? w->run_end : w->end;
	struct way way = {.kind = WAY_RUN, .from = from, .shift = before->shift};

	if (end - at < RUN_MIN)
		return;
	way.len = end - at;
	way.cost = before->cost + 2 + ota_vcdiff_size_len(way.len);
	if (before->kind == WAY_START && w->run_extends &&
	    w->finder.part.data[at] == w->finder.part.data[at - 1])
		way.cost = before->cost;
	offer(w, end, &way);
}

static void look_for_run(struct vcdiff_work *w, uint32_t at)
{
	struct ota_span part = w->finder.part;

	if (at < w->run_end)
		return;
	w->run_end = at + 1;
	while (w->run_end < part.len && part.data[w->run_end] == part.data[at])
		w->run_end++;
}

static void find_on_shifts(struct vcdiff_work *w, const struct way *way, uint32_t at)
{
	for (unsigned i = 0; i < OTA_VCDIFF_NEAR; i++) {
		uint32_t addr = way->shifts[i] + at;
		bool known = addr >= w->finder.source.len + at;

		for (unsigned k = 0; k < w->found.n && !known; k++)
			known = w->found.copy[k].addr == addr;
		if (!known)
			ota_vcdiff_found_add(&w->found, addr,
					     ota_vcdiff_copy_len(&w->finder, addr, at));
	}
}

static const struct way *best_way(const struct vcdiff_work *w, uint32_t at)
{
	const struct way *ways = ways_to(w, at);
	const struct way *best = ways;

	for (unsigned i = 1; i < w->n_ways[at - w->base]; i++) {
		if (ways[i].cost < best->cost)
			best = &ways[i];
	}
	return best;
}

static uint32_t *used_slot(struct vcdiff_work *w, uint32_t at)
{
	return &w->used[ota_vcdiff_hash(w->finder.part.data + at, USED_BITS)];
}

/* An address that has been used for the same bytes may still be in the same cache. */
static void find_used(struct vcdiff_work *w, uint32_t at)
{
	uint32_t addr;

	if (w->finder.part.len - at < VCDIFF_COPY_MIN)
		return;
	addr = *used_slot(w, at) - 1;
	if (addr != NO_ADDR && w->cache.same[addr % OTA_VCDIFF_SAME_ALL] == addr)
		ota_vcdiff_found_add(&w->found, addr, ota_vcdiff_copy_len(&w->finder, addr, at));
}

/* Is one of the longest copies found also as cheap as can be? */
static bool is_best(const struct vcdiff_work *w, const struct way *way, uint32_t at)
{
	for (unsigned i = 0; i < w->found.n; i++) {
		const struct vcdiff_copy *copy = &w->found.copy[i];

		if (copy->len == w->found.longest && addr_len(w, way, copy->addr, at) == 1)
			return true;
	}
	return false;
}

static void find(struct vcdiff_work *w, uint32_t at)
{
	const struct way *best = best_way(w, at);
	struct way *ways = ways_to(w, at);
	uint32_t step;
	bool in_old;

	w->found.n = 0;
	w->found.longest = 0;
	/* Where nothing is like anything, as in compressed data, not every place is looked at. */
	step = 1 + w->barren / BARREN;
	if (at % (step < BARREN_STEP ? step : BARREN_STEP) != 0)
		return;
	if (best->kind == WAY_START && w->extend != NO_ADDR)
		ota_vcdiff_found_add(&w->found, w->extend,
				     ota_vcdiff_copy_len(&w->finder, w->extend, at));
	for (unsigned i = 0; i < w->n_ways[at - w->base]; i++)
		find_on_shifts(w, &ways[i], at);
	if (w->found.longest == VCDIFF_LEN_MAX)
		return;
	in_old = ota_vcdiff_find_in_source(&w->finder, at, &w->found);
	/* Of two that go on and on, the one from close by is cheaper and does not reach old's end.
	 */
	if (w->found.longest >= LONG_COPY && w->found.longest < VCDIFF_LEN_MAX)
		return;
	find_used(w, at);
	ota_vcdiff_find_in_window(&w->finder, at, &w->found);
	if (is_best(w, best, at))
		return;
	for (unsigned i = 0; i < OTA_VCDIFF_NEAR; i++) {
		if (in_old || best->near[i] >= w->finder.source.len)
			ota_vcdiff_find_near(&w->finder, best->near[i], at, &w->found);
	}
}

static void weigh(struct vcdiff_work *w, uint32_t at)
{
	uint32_t first = (at - w->base) * WAYS;
	unsigned n = w->n_ways[at - w->base];
	uint32_t limit;

	for (unsigned i = 0; i < n; i++)
		complete(w, &w->ways[first + i]);
	limit = best_way(w, at)->cost + TOO_DEAR;
	find(w, at);
	w->barren = w->found.longest < WORTH_THE_NAME ? w->barren + 1 : 0;
	look_for_run(w, at);
	for (unsigned i = 0; i < n; i++) {
		if (w->ways[first + i].cost > limit)
			continue;
		offer_add(w, first + i, at);
		offer_copies(w, first + i, at);
		offer_run(w, first + i, at);
	}
	if (w->found.longest >= LONG_COPY)
		w->skip_to = at + w->found.longest - COPY_END;
}

/* Does an edit go on with the last one? `bytes` are its own, behind those of the last. */
static bool continues(const struct ota_op *last, const struct ota_op *op, const uint8_t *bytes)
{
	if (last->kind != op->kind)
		return false;
	switch (op->kind) {
	case OTA_OP_INSERT:
		return true;
	case OTA_OP_COPY_OLD:
	case OTA_OP_COPY_NEW:
		return last->at + last->len == op->at;
	case OTA_OP_RUN:
		return bytes[0] == bytes[-1];
	case OTA_OP_BLEND:
		break;
	}
	return false;
}

/* Appends an edit, or lengthens the last one when this goes on with it. */
static bool append(struct ota_op_list *ops, const struct ota_op *op, const uint8_t *bytes)
{
	struct ota_op *last = ops->n > 0 ? &ops->op[ops->n - 1] : NULL;

	if (!last || !continues(last, op, bytes))
		return ota_op_list_push(ops, *op);
	last->len += op->len;
	return true;
}

/* The edit that a way ends with; `at` and `len` are 32 bits as images are. */
static struct ota_op op_of(const struct vcdiff_work *w, const struct way *way, uint32_t new_at)
{
	struct ota_op op = {OTA_OP_INSERT, way->len, 0};

	if (way->kind == WAY_RUN) {
		op.kind = OTA_OP_RUN;
	} else if (way->kind == WAY_COPY || way->kind == WAY_EXTEND) {
		bool from_old = way->addr < w->finder.source.len;

		op.kind = from_old ? OTA_OP_COPY_OLD : OTA_OP_COPY_NEW;
		op.at = from_old ? w->finder.source_at + way->addr
				 : new_at + way->addr - (uint32_t)w->finder.source.len;
	}
	return op;
}

/* Appends the edits in `backward`, which make the stretch, and remembers what they copy from. */
static bool append_backward(struct vcdiff_work *w, uint32_t new_at, struct ota_op_list *ops)
{
	uint32_t place = w->base;

	for (size_t i = w->backward.n; i > 0; i--) {
		const struct ota_op *op = &w->backward.op[i - 1];
		size_t n = ops->n;
		uint32_t addr = op->kind == OTA_OP_COPY_OLD
					? op->at - w->finder.source_at
					: (uint32_t)w->finder.source.len + op->at - new_at;

		if (!append(ops, op, w->finder.part.data + place))
			return false;
		if (ops->n > n && (op->kind == OTA_OP_COPY_OLD || op->kind == OTA_OP_COPY_NEW)) {
			ota_vcdiff_cache_update(&w->cache, addr);
			if (op->len >= VCDIFF_COPY_MIN)
				*used_slot(w, place) = addr + 1;
		}
		place += op->len;
	}
	return true;
}

/* Decides for the way given, which ends at `at`, and begins the next stretch there. */
static bool decide(struct vcdiff_work *w, uint32_t at, const struct way *last, uint32_t new_at,
		   struct ota_op_list *ops)
{
	struct way start = *last;

	complete(w, &start);
	w->backward.n = 0;
	for (const struct way *way = last; way->kind != WAY_START; way = &w->ways[way->from]) {
		if (!ota_op_list_push(&w->backward, op_of(w, way, new_at)))
			return false;
	}
	if (!append_backward(w, new_at, ops))
		return false;
	w->extend = NO_ADDR;
	if (last->kind == WAY_COPY || last->kind == WAY_EXTEND)
		w->extend = last->addr + last->len;
	if (w->extend == w->finder.source.len)
		w->extend = NO_ADDR;
	w->run_extends = last->kind == WAY_RUN;
	start.kind = WAY_START;
	start.cost = 0;
	w->base = at;
	w->ways[0] = start;
	return true;
}

static bool parse_stretch(struct vcdiff_work *w, uint32_t new_at, struct ota_op_list *ops)
{
	size_t left = w->finder.part.len - w->base;
	uint32_t len = left < STRETCH ? (uint32_t)left : STRETCH;
	uint32_t at = w->base;

	memset(w->n_ways, 0, len + 1);
	w->n_ways[0] = 1;
	w->end = at + len;
	w->skip_to = at;
	for (; at < w->end; at++) {
		if (at >= w->skip_to && w->n_ways[at - w->base] > 0)
			weigh(w, at);
	}
	return decide(w, at, best_way(w, at), new_at, ops);
}

enum ota_err ota_vcdiff_matcher_init(struct ota_vcdiff_matcher *matcher, uint32_t window,
				     struct ota_diag *diag)
{
	size_t places = (window < STRETCH ? window : STRETCH) + 1;
	struct vcdiff_work *w = calloc(1, sizeof(*w));

	matcher->work = w;
	if (!w)
		goto fail;
	w->finder.index = matcher->index;
	w->ways = malloc(places * WAYS * sizeof(*w->ways));
	w->n_ways = malloc(places);
	if (ota_vcdiff_finder_init(&w->finder, window) && w->ways && w->n_ways)
		return OTA_OK;
fail:
	return ota_fail(diag, OTA_E_MEMORY, "out of memory for a window of %u bytes", window);
}

void ota_vcdiff_matcher_free(struct ota_vcdiff_matcher *matcher)
{
	if (!matcher->work)
		return;
	ota_vcdiff_finder_free(&matcher->work->finder);
	ota_op_list_free(&matcher->work->backward);
	free(matcher->work->n_ways);
	free(matcher->work->ways);
	free(matcher->work);
	matcher->work = NULL;
}

/* By the window's own bytes where those are fewer, for windows may be tiny and many. */
static void forget_used(struct vcdiff_work *w)
{
	if (w->finder.part.len >= USED) {
		memset(w->used, 0, sizeof(w->used));
		return;
	}
	for (uint32_t at = 0; at + VCDIFF_COPY_MIN <= w->finder.part.len; at++)
		*used_slot(w, at) = 0;
}

static bool parse(struct vcdiff_work *w, uint32_t new_at, struct ota_op_list *ops)
{
	bool good = true;

	ops->n = 0;
	ota_vcdiff_cache_init(&w->cache);
	w->base = 0;
	w->run_end = 0;
	w->extend = NO_ADDR;
	w->run_extends = false;
	w->barren = 0;
	w->ways[0] = (struct way){.kind = WAY_START};
	while (good && w->base < w->finder.part.len)
		good = parse_stretch(w, new_at, ops);
	forget_used(w);
	return good;
}

/* -- source segment ---------------------------------------------------------------------------- */

static int by_place_in_old(const void *a, const void *b)
{
	uint32_t x = ((const struct ota_op *)a)->at;
	uint32_t y = ((const struct ota_op *)b)->at;

	return (x > y) - (x < y);
}

/*
 * Where the segment of `len` bytes begins that most is copied from: at one of the copies, and each
 * counts where it begins. Old may be far larger than all copies, so nothing is done by its bytes.
 */
static bool choose_segment(struct ota_ops ops, size_t old_len, uint32_t len, uint32_t *segment_at)
{
	struct ota_op_list copies = {0};
	uint64_t in = 0;
	uint64_t best = 0;
	bool good = true;

	for (size_t i = 0; i < ops.n && good; i++)
		good = ops.op[i].kind != OTA_OP_COPY_OLD || ota_op_list_push(&copies, ops.op[i]);
	if (good && copies.n > 0)
		qsort(copies.op, copies.n, sizeof(*copies.op), by_place_in_old);
	*segment_at = 0;
	for (size_t first = 0, next = 0; good && first < copies.n; first++) {
		uint32_t at = copies.op[first].at;

		for (; next < copies.n && copies.op[next].at - at < len; next++)
			in += copies.op[next].len < len ? copies.op[next].len : len;
		if (in > best) {
			best = in;
			*segment_at = at;
		}
		in -= copies.op[first].len < len ? copies.op[first].len : len;
	}
	if (*segment_at > old_len - len)
		*segment_at = (uint32_t)old_len - len;
	ota_op_list_free(&copies);
	return good;
}

/* The part of old that the edits use is all that a decoder must have, and has shorter addresses. */
static void trim_segment(struct ota_ops ops, struct ota_vcdiff_window *window)
{
	uint32_t first = UINT32_MAX;
	uint32_t end = 0;

	for (size_t i = 0; i < ops.n; i++) {
		const struct ota_op *op = &ops.op[i];

		if (op->kind != OTA_OP_COPY_OLD)
			continue;
		first = op->at < first ? op->at : first;
		end = op->at + op->len > end ? op->at + op->len : end;
	}
	window->source_at = end > 0 ? first : 0;
	window->source_len = end > 0 ? end - first : 0;
}

static bool match_in(struct ota_vcdiff_matcher *matcher, uint32_t new_at,
		     const struct ota_vcdiff_window *window, struct ota_op_list *ops)
{
	struct vcdiff_work *w = matcher->work;
	struct ota_span part = ota_span_sub(matcher->new_image, new_at, window->new_len);

	ota_vcdiff_finder_start(&w->finder, part, window->source_at, window->source_len);
	return parse(w, new_at, ops);
}

/* With a limit: once without, to see where most comes from, then from there alone. */
enum ota_err ota_vcdiff_match(struct ota_vcdiff_matcher *matcher, uint32_t new_at,
			      struct ota_vcdiff_window *window, struct ota_op_list *ops,
			      struct ota_diag *diag)
{
	struct ota_span old_image = matcher->index->old_image;
	bool good;

	window->source_at = 0;
	window->source_len = (uint32_t)old_image.len;
	good = match_in(matcher, new_at, window, ops);
	trim_segment(ota_op_list_ops(ops), window);
	if (good && matcher->source_max > 0 && window->source_len > matcher->source_max) {
		window->source_len = matcher->source_max;
		good = choose_segment(ota_op_list_ops(ops), old_image.len, window->source_len,
				      &window->source_at) &&
		       match_in(matcher, new_at, window, ops);
		trim_segment(ota_op_list_ops(ops), window);
	}
	if (!good)
		return ota_fail(diag, OTA_E_MEMORY, "out of memory for %zu edits", ops->n);
	return OTA_OK;
}
