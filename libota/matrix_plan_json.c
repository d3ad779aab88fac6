// SPDX-License-Identifier: Apache-2.0
/* plan.json: writing. Described in docs/matrix.md. */
#include <ota/matrix_plan.h>

#include "json_tools.h"
#include "matrix_plan_json.h"
#include "matrix_words.h"

/* -- how patches are made ---------------------------------------------------------------------- */

static void put_given(struct ota_json_writer *writer, json_t *object, bool given, const char *key,
		      uint64_t value)
{
	if (given)
		ota_json_put_uint(writer, object, key, value);
}

static void put_make(struct ota_json_writer *writer, json_t *root,
		     const struct ota_matrix_plan *plan, const char *formats)
{
	const struct ota_delta_plan *delta = &plan->delta;
	json_t *make = ota_json_new_object(writer);

	if (delta->format)
		ota_json_put_line(writer, make, "format", delta->format);
	ota_json_put_line(writer, make, "format_versions", formats);
	put_given(writer, make, delta->window > 0, "window_bytes", delta->window);
	put_given(writer, make, delta->source_window > 0, "source_window_bytes",
		  delta->source_window);
	if (plan->has_secondary)
		ota_json_put_line(writer, make, "secondary",
				  ota_matrix_secondary_word(delta->secondary));
	if (delta->tier != OTA_DELTA_TIER_AUTO)
		ota_json_put_line(writer, make, "tier", ota_matrix_tier_word(delta->tier));
	if (delta->arch != OTA_DELTA_ARCH_AUTO)
		ota_json_put_line(writer, make, "arch", ota_matrix_arch_word(delta->arch));
	put_given(writer, make, delta->old_base.known, "base", delta->old_base.addr);
	if (delta->in_place)
		ota_json_put_bool(writer, make, "in_place", true);
	put_given(writer, make, delta->block > 0, "block_bytes", delta->block);
	put_given(writer, make, plan->has_distance, "safe_distance_bytes", plan->distance);
	ota_json_put(writer, root, "make", make);
}

/* -- for whom ---------------------------------------------------------------------------------- */

static void put_links(struct ota_json_writer *writer, json_t *target,
		      const struct ota_matrix_plan *plan)
{
	json_t *links;

	if (plan->n_links == 0)
		return;
	links = ota_json_new_list(writer);
	for (uint32_t i = 0; i < plan->n_links; i++)
		ota_json_append_line(writer, links, plan->link[i]);
	ota_json_put(writer, target, "links", links);
}

static void put_installed(struct ota_json_writer *writer, json_t *target,
			  const struct ota_matrix_plan *plan)
{
	json_t *list;

	if (plan->n_installed == 0)
		return;
	list = ota_json_new_list(writer);
	for (uint32_t i = 0; i < plan->n_installed; i++) {
		json_t *one = ota_json_new_object(writer);
		char text[OTA_MATRIX_VERSION_TEXT_MAX];

		ota_json_put_uint(writer, one, "image", plan->installed[i].image_id);
		ota_json_put_line(writer, one, "version",
				  ota_matrix_version_text(&plan->installed[i].version, text));
		ota_json_append(writer, list, one);
	}
	ota_json_put(writer, target, "installed", list);
}

static void put_bases(struct ota_json_writer *writer, json_t *target,
		      const struct ota_target_bases *bases)
{
	json_t *list;

	if (bases->n == 0)
		return;
	list = ota_json_new_list(writer);
	for (unsigned i = 0; i < bases->n; i++) {
		json_t *one = ota_json_new_object(writer);

		ota_json_put_text(writer, one, "profile", ota_buf_span(&bases->text[i]));
		ota_json_append(writer, list, one);
	}
	ota_json_put(writer, target, "bases", list);
}

