// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <stdio.h>

#include <ota/in_place.h>

#include "target_arg.h"
#include "targets_import.h"

enum { JSON, CONFIG, NAME, CHIP, OUTPUT };

static const struct cli_option options[] = {
	[JSON] = {.name = "json", .help = "print a JSON object"},
	[CONFIG] = {.name = "config",
		    .value = "FILE",
		    .help = "import: a .config of the build, or pm.config (repeatable)"},
	[NAME] = {.name = "name",
		  .value = "NAME",
		  .help = "import: the profile's name (default: the board's)"},
	[CHIP] = {.name = "chip",
		  .value = "NAME",
		  .help = "import: the chip's profile (default: by the devicetree)"},
	[OUTPUT] = {.name = "output",
		    .letter = 'o',
		    .value = "OUT",
		    .help = "import: where the profile goes (default: standard output)"},
};

static const struct cli_example examples[] = {
	{"otatool targets", "the list"},
	{"otatool targets water-meter-l476 > my-board.yaml", "a board profile to start from"},
	{"otatool targets import build/app/zephyr/zephyr.dts --config build/app/zephyr/.config "
	 "--config build/mcuboot/zephyr/.config -o my-board.yaml",
	 "a board profile from a Zephyr build"},
	{NULL, NULL},
};

/* -- what is known of a flash ------------------------------------------------------------------ */

static bool has_times(const struct ota_flash *flash)
{
	return flash->n_erase_times > 0 || flash->program_ns > 0;
}

/* "read": from a datasheet. */
static const char *fact_word(bool known, const struct ota_flash *flash, enum ota_fact fact)
{
	if (!known)
		return "-";
	return flash->unread & (unsigned)fact ? "not read" : "read";
}

static const char *times_word(const struct ota_flash *flash)
{
	return fact_word(has_times(flash), flash, OTA_FACT_TIMES);
}

static const char *endurance_word(const struct ota_flash *flash)
{
	return fact_word(flash->endurance > 0, flash, OTA_FACT_ENDURANCE);
}

/* -- JSON -------------------------------------------------------------------------------------- */

/* null: the profile does not have it at all. */
static void json_fact(json_t *object, const char *key, bool known, bool read)
{
	cli_json_add(object, key, known ? json_boolean(read) : json_null());
}

static void json_flash(json_t *item, const struct ota_flash *flash)
{
	char text[256];

	cli_json_text(item, "sectors", sectors_text(&flash->sectors, text));
	cli_json_uint(item, "write", flash->write);
	cli_json_text(item, "geometry_source", flash->geometry_source);
	cli_json_text(item, "times_source", flash->times_source);
	json_fact(item, "times_read", has_times(flash), !(flash->unread & OTA_FACT_TIMES));
	json_fact(item, "endurance_read", flash->endurance > 0,
		  !(flash->unread & OTA_FACT_ENDURANCE));
}

static json_t *json_row(const struct ota_target *target)
{
	json_t *item = json_object();

	cli_json_text(item, "name", target->name);
	cli_json_text(item, "kind", target->has_mcuboot ? "board" : "chip");
	cli_json_text(item, "part", target->part);
	cli_json_text(item, "core", target->core);
	cli_json_uint(item, "flash_bytes", ota_sectors_bytes(&target->flash.sectors));
	cli_json_uint(item, "ram_bytes", target->ram);
	json_flash(item, &target->flash);
	if (target->external.sectors.n > 0) {
		json_t *external = json_object();

		cli_json_uint(external, "flash_bytes",
			      ota_sectors_bytes(&target->external.sectors));
		json_flash(external, &target->external);
		cli_json_add(item, "external", external);
	}
	return item;
}

/* Each image's slots are a layout of their own. */
static json_t *json_images(const struct ota_target *target)
{
	json_t *images = json_array();
	struct ota_target one = *target;
	struct ota_flash_limits limits;

	for (unsigned i = 0; i < target->n_images; i++) {
		json_t *item = json_object();

		if (ota_target_select(&one, i, NULL) == OTA_OK &&
		    ota_flash_limits(&one.layout, &limits, NULL) == OTA_OK)
			json_limits(item, &limits);
		(void)json_array_append_new(images, item);
	}
	return images;
}

static void json_updater(json_t *object, const struct ota_target *target)
{
	uint32_t block = 0;

	if (target->in_place && ota_in_place_block(target, &block, NULL) == OTA_OK) {
		json_t *place = json_object();

		cli_json_uint(place, "block_bytes", block);
		cli_json_uint(place, "slot_bytes", ota_in_place_usable(target, block));
		cli_json_add(object, "in_place", place);
	}
	if (target->journal.len > 0)
		cli_json_uint(object, "journal_bytes", target->journal.len);
}

static enum cli_exit show_json(const struct ota_target *target)
{
	struct ota_flash_limits limits;
	json_t *object = cli_json("targets");
	json_t *links = json_array();

