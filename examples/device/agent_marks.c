// SPDX-License-Identifier: Apache-2.0
/*
 * What MCUboot reads in a slot's trailer, written as its boot_set_next does (bootutil_public.c),
 * with one difference: the magic comes last. It is what counts; a cut before it leaves no update
 * that is pending for a test when it was to be permanent.
 */
#include <ota/mcuboot.h>

#include "agent_own.h"

/* bootutil_public.h: BOOT_SWAP_TYPE_*, and BOOT_SET_SWAP_INFO's image number. */
#define SWAP_TYPE_TEST      2U
#define SWAP_TYPE_PERMANENT 3U
#define SWAP_IMAGE_SHIFT    4U

/* Offsets of the fields in a slot. */
struct fields {
	uint32_t magic;
	uint32_t image_ok;
	uint32_t copy_done;
	uint32_t swap_info;
};

static enum agent_err find_fields(const struct agent_job *job, const struct kit_flash *slot,
				  struct fields *fields)
{
	struct ota_trailer_rules rules = {.max_align = job->max_align, .write_size = slot->align};
	struct ota_trailer_fields back;

	if (!ota_is_power_of_two(job->max_align) || job->max_align < OTA_TRAILER_ALIGN_MIN ||
	    job->max_align > OTA_TRAILER_ALIGN_MAX || slot->align > job->max_align ||
	    !ota_trailer_fields_find(&rules, slot->size, &back))
		return AGENT_E_TRAILER;
	fields->magic = slot->size - (uint32_t)back.magic;
	fields->image_ok = slot->size - (uint32_t)back.image_ok;
	fields->copy_done = slot->size - (uint32_t)back.copy_done;
	fields->swap_info = slot->size - (uint32_t)back.swap_info;
	return AGENT_OK;
}

static void good_magic(const struct agent_job *job, uint8_t *magic)
{
	struct ota_wr wr = ota_wr_init(magic, OTA_TRAILER_MAGIC_SIZE);

	ota_trailer_magic_write(&wr, job->max_align);
}

/* At most OTA_TRAILER_ALIGN_MAX bytes, whole write units. */
static enum agent_err write_back(const struct kit_flash *slot, uint32_t at, const uint8_t *bytes,
				 uint32_t len)
{
	uint8_t back[OTA_TRAILER_ALIGN_MAX];

	if (kit_flash_write(slot, at, bytes, len) != 0 || kit_flash_read(slot, at, back, len) != 0)
		return AGENT_E_FLASH;
	return memcmp(back, bytes, len) == 0 ? AGENT_OK : AGENT_E_FLASH;
}

static enum agent_err write_byte(const struct kit_flash *slot, uint32_t at, uint8_t value)
{
	uint8_t unit[OTA_TRAILER_ALIGN_MAX];

	memset(unit, slot->erased, sizeof(unit));
	unit[0] = value;
	return write_back(slot, at, unit, slot->align);
}

/* The magic ends with the slot; what is before it in its field is written as erased. */
static enum agent_err write_magic(const struct agent_job *job, const struct kit_flash *slot)
{
	uint8_t field[OTA_TRAILER_ALIGN_MAX];
	uint32_t len = ota_trailer_magic_field(job->max_align);

	memset(field, slot->erased, sizeof(field));
	good_magic(job, field + len - OTA_TRAILER_MAGIC_SIZE);
	return write_back(slot, slot->size - len, field, len);
}

/* -- the secondary ----------------------------------------------------------------------------- */

enum agent_err agent_marks_find(const struct agent *agent, uint32_t *at, uint32_t *sector)
{
	struct fields fields = {0};
	enum agent_err err = find_fields(agent->job, &agent->new_flash, &fields);

	*at = fields.swap_info;
	*sector = 0;
	return err == AGENT_OK ? agent_sector_start(&agent->new_flash, *at, sector) : err;
}

enum agent_err agent_marks_erase(const struct agent *agent)
{
	uint32_t at;
	uint32_t sector;
	enum agent_err err = agent_marks_find(agent, &at, &sector);

	return err == AGENT_OK ? agent_erase_over(&agent->new_flash, at, agent->new_flash.size)
			       : err;
}

enum agent_err agent_marks_set(const struct agent *agent)
{
	const struct agent_job *job = agent->job;
	unsigned type = job->permanent ? SWAP_TYPE_PERMANENT : SWAP_TYPE_TEST;
	struct fields fields = {0};
	enum agent_err err = find_fields(job, &agent->new_flash, &fields);

	if (err == AGENT_OK)
		err = write_byte(&agent->new_flash, fields.swap_info,
				 (uint8_t)((unsigned)job->image << SWAP_IMAGE_SHIFT | type));
	if (err == AGENT_OK && job->permanent)
		err = write_byte(&agent->new_flash, fields.image_ok, OTA_TRAILER_FLAG_SET);
	if (err == AGENT_OK)
		err = write_magic(job, &agent->new_flash);
	return err;
}

