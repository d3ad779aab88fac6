// SPDX-License-Identifier: Apache-2.0
/*
 * otd. The first byte says how the input is used: as a patch file, whose header is made to fit a
 * fixed old image; as a stream under a header put together from its first bytes, with an old image
 * derived from the rest; as images and a path, to be encoded; or as a saved state. A stream is
 * decoded twice, in one go and piece by piece with saving and resuming in between, and must come to
 * the same end.
 */
#include <stdlib.h>

#include <ota/delta.h>
#include <ota/otd.h>

#define OLD_FILE    4096U
#define OLD_MAX     2048U
#define NEW_MAX     8192U
#define OLD_ADDR    0x08000000U
#define HEAD_SIZE   6U
#define NEW_CEILING 65536U
#define TURNS_MAX   64U
#define LEADS       8U
/* Bits that new's size has no use for. */
#define SIZE_PLACE 0x40U
#define SIZE_NANO  0x80U
#define PATCH_MAX  (4U * NEW_MAX) /* the worst of a path takes less than 3 bytes for each of new */
#define SAVES_MAX  4U
/* Steps for a byte of either image or of the stream: what comes after them is an endless loop. */
#define STEPS_PER_BYTE 64U

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* -- a patch file ------------------------------------------------------------------------------ */

/* Halfwords that look like code, so that there are units. */
static struct ota_span fixed_old(void)
{
	static uint8_t bytes[OLD_FILE];

	for (uint32_t i = 0; bytes[1] == 0 && i + 4 <= OLD_FILE; i += 4) {
		bytes[i] = (uint8_t)(i >> 3);
		bytes[i + 1] = i & 8 ? 0xf0 : 0x20;
		bytes[i + 2] = (uint8_t)(i * 7);
		bytes[i + 3] = i & 8 ? 0xf8 : 0x46;
	}
	return ota_span_of(bytes, OLD_FILE);
}

/* The same patch for the fixed old image; false when it has no header. */
static bool fit(struct ota_span patch, struct ota_buf *fitted)
{
	uint8_t bytes[OTA_OTD_HEADER_MAX];
	struct ota_rd rd = ota_rd_init(patch);
	struct ota_wr wr = ota_wr_init(bytes, sizeof(bytes));
	struct ota_otd_header header;

	if (ota_otd_header_read(&rd, &header) != OTA_OK)
		return false;
	ota_otd_header_write(&wr, &header);
	if (wr.err != OTA_OK || !ota_span_equal(ota_wr_span(&wr), ota_span_head(patch, rd.at)))
		abort(); /* one header, one way to write it */
	header.old_crc = ota_crc32(0, fixed_old());
	if (header.old_image.n_segments > 0 &&
	    header.old_image.segment[header.old_image.n_segments - 1].at < OLD_FILE)
		header.old_image.size = OLD_FILE;
	wr = ota_wr_init(bytes, sizeof(bytes));
	ota_otd_header_write(&wr, &header);
	if (wr.err != OTA_OK || ota_buf_append(fitted, ota_wr_span(&wr), NULL) != OTA_OK ||
	    ota_buf_append(fitted, ota_span_tail(patch, rd.at), NULL) != OTA_OK)
		abort();
	return true;
}

static void fuzz_file(struct ota_span patch)
{
	struct ota_buf fitted = ota_buf_init(2 * NEW_CEILING);
	struct ota_buf out = ota_buf_init(NEW_CEILING);
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_delta_info info;
	enum ota_err err;

	if (fit(patch, &fitted))
		patch = ota_buf_span(&fitted);
	err = ota_delta_apply(fixed_old(), patch, &out, &diag);
	if (err == OTA_OK && ota_delta_describe(patch, &info, NULL) != OTA_OK)
		abort();
	if (err == OTA_OK && info.new_size != out.len)
		abort();
	if (err != OTA_OK && diag.text[0] == '\0')
		abort();
	if (err != OTA_OK)
		(void)!ota_delta_describe(patch, &info, NULL);
	ota_buf_free(&out);
	ota_buf_free(&fitted);
}

