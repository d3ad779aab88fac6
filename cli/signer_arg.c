// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>

#include <ota/base64.h>

#include "io.h"
#include "sign_with.h"
#include "signer_arg.h"

#define SIGNATURE_FILE_MAX 4096U /* bytes: RSA-3072 in base64 is 512 */

/* Where a signature made elsewhere comes from. */
struct source {
	const struct ota_key *key;
	const char *command;     /* NULL: `fixed` */
	struct ota_buf fixed;    /* a file's bytes */
	const char *description; /* for messages */
};

struct cli_signers {
	struct ota_signer *list;
	struct source *sources; /* one for each signer */
	struct ota_key **keys;  /* the same; owned */
	size_t n;
};

/* -- signatures made elsewhere ----------------------------------------------------------------- */

/* A padded ECDSA signature is verified without its zeros, and stays padded. */
static bool verifies(const struct source *source, const struct ota_to_sign *to_sign,
		     struct ota_span bytes, struct ota_sig *sig)
{
	if (bytes.len == 0 || bytes.len > OTA_SIG_MAX)
		return false;
	memcpy(sig->data, bytes.data, bytes.len);
	sig->len = bytes.len;
	if (ota_key_verify(source->key, to_sign->message,
			   ota_signature_unpadded(ota_key_sig_tlv(source->key), bytes),
			   NULL) == OTA_OK)
		return true;
	/* Tokens and cloud services also give ECDSA signatures as raw r and s. */
	return ota_key_sig_from_raw(source->key, bytes, sig, NULL) == OTA_OK &&
	       ota_key_verify(source->key, to_sign->message, ota_span_of(sig->data, sig->len),
			      NULL) == OTA_OK;
}

/* As they are, or in base64: only one of them is this key's signature. */
static enum ota_err take_signature(const struct source *source, const struct ota_to_sign *to_sign,
				   struct ota_span bytes, struct ota_sig *sig,
				   struct ota_diag *diag)
{
	struct ota_buf raw = ota_buf_init(SIGNATURE_FILE_MAX);
	bool good = verifies(source, to_sign, bytes, sig);

	if (!good && ota_base64_decode(bytes, &raw, NULL) == OTA_OK)
		good = verifies(source, to_sign, ota_buf_span(&raw), sig);
	ota_buf_free(&raw);
	if (good)
		return OTA_OK;
	return ota_fail(diag, OTA_E_SIGNATURE, "%s is not the %s key's over this image",
			source->description, ota_key_name(source->key));
}

static enum ota_err sign_fixed(void *context, const struct ota_to_sign *to_sign,
			       struct ota_sig *sig, struct ota_diag *diag)
{
	const struct source *source = context;

	return take_signature(source, to_sign, ota_buf_span(&source->fixed), sig, diag);
}

static enum ota_err sign_by_command(void *context, const struct ota_to_sign *to_sign,
				    struct ota_sig *sig, struct ota_diag *diag)
{
	const struct source *source = context;
	struct ota_buf made = ota_buf_init(SIGNATURE_FILE_MAX);
	enum ota_err err = cli_sign_with(source->command, to_sign, &made, diag);

	if (err == OTA_OK)
		err = take_signature(source, to_sign, ota_buf_span(&made), sig, diag);
	ota_buf_free(&made);
	return err;
}

/* -- the options ------------------------------------------------------------------------------- */

static unsigned count_of(const struct cli_args *args, const char *name)
{
	unsigned option;

	return cli_find_option(args, name, &option) ? cli_count(args, option) : 0;
}

static const char *value_of(const struct cli_args *args, const char *name)
{
	unsigned option;

	return cli_find_option(args, name, &option) ? cli_value(args, option) : NULL;
}

enum cli_exit cli_check_signers(const struct cli_args *args)
{
	const char *command = value_of(args, "sign-with");
	unsigned n_keys = count_of(args, "key") + (value_of(args, "fix-sig-pubkey") != NULL);

	if (value_of(args, "fix-sig") && !value_of(args, "fix-sig-pubkey"))
		return cli_error(CLI_USAGE, "--fix-sig",
				 "needs --fix-sig-pubkey KEY, the public key of that signature");
	if (value_of(args, "fix-sig-pubkey") && !value_of(args, "fix-sig") && !command &&
	    !args->row->imgtool && !value_of(args, "vector-to-sign"))
		return cli_error(
			CLI_USAGE, "--fix-sig-pubkey",
			"is for a signature made elsewhere: needs --fix-sig or --sign-with");
	if (value_of(args, "fix-sig") && count_of(args, "key") > 0)
		return cli_error(CLI_USAGE, "--fix-sig",
				 "and --key are two signatures; only one of them can be meant");
	if (value_of(args, "fix-sig") && command)
		return cli_error(CLI_USAGE, "--fix-sig",
				 "and --sign-with are two signatures; only one of them can be "
				 "meant");
	if (command && n_keys != 1)
		return cli_error(CLI_USAGE, "--sign-with",
				 "needs one public key, as --key or --fix-sig-pubkey; %u are given",
				 n_keys);
	return command ? cli_check_sign_with(command) : CLI_DONE;
}

/* The key signs, or, with `may_be_public`, at least says whose signature it is. */
static enum cli_exit read_key(const struct cli_args *args, const char *text, bool may_be_public,
			      struct ota_key **key)
{
	enum cli_exit status = cli_read_key(args, text, key);

