// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "esp_image.h"
#include "otd_base.h"
#include "vectors.h"

#define SIZE_MAX_USED 0x8000U
#define ESP32_C3      5U
#define ESP32_S3      9U

/* An image that grows. */
struct made {
	uint8_t bytes[SIZE_MAX_USED];
	size_t len;
	size_t start; /* of the header written last */
	uint8_t sum;
};

static void put(struct made *made, uint8_t byte)
{
	made->bytes[made->len++] = byte;
}

static void put_word(struct made *made, uint32_t word)
{
	for (unsigned i = 0; i < 4; i++)
		put(made, (uint8_t)(word >> 8 * i));
}

static void put_header(struct made *made, uint8_t magic, uint8_t segments)
{
	made->start = made->len;
	made->sum = 0xef;
	put(made, magic);
	put(made, segments);
	put(made, 2);
	put(made, 0x20);
	put_word(made, 0x40100004);
}

static void put_extended(struct made *made, uint16_t chip)
{
	put_word(made, 0xee);
	put(made, (uint8_t)chip);
	put(made, (uint8_t)(chip >> 8));
	for (unsigned i = 0; i < 10; i++)
		put(made, 0);
}

static void put_segment(struct made *made, uint32_t addr, uint32_t len)
{
	put_word(made, addr);
	put_word(made, len);
	for (uint32_t i = 0; i < len; i++) {
		uint8_t byte = (uint8_t)(i * 7 + len);

		put(made, byte);
		made->sum ^= byte;
	}
}

static void put_checksum(struct made *made)
{
	while (made->len % 16 != 15)
		put(made, 0);
	put(made, made->sum);
}

static void put_many(struct made *made, size_t len)
{
	for (size_t i = 0; i < len; i++)
		put(made, (uint8_t)(i * 5));
}

static struct made *begin(void)
{
	struct made *made = calloc(1, sizeof(*made));

	assert_non_null(made);
	return made;
}

static enum ota_err read_made(const struct made *made, struct ota_esp_image *esp)
{
	return ota_esp_image_read(ota_span_of(made->bytes, made->len), esp);
}

static void check_segment(const struct ota_esp_image *esp, unsigned i, uint32_t at, uint32_t addr)
{
	assert_true(i < esp->place.n_segments);
	assert_int_equal(esp->place.segment[i].at, at);
	assert_int_equal(esp->place.segment[i].addr, addr);
}

static struct made *make_c3(void)
{
	struct made *made = begin();

	put_header(made, 0xe9, 3);
	put_extended(made, ESP32_C3);
	put_segment(made, 0x3c000020, 0x100);
	put_segment(made, 0x3fc90000, 0x20);
	put_segment(made, 0x42000150, 0x200);
	put_checksum(made);
	return made;
}

/* -- images that chips take -------------------------------------------------------------------- */

static void maps_the_segments_of_an_extended_header(void **state)
{
	struct made *made = make_c3();
	struct ota_esp_image esp;
	uint32_t at;

	(void)state;
	assert_int_equal(read_made(made, &esp), OTA_OK);
	assert_string_equal(esp.chip, "ESP32-C3");
	assert_int_equal(esp.arch, OTA_OTD_RV32);
	assert_int_equal(esp.place.size, made->len);
	assert_int_equal(esp.place.n_segments, 3);
	check_segment(&esp, 0, 0, 0x3c000000);
	check_segment(&esp, 1, 0x120, 0x3fc90000 - 8);
	check_segment(&esp, 2, 0x148, 0x42000148);
	/* A segment's first byte, and the last of the one before. */
	assert_true(ota_otd_offset(&esp.place, 0x3fc90000, 0, &at));
	assert_int_equal(at, 0x128);
	assert_true(ota_otd_offset(&esp.place, 0x3c00011f, 0, &at));
	assert_int_equal(at, 0x11f);
	free(made);
}

static void takes_what_is_behind_the_checksum_as_the_last_segments(void **state)
{
	struct made *made = make_c3();
	struct ota_esp_image esp;

	(void)state;
	put_many(made, 32); /* a digest */
	assert_int_equal(read_made(made, &esp), OTA_OK);
	assert_int_equal(esp.place.size, made->len);
	assert_int_equal(esp.place.n_segments, 3);
	free(made);
}

