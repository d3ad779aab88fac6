// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>

#include <ota/file.h>
#include <ota/matrix_plan.h>

#include "budget_args.h"
#include "delta_args.h"
#include "file_args.h"
#include "io.h"
#include "matrix_emit.h"
#include "matrix_plan_report.h"
#include "signer_arg.h"
#include "target_arg.h"

enum {
	OUTPUT,
	PAIRS,
	BOTH_WAYS,
	ORDER,
	SKIP_CORRUPT,
	DELTA_OPTION_IDS,
	KEY,
	PUBLIC_KEY_FORMAT,
	PAD_SIG,
	LOW_S,
	KEY_OPTION_IDS,
	TARGET,
	BUDGET_OPTION_IDS,
	EMIT,
	SHARDS,
	EMIT_OUTPUT,
	EMIT_FOLDER,
	JSON,
};

static const struct cli_option options[] = {
	[OUTPUT] = {.name = "output",
		    .letter = 'o',
		    .value = "PLAN",
		    .help = "the plan to write, a JSON file; - is standard output"},
	[PAIRS] = {.name = "pairs",
		   .value = "POLICY",
		   .help = "which patches: sequential (each from the one before), latest (each to "
			   "the newest), all (every older to every newer; default), last=K (from "
			   "the K before the newest to it), from=FILE (lines OLD NEW)"},
	[BOTH_WAYS] = {.name = "both-ways", .help = "the way back of each, too"},
	[ORDER] = {.name = "order",
		   .value = "version|given",
		   .help = "from the oldest to the newest by version (default), or as they are "
			   "given"},
	[SKIP_CORRUPT] = {.name = "skip-corrupt",
			  .help = "leave images out that are damaged or cut off"},
	DELTA_OPTION_ROWS,
	[KEY] = {.name = "key",
		 .letter = 'k',
		 .value = "KEY",
		 .help = "make delta updates, signed by this key, of which the public part is "
			 "enough here; again for one more signature"},
	[PUBLIC_KEY_FORMAT] = {.name = "public-key-format",
			       .value = "hash|full",
			       .help = "with -k: name the key by its hash (default) or whole"},
	[PAD_SIG] = {.name = "pad-sig",
		     .help = "with -k: zeros behind an ECDSA signature, for MCUboot before 1.5"},
	[LOW_S] = {.name = "low-s", .help = "with -k: ECDSA with s in the lower half"},
	KEY_OPTION_ROWS,
	[TARGET] = {.name = "target",
		    .value = "T",
		    .help = "hold each patch against this board: a built-in profile's name or a "
			    "YAML file"},
	BUDGET_OPTION_ROWS,
	[EMIT] = {.name = "emit",
		  .value = "ENGINE",
		  .help = "a file that runs the plan in shards, too: ninja, make, parallel, slurm, "
			  "github or gitlab"},
	[SHARDS] = {.name = "shards",
		    .value = "N",
		    .help = "with --emit: into how many (default: of about ten minutes, 4 to 100)"},
	[EMIT_OUTPUT] = {.name = "emit-output",
			 .value = "FILE",
			 .help = "with --emit: where it goes (default: standard output)"},
	[EMIT_FOLDER] = {.name = "emit-folder",
			 .value = "DIR",
			 .help = "with --emit: where shards put their patches (default: matrix)"},
	[JSON] = {.name = "json", .help = "print a JSON object"},
};

static const struct cli_example examples[] = {
	{"otatool matrix plan images/ -o plan.json", "every older version to every newer one"},
	{"otatool matrix plan releases.yaml -o plan.json --pairs latest --target board.yaml -k "
	 "pub.pem",
	 "signed updates to the newest, each the best that the board can take"},
	{"otatool matrix plan images/ -o plan.json --emit ninja --shards 8 --emit-output "
	 "build.ninja",
	 "and a file that makes them in eight shards"},
	{NULL, NULL},
};

#define PAIRS_FILE_MAX 0x1000000U /* bytes */
#define SHARD_US       600000000U /* ten minutes */
#define SHARDS_LEAST   4U
#define SHARDS_MOST    100U

