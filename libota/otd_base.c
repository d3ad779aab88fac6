// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>

#include <ota/image.h>

#include "otd_base.h"

/* Encodings after the Armv7-M Architecture Reference Manual (DDI 0403), A7.7. */
#define PUSH_LR_HIGH   0xb5U   /* PUSH {..., lr}, 16 bits: the high byte */
#define PUSH_W         0xe92dU /* PUSH.W, and in its second halfword */
#define PUSH_W_LR      0x4000U
#define CALL_MASK      0xd000f800U /* BL as a word, second halfword above */
#define CALL           0xd000f000U
#define CALL_SIGN_BITS 25U

/* Calls that must lead to functions: by number, by density, and of those that stay inside. */
#define CALLS_MIN     4U
#define CALLS_DENSITY 4096U
#define CALLS_PART    8U

/* Bases that are looked at are multiples of this. */
#define STEP 0x100U
/* Values below are counts rather than pointers to functions. */
#define POINTER_MIN 0x100U
/* Where code may lie: code region, memories outside the chip. */
#define CODE_END     0x20000000U
#define EXTERNAL     0x60000000U
#define EXTERNAL_END 0xa0000000U

/* The vector table: initial stack pointer, then the reset handler and others (B1.5.2, B1.5.3). */
#define VECTORS_SIZE 64U
#define RESET_AT     4U
/* Stacks lie in the SRAM region, or in core-coupled memory below it. */
#define STACK    0x10000000U
#define STACK_TO 0x40000000U

/* A string begins behind a zero byte with as many printable ones. */
#define STRING_MIN 6U

/* Pointers and places that are looked at; and those of one residue modulo STEP. */
#define SAMPLE_MAX  32768U
#define RESIDUE_MAX 48U
/* Functions, strings. */
#define POLLS 2U
/* Bits of a base, in STEP, that are sorted by at a time; it has 24. */
#define DIGIT 12U
/* Votes that a base must have, and how many times those of the next best one. */
#define VOTES_MIN  4U
#define VOTES_LEAD 2U

static uint32_t half_at(struct ota_span image, size_t at)
{
	return (uint32_t)image.data[at] | (uint32_t)image.data[at + 1] << 8;
}

static uint32_t word_at(struct ota_span image, size_t at)
{
	return half_at(image, at) | half_at(image, at + 2) << 16;
}

/* A function that calls others begins so. There must be 4 bytes. */
static bool is_function(struct ota_span image, size_t at)
{
	uint32_t word = word_at(image, at);

	return (word >> 8 & 0xff) == PUSH_LR_HIGH ||
	       ((word & 0xffff) == PUSH_W && (word >> 16 & PUSH_W_LR) != 0);
}

/* -- is it Thumb? ------------------------------------------------------------------------------ */

/* The distance of a BL: S, I1, I2, imm10, imm11, 0 (A7.7.18). */
static int32_t call_distance(uint32_t word)
{
	uint32_t s = word >> 10 & 1;
	uint32_t i1 = (word >> 29 & 1) == s;
	uint32_t i2 = (word >> 27 & 1) == s;
	uint32_t distance = i1 << 23 | i2 << 22 | (word & 0x3ff) << 12 | (word >> 16 & 0x7ff) << 1;

	return (int32_t)distance - (int32_t)(s << (CALL_SIGN_BITS - 1));
}

bool ota_otd_is_thumb(struct ota_span image)
{
	size_t inside = 0, good = 0;

	for (size_t at = 0; image.len >= 4 && at <= image.len - 4; at += 2) {
		uint32_t word = word_at(image, at);
		size_t to;

		if ((word & CALL_MASK) != CALL)
			continue;
		/* What lies before the image is far behind it in unsigned arithmetic. */
		to = at + 4 + (size_t)(ptrdiff_t)call_distance(word);
		if (to > image.len - 4)
			continue;
		inside++;
		good += is_function(image, to);
	}
	return good >= CALLS_MIN && good >= image.len / CALLS_DENSITY &&
	       good >= inside / CALLS_PART;
}

/* -- is it RV32? ------------------------------------------------------------------------------- */

/* jal ra, and what functions that call others begin with: c.addi16sp and c.addi sp, or addi sp, sp,
 * less than 0 (The RISC-V Instruction Set Manual, chapters 2.5 and 16).
 */
#define JAL_MASK       0xfffU
#define JAL_RA         0x0efU
#define ADDI16SP_MASK  0xff83U /* with the sign */
#define ADDI16SP       0x7101U
#define ADDI_SP        0x1101U
#define ADDI_SP_WIDE   0x80010113U
#define ADDI_SP_W_MASK 0x800fffffU

static bool begins_rv32(uint32_t word)
{
	return (word & ADDI16SP_MASK) == ADDI16SP || (word & ADDI16SP_MASK) == ADDI_SP ||
	       (word & ADDI_SP_W_MASK) == ADDI_SP_WIDE;
}

