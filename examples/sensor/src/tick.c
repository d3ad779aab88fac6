// SPDX-License-Identifier: Apache-2.0
#include "tick.h"

#include "board.h"

#define SYST_CSR	0xe000e010u
#define SYST_RVR	0xe000e014u
#define SYST_CVR	0xe000e018u
#define CSR_ENABLE	7u	/* core clock, interrupt, counter on */
#define TICK_HZ		1000u

static volatile uint32_t now_ms;

void tick_init(void)
{
	REG32(SYST_RVR) = BOARD_CLOCK_HZ / TICK_HZ - 1;
	REG32(SYST_CVR) = 0;
	REG32(SYST_CSR) = CSR_ENABLE;
}

void tick_isr(void)
{
	now_ms++;
}

uint32_t tick_ms(void)
{
	return now_ms;
}
