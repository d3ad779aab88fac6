// SPDX-License-Identifier: Apache-2.0
/*
 * The update agent of examples/device, on flash in RAM that is as strict as the strictest chip:
 * power is cut in every operation, clean, torn and unseen, and the result is the same to the bit.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include <ota/delta_update.h>
#include <ota/digest.h>

#include "agent.h"
#include "flash_model.h"
#include "images.h"
#include "vectors.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

enum area { PRIMARY, SECONDARY, PATCH, JOURNAL, AREAS };

#define SECTOR    512U
#define WRITE     8U
#define AREA_MAX  0x10000U
#define SLOT_SIZE 0x3000U
#define HALF_SIZE (9U * SECTOR) /* one record with the state of tier XS, and a few small ones */
#define MARKS     48U           /* the trailer's fields at alignment 8 */
#define BOOTS_MAX 8
#define GARBAGE   0xa5
#define ED25519   "imgtool/keys/ed25519.pem"
#define P256      "imgtool/keys/p256.pem"

static uint8_t bytes[AREAS][AREA_MAX];
static uint8_t written[AREAS][AREA_MAX]; /* units of one byte or more */
static uint32_t erases[AREAS][AREA_MAX / SECTOR];
static struct flash_model model;
static struct agent agent;
static jmp_buf reboot;

/* -- what the product supplies ----------------------------------------------------------------- */

static bool is_mapped;
static struct ota_span stream;
static struct ota_key *trusted;
static uint8_t hashed[0x80000];
static size_t n_hashed;
static uint32_t next_cut;      /* operations after the first cut; 0: none */
static const uint8_t *swapped; /* the patch's area answers so once a signature was good */
static bool was_good;
static uint32_t write_unit = WRITE;
static uint8_t erased_byte = 0xff;

_Noreturn void flash_model_power_lost(struct flash_model *lost)
{
	if (next_cut > 0)
		lost->cut_at = lost->ops + next_cut;
	next_cut = 0;
	longjmp(reboot, 1);
}

int kit_flash_open(uint8_t id, struct kit_flash *flash)
{
	if (id >= model.parts)
		return -1;
	flash->id = id;
	flash->size = model.part[id].size;
	flash->align = (uint16_t)model.part[id].write;
	flash->erased = model.part[id].erased;
	return 0;
}

int kit_flash_read(const struct kit_flash *flash, uint32_t at, void *to, uint32_t len)
{
	enum flash_result result = flash_model_read(&model, flash->id, at, to, len);

	if (result == FLASH_OK && flash->id == PATCH && swapped && was_good)
		memcpy(to, swapped + at, len);
	return (int)result;
}

int kit_flash_write(const struct kit_flash *flash, uint32_t at, const void *from, uint32_t len)
{
	return (int)flash_model_write(&model, flash->id, at, from, len);
}

int kit_flash_erase(const struct kit_flash *flash, uint32_t at, uint32_t len)
{
	return (int)flash_model_erase(&model, flash->id, at, len);
}

int kit_flash_sector(const struct kit_flash *flash, uint32_t at, struct kit_sector *sector)
{
	uint32_t unit;

	return flash_part_unit(&model.part[flash->id], at, &unit, &sector->at, &sector->len) ? 0
											     : -1;
}

const uint8_t *kit_flash_map(const struct kit_flash *flash)
{
	return is_mapped ? model.part[flash->id].bytes : NULL;
}

/* Three bytes at a time: a stream comes as it comes. */
int kit_patch_pull(uint32_t at, const uint8_t **out, uint32_t *len)
{
	struct ota_span some = ota_span_sub(stream, at, 3);

	*out = some.data;
	*len = (uint32_t)some.len;
	return 0;
}

void kit_sha256_begin(void)
{
	n_hashed = 0;
}

void kit_sha256_update(const void *some, size_t len)
{
	assert_true(len <= sizeof(hashed) - n_hashed);
	memcpy(hashed + n_hashed, some, len);
	n_hashed += len;
}

void kit_sha256_finish(uint8_t digest[32])
{
	struct ota_digest whole;

	assert_int_equal(
		ota_digest_of(OTA_HASH_SHA256, ota_span_of(hashed, n_hashed), &whole, NULL),
		OTA_OK);
	memcpy(digest, whole.data, 32);
}

bool kit_signature_good(const struct kit_signature *signature)
{
	struct ota_digest id;

	assert_int_equal(ota_key_id(trusted, OTA_HASH_SHA256, &id, NULL), OTA_OK);
	was_good = memcmp(id.data, signature->key_hash, 32) == 0 &&
		   ota_key_verify(trusted, ota_span_of(signature->digest, 32),
				  ota_span_of(signature->bytes, signature->len), NULL) == OTA_OK;
	return was_good;
}

/* -- a device ---------------------------------------------------------------------------------- */

static void add_area(enum area area, uint32_t size)
{
	struct flash_part *part = &model.part[area];

	memset(part, 0, sizeof(*part));
	part->bytes = bytes[area];
	part->written = written[area];
	part->erases = erases[area];
	part->run[0] = (struct flash_run){SECTOR, size / SECTOR};
	part->write = write_unit;
	part->erased = erased_byte;
	flash_part_init(part);
}

/* A device that holds `old_image`, and the patch in an area of its own. */
static void make_device(struct ota_span old_image, struct ota_span patch, uint32_t half)
{
	memset(&model, 0, sizeof(model));
	model.parts = AREAS;
	add_area(PRIMARY, SLOT_SIZE);
	add_area(SECONDARY, SLOT_SIZE);
	add_area(PATCH, SLOT_SIZE);
	add_area(JOURNAL, 2 * half);
	assert_true(
		flash_part_load(&model.part[PRIMARY], 0, old_image.data, (uint32_t)old_image.len));
	assert_true(flash_part_load(&model.part[PATCH], 0, patch.data, (uint32_t)patch.len));
}

static const struct agent_job two_slots = {
	.primary = PRIMARY,
	.secondary = SECONDARY,
	.journal = JOURNAL,
	.patch = PATCH,
	.reserved = MARKS,
	.max_align = WRITE,
	.every = 1,
};

/* The device starts until it has come to an end; every start finds garbage in RAM. */
static enum agent_err run_device(const struct agent_job *job)
{
	enum agent_err err;
	static volatile int boots;

