// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <ota/delta_tlv.h>

static const struct ota_delta_tlv example = {
	.format = 1,
	.format_version = 0,
	.old_size = 0x00012345,
	.new_size = 0x00012400,
	.decoder_ram = 942496,
	.old_version = {1, 2, 300, 400000},
	.old_digest = {0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1c,
		       0x1d, 0x1e, 0x1f},
	.new_digest = {0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x28, 0x29, 0x2a, 0x2b, 0x2c,
		       0x2d, 0x2e, 0x2f},
};

/* The layout is for ever: devices hold readers of it. */
static const uint8_t example_bytes[OTA_TLV_DELTA_SIZE] = {
	'O',  'T',  'A',  'D',  0x01, 0x00, 0x00, 0x00,                         /* format, flags */
	0x45, 0x23, 0x01, 0x00, 0x00, 0x24, 0x01, 0x00, 0xa0, 0x61, 0x0e, 0x00, /* sizes, RAM */
	0x01, 0x02, 0x2c, 0x01, 0x80, 0x1a, 0x06, 0x00,                         /* version */
	0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x1b,
	0x1c, 0x1d, 0x1e, 0x1f, 0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27,
	0x28, 0x29, 0x2a, 0x2b, 0x2c, 0x2d, 0x2e, 0x2f};

static void is_little_endian_in_an_image_of_either_order(void **state)
{
	(void)state;
	for (unsigned big = 0; big < 2; big++) {
		uint8_t bytes[OTA_TLV_DELTA_SIZE];
		struct ota_wr wr = ota_wr_init(bytes, sizeof(bytes));

		wr.big = big;
		ota_delta_tlv_write(&wr, &example);
		assert_int_equal(wr.err, OTA_OK);
		assert_int_equal(wr.at, sizeof(bytes));
		assert_int_equal(wr.big, big);
		assert_memory_equal(bytes, example_bytes, sizeof(bytes));
	}
}

static void reads_what_was_written(void **state)
{
	struct ota_delta_tlv tlv;

	(void)state;
	assert_int_equal(
		ota_delta_tlv_read(ota_span_of(example_bytes, sizeof(example_bytes)), &tlv),
		OTA_OK);
	assert_int_equal(tlv.format, 1);
	assert_int_equal(tlv.format_version, 0);
	assert_int_equal(tlv.old_size, example.old_size);
	assert_int_equal(tlv.new_size, example.new_size);
	assert_int_equal(tlv.decoder_ram, example.decoder_ram);
	assert_int_equal(tlv.old_version.revision, 300);
	assert_int_equal(tlv.old_version.build, 400000);
	assert_memory_equal(tlv.old_digest, example.old_digest, sizeof(tlv.old_digest));
	assert_memory_equal(tlv.new_digest, example.new_digest, sizeof(tlv.new_digest));
}

static void refuses_every_other_length(void **state)
{
	uint8_t longer[OTA_TLV_DELTA_SIZE + 4] = {0};
	struct ota_delta_tlv tlv;

	(void)state;
	memcpy(longer, example_bytes, sizeof(example_bytes));
	for (size_t len = 0; len <= sizeof(longer); len++) {
		if (len != OTA_TLV_DELTA_SIZE)
			assert_int_equal(ota_delta_tlv_read(ota_span_of(longer, len), &tlv),
					 OTA_E_MALFORMED);
	}
	assert_int_equal(ota_delta_tlv_read(ota_span_of(NULL, 0), &tlv), OTA_E_MALFORMED);
}

static void refuses_another_magic(void **state)
{
	uint8_t bytes[OTA_TLV_DELTA_SIZE];
	struct ota_delta_tlv tlv;

	(void)state;
	for (unsigned bit = 0; bit < 32; bit++) {
		memcpy(bytes, example_bytes, sizeof(bytes));
		bytes[bit / 8] = (uint8_t)(bytes[bit / 8] ^ 1U << bit % 8);
		assert_int_equal(ota_delta_tlv_read(ota_span_of(bytes, sizeof(bytes)), &tlv),
				 OTA_E_MALFORMED);
	}
}

static void refuses_every_flag(void **state)
{
	uint8_t bytes[OTA_TLV_DELTA_SIZE];
	struct ota_delta_tlv tlv;

	(void)state;
	for (unsigned bit = 0; bit < 16; bit++) {
		memcpy(bytes, example_bytes, sizeof(bytes));
		bytes[6 + bit / 8] = (uint8_t)(1U << bit % 8);
		assert_int_equal(ota_delta_tlv_read(ota_span_of(bytes, sizeof(bytes)), &tlv),
				 OTA_E_UNSUPPORTED);
	}
}

static void says_when_there_is_no_room(void **state)
{
	uint8_t bytes[OTA_TLV_DELTA_SIZE];

	(void)state;
	for (size_t cap = 0; cap < sizeof(bytes); cap++) {
		struct ota_wr wr = ota_wr_init(bytes, cap);

		ota_delta_tlv_write(&wr, &example);
		assert_int_equal(wr.err, OTA_E_ROOM);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_little_endian_in_an_image_of_either_order),
		cmocka_unit_test(reads_what_was_written),
		cmocka_unit_test(refuses_every_other_length),
		cmocka_unit_test(refuses_another_magic),
		cmocka_unit_test(refuses_every_flag),
		cmocka_unit_test(says_when_there_is_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
