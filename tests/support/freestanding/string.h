/* SPDX-License-Identifier: Apache-2.0 */
/* What formats/ may call: firmware without a C library has its own. */
#include <stddef.h>
void *memcpy(void *, const void *, size_t);
void *memmove(void *, const void *, size_t);
void *memset(void *, int, size_t);
int memcmp(const void *, const void *, size_t);
