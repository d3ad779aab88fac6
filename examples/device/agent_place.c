// SPDX-License-Identifier: Apache-2.0
/*
 * In place: first old is moved up, block by block from its end, so that no byte of it is erased
 * before its copy is programmed; a record after every `every` blocks says how far. As old is moved
 * by at least `every` blocks, what lies between two records can be done again after a cut.
 */
#include "agent_own.h"

static uint32_t usable(const struct agent *agent)
{
	return (agent->new_flash.size - agent->job->reserved) & ~(agent->block - 1);
}

/* Blocks are erased by themselves only when each is whole sectors, and pages fill them. */
static enum agent_err check_blocks(const struct agent *agent, uint32_t end)
{
	if (agent->block % AGENT_PAGE != 0)
		return AGENT_E_PAGE;
	for (uint32_t at = 0; at < end; at += agent->block) {
		uint32_t start;
		enum agent_err err = agent_sector_start(&agent->new_flash, at, &start);

		if (err != AGENT_OK || start != at)
			return err != AGENT_OK ? err : AGENT_E_SECTORS;
	}
	return AGENT_OK;
}

/* A patch in the slot's end must not be moved over. */
static enum agent_err check_patch(const struct agent *agent, uint32_t end)
{
	const struct agent_job *job = agent->job;

	return job->patch == job->primary && job->patch_at < end ? AGENT_E_PATCH_PLACE : AGENT_OK;
}

enum agent_err agent_place_check(struct agent *agent)
{
	uint32_t more = agent->job->every - 1U;
	uint32_t end;
	uint32_t new_end;
	enum agent_err err;

	/* Built without pieces, as agent_show: but then old would have been moved. */
	if (AGENT_OLD_PIECES == 0 && !kit_flash_map(&agent->old_flash))
		return AGENT_E_NOT_BUILT;
	if (agent->job->reserved > agent->new_flash.size)
		return AGENT_E_NO_FIT;
	end = usable(agent);
	if (agent->shift > end || more > (end - agent->shift) / agent->block)
		return AGENT_E_NO_FIT;
	agent->shift += more * agent->block;
	if (!agent_round_up(agent->old_size, agent->block, &end) ||
	    !agent_round_up(agent->new_size, agent->block, &new_end) ||
	    end > usable(agent) - agent->shift || new_end > usable(agent))
		return AGENT_E_NO_FIT;
	agent->left = end / agent->block;
	end += agent->shift;
	if (new_end > end)
		end = new_end;
	err = check_blocks(agent, end);
	/* The end of the last block, too, is a sector's. */
	if (err == AGENT_OK && end < agent->new_flash.size) {
		err = agent_sector_start(&agent->new_flash, end, &new_end);
		if (err == AGENT_OK && new_end != end)
			err = AGENT_E_SECTORS;
	}
	return err == AGENT_OK ? check_patch(agent, end) : err;
}

static enum agent_err move_block(struct agent *agent, uint32_t at)
{
	uint32_t end = agent->block < agent->old_size - at ? at + agent->block : agent->old_size;
	enum agent_err err = agent_erase_over(&agent->new_flash, agent->shift + at,
					      agent->shift + at + agent->block);

	for (; err == AGENT_OK && at < end; at += AGENT_PAGE) {
		uint32_t n = agent_smaller(AGENT_PAGE, end - at);

		memset(agent_page(agent), agent->new_flash.erased, AGENT_PAGE);
		err = agent_read(&agent->old_flash, at, agent_page(agent), n);
		if (err == AGENT_OK)
			err = agent_write_page(agent, &agent->new_flash, agent->shift + at,
					       AGENT_PAGE);
	}
	return err;
}

enum agent_err agent_place_move(struct agent *agent)
{
	enum agent_err err = AGENT_OK;

	/* The first record: from here on the update must be finished. */
	if (!agent->is_begun)
		err = agent_journal_write(agent, AGENT_RECORD_MOVING);
	agent->is_begun = true;
	for (uint32_t n = 0; err == AGENT_OK && n < agent->job->every && agent->left > 0; n++) {
		err = move_block(agent, (agent->left - 1) * agent->block);
		agent->left--;
	}
	return err == AGENT_OK ? agent_journal_write(agent, AGENT_RECORD_MOVING) : err;
}
