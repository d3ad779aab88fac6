// SPDX-License-Identifier: Apache-2.0
/* VCDIFF's row, reading side: xdelta3's real patches, and hostile ones made by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include <ota/vcdiff.h>

#include "patch_formats.h"
#include "stream_xz.h"
#include "vectors.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))
#define NEW_MAX  65536U

static struct ota_span text(const char *s)
{
	return ota_span_of(s, strlen(s));
}

/* -- what xdelta3 wrote ------------------------------------------------------------------------ */

/* A row of vectors/vcdiff/patches.tsv. */
struct row {
	char patch[64];
	char old_name[64];
	char new_name[64];
	char reads[8]; /* "yes", or what stands in the way */
};

static struct ota_buf read_vector(const char *name)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "vcdiff/%s", name);
	return vector_read(path);
}

static void check_parts(const struct ota_delta_info *info)
{
	uint64_t bytes = 0;

	for (unsigned i = 0; i < info->n_parts; i++)
		bytes += info->part[i].bytes;
	assert_true(bytes == info->patch_size);
	assert_true(info->copied_old + info->copied_new + info->repeated + info->inserted ==
		    info->new_size);
	assert_true(info->window_max <= info->new_size);
	assert_true(info->decoder_ram >= OTA_VCDIFF_DEC_RAM + info->window_max);
}

static void check_row(const struct row *row)
{
	struct ota_buf old_image = read_vector(row->old_name);
	struct ota_buf new_image = read_vector(row->new_name);
	struct ota_buf patch = read_vector(row->patch);
	struct ota_buf out = ota_buf_init(new_image.len);
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_delta_info info;
	enum ota_err err =
		ota_delta_apply(ota_buf_span(&old_image), ota_buf_span(&patch), &out, &diag);

	if (strcmp(row->reads, "yes") == 0) {
		if (err != OTA_OK)
			fail_msg("%s: %s", row->patch, diag.text);
		assert_true(ota_span_equal(ota_buf_span(&out), ota_buf_span(&new_image)));
		assert_int_equal(ota_delta_describe(ota_buf_span(&patch), &info, NULL), OTA_OK);
		assert_true(info.new_size == new_image.len && info.old_reach <= old_image.len);
		check_parts(&info);
	} else {
		assert_int_equal(err, OTA_E_UNSUPPORTED);
		assert_non_null(strstr(diag.text, row->reads));
		assert_non_null(strstr(diag.hint, "-S none or -S lzma"));
		assert_int_equal(ota_delta_describe(ota_buf_span(&patch), &info, NULL), err);
	}
	ota_buf_free(&out);
	ota_buf_free(&patch);
	ota_buf_free(&new_image);
	ota_buf_free(&old_image);
}

static void every_patch_of_xdelta3_is_applied_or_named(void **state)
{
	struct ota_buf table = read_vector("patches.tsv");
	char *line;
	size_t rows = 0;

	(void)state;
	assert_int_equal(ota_buf_append(&table, ota_span_of("", 1), NULL), OTA_OK);
	line = strchr((char *)table.data, '\n');
	while (line && line[1] != '\0') {
		struct row row;

		assert_int_equal(sscanf(line, " %63s %63s %63s %7s", row.patch, row.old_name,
					row.new_name, row.reads),
				 4);
		check_row(&row);
		rows++;
		line = strchr(line + 1, '\n');
	}
	assert_true(rows > 50);
	ota_buf_free(&table);
}

