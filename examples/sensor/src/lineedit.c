// SPDX-License-Identifier: Apache-2.0
/* Line editing for a VT100 terminal: cursor keys, history and the usual control keys. */
#include "lineedit.h"

#include <stdio.h>
#include <string.h>

#define CTRL(letter)	((letter) - 'A' + 1)
#define KEY_BACKSPACE	0x08
#define KEY_DELETE	0x7f
#define KEY_ESCAPE	0x1b

void lineedit_init(struct lineedit *e, const char *prompt)
{
	memset(e, 0, sizeof(*e));
	e->prompt = prompt;
}

void lineedit_redraw(const struct lineedit *e)
{
	printf("\r%s%s\x1b[K", e->prompt, e->line);
	if (e->pos < e->len)
		printf("\x1b[%dD", e->len - e->pos);
	fflush(stdout);
}

/* At the end of the line an echo does; a full redraw would garble logs of piped input. */
void lineedit_insert(struct lineedit *e, const char *text)
{
	size_t n = strlen(text);

	if (e->len + n >= SHELL_LINE)
		return;
	memmove(e->line + e->pos + n, e->line + e->pos, e->len - e->pos + 1u);
	memcpy(e->line + e->pos, text, n);
	e->len = (uint8_t)(e->len + n);
	e->pos = (uint8_t)(e->pos + n);
	if (e->pos < e->len) {
		lineedit_redraw(e);
		return;
	}
	printf("%s", text);
	fflush(stdout);
}

static void erase(struct lineedit *e, uint8_t from, uint8_t to)
{
	memmove(e->line + from, e->line + to, e->len - to + 1u);
	e->len = (uint8_t)(e->len - (to - from));
	e->pos = from;
	lineedit_redraw(e);
}

static void erase_word(struct lineedit *e)
{
	uint8_t from = e->pos;

	while (from && e->line[from - 1] == ' ')
		from--;
	while (from && e->line[from - 1] != ' ')
		from--;
	erase(e, from, e->pos);
}

static void replace(struct lineedit *e, const char *text)
{
	strcpy(e->line, text);
	e->len = (uint8_t)strlen(text);
	e->pos = e->len;
	lineedit_redraw(e);
}

static void recall(struct lineedit *e, int step)
{
	int wanted = e->recall + step;

	if (wanted < 0 || wanted > e->stored)
		return;
	e->recall = (uint8_t)wanted;
	replace(e, wanted ? e->history[wanted - 1] : "");
}

static void remember(struct lineedit *e)
{
	e->recall = 0;
	if (!e->len || !strcmp(e->line, e->history[0]))
		return;
	memmove(e->history[1], e->history[0], sizeof(e->history) - SHELL_LINE);
	strcpy(e->history[0], e->line);
	if (e->stored < LINEEDIT_HISTORY)
		e->stored++;
}

static void move(struct lineedit *e, int pos)
{
	if (pos < 0 || pos > e->len)
		return;
	e->pos = (uint8_t)pos;
	lineedit_redraw(e);
}

static void escape_key(struct lineedit *e, char c)
{
	if (e->escape == 1) {
		e->escape = c == '[' ? 2 : 0;
		return;
	}
	e->escape = 0;
	switch (c) {
	case 'A':
		recall(e, 1);
		break;
	case 'B':
		recall(e, -1);
		break;
	case 'C':
		move(e, e->pos + 1);
		break;
	case 'D':
		move(e, e->pos - 1);
		break;
	case 'H':
		move(e, 0);
		break;
	case 'F':
		move(e, e->len);
		break;
	}
}

static void control_key(struct lineedit *e, char c)
{
	switch (c) {
	case KEY_BACKSPACE:
	case KEY_DELETE:
		if (e->pos)
			erase(e, (uint8_t)(e->pos - 1), e->pos);
		break;
	case KEY_ESCAPE:
		e->escape = 1;
		break;
	case CTRL('A'):
		move(e, 0);
		break;
	case CTRL('E'):
		move(e, e->len);
		break;
	case CTRL('K'):
		erase(e, e->pos, e->len);
		break;
	case CTRL('U'):
		erase(e, 0, e->pos);
		break;
	case CTRL('W'):
		erase_word(e);
		break;
	}
}

enum lineedit_result lineedit_key(struct lineedit *e, char c)
{
	char text[2] = { c, '\0' };
	char last = e->last;

	e->last = c;
	if (c == '\n' && last == '\r')
		return LINEEDIT_MORE;
	if (c == '\r' || c == '\n') {
		printf("\n");
		remember(e);
		return LINEEDIT_DONE;
	}
	if (c == '\t')
		return LINEEDIT_COMPLETE;
	if (e->escape)
		escape_key(e, c);
	else if ((unsigned char)c < ' ' || c == KEY_DELETE)
		control_key(e, c);
	else
		lineedit_insert(e, text);
	return LINEEDIT_MORE;
}

void lineedit_next(struct lineedit *e)
{
	e->line[0] = '\0';
	e->len = 0;
	e->pos = 0;
	printf("%s", e->prompt);
	fflush(stdout);
}
