// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <ota/compare.h>

#define FLASH_AT       0x08000000U
#define SPENT_PER_BYTE ((uint64_t)2048)
#define ELF_HEADER     52U
#define SEGMENT_ROW    32U
#define SECTION_ROW    40U
#define SYMBOL_ROW     16U
#define FUNCTION       2U
#define OBJECT         1U
#define SOURCE_FILE    4U
#define GLOBAL         0x10U
#define ABSOLUTE       0xfff1U

/* -- ELF files --------------------------------------------------------------------------------- */

/* A symbol of the one section there is. */
struct given {
	const char *name;
	uint32_t at; /* offset in the section */
	uint32_t size;
	unsigned info; /* type and binding */
};

/* Fills an ELF file for Arm: .text at FLASH_AT, a symbol table, its names. Owned by the caller. */
struct elf {
	uint8_t *data;
	size_t len;
	size_t symbols_at;
	size_t sections_at;
};

static void put_section(struct ota_wr *wr, const uint32_t field[6])
{
	ota_wr_u32(wr, field[0]); /* name */
	ota_wr_u32(wr, field[1]); /* type */
	ota_wr_u32(wr, field[2]); /* flags */
	ota_wr_u32(wr, field[2] ? FLASH_AT : 0);
	ota_wr_u32(wr, field[3]); /* offset */
	ota_wr_u32(wr, field[4]); /* size */
	ota_wr_u32(wr, field[5]); /* link */
	ota_wr_u32(wr, 0);
	ota_wr_u32(wr, 4);
	ota_wr_u32(wr, field[1] == 2 ? SYMBOL_ROW : 0);
}

static void put_header(struct ota_wr *wr, uint32_t text_len, uint32_t sections_at)
{
	static const uint8_t ident[16] = {0x7f, 'E', 'L', 'F', 1, 1, 1};

	ota_wr_bytes(wr, ota_span_of(ident, sizeof(ident)));
	ota_wr_u16(wr, 2);  /* executable */
	ota_wr_u16(wr, 40); /* Arm */
	ota_wr_u32(wr, 1);
	ota_wr_u32(wr, FLASH_AT);
	ota_wr_u32(wr, ELF_HEADER);
	ota_wr_u32(wr, sections_at);
	ota_wr_u32(wr, 0);
	ota_wr_u16(wr, ELF_HEADER);
	ota_wr_u16(wr, SEGMENT_ROW);
	ota_wr_u16(wr, 1);
	ota_wr_u16(wr, SECTION_ROW);
	ota_wr_u16(wr, 4);
	ota_wr_u16(wr, 3);
	ota_wr_u32(wr, 1); /* segment: loaded */
	ota_wr_u32(wr, ELF_HEADER + SEGMENT_ROW);
	ota_wr_u32(wr, FLASH_AT);
	ota_wr_u32(wr, FLASH_AT);
	ota_wr_u32(wr, text_len);
	ota_wr_u32(wr, text_len);
	ota_wr_u32(wr, 5);
	ota_wr_u32(wr, 4);
}

static size_t names_len(const struct given *given, size_t n)
{
	size_t len = 1;

	for (size_t i = 0; i < n; i++)
		len += strlen(given[i].name) + 1;
	return len;
}

static void put_symbols(struct ota_wr *wr, const struct given *given, size_t n)
{
	uint32_t name = 1;

	ota_wr_fill(wr, 0, SYMBOL_ROW);
	for (size_t i = 0; i < n; i++) {
		bool is_file = (given[i].info & 0x0fU) == SOURCE_FILE;

		ota_wr_u32(wr, name);
		ota_wr_u32(wr, is_file ? 0 : FLASH_AT + given[i].at);
		ota_wr_u32(wr, given[i].size);
		ota_wr_u8(wr, (uint8_t)given[i].info);
		ota_wr_u8(wr, 0);
		ota_wr_u16(wr, is_file ? ABSOLUTE : 1);
		name += (uint32_t)strlen(given[i].name) + 1;
	}
}

