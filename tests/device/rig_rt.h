// SPDX-License-Identifier: Apache-2.0
/*
 * What the kit's firmware stands on in an emulator: start-up, faults that end the run, and the host
 * by semihosting (Arm, "Semihosting for AArch32 and AArch64", 2.0).
 */
#ifndef RIG_RT_H
#define RIG_RT_H

#include <stdbool.h>
#include <stdint.h>

/* The firmware's own; called once, on the stack of rig.ld, with .bss zero. Never returns. */
_Noreturn void rig_main(void);

/* Ends the emulator with this exit code. */
_Noreturn void rig_exit(uint32_t code);

/* Ends it with code 1 and these words. */
_Noreturn void rig_die(const char *words);

/*
 * Goes on with `boot` as after a power loss: on an empty stack, with garbage in all of the stack
 * and in section .lost, where a test puts what a device would lose. All else stays. `seed` decides
 * the garbage.
 */
_Noreturn void rig_reboot(void (*boot)(void), uint32_t seed);

/* False when the stack has grown over its end: not every board faults there. */
bool rig_stack_held(void);

/*
 * Remembers the stack, section .lost and the registers, and returns false. rig_recall goes on
 * behind this call again, as often as one likes, which then returns true: until the next call of
 * it.
 */
bool rig_remember(void);
_Noreturn void rig_recall(void);

void rig_say(const char *words);
void rig_say_number(uint32_t number);
void rig_say_hex(uint32_t number);

/* The words after the firmware's name, one space between two; at most `cap` with the NUL. */
bool rig_arguments(char *to, uint32_t cap);

/* Bytes of a host file; false when it can not be read or has over `cap`. Fills `len`. */
bool rig_file_read(const char *name, void *to, uint32_t cap, uint32_t *len);
bool rig_file_write(const char *name, const void *from, uint32_t len);

/* The exit code of a command of the host's shell. */
int rig_host_runs(const char *command);

#endif
