// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <ota/otd.h>

#include "delta_make_patch.h"
#include "patch_formats.h"
#include "vectors.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

#define SENSOR_BASE 0x08000000U
#define SMALL       4096U
#define SHORT       300U
#define CODE_AT     0x2000U /* of RV32 and Xtensa images */

/* -- pairs of images --------------------------------------------------------------------------- */

struct pair {
	struct ota_buf old_image;
	struct ota_buf new_image;
};

static struct ota_buf blank(size_t len)
{
	struct ota_buf buf = ota_buf_init(len);

	assert_int_equal(ota_buf_reserve(&buf, len, NULL), OTA_OK);
	if (len > 0)
		memset(buf.data, 0, len);
	buf.len = len;
	return buf;
}

static struct ota_buf pattern(size_t len, uint32_t seed)
{
	struct ota_buf buf = blank(len);

	fill_pattern(buf.data, len, seed);
	return buf;
}

/* Two releases of one firmware for a Cortex-M. */
static struct pair sensors(void)
{
	return (struct pair){vector_read("../../examples/sensor/sensor-1.2.0.bin"),
			     vector_read("../../examples/sensor/sensor-1.3.0.bin")};
}

/* A part of each, where they differ. */
static struct pair small_sensors(void)
{
	struct pair pair = sensors();

	memmove(pair.old_image.data, pair.old_image.data + 0x5000, SMALL);
	memmove(pair.new_image.data, pair.new_image.data + 0x5000, SMALL);
	pair.old_image.len = SMALL;
	pair.new_image.len = SMALL;
	return pair;
}

static void free_pair(struct pair *pair)
{
	ota_buf_free(&pair->old_image);
	ota_buf_free(&pair->new_image);
}

/* -- patches ----------------------------------------------------------------------------------- */

static struct ota_delta_plan plan_of(enum ota_delta_tier tier, enum ota_delta_arch arch)
{
	return (struct ota_delta_plan){.format = "otd", .tier = tier, .arch = arch};
}

static void set_base(struct ota_delta_plan *plan, uint32_t old_addr, uint32_t new_addr)
{
	plan->old_base = (struct ota_delta_base){.known = true, .addr = old_addr};
	plan->new_base = (struct ota_delta_base){.known = true, .addr = new_addr};
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

/* Makes one, which must give the new image back; returns its size. */
static size_t round_trip(const struct ota_delta_plan *plan, const struct pair *pair)
{
	struct ota_buf patch = make(plan, pair);
	size_t len = patch.len;

	assert_int_equal(delta_apply(ota_buf_span(&pair->old_image), ota_buf_span(&patch),
				     ota_buf_span(&pair->new_image)),
			 OTA_OK);
	ota_buf_free(&patch);
	return len;
}

static const enum ota_delta_tier all_tiers[] = {OTA_DELTA_TIER_NANO, OTA_DELTA_TIER_XS,
						OTA_DELTA_TIER_M};

/* Thumb code, wherever it is said to lie. */
static struct ota_delta_plan thumb_at(uint32_t old_addr, uint32_t new_addr)
{
	struct ota_delta_plan plan = plan_of(OTA_DELTA_TIER_AUTO, OTA_DELTA_ARCH_THUMB);

	set_base(&plan, old_addr, new_addr);
	return plan;
}

static void every_tier_and_architecture_gives_firmware_back(void **state)
{
	static const enum ota_delta_arch archs[] = {OTA_DELTA_ARCH_NONE, OTA_DELTA_ARCH_THUMB,
						    OTA_DELTA_ARCH_AUTO};
	struct pair pair = sensors();
	size_t least = SIZE_MAX;
	size_t none;
	size_t thumb;

	(void)state;
	for (size_t t = 0; t < N(all_tiers); t++) {
		struct ota_delta_plan plan = plan_of(all_tiers[t], archs[0]);

		none = round_trip(&plan, &pair);
		plan.arch = archs[1];
		thumb = round_trip(&plan, &pair);
		assert_true(thumb < none);
		plan.arch = archs[2];
		assert_int_equal(round_trip(&plan, &pair), thumb);
		/* More memory is never to a patch's disadvantage. */
		assert_true(thumb <= least);
		least = thumb;
	}
	free_pair(&pair);
}

static void is_smaller_than_bsdiff_where_code_moved(void **state)
{
	struct ota_delta_plan bsdiff = {.format = "bsdiff"};
	struct ota_delta_plan otd = plan_of(OTA_DELTA_TIER_AUTO, OTA_DELTA_ARCH_AUTO);
	struct pair pair = sensors();

	(void)state;
	assert_true(round_trip(&otd, &pair) < round_trip(&bsdiff, &pair) * 3 / 4);
	free_pair(&pair);
}

static void odd_sizes_and_odd_addresses_survive(void **state)
{
	static const struct {
		size_t old_cut, new_cut;
		uint32_t old_addr, new_addr;
	} cases[] = {
		{0, 1, SENSOR_BASE, SENSOR_BASE},
		{1, 0, SENSOR_BASE + 1, SENSOR_BASE + 1},
		{3, 1, SENSOR_BASE + 2, SENSOR_BASE},
		{1, 3, 0, 0xfffff000},
		{2, 2, 0xfffffffe, 0xfffffffe},
		{0, 0, 0x20000000, 0x1fffff00},
		{SMALL - 1, 0, 0, 0},
		{SMALL - 3, 2, 4, 4},
		{0, SMALL - 1, 0, 0},
		{0, SMALL, 0x1000, 0x1000},
		{SMALL, 0, 0x1000, 0x1000},
	};

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		struct pair pair = small_sensors();
		struct ota_delta_plan plan = thumb_at(cases[i].old_addr, cases[i].new_addr);

		pair.old_image.len -= cases[i].old_cut;
		pair.new_image.len -= cases[i].new_cut;
		for (size_t t = 0; t < N(all_tiers); t++) {
			plan.tier = all_tiers[t];
			(void)round_trip(&plan, &pair);
		}
		free_pair(&pair);
	}
}

