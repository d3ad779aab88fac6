// SPDX-License-Identifier: Apache-2.0
/*
 * otd: patches for microcontrollers, one arithmetic-coded stream whose model knows code. Header, a
 * decoder that a device can carry, and the encoder that turns a path into a patch. The format is
 * described in formats/otd.md.
 */
#ifndef OTA_OTD_H
#define OTA_OTD_H

#include <ota/patch.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Largest old or new image, in bytes. */
#define OTA_OTD_IMAGE_MAX 0x7fffffffU

/* What the code in the images is; decides which bytes are references. */
enum ota_otd_arch {
	OTA_OTD_NONE = 0,
	OTA_OTD_THUMB = 1,
	OTA_OTD_RV32 = 2,
	OTA_OTD_XTENSA = 3,
};
#define OTA_OTD_ARCHS 4U

/* How much memory the decoder has. */
enum ota_otd_tier {
	OTA_OTD_XS = 0,
	OTA_OTD_M = 1,
	OTA_OTD_NANO = 2, /* images of Thumb or no code, and of one segment */
};
#define OTA_OTD_TIERS 3U

/* -- where an image lies in memory ------------------------------------------------------------- */

#define OTA_OTD_SEGMENTS_MAX 8U

/* From file offset `at` to the next segment's, or the image's end, bytes lie from `addr` on. */
struct ota_otd_segment {
	uint32_t at; /* the first one's is 0; ascending */
	uint32_t addr;
};

/* An image's size and addresses. */
struct ota_otd_image {
	uint32_t size; /* bytes */
	uint32_t n_segments;
	struct ota_otd_segment segment[OTA_OTD_SEGMENTS_MAX];
};

/* The address of offset `at`, which may lie behind the image. */
OTA_API uint32_t ota_otd_addr(const struct ota_otd_image *image, uint32_t at);

/*
 * The offset of `addr`, also up to `slack` bytes behind the last segment. False: in no segment.
 * Fills `at`.
 */
OTA_API bool ota_otd_offset(const struct ota_otd_image *image, uint32_t addr, uint32_t slack,
			    uint32_t *at);

/* -- header ------------------------------------------------------------------------------------ */

#define OTA_OTD_VERSION 1U
/* Bytes of a header. */
#define OTA_OTD_HEADER_MIN 14U
#define OTA_OTD_HEADER_MAX 178U

/* Blocks of patches that are applied in place: powers of 2. */
#define OTA_OTD_BLOCK_MIN 128U
#define OTA_OTD_BLOCK_MAX 0x100000U

/*
 * With a block, new is made in place: over old, in one slot. The device first moves old up, so that
 * old's byte q lies at the slot's offset q + lead or higher; new then begins at the slot's offset
 * 0. A block of the slot is erased as a whole before the first byte of new is written there, so
 * while byte `at` of new is made, byte q of old is read only if q + lead >= (at / block + 1) *
 * block: the decoder makes no use of another. The slot must hold lead + old, and new. To outlive a
 * loss of power the decoder's state must be saved at the start of each block, before it is erased;
 * a device that saves it only every n blocks moves old up by (n - 1) * block more.
 */
struct ota_otd_header {
	enum ota_otd_arch arch;
	enum ota_otd_tier tier;
	bool reads_new;   /* copies from before in new: the decoder wants OTA_WANT_NEW */
	uint32_t block;   /* in place: bytes erased at a time, a power of 2; 0: old stays */
	uint32_t lead;    /* in place: bytes that old is moved up by, a multiple of block; else 0 */
	uint32_t old_crc; /* CRC-32 (IEEE 802.3, as zlib's) of the whole image */
	uint32_t new_crc;
	struct ota_otd_image old_image;
	struct ota_otd_image new_image; /* as many segments as old has */
};

/* True when `patch` starts with the magic. */
OTA_API bool ota_otd_probe(struct ota_span patch);

