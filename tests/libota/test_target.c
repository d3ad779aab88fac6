// SPDX-License-Identifier: Apache-2.0
/* Device profiles: what is read, and that every refusal names line and field. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <ota/target.h>

static const char chip[] = "name: mychip\n"
			   "part: X1 + flash\n"
			   "core: cortex-m0\n"
			   "flash:\n"
			   "  sectors: [4*16K, 1*65536, 7*128K]\n"
			   "  write: 4\n"
			   "  program: 8\n"
			   "  erased: 0xff\n"
			   "  read-write: true\n"
			   "  erase-ms: {16384: 250/500.5, 65536: -/1100}\n"
			   "  program-us: 81.7\n"
			   "  endurance: 10000\n"
			   "  rewrite: twice\n"
			   "ram: 128K\n"
			   "notes: \"a note: with a colon\"\n";

static const char board[] = "name: myboard\n"
			    "base: stm32l476rg\n"
			    "ram: 65536\n"
			    "updater: {ram: 16384, stack: 2048, old: mapped,\n"
			    "  decoders: [{format: otd, tier: xs}, {format: vcdiff, window: 4K}]}\n"
			    "mcuboot:\n"
			    "  mode: swap-scratch\n"
			    "  max-align: 8\n"
			    "  max-sectors: 256\n"
			    "  header-size: 0x200\n"
			    "  encryption: none\n"
			    "  boot: 0x0+32K\n"
			    "  primary: 0x8000+448K\n"
			    "  secondary: 0x78000+448K\n"
			    "  scratch: 0xe8000+16K\n";

/* Every key that a board can have. */
static const char full[] =
	"name: full\n"
	"base: stm32f407vg\n"
	"external-flash: {sectors: [512*4K], write: 1, erase-ms: {4K: 45/400},\n"
	"  unread: [times], source: {geometry: a, times: b}}\n"
	"updater: {ram: 16K, patch: external:0x100000+64K}\n"
	"links: [{kind: ble, mtu: 30}, 'nb-iot,rate=20k']\n"
	"mcuboot: {mode: swap-scratch, max-align: 8, max-sectors: 256,\n"
	"  exec-ram: 0x20000000+64K, scratch: 0xe0000+128K,\n"
	"  images: [{primary: 0x20000+128K, secondary: 0x40000+128K},\n"
	"    {primary: 0x60000+128K, secondary: external:0+128K, version: 1.2}]}\n";

static enum ota_err parse(const char *text, struct ota_target *target, struct ota_diag *diag)
{
	*diag = (struct ota_diag){.err = OTA_OK};
	return ota_target_parse("my.yaml", ota_span_of(text, strlen(text)), target, diag);
}

static struct ota_target parse_good(const char *text)
{
	struct ota_target target;
	struct ota_diag diag;

	if (parse(text, &target, &diag) != OTA_OK)
		fail_msg("%s", diag.text);
	return target;
}

static void assert_fails(const char *text, const char *words)
{
	struct ota_target target;
	struct ota_diag diag;

	assert_int_equal(parse(text, &target, &diag), OTA_E_MALFORMED);
	assert_string_equal(diag.text, words);
}

/* The board profile with `old` replaced by `new_text`; the caller frees it. */
static char *board_with(const char *old, const char *new_text)
{
	const char *at = strstr(board, old);
	size_t cap = sizeof(board) + strlen(new_text);
	char *text = (char *)malloc(cap);

	assert_non_null(at);
	assert_non_null(text);
	(void)snprintf(text, cap, "%.*s%s%s", (int)(at - board), board, new_text, at + strlen(old));
	return text;
}

static void assert_board_fails(const char *old, const char *new_text, const char *words)
{
	char *text = board_with(old, new_text);

	assert_fails(text, words);
	free(text);
}

/* -- what is read ------------------------------------------------------------------------------ */

static void every_builtin_profile_can_be_read(void **state)
{
	size_t n = 0;

	(void)state;
	for (; ota_target_builtin_name(n); n++) {
		const char *name = ota_target_builtin_name(n);
		struct ota_target target;
		struct ota_diag diag = {.err = OTA_OK};

		if (ota_target_builtin(name, &target, &diag) != OTA_OK)
			fail_msg("%s", diag.text);
		assert_string_equal(target.name, name);
		assert_true(target.part[0] && target.core[0]);
		assert_true(target.flash.program >= target.flash.write &&
			    target.flash.endurance > 0);
		assert_true(target.flash.n_erase_times > 0 &&
			    target.flash.rewrite != OTA_REWRITE_UNKNOWN);
		assert_non_null(ota_target_builtin_text(name));
		if (n > 0)
			assert_true(strcmp(ota_target_builtin_name(n - 1), name) < 0);
	}
	assert_int_equal(n, 21);
	assert_null(ota_target_builtin_name(n + 1));
	assert_null(ota_target_builtin_text("nothing"));
}

static void the_water_meter_has_the_limits_of_its_data_sheet(void **state)
{
	struct ota_target target;
	struct ota_flash_limits limits;
	struct ota_diag diag = {.err = OTA_OK};

	(void)state;
	assert_int_equal(ota_target_builtin("water-meter-l476", &target, &diag), OTA_OK);
	assert_true(target.has_mcuboot && target.has_updater && target.old_mapped);
	assert_string_equal(target.part, "STM32L476RG");
	assert_int_equal(ota_flash_limits(&target.layout, &limits, &diag), OTA_OK);
	assert_true(limits.compatible);
	assert_int_equal(limits.trailer, 6192);
	assert_int_equal(limits.max_image, 452536);
}

/* Each of them was swapped and swapped back by bootutil; one byte more was not. */
static void the_made_up_boards_have_the_limits_of_the_real_bootloader(void **state)
{
	static const struct {
		const char *name;
		uint64_t largest;
	} boards[] = {{"nrf52840-roomy", 479232}, {"stm32f407-mixed", 851152}};

	(void)state;
	for (size_t i = 0; i < sizeof(boards) / sizeof(boards[0]); i++) {
		struct ota_target target;
		struct ota_flash_limits limits;
		struct ota_diag diag = {.err = OTA_OK};

		assert_int_equal(ota_target_builtin(boards[i].name, &target, &diag), OTA_OK);
		assert_true(target.has_updater && target.n_links == 1 && target.has_patch_place);
		assert_int_equal(ota_flash_limits(&target.layout, &limits, &diag), OTA_OK);
		assert_true(limits.compatible && limits.caution[0] == '\0');
		assert_int_equal(limits.max_image, boards[i].largest);
	}
}

