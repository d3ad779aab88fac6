// SPDX-License-Identifier: Apache-2.0
/* The size arithmetic against bootutil's own answers, and against a slow model of its loops. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <ota/budget.h>
#include <ota/mcuboot.h>
#include <ota/target.h>

#include "vectors.h"

static struct ota_sectors sectors(const char *text)
{
	struct ota_sectors list = {.n = 0};
	struct ota_diag diag = {.err = OTA_OK};

	if (ota_sectors_parse(text, &list, &diag) != OTA_OK)
		fail_msg("%s: %s", text, diag.text);
	return list;
}

static struct ota_flash_layout layout_of(enum ota_mode mode, const char *primary,
					 const char *secondary, const char *scratch)
{
	struct ota_flash_layout layout = {
		.mode = mode, .write_size = 8, .max_align = 8, .max_sectors = 256};

	layout.primary = sectors(primary);
	if (secondary)
		layout.secondary = sectors(secondary);
	if (scratch)
		layout.scratch = sectors(scratch);
	return layout;
}

static struct ota_flash_limits limits_of(const struct ota_flash_layout *layout)
{
	struct ota_flash_limits limits;
	struct ota_diag diag = {.err = OTA_OK};

	if (ota_flash_limits(layout, &limits, &diag) != OTA_OK)
		fail_msg("%s", diag.text);
	assert_int_equal(limits.compatible, limits.reason[0] == '\0');
	if (!limits.compatible)
		assert_int_equal(limits.max_image, 0);
	return limits;
}

static void assert_refused(const struct ota_flash_layout *layout, const char *reason)
{
	struct ota_flash_limits limits = limits_of(layout);

	assert_false(limits.compatible);
	assert_string_equal(limits.reason, reason);
}

static void assert_max_image(const struct ota_flash_layout *layout, uint64_t max_image)
{
	struct ota_flash_limits limits = limits_of(layout);

	if (!limits.compatible)
		fail_msg("%s", limits.reason);
	assert_int_equal(limits.max_image, max_image);
}

/* -- bootutil's answers ------------------------------------------------------------------------ */

/* A row: what is given, and what bootutil made of it. */
struct row {
	struct ota_flash_layout layout;
	int compatible;
	uint64_t trailer, scratch_trailer, max_image;
};

static void read_row(const char *line, struct row *row)
{
	char mode[32], primary[160], secondary[160], scratch[160];
	struct ota_flash_layout *layout = &row->layout;

	*layout = (struct ota_flash_layout){.enc_key = 0};
	if (sscanf(line,
		   "%31s %" SCNu32 " %" SCNu32 " %" SCNu32 " %159s %159s %159s %d %" SCNu64
		   " %" SCNu64 " %" SCNu64,
		   mode, &layout->write_size, &layout->max_align, &layout->max_sectors, primary,
		   secondary, scratch, &row->compatible, &row->trailer, &row->scratch_trailer,
		   &row->max_image) != 11)
		fail_msg("not a row: %s", line);
	assert_int_equal(ota_mode_parse(mode, &layout->mode), OTA_OK);
	layout->primary = sectors(primary);
	layout->secondary = sectors(secondary);
	layout->scratch = sectors(scratch);
}

