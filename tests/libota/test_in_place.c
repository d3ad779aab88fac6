// SPDX-License-Identifier: Apache-2.0
/*
 * Room, journal and wear of updates in place, against a flash on which each byte is moved, each
 * record is written and each sector is erased one by one.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <ota/delta.h>
#include <ota/in_place.h>

#include "budgets.h"

#define SLOT_MAX    65536U
#define JOURNAL_MAX 65536U
#define SECTORS_MAX (SLOT_MAX / 128)
#define TRAILER     160U /* of BOOT_MAX_ALIGN 32: 4 * 32 + 32 */
#define NONE        UINT32_MAX

/* -- a flash ----------------------------------------------------------------------------------- */

struct flash {
	uint32_t slot[SLOT_MAX]; /* the offset in old that lies there, or NONE */
	uint32_t sector;
	unsigned slot_erases[SECTORS_MAX];
	uint64_t highest; /* one past the last byte that was erased */
	/* journal */
	uint64_t half;
	unsigned half_erases[2];
	unsigned writing;
	uint64_t at; /* in that half */
	uint64_t written;
};

static void erase_block(struct flash *flash, uint64_t at, uint32_t block)
{
	for (uint64_t i = at; i < at + block; i++)
		flash->slot[i] = NONE;
	for (uint64_t i = at / flash->sector; i < (at + block) / flash->sector; i++)
		flash->slot_erases[i]++;
	if (at + block > flash->highest)
		flash->highest = at + block;
}

static void record(struct flash *flash, uint64_t len)
{
	if (len > flash->half - flash->at) {
		flash->writing ^= 1U;
		flash->half_erases[flash->writing]++;
		flash->at = 0;
	}
	flash->at += len;
	flash->written += len;
}

/* The last bytes first; what is copied must not have been overwritten. */
static void move_old(struct flash *flash, const struct ota_in_place *place, uint64_t mark)
{
	uint64_t shift = ota_in_place_shift(place);
	uint64_t blocks = (place->old_len + place->block - 1) / place->block;

	record(flash, mark);
	for (uint64_t i = 0; i < blocks; i++) {
		uint64_t from = (blocks - 1 - i) * place->block;

		erase_block(flash, from + shift, place->block);
		for (uint64_t q = from; q < from + place->block && q < place->old_len; q++) {
			assert_int_equal(flash->slot[q], q);
			flash->slot[q + shift] = (uint32_t)q;
		}
		/* A cut before the next mark moves up to `every` blocks again. */
		if ((i + 1) % place->every == 0 || i + 1 == blocks)
			record(flash, mark);
	}
}

/* What the patch may read while the block at `at` is made must be there. */
static void assert_readable(const struct flash *flash, const struct ota_in_place *place,
			    uint64_t at)
{
	uint64_t shift = ota_in_place_shift(place);

	for (uint64_t q = 0; q < place->old_len; q++) {
		if (q + place->lead >= (at / place->block + 1) * place->block &&
		    flash->slot[q + shift] != q)
			fail_msg("block at %" PRIu64 ": old byte %" PRIu64 " is gone", at, q);
	}
}

static void make_new(struct flash *flash, const struct ota_in_place *place,
		     const struct ota_journal *journal)
{
	uint64_t span = (uint64_t)place->block * place->every;
	uint64_t end = (place->new_len + place->block - 1) / place->block * place->block;

	for (uint64_t at = 0; at < end; at += span) {
		record(flash, journal->checkpoint);
		for (uint64_t i = at; i < end && i < at + span; i += place->block)
			erase_block(flash, i, place->block);
		/* Cut now, it goes on at the checkpoint. */
		assert_readable(flash, place, at);
	}
	record(flash, journal->mark);
}

/* -- random devices ---------------------------------------------------------------------------- */

static uint32_t seed;

static uint32_t some(uint32_t least, uint32_t most)
{
	seed = seed * 1664525U + 1013904223U;
	return least + (seed >> 8) % (most - least + 1);
}

#define BOARD                                                                                      \
	"name: b\nflash: {sectors: [%u*%u], write: %u}\nram: 64K\n"                                \
	"updater: {ram: 16K, in-place: true, block: %u, checkpoint-every: %u, patch: streamed,\n"  \
	"          journal: %u+%u}\n"                                                              \
	"mcuboot: {mode: %s, max-align: 32, max-sectors: 4096, primary: 0x0+%u}\n"

struct device {
	struct ota_target target;
	uint32_t sector;
	uint64_t state;
};

