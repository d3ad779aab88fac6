// SPDX-License-Identifier: Apache-2.0
#ifndef IMAGE_H
#define IMAGE_H

#include <stdint.h>

/* The start of an MCUboot image header; the payload follows at header_size. */
struct image_header {
	uint32_t magic;
	uint32_t load_addr;
	uint16_t header_size;
	uint16_t protected_tlv_size;
	uint32_t image_size;
	uint32_t flags;
	uint8_t major;
	uint8_t minor;
	uint16_t revision;
	uint32_t build;
};

int image_header(struct image_header *h);
uint32_t image_payload_crc(uint32_t *len);

#endif
