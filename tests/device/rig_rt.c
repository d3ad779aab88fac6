// SPDX-License-Identifier: Apache-2.0
#include "rig_rt.h"

#include <setjmp.h>
#include <stddef.h>
#include <string.h>

#define SYS_OPEN          0x01
#define SYS_CLOSE         0x02
#define SYS_WRITE0        0x04
#define SYS_WRITE         0x05
#define SYS_READ          0x06
#define SYS_FLEN          0x0c
#define SYS_SYSTEM        0x12
#define SYS_GET_CMDLINE   0x15
#define SYS_EXIT_EXTENDED 0x20

#define OPEN_READ        1U /* "rb" */
#define OPEN_WRITE       5U /* "wb" */
#define APPLICATION_EXIT 0x20026U

#define EXIT_FAULT 3U

/* Lies below the stack. */
#define GUARD 0x5ac3965aU

/* Most of what rig_remember keeps: rig.ld's stack, and an agent with a decoder of tier M. */
#define STACK_MAX 4096U
#define LOST_MAX  32768U

/* Entries of a vector table up to SysTick; Armv7-M Architecture Reference Manual B1.5.2. */
#define VECTORS  16
#define FRAME_PC 6U /* words in the frame that an exception stacks */

extern uint32_t guard_start[];
extern uint32_t stack_bottom[];
extern uint32_t stack_top[];
extern uint32_t lost_start[];
extern uint32_t lost_end[];
extern uint32_t bss_start[];
extern uint32_t bss_end[];
extern uint32_t reboot_stack_top[];

void reset(void);
void fault(void);
void say_fault(const uint32_t *frame);
void reboot(void);
void recall(void);

static struct {
	void (*boot)(void);
	uint32_t seed;
} next;

static struct {
	jmp_buf registers;
	uint32_t *sp;
	uint8_t stack[STACK_MAX];
	uint8_t lost[LOST_MAX];
} kept;

#define FAULT ((uint32_t)fault)
__attribute__((section(".vectors"), used)) static const uint32_t vectors[VECTORS] = {
	(uint32_t)stack_top,
	(uint32_t)reset,
	FAULT,
	FAULT,
	FAULT,
	FAULT,
	FAULT,
	FAULT,
	FAULT,
	FAULT,
	FAULT,
	FAULT,
	FAULT,
	FAULT,
	FAULT,
	FAULT,
};

static int call_host(int what, const void *with)
{
	register int r0 __asm__("r0") = what;
	register const void *r1 __asm__("r1") = with;

	__asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
	return r0;
}

/* The linker's symbols are ends of what C does not know as one object. */
static size_t bytes_between(const uint32_t *from, const uint32_t *to)
{
	return (uint32_t)to - (uint32_t)from;
}

void reset(void)
{
	memset(bss_start, 0, bytes_between(bss_start, bss_end));
	for (uint32_t *at = guard_start; at < stack_bottom; at++)
		*at = GUARD;
	rig_main();
}

/* With the frame of the exception, which says where it was. */
__attribute__((naked)) void fault(void)
{
	__asm__ volatile("mrs r0, msp\n\tb say_fault");
}

void say_fault(const uint32_t *frame)
{
	rig_say("fault at ");
	rig_say_hex(frame[FRAME_PC]);
	rig_say("\n");
	rig_exit(EXIT_FAULT);
}

_Noreturn void rig_exit(uint32_t code)
{
	uint32_t block[2] = {APPLICATION_EXIT, code};

	for (;;)
		call_host(SYS_EXIT_EXTENDED, block);
}

_Noreturn void rig_die(const char *words)
{
	rig_say(words);
	rig_say("\n");
	rig_exit(1);
}

static void fill_with_garbage(uint32_t *from, const uint32_t *to, uint32_t seed)
{
	for (; from < to; from++) {
		seed = seed * 1664525U + 1013904223U;
		*from = seed;
	}
}

/* On a stack of its own, for the other one is overwritten. */
void reboot(void)
{
	fill_with_garbage(lost_start, lost_end, next.seed);
	fill_with_garbage(stack_bottom, stack_top, ~next.seed);
	__asm__ volatile("msr msp, %0\n\tbx %1" : : "r"(stack_top), "r"(next.boot) : "memory");
}

