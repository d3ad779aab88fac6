// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <ota/firmware.h>
#include <ota/ihex.h>

#include "vectors.h"

#define CEILING  0x100000U
#define END_LINE ":00000001FF\n"

static struct ota_span text(const char *s)
{
	return ota_span_of(s, strlen(s));
}

/* Reads from memory of just this size, so that a sanitizer sees what goes beyond. */
static enum ota_err read_copy(struct ota_span file, enum ota_firmware_kind kind,
			      struct ota_firmware *firmware, struct ota_diag *diag)
{
	uint8_t *copy = malloc(file.len > 0 ? file.len : 1);
	enum ota_err err;

	assert_non_null(copy);
	if (file.len > 0)
		memcpy(copy, file.data, file.len);
	*diag = (struct ota_diag){.err = OTA_OK};
	err = ota_firmware_read(ota_span_of(copy, file.len), kind, CEILING, firmware, diag);
	free(copy);
	if (err != OTA_OK) {
		assert_true(diag->text[0] != '\0');
		assert_null(firmware->bytes.data);
		assert_int_equal(firmware->bytes.len, 0);
	}
	return err;
}

static void refuses(struct ota_span file, enum ota_firmware_kind kind, enum ota_err want,
		    const char *why)
{
	struct ota_firmware firmware;
	struct ota_diag diag;
	enum ota_err err = read_copy(file, kind, &firmware, &diag);

	if (err != want || !strstr(diag.text, why))
		fail_msg("%d, \"%s\" instead of %d, \"%s\"", err, diag.text, want, why);
}

static void refuses_hex(const char *file, const char *why)
{
	refuses(text(file), OTA_FIRMWARE_HEX, OTA_E_MALFORMED, why);
}

/* -- kinds ------------------------------------------------------------------------------------ */

static void knows_hex_names_as_imgtool_does(void **state)
{
	static const char *const yes[] = {"a.hex", "A.HEX", "x/y.b.Hex", "/d/a.hEx", ".a.hex"};
	static const char *const no[] = {"",         "hex",  ".hex",   "a/.hex", "..hex", "a.hex/b",
					 "a.hex.gz", "a.he", "a.hexx", "a.bin",  "ahex",  "a.hex."};

	(void)state;
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		assert_true(ota_firmware_is_hex_name(yes[i]));
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		assert_false(ota_firmware_is_hex_name(no[i]));
}

static void the_magic_of_elf_goes_before_the_name(void **state)
{
	struct ota_span elf = text("\x7f"
				   "ELF\1\1\1");

	(void)state;
	assert_int_equal(ota_firmware_kind_of("a.hex", elf), OTA_FIRMWARE_ELF);
	assert_int_equal(ota_firmware_kind_of("a.bin", elf), OTA_FIRMWARE_ELF);
	assert_int_equal(ota_firmware_kind_of("a.hex", text(":")), OTA_FIRMWARE_HEX);
	assert_int_equal(ota_firmware_kind_of("a.bin", text(":")), OTA_FIRMWARE_BIN);
	assert_int_equal(ota_firmware_kind_of("a.elf", text("\x7f"
							    "EL")),
			 OTA_FIRMWARE_BIN);
	assert_int_equal(ota_firmware_kind_of("a.hex", ota_span_of(NULL, 0)), OTA_FIRMWARE_HEX);
}

static void a_binary_is_taken_as_it_is(void **state)
{
	static uint8_t large[CEILING + 1];
	struct ota_firmware firmware;
	struct ota_diag diag;

	(void)state;
	assert_int_equal(read_copy(text(":\x7f."), OTA_FIRMWARE_BIN, &firmware, &diag), OTA_OK);
	assert_int_equal(firmware.bytes.len, 3);
	assert_memory_equal(firmware.bytes.data, ":\x7f.", 3);
	assert_false(firmware.has_base);
	ota_firmware_free(&firmware);
	assert_int_equal(read_copy(ota_span_of(NULL, 0), OTA_FIRMWARE_BIN, &firmware, &diag),
			 OTA_OK);
	assert_int_equal(firmware.bytes.len, 0);
	ota_firmware_free(&firmware);
	refuses(ota_span_of(large, sizeof(large)), OTA_FIRMWARE_BIN, OTA_E_UNSUPPORTED,
		"file is 1048577 bytes, at most 1048576");
}

