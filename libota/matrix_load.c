// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <ota/digest.h>
#include <ota/file.h>
#include <ota/matrix.h>

#define RESULTS     "results"
#define PATCHES     "patches"
#define RESULT_END  ".json"
#define UPDATE_END  "img"
#define ID_LEN      (OTA_MATRIX_ID_SIZE - 1)
#define PLAN_MAX    0x8000000U /* bytes; the largest plan is a quarter of this */
#define RESULT_MAX  0x10000U   /* bytes */
#define ENTRIES_MAX (4 * (size_t)OTA_MATRIX_JOBS_MAX) /* of one folder: old plans' results stay */
#define SHOWN_MAX   120 /* characters of a path in a message; its end says most */

/* A job under its id; several have the same when they have the same images. */
struct slot {
	const char *id;
	size_t job;
};

struct load {
	struct ota_matrix *matrix;
	struct slot *slot; /* owned: one for each job, sorted by id, then job */
	const char *folder;
	uint32_t folder_at;
	bool proof;
	struct ota_diag *diag;
};

/* -- names ------------------------------------------------------------------------------------- */

const char *ota_matrix_patch_name(const struct ota_matrix_plan *plan,
				  const struct ota_matrix_result *result,
				  char name[OTA_MATRIX_PATH_MAX])
{
	(void)snprintf(name, OTA_MATRIX_PATH_MAX, PATCHES "/%s.%s", result->id,
		       plan->n_keys > 0 ? UPDATE_END : result->format);
	return name;
}

const char *ota_matrix_result_name(const char *id, char name[OTA_MATRIX_PATH_MAX])
{
	(void)snprintf(name, OTA_MATRIX_PATH_MAX, RESULTS "/%s" RESULT_END, id);
	return name;
}

/* Does the name begin with an id, with a dot behind it? */
static bool begins_with_id(const char *name)
{
	size_t n = strspn(name, "0123456789abcdef");

	return n == ID_LEN && name[n] == '.';
}

static const char *path_end(const char *path, const char **dots)
{
	size_t len = strlen(path);

	*dots = len > SHOWN_MAX ? "..." : "";
	if (len <= SHOWN_MAX)
		return path;
	path += len - SHOWN_MAX;
	/* Not from the middle of a character of UTF-8. */
	while (((uint8_t)*path & 0xc0) == 0x80)
		path++;
	return path;
}

static enum ota_err fail_at(struct ota_diag *diag, const char *path, const struct ota_diag *why)
{
	const char *dots;
	const char *end = path_end(path, &dots);
	enum ota_err err = ota_fail(diag, why->err, "%s%s: %s", dots, end, why->text);

	if (why->hint[0])
		ota_hint(diag, "%s", why->hint);
	return err;
}

/* -- lists ------------------------------------------------------------------------------------- */

/* Makes room for one more of `size` bytes: the room doubles when the count is a power of two. */
static void *room_for_one(void *list, size_t n, size_t size, struct ota_diag *diag)
{
	void *grown;

	if ((n & (n - 1)) != 0)
		return list;
	grown = realloc(list, (n > 0 ? 2 * n : 1) * size);
	if (!grown)
		(void)ota_fail(diag, OTA_E_MEMORY, "out of memory");
	return grown;
}

static enum ota_err add_id(char (**list)[OTA_MATRIX_ID_SIZE], size_t *n, const char *id,
			   struct ota_diag *diag)
{
	void *room = room_for_one(*list, *n, sizeof(**list), diag);

	if (!room)
		return OTA_E_MEMORY;
	*list = room;
	(void)snprintf((*list)[(*n)++], sizeof(**list), "%s", id);
	return OTA_OK;
}

static enum ota_err add_stray(struct load *load, const char *inside, const char *name)
{
	struct ota_matrix *matrix = load->matrix;
	void *room =
		room_for_one(matrix->stray, matrix->n_stray, sizeof(*matrix->stray), load->diag);

	if (!room)
		return OTA_E_MEMORY;
	matrix->stray = room;
	(void)snprintf(matrix->stray[matrix->n_stray++], sizeof(*matrix->stray), "%s/%.110s",
		       inside, name);
	return OTA_OK;
}

static enum ota_err add_damage(struct load *load, const char *id, const char *path, const char *why)
{
	const char *dots;
	const char *end = path_end(path, &dots);
	struct ota_matrix *matrix = load->matrix;
	void *room = room_for_one(matrix->damaged, matrix->n_damaged, sizeof(*matrix->damaged),
				  load->diag);
	struct ota_matrix_damage *damage;