static void tells_the_architecture_by_the_chip(void **state)
{
	static const struct {
		uint16_t id;
		enum ota_otd_arch arch;
	} chips[] = {{0, OTA_OTD_XTENSA}, {2, OTA_OTD_XTENSA}, {9, OTA_OTD_XTENSA},
		     {5, OTA_OTD_RV32},   {12, OTA_OTD_RV32},  {13, OTA_OTD_RV32},
		     {16, OTA_OTD_RV32},  {18, OTA_OTD_RV32}};

	(void)state;
	for (size_t i = 0; i < sizeof(chips) / sizeof(chips[0]); i++) {
		struct made *made = make_c3();
		struct ota_esp_image esp;

		made->bytes[12] = (uint8_t)chips[i].id;
		assert_int_equal(read_made(made, &esp), OTA_OK);
		assert_int_equal(esp.arch, chips[i].arch);
		made->bytes[12] = 0xfe;
		assert_int_equal(read_made(made, &esp), OTA_E_UNSUPPORTED);
		free(made);
	}
}

/* -- ESP8266 ----------------------------------------------------------------------------------- */

static struct made *make_8266(void)
{
	struct made *made = begin();

	put_header(made, 0xe9, 2);
	put_segment(made, 0x40100000, 0x105);
	put_segment(made, 0x3ffe8000, 0x33);
	put_checksum(made);
	return made;
}

static void maps_what_is_behind_an_esp8266_image_to_flash(void **state)
{
	struct made *made = make_8266();
	uint32_t end = (uint32_t)made->len;
	struct ota_esp_image esp;

	(void)state;
	assert_int_equal(read_made(made, &esp), OTA_OK);
	assert_string_equal(esp.chip, "ESP8266");
	assert_int_equal(esp.arch, OTA_OTD_XTENSA);
	assert_int_equal(esp.place.n_segments, 2);
	put_many(made, 7); /* too few for code */
	assert_int_equal(read_made(made, &esp), OTA_OK);
	assert_int_equal(esp.place.n_segments, 2);
	put_many(made, 0x1800);
	assert_int_equal(read_made(made, &esp), OTA_OK);
	assert_int_equal(esp.place.n_segments, 3);
	check_segment(&esp, 0, 0, 0x400ffff0);
	check_segment(&esp, 1, 0x115, 0x3ffe7ff8);
	check_segment(&esp, 2, end, 0x40200000 + end);
	free(made);
}

static void finds_the_image_behind_a_boot_loader(void **state)
{
	struct made *made = make_8266();
	uint32_t end = (uint32_t)made->len;
	struct ota_esp_image esp;

	(void)state;
	while (made->len < 0x1000)
		put(made, 0xff);
	put_header(made, 0xe9, 2);
	put_segment(made, 0x40201010, 0x800);
	put_segment(made, 0x40100000, 0x40);
	put_checksum(made);
	assert_int_equal(read_made(made, &esp), OTA_OK);
	assert_int_equal(esp.place.n_segments, 5);
	check_segment(&esp, 2, end, 0x40200000 + end);
	check_segment(&esp, 3, 0x1000, 0x40201000);
	check_segment(&esp, 4, 0x1810, 0x400ffff8);
	free(made);
}

/* A sector was passed over, and the second image not found. */
static void finds_the_image_right_behind_a_boot_loader_of_a_whole_sector(void **state)
{
	struct made *made = begin();
	struct ota_esp_image esp;

	(void)state;
	put_header(made, 0xe9, 1);
	put_segment(made, 0x40100000, 0x1000 - 32);
	put_checksum(made);
	assert_int_equal(made->len, 0x1000);
	put_header(made, 0xe9, 1);
	put_segment(made, 0x40201010, 0x800);
	put_checksum(made);
	assert_int_equal(read_made(made, &esp), OTA_OK);
	assert_int_equal(esp.place.n_segments, 2);
	check_segment(&esp, 1, 0x1000, 0x40201000);
	free(made);
}

static void reads_an_image_with_its_flash_code_in_front(void **state)
{
	struct made *made = begin();
	struct ota_esp_image esp;

	(void)state;
	put_header(made, 0xea, 4);
	put_segment(made, 0, 0x300);
	put_header(made, 0xe9, 1);
	put_segment(made, 0x40100000, 0x40);
	put_checksum(made);
	assert_int_equal(read_made(made, &esp), OTA_OK);
	assert_int_equal(esp.place.n_segments, 2);
	check_segment(&esp, 0, 0, 0x40201000);
	check_segment(&esp, 1, 0x310, 0x400ffff0);
	free(made);
}

