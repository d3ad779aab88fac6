// SPDX-License-Identifier: Apache-2.0
#include "board.h"

#define NVIC_ISER	0xe000e100u
#define NVIC_ICER	0xe000e180u
#define SCB_AIRCR	0xe000ed0cu
#define AIRCR_RESET	0x05fa0004u

#define SEMIHOST_EXIT_EXTENDED	0x20
#define SEMIHOST_APP_EXIT	0x20026u

void board_irq_enable(int irq)
{
	REG32(NVIC_ISER + 4 * (irq / 32)) = 1u << (irq % 32);
}

void board_irq_disable(int irq)
{
	REG32(NVIC_ICER + 4 * (irq / 32)) = 1u << (irq % 32);
}

void board_idle(void)
{
	__asm__ volatile("wfi" ::: "memory");
}

static void semihost_call(uint32_t op, const void *arg)
{
	register uint32_t r0 __asm__("r0") = op;
	register const void *r1 __asm__("r1") = arg;

	__asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

/* Only a debugger or an emulator can end the program; anywhere else it stays in the loop. */
_Noreturn void board_exit(int code)
{
	const uint32_t block[2] = { SEMIHOST_APP_EXIT, (uint32_t)code };

	semihost_call(SEMIHOST_EXIT_EXTENDED, block);
	for (;;)
		board_idle();
}

_Noreturn void board_reset(void)
{
	__asm__ volatile("dsb" ::: "memory");
	REG32(SCB_AIRCR) = AIRCR_RESET;
	for (;;)
		;
}
