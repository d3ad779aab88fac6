// SPDX-License-Identifier: Apache-2.0
/* BSDIFF40 made: edits into three bzip2 streams, a piece at a time. */
#include <stdlib.h>

#include "match_bsdiff.h"
#include "patch_bsdiff.h"
#include "stream_bz2.h"

/* Plain bytes handed to bzip2 at a time; whole records. */
#define PIECE (1024U * OTA_BSDIFF_RECORD_SIZE)
/* A control stream up to this long is worth a try of several last seeks. */
#define TRIES_MAX (32U * OTA_BSDIFF_RECORD_SIZE)

/*
 * What bzip2 makes of the streams, guessed without it, in tenths of a byte: so much for a record,
 * and parts of the entropy of diff and extra bytes. Fitted to releases of ten firmwares in both
 * directions: two patches between the same files compare as their guesses do, give or take 2 %. In
 * integers, so that every machine guesses the same.
 */
#define GUESS_FIXED     1000U
#define GUESS_RECORD    55U
#define GUESS_DIFF      6U
#define GUESS_EXTRA     7U
#define GUESS_TOLERANCE 102U /* in a hundred */
/* Up to this new size, in bytes, two patches are made when the guesses leave it open. */
#define GUESS_OPEN_MAX 262144U

/* A patch as it could be. Borrows. */
struct draft {
	struct ota_ops ops;
	unsigned level[BSDIFF_STREAMS]; /* bzip2's */
	uint64_t guess;                 /* tenths of a byte */
};

/* A patch being made. Borrows. */
struct making {
	const struct draft *draft;
	struct ota_span old_image;
	struct ota_span new_image;
	struct ota_buf *out;
	uint8_t piece[PIECE];
};

static enum ota_err enc_init(const struct making *m, enum ota_bsdiff_stream stream,
			     struct ota_bsdiff_enc *enc, struct ota_diag *diag)
{
	enum ota_err err =
		ota_bsdiff_enc_init(enc, stream, m->draft->ops, m->old_image, m->new_image);

	if (err != OTA_OK)
		return ota_fail(diag, err, "the matcher's edits do not make the new file");
	return OTA_OK;
}

/* The stream's next plain bytes, borrowed from `m`; none at its end. */
static struct ota_span next_piece(struct making *m, struct ota_bsdiff_enc *enc)
{
	struct ota_wr wr = ota_wr_init(m->piece, sizeof(m->piece));

	ota_bsdiff_enc_read(enc, &wr);
	return ota_wr_span(&wr);
}

/* log2 of 1 and more, in parts of 65536, close enough to compare with: a parabola between powers.
 */
static uint64_t log2_of(uint64_t value)
{
	uint64_t whole = 0;
	uint64_t power = 1;
	uint64_t rest;

	while (value / 2 >= power) {
		power *= 2;
		whole++;
	}
	rest = ((value - power) << 16) / power;
	return (whole << 16) + (rest * (88244 - (22708 * rest >> 16)) >> 16);
}

/* Bytes that `n` bytes take when each is coded by how often it comes. */
static uint64_t entropy(const uint64_t count[256], uint64_t n)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < 256; i++) {
		if (count[i] > 0)
			bits += count[i] * (log2_of(n) - log2_of(count[i]));
	}
	return (bits >> 16) / 8;
}

static uint64_t guess_stream(enum ota_bsdiff_stream stream, const uint64_t count[256], uint64_t n)
{
	switch (stream) {
	case OTA_BSDIFF_CONTROL:
		return GUESS_RECORD * (n / OTA_BSDIFF_RECORD_SIZE);
	case OTA_BSDIFF_DIFF:
		return GUESS_DIFF * entropy(count, n);
	case OTA_BSDIFF_EXTRA:
		return GUESS_EXTRA * entropy(count, n);
	}
	return 0;
}

/* Looks through one stream of the draft: its level, and what it may come to. */
static enum ota_err draft_stream(struct making *m, enum ota_bsdiff_stream stream,
				 struct draft *draft, struct ota_diag *diag)
{
	struct ota_bsdiff_enc enc;
	struct ota_bz2_meter meter = {.run = 0};
	uint64_t count[256] = {0};
	uint64_t n = 0;
	struct ota_span plain;
	enum ota_err err = enc_init(m, stream, &enc, diag);

	if (err != OTA_OK)
		return err;
	while ((plain = next_piece(m, &enc)).len > 0) {
		ota_bz2_measure(&meter, plain);
		n += plain.len;
		for (size_t i = 0; i < plain.len; i++)
			count[plain.data[i]]++;
	}
	draft->level[stream] = ota_bz2_level_for(&meter);
	draft->guess += guess_stream(stream, count, n);
	return OTA_OK;
}

