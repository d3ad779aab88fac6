// SPDX-License-Identifier: Apache-2.0
/*
 * The journal: two halves, each a log of records that are appended. A record's CRC covers all of
 * it, so one whose writing was cut off does not count. The other half is erased only when the
 * newest record lies in this one: there is always a last good record.
 *
 *     offset  bytes
 *     0       4      "OTJ1"
 *     4       4      sequence number, from 1 on, through both halves
 *     8       1, 1   kind, format
 *     10      1, 1   1: in place; 0
 *     12      4      which update
 *     16      4      VCDIFF: where its window at work begins in the patch
 *     20      4      bytes of new that are programmed
 *     24      4      what the kind says
 *     28      4      n, bytes of the decoder's state
 *     32      n      the state
 *     32 + n  4      CRC-32 of all before; then up to a whole write unit as erased
 *
 * After a reset nothing is appended to a half that was written before: what follows the last good
 * record may read as erased and yet have been written. The first record goes into the other half.
 */
#include "agent_own.h"

#define MAGIC     0x314a544fU
#define HEAD_SIZE 32U

#define SEQUENCE_AT 4U
#define KIND_AT     8U
#define FORMAT_AT   9U
#define IN_PLACE_AT 10U
#define ID_AT       12U
#define PATCH_AT    16U
#define MADE_AT     20U
#define VALUE_AT    24U
#define STATE_AT    28U

static uint32_t half_size(const struct agent *agent)
{
	return agent->journal.size / 2;
}

static bool has_journal(const struct agent *agent)
{
	return agent->job->journal != AGENT_NO_AREA;
}

/* Of a record with `state_len` bytes of state; they are at most AGENT_DECODER_RAM. */
static uint32_t record_size(const struct agent *agent, uint32_t state_len)
{
	uint32_t size;

	(void)agent_round_up(HEAD_SIZE + state_len + WORD_SIZE, agent->journal.align, &size);
	return size;
}

enum agent_err agent_journal_check(const struct agent *agent)
{
	uint32_t start;
	enum agent_err err;

	if (!has_journal(agent))
		return agent->block > 0 ? AGENT_E_JOURNAL : AGENT_OK;
	if (AGENT_PAGE % agent->journal.align != 0)
		return AGENT_E_PAGE;
	if (half_size(agent) < record_size(agent, agent_state_len(agent)))
		return AGENT_E_JOURNAL;
	err = agent_sector_start(&agent->journal, half_size(agent), &start);
	if (err == AGENT_OK && (start != half_size(agent) || agent->journal.size % 2 != 0))
		err = AGENT_E_SECTORS;
	return err;
}

/* -- reading ----------------------------------------------------------------------------------- */

static void parse(const uint8_t *head, struct agent_record *record)
{
	record->kind = head[KIND_AT];
	record->format = head[FORMAT_AT];
	record->in_place = head[IN_PLACE_AT];
	record->id = agent_word(head + ID_AT);
	record->patch_at = agent_word(head + PATCH_AT);
	record->made = agent_word(head + MADE_AT);
	record->value = agent_word(head + VALUE_AT);
	record->state_len = agent_word(head + STATE_AT);
}

/*
 * The record at `at` of a half, when it is whole: true. A driver that cannot read what a cut has
 * left says so, and there is no record then.
 */
static bool read_record(const struct agent *agent, uint32_t half, uint32_t at,
			struct agent_record *record, uint32_t *sequence)
{
	uint32_t base = half * half_size(agent) + at;
	uint8_t head[HEAD_SIZE];
	uint8_t sum[WORD_SIZE];
	uint32_t crc;

	if (half_size(agent) - at < HEAD_SIZE + WORD_SIZE ||
	    agent_read(&agent->journal, base, head, HEAD_SIZE) != AGENT_OK ||
	    agent_word(head) != MAGIC)
		return false;
	parse(head, record);
	if (record->state_len > half_size(agent) - at - HEAD_SIZE - WORD_SIZE)
		return false;
	record->state_at = base + HEAD_SIZE;
	crc = ota_crc32(0, ota_span_of(head, HEAD_SIZE));
	if (agent_crc(&agent->journal, record->state_at, record->state_len, &crc) != AGENT_OK ||
	    agent_read(&agent->journal, record->state_at + record->state_len, sum, WORD_SIZE) !=
		    AGENT_OK)
		return false;
	*sequence = agent_word(head + SEQUENCE_AT);
	return crc == agent_word(sum);
}

static void look_through(struct agent *agent, uint32_t half, struct agent_record *newest)
{
	struct agent_record record;
	uint32_t sequence;
	uint32_t at = 0;

	while (at < half_size(agent) && read_record(agent, half, at, &record, &sequence)) {
		/* They count on through both halves: from 1, and never as far as 2^32. */
		if (sequence > agent->sequence) {
			agent->sequence = sequence;
			agent->newest_half = half;
			*newest = record;
		}
		/* What is left after a state of any length still holds less than a half. */
		at += record_size(agent, record.state_len);
	}
}

uint32_t agent_state_len(const struct agent *agent)
{
	return agent->format == AGENT_OTD ? agent->state_len : 0;
}

enum agent_err agent_journal_open(struct agent *agent, struct agent_record *record)
{
	enum agent_err err;

