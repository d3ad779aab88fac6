// SPDX-License-Identifier: Apache-2.0
/* The plan for an engine that runs its shards: Ninja, make, GNU parallel, Slurm, GitHub, GitLab. */
#ifndef CLI_MATRIX_EMIT_H
#define CLI_MATRIX_EMIT_H

#include <ota/matrix.h>

#include "cli.h"

struct matrix_emit {
	const char *engine;    /* a name of the table */
	const char *plan_path; /* of plan.json, as the engine is to name it */
	const char *folder;    /* where shards put their outputs */
	const char *const
		*run_args; /* words that each shard's `matrix run` gets too: -k, key.pem */
	size_t n_run_args;
	uint32_t n_shards;
	const struct ota_matrix_plan *plan;
};

/* Names of the engines, in table order; NULL from `index` = count on. */
const char *matrix_engine_name(size_t index);

/*
 * Appends the engine's file to `out`. Paths are as seen from the folder that the engine runs in.
 * When the plan signs and run_args have no key, the keys come from the environment. Says what is
 * wrong: CLI_USAGE when a limit is exceeded, or the engine cannot write a name down.
 */
enum cli_exit matrix_emit(const struct matrix_emit *emit, struct ota_buf *out);

#endif
