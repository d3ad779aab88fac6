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

/* libbz2's pointers are not const, though it does not write through next_in. */
static char *unconst(const uint8_t *data)
{
	char *same;

	memcpy(&same, &data, sizeof(same));
	return same;
}

/* Bytes that `plain` takes in a block: run-length coded. */
static size_t block_bytes(struct ota_span plain)
{
	size_t total = 0;
	size_t at = 0;

	while (at < plain.len) {
		size_t n = 1;

		while (n < RUN_MAX && at + n < plain.len && plain.data[at + n] == plain.data[at])
			n++;
		total += n < RUN_SHORT ? n : RUN_STORED;
		at += n;
	}
	return total;
}

static unsigned level_for(struct ota_span plain)
{
	size_t need = block_bytes(plain);

	for (unsigned level = 1; level < LEVEL_MAX; level++) {
		if (need <= level * BLOCK_STEP - BLOCK_SPARE)
			return level;
	}
	return LEVEL_MAX;
}

/* Runs libbz2 until it has written all, growing `out` a piece at a time. */
static enum ota_err compress_all(bz_stream *bz, struct ota_buf *out, struct ota_diag *diag)
{
	int status = BZ_FINISH_OK;

	while (status == BZ_FINISH_OK) {
		size_t left = out->ceiling - out->len;
		size_t piece = left > 0 && left < PIECE ? left : PIECE;
		enum ota_err err = ota_buf_reserve(out, piece, diag);

		if (err != OTA_OK)
			return err;
		bz->next_out = (char *)out->data + out->len;
		bz->avail_out = (unsigned)piece;
		status = BZ2_bzCompress(bz, BZ_FINISH);
		out->len += piece - bz->avail_out;
	}
	if (status != BZ_STREAM_END)
		return ota_fail(diag, OTA_E_MEMORY, "bzip2 failed with %d", status);
	return OTA_OK;
}

enum ota_err ota_bz2_compress(struct ota_span plain, struct ota_buf *out, struct ota_diag *diag)
{
	bz_stream bz = {.next_in = unconst(plain.data)};
	enum ota_err err;

	if (plain.len > UINT_MAX)
		return ota_fail(diag, OTA_E_NO_FIT, "%zu bytes are too many for bzip2, at most %u",
				plain.len, UINT_MAX);
	bz.avail_in = (unsigned)plain.len;
	if (BZ2_bzCompressInit(&bz, (int)level_for(plain), 0, 0) != BZ_OK)
		return ota_fail(diag, OTA_E_MEMORY, "out of memory for bzip2");
	err = compress_all(&bz, out, diag);
	(void)BZ2_bzCompressEnd(&bz);
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
