// SPDX-License-Identifier: Apache-2.0
/* What the table's figures rest on: the assumptions of a delivery, and the rules. */
#include <stdio.h>

#include "check_job.h"

#define TEXT_MAX 3072

/* "given:   a; b; c": all assumptions, for a time without them means nothing. */
static void print_assumptions(const struct ota_delivery *delivery, bool given)
{
	char text[TEXT_MAX] = "";
	size_t at = 0;

	for (unsigned i = 0; i < delivery->n_assumptions; i++) {
		const struct ota_assumption *one = &delivery->assumption[i];

		if (one->given != given)
			continue;
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%s", at > 0 ? "; " : "",
				       one->text);
	}
	if (at > 0)
		check_print_wrapped(given ? "    given:   " : "    assumed: ", 13, text);
}

/* "84 packets of 48 bytes, 3 min 54 s on air, 6 h 31 min in all". */
static void print_figures(const struct ota_link *link, const struct ota_delivery *delivery)
{
	char first[64];
	char text[TEXT_MAX];
	char a[32];
	char b[32];
	size_t at;

	(void)snprintf(first, sizeof(first), "  %s: ", link->name);
	at = (size_t)snprintf(text, sizeof(text), "%s packets of at most %s bytes",
			      ota_number_grouped(delivery->packets, a),
			      ota_number_grouped(delivery->packet_bytes, b));
	if (delivery->airtime_us > 0)
		at += (size_t)snprintf(text + at, sizeof(text) - at, ", %s on air",
				       ota_duration_text(delivery->airtime_us, a));
	at += (size_t)snprintf(text + at, sizeof(text) - at, ", %s from first to last packet",
			       ota_duration_text(delivery->duration_us, a));
	if (delivery->fleet_us != delivery->duration_us)
		at += (size_t)snprintf(text + at, sizeof(text) - at,
				       ", %s until all devices have it",
				       ota_duration_text(delivery->fleet_us, a));
	if (delivery->defrag_ram > 0)
		(void)snprintf(text + at, sizeof(text) - at,
			       "; %s bytes of RAM put the fragments together",
			       ota_number_grouped(delivery->defrag_ram, a));
	check_print_wrapped(first, 4, text);
}

void check_print_deliveries(const struct ota_budget *budget)
{
	bool headed = false;

	for (unsigned i = 0; i < budget->n_links; i++) {
		const struct ota_delivery *delivery = &budget->delivery[i];
		char bytes[32];

		/* A link that cannot carry so much: its line and a finding say so. */
		if (delivery->n_assumptions == 0)
			continue;
		if (!headed)
			printf("\ndelivery of %s bytes%s\n",
			       ota_number_grouped(delivery->bytes, bytes),
			       budget->applier == OTA_APPLIED_BY_GATEWAY
				       ? ", the whole new image: the gateway sends it"
				       : "");
		headed = true;
		print_figures(&budget->link[i], delivery);
		if (delivery->formula[0])
			check_print_wrapped("    sum:     ", 13, delivery->formula);
		print_assumptions(delivery, true);
		print_assumptions(delivery, false);
	}
}

/* On one line, or its parts on a line each. */
static void print_rule(const struct ota_budget_rule *rule)
{
	char source[256] = "";
	char text[TEXT_MAX];
	int len;

	if (rule->source && rule->source[0])
		(void)snprintf(source, sizeof(source), "[%s]", rule->source);
	len = snprintf(text, sizeof(text), "  %s: %s = %s%s%s", rule->item, rule->formula,
		       rule->numbers, source[0] ? "   " : "", source);
	if (len <= CHECK_COLUMNS) {
		printf("%s\n", text);
		return;
	}
	(void)snprintf(text, sizeof(text), "  %s: ", rule->item);
	check_print_wrapped(text, 6, rule->formula);
	check_print_wrapped("      = ", 8, rule->numbers);
	if (source[0])
		check_print_wrapped("      ", 7, source);
}

void check_print_rules(const struct ota_budget *budget)
{
	if (budget->n_rules > 0)
		printf("\nrules (paths in boot/ are those of MCUboot, commit 2d4bacc3c15e)\n");
	for (unsigned i = 0; i < budget->n_rules; i++)
		print_rule(&budget->rule[i]);
}
