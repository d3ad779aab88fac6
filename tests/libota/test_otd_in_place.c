// SPDX-License-Identifier: Apache-2.0
/*
 * otd in place, in one slot: new is made over old, whose bytes are gone as soon as their block is
 * erased. The flash here is one buffer, so a decoder that read what is gone would make another
 * image.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include <ota/otd.h>

#include "delta_make_patch.h"
#include "vectors.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

#define ERASED     0xff
#define SMALL      ((size_t)4096)
#define SHORT      ((size_t)700)
#define SLOT_MAX   0x400000U
#define STEPS_MAX  2000000U /* far more than any of these patches takes */
#define PIECES     3000U
#define SHUFFLED   12000U
#define SHUFFLINGS 8U

/* -- pairs of images --------------------------------------------------------------------------- */

struct pair {
	struct ota_buf old_image;
	struct ota_buf new_image;
};

static struct ota_buf pattern(size_t len, uint32_t seed)
{
	struct ota_buf buf = ota_buf_init(len);

	assert_int_equal(ota_buf_reserve(&buf, len, NULL), OTA_OK);
	if (len > 0)
		fill_pattern(buf.data, len, seed);
	buf.len = len;
	return buf;
}

static struct pair sensors(void)
{
	return (struct pair){vector_read("../../examples/sensor/sensor-1.2.0.bin"),
			     vector_read("../../examples/sensor/sensor-1.3.0.bin")};
}

/* Another pair, of `len` bytes each, of where they differ. */
static struct pair small_sensors(size_t len)
{
	struct pair pair = sensors();

	memmove(pair.old_image.data, pair.old_image.data + 0x5000, len);
	memmove(pair.new_image.data, pair.new_image.data + 0x5000, len);
	pair.old_image.len = len;
	pair.new_image.len = len;
	return pair;
}

/* New is pieces of old in another order, of which some are larger, with a byte changed here and
 * there. */
static struct pair shuffled(uint32_t seed)
{
	struct pair pair = {pattern(SHUFFLED, seed), pattern(SHUFFLED + seed * 977 % 5000, ~seed)};
	uint8_t dice[4];
	size_t at = 0;

	for (uint32_t i = 0; at < pair.new_image.len; i++) {
		struct ota_span piece;

		fill_pattern(dice, sizeof(dice), seed * 1000 + i);
		piece = ota_span_sub(ota_buf_span(&pair.old_image),
				     (size_t)dice[0] * dice[1] * SHUFFLED / 65536,
				     (size_t)dice[2] * PIECES / 256 + 1);
		piece = ota_span_head(piece, pair.new_image.len - at);
		if (dice[3] % 4 != 0 && piece.len > 0)
			memcpy(pair.new_image.data + at, piece.data, piece.len);
		pair.new_image.data[at] ^= dice[3];
		at += piece.len;
	}
	return pair;
}

static void free_pair(struct pair *pair)
{
	ota_buf_free(&pair->old_image);
	ota_buf_free(&pair->new_image);
}

/* -- patches ----------------------------------------------------------------------------------- */

static struct ota_delta_plan in_place(enum ota_delta_tier tier, uint32_t block, uint32_t lead)
{
	return (struct ota_delta_plan){
		.format = "otd", .tier = tier, .in_place = true, .block = block, .lead = lead};
}

static struct ota_buf make(const struct ota_delta_plan *plan, const struct pair *pair)
{
	struct ota_buf patch = ota_buf_init(DELTA_PATCH_MAX);
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_index *index;

	assert_int_equal(ota_index_build(ota_buf_span(&pair->old_image), &index, NULL), OTA_OK);
	if (ota_delta_make(plan, index, ota_buf_span(&pair->new_image), &patch, &diag) != OTA_OK)
		fail_msg("%s", diag.text);
	ota_index_free(index);
	return patch;
}

static struct ota_delta_otd what_it_says(struct ota_span patch)
{
	struct ota_delta_info info;

	assert_int_equal(ota_delta_describe(patch, &info, NULL), OTA_OK);
	return info.otd;
}

/* -- the device -------------------------------------------------------------------------------- */

struct habits {
	size_t piece;     /* most bytes read or written at a time */
	uint32_t every;   /* blocks between two checkpoints */
	bool mapped;      /* old is read where it lies, whatever becomes of it meanwhile */
	bool loses_power; /* right before each checkpoint but the first: all since is redone */
};