/* One run. */
struct planning {
	const struct cli_args *args;
	const char *output;
	const char *target_name;
	const char *pairs_file; /* of from=FILE; else NULL */
	char *folder;           /* owned: that the plan will lie in, "" for here */
	struct budget_args wishes;
	struct ota_matrix_names names;
	struct ota_matrix_plan plan;
	struct plan_numbers numbers;
	uint32_t n_shards; /* 0: nothing is emitted */
	struct ota_buf text;
	struct ota_buf emitted;
};

/* What the library finds on its way. */
static void say(void *context, bool is_error, const char *subject, const char *words)
{
	(void)context;
	if (is_error)
		(void)cli_error(CLI_BAD_INPUT, subject, "%s", words);
	else
		cli_warning(subject, "%s", words);
}

static const struct ota_matrix_tell tell = {.say = say};

/* -- what is asked for ------------------------------------------------------------------------- */

static enum cli_exit read_policy(struct planning *job)
{
	static const char *const orders[] = {"version", "given", NULL};
	static const char prefix[] = "from=";
	const char *pairs = cli_value(job->args, PAIRS);
	unsigned order = 0;
	enum cli_exit status = cli_choice(job->args, ORDER, orders, &order);

	job->plan.given_order = order == 1;
	job->plan.both_ways = cli_has(job->args, BOTH_WAYS);
	if (!pairs)
		pairs = "all";
	if (strncmp(pairs, prefix, strlen(prefix)) == 0) {
		job->pairs_file = pairs + strlen(prefix);
		pairs = "from";
	} else if (strcmp(pairs, "from") == 0) {
		return cli_error(CLI_USAGE, "--pairs", "from needs a file: from=FILE");
	}
	if (strlen(pairs) >= sizeof(job->plan.pairs))
		return cli_error(CLI_USAGE, "--pairs", "\"%s\" is not a policy", pairs);
	(void)snprintf(job->plan.pairs, sizeof(job->plan.pairs), "%s", pairs);
	return status;
}

/* An option that nothing comes of is another one that was forgotten. */
static enum cli_exit check_forgotten(const struct cli_args *args)
{
	static const unsigned signing[] = {PUBLIC_KEY_FORMAT, PAD_SIG,       LOW_S,
					   PASSPHRASE_FILE,   PASSPHRASE_FD, PKCS11_MODULE,
					   PIN_FILE,          PIN_FD,        STRICT};
	static const unsigned emitting[] = {SHARDS, EMIT_OUTPUT, EMIT_FOLDER};
	const char *useless = cli_given_budget_arg(args);
	char word[32];

	(void)snprintf(word, sizeof(word), "--%s", useless ? useless : "");
	if (useless && !cli_has(args, TARGET))
		return cli_error(CLI_USAGE, word, "is about a device: it goes with --target T");
	for (size_t i = 0; i < sizeof(signing) / sizeof(signing[0]) && !cli_has(args, KEY); i++) {
		(void)snprintf(word, sizeof(word), "--%s", options[signing[i]].name);
		if (cli_has(args, signing[i]))
			return cli_error(CLI_USAGE, word,
					 "is about signing: without --key KEY patches are bare");
	}
	for (size_t i = 0; i < sizeof(emitting) / sizeof(emitting[0]) && !cli_has(args, EMIT);
	     i++) {
		(void)snprintf(word, sizeof(word), "--%s", options[emitting[i]].name);
		if (cli_has(args, emitting[i]))
			return cli_error(CLI_USAGE, word, "goes with --emit ENGINE");
	}
	return CLI_DONE;
}

static enum cli_exit check_emit(const struct planning *job)
{
	const char *engine = cli_value(job->args, EMIT);
	char list[128];
	size_t i = 0;

	if (!engine)
		return CLI_DONE;
	while (matrix_engine_name(i) && strcmp(matrix_engine_name(i), engine) != 0)
		i++;
	if (!matrix_engine_name(i))
		return cli_error(CLI_USAGE, "--emit", "\"%s\" is not one of the engines: %s",
				 engine, cli_list(matrix_engine_name, list));
	if (cli_is_stdout(job->output))
		return cli_error(CLI_USAGE, "--emit",
				 "names the plan's file, and the plan goes to standard output");
	return CLI_DONE;
}

static enum cli_exit read_folder(struct planning *job)
{
	const char *slash = strrchr(job->output, '/');
	size_t len = slash ? (size_t)(slash - job->output) + 1 : 0;