	if (!room)
		return OTA_E_MEMORY;
	matrix->damaged = room;
	damage = &matrix->damaged[matrix->n_damaged++];
	(void)snprintf(damage->id, sizeof(damage->id), "%s", id);
	(void)snprintf(damage->why, sizeof(damage->why), "%s%s: %s", dots, end, why);
	return OTA_OK;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Sorts texts of `size` bytes each, and keeps one of each. */
static void sort_texts(void *list, size_t *n, size_t size)
{
	char *text = list;
	size_t kept = 0;

	if (*n > 1)
		qsort(list, *n, size, compare_names);
	for (size_t i = 0; i < *n; i++) {
		if (kept == 0 || strcmp(text + (kept - 1) * size, text + i * size) != 0)
			memmove(text + kept++ * size, text + i * size, size);
	}
	*n = kept;
}

/* -- jobs by their ids ------------------------------------------------------------------------- */

static int compare_slots(const void *a, const void *b)
{
	const struct slot *one = a;
	const struct slot *other = b;
	int order = strcmp(one->id, other->id);

	return order != 0 ? order : (one->job > other->job) - (one->job < other->job);
}

static enum ota_err make_slots(struct load *load)
{
	const struct ota_matrix_plan *plan = &load->matrix->plan;

	load->slot = calloc(plan->n_jobs > 0 ? plan->n_jobs : 1, sizeof(*load->slot));
	if (!load->slot)
		return ota_fail(load->diag, OTA_E_MEMORY, "out of memory");
	for (size_t i = 0; i < plan->n_jobs; i++)
		load->slot[i] = (struct slot){.id = plan->job[i].id, .job = i};
	qsort(load->slot, plan->n_jobs, sizeof(*load->slot), compare_slots);
	return OTA_OK;
}

/* The first job with that id, and how many there are. */
static const struct slot *find_slots(const struct load *load, const char *id, size_t *n)
{
	size_t all = load->matrix->plan.n_jobs;
	size_t low = 0;
	size_t high = all;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strncmp(load->slot[middle].id, id, ID_LEN) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (*n = 0; low + *n < all && strncmp(load->slot[low + *n].id, id, ID_LEN) == 0;)
		(*n)++;
	return &load->slot[low];
}

/* -- one result -------------------------------------------------------------------------------- */

/* A name in this folder; the caller frees it. */
static char *path_of(const struct load *load, const char *name)
{
	char *path = ota_file_join(load->folder, name);

	if (!path)
		(void)ota_fail(load->diag, OTA_E_MEMORY, "out of memory");
	return path;
}

static enum ota_err check_patch_bytes(const struct load *load,
				      const struct ota_matrix_result *result, struct ota_span bytes,
				      struct ota_diag *why)
{
	struct ota_digest digest;
	enum ota_err err;

	if (bytes.len != result->sent_len)
		return ota_fail(why, OTA_E_DIGEST, "is %zu bytes, its result says %" PRIu64,
				bytes.len, result->sent_len);
	if (!load->proof)
		return OTA_OK;
	err = ota_digest_of(OTA_HASH_SHA256, bytes, &digest, why);
	if (err == OTA_OK && memcmp(digest.data, result->sha256, sizeof(result->sha256)) != 0)
		err = ota_fail(why, OTA_E_DIGEST, "has not the digest that its result says");
	return err;
}

/* OTA_E_DIGEST: the patch is not what the result says. Other errors are the world's. */
static enum ota_err check_patch(const struct load *load, const struct ota_matrix_result *result,
				const char *path, struct ota_diag *why)
{
	struct ota_file_map map;
	enum ota_err err;

	switch (ota_file_kind_of(path)) {
	case OTA_FILE_NONE:
		return ota_fail(why, OTA_E_DIGEST, "is not there");
	case OTA_FILE_FOLDER:
	case OTA_FILE_OTHER:
		return ota_fail(why, OTA_E_DIGEST, "is no regular file");
	case OTA_FILE_REGULAR:
		break;
	}
	err = ota_file_map(path, &map, why);
	if (err == OTA_OK)
		err = check_patch_bytes(load, result, map.bytes, why);
	ota_file_unmap(&map);
	if (err == OTA_E_TRUNCATED)
		why->err = OTA_E_DIGEST;
	return why->err;
}

/* What a result must be to be this plan's job's, beside being a result. */
static enum ota_err check_result(const struct load *load, const struct ota_matrix_result *result,
				 const char *id, struct ota_diag *why)
{
	const char *format = load->matrix->plan.delta.format;

	if (strcmp(result->id, id) != 0)
		return ota_fail(why, OTA_E_MALFORMED, "is the result of job %.12s...", result->id);
	if (result->made && format && strcmp(format, result->format) != 0)
		return ota_fail(why, OTA_E_MALFORMED, "is of a patch in %s, the plan's are in %s",
				result->format, format);
	return OTA_OK;
}

/* OTA_E_MALFORMED, OTA_E_UNSUPPORTED: a result that cannot be used. */
static enum ota_err read_result(const struct load *load, const char *path, const char *id,
				struct ota_matrix_result *result, struct ota_diag *why)
{
	struct ota_buf text = ota_buf_init(RESULT_MAX);
	enum ota_err err = ota_file_read(path, &text, why);

