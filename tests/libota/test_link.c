// SPDX-License-Identifier: Apache-2.0
/* Links: what an update costs to send, by every rule, and every refusal in words. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include <ota/link.h>

#define KIB UINT64_C(1024)

static struct ota_link link_of(const char *text)
{
	struct ota_link link;
	struct ota_diag diag = {.err = OTA_OK};

	if (ota_link_parse(text, &link, &diag) != OTA_OK)
		fail_msg("%s: %s", text, diag.text);
	return link;
}

static struct ota_delivery deliver(const char *text, uint64_t bytes)
{
	struct ota_link link = link_of(text);
	struct ota_delivery delivery;
	struct ota_diag diag = {.err = OTA_OK};

	if (ota_link_deliver(&link, bytes, &delivery, &diag) != OTA_OK)
		fail_msg("%s: %s", text, diag.text);
	return delivery;
}

static void refuses(const char *text, const char *words)
{
	struct ota_link link;
	struct ota_diag diag = {.err = OTA_OK};

	assert_int_equal(ota_link_parse(text, &link, &diag), OTA_E_USAGE);
	assert_string_equal(diag.text, words);
}

static void cannot_deliver(const char *text, uint64_t bytes, const char *words)
{
	struct ota_link link = link_of(text);
	struct ota_delivery delivery;
	struct ota_diag diag = {.err = OTA_OK};

	assert_int_equal(ota_link_deliver(&link, bytes, &delivery, &diag), OTA_E_USAGE);
	assert_string_equal(diag.text, words);
}

/* In tenths of an hour, rounded to the nearest: what a table of hours shows. */
static uint64_t tenths_of_hours(uint64_t us)
{
	return (us + UINT64_C(180000000)) / UINT64_C(360000000);
}

static uint64_t tenths_of_minutes(uint64_t us)
{
	return (us + UINT64_C(3000000)) / UINT64_C(6000000);
}

static void holds(const struct ota_delivery *delivery, const char *text, bool given)
{
	for (unsigned i = 0; i < delivery->n_assumptions; i++) {
		if (strcmp(delivery->assumption[i].text, text) == 0) {
			assert_int_equal(delivery->assumption[i].given, given);
			return;
		}
	}
	for (unsigned i = 0; i < delivery->n_assumptions; i++)
		print_message("  %s\n", delivery->assumption[i].text);
	fail_msg("nothing is said of: %s", text);
}

/* -- LoRaWAN ----------------------------------------------------------------------------------- */

/* Each row of the published table, to the digits that it shows. */
static void times_of_eu868_are_those_of_the_table(void **state)
{
	static const struct {
		const char *link;
		uint64_t packet_us;
		uint64_t packets;
		uint64_t hours_200, hours_30, hours_15; /* tenths */
	} rows[] = {
		{"lorawan,dr=0", 2793472, 4267, 3311, 497, 248},
		{"lorawan,dr=2", 698368, 4267, 828, 124, 62},
		{"lorawan,dr=3,fragment=51,header=0", 390144, 4016, 435, 65, 33},
		{"lorawan,dr=3", 676864, 1829, 344, 52, 26},
		{"lorawan,duty=10%", 2793472, 4267, 331, 50, 25},
		{"lorawan,dr=5", 368896, 936, 96, 14, 7},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ota_delivery delivery = deliver(rows[i].link, 200 * KIB);

		assert_int_equal(delivery.packet_us, rows[i].packet_us);
		assert_int_equal(delivery.packets, rows[i].packets);
		assert_int_equal(delivery.least, rows[i].packets);
		assert_int_equal(tenths_of_hours(delivery.duration_us), rows[i].hours_200);
		delivery = deliver(rows[i].link, 30 * KIB);
		assert_int_equal(tenths_of_hours(delivery.duration_us), rows[i].hours_30);
		delivery = deliver(rows[i].link, 15 * KIB);
		assert_int_equal(tenths_of_hours(delivery.duration_us), rows[i].hours_15);
	}
}

/* Computed by hand from the formula: 12.25 + 8 + 5 x blocks symbols. */
static void time_on_air_follows_the_formula_at_each_data_rate(void **state)
{
	static const struct {
		const char *link;
		uint64_t packet_us;
		uint32_t fragment;
	} rows[] = {
		{"lorawan,dr=0", 2793472, 48},
		{"lorawan,dr=1", 1560576, 48}, /* 95.25 x 16,384 us */
		{"lorawan,dr=2", 698368, 48},
		{"lorawan,dr=3", 676864, 112},
		{"lorawan,dr=4", 655872, 219},
		{"lorawan,dr=5", 368896, 219},
		{"lorawan,dr=6", 184448, 219},
		{"lorawan,region=us915,dr=8", 616448, 50}, /* 75.25 x 8,192 us */
		{"lorawan,region=us915,dr=9", 615424, 126},
		{"lorawan,region=us915,dr=10", 573952, 239},
		{"lorawan,region=us915,dr=11", 312576, 239},
		{"lorawan,region=us915,dr=12", 176768, 239},
		{"lorawan,region=us915,dr=13", 99904, 239},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ota_delivery delivery = deliver(rows[i].link, KIB);

		assert_int_equal(delivery.packet_bytes, rows[i].fragment);
		assert_int_equal(delivery.packet_us, rows[i].packet_us);
	}
}

