// SPDX-License-Identifier: Apache-2.0
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include <ota/token.h>

#include "io.h"
#include "key_arg.h"
#include "prompt.h"

#define MODULE_VARIABLE "PKCS11_MODULE_PATH"
#define OTHERS_READ     044U
#define OTHERS_WRITE    022U
#define WHOSE_MAX       160
#define STDIN_PATHS_MAX 12
#define SHOWN_MAX       256 /* characters of a URI in a message */

/* How one kind of secret is asked for. */
struct secret_words {
	const char *name;        /* "passphrase" */
	const char *title;       /* the same to begin a prompt */
	const char *file_option; /* long names */
	const char *fd_option;
};

static const struct secret_words passphrase_words = {"passphrase", "Passphrase", "passphrase-file",
						     "passphrase-fd"};
static const struct secret_words pin_words = {"PIN", "PIN", "pin-file", "pin-fd"};

static const char *given_value(const struct cli_args *args, const char *name)
{
	unsigned option;

	return cli_find_option(args, name, &option) ? cli_value(args, option) : NULL;
}

static bool is_strict(const struct cli_args *args)
{
	unsigned option;

	return cli_find_option(args, "strict", &option) && cli_has(args, option);
}

/* A file with a secret that others can reach; `mode` is 0 for what is no regular file. */
static enum cli_exit judge_mode(const struct cli_args *args, const char *path, const char *what,
				unsigned mode)
{
	const char *verb = mode & OTHERS_READ ? "read" : "written";
	enum cli_exit status = CLI_DONE;

	/* imgtool's callers have their keys in the repository, where git gives every file 0644. */
	if ((mode & (OTHERS_READ | OTHERS_WRITE)) == 0 || (args->row->imgtool && !is_strict(args)))
		return CLI_DONE;
	if (is_strict(args))
		status = cli_error(CLI_NO, path, "%s can be %s by others (mode %04o)", what, verb,
				   mode);
	else
		cli_warning(path, "%s can be %s by others (mode %04o)", what, verb, mode);
	if (!cli_is_stdin(path))
		cli_hint("chmod 600 %s", path);
	return status;
}

/* Keeps the first line of `raw` without its end. */
static enum cli_exit keep_line(const char *subject, const char *what, struct ota_span raw,
			       struct ota_buf *line)
{
	struct ota_diag diag = {.err = OTA_OK};
	size_t len = 0;

	while (len < raw.len && raw.data[len] != '\n')
		len++;
	if (len < raw.len && len > 0 && raw.data[len - 1] == '\r')
		len--;
	if (len == 0)
		return cli_error(CLI_BAD_INPUT, subject, "%s is empty", what);
	if (len > OTA_PASSPHRASE_MAX)
		return cli_error(CLI_BAD_INPUT, subject,
				 "%s is longer than the %u bytes that are taken", what,
				 OTA_PASSPHRASE_MAX);
	if (ota_buf_append(line, ota_span_head(raw, len), &diag) != OTA_OK)
		return cli_fail(subject, &diag);
	return CLI_DONE;
}

static enum cli_exit line_of_file(const struct cli_args *args, const char *path, const char *what,
				  struct ota_buf *line)
{
	struct ota_buf file;
	unsigned mode = 0;
	enum cli_exit status = cli_read_secret(path, &file, &mode);

	if (status == CLI_DONE)
		status = judge_mode(args, path, what, mode);
	if (status == CLI_DONE)
		status = keep_line(path, what, ota_buf_span(&file), line);
	ota_buf_wipe(&file);
	return status;
}

static enum cli_exit line_of_descriptor(const char *option, const char *number, const char *what,
					struct ota_buf *line)
{
	struct ota_buf raw = ota_buf_init(OTA_PASSPHRASE_MAX + 2); /* and CR LF */
	char subject[32];
	uint64_t fd = 0;
	enum cli_exit status;

	(void)snprintf(subject, sizeof(subject), "--%s", option);
	status = cli_parse_number(subject, number, INT_MAX, &fd);
	if (status == CLI_DONE)
		status = cli_read_line((int)fd, subject, &raw);
	if (status == CLI_DONE)
		status = keep_line(subject, what, ota_buf_span(&raw), line);
	ota_buf_wipe(&raw);
	return status;
}

/* What the options give; `line` stays empty when they give nothing. */
static enum cli_exit given_secret(const struct cli_args *args, const struct secret_words *words,
				  struct ota_buf *line)
{
	const char *path = given_value(args, words->file_option);
	const char *number = given_value(args, words->fd_option);

	*line = ota_buf_init(OTA_PASSPHRASE_MAX);
	if (path || number)
		ota_keys_guard_process();
	if (path)
		return line_of_file(args, path, words->name, line);
	if (number)
		return line_of_descriptor(words->fd_option, number, words->name, line);
	return CLI_DONE;
}

