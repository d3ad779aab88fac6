// SPDX-License-Identifier: Apache-2.0
/* Bluetooth Low Energy: writes without response, some in each connection event. */
#include <inttypes.h>
#include <stdio.h>

#include "link_kinds.h"

#define ATT_WRITE_HEADER 3    /* opcode and handle; Core, Vol 3, Part F, 3.4.5.3 */
#define INTERVAL_UNIT_US 1250 /* Core, Vol 6, Part B, 4.5.1 */

/* The fastest there is: 2M PHY, long data packets, each answered by an empty one. */
#define AIR_BYTE_US    4   /* 8 bits at 2 Mbit/s */
#define LL_OVERHEAD    11  /* preamble 2, address 4, header 2, CRC 3; Core, Vol 6, Part B, 2.1 */
#define LL_DATA_MAX    251 /* 2.4 */
#define FRAME_SPACE_US 150 /* 4.1.1 */
#define L2CAP_HEADER   4

#define MTU_DEFAULT         247 /* one link-layer packet with data length extension */
#define INTERVAL_DEFAULT_US 30000
#define PACKETS_DEFAULT     4

/* What the packets of one connection event take on air, at least. */
static uint64_t least_event_us(const struct ota_link *link)
{
	uint32_t data = link->mtu + L2CAP_HEADER;
	uint64_t frames = ota_link_parts(data, LL_DATA_MAX);
	uint32_t frame_us = 2 * (LL_OVERHEAD * AIR_BYTE_US + FRAME_SPACE_US);

	return link->packets * (frames * frame_us + UINT64_C(1) * data * AIR_BYTE_US);
}

static enum ota_err finish(struct ota_link *link, struct ota_diag *diag)
{
	char text[32];

	link->mtu = ota_link_or(link, OTA_LINK_MTU, link->mtu, MTU_DEFAULT);
	link->packets = ota_link_or(link, OTA_LINK_PACKETS, link->packets, PACKETS_DEFAULT);
	if (link->interval_us == 0)
		link->interval_us = INTERVAL_DEFAULT_US;
	if (link->interval_us % INTERVAL_UNIT_US != 0)
		return ota_fail(diag, OTA_E_USAGE, "interval of %s is no multiple of 1.25 ms",
				ota_link_ms(link->interval_us, text));
	if (least_event_us(link) > link->interval_us) {
		char air[32];

		return ota_fail(diag, OTA_E_USAGE,
				"%" PRIu32 " packets with mtu %" PRIu32
				" are %s on air at 2 Mbit/s, interval is %s",
				link->packets, link->mtu, ota_link_ms(least_event_us(link), air),
				ota_link_ms(link->interval_us, text));
	}
	return OTA_OK;
}

static void assume(const struct ota_link *link, struct ota_delivery *delivery)
{
	char text[32];

	ota_link_assume(delivery, ota_link_given(link, OTA_LINK_MTU),
			"ATT_MTU %" PRIu32 ": a write carries %" PRIu32
			" bytes (20 until a larger MTU is exchanged)",
			link->mtu, link->mtu - ATT_WRITE_HEADER);
	ota_link_assume(delivery, ota_link_given(link, OTA_LINK_INTERVAL), "connection interval %s",
			ota_link_ms(link->interval_us, text));
	ota_link_assume(delivery, ota_link_given(link, OTA_LINK_PACKETS),
			"%" PRIu32 " packet%s in a connection event, written without response",
			link->packets, link->packets == 1 ? "" : "s");
	ota_link_assume(delivery, false, "no packet is lost and sent again");
	ota_link_assume(delivery, false, "the device writes to flash as fast as packets come in");
	ota_link_assume(delivery, false, "devices do not wait for each other");
}

static enum ota_err deliver(const struct ota_link *link, struct ota_delivery *delivery,
			    struct ota_diag *diag)
{
	char count[48];
	char interval[32];

	(void)diag;
	delivery->packet_bytes = link->mtu - ATT_WRITE_HEADER;
	delivery->least = ota_link_parts(delivery->bytes, delivery->packet_bytes);
	delivery->packets = delivery->least;
	delivery->duration_us =
		ota_link_times(ota_link_parts(delivery->packets, link->packets), link->interval_us);
	delivery->fleet_us = delivery->duration_us;
	assume(link, delivery);
	(void)snprintf(delivery->formula, sizeof(delivery->formula),
		       "%s / %" PRIu32 " an event, rounded up, x %s",
		       ota_link_count(delivery->packets, "packet", count), link->packets,
		       ota_link_ms(link->interval_us, interval));
	delivery->source = "Bluetooth Core: ATT writes (Vol 3, Part F), connection events (Vol 6, "
			   "Part B)";
	return OTA_OK;
}

const struct ota_link_row ota_link_ble = {
	.kind = OTA_LINK_BLE,
	.word = "ble",
	.keys = 1U << OTA_LINK_MTU | 1U << OTA_LINK_INTERVAL | 1U << OTA_LINK_PACKETS,
	.finish = finish,
	.deliver = deliver,
};
