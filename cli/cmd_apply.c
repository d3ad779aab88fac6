// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <strings.h>

#include <ota/delta.h>

#include "file_args.h"
#include "image_text.h"
#include "io.h"
#include "key_arg.h"

enum { OUTPUT, KEY, SHA256, MAX_SIZE, JSON };

static const struct cli_option options[] = {
	[OUTPUT] = {.name = "output", .letter = 'o', .value = "NEW", .help = "file to write"},
	[KEY] = {.name = "key",
		 .letter = 'k',
		 .value = "KEY.pem",
		 .help = "the new image must be signed by this key"},
	[SHA256] = {.name = "sha256",
		    .value = "HEX",
		    .help = "the new file must have this SHA-256"},
	[MAX_SIZE] = {.name = "max-size",
		      .value = "N",
		      .help = "largest new file accepted (default 256M)"},
	[JSON] = {.name = "json", .help = "print a JSON object"},
};

static const struct cli_example examples[] = {
	{"otatool apply old.img update.patch -o new.img", "the patch's format is recognised"},
	{"otatool apply old.img update.patch -o new.img -k pub.pem",
	 "and refuse a result that this key has not signed"},
	{NULL, NULL},
};

/* What is known of the result beforehand, and what was found. */
struct expectation {
	const struct ota_key *key;
	const char *sha256; /* hex, or NULL */
	bool is_image;
	bool digest_good; /* the image's own */
	struct ota_image image;
	struct ota_digest digest; /* of the whole new file */
	bool signature_good;      /* of the result, by the key that was given */
};

static enum ota_err check_sha256(const struct expectation *want, struct ota_diag *diag)
{
	char hex[2 * OTA_DIGEST_MAX + 1] = "";

	for (size_t i = 0; i < want->digest.len; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", want->digest.data[i]);
	if (!want->sha256 || strcasecmp(hex, want->sha256) == 0)
		return OTA_OK;
	return ota_fail(diag, OTA_E_WRONG_BASE, "result has SHA-256 %s, not %s", hex, want->sha256);
}

/* An encrypted image's digest is over its plaintext, a compressed one's TLVs are not judged. */
static enum ota_err cannot_judge(const struct expectation *want, struct ota_diag *diag)
{
	if (want->key)
		return OTA_E_UNSUPPORTED;
	if (want->sha256)
		return OTA_OK;
	ota_hint(diag, "--sha256 HEX says what the result must be");
	return OTA_E_UNSUPPORTED;
}

/*
 * BSDIFF40 carries no digest, of neither image: the wrong old image gives garbage. An MCUboot image
 * brings its own, so when the old file is one the new file must be one too, and be good.
 */
static enum ota_err check_image(struct expectation *want, struct ota_span new_file,
				struct ota_diag *diag)
{
	struct ota_boot any = ota_boot_any();
	struct ota_image_verdict verdict = {.digest_good = false};
	enum ota_err err;

	if (!want->key && !want->is_image && !ota_image_probe(new_file))
		return OTA_OK;
	err = ota_image_open(new_file, &want->image, diag);
	want->is_image = err == OTA_OK;
	if (err == OTA_OK)
		err = ota_image_verify(&want->image, want->key, &any, &verdict, diag);
	want->digest_good = want->is_image && verdict.digest_good;
	want->signature_good = verdict.verified;
	/* Whether a bootloader takes what was signed is not a question about the patch. */
	if (!want->key && want->digest_good)
		return OTA_OK;
	if (err == OTA_OK && !want->key && verdict.digest.len == 0)
		err = ota_fail(diag, OTA_E_UNSUPPORTED, "the image carries no digest");
	return err == OTA_E_UNSUPPORTED ? cannot_judge(want, diag) : err;
}

/* With --json a no is a report too, unless standard output is for the result. */
static void print_no(const struct cli_args *args, const struct expectation *want,
		     const struct ota_diag *diag)
{
	json_t *object;

	if (!cli_has(args, JSON) || cli_is_stdout(cli_value(args, OUTPUT)))
		return;
	object = cli_json("apply");
	cli_json_text(object, "file", cli_value(args, OUTPUT));
	cli_json_bool(object, "accepted", false);
	cli_json_bool(object, "digest_checked", want->digest_good);
	cli_json_text(object, "error", ota_err_name(diag->err));
	cli_json_text(object, "reason", diag->text);
	(void)cli_json_print(object);
}

static enum cli_exit fail_result(const struct cli_args *args, const struct expectation *want,
				 struct ota_diag *diag)
{
	print_no(args, want, diag);
	(void)cli_error(CLI_NO, args->positional[1], "result is not accepted: %s", diag->text);
	if (diag->hint[0])
		cli_hint("%s", diag->hint);
	else if (diag->err == OTA_E_UNSIGNED || diag->err == OTA_E_SIGNATURE)
		cli_hint("the result is whole; is %s the right key?", cli_value(args, KEY));
	else if (!want->digest_good)
		cli_hint("the patch is for another old file than %s, or is damaged",
			 args->positional[0]);
	return cli_exit_of(diag->err) == CLI_ENVIRONMENT ? CLI_ENVIRONMENT : CLI_NO;
}

static enum cli_exit report(const struct cli_args *args, const struct expectation *found,
			    size_t new_len)
{
	const char *output = cli_value(args, OUTPUT);
	char version[VERSION_TEXT_MAX];
	char size[32];

	if (cli_is_stdout(output))
		return CLI_DONE;
	if (cli_has(args, JSON)) {
		json_t *object = cli_json("apply");

		cli_json_text(object, "file", output);
		cli_json_bool(object, "accepted", true);
		cli_json_uint(object, "new_bytes", new_len);
		cli_json_hex(object, "sha256", ota_digest_span(&found->digest));
		cli_json_bool(object, "mcuboot_image", found->is_image);
		cli_json_bool(object, "digest_checked", found->digest_good);
		cli_json_bool(object, "signature_checked", found->signature_good);
		return cli_json_print(object);
	}
	printf("%s: %s bytes", output, cli_grouped(new_len, size));
	if (found->is_image)
		printf(", MCUboot image %s%s%s",
		       version_text(&found->image.header.version, version),
		       found->digest_good ? ", digest good" : "",
		       found->signature_good ? ", signature good" : "");
	printf("\n");
	return CLI_DONE;
}

static enum cli_exit apply(const struct cli_args *args, struct expectation *want,
			   struct ota_span old_file, struct ota_span patch, struct ota_buf *out)
{
	struct ota_diag diag = {.err = OTA_OK};
	enum ota_err err = ota_delta_apply(old_file, patch, out, &diag);

