// SPDX-License-Identifier: Apache-2.0
#include "flash.h"

#include <string.h>

#include "errors.h"

#define FLASH_SIZE	(FLASH_PAGES * FLASH_PAGE_SIZE)

extern uint8_t cells[FLASH_SIZE] __asm__("data_flash");

static uint32_t erases[FLASH_PAGES];

int flash_erase(uint32_t page)
{
	if (page >= FLASH_PAGES)
		return ERR_RANGE;
	memset(cells + page * FLASH_PAGE_SIZE, 0xff, FLASH_PAGE_SIZE);
	erases[page]++;
	return ERR_OK;
}

int flash_write(uint32_t addr, const void *data, size_t len)
{
	const uint8_t *p = data;

	if (addr > FLASH_SIZE || len > FLASH_SIZE - addr)
		return ERR_RANGE;
	for (size_t i = 0; i < len; i++) {
		if ((cells[addr + i] & p[i]) != p[i])
			return ERR_FLASH;
	}
	for (size_t i = 0; i < len; i++)
		cells[addr + i] &= p[i];
	return ERR_OK;
}

const uint8_t *flash_at(uint32_t addr)
{
	return cells + addr;
}

uint32_t flash_erases(uint32_t page)
{
	return page < FLASH_PAGES ? erases[page] : 0;
}
