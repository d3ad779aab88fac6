// SPDX-License-Identifier: Apache-2.0
/*
 * The header of an otd patch. A number is base 128: seven bits a byte, lowest first, bit 7 says
 * that more follow, at most 32 bits; its last byte is 0 only when it is the first one too.
 *
 *   0   2  magic 6F DE
 *   2   1  bits 0-3 version 1, bits 4-7 tables 1
 *   3   1  bits 0-2 architecture, 3-4 tier, 5 reads new, 6 place, 7 segments
 *   4      old size, a number
 *          new size less old size as a number: d >= 0 is 2d, d < 0 is -2d - 1
 *       4  CRC-32 of old, little-endian
 *       4  CRC-32 of new
 * With a place:
 *       1  bits 0-4 logarithm of the block's size, 7 to 20, bits 5-7 direction 0
 *          lead / block, a number of at least 1
 * With an architecture and no segments:
 *          load address of old and new, a number: bits 0-2 say how many hex digits that are 0 are
 *          left out at the address's end, which are all (of 0 none); the others follow above
 * With segments:
 *       1  how many in old and in new, 1 to 8; 1 only when their addresses differ, or are one that
 *          the number above cannot hold: 2^29 or more, and no digit to leave out
 *          for old, then for new: address of the first one; of each other one its offset less
 *          the one before's, at least 1, and address; all numbers
 *
 * Every header has one spelling: what the writer would not write is malformed.
 */
#include "otd_apart.h"
#include "otd_arch.h"

#define MAGIC_0 0x6fU
#define MAGIC_1 0xdeU
#define TABLES  1U

#define VERSION_BYTE (OTA_OTD_VERSION | TABLES << 4)

#define ARCH_MASK    0x07U
#define TIER_AT      3U
#define TIER_MASK    0x03U
#define READS_NEW    0x20U
#define HAS_PLACE    0x40U
#define HAS_SEGMENTS 0x80U

#define BLOCK_BITS_MIN 7U
#define BLOCK_BITS_MAX 20U

_Static_assert(1U << BLOCK_BITS_MIN == OTA_OTD_BLOCK_MIN, "the least block");
_Static_assert(1U << BLOCK_BITS_MAX == OTA_OTD_BLOCK_MAX, "the largest block");

#define NUMBER_BITS 7U
#define NUMBER_MORE 0x80U
#define NUMBER_LAST 28U /* the last byte's lowest bit, and what may stand there */
#define LAST_MAX    0x0fU

#define DIGIT        4U /* bits of a hex digit */
#define DIGIT_MASK   0xfU
#define DIGITS_BITS  3U /* of how many are left out */
#define DIGITS_MASK  7U
#define DIGITS_ABOVE (32U - DIGITS_BITS)

uint32_t ota_otd_addr(const struct ota_otd_image *image, uint32_t at)
{
	const struct ota_otd_segment *segment = image->segment;

	for (uint32_t i = 1; i < image->n_segments && at >= segment[1].at; i++)
		segment++;
	return segment->addr + (at - segment->at);
}

bool ota_otd_offset(const struct ota_otd_image *image, uint32_t addr, uint32_t slack, uint32_t *at)
{
	const struct ota_otd_segment *segment = image->segment;

	for (uint32_t left = image->n_segments; left > 0; left--, segment++) {
		uint32_t end = left > 1 ? segment[1].at : image->size + slack;

		if (addr - segment->addr < end - segment->at) {
			*at = segment->at + (addr - segment->addr);
			return true;
		}
	}
	return false;
}

bool ota_otd_probe(struct ota_span patch)
{
	return patch.len >= 2 && patch.data[0] == MAGIC_0 && patch.data[1] == MAGIC_1;
}

/* -- reading ----------------------------------------------------------------------------------- */

/* The first failure stays in rd->err; from then on all that is read is 0. */
static OTD_APART void fail(struct ota_rd *rd, enum ota_err err)
{
	if (rd->err == OTA_OK)
		rd->err = err;
}

static void check(struct ota_rd *rd, bool right)
{
	if (!right)
		fail(rd, OTA_E_MALFORMED);
}

