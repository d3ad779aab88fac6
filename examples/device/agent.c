// SPDX-License-Identifier: Apache-2.0
/*
 * From a patch to a new image that MCUboot takes. What may be lost at any moment is RAM: the slots
 * and the journal always tell how to go on. Checkpoints are taken at the start of a sector (in
 * place: a block) of new, before it is erased, for only there can what follows be made once more.
 */
#include <ota/mcuboot.h>

#include "agent_own.h"

/* Where new's first byte goes. */
static uint32_t new_base(const struct agent *agent)
{
	return agent->block > 0 ? 0 : agent->job->new_at;
}

static bool in_place(const struct agent *agent)
{
	return AGENT_HAS_PLACE && agent->block > 0;
}

/* -- beginning --------------------------------------------------------------------------------- */

static enum agent_err open_areas(struct agent *agent)
{
	const struct agent_job *job = agent->job;
	enum agent_err err = agent_open(job->primary, &agent->old_flash);

	agent->new_flash = agent->old_flash;
	if (err == AGENT_OK && job->secondary != AGENT_NO_AREA)
		err = agent_open(job->secondary, &agent->new_flash);
	if (err == AGENT_OK && job->patch != AGENT_STREAMED)
		err = agent_open(job->patch, &agent->patch_flash);
	if (err != AGENT_OK)
		return err;
	agent->patch_size = job->patch_size;
	if (job->patch == AGENT_STREAMED)
		return AGENT_OK;
	agent->patch_at = job->patch_at;
	if (job->patch_at > agent->patch_flash.size ||
	    job->patch_size > agent->patch_flash.size - job->patch_at)
		return AGENT_E_MALFORMED;
	return job->patch == job->journal ? AGENT_E_PATCH_PLACE : AGENT_OK;
}

/* By whom: after this the bare patch is known, and which update it is. */
static enum agent_err unwrap(struct agent *agent)
{
	uint8_t raw[WORD_SIZE] = {0};
	uint32_t len = agent_smaller(agent->patch_size, WORD_SIZE);
	enum agent_err err = agent_patch_copy(agent, 0, raw, len);

	if (err != AGENT_OK)
		return err;
	agent->is_signed = agent_word(raw) == OTA_IMAGE_MAGIC;
	if (!agent->is_signed)
		return agent->job->takes_unsigned ? agent_patch_id(agent) : AGENT_E_UNSIGNED;
	if (agent->job->patch == AGENT_STREAMED)
		return AGENT_E_STREAMED;
	return AGENT_HAS_SIGNED ? agent_signed_open(agent) : AGENT_E_NOT_BUILT;
}

/* A patch in the secondary lies between the last sector of new and the trailer's first. */
static enum agent_err check_patch_place(const struct agent *agent, uint32_t new_end,
					uint32_t trailer)
{
	const struct agent_job *job = agent->job;

	if (job->patch != job->secondary)
		return AGENT_OK;
	return job->patch_at < new_end || job->patch_at > trailer ||
			       job->patch_size > trailer - job->patch_at
		       ? AGENT_E_PATCH_PLACE
		       : AGENT_OK;
}

/* Sectors of new: they begin where new does, and pages fill them. Fills `end`: of the last one. */
static enum agent_err check_sectors(const struct agent *agent, uint32_t *end)
{
	uint32_t new_end = agent->job->new_at + agent->new_size;
	uint32_t at = agent->job->new_at;
	uint32_t start;
	enum agent_err err = agent_sector_start(&agent->new_flash, at, &start);

	*end = at;
	if (err == AGENT_OK && start != at)
		err = AGENT_E_SECTORS;
	while (err == AGENT_OK && at < new_end) {
		err = agent_sector_end(&agent->new_flash, at, end);
		if (err == AGENT_OK && (*end - at) % AGENT_PAGE != 0)
			err = AGENT_E_PAGE;
		at = *end;
	}
	return err;
}

static enum agent_err check_two_slots(const struct agent *agent)
{
	const struct agent_job *job = agent->job;
	uint32_t size = agent->new_flash.size;
	uint32_t fields;
	uint32_t trailer;
	uint32_t end;
	enum agent_err err;

	if (job->secondary == AGENT_NO_AREA)
		return AGENT_E_SLOTS;
	err = agent_marks_find(agent, &fields, &trailer);
	if (err != AGENT_OK)
		return err;
	size = agent_smaller(fields, size - agent_smaller(size, job->reserved));
	if (job->new_at > size || agent->new_size > size - job->new_at)
		return AGENT_E_NO_FIT;
	err = check_sectors(agent, &end);
	return err == AGENT_OK ? check_patch_place(agent, end, trailer) : err;
}

