// SPDX-License-Identifier: Apache-2.0
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ota/file.h>

#include "io.h"

#define NEW_FILE_MODE 0666U

static bool is_dash(const char *path)
{
	return strcmp(path, "-") == 0;
}

enum cli_exit cli_read_max(const char *path, size_t ceiling, struct ota_buf *buf)
{
	struct ota_diag diag = {.err = OTA_OK};
	enum ota_err err;

	*buf = ota_buf_init(ceiling);
	if (is_dash(path))
		err = ota_file_read_fd(STDIN_FILENO, buf, &diag);
	else
		err = ota_file_read(path, buf, &diag);
	return err == OTA_OK ? CLI_DONE : cli_fail(path, &diag);
}

enum cli_exit cli_read(const char *path, struct ota_buf *buf)
{
	return cli_read_max(path, CLI_FILE_MAX, buf);
}

enum cli_exit cli_read_key(const char *path, struct ota_key **key)
{
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_buf pem;
	enum cli_exit status = cli_read_max(path, OTA_KEY_FILE_MAX, &pem);

	*key = NULL;
	if (status == CLI_DONE && ota_key_read_pem(ota_buf_span(&pem), key, &diag) != OTA_OK)
		status = cli_fail(path, &diag);
	ota_buf_wipe(&pem);
	return status;
}

/* The process's file mode mask; there is no way to ask without setting it. */
static unsigned file_mode_mask(void)
{
	mode_t mask = umask(0);

	(void)umask(mask);
	return (unsigned)mask;
}

/*
 * A signal between the temporary file and its rename would leave the temporary file behind, so the
 * ones that people send wait until the file is in place.
 */
static enum cli_exit write_file(const char *path, struct ota_span bytes,
				const struct ota_file_rules *rules)
{
	struct ota_diag diag = {.err = OTA_OK};
	sigset_t held;
	sigset_t before;
	enum ota_err err;

	if (is_dash(path)) {
		err = fflush(stdout) == 0 ? OTA_OK : OTA_E_IO;
		if (err == OTA_OK)
			err = ota_file_write_fd(STDOUT_FILENO, bytes, &diag);
		return err == OTA_OK ? CLI_DONE : cli_fail("standard output", &diag);
	}
	(void)sigemptyset(&held);
	(void)sigaddset(&held, SIGINT);
	(void)sigaddset(&held, SIGTERM);
	(void)sigaddset(&held, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &held, &before);
	err = ota_file_write(path, bytes, rules, &diag);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	return err == OTA_OK ? CLI_DONE : cli_fail(path, &diag);
}

enum cli_exit cli_write(const char *path, struct ota_span bytes)
{
	struct ota_file_rules rules = {.mode = NEW_FILE_MODE & ~file_mode_mask()};

	return write_file(path, bytes, &rules);
}

enum cli_exit cli_write_secret(const char *path, struct ota_span bytes, bool force)
{
	struct ota_file_rules rules = {.secret = true, .must_be_new = !force};

	return write_file(path, bytes, &rules);
}
