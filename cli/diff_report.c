// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "diff_choose.h"
#include "emit.h"
#include "image_text.h"
#include "patch_text.h"

/* The patch has been proven: should it not open again, less is said of it. */
void diff_look(struct diff_job *job)
{
	struct ota_span file = ota_buf_span(&job->out);
	struct ota_span old_image = ota_index_old(job->index);
	struct ota_delta_update update;

	job->old_len = old_image.len;
	if (job->is_update && ota_delta_update_open(file, &update, NULL) == OTA_OK)
		file = update.patch;
	if (ota_delta_describe(file, &job->info, NULL) != OTA_OK)
		job->info = (struct ota_delta_info){.format = job->plan.delta.format};
	if (!job->info.is_otd || ota_delta_find_code(&job->plan.delta, old_image, job->new_image,
						     &job->code, NULL) != OTA_OK)
		return;
	if (job->info.otd.new_base.known)
		job->base_from = job->base_from_file ? "Intel HEX" : job->code.base_from;
}

static void json_code(json_t *object, const struct diff_job *job)
{
	const struct ota_delta_otd *otd = &job->info.otd;

	if (!job->info.is_otd)
		return;
	cli_json_text(object, "tier", otd->tier);
	cli_json_text(object, "arch", otd->arch);
	if (job->base_from) {
		cli_json_uint(object, "base", otd->new_base.addr);
		cli_json_uint(object, "old_base", otd->old_base.addr);
		cli_json_text(object, "base_from", job->base_from);
		cli_json_uint(object, "segments", otd->segments);
	}
	cli_json_uint(object, "decoder_stack_bytes", job->info.decoder_stack);
}

static void json_place(json_t *object, const struct diff_job *job)
{
	if (job->info.is_otd && job->info.otd.in_place)
		cli_json_add(object, "in_place", json_in_place(&job->info));
}

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
	cli_json_uint(object, "decoder_ram_bytes", job->info.decoder_ram);
	json_code(object, job);
	json_place(object, job);
	if (job->target_name)
		diff_json_choice(object, job);
	cli_json_bool(object, "pointless", pointless);
	if (pointless)
		cli_json_uint(object, "new_xz_bytes", xz_len);
	return cli_json_print(object);
}

/* Of a patch that knows code, but no address; or why it knows none. */
static const char *code_words(const struct diff_job *job)
{
	if (strcmp(job->info.otd.arch, "none") != 0)
		return "code at no known address";
	if (job->plan.delta.arch == OTA_DELTA_ARCH_NONE)
		return "no code known";
	if (strcmp(job->info.otd.tier, "nano") == 0 && job->code.arch != OTA_DELTA_ARCH_THUMB)
		return "no Thumb code found";
	switch (job->code.arch) {
	case OTA_DELTA_ARCH_THUMB:
		return "thumb code found, the patch is smaller without";
	case OTA_DELTA_ARCH_RV32:
		return "rv32 code found, the patch is smaller without";
	case OTA_DELTA_ARCH_XTENSA:
		return "xtensa code found, the patch is smaller without";
	case OTA_DELTA_ARCH_AUTO:
	case OTA_DELTA_ARCH_NONE:
		break;
	}
	return "no code found";
}

/* Where the code lies, the rest of a line. */
static void report_place(const struct diff_job *job)
{
	const struct ota_delta_otd *otd = &job->info.otd;

	if (!job->base_from)
		printf("%s\n", code_words(job));
	else if (otd->segments > 1)
		printf("%s code in %u segments (%s)\n", otd->arch, otd->segments, job->base_from);
	else if (otd->old_base.addr != otd->new_base.addr)
		printf("%s code at 0x%08" PRIx32 ", was 0x%08" PRIx32 " (%s)\n", otd->arch,
		       otd->new_base.addr, otd->old_base.addr, job->base_from);
	else
		printf("%s code at 0x%08" PRIx32 " (%s)\n", otd->arch, otd->new_base.addr,
		       job->base_from);
}

/* What a device needs is asked when a patch is made, and what the patch was made with. */
static void report_code(const struct diff_job *job)
{
	const struct ota_delta_otd *otd = &job->info.otd;
	char size[32];

	printf("  otd, tier %s: decoder takes %s bytes of RAM", otd->tier,
	       ota_number_grouped(job->info.decoder_ram, size));
	printf(", %s of stack; ", ota_number_grouped(job->info.decoder_stack, size));
	report_place(job);
}

static void report_in_place(const struct diff_job *job)
{
	char text[IN_PLACE_TEXT_MAX];

	if (job->info.otd.in_place)
		printf("  in place, %s\n", in_place_text(&job->info, text));
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
	printf("%s bytes", ota_number_grouped(job->out.len, size));
	if (job->is_update)
		printf(" with a patch of %s", ota_number_grouped(job->made.patch_len, size));
	if (job->new_image.len > 0)
		printf(", %.1f %% of the new %s's %s",
		       100.0 * (double)job->out.len / (double)job->new_image.len,
		       job->is_update ? "image" : "file",
		       ota_number_grouped(job->new_image.len, size));
	printf("\n");
	if (job->info.is_otd)
		report_code(job);
	if (job->info.is_otd)
		report_in_place(job);
	if (job->target_name)
		diff_print_choice(job);
}

/* An address that was given and not used is a mistake in it, or in what was found. */
static void warn_base(const struct diff_job *job)
{
	const struct ota_delta_plan *plan = &job->plan.delta;

	if (job->info.is_otd && plan->arch == OTA_DELTA_ARCH_AUTO &&
	    job->code.arch == OTA_DELTA_ARCH_NONE && plan->new_base.known && !job->base_from_file)
		cli_warning("--base", "is of no use: no code was found in the images; --arch "
				      "takes one for granted");
}

enum cli_exit diff_report(const struct diff_job *job)
{
	const char *whole = job->is_update ? "image" : "file";
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
	warn_base(job);
	if (pointless && job->target_name) {
		cli_warning(output,
			    "not worth a patch: the new %s compressed with xz is %zu bytes, the %s "
			    "%zu",
			    whole, xz_len, job->is_update ? "update" : "patch", job->out.len);
		cli_hint("send the whole %s compressed instead: it is for every old one", whole);
	} else if (pointless) {
		cli_warning(output,
			    "%s is %zu bytes, the new %s compressed with xz is %zu: send that "
			    "instead",
			    job->is_update ? "update" : "patch", job->out.len, whole, xz_len);
	}
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
