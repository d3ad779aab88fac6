// SPDX-License-Identifier: Apache-2.0
/* Candidates made side by side, each held against the budget; the smallest that passes is kept. */
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <ota/otd.h>

#include "budget_parts.h"
#include "delta_candidates.h"
#include "link_kinds.h"
#include "threads.h"

/* One choice at work. What is behind the lock is shared by all threads, the rest never changes. */
struct choosing {
	const struct ota_choose_job *job;
	const struct ota_index *index;
	struct ota_choice *choice; /* a candidate is its thread's until it has been ranked */
	pthread_mutex_t lock;
	unsigned left;    /* candidates that no thread has taken */
	bool stopped;     /* something failed that is not one candidate's */
	unsigned culprit; /* whose; the lowest */
	struct ota_diag diag;
};

/* -- why it does not fit ----------------------------------------------------------------------- */

static void add_reason(struct ota_candidate *candidate, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void add_reason(struct ota_candidate *candidate, const char *format, ...)
{
	size_t at = strlen(candidate->reason);
	size_t room = sizeof(candidate->reason) - at;
	va_list args;
	int len;

	candidate->n_short++;
	if (at > 0 && room > 2) {
		memcpy(candidate->reason + at, "; ", 3);
		at += 2;
		room -= 2;
	}
	va_start(args, format);
	len = vsnprintf(candidate->reason + at, room, format, args);
	va_end(args);
	/* Half a number would pass for a whole one: what is left out is seen to be. */
	if (len < 0 || (size_t)len >= room)
		memcpy(candidate->reason + sizeof(candidate->reason) - sizeof("..."), "...",
		       sizeof("..."));
}

/* "12 erases" in the line's unit. */
static const char *amount(enum ota_unit unit, uint64_t value, char text[48])
{
	char number[32];

	switch (unit) {
	case OTA_UNIT_BYTES:
		(void)snprintf(text, 48, "%s bytes", ota_number_grouped(value, number));
		break;
	case OTA_UNIT_ERASES:
		(void)snprintf(text, 48, "%s erases", ota_number_grouped(value, number));
		break;
	case OTA_UNIT_MICROSECONDS:
		(void)snprintf(text, 48, "%s", ota_duration_text(value, number));
		break;
	case OTA_UNIT_PACKETS:
		(void)snprintf(text, 48, "%s packets", ota_number_grouped(value, number));
		break;
	}
	return text;
}

static void add_shortfall(struct ota_candidate *candidate, const char *what, enum ota_unit unit,
			  uint64_t needs, uint64_t has)
{
	char over[48];
	char needs_text[48];
	char has_text[48];

	add_reason(candidate, "%s: %s, has %s, %s %s", what, amount(unit, needs, needs_text),
		   amount(unit, has, has_text), amount(unit, needs - has, over),
		   unit == OTA_UNIT_BYTES ? "short" : "over");
}

/* What the lines of the images have said already. */
static bool repeats_line(const struct ota_budget_finding *finding)
{
	return strcmp(finding->id, "old-image-over-limit") == 0 ||
	       strcmp(finding->id, "oversize-erases-secondary") == 0;
}

void ota_candidate_explain(struct ota_candidate *candidate, const struct ota_budget *budget)
{
	for (unsigned i = 0; i < budget->n; i++) {
		const struct ota_budget_line *line = &budget->line[i];
		char what[96];

		if (line->fits)
			continue;
		(void)snprintf(what, sizeof(what), "%s%s", line->what,
			       line->gate ? ", your limit" : "");
		/* What a link cannot carry needs no time, and keeps within no limit. */
		if (line->needs > line->has)
			add_shortfall(candidate, what, line->unit, line->needs, line->has);
		else
			add_reason(candidate, "%s: %s", what, line->note);
	}
	for (unsigned i = 0; i < budget->n_findings; i++) {
		const struct ota_budget_finding *finding = &budget->finding[i];

		if (finding->severity == OTA_SEVERITY_FAILURE && !repeats_line(finding))
			add_reason(candidate, "%s", finding->text);
	}
	if (!candidate->reason[0] && budget->limits.reason[0])
		add_reason(candidate, "%s", budget->limits.reason);
	else if (!candidate->reason[0] && budget->limits.caution[0])
		add_reason(candidate, "%s", budget->limits.caution);
	if (budget->n_remedies > 0) {
		(void)snprintf(candidate->remedy, sizeof(candidate->remedy), "%s",
			       budget->remedies[0].text);
		candidate->remedy_cost = budget->remedies[0].cost;
	}
}

/* -- one candidate ----------------------------------------------------------------------------- */

/* As the budget counts it: a stack of no known size is part of the RAM. */
static uint64_t ram_of(const struct ota_budget *budget, const struct ota_target *target)
{
	const struct ota_costs *costs = &budget->costs;
	uint64_t stack = ota_budget_sum(costs, OTA_PLACE_STACK);

	if (budget->applier == OTA_APPLIED_BY_GATEWAY)
		return ota_budget_sum(costs, OTA_PLACE_GATEWAY);
	return ota_budget_sum(costs, OTA_PLACE_RAM) + (target->updater_stack > 0 ? 0 : stack);
}

static enum ota_err judge(const struct choosing *all, struct ota_candidate *candidate,
			  struct ota_span patch, struct ota_diag *diag)
{
	const struct ota_choose_job *job = all->job;
	struct ota_update update = job->update;
	struct ota_budget *budget = malloc(sizeof(*budget));
	enum ota_err err;

	if (!budget)
		return ota_fail(diag, OTA_E_MEMORY, "out of memory, %zu bytes wanted",
				sizeof(*budget));
	update.patch = patch;
	update.format = candidate->plan.format;
	update.sent_len = candidate->sent_len;
	err = ota_budget_check(&update, job->target, job->options, budget, diag);
	if (err == OTA_OK) {
		candidate->on_device = budget->applier == OTA_APPLIED_ON_DEVICE;
		candidate->ram = ram_of(budget, job->target);
		candidate->fits = budget->fits;
		if (!budget->fits)
			ota_candidate_explain(candidate, budget);
	}
	free(budget);
	return err;
}

/*
 * Of a patch that is not made no budget tells a way out. A decoder with room for it is one: the
 * default format's if it has room. What the updater has a decoder for has been tried, unless a
 * format was settled.
 */
static void advise_other(const struct ota_choose_job *job, struct ota_candidate *candidate)
{
	const struct ota_patch_format *format;
	struct ota_slim slim;
	char ram[32];

	for (size_t i = 0; (format = ota_patch_format_at(i)) != NULL; i++) {
		const struct ota_decoder *decoder = ota_target_decoder(job->target, format->name);

		if (job->target->in_place && !format->in_place)
			continue;
		if ((decoder && !job->wanted.format) || !format->slim ||
		    !format->slim(job->target, decoder, candidate->ram_has, &slim))
			continue;
		(void)snprintf(candidate->remedy, sizeof(candidate->remedy),
			       "%s %s, %s, which takes %s bytes of RAM, or have the gateway apply "
			       "the patch",
			       decoder ? "make it in format" : "give the updater a decoder for",
			       format->name, slim.how, ota_number_grouped(slim.ram, ram));
		candidate->remedy_cost = UINT64_MAX; /* a new updater */
		if (strcmp(format->name, ota_delta_format_default()) == 0)
			return;
	}
}

/* Certain before it is made, and a patch that no one can use takes as long as any other. */
static bool is_hopeless(const struct ota_choose_job *job, struct ota_candidate *candidate)
{
	if (!candidate->on_device || candidate->ram <= candidate->ram_has)
		return false;
	add_shortfall(candidate, "updater RAM, at least", OTA_UNIT_BYTES, candidate->ram,
		      candidate->ram_has);
	advise_other(job, candidate);
	return true;
}

/* A failure that is this candidate's alone becomes its reason; others end the run. */
static enum ota_err try_one(const struct choosing *all, struct ota_candidate *candidate,
			    struct ota_buf *patch, struct ota_diag *diag)
{
	const struct ota_choose_job *job = all->job;
	struct ota_diag why = {.err = OTA_OK};
	enum ota_err err;

	if (is_hopeless(job, candidate))
		return OTA_OK;
	err = ota_delta_make(&candidate->plan, all->index, job->new_image, patch, &why);
	if (err == OTA_OK) {
		candidate->made = true;
		candidate->patch_len = patch->len;
		candidate->sent_len = patch->len + job->wrapper_len;
		candidate->patch_crc = ota_crc32(0, ota_buf_span(patch));
		err = judge(all, candidate, ota_buf_span(patch), &why);
	}
	if (err == OTA_OK)
		return OTA_OK;
	if (err == OTA_E_MEMORY || err == OTA_E_USAGE) {
		*diag = why;
		return err;
	}
	add_reason(candidate, "%s", why.text);
	return OTA_OK;
}

/* -- the best ---------------------------------------------------------------------------------- */

/* A total order, so that it does not matter who comes first. */
static bool is_better(const struct ota_choice *choice, unsigned a, unsigned b)
{
	const struct ota_candidate *x = &choice->candidate[a];
	const struct ota_candidate *y = &choice->candidate[b];

	if (x->sent_len != y->sent_len)
		return x->sent_len < y->sent_len;
	if (x->ram != y->ram)
		return x->ram < y->ram;
	return a < b;
}

/* Keeps the patch if it is the best so far; what is in the buffer afterwards may be freed. */
static void rank(struct choosing *all, unsigned i, struct ota_buf *patch)
{
	struct ota_choice *choice = all->choice;
	struct ota_buf worse;

	if (!choice->candidate[i].fits)
		return;
	if (choice->found && !is_better(choice, i, choice->chosen))
		return;
	worse = choice->patch;
	choice->patch = *patch;
	*patch = worse;
	choice->chosen = i;
	choice->found = true;
}

static void stop(struct choosing *all, unsigned i, const struct ota_diag *diag)
{
	if (all->stopped && all->culprit < i)
		return;
	all->stopped = true;
	all->culprit = i;
	all->diag = *diag;
}

/* -- threads ----------------------------------------------------------------------------------- */

/* From the last on: the younger a format the longer it takes, and the longest should not be last.
 */
static bool take(struct choosing *all, unsigned *i)
{
	bool any;

	(void)pthread_mutex_lock(&all->lock);
	any = !all->stopped && all->left > 0;
	if (any)
		*i = --all->left;
	(void)pthread_mutex_unlock(&all->lock);
	return any;
}

static void *work(void *context)
{
	struct choosing *all = context;
	unsigned i;

	while (take(all, &i)) {
		struct ota_diag diag = {.err = OTA_OK};
		struct ota_buf patch = ota_buf_init(all->job->ceiling);
		enum ota_err err = try_one(all, &all->choice->candidate[i], &patch, &diag);

		(void)pthread_mutex_lock(&all->lock);
		if (err == OTA_OK)
			rank(all, i, &patch);
		else
			stop(all, i, &diag);
		(void)pthread_mutex_unlock(&all->lock);
		ota_buf_free(&patch);
	}
	return NULL;
}

/* -- all of it --------------------------------------------------------------------------------- */

/* Afterwards, when all are known: which came out as another did. */
static void find_twins(struct ota_choice *choice)
{
	for (unsigned i = 0; i < choice->n; i++) {
		struct ota_candidate *candidate = &choice->candidate[i];

		for (unsigned j = 0; candidate->made && j < i && candidate->same_as == 0; j++) {
			const struct ota_candidate *other = &choice->candidate[j];

			if (other->made && other->patch_len == candidate->patch_len &&
			    other->patch_crc == candidate->patch_crc &&
			    strcmp(other->plan.format, candidate->plan.format) == 0)
				candidate->same_as = j + 1;
		}
	}
}

enum ota_err ota_choose_check(const struct ota_target *target,
			      const struct ota_budget_options *options, struct ota_diag *diag)
{
	/* Of a full image of one byte the budget asks nothing but what target and options say. */
	const struct ota_update least = {.sent_len = 1, .old_len = 1, .new_len = 1};
	struct ota_budget *budget;
	enum ota_err err;

	if (target->has_mcuboot && !target->has_updater)
		return ota_fail(diag, OTA_E_USAGE, "%s has no updater", target->name);
	budget = malloc(sizeof(*budget));
	if (!budget)
		return ota_fail(diag, OTA_E_MEMORY, "out of memory, %zu bytes wanted",
				sizeof(*budget));
	err = ota_budget_check(&least, target, options, budget, diag);
	free(budget);
	return err;
}

enum ota_err ota_choose(const struct ota_choose_job *job, const struct ota_index *index,
			struct ota_choice *choice, struct ota_diag *diag)
{
	struct ota_choose_job sized = *job;
	struct choosing all = {.job = &sized, .index = index, .choice = choice};
	enum ota_err err;

	sized.old_size = ota_index_old(index).len;
	err = ota_choose_candidates(&sized, choice, diag);

	if (err == OTA_OK)
		err = ota_choose_check(job->target, job->options, diag);
	if (err == OTA_OK && job->wanted.spent)
		err = ota_fail(diag, OTA_E_USAGE, "an index for many patches cannot be spent");
	if (err == OTA_OK && job->new_image.len > OTA_DELTA_MAX)
		err = ota_fail(diag, OTA_E_NO_FIT,
			       "new file is %zu bytes, at most %u can be diffed",
			       job->new_image.len, OTA_DELTA_MAX);
	if (err == OTA_OK && pthread_mutex_init(&all.lock, NULL) != 0)
		err = ota_fail(diag, OTA_E_MEMORY, "out of memory for a lock");
	if (err != OTA_OK)
		return err;
	all.left = choice->n;
	ota_threads_run(ota_threads_for(job->threads, choice->n), work, &all);
	(void)pthread_mutex_destroy(&all.lock);
	if (all.stopped)
		return ota_fail(diag, all.diag.err, "%s", all.diag.text);
	if (choice->found)
		choice->candidate[choice->chosen].chosen = true;
	find_twins(choice);
	return OTA_OK;
}

/* -- what is told of them ---------------------------------------------------------------------- */

/* What fits first, then what was made, then the smaller. */
static bool comes_before(const struct ota_candidate *a, const struct ota_candidate *b)
{
	if (a->fits != b->fits)
		return a->fits;
	if (a->made != b->made)
		return a->made;
	if (a->sent_len != b->sent_len)
		return a->sent_len < b->sent_len;
	return a->ram < b->ram;
}

/* Insertion keeps equal ones in the table's order: what was chosen is the first. */
void ota_choice_order(const struct ota_choice *choice, unsigned order[OTA_CANDIDATES_MAX])
{
	for (unsigned i = 0; i < choice->n; i++) {
		unsigned at = i;

		while (at > 0 &&
		       comes_before(&choice->candidate[i], &choice->candidate[order[at - 1]])) {
			order[at] = order[at - 1];
			at--;
		}
		order[at] = i;
	}
}

const struct ota_candidate *ota_choice_remedy(const struct ota_choice *choice)
{
	unsigned order[OTA_CANDIDATES_MAX] = {0};
	const struct ota_candidate *best = NULL;

	ota_choice_order(choice, order);
	for (unsigned i = 0; i < choice->n; i++) {
		const struct ota_candidate *one = &choice->candidate[order[i]];

		if (one->remedy[0] && (!best || one->remedy_cost < best->remedy_cost))
			best = one;
	}
	return best;
}

const struct ota_candidate *ota_choice_nearest(const struct ota_choice *choice)
{
	unsigned order[OTA_CANDIDATES_MAX] = {0};
	const struct ota_candidate *best = NULL;

	ota_choice_order(choice, order);
	for (unsigned i = 0; i < choice->n; i++) {
		const struct ota_candidate *one = &choice->candidate[order[i]];

		if (!best || (one->made && one->n_short < best->n_short))
			best = one;
	}
	return best;
}

void ota_choice_free(struct ota_choice *choice)
{
	ota_buf_free(&choice->patch);
	*choice = (struct ota_choice){.n = 0};
}
