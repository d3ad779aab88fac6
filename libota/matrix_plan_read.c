// SPDX-License-Identifier: Apache-2.0
/* plan.json: reading. Nothing in it is believed, and no file that it names is opened. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <ota/matrix_plan.h>

#include "json_tools.h"
#include "matrix_plan_json.h"
#include "matrix_words.h"

#define PATH_TEXT_MAX 4095U /* bytes of a version's path */
#define WORD_MAX      16U

/* Something that a member's text is read by fails: its words go behind the member's path. */
static void blame(struct ota_json_at *at, const char *key, enum ota_err err,
		  const struct ota_diag *why)
{
	if (err == OTA_E_MEMORY && at->reader->err == OTA_OK)
		at->reader->err = ota_fail(at->reader->diag, err, "%s", why->text);
	else
		ota_json_fail(at, key, "%s", why->text);
}

/* The index of the member's text among `words`. */
static size_t read_word(struct ota_json_at *at, const char *key, const char *const *words, size_t n)
{
	char text[WORD_MAX];

	ota_json_line(at, key, text, sizeof(text));
	for (size_t i = 0; i < n; i++) {
		if (strcmp(text, words[i]) == 0)
			return i;
	}
	ota_json_fail(at, key, "is \"%s\", which is not known", text);
	return 0;
}

/* A member that need not be there; false: it is not. */
static bool read_given(struct ota_json_at *at, const char *key, uint64_t max, uint64_t *value)
{
	if (!ota_json_has(at, key))
		return false;
	*value = ota_json_uint(at, key, max);
	return true;
}

static uint32_t read_bytes(struct ota_json_at *at, const char *key)
{
	uint64_t value = 0;

	if (read_given(at, key, OTA_DELTA_MAX, &value) && value == 0)
		ota_json_fail(at, key, "is 0");
	return (uint32_t)value;
}

static void read_version_text(struct ota_json_at *at, const char *key, struct ota_version *version)
{
	char text[OTA_MATRIX_VERSION_TEXT_MAX];

	ota_json_line(at, key, text, sizeof(text));
	if (ota_version_parse(ota_span_of(text, strlen(text)), version) != OTA_OK)
		ota_json_fail(at, key, "\"%s\" is not a version, as 1.2.3+4", text);
}

/* -- how patches are made ---------------------------------------------------------------------- */

/* Another version of a format makes other patches than the ids are of. */
static void read_format(struct ota_json_at *make, struct ota_matrix_plan *plan)
{
	char name[WORD_MAX];
	char text[OTA_MATRIX_FORMATS_MAX];
	char ours[OTA_MATRIX_FORMATS_MAX];
	struct ota_json_reader *reader = make->reader;

	if (ota_json_has(make, "format")) {
		ota_json_line(make, "format", name, sizeof(name));
		plan->delta.format = ota_delta_format_find(name);
		if (!plan->delta.format || strcmp(plan->delta.format, name) != 0)
			ota_json_fail(make, "format", "\"%s\" is no patch format", name);
	}
	ota_json_line(make, "format_versions", text, sizeof(text));
	if (reader->err == OTA_OK)
		reader->err = ota_matrix_formats_text(plan->delta.format, ours, reader->diag);
	if (reader->err == OTA_OK && strcmp(text, ours) != 0) {
		reader->err =
			ota_fail(reader->diag, OTA_E_UNSUPPORTED,
				 "the plan is of formats %.60s, this version makes %s", text, ours);
		ota_hint(reader->diag, "make the plan again with this version");
	}
}

