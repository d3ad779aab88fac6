// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <ota/image.h>

#include "otd_base.h"
#include "vectors.h"

#define SIZE      0x4000U
#define HEADER    0x200U
#define FUNCTIONS 24U
#define STACK     0x20004000U

struct model {
	uint8_t bytes[SIZE];
	uint32_t base;
	uint32_t code_at;
	uint32_t n_pointers;
};

static void put_half(struct model *model, uint32_t at, uint32_t half)
{
	model->bytes[at] = (uint8_t)half;
	model->bytes[at + 1] = (uint8_t)(half >> 8);
}

static void put_word(struct model *model, uint32_t at, uint32_t word)
{
	put_half(model, at, word & 0xffff);
	put_half(model, at + 2, word >> 16);
}

static uint32_t function_at(const struct model *model, uint32_t i)
{
	return model->code_at + 0x40 + i * (0x90 + 2 * (i % 5)) + i * i % 7 * 4;
}

/* BL within 2 KB, forwards or backwards. */
static void put_call(struct model *model, uint32_t at, uint32_t to)
{
	uint32_t distance = to - at - 4;

	put_half(model, at, 0xf000 | (distance >> 12 & 0x7ff));
	put_half(model, at + 2, 0xf800 | (distance >> 1 & 0x7ff));
}

static struct ota_span span_of(const struct model *model)
{
	return ota_span_of(model->bytes, SIZE);
}

/* Functions that call each other, and a table of pointers to some of them. */
static struct model make(uint32_t base, uint32_t code_at, uint32_t n_pointers)
{
	struct model model = {.base = base, .code_at = code_at, .n_pointers = n_pointers};

	for (uint32_t i = 0; i < FUNCTIONS; i++) {
		uint32_t at = function_at(&model, i);

		put_half(&model, at, 0xb510 | i % 8); /* push {.., lr} */
		put_call(&model, at + 2, function_at(&model, (i + 5) % FUNCTIONS));
		put_call(&model, at + 6, function_at(&model, i > 0 ? i - 1 : 1));
		put_half(&model, at + 10, 0xbd10); /* pop {.., pc} */
	}
	for (uint32_t i = 0; i < n_pointers; i++)
		put_word(&model, SIZE - 0x100 + 4 * i, base + function_at(&model, i) + 1);
	return model;
}

static void put_vectors(struct model *model, uint32_t at)
{
	put_word(model, at, STACK);
	for (uint32_t i = 1; i < 16; i++)
		put_word(model, at + 4 * i, model->base + function_at(model, i % 3) + 1);
}

static void expect_base(const struct model *model, uint32_t expected)
{
	const char *how = NULL;
	uint32_t base = 0;

	assert_int_equal(ota_otd_find_base(span_of(model), &base, &how), OTA_OK);
	assert_int_equal(base, expected);
	assert_non_null(how);
}

static void expect_no_base(struct ota_span image)
{
	const char *how;
	uint32_t base;

	assert_int_equal(ota_otd_find_base(image, &base, &how), OTA_E_ABSENT);
}

static void finds_where_pointers_meet_functions(void **state)
{
	static const uint32_t bases[] = {0, 0x8000, 0x08000000, 0x08004100, 0x1fff8000, 0x60001000};

	(void)state;
	for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
		struct model model = make(bases[i], 0x100, 12);

		expect_base(&model, bases[i]);
		put_vectors(&model, 0);
		expect_base(&model, bases[i]);
	}
}

static void strings_vote_too(void **state)
{
	struct model model = make(0x08010000, 0x100, 2);

	(void)state;
	put_vectors(&model, 0);
	for (uint32_t i = 0; i < 6; i++) {
		uint32_t at = SIZE - 0x200 + i * 20;

		memcpy(model.bytes + at, "message no. 0\n", 15);
		put_word(&model, SIZE - 0x100 + 8 + 4 * i, model.base + at);
	}
	expect_base(&model, 0x08010000);
}

static void a_vector_table_rules_out_what_is_far_away(void **state)
{
	struct model model = make(0x08010000, 0x100, 5);

	(void)state;
	/* A longer table that means another base, as an image of several programs may have. */
	for (uint32_t i = 0; i < 16; i++)
		put_word(&model, SIZE - 0x80 + 4 * i, 0x00200000 + function_at(&model, i) + 1);
	expect_base(&model, 0x00200000);
	put_vectors(&model, 0);
	expect_base(&model, 0x08010000);
}

static void too_few_votes_are_no_answer(void **state)
{
	struct model model = make(0x08010000, 0x100, 3);

	(void)state;
	expect_no_base(span_of(&model));
}

static void two_equal_answers_are_none(void **state)
{
	struct model model = make(0x08010000, 0x100, 8);

	(void)state;
	for (uint32_t i = 0; i < 8; i++)
		put_word(&model, SIZE - 0x80 + 4 * i, 0x08020000 + function_at(&model, i) + 1);
	expect_no_base(span_of(&model));
}

/* -- MCUboot images ---------------------------------------------------------------------------- */