static enum agent_err check_layout(struct agent *agent)
{
	enum agent_err err;

	if (agent->job->every == 0)
		return AGENT_E_JOURNAL;
	if (agent->old_size > agent->old_flash.size)
		return AGENT_E_WRONG_BASE;
	if (agent->new_size == 0)
		return AGENT_E_NO_FIT;
	/* Pages are whole write units. */
	if (AGENT_PAGE % agent->new_flash.align != 0)
		err = AGENT_E_PAGE;
	else if (!in_place(agent))
		err = check_two_slots(agent);
	else if (agent->job->secondary != AGENT_NO_AREA)
		err = AGENT_E_SLOTS;
	else if (agent->job->patch == AGENT_STREAMED)
		err = AGENT_E_STREAMED;
	else
		err = agent_place_check(agent);
	return err == AGENT_OK ? agent_journal_check(agent) : err;
}

/*
 * For which old image, before the first byte of flash is written. For two slots the decoder holds
 * old to its CRC-32, before its first byte; in place old has been moved by then, and there is no
 * way back. Bare VCDIFF has nothing but its windows' checksums.
 */
static enum agent_err check_old(struct agent *agent)
{
	uint32_t crc = 0;
	enum agent_err err = AGENT_OK;

	if (agent->is_signed)
		err = AGENT_HAS_SIGNED ? agent_signed_check_old(agent) : AGENT_E_NOT_BUILT;
	if (err != AGENT_OK || !in_place(agent))
		return err;
	err = agent_crc(&agent->old_flash, 0, agent->old_size, &crc);
	return err == AGENT_OK && crc != agent->old_crc ? AGENT_E_WRONG_BASE : err;
}

/* -- going on ---------------------------------------------------------------------------------- */

static enum agent_err start(struct agent *agent)
{
	agent->made = 0;
	agent->erased_to = 0;
	agent->units = in_place(agent) ? agent->job->every : 0;
	agent->window_at = agent->stream_at;
	agent->window_end = agent->stream_at;
	agent->window_new = 0;
	agent->window_len = 0;
	agent->phase = AGENT_MAKING;
	memset(&agent->io, 0, sizeof(agent->io));
	return agent->format == AGENT_OTD ? agent_otd_start(agent) : AGENT_OK;
}

/* The image in the secondary is the only way back as long as the one that runs is on trial. */
static enum agent_err check_trial(const struct agent *agent)
{
	enum agent_marks marks;
	enum agent_err err = agent_read_marks(agent->job, &marks);

	return err == AGENT_OK && marks == AGENT_MARKS_ON_TRIAL ? AGENT_E_ON_TRIAL : err;
}

/* Old has been checked. */
static enum agent_err start_anew(struct agent *agent)
{
	enum agent_err err = in_place(agent) ? AGENT_OK : check_trial(agent);

	/* In place, too: a decoder that will not begin must say so before old is moved. */
	if (err == AGENT_OK)
		err = start(agent);
	if (err == AGENT_OK && in_place(agent))
		agent->phase = AGENT_MOVING;
	return err;
}

static enum agent_err start_at_all(struct agent *agent)
{
	enum agent_err err = check_old(agent);

	return err == AGENT_OK ? start_anew(agent) : err;
}

static enum agent_err resume_making(struct agent *agent, const struct agent_record *record)
{
	enum agent_err err;

	/* With two slots old is as it was, and whom the update is for can be asked once more. */
	err = in_place(agent) ? AGENT_OK : check_old(agent);
	if (err != AGENT_OK)
		return err;
	agent->made = record->made;
	agent->erased_to = record->made;
	agent->units = 0;
	agent->window_at = record->patch_at;
	agent->window_end = record->patch_at;
	agent->window_new = record->value;
	agent->window_len = 0;
	agent->phase = AGENT_MAKING;
	err = agent_journal_state(agent, record);
	if (err == AGENT_OK && agent->format == AGENT_OTD)
		err = agent_otd_resume(agent);
	if (agent->made >= agent->new_size || agent->window_new > agent->made)
		err = AGENT_E_MALFORMED;
	/* In place nothing else can help. */
	return err == AGENT_OK || in_place(agent) ? err : start_anew(agent);
}

/*
 * New has been proved, and what became of the marks is not known. If old is not in the primary any
 * more MCUboot has taken new; else they are set once more, in sectors erased anew.
 */
static enum agent_err resume_proved(struct agent *agent, const struct agent_record *record)
{
	uint32_t crc = 0;
	uint32_t fields;
	uint32_t trailer;
	enum agent_err err = agent_crc(&agent->old_flash, 0, agent->old_size, &crc);

