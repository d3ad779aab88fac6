// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include <ota/matrix_run.h>

#include "emit.h"
#include "io.h"
#include "key_arg.h"
#include "progress.h"

enum {
	OUTPUT,
	JOBS,
	SHARD,
	MEMORY,
	IMAGES,
	KEY,
	KEY_OPTION_IDS,
	ALLOW_FULL,
	JSON,
	QUIET,
};

static const struct cli_option options[] = {
	[OUTPUT] = {.name = "output",
		    .letter = 'o',
		    .value = "DIR",
		    .help = "folder for patches and results; it is made"},
	[JOBS] = {.name = "jobs",
		  .letter = 'j',
		  .value = "N",
		  .help = "patches made at once (default: one for each processor)"},
	[SHARD] = {.name = "shard",
		   .value = "K/N",
		   .help = "make only the Kth of N shares of the jobs, which take about as long "
			   "each"},
	[MEMORY] = {.name = "memory",
		    .value = "N",
		    .help = "bytes that images, indexes and work may take: no job begins before "
			    "it fits beside those that run; also K, M, G"},
	[IMAGES] = {.name = "images",
		    .value = "DIR",
		    .help = "where the plan's relative paths of images start (default: the plan's "
			    "folder)"},
	[KEY] = {.name = "key",
		 .letter = 'k',
		 .value = "KEY",
		 .help = "private key of a plan that signs: a file or a pkcs11: URI; again for "
			 "each of its keys"},
	KEY_OPTION_ROWS,
	[ALLOW_FULL] = {.name = "allow-full",
			.help = "exit 0 also when for some pairs no patch fits the target: these "
				"get the new image whole"},
	[JSON] = {.name = "json", .help = "print a JSON object"},
	[QUIET] = {.name = "quiet", .help = "say nothing but what is wrong"},
};

static const struct cli_example examples[] = {
	{"otatool matrix run plan.json -o out", "all patches of a plan, on every processor"},
	{"otatool matrix run plan.json -o out", "the same again: goes on where it was killed"},
	{"otatool matrix run plan.json -o out-2 --shard 2/8 -j 4",
	 "the second of eight shares, for a machine of its own"},
	{"otatool matrix run plan.json -o out -k key.pem --memory 2G",
	 "signed delta updates, in 2 GiB of memory"},
	{NULL, NULL},
};

/* One run of the command. */
struct job {
	const struct cli_args *args;
	const char *plan_path;
	char *plan_folder; /* owned */
	struct ota_buf plan_text;
	struct ota_matrix_plan plan;
	struct ota_key *key[OTA_MATRIX_KEYS_MAX]; /* owned; in the plan's order */
	struct ota_signer signer[OTA_MATRIX_KEYS_MAX];
	struct ota_matrix_run run;
	struct ota_matrix_outcome outcome;
	struct cli_progress progress;
};

/* -- signals ----------------------------------------------------------------------------------- */

static const int ending_signals[] = {SIGINT, SIGTERM, SIGHUP};
#define N_SIGNALS (sizeof(ending_signals) / sizeof(ending_signals[0]))

/* The signal that asked for the end. Threads read it while a handler writes. */
static atomic_int asked_to_end;

/* The first lets the jobs at work finish; a second one ends the process as ever. */
static void note_signal(int number)
{
	atomic_store(&asked_to_end, number);
}

static bool is_asked_to_end(void *context)
{
	(void)context;
	return atomic_load(&asked_to_end) != 0;
}

static void catch_signals(void)
{
	struct sigaction action = {.sa_handler = note_signal,
				   .sa_flags = (int)(SA_RESETHAND | SA_RESTART)};

	for (size_t i = 0; i < N_SIGNALS; i++) {
		struct sigaction before;

		/* One that is ignored, as under nohup, stays so. */
		if (sigaction(ending_signals[i], NULL, &before) == 0 &&
		    before.sa_handler != SIG_IGN)
			(void)sigaction(ending_signals[i], &action, NULL);
	}
}

/* Who sent it is to see that it worked: a shell's loop goes on after an exit code. */
static void end_by_signal(void)
{
	struct sigaction action = {.sa_handler = SIG_DFL};
	int number = atomic_load(&asked_to_end);

	(void)fflush(stdout);
	if (number != 0 && sigaction(number, &action, NULL) == 0)
		(void)raise(number);
}

