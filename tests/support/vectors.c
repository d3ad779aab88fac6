// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include <ota/file.h>

#include "vectors.h"

#define VECTOR_MAX 0x1000000U

struct ota_buf vector_read(const char *name)
{
	struct ota_buf buf = ota_buf_init(VECTOR_MAX);
	struct ota_diag diag = {.err = OTA_OK};
	char path[1024];

	(void)snprintf(path, sizeof(path), "%s/%s", OTA_TEST_VECTORS, name);
	if (ota_file_read(path, &buf, &diag) != OTA_OK)
		fail_msg("%s: %s", path, diag.text);
	return buf;
}

struct ota_key *vector_key(const char *name)
{
	struct ota_buf pem = vector_read(name);
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_key *key = NULL;

	assert_int_equal(ota_keys_init(NULL), OTA_OK);
	if (ota_key_read(ota_buf_span(&pem), ota_span_of(NULL, 0), &key, &diag) != OTA_OK)
		fail_msg("%s: %s", name, diag.text);
	ota_buf_wipe(&pem);
	return key;
}

void fill_pattern(uint8_t *bytes, size_t len, uint32_t seed)
{
	uint32_t x = seed * 2654435761U + 1;

	for (size_t i = 0; i < len; i++) {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		bytes[i] = (uint8_t)(x >> 8);
	}
}
