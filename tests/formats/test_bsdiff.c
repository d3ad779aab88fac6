// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include <ota/bsdiff.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))

/* A plain patch in memory, and how it is doled out. */
struct supply {
	struct ota_span stream[OTA_STREAMS_MAX];
	struct ota_span old_image;
	size_t patch_piece; /* bytes given at a time; 0: all there is */
	size_t old_piece;
	size_t room;
	size_t cut[OTA_STREAMS_MAX]; /* a stream is also parted here */
};

struct progress {
	struct ota_bsdiff_dec dec;
	struct ota_dec_io io;
	size_t given[OTA_STREAMS_MAX];
	uint8_t out[256];
};

static size_t limit(size_t n, size_t piece)
{
	return piece > 0 && piece < n ? piece : n;
}

/* False when the stream has nothing more. */
static bool give_patch(const struct supply *s, struct progress *p)
{
	unsigned i = p->io.stream;
	size_t at = p->given[i];
	size_t n = limit(s->stream[i].len - at, s->patch_piece);

	assert_true(i < OTA_STREAMS_MAX);
	assert_int_equal(p->io.patch[i].len, 0);
	if (at < s->cut[i])
		n = limit(n, s->cut[i] - at);
	p->io.patch[i] = ota_span_sub(s->stream[i], at, n);
	p->given[i] += n;
	return n > 0;
}

/* Also: what was asked for is inside old, and not more than is there. */
static void give_old(const struct supply *s, struct progress *p)
{
	assert_true(p->io.old_len > 0);
	assert_true(p->io.old_at < s->old_image.len);
	assert_true(p->io.old_len <= s->old_image.len - p->io.old_at);
	p->io.old = ota_span_sub(s->old_image, p->io.old_at,
				 limit(s->old_image.len - p->io.old_at, s->old_piece));
}

static void give_room(const struct supply *s, struct progress *p)
{
	assert_int_equal(p->io.room, 0);
	assert_true(p->dec.new_at < sizeof(p->out));
	p->io.out = p->out + p->dec.new_at;
	p->io.room = limit(sizeof(p->out) - p->dec.new_at, s->room);
}

/* Until the decoder is done, stops, or wants patch bytes that are not there. */
static enum ota_want run(const struct supply *s, struct progress *p)
{
	for (;;) {
		enum ota_want want = ota_bsdiff_dec_step(&p->dec, &p->io);

		if (want == OTA_WANT_OLD)
			give_old(s, p);
		else if (want == OTA_WANT_ROOM)
			give_room(s, p);
		else if (want != OTA_WANT_PATCH || !give_patch(s, p))
			return want;
	}
}

static void begin(const struct supply *s, struct progress *p, size_t new_size)
{
	memset(p, 0, sizeof(*p));
	assert_int_equal(ota_bsdiff_dec_init(&p->dec, s->old_image.len, new_size), OTA_OK);
}

static void write_records(struct ota_wr *wr, const struct ota_bsdiff_record *record, size_t n)
{
	for (size_t i = 0; i < n; i++)
		ota_bsdiff_record_write(wr, record[i]);
}

static struct ota_span text(const char *s)
{
	return ota_span_of(s, strlen(s));
}

/* -- header ----------------------------------------------------------------------------------- */

static void header_survives_a_round_trip(void **state)
{
	struct ota_bsdiff_header in = {.control_size = 3, .diff_size = 4, .new_size = INT64_MAX};
	struct ota_bsdiff_header out;
	uint8_t bytes[39] = {0};
	struct ota_wr wr = ota_wr_init(bytes, sizeof(bytes));

	(void)state;
	ota_bsdiff_header_write(&wr, &in);
	assert_int_equal(wr.at, OTA_BSDIFF_HEADER_SIZE);
	assert_int_equal(ota_bsdiff_header_read(ota_span_of(bytes, sizeof(bytes)), &out), OTA_OK);
	assert_true(out.control_size == 3 && out.diff_size == 4 && out.new_size == INT64_MAX);
	assert_true(ota_bsdiff_probe(ota_span_of(bytes, 8)));
	assert_false(ota_bsdiff_probe(ota_span_of(bytes, 7)));
}