struct device {
	struct ota_otd_header header;
	struct ota_span stream;
	const struct habits *habits;
	uint8_t *slot;
	size_t slot_len;
	uint32_t shift; /* where old lies */
	void *memory;
	size_t size;
	void *saved;
	bool has_saved;
	uint32_t saved_at; /* new bytes made by then */
	bool lost_power;   /* since the last checkpoint */
	uint8_t *piece;    /* old or new bytes that are read apart */
	struct ota_otd_dec *dec;
	struct ota_dec_io io;
};

/* False: no patch for this device. Old lies where the bootloader starts it. */
static bool begin(struct device *d, struct ota_span patch, struct ota_span old_image)
{
	struct ota_rd rd = ota_rd_init(patch);
	const struct ota_otd_header *header = &d->header;
	size_t new_room;

	if (ota_otd_header_read(&rd, &d->header) != OTA_OK || header->block == 0 ||
	    header->old_image.size != old_image.len || header->new_image.size > SLOT_MAX ||
	    header->lead > SLOT_MAX)
		return false;
	d->stream = ota_span_tail(patch, rd.at);
	d->shift = header->lead + (d->habits->every - 1) * header->block;
	new_room = (header->new_image.size | (header->block - 1)) + 1U;
	d->slot_len = d->shift + old_image.len > new_room ? d->shift + old_image.len : new_room;
	d->size = OTA_OTD_DEC_RAM(header->tier);
	d->slot = malloc(d->slot_len);
	d->memory = malloc(d->size);
	d->saved = malloc(d->size);
	d->piece = malloc(d->habits->piece);
	assert_true(d->slot && d->memory && d->saved && d->piece);
	memset(d->slot, ERASED, d->slot_len);
	if (old_image.len > 0)
		memcpy(d->slot + d->shift, old_image.data, old_image.len);
	assert_int_equal(
		ota_otd_dec_init(d->memory, d->size, header, (uint32_t)d->stream.len, &d->dec),
		OTA_OK);
	return true;
}

static void end(struct device *d)
{
	free(d->piece);
	free(d->saved);
	free(d->memory);
	free(d->slot);
}

static void read_slot(struct device *d, size_t start)
{
	uint8_t *from = d->slot + start + d->io.old_at;
	size_t len = d->io.old_len < d->habits->piece ? d->io.old_len : d->habits->piece;

	assert_true(start + d->io.old_at < d->slot_len);
	assert_true(d->io.old_len <= d->slot_len - start - d->io.old_at);
	if (d->habits->mapped) {
		d->io.old = ota_span_of(from, d->io.old_len);
		return;
	}
	memcpy(d->piece, from, len);
	d->io.old = ota_span_of(d->piece, len);
}

static void lose_power(struct device *d)
{
	memset(d->memory, 0, d->size);
	memcpy(d->memory, d->saved, d->size);
	assert_int_equal(ota_otd_dec_resume(d->memory, d->size, &d->dec), OTA_OK);
	d->io = (struct ota_dec_io){.stream = 0};
	d->lost_power = true;
}

/* True: it has gone back instead. */
static bool checkpoint(struct device *d, uint32_t at)
{
	if (d->has_saved && d->saved_at == at)
		return false;
	if (d->habits->loses_power && d->has_saved && !d->lost_power) {
		lose_power(d);
		return true;
	}
	ota_otd_dec_seal(d->dec);
	memcpy(d->saved, d->memory, d->size);
	d->has_saved = true;
	d->saved_at = at;
	d->lost_power = false;
	return false;
}

static void give_room(struct device *d)
{
	uint32_t block = d->header.block;
	uint32_t at = ota_otd_dec_progress(d->dec).new_at;
	size_t left = d->header.new_image.size - at;

	assert_true(left > 0);
	if (at % block == 0) {
		if (at / block % d->habits->every == 0 && checkpoint(d, at))
			return;
		memset(d->slot + at, ERASED, d->slot_len - at < block ? d->slot_len - at : block);
	}
	if (left > block - at % block)
		left = block - at % block;
	d->io.out = d->slot + at;
	d->io.room = left < d->habits->piece ? left : d->habits->piece;
}