static void what_a_patch_is_made_of_is_told(void **state)
{
	struct ota_buf patch = read_vector("windows-lzma.patch");
	struct ota_delta_info info;

	(void)state;
	assert_int_equal(ota_delta_describe(ota_buf_span(&patch), &info, NULL), OTA_OK);
	assert_string_equal(info.format, "vcdiff");
	assert_int_equal(info.windows, 3);
	assert_int_equal(info.window_max, 16384);
	assert_true(info.has_checksum);
	assert_int_equal(info.n_parts, 4);
	for (unsigned i = 0; i < info.n_parts; i++) {
		assert_int_equal(info.part[i].level, 0);
		if (i > 0)
			assert_string_equal(info.part[i].coding, "xz");
	}
	/* Three decoders with their dictionaries. */
	assert_true(info.decoder_ram > OTA_VCDIFF_DEC_RAM + 16384 + 3 * OTA_XZ_SECTION_DICTIONARY);
	ota_buf_free(&patch);
	patch = read_vector("plain.patch");
	assert_int_equal(ota_delta_describe(ota_buf_span(&patch), &info, NULL), OTA_OK);
	assert_false(info.has_checksum);
	assert_int_equal(info.decoder_ram, OTA_VCDIFF_DEC_RAM + info.window_max);
	for (unsigned i = 0; i < info.n_parts; i++)
		assert_null(info.part[i].coding);
	ota_buf_free(&patch);
}

/* The law that holds for whole patches of one window; at a window's end a cut is not to be seen. */
static void a_patch_of_several_windows_cut_anywhere_else_is_called_truncated(void **state)
{
	struct ota_buf patch = read_vector("windows-lzma.patch");
	struct ota_buf old_image = read_vector("windows.old");
	size_t whole = 0;

	(void)state;
	for (size_t len = 0; len < patch.len; len++) {
		struct ota_span head = ota_span_head(ota_buf_span(&patch), len);
		struct ota_buf out = ota_buf_init(NEW_MAX);
		enum ota_err err = ota_delta_apply(ota_buf_span(&old_image), head, &out, NULL);

		if (err == OTA_OK) {
			assert_int_equal(out.len % 16384, 0);
			whole++;
		} else {
			assert_int_equal(err, OTA_E_TRUNCATED);
		}
		ota_buf_free(&out);
	}
	assert_int_equal(whole, 2);
	ota_buf_free(&old_image);
	ota_buf_free(&patch);
}

static void another_old_file_is_found_by_the_checksum(void **state)
{
	struct ota_buf patch = read_vector("code-9-none.patch");
	struct ota_buf old_image = read_vector("code.old");
	struct ota_buf out = ota_buf_init(NEW_MAX);
	struct ota_diag diag = {.err = OTA_OK};

	(void)state;
	old_image.data[1000] ^= 1;
	assert_int_equal(
		ota_delta_apply(ota_buf_span(&old_image), ota_buf_span(&patch), &out, &diag),
		OTA_E_WRONG_BASE);
	assert_non_null(strstr(diag.text, "probably another"));
	ota_buf_free(&out);
	old_image.len = 100;
	diag = (struct ota_diag){.err = OTA_OK};
	assert_int_equal(
		ota_delta_apply(ota_buf_span(&old_image), ota_buf_span(&patch), &out, &diag),
		OTA_E_WRONG_BASE);
	assert_non_null(strstr(diag.text, "the old file has 100"));
	assert_null(out.data);
	ota_buf_free(&old_image);
	ota_buf_free(&patch);
}

static void a_flipped_bit_gives_an_error_or_the_same_image(void **state)
{
	struct ota_buf patch = read_vector("hello-none.patch");
	struct ota_buf old_image = read_vector("hello.old");
	struct ota_buf new_image = read_vector("hello.new");

	(void)state;
	for (size_t bit = 0; bit < 8 * patch.len; bit++) {
		struct ota_buf out = ota_buf_init(NEW_MAX);

		patch.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
		if (ota_delta_apply(ota_buf_span(&old_image), ota_buf_span(&patch), &out, NULL) ==
		    OTA_OK)
			assert_true(ota_span_equal(ota_buf_span(&out), ota_buf_span(&new_image)));
		patch.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
		ota_buf_free(&out);
	}
	ota_buf_free(&new_image);
	ota_buf_free(&old_image);
	ota_buf_free(&patch);
}

/* -- made by hand ------------------------------------------------------------------------------ */

/* One window without source; a section is compressed when `xz` has its bit, size included. */
struct made {
	uint32_t new_len;
	unsigned xz;
	struct ota_span section[OTA_VCDIFF_SECTIONS];
};

