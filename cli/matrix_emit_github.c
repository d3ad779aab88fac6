// SPDX-License-Identifier: Apache-2.0
/*
 * A workflow for GitHub Actions, to be called by another or started by hand: one job for each shard
 * of a static matrix, artifacts, a merge. No expression ("${{ }}") stands in a shell command: what
 * it yields could be more than a word.
 */
#include <inttypes.h>
#include <string.h>

#include "matrix_engine.h"

#define MOST_MINUTES 360U /* GitHub ends a job of its own runners then */
#define RUN_INDENT   "          "
#define KEY_FOLDER   "\"$RUNNER_TEMP\"/otatool-keys"

static const char usage[] =
	"# Put it into .github/workflows/. The plan and its images are in the repository, or in "
	"an\n"
	"# artifact of the calling workflow's (input `artifact`). Variables of the repository:\n"
	"#   OTATOOL_URL, OTATOOL_SHA256   where a runner gets otatool, and the digest it must "
	"have;\n"
	"#                                 not needed where otatool is installed\n"
	"#   OTATOOL_RUNNER                runs-on (default: ubuntu-latest)\n"
	"# Private keys are secrets that hold PEM text. The result is the artifact "
	"otatool-matrix.\n";

static void put_triggers(struct engine_text *text, const struct matrix_emit *emit)
{
	uint32_t n_keys = engine_n_keys(emit);
	char name[32];

	engine_put(text,
		   "name: firmware patches\n\non:\n  workflow_dispatch:\n  workflow_call:\n"
		   "    inputs:\n      artifact:\n"
		   "        description: an artifact with the plan and its images; none - they "
		   "are in the repository\n"
		   "        type: string\n        default: ''\n");
	if (n_keys > 0)
		engine_put(text, "    secrets:\n");
	for (uint32_t i = 0; i < n_keys; i++) {
		engine_put(text,
			   "      %s:\n        description: private key, PEM\n"
			   "        required: true\n",
			   engine_key_name(i, name));
	}
	engine_put(text, "\npermissions:\n  contents: read\n\nenv:\n"
			 "  OTATOOL_URL: ${{ vars.OTATOOL_URL }}\n"
			 "  OTATOOL_SHA256: ${{ vars.OTATOOL_SHA256 }}\n"
			 "  OTATOOL_RUN_ARGS: ${{ vars.OTATOOL_RUN_ARGS }}\n\njobs:\n");
}

static void put_fetch(struct engine_text *text)
{
	engine_put(text, "      - name: get otatool\n        shell: bash\n        run: |\n");
	engine_fetch_tool(text, "\"$RUNNER_TEMP\"/otatool", RUN_INDENT);
	engine_put(text, RUN_INDENT "dirname \"$(command -v \"${OTATOOL:-otatool}\")\" "
				    ">>\"$GITHUB_PATH\"\n");
}

/* A key is in files of the runner's own only while the shard runs. */
static void put_key_files(struct engine_text *text, const struct matrix_emit *emit)
{
	uint32_t n_keys = engine_n_keys(emit);
	char name[32];

	if (n_keys == 0)
		return;
	engine_put(text, RUN_INDENT "trap 'rm -rf " KEY_FOLDER "' EXIT\n" RUN_INDENT
				    "(umask 077 && mkdir -p " KEY_FOLDER ")\n");
	for (uint32_t i = 0; i < n_keys; i++) {
		engine_put(text,
			   RUN_INDENT "(umask 077 && printf '%%s\\n' \"${%s:?is not set: the "
				      "secret with the private key}\" >" KEY_FOLDER "/%" PRIu32
				      ".pem)\n",
			   engine_key_name(i, name), i + 1);
	}
}

static void put_run(struct engine_text *text, const struct matrix_emit *emit)
{
	struct engine_shard shard = {
		.number = "\"$SHARD\"",
		.own_folder = true,
		.key_folder = KEY_FOLDER,
	};
	char name[32];

	engine_put(text, "      - name: make the shard's patches\n        shell: bash\n"
			 "        env:\n          SHARD: ${{ matrix.shard }}\n");
	for (uint32_t i = 0; i < engine_n_keys(emit); i++) {
		(void)engine_key_name(i, name);
		engine_put(text, "          %s: ${{ secrets.%s }}\n", name, name);
	}
	engine_put(text, "        run: |\n");
	put_key_files(text, emit);
	engine_put(text, RUN_INDENT);
	engine_run(text, emit, &shard);
	engine_put(text, "\n");
}

/* A value of YAML: between single quotes only these mean something. */
static void put_yaml(struct engine_text *text, const char *value)
{
	for (; *value; value++)
		engine_put(text, *value == '\'' ? "''" : "%c", *value);
}