/* -- golden files ----------------------------------------------------------------------------- */

static const struct {
	const char *name;
	const char *extension;
	enum ota_firmware_kind kind;
	uint32_t base;
	int64_t entry; /* -1: none */
} golden[] = {
	{"UPPER", "HEX", OTA_FIRMWARE_HEX, 0x20000, -1},
	{"app-08010200", "hex", OTA_FIRMWARE_HEX, 0x08010200, 0x08010201},
	{"crlf-lower", "hex", OTA_FIRMWARE_HEX, 0x10000, -1},
	{"cross64k", "hex", OTA_FIRMWARE_HEX, 0x0800fe08, -1},
	{"gap-and-eip", "hex", OTA_FIRMWARE_HEX, 0x1200, 0x1201},
	{"low-0x100", "hex", OTA_FIRMWARE_HEX, 0x100, -1},
	{"segment02", "hex", OTA_FIRMWARE_HEX, 0x2ff00, -1},
	{"unsorted", "hex", OTA_FIRMWARE_HEX, 0x8000, -1},
	{"zero-base", "hex", OTA_FIRMWARE_HEX, 0, -1},
	{"zero-base-hdr32", "hex", OTA_FIRMWARE_HEX, 0, -1},
	{"app", "elf", OTA_FIRMWARE_ELF, 0x08010200, 0x08010201},
	{"app-big-endian", "elf", OTA_FIRMWARE_ELF, 0x08010200, 0x08010201},
	{"headers-in-segment", "elf", OTA_FIRMWARE_ELF, 0x08010200, 0x08010201},
};

static struct ota_buf read_vector(const char *name, const char *extension)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "firmware/%s.%s", name, extension);
	return vector_read(path);
}

static void reads_what_intelhex_and_objcopy_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(golden) / sizeof(golden[0]); i++) {
		struct ota_buf file = read_vector(golden[i].name, golden[i].extension);
		struct ota_buf want = read_vector(golden[i].name, "bin");
		struct ota_firmware firmware;
		struct ota_diag diag;

		assert_int_equal(read_copy(ota_buf_span(&file), golden[i].kind, &firmware, &diag),
				 OTA_OK);
		assert_true(firmware.has_base);
		assert_int_equal(firmware.base, golden[i].base);
		assert_int_equal(firmware.has_entry, golden[i].entry >= 0);
		if (firmware.has_entry)
			assert_int_equal(firmware.entry, golden[i].entry);
		assert_int_equal(firmware.bytes.len, want.len);
		assert_memory_equal(firmware.bytes.data, want.data, want.len);
		ota_firmware_free(&firmware);
		ota_buf_free(&want);
		ota_buf_free(&file);
	}
}

