// SPDX-License-Identifier: Apache-2.0
/*
 * Ways out of a no. Each is tried: the whole check is made again with one thing changed, and is one
 * when less fails and nothing else does. What asks least of a product comes first.
 */
#include <stdio.h>

#include "budget_remedy.h"

bool ota_search_fails(const struct ota_search *search, const char *what)
{
	const struct ota_budget_line *line = ota_budget_line_named(search->job->budget, what);

	return line && !line->fits;
}

bool ota_search_finds(const struct ota_search *search, const char *id)
{
	const struct ota_budget *budget = search->job->budget;

	for (unsigned i = 0; i < budget->n_findings; i++) {
		if (strcmp(budget->finding[i].id, id) == 0)
			return true;
	}
	return false;
}

/* -- the list ---------------------------------------------------------------------------------- */

static void insert(struct ota_budget *budget, const struct ota_remedy *remedy)
{
	unsigned at = 0;

	while (at < budget->n_remedies && budget->remedies[at].cost <= remedy->cost)
		at++;
	if (at == OTA_REMEDIES_MAX)
		return;
	if (budget->n_remedies < OTA_REMEDIES_MAX)
		budget->n_remedies++;
	for (unsigned i = budget->n_remedies - 1; i > at; i--)
		budget->remedies[i] = budget->remedies[i - 1];
	budget->remedies[at] = *remedy;
}

void ota_search_add(struct ota_search *search, bool enough, enum ota_remedy_class kind,
		    uint64_t amount, const char *format, ...)
{
	static const char partial[] = "; that alone is not enough";
	struct ota_remedy remedy;
	size_t room = sizeof(remedy.text) - (enough ? 0 : sizeof(partial) - 1);
	va_list args;

	va_start(args, format);
	(void)vsnprintf(remedy.text, room, format, args);
	va_end(args);
	if (!enough)
		memcpy(remedy.text + strlen(remedy.text), partial, sizeof(partial));
	remedy.cost = (uint64_t)kind + (enough ? 0U : (unsigned)REMEDY_PARTIAL);
	remedy.cost <<= CLASS_SHIFT;
	remedy.cost |= amount < AMOUNT_MAX ? amount : AMOUNT_MAX;
	insert(search->job->budget, &remedy);
}

bool ota_search_only(const struct ota_search *search,
		     bool (*mine)(const struct ota_budget_line *line))
{
	const struct ota_budget *budget = search->job->budget;

	for (unsigned i = 0; i < budget->n; i++) {
		if (!budget->line[i].fits && !mine(&budget->line[i]))
			return false;
	}
	for (unsigned i = 0; i < budget->n_findings; i++) {
		if (budget->finding[i].severity == OTA_SEVERITY_FAILURE &&
		    strcmp(budget->finding[i].id, BUDGET_FINDING_LINK) != 0)
			return false;
	}
	return true;
}

bool ota_search_only_line(const struct ota_search *search, const char *what)
{
	const struct ota_budget *budget = search->job->budget;
	unsigned fail = 0;

	for (unsigned i = 0; i < budget->n; i++)
		fail += !budget->line[i].fits;
	for (unsigned i = 0; i < budget->n_findings; i++)
		fail += budget->finding[i].severity == OTA_SEVERITY_FAILURE &&
			strcmp(budget->finding[i].id, BUDGET_FINDING_LINK) != 0;
	return fail == 1 && ota_search_fails(search, what);
}

/* -- trials ------------------------------------------------------------------------------------ */

void ota_trial_begin(struct ota_search *search)
{
	const struct budget_job *job = search->job;
	struct ota_trial *trial = search->trial;

	trial->update = *job->update;
	trial->target = *job->target;
	trial->target.layout = job->layout;
	trial->options = *job->options;
	/* The layout has it already. */
	trial->options.has_scratch = false;
	memcpy(trial->links, job->budget->link, sizeof(trial->links));
	trial->options.links = trial->links;
	trial->options.n_links = job->budget->n_links;
}

static bool failed_before(const struct budget_job *job, const char *what)
{
	const struct ota_budget_line *line = ota_budget_line_named(job->budget, what);

	return line && !line->fits;
}

static bool found_before(const struct budget_job *job, const char *id)
{
	for (unsigned i = 0; i < job->budget->n_findings; i++) {
		if (job->budget->finding[i].severity == OTA_SEVERITY_FAILURE &&
		    strcmp(job->budget->finding[i].id, id) == 0)
			return true;
	}
	return false;
}

static unsigned count_failures(const struct ota_budget *budget)
{
	unsigned n = 0;

	for (unsigned i = 0; i < budget->n; i++)
		n += !budget->line[i].fits;
	for (unsigned i = 0; i < budget->n_findings; i++)
		n += budget->finding[i].severity == OTA_SEVERITY_FAILURE;
	return n;
}

static bool breaks_something(const struct budget_job *job, const struct ota_budget *tried)
{
	for (unsigned i = 0; i < tried->n; i++) {
		if (!tried->line[i].fits && !failed_before(job, tried->line[i].what))
			return true;
	}
	for (unsigned i = 0; i < tried->n_findings; i++) {
		if (tried->finding[i].severity == OTA_SEVERITY_FAILURE &&
		    !found_before(job, tried->finding[i].id))
			return true;
	}
	return false;
}

