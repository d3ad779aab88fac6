// SPDX-License-Identifier: Apache-2.0
#ifndef TICK_H
#define TICK_H

#include <stdint.h>

void tick_init(void);
void tick_isr(void);
uint32_t tick_ms(void);

#endif
