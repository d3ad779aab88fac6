// SPDX-License-Identifier: Apache-2.0
/* Ways out of too long a delivery: the same link, set otherwise. */
#include <inttypes.h>
#include <stdio.h>

#include "budget_remedy.h"
#include "link_kinds.h"

#define LORAWAN_DR_MAX 15U
/* Parts of a million. */
#define WHOLE_PERCENT 10000U
/* EU868's band at 869.4 to 869.65 MHz. */
#define WIDE_DUTY_PPM 100000U
/* The largest block of CoAP, and an ATT_MTU whose packet is one of link layer length extension. */
#define COAP_BLOCK_MAX 1024U
#define BLE_MTU_LONG   247U

static bool is_of_link(const struct ota_budget_line *line)
{
	return line->where == 0 && line->unit == OTA_UNIT_MICROSECONDS;
}

/* Putting fragments together takes memory by their number, and by how many are spare. */
static bool is_of_fragments(const struct ota_budget_line *line)
{
	return strcmp(line->what, BUDGET_LINE_DEFRAG) == 0;
}

static bool link_fails(const struct ota_search *search)
{
	const struct ota_budget *budget = search->job->budget;

	for (unsigned i = 0; i < budget->n; i++) {
		const struct ota_budget_line *line = &budget->line[i];

		if (!line->fits && (is_of_link(line) || is_of_fragments(line)))
			return true;
	}
	for (unsigned i = 0; i < budget->n_links; i++) {
		if (budget->delivery[i].n_assumptions == 0)
			return true;
	}
	return false;
}

static uint64_t delivery_of(const struct ota_search *search, unsigned i)
{
	return search->trial->budget.delivery[i].duration_us;
}

/* Does the link carry it as it is now set, and does that help? */
static bool link_helps(struct ota_search *search, unsigned i)
{
	const struct ota_budget *before = search->job->budget;

	return ota_trial_helps(search) && search->trial->budget.delivery[i].n_assumptions > 0 &&
	       (before->delivery[i].n_assumptions == 0 ||
		delivery_of(search, i) < before->delivery[i].duration_us ||
		search->trial->budget.delivery[i].airtime_us < before->delivery[i].airtime_us);
}

static void add_link(struct ota_search *search, unsigned i, unsigned order, const char *how,
		     const char *but)
{
	const struct ota_delivery *delivery = &search->trial->budget.delivery[i];
	char airtime[NUMBER_TEXT];
	char duration[NUMBER_TEXT];

	if (delivery->packet_us > 0)
		ota_search_add(search, ota_trial_cures(search), REMEDY_LINK, order,
			       "%s on %s: %s on air, delivery in %s%s", how,
			       search->job->budget->link[i].name,
			       ota_duration_text(delivery->airtime_us, airtime),
			       ota_duration_text(delivery->duration_us, duration), but);
	else
		ota_search_add(search, ota_trial_cures(search), REMEDY_LINK, order,
			       "%s on %s: delivery in %s%s", how, search->job->budget->link[i].name,
			       ota_duration_text(delivery->duration_us, duration), but);
}

static void try_data_rates(struct ota_search *search, unsigned i)
{
	struct ota_link *link = &search->trial->links[i];
	char how[48];

	for (uint32_t dr = search->job->budget->link[i].dr + 1; dr <= LORAWAN_DR_MAX; dr++) {
		ota_trial_begin(search);
		link->dr = dr;
		link->given |= 1U << OTA_LINK_DR;
		/* A larger payload takes larger fragments. */
		if (!ota_link_given(link, OTA_LINK_FRAGMENT))
			link->fragment = 0;
		if (!link_helps(search, i))
			continue;
		(void)snprintf(how, sizeof(how), "data rate DR%" PRIu32, dr);
		add_link(search, i, 0, how, "; it does not reach as far");
		return;
	}
}

static void try_wide_band(struct ota_search *search, unsigned i)
{
	struct ota_link *link = &search->trial->links[i];

	ota_trial_begin(search);
	if (link->region != OTA_REGION_EU868 || link->duty_ppm >= WIDE_DUTY_PPM)
		return;
	link->duty_ppm = WIDE_DUTY_PPM;
	link->given |= 1U << OTA_LINK_DUTY;
	if (link_helps(search, i))
		add_link(search, i, 1, "the 10 % band, 869.4 to 869.65 MHz,", "");
}

