// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <ota/file.h>
#include <ota/matrix_plan.h>
#include <ota/matrix_run.h>

#include "matrix_store.h"
#include "vectors.h"

#define VERSIONS  5U
#define JOBS      (VERSIONS * (VERSIONS - 1) / 2)
#define IMAGE_LEN 6000U
#define FILE_MAX  ((size_t)1 << 24)

/* A folder of one's own, with firmwares in it and a plan for them. */
struct bench {
	char folder[64];
	struct ota_matrix_plan plan;
	struct ota_buf text;
};

static const char *in(const struct bench *bench, const char *name)
{
	static char path[16][256];
	static unsigned turn;
	char *out = path[turn++ % 16];

	(void)snprintf(out, sizeof(path[0]), "%s/%s", bench->folder, name);
	return out;
}

static void put(const char *path, struct ota_span bytes)
{
	const struct ota_file_rules rules = {.mode = 0644};
	struct ota_diag diag = {.err = OTA_OK};

	if (ota_file_write(path, bytes, &rules, &diag) != OTA_OK)
		fail_msg("%s: %s", path, diag.text);
}

static struct ota_buf get(const char *path)
{
	struct ota_buf buf = ota_buf_init(FILE_MAX);
	struct ota_diag diag = {.err = OTA_OK};

	if (ota_file_read(path, &buf, &diag) != OTA_OK)
		fail_msg("%s: %s", path, diag.text);
	return buf;
}

static void image_name(unsigned version, char name[32])
{
	(void)snprintf(name, 32, "app-1.0.%u.bin", version);
}

/* Each differs from the one before in some places, and is a little longer. */
static void write_images(const struct bench *bench, unsigned n)
{
	uint8_t bytes[IMAGE_LEN + VERSIONS * 100];
	char name[32];

	fill_pattern(bytes, sizeof(bytes), 7);
	for (unsigned i = 0; i < n; i++) {
		for (size_t at = (size_t)i * 13; at < sizeof(bytes); at += 611)
			bytes[at] = (uint8_t)(bytes[at] + i + 1);
		image_name(i, name);
		put(in(bench, name), ota_span_of(bytes, IMAGE_LEN + (size_t)i * 100));
	}
}

static void make_plan(struct bench *bench, unsigned n)
{
	const struct ota_matrix_reading reading = {.plan_folder = bench->folder};
	const struct ota_matrix_tell tell = {.say = NULL};
	struct ota_matrix_names names = {.name = NULL};
	struct ota_diag diag = {.err = OTA_OK};
	enum ota_err err = OTA_OK;
	char name[32];

	(void)snprintf(bench->plan.pairs, sizeof(bench->plan.pairs), "all");
	bench->plan.delta.format = "bsdiff";
	for (unsigned i = 0; i < n && err == OTA_OK; i++) {
		image_name(i, name);
		err = ota_matrix_names_add(&names, in(bench, name), &tell, &diag);
	}
	if (err == OTA_OK)
		err = ota_matrix_plan_versions(&bench->plan, &names, &reading, &tell, &diag);
	if (err == OTA_OK)
		err = ota_matrix_plan_pairs(&bench->plan, ota_span_of(NULL, 0), &diag);
	if (err == OTA_OK)
		err = ota_matrix_plan_finish(&bench->plan, bench->folder, &diag);
	bench->text = ota_buf_init(FILE_MAX);
	if (err == OTA_OK)
		err = ota_matrix_plan_write(&bench->plan, &bench->text, &diag);
	ota_matrix_names_free(&names);
	if (err != OTA_OK)
		fail_msg("%s", diag.text);
}

static struct bench *bench_of(unsigned n)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	assert_non_null(bench);
	memcpy(bench->folder, "/tmp/ota-test-XXXXXX", sizeof("/tmp/ota-test-XXXXXX"));
	assert_non_null(mkdtemp(bench->folder));
	write_images(bench, n);
	make_plan(bench, n);
	return bench;
}

