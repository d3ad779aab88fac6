// SPDX-License-Identifier: Apache-2.0
/* What text and Markdown show of a matrix, as tables and sentences. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "matrix_table.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* -- heading ----------------------------------------------------------------------------------- */

static const char *number_of(size_t n, char out[32])
{
	return ota_number_grouped(n, out);
}

void matrix_say_versions(const struct matrix_view *view, char *text, size_t cap)
{
	size_t n = view->matrix->plan.n_versions;
	char number[32];

	if (n == 1)
		(void)snprintf(text, cap, "1 version, %s", view->label[0].text);
	else
		(void)snprintf(text, cap, "%s versions, %s to %s", number_of(n, number),
			       view->label[0].text, view->label[n - 1].text);
}

/* ", 3 missing" behind what is there; nothing of none. */
static void add_count(char *text, size_t cap, size_t n, const char *what)
{
	size_t at = strlen(text);
	char number[32];

	if (n > 0)
		(void)snprintf(text + at, cap - at, ", %s %s", number_of(n, number), what);
}

void matrix_say_patches(const struct matrix_view *view, char *text, size_t cap)
{
	const struct ota_matrix_plan *plan = &view->matrix->plan;
	char number[2][32];
	char pairs[sizeof(plan->pairs)];

	matrix_clean(plan->pairs, pairs, sizeof(pairs));
	if (plan->n_jobs == 0) {
		(void)snprintf(text, cap, "no patch is planned (%s)", pairs);
		return;
	}
	(void)snprintf(text, cap, "%s patch%s planned (%s%s): %s made",
		       number_of(plan->n_jobs, number[0]), plan->n_jobs == 1 ? "" : "es", pairs,
		       plan->both_ways ? ", both ways" : "", number_of(view->n_patches, number[1]));
	add_count(text, cap, view->n_unfit, "that do not fit");
	add_count(text, cap, view->matrix->n_missing, "missing");
}

void matrix_say_target(const struct matrix_view *view, char *text, size_t cap)
{
	const struct ota_matrix_plan *plan = &view->matrix->plan;
	unsigned n_links;
	const struct ota_link *links = ota_matrix_links(plan, &n_links);
	char list[OTA_LINKS_MAX * sizeof(links->name)] = "";
	char name[sizeof(plan->target.name)] = "no target";
	char keys[48] = "bare patches";

	for (unsigned i = 0; i < n_links; i++)
		ota_list_add(list, sizeof(list), links[i].name);
	if (plan->has_target)
		matrix_clean(plan->target.name, name, sizeof(name));
	if (plan->n_keys > 0)
		(void)snprintf(keys, sizeof(keys), "delta updates, signed by %" PRIu32 " key%s",
			       plan->n_keys, plan->n_keys == 1 ? "" : "s");
	(void)snprintf(text, cap, "for %s%s%s; %s; format %s", name, n_links > 0 ? " over " : "",
		       list, keys,
		       plan->delta.format ? plan->delta.format
		       : plan->has_target ? "the best that fits"
					  : "otd");
}

/* -- map --------------------------------------------------------------------------------------- */

size_t matrix_map_columns(const struct matrix_view *view)
{
	size_t n = 0;

	for (size_t i = 0; i < view->matrix->plan.n_versions; i++)
		n += view->is_new[i];
	return n;
}

/* "12.3%"; a mark where there is no such figure, nothing where none was wanted. */
static const char *cell_text(const struct matrix_cell *cell, char out[MATRIX_TEXT_MAX])
{
	switch (cell->kind) {
	case MATRIX_CELL_NOT_PLANNED:
		return ".";
	case MATRIX_CELL_MISSING:
		return "?";
	case MATRIX_CELL_UNFIT:
		return "no";
	case MATRIX_CELL_NO_GAIN:
		return "full";
	case MATRIX_CELL_PATCH:
		break;
	}
	(void)snprintf(out, MATRIX_TEXT_MAX, "%u.%u%%", cell->permille / 10, cell->permille % 10);
	return out;
}

