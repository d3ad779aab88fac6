// SPDX-License-Identifier: Apache-2.0
/* Device profiles: what no key tells alone. */
#include <inttypes.h>
#include <stdio.h>

#include "target_read.h"

#define MAX_ALIGN_MAX 32768U /* bytes: where no mode swaps, MCUboot sets no limit of its own */

static enum ota_err fail_missing(const struct ota_reading *reading, size_t line, const char *path)
{
	return ota_yaml_fail_at(&reading->yaml, line, path, "missing");
}

/* -- the chip and the updater ------------------------------------------------------------------ */

static enum ota_err check_chip(const struct ota_reading *reading)
{
	const struct ota_target *target = reading->target;
	bool has_external =
		target->external.sectors.n > 0 || (reading->given & OTA_GIVEN_EXTERNAL) != 0;

	if (target->flash.sectors.n == 0)
		return fail_missing(reading, reading->line[OTA_AT_FLASH], "flash.sectors");
	if (target->flash.write == 0)
		return fail_missing(reading, reading->line[OTA_AT_FLASH], "flash.write");
	if (has_external && target->external.sectors.n == 0)
		return fail_missing(reading, reading->line[OTA_AT_EXTERNAL],
				    "external-flash.sectors");
	if (has_external && target->external.write == 0)
		return fail_missing(reading, reading->line[OTA_AT_EXTERNAL],
				    "external-flash.write");
	if (target->ram == 0)
		return fail_missing(reading, 1, "ram");
	return OTA_OK;
}

/* "secondary" is behind new, in the slot that new comes to: where there is one slot it is not. */
static enum ota_err check_patch_place(const struct ota_reading *reading)
{
	const struct ota_target *target = reading->target;
	bool behind = target->has_patch_place && target->patch_place == OTA_PATCH_SECONDARY;

	if (behind && target->has_mcuboot && target->image[0].secondary.len == 0)
		return ota_yaml_fail_at(&reading->yaml, reading->line[OTA_AT_PATCH],
					"updater.patch",
					"secondary: the profile has no secondary slot");
	if (behind && ota_mode_has_one_slot(target->layout.mode))
		return ota_yaml_fail_at(&reading->yaml, reading->line[OTA_AT_PATCH],
					"updater.patch",
					"secondary: with mode %s no new image comes to that slot, "
					"and what it holds is needed",
					ota_mode_name(target->layout.mode));
	return OTA_OK;
}

static enum ota_err check_updater(const struct ota_reading *reading)
{
	const struct ota_target *target = reading->target;

	if (target->has_updater && target->updater_ram == 0)
		return fail_missing(reading, 1, "updater.ram");
	if (target->updater_ram > target->ram)
		return ota_yaml_fail_at(&reading->yaml, reading->line[OTA_AT_UPDATER_RAM],
					"updater.ram",
					"%" PRIu32 " is more than the chip has, %" PRIu32,
					target->updater_ram, target->ram);
	if (target->updater_stack > target->ram - target->updater_ram)
		return ota_yaml_fail_at(&reading->yaml, reading->line[OTA_AT_UPDATER_STACK],
					"updater.stack",
					"%" PRIu32 " and updater.ram, %" PRIu32
					", are more than the chip has, %" PRIu32,
					target->updater_stack, target->updater_ram, target->ram);
	if (target->in_place && target->layout.mode != 0 &&
	    !ota_mode_has_one_slot(target->layout.mode))
		return ota_yaml_fail_at(
			&reading->yaml, reading->line[OTA_AT_IN_PLACE], "updater.in-place",
			"true is for single-slot and firmware-loader, the mode is %s",
			ota_mode_name(target->layout.mode));
	return check_patch_place(reading);
}

/* -- areas ------------------------------------------------------------------------------------- */

/* An area of the profile by its key. */
struct named_area {
	size_t line;
	char path[40];
	const struct ota_area *area;
	struct ota_sectors *sectors; /* to fill, or NULL */
};

#define AREAS_MAX (4 + 2 * OTA_TARGET_IMAGES_MAX)