	if (status != CLI_DONE)
		return status;
	if (!ota_key_signs(*key))
		return cli_error(CLI_USAGE, text,
				 "is an %s key, which only encrypts and cannot sign",
				 ota_key_name(*key));
	if (!may_be_public && !ota_key_is_private(*key))
		return cli_error(CLI_USAGE, text, "is a public key; the private one signs");
	if (count_of(args, "random-nonce"))
		ota_key_use_random_nonce(*key);
	if (count_of(args, "low-s"))
		ota_key_use_low_s(*key);
	return CLI_DONE;
}

/* One more signer, with the key that `text` names. */
static enum cli_exit add_signer(const struct cli_args *args, const char *text, bool may_be_public,
				struct cli_signers *signers)
{
	const char *command = value_of(args, "sign-with");
	const char *fixed = value_of(args, "fix-sig");
	size_t at = signers->n++;
	struct ota_signer *signer = &signers->list[at];
	struct source *source = &signers->sources[at];
	enum cli_exit status =
		read_key(args, text, may_be_public || command || fixed, &signers->keys[at]);

	signer->key = source->key = signers->keys[at];
	signer->context = source;
	source->command = command;
	source->description = command ? "what the signing command made" : "the signature";
	if (command)
		signer->sign = sign_by_command;
	if (!fixed)
		return status;
	signer->sign = sign_fixed;
	return status == CLI_DONE ? cli_read_max(fixed, SIGNATURE_FILE_MAX, &source->fixed)
				  : status;
}

static enum cli_exit add_signers(const struct cli_args *args, bool public_only,
				 struct cli_signers *signers)
{
	const char *public_key = value_of(args, "fix-sig-pubkey");
	enum cli_exit status = CLI_DONE;
	unsigned option;

	if (public_key && count_of(args, "key") == 0)
		return add_signer(args, public_key, true, signers);
	if (!cli_find_option(args, "key", &option) || !cli_has(args, option))
		return CLI_DONE;
	/* imgtool uses the last one given. */
	if (args->row->imgtool)
		return add_signer(args, cli_value(args, option), public_only, signers);
	for (unsigned i = 0; i < args->n_given && status == CLI_DONE; i++) {
		if (args->given[i].option == option)
			status = add_signer(args, args->given[i].value[0], public_only, signers);
	}
	return status;
}

/* For so many signers; NULL: out of memory. */
static struct cli_signers *make_signers(size_t most)
{
	struct cli_signers *signers = calloc(1, sizeof(*signers));

	if (!signers)
		return NULL;
	signers->list = calloc(most, sizeof(*signers->list));
	signers->sources = calloc(most, sizeof(*signers->sources));
	signers->keys = calloc(most, sizeof(struct ota_key *));
	if (signers->list && signers->sources && signers->keys)
		return signers;
	cli_signers_free(signers);
	return NULL;
}

enum cli_exit cli_read_signers(const struct cli_args *args, bool public_only,
			       struct cli_signers **signers)
{
	struct cli_signers *made = make_signers((size_t)count_of(args, "key") + 1);
	enum cli_exit status;

	*signers = NULL;
	if (!made)
		return cli_error(CLI_ENVIRONMENT, NULL, "out of memory");
	status = add_signers(args, public_only, made);
	if (status == CLI_DONE)
		*signers = made;
	else
		cli_signers_free(made);
	return status;
}

const struct ota_signer *cli_signers_list(const struct cli_signers *signers, size_t *n)
{
	*n = signers ? signers->n : 0;
	return signers ? signers->list : NULL;
}

enum cli_exit cli_fail_signed(const struct cli_args *args, const char *subject,
			      const struct ota_diag *diag)
{
	bool by_command = value_of(args, "sign-with") != NULL;
	enum cli_exit status;

	if (diag->err == OTA_E_SIGNATURE && value_of(args, "fix-sig"))
		subject = value_of(args, "fix-sig");
	/* The image is made in memory: only the command has files, or refuses. */
	else if (by_command && (diag->err == OTA_E_SIGNATURE || diag->err == OTA_E_REFUSED ||
				diag->err == OTA_E_IO || diag->err == OTA_E_ROOM))
		subject = "--sign-with";
	status = cli_fail(subject, diag);
	return by_command && diag->err == OTA_E_REFUSED ? CLI_ENVIRONMENT : status;
}

enum cli_exit cli_write_signature(const char *path, struct ota_span sig)
{
	struct ota_buf text = ota_buf_init(SIGNATURE_FILE_MAX);
	struct ota_diag diag = {.err = OTA_OK};
	enum cli_exit status;

	if (ota_base64_encode(sig, &text, &diag) != OTA_OK)
		status = cli_fail(path, &diag);
	else
		status = cli_write(path, ota_buf_span(&text));
	ota_buf_free(&text);
	return status;
}

enum cli_exit cli_write_sig_out(const struct cli_args *args, const struct ota_sig *sig)
{
	const char *path = value_of(args, "sig-out");

	return path ? cli_write_signature(path, ota_span_of(sig->data, sig->len)) : CLI_DONE;
}

void cli_signers_free(struct cli_signers *signers)
{
	if (!signers)
		return;
	for (size_t i = 0; i < signers->n; i++) {
		ota_key_free(signers->keys[i]);
		ota_buf_free(&signers->sources[i].fixed);
	}
	free(signers->list);
	free(signers->sources);
	free(signers->keys);
	free(signers);
}
