// SPDX-License-Identifier: Apache-2.0
/*
 * BSDIFF40 applied on a host. Unlike a device, it need not take the three streams in step: it reads
 * the control stream, then the diff stream into its places in the new image, then the extra stream
 * into the gaps, so that as a rule one bzip2 decoder, of up to 3.7 MB, is there at a time.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "patch_bsdiff.h"
#include "patch_formats.h"
#include "stream_bz2.h"

#define PIECE 32768U
/* A new image this much longer than the old one is given room before a byte of it is decoded. */
#define ROOM_AT_FIRST ((size_t)1024 * 1024)
/*
 * Records kept: one for each compressed byte, and some more. An honest one takes about 5; by the
 * size that the header claims, a few KB of bzip2 could ask for hundreds of MB.
 */
#define KEEP_PER(stored) ((stored) + 4096)
#define KEEP_AT_FIRST    256U
#define RECORDS_AT_ONCE  1024U

/* A record that makes something. */
struct edit {
	uint32_t old_at;
	uint32_t add;
	uint32_t insert;
};

/* The control stream on its way from bzip2 to edits. */
struct control {
	struct ota_bz2_reader reader;
	struct ota_bsdiff_walk walk;
	struct ota_rd rd; /* over `records` */
	uint8_t records[RECORDS_AT_ONCE * OTA_BSDIFF_RECORD_SIZE];
	uint64_t n;   /* records taken */
	bool outside; /* one of them used bytes outside of old */
};

/* What to do: decode into `out`; or compare with `expected`; or, with neither, look through. */
struct job {
	const struct bsdiff_parts *parts;
	struct ota_span old_image;
	uint64_t old_size;               /* also when there is no old image to read */
	struct ota_buf *out;             /* or NULL */
	size_t start;                    /* where the new image begins in it */
	const struct ota_span *expected; /* or NULL */
	struct bsdiff_content *content;  /* what was found, as far as it is known */
};

struct run {
	struct job job;
	struct control control;
	struct edit *kept; /* owned: all edits, unless they are too many */
	size_t n_kept;
	size_t cap;
	bool too_many; /* the control stream is read anew in each pass */
	struct ota_bz2_reader reader[BSDIFF_STREAMS];
	uint8_t piece[PIECE]; /* where bytes go that are not kept */
};

static size_t new_size_of(const struct run *run)
{
	return (size_t)run->job.parts->header.new_size;
}

/* -- control ---------------------------------------------------------------------------------- */

static enum ota_err control_open(struct run *run, struct ota_diag *diag)
{
	struct control *c = &run->control;
	int64_t new_size = run->job.parts->header.new_size;
	enum ota_err err = ota_bsdiff_walk_init(&c->walk, (uint64_t)new_size);

	if (run->job.old_size > OTA_BSDIFF_IMAGE_MAX)
		err = OTA_E_UNSUPPORTED;
	if (err != OTA_OK)
		return ota_fail(diag, err,
				"from %" PRIu64 " to %" PRId64 " bytes: at most %u can be patched",
				run->job.old_size, new_size, OTA_BSDIFF_IMAGE_MAX);
	c->rd = ota_rd_init(ota_span_of(NULL, 0));
	c->n = 0;
	return ota_bz2_open(&c->reader, run->job.parts->stream[OTA_BSDIFF_CONTROL],
			    ota_bsdiff_stream_names[OTA_BSDIFF_CONTROL], diag);
}

static enum ota_err refill(struct control *c, struct ota_diag *diag)
{
	struct ota_wr wr = ota_wr_init(c->records, sizeof(c->records));
	enum ota_err err = ota_bz2_read(&c->reader, &wr, diag);

	if (err == OTA_OK && wr.at < OTA_BSDIFF_RECORD_SIZE)
		err = ota_fail(diag, OTA_E_MALFORMED,
			       "control stream ends after %" PRIu32 " of %" PRIu32 " new bytes",
			       c->walk.new_at, c->walk.new_size);
	c->rd = ota_rd_init(ota_wr_span(&wr));
	return err;
}

static enum ota_err read_record(struct control *c, struct ota_bsdiff_record *record,
				struct ota_diag *diag)
{
	enum ota_err err = OTA_OK;

	if (ota_rd_left(&c->rd) < OTA_BSDIFF_RECORD_SIZE)
		err = refill(c, diag);
	if (err != OTA_OK)
		return err;
	*record = ota_bsdiff_record_read(&c->rd);
	err = ota_bsdiff_walk_step(&c->walk, *record);
	c->n++;
	if (err == OTA_OK)
		return OTA_OK;
	return ota_fail(diag, err,
			"control record %" PRIu64 " is bad: add %" PRId64 ", insert %" PRId64
			", seek %" PRId64 ", with %" PRIu32 " of %" PRIu32 " new bytes made",
			c->n, record->add, record->insert, record->seek, c->walk.new_at,
			c->walk.new_size);
}