static const char *area_text(const struct ota_area *area, char text[40])
{
	(void)snprintf(text, 40, "%s0x%" PRIx32 "+%" PRIu32, area->external ? "external:" : "",
		       area->at, area->len);
	return text;
}

static const char *flash_name(const struct ota_area *area)
{
	return area->external ? "external flash" : "flash";
}

static const struct ota_sectors *flash_of(const struct ota_reading *reading,
					  const struct ota_area *area)
{
	return &ota_area_flash(reading->target, area)->sectors;
}

static void name_slot(const struct ota_reading *reading, unsigned image, const char *slot,
		      char path[40])
{
	if (reading->as_list)
		(void)snprintf(path, 40, "mcuboot.images[%u].%s", image, slot);
	else
		(void)snprintf(path, 40, "mcuboot.%s", slot);
}

static unsigned list_areas(const struct ota_reading *reading, struct named_area areas[AREAS_MAX])
{
	struct ota_target *target = reading->target;
	unsigned n = 0;

	areas[n++] = (struct named_area){reading->line[OTA_AT_BOOT], "mcuboot.boot", &target->boot,
					 NULL};
	for (unsigned i = 0; i < target->n_images; i++) {
		struct ota_target_image *image = &target->image[i];

		areas[n] = (struct named_area){reading->primary_line[i], "", &image->primary,
					       &image->primary_sectors};
		name_slot(reading, i, "primary", areas[n++].path);
		areas[n] = (struct named_area){reading->secondary_line[i], "", &image->secondary,
					       &image->secondary_sectors};
		name_slot(reading, i, "secondary", areas[n++].path);
	}
	areas[n++] = (struct named_area){reading->line[OTA_AT_SCRATCH], "mcuboot.scratch",
					 &target->scratch, &target->layout.scratch};
	areas[n++] = (struct named_area){reading->line[OTA_AT_PATCH], "updater.patch",
					 &target->patch_area, NULL};
	areas[n++] = (struct named_area){reading->line[OTA_AT_JOURNAL], "updater.journal",
					 &target->journal, NULL};
	return n;
}

/* The sector that `at` lies in, from its first byte to the next one's; `at` is inside the flash. */
static void sector_around(const struct ota_sectors *flash, uint64_t at, uint64_t *start,
			  uint64_t *end)
{
	uint64_t run_at = 0;

	*start = 0;
	*end = 0;
	for (unsigned i = 0; i < flash->n; i++) {
		uint64_t size = flash->run[i].size;
		uint64_t bytes = flash->run[i].count * size;

		if (at < run_at + bytes) {
			*start = at - (at - run_at) % size;
			*end = *start + size;
			return;
		}
		run_at += bytes;
	}
}

static enum ota_err check_boundary(const struct ota_reading *reading,
				   const struct named_area *named, uint64_t at, const char *word)
{
	const struct ota_sectors *flash = flash_of(reading, named->area);
	char text[40];
	uint64_t start, end;

	sector_around(flash, at, &start, &end);
	if (start == at || at == ota_sectors_bytes(flash))
		return OTA_OK;
	return ota_yaml_fail_at(&reading->yaml, named->line, named->path,
				"%s %s inside the sector from 0x%" PRIx64 " to 0x%" PRIx64,
				area_text(named->area, text), word, start, end);
}

static enum ota_err check_area(const struct ota_reading *reading, const struct named_area *named)
{
	uint64_t flash = ota_sectors_bytes(flash_of(reading, named->area));
	uint64_t end = (uint64_t)named->area->at + named->area->len;
	char text[40];
	enum ota_err err;

	area_text(named->area, text);
	if (flash == 0)
		return ota_yaml_fail_at(&reading->yaml, named->line, named->path,
					"%s is in an external flash, and there is no "
					"external-flash",
					text);
	if (end > flash)
		return ota_yaml_fail_at(&reading->yaml, named->line, named->path,
					"%s ends at %" PRIu64 ", the %s at %" PRIu64, text, end,
					flash_name(named->area), flash);
	err = check_boundary(reading, named, named->area->at, "starts");
	return err == OTA_OK ? check_boundary(reading, named, end, "ends") : err;
}

