// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>

#include "depfile.h"
#include "file_args.h"
#include "io.h"

#define DEPFILE_MAX 0x100000U /* bytes */

static enum ota_err append(struct ota_buf *out, const char *text, struct ota_diag *diag)
{
	return ota_buf_append(out, ota_span_of(text, strlen(text)), diag);
}

static bool is_special(char c)
{
	return c == ' ' || c == '\t' || c == '#' || c == ':';
}

/* A name as make reads it: a backslash is one unless it stands before what it would quote. */
static enum ota_err append_name(struct ota_buf *out, const char *name, struct ota_diag *diag)
{
	enum ota_err err = OTA_OK;

	for (const char *at = name; *at && err == OTA_OK; at++) {
		char c[2] = {*at, '\0'};

		if (*at == '\n' || *at == ';')
			return ota_fail(diag, OTA_E_USAGE, "make cannot read the name \"%s\"",
					name);
		if (*at == '$')
			err = append(out, "$", diag);
		else if (is_special(*at) || (*at == '\\' && is_special(at[strspn(at, "\\")])))
			err = append(out, "\\", diag);
		if (err == OTA_OK)
			err = append(out, c, diag);
	}
	return err;
}

/* A name that stands for a regular file; a built-in profile is none. */
static bool is_file(const char *name)
{
	struct stat st;

	return !cli_is_stdin(name) && stat(name, &st) == 0 && S_ISREG(st.st_mode);
}

/* The rule that is being written. */
struct rule {
	struct ota_buf text;
	struct ota_diag diag;
};

static enum cli_exit append_input(const char *name, void *context)
{
	struct rule *rule = context;
	enum ota_err err = OTA_OK;

	if (is_file(name))
		err = append(&rule->text, " \\\n ", &rule->diag);
	if (is_file(name) && err == OTA_OK)
		err = append_name(&rule->text, name, &rule->diag);
	return err == OTA_OK ? CLI_DONE : CLI_ENVIRONMENT;
}

enum cli_exit cli_write_depfile(const struct cli_args *args, unsigned depfile, const char *output,
				const char *input)
{
	const char *path = cli_value(args, depfile);
	struct rule rule = {.text = ota_buf_init(DEPFILE_MAX)};
	enum cli_exit status = CLI_DONE;

	if (!path)
		return CLI_DONE;
	if (append_name(&rule.text, output, &rule.diag) != OTA_OK ||
	    append(&rule.text, ":", &rule.diag) != OTA_OK ||
	    append_input(input, &rule) != CLI_DONE ||
	    cli_each_input(args, append_input, &rule) != CLI_DONE ||
	    append(&rule.text, "\n", &rule.diag) != OTA_OK)
		status = cli_fail(path, &rule.diag);
	if (status == CLI_DONE)
		status = cli_write(path, ota_buf_span(&rule.text));
	ota_buf_free(&rule.text);
	return status;
}
