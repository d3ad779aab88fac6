// SPDX-License-Identifier: Apache-2.0
#include "key_make.h"
#include "io.h"
#include "key_arg.h"
#include "prompt.h"

static enum cli_exit prompt_twice(const struct cli_args *args, const struct cli_new_key *wish,
				  struct ota_buf *passphrase)
{
	enum cli_exit (*prompt)(const char *text, struct ota_buf *line) =
		args->row->imgtool ? cli_prompt_or_stdin : cli_prompt;
	struct ota_buf again = ota_buf_init(OTA_PASSPHRASE_MAX);
	enum cli_exit status = prompt(wish->prompt, passphrase);

	if (status == CLI_DONE)
		status = prompt(wish->again, &again);
	else if (status == CLI_USAGE) {
		(void)cli_error(CLI_USAGE, "keygen", "there is no terminal to ask on");
		cli_hint("--passphrase-file FILE or --passphrase-fd N gives the passphrase");
	}
	if (status == CLI_DONE && !ota_span_equal(ota_buf_span(passphrase), ota_buf_span(&again)))
		status = cli_error(CLI_USAGE, "keygen", "the two passphrases differ");
	ota_buf_wipe(&again);
	return status;
}

/* Stays empty when the key is not to be encrypted. */
static enum cli_exit find_passphrase(const struct cli_args *args, const struct cli_new_key *wish,
				     struct ota_buf *passphrase)
{
	enum cli_exit status = cli_given_passphrase(args, passphrase);

	if (status == CLI_DONE && passphrase->len == 0 && wish->asks)
		status = prompt_twice(args, wish, passphrase);
	return status;
}

static enum cli_exit generate(const struct cli_args *args, const struct cli_new_key *wish,
			      struct ota_buf *pem)
{
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_buf passphrase;
	enum cli_exit status;

	ota_keys_guard_process();
	status = find_passphrase(args, wish, &passphrase);
	if (status == CLI_DONE &&
	    ota_key_generate(wish->type, ota_buf_span(&passphrase), pem, &diag) != OTA_OK)
		status = cli_fail("keygen", &diag);
	ota_buf_wipe(&passphrase);
	return status;
}

static bool is_kind(const char *type)
{
	for (size_t i = 0; ota_key_kind_name(i); i++) {
		if (strcmp(ota_key_kind_name(i), type) == 0)
			return true;
	}
	return false;
}

static enum cli_exit check_new(const struct cli_args *args, const struct cli_new_key *wish)
{
	char list[128];

	if (!wish->type)
		return cli_error(CLI_USAGE, "keygen", "needs --type, one of: %s",
				 cli_list(ota_key_kind_name, list));
	if (!is_kind(wish->type))
		return cli_error(CLI_USAGE, "--type", "\"%s\" is not one of %s", wish->type,
				 cli_list(ota_key_kind_name, list));
	if (!wish->path)
		return cli_error(CLI_USAGE, "keygen", "needs %s",
				 args->row->imgtool ? "--key KEY.pem" : "--output KEY.pem");
	return wish->force ? CLI_DONE : cli_check_new(wish->path);
}

enum cli_exit cli_make_key(const struct cli_args *args, const struct cli_new_key *wish)
{
	struct ota_buf pem = ota_buf_init(OTA_KEY_FILE_MAX);
	enum cli_exit status = check_new(args, wish);

	if (status == CLI_DONE)
		status = generate(args, wish, &pem);
	if (status == CLI_DONE)
		status = cli_write_secret(wish->path, ota_buf_span(&pem), wish->force);
	ota_buf_wipe(&pem);
	return status;
}
