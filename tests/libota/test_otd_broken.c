// SPDX-License-Identifier: Apache-2.0
/*
 * Broken patches of otd, into its bare decoder. A few thousand here, the same in every run;
 * scripts/campaign-patches breaks as many as one has patience for, and fuzz_otd looks for its way.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <ota/otd.h>

#include "delta_make_patch.h"
#include "vectors.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

#define PART_AT   0x5000U /* of the sensor's images, where the two differ */
#define PART_LEN  2048U
#define RUNS      2500U /* for each tier and architecture */
#define SPAN_MAX  32U
#define NEW_MAX   65536U /* a larger claim is not decoded here */
#define PIECE_MAX 64U

struct whole {
	struct ota_span old_image;
	struct ota_otd_header header;
	struct ota_buf patch;
	size_t header_len;
};

static uint64_t random_state = 1;

/* xorshift64*: the same everywhere. */
static size_t below(size_t n)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return n == 0 ? 0 : (size_t)((random_state * 0x2545f4914f6cdd1dULL >> 16) % n);
}

/* -- breaking ---------------------------------------------------------------------------------- */

static void append(struct ota_buf *to, struct ota_span bytes)
{
	assert_int_equal(ota_buf_append(to, bytes, NULL), OTA_OK);
}

/* Sizes and what else the header says, with the rest to go with it. */
static void break_header(struct ota_otd_header *header)
{
	switch (below(5)) {
	case 0:
		header->new_image.size += (uint32_t)below(PART_LEN);
		break;
	case 1:
		header->new_image.size = (uint32_t)below(PART_LEN);
		break;
	case 2:
		header->tier = (enum ota_otd_tier)((header->tier + 1U) % OTA_OTD_TIERS);
		break;
	case 3:
		header->reads_new = !header->reads_new;
		break;
	default:
		header->old_image.segment[0].addr ^= 1U << below(32);
	}
}

static void append_header(struct ota_buf *to, const struct ota_otd_header *header)
{
	uint8_t bytes[OTA_OTD_HEADER_MAX];
	struct ota_wr wr = ota_wr_init(bytes, sizeof(bytes));

	ota_otd_header_write(&wr, header);
	assert_int_equal(wr.err, OTA_OK);
	append(to, ota_wr_span(&wr));
}

static void break_bytes(struct ota_buf *broken, size_t from)
{
	for (size_t n = 1 + below(3); n > 0 && broken->len > from; n--) {
		size_t at = from + below(broken->len - from);

		broken->data[at] ^= (uint8_t)(below(2) ? 1U << below(8) : 1 + below(255));
	}
}

/* Appends to `broken` a patch that is wrong somewhere. */
static void break_one(const struct whole *whole, struct ota_buf *broken)
{
	struct ota_span patch = ota_buf_span(&whole->patch);
	struct ota_otd_header header = whole->header;
	size_t at = below(patch.len);

	switch (below(6)) {
	case 0: /* bits of anything */
		append(broken, patch);
		break_bytes(broken, 0);
		break;
	case 1: /* of the stream */
		append(broken, patch);
		break_bytes(broken, whole->header_len);
		break;
	case 2: /* cut */
		append(broken, ota_span_head(patch, at));
		break;
	case 3: /* some bytes more, from elsewhere */
		append(broken, ota_span_head(patch, at));
		append(broken, ota_span_sub(patch, below(patch.len), 1 + below(SPAN_MAX)));
		append(broken, ota_span_tail(patch, at));
		break;
	case 4: /* some bytes fewer */
		append(broken, ota_span_head(patch, at));
		append(broken, ota_span_tail(patch, at + 1 + below(SPAN_MAX)));
		break;
	default:
		break_header(&header);
		append_header(broken, &header);
		append(broken, ota_span_tail(patch, whole->header_len));
	}
}

/* -- decoding ---------------------------------------------------------------------------------- */

struct decoding {
	struct ota_otd_dec *dec;
	struct ota_dec_io io;
	struct ota_span old_image;
	struct ota_span stream;
	struct ota_otd_header header;
	uint8_t *out; /* of new's size, to the byte */
};

/* Whatever it wants, a few bytes of it; it must not want what there is not. */
static void give(struct decoding *d, enum ota_want want)
{
	struct ota_otd_progress progress = ota_otd_dec_progress(d->dec);
	size_t left = d->header.new_image.size - progress.new_at;
	size_t piece = 1 + below(PIECE_MAX);
	struct ota_span source =
		want == OTA_WANT_OLD ? d->old_image : ota_span_of(d->out, progress.new_at);

	if (want == OTA_WANT_PATCH) {
		assert_true(progress.stream_at < d->stream.len);
		d->io.patch[0] = ota_span_sub(d->stream, progress.stream_at, piece);
	} else if (want == OTA_WANT_ROOM) {
		assert_true(left > 0);
		d->io.out = d->out + progress.new_at;
		d->io.room = left < piece ? left : piece;
	} else {
		assert_true(d->io.old_len > 0 && d->io.old_at < source.len);
		assert_true(d->io.old_len <= source.len - d->io.old_at);
		d->io.old = ota_span_sub(source, d->io.old_at, piece);
	}
}