static void header_is_refused_at_every_shorter_length(void **state)
{
	struct ota_bsdiff_header header = {.control_size = 3, .diff_size = 4};
	struct ota_bsdiff_header out;
	uint8_t bytes[39] = {0};
	struct ota_wr wr = ota_wr_init(bytes, sizeof(bytes));

	(void)state;
	ota_bsdiff_header_write(&wr, &header);
	for (size_t len = 0; len < sizeof(bytes); len++)
		assert_int_equal(ota_bsdiff_header_read(ota_span_of(bytes, len), &out),
				 OTA_E_TRUNCATED);
}

static enum ota_err read_header_with(int64_t control_size, int64_t diff_size, int64_t new_size)
{
	struct ota_bsdiff_header header = {control_size, diff_size, new_size};
	uint8_t bytes[64] = {0};
	struct ota_wr wr = ota_wr_init(bytes, sizeof(bytes));

	ota_bsdiff_header_write(&wr, &header);
	return ota_bsdiff_header_read(ota_span_of(bytes, sizeof(bytes)), &header);
}

static void header_sizes_are_bounded_without_wrapping(void **state)
{
	(void)state;
	assert_int_equal(read_header_with(16, 16, 0), OTA_OK);
	assert_int_equal(read_header_with(16, 17, 0), OTA_E_TRUNCATED);
	assert_int_equal(read_header_with(INT64_MAX, INT64_MAX, 0), OTA_E_TRUNCATED);
	assert_int_equal(read_header_with(1, INT64_MAX, 0), OTA_E_TRUNCATED);
	assert_int_equal(read_header_with(-1, 0, 0), OTA_E_MALFORMED);
	assert_int_equal(read_header_with(0, -1, 0), OTA_E_MALFORMED);
	assert_int_equal(read_header_with(0, 0, -1), OTA_E_MALFORMED);
	assert_int_equal(read_header_with(0, 0, -INT64_MAX), OTA_E_MALFORMED);
}

static void another_magic_is_refused(void **state)
{
	struct ota_bsdiff_header header;
	uint8_t bytes[32] = "BSDIFF41";

	(void)state;
	assert_int_equal(ota_bsdiff_header_read(ota_span_of(bytes, sizeof(bytes)), &header),
			 OTA_E_MALFORMED);
}

static void offsets_are_sign_and_magnitude(void **state)
{
	static const struct {
		uint8_t bytes[8];
		int64_t value;
	} cases[] = {
		{{0x63, 0, 0, 0, 0, 0, 0, 0x80}, -99},
		{{0, 0, 0, 0, 0, 0, 0, 0x80}, 0},
		{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, -INT64_MAX},
		{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}, INT64_MAX},
		{{0, 1, 0, 0, 0, 0, 0, 0}, 256},
	};

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		uint8_t bytes[OTA_BSDIFF_RECORD_SIZE] = {0};
		struct ota_rd rd = ota_rd_init(ota_span_of(bytes, sizeof(bytes)));

		memcpy(bytes + 16, cases[i].bytes, 8);
		assert_true(ota_bsdiff_record_read(&rd).seek == cases[i].value);
		assert_int_equal(rd.err, OTA_OK);
	}
}

/* -- decoder ---------------------------------------------------------------------------------- */

static void published_ram_is_the_real_size(void **state)
{
	(void)state;
	assert_int_equal(sizeof(struct ota_bsdiff_dec), OTA_BSDIFF_DEC_RAM);
}

static void images_over_31_bits_are_refused(void **state)
{
	struct ota_bsdiff_dec dec;
	struct ota_dec_io io = {.stream = 0};

	(void)state;
	assert_int_equal(ota_bsdiff_dec_init(&dec, OTA_BSDIFF_IMAGE_MAX, OTA_BSDIFF_IMAGE_MAX),
			 OTA_OK);
	assert_int_equal(ota_bsdiff_dec_init(&dec, UINT64_C(0x80000000), 1), OTA_E_UNSUPPORTED);
	assert_int_equal(ota_bsdiff_dec_init(&dec, 1, UINT64_C(0x100000001)), OTA_E_UNSUPPORTED);
	assert_int_equal(ota_bsdiff_dec_step(&dec, &io), OTA_WANT_STOP);
}

