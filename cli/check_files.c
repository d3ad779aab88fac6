// SPDX-License-Identifier: Apache-2.0
/* The files of check, and the proof that the update gives the new image. */
#include <stdio.h>

#include <ota/verify.h>

#include "check_job.h"

static struct ota_span old_span(const struct check_job *job)
{
	return ota_buf_span(&job->old_file.firmware.bytes);
}

static struct ota_span new_span(const struct check_job *job)
{
	return ota_buf_span(&job->new_file.firmware.bytes);
}

/* All of PATCH, whatever it is. */
static struct ota_span sent_span(const struct check_job *job)
{
	const struct ota_buf *hex = &job->hex.firmware.bytes;

	return ota_buf_span(hex->len > 0 ? hex : &job->patch.bytes);
}

/* -- reading ----------------------------------------------------------------------------------- */

/* By its name Intel HEX: an image, or a delta update, which is one too. */
static enum cli_exit read_hex(struct check_job *job)
{
	struct ota_diag diag = {.err = OTA_OK};
	enum cli_exit status = image_file_read(job->patch_path, &job->hex);
	struct patch_file *patch = &job->patch;

	if (status != CLI_DONE || !ota_delta_update_probe(sent_span(job)))
		return status;
	patch->is_update = true;
	if (ota_delta_update_open(sent_span(job), &patch->update, &diag) != OTA_OK)
		return cli_fail(job->patch_path, &diag);
	patch->patch = patch->update.patch;
	patch->format = patch->update.format;
	return CLI_DONE;
}

/* A patch that names no format may still be one whose format only its decoder knows. */
static enum cli_exit read_sent(struct check_job *job)
{
	bool is_hex = !cli_is_stdin(job->patch_path) && ota_firmware_is_hex_name(job->patch_path);
	enum cli_exit status =
		is_hex ? read_hex(job) : patch_file_read(job->patch_path, &job->patch);

	if (status != CLI_DONE)
		return status;
	if (job->patch.is_update)
		job->kind = CHECK_DELTA_UPDATE;
	else if (is_hex || (!job->patch.format && ota_image_probe(sent_span(job))))
		job->kind = CHECK_IMAGE;
	/* With OLD it is applied, which says better what is wrong with it. */
	if (is_hex ? job->kind == CHECK_IMAGE && !ota_image_probe(sent_span(job))
		   : job->kind == CHECK_PATCH && !job->patch.format && !job->old_path)
		return cli_error(CLI_BAD_INPUT, job->patch_path,
				 "is no patch, no delta update and no MCUboot image");
	return CLI_DONE;
}

/* Beside a full image the others are images too, and may be Intel HEX. */
static enum cli_exit read_image(const struct check_job *job, const char *path,
				struct image_file *file)
{
	if (job->kind == CHECK_IMAGE)
		return image_file_read(path, file);
	return patch_file_read_image(&job->patch, path, file);
}

/* -- images ------------------------------------------------------------------------------------ */

/*
 * Finds the bytes the bootloader sees: header to last TLV, without padding. An image with a wrong
 * digest is not one that a device runs, or would run.
 */
static enum cli_exit open_image(const struct check_job *job, const char *path, struct ota_span file,
				struct check_image *out)
{
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_boot any = ota_boot_any();
	struct ota_image_verdict verdict;
	enum ota_err err;

	out->len = file.len;
	any.encrypts = job->target.layout.enc_key > 0;
	if (!ota_image_probe(file)) {
		cli_warning(path,
			    "is not an MCUboot image: its %zu bytes count as they are, "
			    "without header and TLVs",
			    file.len);
		return CLI_DONE;
	}
	err = ota_image_open(file, &out->image, &diag);
	if (err == OTA_OK) {
		out->opened = true;
		out->len = out->image.bytes.len;
		err = ota_image_verify(&out->image, NULL, &any, &verdict, &diag);
	}
	/* Whether a bootloader takes it for other reasons is a question to verify. */
	if (err == OTA_E_REFUSED || err == OTA_E_UNSUPPORTED) {
		cli_warning(path, "%s", diag.text);
		return CLI_DONE;
	}
	return err == OTA_OK ? CLI_DONE : check_no(job, path, &diag);
}