/*
 * Reads the header at the cursor, which moves to the stream; an error is the cursor's, too.
 * OTA_E_TRUNCATED. OTA_E_MALFORMED: not the magic, or what no writer writes. OTA_E_UNSUPPORTED:
 * another version, table, architecture or tier, tier nano with other code or segments, an image or
 * a lead over OTA_OTD_IMAGE_MAX, a block or direction of no known kind, or a patch that is applied
 * in place and this build has none of these. Fills `header`.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_otd_header_read(struct ota_rd *rd,
							struct ota_otd_header *header);

/* Writes it. */
OTA_API void ota_otd_header_write(struct ota_wr *wr, const struct ota_otd_header *header);

/* CRC-32 of `bytes`, going on from `crc`; begin with 0. */
OTA_API uint32_t ota_crc32(uint32_t crc, struct ota_span bytes);

/* -- decoder ----------------------------------------------------------------------------------- */

/*
 * Bytes of a decoder's whole state, on every machine. Nothing else is needed but the caller's io.
 */
#define OTA_OTD_DEC_RAM_NANO 1024U
#define OTA_OTD_DEC_RAM_XS   4096U
#define OTA_OTD_DEC_RAM_M    16384U
#define OTA_OTD_DEC_RAM(tier)                                                                      \
	((tier) == OTA_OTD_XS  ? OTA_OTD_DEC_RAM_XS                                                \
	 : (tier) == OTA_OTD_M ? OTA_OTD_DEC_RAM_M                                                 \
			       : OTA_OTD_DEC_RAM_NANO)
/*
 * Worst-case stack below any of the decoder's functions on a Cortex-M, in bytes, at -Os and -O2, of
 * a build for that tier; a build with more than one tier, or architecture, takes what M takes. Held
 * by tests/device.
 */
#define OTA_OTD_DEC_STACK_NANO 288U
#define OTA_OTD_DEC_STACK_XS   256U
#define OTA_OTD_DEC_STACK_M    320U
#define OTA_OTD_DEC_STACK(tier)                                                                    \
	((tier) == OTA_OTD_XS  ? OTA_OTD_DEC_STACK_XS                                              \
	 : (tier) == OTA_OTD_M ? OTA_OTD_DEC_STACK_M                                               \
			       : OTA_OTD_DEC_STACK_NANO)

/* A decoder's state: plain integers, in the memory that the caller gives. */
struct ota_otd_dec;

/*
 * Begins, in `memory` of `size` bytes, aligned to 4, which must stay in place; the header is
 * copied. `stream_size` is what follows the header in the patch, in bytes. The header's sizes are
 * claims: first see that the old image has old_image.size bytes and that new_image.size fits where
 * it goes. OTA_E_NO_FIT: `size` is under OTA_OTD_DEC_RAM of the header's tier. OTA_E_UNSUPPORTED:
 * this build has not the architecture or tier, tier nano and other code or segments, or the stream
 * is over OTA_OTD_IMAGE_MAX. Fills `dec`, which is `memory`; NULL on failure.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_otd_dec_init(void *memory, size_t size,
						     const struct ota_otd_header *header,
						     uint32_t stream_size,
						     struct ota_otd_dec **dec);

/*
 * Goes on until something is wanted; the stream is io->patch[0]. First the whole old image is
 * wanted once, to check its CRC-32: no new byte is made before.
 *
 * OTA_WANT_PATCH: at least one more byte of the stream; never more than stream_size are taken.
 * OTA_WANT_OLD: bytes of old from io->old_at on, into io->old: all to old's end at once, or as few
 * as one. They are read until old or new bytes are wanted again, and must stay till then;
 * io->old_at is the decoder's. OTA_WANT_NEW: likewise bytes of new that were put out before, from
 * offset io->old_at of new on; some may still be in a page that is not programmed yet. Only when
 * the header reads_new. OTA_WANT_ROOM: room at io->out. All that was given before is full, to the
 * last byte. OTA_WANT_NONE: the new image is whole and its CRC-32 right. OTA_WANT_STOP: see
 * ota_otd_dec_err; what was put out is void.
 */
OTA_API OTA_MUST_CHECK enum ota_want ota_otd_dec_step(struct ota_otd_dec *dec,
						      struct ota_dec_io *io);

/*
 * Why it stopped. OTA_E_WRONG_BASE: old's CRC-32 is another. OTA_E_TRUNCATED: the stream has ended.
 * OTA_E_MALFORMED: anything else; also a new image whose CRC-32 is wrong.
 */