/* -- too many, too few ------------------------------------------------------------------------- */

static void keeps_the_eight_largest_segments(void **state)
{
	struct made *made = begin();
	struct ota_esp_image esp;

	(void)state;
	put_header(made, 0xe9, 10);
	put_extended(made, ESP32_S3);
	put_segment(made, 0x3c000020, 4); /* the first goes, and the second has its bytes */
	for (uint32_t i = 1; i < 10; i++)
		put_segment(made, 0x42000000 + i * 0x10000, i == 5 ? 8 : 0x40 + 4 * i);
	put_checksum(made);
	assert_int_equal(read_made(made, &esp), OTA_OK);
	assert_int_equal(esp.place.n_segments, 8);
	check_segment(&esp, 0, 0, 0x42010000 - 0x24 - 8);
	check_segment(&esp, 1, 0x24 + 8 + 0x44, 0x42020000 - 8);
	check_segment(&esp, 4, 0x24 + 5 * 8 + 0x44 + 0x48 + 0x4c + 0x50 + 8, 0x42060000 - 8);
	free(made);
}

static void gives_two_images_as_many_segments_without_moving_a_byte(void **state)
{
	struct made *made = make_c3();
	struct ota_esp_image old_esp;
	struct ota_esp_image new_esp;
	struct ota_otd_image before;

	(void)state;
	assert_int_equal(read_made(made, &old_esp), OTA_OK);
	made->len = 0;
	put_header(made, 0xe9, 1);
	put_extended(made, ESP32_C3);
	put_segment(made, 0x42000020, 0x200);
	put_checksum(made);
	assert_int_equal(read_made(made, &new_esp), OTA_OK);
	before = new_esp.place;
	ota_esp_image_pair(&old_esp.place, &new_esp.place);
	assert_int_equal(old_esp.place.n_segments, 3);
	assert_int_equal(new_esp.place.n_segments, 3);
	for (uint32_t at = 0; at < before.size; at++) {
		uint32_t found = 0;

		assert_int_equal(ota_otd_addr(&new_esp.place, at), ota_otd_addr(&before, at));
		assert_true(ota_otd_offset(&new_esp.place, ota_otd_addr(&before, at), 0, &found));
		assert_int_equal(found, at);
	}
	for (uint32_t i = 1; i < 3; i++)
		assert_true(new_esp.place.segment[i].at > new_esp.place.segment[i - 1].at);
	free(made);
}

/* -- what is none ------------------------------------------------------------------------------ */

static void check_sane(const struct ota_esp_image *esp)
{
	assert_in_range(esp->place.n_segments, 1, OTA_OTD_SEGMENTS_MAX);
	assert_int_equal(esp->place.segment[0].at, 0);
	for (uint32_t i = 1; i < esp->place.n_segments; i++) {
		assert_true(esp->place.segment[i].at > esp->place.segment[i - 1].at);
		assert_true(esp->place.segment[i].at < esp->place.size);
	}
}

static void an_image_cut_short_is_none(void **state)
{
	struct made *(*const make[])(void) = {make_c3, make_8266};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct made *made = make[i]();
		struct ota_esp_image esp;

		for (size_t len = 0; len < made->len; len++)
			assert_int_equal(ota_esp_image_read(ota_span_of(made->bytes, len), &esp),
					 OTA_E_ABSENT);
		free(made);
	}
}

static void an_image_with_a_flipped_bit_is_none_or_sane(void **state)
{
	struct made *(*const make[])(void) = {make_c3, make_8266};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct made *made = make[i]();
		struct ota_esp_image esp;

		for (size_t bit = 0; bit < 8 * made->len; bit++) {
			made->bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
			if (read_made(made, &esp) == OTA_OK)
				check_sane(&esp);
			made->bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
		}
		/* A byte of a segment counts for the checksum. */
		made->bytes[0x30] ^= 1;
		assert_int_equal(read_made(made, &esp), OTA_E_ABSENT);
		free(made);
	}
}