/* -- what is asked for ------------------------------------------------------------------------- */

static enum cli_exit read_shard(struct job *job)
{
	const char *text = cli_value(job->args, SHARD);
	const char *slash = text ? strchr(text, '/') : NULL;
	uint64_t k = 1;
	uint64_t n = 1;
	bool good = true;

	if (text)
		good = slash &&
		       ota_number_parse(ota_span_of(text, (size_t)(slash - text)), UINT32_MAX,
					&k) == OTA_OK &&
		       ota_number_parse(ota_span_of(slash + 1, strlen(slash + 1)), UINT32_MAX,
					&n) == OTA_OK;
	if (!good)
		return cli_error(CLI_USAGE, "--shard", "\"%s\" is not K/N, as in 2/8", text);
	if (k == 0 || k > n)
		return cli_error(CLI_USAGE, "--shard",
				 "%s is none: of %" PRIu64 " shards the first is 1/%" PRIu64
				 ", the last %" PRIu64 "/%" PRIu64,
				 text, n, n, n, n);
	job->run.shard = (uint32_t)k;
	job->run.n_shards = (uint32_t)n;
	return CLI_DONE;
}

/* Sizes of images need no G; memory does. */
static enum cli_exit read_memory(struct job *job)
{
	static const char *const units[] = {"GiB", "G"};
	const uint64_t gib = UINT64_C(1) << 30;
	const char *text = cli_value(job->args, MEMORY);
	size_t len = text ? strlen(text) : 0;
	enum cli_exit status = CLI_DONE;
	uint64_t bytes = 0;

	for (size_t i = 0; text && i < sizeof(units) / sizeof(units[0]); i++) {
		size_t unit = strlen(units[i]);

		if (len <= unit || strcmp(text + len - unit, units[i]) != 0)
			continue;
		if (ota_number_parse(ota_span_of(text, len - unit), UINT64_MAX / gib, &bytes) !=
		    OTA_OK)
			return cli_error(CLI_USAGE, "--memory", "\"%s\" is no number of bytes",
					 text);
		job->run.memory = bytes * gib;
		break;
	}
	if (text && bytes == 0)
		status = cli_size(job->args, MEMORY, UINT64_MAX, &job->run.memory);
	if (status == CLI_DONE && text && job->run.memory == 0)
		return cli_error(CLI_USAGE, "--memory", "0 bytes hold nothing");
	return status;
}

static enum cli_exit read_options(struct job *job)
{
	const struct cli_args *args = job->args;
	uint64_t jobs = 0;
	enum cli_exit status;

	if (!job->run.folder)
		return cli_error(CLI_USAGE, "matrix run", "needs --output DIR");
	status = cli_number(args, JOBS, UINT32_MAX, &jobs);
	if (status == CLI_DONE && cli_has(args, JOBS) && jobs == 0)
		status = cli_error(CLI_USAGE, "--jobs", "0 make nothing");
	job->run.threads = (unsigned)jobs;
	if (status == CLI_DONE)
		status = read_shard(job);
	if (status == CLI_DONE)
		status = read_memory(job);
	if (status == CLI_DONE)
		status = cli_check_key_stdin(args, (const char *const *)&job->plan_path, 1);
	return status;
}

/* -- the plan ---------------------------------------------------------------------------------- */

static enum cli_exit find_plan_folder(struct job *job)
{
	const char *images = cli_value(job->args, IMAGES);
	const char *slash = strrchr(job->plan_path, '/');
	size_t len =
		slash && !cli_is_stdin(job->plan_path) ? (size_t)(slash - job->plan_path) + 1 : 0;
	const char *folder = images ? images : job->plan_path;

	len = images ? strlen(images) : len;
	job->plan_folder = calloc(len + 1, 1);
	if (!job->plan_folder)
		return cli_error(CLI_ENVIRONMENT, NULL, "out of memory");
	memcpy(job->plan_folder, folder, len);
	job->run.plan_folder = job->plan_folder;
	return CLI_DONE;
}

