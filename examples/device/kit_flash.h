// SPDX-License-Identifier: Apache-2.0
/*
 * The flash as the update agent sees it, in the manner of flash_area_* of MCUboot and Zephyr: areas
 * with ids, offsets from an area's start. The product defines these functions; flash_zephyr.c and
 * flash_stm32l4.c are two ways to do it. All return 0, or anything else for a failure.
 */
#ifndef KIT_FLASH_H
#define KIT_FLASH_H

#include <stddef.h>
#include <stdint.h>

/* An area that is open. */
struct kit_flash {
	const void *driver; /* the driver's own */
	uint32_t size;      /* bytes */
	uint16_t align;     /* write unit, bytes: a power of 2 */
	uint8_t erased;     /* what an erased byte reads as */
	uint8_t id;
};

/* What is erased at a time, and holds a given byte. */
struct kit_sector {
	uint32_t at; /* offset in the area */
	uint32_t len;
};

/* Fills `flash`. There is nothing to close. */
int kit_flash_open(uint8_t id, struct kit_flash *flash);

/*
 * Any offset and length inside the area. Bytes whose programming or erase was cut off may read as
 * anything, but must not take the device down: on flash with ECC a double error is an exception
 * that the driver, or the exception's handler, has to get over.
 */
int kit_flash_read(const struct kit_flash *flash, uint32_t at, void *to, uint32_t len);

/*
 * Whole write units, that are erased and were not written since. Returns when they can be read
 * back.
 */
int kit_flash_write(const struct kit_flash *flash, uint32_t at, const void *from, uint32_t len);

/* Whole sectors. */
int kit_flash_erase(const struct kit_flash *flash, uint32_t at, uint32_t len);

/* The sector that holds the byte at `at`. Fills `sector`. */
int kit_flash_sector(const struct kit_flash *flash, uint32_t at, struct kit_sector *sector);

/* The area's first byte in the address space; NULL when the area can only be read through here. */
const uint8_t *kit_flash_map(const struct kit_flash *flash);

#endif
