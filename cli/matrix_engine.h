// SPDX-License-Identifier: Apache-2.0
/* What the engines of matrix_emit share: a row each, the text that grows, words for a shell. */
#ifndef CLI_MATRIX_ENGINE_H
#define CLI_MATRIX_ENGINE_H

#include "matrix_emit.h"

/* The file as it is written; after the first failure nothing more is. */
struct engine_text {
	struct ota_buf *buf;
	bool doubles_dollar; /* shell text stands in a file of Ninja's or make's */
	enum ota_err err;
	struct ota_diag diag;
};

struct matrix_engine {
	const char *name;
	uint32_t max_shards;
	const char *limit; /* whose limit it is, for the message */
	bool is_yaml;
	/* Says what this engine cannot write down; NULL: nothing. */
	enum cli_exit (*check)(const struct matrix_emit *emit);
	void (*write)(const struct matrix_emit *emit, struct engine_text *text);
};

extern const struct matrix_engine matrix_engine_ninja;
extern const struct matrix_engine matrix_engine_make;
extern const struct matrix_engine matrix_engine_parallel;
extern const struct matrix_engine matrix_engine_slurm;
extern const struct matrix_engine matrix_engine_github;
extern const struct matrix_engine matrix_engine_gitlab;

/* How one shard is run. The texts are put into the shell command as they are. */
struct engine_shard {
	const char *number;     /* "3", "\"$SHARD\"" */
	bool own_folder;        /* FOLDER/number, else FOLDER */
	const char *threads;    /* -j; NULL: as many as there are processors */
	const char *key_folder; /* keys are its files 1.pem, 2.pem ...; NULL: by OTATOOL_KEY */
};

/* What the engine should ask for. */
struct engine_needs {
	uint64_t minutes;    /* for one shard, with room to spare */
	uint64_t memory_mib; /* for one thread of one shard */
};

/* As it is. */
void engine_put(struct engine_text *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Part of a shell command. */
void engine_shell(struct engine_text *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* One word of a shell command, quoted where it must be. */
void engine_word(struct engine_text *text, const char *word);
/* The same for a path: never taken for an option. */
void engine_path(struct engine_text *text, const char *path);
/* "1 patch", "3 patches": a count and its noun. */
void engine_count(struct engine_text *text, size_t n, const char *one, const char *many);

/* The first lines: what this is, how it is used (one or more lines, "# " before each). */
void engine_head(struct engine_text *text, const struct matrix_emit *emit, const char *usage);
/* `otatool matrix run ...` of one shard, and `otatool matrix`: without a line's end. */
void engine_run(struct engine_text *text, const struct matrix_emit *emit,
		const struct engine_shard *shard);
void engine_tool(struct engine_text *text);
/* Shell lines, each after `indent`, that merge FOLDER/1 .. FOLDER/n into FOLDER/merged. */
void engine_merge_folders(struct engine_text *text, const struct matrix_emit *emit,
			  const char *indent);
/* Shell lines that get otatool when it is not there, into the folder that `folder` expands to. */
void engine_fetch_tool(struct engine_text *text, const char *folder, const char *indent);

/* How many keys must come from the environment; "OTATOOL_KEY", "OTATOOL_KEY_2" ... */
uint32_t engine_n_keys(const struct matrix_emit *emit);
const char *engine_key_name(uint32_t index, char name[32]);
/* The version's image as the engine is to name it; the caller frees it. NULL: no memory. */
char *engine_image(const struct matrix_emit *emit, size_t version);
struct engine_needs engine_needs(const struct matrix_emit *emit);

/* Of a runner elsewhere: a folder inside the checkout, without characters that are patterns. */
enum cli_exit engine_check_ci_folder(const struct matrix_emit *emit, const char *bad);

#endif
