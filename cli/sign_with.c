// SPDX-License-Identifier: Apache-2.0
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ota/file.h>

#include "sign_with.h"

#define COMMAND_MAX  65536U
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

static char *make_dir(void)
{
	const char *base = getenv("TMPDIR");
	char *dir = path_in(base && base[0] ? base : "/tmp", "otatool-sign-XXXXXX");

	if (dir && mkdtemp(dir))
		return dir;
	free(dir);
	return NULL;
}

static void remove_dir(const char *dir)
{
	static const char *const names[] = {FILE_DIGEST, FILE_PAYLOAD, FILE_SIG};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *path = path_in(dir, names[i]);

		if (path)
			(void)unlink(path);
		free(path);
	}
	(void)rmdir(dir);
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

/* Ctrl-C is for the command: we stay to clean up, and end with its failure. */
static int run_line(char *line)
{
	char shell[] = "/bin/sh";
	char option[] = "-c";
	char *const argv[] = {shell, option, line, NULL};
	void (*interrupt)(int) = signal(SIGINT, SIG_IGN);
	void (*quit)(int) = signal(SIGQUIT, SIG_IGN);
	posix_spawnattr_t attr;
	sigset_t defaults;
	int status = -1;
	pid_t pid;

	(void)sigemptyset(&defaults);
	(void)sigaddset(&defaults, SIGINT);
	(void)sigaddset(&defaults, SIGQUIT);
	(void)sigaddset(&defaults, SIGXFSZ);
	if (posix_spawnattr_init(&attr) == 0) {
		(void)posix_spawnattr_setsigdefault(&attr, &defaults);
		(void)posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF);
		if (posix_spawn(&pid, shell, NULL, &attr, argv, environ) == 0) {
			/* No handler is installed that could interrupt the wait. */
			if (waitpid(pid, &status, 0) != pid)
				status = -1;
		}
		(void)posix_spawnattr_destroy(&attr);
	}
	(void)signal(SIGINT, interrupt);
	(void)signal(SIGQUIT, quit);
	return status;
}

static enum ota_err run_command(const char *command, const char *dir, struct ota_diag *diag)
{
	struct ota_buf line = ota_buf_init(COMMAND_MAX);
	enum ota_err err = write_line(command, dir, &line, diag);
	int status = 0;

	if (err == OTA_OK)
		status = run_line((char *)line.data);
	ota_buf_free(&line);
	if (err == OTA_OK && status == -1)
		return ota_fail(diag, OTA_E_IO, "the signing command cannot be run");
	if (err == OTA_OK && WIFSIGNALED(status))
		return ota_fail(diag, OTA_E_REFUSED, "the signing command ended by signal %d",
				WTERMSIG(status));
	if (err == OTA_OK && WEXITSTATUS(status) != 0)
		return ota_fail(diag, OTA_E_REFUSED, "the signing command ended with exit code %d",
				WEXITSTATUS(status));
	return err;
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
	enum ota_err err;

	if (!path)
		return ota_fail(diag, OTA_E_MEMORY, "out of memory");
	if (ota_file_read(path, out, NULL) != OTA_OK)
		err = ota_fail(diag, OTA_E_REFUSED, "the signing command wrote no signature");
	else if (out->len == 0)
		err = ota_fail(diag, OTA_E_REFUSED, "the signing command's signature is empty");
	else
		err = OTA_OK;
	free(path);
	return err;
}

enum ota_err cli_sign_with(const char *command, const struct ota_to_sign *to_sign,
			   struct ota_buf *out, struct ota_diag *diag)
{
	struct ota_digest digest;
	char *dir = make_dir();
	enum ota_err err;

	if (!dir)
		return ota_fail(diag, OTA_E_IO,
				"cannot make a directory for the signing command's files");
	err = ota_digest_of(to_sign->hash, to_sign->hashed, &digest, diag);
	if (err == OTA_OK)
		err = write_in(dir, FILE_DIGEST, ota_digest_span(&digest), diag);
	if (err == OTA_OK)
		err = write_in(dir, FILE_PAYLOAD, to_sign->hashed, diag);
	if (err == OTA_OK)
		err = run_command(command, dir, diag);
	if (err == OTA_OK)
		err = read_signature(dir, out, diag);
	remove_dir(dir);
	free(dir);
	return err;
}