static enum ota_err check_apart(const struct ota_reading *reading, const struct named_area *named,
				const struct named_area *other)
{
	uint64_t end = (uint64_t)named->area->at + named->area->len;
	uint64_t other_end = (uint64_t)other->area->at + other->area->len;
	char text[40];
	char other_text[40];

	if (other->area->len == 0 || named->area->external != other->area->external ||
	    named->area->at >= other_end || other->area->at >= end)
		return OTA_OK;
	return ota_yaml_fail_at(&reading->yaml, named->line, named->path, "%s overlaps %s, %s",
				area_text(named->area, text), other->path,
				area_text(other->area, other_text));
}

/* The flash's sectors from `area` on; it lies on their boundaries. */
static struct ota_sectors cut(const struct ota_sectors *flash, const struct ota_area *area)
{
	struct ota_sectors sectors = {.n = 0};
	uint64_t end = (uint64_t)area->at + area->len;
	uint64_t run_at = 0;

	for (unsigned i = 0; i < flash->n; i++) {
		const struct ota_sector_run *run = &flash->run[i];
		uint64_t run_end = run_at + (uint64_t)run->count * run->size;
		uint64_t from = area->at > run_at ? area->at : run_at;
		uint64_t to = end < run_end ? end : run_end;

		if (from < to)
			sectors.run[sectors.n++] = (struct ota_sector_run){
				(uint32_t)((to - from) / run->size), run->size};
		run_at = run_end;
	}
	return sectors;
}

/* One half keeps the newest record while the other one is erased. */
static enum ota_err check_halves(const struct ota_reading *reading)
{
	const struct ota_area *journal = &reading->target->journal;
	uint64_t middle = (uint64_t)journal->at + journal->len / 2;
	char text[40];
	uint64_t start, end;

	if (journal->len == 0)
		return OTA_OK;
	sector_around(flash_of(reading, journal), middle, &start, &end);
	if (journal->len % 2 == 0 && start == middle)
		return OTA_OK;
	return ota_yaml_fail_at(&reading->yaml, reading->line[OTA_AT_JOURNAL], "updater.journal",
				"%s is not two equal halves of whole sectors: its middle is inside "
				"the sector from 0x%" PRIx64 " to 0x%" PRIx64,
				area_text(journal, text), start, end);
}

static enum ota_err check_areas(const struct ota_reading *reading)
{
	struct named_area areas[AREAS_MAX];
	unsigned n = list_areas(reading, areas);
	enum ota_err err = OTA_OK;

	for (unsigned i = 0; err == OTA_OK && i < n; i++) {
		if (areas[i].area->len == 0)
			continue;
		err = check_area(reading, &areas[i]);
		for (unsigned j = 0; err == OTA_OK && j < i; j++)
			err = check_apart(reading, &areas[i], &areas[j]);
		if (err == OTA_OK && areas[i].sectors)
			*areas[i].sectors = cut(flash_of(reading, areas[i].area), areas[i].area);
	}
	return err == OTA_OK ? check_halves(reading) : err;
}

/* -- MCUboot ----------------------------------------------------------------------------------- */

static enum ota_err check_mcuboot_keys(const struct ota_reading *reading)
{
	const struct ota_target *target = reading->target;
	const struct ota_flash_layout *layout = &target->layout;
	size_t line = reading->line[OTA_AT_MCUBOOT];

	if (layout->mode == 0)
		return fail_missing(reading, line, "mcuboot.mode");
	if (layout->max_align == 0)
		return fail_missing(reading, line, "mcuboot.max-align");
	if (layout->max_sectors == 0)
		return fail_missing(reading, line, "mcuboot.max-sectors");
	if (target->scratch.len == 0 && layout->mode == OTA_MODE_SWAP_SCRATCH)
		return fail_missing(reading, line, "mcuboot.scratch");
	return OTA_OK;
}