	if (err == OTA_OK)
		err = ota_matrix_result_read(ota_buf_span(&text), result, why);
	if (err == OTA_OK)
		err = check_result(load, result, id, why);
	ota_buf_free(&text);
	return err;
}

/* Reads a result and looks at its patch. `*good` is false when it is damaged, which is noted. */
static enum ota_err take_result(struct load *load, const char *id, struct ota_matrix_result *result,
				bool *good)
{
	char name[OTA_MATRIX_PATH_MAX];
	struct ota_diag why = {.err = OTA_OK};
	char *path = path_of(load, ota_matrix_result_name(id, name));
	enum ota_err err;

	*good = false;
	if (!path)
		return OTA_E_MEMORY;
	err = read_result(load, path, id, result, &why);
	if (err == OTA_OK && result->made) {
		free(path);
		path = path_of(load, ota_matrix_patch_name(&load->matrix->plan, result, name));
		if (!path)
			return OTA_E_MEMORY;
		err = check_patch(load, result, path, &why);
	}
	if (err == OTA_E_MALFORMED || err == OTA_E_UNSUPPORTED || err == OTA_E_DIGEST)
		err = add_damage(load, id, path, why.text);
	else if (err != OTA_OK)
		err = fail_at(load->diag, path, &why);
	else
		*good = true;
	free(path);
	return err;
}

/* Two results of one job: a result has one form, so its bytes tell. */
static enum ota_err is_same(const struct ota_matrix_result *one,
			    const struct ota_matrix_result *other, bool *same,
			    struct ota_diag *diag)
{
	struct ota_buf first = ota_buf_init(RESULT_MAX);
	struct ota_buf second = ota_buf_init(RESULT_MAX);
	enum ota_err err = ota_matrix_result_write(one, &first, diag);

	if (err == OTA_OK)
		err = ota_matrix_result_write(other, &second, diag);
	*same = err == OTA_OK && first.len == second.len &&
		memcmp(first.data, second.data, first.len) == 0;
	ota_buf_free(&second);
	ota_buf_free(&first);
	return err;
}

/* A result that is there and good: the first is kept, a second is compared. */
static enum ota_err keep_result(struct load *load, const struct slot *slot, size_t n,
				const struct ota_matrix_result *result)
{
	struct ota_matrix *matrix = load->matrix;
	enum ota_err err;
	bool same;

	if (!matrix->has[slot->job]) {
		for (size_t i = 0; i < n; i++) {
			matrix->result[slot[i].job] = *result;
			matrix->folder[slot[i].job] = load->folder_at;
			matrix->has[slot[i].job] = true;
		}
		return OTA_OK;
	}
	err = is_same(&matrix->result[slot->job], result, &same, load->diag);
	if (err != OTA_OK)
		return err;
	if (same)
		return add_id(&matrix->duplicate, &matrix->n_duplicates, slot->id, load->diag);
	return add_id(&matrix->conflict, &matrix->n_conflicts, slot->id, load->diag);
}

/* -- one folder -------------------------------------------------------------------------------- */

static enum ota_err list(struct load *load, const char *inside, struct ota_file_listing *listing)
{
	struct ota_diag why = {.err = OTA_OK};
	char *path = path_of(load, inside);
	enum ota_err err;

	*listing = (struct ota_file_listing){.n = 0};
	if (!path)
		return OTA_E_MEMORY;
	err = ota_file_list(path, ENTRIES_MAX, listing, &why);
	/* Nothing is finished yet. */
	if (err == OTA_E_ABSENT && ota_file_kind_of(path) == OTA_FILE_NONE)
		err = OTA_OK;
	else if (err != OTA_OK)
		err = fail_at(load->diag, path, &why);
	free(path);
	return err;
}

static enum ota_err visit_result(struct load *load, const struct ota_file_entry *entry)
{
	struct ota_matrix *matrix = load->matrix;
	struct ota_matrix_result result;
	char id[OTA_MATRIX_ID_SIZE];
	const struct slot *slot;
	enum ota_err err;
	size_t n;
	bool good;

