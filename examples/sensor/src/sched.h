// SPDX-License-Identifier: Apache-2.0
#ifndef SCHED_H
#define SCHED_H

#include <stdint.h>

#define SCHED_JOBS	8
#define SCHED_TEXT	48

/* A shell command that runs by itself, once or again and again. */
struct sched_job {
	uint32_t due;
	uint32_t period;	/* 0: once */
	uint32_t runs;
	char command[SCHED_TEXT];
};

int sched_add(uint32_t due, uint32_t period, const char *command);
int sched_remove(uint32_t slot);
const struct sched_job *sched_job(uint32_t slot);
void sched_run(uint32_t now, int (*execute)(const char *command));

#endif
