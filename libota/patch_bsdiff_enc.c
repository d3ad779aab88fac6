// SPDX-License-Identifier: Apache-2.0
/* BSDIFF40 made: edits into three bzip2 streams, a piece at a time. */
#include <stdlib.h>

#include "match_bsdiff.h"
#include "match_grams.h"
#include "patch_bsdiff.h"
#include "stream_bz2.h"

/* Plain bytes handed to bzip2 at a time; whole records. */
#define PIECE (1024U * OTA_BSDIFF_RECORD_SIZE)
/* A control stream up to this long is worth a try of several last seeks. */
#define TRIES_MAX ((size_t)32 * OTA_BSDIFF_RECORD_SIZE)

/* A patch being made. Borrows. */
struct making {
	struct ota_ops ops;
	struct ota_span old_image;
	struct ota_span new_image;
	struct ota_buf *out;
	uint8_t piece[PIECE];
};

static enum ota_err enc_init(const struct making *m, enum ota_bsdiff_stream stream,
			     struct ota_bsdiff_enc *enc, struct ota_diag *diag)
{
	enum ota_err err = ota_bsdiff_enc_init(enc, stream, m->ops, m->old_image, m->new_image);

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

/* The bzip2 level that suits one stream. */
static enum ota_err find_level(struct making *m, enum ota_bsdiff_stream stream, unsigned *level,
			       struct ota_diag *diag)
{
	struct ota_bsdiff_enc enc = {.op = 0};
	struct ota_bz2_meter meter = {.run = 0};
	struct ota_span plain;
	enum ota_err err = enc_init(m, stream, &enc, diag);

	if (err != OTA_OK)
		return err;
	while ((plain = next_piece(m, &enc)).len > 0)
		ota_bz2_measure(&meter, plain);
	*level = ota_bz2_level_for(&meter);
	return OTA_OK;
}

/* Appends one stream compressed. */
static enum ota_err write_stream(struct making *m, enum ota_bsdiff_stream stream,
				 struct ota_diag *diag)
{
	struct ota_bsdiff_enc enc = {.op = 0};
	struct ota_bz2_writer writer = {.open = false};
	struct ota_span plain;
	unsigned level = 0;
	enum ota_err err = find_level(m, stream, &level, diag);

	if (err == OTA_OK)
		err = enc_init(m, stream, &enc, diag);
	if (err == OTA_OK)
		err = ota_bz2_begin(&writer, level, m->out, diag);
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
	struct ota_bsdiff_enc enc = {.op = 0};
	struct ota_wr wr = ota_wr_init(m->piece, TRIES_MAX);
	enum ota_err err = enc_init(m, OTA_BSDIFF_CONTROL, &enc, diag);

	if (err != OTA_OK)
		return err;
	ota_bsdiff_enc_read(&enc, &wr);
	if (wr.at == 0 || enc.op < m->ops.n)
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

enum ota_err ota_bsdiff_make(const struct ota_delta_plan *plan, const struct ota_index *index,
			     struct ota_span new_image, struct ota_buf *out, struct ota_diag *diag)
{
	struct ota_op_list ops = {.op = NULL};
	struct making *m = NULL;
	enum ota_err err = ota_match_bsdiff(index, new_image, &ops, diag);

	if (err != OTA_OK)
		goto out;
	ota_index_spend(plan->spent);
	m = calloc(1, sizeof(*m));
	if (!m) {
		err = ota_fail(diag, OTA_E_MEMORY, "out of memory, %zu bytes wanted", sizeof(*m));
		goto out;
	}
	m->ops = ota_op_list_ops(&ops);
	m->old_image = index->old_image;
	m->new_image = new_image;
	m->out = out;
	err = write_patch(m, diag);
out:
	free(m);
	ota_op_list_free(&ops);
	return err;
}

unsigned ota_bsdiff_variants(const struct ota_patch_room *room,
			     struct ota_delta_plan plan[OTA_VARIANTS_MAX])
{
	(void)room;
	plan[0] = (struct ota_delta_plan){.format = "bsdiff"};
	return 1;
}

/* Each of three streams has a level of its own, and the least is 1. */
uint64_t ota_bsdiff_least_ram(const struct ota_patch_room *room, const struct ota_delta_plan *plan)
{
	(void)room;
	(void)plan;
	return OTA_BSDIFF_DEC_RAM +
	       BSDIFF_STREAMS * (OTA_BZ2_RAM + (uint64_t)OTA_BZ2_RAM_PER_LEVEL);
}

/* -- what it takes ----------------------------------------------------------------------------- */

/* Nanoseconds for each byte of both images, of firmware of which some to much has changed. */
#define NS_PER_BYTE 60U
#define US_AT_LEAST 500U
/* For each new byte: edits, of which one stands for 6 at least, in a list that doubles. */
#define EDITS_PER_BYTE 4U
/* The same as records: a control stream may be longer than new. */
#define CONTROL_PER_BYTE 3U
/* A compressor of libbz2: 8 bytes for each of a block, and its tables; and our pieces. */
#define BZ2_BLOCK_STEP     100000U
#define BZ2_LEVEL_MAX      9U
#define BZ2_MAKES          500000U
#define BZ2_MAKES_PER_STEP 800000U

void ota_bsdiff_effort(const struct ota_delta_plan *plan, size_t old_len, size_t new_len,
		       struct ota_delta_effort *effort)
{
	uint64_t steps = CONTROL_PER_BYTE * (uint64_t)new_len / BZ2_BLOCK_STEP + 1;
	uint64_t search = ota_grams_bytes(old_len);
	/* A patch is hardly larger than new; while it grows, it is there half full as well. */
	uint64_t pack = BZ2_MAKES +
			BZ2_MAKES_PER_STEP * (steps < BZ2_LEVEL_MAX ? steps : BZ2_LEVEL_MAX) +
			sizeof(struct making) + new_len + new_len / 2;

	(void)plan;
	effort->us = US_AT_LEAST + ((uint64_t)old_len + new_len) * NS_PER_BYTE / 1000;
	effort->memory = (search > pack ? search : pack) + EDITS_PER_BYTE * (uint64_t)new_len;
}
