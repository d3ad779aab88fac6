// SPDX-License-Identifier: Apache-2.0
/*
 * A script for GNU parallel: a table of shards, number and command, and the one line that runs it,
 * here or on other hosts. The command is a value, not parallel's own template: in that "{}" and its
 * kin would be replaced.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "matrix_engine.h"

static const char usage[] =
	"#   sh THIS-FILE [OPTIONS OF PARALLEL]   again after a kill: it goes on\n"
	"#   sh THIS-FILE -j 8                    so many shards at a time\n"
	"#   sh THIS-FILE --sshlogin one,two,:    on other hosts, which have this folder at the\n"
	"#                                        same path and otatool; \":\" is this host\n"
	"#   OTATOOL_COPY=1 sh THIS-FILE --sshlogin one,two   on hosts that have otatool (and "
	"keys)\n"
	"#                                        alone: plan and images are sent, patches come "
	"back\n";

static void put_settings(struct engine_text *text, const struct matrix_emit *emit)
{
	char name[32];

	engine_put(text, "set -u\nexport OTATOOL=\"${OTATOOL:-otatool}\" "
			 "OTATOOL_RUN_ARGS=\"${OTATOOL_RUN_ARGS:-}\"\n");
	for (uint32_t i = 0; i < engine_n_keys(emit); i++) {
		const char *key = engine_key_name(i, name);

		engine_put(text, "export %s=\"${%s:?is not set: the private key that signs}\"\n",
			   key, key);
	}
	engine_put(text, "plan=");
	engine_path(text, emit->plan_path);
	engine_put(text, "\nfolder=");
	engine_path(text, emit->folder);
	engine_put(text, "\nlog=$folder/joblog\n");
	engine_put(text, "mkdir -p \"$folder\" || exit 4\n"
			 "# What the log says of another plan does not count.\n"
			 "[ \"$log\" -nt \"$plan\" ] || rm -f \"$log\"\n\n");
}

/* Can be unpacked on a host as it is named: below the folder that the script runs in. */
static bool can_copy(const char *path)
{
	return path[0] != '/' && strcmp(path, "..") != 0 && strncmp(path, "../", 3) != 0 &&
	       !strstr(path, "/../");
}

/* "{1}" in the folder's name would be the shard's number: it stands in a template of parallel's. */
static bool all_can_be_copied(const struct matrix_emit *emit)
{
	bool all =
		can_copy(emit->plan_path) && can_copy(emit->folder) && !strchr(emit->folder, '{');

	for (size_t i = 0; i < emit->plan->n_versions && all; i++)
		all = can_copy(emit->plan->version[i].file);
	return all;
}

static void put_archive(struct engine_text *text, const struct matrix_emit *emit)
{
	engine_put(text, "\ttar -cf - \"$plan\"");
	for (size_t i = 0; i < emit->plan->n_versions; i++) {
		char *path = engine_image(emit, i);

		if (!path) {
			text->err = ota_fail(&text->diag, OTA_E_MEMORY, "out of memory");
			return;
		}
		engine_put(text, " \\\n\t\t");
		engine_path(text, path);
		free(path);
	}
	engine_put(text, " >\"$OTATOOL_INPUT\" || exit 4\n");
}

/*
 * Each shard has a folder of its own on the host, which is removed again. One archive, since each
 * file that is sent by itself is one more connection.
 */
static void put_copies(struct engine_text *text, const struct matrix_emit *emit)
{
	engine_put(text, "export OTATOOL_INPUT=\"$folder/input.tar\"\n"
			 "if [ -z \"${OTATOOL_COPY:-}\" ]; then\n"
			 "\tset -- --workdir \"$PWD\" \"$@\" 'sh -c {2}'\nelse\n");
	if (all_can_be_copied(emit)) {
		put_archive(text, emit);
		engine_put(text, "\tset -- --workdir ... --cleanup --return \"$folder/{1}\" "
				 "--transferfile \"$OTATOOL_INPUT\" \\\n"
				 "\t\t\"$@\" 'tar -xf - <\"$OTATOOL_INPUT\" && sh -c {2}'\n");
	} else {
		engine_put(text, "\techo \"OTATOOL_COPY: the plan, its images and the results must "
				 "lie below this folder, its name without {\" >&2\n\texit 2\n");
	}
	engine_put(text, "fi\n\n");
}

static void put_table(struct engine_text *text, const struct matrix_emit *emit)
{
	char number[16];
	struct engine_shard shard = {.number = number, .own_folder = true, .threads = "1"};
	char name[32];

	engine_put(text, "# Each shard is one core's work, so that as many run as there are.\n"
			 "parallel --joblog \"$log\" --resume-failed --colsep '\\t' \\\n"
			 "\t--env OTATOOL --env OTATOOL_RUN_ARGS --env OTATOOL_INPUT");
	for (uint32_t i = 0; i < engine_n_keys(emit); i++)
		engine_put(text, " --env %s", engine_key_name(i, name));
	engine_put(text, " \"$@\" <<'SHARDS'\n");
	for (uint32_t k = 1; k <= emit->n_shards; k++) {
		(void)snprintf(number, sizeof(number), "%" PRIu32, k);
		engine_put(text, "%s\t", number);
		engine_run(text, emit, &shard);
		engine_put(text, "\n");
	}
	engine_put(text, "SHARDS\n");
}

/* parallel's own exit code counts failed shards; the worst of theirs says more. */
static void put_end(struct engine_text *text, const struct matrix_emit *emit)
{
	engine_put(text,
		   "failed=$?\n"
		   "if [ \"$failed\" -ne 0 ]; then\n"
		   "\tworst=$(awk -F '\\t' 'NR > 1 { code[$1] = $8 > 0 || $7 > 4 ? 4 : $7 }\n"
		   "\t\tEND { for (k in code) if (code[k] > w) w = code[k]; print w + 0 }' "
		   "\"$log\")\n"
		   "\techo \"some of the %" PRIu32 " shards failed; run it again: what is done is "
		   "kept\" >&2\n"
		   "\t[ \"${worst:-0}\" -gt 0 ] && exit \"$worst\"\n"
		   "\texit 4\n"
		   "fi\n\n",
		   emit->n_shards);
	engine_merge_folders(text, emit, "");
	engine_put(text,
		   "code=$?\n"
		   "# Something is missing that the log calls done: look at every shard again.\n"
		   "[ \"$code\" -eq 0 ] || rm -f \"$log\"\n"
		   "exit \"$code\"\n");
}

static void write_parallel(const struct matrix_emit *emit, struct engine_text *text)
{
	engine_put(text, "#!/bin/sh\n");
	engine_head(text, emit, usage);
	put_settings(text, emit);
	put_copies(text, emit);
	put_table(text, emit);
	put_end(text, emit);
}

const struct matrix_engine matrix_engine_parallel = {
	.name = "parallel",
	.max_shards = 1000,
	.limit = "the most in one file",
	.write = write_parallel,
};
