// SPDX-License-Identifier: Apache-2.0
/*
 * VCDIFF, window by window: one is decoded into its buffer, held to its Adler-32, and handed out in
 * pages. After a reset the window at work is decoded again, so no state need be saved.
 */
#include "agent_own.h"

/* The file's header: formats/vcdiff.md. */
#define MAGIC_SIZE 4U
#define NUMBER_MAX 5U
#define SECONDARY  0x01U
#define CODE_TABLE 0x02U
#define APP_HEADER 0x04U

static struct ota_vcdiff_dec *decoder(struct agent *agent)
{
	return (struct ota_vcdiff_dec *)(void *)agent_decoder(agent);
}

static uint8_t *window_buffer(struct agent *agent)
{
	return agent_decoder(agent) + OTA_VCDIFF_DEC_RAM;
}

static enum agent_err meaning(enum ota_err err)
{
	if (err == OTA_E_WRONG_BASE)
		return AGENT_E_WRONG_BASE;
	return err == OTA_OK ? AGENT_OK : AGENT_E_MALFORMED;
}

/* The file's header; `at`: the first window. The application header is skipped, not read. */
static enum agent_err read_file_header(struct agent *agent, uint32_t *at)
{
	uint8_t head[MAGIC_SIZE + 1 + NUMBER_MAX];
	uint32_t len = agent_smaller(agent->patch_size, sizeof(head));
	struct ota_rd rd = ota_rd_init(ota_span_of(head, len));
	enum agent_err err = agent_patch_copy(agent, 0, head, len);
	uint32_t app_len = 0;
	uint8_t indicator;

	if (err != AGENT_OK)
		return err;
	(void)ota_rd_bytes(&rd, MAGIC_SIZE);
	indicator = ota_rd_u8(&rd);
	if (indicator & SECONDARY)
		return AGENT_E_SECONDARY;
	if (indicator & CODE_TABLE)
		return AGENT_E_NOT_BUILT;
	if (rd.err != OTA_OK || (indicator & ~APP_HEADER) != 0)
		return AGENT_E_MALFORMED;
	if (indicator & APP_HEADER)
		err = meaning(ota_vcdiff_number_read(&rd, &app_len));
	if (err == AGENT_OK && app_len > agent->patch_size - (uint32_t)rd.at)
		err = AGENT_E_MALFORMED;
	*at = (uint32_t)rd.at + app_len;
	return err;
}

/* The header of the window at `at`; `data_at`: its first section; `end`: behind its last one. */
struct place {
	uint32_t at;
	uint32_t data_at;
	uint32_t end;
};

static enum agent_err read_window(struct agent *agent, struct place *place, uint32_t new_left,
				  struct ota_vcdiff_window *window)
{
	uint8_t head[OTA_VCDIFF_WINDOW_HEADER_MAX];
	uint32_t len = agent_smaller(agent->patch_size - place->at, sizeof(head));
	struct ota_rd rd = ota_rd_init(ota_span_of(head, len));
	enum agent_err err = agent_patch_copy(agent, place->at, head, len);

	if (err == AGENT_OK)
		err = meaning(ota_vcdiff_window_read(&rd, agent->old_size, new_left, window));
	if (err != AGENT_OK)
		return err;
	place->data_at = place->at + (uint32_t)rd.at;
	place->end = place->data_at;
	for (unsigned i = 0; i < OTA_VCDIFF_SECTIONS; i++) {
		if (window->compressed[i])
			return AGENT_E_SECONDARY;
		if (window->section_len[i] > agent->patch_size - place->end)
			return AGENT_E_MALFORMED;
		place->end += window->section_len[i];
	}
	if (window->new_len == 0)
		return AGENT_E_MALFORMED;
	if (window->new_len > AGENT_VCDIFF_WINDOW)
		return AGENT_E_WINDOW;
	return window->has_adler || agent->is_signed ? AGENT_OK : AGENT_E_NO_CHECKSUM;
}

enum agent_err agent_vcdiff_open(struct agent *agent)
{
	uint32_t new_max = agent->is_signed ? agent->new_size : OTA_VCDIFF_IMAGE_MAX;
	struct place place = {0, 0, 0};
	uint32_t new_size = 0;
	enum agent_err err;