	boots = 0;
	(void)setjmp(reboot);
	assert_true(boots++ < BOOTS_MAX);
	memset(&agent, GARBAGE, sizeof(agent));
	err = agent_begin(&agent, job);
	if (err == AGENT_OK)
		err = agent_run(&agent);
	return err;
}

static void holds(enum area area, uint32_t at, struct ota_span image)
{
	assert_true(ota_span_equal(ota_span_of(bytes[area] + at, image.len), image));
}

static void has_marks(const struct agent_job *job, enum agent_marks expected)
{
	enum agent_marks marks;

	assert_int_equal(agent_read_marks(job, &marks), AGENT_OK);
	assert_int_equal(marks, expected);
}

/* -- images and patches ------------------------------------------------------------------------ */

struct pair {
	struct ota_buf old_image;
	struct ota_buf new_image;
	struct ota_buf patch;
};

static struct ota_span of(const struct ota_buf *buf)
{
	return ota_buf_span(buf);
}

static void free_pair(struct pair *pair)
{
	ota_buf_free(&pair->old_image);
	ota_buf_free(&pair->new_image);
	ota_buf_free(&pair->patch);
}

#define BODY_SIZE 2600U
#define GROWTH    700U

static struct ota_buf image_of(uint32_t version, uint32_t counter, const uint8_t *vid)
{
	uint8_t body[BODY_SIZE + GROWTH];
	size_t len = BODY_SIZE + (version > 1 ? GROWTH : 0);
	struct ota_image_plan plan = {
		.pad_header = true,
		.version = {.major = (uint8_t)version},
		.has_security_counter = counter > 0,
		.security_counter = counter,
		.vid = vid,
	};

	fill_pattern(body, sizeof(body), 1);
	/* A piece is put in, and bytes behind it differ here and there. */
	if (version > 1) {
		memmove(body + 1500, body + 1000, len - 1500);
		fill_pattern(body + 1000, 500, version);
	}
	for (size_t i = 0; i < len; i += 90)
		body[i] = (uint8_t)(version + i);
	return image_build(&plan, ota_span_of(body, len), NULL);
}

static struct ota_buf patch_of(const struct ota_delta_plan *plan, struct ota_span old_image,
			       struct ota_span new_image)
{
	struct ota_buf out = ota_buf_init(AREA_MAX);
	struct ota_index *index = NULL;

	assert_int_equal(ota_index_build(old_image, &index, NULL), OTA_OK);
	assert_int_equal(ota_delta_make(plan, index, new_image, &out, NULL), OTA_OK);
	ota_index_free(index);
	return out;
}

static struct pair pair_by(const struct ota_delta_plan *plan)
{
	struct pair pair = {.old_image = image_of(1, 0, NULL), .new_image = image_of(2, 0, NULL)};

	pair.patch = patch_of(plan, of(&pair.old_image), of(&pair.new_image));
	return pair;
}

static struct ota_buf sign_update(const struct ota_delta_plan *plan, const struct pair *pair,
				  const char *key_name)
{
	struct ota_key *key = vector_key(key_name);
	struct ota_signer signer = {.key = key};
	struct ota_delta_update_plan update = {.delta = *plan, .signers = &signer, .n_signers = 1};
	struct ota_delta_update_made made;
	struct ota_buf out = ota_buf_init(AREA_MAX);
	struct ota_index *index = NULL;

	assert_int_equal(ota_index_build(of(&pair->old_image), &index, NULL), OTA_OK);
	assert_int_equal(
		ota_delta_update_make(&update, index, of(&pair->new_image), &out, &made, NULL),
		OTA_OK);
	ota_index_free(index);
	ota_key_free(key);
	return out;
}

static struct agent_job bare(const struct pair *pair)
{
	struct agent_job job = two_slots;

	job.takes_unsigned = true;
	job.patch_size = (uint32_t)pair->patch.len;
	return job;
}

static const struct ota_delta_plan otd = {.format = "otd"};
static const struct ota_delta_plan vcdiff = {.format = "vcdiff", .window = 1024};

/* -- two slots --------------------------------------------------------------------------------- */

static void check_made(const struct pair *pair, const struct agent_job *job)
{
	holds(PRIMARY, 0, of(&pair->old_image));
	holds(SECONDARY, job->new_at, of(&pair->new_image));
	has_marks(job, job->permanent ? AGENT_MARKS_PERMANENT : AGENT_MARKS_TEST);
	assert_int_equal(run_device(job), AGENT_E_DONE);
}

static void makes_the_new_image_of_every_format(void **state)
{
	const struct ota_delta_plan *plans[] = {&otd, &vcdiff};

	(void)state;
	for (size_t i = 0; i < N(plans); i++) {
		struct pair pair = pair_by(plans[i]);
		struct agent_job job = bare(&pair);

		for (unsigned way = 0; way < 4; way++) {
			is_mapped = way % 2 > 0;
			job.permanent = way / 2 > 0;
			make_device(of(&pair.old_image), of(&pair.patch), HALF_SIZE);
			assert_int_equal(run_device(&job), AGENT_OK);
			check_made(&pair, &job);
		}
		free_pair(&pair);
	}
}

/* A half holds one record with the state of tier M. */
#define HALF_SIZE_M (33U * SECTOR)

static void makes_it_in_every_tier(void **state)
{
	static const struct ota_delta_plan tiers[] = {
		{.format = "otd", .tier = OTA_DELTA_TIER_M},
		{.format = "otd", .tier = OTA_DELTA_TIER_NANO},
	};

	(void)state;
	for (size_t i = 0; i < N(tiers); i++) {
		struct pair pair = pair_by(&tiers[i]);
		struct agent_job job = bare(&pair);

		for (uint32_t at = 0; at < 600; at += 41) {
			make_device(of(&pair.old_image), of(&pair.patch), HALF_SIZE_M);
			model.cut_at = at;
			model.cut = FLASH_CUT_TORN;
			assert_int_equal(run_device(&job), AGENT_OK);
			model.cut_at = 0;
			check_made(&pair, &job);
		}
		free_pair(&pair);
	}
}

static void makes_it_of_a_stream(void **state)
{
	struct pair pair = pair_by(&otd);
	struct agent_job job = bare(&pair);

	(void)state;
	job.patch = AGENT_STREAMED;
	job.stream_id = 7;
	stream = of(&pair.patch);
	make_device(of(&pair.old_image), ota_span_of(NULL, 0), HALF_SIZE);
	assert_int_equal(run_device(&job), AGENT_OK);
	check_made(&pair, &job);
	/* One that ends too early. */
	make_device(of(&pair.old_image), ota_span_of(NULL, 0), HALF_SIZE);
	stream.len /= 2;
	assert_int_equal(run_device(&job), AGENT_E_STREAM);
	free_pair(&pair);
}

