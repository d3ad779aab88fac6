// SPDX-License-Identifier: Apache-2.0
#include <signal.h>
#include <stdio.h>

#include <ota/key.h>
#include <ota/nearest.h>

#include "cli.h"
#include "imgtool.h"

#define WORD_MAX 32U /* of a command's name, with its NUL */

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

bool cli_in_group(const struct cli_row *row, const char *group)
{
	size_t len = strlen(group);

	return strncmp(row->name, group, len) == 0 && row->name[len] == ' ';
}

bool cli_is_group(const char *name)
{
	for (unsigned i = 0; i < cli_n_rows; i++) {
		if (cli_in_group(&cli_rows[i], name))
			return true;
	}
	return false;
}

const struct cli_row *cli_find_words(int argc, const char *const *argv, int *n_words)
{
	const struct cli_row *row = NULL;

	*n_words = argc > 0 ? 1 : 0;
	if (argc > 0)
		row = cli_find_command(argv[0]);
	for (unsigned i = 0; argc > 1 && !row && i < cli_n_rows; i++) {
		if (!cli_in_group(&cli_rows[i], argv[0]) ||
		    strcmp(cli_rows[i].name + strlen(argv[0]) + 1, argv[1]) != 0)
			continue;
		row = &cli_rows[i];
		*n_words = 2;
	}
	return row;
}

/*
 * Of the commands in a group; else of all, and of the groups. Fills `nearest`; false: there is
 * none.
 */
static bool nearest_command(const char *name, const char *group, char nearest[WORD_MAX])
{
	char word[sizeof(cli_rows) / sizeof(cli_rows[0])][WORD_MAX];
	const char *names[sizeof(cli_rows) / sizeof(cli_rows[0])];
	size_t skip = group ? strlen(group) + 1 : 0;
	const char *found;
	size_t n = 0;

	for (unsigned i = 0; i < cli_n_rows; i++) {
		const char *full = cli_rows[i].name;

		if (group && !cli_in_group(&cli_rows[i], group))
			continue;
		(void)snprintf(word[n], WORD_MAX, "%.*s", (int)strcspn(full + skip, " "),
			       full + skip);
		names[n] = word[n];
		n++;
	}
	found = ota_nearest(name, names, n);
	(void)snprintf(nearest, WORD_MAX, "%s", found ? found : "");
	return found != NULL;
}

enum cli_exit cli_unknown_in_group(const char *group, const char *name)
{
	char nearest[WORD_MAX];
	bool is_near = name && nearest_command(name, group, nearest);

	if (name)
		(void)cli_error(CLI_USAGE, group, "unknown command \"%s\"", name);
	else
		(void)cli_error(CLI_USAGE, group, "no command given");
	if (is_near)
		cli_hint("did you mean \"otatool %s %s\"?", group, nearest);
	else
		cli_hint("\"otatool help %s\" lists its commands", group);
	return CLI_USAGE;
}

enum cli_exit cli_unknown_command(const char *name)
{
	char nearest[WORD_MAX];
	bool is_near = nearest_command(name, NULL, nearest);

	(void)cli_error(CLI_USAGE, NULL, "unknown command \"%s\"", name);
	if (is_near)
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

/* The words name no command; perhaps they ask what commands a group has. */
static enum cli_exit no_command(int argc, const char *const *argv)
{
	const char *second = argc > 1 ? argv[1] : NULL;

	if (!cli_is_group(argv[0]))
		return cli_unknown_command(argv[0]);
	if (second && (strcmp(second, "--help") == 0 || strcmp(second, "-h") == 0)) {
		cli_print_group(argv[0]);
		return CLI_DONE;
	}
	return cli_unknown_in_group(argv[0], second);
}

static enum cli_exit run(int argc, const char *const *argv)
{
	const struct cli_row *row;
	enum cli_exit status;
	int n_words;

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
	row = cli_find_words(argc - 1, argv + 1, &n_words);
	if (strcmp(argv[1], "--version") == 0)
		row = cli_find_command("version");
	if (!row)
		return no_command(argc - 1, argv + 1);
	status = init_keys();
	if (status == CLI_DONE)
		status = run_command(row, argc - 1 - n_words, argv + 1 + n_words);
	return status;
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
