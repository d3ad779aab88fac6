// SPDX-License-Identifier: Apache-2.0
#ifndef LINEEDIT_H
#define LINEEDIT_H

#include <stdint.h>

#include "shell.h"

#define LINEEDIT_HISTORY	6

enum lineedit_result {
	LINEEDIT_MORE,
	LINEEDIT_DONE,
	LINEEDIT_COMPLETE,
};

struct lineedit {
	const char *prompt;
	char line[SHELL_LINE];
	uint8_t len;
	uint8_t pos;
	uint8_t escape;		/* how much of an escape sequence has arrived */
	char last;
	char history[LINEEDIT_HISTORY][SHELL_LINE];
	uint8_t stored;
	uint8_t recall;
};

void lineedit_init(struct lineedit *e, const char *prompt);
void lineedit_redraw(const struct lineedit *e);
void lineedit_insert(struct lineedit *e, const char *text);
enum lineedit_result lineedit_key(struct lineedit *e, char c);
void lineedit_next(struct lineedit *e);

#endif
