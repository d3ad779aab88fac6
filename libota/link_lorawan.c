// SPDX-License-Identifier: Apache-2.0
/*
 * LoRaWAN: time on air, duty cycle, and the fragments of TS004. All times are whole microseconds:
 * a quarter of a symbol is one at each data rate.
 * Sources: Semtech's LoRaMac-node, src/radio/sx126x/radio.c (time on air), src/mac/region/ (data
 * rates, duty cycles), src/apps/LoRaMac/common/LmHandler/packages/FragDecoder.c; LoRa Alliance
 * RP002 (payload sizes), TS004-1.0.0 (fragmentation).
 */
#include <inttypes.h>
#include <stdio.h>

#include "link_kinds.h"

#define MAC_BYTES 13 /* MHDR 1, DevAddr 4, FCtrl 1, FCnt 2, FPort 1, MIC 4; no FOpts */

/* LoRa symbols: radio.c:931-986. */
#define PREAMBLE       8
#define FIXED_SYMBOLS  12 /* sync word and header block; a quarter more is added below */
#define CODING_SYMBOLS 5  /* of 4 that carry data: coding rate 4/5 */
#define HEADER_BITS    28 /* explicit header, 20, and the 8 that its block carries beside it */
#define CRC_BITS       16

#define TS004_HEADER        3     /* command, and index with session: TS004-1.0.0, 3.7 */
#define TS004_FRAGMENTS_MAX 16383 /* the index has 14 bits */

struct data_rate {
	uint8_t sf;
	uint16_t khz;
	uint8_t payload; /* N that passes a repeater */
	uint8_t most;    /* N without repeaters */
};

struct region {
	const char *word;
	unsigned first; /* data rate of the first row */
	unsigned n;
	const struct data_rate *rate;
	uint32_t duty_ppm;
};

/* DR7 is FSK and has another rule: not counted here. */
static const struct data_rate eu868_rates[] = {
	{12, 125, 51, 51},  {11, 125, 51, 51},  {10, 125, 51, 51},  {9, 125, 115, 115},
	{8, 125, 222, 242}, {7, 125, 222, 242}, {7, 250, 222, 242},
};

