// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <stdio.h>
#include <strings.h>

#include <ota/verify.h>

#include "apply_job.h"
#include "file_args.h"
#include "image_text.h"
#include "key_arg.h"

enum { OUTPUT, KEY, COUNTER_FLOOR, SHA256, MAX_SIZE, KEY_OPTION_IDS, JSON };

static const struct cli_option options[] = {
	[OUTPUT] = {.name = "output", .letter = 'o', .value = "NEW", .help = "file to write"},
	[KEY] = {.name = "key",
		 .letter = 'k',
		 .value = "KEY",
		 .help = "the delta update, or what a bare patch makes, must be signed by this "
			 "key"},
	[COUNTER_FLOOR] = {.name = "security-counter-floor",
			   .value = "N",
			   .help = "the least security counter a delta update may have"},
	[SHA256] = {.name = "sha256",
		    .value = "HEX",
		    .help = "the new file must have this SHA-256"},
	[MAX_SIZE] = {.name = "max-size",
		      .value = "N",
		      .help = "largest new file accepted (default 256M)"},
	KEY_OPTION_ROWS,
	[JSON] = {.name = "json", .help = "print a JSON object"},
};

static const struct cli_example examples[] = {
	{"otatool apply old.img update.img -o new.img -k pub.pem",
	 "a delta update: signature and old image are checked before the first byte"},
	{"otatool apply old.img update.patch -o new.img", "the patch's format is recognised"},
	{"otatool apply old.img update.patch -o new.img -k pub.pem",
	 "and refuse a result that this key has not signed"},
	{NULL, NULL},
};

/* -- words ------------------------------------------------------------------------------------- */

void apply_print_no(const struct apply_job *job, const struct ota_diag *diag)
{
	json_t *object;

	if (!job->json || cli_is_stdout(job->output))
		return;
	object = cli_json("apply");
	cli_json_text(object, "file", job->output);
	cli_json_bool(object, "accepted", false);
	cli_json_bool(object, "delta_update", job->patch.is_update);
	cli_json_bool(object, "digest_checked", job->digest_good);
	cli_json_bool(object, "signature_checked", job->signature_good);
	cli_json_text(object, "error", ota_err_name(diag->err));
	cli_json_text(object, "reason", diag->text);
	(void)cli_json_print(object);
}

enum cli_exit apply_refuse(const struct apply_job *job, const char *subject,
			   const struct ota_diag *diag)
{
	if (cli_exit_of(diag->err) == CLI_NO)
		apply_print_no(job, diag);
	return cli_fail(subject, diag);
}

static enum cli_exit report_json(const struct apply_job *job)
{
	json_t *object = cli_json("apply");
	char version[VERSION_TEXT_MAX];

	cli_json_text(object, "file", job->output);
	cli_json_bool(object, "accepted", true);
	cli_json_bool(object, "delta_update", job->patch.is_update);
	cli_json_text(object, "format", job->patch.format);
	cli_json_uint(object, "new_bytes", job->out.len);
	cli_json_hex(object, "sha256", ota_digest_span(&job->digest));
	cli_json_bool(object, "mcuboot_image", job->is_image);
	if (job->is_image)
		cli_json_text(object, "new_version",
			      version_text(&job->image.header.version, version));
	cli_json_bool(object, "digest_checked", job->digest_good);
	cli_json_bool(object, "signature_checked", job->signature_good);
	return cli_json_print(object);
}

static enum cli_exit report(const struct apply_job *job)
{
	char version[VERSION_TEXT_MAX];
	char size[32];

	if (cli_is_stdout(job->output))
		return CLI_DONE;
	if (job->json)
		return report_json(job);
	printf("%s: %s bytes", job->output, ota_number_grouped(job->out.len, size));
	if (job->is_image)
		printf(", MCUboot image %s%s%s", version_text(&job->image.header.version, version),
		       job->digest_good ? ", digest good" : "",
		       !job->signature_good   ? ""
		       : job->patch.is_update ? ", signature of the update good"
					      : ", signature good");
	else if (ota_delta_format_checks(job->patch.format))
		printf(", CRC-32 of both files as the patch says");
	else if (!job->sha256)
		printf("; nothing says that it is the right one");
	printf("\n");
	return CLI_DONE;
}

/* -- what is found ----------------------------------------------------------------------------- */

enum ota_err apply_check_sha256(struct apply_job *job, struct ota_diag *diag)
{
	char hex[2 * OTA_DIGEST_MAX + 1] = "";
	enum ota_err err =
		ota_digest_of(OTA_HASH_SHA256, ota_buf_span(&job->out), &job->digest, diag);

