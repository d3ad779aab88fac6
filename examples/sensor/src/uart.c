// SPDX-License-Identifier: Apache-2.0
/* CMSDK APB UART, interrupt driven on receive and polled on transmit. */
#include "uart.h"

#include "board.h"
#include "ring.h"

#define UART_DATA	(UART0_BASE + 0x00)
#define UART_STATE	(UART0_BASE + 0x04)
#define UART_CTRL	(UART0_BASE + 0x08)
#define UART_INTCLEAR	(UART0_BASE + 0x0c)
#define UART_BAUDDIV	(UART0_BASE + 0x10)

#define STATE_TX_FULL	(1u << 0)
#define STATE_RX_FULL	(1u << 1)
#define CTRL_TX_EN	(1u << 0)
#define CTRL_RX_EN	(1u << 1)
#define CTRL_RX_IRQ	(1u << 3)
#define INT_RX		(1u << 1)

static uint8_t rx_space[256];
static struct ring rx_ring;
static struct uart_counters counters;

void uart_init(uint32_t baud)
{
	ring_init(&rx_ring, rx_space, sizeof(rx_space));
	/* A restart may leave a request behind, and the interrupt would then never rise again. */
	REG32(UART_INTCLEAR) = INT_RX;
	REG32(UART_BAUDDIV) = BOARD_CLOCK_HZ / baud;
	REG32(UART_CTRL) = CTRL_TX_EN | CTRL_RX_EN | CTRL_RX_IRQ;
	board_irq_enable(UART0_RX_IRQ);
}

/*
 * With the ring full the byte stays in the UART and the interrupt is masked; the sender is
 * held back until uart_getc() makes room.
 */
void uart_rx_isr(void)
{
	if (ring_full(&rx_ring)) {
		counters.rx_stalls++;
		board_irq_disable(UART0_RX_IRQ);
		return;
	}
	/* Clear first: reading the data may let the next byte in at once. */
	REG32(UART_INTCLEAR) = INT_RX;
	if (REG32(UART_STATE) & STATE_RX_FULL) {
		ring_put(&rx_ring, (uint8_t)REG32(UART_DATA));
		counters.rx_bytes++;
	}
}

int uart_getc(void)
{
	int c = ring_get(&rx_ring);

	if (c >= 0)
		board_irq_enable(UART0_RX_IRQ);
	return c;
}

void uart_putc(char c)
{
	while (REG32(UART_STATE) & STATE_TX_FULL)
		;
	REG32(UART_DATA) = (uint8_t)c;
	counters.tx_bytes++;
}

void uart_puts_polled(const char *text)
{
	while (*text)
		uart_putc(*text++);
}

struct uart_counters uart_counters(void)
{
	return counters;
}