static void puts_new_behind_the_first_sector_for_swap_offset(void **state)
{
	struct pair pair = pair_by(&otd);
	struct agent_job job = bare(&pair);

	(void)state;
	job.new_at = SECTOR;
	make_device(of(&pair.old_image), of(&pair.patch), HALF_SIZE);
	assert_true(flash_part_load(&model.part[SECONDARY], 0, pair.old_image.data, SECTOR));
	assert_int_equal(run_device(&job), AGENT_OK);
	check_made(&pair, &job);
	assert_true(ota_span_all(ota_span_of(bytes[SECONDARY], SECTOR), 0xff));
	free_pair(&pair);
}

/* Where a unit, a page or a write unit ends with new, and one byte around it. */
static void makes_new_images_of_any_size(void **state)
{
	static const struct ota_delta_plan place = {
		.format = "otd", .in_place = true, .block = SECTOR, .lead = 2 * SECTOR};
	static const struct ota_delta_plan *const plans[] = {&otd, &vcdiff, &place};
	static const uint32_t sizes[] = {1,          7,          AGENT_PAGE,     SECTOR,
					 SECTOR + 1, 2 * SECTOR, 8 * SECTOR - 1, 8 * SECTOR};
	uint8_t old_bytes[6 * SECTOR];
	uint8_t new_bytes[8 * SECTOR];

	(void)state;
	fill_pattern(old_bytes, sizeof(old_bytes), 1);
	fill_pattern(new_bytes, sizeof(new_bytes), 1);
	for (size_t i = 0; i < N(plans) * N(sizes); i++) {
		const struct ota_delta_plan *plan = plans[i / N(sizes)];
		struct ota_span old_image = ota_span_of(old_bytes, sizeof(old_bytes));
		struct ota_span new_image = ota_span_of(new_bytes, sizes[i % N(sizes)]);
		struct pair pair = {.patch = patch_of(plan, old_image, new_image)};
		struct agent_job job = bare(&pair);

		if (plan->in_place)
			job.secondary = AGENT_NO_AREA;
		make_device(old_image, of(&pair.patch), HALF_SIZE);
		assert_int_equal(run_device(&job), AGENT_OK);
		holds(plan->in_place ? PRIMARY : SECONDARY, 0, new_image);
		free_pair(&pair);
	}
}

/* What was programmed before a checkpoint is not made again: its sectors are erased once. */
static void goes_on_from_the_last_checkpoint(void **state)
{
	const struct ota_delta_plan *plans[] = {&otd, &vcdiff};

	(void)state;
	for (size_t i = 0; i < N(plans); i++) {
		struct pair pair = pair_by(plans[i]);
		struct agent_job job = bare(&pair);

		make_device(of(&pair.old_image), of(&pair.patch), HALF_SIZE);
		assert_int_equal(agent_begin(&agent, &job), AGENT_OK);
		while (agent.made < 4 * SECTOR + 3 * AGENT_PAGE)
			assert_int_equal(agent_step(&agent), AGENT_OK);
		assert_int_equal(run_device(&job), AGENT_OK);
		check_made(&pair, &job);
		for (size_t k = 0; k < 5; k++)
			assert_int_equal(erases[SECONDARY][k], k == 4 ? 2 : 1);
		free_pair(&pair);
	}
}

/* Cuts every operation of an update in one way; RAM is lost each time. */
static void cut_everywhere(const struct pair *pair, const struct agent_job *job, uint32_t half,
			   enum flash_cut cut)
{
	uint32_t at = 1;
	uint32_t ops;

	do {
		make_device(of(&pair->old_image), of(&pair->patch), half);
		model.cut_at = at;
		model.cut = cut;
		model.seed = at;
		assert_int_equal(run_device(job), AGENT_OK);
		ops = model.ops;
		assert_int_equal(model.refused, FLASH_OK);
		if (job->secondary != AGENT_NO_AREA)
			check_made(pair, job);
		else
			holds(PRIMARY, 0, of(&pair->new_image));
		at++;
	} while (at <= ops);
}

static void survives_a_cut_anywhere(const struct ota_delta_plan *plan, uint8_t every)
{
	struct pair pair = pair_by(plan);
	struct agent_job job = bare(&pair);

	is_mapped = true;
	job.every = every;
	cut_everywhere(&pair, &job, HALF_SIZE, FLASH_CUT_CLEAN);
	cut_everywhere(&pair, &job, HALF_SIZE, FLASH_CUT_TORN);
	cut_everywhere(&pair, &job, 2 * HALF_SIZE, FLASH_CUT_WEAK);
	free_pair(&pair);
}

static void otd_survives_a_cut_anywhere(void **state)
{
	(void)state;
	survives_a_cut_anywhere(&otd, 2);
}

static void vcdiff_survives_a_cut_anywhere(void **state)
{
	(void)state;
	survives_a_cut_anywhere(&vcdiff, 1);
}

static void survives_a_cut_where_new_shares_a_sector_with_the_marks(void **state)
{
	struct pair pair = pair_by(&vcdiff);
	struct agent_job job = bare(&pair);

	(void)state;
	/* The marks' sector is the one that new ends in. */
	for (unsigned cut = FLASH_CUT_CLEAN; cut <= FLASH_CUT_WEAK; cut++) {
		uint32_t at = 1;
		uint32_t ops;

		do {
			make_device(of(&pair.old_image), of(&pair.patch), HALF_SIZE);
			add_area(SECONDARY, (uint32_t)((pair.new_image.len + 56 + SECTOR - 1) /
						       SECTOR * SECTOR));
			model.cut_at = at++;
			model.cut = (enum flash_cut)cut;
			assert_int_equal(run_device(&job), AGENT_OK);
			ops = model.ops;
			check_made(&pair, &job);
		} while (at <= ops);
	}
	free_pair(&pair);
}

static void survives_a_second_cut_while_it_goes_on(void **state)
{
	struct pair pair = pair_by(&otd);
	struct agent_job job = bare(&pair);

	(void)state;
	is_mapped = true;
	for (uint32_t second = 1; second < 100; second += 7) {
		for (uint32_t at = 1; at < 700; at += 11) {
			make_device(of(&pair.old_image), of(&pair.patch), HALF_SIZE);
			model.cut_at = at;
			model.cut = second % 2 > 0 ? FLASH_CUT_TORN : FLASH_CUT_WEAK;
			model.seed = at;
			next_cut = second;
			assert_int_equal(run_device(&job), AGENT_OK);
			next_cut = 0;
			assert_int_equal(model.refused, FLASH_OK);
			model.cut_at = 0;
			check_made(&pair, &job);
		}
	}
	free_pair(&pair);
}

