// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>

#include "match_otd_parts.h"

/* Places of old and new together must have a sign to spare. */
#define BOTH_MAX 0x7fffffffU

/* An RV32 instruction has 32 bits when these of its first byte are set, else 16. */
#define RV32_IS_WIDE 3U
#define RV32_WIDE    4U
/* Of an upper part: without the mark that its new bytes are not made, for here nothing is made. */
#define RV32_WHICH 0xfffU

const struct ota_otd_prices ota_otd_prices_usual = {
	.equal = 8,
	.different = 1664,
	.again = 1536,
	.outside = 1741,
	.reference = 1024,
	.near_turn = 2048,
	.near_odd = 768,
	.far_turn = 5632,
	.odd_place = 1024,
	.unit_wrong = 1536,
	.unit_told = 3584,
	.unit_wrong_most = 6400,
};

const struct ota_otd_prices ota_otd_prices_bytewise = {
	.equal = 8,
	.different = 1664,
	.again = 1536,
	.outside = 1741,
	.reference = 1024,
	.near_turn = 2048,
	.far_turn = 5632,
	.unit_wrong = 1536,
	.unit_told = 3584,
	.unit_wrong_most = 6400,
};

static enum ota_err fail_memory(struct ota_diag *diag)
{
	return ota_fail(diag, OTA_E_MEMORY, "out of memory for the matcher");
}

bool ota_otd_grow(void **array, size_t *cap, size_t want, size_t size)
{
	size_t more = *cap > 0 ? *cap : 64;
	void *grown;

	if (want <= *cap)
		return true;
	while (more < want) {
		if (more > SIZE_MAX / 2 / size)
			return false;
		more *= 2;
	}
	grown = realloc(*array, more * size);
	if (!grown)
		return false;
	*array = grown;
	*cap = more;
	return true;
}

/* Units that differ in this are other instructions, not the same with another target. */
static uint16_t rest_of(enum ota_otd_arch arch, const struct ota_otd_unit *unit,
			const uint8_t *bytes)
{
	uint8_t blank[OTA_OTD_UNIT_MAX];
	uint32_t rest = 0;

	if (unit->kind == OTA_OTD_POINTER || unit->kind == OTA_OTD_RAM_POINTER)
		return 0;
	memcpy(blank, bytes, unit->len);
	ota_otd_unit_blank(arch, unit, blank);
	for (unsigned i = 0; i < unit->len; i++)
		rest = (rest << 8 | rest >> 8) ^ blank[i];
	return (uint16_t)(rest ^ rest >> 16);
}

static struct otd_unit_at unit_at(enum ota_otd_arch arch, const struct ota_otd_unit *unit,
				  const uint8_t *bytes)
{
	return (struct otd_unit_at){.target = unit->target,
				    .rest = rest_of(arch, unit, bytes),
				    .kind = unit->kind,
				    .len = unit->len};
}

/*
 * RV32 has to be gone through from front to back, from instruction to instruction: some units hang
 * on what registers hold.
 */
static void read_rv32(const struct ota_otd_image *place, struct ota_span image,
		      struct otd_unit_at *units)
{
	struct ota_otd_uppers uppers = {0};
	bool second = false;

	for (size_t at = 0; at < image.len; at += 2) {
		struct ota_span bytes = ota_span_sub(image, at, OTA_OTD_SEEN_MAX);
		struct ota_otd_unit unit;
		bool found;

		units[at / 2] = (struct otd_unit_at){.kind = OTD_NO_UNIT};
		found = ota_otd_unit_read(OTA_OTD_RV32, OTA_OTD_M, place, (uint32_t)at, bytes,
					  &unit);
		if (second && found && unit.kind > OTA_OTD_RAM_POINTER)
			found = false;
		if (!found && !second && bytes.len >= RV32_WIDE)
			found = ota_otd_rv32_lower_read(&uppers, place, bytes.data, &unit);
		if (!second && bytes.len >= RV32_WIDE) {
			ota_otd_rv32_see(&uppers, place, (uint32_t)at, 0, bytes.data);
			uppers.upper[0].which &= RV32_WHICH;
		}
		if (found)
			units[at / 2] = unit_at(OTA_OTD_RV32, &unit, bytes.data);
		second = !second && (bytes.data[0] & RV32_IS_WIDE) == RV32_IS_WIDE;
	}
}

/* Xtensa as well: where an instruction begins depends on those before. Units do not overlap. */
static void read_xtensa(const struct ota_otd_image *place, struct ota_span image,
			struct otd_unit_at *units)
{
	uint32_t left = 0;
	size_t end = 0;

	for (size_t at = 0; at < image.len; at++) {
		struct ota_span bytes = ota_span_sub(image, at, OTA_OTD_UNIT_MAX);
		struct ota_otd_unit unit;
		bool is_start = left == 0;

		left = ota_otd_xtensa_left(left, bytes.data[0]);
		units[at] = (struct otd_unit_at){.kind = OTD_NO_UNIT};
		if (at < end) {
			left = 0;
			continue;
		}
		if (!ota_otd_unit_read(OTA_OTD_XTENSA, OTA_OTD_M, place, (uint32_t)at, bytes,
				       &unit) ||
		    (!is_start && unit.kind > OTA_OTD_RAM_POINTER))
			continue;
		units[at] = unit_at(OTA_OTD_XTENSA, &unit, bytes.data);
		end = at + unit.len;
	}
}

