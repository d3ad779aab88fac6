// SPDX-License-Identifier: Apache-2.0
#include "shell.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "errors.h"
#include "lineedit.h"

#define PROMPT	"meter> "

static struct lineedit editor;

static int compare_name(const void *key, const void *entry)
{
	return strcmp(key, ((const struct shell_command *)entry)->name);
}

const struct shell_command *shell_find(const char *name)
{
	return bsearch(name, shell_commands, shell_command_count, sizeof(shell_commands[0]),
		       compare_name);
}

/* Splits in place at blanks; double quotes keep blanks together. */
static int split(char *line, char **argv)
{
	int argc = 0;
	char *out;

	for (;;) {
		line += strspn(line, " \t");
		if (!*line)
			return argc;
		if (argc == SHELL_ARGS)
			return ERR_FULL;
		argv[argc++] = out = line;
		for (int quoted = 0; *line && (quoted || (*line != ' ' && *line != '\t')); line++) {
			if (*line == '"')
				quoted = !quoted;
			else
				*out++ = *line;
		}
		if (*line)
			line++;
		*out = '\0';
	}
}

static void print_error(const struct shell_command *cmd, int err)
{
	if (err == ERR_USAGE)
		printf("usage: %s %s\n", cmd->name, cmd->args);
	else
		printf("%s: %s (%s)\n", cmd->name, err_text(err), err_name(err));
}

int shell_execute(const char *line)
{
	const struct shell_command *cmd;
	char copy[SHELL_LINE];
	char *argv[SHELL_ARGS];
	int argc, err;

	snprintf(copy, sizeof(copy), "%s", line);
	argc = split(copy, argv);
	if (argc <= 0)
		return argc;
	cmd = shell_find(argv[0]);
	if (!cmd) {
		printf("%s: unknown command, try help\n", argv[0]);
		return ERR_NOENT;
	}
	err = cmd->run(argc, argv);
	if (err < 0)
		print_error(cmd, err);
	return err;
}

/* Completes the command name when only one fits, else shows the candidates. */
static void complete(struct lineedit *e)
{
	const struct shell_command *hit = NULL;
	size_t len = strlen(e->line);
	int hits = 0;

	if (!len || strchr(e->line, ' '))
		return;
	for (size_t i = 0; i < shell_command_count; i++) {
		if (strncmp(shell_commands[i].name, e->line, len))
			continue;
		hit = &shell_commands[i];
		hits++;
	}
	if (hits == 1) {
		lineedit_insert(e, hit->name + len);
		lineedit_insert(e, " ");
		return;
	}
	printf("\n");
	for (size_t i = 0; i < shell_command_count; i++) {
		if (!strncmp(shell_commands[i].name, e->line, len))
			printf("%s  ", shell_commands[i].name);
	}
	printf("\n");
	lineedit_redraw(e);
}

void shell_init(void)
{
	lineedit_init(&editor, PROMPT);
	lineedit_next(&editor);
}

void shell_input(char c)
{
	switch (lineedit_key(&editor, c)) {
	case LINEEDIT_DONE:
		shell_execute(editor.line);
		lineedit_next(&editor);
		break;
	case LINEEDIT_COMPLETE:
		complete(&editor);
		break;
	case LINEEDIT_MORE:
		break;
	}
}
