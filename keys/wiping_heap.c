// SPDX-License-Identifier: Apache-2.0
/*
 * OpenSSL's heap, wiped as it is freed: its PEM and key decoders leave the private scalar in blocks
 * they free without a thought. A block's length stands in front of it.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <sodium.h>

#include "key_ops.h"

#define PREFIX 16U /* keeps the alignment of malloc */

static void *wiping_malloc(size_t len, const char *file, int line)
{
	uint8_t *block;

	(void)file;
	(void)line;
	if (len > SIZE_MAX - PREFIX)
		return NULL;
	block = malloc(len + PREFIX);
	if (!block)
		return NULL;
	memcpy(block, &len, sizeof(len));
	return block + PREFIX;
}

static size_t length_of(const void *address)
{
	size_t len;

	memcpy(&len, (const uint8_t *)address - PREFIX, sizeof(len));
	return len;
}

static void wiping_free(void *address, const char *file, int line)
{
	(void)file;
	(void)line;
	if (!address)
		return;
	sodium_memzero(address, length_of(address));
	free((uint8_t *)address - PREFIX);
}

static void *wiping_realloc(void *address, size_t len, const char *file, int line)
{
	void *moved;

	if (address && len == 0) {
		wiping_free(address, file, line);
		return NULL;
	}
	moved = wiping_malloc(len, file, line);
	if (!address || !moved)
		return moved;
	memcpy(moved, address, length_of(address) < len ? length_of(address) : len);
	wiping_free(address, file, line);
	return moved;
}

void ota_wiping_heap_install(void)
{
	/* Refused once OpenSSL has allocated, which is also how a second call ends. */
	(void)CRYPTO_set_mem_functions(wiping_malloc, wiping_realloc, wiping_free);
}