/* The distance of a JAL (2.5): imm[20|10:1|11|19:12] in bits 31 to 12. */
static int32_t jal_distance(uint32_t word)
{
	uint32_t distance = (word >> 20 & 0x7fe) | (word >> 9 & 0x800) | (word & 0xff000);

	return (int32_t)distance - (int32_t)(word >> 31 << 20);
}

bool ota_otd_is_rv32(struct ota_span image)
{
	size_t inside = 0, good = 0;

	for (size_t at = 0; image.len >= 4 && at <= image.len - 4; at += 2) {
		uint32_t word = word_at(image, at);
		size_t to;

		if ((word & JAL_MASK) != JAL_RA)
			continue;
		/* What lies before the image is far behind it in unsigned arithmetic. */
		to = at + (size_t)(ptrdiff_t)jal_distance(word);
		if (to > image.len - 4)
			continue;
		inside++;
		good += begins_rv32(word_at(image, to));
	}
	return good >= CALLS_MIN && good >= image.len / CALLS_DENSITY &&
	       good >= inside / CALLS_PART;
}

/* -- where may it be? -------------------------------------------------------------------------- */

/* Bases that are possible, both ends included; and what may be a pointer into the image then. */
struct range {
	uint64_t first;
	uint64_t last;
	uint64_t code;
	uint64_t code_end;
};

/* All, or with a vector table those that have the reset handler in the image. */
static struct range range_of(struct ota_span image, size_t table_at)
{
	struct range range = {0, UINT32_MAX, POINTER_MIN, EXTERNAL_END};
	struct ota_span table = ota_span_sub(image, table_at, VECTORS_SIZE);
	uint32_t stack, reset;

	if (table.len < VECTORS_SIZE)
		return range;
	stack = word_at(table, 0);
	reset = word_at(table, RESET_AT);
	if ((stack & 3) != 0 || stack < STACK || stack >= STACK_TO || (reset & 1) == 0)
		return range;
	reset--;
	range.last = reset;
	range.first = reset > image.len ? reset - image.len : 0;
	range.code = range.first > POINTER_MIN ? range.first : POINTER_MIN;
	range.code_end = range.last + image.len;
	return range;
}

static bool is_address(const struct range *range, uint32_t word)
{
	return word >= range->code && word < range->code_end &&
	       (word < CODE_END || word >= EXTERNAL);
}

/* -- the vote ---------------------------------------------------------------------------------- */

/* Numbers of which, when they become too many, every second one is kept. */
struct sample {
	uint32_t number[SAMPLE_MAX];
	size_t n;
	size_t seen;
	size_t every; /* less one, a power of 2 less one */
};

/*
 * By residue modulo STEP: pointers and functions of another residue never meet. The residue is kept
 * on top so that sorting puts the same ones together.
 */
static uint32_t by_residue(uint32_t number)
{
	return number / STEP | number << 24;
}