static void agrees_with_every_row_that_bootutil_computed(void **state)
{
	struct ota_buf file = vector_read("mcuboot_geometry.tsv");
	char *save = NULL;
	unsigned rows = 0;

	(void)state;
	assert_int_equal(ota_buf_append(&file, ota_span_of("", 1), NULL), OTA_OK);
	for (char *line = strtok_r((char *)file.data, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		struct row row;
		struct ota_flash_limits limits;

		if (line[0] == '#')
			continue;
		rows++;
		read_row(line, &row);
		limits = limits_of(&row.layout);
		if (limits.compatible != (row.compatible == 1) || limits.trailer != row.trailer ||
		    limits.scratch_trailer != row.scratch_trailer ||
		    limits.max_image != (row.compatible == 1 ? row.max_image : 0) ||
		    /* Incompatible rows hold the sum alone, which with scratch is never asked for.
		     */
		    limits.bare_image != row.max_image)
			fail_msg("%s\nis here: %d %" PRIu64 " %" PRIu64 " %" PRIu64 " %s", line,
				 limits.compatible, limits.trailer, limits.scratch_trailer,
				 limits.max_image, limits.reason);
	}
	assert_int_equal(rows, 4900);
	ota_buf_free(&file);
}

/* The columns of mcuboot_sizes.tsv. */
enum column {
	C_MODE,
	C_ALIGN,
	C_MAX_SECTORS,
	C_ENC,
	C_PRIMARY,
	C_SECONDARY,
	C_SECTOR,
	C_WRITE,
	C_SCRATCH,
	C_TRAILER,
	C_STATUS,
	C_SCRATCH_TRAILER,
	C_MAGIC,
	C_IMAGE_OK,
	C_COPY_DONE,
	C_SWAP_INFO,
	C_TLV_SIZES,
	C_SWAP_SIZE,
	C_COMPATIBLE,
	C_MAX_IMAGE,
	C_IMGTOOL_TRAILER,
	C_IMGTOOL_MAX_IMAGE,
	COLUMNS,
};

/* A value; "-" is none, and 0. */
static uint64_t number_in(char *const *field, enum column column)
{
	return field[column] ? strtoull(field[column], NULL, 10) : 0;
}

static uint32_t small_in(char *const *field, enum column column)
{
	return (uint32_t)number_in(field, column);
}

static struct ota_sectors uniform(uint64_t bytes, uint32_t sector)
{
	struct ota_sectors list = {.n = bytes > 0 ? 1 : 0};

	assert_int_equal(bytes % sector, 0);
	list.run[0] = (struct ota_sector_run){(uint32_t)(bytes / sector), sector};
	return list;
}

static struct ota_flash_layout layout_in(char *const *field)
{
	uint32_t sector = small_in(field, C_SECTOR);
	struct ota_flash_layout layout = {.write_size = small_in(field, C_WRITE),
					  .max_align = small_in(field, C_ALIGN),
					  .max_sectors = small_in(field, C_MAX_SECTORS)};

	assert_int_equal(ota_mode_parse(field[C_MODE], &layout.mode), OTA_OK);
	assert_int_equal(ota_boot_encryption_parse(field[C_ENC], &layout.enc_key), OTA_OK);
	layout.primary = uniform(number_in(field, C_PRIMARY), sector);
	layout.secondary = uniform(number_in(field, C_SECONDARY), sector);
	layout.scratch = uniform(number_in(field, C_SCRATCH), sector);
	return layout;
}

static void check_sizes(char *const *field)
{
	struct ota_flash_layout layout = layout_in(field);
	struct ota_flash_limits limits = limits_of(&layout);
	const struct ota_trailer_fields *from_end = &limits.from_end;

	assert_true(limits.compatible);
	assert_int_equal(limits.trailer, number_in(field, C_TRAILER));
	assert_int_equal(limits.status, number_in(field, C_STATUS));
	assert_int_equal(limits.scratch_trailer, number_in(field, C_SCRATCH_TRAILER));
	assert_int_equal(from_end->magic, number_in(field, C_MAGIC));
	assert_int_equal(from_end->image_ok, number_in(field, C_IMAGE_OK));
	assert_int_equal(from_end->copy_done, number_in(field, C_COPY_DONE));
	assert_int_equal(from_end->swap_info, number_in(field, C_SWAP_INFO));
	assert_int_equal(from_end->unprotected_tlv_sizes, number_in(field, C_TLV_SIZES));
	assert_int_equal(from_end->swap_size, number_in(field, C_SWAP_SIZE));
	assert_int_equal(limits.max_image, number_in(field, C_MAX_IMAGE));
}

/* imgtool knows no mode but --overwrite-only; the keys of encrypted rows are not at hand here. */
static void check_imgtool(char *const *field)
{
	bool overwrite = strcmp(field[C_MODE], "overwrite-only") == 0;
	struct ota_image_plan plan = {.align = small_in(field, C_WRITE),
				      .max_align = small_in(field, C_ALIGN),
				      .has_max_sectors = true,
				      .max_sectors = small_in(field, C_MAX_SECTORS),
				      .overwrite_only = overwrite};
	uint64_t primary = number_in(field, C_PRIMARY);
	uint64_t secondary = number_in(field, C_SECONDARY);
	uint64_t trailer = ota_image_trailer_size(&plan);

	if (strcmp(field[C_ENC], "none") != 0)
		return;
	assert_int_equal(trailer, number_in(field, C_IMGTOOL_TRAILER));
	/* An image goes to either slot: the smaller one is what imgtool is told. */
	assert_int_equal((primary < secondary ? primary : secondary) - trailer,
			 number_in(field, C_IMGTOOL_MAX_IMAGE));
}

static void agrees_with_every_size_and_offset_that_bootutil_computed(void **state)
{
	struct ota_buf file = vector_read("mcuboot_sizes.tsv");
	char *save = NULL;
	unsigned rows = 0;

	(void)state;
	assert_int_equal(ota_buf_append(&file, ota_span_of("", 1), NULL), OTA_OK);
	for (char *line = strtok_r((char *)file.data, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		char *field[COLUMNS] = {NULL};
		char *rest = NULL;
		unsigned n = 0;

		if (line[0] == '#')
			continue;
		for (char *word = strtok_r(line, "\t", &rest); word && n < COLUMNS;
		     word = strtok_r(NULL, "\t", &rest))
			field[n++] = word;
		assert_int_equal(n, COLUMNS);
		check_sizes(field);
		check_imgtool(field);
		rows++;
	}
	assert_int_equal(rows, 294);
	ota_buf_free(&file);
}

/* -- a slow model: bootutil's loops over one array element a sector -----------------------------
 */

#define MODEL_MAX 4096

struct slot {
	size_t n;
	uint64_t size[MODEL_MAX];
	uint64_t bytes;
};

static void expand(const struct ota_sectors *list, struct slot *slot)
{
	slot->n = 0;
	slot->bytes = 0;
	for (unsigned i = 0; i < list->n; i++) {
		for (uint32_t k = 0; k < list->run[i].count; k++) {
			assert_true(slot->n < MODEL_MAX);
			slot->size[slot->n++] = list->run[i].size;
			slot->bytes += list->run[i].size;
		}
	}
}

/* swap_scratch.c, boot_slots_compatible; -1 where it would leave an array. Fills `usable`. */
static int model_compatible(const struct slot *p, const struct slot *s, uint64_t scratch,
			    uint64_t *usable)
{
	uint64_t sz0 = 0, sz1 = 0, primary = 0, secondary = 0;
	size_t i = 0, j = 0;
	int smaller = 0;

	while (i < p->n || j < s->n) {
		bool both = sz0 == sz1;
		bool first = both || sz0 < sz1;

		if ((first && i == p->n) || ((both || !first) && j == s->n))
			return -1;
		if (!both && smaller == (first ? 2 : 1))
			return 0;
		if (!both)
			smaller = first ? 1 : 2;
		if (first)
			sz0 += p->size[i++];
		if (both || !first)
			sz1 += s->size[j++];
		if (sz0 != sz1)
			continue;
		if (sz0 > scratch)
			return 0;
		primary += sz0;
		secondary += sz1;
		sz0 = sz1 = 0;
		smaller = 0;
	}
	*usable = primary;
	return primary == secondary;
}

/* get_first_trailer_sector_end_off */
static uint64_t model_trailer_sector_end(const struct slot *slot, uint64_t trailer)
{
	size_t first = slot->n - 1;
	uint64_t sum = slot->size[first];
	uint64_t end = 0;

	while (sum < trailer)
		sum += slot->size[--first];
	for (size_t i = 0; i <= first; i++)
		end += slot->size[i];
	return end;
}

/* app_max_size; below zero where bootutil would wrap. */
static int64_t model_swap_scratch(const struct ota_flash_layout *layout, int *compatible)
{
	static struct slot p, s, x;
	uint64_t info = 4 * layout->max_align + ota_trailer_magic_field(layout->max_align);
	uint64_t trailer = 3ULL * layout->write_size * layout->max_sectors + info;
	uint64_t in_scratch = 3ULL * layout->write_size + info;
	uint64_t usable = 0, end, other, first;

	expand(&layout->primary, &p);
	expand(&layout->secondary, &s);
	expand(&layout->scratch, &x);
	*compatible = p.n <= layout->max_sectors && s.n <= layout->max_sectors &&
		      x.n <= layout->max_sectors && model_compatible(&p, &s, x.bytes, &usable) == 1;
	if (!*compatible)
		return 0;
	if (trailer > p.bytes || trailer > s.bytes)
		return -1;
	end = model_trailer_sector_end(&p, trailer);
	other = model_trailer_sector_end(&s, trailer);
	first = (end > other ? end : other) - (usable - trailer);
	return (int64_t)usable - (int64_t)trailer -
	       (in_scratch > first ? (int64_t)(in_scratch - first) : 0);
}

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525U + 1013904223U;
	return *seed >> 8;
}

static void random_list(uint32_t *seed, char *text, size_t cap)
{
	unsigned runs = 1 + next_random(seed) % 3;
	size_t at = 0;

	for (unsigned i = 0; i < runs; i++)
		at += (size_t)snprintf(text + at, cap - at, "%s%u*%u", i ? "+" : "",
				       1 + next_random(seed) % 6, 512U << next_random(seed) % 4);
}

static void agrees_with_a_model_of_the_loops_on_nested_sectors(void **state)
{
	uint32_t seed = 7;
	unsigned fitting = 0;

	(void)state;
	for (unsigned i = 0; i < 6000; i++) {
		char primary[128], secondary[128];
		struct ota_flash_layout layout;
		struct ota_flash_limits limits;
		int compatible;
		int64_t max_image;

		random_list(&seed, primary, sizeof(primary));
		random_list(&seed, secondary, sizeof(secondary));
		layout = layout_of(OTA_MODE_SWAP_SCRATCH, primary,
				   next_random(&seed) % 3 ? secondary : primary, "1*4096");
		layout.max_sectors = 4 + next_random(&seed) % 30;
		layout.write_size = 1U << next_random(&seed) % 4;
		limits = limits_of(&layout);
		max_image = model_swap_scratch(&layout, &compatible);
		if (limits.compatible != (compatible && max_image >= 0) ||
		    (limits.compatible && limits.max_image != (uint64_t)max_image))
			fail_msg("%s %s: model %d %" PRId64 ", here %d %" PRIu64 " %s", primary,
				 secondary, compatible, max_image, limits.compatible,
				 limits.max_image, limits.reason);
		fitting += limits.compatible;
	}
	assert_true(fitting > 500);
}

/* -- by hand ----------------------------------------------------------------------------------- */

static void computes_the_water_meter_by_hand(void **state)
{
	struct ota_flash_layout layout =
		layout_of(OTA_MODE_SWAP_SCRATCH, "224*2048", "224*2048", "8*2048");
	struct ota_flash_limits limits = limits_of(&layout);

	(void)state;
	/* 256 x 3 x 8 + 4 x 8 + 16; 458752 - 6192 = 452560; sector 220 ends at 452608, 48 after
	 * that, and the scratch trailer of 24 + 48 needs 24 more. */
	assert_int_equal(limits.trailer, 6192);
	assert_int_equal(limits.scratch_trailer, 72);
	assert_int_equal(limits.max_image, 452536);
}

static void counts_what_encryption_saves_in_the_trailer(void **state)
{
	static const struct {
		uint32_t key;
		uint64_t trailer;
	} rows[] = {{0, 3120}, {16, 3152}, {32, 3184}, {113, 3360}, {80, 3280}, {256, 3632}};
	struct ota_flash_layout layout =
		layout_of(OTA_MODE_SWAP_SCRATCH, "100*4096", "100*4096", "1*4096");

	(void)state;
	layout.max_sectors = 128;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		layout.enc_key = rows[i].key;
		assert_int_equal(limits_of(&layout).trailer, rows[i].trailer);
	}
}

