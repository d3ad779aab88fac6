// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include <ota/vcdiff.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))
#define SECTIONS OTA_VCDIFF_SECTIONS
#define OUT_MAX  512

static struct ota_span text(const char *s)
{
	return ota_span_of(s, strlen(s));
}

/* -- file header ------------------------------------------------------------------------------- */

static enum ota_err read_header(struct ota_span bytes, struct ota_vcdiff_header *header,
				size_t *end)
{
	struct ota_rd rd = ota_rd_init(bytes);
	enum ota_err err = ota_vcdiff_header_read(&rd, header);

	*end = rd.at;
	return err;
}

static void header_tells_compressor_and_application_header_and_is_refused_when_shorter(void **state)
{
	static const uint8_t bytes[] = {0xd6, 0xc3, 0xc4, 0, 5, 2, 3, 'a', 'b', 'c'};
	struct ota_vcdiff_header header;
	size_t end;

	(void)state;
	assert_int_equal(read_header(ota_span_of(bytes, sizeof(bytes)), &header, &end), OTA_OK);
	assert_int_equal(header.secondary, OTA_VCDIFF_LZMA);
	assert_true(ota_span_equal(header.app_header, text("abc")));
	assert_int_equal(end, sizeof(bytes));
	for (size_t len = 0; len < sizeof(bytes); len++)
		assert_int_equal(read_header(ota_span_of(bytes, len), &header, &end),
				 OTA_E_TRUNCATED);
}

static void header_of_five_bytes_is_whole(void **state)
{
	static const uint8_t bytes[] = {0xd6, 0xc3, 0xc4, 0, 0};
	struct ota_vcdiff_header header;
	size_t end;

	(void)state;
	assert_int_equal(read_header(ota_span_of(bytes, sizeof(bytes)), &header, &end), OTA_OK);
	assert_int_equal(header.secondary, OTA_VCDIFF_PLAIN);
	assert_int_equal(end, 5);
	assert_true(ota_vcdiff_probe(ota_span_of(bytes, 4)));
	assert_false(ota_vcdiff_probe(ota_span_of(bytes, 3)));
}

static void headers_that_break_a_rule_are_refused(void **state)
{
	static const struct {
		const char *what;
		uint8_t bytes[12];
		enum ota_err err;
	} cases[] = {
		{"open-vcdiff's version", {0xd6, 0xc3, 0xc4, 'S', 0}, OTA_E_MALFORMED},
		{"another magic", {0xd6, 0xc3, 0xc5, 0, 0}, OTA_E_MALFORMED},
		{"an unknown indicator bit", {0xd6, 0xc3, 0xc4, 0, 8}, OTA_E_MALFORMED},
		{"secondary compressor 0", {0xd6, 0xc3, 0xc4, 0, 1, 0}, OTA_E_MALFORMED},
		{"a code table of its own", {0xd6, 0xc3, 0xc4, 0, 2, 1, 0}, OTA_E_UNSUPPORTED},
		{"an application header of 33 bits",
		 {0xd6, 0xc3, 0xc4, 0, 4, 0x90, 0x80, 0x80, 0x80, 0},
		 OTA_E_MALFORMED},
		{"an application header that leaves the file",
		 {0xd6, 0xc3, 0xc4, 0, 4, 0x8f, 0xff, 0xff, 0xff, 0x7f},
		 OTA_E_TRUNCATED},
	};

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		struct ota_vcdiff_header header;
		size_t end;
		struct ota_span bytes = ota_span_of(cases[i].bytes, sizeof(cases[i].bytes));

		if (read_header(bytes, &header, &end) != cases[i].err)
			fail_msg("%s is taken, or wrongly named", cases[i].what);
	}
}

static void numbers_have_five_bytes_and_32_bits_at_most(void **state)
{
	static const struct {
		uint8_t bytes[6];
		enum ota_err err;
		uint32_t value;
	} cases[] = {
		{{0x00}, OTA_OK, 0},
		{{0x7f}, OTA_OK, 127},
		{{0x81, 0x00}, OTA_OK, 128},
		{{0xba, 0xef, 0x9a, 0x15}, OTA_OK, 123456789}, /* RFC 3284 section 2 */
		{{0x8f, 0xff, 0xff, 0xff, 0x7f}, OTA_OK, UINT32_MAX},
		{{0x90, 0x80, 0x80, 0x80, 0x00}, OTA_E_MALFORMED, 0},
		{{0x80, 0x80, 0x80, 0x80, 0x01}, OTA_OK, 1},
		{{0x80, 0x80, 0x80, 0x80, 0x80, 0x01}, OTA_E_MALFORMED, 0},
	};

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		struct ota_rd rd = ota_rd_init(ota_span_of(cases[i].bytes, 6));
		uint32_t value;

		assert_int_equal(ota_vcdiff_number_read(&rd, &value), cases[i].err);
		if (cases[i].err == OTA_OK)
			assert_true(value == cases[i].value);
	}
}

