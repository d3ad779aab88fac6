// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <string.h>

#include "compare_report.h"
#include "io.h"

enum { FORMAT, BY, REGION, OLD_ELF, NEW_ELF, SORT, TOP, ALL, MARKDOWN, JSON };

#define TOP_DEFAULT 20U

static const struct cli_option options[] = {
	[FORMAT] =
		{.name = "format",
		 .value = "FORMAT",
		 .help = "of the patch: otd (default), which keeps an account of its bits; bsdiff "
			 "or vcdiff"},
	[BY] = {.name = "by",
		.value = "symbol|section|region",
		.help = "what is listed (default: symbols where NEW has them, else regions)"},
	[REGION] = {.name = "region",
		    .value = "N",
		    .help = "bytes of a region, a power of two (default 4K)"},
	[OLD_ELF] = {.name = "old-elf",
		     .value = "ELF",
		     .help = "the ELF file that OLD was made of, for its symbols"},
	[NEW_ELF] = {.name = "new-elf",
		     .value = "ELF",
		     .help = "the ELF file that NEW was made of"},
	[SORT] = {.name = "sort",
		  .value = "cost|size|name|address",
		  .help = "cost in the patch (default), difference in size, name, or address in "
			  "NEW"},
	[TOP] = {.name = "top",
		 .value = "N",
		 .help = "list so many symbols or regions (default 20)"},
	[ALL] = {.name = "all", .help = "list all, also those that are the same"},
	[MARKDOWN] = {.name = "markdown", .help = "print tables in Markdown, for a CI summary"},
	[JSON] = {.name = "json", .help = "print a JSON object, with all parts"},
};

static const struct cli_example examples[] = {
	{"otatool compare old.elf new.elf", "which functions grew, and what they cost on the air"},
	{"otatool compare old.img new.img --old-elf old.elf --new-elf new.elf",
	 "the same for signed images"},
	{"otatool compare old.bin new.bin --region 1K", "by region, where there are no symbols"},
	{"otatool compare old.elf new.elf --sort size --all",
	 "every symbol, by difference in size"},
	{"otatool compare old.elf new.elf | c++filt", "C++ names as they are in the source"},
	{"otatool compare old.elf new.elf --markdown >> \"$GITHUB_STEP_SUMMARY\"",
	 "for the page of a CI run"},
	{NULL, NULL},
};

/* One of both: the files must outlive the side. */
struct input {
	const char *path;
	const char *elf_path;         /* or NULL */
	struct ota_buf bytes;         /* owned */
	struct ota_buf elf;           /* owned */
	struct ota_compare_side side; /* owned */
};

static enum cli_exit read_input(struct input *input)
{
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_compare_file file;
	enum cli_exit status = cli_read(input->path, &input->bytes);

	if (status == CLI_DONE && input->elf_path)
		status = cli_read(input->elf_path, &input->elf);
	if (status != CLI_DONE)
		return status;
	file = (struct ota_compare_file){.bytes = ota_buf_span(&input->bytes),
					 .elf = ota_buf_span(&input->elf)};
	file.kind = ota_firmware_kind_of(input->path, file.bytes);
	if (input->elf_path && file.kind == OTA_FIRMWARE_ELF)
		return cli_error(CLI_USAGE, input->elf_path, "%s is an ELF file itself",
				 input->path);
	if (input->elf_path && ota_firmware_kind_of(input->elf_path, file.elf) != OTA_FIRMWARE_ELF)
		return cli_error(CLI_BAD_INPUT, input->elf_path, "is no ELF file");
	if (ota_compare_read(&file, &input->side, &diag) != OTA_OK)
		return cli_fail(input->path, &diag);
	return CLI_DONE;
}

static void free_input(struct input *input)
{
	ota_compare_side_free(&input->side);
	ota_buf_free(&input->elf);
	ota_buf_free(&input->bytes);
}

/* -- what is asked for ------------------------------------------------------------------------- */

static enum cli_exit read_by(const struct cli_args *args, struct ota_compare_plan *plan,
			     struct compare_report *report)
{
	static const char *const words[] = {"symbol", "section", "region", NULL};
	static const enum ota_compare_by by_of[] = {OTA_COMPARE_BY_SYMBOL, OTA_COMPARE_BY_AUTO,
						    OTA_COMPARE_BY_REGION};
	unsigned word = 0;
	enum cli_exit status = cli_choice(args, BY, words, &word);

	if (cli_has(args, BY))
		plan->by = by_of[word];
	report->sections_only = cli_has(args, BY) && word == 1;
	return status;
}

static enum cli_exit read_order(const struct cli_args *args, struct compare_report *report)
{
	static const char *const words[] = {"cost", "size", "name", "address", NULL};
	unsigned word = COMPARE_SORT_COST;
	uint64_t top = TOP_DEFAULT;
	enum cli_exit status = cli_choice(args, SORT, words, &word);

	if (status == CLI_DONE)
		status = cli_number(args, TOP, UINT32_MAX, &top);
	if (status == CLI_DONE && cli_has(args, TOP) && cli_has(args, ALL))
		status = cli_error(CLI_USAGE, "--top", "--all lists them all");
	if (status == CLI_DONE && cli_has(args, MARKDOWN) && cli_has(args, JSON))
		status = cli_error(CLI_USAGE, "--markdown", "--json prints no tables");
	report->sort = (enum compare_sort)word;
	report->top = cli_has(args, ALL) ? SIZE_MAX : (size_t)top;
	return status;
}

