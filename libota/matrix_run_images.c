// SPDX-License-Identifier: Apache-2.0
/* Images and indexes: read when needed, shared, and freed with their last user. */
#include <inttypes.h>
#include <stdlib.h>

#include <ota/matrix_plan.h>

#include "grouped.h"
#include "matrix_run_parts.h"

/* -- images ------------------------------------------------------------------------------------ */

/* What was planned is what is made: of another file the ids would lie. */
static enum ota_err check_bytes(const struct ota_matrix_version *version, struct ota_span bytes,
				struct ota_diag *diag)
{
	struct ota_digest digest;
	enum ota_err err;

	if (bytes.len != version->len)
		return ota_fail(diag, OTA_E_MALFORMED,
				"has changed since it was planned: %zu bytes, then %" PRIu64,
				bytes.len, version->len);
	err = ota_digest_of(OTA_HASH_SHA256, bytes, &digest, diag);
	if (err == OTA_OK && memcmp(digest.data, version->sha256, sizeof(version->sha256)) != 0)
		err = ota_fail(diag, OTA_E_MALFORMED,
			       "has changed since it was planned: its SHA-256 is another");
	return err;
}

/* Without the lock. */
static enum ota_err read_image(const struct running *all, uint32_t at, struct run_image *image,
			       struct ota_diag *diag)
{
	const struct ota_matrix_version *version = &all->plan->version[at];
	char *path = ota_matrix_image_path(all->run->plan_folder, version);
	struct ota_diag why = {.err = OTA_OK};
	enum ota_err err;

	if (!path)
		return ota_fail(diag, OTA_E_MEMORY, "out of memory for a path");
	err = ota_matrix_read_image(all->plan, path, &image->file, &image->bytes, &why);
	if (err == OTA_OK)
		err = check_bytes(version, image->bytes, &why);
	if (err != OTA_OK)
		(void)ota_fail(diag, err, "%s: %s", path, why.text);
	free(path);
	return err;
}

/* With the lock held; lets go of it while the file is read, or another thread reads it. */
static enum ota_err use_image(struct running *all, uint32_t at, struct ota_diag *diag)
{
	struct run_image *image = &all->image[at];
	enum ota_err err;

	image->users++;
	while (image->state == RUN_COMING)
		(void)pthread_cond_wait(&all->changed, &all->lock);
	if (image->state == RUN_NOT_THERE) {
		image->state = RUN_COMING;
		image->looked_at = true;
		(void)pthread_mutex_unlock(&all->lock);
		err = read_image(all, at, image, &image->why);
		if (err != OTA_OK)
			ota_buf_free(&image->file);
		(void)pthread_mutex_lock(&all->lock);
		image->state = err == OTA_OK ? RUN_READY : RUN_FAILED;
		(void)pthread_cond_broadcast(&all->changed);
	}
	if (image->state == RUN_READY)
		return OTA_OK;
	image->users--;
	return ota_fail(diag, image->why.err, "%s", image->why.text);
}

static void drop_image(struct running *all, uint32_t at)
{
	struct run_image *image = &all->image[at];

	image->users--;
	if (image->users > 0)
		return;
	ota_buf_free(&image->file);
	image->bytes = ota_span_of(NULL, 0);
	image->state = RUN_NOT_THERE;
}

/* -- indexes ----------------------------------------------------------------------------------- */

static uint64_t index_bytes(const struct running *all, const struct run_group *group, bool building)
{
	uint64_t old_len = all->plan->version[group->old_at].len;

	return old_len + ota_index_memory((size_t)old_len, building);
}

/* Without the lock. Many patches are made with it, so it is worth to be prepared. */
static enum ota_err build_index(const struct running *all, const struct run_group *group,
				struct ota_span old_image, struct ota_index **index,
				struct ota_diag *diag)
{
	enum ota_err err = ota_index_build(old_image, index, diag);

	if (err == OTA_OK && group->n > 1)
		err = ota_index_prepare(*index, &all->plan->delta, diag);
	return err;
}

bool ota_run_close_idle(struct running *all, struct run_group *group)
{
	if (group->users > 0 || group->state != RUN_READY)
		return false;
	ota_index_free(group->index);
	group->index = NULL;
	group->state = RUN_NOT_THERE;
	all->used -= group->held;
	group->held = 0;
	drop_image(all, group->old_at);
	return true;
}

/* Makes room: an index that nobody uses at the moment can be built again. */
static bool close_idle(struct running *all)
{
	bool any = false;

	for (size_t i = 0; i < all->n_groups; i++)
		any |= ota_run_close_idle(all, &all->group[i]);
	return any;
}