/* -- window header ----------------------------------------------------------------------------- */

static enum ota_err read_window(struct ota_span bytes, uint64_t old_size, uint64_t new_left,
				struct ota_vcdiff_window *window)
{
	struct ota_rd rd = ota_rd_init(bytes);
	enum ota_err err = ota_vcdiff_window_read(&rd, old_size, new_left, window);

	if (err == OTA_OK)
		assert_int_equal(rd.at, bytes.len);
	return err;
}

/* Source 100 at 200, target 300; sections of 3, 2 and 1 bytes, the first compressed; a checksum. */
static const uint8_t window_bytes[] = {0x05, 100, 0x81, 72, 16, 0x82, 44, 0x01,
				       3,    2,   1,    1,  2,  3,    4};

static void window_header_is_read_and_refused_at_every_shorter_length(void **state)
{
	struct ota_span bytes = ota_span_of(window_bytes, sizeof(window_bytes));
	struct ota_vcdiff_window window;

	(void)state;
	assert_int_equal(read_window(bytes, 300, 300, &window), OTA_OK);
	assert_int_equal(window.source_len, 100);
	assert_int_equal(window.source_at, 200);
	assert_int_equal(window.new_len, 300);
	assert_true(window.has_adler && window.adler == 0x01020304);
	assert_true(window.compressed[0] && !window.compressed[1] && !window.compressed[2]);
	for (unsigned i = 0; i < SECTIONS; i++)
		assert_int_equal(window.section_len[i], 3 - i);
	for (size_t len = 0; len < bytes.len; len++)
		assert_int_equal(read_window(ota_span_head(bytes, len), 300, 300, &window),
				 OTA_E_TRUNCATED);
}

static void window_is_bounded_by_old_image_and_new_bytes_left(void **state)
{
	struct ota_span bytes = ota_span_of(window_bytes, sizeof(window_bytes));
	struct ota_vcdiff_window window;

	(void)state;
	assert_int_equal(read_window(bytes, 299, 300, &window), OTA_E_WRONG_BASE);
	assert_int_equal(read_window(bytes, 99, 300, &window), OTA_E_WRONG_BASE);
	assert_int_equal(read_window(bytes, 0, 300, &window), OTA_E_WRONG_BASE);
	assert_int_equal(read_window(bytes, 300, 299, &window), OTA_E_MALFORMED);
	assert_int_equal(read_window(bytes, UINT64_MAX, UINT64_MAX, &window), OTA_OK);
}

static void window_headers_that_break_a_rule_are_refused(void **state)
{
	static const struct {
		const char *what;
		uint8_t bytes[24];
		enum ota_err err;
	} cases[] = {
		{"an unknown window bit", {0x08, 6, 1, 0, 0, 1, 0}, OTA_E_MALFORMED},
		{"source and target at once", {0x03, 0, 0, 6, 1, 0, 0, 1, 0}, OTA_E_MALFORMED},
		{"a source in the new image", {0x02, 0, 0, 6, 1, 0, 0, 1, 0}, OTA_E_UNSUPPORTED},
		{"an unknown delta bit", {0x00, 6, 1, 8, 0, 1, 0}, OTA_E_MALFORMED},
		{"a delta length of 4", {0x00, 4, 1, 0, 0, 0, 0}, OTA_E_MALFORMED},
		{"a delta length too short", {0x00, 5, 1, 0, 0, 1, 0}, OTA_E_MALFORMED},
		{"a delta length too long", {0x00, 7, 1, 0, 0, 1, 0}, OTA_E_MALFORMED},
		{"a checksum outside of the delta length",
		 {0x04, 6, 1, 0, 0, 1, 0, 0, 0, 0, 1},
		 OTA_E_MALFORMED},
		{"section lengths that wrap",
		 {0x00, 14, 1, 0, 0x8f, 0xff, 0xff, 0xff, 0x7f, 1, 1, 0},
		 OTA_E_MALFORMED},
		{"a source length of 33 bits",
		 {0x01, 0x90, 0x80, 0x80, 0x80, 0x00, 0, 6, 1, 0, 0, 1, 0},
		 OTA_E_MALFORMED},
		{"source and target of over 4 GiB",
		 {0x01, 0x8f, 0xff, 0xff, 0xff, 0x7f, 0, 6, 1, 0, 0, 1, 0},
		 OTA_E_MALFORMED},
		{"a segment that ends beyond 4 GiB",
		 {0x01, 1, 0x8f, 0xff, 0xff, 0xff, 0x7f, 6, 1, 0, 0, 1, 0},
		 OTA_E_WRONG_BASE},
	};

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		struct ota_vcdiff_window window;
		struct ota_span bytes = ota_span_of(cases[i].bytes, sizeof(cases[i].bytes));

		if (read_window(bytes, OTA_VCDIFF_IMAGE_MAX, UINT32_MAX, &window) != cases[i].err)
			fail_msg("%s is taken, or wrongly named", cases[i].what);
	}
}

