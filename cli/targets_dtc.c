// SPDX-License-Identifier: Apache-2.0
/*
 * A devicetree source becomes a blob by its own compiler, dtc. It gets the text by a pipe, so that
 * a source from a pipe works too, and its answer is read by one up to a bound.
 */
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "targets_import.h"

#define CHUNK      4096U
#define STALLS_MAX 1000 /* polls in a row that bring nothing, as after a job is stopped */

extern char **environ;

enum { READ_END, WRITE_END };

struct talk {
	int to[2];   /* dtc's standard input */
	int from[2]; /* its standard output */
	struct ota_span source;
	struct ota_buf *blob;
	struct ota_diag diag;
};

static void close_end(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

/* Both ends behind the standard streams: those of dtc are put in their places. */
static bool open_pipe(int ends[2])
{
	if (pipe(ends) == 0)
		return ends[READ_END] > STDERR_FILENO && ends[WRITE_END] > STDERR_FILENO;
	ends[READ_END] = ends[WRITE_END] = -1;
	return false;
}

/* dtc gets its own ends only: holding the others it would wait for the end of its own input. */
static int place_ends(const struct talk *talk, posix_spawn_file_actions_t *actions)
{
	int error = posix_spawn_file_actions_adddup2(actions, talk->to[READ_END], STDIN_FILENO);

	if (error == 0)
		error = posix_spawn_file_actions_adddup2(actions, talk->from[WRITE_END],
							 STDOUT_FILENO);
	for (int i = 0; i < 2 && error == 0; i++) {
		error = posix_spawn_file_actions_addclose(actions, talk->to[i]);
		if (error == 0)
			error = posix_spawn_file_actions_addclose(actions, talk->from[i]);
	}
	return error;
}

/* 0, or why it could not be run. */
static int start(const struct talk *talk, pid_t *pid)
{
	/* -@ keeps the labels of nodes, -q leaves out what is no error. */
	char name[] = "dtc", labels[] = "-@", quiet[] = "-q", in[] = "-I", dts[] = "dts",
	     out[] = "-O", dtb[] = "dtb", to[] = "-o", standard[] = "-";
	char *const argv[] = {name, labels, quiet, in, dts, out, dtb, to, standard, standard, NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t defaults;
	int error = posix_spawn_file_actions_init(&actions);

	if (error != 0)
		return error;
	error = posix_spawnattr_init(&attr);
	if (error == 0) {
		(void)sigemptyset(&defaults);
		(void)sigaddset(&defaults, SIGPIPE);
		(void)sigaddset(&defaults, SIGXFSZ);
		(void)posix_spawnattr_setsigdefault(&attr, &defaults);
		(void)posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF);
		error = place_ends(talk, &actions);
		if (error == 0)
			error = posix_spawnp(pid, name, &actions, &attr, argv, environ);
		(void)posix_spawnattr_destroy(&attr);
	}
	(void)posix_spawn_file_actions_destroy(&actions);
	return error;
}

/* A pipe that is ready takes this much without waiting. */
static void give(struct talk *talk)
{
	size_t len = talk->source.len < PIPE_BUF ? talk->source.len : PIPE_BUF;
	ssize_t n = len > 0 ? write(talk->to[WRITE_END], talk->source.data, len) : 0;

	if (n > 0)
		talk->source = ota_span_tail(talk->source, (size_t)n);
	/* Nothing left, or dtc has ended: it says why itself. */
	if (n < 0 || talk->source.len == 0)
		close_end(&talk->to[WRITE_END]);
}

static void take(struct talk *talk)
{
	uint8_t chunk[CHUNK];
	ssize_t n = read(talk->from[READ_END], chunk, sizeof(chunk));

	if (n <= 0 ||
	    ota_buf_append(talk->blob, ota_span_of(chunk, (size_t)n), &talk->diag) != OTA_OK)
		close_end(&talk->from[READ_END]);
}

/* Until dtc has said all, or too much. */
static void converse(struct talk *talk)
{
	for (int stalls = 0; talk->from[READ_END] >= 0 && stalls < STALLS_MAX; stalls++) {
		struct pollfd ends[] = {{.fd = talk->to[WRITE_END], .events = POLLOUT},
					{.fd = talk->from[READ_END], .events = POLLIN}};

		if (poll(ends, 2, -1) <= 0)
			continue;
		stalls = 0;
		if (ends[0].revents)
			give(talk);
		if (ends[1].revents)
			take(talk);
	}
	close_end(&talk->to[WRITE_END]);
	close_end(&talk->from[READ_END]);
}

static enum cli_exit judge(const char *name, const struct talk *talk, int status)
{
	if (talk->diag.err == OTA_E_MEMORY)
		return cli_fail(name, &talk->diag);
	if (talk->diag.err != OTA_OK)
		return cli_error(CLI_BAD_INPUT, name,
				 "dtc makes more than the %u bytes that are read",
				 OTA_IMPORT_DTB_MAX);
	if (WIFSIGNALED(status))
		return cli_error(CLI_BAD_INPUT, name, "dtc ended by signal %d", WTERMSIG(status));
	if (WEXITSTATUS(status) != 0)
		return cli_error(CLI_BAD_INPUT, name,
				 "no devicetree that dtc takes: it ended with exit code %d",
				 WEXITSTATUS(status));
	return CLI_DONE;
}

static enum cli_exit fail_start(const char *name, int error)
{
	(void)cli_error(CLI_ENVIRONMENT, name,
			"a devicetree source is read by dtc, which cannot be run: %s",
			strerror(error));
	cli_hint("install device-tree-compiler, or give a blob: dtc -@ -I dts -O dtb -o x.dtb "
		 "zephyr.dts elsewhere");
	return CLI_ENVIRONMENT;
}

static enum cli_exit run_dtc(const char *name, struct talk *talk)
{
	pid_t pid = 0;
	int status = 0;
	int error = start(talk, &pid);

	close_end(&talk->to[READ_END]);
	close_end(&talk->from[WRITE_END]);
	if (error != 0)
		return fail_start(name, error);
	converse(talk);
	/* It has nobody to talk to any more, and may not have noticed. */
	if (talk->diag.err != OTA_OK)
		(void)kill(pid, SIGKILL);
	if (waitpid(pid, &status, 0) != pid)
		return cli_error(CLI_ENVIRONMENT, name, "dtc ended, and nobody knows how");
	return judge(name, talk, status);
}

enum cli_exit targets_run_dtc(const char *name, struct ota_span source, struct ota_buf *blob)
{
	struct talk talk = {.to = {-1, -1}, .from = {-1, -1}, .source = source, .blob = blob};
	/* dtc may end before it has read all; a caller may have left nothing to wait for. */
	void (*pipe_was)(int) = signal(SIGPIPE, SIG_IGN);
	void (*child_was)(int) = signal(SIGCHLD, SIG_DFL);
	enum cli_exit status;

	if (open_pipe(talk.to) && open_pipe(talk.from))
		status = run_dtc(name, &talk);
	else
		status = cli_error(CLI_ENVIRONMENT, name,
				   "no pipe to dtc can be made; are the standard streams open?");
	for (int i = 0; i < 2; i++) {
		close_end(&talk.to[i]);
		close_end(&talk.from[i]);
	}
	if (pipe_was != SIG_ERR)
		(void)signal(SIGPIPE, pipe_was);
	if (child_was != SIG_ERR)
		(void)signal(SIGCHLD, child_was);
	return status;
}
