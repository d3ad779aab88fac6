// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>

#include "diff_job.h"
#include "emit.h"
#include "image_text.h"

static enum cli_exit report_json(const struct diff_job *job, bool pointless, size_t xz_len)
{
	json_t *object = cli_json("diff");
	char version[VERSION_TEXT_MAX];

	cli_json_text(object, "file", job->output);
	cli_json_bool(object, "made", true);
	cli_json_text(object, "format", job->plan.delta.format);
	cli_json_uint(object, "patch_bytes", job->made.patch_len);
	cli_json_uint(object, "old_bytes", job->old_len);
	cli_json_uint(object, "new_bytes", job->new_image.len);
	cli_json_bool(object, "signed", job->is_update);
	if (job->is_update) {
		cli_json_uint(object, "update_bytes", job->out.len);
		cli_json_text(object, "old_version", version_text(&job->made.old_version, version));
		cli_json_text(object, "new_version", version_text(&job->made.new_version, version));
	}
	cli_json_bool(object, "pointless", pointless);
	if (pointless)
		cli_json_uint(object, "new_xz_bytes", xz_len);
	return cli_json_print(object);
}

static void report_text(const struct diff_job *job)
{
	char size[32];
	char old_version[VERSION_TEXT_MAX];
	char new_version[VERSION_TEXT_MAX];

	printf("%s: ", job->output);
	if (job->is_update)
		printf("delta update %s -> %s, ", version_text(&job->made.old_version, old_version),
		       version_text(&job->made.new_version, new_version));
	printf("%s bytes", cli_grouped(job->out.len, size));
	if (job->is_update)
		printf(" with a patch of %s", cli_grouped(job->made.patch_len, size));
	if (job->new_image.len > 0)
		printf(", %.1f %% of the new %s's %s",
		       100.0 * (double)job->out.len / (double)job->new_image.len,
		       job->is_update ? "image" : "file", cli_grouped(job->new_image.len, size));
	printf("\n");
}

enum cli_exit diff_report(const struct diff_job *job)
{
	const char *output = job->output;
	enum cli_exit status = CLI_DONE;
	bool pointless = false;
	size_t xz_len = 0;

	/* Advice only: when it cannot be had, the patch is good all the same. */
	if (ota_delta_is_pointless(job->new_image, job->out.len, &pointless, &xz_len, NULL) !=
	    OTA_OK)
		pointless = false;
	if (!cli_is_stdout(output) && job->json)
		status = report_json(job, pointless, xz_len);
	else if (!cli_is_stdout(output))
		report_text(job);
	if (pointless)
		cli_warning(output,
			    "%s is %zu bytes, the new %s compressed with xz is %zu: send that "
			    "instead",
			    job->is_update ? "update" : "patch", job->out.len,
			    job->is_update ? "image" : "file", xz_len);
	return status;
}

enum cli_exit diff_fail(const struct diff_job *job, const char *subject,
			const struct ota_diag *diag)
{
	if (job->json && !cli_is_stdout(job->output) && cli_exit_of(diag->err) == CLI_NO) {
		json_t *object = cli_json("diff");

		cli_json_text(object, "file", job->output);
		cli_json_bool(object, "made", false);
		cli_json_text(object, "error", ota_err_name(diag->err));
		cli_json_text(object, "reason", diag->text);
		(void)cli_json_print(object);
	}
	return cli_fail(subject, diag);
}