static struct device device(void)
{
	struct device device = {.sector = 128U << some(0, 5), .state = 1024U << some(0, 2)};
	uint32_t slots = some(8, SLOT_MAX / device.sector);
	uint32_t half =
		some((uint32_t)device.state / device.sector, 3 * 4096 / device.sector + 1) + 1;
	uint32_t block = device.sector << some(0, 3);
	char yaml[1024];

	(void)snprintf(yaml, sizeof(yaml), BOARD, slots + 2 * half, device.sector, 1U << some(0, 5),
		       block, some(1, 4), slots * device.sector, 2 * half * device.sector,
		       some(0, 1) ? "single-slot" : "firmware-loader", slots * device.sector);
	device.target = budget_board(yaml);
	return device;
}

static uint64_t total(const unsigned *counts, size_t n, unsigned *most)
{
	uint64_t sum = 0;

	*most = 0;
	for (size_t i = 0; i < n; i++) {
		sum += counts[i];
		*most = counts[i] > *most ? counts[i] : *most;
	}
	return sum;
}

static void assert_wear(const struct flash *flash, const struct ota_in_place *place,
			const struct device *device, const struct ota_journal *journal)
{
	struct ota_wear wear;
	unsigned most[2];

	ota_wear_in_place(&device->target, place, journal, &wear);
	assert_int_equal(wear.primary.erases, total(flash->slot_erases, SECTORS_MAX, &most[0]));
	assert_int_equal(wear.primary.hottest, most[0]);
	assert_int_equal(journal->erases, total(flash->half_erases, 2, &most[1]));
	assert_int_equal(wear.journal.hottest, most[1]);
	assert_int_equal(wear.journal.erases, journal->erases * (flash->half / device->sector));
	assert_int_equal(wear.journal.written, flash->written);
	assert_int_equal(wear.erases, wear.primary.erases + wear.journal.erases);
}

static void run_update(const struct device *device, const struct ota_in_place *place)
{
	struct flash *flash = calloc(1, sizeof(*flash));
	struct ota_journal journal;

	assert_non_null(flash);
	ota_journal_count(&device->target, place, device->state, &journal);
	assert_true(journal.fits);
	flash->sector = device->sector;
	flash->half = journal.half;
	flash->at = flash->half;
	flash->writing = 1;
	for (uint32_t i = 0; i < SLOT_MAX; i++)
		flash->slot[i] = i < place->old_len ? i : NONE;
	move_old(flash, place, journal.mark);
	make_new(flash, place, &journal);
	assert_true(flash->highest <= ota_in_place_usable(&device->target, place->block));
	assert_wear(flash, place, device, &journal);
	free(flash);
}

static void what_is_counted_is_what_a_flash_sees(void **state)
{
	unsigned planned = 0;

	(void)state;
	seed = 1;
	for (unsigned i = 0; i < 400; i++) {
		struct device one = device();
		uint32_t slot = one.target.primary.len;
		struct ota_in_place place = {.old_len = some(1, slot), .new_len = some(1, slot)};

		if (ota_in_place_plan(&one.target, &place, NULL) != OTA_OK)
			continue;
		planned++;
		run_update(&one, &place);
		/* What a patch asks for is less at times. */
		place.lead = place.block * some(1, place.lead / place.block);
		run_update(&one, &place);
	}
	assert_true(planned > 50);
}

/* One block less of lead would be enough room for more; one more does not fit, or is of no use. */
static void the_planned_lead_is_the_largest_that_fits(void **state)
{
	(void)state;
	seed = 2;
	for (unsigned i = 0; i < 400; i++) {
		struct device one = device();
		uint32_t slot = one.target.primary.len;
		struct ota_in_place place = {.old_len = some(1, slot), .new_len = some(1, slot)};
		enum ota_err err = ota_in_place_plan(&one.target, &place, NULL);
		uint64_t block = place.block;
		uint64_t usable = ota_in_place_usable(&one.target, place.block);
		uint64_t old_end = (place.old_len + block - 1) / block * block;
		uint64_t new_end = (place.new_len + block - 1) / block * block;

		assert_true(usable <= slot - TRAILER && slot - TRAILER - usable < block);
		if (err == OTA_OK) {
			assert_int_equal(place.lead % block, 0);
			assert_true(old_end + ota_in_place_shift(&place) <= usable);
			assert_true(old_end + ota_in_place_shift(&place) + block > usable ||
				    place.lead == new_end);
			continue;
		}
		assert_int_equal(err, OTA_E_NO_FIT);
		place.lead = (uint32_t)ota_in_place_least_lead(&place);
		assert_true(new_end > usable || old_end + ota_in_place_shift(&place) > usable);
	}
}

/* -- by hand ----------------------------------------------------------------------------------- */