OTA_API enum ota_err ota_otd_dec_err(const struct ota_otd_dec *dec);

/* How far it is: bytes taken off the stream, and new bytes put out. */
struct ota_otd_progress {
	uint32_t stream_at;
	uint32_t new_at;
};
OTA_API struct ota_otd_progress ota_otd_dec_progress(const struct ota_otd_dec *dec);

/*
 * Readies the state to be saved: the first OTA_OTD_DEC_RAM bytes of `memory`, after any return of
 * ota_otd_dec_step. All new bytes before progress.new_at must be programmed before the saved state
 * counts: what was put into a page in RAM is not made again. The decoder can go on.
 */
OTA_API void ota_otd_dec_seal(struct ota_otd_dec *dec);

/*
 * Goes on from a state that was saved by this very build and copied back into `memory`. The caller
 * then gives the same patch's stream from stream_at on and room for new bytes from new_at on,
 * beginning with an empty io->old. That the patch is the same is for the caller to know; another
 * one is found out by the CRC-32 at the end. OTA_E_MALFORMED: not such a state, or damaged, or of a
 * build with other switches (formats/otd_arch.h). OTA_E_NO_FIT: `size` is less than it needs. Fills
 * `dec`.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_otd_dec_resume(void *memory, size_t size,
						       struct ota_otd_dec **dec);

/* -- encoder ----------------------------------------------------------------------------------- */

/*
 * From offset `new_at` of new on, up to the next turn, bytes are predicted by what lies from
 * `from` on: an offset in old, or old's size plus an offset in new.
 */
struct ota_otd_turn {
	uint32_t new_at;
	uint32_t from;
};

/* Turns in ascending order of new_at, borrowed. Before the first one new lies on old as it is. */
struct ota_otd_path {
	const struct ota_otd_turn *turn;
	size_t n;
};

/* What bits are spent on. */
enum ota_otd_purpose {
	OTA_OTD_FOR_MATCHES,    /* "as predicted", or not */
	OTA_OTD_FOR_REFERENCES, /* branches and pointers */
	OTA_OTD_FOR_TURNS,      /* "predicted from elsewhere" */
	OTA_OTD_FOR_LITERALS,
};
#define OTA_OTD_PURPOSES 4U

/* Filled by whoever goes through a patch; 1/256 bit each. */
struct ota_otd_account {
	uint64_t spent[OTA_OTD_PURPOSES];
	uint64_t bytes[OTA_OTD_PURPOSES]; /* new bytes made so; none by turns */
	uint64_t turns;
	uint64_t references;      /* units met in old */
	uint64_t references_hit;  /* first guess right */
	uint64_t references_told; /* another guess, or a difference */
	/* Cost by region of new: `regions` of region_len bytes each, the caller's; NULL: not
	 * wanted. */
	uint64_t *region;
	uint32_t region_len;
	uint32_t regions;
};

/* Bytes of memory an encoder needs, aligned to 8. */
#define OTA_OTD_ENC_RAM(tier) (OTA_OTD_DEC_RAM(tier) + 1024U)

/* What is encoded or explained, and with what. Borrows. */
struct ota_otd_work {
	const struct ota_otd_header *header;
	struct ota_span old_image; /* of the header's sizes */
	struct ota_span new_image;
	void *memory; /* `size` bytes, aligned to 8; overwritten */
	size_t size;
	struct ota_otd_account *account; /* added to; NULL: not wanted */
};

/*
 * Appends the stream, without header. The path's turns must go to bytes that exist (in new: before
 * new_at, and only when the header reads_new).
 * OTA_E_USAGE: a bad path, images that are not the header's, tier nano with other code than Thumb
 * or with several segments. OTA_E_NO_FIT: work->size is under OTA_OTD_ENC_RAM. OTA_E_ROOM.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_otd_encode(const struct ota_otd_work *work,
						   struct ota_otd_path path, struct ota_wr *out);

/*
 * Goes through a stream with both images at hand, new being what it decodes to, for the account.
 * Errors as ota_otd_dec_err gives; OTA_E_NO_FIT, OTA_E_USAGE as ota_otd_encode.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_otd_explain(const struct ota_otd_work *work,
						    struct ota_span stream);

#ifdef __cplusplus
}
#endif
#endif