bool ota_trial_helps(struct ota_search *search)
{
	const struct budget_job *job = search->job;
	struct ota_trial *trial = search->trial;
	struct budget_job tried = {.update = &trial->update,
				   .target = &trial->target,
				   .options = &trial->options,
				   .budget = &trial->budget,
				   .is_trial = true};

	if (ota_budget_fill(&tried, NULL) != OTA_OK || breaks_something(job, &trial->budget))
		return false;
	if (search->for_life) {
		trial->lives = ota_budget_life(&trial->target, &trial->budget.upgrade,
					       &trial->budget.store, &trial->life);
		return trial->lives && trial->life >= BUDGET_LIFE_LEAST;
	}
	return count_failures(&trial->budget) < count_failures(job->budget);
}

bool ota_trial_cures(const struct ota_search *search)
{
	return search->for_life || search->trial->budget.fits;
}

bool ota_trial_least(struct ota_search *search, void (*change)(struct ota_search *, uint32_t),
		     uint32_t most, uint32_t *least)
{
	uint32_t low = 0; /* does not help */
	uint32_t high = 1;

	for (;; high = high < most / 2 ? 2 * high : most) {
		ota_trial_begin(search);
		change(search, high);
		if (ota_trial_helps(search))
			break;
		if (high >= most)
			return false;
		low = high;
	}
	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;

		ota_trial_begin(search);
		change(search, middle);
		if (ota_trial_helps(search))
			high = middle;
		else
			low = middle;
	}
	ota_trial_begin(search);
	change(search, high);
	*least = high;
	return ota_trial_helps(search);
}

/* -- the whole --------------------------------------------------------------------------------- */

static bool moves_areas(const struct ota_budget_finding *finding)
{
	return strcmp(finding->id, BUDGET_FINDING_JOURNAL) == 0 ||
	       strcmp(finding->id, BUDGET_FINDING_STREAMED) == 0;
}

/*
 * What a finding knows itself: of an image what to sign anew, of a patch how to make it. What it
 * says of a layout is good for any, and counts when nothing that was tried of this one helps.
 */
static void add_findings(struct ota_search *search)
{
	const struct budget_job *job = search->job;
	const struct ota_budget *budget = job->budget;
	bool nothing = budget->n_remedies == 0;

	for (unsigned i = 0; i < budget->n_findings; i++) {
		const struct ota_budget_finding *finding = &budget->finding[i];
		bool of_layout = i < job->findings_of_layout;
		/* Nothing fits in slots that are none. */
		bool enough =
			count_failures(budget) == 1 || (of_layout && !budget->limits.compatible);

		if (finding->severity == OTA_SEVERITY_FAILURE && finding->remedy[0] != '\0' &&
		    (nothing || !of_layout))
			ota_search_add(search, enough,
				       of_layout || moves_areas(finding) ? REMEDY_LAYOUT
									 : REMEDY_PATCH,
				       0, "%s", finding->remedy);
	}
}

/* The wear finding says what its ways out are; when all else fits they are the list, too. */
static void search_for_life(struct ota_search *search)
{
	struct ota_budget *budget = search->job->budget;
	struct ota_budget_finding *finding = NULL;
	struct ota_remedy kept[OTA_REMEDIES_MAX];
	unsigned n_kept = budget->n_remedies;

	for (unsigned i = 0; i < budget->n_findings; i++) {
		if (strcmp(budget->finding[i].id, BUDGET_FINDING_SCRATCH) == 0)
			finding = &budget->finding[i];
	}
	if (!finding)
		return;
	memcpy(kept, budget->remedies, sizeof(kept));
	budget->n_remedies = 0;
	search->for_life = true;
	ota_remedies_of_layout(search);
	search->for_life = false;
	for (unsigned i = 0; i < budget->n_remedies && i < 2; i++) {
		size_t at = strlen(finding->remedy);

		(void)snprintf(finding->remedy + at, sizeof(finding->remedy) - at, "%s%s",
			       i > 0 ? "; or " : "", budget->remedies[i].text);
	}
	if (budget->fits)
		return;
	memcpy(budget->remedies, kept, sizeof(kept));
	budget->n_remedies = n_kept;
}

enum ota_err ota_budget_remedies(const struct budget_job *job, struct ota_diag *diag)
{
	struct ota_search search = {.job = job};
	struct ota_budget *budget = job->budget;

	if (budget->fits && !ota_search_finds(&search, BUDGET_FINDING_SCRATCH))
		return OTA_OK;
	search.trial = calloc(1, sizeof(*search.trial));
	if (!search.trial)
		return ota_fail(diag, OTA_E_MEMORY, "out of memory, %zu bytes wanted",
				sizeof(*search.trial));
	if (!budget->fits) {
		ota_remedies_of_memory(&search);
		ota_remedies_of_layout(&search);
		ota_remedies_of_in_place(&search);
		ota_remedies_of_links(&search);
		add_findings(&search);
		if (budget->n_remedies == 0)
			ota_search_add(&search, true, REMEDY_HARDWARE, 0,
				       "none is known: the update needs another way to the device");
		memcpy(budget->remedy, budget->remedies[0].text, sizeof(budget->remedy));
	}
	search_for_life(&search);
	free(search.trial);
	return OTA_OK;
}