static enum ota_want decode(struct device *d)
{
	for (unsigned i = 0; i < STEPS_MAX; i++) {
		enum ota_want want = ota_otd_dec_step(d->dec, &d->io);
		uint32_t stream_at = ota_otd_dec_progress(d->dec).stream_at;

		switch (want) {
		case OTA_WANT_PATCH:
			d->io.patch[0] = ota_span_sub(d->stream, stream_at, d->habits->piece);
			assert_true(d->io.patch[0].len > 0);
			break;
		case OTA_WANT_OLD:
			read_slot(d, d->shift);
			break;
		case OTA_WANT_NEW:
			read_slot(d, 0);
			break;
		case OTA_WANT_ROOM:
			give_room(d);
			break;
		case OTA_WANT_NONE:
		case OTA_WANT_STOP:
			return want;
		}
	}
	fail_msg("no end in sight");
	return OTA_WANT_STOP;
}

static const struct habits plain = {.every = 1, .piece = 256, .mapped = true};

/* How it ends for a patch that may be any; OTA_WANT_STOP also when it is not begun. */
static enum ota_want end_of(struct ota_span patch, const struct pair *pair, bool *right)
{
	struct device d = {.habits = &plain};
	enum ota_want want = OTA_WANT_STOP;

	*right = false;
	if (!begin(&d, patch, ota_buf_span(&pair->old_image)))
		return want;
	want = decode(&d);
	*right = d.header.new_image.size == pair->new_image.len &&
		 ota_span_equal(ota_span_of(d.slot, pair->new_image.len),
				ota_buf_span(&pair->new_image));
	end(&d);
	return want;
}

static void check_device(struct ota_span patch, const struct pair *pair,
			 const struct habits *habits)
{
	struct device d = {.habits = habits};

	assert_true(begin(&d, patch, ota_buf_span(&pair->old_image)));
	assert_int_equal(decode(&d), OTA_WANT_NONE);
	assert_true(ota_span_equal(ota_span_of(d.slot, pair->new_image.len),
				   ota_buf_span(&pair->new_image)));
	end(&d);
}

/* Every device makes new, with or without a power loss. Returns the patch's size. */
static size_t check(const struct ota_delta_plan *plan, const struct pair *pair)
{
	static const struct habits all[] = {
		{.every = 1, .piece = 4096, .mapped = true},
		{.every = 1, .piece = 61, .mapped = true, .loses_power = true},
		{.every = 1, .piece = 1000, .loses_power = true},
		{.every = 3, .piece = 256, .mapped = true, .loses_power = true},
		{.every = 5, .piece = 333, .loses_power = true},
	};
	struct ota_buf patch = make(plan, pair);
	struct ota_delta_otd says = what_it_says(ota_buf_span(&patch));
	size_t len = patch.len;

	assert_true(says.in_place);
	assert_int_equal(says.block, plan->block > 0 ? plan->block : OTA_DELTA_BLOCK);
	assert_true(says.lead > 0 && says.lead % says.block == 0);
	assert_true(plan->lead == 0 || says.lead <= plan->lead);
	for (size_t i = 0; i < N(all); i++)
		check_device(ota_buf_span(&patch), pair, &all[i]);
	/* With two buffers as well. */
	assert_int_equal(delta_apply(ota_buf_span(&pair->old_image), ota_buf_span(&patch),
				     ota_buf_span(&pair->new_image)),
			 OTA_OK);
	ota_buf_free(&patch);
	return len;
}

/* -- new is made over old ---------------------------------------------------------------------- */

static void firmware_is_made_over_itself(void **state)
{
	struct pair pair = sensors();
	struct ota_delta_plan plan = in_place(OTA_DELTA_TIER_XS, 4096, 0);
	size_t most = check(&plan, &pair);

	(void)state;
	plan.lead = ota_delta_lead(4096, pair.old_image.len, pair.new_image.len, 4096);
	(void)check(&plan, &pair);
	plan = in_place(OTA_DELTA_TIER_XS, 512, 512);
	assert_true(check(&plan, &pair) > most);
	free_pair(&pair);
}

