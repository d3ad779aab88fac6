// SPDX-License-Identifier: Apache-2.0
/*
 * VCDIFF (RFC 3284), as xdelta3 3.0.11 writes and reads it: header, windows, and a decoder of one
 * window that a device can carry. Sections are plain here; undoing secondary compression is the
 * business of whoever calls. The format is described in formats/vcdiff.md.
 */
#ifndef OTA_VCDIFF_H
#define OTA_VCDIFF_H

#include <ota/patch.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Largest old or new image, in bytes. */
#define OTA_VCDIFF_IMAGE_MAX 0x7fffffffU

/* The sections of a window, in the order they lie in the file; also io->patch[] of the decoder. */
enum ota_vcdiff_section {
	OTA_VCDIFF_DATA = 0, /* bytes to insert */
	OTA_VCDIFF_INST = 1, /* instructions and sizes */
	OTA_VCDIFF_ADDR = 2, /* addresses of COPY */
};
#define OTA_VCDIFF_SECTIONS 3U

/* Secondary compressors, by xdelta3's numbers. */
enum ota_vcdiff_secondary {
	OTA_VCDIFF_PLAIN = 0,
	OTA_VCDIFF_DJW = 1,
	OTA_VCDIFF_LZMA = 2,
	OTA_VCDIFF_FGK = 16,
};

struct ota_vcdiff_header {
	uint8_t secondary;          /* its number; OTA_VCDIFF_PLAIN: none */
	struct ota_span app_header; /* xdelta3's file names and such: not to be used; borrowed */
};

/* One window's header; sizes and offsets in bytes. */
struct ota_vcdiff_window {
	uint32_t source_at; /* the source segment: part of old */
	uint32_t source_len;
	uint32_t new_len;                          /* target window */
	uint32_t section_len[OTA_VCDIFF_SECTIONS]; /* as stored */
	bool compressed[OTA_VCDIFF_SECTIONS];      /* by the secondary compressor */
	bool has_adler;
	uint32_t adler; /* Adler-32 of the target window, beginning with 1 as zlib's */
};

/* Most bytes of a header without its application header, and of a window's header. */
#define OTA_VCDIFF_WINDOW_HEADER_MAX 64U

/* True when `patch` starts with VCDIFF's magic and RFC 3284's version 0. */
OTA_API bool ota_vcdiff_probe(struct ota_span patch);

/*
 * Reads the file's header at the cursor, which moves to the first window. OTA_E_TRUNCATED.
 * OTA_E_MALFORMED: another magic, unknown indicator bits, 0 for a secondary compressor, a number
 * that does not fit 32 bits. OTA_E_UNSUPPORTED: a code table of its own (RFC 3284 section 7). An
 * unknown secondary compressor is none of this function's business. Fills `header`.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_vcdiff_header_read(struct ota_rd *rd,
							   struct ota_vcdiff_header *header);

/*
 * Reads a window's header at the cursor, which moves to its data section. `old_size` and `new_left`
 * bound what it may claim. OTA_E_TRUNCATED: the cursor's bytes end inside the header.
 * OTA_E_MALFORMED: a number over 32 bits, unknown indicator bits, a delta length that is not the
 * sum of its parts, more new bytes than `new_left`, source and target of over 4 GiB together.
 * OTA_E_UNSUPPORTED: VCD_TARGET. OTA_E_WRONG_BASE: the source segment leaves the old image. That
 * the sections end inside the patch is for the caller to check, and so is a window of no byte,
 * which xdelta3 writes for an empty new image and for nothing else. Fills `window`, after a failure
 * with what could be read.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_vcdiff_window_read(struct ota_rd *rd, uint64_t old_size,
							   uint64_t new_left,
							   struct ota_vcdiff_window *window);

/* Reads a number in base 128. OTA_E_TRUNCATED, OTA_E_MALFORMED: it does not fit 32 bits. */
OTA_API OTA_MUST_CHECK enum ota_err ota_vcdiff_number_read(struct ota_rd *rd, uint32_t *value);

/* Adler-32 of `bytes`, going on from `adler`; begin with 1. */
OTA_API uint32_t ota_adler32(uint32_t adler, struct ota_span bytes);

/* Sizes that the default code table holds; others follow the code (RFC 3284 section 5.6). */
#define OTA_VCDIFF_ADD_CODED_MAX  17U
#define OTA_VCDIFF_COPY_CODED_MIN 4U
#define OTA_VCDIFF_COPY_CODED_MAX 18U
/* ADD and COPY up to these share a code. */
#define OTA_VCDIFF_PAIR_ADD_MAX  4U
#define OTA_VCDIFF_PAIR_COPY_MAX 6U

/* -- address cache (RFC 3284 section 5.3) ------------------------------------------------------ */

#define OTA_VCDIFF_NEAR 4U
#define OTA_VCDIFF_SAME 3U

/* A SAME mode's address is one byte: an index into its part of the cache. */
#define OTA_VCDIFF_SAME_PART 256U
#define OTA_VCDIFF_SAME_ALL  (OTA_VCDIFF_SAME * OTA_VCDIFF_SAME_PART)

struct ota_vcdiff_cache {
	uint32_t near[OTA_VCDIFF_NEAR];
	uint32_t same[OTA_VCDIFF_SAME_ALL];
	uint32_t next_slot;
};

/* Both inline, so that a device decoder has no undefined symbol. */

/* Empties the cache, as at every window's start. */
static inline void ota_vcdiff_cache_init(struct ota_vcdiff_cache *cache)
{
	memset(cache, 0, sizeof(*cache));
}

