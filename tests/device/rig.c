// SPDX-License-Identifier: Apache-2.0
/*
 * Runs the agent again and again: first with power all the time, then with a cut at each point of
 * the plan. Every run starts with the same flash and must end with the same new image. Says how
 * many cuts there were and how often the hottest erase unit of each part was erased in one run.
 */
#include <string.h>

#include "rig.h"
#include "rig_rt.h"

#define MEMORY       (13U * 1024 * 1024)
#define FAILURES_MAX 10U
/* Operations of the trailer, the last records and the journal's erase. */
#define END_OPS 64U

__attribute__((section(".more"), aligned(8))) static uint8_t memory[MEMORY];

static struct rig_config config;
static struct flash_model model;

static struct {
	uint32_t memory_used;
	const struct rig_run *run; /* all but the first */
	uint32_t runs;
	uint32_t at;    /* the run at work: 0 is the one without a cut */
	uint32_t boots; /* in it */
	uint32_t cuts;  /* in all */
	uint32_t ops;   /* of the run without a cut */
	uint32_t done;  /* of those in this run, before the last cut */
	uint32_t again; /* most operations that a cut has cost */
	uint32_t failures;
	uint32_t hottest[RIG_PARTS];
	uint32_t hottest_unit[RIG_PARTS];
} rig;

/*
 * What was before a cut is the same in all runs with a later one, and so it is run once: here is
 * the flash as it was before operation `op` of the first start-up. rig_recall has the RAM.
 */
static struct {
	uint32_t op; /* 0: none yet */
	struct {
		uint8_t *bytes;
		uint8_t *written;
		uint32_t *erases;
	} part[RIG_PARTS];
} before;

static void boot(void);

void *rig_memory_left(uint32_t *size)
{
	*size = MEMORY - rig.memory_used;
	return memory + rig.memory_used;
}

void *rig_memory(uint32_t size)
{
	uint8_t *at = memory + rig.memory_used;

	if (size > MEMORY - rig.memory_used - 3)
		rig_die("rig: out of memory");
	rig.memory_used += (size + 3) & ~3U;
	return at;
}

static void say_pair(const char *words, uint32_t number)
{
	rig_say(words);
	rig_say_number(number);
}

/* Where power is lost in this run after `boots` start-ups. */
static uint32_t cut_of(uint32_t boots)
{
	if (rig.at == 0 || boots >= RIG_CUTS_MAX)
		return 0;
	return rig.run[rig.at - 1].at[boots];
}

static void load_flash(void)
{
	for (uint32_t i = 0; i < RIG_PARTS; i++) {
		struct rig_file file = config.load[i];

		if (model.part[i].size == 0)
			continue;
		flash_part_init(&model.part[i]);
		if (!flash_part_load(&model.part[i], 0, file.bytes, file.len))
			rig_die("rig: what is to be loaded does not fit into its part");
	}
	if (!rig_agent_stores_patch(&config, &model))
		rig_die("rig: the patch does not fit into its part");
}

static void copy(void *kept, void *at, uint32_t len, bool back)
{
	memcpy(back ? at : kept, back ? kept : at, len);
}

/* Keeps it, or puts it back. */
static void copy_flash(bool back)
{
	for (uint32_t i = 0; i < RIG_PARTS; i++) {
		struct flash_part *part = &model.part[i];
		uint32_t units = flash_part_units(part);

		if (part->size == 0)
			continue;
		if (!before.part[i].bytes) {
			before.part[i].bytes = rig_memory(part->size);
			before.part[i].written = rig_memory(part->size / part->write);
			before.part[i].erases = rig_memory(units * sizeof(*part->erases));
		}
		copy(before.part[i].bytes, part->bytes, part->size, back);
		copy(before.part[i].written, part->written, part->size / part->write, back);
		copy(before.part[i].erases, part->erases, units * sizeof(*part->erases), back);
	}
}

void rig_before_operation(void)
{
	if (rig.at == 0 || rig.boots > 0 || model.ops + 1 != model.cut_at ||
	    before.op == model.cut_at)
		return;
	before.op = model.cut_at;
	copy_flash(false);
	rig_remember();
}

static _Noreturn void begin_run(void)
{
	rig.boots = 0;
	rig.done = 0;
	model.cut_at = cut_of(0);
	if (rig.at > 0) {
		model.trace = NULL;
		model.cut = rig.run[rig.at - 1].cut;
		model.seed = rig.run[rig.at - 1].seed;
	}
	if (before.op > 0) {
		copy_flash(true);
		model.ops = before.op - 1;
		rig_recall();
	}
	load_flash();
	model.ops = 0;
	rig_reboot(boot, config.seed + rig.at);
}

_Noreturn void flash_model_power_lost(struct flash_model *lost)
{
	rig.cuts++;
	rig.boots++;
	rig.done = lost->ops;
	lost->ops = 0;
	lost->cut_at = cut_of(rig.boots);
	rig_reboot(boot, config.seed + rig.at + rig.boots);
}

