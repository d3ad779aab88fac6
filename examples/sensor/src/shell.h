// SPDX-License-Identifier: Apache-2.0
#ifndef SHELL_H
#define SHELL_H

#include <stddef.h>

#define SHELL_LINE	96
#define SHELL_ARGS	12

struct shell_command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *args;
	const char *help;
};

/* Sorted by name; comes with the release. */
extern const struct shell_command shell_commands[];
extern const size_t shell_command_count;

void shell_init(void);
void shell_input(char c);
int shell_execute(const char *line);
const struct shell_command *shell_find(const char *name);

#endif