static struct elf make_elf(struct ota_span text, const struct given *given, size_t n)
{
	static const char section_names[] = "\0.text\0.symtab\0.strtab";
	uint32_t names = (uint32_t)names_len(given, n);
	uint32_t text_at = ELF_HEADER + SEGMENT_ROW;
	uint32_t symbols_at = text_at + (uint32_t)text.len;
	uint32_t symbols_len = SYMBOL_ROW * (uint32_t)(n + 1);
	uint32_t names_at = symbols_at + symbols_len;
	uint32_t sections_at = names_at + names + sizeof(section_names);
	size_t len = sections_at + 4 * SECTION_ROW;
	struct elf elf = {malloc(len), len, symbols_at, sections_at};
	struct ota_wr wr;

	assert_non_null(elf.data);
	wr = ota_wr_init(elf.data, len);
	put_header(&wr, (uint32_t)text.len, sections_at);
	ota_wr_bytes(&wr, text);
	put_symbols(&wr, given, n);
	ota_wr_u8(&wr, 0);
	for (size_t i = 0; i < n; i++)
		ota_wr_bytes(&wr, ota_span_of(given[i].name, strlen(given[i].name) + 1));
	ota_wr_bytes(&wr, ota_span_of(section_names, sizeof(section_names)));
	ota_wr_fill(&wr, 0, SECTION_ROW);
	put_section(&wr, (const uint32_t[6]){1, 1, 6, text_at, (uint32_t)text.len, 0});
	put_section(&wr, (const uint32_t[6]){7, 2, 0, symbols_at, symbols_len, 3});
	/* Names of symbols and of sections are one table: the latter's first byte is at its end. */
	put_section(&wr, (const uint32_t[6]){15, 3, 0, names_at,
					     names + (uint32_t)sizeof(section_names), 0});
	assert_int_equal(wr.err, OTA_OK);
	assert_int_equal(wr.at, len);
	/* Section names count from the table's start. */
	for (unsigned i = 1; i < 4; i++)
		elf.data[sections_at + (size_t)i * SECTION_ROW] =
			(uint8_t)(elf.data[sections_at + (size_t)i * SECTION_ROW] + names);
	return elf;
}

static void fill(uint8_t *bytes, size_t len, uint32_t seed)
{
	for (size_t i = 0; i < len; i++) {
		seed = seed * 1664525U + 1013904223U;
		bytes[i] = (uint8_t)(seed >> 24);
	}
}

static struct ota_compare_side read_file(const struct ota_compare_file *file)
{
	struct ota_compare_side side;
	struct ota_diag diag = {.err = OTA_OK};
	enum ota_err err = ota_compare_read(file, &side, &diag);

	if (err != OTA_OK)
		print_message("%s\n", diag.text);
	assert_int_equal(err, OTA_OK);
	return side;
}

static struct ota_compare_side read_elf(const struct elf *elf)
{
	struct ota_compare_file file = {.bytes = {elf->data, elf->len}, .kind = OTA_FIRMWARE_ELF};

	return read_file(&file);
}

static struct ota_compare make(const struct ota_compare_plan *plan,
			       const struct ota_compare_side *old_side,
			       const struct ota_compare_side *new_side)
{
	struct ota_compare compare;
	struct ota_diag diag = {.err = OTA_OK};
	enum ota_err err = ota_compare_make(plan, old_side, new_side, &compare, &diag);

	if (err != OTA_OK)
		print_message("%s\n", diag.text);
	assert_int_equal(err, OTA_OK);
	return compare;
}

static const struct ota_compare_row *find(const struct ota_compare *compare, const char *name)
{
	const struct ota_compare_row *found = NULL;

	for (size_t i = 0; i < compare->parts.n; i++) {
		const struct ota_compare_row *row = &compare->parts.row[i];

		if (!row->name || strcmp(row->name, name) != 0 ||
		    row->what == OTA_COMPARE_BETWEEN || row->what == OTA_COMPARE_STRINGS)
			continue;
		assert_null(found);
		found = row;
	}
	return found;
}