/* Each looks at bytes of old in its own way, RV32 also at some that lie further ahead. */
static void firmware_of_every_kind_is_made_over_itself(void **state)
{
	static const struct {
		const char *old_path;
		const char *new_path;
		enum ota_delta_arch arch;
		enum ota_delta_tier tier;
	} kinds[] = {
		{"otd/gd32v-1.2.0", "otd/gd32v-1.3.0", OTA_DELTA_ARCH_RV32, OTA_DELTA_TIER_XS},
		{"otd/gd32v-1.3.0", "otd/gd32v-1.2.0", OTA_DELTA_ARCH_RV32, OTA_DELTA_TIER_M},
		{"otd/esp8266-1.2.0", "otd/esp8266-1.3.0", OTA_DELTA_ARCH_XTENSA,
		 OTA_DELTA_TIER_XS},
		{"otd/esp8266-1.3.0", "otd/esp8266-1.2.0", OTA_DELTA_ARCH_XTENSA, OTA_DELTA_TIER_M},
		{"../../examples/sensor/sensor-1.2.0.bin", "../../examples/sensor/sensor-1.3.0.bin",
		 OTA_DELTA_ARCH_THUMB, OTA_DELTA_TIER_NANO},
		{"../../examples/sensor/sensor-1.3.0.bin", "../../examples/sensor/sensor-1.2.0.bin",
		 OTA_DELTA_ARCH_NONE, OTA_DELTA_TIER_NANO},
	};

	(void)state;
	for (size_t i = 0; i < N(kinds); i++) {
		struct pair pair = {vector_read(kinds[i].old_path), vector_read(kinds[i].new_path)};
		/* Much of old is gone too early, also in the middle of what is looked at. */
		struct ota_delta_plan plan = in_place(kinds[i].tier, 128, 128);

		plan.arch = kinds[i].arch;
		pair.old_image.len = 3 * SMALL;
		pair.new_image.len = 3 * SMALL + i;
		(void)check(&plan, &pair);
		free_pair(&pair);
	}
}

static void every_block_and_lead_gives_firmware_back(void **state)
{
	static const uint32_t blocks[] = {128, 256, 512, 2048, 4096, 0x10000, 0x100000};
	struct pair pair = small_sensors(SMALL);

	(void)state;
	for (size_t i = 0; i < N(blocks); i++) {
		for (uint32_t n = 0; n < 4; n++) {
			struct ota_delta_plan plan =
				in_place(n % 2 == 0 ? OTA_DELTA_TIER_XS : OTA_DELTA_TIER_M,
					 blocks[i], n == 3 ? 0 : (n * n + 1) * blocks[i]);

			(void)check(&plan, &pair);
		}
	}
	free_pair(&pair);
}

static void pieces_in_another_order_are_made_over_themselves(void **state)
{
	static const uint32_t blocks[] = {128, 1024, 4096};

	(void)state;
	for (uint32_t seed = 0; seed < SHUFFLINGS; seed++) {
		struct pair pair = shuffled(seed);
		uint32_t block = blocks[seed % N(blocks)];
		struct ota_delta_plan plan =
			in_place(OTA_DELTA_TIER_AUTO, block, block * (1 + seed * seed % 19));

		plan.arch = seed % 2 == 0 ? OTA_DELTA_ARCH_THUMB : OTA_DELTA_ARCH_NONE;
		(void)check(&plan, &pair);
		free_pair(&pair);
	}
}

static void images_of_no_or_few_bytes_are_made_too(void **state)
{
	static const size_t lens[] = {0, 1, 2, 127, 128, 129, 300};

	(void)state;
	for (uint32_t i = 0; i < N(lens) * N(lens); i++) {
		struct pair pair = {pattern(lens[i % N(lens)], 1),
				    pattern(lens[i / N(lens)], i % 2 == 0 ? 1 : 2)};
		struct ota_delta_plan plan = in_place(OTA_DELTA_TIER_AUTO, 128, i % 3 * 128);

		(void)check(&plan, &pair);
		free_pair(&pair);
	}
}

/* -- the lead ---------------------------------------------------------------------------------- */

static void a_lead_is_a_block_and_the_growth_and_the_distance(void **state)
{
	(void)state;
	assert_int_equal(ota_delta_lead(4096, 100000, 100000, 0), 4096);
	assert_int_equal(ota_delta_lead(4096, 100000, 100000, 16384), 20480);
	assert_int_equal(ota_delta_lead(4096, 100000, 100001, 16384), 24576);
	assert_int_equal(ota_delta_lead(4096, 100001, 100000, 16383), 20480);
	/* Never more than new. */
	assert_int_equal(ota_delta_lead(4096, 100000, 100000, 1000000), 102400);
	assert_int_equal(ota_delta_lead(4096, 0, 100000, 0), 102400);
	assert_int_equal(ota_delta_lead(4096, 0, 100000, SIZE_MAX), 102400);
	assert_int_equal(ota_delta_lead(4096, 5, 0, 0), 4096);
	assert_int_equal(ota_delta_lead(0x100000, 0, OTA_OTD_IMAGE_MAX, 5), 0x7ff00000);
	assert_int_equal(ota_delta_safe_distance(4096, 100000, 100001, 24576), 16384);
	assert_int_equal(ota_delta_safe_distance(4096, 100000, 100000, 4096), 0);
	assert_int_equal(ota_delta_safe_distance(4096, 100000, 120000, 4096), 0);
}