static void put_number(struct ota_buf *buf, uint32_t value)
{
	uint8_t bytes[5];
	unsigned n = 0;

	do {
		bytes[4 - n] = (uint8_t)((value & 0x7f) | (n > 0 ? 0x80 : 0));
		n++;
		value >>= 7;
	} while (value > 0);
	assert_int_equal(ota_buf_append(buf, ota_span_of(bytes + 5 - n, n), NULL), OTA_OK);
}

static void put(struct ota_buf *buf, struct ota_span bytes)
{
	assert_int_equal(ota_buf_append(buf, bytes, NULL), OTA_OK);
}

static struct ota_buf begin_patch(uint8_t secondary)
{
	uint8_t header[] = {0xd6, 0xc3, 0xc4, 0, secondary != 0, secondary};
	struct ota_buf patch = ota_buf_init(0x1000000);

	put(&patch, ota_span_of(header, secondary ? 6 : 5));
	return patch;
}

static void put_window(struct ota_buf *patch, const struct made *made)
{
	uint8_t indicator = (uint8_t)made->xz;
	struct ota_buf delta = ota_buf_init(0x1000000);

	put_number(&delta, made->new_len);
	put(&delta, ota_span_of(&indicator, 1));
	for (unsigned i = 0; i < OTA_VCDIFF_SECTIONS; i++)
		put_number(&delta, (uint32_t)made->section[i].len);
	for (unsigned i = 0; i < OTA_VCDIFF_SECTIONS; i++)
		put(&delta, made->section[i]);
	put_number(patch, 0);
	put_number(patch, (uint32_t)delta.len);
	put(patch, ota_buf_span(&delta));
	ota_buf_free(&delta);
}

/* What apply and describe say of it; the old file is "old". */
static enum ota_err try_patch(struct ota_buf *patch, size_t ceiling, struct ota_diag *diag)
{
	struct ota_buf out = ota_buf_init(ceiling);
	enum ota_err err;

	*diag = (struct ota_diag){.err = OTA_OK};
	err = ota_delta_apply(text("old"), ota_buf_span(patch), &out, diag);
	assert_true(err == OTA_OK || diag->text[0] != '\0');
	ota_buf_free(&out);
	ota_buf_free(patch);
	return err;
}

static void a_header_alone_is_truncated(void **state)
{
	struct ota_buf patch = begin_patch(0);
	struct ota_diag diag;

	(void)state;
	assert_int_equal(try_patch(&patch, 100, &diag), OTA_E_TRUNCATED);
	assert_non_null(strstr(diag.text, "before its first window"));
}

static void a_window_of_no_byte_can_only_stand_alone(void **state)
{
	static const uint8_t inst[] = {2};
	const struct made empty = {.new_len = 0};
	const struct made one = {.new_len = 1,
				 .section = {ota_span_of("a", 1), ota_span_of(inst, 1)}};
	struct ota_diag diag;
	struct ota_buf patch = begin_patch(0);

	(void)state;
	put_window(&patch, &empty);
	assert_int_equal(try_patch(&patch, 100, &diag), OTA_OK);
	patch = begin_patch(0);
	put_window(&patch, &one);
	put_window(&patch, &empty);
	assert_int_equal(try_patch(&patch, 100, &diag), OTA_E_MALFORMED);
	patch = begin_patch(0);
	put_window(&patch, &empty);
	put_window(&patch, &one);
	assert_int_equal(try_patch(&patch, 100, &diag), OTA_E_MALFORMED);
	assert_non_null(strstr(diag.text, "no new byte"));
}

static const uint8_t run_of_2g[] = {0, 0x87, 0xff, 0xff, 0xff, 0x7f};

