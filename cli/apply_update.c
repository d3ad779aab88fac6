// SPDX-License-Identifier: Apache-2.0
#include <ota/verify.h>

#include "apply_job.h"

/* What is wrong with the old image is said of it, all else of the update. */
static enum cli_exit refuse(const struct apply_job *job, struct ota_diag *diag)
{
	bool is_base = diag->err == OTA_E_WRONG_BASE;

	if (diag->err == OTA_E_NO_FIT)
		ota_hint(diag, "--max-size N accepts more");
	if (job->key && (diag->err == OTA_E_SIGNATURE || diag->err == OTA_E_UNSIGNED))
		ota_hint(diag, "nothing was applied; is %s the right key?", job->key_path);
	return apply_refuse(job, is_base ? job->old_path : job->patch_path, diag);
}

/* The update's digest of the new image is good. Its own must be too, where it can be judged. */
static enum ota_err judge_result(struct apply_job *job, struct ota_diag *diag)
{
	struct ota_boot any = ota_boot_any();
	struct ota_image_verdict verdict;
	enum ota_err err = ota_image_open(ota_buf_span(&job->out), &job->image, diag);

	if (err != OTA_OK)
		return err;
	job->is_image = true;
	err = ota_image_verify(&job->image, NULL, &any, &verdict, diag);
	/* Whether a bootloader takes what was signed is not a question about the update. */
	return verdict.digest_good || err == OTA_E_UNSUPPORTED ? OTA_OK : err;
}

static enum cli_exit refuse_result(const struct apply_job *job, const struct ota_diag *diag)
{
	apply_print_no(job, diag);
	(void)cli_error(CLI_NO, job->patch_path, "result is not accepted: %s", diag->text);
	return cli_exit_of(diag->err) == CLI_ENVIRONMENT ? CLI_ENVIRONMENT : CLI_NO;
}

/* Before the update's own checks, which cannot say whose fault it is. */
static enum cli_exit check_old(const struct apply_job *job)
{
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_image image;

	if (ota_image_open(ota_buf_span(&job->old_file.firmware.bytes), &image, &diag) == OTA_OK)
		return CLI_DONE;
	ota_hint(&diag, "a delta update is for an MCUboot image, the one the device runs");
	return apply_refuse(job, job->old_path, &diag);
}

enum cli_exit apply_update(struct apply_job *job)
{
	struct ota_delta_update_rules rules = {.key = job->key,
					       .has_counter_floor = job->has_counter_floor,
					       .counter_floor = job->counter_floor};
	struct ota_delta_update_verdict verdict = {.base_good = false};
	struct ota_diag diag = {.err = OTA_OK};
	enum cli_exit status = check_old(job);
	enum ota_err err;

	if (status != CLI_DONE)
		return status;
	err = ota_delta_update_apply(&job->patch.update,
				     ota_buf_span(&job->old_file.firmware.bytes), &rules, &job->out,
				     &verdict, &diag);
	job->signature_good = verdict.signature_good;
	job->digest_good = verdict.result_good;
	if (err != OTA_OK)
		return refuse(job, &diag);
	err = apply_check_sha256(job, &diag);
	if (err == OTA_OK)
		err = judge_result(job, &diag);
	if (err != OTA_OK)
		return refuse_result(job, &diag);
	if (!job->key)
		cli_warning(job->patch_path,
			    "signature not checked, no --key given: only the digests say that "
			    "nothing was damaged");
	return CLI_DONE;
}