static void window_without_a_byte_is_for_the_caller_to_judge(void **state)
{
	static const uint8_t bytes[] = {0x04, 9, 0, 0, 0, 0, 0, 0, 0, 0, 1};
	struct ota_vcdiff_window window;

	(void)state;
	assert_int_equal(read_window(ota_span_of(bytes, sizeof(bytes)), 0, 0, &window), OTA_OK);
	assert_int_equal(window.new_len, 0);
	assert_int_equal(window.adler, 1);
}

static void adler_is_that_of_zlib(void **state)
{
	static uint8_t bytes[20000];
	uint32_t a = 1;
	uint32_t b = 0;

	(void)state;
	assert_int_equal(ota_adler32(1, text("")), 1);
	assert_int_equal(ota_adler32(1, text("Wikipedia")), 0x11e60398);
	assert_int_equal(ota_adler32(ota_adler32(1, text("Wiki")), text("pedia")), 0x11e60398);
	memset(bytes, 0xff, sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++) {
		a = (a + bytes[i]) % 65521;
		b = (b + a) % 65521;
	}
	assert_true(ota_adler32(1, ota_span_of(bytes, sizeof(bytes))) == (b << 16 | a));
}

/* -- decoder ----------------------------------------------------------------------------------- */

/* A window in memory, and how it is doled out. */
struct supply {
	struct ota_span section[SECTIONS];
	struct ota_span old_image;
	uint32_t source_at;
	uint32_t source_len;
	uint32_t new_len;
	size_t patch_piece; /* bytes given at a time; 0: all there is */
	size_t old_piece;
	size_t room;
	size_t cut[SECTIONS]; /* a section is also parted here */
};

struct progress {
	struct ota_vcdiff_dec dec;
	struct ota_dec_io io;
	size_t given[SECTIONS];
	uint8_t out[OUT_MAX];
};

static size_t limit(size_t n, size_t piece)
{
	return piece > 0 && piece < n ? piece : n;
}

/* The decoder knows how long its sections are: it never asks for more. */
static void give_patch(const struct supply *s, struct progress *p)
{
	unsigned i = p->io.stream;
	size_t at = p->given[i];
	size_t n = limit(s->section[i].len - at, s->patch_piece);

	assert_true(i < SECTIONS);
	assert_int_equal(p->io.patch[i].len, 0);
	if (at < s->cut[i])
		n = limit(n, s->cut[i] - at);
	assert_true(n > 0);
	p->io.patch[i] = ota_span_sub(s->section[i], at, n);
	p->given[i] += n;
}

/* Also: what was asked for is inside the source segment. */
static void give_old(const struct supply *s, struct progress *p)
{
	assert_true(p->io.old_len > 0);
	assert_true(p->io.old_at >= s->source_at);
	assert_true(p->io.old_at - s->source_at < s->source_len);
	assert_true(p->io.old_len <= s->source_len - (p->io.old_at - s->source_at));
	p->io.old = ota_span_sub(s->old_image, p->io.old_at, limit(SIZE_MAX, s->old_piece));
}

static void give_room(const struct supply *s, struct progress *p)
{
	assert_int_equal(p->io.room, 0);
	assert_true(p->dec.new_at < s->new_len);
	p->io.out = p->out + p->dec.new_at;
	p->io.room = limit(sizeof(p->out) - p->dec.new_at, s->room);
}

static enum ota_want answer(const struct supply *s, struct progress *p, enum ota_want want)
{
	switch (want) {
	case OTA_WANT_PATCH:
		give_patch(s, p);
		break;
	case OTA_WANT_OLD:
		give_old(s, p);
		break;
	case OTA_WANT_ROOM:
		give_room(s, p);
		break;
	case OTA_WANT_NEW: /* never, in this format */
	case OTA_WANT_NONE:
	case OTA_WANT_STOP:
		break;
	}
	return want;
}

