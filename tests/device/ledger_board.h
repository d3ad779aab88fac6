// SPDX-License-Identifier: Apache-2.0
/*
 * An emulated board of the ledger's: a Cortex-M (mps2) or rv32 (virt), words to the host, and one
 * function at a time on a stack of its own at the very bottom of RAM, where what lies below faults.
 */
#ifndef LEDGER_BOARD_H
#define LEDGER_BOARD_H

#include <ota/bytes.h>

/* Exit codes of the emulator. */
#define BOARD_GOOD   0U
#define BOARD_FAILED 1U
#define BOARD_FAULT  7U

/* The arguments of a function, as words. */
#define BOARD_ARGS 8U
/* The first one of 64 bits, behind one of 32: on Arm it begins at an even word. */
#ifdef __riscv
#define BOARD_PAIR(low) (low), 0
#else
#define BOARD_PAIR(low) 0, (low), 0
#endif

/* The board's memory, by ledger.ld: where the host has put its files, and the stack's first byte.
 */
extern const uint8_t board_files[];
extern uint32_t board_stack[];

/* Most bytes of that stack. */
#define BOARD_STACK_MAX 2048U

/*
 * Readies that stack: `size` bytes, a multiple of 4, between the hole and whoever calls the
 * functions. Their arguments behind the first four lie above it.
 */
void board_begin(uint32_t size);
/* Calls `function`; nothing else uses the stack. Returns what it returns. */
uint32_t board_call(const void *function, const uint32_t args[BOARD_ARGS]);
/* Most bytes of the stack that the functions have written so far. */
uint32_t board_used(void);

void board_say(const char *words);
void board_say_number(uint32_t number);
void board_exit(uint32_t code) __attribute__((noreturn));

/* The program. */
void ledger_main(void);

#endif