	if (cli_is_stdout(job->output))
		len = 0;
	job->folder = strndup(job->output, len);
	if (!job->folder)
		return cli_error(CLI_ENVIRONMENT, "matrix plan", "out of memory");
	if (len > 0 && ota_file_kind_of(job->folder) != OTA_FILE_FOLDER)
		return cli_error(CLI_ENVIRONMENT, job->output, "there is no folder %s",
				 job->folder);
	return CLI_DONE;
}

/* Of two files on standard input the second would read nothing. */
static enum cli_exit check_stdin(const struct planning *job)
{
	const char *inputs[2 + OTA_MATRIX_KEYS_MAX] = {job->pairs_file, job->target_name};
	const size_t most = sizeof(inputs) / sizeof(inputs[0]);
	const struct cli_args *args = job->args;
	size_t n = 2;

	for (unsigned i = 0; i < args->n_given && n < most; i++) {
		if (args->given[i].option == KEY)
			inputs[n++] = args->given[i].value[0];
	}
	return cli_check_key_stdin(args, inputs, n);
}

/* -- for whom ---------------------------------------------------------------------------------- */

static enum cli_exit read_target_text(struct planning *job)
{
	const char *text = ota_target_builtin_text(job->target_name);
	struct ota_diag diag = {.err = OTA_OK};

	if (strlen(job->target_name) >= sizeof(job->plan.target_name))
		return cli_error(CLI_USAGE, "--target", "is a path of more than %zu bytes",
				 sizeof(job->plan.target_name) - 1);
	(void)snprintf(job->plan.target_name, sizeof(job->plan.target_name), "%s",
		       job->target_name);
	/* A word that is neither a profile's nor a path is told from both there. */
	if (!text && !strpbrk(job->target_name, "/.") && strcmp(job->target_name, "-") != 0)
		return cli_read_target(job->target_name, &job->plan.target);
	if (!text)
		return cli_read_max(job->target_name, OTA_TARGET_TEXT_MAX, &job->plan.target_text);
	job->plan.target_text = ota_buf_init(OTA_TARGET_TEXT_MAX);
	if (ota_buf_append(&job->plan.target_text, ota_span_of(text, strlen(text)), &diag) !=
	    OTA_OK)
		return cli_fail("--target", &diag);
	return CLI_DONE;
}

/* The options lie in the plan, which a run reads them from. */
static enum cli_exit keep_options(struct planning *job)
{
	const struct cli_args *args = job->args;
	struct ota_matrix_plan *plan = &job->plan;

	plan->options = job->wishes.options;
	plan->image = job->wishes.image;
	for (unsigned i = 0; i < args->n_given; i++) {
		const char *text = args->given[i].value[0];

		if (args->given[i].option != LINK)
			continue;
		if (strlen(text) >= sizeof(plan->link[0]))
			return cli_error(CLI_USAGE, "--link", "is more than %zu characters",
					 sizeof(plan->link[0]) - 1);
		(void)snprintf(plan->link[plan->n_links], sizeof(plan->link[0]), "%s", text);
		plan->parsed_link[plan->n_links] = job->wishes.links[plan->n_links];
		plan->n_links++;
	}
	plan->n_installed = job->wishes.options.n_installed;
	memcpy(plan->installed, job->wishes.installed, sizeof(plan->installed));
	plan->options.links = plan->n_links > 0 ? plan->parsed_link : NULL;
	plan->options.installed = plan->n_installed > 0 ? plan->installed : NULL;
	return CLI_DONE;
}

static enum cli_exit read_target(struct planning *job)
{
	struct ota_diag diag = {.err = OTA_OK};
	enum cli_exit status;

	if (!job->target_name)
		return CLI_DONE;
	status = cli_read_budget_args(job->args, &job->wishes);
	if (status == CLI_DONE)
		status = keep_options(job);
	if (status == CLI_DONE)
		status = read_target_text(job);
	if (status != CLI_DONE)
		return status;
	job->plan.has_target = true;
	if (ota_matrix_plan_target(&job->plan, &diag) != OTA_OK)
		return cli_fail(diag.err == OTA_E_USAGE ? "--image" : NULL, &diag);
	if (ota_choose_check(&job->plan.target, &job->plan.options, &diag) != OTA_OK)
		return cli_fail("matrix plan", &diag);
	return CLI_DONE;
}

