// SPDX-License-Identifier: Apache-2.0
/* A link as text and what it delivers: an error has words, a time is never less than its air. */
#include <stdlib.h>

#include <ota/link.h>

#define TEXT_MAX 512

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct ota_link *link, uint64_t bytes)
{
	struct ota_delivery delivery;
	struct ota_diag diag = {.err = OTA_OK};

	if (ota_link_deliver(link, bytes, &delivery, &diag) != OTA_OK) {
		if (diag.text[0] == '\0')
			abort();
		return;
	}
	if (delivery.duration_us < delivery.airtime_us || delivery.fleet_us < delivery.duration_us)
		abort();
	if (delivery.packets < delivery.least ||
	    delivery.packets * delivery.packet_bytes < delivery.bytes)
		abort();
}

static void check_duration(struct ota_span text)
{
	uint64_t us = 0;
	uint64_t again = 0;
	char out[32];

	if (ota_duration_parse(text, &us) != OTA_OK)
		return;
	(void)ota_duration_text(us, out);
	if (ota_duration_parse(ota_span_of(out, strlen(out)), &again) != OTA_OK)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ota_rd rd = ota_rd_init(ota_span_of(data, size));
	uint32_t bytes = ota_rd_u32(&rd);
	struct ota_span rest = ota_span_tail(rd.span, rd.at);
	struct ota_link link;
	struct ota_diag diag = {.err = OTA_OK};
	char text[TEXT_MAX];

	check_duration(rest);
	rest = ota_span_head(rest, sizeof(text) - 1);
	if (rest.len > 0)
		memcpy(text, rest.data, rest.len);
	text[rest.len] = '\0';
	if (ota_link_parse(text, &link, &diag) == OTA_OK)
		check(&link, bytes);
	else if (diag.text[0] == '\0')
		abort();
	return 0;
}
