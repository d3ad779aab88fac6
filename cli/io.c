// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ota/file.h>

#include "io.h"

#define NEW_FILE_MODE 0666U
#define MODE_PERMS    07777U

bool cli_is_stdin(const char *path)
{
	return strcmp(path, "-") == 0 || strcmp(path, "/dev/stdin") == 0 ||
	       ota_file_descriptor(path) == STDIN_FILENO;
}

bool cli_is_stdout(const char *path)
{
	return strcmp(path, "-") == 0 || ota_file_descriptor(path) == STDOUT_FILENO;
}

enum cli_exit cli_check_stdin(const char *command, const char *const *paths, size_t n)
{
	unsigned taken = 0;

	for (size_t i = 0; i < n; i++)
		taken += paths[i] && cli_is_stdin(paths[i]);
	if (taken < 2)
		return CLI_DONE;
	return cli_error(CLI_USAGE, command, "standard input can be only one of its files");
}

enum cli_exit cli_check_input(const char *path)
{
	struct stat st;

	if (cli_is_stdin(path))
		return CLI_DONE;
	if (stat(path, &st) != 0 || access(path, R_OK) != 0)
		return cli_error(CLI_ENVIRONMENT, path, "cannot open: %s", strerror(errno));
	if (S_ISDIR(st.st_mode))
		return cli_error(CLI_ENVIRONMENT, path, "is a directory");
	return CLI_DONE;
}

enum cli_exit cli_read_max(const char *path, size_t ceiling, struct ota_buf *buf)
{
	struct ota_diag diag = {.err = OTA_OK};
	enum ota_err err;

	*buf = ota_buf_init(ceiling);
	if (cli_is_stdin(path))
		err = ota_file_read_fd(STDIN_FILENO, buf, &diag);
	else
		err = ota_file_read(path, buf, &diag);
	return err == OTA_OK ? CLI_DONE : cli_fail(path, &diag);
}

enum cli_exit cli_read(const char *path, struct ota_buf *buf)
{
	return cli_read_max(path, CLI_FILE_MAX, buf);
}

enum cli_exit cli_read_secret(const char *path, struct ota_buf *buf, unsigned *mode)
{
	struct ota_diag diag = {.err = OTA_OK};
	struct stat st;

	if (!cli_is_stdin(path)) {
		*buf = ota_buf_init(OTA_KEY_FILE_MAX);
		if (ota_file_read_mode(path, buf, mode, &diag) != OTA_OK)
			return cli_fail(path, &diag);
		return CLI_DONE;
	}
	*mode = 0;
	if (fstat(STDIN_FILENO, &st) == 0 && S_ISREG(st.st_mode))
		*mode = st.st_mode & MODE_PERMS;
	return cli_read_max(path, OTA_KEY_FILE_MAX, buf);
}

/* Byte by byte: the descriptor may hold the next secret behind the line, or stay open. */
enum cli_exit cli_read_line(int fd, const char *name, struct ota_buf *line)
{
	struct ota_diag diag = {.err = OTA_OK};

	if (ota_buf_reserve(line, line->ceiling - line->len, &diag) != OTA_OK)
		return cli_fail(name, &diag);
	while (line->len < line->ceiling && (line->len == 0 || line->data[line->len - 1] != '\n')) {
		ssize_t got = read(fd, line->data + line->len, 1);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return cli_error(CLI_ENVIRONMENT, name, "cannot read: %s", strerror(errno));
		if (got == 0)
			break;
		line->len++;
	}
	return CLI_DONE;
}

int cli_open_terminal(void)
{
	return open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
}

/* The process's file mode mask; there is no way to ask without setting it. */
static unsigned file_mode_mask(void)
{
	mode_t mask = umask(0);

	(void)umask(mask);
	return (unsigned)mask;
}

static enum cli_exit write_file(const char *path, struct ota_span bytes,
				const struct ota_file_rules *rules)
{
	struct ota_diag diag = {.err = OTA_OK};
	enum ota_err err;

	if (!cli_is_stdout(path)) {
		err = ota_file_write(path, bytes, rules, &diag);
		if (err == OTA_E_EXISTS)
			ota_hint(&diag, "--force replaces it");
		return err == OTA_OK ? CLI_DONE : cli_fail(path, &diag);
	}
	err = fflush(stdout) == 0 ? OTA_OK : OTA_E_IO;
	if (err == OTA_OK)
		err = ota_file_write_fd(STDOUT_FILENO, bytes, &diag);
	return err == OTA_OK ? CLI_DONE : cli_fail("standard output", &diag);
}

enum cli_exit cli_write(const char *path, struct ota_span bytes)
{
	struct ota_file_rules rules = {.mode = NEW_FILE_MODE & ~file_mode_mask()};

	return write_file(path, bytes, &rules);
}

enum cli_exit cli_check_new(const char *path)
{
	struct stat st;

	if (cli_is_stdout(path) || stat(path, &st) != 0 || !S_ISREG(st.st_mode))
		return CLI_DONE;
	(void)cli_error(CLI_ENVIRONMENT, path, "exists already and is not overwritten");
	cli_hint("--force replaces it");
	return CLI_ENVIRONMENT;
}

enum cli_exit cli_write_secret(const char *path, struct ota_span bytes, bool force)
{
	struct ota_file_rules rules = {.secret = true, .must_be_new = !force};

	return write_file(path, bytes, &rules);
}
