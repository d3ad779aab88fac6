// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <stdio.h>

#include <ota/nearest.h>

#include "target_arg.h"

enum { JSON };

static const struct cli_option options[] = {
	[JSON] = {.name = "json", .help = "print a JSON object"},
};

static const struct cli_example examples[] = {
	{"otatool layout mode=scratch write=8 align=8 sectors=256 primary=224*2048 "
	 "secondary=224*2048 scratch=8*2048",
	 "what MCUboot makes of this flash: largest image 452,536"},
	{"otatool layout mode=overwrite write=4 primary=2*16K+1*64K secondary=2*16K+1*64K --json",
	 "mixed sectors, for a script"},
	{NULL, NULL},
};

enum { MODE, WRITE, ALIGN, SECTORS, PRIMARY, SECONDARY, SCRATCH, N_KEYS };
static const char *const keys[] = {
	[MODE] = "mode",       [WRITE] = "write",     [ALIGN] = "align",
	[SECTORS] = "sectors", [PRIMARY] = "primary", [SECONDARY] = "secondary",
	[SCRATCH] = "scratch",
};

#define DEFAULT_WRITE       1
#define DEFAULT_ALIGN       8
#define DEFAULT_MAX_SECTORS 128

static enum cli_exit fail_key(const char *pair, size_t len)
{
	char word[32] = "";
	const char *nearest;

	memcpy(word, pair, len < sizeof(word) ? len : sizeof(word) - 1);
	nearest = ota_nearest(word, keys, N_KEYS);
	(void)cli_error(CLI_USAGE, "layout", "\"%s\" is not KEY=VALUE with a known key", pair);
	if (nearest)
		cli_hint("did you mean %s=?", nearest);
	else
		cli_hint("keys: mode write align sectors primary secondary scratch");
	return CLI_USAGE;
}

static enum cli_exit read_mode(const char *value, struct ota_flash_layout *layout)
{
	if (ota_mode_parse(value, &layout->mode) == OTA_OK)
		return CLI_DONE;
	(void)cli_error(CLI_USAGE, "mode", "\"%s\" is not a mode", value);
	cli_hint("modes: scratch move offset overwrite overwritefast xip xiprevert ram-load "
		 "single-slot firmware-loader");
	return CLI_USAGE;
}

static enum cli_exit read_number(const char *key, const char *value, uint32_t *field)
{
	uint64_t number = 0;
	enum cli_exit status = cli_parse_size(key, value, UINT32_MAX, &number);

	*field = (uint32_t)number;
	return status;
}

static enum cli_exit read_sectors(const char *key, const char *value, struct ota_sectors *sectors)
{
	struct ota_diag diag = {.err = OTA_OK};

	if (ota_sectors_parse(value, sectors, &diag) == OTA_OK)
		return CLI_DONE;
	(void)cli_fail(key, &diag);
	return CLI_USAGE;
}

static enum cli_exit read_pair(const char *pair, struct ota_flash_layout *layout, unsigned *seen)
{
	size_t len = strcspn(pair, "=");
	const char *value = pair + len + 1;
	unsigned key = 0;

	while (key < N_KEYS && (strlen(keys[key]) != len || strncmp(keys[key], pair, len) != 0))
		key++;
	if (key == N_KEYS || pair[len] != '=')
		return fail_key(pair, len);
	if (*seen & 1U << key)
		return cli_error(CLI_USAGE, "layout", "%s= is given twice", keys[key]);
	*seen |= 1U << key;
	switch (key) {
	case MODE:
		return read_mode(value, layout);
	case WRITE:
		return read_number("write", value, &layout->write_size);
	case ALIGN:
		return read_number("align", value, &layout->max_align);
	case SECTORS:
		return read_number("sectors", value, &layout->max_sectors);
	case PRIMARY:
		return read_sectors("primary", value, &layout->primary);
	case SECONDARY:
		return read_sectors("secondary", value, &layout->secondary);
	default:
		return read_sectors("scratch", value, &layout->scratch);
	}
}

static enum cli_exit print_json(const struct ota_flash_limits *limits)
{
	json_t *object = cli_json("layout");

	json_limits(object, limits);
	return cli_json_print(object);
}

static void print_text(const struct ota_flash_layout *layout, const struct ota_flash_limits *limits)
{
	char text[256];

	printf("mode             %s\n", ota_mode_name(layout->mode));
	printf("primary          %s\n", sectors_text(&layout->primary, text));
	if (layout->secondary.n)
		printf("secondary        %s\n", sectors_text(&layout->secondary, text));
	if (layout->scratch.n)
		printf("scratch          %s\n", sectors_text(&layout->scratch, text));
	printf("compatible       %s%s%s\n", limits->compatible ? "yes" : "no",
	       limits->compatible ? "" : ": ", limits->compatible ? "" : limits->reason);
	printf("trailer          %s bytes\n", cli_grouped(limits->trailer, text));
	printf("scratch trailer  %s bytes\n", cli_grouped(limits->scratch_trailer, text));
	printf("largest image    %s bytes, header to last TLV\n",
	       cli_grouped(limits->max_image, text));
}

static enum cli_exit run(const struct cli_args *args)
{
	struct ota_flash_layout layout = {.write_size = DEFAULT_WRITE,
					  .max_align = DEFAULT_ALIGN,
					  .max_sectors = DEFAULT_MAX_SECTORS};
	struct ota_flash_limits limits;
	struct ota_diag diag = {.err = OTA_OK};
	unsigned seen = 0;
	enum cli_exit status = CLI_DONE;

	for (unsigned i = 0; i < args->n_positionals && status == CLI_DONE; i++)
		status = read_pair(args->positional[i], &layout, &seen);
	if (status != CLI_DONE)
		return status;
	if (layout.mode == 0 || layout.primary.n == 0)
		return cli_error(CLI_USAGE, "layout", "needs %s",
				 layout.mode == 0 ? "mode=" : "primary=");
	if (ota_flash_limits(&layout, &limits, &diag) != OTA_OK)
		return cli_fail("layout", &diag);
	if (cli_has(args, JSON))
		status = print_json(&limits);
	else
		print_text(&layout, &limits);
	if (limits.caution[0])
		cli_warning("layout", "MCUboot would not upgrade here: %s", limits.caution);
	if (status == CLI_DONE && !limits.compatible)
		return CLI_NO;
	return status;
}

const struct cli_command cli_cmd_layout = {
	.usage = "layout KEY=VALUE... [--json]",
	.examples = examples,
	.about = "Keys:\n"
		 "  mode       scratch move offset overwrite overwritefast xip xiprevert, or a\n"
		 "             profile's words (swap-scratch, ram-load, single-slot, ...)\n"
		 "  write      write alignment of the flash, bytes (default 1)\n"
		 "  align      BOOT_MAX_ALIGN (default 8)\n"
		 "  sectors    BOOT_MAX_IMG_SECTORS (default 128)\n"
		 "  primary, secondary, scratch\n"
		 "             sectors as COUNT*BYTES, joined by + where they differ\n"
		 "Exit code 1 when MCUboot would not upgrade between these slots.",
	.options = options,
	.n_options = sizeof(options) / sizeof(options[0]),
	.min_positionals = 1,
	.max_positionals = 32,
	.positionals = "KEY=VALUE pairs",
	.run = run,
};
