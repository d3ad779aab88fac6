// SPDX-License-Identifier: Apache-2.0
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "board.h"
#include "tick.h"
#include "uart.h"

#define SCB_VTOR	0xe000ed08u
#define SCB_CFSR	0xe000ed28u
#define SCB_HFSR	0xe000ed2cu
#define EXIT_FAULT	70

extern uint32_t stack_top[], data_start[], data_end[], data_load[], bss_start[], bss_end[];

int main(void);
void reset_handler(void);
void fault_report(const uint32_t *frame);
static void fault_handler(void);
static void unused_handler(void);

struct vector_table {
	const void *stack;
	void (*handler[15 + 32])(void);
};

/* Exception n sits in handler[n - 1] and interrupt n in handler[15 + n]. */
__attribute__((section(".vectors"), used))
static const struct vector_table vectors = {
	.stack = stack_top,
	.handler = {
		[0] = reset_handler,
		[1] = unused_handler,
		[2] = fault_handler,
		[3] = fault_handler,
		[4] = fault_handler,
		[5] = fault_handler,
		[10] = unused_handler,
		[11] = unused_handler,
		[13] = unused_handler,
		[14] = tick_isr,
		[15 + UART0_RX_IRQ] = uart_rx_isr,
	},
};

/* The boot loader jumps here with its own vector table still active. */
void reset_handler(void)
{
	memcpy(data_start, data_load, (uintptr_t)data_end - (uintptr_t)data_start);
	memset(bss_start, 0, (uintptr_t)bss_end - (uintptr_t)bss_start);
	REG32(SCB_VTOR) = (uint32_t)(uintptr_t)&vectors;
	__asm__ volatile("dsb\n\tisb" ::: "memory");
	exit(main());
}

static void put_hex(const char *name, uint32_t value)
{
	uart_puts_polled(name);
	for (int shift = 28; shift >= 0; shift -= 4)
		uart_putc("0123456789abcdef"[(value >> shift) & 15]);
	uart_puts_polled("\r\n");
}

/* stdio may be what faulted, so this path talks to the UART directly. */
void fault_report(const uint32_t *frame)
{
	uart_puts_polled("\r\n*** fault\r\n");
	put_hex("pc   ", frame[6]);
	put_hex("lr   ", frame[5]);
	put_hex("cfsr ", REG32(SCB_CFSR));
	put_hex("hfsr ", REG32(SCB_HFSR));
	board_exit(EXIT_FAULT);
}

__attribute__((naked))
static void fault_handler(void)
{
	__asm__ volatile("mrs r0, msp\n\t"
			 "b fault_report");
}

static void unused_handler(void)
{
	uart_puts_polled("\r\n*** unexpected interrupt\r\n");
	board_exit(EXIT_FAULT);
}