static void reads_every_fact_of_a_chip(void **state)
{
	struct ota_target target = parse_good(chip);

	(void)state;
	assert_string_equal(target.name, "mychip");
	assert_string_equal(target.part, "X1 + flash");
	assert_string_equal(target.core, "cortex-m0");
	assert_string_equal(target.notes, "a note: with a colon");
	assert_int_equal(target.flash.sectors.n, 3);
	assert_int_equal(ota_sectors_bytes(&target.flash.sectors), 1048576);
	assert_int_equal(target.flash.write, 4);
	assert_int_equal(target.flash.program, 8);
	assert_int_equal(target.flash.erased, 0xff);
	assert_true(target.flash.read_write);
	assert_int_equal(target.flash.n_erase_times, 2);
	assert_int_equal(target.flash.erase_time[0].typical_us, 250000);
	assert_int_equal(target.flash.erase_time[0].max_us, 500500);
	assert_int_equal(target.flash.erase_time[1].sector, 65536);
	assert_int_equal(target.flash.erase_time[1].typical_us, 0);
	assert_int_equal(target.flash.program_ns, 81700);
	assert_int_equal(target.flash.endurance, 10000);
	assert_int_equal(target.flash.rewrite, OTA_REWRITE_TWICE);
	assert_int_equal(target.ram, 131072);
	assert_false(target.has_mcuboot || target.has_updater);
}

static void keys_of_a_board_win_over_its_base_one_by_one(void **state)
{
	struct ota_target target = parse_good(board);

	(void)state;
	assert_string_equal(target.name, "myboard");
	assert_string_equal(target.base, "stm32l476rg");
	assert_string_equal(target.part, "STM32L476RG");
	assert_int_equal(target.ram, 65536);
	assert_int_equal(target.flash.write, 8);
	target = parse_good("name: b\nbase: stm32l476rg\nflash: {write: 16, erased: 0}\n");
	assert_int_equal(target.flash.write, 16);
	assert_int_equal(target.flash.erased, 0);
	assert_int_equal(target.flash.program, 8);
	assert_int_equal(ota_sectors_bytes(&target.flash.sectors), 1048576);
	target = parse_good("name: b\nbase: water-meter-l476\nmcuboot: {max-sectors: 224}\n");
	assert_int_equal(target.layout.max_sectors, 224);
	assert_int_equal(target.layout.max_align, 8);
	assert_int_equal(ota_sectors_count(&target.layout.primary), 224);
	assert_string_equal(target.base, "water-meter-l476");
}

static void reads_what_a_board_adds(void **state)
{
	struct ota_target target = parse_good(board);

	(void)state;
	assert_true(target.has_updater && target.has_mcuboot);
	assert_int_equal(target.updater_ram, 16384);
	assert_int_equal(target.updater_stack, 2048);
	assert_true(target.old_mapped);
	assert_int_equal(target.n_decoders, 2);
	assert_string_equal(target.decoder[0].format, "otd");
	assert_string_equal(target.decoder[0].tier, "xs");
	assert_string_equal(target.decoder[1].format, "vcdiff");
	assert_int_equal(target.decoder[1].window, 4096);
	assert_int_equal(target.layout.mode, OTA_MODE_SWAP_SCRATCH);
	assert_int_equal(target.layout.write_size, 8);
	assert_int_equal(target.header_size, 0x200);
	assert_int_equal(target.primary.at, 0x8000);
	assert_int_equal(target.scratch.len, 16384);
	assert_int_equal(ota_sectors_count(&target.layout.secondary), 224);
}

static void cuts_slots_out_of_mixed_sectors(void **state)
{
	struct ota_target target =
		parse_good("name: b\nbase: stm32f407vg\n"
			   "mcuboot: {mode: overwrite-only, max-align: 8, max-sectors: 32,\n"
			   "  boot: 0+16K, primary: 0xc000+336K, secondary: 0x80000+512K}\n");
	const struct ota_sectors *primary = &target.layout.primary;

	(void)state;
	assert_int_equal(primary->n, 3);
	assert_int_equal(primary->run[0].count, 1);
	assert_int_equal(primary->run[0].size, 16384);
	assert_int_equal(primary->run[1].size, 65536);
	assert_int_equal(primary->run[2].count, 2);
	assert_int_equal(target.layout.secondary.n, 1);
	assert_int_equal(target.layout.secondary.run[0].count, 4);
}

static void encryption_words_stand_for_what_the_trailer_saves(void **state)
{
	static const struct {
		const char *word;
		uint32_t bytes;
	} rows[] = {{"none", 0},
		    {"aes128", 16},
		    {"aes256", 32},
		    {"enctlv-ec256", 113},
		    {"enctlv-ec256-aes256", 129},
		    {"enctlv-x25519", 80},
		    {"enctlv-x25519-aes256", 96},
		    {"enctlv-x25519-sha512", 112},
		    {"enctlv-x25519-sha512-aes256", 128},
		    {"enctlv-rsa", 256},
		    {"enctlv-kw", 24},
		    {"enctlv-kw-aes256", 40}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char line[64];
		char *text;
		struct ota_target target;

		(void)snprintf(line, sizeof(line), "encryption: %s", rows[i].word);
		text = board_with("encryption: none", line);
		target = parse_good(text);
		assert_int_equal(target.layout.enc_key, rows[i].bytes);
		free(text);
	}
}

static void a_flash_that_writes_512_bytes_may_overwrite(void **state)
{
	struct ota_target target =
		parse_good("name: b\nbase: lpc55s69\n"
			   "mcuboot: {mode: overwrite-only, max-align: 512, max-sectors: 600,\n"
			   "  primary: 0x8000+256K, secondary: 0x48000+256K}\n");
	struct ota_flash_limits limits;

	(void)state;
	assert_int_equal(ota_flash_limits(&target.layout, &limits, NULL), OTA_OK);
	assert_true(limits.compatible);
	assert_int_equal(limits.max_image, 262144 - 2048);
}

/* -- figures and their sources ----------------------------------------------------------------- */

/* What was read in a datasheet or a vendor's source; all else is from memory and must say so. */
static void builtin_profiles_mark_what_was_not_read_from_a_datasheet(void **state)
{
	static const char *const times_read[] = {"nrf52840", "nrf52840-roomy", "stm32u585ai"};

	(void)state;
	for (size_t n = 0; ota_target_builtin_name(n); n++) {
		struct ota_target target;
		struct ota_diag diag = {.err = OTA_OK};
		unsigned want = OTA_FACT_TIMES | OTA_FACT_ENDURANCE;

		assert_int_equal(ota_target_builtin(ota_target_builtin_name(n), &target, &diag),
				 OTA_OK);
		for (size_t i = 0; i < sizeof(times_read) / sizeof(times_read[0]); i++) {
			if (strcmp(target.name, times_read[i]) == 0)
				want = OTA_FACT_ENDURANCE;
		}
		assert_int_equal(target.flash.unread, want);
		assert_true(target.flash.geometry_source[0] && target.flash.times_source[0]);
		if (target.external.sectors.n > 0)
			assert_int_equal(target.external.unread,
					 OTA_FACT_TIMES | OTA_FACT_ENDURANCE);
	}
}