static enum ota_want run(const struct supply *s, struct progress *p)
{
	enum ota_want want = OTA_WANT_PATCH;

	while (want != OTA_WANT_NONE && want != OTA_WANT_STOP)
		want = answer(s, p, ota_vcdiff_dec_step(&p->dec, &p->io));
	return want;
}

static void begin(const struct supply *s, struct progress *p)
{
	struct ota_vcdiff_window window = {
		.source_at = s->source_at, .source_len = s->source_len, .new_len = s->new_len};
	uint32_t len[SECTIONS];

	memset(p, 0, sizeof(*p));
	for (unsigned i = 0; i < SECTIONS; i++)
		len[i] = (uint32_t)s->section[i].len;
	ota_vcdiff_dec_init(&p->dec, &window, len);
}

static void published_ram_is_the_real_size(void **state)
{
	(void)state;
	assert_int_equal(sizeof(struct ota_vcdiff_dec), OTA_VCDIFF_DEC_RAM);
}

static void an_empty_window_wants_nothing(void **state)
{
	struct supply s = {.old_image = text("old")};
	struct progress p;

	(void)state;
	begin(&s, &p);
	assert_int_equal(run(&s, &p), OTA_WANT_NONE);
	assert_int_equal(run(&s, &p), OTA_WANT_NONE);
}

/*
 * A window that does everything. The second COPY runs from old into the window's own start and
 * goes on with what it has just made itself.
 */
static const char sample_old[] = "0123456789abcdefghijk";
static const uint8_t sample_data[] = "XYZr+-with 20 bytes at end";
static const uint8_t sample_inst[] = {
	4,                    /* ADD 3 */
	21,                   /* COPY 5 SELF 4: "6789a" */
	0,           6,       /* RUN 6 */
	19,          40,      /* COPY 40 SELF 10: "cdefghij" and on */
	163 + 12,             /* ADD 1, COPY 4 HERE 6 */
	247 + 6,              /* COPY 4 SAME 10, ADD 1 */
	19 + 16 * 2, 0x81, 2, /* COPY 130 NEAR 4 + 0 */
	1,           20,      /* ADD 20 */
};
static const uint8_t sample_addr[] = {4, 10, 6, 10, 0};

#define SAMPLE_SOURCE_AT  2
#define SAMPLE_SOURCE_LEN 18

struct sample {
	struct supply supply;
	uint8_t expected[OUT_MAX];
	size_t len;
};

/* U, byte by byte, as RFC 3284 section 3 tells it. */
static uint8_t at_u(const struct sample *s, size_t addr)
{
	if (addr < SAMPLE_SOURCE_LEN)
		return (uint8_t)sample_old[SAMPLE_SOURCE_AT + addr];
	assert_true(addr - SAMPLE_SOURCE_LEN < s->len);
	return s->expected[addr - SAMPLE_SOURCE_LEN];
}

static void expect_copy(struct sample *s, size_t addr, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		s->expected[s->len] = at_u(s, addr + i);
		s->len++;
	}
}

static void expect_bytes(struct sample *s, const void *bytes, size_t len)
{
	memcpy(s->expected + s->len, bytes, len);
	s->len += len;
}

static void sample_make(struct sample *s)
{
	memset(s, 0, sizeof(*s));
	expect_bytes(s, "XYZ", 3);
	expect_copy(s, 4, 5);
	expect_bytes(s, "rrrrrr", 6);
	expect_copy(s, 10, 40);
	expect_bytes(s, "+", 1);
	expect_copy(s, SAMPLE_SOURCE_LEN + s->len - 6, 4);
	expect_copy(s, 10, 4);
	expect_bytes(s, "-", 1);
	/* The fifth address will go into NEAR slot 0; it still holds the first. */
	expect_copy(s, 4, 130);
	expect_bytes(s, "with 20 bytes at end", 20);
	s->supply = (struct supply){.old_image = text(sample_old),
				    .source_at = SAMPLE_SOURCE_AT,
				    .source_len = SAMPLE_SOURCE_LEN,
				    .new_len = (uint32_t)s->len};
	s->supply.section[OTA_VCDIFF_DATA] = text((const char *)sample_data);
	s->supply.section[OTA_VCDIFF_INST] = ota_span_of(sample_inst, sizeof(sample_inst));
	s->supply.section[OTA_VCDIFF_ADDR] = ota_span_of(sample_addr, sizeof(sample_addr));
}

