// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <zlib.h>

#include <ota/otd.h>

#include "vectors.h"

static const struct ota_otd_header usual = {
	.arch = OTA_OTD_THUMB,
	.tier = OTA_OTD_XS,
	.reads_new = true,
	.old_crc = 0x12345678,
	.new_crc = 0x9abcdef0,
	.old_image = {262144, 1, {{0, 0x08010000}}},
	.new_image = {262400, 1, {{0, 0x08010000}}},
};
static const uint8_t usual_bytes[] = {
	0x6f, 0xde, 0x11, 0x21, 0x80, 0x80, 0x10, 0x80, 0x04, /* 262144, +256 */
	0x78, 0x56, 0x34, 0x12, 0xf0, 0xde,                   /* CRCs */
	0xbc, 0x9a, 0x8c, 0x80, 0x01,                         /* 0x801, and 4 digits left out */
};

static void assert_same_image(const struct ota_otd_image *a, const struct ota_otd_image *b)
{
	assert_int_equal(a->size, b->size);
	assert_int_equal(a->n_segments, b->n_segments);
	for (uint32_t i = 0; i < OTA_OTD_SEGMENTS_MAX; i++) {
		assert_int_equal(a->segment[i].at, b->segment[i].at);
		assert_int_equal(a->segment[i].addr, b->segment[i].addr);
	}
}

static void assert_same(const struct ota_otd_header *a, const struct ota_otd_header *b)
{
	assert_int_equal(a->arch, b->arch);
	assert_int_equal(a->tier, b->tier);
	assert_int_equal(a->reads_new, b->reads_new);
	assert_int_equal(a->block, b->block);
	assert_int_equal(a->lead, b->lead);
	assert_int_equal(a->old_crc, b->old_crc);
	assert_int_equal(a->new_crc, b->new_crc);
	assert_same_image(&a->old_image, &b->old_image);
	assert_same_image(&a->new_image, &b->new_image);
}

static enum ota_err read_bytes(const void *bytes, size_t len, struct ota_otd_header *header)
{
	struct ota_rd rd = ota_rd_init(ota_span_of(bytes, len));

	return ota_otd_header_read(&rd, header);
}

/* Writes, reads, and reads every beginning. */
static size_t check_round_trip(const struct ota_otd_header *header)
{
	uint8_t bytes[OTA_OTD_HEADER_MAX];
	struct ota_wr wr = ota_wr_init(bytes, sizeof(bytes));
	struct ota_otd_header got;
	struct ota_rd rd;

	ota_otd_header_write(&wr, header);
	assert_int_equal(wr.err, OTA_OK);
	assert_in_range(wr.at, OTA_OTD_HEADER_MIN, OTA_OTD_HEADER_MAX);
	rd = ota_rd_init(ota_wr_span(&wr));
	assert_int_equal(ota_otd_header_read(&rd, &got), OTA_OK);
	assert_int_equal(ota_rd_left(&rd), 0);
	assert_same(&got, header);
	for (size_t len = 0; len < wr.at; len++)
		assert_int_equal(read_bytes(len > 0 ? bytes : NULL, len, &got), OTA_E_TRUNCATED);
	return wr.at;
}

static void the_usual_header_has_twenty_bytes(void **state)
{
	uint8_t bytes[OTA_OTD_HEADER_MAX];
	struct ota_wr wr = ota_wr_init(bytes, sizeof(bytes));

	(void)state;
	ota_otd_header_write(&wr, &usual);
	assert_int_equal(wr.at, sizeof(usual_bytes));
	assert_memory_equal(bytes, usual_bytes, sizeof(usual_bytes));
	check_round_trip(&usual);
}

