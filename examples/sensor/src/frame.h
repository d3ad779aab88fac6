// SPDX-License-Identifier: Apache-2.0
#ifndef FRAME_H
#define FRAME_H

#include <stddef.h>
#include <stdint.h>

#define FRAME_PAYLOAD_MAX	200
#define FRAME_HEADER		4
#define FRAME_RAW_MAX		(FRAME_HEADER + FRAME_PAYLOAD_MAX + 2)
#define FRAME_WIRE_MAX		(FRAME_RAW_MAX + 3)

enum frame_type {
	FRAME_TELEMETRY = 1,
	FRAME_EVENTS = 2,
	FRAME_HISTORY = 3,
};

struct frame {
	uint8_t type;
	uint8_t schema;
	uint8_t seq;
	uint8_t len;
	uint8_t payload[FRAME_PAYLOAD_MAX];
};

int frame_encode(const struct frame *f, uint8_t *wire, size_t room);
int frame_decode(struct frame *f, const uint8_t *wire, size_t len);
const char *frame_type_name(uint8_t type);

#endif