static void read_make(struct ota_json_at *root, struct ota_matrix_plan *plan)
{
	static const char *const secondaries[] = {"none", "lzma"};
	static const enum ota_secondary secondary_of[] = {OTA_SECONDARY_NONE, OTA_SECONDARY_LZMA};
	static const char *const tiers[] = {"nano", "xs", "m"};
	static const enum ota_delta_tier tier_of[] = {OTA_DELTA_TIER_NANO, OTA_DELTA_TIER_XS,
						      OTA_DELTA_TIER_M};
	static const char *const archs[] = {"none", "thumb", "rv32", "xtensa"};
	static const enum ota_delta_arch arch_of[] = {OTA_DELTA_ARCH_NONE, OTA_DELTA_ARCH_THUMB,
						      OTA_DELTA_ARCH_RV32, OTA_DELTA_ARCH_XTENSA};
	struct ota_json_at make = ota_json_object(root, "make");
	struct ota_delta_plan *delta = &plan->delta;
	uint64_t base = 0;

	read_format(&make, plan);
	delta->window = read_bytes(&make, "window_bytes");
	delta->source_window = read_bytes(&make, "source_window_bytes");
	plan->has_secondary = ota_json_has(&make, "secondary");
	if (plan->has_secondary)
		delta->secondary = secondary_of[read_word(&make, "secondary", secondaries, 2)];
	if (ota_json_has(&make, "tier"))
		delta->tier = tier_of[read_word(&make, "tier", tiers, 3)];
	if (ota_json_has(&make, "arch"))
		delta->arch = arch_of[read_word(&make, "arch", archs, 4)];
	delta->old_base.known = read_given(&make, "base", UINT32_MAX, &base);
	delta->old_base.addr = (uint32_t)base;
	delta->new_base = delta->old_base;
	delta->in_place = ota_json_has(&make, "in_place") && ota_json_bool(&make, "in_place");
	delta->block = read_bytes(&make, "block_bytes");
	plan->has_distance =
		read_given(&make, "safe_distance_bytes", OTA_DELTA_MAX, &plan->distance);
	ota_json_end(&make);
}

/* -- for whom ---------------------------------------------------------------------------------- */

static void read_one_link(struct ota_json_at *links, size_t index, struct ota_matrix_plan *plan)
{
	struct ota_link *link = &plan->parsed_link[index];
	struct ota_diag why = {.err = OTA_OK};
	enum ota_err err;

	ota_json_item_line(links, index, plan->link[index], sizeof(plan->link[index]));
	if (links->reader->err != OTA_OK)
		return;
	err = ota_link_parse(plan->link[index], link, &why);
	if (err != OTA_OK)
		blame(links, NULL, err, &why);
	for (size_t i = 0; i < index; i++) {
		if (strcmp(plan->parsed_link[i].name, link->name) == 0)
			ota_json_fail(links, NULL, "two links are called %s", link->name);
	}
}

static void read_links(struct ota_json_at *target, struct ota_matrix_plan *plan)
{
	struct ota_json_at links;
	size_t n = 0;

	if (!ota_json_has(target, "links"))
		return;
	links = ota_json_list(target, "links", 1, OTA_LINKS_MAX, &n);
	for (size_t i = 0; i < n; i++)
		read_one_link(&links, i, plan);
	plan->n_links = (uint32_t)n;
	plan->options.links = plan->parsed_link;
	plan->options.n_links = (unsigned)n;
}

static void read_installed(struct ota_json_at *target, struct ota_matrix_plan *plan)
{
	struct ota_json_at list;
	size_t n = 0;

	if (!ota_json_has(target, "installed"))
		return;
	list = ota_json_list(target, "installed", 1, OTA_TARGET_IMAGES_MAX, &n);
	for (size_t i = 0; i < n; i++) {
		struct ota_json_at one = ota_json_item(&list, i);

		plan->installed[i].image_id =
			(uint8_t)ota_json_uint(&one, "image", OTA_TARGET_IMAGES_MAX - 1);
		read_version_text(&one, "version", &plan->installed[i].version);
		ota_json_end(&one);
	}
	plan->n_installed = (uint32_t)n;
	plan->options.installed = plan->installed;
	plan->options.n_installed = (unsigned)n;
}

static void read_options(struct ota_json_at *target, struct ota_matrix_plan *plan)
{
	static const char *const words[] = {"device", "gateway"};
	struct ota_budget_options *options = &plan->options;

	if (ota_json_has(target, "on"))
		options->applier = read_word(target, "on", words, 2) == 0 ? OTA_APPLIED_ON_DEVICE
									  : OTA_APPLIED_BY_GATEWAY;
	options->has_ram = read_given(target, "ram_bytes", UINT32_MAX, &options->ram);
	options->has_scratch = read_given(target, "scratch_bytes", UINT32_MAX, &options->scratch);
	read_links(target, plan);
	read_installed(target, plan);
	options->has_max_patch =
		read_given(target, "max_patch_bytes", UINT32_MAX, &options->max_patch);
	options->has_max_airtime =
		read_given(target, "max_airtime_us", INT64_MAX, &options->max_airtime_us);
	options->has_max_delivery =
		read_given(target, "max_delivery_us", INT64_MAX, &options->max_delivery_us);
	options->has_max_ram = read_given(target, "max_ram_bytes", UINT32_MAX, &options->max_ram);
	options->has_max_erases =
		read_given(target, "max_erases", UINT32_MAX, &options->max_erases);
}

