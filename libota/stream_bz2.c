// SPDX-License-Identifier: Apache-2.0
#include <limits.h>

#include "stream_bz2.h"

#define LEVEL_MAX 9U
/* Bytes of a block, which libbz2 fills to 19 less (compress.c, nblockMAX). */
#define BLOCK_STEP  100000U
#define BLOCK_SPARE 19U
/* libbz2 stores a run of 4 to 255 equal bytes as 5 before it sorts a block. */
#define RUN_MAX    255U
#define RUN_SHORT  4U
#define RUN_STORED 5U
#define PIECE      65536U /* bytes the output grows by */
/*
 * How long libbz2 tries its quick sort on repetitive data before it takes the slow one (30 by
 * default): a patch's differences repeat a lot, but the quick one gets through them.
 */
#define WORK_FACTOR 100

/* libbz2's pointers are not const, though it does not write through next_in. */
static char *unconst(const uint8_t *data)
{
	char *same;

	memcpy(&same, &data, sizeof(same));
	return same;
}

static unsigned run_stored(unsigned run)
{
	return run < RUN_SHORT ? run : RUN_STORED;
}

void ota_bz2_measure(struct ota_bz2_meter *meter, struct ota_span plain)
{
	struct ota_bz2_meter m = *meter;

	for (size_t i = 0; i < plain.len; i++) {
		if (m.run > 0 && m.run < RUN_MAX && plain.data[i] == m.byte) {
			m.run++;
			continue;
		}
		m.stored += run_stored(m.run);
		m.run = 1;
		m.byte = plain.data[i];
	}
	*meter = m;
}

unsigned ota_bz2_level_for(const struct ota_bz2_meter *meter)
{
	uint64_t need = meter->stored + run_stored(meter->run);

	for (unsigned level = 1; level < LEVEL_MAX; level++) {
		if (need <= level * BLOCK_STEP - BLOCK_SPARE)
			return level;
	}
	return LEVEL_MAX;
}

enum ota_err ota_bz2_begin(struct ota_bz2_writer *writer, unsigned level, struct ota_buf *out,
			   struct ota_diag *diag)
{
	*writer = (struct ota_bz2_writer){.out = out};
	if (BZ2_bzCompressInit(&writer->bz, (int)level, 0, WORK_FACTOR) != BZ_OK)
		return ota_fail(diag, OTA_E_MEMORY, "out of memory for bzip2");
	writer->open = true;
	return OTA_OK;
}

/* One step of libbz2 into room made for it. */
static enum ota_err step(struct ota_bz2_writer *writer, int action, int *status,
			 struct ota_diag *diag)
{
	struct ota_buf *out = writer->out;
	size_t left = out->ceiling - out->len;
	size_t piece = left > 0 && left < PIECE ? left : PIECE;
	enum ota_err err = OTA_OK;

	if (out->cap > out->len && out->cap - out->len < piece)
		piece = out->cap - out->len;
	else
		err = ota_buf_reserve(out, piece, diag);
	if (err != OTA_OK)
		return err;
	writer->bz.next_out = (char *)out->data + out->len;
	writer->bz.avail_out = (unsigned)piece;
	*status = BZ2_bzCompress(&writer->bz, action);
	out->len += piece - writer->bz.avail_out;
	if (*status < 0)
		return ota_fail(diag, OTA_E_MEMORY, "bzip2 failed with %d", *status);
	return OTA_OK;
}

enum ota_err ota_bz2_write(struct ota_bz2_writer *writer, struct ota_span plain,
			   struct ota_diag *diag)
{
	enum ota_err err = OTA_OK;
	int status;

	writer->bz.next_in = unconst(plain.data);
	writer->bz.avail_in = (unsigned)plain.len;
	while (err == OTA_OK && writer->bz.avail_in > 0)
		err = step(writer, BZ_RUN, &status, diag);
	return err;
}

enum ota_err ota_bz2_end(struct ota_bz2_writer *writer, struct ota_diag *diag)
{
	enum ota_err err = OTA_OK;
	int status = BZ_FINISH_OK;

	while (err == OTA_OK && status == BZ_FINISH_OK)
		err = step(writer, BZ_FINISH, &status, diag);
	return err;
}

void ota_bz2_abandon(struct ota_bz2_writer *writer)
{
	if (writer->open)
		(void)BZ2_bzCompressEnd(&writer->bz);
	*writer = (struct ota_bz2_writer){0};
}

enum ota_err ota_bz2_compress(struct ota_span plain, struct ota_buf *out, struct ota_diag *diag)
{
	struct ota_bz2_meter meter = {.run = 0};
	struct ota_bz2_writer writer = {.open = false};
	enum ota_err err;

