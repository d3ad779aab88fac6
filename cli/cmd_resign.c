// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <strings.h>

#include <ota/resign.h>

#include "file_args.h"
#include "image_file.h"
#include "signer_arg.h"

enum {
	OUTPUT,
	ADD,
	STRIP,
	EXTRACT,
	KEY_ID,
	ENCRYPTION_KEY,
	SIGNER_OPTION_IDS,
};

static const struct cli_option options[] = {
	[OUTPUT] = {.name = "output", .letter = 'o', .value = "OUT", .help = "image to write"},
	[ADD] = {.name = "add", .help = "sign behind the signatures there are, which stay"},
	[STRIP] = {.name = "strip", .help = "take all signatures away"},
	[EXTRACT] = {.name = "extract",
		     .value = "FILE",
		     .help = "write the image's signature, in base64, and no image"},
	[KEY_ID] = {.name = "key-id",
		    .value = "HEX",
		    .help = "with --extract: how the key hash in the image begins"},
	[ENCRYPTION_KEY] = {.name = "encryption-key",
			    .value = "KEY",
			    .help = "private key that opens an encrypted image: nothing is signed "
				    "unchecked"},
	SIGNER_OPTION_ROWS,
};

static const struct cli_example examples[] = {
	{"otatool resign app.img -k production.pem -o release.img",
	 "the tested image with the production key's signature in place of the others"},
	{"otatool resign app.img --add -k second.pem -o both.img",
	 "one more signature, for a bootloader with another key"},
	{"otatool resign app.img --extract app.sig", "keep the signature apart from the image"},
	{"otatool resign app.img --strip -o unsigned.img",
	 "take the signatures away, to have the image signed elsewhere"},
	{"otatool resign unsigned.img --fix-sig app.sig --fix-sig-pubkey pub.pem -o app.img",
	 "attach one that was made elsewhere; it is verified"},
	{NULL, NULL},
};

/* -- what is asked for ------------------------------------------------------------------------- */

static enum cli_exit check_extract(const struct cli_args *args)
{
	static const unsigned others[] = {
		OUTPUT,         ADD,       STRIP,   ENCRYPTION_KEY, FIX_SIG,
		FIX_SIG_PUBKEY, SIGN_WITH, SIG_OUT, PAD_SIG,        PUBLIC_KEY_FORMAT};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (cli_has(args, others[i]))
			return cli_error(CLI_USAGE, "--extract", "and --%s do not go together",
					 options[others[i]].name);
	}
	if (cli_count(args, KEY) > 1 || (cli_has(args, KEY) && cli_has(args, KEY_ID)))
		return cli_error(CLI_USAGE, "--extract", "takes one --key or one --key-id");
	return CLI_DONE;
}

static enum cli_exit check_strip(const struct cli_args *args)
{
	static const unsigned others[] = {ADD,       KEY,     FIX_SIG, FIX_SIG_PUBKEY,
					  SIGN_WITH, SIG_OUT, PAD_SIG, PUBLIC_KEY_FORMAT};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (cli_has(args, others[i]))
			return cli_error(CLI_USAGE, "--strip", "and --%s do not go together",
					 options[others[i]].name);
	}
	return CLI_DONE;
}

static enum cli_exit check_mode(const struct cli_args *args)
{
	if (cli_has(args, EXTRACT))
		return check_extract(args);
	if (cli_has(args, KEY_ID))
		return cli_error(CLI_USAGE, "--key-id", "goes with --extract");
	if (!cli_has(args, OUTPUT))
		return cli_error(CLI_USAGE, "resign", "needs --output OUT");
	if (cli_has(args, STRIP))
		return check_strip(args);
	if (cli_has(args, KEY) || cli_has(args, FIX_SIG) || cli_has(args, SIGN_WITH))
		return cli_check_signers(args);
	(void)cli_error(CLI_USAGE, "resign", "needs --key KEY, or a signature by --fix-sig");
	cli_hint("--strip takes all signatures away");
	return CLI_USAGE;
}

/* Standard input is one file's at most; of several keys on it the second would read nothing. */
static enum cli_exit check_inputs(const struct cli_args *args)
{
	const char *const inputs[] = {args->positional[0], cli_value(args, FIX_SIG),
				      cli_value(args, FIX_SIG_PUBKEY),
				      cli_value(args, ENCRYPTION_KEY), cli_value(args, KEY)};
	unsigned keys = 0;

	for (unsigned i = 0; i < args->n_given; i++)
		keys += args->given[i].option == KEY && cli_is_stdin(args->given[i].value[0]);
	if (keys > 1 || (keys > 0 && cli_is_stdin(args->positional[0])))
		return cli_error(CLI_USAGE, "resign",
				 "standard input can be only one of its files");
	return cli_check_key_stdin(args, inputs, sizeof(inputs) / sizeof(inputs[0]));
}

