// SPDX-License-Identifier: Apache-2.0
/* type, schema, sequence, length, payload, CRC-16; then COBS; then a zero byte. */
#include "frame.h"

#include <string.h>

#include "cobs.h"
#include "crc.h"
#include "errors.h"

int frame_encode(const struct frame *f, uint8_t *wire, size_t room)
{
	uint8_t raw[FRAME_RAW_MAX];
	size_t n = FRAME_HEADER + f->len;
	uint16_t crc;

	if (f->len > FRAME_PAYLOAD_MAX)
		return ERR_RANGE;
	if (room < COBS_MAX(n + 2) + 1)
		return ERR_FULL;
	raw[0] = f->type;
	raw[1] = f->schema;
	raw[2] = f->seq;
	raw[3] = f->len;
	memcpy(raw + FRAME_HEADER, f->payload, f->len);
	crc = crc16_ccitt(CRC16_INIT, raw, n);
	raw[n++] = (uint8_t)(crc >> 8);
	raw[n++] = (uint8_t)crc;
	n = cobs_encode(raw, n, wire);
	wire[n++] = 0;
	return (int)n;
}

int frame_decode(struct frame *f, const uint8_t *wire, size_t len)
{
	uint8_t raw[FRAME_RAW_MAX];
	int n;

	if (len && wire[len - 1] == 0)
		len--;
	n = cobs_decode(wire, len, raw, sizeof(raw));
	if (n < 0)
		return n;
	if (n < FRAME_HEADER + 2 || n != FRAME_HEADER + raw[3] + 2)
		return ERR_FORMAT;
	/* The CRC of data followed by its own CRC is zero. */
	if (crc16_ccitt(CRC16_INIT, raw, (size_t)n))
		return ERR_CRC;
	f->type = raw[0];
	f->schema = raw[1];
	f->seq = raw[2];
	f->len = raw[3];
	memcpy(f->payload, raw + FRAME_HEADER, f->len);
	return ERR_OK;
}

const char *frame_type_name(uint8_t type)
{
	switch (type) {
	case FRAME_TELEMETRY:
		return "telemetry";
	case FRAME_EVENTS:
		return "events";
	case FRAME_HISTORY:
		return "history";
	default:
		return "unknown";
	}
}