/* 200 KB is "more than 4,000 packets" and "40 hours and more", 15 to 30 KB "3 to 6 hours". */
static void often_quoted_claims_hold_at_50_bytes_a_packet_and_sf9(void **state)
{
	struct ota_delivery delivery = deliver("lorawan,dr=3,fragment=50,header=0", 200 * KIB);

	(void)state;
	assert_int_equal(delivery.packets, 4096);
	assert_int_equal(tenths_of_hours(delivery.duration_us), 444);
	/* As a downlink really is, without a CRC. */
	delivery = deliver("lorawan,dr=3,fragment=50,header=0,crc=no", 200 * KIB);
	assert_int_equal(delivery.packet_us, 369664);
	assert_int_equal(tenths_of_hours(delivery.duration_us), 421);
	delivery = deliver("lorawan,dr=3,fragment=50,header=0,crc=no", 15000);
	assert_int_equal(tenths_of_hours(delivery.duration_us), 31);
	delivery = deliver("lorawan,dr=3,fragment=50,header=0,crc=no", 30000);
	assert_int_equal(tenths_of_hours(delivery.duration_us), 62);
	/* Where 51 bytes really are the limit, it is twice that. */
	delivery = deliver("lorawan,dr=2,fragment=51,header=0", 200 * KIB);
	assert_int_equal(tenths_of_hours(delivery.duration_us), 779);
}

/* One block of five symbols at most, never less. */
static void a_payload_crc_costs_at_most_one_block_of_symbols(void **state)
{
	char text[64];

	(void)state;
	for (unsigned fragment = 1; fragment <= 222; fragment++) {
		struct ota_delivery with, without;

		(void)snprintf(text, sizeof(text), "lorawan,dr=5,header=0,fragment=%u", fragment);
		with = deliver(text, fragment);
		(void)snprintf(text, sizeof(text), "lorawan,dr=5,header=0,fragment=%u,crc=no",
			       fragment);
		without = deliver(text, fragment);
		assert_true(with.packet_us == without.packet_us ||
			    with.packet_us == without.packet_us + UINT64_C(5) * 1024);
	}
}

static void the_last_fragment_of_ts004_is_padded_but_no_other_packet(void **state)
{
	struct ota_delivery padded = deliver("lorawan", 49);
	struct ota_delivery bare = deliver("lorawan,header=0", 52);

	(void)state;
	assert_int_equal(padded.packets, 2);
	assert_int_equal(padded.airtime_us, 2 * padded.packet_us);
	assert_int_equal(bare.packets, 2);
	/* 14 bytes on air: 12.25 + 8 + 3 x 5 symbols of 32,768 us */
	assert_int_equal(bare.airtime_us - bare.packet_us, 1155072);
	assert_string_equal(bare.formula, "(1 packet x 2,793.472 ms + 1,155.072 ms) / 1 %");
}

static void nothing_to_send_takes_no_time(void **state)
{
	static const char *const links[] = {"lorawan", "lorawan,header=0", "nb-iot", "lte-m",
					    "ble"};

	(void)state;
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		struct ota_delivery delivery = deliver(links[i], 0);

		assert_int_equal(delivery.packets, 0);
		assert_int_equal(delivery.airtime_us, 0);
		assert_int_equal(delivery.duration_us, 0);
		assert_int_equal(delivery.defrag_ram, 0);
	}
}

static void the_longest_update_does_not_wrap(void **state)
{
	struct ota_delivery delivery = deliver("lorawan,header=0", UINT32_MAX);

	(void)state;
	/* 84,215,045 packets of 51 bytes, none left */
	assert_int_equal(delivery.packets, 84215045);
	assert_int_equal(delivery.airtime_us, UINT64_C(84215045) * 2793472);
	assert_int_equal(delivery.duration_us, UINT64_C(84215045) * 279347200);
	delivery = deliver("nb-iot,block=16,rate=1,rtt=1h", UINT32_MAX);
	assert_int_equal(delivery.duration_us, UINT64_C(268435456) * UINT64_C(4208) * 1000000);
	delivery = deliver("ble,mtu=23,packets=1,interval=4s", UINT32_MAX);
	assert_int_equal(delivery.duration_us, UINT64_C(214748365) * 4000000);
}

