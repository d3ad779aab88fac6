// SPDX-License-Identifier: Apache-2.0
/* otd, with a checkpoint and a reset behind every page. */
#include <ota/otd.h>

#include "ledger_run.h"

#ifndef LEDGER_STATE
#define LEDGER_STATE OTA_OTD_DEC_RAM_XS
#endif

static uint32_t state[LEDGER_STATE / 4];

/* Whatever is wanted; what follows the stream has been counted. */
static void give(struct ota_otd_dec *dec, struct ota_dec_io *io, enum ota_want want,
		 struct ota_span stream, struct ota_span old_image)
{
	struct ota_otd_progress progress = ota_otd_dec_progress(dec);
	struct ota_span made = ota_span_of(ledger_flash, progress.new_at);

	if (want == OTA_WANT_PATCH)
		io->patch[0] = ota_span_sub(stream, progress.stream_at, LEDGER_PIECE);
	else if (want == OTA_WANT_OLD)
		io->old = ota_span_sub(old_image, io->old_at, io->old_len);
	else if (want == OTA_WANT_NEW)
		io->old = ota_span_sub(made, io->old_at, LEDGER_PIECE);
	io->out = ledger_flash + progress.new_at;
	if (want == OTA_WANT_ROOM)
		io->room = LEDGER_PAGE;
}

static enum ota_err stop_and_go_on(struct ota_otd_dec **dec, struct ota_dec_io *io)
{
	(void)LEDGER_CALL(ota_otd_dec_seal, LEDGER_WORD(*dec));
	*io = (struct ota_dec_io){.room = 0};
	return (enum ota_err)LEDGER_CALL(ota_otd_dec_resume, LEDGER_WORD(state), sizeof(state),
					 LEDGER_WORD(dec));
}

/* Behind the old image's check every step begins with an empty io. */
static bool decode(struct ota_otd_dec *dec, struct ota_span stream, struct ota_span old_image)
{
	struct ota_dec_io io = {.room = 0};
	enum ota_want want;

	for (;;) {
		want = (enum ota_want)LEDGER_CALL(ota_otd_dec_step, LEDGER_WORD(dec),
						  LEDGER_WORD(&io));
		if (want >= OTA_WANT_NONE)
			return want == OTA_WANT_NONE;
		if (want == OTA_WANT_ROOM && stop_and_go_on(&dec, &io) != OTA_OK)
			return false;
		give(dec, &io, want, stream, old_image);
	}
}

bool ledger_run(const struct ledger_job *job)
{
	struct ota_rd rd = ota_rd_init(ledger_span(job->patch[0]));
	struct ota_otd_header header;
	struct ota_otd_dec *dec = NULL;
	struct ota_span stream;
	uint32_t err;

	err = LEDGER_CALL(ota_otd_header_read, LEDGER_WORD(&rd), LEDGER_WORD(&header));
	if (err != OTA_OK || header.new_image.size > LEDGER_NEW_MAX)
		return false;
	stream = ota_span_tail(rd.span, rd.at);
	err = LEDGER_CALL(ota_otd_dec_init, LEDGER_WORD(state), sizeof(state), LEDGER_WORD(&header),
			  LEDGER_WORD(stream.len), LEDGER_WORD(&dec));
	if (err != OTA_OK || !decode(dec, stream, ledger_span(job->old_image)))
		return false;
	return ota_span_equal(ota_span_of(ledger_flash, header.new_image.size),
			      ledger_span(job->new_image));
}
