// SPDX-License-Identifier: Apache-2.0
/* A makefile, of the same shape as Ninja's: one folder, a stamp in it for each shard. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "matrix_engine.h"

/*
 * A file's name in a rule. make splits at blanks and knows wildcards; what can be quoted is quoted
 * with a backslash.
 */
static void put_name(struct engine_text *text, const char *path)
{
	if (path[0] == '-')
		engine_put(text, "./");
	for (; *path; path++) {
		if (*path == '$')
			engine_put(text, "$");
		else if (strchr(" #:*?[|", *path))
			engine_put(text, "\\");
		engine_put(text, "%c", *path);
	}
}

/* What no quoting helps with. lib(member) is a member of an archive. */
static enum cli_exit check_name(const char *path, const char *bad)
{
	size_t at = strcspn(path, bad);
	size_t len = strlen(path);

	if (path[at])
		(void)cli_error(CLI_USAGE, path, "'%c' in a file's name: make cannot take it",
				path[at]);
	else if (path[0] == '~')
		(void)cli_error(CLI_USAGE, path, "make takes '~' for a home");
	else if (len > 0 && path[len - 1] == ')' && strchr(path, '('))
		(void)cli_error(CLI_USAGE, path, "make takes it for a member of an archive");
	else
		return CLI_DONE;
	cli_hint("rename it, or take --emit ninja");
	return CLI_USAGE;
}

static enum cli_exit check_make(const struct matrix_emit *emit)
{
	enum cli_exit code = check_name(emit->folder, "\\;%=|");

	if (code == CLI_DONE)
		code = check_name(emit->plan_path, "\\;");
	for (size_t i = 0; i < emit->plan->n_versions && code == CLI_DONE; i++)
		code = check_name(emit->plan->version[i].file, "\\;");
	return code;
}

static void put_inputs(struct engine_text *text, const struct matrix_emit *emit)
{
	engine_put(text, "otatool-matrix-inputs := ");
	put_name(text, emit->plan_path);
	for (size_t i = 0; i < emit->plan->n_versions; i++) {
		char *path = engine_image(emit, i);

		if (!path) {
			text->err = ota_fail(&text->diag, OTA_E_MEMORY, "out of memory");
			return;
		}
		engine_put(text, " \\\n\t");
		put_name(text, path);
		free(path);
	}
	engine_put(text, "\n\n");
}

static void put_stamp(struct engine_text *text, const struct matrix_emit *emit, uint32_t shard)
{
	put_name(text, emit->folder);
	engine_put(text, "/.shard-%" PRIu32 "-of-%" PRIu32, shard, emit->n_shards);
}

static void put_shard(struct engine_text *text, const struct matrix_emit *emit, uint32_t k)
{
	char number[16];
	struct engine_shard shard = {.number = number, .threads = "1"};

	(void)snprintf(number, sizeof(number), "%" PRIu32, k);
	put_stamp(text, emit, k);
	engine_put(text, ": $(otatool-matrix-inputs)\n\t");
	engine_run(text, emit, &shard);
	engine_put(text, "\n\t@: >");
	engine_path(text, emit->folder);
	engine_put(text, "/.shard-%" PRIu32 "-of-%" PRIu32 "\n\n", k, emit->n_shards);
}

static void put_merge(struct engine_text *text, const struct matrix_emit *emit)
{
	put_name(text, emit->folder);
	engine_put(text, "/index.json:");
	for (uint32_t k = 1; k <= emit->n_shards; k++) {
		engine_put(text, " \\\n\t");
		put_stamp(text, emit, k);
	}
	engine_put(text, "\n\t");
	engine_tool(text);
	engine_put(text, " merge ");
	engine_path(text, emit->folder);
	engine_put(text, "\n\t@touch ");
	engine_path(text, emit->folder);
	engine_put(text, "/index.json\n");
}

static void write_make(const struct matrix_emit *emit, struct engine_text *text)
{
	engine_head(text, emit,
		    "#   make -j2 -f THIS-FILE      again after a kill: it goes on\n"
		    "#   make -k -j2 -f THIS-FILE   a shard that fails does not stop the others\n"
		    "# It may be included: the target is otatool-matrix.\n");
	engine_put(text, "\n.PHONY: otatool-matrix\notatool-matrix: ");
	put_name(text, emit->folder);
	engine_put(text, "/index.json\n\n");
	put_inputs(text, emit);
	text->doubles_dollar = true;
	for (uint32_t k = 1; k <= emit->n_shards; k++)
		put_shard(text, emit, k);
	put_merge(text, emit);
	text->doubles_dollar = false;
}

const struct matrix_engine matrix_engine_make = {
	.name = "make",
	.max_shards = 1000,
	.limit = "the most in one file",
	.check = check_make,
	.write = write_make,
};