	/* A temporary file of a run that is at work, or was killed. */
	if (entry->name[0] == '.')
		return OTA_OK;
	if (entry->kind != OTA_FILE_REGULAR || !begins_with_id(entry->name) ||
	    strcmp(entry->name + ID_LEN, RESULT_END) != 0)
		return add_stray(load, RESULTS, entry->name);
	(void)snprintf(id, sizeof(id), "%s", entry->name);
	slot = find_slots(load, id, &n);
	if (n == 0)
		return add_id(&matrix->extra, &matrix->n_extra, id, load->diag);
	err = take_result(load, id, &result, &good);
	return err == OTA_OK && good ? keep_result(load, slot, n, &result) : err;
}

/*
 * A patch belongs to its result, and is told of with it. Without one it is stray, but for a job's
 * that a run has not finished yet.
 */
static enum ota_err visit_patch(struct load *load, const struct ota_file_entry *entry)
{
	char name[OTA_MATRIX_PATH_MAX];
	char id[OTA_MATRIX_ID_SIZE];
	const struct slot *slot;
	bool belongs = true;
	size_t n;
	char *path;

	if (entry->name[0] == '.')
		return OTA_OK;
	if (entry->kind != OTA_FILE_REGULAR || !begins_with_id(entry->name))
		return add_stray(load, PATCHES, entry->name);
	(void)snprintf(id, sizeof(id), "%s", entry->name);
	slot = find_slots(load, id, &n);
	if (n > 0 && load->matrix->has[slot->job]) {
		const struct ota_matrix_result *result = &load->matrix->result[slot->job];

		(void)ota_matrix_patch_name(&load->matrix->plan, result, name);
		belongs = result->made && strcmp(name + strlen(PATCHES "/"), entry->name) == 0;
	} else if (n == 0) {
		path = path_of(load, ota_matrix_result_name(id, name));
		if (!path)
			return OTA_E_MEMORY;
		belongs = ota_file_kind_of(path) == OTA_FILE_REGULAR;
		free(path);
	}
	return belongs ? OTA_OK : add_stray(load, PATCHES, entry->name);
}

static enum ota_err visit_each(struct load *load, const char *inside,
			       enum ota_err (*visit)(struct load *load,
						     const struct ota_file_entry *entry))
{
	struct ota_file_listing listing;
	enum ota_err err = list(load, inside, &listing);

	for (size_t i = 0; i < listing.n && err == OTA_OK; i++)
		err = visit(load, &listing.entry[i]);
	ota_file_listing_free(&listing);
	return err;
}

/* -- plans ------------------------------------------------------------------------------------- */

static enum ota_err read_plan_text(const struct load *load, const char *path, struct ota_buf *text)
{
	struct ota_diag why = {.err = OTA_OK};
	const char *dots;
	const char *end = path_end(load->folder, &dots);

	if (ota_file_kind_of(load->folder) != OTA_FILE_FOLDER)
		return ota_fail(load->diag, OTA_E_IO, "%s%s: is no folder", dots, end);
	if (ota_file_kind_of(path) == OTA_FILE_NONE) {
		(void)ota_fail(load->diag, OTA_E_ABSENT, "%s%s: has no " OTA_MATRIX_PLAN_NAME, dots,
			       end);
		ota_hint(load->diag, "give the folder that matrix run has written into");
		return OTA_E_ABSENT;
	}
	if (ota_file_kind_of(path) == OTA_FILE_OTHER)
		return ota_fail(load->diag, OTA_E_IO,
				"%s%s: its " OTA_MATRIX_PLAN_NAME " is no regular file", dots, end);
	if (ota_file_read(path, text, &why) != OTA_OK)
		return fail_at(load->diag, path, &why);
	return OTA_OK;
}

/* The first folder's plan is read, the others' must be the same bytes. */
static enum ota_err take_plan(struct load *load)
{
	struct ota_buf *first = &load->matrix->plan_text;
	struct ota_buf text = ota_buf_init(PLAN_MAX);
	struct ota_diag why = {.err = OTA_OK};
	char *path = path_of(load, OTA_MATRIX_PLAN_NAME);
	enum ota_err err = path ? read_plan_text(load, path, &text) : OTA_E_MEMORY;

