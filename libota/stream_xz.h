// SPDX-License-Identifier: Apache-2.0
/*
 * LZMA2 in memory: raw streams, as imgtool compresses images (scripts/imgtool/main.py, sign), and
 * the .xz streams that xdelta3 -S lzma makes of VCDIFF's sections.
 */
#ifndef STREAM_XZ_H
#define STREAM_XZ_H

#include <lzma.h>

#include <ota/buf.h>

/* imgtool's settings, which a decoder must know: nothing in a raw stream says them. */
#define OTA_XZ_DICTIONARY 131072U /* bytes */
#define OTA_XZ_LC         3U
#define OTA_XZ_LP         1U
#define OTA_XZ_PB         2U

/*
 * Appends `plain` as one raw stream, which ends in a zero byte; with `arm_thumb` the ARM-Thumb
 * branch filter comes before it. The bytes depend on liblzma's version. OTA_E_ROOM, OTA_E_MEMORY.
 */
OTA_MUST_CHECK enum ota_err ota_xz_compress(struct ota_span plain, bool arm_thumb,
					    struct ota_buf *out, struct ota_diag *diag);

/* -- VCDIFF's sections ------------------------------------------------------------------------- */

/*
 * All sections of one kind in a patch are one .xz stream, which begins in the first window that has
 * one compressed, is flushed at each section's end and is never finished: see formats/vcdiff.md.
 */

/* The dictionary xdelta3 writes with, in bytes, at every level. */
#define OTA_XZ_SECTION_DICTIONARY 262144U
/*
 * Most memory a stream may ask for: what the xz program's own presets need at most, of which the
 * dictionary is 64 MiB. A dictionary is a number in the stream, up to 4 GiB.
 */
#define OTA_XZ_MEMORY_MAX ((uint64_t)68 * 1024 * 1024)

/* One kind's stream being written. Zeroed, it may be closed. */
struct ota_xz_writer {
	lzma_stream xz;
	bool open;
};

/* OTA_E_MEMORY. Fills `writer`. */
OTA_MUST_CHECK enum ota_err ota_xz_writer_open(struct ota_xz_writer *writer, struct ota_diag *diag);

/*
 * Appends one section, which must not be empty. What comes out must go into the patch, whether it
 * is smaller than `plain` or not: later sections refer back to it. OTA_E_ROOM, OTA_E_MEMORY.
 */
OTA_MUST_CHECK enum ota_err ota_xz_write_section(struct ota_xz_writer *writer,
						 struct ota_span plain, struct ota_buf *out,
						 struct ota_diag *diag);

void ota_xz_writer_close(struct ota_xz_writer *writer);

/* One kind's stream being read. Zeroed, it is at its beginning, and may be closed. */
struct ota_xz_reader {
	lzma_stream xz;
	const char *name; /* for messages: "data" */
	bool open;
};

/*
 * Goes on with the next section's compressed bytes, all of them; borrows both. OTA_E_MALFORMED: the
 * first does not hold the headers that a stream begins with. OTA_E_MEMORY.
 */
OTA_MUST_CHECK enum ota_err ota_xz_begin_section(struct ota_xz_reader *reader,
						 struct ota_span stored, const char *name,
						 struct ota_diag *diag);

/*
 * Fills `out` up to its room. OTA_E_MALFORMED: bad data, or the section has no more.
 * OTA_E_UNSUPPORTED: more would be needed than OTA_XZ_MEMORY_MAX, or than the stream's beginning
 * says. OTA_E_MEMORY.
 */
OTA_MUST_CHECK enum ota_err ota_xz_read(struct ota_xz_reader *reader, struct ota_wr *out,
					struct ota_diag *diag);

/* OTA_E_MALFORMED: the section has bytes, plain or compressed, that have not been read. */
OTA_MUST_CHECK enum ota_err ota_xz_end_section(struct ota_xz_reader *reader, struct ota_diag *diag);

/*
 * Bytes that liblzma's decoder needs for a stream that begins like this: mostly the dictionary that
 * it names. 0: not enough of a beginning, or none of a stream. OTA_E_MEMORY. Fills `need`.
 */
OTA_MUST_CHECK enum ota_err ota_xz_memory(struct ota_span stream, uint64_t *need,
					  struct ota_diag *diag);

void ota_xz_reader_close(struct ota_xz_reader *reader);

#endif
