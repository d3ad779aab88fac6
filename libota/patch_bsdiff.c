// SPDX-License-Identifier: Apache-2.0
/* The row of BSDIFF40: three bzip2 streams around the plain codec in formats/. */
#include <inttypes.h>
#include <stdlib.h>

#include <ota/bsdiff.h>

#include "match_bsdiff.h"
#include "patch_formats.h"
#include "stream_bz2.h"

#define STREAMS 3
#define PIECE   32768U
/* Room made for a new image before a byte of it is decoded; it doubles after that. */
#define ROOM_AT_FIRST ((size_t)1024 * 1024)

static const char *const stream_names[STREAMS] = {"control", "diff", "extra"};

/* A patch taken apart; borrows from it. */
struct parts {
	struct ota_bsdiff_header header;
	struct ota_span stream[STREAMS]; /* compressed */
};

static enum ota_err fail_header(struct ota_span patch, const struct ota_bsdiff_header *header,
				enum ota_err err, struct ota_diag *diag)
{
	if (patch.len < OTA_BSDIFF_HEADER_SIZE)
		return ota_fail(diag, err, "patch is %zu bytes, its header alone needs %u",
				patch.len, OTA_BSDIFF_HEADER_SIZE);
	if (err == OTA_E_TRUNCATED)
		return ota_fail(diag, err,
				"control and diff streams of %" PRId64 " and %" PRId64
				" bytes do not fit a patch of %zu",
				header->control_size, header->diff_size, patch.len);
	return ota_fail(diag, err,
			"patch header has a negative size: control %" PRId64 ", diff %" PRId64
			", new file %" PRId64,
			header->control_size, header->diff_size, header->new_size);
}

static enum ota_err take_apart(struct ota_span patch, struct parts *parts, struct ota_diag *diag)
{
	enum ota_err err = ota_bsdiff_header_read(patch, &parts->header);
	struct ota_rd rd = ota_rd_init(ota_span_tail(patch, OTA_BSDIFF_HEADER_SIZE));

	if (err != OTA_OK)
		return fail_header(patch, &parts->header, err, diag);
	parts->stream[OTA_BSDIFF_CONTROL] = ota_rd_bytes(&rd, (size_t)parts->header.control_size);
	parts->stream[OTA_BSDIFF_DIFF] = ota_rd_bytes(&rd, (size_t)parts->header.diff_size);
	parts->stream[OTA_BSDIFF_EXTRA] = ota_rd_bytes(&rd, ota_rd_left(&rd));
	return rd.err;
}

/* -- decode and describe ---------------------------------------------------------------------- */

/* One stream on its way from bzip2 to the decoder. */
struct pump {
	struct ota_bz2_reader reader;
	uint64_t total; /* plain bytes so far */
	uint64_t zeros; /* of these */
	uint8_t piece[PIECE];
};

/* A patch being decoded into `out`, or, without one, only looked through. */
struct run {
	struct ota_bsdiff_dec dec;
	struct ota_dec_io io;
	struct pump pump[STREAMS];
	struct ota_span old_image;
	struct ota_buf *out;
	size_t start;        /* where the new image begins in `out` */
	uint64_t old_reach;  /* without `out`: one past the highest old byte asked for */
	uint8_t zero[PIECE]; /* without `out`: stands for old */
	uint8_t sink[PIECE]; /* and for the new image */
};

static void count_zeros(struct pump *pump, struct ota_span bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		pump->zeros += bytes.data[i] == 0;
}

static enum ota_err give_patch(struct run *run, struct ota_diag *diag)
{
	unsigned which = run->io.stream;
	struct pump *pump = &run->pump[which];
	struct ota_wr wr = ota_wr_init(pump->piece, sizeof(pump->piece));
	enum ota_err err = ota_bz2_read(&pump->reader, &wr, diag);

	if (err == OTA_OK && wr.at == 0)
		return ota_fail(diag, OTA_E_MALFORMED,
				"%s stream ends after %" PRIu32 " of %" PRIu32 " new bytes",
				stream_names[which], run->dec.new_at, run->dec.new_size);
	run->io.patch[which] = ota_wr_span(&wr);
	pump->total += wr.at;
	if (!run->out && which == OTA_BSDIFF_DIFF)
		count_zeros(pump, ota_wr_span(&wr));
	return err;
}

static void give_old(struct run *run)
{
	uint64_t end = (uint64_t)run->io.old_at + run->io.old_len;

	if (run->out) {
		run->io.old = ota_span_tail(run->old_image, run->io.old_at);
		return;
	}
	run->io.old = ota_span_head(ota_span_of(run->zero, sizeof(run->zero)), run->io.old_len);
	if (end > run->old_reach)
		run->old_reach = end;
}