enum cli_exit cli_check_key_stdin(const struct cli_args *args, const char *const *paths, size_t n)
{
	static const char *const files[] = {"passphrase-file", "pin-file"};
	static const char *const descriptors[] = {"passphrase-fd", "pin-fd"};
	const char *all[STDIN_PATHS_MAX] = {NULL};
	size_t at = 0;

	while (at < n && at < STDIN_PATHS_MAX - 4) {
		all[at] = paths[at];
		at++;
	}
	for (size_t i = 0; i < 2; i++) {
		const char *number = given_value(args, descriptors[i]);
		bool is_zero = number && number[0] && strspn(number, "0") == strlen(number);

		all[at++] = given_value(args, files[i]);
		all[at++] = is_zero ? "-" : NULL;
	}
	return cli_check_stdin(args->row->name, all, at);
}

enum cli_exit cli_given_passphrase(const struct cli_args *args, struct ota_buf *line)
{
	return given_secret(args, &passphrase_words, line);
}

/* For imgtool: its question, and without a terminal standard input. */
static enum cli_exit prompt(const struct cli_args *args, const struct secret_words *words,
			    const char *whose, struct ota_buf *line)
{
	char text[2 * WHOSE_MAX];

	if (args->row->command->asks_nothing)
		return CLI_USAGE;
	if (args->row->imgtool && words == &passphrase_words)
		return cli_prompt_or_stdin("Enter key passphrase: ", line);
	(void)snprintf(text, sizeof(text), "%s for %.*s: ", words->title, WHOSE_MAX, whose);
	return words == &passphrase_words ? cli_prompt_or_piped(text, line)
					  : cli_prompt(text, line);
}

/* Asks for it on the terminal; without one, says which option does. */
static enum cli_exit ask_for(const struct cli_args *args, const struct secret_words *words,
			     const char *subject, const char *whose, struct ota_buf *line)
{
	unsigned option;
	enum cli_exit status = prompt(args, words, whose, line);

	if (status != CLI_USAGE)
		return status;
	(void)cli_error(CLI_USAGE, subject, "needs a %s, and %s", words->name,
			args->row->command->asks_nothing ? "this command asks for none"
							 : "there is no terminal to ask on");
	if (cli_find_option(args, words->file_option, &option))
		cli_hint("--%s FILE or --%s N gives it", words->file_option, words->fd_option);
	return CLI_USAGE;
}

static enum cli_exit find_passphrase(const struct cli_args *args, const char *path,
				     struct ota_buf *passphrase)
{
	enum cli_exit status = cli_given_passphrase(args, passphrase);

	if (status == CLI_DONE && passphrase->len == 0)
		status = ask_for(args, &passphrase_words, path, path, passphrase);
	return status;
}

enum cli_exit cli_fail_key(const char *subject, const struct ota_diag *diag,
			   enum cli_exit not_opened)
{
	enum cli_exit status = cli_fail(subject, diag);

	return diag->err == OTA_E_REFUSED || diag->err == OTA_E_ABSENT ? not_opened : status;
}

/* imgtool takes PEM only, and a key-encryption key in the form of its fork. */
static enum cli_exit check_form(const struct cli_args *args, const char *path, struct ota_span file,
				const struct ota_key *key)
{
	static const char begin[] = "-----BEGIN ";

	if (!args->row->imgtool || ota_key_is_kek(key))
		return CLI_DONE;
	for (size_t at = 0; at < file.len; at++) {
		if (ota_span_equal(ota_span_sub(file, at, strlen(begin)),
				   ota_span_of(begin, strlen(begin))))
			return CLI_DONE;
	}
	return cli_error(CLI_USAGE, path, "is not PEM, the only form of key that imgtool takes");
}

static enum cli_exit read_file_key(const struct cli_args *args, const char *path,
				   struct ota_key **key)
{
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_buf passphrase = {.data = NULL};
	struct ota_buf file;
	unsigned mode = 0;
	enum cli_exit status;

	ota_keys_guard_process();
	status = cli_read_secret(path, &file, &mode);
	if (status == CLI_DONE && ota_key_is_encrypted(ota_buf_span(&file)))
		status = find_passphrase(args, path, &passphrase);
	if (status == CLI_DONE &&
	    ota_key_read(ota_buf_span(&file), ota_buf_span(&passphrase), key, &diag) != OTA_OK)
		status = cli_fail_key(path, &diag, CLI_BAD_INPUT);
	if (status == CLI_DONE)
		status = check_form(args, path, ota_buf_span(&file), *key);
	ota_buf_wipe(&passphrase);
	ota_buf_wipe(&file);
	if (status == CLI_DONE && ota_key_is_private(*key))
		status = judge_mode(args, path, ota_key_is_kek(*key) ? "secret key" : "private key",
				    mode);
	return status;
}

