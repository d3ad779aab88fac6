// SPDX-License-Identifier: Apache-2.0
/* What the boot loader knows about the running image. */
#include "image.h"

#include <string.h>

#include "board.h"
#include "crc.h"
#include "errors.h"

#define IMAGE_MAGIC	0x96f3b83du

extern const uint8_t data_load[], data_start[], data_end[];

/* The header is outside of anything the linker knows, hence the detour by way of an integer. */
int image_header(struct image_header *h)
{
	volatile uintptr_t addr = SLOT_ADDR;

	memcpy(h, (const void *)addr, sizeof(*h));
	if (h->magic != IMAGE_MAGIC)
		return ERR_NOENT;
	return h->header_size < sizeof(*h) ? ERR_FORMAT : ERR_OK;
}

/* Covers the payload as linked, from the vectors to the end of the initial data. */
uint32_t image_payload_crc(uint32_t *len)
{
	volatile uintptr_t start = SLOT_ADDR + 0x200;
	uintptr_t end = (uintptr_t)data_load + ((uintptr_t)data_end - (uintptr_t)data_start);

	*len = (uint32_t)(end - start);
	return crc32_ieee(0, (const void *)start, *len);
}