static enum ota_err make_draft(struct making *m, struct ota_ops ops, struct draft *draft,
			       struct ota_diag *diag)
{
	enum ota_err err;

	*draft = (struct draft){.ops = ops, .guess = GUESS_FIXED};
	m->draft = draft;
	err = draft_stream(m, OTA_BSDIFF_CONTROL, draft, diag);
	if (err == OTA_OK)
		err = draft_stream(m, OTA_BSDIFF_DIFF, draft, diag);
	if (err == OTA_OK)
		err = draft_stream(m, OTA_BSDIFF_EXTRA, draft, diag);
	return err;
}

/* Appends one stream compressed. */
static enum ota_err write_stream(struct making *m, enum ota_bsdiff_stream stream,
				 struct ota_diag *diag)
{
	struct ota_bsdiff_enc enc;
	struct ota_bz2_writer writer = {.open = false};
	struct ota_span plain;
	enum ota_err err = enc_init(m, stream, &enc, diag);

	if (err == OTA_OK)
		err = ota_bz2_begin(&writer, m->draft->level[stream], m->out, diag);
	while (err == OTA_OK && (plain = next_piece(m, &enc)).len > 0)
		err = ota_bz2_write(&writer, plain, diag);
	if (err == OTA_OK)
		err = ota_bz2_end(&writer, diag);
	ota_bz2_abandon(&writer);
	return err;
}

/* A control stream's last record, and choices for its seek, which no reader obeys. */
struct last_record {
	struct ota_bsdiff_record record;
	int64_t home;   /* the seek that would lead to old's first byte */
	int64_t before; /* the seek of the record before */
};

static struct last_record read_last(struct ota_span control)
{
	struct ota_rd rd = ota_rd_init(control);
	struct last_record last = {.home = 0};

	while (ota_rd_left(&rd) > 0) {
		last.before = last.record.seek;
		last.record = ota_bsdiff_record_read(&rd);
		last.home -= last.record.add + last.record.seek;
	}
	return last;
}

static void write_last(const struct ota_wr *control, struct ota_bsdiff_record record, int64_t seek)
{
	struct ota_wr wr = *control;

	wr.at -= OTA_BSDIFF_RECORD_SIZE;
	record.seek = seek;
	ota_bsdiff_record_write(&wr, record);
}

/*
 * The last seek is free, and bzip2 is moody about it: a few bytes more or less. Tries a few that
 * are likely to compress well and leaves the best in `control`.
 */
static enum ota_err choose_last_seek(const struct ota_wr *control, struct ota_diag *diag)
{
	struct last_record last = read_last(ota_wr_span(control));
	const int64_t choices[] = {0, -1, last.home, last.before};
	struct ota_buf trial = ota_buf_init(SIZE_MAX);
	size_t best_len = SIZE_MAX;
	int64_t best = 0;
	enum ota_err err = OTA_OK;

	for (size_t i = 0; err == OTA_OK && i < sizeof(choices) / sizeof(choices[0]); i++) {
		trial.len = 0;
		write_last(control, last.record, choices[i]);
		err = ota_bz2_compress(ota_wr_span(control), &trial, diag);
		if (err == OTA_OK && trial.len < best_len) {
			best = choices[i];
			best_len = trial.len;
		}
	}
	write_last(control, last.record, best);
	ota_buf_free(&trial);
	return err;
}

/* The control stream; a short one is held whole, so that its end can be chosen. */
static enum ota_err write_control(struct making *m, struct ota_diag *diag)
{
	struct ota_bsdiff_enc enc;
	struct ota_wr wr = ota_wr_init(m->piece, TRIES_MAX);
	enum ota_err err = enc_init(m, OTA_BSDIFF_CONTROL, &enc, diag);

	if (err != OTA_OK)
		return err;
	ota_bsdiff_enc_read(&enc, &wr);
	if (wr.at == 0 || enc.op < m->draft->ops.n)
		return write_stream(m, OTA_BSDIFF_CONTROL, diag);
	err = choose_last_seek(&wr, diag);
	if (err == OTA_OK)
		err = ota_bz2_compress(ota_wr_span(&wr), m->out, diag);
	return err;
}