static void fill_map_row(const struct matrix_view *view, size_t old_at, struct matrix_table *table)
{
	const struct ota_matrix_plan *plan = &view->matrix->plan;
	size_t column = 0;

	for (size_t i = 0; i < plan->n_versions; i++) {
		struct matrix_cell cell;
		char text[MATRIX_TEXT_MAX];

		if (!view->is_new[i])
			continue;
		cell = matrix_view_cell(view, old_at, i);
		if (cell.kind == MATRIX_CELL_NOT_PLANNED && i < old_at && !plan->both_ways)
			column++;
		else
			matrix_table_cell(table, ++column, "%s",
					  i == old_at ? "-" : cell_text(&cell, text));
	}
}

void matrix_fill_map(const struct matrix_view *view, bool by_place, struct matrix_table *table)
{
	const struct ota_matrix_plan *plan = &view->matrix->plan;
	size_t column = 0;

	matrix_table_start(table, NULL, matrix_map_columns(view) + 1);
	matrix_table_cell(table, 0, "OLD \\ NEW");
	for (size_t i = 0; i < plan->n_versions; i++) {
		if (view->is_new[i] && by_place)
			matrix_table_cell(table, ++column, "[%zu]", i + 1);
		else if (view->is_new[i])
			matrix_table_cell(table, ++column, "%s", view->label[i].text);
	}
	for (size_t i = 0; i < plan->n_versions; i++) {
		if (!view->is_old[i] && !(by_place && view->is_new[i]))
			continue;
		matrix_table_row(table);
		if (by_place)
			matrix_table_cell(table, 0, "[%zu] %s", i + 1, view->label[i].text);
		else
			matrix_table_cell(table, 0, "%s", view->label[i].text);
		fill_map_row(view, i, table);
	}
}

/* Kinds of cells that are there, as bits. */
static unsigned kinds_of(const struct matrix_view *view)
{
	const struct ota_matrix_plan *plan = &view->matrix->plan;
	size_t n = plan->n_versions;
	unsigned kinds = 0;

	for (size_t i = 0; i < plan->n_jobs; i++) {
		struct matrix_cell cell =
			matrix_view_cell(view, plan->job[i].old_at, plan->job[i].new_at);

		kinds |= 1U << cell.kind;
	}
	if (plan->n_jobs < n * (n - 1) / (plan->both_ways ? 1 : 2))
		kinds |= 1U << MATRIX_CELL_NOT_PLANNED;
	return kinds;
}

void matrix_say_marks(const struct matrix_view *view, char *text, size_t cap)
{
	static const struct {
		enum matrix_cell_kind kind;
		const char *words;
	} marks[] = {
		{MATRIX_CELL_UNFIT, "no: no patch fits"},
		{MATRIX_CELL_NO_GAIN, "full: a patch is no smaller than the new image"},
		{MATRIX_CELL_MISSING, "?: missing"},
		{MATRIX_CELL_NOT_PLANNED, ".: not planned"},
	};
	unsigned kinds = kinds_of(view);

	(void)snprintf(text, cap, "the patch, of the new image whole%s",
		       view->n_gateway > 0 ? " (a gateway applies it, the device receives all)"
					   : "");
	for (size_t i = 0; i < COUNT(marks); i++) {
		size_t at = strlen(text);

		if (kinds >> marks[i].kind & 1U)
			(void)snprintf(text + at, cap - at, "; %s", marks[i].words);
	}
}

/* -- spread ------------------------------------------------------------------------------------ */

/* A patch, and how far it goes: 0 for one version, 1 for two, 2 for three and four, then doubled.
 */
struct far {
	unsigned bin;
	uint64_t bytes;
	unsigned permille;
};

#define BINS_BACK 32U /* where those start that lead back */

static unsigned bin_of(size_t old_at, size_t new_at)
{
	size_t apart = old_at < new_at ? new_at - old_at : old_at - new_at;
	unsigned bin = 0;

	while ((size_t)1 << bin < apart)
		bin++;
	return old_at < new_at ? bin : bin + BINS_BACK;
}

static int compare_far(const void *a, const void *b)
{
	const struct far *one = a;
	const struct far *other = b;

	if (one->bin != other->bin)
		return one->bin < other->bin ? -1 : 1;
	return (one->bytes > other->bytes) - (one->bytes < other->bytes);
}

static int compare_permille(const void *a, const void *b)
{
	unsigned one = ((const struct far *)a)->permille;
	unsigned other = ((const struct far *)b)->permille;

	return (one > other) - (one < other);
}