#define ON_L476 "name: b\nbase: stm32l476rg\n"

static void figures_given_here_are_not_marked_with_the_bases_doubt(void **state)
{
	struct ota_target target = parse_good(ON_L476 "ram: 64K\n");

	(void)state;
	assert_int_equal(target.flash.unread, OTA_FACT_TIMES | OTA_FACT_ENDURANCE);
	assert_string_equal(target.flash.times_source, "DS10198, from memory");
	target = parse_good(ON_L476 "flash: {endurance: 20000}\n");
	assert_int_equal(target.flash.unread, OTA_FACT_TIMES);
	assert_string_equal(target.flash.times_source, "");
	target = parse_good(ON_L476 "flash: {erase-ms: {2048: 22/25}, program-us: 82}\n");
	assert_int_equal(target.flash.unread, OTA_FACT_ENDURANCE);
	target = parse_good(ON_L476 "flash: {unread: [times], erase-ms: {2048: 22/25}, "
				    "program-us: 82, endurance: 1}\n");
	assert_int_equal(target.flash.unread, OTA_FACT_TIMES);
	target = parse_good(ON_L476 "flash: {unread: []}\n");
	assert_int_equal(target.flash.unread, 0);
	target = parse_good(ON_L476 "flash: {write: 16, source: {geometry: mine}}\n");
	assert_string_equal(target.flash.geometry_source, "mine");
	assert_string_equal(target.flash.times_source, "DS10198, from memory");
}

/* A time of the base's that is left would pass for one that was read. */
static void half_of_the_times_does_not_take_the_mark_off_the_other_half(void **state)
{
	struct ota_target target = parse_good(ON_L476 "flash: {erase-ms: {2048: 22/25}}\n");

	(void)state;
	assert_int_equal(target.flash.program_ns, 81700);
	assert_int_equal(target.flash.unread, OTA_FACT_TIMES | OTA_FACT_ENDURANCE);
	target = parse_good("name: b\nbase: stm32h743zi\n"
			    "flash: {erase-ms: {128K: 1100/4000}}\n");
	assert_int_equal(target.flash.program_ns, 0);
	assert_int_equal(target.flash.unread, OTA_FACT_ENDURANCE);
}

/* -- external flash, images, updater, links ---------------------------------------------------- */

#define ON_F407                                                                                    \
	"name: b\nbase: stm32f407vg\n"                                                             \
	"external-flash: {sectors: [512*4K], write: 2, erase-ms: {4K: 45/400}}\n"

static void cuts_areas_out_of_an_external_flash(void **state)
{
	struct ota_target target =
		parse_good(ON_F407 "updater: {ram: 16K, patch: external:0x100000+64K}\n"
				   "mcuboot: {mode: swap-scratch, max-align: 8, max-sectors: 256,\n"
				   "  boot: 0+64K, primary: 0x10000+832K,\n"
				   "  secondary: external:0+832K, scratch: 0xe0000+128K}\n");

	(void)state;
	assert_int_equal(target.external.erased, 0xff);
	assert_int_equal(target.external.erase_time[0].sector, 4096);
	assert_false(target.primary.external || target.scratch.external);
	assert_true(target.secondary.external && target.patch_area.external);
	assert_int_equal(target.patch_place, OTA_PATCH_AREA);
	assert_int_equal(target.patch_area.at, 0x100000);
	assert_int_equal(target.layout.primary.n, 2);
	assert_int_equal(target.layout.secondary.n, 1);
	assert_int_equal(target.layout.secondary.run[0].count, 208);
	assert_int_equal(target.layout.write_size, 1);
	target =
		parse_good(ON_F407 "mcuboot: {mode: swap-scratch, max-align: 8, max-sectors: 256,\n"
				   "  primary: 0x20000+128K, secondary: 0x40000+128K,\n"
				   "  scratch: external:0+128K}\n");
	assert_int_equal(target.layout.write_size, 2);
	target = parse_good(ON_F407
			    "mcuboot: {mode: swap-move, max-align: 8, max-sectors: 256,\n"
			    "  primary: external:0+128K, secondary: external:0x20000+128K}\n");
	assert_int_equal(target.layout.write_size, 2);
}

static void refuses_areas_that_do_not_fit_the_external_flash(void **state)
{
	(void)state;
	assert_fails(
		"name: b\nbase: stm32l476rg\nupdater: {ram: 4K, patch: external:0+4K}\n",
		"my.yaml:3: updater.patch: external:0x0+4096 is in an external flash, and there "
		"is no external-flash");
	assert_fails(ON_F407 "updater: {ram: 4K, patch: external:0x800+4K}\n",
		     "my.yaml:4: updater.patch: external:0x800+4096 starts inside the sector from "
		     "0x0 to 0x1000");
	assert_fails(
		ON_F407 "updater: {ram: 4K, patch: external:0x200000+4K}\n",
		"my.yaml:4: updater.patch: external:0x200000+4096 ends at 2101248, the external "
		"flash at 2097152");
	assert_fails(ON_F407 "updater: {ram: 4K, patch: external:0+4K}\n"
			     "mcuboot: {mode: direct-xip, max-align: 8, max-sectors: 256,\n"
			     "  primary: 0x20000+128K, secondary: external:0+128K}\n",
		     "my.yaml:4: updater.patch: external:0x0+4096 overlaps mcuboot.secondary, "
		     "external:0x0+131072");
	/* The wrong answer was that of a profile without one. */
	assert_fails("name: b\nbase: stm32f407vg\nexternal-flash: {program: 256}\n",
		     "my.yaml:3: external-flash.sectors: missing");
	assert_fails("name: b\nbase: stm32f407vg\nexternal-flash: {write: 1}\n",
		     "my.yaml:3: external-flash.sectors: missing");
	assert_fails("name: b\nbase: stm32f407vg\nexternal-flash: {sectors: [1*4K]}\n",
		     "my.yaml:3: external-flash.write: missing");
	assert_fails(
		"name: b\nbase: stm32f407vg\n"
		"external-flash: {sectors: [64*4K], write: 16}\n"
		"mcuboot: {mode: overwrite-only, max-align: 8, max-sectors: 256,\n"
		"  primary: 0x20000+128K, secondary: external:0+128K}\n",
		"my.yaml:5: mcuboot.secondary: the external flash's write size 16 is above the "
		"alignment 8 (BOOT_MAX_ALIGN)");
}

