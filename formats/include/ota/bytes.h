// SPDX-License-Identifier: Apache-2.0
/*
 * Borrowed bytes and the two cursors that read and write them. All pointer arithmetic of the
 * project lives here. Everything is inline, so that a device decoder has no undefined symbol.
 *
 * A cursor's error is sticky: after the first failure every read yields 0 and every write nothing,
 * so a parser reads straight down and asks `err` once. Ask before looping, seeking or allocating
 * by a value that was read.
 */
#ifndef OTA_BYTES_H
#define OTA_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <ota/err.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Borrowed bytes, passed by value. An empty span may have a NULL pointer. */
struct ota_span {
	const uint8_t *data;
	size_t len;
};

/* Reading cursor. Multi-byte reads follow `big`, little-endian when false. */
struct ota_rd {
	struct ota_span span;
	size_t at;
	bool big;
	enum ota_err err; /* OTA_OK or OTA_E_TRUNCATED */
};

/* Writing cursor into the caller's memory. */
struct ota_wr {
	uint8_t *data;
	size_t cap;
	size_t at;
	bool big;
	enum ota_err err; /* OTA_OK or OTA_E_ROOM */
};

static inline struct ota_span ota_span_of(const void *data, size_t len)
{
	struct ota_span span = {(const uint8_t *)data, len};

	return span;
}

/* The first `len` bytes, or all there are. */
static inline struct ota_span ota_span_head(struct ota_span span, size_t len)
{
	if (len < span.len)
		span.len = len;
	return span;
}

/* What follows the first `at` bytes; empty when there is nothing. */
static inline struct ota_span ota_span_tail(struct ota_span span, size_t at)
{
	if (at >= span.len)
		return ota_span_of(NULL, 0);
	return ota_span_of(span.data + at, span.len - at);
}

/* At most `len` bytes from `at` on. */
static inline struct ota_span ota_span_sub(struct ota_span span, size_t at, size_t len)
{
	return ota_span_head(ota_span_tail(span, at), len);
}

static inline bool ota_span_equal(struct ota_span a, struct ota_span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* True when every byte equals `value`; also for an empty span. */
static inline bool ota_span_all(struct ota_span span, uint8_t value)
{
	for (size_t i = 0; i < span.len; i++) {
		if (span.data[i] != value)
			return false;
	}
	return true;
}

static inline struct ota_rd ota_rd_init(struct ota_span span)
{
	struct ota_rd rd = {span, 0, false, OTA_OK};

	return rd;
}

static inline size_t ota_rd_left(const struct ota_rd *rd)
{
	return rd->span.len - rd->at;
}

/* `len` bytes as a borrowed span; empty, and the cursor failed, when there are fewer. */
static inline struct ota_span ota_rd_bytes(struct ota_rd *rd, size_t len)
{
	struct ota_span out = {NULL, 0};

	if (rd->err != OTA_OK || len > ota_rd_left(rd)) {
		rd->err = OTA_E_TRUNCATED;
		return out;
	}
	out = ota_span_sub(rd->span, rd->at, len);
	rd->at += len;
	return out;
}

static inline uint64_t ota_rd_uint(struct ota_rd *rd, unsigned bytes)
{
	struct ota_span raw = ota_rd_bytes(rd, bytes);
	uint64_t value = 0;

	for (size_t i = 0; i < raw.len; i++)
		value = value << 8 | raw.data[rd->big ? i : raw.len - 1 - i];
	return value;
}

static inline uint8_t ota_rd_u8(struct ota_rd *rd)
{
	return (uint8_t)ota_rd_uint(rd, 1);
}

static inline uint16_t ota_rd_u16(struct ota_rd *rd)
{
	return (uint16_t)ota_rd_uint(rd, 2);
}

static inline uint32_t ota_rd_u32(struct ota_rd *rd)
{
	return (uint32_t)ota_rd_uint(rd, 4);
}

static inline uint64_t ota_rd_u64(struct ota_rd *rd)
{
	return ota_rd_uint(rd, 8);
}

static inline struct ota_wr ota_wr_init(void *data, size_t cap)
{
	struct ota_wr wr = {(uint8_t *)data, cap, 0, false, OTA_OK};

	return wr;
}

/* `len` bytes to fill in place, or NULL and the cursor failed when there is no room. */
static inline uint8_t *ota_wr_room(struct ota_wr *wr, size_t len)
{
	uint8_t *room;

	if (wr->err != OTA_OK || len > wr->cap - wr->at) {
		wr->err = OTA_E_ROOM;
		return NULL;
	}
	room = wr->data ? wr->data + wr->at : NULL; /* no memory is room for nothing */
	wr->at += len;
	return room;
}

static inline void ota_wr_bytes(struct ota_wr *wr, struct ota_span bytes)
{
	uint8_t *room = ota_wr_room(wr, bytes.len);

	if (room && bytes.len > 0)
		memcpy(room, bytes.data, bytes.len);
}

static inline void ota_wr_fill(struct ota_wr *wr, uint8_t value, size_t len)
{
	uint8_t *room = ota_wr_room(wr, len);

	if (room && len > 0)
		memset(room, value, len);
}

static inline void ota_wr_uint(struct ota_wr *wr, uint64_t value, unsigned bytes)
{
	uint8_t *room = ota_wr_room(wr, bytes);

	for (unsigned i = 0; room && i < bytes; i++)
		room[wr->big ? bytes - 1 - i : i] = (uint8_t)(value >> 8 * i);
}

static inline void ota_wr_u8(struct ota_wr *wr, uint8_t value)
{
	ota_wr_uint(wr, value, 1);
}

static inline void ota_wr_u16(struct ota_wr *wr, uint16_t value)
{
	ota_wr_uint(wr, value, 2);
}

static inline void ota_wr_u32(struct ota_wr *wr, uint32_t value)
{
	ota_wr_uint(wr, value, 4);
}

static inline void ota_wr_u64(struct ota_wr *wr, uint64_t value)
{
	ota_wr_uint(wr, value, 8);
}

/* What has been written so far, borrowed. */
static inline struct ota_span ota_wr_span(const struct ota_wr *wr)
{
	return ota_span_of(wr->data, wr->at);
}

#ifdef __cplusplus
}
#endif
#endif