static void byte_order_of_the_cursors_does_not_matter(void **state)
{
	uint8_t bytes[OTA_OTD_HEADER_MAX];
	struct ota_wr wr = ota_wr_init(bytes, sizeof(bytes));
	struct ota_rd rd = ota_rd_init(ota_span_of(usual_bytes, sizeof(usual_bytes)));
	struct ota_otd_header got;

	(void)state;
	wr.big = true;
	ota_otd_header_write(&wr, &usual);
	assert_memory_equal(bytes, usual_bytes, sizeof(usual_bytes));
	assert_true(wr.big);
	rd.big = true;
	assert_int_equal(ota_otd_header_read(&rd, &got), OTA_OK);
	assert_same(&got, &usual);
	assert_true(rd.big);
}

static void reads_no_farther_than_the_header(void **state)
{
	uint8_t bytes[sizeof(usual_bytes) + 3] = {0};
	struct ota_rd rd = ota_rd_init(ota_span_of(bytes, sizeof(bytes)));
	struct ota_otd_header got;

	(void)state;
	memcpy(bytes, usual_bytes, sizeof(usual_bytes));
	assert_int_equal(ota_otd_header_read(&rd, &got), OTA_OK);
	assert_int_equal(ota_rd_left(&rd), 3);
}

static void the_smallest_and_the_largest_header_have_the_lengths_promised(void **state)
{
	struct ota_otd_header header = {.old_image = {.n_segments = 1},
					.new_image = {.n_segments = 1}};

	(void)state;
	assert_int_equal(check_round_trip(&header), OTA_OTD_HEADER_MIN);
	header.arch = OTA_OTD_THUMB;
	header.block = OTA_OTD_BLOCK_MIN;
	header.lead = OTA_OTD_IMAGE_MAX & ~(OTA_OTD_BLOCK_MIN - 1);
	header.old_image.size = OTA_OTD_IMAGE_MAX;
	header.new_image.size = OTA_OTD_IMAGE_MAX - 0x08000001;
	header.old_image.n_segments = OTA_OTD_SEGMENTS_MAX;
	header.new_image.n_segments = OTA_OTD_SEGMENTS_MAX;
	for (uint32_t i = 0; i < OTA_OTD_SEGMENTS_MAX; i++) {
		header.old_image.segment[i].at = 0x10000000 * i;
		header.old_image.segment[i].addr = 0xffffffff - i;
		header.new_image.segment[i].at = 0x10000000 * i;
		header.new_image.segment[i].addr = 0x10000000;
	}
	assert_int_equal(check_round_trip(&header), OTA_OTD_HEADER_MAX);
}

static void every_header_comes_back(void **state)
{
	static const uint32_t sizes[] = {0,      1,        127,        128,
					 0x4000, 0x1fffff, 0x40000000, OTA_OTD_IMAGE_MAX};
	static const uint32_t addrs[] = {0,          1,          0x100,      0x8000,    0x08000000,
					 0x08010000, 0x0805ff00, 0xffffffff, 0x80000000};
	struct ota_otd_header header = usual;

	(void)state;
	for (size_t i = 0; i < 8 * 8 * 9; i++) {
		header.old_image.size = sizes[i % 8];
		header.new_image.size = sizes[i / 8 % 8];
		header.old_image.segment[0].addr = addrs[i / 64];
		header.new_image.segment[0].addr = addrs[i / 64];
		header.tier = (enum ota_otd_tier)(i % OTA_OTD_TIERS);
		header.reads_new = i % 2 == 0;
		check_round_trip(&header);
		header.new_image.segment[0].addr ^= 0x4000; /* another slot */
		check_round_trip(&header);
	}
	header = usual;
	header.arch = OTA_OTD_NONE;
	header.old_image.segment[0].addr = 0;
	header.new_image.segment[0].addr = 0;
	assert_int_equal(check_round_trip(&header), sizeof(usual_bytes) - 3);
}

static void places_come_back(void **state)
{
	struct ota_otd_header header = usual;
	size_t usual_len = sizeof(usual_bytes);

	(void)state;
	for (uint32_t block = OTA_OTD_BLOCK_MIN; block <= OTA_OTD_BLOCK_MAX; block *= 2) {
		header.block = block;
		header.lead = block;
		assert_int_equal(check_round_trip(&header), usual_len + 2);
		header.lead = 127 * block;
		assert_int_equal(check_round_trip(&header), usual_len + 2);
		header.lead = 128 * block;
		assert_int_equal(check_round_trip(&header), usual_len + 3);
		header.lead = OTA_OTD_IMAGE_MAX & ~(block - 1);
		(void)check_round_trip(&header);
	}
}