#define TWO_IMAGES                                                                                 \
	"name: b\nbase: nrf52840\n"                                                                \
	"mcuboot:\n"                                                                               \
	"  mode: swap-move\n"                                                                      \
	"  max-align: 8\n"                                                                         \
	"  max-sectors: 128\n"                                                                     \
	"  images:\n"                                                                              \
	"    - {primary: 0x10000+256K, secondary: 0x50000+256K, version: 1.4.0}\n"                 \
	"    - {primary: 0x90000+64K, secondary: 0xa0000+64K}\n"

static void selects_one_of_several_images(void **state)
{
	struct ota_target target = parse_good(TWO_IMAGES);
	struct ota_diag diag = {.err = OTA_OK};

	(void)state;
	assert_int_equal(target.n_images, 2);
	assert_int_equal(target.selected, 0);
	assert_int_equal(target.primary.at, 0x10000);
	assert_int_equal(ota_sectors_count(&target.layout.secondary), 64);
	assert_true(target.image[0].has_version && !target.image[1].has_version);
	assert_int_equal(target.image[0].version.minor, 4);
	assert_int_equal(ota_target_select(&target, 1, &diag), OTA_OK);
	assert_int_equal(target.selected, 1);
	assert_int_equal(target.secondary.at, 0xa0000);
	assert_int_equal(ota_sectors_count(&target.layout.primary), 16);
	assert_int_equal(target.layout.write_size, 4);
	assert_int_equal(ota_target_select(&target, 2, &diag), OTA_E_USAGE);
	assert_string_equal(diag.text, "b has no image 2: its images are 0 to 1");
	assert_int_equal(target.selected, 1);
	target = parse_good(board);
	assert_int_equal(target.n_images, 1);
	assert_int_equal(target.image[0].primary.at, 0x8000);
	assert_int_equal(ota_sectors_count(&target.image[0].secondary_sectors), 224);
	diag = (struct ota_diag){.err = OTA_OK};
	assert_int_equal(ota_target_select(&target, 1, &diag), OTA_E_USAGE);
	assert_string_equal(diag.text, "myboard has no image 1: image 0 is the only one");
	target = parse_good(chip);
	diag = (struct ota_diag){.err = OTA_OK};
	assert_int_equal(target.n_images, 0);
	assert_int_equal(ota_target_select(&target, 0, &diag), OTA_E_USAGE);
	assert_string_equal(diag.text, "mychip has no image 0: it is a chip's profile");
}

static void refuses_images_that_are_wrong_together(void **state)
{
	(void)state;
	assert_fails(TWO_IMAGES "    - {primary: 0xb0000+64K, secondary: 0x90000+64K}\n",
		     "my.yaml:10: mcuboot.images[2].secondary: 0x90000+65536 overlaps "
		     "mcuboot.images[1].primary, 0x90000+65536");
	assert_fails(TWO_IMAGES "    - {primary: 0xb0000+64K}\n",
		     "my.yaml:10: mcuboot.images[2].secondary: missing");
	assert_fails(TWO_IMAGES "    - {secondary: 0xb0000+64K}\n",
		     "my.yaml:10: mcuboot.images[2].primary: missing");
	assert_fails(TWO_IMAGES "    - {primary: 0xb0000+64K, version: 1.02.3}\n",
		     "my.yaml:10: mcuboot.images[2].version: 1.02.3 is not a version like 1.2.3+4");
	assert_fails(TWO_IMAGES "    - 5\n",
		     "my.yaml:10: mcuboot.images[2]: 5 is not a mapping (key: value)");
	assert_fails(TWO_IMAGES "  primary: 0xb0000+64K\n",
		     "my.yaml:10: mcuboot.primary: 0xb0000+64K is given beside images, of which it "
		     "is the first's: one or the other");
	assert_fails("name: b\nbase: nrf52840\n"
		     "mcuboot: {secondary: 0xb0000+64K, images: [{primary: 0+4K}]}\n",
		     "my.yaml:3: mcuboot.images: a list is given beside primary and secondary, "
		     "which are the first image's: one or the other");
}

static void a_ninth_image_is_refused(void **state)
{
	char text[2048];
	size_t at = (size_t)snprintf(text, sizeof(text),
				     "name: b\nbase: nrf52840\nmcuboot:\n"
				     "  mode: swap-move\n  max-align: 8\n"
				     "  max-sectors: 128\n  images:\n");

	(void)state;
	for (unsigned i = 0; i < 9; i++) {
		if (i == 8) {
			struct ota_target target = parse_good(text);

			assert_int_equal(target.n_images, 8);
		}
		at += (size_t)snprintf(text + at, sizeof(text) - at,
				       "    - {primary: 0x%x+32K, secondary: 0x%x+32K}\n",
				       0x10000 * i, 0x10000 * i + 0x8000);
	}
	assert_fails(text,
		     "my.yaml:8: mcuboot.images: a list of 9 items, from 1 to 8 are possible");
}

static void a_board_may_build_on_a_board_with_several_images(void **state)
{
	struct ota_target target = parse_good("name: b\nbase: nrf52840-roomy\nmcuboot:\n"
					      "  images: [{primary: 0xc000+128K, "
					      "secondary: 0x2c000+128K}]\n");

	(void)state;
	assert_int_equal(target.n_images, 1);
	assert_int_equal(target.primary.len, 0x20000);
	assert_int_equal(target.image[0].secondary.at, 0x2c000);
	target = parse_good("name: b\nbase: nrf52840-roomy\nmcuboot: {secondary: 0x83000+472K}\n");
	assert_int_equal(target.primary.at, 0xc000);
	assert_int_equal(target.secondary.len, 472 * 1024);
}

static void reads_where_an_update_lies(void **state)
{
	struct ota_target target = parse_good(board);

	(void)state;
	assert_false(target.has_patch_place);
	target = parse_good("name: b\nbase: water-meter-l476\nupdater: {patch: streamed}\n");
	assert_true(target.has_patch_place);
	assert_int_equal(target.patch_place, OTA_PATCH_STREAMED);
	target = parse_good("name: b\nbase: water-meter-l476\nupdater: {patch: 0xec000+16K}\n");
	assert_int_equal(target.patch_place, OTA_PATCH_AREA);
	assert_int_equal(target.patch_area.len, 16384);
	target = parse_good("name: b\nbase: nrf52840-roomy\nupdater: {ram: 8K}\n");
	assert_int_equal(target.patch_place, OTA_PATCH_SECONDARY);
	assert_fails("name: b\nbase: water-meter-l476\nupdater: {patch: 0x8000+16K}\n",
		     "my.yaml:3: updater.patch: 0x8000+16384 overlaps mcuboot.primary, "
		     "0x8000+458752");
	assert_fails(
		"name: b\nbase: water-meter-l476\nupdater: {patch: nowhere}\n",
		"my.yaml:3: updater.patch: nowhere is not streamed, secondary or ADDRESS+SIZE, "
		"like 0xe0000+64K or external:0x0+64K");
	assert_fails(
		"name: b\nbase: nrf52840\nupdater: {ram: 1K, patch: secondary}\n"
		"mcuboot: {mode: single-slot, max-align: 8, max-sectors: 128, primary: 0+64K}\n",
		"my.yaml:3: updater.patch: secondary: the profile has no secondary slot");
	/* The loader lies in it: behind it there was said to be room for the update. */
	assert_fails(
		"name: b\nbase: nrf52840\nupdater: {ram: 1K, patch: secondary}\n"
		"mcuboot: {mode: firmware-loader, max-align: 8, max-sectors: 128,\n"
		"          primary: 0+64K, secondary: 0x10000+64K}\n",
		"my.yaml:3: updater.patch: secondary: with mode firmware-loader no new image comes "
		"to that slot, and what it holds is needed");
}