static void an_empty_new_image_wants_nothing(void **state)
{
	struct supply s = {.old_image = text("old")};
	struct progress p;

	(void)state;
	begin(&s, &p, 0);
	assert_int_equal(run(&s, &p), OTA_WANT_NONE);
	assert_int_equal(p.given[0], 0);
}

/* A patch that does everything: blends, inserts, empty records, seeks past both ends of old. */
static const char sample_old[] = "0123456789abcdefghij";
static const char sample_new[] = "0123X5678++Z9ab!\1\2\3\4\5\6fghij\7\10";
#define SAMPLE_LEN (sizeof(sample_new) - 1)

static const struct ota_bsdiff_record sample_records[] = {
	{0, 0, 3}, {0, 0, -3}, {9, 2, -1}, {4, 1, 100}, {3, 0, -123}, {3, 0, 15}, {7, 0, 0},
};

struct sample {
	uint8_t control[N(sample_records) * OTA_BSDIFF_RECORD_SIZE];
	uint8_t diff[SAMPLE_LEN];
	uint8_t extra[SAMPLE_LEN];
	struct supply supply;
};

static uint8_t old_byte(int64_t at)
{
	bool inside = at >= 0 && at < (int64_t)sizeof(sample_old) - 1;

	return inside ? (uint8_t)sample_old[at] : 0;
}

static void sample_make(struct sample *s)
{
	struct ota_wr control = ota_wr_init(s->control, sizeof(s->control));
	struct ota_wr diff = ota_wr_init(s->diff, sizeof(s->diff));
	struct ota_wr extra = ota_wr_init(s->extra, sizeof(s->extra));
	const char *new_byte = sample_new;
	int64_t at = 0;

	write_records(&control, sample_records, N(sample_records));
	for (size_t i = 0; i < N(sample_records); i++) {
		for (int64_t k = 0; k < sample_records[i].add; k++)
			ota_wr_u8(&diff, (uint8_t)(*new_byte++ - old_byte(at++)));
		for (int64_t k = 0; k < sample_records[i].insert; k++)
			ota_wr_u8(&extra, (uint8_t)*new_byte++);
		at += sample_records[i].seek;
	}
	assert_int_equal(new_byte - sample_new, SAMPLE_LEN);
	s->supply = (struct supply){.old_image = text(sample_old)};
	s->supply.stream[OTA_BSDIFF_CONTROL] = ota_wr_span(&control);
	s->supply.stream[OTA_BSDIFF_DIFF] = ota_wr_span(&diff);
	s->supply.stream[OTA_BSDIFF_EXTRA] = ota_wr_span(&extra);
}

static void expect_sample(const struct supply *s)
{
	struct progress p;

	begin(s, &p, SAMPLE_LEN);
	assert_int_equal(run(s, &p), OTA_WANT_NONE);
	assert_int_equal(p.dec.new_at, SAMPLE_LEN);
	assert_memory_equal(p.out, sample_new, SAMPLE_LEN);
	for (size_t i = 0; i < OTA_STREAMS_MAX; i++)
		assert_true(p.given[i] == s->stream[i].len && p.io.patch[i].len == 0);
}

static void old_bytes_outside_the_old_image_count_as_zero(void **state)
{
	struct sample s;

	(void)state;
	sample_make(&s);
	expect_sample(&s.supply);
}

static void stops_and_goes_on_at_every_piece_size(void **state)
{
	struct sample s;

	(void)state;
	sample_make(&s);
	for (s.supply.patch_piece = 0; s.supply.patch_piece < 30; s.supply.patch_piece++) {
		for (s.supply.old_piece = 0; s.supply.old_piece < 12; s.supply.old_piece++) {
			for (s.supply.room = 0; s.supply.room < 34; s.supply.room++)
				expect_sample(&s.supply);
		}
	}
}

