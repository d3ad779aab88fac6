// SPDX-License-Identifier: Apache-2.0
#ifndef RING_H
#define RING_H

#include <stdbool.h>
#include <stdint.h>

/* One reader and one writer may run at different priorities; the size is a power of two. */
struct ring {
	uint8_t *space;
	uint32_t mask;
	volatile uint32_t head;
	volatile uint32_t tail;
};

void ring_init(struct ring *r, uint8_t *space, uint32_t size);
bool ring_full(const struct ring *r);
bool ring_put(struct ring *r, uint8_t byte);
int ring_get(struct ring *r);

#endif