static void a_bomb_is_refused_from_its_header(void **state)
{
	const struct made made = {.new_len = OTA_VCDIFF_IMAGE_MAX,
				  .section = {ota_span_of("a", 1), ota_span_of(run_of_2g, 6)}};
	struct ota_buf patch = begin_patch(0);
	struct ota_diag diag;
	struct ota_delta_info info;
	clock_t start = clock();

	(void)state;
	put_window(&patch, &made);
	assert_int_equal(ota_delta_describe(ota_buf_span(&patch), &info, NULL), OTA_OK);
	assert_true(info.repeated == OTA_VCDIFF_IMAGE_MAX);
	assert_int_equal(try_patch(&patch, 1000000, &diag), OTA_E_NO_FIT);
	assert_string_equal(diag.text,
			    "new file is 2147483647 bytes, at most 1000000 are accepted");
	assert_true(clock() - start < CLOCKS_PER_SEC / 20);
}

static void thousands_of_windows_are_summed_up_before_the_first_is_made(void **state)
{
	const struct made made = {.new_len = OTA_VCDIFF_IMAGE_MAX,
				  .section = {ota_span_of("a", 1), ota_span_of(run_of_2g, 6)}};
	struct ota_buf patch = begin_patch(0);
	struct ota_delta_info info;
	struct ota_diag diag;

	(void)state;
	for (int i = 0; i < 5000; i++)
		put_window(&patch, &made);
	assert_int_equal(ota_delta_describe(ota_buf_span(&patch), &info, NULL), OTA_E_UNSUPPORTED);
	assert_int_equal(try_patch(&patch, SIZE_MAX, &diag), OTA_E_UNSUPPORTED);
	assert_non_null(strstr(diag.text, "10737418235000"));
}

/* -- LZMA sections ----------------------------------------------------------------------------- */

/* `plain` with its size, as a section of its own stream; `claim` is what the size says. */
static struct ota_buf xz_section(struct ota_span plain, uint32_t claim)
{
	struct ota_buf section = ota_buf_init(0x100000);
	struct ota_xz_writer writer;

	put_number(&section, claim);
	assert_int_equal(ota_xz_writer_open(&writer, NULL), OTA_OK);
	assert_int_equal(ota_xz_write_section(&writer, plain, &section, NULL), OTA_OK);
	ota_xz_writer_close(&writer);
	return section;
}

static const uint8_t add_1000[] = {1, 0x87, 0x68};

/* A patch that inserts `plain` by ADD 1000, its data section compressed. */
static struct ota_buf insert_patch(uint8_t secondary, struct ota_span plain, uint32_t claim)
{
	struct ota_buf data = xz_section(plain, claim);
	const struct made made = {.new_len = 1000,
				  .xz = 1,
				  .section = {ota_buf_span(&data), ota_span_of(add_1000, 3)}};
	struct ota_buf patch = begin_patch(secondary);

	put_window(&patch, &made);
	ota_buf_free(&data);
	return patch;
}

static void an_lzma_section_holds_what_it_claims(void **state)
{
	static uint8_t plain[2000];
	struct ota_diag diag;
	struct ota_buf patch = insert_patch(OTA_VCDIFF_LZMA, ota_span_of(plain, 1000), 1000);

	(void)state;
	assert_int_equal(try_patch(&patch, 1000, &diag), OTA_OK);
	patch = insert_patch(OTA_VCDIFF_LZMA, ota_span_of(plain, 999), 1000);
	assert_int_equal(try_patch(&patch, 1000, &diag), OTA_E_MALFORMED);
	patch = insert_patch(OTA_VCDIFF_LZMA, ota_span_of(plain, 1001), 1000);
	assert_int_equal(try_patch(&patch, 1000, &diag), OTA_E_MALFORMED);
	patch = insert_patch(OTA_VCDIFF_LZMA, ota_span_of(plain, 2000), 1000);
	assert_int_equal(try_patch(&patch, 1000, &diag), OTA_E_MALFORMED);
	patch = insert_patch(OTA_VCDIFF_LZMA, ota_span_of(plain, 1000), 999);
	assert_int_equal(try_patch(&patch, 1000, &diag), OTA_E_MALFORMED);
	patch = insert_patch(OTA_VCDIFF_LZMA, ota_span_of(plain, 1001), 1001);
	assert_int_equal(try_patch(&patch, 1000, &diag), OTA_E_MALFORMED);
	assert_non_null(strstr(diag.text, "claims 1001 bytes"));
}