static void remove_folder(const char *path)
{
	struct ota_file_listing listing;

	if (ota_file_list(path, 1000, &listing, NULL) != OTA_OK)
		return;
	for (size_t i = 0; i < listing.n; i++) {
		char *inside = ota_file_join(path, listing.entry[i].name);

		assert_non_null(inside);
		if (listing.entry[i].kind == OTA_FILE_FOLDER)
			remove_folder(inside);
		else
			(void)unlink(inside);
		free(inside);
	}
	ota_file_listing_free(&listing);
	(void)rmdir(path);
}

static void bench_end(struct bench *bench)
{
	remove_folder(bench->folder);
	ota_matrix_plan_free(&bench->plan);
	ota_buf_free(&bench->text);
	free(bench);
}

/* -- running ----------------------------------------------------------------------------------- */

static struct ota_matrix_run run_for(const struct bench *bench, const char *folder)
{
	return (struct ota_matrix_run){
		.plan = &bench->plan,
		.plan_folder = bench->folder,
		.folder = folder,
		.plan_text = ota_buf_span(&bench->text),
		.shard = 1,
		.n_shards = 1,
		.threads = 1,
	};
}

static struct ota_matrix_progress run_well(const struct ota_matrix_run *run)
{
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_matrix_progress progress;
	struct ota_matrix_outcome outcome;

	if (ota_matrix_run(run, &outcome, &diag) != OTA_OK)
		fail_msg("%s", diag.text);
	if (outcome.n_failures > 0)
		fail_msg("%s", outcome.failure[0].text);
	assert_false(outcome.stopped);
	progress = outcome.progress;
	ota_matrix_outcome_free(&outcome);
	return progress;
}

static void same_file(const char *a, const char *b)
{
	struct ota_buf x = get(a);
	struct ota_buf y = get(b);

	if (!ota_span_equal(ota_buf_span(&x), ota_buf_span(&y)))
		fail_msg("%s and %s differ", a, b);
	ota_buf_free(&x);
	ota_buf_free(&y);
}

/* The same names with the same bytes, and nothing else. */
static void same_folder(const char *a, const char *b)
{
	struct ota_file_listing x;
	struct ota_file_listing y;

	assert_int_equal(ota_file_list(a, 1000, &x, NULL), OTA_OK);
	assert_int_equal(ota_file_list(b, 1000, &y, NULL), OTA_OK);
	assert_int_equal(x.n, y.n);
	for (size_t i = 0; i < x.n; i++) {
		char *from_a = ota_file_join(a, x.entry[i].name);
		char *from_b = ota_file_join(b, y.entry[i].name);

		assert_string_equal(x.entry[i].name, y.entry[i].name);
		if (x.entry[i].kind == OTA_FILE_FOLDER)
			same_folder(from_a, from_b);
		else
			same_file(from_a, from_b);
		free(from_a);
		free(from_b);
	}
	ota_file_listing_free(&x);
	ota_file_listing_free(&y);
}

/* -- tests ------------------------------------------------------------------------------------- */

static void threads_shards_and_memory_make_the_same_bytes(void **state)
{
	struct bench *bench = bench_of(VERSIONS);
	struct ota_matrix_run run = run_for(bench, in(bench, "one"));

	(void)state;
	assert_int_equal(run_well(&run).done, JOBS);
	run.folder = in(bench, "three");
	run.threads = 3;
	assert_int_equal(run_well(&run).done, JOBS);
	run.folder = in(bench, "tight");
	run.memory = bench->plan.job[0].memory + 10000;
	assert_int_equal(run_well(&run).done, JOBS);
	run.memory = 0;
	run.folder = in(bench, "shards");
	run.n_shards = 3;
	for (run.shard = 1; run.shard <= 3; run.shard++)
		assert_in_range(run_well(&run).done, 2, 4);
	same_folder(in(bench, "one"), in(bench, "three"));
	same_folder(in(bench, "one"), in(bench, "tight"));
	same_folder(in(bench, "one"), in(bench, "shards"));
	bench_end(bench);
}