/* With the lock held; lets go of it meanwhile. */
static void raise_index(struct running *all, struct run_group *group)
{
	struct ota_index *index = NULL;
	enum ota_err err = use_image(all, group->old_at, &group->why);

	if (err == OTA_OK) {
		struct ota_span old_image = all->image[group->old_at].bytes;

		(void)pthread_mutex_unlock(&all->lock);
		err = build_index(all, group, old_image, &index, &group->why);
		(void)pthread_mutex_lock(&all->lock);
		if (err != OTA_OK)
			drop_image(all, group->old_at);
	}
	if (err != OTA_OK) {
		ota_index_free(index);
		index = NULL;
	}
	all->used -= group->held;
	group->held = err == OTA_OK ? index_bytes(all, group, false) : 0;
	all->used += group->held;
	group->index = index;
	group->state = err == OTA_OK ? RUN_READY : RUN_FAILED;
	(void)pthread_cond_broadcast(&all->changed);
}

/* -- what a task holds ------------------------------------------------------------------------- */

/* An index is larger while it is built, and then there is no patch yet. */
static uint64_t bytes_to_begin(const struct running *all, const struct run_group *group,
			       const struct run_task *task)
{
	uint64_t building = index_bytes(all, group, true);
	uint64_t working = index_bytes(all, group, false) + task->own;

	return building > working ? building : working;
}

/* Waits until the task fits beside those that run; `*builds`: the index is the caller's to build.
 */
static enum ota_err admit(struct running *all, struct run_group *group, const struct run_task *task,
			  bool *builds, struct ota_diag *diag)
{
	uint64_t limit = all->run->memory;
	uint64_t alone = bytes_to_begin(all, group, task);

	if (limit > 0 && alone > limit)
		return ota_fail(diag, OTA_E_NO_FIT, "needs %s bytes of memory, the limit is %s",
				GROUPED(alone), GROUPED(limit));
	for (;;) {
		uint64_t needs = task->own;

		*builds = group->state == RUN_NOT_THERE;
		if (*builds)
			needs = bytes_to_begin(all, group, task);
		if (ota_run_is_stopped(all))
			return ota_fail(diag, OTA_E_NO_FIT, "the run has been stopped");
		if (limit == 0 || (needs <= limit && all->used <= limit - needs)) {
			all->used += needs;
			group->held += needs - task->own;
			if (*builds)
				group->state = RUN_COMING;
			return OTA_OK;
		}
		if (close_idle(all))
			continue;
		(void)pthread_cond_wait(&all->changed, &all->lock);
	}
}

static enum ota_err open_task(struct running *all, struct run_group *group,
			      const struct run_task *task, bool builds, struct ota_diag *diag)
{
	if (builds)
		raise_index(all, group);
	while (group->state == RUN_COMING)
		(void)pthread_cond_wait(&all->changed, &all->lock);
	if (group->state != RUN_READY)
		return ota_fail(diag, group->why.err, "%s", group->why.text);
	return use_image(all, all->plan->job[task->job].new_at, diag);
}

/* With the lock held. */
static void leave(struct running *all, struct run_group *group, const struct run_task *task)
{
	all->used -= task->own;
	all->active--;
	group->users--;
	(void)pthread_cond_broadcast(&all->changed);
}

enum ota_err ota_run_open(struct running *all, struct run_group *group, const struct run_task *task,
			  struct ota_diag *diag)
{
	enum ota_err err;
	bool builds = false;

	(void)pthread_mutex_lock(&all->lock);
	err = admit(all, group, task, &builds, diag);
	if (err == OTA_OK) {
		all->active++;
		group->users++;
		err = open_task(all, group, task, builds, diag);
		if (err != OTA_OK)
			leave(all, group, task);
	}
	(void)pthread_mutex_unlock(&all->lock);
	return err;
}

void ota_run_close(struct running *all, struct run_group *group, const struct run_task *task)
{
	(void)pthread_mutex_lock(&all->lock);
	drop_image(all, all->plan->job[task->job].new_at);
	leave(all, group, task);
	(void)pthread_mutex_unlock(&all->lock);
}

/* -- what has changed since ------------------------------------------------------------------- */

static bool has_changed(struct running *all, uint32_t at)
{
	struct run_image *image = &all->image[at];
	enum ota_err err = OTA_OK;

	if (!image->looked_at)
		err = read_image(all, at, image, &image->why);
	image->looked_at = true;
	ota_buf_free(&image->file);
	/* One that is not there any more, or no image, is no other image. */
	return err == OTA_E_MALFORMED;
}

enum ota_err ota_run_find_changed(struct running *all, struct ota_diag *diag)
{
	struct ota_matrix_outcome *outcome = all->outcome;

	if (outcome->progress.found == 0 || outcome->stopped)
		return OTA_OK;
	outcome->changed = calloc(all->plan->n_versions, sizeof(*outcome->changed));
	if (!outcome->changed)
		return ota_fail(diag, OTA_E_MEMORY, "out of memory for %zu versions",
				all->plan->n_versions);
	for (size_t i = 0; i < all->n_tasks; i++) {
		const struct ota_matrix_job *job = &all->plan->job[all->task[i].job];
		const uint32_t both[] = {job->old_at, job->new_at};

		for (size_t j = 0; j < 2; j++) {
			if (has_changed(all, both[j]))
				outcome->changed[outcome->n_changed++] = both[j];
		}
	}
	return OTA_OK;
}
