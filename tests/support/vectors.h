// SPDX-License-Identifier: Apache-2.0
/* Files of tests/vectors, and other small help for unit tests. */
#ifndef TEST_VECTORS_H
#define TEST_VECTORS_H

#include <ota/buf.h>
#include <ota/key.h>

/* Reads tests/vectors/NAME whole; fails the test when it cannot. The caller frees it. */
struct ota_buf vector_read(const char *name);

/* The key in tests/vectors/NAME; fails the test when it cannot. The caller frees it. */
struct ota_key *vector_key(const char *name);

/* Bytes that look random and are the same in every run. */
void fill_pattern(uint8_t *bytes, size_t len, uint32_t seed);

#endif