static void expect_sample(const struct sample *s, const struct supply *supply)
{
	struct progress p;

	begin(supply, &p);
	assert_int_equal(run(supply, &p), OTA_WANT_NONE);
	assert_int_equal(p.dec.new_at, s->len);
	assert_memory_equal(p.out, s->expected, s->len);
	for (size_t i = 0; i < SECTIONS; i++)
		assert_true(p.given[i] == supply->section[i].len && p.io.patch[i].len == 0);
}

static void stops_and_goes_on_at_every_piece_size(void **state)
{
	struct sample s;

	(void)state;
	sample_make(&s);
	for (size_t patch = 0; patch < 8; patch++) {
		for (size_t old = 0; old < 8; old++) {
			for (size_t room = 0; room < 8; room++) {
				struct supply supply = s.supply;

				supply.patch_piece = patch;
				supply.old_piece = old;
				supply.room = room;
				expect_sample(&s, &supply);
			}
		}
	}
}

static void every_section_may_be_parted_at_every_byte(void **state)
{
	struct sample s;

	(void)state;
	sample_make(&s);
	for (unsigned i = 0; i < SECTIONS; i++) {
		for (size_t cut = 1; cut < s.supply.section[i].len; cut++) {
			struct supply supply = s.supply;

			supply.cut[i] = cut;
			expect_sample(&s, &supply);
		}
	}
}

static void every_section_cut_short_is_called_truncated(void **state)
{
	struct sample s;

	(void)state;
	sample_make(&s);
	for (unsigned i = 0; i < SECTIONS; i++) {
		for (size_t len = 0; len < s.supply.section[i].len; len++) {
			struct supply supply = s.supply;
			struct progress p;

			supply.section[i].len = len;
			begin(&supply, &p);
			assert_int_equal(run(&supply, &p), OTA_WANT_STOP);
			assert_int_equal(p.dec.err, OTA_E_TRUNCATED);
			assert_int_equal(p.io.stream, i);
			assert_int_equal(run(&supply, &p), OTA_WANT_STOP);
		}
	}
}

/* Bytes behind a section, as in a patch that is mapped whole, are none of its business. */
static void takes_no_more_than_the_section_has(void **state)
{
	static const uint8_t data[] = "abcdef";
	static const uint8_t inst[] = {4, 99, 99};
	struct supply s = {.new_len = 3};
	struct progress p;

	(void)state;
	s.section[OTA_VCDIFF_DATA] = ota_span_of(data, 3);
	s.section[OTA_VCDIFF_INST] = ota_span_of(inst, 1);
	begin(&s, &p);
	p.io.patch[OTA_VCDIFF_DATA] = ota_span_of(data, 6);
	p.io.patch[OTA_VCDIFF_INST] = ota_span_of(inst, 3);
	assert_int_equal(run(&s, &p), OTA_WANT_NONE);
	assert_memory_equal(p.out, "abc", 4);
	assert_int_equal(p.io.patch[OTA_VCDIFF_DATA].len, 3);
	assert_int_equal(p.io.patch[OTA_VCDIFF_INST].len, 2);
}

/* As a device does that loses power: the decoder's fields survive, and the window made so far. */
static void can_be_saved_after_every_byte_and_resumed(void **state)
{
	struct sample s;
	struct progress p;
	enum ota_want want = OTA_WANT_PATCH;

	(void)state;
	sample_make(&s);
	s.supply.patch_piece = 1;
	s.supply.old_piece = 1;
	s.supply.room = 1;
	begin(&s.supply, &p);
	while (want != OTA_WANT_NONE) {
		struct ota_vcdiff_dec saved = p.dec;

		memset(&p.dec, 0xa5, sizeof(p.dec));
		if (want != OTA_WANT_OLD)
			p.io.old = ota_span_of(NULL, 0);
		p.dec = saved;
		want = answer(&s.supply, &p, ota_vcdiff_dec_step(&p.dec, &p.io));
		assert_int_not_equal(want, OTA_WANT_STOP);
	}
	assert_memory_equal(p.out, s.expected, s.len);
}

static void a_copy_may_read_what_it_writes_at_every_distance(void **state)
{
	static const uint8_t data[] = "abcdefghijklmnopqrst";

	(void)state;
	for (uint8_t distance = 1; distance <= 20; distance++) {
		for (size_t room = 0; room < 30; room++) {
			const uint8_t inst[] = {1, 20, 19 + 16, 100};
			struct supply s = {.new_len = 120, .room = room};
			struct progress p;

			s.section[OTA_VCDIFF_DATA] = ota_span_of(data, 20);
			s.section[OTA_VCDIFF_INST] = ota_span_of(inst, sizeof(inst));
			s.section[OTA_VCDIFF_ADDR] = ota_span_of(&distance, 1);
			begin(&s, &p);
			assert_int_equal(run(&s, &p), OTA_WANT_NONE);
			for (size_t i = 20; i < 120; i++)
				assert_int_equal(p.out[i], p.out[i - distance]);
		}
	}
}

