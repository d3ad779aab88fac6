// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <stdio.h>

#include <ota/verify.h>

#include "check_job.h"
#include "target_arg.h"

enum { OLD, NEW, TARGET, ON, RAM, SCRATCH, JSON };

static const struct cli_option options[] = {
	[OLD] = {.name = "old", .value = "OLD", .help = "the image the device runs"},
	[NEW] = {.name = "new",
		 .value = "NEW",
		 .help = "the image the patch must give; without it, what it gives"},
	[TARGET] = {.name = "target",
		    .value = "T",
		    .help = "board profile: a built-in name or a YAML file"},
	[ON] = {.name = "on",
		.value = "device|gateway",
		.help = "who applies the patch (default: the profile's decoders say)"},
	[RAM] = {.name = "ram",
		 .value = "N",
		 .help = "bytes the updater may use, not the profile's"},
	[SCRATCH] = {.name = "scratch",
		     .value = "N",
		     .help = "bytes of the scratch area, not the profile's"},
	[JSON] = {.name = "json", .help = "print a JSON object"},
};

static const struct cli_example examples[] = {
	{"otatool check update.patch --old old.img --new new.img --target water-meter-l476",
	 "exit 0 when the update fits, 1 when something does not"},
	{"otatool check update.patch --old old.img --new new.img --target board.yaml --on device",
	 "what it would take to apply the patch on the device itself"},
	{NULL, NULL},
};

static struct ota_span old_span(const struct check_job *job)
{
	return ota_buf_span(&job->old_file.firmware.bytes);
}

static struct ota_span new_span(const struct check_job *job)
{
	return ota_buf_span(&job->new_file.firmware.bytes);
}

/* Rules of the mode that no line of the budget holds. */
static void warn_mode(const struct check_job *job, const char *path, const struct ota_image *image)
{
	const struct ota_target *target = &job->target;

	if (target->header_size != 0 && image->header.hdr_size != target->header_size)
		cli_warning(path,
			    "has a header area of %u bytes, the profile says %" PRIu32
			    ": is the firmware linked for it?",
			    image->header.hdr_size, target->header_size);
	if (target->layout.mode == OTA_MODE_RAM_LOAD &&
	    !(image->header.flags & OTA_IMAGE_F_RAM_LOAD))
		cli_warning(path, "has no load address: a ram-load bootloader does not take it");
	if (target->layout.mode == OTA_MODE_RAM_LOAD ||
	    target->layout.mode == OTA_MODE_DIRECT_XIP ||
	    target->layout.mode == OTA_MODE_DIRECT_XIP_REVERT)
		cli_warning(path, "its address 0x%08" PRIx32 " is not judged by this version",
			    image->header.load_addr);
}

/* The answer is no before anything can be added up. With --json that is a report too. */
static enum cli_exit fail_no(const struct check_job *job, const char *subject,
			     const struct ota_diag *diag)
{
	if (cli_exit_of(diag->err) == CLI_NO && cli_has(job->args, JSON)) {
		json_t *object = cli_json("check");

		cli_json_text(object, "file", job->patch_path);
		cli_json_bool(object, "fits", false);
		cli_json_text(object, "error", ota_err_name(diag->err));
		cli_json_text(object, "reason", diag->text);
		(void)cli_json_print(object);
	}
	return cli_fail(subject, diag);
}

/*
 * Bytes the bootloader sees: header to last TLV, without padding. An image with a wrong digest is
 * not one that a device runs, or would run.
 */
static enum cli_exit image_length(const struct check_job *job, const char *path,
				  struct ota_span file, uint64_t *len)
{
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_boot any = ota_boot_any();
	struct ota_image_verdict verdict;
	struct ota_image image;
	enum ota_err err;

	if (!ota_image_probe(file)) {
		cli_warning(path,
			    "is not an MCUboot image: its %zu bytes count as they are, "
			    "without header and TLVs",
			    file.len);
		*len = file.len;
		return CLI_DONE;
	}
	err = ota_image_open(file, &image, &diag);
	if (err == OTA_OK) {
		*len = image.bytes.len;
		warn_mode(job, path, &image);
		err = ota_image_verify(&image, NULL, &any, &verdict, &diag);
	}
	/* Whether a bootloader takes it for other reasons is a question to verify. */
	if (err == OTA_E_REFUSED || err == OTA_E_UNSUPPORTED) {
		cli_warning(path, "%s", diag.text);
		return CLI_DONE;
	}
	return err == OTA_OK ? CLI_DONE : fail_no(job, path, &diag);
}

