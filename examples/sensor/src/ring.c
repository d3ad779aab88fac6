// SPDX-License-Identifier: Apache-2.0
#include "ring.h"

void ring_init(struct ring *r, uint8_t *space, uint32_t size)
{
	r->space = space;
	r->mask = size - 1;
	r->head = 0;
	r->tail = 0;
}

bool ring_full(const struct ring *r)
{
	return r->head - r->tail > r->mask;
}

bool ring_put(struct ring *r, uint8_t byte)
{
	if (ring_full(r))
		return false;
	r->space[r->head & r->mask] = byte;
	r->head++;
	return true;
}

int ring_get(struct ring *r)
{
	uint8_t byte;

	if (r->head == r->tail)
		return -1;
	byte = r->space[r->tail & r->mask];
	r->tail++;
	return byte;
}
