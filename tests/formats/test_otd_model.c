// SPDX-License-Identifier: Apache-2.0
/*
 * otd's model, driven by decisions that no encoder makes: for every architecture and tier, in two
 * slots and in place. Its memory has not a byte more than the tier gives, so that a sanitizer sees
 * what goes beyond it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../formats/otd_enc.h"

#define OLD_LEN    6001U
#define NEW_LEN    7003U
#define BASE       0x42000000U
#define OTHER_BASE 0x3c100000U
#define CUT        0x800U
#define RAM        0x3fc80000U /* of RV32 and Xtensa */
#define DECISIONS  20000U      /* for each of some 80 plans */
#define MOVE_EACH  1000U
/* Of 16 decisions so many are 1 where a run goes on, so that copies and units come about. */
#define MOSTLY 15U

static uint64_t random_state = 1;

/* xorshift64*: the same everywhere. */
static uint32_t below(uint32_t n)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return (uint32_t)((random_state * 0x2545f4914f6cdd1dULL >> 32) % n);
}

/* -- images that are full of units ------------------------------------------------------------- */

static void put_word(uint8_t *bytes, uint32_t word)
{
	for (unsigned i = 0; i < 4; i++)
		bytes[i] = (uint8_t)(word >> 8 * i);
}

/* Something that some architecture takes for a reference, or its fields at random. */
static uint32_t some_word(void)
{
	static const uint32_t words[] = {
		BASE,        OTHER_BASE, RAM, 0x20000000U, 0xf800f000U, /* bl */
		0x8000f000U,                                            /* beq.w */
		0xf2c0f240U,                                            /* movw, movt */
		0x42004b00U,                                            /* ldr */
		0x000005b7U,                                            /* lui a1 */
		0x00000597U,                                            /* auipc a1 */
		0x00058513U,                                            /* addi a0, a1 */
		0x0005a503U,                                            /* lw a0, (a1) */
		0x00a5a023U,                                            /* sw a0, (a1) */
		0x0001a503U,                                            /* lw a0, (gp) */
		0x000000efU,                                            /* jal */
		0x00b50063U,                                            /* beq */
		0xa001c001U,                                            /* c.beqz, c.j */
		0x00000005U,                                            /* call0 */
		0xff0001ffU,                                            /* l32r */
		0x00000006U,                                            /* j */
	};
	uint32_t word = words[below(sizeof(words) / sizeof(words[0]))];

	switch (below(4)) {
	case 0:
		return word;
	case 1:
		return word + below(OLD_LEN);
	case 2:
		return word ^ below(0x1000) << 20;
	default:
		return word ^ below(0x10000) << below(16);
	}
}

static void fill_image(uint8_t *bytes, uint32_t len)
{
	for (uint32_t at = 0; at < len; at++)
		bytes[at] = (uint8_t)below(256);
	for (uint32_t at = 0; at + 4 <= len; at += below(8) == 0 ? 2 + below(3) : 4)
		put_word(bytes + at, some_word());
}

/* -- a model, alone ---------------------------------------------------------------------------- */

struct driven {
	struct ota_otd_model *m;
	size_t size;
	uint8_t *old_bytes;
	uint8_t *new_bytes;
	uint32_t noisy; /* bytes of old that were gone and are noise now */
};

static struct driven begin(const struct ota_otd_header *header, const uint8_t *old_bytes)
{
	struct driven d = {.size = OTD_MODEL_RAM(header->tier)};

	d.m = malloc(d.size);
	d.old_bytes = malloc(OLD_LEN);
	d.new_bytes = malloc(NEW_LEN);
	assert_true(d.m && d.old_bytes && d.new_bytes);
	memcpy(d.old_bytes, old_bytes, OLD_LEN);
	memset(d.new_bytes, 0, NEW_LEN);
	otd_model_of_tier(d.m, header);
	return d;
}

static void end(struct driven *d)
{
	free(d->m);
	free(d->old_bytes);
	free(d->new_bytes);
}

