// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <stdio.h>

#include <ota/delta.h>
#include <ota/image.h>

#include "emit.h"
#include "io.h"

enum { OUTPUT, FORMAT, JSON };

static const struct cli_option options[] = {
	[OUTPUT] = {.name = "output", .letter = 'o', .value = "PATCH", .help = "patch to write"},
	[FORMAT] = {.name = "format", .value = "FORMAT", .help = "bsdiff"},
	[JSON] = {.name = "json", .help = "print a JSON object"},
};

static const struct cli_example examples[] = {
	{"otatool diff old.img new.img -o update.patch --format bsdiff",
	 "a patch that bspatch applies too"},
	{NULL, NULL},
};

static enum cli_exit fail_format(const char *given)
{
	char list[128];

	(void)cli_list(ota_delta_format_name, list);
	if (given)
		return cli_error(CLI_USAGE, "diff", "\"%s\" is not one of the formats: %s", given,
				 list);
	return cli_error(CLI_USAGE, "diff", "needs --format, one of: %s", list);
}

/* Padding costs little in a patch, but it must then be in the old slot just so. */
static void warn_padding(const char *path, struct ota_span file)
{
	struct ota_image image;

	if (ota_image_probe(file) && ota_image_open(file, &image, NULL) == OTA_OK &&
	    image.rest.len > 0)
		cli_warning(path, "has %zu bytes after the image, which the patch covers too",
			    image.rest.len);
}

/* One line, or a JSON object; neither into a patch on standard output. */
static enum cli_exit report(const struct cli_args *args, size_t patch_len, size_t new_len)
{
	const char *output = cli_value(args, OUTPUT);
	char a[32];
	char b[32];

	if (cli_is_stdout(output))
		return CLI_DONE;
	if (cli_has(args, JSON)) {
		json_t *object = cli_json("diff");

		cli_json_text(object, "file", output);
		cli_json_text(object, "format", cli_value(args, FORMAT));
		cli_json_uint(object, "patch_bytes", patch_len);
		cli_json_uint(object, "new_bytes", new_len);
		return cli_json_print(object);
	}
	printf("%s: %s bytes", output, cli_grouped(patch_len, a));
	if (new_len > 0)
		printf(", %.1f %% of the new file's %s",
		       100.0 * (double)patch_len / (double)new_len, cli_grouped(new_len, b));
	printf("\n");
	return CLI_DONE;
}

static enum cli_exit run(const struct cli_args *args)
{
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_buf old_file = {.data = NULL};
	struct ota_buf new_file = {.data = NULL};
	struct ota_buf patch = ota_buf_init(CLI_FILE_MAX);
	const char *given = cli_value(args, FORMAT);
	struct ota_delta_plan plan = {.format = given ? ota_delta_format_find(given) : NULL};
	struct ota_index *index = NULL;
	enum cli_exit status;

	if (!plan.format)
		return fail_format(given);
	if (!cli_has(args, OUTPUT))
		return cli_error(CLI_USAGE, "diff", "needs --output PATCH");
	status = cli_check_stdin("diff", args->positional, 2);
	if (status == CLI_DONE)
		status = cli_read(args->positional[0], &old_file);
	if (status == CLI_DONE)
		status = cli_read(args->positional[1], &new_file);
	if (status == CLI_DONE) {
		warn_padding(args->positional[0], ota_buf_span(&old_file));
		warn_padding(args->positional[1], ota_buf_span(&new_file));
		if (new_file.len > CLI_APPLY_MAX)
			cli_warning(args->positional[1], "is %zu bytes: apply will need --max-size",
				    new_file.len);
		if (ota_index_build(ota_buf_span(&old_file), &index, &diag) != OTA_OK ||
		    ota_delta_make(&plan, index, ota_buf_span(&new_file), &patch, &diag) != OTA_OK)
			status = cli_fail("diff", &diag);
	}
	if (status == CLI_DONE)
		status = cli_write(cli_value(args, OUTPUT), ota_buf_span(&patch));
	if (status == CLI_DONE)
		status = report(args, patch.len, new_file.len);
	ota_index_free(index);
	ota_buf_free(&patch);
	ota_buf_free(&new_file);
	ota_buf_free(&old_file);
	return status;
}

const struct cli_command cli_cmd_diff = {
	.usage = "diff OLD NEW -o PATCH --format FORMAT [--json]",
	.examples = examples,
	.about =
		"The patch is applied again and compared with NEW before it is written. Files are\n"
		"taken as they are, padding included: sign without --pad for a smaller update.",
	.options = options,
	.n_options = sizeof(options) / sizeof(options[0]),
	.min_positionals = 2,
	.max_positionals = 2,
	.positionals = "OLD and NEW",
	.run = run,
};