static _Noreturn void go_on(void (*with)(void))
{
	__asm__ volatile("msr msp, %0\n\tbx %1" : : "r"(reboot_stack_top), "r"(with) : "memory");
	__builtin_unreachable();
}

_Noreturn void rig_reboot(void (*boot)(void), uint32_t seed)
{
	next.boot = boot;
	next.seed = seed;
	go_on(reboot);
}

bool rig_remember(void)
{
	uint32_t *sp;

	if (setjmp(kept.registers) != 0)
		return true;
	__asm__ volatile("mov %0, sp" : "=r"(sp));
	if (bytes_between(lost_start, lost_end) > sizeof(kept.lost))
		rig_die("rig: .lost is larger than what is kept of it");
	kept.sp = sp;
	memcpy(kept.stack, sp, bytes_between(sp, stack_top));
	memcpy(kept.lost, lost_start, bytes_between(lost_start, lost_end));
	return false;
}

/* On the other stack, for this one is overwritten. */
void recall(void)
{
	memcpy(kept.sp, kept.stack, bytes_between(kept.sp, stack_top));
	memcpy(lost_start, kept.lost, bytes_between(lost_start, lost_end));
	longjmp(kept.registers, 1);
}

_Noreturn void rig_recall(void)
{
	go_on(recall);
}

bool rig_stack_held(void)
{
	for (const uint32_t *at = guard_start; at < stack_bottom; at++) {
		if (*at != GUARD)
			return false;
	}
	return true;
}

void rig_say(const char *words)
{
	call_host(SYS_WRITE0, words);
}

void rig_say_number(uint32_t number)
{
	char digits[12];
	char *at = digits + sizeof(digits) - 1;

	*at = '\0';
	do {
		*--at = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	rig_say(at);
}

void rig_say_hex(uint32_t number)
{
	char digits[9];

	for (uint32_t i = 0; i < 8; i++)
		digits[i] = "0123456789abcdef"[number >> (28 - 4 * i) & 15];
	digits[8] = '\0';
	rig_say(digits);
}

bool rig_arguments(char *to, uint32_t cap)
{
	struct {
		char *to;
		uint32_t cap;
	} block = {to, cap};
	char *space;

	if (call_host(SYS_GET_CMDLINE, &block) != 0)
		return false;
	space = strchr(to, ' ');
	if (!space)
		return false;
	memmove(to, space + 1, strlen(space + 1) + 1);
	return true;
}

static int open_file(const char *name, uint32_t mode)
{
	struct {
		const char *name;
		uint32_t mode;
		uint32_t len;
	} block = {name, mode, (uint32_t)strlen(name)};

	return call_host(SYS_OPEN, &block);
}

/* Reads or writes `len` bytes; true when it is all of them. */
static bool transfer(int what, int file, const void *bytes, uint32_t len)
{
	struct {
		int file;
		const void *bytes;
		uint32_t len;
	} block = {file, bytes, len};

	return call_host(what, &block) == 0;
}

bool rig_file_read(const char *name, void *to, uint32_t cap, uint32_t *len)
{
	int file = open_file(name, OPEN_READ);
	int size;
	bool good;

	if (file < 0)
		return false;
	size = call_host(SYS_FLEN, &file);
	good = size >= 0 && (uint32_t)size <= cap && transfer(SYS_READ, file, to, (uint32_t)size);
	call_host(SYS_CLOSE, &file);
	*len = good ? (uint32_t)size : 0;
	return good;
}

bool rig_file_write(const char *name, const void *from, uint32_t len)
{
	int file = open_file(name, OPEN_WRITE);
	bool good;

	if (file < 0)
		return false;
	good = transfer(SYS_WRITE, file, from, len);
	call_host(SYS_CLOSE, &file);
	return good;
}

int rig_host_runs(const char *command)
{
	struct {
		const char *command;
		uint32_t len;
	} block = {command, (uint32_t)strlen(command)};

	return call_host(SYS_SYSTEM, &block);
}