static void adds_up(const struct ota_compare *compare)
{
	const struct ota_compare_rows *const both[] = {&compare->parts, &compare->sections};

	for (size_t k = 0; k < 2; k++) {
		uint64_t spent = compare->patch_header * SPENT_PER_BYTE;
		uint64_t changed = 0;
		uint64_t size = 0;

		for (size_t i = 0; i < both[k]->n; i++) {
			spent += both[k]->row[i].spent;
			changed += both[k]->row[i].changed;
			size += both[k]->row[i].what == OTA_COMPARE_RAM ? 0
									: both[k]->row[i].new_size;
		}
		assert_int_equal(changed, compare->changed);
		assert_int_equal(size, compare->new_size);
		if (compare->has_account)
			assert_int_equal(spent, compare->patch_size * SPENT_PER_BYTE);
	}
}

/* -- symbols ----------------------------------------------------------------------------------- */

#define TEXT_LEN 1000U

static void costs_are_those_of_what_changed(void **state)
{
	static const struct given old_symbols[] = {
		{"first", 0, 300, GLOBAL | FUNCTION},
		{"second", 300, 300, GLOBAL | FUNCTION},
		{"third", 640, 300, GLOBAL | OBJECT},
	};
	uint8_t old_text[TEXT_LEN];
	uint8_t new_text[TEXT_LEN];
	struct ota_compare_plan plan = {.format = NULL};
	struct elf old_elf;
	struct elf new_elf;

	(void)state;
	fill(old_text, sizeof(old_text), 1);
	memcpy(new_text, old_text, sizeof(new_text));
	fill(new_text + 310, 200, 2);
	new_text[650] ^= 0x55;
	old_elf = make_elf(ota_span_of(old_text, TEXT_LEN), old_symbols, 3);
	new_elf = make_elf(ota_span_of(new_text, TEXT_LEN), old_symbols, 3);
	for (unsigned i = 0; i < 3; i++) {
		struct ota_compare_side old_side = read_elf(&old_elf);
		struct ota_compare_side new_side = read_elf(&new_elf);
		struct ota_compare compare;

		plan.format = ota_delta_format_name(i);
		compare = make(&plan, &old_side, &new_side);
		adds_up(&compare);
		assert_true(compare.knows_old);
		assert_int_equal(find(&compare, "first")->changed, 0);
		assert_in_range(find(&compare, "second")->changed, 190, 200);
		assert_int_equal(find(&compare, "third")->changed, 1);
		if (compare.has_account) {
			assert_true(find(&compare, "second")->spent > 180 * SPENT_PER_BYTE);
			assert_true(find(&compare, "first")->spent < 10 * SPENT_PER_BYTE);
		}
		assert_int_equal(find(&compare, "second")->new_at, FLASH_AT + 300);
		ota_compare_free(&compare);
		ota_compare_side_free(&old_side);
		ota_compare_side_free(&new_side);
	}
	free(old_elf.data);
	free(new_elf.data);
}

static void symbols_are_found_again_by_name_and_file(void **state)
{
	static const struct given old_symbols[] = {
		{"a.c", 0, 0, SOURCE_FILE},           {"count.3", 0, 10, OBJECT},
		{"init", 10, 20, FUNCTION},           {"b.c", 0, 0, SOURCE_FILE},
		{"init", 30, 30, FUNCTION},           {"lone.constprop.0", 60, 40, FUNCTION},
		{"gone", 100, 50, GLOBAL | FUNCTION},
	};
	static const struct given new_symbols[] = {
		{"b.c", 0, 0, SOURCE_FILE},   {"init", 0, 31, FUNCTION},
		{"a.c", 0, 0, SOURCE_FILE},   {"init", 40, 21, FUNCTION},
		{"count.12", 70, 11, OBJECT}, {"c.c", 0, 0, SOURCE_FILE},
		{"lone", 100, 41, FUNCTION},
	};
	uint8_t text[TEXT_LEN];
	struct ota_compare_plan plan = {.format = NULL};
	struct elf old_elf;
	struct elf new_elf;
	struct ota_compare_side old_side;
	struct ota_compare_side new_side;
	struct ota_compare compare;

	(void)state;
	fill(text, sizeof(text), 1);
	old_elf = make_elf(ota_span_of(text, TEXT_LEN), old_symbols, 7);
	new_elf = make_elf(ota_span_of(text, TEXT_LEN - 1), new_symbols, 7);
	old_side = read_elf(&old_elf);
	new_side = read_elf(&new_elf);
	compare = make(&plan, &old_side, &new_side);
	adds_up(&compare);
	assert_int_equal(find(&compare, "count.12")->old_size, 10);
	assert_int_equal(find(&compare, "lone")->old_size, 40);
	assert_false(find(&compare, "gone")->in_new);
	for (size_t i = 0; i < compare.parts.n; i++) {
		const struct ota_compare_row *row = &compare.parts.row[i];

		if (strcmp(row->name, "init") == 0)
			assert_int_equal(row->new_size, row->old_size + 1);
	}
	ota_compare_free(&compare);
	ota_compare_side_free(&old_side);
	ota_compare_side_free(&new_side);
	free(old_elf.data);
	free(new_elf.data);
}

