// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <ota/link.h>

#include "progress.h"

#define SECOND_US   UINT64_C(1000000)
#define PATIENCE_US (SECOND_US / 2)  /* before a terminal is told anything */
#define TERMINAL_US (SECOND_US / 10) /* between two states of its line */
#define LOG_US      (10 * SECOND_US) /* between two lines of a log */
#define CLEAR_LINE  "\r\033[K"

static uint64_t now_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * SECOND_US + (uint64_t)now.tv_nsec / 1000;
}

/* One that cannot take a line back is a log. */
static bool is_terminal(void)
{
	const char *term = getenv("TERM");

	return isatty(STDERR_FILENO) == 1 && term && term[0] && strcmp(term, "dumb") != 0;
}

void cli_progress_begin(struct cli_progress *progress, bool quiet)
{
	*progress = (struct cli_progress){
		.quiet = quiet, .terminal = is_terminal(), .started_us = now_us()};
	progress->shown_us = progress->started_us;
}

uint64_t cli_progress_spent(const struct cli_progress *progress)
{
	return now_us() - progress->started_us;
}

/* Whole seconds, or it would change faster than one can read. */
static const char *time_left(const struct cli_progress_state *state, uint64_t spent, char text[32])
{
	double left = (double)spent * (double)(state->all_cost - state->done_cost) /
		      (double)state->done_cost;
	uint64_t seconds = left < 1e15 ? (uint64_t)(left / SECOND_US) + 1 : 1;

	return ota_duration_text(seconds * SECOND_US, text);
}

static void say(const struct cli_progress *progress, const struct cli_progress_state *state)
{
	uint64_t spent = cli_progress_spent(progress);
	char left[32];

	(void)fprintf(stderr, "%s%zu of %zu done",
		      progress->terminal ? "" : "otatool: ", state->done, state->all);
	if (state->made > 0 && spent > 0)
		(void)fprintf(stderr, ", %.3g a second",
			      (double)state->made * SECOND_US / (double)spent);
	if (state->done_cost > 0 && state->all_cost > state->done_cost)
		(void)fprintf(stderr, ", about %s left", time_left(state, spent, left));
	if (state->note && state->note[0])
		(void)fprintf(stderr, ", %s", state->note);
}

void cli_progress_show(struct cli_progress *progress, const struct cli_progress_state *state)
{
	uint64_t now = now_us();
	uint64_t pause = progress->shown ? TERMINAL_US : PATIENCE_US;

	if (!progress->terminal)
		pause = LOG_US;
	if (progress->quiet || state->done == state->all || now - progress->shown_us < pause)
		return;
	progress->shown_us = now;
	progress->shown = progress->terminal;
	if (progress->terminal)
		(void)fputs(CLEAR_LINE, stderr);
	say(progress, state);
	if (!progress->terminal)
		(void)fputc('\n', stderr);
	(void)fflush(stderr);
}

void cli_progress_end(struct cli_progress *progress)
{
	if (progress->shown)
		(void)fputs(CLEAR_LINE, stderr);
	progress->shown = false;
}
