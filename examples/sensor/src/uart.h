// SPDX-License-Identifier: Apache-2.0
#ifndef UART_H
#define UART_H

#include <stdint.h>

struct uart_counters {
	uint32_t rx_bytes;
	uint32_t tx_bytes;
	uint32_t rx_stalls;
};

void uart_init(uint32_t baud);
int uart_getc(void);
void uart_putc(char c);
void uart_puts_polled(const char *text);
void uart_rx_isr(void);
struct uart_counters uart_counters(void);

#endif