static void each_byte_is_one_symbols(void **state)
{
	static const struct given symbols[] = {
		{"outer", 100, 400, GLOBAL | FUNCTION},
		{"inner", 200, 50, FUNCTION},
		{"overlaps", 450, 100, FUNCTION},
		{"weak_alias", 100, 400, 0x20 | FUNCTION},
		{"$t", 100, 400, 0},
		{"thumb", 601, 50, FUNCTION},
		{"unsized", 700, 0, GLOBAL | FUNCTION},
		{"label", 720, 0, GLOBAL},
		{"next", 760, 10, GLOBAL | FUNCTION},
		{"too_long", 990, 0x80000000U, GLOBAL | OBJECT},
		{"elsewhere", 1000, 4, GLOBAL | OBJECT},
		{"before", 0xfffffff0U, 32, GLOBAL | OBJECT},
		{"huge", 0, 0xffffffffU, OBJECT},
	};
	uint8_t text[TEXT_LEN];
	struct ota_compare_plan plan = {.by = OTA_COMPARE_BY_SYMBOL};
	struct elf elf;
	struct ota_compare_side side;
	struct ota_compare compare;

	(void)state;
	fill(text, sizeof(text), 1);
	elf = make_elf(ota_span_of(text, TEXT_LEN), symbols, 13);
	side = read_elf(&elf);
	assert_int_equal(side.n_aliases, 1);
	compare = make(&plan, &side, &side);
	assert_true(compare.equal);
	assert_int_equal(compare.patch_size, 0);
	adds_up(&compare);
	assert_int_equal(find(&compare, "outer")->new_size, 300);
	assert_int_equal(find(&compare, "inner")->new_size, 50);
	assert_int_equal(find(&compare, "overlaps")->new_size, 100);
	assert_int_equal(find(&compare, "thumb")->new_at, FLASH_AT + 600);
	assert_int_equal(find(&compare, "unsized")->new_size, 60);
	assert_int_equal(find(&compare, "too_long")->new_size, 10);
	assert_null(find(&compare, "weak_alias"));
	assert_null(find(&compare, "elsewhere"));
	assert_null(find(&compare, "before"));
	assert_null(find(&compare, "label"));
	assert_null(find(&compare, "$t"));
	ota_compare_free(&compare);
	ota_compare_side_free(&side);
	free(elf.data);
}

static void a_hundred_thousand_symbols_are_read(void **state)
{
	const size_t many = 100000;
	struct given *symbols = calloc(many, sizeof(*symbols));
	char *names = calloc(many, 8);
	uint8_t *text = malloc(4 * many);
	struct ota_compare_plan plan = {.format = "bsdiff"};
	struct elf elf;
	struct ota_compare_side old_side;
	struct ota_compare_side new_side;
	struct ota_compare compare;

	(void)state;
	assert_true(symbols && names && text);
	fill(text, 4 * many, 1);
	for (uint32_t i = 0; i < many; i++) {
		(void)snprintf(&names[(size_t)8 * i], 8, "f%u", (unsigned)i);
		/* All but the last begin inside the one before. */
		symbols[i] = (struct given){&names[(size_t)8 * i], 4 * i, 4 + i % 1000, FUNCTION};
	}
	elf = make_elf(ota_span_of(text, 4 * many), symbols, many);
	old_side = read_elf(&elf);
	elf.data[ELF_HEADER + SEGMENT_ROW + 4000] ^= 1;
	new_side = read_elf(&elf);
	compare = make(&plan, &old_side, &new_side);
	adds_up(&compare);
	assert_int_equal(compare.changed, 1);
	assert_int_equal(find(&compare, "f1000")->changed, 1);
	ota_compare_free(&compare);
	ota_compare_side_free(&old_side);
	ota_compare_side_free(&new_side);
	free(elf.data);
	free(text);
	free(names);
	free(symbols);
}