	/* All windows are looked at before the first is made: a stream has gone by, then. */
	if (agent->job->patch == AGENT_STREAMED)
		return AGENT_E_STREAMED;
	/* A bare patch does not say how large old is. */
	if (!agent->is_signed)
		agent->old_size = agent->old_flash.size - agent->job->reserved;
	err = read_file_header(agent, &place.at);
	agent->stream_at = place.at;
	if (err == AGENT_OK && place.at == agent->patch_size)
		err = AGENT_E_MALFORMED;
	while (err == AGENT_OK && place.at < agent->patch_size) {
		struct ota_vcdiff_window window;

		err = read_window(agent, &place, new_max - new_size, &window);
		if (err == AGENT_OK)
			new_size += window.new_len;
		place.at = place.end;
	}
	if (err == AGENT_OK && agent->is_signed && new_size != agent->new_size)
		err = AGENT_E_MALFORMED;
	agent->new_size = new_size;
	agent->window_at = agent->stream_at;
	agent->window_end = agent->stream_at;
	return err;
}

/* -- a window ---------------------------------------------------------------------------------- */

/* What is left of a section ends where the next one begins. */
static enum agent_err give_section(struct agent *agent, const struct place *place,
				   const struct ota_vcdiff_window *window)
{
	unsigned stream = agent->io.stream;
	uint32_t end = place->data_at;

	for (unsigned i = 0; i <= stream; i++)
		end += window->section_len[i];
	return agent_patch_bytes(agent, end - decoder(agent)->section_left[stream], stream,
				 &agent->io.patch[stream]);
}

static enum agent_err decode(struct agent *agent, const struct place *place,
			     const struct ota_vcdiff_window *window)
{
	uint8_t *out = window_buffer(agent);
	enum ota_want want;

	ota_vcdiff_dec_init(decoder(agent), window, window->section_len);
	memset(&agent->io, 0, sizeof(agent->io));
	agent->io.out = out;
	agent->io.room = window->new_len;
	while ((want = ota_vcdiff_dec_step(decoder(agent), &agent->io)) != OTA_WANT_NONE) {
		enum agent_err err = AGENT_E_PATCH_BROKEN;

		if (want == OTA_WANT_OLD)
			err = agent_show(agent, &agent->old_flash, agent->io.old_at,
					 agent->io.old_len);
		else if (want == OTA_WANT_PATCH)
			err = give_section(agent, place, window);
		if (err != AGENT_OK)
			return err;
	}
	if (window->has_adler && ota_adler32(1, ota_span_of(out, window->new_len)) != window->adler)
		return AGENT_E_WRONG_BASE;
	return AGENT_OK;
}

/* Decodes the window at window_end, which is then the one at work. */
static enum agent_err next_window(struct agent *agent, uint32_t new_at)
{
	struct place place = {agent->window_end, 0, 0};
	struct ota_vcdiff_window window = {.new_len = 0};
	enum agent_err err;

	if (place.at >= agent->patch_size || new_at > agent->new_size)
		return AGENT_E_PATCH_BROKEN;
	err = read_window(agent, &place, agent->new_size - new_at, &window);
	if (err == AGENT_OK)
		err = decode(agent, &place, &window);
	agent->window_at = place.at;
	agent->window_end = place.end;
	agent->window_new = new_at;
	agent->window_len = window.new_len;
	return err;
}

/* What room was given is at the page's end: io is the window decoder's own while it works. */
enum agent_err agent_vcdiff_make(struct agent *agent, bool *more)
{
	uint8_t *out = agent->io.out;
	uint32_t room = (uint32_t)agent->io.room;
	uint32_t at = agent->made;
	enum agent_err err = AGENT_OK;

	while (err == AGENT_OK && at < agent->new_size) {
		uint32_t skip = at - agent->window_new;
		uint32_t n;

		if (skip >= agent->window_len) {
			err = next_window(agent, agent->window_new + agent->window_len);
			continue;
		}
		n = agent_smaller(room, agent->window_len - skip);
		if (n == 0)
			break;
		memcpy(out, window_buffer(agent) + skip, n);
		out += n;
		room -= n;
		at += n;
	}
	memset(&agent->io, 0, sizeof(agent->io));
	agent->io.out = out;
	agent->io.room = room;
	*more = at < agent->new_size;
	return err;
}