static void refuses_what_takes_longer_than_anyone_counts(void **state)
{
	(void)state;
	cannot_deliver("lorawan,name=slow,header=0,fragment=1,duty=0.001%,devices=1000000",
		       UINT32_MAX, "more than 100,000 years");
	cannot_deliver("lorawan,header=0,fragment=1,class=a,every=366d", UINT32_MAX,
		       "more than 100,000 years");
	cannot_deliver("ble", UINT64_C(0x100000000),
		       "update is 4294967296 bytes, a link takes at most 4294967295");
}

static void refuses_more_fragments_than_ts004_counts(void **state)
{
	(void)state;
	assert_int_equal(deliver("lorawan", UINT64_C(16383) * 48).packets, 16383);
	cannot_deliver("lorawan", UINT64_C(16383) * 48 + 1,
		       "16,384 fragments, TS004 counts to 16,383");
	cannot_deliver("lorawan,redundancy=10%", UINT64_C(15000) * 48,
		       "16,500 fragments, TS004 counts to 16,383");
	/* Another protocol's counter is not known. */
	assert_int_equal(deliver("lorawan,header=4", UINT64_C(16384) * 47).packets, 16384);
}

static void redundancy_sends_more_and_needs_more_memory(void **state)
{
	struct ota_delivery delivery = deliver("lorawan,redundancy=10%", 15 * KIB);

	(void)state;
	assert_int_equal(delivery.least, 320);
	assert_int_equal(delivery.packets, 352);
	assert_int_equal(delivery.airtime_us, 352 * UINT64_C(2793472));
	assert_int_equal(delivery.defrag_store, UINT64_C(320) * 48);
	/* ((32>>3)+1)*32 = 160, 2*320, 5; 12 before them, 8 behind; aligned */
	assert_int_equal(delivery.defrag_ram, 828);
	/* One part of a fragment is one more. */
	assert_int_equal(deliver("lorawan,redundancy=0.0001%", 15 * KIB).packets, 321);
	assert_int_equal(deliver("lorawan,redundancy=100%", 15 * KIB).packets, 640);
	assert_int_equal(deliver("lorawan,header=0", 15 * KIB).defrag_ram, 0);
}

static void class_a_waits_for_the_devices_uplinks(void **state)
{
	struct ota_delivery delivery = deliver("lorawan,class=a,every=15m", 15 * KIB);

	(void)state;
	assert_int_equal(delivery.duration_us, UINT64_C(320) * 15 * 60 * 1000000);
	assert_string_equal(delivery.formula, "320 fragments x 15 min between downlinks");
	holds(&delivery, "class a: one downlink behind each uplink, an uplink every 15 min", true);
	/* Uplinks more often than the duty cycle lets the gateway answer. */
	delivery = deliver("lorawan,class=a,every=1m", 15 * KIB);
	assert_int_equal(delivery.duration_us, UINT64_C(320) * 279347200);
	assert_string_equal(delivery.formula, "320 fragments x 2,793.472 ms / 1 %");
	delivery = deliver("lorawan,class=b,every=8s,duty=100%", 15 * KIB);
	assert_int_equal(delivery.duration_us, UINT64_C(320) * 8 * 1000000);
}

static void devices_of_one_gateway_share_its_duty_cycle(void **state)
{
	struct ota_delivery one = deliver("lorawan", 15 * KIB);
	struct ota_delivery all = deliver("lorawan,devices=50", 15 * KIB);

	(void)state;
	assert_int_equal(one.fleet_us, one.duration_us);
	assert_int_equal(all.duration_us, one.duration_us);
	assert_int_equal(all.fleet_us, 50 * one.duration_us);
	all = deliver("lorawan,devices=50,multicast=yes", 15 * KIB);
	assert_int_equal(all.fleet_us, one.duration_us);
	/* Their uplinks do not wait for each other; the gateway's downlinks do. */
	all = deliver("lorawan,devices=2,class=a,every=15m", 15 * KIB);
	assert_int_equal(all.fleet_us, UINT64_C(320) * 15 * 60 * 1000000);
	all = deliver("lorawan,devices=50,class=a,every=15m", 15 * KIB);
	assert_int_equal(all.fleet_us, 50 * one.duration_us);
}