static enum cli_exit read_delta(struct planning *job)
{
	struct ota_matrix_plan *plan = &job->plan;
	struct delta_args delta;
	enum cli_exit status = cli_read_delta_args(job->args, job->target_name != NULL, &delta);

	if (status == CLI_DONE)
		status = read_target(job);
	if (status == CLI_DONE)
		status = cli_check_delta_place(plan->has_target ? &plan->target : NULL, &delta);
	plan->delta = delta.plan;
	plan->has_secondary = delta.has_secondary;
	/* Without a target the default is written down: a run has no other to take it from. */
	plan->has_distance = delta.has_distance || (delta.plan.in_place && !plan->has_target);
	plan->distance = plan->has_distance ? delta.distance : 0;
	return status;
}

/* -- who signs --------------------------------------------------------------------------------- */

static enum cli_exit add_key(struct planning *job, const struct ota_key *key)
{
	struct ota_matrix_plan *plan = &job->plan;
	struct ota_digest *id = &plan->key_id[plan->n_keys];
	struct ota_diag diag = {.err = OTA_OK};

	if (ota_key_id(key, OTA_HASH_SHA256, id, &diag) != OTA_OK)
		return cli_fail("--key", &diag);
	for (uint32_t i = 0; i < plan->n_keys; i++) {
		if (ota_span_equal(ota_digest_span(id), ota_digest_span(&plan->key_id[i])))
			return cli_error(CLI_USAGE, "--key", "one key is given twice");
	}
	plan->n_keys++;
	return CLI_DONE;
}

static enum cli_exit read_keys(struct planning *job)
{
	static const char *const formats[] = {"hash", "full", NULL};
	struct cli_signers *signers = NULL;
	const struct ota_signer *list;
	unsigned format = 0;
	size_t n = 0;
	enum cli_exit status = cli_choice(job->args, PUBLIC_KEY_FORMAT, formats, &format);

	job->plan.full_public_key = format == 1;
	job->plan.pad_sig = cli_has(job->args, PAD_SIG);
	job->plan.low_s = cli_has(job->args, LOW_S);
	if (cli_count(job->args, KEY) > OTA_MATRIX_KEYS_MAX)
		return cli_error(CLI_USAGE, "--key", "is given %u times, at most %u",
				 cli_count(job->args, KEY), OTA_MATRIX_KEYS_MAX);
	if (status == CLI_DONE)
		status = cli_read_signers(job->args, true, &signers);
	list = cli_signers_list(signers, &n);
	for (size_t i = 0; i < n && status == CLI_DONE; i++)
		status = add_key(job, list[i].key);
	cli_signers_free(signers);
	return status;
}

/* -- files ------------------------------------------------------------------------------------- */

static enum cli_exit check_outputs(const struct planning *job)
{
	const char *const outputs[] = {NULL, job->output, cli_value(job->args, EMIT_OUTPUT)};
	const size_t n = sizeof(outputs) / sizeof(outputs[0]);
	const struct cli_args *args = job->args;
	enum cli_exit status = CLI_DONE;

	for (unsigned i = 0; i < args->n_positionals && status == CLI_DONE; i++)
		status = cli_check_outputs(args, args->positional[i], outputs, n);
	if (status == CLI_DONE && job->pairs_file)
		status = cli_check_outputs(args, job->pairs_file, outputs, n);
	for (size_t i = 0; i < job->names.n && status == CLI_DONE; i++)
		status = cli_check_outputs(args, job->names.name[i].path, outputs, n);
	return status;
}

/* A list's and a folder's words begin with what they are about. */
static enum cli_exit add_names(struct planning *job)
{
	for (unsigned i = 0; i < job->args->n_positionals; i++) {
		const char *path = job->args->positional[i];
		struct ota_diag diag = {.err = OTA_OK};
		enum ota_err err = ota_matrix_names_add(&job->names, path, &tell, &diag);

		if (err == OTA_OK)
			continue;
		return cli_fail(strncmp(diag.text, path, strlen(path)) == 0 ? NULL : path, &diag);
	}
	return CLI_DONE;
}

static enum cli_exit read_versions(struct planning *job)
{
	const struct ota_matrix_reading reading = {
		.plan_folder = job->folder, .skip_corrupt = cli_has(job->args, SKIP_CORRUPT)};
	struct ota_diag diag = {.err = OTA_OK};
	enum cli_exit status = add_names(job);

