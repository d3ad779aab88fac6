// SPDX-License-Identifier: Apache-2.0
/*
 * BSDIFF40, the patch format of bsdiff 4.x: header, control records, and a decoder that a device
 * can carry. The three streams are plain here; the file holds each compressed with bzip2, which is
 * the business of whoever calls. The format is described in formats/bsdiff.md.
 */
#ifndef OTA_BSDIFF_H
#define OTA_BSDIFF_H

#include <ota/patch.h>

#ifdef __cplusplus
extern "C" {
#endif

#define OTA_BSDIFF_HEADER_SIZE 32U
#define OTA_BSDIFF_RECORD_SIZE 24U
/* Largest old or new image, in bytes. */
#define OTA_BSDIFF_IMAGE_MAX 0x7fffffffU

/* The streams, in the order they lie in the file; also io->patch[] of the decoder. */
enum ota_bsdiff_stream {
	OTA_BSDIFF_CONTROL = 0,
	OTA_BSDIFF_DIFF = 1,
	OTA_BSDIFF_EXTRA = 2,
};

/* Sizes in bytes; the extra stream is what follows the diff stream, up to the patch's end. */
struct ota_bsdiff_header {
	int64_t control_size; /* compressed */
	int64_t diff_size;    /* compressed */
	int64_t new_size;
};

/* One control record: `add` diff bytes onto old ones, `insert` extra bytes, then move in old. */
struct ota_bsdiff_record {
	int64_t add;
	int64_t insert;
	int64_t seek;
};

/* True when `patch` starts with the magic. */
OTA_API bool ota_bsdiff_probe(struct ota_span patch);

/*
 * Reads the header of a whole patch and checks that none of its fields is negative and that the
 * control and diff streams end inside the patch. OTA_E_TRUNCATED, OTA_E_MALFORMED. Fills `header`,
 * after a failure with what could be read.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_bsdiff_header_read(struct ota_span patch,
							   struct ota_bsdiff_header *header);

/* Reads the record at the cursor; the cursor's error says when there is none. */
OTA_API struct ota_bsdiff_record ota_bsdiff_record_read(struct ota_rd *rd);

/* Following a patch's records without its bytes, under the decoder's rules. */
struct ota_bsdiff_walk {
	int64_t old_at;    /* where the next record begins in old, may lie outside of it */
	uint32_t new_size; /* bytes */
	uint32_t new_at;   /* bytes that the records so far make; new_size: this was the last */
	uint32_t idle;     /* how many more empty records may come */
};

/* Begins. OTA_E_UNSUPPORTED when `new_size` is over OTA_BSDIFF_IMAGE_MAX. Fills `walk`. */
OTA_API OTA_MUST_CHECK enum ota_err ota_bsdiff_walk_init(struct ota_bsdiff_walk *walk,
							 uint64_t new_size);

/* Takes the next record. OTA_E_MALFORMED: it is bad, and `walk` stays where it was. */
OTA_API OTA_MUST_CHECK enum ota_err ota_bsdiff_walk_step(struct ota_bsdiff_walk *walk,
							 struct ota_bsdiff_record record);

/* -- decoder ---------------------------------------------------------------------------------- */

/* Bytes of struct ota_bsdiff_dec, on every machine. Nothing else is needed but the caller's io. */
#define OTA_BSDIFF_DEC_RAM 64U
/*
 * Worst-case stack below any of the reading functions on a Cortex-M, in bytes, without bzip2's;
 * held by tests/device.
 */
#define OTA_BSDIFF_DEC_STACK 256U

/*
 * Plain integers: save it field by field and go on after a reset. The record being worked on stays
 * in `control`; nothing else is remembered.
 */
struct ota_bsdiff_dec {
	int64_t old_at;    /* next byte of old, may lie outside of it */
	uint32_t old_size; /* bytes */
	uint32_t new_size; /* bytes */
	uint32_t new_at;   /* bytes made so far */
	uint32_t add;      /* diff bytes left in this record */
	uint32_t insert;   /* extra bytes left in this record */
	uint32_t idle;     /* how many more empty records may come */
	uint8_t control[OTA_BSDIFF_RECORD_SIZE];
	uint8_t control_len; /* bytes of `control` filled */
	uint8_t err;         /* enum ota_err, after OTA_WANT_STOP */
	uint8_t outside;     /* 1: a record has used bytes outside of old, which count as 0 */
	uint8_t reserved[5]; /* zero; makes the size the same everywhere */
};

/*
 * Begins a new image of `new_size` bytes on an old one of `old_size`. OTA_E_UNSUPPORTED when one is
 * over OTA_BSDIFF_IMAGE_MAX. Fills `dec`.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_bsdiff_dec_init(struct ota_bsdiff_dec *dec,
							uint64_t old_size, uint64_t new_size);

/*
 * Goes on until something is wanted. Old bytes must be given anew (io->old, starting at io->old_at)
 * whenever OTA_WANT_OLD is returned: what is left of them is dropped at each record's start.
 * OTA_WANT_NONE: new_size bytes have been made; that every stream ends there too is for the caller
 * to check. OTA_WANT_STOP: dec->err is OTA_E_MALFORMED and `control` holds the bad record.
 */
OTA_API OTA_MUST_CHECK enum ota_want ota_bsdiff_dec_step(struct ota_bsdiff_dec *dec,
							 struct ota_dec_io *io);

/* -- encoder ---------------------------------------------------------------------------------- */

/* One of the three streams, made from edits a piece at a time. Borrows edits and images. */
struct ota_bsdiff_enc {
	enum ota_bsdiff_stream stream;
	struct ota_ops ops;
	struct ota_span old_image;
	struct ota_span new_image;
	size_t op;     /* edit to be written next, or in part */
	size_t done;   /* bytes of it that are written */
	size_t new_at; /* where it begins in new */
	size_t old_at; /* control: where the decoder will stand in old */
};

/*
 * Begins. OTA_E_USAGE: an edit that is neither BLEND nor INSERT, leaves the old image, or edits
 * that do not tile the new one. Fills `enc`.
 */
OTA_API OTA_MUST_CHECK enum ota_err
ota_bsdiff_enc_init(struct ota_bsdiff_enc *enc, enum ota_bsdiff_stream stream, struct ota_ops ops,
		    struct ota_span old_image, struct ota_span new_image);

/*
 * Fills the room in `out` with the stream's next bytes, of records whole ones only. With room for
 * a record nothing is written only when the stream has ended.
 */
OTA_API void ota_bsdiff_enc_read(struct ota_bsdiff_enc *enc, struct ota_wr *out);

/* Writes a record's 24 bytes. */
OTA_API void ota_bsdiff_record_write(struct ota_wr *wr, struct ota_bsdiff_record record);

/* Writes the 32 bytes of the header. */
OTA_API void ota_bsdiff_header_write(struct ota_wr *wr, const struct ota_bsdiff_header *header);

#ifdef __cplusplus
}
#endif
#endif