static void other_secondary_compressors_are_named(void **state)
{
	static const struct {
		uint8_t number;
		enum ota_err err;
		const char *says;
	} cases[] = {
		{0, OTA_E_MALFORMED, "does not name"},
		{OTA_VCDIFF_DJW, OTA_E_UNSUPPORTED, "DJW"},
		{OTA_VCDIFF_FGK, OTA_E_UNSUPPORTED, "FGK"},
		{77, OTA_E_UNSUPPORTED, "number 77"},
	};

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		struct ota_buf patch = insert_patch(cases[i].number, text("x"), 1);
		struct ota_diag diag;

		assert_int_equal(try_patch(&patch, 1000, &diag), cases[i].err);
		assert_non_null(strstr(diag.text, cases[i].says));
	}
}

/* The dictionary's size is a byte of the .xz block header: 36 stands for 1 GiB. */
static void an_lzma_section_that_asks_for_much_memory_is_refused(void **state)
{
	static uint8_t plain[1000];
	struct ota_buf patch = insert_patch(OTA_VCDIFF_LZMA, ota_span_of(plain, 1000), 1000);
	static const uint8_t filter[] = {0x21, 0x01, 0x0c};
	struct ota_diag diag;
	uint8_t *at = NULL;
	uint32_t crc;

	(void)state;
	for (size_t i = 0; !at && i + 13 < patch.len; i++) {
		if (memcmp(patch.data + i, filter, sizeof(filter)) == 0)
			at = patch.data + i;
	}
	assert_non_null(at);
	at[2] = 36;
	/* Block header: size, flags, the filter and padding, then its CRC-32. */
	crc = lzma_crc32(at - 2, 8, 0);
	for (unsigned i = 0; i < 4; i++)
		at[6 + i] = (uint8_t)(crc >> 8 * i);
	assert_int_equal(try_patch(&patch, 1000, &diag), OTA_E_UNSUPPORTED);
	assert_non_null(strstr(diag.text, "bytes of memory"));
}

/* Half of `plain` in a block with the usual dictionary, half in one with a dictionary of 8 MiB. */
static struct ota_buf two_dictionaries(struct ota_span plain)
{
	struct ota_buf section = ota_buf_init(0x10000);
	lzma_stream xz = LZMA_STREAM_INIT;
	lzma_options_lzma options;
	lzma_filter filters[] = {{.id = LZMA_FILTER_LZMA2, .options = &options},
				 {.id = LZMA_VLI_UNKNOWN, .options = NULL}};
	static uint8_t out[0x8000];

	assert_false(lzma_lzma_preset(&options, 1));
	options.dict_size = OTA_XZ_SECTION_DICTIONARY;
	assert_int_equal(lzma_stream_encoder(&xz, filters, LZMA_CHECK_NONE), LZMA_OK);
	xz.next_out = out;
	xz.avail_out = sizeof(out);
	xz.next_in = plain.data;
	xz.avail_in = plain.len / 2;
	assert_int_equal(lzma_code(&xz, LZMA_FULL_FLUSH), LZMA_STREAM_END);
	options.dict_size = 0x800000;
	assert_int_equal(lzma_filters_update(&xz, filters), LZMA_OK);
	xz.avail_in = plain.len - plain.len / 2;
	assert_int_equal(lzma_code(&xz, LZMA_SYNC_FLUSH), LZMA_STREAM_END);
	put_number(&section, (uint32_t)plain.len);
	put(&section, ota_span_of(out, sizeof(out) - xz.avail_out));
	lzma_end(&xz);
	return section;
}