#define NODE "name: b\nbase: lora-node-wle5\n"

static void reads_how_a_single_slot_is_updated(void **state)
{
	struct ota_target target = parse_good(NODE);

	(void)state;
	assert_true(target.in_place);
	assert_int_equal(target.in_place_block, 8192);
	assert_int_equal(target.journal.at, 0x3d000);
	assert_int_equal(target.journal.len, 12288);
	assert_int_equal(target.checkpoint_every, 0);
	target = parse_good(NODE "updater: {in-place: false, block: 0x800, checkpoint-every: 3}\n");
	assert_false(target.in_place);
	assert_int_equal(target.in_place_block, 2048);
	assert_int_equal(target.checkpoint_every, 3);
	assert_int_equal(target.journal.len, 12288);
	/* In two slots a journal is for going on after a reset. */
	target = parse_good("name: b\nbase: water-meter-l476\nupdater: {journal: 0xec000+16K}\n");
	assert_int_equal(target.journal.len, 16384);
	assert_fails(
		"name: b\nbase: water-meter-l476\nupdater: {in-place: true}\n",
		"my.yaml:3: updater.in-place: true is for single-slot and firmware-loader, the "
		"mode is swap-scratch");
	assert_fails(NODE "updater: {block: 64}\n",
		     "my.yaml:3: updater.block: 64 is not a power of two from 128 to 1048576");
	assert_fails(NODE "updater: {block: 6K}\n",
		     "my.yaml:3: updater.block: 6K is not a power of two from 128 to 1048576");
	assert_fails(NODE "updater: {checkpoint-every: 0}\n",
		     "my.yaml:3: updater.checkpoint-every: 0 is not a number from 1 to 255");
}

static void a_journal_is_two_halves_of_whole_sectors_apart_from_all_else(void **state)
{
	(void)state;
	assert_fails(NODE "updater: {journal: 0x3d000+6K}\n",
		     "my.yaml:3: updater.journal: 0x3d000+6144 is not two equal halves of whole "
		     "sectors: its middle is inside the sector from 0x3d800 to 0x3e000");
	assert_fails(NODE "updater: {journal: 0x3c000+8K}\n",
		     "my.yaml:3: updater.journal: 0x3c000+8192 overlaps updater.patch, "
		     "0x38000+20480");
	assert_fails(NODE "updater: {journal: 0x37000+4K}\n",
		     "my.yaml:3: updater.journal: 0x37000+4096 overlaps mcuboot.primary, "
		     "0xa000+188416");
	assert_fails(NODE "updater: {journal: 0x3d100+8K}\n",
		     "my.yaml:3: updater.journal: 0x3d100+8192 starts inside the sector from "
		     "0x3d000 to 0x3d800");
	assert_fails(NODE "updater: {journal: external:0+8K}\n",
		     "my.yaml:3: updater.journal: external:0x0+8192 is in an external flash, and "
		     "there is no external-flash");
	assert_fails(NODE "updater: {journal: here}\n",
		     "my.yaml:3: updater.journal: here is not ADDRESS+SIZE, like 0x8000+448K");
}

static void reads_where_images_run(void **state)
{
	struct ota_target target =
		parse_good("name: b\nbase: water-meter-l476\n"
			   "mcuboot: {mode: ram-load, exec-ram: 0x20000000+128K}\n");

	(void)state;
	assert_int_equal(target.exec_ram.at, 0x20000000);
	assert_int_equal(target.exec_ram.len, 131072);
	target = parse_good("name: b\nbase: water-meter-l476\n"
			    "mcuboot: {exec-ram: 0xffffffff+1}\n");
	assert_int_equal(target.exec_ram.len, 1);
	assert_fails("name: b\nbase: water-meter-l476\nmcuboot: {exec-ram: 0xffffffff+2}\n",
		     "my.yaml:3: mcuboot.exec-ram: 0xffffffff+2 ends behind the last address, "
		     "0xffffffff");
	assert_fails("name: b\nbase: water-meter-l476\nmcuboot: {exec-ram: external:0+1K}\n",
		     "my.yaml:3: mcuboot.exec-ram: external:0+1K is not ADDRESS+SIZE, like "
		     "0x20000000+128K");
}

static void reads_links_as_maps_and_as_text(void **state)
{
	struct ota_target target =
		parse_good("name: b\nbase: nrf52840\nlinks:\n"
			   "  - {dr: 2, kind: lorawan, region: eu868, duty: 0.1%}\n"
			   "  - ble,name=phone,mtu=100\n"
			   "  - {kind: ble}\n");

	(void)state;
	assert_int_equal(target.n_links, 3);
	assert_int_equal(target.link[0].kind, OTA_LINK_LORAWAN);
	assert_int_equal(target.link[0].dr, 2);
	assert_int_equal(target.link[0].duty_ppm, 1000);
	assert_string_equal(target.link[1].name, "phone");
	assert_int_equal(target.link[1].mtu, 100);
	assert_string_equal(target.link[2].name, "ble");
	target = parse_good("name: b\nbase: water-meter-l476\nlinks: []\n");
	assert_int_equal(target.n_links, 0);
	target = parse_good("name: b\nbase: water-meter-l476\nlinks: [{kind: ble}]\n");
	assert_int_equal(target.n_links, 1);
	assert_int_equal(target.link[0].kind, OTA_LINK_BLE);
}

