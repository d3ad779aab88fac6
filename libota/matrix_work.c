// SPDX-License-Identifier: Apache-2.0
/* One job: the patch is made, wrapped, and held against the target as it is sent. */
#include <stdio.h>
#include <stdlib.h>

#include "matrix_run_parts.h"

/* A job at work. */
struct work {
	struct running *all;
	const struct ota_matrix_plan *plan;
	const struct ota_index *index;
	struct ota_span old_bytes, new_bytes;
	struct ota_image old_opened, new_opened;
	struct ota_update about; /* lengths and images, as the budget looks at them */
	struct ota_delta_plan delta;
	struct run_product *product;
};

/* -- images ------------------------------------------------------------------------------------ */

/* With a target all that its slot has room for is used, unless a distance is given. */
static void find_lead(struct work *work)
{
	const struct ota_matrix_plan *plan = work->plan;
	struct ota_delta_plan *delta = &work->delta;
	size_t distance = plan->has_distance ? (size_t)plan->distance : OTA_DELTA_DISTANCE;

	delta->in_place |= plan->has_target && plan->target.in_place;
	if (delta->in_place && (!plan->has_target || plan->has_distance))
		delta->lead =
			ota_in_place_lead(plan->has_target ? &plan->target : NULL, delta->block,
					  work->old_bytes.len, work->new_bytes.len, distance);
}

static struct work begin(struct running *all, const struct run_group *group,
			 const struct run_task *task, struct run_product *product)
{
	struct work work = {
		.all = all,
		.plan = all->plan,
		.index = group->index,
		.old_bytes = ota_index_old(group->index),
		.new_bytes = all->image[all->plan->job[task->job].new_at].bytes,
		.delta = all->plan->delta,
		.product = product,
	};

	if (!work.delta.format && !work.plan->has_target)
		work.delta.format = ota_delta_format_default();
	find_lead(&work);
	return work;
}

/* -- no ---------------------------------------------------------------------------------------- */

/* The answer is no, and it is the same whenever it is asked: a result, not a failure. */
static enum ota_err refuse(struct work *work, const char *what, const char *why)
{
	struct ota_matrix_result *result = &work->product->result;
	const size_t cap = sizeof(result->reason);
	int len = snprintf(result->reason, cap, "%s%s%s", what, what[0] ? ": " : "", why);

	/* Half a number would pass for a whole one: what is left out is seen to be. */
	if (len < 0 || (size_t)len >= cap)
		memcpy(result->reason + cap - sizeof("..."), "...", sizeof("..."));
	result->made = false;
	return OTA_OK;
}

static enum ota_err refuse_all(struct work *work, const struct ota_choice *choice)
{
	const struct ota_candidate *nearest = ota_choice_nearest(choice);
	const struct ota_candidate *remedy = ota_choice_remedy(choice);
	struct ota_matrix_result *result = &work->product->result;

	if (remedy)
		(void)snprintf(result->remedy, sizeof(result->remedy), "%s", remedy->remedy);
	if (nearest)
		return refuse(work, nearest->name, nearest->reason);
	return refuse(work, "", "nothing can be made for this target");
}

/* -- the patch --------------------------------------------------------------------------------- */

static struct ota_delta_update_plan update_plan(const struct work *work)
{
	return (struct ota_delta_update_plan){
		.delta = work->delta,
		.signers = work->all->run->signers,
		.n_signers = work->all->run->n_signers,
		.full_public_key = work->plan->full_public_key,
		.pad_sig = work->plan->pad_sig,
	};
}

/* The smallest that fits; the patch stays empty when none does. */
static enum ota_err choose(struct work *work, struct ota_choice *choice, struct ota_buf *patch,
			   struct ota_diag *diag)
{
	const struct ota_matrix_plan *plan = work->plan;
	struct ota_choose_job job = {
		.target = &plan->target,
		.options = &plan->options,
		.update = work->about,
		.new_image = work->new_bytes,
		.wanted = work->delta,
		.has_secondary = plan->has_secondary,
		.ceiling = OTA_DELTA_MAX,
		.threads = 1, /* jobs are made side by side */
	};
	struct ota_delta_update_plan update = update_plan(work);
	struct ota_diag why = {.err = OTA_OK};
	size_t wrapper = 0;
	enum ota_err err = OTA_OK;

	if (plan->n_keys > 0)
		err = ota_delta_update_wrapper(&update, work->index, work->new_bytes, &wrapper,
					       diag);
	if (err != OTA_OK)
		return err;
	job.wrapper_len = wrapper;
	err = ota_choose(&job, work->index, choice, &why);
	if (err == OTA_E_NO_FIT)
		return refuse(work, "", why.text);
	if (err != OTA_OK)
		return ota_fail(diag, err, "%s", why.text);
	if (!choice->found)
		return refuse_all(work, choice);
	work->delta = choice->candidate[choice->chosen].plan;
	(void)snprintf(work->product->result.how, sizeof(work->product->result.how), "%s",
		       choice->candidate[choice->chosen].name);
	*patch = choice->patch;
	choice->patch = ota_buf_init(0);
	return OTA_OK;
}

