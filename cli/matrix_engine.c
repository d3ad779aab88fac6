// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ota/matrix_plan.h>

#include "matrix_engine.h"

#define LINE_MAX_SIZE 2048U /* of one piece that is not a path; paths are put by themselves */

#define US_PER_MINUTE    60000000U
#define TIME_MARGIN      4U  /* a runner may be that much slower than what was measured */
#define MINUTES_TO_START 10U /* to queue, to check out, to send results back */
#define MIB              0x100000U
#define MEMORY_BASE      64U /* MiB: the tool itself, and room to spare */

/* -- text -------------------------------------------------------------------------------------- */

static void put_bytes(struct engine_text *text, const char *bytes, size_t len)
{
	if (text->err == OTA_OK)
		text->err = ota_buf_append(
			text->buf, (struct ota_span){(const uint8_t *)bytes, len}, &text->diag);
}

static void put_shell(struct engine_text *text, const char *piece)
{
	for (; *piece; piece++) {
		put_bytes(text, piece, 1);
		if (*piece == '$' && text->doubles_dollar)
			put_bytes(text, "$", 1);
	}
}

void engine_put(struct engine_text *text, const char *format, ...)
{
	char line[LINE_MAX_SIZE] = "";
	va_list args;

	va_start(args, format);
	(void)vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	put_bytes(text, line, strlen(line));
}

void engine_shell(struct engine_text *text, const char *format, ...)
{
	char line[LINE_MAX_SIZE] = "";
	va_list args;

	va_start(args, format);
	(void)vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	put_shell(text, line);
}

static bool is_plain(const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_-./,:+@%=";

	return word[0] && word[strspn(word, plain)] == '\0';
}

/*
 * In quotes nothing means anything to a shell. GitHub and GitLab look for "${{" and "$[[" in all
 * they read, so a dollar is kept apart from what follows: 'a$''{b'.
 */
void engine_word(struct engine_text *text, const char *word)
{
	if (is_plain(word)) {
		put_bytes(text, word, strlen(word));
		return;
	}
	put_bytes(text, "'", 1);
	for (; *word; word++) {
		if (*word == '\'') {
			put_shell(text, "'\\''");
			continue;
		}
		put_shell(text, (const char[]){*word, '\0'});
		if (*word == '$' && (word[1] == '{' || word[1] == '['))
			put_bytes(text, "''", 2);
	}
	put_bytes(text, "'", 1);
}

void engine_path(struct engine_text *text, const char *path)
{
	if (path[0] == '-')
		put_bytes(text, "./", 2);
	engine_word(text, path);
}

void engine_count(struct engine_text *text, size_t n, const char *one, const char *many)
{
	engine_put(text, "%zu %s", n, n == 1 ? one : many);
}

/* -- keys -------------------------------------------------------------------------------------- */

/* -k KEY, -kKEY, --key KEY, --key=KEY */
static bool names_key(const char *word)
{
	return !strncmp(word, "-k", 2) || !strcmp(word, "--key") || !strncmp(word, "--key=", 6);
}

uint32_t engine_n_keys(const struct matrix_emit *emit)
{
	for (size_t i = 0; i < emit->n_run_args; i++) {
		if (names_key(emit->run_args[i]))
			return 0;
	}
	return emit->plan->n_keys;
}

const char *engine_key_name(uint32_t index, char name[32])
{
	if (index == 0)
		(void)snprintf(name, 32, "OTATOOL_KEY");
	else
		(void)snprintf(name, 32, "OTATOOL_KEY_%" PRIu32, index + 1);
	return name;
}

static void put_keys(struct engine_text *text, const struct matrix_emit *emit,
		     const struct engine_shard *shard)
{
	char name[32];

	for (uint32_t i = 0; i < engine_n_keys(emit); i++) {
		if (shard->key_folder) {
			engine_shell(text, " -k %s/%" PRIu32 ".pem", shard->key_folder, i + 1);
			continue;
		}
		engine_shell(text, " -k \"${%s:?is not set: the private key that signs}\"",
			     engine_key_name(i, name));
	}
}

/* -- pieces ------------------------------------------------------------------------------------ */

void engine_head(struct engine_text *text, const struct matrix_emit *emit, const char *usage)
{
	uint32_t n_keys = engine_n_keys(emit);
	char name[32];

	engine_put(text, "# Patches for a release history: ");
	engine_count(text, emit->plan->n_jobs, "patch", "patches");
	engine_put(text, " of ");
	engine_count(text, emit->plan->n_versions, "version", "versions");
	engine_put(text, " in ");
	engine_count(text, emit->n_shards, "shard", "shards");
	engine_put(text,
		   ".\n# Written by `otatool matrix plan --emit`: plan again instead of changing "
		   "it.\n#\n%s#\n",
		   usage);
	engine_put(text,
		   "# From the environment:\n"
		   "#   OTATOOL           the tool (default: otatool, found by PATH)\n"
		   "#   OTATOOL_RUN_ARGS  more options for otatool matrix run, split at blanks\n");
	for (uint32_t i = 0; i < n_keys; i++) {
		engine_put(text, "#   %-17s private key %" PRIu32 " of the plan's %" PRIu32 "\n",
			   engine_key_name(i, name), i + 1, n_keys);
	}
}

void engine_tool(struct engine_text *text)
{
	engine_shell(text, "\"${OTATOOL:-otatool}\" matrix");
}