static void read_text(struct ota_json_at *at, struct ota_buf *buf)
{
	const char *text = ota_json_text(at, "profile", OTA_TARGET_TEXT_MAX);
	struct ota_json_reader *reader = at->reader;

	*buf = ota_buf_init(OTA_TARGET_TEXT_MAX);
	if (reader->err == OTA_OK)
		reader->err = ota_buf_append(buf, ota_span_of(text, strlen(text)), reader->diag);
}

static void read_bases(struct ota_json_at *target, struct ota_target_bases *bases)
{
	struct ota_json_at list;
	size_t n = 0;

	if (!ota_json_has(target, "bases"))
		return;
	list = ota_json_list(target, "bases", 1, OTA_TARGET_BASES_MAX, &n);
	for (bases->n = 0; bases->n < n; bases->n++) {
		struct ota_json_at one = ota_json_item(&list, bases->n);

		read_text(&one, &bases->text[bases->n]);
		ota_json_end(&one);
	}
}

static void read_profile(struct ota_json_at *target, struct ota_matrix_plan *plan)
{
	struct ota_diag why = {.err = OTA_OK};
	enum ota_err err;

	read_text(target, &plan->target_text);
	read_bases(target, &plan->target_bases);
	if (target->reader->err != OTA_OK)
		return;
	err = ota_matrix_plan_target_kept(plan, &why);
	if (err != OTA_OK)
		blame(target, "profile", err, &why);
}

static void read_target(struct ota_json_at *root, struct ota_matrix_plan *plan)
{
	struct ota_diag why = {.err = OTA_OK};
	struct ota_json_at target;
	enum ota_err err;

	plan->has_target = ota_json_has(root, "target");
	if (!plan->has_target)
		return;
	target = ota_json_object(root, "target");
	ota_json_line(&target, "name", plan->target_name, sizeof(plan->target_name));
	plan->image = (uint32_t)ota_json_uint(&target, "image", OTA_TARGET_IMAGES_MAX - 1);
	read_options(&target, plan);
	read_profile(&target, plan);
	ota_json_end(&target);
	if (root->reader->err != OTA_OK)
		return;
	err = ota_choose_check(&plan->target, &plan->options, &why);
	if (err != OTA_OK)
		blame(&target, NULL, err, &why);
}

static void read_sign(struct ota_json_at *root, struct ota_matrix_plan *plan)
{
	static const char *const words[] = {"hash", "full"};
	struct ota_json_at sign;
	struct ota_json_at keys;
	size_t n = 0;

	if (!ota_json_has(root, "sign"))
		return;
	sign = ota_json_object(root, "sign");
	keys = ota_json_list(&sign, "keys", 1, OTA_MATRIX_KEYS_MAX, &n);
	for (size_t i = 0; i < n; i++) {
		struct ota_json_at key = ota_json_item(&keys, i);

		plan->key_id[i].len = ota_hash_size(OTA_HASH_SHA256);
		ota_json_hex(&key, "id", plan->key_id[i].data, plan->key_id[i].len);
		ota_json_end(&key);
	}
	plan->n_keys = (uint32_t)n;
	plan->full_public_key = read_word(&sign, "public_key", words, 2) == 1;
	plan->pad_sig = ota_json_bool(&sign, "pad_sig");
	plan->low_s = ota_json_bool(&sign, "low_s");
	ota_json_end(&sign);
}

/* -- versions ---------------------------------------------------------------------------------- */

static void read_full(struct ota_json_at *at, const struct ota_matrix_plan *plan,
		      struct ota_matrix_full *full)
{
	struct ota_json_at object;

	full->judged = ota_json_has(at, "full");
	if (full->judged != plan->has_target)
		ota_json_fail(at, "full", "%s",
			      full->judged ? "is there without a target" : "is missing");
	if (!full->judged)
		return;
	object = ota_json_object(at, "full");
	full->fits = ota_json_bool(&object, "fits");
	ota_json_line(&object, "reason", full->reason, sizeof(full->reason));
	if (full->fits != (full->reason[0] == '\0'))
		ota_json_fail(&object, "reason", "does not go with fits");
	ota_json_end(&object);
}

static void read_file(struct ota_json_at *at, struct ota_matrix_version *version)
{
	const char *file = ota_json_text(at, "file", PATH_TEXT_MAX);

	if (at->reader->err != OTA_OK)
		return;
	if (file[0] == '\0')
		ota_json_fail(at, "file", "is empty");
	version->file = strdup(file);
	if (!version->file)
		at->reader->err = ota_fail(at->reader->diag, OTA_E_MEMORY, "out of memory");
}

