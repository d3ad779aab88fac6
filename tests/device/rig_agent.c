// SPDX-License-Identifier: Apache-2.0
/* The agent's job, and what must be so when it is done. */
#include <string.h>

#include <ota/mcuboot.h>

#include "agent.h"
#include "rig.h"

#define STREAM_ID 0x0dd5U

/* The product's RAM, which power cuts fill with garbage. */
__attribute__((section(".lost"), aligned(8))) static struct agent agent;
static struct agent_job job;

/* In the secondary's last erase units that hold no trailer. */
static uint32_t tail_at(const struct rig_config *config, const struct flash_part *part)
{
	uint32_t unit, start, len;

	if (!flash_part_unit(part, part->size - config->trailer - config->patch.len, &unit, &start,
			     &len))
		return 0;
	return start;
}

bool rig_agent_stores_patch(const struct rig_config *config, struct flash_model *model)
{
	struct rig_file patch = config->patch;

	switch (config->source) {
	case RIG_STORED:
		return flash_part_load(&model->part[RIG_PATCH], 0, patch.bytes, patch.len);
	case RIG_STREAMED:
		return true;
	case RIG_TAIL:
		return flash_part_load(&model->part[RIG_SECONDARY],
				       tail_at(config, &model->part[RIG_SECONDARY]), patch.bytes,
				       patch.len);
	}
	return false;
}

static void fill_job(const struct rig_config *config, const struct flash_model *model)
{
	memset(&job, 0, sizeof(job));
	job.primary = RIG_PRIMARY;
	job.secondary = config->in_place ? AGENT_NO_AREA : RIG_SECONDARY;
	job.journal = model->part[RIG_JOURNAL].size > 0 ? RIG_JOURNAL : AGENT_NO_AREA;
	job.patch_size = config->patch.len;
	switch (config->source) {
	case RIG_STORED:
		job.patch = RIG_PATCH;
		break;
	case RIG_STREAMED:
		job.patch = AGENT_STREAMED;
		job.stream_id = STREAM_ID;
		break;
	case RIG_TAIL:
		job.patch = RIG_SECONDARY;
		job.patch_at = tail_at(config, &model->part[RIG_SECONDARY]);
		break;
	}
	job.new_at = config->first;
	job.reserved = config->trailer;
	job.counter_floor = config->floor;
	job.max_align = (uint8_t)config->max_align;
	job.every = (uint8_t)config->every;
	job.permanent = config->permanent;
	job.takes_unsigned = !config->is_signed;
}

enum rig_outcome rig_agent(const struct rig_config *config, struct flash_model *model,
			   const char **words)
{
	enum agent_err err;

	fill_job(config, model);
	err = agent_begin(&agent, &job);
	if (err == AGENT_OK)
		err = agent_run(&agent);
	*words = agent_err_str(err);
	if (err == AGENT_OK && agent.phase != AGENT_READY) {
		*words = "the agent ended before it was ready";
		return RIG_REFUSED;
	}
	return err == AGENT_OK || err == AGENT_E_DONE ? RIG_MADE : RIG_REFUSED;
}

/* -- what must be so --------------------------------------------------------------------------- */

static bool says(const char **words, const char *what)
{
	*words = what;
	return false;
}

/* The trailer that MCUboot would read, by the rules of formats/mcuboot.md. */
static bool is_marked(const struct rig_config *config, const struct flash_part *part)
{
	struct ota_span slot = ota_span_of(part->bytes, part->size);
	struct ota_trailer trailer;
	size_t at;

	slot = ota_span_tail(slot, part->size - config->trailer);
	return ota_trailer_read(slot, part->erased, &trailer, &at) == OTA_OK &&
	       trailer.max_align == config->max_align && trailer.copy_done == OTA_TRAILER_UNSET &&
	       trailer.image_ok == (config->permanent ? OTA_TRAILER_SET : OTA_TRAILER_UNSET);
}

/* MCUboot, having swapped: new runs from the primary slot, on trial unless it is there for good. */
static bool swap(const struct rig_config *config, struct flash_model *model)
{
	static const uint8_t set = OTA_TRAILER_FLAG_SET;
	const struct ota_trailer_rules rules = {.max_align = config->max_align};
	struct flash_part *primary = &model->part[RIG_PRIMARY];
	struct flash_part *secondary = &model->part[RIG_SECONDARY];
	struct ota_trailer_fields fields;
	uint8_t magic[OTA_TRAILER_MAGIC_SIZE];
	uint32_t end = primary->size;

	if (!ota_trailer_fields_find(&rules, end, &fields))
		return false;
	memcpy(magic, secondary->bytes + secondary->size - sizeof(magic), sizeof(magic));
	flash_part_init(secondary);
	flash_part_init(primary);
	return flash_part_load(primary, 0, config->expect.bytes, config->expect.len) &&
	       flash_part_load(primary, end - sizeof(magic), magic, sizeof(magic)) &&
	       flash_part_load(primary, end - (uint32_t)fields.copy_done, &set, 1) &&
	       (!config->permanent ||
		flash_part_load(primary, end - (uint32_t)fields.image_ok, &set, 1));
}

/* Pending, then on trial, then confirmed; and a second confirmation does no harm. */
static bool marks_go_on(const struct rig_config *config, struct flash_model *model,
			const char **words)
{
	const enum agent_marks pending =
		config->permanent ? AGENT_MARKS_PERMANENT : AGENT_MARKS_TEST;
	enum agent_marks marks;

	if (!is_marked(config, &model->part[RIG_SECONDARY]))
		return says(words, "the secondary slot's trailer is not as MCUboot wants it");
	if (agent_read_marks(&job, &marks) != AGENT_OK || marks != pending)
		return says(words, "the agent does not read its marks as pending");
	if (!swap(config, model))
		return says(words, "the swap can not be played");
	if (agent_begin(&agent, &job) != AGENT_E_DONE && config->source != RIG_TAIL)
		return says(words, "the update would be made again after the swap");
	if (agent_read_marks(&job, &marks) != AGENT_OK ||
	    marks != (config->permanent ? AGENT_MARKS_CONFIRMED : AGENT_MARKS_ON_TRIAL))
		return says(words, "marks after the swap");
	if (agent_confirm(&job) != AGENT_OK || agent_confirm(&job) != AGENT_OK ||
	    agent_read_marks(&job, &marks) != AGENT_OK || marks != AGENT_MARKS_CONFIRMED)
		return says(words, "not confirmed");
	return true;
}

bool rig_agent_proves(const struct rig_config *config, struct flash_model *model,
		      const char **words)
{
	const struct flash_part *part =
		&model->part[config->in_place ? RIG_PRIMARY : RIG_SECONDARY];
	uint32_t ops = model->ops;

	if (memcmp(part->bytes + config->first, config->expect.bytes, config->expect.len) != 0)
		return says(words, "new is not what it should be");
	if (!config->in_place && config->load[RIG_PRIMARY].len > 0 &&
	    memcmp(model->part[RIG_PRIMARY].bytes, config->load[RIG_PRIMARY].bytes,
		   config->load[RIG_PRIMARY].len) != 0)
		return says(words, "old has changed");
	if (agent_begin(&agent, &job) != AGENT_E_DONE)
		return says(words, "the agent does not see that the update is made");
	if (model->ops != ops)
		return says(words, "the flash was written after the end");
	return config->in_place || marks_go_on(config, model, words);
}