static void every_stream_may_be_parted_at_every_byte(void **state)
{
	struct sample s;

	(void)state;
	sample_make(&s);
	for (size_t i = 0; i < OTA_STREAMS_MAX; i++) {
		for (size_t cut = 0; cut <= s.supply.stream[i].len; cut++) {
			s.supply.cut[i] = cut;
			expect_sample(&s.supply);
		}
		s.supply.cut[i] = 0;
	}
}

static void every_truncated_stream_leaves_the_decoder_wanting(void **state)
{
	struct sample s;

	(void)state;
	sample_make(&s);
	for (size_t i = 0; i < OTA_STREAMS_MAX; i++) {
		struct supply shorter = s.supply;

		for (size_t len = 0; len < s.supply.stream[i].len; len++) {
			struct progress p;

			shorter.stream[i].len = len;
			begin(&shorter, &p, SAMPLE_LEN);
			assert_int_equal(run(&shorter, &p), OTA_WANT_PATCH);
			assert_int_equal(p.io.stream, i);
			assert_true(p.dec.new_at < SAMPLE_LEN);
		}
	}
}

/* As a device does that loses power: only the decoder's fields survive. */
static void can_be_saved_after_every_byte_and_resumed(void **state)
{
	struct sample s;
	struct progress p;
	enum ota_want want = OTA_WANT_PATCH;

	(void)state;
	sample_make(&s);
	s.supply.patch_piece = 1;
	s.supply.room = 1;
	begin(&s.supply, &p, SAMPLE_LEN);
	while (want != OTA_WANT_NONE) {
		struct ota_bsdiff_dec saved = p.dec;

		memset(&p.dec, 0xa5, sizeof(p.dec));
		p.io.old = ota_span_of(NULL, 0);
		p.dec = saved;
		want = ota_bsdiff_dec_step(&p.dec, &p.io);
		if (want == OTA_WANT_PATCH)
			assert_true(give_patch(&s.supply, &p));
		else if (want == OTA_WANT_ROOM)
			give_room(&s.supply, &p);
		else if (want == OTA_WANT_OLD)
			give_old(&s.supply, &p);
		else
			assert_int_equal(want, OTA_WANT_NONE);
		if (want == OTA_WANT_OLD)
			want = ota_bsdiff_dec_step(&p.dec, &p.io);
	}
	assert_memory_equal(p.out, sample_new, SAMPLE_LEN);
}

/* -- control words ---------------------------------------------------------------------------- */

#define NEW_LEN  20
#define SEEK_MAX (INT64_C(1) << 61)

static const int64_t words[] = {
	-INT64_MAX,  -SEEK_MAX - 1, -SEEK_MAX,    -NEW_LEN,    -1,         0,
	1,           NEW_LEN - 1,   NEW_LEN,      NEW_LEN + 1, 0x7fffffff, 0x80000000,
	0x100000000, SEEK_MAX,      SEEK_MAX + 1, INT64_MAX};

static bool seek_is_good(int64_t at, int64_t add, int64_t seek)
{
	if (seek < -SEEK_MAX || seek > SEEK_MAX)
		return false;
	return at + add + seek >= -SEEK_MAX && at + add + seek <= SEEK_MAX;
}

/* Runs `before` and then `record`; the second must be taken or refused as the rules say. */
static void try_record(struct ota_bsdiff_record before, struct ota_bsdiff_record record)
{
	static const uint8_t bytes[NEW_LEN];
	uint8_t control[2 * OTA_BSDIFF_RECORD_SIZE];
	struct ota_wr wr = ota_wr_init(control, sizeof(control));
	struct supply s = {.old_image = text("0123456789")};
	struct progress p;
	int64_t made = before.add + before.insert;
	bool good = record.add >= 0 && record.insert >= 0 && record.add <= NEW_LEN - made &&
		    record.insert <= NEW_LEN - made - record.add &&
		    seek_is_good(before.add + before.seek, record.add, record.seek);
	enum ota_want want;

	ota_bsdiff_record_write(&wr, before);
	ota_bsdiff_record_write(&wr, record);
	s.stream[0] = ota_wr_span(&wr);
	s.stream[1] = s.stream[2] = ota_span_of(bytes, sizeof(bytes));
	begin(&s, &p, NEW_LEN);
	want = run(&s, &p);
	if (good) {
		made += record.add + record.insert;
		assert_int_equal(want, made == NEW_LEN ? OTA_WANT_NONE : OTA_WANT_PATCH);
		assert_int_equal(p.dec.new_at, made);
	} else {
		assert_int_equal(want, OTA_WANT_STOP);
		assert_int_equal(p.dec.err, OTA_E_MALFORMED);
		assert_int_equal(p.dec.new_at, made);
		assert_int_equal(ota_bsdiff_dec_step(&p.dec, &p.io), OTA_WANT_STOP);
	}
	for (size_t i = NEW_LEN; i < sizeof(p.out); i++)
		assert_int_equal(p.out[i], 0);
}