static void put_header(struct model *model, uint32_t flags, uint32_t load_addr)
{
	struct ota_wr wr = ota_wr_init(model->bytes, OTA_IMAGE_HEADER_SIZE);
	struct ota_image_header header = {.hdr_size = HEADER,
					  .img_size = SIZE - HEADER,
					  .flags = flags,
					  .load_addr = load_addr};

	ota_image_header_write(&wr, &header);
}

static void the_base_of_an_mcuboot_image_is_its_headers_address(void **state)
{
	struct model model = make(0x00008000, HEADER + 0x100, 10);

	(void)state;
	put_header(&model, 0, 0);
	put_vectors(&model, HEADER);
	expect_base(&model, 0x00008000);
	/* The address says nothing without one of the flags. */
	put_header(&model, 0, 0x20000000);
	expect_base(&model, 0x00008000);
}

static void an_address_in_the_header_is_taken_at_its_word(void **state)
{
	struct model model = make(0x00008000, HEADER + 0x100, 10);

	(void)state;
	put_header(&model, OTA_IMAGE_F_RAM_LOAD, 0x20000000);
	expect_base(&model, 0x20000000);
	put_header(&model, OTA_IMAGE_F_ROM_FIXED, 0x00010000);
	expect_base(&model, 0x00010000);
	put_header(&model, OTA_IMAGE_F_ROM_FIXED, 0);
	expect_base(&model, 0x00008000);
}

static void a_header_may_claim_any_size(void **state)
{
	struct model model = make(0x00008000, 0x100, 10);

	(void)state;
	put_header(&model, 0, 0);
	for (size_t len = 0; len < 0x300; len++) {
		const char *how;
		uint32_t base;

		(void)!ota_otd_find_base(ota_span_of(model.bytes, len), &base, &how);
		(void)ota_otd_is_thumb(ota_span_of(model.bytes, len));
	}
}

/* -- is it Thumb? ------------------------------------------------------------------------------ */

static void calls_that_lead_to_functions_are_thumb(void **state)
{
	struct model model = make(0x08000000, 0x100, 0);

	(void)state;
	assert_true(ota_otd_is_thumb(span_of(&model)));
	for (uint32_t i = 0; i < FUNCTIONS; i++) /* stm r0, ..: no functions */
		put_half(&model, function_at(&model, i), 0xc010);
	assert_false(ota_otd_is_thumb(span_of(&model)));
}

/* JAL ra over `distance` bytes. */
static uint32_t jal(uint32_t distance)
{
	return (distance >> 20 & 1) << 31 | (distance >> 1 & 0x3ff) << 21 |
	       (distance >> 11 & 1) << 20 | (distance >> 12 & 0xff) << 12 | 0xef;
}

static void put_le32(uint8_t *bytes, uint32_t word)
{
	for (unsigned i = 0; i < 4; i++)
		bytes[i] = (uint8_t)(word >> 8 * i);
}

/* Functions of 64 bytes, which begin with `start` and call each other: forth and back. */
static struct ota_span make_rv32(uint32_t start)
{
	static uint8_t bytes[64 * 64];

	memset(bytes, 0, sizeof(bytes));
	for (uint32_t i = 0; i < 64; i++) {
		put_le32(bytes + i * 64, start);
		put_le32(bytes + i * 64 + 6, jal((i * 13 % 64 - i) * 64 - 6));
	}
	return ota_span_of(bytes, sizeof(bytes));
}

static void calls_that_lead_to_functions_are_rv32(void **state)
{
	static const uint32_t begin[] = {0x1141, 0x7179, 0xff010113}; /* addi sp, sp, -N */
	static const uint32_t other[] = {0x0141, 0x6105, 0x01010113}; /* +N */

	(void)state;
	for (size_t i = 0; i < sizeof(begin) / sizeof(begin[0]); i++) {
		struct ota_span image = make_rv32(begin[i]);

		assert_true(ota_otd_is_rv32(image));
		assert_false(ota_otd_is_thumb(image));
		assert_false(ota_otd_is_xtensa(image));
		for (size_t len = 0; len < 64; len++)
			assert_false(ota_otd_is_rv32(ota_span_head(image, len)));
		assert_false(ota_otd_is_rv32(make_rv32(other[i])));
	}
}

static void is_no_code(struct ota_span image)
{
	assert_false(ota_otd_is_thumb(image));
	assert_false(ota_otd_is_rv32(image));
	assert_false(ota_otd_is_xtensa(image));
}

static void other_things_are_no_code(void **state)
{
	static uint8_t bytes[1 << 20];
	static const char words[] = "Sing, o goddess, the anger of Achilles son of Peleus. ";

	(void)state;
	is_no_code(ota_span_of(NULL, 0));
	is_no_code(ota_span_of("\x00\xf0", 2));
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)words[i % (sizeof(words) - 1)];
	is_no_code(ota_span_of(bytes, sizeof(bytes)));
	expect_no_base(ota_span_of(bytes, sizeof(bytes)));
	for (unsigned value = 0; value < 256; value += 5) {
		memset(bytes, (int)value, sizeof(bytes));
		is_no_code(ota_span_of(bytes, sizeof(bytes)));
		expect_no_base(ota_span_of(bytes, sizeof(bytes)));
	}
	for (uint32_t seed = 1; seed < 9; seed++) {
		fill_pattern(bytes, sizeof(bytes), seed);
		is_no_code(ota_span_of(bytes, sizeof(bytes)));
		expect_no_base(ota_span_of(bytes, sizeof(bytes)));
	}
}