/* Remembers an address, as encoder and decoder do after every COPY. */
static inline void ota_vcdiff_cache_update(struct ota_vcdiff_cache *cache, uint32_t addr)
{
	cache->near[cache->next_slot] = addr;
	cache->next_slot = (cache->next_slot + 1) % OTA_VCDIFF_NEAR;
	cache->same[addr % OTA_VCDIFF_SAME_ALL] = addr;
}

/* -- decoder of one window --------------------------------------------------------------------- */

/* Bytes of struct ota_vcdiff_dec, on every machine; the target window's buffer comes on top. */
#define OTA_VCDIFF_DEC_RAM 3144U
/* Worst-case stack below any of the reading functions on a Cortex-M, in bytes; held by
 * tests/device. */
#define OTA_VCDIFF_DEC_STACK 192U

/* Plain integers: save it field by field and go on after a reset, with the window made so far. */
struct ota_vcdiff_dec {
	struct ota_vcdiff_cache cache;
	uint32_t source_at;
	uint32_t source_len;
	uint32_t new_len;
	uint32_t new_at;                            /* bytes of this window made so far */
	uint32_t section_left[OTA_VCDIFF_SECTIONS]; /* plain bytes not taken yet */
	uint32_t size;                              /* of the instruction at work, or bytes left */
	uint32_t addr;      /* COPY: next byte's address in U = source ++ target */
	uint32_t varint;    /* a number being read */
	uint8_t varint_len; /* its bytes so far */
	uint8_t state;
	uint8_t code;        /* code table index at work */
	uint8_t half;        /* which of its two instructions */
	uint8_t byte;        /* RUN's */
	uint8_t err;         /* enum ota_err, after OTA_WANT_STOP */
	uint8_t reserved[6]; /* zero; makes the size the same everywhere */
};

/*
 * Begins a window, as ota_vcdiff_window_read gave it: one whose source and target exceed 32 bits
 * stops at the first step. `section_len` are plain sizes. Fills `dec`.
 */
OTA_API void ota_vcdiff_dec_init(struct ota_vcdiff_dec *dec, const struct ota_vcdiff_window *window,
				 const uint32_t section_len[OTA_VCDIFF_SECTIONS]);

/*
 * Goes on until something is wanted. io->stream says which section's bytes; of what it is given it
 * takes no more than the section has. Old bytes are wanted at absolute offsets of old, anew for
 * each COPY: what is left of io->old is dropped at its start. The window's bytes made so far must
 * lie right before io->out, in one piece, for COPY reads them back; with OTA_WANT_ROOM the caller
 * may move them. OTA_WANT_NONE: the window is made and its sections are used up. OTA_WANT_STOP:
 * dec->err says why, OTA_E_MALFORMED (also for sections that do not end with the window) or
 * OTA_E_TRUNCATED (a section that ends too early). Adler-32 is for the caller to check.
 */
OTA_API OTA_MUST_CHECK enum ota_want ota_vcdiff_dec_step(struct ota_vcdiff_dec *dec,
							 struct ota_dec_io *io);

/*
 * After OTA_WANT_ROOM: does what the room was for without making a byte, so that a look through a
 * patch needs neither images nor room; io->room stays 0. Returns what it was: INSERT (the bytes go
 * from io->patch, so it may be in pieces), RUN, COPY_OLD with `at` in old, COPY_NEW with `at` in
 * this window. A COPY that runs from old into new comes in two. dec->size is 0 after the
 * instruction's last piece.
 */
OTA_API struct ota_op ota_vcdiff_dec_skip(struct ota_vcdiff_dec *dec, struct ota_dec_io *io);

/* -- encoder ----------------------------------------------------------------------------------- */

/* Bytes of a number in base 128. */
OTA_API unsigned ota_vcdiff_size_len(uint32_t value);

/* Writes a number in base 128. */
OTA_API void ota_vcdiff_number_write(struct ota_wr *wr, uint32_t value);

/*
 * The mode that stores `addr` in the fewest bytes when the decoder stands at `here` (both in U);
 * among equals the lowest. `*stored` is what goes into the address section: one byte for a SAME
 * mode, else a number. The cache is left alone.
 */
OTA_API unsigned ota_vcdiff_address_mode(const struct ota_vcdiff_cache *cache, uint32_t addr,
					 uint32_t here, uint32_t *stored);

/* Where a window's plain sections go: one cursor each, into the caller's memory. */
struct ota_vcdiff_sections {
	struct ota_wr wr[OTA_VCDIFF_SECTIONS];
};

/*
 * Writes the sections of one window. `ops` are INSERT, RUN, COPY_OLD (`at` in old, inside the
 * source segment) and COPY_NEW (`at` in new, inside this window and before the op) that tile
 * `new_part`, which is window->new_len bytes from `new_at` on in the new image. Pairs of
 * instructions that the code table has become one. Of `window` only source_at, source_len and
 * new_len are read. OTA_E_USAGE: ops that are none of these. OTA_E_ROOM.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_vcdiff_window_encode(const struct ota_vcdiff_window *window,
							     struct ota_ops ops,
							     struct ota_span new_part,
							     uint32_t new_at,
							     struct ota_vcdiff_sections *sections);

/* Writes the file's header, with a secondary compressor's number unless it is 0. */
OTA_API void ota_vcdiff_header_write(struct ota_wr *wr, uint8_t secondary);

/* Writes a window's header; its sections follow. Stored sizes must be known. */
OTA_API void ota_vcdiff_window_write(struct ota_wr *wr, const struct ota_vcdiff_window *window);

#ifdef __cplusplus
}
#endif
#endif