static void large_sectors_cost_swap_move_a_slot(void **state)
{
	struct ota_flash_layout layout =
		layout_of(OTA_MODE_SWAP_SCRATCH, "3*131072", "3*131072", "1*131072");

	(void)state;
	layout.write_size = 1;
	layout.max_sectors = 8;
	assert_max_image(&layout, 393144);
	layout.mode = OTA_MODE_SWAP_MOVE;
	assert_max_image(&layout, 131072);
	layout.mode = OTA_MODE_SWAP_OFFSET;
	assert_max_image(&layout, 131072);
	layout.secondary = sectors("4*131072");
	assert_max_image(&layout, 262144);
	layout.mode = OTA_MODE_OVERWRITE_FAST;
	layout.secondary = sectors("3*131072");
	assert_max_image(&layout, 393176);
}

static void single_slot_modes_keep_no_swap_status(void **state)
{
	struct ota_flash_layout layout = layout_of(OTA_MODE_SINGLE_SLOT, "100*4096", NULL, NULL);
	struct ota_flash_limits limits = limits_of(&layout);

	(void)state;
	assert_int_equal(limits.trailer, 48);
	assert_int_equal(limits.max_image, 100 * 4096 - 48);
	layout.mode = OTA_MODE_FIRMWARE_LOADER;
	layout.max_align = 32;
	layout.write_size = 32;
	limits = limits_of(&layout);
	assert_int_equal(limits.trailer, 160);
	assert_int_equal(limits.max_image, 100 * 4096 - 160);
}

