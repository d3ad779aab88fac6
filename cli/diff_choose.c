// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "check_job.h"
#include "diff_choose.h"
#include "io.h"

/* Lines of the short list; with --json all are told. */
#define LINES_MAX 12U

/* -- what the budget is asked about ------------------------------------------------------------ */

static uint64_t look_at_image(const char *path, struct ota_span file, struct ota_image *opened,
			      const struct ota_image **image)
{
	uint64_t len = ota_update_len(file, opened, image);

	if (!*image)
		cli_warning(path,
			    "is not an MCUboot image: its %zu bytes count as they are, without "
			    "header and TLVs",
			    file.len);
	return len;
}

static enum cli_exit ask(struct diff_job *job)
{
	const char *const *paths = job->args->positional;
	struct ota_choose_job *asked = &job->asked;
	struct ota_diag diag = {.err = OTA_OK};
	size_t wrapper = 0;
	unsigned secondary;

	asked->target = &job->target;
	asked->options = &job->wishes.options;
	asked->new_image = job->new_image;
	asked->wanted = job->plan.delta;
	asked->has_secondary = cli_find_option(job->args, "secondary", &secondary) &&
			       cli_has(job->args, secondary);
	asked->ceiling = CLI_FILE_MAX;
	asked->update.old_len = look_at_image(paths[0], ota_index_old(job->index), &job->old_opened,
					      &asked->update.old_image);
	asked->update.new_len =
		look_at_image(paths[1], job->new_image, &job->new_opened, &asked->update.new_image);
	if (job->is_update && ota_delta_update_wrapper(&job->plan, job->index, job->new_image,
						       &wrapper, &diag) != OTA_OK)
		return diff_fail(job, diag.err == OTA_E_USAGE ? "--key" : paths[1], &diag);
	asked->wrapper_len = wrapper;
	return CLI_DONE;
}

/* -- the short list ---------------------------------------------------------------------------- */

static const char *verdict_of(const struct ota_candidate *candidate)
{
	if (candidate->chosen)
		return "fits  <- written";
	if (candidate->fits)
		return "fits";
	return candidate->made ? "does not fit" : "not made";
}

static void print_candidate(const struct ota_choice *choice, const struct ota_candidate *candidate,
			    int width)
{
	char size[48] = "";
	char ram[32];
	char has[32];
	char memory[80];
	const struct ota_candidate *twin = NULL;

	if (candidate->made)
		(void)snprintf(size, sizeof(size), "%s bytes",
			       ota_number_grouped(candidate->sent_len, ram));
	(void)ota_number_grouped(candidate->ram, ram);
	if (candidate->on_device)
		(void)snprintf(memory, sizeof(memory), "RAM %s%s of %s",
			       candidate->made ? "" : "at least ", ram,
			       ota_number_grouped(candidate->ram_has, has));
	else
		(void)snprintf(memory, sizeof(memory), "%s at the gateway", ram);
	printf("  %-*s  %16s  %-28s  %s\n", width, candidate->name, size, memory,
	       verdict_of(candidate));
	if (candidate->same_as > 0) {
		twin = &choice->candidate[candidate->same_as - 1];
		printf("      the very bytes of %s\n", twin->name);
	}
	if (candidate->reason[0] && (!twin || strcmp(candidate->reason, twin->reason) != 0))
		check_print_wrapped("      ", 6, candidate->reason);
}

void diff_print_choice(const struct diff_job *job)
{
	const struct ota_choice *choice = &job->choice;
	unsigned order[OTA_CANDIDATES_MAX] = {0};
	unsigned shown = choice->n <= LINES_MAX ? choice->n : LINES_MAX;
	int width = 0;

	ota_choice_order(choice, order);
	for (unsigned i = 0; i < choice->n; i++) {
		int len = (int)strlen(choice->candidate[i].name);

		width = len > width ? len : width;
	}
	printf("%u tried for %s%s:\n", choice->n, job->target.name,
	       job->is_update ? ", as delta updates" : "");
	for (unsigned i = 0; i < shown; i++)
		print_candidate(choice, &choice->candidate[order[i]], width);
	if (shown < choice->n)
		printf("  %u more are larger or do not fit: --json lists them\n",
		       choice->n - shown);
}

