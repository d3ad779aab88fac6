// SPDX-License-Identifier: Apache-2.0
/*
 * Zephyr: over flash_area_* of its flash map. Ids are those of FIXED_PARTITION_ID, which fit a
 * byte. Needs CONFIG_FLASH, CONFIG_FLASH_MAP and CONFIG_FLASH_PAGE_LAYOUT.
 */
#include <zephyr/device.h>
#include <zephyr/devicetree.h>
#include <zephyr/drivers/flash.h>
#include <zephyr/storage/flash_map.h>

#include "kit_flash.h"

static const struct flash_area *area_of(const struct kit_flash *flash)
{
	return (const struct flash_area *)flash->driver;
}

int kit_flash_open(uint8_t id, struct kit_flash *flash)
{
	const struct flash_area *area;
	int err = flash_area_open(id, &area);

	if (err != 0)
		return err;
	flash->driver = area;
	flash->id = id;
	flash->size = (uint32_t)area->fa_size;
	flash->align = (uint16_t)flash_area_align(area);
	flash->erased = flash_area_erased_val(area);
	return 0;
}

int kit_flash_read(const struct kit_flash *flash, uint32_t at, void *to, uint32_t len)
{
	return flash_area_read(area_of(flash), (off_t)at, to, len);
}

int kit_flash_write(const struct kit_flash *flash, uint32_t at, const void *from, uint32_t len)
{
	return flash_area_write(area_of(flash), (off_t)at, from, len);
}

int kit_flash_erase(const struct kit_flash *flash, uint32_t at, uint32_t len)
{
	return flash_area_erase(area_of(flash), (off_t)at, len);
}

int kit_flash_sector(const struct kit_flash *flash, uint32_t at, struct kit_sector *sector)
{
	const struct flash_area *area = area_of(flash);
	struct flash_pages_info page;
	int err = flash_get_page_info_by_offs(flash_area_get_device(area), area->fa_off + (off_t)at,
					      &page);

	if (err != 0)
		return err;
	sector->at = (uint32_t)(page.start_offset - area->fa_off);
	sector->len = (uint32_t)page.size;
	return 0;
}

/*
 * Internal flash of an MCU is mapped: with AGENT_MAPPED_AT, the address of its first byte
 * (CONFIG_FLASH_BASE_ADDRESS), the agent reads it there. All else, as areas in external flash, is
 * read through the driver.
 */
const uint8_t *kit_flash_map(const struct kit_flash *flash)
{
#ifdef AGENT_MAPPED_AT
	const struct flash_area *area = area_of(flash);

	if (flash_area_get_device(area) == DEVICE_DT_GET(DT_CHOSEN(zephyr_flash_controller)))
		return (const uint8_t *)(uintptr_t)AGENT_MAPPED_AT + area->fa_off;
#else
	(void)flash;
#endif
	return NULL;
}
