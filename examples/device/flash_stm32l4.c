// SPDX-License-Identifier: Apache-2.0
/*
 * Bare metal: the flash of an STM32L47x/L48x (RM0351, chapter 3). Pages of 2 KiB are erased, double
 * words of 8 bytes programmed, once after each erase (ECC). The areas are the ones of the board:
 * see board_areas below. Code that runs from the bank that is erased or programmed is stalled
 * meanwhile.
 */
#include <stdbool.h>
#include <string.h>

#include "kit_flash.h"

/* -- the board --------------------------------------------------------------------------------- */

#define FLASH_START 0x08000000U

struct area {
	uint32_t at; /* from the flash's start, whole pages */
	uint32_t size;
};

/* By id: primary, secondary, journal. */
static const struct area board_areas[] = {
	{0x08000, 0x70000},
	{0x78000, 0x70000},
	{0xec000, 0x3000},
};
#define N_AREAS (sizeof(board_areas) / sizeof(board_areas[0]))

/* -- registers: RM0351, 3.7 -------------------------------------------------------------------- */

struct registers {
	volatile uint32_t acr;
	volatile uint32_t pdkeyr;
	volatile uint32_t keyr;
	volatile uint32_t optkeyr;
	volatile uint32_t sr;
	volatile uint32_t cr;
	volatile uint32_t eccr;
};
#define FLASH ((struct registers *)0x40022000U)

#define ACR_DCEN  (1U << 10)
#define ACR_DCRST (1U << 12)
#define KEY_1     0x45670123U
#define KEY_2     0xcdef89abU
#define SR_EOP    (1U << 0)
#define SR_ERRORS 0xc3faU /* all error flags: OPERR to FASTERR, RDERR, OPTVERR */
#define SR_BSY    (1U << 16)
#define CR_PG     (1U << 0)
#define CR_PER    (1U << 1)
#define CR_PNB    3U /* page's number, from this bit on */
#define CR_BKER   (1U << 11)
#define CR_STRT   (1U << 16)
#define CR_LOCK   (1U << 31)

#define PAGE_SIZE  2048U
#define BANK_PAGES 256U
#define DOUBLEWORD 8U

/*
 * Ready for an operation, with the data cache off: it may hold what was there before (RM0351,
 * 3.3.5), and another bank read meanwhile may spoil it (errata sheet ES0250). Returns ACR as it
 * was, for finish().
 */
static uint32_t prepare(void)
{
	uint32_t acr = FLASH->acr;

	while (FLASH->sr & SR_BSY)
		;
	FLASH->sr = SR_ERRORS | SR_EOP;
	if (FLASH->cr & CR_LOCK) {
		FLASH->keyr = KEY_1;
		FLASH->keyr = KEY_2;
	}
	FLASH->acr = acr & ~ACR_DCEN;
	return acr;
}

/* What was asked for is done, or has failed. The data cache is emptied, and what it was. */
static int finish(uint32_t acr)
{
	uint32_t errors;

	while (FLASH->sr & SR_BSY)
		;
	errors = FLASH->sr & SR_ERRORS;
	FLASH->cr = CR_LOCK;
	FLASH->acr = (acr & ~ACR_DCEN) | ACR_DCRST;
	FLASH->acr = acr & ~(ACR_DCEN | ACR_DCRST);
	FLASH->acr = acr;
	return errors == 0 ? 0 : -1;
}

static int erase_page(uint32_t page)
{
	uint32_t cr = CR_PER | page % BANK_PAGES << CR_PNB;
	uint32_t acr = prepare();

	if (page >= BANK_PAGES)
		cr |= CR_BKER;
	FLASH->cr = cr;
	FLASH->cr = cr | CR_STRT;
	return finish(acr);
}

static int program(uintptr_t addr, const uint8_t *from)
{
	uint32_t words[2];
	uint32_t acr = prepare();

	memcpy(words, from, sizeof(words));
	FLASH->cr = CR_PG;
	*(volatile uint32_t *)addr = words[0];
	*(volatile uint32_t *)(addr + sizeof(words[0])) = words[1];
	return finish(acr);
}

/* -- kit_flash.h ------------------------------------------------------------------------------- */

static uint32_t place(const struct kit_flash *flash, uint32_t at)
{
	return board_areas[flash->id].at + at;
}

static bool is_inside(const struct kit_flash *flash, uint32_t at, uint32_t len)
{
	return at <= flash->size && len <= flash->size - at;
}

int kit_flash_open(uint8_t id, struct kit_flash *flash)
{
	if (id >= N_AREAS)
		return -1;
	flash->id = id;
	flash->size = board_areas[id].size;
	flash->align = DOUBLEWORD;
	flash->erased = 0xff;
	return 0;
}

/* A double word whose programming was cut off may raise NMI here: see the README. */
int kit_flash_read(const struct kit_flash *flash, uint32_t at, void *to, uint32_t len)
{
	if (!is_inside(flash, at, len))
		return -1;
	memcpy(to, kit_flash_map(flash) + at, len);
	return 0;
}

int kit_flash_write(const struct kit_flash *flash, uint32_t at, const void *from, uint32_t len)
{
	const uint8_t *bytes = (const uint8_t *)from;
	int failed = 0;

	if (!is_inside(flash, at, len) || at % DOUBLEWORD != 0 || len % DOUBLEWORD != 0)
		return -1;
	for (uint32_t i = 0; i < len && !failed; i += DOUBLEWORD)
		failed = program(FLASH_START + place(flash, at + i), bytes + i);
	return failed;
}

int kit_flash_erase(const struct kit_flash *flash, uint32_t at, uint32_t len)
{
	int failed = 0;

	if (!is_inside(flash, at, len) || at % PAGE_SIZE != 0 || len % PAGE_SIZE != 0)
		return -1;
	for (uint32_t i = 0; i < len && !failed; i += PAGE_SIZE)
		failed = erase_page(place(flash, at + i) / PAGE_SIZE);
	return failed;
}

int kit_flash_sector(const struct kit_flash *flash, uint32_t at, struct kit_sector *sector)
{
	if (at >= flash->size)
		return -1;
	sector->at = at - at % PAGE_SIZE;
	sector->len = PAGE_SIZE;
	return 0;
}

const uint8_t *kit_flash_map(const struct kit_flash *flash)
{
	return (const uint8_t *)(uintptr_t)(FLASH_START + place(flash, 0));
}