void engine_run(struct engine_text *text, const struct matrix_emit *emit,
		const struct engine_shard *shard)
{
	engine_tool(text);
	engine_put(text, " run ");
	engine_path(text, emit->plan_path);
	engine_put(text, " --shard %s/%" PRIu32 " -o ", shard->number, emit->n_shards);
	engine_path(text, emit->folder);
	if (shard->own_folder)
		engine_put(text, "/%s", shard->number);
	if (shard->threads)
		engine_put(text, " -j %s", shard->threads);
	for (size_t i = 0; i < emit->n_run_args; i++) {
		engine_put(text, " ");
		engine_word(text, emit->run_args[i]);
	}
	put_keys(text, emit, shard);
	engine_shell(text, " ${OTATOOL_RUN_ARGS:-}");
}

void engine_merge_folders(struct engine_text *text, const struct matrix_emit *emit,
			  const char *indent)
{
	engine_put(text, "%sset --\n%sk=1\n", indent, indent);
	engine_put(text, "%swhile [ \"$k\" -le %" PRIu32 " ]; do\n", indent, emit->n_shards);
	engine_put(text, "%s  set -- \"$@\" ", indent);
	engine_path(text, emit->folder);
	engine_put(text, "/\"$k\"\n%s  k=$((k + 1))\n%sdone\n%s", indent, indent, indent);
	engine_tool(text);
	engine_put(text, " merge \"$@\" -o ");
	engine_path(text, emit->folder);
	engine_put(text, "/merged\n");
}

void engine_fetch_tool(struct engine_text *text, const char *folder, const char *indent)
{
	static const char *const lines[] = {
		"if ! command -v \"${OTATOOL:-otatool}\" >/dev/null; then",
		"  : \"${OTATOOL_URL:?is not set: where otatool can be fetched}\"",
		"  : \"${OTATOOL_SHA256:?is not set: the digest that it must have}\"",
		"  mkdir -p FOLDER",
		"  curl --fail --silent --show-error --location --retry 3 \\",
		"    --output FOLDER/otatool \"$OTATOOL_URL\"",
		"  (cd FOLDER && echo \"$OTATOOL_SHA256  otatool\" | sha256sum -c -)",
		"  chmod +x FOLDER/otatool",
		"  export PATH=FOLDER:\"$PATH\"",
		"fi",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		const char *line = lines[i];
		const char *at = strstr(line, "FOLDER");

		engine_put(text, "%s", indent);
		for (; at; line = at + strlen("FOLDER"), at = strstr(line, "FOLDER"))
			engine_put(text, "%.*s%s", (int)(at - line), line, folder);
		engine_put(text, "%s\n", line);
	}
}

/* -- the plan ---------------------------------------------------------------------------------- */

char *engine_image(const struct matrix_emit *emit, size_t version)
{
	const char *slash = strrchr(emit->plan_path, '/');
	size_t len = slash ? (size_t)(slash - emit->plan_path) : 0;
	char *folder;
	char *path = NULL;

	if (slash == emit->plan_path)
		len = 1; /* the root itself */
	folder = strndup(emit->plan_path, len);
	if (folder)
		path = ota_matrix_image_path(folder, &emit->plan->version[version]);
	free(folder);
	return path;
}

static uint64_t add_up_to_most(uint64_t a, uint64_t b)
{
	return b > UINT64_MAX - a ? UINT64_MAX : a + b;
}

/*
 * Shards are filled longest job first, so that none has more than its share and one job. Time is
 * that of one core.
 */
struct engine_needs engine_needs(const struct matrix_emit *emit)
{
	uint64_t sum = 0;
	uint64_t longest = 0;
	uint64_t memory = 0;
	uint64_t shard;

	for (size_t i = 0; i < emit->plan->n_jobs; i++) {
		const struct ota_matrix_job *job = &emit->plan->job[i];

		sum = add_up_to_most(sum, job->expected_us);
		longest = job->expected_us > longest ? job->expected_us : longest;
		memory = job->memory > memory ? job->memory : memory;
	}
	shard = add_up_to_most(sum / emit->n_shards, longest) / US_PER_MINUTE + 1;
	memory = memory / MIB + 1;
	return (struct engine_needs){
		.minutes = shard * TIME_MARGIN + MINUTES_TO_START,
		.memory_mib = memory + memory / 4 + MEMORY_BASE,
	};
}

enum cli_exit engine_check_ci_folder(const struct matrix_emit *emit, const char *bad)
{
	const char *folder = emit->folder;
	size_t at = strcspn(folder, bad);

	if (folder[at]) {
		(void)cli_error(CLI_USAGE, folder,
				"'%c' in the folder: %s takes its name for a "
				"pattern",
				folder[at], emit->engine);
		return CLI_USAGE;
	}
	if (folder[0] == '/' || folder[0] == '~' || !strncmp(folder, "..", 2) ||
	    strstr(folder, "/..")) {
		(void)cli_error(CLI_USAGE, folder, "a runner keeps only what lies in its checkout");
		cli_hint("name a folder below it, as \"matrix\"");
		return CLI_USAGE;
	}
	for (size_t i = 0; i < emit->plan->n_versions; i++) {
		if (emit->plan->version[i].file[0] == '/') {
			cli_warning(emit->plan->version[i].file,
				    "the plan names an absolute path, which a runner must have "
				    "too");
			break;
		}
	}
	return CLI_DONE;
}