static enum cli_exit read_region(const struct cli_args *args, struct ota_compare_plan *plan)
{
	uint64_t region = OTA_COMPARE_REGION;
	enum cli_exit status = cli_size(args, REGION, OTA_COMPARE_MAX, &region);

	if (status == CLI_DONE && (region < OTA_COMPARE_REGION_MIN || (region & (region - 1)) != 0))
		return cli_error(CLI_USAGE, "--region", "%u is no power of two of at least %u",
				 (unsigned)region, OTA_COMPARE_REGION_MIN);
	if (status == CLI_DONE && cli_has(args, REGION) && plan->by == OTA_COMPARE_BY_SYMBOL)
		return cli_error(CLI_USAGE, "--region", "is about --by region");
	plan->region = (uint32_t)region;
	if (cli_has(args, REGION))
		plan->by = OTA_COMPARE_BY_REGION;
	return status;
}

static enum cli_exit read_plan(const struct cli_args *args, struct ota_compare_plan *plan,
			       struct compare_report *report)
{
	const char *format = cli_value(args, FORMAT);
	enum cli_exit status = read_by(args, plan, report);
	char list[128];

	if (status == CLI_DONE)
		status = read_order(args, report);
	if (status == CLI_DONE)
		status = read_region(args, plan);
	plan->format = format ? ota_delta_format_find(format) : ota_delta_format_default();
	if (status == CLI_DONE && !plan->format)
		status = cli_error(CLI_USAGE, "compare", "\"%s\" is not one of the formats: %s",
				   format, cli_list(ota_delta_format_name, list));
	return status;
}

/* -- what comes of it -------------------------------------------------------------------------- */

static enum cli_exit print(const struct cli_args *args, const struct compare_report *report)
{
	if (cli_has(args, JSON))
		return compare_print_json(report);
	if (cli_has(args, MARKDOWN))
		return compare_print_markdown(report);
	return compare_print_text(report);
}

/* `--by section` of files without sections is by region: the parts are not shown anyway. */
static void settle_by(const struct cli_args *args, const struct input *new_input,
		      struct ota_compare_plan *plan, const struct compare_report *report)
{
	if (report->sections_only && !cli_has(args, REGION) && new_input->side.n_sections > 0)
		plan->by = OTA_COMPARE_BY_SYMBOL;
}

static enum cli_exit compare_both(const struct cli_args *args, struct ota_compare_plan *plan,
				  const struct compare_report *asked)
{
	struct compare_report report = *asked;
	struct input old_input = {.path = args->positional[0],
				  .elf_path = cli_value(args, OLD_ELF)};
	struct input new_input = {.path = args->positional[1],
				  .elf_path = cli_value(args, NEW_ELF)};
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_compare compare = {.n_hints = 0};
	enum cli_exit status = read_input(&old_input);

	if (status == CLI_DONE)
		status = read_input(&new_input);
	if (status != CLI_DONE)
		goto out;
	report.old_path = old_input.path;
	report.new_path = new_input.path;
	report.old_side = &old_input.side;
	report.new_side = &new_input.side;
	report.compare = &compare;
	if (plan->by == OTA_COMPARE_BY_SYMBOL && new_input.side.n_sections == 0) {
		status = cli_error(CLI_USAGE, "--by", "%s comes without symbols", new_input.path);
		cli_hint("give the ELF file it was made of: --new-elf ELF");
		goto out;
	}
	settle_by(args, &new_input, plan, &report);
	status = ota_compare_make(plan, report.old_side, report.new_side, &compare, &diag) == OTA_OK
			 ? print(args, &report)
			 : cli_fail("compare", &diag);
out:
	ota_compare_free(&compare);
	free_input(&new_input);
	free_input(&old_input);
	return status;
}

static enum cli_exit run(const struct cli_args *args)
{
	const char *const paths[] = {args->positional[0], args->positional[1],
				     cli_value(args, OLD_ELF), cli_value(args, NEW_ELF)};
	struct compare_report report = {.top = TOP_DEFAULT};
	struct ota_compare_plan plan = {.format = NULL};
	enum cli_exit status = cli_check_stdin("compare", paths, sizeof(paths) / sizeof(paths[0]));

	if (status == CLI_DONE)
		status = read_plan(args, &plan, &report);
	return status == CLI_DONE ? compare_both(args, &plan, &report) : status;
}

const struct cli_command cli_cmd_compare = {
	.usage = "compare OLD NEW [--old-elf ELF] [--new-elf ELF] [--by symbol|section|region] "
		 "[options]",
	.examples = examples,
	.about =
		"Says what grew, moved, changed, came and went, makes the patch from OLD to NEW, "
		"and\n"
		"shares its bytes out over the parts of NEW: the costs add up to the patch. ELF "
		"files\n"
		"are compared by what they flash, with their sections and symbols; binaries, Intel "
		"HEX\n"
		"and MCUboot images by region, or by symbol with the ELF files they were made of,\n"
		"which must match them byte for byte. What follows an MCUboot image, padding and\n"
		"trailer, is left out. \"changed\" counts bytes of NEW that are not as in OLD "
		"where they\n"
		"were moved to. Files that are the same are no error.",
	.options = options,
	.n_options = sizeof(options) / sizeof(options[0]),
	.min_positionals = 2,
	.max_positionals = 2,
	.positionals = "OLD and NEW",
	.run = run,
};
