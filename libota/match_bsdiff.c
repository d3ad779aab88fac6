// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>

#include <ota/delta.h>

#include "match_bsdiff.h"
#include "match_grams.h"

/* From this length of a seed on it pays to look for the next place where something changes. */
#define LONG_SEED 64
/*
 * Where so many places in a row have no match of FERTILE bytes, nothing is alike, and every place
 * need not be looked at: a match of some length is found in its middle and grows backward. One
 * place more is left out for each further stretch as long, up to SKIP_MAX.
 */
#define BARREN   65536U
#define FERTILE  12U
#define SKIP_MAX 16U
/* A match elsewhere is taken when it fits more bytes better than this; bsdiff asks for 8. */
#define WORTH_A_JUMP 5
/* When a stretch grows: what a byte that fits is worth, what one costs that does not; bsdiff: 1, 1.
 */
#define HIT  3
#define MISS 2

/*
 * The new image is cut into stretches. Each grows around a seed, an exact match found by the index:
 * the stretch begun last grows forward from its seed, the next one backward from its own, and where
 * they meet the better of the two alignments wins, byte by byte.
 */
struct matcher {
	const struct ota_index *index;
	struct ota_grams grams; /* owned */
	struct ota_op_list *ops;
	struct ota_span old_image;
	struct ota_span new_image;
	size_t scan;           /* place in new being looked at */
	struct ota_match seed; /* the longest match there */
	size_t kept;           /* its bytes that also match as the stretch before is aligned */
	size_t last_new;       /* where the stretch before starts, in new */
	size_t last_old;       /* and in old */
	int64_t shift;         /* its alignment: old minus new */
	size_t barren;         /* places in a row without a match worth the name */
};

/* The longest match of what begins at `at` in new. */
static struct ota_match longest(const struct matcher *m, size_t at)
{
	return ota_suffix_longest(m->index, ota_span_tail(m->new_image, at));
}

bool ota_op_list_push(struct ota_op_list *ops, struct ota_op op)
{
	if (!ops->op || ops->n == ops->cap) {
		size_t cap = ops->cap > 0 ? 2 * ops->cap : 64;
		struct ota_op *grown = realloc(ops->op, cap * sizeof(op));

		if (!grown)
			return false;
		ops->op = grown;
		ops->cap = cap;
	}
	ops->op[ops->n++] = op;
	return true;
}

/* Appends an edit, or lengthens the last one when this is its continuation. */
static bool add(struct ota_op_list *ops, enum ota_op_kind kind, size_t len, size_t at)
{
	struct ota_op *last = ops->n > 0 ? &ops->op[ops->n - 1] : NULL;
	struct ota_op op = {kind, (uint32_t)len, (uint32_t)at};

	if (len == 0)
		return true;
	if (last && last->kind == kind &&
	    (kind == OTA_OP_INSERT || (size_t)last->at + last->len == at)) {
		last->len += op.len;
		return true;
	}
	return ota_op_list_push(ops, op);
}

/* Does the byte at `at` in new match as the stretch before is aligned? */
static bool keeps(const struct matcher *m, size_t at)
{
	int64_t old_at = (int64_t)at + m->shift;

	return old_at >= 0 && old_at < (int64_t)m->old_image.len &&
	       m->old_image.data[old_at] == m->new_image.data[at];
}

/* One past the last byte of the longest match at `at`. Never falls as `at` grows. */
static size_t reach(const struct matcher *m, size_t at)
{
	return at + longest(m, at).len;
}

/* The first place behind `scan` whose match reaches past `end`; one past `last` if none up to it.
 */
static size_t first_further(const struct matcher *m, size_t last, size_t end)
{
	size_t low = m->scan;
	size_t high = last;

	if (reach(m, last) <= end)
		return last + 1;
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (reach(m, middle) > end)
			high = middle;
		else
			low = middle;
	}
	return high;
}

/*
 * Leaves out some places where nothing is alike; the place that is left still has its byte counted
 * in `kept`, for step() to take out. Returns one past the last byte that is.
 */
static size_t skip(struct matcher *m, size_t counted)
{
	size_t n = m->barren / BARREN < SKIP_MAX ? m->barren / BARREN : SKIP_MAX;

	for (; n > 0 && m->new_image.len - m->scan > 1; n--) {
		if (counted == m->scan)
			m->kept += keeps(m, counted++);
		m->kept -= keeps(m, m->scan);
		m->scan++;
		m->barren++;
	}
	if (counted == m->scan)
		m->kept += keeps(m, counted++);
	return counted;
}

/*
 * Goes on from a seed that was not taken. Byte by byte, unless the seed is long: then nothing can
 * change before the alignment of the stretch before misses a byte, or a match reaches further. This
 * is what keeps long runs of one byte from taking quadratic time.
 */
static void step(struct matcher *m)
{
	size_t end = m->scan + m->seed.len;
	size_t miss = m->scan;
	size_t next = m->scan + 1;

	if (m->seed.len < LONG_SEED) {
		m->kept -= keeps(m, m->scan);
		m->scan++;
		return;
	}
	while (miss < end && keeps(m, miss))
		miss++;
	if (miss > m->scan)
		next = first_further(m, miss, end);
	m->kept -= (next < miss ? next : miss) - m->scan;
	m->scan = next < m->new_image.len ? next : m->new_image.len;
}

