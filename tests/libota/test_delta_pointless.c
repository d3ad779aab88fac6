// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <lzma.h>

#include <ota/delta.h>

#include "vectors.h"

#define PRESET    6U
#define IMAGE_MAX ((size_t)300000)
/* The shortest .xz file there is: header, empty index, footer. */
#define XZ_EMPTY 32U

static uint8_t image[IMAGE_MAX];
static uint8_t packed[IMAGE_MAX + IMAGE_MAX / 3];

/* What `xz` makes of it, with nothing cut down. */
static size_t xz_of(struct ota_span plain)
{
	lzma_stream xz = LZMA_STREAM_INIT;

	assert_int_equal(lzma_easy_encoder(&xz, PRESET, LZMA_CHECK_CRC64), LZMA_OK);
	xz.next_in = plain.data;
	xz.avail_in = plain.len;
	xz.next_out = packed;
	xz.avail_out = sizeof(packed);
	assert_int_equal(lzma_code(&xz, LZMA_FINISH), LZMA_STREAM_END);
	lzma_end(&xz);
	return sizeof(packed) - xz.avail_out;
}

static bool ask(struct ota_span new_image, size_t patch_len, size_t *xz_len)
{
	bool pointless = false;
	struct ota_diag diag = {.err = OTA_OK};

	*xz_len = SIZE_MAX;
	assert_int_equal(ota_delta_is_pointless(new_image, patch_len, &pointless, xz_len, &diag),
			 OTA_OK);
	assert_int_equal(diag.err, OTA_OK);
	return pointless;
}

static bool pointless(struct ota_span new_image, size_t patch_len)
{
	size_t xz_len;
	bool answer = ask(new_image, patch_len, &xz_len);

	assert_true(answer ? xz_len <= patch_len && xz_len > 0 : xz_len == 0);
	return answer;
}

/* The answer turns exactly where xz's size is, and is the same however far the patch is from it. */
static void check_turn(struct ota_span new_image)
{
	size_t turn = xz_of(new_image);
	size_t xz_len;

	assert_true(ask(new_image, turn, &xz_len));
	assert_int_equal(xz_len, turn);
	assert_true(pointless(new_image, turn + 1));
	assert_true(pointless(new_image, 2 * turn + new_image.len));
	assert_true(pointless(new_image, SIZE_MAX));
	assert_false(pointless(new_image, turn - 1));
	for (size_t patch_len = turn - 1; patch_len > 0; patch_len /= 2)
		assert_false(pointless(new_image, patch_len));
	assert_false(pointless(new_image, 0));
}

/* Half of what firmware holds: runs, repeats and things that look random. */
static struct ota_span mixed(size_t len)
{
	fill_pattern(image, len, 1);
	for (size_t i = 0; i < len; i += 64)
		memset(image + i, (int)(i >> 12), len - i < 32 ? len - i : 32);
	return ota_span_of(image, len);
}

static void turns_at_the_size_of_xz_for_random_bytes(void **state)
{
	(void)state;
	fill_pattern(image, IMAGE_MAX, 2);
	check_turn(ota_span_of(image, IMAGE_MAX));
	check_turn(ota_span_of(image, 5000));
}

static void turns_at_the_size_of_xz_for_zeros(void **state)
{
	(void)state;
	memset(image, 0, IMAGE_MAX);
	check_turn(ota_span_of(image, IMAGE_MAX));
}

static void turns_at_the_size_of_xz_for_mixed_bytes(void **state)
{
	(void)state;
	check_turn(mixed(IMAGE_MAX));
	check_turn(mixed(65536));
}

static void turns_at_the_size_of_xz_for_tiny_images(void **state)
{
	(void)state;
	for (size_t len = 1; len <= 8; len++)
		check_turn(mixed(len));
	check_turn(mixed(LZMA_DICT_SIZE_MIN - 1));
	check_turn(mixed(LZMA_DICT_SIZE_MIN));
	check_turn(mixed(LZMA_DICT_SIZE_MIN + 1));
}

static void turns_at_the_size_of_xz_for_a_real_image(void **state)
{
	struct ota_buf file = vector_read("../../examples/sensor/sensor-1.3.0.bin");

	(void)state;
	check_turn(ota_buf_span(&file));
	ota_buf_free(&file);
}

/* As far away as deflate sees; the second half then costs next to nothing. */
static void sees_a_repeat_half_an_image_away(void **state)
{
	(void)state;
	fill_pattern(image, 30000, 3);
	memcpy(image + 30000, image, 30000);
	check_turn(ota_span_of(image, 60000));
}

/* One that only xz sees may go unnoticed, but is never taken for its opposite. */
static void a_repeat_out_of_sight_is_worth_a_patch_at_most(void **state)
{
	struct ota_span new_image = ota_span_of(image, IMAGE_MAX);
	size_t turn;

	(void)state;
	fill_pattern(image, IMAGE_MAX / 2, 3);
	memcpy(image + IMAGE_MAX / 2, image, IMAGE_MAX / 2);
	turn = xz_of(new_image);
	assert_false(pointless(new_image, turn - 1));
	assert_true(pointless(new_image, 2 * turn));
}

/* Where a look at the head alone would take fright. */
static void sees_that_all_but_the_head_is_empty(void **state)
{
	(void)state;
	memset(image, 0xff, IMAGE_MAX);
	fill_pattern(image, 40000, 4);
	check_turn(ota_span_of(image, IMAGE_MAX));
	memset(image, 0xff, IMAGE_MAX);
	fill_pattern(image + IMAGE_MAX - 40000, 40000, 4);
	check_turn(ota_span_of(image, IMAGE_MAX));
}

static void an_empty_image_is_an_empty_xz_file(void **state)
{
	struct ota_span none = ota_span_of(NULL, 0);
	size_t xz_len;

	(void)state;
	assert_false(pointless(none, 0));
	assert_false(pointless(none, XZ_EMPTY - 1));
	assert_true(ask(none, XZ_EMPTY, &xz_len));
	assert_int_equal(xz_len, XZ_EMPTY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(turns_at_the_size_of_xz_for_random_bytes),
		cmocka_unit_test(turns_at_the_size_of_xz_for_zeros),
		cmocka_unit_test(turns_at_the_size_of_xz_for_mixed_bytes),
		cmocka_unit_test(turns_at_the_size_of_xz_for_tiny_images),
		cmocka_unit_test(turns_at_the_size_of_xz_for_a_real_image),
		cmocka_unit_test(sees_a_repeat_half_an_image_away),
		cmocka_unit_test(a_repeat_out_of_sight_is_worth_a_patch_at_most),
		cmocka_unit_test(sees_that_all_but_the_head_is_empty),
		cmocka_unit_test(an_empty_image_is_an_empty_xz_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