static void refuses_what_intelhex_refuses(void **state)
{
	static const struct {
		const char *name;
		const char *why;
	} bad[] = {
		{"bad-checksum", "line 1 has checksum 0x00, should be 0x78"},
		{"bad-norecords", "file holds no data"},
		{"bad-overlap", "lines 1 and 2 both have data for address 0x00000002"},
		{"bad-truncated", "line 1 has 1 data bytes, its length says 16"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct ota_buf file = read_vector(bad[i].name, "hex");

		refuses(ota_buf_span(&file), OTA_FIRMWARE_HEX, OTA_E_MALFORMED, bad[i].why);
		ota_buf_free(&file);
	}
}

/* -- Intel HEX -------------------------------------------------------------------------------- */

static void says_what_is_wrong_with_a_line(void **state)
{
	(void)state;
	refuses_hex("\n\n0\n" END_LINE, "line 3 starts with byte 0x30, not ':'");
	refuses_hex(":0000000x\n", "line 1 has byte 0x78 in column 9, which is no hex digit");
	refuses_hex(":000\n", "line 1 has 3 hex digits, an odd number");
	refuses_hex(":00\n", "line 1 has 1 bytes, a record has 5 at the least");
	refuses_hex(":00000006FA\n", "line 1 has record type 6, none of 0 to 5");
	refuses_hex(":0100000100FE\n", "line 1 has 1 data bytes, its type has 0");
	refuses_hex(":021000040000EA\n", "line 1 has address field 0x1000, its type has 0");
	refuses_hex(":0400000508000201EC\n:0400000508000201EC\n",
		    "line 2 has start address 0x8000201, the second one");
	refuses_hex(":02000004FFFFFC\n:02FFFF000102FD\n",
		    "line 2 has data at 0xffffffff that runs beyond 4 GiB");
	refuses(ota_span_of(NULL, 0), OTA_FIRMWARE_HEX, OTA_E_MALFORMED, "file holds no data");
	refuses_hex(END_LINE, "file holds no data");
}

static void a_missing_end_record_is_told(void **state)
{
	struct ota_firmware firmware;

	(void)state;
	for (unsigned whole = 0; whole < 2; whole++) {
		assert_int_equal(ota_firmware_read(text(whole ? ":01000400EE0D\n" END_LINE
							      : ":01000400EE0D\n"),
						   OTA_FIRMWARE_HEX, 16, &firmware, NULL),
				 OTA_OK);
		assert_int_equal(firmware.cut_off, !whole);
		assert_int_equal(firmware.bytes.len, 1);
		ota_firmware_free(&firmware);
	}
}

static void finds_overlaps_however_far_apart_the_lines_are(void **state)
{
	(void)state;
	/* One inside another, and one byte twice with others between. */
	refuses_hex(":1000000000000000000000000000000000000000F0\n:0100080001F6\n" END_LINE,
		    "lines 1 and 2 both have data for address 0x00000008");
	refuses_hex(":0100080001F6\n:0100000001FE\n:0100100001EE\n:0100080002F5\n" END_LINE,
		    "lines 1 and 4 both have data for address 0x00000008");
}

static void a_stray_byte_far_away_is_named(void **state)
{
	struct ota_firmware firmware;
	struct ota_diag diag;

	(void)state;
	assert_int_equal(read_copy(text(":020000041000EA\n:0100000001FE\n:020000040800F2\n"
					":020200000102F9\n" END_LINE),
				   OTA_FIRMWARE_HEX, &firmware, &diag),
			 OTA_E_UNSUPPORTED);
	assert_string_equal(diag.text, "data from 0x08000200 to 0x10000000 makes 134217217 bytes, "
				       "at most 1048576 are taken");
	assert_non_null(strstr(diag.hint, "nothing lies from 0x08000202 to 0x0fffffff"));
}

static void the_ceiling_is_the_last_size_that_fits(void **state)
{
	static const char file[] = ":0100000001FE\n:0100FF0002FE\n" END_LINE;
	struct ota_firmware firmware;

	(void)state;
	assert_int_equal(ota_firmware_read(text(file), OTA_FIRMWARE_HEX, 256, &firmware, NULL),
			 OTA_OK);
	assert_int_equal(firmware.bytes.len, 256);
	assert_int_equal(firmware.bytes.data[0], 1);
	assert_int_equal(firmware.bytes.data[255], 2);
	assert_true(ota_span_all(ota_span_of(firmware.bytes.data + 1, 254), 0xff));
	ota_firmware_free(&firmware);
	assert_int_equal(ota_firmware_read(text(file), OTA_FIRMWARE_HEX, 255, &firmware, NULL),
			 OTA_E_UNSUPPORTED);
}

static void takes_data_at_both_ends_of_the_address_space(void **state)
{
	struct ota_firmware firmware;
	struct ota_diag diag;

	(void)state;
	assert_int_equal(read_copy(text(":02000004FFFFFC\n:02FFFE000102FE\n" END_LINE),
				   OTA_FIRMWARE_HEX, &firmware, &diag),
			 OTA_OK);
	assert_int_equal(firmware.base, 0xfffffffe);
	assert_int_equal(firmware.bytes.len, 2);
	ota_firmware_free(&firmware);
	refuses(text(":0100000001FE\n:02000004FFFFFC\n:02FFFE000102FE\n" END_LINE),
		OTA_FIRMWARE_HEX, OTA_E_UNSUPPORTED,
		"data from 0x00000000 to 0xffffffff makes 4294967296 bytes");
}

/* -- writing ---------------------------------------------------------------------------------- */

/* Each record a run of its own, so that touching ones must be joined. */
static size_t read_runs(struct ota_span file, struct ota_ihex_record *records,
			struct ota_hex_run *runs, size_t cap)
{
	struct ota_ihex_rd rd = ota_ihex_rd_init(file);
	size_t n = 0;

	while (n < cap && ota_ihex_next(&rd, &records[n]) == OTA_OK) {
		runs[n].at = records[n].at;
		runs[n].bytes = ota_span_of(records[n].bytes, records[n].len);
		n++;
	}
	assert_int_equal(rd.err, OTA_E_ABSENT);
	return n;
}

static void writes_every_hex_file_of_imgtool_again(void **state)
{
	static const char *const names[] = {
		"bin-in-hex-out",          "enc-hex-out",           "hex-crlf-lower",
		"hex-cross64k-confirm",    "hex-cross64k-pad",      "hex-gap",
		"hex-in-hex-out",          "hex-overwrite-confirm", "hex-segment-records",
		"hex-test-maxalign32",     "hex-unsorted-relocate", "hex-zero-base-lead",
		"hex-zero-base-padheader", "lzma2-hex-out",
	};
	static struct ota_ihex_record records[512];
	static struct ota_hex_run runs[512];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct ota_buf out = ota_buf_init(CEILING);
		struct ota_buf file;
		char path[128];
		size_t n;

		(void)snprintf(path, sizeof(path), "firmware/written-%s.hex", names[i]);
		file = vector_read(path);
		n = read_runs(ota_buf_span(&file), records, runs, 512);
		assert_int_equal(ota_firmware_write_hex(runs, n, &out, NULL), OTA_OK);
		assert_true(ota_span_equal(ota_buf_span(&out), ota_buf_span(&file)));
		ota_buf_free(&file);
		ota_buf_free(&out);
	}
}