	for (size_t i = 0; err == OTA_OK && i < job->digest.len; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", job->digest.data[i]);
	if (err != OTA_OK || !job->sha256 || strcasecmp(hex, job->sha256) == 0)
		return err;
	return ota_fail(diag, OTA_E_WRONG_BASE, "result has SHA-256 %s, not %s", hex, job->sha256);
}

/* An encrypted image's digest is over its plaintext, a compressed one's TLVs are not judged. */
static enum ota_err cannot_judge(const struct apply_job *job, struct ota_diag *diag)
{
	if (!job->key && job->sha256)
		return OTA_OK;
	/* Not which bootloader could: no option here makes one. */
	diag->hint[0] = '\0';
	ota_hint(diag, "%s--sha256 HEX says what the result must be",
		 job->key ? "without --key, " : "");
	return OTA_E_UNSUPPORTED;
}

/* Signed once is not good for ever: an older image, for a newer one, is what attackers have. */
static enum ota_err check_follows(const struct apply_job *job, struct ota_diag *diag)
{
	struct ota_image old_image;
	enum ota_err err;

	if (ota_image_open(ota_buf_span(&job->old_file.firmware.bytes), &old_image, NULL) != OTA_OK)
		return OTA_OK;
	err = ota_delta_update_may_follow(&old_image, &job->image, diag);
	if (err == OTA_E_REFUSED)
		ota_hint(diag, "without --key a bare patch may go back");
	return err;
}

/*
 * A bare patch binds itself to no image: the wrong old one gives garbage. An MCUboot image brings
 * its own digest, so when the old file is one the new file must be one too, and be good.
 */
static enum ota_err check_image(struct apply_job *job, struct ota_diag *diag)
{
	struct ota_boot any = ota_boot_any();
	struct ota_image_verdict verdict = {.digest_good = false};
	struct ota_span new_file = ota_buf_span(&job->out);
	enum ota_err err;

	if (!job->key && !ota_image_probe(ota_buf_span(&job->old_file.firmware.bytes)) &&
	    !ota_image_probe(new_file))
		return OTA_OK;
	err = ota_image_open(new_file, &job->image, diag);
	job->is_image = err == OTA_OK;
	if (err == OTA_OK)
		err = ota_image_verify(&job->image, job->key, &any, &verdict, diag);
	job->digest_good = job->is_image && verdict.digest_good;
	job->signature_good = verdict.verified;
	/* Whether a bootloader takes what was signed is not a question about the patch. */
	if (!job->key && job->digest_good)
		return OTA_OK;
	if (err == OTA_OK && !job->key && verdict.digest.len == 0)
		err = ota_fail(diag, OTA_E_UNSUPPORTED, "the image carries no digest");
	if (err == OTA_OK && job->key)
		err = check_follows(job, diag);
	return err == OTA_E_UNSUPPORTED ? cannot_judge(job, diag) : err;
}

/* -- bare patches ------------------------------------------------------------------------------ */

static enum cli_exit fail_result(const struct apply_job *job, struct ota_diag *diag)
{
	if (cli_exit_of(diag->err) == CLI_ENVIRONMENT)
		return cli_fail(job->patch_path, diag);
	apply_print_no(job, diag);
	(void)cli_error(CLI_NO, job->patch_path, "result is not accepted: %s", diag->text);
	if (diag->hint[0])
		cli_hint("%s", diag->hint);
	else if (diag->err == OTA_E_UNSIGNED || diag->err == OTA_E_SIGNATURE)
		cli_hint("the result is whole; is %s the right key?", job->key_path);
	else if (!job->digest_good)
		cli_hint("the patch is for another old file than %s, or is damaged", job->old_path);
	return CLI_NO;
}

static enum cli_exit apply_patch(struct apply_job *job)
{
	struct ota_diag diag = {.err = OTA_OK};
	enum ota_err err;

	err = ota_delta_apply(ota_buf_span(&job->old_file.firmware.bytes), job->patch.patch,
			      &job->out, &diag);
	if (err == OTA_E_NO_FIT)
		ota_hint(&diag, "--max-size N accepts more");
	if (err == OTA_E_WRONG_BASE)
		ota_hint(&diag, "the patch is for another old file than %s, or is damaged",
			 job->old_path);
	if (err != OTA_OK)
		return apply_refuse(job, job->patch_path, &diag);
	err = apply_check_sha256(job, &diag);
	if (err == OTA_OK)
		err = check_image(job, &diag);
	return err == OTA_OK ? CLI_DONE : fail_result(job, &diag);
}

/* -- one run ----------------------------------------------------------------------------------- */

static enum cli_exit read_options(struct apply_job *job)
{
	uint64_t max_size = CLI_APPLY_MAX;
	uint64_t floor = 0;
	enum cli_exit status = cli_size(job->args, MAX_SIZE, CLI_FILE_MAX, &max_size);