static void ram_load_and_xip_end_at_the_swap_info(void **state)
{
	struct ota_flash_layout layout = layout_of(OTA_MODE_RAM_LOAD, "100*4096", "100*4096", NULL);

	(void)state;
	assert_max_image(&layout, 100 * 4096 - 40);
	layout.max_align = 32;
	assert_max_image(&layout, 100 * 4096 - 128);
	layout.mode = OTA_MODE_DIRECT_XIP;
	/* Either slot must hold the image. */
	layout.secondary = sectors("90*4096");
	assert_max_image(&layout, 90 * 4096 - 128);
}

static void ram_load_by_hand(void **state)
{
	/* 64 sectors of 4 KiB, BOOT_MAX_ALIGN 8: swap_info lies at down(262144 - 16 - 8, 8) - 16
	 * = 262104. Executable RAM is 0x20000000 + 128 KiB; from 0x20008000 on 96 KiB are left. */
	struct ota_flash_layout layout = layout_of(OTA_MODE_RAM_LOAD, "64*4096", "64*4096", NULL);
	struct ota_area ram = {.at = 0x20000000, .len = 0x20000};
	uint64_t slots = limits_of(&layout).max_image;

	(void)state;
	assert_int_equal(slots, 262104);
	assert_int_equal(ota_ram_load_limit(&ram, 0x20000000, slots), 131072);
	assert_int_equal(ota_ram_load_limit(&ram, 0x20008000, slots), 98304);
	/* A slot smaller than RAM decides itself. */
	assert_int_equal(ota_ram_load_limit(&ram, 0x20000000, 5000), 5000);
	/* Before RAM, at its end, behind it. */
	assert_int_equal(ota_ram_load_limit(&ram, 0x1fffffff, slots), 0);
	assert_int_equal(ota_ram_load_limit(&ram, 0x20020000, slots), 0);
	assert_int_equal(ota_ram_load_limit(&ram, 0x20020001, slots), 0);
	/* bootutil's sum is of 32 bits: RAM that ends at 4 GiB ends at 0 for it, and takes none. */
	ram = (struct ota_area){.at = 0xfffe0000, .len = 0x20000};
	assert_int_equal(ota_ram_load_limit(&ram, 0xfffe0000, slots), 0);
	ram.len--;
	assert_int_equal(ota_ram_load_limit(&ram, 0xfffe0000, slots), 0x1ffff);
}

static void firmware_loader_by_hand(void **state)
{
	/* No swap status. 4 x 16 for the flags and sizes, up(16, 16) for the magic and two AES-128
	 * keys of 16: 64 + 16 + 32 = 112. The application's slot of 448 KiB holds 458752 - 112. */
	struct ota_flash_layout layout =
		layout_of(OTA_MODE_FIRMWARE_LOADER, "112*4096", "28*4096", NULL);
	struct ota_flash_limits limits;

	(void)state;
	layout.max_align = 16;
	layout.enc_key = 16;
	limits = limits_of(&layout);
	assert_int_equal(limits.status, 0);
	assert_int_equal(limits.trailer, 112);
	assert_int_equal(limits.max_image, 458640);
	/* The magic ends the slot; image_ok is the last multiple of 16 that leaves 16 before it. */
	assert_int_equal(limits.from_end.magic, 16);
	assert_int_equal(limits.from_end.image_ok, 32);
	assert_int_equal(limits.from_end.swap_size, 80);
	assert_int_equal(limits.from_end.enc_key[0], 96);
	assert_int_equal(limits.from_end.enc_key[1], 112);
	assert_int_equal(limits.from_end.status, 0);
}