static json_t *json_candidate(const struct ota_choice *choice, const struct ota_candidate *one)
{
	json_t *object = json_object();

	cli_json_text(object, "name", one->name);
	cli_json_text(object, "format", one->plan.format);
	cli_json_bool(object, "made", one->made);
	if (one->made) {
		cli_json_uint(object, "patch_bytes", one->patch_len);
		cli_json_uint(object, "sent_bytes", one->sent_len);
	}
	cli_json_text(object, "applied_by", one->on_device ? "device" : "gateway");
	cli_json_uint(object, "decoder_ram_bytes", one->ram);
	if (one->on_device)
		cli_json_uint(object, "ram_limit_bytes", one->ram_has);
	if (one->same_as > 0)
		cli_json_text(object, "same_as", choice->candidate[one->same_as - 1].name);
	cli_json_bool(object, "fits", one->fits);
	cli_json_bool(object, "chosen", one->chosen);
	if (one->reason[0])
		cli_json_text(object, "reason", one->reason);
	if (one->remedy[0])
		cli_json_text(object, "remedy", one->remedy);
	return object;
}

void diff_json_choice(json_t *object, const struct diff_job *job)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < job->choice.n; i++)
		(void)json_array_append_new(
			list, json_candidate(&job->choice, &job->choice.candidate[i]));
	cli_json_text(object, "target", job->target.name);
	cli_json_add(object, "candidates", list);
}

/* -- none of them ------------------------------------------------------------------------------ */

static enum cli_exit report_none(const struct diff_job *job)
{
	const struct ota_choice *choice = &job->choice;
	const struct ota_candidate *remedy;
	const struct ota_candidate *nearest;
	bool is_stdout = cli_is_stdout(job->output);

	nearest = ota_choice_nearest(choice);
	remedy = ota_choice_remedy(choice);
	if (job->json && !is_stdout) {
		json_t *object = cli_json("diff");

		cli_json_text(object, "file", job->output);
		cli_json_bool(object, "made", false);
		cli_json_text(object, "error", ota_err_name(OTA_E_NO_FIT));
		diff_json_choice(object, job);
		if (remedy)
			cli_json_text(object, "remedy", remedy->remedy);
		if (cli_json_print(object) != CLI_DONE)
			return CLI_ENVIRONMENT;
	} else if (!is_stdout) {
		diff_print_choice(job);
	}
	(void)cli_error(CLI_NO, "diff", "no patch fits %s, nothing is written; %s: %s",
			job->target.name, nearest->name, nearest->reason);
	if (remedy)
		cli_hint("%s", remedy->remedy);
	return CLI_NO;
}

/* -- the choice -------------------------------------------------------------------------------- */

enum cli_exit diff_choose(struct diff_job *job)
{
	struct ota_diag diag = {.err = OTA_OK};
	enum cli_exit status = ask(job);

	if (status != CLI_DONE)
		return status;
	if (ota_choose(&job->asked, job->index, &job->choice, &diag) != OTA_OK)
		return diff_fail(job,
				 diag.err == OTA_E_NO_FIT && !job->target.in_place
					 ? job->args->positional[1]
					 : "diff",
				 &diag);
	if (!job->choice.found)
		return report_none(job);
	job->plan.delta = job->choice.candidate[job->choice.chosen].plan;
	if (job->is_update)
		job->plan.patch = ota_buf_span(&job->choice.patch);
	return CLI_DONE;
}

/*
 * The candidates were judged bare, an ECDSA signature as long as it can get; what is written is
 * judged as it is.
 */
enum cli_exit diff_check_made(struct diff_job *job)
{
	struct ota_candidate *chosen = &job->choice.candidate[job->choice.chosen];
	struct ota_span file = ota_buf_span(&job->out);
	struct ota_update made = job->asked.update;
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_delta_update update;
	struct ota_budget *budget;
	enum ota_err err = OTA_OK;

	made.patch = file;
	made.format = chosen->plan.format;
	made.sent_len = file.len;
	if (job->is_update) {
		err = ota_delta_update_open(file, &update, &diag);
		made.patch = update.patch;
		made.delta_image = &update.image;
	}
	budget = malloc(sizeof(*budget));
	if (!budget)
		return cli_error(CLI_ENVIRONMENT, "diff", "out of memory");
	if (err == OTA_OK)
		err = ota_budget_check(&made, &job->target, &job->wishes.options, budget, &diag);
	if (err == OTA_OK)
		cli_warn_budget_args(&job->wishes.options, &job->target, budget);
	chosen->sent_len = file.len;
	chosen->fits = err == OTA_OK && budget->fits;
	if (err == OTA_OK && !chosen->fits) {
		chosen->chosen = false;
		job->choice.found = false;
		ota_candidate_explain(chosen, budget);
	}
	free(budget);
	if (err != OTA_OK)
		return diff_fail(job, "diff", &diag);
	return chosen->fits ? CLI_DONE : report_none(job);
}
