// SPDX-License-Identifier: Apache-2.0
#include <dirent.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ota/file.h>

#include "sign_with.h"

#define COMMAND_MAX  65536U /* characters, when its words are replaced */
#define FILE_DIGEST  "digest"
#define FILE_PAYLOAD "payload"
#define FILE_SIG     "sig"

extern char **environ;

enum cli_exit cli_check_sign_with(const char *command)
{
	if (strstr(command, "{digest}") || strstr(command, "{payload}"))
		return CLI_DONE;
	(void)cli_error(CLI_USAGE, "--sign-with", "\"%s\" names nothing to sign", command);
	cli_hint("write {digest} or {payload} where the command takes its input file, {sig} where "
		 "it takes its output file");
	return CLI_USAGE;
}

/* "DIR/NAME" as a new text; NULL: out of memory. */
static char *path_in(const char *dir, const char *name)
{
	size_t room = strlen(dir) + strlen(name) + 2;
	char *path = malloc(room);

	if (path)
		(void)snprintf(path, room, "%s/%s", dir, name);
	return path;
}

static enum ota_err make_dir(char **dir, struct ota_diag *diag)
{
	const char *base = getenv("TMPDIR");

	if (!base || !base[0])
		base = "/tmp";
	*dir = path_in(base, "otatool-sign-XXXXXX");
	if (!*dir)
		return ota_fail(diag, OTA_E_MEMORY, "out of memory");
	if (mkdtemp(*dir))
		return OTA_OK;
	free(*dir);
	*dir = NULL;
	return ota_fail(diag, OTA_E_IO, "cannot make a directory in %s for what is to be signed",
			base);
}

/* With all that the command put there. */
static void remove_dir(const char *path)
{
	DIR *dir = opendir(path);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir)) != NULL) {
		char *name = path_in(path, entry->d_name);

		if (name)
			(void)unlink(name);
		free(name);
	}
	if (dir)
		(void)closedir(dir);
	if (rmdir(path) != 0)
		cli_warning("--sign-with", "%s cannot be removed", path);
}

static enum ota_err append(struct ota_buf *out, const char *text, size_t len, struct ota_diag *diag)
{
	return ota_buf_append(out, ota_span_of(text, len), diag);
}

/* A path in single quotes, for the shell. */
static enum ota_err append_quoted(struct ota_buf *out, const char *dir, const char *name,
				  struct ota_diag *diag)
{
	enum ota_err err = append(out, "'", 1, diag);

	for (; *dir && err == OTA_OK; dir++)
		err = *dir == '\'' ? append(out, "'\\''", 4, diag) : append(out, dir, 1, diag);
	if (err == OTA_OK)
		err = append(out, "/", 1, diag);
	if (err == OTA_OK)
		err = append(out, name, strlen(name), diag);
	return err == OTA_OK ? append(out, "'", 1, diag) : err;
}

/* The command with its words in braces replaced; what it prints goes to stderr or to the file. */
static enum ota_err write_line(const char *command, const char *dir, struct ota_buf *line,
			       struct ota_diag *diag)
{
	static const char *const names[] = {FILE_DIGEST, FILE_PAYLOAD, FILE_SIG};
	bool prints = strstr(command, "{" FILE_SIG "}") == NULL;
	enum ota_err err = append(line, "{ ", 2, diag);

	while (*command && err == OTA_OK) {
		size_t len = 0;

		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && len == 0; i++) {
			size_t n = strlen(names[i]);

			if (command[0] != '{' || strncmp(command + 1, names[i], n) != 0 ||
			    command[n + 1] != '}')
				continue;
			len = n + 2;
			err = append_quoted(line, dir, names[i], diag);
		}
		if (len == 0)
			err = append(line, command, len = 1, diag);
		command += len;
	}
	if (err == OTA_OK)
		err = append(line, "\n} >", 4, diag);
	if (err == OTA_OK)
		err = prints ? append_quoted(line, dir, FILE_SIG, diag)
			     : append(line, "&2", 2, diag);
	return err == OTA_OK ? append(line, "", 1, diag) : err;
}

/*
 * What stops a build must not leave the firmware in a directory: the signals wait, the command gets
 * them, and they take their effect when all is removed.
 */
struct held {
	sigset_t before;
	sigset_t set;
	void (*child)(int); /* what SIGCHLD did */
	int caught;         /* 0: none came */
};

static void hold_signals(struct held *held)
{
	static const int signals[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGCHLD};

	held->caught = 0;
	(void)sigemptyset(&held->set);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		(void)sigaddset(&held->set, signals[i]);
	(void)sigprocmask(SIG_BLOCK, &held->set, &held->before);
	/* A caller that ignores it would leave nothing to wait for. */
	held->child = signal(SIGCHLD, SIG_DFL);
}

static void release_signals(const struct held *held)
{
	if (held->child != SIG_ERR)
		(void)signal(SIGCHLD, held->child);
	(void)sigprocmask(SIG_SETMASK, &held->before, NULL);
	if (held->caught)
		(void)raise(held->caught);
}

