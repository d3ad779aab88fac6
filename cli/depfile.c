// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>

#include <ota/token.h>

#include "depfile.h"
#include "io.h"

#define DEPFILE_MAX 0x100000U /* bytes */

/* Options whose value is a file that is read. */
static const char *const inputs[] = {"key",    "fix-sig",         "fix-sig-pubkey", "encrypt",
				     "target", "custom-tlv-file", "passphrase-file"};

static enum ota_err append(struct ota_buf *out, const char *text, struct ota_diag *diag)
{
	return ota_buf_append(out, ota_span_of(text, strlen(text)), diag);
}

/* A name as make reads it. */
static enum ota_err append_name(struct ota_buf *out, const char *name, struct ota_diag *diag)
{
	enum ota_err err = OTA_OK;

	for (; *name && err == OTA_OK; name++) {
		char c[2] = {*name, '\0'};

		if (*name == '$')
			err = append(out, "$", diag);
		else if (*name == ' ' || *name == '\t' || *name == '#' || *name == '\\' ||
			 *name == ':')
			err = append(out, "\\", diag);
		if (err == OTA_OK)
			err = append(out, c, diag);
	}
	return err;
}

/* A name that stands for a regular file; a built-in profile or a token's key is none. */
static bool is_file(const char *name)
{
	struct stat st;

	return !cli_is_stdin(name) && !ota_token_is_uri(name) && stat(name, &st) == 0 &&
	       S_ISREG(st.st_mode);
}

static enum ota_err append_input(struct ota_buf *out, const char *name, struct ota_diag *diag)
{
	enum ota_err err;

	if (!is_file(name))
		return OTA_OK;
	err = append(out, " \\\n ", diag);
	return err == OTA_OK ? append_name(out, name, diag) : err;
}

static bool names_input(const struct cli_option *option)
{
	for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++) {
		if (strcmp(inputs[i], option->name) == 0)
			return true;
	}
	return false;
}

enum cli_exit cli_write_depfile(const struct cli_args *args, unsigned depfile, const char *output,
				const char *input)
{
	const struct cli_option *options = args->row->command->options;
	const char *path = cli_value(args, depfile);
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_buf rule = ota_buf_init(DEPFILE_MAX);
	enum cli_exit status;
	enum ota_err err;

	if (!path)
		return CLI_DONE;
	err = append_name(&rule, output, &diag);
	if (err == OTA_OK)
		err = append(&rule, ":", &diag);
	if (err == OTA_OK)
		err = append_input(&rule, input, &diag);
	for (unsigned i = 0; i < args->n_given && err == OTA_OK; i++) {
		const struct cli_given *given = &args->given[i];
		const struct cli_option *option = &options[given->option];

		if (names_input(option))
			err = append_input(&rule, given->value[option->two_values ? 1 : 0], &diag);
	}
	if (err == OTA_OK)
		err = append(&rule, "\n", &diag);
	status = err == OTA_OK ? cli_write(path, ota_buf_span(&rule)) : cli_fail(path, &diag);
	ota_buf_free(&rule);
	return status;
}
