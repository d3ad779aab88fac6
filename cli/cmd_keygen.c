// SPDX-License-Identifier: Apache-2.0
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

static enum cli_exit run(const struct cli_args *args)
{
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_buf pem = ota_buf_init(OTA_KEY_FILE_MAX);
	const char *type = cli_value(args, TYPE);
	const char *output = cli_value(args, OUTPUT);
	char list[128];
	enum cli_exit status;
	enum ota_err err;

	if (!type)
		return cli_error(CLI_USAGE, "keygen", "needs --type, one of: %s",
				 cli_list(ota_key_kind_name, list));
	if (!output)
		return cli_error(CLI_USAGE, "keygen", "needs --output KEY.pem");
	err = ota_key_generate(type, &pem, &diag);
	if (err == OTA_E_ABSENT)
		status = cli_error(CLI_USAGE, "--type", "\"%s\" is not one of %s", type,
				   cli_list(ota_key_kind_name, list));
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