	if (status == CLI_DONE)
		status = cli_number(job->args, COUNTER_FLOOR, UINT32_MAX, &floor);
	job->out = ota_buf_init((size_t)max_size);
	job->counter_floor = (uint32_t)floor;
	job->has_counter_floor = cli_has(job->args, COUNTER_FLOOR);
	if (status == CLI_DONE && job->sha256 &&
	    (strlen(job->sha256) != 64 || strspn(job->sha256, "0123456789abcdefABCDEF") != 64))
		return cli_error(CLI_USAGE, "--sha256", "\"%s\" is not 64 hex digits", job->sha256);
	if (status == CLI_DONE && !job->output)
		return cli_error(CLI_USAGE, "apply", "needs --output NEW");
	return status;
}

static enum cli_exit check(struct apply_job *job)
{
	const char *const inputs[] = {job->old_path, job->patch_path, job->key_path};
	const char *const outputs[] = {NULL, job->output};
	enum cli_exit status = read_options(job);

	if (status == CLI_DONE)
		status = cli_check_key_stdin(job->args, inputs, 3);
	/* NEW may take the place of OLD, as on a device, but it is no later version of PATCH. */
	if (status == CLI_DONE)
		status = cli_check_outputs(job->args, job->patch_path, outputs, 2);
	return status;
}

/* Of a bare patch only the result has a counter, and to judge images is another command's. */
static enum cli_exit check_floor(const struct apply_job *job)
{
	if (!job->has_counter_floor || job->patch.is_update)
		return CLI_DONE;
	(void)cli_error(CLI_USAGE, "--security-counter-floor",
			"is for delta updates, and %s is a bare patch", job->patch_path);
	cli_hint("otatool verify judges the new image by it");
	return CLI_USAGE;
}

/* The patch first: it says how the old file is read. The key last: while files block, no key is in
 * memory. */
static enum cli_exit read_files(struct apply_job *job, struct ota_key **key)
{
	enum cli_exit status = patch_file_read(job->patch_path, &job->patch);

	if (status == CLI_DONE)
		status = check_floor(job);
	if (status == CLI_DONE && job->patch.is_update)
		status = image_file_check_output(job->old_path, job->output);
	if (status == CLI_DONE)
		status = patch_file_read_image(&job->patch, job->old_path, &job->old_file);
	if (status == CLI_DONE && job->key_path)
		status = cli_read_key(job->args, job->key_path, key);
	if (status == CLI_DONE && job->key_path && !ota_key_signs(*key))
		status = cli_error(CLI_USAGE, job->key_path,
				   "is a key of type %s, which signs nothing", ota_key_name(*key));
	job->key = *key;
	return status;
}

/* A delta update's new image goes where the old one was, also by its address. */
static enum cli_exit write_new(const struct apply_job *job)
{
	struct ota_span bytes = ota_buf_span(&job->out);

	if (!job->patch.is_update)
		return cli_write(job->output, bytes);
	return image_file_write(job->output, &job->old_file, bytes, false, 0);
}

static enum cli_exit run(const struct cli_args *args)
{
	struct apply_job job = {.args = args,
				.old_path = args->positional[0],
				.patch_path = args->positional[1],
				.output = cli_value(args, OUTPUT),
				.key_path = cli_value(args, KEY),
				.json = cli_has(args, JSON),
				.sha256 = cli_value(args, SHA256)};
	struct ota_key *key = NULL;
	enum cli_exit status = check(&job);

	if (status == CLI_DONE)
		status = read_files(&job, &key);
	if (status == CLI_DONE)
		status = job.patch.is_update ? apply_update(&job) : apply_patch(&job);
	/* Nothing secret stays in memory while a slow output blocks. */
	ota_key_free(key);
	job.key = NULL; /* gone; report() goes by what was found */
	if (status == CLI_DONE)
		status = write_new(&job);
	if (status == CLI_DONE)
		status = report(&job);
	ota_buf_free(&job.out);
	image_file_free(&job.old_file);
	patch_file_free(&job.patch);
	return status;
}

const struct cli_command cli_cmd_apply = {
	.usage = "apply OLD PATCH -o NEW [-k KEY] [options]",
	.examples = examples,
	.about =
		"A delta update is applied when, in this order, its signature by KEY is good, its\n"
		"vendor and class ids are OLD's, its security counter is not lower than OLD's and\n"
		"the floor, and OLD is the image it is for; NEW must then have the digest that "
		"the\n"
		"update says. OLD may be padded, or Intel HEX by its name; NEW has no padding.\n\n"
		"With a bare patch, when OLD is an MCUboot image, the result must be one with a\n"
		"good digest. With KEY it must be signed by it, and may follow OLD as an update's\n"
		"may. A patch for another old image is refused with exit code 1, and nothing is\n"
		"written.",
	.options = options,
	.n_options = sizeof(options) / sizeof(options[0]),
	.min_positionals = 2,
	.max_positionals = 2,
	.positionals = "OLD and PATCH",
	.run = run,
};