/* What the bootloader would find after a cut at operation `at`. */
static void cut_once(const struct agent_job *job, uint32_t at)
{
	model.ops = 0;
	model.cut_at = at;
	if (setjmp(reboot) == 0 && agent_begin(&agent, job) == AGENT_OK)
		(void)agent_run(&agent);
}

/* The marks of an update before this one would start whatever lies in the secondary. */
static void nothing_half_made_is_ever_marked(void **state)
{
	struct pair pair = pair_by(&otd);
	struct agent_job job = bare(&pair);
	uint8_t stale[SECTOR];
	enum agent_marks marks = AGENT_MARKS_NONE;

	(void)state;
	make_device(of(&pair.old_image), of(&pair.patch), HALF_SIZE);
	assert_int_equal(run_device(&job), AGENT_OK);
	memcpy(stale, bytes[SECONDARY] + SLOT_SIZE - SECTOR, SECTOR);
	for (uint32_t at = 1; at < 40 || marks == AGENT_MARKS_NONE; at++) {
		make_device(of(&pair.old_image), of(&pair.patch), HALF_SIZE);
		assert_true(
			flash_part_load(&model.part[SECONDARY], SLOT_SIZE - SECTOR, stale, SECTOR));
		cut_once(&job, at);
		assert_int_equal(agent_read_marks(&job, &marks), AGENT_OK);
		/* The first operation is the erase of the marks. */
		if (at > 1 && marks != AGENT_MARKS_NONE)
			holds(SECONDARY, 0, of(&pair.new_image));
	}
	free_pair(&pair);
}

static void takes_a_patch_at_the_end_of_the_secondary(void **state)
{
	struct pair pair = pair_by(&otd);
	struct agent_job job = bare(&pair);
	uint32_t end = SLOT_SIZE - SECTOR; /* the marks' sector */

	(void)state;
	job.patch = SECONDARY;
	job.patch_at = end - job.patch_size;
	make_device(of(&pair.old_image), ota_span_of(NULL, 0), HALF_SIZE);
	assert_true(flash_part_load(&model.part[SECONDARY], job.patch_at, pair.patch.data,
				    job.patch_size));
	assert_int_equal(run_device(&job), AGENT_OK);
	check_made(&pair, &job);
	free_pair(&pair);
}

static void without_a_journal_a_cut_starts_again(void **state)
{
	struct pair pair = pair_by(&otd);
	struct agent_job job = bare(&pair);

	(void)state;
	job.journal = AGENT_NO_AREA;
	make_device(of(&pair.old_image), of(&pair.patch), HALF_SIZE);
	model.cut_at = 40;
	model.cut = FLASH_CUT_TORN;
	assert_int_equal(run_device(&job), AGENT_OK);
	holds(SECONDARY, 0, of(&pair.new_image));
	free_pair(&pair);
}

/* -- what MCUboot does next -------------------------------------------------------------------- */