/* -- reading, and confirming ------------------------------------------------------------------- */

struct state {
	enum ota_trailer_flag magic; /* BAD: neither MCUboot's nor erased */
	enum ota_trailer_flag image_ok;
	enum ota_trailer_flag copy_done;
};

static enum agent_err read_flag(const struct kit_flash *slot, uint32_t at,
				enum ota_trailer_flag *flag)
{
	uint8_t value = 0;
	enum agent_err err = agent_read(slot, at, &value, 1);

	*flag = OTA_TRAILER_BAD;
	if (value == OTA_TRAILER_FLAG_SET)
		*flag = OTA_TRAILER_SET;
	else if (value == slot->erased)
		*flag = OTA_TRAILER_UNSET;
	return err;
}

/* boot_read_swap_state. */
static enum agent_err read_state(const struct agent_job *job, const struct kit_flash *slot,
				 struct state *state)
{
	uint8_t good[OTA_TRAILER_MAGIC_SIZE];
	uint8_t magic[OTA_TRAILER_MAGIC_SIZE];
	struct fields fields = {0};
	enum agent_err err = find_fields(job, slot, &fields);

	memset(state, 0, sizeof(*state));
	if (err == AGENT_OK)
		err = agent_read(slot, fields.magic, magic, sizeof(magic));
	if (err == AGENT_OK)
		err = read_flag(slot, fields.image_ok, &state->image_ok);
	if (err == AGENT_OK)
		err = read_flag(slot, fields.copy_done, &state->copy_done);
	if (err != AGENT_OK)
		return err;
	good_magic(job, good);
	state->magic = OTA_TRAILER_BAD;
	if (memcmp(magic, good, sizeof(good)) == 0)
		state->magic = OTA_TRAILER_SET;
	else if (ota_span_all(ota_span_of(magic, sizeof(magic)), slot->erased))
		state->magic = OTA_TRAILER_UNSET;
	return AGENT_OK;
}

/* boot_swap_type_multi, with its tables written out; swap-offset has a row of its own. */
static enum agent_marks meaning(const struct agent_job *job, const struct state *primary,
				const struct state *secondary)
{
	if (secondary->magic == OTA_TRAILER_SET && secondary->image_ok == OTA_TRAILER_UNSET)
		return job->new_at > 0 && secondary->copy_done == OTA_TRAILER_SET
			       ? AGENT_MARKS_ON_TRIAL
			       : AGENT_MARKS_TEST;
	if (secondary->magic == OTA_TRAILER_SET && secondary->image_ok == OTA_TRAILER_SET)
		return AGENT_MARKS_PERMANENT;
	if (primary->magic != OTA_TRAILER_SET)
		return AGENT_MARKS_NONE;
	if (primary->image_ok == OTA_TRAILER_SET)
		return AGENT_MARKS_CONFIRMED;
	return primary->image_ok == OTA_TRAILER_UNSET && primary->copy_done == OTA_TRAILER_SET
		       ? AGENT_MARKS_ON_TRIAL
		       : AGENT_MARKS_NONE;
}

enum agent_err agent_read_marks(const struct agent_job *job, enum agent_marks *marks)
{
	struct state primary;
	struct state secondary = {.magic = OTA_TRAILER_UNSET};
	struct kit_flash slot;
	enum agent_err err = agent_open(job->primary, &slot);

	*marks = AGENT_MARKS_NONE;
	if (err == AGENT_OK)
		err = read_state(job, &slot, &primary);
	if (err == AGENT_OK && job->secondary != AGENT_NO_AREA)
		err = agent_open(job->secondary, &slot);
	if (err == AGENT_OK && job->secondary != AGENT_NO_AREA)
		err = read_state(job, &slot, &secondary);
	if (err == AGENT_OK)
		*marks = meaning(job, &primary, &secondary);
	return err;
}

enum agent_err agent_confirm(const struct agent_job *job)
{
	struct fields fields = {0};
	struct state state;
	struct kit_flash slot;
	enum agent_err err = agent_open(job->primary, &slot);

	if (err == AGENT_OK)
		err = find_fields(job, &slot, &fields);
	if (err == AGENT_OK)
		err = read_state(job, &slot, &state);
	if (err != AGENT_OK)
		return err;
	if (state.magic == OTA_TRAILER_BAD)
		return AGENT_E_TRAILER;
	/* Without a magic the image did not come by a swap: there is nothing to confirm. */
	if (state.magic == OTA_TRAILER_UNSET || state.image_ok != OTA_TRAILER_UNSET)
		return AGENT_OK;
	return write_byte(&slot, fields.image_ok, OTA_TRAILER_FLAG_SET);
}