static enum cli_exit read_plan(struct job *job)
{
	struct ota_diag diag = {.err = OTA_OK};
	enum cli_exit status = find_plan_folder(job);

	if (status == CLI_DONE)
		status = cli_read(job->plan_path, &job->plan_text);
	if (status != CLI_DONE)
		return status;
	job->run.plan_text = ota_buf_span(&job->plan_text);
	if (ota_matrix_plan_read(job->run.plan_text, &job->plan, &diag) != OTA_OK)
		return cli_fail(job->plan_path, &diag);
	return CLI_DONE;
}

/* -- keys -------------------------------------------------------------------------------------- */

#define ID_TEXT ((size_t)2 * OTA_DIGEST_MAX + 1)

static const char *id_text(const struct ota_digest *id, char text[ID_TEXT])
{
	text[0] = '\0';
	for (size_t i = 0; i < id->len; i++)
		(void)snprintf(text + 2 * i, 3, "%02x", id->data[i]);
	return text;
}

/* Puts a key where the plan has its id; one that the plan does not name signs nothing. */
static enum cli_exit place_key(struct job *job, const char *text, struct ota_key **key)
{
	const struct ota_matrix_plan *plan = &job->plan;
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_digest id;
	char text_of_id[ID_TEXT];

	if (ota_key_id(*key, OTA_HASH_SHA256, &id, &diag) != OTA_OK)
		return cli_fail(text, &diag);
	for (uint32_t i = 0; i < plan->n_keys; i++) {
		if (!ota_span_equal(ota_digest_span(&id), ota_digest_span(&plan->key_id[i])))
			continue;
		if (job->key[i])
			return cli_error(CLI_USAGE, text, "is a key that is given twice");
		job->key[i] = *key;
		*key = NULL;
		return CLI_DONE;
	}
	(void)cli_error(CLI_USAGE, text, "is not a key of this plan: its id is %s",
			id_text(&id, text_of_id));
	cli_hint("a plan for this key is made by \"otatool matrix plan -k KEY\"");
	return CLI_USAGE;
}

static enum cli_exit read_key(struct job *job, const char *text)
{
	struct ota_key *key = NULL;
	enum cli_exit status = cli_read_key(job->args, text, &key);

	if (status == CLI_DONE && !ota_key_signs(key))
		status = cli_error(CLI_USAGE, text, "is an %s key, which cannot sign",
				   ota_key_name(key));
	if (status == CLI_DONE && !ota_key_is_private(key))
		status = cli_error(CLI_USAGE, text, "is a public key; the private one signs");
	if (status == CLI_DONE && job->plan.low_s)
		ota_key_use_low_s(key);
	if (status == CLI_DONE)
		status = place_key(job, text, &key);
	ota_key_free(key);
	return status;
}

static enum cli_exit check_keys(const struct job *job)
{
	char id[ID_TEXT];

	for (uint32_t i = 0; i < job->plan.n_keys; i++) {
		if (job->key[i])
			continue;
		(void)cli_error(CLI_USAGE, job->plan_path,
				"its patches are delta updates, signed by the key with id %s, "
				"which is not given",
				id_text(&job->plan.key_id[i], id));
		cli_hint("--key KEY names the private key");
		return CLI_USAGE;
	}
	return CLI_DONE;
}

static enum cli_exit read_keys(struct job *job)
{
	const struct cli_args *args = job->args;
	enum cli_exit status = CLI_DONE;

	if (job->plan.n_keys == 0 && cli_has(args, KEY)) {
		(void)cli_error(CLI_USAGE, "--key",
				"this plan's patches are bare, nothing is "
				"signed");
		cli_hint("for delta updates make the plan with \"otatool matrix plan -k KEY\"");
		return CLI_USAGE;
	}
	for (unsigned i = 0; i < args->n_given && status == CLI_DONE; i++) {
		if (args->given[i].option == KEY)
			status = read_key(job, args->given[i].value[0]);
	}
	if (status == CLI_DONE)
		status = check_keys(job);
	for (uint32_t i = 0; i < job->plan.n_keys; i++)
		job->signer[i].key = job->key[i];
	job->run.signers = job->signer;
	job->run.n_signers = job->plan.n_keys;
	return status;
}