static enum ota_err check_slots(const struct ota_reading *reading, unsigned index)
{
	const struct ota_target_image *image = &reading->target->image[index];
	enum ota_mode mode = reading->target->layout.mode;
	bool one_slot = ota_mode_has_one_slot(mode);
	char path[40];

	if (image->primary.len == 0) {
		name_slot(reading, index, "primary", path);
		return fail_missing(reading,
				    reading->as_list ? reading->primary_line[index]
						     : reading->line[OTA_AT_MCUBOOT],
				    path);
	}
	if (image->secondary.len == 0 && !one_slot) {
		name_slot(reading, index, "secondary", path);
		return fail_missing(reading,
				    reading->as_list ? reading->secondary_line[index]
						     : reading->line[OTA_AT_MCUBOOT],
				    path);
	}
	return OTA_OK;
}

/* Only modes that do not swap can have more than 32; libota/flash_layout.c says why. 0: not given.
 */
static enum ota_err check_max_align(const struct ota_reading *reading)
{
	uint32_t align = reading->target->layout.max_align;
	enum ota_mode mode = reading->target->layout.mode;
	bool swap = mode == 0 || ota_mode_is_swap(mode);
	bool power = align >= OTA_TRAILER_ALIGN_MIN && ota_is_power_of_two(align);

	if (align == 0 || (power && align <= (swap ? OTA_TRAILER_ALIGN_MAX : MAX_ALIGN_MAX)))
		return OTA_OK;
	return ota_yaml_fail_at(&reading->yaml, reading->line[OTA_AT_MAX_ALIGN],
				"mcuboot.max-align", "%" PRIu32 " is not one of 8, 16, 32%s", align,
				swap ? "" : ", or a higher power of two up to 32768");
}

/* The secondary slot's flash has no part in MCUboot's write size, but its trailer is written too.
 */
static enum ota_err check_external_write(const struct ota_reading *reading, unsigned index)
{
	const struct ota_target *target = reading->target;
	char path[40];

	if (!target->image[index].secondary.external ||
	    target->external.write <= target->layout.max_align)
		return OTA_OK;
	name_slot(reading, index, "secondary", path);
	return ota_yaml_fail_at(&reading->yaml, reading->secondary_line[index], path,
				"the external flash's write size %" PRIu32
				" is above the alignment %" PRIu32 " (BOOT_MAX_ALIGN)",
				target->external.write, target->layout.max_align);
}

/* Each image's slots must be some that a bootloader can be built for. */
static enum ota_err check_image(const struct ota_reading *reading, unsigned index)
{
	struct ota_target *target = reading->target;
	struct ota_diag why = {.err = OTA_OK};
	struct ota_flash_limits limits;
	enum ota_err err = check_external_write(reading, index);

	if (err == OTA_OK)
		err = ota_target_select(target, index, reading->yaml.diag);
	if (err == OTA_OK && ota_flash_limits(&target->layout, &limits, &why) != OTA_OK)
		err = ota_yaml_fail_at(&reading->yaml, reading->line[OTA_AT_MCUBOOT], "mcuboot",
				       "%s", why.text);
	return err;
}

static enum ota_err check_mcuboot(const struct ota_reading *reading)
{
	struct ota_target *target = reading->target;
	enum ota_err err = check_max_align(reading);

	if (err == OTA_OK)
		err = check_mcuboot_keys(reading);
	for (unsigned i = 0; err == OTA_OK && i < target->n_images; i++)
		err = check_slots(reading, i);
	if (err == OTA_OK)
		err = check_areas(reading);
	for (unsigned i = target->n_images; err == OTA_OK && i > 0; i--)
		err = check_image(reading, i - 1);
	return err;
}

enum ota_err ota_reading_check(struct ota_reading *reading)
{
	const struct ota_target *target = reading->target;
	enum ota_err err;

	reading->as_list = reading->as_list || target->n_images > 1;
	err = check_chip(reading);
	if (err == OTA_OK)
		err = check_updater(reading);
	if (err == OTA_OK)
		err = target->has_mcuboot ? check_mcuboot(reading) : check_areas(reading);
	return err;
}