static enum ota_err control_finish(struct control *c, struct ota_diag *diag)
{
	if (ota_rd_left(&c->rd) > 0)
		return ota_fail(diag, OTA_E_MALFORMED,
				"control stream holds more than the control records use");
	return ota_bz2_finish(&c->reader, diag);
}

/* The next record that makes something; all zero once there is none and the stream has ended. */
static enum ota_err control_next(struct run *run, struct edit *edit, struct ota_diag *diag)
{
	struct control *c = &run->control;
	struct ota_bsdiff_record record = {0};

	*edit = (struct edit){0};
	while (record.add == 0 && record.insert == 0) {
		int64_t old_at = c->walk.old_at;
		enum ota_err err;

		if (c->walk.new_at == c->walk.new_size)
			return control_finish(c, diag);
		err = read_record(c, &record, diag);
		if (err != OTA_OK)
			return err;
		if (record.add > 0 && (old_at < 0 || (uint64_t)old_at > run->job.old_size ||
				       (uint64_t)record.add > run->job.old_size - (uint64_t)old_at))
			c->outside = true;
		edit->old_at = (uint32_t)old_at;
		edit->add = (uint32_t)record.add;
		edit->insert = (uint32_t)record.insert;
	}
	return OTA_OK;
}

static bool is_end(const struct edit *edit)
{
	return edit->add == 0 && edit->insert == 0;
}

/* Memory follows what has been decoded, and goes no further than the patch's own bytes warrant. */
static enum ota_err keep(struct run *run, struct edit edit, struct ota_diag *diag)
{
	size_t cap = run->cap > 0 ? 2 * run->cap : KEEP_AT_FIRST;
	struct edit *grown;

	if (run->n_kept >= KEEP_PER(run->job.parts->stream[OTA_BSDIFF_CONTROL].len))
		run->too_many = true;
	if (run->too_many)
		return OTA_OK;
	if (run->n_kept == run->cap) {
		grown = realloc(run->kept, cap * sizeof(edit));
		if (!grown)
			return ota_fail(diag, OTA_E_MEMORY, "out of memory for %zu records", cap);
		run->kept = grown;
		run->cap = cap;
	}
	run->kept[run->n_kept++] = edit;
	return OTA_OK;
}

static void count(struct run *run, struct edit edit)
{
	uint64_t end = (uint64_t)edit.old_at + edit.add;

	run->job.content->blended += edit.add;
	run->job.content->inserted += edit.insert;
	if (edit.add > 0 && end > run->job.content->old_reach)
		run->job.content->old_reach = end;
}

/* bspatch takes zeros there; bsdiff never does it, so the patch is for a longer old file. */
static enum ota_err fail_outside(const struct run *run, struct ota_diag *diag)
{
	if (!run->job.out && !run->job.expected)
		return ota_fail(diag, OTA_E_MALFORMED,
				"patch reads bytes that no old file of at most %u has",
				OTA_BSDIFF_IMAGE_MAX);
	return ota_fail(diag, OTA_E_WRONG_BASE, "patch reads bytes outside of the old file's %zu",
			run->job.old_image.len);
}

/* Reads all of the control stream, and so knows where every byte of the others goes. */
static enum ota_err read_control(struct run *run, struct ota_diag *diag)
{
	struct edit edit;
	enum ota_err err = control_open(run, diag);

	while (err == OTA_OK) {
		err = control_next(run, &edit, diag);
		if (err != OTA_OK || is_end(&edit))
			break;
		count(run, edit);
		err = keep(run, edit, diag);
	}
	run->job.content->records = run->control.n;
	if (err == OTA_OK && run->control.outside)
		err = fail_outside(run, diag);
	ota_bz2_close(&run->control.reader);
	return err;
}

/* -- diff and extra --------------------------------------------------------------------------- */

/* Bytes of one stream that lie together. */
struct part {
	enum ota_bsdiff_stream stream;
	size_t new_at;
	size_t old_at; /* of the diff stream */
	size_t len;
};

static enum ota_err read_part(struct run *run, struct part part, struct ota_wr *wr,
			      struct ota_diag *diag)
{
	struct ota_bz2_reader *reader = &run->reader[part.stream];
	enum ota_err err = ota_bz2_read(reader, wr, diag);