static enum cli_exit fail_old(const struct check_job *job, const char *why)
{
	(void)cli_error(CLI_BAD_INPUT, job->old_path, "%s", why);
	cli_hint("the patch goes without an option, images with --old and --new");
	return CLI_BAD_INPUT;
}

static enum cli_exit open_old(struct check_job *job)
{
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_image image;

	/* It is an MCUboot image by its form, which no device runs. */
	if (ota_delta_update_probe(old_span(job)))
		return fail_old(job, "is a delta update, not an image");
	/* A bare patch takes any file; a device that runs MCUboot does not. */
	if (job->kind != CHECK_IMAGE || ota_image_probe(old_span(job)))
		return open_image(job, job->old_path, old_span(job), &job->old_image);
	if (!ota_delta_probe(old_span(job)) &&
	    ota_image_open(old_span(job), &image, &diag) != OTA_OK)
		return cli_fail(job->old_path, &diag);
	return fail_old(job, "is a patch, not an image");
}

/* Without NEW, what the patch makes must at least be an image when the old file is one. */
static enum cli_exit open_made(struct check_job *job)
{
	struct ota_span made = ota_buf_span(&job->made);
	struct ota_diag why = {.err = OTA_OK};
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_image image;

	if (ota_image_probe(old_span(job)) && ota_image_open(made, &image, &why) != OTA_OK) {
		(void)ota_fail(&diag, OTA_E_WRONG_BASE, "makes no image of %s: %s", job->old_path,
			       why.text);
		ota_hint(&diag, "the patch is for another old file, or is damaged");
		return check_no(job, job->patch_path, &diag);
	}
	return open_image(job, "the new image", made, &job->new_image);
}

static enum cli_exit open_new(struct check_job *job)
{
	if (job->kind == CHECK_IMAGE)
		return open_image(job, job->patch_path, sent_span(job), &job->new_image);
	if (!job->new_path)
		return open_made(job);
	return open_image(job, job->new_path, new_span(job), &job->new_image);
}

/* -- proof ------------------------------------------------------------------------------------- */

/* The image in a file; all of it when it holds none. */
static struct ota_span without_padding(struct ota_span file)
{
	struct ota_image image;

	return ota_image_open(file, &image, NULL) == OTA_OK ? image.bytes : file;
}

/* What a delta update makes has no padding, and that of a full image is not sent; NEW may have. */
static struct ota_span wanted(const struct check_job *job)
{
	return job->kind == CHECK_PATCH ? new_span(job) : without_padding(new_span(job));
}

static enum ota_err compare(const struct check_job *job, struct ota_span made,
			    struct ota_diag *diag)
{
	struct ota_span want = wanted(job);
	size_t at = 0;

	while (at < made.len && at < want.len && made.data[at] == want.data[at])
		at++;
	if (at == made.len && at == want.len)
		return OTA_OK;
	if (job->kind == CHECK_IMAGE)
		return ota_fail(diag, OTA_E_WRONG_BASE,
				"is not the image in %s: they differ from byte %zu on",
				job->new_path, at);
	return ota_fail(diag, OTA_E_WRONG_BASE,
			"does not turn %s into %s: it makes %zu bytes that differ from byte %zu on",
			job->old_path, job->new_path, made.len, at);
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

	if (job->kind == CHECK_PATCH)
		return apply_patch(job, diag);
	return ota_delta_update_apply(&job->patch.update, old_span(job), &any, &job->made, &verdict,
				      diag);
}

/* A wrong old image is said of it. Of a bare patch no one can tell which of the three is wrong. */
static enum cli_exit fail_proof(const struct check_job *job, struct ota_diag *diag)
{
	bool is_refused = job->kind == CHECK_DELTA_UPDATE && job->made.len == 0;
	bool is_base = is_refused && diag->err == OTA_E_WRONG_BASE;

	if (job->new_path && !is_refused && cli_exit_of(diag->err) == CLI_NO)
		ota_hint(diag, "are --old and --new the right way round?");
	return check_no(job, is_base ? job->old_path : job->patch_path, diag);
}

/*
 * The patch must give the new image from the old one, or nothing else matters. A hostile patch may
 * claim to make gigabytes: it gets the room that a good one needs.
 */
static enum cli_exit prove_patch(struct check_job *job)
{
	struct ota_diag diag = {.err = OTA_OK};
	bool is_update = job->kind == CHECK_DELTA_UPDATE;
	struct ota_image image;
	enum ota_err err;

