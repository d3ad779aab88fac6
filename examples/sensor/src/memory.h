// SPDX-License-Identifier: Apache-2.0
#ifndef MEMORY_H
#define MEMORY_H

#include <stddef.h>

size_t memory_heap_size(void);
size_t memory_heap_claimed(void);

#endif