/* The URI without its query: one that holds a PIN against the rules must not bring it into a log.
 */
static const char *shown_uri(const char *uri, char shown[SHOWN_MAX])
{
	const char *pin = strstr(uri, "pin-value");
	size_t len = strcspn(uri, "?");

	if (pin && (size_t)(pin - uri) < len)
		len = (size_t)(pin - uri);
	if (len >= SHOWN_MAX)
		len = SHOWN_MAX - 1;
	memcpy(shown, uri, len);
	shown[len] = '\0';
	return shown;
}

/* The URI's pin-source, else the options, else the terminal when the token wants one. */
static enum cli_exit find_pin(const struct cli_args *args, const char *pin_source,
			      const char *shown, const struct ota_token *token, struct ota_buf *pin)
{
	enum cli_exit status;

	if (pin_source[0]) {
		*pin = ota_buf_init(OTA_PASSPHRASE_MAX);
		return line_of_file(args, pin_source, pin_words.name, pin);
	}
	status = given_secret(args, &pin_words, pin);
	if (status == CLI_DONE && pin->len == 0 && ota_token_wants_pin(token)) {
		char whose[WHOSE_MAX];

		(void)snprintf(whose, sizeof(whose), "token %s", ota_token_label(token));
		status = ask_for(args, &pin_words, shown, whose, pin);
	}
	return status;
}

static enum cli_exit read_token_key(const struct cli_args *args, const char *uri,
				    struct ota_key **key)
{
	const char *module = given_value(args, "pkcs11-module");
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_token *token = NULL;
	struct ota_buf pin = {.data = NULL};
	char pin_source[PATH_MAX] = "";
	char text[SHOWN_MAX];
	const char *shown = shown_uri(uri, text);
	enum cli_exit status;
	enum ota_err err;

	ota_keys_guard_process();
	err = ota_token_pin_source(uri, pin_source, sizeof(pin_source), &diag);
	if (err != OTA_OK && err != OTA_E_ABSENT)
		return cli_fail(shown, &diag);
	if (err == OTA_E_ABSENT)
		pin_source[0] = '\0';
	diag = (struct ota_diag){.err = OTA_OK};
	if (!module)
		module = getenv(MODULE_VARIABLE);
	if (ota_token_open(uri, module, &token, &diag) != OTA_OK)
		return cli_fail_key(shown, &diag, CLI_ENVIRONMENT);
	status = find_pin(args, pin_source, shown, token, &pin);
	if (status != CLI_DONE)
		ota_token_close(token);
	else if (ota_token_key(token, ota_buf_span(&pin), key, &diag) != OTA_OK)
		status = cli_fail_key(shown, &diag, CLI_ENVIRONMENT);
	ota_buf_wipe(&pin);
	return status;
}

/* Whoever has MCUboot's repository can sign with one of these. */
static enum cli_exit judge_development_key(const struct cli_args *args, const char *subject,
					   const struct ota_key *key)
{
	static const char words[] = "is MCUboot's development key %s, whose private part is public";
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_digest id;
	const char *name;

	/* It has no public part, and so no id. */
	if (ota_key_is_kek(key))
		return CLI_DONE;
	if (ota_key_id(key, OTA_HASH_SHA256, &id, &diag) != OTA_OK)
		return cli_fail(subject, &diag);
	name = ota_key_development_name(ota_digest_span(&id));
	if (!name)
		return CLI_DONE;
	if (is_strict(args))
		return cli_error(CLI_NO, subject, words, name);
	cli_warning(subject, words, name);
	return CLI_DONE;
}

enum cli_exit cli_read_key(const struct cli_args *args, const char *text, struct ota_key **key)
{
	bool in_token = ota_token_is_uri(text);
	char shown[SHOWN_MAX];
	enum cli_exit status;

	*key = NULL;
	status = in_token ? read_token_key(args, text, key) : read_file_key(args, text, key);
	if (status == CLI_DONE)
		status =
			judge_development_key(args, in_token ? shown_uri(text, shown) : text, *key);
	if (status != CLI_DONE) {
		ota_key_free(*key);
		*key = NULL;
	}
	return status;
}

enum cli_exit cli_read_device_key(const struct cli_args *args, const char *text,
				  struct ota_key **key)
{
	enum cli_exit status = cli_read_key(args, text, key);

	if (status == CLI_DONE && ota_key_enc_tlv(*key) == 0)
		return cli_error(CLI_USAGE, text, "is a key of type %s, which encrypts nothing",
				 ota_key_name(*key));
	if (status == CLI_DONE && !ota_key_is_private(*key))
		return cli_error(CLI_USAGE, text,
				 "is a public key, which decrypts nothing; the private one does");
	return status;
}