static void a_second_run_finds_everything(void **state)
{
	struct bench *bench = bench_of(VERSIONS);
	struct ota_matrix_run run = run_for(bench, in(bench, "out"));

	(void)state;
	(void)run_well(&run);
	assert_int_equal(run_well(&run).found, JOBS);
	assert_int_equal(run_well(&run).done, 0);
	bench_end(bench);
}

static void patch_of(const struct bench *bench, size_t job, char name[OTA_MATRIX_PATH_MAX])
{
	struct ota_matrix_result result = {.made = true};

	memcpy(result.id, bench->plan.job[job].id, sizeof(result.id));
	memcpy(result.format, "bsdiff", sizeof("bsdiff"));
	(void)ota_matrix_patch_name(&bench->plan, &result, name);
}

static void what_is_damaged_is_made_again(void **state)
{
	struct bench *bench = bench_of(VERSIONS);
	struct ota_matrix_run run = run_for(bench, in(bench, "out"));
	char out[128];
	char name[OTA_MATRIX_PATH_MAX];
	struct ota_buf patch;

	(void)state;
	(void)snprintf(out, sizeof(out), "%s", run.folder);
	run.folder = out;
	(void)run_well(&run);
	run.folder = in(bench, "whole");
	(void)run_well(&run);
	run.folder = out;
	/* a patch of the same length, one that is gone, a result that is cut off, one that is gone
	 */
	patch_of(bench, 1, name);
	(void)chdir(out);
	patch = get(name);
	patch.data[patch.len / 2] ^= 1;
	put(name, ota_buf_span(&patch));
	ota_buf_free(&patch);
	patch_of(bench, 3, name);
	assert_int_equal(unlink(name), 0);
	put(ota_matrix_result_name(bench->plan.job[5].id, name), ota_span_of("{", 1));
	assert_int_equal(unlink(ota_matrix_result_name(bench->plan.job[7].id, name)), 0);
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(run_well(&run).done, 4);
	same_folder(out, in(bench, "whole"));
	bench_end(bench);
}

/* It would wait for somebody who writes into it. */
static void a_pipe_in_the_place_of_a_file_is_not_read(void **state)
{
	struct bench *bench = bench_of(3);
	struct ota_matrix_run run = run_for(bench, in(bench, "out"));
	char out[128];
	char name[OTA_MATRIX_PATH_MAX];

	(void)state;
	(void)snprintf(out, sizeof(out), "%s", run.folder);
	run.folder = out;
	(void)run_well(&run);
	assert_int_equal(chdir(out), 0);
	patch_of(bench, 0, name);
	assert_int_equal(unlink(name), 0);
	assert_int_equal(mkfifo(name, 0600), 0);
	(void)ota_matrix_result_name(bench->plan.job[1].id, name);
	assert_int_equal(unlink(name), 0);
	assert_int_equal(mkfifo(name, 0600), 0);
	assert_int_equal(unlink(OTA_MATRIX_PLAN_NAME), 0);
	assert_int_equal(mkfifo(OTA_MATRIX_PLAN_NAME, 0600), 0);
	assert_int_equal(chdir("/"), 0);
	(void)alarm(60);
	assert_int_equal(run_well(&run).done, 2);
	(void)alarm(0);
	run.folder = in(bench, "whole");
	(void)run_well(&run);
	same_folder(out, in(bench, "whole"));
	bench_end(bench);
}

