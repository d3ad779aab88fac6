// SPDX-License-Identifier: Apache-2.0
/* bzip2 streams in memory, written whole or in pieces, read in pieces. */
#ifndef STREAM_BZ2_H
#define STREAM_BZ2_H

#include <bzlib.h>

#include <ota/buf.h>

/* What libbz2's decoder takes in its small mode: this, and this much more for each level. */
#define OTA_BZ2_RAM           64144U
#define OTA_BZ2_RAM_PER_LEVEL 250000U

/* Finds the level for a stream from its plain bytes, given in pieces. Zeroed to begin with. */
struct ota_bz2_meter {
	uint64_t stored; /* bytes that those before the run take in a block */
	unsigned run;    /* equal bytes seen last; 0: none yet */
	uint8_t byte;    /* which */
};

void ota_bz2_measure(struct ota_bz2_meter *meter, struct ota_span plain);

/*
 * The smallest level whose block holds it all: a lower one costs nothing then, and both encoder and
 * decoder need less memory; 9 when none does.
 */
unsigned ota_bz2_level_for(const struct ota_bz2_meter *meter);

/* A stream being written in pieces. Zeroed, it may be abandoned. */
struct ota_bz2_writer {
	bz_stream bz;
	struct ota_buf *out; /* borrowed */
	bool open;
};

/* Begins a stream behind what is in `out`. OTA_E_MEMORY. Fills `writer`. */
OTA_MUST_CHECK enum ota_err ota_bz2_begin(struct ota_bz2_writer *writer, unsigned level,
					  struct ota_buf *out, struct ota_diag *diag);

/* Takes the next plain bytes, less than 4 GiB. OTA_E_ROOM, OTA_E_MEMORY. */
OTA_MUST_CHECK enum ota_err ota_bz2_write(struct ota_bz2_writer *writer, struct ota_span plain,
					  struct ota_diag *diag);

/* Writes the stream's end. Errors as ota_bz2_write. */
OTA_MUST_CHECK enum ota_err ota_bz2_end(struct ota_bz2_writer *writer, struct ota_diag *diag);

/* Frees what the writer holds, whether the stream was ended or not. */
void ota_bz2_abandon(struct ota_bz2_writer *writer);

/*
 * Appends `plain` as one whole stream, at the level for it. OTA_E_NO_FIT: 4 GiB or more.
 * OTA_E_ROOM, OTA_E_MEMORY.
 */
OTA_MUST_CHECK enum ota_err ota_bz2_compress(struct ota_span plain, struct ota_buf *out,
					     struct ota_diag *diag);

/* The level, 1 to 9, a stream says it was written with; 0 when it is no bzip2 stream. */
unsigned ota_bz2_level(struct ota_span stream);

/* A stream being read. Zeroed, it may be closed. */
struct ota_bz2_reader {
	bz_stream bz;
	struct ota_span rest; /* borrowed: compressed bytes not handed to libbz2 yet */
	const char *name;     /* for messages: "diff" */
	size_t size;          /* compressed bytes in all */
	bool open;
	bool ended;
};

/* Opens; no byte is looked at yet. Borrows `stream` and `name`. OTA_E_MEMORY. Fills `reader`. */
OTA_MUST_CHECK enum ota_err ota_bz2_open(struct ota_bz2_reader *reader, struct ota_span stream,
					 const char *name, struct ota_diag *diag);

/*
 * Fills `out` up to its room; less only at the stream's end. OTA_E_TRUNCATED: the compressed bytes
 * end first. OTA_E_MALFORMED: bad data or checksum, or bytes that follow the stream's end.
 */
OTA_MUST_CHECK enum ota_err ota_bz2_read(struct ota_bz2_reader *reader, struct ota_wr *out,
					 struct ota_diag *diag);

/* OTA_OK when every byte has been read and the stream ends here, else as ota_bz2_read. */
OTA_MUST_CHECK enum ota_err ota_bz2_finish(struct ota_bz2_reader *reader, struct ota_diag *diag);

void ota_bz2_close(struct ota_bz2_reader *reader);

#endif
