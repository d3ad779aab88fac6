// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>

#include "io.h"

enum { TYPE, OUTPUT, FORCE };

static const struct cli_option options[] = {
	[TYPE] = {.name = "type", .letter = 't', .value = "TYPE", .help = "ecdsa-p256 or ed25519"},
	[OUTPUT] = {.name = "output", .letter = 'o', .value = "KEY.pem", .help = "file to make"},
	[FORCE] = {.name = "force", .help = "replace a file that exists: its key is lost"},
};

static const struct cli_example examples[] = {
	{"otatool keygen -t ed25519 -o key.pem", "small, fast, reproducible signatures"},
	{"otatool keygen -t ecdsa-p256 -o key.pem", "what hardware accelerators know"},
	{NULL, NULL},
};

static enum cli_exit fail_type(const char *type)
{
	(void)fprintf(stderr, "otatool: error: keygen: \"%s\" is not one of", type);
	for (size_t i = 0; ota_key_kind_name(i); i++)
		(void)fprintf(stderr, "%s %s", i ? "," : "", ota_key_kind_name(i));
	(void)fputc('\n', stderr);
	return CLI_USAGE;
}

static enum cli_exit run(const struct cli_args *args)
{
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_buf pem = ota_buf_init(OTA_KEY_FILE_MAX);
	const char *type = cli_value(args, TYPE);
	const char *output = cli_value(args, OUTPUT);
	enum cli_exit status;
	enum ota_err err;

	if (!type || !output)
		return cli_error(CLI_USAGE, "keygen", "needs %s",
				 type ? "--output KEY.pem" : "--type ecdsa-p256 or ed25519");
	err = ota_key_generate(type, &pem, &diag);
	if (err == OTA_E_ABSENT)
		status = fail_type(type);
	else if (err != OTA_OK)
		status = cli_fail("keygen", &diag);
	else
		status = cli_write_secret(output, ota_buf_span(&pem), cli_has(args, FORCE));
	ota_buf_wipe(&pem);
	return status;
}

const struct cli_command cli_cmd_keygen = {
	.usage = "keygen -t TYPE -o KEY.pem [--force]",
	.examples = examples,
	.about = "The key is written as unencrypted PKCS#8 with mode 0600. Whoever has the file "
		 "can\n"
		 "sign firmware: keep it out of the repository. An existing file is kept.",
	.options = options,
	.n_options = sizeof(options) / sizeof(options[0]),
	.run = run,
};