static void every_lorawan_figure_is_an_assumption(void **state)
{
	struct ota_delivery delivery = deliver("lorawan", 200 * KIB);

	(void)state;
	holds(&delivery, "region eu868", false);
	holds(&delivery, "data rate DR0: SF12, 125 kHz, at most 51 bytes of payload", false);
	holds(&delivery, "preamble of 8 symbols, explicit header, coding rate 4/5", false);
	holds(&delivery,
	      "a CRC of the payload is counted, on the safe side: downlinks have none (crc=no)",
	      false);
	holds(&delivery, "class c: the device listens all the time", false);
	holds(&delivery,
	      "duty cycle 1 %, of the gateway's downlinks in 868.0-868.6 MHz (in 869.4-869.65 "
	      "MHz, where RX2 is, it is 10 %)",
	      false);
	holds(&delivery, "one device, which has the gateway to itself", false);
	holds(&delivery,
	      "the gateway sends nothing else, messages that set up and end the transfer are not "
	      "counted",
	      false);
	holds(&delivery,
	      "48 bytes of the update in a packet, behind 13 of LoRaWAN and 3 of TS004, padded",
	      false);
	holds(&delivery, "redundancy 0 %: no packet is lost", false);
	holds(&delivery,
	      "fragments are joined by LoRaMac-node's decoder: 8,556 bytes of RAM, 584 of stack, "
	      "204,816 of flash",
	      false);
	assert_int_equal(delivery.n_assumptions, 11);
	assert_string_equal(delivery.formula, "4,267 fragments x 2,793.472 ms / 1 %");
	assert_non_null(strstr(delivery.source, "radio.c:931-986"));
}

static void what_was_given_is_marked_so(void **state)
{
	struct ota_delivery delivery =
		deliver("lorawan,region=us915,dr=10,class=b,duty=50%,devices=12,fragment=100,"
			"header=2,redundancy=20%,crc=no",
			KIB);

	(void)state;
	holds(&delivery, "region us915", true);
	holds(&delivery, "data rate DR10: SF10, 500 kHz, at most 242 bytes of payload", true);
	holds(&delivery, "no CRC of the payload, as in LoRaWAN's downlinks", true);
	holds(&delivery, "class b: ping slots come often enough to hold nothing up (every=TIME)",
	      true);
	holds(&delivery, "duty cycle 50 %, of the gateway's downlinks", true);
	holds(&delivery, "12 devices share one gateway, which sends to one after the other", true);
	holds(&delivery,
	      "100 bytes of the update in a packet, behind 13 of LoRaWAN and 2 of fragmentation",
	      true);
	holds(&delivery,
	      "redundancy 20 %: 3 packets more than there is data for, at most about as many are "
	      "lost",
	      true);
	delivery = deliver("lorawan,region=us915", KIB);
	holds(&delivery,
	      "no duty cycle: downlinks follow each other without a gap (the 400 ms of dwell time "
	      "limit uplinks only)",
	      false);
	assert_string_equal(delivery.formula, "21 fragments x 616.448 ms");
	delivery = deliver("lorawan,duty=10%,multicast=yes,header=0,dr=5", KIB);
	holds(&delivery, "duty cycle 10 %, of the gateway's downlinks in 869.4-869.65 MHz", true);
	holds(&delivery, "multicast: each packet is sent once, for all devices of the gateway",
	      true);
	holds(&delivery,
	      "222 bytes of the update in a packet, behind 13 of LoRaWAN and no fragmentation",
	      true);
	holds(&delivery,
	      "data rate DR5: SF7, 125 kHz, at most 222 bytes of payload (242 where no repeater "
	      "is)",
	      true);
}

static void refuses_what_lorawan_does_not_allow(void **state)
{
	(void)state;
	refuses("lorawan,dr=7", "dr 7 is no LoRa downlink of eu868, which has 0 to 6");
	refuses("lorawan,region=us915,dr=4",
		"dr 4 is no LoRa downlink of us915, which has 8 to 13");
	refuses("lorawan,region=us915,dr=0",
		"dr 0 is no LoRa downlink of us915, which has 8 to 13");
	refuses("lorawan,fragment=49",
		"fragment of 49 and header of 3 bytes are 52, dr 0 of eu868 carries 51 (fragment "
		"at most 48)");
	refuses("lorawan,dr=5,fragment=240",
		"fragment of 240 and header of 3 bytes are 243, dr 5 of eu868 carries 242 "
		"(fragment at most 239)");
	refuses("lorawan,header=51", "header of 51 bytes leaves no room in 51, dr 0 of eu868");
	refuses("lorawan,class=a", "class a needs every=TIME: each uplink has one downlink");
	refuses("lorawan,class=a,every=1h,multicast=yes",
		"class a has no multicast, classes b and c do");
	refuses("lorawan,every=1h", "class c has no every: the device listens all the time");
	assert_int_equal(link_of("lorawan,dr=5,fragment=239").fragment, 239);
}

/* -- the others -------------------------------------------------------------------------------- */

