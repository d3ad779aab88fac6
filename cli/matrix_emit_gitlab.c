// SPDX-License-Identifier: Apache-2.0
/*
 * A child pipeline for GitLab: one job for each value of parallel:matrix, then a merge. Stages, not
 * `needs`: that list may have 50 jobs, and each of the matrix counts.
 */
#include <inttypes.h>

#include "matrix_engine.h"

#define SCRIPT_INDENT "      "

static const char usage[] =
	"# Started by a job of the project's pipeline:\n"
	"#   patches:\n"
	"#     trigger:\n"
	"#       include: THIS-FILE\n"
	"#       strategy: depend\n"
	"# The plan and its images are in the repository. Variables of the project:\n"
	"#   OTATOOL_IMAGE                 the runner's image; best one with otatool in it\n"
	"#   OTATOOL_URL, OTATOOL_SHA256   where a job gets otatool otherwise, and the digest it "
	"must\n"
	"#                                 have\n"
	"# Private keys are variables of type File, protected. The result is the merge job's "
	"artifact.\n";

static void put_job(struct engine_text *text, const struct matrix_emit *emit, const char *name,
		    const char *stage)
{
	engine_put(text, "%s:\n  stage: %s\n  image: $OTATOOL_IMAGE\n", name, stage);
	/* Whoever proposes a change could have the key sign it, or print it. */
	if (engine_n_keys(emit) > 0) {
		engine_put(text, "  rules:\n    - if: $CI_MERGE_REQUEST_ID\n      when: never\n"
				 "    - when: on_success\n");
	}
}

static void put_fetch(struct engine_text *text)
{
	engine_put(text, "  before_script:\n    - |\n");
	engine_fetch_tool(text, "\"$CI_PROJECT_DIR\"/.otatool", SCRIPT_INDENT);
}

/* A value of YAML in single quotes. */
static void put_artifact(struct engine_text *text, const struct matrix_emit *emit,
			 const char *below)
{
	engine_put(text, "  artifacts:\n    expire_in: 1 week\n    paths:\n      - '");
	for (const char *at = emit->folder; *at; at++)
		engine_put(text, *at == '\'' ? "''" : "%c", *at);
	engine_put(text, "/%s'\n", below);
}

static void put_shards(struct engine_text *text, const struct matrix_emit *emit)
{
	struct engine_shard shard = {.number = "\"$SHARD\"", .own_folder = true};

	put_job(text, emit, "shard", "shards");
	engine_put(text,
		   "  timeout: %" PRIu64 " minutes\n"
		   "  retry:\n    max: 1\n    when: [runner_system_failure, "
		   "stuck_or_timeout_failure]\n"
		   "  parallel:\n    matrix:\n      - SHARD: [",
		   engine_needs(emit).minutes);
	for (uint32_t k = 1; k <= emit->n_shards; k++)
		engine_put(text, "%s'%" PRIu32 "'", k > 1 ? ", " : "", k);
	engine_put(text, "]\n");
	put_fetch(text);
	engine_put(text, "  script:\n    - |\n" SCRIPT_INDENT);
	engine_run(text, emit, &shard);
	engine_put(text, "\n");
	put_artifact(text, emit, "$SHARD");
}

static void put_merge(struct engine_text *text, const struct matrix_emit *emit)
{
	put_job(text, emit, "merge", "merge");
	put_fetch(text);
	engine_put(text, "  script:\n    - |\n");
	engine_merge_folders(text, emit, SCRIPT_INDENT);
	put_artifact(text, emit, "merged");
}

static enum cli_exit check_gitlab(const struct matrix_emit *emit)
{
	/* Patterns, and variables. */
	return engine_check_ci_folder(emit, "*?[]{}\\$");
}

static void write_gitlab(const struct matrix_emit *emit, struct engine_text *text)
{
	engine_head(text, emit, usage);
	engine_put(text, "\nstages: [shards, merge]\n\nvariables:\n"
			 "  OTATOOL_IMAGE: buildpack-deps:bookworm-curl\n\n");
	put_shards(text, emit);
	engine_put(text, "\n");
	put_merge(text, emit);
}

const struct matrix_engine matrix_engine_gitlab = {
	.name = "gitlab",
	.max_shards = 200,
	.limit = "the most jobs that GitLab makes of parallel:matrix",
	.is_yaml = true,
	.check = check_gitlab,
	.write = write_gitlab,
};
