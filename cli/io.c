// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ota/file.h>

#include "io.h"

#define NEW_FILE_MODE 0666U

static bool is_stdin(const char *path)
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
		taken += paths[i] && is_stdin(paths[i]);
	if (taken < 2)
		return CLI_DONE;
	return cli_error(CLI_USAGE, command, "standard input can be only one of its files");
}

enum cli_exit cli_spare_key(const char *key, const char *output)
{
	struct stat a;
	struct stat b;

	if (!key || !output || stat(key, &a) != 0 || stat(output, &b) != 0 ||
	    a.st_dev != b.st_dev || a.st_ino != b.st_ino || !S_ISREG(a.st_mode))
		return CLI_DONE;
	return cli_error(CLI_USAGE, output, "is the key file, which would be lost");
}

enum cli_exit cli_read_max(const char *path, size_t ceiling, struct ota_buf *buf)
{
	struct ota_diag diag = {.err = OTA_OK};
	enum ota_err err;

	*buf = ota_buf_init(ceiling);
	if (is_stdin(path))
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

enum cli_exit cli_write_secret(const char *path, struct ota_span bytes, bool force)
{
	struct ota_file_rules rules = {.secret = true, .must_be_new = !force};

	return write_file(path, bytes, &rules);
}