/* As after a swap for a test. */
static void swap_slots(const struct pair *pair)
{
	uint8_t field[WRITE] = {1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	uint8_t magic[16];

	memcpy(magic, bytes[SECONDARY] + SLOT_SIZE - 16, 16);
	add_area(PRIMARY, SLOT_SIZE);
	add_area(SECONDARY, SLOT_SIZE);
	assert_true(flash_part_load(&model.part[PRIMARY], 0, pair->new_image.data,
				    (uint32_t)pair->new_image.len));
	assert_true(flash_part_load(&model.part[SECONDARY], 0, pair->old_image.data,
				    (uint32_t)pair->old_image.len));
	assert_true(flash_part_load(&model.part[PRIMARY], SLOT_SIZE - 16, magic, 16));
	assert_true(flash_part_load(&model.part[PRIMARY], SLOT_SIZE - 32, field, WRITE));
}

/* The trailer's last bytes to the bit: boot_set_next, boot_write_magic, BOOT_SET_SWAP_INFO. */
static void has_trailer(const struct agent_job *job)
{
	static const uint8_t magic_8[16] = {0x77, 0xc2, 0x95, 0xf3, 0x60, 0xd2, 0xef, 0x7f,
					    0x35, 0x52, 0x50, 0x0f, 0x2c, 0xb6, 0x79, 0x80};
	uint8_t magic[16] = {job->max_align, 0,    0x2d, 0xe1, 0x5d, 0x29, 0x41, 0x0b,
			     0x8d,           0x77, 0x67, 0x9c, 0x11, 0x0f, 0x1f, 0x8a};
	uint8_t expected[4 * 32];
	size_t align = job->max_align;
	size_t field = align > 16 ? align : 16;
	size_t len = 3 * align + field;

	memset(expected, erased_byte, sizeof(expected));
	memcpy(expected + len - 16, align == 8 ? magic_8 : magic, 16);
	expected[0] = (uint8_t)(job->image << 4 | (job->permanent ? 3 : 2));
	if (job->permanent)
		expected[2 * align] = 1;
	holds(SECONDARY, SLOT_SIZE - (uint32_t)len, ota_span_of(expected, len));
}

static void writes_the_trailer_of_every_alignment_on_any_flash(void **state)
{
	struct pair pair = pair_by(&otd);

	(void)state;
	for (unsigned i = 0; i < 24; i++) {
		struct agent_job job = bare(&pair);

		job.max_align = (uint8_t)(8U << i % 3);
		write_unit = i / 3 % 2 > 0 ? job.max_align : 1;
		erased_byte = i / 6 % 2 > 0 ? 0 : 0xff;
		job.permanent = i / 12 > 0;
		job.image = 5;
		make_device(of(&pair.old_image), of(&pair.patch), HALF_SIZE);
		model.cut_at = 20;
		model.cut = FLASH_CUT_TORN;
		assert_int_equal(run_device(&job), AGENT_OK);
		check_made(&pair, &job);
		has_trailer(&job);
	}
	write_unit = WRITE;
	erased_byte = 0xff;
	free_pair(&pair);
}

static void an_image_on_trial_is_confirmed_once(void **state)
{
	struct pair pair = pair_by(&otd);
	struct agent_job job = bare(&pair);

	(void)state;
	make_device(of(&pair.old_image), of(&pair.patch), HALF_SIZE);
	assert_int_equal(run_device(&job), AGENT_OK);
	swap_slots(&pair);
	has_marks(&job, AGENT_MARKS_ON_TRIAL);
	assert_int_equal(run_device(&job), AGENT_E_DONE);
	assert_int_equal(agent_confirm(&job), AGENT_OK);
	has_marks(&job, AGENT_MARKS_CONFIRMED);
	model.ops = 0;
	assert_int_equal(agent_confirm(&job), AGENT_OK);
	assert_int_equal(model.ops, 0);
	free_pair(&pair);
}

static void nothing_is_begun_while_the_image_is_on_trial(void **state)
{
	struct pair pair = pair_by(&vcdiff);
	struct agent_job job = bare(&pair);

	(void)state;
	make_device(of(&pair.old_image), of(&pair.patch), HALF_SIZE);
	assert_int_equal(run_device(&job), AGENT_OK);
	swap_slots(&pair);
	assert_int_equal(agent_forget(&agent, &job), AGENT_OK);
	model.ops = 0;
	assert_int_equal(run_device(&job), AGENT_E_ON_TRIAL);
	assert_int_equal(model.ops, 0);
	free_pair(&pair);
}

/* Power goes between the magic and the last record; MCUboot swaps, the trial fails, old is back. */
static void an_update_that_was_taken_is_not_made_again(void **state)
{
	struct pair pair = pair_by(&otd);
	struct agent_job job = bare(&pair);

	(void)state;
	make_device(of(&pair.old_image), of(&pair.patch), HALF_SIZE);
	memset(&agent, 0, sizeof(agent));
	assert_int_equal(agent_begin(&agent, &job), AGENT_OK);
	while (agent.phase != AGENT_MARKING)
		assert_int_equal(agent_step(&agent), AGENT_OK);
	model.cut_at = model.ops + 3; /* swap_info, magic, record */
	if (setjmp(reboot) == 0)
		(void)agent_step(&agent);
	has_marks(&job, AGENT_MARKS_TEST);
	swap_slots(&pair);
	assert_int_equal(run_device(&job), AGENT_E_DONE);
	/* The trial has failed: old is back, and it stays so. */
	add_area(PRIMARY, SLOT_SIZE);
	assert_true(flash_part_load(&model.part[PRIMARY], 0, pair.old_image.data,
				    (uint32_t)pair.old_image.len));
	assert_int_equal(run_device(&job), AGENT_E_DONE);
	free_pair(&pair);
}

/* -- what is refused --------------------------------------------------------------------------- */

/* Refused, and not a byte of flash has been touched. */
static void refuse(const struct agent_job *job, enum agent_err expected)
{
	model.ops = 0;
	assert_int_equal(run_device(job), expected);
	assert_int_equal(model.ops, 0);
	assert_true(agent_err_str(expected)[0] != '\0');
}

static void refuses_what_it_cannot_apply(void **state)
{
	static const struct ota_delta_plan bsdiff = {.format = "bsdiff"};
	static const struct ota_delta_plan lzma = {
		.format = "vcdiff", .window = 1024, .secondary = OTA_SECONDARY_LZMA};
	static const struct {
		const struct ota_delta_plan *plan;
		enum agent_err err;
	} cases[] = {{&bsdiff, AGENT_E_BSDIFF}, {&lzma, AGENT_E_SECONDARY}};

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		struct pair pair = pair_by(cases[i].plan);
		struct agent_job job = bare(&pair);

		make_device(of(&pair.old_image), of(&pair.patch), HALF_SIZE);
		refuse(&job, cases[i].err);
		free_pair(&pair);
	}
}

static void refuses_jobs_that_do_not_fit_the_device(void **state)
{
	struct pair pair = pair_by(&otd);
	struct agent_job job = bare(&pair);

	(void)state;
	make_device(of(&pair.old_image), of(&pair.patch), HALF_SIZE);
	job.takes_unsigned = false;
	refuse(&job, AGENT_E_UNSIGNED);
	job = bare(&pair);
	job.patch = SECONDARY;
	assert_true(flash_part_load(&model.part[SECONDARY], SECTOR, pair.patch.data,
				    (uint32_t)pair.patch.len));
	job.patch_at = SECTOR;
	refuse(&job, AGENT_E_PATCH_PLACE);
	job = bare(&pair);
	job.reserved = SLOT_SIZE - (uint32_t)pair.new_image.len + 1;
	refuse(&job, AGENT_E_NO_FIT);
	job.reserved--;
	assert_int_equal(run_device(&job), AGENT_OK);
	make_device(of(&pair.old_image), of(&pair.patch), SECTOR);
	job = bare(&pair);
	refuse(&job, AGENT_E_JOURNAL);
	job.every = 0;
	job.journal = AGENT_NO_AREA;
	refuse(&job, AGENT_E_JOURNAL);
	job = bare(&pair);
	job.secondary = AGENT_NO_AREA;
	refuse(&job, AGENT_E_SLOTS);
	/* Another old image. */
	make_device(of(&pair.new_image), of(&pair.patch), HALF_SIZE);
	job = bare(&pair);
	refuse(&job, AGENT_E_WRONG_BASE);
	free_pair(&pair);
}

/* Whatever the patch is, old and the way to it stay, and nothing is out of bounds. */
static void broken_patches_leave_old_alone(const struct ota_delta_plan *plan)
{
	struct pair pair = pair_by(plan);
	struct agent_job job = bare(&pair);

	for (size_t at = 0; at < pair.patch.len; at += at < 64 ? 1 : 7) {
		enum agent_err err;

		pair.patch.data[at] ^= (uint8_t)(1U << at % 8);
		make_device(of(&pair.old_image), of(&pair.patch), HALF_SIZE);
		err = run_device(&job);
		holds(PRIMARY, 0, of(&pair.old_image));
		if (err != AGENT_OK)
			has_marks(&job, AGENT_MARKS_NONE);
		else
			holds(SECONDARY, 0, of(&pair.new_image));
		pair.patch.data[at] ^= (uint8_t)(1U << at % 8);
		/* The same one cut off. */
		job.patch_size = (uint32_t)at;
		make_device(of(&pair.old_image), ota_span_of(pair.patch.data, at), HALF_SIZE);
		assert_int_not_equal(run_device(&job), AGENT_OK);
		has_marks(&job, AGENT_MARKS_NONE);
		job.patch_size = (uint32_t)pair.patch.len;
	}
	free_pair(&pair);
}

