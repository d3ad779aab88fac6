// SPDX-License-Identifier: Apache-2.0
/* diff --target: the smallest patch that the target can take. */
#ifndef CLI_DIFF_CHOOSE_H
#define CLI_DIFF_CHOOSE_H

#include "diff_job.h"
#include "emit.h"

/*
 * Makes what can be made and keeps the best: `choice`, and the plan it was made by. Without a
 * signer a candidate counts bare, else with what will be around it. CLI_NO when none passes, which
 * is reported.
 */
enum cli_exit diff_choose(struct diff_job *job);

/* Holds what was made, signed and all, against the target once more. */
enum cli_exit diff_check_made(struct diff_job *job);

/* The short list, each candidate with its size and why it does not fit. */
void diff_print_choice(const struct diff_job *job);

/* The same as members of a report. */
void diff_json_choice(json_t *object, const struct diff_job *job);

#endif