static void read_version(struct ota_json_at *list, size_t index, struct ota_matrix_plan *plan)
{
	struct ota_matrix_version *version = &plan->version[index];
	struct ota_json_at at = ota_json_item(list, index);

	ota_json_line(&at, "name", version->name, sizeof(version->name));
	if (version->name[0] == '\0')
		ota_json_fail(&at, "name", "is empty");
	read_file(&at, version);
	version->is_image = ota_json_bool(&at, "image");
	version->has_version = ota_json_has(&at, "version");
	if (version->has_version)
		read_version_text(&at, "version", &version->version);
	else if (!plan->given_order)
		ota_json_fail(&at, "version", "is missing");
	version->len = ota_json_uint(&at, "bytes", OTA_DELTA_MAX);
	ota_json_hex(&at, "sha256", version->sha256, sizeof(version->sha256));
	version->fleet = ota_json_uint(&at, "fleet", INT64_MAX);
	read_full(&at, plan, &version->full);
	ota_json_end(&at);
}

/* In order, each once, and names that tell them apart. */
static void check_versions(struct ota_json_at *list, const struct ota_matrix_plan *plan)
{
	for (size_t i = 1; i < plan->n_versions && list->reader->err == OTA_OK; i++) {
		const struct ota_matrix_version *one = &plan->version[i];

		if (!plan->given_order &&
		    ota_matrix_version_compare(&one[-1].version, &one->version) >= 0)
			ota_json_fail(list, NULL, "%s does not come after %s", one->name,
				      one[-1].name);
		for (size_t j = 0; j < i; j++) {
			if (strcmp(one->name, plan->version[j].name) == 0)
				ota_json_fail(list, NULL, "two are called %s", one->name);
		}
	}
}

static void read_versions(struct ota_json_at *root, struct ota_matrix_plan *plan)
{
	size_t n = 0;
	struct ota_json_at list = ota_json_list(root, "versions", 1, OTA_MATRIX_VERSIONS_MAX, &n);

	if (root->reader->err != OTA_OK)
		return;
	plan->version = calloc(n, sizeof(*plan->version));
	if (!plan->version) {
		root->reader->err = ota_fail(root->reader->diag, OTA_E_MEMORY, "out of memory");
		return;
	}
	plan->n_versions = n;
	for (size_t i = 0; i < n && root->reader->err == OTA_OK; i++)
		read_version(&list, i, plan);
	check_versions(&list, plan);
}

/* -- jobs -------------------------------------------------------------------------------------- */

static void read_job(struct ota_json_at *list, size_t index, struct ota_matrix_plan *plan)
{
	struct ota_matrix_job *job = &plan->job[index];
	struct ota_json_at at = ota_json_item(list, index);
	uint8_t id[(OTA_MATRIX_ID_SIZE - 1) / 2];

	job->old_at = (uint32_t)ota_json_uint(&at, "old", plan->n_versions - 1);
	job->new_at = (uint32_t)ota_json_uint(&at, "new", plan->n_versions - 1);
	ota_json_hex(&at, "id", id, sizeof(id));
	if (at.reader->err == OTA_OK)
		(void)snprintf(job->id, sizeof(job->id), "%s",
			       json_string_value(json_object_get(at.json, "id")));
	job->expected_us = ota_json_uint(&at, "expected_us", INT64_MAX);
	job->memory = ota_json_uint(&at, "memory_bytes", INT64_MAX);
	ota_json_end(&at);
	if (job->old_at == job->new_at)
		ota_json_fail(&at, NULL, "is from a version to itself");
	if (index > 0 && (job[-1].old_at > job->old_at ||
			  (job[-1].old_at == job->old_at && job[-1].new_at >= job->new_at)))
		ota_json_fail(&at, NULL, "does not come after the one before it");
}

/* An id that is not computed again could make a run skip, or overwrite, another job's patch. */
static void check_ids(struct ota_json_at *list, struct ota_matrix_plan *plan)
{
	char(*given)[OTA_MATRIX_ID_SIZE];

	if (list->reader->err != OTA_OK || plan->n_jobs == 0)
		return;
	given = malloc(plan->n_jobs * sizeof(*given));
	if (!given) {
		list->reader->err = ota_fail(list->reader->diag, OTA_E_MEMORY, "out of memory");
		return;
	}
	for (size_t i = 0; i < plan->n_jobs; i++)
		memcpy(given[i], plan->job[i].id, sizeof(given[i]));
	list->reader->err = ota_matrix_plan_ids(plan, list->reader->diag);
	for (size_t i = 0; i < plan->n_jobs && list->reader->err == OTA_OK; i++) {
		if (strcmp(given[i], plan->job[i].id) != 0)
			ota_json_fail(list, NULL,
				      "item %zu has another id than its images and "
				      "options give",
				      i);
	}
	free(given);
}

