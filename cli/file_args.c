// SPDX-License-Identifier: Apache-2.0
#include <limits.h>
#include <sys/stat.h>

#include <ota/token.h>

#include "file_args.h"
#include "io.h"

/* Options whose value, or whose second one, is a file that is read. */
static const char *const names[] = {"key",      "fix-sig",         "fix-sig-pubkey",
				    "target",   "custom-tlv-file", "encrypt",
				    "pin-file", "passphrase-file", "encryption-key"};

static bool names_input(const struct cli_option *option)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i], option->name) == 0)
			return true;
	}
	return false;
}

enum cli_exit cli_each_input(const struct cli_args *args,
			     enum cli_exit (*visit)(const char *name, void *context), void *context)
{
	enum cli_exit status = CLI_DONE;

	for (unsigned i = 0; i < args->n_given && status == CLI_DONE; i++) {
		const struct cli_given *given = &args->given[i];
		const struct cli_option *option = &args->row->command->options[given->option];
		const char *name = given->value[option->two_values ? 1 : 0];

		if (names_input(option) && !ota_token_is_uri(name))
			status = visit(name, context);
	}
	return status;
}

/* True for two names of one regular file. */
static bool is_same_file(const char *a, const char *b)
{
	struct stat one;
	struct stat other;

	return stat(a, &one) == 0 && stat(b, &other) == 0 && one.st_dev == other.st_dev &&
	       one.st_ino == other.st_ino && S_ISREG(one.st_mode);
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool stat_folder(const char *path, struct stat *st)
{
	char folder[PATH_MAX];
	size_t len = (size_t)(last_part(path) - path);

	if (len >= sizeof(folder))
		return false;
	memcpy(folder, path, len);
	folder[len] = '\0';
	return stat(len > 0 ? folder : ".", st) == 0;
}

/* Two names of a file that is not there yet: one name in one folder. */
static bool is_same_place(const char *a, const char *b)
{
	struct stat one;
	struct stat other;

	return strcmp(last_part(a), last_part(b)) == 0 && stat_folder(a, &one) &&
	       stat_folder(b, &other) && one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

static bool is_same_output(const char *a, const char *b)
{
	if (is_same_place(a, b))
		return true;
	return strcmp(a, b) == 0 || (cli_is_stdout(a) && cli_is_stdout(b)) || is_same_file(a, b);
}

static enum cli_exit spare(const char *name, void *context)
{
	const char *output = *(const char *const *)context;

	if (!is_same_file(name, output))
		return CLI_DONE;
	return cli_error(CLI_USAGE, output, "is the file %s, which is read and would be lost",
			 name);
}

enum cli_exit cli_check_outputs(const struct cli_args *args, const char *input,
				const char *const *outputs, size_t n)
{
	enum cli_exit status = CLI_DONE;

	for (size_t i = 0; i < n && status == CLI_DONE; i++) {
		const char *output = outputs[i];

		if (!output)
			continue;
		for (size_t j = 0; j < i; j++) {
			if (outputs[j] && is_same_output(output, outputs[j]))
				return cli_error(CLI_USAGE, output, "is named for two outputs");
		}
		if (i > 0)
			status = spare(input, &output);
		if (status == CLI_DONE)
			status = cli_each_input(args, spare, &output);
	}
	return status;
}