/* Passes on what comes; the terminal's own the command gets from there. */
static bool wait_for(pid_t pid, struct held *held, int *status)
{
	for (;;) {
		pid_t ended = waitpid(pid, status, WNOHANG);
		int signal_number = 0;

		if (ended != 0)
			return ended == pid;
		if (sigwait(&held->set, &signal_number) != 0 || signal_number == SIGCHLD)
			continue;
		held->caught = signal_number;
		if (signal_number == SIGTERM || signal_number == SIGHUP)
			(void)kill(pid, signal_number);
	}
}

/* False: it could not be run; `*error` says why. */
static bool run_line(char *line, struct held *held, int *status, int *error)
{
	char shell[] = "/bin/sh";
	char option[] = "-c";
	char *const argv[] = {shell, option, line, NULL};
	posix_spawnattr_t attr;
	sigset_t defaults;
	pid_t pid;

	*error = posix_spawnattr_init(&attr);
	if (*error != 0)
		return false;
	(void)sigemptyset(&defaults);
	(void)sigaddset(&defaults, SIGXFSZ); /* ours alone is ignored */
	(void)posix_spawnattr_setsigdefault(&attr, &defaults);
	(void)posix_spawnattr_setsigmask(&attr, &held->before);
	(void)posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
	*error = posix_spawn(&pid, shell, NULL, &attr, argv, environ);
	(void)posix_spawnattr_destroy(&attr);
	return *error == 0 && wait_for(pid, held, status);
}

static enum ota_err run_command(const char *command, const char *dir, struct held *held,
				struct ota_diag *diag)
{
	struct ota_buf line = ota_buf_init(COMMAND_MAX);
	int status = 0;
	int error = 0;
	bool ran;

	if (write_line(command, dir, &line, diag) != OTA_OK) {
		ota_buf_free(&line);
		return diag->err;
	}
	ran = run_line((char *)line.data, held, &status, &error);
	ota_buf_free(&line);
	if (!ran)
		return ota_fail(diag, OTA_E_IO, "the signing command cannot be run: %s",
				strerror(error));
	if (WIFSIGNALED(status))
		return ota_fail(diag, OTA_E_REFUSED, "the signing command ended by signal %d",
				WTERMSIG(status));
	if (WEXITSTATUS(status) != 0)
		return ota_fail(diag, OTA_E_REFUSED, "the signing command ended with exit code %d",
				WEXITSTATUS(status));
	return OTA_OK;
}

static enum ota_err write_in(const char *dir, const char *name, struct ota_span bytes,
			     struct ota_diag *diag)
{
	static const struct ota_file_rules rules = {.mode = 0600};
	char *path = path_in(dir, name);
	enum ota_err err = path ? ota_file_write(path, bytes, &rules, diag)
				: ota_fail(diag, OTA_E_MEMORY, "out of memory");

	free(path);
	return err;
}

static enum ota_err read_signature(const char *dir, struct ota_buf *out, struct ota_diag *diag)
{
	char *path = path_in(dir, FILE_SIG);
	struct stat st;
	enum ota_err err;

	if (!path)
		return ota_fail(diag, OTA_E_MEMORY, "out of memory");
	/* A pipe of that name would keep us waiting. */
	if (lstat(path, &st) != 0 || !S_ISREG(st.st_mode))
		err = ota_fail(diag, OTA_E_REFUSED, "the signing command wrote no signature");
	else if (st.st_size == 0)
		err = ota_fail(diag, OTA_E_REFUSED, "the signing command's signature is empty");
	else if ((uintmax_t)st.st_size > out->ceiling)
		err = ota_fail(diag, OTA_E_REFUSED,
			       "the signing command's signature is %jd bytes, at most %zu are read",
			       (intmax_t)st.st_size, out->ceiling);
	else
		err = ota_file_read(path, out, diag);
	free(path);
	return err;
}

/* Only what the command asks for. */
static enum ota_err write_inputs(const char *command, const char *dir,
				 const struct ota_to_sign *to_sign, struct ota_diag *diag)
{
	struct ota_digest digest;
	enum ota_err err = ota_digest_of(to_sign->hash, to_sign->hashed, &digest, diag);

	if (err == OTA_OK && strstr(command, "{" FILE_DIGEST "}"))
		err = write_in(dir, FILE_DIGEST, ota_digest_span(&digest), diag);
	if (err == OTA_OK && strstr(command, "{" FILE_PAYLOAD "}"))
		err = write_in(dir, FILE_PAYLOAD, to_sign->hashed, diag);
	return err;
}

enum ota_err cli_sign_with(const char *command, const struct ota_to_sign *to_sign,
			   struct ota_buf *out, struct ota_diag *diag)
{
	struct held held;
	char *dir = NULL;
	enum ota_err err;

	hold_signals(&held);
	err = make_dir(&dir, diag);
	if (dir) {
		err = write_inputs(command, dir, to_sign, diag);
		if (err == OTA_OK)
			err = run_command(command, dir, &held, diag);
		if (err == OTA_OK)
			err = read_signature(dir, out, diag);
		remove_dir(dir);
	}
	free(dir);
	release_signals(&held);
	return err;
}