/* -- what came of it --------------------------------------------------------------------------- */

/* "1.2.0 -> 1.3.0" */
#define PAIR_TEXT 160U
static const char *pair_text(const struct job *job, size_t at, char text[PAIR_TEXT])
{
	const struct ota_matrix_job *pair = &job->plan.job[at];

	(void)snprintf(text, PAIR_TEXT, "%s -> %s", job->plan.version[pair->old_at].name,
		       job->plan.version[pair->new_at].name);
	return text;
}

static size_t jobs_left(const struct ota_matrix_outcome *outcome)
{
	const struct ota_matrix_progress *progress = &outcome->progress;

	return progress->n - progress->done - progress->found - progress->failed;
}

static void print_summary(const struct job *job)
{
	const struct ota_matrix_progress *progress = &job->outcome.progress;
	uint64_t spent = cli_progress_spent(&job->progress);
	char took[32];

	if (job->plan.n_jobs == 0) {
		printf("%s: the plan has no jobs, nothing is made\n", job->run.folder);
		return;
	}
	printf("%s: %zu %s", job->run.folder, progress->n, progress->n == 1 ? "job" : "jobs");
	if (job->run.n_shards > 1)
		printf(" of shard %" PRIu32 "/%" PRIu32, job->run.shard, job->run.n_shards);
	printf(": %zu made, %zu found finished, %zu failed", progress->done, progress->found,
	       progress->failed);
	if (job->plan.has_target)
		printf(", %zu without a patch that fits", progress->unfit);
	else if (progress->unfit > 0)
		printf(", %zu without a patch that a device would take", progress->unfit);
	if (jobs_left(&job->outcome) > 0)
		printf(", %zu left", jobs_left(&job->outcome));
	printf("; %s\n", ota_duration_text(spent, took));
}

/* Each by name, so that a log tells which release is concerned. */
static void tell_jobs(const struct job *job)
{
	const struct ota_matrix_outcome *outcome = &job->outcome;
	bool allowed = cli_has(job->args, ALLOW_FULL);
	char pair[PAIR_TEXT];

	for (size_t i = 0; i < outcome->n_unfit; i++) {
		const struct ota_matrix_failure *unfit = &outcome->unfit[i];
		const char *id = job->plan.job[unfit->job].id;

		(void)pair_text(job, unfit->job, pair);
		if (!allowed)
			(void)cli_error(CLI_NO, pair, "no patch: %s (job %s)", unfit->text, id);
		else if (!cli_has(job->args, QUIET))
			cli_warning(pair, "no patch, it gets the new image whole: %s (job %s)",
				    unfit->text, id);
	}
	for (size_t i = 0; i < outcome->n_failures; i++) {
		const struct ota_matrix_failure *failure = &outcome->failure[i];

		(void)cli_error(CLI_NO, pair_text(job, failure->job, pair), "%s (job %s)",
				failure->text, job->plan.job[failure->job].id);
	}
}

static void tell_changed(const struct job *job)
{
	for (size_t i = 0; i < job->outcome.n_changed; i++) {
		const struct ota_matrix_version *version =
			&job->plan.version[job->outcome.changed[i]];

		cli_warning(version->file,
			    "has changed since it was planned as %s; the finished patches are of "
			    "what it was: plan again",
			    version->name);
	}
}

static void tell_stop(const struct job *job)
{
	const struct ota_matrix_outcome *outcome = &job->outcome;

	(void)cli_error(CLI_ENVIRONMENT, job->run.folder, "%s; %zu of %zu jobs %s left",
			outcome->stop.text, jobs_left(outcome), outcome->progress.n,
			jobs_left(outcome) == 1 ? "is" : "are");
	cli_hint("%srun it again: what is finished stays, the rest is made",
		 outcome->interrupted ? "" : "make that possible, then ");
}

static bool some_failed_with(const struct ota_matrix_outcome *outcome, enum ota_err err)
{
	for (size_t i = 0; i < outcome->n_failures; i++) {
		if (outcome->failure[i].err == err)
			return true;
	}
	return false;
}

