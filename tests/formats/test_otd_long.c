// SPDX-License-Identifier: Apache-2.0
/* What only shows in long images: numbers of the model that creep. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include <ota/otd.h>

/* Millions of decisions that come out as expected, without one that does not. */
#define LONG_LEN  5000000U
#define PATCH_MAX 4096U

static struct ota_otd_header header_of(struct ota_span image)
{
	struct ota_otd_header header = {
		.arch = OTA_OTD_NONE,
		.tier = OTA_OTD_XS,
		.old_crc = ota_crc32(0, image),
		.new_crc = ota_crc32(0, image),
		.old_image = {.size = (uint32_t)image.len, .n_segments = 1},
		.new_image = {.size = (uint32_t)image.len, .n_segments = 1},
	};

	return header;
}

static size_t encode(const struct ota_otd_header *header, struct ota_span image, uint8_t *patch)
{
	struct ota_wr wr = ota_wr_init(patch, PATCH_MAX);
	struct ota_otd_path path = {NULL, 0};
	struct ota_otd_work work = {.header = header,
				    .old_image = image,
				    .new_image = image,
				    .size = OTA_OTD_ENC_RAM(OTA_OTD_XS)};
	void *memory = malloc(work.size);

	assert_non_null(memory);
	work.memory = memory;
	assert_int_equal(ota_otd_encode(&work, path, &wr), OTA_OK);
	free(memory);
	return wr.at;
}

/* Everything is at hand at once. */
static enum ota_want decode(const struct ota_otd_header *header, struct ota_span image,
			    struct ota_span stream, uint8_t *out)
{
	struct ota_dec_io io = {.patch = {stream}, .out = out, .room = image.len};
	void *memory = malloc(OTA_OTD_DEC_RAM_XS);
	struct ota_otd_dec *dec;
	enum ota_want want;

	assert_non_null(memory);
	assert_int_equal(
		ota_otd_dec_init(memory, OTA_OTD_DEC_RAM_XS, header, (uint32_t)stream.len, &dec),
		OTA_OK);
	while ((want = ota_otd_dec_step(dec, &io)) == OTA_WANT_OLD)
		io.old = ota_span_tail(image, io.old_at);
	free(memory);
	return want;
}

/* The weights grew by a little with each, until their sum overflowed. */
static void equal_images_of_any_length_do_not_overflow_the_mixer(void **state)
{
	static uint8_t patch[PATCH_MAX];
	uint8_t *bytes = calloc(1, LONG_LEN);
	uint8_t *out = malloc(LONG_LEN);
	struct ota_span image = ota_span_of(bytes, LONG_LEN);
	struct ota_otd_header header = header_of(image);
	size_t len;

	(void)state;
	assert_true(bytes && out);
	len = encode(&header, image, patch);
	assert_int_equal(decode(&header, image, ota_span_of(patch, len), out), OTA_WANT_NONE);
	assert_memory_equal(out, bytes, LONG_LEN);
	free(out);
	free(bytes);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_images_of_any_length_do_not_overflow_the_mixer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