	if (err == OTA_OK && load->folder_at == 0) {
		*first = text;
		text = ota_buf_init(0);
		err = ota_matrix_plan_read(ota_buf_span(first), &load->matrix->plan, &why);
	} else if (err == OTA_OK &&
		   (text.len != first->len || memcmp(text.data, first->data, text.len) != 0)) {
		err = ota_fail(&why, OTA_E_REFUSED, "is another plan than the first folder's");
		ota_hint(&why, "join what was made by one plan, and run the others again with it");
	}
	if (why.err != OTA_OK)
		(void)fail_at(load->diag, path, &why);
	ota_buf_free(&text);
	free(path);
	return err;
}

/* -- all of them ------------------------------------------------------------------------------- */

static enum ota_err make_room(struct ota_matrix *matrix, struct ota_diag *diag)
{
	size_t n = matrix->plan.n_jobs > 0 ? matrix->plan.n_jobs : 1;

	matrix->result = calloc(n, sizeof(*matrix->result));
	matrix->has = calloc(n, sizeof(*matrix->has));
	matrix->folder = calloc(n, sizeof(*matrix->folder));
	if (!matrix->result || !matrix->has || !matrix->folder)
		return ota_fail(diag, OTA_E_MEMORY, "out of memory for %zu results", n);
	return OTA_OK;
}

/* One for each job; a copy that is damaged does no harm where another is whole. */
static void sum_up_damage(struct load *load)
{
	struct ota_matrix *matrix = load->matrix;
	size_t kept = 0;

	sort_texts(matrix->damaged, &matrix->n_damaged, sizeof(*matrix->damaged));
	for (size_t i = 0; i < matrix->n_damaged; i++) {
		size_t n;
		const struct slot *slot = find_slots(load, matrix->damaged[i].id, &n);

		if (matrix->has[slot->job])
			continue;
		matrix->damaged[kept] = matrix->damaged[i];
		matrix->damaged[kept++].job = slot->job;
	}
	matrix->n_damaged = kept;
}

static void sum_up(struct load *load)
{
	struct ota_matrix *matrix = load->matrix;

	sum_up_damage(load);
	sort_texts(matrix->extra, &matrix->n_extra, sizeof(*matrix->extra));
	sort_texts(matrix->duplicate, &matrix->n_duplicates, sizeof(*matrix->duplicate));
	sort_texts(matrix->conflict, &matrix->n_conflicts, sizeof(*matrix->conflict));
	sort_texts(matrix->stray, &matrix->n_stray, sizeof(*matrix->stray));
	for (size_t i = 0; i < matrix->plan.n_jobs; i++)
		matrix->n_missing += !matrix->has[i];
}

enum ota_err ota_matrix_load(const char *const *folders, size_t n, bool proof,
			     struct ota_matrix *matrix, struct ota_diag *diag)
{
	struct load load = {.matrix = matrix, .proof = proof, .diag = diag};
	enum ota_err err = OTA_OK;

	*matrix = (struct ota_matrix){.n_missing = 0};
	if (n == 0)
		return ota_fail(diag, OTA_E_USAGE, "no folder is given");
	for (size_t i = 0; i < n && err == OTA_OK; i++) {
		load.folder = folders[i];
		load.folder_at = (uint32_t)i;
		err = take_plan(&load);
	}
	if (err == OTA_OK)
		err = make_room(matrix, diag);
	if (err == OTA_OK)
		err = make_slots(&load);
	for (size_t i = 0; i < n && err == OTA_OK; i++) {
		load.folder = folders[i];
		load.folder_at = (uint32_t)i;
		err = visit_each(&load, RESULTS, visit_result);
		if (err == OTA_OK)
			err = visit_each(&load, PATCHES, visit_patch);
	}
	if (err == OTA_OK)
		sum_up(&load);
	free(load.slot);
	return err;
}

const struct ota_matrix_damage *ota_matrix_find_damage(const struct ota_matrix *matrix,
						       const char *id)
{
	/* An id is a damage's first member. */
	return matrix->n_damaged == 0 ? NULL
				      : bsearch(id, matrix->damaged, matrix->n_damaged,
						sizeof(*matrix->damaged), compare_names);
}

void ota_matrix_free(struct ota_matrix *matrix)
{
	ota_matrix_plan_free(&matrix->plan);
	ota_buf_free(&matrix->plan_text);
	free(matrix->result);
	free(matrix->has);
	free(matrix->folder);
	free(matrix->extra);
	free(matrix->duplicate);
	free(matrix->conflict);
	free(matrix->damaged);
	free(matrix->stray);
	memset(matrix, 0, sizeof(*matrix));
}
