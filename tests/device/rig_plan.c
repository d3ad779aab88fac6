// SPDX-License-Identifier: Apache-2.0
/* Where power is lost: lists of runs, the same for the same seed. */
#include <string.h>

#include "rig.h"
#include "rig_rt.h"

#define CUT_KINDS 3U

/* A second cut comes early in what follows the first one, or anywhere. */
#define EARLY 12U

struct plan {
	struct rig_run *run;
	uint32_t n;
	uint32_t random;
	uint32_t seed;
};

static uint32_t next_random(struct plan *plan)
{
	plan->random = plan->random * 1664525U + 1013904223U;
	return plan->random >> 8;
}

/* One run with all that is in `at`, for each way to lose power. */
static void add(struct plan *plan, const uint32_t at[RIG_CUTS_MAX])
{
	for (uint32_t kind = 0; kind < CUT_KINDS; kind++) {
		struct rig_run *run = rig_memory(sizeof(*run));

		if (!plan->run)
			plan->run = run;
		memcpy(run->at, at, sizeof(run->at));
		run->cut = (enum flash_cut)kind;
		run->seed = plan->seed + plan->n;
		plan->n++;
	}
}

static void add_one(struct plan *plan, uint32_t point)
{
	const uint32_t at[RIG_CUTS_MAX] = {point};

	add(plan, at);
}

/* Every `step`-th of the operations on the journal. */
static void add_journal(struct plan *plan, const struct flash_model *model, uint32_t step)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < model->ops && i < model->trace_cap; i++) {
		if ((model->trace[i] & ~FLASH_TRACE_ERASE) == RIG_JOURNAL && n++ % step == 0)
			add_one(plan, i + 1);
	}
}

static void add_twice(struct plan *plan, uint32_t ops)
{
	uint32_t at[RIG_CUTS_MAX];

	at[0] = next_random(plan) % ops + 1;
	for (uint32_t i = 1; i < RIG_CUTS_MAX; i++)
		at[i] = next_random(plan) % (next_random(plan) % 2 ? EARLY : ops) + 1;
	if (next_random(plan) % 2)
		at[RIG_CUTS_MAX - 1] = 0;
	add(plan, at);
}

static void add_wish(struct plan *plan, const struct rig_wish *wish,
		     const struct flash_model *model)
{
	switch (wish->choice) {
	case RIG_CUT_JOURNAL:
		add_journal(plan, model, wish->n);
		break;
	case RIG_CUT_EVERY:
		for (uint32_t i = 0; i < model->ops; i += wish->n)
			add_one(plan, i + 1);
		break;
	case RIG_CUT_RANDOM:
		for (uint32_t i = 0; i < wish->n; i++)
			add_one(plan, next_random(plan) % model->ops + 1);
		break;
	case RIG_CUT_TWICE:
		for (uint32_t i = 0; i < wish->n; i++)
			add_twice(plan, model->ops);
		break;
	}
}

/* Shellsort. */
static void sort(struct rig_run *run, uint32_t n)
{
	for (uint32_t gap = n / 2; gap > 0; gap /= 2) {
		for (uint32_t i = gap; i < n; i++) {
			struct rig_run moved = run[i];
			uint32_t at = i;

			for (; at >= gap && run[at - gap].at[0] > moved.at[0]; at -= gap)
				run[at] = run[at - gap];
			run[at] = moved;
		}
	}
}

/* One that is never reached would be survived whatever the agent does. */
static void add_point(struct plan *plan, uint32_t point, uint32_t ops)
{
	if (point == 0 || point > ops) {
		rig_say("rig: the update has operations 1 to ");
		rig_say_number(ops);
		rig_say(", there is no point ");
		rig_say_number(point);
		rig_die("");
	}
	add_one(plan, point);
}

const struct rig_run *rig_plan(const struct rig_config *config, const struct flash_model *model,
			       uint32_t *n)
{
	struct plan plan = {.random = config->seed * 0x9e3779b1U, .seed = config->seed};

	if (model->ops > model->trace_cap)
		rig_die("rig: more operations than a trace holds");
	for (uint32_t i = 0; i < config->wishes && model->ops > 0; i++)
		add_wish(&plan, &config->wish[i], model);
	for (uint32_t i = 0; i < config->points; i++)
		add_point(&plan, config->point[i], model->ops);
	sort(plan.run, plan.n);
	*n = plan.n;
	return plan.run;
}