/* -- a stream ---------------------------------------------------------------------------------- */

struct decoding {
	const struct ota_otd_header *header;
	struct ota_span old_image;
	struct ota_span stream;
	size_t piece;       /* most bytes of anything given at a time */
	unsigned save_each; /* steps between savings; 0: never */
	unsigned saves;     /* that are still to be made: each takes two CRCs of the memory */
	void *memory;
	size_t size;
	struct ota_otd_dec *dec;
	struct ota_dec_io io;
	uint8_t *out; /* as large as new: of its own, so that every byte outside is seen */
};

static void begin(struct decoding *d)
{
	d->size = OTA_OTD_DEC_RAM(d->header->tier);
	d->memory = malloc(d->size);
	d->out = malloc(NEW_MAX);
	if (!d->memory || !d->out)
		abort();
	if (ota_otd_dec_init(d->memory, d->size, d->header, (uint32_t)d->stream.len, &d->dec) !=
	    OTA_OK)
		abort();
}

static void end(struct decoding *d)
{
	free(d->memory);
	free(d->out);
}

/* Saved, moved elsewhere, and gone on with; what was given before is given anew. */
static void save(struct decoding *d)
{
	struct ota_otd_progress before = ota_otd_dec_progress(d->dec);
	struct ota_otd_progress after;
	void *memory = malloc(d->size);

	if (!memory)
		abort();
	ota_otd_dec_seal(d->dec);
	memcpy(memory, d->memory, d->size);
	memset(d->memory, 0xa5, d->size);
	free(d->memory);
	d->memory = memory;
	if (ota_otd_dec_resume(memory, d->size, &d->dec) != OTA_OK)
		abort();
	d->saves--;
	after = ota_otd_dec_progress(d->dec);
	if (before.stream_at != after.stream_at || before.new_at != after.new_at)
		abort();
	d->io = (struct ota_dec_io){.stream = 0};
}

static void give(struct decoding *d, enum ota_want want)
{
	struct ota_otd_progress progress = ota_otd_dec_progress(d->dec);
	struct ota_span made = ota_span_of(d->out, progress.new_at);
	struct ota_span source = want == OTA_WANT_OLD ? d->old_image : made;
	size_t room = d->header->new_image.size - progress.new_at;

	if (want == OTA_WANT_PATCH) {
		if (progress.stream_at >= d->stream.len)
			abort();
		d->io.patch[0] = ota_span_sub(d->stream, progress.stream_at, d->piece);
	} else if (want == OTA_WANT_ROOM) {
		if (room == 0)
			abort();
		d->io.out = d->out + progress.new_at;
		d->io.room = room < d->piece ? room : d->piece;
	} else {
		if (want == OTA_WANT_NEW && !d->header->reads_new)
			abort();
		if (d->io.old_len == 0 || d->io.old_at >= source.len ||
		    d->io.old_len > source.len - d->io.old_at)
			abort();
		d->io.old = ota_span_sub(source, d->io.old_at, d->piece);
	}
}

static enum ota_want decode(struct decoding *d)
{
	uint64_t steps_max = (d->old_image.len + d->header->new_image.size + d->stream.len + 8) *
			     (uint64_t)STEPS_PER_BYTE;

	for (uint64_t step = 1; step <= steps_max; step++) {
		enum ota_want want = ota_otd_dec_step(d->dec, &d->io);

		if (want <= OTA_WANT_ROOM && d->saves > 0 && step % d->save_each == 0) {
			save(d);
			want = ota_otd_dec_step(d->dec, &d->io); /* asks again */
		}
		if (ota_otd_dec_progress(d->dec).new_at > d->header->new_image.size)
			abort();
		if (want == OTA_WANT_NONE || want == OTA_WANT_STOP)
			return want;
		give(d, want);
	}
	abort();
}