static void records_go_on_from_a_run_into_the_next_one(void **state)
{
	static const uint8_t data[] = {0xca, 0xfe, 0x00, 0x11};
	const struct ota_hex_run runs[] = {
		{0xfffc, {data, 1}},
		{0xfffd, {NULL, 0}},
		{0xfffd, {data + 1, 3}},
		{0xfffffff0, {NULL, 0}}, /* nothing there, so no record of type 04 */
	};
	struct ota_buf out = ota_buf_init(CEILING);

	(void)state;
	assert_int_equal(ota_buf_append(&out, text("#"), NULL), OTA_OK);
	assert_int_equal(ota_firmware_write_hex(runs, 4, &out, NULL), OTA_OK);
	assert_true(ota_span_equal(ota_buf_span(&out), text("#:04FFFC00CAFE001128\n" END_LINE)));
	ota_buf_free(&out);
	assert_int_equal(ota_firmware_write_hex(NULL, 0, &out, NULL), OTA_OK);
	assert_true(ota_span_equal(ota_buf_span(&out), text(END_LINE)));
	ota_buf_free(&out);
}

static void refuses_runs_that_hex_cannot_hold(void **state)
{
	static const uint8_t data[16];
	const struct ota_hex_run beyond[] = {{0xfffffff1, {data, 16}}};
	const struct ota_hex_run last[] = {{0xfffffff0, {data, 16}}};
	const struct ota_hex_run mixed[] = {{0x100, {data, 16}}, {0x10f, {data, 1}}};
	struct ota_buf out = ota_buf_init(CEILING);
	struct ota_diag diag = {.err = OTA_OK};

	(void)state;
	assert_int_equal(ota_firmware_write_hex(beyond, 1, &out, &diag), OTA_E_ROOM);
	assert_string_equal(diag.text, "16 bytes at 0xfffffff1 run beyond 4 GiB");
	assert_int_equal(ota_firmware_write_hex(mixed, 2, &out, NULL), OTA_E_USAGE);
	assert_int_equal(out.len, 0);
	assert_int_equal(ota_firmware_write_hex(last, 1, &out, NULL), OTA_OK);
	ota_buf_free(&out);
	out = ota_buf_init(20);
	assert_int_equal(ota_firmware_write_hex(last, 1, &out, NULL), OTA_E_ROOM);
	assert_int_equal(out.len, 0);
	ota_buf_free(&out);
}

