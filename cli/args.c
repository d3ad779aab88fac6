// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <ota/nearest.h>
#include <ota/number.h>

#include "cli.h"
#include "imgtool.h"

#define CANDIDATES_MAX 64

/* One pass over argv. */
struct scan {
	struct cli_args *args;
	const char *const *argv;
	int argc;
	int at;
	bool only_positionals; /* after "--" */
};

static const struct cli_command *command_of(const struct scan *scan)
{
	return scan->args->row->command;
}

static enum cli_exit fail_unknown(const struct scan *scan, const char *word, const char *name)
{
	const struct cli_command *command = command_of(scan);
	const char *candidates[CANDIDATES_MAX] = {"help"};
	size_t n = 1;
	const char *nearest;

	for (unsigned i = 0; i < command->n_options && n < CANDIDATES_MAX; i++)
		candidates[n++] = command->options[i].name;
	nearest = ota_nearest(name, candidates, n);
	(void)cli_error(CLI_USAGE, scan->args->row->name, "unknown option %s", word);
	if (nearest)
		cli_hint("did you mean --%s?", nearest);
	else if (!scan->args->row->imgtool)
		cli_hint("otatool %s --help lists its options", scan->args->row->name);
	return CLI_USAGE;
}

/* An option that only a fork of imgtool knows; `word` as it was given. */
static enum cli_exit fail_fork(const struct scan *scan, const char *word, const char *fork)
{
	return cli_error(CLI_USAGE, scan->args->row->name,
			 "%s is an option of the imgtool of %s, not of imgtool " IMGTOOL_VERSION,
			 word, fork);
}

/* Keeps one option; `inline_value` is what stood behind "=" or the letter, or NULL. */
static enum cli_exit take_option(struct scan *scan, unsigned index, const char *inline_value)
{
	const struct cli_option *option = &command_of(scan)->options[index];
	struct cli_given *given = &scan->args->given[scan->args->n_given];
	unsigned wanted = option->value ? (option->two_values ? 2 : 1) : 0;
	unsigned n = 0;

	*given = (struct cli_given){.option = index};
	if (inline_value && wanted == 0)
		return cli_error(CLI_USAGE, scan->args->row->name, "--%s takes no value",
				 option->name);
	if (inline_value)
		given->value[n++] = inline_value;
	while (n < wanted && scan->at < scan->argc)
		given->value[n++] = scan->argv[scan->at++];
	if (n < wanted)
		return cli_error(CLI_USAGE, scan->args->row->name, "--%s needs %s", option->name,
				 option->value);
	scan->args->n_given++;
	return CLI_DONE;
}

static enum cli_exit take_long(struct scan *scan, const char *word)
{
	const struct cli_command *command = command_of(scan);
	const char *equals = strchr(word, '=');
	char name[64] = "";
	size_t len = equals ? (size_t)(equals - word) : strlen(word);
	const char *fork;

	memcpy(name, word, len < sizeof(name) ? len : sizeof(name) - 1);
	fork = imgtool_fork_of_option(scan->args->row, name);
	if (fork) {
		char dashed[72];

		(void)snprintf(dashed, sizeof(dashed), "--%s", name);
		return fail_fork(scan, dashed, fork);
	}
	if (strcmp(name, "help") == 0 && !equals) {
		scan->args->help = true;
		return CLI_DONE;
	}
	for (unsigned i = 0; i < command->n_options; i++) {
		if (strcmp(name, command->options[i].name) == 0)
			return take_option(scan, i, equals ? equals + 1 : NULL);
	}
	return fail_unknown(scan, word - 2, name);
}

/* Letters may be bundled: the first that takes a value takes the rest of the word. */
static enum cli_exit take_short(struct scan *scan, const char *letters)
{
	const struct cli_command *command = command_of(scan);
	enum cli_exit status = CLI_DONE;

	while (*letters && status == CLI_DONE) {
		char letter = *letters++;
		char word[3] = {'-', letter, '\0'};
		const char *fork = imgtool_fork_of_letter(scan->args->row, letter);
		unsigned i = 0;

		if (fork)
			return fail_fork(scan, word, fork);
		while (i < command->n_options && command->options[i].letter != letter)
			i++;
		if (i == command->n_options && letter == 'h') {
			scan->args->help = true;
			continue;
		}
		if (i == command->n_options)
			return fail_unknown(scan, word, word + 1);
		if (command->options[i].value && *letters)
			return take_option(scan, i, letters);
		status = take_option(scan, i, NULL);
	}
	return status;
}

static enum cli_exit take_word(struct scan *scan)
{
	const char *word = scan->argv[scan->at++];

	if (command_of(scan)->raw)
		scan->only_positionals = true;
	if (!scan->only_positionals && strcmp(word, "--") == 0) {
		scan->only_positionals = true;
		return CLI_DONE;
	}
	if (!scan->only_positionals && strncmp(word, "--", 2) == 0)
		return take_long(scan, word + 2);
	if (!scan->only_positionals && word[0] == '-' && word[1] != '\0')
		return take_short(scan, word + 1);
	scan->args->positional[scan->args->n_positionals++] = word;
	return CLI_DONE;
}

static enum cli_exit check_positionals(const struct cli_args *args)
{
	const struct cli_command *command = args->row->command;
	enum cli_exit status;

