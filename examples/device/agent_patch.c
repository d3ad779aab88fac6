// SPDX-License-Identifier: Apache-2.0
/* The patch's bytes, wherever they are, and what format they are of. */
#include "agent_own.h"

/* Enough of a patch to know its format by. */
#define PROBE_SIZE 8U

static const uint8_t bsdiff_magic[] = {'B', 'S', 'D', 'I', 'F', 'F', '4', '0'};

static enum agent_err bytes_of_area(struct agent *agent, uint32_t at, uint8_t *piece,
				    struct ota_span *bytes)
{
	const uint8_t *mapped = kit_flash_map(&agent->patch_flash);
	uint32_t len = agent->patch_size - at;

	if (mapped) {
		*bytes = ota_span_of(mapped + agent->patch_at + at, len);
		return AGENT_OK;
	}
	/* Built without pieces: the product has said that it would be mapped. */
	if (AGENT_PATCH_PIECES == 0)
		return AGENT_E_NOT_BUILT;
	len = agent_smaller(len, AGENT_PIECE);
	*bytes = ota_span_of(piece, len);
	return agent_read(&agent->patch_flash, agent->patch_at + at, piece, len);
}

enum agent_err agent_patch_bytes(struct agent *agent, uint32_t at, unsigned which,
				 struct ota_span *bytes)
{
	const uint8_t *stream = NULL;
	uint32_t len = 0;

	*bytes = ota_span_of(NULL, 0);
	if (at >= agent->patch_size)
		return AGENT_E_MALFORMED;
	if (agent->job->patch != AGENT_STREAMED)
		return bytes_of_area(agent, at, agent_patch_piece(agent, which), bytes);
	if (kit_patch_pull(at, &stream, &len) != 0 || len == 0)
		return AGENT_E_STREAM;
	*bytes = ota_span_of(stream, agent_smaller(len, agent->patch_size - at));
	return AGENT_OK;
}

enum agent_err agent_patch_copy(struct agent *agent, uint32_t at, void *to, uint32_t len)
{
	uint8_t *out = (uint8_t *)to;

	if (at > agent->patch_size || len > agent->patch_size - at)
		return AGENT_E_MALFORMED;
	while (len > 0) {
		struct ota_span bytes;
		enum agent_err err = agent_patch_bytes(agent, at, 0, &bytes);

		if (err != AGENT_OK)
			return err;
		bytes = ota_span_head(bytes, len);
		memcpy(out, bytes.data, bytes.len);
		out += bytes.len;
		at += (uint32_t)bytes.len;
		len -= (uint32_t)bytes.len;
	}
	return AGENT_OK;
}

enum agent_err agent_patch_id(struct agent *agent)
{
	uint8_t size[WORD_SIZE];

	if (agent->job->patch == AGENT_STREAMED) {
		agent->id = agent->job->stream_id;
	} else {
		enum agent_err err = agent_crc(&agent->patch_flash, agent->patch_at,
					       agent->patch_size, &agent->id);

		if (err != AGENT_OK)
			return err;
	}
	agent_put_word(size, agent->patch_size);
	agent->id = ota_crc32(agent->id, ota_span_of(size, sizeof(size)));
	return AGENT_OK;
}

static bool is_vcdiff(struct ota_span start)
{
	static const uint8_t magic[] = {0xd6, 0xc3, 0xc4, 0x00};

	return ota_span_equal(ota_span_head(start, sizeof(magic)),
			      ota_span_of(magic, sizeof(magic)));
}

enum agent_err agent_patch_open(struct agent *agent)
{
	uint8_t bytes[PROBE_SIZE];
	struct ota_span start = ota_span_of(bytes, agent_smaller(agent->patch_size, PROBE_SIZE));
	uint8_t said = agent->format; /* by a signed update, else 0 */
	enum agent_err err = agent_patch_copy(agent, 0, bytes, (uint32_t)start.len);

	if (err != AGENT_OK)
		return err;
	if (ota_span_equal(start, ota_span_of(bsdiff_magic, sizeof(bsdiff_magic))))
		return AGENT_E_BSDIFF;
	if (is_vcdiff(start))
		agent->format = AGENT_VCDIFF;
	else if (ota_otd_probe(start))
		agent->format = AGENT_OTD;
	else
		return AGENT_E_UNKNOWN;
	if (agent->is_signed && said != agent->format)
		return AGENT_E_MALFORMED;
	if (agent->format == AGENT_OTD)
		return agent_otd_open(agent);
	return AGENT_HAS_VCDIFF ? agent_vcdiff_open(agent) : AGENT_E_NOT_BUILT;
}
