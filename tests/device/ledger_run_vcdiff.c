// SPDX-License-Identifier: Apache-2.0
/* VCDIFF with plain windows, each made where it belongs in new. */
#include <ota/vcdiff.h>

#include "ledger_run.h"

static struct ota_vcdiff_dec dec;

/* The sections of a window lie one behind the other, from the cursor on. */
static bool make_window(struct ota_rd *rd, const struct ota_vcdiff_window *window,
			struct ota_span old_image, uint32_t new_at)
{
	struct ota_dec_io io = {.out = ledger_flash + new_at};
	enum ota_want want;

	for (unsigned i = 0; i < OTA_VCDIFF_SECTIONS; i++)
		io.patch[i] = ota_rd_bytes(rd, window->section_len[i]);
	(void)LEDGER_CALL(ota_vcdiff_dec_init, LEDGER_WORD(&dec), LEDGER_WORD(window),
			  LEDGER_WORD(window->section_len));
	for (;;) {
		want = (enum ota_want)LEDGER_CALL(ota_vcdiff_dec_step, LEDGER_WORD(&dec),
						  LEDGER_WORD(&io));
		if (want == OTA_WANT_OLD)
			io.old = ota_span_sub(old_image, io.old_at, LEDGER_PIECE);
		else if (want == OTA_WANT_ROOM)
			io.room = window->new_len - dec.new_at;
		else
			return want == OTA_WANT_NONE;
	}
}

bool ledger_run(const struct ledger_job *job)
{
	struct ota_rd rd = ota_rd_init(ledger_span(job->patch[0]));
	struct ota_span old_image = ledger_span(job->old_image);
	struct ota_vcdiff_header header;
	struct ota_vcdiff_window window;
	uint32_t new_at = 0;
	uint32_t err = LEDGER_CALL(ota_vcdiff_header_read, LEDGER_WORD(&rd), LEDGER_WORD(&header));

	while (err == OTA_OK && ota_rd_left(&rd) > 0) {
		err = LEDGER_CALL(ota_vcdiff_window_read, LEDGER_WORD(&rd),
				  BOARD_PAIR(old_image.len), LEDGER_NEW_MAX - new_at, 0,
				  LEDGER_WORD(&window));
		if (err != OTA_OK || !make_window(&rd, &window, old_image, new_at))
			return false;
		new_at += window.new_len;
	}
	return err == OTA_OK &&
	       ota_span_equal(ota_span_of(ledger_flash, new_at), ledger_span(job->new_image));
}