static uint32_t next(struct driven *d)
{
	return ota_otd_next(d->m, ota_span_of(d->old_bytes, OLD_LEN),
			    ota_span_of(d->new_bytes, NEW_LEN));
}

static void tell(struct driven *d, uint32_t bit)
{
	struct ota_otd_model *m = d->m;

	m->n_out = 0;
	ota_otd_model_tell(m, bit);
	assert_true(m->n_out <= OTA_OTD_UNIT_MAX && m->new_at <= NEW_LEN);
	memcpy(d->new_bytes + m->new_at - m->n_out, m->out, m->n_out);
}

/* All that it was asked to see is in itself: it may be saved anywhere, and go on elsewhere. */
static void move_elsewhere(struct driven *d)
{
	struct ota_otd_model *m = malloc(d->size);

	assert_non_null(m);
	memcpy(m, d->m, d->size);
	free(d->m);
	d->m = m;
}

/* What is gone becomes something else, and must not be missed. */
static void make_noise(struct driven *d)
{
	uint32_t gone = ota_otd_model_gone(d->m);

	for (; d->noisy < gone && d->noisy < OLD_LEN; d->noisy++)
		d->old_bytes[d->noisy] ^= 0xa5;
}

static void check_bounds(struct ota_otd_model *m, uint32_t probability)
{
	const struct ota_otd_map *map = ota_otd_model_map(m);
	uint8_t *end_of_map = (uint8_t *)m + OTD_MODEL_RAM(m->tier);

	assert_in_range(probability, 16, 65520);
	assert_true(m->n_inputs <= OTD_INPUTS && m->cands <= OTD_CANDIDATES);
	for (uint32_t i = 0; i < m->n_inputs; i++)
		assert_true(m->input[i] < ota_otd_model_n_slots(m));
	if (!ota_otd_model_is_nano(m) && m->weights != 0xff)
		assert_true(m->weights + m->n_inputs <= OTD_WEIGHTS);
	assert_true(map->n <= map->cap && map->cap > 0);
	if (otd_is_rv32(m->arch))
		assert_true((uint8_t *)(ota_otd_model_uppers(m) + 1) <= end_of_map);
	else if (!ota_otd_model_is_nano(m))
		assert_true((const uint8_t *)&map->entry[map->cap] == end_of_map);
}

/* Sometimes a run of what is likely, sometimes chance, never what is told by no encoder for long.
 */
static uint32_t choose(const struct ota_otd_model *m)
{
	switch (m->state) {
	case OTD_MATCH:
	case OTD_UNIT:
		return below(16) < MOSTLY;
	case OTD_TURN:
	case OTD_TO_NEAR:
		return below(2);
	case OTD_NUMBER:
		return below(16) != 0 && m->bits < 12;
	default:
		return below(2);
	}
}

/* Two models and the same decisions: one is shown other bytes where old's are gone. */
static uint32_t drive(const struct ota_otd_header *header, const uint8_t *old_bytes)
{
	struct driven whole = begin(header, old_bytes);
	struct driven torn = begin(header, old_bytes);
	uint32_t n = 0;

	while (whole.m->state != OTD_END && whole.m->state != OTD_BAD) {
		uint32_t probability = next(&whole);
		uint32_t bit = choose(whole.m);

		make_noise(&torn);
		assert_int_equal(next(&torn), probability);
		check_bounds(whole.m, probability);
		tell(&whole, bit);
		tell(&torn, bit);
		assert_int_equal(torn.m->state, whole.m->state);
		if (++n % MOVE_EACH == 0) {
			move_elsewhere(&torn);
			assert_memory_equal(torn.m, whole.m, whole.size);
		}
	}
	assert_memory_equal(torn.m, whole.m, whole.size);
	assert_memory_equal(torn.new_bytes, whole.new_bytes, NEW_LEN);
	end(&torn);
	end(&whole);
	return n;
}

