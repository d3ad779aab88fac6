// SPDX-License-Identifier: Apache-2.0
#include <pthread.h>
#include <stdbool.h>
#include <unistd.h>

#include "threads.h"

/* A thread's stack where the system would give it less than a program's first one has. */
#define STACK_SIZE (8U << 20)

size_t ota_threads_for(unsigned wanted, size_t most)
{
	long n = wanted > 0 ? (long)wanted : sysconf(_SC_NPROCESSORS_ONLN);

	if (most > OTA_THREADS_MAX)
		most = OTA_THREADS_MAX;
	if (n < 1 || most < 1)
		return 1;
	return (size_t)n < most ? (size_t)n : most;
}

void ota_threads_run(size_t n, void *(*work)(void *), void *context)
{
	pthread_t thread[OTA_THREADS_MAX];
	pthread_attr_t attr;
	bool has_attr = pthread_attr_init(&attr) == 0;
	size_t started = 0;

	if (has_attr)
		(void)pthread_attr_setstacksize(&attr, STACK_SIZE);
	while (started + 1 < n && started < OTA_THREADS_MAX &&
	       pthread_create(&thread[started], has_attr ? &attr : NULL, work, context) == 0)
		started++;
	(void)work(context);
	while (started > 0)
		(void)pthread_join(thread[--started], NULL);
	if (has_attr)
		(void)pthread_attr_destroy(&attr);
}