	if (plain.len > UINT_MAX)
		return ota_fail(diag, OTA_E_NO_FIT, "%zu bytes are too many for bzip2, at most %u",
				plain.len, UINT_MAX);
	ota_bz2_measure(&meter, plain);
	err = ota_bz2_begin(&writer, ota_bz2_level_for(&meter), out, diag);
	if (err == OTA_OK)
		err = ota_bz2_write(&writer, plain, diag);
	if (err == OTA_OK)
		err = ota_bz2_end(&writer, diag);
	ota_bz2_abandon(&writer);
	return err;
}

unsigned ota_bz2_level(struct ota_span stream)
{
	if (stream.len < 4 || !ota_span_equal(ota_span_head(stream, 3), ota_span_of("BZh", 3)))
		return 0;
	if (stream.data[3] < '1' || stream.data[3] > '9')
		return 0;
	return (unsigned)(stream.data[3] - '0');
}

enum ota_err ota_bz2_open(struct ota_bz2_reader *reader, struct ota_span stream, const char *name,
			  struct ota_diag *diag)
{
	*reader = (struct ota_bz2_reader){.rest = stream, .name = name, .size = stream.len};
	if (BZ2_bzDecompressInit(&reader->bz, 0, 0) != BZ_OK)
		return ota_fail(diag, OTA_E_MEMORY, "out of memory for bzip2");
	reader->open = true;
	return OTA_OK;
}

/* Compressed bytes that libbz2 has not taken. */
static size_t untaken(const struct ota_bz2_reader *reader)
{
	return reader->rest.len + reader->bz.avail_in;
}

static void feed(struct ota_bz2_reader *reader)
{
	struct ota_span piece = ota_span_head(reader->rest, INT_MAX);

	reader->bz.next_in = unconst(piece.data);
	reader->bz.avail_in = (unsigned)piece.len;
	reader->rest = ota_span_tail(reader->rest, piece.len);
}

static enum ota_err fail_status(const struct ota_bz2_reader *reader, int status,
				struct ota_diag *diag)
{
	if (status == BZ_MEM_ERROR)
		return ota_fail(diag, OTA_E_MEMORY, "out of memory for the %s stream's bzip2",
				reader->name);
	return ota_fail(diag, OTA_E_MALFORMED, "%s stream has bad bzip2 data before its byte %zu",
			reader->name, reader->size - untaken(reader));
}

/* After a step that left room: at the end, or out of compressed bytes. */
static enum ota_err check_step(struct ota_bz2_reader *reader, int status, struct ota_diag *diag)
{
	if (status == BZ_STREAM_END) {
		reader->ended = true;
		if (untaken(reader) > 0)
			return ota_fail(diag, OTA_E_MALFORMED,
					"%zu bytes follow the %s stream's end", untaken(reader),
					reader->name);
		return OTA_OK;
	}
	if (status != BZ_OK)
		return fail_status(reader, status, diag);
	if (reader->bz.avail_out > 0 && untaken(reader) == 0)
		return ota_fail(diag, OTA_E_TRUNCATED,
				"%s stream of %zu bytes ends before its bzip2", reader->name,
				reader->size);
	return OTA_OK;
}

enum ota_err ota_bz2_read(struct ota_bz2_reader *reader, struct ota_wr *out, struct ota_diag *diag)
{
	enum ota_err err = OTA_OK;

	while (err == OTA_OK && !reader->ended && out->at < out->cap) {
		size_t room = out->cap - out->at < INT_MAX ? out->cap - out->at : INT_MAX;
		int status;

		if (reader->bz.avail_in == 0)
			feed(reader);
		reader->bz.next_out = (char *)out->data + out->at;
		reader->bz.avail_out = (unsigned)room;
		status = BZ2_bzDecompress(&reader->bz);
		out->at += room - reader->bz.avail_out;
		err = check_step(reader, status, diag);
	}
	return err;
}

enum ota_err ota_bz2_finish(struct ota_bz2_reader *reader, struct ota_diag *diag)
{
	uint8_t byte;
	struct ota_wr wr = ota_wr_init(&byte, 1);
	enum ota_err err = ota_bz2_read(reader, &wr, diag);

	if (err == OTA_OK && wr.at > 0)
		return ota_fail(diag, OTA_E_MALFORMED,
				"%s stream holds more than the control records use", reader->name);
	return err;
}

void ota_bz2_close(struct ota_bz2_reader *reader)
{
	if (reader->open)
		(void)BZ2_bzDecompressEnd(&reader->bz);
	*reader = (struct ota_bz2_reader){0};
}