static enum ota_err make_patch(struct work *work, struct ota_buf *patch, struct ota_diag *diag)
{
	struct ota_choice *choice;
	enum ota_err err;

	if (!work->plan->has_target)
		return ota_delta_make(&work->delta, work->index, work->new_bytes, patch, diag);
	choice = calloc(1, sizeof(*choice));
	if (!choice)
		return ota_fail(diag, OTA_E_MEMORY, "out of memory, %zu bytes wanted",
				sizeof(*choice));
	err = choose(work, choice, patch, diag);
	ota_choice_free(choice);
	free(choice);
	return err;
}

/* What is sent: the patch, or the delta update around it. Takes the patch. */
static enum ota_err wrap(struct work *work, struct ota_buf *patch, struct ota_diag *diag)
{
	struct ota_delta_update_plan plan = update_plan(work);
	struct ota_buf *file = &work->product->file;
	struct ota_delta_update_made made;
	enum ota_err err;

	if (work->plan->n_keys == 0) {
		*file = *patch;
		*patch = ota_buf_init(0);
		return OTA_OK;
	}
	plan.patch = ota_buf_span(patch);
	*file = ota_buf_init(OTA_DELTA_MAX);
	(void)pthread_mutex_lock(&work->all->signing);
	err = ota_delta_update_make(&plan, work->index, work->new_bytes, file, &made, diag);
	(void)pthread_mutex_unlock(&work->all->signing);
	return err;
}

/* "otd, tier m" of a patch for nobody in particular. */
static void name_it(const struct work *work, const struct ota_delta_info *info,
		    struct ota_matrix_result *result)
{
	if (result->how[0])
		return;
	if (info->is_otd)
		(void)snprintf(result->how, sizeof(result->how), "%s, tier %s", info->format,
			       info->otd.tier);
	else if (work->delta.secondary == OTA_SECONDARY_LZMA)
		(void)snprintf(result->how, sizeof(result->how), "%s, lzma", info->format);
	else
		(void)snprintf(result->how, sizeof(result->how), "%s", info->format);
}

static enum ota_err describe(struct work *work, struct ota_span patch, struct ota_diag *diag)
{
	struct ota_matrix_result *result = &work->product->result;
	struct ota_span file = ota_buf_span(&work->product->file);
	struct ota_digest digest;
	struct ota_delta_info info;
	enum ota_err err = ota_delta_glance(patch, &info, diag);

	if (err == OTA_OK)
		err = ota_digest_of(OTA_HASH_SHA256, file, &digest, diag);
	if (err != OTA_OK)
		return err;
	name_it(work, &info, result);
	(void)snprintf(result->format, sizeof(result->format), "%s", info.format);
	memcpy(result->sha256, digest.data, sizeof(result->sha256));
	result->made = true;
	result->patch_len = patch.len;
	result->sent_len = file.len;
	result->ram = info.decoder_ram;
	result->stack = info.decoder_stack;
	return OTA_OK;
}

/* -- the verdict ------------------------------------------------------------------------------- */

static void take_deliveries(const struct ota_budget *budget, struct ota_matrix_result *result)
{
	result->n_deliveries = budget->n_links;
	for (unsigned i = 0; i < budget->n_links; i++) {
		const struct ota_delivery *from = &budget->delivery[i];
		struct ota_matrix_delivery *to = &result->delivery[i];

		(void)snprintf(to->link, sizeof(to->link), "%s", budget->link[i].name);
		to->carries = from->n_assumptions > 0;
		to->packets = to->carries ? from->packets : 0;
		to->airtime_us = to->carries ? from->airtime_us : 0;
		to->duration_us = to->carries ? from->duration_us : 0;
	}
}

static void take_verdict(const struct ota_budget *budget, struct ota_matrix_result *result)
{
	struct ota_candidate why = {.made = true};

	result->judged = true;
	result->fits = budget->fits;
	result->on_device = budget->applier == OTA_APPLIED_ON_DEVICE;
	result->received_len = budget->received_len;
	result->erases = budget->upgrade.erases;
	result->upgrade_us = budget->upgrade_time.has_typical ? budget->upgrade_time.typical_us : 0;
	take_deliveries(budget, result);
	if (budget->fits)
		return;
	ota_candidate_explain(&why, budget);
	(void)snprintf(result->reason, sizeof(result->reason), "%s", why.reason);
	(void)snprintf(result->remedy, sizeof(result->remedy), "%s", why.remedy);
}

