// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>

#include "image_text.h"
#include "io.h"

enum { KEY, JSON };

static const struct cli_option options[] = {
	[KEY] = {.name = "key",
		 .letter = 'k',
		 .value = "KEY.pem",
		 .help = "public or private key that must have signed it"},
	[JSON] = {.name = "json", .help = "print a JSON object"},
};

static const struct cli_example examples[] = {
	{"otatool verify app.img -k pub.pem",
	 "digest, key id and signature; exit 1 if one is wrong"},
	{"otatool verify app.img", "the digest only: says nothing of who made it"},
	{"otatool verify slot0-dump.bin -k pub.pem", "a slot read back from a device"},
	{NULL, NULL},
};

/* The answer, for both forms of the report. */
struct report {
	const char *path;
	struct ota_image image;
	const struct ota_key *key;
	struct ota_image_verdict verdict;
	struct ota_diag diag;
};

static void print_key(const struct report *report)
{
	struct ota_digest id;

	if (ota_key_id(report->key, report->verdict.hash, &id, NULL) != OTA_OK)
		return;
	printf("  signature  %s, good, key id ", ota_key_name(report->key));
	cli_print_hex(ota_digest_span(&id));
	printf("\n");
}

static void print_good(const struct report *report)
{
	char version[VERSION_TEXT_MAX];

	printf("%s: good MCUboot image, version %s, %zu bytes\n", report->path,
	       version_text(&report->image.header.version, version), report->image.bytes.len);
	printf("  digest     %s, good, ", ota_hash_name(report->verdict.hash));
	cli_print_hex(ota_digest_span(&report->verdict.digest));
	printf("\n");
	if (report->key)
		print_key(report);
	if (report->image.rest.len > 0)
		printf("  followed by %zu bytes of padding%s\n", report->image.rest.len,
		       report->image.has_trailer ? " and trailer" : "");
}

static enum cli_exit print_json(const struct report *report, enum cli_exit status)
{
	json_t *object = cli_json("verify");
	enum cli_exit printed;

	cli_json_text(object, "file", report->path);
	cli_json_bool(object, "good", status == CLI_DONE);
	cli_json_bool(object, "signature_checked", report->key != NULL);
	cli_json_bool(object, "signed", report->verdict.has_signature);
	if (report->verdict.digest.len > 0) {
		cli_json_text(object, "hash", ota_hash_name(report->verdict.hash));
		cli_json_hex(object, "digest", ota_digest_span(&report->verdict.digest));
	}
	if (report->verdict.verified)
		cli_json_text(object, "key_type", ota_key_name(report->key));
	if (status != CLI_DONE) {
		cli_json_text(object, "reason", report->diag.text);
		cli_json_text(object, "error", ota_err_name(report->diag.err));
	}
	if (report->image.bytes.len > 0)
		json_image(object, &report->image);
	printed = cli_json_print(object);
	return status == CLI_DONE ? printed : status;
}

static void warn(const struct report *report)
{
	if (!report->key && report->verdict.has_signature)
		cli_warning(report->path, "signature not checked, no --key given");
	else if (!report->key)
		cli_warning(report->path, "image is not signed: anyone can make one like it");
	if (report->image.header.flags & OTA_IMAGE_F_NON_BOOTABLE)
		cli_warning(report->path, "marked non-bootable: the bootloader never boots it");
}

static enum cli_exit verify(struct report *report, struct ota_span file, bool json)
{
	enum cli_exit status = CLI_DONE;
	enum ota_err err = ota_image_open(file, &report->image, &report->diag);

	if (err == OTA_OK)
		err = ota_image_verify(&report->image, report->key, &report->verdict,
				       &report->diag);
	if (err == OTA_OK)
		warn(report);
	else
		status = cli_fail(report->path, &report->diag);
	if (json)
		return print_json(report, status);
	if (status == CLI_DONE)
		print_good(report);
	return status;
}

static enum cli_exit run(const struct cli_args *args)
{
	const char *const inputs[] = {args->positional[0], cli_value(args, KEY)};
	struct report report = {.path = args->positional[0]};
	struct ota_buf file = {.data = NULL};
	struct ota_key *key = NULL;
	enum cli_exit status = cli_check_stdin("verify", inputs, 2);

	if (status == CLI_DONE && cli_has(args, KEY))
		status = cli_read_key(cli_value(args, KEY), &key);
	report.key = key;
	if (status == CLI_DONE)
		status = cli_read(report.path, &file);
	if (status == CLI_DONE)
		status = verify(&report, ota_buf_span(&file), cli_has(args, JSON));
	ota_key_free(key);
	ota_buf_free(&file);
	return status;
}

const struct cli_command cli_cmd_verify = {
	.usage = "verify IMAGE [-k KEY.pem] [--json]",
	.examples = examples,
	.about = "Checks what the bootloader checks: header, TLV areas, digest, key id, signature; "
		 "and\n"
		 "that nothing follows the image but erased flash and a slot trailer.",
	.options = options,
	.n_options = sizeof(options) / sizeof(options[0]),
	.min_positionals = 1,
	.max_positionals = 1,
	.positionals = "an image",
	.run = run,
};