static void sample_add(struct sample *sample, uint32_t number)
{
	if ((sample->seen++ & sample->every) != 0)
		return;
	if (sample->n == SAMPLE_MAX) {
		sample->n /= 2;
		sample->every = sample->every * 2 + 1;
		for (size_t i = 0; i < sample->n; i++)
			sample->number[i] = sample->number[2 * i];
		if (((sample->seen - 1) & sample->every) != 0)
			return;
	}
	sample->number[sample->n++] = by_residue(number);
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Sorts, keeps one of equal ones, and of every residue RESIDUE_MAX. */
static void sample_thin(struct sample *sample)
{
	uint32_t *number = sample->number;
	size_t n = 0, kept = 0;

	qsort(number, sample->n, sizeof(*number), compare);
	for (size_t i = 0; i < sample->n; i++) {
		if (i == 0 || number[i] != number[i - 1])
			number[n++] = number[i];
	}
	for (size_t i = 0, end; i < n; i = end) {
		size_t part;

		for (end = i; end < n && number[end] >> 24 == number[i] >> 24; end++)
			;
		part = end - i < RESIDUE_MAX ? end - i : RESIDUE_MAX;
		for (size_t j = 0; j < part; j++)
			number[kept++] = number[i + j * (end - i) / part];
	}
	sample->n = kept;
}

/* Pointers, and offsets of what they may point at. */
struct poll {
	struct sample pointers;
	struct sample places;
};

static void poll_functions(struct poll *poll, struct ota_span image, const struct range *range)
{
	for (size_t at = 0; image.len >= 4 && at <= image.len - 4; at += 2) {
		uint32_t word = word_at(image, at);

		if (at % 4 == 0 && (word & 1) != 0 && is_address(range, word - 1))
			sample_add(&poll->pointers, word - 1);
		if (is_function(image, at))
			sample_add(&poll->places, (uint32_t)at);
	}
}

static bool is_string(struct ota_span image, size_t at)
{
	if (image.data[at - 1] != 0 || image.len - at < STRING_MIN)
		return false;
	for (size_t i = at; i < at + STRING_MIN; i++) {
		if (image.data[i] < ' ' || image.data[i] > '~')
			return false;
	}
	return true;
}

static void poll_strings(struct poll *poll, struct ota_span image, const struct range *range)
{
	for (size_t at = 1; at < image.len; at++) {
		if (is_string(image, at))
			sample_add(&poll->places, (uint32_t)at);
	}
	for (size_t at = 0; image.len >= 4 && at <= image.len - 4; at += 4) {
		if (is_address(range, word_at(image, at)))
			sample_add(&poll->pointers, word_at(image, at));
	}
}

/* Writes down the base that each pair means, if it is possible; with `base` NULL counts them. */
static size_t pair(const struct poll *poll, const struct range *range, uint32_t *base)
{
	const struct sample *pointers = &poll->pointers, *places = &poll->places;
	size_t n = 0, first = 0;

	for (size_t i = 0; i < pointers->n; i++) {
		uint32_t pointer = pointers->number[i];

		while (first < places->n && places->number[first] >> 24 < pointer >> 24)
			first++;
		for (size_t j = first; j < places->n && places->number[j] <= pointer; j++) {
			uint32_t vote = pointer - places->number[j];

			if ((uint64_t)vote * STEP < range->first ||
			    (uint64_t)vote * STEP > range->last)
				continue;
			if (base)
				base[n] = vote;
			n++;
		}
	}
	return n;
}

/* Sorts by DIGIT bits, keeping the order of equal ones. */
static void sort_digit(const uint32_t *in, uint32_t *out, size_t n, unsigned shift)
{
	size_t end[(1U << DIGIT) + 1] = {0};

	for (size_t i = 0; i < n; i++)
		end[(in[i] >> shift & ((1U << DIGIT) - 1)) + 1]++;
	for (size_t i = 1; i < 1U << DIGIT; i++)
		end[i] += end[i - 1];
	for (size_t i = 0; i < n; i++)
		out[end[in[i] >> shift & ((1U << DIGIT) - 1)]++] = in[i];
}

/* The most frequent of sorted bases. OTA_E_ABSENT: it does not lead clearly. */
static enum ota_err elect(const uint32_t *vote, size_t n, uint32_t *base)
{
	size_t best = 0, second = 0;
	uint32_t winner = 0;

	for (size_t i = 0, end; i < n; i = end) {
		for (end = i; end < n && vote[end] == vote[i]; end++)
			;
		if (end - i > best) {
			second = best;
			best = end - i;
			winner = vote[i];
		} else if (end - i > second) {
			second = end - i;
		}
	}
	if (best < VOTES_MIN || best / VOTES_LEAD < second)
		return OTA_E_ABSENT;
	*base = winner * STEP;
	return OTA_OK;
}

static enum ota_err vote(struct ota_span image, const struct range *range, struct poll *poll,
			 uint32_t *base)
{
	size_t n = 0, room = 0;
	enum ota_err err;
	uint32_t *votes;

	poll_functions(&poll[0], image, range);
	poll_strings(&poll[1], image, range);
	for (size_t i = 0; i < POLLS; i++) {
		sample_thin(&poll[i].pointers);
		sample_thin(&poll[i].places);
		room += pair(&poll[i], range, NULL);
	}
	votes = calloc(2 * room + 1, sizeof(*votes));
	if (!votes)
		return OTA_E_MEMORY;
	for (size_t i = 0; i < POLLS; i++)
		n += pair(&poll[i], range, votes + n);
	sort_digit(votes, votes + n, n, 0);
	sort_digit(votes + n, votes, n, DIGIT);
	err = elect(votes, n, base);
	free(votes);
	return err;
}

enum ota_err ota_otd_find_base(struct ota_span image, uint32_t *base, const char **how)
{
	struct ota_image_header header = {0};
	struct range range;
	struct poll *poll;
	enum ota_err err;

	if (ota_image_header_read(image, false, &header) != OTA_OK)
		header.hdr_size = 0;
	if (header.hdr_size > 0 && header.load_addr != 0 &&
	    (header.flags & (OTA_IMAGE_F_RAM_LOAD | OTA_IMAGE_F_ROM_FIXED)) != 0) {
		*base = header.load_addr;
		*how = "from the image header";
		return OTA_OK;
	}
	*how = "found by its pointers";
	poll = calloc(POLLS, sizeof(*poll));
	if (!poll)
		return OTA_E_MEMORY;
	range = range_of(image, header.hdr_size);
	err = vote(image, &range, poll, base);
	free(poll);
	return err;
}