/* The memory that `check` counts is that of the first block. */
static void an_lzma_stream_gets_no_more_memory_than_its_beginning_asks_for(void **state)
{
	static uint8_t plain[1000];
	struct ota_buf data = two_dictionaries(ota_span_of(plain, sizeof(plain)));
	const struct made made = {.new_len = 1000,
				  .xz = 1,
				  .section = {ota_buf_span(&data), ota_span_of(add_1000, 3)}};
	struct ota_buf patch = begin_patch(OTA_VCDIFF_LZMA);
	struct ota_delta_info info;
	struct ota_diag diag;

	(void)state;
	put_window(&patch, &made);
	assert_int_equal(ota_delta_describe(ota_buf_span(&patch), &info, NULL), OTA_E_UNSUPPORTED);
	assert_int_equal(try_patch(&patch, 1000, &diag), OTA_E_UNSUPPORTED);
	assert_non_null(strstr(diag.text, "bytes of memory, at most 3"));
	ota_buf_free(&data);
}

/* A first section with only part of a stream's headers would count as no memory at all. */
static void an_lzma_stream_begins_with_whole_headers(void **state)
{
	static const uint8_t inst[] = {2};
	struct ota_buf addresses = xz_section(text("x"), 0);
	struct made made = {
		.new_len = 1, .xz = 4, .section = {ota_span_of("a", 1), ota_span_of(inst, 1)}};

	(void)state;
	/* The size, and a stream header of 12 bytes, which ends before the block's. */
	for (size_t len = 1; len <= 1 + 12; len++) {
		struct ota_buf patch = begin_patch(OTA_VCDIFF_LZMA);
		struct ota_diag diag;

		made.section[OTA_VCDIFF_ADDR] = ota_span_head(ota_buf_span(&addresses), len);
		put_window(&patch, &made);
		assert_int_equal(try_patch(&patch, 1000, &diag), OTA_E_MALFORMED);
		assert_non_null(strstr(diag.text, "does not begin as an xz stream"));
	}
	ota_buf_free(&addresses);
}

static void bad_headers_are_named_by_their_place(void **state)
{
	const struct made made = {.new_len = 1,
				  .section = {ota_span_of("a", 1), ota_span_of("\2", 1)}};
	struct ota_buf patch = begin_patch(0);
	struct ota_diag diag;

	(void)state;
	put_window(&patch, &made);
	put_number(&patch, 8); /* an unknown Win_Indicator */
	put(&patch, text("more"));
	assert_int_equal(try_patch(&patch, 100, &diag), OTA_E_MALFORMED);
	assert_string_equal(diag.text, "window 2 has a bad header, at byte 14");
	patch = begin_patch(0);
	patch.data[4] = 0x18;
	assert_int_equal(try_patch(&patch, 100, &diag), OTA_E_MALFORMED);
	assert_string_equal(diag.text, "patch has a bad header, with indicator 0x18");
}

static void what_is_no_lzma_is_malformed(void **state)
{
	static const uint8_t data[] = {0x87, 0x68, 'n', 'o', ' ', 'x', 'z', ' ', 'h',
				       'e',  'r',  'e', ',', ' ', 'n', 'o', 'n', 'e'};
	const struct made made = {
		.new_len = 1000,
		.xz = 1,
		.section = {ota_span_of(data, sizeof(data)), ota_span_of(add_1000, 3)}};
	struct ota_buf patch = begin_patch(OTA_VCDIFF_LZMA);
	struct ota_diag diag;

	(void)state;
	put_window(&patch, &made);
	assert_int_equal(try_patch(&patch, 1000, &diag), OTA_E_MALFORMED);
}

/* -- cost -------------------------------------------------------------------------------------- */

/* But for the stack. */
static uint64_t cost_of(const char *vector, const struct ota_target *target,
			enum ota_applier applier, struct ota_costs *costs)
{
	struct ota_buf patch = read_vector(vector);
	struct ota_update update = {.patch = ota_buf_span(&patch), .format = "vcdiff"};
	const struct ota_patch_format *format = ota_patch_format_named("xdelta3");
	uint64_t total = 0;

