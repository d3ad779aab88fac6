// SPDX-License-Identifier: Apache-2.0
/*
 * A log of records over the flash pages. A full page hands over to the next one in turn, which
 * spreads the erases evenly; the newest record of each id moves along, so that the oldest page
 * never holds the only copy of anything.
 */
#include "store.h"

#include <stdbool.h>
#include <string.h>

#include "crc.h"
#include "errors.h"
#include "flash.h"

#define RECORD_MAGIC	0x5345
#define RECORD_MAX	256
#define ALIGN4(n)	(((n) + 3u) & ~3u)

struct record {
	uint16_t magic;
	uint8_t id;
	uint8_t pad;
	uint32_t len;
	uint32_t seq;
	uint32_t crc;
};

static struct store_state state;
static uint32_t newest[STORE_ID_END];	/* flash address plus one; 0 when there is none */

static uint32_t record_crc(const struct record *r, const void *data)
{
	uint32_t crc = crc32_ieee(0, r, offsetof(struct record, crc));

	return crc32_ieee(crc, data, r->len);
}

static uint32_t record_seq(uint32_t place)
{
	struct record r;

	memcpy(&r, flash_at(place - 1), sizeof(r));
	return r.seq;
}

static void note_record(const struct record *r, uint32_t addr)
{
	state.records++;
	if (!newest[r->id] || r->seq >= record_seq(newest[r->id]))
		newest[r->id] = addr + 1;
	if (r->seq >= state.seq) {
		state.seq = r->seq;
		state.page = addr / FLASH_PAGE_SIZE;
	}
}

static bool is_blank(uint32_t addr, uint32_t len)
{
	const uint8_t *p = flash_at(addr);

	while (len && *p == 0xff) {
		p++;
		len--;
	}
	return !len;
}

/* Returns how much of the page is in use. */
static uint32_t scan_page(uint32_t page)
{
	uint32_t base = page * FLASH_PAGE_SIZE;
	uint32_t pos = 0;
	struct record r;

	while (pos + sizeof(r) <= FLASH_PAGE_SIZE) {
		memcpy(&r, flash_at(base + pos), sizeof(r));
		if (is_blank(base + pos, FLASH_PAGE_SIZE - pos))
			return pos;
		if (r.magic != RECORD_MAGIC || r.len > FLASH_PAGE_SIZE - pos - sizeof(r))
			break;
		if (r.id < STORE_ID_END &&
		    record_crc(&r, flash_at(base + pos + sizeof(r))) == r.crc)
			note_record(&r, base + pos);
		else
			state.bad++;
		pos += sizeof(r) + ALIGN4(r.len);
	}
	/* Without a readable end nothing may be appended here. */
	return FLASH_PAGE_SIZE;
}

int store_mount(void)
{
	uint32_t used[FLASH_PAGES];

	memset(&state, 0, sizeof(state));
	memset(newest, 0, sizeof(newest));
	for (uint32_t page = 0; page < FLASH_PAGES; page++)
		used[page] = scan_page(page);
	state.used = used[state.page];
	return state.records ? ERR_OK : ERR_EMPTY;
}

int store_read(enum store_id id, void *data, size_t room)
{
	struct record r;
	uint32_t addr;

	if (!newest[id])
		return ERR_NOENT;
	addr = newest[id] - 1;
	memcpy(&r, flash_at(addr), sizeof(r));
	if (r.len > room)
		return ERR_FULL;
	memcpy(data, flash_at(addr + sizeof(r)), r.len);
	return (int)r.len;
}

static int append(enum store_id id, const void *data, size_t len)
{
	struct record r = { .magic = RECORD_MAGIC, .id = (uint8_t)id, .len = (uint32_t)len };
	uint32_t addr = state.page * FLASH_PAGE_SIZE + state.used;
	int err;

	r.seq = state.seq + 1;
	r.crc = record_crc(&r, data);
	/* The contents go first: a record torn by a power cut then has no valid header. */
	err = flash_write(addr + sizeof(r), data, len);
	if (!err)
		err = flash_write(addr, &r, sizeof(r));
	if (err)
		return err;
	state.seq++;
	state.records++;
	state.used += sizeof(r) + ALIGN4(len);
	newest[id] = addr + 1;
	return ERR_OK;
}

static int move_newest(uint32_t id)
{
	uint8_t copy[RECORD_MAX];
	int len = store_read((enum store_id)id, copy, sizeof(copy));

	if (len == ERR_NOENT)
		return ERR_OK;
	if (len < 0)
		return len;
	return append((enum store_id)id, copy, (size_t)len);
}

static int next_page(void)
{
	uint32_t page = (state.page + 1) % FLASH_PAGES;
	int err = flash_erase(page);

	if (err)
		return err;
	state.page = page;
	state.used = 0;
	for (uint32_t id = 1; id < STORE_ID_END && !err; id++)
		err = move_newest(id);
	return err;
}

int store_write(enum store_id id, const void *data, size_t len)
{
	uint32_t need = sizeof(struct record) + ALIGN4(len);
	int err = ERR_OK;

	if (len > RECORD_MAX)
		return ERR_RANGE;
	if (state.used + need > FLASH_PAGE_SIZE)
		err = next_page();
	if (!err && state.used + need > FLASH_PAGE_SIZE)
		err = ERR_FULL;
	return err ? err : append(id, data, len);
}

struct store_state store_state(void)
{
	return state;
}