/* Of a match of chance the length is enough: it is never taken but where `kept` is as long. */
static void find_match(struct matcher *m)
{
	struct ota_span wanted = ota_span_tail(m->new_image, m->scan);
	size_t len;

	if (ota_grams_len(&m->grams, m->index, wanted, &len))
		m->seed = (struct ota_match){0, len};
	else
		m->seed = ota_suffix_longest(m->index, wanted);
}

/*
 * Moves on to the next seed that is worth a look: it matches just as the stretch before does, or
 * clearly better. Without one, to the end.
 */
static void find_seed(struct matcher *m)
{
	size_t counted;

	m->scan += m->seed.len;
	m->kept = 0;
	for (counted = m->scan; m->scan < m->new_image.len; step(m)) {
		find_match(m);
		m->barren = m->seed.len < FERTILE ? m->barren + 1 : 0;
		for (; counted < m->scan + m->seed.len; counted++)
			m->kept += keeps(m, counted);
		if ((m->seed.len > 0 && m->seed.len == m->kept) ||
		    m->seed.len > m->kept + WORTH_A_JUMP)
			break;
		counted = skip(m, counted);
	}
}

/* The stretch before, forward: how long, for as many more matching bytes than others as can be. */
static size_t grow_forward(const struct matcher *m)
{
	const uint8_t *old_byte = m->old_image.data;
	const uint8_t *new_byte = m->new_image.data;
	size_t end = m->scan - m->last_new;
	int64_t score = 0;
	int64_t best = 0;
	size_t best_len = 0;

	if (end > m->old_image.len - m->last_old)
		end = m->old_image.len - m->last_old;
	for (size_t i = 0; i < end; i++) {
		score += old_byte[m->last_old + i] == new_byte[m->last_new + i] ? HIT : -MISS;
		if (score > best) {
			best = score;
			best_len = i + 1;
		}
	}
	return best_len;
}

/* The next stretch, backward from its seed. */
static size_t grow_backward(const struct matcher *m)
{
	const uint8_t *old_byte = m->old_image.data;
	const uint8_t *new_byte = m->new_image.data;
	size_t end = m->scan - m->last_new;
	int64_t score = 0;
	int64_t best = 0;
	size_t best_len = 0;

	if (m->scan >= m->new_image.len)
		return 0;
	if (end > m->seed.at)
		end = m->seed.at;
	for (size_t i = 1; i <= end; i++) {
		score += old_byte[m->seed.at - i] == new_byte[m->scan - i] ? HIT : -MISS;
		if (score > best) {
			best = score;
			best_len = i;
		}
	}
	return best_len;
}

/* Of `overlap` bytes that both claim, how many at the front are better with the stretch before. */
static size_t split_overlap(const struct matcher *m, size_t forward, size_t backward,
			    size_t overlap)
{
	size_t new_at = m->last_new + forward - overlap;
	size_t before_at = m->last_old + forward - overlap;
	size_t next_at = m->seed.at - backward;
	int64_t score = 0;
	int64_t best = 0;
	size_t best_len = 0;

	for (size_t i = 0; i < overlap; i++) {
		uint8_t byte = m->new_image.data[new_at + i];

		score += m->old_image.data[before_at + i] == byte;
		score -= m->old_image.data[next_at + i] == byte;
		if (score > best) {
			best = score;
			best_len = i + 1;
		}
	}
	return best_len;
}

/* Writes the stretch before and what lies between it and the next, which it then becomes. */
static bool close_stretch(struct matcher *m)
{
	size_t between = m->scan - m->last_new;
	size_t forward = grow_forward(m);
	size_t backward = grow_backward(m);

	if (forward + backward > between) {
		size_t overlap = forward + backward - between;
		size_t front = split_overlap(m, forward, backward, overlap);

		forward -= overlap - front;
		backward -= front;
	}
	if (!add(m->ops, OTA_OP_BLEND, forward, m->last_old) ||
	    !add(m->ops, OTA_OP_INSERT, between - forward - backward, 0))
		return false;
	m->last_new = m->scan - backward;
	m->last_old = m->seed.at - backward;
	m->shift = (int64_t)m->seed.at - (int64_t)m->scan;
	return true;
}

enum ota_err ota_match_bsdiff(const struct ota_index *index, struct ota_span new_image,
			      struct ota_op_list *ops, struct ota_diag *diag)
{
	struct matcher m = {
		.index = index, .ops = ops, .old_image = index->old_image, .new_image = new_image};
	enum ota_err err;

	if (new_image.len > OTA_DELTA_MAX)
		return ota_fail(diag, OTA_E_NO_FIT,
				"new file is %zu bytes, at most %u can be diffed", new_image.len,
				OTA_DELTA_MAX);
	err = ota_grams_list(&m.grams, index->old_image, diag);
	while (err == OTA_OK && m.scan < new_image.len) {
		find_seed(&m);
		if (m.seed.len == m.kept && m.scan < new_image.len)
			continue;
		if (!close_stretch(&m))
			err = ota_fail(diag, OTA_E_MEMORY, "out of memory for more than %zu edits",
				       ops->n);
	}
	ota_grams_free(&m.grams);
	return err;
}

struct ota_ops ota_op_list_ops(const struct ota_op_list *ops)
{
	struct ota_ops list = {ops->op, ops->n};

	return list;
}

void ota_op_list_free(struct ota_op_list *ops)
{
	free(ops->op);
	*ops = (struct ota_op_list){0};
}