	cli_json_add(object, "target", json_row(target));
	if (target->has_mcuboot && ota_flash_limits(&target->layout, &limits, NULL) == OTA_OK) {
		json_t *item = json_object();

		json_limits(item, &limits);
		cli_json_add(object, "limits", item);
		cli_json_add(object, "images", json_images(target));
	}
	json_updater(object, target);
	for (unsigned i = 0; i < target->n_links; i++)
		(void)json_array_append_new(links, json_string(target->link[i].name));
	cli_json_add(object, "links", links);
	return cli_json_print(object);
}

/* -- the list ---------------------------------------------------------------------------------- */

/* The marked figures are used, but nobody should find that out from the result. */
static void print_footnote(bool marked)
{
	if (marked)
		printf("\nTIMES, ENDURANCE: \"not read\" is from memory, not from a datasheet; "
		       "check says so\nwherever it uses such a figure. SOURCE is of sectors and "
		       "write size.\n");
}

#define NAME_COLUMN 18 /* the longest of the built-in names fits */

/* `width` of the first column */
static void print_heading(int width)
{
	printf("%-*s %-5s %-29s %-12s %10s %9s %-8s %-9s %s\n", width, "NAME", "KIND", "PART",
	       "CORE", "FLASH", "RAM", "TIMES", "ENDURANCE", "SOURCE");
}

/* Returns whether a mark needs the footnote. */
static bool print_row(const struct ota_target *target, int width)
{
	const struct ota_flash *flash = &target->flash;
	char bytes[32];
	char ram[32];

	printf("%-*s %-5s %-29s %-12s %10s %9s %-8s %-9s %s\n", width, target->name,
	       target->has_mcuboot ? "board" : "chip", target->part[0] ? target->part : "-",
	       target->core[0] ? target->core : "-",
	       ota_number_grouped(ota_sectors_bytes(&flash->sectors), bytes),
	       ota_number_grouped(target->ram, ram), times_word(flash), endurance_word(flash),
	       flash->geometry_source[0] ? flash->geometry_source : "-");
	return strcmp(times_word(flash), "not read") == 0 ||
	       strcmp(endurance_word(flash), "not read") == 0;
}

/* One profile of the list; NULL `rows`: as text. */
static enum cli_exit list_one(const char *name, json_t *rows, bool *marked)
{
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_target target;

	if (ota_target_builtin(name, &target, &diag) != OTA_OK)
		return cli_fail(name, &diag);
	if (rows)
		(void)json_array_append_new(rows, json_row(&target));
	else
		*marked = print_row(&target, NAME_COLUMN) || *marked;
	return CLI_DONE;
}

static enum cli_exit list(bool json)
{
	json_t *rows = json ? json_array() : NULL;
	enum cli_exit status = CLI_DONE;
	bool marked = false;
	json_t *object;

	if (!json)
		print_heading(NAME_COLUMN);
	for (size_t i = 0; ota_target_builtin_name(i) && status == CLI_DONE; i++)
		status = list_one(ota_target_builtin_name(i), rows, &marked);
	if (status != CLI_DONE || !json) {
		if (status == CLI_DONE)
			print_footnote(marked);
		json_decref(rows);
		return status;
	}
	object = cli_json("targets");
	cli_json_add(object, "targets", rows);
	return cli_json_print(object);
}

/* -- one profile ------------------------------------------------------------------------------- */

static void print_slot(const char *word, const struct ota_area *area,
		       const struct ota_sectors *sectors)
{
	char text[256];
	char bytes[32];

	if (area->len > 0)
		printf("%-14s %s0x%" PRIx32 "+%s bytes: %s\n", word,
		       area->external ? "external:" : "", area->at,
		       ota_number_grouped(area->len, bytes), sectors_text(sectors, text));
}

static enum cli_exit print_image(const struct ota_target *target, unsigned index)
{
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_target one = *target;
	struct ota_flash_limits limits;
	char bytes[32];

	if (ota_target_select(&one, index, &diag) != OTA_OK ||
	    ota_flash_limits(&one.layout, &limits, &diag) != OTA_OK)
		return cli_fail(target->name, &diag);
	if (target->n_images > 1)
		printf("\nimage          %u\n", index);
	print_slot("primary", &one.primary, &one.layout.primary);
	print_slot("secondary", &one.secondary, &one.layout.secondary);
	printf("trailer        %s bytes\n", ota_number_grouped(limits.trailer, bytes));
	printf("largest image  %s bytes%s%s\n", ota_number_grouped(limits.max_image, bytes),
	       limits.compatible ? "" : ": ", limits.reason);
	if (limits.caution[0])
		cli_warning(target->name, "MCUboot would not upgrade here: %s", limits.caution);
	return CLI_DONE;
}