static void lengths_and_counts_that_cannot_be_are_refused(void **state)
{
	static const uint32_t lens[] = {0xffffffff, 0xfffffff0, 0x80000000, 0x7fffffff};
	struct made *made = make_c3();
	struct ota_esp_image esp;

	(void)state;
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		made->len = 28;
		put_word(made, lens[i]);
		made->len = SIZE_MAX_USED;
		assert_int_equal(read_made(made, &esp), OTA_E_ABSENT);
	}
	free(made);
	made = make_c3();
	made->bytes[1] = 0;
	assert_int_equal(read_made(made, &esp), OTA_E_ABSENT);
	made->bytes[1] = 17;
	assert_int_equal(read_made(made, &esp), OTA_E_ABSENT);
	free(made);
}

static void noise_is_none_and_segments_stay_sane(void **state)
{
	struct made *made = begin();
	struct ota_esp_image esp;

	(void)state;
	for (uint32_t seed = 0; seed < 2000; seed++) {
		fill_pattern(made->bytes, 512, seed);
		made->len = 512;
		made->bytes[0] = seed % 2 ? 0xe9 : 0xea;
		made->bytes[1] &= 3;
		for (size_t i = 8; i < 64; i++) /* small numbers, so that some fit */
			made->bytes[i] = i % 4 < 1 ? made->bytes[i] : 0;
		if (read_made(made, &esp) == OTA_OK)
			check_sane(&esp);
	}
	assert_int_equal(ota_esp_image_read(ota_span_of(NULL, 0), &esp), OTA_E_ABSENT);
	free(made);
}

/* -- code -------------------------------------------------------------------------------------- */

/* Functions of 32 bytes that call each other: beginnings as each calling convention has them. */
static void put_functions(struct made *made, const uint8_t start[3], uint32_t call)
{
	for (uint32_t i = 0; i < 64; i++) {
		uint32_t at = i * 32;
		uint32_t to = (i * 13 % 64) * 32;
		uint32_t offset = (to - (at & ~3U) - 4) / 4;

		memcpy(made->bytes + at, start, 3);
		put_word(made, 0);
		made->len = at + 3;
		put_word(made, (call | offset << 6) & 0xffffff);
	}
	made->len = 64 * 32;
}

static void knows_xtensa_code_by_its_calls(void **state)
{
	static const uint8_t entry[] = {0x36, 0x41, 0x00};
	static const uint8_t addi[] = {0x12, 0xc1, 0xe0};
	static const uint8_t other[] = {0x36, 0x42, 0x00};
	struct made *made = begin();
	struct ota_span image = ota_span_of(made->bytes, 64 * 32);

	(void)state;
	put_functions(made, entry, 0x25);
	assert_true(ota_otd_is_xtensa(image));
	for (size_t len = 0; len < 64; len++)
		assert_false(ota_otd_is_xtensa(ota_span_head(image, len)));
	memset(made, 0, sizeof(*made));
	put_functions(made, addi, 0x05);
	assert_true(ota_otd_is_xtensa(image));
	memset(made, 0, sizeof(*made));
	put_functions(made, other, 0x25);
	assert_false(ota_otd_is_xtensa(image));
	fill_pattern(made->bytes, SIZE_MAX_USED, 5);
	assert_false(ota_otd_is_xtensa(ota_span_of(made->bytes, SIZE_MAX_USED)));
	assert_false(ota_otd_is_xtensa(ota_span_of(NULL, 0)));
	free(made);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(maps_the_segments_of_an_extended_header),
		cmocka_unit_test(takes_what_is_behind_the_checksum_as_the_last_segments),
		cmocka_unit_test(tells_the_architecture_by_the_chip),
		cmocka_unit_test(maps_what_is_behind_an_esp8266_image_to_flash),
		cmocka_unit_test(finds_the_image_behind_a_boot_loader),
		cmocka_unit_test(finds_the_image_right_behind_a_boot_loader_of_a_whole_sector),
		cmocka_unit_test(reads_an_image_with_its_flash_code_in_front),
		cmocka_unit_test(keeps_the_eight_largest_segments),
		cmocka_unit_test(gives_two_images_as_many_segments_without_moving_a_byte),
		cmocka_unit_test(an_image_cut_short_is_none),
		cmocka_unit_test(an_image_with_a_flipped_bit_is_none_or_sane),
		cmocka_unit_test(lengths_and_counts_that_cannot_be_are_refused),
		cmocka_unit_test(noise_is_none_and_segments_stay_sane),
		cmocka_unit_test(knows_xtensa_code_by_its_calls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