static void say_cuts(void)
{
	static const char *const kinds[] = {"clean", "torn", "weak"};

	if (rig.at == 0) {
		rig_say(" without a cut");
		return;
	}
	for (uint32_t i = 0; i < RIG_CUTS_MAX && cut_of(i) > 0; i++)
		say_pair(i == 0 ? " cut at " : ", then at ", cut_of(i));
	rig_say(", ");
	rig_say(kinds[rig.run[rig.at - 1].cut]);
	say_pair(", seed ", rig.run[rig.at - 1].seed);
}

static void fail(const char *words)
{
	rig.failures++;
	rig_say("FAILED:");
	say_cuts();
	rig_say(": ");
	rig_say(words);
	if (model.refused != FLASH_OK) {
		say_pair("; flash refused (", model.refused);
		say_pair(") part ", model.refused_part);
		say_pair(" at ", model.refused_at);
		say_pair(" length ", model.refused_len);
		model.refused = FLASH_OK;
	}
	rig_say("\n");
}

static void dump(void)
{
	static const char *const names[RIG_PARTS] = {".primary", ".secondary", ".journal",
						     ".patch"};
	char name[RIG_NAME_MAX + 16];

	for (uint32_t i = 0; i < RIG_PARTS && config.dump[0] != '\0'; i++) {
		memcpy(name, config.dump, strlen(config.dump) + 1);
		if (!rig_file_write(strncat(name, names[i], 15), model.part[i].bytes,
				    model.part[i].size))
			rig_die("rig: a dump can not be written");
	}
}

static void count_erases(void)
{
	for (uint32_t i = 0; i < RIG_PARTS; i++) {
		uint32_t unit;
		uint32_t most = flash_part_hottest(&model.part[i], &unit);

		if (most > rig.hottest[i]) {
			rig.hottest[i] = most;
			rig.hottest_unit[i] = unit;
		}
	}
}

/* False when the last cut has cost more than a quarter of the update, and what ends it. */
static bool has_gone_on(void)
{
	uint32_t all = rig.done + model.ops;
	uint32_t again = all > rig.ops ? all - rig.ops : 0;

	if (rig.boots != 1)
		return true;
	if (again > rig.again)
		rig.again = again;
	return !config.resumes || again <= rig.ops / 4 + END_OPS;
}

static void say_operations(void)
{
	uint32_t n[RIG_PARTS] = {0};

	for (uint32_t i = 0; i < model.ops && i < model.trace_cap; i++)
		n[model.trace[i] & ~FLASH_TRACE_ERASE]++;
	say_pair("operations: primary ", n[RIG_PRIMARY]);
	say_pair(", secondary ", n[RIG_SECONDARY]);
	say_pair(", journal ", n[RIG_JOURNAL]);
	say_pair(", patch ", n[RIG_PATCH]);
	rig_say("\n");
}

static _Noreturn void finish(void)
{
	static const char *const names[RIG_PARTS] = {"primary", "secondary", "journal", "patch"};

	say_pair("runs ", rig.at);
	say_pair(", cuts ", rig.cuts);
	rig_say(", hottest unit:");
	for (uint32_t i = 0; i < RIG_PARTS; i++) {
		if (rig.hottest[i] == 0)
			continue;
		rig_say(" ");
		rig_say(names[i]);
		say_pair(" ", rig.hottest_unit[i]);
		say_pair(" erased ", rig.hottest[i]);
	}
	say_pair("; most operations done again ", rig.again);
	say_pair("; failures ", rig.failures);
	rig_say("\n");
	rig_exit(rig.failures > 0 ? 1 : 0);
}

/* A refusal is the end, with no run behind it. */
static _Noreturn void end_refused(const char *words)
{
	rig_say("refused: ");
	rig_say(words);
	rig_say("\n");
	if (config.expect.len > 0)
		fail(words);
	rig_exit(config.expect.len > 0 ? 1 : 0);
}

/* The start-up: all of RAM but what the rig keeps is garbage. */
static void boot(void)
{
	const char *words = "";
	enum rig_outcome outcome = rig_agent(&config, &model, &words);

	if (rig.at == 0) {
		say_operations();
		dump();
		if (outcome == RIG_REFUSED || config.expect.len == 0)
			end_refused(words);
		rig.ops = model.ops;
		rig.run = rig_plan(&config, &model, &rig.runs);
	}
	count_erases();
	if (!has_gone_on())
		fail("the agent began again, or nearly so");
	if (outcome == RIG_REFUSED || !rig_agent_proves(&config, &model, &words))
		fail(words);
	if (!rig_stack_held())
		rig_die("the stack has overflown");
	rig.at++;
	if (rig.at > rig.runs || rig.failures == FAILURES_MAX)
		finish();
	begin_run();
}

_Noreturn void rig_main(void)
{
	static char name[RIG_NAME_MAX];

	if (!rig_arguments(name, sizeof(name)))
		rig_die("rig: give a file's name");
	rig_config_read(name, &config, &model);
	model.trace_cap = RIG_TRACE_MAX;
	model.trace = rig_memory(RIG_TRACE_MAX);
	rig_hooks_init(&config, &model);
	begin_run();
}
