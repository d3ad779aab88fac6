// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <stdio.h>

#include "target_arg.h"

enum { JSON };

static const struct cli_option options[] = {
	[JSON] = {.name = "json", .help = "print a JSON object"},
};

static const struct cli_example examples[] = {
	{"otatool targets", "the list"},
	{"otatool targets water-meter-l476 > my-board.yaml", "a board profile to start from"},
	{NULL, NULL},
};

static json_t *json_row(const struct ota_target *target)
{
	json_t *item = json_object();

	cli_json_text(item, "name", target->name);
	cli_json_text(item, "kind", target->has_mcuboot ? "board" : "chip");
	cli_json_text(item, "part", target->part);
	cli_json_text(item, "core", target->core);
	cli_json_uint(item, "flash_bytes", ota_sectors_bytes(&target->flash.sectors));
	cli_json_uint(item, "ram_bytes", target->ram);
	return item;
}

static void print_row(const struct ota_target *target)
{
	char flash[32];
	char ram[32];

	printf("%-18s %-6s %-28s %-12s %10s %10s\n", target->name,
	       target->has_mcuboot ? "board" : "chip", target->part, target->core,
	       cli_grouped(ota_sectors_bytes(&target->flash.sectors), flash),
	       cli_grouped(target->ram, ram));
}

static void print_heading(void)
{
	printf("%-18s %-6s %-28s %-12s %10s %10s\n", "NAME", "KIND", "PART", "CORE", "FLASH",
	       "RAM");
}

static enum cli_exit list(bool json)
{
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_target target;
	json_t *rows = json_array();
	json_t *object;

	if (!json)
		print_heading();
	for (size_t i = 0; ota_target_builtin_name(i); i++) {
		if (ota_target_builtin(ota_target_builtin_name(i), &target, &diag) != OTA_OK) {
			json_decref(rows);
			return cli_fail(ota_target_builtin_name(i), &diag);
		}
		if (json)
			(void)json_array_append_new(rows, json_row(&target));
		else
			print_row(&target);
	}
	if (!json) {
		json_decref(rows);
		return CLI_DONE;
	}
	object = cli_json("targets");
	cli_json_add(object, "targets", rows);
	return cli_json_print(object);
}

static enum cli_exit show_json(const struct ota_target *target)
{
	struct ota_flash_limits limits;
	json_t *object = cli_json("targets");

	cli_json_add(object, "target", json_row(target));
	if (target->has_mcuboot && ota_flash_limits(&target->layout, &limits, NULL) == OTA_OK) {
		json_t *item = json_object();

		json_limits(item, &limits);
		cli_json_add(object, "limits", item);
	}
	return cli_json_print(object);
}

/* A profile of the user's own: that it is one, and what follows from it. */
static enum cli_exit print_file(const struct ota_target *target)
{
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_flash_limits limits;
	char bytes[32];

	print_heading();
	print_row(target);
	if (!target->has_mcuboot)
		return CLI_DONE;
	if (ota_flash_limits(&target->layout, &limits, &diag) != OTA_OK)
		return cli_fail(target->name, &diag);
	printf("\nmode           %s\n", ota_mode_name(target->layout.mode));
	printf("trailer        %s bytes\n", cli_grouped(limits.trailer, bytes));
	printf("largest image  %s bytes%s%s\n", cli_grouped(limits.max_image, bytes),
	       limits.compatible ? "" : ": ", limits.reason);
	if (limits.caution[0])
		cli_warning(target->name, "MCUboot would not upgrade here: %s", limits.caution);
	return CLI_DONE;
}

/* The YAML itself is the best description, and a start for one's own. */
static enum cli_exit show(const char *name, bool json)
{
	struct ota_target target;
	enum cli_exit status = cli_read_target(name, &target);
	const char *text = ota_target_builtin_text(name);

	if (status != CLI_DONE)
		return status;
	if (json)
		return show_json(&target);
	if (!text)
		return print_file(&target);
	printf("%s", text);
	return CLI_DONE;
}

static enum cli_exit run(const struct cli_args *args)
{
	bool json = cli_has(args, JSON);

	return args->n_positionals ? show(args->positional[0], json) : list(json);
}

const struct cli_command cli_cmd_targets = {
	.usage = "targets [NAME] [--json]",
	.examples = examples,
	.about = "A chip profile has the chip's facts; a board profile adds what MCUboot and the\n"
		 "updater use. check needs a board profile.",
	.options = options,
	.n_options = sizeof(options) / sizeof(options[0]),
	.max_positionals = 1,
	.positionals = "a profile",
	.run = run,
};
