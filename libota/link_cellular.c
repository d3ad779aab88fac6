// SPDX-License-Identifier: Apache-2.0
/* NB-IoT and LTE-M: CoAP's block-wise transfer, one block in flight (RFC 7959). */
#include <inttypes.h>
#include <stdio.h>

#include "link_kinds.h"

/* What a link is when nobody says more. */
struct cellular {
	uint32_t block;
	uint32_t overhead;
	uint32_t rate;
	uint32_t rtt_us;
};

static const struct cellular nb_iot = {512, 60, 20000, 1500000};
static const struct cellular lte_m = {1024, 60, 300000, 150000};

static enum ota_err finish(struct ota_link *link, const struct cellular *otherwise,
			   struct ota_diag *diag)
{
	link->block = ota_link_or(link, OTA_LINK_BLOCK, link->block, otherwise->block);
	link->overhead = ota_link_or(link, OTA_LINK_OVERHEAD, link->overhead, otherwise->overhead);
	link->rate = ota_link_or(link, OTA_LINK_RATE, link->rate, otherwise->rate);
	if (link->rtt_us == 0 && !ota_link_given(link, OTA_LINK_RTT))
		link->rtt_us = otherwise->rtt_us;
	/* RFC 7959, 2.2: 2^4 to 2^10. */
	if ((link->block & (link->block - 1)) != 0)
		return ota_fail(diag, OTA_E_USAGE,
				"block of %" PRIu32 " bytes is none of CoAP's: 16, 32, ... 1024",
				link->block);
	return OTA_OK;
}

static enum ota_err finish_nb_iot(struct ota_link *link, struct ota_diag *diag)
{
	return finish(link, &nb_iot, diag);
}

static enum ota_err finish_lte_m(struct ota_link *link, struct ota_diag *diag)
{
	return finish(link, &lte_m, diag);
}

static void assume(const struct ota_link *link, struct ota_delivery *delivery)
{
	char text[32];

	ota_link_assume(delivery, ota_link_given(link, OTA_LINK_RATE),
			"%s bit/s to the device, all of it for this transfer",
			ota_number_grouped(link->rate, text));
	ota_link_assume(delivery, ota_link_given(link, OTA_LINK_BLOCK),
			"CoAP blocks of %s bytes, one in flight, the last counts as full",
			ota_number_grouped(link->block, text));
	ota_link_assume(delivery, ota_link_given(link, OTA_LINK_OVERHEAD),
			"%s bytes around a block: IP, UDP, DTLS and CoAP headers",
			ota_number_grouped(link->overhead, text));
	ota_link_assume(delivery, ota_link_given(link, OTA_LINK_RTT),
			"%s from a request to the first bit of its block",
			ota_duration_text(link->rtt_us, text));
	ota_link_assume(delivery, false, "no block is lost and sent again");
	ota_link_assume(delivery, false,
			"the device is awake and attached: attaching and eDRX are not counted");
	ota_link_assume(delivery, false, "devices do not wait for each other");
}

static enum ota_err deliver(const struct ota_link *link, struct ota_delivery *delivery,
			    struct ota_diag *diag)
{
	char block[32];
	char overhead[32];
	uint64_t bits = UINT64_C(8) * (link->block + link->overhead); /* of a block */
	uint64_t blocks = ota_link_parts(delivery->bytes, link->block);
	char rtt[32], rate[32];
	char count[48];

	(void)diag;
	delivery->least = blocks;
	delivery->packets = blocks;
	delivery->packet_bytes = link->block;
	delivery->packet_us = ota_link_share(bits, OTA_MILLION, link->rate);
	delivery->airtime_us =
		ota_link_share(ota_link_times(blocks, bits), OTA_MILLION, link->rate);
	delivery->duration_us =
		ota_link_plus(delivery->airtime_us, ota_link_times(blocks, link->rtt_us));
	delivery->fleet_us = delivery->duration_us;
	assume(link, delivery);
	(void)snprintf(delivery->formula, sizeof(delivery->formula),
		       "%s x ((%s + %s) x 8 / %s bit/s + %s)",
		       ota_link_count(blocks, "block", count),
		       ota_number_grouped(link->block, block),
		       ota_number_grouped(link->overhead, overhead),
		       ota_number_grouped(link->rate, rate), ota_link_ms(link->rtt_us, rtt));
	delivery->source = "RFC 7959: block-wise transfer, a round trip for each block";
	return OTA_OK;
}

#define KEYS                                                                                       \
	(1U << OTA_LINK_BLOCK | 1U << OTA_LINK_OVERHEAD | 1U << OTA_LINK_RATE | 1U << OTA_LINK_RTT)

const struct ota_link_row ota_link_nb_iot = {
	.kind = OTA_LINK_NB_IOT,
	.word = "nb-iot",
	.keys = KEYS,
	.finish = finish_nb_iot,
	.deliver = deliver,
};

const struct ota_link_row ota_link_lte_m = {
	.kind = OTA_LINK_LTE_M,
	.word = "lte-m",
	.keys = KEYS,
	.finish = finish_lte_m,
	.deliver = deliver,
};