static void old_is_moved_up_no_farther_than_it_must_be(void **state)
{
	struct pair pair = small_sensors(3 * SMALL);
	struct ota_delta_plan plan = in_place(OTA_DELTA_TIER_AUTO, 512, 0);
	struct ota_buf patch;

	(void)state;
	/* The last byte of the first block is another: nothing moves. */
	memcpy(pair.new_image.data, pair.old_image.data, pair.old_image.len);
	pair.new_image.data[511] ^= 1;
	patch = make(&plan, &pair);
	assert_int_equal(what_it_says(ota_buf_span(&patch)).lead, 512);
	ota_buf_free(&patch);
	/* All of it lies 600 bytes further up. */
	memmove(pair.new_image.data + 600, pair.old_image.data, pair.old_image.len - 600);
	patch = make(&plan, &pair);
	assert_int_equal(what_it_says(ota_buf_span(&patch)).lead, 512 + 1024);
	ota_buf_free(&patch);
	free_pair(&pair);
}

static void more_lead_makes_no_larger_patch(void **state)
{
	struct pair pair = small_sensors(4 * SMALL);
	struct ota_delta_plan plan = in_place(OTA_DELTA_TIER_XS, 512, 512);
	size_t least = check(&plan, &pair);

	(void)state;
	plan.lead = 0;
	assert_true(check(&plan, &pair) <= least);
	free_pair(&pair);
}

static void two_runs_give_the_same_bytes(void **state)
{
	struct pair pair = small_sensors(2 * SMALL);
	struct ota_delta_plan plan = in_place(OTA_DELTA_TIER_M, 256, 1024);
	struct ota_buf patch = make(&plan, &pair);
	struct ota_buf again = make(&plan, &pair);

	(void)state;
	assert_true(ota_span_equal(ota_buf_span(&patch), ota_buf_span(&again)));
	ota_buf_free(&again);
	ota_buf_free(&patch);
	free_pair(&pair);
}

static void plans_that_cannot_be_are_usage_errors(void **state)
{
	struct ota_delta_plan plan = in_place(OTA_DELTA_TIER_AUTO, 0, 0);
	struct ota_diag diag = {.err = OTA_OK};

	(void)state;
	assert_int_equal(ota_delta_check_plan(&plan, NULL), OTA_OK);
	plan = in_place(OTA_DELTA_TIER_AUTO, 3000, 0);
	assert_int_equal(ota_delta_check_plan(&plan, &diag), OTA_E_USAGE);
	assert_string_equal(diag.text,
			    "a block of 3000 bytes: a power of 2 from 128 to 1048576 is one");
	plan = in_place(OTA_DELTA_TIER_AUTO, 64, 0);
	assert_int_equal(ota_delta_check_plan(&plan, NULL), OTA_E_USAGE);
	plan = in_place(OTA_DELTA_TIER_AUTO, 0x200000, 0);
	assert_int_equal(ota_delta_check_plan(&plan, NULL), OTA_E_USAGE);
	plan = in_place(OTA_DELTA_TIER_AUTO, 0, 5000);
	diag = (struct ota_diag){.err = OTA_OK};
	assert_int_equal(ota_delta_check_plan(&plan, &diag), OTA_E_USAGE);
	assert_string_equal(diag.text, "a lead of 5000 bytes is no multiple of the block, 4096");
	plan = (struct ota_delta_plan){.format = "otd", .lead = 4096};
	assert_int_equal(ota_delta_check_plan(&plan, NULL), OTA_E_USAGE);
	plan = (struct ota_delta_plan){.format = "vcdiff", .in_place = true};
	diag = (struct ota_diag){.err = OTA_OK};
	assert_int_equal(ota_delta_check_plan(&plan, &diag), OTA_E_USAGE);
	assert_string_equal(diag.text, "vcdiff is not applied in place");
}

/* -- patches that mean harm -------------------------------------------------------------------- */

/* The same stream, with a header that says something else. */
static struct ota_buf with_place(struct ota_span patch, uint32_t block, uint32_t lead)
{
	struct ota_buf out = ota_buf_init(DELTA_PATCH_MAX);
	uint8_t bytes[OTA_OTD_HEADER_MAX];
	struct ota_wr wr = ota_wr_init(bytes, sizeof(bytes));
	struct ota_rd rd = ota_rd_init(patch);
	struct ota_otd_header header;