static void leftovers_of_killed_runs_are_swept(void **state)
{
	struct bench *bench = bench_of(2);
	struct ota_matrix_run run = run_for(bench, in(bench, "out"));
	char out[128];
	char kept[256];
	struct stat st;

	(void)state;
	(void)snprintf(out, sizeof(out), "%s", run.folder);
	run.folder = out;
	(void)run_well(&run);
	(void)snprintf(kept, sizeof(kept), "%s/patches/.otatool-0123456", out);
	put(kept, ota_span_of("x", 1)); /* a name that no run gives */
	assert_int_equal(chdir(out), 0);
	put(".otatool-abcdef", ota_span_of("x", 1));
	put("patches/.otatool-000001", ota_span_of("x", 1));
	put("results/.otatool-Zz9aB1", ota_span_of("x", 1));
	(void)run_well(&run);
	/* Beside the folders it may be another command's, at work. */
	assert_int_equal(stat(".otatool-abcdef", &st), 0);
	assert_int_not_equal(stat("patches/.otatool-000001", &st), 0);
	assert_int_not_equal(stat("results/.otatool-Zz9aB1", &st), 0);
	assert_int_equal(stat(kept, &st), 0);
	assert_int_equal(chdir("/"), 0);
	bench_end(bench);
}

static void a_changed_image_fails_its_jobs_and_no_others(void **state)
{
	struct bench *bench = bench_of(VERSIONS);
	struct ota_matrix_run run = run_for(bench, in(bench, "out"));
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_matrix_outcome outcome;
	struct ota_buf image = get(in(bench, "app-1.0.2.bin"));

	(void)state;
	image.data[100] ^= 1;
	put(in(bench, "app-1.0.2.bin"), ota_buf_span(&image));
	assert_int_equal(unlink(in(bench, "app-1.0.4.bin")), 0);
	run.threads = 2;
	assert_int_equal(ota_matrix_run(&run, &outcome, &diag), OTA_OK);
	/* of ten pairs of five versions three have neither of two of them */
	assert_int_equal(outcome.progress.done, 3);
	assert_int_equal(outcome.n_failures, 7);
	for (size_t i = 0; i < outcome.n_failures; i++) {
		bool gone = strstr(outcome.failure[i].text, "app-1.0.4.bin: cannot open") != NULL;
		bool changed = strstr(outcome.failure[i].text,
				      "app-1.0.2.bin: has changed since it was planned") != NULL;

		assert_true(gone || changed);
		assert_int_equal(outcome.failure[i].err, gone ? OTA_E_IO : OTA_E_MALFORMED);
		assert_true(i == 0 || outcome.failure[i].job > outcome.failure[i - 1].job);
	}
	ota_matrix_outcome_free(&outcome);
	ota_buf_free(&image);
	bench_end(bench);
}

static void an_image_that_has_changed_since_is_told_of_though_all_is_finished(void **state)
{
	struct bench *bench = bench_of(3);
	struct ota_matrix_run run = run_for(bench, in(bench, "out"));
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_matrix_outcome outcome;

	(void)state;
	(void)run_well(&run);
	put(in(bench, "app-1.0.1.bin"), ota_span_of("another", 7));
	assert_int_equal(ota_matrix_run(&run, &outcome, &diag), OTA_OK);
	assert_int_equal(outcome.progress.found, 3);
	assert_int_equal(outcome.n_changed, 1);
	assert_int_equal(outcome.changed[0], 1);
	ota_matrix_outcome_free(&outcome);
	bench_end(bench);
}

static void too_little_memory_for_any_job_is_refused_with_both_numbers(void **state)
{
	struct bench *bench = bench_of(2);
	struct ota_matrix_run run = run_for(bench, in(bench, "out"));
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_matrix_outcome outcome;
	struct stat st;

	(void)state;
	run.memory = 4096;
	assert_int_equal(ota_matrix_run(&run, &outcome, &diag), OTA_E_NO_FIT);
	assert_non_null(strstr(diag.text, "the limit is 4,096"));
	assert_int_not_equal(stat(in(bench, "out"), &st), 0);
	ota_matrix_outcome_free(&outcome);
	bench_end(bench);
}

static bool stop_at_once(void *context)
{
	(void)context;
	return true;
}

