// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "io.h"
#include "matrix_engine.h"

static const struct matrix_engine *const engines[] = {
	&matrix_engine_ninja, &matrix_engine_make,   &matrix_engine_parallel,
	&matrix_engine_slurm, &matrix_engine_github, &matrix_engine_gitlab,
};
#define N_ENGINES (sizeof(engines) / sizeof(engines[0]))

const char *matrix_engine_name(size_t index)
{
	return index < N_ENGINES ? engines[index]->name : NULL;
}

static const struct matrix_engine *find(const char *name)
{
	for (size_t i = 0; i < N_ENGINES; i++) {
		if (!strcmp(engines[i]->name, name))
			return engines[i];
	}
	return NULL;
}

/* No engine's file can hold a line's end in a word, and other control characters help nobody. */
static bool has_control(const char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return true;
	}
	return false;
}

#define C1_LEAD 0xc2U /* first byte of U+0080 .. U+00BF */
#define C1_END  0xa0U /* second byte of the first of them that is no control character */

/* YAML is UTF-8, and takes more than LF for a line's end: NEL, LS, PS; C1 and BOM are refused. */
static bool suits_yaml(const char *text)
{
	static const char *const refused[] = {"\xe2\x80\xa8", "\xe2\x80\xa9", "\xef\xbb\xbf",
					      "\xef\xbf\xbe", "\xef\xbf\xbf"};
	json_t *string = json_string(text);
	bool suits = string != NULL;

	json_decref(string);
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		suits = suits && !strstr(text, refused[i]);
	for (; suits && *text; text++)
		suits = (unsigned char)text[0] != C1_LEAD || (unsigned char)text[1] >= C1_END;
	return suits;
}

static enum cli_exit check_word(const struct matrix_engine *engine, const char *what,
				const char *word)
{
	if (!word[0])
		return cli_error(CLI_USAGE, what, "is empty");
	if (has_control(word)) {
		return cli_error(CLI_USAGE, word,
				 "a control character in the %s: a file for %s cannot hold it",
				 what, engine->name);
	}
	if (engine->is_yaml && !suits_yaml(word)) {
		return cli_error(CLI_USAGE, word,
				 "the %s is not UTF-8 that YAML can hold, which %s reads", what,
				 engine->name);
	}
	return CLI_DONE;
}

static enum cli_exit check_words(const struct matrix_engine *engine, const struct matrix_emit *emit)
{
	enum cli_exit code = check_word(engine, "plan's path", emit->plan_path);

	if (code == CLI_DONE && cli_is_stdout(emit->plan_path)) {
		(void)cli_error(CLI_USAGE, "--emit",
				"the shards read the plan, so it must be in "
				"a file");
		cli_hint("write it with -o plan.json");
		return CLI_USAGE;
	}
	if (code == CLI_DONE)
		code = check_word(engine, "folder", emit->folder);
	for (size_t i = 0; i < emit->n_run_args && code == CLI_DONE; i++)
		code = check_word(engine, "option for matrix run", emit->run_args[i]);
	for (size_t i = 0; i < emit->plan->n_versions && code == CLI_DONE; i++)
		code = check_word(engine, "image's path", emit->plan->version[i].file);
	return code;
}

static enum cli_exit check_shards(const struct matrix_engine *engine,
				  const struct matrix_emit *emit)
{
	size_t n_jobs = emit->plan->n_jobs;

	if (emit->n_shards == 0)
		return cli_error(CLI_USAGE, "--shards", "0 shards run nothing, at least 1 does");
	if (emit->n_shards > engine->max_shards) {
		(void)cli_error(CLI_USAGE, "--shards", "%" PRIu32 " shards, %s: %" PRIu32,
				emit->n_shards, engine->limit, engine->max_shards);
		cli_hint("a shard makes many patches in turn: take fewer shards");
		return CLI_USAGE;
	}
	if (emit->n_shards > 1 && emit->n_shards > n_jobs) {
		cli_warning("--shards", "%" PRIu32 " shards for %zu %s: some have nothing to do",
			    emit->n_shards, n_jobs, n_jobs == 1 ? "patch" : "patches");
	}
	return CLI_DONE;
}

enum cli_exit matrix_emit(const struct matrix_emit *emit, struct ota_buf *out)
{
	const struct matrix_engine *engine = find(emit->engine);
	struct engine_text text = {.buf = out};
	enum cli_exit code;
	char list[128];

	if (!engine) {
		(void)cli_error(CLI_USAGE, "--emit", "\"%s\" is not an engine", emit->engine);
		cli_hint("engines: %s", cli_list(matrix_engine_name, list));
		return CLI_USAGE;
	}
	code = check_shards(engine, emit);
	if (code == CLI_DONE)
		code = check_words(engine, emit);
	if (code == CLI_DONE && engine->check)
		code = engine->check(emit);
	if (code != CLI_DONE)
		return code;
	engine->write(emit, &text);
	return text.err == OTA_OK ? CLI_DONE : cli_fail("--emit", &text.diag);
}
