// SPDX-License-Identifier: Apache-2.0
/* BSDIFF40's decoder on its three streams, which the bundle holds plain. */
#include <ota/bsdiff.h>

#include "ledger_run.h"

static struct ota_bsdiff_dec dec;

bool ledger_run(const struct ledger_job *job)
{
	struct ota_span old_image = ledger_span(job->old_image);
	struct ota_dec_io io = {.out = ledger_flash, .room = 0};
	struct ota_span stream[OTA_STREAMS_MAX];
	enum ota_want want = OTA_WANT_STOP;

	for (unsigned i = 0; i < OTA_STREAMS_MAX; i++)
		stream[i] = ledger_span(job->patch[i]);
	if (ota_bsdiff_dec_init(&dec, old_image.len, job->new_image.len) != OTA_OK)
		return false;
	do {
		if (want == OTA_WANT_OLD) {
			io.old = ota_span_sub(old_image, io.old_at, LEDGER_PIECE);
		} else if (want == OTA_WANT_PATCH) {
			io.patch[io.stream] = ota_span_head(stream[io.stream], LEDGER_PIECE);
			stream[io.stream] = ota_span_tail(stream[io.stream], LEDGER_PIECE);
			if (io.patch[io.stream].len == 0)
				return false;
		} else if (want == OTA_WANT_ROOM) {
			io.room = ota_span_sub(ledger_span(job->new_image), dec.new_at, LEDGER_PAGE)
					  .len;
		}
		want = (enum ota_want)LEDGER_CALL(ota_bsdiff_dec_step, LEDGER_WORD(&dec),
						  LEDGER_WORD(&io));
	} while (want < OTA_WANT_NONE);
	return want == OTA_WANT_NONE &&
	       ota_span_equal(ota_span_of(ledger_flash, job->new_image.len),
			      ledger_span(job->new_image));
}