static void put_target(struct ota_json_writer *writer, json_t *root,
		       const struct ota_matrix_plan *plan)
{
	const struct ota_budget_options *options = &plan->options;
	json_t *target;

	if (!plan->has_target)
		return;
	target = ota_json_new_object(writer);
	ota_json_put_line(writer, target, "name", plan->target_name);
	ota_json_put_uint(writer, target, "image", plan->image);
	ota_json_put_text(writer, target, "profile", ota_buf_span(&plan->target_text));
	put_bases(writer, target, &plan->target_bases);
	if (options->applier != OTA_APPLIED_AS_PROFILE)
		ota_json_put_line(writer, target, "on", ota_matrix_applier_word(options->applier));
	put_given(writer, target, options->has_ram, "ram_bytes", options->ram);
	put_given(writer, target, options->has_scratch, "scratch_bytes", options->scratch);
	put_links(writer, target, plan);
	put_installed(writer, target, plan);
	put_given(writer, target, options->has_max_patch, "max_patch_bytes", options->max_patch);
	put_given(writer, target, options->has_max_airtime, "max_airtime_us",
		  options->max_airtime_us);
	put_given(writer, target, options->has_max_delivery, "max_delivery_us",
		  options->max_delivery_us);
	put_given(writer, target, options->has_max_ram, "max_ram_bytes", options->max_ram);
	put_given(writer, target, options->has_max_erases, "max_erases", options->max_erases);
	ota_json_put(writer, root, "target", target);
}

/* -- who signs --------------------------------------------------------------------------------- */

static void put_sign(struct ota_json_writer *writer, json_t *root,
		     const struct ota_matrix_plan *plan)
{
	json_t *sign;
	json_t *keys;

	if (plan->n_keys == 0)
		return;
	sign = ota_json_new_object(writer);
	keys = ota_json_new_list(writer);
	for (uint32_t i = 0; i < plan->n_keys; i++) {
		json_t *key = ota_json_new_object(writer);

		ota_json_put_hex(writer, key, "id", ota_digest_span(&plan->key_id[i]));
		ota_json_append(writer, keys, key);
	}
	ota_json_put(writer, sign, "keys", keys);
	ota_json_put_line(writer, sign, "public_key", plan->full_public_key ? "full" : "hash");
	ota_json_put_bool(writer, sign, "pad_sig", plan->pad_sig);
	ota_json_put_bool(writer, sign, "low_s", plan->low_s);
	ota_json_put(writer, root, "sign", sign);
}

/* -- versions and jobs ------------------------------------------------------------------------- */

static json_t *version_object(struct ota_json_writer *writer,
			      const struct ota_matrix_version *version)
{
	json_t *object = ota_json_new_object(writer);
	char text[OTA_MATRIX_VERSION_TEXT_MAX];
	json_t *full;

	ota_json_put_line(writer, object, "name", version->name);
	ota_json_put_line(writer, object, "file", version->file);
	ota_json_put_bool(writer, object, "image", version->is_image);
	if (version->has_version)
		ota_json_put_line(writer, object, "version",
				  ota_matrix_version_text(&version->version, text));
	ota_json_put_uint(writer, object, "bytes", version->len);
	ota_json_put_hex(writer, object, "sha256",
			 ota_span_of(version->sha256, sizeof(version->sha256)));
	ota_json_put_uint(writer, object, "fleet", version->fleet);
	if (!version->full.judged)
		return object;
	full = ota_json_new_object(writer);
	ota_json_put_bool(writer, full, "fits", version->full.fits);
	ota_json_put_line(writer, full, "reason", version->full.reason);
	ota_json_put(writer, object, "full", full);
	return object;
}

static json_t *job_object(struct ota_json_writer *writer, const struct ota_matrix_job *job)
{
	json_t *object = ota_json_new_object(writer);

	ota_json_put_uint(writer, object, "old", job->old_at);
	ota_json_put_uint(writer, object, "new", job->new_at);
	ota_json_put_line(writer, object, "id", job->id);
	ota_json_put_uint(writer, object, "expected_us", job->expected_us);
	ota_json_put_uint(writer, object, "memory_bytes", job->memory);
	return object;
}