static struct ota_otd_header header_of(enum ota_otd_arch arch, enum ota_otd_tier tier,
				       uint32_t blocks)
{
	struct ota_otd_header header = {
		.arch = arch,
		.tier = tier,
		.reads_new = blocks % 2 != 0,
		.block = blocks > 0 ? OTA_OTD_BLOCK_MIN : 0,
		.lead = blocks * OTA_OTD_BLOCK_MIN,
		.old_image = {.size = OLD_LEN, .n_segments = 1, .segment = {{0, BASE}}},
		.new_image = {.size = NEW_LEN, .n_segments = 1, .segment = {{0, BASE}}},
	};

	if (tier != OTA_OTD_NANO && arch != OTA_OTD_NONE && blocks != 1) {
		header.old_image.n_segments = 2;
		header.new_image.n_segments = 2;
		header.old_image.segment[1] = (struct ota_otd_segment){CUT, OTHER_BASE};
		header.new_image.segment[1] = (struct ota_otd_segment){CUT + 3, OTHER_BASE + 64};
	}
	return header;
}

static void drive_plans_of(enum ota_otd_arch arch, enum ota_otd_tier tier)
{
	static const uint32_t blocks[] = {0, 1, 2, 3, 20, 100};
	uint8_t *old_bytes = malloc(OLD_LEN);

	assert_non_null(old_bytes);
	for (unsigned i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
		struct ota_otd_header header = header_of(arch, tier, blocks[i]);

		for (uint32_t n = 0; n < DECISIONS;) {
			fill_image(old_bytes, OLD_LEN);
			n += drive(&header, old_bytes) + 1;
		}
	}
	free(old_bytes);
}

static void any_decisions_stay_in_bounds_and_ask_for_nothing_that_is_gone(void **state)
{
	(void)state;
	for (unsigned arch = 0; arch < OTA_OTD_ARCHS; arch++) {
		for (unsigned tier = 0; tier < OTA_OTD_TIERS; tier++) {
			if (ota_otd_arch_has((enum ota_otd_arch)arch, (enum ota_otd_tier)tier))
				drive_plans_of((enum ota_otd_arch)arch, (enum ota_otd_tier)tier);
		}
	}
}

/* -- what there is no model of ----------------------------------------------------------------- */

/* RV32's list would have been behind the memory. */
static void nothing_is_encoded_for_a_tier_that_the_architecture_has_not(void **state)
{
	static const enum ota_otd_arch archs[] = {OTA_OTD_RV32, OTA_OTD_XTENSA};
	static uint64_t memory[OTA_OTD_ENC_RAM(OTA_OTD_NANO) / sizeof(uint64_t)];
	uint8_t image[64] = {0};
	uint8_t patch[64];

	(void)state;
	for (unsigned i = 0; i < sizeof(archs) / sizeof(archs[0]); i++) {
		struct ota_otd_header header = {
			.arch = archs[i],
			.tier = OTA_OTD_NANO,
			.old_image = {.size = sizeof(image), .n_segments = 1},
			.new_image = {.size = sizeof(image), .n_segments = 1},
		};
		struct ota_otd_work work = {.header = &header,
					    .old_image = ota_span_of(image, sizeof(image)),
					    .new_image = ota_span_of(image, sizeof(image)),
					    .memory = memory,
					    .size = sizeof(memory)};
		struct ota_wr wr = ota_wr_init(patch, sizeof(patch));
		struct ota_otd_path path = {NULL, 0};

		assert_int_equal(ota_otd_encode(&work, path, &wr), OTA_E_USAGE);
		assert_int_equal(ota_otd_explain(&work, ota_span_of(patch, 4)), OTA_E_USAGE);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_decisions_stay_in_bounds_and_ask_for_nothing_that_is_gone),
		cmocka_unit_test(nothing_is_encoded_for_a_tier_that_the_architecture_has_not),
	};

	return cmocka_run_group_tests_name("otd's model", tests, NULL, NULL);
}
