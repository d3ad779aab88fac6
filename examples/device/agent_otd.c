// SPDX-License-Identifier: Apache-2.0
/* otd: what its decoder wants is given to it, until the page is full. */
#include "agent_own.h"

static enum agent_err meaning(enum ota_err err)
{
	if (err == OTA_E_UNSUPPORTED || err == OTA_E_NO_FIT)
		return AGENT_E_NOT_BUILT;
	return err == OTA_OK ? AGENT_OK : AGENT_E_MALFORMED;
}

static struct ota_otd_dec *decoder(struct agent *agent)
{
	return (struct ota_otd_dec *)(void *)agent_decoder(agent);
}

/* The header lies in the decoder's memory, which is not used yet. */
static enum agent_err read_header(struct agent *agent, struct ota_otd_header *header)
{
	uint32_t len = agent_smaller(agent->patch_size, OTA_OTD_HEADER_MAX);
	enum agent_err err = agent_patch_copy(agent, 0, agent_decoder(agent), len);
	struct ota_rd rd = ota_rd_init(ota_span_of(agent_decoder(agent), len));

	if (err != AGENT_OK)
		return err;
	err = meaning(ota_otd_header_read(&rd, header));
	agent->stream_at = (uint32_t)rd.at;
	return err;
}

enum agent_err agent_otd_open(struct agent *agent)
{
	struct ota_otd_header header;
	enum agent_err err = read_header(agent, &header);

	if (err != AGENT_OK)
		return err;
	/* A signed update has said how large they are; its word is not less strict. */
	if (agent->is_signed &&
	    (header.old_image.size != agent->old_size || header.new_image.size != agent->new_size))
		return AGENT_E_MALFORMED;
	agent->old_size = header.old_image.size;
	agent->new_size = header.new_image.size;
	agent->old_crc = header.old_crc;
	agent->new_crc = header.new_crc;
	agent->state_len = OTA_OTD_DEC_RAM(header.tier);
	agent->block = header.block;
	agent->shift = header.lead;
	return agent->state_len > AGENT_OTD_RAM ? AGENT_E_NOT_BUILT : AGENT_OK;
}

enum agent_err agent_otd_start(struct agent *agent)
{
	struct ota_otd_header header;
	struct ota_otd_dec *dec;
	enum agent_err err = read_header(agent, &header);

	if (err != AGENT_OK)
		return err;
	return meaning(ota_otd_dec_init(agent_decoder(agent), AGENT_OTD_RAM, &header,
					agent->patch_size - agent->stream_at, &dec));
}

void agent_otd_seal(struct agent *agent)
{
	ota_otd_dec_seal(decoder(agent));
}

enum agent_err agent_otd_resume(struct agent *agent)
{
	struct ota_otd_dec *dec;
	enum agent_err err = meaning(ota_otd_dec_resume(agent_decoder(agent), AGENT_OTD_RAM, &dec));

	if (err == AGENT_OK && ota_otd_dec_progress(dec).new_at != agent->made)
		err = AGENT_E_MALFORMED;
	return err;
}

/* -- what is wanted ---------------------------------------------------------------------------- */

/* Old where it lies; in place it has been moved up. */
static enum agent_err give_old(struct agent *agent)
{
	return agent_show(agent, &agent->old_flash, agent->shift + agent->io.old_at,
			  agent->io.old_len);
}

/* New that was made before: it is programmed, or still in the page. */
static enum agent_err give_new(struct agent *agent)
{
	struct ota_dec_io *io = &agent->io;
	uint32_t base = agent->block > 0 ? 0 : agent->job->new_at;

	if (io->old_at < agent->made)
		return agent_show(agent, &agent->new_flash, base + io->old_at,
				  agent_smaller(io->old_len, agent->made - io->old_at));
	io->old = ota_span_of(agent_page(agent) + (io->old_at - agent->made), io->old_len);
	return AGENT_OK;
}

static enum agent_err give_patch(struct agent *agent)
{
	struct ota_otd_progress progress = ota_otd_dec_progress(decoder(agent));

	return agent_patch_bytes(agent, agent->stream_at + progress.stream_at, 0,
				 &agent->io.patch[0]);
}

enum agent_err agent_otd_make(struct agent *agent, bool *more)
{
	struct ota_dec_io *io = &agent->io;

	for (;;) {
		enum ota_want want = ota_otd_dec_step(decoder(agent), io);
		enum agent_err err = AGENT_OK;

		*more = want == OTA_WANT_ROOM;
		switch (want) {
		case OTA_WANT_PATCH:
			err = give_patch(agent);
			break;
		case OTA_WANT_OLD:
			err = give_old(agent);
			break;
		case OTA_WANT_NEW:
			err = give_new(agent);
			break;
		case OTA_WANT_ROOM:
		case OTA_WANT_NONE:
			return AGENT_OK;
		case OTA_WANT_STOP:
			return ota_otd_dec_err(decoder(agent)) == OTA_E_WRONG_BASE
				       ? AGENT_E_WRONG_BASE
				       : AGENT_E_PATCH_BROKEN;
		}
		if (err != AGENT_OK)
			return err;
	}
}
