// SPDX-License-Identifier: Apache-2.0
/* Delivery over each link, against the caller's limits. */
#include <stdio.h>

#include "budget_parts.h"

/* The link's counters do not hold so many packets: not a mistake of the caller's, but a no. */
static void find_too_many(struct budget_job *job, const struct ota_link *link, const char *reason)
{
	struct ota_budget_finding *finding =
		ota_budget_find(job->budget, BUDGET_FINDING_LINK, OTA_SEVERITY_FAILURE, "%s: %s",
				link->name, reason);

	(void)snprintf(finding->why, sizeof(finding->why),
		       "the device could not count the packets, and never has all of them");
	(void)snprintf(finding->remedy, sizeof(finding->remedy),
		       "larger fragments, at a faster data rate, or a smaller update");
}

enum ota_err ota_budget_deliver(struct budget_job *job, struct ota_diag *diag)
{
	const struct ota_budget_options *options = job->options;
	struct ota_budget *budget = job->budget;
	const struct ota_link *links = options->links ? options->links : job->target->link;
	unsigned n = options->links ? options->n_links : job->target->n_links;

	budget->n_links = n < OTA_LINKS_MAX ? n : OTA_LINKS_MAX;
	if (budget->n_links == 0 && (options->has_max_airtime || options->has_max_delivery))
		return ota_fail(diag, OTA_E_USAGE, "a limit of %s needs a link, %s has none",
				options->has_max_airtime ? "airtime" : "delivery time",
				job->target->name);
	for (unsigned i = 0; i < budget->n_links; i++) {
		struct ota_diag why = {.err = OTA_OK};

		budget->link[i] = links[i];
		if (ota_link_deliver(&links[i], budget->received_len, &budget->delivery[i], &why) ==
		    OTA_OK)
			continue;
		budget->delivery[i] = (struct ota_delivery){.bytes = budget->received_len};
		find_too_many(job, &links[i], why.text);
	}
	return OTA_OK;
}

static struct ota_budget_line *add_line(struct budget_job *job, unsigned i, enum ota_unit unit,
					const char *what, uint64_t needs)
{
	const struct ota_budget *budget = job->budget;
	char name[sizeof(budget->line[0].what)];
	struct ota_budget_line *line;

	(void)snprintf(name, sizeof(name), "%s, %s", what, budget->link[i].name);
	line = ota_budget_add(job, 0, unit, name, needs);
	if (budget->applier == OTA_APPLIED_BY_GATEWAY)
		ota_budget_note(line, "from the gateway, the whole new image");
	return line;
}

static void add_packets(struct budget_job *job, unsigned i)
{
	const struct ota_delivery *delivery = &job->budget->delivery[i];
	bool redundant = delivery->packets != delivery->least;
	struct ota_budget_line *line =
		add_line(job, i, OTA_UNIT_PACKETS, "packets", delivery->packets);
	char more[NUMBER_TEXT + 32] = "";
	char number[4][NUMBER_TEXT];

	if (delivery->n_assumptions == 0)
		return;
	if (redundant)
		(void)snprintf(more, sizeof(more), ", with redundancy %s",
			       ota_number_grouped(delivery->packets, number[3]));
	ota_budget_explain(job->budget, line->what, "update / bytes in a packet, rounded up",
			   delivery->source, "%s / %s = %s%s",
			   ota_number_grouped(delivery->bytes, number[0]),
			   ota_number_grouped(delivery->packet_bytes, number[1]),
			   ota_number_grouped(delivery->least, number[2]), more);
}

/* What cannot be carried keeps within no limit. */
static void refuse_line(struct ota_budget_line *line, const struct ota_delivery *delivery)
{
	if (delivery->n_assumptions > 0)
		return;
	ota_budget_note(line, "cannot be carried");
	line->fits = !line->limited;
}

/* A link that tells no airtime gets a line all the same when there is a limit: it was looked at. */
static void add_airtime(struct budget_job *job, unsigned i)
{
	const struct ota_budget_options *options = job->options;
	const struct ota_delivery *delivery = &job->budget->delivery[i];
	struct ota_budget_line *line =
		add_line(job, i, OTA_UNIT_MICROSECONDS, "airtime", delivery->airtime_us);
	char number[3][NUMBER_TEXT];

	ota_budget_gate(line, options->has_max_airtime, options->max_airtime_us);
	if (delivery->n_assumptions > 0 && delivery->packet_us == 0)
		ota_budget_note(line, "%s has no airtime that is known",
				ota_link_kind_name(job->budget->link[i].kind));
	refuse_line(line, delivery);
	if (delivery->packet_us == 0)
		return;
	ota_budget_explain(job->budget, line->what,
			   "packets * time of a full one on air, the last as long as it is",
			   delivery->source, "%s packets, %s each: %s",
			   ota_number_grouped(delivery->packets, number[0]),
			   ota_duration_text(delivery->packet_us, number[1]),
			   ota_duration_text(delivery->airtime_us, number[2]));
}

static void add_delivery(struct budget_job *job, unsigned i)
{
	const struct ota_budget_options *options = job->options;
	const struct ota_delivery *delivery = &job->budget->delivery[i];
	struct ota_budget_line *line =
		add_line(job, i, OTA_UNIT_MICROSECONDS, "delivery", delivery->duration_us);
	char text[NUMBER_TEXT];

	ota_budget_gate(line, options->has_max_delivery, options->max_delivery_us);
	if (delivery->fleet_us > delivery->duration_us)
		ota_budget_note(line, "%s until all devices have it",
				ota_duration_text(delivery->fleet_us, text));
	refuse_line(line, delivery);
	if (delivery->n_assumptions > 0)
		ota_budget_explain(job->budget, line->what, "from first to last packet",
				   delivery->source, "%s = %s", delivery->formula,
				   ota_duration_text(delivery->duration_us, text));
}

void ota_budget_links(struct budget_job *job)
{
	const struct ota_budget_options *options = job->options;

	for (unsigned i = 0; i < job->budget->n_links; i++) {
		const struct ota_delivery *delivery = &job->budget->delivery[i];

		add_packets(job, i);
		if (delivery->packet_us > 0 || options->has_max_airtime)
			add_airtime(job, i);
		add_delivery(job, i);
	}
}