	if (status == CLI_DONE)
		status = check_outputs(job);
	if (status == CLI_DONE &&
	    ota_matrix_plan_versions(&job->plan, &job->names, &reading, &tell, &diag) != OTA_OK)
		status = diag.err == OTA_E_USAGE ? cli_fail("--order", &diag)
						 : cli_fail("matrix plan", &diag);
	return status;
}

static enum cli_exit find_pairs(struct planning *job)
{
	struct ota_buf from = ota_buf_init(0);
	struct ota_diag diag = {.err = OTA_OK};
	enum cli_exit status = CLI_DONE;

	if (job->pairs_file)
		status = cli_read_max(job->pairs_file, PAIRS_FILE_MAX, &from);
	if (status == CLI_DONE &&
	    ota_matrix_plan_pairs(&job->plan, ota_buf_span(&from), &diag) != OTA_OK)
		status = cli_fail(job->pairs_file ? job->pairs_file : "--pairs", &diag);
	ota_buf_free(&from);
	return status;
}

/* -- what is made ------------------------------------------------------------------------------ */

static enum cli_exit emit(struct planning *job)
{
	const char *folder = cli_value(job->args, EMIT_FOLDER);
	struct matrix_emit asked = {.engine = cli_value(job->args, EMIT),
				    .plan_path = job->output,
				    .folder = folder ? folder : "matrix",
				    .plan = &job->plan};
	uint64_t shards = job->numbers.expected_us / SHARD_US + 1;
	uint64_t most = job->plan.n_jobs > 0 ? job->plan.n_jobs : 1;
	enum cli_exit status;

	if (!asked.engine)
		return CLI_DONE;
	shards = shards < SHARDS_LEAST ? SHARDS_LEAST : shards;
	shards = shards > SHARDS_MOST ? SHARDS_MOST : shards;
	shards = shards > most ? most : shards;
	status = cli_number(job->args, SHARDS, UINT32_MAX, &shards);
	job->n_shards = (uint32_t)shards;
	asked.n_shards = job->n_shards;
	return status == CLI_DONE ? matrix_emit(&asked, &job->emitted) : status;
}

/* What could not be read again is not written: a profile in UTF-16, a path that is too long. */
static enum cli_exit prove(const struct planning *job)
{
	struct ota_matrix_plan *again = calloc(1, sizeof(*again));
	struct ota_diag diag = {.err = OTA_OK};
	enum cli_exit status = CLI_DONE;

	if (!again)
		return cli_error(CLI_ENVIRONMENT, "matrix plan", "out of memory");
	if (ota_matrix_plan_read(ota_buf_span(&job->text), again, &diag) != OTA_OK)
		status = cli_fail("matrix plan", &diag);
	ota_matrix_plan_free(again);
	free(again);
	return status;
}

static enum cli_exit make(struct planning *job)
{
	struct ota_diag diag = {.err = OTA_OK};
	enum cli_exit status = read_versions(job);

	if (status == CLI_DONE)
		status = find_pairs(job);
	if (status == CLI_DONE && ota_matrix_plan_finish(&job->plan, job->folder, &diag) != OTA_OK)
		status = cli_fail("matrix plan", &diag);
	if (status == CLI_DONE && ota_matrix_plan_write(&job->plan, &job->text, &diag) != OTA_OK)
		status = cli_fail("matrix plan", &diag);
	if (status == CLI_DONE)
		status = prove(job);
	if (status == CLI_DONE)
		status = plan_count(&job->plan, &job->numbers);
	return status == CLI_DONE ? emit(job) : status;
}

/* Standard output is the plan's, or the emitted file's, or the report's. */
static enum cli_exit report(const struct planning *job)
{
	const char *emit_output = cli_value(job->args, EMIT_OUTPUT);
	bool emits = job->n_shards > 0;
	bool taken = cli_is_stdout(job->output) ||
		     (emits && (!emit_output || cli_is_stdout(emit_output)));

