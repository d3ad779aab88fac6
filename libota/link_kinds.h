// SPDX-License-Identifier: Apache-2.0
/* The kinds of links, one row each, and what their files share. */
#ifndef LINK_KINDS_H
#define LINK_KINDS_H

#include <ota/link.h>
#include <ota/number.h>

struct ota_link_row {
	enum ota_link_kind kind;
	const char *word;
	unsigned keys; /* that it takes: 1 << ota_link_key */
	/* Fills defaults in and judges the whole. OTA_E_USAGE, put into words. */
	enum ota_err (*finish)(struct ota_link *link, struct ota_diag *diag);
	/* Fills all but `bytes`, which is given. Times too long to count are UINT64_MAX. */
	enum ota_err (*deliver)(const struct ota_link *link, struct ota_delivery *delivery,
				struct ota_diag *diag);
};

extern const struct ota_link_row ota_link_lorawan, ota_link_nb_iot, ota_link_lte_m, ota_link_ble;

#define OTA_MILLION 1000000U /* microseconds of a second; parts of a whole */

static inline bool ota_link_given(const struct ota_link *link, enum ota_link_key key)
{
	return (link->given >> key & 1U) != 0;
}

/* `value`, or what stands in its place when nobody gave one. */
static inline uint32_t ota_link_or(const struct ota_link *link, enum ota_link_key key,
				   uint32_t value, uint32_t otherwise)
{
	return value == 0 && !ota_link_given(link, key) ? otherwise : value;
}

/* Adds one; more than OTA_ASSUMPTIONS_MAX is our own mistake. */
void ota_link_assume(struct ota_delivery *delivery, bool given, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Sums and products that end at UINT64_MAX. */
uint64_t ota_link_plus(uint64_t a, uint64_t b);
uint64_t ota_link_times(uint64_t a, uint64_t b);
/* value * of / whole, rounded up; neither is larger than 10^9, `whole` is not 0. */
uint64_t ota_link_share(uint64_t value, uint32_t of, uint32_t whole);
/* How many parts of `size` it takes to hold `bytes`. */
uint64_t ota_link_parts(uint64_t bytes, uint32_t size);

/* Figures for sentences, into `out`, which is returned: "1 block"; "2.5 ms"; "0.1 %". */
const char *ota_link_count(uint64_t n, const char *one, char out[48]);
const char *ota_link_ms(uint64_t us, char out[32]);
const char *ota_link_percent(uint32_t ppm, char out[32]);

/* A number with a fraction, as it is written: 1.5 is 15 with 1 digit behind the point. */
struct ota_decimal {
	uint64_t digits;
	unsigned behind;
};

/* Takes one off the front of `text`; false when none is there, or one too long to count. */
bool ota_decimal_take(struct ota_span *text, struct ota_decimal *number);
/* number * scale; false when that is no whole number, or too large. */
bool ota_decimal_scale(const struct ota_decimal *number, uint64_t scale, uint64_t *value);

#endif
