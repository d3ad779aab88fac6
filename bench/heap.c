// SPDX-License-Identifier: Apache-2.0
/*
 * A library to preload: counts the bytes that a program holds from malloc and its kin, and writes
 * the peak to the file that BENCH_HEAP names when the program ends. For glibc, whose own names for
 * the functions it replaces are used. Compile with -fno-builtin, or calloc becomes a call of
 * itself.
 */
#include <errno.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

extern void *__libc_malloc(size_t len);
extern void *__libc_calloc(size_t n, size_t len);
extern void *__libc_realloc(void *block, size_t len);
extern void *__libc_memalign(size_t alignment, size_t len);
extern void __libc_free(void *block);

static atomic_size_t held;
static atomic_size_t peak;

static void *gained(void *block)
{
	size_t len = block ? malloc_usable_size(block) : 0;
	size_t now = atomic_fetch_add(&held, len) + len;
	size_t before = atomic_load(&peak);

	while (now > before && !atomic_compare_exchange_weak(&peak, &before, now))
		continue;
	return block;
}

static void lost(size_t len)
{
	atomic_fetch_sub(&held, len);
}

void *malloc(size_t len)
{
	return gained(__libc_malloc(len));
}

void *calloc(size_t n, size_t len)
{
	return gained(__libc_calloc(n, len));
}

/* While a block moves there are two of it, but the allocator does not say when it does. */
void *realloc(void *block, size_t len)
{
	size_t before = block ? malloc_usable_size(block) : 0;
	void *after = __libc_realloc(block, len);

	if (after || len == 0)
		lost(before);
	return gained(after);
}

void free(void *block)
{
	if (block)
		lost(malloc_usable_size(block));
	__libc_free(block);
}

void *memalign(size_t alignment, size_t len)
{
	return gained(__libc_memalign(alignment, len));
}

void *aligned_alloc(size_t alignment, size_t len)
{
	return memalign(alignment, len);
}

int posix_memalign(void **block, size_t alignment, size_t len)
{
	void *made = memalign(alignment, len);

	if (!made)
		return ENOMEM;
	*block = made;
	return 0;
}

__attribute__((destructor)) static void write_peak(void)
{
	const char *path = getenv("BENCH_HEAP");
	size_t bytes = atomic_load(&peak);
	FILE *file = path ? fopen(path, "w") : NULL;

	if (!file)
		return;
	fprintf(file, "%zu\n", bytes);
	fclose(file);
}
