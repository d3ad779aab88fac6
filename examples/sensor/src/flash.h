// SPDX-License-Identifier: Apache-2.0
#ifndef FLASH_H
#define FLASH_H

#include <stddef.h>
#include <stdint.h>

#define FLASH_PAGES	4
#define FLASH_PAGE_SIZE	1024

/*
 * Data flash simulated in RAM, with the rules of the real one: erasing sets bits, writing
 * clears them. The contents outlive a restart but not a power cut.
 */
int flash_erase(uint32_t page);
int flash_write(uint32_t addr, const void *data, size_t len);
const uint8_t *flash_at(uint32_t addr);
uint32_t flash_erases(uint32_t page);

#endif
