// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>

#include "file_args.h"
#include "imgtool.h"
#include "imgtool_dumpinfo.h"
#include "io.h"

enum { OUTFILE, FORMAT, SILENT };

static const struct cli_option options[] = {
	[OUTFILE] = {.name = "outfile",
		     .letter = 'o',
		     .value = "FILE",
		     .help = "write to this file, not to standard output"},
	[FORMAT] = {.name = "format",
		    .letter = 'f',
		    .value = "FORM",
		    .help = "human, yaml or json (default: human, yaml with -o)"},
	[SILENT] = {.name = "silent", .letter = 's', .help = "has no effect, as in imgtool"},
};

enum form { FORM_HUMAN, FORM_YAML, FORM_JSON };

static enum ota_err print(const struct dump *dump, enum form form, bool to_file, FILE *out,
			  struct ota_diag *diag)
{
	enum ota_err err = OTA_OK;

	/* On standard output it stands before the report, where imgtool puts it. */
	if (dump->trailer.magic.len > 0 && !dump->trailer.has_fields)
		(void)fputs("Warning: the trailer magic value is invalid!\n",
			    to_file ? stdout : out);
	switch (form) {
	case FORM_HUMAN:
		dump_print_human(dump, out);
		break;
	case FORM_YAML:
		err = dump_print_yaml(dump, out, diag);
		break;
	case FORM_JSON:
		err = dump_print_json(dump, out, diag);
		if (!to_file)
			(void)fputc('\n', out);
		break;
	}
	return err;
}

/* The whole report is made before a byte of it is written. */
static enum cli_exit write_dump(const char *path, const struct dump *dump, enum form form,
				const char *output)
{
	struct ota_diag diag = {.err = OTA_OK};
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	enum ota_err err = OTA_OK;
	bool whole;

	if (out)
		err = print(dump, form, output != NULL, out, &diag);
	whole = out && ferror(out) == 0;
	if (out && fclose(out) != 0)
		whole = false;
	if (err == OTA_OK && !whole)
		err = ota_fail(&diag, OTA_E_MEMORY, "out of memory for the report");
	if (err == OTA_OK) {
		enum cli_exit status = cli_write(output ? output : "-", ota_span_of(text, len));

		free(text);
		return status;
	}
	free(text);
	return cli_fail(path, &diag);
}

static enum cli_exit run(const struct cli_args *args)
{
	static const char *const forms[] = {"human", "yaml", "json", NULL};
	const char *path = args->positional[0];
	const char *output = cli_value(args, OUTFILE);
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_buf file = {.data = NULL};
	struct dump dump = {.filename = path};
	unsigned form = output ? FORM_YAML : FORM_HUMAN;
	enum cli_exit status = cli_choice(args, FORMAT, forms, &form);

	const char *const outputs[] = {NULL, output};

	if (status == CLI_DONE)
		status = cli_check_outputs(args, path, outputs, 2);
	if (status == CLI_DONE)
		status = imgtool_read_image(path, &file);
	if (status == CLI_DONE && dump_read(path, ota_buf_span(&file), &dump, &diag) != OTA_OK)
		status = cli_fail(path, &diag);
	if (status == CLI_DONE)
		status = write_dump(path, &dump, (enum form)form, output);
	dump_free(&dump);
	ota_buf_free(&file);
	return status;
}

const struct cli_command imgtool_dumpinfo = {
	.options = options,
	.n_options = sizeof(options) / sizeof(options[0]),
	.min_positionals = 1,
	.max_positionals = 1,
	.positionals = "IMGFILE",
	.run = run,
};