/* -- code table -------------------------------------------------------------------------------- */

struct half {
	char kind; /* 'R', 'A', 'C'; 0: none */
	unsigned size;
	unsigned mode;
};

struct code {
	struct half half[2];
};

/* The lines of the table in RFC 3284 section 5.6, one after the other. */
static void fill_table(struct code table[256])
{
	unsigned n = 0;

	table[n++] = (struct code){{{'R', 0, 0}}};
	for (unsigned size = 0; size <= 17; size++)
		table[n++] = (struct code){{{'A', size, 0}}};
	for (unsigned mode = 0; mode <= 8; mode++) {
		table[n++] = (struct code){{{'C', 0, mode}}};
		for (unsigned size = 4; size <= 18; size++)
			table[n++] = (struct code){{{'C', size, mode}}};
	}
	for (unsigned mode = 0; mode <= 8; mode++) {
		for (unsigned add = 1; add <= 4; add++) {
			for (unsigned size = 4; size <= (mode < 6 ? 6 : 4); size++)
				table[n++] = (struct code){{{'A', add, 0}, {'C', size, mode}}};
		}
	}
	for (unsigned mode = 0; mode <= 8; mode++)
		table[n++] = (struct code){{{'C', 4, mode}, {'A', 1, 0}}};
	assert_int_equal(n, 256);
}

/* Writes a window of one code: sizes that are not in the table are 25. */
struct single {
	struct ota_wr wr[SECTIONS];
	uint8_t bytes[SECTIONS][32];
	uint8_t expected[64];
	uint32_t len;
};

static const char single_old[] = "The quick brown fox jumps over the lazy dog.";
#define SINGLE_OLD 44

static void single_half(struct single *s, struct half half)
{
	unsigned size = half.size > 0 ? half.size : 25;
	/* SELF, HERE and NEAR (whose slots hold 0) lead to address 7, SAME to what it holds: 0. */
	size_t addr = half.mode < 6 ? 7 : 0;

	if (half.size == 0)
		ota_wr_u8(&s->wr[OTA_VCDIFF_INST], 25);
	if (half.kind == 'C') {
		uint8_t stored = (uint8_t)(half.mode == 1 ? SINGLE_OLD + s->len - addr : addr);

		ota_wr_u8(&s->wr[OTA_VCDIFF_ADDR], stored);
		memcpy(s->expected + s->len, single_old + addr, size);
	} else {
		ota_wr_fill(&s->wr[OTA_VCDIFF_DATA], 'x', half.kind == 'R' ? 1 : size);
		memset(s->expected + s->len, 'x', size);
	}
	s->len += size;
}

static void try_code(uint8_t number, const struct code *code)
{
	struct single single = {.len = 0};
	struct supply s = {.old_image = text(single_old), .source_len = SINGLE_OLD};
	struct progress p;

	for (unsigned i = 0; i < SECTIONS; i++)
		single.wr[i] = ota_wr_init(single.bytes[i], sizeof(single.bytes[i]));
	ota_wr_u8(&single.wr[OTA_VCDIFF_INST], number);
	single_half(&single, code->half[0]);
	if (code->half[1].kind)
		single_half(&single, code->half[1]);
	for (unsigned i = 0; i < SECTIONS; i++)
		s.section[i] = ota_wr_span(&single.wr[i]);
	s.new_len = single.len;
	begin(&s, &p);
	if (run(&s, &p) != OTA_WANT_NONE)
		fail_msg("code %u is not taken", number);
	if (memcmp(p.out, single.expected, single.len) != 0)
		fail_msg("code %u does something else", number);
}

static void every_code_does_what_the_rfc_says(void **state)
{
	static struct code table[256];

	(void)state;
	fill_table(table);
	for (unsigned i = 0; i < 256; i++)
		try_code((uint8_t)i, &table[i]);
}

/* -- windows that break a rule ----------------------------------------------------------------- */

struct bad {
	const char *what;
	uint32_t source_len; /* of "0123456789" */
	uint32_t new_len;
	uint8_t len[SECTIONS];
	uint8_t data[8];
	uint8_t inst[8];
	uint8_t addr[8];
	enum ota_err err; /* OTA_OK: a good one, that the bad ones differ from in one thing */
};

