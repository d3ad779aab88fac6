// SPDX-License-Identifier: Apache-2.0
/* Images as Intel HEX: what of the padding is written, and where. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include <ota/firmware.h>

#include "images.h"
#include "vectors.h"

static struct ota_buf to_hex(const struct ota_image_plan *plan, struct ota_span body, uint32_t base)
{
	struct ota_image_made made;
	struct ota_buf image = image_build(plan, body, &made);
	struct ota_buf hex = ota_buf_init(1 << 20);
	struct ota_diag diag = {.err = OTA_OK};

	if (ota_image_to_hex(plan, ota_buf_span(&image), made.len, base, &hex, &diag) != OTA_OK)
		fail_msg("%s", diag.text);
	ota_buf_free(&image);
	return hex;
}

static const struct ota_image_plan padded = {.version = {1, 2, 3, 0},
					     .pad_header = true,
					     .slot_size = 0x2000,
					     .has_max_sectors = true,
					     .max_sectors = 16};

static void files_are_imgtools_to_the_byte(void **state)
{
	static const struct {
		const char *name;
		const char *body;
		enum ota_image_pad pad;
		uint32_t align;
		uint32_t max_align;
		bool overwrite_only;
	} cases[] = {
		{"o097-hex-cross64k-pad", "cross64k", OTA_IMAGE_PAD_PENDING, 1, 8, false},
		{"o098-hex-cross64k-confirm", "cross64k", OTA_IMAGE_PAD_CONFIRMED, 4, 8, false},
		{"o099-hex-test-maxalign32", "cross64k", OTA_IMAGE_PAD_TEST, 1, 32, false},
		{"o100-hex-overwrite-confirm", "unsorted", OTA_IMAGE_PAD_CONFIRMED, 1, 8, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ota_image_plan plan = padded;
		struct ota_firmware firmware;
		char name[96];
		struct ota_buf file;
		struct ota_buf want;
		struct ota_buf hex;

		(void)snprintf(name, sizeof(name), "imgtool/in/%s.hex", cases[i].body);
		file = vector_read(name);
		(void)snprintf(name, sizeof(name), "imgtool/out/%s.hex", cases[i].name);
		want = vector_read(name);
		assert_int_equal(ota_firmware_read(ota_buf_span(&file), OTA_FIRMWARE_HEX, 1 << 20,
						   &firmware, NULL),
				 OTA_OK);
		plan.pad = cases[i].pad;
		plan.align = cases[i].align;
		plan.max_align = cases[i].max_align;
		plan.overwrite_only = cases[i].overwrite_only;
		hex = to_hex(&plan, ota_buf_span(&firmware.bytes), firmware.base - 32);
		if (!ota_span_equal(ota_buf_span(&hex), ota_buf_span(&want)))
			fail_msg("%s differs", cases[i].name);
		ota_buf_free(&hex);
		ota_buf_free(&want);
		ota_buf_free(&file);
		ota_firmware_free(&firmware);
	}
}

static void a_binary_gets_the_address_that_is_asked_for(void **state)
{
	struct ota_buf body = vector_read("imgtool/in/rand-1021.bin");
	struct ota_buf want = vector_read("imgtool/out/o094-bin-in-hex-out.hex");
	struct ota_image_plan plan = padded;
	struct ota_buf hex;

	(void)state;
	hex = to_hex(&plan, ota_buf_span(&body), 0x10000);
	assert_true(ota_span_equal(ota_buf_span(&hex), ota_buf_span(&want)));
	ota_buf_free(&hex);
	ota_buf_free(&want);
	ota_buf_free(&body);
}

static size_t count_records(struct ota_span hex)
{
	size_t n = 0;

	for (size_t i = 0; i < hex.len; i++)
		n += hex.data[i] == ':';
	return n;
}

/* Read back, holes filled, the file is the padded image: for each padding, alignment and value. */
static void read_back_it_is_the_padded_image(void **state)
{
	static const uint8_t body[300] = {1, 2, 3};
	static const enum ota_image_pad pads[] = {OTA_IMAGE_PAD_PENDING, OTA_IMAGE_PAD_CONFIRMED,
						  OTA_IMAGE_PAD_TEST};

	(void)state;
	for (uint32_t i = 0; i < 3 * 3 * 2; i++) {
		struct ota_image_plan plan = padded;
		struct ota_firmware firmware;
		struct ota_buf image;
		struct ota_buf hex;

		plan.pad = pads[i % 3];
		plan.max_align = 8U << i / 3 % 3;
		plan.overwrite_only = i / 9 == 1;
		image = image_build(&plan, ota_span_of(body, sizeof(body)), NULL);
		hex = to_hex(&plan, ota_span_of(body, sizeof(body)), 0x8000);
		assert_true(count_records(ota_buf_span(&hex)) < 32); /* no fill */
		assert_int_equal(ota_firmware_read(ota_buf_span(&hex), OTA_FIRMWARE_HEX, 1 << 20,
						   &firmware, NULL),
				 OTA_OK);
		assert_int_equal(firmware.base, 0x8000);
		assert_true(ota_span_equal(ota_buf_span(&firmware.bytes), ota_buf_span(&image)));
		ota_firmware_free(&firmware);
		ota_buf_free(&hex);
		ota_buf_free(&image);
	}
}

static void addresses_end_at_4_gib(void **state)
{
	static const uint8_t body[300];
	struct ota_image_plan plan = padded;
	struct ota_image_made made;
	struct ota_buf image;
	struct ota_buf hex = ota_buf_init(1 << 20);
	struct ota_diag diag = {.err = OTA_OK};

	(void)state;
	plan.pad = OTA_IMAGE_PAD_CONFIRMED;
	image = image_build(&plan, ota_span_of(body, sizeof(body)), &made);
	assert_int_equal(
		ota_image_to_hex(&plan, ota_buf_span(&image), made.len, 0xffffe000, &hex, NULL),
		OTA_OK);
	hex.len = 0;
	assert_int_equal(
		ota_image_to_hex(&plan, ota_buf_span(&image), made.len, 0xffffe001, &hex, &diag),
		OTA_E_ROOM);
	assert_string_equal(diag.text, "image of 8192 bytes at 0xffffe001 ends beyond 4 GiB");
	assert_int_equal(hex.len, 0);
	ota_buf_free(&hex);
	ota_buf_free(&image);
}

static void an_image_without_the_padding_that_the_plan_has_is_refused(void **state)
{
	static const uint8_t body[300];
	struct ota_image_plan plan = padded;
	struct ota_image_made made;
	struct ota_buf hex = ota_buf_init(1 << 20);
	struct ota_buf image = image_build(&plan, ota_span_of(body, sizeof(body)), &made);

	(void)state;
	plan.pad = OTA_IMAGE_PAD_CONFIRMED;
	assert_int_equal(ota_image_to_hex(&plan, ota_buf_span(&image), made.len, 0, &hex, NULL),
			 OTA_E_USAGE);
	assert_int_equal(ota_image_to_hex(&plan, ota_buf_span(&image), made.len + 1, 0, &hex, NULL),
			 OTA_E_USAGE);
	ota_buf_free(&hex);
	ota_buf_free(&image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_are_imgtools_to_the_byte),
		cmocka_unit_test(a_binary_gets_the_address_that_is_asked_for),
		cmocka_unit_test(read_back_it_is_the_padded_image),
		cmocka_unit_test(addresses_end_at_4_gib),
		cmocka_unit_test(an_image_without_the_padding_that_the_plan_has_is_refused),
	};

	return cmocka_run_group_tests_name("libota/image_hex", tests, NULL, NULL);
}