/* What CVE-2014-9862 and CVE-2020-14315 are about. */
static void control_words_over_the_full_range_stay_inside_the_new_image(void **state)
{
	(void)state;
	for (size_t x = 0; x < N(words); x++) {
		for (size_t y = 0; y < N(words); y++) {
			for (size_t z = 0; z < N(words); z++) {
				struct ota_bsdiff_record record = {words[x], words[y], words[z]};

				for (size_t k = 0; k < N(words); k++) {
					struct ota_bsdiff_record before = {3, 2, words[k]};

					if (seek_is_good(0, 3, words[k]))
						try_record(before, record);
				}
			}
		}
	}
}

/* bsdiff itself writes two in a row, see vectors/bsdiff/two_empty_records.patch. */
static void empty_records_are_taken_but_not_without_end(void **state)
{
	static const uint8_t zeros[16 * OTA_BSDIFF_RECORD_SIZE];
	struct supply s = {.old_image = text("old")};
	struct progress p;

	(void)state;
	s.stream[0] = ota_span_of(zeros, 3 * OTA_BSDIFF_RECORD_SIZE);
	begin(&s, &p, 16);
	assert_int_equal(run(&s, &p), OTA_WANT_PATCH);
	s.stream[0] = ota_span_of(zeros, 4 * OTA_BSDIFF_RECORD_SIZE);
	begin(&s, &p, 16);
	assert_int_equal(run(&s, &p), OTA_WANT_STOP);
	assert_int_equal(p.dec.err, OTA_E_MALFORMED);
}

/* -- encoder ---------------------------------------------------------------------------------- */

/* What an encoder is given. */
struct edits {
	struct ota_ops ops;
	struct ota_span old_image;
	struct ota_span new_image;
};

/* One stream, `step` bytes of room at a time, of which records fill only multiples of theirs. */
static struct ota_span encode(enum ota_bsdiff_stream stream, const struct edits *edits, size_t step,
			      struct ota_wr *all)
{
	struct ota_bsdiff_enc enc;
	struct ota_wr wr;

	assert_int_equal(
		ota_bsdiff_enc_init(&enc, stream, edits->ops, edits->old_image, edits->new_image),
		OTA_OK);
	do {
		wr = ota_wr_init(all->data + all->at,
				 step < all->cap - all->at ? step : all->cap - all->at);
		ota_bsdiff_enc_read(&enc, &wr);
		assert_int_equal(wr.err, OTA_OK);
		all->at += wr.at;
	} while (wr.at > 0);
	return ota_wr_span(all);
}

/* Encodes, decodes what came out and compares; returns the number of records. */
static size_t round_trip_in_steps(const struct edits *edits, size_t step)
{
	uint8_t bytes[OTA_STREAMS_MAX][240];
	struct supply s = {.old_image = edits->old_image};
	struct progress p;

	for (unsigned i = 0; i < OTA_STREAMS_MAX; i++) {
		struct ota_wr wr = ota_wr_init(bytes[i], sizeof(bytes[i]));
		size_t room = i == OTA_BSDIFF_CONTROL ? step + OTA_BSDIFF_RECORD_SIZE : step;

		s.stream[i] = encode((enum ota_bsdiff_stream)i, edits, room, &wr);
	}
	begin(&s, &p, edits->new_image.len);
	assert_int_equal(run(&s, &p), OTA_WANT_NONE);
	assert_memory_equal(p.out, edits->new_image.data, edits->new_image.len);
	return s.stream[OTA_BSDIFF_CONTROL].len / OTA_BSDIFF_RECORD_SIZE;
}