static void times_of_nb_iot_are_those_of_the_table(void **state)
{
	struct ota_delivery delivery = deliver("nb-iot", 200 * KIB);

	(void)state;
	assert_int_equal(delivery.packets, 400);
	assert_int_equal(delivery.packet_us, 228800);
	assert_int_equal(delivery.airtime_us, UINT64_C(400) * 228800);
	assert_int_equal(delivery.duration_us, UINT64_C(400) * 1728800);
	assert_int_equal(tenths_of_minutes(delivery.duration_us), 115);
	assert_string_equal(delivery.formula,
			    "400 blocks x ((512 + 60) x 8 / 20,000 bit/s + 1,500 ms)");
	delivery = deliver("nb-iot", 30 * KIB);
	assert_int_equal(tenths_of_minutes(delivery.duration_us), 17);
	/* Deep coverage: each request and answer is repeated many times. */
	delivery = deliver("nb-iot,rate=300,rtt=10s", 200 * KIB);
	assert_int_equal(tenths_of_hours(delivery.duration_us), 28);
	delivery = deliver("nb-iot,rate=300,rtt=10s", 30 * KIB);
	assert_int_equal(tenths_of_minutes(delivery.duration_us), 253);
	holds(&delivery, "300 bit/s to the device, all of it for this transfer", true);
	holds(&delivery, "10 s from a request to the first bit of its block", true);
	holds(&delivery, "CoAP blocks of 512 bytes, one in flight, the last counts as full", false);
}

static void lte_m_has_defaults_of_its_own(void **state)
{
	struct ota_delivery delivery = deliver("lte-m", 200 * KIB);

	(void)state;
	assert_int_equal(delivery.packets, 200);
	assert_int_equal(delivery.airtime_us, 5781334); /* 200 x 8,672 bits, rounded up */
	assert_int_equal(delivery.duration_us, 5781334 + UINT64_C(200) * 150000);
	holds(&delivery, "300,000 bit/s to the device, all of it for this transfer", false);
	assert_int_equal(deliver("lte-m,overhead=0,rtt=0s,rate=8k", KIB).duration_us, 1024000);
}

static void ble_counts_connection_events(void **state)
{
	struct ota_delivery delivery = deliver("ble", 200 * KIB);

	(void)state;
	assert_int_equal(delivery.packets, 840);
	assert_int_equal(delivery.packet_us, 0);
	assert_int_equal(delivery.duration_us, UINT64_C(210) * 30000);
	assert_string_equal(delivery.formula, "840 packets / 4 an event, rounded up, x 30 ms");
	holds(&delivery,
	      "ATT_MTU 247: a write carries 244 bytes (20 until a larger MTU is exchanged)", false);
	delivery = deliver("ble,mtu=23,interval=7.5ms,packets=1", 21);
	assert_int_equal(delivery.packets, 2);
	assert_int_equal(delivery.duration_us, 15000);
	holds(&delivery, "connection interval 7.5 ms", true);
	holds(&delivery, "1 packet in a connection event, written without response", true);
}

static void refuses_what_the_other_radios_do_not_allow(void **state)
{
	(void)state;
	refuses("nb-iot,block=500", "block of 500 bytes is none of CoAP's: 16, 32, ... 1024");
	refuses("ble,interval=12ms", "interval of 12 ms is no multiple of 1.25 ms");
	refuses("ble,packets=10,interval=7.5ms",
		"10 packets with mtu 247 are 13.92 ms on air at 2 Mbit/s, interval is 7.5 ms");
}

static void no_assumption_and_no_formula_is_cut_off(void **state)
{
	static const char *const links[] = {
		"lorawan,header=0",
		"lorawan,dr=4,devices=1000000,class=b,redundancy=99.9999%,duty=1.0125%",
		"lorawan,class=a,every=365d,devices=999",
		"lorawan,region=us915,dr=13,devices=1000000,redundancy=12.3456%",
		"nb-iot,rate=999999999,rtt=23.999999h,overhead=1500,block=1024",
		"ble,mtu=517,interval=3.99875s,packets=255",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		struct ota_delivery delivery = deliver(links[i], 700003);

		for (unsigned k = 0; k < delivery.n_assumptions; k++)
			assert_true(strlen(delivery.assumption[k].text) <
				    sizeof(delivery.assumption[k].text) - 1);
		assert_true(strlen(delivery.formula) < sizeof(delivery.formula) - 1);
	}
}

/* -- keys and text ----------------------------------------------------------------------------- */