static void broken_patches_of_otd_leave_old_alone(void **state)
{
	(void)state;
	broken_patches_leave_old_alone(&otd);
}

static void broken_patches_of_vcdiff_leave_old_alone(void **state)
{
	(void)state;
	broken_patches_leave_old_alone(&vcdiff);
}

/* A broken patch that wrote a checkpoint is not gone on with: the right one begins anew. */
static void another_update_begins_anew(void **state)
{
	struct pair pair = pair_by(&otd);
	struct agent_job job = bare(&pair);
	uint8_t *last = &pair.patch.data[pair.patch.len - 1];

	(void)state;
	*last ^= 0x40;
	make_device(of(&pair.old_image), of(&pair.patch), HALF_SIZE);
	assert_int_not_equal(run_device(&job), AGENT_OK);
	assert_int_not_equal(run_device(&job), AGENT_OK);
	*last ^= 0x40;
	add_area(PATCH, SLOT_SIZE);
	assert_true(
		flash_part_load(&model.part[PATCH], 0, pair.patch.data, (uint32_t)pair.patch.len));
	assert_int_equal(run_device(&job), AGENT_OK);
	check_made(&pair, &job);
	free_pair(&pair);
}

/*
 * One update is half made, another one overwrites it and is given up before its first checkpoint;
 * then the first one comes again. Bare VCDIFF has no digest that would find out.
 */
static void goes_on_with_nothing_that_another_update_has_overwritten(void **state)
{
	struct pair pair = pair_by(&vcdiff);
	struct pair other = {.old_image = image_of(1, 0, NULL), .new_image = image_of(3, 0, NULL)};
	struct agent_job job = bare(&pair);
	struct agent_job other_job;

	(void)state;
	other.patch = patch_of(&vcdiff, of(&other.old_image), of(&other.new_image));
	other_job = bare(&other);
	other_job.patch_at = SLOT_SIZE / 2;
	other_job.every = 255;
	for (uint32_t phase = AGENT_MAKING; phase <= AGENT_MARKING; phase += 2) {
		make_device(of(&pair.old_image), of(&pair.patch), HALF_SIZE);
		assert_true(flash_part_load(&model.part[PATCH], other_job.patch_at,
					    other.patch.data, (uint32_t)other.patch.len));
		assert_int_equal(agent_begin(&agent, &job), AGENT_OK);
		while (agent.phase != phase || agent.made < 4 * SECTOR)
			assert_int_equal(agent_step(&agent), AGENT_OK);
		assert_int_equal(agent_begin(&agent, &other_job), AGENT_OK);
		while (agent.made < 4 * SECTOR)
			assert_int_equal(agent_step(&agent), AGENT_OK);
		assert_int_equal(run_device(&job), AGENT_OK);
		check_made(&pair, &job);
	}
	free_pair(&pair);
	free_pair(&other);
}

/* -- signed ------------------------------------------------------------------------------------ */

static const uint8_t vendor_a[OTA_TLV_UUID_SIZE] = {0xa};
static const uint8_t vendor_b[OTA_TLV_UUID_SIZE] = {0xb};

static struct pair signed_pair(const struct ota_delta_plan *plan, const char *key)
{
	struct pair pair = {.old_image = image_of(1, 5, vendor_a),
			    .new_image = image_of(2, 6, vendor_a)};

	pair.patch = sign_update(plan, &pair, key);
	return pair;
}

static struct ota_buf signed_image(void)
{
	static const uint8_t body[SECTOR] = {1};
	struct ota_key *key = vector_key(ED25519);
	struct ota_signer signer = {.key = key};
	struct ota_image_plan plan = {.pad_header = true, .signers = &signer, .n_signers = 1};
	struct ota_buf image = image_build(&plan, ota_span_of(body, sizeof(body)), NULL);

	ota_key_free(key);
	return image;
}

static struct agent_job signed_job(const struct pair *pair)
{
	struct agent_job job = two_slots;

	job.patch_size = (uint32_t)pair->patch.len;
	return job;
}

static void makes_signed_updates(void **state)
{
	const char *keys[] = {ED25519, P256};
	const struct ota_delta_plan *plans[] = {&otd, &vcdiff};

	(void)state;
	for (size_t i = 0; i < N(keys) * N(plans); i++) {
		struct pair pair = signed_pair(plans[i / 2], keys[i % 2]);
		struct agent_job job = signed_job(&pair);

		trusted = vector_key(keys[i % 2]);
		make_device(of(&pair.old_image), of(&pair.patch), HALF_SIZE);
		assert_int_equal(run_device(&job), AGENT_OK);
		check_made(&pair, &job);
		ota_key_free(trusted);
		free_pair(&pair);
	}
}

static void signed_updates_survive_a_cut_anywhere(void **state)
{
	struct pair pair = signed_pair(&otd, ED25519);
	struct agent_job job = signed_job(&pair);

	(void)state;
	trusted = vector_key(ED25519);
	job.every = 3;
	cut_everywhere(&pair, &job, HALF_SIZE, FLASH_CUT_TORN);
	ota_key_free(trusted);
	free_pair(&pair);
}

static void refuses_updates_of_another_key(void **state)
{
	struct pair pair = signed_pair(&otd, P256);
	struct agent_job job = signed_job(&pair);

	(void)state;
	trusted = vector_key(ED25519);
	make_device(of(&pair.old_image), of(&pair.patch), HALF_SIZE);
	refuse(&job, AGENT_E_SIGNATURE);
	ota_key_free(trusted);
	free_pair(&pair);
}

static void refuses_updates_that_differ_by_a_bit(void **state)
{
	struct pair pair = signed_pair(&otd, ED25519);
	struct agent_job job = signed_job(&pair);

	(void)state;
	trusted = vector_key(ED25519);
	for (size_t at = 0; at < pair.patch.len; at++) {
		pair.patch.data[at] ^= (uint8_t)(1U << at % 8);
		make_device(of(&pair.old_image), of(&pair.patch), HALF_SIZE);
		assert_int_not_equal(run_device(&job), AGENT_OK);
		assert_int_equal(model.ops, 0);
		pair.patch.data[at] ^= (uint8_t)(1U << at % 8);
		job.patch_size = (uint32_t)at;
		assert_int_not_equal(run_device(&job), AGENT_OK);
		assert_int_equal(model.ops, 0);
		job.patch_size = (uint32_t)pair.patch.len;
	}
	ota_key_free(trusted);
	free_pair(&pair);
}

