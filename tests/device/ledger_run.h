// SPDX-License-Identifier: Apache-2.0
/*
 * Patches for the ledger's firmware, in a bundle that the host puts into the board's memory
 * (tests/support/device_bundle.py), and what each decoder's driver has.
 */
#ifndef LEDGER_RUN_H
#define LEDGER_RUN_H

#include "ledger_board.h"

#define LEDGER_PAGE  256U
#define LEDGER_PIECE 61U /* bytes of patch or old given at a time */
#ifndef LEDGER_NEW_MAX
#define LEDGER_NEW_MAX 0x40000U
#endif

/* Offset in the bundle, and bytes. */
struct ledger_part {
	uint32_t at;
	uint32_t len;
};

/* A patch; of a format with one stream only the first part is used. */
struct ledger_job {
	uint32_t whole; /* 0: it is hostile, all but a fault will do */
	struct ledger_part old_image;
	struct ledger_part new_image;
	struct ledger_part patch[3];
};

struct ledger_bundle {
	uint32_t stack; /* bytes; 0: all there are */
	uint32_t n;
	struct ledger_job job[];
};

/* Where new is made: LEDGER_NEW_MAX bytes. */
extern uint8_t ledger_flash[];

static inline struct ota_span ledger_span(struct ledger_part part)
{
	return ota_span_of(board_files + part.at, part.len);
}

/* Calls a function with these words, on the stack that is looked at; pointers are 32 bits. */
#define LEDGER_WORD(x) ((uint32_t)(x))
#define LEDGER_CALL(name, ...)                                                                     \
	board_call((const void *)(name), (const uint32_t[BOARD_ARGS]){__VA_ARGS__})

/* Applies the patch. True: new is whole. */
bool ledger_run(const struct ledger_job *job);

#endif