	if (err == OTA_E_NO_FIT)
		ota_hint(&diag, "--max-size N accepts more");
	if (err != OTA_OK && cli_exit_of(err) == CLI_NO)
		print_no(args, want, &diag);
	if (err != OTA_OK)
		return cli_fail(args->positional[1], &diag);
	want->is_image = ota_image_probe(old_file);
	err = ota_digest_of(OTA_HASH_SHA256, ota_buf_span(out), &want->digest, &diag);
	if (err == OTA_OK)
		err = check_sha256(want, &diag);
	if (err == OTA_OK)
		err = check_image(want, ota_buf_span(out), &diag);
	return err == OTA_OK ? CLI_DONE : fail_result(args, want, &diag);
}

static enum cli_exit read_options(const struct cli_args *args, struct expectation *want,
				  uint64_t *max_size)
{
	enum cli_exit status = cli_size(args, MAX_SIZE, CLI_FILE_MAX, max_size);

	want->sha256 = cli_value(args, SHA256);
	if (status == CLI_DONE && want->sha256 &&
	    (strlen(want->sha256) != 64 || strspn(want->sha256, "0123456789abcdefABCDEF") != 64))
		return cli_error(CLI_USAGE, "--sha256", "\"%s\" is not 64 hex digits",
				 want->sha256);
	if (status == CLI_DONE && !cli_has(args, OUTPUT))
		return cli_error(CLI_USAGE, "apply", "needs --output NEW");
	return status;
}

static enum cli_exit run(const struct cli_args *args)
{
	const char *const inputs[] = {args->positional[0], args->positional[1],
				      cli_value(args, KEY)};
	const char *output = cli_value(args, OUTPUT);
	struct expectation want = {.key = NULL};
	uint64_t max_size = CLI_APPLY_MAX;
	struct ota_buf old_file = {.data = NULL};
	struct ota_buf patch = {.data = NULL};
	struct ota_buf out = {.data = NULL};
	struct ota_key *key = NULL;
	enum cli_exit status = read_options(args, &want, &max_size);

	if (status == CLI_DONE)
		status = cli_check_stdin("apply", inputs, 3);
	if (status == CLI_DONE)
		status = cli_check_outputs(args, args->positional[0], &output, 1);
	if (status == CLI_DONE)
		status = cli_read(args->positional[0], &old_file);
	if (status == CLI_DONE)
		status = cli_read(args->positional[1], &patch);
	/* The files first: while they block no key is in memory. */
	if (status == CLI_DONE && cli_has(args, KEY))
		status = cli_read_key(args, cli_value(args, KEY), &key);
	want.key = key;
	out = ota_buf_init((size_t)max_size);
	if (status == CLI_DONE)
		status = apply(args, &want, ota_buf_span(&old_file), ota_buf_span(&patch), &out);
	/* Nothing secret stays in memory while a slow output blocks. */
	ota_key_free(key);
	want.key = NULL; /* gone; report() goes by what was found */
	if (status == CLI_DONE)
		status = cli_write(cli_value(args, OUTPUT), ota_buf_span(&out));
	if (status == CLI_DONE)
		status = report(args, &want, out.len);
	ota_buf_free(&out);
	ota_buf_free(&patch);
	ota_buf_free(&old_file);
	return status;
}

const struct cli_command cli_cmd_apply = {
	.usage = "apply OLD PATCH -o NEW [-k KEY.pem] [--sha256 HEX] [--max-size N] [--json]",
	.examples = examples,
	.about = "When OLD is an MCUboot image, the result must be one with a good digest: a patch "
		 "for\n"
		 "another old image is refused with exit code 1, and nothing is written.",
	.options = options,
	.n_options = sizeof(options) / sizeof(options[0]),
	.min_positionals = 2,
	.max_positionals = 2,
	.positionals = "OLD and PATCH",
	.run = run,
};