	update.old_len = 3862;
	update.new_len = 4300;
	*costs = (struct ota_costs){.n = 0};
	assert_int_equal(format->cost(&update, target, applier, costs, NULL), OTA_OK);
	for (unsigned i = 0; i < costs->n; i++) {
		if (costs->item[i].where == OTA_PLACE_STACK) {
			assert_int_equal(applier, OTA_APPLIED_ON_DEVICE);
			assert_int_equal(costs->item[i].bytes, OTA_VCDIFF_DEC_STACK);
			continue;
		}
		assert_int_equal(costs->item[i].where, applier == OTA_APPLIED_ON_DEVICE
							       ? OTA_PLACE_RAM
							       : OTA_PLACE_GATEWAY);
		total += costs->item[i].bytes;
	}
	ota_buf_free(&patch);
	return total;
}

/* The sections are read where the patch is kept, and take no memory. */
static struct ota_target kept(void)
{
	return (struct ota_target){
		.old_mapped = true, .has_patch_place = true, .patch_place = OTA_PATCH_SECONDARY};
}

static void a_device_pays_for_state_window_and_what_it_cannot_map(void **state)
{
	struct ota_target target = kept();
	struct ota_costs costs;

	(void)state;
	assert_int_equal(cost_of("plain.patch", &target, OTA_APPLIED_ON_DEVICE, &costs),
			 OTA_VCDIFF_DEC_RAM + 4300);
	assert_int_equal(cost_of("plain.patch", &target, OTA_APPLIED_BY_GATEWAY, &costs),
			 OTA_VCDIFF_DEC_RAM + 4300);
	target.old_mapped = false;
	assert_int_equal(cost_of("plain.patch", &target, OTA_APPLIED_ON_DEVICE, &costs),
			 OTA_VCDIFF_DEC_RAM + 4300 + OTA_DEVICE_PIECE);
	target.layout.mode = OTA_MODE_SINGLE_SLOT;
	target.old_mapped = true;
	assert_int_equal(cost_of("plain.patch", &target, OTA_APPLIED_ON_DEVICE, &costs),
			 OTA_VCDIFF_DEC_RAM + 4300);
	assert_non_null(strstr(costs.item[costs.n - 1].what, "new image"));
}

static void an_lzma_decoder_is_paid_for_each_kind_of_section(void **state)
{
	struct ota_target target = kept();
	struct ota_costs costs;
	struct ota_buf patch = read_vector("windows-lzma.patch");
	struct ota_delta_info info;

	(void)state;
	assert_int_equal(ota_delta_describe(ota_buf_span(&patch), &info, NULL), OTA_OK);
	assert_int_equal(cost_of("windows-lzma.patch", &target, OTA_APPLIED_ON_DEVICE, &costs),
			 info.decoder_ram);
	assert_int_equal(costs.n, 6);
	assert_string_equal(costs.item[0].what, "xz decoder, data section");
	ota_buf_free(&patch);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_patch_of_xdelta3_is_applied_or_named),
		cmocka_unit_test(what_a_patch_is_made_of_is_told),
		cmocka_unit_test(a_patch_of_several_windows_cut_anywhere_else_is_called_truncated),
		cmocka_unit_test(another_old_file_is_found_by_the_checksum),
		cmocka_unit_test(a_flipped_bit_gives_an_error_or_the_same_image),
		cmocka_unit_test(a_header_alone_is_truncated),
		cmocka_unit_test(a_window_of_no_byte_can_only_stand_alone),
		cmocka_unit_test(a_bomb_is_refused_from_its_header),
		cmocka_unit_test(thousands_of_windows_are_summed_up_before_the_first_is_made),
		cmocka_unit_test(an_lzma_section_holds_what_it_claims),
		cmocka_unit_test(other_secondary_compressors_are_named),
		cmocka_unit_test(an_lzma_section_that_asks_for_much_memory_is_refused),
		cmocka_unit_test(an_lzma_stream_gets_no_more_memory_than_its_beginning_asks_for),
		cmocka_unit_test(an_lzma_stream_begins_with_whole_headers),
		cmocka_unit_test(bad_headers_are_named_by_their_place),
		cmocka_unit_test(what_is_no_lzma_is_malformed),
		cmocka_unit_test(a_device_pays_for_state_window_and_what_it_cannot_map),
		cmocka_unit_test(an_lzma_decoder_is_paid_for_each_kind_of_section),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