static void broken_elf_files_give_an_error_or_a_result(void **state)
{
	static const struct given symbols[] = {{"a", 0, 40, GLOBAL | FUNCTION},
					       {"b", 40, 50, FUNCTION}};
	static const uint8_t values[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
	uint8_t text[100];
	struct elf elf;

	(void)state;
	fill(text, sizeof(text), 1);
	elf = make_elf(ota_span_of(text, sizeof(text)), symbols, 2);
	for (size_t at = 0; at < 2 * elf.len * sizeof(values); at++) {
		bool cut = at < elf.len;
		size_t len = cut ? at : elf.len;
		size_t where = at / sizeof(values) % elf.len;
		uint8_t *copy = malloc(len > 0 ? len : 1);
		struct ota_compare_file file = {.bytes = {copy, len}, .kind = OTA_FIRMWARE_ELF};
		struct ota_compare_side side;
		struct ota_diag diag = {.err = OTA_OK};

		assert_non_null(copy);
		memcpy(copy, elf.data, len);
		if (!cut)
			copy[where] = values[at % sizeof(values)];
		if (ota_compare_read(&file, &side, &diag) != OTA_OK)
			assert_true(diag.text[0] != '\0');
		ota_compare_side_free(&side);
		free(copy);
	}
	free(elf.data);
}

static void refuse(const struct elf *elf, enum ota_err want, const char *words)
{
	struct ota_compare_file file = {.bytes = ota_span_of("firmware", 8),
					.elf = {elf->data, elf->len}};
	struct ota_compare_side side;
	struct ota_diag diag = {.err = OTA_OK};

	assert_int_equal(ota_compare_read(&file, &side, &diag), want);
	if (!strstr(diag.text, words))
		fail_msg("\"%s\" does not say \"%s\"", diag.text, words);
	ota_compare_side_free(&side);
}

/* The field, 4 bytes at `field` of a row of the section table, as `value`. */
static void set_field(const struct elf *elf, unsigned row, unsigned field, uint32_t value)
{
	struct ota_wr wr =
		ota_wr_init(elf->data + elf->sections_at + (size_t)row * SECTION_ROW + field, 4);

	ota_wr_u32(&wr, value);
	assert_int_equal(wr.err, OTA_OK);
}

/* As the ELF file beside an image, none of which the firmware's reader has seen. */
static void elf_files_beside_are_checked_as_well(void **state)
{
	static const struct given symbols[] = {{"a", 0, 40, GLOBAL | FUNCTION}};
	enum { TYPE = 4, FLAGS = 8, ADDR = 12, OFFSET = 16, SIZE = 20 };
	uint8_t text[100];
	struct elf elf;

	(void)state;
	fill(text, sizeof(text), 1);
	elf = make_elf(ota_span_of(text, sizeof(text)), symbols, 1);
	set_field(&elf, 1, SIZE, 0x7fffffff);
	refuse(&elf, OTA_E_TRUNCATED, "a section ends at byte 2147483731, the file at ");
	set_field(&elf, 1, SIZE, 100);
	set_field(&elf, 1, ADDR, 0xfffffff0U);
	refuse(&elf, OTA_E_MALFORMED, "runs beyond 4 GiB");
	set_field(&elf, 1, ADDR, FLASH_AT);
	/* The symbols' names are loaded too, and over the code. */
	set_field(&elf, 3, FLAGS, 2);
	set_field(&elf, 3, ADDR, FLASH_AT + 99);
	refuse(&elf, OTA_E_MALFORMED, "two sections both have data for address 0x08000063");
	elf.data[16] = 1;
	refuse(&elf, OTA_E_UNSUPPORTED, "an object that is not linked yet");
	free(elf.data);
}

/* libelf would unpack a table that says so, to whatever size it claims. */
static void names_in_a_compressed_table_are_no_names(void **state)
{
	static const struct given symbols[] = {{"a", 0, 40, GLOBAL | FUNCTION}};
	enum { TYPE = 4, FLAGS = 8 };
	uint8_t text[100];
	struct elf elf;
	struct ota_compare_side side;

	(void)state;
	fill(text, sizeof(text), 1);
	elf = make_elf(ota_span_of(text, sizeof(text)), symbols, 1);
	side = read_elf(&elf);
	assert_int_equal(side.n_symbols, 1);
	ota_compare_side_free(&side);
	set_field(&elf, 3, FLAGS, 0x800);
	side = read_elf(&elf);
	assert_int_equal(side.n_sections, 1);
	assert_int_equal(side.n_symbols, 0);
	ota_compare_side_free(&side);
	set_field(&elf, 3, FLAGS, 0);
	set_field(&elf, 3, TYPE, 1);
	side = read_elf(&elf);
	assert_int_equal(side.n_symbols, 0);
	ota_compare_side_free(&side);
	free(elf.data);
}

/* -- regions ----------------------------------------------------------------------------------- */

static void regions_tile_and_say_what_they_are(void **state)
{
	enum { LEN = 20000 };
	uint8_t *old_bytes = calloc(2, LEN);
	uint8_t *new_bytes = old_bytes + LEN;
	struct ota_compare_plan plan = {.region = 4096};
	struct ota_compare_file file;
	struct ota_compare_side old_side;
	struct ota_compare_side new_side;
	struct ota_compare compare;

	(void)state;
	assert_non_null(old_bytes);
	fill(old_bytes, 4096, 1);
	memset(old_bytes + 4096, 0xff, 4096);
	for (size_t i = 8192; i < 12288; i++)
		old_bytes[i] = (uint8_t)('a' + i % 20);
	memcpy(new_bytes, old_bytes, LEN);
	memset(new_bytes + 8300, 'z', 50);
	file = (struct ota_compare_file){.bytes = ota_span_of(old_bytes, LEN)};
	old_side = read_file(&file);
	file.bytes = ota_span_of(new_bytes, LEN);
	new_side = read_file(&file);
	compare = make(&plan, &old_side, &new_side);
	adds_up(&compare);
	assert_int_equal(compare.parts.n, 5);
	assert_int_equal(compare.parts.row[0].what, OTA_COMPARE_DENSE);
	assert_int_equal(compare.parts.row[1].what, OTA_COMPARE_FILL);
	assert_int_equal(compare.parts.row[2].what, OTA_COMPARE_TEXT);
	assert_int_equal(compare.parts.row[2].changed, 50);
	assert_int_equal(compare.parts.row[4].new_size, LEN - 4 * 4096);
	ota_compare_free(&compare);
	ota_compare_side_free(&old_side);
	ota_compare_side_free(&new_side);
	free(old_bytes);
}

static void body_is_a_section_whatever_it_begins_with(void **state)
{
	uint8_t bytes[2][300] = {{0}};
	struct ota_compare_plan plan = {.region = 64};
	struct ota_compare_file file = {.bytes = ota_span_of(bytes[0], 300)};
	struct ota_compare_side old_side = read_file(&file);
	struct ota_compare_side new_side;
	struct ota_compare compare;

	(void)state;
	bytes[1][299] = 1;
	file.bytes = ota_span_of(bytes[1], 300);
	new_side = read_file(&file);
	compare = make(&plan, &old_side, &new_side);
	assert_int_equal(compare.parts.row[0].what, OTA_COMPARE_FILL);
	assert_int_equal(compare.sections.n, 1);
	assert_string_equal(compare.sections.row[0].name, "body");
	assert_int_equal(compare.sections.row[0].what, OTA_COMPARE_SECTION);
	ota_compare_free(&compare);
	ota_compare_side_free(&old_side);
	ota_compare_side_free(&new_side);
}

/* A log of 100,000 times, each of which old has, but at its very end: they were all looked for. */
static void many_dates_take_no_long_time(void **state)
{
	enum { N = 100000, LEN = 9 };
	char *text = malloc((size_t)2 * N * LEN + 1);
	struct ota_compare_plan plan = {.format = "bsdiff"};
	struct ota_compare_file file;
	struct ota_compare_side old_side;
	struct ota_compare_side new_side;
	struct ota_compare compare;

	(void)state;
	assert_non_null(text);
	for (unsigned i = 0; i < N; i++) {
		(void)snprintf(text + (size_t)i * LEN, LEN + 1, "%02u:%02u:%02u\n", i / 3600,
			       i / 60 % 60, i % 60);
		(void)snprintf(text + (size_t)(2 * N - 1 - i) * LEN, LEN, "%02u:%02u:%02u",
			       i / 3600, i / 60 % 60, i % 60);
		text[(size_t)(2 * N - i) * LEN - 1] = '\n';
	}
	file = (struct ota_compare_file){.bytes = ota_span_of(text, (size_t)N * LEN)};
	old_side = read_file(&file);
	file.bytes = ota_span_of(text + (size_t)N * LEN, (size_t)N * LEN);
	new_side = read_file(&file);
	compare = make(&plan, &old_side, &new_side);
	assert_int_equal(compare.n_hints, 0);
	ota_compare_free(&compare);
	ota_compare_side_free(&old_side);
	ota_compare_side_free(&new_side);
	free(text);
}

static void ranges_must_be_inside_and_of_this_patch(void **state)
{
	uint8_t bytes[200];
	struct ota_delta_plan plan = {.format = "otd"};
	struct ota_delta_range range[] = {{0, 100, 0}, {100, 100, 0}};
	struct ota_delta_ranges ranges = {range, 2};
	struct ota_delta_pair pair = {{bytes, 100}, {bytes, 200}};
	struct ota_buf patch = ota_buf_init(4096);
	struct ota_delta_account account;
	struct ota_index *index = NULL;

	(void)state;
	fill(bytes, sizeof(bytes), 1);
	assert_int_equal(ota_index_build(pair.old_image, &index, NULL), OTA_OK);
	assert_int_equal(ota_delta_make(&plan, index, pair.new_image, &patch, NULL), OTA_OK);
	assert_int_equal(
		ota_delta_explain_ranges(&pair, ota_buf_span(&patch), ranges, &account, NULL),
		OTA_OK);
	assert_int_equal(range[0].spent + range[1].spent, account.stream_bytes * SPENT_PER_BYTE);
	assert_true(range[1].spent > 10 * range[0].spent);
	range[1].len = 101;
	assert_int_equal(
		ota_delta_explain_ranges(&pair, ota_buf_span(&patch), ranges, &account, NULL),
		OTA_E_USAGE);
	range[1].len = 100;
	bytes[150] ^= 1;
	assert_int_equal(
		ota_delta_explain_ranges(&pair, ota_buf_span(&patch), ranges, &account, NULL),
		OTA_E_WRONG_BASE);
	ota_index_free(index);
	ota_buf_free(&patch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(costs_are_those_of_what_changed),
		cmocka_unit_test(symbols_are_found_again_by_name_and_file),
		cmocka_unit_test(each_byte_is_one_symbols),
		cmocka_unit_test(a_hundred_thousand_symbols_are_read),
		cmocka_unit_test(broken_elf_files_give_an_error_or_a_result),
		cmocka_unit_test(elf_files_beside_are_checked_as_well),
		cmocka_unit_test(names_in_a_compressed_table_are_no_names),
		cmocka_unit_test(body_is_a_section_whatever_it_begins_with),
		cmocka_unit_test(many_dates_take_no_long_time),
		cmocka_unit_test(regions_tile_and_say_what_they_are),
		cmocka_unit_test(ranges_must_be_inside_and_of_this_patch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
