// SPDX-License-Identifier: Apache-2.0
/* What the compiler calls by itself, for a toolchain that comes without a library. */
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *to, const void *from, size_t len);
void *memmove(void *to, const void *from, size_t len);
void *memset(void *to, int value, size_t len);
int memcmp(const void *a, const void *b, size_t len);

/* Or the compiler sees what a loop is and calls the function that it stands in. */
#define PLAIN __attribute__((optimize("no-tree-loop-distribute-patterns")))

PLAIN void *memcpy(void *to, const void *from, size_t len)
{
	for (size_t i = 0; i < len; i++)
		((uint8_t *)to)[i] = ((const uint8_t *)from)[i];
	return to;
}

PLAIN void *memmove(void *to, const void *from, size_t len)
{
	if ((uintptr_t)to <= (uintptr_t)from)
		return memcpy(to, from, len);
	while (len-- > 0)
		((uint8_t *)to)[len] = ((const uint8_t *)from)[len];
	return to;
}

PLAIN void *memset(void *to, int value, size_t len)
{
	for (size_t i = 0; i < len; i++)
		((uint8_t *)to)[i] = (uint8_t)value;
	return to;
}

PLAIN int memcmp(const void *a, const void *b, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		int off = ((const uint8_t *)a)[i] - ((const uint8_t *)b)[i];

		if (off != 0)
			return off;
	}
	return 0;
}
