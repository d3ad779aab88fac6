// SPDX-License-Identifier: Apache-2.0
/*
 * A build.ninja. All shards work in one folder, which then is the result: what an older plan left
 * in it is used again. A stamp in the folder says that a shard is done.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "matrix_engine.h"

/*
 * A path as a variable's value: there only '$' and a leading blank mean something, while in a build
 * line '|' could not be written at all.
 */
static void put_value(struct engine_text *text, const char *name, const char *value)
{
	engine_put(text, value[0] == '-' ? "%s = ./" : "%s = ", name);
	for (; *value; value++) {
		if (*value == '$' || *value == ' ')
			engine_put(text, "$");
		engine_put(text, "%c", *value);
	}
	engine_put(text, "\n");
}

static void put_images(struct engine_text *text, const struct matrix_emit *emit)
{
	char name[32];

	for (size_t i = 0; i < emit->plan->n_versions; i++) {
		char *path = engine_image(emit, i);

		if (!path) {
			text->err = ota_fail(&text->diag, OTA_E_MEMORY, "out of memory");
			return;
		}
		(void)snprintf(name, sizeof(name), "image_%zu", i + 1);
		put_value(text, name, path);
		free(path);
	}
	engine_put(text, "build otatool-matrix-inputs: phony $plan");
	for (size_t i = 0; i < emit->plan->n_versions; i++)
		engine_put(text, " $image_%zu", i + 1);
	engine_put(text, "\n\n");
}

static void put_stamp(struct engine_text *text, const struct matrix_emit *emit, uint32_t shard)
{
	engine_put(text, "$folder/.shard-%" PRIu32 "-of-%" PRIu32, shard, emit->n_shards);
}

static void put_rules(struct engine_text *text, const struct matrix_emit *emit)
{
	struct engine_shard shard = {.number = "$shard", .threads = "1"};

	text->doubles_dollar = true;
	engine_put(text, "rule shard\n  command = ");
	engine_run(text, emit, &shard);
	engine_put(text, " && : >$out\n  description = patches of shard $shard of %" PRIu32 "\n\n",
		   emit->n_shards);
	engine_put(text, "rule merge\n  command = ");
	engine_tool(text);
	engine_put(text, " merge ");
	engine_path(text, emit->folder);
	engine_put(text, " && touch -- $out\n  description = merge $folder\n\n");
	text->doubles_dollar = false;
}

static void write_ninja(const struct matrix_emit *emit, struct engine_text *text)
{
	engine_head(text, emit,
		    "#   ninja -f THIS-FILE        again after a kill: it goes on\n"
		    "#   ninja -k 0 -f THIS-FILE   a shard that fails does not stop the others\n");
	engine_put(text, "\nninja_required_version = 1.5\n");
	put_value(text, "folder", emit->folder);
	/* Its log goes where the stamps are: both vanish with the folder. */
	engine_put(text, "builddir = $folder\n");
	put_value(text, "plan", emit->plan_path);
	put_images(text, emit);
	put_rules(text, emit);
	for (uint32_t k = 1; k <= emit->n_shards; k++) {
		engine_put(text, "build ");
		put_stamp(text, emit, k);
		engine_put(text, ": shard | otatool-matrix-inputs\n  shard = %" PRIu32 "\n", k);
	}
	engine_put(text, "\nbuild $folder/index.json: merge |");
	for (uint32_t k = 1; k <= emit->n_shards; k++) {
		engine_put(text, " ");
		put_stamp(text, emit, k);
	}
	engine_put(text, "\ndefault $folder/index.json\n");
}

const struct matrix_engine matrix_engine_ninja = {
	.name = "ninja",
	.max_shards = 1000,
	.limit = "the most in one file",
	.write = write_ninja,
};