	if (err == OTA_OK && wr->at < wr->cap)
		err = ota_fail(diag, OTA_E_MALFORMED, "%s stream ends after %zu of %zu new bytes",
			       ota_bsdiff_stream_names[part.stream], part.new_at + wr->at,
			       new_size_of(run));
	return err;
}

static void add_old(uint8_t *bytes, struct ota_span old_bytes)
{
	for (size_t i = 0; i < old_bytes.len; i++)
		bytes[i] = (uint8_t)(bytes[i] + old_bytes.data[i]);
}

static size_t zeros_in(struct ota_span bytes)
{
	size_t zeros = 0;

	for (size_t i = 0; i < bytes.len; i++)
		zeros += bytes.data[i] == 0;
	return zeros;
}

static enum ota_err fail_differs(size_t at, struct ota_diag *diag)
{
	return ota_fail(diag, OTA_E_REFUSED,
			"the bsdiff patch made does not give the new file back at its byte %zu",
			at);
}

/* Where the part's bytes go: their place in `out`, or for a while a piece of memory. */
static enum ota_err make_room(struct run *run, struct part *part, uint8_t **room,
			      struct ota_diag *diag)
{
	size_t left = new_size_of(run) - part->new_at;
	enum ota_err err;

	if (part->len > sizeof(run->piece))
		part->len = sizeof(run->piece);
	*room = run->piece;
	if (!run->job.out)
		return OTA_OK;
	run->job.out->len = run->job.start + part->new_at;
	err = ota_buf_reserve(run->job.out, left < ROOM_AT_FIRST ? left : ROOM_AT_FIRST, diag);
	if (err == OTA_OK)
		*room = run->job.out->data + run->job.out->len;
	return err;
}

static enum ota_err take_part(struct run *run, struct part *part, struct ota_diag *diag)
{
	uint8_t *room;
	struct ota_wr wr;
	enum ota_err err = make_room(run, part, &room, diag);

	if (err != OTA_OK)
		return err;
	wr = ota_wr_init(room, part->len);
	err = read_part(run, *part, &wr, diag);
	if (err != OTA_OK)
		return err;
	if (part->stream == OTA_BSDIFF_DIFF && !run->job.out && !run->job.expected)
		run->job.content->unchanged += zeros_in(ota_wr_span(&wr));
	if (part->stream == OTA_BSDIFF_DIFF && (run->job.out || run->job.expected))
		add_old(room, ota_span_sub(run->job.old_image, part->old_at, part->len));
	if (run->job.expected &&
	    !ota_span_equal(ota_wr_span(&wr),
			    ota_span_sub(*run->job.expected, part->new_at, part->len)))
		return fail_differs(part->new_at, diag);
	return OTA_OK;
}

static enum ota_err take(struct run *run, struct part part, struct ota_diag *diag)
{
	enum ota_err err = OTA_OK;
	size_t left = part.len;

	while (err == OTA_OK && left > 0) {
		part.len = left;
		err = take_part(run, &part, diag);
		part.new_at += part.len;
		part.old_at += part.len;
		left -= part.len;
	}
	return err;
}

/* -- passes ----------------------------------------------------------------------------------- */

static enum ota_err pass_open(struct run *run, const bool wanted[BSDIFF_STREAMS],
			      struct ota_diag *diag)
{
	enum ota_err err = OTA_OK;

	if (run->too_many)
		err = control_open(run, diag);
	for (size_t i = OTA_BSDIFF_DIFF; err == OTA_OK && i < BSDIFF_STREAMS; i++) {
		if (wanted[i])
			err = ota_bz2_open(&run->reader[i], run->job.parts->stream[i],
					   ota_bsdiff_stream_names[i], diag);
	}
	return err;
}

static enum ota_err next_edit(struct run *run, size_t i, struct edit *edit, struct ota_diag *diag)
{
	if (run->too_many)
		return control_next(run, edit, diag);
	*edit = i < run->n_kept ? run->kept[i] : (struct edit){0};
	return OTA_OK;
}

/* What the wanted streams give for one edit, which makes the new bytes from `new_at` on. */
static enum ota_err take_edit(struct run *run, const struct edit *edit, size_t new_at,
			      const bool wanted[BSDIFF_STREAMS], struct ota_diag *diag)
{
	struct part add = {OTA_BSDIFF_DIFF, new_at, edit->old_at, edit->add};
	struct part insert = {OTA_BSDIFF_EXTRA, new_at + edit->add, 0, edit->insert};
	enum ota_err err = OTA_OK;

	if (wanted[OTA_BSDIFF_DIFF])
		err = take(run, add, diag);
	if (err == OTA_OK && wanted[OTA_BSDIFF_EXTRA])
		err = take(run, insert, diag);
	return err;
}