static void refuses_wrong_links_with_line_and_field(void **state)
{
	(void)state;
	assert_fails("name: b\nbase: nrf52840\nlinks:\n  - {kind: ble}\n  - {kind: bel}\n",
		     "my.yaml:5: links[1].kind: no link is called \"bel\", did you mean ble?");
	assert_fails("name: b\nbase: nrf52840\nlinks: [{mtu: 20}]\n",
		     "my.yaml:3: links[0]: a mapping has no kind");
	assert_fails("name: b\nbase: nrf52840\nlinks:\n  - kind: ble\n    mtu: 22\n",
		     "my.yaml:5: links[0].mtu: mtu \"22\" is not a number from 23 to 517");
	assert_fails("name: b\nbase: nrf52840\nlinks: [{kind: ble, kind: ble}]\n",
		     "my.yaml:3: links[0]: kind is given twice");
	assert_fails("name: b\nbase: nrf52840\nlinks: [{kind: ble, mtu: 30, mtu: 30}]\n",
		     "my.yaml:3: links[0].mtu: mtu is given twice");
	assert_fails("name: b\nbase: nrf52840\nlinks: [{kind: ble, mtu: [30]}]\n",
		     "my.yaml:3: links[0].mtu: a list is not text");
	assert_fails("name: b\nbase: nrf52840\nlinks: [[ble]]\n",
		     "my.yaml:3: links[0]: a list is not a link like {kind: ble, mtu: 247}");
	assert_fails("name: b\nbase: nrf52840\nlinks: [{kind: ble}, ble]\n",
		     "my.yaml:3: links[1]: ble is called ble like links[0]: give it a name of its "
		     "own");
	assert_fails("name: b\nbase: nrf52840\nlinks: [ble, ble, ble, ble, ble]\n",
		     "my.yaml:3: links: a list of 5 items, from 1 to 4 are possible");
}

/* -- refusals ---------------------------------------------------------------------------------- */

static void refuses_wrong_values_with_line_field_and_what_was_expected(void **state)
{
	(void)state;
	assert_board_fails("max-align: 8", "max-align: 7",
			   "my.yaml:8: mcuboot.max-align: 7 is not one of 8, 16, 32");
	assert_board_fails("max-align: 8\n  max-sectors: 256", "max-align: 7",
			   "my.yaml:8: mcuboot.max-align: 7 is not one of 8, 16, 32");
	assert_board_fails("mode: swap-scratch", "mode: swap",
			   "my.yaml:7: mcuboot.mode: swap is not one of swap-scratch, swap-move, "
			   "swap-offset, overwrite-only, overwrite-fast, direct-xip, "
			   "direct-xip-revert, ram-load, single-slot, firmware-loader");
	assert_board_fails("ram: 65536", "ram: lots",
			   "my.yaml:3: ram: lots is not a size from 1 to 4294967295 bytes, like "
			   "4096, 0x1000 or 128K");
	assert_board_fails("ram: 65536", "ram: 4294967296",
			   "my.yaml:3: ram: 4294967296 is not a size from 1 to 4294967295 bytes, "
			   "like 4096, 0x1000 or 128K");
	assert_board_fails("ram: 65536", "ram: [1]",
			   "my.yaml:3: ram: a list is not a size from 1 to 4294967295 bytes, like "
			   "4096, 0x1000 or 128K");
	assert_board_fails("ram: 65536", "ram:",
			   "my.yaml:3: ram: an empty value is not a size from 1 to 4294967295 "
			   "bytes, like 4096, 0x1000 or 128K");
	assert_board_fails("ram: 65536", "ram: -1",
			   "my.yaml:3: ram: -1 is not a size from 1 to 4294967295 bytes, like "
			   "4096, 0x1000 or 128K");
	assert_board_fails(
		"header-size: 0x200", "header-size: 16",
		"my.yaml:10: mcuboot.header-size: 16 is not a size from 32 to 65535 bytes, "
		"like 4096, 0x1000 or 128K");
	assert_board_fails("old: mapped", "old: maped",
			   "my.yaml:4: updater.old: maped is not one of read, mapped");
	assert_board_fails("ram: 16384", "ram: 128K",
			   "my.yaml:4: updater.ram: 131072 is more than the chip has, 65536");
	/* Memory that no chip has would turn a no into a yes. */
	assert_board_fails("stack: 2048", "stack: 49153",
			   "my.yaml:4: updater.stack: 49153 and updater.ram, 16384, are more than "
			   "the chip has, 65536");
	assert_board_fails("stack: 2048", "stack: 4294967295",
			   "my.yaml:4: updater.stack: 4294967295 and updater.ram, 16384, are more "
			   "than the chip has, 65536");
	assert_board_fails("{format: otd, tier: xs}", "otd",
			   "my.yaml:5: updater.decoders[0]: otd is not a mapping (key: value)");
	assert_board_fails("{format: otd, tier: xs}", "{tier: xs}",
			   "my.yaml:5: updater.decoders[0]: a mapping has no format");
	assert_board_fails("name: myboard", "name: my board",
			   "my.yaml:1: name: my board is not a name of letters, digits, -, _ and "
			   ".");
	assert_board_fails("primary: 0x8000+448K", "primary: 0x8000",
			   "my.yaml:13: mcuboot.primary: 0x8000 is not ADDRESS+SIZE, like "
			   "0x8000+448K");
	assert_board_fails("ram: 65536", "flash: {write: 24}",
			   "my.yaml:3: flash.write: 24 is not a power of two from 1 to 32768");
	assert_board_fails("ram: 65536", "flash: {read-write: yes}",
			   "my.yaml:3: flash.read-write: yes is not true or false");
	assert_board_fails("ram: 65536", "flash: {erase-ms: {2048: 22}}",
			   "my.yaml:3: flash.erase-ms.2048: 22 is not TYPICAL/MAXIMUM in "
			   "milliseconds, - if unknown");
	assert_board_fails("ram: 65536", "flash: {program-us: 1.2345}",
			   "my.yaml:3: flash.program-us: 1.2345 is not a time in microseconds like "
			   "81.7");
}

static void refuses_wrong_sector_lists(void **state)
{
	(void)state;
	assert_board_fails("ram: 65536", "flash: {sectors: 512*2048}",
			   "my.yaml:3: flash.sectors: 512*2048 is not a list in [ ]");
	assert_board_fails("ram: 65536", "flash: {sectors: [512]}",
			   "my.yaml:3: flash.sectors: \"512\" is not COUNT*BYTES, both from 1 to "
			   "4294967295");
	assert_board_fails("ram: 65536", "flash: {sectors: [1*1+2*2]}",
			   "my.yaml:3: flash.sectors[0]: 1*1+2*2 is not COUNT*BYTES");
	assert_board_fails("ram: 65536", "flash: {sectors: []}",
			   "my.yaml:3: flash.sectors: a list of 0 items, from 1 to 16 are "
			   "possible");
	assert_board_fails("ram: 65536", "flash: {sectors: [65536*65536]}",
			   "my.yaml:3: flash.sectors: the sectors are 4294967296 bytes in all, at "
			   "most 4294967295 are possible");
}