/* -- ELF -------------------------------------------------------------------------------------- */

#define ELF_HEADER  52U
#define ELF_SEGMENT 32U
#define ELF_DATA    0x100U

struct elf_segment {
	uint32_t type, offset, vaddr, paddr, filesz, memsz;
};

/* An executable without sections: header, segments, and bytes from ELF_DATA on. */
static struct ota_span make_elf(uint8_t file[0x200], const struct elf_segment *segments, size_t n,
				bool big)
{
	struct ota_wr wr = ota_wr_init(file, 0x200);
	const uint8_t ident[16] = {0x7f, 'E', 'L', 'F', 1, big ? 2 : 1, 1};

	wr.big = big;
	ota_wr_bytes(&wr, ota_span_of(ident, sizeof(ident)));
	ota_wr_u16(&wr, 2);  /* ET_EXEC */
	ota_wr_u16(&wr, 40); /* EM_ARM */
	ota_wr_u32(&wr, 1);
	ota_wr_u32(&wr, 0x1235); /* entry */
	ota_wr_u32(&wr, ELF_HEADER);
	ota_wr_u32(&wr, 0); /* sections */
	ota_wr_u32(&wr, 0);
	ota_wr_u16(&wr, ELF_HEADER);
	ota_wr_u16(&wr, ELF_SEGMENT);
	ota_wr_u16(&wr, (uint16_t)n);
	ota_wr_fill(&wr, 0, 6);
	for (size_t i = 0; i < n; i++) {
		ota_wr_u32(&wr, segments[i].type);
		ota_wr_u32(&wr, segments[i].offset);
		ota_wr_u32(&wr, segments[i].vaddr);
		ota_wr_u32(&wr, segments[i].paddr);
		ota_wr_u32(&wr, segments[i].filesz);
		ota_wr_u32(&wr, segments[i].memsz);
		ota_wr_u32(&wr, 5);
		ota_wr_u32(&wr, 4);
	}
	ota_wr_fill(&wr, 0, ELF_DATA - wr.at);
	while (wr.at < wr.cap)
		ota_wr_u8(&wr, (uint8_t)wr.at);
	return ota_wr_span(&wr);
}

static void takes_loaded_segments_at_their_physical_addresses(void **state)
{
	static const struct elf_segment segments[] = {
		{1, 0x110, 0x20000000, 0x1008, 4, 64}, /* data, loaded behind the code */
		{1, 0x100, 0x1000, 0x1000, 6, 6},
		{1, 0, 0x20000100, 0x20000100, 0, 64},     /* no bytes */
		{0x70000001, 0x100, 0x5000, 0x5000, 8, 8}, /* not loaded */
	};
	static const uint8_t want[] = {0, 1, 2, 3, 4, 5, 0xff, 0xff, 0x10, 0x11, 0x12, 0x13};
	uint8_t file[0x200];

	(void)state;
	for (unsigned big = 0; big < 2; big++) {
		struct ota_firmware firmware;
		struct ota_diag diag;

		assert_int_equal(read_copy(make_elf(file, segments, 4, big != 0), OTA_FIRMWARE_ELF,
					   &firmware, &diag),
				 OTA_OK);
		assert_int_equal(firmware.base, 0x1000);
		assert_int_equal(firmware.bytes.len, sizeof(want));
		assert_memory_equal(firmware.bytes.data, want, sizeof(want));
		assert_int_equal(firmware.entry, 0x1235);
		ota_firmware_free(&firmware);
	}
}