	if (cli_has(job->args, JSON))
		return taken ? CLI_DONE
			     : plan_print_json(&job->plan, &job->numbers, job->output,
					       job->n_shards);
	plan_print(&job->plan, &job->numbers, taken ? stderr : stdout);
	if (emits)
		(void)fprintf(taken ? stderr : stdout, "emitted %s, %u shard%s\n",
			      cli_value(job->args, EMIT), (unsigned)job->n_shards,
			      job->n_shards == 1 ? "" : "s");
	return CLI_DONE;
}

static enum cli_exit check(struct planning *job)
{
	enum cli_exit status = CLI_DONE;

	if (!job->output)
		return cli_error(CLI_USAGE, "matrix plan", "needs --output PLAN");
	status = read_policy(job);
	if (status == CLI_DONE)
		status = check_forgotten(job->args);
	if (status == CLI_DONE)
		status = check_emit(job);
	if (status == CLI_DONE)
		status = read_folder(job);
	if (status == CLI_DONE)
		status = check_stdin(job);
	if (status == CLI_DONE)
		status = read_delta(job);
	if (status == CLI_DONE)
		status = read_keys(job);
	return status;
}

static enum cli_exit run(const struct cli_args *args)
{
	struct planning *job = calloc(1, sizeof(*job)); /* its plan is too large for a stack */
	const char *emit_output = cli_value(args, EMIT_OUTPUT);
	enum cli_exit status;

	if (!job)
		return cli_error(CLI_ENVIRONMENT, "matrix plan", "out of memory");
	job->args = args;
	job->output = cli_value(args, OUTPUT);
	job->target_name = cli_value(args, TARGET);
	job->text = ota_buf_init(SIZE_MAX);
	job->emitted = ota_buf_init(SIZE_MAX);
	status = check(job);
	if (status == CLI_DONE)
		status = make(job);
	if (status == CLI_DONE)
		status = cli_write(job->output, ota_buf_span(&job->text));
	if (status == CLI_DONE && job->n_shards > 0)
		status = cli_write(emit_output ? emit_output : "-", ota_buf_span(&job->emitted));
	if (status == CLI_DONE)
		status = report(job);
	ota_buf_free(&job->emitted);
	ota_buf_free(&job->text);
	ota_matrix_plan_free(&job->plan);
	ota_matrix_names_free(&job->names);
	free(job->folder);
	free(job);
	return status;
}

const struct cli_command cli_cmd_matrix_plan = {
	.usage = "matrix plan VERSIONS... -o PLAN [--pairs POLICY] [--target T] [-k KEY...] "
		 "[options]",
	.examples = examples,
	.about =
		"VERSIONS are files, a folder of files, or a release list, told by its name "
		"(.yaml,\n"
		".yml, .json), which says more of each:\n\n"
		"  versions:\n"
		"    - {file: images/1.0.bin, name: spring, version: 1.0.0+4, fleet: 40%}\n"
		"    - {file: images/1.1.bin}\n\n"
		"Only `file` is required; it is relative to the list's folder. `fleet` is the "
		"share of\n"
		"the fleet that runs the version: percent, or a count of devices. In a folder, "
		"names\n"
		"that begin with a dot, folders and *.json, *.yaml and *.yml are left out.\n\n"
		"A version's number is that of its MCUboot header; of other files the list's "
		"`version`,\n"
		"else the x.y.z or x.y.z+build in the file's name. Numbers order the versions; two "
		"of\n"
		"the same number, or none, are refused, unless --order given says that they are "
		"in\n"
		"order already. MCUboot images that are cut off, or whose digest is wrong, are "
		"all\n"
		"named, and nothing is planned (exit code 3) unless --skip-corrupt leaves them "
		"out.\n\n"
		"The plan holds all that a run needs but the images: paths that were given "
		"relative\n"
		"start at the plan's folder. It holds the target's profile and limits, too. With "
		"-k\n"
		"patches become delta updates, as diff makes them; matrix run then needs the "
		"private\n"
		"keys. A job's id is the digest of both images and of all that shapes the patch: "
		"a\n"
		"later plan with one more version runs in the same folder, and makes only what is "
		"new.\n\n"
		"Times are expected on a usual desktop. --emit writes what runs the plan on many\n"
		"machines: each shard is one `matrix run --shard k/N`.",
	.options = options,
	.n_options = sizeof(options) / sizeof(options[0]),
	.min_positionals = 1,
	.max_positionals = OTA_MATRIX_VERSIONS_MAX,
	.positionals = "VERSIONS",
	.run = run,
};