/* A path of an action's own, which takes it as it is. */
static void put_path(struct engine_text *text, const struct matrix_emit *emit, const char *below)
{
	engine_put(text, "          path: '");
	put_yaml(text, emit->folder);
	engine_put(text, "%s'\n", below);
}

static uint64_t limited_minutes(const struct matrix_emit *emit)
{
	uint64_t minutes = engine_needs(emit).minutes;

	if (minutes <= MOST_MINUTES)
		return minutes;
	cli_warning("--shards",
		    "a shard may take %" PRIu64 " minutes, GitHub's own runners give it %u",
		    minutes, MOST_MINUTES);
	return MOST_MINUTES;
}

static void put_shards(struct engine_text *text, const struct matrix_emit *emit)
{
	engine_put(text, "  shard:\n    name: shard ${{ matrix.shard }} of %" PRIu32 "\n",
		   emit->n_shards);
	/* Whoever proposes a change could have the key sign it, or print it. */
	if (engine_n_keys(emit) > 0) {
		engine_put(text, "    # Signs: never for what a pull request brings.\n"
				 "    if: ${{ !github.event.pull_request && "
				 "!github.event.workflow_run.head_repository.fork }}\n");
	}
	engine_put(text,
		   "    runs-on: ${{ vars.OTATOOL_RUNNER || 'ubuntu-latest' }}\n"
		   "    timeout-minutes: %" PRIu64 "\n"
		   "    strategy:\n      fail-fast: false\n      matrix:\n        shard: [",
		   limited_minutes(emit));
	for (uint32_t k = 1; k <= emit->n_shards; k++)
		engine_put(text, "%s%" PRIu32, k > 1 ? ", " : "", k);
	engine_put(text, "]\n    steps:\n"
			 "      - uses: actions/checkout@v4\n        with:\n          lfs: true\n"
			 "          persist-credentials: false\n"
			 "      - if: ${{ inputs.artifact }}\n"
			 "        uses: actions/download-artifact@v4\n        with:\n"
			 "          name: ${{ inputs.artifact }}\n");
	put_fetch(text);
	put_run(text, emit);
	engine_put(text, "      - name: keep them\n        uses: actions/upload-artifact@v4\n"
			 "        with:\n"
			 "          name: otatool-matrix-shard-${{ matrix.shard }}\n");
	put_path(text, emit, "/${{ matrix.shard }}");
	engine_put(text, "          if-no-files-found: error\n          overwrite: true\n\n");
}

static void put_merge(struct engine_text *text, const struct matrix_emit *emit)
{
	engine_put(text, "  merge:\n    needs: shard\n"
			 "    runs-on: ${{ vars.OTATOOL_RUNNER || 'ubuntu-latest' }}\n"
			 "    timeout-minutes: 60\n    steps:\n");
	put_fetch(text);
	engine_put(text, "      - uses: actions/download-artifact@v4\n        with:\n"
			 "          pattern: otatool-matrix-shard-*\n");
	put_path(text, emit, "");
	engine_put(text, "      - name: merge\n        shell: bash\n        run: |\n" RUN_INDENT);
	engine_tool(text);
	engine_put(text, " merge ");
	engine_path(text, emit->folder);
	engine_put(text, "/otatool-matrix-shard-* -o ");
	engine_path(text, emit->folder);
	engine_put(text, "/merged\n");
	/* A step's summary may have 1 MiB. */
	engine_put(text, RUN_INDENT);
	engine_tool(text);
	engine_put(text, " report ");
	engine_path(text, emit->folder);
	engine_put(text, "/merged --markdown >\"$RUNNER_TEMP/report.md\"\n" RUN_INDENT
			 "head -c 1000000 \"$RUNNER_TEMP/report.md\" >>\"$GITHUB_STEP_SUMMARY\"\n"
			 "      - uses: actions/upload-artifact@v4\n        with:\n"
			 "          name: otatool-matrix\n");
	put_path(text, emit, "/merged");
	engine_put(text, "          if-no-files-found: error\n          overwrite: true\n");
}

static enum cli_exit check_github(const struct matrix_emit *emit)
{
	/* Patterns and their signs; ${{; what no artifact's file may have in its name. */
	return engine_check_ci_folder(emit, "*?[]!\\$\"<>|:#");
}

static void write_github(const struct matrix_emit *emit, struct engine_text *text)
{
	engine_head(text, emit, usage);
	engine_put(text, "\n");
	put_triggers(text, emit);
	put_shards(text, emit);
	put_merge(text, emit);
}

const struct matrix_engine matrix_engine_github = {
	.name = "github",
	.max_shards = 256,
	.limit = "the most jobs that GitHub makes of a matrix",
	.is_yaml = true,
	.check = check_github,
	.write = write_github,
};