/* Both images start at OLD_ADDR, or are cut in two there and somewhere else. */
static void put_segments(struct ota_otd_image *image, uint8_t cut)
{
	image->n_segments = 1;
	image->segment[0].addr = OLD_ADDR;
	if (!cut || image->size <= cut)
		return;
	image->n_segments = 2;
	image->segment[1].at = cut;
	image->segment[1].addr = OLD_ADDR + 0x10000U * cut;
}

static struct ota_otd_header header_of(struct ota_span head, struct ota_span old_image,
				       uint32_t new_size)
{
	struct ota_otd_header header = {.old_crc = ota_crc32(0, old_image)};

	header.arch = (enum ota_otd_arch)((head.data[0] & 1) | (head.data[0] >> 2 & 2));
	header.tier = head.data[0] & 2 ? OTA_OTD_M : OTA_OTD_XS;
	if ((head.data[2] & SIZE_NANO) && header.arch <= OTA_OTD_THUMB)
		header.tier = OTA_OTD_NANO;
	header.reads_new = head.data[0] & 4;
	if (head.data[2] & SIZE_PLACE) {
		header.block = OTA_OTD_BLOCK_MIN << (head.data[0] >> 4 & 3);
		header.lead = header.block * (1 + head.data[3] % LEADS);
	}
	header.old_image.size = (uint32_t)old_image.len;
	header.new_image.size = new_size;
	if (header.tier != OTA_OTD_NANO && header.old_image.size > head.data[3] &&
	    header.new_image.size > head.data[3]) {
		put_segments(&header.old_image, head.data[3]);
		put_segments(&header.new_image, head.data[3]);
	} else {
		put_segments(&header.old_image, 0);
		put_segments(&header.new_image, 0);
	}
	return header;
}

/* In pieces and saved as `head` says: the same end as `whole`, which comes to it in one go. */
static void check_pieces(const struct decoding *whole, struct ota_span head, enum ota_want end_of)
{
	struct decoding pieces = *whole;
	uint32_t made = ota_otd_dec_progress(whole->dec).new_at;

	pieces.piece = 1U + head.data[4];
	pieces.save_each = (unsigned)head.data[5] * head.data[5];
	pieces.saves = pieces.save_each > 0 ? SAVES_MAX : 0;
	pieces.io = (struct ota_dec_io){.stream = 0};
	begin(&pieces);
	if (decode(&pieces) != end_of || ota_otd_dec_progress(pieces.dec).new_at != made)
		abort();
	if (ota_otd_dec_err(pieces.dec) != ota_otd_dec_err(whole->dec))
		abort();
	if (made > 0 && memcmp(whole->out, pieces.out, made) != 0)
		abort();
	end(&pieces);
}

static void fuzz_stream(struct ota_span input)
{
	struct ota_span head = ota_span_head(input, HEAD_SIZE);
	struct ota_span rest = ota_span_tail(input, HEAD_SIZE);
	struct ota_span old_image = ota_span_head(rest, OLD_MAX);
	struct ota_otd_header header;
	struct decoding whole;
	enum ota_want want;

	if (head.len < HEAD_SIZE)
		return;
	header = header_of(head, old_image, (head.data[1] | (uint32_t)head.data[2] << 8) % NEW_MAX);
	whole = (struct decoding){
		.header = &header, .old_image = old_image, .stream = rest, .piece = NEW_MAX};
	begin(&whole);
	want = decode(&whole);
	if (want == OTA_WANT_NONE &&
	    ota_crc32(0, ota_span_of(whole.out, header.new_image.size)) != header.new_crc)
		abort();
	check_pieces(&whole, head, want);
	end(&whole);
}

/* -- a path ------------------------------------------------------------------------------------ */

/* Turns of 4 bytes each: how far on in new, and to where. All that go to bytes that exist. */
static struct ota_otd_path path_of(struct ota_span bytes, const struct ota_otd_header *header)
{
	static struct ota_otd_turn turn[TURNS_MAX];
	struct ota_otd_path path = {turn, 0};
	struct ota_rd rd = ota_rd_init(bytes);
	uint32_t new_at = 0;