static size_t round_trip(struct ota_ops ops, struct ota_span old_image, struct ota_span new_image)
{
	const struct edits edits = {ops, old_image, new_image};
	size_t records = round_trip_in_steps(&edits, 100);

	for (size_t step = 1; step < 30; step++)
		assert_int_equal(round_trip_in_steps(&edits, step), records);
	return records;
}

static void edits_of_every_shape_survive_a_round_trip(void **state)
{
	static const struct ota_op blend[] = {{OTA_OP_BLEND, 6, 0}};
	static const struct ota_op away[] = {{OTA_OP_BLEND, 6, 2}};
	static const struct ota_op insert[] = {{OTA_OP_INSERT, 6, 0}};
	static const struct ota_op mixed[] = {{OTA_OP_INSERT, 1, 0}, {OTA_OP_INSERT, 1, 0},
					      {OTA_OP_BLEND, 1, 7},  {OTA_OP_BLEND, 1, 0},
					      {OTA_OP_BLEND, 1, 1},  {OTA_OP_INSERT, 1, 0}};
	struct ota_span old_image = text("abcdefgh");
	struct ota_span new_image = text("uvwxyz");

	(void)state;
	assert_int_equal(round_trip((struct ota_ops){blend, 1}, old_image, new_image), 1);
	assert_int_equal(round_trip((struct ota_ops){away, 1}, old_image, new_image), 2);
	assert_int_equal(round_trip((struct ota_ops){insert, 1}, old_image, new_image), 1);
	assert_int_equal(round_trip((struct ota_ops){mixed, 6}, old_image, new_image), 4);
	assert_int_equal(round_trip((struct ota_ops){NULL, 0}, old_image, text("")), 0);
}

static enum ota_err begin_with(struct ota_op op)
{
	struct ota_bsdiff_enc enc;

	return ota_bsdiff_enc_init(&enc, OTA_BSDIFF_CONTROL, (struct ota_ops){&op, 1},
				   text("abcdefgh"), text("uvwxyz"));
}

static void edits_that_do_not_tile_the_new_image_are_refused(void **state)
{
	static const struct ota_op bad[] = {
		{OTA_OP_BLEND, 5, 0},          {OTA_OP_BLEND, 7, 0},  {OTA_OP_BLEND, 6, 3},
		{OTA_OP_BLEND, 6, UINT32_MAX}, {OTA_OP_INSERT, 7, 0}, {OTA_OP_INSERT, 0, 0},
		{OTA_OP_COPY_OLD, 6, 0},       {OTA_OP_RUN, 6, 0},
	};

	(void)state;
	for (size_t i = 0; i < N(bad); i++)
		assert_int_equal(begin_with(bad[i]), OTA_E_USAGE);
}

static void too_little_room_for_a_record_writes_none_of_it(void **state)
{
	static const struct ota_op blend = {OTA_OP_BLEND, 6, 0};
	uint8_t bytes[OTA_BSDIFF_RECORD_SIZE];
	struct ota_bsdiff_enc enc;
	struct ota_wr wr = ota_wr_init(bytes, sizeof(bytes) - 1);

	(void)state;
	assert_int_equal(ota_bsdiff_enc_init(&enc, OTA_BSDIFF_CONTROL, (struct ota_ops){&blend, 1},
					     text("abcdefgh"), text("uvwxyz")),
			 OTA_OK);
	ota_bsdiff_enc_read(&enc, &wr);
	assert_int_equal(wr.at, 0);
	assert_int_equal(wr.err, OTA_OK);
	wr = ota_wr_init(bytes, sizeof(bytes));
	ota_bsdiff_enc_read(&enc, &wr);
	assert_int_equal(wr.at, sizeof(bytes));
}