	assert_int_equal(ota_otd_header_read(&rd, &header), OTA_OK);
	header.block = block;
	header.lead = lead;
	ota_otd_header_write(&wr, &header);
	assert_int_equal(ota_buf_append(&out, ota_wr_span(&wr), NULL), OTA_OK);
	assert_int_equal(ota_buf_append(&out, ota_span_tail(patch, rd.at), NULL), OTA_OK);
	return out;
}

/* What the decoder takes for gone it must not read, though it is what the patch was made with. */
static void a_patch_that_counts_on_more_than_is_there_is_refused(void **state)
{
	struct pair pair = small_sensors(4 * SMALL);
	struct ota_delta_plan plan = in_place(OTA_DELTA_TIER_XS, 512, 0);
	struct ota_buf patch;
	struct ota_buf other;
	bool right;

	(void)state;
	memmove(pair.new_image.data + 2000, pair.old_image.data, pair.old_image.len - 2000);
	patch = make(&plan, &pair);
	assert_true(what_it_says(ota_buf_span(&patch)).lead > 1024);
	other = with_place(ota_buf_span(&patch), 512, 512);
	assert_int_equal(end_of(ota_buf_span(&other), &pair, &right), OTA_WANT_STOP);
	assert_false(right);
	assert_int_not_equal(delta_apply(ota_buf_span(&pair.old_image), ota_buf_span(&other),
					 ota_buf_span(&pair.new_image)),
			     OTA_OK);
	ota_buf_free(&other);
	ota_buf_free(&patch);
	free_pair(&pair);
}

static void a_patch_cut_off_anywhere_is_refused(void **state)
{
	struct pair pair = small_sensors(SHORT);
	struct ota_delta_plan plan = in_place(OTA_DELTA_TIER_XS, 128, 256);
	struct ota_buf patch = make(&plan, &pair);
	bool right;

	(void)state;
	for (size_t len = 0; len < patch.len; len++) {
		struct ota_buf cut = pattern(len, 0);

		if (len > 0)
			memcpy(cut.data, patch.data, len);
		assert_int_equal(end_of(ota_buf_span(&cut), &pair, &right), OTA_WANT_STOP);
		assert_int_not_equal(delta_apply(ota_buf_span(&pair.old_image), ota_buf_span(&cut),
						 ota_buf_span(&pair.new_image)),
				     OTA_OK);
		ota_buf_free(&cut);
	}
	ota_buf_free(&patch);
	free_pair(&pair);
}

/* One of a block or lead may still make new: what is gone may not have been of use. */
static void a_patch_with_a_bit_flipped_makes_new_or_is_refused(void **state)
{
	struct pair pair = small_sensors(SHORT);
	struct ota_delta_plan plan = in_place(OTA_DELTA_TIER_XS, 128, 256);
	struct ota_buf patch = make(&plan, &pair);
	bool right;

	(void)state;
	for (size_t i = 0; i < 8 * patch.len; i++) {
		patch.data[i / 8] ^= (uint8_t)(1U << i % 8);
		if (end_of(ota_buf_span(&patch), &pair, &right) == OTA_WANT_NONE)
			assert_true(right);
		patch.data[i / 8] ^= (uint8_t)(1U << i % 8);
	}
	ota_buf_free(&patch);
	free_pair(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(firmware_is_made_over_itself),
		cmocka_unit_test(firmware_of_every_kind_is_made_over_itself),
		cmocka_unit_test(every_block_and_lead_gives_firmware_back),
		cmocka_unit_test(pieces_in_another_order_are_made_over_themselves),
		cmocka_unit_test(images_of_no_or_few_bytes_are_made_too),
		cmocka_unit_test(a_lead_is_a_block_and_the_growth_and_the_distance),
		cmocka_unit_test(old_is_moved_up_no_farther_than_it_must_be),
		cmocka_unit_test(more_lead_makes_no_larger_patch),
		cmocka_unit_test(two_runs_give_the_same_bytes),
		cmocka_unit_test(plans_that_cannot_be_are_usage_errors),
		cmocka_unit_test(a_patch_that_counts_on_more_than_is_there_is_refused),
		cmocka_unit_test(a_patch_cut_off_anywhere_is_refused),
		cmocka_unit_test(a_patch_with_a_bit_flipped_makes_new_or_is_refused),
	};

	return cmocka_run_group_tests_name("patches of otd, in place", tests, NULL, NULL);
}
