// SPDX-License-Identifier: Apache-2.0
#ifndef SELFTEST_H
#define SELFTEST_H

#include <stdbool.h>
#include <stddef.h>

struct self_test {
	const char *name;
	bool (*run)(void);
};

/* The tests of what differs between releases. */
extern const struct self_test release_tests[];
extern const size_t release_test_count;

#endif