#define HAND                                                                                       \
	"name: b\nflash: {sectors: [64*1K], write: 8}\nram: 64K\n"                                 \
	"updater: {ram: 16K, in-place: true, patch: 0xc000+4K, journal: 0xd000+12K, block: "       \
	"2K%s}\n"                                                                                  \
	"mcuboot: {mode: single-slot, max-align: 8, max-sectors: 64, primary: 0x0+48K}\n"

static struct ota_target hand(const char *more)
{
	char yaml[512];

	(void)snprintf(yaml, sizeof(yaml), HAND, more);
	return budget_board(yaml);
}

/* 48 KiB less the trailer's 48 bytes are 23 blocks of 2 KiB. */
static void fits_to_the_block_and_fails_with_one_more(void **state)
{
	struct ota_target target = hand("");
	struct ota_in_place place = {.old_len = 22U * 2048, .new_len = 22U * 2048};
	struct ota_diag diag = {.err = OTA_OK};

	(void)state;
	assert_int_equal(ota_in_place_plan(&target, &place, &diag), OTA_OK);
	assert_int_equal(place.lead, 2048);
	place.old_len++;
	assert_int_equal(ota_in_place_plan(&target, &place, &diag), OTA_E_NO_FIT);
	assert_string_equal(diag.text,
			    "old image takes 47,104 bytes and must be moved up by 2,048 at least, "
			    "the slot of b holds 47,104 before its trailer");
	assert_non_null(strstr(diag.hint, "2,048 bytes too many"));
	/* One byte of growth is one block more that old must make way. */
	place.old_len = 21U * 2048;
	place.new_len = 21U * 2048 + 1;
	assert_int_equal(ota_in_place_plan(&target, &place, NULL), OTA_OK);
	assert_int_equal(place.lead, 4096);
	place.old_len = 22U * 2048;
	place.new_len = 22U * 2048 + 1;
	assert_int_equal(ota_in_place_plan(&target, &place, NULL), OTA_E_NO_FIT);
	place.old_len = 1;
	place.new_len = 23U * 2048 + 1;
	diag = (struct ota_diag){.err = OTA_OK};
	assert_int_equal(ota_in_place_plan(&target, &place, &diag), OTA_E_NO_FIT);
	assert_string_equal(diag.text, "new image takes 49,152 bytes in blocks of 2,048, the slot "
				       "of b holds 47,104 before its trailer");
}

static void checkpoints_that_are_farther_apart_cost_room(void **state)
{
	struct ota_target target = hand(", checkpoint-every: 4");
	struct ota_in_place place = {.old_len = 19U * 2048, .new_len = 19U * 2048};

	(void)state;
	assert_int_equal(ota_in_place_plan(&target, &place, NULL), OTA_OK);
	assert_int_equal(place.lead, 2048);
	assert_int_equal(ota_in_place_shift(&place), 4U * 2048);
	place.old_len++;
	assert_int_equal(ota_in_place_plan(&target, &place, NULL), OTA_E_NO_FIT);
}

static void a_record_is_head_state_and_checksum_in_whole_write_units(void **state)
{
	struct ota_target target = hand("");
	struct ota_in_place place = {
		.block = 2048, .every = 1, .lead = 4096, .old_len = 20000, .new_len = 20000};
	struct ota_journal journal;

	(void)state;
	ota_journal_count(&target, &place, 4096, &journal);
	assert_int_equal(journal.half, 6144);
	assert_int_equal(journal.mark, 40);
	assert_int_equal(journal.checkpoint, 4136);
	/* Begun, 10 blocks moved, done; 10 blocks made. */
	assert_int_equal(journal.marks, 12);
	assert_int_equal(journal.checkpoints, 10);
	/* The marks leave room for the first checkpoint, and the last one for "done". */
	assert_int_equal(journal.erases, 10);
	ota_journal_count(&target, &place, 6144 - 36, &journal);
	assert_true(journal.fits);
	ota_journal_count(&target, &place, 6144 - 35, &journal);
	assert_false(journal.fits);
	assert_int_equal(journal.erases, 0);
	/* In two slots nothing is moved, and the start is known without a record. */
	place.lead = 0;
	target.layout.mode = OTA_MODE_SWAP_MOVE;
	assert_int_equal(ota_sectors_parse("24*2048", &target.layout.secondary, NULL), OTA_OK);
	ota_journal_count(&target, &place, 4096, &journal);
	assert_int_equal(journal.marks, 2);
	assert_int_equal(journal.checkpoints, 9);
	assert_int_equal(journal.erases, 9);
}