/* Every word is a pointer and every halfword a function: as many pairs as there can be. */
static void an_image_made_to_vote_much_is_done_soon(void **state)
{
	static uint8_t bytes[1 << 22];
	const char *how;
	uint32_t base;

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i += 8) {
		uint32_t pointer = 0x00b50000U + (uint32_t)(i * 40503 & 0xffff) + 1;

		bytes[i] = (uint8_t)pointer;
		bytes[i + 1] = 0xb5;
		bytes[i + 2] = (uint8_t)(i >> 3);
		bytes[i + 4] = (uint8_t)(i >> 11);
		bytes[i + 5] = 0xb5;
		bytes[i + 7] = (uint8_t)(i >> 19);
	}
	(void)!ota_otd_find_base(ota_span_of(bytes, sizeof(bytes)), &base, &how);
	(void)ota_otd_is_thumb(ota_span_of(bytes, sizeof(bytes)));
}

static void two_runs_agree(void **state)
{
	struct model model = make(0x08000000, 0x100, 9);
	const char *how;
	uint32_t base[2] = {0, 0};

	(void)state;
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(ota_otd_find_base(span_of(&model), &base[i], &how), OTA_OK);
	assert_int_equal(base[0], base[1]);
}

/* -- real images, where there are some --------------------------------------------------------- */

struct row {
	char product[64];
	char cpu[64];
	char file[128];
};

static struct ota_buf read_file(const char *dir, const char *name)
{
	struct ota_buf buf = ota_buf_init(1U << 26);
	struct ota_diag diag = {0};
	char path[512];
	char piece[4096];
	size_t n;
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "rb");
	assert_non_null(file);
	while ((n = fread(piece, 1, sizeof(piece), file)) > 0)
		assert_int_equal(ota_buf_append(&buf, ota_span_of(piece, n), &diag), OTA_OK);
	(void)fclose(file);
	return buf;
}

/* A list with a heading, columns apart by tabs: product, cpu, 7th file. */
static bool next_row(FILE *index, struct row *row)
{
	char line[1024];

	while (fgets(line, sizeof(line), index)) {
		if (sscanf(line,
			   "%63[^\t]\t%63[^\t]\t%*[^\t]\t%*[^\t]\t%*[^\t]\t%*[^\t]\t%*[^\t]\t"
			   "%*[^\t]\t%127[^\t\n]",
			   row->product, row->cpu, row->file) == 3 &&
		    strcmp(row->product, "product") != 0)
			return true;
	}
	return false;
}

/* All versions of a product lie at one address. */
static void knows_real_images_by_their_bytes(void **state)
{
	const char *dir = getenv("OTA_CORPUS");
	struct row row, before = {"", "", ""};
	uint32_t base_before = 0;
	char path[512];
	FILE *index;

	(void)state;
	if (!dir)
		skip();
	(void)snprintf(path, sizeof(path), "%s/INDEX.tsv", dir);
	index = fopen(path, "r");
	assert_non_null(index);
	while (next_row(index, &row)) {
		bool cortex_m = row.cpu[0] == 'M';
		struct ota_buf image = read_file(dir, row.file);
		const char *how;
		uint32_t base;

		assert_int_equal(ota_otd_is_thumb(ota_buf_span(&image)), cortex_m);
		assert_int_equal(ota_otd_is_rv32(ota_buf_span(&image)), row.cpu[0] == 'R');
		assert_int_equal(ota_otd_is_xtensa(ota_buf_span(&image)), row.cpu[0] == 'X');
		if (cortex_m) {
			assert_int_equal(ota_otd_find_base(ota_buf_span(&image), &base, &how),
					 OTA_OK);
			if (strcmp(row.product, before.product) == 0)
				assert_int_equal(base, base_before);
			base_before = base;
			before = row;
		}
		ota_buf_free(&image);
	}
	(void)fclose(index);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_where_pointers_meet_functions),
		cmocka_unit_test(strings_vote_too),
		cmocka_unit_test(a_vector_table_rules_out_what_is_far_away),
		cmocka_unit_test(too_few_votes_are_no_answer),
		cmocka_unit_test(two_equal_answers_are_none),
		cmocka_unit_test(the_base_of_an_mcuboot_image_is_its_headers_address),
		cmocka_unit_test(an_address_in_the_header_is_taken_at_its_word),
		cmocka_unit_test(a_header_may_claim_any_size),
		cmocka_unit_test(calls_that_lead_to_functions_are_thumb),
		cmocka_unit_test(calls_that_lead_to_functions_are_rv32),
		cmocka_unit_test(other_things_are_no_code),
		cmocka_unit_test(an_image_made_to_vote_much_is_done_soon),
		cmocka_unit_test(two_runs_agree),
		cmocka_unit_test(knows_real_images_by_their_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
