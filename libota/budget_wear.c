// SPDX-License-Identifier: Apache-2.0
/* Wear and time of one upgrade, against the endurance and the caller's limit. */
#include <stdio.h>

#include "budget_parts.h"

static const struct ota_flash *flash_of(const struct ota_target *target, const char *area)
{
	if (strcmp(area, "secondary") == 0)
		return ota_area_flash(target, &target->secondary);
	if (strcmp(area, "scratch") == 0)
		return ota_area_flash(target, &target->scratch);
	if (strcmp(area, "journal") == 0)
		return ota_area_flash(target, &target->journal);
	return ota_area_flash(target, &target->primary);
}

static uint64_t hottest_of(const struct ota_wear *wear, const char *area)
{
	if (strcmp(area, "scratch") == 0)
		return wear->scratch.hottest;
	if (strcmp(area, "journal") == 0)
		return wear->journal.hottest;
	return strcmp(area, "secondary") == 0 ? wear->secondary.hottest : wear->primary.hottest;
}

/* What the updater erases are sectors that the bootloader erases too: their cycles add up. */
static struct ota_wear with_store(const struct ota_wear *upgrade, const struct ota_wear *store)
{
	struct ota_wear sum = *upgrade;

	sum.primary.hottest += store->primary.hottest;
	sum.secondary.hottest += store->secondary.hottest;
	if (sum.primary.hottest > sum.hottest)
		sum.hottest = sum.primary.hottest;
	if (sum.secondary.hottest > sum.hottest)
		sum.hottest = sum.secondary.hottest;
	if (store->journal.hottest > 0)
		sum.journal = store->journal;
	if (sum.journal.hottest > sum.hottest)
		sum.hottest = sum.journal.hottest;
	return sum;
}

bool ota_budget_life(const struct ota_target *target, const struct ota_wear *upgrade,
		     const struct ota_wear *store, uint64_t *upgrades)
{
	struct ota_wear sum = with_store(upgrade, store);
	struct ota_wear_time time;

	ota_wear_time(target, &sum, &time);
	*upgrades = time.upgrades;
	return time.has_upgrades;
}

/* -- erases ------------------------------------------------------------------------------------ */

static void add_erases(struct budget_job *job)
{
	const struct ota_budget *budget = job->budget;
	const struct ota_wear *wear = &budget->upgrade;
	struct ota_budget_line *line = ota_budget_add(job, OTA_PLACE_FLASH, OTA_UNIT_ERASES,
						      BUDGET_LINE_ERASES, wear->erases);
	char number[4][NUMBER_TEXT];

	ota_budget_gate(line, job->options->has_max_erases, job->options->max_erases);
	if (!budget->limits.compatible) {
		line->fits = !line->limited;
		ota_budget_note(line, "not counted: the bootloader would not upgrade");
		return;
	}
	if (job->in_place) {
		ota_budget_note(line, "by the updater");
		ota_budget_explain(job->budget, BUDGET_LINE_ERASES, wear->formula, wear->source,
				   "slot %s, no sector over %s times, + journal %s = %s",
				   ota_number_grouped(wear->primary.erases, number[0]),
				   ota_number_grouped(wear->primary.hottest, number[3]),
				   ota_number_grouped(wear->journal.erases, number[1]),
				   ota_number_grouped(wear->erases, number[2]));
		return;
	}
	if (wear->erases == 0)
		ota_budget_note(line, "by the bootloader: %s copies nothing",
				ota_mode_name(job->layout.mode));
	ota_budget_explain(job->budget, BUDGET_LINE_ERASES, wear->formula, wear->source,
			   "primary %s + secondary %s + scratch %s = %s",
			   ota_number_grouped(wear->primary.erases, number[0]),
			   ota_number_grouped(wear->secondary.erases, number[1]),
			   ota_number_grouped(wear->scratch.erases, number[2]),
			   ota_number_grouped(wear->erases, number[3]));
}

/* -- the sector that wears out first ----------------------------------------------------------- */

static void note_life(struct budget_job *job, struct ota_budget_line *line,
		      const struct ota_wear_time *time, uint64_t endurance)
{
	char number[2][NUMBER_TEXT];
	uint64_t both;

	ota_budget_note(line, "%s upgrades until %s cycles%s",
			ota_number_grouped(time->upgrades, number[0]),
			ota_number_grouped(endurance, number[1]),
			time->endurance_unread ? ", not read from a datasheet" : "");
	if (ota_budget_life(job->target, &job->budget->upgrade, &job->budget->store, &both) &&
	    both < time->upgrades)
		ota_budget_note(line, "%s with the updater's own erases",
				ota_number_grouped(both, number[0]));
}

static void find_worn(struct budget_job *job, const struct ota_wear_time *time, const char *area,
		      uint64_t hottest, uint64_t endurance)
{
	bool scratch = strcmp(area, "scratch") == 0;
	char number[3][NUMBER_TEXT];
	struct ota_budget_finding *finding = ota_budget_find(
		job->budget, scratch ? BUDGET_FINDING_SCRATCH : "early-wear", OTA_SEVERITY_WARNING,
		"a sector of %s is erased %s times in one upgrade: of its %s cycles%s that is %s "
		"upgrades",
		scratch ? "scratch" : area, ota_number_grouped(hottest, number[0]),
		ota_number_grouped(endurance, number[1]),
		time->endurance_unread ? " (not read from a datasheet)" : "",
		ota_number_grouped(time->upgrades, number[2]));

	finding->source = strcmp(area, "journal") == 0 ? NULL : job->budget->upgrade.source;
	(void)snprintf(finding->why, sizeof(finding->why), "%s",
		       scratch ? "every group of sectors that is swapped goes through scratch, so "
				 "a small scratch area is worn out first: then upgrades fail, in "
				 "the field, for good"
			       : "a sector that no longer erases ends all upgrades of that "
				 "device");
	if (strcmp(area, "journal") == 0)
		(void)snprintf(finding->remedy, sizeof(finding->remedy),
			       "write fewer checkpoints, with larger blocks or a larger "
			       "checkpoint-every, or more of them in each half: make the journal "
			       "larger");
}