static void tell_hint(const struct job *job)
{
	const struct ota_matrix_outcome *outcome = &job->outcome;

	if (some_failed_with(outcome, OTA_E_MEMORY) && !outcome->stopped)
		cli_hint("run it again with a smaller -j, or with --memory N: then fewer are made "
			 "at once");
	else if (some_failed_with(outcome, OTA_E_IO) && !cli_has(job->args, IMAGES) &&
		 !outcome->stopped)
		cli_hint("run it again when that is put right: only what failed is made; with "
			 "--images DIR relative paths of images start there, not at the plan");
	else if (outcome->n_failures > 0 && !outcome->stopped)
		cli_hint("run it again when that is put right: only what failed is made");
	else if (outcome->n_unfit > 0 && !cli_has(job->args, ALLOW_FULL))
		cli_hint("with --allow-full that is no failure: these devices get the new image "
			 "whole");
}

/* -- as JSON ----------------------------------------------------------------------------------- */

static json_t *json_jobs(const struct job *job, const struct ota_matrix_failure *list, size_t n,
			 bool failed)
{
	json_t *array = json_array();

	for (size_t i = 0; i < n; i++) {
		const struct ota_matrix_job *pair = &job->plan.job[list[i].job];
		json_t *object = json_object();

		cli_json_text(object, "id", pair->id);
		cli_json_text(object, "old", job->plan.version[pair->old_at].name);
		cli_json_text(object, "new", job->plan.version[pair->new_at].name);
		if (failed)
			cli_json_text(object, "error", ota_err_name(list[i].err));
		cli_json_text(object, "reason", list[i].text);
		(void)json_array_append_new(array, object);
	}
	return array;
}

static json_t *json_changed(const struct job *job)
{
	json_t *array = json_array();

	for (size_t i = 0; i < job->outcome.n_changed; i++)
		(void)json_array_append_new(
			array, json_string(job->plan.version[job->outcome.changed[i]].name));
	return array;
}

static enum cli_exit print_json(const struct job *job)
{
	const struct ota_matrix_outcome *outcome = &job->outcome;
	const struct ota_matrix_progress *progress = &outcome->progress;
	json_t *object = cli_json("matrix-run");

	cli_json_text(object, "folder", job->run.folder);
	cli_json_uint(object, "shard", job->run.shard);
	cli_json_uint(object, "shards", job->run.n_shards);
	cli_json_uint(object, "jobs", progress->n);
	cli_json_uint(object, "made", progress->done);
	cli_json_uint(object, "found", progress->found);
	cli_json_uint(object, "failed", progress->failed);
	cli_json_uint(object, "unfit", progress->unfit);
	cli_json_uint(object, "left", jobs_left(outcome));
	cli_json_bool(object, "stopped", outcome->stopped);
	if (outcome->stopped)
		cli_json_text(object, "reason", outcome->stop.text);
	cli_json_uint(object, "elapsed_us", cli_progress_spent(&job->progress));
	cli_json_add(object, "changed", json_changed(job));
	cli_json_add(object, "failures",
		     json_jobs(job, outcome->failure, outcome->n_failures, true));
	cli_json_add(object, "without_patch",
		     json_jobs(job, outcome->unfit, outcome->n_unfit, false));
	return cli_json_print(object);
}

/* -- the run ----------------------------------------------------------------------------------- */

static void show_progress(const struct ota_matrix_progress *progress, void *context)
{
	struct job *job = context;
	struct cli_progress_state state = {
		.done = progress->done + progress->found + progress->failed,
		.all = progress->n,
		.made = progress->done,
		.done_cost = progress->done_us,
		.all_cost = progress->all_us,
	};
	char note[80] = "";
	int len = 0;

	if (progress->failed > 0)
		len = snprintf(note, sizeof(note), "%zu failed", progress->failed);
	if (progress->elsewhere > 0 && len >= 0 && (size_t)len < sizeof(note))
		(void)snprintf(note + len, sizeof(note) - (size_t)len, "%s%zu with another run",
			       len > 0 ? ", " : "", progress->elsewhere);
	state.note = note;
	cli_progress_show(&job->progress, &state);
}

