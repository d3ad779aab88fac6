// SPDX-License-Identifier: Apache-2.0
/*
 * How far long work is: on a terminal one line that is rewritten, elsewhere a line now and then. On
 * standard error; nothing is said of work that is over at once.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "cli.h"

struct cli_progress {
	bool quiet;
	bool terminal;
	bool shown;          /* a line stands on the terminal */
	uint64_t started_us; /* these by a clock that never goes back */
	uint64_t shown_us;
};

/* What is told; `done_cost` of `all_cost`, in any unit, is behind us: for the time that is left. */
struct cli_progress_state {
	size_t done;
	size_t all;
	size_t made; /* of the done ones, by this process: for the rate */
	uint64_t done_cost;
	uint64_t all_cost;
	const char *note; /* "2 failed", or empty */
};

void cli_progress_begin(struct cli_progress *progress, bool quiet);
/* Says it when it is time to. Not from two threads at once. */
void cli_progress_show(struct cli_progress *progress, const struct cli_progress_state *state);
/* Takes the line away. */
void cli_progress_end(struct cli_progress *progress);
/* Since cli_progress_begin, microseconds. */
uint64_t cli_progress_spent(const struct cli_progress *progress);

#endif