/* Every halfword begins or ends a branch, every fourth one is in a word that could be a pointer. */
static struct ota_buf mock_code(size_t len, uint32_t seed)
{
	static const uint16_t halves[] = {0xf000, 0xf800, 0xf400, 0xd000, 0xbf00, 0x4800, 0xe000,
					  0xb100, 0xf8df, 0xf240, 0xf2c0, 0x0801, 0x2000};
	struct ota_buf buf = pattern(len, seed);

	for (size_t i = 0; i + 1 < len; i += 2) {
		uint16_t half = halves[buf.data[i] % N(halves)];

		buf.data[i] = (uint8_t)(half | (buf.data[i] & 0x1f));
		buf.data[i + 1] = (uint8_t)(half >> 8 | (buf.data[i + 1] & 3));
	}
	return buf;
}

static void data_that_looks_like_code_survives(void **state)
{
	(void)state;
	for (uint32_t seed = 0; seed < 8; seed++) {
		struct pair pair = {mock_code(6001, seed), mock_code(6001, seed + 100)};
		struct ota_delta_plan plan = thumb_at(SENSOR_BASE, SENSOR_BASE + 0x2000);

		/* Half of new is old moved, and a byte here and there is another. */
		memcpy(pair.new_image.data + 1500 + seed, pair.old_image.data + 900, 3000);
		for (size_t i = 1500; i < 4500; i += 97)
			pair.new_image.data[i] ^= 0x10;
		for (size_t t = 0; t < N(all_tiers); t++) {
			plan.tier = all_tiers[t];
			(void)round_trip(&plan, &pair);
		}
		free_pair(&pair);
	}
}

#define LARGE (256U * 1024)

static void images_with_nothing_in_common_cost_little_more_than_the_new_one(void **state)
{
	struct pair pair = {pattern(LARGE, 1), pattern(LARGE, 2)};
	struct ota_delta_plan plan = plan_of(OTA_DELTA_TIER_AUTO, OTA_DELTA_ARCH_AUTO);

	(void)state;
	assert_true(round_trip(&plan, &pair) < LARGE + LARGE / 64);
	free_pair(&pair);
}

/* What a patch without the old image would be, the patch is not larger than. */
static void a_new_image_that_repeats_itself_needs_no_old_one(void **state)
{
	struct pair pair = {pattern(30000, 1), pattern(30000, 2)};
	struct ota_delta_plan plan = plan_of(OTA_DELTA_TIER_AUTO, OTA_DELTA_ARCH_AUTO);

	(void)state;
	for (size_t i = 3000; i < 30000; i += 3000)
		memcpy(pair.new_image.data + i, pair.new_image.data, 3000);
	assert_true(round_trip(&plan, &pair) < 3300);
	free_pair(&pair);
}

static void two_runs_give_the_same_bytes(void **state)
{
	struct ota_delta_plan plan = plan_of(OTA_DELTA_TIER_AUTO, OTA_DELTA_ARCH_AUTO);
	struct pair pair = sensors();
	struct ota_buf patch = make(&plan, &pair);
	struct ota_buf again = make(&plan, &pair);

	(void)state;
	assert_true(ota_span_equal(ota_buf_span(&patch), ota_buf_span(&again)));
	ota_buf_free(&again);
	ota_buf_free(&patch);
	free_pair(&pair);
}

static void a_spent_index_makes_the_same_patch(void **state)
{
	struct ota_delta_plan plan = plan_of(OTA_DELTA_TIER_AUTO, OTA_DELTA_ARCH_AUTO);
	struct pair pair = small_sensors();
	struct ota_buf patch = make(&plan, &pair);
	struct ota_buf again = ota_buf_init(DELTA_PATCH_MAX);

	(void)state;
	assert_int_equal(ota_index_build(ota_buf_span(&pair.old_image), &plan.spent, NULL), OTA_OK);
	assert_int_equal(
		ota_delta_make(&plan, plan.spent, ota_buf_span(&pair.new_image), &again, NULL),
		OTA_OK);
	assert_true(ota_span_equal(ota_buf_span(&patch), ota_buf_span(&again)));
	ota_index_free(plan.spent);
	ota_buf_free(&again);
	ota_buf_free(&patch);
	free_pair(&pair);
}

/* -- what a patch says of itself --------------------------------------------------------------- */

static void the_header_tells_what_was_asked_for(void **state)
{
	struct pair pair = small_sensors();
	struct ota_delta_plan plan = thumb_at(0x8000, 0x8000);
	struct ota_delta_info info;
	struct ota_buf patch;

	(void)state;
	patch = make(&plan, &pair);
	assert_int_equal(ota_delta_describe(ota_buf_span(&patch), &info, NULL), OTA_OK);
	assert_true(info.is_otd && !info.has_content && info.has_checksum);
	assert_string_equal(info.otd.arch, "thumb");
	assert_string_equal(info.otd.tier, "xs");
	assert_true(info.otd.old_base.known && info.otd.new_base.known);
	assert_int_equal(info.otd.old_base.addr, 0x8000);
	assert_int_equal(info.otd.new_base.addr, 0x8000);
	assert_int_equal(info.otd.old_size, SMALL);
	assert_int_equal(info.otd.old_crc, ota_crc32(0, ota_buf_span(&pair.old_image)));
	assert_int_equal(info.otd.new_crc, ota_crc32(0, ota_buf_span(&pair.new_image)));
	assert_int_equal(info.decoder_ram, OTA_OTD_DEC_RAM_XS);
	assert_int_equal(info.decoder_stack, OTA_OTD_DEC_STACK_XS);
	assert_int_equal(info.part[0].bytes + info.part[1].bytes, patch.len);
	ota_buf_free(&patch);
	plan = plan_of(OTA_DELTA_TIER_AUTO, OTA_DELTA_ARCH_NONE);
	patch = make(&plan, &pair);
	assert_int_equal(ota_delta_describe(ota_buf_span(&patch), &info, NULL), OTA_OK);
	assert_string_equal(info.otd.arch, "none");
	assert_false(info.otd.new_base.known);
	assert_int_equal(info.decoder_ram, OTA_OTD_DEC_RAM_XS);
	ota_buf_free(&patch);
	free_pair(&pair);
}