static size_t collect(const struct matrix_view *view, struct far *far)
{
	const struct ota_matrix_plan *plan = &view->matrix->plan;
	size_t n = 0;

	for (size_t i = 0; i < plan->n_jobs; i++) {
		const struct ota_matrix_job *job = &plan->job[i];
		struct matrix_cell cell = matrix_view_cell(view, job->old_at, job->new_at);

		if (cell.kind == MATRIX_CELL_PATCH || cell.kind == MATRIX_CELL_NO_GAIN)
			far[n++] = (struct far){.bin = bin_of(job->old_at, job->new_at),
						.bytes = cell.bytes,
						.permille = cell.permille};
	}
	return n;
}

/* Those of one bin, sorted by bytes. The median of a part is not that of the bytes. */
static void fill_spread_row(struct far *far, size_t n, struct matrix_table *table)
{
	unsigned bin = far->bin % BINS_BACK;
	const char *back = far->bin < BINS_BACK ? "" : ", back";
	size_t middle = (n - 1) / 2;
	char text[4][MATRIX_TEXT_MAX];

	matrix_table_row(table);
	if (bin < 2)
		matrix_table_cell(table, 0, "%u%s", 1U << bin, back);
	else
		matrix_table_cell(table, 0, "%u to %u%s", (1U << (bin - 1)) + 1, 1U << bin, back);
	matrix_table_cell(table, 1, "%s", matrix_bytes_text(n, text[0]));
	matrix_table_cell(table, 2, "%s", matrix_bytes_text(far[0].bytes, text[1]));
	matrix_table_cell(table, 3, "%s", matrix_bytes_text(far[middle].bytes, text[2]));
	matrix_table_cell(table, 4, "%s", matrix_bytes_text(far[n - 1].bytes, text[3]));
	qsort(far, n, sizeof(*far), compare_permille);
	matrix_table_cell(table, 5, "%s", matrix_percent_text(far[middle].permille, 1000, text[0]));
}

void matrix_fill_spread(const struct matrix_view *view, struct matrix_table *table)
{
	static const char *const headings[] = {"VERSIONS APART", "PATCHES", "SMALLEST",
					       "MEDIAN",         "LARGEST", "MEDIAN OF WHOLE"};
	struct far *far = calloc(view->matrix->plan.n_jobs + 1, sizeof(*far));
	size_t n = far ? collect(view, far) : 0;
	size_t first = 0;

	matrix_table_start(table, headings, COUNT(headings));
	table->failed = table->failed || !far;
	if (n > 0)
		qsort(far, n, sizeof(*far), compare_far);
	for (size_t i = 1; i <= n; i++) {
		if (i < n && far[i].bin == far[first].bin)
			continue;
		fill_spread_row(far + first, i - first, table);
		first = i;
	}
	free(far);
}

/* -- routes ------------------------------------------------------------------------------------ */

static bool has_links(const struct matrix_view *view)
{
	unsigned n;

	(void)ota_matrix_links(&view->matrix->plan, &n);
	return n > 0;
}

/* "1.2.0 (spring)": with the name where it says more. */
static void fill_label(const struct matrix_label *label, struct matrix_table *table)
{
	bool same = strcmp(label->name, label->text) == 0 || !label->name[0];

	matrix_table_cell(table, 0, same ? "%s" : "%s (%s)", label->text, label->name);
}

static void fill_air(const struct ota_matrix_cost *cost, struct matrix_table *table)
{
	char text[MATRIX_TEXT_MAX];

	if (!cost->has_air)
		return;
	matrix_table_cell(table, 5, "%s", matrix_bytes_text(cost->packets, text));
	matrix_table_cell(table, 6, "%s", matrix_time_text(cost->airtime_us, text));
	matrix_table_cell(table, 7, "%s", matrix_time_text(cost->duration_us, text));
}

