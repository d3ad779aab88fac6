// SPDX-License-Identifier: Apache-2.0
/* A job's id: the digest of all that shapes its result. Described in docs/matrix.md. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include <ota/matrix_plan.h>

#include "matrix_words.h"
#include "patch_formats.h"

#define TEXT_MAX      0x10000U /* bytes: links and versions are bounded, so is this */
#define FORMAT_ID_MAX UINT8_MAX

/* Lines; the first failure is kept. */
struct lines {
	struct ota_buf *out;
	struct ota_diag *diag;
	enum ota_err err;
};

static void add(struct lines *lines, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct lines *lines, const char *format, ...)
{
	char text[OTA_MATRIX_TEXT_MAX + 64];
	va_list args;
	int len;

	if (lines->err != OTA_OK)
		return;
	va_start(args, format);
	len = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (len < 0 || (size_t)len >= sizeof(text))
		lines->err = ota_fail(lines->diag, OTA_E_ROOM, "a plan's text is too long");
	else
		lines->err =
			ota_buf_append(lines->out, ota_span_of(text, (size_t)len), lines->diag);
}

static void add_number(struct lines *lines, bool given, const char *what, uint64_t value)
{
	if (given)
		add(lines, "%s %" PRIu64 "\n", what, value);
}

static void add_hex(struct lines *lines, struct ota_span bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		add(lines, "%02x", bytes.data[i]);
}

static void add_image(struct lines *lines, const char *which,
		      const struct ota_matrix_version *version)
{
	add(lines, "%s ", which);
	add_hex(lines, ota_span_of(version->sha256, sizeof(version->sha256)));
	add(lines, " %" PRIu64 "\n", version->len);
}

/* -- what is made ------------------------------------------------------------------------------ */

enum ota_err ota_matrix_formats_text(const char *format, char text[OTA_MATRIX_FORMATS_MAX],
				     struct ota_diag *diag)
{
	size_t at = 0;

	text[0] = '\0';
	if (format && !ota_patch_format_named(format))
		return ota_fail(diag, OTA_E_ABSENT, "no patch format is called \"%s\"", format);
	/* By number: the table may be put into another order, ids may not. */
	for (unsigned id = 0; id <= FORMAT_ID_MAX; id++) {
		const struct ota_patch_format *row;

		for (size_t i = 0; (row = ota_patch_format_at(i)) != NULL; i++) {
			if (row->id != id || (format && strcmp(row->name, format) != 0) ||
			    at >= OTA_MATRIX_FORMATS_MAX)
				continue;
			at += (size_t)snprintf(text + at, OTA_MATRIX_FORMATS_MAX - at, "%s%s/%u",
					       at > 0 ? " " : "", row->name, row->version);
		}
	}
	return OTA_OK;
}

static void add_delta(struct lines *lines, const struct ota_matrix_plan *plan)
{
	const struct ota_delta_plan *delta = &plan->delta;
	char formats[OTA_MATRIX_FORMATS_MAX];

	if (lines->err == OTA_OK)
		lines->err = ota_matrix_formats_text(delta->format, formats, lines->diag);
	if (lines->err != OTA_OK)
		return;
	add(lines, "make %s%s\n", delta->format ? "" : "auto ", formats);
	add_number(lines, delta->window > 0, "window", delta->window);
	add_number(lines, delta->source_window > 0, "source-window", delta->source_window);
	if (plan->has_secondary)
		add(lines, "secondary %s\n", ota_matrix_secondary_word(delta->secondary));
	if (delta->tier != OTA_DELTA_TIER_AUTO)
		add(lines, "tier %s\n", ota_matrix_tier_word(delta->tier));
	if (delta->arch != OTA_DELTA_ARCH_AUTO)
		add(lines, "arch %s\n", ota_matrix_arch_word(delta->arch));
	add_number(lines, delta->old_base.known, "base", delta->old_base.addr);
	if (delta->in_place)
		add(lines, "in-place\n");
	add_number(lines, delta->block > 0, "block", delta->block);
	add_number(lines, plan->has_distance, "safe-distance", plan->distance);
}

/* -- for whom ---------------------------------------------------------------------------------- */