static void check_account(const struct ota_delta_plan *plan, const struct pair *pair)
{
	struct ota_buf patch = make(plan, pair);
	struct ota_span old_image = ota_buf_span(&pair->old_image);
	struct ota_delta_account account;
	uint64_t spent = 0;
	uint64_t makes = 0;
	uint64_t regions = 0;
	uint64_t stream;

	assert_int_equal(
		ota_delta_explain(old_image, ota_buf_span(&patch), SIZE_MAX, &account, NULL),
		OTA_OK);
	for (unsigned i = 0; i < account.n_purposes; i++) {
		spent += account.purpose[i].spent;
		makes += account.purpose[i].makes;
	}
	for (unsigned i = 0; i < account.n_regions; i++)
		regions += account.region[i];
	stream = account.stream_bytes * 8 * 256;
	assert_true(spent <= stream + account.n_purposes && stream <= spent + account.n_purposes);
	assert_int_equal(makes, pair->new_image.len);
	assert_true(regions <= stream + account.n_regions && stream <= regions + account.n_regions);
	assert_true(account.references_hit + account.references_told <= account.references);
	assert_true((uint64_t)account.n_regions * account.region_len >= pair->new_image.len);
	ota_buf_free(&patch);
}

static void the_account_adds_up_to_the_stream_and_to_the_new_image(void **state)
{
	struct ota_delta_plan plan = plan_of(OTA_DELTA_TIER_AUTO, OTA_DELTA_ARCH_THUMB);
	struct pair pair = sensors();

	(void)state;
	check_account(&plan, &pair);
	pair.new_image.len = 33;
	check_account(&plan, &pair);
	pair.new_image.len = 1;
	check_account(&plan, &pair);
	pair.new_image.len = 0;
	check_account(&plan, &pair);
	free_pair(&pair);
}

static void another_format_keeps_no_account(void **state)
{
	struct ota_delta_plan plan = {.format = "bsdiff"};
	struct ota_diag diag = {.err = OTA_OK};
	struct pair pair = small_sensors();
	struct ota_buf patch = make(&plan, &pair);
	struct ota_delta_account account;

	(void)state;
	assert_int_equal(ota_delta_explain(ota_buf_span(&pair.old_image), ota_buf_span(&patch),
					   SIZE_MAX, &account, &diag),
			 OTA_E_UNSUPPORTED);
	assert_string_equal(diag.text, "what a bsdiff patch's bits go into is not told");
	ota_buf_free(&patch);
	free_pair(&pair);
}

static void what_a_format_does_not_know_is_a_usage_error(void **state)
{
	struct ota_delta_plan plan = {.format = "vcdiff", .tier = OTA_DELTA_TIER_XS};
	struct ota_diag diag = {.err = OTA_OK};

	(void)state;
	assert_int_equal(ota_delta_check_plan(&plan, &diag), OTA_E_USAGE);
	assert_string_equal(diag.text, "vcdiff has no tiers");
	plan = (struct ota_delta_plan){.format = "bsdiff", .arch = OTA_DELTA_ARCH_NONE};
	assert_int_equal(ota_delta_check_plan(&plan, NULL), OTA_E_USAGE);
	plan = (struct ota_delta_plan){.format = "bsdiff", .new_base = {.known = true}};
	assert_int_equal(ota_delta_check_plan(&plan, NULL), OTA_E_USAGE);
	plan = (struct ota_delta_plan){.format = "otd", .window = 4096};
	assert_int_equal(ota_delta_check_plan(&plan, NULL), OTA_E_USAGE);
	plan = plan_of(OTA_DELTA_TIER_M, OTA_DELTA_ARCH_NONE);
	assert_int_equal(ota_delta_check_plan(&plan, NULL), OTA_OK);
	set_base(&plan, 0, 0);
	assert_int_equal(ota_delta_check_plan(&plan, NULL), OTA_E_USAGE);
	assert_int_equal(
		ota_delta_check_plan(&(struct ota_delta_plan){.format = ota_delta_format_default()},
				     NULL),
		OTA_OK);
}

/* -- a device's decoder ------------------------------------------------------------------------ */

/* How a device is fed: bytes at a time, and at which return it loses power (0: never). */
struct feed {
	size_t patch_piece;
	size_t old_piece;
	size_t room_piece;
	size_t power_loss;
	bool power_lost_often;
	bool always_sealed; /* and goes on */
};

struct device {
	const struct pair *pair;
	struct ota_span stream;
	struct ota_otd_header header;
	const struct feed *feed;
	struct ota_otd_dec *dec;
	struct ota_dec_io io;
	struct ota_buf out;
	size_t given; /* stream bytes given */
	size_t returns;
	uint32_t memory[2][OTA_OTD_DEC_RAM_M / sizeof(uint32_t)];
	unsigned in; /* which memory is at work */
};

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static void device_begin(struct device *device, const struct pair *pair, struct ota_span patch,
			 const struct feed *feed)
{
	struct ota_rd rd = ota_rd_init(patch);

	memset(device, 0, sizeof(*device));
	device->pair = pair;
	device->feed = feed;
	device->out = blank(pair->new_image.len);
	assert_int_equal(ota_otd_header_read(&rd, &device->header), OTA_OK);
	device->stream = ota_span_tail(patch, rd.at);
	assert_int_equal(ota_otd_dec_init(device->memory[0], OTA_OTD_DEC_RAM(device->header.tier),
					  &device->header, (uint32_t)device->stream.len,
					  &device->dec),
			 OTA_OK);
}

static void device_free(struct device *device)
{
	ota_buf_free(&device->out);
}

/* Nothing but the state is kept, and that at another place. */
static void lose_power(struct device *device)
{
	size_t size = OTA_OTD_DEC_RAM(device->header.tier);
	unsigned other = 1 - device->in;
	struct ota_otd_progress progress;

	ota_otd_dec_seal(device->dec);
	memcpy(device->memory[other], device->memory[device->in], size);
	memset(device->memory[device->in], 0xa5, sizeof(device->memory[0]));
	device->in = other;
	assert_int_equal(ota_otd_dec_resume(device->memory[other], size, &device->dec), OTA_OK);
	progress = ota_otd_dec_progress(device->dec);
	device->given = progress.stream_at;
	device->io = (struct ota_dec_io){.room = 0};
	device->io.out = device->out.data + progress.new_at;
	device->io.room = smaller(device->out.len - progress.new_at, device->feed->room_piece);
}