	if (is_update && ota_image_open(old_span(job), &image, &diag) != OTA_OK)
		return check_no(job, job->old_path, &diag);
	/* A delta update makes no more than it says, and the comparison finds the difference. */
	job->made = ota_buf_init(job->new_path && !is_update ? new_span(job).len : CLI_APPLY_MAX);
	err = apply(job, &diag);
	if (err == OTA_OK && job->new_path)
		err = compare(job, ota_buf_span(&job->made), &diag);
	return err == OTA_OK ? CLI_DONE : fail_proof(job, &diag);
}

/* Two images are compared when they are such: of one that is cut off its end is no difference. */
static enum cli_exit prove_image(const struct check_job *job)
{
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_image image;

	if (!job->new_path)
		return CLI_DONE;
	if (ota_image_open(new_span(job), &image, &diag) != OTA_OK)
		return check_no(job, job->new_path, &diag);
	if (ota_image_open(sent_span(job), &image, &diag) != OTA_OK ||
	    compare(job, image.bytes, &diag) != OTA_OK)
		return check_no(job, job->patch_path, &diag);
	return CLI_DONE;
}

static enum cli_exit prove(struct check_job *job)
{
	return job->kind == CHECK_IMAGE ? prove_image(job) : prove_patch(job);
}

/* Nothing else tells it: all that is added up is right, and the device is as it was. */
static void warn_unchanged(const struct check_job *job)
{
	if (job->old_image.opened && job->new_image.opened &&
	    ota_span_equal(job->old_image.image.bytes, job->new_image.image.bytes))
		cli_warning(job->patch_path, "changes nothing: the new image is the old one");
}

/* -- all of it --------------------------------------------------------------------------------- */

static void fill_update(struct check_job *job)
{
	struct ota_update *update = &job->update;

	update->old_len = job->old_image.len;
	update->new_len = job->new_image.len;
	if (job->old_image.opened)
		update->old_image = &job->old_image.image;
	if (job->new_image.opened)
		update->new_image = &job->new_image.image;
	update->patch = job->kind == CHECK_IMAGE ? ota_span_of(NULL, 0) : job->patch.patch;
	update->format = job->kind == CHECK_IMAGE ? NULL : job->patch.format;
	switch (job->kind) {
	case CHECK_PATCH:
		update->sent_len = job->patch.patch.len;
		break;
	case CHECK_DELTA_UPDATE:
		update->sent_len = job->patch.update.image.bytes.len;
		update->delta_image = &job->patch.update.image;
		break;
	case CHECK_IMAGE:
		/* Padding is the flash's erased value: no one sends it. */
		update->sent_len = job->new_image.len;
		break;
	}
}

static enum cli_exit read_files(struct check_job *job)
{
	const char *const inputs[] = {job->patch_path, job->old_path, job->new_path,
				      job->target_name};
	enum cli_exit status = cli_check_stdin("check", inputs, 4);

	if (status == CLI_DONE)
		status = cli_read_budget_target(&job->wishes, job->target_name, &job->target);
	if (status == CLI_DONE)
		status = read_sent(job);
	if (status == CLI_DONE && job->kind != CHECK_IMAGE && !job->old_path)
		return cli_error(CLI_USAGE, "check", "needs --old OLD: %s is a %s", job->patch_path,
				 job->kind == CHECK_PATCH ? "patch" : "delta update");
	if (status == CLI_DONE && job->old_path)
		status = read_image(job, job->old_path, &job->old_file);
	if (status == CLI_DONE && job->new_path)
		status = read_image(job, job->new_path, &job->new_file);
	return status;
}

enum cli_exit check_read(struct check_job *job)
{
	enum cli_exit status = read_files(job);

	if (status == CLI_DONE)
		status = prove(job);
	if (status == CLI_DONE && job->old_path)
		status = open_old(job);
	if (status == CLI_DONE)
		status = open_new(job);
	if (status == CLI_DONE)
		warn_unchanged(job);
	fill_update(job);
	return status;
}

void check_free(struct check_job *job)
{
	ota_buf_free(&job->made);
	image_file_free(&job->new_file);
	image_file_free(&job->old_file);
	image_file_free(&job->hex);
	patch_file_free(&job->patch);
}