/* Without NEW, what the patch makes must at least be an image when the old file is one. */
static enum cli_exit made_length(struct check_job *job)
{
	struct ota_span made = ota_buf_span(&job->made);
	struct ota_diag why = {.err = OTA_OK};
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_image image;

	if (ota_image_probe(old_span(job)) && ota_image_open(made, &image, &why) != OTA_OK) {
		(void)ota_fail(&diag, OTA_E_WRONG_BASE, "makes no image of %s: %s", job->old_path,
			       why.text);
		ota_hint(&diag, "the patch is for another old file, or is damaged");
		return fail_no(job, job->patch_path, &diag);
	}
	return image_length(job, "the new image", made, &job->new_len);
}

/* What a delta update makes has no padding; NEW may have. */
static struct ota_span wanted(const struct check_job *job)
{
	struct ota_image image;

	if (job->patch.is_update && ota_image_open(new_span(job), &image, NULL) == OTA_OK)
		return image.bytes;
	return new_span(job);
}

static enum ota_err compare(const struct check_job *job, struct ota_diag *diag)
{
	struct ota_span made = ota_buf_span(&job->made);
	struct ota_span want = wanted(job);
	size_t at = 0;

	while (at < made.len && at < want.len && made.data[at] == want.data[at])
		at++;
	if (at == made.len && at == want.len)
		return OTA_OK;
	(void)ota_fail(diag, OTA_E_WRONG_BASE,
		       "does not turn %s into %s: it makes %zu bytes that differ from byte %zu on",
		       job->old_path, job->new_path, made.len, at);
	return OTA_E_WRONG_BASE;
}

/* Room is that of NEW: more is no question of what fits, but another new image. */
static enum ota_err apply_patch(struct check_job *job, struct ota_diag *diag)
{
	struct ota_diag why = {.err = OTA_OK};
	enum ota_err err = ota_delta_apply(old_span(job), job->patch.patch, &job->made, &why);

	if (err != OTA_E_NO_FIT || !job->new_path) {
		*diag = why;
		return err;
	}
	return ota_fail(diag, OTA_E_WRONG_BASE, "does not turn %s into %s: %s", job->old_path,
			job->new_path, why.text);
}

/* Of a delta update all that it is bound to is checked too, but for its signature. */
static enum ota_err apply(struct check_job *job, struct ota_diag *diag)
{
	const struct ota_delta_update_rules any = {.key = NULL};
	struct ota_delta_update_verdict verdict;

	if (!job->patch.is_update)
		return apply_patch(job, diag);
	return ota_delta_update_apply(&job->patch.update, old_span(job), &any, &job->made, &verdict,
				      diag);
}

/* A wrong old image is said of it. Of a bare patch no one can tell which of the three is wrong. */
static enum cli_exit fail_proof(const struct check_job *job, struct ota_diag *diag)
{
	bool is_refused = job->patch.is_update && job->made.len == 0;
	bool is_base = is_refused && diag->err == OTA_E_WRONG_BASE;

	/* The library's hint is about the order of another command's files. */
	if (!job->patch.is_update && ota_image_probe(job->patch.patch)) {
		diag->hint[0] = '\0';
		ota_hint(diag, "the patch goes without an option, images with --old and --new");
	}
	if (job->new_path && !is_refused && cli_exit_of(diag->err) == CLI_NO)
		ota_hint(diag, "are --old and --new the right way round?");
	return fail_no(job, is_base ? job->old_path : job->patch_path, diag);
}

/*
 * The patch must give the new image from the old one, or nothing else matters. A hostile patch may
 * claim to make gigabytes: it gets the room that a good one needs.
 */
static enum cli_exit prove(struct check_job *job)
{
	struct ota_diag diag = {.err = OTA_OK};
	bool has_new = job->new_path != NULL;
	struct ota_image image;
	enum ota_err err;

	if (job->patch.is_update && ota_image_open(old_span(job), &image, &diag) != OTA_OK)
		return fail_no(job, job->old_path, &diag);
	/* A delta update makes no more than it says, and the comparison finds the difference. */
	job->made =
		ota_buf_init(has_new && !job->patch.is_update ? new_span(job).len : CLI_APPLY_MAX);
	err = apply(job, &diag);
	if (err == OTA_OK && has_new)
		err = compare(job, &diag);
	return err == OTA_OK ? CLI_DONE : fail_proof(job, &diag);
}

static enum cli_exit read_wishes(struct check_job *job)
{
	static const char *const words[] = {"device", "gateway", NULL};
	const struct cli_args *args = job->args;
	unsigned on = 0;
	enum cli_exit status = cli_choice(args, ON, words, &on);

