// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>

#include "match_vcdiff_find.h"

#define HASH_BITS 18U
#define HASHES    (1U << HASH_BITS)
/* How many places with the same four bytes are looked at. */
#define CHAIN_MAX 16U
/* And in old, from an address on. */
#define PLACES_MAX 16U

static uint32_t hash(const uint8_t *data)
{
	return ota_vcdiff_hash(data, HASH_BITS);
}

/* Counts, adds up, and puts every place where its hash's begin. */
static void list_places(struct vcdiff_finder *f)
{
	struct ota_span old_image = f->index->old_image;
	uint32_t total = 0;

	for (size_t at = 0; at + VCDIFF_COPY_MIN <= old_image.len; at++)
		f->first[hash(old_image.data + at)]++;
	for (size_t i = 0; i <= HASHES; i++) {
		total += f->first[i];
		f->first[i] = total;
	}
	for (size_t at = old_image.len; at >= VCDIFF_COPY_MIN; at--) {
		uint32_t place = (uint32_t)at - VCDIFF_COPY_MIN;

		f->places[--f->first[hash(old_image.data + place)]] = place;
	}
}

bool ota_vcdiff_finder_init(struct vcdiff_finder *f, uint32_t window)
{
	f->first = calloc(HASHES + 1, sizeof(*f->first));
	f->places = malloc((f->index->old_image.len + 1) * sizeof(*f->places));
	f->head = calloc(HASHES, sizeof(*f->head));
	f->chain = malloc(((size_t)window + 1) * sizeof(*f->chain));
	if (!f->first || !f->places || !f->head || !f->chain)
		return false;
	list_places(f);
	return true;
}

void ota_vcdiff_finder_free(struct vcdiff_finder *f)
{
	free(f->chain);
	free(f->head);
	free(f->places);
	free(f->first);
}

void ota_vcdiff_finder_start(struct vcdiff_finder *f, struct ota_span part, uint32_t source_at,
			     uint32_t source_len)
{
	/* Not by memset: windows may be much smaller than the table. */
	while (f->chained > 0)
		f->head[hash(f->part.data + --f->chained)] = 0;
	f->part = part;
	f->source_at = source_at;
	f->source = ota_span_sub(f->index->old_image, source_at, source_len);
}

static uint32_t common(const uint8_t *a, const uint8_t *b, size_t max)
{
	return (uint32_t)ota_common(a, b, 0, max);
}

uint32_t ota_vcdiff_copy_len(const struct vcdiff_finder *f, uint32_t addr, uint32_t at)
{
	size_t max = f->part.len - at < VCDIFF_LEN_MAX ? f->part.len - at : VCDIFF_LEN_MAX;

	if (addr >= f->source.len) {
		size_t from = addr - f->source.len;

		return from < at ? common(f->part.data + from, f->part.data + at, max) : 0;
	}
	if (max > f->source.len - addr)
		max = f->source.len - addr;
	return common(f->source.data + addr, f->part.data + at, max);
}

void ota_vcdiff_found_add(struct vcdiff_found *found, uint32_t addr, uint32_t len)
{
	if (len < VCDIFF_COPY_MIN || found->n == VCDIFF_FOUND_MAX)
		return;
	found->copy[found->n++] = (struct vcdiff_copy){addr, len};
	if (len > found->longest)
		found->longest = len;
}

