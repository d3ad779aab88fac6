// SPDX-License-Identifier: Apache-2.0
#include "sched.h"

#include <stddef.h>
#include <string.h>

#include "errors.h"

static struct sched_job jobs[SCHED_JOBS];

int sched_add(uint32_t due, uint32_t period, const char *command)
{
	if (strlen(command) >= SCHED_TEXT)
		return ERR_RANGE;
	for (int i = 0; i < SCHED_JOBS; i++) {
		if (jobs[i].command[0])
			continue;
		jobs[i] = (struct sched_job){ .due = due, .period = period };
		strcpy(jobs[i].command, command);
		return i;
	}
	return ERR_FULL;
}

int sched_remove(uint32_t slot)
{
	if (!sched_job(slot))
		return ERR_NOENT;
	jobs[slot].command[0] = '\0';
	return ERR_OK;
}

const struct sched_job *sched_job(uint32_t slot)
{
	if (slot >= SCHED_JOBS || !jobs[slot].command[0])
		return NULL;
	return &jobs[slot];
}

static void run_job(struct sched_job *job, uint32_t now, int (*execute)(const char *command))
{
	char command[SCHED_TEXT];

	/* The command may remove its own job, so nothing of it is needed afterwards. */
	strcpy(command, job->command);
	job->runs++;
	if (job->period)
		job->due += (now - job->due) / job->period * job->period + job->period;
	else
		job->command[0] = '\0';
	execute(command);
}

void sched_run(uint32_t now, int (*execute)(const char *command))
{
	for (int i = 0; i < SCHED_JOBS; i++) {
		if (jobs[i].command[0] && (int32_t)(now - jobs[i].due) >= 0)
			run_job(&jobs[i], now, execute);
	}
}