/* Units overlap here: whatever a diagonal stands on may be one. */
static void read_units(enum ota_otd_arch arch, const struct ota_otd_image *place,
		       struct ota_span image, struct otd_unit_at *units)
{
	if (arch == OTA_OTD_RV32) {
		read_rv32(place, image, units);
		return;
	}
	if (arch == OTA_OTD_XTENSA) {
		read_xtensa(place, image, units);
		return;
	}
	for (size_t at = 0; at < image.len; at += 2) {
		struct ota_span bytes = ota_span_sub(image, at, OTA_OTD_UNIT_MAX);
		struct ota_otd_unit unit;

		units[at / 2] = (struct otd_unit_at){.kind = OTD_NO_UNIT};
		if (!ota_otd_unit_read(arch, OTA_OTD_M, place, (uint32_t)at, bytes, &unit))
			continue;
		units[at / 2] = unit_at(arch, &unit, bytes.data);
	}
}

static bool make_room(struct ota_otd_matcher *m)
{
	size_t old_pairs = (size_t)m->old_len / m->grid + 1;
	size_t new_pairs = (size_t)m->new_len / m->grid + 1;

	m->both = malloc((size_t)m->old_len + m->new_len + 1);
	m->old_unit = malloc(old_pairs * sizeof(*m->old_unit));
	m->new_unit = malloc(new_pairs * sizeof(*m->new_unit));
	m->guess = calloc(old_pairs, sizeof(*m->guess));
	m->n_seeds = calloc((size_t)m->new_len + 1, 1);
	return m->both && m->old_unit && m->new_unit && m->guess && m->n_seeds;
}

static void read_images(struct ota_otd_matcher *m)
{
	struct ota_span old_image = ota_index_old(m->job.index);
	struct ota_span new_image = m->job.new_image;

	if (m->old_len > 0)
		memcpy(m->both, old_image.data, m->old_len);
	if (m->new_len > 0)
		memcpy(m->both + m->old_len, new_image.data, m->new_len);
	read_units(m->job.arch, &m->old_place, old_image, m->old_unit);
	read_units(m->job.arch, &m->new_place, new_image, m->new_unit);
}

enum ota_err ota_otd_matcher_new(const struct ota_otd_match_job *job,
				 struct ota_otd_matcher **matcher, struct ota_diag *diag)
{
	size_t old_len = ota_index_old(job->index).len;
	struct ota_otd_matcher *m;
	enum ota_err err = OTA_OK;

	*matcher = NULL;
	if (old_len > BOTH_MAX || job->new_image.len > BOTH_MAX - old_len)
		return ota_fail(
			diag, OTA_E_NO_FIT,
			"old and new file are %zu and %zu bytes, together at most %u can be diffed",
			old_len, job->new_image.len, BOTH_MAX);
	m = calloc(1, sizeof(*m));
	if (!m)
		return fail_memory(diag);
	m->job = *job;
	m->grid = job->arch == OTA_OTD_XTENSA ? 1 : 2;
	m->old_place = *job->old_place;
	m->new_place = *job->new_place;
	m->old_len = (uint32_t)old_len;
	m->new_len = (uint32_t)job->new_image.len;
	if (make_room(m)) {
		read_images(m);
		err = ota_otd_seeds_find(m, diag);
	} else {
		err = fail_memory(diag);
	}
	if (err == OTA_OK)
		*matcher = m;
	else
		ota_otd_matcher_free(m);
	return err;
}

void ota_otd_matcher_free(struct ota_otd_matcher *matcher)
{
	if (!matcher)
		return;
	free(matcher->first);
	free(matcher->string);
	free(matcher->plain);
	free(matcher->seed);
	free(matcher->n_seeds);
	free(matcher->guess);
	free(matcher->new_unit);
	free(matcher->old_unit);
	free(matcher->both);
	free(matcher);
}

enum ota_err ota_otd_match(struct ota_otd_matcher *matcher, const struct ota_otd_prices *prices,
			   struct ota_otd_turns *turns, struct ota_diag *diag)
{
	unsigned passes = matcher->job.arch == OTA_OTD_NONE ? 1 : matcher->job.passes;
	enum ota_err err = ota_otd_pass(matcher, prices, false, turns, diag);

	for (unsigned pass = 1; err == OTA_OK && pass < passes; pass++) {
		err = ota_otd_guess(matcher, turns, diag);
		if (err == OTA_OK)
			err = ota_otd_pass(matcher, prices, true, turns, diag);
	}
	return err;
}

struct ota_otd_path ota_otd_turns_path(const struct ota_otd_turns *turns)
{
	return (struct ota_otd_path){turns->turn, turns->n};
}

void ota_otd_turns_free(struct ota_otd_turns *turns)
{
	free(turns->turn);
	*turns = (struct ota_otd_turns){0};
}