static const struct bad windows[] = {
	{"a good one: ADD 2", 10, 2, {2, 1, 0}, "ab", {3}, {0}, OTA_OK},
	{"a size of 0", 10, 2, {2, 3, 0}, "ab", {1, 0, 3}, {0}, OTA_E_MALFORMED},
	{"an ADD over the window's end", 10, 1, {2, 1, 0}, "ab", {3}, {0}, OTA_E_MALFORMED},
	{"a size of 33 bits",
	 10,
	 2,
	 {2, 6, 0},
	 "ab",
	 {1, 0x90, 0x80, 0x80, 0x80, 2},
	 {0},
	 OTA_E_MALFORMED},
	{"a data byte left over", 10, 2, {3, 1, 0}, "abc", {3}, {0}, OTA_E_MALFORMED},
	{"an instruction left over", 10, 2, {2, 2, 0}, "ab", {3, 3}, {0}, OTA_E_MALFORMED},
	{"an address left over", 10, 2, {2, 1, 1}, "ab", {3}, {0}, OTA_E_MALFORMED},
	{"half of a pair left over", 10, 1, {1, 1, 1}, "a", {163}, {0}, OTA_E_MALFORMED},
	{"an ADD without its bytes", 10, 2, {1, 1, 0}, "a", {3}, {0}, OTA_E_TRUNCATED},
	{"a RUN without its byte", 10, 2, {0, 2, 0}, "", {0, 2}, {0}, OTA_E_TRUNCATED},
	{"a RUN over the window's end", 10, 2, {1, 2, 0}, "a", {0, 3}, {0}, OTA_E_MALFORMED},
	{"a good one: COPY 4 of SELF", 10, 4, {0, 1, 1}, "", {20}, {6}, OTA_OK},
	{"a COPY over the window's end", 10, 3, {0, 1, 1}, "", {20}, {6}, OTA_E_MALFORMED},
	{"a COPY without an address", 10, 4, {0, 1, 0}, "", {20}, {0}, OTA_E_TRUNCATED},
	{"SELF with the address of here", 10, 4, {0, 1, 1}, "", {20}, {10}, OTA_E_MALFORMED},
	{"SELF without anything before", 0, 4, {0, 1, 1}, "", {20}, {0}, OTA_E_MALFORMED},
	{"SELF of 33 bits",
	 10,
	 4,
	 {0, 1, 5},
	 "",
	 {20},
	 {0x90, 0x80, 0x80, 0x80, 1},
	 OTA_E_MALFORMED},
	{"a good one: COPY 4 of HERE", 10, 4, {0, 1, 1}, "", {36}, {10}, OTA_OK},
	{"HERE of 0, which is here", 10, 4, {0, 1, 1}, "", {36}, {0}, OTA_E_MALFORMED},
	{"HERE before the first byte", 10, 4, {0, 1, 1}, "", {36}, {11}, OTA_E_MALFORMED},
	{"a good one: COPY 4 of NEAR", 10, 8, {0, 2, 2}, "", {20, 52}, {3, 2}, OTA_OK},
	{"NEAR that wraps round to a good address",
	 10,
	 8,
	 {0, 2, 6},
	 "",
	 {20, 52},
	 {3, 0x8f, 0xff, 0xff, 0xff, 0x7f},
	 OTA_E_MALFORMED},
	{"SAME without anything before", 0, 4, {0, 1, 1}, "", {116}, {0}, OTA_E_MALFORMED},
	{"source and target of over 4 GiB",
	 UINT32_MAX,
	 2,
	 {2, 1, 0},
	 "ab",
	 {3},
	 {0},
	 OTA_E_MALFORMED},
};

static void windows_that_break_a_rule_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < N(windows); i++) {
		const struct bad *bad = &windows[i];
		struct supply s = {.old_image = text("0123456789"),
				   .source_len = bad->source_len,
				   .new_len = bad->new_len};
		struct progress p;

		s.section[OTA_VCDIFF_DATA] = ota_span_of(bad->data, bad->len[0]);
		s.section[OTA_VCDIFF_INST] = ota_span_of(bad->inst, bad->len[1]);
		s.section[OTA_VCDIFF_ADDR] = ota_span_of(bad->addr, bad->len[2]);
		begin(&s, &p);
		if (run(&s, &p) != (bad->err == OTA_OK ? OTA_WANT_NONE : OTA_WANT_STOP) ||
		    p.dec.err != bad->err)
			fail_msg("%s: %s", bad->what, ota_err_name((enum ota_err)p.dec.err));
		assert_true(p.dec.new_at <= bad->new_len);
	}
}