static void segments_come_back(void **state)
{
	struct ota_otd_header header = usual;

	(void)state;
	header.old_image = (struct ota_otd_image){
		0x3000, 3, {{0, 0x08000000}, {0x1000, 0x10000000}, {0x2fff, 0x20000000}}};
	header.new_image =
		(struct ota_otd_image){0x3, 3, {{0, 0x08000000}, {1, 0x10000000}, {2, 0x20000000}}};
	check_round_trip(&header);
}

/* -- what a reader refuses --------------------------------------------------------------------- */

static void expect(enum ota_err err, const void *bytes, size_t len)
{
	struct ota_otd_header header;

	assert_int_equal(read_bytes(bytes, len, &header), err);
}
#define EXPECT(err, ...)                                                                           \
	expect(err, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))
#define CRCS 1, 2, 3, 4, 5, 6, 7, 8
/* A number of 5 bytes. */
#define ADDR(addr)                                                                                 \
	(uint8_t)((addr) | 0x80U), (uint8_t)((addr) >> 7 | 0x80U),                                 \
		(uint8_t)((addr) >> 14 | 0x80U), (uint8_t)((addr) >> 21 | 0x80U),                  \
		(uint8_t)((addr) >> 28)

static void probes_by_the_magic(void **state)
{
	(void)state;
	assert_true(ota_otd_probe(ota_span_of(usual_bytes, sizeof(usual_bytes))));
	assert_true(ota_otd_probe(ota_span_of(usual_bytes, 2)));
	assert_false(ota_otd_probe(ota_span_of(usual_bytes, 1)));
	assert_false(ota_otd_probe(ota_span_of(NULL, 0)));
	assert_false(ota_otd_probe(ota_span_of("BSDIFF40", 8)));
	EXPECT(OTA_E_MALFORMED, 0x6f, 0xdd, 0x11, 0, 0, 0, CRCS);
	EXPECT(OTA_E_MALFORMED, 0x6e, 0xde, 0x11, 0, 0, 0, CRCS);
}

static void what_a_later_version_may_mean_is_unsupported(void **state)
{
	(void)state;
	EXPECT(OTA_OK, 0x6f, 0xde, 0x11, 0, 0, 0, CRCS);
	EXPECT(OTA_E_UNSUPPORTED, 0x6f, 0xde, 0x12, 0, 0, 0, CRCS); /* version */
	EXPECT(OTA_E_UNSUPPORTED, 0x6f, 0xde, 0x10, 0, 0, 0, CRCS);
	EXPECT(OTA_E_UNSUPPORTED, 0x6f, 0xde, 0x21, 0, 0, 0, CRCS);    /* tables */
	EXPECT(OTA_E_UNSUPPORTED, 0x6f, 0xde, 0x11, 4, 0, 0, CRCS, 0); /* architecture */
	EXPECT(OTA_E_UNSUPPORTED, 0x6f, 0xde, 0x11, 7, 0, 0, CRCS, 0);
	EXPECT(OTA_E_UNSUPPORTED, 0x6f, 0xde, 0x11, 3 << 3, 0, 0, CRCS); /* tier */
	EXPECT(OTA_OK, 0x6f, 0xde, 0x11, 2 << 3, 0, 0, CRCS);            /* nano, and one segment */
	EXPECT(OTA_OK, 0x6f, 0xde, 0x11, 0x91, 4, 0, CRCS, 1, 1, 2);
	EXPECT(OTA_E_UNSUPPORTED, 0x6f, 0xde, 0x11, 0x91, 4, 0, CRCS, 2, 1, 1, 2, 1, 1, 2);
	EXPECT(OTA_E_UNSUPPORTED, 0x6f, 0xde, 0x11, 2 << 3 | 2, 0, 0, CRCS, 0); /* of RV32 */
}