static void goes_by_virtual_addresses_when_physical_ones_are_all_zero(void **state)
{
	static const struct elf_segment segments[] = {{1, 0x100, 0x1000, 0, 4, 4},
						      {1, 0x104, 0x1004, 0, 4, 4}};
	struct ota_firmware firmware;
	struct ota_diag diag;
	uint8_t file[0x200];

	(void)state;
	assert_int_equal(
		read_copy(make_elf(file, segments, 2, false), OTA_FIRMWARE_ELF, &firmware, &diag),
		OTA_OK);
	assert_int_equal(firmware.base, 0x1000);
	assert_int_equal(firmware.bytes.len, 8);
	ota_firmware_free(&firmware);
	/* A single one may well be loaded at 0. */
	assert_int_equal(
		read_copy(make_elf(file, segments, 1, false), OTA_FIRMWARE_ELF, &firmware, &diag),
		OTA_OK);
	assert_int_equal(firmware.base, 0);
	ota_firmware_free(&firmware);
}

static void refuses_segments_that_cannot_be(void **state)
{
	static const struct {
		struct elf_segment segments[2];
		enum ota_err err;
		const char *why;
	} bad[] = {
		{{{1, 0x1f0, 0, 8, 0x11, 0x11}}, OTA_E_TRUNCATED, "a segment ends at byte 513"},
		{{{1, 0xfffffff0, 0, 8, 0x20, 0x20}}, OTA_E_TRUNCATED, "ends at byte 4294967312"},
		{{{1, 0x100, 0, 0xfffffff8, 9, 9}},
		 OTA_E_MALFORMED,
		 "0xfffffff8 runs beyond 4 GiB"},
		{{{1, 0x100, 0, 0x1000, 8, 8}, {1, 0x108, 0, 0x1007, 8, 8}},
		 OTA_E_MALFORMED,
		 "two segments both have data for address 0x00001007"},
		{{{1, 0x100, 0, 0x1000, 8, 8}, {1, 0x108, 0, 0x20001000, 8, 8}},
		 OTA_E_UNSUPPORTED,
		 "data from 0x00001000 to 0x20001007 makes 536870920 bytes"},
		{{{1, 0x100, 0, 0x1000, 0, 8}}, OTA_E_MALFORMED, "no segment with bytes to load"},
		{{{6, 0x100, 0, 0x1000, 8, 8}}, OTA_E_MALFORMED, "no segment with bytes to load"},
	};
	uint8_t file[0x200];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refuses(make_elf(file, bad[i].segments, 2, false), OTA_FIRMWARE_ELF, bad[i].err,
			bad[i].why);
}