	if (args->n_positionals > command->max_positionals)
		status = cli_error(CLI_USAGE, args->row->name, "unexpected argument \"%s\"",
				   args->positional[command->max_positionals]);
	else if (args->n_positionals < command->min_positionals)
		status = cli_error(CLI_USAGE, args->row->name, "needs %s", command->positionals);
	else
		return CLI_DONE;
	if (!args->row->imgtool)
		cli_hint("usage: otatool %s", command->usage);
	return status;
}

enum cli_exit cli_args_read(const struct cli_row *row, int argc, const char *const *argv,
			    struct cli_args *args)
{
	struct scan scan = {.args = args, .argv = argv, .argc = argc};
	size_t most = (size_t)argc + 1;
	enum cli_exit status = CLI_DONE;

	*args = (struct cli_args){.row = row};
	/* A bundle of letters gives more options than words, but never more than characters. */
	for (int i = 0; i < argc; i++)
		most += strlen(argv[i]);
	args->given = calloc(most, sizeof(*args->given));
	args->positional = calloc((size_t)argc + 1, sizeof(*args->positional));
	if (!args->given || !args->positional)
		return cli_error(CLI_ENVIRONMENT, NULL, "out of memory");
	while (status == CLI_DONE && scan.at < scan.argc)
		status = take_word(&scan);
	if (status == CLI_DONE && !args->help && !row->command->raw)
		status = check_positionals(args);
	return status;
}

void cli_args_free(struct cli_args *args)
{
	free(args->given);
	free(args->positional);
}

static const struct cli_given *last_given(const struct cli_args *args, unsigned option)
{
	for (unsigned i = args->n_given; i > 0; i--) {
		if (args->given[i - 1].option == option)
			return &args->given[i - 1];
	}
	return NULL;
}

bool cli_has(const struct cli_args *args, unsigned option)
{
	return last_given(args, option) != NULL;
}

const char *cli_value(const struct cli_args *args, unsigned option)
{
	const struct cli_given *given = last_given(args, option);

	return given ? given->value[0] : NULL;
}

bool cli_find_option(const struct cli_args *args, const char *name, unsigned *option)
{
	const struct cli_command *command = args->row->command;

	for (unsigned i = 0; i < command->n_options; i++) {
		if (strcmp(command->options[i].name, name) == 0) {
			*option = i;
			return true;
		}
	}
	return false;
}

bool cli_given(const struct cli_args *args, const char *name, unsigned *option)
{
	return cli_find_option(args, name, option) && cli_has(args, *option);
}

unsigned cli_count(const struct cli_args *args, unsigned option)
{
	unsigned n = 0;

	for (unsigned i = 0; i < args->n_given; i++)
		n += args->given[i].option == option;
	return n;
}

static enum cli_exit fail_number(enum ota_err err, const char *name, const char *text, uint64_t max,
				 bool size)
{
	if (err == OTA_E_ROOM)
		return cli_error(CLI_USAGE, name, "%s is more than %" PRIu64, text, max);
	(void)cli_error(CLI_USAGE, name, "\"%s\" is not a %s", text, size ? "size" : "number");
	cli_hint("%s", size ? "sizes are written 4096, 0x1000, 4K, 4KiB, 1M or 1MiB"
			    : "numbers are written 4096, 0x1000, 0o10000 or 0b1");
	return CLI_USAGE;
}

enum cli_exit cli_parse_number(const char *name, const char *text, uint64_t max, uint64_t *value)
{
	enum ota_err err = ota_number_parse(ota_span_of(text, strlen(text)), max, value);

	return err == OTA_OK ? CLI_DONE : fail_number(err, name, text, max, false);
}

enum cli_exit cli_parse_size(const char *name, const char *text, uint64_t max, uint64_t *value)
{
	enum ota_err err = ota_size_parse(ota_span_of(text, strlen(text)), max, value);

	return err == OTA_OK ? CLI_DONE : fail_number(err, name, text, max, true);
}

/* "--slot-size", for messages; in `word`, which is returned. */
static const char *option_word(const struct cli_args *args, unsigned option, char word[72])
{
	(void)snprintf(word, 72, "--%s", args->row->command->options[option].name);
	return word;
}

enum cli_exit cli_number(const struct cli_args *args, unsigned option, uint64_t max,
			 uint64_t *value)
{
	const char *text = cli_value(args, option);
	char word[72];

	if (!text)
		return CLI_DONE;
	if (args->row->imgtool)
		return imgtool_number(args->row->command->options[option].name, text, max, value);
	return cli_parse_number(option_word(args, option, word), text, max, value);
}

enum cli_exit cli_size(const struct cli_args *args, unsigned option, uint64_t max, uint64_t *value)
{
	const char *text = cli_value(args, option);
	char word[72];

	if (!text)
		return CLI_DONE;
	if (args->row->imgtool)
		return imgtool_number(args->row->command->options[option].name, text, max, value);
	return cli_parse_size(option_word(args, option, word), text, max, value);
}

enum cli_exit cli_choice(const struct cli_args *args, unsigned option, const char *const *words,
			 unsigned *index)
{
	const char *text = cli_value(args, option);
	char list[160] = "";
	char word[72];

	for (unsigned i = 0; text && words[i]; i++) {
		if (strcmp(text, words[i]) == 0) {
			*index = i;
			return CLI_DONE;
		}
		ota_list_add(list, sizeof(list), words[i]);
	}
	if (!text)
		return CLI_DONE;
	return cli_error(CLI_USAGE, option_word(args, option, word), "\"%s\" is not one of %s",
			 text, list);
}