static void refuses_updates_for_others(void **state)
{
	struct pair pair = signed_pair(&otd, ED25519);
	struct agent_job job = signed_job(&pair);
	const struct {
		struct ota_buf old_image;
		enum agent_err err;
	} cases[] = {
		{image_of(1, 5, vendor_b), AGENT_E_DEVICE},
		{image_of(1, 7, vendor_a), AGENT_E_COUNTER},
		{image_of(1, 4, vendor_a), AGENT_E_WRONG_BASE},
		{image_of(3, 5, vendor_a), AGENT_E_WRONG_BASE},
	};
	struct ota_buf image = signed_image();

	(void)state;
	trusted = vector_key(ED25519);
	for (size_t i = 0; i < N(cases); i++) {
		struct ota_buf old_image = cases[i].old_image;

		make_device(of(&old_image), of(&pair.patch), HALF_SIZE);
		refuse(&job, cases[i].err);
		ota_buf_free(&old_image);
	}
	/* A whole image, which the same key has signed. */
	make_device(of(&pair.old_image), of(&image), HALF_SIZE);
	job.patch_size = (uint32_t)image.len;
	refuse(&job, AGENT_E_UNKNOWN);
	job.patch_size = (uint32_t)pair.patch.len;
	make_device(of(&pair.old_image), of(&pair.patch), HALF_SIZE);
	job.counter_floor = 7;
	refuse(&job, AGENT_E_COUNTER);
	job.counter_floor = 6;
	job.patch = AGENT_STREAMED;
	stream = of(&pair.patch);
	refuse(&job, AGENT_E_STREAMED);
	ota_key_free(trusted);
	ota_buf_free(&image);
	free_pair(&pair);
}

/* A flash chip that answers otherwise once the signature has been verified. */
static void believes_only_what_was_verified(void **state)
{
	static const uint8_t counter_6[] = {0x50, 0, 4, 0, 6, 0, 0, 0};
	static uint8_t copy[SLOT_SIZE];
	struct pair pair = signed_pair(&otd, ED25519);
	struct agent_job job = signed_job(&pair);
	size_t at = 0;

	(void)state;
	trusted = vector_key(ED25519);
	make_device(of(&pair.old_image), of(&pair.patch), HALF_SIZE);
	job.counter_floor = 7;
	memcpy(copy, bytes[PATCH], SLOT_SIZE);
	while (memcmp(copy + at, counter_6, sizeof(counter_6)) != 0)
		assert_true(++at < pair.patch.len);
	copy[at + 4] = 9;
	swapped = copy;
	was_good = false;
	refuse(&job, AGENT_E_COUNTER);
	assert_true(was_good);
	swapped = NULL;
	ota_key_free(trusted);
	free_pair(&pair);
}

/* An update that was begun may not be gone on with by a device that it is not for any more. */
static void asks_whom_it_is_for_after_every_reset(void **state)
{
	struct pair pair = signed_pair(&otd, ED25519);
	struct agent_job job = signed_job(&pair);

	(void)state;
	trusted = vector_key(ED25519);
	make_device(of(&pair.old_image), of(&pair.patch), HALF_SIZE);
	assert_int_equal(agent_begin(&agent, &job), AGENT_OK);
	while (agent.made < 4 * SECTOR)
		assert_int_equal(agent_step(&agent), AGENT_OK);
	job.counter_floor = 7;
	refuse(&job, AGENT_E_COUNTER);
	job.counter_floor = 6;
	assert_int_equal(run_device(&job), AGENT_OK);
	check_made(&pair, &job);
	ota_key_free(trusted);
	free_pair(&pair);
}

/* -- in place ---------------------------------------------------------------------------------- */

static struct pair place_pair(uint32_t block, uint32_t lead)
{
	struct ota_delta_plan plan = {
		.format = "otd", .in_place = true, .block = block, .lead = lead};

	return pair_by(&plan);
}

static struct agent_job place_job(const struct pair *pair)
{
	struct agent_job job = bare(pair);

	job.secondary = AGENT_NO_AREA;
	return job;
}

static void makes_new_in_the_place_of_old(void **state)
{
	(void)state;
	for (uint32_t block = SECTOR; block <= 2 * SECTOR; block += SECTOR) {
		struct pair pair = place_pair(block, 2 * block);

		for (uint8_t every = 1; every <= 3; every++) {
			struct agent_job job = place_job(&pair);

			job.every = every;
			is_mapped = every == 2;
			make_device(of(&pair.old_image), of(&pair.patch), HALF_SIZE);
			assert_int_equal(run_device(&job), AGENT_OK);
			holds(PRIMARY, 0, of(&pair.new_image));
			assert_int_equal(run_device(&job), AGENT_E_DONE);
		}
		free_pair(&pair);
	}
}

static void in_place_survives_a_cut_anywhere(void **state)
{
	struct pair pair = place_pair(SECTOR, 3 * SECTOR);
	struct agent_job job = place_job(&pair);

	(void)state;
	is_mapped = true;
	for (unsigned cut = FLASH_CUT_CLEAN; cut <= FLASH_CUT_WEAK; cut++) {
		job.every = (uint8_t)(1 + cut);
		cut_everywhere(&pair, &job, HALF_SIZE, (enum flash_cut)cut);
	}
	free_pair(&pair);
}

static void in_place_survives_a_second_cut_while_it_goes_on(void **state)
{
	struct pair pair = place_pair(SECTOR, 2 * SECTOR);
	struct agent_job job = place_job(&pair);

	(void)state;
	is_mapped = true;
	job.every = 3;
	for (uint32_t second = 1; second < 100; second += 3) {
		for (uint32_t at = 1; at < 900; at += 13) {
			make_device(of(&pair.old_image), of(&pair.patch), HALF_SIZE);
			model.cut_at = at;
			model.cut = second % 2 > 0 ? FLASH_CUT_TORN : FLASH_CUT_WEAK;
			model.seed = at;
			next_cut = second;
			assert_int_equal(run_device(&job), AGENT_OK);
			next_cut = 0;
			model.cut_at = 0;
			holds(PRIMARY, 0, of(&pair.new_image));
			assert_int_equal(run_device(&job), AGENT_E_DONE);
		}
	}
	free_pair(&pair);
}