/* Fewer spare fragments: half as many, and so on down to none, until it helps. */
static void try_less_redundancy(struct ota_search *search, unsigned i)
{
	struct ota_link *link = &search->trial->links[i];
	char how[64];
	char share[NUMBER_TEXT];

	for (uint32_t ppm = search->job->budget->link[i].redundancy_ppm; ppm > 0;) {
		ppm = ppm / 2 / WHOLE_PERCENT * WHOLE_PERCENT;
		ota_trial_begin(search);
		link->redundancy_ppm = ppm;
		link->given |= 1U << OTA_LINK_REDUNDANCY;
		if (!link_helps(search, i))
			continue;
		(void)snprintf(how, sizeof(how), "redundancy %s", ota_link_percent(ppm, share));
		add_link(search, i, 1, how, "; fewer lost packets are made good");
		return;
	}
}

static void try_larger_packets(struct ota_search *search, unsigned i)
{
	struct ota_link *link = &search->trial->links[i];
	bool ble = link->kind == OTA_LINK_BLE;
	char how[64];
	char number[NUMBER_TEXT];

	ota_trial_begin(search);
	if (ble ? link->mtu >= BLE_MTU_LONG : link->block >= COAP_BLOCK_MAX)
		return;
	if (ble)
		link->mtu = BLE_MTU_LONG;
	else
		link->block = COAP_BLOCK_MAX;
	link->given |= 1U << (ble ? OTA_LINK_MTU : OTA_LINK_BLOCK);
	if (!link_helps(search, i))
		return;
	(void)snprintf(how, sizeof(how), ble ? "an ATT_MTU of %s bytes" : "blocks of %s bytes",
		       ota_number_grouped(ble ? BLE_MTU_LONG : COAP_BLOCK_MAX, number));
	add_link(search, i, 0, how, "");
}

static void try_link(struct ota_search *search, unsigned i)
{
	switch (search->job->budget->link[i].kind) {
	case OTA_LINK_LORAWAN:
		try_data_rates(search, i);
		try_wide_band(search, i);
		try_less_redundancy(search, i);
		break;
	case OTA_LINK_NB_IOT:
	case OTA_LINK_LTE_M:
	case OTA_LINK_BLE:
		try_larger_packets(search, i);
		break;
	}
}

/* -- a smaller update -------------------------------------------------------------------------- */

static bool keeps_limits(const struct ota_search *search, uint64_t bytes)
{
	const struct ota_budget_options *options = search->job->options;
	const struct ota_budget *budget = search->job->budget;

	for (unsigned i = 0; i < budget->n_links; i++) {
		struct ota_delivery delivery;

		if (ota_link_deliver(&budget->link[i], bytes, &delivery, NULL) != OTA_OK ||
		    (options->has_max_airtime && delivery.airtime_us > options->max_airtime_us) ||
		    (options->has_max_delivery && delivery.duration_us > options->max_delivery_us))
			return false;
	}
	return true;
}

static void tell_largest_update(struct ota_search *search)
{
	const struct ota_budget *budget = search->job->budget;
	uint64_t low = 0;
	uint64_t high = budget->received_len;
	char number[2][NUMBER_TEXT];

	if (high == 0 || keeps_limits(search, high))
		return;
	while (high - low > 1) {
		uint64_t middle = low + (high - low) / 2;

		if (keeps_limits(search, middle))
			low = middle;
		else
			high = middle;
	}
	if (low == 0)
		return;
	ota_search_add(search, ota_search_only(search, is_of_link), REMEDY_LINK, 2,
		       "send at most %s bytes, %s less: so much keeps within the limit",
		       ota_number_grouped(low, number[0]),
		       ota_number_grouped(budget->received_len - low, number[1]));
}

void ota_remedies_of_links(struct ota_search *search)
{
	if (!link_fails(search))
		return;
	for (unsigned i = 0; i < search->job->budget->n_links; i++)
		try_link(search, i);
	tell_largest_update(search);
}