	memset(record, 0, sizeof(*record));
	agent->half = NO_HALF;
	agent->newest_half = NO_HALF;
	agent->sequence = 0;
	if (!has_journal(agent))
		return AGENT_OK;
	err = agent_open(agent->job->journal, &agent->journal);
	if (err != AGENT_OK)
		return err;
	look_through(agent, 0, record);
	look_through(agent, 1, record);
	return AGENT_OK;
}

bool agent_journal_in_place(const struct agent_record *record)
{
	return record->in_place != 0 &&
	       (record->kind == AGENT_RECORD_MOVING || record->kind == AGENT_RECORD_MAKING);
}

enum agent_err agent_journal_state(struct agent *agent, const struct agent_record *record)
{
	if (record->state_len != agent_state_len(agent))
		return AGENT_E_NOT_BUILT;
	return agent_read(&agent->journal, record->state_at, agent_decoder(agent),
			  record->state_len);
}

/* -- writing ----------------------------------------------------------------------------------- */

/* Bytes on their way through the page. */
struct writer {
	struct agent *agent;
	uint32_t at; /* in the journal, where the page goes */
	uint32_t filled;
	enum agent_err err;
};

static void flush(struct writer *w)
{
	struct agent *agent = w->agent;
	uint32_t len;

	(void)agent_round_up(w->filled, agent->journal.align, &len);
	memset(agent_page(agent) + w->filled, agent->journal.erased, len - w->filled);
	if (w->err == AGENT_OK && len > 0)
		w->err = agent_write_page(agent, &agent->journal, w->at, len);
	w->at += len;
	w->filled = 0;
}

static void put(struct writer *w, const uint8_t *bytes, uint32_t len)
{
	while (len > 0) {
		uint32_t n = agent_smaller(len, AGENT_PAGE - w->filled);

		memcpy(agent_page(w->agent) + w->filled, bytes, n);
		w->filled += n;
		bytes += n;
		len -= n;
		if (w->filled == AGENT_PAGE)
			flush(w);
	}
}

/* Room for a record, in the half that this run has erased, or in the other one. */
static enum agent_err make_room(struct agent *agent, uint32_t size)
{
	uint32_t half;
	enum agent_err err;

	if (agent->half != NO_HALF && size <= half_size(agent) - agent->record_at)
		return AGENT_OK;
	half = agent->newest_half == 0 ? 1 : 0;
	err = agent_erase_over(&agent->journal, half * half_size(agent),
			       (half + 1) * half_size(agent));
	agent->half = half;
	agent->record_at = 0;
	return err;
}

static void fill_head(const struct agent *agent, enum agent_kind kind, uint32_t state_len,
		      uint8_t *head)
{
	memset(head, 0, HEAD_SIZE);
	agent_put_word(head, MAGIC);
	agent_put_word(head + SEQUENCE_AT, agent->sequence + 1);
	head[KIND_AT] = (uint8_t)kind;
	head[FORMAT_AT] = agent->format;
	head[IN_PLACE_AT] = agent->block > 0 ? 1 : 0;
	agent_put_word(head + ID_AT, agent->id);
	agent_put_word(head + PATCH_AT, agent->window_at);
	agent_put_word(head + MADE_AT, agent->made);
	agent_put_word(head + VALUE_AT,
		       kind == AGENT_RECORD_MAKING ? agent->window_new : agent->left);
	agent_put_word(head + STATE_AT, state_len);
}

enum agent_err agent_journal_write(struct agent *agent, enum agent_kind kind)
{
	uint32_t state_len = kind == AGENT_RECORD_MAKING ? agent_state_len(agent) : 0;
	uint32_t size = record_size(agent, state_len);
	struct writer w = {.agent = agent, .err = AGENT_OK};
	uint8_t head[HEAD_SIZE];
	uint8_t sum[WORD_SIZE];
	uint32_t crc;

	if (!has_journal(agent))
		return AGENT_OK;
	w.err = make_room(agent, size);
	w.at = agent->half * half_size(agent) + agent->record_at;
	fill_head(agent, kind, state_len, head);
	crc = ota_crc32(0, ota_span_of(head, HEAD_SIZE));
	crc = ota_crc32(crc, ota_span_of(agent_decoder(agent), state_len));
	agent_put_word(sum, crc);
	put(&w, head, HEAD_SIZE);
	put(&w, agent_decoder(agent), state_len);
	put(&w, sum, WORD_SIZE);
	flush(&w);
	if (w.err != AGENT_OK)
		return w.err;
	agent->record_at += size;
	agent->newest_half = agent->half;
	agent->sequence++;
	return AGENT_OK;
}

enum agent_err agent_forget(struct agent *agent, const struct agent_job *job)
{
	struct agent_record record;
	enum agent_err err;

	memset(agent, 0, sizeof(*agent));
	agent->job = job;
	err = agent_journal_open(agent, &record);
	if (err != AGENT_OK || !has_journal(agent))
		return err;
	if (agent_journal_in_place(&record))
		return AGENT_E_OTHER;
	/* The newest record last: a cut in between must not bring an older one back to life. */
	for (uint32_t i = 0; err == AGENT_OK && i < 2; i++) {
		uint32_t half = agent->newest_half == 0 ? 1 - i : i;

		err = agent_erase_over(&agent->journal, half * half_size(agent),
				       (half + 1) * half_size(agent));
	}
	return err;
}