static void a_kind_takes_its_own_keys_only(void **state)
{
	(void)state;
	refuses("lorawan,drr=0", "lorawan has no key \"drr\", did you mean dr?");
	refuses("lorawan,mtu=23",
		"lorawan has no key \"mtu\" (it has name, region, dr, class, duty, every, "
		"multicast, devices, fragment, header, redundancy, crc)");
	refuses("nb-iot,blok=512", "nb-iot has no key \"blok\", did you mean block?");
	refuses("ble,dr=1", "ble has no key \"dr\" (it has name, mtu, interval, packets)");
	refuses("lorawn", "no link is called \"lorawn\", did you mean lorawan?");
	refuses("wifi", "no link is called \"wifi\" (there are lorawan, nb-iot, lte-m, ble)");
}

static void each_key_has_its_limits(void **state)
{
	static const struct {
		const char *link;
		const char *words;
	} rows[] = {
		{"lorawan,region=eu433", "region \"eu433\" is none of eu868, us915"},
		{"lorawan,dr=16", "dr \"16\" is not a number from 0 to 15"},
		{"lorawan,dr=", "dr \"\" is not a number from 0 to 15"},
		{"lorawan,dr=-1", "dr \"-1\" is not a number from 0 to 15"},
		{"lorawan,class=d", "class \"d\" is none of a, b, c"},
		{"lorawan,multicast=maybe", "multicast \"maybe\" is none of no, yes"},
		{"lorawan,crc=on", "crc \"on\" is none of no, yes"},
		{"lorawan,duty=1",
		 "duty \"1\" is not a share as 1% or 0.1%, from 0.001 % to 100 %"},
		{"lorawan,duty=0%",
		 "duty \"0%\" is not a share as 1% or 0.1%, from 0.001 % to 100 %"},
		{"lorawan,duty=101%",
		 "duty \"101%\" is not a share as 1% or 0.1%, from 0.001 % to 100 %"},
		{"lorawan,duty=0.00001%",
		 "duty \"0.00001%\" is not a share as 1% or 0.1%, from 0.001 % to 100 %"},
		{"lorawan,redundancy=101%",
		 "redundancy \"101%\" is not a share as 1% or 0.1%, from 0 % to 100 %"},
		{"lorawan,every=999ms",
		 "every \"999ms\" is not a time as 30ms, 1.5s, 15m or 2h, from 1 s to 8784 h"},
		{"lorawan,devices=0", "devices \"0\" is not a number from 1 to 1000000"},
		{"lorawan,devices=1000001",
		 "devices \"1000001\" is not a number from 1 to 1000000"},
		{"lorawan,fragment=0", "fragment \"0\" is not a number from 1 to 242"},
		{"lorawan,header=65", "header \"65\" is not a number from 0 to 64"},
		{"nb-iot,block=8", "block \"8\" is not a number from 16 to 1024"},
		{"nb-iot,overhead=1501", "overhead \"1501\" is not a number from 0 to 1500"},
		{"nb-iot,rate=0", "rate \"0\" is not bit/s as 300, 20k or 1M, from 1 to 1000M"},
		{"nb-iot,rate=1001M",
		 "rate \"1001M\" is not bit/s as 300, 20k or 1M, from 1 to 1000M"},
		{"nb-iot,rate=20K", "rate \"20K\" is not bit/s as 300, 20k or 1M, from 1 to 1000M"},
		{"nb-iot,rtt=25h",
		 "rtt \"25h\" is not a time as 30ms, 1.5s, 15m or 2h, from 0 s to 24 h"},
		{"nb-iot,rtt=1", "rtt \"1\" is not a time as 30ms, 1.5s, 15m or 2h, from 0 s to "
				 "24 h"},
		{"ble,mtu=22", "mtu \"22\" is not a number from 23 to 517"},
		{"ble,mtu=518", "mtu \"518\" is not a number from 23 to 517"},
		{"ble,interval=6.25ms", "interval \"6.25ms\" is not a time as 30ms, 1.5s, 15m or "
					"2h, from 7.5 ms to 4 s"},
		{"ble,packets=256", "packets \"256\" is not a number from 1 to 255"},
		{"ble,name=", "name \"\" is not 1 to 31 letters, digits, -, _ and ."},
		{"ble,name=-x", "name \"-x\" is not 1 to 31 letters, digits, -, _ and ."},
		{"ble,name=abcdefghijabcdefghijabcdefghijab",
		 "name \"abcdefghijabcdefghijabcdefghijab\" is not 1 to 31 letters, digits, -, _ "
		 "and ."},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		refuses(rows[i].link, rows[i].words);
}

static void a_key_is_given_once(void **state)
{
	(void)state;
	refuses("lorawan,dr=0,dr=0", "dr is given twice");
	refuses("ble,name=a,name=b", "name is given twice");
	refuses("lorawan,crc=yes,crc=yes", "crc is given twice");
}

static void text_is_a_kind_and_pairs(void **state)
{
	(void)state;
	refuses("", "link is not KIND[,KEY=VALUE...]: an item is empty");
	refuses(",dr=0", "link is not KIND[,KEY=VALUE...]: an item is empty");
	refuses("lorawan,", "link is not KIND[,KEY=VALUE...]: an item is empty");
	refuses("lorawan,,dr=0", "link is not KIND[,KEY=VALUE...]: an item is empty");
	refuses("lorawan,dr", "link's \"dr\" is not KEY=VALUE");
	refuses("ble,name=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"link has an item of 73 characters, at most 63");
}

static void values_are_read_in_their_units(void **state)
{
	struct ota_link link = link_of("lorawan,name=meter.1,region=us915,dr=0x9,class=a,"
				       "duty=0.1 %,every=1.5h,multicast=no,crc=no");

	(void)state;
	assert_string_equal(link.name, "meter.1");
	assert_int_equal(link.region, OTA_REGION_US915);
	assert_int_equal(link.dr, 9);
	assert_int_equal(link.class_letter, 'a');
	assert_int_equal(link.duty_ppm, 1000);
	assert_int_equal(link.every_us, UINT64_C(5400) * 1000000);
	assert_false(link.multicast);
	assert_true(link.no_crc);
	assert_int_equal(link.devices, 1);
	assert_int_equal(link.fragment, 126);
	link = link_of("nb-iot,rate=62.5k,rtt=1.25s");
	assert_string_equal(link.name, "nb-iot");
	assert_int_equal(link.rate, 62500);
	assert_int_equal(link.rtt_us, 1250000);
	assert_int_equal(link_of("lte-m,rate=1M").rate, 1000000);
}

static void a_link_that_nobody_finished_has_the_defaults(void **state)
{
	struct ota_link bare = {.kind = OTA_LINK_LORAWAN};
	struct ota_delivery delivery;
	struct ota_diag diag = {.err = OTA_OK};

	(void)state;
	assert_int_equal(ota_link_deliver(&bare, 15 * KIB, &delivery, &diag), OTA_OK);
	assert_int_equal(delivery.duration_us, deliver("lorawan", 15 * KIB).duration_us);
	bare = (struct ota_link){.kind = OTA_LINK_BLE, .mtu = 2};
	assert_int_equal(ota_link_deliver(&bare, 1, &delivery, &diag), OTA_E_USAGE);
	assert_string_equal(diag.text, "mtu is 2, not from 23 to 517");
	/* A zero that counts as given is no default: the wrong answer was a division by it. */
	bare = (struct ota_link){.kind = OTA_LINK_NB_IOT, .given = 1U << OTA_LINK_BLOCK};
	diag = (struct ota_diag){.err = OTA_OK};
	assert_int_equal(ota_link_deliver(&bare, 1, &delivery, &diag), OTA_E_USAGE);
	assert_string_equal(diag.text, "block is 0, not from 16 to 1024");
	bare = (struct ota_link){.given = 0};
	diag = (struct ota_diag){.err = OTA_OK};
	assert_int_equal(ota_link_deliver(&bare, 1, &delivery, &diag), OTA_E_USAGE);
	assert_string_equal(diag.text, "link is of no known kind");
	assert_string_equal(ota_link_kind_name(bare.kind), "unknown");
	assert_string_equal(ota_link_kind_name(OTA_LINK_LTE_M), "lte-m");
}

/* -- durations --------------------------------------------------------------------------------- */

static uint64_t duration_of(const char *text)
{
	uint64_t us = 0;

	if (ota_duration_parse(ota_span_of(text, strlen(text)), &us) != OTA_OK)
		fail_msg("%s", text);
	return us;
}

static void reads_durations(void **state)
{
	(void)state;
	assert_int_equal(duration_of("40us"), 40);
	assert_int_equal(duration_of("30ms"), 30000);
	assert_int_equal(duration_of("1.5s"), 1500000);
	assert_int_equal(duration_of("90m"), UINT64_C(5400) * 1000000);
	assert_int_equal(duration_of("90 min"), UINT64_C(5400) * 1000000);
	assert_int_equal(duration_of("2h"), UINT64_C(7200) * 1000000);
	assert_int_equal(duration_of("2d"), UINT64_C(172800) * 1000000);
	assert_int_equal(duration_of("1 day"), UINT64_C(86400) * 1000000);
	assert_int_equal(duration_of("1h30m"), UINT64_C(5400) * 1000000);
	assert_int_equal(duration_of("331 h 4 min"), UINT64_C(1191840) * 1000000);
	assert_int_equal(duration_of("0s"), 0);
	assert_int_equal(duration_of("0.000001s"), 1);
	assert_int_equal(duration_of("9223372036854775807us"), INT64_MAX);
}

static void refuses_what_is_no_duration(void **state)
{
	static const char *const bad[] = {
		"",
		"5",
		"s",
		"1.s",
		".5s",
		"1..5s",
		"1.5.5s",
		"-1s",
		"1S",
		"1 h ",
		" 1h",
		"1h 1h",
		"1m 1h",
		"1h,2m",
		"1hm",
		"1.5us",
		"1e3s",
		"1  h",
		"1h  2m",
		"0.0000001s",
		"99999999999999999999us",
		"213503983d",
		"5124095577h",
		"18446744073709551616us",
		"213503982d 9h",
		"1week",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint64_t us = 7;

		if (ota_duration_parse(ota_span_of(bad[i], strlen(bad[i])), &us) != OTA_E_MALFORMED)
			fail_msg("\"%s\" is read as %" PRIu64 " us", bad[i], us);
		assert_int_equal(us, 7);
	}
}

static void prints_durations_to_what_matters(void **state)
{
	static const struct {
		uint64_t us;
		const char *text;
	} rows[] = {
		{0, "0 s"},
		{40, "40 us"},
		{999, "999 us"},
		{1000, "1 ms"},
		{2793, "2.8 ms"},
		{9949, "9.9 ms"},
		{9950, "10 ms"},
		{30000, "30 ms"},
		{228800, "228.8 ms"},
		{999949, "999.9 ms"},
		{999950, "1 s"},
		{2793472, "2.8 s"},
		{12345678, "12.3 s"},
		{59949999, "59.9 s"},
		{59950000, "1 min"},
		{UINT64_C(691520000), "11 min 32 s"},
		{UINT64_C(3599499999), "59 min 59 s"},
		{UINT64_C(3599500000), "1 h"},
		{UINT64_C(1191973478400), "331 h 6 min"},
		{UINT64_C(35999969999999), "9999 h 59 min"},
		{UINT64_C(35999970000000), "417 days"},
		{UINT64_C(36000000000000), "417 days"},
		{UINT64_MAX, "213503982 days"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char out[32];

		assert_string_equal(ota_duration_text(rows[i].us, out), rows[i].text);
	}
}

/* What is printed is read back, and printed the same. */
static void durations_go_round(void **state)
{
	(void)state;
	for (uint64_t us = 1; us < UINT64_MAX / 3; us += us / 20 + 7) {
		char out[32];
		char again[32];

		(void)ota_duration_text(us, out);
		assert_string_equal(ota_duration_text(duration_of(out), again), out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_of_eu868_are_those_of_the_table),
		cmocka_unit_test(time_on_air_follows_the_formula_at_each_data_rate),
		cmocka_unit_test(often_quoted_claims_hold_at_50_bytes_a_packet_and_sf9),
		cmocka_unit_test(a_payload_crc_costs_at_most_one_block_of_symbols),
		cmocka_unit_test(the_last_fragment_of_ts004_is_padded_but_no_other_packet),
		cmocka_unit_test(nothing_to_send_takes_no_time),
		cmocka_unit_test(the_longest_update_does_not_wrap),
		cmocka_unit_test(refuses_what_takes_longer_than_anyone_counts),
		cmocka_unit_test(refuses_more_fragments_than_ts004_counts),
		cmocka_unit_test(redundancy_sends_more_and_needs_more_memory),
		cmocka_unit_test(class_a_waits_for_the_devices_uplinks),
		cmocka_unit_test(devices_of_one_gateway_share_its_duty_cycle),
		cmocka_unit_test(every_lorawan_figure_is_an_assumption),
		cmocka_unit_test(what_was_given_is_marked_so),
		cmocka_unit_test(refuses_what_lorawan_does_not_allow),
		cmocka_unit_test(times_of_nb_iot_are_those_of_the_table),
		cmocka_unit_test(lte_m_has_defaults_of_its_own),
		cmocka_unit_test(ble_counts_connection_events),
		cmocka_unit_test(refuses_what_the_other_radios_do_not_allow),
		cmocka_unit_test(no_assumption_and_no_formula_is_cut_off),
		cmocka_unit_test(a_kind_takes_its_own_keys_only),
		cmocka_unit_test(each_key_has_its_limits),
		cmocka_unit_test(a_key_is_given_once),
		cmocka_unit_test(text_is_a_kind_and_pairs),
		cmocka_unit_test(values_are_read_in_their_units),
		cmocka_unit_test(a_link_that_nobody_finished_has_the_defaults),
		cmocka_unit_test(reads_durations),
		cmocka_unit_test(refuses_what_is_no_duration),
		cmocka_unit_test(prints_durations_to_what_matters),
		cmocka_unit_test(durations_go_round),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