/* Memory follows what has really been decoded, not what the header claims. */
static enum ota_err give_room(struct run *run, struct ota_diag *diag)
{
	size_t left = run->dec.new_size - run->dec.new_at;
	size_t more = left < ROOM_AT_FIRST ? left : ROOM_AT_FIRST;
	size_t room;
	enum ota_err err;

	if (!run->out) {
		run->io.out = run->sink;
		run->io.room = sizeof(run->sink);
		return OTA_OK;
	}
	run->out->len = run->start + run->dec.new_at;
	err = ota_buf_reserve(run->out, more, diag);
	if (err != OTA_OK)
		return err;
	room = run->out->cap - run->out->len;
	run->io.out = run->out->data + run->out->len;
	run->io.room = room < left ? room : left;
	return OTA_OK;
}

static enum ota_err fail_record(const struct run *run, struct ota_diag *diag)
{
	struct ota_rd rd = ota_rd_init(ota_span_of(run->dec.control, sizeof(run->dec.control)));
	struct ota_bsdiff_record record = ota_bsdiff_record_read(&rd);
	uint64_t taken =
		run->pump[OTA_BSDIFF_CONTROL].total - run->io.patch[OTA_BSDIFF_CONTROL].len;

	return ota_fail(diag, (enum ota_err)run->dec.err,
			"control record %" PRIu64 " is bad: add %" PRId64 ", insert %" PRId64
			", seek %" PRId64 ", with %" PRIu32 " of %" PRIu32 " new bytes made",
			taken / OTA_BSDIFF_RECORD_SIZE, record.add, record.insert, record.seek,
			run->dec.new_at, run->dec.new_size);
}

/* The new image is whole; so must the streams be. */
static enum ota_err finish(struct run *run, struct ota_diag *diag)
{
	enum ota_err err = OTA_OK;

	if (run->out)
		run->out->len = run->start + run->dec.new_at;
	/* bspatch takes zeros there; bsdiff never does it, so the patch is for a longer old file.
	 */
	if (run->dec.outside && !run->out)
		return ota_fail(diag, OTA_E_MALFORMED,
				"patch reads before the old file's first byte");
	if (run->dec.outside)
		return ota_fail(diag, OTA_E_WRONG_BASE,
				"patch reads bytes outside of the old file's %zu",
				run->old_image.len);
	for (unsigned i = 0; err == OTA_OK && i < STREAMS; i++) {
		if (run->io.patch[i].len > 0)
			return ota_fail(diag, OTA_E_MALFORMED,
					"%s stream holds more than the control records use",
					stream_names[i]);
		err = ota_bz2_finish(&run->pump[i].reader, diag);
	}
	return err;
}

static enum ota_err run_to_end(struct run *run, struct ota_diag *diag)
{
	enum ota_err err = OTA_OK;

	while (err == OTA_OK) {
		switch (ota_bsdiff_dec_step(&run->dec, &run->io)) {
		case OTA_WANT_PATCH:
			err = give_patch(run, diag);
			break;
		case OTA_WANT_OLD:
			give_old(run);
			break;
		case OTA_WANT_ROOM:
			err = give_room(run, diag);
			break;
		case OTA_WANT_NONE:
			return finish(run, diag);
		case OTA_WANT_STOP:
			return fail_record(run, diag);
		}
	}
	return err;
}

static enum ota_err run_open(struct run *run, const struct parts *parts, uint64_t old_size,
			     struct ota_diag *diag)
{
	enum ota_err err =
		ota_bsdiff_dec_init(&run->dec, old_size, (uint64_t)parts->header.new_size);

	if (err != OTA_OK)
		return ota_fail(diag, err,
				"from %" PRIu64 " to %" PRId64 " bytes: at most %u can be patched",
				old_size, parts->header.new_size, OTA_BSDIFF_IMAGE_MAX);
	for (size_t i = 0; err == OTA_OK && i < STREAMS; i++)
		err = ota_bz2_open(&run->pump[i].reader, parts->stream[i], stream_names[i], diag);
	return err;
}

static void run_free(struct run *run)
{
	for (size_t i = 0; run && i < STREAMS; i++)
		ota_bz2_close(&run->pump[i].reader);
	free(run);
}