static enum ota_err judge_full(struct work *work, struct ota_budget *budget, struct ota_diag *diag)
{
	struct ota_matrix_full *full = &work->product->result.full;
	struct ota_update update = work->about;
	struct ota_candidate why = {.made = true};
	enum ota_err err;

	update.sent_len = update.new_len;
	err = ota_budget_check(&update, &work->plan->target, &work->plan->options, budget, diag);
	if (err != OTA_OK)
		return err;
	*full = (struct ota_matrix_full){.judged = true, .fits = budget->fits};
	if (!budget->fits) {
		ota_candidate_explain(&why, budget);
		(void)snprintf(full->reason, sizeof(full->reason), "%s", why.reason);
	}
	return OTA_OK;
}

/* As it is written, signature and all; candidates were judged before they were signed. */
static enum ota_err judge_patch(struct work *work, struct ota_budget *budget, struct ota_diag *diag)
{
	struct ota_matrix_result *result = &work->product->result;
	struct ota_span file = ota_buf_span(&work->product->file);
	struct ota_update update = work->about;
	struct ota_delta_update opened;
	enum ota_err err = OTA_OK;

	update.patch = file;
	update.format = result->format;
	update.sent_len = file.len;
	if (work->plan->n_keys > 0) {
		err = ota_delta_update_open(file, &opened, diag);
		update.patch = opened.patch;
		update.delta_image = &opened.image;
	}
	if (err == OTA_OK)
		err = ota_budget_check(&update, &work->plan->target, &work->plan->options, budget,
				       diag);
	if (err == OTA_OK)
		take_verdict(budget, result);
	return err;
}

static enum ota_err judge(struct work *work, struct ota_diag *diag)
{
	struct ota_budget *budget;
	enum ota_err err;

	if (!work->plan->has_target)
		return OTA_OK;
	budget = malloc(sizeof(*budget));
	if (!budget)
		return ota_fail(diag, OTA_E_MEMORY, "out of memory, %zu bytes wanted",
				sizeof(*budget));
	err = judge_full(work, budget, diag);
	if (err == OTA_OK && work->product->result.made)
		err = judge_patch(work, budget, diag);
	free(budget);
	return err;
}

/* A patch that does not pass is not kept: nobody may send it by mistake. */
static void drop_unfit(struct work *work)
{
	struct ota_matrix_result *result = &work->product->result;
	struct ota_matrix_result kept = {.full = result->full};

	if (!result->made || !result->judged || result->fits)
		return;
	memcpy(kept.id, result->id, sizeof(kept.id));
	memcpy(kept.reason, result->reason, sizeof(kept.reason));
	memcpy(kept.remedy, result->remedy, sizeof(kept.remedy));
	*result = kept;
	ota_buf_free(&work->product->file);
}

/* -- all of it --------------------------------------------------------------------------------- */

/* True when a device would refuse the update, whatever patch is in it. */
static bool is_refused(struct work *work)
{
	const struct ota_image *old_image = work->about.old_image;
	const struct ota_image *new_image = work->about.new_image;
	struct ota_diag why = {.err = OTA_OK};

	if (work->plan->n_keys == 0 || !old_image || !new_image ||
	    ota_delta_update_may_follow(old_image, new_image, &why) != OTA_E_REFUSED)
		return false;
	return refuse(work, "no device would take it", why.text) == OTA_OK;
}

static enum ota_err make(struct work *work, struct ota_buf *patch, struct ota_diag *diag)
{
	enum ota_err err = make_patch(work, patch, diag);
	struct ota_span bare = ota_buf_span(patch);

	if (err != OTA_OK || patch->len == 0)
		return err;
	err = wrap(work, patch, diag);
	return err == OTA_OK ? describe(work, bare, diag) : err;
}

enum ota_err ota_run_make(struct running *all, const struct run_group *group,
			  const struct run_task *task, struct run_product *product,
			  struct ota_diag *diag)
{
	struct work work = begin(all, group, task, product);
	struct ota_buf patch = ota_buf_init(OTA_DELTA_MAX);
	enum ota_err err = OTA_OK;

	*product = (struct run_product){.file = ota_buf_init(0), .begun_us = ota_run_now()};
	memcpy(product->result.id, all->plan->job[task->job].id, sizeof(product->result.id));
	work.about.old_len =
		ota_update_len(work.old_bytes, &work.old_opened, &work.about.old_image);
	work.about.new_len =
		ota_update_len(work.new_bytes, &work.new_opened, &work.about.new_image);
	if (!is_refused(&work))
		err = make(&work, &patch, diag);
	if (err == OTA_OK)
		err = judge(&work, diag);
	if (err == OTA_OK)
		drop_unfit(&work);
	ota_buf_free(&patch);
	return err;
}

void ota_run_product_free(struct run_product *product)
{
	ota_buf_free(&product->file);
}
