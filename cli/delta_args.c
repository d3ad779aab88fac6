// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>

#include "delta_args.h"

static enum cli_exit read_format(const struct cli_args *args, bool has_target,
				 struct ota_delta_plan *plan)
{
	unsigned option;
	const char *text = cli_given(args, "format", &option) ? cli_value(args, option) : NULL;
	char list[128];

	/* With a target and without a word the best one is looked for. */
	if (!text && has_target)
		return CLI_DONE;
	plan->format = text ? ota_delta_format_find(text) : ota_delta_format_default();
	if (plan->format)
		return CLI_DONE;
	return cli_error(CLI_USAGE, args->row->name, "\"%s\" is not one of the formats: %s", text,
			 cli_list(ota_delta_format_name, list));
}

/* What the format does not do is said of the option that asks for it: each is asked alone. */
static enum cli_exit check_format(const struct cli_args *args, const struct ota_delta_plan *all)
{
	const struct {
		const char *option;
		struct ota_delta_plan plan;
	} asking[] = {
		{"window", {.format = all->format, .window = all->window}},
		{"source-window", {.format = all->format, .source_window = all->source_window}},
		{"secondary", {.format = all->format, .secondary = all->secondary}},
		{"tier", {.format = all->format, .tier = all->tier}},
		{"arch", {.format = all->format, .arch = all->arch}},
		{"base", {.format = all->format, .arch = all->arch, .old_base = all->old_base}},
		{"in-place", {.format = all->format, .in_place = true}},
		{"block", {.format = all->format, .in_place = true, .block = all->block}},
	};

	for (size_t i = 0; all->format && i < sizeof(asking) / sizeof(asking[0]); i++) {
		struct ota_diag diag = {.err = OTA_OK};
		unsigned option;
		char word[32];

		if (!cli_given(args, asking[i].option, &option) ||
		    ota_delta_check_plan(&asking[i].plan, &diag) == OTA_OK)
			continue;
		(void)snprintf(word, sizeof(word), "--%s", asking[i].option);
		return cli_fail(word, &diag);
	}
	return CLI_DONE;
}

static enum cli_exit read_tier(const struct cli_args *args, enum ota_delta_tier *tier)
{
	static const char *const words[] = {"nano", "xs", "m", NULL};
	static const enum ota_delta_tier tier_of[] = {OTA_DELTA_TIER_NANO, OTA_DELTA_TIER_XS,
						      OTA_DELTA_TIER_M};
	unsigned option;
	unsigned word = 0;
	enum cli_exit status;

	if (!cli_given(args, "tier", &option))
		return CLI_DONE;
	status = cli_choice(args, option, words, &word);
	*tier = tier_of[word];
	return status;
}

static enum cli_exit read_arch(const struct cli_args *args, enum ota_delta_arch *arch)
{
	static const char *const words[] = {"auto", "thumb", "rv32", "xtensa", "none", NULL};
	static const enum ota_delta_arch arch_of[] = {OTA_DELTA_ARCH_AUTO, OTA_DELTA_ARCH_THUMB,
						      OTA_DELTA_ARCH_RV32, OTA_DELTA_ARCH_XTENSA,
						      OTA_DELTA_ARCH_NONE};
	unsigned option;
	unsigned word = 0;
	enum cli_exit status;

	if (!cli_given(args, "arch", &option))
		return CLI_DONE;
	status = cli_choice(args, option, words, &word);
	*arch = arch_of[word];
	return status;
}

/* What otd is to know of the code in the images. */
static enum cli_exit read_code(const struct cli_args *args, struct ota_delta_plan *plan)
{
	struct ota_delta_base base = {.known = false};
	uint64_t addr = 0;
	unsigned option;
	enum cli_exit status = read_tier(args, &plan->tier);

	if (status == CLI_DONE)
		status = read_arch(args, &plan->arch);
	base.known = cli_given(args, "base", &option);
	if (status == CLI_DONE && base.known)
		status = cli_number(args, option, UINT32_MAX, &addr);
	base.addr = (uint32_t)addr;
	plan->old_base = base;
	plan->new_base = base;
	if (status == CLI_DONE && plan->tier == OTA_DELTA_TIER_NANO &&
	    (plan->arch == OTA_DELTA_ARCH_RV32 || plan->arch == OTA_DELTA_ARCH_XTENSA))
		return cli_error(CLI_USAGE, "--tier", "nano knows Thumb code only");
	return status;
}

static enum cli_exit read_window(const struct cli_args *args, const char *name, uint32_t *window)
{
	uint64_t value = 0;
	unsigned option;
	enum cli_exit status;
	char word[32];

	if (!cli_given(args, name, &option))
		return CLI_DONE;
	status = cli_size(args, option, OTA_DELTA_MAX, &value);
	if (status == CLI_DONE && value == 0) {
		(void)snprintf(word, sizeof(word), "--%s", name);
		return cli_error(CLI_USAGE, word, "0 bytes hold nothing");
	}
	*window = (uint32_t)value;
	return status;
}

static enum cli_exit read_secondary(const struct cli_args *args, struct delta_args *delta)
{
	static const char *const words[] = {"none", "lzma", NULL};
	unsigned option;
	unsigned word = 0;
	enum cli_exit status = CLI_DONE;

	delta->has_secondary = cli_given(args, "secondary", &option);
	if (delta->has_secondary)
		status = cli_choice(args, option, words, &word);
	delta->plan.secondary = word == 1 ? OTA_SECONDARY_LZMA : OTA_SECONDARY_NONE;
	return status;
}

/* What old's sizes say the lead is, is known when the files have been read. */
static enum cli_exit read_place(const struct cli_args *args, struct delta_args *delta)
{
	enum cli_exit status = read_window(args, "block", &delta->plan.block);
	uint64_t distance = OTA_DELTA_DISTANCE;
	unsigned option;

	delta->has_distance = cli_given(args, "safe-distance", &option);
	if (status == CLI_DONE && delta->has_distance)
		status = cli_size(args, option, OTA_DELTA_MAX, &distance);
	delta->distance = (size_t)distance;
	delta->plan.in_place = cli_given(args, "in-place", &option);
	return status;
}

enum cli_exit cli_read_delta_args(const struct cli_args *args, bool has_target,
				  struct delta_args *delta)
{
	struct ota_delta_plan *plan = &delta->plan;
	enum cli_exit status;

	*delta = (struct delta_args){.has_distance = false};
	status = read_format(args, has_target, plan);
	if (status == CLI_DONE)
		status = read_window(args, "window", &plan->window);
	if (status == CLI_DONE)
		status = read_window(args, "source-window", &plan->source_window);
	if (status == CLI_DONE)
		status = read_secondary(args, delta);
	if (status == CLI_DONE)
		status = read_code(args, plan);
	if (status == CLI_DONE)
		status = read_place(args, delta);
	if (status == CLI_DONE)
		status = check_format(args, plan);
	return status;
}

enum cli_exit cli_check_delta_place(const struct ota_target *target, struct delta_args *delta)
{
	struct ota_delta_plan *plan = &delta->plan;

	if (plan->in_place && target && !target->in_place) {
		(void)cli_error(CLI_USAGE, "--in-place", "%s does not update in place",
				target->name);
		cli_hint("its profile says so with in-place: true among updater's keys");
		return CLI_USAGE;
	}
	if (target && target->in_place)
		plan->in_place = true;
	if (plan->in_place)
		return CLI_DONE;
	if (delta->has_distance || plan->block > 0)
		return cli_error(CLI_USAGE, plan->block > 0 ? "--block" : "--safe-distance",
				 "is about patches in place: it goes with --in-place");
	return CLI_DONE;
}