/* ota_rd_u8 without its 64 bits, which cost a device more than the rest of this. */
static uint32_t read_byte(struct ota_rd *rd)
{
	if (rd->at >= rd->span.len)
		fail(rd, OTA_E_TRUNCATED);
	return rd->err == OTA_OK ? rd->span.data[rd->at++] : 0;
}

static OTD_APART uint32_t read_crc(struct ota_rd *rd)
{
	uint32_t crc = 0;

	for (unsigned i = 0; i < 32; i += 8)
		crc |= read_byte(rd) << i;
	return crc;
}

static uint32_t read_number(struct ota_rd *rd)
{
	uint32_t number = 0;
	unsigned shift = 0;
	uint32_t byte;

	do {
		byte = read_byte(rd);
		check(rd, (byte != 0 || shift == 0) && (shift < NUMBER_LAST || byte <= LAST_MAX));
		number |= (byte & (NUMBER_MORE - 1)) << shift;
		shift += NUMBER_BITS;
	} while ((byte & NUMBER_MORE) != 0 && rd->err == OTA_OK);
	return number;
}

static bool has_number(uint32_t addr)
{
	return (addr & DIGIT_MASK) == 0 || addr >> DIGITS_ABOVE == 0;
}

static uint32_t read_addr(struct ota_rd *rd)
{
	uint32_t number = read_number(rd);
	uint32_t digits = number >> DIGITS_BITS;
	uint32_t left_out = DIGIT * (number & DIGITS_MASK);
	uint32_t addr = digits << left_out;

	check(rd, addr >> left_out == digits && ((digits & DIGIT_MASK) != 0 || number == 0));
	return addr;
}

static void read_segments(struct ota_rd *rd, struct ota_otd_image *image, uint32_t n)
{
	struct ota_otd_segment *segment = image->segment;

	image->n_segments = n;
	segment->addr = read_number(rd);
	for (; n > 1; n--, segment++) {
		uint32_t step = read_number(rd);

		check(rd, step > 0 && step < image->size - segment->at);
		segment[1].at = segment->at + step;
		segment[1].addr = read_number(rd);
	}
}

static void read_places(struct ota_rd *rd, uint32_t what, struct ota_otd_header *header)
{
	struct ota_otd_image *a = &header->old_image;
	struct ota_otd_image *b = &header->new_image;
	uint32_t n;

	if ((what & HAS_SEGMENTS) != 0) {
		n = read_byte(rd);
		check(rd, n > 0 && n <= OTA_OTD_SEGMENTS_MAX && header->arch != OTA_OTD_NONE);
		if (rd->err != OTA_OK)
			return;
		read_segments(rd, a, n);
		read_segments(rd, b, n);
		check(rd, n > 1 || a->segment[0].addr != b->segment[0].addr ||
				  !has_number(a->segment[0].addr));
		return;
	}
	a->n_segments = 1;
	b->n_segments = 1;
	if (header->arch != OTA_OTD_NONE)
		a->segment[0].addr = b->segment[0].addr = read_addr(rd);
}

static void read_place(struct ota_rd *rd, struct ota_otd_header *header)
{
	uint32_t bits = read_byte(rd);
	uint32_t blocks = read_number(rd);

	check(rd, blocks > 0);
	if (bits < BLOCK_BITS_MIN || bits > BLOCK_BITS_MAX || blocks > OTA_OTD_IMAGE_MAX >> bits) {
		fail(rd, OTA_E_UNSUPPORTED);
		return;
	}
	header->block = 1U << bits;
	header->lead = blocks << bits;
}

static void read_sizes(struct ota_rd *rd, struct ota_otd_header *header)
{
	uint32_t size = read_number(rd);
	uint32_t change = read_number(rd);

	header->old_image.size = size;
	if (size > OTA_OTD_IMAGE_MAX)
		fail(rd, OTA_E_UNSUPPORTED);
	size += change >> 1 ^ (0 - (change & 1));
	header->new_image.size = size;
	if (size > OTA_OTD_IMAGE_MAX) /* less than nothing, or too much */
		fail(rd, (change & 1) != 0 ? OTA_E_MALFORMED : OTA_E_UNSUPPORTED);
}

enum ota_err ota_otd_header_read(struct ota_rd *rd, struct ota_otd_header *header)
{
	uint32_t version;
	uint32_t what;