static enum ota_err run_new(struct run **run, struct ota_diag *diag)
{
	*run = calloc(1, sizeof(**run));
	if (!*run)
		return ota_fail(diag, OTA_E_MEMORY, "out of memory, %zu bytes wanted",
				sizeof(**run));
	return OTA_OK;
}

/* Decodes into `run->out`, or looks a patch through; `run` is told what to do and zero besides. */
static enum ota_err run_patch(struct run *run, const struct parts *parts, uint64_t old_size,
			      struct ota_diag *diag)
{
	enum ota_err err = run_open(run, parts, old_size, diag);

	return err == OTA_OK ? run_to_end(run, diag) : err;
}

static enum ota_err decode(struct ota_span old_image, struct ota_span patch, struct ota_buf *out,
			   struct ota_diag *diag)
{
	struct parts parts;
	struct run *run = NULL;
	enum ota_err err = take_apart(patch, &parts, diag);

	if (err == OTA_OK && (uint64_t)parts.header.new_size > out->ceiling - out->len)
		err = ota_fail(diag, OTA_E_NO_FIT,
			       "new file is %" PRId64 " bytes, at most %zu are accepted",
			       parts.header.new_size, out->ceiling - out->len);
	if (err == OTA_OK)
		err = run_new(&run, diag);
	if (err == OTA_OK) {
		run->old_image = old_image;
		run->out = out;
		run->start = out->len;
		err = run_patch(run, &parts, old_image.len, diag);
	}
	run_free(run);
	return err;
}

static uint64_t bz2_ram(unsigned level)
{
	return OTA_BZ2_RAM + (uint64_t)OTA_BZ2_RAM_PER_LEVEL * level;
}

static void fill_info(const struct run *run, const struct parts *parts, struct ota_delta_info *info)
{
	info->new_size = run->dec.new_size;
	info->part[0] = (struct ota_delta_part){.name = "header",
						.bytes = OTA_BSDIFF_HEADER_SIZE,
						.plain_bytes = OTA_BSDIFF_HEADER_SIZE};
	info->n_parts = 1 + STREAMS;
	info->records = run->pump[OTA_BSDIFF_CONTROL].total / OTA_BSDIFF_RECORD_SIZE;
	info->blended = run->pump[OTA_BSDIFF_DIFF].total;
	info->unchanged = run->pump[OTA_BSDIFF_DIFF].zeros;
	info->inserted = run->pump[OTA_BSDIFF_EXTRA].total;
	info->old_reach = run->old_reach;
	info->decoder_ram = OTA_BSDIFF_DEC_RAM;
	for (size_t i = 0; i < STREAMS; i++) {
		struct ota_delta_part *part = &info->part[1 + i];

		part->name = stream_names[i];
		part->coding = "bzip2";
		part->bytes = parts->stream[i].len;
		part->plain_bytes = run->pump[i].total;
		part->level = ota_bz2_level(parts->stream[i]);
		info->decoder_ram += bz2_ram(part->level);
	}
}

static enum ota_err describe(struct ota_span patch, struct ota_delta_info *info,
			     struct ota_diag *diag)
{
	struct parts parts;
	struct run *run = NULL;
	enum ota_err err = take_apart(patch, &parts, diag);

	if (err == OTA_OK)
		err = run_new(&run, diag);
	/* The old image is not known; any read that could be legal is. */
	if (err == OTA_OK)
		err = run_patch(run, &parts, OTA_BSDIFF_IMAGE_MAX, diag);
	if (err == OTA_OK)
		fill_info(run, &parts, info);
	run_free(run);
	return err;
}

/* -- encode ----------------------------------------------------------------------------------- */

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

/* Appends the three streams compressed and the header, which needs their sizes, before them. */
static enum ota_err write_file(const struct ota_bsdiff_streams *plain, size_t new_size,
			       struct ota_buf *out, struct ota_diag *diag)
{
	static const uint8_t blank[OTA_BSDIFF_HEADER_SIZE];
	struct ota_bsdiff_header header = {.new_size = (int64_t)new_size};
	size_t start = out->len;
	size_t at = start + sizeof(blank);
	struct ota_wr wr;
	enum ota_err err = ota_buf_append(out, ota_span_of(blank, sizeof(blank)), diag);

	if (err == OTA_OK)
		err = ota_bz2_compress(ota_wr_span(&plain->control), out, diag);
	header.control_size = (int64_t)(out->len - at);
	at = out->len;
	if (err == OTA_OK)
		err = ota_bz2_compress(ota_wr_span(&plain->diff), out, diag);
	header.diff_size = (int64_t)(out->len - at);
	if (err == OTA_OK)
		err = ota_bz2_compress(ota_wr_span(&plain->extra), out, diag);
	if (err != OTA_OK)
		return err;
	wr = ota_wr_init(out->data + start, sizeof(blank));
	ota_bsdiff_header_write(&wr, &header);
	return wr.err;
}