/* -- looking through --------------------------------------------------------------------------- */

static void a_look_through_tells_every_edit_without_an_image(void **state)
{
	static const struct ota_op expected[] = {
		{OTA_OP_INSERT, 3, 0},    {OTA_OP_COPY_OLD, 5, 6},   {OTA_OP_RUN, 6, 0},
		{OTA_OP_COPY_OLD, 8, 12}, {OTA_OP_COPY_NEW, 32, 0},  {OTA_OP_INSERT, 1, 0},
		{OTA_OP_COPY_NEW, 4, 49}, {OTA_OP_COPY_OLD, 4, 12},  {OTA_OP_INSERT, 1, 0},
		{OTA_OP_COPY_OLD, 14, 6}, {OTA_OP_COPY_NEW, 116, 0}, {OTA_OP_INSERT, 20, 0},
	};
	struct sample s;
	struct progress p;
	enum ota_want want = OTA_WANT_PATCH;
	size_t n = 0;
	size_t instructions = 0;

	(void)state;
	sample_make(&s);
	begin(&s.supply, &p);
	while (want != OTA_WANT_NONE) {
		want = ota_vcdiff_dec_step(&p.dec, &p.io);
		if (want == OTA_WANT_PATCH) {
			give_patch(&s.supply, &p);
		} else if (want == OTA_WANT_ROOM) {
			struct ota_op op = ota_vcdiff_dec_skip(&p.dec, &p.io);

			assert_true(n < N(expected));
			assert_int_equal(op.kind, expected[n].kind);
			assert_int_equal(op.len, expected[n].len);
			assert_int_equal(op.at, expected[n].at);
			n++;
			instructions += p.dec.size == 0;
		} else {
			assert_int_equal(want, OTA_WANT_NONE);
		}
	}
	assert_int_equal(n, N(expected));
	assert_int_equal(instructions, 10);
}

static void a_run_of_gigabytes_is_looked_through_at_once(void **state)
{
	static const uint8_t inst[] = {0, 0x87, 0xff, 0xff, 0xff, 0x7f};
	struct supply s = {.new_len = OTA_VCDIFF_IMAGE_MAX};
	struct progress p;

	(void)state;
	s.section[OTA_VCDIFF_DATA] = text("r");
	s.section[OTA_VCDIFF_INST] = ota_span_of(inst, sizeof(inst));
	begin(&s, &p);
	p.io.patch[OTA_VCDIFF_DATA] = s.section[OTA_VCDIFF_DATA];
	p.io.patch[OTA_VCDIFF_INST] = s.section[OTA_VCDIFF_INST];
	assert_int_equal(ota_vcdiff_dec_step(&p.dec, &p.io), OTA_WANT_ROOM);
	assert_int_equal(ota_vcdiff_dec_skip(&p.dec, &p.io).len, OTA_VCDIFF_IMAGE_MAX);
	assert_int_equal(ota_vcdiff_dec_step(&p.dec, &p.io), OTA_WANT_NONE);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			header_tells_compressor_and_application_header_and_is_refused_when_shorter),
		cmocka_unit_test(header_of_five_bytes_is_whole),
		cmocka_unit_test(headers_that_break_a_rule_are_refused),
		cmocka_unit_test(numbers_have_five_bytes_and_32_bits_at_most),
		cmocka_unit_test(window_header_is_read_and_refused_at_every_shorter_length),
		cmocka_unit_test(window_is_bounded_by_old_image_and_new_bytes_left),
		cmocka_unit_test(window_headers_that_break_a_rule_are_refused),
		cmocka_unit_test(window_without_a_byte_is_for_the_caller_to_judge),
		cmocka_unit_test(adler_is_that_of_zlib),
		cmocka_unit_test(published_ram_is_the_real_size),
		cmocka_unit_test(an_empty_window_wants_nothing),
		cmocka_unit_test(stops_and_goes_on_at_every_piece_size),
		cmocka_unit_test(every_section_may_be_parted_at_every_byte),
		cmocka_unit_test(every_section_cut_short_is_called_truncated),
		cmocka_unit_test(takes_no_more_than_the_section_has),
		cmocka_unit_test(can_be_saved_after_every_byte_and_resumed),
		cmocka_unit_test(a_copy_may_read_what_it_writes_at_every_distance),
		cmocka_unit_test(every_code_does_what_the_rfc_says),
		cmocka_unit_test(windows_that_break_a_rule_are_refused),
		cmocka_unit_test(a_look_through_tells_every_edit_without_an_image),
		cmocka_unit_test(a_run_of_gigabytes_is_looked_through_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