static void fields_of_a_slot_that_ends_off_the_alignment_move_down(void **state)
{
	struct ota_flash_layout layout = layout_of(OTA_MODE_SINGLE_SLOT, "1*1001", NULL, NULL);

	(void)state;
	/* down(1001 - 16 - 8, 8) = 976, 25 from the end; copy_done 33, swap_info 41. */
	assert_int_equal(limits_of(&layout).from_end.image_ok, 25);
	assert_int_equal(limits_of(&layout).from_end.swap_info, 41);
	/* Too small for all of them: none is told. */
	layout.primary = sectors("1*47");
	assert_int_equal(limits_of(&layout).from_end.magic, 0);
	layout.primary = sectors("1*48");
	assert_int_equal(limits_of(&layout).from_end.swap_size, 48);
}

static void knows_what_each_kind_of_encryption_keeps_in_the_trailer(void **state)
{
	static const struct {
		const char *word;
		uint32_t bytes;
	} rows[] = {
		{"none", 0},
		{"aes128", 16},
		{"aes256", 32},
		{"enctlv-ec256-aes128", 113},
		{"enctlv-ec256-aes256", 129},
		{"enctlv-x25519-aes128", 80},
		{"enctlv-x25519-aes256", 96},
		{"enctlv-x25519-sha512-aes128", 112},
		{"enctlv-x25519-sha512-aes256", 128},
		{"enctlv-rsa2048", 256},
		{"enctlv-kw-aes128", 24},
		{"enctlv-kw-aes256", 40},
		/* As released profiles have it. */
		{"enctlv-ec256", 113},
		{"enctlv-x25519", 80},
		{"enctlv-x25519-sha512", 112},
		{"enctlv-rsa", 256},
		{"enctlv-kw", 24},
	};
	uint32_t bytes = 1;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(ota_boot_encryption_parse(rows[i].word, &bytes), OTA_OK);
		assert_int_equal(bytes, rows[i].bytes);
	}
	for (size_t i = 0; i < 12; i++)
		assert_string_equal(ota_boot_encryption_name(i), rows[i].word);
	assert_null(ota_boot_encryption_name(12));
	assert_int_equal(ota_boot_encryption_parse("", &bytes), OTA_E_ABSENT);
	assert_int_equal(ota_boot_encryption_parse("aes", &bytes), OTA_E_ABSENT);
	assert_int_equal(ota_boot_encryption_parse("enctlv-rsa2048-aes128", &bytes), OTA_E_ABSENT);
}

static const struct ota_budget_rule *rule_named(const struct ota_budget *budget, const char *item)
{
	for (unsigned i = 0; i < budget->n_rules; i++) {
		if (strcmp(budget->rule[i].item, item) == 0)
			return &budget->rule[i];
	}
	fail_msg("no rule \"%s\"", item);
	return NULL;
}

static void explains_each_rule_with_its_numbers(void **state)
{
	struct ota_flash_layout layout =
		layout_of(OTA_MODE_SWAP_SCRATCH, "224*2048", "224*2048", "8*2048");
	struct ota_flash_limits limits = limits_of(&layout);
	struct ota_budget budget = {.n_rules = 0};

	(void)state;
	ota_flash_explain(&layout, &limits, &budget);
	assert_string_equal(rule_named(&budget, "trailer")->numbers,
			    "M=256 (BOOT_MAX_IMG_SECTORS), st=3, w=8: 256*3*8 + 48 = 6,192");
	assert_string_equal(rule_named(&budget, "trailer")->source,
			    "boot/bootutil/src/bootutil_area.c:74-94");
	assert_string_equal(rule_named(&budget, "largest image")->numbers,
			    "C=458,752 (last common sector boundary), E=452,608 (end of the first "
			    "sector with trailer): 458,752 - 6,192 - max(0, 72 - 48) = 452,536");
	layout = layout_of(OTA_MODE_SWAP_OFFSET, "64*4096", "65*4096", NULL);
	layout.enc_key = 113;
	limits = limits_of(&layout);
	budget.n_rules = 0;
	ota_flash_explain(&layout, &limits, &budget);
	assert_string_equal(rule_named(&budget, "trailer's fields (info)")->numbers,
			    "A=8 (BOOT_MAX_ALIGN): 5*8 + 16 + 2*120 (K=113) = 296");
	assert_string_equal(rule_named(&budget, "largest image")->numbers,
			    "min(64*4,096 - 8,192, 65*4,096 - 8,192 - 4,096) = 253,952");
}

