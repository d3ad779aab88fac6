// SPDX-License-Identifier: Apache-2.0
/* The last of a plan: ids, what jobs take, and the newest image sent whole. */
#include <stdio.h>
#include <stdlib.h>

#include <ota/matrix_plan.h>

/* -- effort ------------------------------------------------------------------------------------ */

/*
 * What is tried for a target is made one after the other: times add up, memory does not. Fails when
 * the options leave nothing to try, which holds for every pair. That a slot has no room for this
 * one is the run's to say.
 */
static enum ota_err effort_of_choice(const struct ota_matrix_plan *plan,
				     const struct ota_matrix_job *job, struct ota_choice *choice,
				     struct ota_delta_effort *effort, struct ota_diag *diag)
{
	size_t old_len = (size_t)plan->version[job->old_at].len;
	size_t new_len = (size_t)plan->version[job->new_at].len;
	struct ota_diag why = {.err = OTA_OK};
	const struct ota_choose_job asked = {
		.target = &plan->target,
		.options = &plan->options,
		.update = {.old_len = old_len, .new_len = new_len},
		.new_image = {NULL, new_len}, /* candidates need its length alone */
		.old_size = old_len,
		.wanted = plan->delta,
		.has_secondary = plan->has_secondary,
	};
	enum ota_err err = ota_choose_candidates(&asked, choice, &why);

	*effort = (struct ota_delta_effort){.us = 0};
	if (err == OTA_E_NO_FIT)
		return OTA_OK;
	if (err != OTA_OK)
		return ota_fail(diag, err, "%s", why.text);
	for (unsigned i = 0; i < choice->n; i++) {
		struct ota_delta_effort one;

		ota_delta_effort(&choice->candidate[i].plan, old_len, new_len, &one);
		effort->us += one.us;
		effort->memory = one.memory > effort->memory ? one.memory : effort->memory;
	}
	return OTA_OK;
}

/* An index is larger while it is built, and then there is no patch yet. */
static uint64_t memory_of(size_t old_len, size_t new_len, uint64_t making)
{
	uint64_t building = ota_index_memory(old_len, true);
	uint64_t working = ota_index_memory(old_len, false) + making;

	return old_len + new_len + (building > working ? building : working);
}

static enum ota_err find_efforts(struct ota_matrix_plan *plan, struct ota_diag *diag)
{
	struct ota_choice *choice = malloc(sizeof(*choice));
	enum ota_err err = OTA_OK;

	if (!choice)
		return ota_fail(diag, OTA_E_MEMORY, "out of memory");
	for (size_t i = 0; i < plan->n_jobs && err == OTA_OK; i++) {
		struct ota_matrix_job *job = &plan->job[i];
		size_t old_len = (size_t)plan->version[job->old_at].len;
		size_t new_len = (size_t)plan->version[job->new_at].len;
		struct ota_delta_effort effort;

		if (plan->has_target)
			err = effort_of_choice(plan, job, choice, &effort, diag);
		else
			ota_delta_effort(&plan->delta, old_len, new_len, &effort);
		job->expected_us = effort.us;
		job->memory = memory_of(old_len, new_len, effort.memory);
	}
	free(choice);
	return err;
}

/* -- the newest version, sent whole ------------------------------------------------------------ */

/* A version's file, read once more. */
struct reread {
	struct ota_buf file; /* owned */
	struct ota_span bytes;
	uint64_t len;                  /* of what is sent: nobody sends padding */
	const struct ota_image *image; /* points to `opened`, or NULL */
	struct ota_image opened;       /* borrows from file */
};

static enum ota_err read_again(const struct ota_matrix_plan *plan, const char *folder,
			       const struct ota_matrix_version *version, struct reread *reread,
			       struct ota_diag *diag)
{
	struct ota_diag why = {.err = OTA_OK};
	struct ota_digest digest;
	char *path = ota_matrix_image_path(folder, version);
	enum ota_err err;

	*reread = (struct reread){.image = NULL};
	if (!path)
		return ota_fail(diag, OTA_E_MEMORY, "out of memory");
	err = ota_matrix_read_image(plan, path, &reread->file, &reread->bytes, &why);
	if (err == OTA_OK)
		err = ota_digest_of(OTA_HASH_SHA256, reread->bytes, &digest, &why);
	if (err == OTA_OK && memcmp(digest.data, version->sha256, sizeof(version->sha256)) != 0)
		err = ota_fail(&why, OTA_E_MALFORMED, "was changed while the plan was made");
	if (err == OTA_OK)
		reread->len = ota_update_len(reread->bytes, &reread->opened, &reread->image);
	else
		(void)ota_fail(diag, err, "%s: %s", path, why.text);
	free(path);
	return err;
}

static enum ota_err judge(const struct ota_matrix_plan *plan, const struct reread *from,
			  const struct reread *newest, struct ota_matrix_full *full,
			  struct ota_diag *diag)
{
	const struct ota_update update = {
		.sent_len = newest->len,
		.old_len = from->len,
		.new_len = newest->len,
		.old_image = from->image,
		.new_image = newest->image,
	};
	struct ota_budget *budget = malloc(sizeof(*budget));
	struct ota_candidate *words = calloc(1, sizeof(*words));
	enum ota_err err = OTA_E_MEMORY;

	if (budget && words)
		err = ota_budget_check(&update, &plan->target, &plan->options, budget, diag);
	else
		(void)ota_fail(diag, err, "out of memory");
	if (err == OTA_OK) {
		*full = (struct ota_matrix_full){.judged = true, .fits = budget->fits};
		ota_candidate_explain(words, budget);
		if (!full->fits)
			(void)snprintf(full->reason, sizeof(full->reason), "%s",
				       words->reason[0] ? words->reason : "does not fit");
	}
	free(words);
	free(budget);
	return err;
}

static enum ota_err judge_all(struct ota_matrix_plan *plan, const char *folder,
			      struct ota_diag *diag)
{
	struct reread newest;
	enum ota_err err =
		read_again(plan, folder, &plan->version[plan->n_versions - 1], &newest, diag);

	for (size_t i = 0; i < plan->n_versions && err == OTA_OK; i++) {
		struct reread from;

		err = read_again(plan, folder, &plan->version[i], &from, diag);
		if (err == OTA_OK)
			err = judge(plan, &from, &newest, &plan->version[i].full, diag);
		ota_buf_free(&from.file);
	}
	ota_buf_free(&newest.file);
	return err;
}

enum ota_err ota_matrix_plan_finish(struct ota_matrix_plan *plan, const char *plan_folder,
				    struct ota_diag *diag)
{
	enum ota_err err = ota_matrix_plan_ids(plan, diag);

	if (err == OTA_OK)
		err = find_efforts(plan, diag);
	if (err == OTA_OK && plan->has_target && plan->n_versions > 0)
		err = judge_all(plan, plan_folder, diag);
	return err;
}