static void a_place_is_a_block_and_how_many_lead(void **state)
{
	(void)state;
	EXPECT(OTA_OK, 0x6f, 0xde, 0x11, 0x40, 0, 0, CRCS, 12, 1);
	EXPECT(OTA_E_TRUNCATED, 0x6f, 0xde, 0x11, 0x40, 0, 0, CRCS, 12);
	EXPECT(OTA_E_TRUNCATED, 0x6f, 0xde, 0x11, 0x40, 0, 0, CRCS);
	EXPECT(OTA_E_MALFORMED, 0x6f, 0xde, 0x11, 0x40, 0, 0, CRCS, 12, 0);
	EXPECT(OTA_E_MALFORMED, 0x6f, 0xde, 0x11, 0x40, 0, 0, CRCS, 12, 0x81, 0);
	/* Blocks of 64 bytes and 2 MiB; another direction. */
	EXPECT(OTA_OK, 0x6f, 0xde, 0x11, 0x40, 0, 0, CRCS, 7, 1);
	EXPECT(OTA_E_UNSUPPORTED, 0x6f, 0xde, 0x11, 0x40, 0, 0, CRCS, 6, 1);
	EXPECT(OTA_OK, 0x6f, 0xde, 0x11, 0x40, 0, 0, CRCS, 20, 1);
	EXPECT(OTA_E_UNSUPPORTED, 0x6f, 0xde, 0x11, 0x40, 0, 0, CRCS, 21, 1);
	EXPECT(OTA_E_UNSUPPORTED, 0x6f, 0xde, 0x11, 0x40, 0, 0, CRCS, 0x20 | 12, 1);
	/* A lead of 2^31 - 2^20 bytes, and of 2^31. */
	EXPECT(OTA_OK, 0x6f, 0xde, 0x11, 0x40, 0, 0, CRCS, 20, 0xff, 0x0f);
	EXPECT(OTA_E_UNSUPPORTED, 0x6f, 0xde, 0x11, 0x40, 0, 0, CRCS, 20, 0x80, 0x10);
	EXPECT(OTA_E_UNSUPPORTED, 0x6f, 0xde, 0x11, 0x40, 0, 0, CRCS, 7, 0xff, 0xff, 0xff, 0xff,
	       0x0f);
}

static void images_over_the_limit_are_unsupported(void **state)
{
	(void)state;
	EXPECT(OTA_OK, 0x6f, 0xde, 0x11, 0, 0xff, 0xff, 0xff, 0xff, 0x07, 0, CRCS);
	EXPECT(OTA_E_UNSUPPORTED, 0x6f, 0xde, 0x11, 0, 0x80, 0x80, 0x80, 0x80, 0x08, 0, CRCS);
	/* old is 1, new 0x7fffffff and 0x80000000 */
	EXPECT(OTA_OK, 0x6f, 0xde, 0x11, 0, 1, 0xfc, 0xff, 0xff, 0xff, 0x0f, CRCS);
	EXPECT(OTA_E_UNSUPPORTED, 0x6f, 0xde, 0x11, 0, 1, 0xfe, 0xff, 0xff, 0xff, 0x0f, CRCS);
}

static void a_new_image_of_less_than_nothing_is_malformed(void **state)
{
	(void)state;
	EXPECT(OTA_OK, 0x6f, 0xde, 0x11, 0, 1, 1, CRCS);
	EXPECT(OTA_E_MALFORMED, 0x6f, 0xde, 0x11, 0, 1, 3, CRCS);
	EXPECT(OTA_E_MALFORMED, 0x6f, 0xde, 0x11, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x0f, CRCS);
}