static void explains_every_mode_and_what_does_not_fit(void **state)
{
	struct ota_flash_layout layout =
		layout_of(OTA_MODE_SWAP_SCRATCH, "4*1024", "5*1024", "1*1024");

	(void)state;
	for (unsigned mode = OTA_MODE_SWAP_SCRATCH; mode <= OTA_MODE_FIRMWARE_LOADER; mode++) {
		for (unsigned max = 4; max <= 256; max *= 64) {
			struct ota_budget budget = {.n_rules = 0};
			struct ota_flash_limits limits;

			layout.mode = (enum ota_mode)mode;
			layout.max_sectors = max;
			limits = limits_of(&layout);
			ota_flash_explain(&layout, &limits, &budget);
			assert_true(budget.n_rules >= 2 && budget.n_rules <= 5);
		}
	}
}

static void flash_that_writes_512_bytes_at_once_can_only_overwrite(void **state)
{
	struct ota_flash_layout layout =
		layout_of(OTA_MODE_OVERWRITE_ONLY, "500*512", "500*512", NULL);
	struct ota_flash_limits limits;
	struct ota_diag diag = {.err = OTA_OK};

	(void)state;
	layout.write_size = 512;
	layout.max_align = 512;
	layout.max_sectors = 500;
	/* Larger than the slot, but overwriting never touches the swap status in it. */
	assert_int_equal(limits_of(&layout).trailer, 770560);
	assert_max_image(&layout, 500 * 512 - 2048);
	layout.mode = OTA_MODE_DIRECT_XIP;
	assert_max_image(&layout, 500 * 512 - 2048);
	layout.mode = OTA_MODE_OVERWRITE_FAST;
	assert_refused(&layout, "the trailer is 770,560 bytes, the primary slot has 256,000");
	layout.mode = OTA_MODE_SWAP_MOVE;
	assert_int_equal(ota_flash_limits(&layout, &limits, &diag), OTA_E_USAGE);
	assert_string_equal(diag.text,
			    "alignment 512 (BOOT_MAX_ALIGN) is not 8, 16 or 32 in swap-move");
	assert_string_equal(diag.hint, "overwrite-only and direct-xip have no such limit");
}

/* -- layouts that bootutil refuses, or ought to --------------------------------------------------
 */

static void refuses_a_slot_that_ends_before_the_other(void **state)
{
	struct ota_flash_layout layout =
		layout_of(OTA_MODE_SWAP_SCRATCH, "16*4096", "12*4096", "1*4096");

	(void)state;
	/* bootutil reads four sectors past the end of its array here. */
	assert_refused(&layout, "the secondary slot ends after 49,152 bytes, the other goes on");
	layout = layout_of(OTA_MODE_OVERWRITE_ONLY, "12*4096", "16*4096", NULL);
	assert_refused(&layout, "the primary slot ends after 49,152 bytes, the other goes on");
}

static void refuses_sectors_that_do_not_nest(void **state)
{
	struct ota_flash_layout layout =
		layout_of(OTA_MODE_SWAP_SCRATCH, "2*3072", "3*2048", "1*8192");

	(void)state;
	layout.max_sectors = 8;
	assert_refused(&layout, "sector boundaries of the slots cross near 3,072 bytes");
	/* Between common boundaries either side may have the smaller sectors. */
	layout = layout_of(OTA_MODE_SWAP_SCRATCH, "2*16384+1*32768+8*16384",
			   "1*32768+2*16384+8*16384", "1*32768");
	assert_true(limits_of(&layout).compatible);
}

static void overwriting_slots_that_do_not_nest_is_a_caution(void **state)
{
	struct ota_flash_layout layout =
		layout_of(OTA_MODE_OVERWRITE_FAST, "1*65536+3*131072", "3*131072+1*65536", NULL);
	struct ota_flash_limits limits = limits_of(&layout);

	(void)state;
	assert_true(limits.compatible);
	assert_string_equal(limits.caution,
			    "sector boundaries of the slots cross near 131,072 bytes");
	layout.secondary = sectors("7*65536");
	assert_string_equal(limits_of(&layout).caution, "");
}

static void refuses_a_group_larger_than_scratch(void **state)
{
	struct ota_flash_layout layout =
		layout_of(OTA_MODE_SWAP_SCRATCH, "8*4096+1*65536", "8*4096+16*4096", "4*4096");

	(void)state;
	assert_refused(&layout, "65,536 bytes at 32,768 are swapped at once, scratch has 16,384");
	layout.scratch = sectors("16*4096");
	assert_true(limits_of(&layout).compatible);
}

static void counts_up_to_the_last_common_boundary(void **state)
{
	struct ota_flash_layout layout =
		layout_of(OTA_MODE_SWAP_SCRATCH, "3*16384", "2*32768", "1*32768");

	(void)state;
	layout.max_sectors = 16;
	assert_max_image(&layout, 32768 - (16 * 24 + 48));
	layout.primary = sectors("1*32768");
	layout.secondary = sectors("1*16384");
	assert_refused(&layout, "the trailer is 432 bytes, only 0 lie before the last common "
				"sector boundary");
}