/* They were counted as if each were as large as the largest. */
static void in_two_slots_checkpoints_are_due_at_sectors_of_any_size(void **state)
{
	static const struct {
		const char *sectors;
		enum ota_mode mode;
		uint32_t every;
		uint64_t new_len;
		uint64_t checkpoints;
	} cases[] = {
		{"4*16K+1*64K+1*128K", OTA_MODE_OVERWRITE_ONLY, 1, 65536, 3},
		{"4*16K+1*64K+1*128K", OTA_MODE_OVERWRITE_ONLY, 1, 65537, 4},
		{"4*16K+1*64K+1*128K", OTA_MODE_OVERWRITE_ONLY, 1, 131073, 5},
		{"4*16K+1*64K+1*128K", OTA_MODE_OVERWRITE_ONLY, 2, 131073, 2},
		{"4*16K+1*64K+1*128K", OTA_MODE_OVERWRITE_ONLY, 255, 131073, 0},
		{"4*16K+1*64K+1*128K", OTA_MODE_OVERWRITE_ONLY, 1, UINT32_MAX, 5},
		{"4*16K", OTA_MODE_SWAP_OFFSET, 1, 16384, 0},
		{"4*16K", OTA_MODE_SWAP_OFFSET, 1, 16385, 1},
		{"4*16K", OTA_MODE_OVERWRITE_ONLY, 1, 0, 0},
	};
	struct ota_target target = hand("");
	struct ota_journal journal;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct ota_in_place place = {.every = cases[i].every,
						   .new_len = cases[i].new_len};

		target.layout.mode = cases[i].mode;
		assert_int_equal(
			ota_sectors_parse(cases[i].sectors, &target.layout.secondary, NULL),
			OTA_OK);
		ota_journal_count(&target, &place, 1024, &journal);
		if (journal.checkpoints != cases[i].checkpoints)
			fail_msg("%zu: %" PRIu64 " checkpoints", i, journal.checkpoints);
	}
}

static void blocks_must_end_where_sectors_end(void **state)
{
	static const struct {
		const char *sectors;
		uint32_t block;
		uint64_t usable;
		bool erasable;
	} cases[] = {
		{"64*2048", 2048, 131072, true},
		{"64*2048", 4096, 131072, true},
		{"64*2048", 1024, 131072, false},
		{"64*2048", 1024, 0, true},
		{"4*16K+1*64K+1*128K", 131072, 262144, true},
		{"4*16K+1*64K+1*128K", 65536, 262144, false},
		{"4*16K+1*64K+1*128K", 65536, 131072, true},
		{"2*16K+1*64K+1*128K", 131072, 131072, false},
		{"100*3072", 4096, 4095, true},
		{"100*3072", 4096, 4096, false},
		{"100*3072", 4096, 12288, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ota_sectors sectors;

		assert_int_equal(ota_sectors_parse(cases[i].sectors, &sectors, NULL), OTA_OK);
		if (ota_in_place_erasable(&sectors, cases[i].block, cases[i].usable) !=
		    cases[i].erasable)
			fail_msg("%s in blocks of %" PRIu32 " up to %" PRIu64, cases[i].sectors,
				 cases[i].block, cases[i].usable);
	}
}

static void without_a_word_a_block_is_the_largest_sector(void **state)
{
	struct ota_target target = hand("");
	struct ota_diag diag = {.err = OTA_OK};
	uint32_t block = 0;

	(void)state;
	target.in_place_block = 0;
	assert_int_equal(ota_in_place_block(&target, &block, NULL), OTA_OK);
	assert_int_equal(block, 1024);
	block = 512;
	assert_int_equal(ota_in_place_block(&target, &block, &diag), OTA_E_NO_FIT);
	assert_non_null(strstr(diag.text, "cannot be erased in blocks of 512 bytes"));
	target.in_place = false;
	block = 0;
	assert_int_equal(ota_in_place_block(&target, &block, NULL), OTA_E_USAGE);
	assert_int_equal(ota_target_builtin("lora-node-wle5", &target, NULL), OTA_OK);
	assert_int_equal(ota_in_place_block(&target, &block, NULL), OTA_OK);
	assert_int_equal(block, 8192);
	assert_int_equal(ota_in_place_usable(&target, block), 22U * 8192);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_counted_is_what_a_flash_sees),
		cmocka_unit_test(the_planned_lead_is_the_largest_that_fits),
		cmocka_unit_test(fits_to_the_block_and_fails_with_one_more),
		cmocka_unit_test(checkpoints_that_are_farther_apart_cost_room),
		cmocka_unit_test(a_record_is_head_state_and_checksum_in_whole_write_units),
		cmocka_unit_test(in_two_slots_checkpoints_are_due_at_sectors_of_any_size),
		cmocka_unit_test(blocks_must_end_where_sectors_end),
		cmocka_unit_test(without_a_word_a_block_is_the_largest_sector),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