static enum ota_want decode(struct decoding *d)
{
	size_t steps = 64 * (d->old_image.len + d->header.new_image.size + d->stream.len + 1);
	enum ota_want want = ota_otd_dec_step(d->dec, &d->io);

	while (want != OTA_WANT_NONE && want != OTA_WANT_STOP) {
		assert_true(steps-- > 0);
		give(d, want);
		want = ota_otd_dec_step(d->dec, &d->io);
	}
	return want;
}

/* It is refused, or gives what its CRC-32 says. True when it is given. */
static bool try_broken(const struct whole *whole, struct ota_span patch)
{
	struct ota_rd rd = ota_rd_init(patch);
	struct decoding d = {.old_image = whole->old_image};
	void *memory;
	enum ota_want want;

	if (ota_otd_header_read(&rd, &d.header) != OTA_OK || d.header.new_image.size > NEW_MAX ||
	    d.header.old_image.size != whole->old_image.len)
		return false;
	d.stream = ota_span_tail(patch, rd.at);
	memory = malloc(OTA_OTD_DEC_RAM(d.header.tier));
	d.out = malloc(d.header.new_image.size + (size_t)(d.header.new_image.size == 0));
	assert_true(memory && d.out);
	assert_int_equal(ota_otd_dec_init(memory, OTA_OTD_DEC_RAM(d.header.tier), &d.header,
					  (uint32_t)d.stream.len, &d.dec),
			 OTA_OK);
	want = decode(&d);
	assert_int_equal(ota_otd_dec_err(d.dec) == OTA_OK, want == OTA_WANT_NONE);
	if (want == OTA_WANT_NONE) {
		assert_int_equal(ota_otd_dec_progress(d.dec).new_at, d.header.new_image.size);
		assert_int_equal(ota_crc32(0, ota_span_of(d.out, d.header.new_image.size)),
				 d.header.new_crc);
	}
	free(d.out);
	free(memory);
	return want == OTA_WANT_NONE;
}

/* -- the patches ------------------------------------------------------------------------------- */

static struct whole make(const struct ota_delta_plan *plan, struct ota_span old_image,
			 struct ota_span new_image)
{
	struct whole whole = {.old_image = old_image, .patch = ota_buf_init(DELTA_PATCH_MAX)};
	struct ota_index *index;
	struct ota_rd rd;

	assert_int_equal(ota_index_build(old_image, &index, NULL), OTA_OK);
	assert_int_equal(ota_delta_make(plan, index, new_image, &whole.patch, NULL), OTA_OK);
	ota_index_free(index);
	rd = ota_rd_init(ota_buf_span(&whole.patch));
	assert_int_equal(ota_otd_header_read(&rd, &whole.header), OTA_OK);
	whole.header_len = rd.at;
	return whole;
}

static void check_plan(const struct ota_delta_plan *plan, struct ota_span old_image,
		       struct ota_span new_image)
{
	struct whole whole = make(plan, old_image, new_image);
	struct ota_buf broken = ota_buf_init(DELTA_PATCH_MAX);
	size_t given = 0;

	assert_true(try_broken(&whole, ota_buf_span(&whole.patch)));
	for (size_t i = 0; i < RUNS; i++) {
		broken.len = 0;
		break_one(&whole, &broken);
		given += try_broken(&whole, ota_buf_span(&broken));
	}
	/* A tier or an address may be of no consequence; of the stream every bit is. */
	assert_true(given < RUNS / 8);
	ota_buf_free(&broken);
	ota_buf_free(&whole.patch);
}

static void a_broken_patch_is_refused_or_gives_what_its_crc_says(void **state)
{
	static const struct ota_delta_plan plans[] = {
		{.format = "otd", .tier = OTA_DELTA_TIER_XS, .arch = OTA_DELTA_ARCH_THUMB},
		{.format = "otd", .tier = OTA_DELTA_TIER_M, .arch = OTA_DELTA_ARCH_THUMB},
		{.format = "otd", .tier = OTA_DELTA_TIER_XS, .arch = OTA_DELTA_ARCH_NONE},
		{.format = "otd", .tier = OTA_DELTA_TIER_NANO, .arch = OTA_DELTA_ARCH_THUMB},
		{.format = "otd", .tier = OTA_DELTA_TIER_NANO, .arch = OTA_DELTA_ARCH_NONE},
	};
	struct ota_buf old_image = vector_read("../../examples/sensor/sensor-1.2.0.bin");
	struct ota_buf new_image = vector_read("../../examples/sensor/sensor-1.3.0.bin");

	(void)state;
	for (size_t i = 0; i < N(plans); i++)
		check_plan(&plans[i], ota_span_sub(ota_buf_span(&old_image), PART_AT, PART_LEN),
			   ota_span_sub(ota_buf_span(&new_image), PART_AT, PART_LEN + i));
	ota_buf_free(&new_image);
	ota_buf_free(&old_image);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_broken_patch_is_refused_or_gives_what_its_crc_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
