// SPDX-License-Identifier: Apache-2.0
/* Areas of flash, with every bound tested before the driver sees it. */
#include <ota/mcuboot.h>

#include "agent_own.h"

enum agent_err agent_open(uint8_t id, struct kit_flash *flash)
{
	memset(flash, 0, sizeof(*flash));
	if (kit_flash_open(id, flash) != 0)
		return AGENT_E_FLASH;
	return ota_is_power_of_two(flash->align) ? AGENT_OK : AGENT_E_PAGE;
}

enum agent_err agent_read(const struct kit_flash *flash, uint32_t at, void *to, uint32_t len)
{
	if (at > flash->size || len > flash->size - at)
		return AGENT_E_FLASH;
	return kit_flash_read(flash, at, to, len) == 0 ? AGENT_OK : AGENT_E_FLASH;
}

enum agent_err agent_write_page(struct agent *agent, const struct kit_flash *flash, uint32_t at,
				uint32_t len)
{
	const uint8_t *page = agent_page(agent);
	uint8_t back[GLANCE];

	if (at > flash->size || len > flash->size - at ||
	    kit_flash_write(flash, at, page, len) != 0)
		return AGENT_E_FLASH;
	for (uint32_t i = 0; i < len; i += GLANCE) {
		uint32_t n = agent_smaller(len - i, GLANCE);

		if (kit_flash_read(flash, at + i, back, n) != 0 || memcmp(back, page + i, n) != 0)
			return AGENT_E_FLASH;
	}
	return AGENT_OK;
}

static enum agent_err find_sector(const struct kit_flash *flash, uint32_t at,
				  struct kit_sector *sector)
{
	if (at >= flash->size || kit_flash_sector(flash, at, sector) != 0)
		return AGENT_E_FLASH;
	/* A driver that is wrong here would make the agent erase too much, or for ever. */
	if (sector->at > at || sector->len <= at - sector->at ||
	    sector->len > flash->size - sector->at)
		return AGENT_E_SECTORS;
	return AGENT_OK;
}

enum agent_err agent_sector_start(const struct kit_flash *flash, uint32_t at, uint32_t *start)
{
	struct kit_sector sector = {0, 0};
	enum agent_err err = find_sector(flash, at, &sector);

	*start = sector.at;
	return err;
}

enum agent_err agent_sector_end(const struct kit_flash *flash, uint32_t at, uint32_t *end)
{
	struct kit_sector sector = {0, 0};
	enum agent_err err = find_sector(flash, at, &sector);

	*end = sector.at + sector.len;
	return err;
}

enum agent_err agent_erase_over(const struct kit_flash *flash, uint32_t at, uint32_t end)
{
	while (at < end) {
		struct kit_sector sector;
		enum agent_err err = find_sector(flash, at, &sector);

		if (err != AGENT_OK)
			return err;
		if (kit_flash_erase(flash, sector.at, sector.len) != 0)
			return AGENT_E_FLASH;
		at = sector.at + sector.len;
	}
	return AGENT_OK;
}

enum agent_err agent_show(struct agent *agent, const struct kit_flash *flash, uint32_t at,
			  uint32_t len)
{
	const uint8_t *mapped = kit_flash_map(flash);

	if (at > flash->size || len > flash->size - at)
		return AGENT_E_FLASH;
	if (mapped) {
		agent->io.old = ota_span_of(mapped + at, len);
		return AGENT_OK;
	}
	/* Built without pieces: the product has said that slots are mapped. */
	if (AGENT_OLD_PIECES == 0)
		return AGENT_E_NOT_BUILT;
	len = agent_smaller(len, AGENT_PIECE);
	agent->io.old = ota_span_of(agent_old_piece(agent), len);
	return agent_read(flash, at, agent_old_piece(agent), len);
}

enum agent_err agent_crc(const struct kit_flash *flash, uint32_t at, uint32_t len, uint32_t *crc)
{
	uint8_t bytes[GLANCE];

	while (len > 0) {
		uint32_t n = agent_smaller(len, GLANCE);
		enum agent_err err = agent_read(flash, at, bytes, n);

		if (err != AGENT_OK)
			return err;
		*crc = ota_crc32(*crc, ota_span_of(bytes, n));
		at += n;
		len -= n;
	}
	return AGENT_OK;
}
