// SPDX-License-Identifier: Apache-2.0
/* getpub and getpubhash: a key's public part, or its hash, for a build. */
#include <stdio.h>

#include "file_args.h"
#include "imgtool.h"
#include "io.h"
#include "key_arg.h"
#include "key_text.h"

/* One numbering for both: getpubhash's table ends before LANG. */
enum { KEY, ENCODING, NAME_SUFFIX, OUTPUT, KEY_OPTION_IDS, LANG };

#define SHARED_ROWS                                                                                \
	[KEY] = {.name = "key", .letter = 'k', .value = "KEY", .help = "private or public key"},   \
	[NAME_SUFFIX] = {.name = "name-suffix",                                                    \
			 .value = "SUFFIX",                                                        \
			 .help = "put SUFFIX behind the name in the source text"},                 \
	[OUTPUT] = {.name = "output",                                                              \
		    .letter = 'o',                                                                 \
		    .value = "FILE",                                                               \
		    .help = "file to write; standard output without it"},                          \
	KEY_OPTION_ROWS

static const struct cli_option getpub_options[] = {
	SHARED_ROWS,
	[ENCODING] = {.name = "encoding",
		      .letter = 'e',
		      .value = "FORM",
		      .help = "lang-c (default), lang-rust, pem or raw"},
	[LANG] = {.name = "lang",
		  .letter = 'l',
		  .value = "c|rust",
		  .help = "the old way to say --encoding"},
};

static const struct cli_option getpubhash_options[] = {
	SHARED_ROWS,
	[ENCODING] = {.name = "encoding",
		      .letter = 'e',
		      .value = "FORM",
		      .help = "lang-c (default) or raw"},
};

/* getpub's words are in this order, and so are the two of --lang. */
enum form { FORM_C, FORM_RUST, FORM_PEM, FORM_RAW };

/* What is appended to `out` of the key. */
struct printing {
	enum form form;
	const char *suffix; /* of names; may be empty */
	enum ota_err (*append)(const struct printing *printing, const struct ota_key *key,
			       struct ota_buf *out, struct ota_diag *diag);
};

static enum ota_err append_public(const struct printing *printing, const struct ota_key *key,
				  struct ota_buf *out, struct ota_diag *diag)
{
	switch (printing->form) {
	case FORM_C:
		return key_text_public_c(key, printing->suffix, out, diag);
	case FORM_RUST:
		return key_text_public_rust(key, printing->suffix, out, diag);
	case FORM_PEM:
		return ota_key_public_pem(key, out, diag);
	case FORM_RAW:
		return ota_buf_append(out, ota_key_public(key), diag);
	}
	return OTA_E_USAGE;
}

/* SHA-256 for every key, also one whose images carry SHA-384. */
static enum ota_err append_hash(const struct printing *printing, const struct ota_key *key,
				struct ota_buf *out, struct ota_diag *diag)
{
	struct ota_digest hash;
	char name[64];
	enum ota_err err = ota_key_id(key, OTA_HASH_SHA256, &hash, diag);

	if (err == OTA_OK && printing->form == FORM_RAW)
		return ota_buf_append(out, ota_digest_span(&hash), diag);
	(void)snprintf(name, sizeof(name), "%s_pub_key_hash", ota_key_c_stem(key));
	return err == OTA_OK ? key_text_c(name, printing->suffix, ota_digest_span(&hash), out, diag)
			     : err;
}

static enum cli_exit print_key(const struct cli_args *args, const struct printing *printing)
{
	const char *key_text = cli_value(args, KEY);
	const char *output = cli_value(args, OUTPUT);
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_buf out = ota_buf_init(KEY_TEXT_MAX);
	struct ota_key *key = NULL;
	enum cli_exit status = cli_check_key_stdin(args, &key_text, 1);

	if (status == CLI_DONE)
		status = cli_check_outputs(args, key_text, &output, 1);
	if (status == CLI_DONE)
		status = cli_read_key(args, key_text, &key);
	if (status == CLI_DONE)
		status = key_text_check_public(key_text, key);
	if (status == CLI_DONE && printing->append(printing, key, &out, &diag) != OTA_OK)
		status = cli_fail(key_text, &diag);
	/* Nothing secret stays in memory while a slow output blocks. */
	ota_key_free(key);
	if (status == CLI_DONE)
		status = cli_write(output ? output : "-", ota_buf_span(&out));
	ota_buf_free(&out);
	return status;
}

static enum cli_exit check_and_print(const struct cli_args *args, struct printing *printing)
{
	const char *suffix = cli_value(args, NAME_SUFFIX);
	bool has_names = printing->form == FORM_C || printing->form == FORM_RUST;
	enum cli_exit status;

	if (!cli_value(args, KEY))
		return cli_error(CLI_USAGE, args->row->name, "needs --key KEY");
	status = key_text_check_suffix(suffix, has_names);
	printing->suffix = suffix ? suffix : "";
	return status == CLI_DONE ? print_key(args, printing) : status;
}

static enum cli_exit run_getpub(const struct cli_args *args)
{
	static const char *const encodings[] = {"lang-c", "lang-rust", "pem", "raw", NULL};
	static const char *const langs[] = {"c", "rust", NULL};
	struct printing printing = {.append = append_public};
	unsigned form = FORM_C;
	enum cli_exit status = cli_choice(args, LANG, langs, &form);

	if (status == CLI_DONE)
		status = cli_choice(args, ENCODING, encodings, &form);
	if (status == CLI_DONE && cli_has(args, ENCODING) && cli_has(args, LANG))
		status = cli_error(CLI_USAGE, "getpub", "takes one of --encoding and --lang");
	printing.form = (enum form)form;
	return status == CLI_DONE ? check_and_print(args, &printing) : status;
}

static enum cli_exit run_getpubhash(const struct cli_args *args)
{
	static const char *const encodings[] = {"lang-c", "raw", NULL};
	struct printing printing = {.append = append_hash};
	unsigned encoding = 0;
	enum cli_exit status = cli_choice(args, ENCODING, encodings, &encoding);

	printing.form = encoding == 0 ? FORM_C : FORM_RAW;
	return status == CLI_DONE ? check_and_print(args, &printing) : status;
}

const struct cli_command imgtool_getpub = {
	.options = getpub_options,
	.n_options = sizeof(getpub_options) / sizeof(getpub_options[0]),
	.run = run_getpub,
};

const struct cli_command imgtool_getpubhash = {
	.options = getpubhash_options,
	.n_options = sizeof(getpubhash_options) / sizeof(getpubhash_options[0]),
	.run = run_getpubhash,
};
