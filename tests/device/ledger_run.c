// SPDX-License-Identifier: Apache-2.0
/*
 * Firmware that applies the patches of a bundle as an updater would, on a core that is emulated,
 * and says how much stack the decoder took. The decoder runs on a stack of the bundle's choosing:
 * one that is too small ends in a fault. Linked with one of ledger_run_*.c.
 */
#include "ledger_run.h"

uint8_t ledger_flash[LEDGER_NEW_MAX];

void ledger_main(void)
{
	const struct ledger_bundle *bundle = (const void *)board_files;

	board_begin(bundle->stack == 0 ? BOARD_STACK_MAX : bundle->stack);
	for (uint32_t i = 0; i < bundle->n; i++) {
		const struct ledger_job *job = &bundle->job[i];

		if (!ledger_run(job) && job->whole != 0) {
			board_say("failed: patch ");
			board_say_number(i);
			board_say("\n");
			board_exit(BOARD_FAILED);
		}
	}
	board_say("good, stack ");
	board_say_number(board_used());
	board_say("\n");
	board_exit(BOARD_GOOD);
}
