// SPDX-License-Identifier: Apache-2.0
/* The same work in several threads. */
#ifndef THREADS_H
#define THREADS_H

#include <stddef.h>

#define OTA_THREADS_MAX 1024U

/*
 * How many threads are made: as many as are wanted, 0: as there are processors; at least one, and
 * no more than `most` or OTA_THREADS_MAX.
 */
size_t ota_threads_for(unsigned wanted, size_t most);

/*
 * Does `work` in `n` threads and returns when all are through. The caller's own is one of them:
 * where no other can be had, it does all the work. What `work` returns does not matter.
 */
void ota_threads_run(size_t n, void *(*work)(void *), void *context);

#endif