	while (ota_rd_left(&rd) >= 4 && path.n < TURNS_MAX) {
		uint32_t from;
		uint32_t room = header->old_image.size;

		new_at += ota_rd_u16(&rd) & 0xff;
		from = ota_rd_u16(&rd);
		if (header->reads_new)
			room += new_at;
		if (new_at >= header->new_image.size || room == 0)
			break;
		turn[path.n++] = (struct ota_otd_turn){new_at, from % room};
		new_at++;
	}
	return path;
}

/* The stream for `new_image`, in static memory; explaining it must go as well. */
static struct ota_span encode(const struct ota_otd_header *header, struct ota_otd_path path,
			      struct ota_span old_image, struct ota_span new_image)
{
	static uint8_t patch[PATCH_MAX];
	struct ota_wr wr = ota_wr_init(patch, sizeof(patch));
	struct ota_otd_account account = {.turns = 0};
	size_t size = OTA_OTD_ENC_RAM(header->tier);
	struct ota_otd_work work = {
		.header = header, .old_image = old_image, .new_image = new_image, .size = size};
	void *memory = malloc(size);

	if (!memory)
		abort();
	work.memory = memory;
	if (ota_otd_encode(&work, path, &wr) != OTA_OK)
		abort();
	work.account = &account;
	if (ota_otd_explain(&work, ota_wr_span(&wr)) != OTA_OK)
		abort();
	free(memory);
	return ota_wr_span(&wr);
}

/* Whatever the path, the patch gives new. */
static void fuzz_path(struct ota_span input)
{
	struct ota_span head = ota_span_head(input, HEAD_SIZE);
	struct ota_span rest = ota_span_tail(input, HEAD_SIZE);
	struct ota_span old_image = ota_span_head(rest, rest.len / 3);
	struct ota_span new_image = ota_span_sub(rest, rest.len / 3, rest.len / 3);
	struct ota_otd_header header;
	struct ota_otd_path path;
	struct decoding whole;

	if (head.len < HEAD_SIZE || new_image.len > NEW_MAX)
		return;
	header = header_of(head, old_image, (uint32_t)new_image.len);
	header.new_crc = ota_crc32(0, new_image);
	path = path_of(ota_span_tail(rest, rest.len / 3 * 2), &header);
	whole = (struct decoding){.header = &header,
				  .old_image = old_image,
				  .stream = encode(&header, path, old_image, new_image),
				  .piece = NEW_MAX};
	begin(&whole);
	if (decode(&whole) != OTA_WANT_NONE ||
	    !ota_span_equal(ota_span_of(whole.out, new_image.len), new_image))
		abort();
	check_pieces(&whole, head, OTA_WANT_NONE);
	end(&whole);
}

/* -- a saved state ----------------------------------------------------------------------------- */

/* Its CRC-32 is all that makes it one; with none of the input's it must be refused. */
static void fuzz_state(struct ota_span input)
{
	size_t size = OTA_OTD_DEC_RAM_M - (input.len & 3);
	uint8_t *memory = calloc(1, size);
	struct ota_otd_dec *dec;

	if (!memory)
		return;
	input = ota_span_head(input, size);
	if (input.len > 0)
		memcpy(memory, input.data, input.len);
	if (ota_otd_dec_resume(memory, size, &dec) == OTA_OK)
		(void)ota_otd_dec_progress(dec);
	free(memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct ota_span input = ota_span_of(data, len);

	if (len == 0)
		return 0;
	if (ota_otd_probe(input))
		fuzz_file(input);
	else if (data[0] & 0x80)
		fuzz_state(ota_span_tail(input, 1));
	else if (data[0] & 0x40)
		fuzz_path(input);
	else
		fuzz_stream(input);
	return 0;
}