static void a_run_that_is_stopped_begins_nothing_more_and_goes_on_later(void **state)
{
	struct bench *bench = bench_of(3);
	struct ota_matrix_run run = run_for(bench, in(bench, "out"));
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_matrix_outcome outcome;

	(void)state;
	run.stop = stop_at_once;
	assert_int_equal(ota_matrix_run(&run, &outcome, &diag), OTA_OK);
	assert_true(outcome.stopped && outcome.interrupted);
	assert_int_equal(outcome.progress.done, 0);
	ota_matrix_outcome_free(&outcome);
	run.stop = NULL;
	assert_int_equal(run_well(&run).done, 3);
	bench_end(bench);
}

/* Waits for a byte, so that both begin with the folder as it is. */
static void run_in_child(const struct ota_matrix_run *run, int go)
{
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_matrix_outcome outcome;
	char byte;

	if (read(go, &byte, 1) < 0 || ota_matrix_run(run, &outcome, &diag) != OTA_OK)
		_exit(1);
	_exit(outcome.progress.done + outcome.progress.found == JOBS ? 0 : 2);
}

static void two_runs_in_one_folder_share_the_work(void **state)
{
	struct bench *bench = bench_of(VERSIONS);
	struct ota_matrix_run run = run_for(bench, in(bench, "out"));
	pid_t child[2];
	char out[128];
	int go[2];

	(void)state;
	(void)snprintf(out, sizeof(out), "%s", run.folder);
	run.folder = out;
	assert_int_equal(pipe(go), 0);
	for (unsigned i = 0; i < 2; i++) {
		child[i] = fork();
		assert_true(child[i] >= 0);
		if (child[i] == 0)
			run_in_child(&run, go[0]);
	}
	assert_int_equal(write(go[1], "gg", 2), 2);
	for (unsigned i = 0; i < 2; i++) {
		int status = -1;

		assert_int_equal(waitpid(child[i], &status, 0), child[i]);
		assert_int_equal(status, 0);
	}
	(void)close(go[0]);
	(void)close(go[1]);
	run.folder = in(bench, "alone");
	(void)run_well(&run);
	same_folder(out, in(bench, "alone"));
	bench_end(bench);
}

