// SPDX-License-Identifier: Apache-2.0
/*
 * A product around the agent, of which only the link counts: its RAM, and that every function it
 * must supply is among these. Numbers of the build are in the sizes of symbols.
 */
#include "agent.h"

struct agent agent;
static const struct agent_job job = {.journal = AGENT_NO_AREA, .max_align = 8, .every = 1};

const char decoder_bytes[AGENT_DECODER_RAM];
const char page_bytes[AGENT_PAGE];
const char old_bytes[AGENT_OLD_PIECES * AGENT_PIECE + 1];
const char patch_bytes[AGENT_PATCH_PIECES * AGENT_PIECE + 1];
const char buffer_bytes[AGENT_BUFFERS];

int kit_flash_open(uint8_t id, struct kit_flash *flash)
{
	return flash->id == id ? 0 : -1;
}

int kit_flash_read(const struct kit_flash *flash, uint32_t at, void *to, uint32_t len)
{
	return flash->size > at && to && len > 0 ? 0 : -1;
}

int kit_flash_write(const struct kit_flash *flash, uint32_t at, const void *from, uint32_t len)
{
	return flash->size > at && from && len > 0 ? 0 : -1;
}

int kit_flash_erase(const struct kit_flash *flash, uint32_t at, uint32_t len)
{
	return flash->size > at && len > 0 ? 0 : -1;
}

int kit_flash_sector(const struct kit_flash *flash, uint32_t at, struct kit_sector *sector)
{
	sector->at = at;
	return flash->size > at ? 0 : -1;
}

const uint8_t *kit_flash_map(const struct kit_flash *flash)
{
	return flash->driver;
}

int kit_patch_pull(uint32_t at, const uint8_t **bytes, uint32_t *len)
{
	*bytes = NULL;
	*len = at;
	return -1;
}

void kit_sha256_begin(void)
{
}

void kit_sha256_update(const void *bytes, size_t len)
{
	(void)bytes;
	(void)len;
}

void kit_sha256_finish(uint8_t digest[32])
{
	digest[0] = 0;
}

bool kit_signature_good(const struct kit_signature *signature)
{
	return signature->len == 0;
}

int main(void)
{
	enum agent_err err = agent_begin(&agent, &job);

	while (err == AGENT_OK && agent.phase != AGENT_READY)
		err = agent_step(&agent);
	return err == AGENT_OK && agent_confirm(&job) == AGENT_OK ? 0 : 1;
}
