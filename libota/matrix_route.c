// SPDX-License-Identifier: Apache-2.0
/* The way from one version to the newest: what each step costs, and which steps cost least. */
#include <assert.h>
#include <stdio.h>

#include <ota/matrix_report.h>

const char *ota_matrix_policy_name(enum ota_matrix_policy policy)
{
	switch (policy) {
	case OTA_MATRIX_SEQUENTIAL:
		return "sequential";
	case OTA_MATRIX_LATEST:
		return "latest";
	case OTA_MATRIX_ALL:
		return "all";
	case OTA_MATRIX_FULL:
		return "full";
	}
	return "unknown";
}

const struct ota_link *ota_matrix_links(const struct ota_matrix_plan *plan, unsigned *n)
{
	const struct ota_budget_options *options = &plan->options;

	*n = 0;
	if (!plan->has_target)
		return NULL;
	*n = options->links ? options->n_links : plan->target.n_links;
	return options->links ? options->links : plan->target.link;
}

/* -- costs ------------------------------------------------------------------------------------- */

static uint64_t plus(uint64_t a, uint64_t b)
{
	return b > UINT64_MAX - a ? UINT64_MAX : a + b;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static struct ota_matrix_cost add_cost(const struct ota_matrix_cost *a,
				       const struct ota_matrix_cost *b)
{
	struct ota_matrix_cost sum = {.bytes = plus(a->bytes, b->bytes),
				      .has_air = a->has_air && b->has_air};

	if (!sum.has_air)
		return sum;
	sum.packets = plus(a->packets, b->packets);
	sum.airtime_us = plus(a->airtime_us, b->airtime_us);
	sum.duration_us = plus(a->duration_us, b->duration_us);
	return sum;
}

static bool costs_less(const struct ota_matrix_cost *a, const struct ota_matrix_cost *b)
{
	if (a->has_air && b->has_air && a->airtime_us != b->airtime_us)
		return a->airtime_us < b->airtime_us;
	return a->bytes < b->bytes;
}

/* Takes one link's figures into `cost`, which keeps the slowest. */
static void take_link(struct ota_matrix_cost *cost, uint64_t packets, uint64_t airtime_us,
		      uint64_t duration_us)
{
	cost->has_air = true;
	cost->packets = larger(cost->packets, packets);
	cost->airtime_us = larger(cost->airtime_us, airtime_us);
	cost->duration_us = larger(cost->duration_us, duration_us);
}

/* A result has its deliveries with it. */
static struct ota_matrix_cost patch_cost(const struct ota_matrix_result *result)
{
	struct ota_matrix_cost cost = {.bytes = result->judged ? result->received_len
							       : result->sent_len};

	for (uint32_t i = 0; i < result->n_deliveries; i++) {
		const struct ota_matrix_delivery *delivery = &result->delivery[i];

		if (!delivery->carries)
			return (struct ota_matrix_cost){.bytes = cost.bytes};
		take_link(&cost, delivery->packets, delivery->airtime_us, delivery->duration_us);
	}
	return cost;
}

/* Of a whole image; `*carried` is false when a link cannot. */
static struct ota_matrix_cost whole_cost(const struct ota_matrix_plan *plan, uint64_t bytes,
					 bool *carried)
{
	struct ota_matrix_cost cost = {.bytes = bytes};
	unsigned n;
	const struct ota_link *links = ota_matrix_links(plan, &n);

	*carried = true;
	for (unsigned i = 0; i < n; i++) {
		struct ota_delivery delivery;

		if (ota_link_deliver(&links[i], bytes, &delivery, NULL) != OTA_OK) {
			*carried = false;
			return (struct ota_matrix_cost){.bytes = bytes};
		}
		take_link(&cost, delivery.packets, delivery.airtime_us, delivery.duration_us);
	}
	return cost;
}

/* -- legs -------------------------------------------------------------------------------------- */

static size_t newest_of(const struct ota_matrix *matrix)
{
	return matrix->plan.n_versions - 1;
}

/* The pair's finished job, or NULL. */
static const struct ota_matrix_result *find_result(const struct ota_matrix *matrix, size_t old_at,
						   size_t new_at)
{
	const struct ota_matrix_job *job = ota_matrix_find_job(&matrix->plan, old_at, new_at);
	size_t at;

	if (!job)
		return NULL;
	at = (size_t)(job - matrix->plan.job);
	return matrix->has[at] ? &matrix->result[at] : NULL;
}

/* What is known of the new image sent whole; NULL: nothing. */
static const struct ota_matrix_full *find_full(const struct ota_matrix *matrix, size_t old_at,
					       size_t new_at)
{
	const struct ota_matrix_result *result = find_result(matrix, old_at, new_at);

	if (result && result->full.judged)
		return &result->full;
	if (new_at == newest_of(matrix) && matrix->plan.version[old_at].full.judged)
		return &matrix->plan.version[old_at].full;
	return NULL;
}

struct ota_matrix_leg ota_matrix_full_leg(const struct ota_matrix *matrix, size_t old_at,
					  size_t new_at)
{
	const struct ota_matrix_full *full = find_full(matrix, old_at, new_at);
	struct ota_matrix_leg leg = {.old_at = (uint32_t)old_at,
				     .new_at = (uint32_t)new_at,
				     .is_full = true,
				     .fits = !matrix->plan.has_target || (full && full->fits)};
	bool carried;

	leg.cost = whole_cost(&matrix->plan, matrix->plan.version[new_at].len, &carried);
	leg.fits = leg.fits && carried;
	return leg;
}

/* Of two that give the device as much, what is less for a gateway is better. */
static bool is_smaller(const struct ota_matrix_result *result, uint64_t received, uint64_t whole)
{
	return received < whole || (received == whole && result->sent_len < whole);
}

static struct ota_matrix_leg find_leg(const struct ota_matrix *matrix, size_t old_at, size_t new_at)
{
	const struct ota_matrix_result *result = find_result(matrix, old_at, new_at);
	struct ota_matrix_leg patch = {
		.old_at = (uint32_t)old_at, .new_at = (uint32_t)new_at, .fits = true};
	struct ota_matrix_leg whole;

	if (!result || !result->made || (result->judged && !result->fits))
		return ota_matrix_full_leg(matrix, old_at, new_at);
	patch.cost = patch_cost(result);
	patch.job = (uint32_t)(result - matrix->result);
	if (is_smaller(result, patch.cost.bytes, matrix->plan.version[new_at].len))
		return patch;
	/* A large patch is better than none. */
	whole = ota_matrix_full_leg(matrix, old_at, new_at);
	return whole.fits ? whole : patch;
}

/* -- routes ------------------------------------------------------------------------------------ */

static void add_leg(struct ota_matrix_route *route, struct ota_matrix_leg *legs,
		    const struct ota_matrix_leg *leg)
{
	route->cost = route->n_legs == 0 ? leg->cost : add_cost(&route->cost, &leg->cost);
	legs[route->n_legs++] = *leg;
}

static const char *name_of(const struct ota_matrix *matrix, size_t version)
{
	return matrix->plan.version[version].name;
}

/* Why the new image does not fit whole. */
static const char *reason_of(const struct ota_matrix *matrix, size_t old_at, size_t new_at)
{
	const struct ota_matrix_full *full = find_full(matrix, old_at, new_at);

	if (!full)
		return "no one has judged it";
	return full->reason[0] ? full->reason : "a link cannot carry it";
}

/* Names what is known against a pair. */
static void say_unfit(const struct ota_matrix *matrix, size_t old_at, size_t new_at,
		      struct ota_matrix_route *route)
{
	const struct ota_matrix_job *job = ota_matrix_find_job(&matrix->plan, old_at, new_at);
	const struct ota_matrix_result *result = find_result(matrix, old_at, new_at);

	(void)snprintf(route->why, sizeof(route->why),
		       "%s -> %s: %s, and the whole image does not fit: %s",
		       name_of(matrix, old_at), name_of(matrix, new_at),
		       result ? "no patch fits"
		       : job  ? "no patch has been made"
			      : "no patch is planned",
		       reason_of(matrix, old_at, new_at));
}

static void follow_neighbours(const struct ota_matrix *matrix, size_t from,
			      struct ota_matrix_route *route, struct ota_matrix_leg *legs)
{
	for (size_t at = from; at < newest_of(matrix); at++) {
		struct ota_matrix_leg leg;

		if (!find_result(matrix, at, at + 1)) {
			bool planned = ota_matrix_find_job(&matrix->plan, at, at + 1);

			(void)snprintf(route->why, sizeof(route->why), "%s -> %s %s",
				       name_of(matrix, at), name_of(matrix, at + 1),
				       planned ? "has not been made" : "is not in the plan");
			return;
		}
		leg = find_leg(matrix, at, at + 1);
		if (!leg.fits) {
			say_unfit(matrix, at, at + 1, route);
			return;
		}
		add_leg(route, legs, &leg);
	}
	route->found = true;
}

static void go_straight(const struct ota_matrix *matrix, size_t from,
			struct ota_matrix_route *route, struct ota_matrix_leg *legs)
{
	struct ota_matrix_leg leg = find_leg(matrix, from, newest_of(matrix));

	route->found = leg.fits;
	if (leg.fits)
		add_leg(route, legs, &leg);
	else
		say_unfit(matrix, from, newest_of(matrix), route);
}

static void go_whole(const struct ota_matrix *matrix, size_t from, struct ota_matrix_route *route,
		     struct ota_matrix_leg *legs)
{
	size_t newest = newest_of(matrix);
	struct ota_matrix_leg leg = ota_matrix_full_leg(matrix, from, newest);

	route->found = leg.fits;
	if (leg.fits)
		add_leg(route, legs, &leg);
	else
		(void)snprintf(route->why, sizeof(route->why),
			       "%s -> %s: the whole image does not fit: %s", name_of(matrix, from),
			       name_of(matrix, newest), reason_of(matrix, from, newest));
}

/* Over one version between, if that costs less. */
static void try_between(const struct ota_matrix *matrix, size_t from,
			struct ota_matrix_route *route, struct ota_matrix_leg *legs)
{
	size_t newest = newest_of(matrix);

	for (size_t between = from + 1; between < newest; between++) {
		struct ota_matrix_leg first = find_leg(matrix, from, between);
		struct ota_matrix_leg second;
		struct ota_matrix_cost sum;

		if (!first.fits || (route->found && !costs_less(&first.cost, &route->cost)))
			continue;
		second = find_leg(matrix, between, newest);
		sum = add_cost(&first.cost, &second.cost);
		if (!second.fits || (route->found && !costs_less(&sum, &route->cost)))
			continue;
		*route = (struct ota_matrix_route){.found = true};
		add_leg(route, legs, &first);
		add_leg(route, legs, &second);
	}
}

/* The cheapest way on from a version. */
struct step {
	bool found;
	uint32_t n_legs;
	struct ota_matrix_leg leg;
	struct ota_matrix_cost cost; /* to the newest */
};

/* Takes `leg` and what follows it, if that costs less; of equals fewer legs. */
static void improve(struct step *step, const struct ota_matrix_leg *leg, const struct step *next)
{
	struct ota_matrix_cost cost = leg->cost;
	uint32_t n_legs = 1;

	if (!leg->fits || (next && !next->found))
		return;
	if (next) {
		cost = add_cost(&leg->cost, &next->cost);
		n_legs += next->n_legs;
	}
	if (step->found && !costs_less(&cost, &step->cost) &&
	    (costs_less(&step->cost, &cost) || n_legs >= step->n_legs))
		return;
	*step = (struct step){.found = true, .n_legs = n_legs, .leg = *leg, .cost = cost};
}

/* By the finished jobs that start at version `at`; they follow each other and end before `end`. */
static size_t improve_by_jobs(const struct ota_matrix *matrix, size_t at, size_t end,
			      struct step *step)
{
	const struct ota_matrix_plan *plan = &matrix->plan;
	size_t first = end;

	while (first > 0 && plan->job[first - 1].old_at >= at)
		first--;
	for (size_t i = first; i < end && plan->job[i].old_at == at; i++) {
		size_t next = plan->job[i].new_at;
		struct ota_matrix_leg leg;

		if (next <= at || next >= newest_of(matrix) || !matrix->has[i] || !step[next].found)
			continue;
		/* Nothing comes of it: what a whole image takes is not counted for nothing. */
		if (step[at].found && !costs_less(&step[next].cost, &step[at].cost))
			continue;
		leg = find_leg(matrix, at, next);
		improve(&step[at], &leg, &step[next]);
	}
	return first;
}

/* Over as many versions as it takes, along planned pairs; from the newest back to `from`. */
static void try_chain(const struct ota_matrix *matrix, size_t from, struct ota_matrix_route *route,
		      struct ota_matrix_leg *legs)
{
	struct step step[OTA_MATRIX_VERSIONS_MAX];
	size_t newest = newest_of(matrix);
	size_t end = matrix->plan.n_jobs;

	step[from].found = false;
	for (size_t at = newest; at-- > from;) {
		struct ota_matrix_leg leg = find_leg(matrix, at, newest);

		step[at].found = false;
		improve(&step[at], &leg, NULL);
		end = improve_by_jobs(matrix, at, end, step);
	}
	if (!step[from].found || (route->found && !costs_less(&step[from].cost, &route->cost)))
		return;
	*route = (struct ota_matrix_route){.found = true};
	for (size_t at = from; at < newest; at = step[at].leg.new_at)
		add_leg(route, legs, &step[at].leg);
}

static void find_cheapest(const struct ota_matrix *matrix, size_t from,
			  struct ota_matrix_route *route, struct ota_matrix_leg *legs)
{
	go_straight(matrix, from, route, legs);
	try_between(matrix, from, route, legs);
	if (!route->found || legs[route->n_legs - 1].is_full)
		try_chain(matrix, from, route, legs);
}

void ota_matrix_find_route(const struct ota_matrix *matrix, size_t from,
			   enum ota_matrix_policy policy, struct ota_matrix_route *route,
			   struct ota_matrix_leg *legs)
{
	size_t n = matrix->plan.n_versions;

	assert(from < n && n <= OTA_MATRIX_VERSIONS_MAX);
	*route = (struct ota_matrix_route){.found = from == n - 1};
	if (route->found)
		return;
	switch (policy) {
	case OTA_MATRIX_SEQUENTIAL:
		follow_neighbours(matrix, from, route, legs);
		break;
	case OTA_MATRIX_LATEST:
		go_straight(matrix, from, route, legs);
		break;
	case OTA_MATRIX_ALL:
		find_cheapest(matrix, from, route, legs);
		break;
	case OTA_MATRIX_FULL:
		go_whole(matrix, from, route, legs);
		break;
	}
	if (!route->found) {
		route->n_legs = 0;
		route->cost = (struct ota_matrix_cost){.bytes = 0};
	}
}