/* Downlinks. Their payload sizes are those without repeaters, as LoRaMac-node has them. */
static const struct data_rate us915_rates[] = {
	{12, 500, 53, 53},  {11, 500, 129, 129}, {10, 500, 242, 242},
	{9, 500, 242, 242}, {8, 500, 242, 242},  {7, 500, 242, 242},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct region eu868 = {"eu868", 0, COUNT(eu868_rates), eu868_rates, 10000};
static const struct region us915 = {"us915", 8, COUNT(us915_rates), us915_rates, OTA_MILLION};

static const struct region *region_of(const struct ota_link *link)
{
	return link->region == OTA_REGION_US915 ? &us915 : &eu868;
}

/* finish() has seen to it that there is one. */
static const struct data_rate *rate_of(const struct ota_link *link)
{
	const struct region *region = region_of(link);

	return &region->rate[link->dr - region->first];
}

/* Other headers are someone's own protocol, of which nothing is known. */
static bool is_ts004(const struct ota_link *link)
{
	return link->header == TS004_HEADER;
}

/* -- what a link is ---------------------------------------------------------------------------- */

static enum ota_err finish_rate(struct ota_link *link, struct ota_diag *diag)
{
	const struct region *region;

	if (link->region != OTA_REGION_US915)
		link->region = OTA_REGION_EU868;
	region = region_of(link);
	link->dr = ota_link_or(link, OTA_LINK_DR, link->dr, region->first);
	if (link->dr < region->first || link->dr - region->first >= region->n)
		return ota_fail(diag, OTA_E_USAGE,
				"dr %" PRIu32 " is no LoRa downlink of %s, which has %u to %u",
				link->dr, region->word, region->first,
				region->first + region->n - 1);
	if (link->duty_ppm == 0)
		link->duty_ppm = region->duty_ppm;
	return OTA_OK;
}

static enum ota_err finish_class(struct ota_link *link, struct ota_diag *diag)
{
	if (link->class_letter == '\0')
		link->class_letter = 'c';
	if (link->class_letter == 'a' && link->every_us == 0) {
		(void)ota_fail(diag, OTA_E_USAGE,
			       "class a needs every=TIME: each uplink has one downlink");
		ota_hint(diag, "add every=, the time between two uplinks, as every=15m");
		return OTA_E_USAGE;
	}
	if (link->class_letter == 'a' && link->multicast)
		return ota_fail(diag, OTA_E_USAGE, "class a has no multicast, classes b and c do");
	if (link->class_letter == 'c' && link->every_us != 0)
		return ota_fail(diag, OTA_E_USAGE,
				"class c has no every: the device listens all the time");
	return OTA_OK;
}

static enum ota_err finish_fragment(struct ota_link *link, struct ota_diag *diag)
{
	const struct data_rate *rate = rate_of(link);
	const char *region = region_of(link)->word;

	link->header = ota_link_or(link, OTA_LINK_HEADER, link->header, TS004_HEADER);
	if (link->header >= rate->most)
		return ota_fail(diag, OTA_E_USAGE,
				"header of %" PRIu32 " bytes leaves no room in %u, dr %" PRIu32
				" of %s",
				link->header, rate->most, link->dr, region);
	if (link->fragment == 0)
		link->fragment = link->header < rate->payload ? rate->payload - link->header
							      : rate->most - link->header;
	if (link->fragment > rate->most - link->header)
		return ota_fail(diag, OTA_E_USAGE,
				"fragment of %" PRIu32 " and header of %" PRIu32
				" bytes are %" PRIu32 ", dr %" PRIu32
				" of %s carries %u (fragment at most %" PRIu32 ")",
				link->fragment, link->header, link->fragment + link->header,
				link->dr, region, rate->most, rate->most - link->header);
	return OTA_OK;
}

static enum ota_err finish(struct ota_link *link, struct ota_diag *diag)
{
	enum ota_err err = finish_rate(link, diag);

	if (err == OTA_OK)
		err = finish_class(link, diag);
	return err == OTA_OK ? finish_fragment(link, diag) : err;
}

/* -- what it costs ----------------------------------------------------------------------------- */

/* One packet of `payload` bytes on air, in microseconds. */
static uint64_t time_on_air(const struct ota_link *link, uint32_t payload)
{
	const struct data_rate *rate = rate_of(link);
	uint32_t sf = rate->sf;
	/* Symbols of more than 16 ms have two bits less. */
	uint32_t slow = sf >= 11 && rate->khz == 125 ? 2 : 0;
	/* 13 bytes of LoRaWAN at least: 8 * 13 + 28 is more than 4 * 12. */
	uint32_t bits =
		8 * (payload + MAC_BYTES) + HEADER_BITS - 4 * sf + (link->no_crc ? 0 : CRC_BITS);
	uint32_t block = 4 * (sf - slow);
	uint32_t symbols = (bits + block - 1) / block * CODING_SYMBOLS + PREAMBLE + FIXED_SYMBOLS;
	uint32_t quarter_us = (1U << sf) * 250 / rate->khz;

	return UINT64_C(1) * (4 * symbols + 1) * quarter_us;
}

/* What TS004 pads; another protocol sends no more than is left. */
static uint64_t last_us(const struct ota_link *link, const struct ota_delivery *delivery)
{
	uint64_t left = delivery->bytes % link->fragment;

	if (is_ts004(link) || left == 0 || delivery->packets > delivery->least)
		return delivery->packet_us;
	return time_on_air(link, link->header + (uint32_t)left);
}

static enum ota_err count_packets(const struct ota_link *link, struct ota_delivery *delivery,
				  struct ota_diag *diag)
{
	char packets[32], most[32];

	delivery->packet_bytes = link->fragment;
	delivery->least = ota_link_parts(delivery->bytes, link->fragment);
	delivery->packets = delivery->least +
			    ota_link_share(delivery->least, link->redundancy_ppm, OTA_MILLION);
	if (!is_ts004(link) || delivery->packets <= TS004_FRAGMENTS_MAX)
		return OTA_OK;
	(void)ota_fail(diag, OTA_E_USAGE, "%s fragments, TS004 counts to %s",
		       ota_number_grouped(delivery->packets, packets),
		       ota_number_grouped(TS004_FRAGMENTS_MAX, most));
	ota_hint(diag, "send less, or more in a fragment (a faster dr)");
	return OTA_E_USAGE;
}

static void count_time(const struct ota_link *link, struct ota_delivery *delivery)
{
	uint64_t duty_us, slots_us;
	uint64_t senders = link->multicast ? 1 : link->devices;

	delivery->packet_us = time_on_air(link, link->header + link->fragment);
	if (delivery->packets > 0)
		delivery->airtime_us =
			(delivery->packets - 1) * delivery->packet_us + last_us(link, delivery);
	duty_us = ota_link_share(delivery->airtime_us, OTA_MILLION, link->duty_ppm);
	slots_us = ota_link_times(delivery->packets, link->every_us);
	delivery->duration_us = duty_us > slots_us ? duty_us : slots_us;
	duty_us = ota_link_times(duty_us, senders);
	delivery->fleet_us = duty_us > slots_us ? duty_us : slots_us;
}

/*
 * FragDecoder_t of a 32-bit device, built for this many fragments and for as many lost ones as
 * there are redundant ones; and the arrays on the stack of FragDecoderProcess.
 */
static void count_memory(const struct ota_link *link, struct ota_delivery *delivery)
{
	uint64_t least = delivery->least;
	uint64_t lost = delivery->packets - least;
	uint64_t row = lost / 8 + 1;
	uint64_t state = 12 + row * lost; /* pointer, sizes, line count; then the matrix */
	uint64_t stack = least / 8 + 1 + link->fragment + 2 * row;
	char ram[32], on_stack[32], flash[32];

	if (!is_ts004(link) || least == 0)
		return;
	state = (state + 1) / 2 * 2 + 2 * least + row; /* which fragments are missing */
	state = (state + 1) / 2 * 2 + 8;               /* status */
	delivery->defrag_ram = (state + 3) / 4 * 4;
	delivery->defrag_store = least * link->fragment;
	ota_link_assume(delivery, false,
			"fragments are joined by LoRaMac-node's decoder: %s bytes of RAM, %s of "
			"stack, %s of flash",
			ota_number_grouped(delivery->defrag_ram, ram),
			ota_number_grouped(stack, on_stack),
			ota_number_grouped(delivery->defrag_store, flash));
}

/* -- what that rests on ------------------------------------------------------------------------ */

static void assume_rate(const struct ota_link *link, struct ota_delivery *delivery)
{
	const struct data_rate *rate = rate_of(link);
	bool given = ota_link_given(link, OTA_LINK_DR);

	ota_link_assume(delivery, ota_link_given(link, OTA_LINK_REGION), "region %s",
			region_of(link)->word);
	if (rate->most == rate->payload)
		ota_link_assume(delivery, given,
				"data rate DR%" PRIu32
				": SF%u, %u kHz, at most %u bytes of payload",
				link->dr, rate->sf, rate->khz, rate->payload);
	else
		ota_link_assume(delivery, given,
				"data rate DR%" PRIu32
				": SF%u, %u kHz, at most %u bytes of payload (%u where no "
				"repeater is)",
				link->dr, rate->sf, rate->khz, rate->payload, rate->most);
	ota_link_assume(delivery, false, "preamble of %d symbols, explicit header, coding rate 4/5",
			PREAMBLE);
	if (link->no_crc)
		ota_link_assume(delivery, true, "no CRC of the payload, as in LoRaWAN's downlinks");
	else
		ota_link_assume(delivery, ota_link_given(link, OTA_LINK_CRC),
				"a CRC of the payload is counted, on the safe side: downlinks "
				"have none (crc=no)");
}

static void assume_class(const struct ota_link *link, struct ota_delivery *delivery)
{
	char every[32];

	(void)ota_duration_text(link->every_us, every);
	if (link->class_letter == 'a')
		ota_link_assume(delivery, true,
				"class a: one downlink behind each uplink, an uplink every %s",
				every);
	else if (link->class_letter == 'b' && link->every_us > 0)
		ota_link_assume(delivery, true, "class b: one downlink every %s, a ping slot each",
				every);
	else if (link->class_letter == 'b')
		ota_link_assume(delivery, true,
				"class b: ping slots come often enough to hold nothing up "
				"(every=TIME)");
	else
		ota_link_assume(delivery, ota_link_given(link, OTA_LINK_CLASS),
				"class c: the device listens all the time");
}

static void assume_duty(const struct ota_link *link, struct ota_delivery *delivery)
{
	bool given = ota_link_given(link, OTA_LINK_DUTY);
	bool eu = link->region == OTA_REGION_EU868;
	char text[32];

	(void)ota_link_percent(link->duty_ppm, text);
	if (eu && link->duty_ppm == eu868.duty_ppm)
		ota_link_assume(delivery, given,
				"duty cycle %s, of the gateway's downlinks in 868.0-868.6 MHz "
				"(in 869.4-869.65 MHz, where RX2 is, it is 10 %%)",
				text);
	else if (eu && link->duty_ppm == 10 * eu868.duty_ppm)
		ota_link_assume(delivery, given,
				"duty cycle %s, of the gateway's downlinks in 869.4-869.65 MHz",
				text);
	else if (eu || link->duty_ppm < us915.duty_ppm)
		ota_link_assume(delivery, given, "duty cycle %s, of the gateway's downlinks", text);
	else
		ota_link_assume(delivery, given,
				"no duty cycle: downlinks follow each other without a gap (the "
				"400 ms of dwell time limit uplinks only)");
}

static void assume_devices(const struct ota_link *link, struct ota_delivery *delivery)
{
	bool given =
		ota_link_given(link, OTA_LINK_DEVICES) || ota_link_given(link, OTA_LINK_MULTICAST);
	char text[32];

	(void)ota_number_grouped(link->devices, text);
	if (link->multicast)
		ota_link_assume(delivery, given,
				"multicast: each packet is sent once, for all devices of the "
				"gateway");
	else if (link->devices > 1)
		ota_link_assume(delivery, given,
				"%s devices share one gateway, which sends to one after the other",
				text);
	else
		ota_link_assume(delivery, given, "one device, which has the gateway to itself");
	ota_link_assume(delivery, false,
			"the gateway sends nothing else, messages that set up and end the "
			"transfer are not counted");
}

static void assume_fragments(const struct ota_link *link, struct ota_delivery *delivery)
{
	bool given =
		ota_link_given(link, OTA_LINK_FRAGMENT) || ota_link_given(link, OTA_LINK_HEADER);
	char text[32];

	if (link->header == 0)
		(void)snprintf(text, sizeof(text), "no fragmentation");
	else
		(void)snprintf(text, sizeof(text), "%" PRIu32 " of %s", link->header,
			       is_ts004(link) ? "TS004, padded" : "fragmentation");
	ota_link_assume(delivery, given,
			"%" PRIu32 " bytes of the update in a packet, behind %d of LoRaWAN and %s",
			link->fragment, MAC_BYTES, text);
	given = ota_link_given(link, OTA_LINK_REDUNDANCY);
	if (delivery->packets == delivery->least) {
		ota_link_assume(delivery, given, "redundancy 0 %%: no packet is lost");
	} else {
		char extra[48];

		ota_link_assume(
			delivery, given,
			"redundancy %s: %s more than there is data for, at most "
			"about as many are lost",
			ota_link_percent(link->redundancy_ppm, text),
			ota_link_count(delivery->packets - delivery->least, "packet", extra));
	}
}

static void put_formula(const struct ota_link *link, struct ota_delivery *delivery)
{
	const char *what = is_ts004(link) ? "fragment" : "packet";
	uint64_t slots_us = ota_link_times(delivery->packets, link->every_us);
	uint64_t last = last_us(link, delivery);
	char *out = delivery->formula;
	size_t cap = sizeof(delivery->formula);
	char count[48];
	char each[32], other[32];
	char duty[48] = "";

	(void)ota_link_count(delivery->packets, what, count);
	(void)ota_link_ms(delivery->packet_us, each);
	if (link->duty_ppm < OTA_MILLION)
		(void)snprintf(duty, sizeof(duty), " / %s",
			       ota_link_percent(link->duty_ppm, other));
	if (slots_us > 0 && slots_us == delivery->duration_us)
		(void)snprintf(out, cap, "%s x %s between downlinks", count,
			       ota_duration_text(link->every_us, other));
	else if (last == delivery->packet_us)
		(void)snprintf(out, cap, "%s x %s%s", count, each, duty);
	else
		(void)snprintf(out, cap, "(%s x %s + %s)%s",
			       ota_link_count(delivery->packets - 1, what, count), each,
			       ota_link_ms(last, other), duty);
}

static enum ota_err deliver(const struct ota_link *link, struct ota_delivery *delivery,
			    struct ota_diag *diag)
{
	enum ota_err err = count_packets(link, delivery, diag);

	if (err != OTA_OK)
		return err;
	count_time(link, delivery);
	assume_rate(link, delivery);
	assume_class(link, delivery);
	assume_duty(link, delivery);
	assume_devices(link, delivery);
	assume_fragments(link, delivery);
	count_memory(link, delivery);
	put_formula(link, delivery);
	delivery->source = "LoRaMac-node src/radio/sx126x/radio.c:931-986; LoRa Alliance RP002, "
			   "TS004-1.0.0";
	return OTA_OK;
}

const struct ota_link_row ota_link_lorawan = {
	.kind = OTA_LINK_LORAWAN,
	.word = "lorawan",
	.keys = 1U << OTA_LINK_REGION | 1U << OTA_LINK_DR | 1U << OTA_LINK_CLASS |
		1U << OTA_LINK_DUTY | 1U << OTA_LINK_EVERY | 1U << OTA_LINK_MULTICAST |
		1U << OTA_LINK_DEVICES | 1U << OTA_LINK_FRAGMENT | 1U << OTA_LINK_HEADER |
		1U << OTA_LINK_REDUNDANCY | 1U << OTA_LINK_CRC,
	.finish = finish,
	.deliver = deliver,
};