/* The start of a key's hash in hex. */
static enum cli_exit check_key_id(const struct cli_args *args)
{
	const char *text = cli_value(args, KEY_ID);
	size_t digits = text ? strspn(text, "0123456789abcdefABCDEF") : 0;

	if (!text || (digits > 0 && digits <= 2 * (size_t)OTA_DIGEST_MAX && !text[digits]))
		return CLI_DONE;
	return cli_error(CLI_USAGE, "--key-id", "\"%s\" is not 1 to %d hex digits", text,
			 2 * OTA_DIGEST_MAX);
}

static enum cli_exit check(const struct cli_args *args)
{
	bool extracts = cli_has(args, EXTRACT);
	/* The image may take its own place, a signature may not. */
	const char *const outputs[] = {extracts ? NULL : cli_value(args, OUTPUT),
				       cli_value(args, extracts ? EXTRACT : SIG_OUT)};
	enum cli_exit status = check_mode(args);

	if (status == CLI_DONE)
		status = check_key_id(args);
	if (status == CLI_DONE)
		status = check_inputs(args);
	if (status == CLI_DONE)
		status = cli_check_outputs(args, args->positional[0], outputs,
					   sizeof(outputs) / sizeof(outputs[0]));
	if (status == CLI_DONE && !extracts)
		status = image_file_check_output(args->positional[0], outputs[0]);
	return status;
}

/* -- signatures out of an image ---------------------------------------------------------------- */

/* Which of an image's signatures is meant: by key, by the start of its key hash, or any. */
struct wanted {
	const struct ota_key *key;
	const char *key_id;
};

static void hex_of(struct ota_span bytes, char text[2 * OTA_DIGEST_MAX + 1])
{
	bytes = ota_span_head(bytes, OTA_DIGEST_MAX);
	text[0] = '\0';
	for (size_t i = 0; i < bytes.len; i++)
		(void)snprintf(text + 2 * i, 3, "%02x", bytes.data[i]);
}

/* The key hash in the image; of a whole public key its SHA-256. */
static void key_hash_text(const struct ota_signature *signature, char text[2 * OTA_DIGEST_MAX + 1])
{
	struct ota_digest id = {.len = 0};

	if (signature->public_key.len > 0 &&
	    ota_digest_of(OTA_HASH_SHA256, signature->public_key, &id, NULL) == OTA_OK)
		hex_of(ota_digest_span(&id), text);
	else
		hex_of(signature->key_hash, text);
}

static bool is_wanted(const struct wanted *wanted, const struct ota_signature *signature)
{
	char text[2 * OTA_DIGEST_MAX + 1];

	if (wanted->key)
		return ota_signature_names_key(signature, wanted->key);
	if (!wanted->key_id)
		return true;
	key_hash_text(signature, text);
	return strncasecmp(text, wanted->key_id, strlen(wanted->key_id)) == 0;
}

static void list_signatures(const struct ota_image *image)
{
	char text[2 * OTA_DIGEST_MAX + 1];
	struct ota_signature signature;

	for (size_t i = 0; ota_image_signature(image, i, &signature) == OTA_OK; i++) {
		key_hash_text(&signature, text);
		cli_hint("%s, key hash %s", ota_tlv_name(signature.tlv),
			 text[0] ? text : "not there");
	}
}

static enum cli_exit choose(const char *path, const struct ota_image *image,
			    const struct wanted *wanted, struct ota_signature *chosen)
{
	struct ota_signature signature;
	size_t total = 0;
	size_t n = 0;

	for (; ota_image_signature(image, total, &signature) == OTA_OK; total++) {
		if (is_wanted(wanted, &signature) && n++ == 0)
			*chosen = signature;
	}
	if (n == 1)
		return CLI_DONE;
	if (total == 0)
		return cli_error(CLI_NO, path, "image is not signed");
	if (n == 0)
		(void)cli_error(CLI_NO, path, "has no signature by that key");
	else
		(void)cli_error(CLI_USAGE, path,
				"has %zu signatures that may be meant; --key or --key-id chooses",
				n);
	list_signatures(image);
	return n == 0 ? CLI_NO : CLI_USAGE;
}

static enum cli_exit write_signature(const char *path, struct ota_span sig)
{
	if (sig.len > OTA_SIG_MAX)
		return cli_error(CLI_NO, path, "signature is %zu bytes, no key makes more than %u",
				 sig.len, OTA_SIG_MAX);
	return cli_write_signature(path, sig);
}

static enum cli_exit extract(const struct cli_args *args, struct ota_span file)
{
	struct wanted wanted = {.key_id = cli_value(args, KEY_ID)};
	const char *path = args->positional[0];
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_signature signature = {.tlv = 0};
	struct ota_key *key = NULL;
	struct ota_image image;
	enum cli_exit status = CLI_DONE;