static void answer(struct device *device, enum ota_want want)
{
	struct ota_otd_progress progress = ota_otd_dec_progress(device->dec);
	struct ota_dec_io *io = &device->io;
	struct ota_span made = ota_span_of(device->out.data, progress.new_at);

	switch (want) {
	case OTA_WANT_PATCH:
		assert_int_equal(io->patch[0].len, 0);
		io->patch[0] =
			ota_span_sub(device->stream, device->given, device->feed->patch_piece);
		assert_true(io->patch[0].len > 0);
		device->given += io->patch[0].len;
		break;
	case OTA_WANT_OLD:
		assert_true(io->old_at < device->pair->old_image.len && io->old_len > 0);
		io->old = ota_span_sub(ota_buf_span(&device->pair->old_image), io->old_at,
				       smaller(io->old_len, device->feed->old_piece));
		break;
	case OTA_WANT_NEW:
		assert_true(io->old_at < progress.new_at && io->old_len > 0);
		io->old = ota_span_sub(made, io->old_at,
				       smaller(io->old_len, device->feed->old_piece));
		break;
	case OTA_WANT_ROOM:
		/* What is programmed at once is full then. */
		assert_int_equal(io->room, 0);
		assert_true(progress.new_at < device->out.len);
		io->out = device->out.data + progress.new_at;
		io->room = smaller(device->out.len - progress.new_at, device->feed->room_piece);
		break;
	case OTA_WANT_NONE:
	case OTA_WANT_STOP:
		break;
	}
}

/* Runs until the end; power is lost at the returns that the feed says. */
static enum ota_want device_run(struct device *device)
{
	const struct feed *feed = device->feed;
	struct ota_otd_progress before = {.new_at = 0};
	enum ota_want want;

	do {
		struct ota_otd_progress progress;
		bool moved;

		want = ota_otd_dec_step(device->dec, &device->io);
		device->returns++;
		progress = ota_otd_dec_progress(device->dec);
		moved = progress.stream_at > before.stream_at || progress.new_at > before.new_at;
		before = progress;
		if (feed->always_sealed)
			ota_otd_dec_seal(device->dec);
		if (device->returns == feed->power_loss || (feed->power_lost_often && moved))
			lose_power(device);
		else
			answer(device, want);
	} while (want != OTA_WANT_NONE && want != OTA_WANT_STOP);
	return want;
}

static size_t device_applies(const struct pair *pair, struct ota_span patch,
			     const struct feed *feed)
{
	static struct device device;
	size_t returns;

	device_begin(&device, pair, patch, feed);
	if (device_run(&device) != OTA_WANT_NONE)
		fail_msg("patch %zu, old %zu, room %zu, power loss %zu: error %d",
			 feed->patch_piece, feed->old_piece, feed->room_piece, feed->power_loss,
			 ota_otd_dec_err(device.dec));
	assert_memory_equal(device.out.data, pair->new_image.data, pair->new_image.len);
	assert_int_equal(ota_otd_dec_progress(device.dec).stream_at, device.stream.len);
	returns = device.returns;
	device_free(&device);
	return returns;
}

static void pieces_of_any_size_will_do(void **state)
{
	static const size_t sizes[] = {1, 2, 3, 7, 64, SIZE_MAX};
	struct ota_delta_plan plan = thumb_at(SENSOR_BASE, SENSOR_BASE);
	struct pair pair = small_sensors();

	(void)state;
	for (size_t t = 0; t < 2; t++) {
		struct ota_buf patch;

		plan.tier = all_tiers[t];
		patch = make(&plan, &pair);
		for (size_t i = 0; i < N(sizes) * N(sizes) * N(sizes); i++) {
			struct feed feed = {sizes[i % N(sizes)], sizes[i / N(sizes) % N(sizes)],
					    sizes[i / N(sizes) / N(sizes)], .power_loss = 0};

			(void)device_applies(&pair, ota_buf_span(&patch), &feed);
		}
		ota_buf_free(&patch);
	}
	free_pair(&pair);
}

static void lose_power_at_any_return(const struct ota_delta_plan *plan, const struct pair *pair)
{
	struct feed feed = {.patch_piece = 1, .old_piece = 61, .room_piece = 53};
	struct ota_buf patch;
	size_t returns;

	patch = make(plan, pair);
	returns = device_applies(pair, ota_buf_span(&patch), &feed);
	assert_true(returns > patch.len);
	for (feed.power_loss = 1; feed.power_loss <= returns; feed.power_loss++)
		(void)device_applies(pair, ota_buf_span(&patch), &feed);
	ota_buf_free(&patch);
}

static void power_may_be_lost_at_any_return(void **state)
{
	struct ota_delta_plan plan = thumb_at(SENSOR_BASE, SENSOR_BASE);
	struct pair pair = small_sensors();

	pair.old_image.len = 1200;
	pair.new_image.len = 1201;
	(void)state;
	for (size_t t = 0; t < N(all_tiers); t++) {
		plan.tier = all_tiers[t];
		lose_power_at_any_return(&plan, &pair);
	}
	free_pair(&pair);
}

