// SPDX-License-Identifier: Apache-2.0
/*
 * A batch script for Slurm. `sbatch FILE` runs the shards as a job array; `sh FILE` submits that,
 * waits, and submits the merge.
 */
#include <inttypes.h>

#include "matrix_engine.h"

/* MaxArraySize is 1001 unless the cluster's slurm.conf says otherwise, and an index is below it. */
#define MOST_TASKS 1000U

static const char usage[] =
	"#   sh THIS-FILE [OPTIONS OF SBATCH]   submit the shards and the merge, and wait; exit 0\n"
	"#                                      when all is done. Again after a failure: it goes "
	"on\n"
	"#   sbatch THIS-FILE                   submit the shards alone\n"
	"#   sh THIS-FILE merge                 merge alone, here\n"
	"# The nodes must have this folder at the same path. --cpus-per-task=N gives a shard N\n"
	"# threads, and N times the memory.\n";

static void put_shard(struct engine_text *text, const struct matrix_emit *emit)
{
	struct engine_shard shard = {
		.number = "\"$SLURM_ARRAY_TASK_ID\"",
		.own_folder = true,
		.threads = "\"${SLURM_CPUS_PER_TASK:-1}\"",
	};

	engine_put(text, "if [ -n \"${SLURM_ARRAY_TASK_ID:-}\" ]; then\n\texec ");
	engine_run(text, emit, &shard);
	engine_put(text, "\nfi\n\n");
}

/*
 * The merge is a job of its own, submitted when the shards are done: of one that waits for them by
 * --dependency=afterok and is dropped when they fail, `sbatch --wait` says that all is well.
 */
static void put_submit(struct engine_text *text, uint64_t minutes)
{
	engine_put(text,
		   "case $0 in */*) script=$0 ;; *) script=./$0 ;; esac\n"
		   "export OTATOOL_SCRIPT=\"$script\"\n"
		   "sbatch --wait \"$@\" \"$script\"\n"
		   "code=$?\n"
		   "if [ \"$code\" -ne 0 ]; then\n"
		   "\techo \"a shard failed, see its slurm-*.out; run this again: what is done is "
		   "kept\" >&2\n"
		   "\t[ \"$code\" -le 4 ] || code=4\n"
		   "\texit \"$code\"\n"
		   "fi\n");
	engine_put(text,
		   "sbatch --wait --job-name=otatool-merge --time=%" PRIu64 " \"$@\" <<'MERGE'\n"
		   "#!/bin/sh\n"
		   "exec sh \"$OTATOOL_SCRIPT\" merge\n"
		   "MERGE\n",
		   minutes);
}

static void write_slurm(const struct matrix_emit *emit, struct engine_text *text)
{
	struct engine_needs needs = engine_needs(emit);

	engine_put(text, "#!/bin/sh\n");
	/* sbatch reads these up to the first line that is no comment. */
	engine_put(text, "#SBATCH --job-name=otatool-matrix\n#SBATCH --array=1-%" PRIu32 "\n",
		   emit->n_shards);
	engine_put(text, "#SBATCH --cpus-per-task=1\n#SBATCH --mem-per-cpu=%" PRIu64 "M\n",
		   needs.memory_mib);
	engine_put(text, "#SBATCH --time=%" PRIu64 "\n#SBATCH --requeue\n", needs.minutes);
	engine_head(text, emit, usage);
	engine_put(text, "set -u\n\n");
	put_shard(text, emit);
	engine_put(text, "if [ \"${1:-}\" = merge ]; then\n");
	engine_merge_folders(text, emit, "\t");
	engine_put(text, "\texit\nfi\n\n");
	put_submit(text, needs.minutes);
}

const struct matrix_engine matrix_engine_slurm = {
	.name = "slurm",
	.max_shards = MOST_TASKS,
	.limit = "Slurm's MaxArraySize allows as many tasks",
	.write = write_slurm,
};