/* Appends the three streams and the header, which needs their sizes, before them. */
static enum ota_err write_patch(struct making *m, struct ota_diag *diag)
{
	static const uint8_t blank[OTA_BSDIFF_HEADER_SIZE];
	struct ota_bsdiff_header header = {.new_size = (int64_t)m->new_image.len};
	size_t start = m->out->len;
	size_t at = start + sizeof(blank);
	struct ota_wr wr;
	enum ota_err err = ota_buf_append(m->out, ota_span_of(blank, sizeof(blank)), diag);

	if (err == OTA_OK)
		err = write_control(m, diag);
	header.control_size = (int64_t)(m->out->len - at);
	at = m->out->len;
	if (err == OTA_OK)
		err = write_stream(m, OTA_BSDIFF_DIFF, diag);
	header.diff_size = (int64_t)(m->out->len - at);
	if (err == OTA_OK)
		err = write_stream(m, OTA_BSDIFF_EXTRA, diag);
	if (err != OTA_OK)
		return err;
	wr = ota_wr_init(m->out->data + start, sizeof(blank));
	ota_bsdiff_header_write(&wr, &header);
	return wr.err;
}

/*
 * Puts the draft's patch in place of the one that begins at `start` in `out`, if it is smaller or
 * there is none. OTA_E_ROOM: still none.
 */
static enum ota_err write_better(struct making *m, const struct draft *draft, struct ota_buf *out,
				 size_t start)
{
	bool any = out->len > start;
	struct ota_buf other = ota_buf_init(any ? out->len - start - 1 : out->ceiling - start);
	enum ota_err err;

	m->draft = draft;
	m->out = &other;
	err = write_patch(m, NULL);
	if (err == OTA_OK) {
		out->len = start;
		err = ota_buf_append(out, ota_buf_span(&other), NULL);
	} else if (err == OTA_E_ROOM && any) {
		err = OTA_OK;
	}
	ota_buf_free(&other);
	return err;
}

/*
 * Appends the smallest of the drafts' patches; one that is sure to be larger is not made, and of
 * large images only the one with the smallest guess.
 */
static enum ota_err write_smallest(struct making *m, const struct draft draft[OTA_MATCH_STYLES],
				   struct ota_buf *out, struct ota_diag *diag)
{
	const struct draft *best = &draft[0];
	size_t start = out->len;
	enum ota_err err;

	for (size_t i = 1; i < OTA_MATCH_STYLES; i++) {
		if (draft[i].guess < best->guess)
			best = &draft[i];
	}
	m->draft = best;
	m->out = out;
	err = write_patch(m, NULL);
	if (err == OTA_E_ROOM)
		out->len = start;
	for (size_t i = 0; i < OTA_MATCH_STYLES; i++) {
		bool close = m->new_image.len <= GUESS_OPEN_MAX &&
			     draft[i].guess * 100 <= best->guess * GUESS_TOLERANCE;

		if (&draft[i] != best && (err == OTA_E_ROOM || (err == OTA_OK && close)))
			err = write_better(m, &draft[i], out, start);
	}
	if (err == OTA_E_ROOM)
		return ota_fail(diag, err, "patch is larger than the %zu bytes allowed",
				out->ceiling - start);
	return err == OTA_OK ? err : ota_fail(diag, err, "out of memory for a patch");
}

static enum ota_err make_drafts(struct making *m, const struct ota_op_list *ops,
				struct ota_buf *out, struct ota_diag *diag)
{
	struct draft draft[OTA_MATCH_STYLES];
	enum ota_err err = OTA_OK;

	for (size_t i = 0; err == OTA_OK && i < OTA_MATCH_STYLES; i++)
		err = make_draft(m, ota_op_list_ops(&ops[i]), &draft[i], diag);
	return err == OTA_OK ? write_smallest(m, draft, out, diag) : err;
}

enum ota_err ota_bsdiff_make(const struct ota_delta_plan *plan, const struct ota_index *index,
			     struct ota_span new_image, struct ota_buf *out, struct ota_diag *diag)
{
	struct ota_op_list ops[OTA_MATCH_STYLES] = {{.op = NULL}};
	struct making *m = NULL;
	enum ota_err err = ota_match_bsdiff(index, new_image, ops, diag);

	(void)plan;
	if (err == OTA_OK) {
		m = calloc(1, sizeof(*m));
		if (!m)
			err = ota_fail(diag, OTA_E_MEMORY, "out of memory, %zu bytes wanted",
				       sizeof(*m));
	}
	if (err == OTA_OK) {
		m->old_image = index->old_image;
		m->new_image = new_image;
		err = make_drafts(m, ops, out, diag);
	}
	free(m);
	for (size_t i = 0; i < OTA_MATCH_STYLES; i++)
		ota_op_list_free(&ops[i]);
	return err;
}
