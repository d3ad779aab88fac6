// SPDX-License-Identifier: Apache-2.0
/*
 * What every patch format shares: the edit that matchers produce and encoders write, and the
 * conversation between a device decoder and the code that feeds it.
 */
#ifndef OTA_PATCH_H
#define OTA_PATCH_H

#include <ota/bytes.h>

#ifdef __cplusplus
extern "C" {
#endif

enum ota_op_kind {
	OTA_OP_BLEND = 1, /* new = old + delta, byte by byte modulo 256 */
	OTA_OP_INSERT,    /* new bytes from the patch */
	OTA_OP_COPY_OLD,  /* bytes of the old image, unchanged */
	OTA_OP_COPY_NEW,  /* bytes of the new image that were written before */
	OTA_OP_RUN,       /* one byte, repeated */
};

/*
 * One edit. Edits tile the new image from its first byte to its last, so an edit's place in it is
 * the sum of the lengths before; its delta or inserted bytes are read from the images themselves.
 */
struct ota_op {
	enum ota_op_kind kind;
	uint32_t len; /* bytes of the new image it makes */
	uint32_t at;  /* BLEND, COPY_OLD: offset in old; COPY_NEW: offset in new; else 0 */
};

/* A list of edits, borrowed. */
struct ota_ops {
	const struct ota_op *op;
	size_t n;
};

/* Why a decoder stopped: what it wants before it can go on. */
enum ota_want {
	OTA_WANT_PATCH, /* more patch bytes (of io->stream) */
	OTA_WANT_OLD,   /* old bytes from io->old_at on, io->old_len at most */
	OTA_WANT_NEW,   /* new bytes put out before, from io->old_at of new on, into io->old */
	OTA_WANT_ROOM,  /* room for new bytes */
	OTA_WANT_NONE,  /* done: the whole new image has been written */
	OTA_WANT_STOP,  /* malformed: the decoder's err says why */
};

#define OTA_STREAMS_MAX 3

/*
 * The conversation. The decoder takes bytes off the front of `patch[]` and `old` and puts new
 * bytes at `out`, moving the pointers on; the caller refills what was asked for and steps again.
 * Any number of bytes at a time will do, down to one. A caller that has no more patch bytes to
 * give when asked has a truncated patch.
 */
struct ota_dec_io {
	struct ota_span patch[OTA_STREAMS_MAX]; /* a format with one stream uses the first */
	unsigned stream;                        /* with WANT_PATCH: which */
	struct ota_span old;                    /* old bytes from old_at on */
	uint32_t old_at;                        /* with WANT_OLD: offset of the first byte wanted */
	uint32_t old_len;                       /* with WANT_OLD: how many are of use, at least 1 */
	uint8_t *out;                           /* where the next new byte goes */
	size_t room;                            /* bytes free at out */
};

#ifdef __cplusplus
}
#endif
#endif