/* The worst of what failed; a caller's mistake that only a job brings to light is bad input. */
static enum cli_exit exit_of(const struct job *job)
{
	const struct ota_matrix_outcome *outcome = &job->outcome;
	bool unfit = outcome->n_unfit > 0 && !cli_has(job->args, ALLOW_FULL);
	enum cli_exit worst = unfit ? CLI_NO : CLI_DONE;

	for (size_t i = 0; i < outcome->n_failures; i++) {
		enum cli_exit code = cli_exit_of(outcome->failure[i].err);

		if (code == CLI_USAGE)
			code = CLI_BAD_INPUT;
		worst = code > worst ? code : worst;
	}
	return outcome->stopped ? CLI_ENVIRONMENT : worst;
}

static enum cli_exit report(const struct job *job)
{
	enum cli_exit status = CLI_DONE;

	if (cli_has(job->args, JSON))
		status = print_json(job);
	else if (!cli_has(job->args, QUIET))
		print_summary(job);
	tell_changed(job);
	tell_jobs(job);
	if (job->outcome.stopped)
		tell_stop(job);
	else
		tell_hint(job);
	return status == CLI_DONE ? exit_of(job) : status;
}

static enum cli_exit make(struct job *job)
{
	struct ota_diag diag = {.err = OTA_OK};
	enum ota_err err;

	catch_signals();
	cli_progress_begin(&job->progress, cli_has(job->args, QUIET));
	job->run.tell = show_progress;
	job->run.stop = is_asked_to_end;
	job->run.context = job;
	err = ota_matrix_run(&job->run, &job->outcome, &diag);
	cli_progress_end(&job->progress);
	for (uint32_t i = 0; i < job->plan.n_keys; i++) {
		ota_key_free(job->key[i]);
		job->key[i] = NULL;
	}
	if (err == OTA_OK)
		return report(job);
	return cli_fail(err == OTA_E_NO_FIT ? "--memory" : job->run.folder, &diag);
}

static enum cli_exit run(const struct cli_args *args)
{
	struct job *job = calloc(1, sizeof(*job));
	enum cli_exit status;

	if (!job)
		return cli_error(CLI_ENVIRONMENT, NULL, "out of memory");
	job->args = args;
	job->plan_path = args->positional[0];
	job->run.plan = &job->plan;
	job->run.folder = cli_value(args, OUTPUT);
	status = read_options(job);
	if (status == CLI_DONE)
		status = read_plan(job);
	if (status == CLI_DONE)
		status = read_keys(job);
	if (status == CLI_DONE)
		status = make(job);
	for (uint32_t i = 0; i < OTA_MATRIX_KEYS_MAX; i++)
		ota_key_free(job->key[i]);
	ota_matrix_outcome_free(&job->outcome);
	ota_matrix_plan_free(&job->plan);
	ota_buf_free(&job->plan_text);
	free(job->plan_folder);
	free(job);
	end_by_signal();
	return status;
}

const struct cli_command cli_cmd_matrix_run = {
	.usage = "matrix run PLAN -o DIR [-j N] [--shard K/N] [--memory N] [-k KEY...] [options]",
	.examples = examples,
	.about =
		"PLAN is what \"matrix plan\" has written; - is standard input. Each patch is "
		"applied\n"
		"again and compared with the new image before it counts, and with a target it is "
		"held\n"
		"against the device as it is sent. DIR then holds plan.json, patches/ and "
		"results/,\n"
		"named by the jobs' ids; \"matrix merge\" indexes it, \"matrix report\" shows "
		"it.\n\n"
		"A run that was killed, or found the disk full, is run again: what is finished is\n"
		"checked and skipped, what is damaged is made anew. The files are the same "
		"whatever\n"
		"-j, --memory and --shard are, and however often it was begun. Several runs may "
		"work in\n"
		"one folder at once; they share the jobs.\n\n"
		"A job that fails does not stop the others. All that failed are named at the end; "
		"the\n"
		"exit code is that of the worst. Pairs for which no patch fits the target are "
		"exit 1,\n"
		"unless --allow-full says that they may get the new image whole.",
	.options = options,
	.n_options = sizeof(options) / sizeof(options[0]),
	.min_positionals = 1,
	.max_positionals = 1,
	.positionals = "PLAN",
	.run = run,
};
