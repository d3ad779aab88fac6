// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include <ota/key.h>
#include <ota/uuid.h>

/* Expectations are Python's uuid.uuid5. */
static const uint8_t example_com[OTA_UUID_SIZE] = {0xcf, 0xbf, 0xf0, 0xd1, 0x93, 0x75, 0x56, 0x85,
						   0x96, 0x8c, 0x48, 0xce, 0x8b, 0x15, 0xae, 0x17};
static const uint8_t sensor_node[OTA_UUID_SIZE] = {0x5c, 0xff, 0xfc, 0x50, 0xba, 0x6e, 0x5c, 0xb9,
						   0xb5, 0x85, 0x7c, 0x16, 0xb9, 0xe9, 0x0e, 0xbb};
static const uint8_t umlaut[OTA_UUID_SIZE] = {0xd8, 0xfa, 0x74, 0xa3, 0x91, 0x37, 0x5b, 0x01,
					      0xa4, 0x67, 0x50, 0xc0, 0x67, 0x2f, 0xd7, 0x87};
static const uint8_t empty[OTA_UUID_SIZE] = {0x4e, 0xbd, 0x02, 0x08, 0x83, 0x28, 0x5d, 0x69,
					     0x8c, 0x44, 0xec, 0x50, 0x93, 0x9c, 0x09, 0x67};
static const uint8_t digits[OTA_UUID_SIZE] = {0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0,
					      0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0};

static void expect(const char *text, const uint8_t *space, const uint8_t *want)
{
	uint8_t uuid[OTA_UUID_SIZE];

	assert_int_equal(ota_uuid_read(text, space, uuid, NULL), OTA_OK);
	assert_memory_equal(uuid, want, sizeof(uuid));
}

static void names_become_version_5(void **state)
{
	(void)state;
	assert_int_equal(ota_keys_init(NULL), OTA_OK);
	expect("example.com", ota_uuid_dns(), example_com);
	expect("sensor-node rev B", example_com, sensor_node);
	expect("m\xc3\xbcller.de \xe6\x97\xa5\xe6\x9c\xac", ota_uuid_dns(), umlaut);
	expect("", ota_uuid_dns(), empty);
}

static void digits_are_taken_as_they_are(void **state)
{
	(void)state;
	expect("12345678-9ABC-def0-1234-56789abcdef0", NULL, digits);
	expect("123456789abcdef0123456789ABCDEF0", NULL, digits);
}

static void what_is_neither_is_refused(void **state)
{
	static const char *const unprintable[] = {"a\tb",         "\x7f",         "\xff",
						  "\xc3",         "\xed\xa0\x80", "a\xc2\xa0z",
						  "\xe2\x80\x8b", "\xef\xbb\xbf"};
	/* A digit or a dash too many or too few makes it a name. */
	static const char *const names[] = {"1234567-89abc-def0-1234-56789abcdef0",
					    "12345678-9abc-def0-1234-56789abcdefg",
					    "123456789abcdef0123456789abcdef", "x"};
	uint8_t uuid[OTA_UUID_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(unprintable) / sizeof(unprintable[0]); i++)
		assert_int_equal(ota_uuid_read(unprintable[i], ota_uuid_dns(), uuid, NULL),
				 OTA_E_MALFORMED);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(ota_uuid_read(names[i], NULL, uuid, NULL), OTA_E_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_become_version_5),
		cmocka_unit_test(digits_are_taken_as_they_are),
		cmocka_unit_test(what_is_neither_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