static void a_claim_is_one_processs_at_a_time(void **state)
{
	struct bench *bench = bench_of(2);
	const char *id = bench->plan.job[0].id;
	struct matrix_store store;
	struct ota_diag diag = {.err = OTA_OK};
	char out[128];
	int status = -1;
	pid_t child;

	(void)state;
	(void)snprintf(out, sizeof(out), "%s", in(bench, "a/b/c"));
	assert_int_equal(ota_matrix_store_open(out, &store, &diag), OTA_OK);
	assert_true(ota_matrix_store_claim(&store, id));
	child = fork();
	if (child == 0) {
		struct matrix_store own;
		bool claimed = ota_matrix_store_open(out, &own, NULL) != OTA_OK ||
			       ota_matrix_store_claim(&own, id);

		_exit(claimed ? 1 : 0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	ota_matrix_store_close(&store);
	bench_end(bench);
}

/* Another run, which has a job until it is told that somebody waits for it. */
struct holder {
	int held[2]; /* pipes: it has it; it may go */
	int go[2];
	size_t most; /* jobs that were waited for */
};

static void hold_in_child(const struct holder *holder, const char *folder, const char *id)
{
	struct matrix_store store;
	char byte = 'h';
	bool good = ota_matrix_store_open(folder, &store, NULL) == OTA_OK &&
		    ota_matrix_store_claim(&store, id) && write(holder->held[1], &byte, 1) == 1 &&
		    read(holder->go[0], &byte, 1) == 1;

	_exit(good ? 0 : 1);
}

static void note_waiting(const struct ota_matrix_progress *progress, void *context)
{
	struct holder *holder = context;

	if (progress->elsewhere > 0 && holder->most == 0)
		(void)!write(holder->go[1], "g", 1);
	if (progress->elsewhere > holder->most)
		holder->most = progress->elsewhere;
}

static void a_run_that_waits_for_another_one_says_so_and_takes_over(void **state)
{
	struct bench *bench = bench_of(3);
	struct ota_matrix_run run = run_for(bench, in(bench, "out"));
	struct holder holder = {.most = 0};
	int status = -1;
	pid_t child;
	char byte;

	(void)state;
	assert_int_equal(pipe(holder.held), 0);
	assert_int_equal(pipe(holder.go), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		hold_in_child(&holder, run.folder, bench->plan.job[1].id);
	assert_int_equal(read(holder.held[0], &byte, 1), 1);
	run.tell = note_waiting;
	run.context = &holder;
	(void)alarm(60);
	assert_int_equal(run_well(&run).done, 3);
	(void)alarm(0);
	assert_int_equal(holder.most, 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	for (unsigned i = 0; i < 2; i++) {
		(void)close(holder.held[i]);
		(void)close(holder.go[i]);
	}
	bench_end(bench);
}

static void a_folder_that_is_a_file_is_refused(void **state)
{
	struct bench *bench = bench_of(2);
	struct ota_matrix_run run = run_for(bench, in(bench, "app-1.0.0.bin"));
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_matrix_outcome outcome;

	(void)state;
	assert_int_equal(ota_matrix_run(&run, &outcome, &diag), OTA_E_IO);
	/* of which it is, the caller says */
	assert_string_equal(diag.text, "is no folder");
	ota_matrix_outcome_free(&outcome);
	bench_end(bench);
}

static void one_version_is_a_run_without_jobs(void **state)
{
	struct bench *bench = bench_of(1);
	struct ota_matrix_run run = run_for(bench, in(bench, "out"));
	struct stat st;

	(void)state;
	assert_int_equal(run_well(&run).n, 0);
	assert_int_equal(stat(in(bench, "out/plan.json"), &st), 0);
	bench_end(bench);
}

static struct ota_key *some_key(void)
{
	const struct ota_span none = {NULL, 0};
	struct ota_buf pem = ota_buf_init(FILE_MAX);
	struct ota_key *key = NULL;

	assert_int_equal(ota_key_generate("ed25519", none, &pem, NULL), OTA_OK);
	assert_int_equal(ota_key_read(ota_buf_span(&pem), none, &key, NULL), OTA_OK);
	ota_buf_wipe(&pem);
	return key;
}

static void keys_that_the_plan_does_not_name_are_refused(void **state)
{
	struct bench *bench = bench_of(2);
	struct ota_matrix_run run = run_for(bench, in(bench, "out"));
	struct ota_key *key = some_key();
	struct ota_signer signer = {.key = key};
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_matrix_outcome outcome;

	(void)state;
	run.signers = &signer;
	run.n_signers = 1;
	assert_int_equal(ota_matrix_run(&run, &outcome, &diag), OTA_E_USAGE);
	ota_matrix_outcome_free(&outcome);
	ota_key_free(key);
	bench_end(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(threads_shards_and_memory_make_the_same_bytes),
		cmocka_unit_test(a_second_run_finds_everything),
		cmocka_unit_test(what_is_damaged_is_made_again),
		cmocka_unit_test(a_pipe_in_the_place_of_a_file_is_not_read),
		cmocka_unit_test(leftovers_of_killed_runs_are_swept),
		cmocka_unit_test(a_changed_image_fails_its_jobs_and_no_others),
		cmocka_unit_test(an_image_that_has_changed_since_is_told_of_though_all_is_finished),
		cmocka_unit_test(too_little_memory_for_any_job_is_refused_with_both_numbers),
		cmocka_unit_test(a_run_that_is_stopped_begins_nothing_more_and_goes_on_later),
		cmocka_unit_test(two_runs_in_one_folder_share_the_work),
		cmocka_unit_test(a_claim_is_one_processs_at_a_time),
		cmocka_unit_test(a_run_that_waits_for_another_one_says_so_and_takes_over),
		cmocka_unit_test(a_folder_that_is_a_file_is_refused),
		cmocka_unit_test(one_version_is_a_run_without_jobs),
		cmocka_unit_test(keys_that_the_plan_does_not_name_are_refused),
	};

	if (ota_keys_init(NULL) != OTA_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