static void refuses_elf_files_that_are_no_firmware(void **state)
{
	static const struct elf_segment segment = {1, 0x100, 0, 0x1000, 8, 8};
	static const struct {
		size_t at;
		uint8_t value;
		enum ota_err err;
		const char *why;
	} changes[] = {
		{4, 2, OTA_E_UNSUPPORTED, "ELF file is 64-bit, only 32-bit is read"},
		{16, 1, OTA_E_UNSUPPORTED, "ELF file is an object that is not linked yet"},
		{16, 4, OTA_E_UNSUPPORTED, "ELF file is a core dump"},
		{16, 9, OTA_E_UNSUPPORTED, "ELF file is of an unknown type"},
		{42, 31, OTA_E_MALFORMED, "segment headers of 31 bytes, not 32"},
		{44, 0, OTA_E_MALFORMED, "no segment with bytes to load, of 0 segments"},
		{45, 1, OTA_E_TRUNCATED, "segment table ends at byte 8276, the file at 512"},
	};
	uint8_t file[0x200];

	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		struct ota_span elf = make_elf(file, &segment, 1, false);

		file[changes[i].at] = changes[i].value;
		refuses(elf, OTA_FIRMWARE_ELF, changes[i].err, changes[i].why);
	}
	refuses(ota_span_of(NULL, 0), OTA_FIRMWARE_ELF, OTA_E_TRUNCATED, "file is empty");
	refuses(text("MZ, no ELF"), OTA_FIRMWARE_ELF, OTA_E_MALFORMED, "no ELF file");
}

static void an_elf_file_cut_off_anywhere_is_refused(void **state)
{
	static const char *const names[] = {"app", "app-big-endian", "headers-in-segment"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct ota_buf file = read_vector(names[i], "elf");
		struct ota_firmware firmware;
		struct ota_diag diag;

		for (size_t len = 0; len < file.len; len++)
			assert_int_not_equal(read_copy(ota_span_of(file.data, len),
						       OTA_FIRMWARE_ELF, &firmware, &diag),
					     OTA_OK);
		ota_buf_free(&file);
	}
}

/* Whatever is read stays within the ceiling, and lies where it says. */
static void no_flipped_bit_of_a_file_does_harm(void **state)
{
	static const char *const names[][2] = {
		{"app", "elf"}, {"app-big-endian", "elf"}, {"segment02", "hex"}};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct ota_buf file = read_vector(names[i][0], names[i][1]);
		enum ota_firmware_kind kind = ota_firmware_kind_of("x.hex", ota_buf_span(&file));
		size_t refused = 0;

		for (size_t bit = 0; bit < file.len * 8; bit++) {
			struct ota_firmware firmware;
			struct ota_diag diag;

			file.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
			if (read_copy(ota_buf_span(&file), kind, &firmware, &diag) != OTA_OK)
				refused++;
			else
				assert_true(firmware.bytes.len > 0 &&
					    firmware.bytes.len <= CEILING &&
					    firmware.bytes.len - 1 <= UINT32_MAX - firmware.base);
			ota_firmware_free(&firmware);
			file.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
		}
		assert_true(refused > file.len / 10);
		ota_buf_free(&file);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_hex_names_as_imgtool_does),
		cmocka_unit_test(the_magic_of_elf_goes_before_the_name),
		cmocka_unit_test(a_binary_is_taken_as_it_is),
		cmocka_unit_test(reads_what_intelhex_and_objcopy_read),
		cmocka_unit_test(refuses_what_intelhex_refuses),
		cmocka_unit_test(says_what_is_wrong_with_a_line),
		cmocka_unit_test(a_missing_end_record_is_told),
		cmocka_unit_test(finds_overlaps_however_far_apart_the_lines_are),
		cmocka_unit_test(a_stray_byte_far_away_is_named),
		cmocka_unit_test(the_ceiling_is_the_last_size_that_fits),
		cmocka_unit_test(takes_data_at_both_ends_of_the_address_space),
		cmocka_unit_test(writes_every_hex_file_of_imgtool_again),
		cmocka_unit_test(records_go_on_from_a_run_into_the_next_one),
		cmocka_unit_test(refuses_runs_that_hex_cannot_hold),
		cmocka_unit_test(takes_loaded_segments_at_their_physical_addresses),
		cmocka_unit_test(goes_by_virtual_addresses_when_physical_ones_are_all_zero),
		cmocka_unit_test(refuses_segments_that_cannot_be),
		cmocka_unit_test(refuses_elf_files_that_are_no_firmware),
		cmocka_unit_test(an_elf_file_cut_off_anywhere_is_refused),
		cmocka_unit_test(no_flipped_bit_of_a_file_does_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