/* Takes what the wanted streams hold, and sees that nothing is left in them. */
static enum ota_err pass(struct run *run, bool diff, bool extra, struct ota_diag *diag)
{
	const bool wanted[BSDIFF_STREAMS] = {false, diff, extra};
	size_t new_at = 0;
	struct edit edit;
	enum ota_err err = pass_open(run, wanted, diag);

	for (size_t i = 0; err == OTA_OK; i++) {
		err = next_edit(run, i, &edit, diag);
		if (err != OTA_OK || is_end(&edit))
			break;
		err = take_edit(run, &edit, new_at, wanted, diag);
		new_at += (size_t)edit.add + edit.insert;
	}
	for (size_t i = OTA_BSDIFF_DIFF; err == OTA_OK && i < BSDIFF_STREAMS; i++) {
		if (wanted[i])
			err = ota_bz2_finish(&run->reader[i], diag);
	}
	for (size_t i = OTA_BSDIFF_DIFF; i < BSDIFF_STREAMS; i++)
		ota_bz2_close(&run->reader[i]);
	ota_bz2_close(&run->control.reader);
	return err;
}

/*
 * One stream after the other needs the whole new image at once. A header that claims much more than
 * the old image has is not believed: then both streams are taken in step, and memory follows what
 * they give.
 */
static enum ota_err passes(struct run *run, struct ota_diag *diag)
{
	size_t new_size = new_size_of(run);
	enum ota_err err = OTA_OK;

	if (run->job.out && new_size > ROOM_AT_FIRST &&
	    new_size - ROOM_AT_FIRST > run->job.old_image.len)
		return pass(run, true, true, diag);
	if (run->job.out)
		err = ota_buf_reserve(run->job.out, new_size, diag);
	if (err == OTA_OK)
		err = pass(run, true, false, diag);
	if (err == OTA_OK)
		err = pass(run, false, true, diag);
	return err;
}

static enum ota_err run_job(const struct job *job, struct ota_diag *diag)
{
	struct run *run = calloc(1, sizeof(*run));
	enum ota_err err;

	if (!run)
		return ota_fail(diag, OTA_E_MEMORY, "out of memory, %zu bytes wanted",
				sizeof(*run));
	run->job = *job;
	err = read_control(run, diag);
	if (err == OTA_OK)
		err = passes(run, diag);
	if (err == OTA_OK && job->out)
		job->out->len = job->start + new_size_of(run);
	free(run->kept);
	free(run);
	return err;
}

enum ota_err ota_bsdiff_decode(struct ota_span old_image, struct ota_span patch,
			       struct ota_buf *out, struct ota_diag *diag)
{
	struct bsdiff_parts parts;
	struct bsdiff_content content = {0};
	const struct job job = {.parts = &parts,
				.old_image = old_image,
				.old_size = old_image.len,
				.out = out,
				.start = out->len,
				.content = &content};
	size_t room = out->ceiling - out->len;
	enum ota_err err = ota_bsdiff_take_apart(patch, &parts, diag);

	if (err == OTA_OK && (uint64_t)parts.header.new_size > room)
		err = ota_fail(diag, OTA_E_NO_FIT,
			       "new file is %" PRId64 " bytes, at most %zu are accepted",
			       parts.header.new_size, room);
	return err == OTA_OK ? run_job(&job, diag) : err;
}

enum ota_err ota_bsdiff_prove(struct ota_span old_image, struct ota_span patch,
			      struct ota_span new_image, struct ota_diag *diag)
{
	struct bsdiff_parts parts;
	struct bsdiff_content content = {0};
	const struct job job = {.parts = &parts,
				.old_image = old_image,
				.old_size = old_image.len,
				.expected = &new_image,
				.content = &content};
	enum ota_err err = ota_bsdiff_take_apart(patch, &parts, diag);

	if (err == OTA_OK && (uint64_t)parts.header.new_size != new_image.len)
		err = fail_differs(new_image.len, diag);
	return err == OTA_OK ? run_job(&job, diag) : err;
}

enum ota_err ota_bsdiff_look_through(const struct bsdiff_parts *parts,
				     struct bsdiff_content *content, struct ota_diag *diag)
{
	/* The old image is not known; any read that could be legal is. */
	const struct job job = {
		.parts = parts, .old_size = OTA_BSDIFF_IMAGE_MAX, .content = content};

	*content = (struct bsdiff_content){0};
	return run_job(&job, diag);
}