	if (err != AGENT_OK)
		return err;
	if (crc != record->value) {
		err = agent_journal_write(agent, AGENT_RECORD_DONE);
		return err == AGENT_OK ? AGENT_E_DONE : err;
	}
	err = agent_marks_find(agent, &fields, &trailer);
	if (err != AGENT_OK)
		return err;
	/* New reaches into the sector of the marks: it is erased with them, and made again. */
	if (trailer < new_base(agent) + agent->new_size)
		return start_at_all(agent);
	agent->made = agent->new_size;
	agent->phase = AGENT_PROVING;
	agent->has_marks = true;
	return AGENT_OK;
}

static enum agent_err go_on(struct agent *agent, const struct agent_record *record)
{
	switch ((enum agent_kind)record->kind) {
	case AGENT_RECORD_NONE:
		break;
	case AGENT_RECORD_MOVING:
		if (!in_place(agent) || record->value > agent->left)
			break;
		agent->left = record->value;
		agent->phase = AGENT_MOVING;
		return AGENT_OK;
	case AGENT_RECORD_MAKING:
		return resume_making(agent, record);
	case AGENT_RECORD_PROVED:
		return resume_proved(agent, record);
	case AGENT_RECORD_DONE:
		return AGENT_E_DONE;
	}
	return in_place(agent) ? AGENT_E_MALFORMED : start_at_all(agent);
}

enum agent_err agent_begin(struct agent *agent, const struct agent_job *job)
{
	struct agent_record record;
	enum agent_err err;

	memset(agent, 0, sizeof(*agent));
	agent->job = job;
	err = open_areas(agent);
	if (err == AGENT_OK)
		err = agent_journal_open(agent, &record);
	if (err == AGENT_OK)
		err = unwrap(agent);
	if (err == AGENT_OK)
		err = agent_patch_open(agent);
	if (err == AGENT_OK)
		err = check_layout(agent);
	if (err != AGENT_OK)
		return err;
	agent->is_begun = record.kind != AGENT_RECORD_NONE && record.id == agent->id &&
			  record.format == agent->format &&
			  record.in_place == (in_place(agent) ? 1 : 0);
	if (agent->is_begun)
		return go_on(agent, &record);
	/* Old has been moved already: another patch would find no old image at all. */
	if (agent_journal_in_place(&record))
		return AGENT_E_OTHER;
	agent->is_instead =
		record.kind == AGENT_RECORD_MAKING || record.kind == AGENT_RECORD_PROVED;
	return start_at_all(agent);
}

/* -- making new -------------------------------------------------------------------------------- */

/* Nothing old may be booted half overwritten: the marks go first. */
static enum agent_err clear_secondary(struct agent *agent)
{
	enum agent_err err = AGENT_OK;

	/* The other update must not go on from where it was: its bytes are about to be erased. */
	if (agent->is_instead)
		err = agent_journal_write(agent, AGENT_RECORD_NONE);
	if (err == AGENT_OK)
		err = agent_marks_erase(agent);
	/* swap-offset refuses new when an image's header is left below it (loader.c). */
	if (err == AGENT_OK)
		err = agent_erase_over(&agent->new_flash, 0, agent->job->new_at);
	return err;
}

/* The next sector, or block, of new: a checkpoint when it is due, and its erase. */
static enum agent_err open_unit(struct agent *agent)
{
	uint32_t at = new_base(agent) + agent->made;
	uint32_t end = at + agent->block;
	enum agent_err err = AGENT_OK;

	if (!in_place(agent)) {
		err = agent_sector_end(&agent->new_flash, at, &end);
		if (err == AGENT_OK && agent->made == 0)
			err = clear_secondary(agent);
	}
	if (err == AGENT_OK && agent->units >= agent->job->every) {
		if (agent->format == AGENT_OTD)
			agent_otd_seal(agent);
		err = agent_journal_write(agent, AGENT_RECORD_MAKING);
		agent->units = 0;
	}
	if (err == AGENT_OK)
		err = agent_erase_over(&agent->new_flash, at, end);
	agent->erased_to = end - new_base(agent);
	agent->units++;
	return err;
}

static enum agent_err decode(struct agent *agent, bool *more)
{
	if (agent->format == AGENT_OTD)
		return agent_otd_make(agent, more);
	return AGENT_HAS_VCDIFF ? agent_vcdiff_make(agent, more) : AGENT_E_NOT_BUILT;
}

/* What is in the page; behind new's last byte whole write units are filled up. */
static enum agent_err program(struct agent *agent)
{
	uint32_t filled = AGENT_PAGE - (uint32_t)agent->io.room;
	uint32_t len;
	enum agent_err err;