/* The walk and the decoder must agree on every record, or a host takes what a device does not. */
static void a_walk_takes_the_records_that_the_decoder_takes(void **state)
{
	static const int64_t values[] = {
		0, 1, -1, 9, 10, 11, INT64_MAX, -INT64_MAX, 1LL << 61, 1LL << 62, -(1LL << 61)};
	size_t n = N(values);

	(void)state;
	for (size_t i = 0; i < n * n * n; i++) {
		struct ota_bsdiff_record record = {values[i % n], values[i / n % n],
						   values[i / n / n]};
		uint8_t bytes[OTA_BSDIFF_RECORD_SIZE];
		struct ota_wr wr = ota_wr_init(bytes, sizeof(bytes));
		struct ota_bsdiff_walk walk;
		struct ota_bsdiff_dec dec;
		struct ota_dec_io io = {.stream = 0};
		enum ota_want want;

		ota_bsdiff_record_write(&wr, record);
		io.patch[OTA_BSDIFF_CONTROL] = ota_wr_span(&wr);
		assert_int_equal(ota_bsdiff_walk_init(&walk, 10), OTA_OK);
		assert_int_equal(ota_bsdiff_dec_init(&dec, 10, 10), OTA_OK);
		want = ota_bsdiff_dec_step(&dec, &io);
		assert_int_equal(ota_bsdiff_walk_step(&walk, record) == OTA_OK,
				 want != OTA_WANT_STOP);
	}
}

static void a_walk_ends_where_the_new_image_does(void **state)
{
	struct ota_bsdiff_walk walk;
	const struct ota_bsdiff_record idle = {0, 0, 3};
	const struct ota_bsdiff_record some = {4, 2, -7};
	const struct ota_bsdiff_record rest = {4, 6, 0};

	(void)state;
	assert_int_equal(ota_bsdiff_walk_init(&walk, OTA_BSDIFF_IMAGE_MAX + 1ULL),
			 OTA_E_UNSUPPORTED);
	assert_int_equal(ota_bsdiff_walk_init(&walk, 16), OTA_OK);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(ota_bsdiff_walk_step(&walk, idle), OTA_OK);
	assert_int_equal(ota_bsdiff_walk_step(&walk, idle), OTA_E_MALFORMED);
	assert_int_equal(ota_bsdiff_walk_step(&walk, some), OTA_OK);
	assert_int_equal(walk.old_at, 9 + 4 - 7);
	assert_int_equal(walk.new_at, 6);
	assert_int_equal(ota_bsdiff_walk_step(&walk, rest), OTA_OK);
	assert_int_equal(walk.new_at, 16);
	assert_int_equal(ota_bsdiff_walk_step(&walk, some), OTA_E_MALFORMED);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(header_survives_a_round_trip),
		cmocka_unit_test(header_is_refused_at_every_shorter_length),
		cmocka_unit_test(header_sizes_are_bounded_without_wrapping),
		cmocka_unit_test(another_magic_is_refused),
		cmocka_unit_test(offsets_are_sign_and_magnitude),
		cmocka_unit_test(published_ram_is_the_real_size),
		cmocka_unit_test(images_over_31_bits_are_refused),
		cmocka_unit_test(an_empty_new_image_wants_nothing),
		cmocka_unit_test(old_bytes_outside_the_old_image_count_as_zero),
		cmocka_unit_test(stops_and_goes_on_at_every_piece_size),
		cmocka_unit_test(every_stream_may_be_parted_at_every_byte),
		cmocka_unit_test(every_truncated_stream_leaves_the_decoder_wanting),
		cmocka_unit_test(can_be_saved_after_every_byte_and_resumed),
		cmocka_unit_test(control_words_over_the_full_range_stay_inside_the_new_image),
		cmocka_unit_test(empty_records_are_taken_but_not_without_end),
		cmocka_unit_test(edits_of_every_shape_survive_a_round_trip),
		cmocka_unit_test(edits_that_do_not_tile_the_new_image_are_refused),
		cmocka_unit_test(too_little_room_for_a_record_writes_none_of_it),
		cmocka_unit_test(a_walk_takes_the_records_that_the_decoder_takes),
		cmocka_unit_test(a_walk_ends_where_the_new_image_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