static void refuses_keys_that_are_unknown_twice_or_missing(void **state)
{
	(void)state;
	assert_board_fails("max-align: 8", "max-aling: 8",
			   "my.yaml:8: mcuboot.max-aling: unknown key, did you mean max-align?");
	assert_board_fails("ram: 65536", "zzzzzzz: 8", "my.yaml:3: zzzzzzz: unknown key");
	assert_board_fails("ram: 65536", "[a]: 8", "my.yaml:3: a list: unknown key");
	assert_board_fails("ram: 65536", "name: again",
			   "my.yaml:3: name: given twice, first in line 1");
	assert_board_fails("  max-align: 8\n", "", "my.yaml:7: mcuboot.max-align: missing");
	assert_board_fails("  scratch: 0xe8000+16K\n", "", "my.yaml:7: mcuboot.scratch: missing");
	assert_board_fails("  secondary: 0x78000+448K\n", "",
			   "my.yaml:7: mcuboot.secondary: missing");
	assert_board_fails("name: myboard\n", "", "my.yaml:1: name: missing");
	assert_fails("name: x\nram: 1\n", "my.yaml:1: flash.sectors: missing");
	assert_fails("name: x\nflash: {sectors: [1*1]}\n", "my.yaml:2: flash.write: missing");
	assert_fails("name: x\nflash: {sectors: [1*1], write: 1}\n", "my.yaml:1: ram: missing");
}

static void refuses_areas_off_the_sectors_outside_flash_or_on_each_other(void **state)
{
	(void)state;
	assert_board_fails("primary: 0x8000+448K", "primary: 0x8400+446K",
			   "my.yaml:13: mcuboot.primary: 0x8400+456704 starts inside the sector "
			   "from 0x8000 to 0x8800");
	assert_board_fails("primary: 0x8000+448K", "primary: 0x8000+447K",
			   "my.yaml:13: mcuboot.primary: 0x8000+457728 ends inside the sector from "
			   "0x77800 to 0x78000");
	assert_board_fails("secondary: 0x78000+448K", "secondary: 0x77000+448K",
			   "my.yaml:14: mcuboot.secondary: 0x77000+458752 overlaps "
			   "mcuboot.primary, 0x8000+458752");
	assert_board_fails("scratch: 0xe8000+16K", "scratch: 0xe8000+128K",
			   "my.yaml:15: mcuboot.scratch: 0xe8000+131072 ends at 1081344, the flash "
			   "at 1048576");
	assert_board_fails("scratch: 0xe8000+16K", "scratch: 0xffffffff+0xffffffff",
			   "my.yaml:15: mcuboot.scratch: 0xffffffff+4294967295 ends at 8589934590, "
			   "the flash at 1048576");
}

static void refuses_a_bootloader_that_cannot_be_built(void **state)
{
	(void)state;
	assert_board_fails("ram: 65536", "flash: {write: 16}",
			   "my.yaml:7: mcuboot: write size 16 is above the alignment 8 "
			   "(BOOT_MAX_ALIGN)");
	assert_board_fails("max-align: 8", "max-align: 64",
			   "my.yaml:8: mcuboot.max-align: 64 is not one of 8, 16, 32");
}

static void refuses_an_unknown_base(void **state)
{
	struct ota_target target;
	struct ota_diag diag;

	(void)state;
	assert_int_equal(parse("name: x\nbase: stm32l467rg\n", &target, &diag), OTA_E_MALFORMED);
	assert_string_equal(diag.text,
			    "my.yaml:2: base: \"stm32l467rg\" is not a built-in profile");
	assert_string_equal(diag.hint, "did you mean stm32l476rg?");
	diag = (struct ota_diag){.err = OTA_OK};
	assert_int_equal(ota_target_builtin("nrf52480", &target, &diag), OTA_E_ABSENT);
	assert_string_equal(diag.hint, "did you mean nrf52840?");
}

static void refuses_yaml_beyond_plain_mappings(void **state)
{
	(void)state;
	assert_fails("name: &a x\nbase: *a\n", "my.yaml:1: anchor &a: there must be none");
	assert_fails("name: *a\n", "my.yaml:1: alias *a: there must be none");
	assert_fails("name: !!str x\n", "my.yaml:1: tag tag:yaml.org,2002:str: there must be none");
	assert_fails("name: x\n---\nname: y\n", "my.yaml:2: a second document starts here");
	assert_fails("", "my.yaml:1: there is nothing in it");
	assert_fails("- a\n", "my.yaml:1: a list is not a mapping (key: value)");
	assert_fails("name: {\n", "my.yaml:2: not YAML: did not find expected node content");
	assert_fails("name: x\n\xff\xfe\n", "my.yaml:2: not YAML: invalid leading UTF-8 octet");
	assert_fails("name: \"a\\0b\"\n",
		     "my.yaml:1: name: a?b is not a name of letters, digits, -, _ and .");
	assert_fails("x: [[[[[[[[[[[[1]]]]]]]]]]]]\n", "my.yaml:1: nested deeper than 8");
}

static void refuses_what_is_too_large_or_too_deep_at_once(void **state)
{
	static char text[300000];
	struct ota_target target;
	struct ota_diag diag;

	(void)state;
	memset(text, '[', sizeof(text) - 1);
	assert_int_equal(parse(text, &target, &diag), OTA_E_MALFORMED);
	assert_string_equal(diag.text, "my.yaml: is 299999 bytes, at most 262144 are read");
	text[262144] = '\0';
	assert_int_equal(parse(text, &target, &diag), OTA_E_MALFORMED);
	assert_string_equal(diag.text, "my.yaml:1: nested deeper than 8");
	for (size_t i = 0; i < 262144; i += 2)
		memcpy(text + i, "- ", 2);
	assert_int_equal(parse(text, &target, &diag), OTA_E_MALFORMED);
	for (size_t i = 0; i < 262144; i += 4)
		memcpy(text + i, "a: b", 4);
	assert_int_equal(parse(text, &target, &diag), OTA_E_MALFORMED);
	for (size_t i = 0; i < 262144; i += 4)
		memcpy(text + i, "a: \n", 4);
	assert_int_equal(parse(text, &target, &diag), OTA_E_MALFORMED);
	assert_string_equal(diag.text, "my.yaml:1: a: unknown key");
}

/* A message must stay one readable line, whatever the file holds. */
static void assert_tidy(const struct ota_diag *diag)
{
	assert_int_equal(strncmp(diag->text, "my.yaml:", 8), 0);
	for (const char *c = diag->text; *c; c++)
		assert_true((unsigned char)*c >= 0x20 && (unsigned char)*c < 0x7f);
}