	memset(header, 0, sizeof(*header));
	check(rd, read_byte(rd) == MAGIC_0);
	check(rd, read_byte(rd) == MAGIC_1);
	version = read_byte(rd);
	what = read_byte(rd);
	header->arch = (enum ota_otd_arch)(what & ARCH_MASK);
	header->tier = (enum ota_otd_tier)(what >> TIER_AT & TIER_MASK);
	header->reads_new = (what & READS_NEW) != 0;
	if (version != VERSION_BYTE || (what & ARCH_MASK) >= OTA_OTD_ARCHS ||
	    (what >> TIER_AT & TIER_MASK) >= OTA_OTD_TIERS ||
	    (!OTD_HAS_PLACE && (what & HAS_PLACE) != 0))
		fail(rd, OTA_E_UNSUPPORTED);
	read_sizes(rd, header);
	header->old_crc = read_crc(rd);
	header->new_crc = read_crc(rd);
	if (OTD_HAS_PLACE && (what & HAS_PLACE) != 0)
		read_place(rd, header);
	read_places(rd, what, header);
	if (OTD_HAS_NANO && header->tier == OTA_OTD_NANO &&
	    (header->arch > OTA_OTD_THUMB || header->old_image.n_segments > 1))
		fail(rd, OTA_E_UNSUPPORTED);
	return rd->err;
}

/* -- writing ----------------------------------------------------------------------------------- */

static void write_number(struct ota_wr *wr, uint32_t number)
{
	for (; number >= NUMBER_MORE; number >>= NUMBER_BITS)
		ota_wr_u8(wr, (uint8_t)(number | NUMBER_MORE));
	ota_wr_u8(wr, (uint8_t)number);
}

static void write_segments(struct ota_wr *wr, const struct ota_otd_image *image)
{
	write_number(wr, image->segment[0].addr);
	for (uint32_t i = 1; i < image->n_segments; i++) {
		write_number(wr, image->segment[i].at - image->segment[i - 1].at);
		write_number(wr, image->segment[i].addr);
	}
}

/* What tells more than one address does, or one that has no number of its own. */
static bool has_segments(const struct ota_otd_header *header)
{
	uint32_t addr = header->old_image.segment[0].addr;

	return header->arch != OTA_OTD_NONE &&
	       (header->old_image.n_segments > 1 || addr != header->new_image.segment[0].addr ||
		!has_number(addr));
}

static void write_addr(struct ota_wr *wr, uint32_t addr)
{
	uint32_t left_out = 0;

	for (; addr != 0 && (addr & DIGIT_MASK) == 0; addr >>= DIGIT)
		left_out++;
	write_number(wr, addr << DIGITS_BITS | left_out);
}

/* Nothing in two slots. */
static void write_place(struct ota_wr *wr, const struct ota_otd_header *header)
{
	uint32_t bits = BLOCK_BITS_MIN;

	if (header->block == 0)
		return;
	while (header->block >> bits > 1)
		bits++;
	ota_wr_u8(wr, (uint8_t)bits);
	write_number(wr, header->lead >> bits);
}

void ota_otd_header_write(struct ota_wr *wr, const struct ota_otd_header *header)
{
	uint32_t change = header->new_image.size - header->old_image.size;
	bool segments = has_segments(header);
	bool big = wr->big;

	wr->big = false;
	ota_wr_u8(wr, MAGIC_0);
	ota_wr_u8(wr, MAGIC_1);
	ota_wr_u8(wr, VERSION_BYTE);
	ota_wr_u8(wr,
		  (uint8_t)((uint32_t)header->arch | (uint32_t)header->tier << TIER_AT |
			    (header->reads_new ? READS_NEW : 0) |
			    (header->block > 0 ? HAS_PLACE : 0) | (segments ? HAS_SEGMENTS : 0)));
	write_number(wr, header->old_image.size);
	write_number(wr, change << 1 ^ (0 - (change >> 31)));
	ota_wr_u32(wr, header->old_crc);
	ota_wr_u32(wr, header->new_crc);
	write_place(wr, header);
	if (segments) {
		ota_wr_u8(wr, (uint8_t)header->old_image.n_segments);
		write_segments(wr, &header->old_image);
		write_segments(wr, &header->new_image);
	} else if (header->arch != OTA_OTD_NONE) {
		write_addr(wr, header->old_image.segment[0].addr);
	}
	wr->big = big;
}