/* Also in the middle of an instruction, and of RV32's search for who makes use of a register. */
static void power_may_be_lost_with_other_code_too(void **state)
{
	static const struct {
		const char *old_path;
		const char *new_path;
		enum ota_delta_arch arch;
		uint32_t base;
	} kinds[] = {
		{"otd/gd32v-1.2.0", "otd/gd32v-1.3.0", OTA_DELTA_ARCH_RV32, 0x08000000},
		{"otd/esp8266-1.2.0", "otd/esp8266-1.3.0", OTA_DELTA_ARCH_XTENSA, 0x40201000},
	};

	(void)state;
	for (size_t i = 0; i < N(kinds); i++) {
		struct pair pair = {vector_read(kinds[i].old_path), vector_read(kinds[i].new_path)};
		struct ota_delta_plan plan = plan_of(OTA_DELTA_TIER_XS, kinds[i].arch);

		set_base(&plan, kinds[i].base + CODE_AT, kinds[i].base + CODE_AT);
		memmove(pair.old_image.data, pair.old_image.data + CODE_AT, SHORT);
		memmove(pair.new_image.data, pair.new_image.data + CODE_AT, SHORT);
		pair.old_image.len = SHORT;
		pair.new_image.len = SHORT;
		lose_power_at_any_return(&plan, &pair);
		plan.tier = OTA_DELTA_TIER_M;
		lose_power_at_any_return(&plan, &pair);
		free_pair(&pair);
	}
}

/* Once it did nothing but ask for the same old bytes again. */
static void a_decoder_that_is_sealed_at_every_return_gets_on(void **state)
{
	struct ota_delta_plan plan = thumb_at(SENSOR_BASE, SENSOR_BASE);
	struct feed feed = {
		.patch_piece = 3, .old_piece = 5, .room_piece = 64, .always_sealed = true};
	struct pair pair = small_sensors();
	struct ota_buf patch = make(&plan, &pair);

	(void)state;
	(void)device_applies(&pair, ota_buf_span(&patch), &feed);
	ota_buf_free(&patch);
	free_pair(&pair);
}

static void power_may_be_lost_again_and_again(void **state)
{
	struct ota_delta_plan plan = plan_of(OTA_DELTA_TIER_AUTO, OTA_DELTA_ARCH_AUTO);
	struct feed feed = {
		.patch_piece = 5, .old_piece = 64, .room_piece = 7, .power_lost_often = true};
	struct pair pair = small_sensors();

	(void)state;
	/* A part of new that only new tells: WANT_NEW is met too. */
	fill_pattern(pair.new_image.data + 1000, 500, 5);
	memcpy(pair.new_image.data + 3001, pair.new_image.data + 1000, 500);
	for (size_t t = 0; t < N(all_tiers); t++) {
		struct ota_buf patch;

		plan.tier = all_tiers[t];
		patch = make(&plan, &pair);
		(void)device_applies(&pair, ota_buf_span(&patch), &feed);
		ota_buf_free(&patch);
	}
	free_pair(&pair);
}

static void a_saved_state_that_was_damaged_is_refused(void **state)
{
	static struct device device;
	struct ota_delta_plan plan = thumb_at(SENSOR_BASE, SENSOR_BASE);
	struct feed feed = {.patch_piece = 7, .old_piece = 64, .room_piece = 64};
	struct pair pair = small_sensors();
	struct ota_buf patch = make(&plan, &pair);
	struct ota_otd_dec *dec;

	(void)state;
	device_begin(&device, &pair, ota_buf_span(&patch), &feed);
	for (unsigned i = 0; i < 300; i++)
		answer(&device, ota_otd_dec_step(device.dec, &device.io));
	ota_otd_dec_seal(device.dec);
	for (size_t i = 0; i < OTA_OTD_DEC_RAM_XS; i += 13) {
		memcpy(device.memory[1], device.memory[0], OTA_OTD_DEC_RAM_XS);
		((uint8_t *)device.memory[1])[i] ^= 0x20;
		assert_int_not_equal(ota_otd_dec_resume(device.memory[1], OTA_OTD_DEC_RAM_XS, &dec),
				     OTA_OK);
	}
	memcpy(device.memory[1], device.memory[0], OTA_OTD_DEC_RAM_XS);
	assert_int_equal(ota_otd_dec_resume(device.memory[1], OTA_OTD_DEC_RAM_XS - 4, &dec),
			 OTA_E_NO_FIT);
	device_free(&device);
	ota_buf_free(&patch);
	free_pair(&pair);
}

static void less_memory_than_the_tier_has_is_refused(void **state)
{
	static struct device device;
	struct ota_delta_plan plan = plan_of(OTA_DELTA_TIER_AUTO, OTA_DELTA_ARCH_AUTO);
	struct feed feed = {.patch_piece = 7, .old_piece = 64, .room_piece = 64};
	struct pair pair = small_sensors();
	struct ota_buf patch = make(&plan, &pair);

	(void)state;
	device_begin(&device, &pair, ota_buf_span(&patch), &feed);
	for (unsigned tier = 0; tier < OTA_OTD_TIERS; tier++) {
		size_t size = OTA_OTD_DEC_RAM((enum ota_otd_tier)tier);

		device.header.tier = (enum ota_otd_tier)tier;
		assert_int_equal(ota_otd_dec_init(device.memory[0], size - 1, &device.header, 1,
						  &device.dec),
				 OTA_E_NO_FIT);
	}
	device_free(&device);
	ota_buf_free(&patch);
	free_pair(&pair);
}

/* A state is the tier's memory and not a byte more: what lies behind it stays as it was. */
static void a_decoder_touches_no_memory_but_its_tiers(void **state)
{
	static struct device device;
	struct ota_delta_plan plan = thumb_at(SENSOR_BASE, SENSOR_BASE);
	struct feed feed = {.patch_piece = 7, .old_piece = 64, .room_piece = 64};
	struct pair pair = small_sensors();

	(void)state;
	for (size_t t = 0; t < 2; t++) {
		struct ota_buf patch;
		const uint8_t *memory = (const uint8_t *)device.memory[0];

		plan.tier = all_tiers[t];
		patch = make(&plan, &pair);
		device_begin(&device, &pair, ota_buf_span(&patch), &feed);
		assert_int_equal(device_run(&device), OTA_WANT_NONE);
		for (size_t i = OTA_OTD_DEC_RAM(device.header.tier); i < OTA_OTD_DEC_RAM_M; i++)
			assert_int_equal(memory[i], 0);
		device_free(&device);
		ota_buf_free(&patch);
	}
	free_pair(&pair);
}