/* With modes that copy nothing the updater's own erases are all there is. */
static void add_hottest(struct budget_job *job)
{
	const struct ota_budget *budget = job->budget;
	bool by_updater = budget->upgrade.hottest == 0 ||
			  budget->store.journal.hottest > budget->upgrade.hottest;
	const struct ota_wear *wear = by_updater ? &budget->store : &budget->upgrade;
	const struct ota_wear_time *time = by_updater ? &budget->store_time : &budget->upgrade_time;
	const char *area = time->has_upgrades ? time->worn_area : wear->hottest_area;
	uint64_t endurance = flash_of(job->target, area)->endurance;
	uint64_t hottest = hottest_of(wear, area);
	struct ota_budget_line *line;
	char what[sizeof(budget->line[0].what)];
	char number[3][NUMBER_TEXT];

	if (wear->hottest == 0)
		return;
	(void)snprintf(what, sizeof(what), "hottest sector (%s), per upgrade", area);
	line = ota_budget_add(job, OTA_PLACE_FLASH, OTA_UNIT_ERASES, what, hottest);
	if (by_updater || job->in_place)
		ota_budget_note(line, "by the updater");
	(void)ota_number_grouped(hottest, number[0]);
	if (!time->has_upgrades) {
		ota_budget_explain(job->budget, what, wear->formula, wear->source, "%s", number[0]);
		ota_budget_note(line, "endurance not known");
		return;
	}
	ota_budget_explain(job->budget, what, wear->formula, wear->source,
			   "%s; %s cycles / %s = %s upgrades", number[0],
			   ota_number_grouped(endurance, number[1]), number[0],
			   ota_number_grouped(time->upgrades, number[2]));
	ota_budget_limit(line, endurance);
	note_life(job, line, time, endurance);
	if (time->upgrades < BUDGET_LIFE_LEAST)
		find_worn(job, time, area, hottest, endurance);
}

/* -- time -------------------------------------------------------------------------------------- */

static void find_no_times(struct budget_job *job)
{
	struct ota_budget_finding *finding =
		ota_budget_find(job->budget, "times-not-known", OTA_SEVERITY_NOTE,
				"how long an upgrade takes is not known: the profile has no erase "
				"or program times of a flash that it touches");

	(void)snprintf(finding->why, sizeof(finding->why),
		       "a bootloader that takes long needs a watchdog that waits for it, and power "
		       "that lasts");
	(void)snprintf(finding->remedy, sizeof(finding->remedy),
		       "put the datasheet's erase-ms and program-us into the profile");
}

static void add_time(struct budget_job *job)
{
	const struct ota_budget *budget = job->budget;
	const struct ota_wear_time *time = &budget->upgrade_time;
	const struct ota_wear *wear = &budget->upgrade;
	struct ota_budget_line *line;
	char number[3][NUMBER_TEXT];

	if (wear->erases == 0 && wear->written == 0)
		return;
	if (!time->has_typical && !time->has_max) {
		find_no_times(job);
		return;
	}
	line = ota_budget_add(job, OTA_PLACE_FLASH, OTA_UNIT_MICROSECONDS, BUDGET_LINE_TIME,
			      time->has_typical ? time->typical_us : time->max_us);
	if (!time->has_typical)
		ota_budget_note(line, "maximum; typical not known");
	if (time->unread)
		ota_budget_note(line, "times not read from a datasheet");
	ota_budget_explain(job->budget, BUDGET_LINE_TIME,
			   "erases * erase time + bytes / program unit * program time",
			   "the profile's erase-ms and program-us",
			   "%s erases, %s bytes written: %s",
			   ota_number_grouped(wear->erases, number[0]),
			   ota_number_grouped(wear->written, number[1]),
			   ota_duration_text(line->needs, number[2]));
}

void ota_budget_wear(struct budget_job *job)
{
	const struct ota_update *update = job->update;
	const struct ota_flash_layout *layout = &job->layout;
	struct ota_budget *budget = job->budget;

	budget->upgrade.hottest_area = "";
	budget->revert.hottest_area = "";
	budget->store.hottest_area = "";
	if (budget->limits.compatible) {
		ota_wear_upgrade(layout, &budget->limits, update->old_len, update->new_len,
				 &budget->upgrade);
		ota_wear_revert(layout, &budget->limits, update->old_len, update->new_len,
				&budget->revert);
		ota_wear_store(layout, update->new_len, &budget->store);
		ota_wear_journal(job->target, &job->journal, &budget->store);
	}
	if (budget->limits.compatible && job->in_place) {
		budget->store = (struct ota_wear){.hottest_area = ""};
		ota_wear_in_place(job->target, &job->place, &job->journal, &budget->upgrade);
	}
	ota_wear_time(job->target, &budget->upgrade, &budget->upgrade_time);
	ota_wear_time(job->target, &budget->revert, &budget->revert_time);
	ota_wear_time(job->target, &budget->store, &budget->store_time);
	add_erases(job);
	if (!budget->limits.compatible)
		return;
	add_hottest(job);
	add_time(job);
}