static void read_jobs(struct ota_json_at *root, struct ota_matrix_plan *plan)
{
	size_t n = 0;
	struct ota_json_at list = ota_json_list(root, "jobs", 0, OTA_MATRIX_JOBS_MAX, &n);

	if (root->reader->err != OTA_OK || n == 0)
		return;
	plan->job = calloc(n, sizeof(*plan->job));
	if (!plan->job) {
		root->reader->err = ota_fail(root->reader->diag, OTA_E_MEMORY, "out of memory");
		return;
	}
	plan->n_jobs = n;
	for (size_t i = 0; i < n && root->reader->err == OTA_OK; i++)
		read_job(&list, i, plan);
	check_ids(&list, plan);
}

/* -- the whole --------------------------------------------------------------------------------- */

static void check_delta(struct ota_json_at *root, const struct ota_matrix_plan *plan)
{
	struct ota_diag why = {.err = OTA_OK};
	enum ota_err err = OTA_OK;

	if (root->reader->err != OTA_OK)
		return;
	if (!plan->delta.format && !plan->has_target)
		ota_json_fail(root, "make",
			      "has no format, and there is no target to find one for");
	if (plan->delta.format)
		err = ota_delta_check_plan(&plan->delta, &why);
	if (err != OTA_OK)
		blame(root, "make", err, &why);
}

static void check_digest(struct ota_json_at *root, const struct ota_matrix_plan *plan)
{
	struct ota_json_reader *reader = root->reader;
	struct ota_digest digest = {.len = 0};
	uint8_t given[32];

	ota_json_hex(root, "digest", given, sizeof(given));
	ota_json_end(root);
	if (reader->err == OTA_OK)
		reader->err = ota_matrix_plan_digest(plan, &digest, reader->diag);
	if (reader->err != OTA_OK ||
	    ota_span_equal(ota_digest_span(&digest), ota_span_of(given, sizeof(given))))
		return;
	ota_json_fail(root, "digest", "the plan was changed after it was made");
	ota_hint(reader->diag, "make it again with otatool matrix plan");
}

static void read_root(struct ota_json_at *root, struct ota_matrix_plan *plan)
{
	static const char *const orders[] = {"version", "given"};
	size_t last;

	ota_json_schema(root, OTA_MATRIX_PLAN_SCHEMA);
	ota_json_line(root, "pairs", plan->pairs, sizeof(plan->pairs));
	if (!ota_matrix_pairs_read(plan->pairs, &last))
		ota_json_fail(root, "pairs", "\"%s\" is no policy", plan->pairs);
	plan->both_ways = ota_json_bool(root, "both_ways");
	plan->given_order = read_word(root, "order", orders, 2) == 1;
	read_make(root, plan);
	read_target(root, plan);
	check_delta(root, plan);
	read_sign(root, plan);
	plan->has_fleet = ota_json_bool(root, "has_fleet");
	read_versions(root, plan);
	read_jobs(root, plan);
	check_digest(root, plan);
}

enum ota_err ota_matrix_plan_read(struct ota_span text, struct ota_matrix_plan *plan,
				  struct ota_diag *diag)
{
	struct ota_json_reader reader;
	struct ota_json_at root;
	enum ota_err err;

	*plan = (struct ota_matrix_plan){.n_jobs = 0};
	err = ota_json_open(text, &reader, diag);
	if (err == OTA_OK) {
		root = ota_json_root(&reader);
		read_root(&root, plan);
		err = reader.err;
	}
	ota_json_close(&reader);
	return err;
}

void ota_matrix_plan_free(struct ota_matrix_plan *plan)
{
	for (size_t i = 0; i < plan->n_versions; i++)
		free(plan->version[i].file);
	free(plan->version);
	free(plan->job);
	ota_buf_free(&plan->target_text);
	ota_target_bases_free(&plan->target_bases);
	*plan = (struct ota_matrix_plan){.n_jobs = 0};
}

const struct ota_matrix_job *ota_matrix_find_job(const struct ota_matrix_plan *plan, size_t old_at,
						 size_t new_at)
{
	size_t low = 0;
	size_t high = plan->n_jobs;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct ota_matrix_job *job = &plan->job[middle];

		if (job->old_at == old_at && job->new_at == new_at)
			return job;
		if (job->old_at < old_at || (job->old_at == old_at && job->new_at < new_at))
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}
