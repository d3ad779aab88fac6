// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>

#include "emit.h"
#include "file_args.h"
#include "io.h"
#include "key_arg.h"
#include "key_text.h"

enum { KEY, FORMAT, NAME_SUFFIX, OUTPUT, KEY_OPTION_IDS };

static const struct cli_option options[] = {
	[KEY] = {.name = "key", .letter = 'k', .value = "KEY", .help = "private or public key"},
	[FORMAT] = {.name = "format",
		    .value = "FORM",
		    .help = "pem (default), c, rust, raw, hash or json"},
	[NAME_SUFFIX] = {.name = "name-suffix",
			 .value = "S",
			 .help = "put S behind the name in the C or Rust text"},
	[OUTPUT] = {.name = "output",
		    .letter = 'o',
		    .value = "FILE",
		    .help = "file to write; standard output without it"},
	KEY_OPTION_ROWS,
};

static const struct cli_example examples[] = {
	{"otatool pubkey -k key.pem --format c -o root_pub_key.c", "what MCUboot compiles in"},
	{"otatool pubkey -k key.pem --format hash", "the key id that images carry"},
	{"otatool pubkey -k key.pem -o pub.pem", "for those who only verify"},
	{NULL, NULL},
};

enum form { FORM_PEM, FORM_C, FORM_RUST, FORM_RAW, FORM_HASH, FORM_JSON };
static const char *const forms[] = {"pem", "c", "rust", "raw", "hash", "json", NULL};

static enum ota_err append_hash(const struct ota_key *key, struct ota_buf *out,
				struct ota_diag *diag)
{
	struct ota_digest id;
	enum ota_err err = ota_key_id(key, OTA_HASH_SHA256, &id, diag);

	for (size_t i = 0; i < id.len && err == OTA_OK; i++)
		err = key_text_add(out, diag, "%02x", id.data[i]);
	return err == OTA_OK ? key_text_add(out, diag, "\n") : err;
}

/* The key's id by each hash, and its name when it is one of MCUboot's own. */
static enum ota_err json_ids(json_t *object, const struct ota_key *key, struct ota_diag *diag)
{
	static const struct {
		const char *name;
		enum ota_hash hash;
	} hashes[] = {
		{"sha256", OTA_HASH_SHA256},
		{"sha384", OTA_HASH_SHA384},
		{"sha512", OTA_HASH_SHA512},
	};
	json_t *ids = json_object();
	const char *development = NULL;
	enum ota_err err = OTA_OK;

	for (size_t i = 0; i < 3 && err == OTA_OK; i++) {
		struct ota_digest id;

		err = ota_key_id(key, hashes[i].hash, &id, diag);
		if (err != OTA_OK)
			break;
		cli_json_hex(ids, hashes[i].name, ota_digest_span(&id));
		if (hashes[i].hash != OTA_HASH_SHA256)
			continue;
		cli_json_hex(object, "key_id", ota_digest_span(&id));
		development = ota_key_development_name(ota_digest_span(&id));
	}
	cli_json_add(object, "key_hash", ids);
	if (development)
		cli_json_text(object, "development_key", development);
	return err;
}

static enum ota_err json_pem(json_t *object, const struct ota_key *key, struct ota_diag *diag)
{
	struct ota_buf pem = ota_buf_init(KEY_TEXT_MAX);
	enum ota_err err = ota_key_public_pem(key, &pem, diag);

	if (err == OTA_OK)
		cli_json_add(object, "public_pem", json_stringn((const char *)pem.data, pem.len));
	ota_buf_free(&pem);
	return err;
}

static enum ota_err append_json(const struct ota_key *key, struct ota_buf *out,
				struct ota_diag *diag)
{
	json_t *object = cli_json("pubkey");
	char *text = NULL;
	enum ota_err err;

	cli_json_text(object, "key_type", ota_key_name(key));
	cli_json_bool(object, "private", ota_key_is_private(key));
	err = json_ids(object, key, diag);
	cli_json_hex(object, "public", ota_key_public(key));
	if (err == OTA_OK)
		err = json_pem(object, key, diag);
	/* An object that lost a member for want of memory has lost its schema too. */
	if (err == OTA_OK && json_object_get(object, "schema"))
		text = json_dumps(object, JSON_INDENT(2));
	if (err == OTA_OK && text)
		err = ota_buf_append(out, ota_span_of(text, strlen(text)), diag);
	else if (err == OTA_OK)
		err = ota_fail(diag, OTA_E_MEMORY, "out of memory for the report");
	if (err == OTA_OK)
		err = key_text_add(out, diag, "\n");
	free(text);
	json_decref(object);
	return err;
}

static enum ota_err append(enum form form, const char *suffix, const struct ota_key *key,
			   struct ota_buf *out, struct ota_diag *diag)
{
	switch (form) {
	case FORM_PEM:
		return ota_key_public_pem(key, out, diag);
	case FORM_C:
		return key_text_public_c(key, suffix, out, diag);
	case FORM_RUST:
		return key_text_public_rust(key, suffix, out, diag);
	case FORM_RAW:
		return ota_buf_append(out, ota_key_public(key), diag);
	case FORM_HASH:
		return append_hash(key, out, diag);
	case FORM_JSON:
		return append_json(key, out, diag);
	}
	return OTA_E_USAGE;
}

static enum cli_exit run(const struct cli_args *args)
{
	const char *key_text = cli_value(args, KEY);
	const char *output = cli_value(args, OUTPUT);
	const char *suffix = cli_value(args, NAME_SUFFIX);
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_buf out = ota_buf_init(KEY_TEXT_MAX);
	struct ota_key *key = NULL;
	unsigned form = FORM_PEM;
	enum cli_exit status;

	if (!key_text)
		return cli_error(CLI_USAGE, "pubkey", "needs --key KEY");
	status = cli_choice(args, FORMAT, forms, &form);
	if (status == CLI_DONE)
		status = key_text_check_suffix(suffix, form == FORM_C || form == FORM_RUST);
	if (status == CLI_DONE)
		status = cli_check_key_stdin(args, &key_text, 1);
	if (status == CLI_DONE)
		status = cli_check_outputs(args, key_text, &output, 1);
	if (status == CLI_DONE)
		status = cli_read_key(args, key_text, &key);
	if (status == CLI_DONE)
		status = key_text_check_public(key_text, key);
	if (status == CLI_DONE &&
	    append((enum form)form, suffix ? suffix : "", key, &out, &diag) != OTA_OK)
		status = cli_fail(key_text, &diag);
	/* Nothing secret stays in memory while a slow output blocks. */
	ota_key_free(key);
	if (status == CLI_DONE)
		status = cli_write(output ? output : "-", ota_buf_span(&out));
	ota_buf_free(&out);
	return status;
}

const struct cli_command cli_cmd_pubkey = {
	.usage = "pubkey -k KEY [--format FORM] [-o FILE]",
	.examples = examples,
	.about = "The C, Rust and raw forms hold the key as the bootloader embeds it: PKCS#1 for "
		 "RSA,\n"
		 "SubjectPublicKeyInfo for all others, in DER; the texts are imgtool's, byte for "
		 "byte.\n"
		 "The hash is its SHA-256, the key id in an image's KEYHASH TLV.",
	.options = options,
	.n_options = sizeof(options) / sizeof(options[0]),
	.run = run,
};