static void refuses_a_trailer_larger_than_the_slot(void **state)
{
	struct ota_flash_layout layout =
		layout_of(OTA_MODE_SWAP_SCRATCH, "4*1024", "4*1024", "1*1024");

	(void)state;
	assert_refused(&layout, "the trailer is 6,192 bytes, the primary slot has 4,096");
	layout.mode = OTA_MODE_OVERWRITE_FAST;
	assert_refused(&layout, "the trailer is 6,192 bytes, the primary slot has 4,096");
	layout.mode = OTA_MODE_DIRECT_XIP;
	assert_max_image(&layout, 4096 - 40);
	layout.primary = sectors("1*39");
	assert_refused(&layout,
		       "the primary slot has 39 bytes, too few for a trailer with alignment 8");
	layout.primary = sectors("1*40");
	assert_max_image(&layout, 0);
	layout.primary = sectors("4*1024");
	layout.mode = OTA_MODE_SWAP_MOVE;
	assert_refused(&layout,
		       "the trailer's sectors take 7,168 bytes, the primary slot has 4,096");
	/* To the byte: 6192 is the whole slot, and holds an image of nothing. */
	layout = layout_of(OTA_MODE_SWAP_SCRATCH, "1*6192", "1*6192", "1*6192");
	assert_max_image(&layout, 0);
}

static void refuses_more_sectors_than_the_bootloader_was_built_for(void **state)
{
	struct ota_flash_layout layout =
		layout_of(OTA_MODE_SWAP_OFFSET, "128*4096", "129*4096", NULL);

	(void)state;
	layout.max_sectors = 129;
	assert_true(limits_of(&layout).compatible);
	layout.max_sectors = 128;
	assert_refused(&layout, "secondary has 129 sectors, the bootloader is built for 128 "
				"(BOOT_MAX_IMG_SECTORS)");
}

static void swap_move_and_offset_want_one_sector_more_on_their_own_side(void **state)
{
	struct ota_flash_layout layout = layout_of(OTA_MODE_SWAP_MOVE, "20*4096", "19*4096", NULL);

	(void)state;
	assert_true(limits_of(&layout).compatible);
	layout.mode = OTA_MODE_SWAP_OFFSET;
	assert_refused(&layout, "primary has 20 sectors, secondary 19: swap-offset needs as many, "
				"or one more in secondary");
	layout.secondary = sectors("21*4096");
	assert_true(limits_of(&layout).compatible);
	layout.mode = OTA_MODE_SWAP_MOVE;
	assert_refused(&layout, "primary has 20 sectors, secondary 21: swap-move needs as many, or "
				"one more in primary");
}

static void refuses_mixed_sectors_without_scratch(void **state)
{
	struct ota_flash_layout layout =
		layout_of(OTA_MODE_SWAP_MOVE, "4*16384+3*65536", "4*16384+3*65536", NULL);

	(void)state;
	/* bootutil accepts them, and then erases 64 KiB for 16. */
	assert_refused(&layout, "swap-move needs sectors of one size, there are 16,384 and 65,536");
	layout = layout_of(OTA_MODE_SWAP_MOVE, "40*1536", "40*1536", NULL);
	assert_refused(&layout,
		       "swap-move needs sectors of a power of two, these have 1,536 bytes");
}

static void refuses_to_copy_more_than_secondary_has(void **state)
{
	struct ota_flash_layout layout =
		layout_of(OTA_MODE_OVERWRITE_ONLY, "2*32768", "3*16384", NULL);

	(void)state;
	assert_refused(&layout, "all 65,536 bytes of primary are copied, secondary has 49,152");
	layout.mode = OTA_MODE_OVERWRITE_FAST;
	assert_max_image(&layout, 3 * 16384 - 40);
}

/* -- nonsense ---------------------------------------------------------------------------------- */

static void refuses_values_no_bootloader_is_built_with(void **state)
{
	struct ota_flash_layout good =
		layout_of(OTA_MODE_SWAP_SCRATCH, "16*4096", "16*4096", "1*4096");
	struct ota_flash_layout bad[11];
	static const char *const words[11] = {
		"write size 16 is above the alignment 8 (BOOT_MAX_ALIGN)",
		"write size 0 is not a power of two",
		"write size 3 is not a power of two",
		"alignment 4 (BOOT_MAX_ALIGN) is not 8, 16 or 32 in swap-scratch",
		"alignment 24 (BOOT_MAX_ALIGN) is not 8, 16 or 32 in swap-scratch",
		"0 sectors (BOOT_MAX_IMG_SECTORS) hold no image",
		"swap-scratch needs a primary area, and there is none",
		"swap-scratch needs a secondary area, and there is none",
		"swap-scratch needs a scratch area, and there is none",
		"0 is not a mode",
		"direct-xip cannot be built with encryption",
	};

	(void)state;
	for (size_t i = 0; i < 11; i++)
		bad[i] = good;
	bad[0].write_size = 16;
	bad[1].write_size = 0;
	bad[2].write_size = 3;
	bad[3].max_align = 4;
	bad[4].max_align = 24;
	bad[5].max_sectors = 0;
	bad[6].primary.n = 0;
	bad[7].secondary.n = 0;
	bad[8].scratch.n = 0;
	bad[9].mode = (enum ota_mode)0;
	bad[10].mode = OTA_MODE_DIRECT_XIP;
	bad[10].enc_key = 16;
	for (size_t i = 0; i < 11; i++) {
		struct ota_diag diag = {.err = OTA_OK};
		struct ota_flash_limits limits;

		assert_int_equal(ota_flash_limits(&bad[i], &limits, &diag), OTA_E_USAGE);
		assert_string_equal(diag.text, words[i]);
	}
}

