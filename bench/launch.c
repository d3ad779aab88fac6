// SPDX-License-Identifier: Apache-2.0
/*
 * launch REPORT PROGRAM [ARGS...]: runs a program and writes "EXIT MICROSECONDS KIBIBYTES" to the
 * file REPORT: its exit code, user and system time, and peak resident memory. It is in C because a
 * child's peak begins with that of the process that started it, and Python's own would hide it.
 */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOT_RUN     127 /* as the shell has it */
#define SIGNAL_BASE 128

static long long microseconds(struct timeval time)
{
	return (long long)time.tv_sec * 1000000 + time.tv_usec;
}

static int write_report(const char *path, int status, const struct rusage *usage)
{
	int code = WIFSIGNALED(status) ? SIGNAL_BASE + WTERMSIG(status) : WEXITSTATUS(status);
	FILE *file = fopen(path, "w");

	if (!file)
		return NOT_RUN;
	fprintf(file, "%d %lld %ld\n", code,
		microseconds(usage->ru_utime) + microseconds(usage->ru_stime), usage->ru_maxrss);
	return fclose(file) == 0 ? 0 : NOT_RUN;
}

int main(int argc, char **argv)
{
	struct rusage usage;
	int status = 0;
	pid_t child;

	if (argc < 3)
		return NOT_RUN;
	child = fork();
	if (child == 0) {
		execvp(argv[2], argv + 2);
		_exit(NOT_RUN);
	}
	if (child < 0 || wait4(child, &status, 0, &usage) != child)
		return NOT_RUN;
	return write_report(argv[1], status, &usage);
}