void matrix_fill_routes(const struct matrix_view *view, struct matrix_table *table)
{
	static const char *const headings[] = {"VERSION",  "DEVICES", "ROUTE",   "BYTES",
					       "OF WHOLE", "PACKETS", "AIRTIME", "DELIVERY"};
	const struct ota_matrix_plan *plan = &view->matrix->plan;
	uint64_t whole = plan->version[matrix_view_newest(view)].len;

	matrix_table_start(table, headings, has_links(view) ? 8 : 5);
	for (size_t i = 0; i < plan->n_versions; i++) {
		const struct ota_matrix_route *route = &view->route[i];
		char text[MATRIX_CELL_MAX];

		matrix_table_row(table);
		fill_label(&view->label[i], table);
		matrix_table_cell(table, 1, "%s", matrix_bytes_text(view->of_version[i], text));
		matrix_table_cell(table, 2, "%s", matrix_way_text(view, i, text));
		if (!route->found || route->n_legs == 0)
			continue;
		matrix_table_cell(table, 3, "%s", matrix_bytes_text(route->cost.bytes, text));
		matrix_table_cell(table, 4, "%s",
				  matrix_percent_text(route->cost.bytes, whole, text));
		fill_air(&route->cost, table);
	}
}

/* -- policies ---------------------------------------------------------------------------------- */

static void fill_policy(const struct matrix_view *view, const struct ota_matrix_total *total,
			struct matrix_table *table)
{
	const struct ota_matrix_total *full = &view->total[OTA_MATRIX_FULL];
	char text[MATRIX_TEXT_MAX];

	if (!total->complete) {
		matrix_table_cell(table, 1, "incomplete");
		return;
	}
	matrix_table_cell(table, 1, "%s", matrix_bytes_text(total->n_patches, text));
	if (total->used < total->n_patches)
		matrix_table_cell(table, 1, "%s, %zu used", text, total->used);
	matrix_table_cell(table, 2, "%s", matrix_bytes_text(total->stored, text));
	matrix_table_cell(table, 3, "%s", matrix_bytes_text(matrix_view_each(total), text));
	matrix_table_cell(
		table, 4, "%s",
		matrix_percent_text(total->bytes, full->complete ? full->bytes : 0, text));
	matrix_table_cell(table, 5, "%s", matrix_bytes_text(total->bytes, text));
	matrix_table_cell(table, 6, "%zu", total->worst_updates);
	if (!total->has_air)
		return;
	matrix_table_cell(table, 7, "%s", matrix_time_text(total->airtime_us, text));
	matrix_table_cell(table, 8, "%s", matrix_time_text(total->worst_duration_us, text));
}

void matrix_fill_policies(const struct matrix_view *view, struct matrix_table *table)
{
	static const char *const headings[] = {"POLICY",   "PATCHES",     "STORED",
					       "A DEVICE", "OF WHOLE",    "ALL DEVICES",
					       "STEPS",    "ALL AIRTIME", "SLOWEST"};

	matrix_table_start(table, headings, has_links(view) ? 9 : 7);
	for (unsigned i = 0; i < OTA_MATRIX_POLICIES; i++) {
		bool advised = view->has_advice && view->advised == view->total[i].policy;

		matrix_table_row(table);
		matrix_table_cell(table, 0, "%s%s", ota_matrix_policy_name(view->total[i].policy),
				  advised ? " *" : "");
		fill_policy(view, &view->total[i], table);
	}
}

void matrix_say_columns(const struct matrix_view *view, char *text, size_t cap)
{
	(void)snprintf(text, cap,
		       "%sA DEVICE: bytes that one receives, on average; STEPS: most updates that "
		       "one applies in turn%s",
		       view->has_advice ? "*: advised; " : "",
		       has_links(view) ? "; SLOWEST: delivery to one device" : "");
}

/* -- stages ------------------------------------------------------------------------------------ */

void matrix_fill_stages(const struct matrix_view *view, struct matrix_table *table)
{
	static const char *const headings[] = {"STAGE", "MORE DEVICES", "MORE BYTES", "SENDING",
					       "DONE AFTER"};

	matrix_table_start(table, headings, COUNT(headings));
	for (unsigned i = 0; i < OTA_MATRIX_STAGES; i++) {
		const struct ota_matrix_stage *stage = &view->stage[i];
		char text[MATRIX_TEXT_MAX];

		matrix_table_row(table);
		matrix_table_cell(table, 0, "%u %%", stage->percent);
		matrix_table_cell(table, 1, "%s", matrix_bytes_text(stage->devices, text));
		matrix_table_cell(table, 2, "%s", matrix_bytes_text(stage->bytes, text));
		matrix_table_cell(table, 3, "%s", matrix_time_text(stage->sending_us, text));
		matrix_table_cell(table, 4, "%s", matrix_days_text(stage->done_us, text));
	}
}