static void signed_in_place_survives_a_cut_anywhere(void **state)
{
	struct ota_delta_plan plan = {
		.format = "otd", .in_place = true, .block = SECTOR, .lead = 3 * SECTOR};
	struct pair pair = signed_pair(&plan, ED25519);
	struct agent_job job = signed_job(&pair);

	(void)state;
	job.secondary = AGENT_NO_AREA;
	job.every = 2;
	trusted = vector_key(ED25519);
	cut_everywhere(&pair, &job, HALF_SIZE, FLASH_CUT_TORN);
	ota_key_free(trusted);
	free_pair(&pair);
}

/* Old may be lost by then, but nothing but the slot and the journal is written. */
static void broken_patches_in_place_stay_in_bounds(void **state)
{
	struct pair pair = place_pair(SECTOR, 3 * SECTOR);
	struct agent_job job = place_job(&pair);

	(void)state;
	for (size_t at = 0; at < pair.patch.len; at += at < 64 ? 1 : 7) {
		pair.patch.data[at] ^= (uint8_t)(1U << at % 8);
		make_device(of(&pair.old_image), of(&pair.patch), HALF_SIZE);
		if (run_device(&job) == AGENT_OK)
			holds(PRIMARY, 0, of(&pair.new_image));
		assert_int_equal(model.refused, FLASH_OK);
		pair.patch.data[at] ^= (uint8_t)(1U << at % 8);
	}
	free_pair(&pair);
}

static void an_update_in_place_must_be_finished_first(void **state)
{
	struct pair pair = place_pair(SECTOR, 3 * SECTOR);
	struct pair other = place_pair(SECTOR, 4 * SECTOR);
	struct agent_job job = place_job(&pair);

	(void)state;
	make_device(of(&pair.old_image), of(&pair.patch), HALF_SIZE);
	model.cut_at = 120;
	if (setjmp(reboot) == 0) {
		assert_int_equal(agent_begin(&agent, &job), AGENT_OK);
		(void)agent_run(&agent);
		fail();
	}
	other.patch.data[other.patch.len - 1] ^= 1;
	add_area(PATCH, SLOT_SIZE);
	assert_true(flash_part_load(&model.part[PATCH], 0, other.patch.data,
				    (uint32_t)other.patch.len));
	job.patch_size = (uint32_t)other.patch.len;
	refuse(&job, AGENT_E_OTHER);
	assert_int_equal(agent_forget(&agent, &job), AGENT_E_OTHER);
	add_area(PATCH, SLOT_SIZE);
	assert_true(
		flash_part_load(&model.part[PATCH], 0, pair.patch.data, (uint32_t)pair.patch.len));
	job = place_job(&pair);
	assert_int_equal(run_device(&job), AGENT_OK);
	holds(PRIMARY, 0, of(&pair.new_image));
	free_pair(&pair);
	free_pair(&other);
}

static void in_place_refuses_what_cannot_be(void **state)
{
	struct pair pair = place_pair(SECTOR, 3 * SECTOR);
	struct agent_job job = place_job(&pair);

	(void)state;
	make_device(of(&pair.old_image), of(&pair.patch), HALF_SIZE);
	job.secondary = SECONDARY;
	refuse(&job, AGENT_E_SLOTS);
	job = place_job(&pair);
	job.journal = AGENT_NO_AREA;
	refuse(&job, AGENT_E_JOURNAL);
	job = place_job(&pair);
	job.every = 255;
	refuse(&job, AGENT_E_NO_FIT);
	job = place_job(&pair);
	job.patch = AGENT_STREAMED;
	stream = of(&pair.patch);
	refuse(&job, AGENT_E_STREAMED);
	job = place_job(&pair);
	make_device(of(&pair.new_image), of(&pair.patch), HALF_SIZE);
	refuse(&job, AGENT_E_WRONG_BASE);
	free_pair(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(makes_the_new_image_of_every_format),
		cmocka_unit_test(makes_it_in_every_tier),
		cmocka_unit_test(makes_it_of_a_stream),
		cmocka_unit_test(puts_new_behind_the_first_sector_for_swap_offset),
		cmocka_unit_test(makes_new_images_of_any_size),
		cmocka_unit_test(goes_on_from_the_last_checkpoint),
		cmocka_unit_test(otd_survives_a_cut_anywhere),
		cmocka_unit_test(vcdiff_survives_a_cut_anywhere),
		cmocka_unit_test(survives_a_cut_where_new_shares_a_sector_with_the_marks),
		cmocka_unit_test(survives_a_second_cut_while_it_goes_on),
		cmocka_unit_test(nothing_half_made_is_ever_marked),
		cmocka_unit_test(takes_a_patch_at_the_end_of_the_secondary),
		cmocka_unit_test(without_a_journal_a_cut_starts_again),
		cmocka_unit_test(writes_the_trailer_of_every_alignment_on_any_flash),
		cmocka_unit_test(an_image_on_trial_is_confirmed_once),
		cmocka_unit_test(nothing_is_begun_while_the_image_is_on_trial),
		cmocka_unit_test(an_update_that_was_taken_is_not_made_again),
		cmocka_unit_test(refuses_what_it_cannot_apply),
		cmocka_unit_test(refuses_jobs_that_do_not_fit_the_device),
		cmocka_unit_test(broken_patches_of_otd_leave_old_alone),
		cmocka_unit_test(broken_patches_of_vcdiff_leave_old_alone),
		cmocka_unit_test(another_update_begins_anew),
		cmocka_unit_test(goes_on_with_nothing_that_another_update_has_overwritten),
		cmocka_unit_test(makes_signed_updates),
		cmocka_unit_test(signed_updates_survive_a_cut_anywhere),
		cmocka_unit_test(refuses_updates_of_another_key),
		cmocka_unit_test(refuses_updates_that_differ_by_a_bit),
		cmocka_unit_test(refuses_updates_for_others),
		cmocka_unit_test(believes_only_what_was_verified),
		cmocka_unit_test(asks_whom_it_is_for_after_every_reset),
		cmocka_unit_test(makes_new_in_the_place_of_old),
		cmocka_unit_test(in_place_survives_a_cut_anywhere),
		cmocka_unit_test(in_place_survives_a_second_cut_while_it_goes_on),
		cmocka_unit_test(signed_in_place_survives_a_cut_anywhere),
		cmocka_unit_test(broken_patches_in_place_stay_in_bounds),
		cmocka_unit_test(an_update_in_place_must_be_finished_first),
		cmocka_unit_test(in_place_refuses_what_cannot_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