static void numbers_have_one_spelling(void **state)
{
	(void)state;
	EXPECT(OTA_OK, 0x6f, 0xde, 0x11, 0, 0x81, 0x01, 0, CRCS);
	EXPECT(OTA_E_MALFORMED, 0x6f, 0xde, 0x11, 0, 0x81, 0x00, 0, CRCS);
	EXPECT(OTA_E_MALFORMED, 0x6f, 0xde, 0x11, 0, 0x80, 0x80, 0x00, 0, CRCS);
	EXPECT(OTA_E_MALFORMED, 0x6f, 0xde, 0x11, 0, 0x80, 0x80, 0x80, 0x80, 0x10, 0, CRCS);
	EXPECT(OTA_E_MALFORMED, 0x6f, 0xde, 0x11, 0, 0x80, 0x80, 0x80, 0x80, 0x81, 0, CRCS);
}

static void an_address_has_one_spelling(void **state)
{
	(void)state;
	EXPECT(OTA_OK, 0x6f, 0xde, 0x11, 1, 0, 0, CRCS, 0);
	EXPECT(OTA_E_MALFORMED, 0x6f, 0xde, 0x11, 1, 0, 0, CRCS, 1); /* 0, and one digit less */
	EXPECT(OTA_OK, 0x6f, 0xde, 0x11, 1, 0, 0, CRCS, 8 << 3 | 6); /* 0x08000000 */
	EXPECT(OTA_E_MALFORMED, 0x6f, 0xde, 0x11, 1, 0, 0, CRCS, 0x85, 0x08); /* 0x80 << 20 */
	EXPECT(OTA_E_MALFORMED, 0x6f, 0xde, 0x11, 1, 0, 0, CRCS, 0xff, 0x01); /* 0x1f << 28 */
	EXPECT(OTA_OK, 0x6f, 0xde, 0x11, 1, 0, 0, CRCS, 15 << 3 | 7);
	/* One that has such a number is not told as segments are. */
	EXPECT(OTA_E_MALFORMED, 0x6f, 0xde, 0x11, 0x81, 4, 0, CRCS, 1, 0x10, 0x10);
	EXPECT(OTA_E_MALFORMED, 0x6f, 0xde, 0x11, 0x81, 0, 0, CRCS, 1, ADDR(0x1fffffff),
	       ADDR(0x1fffffff));
	EXPECT(OTA_OK, 0x6f, 0xde, 0x11, 0x81, 0, 0, CRCS, 1, ADDR(0x20000001), ADDR(0x20000001));
	EXPECT(OTA_E_MALFORMED, 0x6f, 0xde, 0x11, 0x81, 0, 0, CRCS, 1, ADDR(0x20000010),
	       ADDR(0x20000010));
}

static void the_usual_load_addresses_are_short(void **state)
{
	static const uint32_t addrs[] = {0,          0x08000000, 0x10000000, 0x08008000,
					 0x08005000, 0x08020000, 0x08060000, 0xffff0000,
					 0x1fffffff, 0xfffffff0, 0xffffffff};
	/* The last one twice, and that there is one. */
	static const uint8_t lens[] = {1, 1, 1, 3, 3, 3, 3, 3, 5, 5, 11};

	(void)state;
	for (size_t i = 0; i < sizeof(lens); i++) {
		struct ota_otd_header header = usual;

		header.old_image.segment[0].addr = addrs[i];
		header.new_image.segment[0].addr = addrs[i];
		assert_int_equal(check_round_trip(&header), sizeof(usual_bytes) - 3 + lens[i]);
	}
}

