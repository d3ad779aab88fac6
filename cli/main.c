// SPDX-License-Identifier: Apache-2.0
#include <signal.h>
#include <stdio.h>

#include <ota/key.h>
#include <ota/nearest.h>

#include "cli.h"
#include "imgtool.h"

#define COMMAND(symbol, name, summary) extern const struct cli_command cli_cmd_##symbol;
#define ALIAS(symbol, name)
#include "commands.def"
#undef COMMAND
#undef ALIAS

#define COMMAND(symbol, name, summary) {name, summary, &cli_cmd_##symbol, false},
#define ALIAS(symbol, name)            {name, NULL, &cli_cmd_##symbol, false},
const struct cli_row cli_rows[] = {
#include "commands.def"
};
#undef COMMAND
#undef ALIAS

const unsigned cli_n_rows = sizeof(cli_rows) / sizeof(cli_rows[0]);

const struct cli_row *cli_find_command(const char *name)
{
	for (unsigned i = 0; i < cli_n_rows; i++) {
		if (strcmp(cli_rows[i].name, name) == 0)
			return &cli_rows[i];
	}
	return NULL;
}

enum cli_exit cli_unknown_command(const char *name)
{
	const char *names[sizeof(cli_rows) / sizeof(cli_rows[0])];
	const char *nearest;

	for (unsigned i = 0; i < cli_n_rows; i++)
		names[i] = cli_rows[i].name;
	nearest = ota_nearest(name, names, cli_n_rows);
	(void)cli_error(CLI_USAGE, NULL, "unknown command \"%s\"", name);
	if (nearest)
		cli_hint("did you mean \"otatool %s\"?", nearest);
	else
		cli_hint("\"otatool help\" lists the commands");
	return CLI_USAGE;
}

static enum cli_exit run_command(const struct cli_row *row, int argc, const char *const *argv)
{
	struct cli_args args;
	enum cli_exit status = cli_args_read(row, argc, argv, &args);

	if (status == CLI_DONE && args.help)
		cli_print_help(row);
	else if (status == CLI_DONE)
		status = row->command->run(&args);
	cli_args_free(&args);
	return status;
}

static enum cli_exit init_keys(void)
{
	struct ota_diag diag = {.err = OTA_OK};

	return ota_keys_init(&diag) == OTA_OK ? CLI_DONE : cli_fail(NULL, &diag);
}

/* Started by a link or a shim that is called as imgtool is. */
static enum cli_exit run_as_imgtool(int argc, const char *const *argv)
{
	enum cli_exit status = init_keys();

	return status == CLI_DONE ? imgtool_run(argc - 1, argv + 1) : status;
}

static enum cli_exit run(int argc, const char *const *argv)
{
	const struct cli_row *row;
	enum cli_exit status;

	if (argc > 0 && imgtool_is_name(argv[0]))
		return run_as_imgtool(argc, argv);
	if (argc < 2) {
		(void)cli_error(CLI_USAGE, NULL, "no command given");
		cli_hint("\"otatool help\" lists the commands");
		return CLI_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		cli_print_overview();
		return CLI_DONE;
	}
	row = cli_find_command(strcmp(argv[1], "--version") == 0 ? "version" : argv[1]);
	if (!row)
		return cli_unknown_command(argv[1]);
	status = init_keys();
	return status == CLI_DONE ? run_command(row, argc - 2, argv + 2) : status;
}

int main(int argc, char **argv)
{
	enum cli_exit status;

	/* A file size limit shows as a failed write, not as a signal that leaves half a file. */
	(void)signal(SIGXFSZ, SIG_IGN);
	status = run(argc, (const char *const *)argv);
	if ((fflush(stdout) != 0 || ferror(stdout)) && status == CLI_DONE)
		status = cli_error(CLI_ENVIRONMENT, "standard output", "cannot write");
	return (int)status;
}