static json_t *plan_object(struct ota_json_writer *writer, const struct ota_matrix_plan *plan,
			   const char *formats)
{
	json_t *root = ota_json_new_object(writer);
	json_t *versions = ota_json_new_list(writer);
	json_t *jobs = ota_json_new_list(writer);

	ota_json_put_line(writer, root, "schema", OTA_MATRIX_PLAN_SCHEMA);
	ota_json_put_line(writer, root, "pairs", plan->pairs);
	ota_json_put_bool(writer, root, "both_ways", plan->both_ways);
	ota_json_put_line(writer, root, "order", plan->given_order ? "given" : "version");
	put_make(writer, root, plan, formats);
	put_target(writer, root, plan);
	put_sign(writer, root, plan);
	ota_json_put_bool(writer, root, "has_fleet", plan->has_fleet);
	for (size_t i = 0; i < plan->n_versions; i++)
		ota_json_append(writer, versions, version_object(writer, &plan->version[i]));
	for (size_t i = 0; i < plan->n_jobs; i++)
		ota_json_append(writer, jobs, job_object(writer, &plan->job[i]));
	ota_json_put(writer, root, "versions", versions);
	ota_json_put(writer, root, "jobs", jobs);
	return root;
}

/* -- the digest over it all -------------------------------------------------------------------- */

struct dump {
	struct ota_buf text;
	struct ota_diag *diag;
};

static int take(const char *bytes, size_t len, void *context)
{
	struct dump *dump = context;

	return ota_buf_append(&dump->text, ota_span_of(bytes, len), dump->diag) == OTA_OK ? 0 : -1;
}

/* Of the text without white space, so that a plan may be laid out anew. */
static enum ota_err digest_of(const struct ota_json_writer *writer, const json_t *root,
			      struct ota_digest *digest, struct ota_diag *diag)
{
	struct dump dump = {.text = ota_buf_init(SIZE_MAX), .diag = diag};
	enum ota_err err = OTA_OK;

	if (writer->failed || !root || json_dump_callback(root, take, &dump, JSON_COMPACT) != 0)
		err = ota_fail(diag, OTA_E_MEMORY, "out of memory");
	if (err == OTA_OK)
		err = ota_digest_of(OTA_HASH_SHA256, ota_buf_span(&dump.text), digest, diag);
	ota_buf_free(&dump.text);
	return err;
}

enum ota_err ota_matrix_plan_digest(const struct ota_matrix_plan *plan, struct ota_digest *digest,
				    struct ota_diag *diag)
{
	struct ota_json_writer writer = {.failed = false};
	char formats[OTA_MATRIX_FORMATS_MAX];
	enum ota_err err = ota_matrix_formats_text(plan->delta.format, formats, diag);
	json_t *root = err == OTA_OK ? plan_object(&writer, plan, formats) : NULL;

	if (err == OTA_OK)
		err = digest_of(&writer, root, digest, diag);
	json_decref(root);
	return err;
}

enum ota_err ota_matrix_plan_write(const struct ota_matrix_plan *plan, struct ota_buf *out,
				   struct ota_diag *diag)
{
	struct ota_json_writer writer = {.failed = false};
	char formats[OTA_MATRIX_FORMATS_MAX];
	struct ota_digest digest;
	enum ota_err err = ota_matrix_formats_text(plan->delta.format, formats, diag);
	json_t *root = err == OTA_OK ? plan_object(&writer, plan, formats) : NULL;

	if (err == OTA_OK)
		err = digest_of(&writer, root, &digest, diag);
	if (err != OTA_OK) {
		json_decref(root);
		return err;
	}
	ota_json_put_hex(&writer, root, "digest", ota_digest_span(&digest));
	return ota_json_finish(&writer, root, out, diag);
}