static void segments_lie_in_order_inside_the_image(void **state)
{
	(void)state;
	/* Old and new of 4 bytes; the second segment from 3 on. */
	EXPECT(OTA_OK, 0x6f, 0xde, 0x11, 0x81, 4, 0, CRCS, 2, 1, 3, 9, 1, 3, 9);
	EXPECT(OTA_E_MALFORMED, 0x6f, 0xde, 0x11, 0x81, 4, 0, CRCS, 2, 1, 4, 9, 1, 3, 9);
	EXPECT(OTA_E_MALFORMED, 0x6f, 0xde, 0x11, 0x81, 4, 0, CRCS, 2, 1, 0, 9, 1, 3, 9);
	EXPECT(OTA_E_MALFORMED, 0x6f, 0xde, 0x11, 0x81, 4, 0, CRCS, 2, 1, 3, 9, 1, 4, 9);
	EXPECT(OTA_E_MALFORMED, 0x6f, 0xde, 0x11, 0x81, 0, 0, CRCS, 2, 1, 1, 9, 1, 1, 9);
	EXPECT(OTA_E_MALFORMED, 0x6f, 0xde, 0x11, 0x81, 4, 0, CRCS, 0);
	EXPECT(OTA_E_MALFORMED, 0x6f, 0xde, 0x11, 0x81, 4, 0, CRCS, 9, 1, 1, 9, 1, 1, 9);
	/* One is said only when the addresses differ. */
	EXPECT(OTA_OK, 0x6f, 0xde, 0x11, 0x81, 4, 0, CRCS, 1, 1, 2);
	EXPECT(OTA_E_MALFORMED, 0x6f, 0xde, 0x11, 0x81, 4, 0, CRCS, 1, 1, 1);
	/* Without architecture there are none. */
	EXPECT(OTA_E_MALFORMED, 0x6f, 0xde, 0x11, 0x80, 4, 0, CRCS, 1, 1, 2);
}

static void without_architecture_an_image_lies_at_0(void **state)
{
	static const uint8_t bytes[] = {0x6f, 0xde, 0x11, 0, 5, 0, CRCS};
	struct ota_otd_header header;

	(void)state;
	assert_int_equal(read_bytes(bytes, sizeof(bytes), &header), OTA_OK);
	assert_int_equal(header.old_image.n_segments, 1);
	assert_int_equal(header.new_image.n_segments, 1);
	assert_int_equal(header.old_image.segment[0].addr, 0);
	assert_int_equal(header.new_image.size, 5);
}

/* What can be read is what would be written. */
static unsigned check_spelling(const uint8_t *bytes, size_t len)
{
	uint8_t again[OTA_OTD_HEADER_MAX];
	struct ota_wr wr = ota_wr_init(again, sizeof(again));
	struct ota_rd rd = ota_rd_init(ota_span_of(bytes, len));
	struct ota_otd_header header;

	if (ota_otd_header_read(&rd, &header) != OTA_OK)
		return 0;
	ota_otd_header_write(&wr, &header);
	assert_int_equal(wr.err, OTA_OK);
	assert_int_equal(wr.at, rd.at);
	assert_memory_equal(again, bytes, wr.at);
	return 1;
}

static void mutated_headers_have_one_spelling_too(void **state)
{
	static const uint8_t segments[] = {0x6f, 0xde, 0x11, 0x89, 0x80, 0x40, 0x10, CRCS, 3,
					   0x80, 0x80, 0x40, 0x80, 0x20, 9,    0x80, 0x20, 8,
					   7,    0x90, 0x20, 0x81, 0x01, 3,    0x70};
	static const uint8_t place[] = {0x6f, 0xde, 0x11, 0x61, 0x80, 0x40,
					0x10, CRCS, 12,   0x85, 0x01, 8 << 3 | 6};
	static const struct ota_span seeds[] = {{usual_bytes, sizeof(usual_bytes)},
						{segments, sizeof(segments)},
						{place, sizeof(place)}};
	uint8_t noise[8];
	unsigned read = 0;

	(void)state;
	for (uint32_t i = 0; i < 400000; i++) {
		struct ota_span seed = seeds[i % 3];
		uint8_t bytes[64] = {0};

		fill_pattern(noise, sizeof(noise), i);
		memcpy(bytes, seed.data, seed.len);
		bytes[2 + noise[0] % (seed.len - 2)] = noise[1];
		if (noise[2] % 2 != 0)
			bytes[2 + noise[3] % (seed.len - 2)] ^= (uint8_t)(1U << noise[4] % 8);
		if (noise[5] % 4 == 0)
			bytes[2 + noise[6] % (seed.len - 2)] = noise[7] % 4;
		read += check_spelling(bytes, sizeof(bytes));
	}
	assert_in_range(read, 10000, 390000);
}