static void tier_nano_takes_one_segment(void **state)
{
	static uint32_t memory[OTA_OTD_DEC_RAM_NANO / sizeof(uint32_t)];
	struct ota_otd_header header = {.arch = OTA_OTD_THUMB, .tier = OTA_OTD_NANO};
	struct ota_otd_dec *dec;

	(void)state;
	header.old_image.size = header.new_image.size = 100;
	header.old_image.n_segments = header.new_image.n_segments = 1;
	assert_int_equal(ota_otd_dec_init(memory, sizeof(memory), &header, 0, &dec), OTA_OK);
	header.old_image.n_segments = header.new_image.n_segments = 2;
	header.old_image.segment[1].at = header.new_image.segment[1].at = 50;
	assert_int_equal(ota_otd_dec_init(memory, sizeof(memory), &header, 0, &dec),
			 OTA_E_UNSUPPORTED);
	assert_null(dec);
}

/* -- what is refused --------------------------------------------------------------------------- */

static void another_old_image_is_refused_before_a_new_byte_is_made(void **state)
{
	static struct device device;
	struct ota_delta_plan plan = thumb_at(SENSOR_BASE, SENSOR_BASE);
	struct feed feed = {.patch_piece = SIZE_MAX, .old_piece = 256, .room_piece = 1};
	struct pair pair = small_sensors();
	struct ota_buf patch = make(&plan, &pair);
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_buf out = ota_buf_init(SMALL);

	(void)state;
	for (size_t at = 0; at < SMALL; at += 511) {
		pair.old_image.data[at] ^= 1;
		device_begin(&device, &pair, ota_buf_span(&patch), &feed);
		assert_int_equal(device_run(&device), OTA_WANT_STOP);
		assert_int_equal(ota_otd_dec_err(device.dec), OTA_E_WRONG_BASE);
		assert_int_equal(ota_otd_dec_progress(device.dec).new_at, 0);
		assert_null(device.io.out);
		device_free(&device);
		assert_int_equal(ota_delta_apply(ota_buf_span(&pair.old_image),
						 ota_buf_span(&patch), &out, NULL),
				 OTA_E_WRONG_BASE);
		pair.old_image.data[at] ^= 1;
	}
	pair.old_image.len--;
	assert_int_equal(
		ota_delta_apply(ota_buf_span(&pair.old_image), ota_buf_span(&patch), &out, &diag),
		OTA_E_WRONG_BASE);
	assert_string_equal(diag.text, "patch is for an old file of 4096 bytes, this one has 4095");
	assert_null(out.data);
	ota_buf_free(&patch);
	free_pair(&pair);
}

/* The patch with another header around its stream. */
static struct ota_buf with_header(struct ota_span patch, const struct ota_otd_header *header)
{
	struct ota_buf changed = ota_buf_init(SIZE_MAX);
	uint8_t bytes[OTA_OTD_HEADER_MAX];
	struct ota_wr wr = ota_wr_init(bytes, sizeof(bytes));
	struct ota_otd_header before;
	struct ota_rd rd = ota_rd_init(patch);

	assert_int_equal(ota_otd_header_read(&rd, &before), OTA_OK);
	ota_otd_header_write(&wr, header);
	assert_int_equal(ota_buf_append(&changed, ota_wr_span(&wr), NULL), OTA_OK);
	assert_int_equal(ota_buf_append(&changed, ota_span_tail(patch, rd.at), NULL), OTA_OK);
	return changed;
}

static void refuse(const struct pair *pair, struct ota_span patch, enum ota_err err,
		   const char *words)
{
	struct ota_buf out = ota_buf_init(SIZE_MAX);
	struct ota_diag diag = {.err = OTA_OK};

	assert_int_equal(ota_delta_apply(ota_buf_span(&pair->old_image), patch, &out, &diag), err);
	if (!strstr(diag.text, words))
		fail_msg("\"%s\" does not say \"%s\"", diag.text, words);
	/* Memory follows what is decoded, not what is claimed. */
	assert_true(out.cap <= 0x4000000);
	ota_buf_free(&out);
}

static void claims_that_do_not_hold_are_refused(void **state)
{
	struct ota_delta_plan plan = thumb_at(SENSOR_BASE, SENSOR_BASE);
	struct pair pair = small_sensors();
	struct ota_buf patch = make(&plan, &pair);
	struct ota_rd rd = ota_rd_init(ota_buf_span(&patch));
	struct ota_otd_header header;
	struct ota_otd_header changed;
	struct ota_buf wrong;

	(void)state;
	assert_int_equal(ota_otd_header_read(&rd, &header), OTA_OK);
	changed = header;
	changed.new_crc ^= 1;
	wrong = with_header(ota_buf_span(&patch), &changed);
	refuse(&pair, ota_buf_span(&wrong), OTA_E_MALFORMED, "the new file does not have CRC-32 ");
	ota_buf_free(&wrong);
	changed = header;
	changed.new_image.size--;
	wrong = with_header(ota_buf_span(&patch), &changed);
	refuse(&pair, ota_buf_span(&wrong), OTA_E_MALFORMED, "");
	ota_buf_free(&wrong);
	changed.new_image.size = OTA_OTD_IMAGE_MAX;
	wrong = with_header(ota_buf_span(&patch), &changed);
	refuse(&pair, ota_buf_span(&wrong), OTA_E_TRUNCATED, "of 2147483647 new bytes made");
	ota_buf_free(&wrong);
	ota_buf_free(&patch);
	free_pair(&pair);
}

/* Zeros cost next to nothing: what claims two gigabytes of them is told by its end. */
static void a_bomb_takes_no_more_memory_than_it_makes(void **state)
{
	struct ota_delta_plan plan = plan_of(OTA_DELTA_TIER_AUTO, OTA_DELTA_ARCH_NONE);
	struct pair pair = {blank(1024), blank(1U << 18)};
	struct ota_buf patch = make(&plan, &pair);
	struct ota_rd rd = ota_rd_init(ota_buf_span(&patch));
	struct ota_otd_header header;
	struct ota_buf bomb;

	(void)state;
	assert_true(patch.len < 256);
	assert_int_equal(ota_otd_header_read(&rd, &header), OTA_OK);
	header.new_image.size = OTA_OTD_IMAGE_MAX;
	bomb = with_header(ota_buf_span(&patch), &header);
	refuse(&pair, ota_buf_span(&bomb), OTA_E_TRUNCATED, "of 2147483647 new bytes made");
	ota_buf_free(&bomb);
	ota_buf_free(&patch);
	free_pair(&pair);
}

