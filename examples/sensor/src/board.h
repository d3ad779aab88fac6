// SPDX-License-Identifier: Apache-2.0
#ifndef BOARD_H
#define BOARD_H

#include <stdint.h>

#define BOARD_CLOCK_HZ	25000000u
#define UART0_BASE	0x40004000u
#define UART0_RX_IRQ	0

/* Where the boot loader left the image header, in front of the vectors. */
#define SLOT_ADDR	0x8000u
#define SLOT_SIZE	0x40000u

#define REG32(addr)	(*(volatile uint32_t *)(uintptr_t)(addr))

void board_irq_enable(int irq);
void board_irq_disable(int irq);
void board_idle(void);
_Noreturn void board_exit(int code);
_Noreturn void board_reset(void);

#endif