/* -- addresses --------------------------------------------------------------------------------- */

static void addresses_and_offsets_are_each_others_inverse(void **state)
{
	static const struct ota_otd_image image = {
		0x300, 3, {{0, 0x08000000}, {0x100, 0x20000000}, {0x200, 0xffffff00}}};
	uint32_t at;

	(void)state;
	for (uint32_t i = 0; i < 0x300 + 16; i++) {
		assert_true(ota_otd_offset(&image, ota_otd_addr(&image, i), 16, &at));
		assert_int_equal(at, i);
	}
	assert_int_equal(ota_otd_addr(&image, 0xff), 0x080000ff);
	assert_int_equal(ota_otd_addr(&image, 0x100), 0x20000000);
	assert_int_equal(ota_otd_addr(&image, 0x300), 0); /* behind the image */
	assert_false(ota_otd_offset(&image, 0x08000100, 16, &at));
	assert_false(ota_otd_offset(&image, 0x07ffffff, 16, &at));
	assert_false(ota_otd_offset(&image, 16, 16, &at));
	assert_false(ota_otd_offset(&image, 0, 0, &at));
	assert_true(ota_otd_offset(&image, 15, 16, &at));
}

static void an_empty_image_has_addresses_within_the_slack_only(void **state)
{
	static const struct ota_otd_image image = {0, 1, {{0, 0x1000}}};
	uint32_t at;

	(void)state;
	assert_false(ota_otd_offset(&image, 0x1000, 0, &at));
	assert_true(ota_otd_offset(&image, 0x1003, 4, &at));
	assert_int_equal(at, 3);
	assert_false(ota_otd_offset(&image, 0x1004, 4, &at));
}

static void the_crc_is_zlibs(void **state)
{
	uint8_t bytes[300];

	(void)state;
	fill_pattern(bytes, sizeof(bytes), 5);
	assert_int_equal(ota_crc32(0, ota_span_of(NULL, 0)), 0);
	assert_int_equal(ota_crc32(0, ota_span_of("123456789", 9)), 0xcbf43926);
	for (size_t len = 0; len <= sizeof(bytes); len++) {
		uint32_t head = ota_crc32(0, ota_span_of(bytes, len));
		uint32_t whole = ota_crc32(head, ota_span_of(bytes + len, sizeof(bytes) - len));

		assert_int_equal(head, crc32(0, bytes, (uInt)len));
		assert_int_equal(whole, crc32(0, bytes, sizeof(bytes)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_usual_header_has_twenty_bytes),
		cmocka_unit_test(byte_order_of_the_cursors_does_not_matter),
		cmocka_unit_test(reads_no_farther_than_the_header),
		cmocka_unit_test(the_smallest_and_the_largest_header_have_the_lengths_promised),
		cmocka_unit_test(every_header_comes_back),
		cmocka_unit_test(places_come_back),
		cmocka_unit_test(segments_come_back),
		cmocka_unit_test(probes_by_the_magic),
		cmocka_unit_test(what_a_later_version_may_mean_is_unsupported),
		cmocka_unit_test(a_place_is_a_block_and_how_many_lead),
		cmocka_unit_test(images_over_the_limit_are_unsupported),
		cmocka_unit_test(a_new_image_of_less_than_nothing_is_malformed),
		cmocka_unit_test(numbers_have_one_spelling),
		cmocka_unit_test(an_address_has_one_spelling),
		cmocka_unit_test(the_usual_load_addresses_are_short),
		cmocka_unit_test(segments_lie_in_order_inside_the_image),
		cmocka_unit_test(without_architecture_an_image_lies_at_0),
		cmocka_unit_test(mutated_headers_have_one_spelling_too),
		cmocka_unit_test(addresses_and_offsets_are_each_others_inverse),
		cmocka_unit_test(an_empty_image_has_addresses_within_the_slack_only),
		cmocka_unit_test(the_crc_is_zlibs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
