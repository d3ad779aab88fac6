// SPDX-License-Identifier: Apache-2.0
/*
 * How an update travels to a device, how long that takes, and what the answer rests on: a time
 * without its assumptions means nothing.
 */
#ifndef OTA_LINK_H
#define OTA_LINK_H

#include <ota/diag.h>

#ifdef __cplusplus
extern "C" {
#endif

enum ota_link_kind {
	OTA_LINK_LORAWAN = 1,
	OTA_LINK_NB_IOT,
	OTA_LINK_LTE_M,
	OTA_LINK_BLE,
};

/* The keys of a link; one bit each in `given`. Which kind takes which: ota_link_set. */
enum ota_link_key {
	OTA_LINK_NAME,
	OTA_LINK_REGION,     /* lorawan: eu868, us915 */
	OTA_LINK_DR,         /* lorawan: data rate of the downlink, by the region's table */
	OTA_LINK_CLASS,      /* lorawan: a, b, c */
	OTA_LINK_DUTY,       /* lorawan: share of time that may be sent, percent */
	OTA_LINK_EVERY,      /* lorawan: time between downlinks; class a: between uplinks */
	OTA_LINK_MULTICAST,  /* lorawan: yes, no */
	OTA_LINK_DEVICES,    /* lorawan: devices that one gateway serves; unicast shares its duty */
	OTA_LINK_FRAGMENT,   /* lorawan: bytes of the update in a packet */
	OTA_LINK_HEADER,     /* lorawan: bytes of fragmentation in a packet before them */
	OTA_LINK_REDUNDANCY, /* lorawan: fragments sent beyond the least, percent */
	OTA_LINK_BLOCK,      /* nb-iot, lte-m: bytes of a CoAP block */
	OTA_LINK_OVERHEAD,   /* nb-iot, lte-m: bytes around a block */
	OTA_LINK_RATE,       /* nb-iot, lte-m: bit/s */
	OTA_LINK_RTT,        /* nb-iot, lte-m: round trip of a block */
	OTA_LINK_MTU,        /* ble: ATT_MTU, bytes */
	OTA_LINK_INTERVAL,   /* ble: connection interval */
	OTA_LINK_PACKETS,    /* ble: packets in a connection event */
	OTA_LINK_CRC,        /* lorawan: yes, no: is the radio's CRC of the payload counted */
	OTA_LINK_KEYS,
};

enum ota_link_region { OTA_REGION_EU868 = 1, OTA_REGION_US915 };

/* Zero is a default that the kind has; what was given is in `given`. */
struct ota_link {
	enum ota_link_kind kind;
	char name[32];  /* the kind's word when no name was given */
	unsigned given; /* 1 << ota_link_key */
	enum ota_link_region region;
	uint32_t dr;
	char class_letter; /* 'a', 'b', 'c' */
	uint32_t duty_ppm; /* parts of a million; 1 % is 10,000 */
	uint64_t every_us;
	bool multicast;
	uint32_t devices;
	uint32_t fragment;
	uint32_t header;
	uint32_t redundancy_ppm;
	uint32_t block;
	uint32_t overhead;
	uint32_t rate;
	uint64_t rtt_us;
	uint32_t mtu;
	uint64_t interval_us;
	uint32_t packets;
	bool no_crc;
};

#define OTA_LINKS_MAX 4

/* "lorawan", "nb-iot", "lte-m", "ble". Never NULL. */
OTA_API const char *ota_link_kind_name(enum ota_link_kind kind);

/*
 * Starts a link of a kind by its word. OTA_E_USAGE names the kinds, and the nearest one. Fills
 * `link`.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_link_start(const char *kind, struct ota_link *link,
						   struct ota_diag *diag);

/*
 * Sets one key from text: times as 1.5s, 30ms, 15m, 2h; rates as 20k; shares as 1% or 0.1%.
 * OTA_E_USAGE, put into words: not a key of this kind (the nearest is named), not a value of the
 * key, given twice.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_link_set(struct ota_link *link, const char *key,
						 const char *value, struct ota_diag *diag);

/*
 * What only the whole can tell, after the last key: a fragment larger than the data rate's payload,
 * class a without `every`. Fills defaults in. OTA_E_USAGE.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_link_finish(struct ota_link *link, struct ota_diag *diag);

/* All three for one text: "lorawan,region=eu868,dr=0". OTA_E_USAGE. Fills `link`. */
OTA_API OTA_MUST_CHECK enum ota_err ota_link_parse(const char *text, struct ota_link *link,
						   struct ota_diag *diag);

/* One thing that a delivery's figures rest on. */
struct ota_assumption {
	char text[160]; /* "data rate DR0: SF12, 125 kHz, at most 51 bytes of payload" */
	bool given;     /* false: nobody said so, it is the default */
};

#define OTA_ASSUMPTIONS_MAX 16

/* What sending `bytes` takes; times in microseconds. */
struct ota_delivery {
	uint64_t bytes;
	uint64_t packets;      /* with redundancy */
	uint64_t least;        /* packets without */
	uint32_t packet_bytes; /* of the update, in a full packet */
	uint64_t packet_us;    /* one full packet on air; 0: the link has no such time */
	uint64_t airtime_us;   /* all packets on air: what a duty cycle counts */
	uint64_t duration_us;  /* from first to last packet, for one device, or for all by multicast
				*/
	uint64_t fleet_us;     /* until all `devices` have it; duration_us when there is one */
	/* TS004: what putting fragments together takes beside the decoder; 0: nothing. */
	uint64_t defrag_ram;
	uint64_t defrag_store; /* flash, whole fragments */
	struct ota_assumption assumption[OTA_ASSUMPTIONS_MAX];
	unsigned n_assumptions;
	char formula[160];  /* "4,096 fragments x 2,793 ms / 1 %" : the numbers put in */
	const char *source; /* of the rule, static */
};

/*
 * `bytes` are at most 2^32-1. OTA_E_USAGE, put into words: more packets than the link's counters
 * hold (TS004: 2^14-1), or a time of more than 100,000 years. Fills `delivery`.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_link_deliver(const struct ota_link *link, uint64_t bytes,
						     struct ota_delivery *delivery,
						     struct ota_diag *diag);

/*
 * "2h", "90m", "1.5s", "30ms", "40us", "2d", and sums of falling units: "1h30m", "331 h 4 min".
 * Fills `us` with whole microseconds. OTA_E_MALFORMED.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_duration_parse(struct ota_span text, uint64_t *us);

/*
 * "331 h 4 min", "12.3 s", "2.8 ms", rounded to the nearest of what is shown, into `out`, which is
 * returned. ota_duration_parse reads it.
 */
OTA_API const char *ota_duration_text(uint64_t us, char out[32]);

#ifdef __cplusplus
}
#endif
#endif