/* The first of old's places with that hash that is not before `from`, as an index of places. */
static uint32_t first_place(const struct vcdiff_finder *f, uint32_t key, uint32_t from)
{
	uint32_t low = f->first[key];
	uint32_t high = f->first[key + 1];

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (f->places[middle] < from)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Can a copy from the segment be longer than `len`? Asks for the byte that it takes, to be quick.
 */
static bool is_longer(const struct vcdiff_finder *f, uint32_t addr, uint32_t at, uint32_t len)
{
	return len < f->part.len - at && len < f->source.len - addr &&
	       f->source.data[addr + len] == f->part.data[at + len];
}

/* Places in old that are to be looked at, as indices of `places`. */
struct range {
	uint32_t next;
	uint32_t stop;
};

/* The first few places that are not before `addr` in the segment. */
static struct range range_from(const struct vcdiff_finder *f, uint32_t addr, uint32_t at)
{
	uint32_t key = hash(f->part.data + at);
	uint32_t next = first_place(f, key, f->source_at + addr);
	uint32_t end = f->first[key + 1];

	return (struct range){next, end - next > PLACES_MAX ? next + PLACES_MAX : end};
}

/* Goes on through the range as far as `end` in the segment; copies longer than `best` replace it.
 */
static void look_on(const struct vcdiff_finder *f, struct range *range, uint32_t end, uint32_t at,
		    struct vcdiff_copy *best)
{
	for (; range->next < range->stop; range->next++) {
		uint32_t addr = f->places[range->next] - f->source_at;
		uint32_t len;

		if (addr >= end)
			break;
		if (!is_longer(f, addr, at, best->len))
			continue;
		len = ota_vcdiff_copy_len(f, addr, at);
		if (len > best->len)
			*best = (struct vcdiff_copy){addr, len};
	}
}

bool ota_vcdiff_find_in_source(struct vcdiff_finder *f, uint32_t at, struct vcdiff_found *found)
{
	struct ota_match match = {0, 0};
	struct vcdiff_copy best = {0, 0};
	struct range range;
	size_t addr;
	uint32_t key;

	if (f->source.len == 0 || f->part.len - at < VCDIFF_COPY_MIN)
		return false;
	key = hash(f->part.data + at);
	if (f->first[key] == f->first[key + 1])
		return false;
	match = ota_suffix_next(f->index, &f->walk, ota_span_sub(f->part, at, VCDIFF_LEN_MAX));
	addr = match.at - f->source_at;
	if (match.len < VCDIFF_COPY_MIN)
		return false;
	if (match.at >= f->source_at && addr < f->source.len && match.len <= f->source.len - addr) {
		ota_vcdiff_found_add(found, (uint32_t)addr, (uint32_t)match.len);
		return true;
	}
	range = range_from(f, 0, at);
	look_on(f, &range, (uint32_t)f->source.len, at, &best);
	ota_vcdiff_found_add(found, best.addr, best.len);
	return true;
}

void ota_vcdiff_find_in_window(struct vcdiff_finder *f, uint32_t at, struct vcdiff_found *found)
{
	uint32_t best = VCDIFF_COPY_MIN - 1;
	uint32_t next;

	if (f->part.len - at < VCDIFF_COPY_MIN)
		return;
	for (; f->chained < at; f->chained++) {
		uint32_t *head = &f->head[hash(f->part.data + f->chained)];

		f->chain[f->chained] = *head;
		*head = f->chained + 1;
	}
	next = f->head[hash(f->part.data + at)];
	for (unsigned n = 0; next > 0 && n < CHAIN_MAX; n++) {
		uint32_t addr = (uint32_t)f->source.len + next - 1;
		uint32_t len = 0;

		if (f->part.len - at > best &&
		    f->part.data[next - 1 + best] == f->part.data[at + best])
			len = ota_vcdiff_copy_len(f, addr, at);
		if (len > best) {
			ota_vcdiff_found_add(found, addr, len);
			best = len;
		}
		next = f->chain[next - 1];
	}
}

/* The same among the window's own bytes, which are few enough to be looked at one by one. */
static struct vcdiff_copy longest_in_window(const struct vcdiff_finder *f, uint32_t addr,
					    uint32_t at)
{
	uint32_t from = addr - (uint32_t)f->source.len;
	uint32_t end = from < at && at - from > VCDIFF_REACH_1 ? from + VCDIFF_REACH_1 : at;
	uint32_t wanted = ota_vcdiff_four_bytes(f->part.data + at);
	struct vcdiff_copy best = {0, 0};

	/* Has the window any such place behind `from`? */
	if (f->head[hash(f->part.data + at)] <= from)
		return best;
	for (; from < end; from++) {
		uint32_t len;

		if (ota_vcdiff_four_bytes(f->part.data + from) != wanted)
			continue;
		len = ota_vcdiff_copy_len(f, (uint32_t)f->source.len + from, at);
		if (len > best.len)
			best = (struct vcdiff_copy){(uint32_t)f->source.len + from, len};
	}
	return best;
}

/* The longest that begins in the reach of one byte, and a longer one in that of two. */
static void find_near_in_source(const struct vcdiff_finder *f, uint32_t near, uint32_t at,
				struct vcdiff_found *found)
{
	uint32_t left = (uint32_t)f->source.len - near;
	struct range range = range_from(f, near, at);
	struct vcdiff_copy best = {0, 0};
	uint32_t first_len;

	look_on(f, &range, near + (left < VCDIFF_REACH_1 ? left : VCDIFF_REACH_1), at, &best);
	ota_vcdiff_found_add(found, best.addr, best.len);
	first_len = best.len;
	look_on(f, &range, near + (left < VCDIFF_REACH_2 ? left : VCDIFF_REACH_2), at, &best);
	if (best.len > first_len)
		ota_vcdiff_found_add(found, best.addr, best.len);
}

void ota_vcdiff_find_near(const struct vcdiff_finder *f, uint32_t near, uint32_t at,
			  struct vcdiff_found *found)
{
	struct vcdiff_copy best;

	if (f->part.len - at < VCDIFF_COPY_MIN)
		return;
	if (near < f->source.len) {
		find_near_in_source(f, near, at, found);
		return;
	}
	best = longest_in_window(f, near, at);
	ota_vcdiff_found_add(found, best.addr, best.len);
}