	if (ota_image_open(file, &image, &diag) != OTA_OK)
		return cli_fail(path, &diag);
	if (cli_has(args, KEY))
		status = cli_read_key(args, cli_value(args, KEY), &key);
	if (status == CLI_DONE && key && !ota_key_signs(key))
		status = cli_error(CLI_USAGE, cli_value(args, KEY),
				   "is a key of type %s, which signs nothing", ota_key_name(key));
	wanted.key = key;
	if (status == CLI_DONE)
		status = choose(path, &image, &wanted, &signature);
	ota_key_free(key);
	return status == CLI_DONE ? write_signature(cli_value(args, EXTRACT), signature.value)
				  : status;
}

/* -- signatures into an image ------------------------------------------------------------------ */

static enum cli_exit plan_of(const struct cli_args *args, struct ota_resign_plan *plan)
{
	static const char *const formats[] = {"hash", "full", NULL};
	unsigned format = 0;
	enum cli_exit status = cli_choice(args, PUBLIC_KEY_FORMAT, formats, &format);

	plan->full_public_key = format == 1;
	plan->pad_sig = cli_has(args, PAD_SIG);
	if (cli_has(args, ADD))
		plan->mode = OTA_RESIGN_ADD;
	if (cli_has(args, STRIP))
		plan->mode = OTA_RESIGN_STRIP;
	return status;
}

/* True when nothing can be said of it without the key that opens it. */
static bool is_closed(struct ota_span file)
{
	struct ota_image image;

	return ota_image_open(file, &image, NULL) == OTA_OK && ota_image_is_encrypted(&image) &&
	       ota_image_check_digests(&image, image.hashed, NULL) == OTA_E_DIGEST;
}

static enum cli_exit fail(const struct cli_args *args, struct ota_span file, struct ota_diag *diag)
{
	if (diag->err == OTA_E_USAGE && !cli_has(args, ENCRYPTION_KEY) && is_closed(file))
		ota_hint(diag, "--encryption-key KEY opens it");
	return cli_fail_signed(args, args->positional[0], diag);
}

static enum cli_exit resign(const struct cli_args *args, struct ota_span file, struct ota_buf *out,
			    struct ota_sig *sig)
{
	struct ota_resign_plan plan = {.mode = OTA_RESIGN_REPLACE};
	struct ota_diag diag = {.err = OTA_OK};
	struct cli_signers *signers = NULL;
	struct ota_key *encryption_key = NULL;
	enum cli_exit status = plan_of(args, &plan);

	if (status == CLI_DONE)
		status = cli_read_signers(args, false, &signers);
	if (status == CLI_DONE && cli_has(args, ENCRYPTION_KEY))
		status =
			cli_read_device_key(args, cli_value(args, ENCRYPTION_KEY), &encryption_key);
	plan.signers = cli_signers_list(signers, &plan.n_signers);
	plan.encryption_key = encryption_key;
	if (status == CLI_DONE && ota_image_resign(&plan, file, out, sig, &diag) != OTA_OK)
		status = fail(args, file, &diag);
	/* Nothing secret stays in memory while a slow output blocks. */
	ota_key_free(encryption_key);
	cli_signers_free(signers);
	return status;
}

static enum cli_exit run(const struct cli_args *args)
{
	struct image_file file = {.firmware = {.has_base = false}};
	struct ota_buf out = ota_buf_init(CLI_FILE_MAX);
	struct ota_sig sig = {.len = 0};
	struct ota_span bytes;
	enum cli_exit status = check(args);

	/* The image first: while it blocks no key is in memory. */
	if (status == CLI_DONE)
		status = image_file_read(args->positional[0], &file);
	bytes = ota_buf_span(&file.firmware.bytes);
	if (status == CLI_DONE && cli_has(args, EXTRACT)) {
		status = extract(args, bytes);
	} else if (status == CLI_DONE) {
		status = resign(args, bytes, &out, &sig);
		if (status == CLI_DONE)
			status = cli_write_sig_out(args, &sig);
		if (status == CLI_DONE)
			status = image_file_write(cli_value(args, OUTPUT), &file,
						  ota_buf_span(&out), false, 0);
	}
	ota_buf_free(&out);
	image_file_free(&file);
	return status;
}

const struct cli_command cli_cmd_resign = {
	.usage = "resign IMAGE (-o OUT (-k KEY... | --strip) | --extract FILE) [options]",
	.examples = examples,
	.about =
		"Changes an image's signatures and nothing else: header, payload and all other\n"
		"TLVs keep their bytes, and so what was tested is what is released. Signatures\n"
		"there are give way to those of the given keys, unless --add keeps them.\n\n"
		"The image's digest must be right before it is signed, and the result is\n"
		"verified with each key before it is written. A key must go with the hash that\n"
		"the image has. An image with a SIG_PURE TLV gets pure signatures, and keeps that\n"
		"TLV when its signatures are taken away. A padded image keeps its size.\n\n"
		"IMAGE named .hex is Intel HEX, and so is then an OUT of such a name.",
	.options = options,
	.n_options = sizeof(options) / sizeof(options[0]),
	.min_positionals = 1,
	.max_positionals = 1,
	.positionals = "an image",
	.run = run,
};
