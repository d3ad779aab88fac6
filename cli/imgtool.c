// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>

#include <ota/firmware.h>
#include <ota/nearest.h>

#include "imgtool.h"
#include "io.h"

#define GROUP_ARGUMENTS "COMMAND [ARGS]..."

#define DECLARE(symbol, name, arguments, summary) extern const struct cli_command symbol;
IMGTOOL_COMMANDS(DECLARE)
#undef DECLARE

struct imgtool_row {
	struct cli_row row;
	const char *arguments;
};

#define ROW(symbol, name, arguments, summary) {{name, summary, &(symbol), true}, arguments},
static const struct imgtool_row rows[] = {IMGTOOL_COMMANDS(ROW)};
#undef ROW

#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

/* Options that build systems pass to a fork of imgtool. Ignored, they would make another image. */
static const struct {
	const char *name;
	char letter;
	const char *fork;
} fork_options[] = {
	{"manifest", 0, "the nRF Connect SDK"},
	{"edt-config", 0, "the nRF Connect SDK"},
	{"pad-value", 0, "the nRF Connect SDK"},
	{"compression-lzma-dictsize", 0, "the nRF Connect SDK"},
	{"compression-lzma-pb", 0, "the nRF Connect SDK"},
	{"compression-lzma-lc", 0, "the nRF Connect SDK"},
	{"compression-lzma-lp", 0, "the nRF Connect SDK"},
	{"compression-lzma-preset", 0, "the nRF Connect SDK"},
	{"psa-key-ids", 0, "TF-M"},
	{"extra-tlv", 0, "TF-M"},
	{"", 'o', "STMicroelectronics"},
};

#define N_FORK_OPTIONS (sizeof(fork_options) / sizeof(fork_options[0]))

static bool makes_images(const struct cli_row *row)
{
	return row->imgtool && row->command == &cli_cmd_sign;
}

const char *imgtool_fork_of_option(const struct cli_row *row, const char *name)
{
	for (size_t i = 0; makes_images(row) && name[0] && i < N_FORK_OPTIONS; i++) {
		if (strcmp(fork_options[i].name, name) == 0)
			return fork_options[i].fork;
	}
	return NULL;
}

const char *imgtool_fork_of_letter(const struct cli_row *row, char letter)
{
	for (size_t i = 0; makes_images(row) && i < N_FORK_OPTIONS; i++) {
		if (fork_options[i].letter == letter)
			return fork_options[i].fork;
	}
	return NULL;
}

bool imgtool_is_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;

	return strcmp(base, "imgtool") == 0 || strcmp(base, "imgtool.py") == 0;
}

enum cli_exit imgtool_read_image(const char *path, struct ota_buf *bytes)
{
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_firmware firmware = {.has_base = false};
	enum cli_exit status = cli_read(path, bytes);

	if (status != CLI_DONE || !ota_firmware_is_hex_name(path))
		return status;
	if (ota_firmware_read(ota_buf_span(bytes), OTA_FIRMWARE_HEX, CLI_APPLY_MAX, &firmware,
			      &diag) != OTA_OK)
		return cli_fail(path, &diag);
	ota_buf_free(bytes);
	*bytes = firmware.bytes;
	return CLI_DONE;
}

static const struct imgtool_row *find_row(const char *name)
{
	for (size_t i = 0; i < N_ROWS; i++) {
		if (strcmp(rows[i].row.name, name) == 0)
			return &rows[i];
	}
	return NULL;
}

static enum cli_exit fail_unknown(const char *name)
{
	const char *names[N_ROWS];
	const char *nearest;

	for (size_t i = 0; i < N_ROWS; i++)
		names[i] = rows[i].row.name;
	nearest = ota_nearest(name, names, N_ROWS);
	(void)cli_error(CLI_USAGE, NULL, "imgtool has no command \"%s\"", name);
	if (nearest)
		cli_hint("did you mean \"imgtool %s\"?", nearest);
	return CLI_USAGE;
}

static enum cli_exit run_row(const struct imgtool_row *found, int argc, const char *const *argv)
{
	struct cli_args args;
	enum cli_exit status = cli_args_read(&found->row, argc, argv, &args);

	if (status == CLI_DONE && args.help)
		cli_print_imgtool_help(&found->row, found->arguments);
	else if (status == CLI_DONE)
		status = found->row.command->run(&args);
	cli_args_free(&args);
	return status;
}

/* imgtool knows 1 as verify's no, 2 as everything that is wrong, and no other code. */
static enum cli_exit exit_as_imgtool(const struct imgtool_row *found, enum cli_exit status)
{
	if (status == CLI_DONE || (status == CLI_NO && found->row.command == &imgtool_verify))
		return status;
	return CLI_USAGE;
}

enum cli_exit imgtool_run(int argc, const char *const *argv)
{
	const struct imgtool_row *found;
	enum cli_exit status;

	cli_speak_as_imgtool("", GROUP_ARGUMENTS);
	if (argc == 0 || strcmp(argv[0], "-h") == 0 || strcmp(argv[0], "--help") == 0) {
		cli_print_help(cli_find_command("imgtool"));
		return CLI_DONE;
	}
	found = find_row(strcmp(argv[0], "--version") == 0 ? "version" : argv[0]);
	if (!found && argv[0][0] == '-')
		return cli_error(CLI_USAGE, NULL, "imgtool has no option %s", argv[0]);
	if (!found)
		return fail_unknown(argv[0]);
	cli_speak_as_imgtool(found->row.name, found->arguments);
	status = run_row(found, argc - 1, argv + 1);
	if ((fflush(stdout) != 0 || ferror(stdout)) && status == CLI_DONE)
		status = cli_error(CLI_ENVIRONMENT, "standard output", "cannot write");
	return exit_as_imgtool(found, status);
}