/* What only an update in place asks of a slot, and what outlives a power cut. */
static void print_updater(const struct ota_target *target)
{
	uint32_t block = 0;
	char bytes[32];
	char room[32];

	if (target->in_place && ota_in_place_block(target, &block, NULL) == OTA_OK)
		printf("in place       blocks of %s bytes, %s bytes of the slot\n",
		       ota_number_grouped(block, bytes),
		       ota_number_grouped(ota_in_place_usable(target, block), room));
	else if (target->in_place)
		printf("in place       not possible: the slot cannot be erased in blocks\n");
	if (target->journal.len > 0)
		printf("journal        %s0x%" PRIx32 "+%s bytes, halves of %s\n",
		       target->journal.external ? "external:" : "", target->journal.at,
		       ota_number_grouped(target->journal.len, bytes),
		       ota_number_grouped(target->journal.len / 2, room));
}

static void print_links(const struct ota_target *target)
{
	for (unsigned i = 0; i < target->n_links; i++) {
		const char *kind = ota_link_kind_name(target->link[i].kind);

		printf("%-14s %s", i ? "" : "links", target->link[i].name);
		if (strcmp(target->link[i].name, kind) != 0)
			printf(" (%s)", kind);
		printf("\n");
	}
}

/* A profile of the user's own: that it is one, and what follows from it. */
static enum cli_exit print_file(const struct ota_target *target)
{
	enum cli_exit status = CLI_DONE;
	int name_len = (int)strlen(target->name);
	int width = name_len > NAME_COLUMN ? name_len : NAME_COLUMN;
	char bytes[32];
	bool marked;

	print_heading(width);
	marked = print_row(target, width);
	if (target->external.sectors.n > 0)
		printf("external flash %s bytes\n",
		       ota_number_grouped(ota_sectors_bytes(&target->external.sectors), bytes));
	if (target->has_mcuboot) {
		printf("\nmode           %s\n", ota_mode_name(target->layout.mode));
		for (unsigned i = 0; i < target->n_images && status == CLI_DONE; i++)
			status = print_image(target, i);
		if (status == CLI_DONE)
			print_slot("scratch", &target->scratch, &target->layout.scratch);
		print_updater(target);
		print_links(target);
	}
	print_footnote(marked);
	return status;
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

/* -- the command ------------------------------------------------------------------------------- */

static enum cli_exit import_build(const struct cli_args *args)
{
	struct targets_import job = {.devicetree = args->positional[1],
				     .name = cli_value(args, NAME),
				     .chip = cli_value(args, CHIP),
				     .output = cli_value(args, OUTPUT)};

	if (args->n_positionals < 2)
		return cli_error(CLI_USAGE, "targets import", "needs a devicetree: zephyr.dts");
	if (cli_has(args, JSON))
		return cli_error(CLI_USAGE, "targets import", "--json: a profile is YAML");
	for (unsigned i = 0; i < args->n_given; i++) {
		if (args->given[i].option != CONFIG)
			continue;
		if (job.n_configs == OTA_IMPORT_CONFIGS_MAX)
			return cli_error(CLI_USAGE, "targets import", "--config more than %d times",
					 OTA_IMPORT_CONFIGS_MAX);
		job.config[job.n_configs++] = args->given[i].value[0];
	}
	return targets_import(&job);
}

static enum cli_exit run(const struct cli_args *args)
{
	static const unsigned of_import[] = {CONFIG, NAME, CHIP, OUTPUT};
	bool json = cli_has(args, JSON);

	if (args->n_positionals > 0 && strcmp(args->positional[0], "import") == 0)
		return import_build(args);
	if (args->n_positionals > 1)
		return cli_error(CLI_USAGE, "targets", "unexpected argument \"%s\"",
				 args->positional[1]);
	for (size_t i = 0; i < sizeof(of_import) / sizeof(of_import[0]); i++) {
		if (cli_has(args, of_import[i]))
			return cli_error(CLI_USAGE, "targets", "--%s is for targets import",
					 options[of_import[i]].name);
	}
	return args->n_positionals ? show(args->positional[0], json) : list(json);
}

const struct cli_command cli_cmd_targets = {
	.usage = "targets [NAME | import DEVICETREE [--config FILE]... [-o OUT]] [--json]",
	.examples = examples,
	.about =
		"A chip profile has the chip's facts; a board profile adds what MCUboot and the\n"
		"updater use. check needs a board profile. TIMES and ENDURANCE say whether those\n"
		"figures were read from a datasheet.\n"
		"\n"
		"import makes a board profile from a Zephyr build. DEVICETREE is zephyr.dts of\n"
		"the application, which dtc reads, or a blob (.dtb); it has flash, RAM and slots.\n"
		"MCUboot's .config says how it swaps, the application's where its header ends;\n"
		"with Nordic's partition manager pm.config has the slots. Behind each value\n"
		"stands where it comes from, and a warning says what had to be assumed.",
	.options = options,
	.n_options = sizeof(options) / sizeof(options[0]),
	.max_positionals = 2,
	.positionals = "a profile",
	.run = run,
};
