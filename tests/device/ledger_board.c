// SPDX-License-Identifier: Apache-2.0
/* The boards: start, faults, semihosting and the stack at RAM's bottom. */
#include "ledger_board.h"

#define PAINT 0x5ac3965aU

#define SYS_WRITE0        0x04
#define SYS_EXIT_EXTENDED 0x20
#define APPLICATION_EXIT  0x20026U
#define BOARD_HOLE        4096U /* bytes of RAM below the stack, where that has to be made */
#define STACK_ARGS        4U    /* words of the arguments that Arm passes on the stack */

void reset(void);
uint32_t board_switch(const void *function, const uint32_t *args, uint32_t *top);

static uint32_t *stack_top;

#ifdef __riscv

#define PMP_NONE_TOR 0x88U /* locked, from the entry below up to this one: no access */

/* Semihosting's mark: three whole instructions in this order. */
static void call_host(int what, const void *with)
{
	register int a0 __asm__("a0") = what;
	register const void *a1 __asm__("a1") = with;

	__asm__ volatile(".option push\n.option norvc\n.balign 16\n"
			 "slli zero, zero, 0x1f\nebreak\nsrai zero, zero, 7\n.option pop"
			 : "+r"(a0)
			 : "r"(a1)
			 : "memory");
}

/* RAM goes on below the stack, as far as the board is concerned. */
static void dig_hole(void)
{
	__asm__ volatile(".option arch, +zicsr\n"
			 "csrw pmpaddr0, %0\ncsrw pmpaddr1, %1\ncsrw pmpcfg0, %2\n"
			 :
			 : "r"(((uintptr_t)board_stack - BOARD_HOLE) >> 2),
			   "r"((uintptr_t)board_stack >> 2), "r"(PMP_NONE_TOR << 8));
}

__asm__(".section .vectors, \"ax\"\n"
	".option arch, +zicsr\n"
	"start:\n"
	"	la sp, board_main_stack\n"
	"	la t0, trap\n"
	"	csrw mtvec, t0\n"
	"	j reset\n"
	".balign 4\n"
	"trap:\n"
	"	la sp, board_main_stack\n"
	"	li a0, 7\n"
	"	j board_exit\n"
	".text\n"
	".global board_switch\n"
	"board_switch:\n"
	"	addi sp, sp, -16\n"
	"	sw ra, 12(sp)\n"
	"	sw s0, 8(sp)\n"
	"	mv s0, sp\n"
	"	mv sp, a2\n"
	"	mv t0, a0\n"
	"	mv t1, a1\n"
	"	lw a0, 0(t1)\n"
	"	lw a1, 4(t1)\n"
	"	lw a2, 8(t1)\n"
	"	lw a3, 12(t1)\n"
	"	lw a4, 16(t1)\n"
	"	lw a5, 20(t1)\n"
	"	lw a6, 24(t1)\n"
	"	lw a7, 28(t1)\n"
	"	jalr t0\n"
	"	mv sp, s0\n"
	"	lw s0, 8(sp)\n"
	"	lw ra, 12(sp)\n"
	"	addi sp, sp, 16\n"
	"	ret\n");

#else

extern uint32_t board_main_stack[];
void fault(void);

static void call_host(int what, const void *with)
{
	register int r0 __asm__("r0") = what;
	register const void *r1 __asm__("r1") = with;

	__asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

#if defined(__ARM_ARCH_7M__) || defined(__ARM_ARCH_7EM__)

/* Armv7-M Architecture Reference Manual B3.5. */
#define MPU_CTRL        (*(volatile uint32_t *)0xe000ed94U)
#define MPU_RNR         (*(volatile uint32_t *)0xe000ed98U)
#define MPU_RBAR        (*(volatile uint32_t *)0xe000ed9cU)
#define MPU_RASR        (*(volatile uint32_t *)0xe000eda0U)
#define CTRL_ENABLE     1U
#define CTRL_PRIVDEFENA 4U  /* elsewhere as without */
#define RASR_NONE_4K    23U /* no access; 2 to the power of 12 bytes; enabled */

/* These emulated boards ignore a write below RAM: a page that may not be written it is, then. */
static void dig_hole(void)
{
	MPU_RNR = 0;
	MPU_RBAR = (uint32_t)board_stack - BOARD_HOLE;
	MPU_RASR = RASR_NONE_4K;
	MPU_CTRL = CTRL_ENABLE | CTRL_PRIVDEFENA;
	__asm__ volatile("dsb\nisb");
}

#else

/* Below RAM is nothing. */
static void dig_hole(void)
{
}

#endif

/* Handlers have the main stack, so they run also when the functions' own stack is what failed. */
void fault(void)
{
	board_exit(BOARD_FAULT);
}

__attribute__((section(".vectors"), used)) static const void *const vectors[] = {
	board_main_stack,    (const void *)reset, (const void *)fault, (const void *)fault,
	(const void *)fault, (const void *)fault, (const void *)fault,
};

/* Thread mode takes the process stack for as long as the function runs. */
__asm__(".syntax unified\n"
	".text\n"
	".thumb\n"
	".global board_switch\n"
	".thumb_func\n"
	"board_switch:\n"
	"	push {r4, lr}\n"
	"	mov r4, r0\n"
	"	subs r2, #16\n"
	"	ldr r3, [r1, #16]\n"
	"	str r3, [r2]\n"
	"	ldr r3, [r1, #20]\n"
	"	str r3, [r2, #4]\n"
	"	ldr r3, [r1, #24]\n"
	"	str r3, [r2, #8]\n"
	"	ldr r3, [r1, #28]\n"
	"	str r3, [r2, #12]\n"
	"	msr psp, r2\n"
	"	movs r3, #2\n"
	"	msr control, r3\n"
	"	isb\n"
	"	ldr r0, [r1]\n"
	"	ldr r2, [r1, #8]\n"
	"	ldr r3, [r1, #12]\n"
	"	ldr r1, [r1, #4]\n"
	"	blx r4\n"
	"	movs r3, #0\n"
	"	msr control, r3\n"
	"	isb\n"
	"	pop {r4, pc}\n");

#endif

void board_begin(uint32_t size)
{
	for (uint32_t i = 0; i < size / 4; i++)
		board_stack[i] = PAINT;
	stack_top = board_stack + size / 4;
	dig_hole();
}

uint32_t board_call(const void *function, const uint32_t args[BOARD_ARGS])
{
	return board_switch(function, args, stack_top + STACK_ARGS);
}

uint32_t board_used(void)
{
	const uint32_t *low = board_stack;

	while (low < stack_top && *low == PAINT)
		low++;
	return (uint32_t)(stack_top - low) * 4;
}

void board_say(const char *words)
{
	call_host(SYS_WRITE0, words);
}

void board_say_number(uint32_t number)
{
	char digits[12];
	char *at = digits + sizeof(digits) - 1;

	*at = '\0';
	do {
		*--at = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	board_say(at);
}

void board_exit(uint32_t code)
{
	const uint32_t why[2] = {APPLICATION_EXIT, code};

	call_host(SYS_EXIT_EXTENDED, why);
	for (;;)
		;
}

/* .bss is zero in the emulator's fresh memory, and .data is where it belongs. */
void reset(void)
{
	ledger_main();
	board_exit(BOARD_FAILED);
}