static void add_options(struct lines *lines, const struct ota_matrix_plan *plan)
{
	const struct ota_budget_options *options = &plan->options;
	char version[OTA_MATRIX_VERSION_TEXT_MAX];

	if (options->applier != OTA_APPLIED_AS_PROFILE)
		add(lines, "on %s\n", ota_matrix_applier_word(options->applier));
	add_number(lines, options->has_ram, "ram", options->ram);
	add_number(lines, options->has_scratch, "scratch", options->scratch);
	for (uint32_t i = 0; i < plan->n_links; i++)
		add(lines, "link %s\n", plan->link[i]);
	for (uint32_t i = 0; i < plan->n_installed; i++)
		add(lines, "installed %u %s\n", plan->installed[i].image_id,
		    ota_matrix_version_text(&plan->installed[i].version, version));
	add_number(lines, options->has_max_patch, "max-patch", options->max_patch);
	add_number(lines, options->has_max_airtime, "max-airtime", options->max_airtime_us);
	add_number(lines, options->has_max_delivery, "max-delivery", options->max_delivery_us);
	add_number(lines, options->has_max_ram, "max-ram", options->max_ram);
	add_number(lines, options->has_max_erases, "max-erases", options->max_erases);
}

static void add_digest(struct lines *lines, const struct ota_buf *text)
{
	struct ota_digest digest = {.len = 0};

	if (lines->err == OTA_OK)
		lines->err =
			ota_digest_of(OTA_HASH_SHA256, ota_buf_span(text), &digest, lines->diag);
	add_hex(lines, ota_digest_span(&digest));
}

static void add_target(struct lines *lines, const struct ota_matrix_plan *plan)
{
	if (!plan->has_target)
		return;
	add(lines, "target ");
	add_digest(lines, &plan->target_text);
	add(lines, " image %" PRIu32 "\n", plan->image);
	for (unsigned i = 0; i < plan->target_bases.n; i++) {
		add(lines, "builds-on ");
		add_digest(lines, &plan->target_bases.text[i]);
		add(lines, "\n");
	}
	add_options(lines, plan);
}

static void add_keys(struct lines *lines, const struct ota_matrix_plan *plan)
{
	for (uint32_t i = 0; i < plan->n_keys; i++) {
		add(lines, "key ");
		add_hex(lines, ota_digest_span(&plan->key_id[i]));
		add(lines, "\n");
	}
	if (plan->n_keys == 0)
		return;
	if (plan->full_public_key)
		add(lines, "public-key full\n");
	if (plan->pad_sig)
		add(lines, "pad-sig\n");
	if (plan->low_s)
		add(lines, "low-s\n");
}

/* -- ids --------------------------------------------------------------------------------------- */

/* What all jobs of a plan have in common. */
static enum ota_err add_common(const struct ota_matrix_plan *plan, struct ota_buf *out,
			       struct ota_diag *diag)
{
	struct lines lines = {.out = out, .diag = diag};

	add_delta(&lines, plan);
	add_target(&lines, plan);
	add_keys(&lines, plan);
	return lines.err;
}

static enum ota_err add_images(const struct ota_matrix_plan *plan, const struct ota_matrix_job *job,
			       struct ota_buf *out, struct ota_diag *diag)
{
	struct lines lines = {.out = out, .diag = diag};

	add(&lines, "otatool.matrix-job/1\n");
	add_image(&lines, "old", &plan->version[job->old_at]);
	add_image(&lines, "new", &plan->version[job->new_at]);
	return lines.err;
}

enum ota_err ota_matrix_job_text(const struct ota_matrix_plan *plan,
				 const struct ota_matrix_job *job, struct ota_buf *out,
				 struct ota_diag *diag)
{
	enum ota_err err = add_images(plan, job, out, diag);

	return err == OTA_OK ? add_common(plan, out, diag) : err;
}

static enum ota_err find_id(const struct ota_matrix_plan *plan, struct ota_span common,
			    struct ota_matrix_job *job, struct ota_diag *diag)
{
	struct ota_buf text = ota_buf_init(TEXT_MAX);
	struct ota_digest digest;
	enum ota_err err = add_images(plan, job, &text, diag);

	if (err == OTA_OK)
		err = ota_buf_append(&text, common, diag);
	if (err == OTA_OK)
		err = ota_digest_of(OTA_HASH_SHA256, ota_buf_span(&text), &digest, diag);
	for (size_t i = 0; err == OTA_OK && i < digest.len; i++)
		(void)snprintf(job->id + 2 * i, sizeof(job->id) - 2 * i, "%02x", digest.data[i]);
	ota_buf_free(&text);
	return err;
}

enum ota_err ota_matrix_plan_ids(struct ota_matrix_plan *plan, struct ota_diag *diag)
{
	struct ota_buf common = ota_buf_init(TEXT_MAX);
	enum ota_err err = add_common(plan, &common, diag);

	for (size_t i = 0; err == OTA_OK && i < plan->n_jobs; i++)
		err = find_id(plan, ota_buf_span(&common), &plan->job[i], diag);
	ota_buf_free(&common);
	return err;
}