static void survives_a_profile_cut_at_every_byte(void **state)
{
	static const char *const texts[] = {chip, board, full};

	(void)state;
	for (size_t t = 0; t < 3; t++) {
		for (size_t len = 0; len < strlen(texts[t]); len++) {
			/* In memory of its own, so that a read behind the end is seen. */
			char *copy = (char *)malloc(len ? len : 1);
			struct ota_diag diag = {.err = OTA_OK};
			struct ota_target target;

			assert_non_null(copy);
			memcpy(copy, texts[t], len);
			if (ota_target_parse("my.yaml", ota_span_of(copy, len), &target, &diag) !=
			    OTA_OK)
				assert_tidy(&diag);
			free(copy);
		}
	}
}

static void flip_bytes_of(const char *good, size_t len)
{
	uint32_t seed = 1;

	for (unsigned i = 0; i < 20000; i++) {
		char text[1024];
		struct ota_diag diag = {.err = OTA_OK};
		struct ota_target target;

		assert_true(len <= sizeof(text));
		memcpy(text, good, len);
		for (unsigned k = 0; k <= i % 3; k++) {
			seed = seed * 1664525U + 1013904223U;
			text[(seed >> 8) % len] = (char)(seed >> 24);
		}
		if (ota_target_parse("my.yaml", ota_span_of(text, len), &target, &diag) != OTA_OK)
			assert_tidy(&diag);
	}
}

static struct ota_span span_of(const char *text)
{
	return ota_span_of(text, strlen(text));
}

/* What lies in the place of the base's file, or of the built-in profile, later does not matter. */
static void is_read_again_from_what_was_kept_of_its_bases(void **state)
{
	static const char text[] = "name: derived\nbase: water-meter-l476\n";
	static const char moved[] = "name: derived\nbase: /nowhere/at/all.yaml\n";
	struct ota_target first, again;
	struct ota_target_bases bases;

	(void)state;
	assert_int_equal(ota_target_parse_and_keep("my.yaml", span_of(text), &first, &bases, NULL),
			 OTA_OK);
	assert_int_equal(bases.n, 2);
	assert_true(ota_span_equal(ota_buf_span(&bases.text[0]),
				   span_of(ota_target_builtin_text("water-meter-l476"))));
	assert_true(ota_span_equal(ota_buf_span(&bases.text[1]),
				   span_of(ota_target_builtin_text("stm32l476rg"))));
	assert_int_equal(ota_target_parse_kept("my.yaml", span_of(moved), &bases, &again, NULL),
			 OTA_OK);
	assert_string_equal(again.name, "derived");
	assert_int_equal(again.ram, first.ram);
	assert_int_equal(again.updater_ram, first.updater_ram);
	assert_int_equal(again.primary.len, first.primary.len);
	ota_target_bases_free(&bases);
	assert_int_equal(bases.n, 0);
}

static void refuses_more_or_fewer_bases_than_it_builds_on(void **state)
{
	static const char text[] = "name: derived\nbase: stm32l476rg\n";
	const char *alone = ota_target_builtin_text("stm32l476rg");
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_target target;
	struct ota_target_bases bases;

	(void)state;
	assert_int_equal(ota_target_parse_and_keep("my.yaml", span_of(text), &target, &bases, NULL),
			 OTA_OK);
	assert_int_equal(ota_target_parse_kept("my.yaml", span_of(alone), &bases, &target, &diag),
			 OTA_E_MALFORMED);
	assert_non_null(strstr(diag.text, "profiles that it builds on: 0, kept: 1"));
	ota_target_bases_free(&bases);
	diag = (struct ota_diag){.err = OTA_OK};
	assert_int_equal(ota_target_parse_kept("my.yaml", span_of(text), &bases, &target, &diag),
			 OTA_E_MALFORMED);
	assert_non_null(strstr(diag.text, "my.yaml:2: base: stm32l476rg was not kept"));
}

static void survives_flipped_bytes(void **state)
{
	(void)state;
	flip_bytes_of(board, sizeof(board) - 1);
	flip_bytes_of(full, sizeof(full) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_builtin_profile_can_be_read),
		cmocka_unit_test(the_water_meter_has_the_limits_of_its_data_sheet),
		cmocka_unit_test(the_made_up_boards_have_the_limits_of_the_real_bootloader),
		cmocka_unit_test(reads_every_fact_of_a_chip),
		cmocka_unit_test(keys_of_a_board_win_over_its_base_one_by_one),
		cmocka_unit_test(reads_what_a_board_adds),
		cmocka_unit_test(cuts_slots_out_of_mixed_sectors),
		cmocka_unit_test(encryption_words_stand_for_what_the_trailer_saves),
		cmocka_unit_test(a_flash_that_writes_512_bytes_may_overwrite),
		cmocka_unit_test(builtin_profiles_mark_what_was_not_read_from_a_datasheet),
		cmocka_unit_test(figures_given_here_are_not_marked_with_the_bases_doubt),
		cmocka_unit_test(half_of_the_times_does_not_take_the_mark_off_the_other_half),
		cmocka_unit_test(cuts_areas_out_of_an_external_flash),
		cmocka_unit_test(refuses_areas_that_do_not_fit_the_external_flash),
		cmocka_unit_test(selects_one_of_several_images),
		cmocka_unit_test(refuses_images_that_are_wrong_together),
		cmocka_unit_test(a_ninth_image_is_refused),
		cmocka_unit_test(a_board_may_build_on_a_board_with_several_images),
		cmocka_unit_test(reads_where_an_update_lies),
		cmocka_unit_test(reads_how_a_single_slot_is_updated),
		cmocka_unit_test(a_journal_is_two_halves_of_whole_sectors_apart_from_all_else),
		cmocka_unit_test(reads_where_images_run),
		cmocka_unit_test(reads_links_as_maps_and_as_text),
		cmocka_unit_test(refuses_wrong_links_with_line_and_field),
		cmocka_unit_test(refuses_wrong_values_with_line_field_and_what_was_expected),
		cmocka_unit_test(refuses_wrong_sector_lists),
		cmocka_unit_test(refuses_keys_that_are_unknown_twice_or_missing),
		cmocka_unit_test(refuses_areas_off_the_sectors_outside_flash_or_on_each_other),
		cmocka_unit_test(refuses_a_bootloader_that_cannot_be_built),
		cmocka_unit_test(refuses_an_unknown_base),
		cmocka_unit_test(refuses_yaml_beyond_plain_mappings),
		cmocka_unit_test(refuses_what_is_too_large_or_too_deep_at_once),
		cmocka_unit_test(survives_a_profile_cut_at_every_byte),
		cmocka_unit_test(is_read_again_from_what_was_kept_of_its_bases),
		cmocka_unit_test(refuses_more_or_fewer_bases_than_it_builds_on),
		cmocka_unit_test(survives_flipped_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