/* A cursor into the next `len` bytes of `all`. */
static struct ota_wr carve(struct ota_wr *all, uint64_t len)
{
	return ota_wr_init(len > 0 ? ota_wr_room(all, (size_t)len) : NULL, (size_t)len);
}

static enum ota_err write_ops(struct ota_ops ops, struct ota_span old_image,
			      struct ota_span new_image, struct ota_buf *out, struct ota_diag *diag)
{
	struct ota_bsdiff_sizes sizes = ota_bsdiff_measure(ops);
	uint64_t total = sizes.control + sizes.diff + sizes.extra;
	struct ota_buf memory = ota_buf_init((size_t)total);
	struct ota_bsdiff_streams plain;
	struct ota_wr all;
	enum ota_err err = ota_buf_reserve(&memory, (size_t)total, diag);

	if (err != OTA_OK)
		goto out;
	all = ota_wr_init(memory.data, (size_t)total);
	plain.control = carve(&all, sizes.control);
	plain.diff = carve(&all, sizes.diff);
	plain.extra = carve(&all, sizes.extra);
	err = ota_bsdiff_encode(ops, old_image, new_image, &plain);
	if (err != OTA_OK) {
		err = ota_fail(diag, err, "the matcher's edits do not make the new file");
		goto out;
	}
	if (plain.control.at > 0)
		err = choose_last_seek(&plain.control, diag);
	if (err == OTA_OK)
		err = write_file(&plain, new_image.len, out, diag);
out:
	ota_buf_free(&memory);
	return err;
}

static enum ota_err encode(const struct ota_delta_plan *plan, const struct ota_index *index,
			   struct ota_span new_image, struct ota_buf *out, struct ota_diag *diag)
{
	struct ota_op_list ops = {.op = NULL};
	enum ota_err err = ota_match_bsdiff(index, new_image, &ops, diag);

	(void)plan;
	if (err == OTA_OK)
		err = write_ops(ota_op_list_ops(&ops), index->old_image, new_image, out, diag);
	ota_op_list_free(&ops);
	return err;
}

/* -- cost ------------------------------------------------------------------------------------- */

static enum ota_err cost_of_streams(const struct parts *parts, enum ota_place where,
				    struct ota_costs *costs, struct ota_diag *diag)
{
	for (size_t i = 0; i < STREAMS; i++) {
		unsigned level = ota_bz2_level(parts->stream[i]);

		if (level == 0)
			return ota_fail(diag, OTA_E_MALFORMED, "%s stream is not bzip2",
					stream_names[i]);
		ota_costs_add(costs, where, bz2_ram(level), "bzip2 decoder, %s stream, level %u",
			      stream_names[i], level);
	}
	return OTA_OK;
}

/* BSDIFF40 reads old anywhere and writes new from front to back. */
static void cost_of_images(const struct ota_update *update, const struct ota_target *target,
			   struct ota_costs *costs)
{
	if (!target->old_mapped)
		ota_costs_add(costs, OTA_PLACE_RAM, update->old_len,
			      "old image, which cannot be read in place");
	if (target->layout.mode == OTA_MODE_SINGLE_SLOT)
		ota_costs_add(costs, OTA_PLACE_RAM, update->new_len,
			      "new image, until the old one may be overwritten");
}

static enum ota_err cost(const struct ota_update *update, const struct ota_target *target,
			 enum ota_applier applier, struct ota_costs *costs, struct ota_diag *diag)
{
	bool on_device = applier == OTA_APPLIED_ON_DEVICE;
	enum ota_place where = on_device ? OTA_PLACE_RAM : OTA_PLACE_GATEWAY;
	struct parts parts;
	enum ota_err err = take_apart(update->patch, &parts, diag);

	if (err == OTA_OK)
		err = cost_of_streams(&parts, where, costs, diag);
	if (err != OTA_OK)
		return err;
	ota_costs_add(costs, where, OTA_BSDIFF_DEC_RAM, "patch decoder state");
	if (on_device)
		cost_of_images(update, target, costs);
	return OTA_OK;
}

const struct ota_patch_format ota_patch_bsdiff = {
	.name = "bsdiff",
	.id = 1,
	.probe = ota_bsdiff_probe,
	.encode = encode,
	.decode = decode,
	.describe = describe,
	.cost = cost,
};