static void four_billion_sectors_neither_hang_nor_take_memory(void **state)
{
	struct ota_flash_layout layout =
		layout_of(OTA_MODE_SWAP_SCRATCH, "4294967295*1", "4294967295*1", "4294967295*1");

	(void)state;
	layout.max_sectors = UINT32_MAX;
	assert_refused(&layout,
		       "primary has 4,294,967,295 sectors, more than 1,048,576 are not followed");
	layout.max_sectors = 1;
	for (unsigned mode = OTA_MODE_SWAP_SCRATCH; mode <= OTA_MODE_FIRMWARE_LOADER; mode++) {
		layout.mode = (enum ota_mode)mode;
		(void)limits_of(&layout);
	}
}

static void reads_sector_lists(void **state)
{
	struct ota_sectors list = sectors("4*16384+1*64K+7*0x20000");

	(void)state;
	assert_int_equal(ota_sectors_bytes(&list), 1048576);
	assert_int_equal(ota_sectors_count(&list), 12);
	assert_int_equal(ota_sectors_largest(&list), 131072);
	assert_int_equal(list.n, 3);
	list = sectors("2*4K+3*4096");
	assert_int_equal(list.n, 1);
	assert_int_equal(list.run[0].count, 5);
}

static void refuses_what_is_no_sector_list(void **state)
{
	static const char *const bad[] = {
		"",
		"4",
		"4*",
		"*4096",
		"0*4096",
		"4*0",
		"4*4096+",
		"+4*4096",
		"4*4096++4",
		"-1*4096",
		"4 * 4096",
		"4294967296*1",
		"4*4096*2",
		"65536*65536",
		"4294967295*2",
		"1*1+4294967295*1",
		"1*1+1*2+1*1+1*2+1*1+1*2+1*1+1*2+1*1+1*2+1*1+1*2+1*1+1*2+1*1+1*2+1*1"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct ota_sectors list;
		struct ota_diag diag = {.err = OTA_OK};

		assert_int_equal(ota_sectors_parse(bad[i], &list, &diag), OTA_E_MALFORMED);
		assert_true(diag.text[0] != '\0');
	}
}

static void knows_modes_by_long_and_short_words(void **state)
{
	enum ota_mode mode;

	(void)state;
	for (unsigned i = OTA_MODE_SWAP_SCRATCH; i <= OTA_MODE_FIRMWARE_LOADER; i++) {
		assert_int_equal(ota_mode_parse(ota_mode_name((enum ota_mode)i), &mode), OTA_OK);
		assert_int_equal(mode, i);
	}
	assert_int_equal(ota_mode_parse("xiprevert", &mode), OTA_OK);
	assert_int_equal(mode, OTA_MODE_DIRECT_XIP_REVERT);
	assert_int_equal(ota_mode_parse("swap", &mode), OTA_E_ABSENT);
	assert_int_equal(ota_mode_parse("", &mode), OTA_E_ABSENT);
	assert_string_equal(ota_mode_name((enum ota_mode)99), "no mode");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_every_row_that_bootutil_computed),
		cmocka_unit_test(agrees_with_every_size_and_offset_that_bootutil_computed),
		cmocka_unit_test(agrees_with_a_model_of_the_loops_on_nested_sectors),
		cmocka_unit_test(computes_the_water_meter_by_hand),
		cmocka_unit_test(counts_what_encryption_saves_in_the_trailer),
		cmocka_unit_test(large_sectors_cost_swap_move_a_slot),
		cmocka_unit_test(single_slot_modes_keep_no_swap_status),
		cmocka_unit_test(ram_load_and_xip_end_at_the_swap_info),
		cmocka_unit_test(ram_load_by_hand),
		cmocka_unit_test(firmware_loader_by_hand),
		cmocka_unit_test(fields_of_a_slot_that_ends_off_the_alignment_move_down),
		cmocka_unit_test(knows_what_each_kind_of_encryption_keeps_in_the_trailer),
		cmocka_unit_test(explains_each_rule_with_its_numbers),
		cmocka_unit_test(explains_every_mode_and_what_does_not_fit),
		cmocka_unit_test(flash_that_writes_512_bytes_at_once_can_only_overwrite),
		cmocka_unit_test(refuses_a_slot_that_ends_before_the_other),
		cmocka_unit_test(refuses_sectors_that_do_not_nest),
		cmocka_unit_test(overwriting_slots_that_do_not_nest_is_a_caution),
		cmocka_unit_test(refuses_a_group_larger_than_scratch),
		cmocka_unit_test(counts_up_to_the_last_common_boundary),
		cmocka_unit_test(refuses_a_trailer_larger_than_the_slot),
		cmocka_unit_test(refuses_more_sectors_than_the_bootloader_was_built_for),
		cmocka_unit_test(swap_move_and_offset_want_one_sector_more_on_their_own_side),
		cmocka_unit_test(refuses_mixed_sectors_without_scratch),
		cmocka_unit_test(refuses_to_copy_more_than_secondary_has),
		cmocka_unit_test(refuses_values_no_bootloader_is_built_with),
		cmocka_unit_test(four_billion_sectors_neither_hang_nor_take_memory),
		cmocka_unit_test(reads_sector_lists),
		cmocka_unit_test(refuses_what_is_no_sector_list),
		cmocka_unit_test(knows_modes_by_long_and_short_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