static void damage_anywhere_gives_an_error_with_words(void **state)
{
	struct ota_delta_plan plan = thumb_at(SENSOR_BASE, SENSOR_BASE);
	struct pair pair = small_sensors();
	struct ota_buf patch = make(&plan, &pair);
	unsigned same = 0;

	(void)state;
	for (size_t bit = 0; bit < 8 * patch.len; bit++) {
		patch.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
		same += delta_apply(ota_buf_span(&pair.old_image), ota_buf_span(&patch),
				    ota_buf_span(&pair.new_image)) == OTA_OK;
		patch.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	/* Where no pointer lies the address is of no account, and a last bit may decide nothing. */
	assert_true(same < 32);
	for (size_t len = 0; len < patch.len; len++) {
		enum ota_err err = delta_apply(ota_buf_span(&pair.old_image),
					       ota_span_head(ota_buf_span(&patch), len),
					       ota_buf_span(&pair.new_image));

		/* The zeros behind a cut may be nonsense before they are too many. */
		if (err != OTA_E_TRUNCATED && (err != OTA_E_MALFORMED || patch.len - len > 4))
			fail_msg("%zu of %zu bytes: error %d", len, patch.len, err);
	}
	ota_buf_free(&patch);
	free_pair(&pair);
}

static void another_version_and_an_unknown_tier_are_named(void **state)
{
	struct ota_delta_plan plan = plan_of(OTA_DELTA_TIER_AUTO, OTA_DELTA_ARCH_NONE);
	struct pair pair = small_sensors();
	struct ota_buf patch = make(&plan, &pair);

	(void)state;
	patch.data[2] ^= 3;
	refuse(&pair, ota_buf_span(&patch), OTA_E_UNSUPPORTED,
	       "patch is of otd version 2, 1 is read");
	patch.data[2] ^= 3;
	patch.data[3] |= 0x18;
	refuse(&pair, ota_buf_span(&patch), OTA_E_UNSUPPORTED,
	       "that this version does not know: 0x11");
	ota_buf_free(&patch);
	free_pair(&pair);
}

/* Words for what is not known once read a byte behind it, which need not be there. */
static void what_is_not_read_is_refused_by_the_bytes_that_are_there(void **state)
{
	static const uint8_t head[] = {0x6f, 0xde, OTA_OTD_VERSION | 1 << 4, 0x04};
	static const uint8_t large[] = {0x6f, 0xde, OTA_OTD_VERSION | 1 << 4,
					0x00, 0x80, 0x80,
					0x80, 0x80, 0x08,
					0x00, 0x00, 0x00,
					0x00, 0x00, 0x00,
					0x00, 0x00, 0x00};
	struct pair pair = small_sensors();

	(void)state;
	refuse(&pair, ota_span_of(head, sizeof(head)), OTA_E_UNSUPPORTED,
	       "that this version does not know: 0x1104");
	refuse(&pair, ota_span_of(large, sizeof(large)), OTA_E_UNSUPPORTED,
	       "files of 2147483648 and 2147483648 bytes, at most 2147483647 are read");
	free_pair(&pair);
}

/* -- what a device needs ----------------------------------------------------------------------- */

static const char board[] =
	"name: board\n"
	"base: stm32l476rg\n"
	"updater: {ram: %u, %sold: %s, decoders: [{format: otd%s}]}\n"
	"mcuboot: {mode: swap-scratch, max-align: 8, max-sectors: 256, header-size: 0x200, "
	"encryption: none, boot: 0x0+32K, primary: 0x8000+448K, secondary: 0x78000+448K, "
	"scratch: 0xe8000+16K}\n";

/* Only what the header says counts here. */
static struct ota_buf with_tier(struct ota_buf patch, enum ota_otd_tier tier)
{
	struct ota_rd rd = ota_rd_init(ota_buf_span(&patch));
	struct ota_otd_header header;
	struct ota_buf changed;

	assert_int_equal(ota_otd_header_read(&rd, &header), OTA_OK);
	header.tier = tier;
	changed = with_header(ota_buf_span(&patch), &header);
	ota_buf_free(&patch);
	return changed;
}

static struct ota_budget judge(enum ota_otd_tier tier, uint64_t ram, const char *stack,
			       const char *old_words, const char *tier_words)
{
	struct ota_delta_plan plan = plan_of(OTA_DELTA_TIER_AUTO, OTA_DELTA_ARCH_AUTO);
	struct pair pair = small_sensors();
	struct ota_buf patch = with_tier(make(&plan, &pair), tier);
	struct ota_update update = {
		.patch = ota_buf_span(&patch), .format = "otd", .old_len = SMALL, .new_len = SMALL};
	struct ota_budget_options options = {.applier = OTA_APPLIED_AS_PROFILE};
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_target target;
	struct ota_budget budget;
	char yaml[sizeof(board) + 64];

	(void)snprintf(yaml, sizeof(yaml), board, (unsigned)ram, stack, old_words, tier_words);
	if (ota_target_parse("board", ota_span_of(yaml, strlen(yaml)), &target, &diag) != OTA_OK)
		fail_msg("%s", diag.text);
	assert_int_equal(ota_budget_check(&update, &target, &options, &budget, NULL), OTA_OK);
	assert_int_equal(budget.applier, OTA_APPLIED_ON_DEVICE);
	ota_buf_free(&patch);
	free_pair(&pair);
	return budget;
}

static const struct ota_budget_line *line_named(const struct ota_budget *budget, const char *what)
{
	for (unsigned i = 0; i < budget->n; i++) {
		if (strcmp(budget->line[i].what, what) == 0)
			return &budget->line[i];
	}
	fail_msg("no line \"%s\"", what);
	return NULL;
}

static void ram_is_what_the_constants_say_to_the_byte(void **state)
{
	/* The chip programs 8 bytes at once. */
	uint64_t needs = OTA_OTD_DEC_RAM_XS + 8;
	struct ota_budget budget = judge(OTA_OTD_XS, needs, "stack: 256, ", "mapped", ", tier: xs");

	(void)state;
	assert_int_equal(line_named(&budget, "updater RAM")->needs, needs);
	assert_true(budget.fits);
	budget = judge(OTA_OTD_XS, needs - 1, "stack: 256, ", "mapped", ", tier: xs");
	assert_false(budget.fits || line_named(&budget, "updater RAM")->fits);
	budget = judge(OTA_OTD_XS, needs, "stack: 255, ", "mapped", ", tier: xs");
	assert_true(!budget.fits && line_named(&budget, "updater RAM")->fits);
	assert_int_equal(line_named(&budget, "updater stack")->where, OTA_PLACE_STACK);
	assert_false(line_named(&budget, "updater stack")->fits);
	/* Without a stack of its own, it is part of the RAM. */
	needs += 64 + OTA_OTD_DEC_STACK_XS;
	budget = judge(OTA_OTD_XS, needs, "", "read", ", tier: xs");
	assert_int_equal(line_named(&budget, "updater RAM")->needs, needs);
	assert_true(budget.fits);
	/* A decoder of a profile that does not say which has all of them built in. */
	needs += OTA_OTD_DEC_STACK_M - OTA_OTD_DEC_STACK_XS;
	budget = judge(OTA_OTD_XS, needs, "", "read", "");
	assert_int_equal(line_named(&budget, "updater RAM")->needs, needs);
	assert_true(budget.fits);
	budget = judge(OTA_OTD_XS, needs, "", "read", ", tier: nano}, {format: otd, tier: xs");
	assert_int_equal(line_named(&budget, "updater RAM")->needs, needs);
}

static void a_decoder_of_a_smaller_tier_does_not_take_the_patch(void **state)
{
	struct ota_budget budget = judge(OTA_OTD_M, 65536, "stack: 2048, ", "mapped", ", tier: xs");

	(void)state;
	assert_false(budget.fits);
	assert_non_null(strstr(budget.remedy, "tier"));
	budget = judge(OTA_OTD_M, 65536, "stack: 2048, ", "mapped", "");
	assert_true(budget.fits);
	budget = judge(OTA_OTD_XS, 65536, "stack: 2048, ", "mapped", ", tier: m");
	assert_true(budget.fits);
	budget = judge(OTA_OTD_XS, 65536, "stack: 2048, ", "mapped", ", tier: nano");
	assert_false(budget.fits);
}

/* It has the memory, but a build for XS or M may have left nano's model out. */
static void a_decoder_of_a_larger_tier_takes_no_patch_for_nano(void **state)
{
	struct ota_budget budget =
		judge(OTA_OTD_NANO, 65536, "stack: 2048, ", "mapped", ", tier: xs");

	(void)state;
	assert_false(budget.fits);
	assert_false(line_named(&budget, "state of the target's decoder")->fits);
	budget = judge(OTA_OTD_NANO, 65536, "stack: 2048, ", "mapped", ", tier: m");
	assert_false(budget.fits);
	budget = judge(OTA_OTD_NANO, OTA_OTD_DEC_RAM_NANO + 8, "stack: 288, ", "mapped",
		       ", tier: nano");
	assert_true(budget.fits);
	assert_int_equal(line_named(&budget, "updater RAM")->needs, OTA_OTD_DEC_RAM_NANO + 8);
	budget = judge(OTA_OTD_NANO, 65536, "stack: 2048, ", "mapped", "");
	assert_true(budget.fits);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_tier_and_architecture_gives_firmware_back),
		cmocka_unit_test(is_smaller_than_bsdiff_where_code_moved),
		cmocka_unit_test(odd_sizes_and_odd_addresses_survive),
		cmocka_unit_test(data_that_looks_like_code_survives),
		cmocka_unit_test(images_with_nothing_in_common_cost_little_more_than_the_new_one),
		cmocka_unit_test(a_new_image_that_repeats_itself_needs_no_old_one),
		cmocka_unit_test(two_runs_give_the_same_bytes),
		cmocka_unit_test(a_spent_index_makes_the_same_patch),
		cmocka_unit_test(the_header_tells_what_was_asked_for),
		cmocka_unit_test(the_account_adds_up_to_the_stream_and_to_the_new_image),
		cmocka_unit_test(another_format_keeps_no_account),
		cmocka_unit_test(what_a_format_does_not_know_is_a_usage_error),
		cmocka_unit_test(pieces_of_any_size_will_do),
		cmocka_unit_test(power_may_be_lost_at_any_return),
		cmocka_unit_test(power_may_be_lost_with_other_code_too),
		cmocka_unit_test(a_decoder_that_is_sealed_at_every_return_gets_on),
		cmocka_unit_test(power_may_be_lost_again_and_again),
		cmocka_unit_test(a_saved_state_that_was_damaged_is_refused),
		cmocka_unit_test(less_memory_than_the_tier_has_is_refused),
		cmocka_unit_test(a_decoder_touches_no_memory_but_its_tiers),
		cmocka_unit_test(tier_nano_takes_one_segment),
		cmocka_unit_test(another_old_image_is_refused_before_a_new_byte_is_made),
		cmocka_unit_test(claims_that_do_not_hold_are_refused),
		cmocka_unit_test(a_bomb_takes_no_more_memory_than_it_makes),
		cmocka_unit_test(damage_anywhere_gives_an_error_with_words),
		cmocka_unit_test(another_version_and_an_unknown_tier_are_named),
		cmocka_unit_test(what_is_not_read_is_refused_by_the_bytes_that_are_there),
		cmocka_unit_test(ram_is_what_the_constants_say_to_the_byte),
		cmocka_unit_test(a_decoder_of_a_smaller_tier_does_not_take_the_patch),
		cmocka_unit_test(a_decoder_of_a_larger_tier_takes_no_patch_for_nano),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