	if (cli_has(args, ON))
		job->wishes.applier = on == 0 ? OTA_APPLIED_ON_DEVICE : OTA_APPLIED_BY_GATEWAY;
	job->wishes.has_ram = cli_has(args, RAM);
	job->wishes.has_scratch = cli_has(args, SCRATCH);
	if (status == CLI_DONE)
		status = cli_size(args, RAM, UINT32_MAX, &job->wishes.ram);
	if (status == CLI_DONE)
		status = cli_size(args, SCRATCH, UINT32_MAX, &job->wishes.scratch);
	if (status == CLI_DONE && (!cli_has(args, OLD) || !cli_has(args, TARGET)))
		return cli_error(CLI_USAGE, "check", "needs %s",
				 cli_has(args, OLD) ? "--target T" : "--old OLD");
	return status;
}

static enum cli_exit read_files(struct check_job *job)
{
	const char *const inputs[] = {job->patch_path, job->old_path, job->new_path,
				      cli_value(job->args, TARGET)};
	enum cli_exit status = cli_check_stdin("check", inputs, 4);

	if (status == CLI_DONE)
		status = cli_read_target(cli_value(job->args, TARGET), &job->target);
	if (status == CLI_DONE)
		status = patch_file_read(job->patch_path, &job->patch);
	if (status == CLI_DONE)
		status = patch_file_read_image(&job->patch, job->old_path, &job->old_file);
	if (status == CLI_DONE && job->new_path)
		status = patch_file_read_image(&job->patch, job->new_path, &job->new_file);
	if (status == CLI_DONE)
		status = prove(job);
	if (status == CLI_DONE)
		status = image_length(job, job->old_path, old_span(job), &job->old_len);
	if (status == CLI_DONE && job->new_path)
		status = image_length(job, job->new_path, new_span(job), &job->new_len);
	else if (status == CLI_DONE)
		status = made_length(job);
	return status;
}

/* A limit that was given and not looked at must not pass for one that was kept. */
static void warn_unused(const struct check_job *job)
{
	if (job->wishes.has_ram && job->budget.applier == OTA_APPLIED_BY_GATEWAY)
		cli_warning("--ram", "is not looked at: the gateway applies the patch, see --on");
	if (job->wishes.has_scratch && job->target.layout.mode != OTA_MODE_SWAP_SCRATCH)
		cli_warning("--scratch", "is not looked at: %s has no scratch area",
			    ota_mode_name(job->target.layout.mode));
}

static enum cli_exit judge(struct check_job *job)
{
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_update update = {.patch = job->patch.patch,
				    .format = job->patch.format,
				    .old_len = job->old_len,
				    .new_len = job->new_len};
	enum cli_exit status = CLI_DONE;

	if (ota_budget_check(&update, &job->target, &job->wishes, &job->budget, &diag) != OTA_OK)
		return cli_fail("check", &diag);
	if (cli_has(job->args, JSON))
		status = check_print_json(job);
	else
		check_print_text(job);
	warn_unused(job);
	if (!job->budget.fits && job->budget.remedy[0])
		cli_hint("%s", job->budget.remedy);
	if (status == CLI_DONE && !job->budget.fits)
		status = CLI_NO;
	return status;
}

static enum cli_exit run(const struct cli_args *args)
{
	struct check_job job = {.args = args,
				.patch_path = args->positional[0],
				.old_path = cli_value(args, OLD),
				.new_path = cli_value(args, NEW)};
	enum cli_exit status = read_wishes(&job);

	if (status == CLI_DONE)
		status = read_files(&job);
	if (status == CLI_DONE)
		status = judge(&job);
	ota_buf_free(&job.made);
	image_file_free(&job.new_file);
	image_file_free(&job.old_file);
	patch_file_free(&job.patch);
	return status;
}

const struct cli_command cli_cmd_check = {
	.usage = "check PATCH --old OLD [--new NEW] --target T [options]",
	.examples = examples,
	.about = "Applies the patch, bare or in a delta update, and compares, then adds up what "
		 "the\n"
		 "update needs: memory of the patch's decoder, the slot limit of the target's\n"
		 "MCUboot mode for the old AND the new image, and scratch. Limits are MCUboot's "
		 "own\n"
		 "arithmetic. Exit code 1 when anything does not fit.",
	.options = options,
	.n_options = sizeof(options) / sizeof(options[0]),
	.min_positionals = 1,
	.max_positionals = 1,
	.positionals = "a patch",
	.run = run,
};