	(void)agent_round_up(filled, agent->new_flash.align, &len);
	memset(agent_page(agent) + filled, agent->new_flash.erased, len - filled);
	err = agent_write_page(agent, &agent->new_flash, new_base(agent) + agent->made, len);
	agent->made += filled;
	/* What the decoder was shown of the page is about to be overwritten. */
	agent->io.old = ota_span_of(NULL, 0);
	agent->io.room = 0;
	return err;
}

static enum agent_err make(struct agent *agent)
{
	bool more = true;
	enum agent_err err = AGENT_OK;

	/*
	 * Up to where room is wanted: only then has the decoder checked old. All it has put out is
	 * programmed, so its state may be saved.
	 */
	if (agent->made == agent->erased_to) {
		err = decode(agent, &more);
		/* Nothing behind new's last unit has been looked at by check_layout. */
		if (err == AGENT_OK && (!more || agent->made >= agent->new_size))
			err = AGENT_E_PATCH_BROKEN;
		if (err == AGENT_OK)
			err = open_unit(agent);
	}
	if (err != AGENT_OK)
		return err;
	agent->io.out = agent_page(agent);
	agent->io.room = AGENT_PAGE;
	err = decode(agent, &more);
	if (err == AGENT_OK)
		err = program(agent);
	if (err == AGENT_OK && !more)
		agent->phase = AGENT_PROVING;
	return err;
}

/* -- proving and marking ----------------------------------------------------------------------- */

static enum agent_err check_new(struct agent *agent)
{
	uint32_t crc = 0;
	enum agent_err err;

	if (agent->is_signed)
		return AGENT_HAS_SIGNED ? agent_signed_check_new(agent) : AGENT_E_NOT_BUILT;
	/* Bare VCDIFF says nothing of new but in its windows, and pages have been read back. */
	if (agent->format != AGENT_OTD)
		return AGENT_OK;
	err = agent_crc(&agent->new_flash, new_base(agent), agent->new_size, &crc);
	return err == AGENT_OK && crc != agent->new_crc ? AGENT_E_RESULT : err;
}

static enum agent_err prove(struct agent *agent)
{
	enum agent_err err = agent->made == agent->new_size ? check_new(agent) : AGENT_E_RESULT;

	if (err != AGENT_OK)
		return err;
	if (in_place(agent)) {
		agent->phase = AGENT_READY;
		return agent_journal_write(agent, AGENT_RECORD_DONE);
	}
	agent->left = 0;
	err = agent_crc(&agent->old_flash, 0, agent->old_size, &agent->left);
	agent->phase = AGENT_MARKING;
	return err == AGENT_OK ? agent_journal_write(agent, AGENT_RECORD_PROVED) : err;
}

static enum agent_err mark(struct agent *agent)
{
	enum agent_err err = agent->has_marks ? agent_marks_erase(agent) : AGENT_OK;

	if (err == AGENT_OK)
		err = agent_marks_set(agent);
	agent->phase = AGENT_READY;
	return err == AGENT_OK ? agent_journal_write(agent, AGENT_RECORD_DONE) : err;
}

/* -- steps ------------------------------------------------------------------------------------- */

static enum agent_err move(struct agent *agent)
{
	enum agent_err err = AGENT_OK;

	if (!AGENT_HAS_PLACE)
		return AGENT_E_NOT_BUILT;
	if (agent->left > 0)
		err = agent_place_move(agent);
	if (err == AGENT_OK && agent->left == 0)
		err = start(agent);
	return err;
}

static enum agent_err do_phase(struct agent *agent)
{
	switch ((enum agent_phase)agent->phase) {
	case AGENT_NOTHING:
	case AGENT_READY:
		break;
	case AGENT_MOVING:
		return move(agent);
	case AGENT_MAKING:
		return make(agent);
	case AGENT_PROVING:
		return prove(agent);
	case AGENT_MARKING:
		return mark(agent);
	}
	return AGENT_OK;
}

enum agent_err agent_step(struct agent *agent)
{
	enum agent_err err = do_phase(agent);

	if (err == AGENT_OK)
		return AGENT_OK;
	/* To go on from the checkpoint would end in the same way: the next time it starts anew. */
	if (err == AGENT_E_PATCH_BROKEN || err == AGENT_E_RESULT)
		(void)agent_journal_write(agent, AGENT_RECORD_NONE);
	agent->phase = AGENT_NOTHING;
	return err;
}

enum agent_err agent_run(struct agent *agent)
{
	enum agent_err err = AGENT_OK;

	while (err == AGENT_OK && agent->phase != AGENT_READY && agent->phase != AGENT_NOTHING)
		err = agent_step(agent);
	return err;
}
