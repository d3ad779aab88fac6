// SPDX-License-Identifier: Apache-2.0
/* Both firmwares laid side by side, and the patch's cost shared out. */
#include <inttypes.h>
#include <stdlib.h>

#include "compare_parts.h"
#include "match_bsdiff.h"

static const char *const what_names[] = {
	[OTA_COMPARE_FUNCTION] = "function",
	[OTA_COMPARE_OBJECT] = "object",
	[OTA_COMPARE_SYMBOL] = "symbol",
	[OTA_COMPARE_BETWEEN] = "between symbols",
	[OTA_COMPARE_STRINGS] = "strings",
	[OTA_COMPARE_SECTION] = "section",
	[OTA_COMPARE_RAM] = "RAM",
	[OTA_COMPARE_HEADER] = "header",
	[OTA_COMPARE_TLVS] = "TLVs",
	[OTA_COMPARE_PROTECTED_TLVS] = "protected TLVs",
	[OTA_COMPARE_FILL] = "fill",
	[OTA_COMPARE_VECTORS] = "vector table",
	[OTA_COMPARE_CODE] = "code",
	[OTA_COMPARE_TEXT] = "text",
	[OTA_COMPARE_DENSE] = "random-looking",
	[OTA_COMPARE_DATA] = "data",
};

const char *ota_compare_what_name(enum ota_compare_what what)
{
	return (unsigned)what < sizeof(what_names) / sizeof(what_names[0]) ? what_names[what] : "?";
}

/* A comparison at work. */
struct work {
	const struct ota_compare_side *old_side;
	const struct ota_compare_side *new_side;
	struct ota_compare *compare;
	struct ota_parts old_parts;    /* owned */
	struct ota_parts new_parts;    /* owned */
	uint32_t *old_of;              /* owned: of each part of new */
	uint64_t *changed;             /* owned: bytes of each part of new */
	uint64_t *spent;               /* owned */
	struct ota_delta_range *range; /* owned: new's tiles, then stamps */
	struct ota_index *index;       /* owned */
	struct ota_buf patch;          /* owned */
	size_t n_stamps;
};

/* -- what both are made of --------------------------------------------------------------------- */

static enum ota_err find_by(const struct ota_compare_plan *plan, struct work *w,
			    struct ota_diag *diag)
{
	uint32_t region = plan->region;
	enum ota_compare_by by = plan->by;

	if (region != 0 && (region < OTA_COMPARE_REGION_MIN || (region & (region - 1)) != 0))
		return ota_fail(diag, OTA_E_USAGE,
				"a region of %" PRIu32 " bytes is no power of 2 of at least %u",
				region, OTA_COMPARE_REGION_MIN);
	if (by == OTA_COMPARE_BY_AUTO)
		by = w->new_side->n_symbols > 0 ? OTA_COMPARE_BY_SYMBOL : OTA_COMPARE_BY_REGION;
	if (by == OTA_COMPARE_BY_SYMBOL && w->new_side->n_sections == 0)
		return ota_fail(diag, OTA_E_USAGE,
				"the new firmware comes without sections and symbols");
	w->compare->by = by;
	return OTA_OK;
}

static enum ota_err read_parts(const struct ota_compare_plan *plan, struct work *w,
			       struct ota_diag *diag)
{
	uint32_t region = plan->region > 0 ? plan->region : OTA_COMPARE_REGION;
	bool by_symbol = w->compare->by == OTA_COMPARE_BY_SYMBOL;
	enum ota_err err;

	w->compare->knows_old = by_symbol && w->old_side->n_sections > 0 &&
				(w->old_side->n_symbols > 0) == (w->new_side->n_symbols > 0);
	if (by_symbol)
		err = ota_parts_of_symbols(w->new_side, &w->new_parts, diag);
	else
		err = ota_parts_of_regions(w->new_side, region, &w->new_parts, diag);
	if (err == OTA_OK && w->compare->knows_old)
		err = ota_parts_of_symbols(w->old_side, &w->old_parts, diag);
	else if (err == OTA_OK && !by_symbol)
		err = ota_parts_of_regions(w->old_side, region, &w->old_parts, diag);
	if (err != OTA_OK)
		return err;
	w->old_of = calloc(w->new_parts.n + 1, sizeof(*w->old_of));
	w->changed = calloc(w->new_parts.n + 1, sizeof(*w->changed));
	w->spent = calloc(w->new_parts.n + 1, sizeof(*w->spent));
	w->range = calloc(w->new_parts.n_tiles + OTA_STAMPS_MAX, sizeof(*w->range));
	if (!w->old_of || !w->changed || !w->spent || !w->range)
		return ota_fail(diag, OTA_E_MEMORY, "out of memory, %zu parts wanted",
				w->new_parts.n);
	return ota_parts_match(&w->old_parts, &w->new_parts, w->old_of, diag);
}

/* -- changed bytes ----------------------------------------------------------------------------- */

static uint64_t count_changed(const struct work *w, const struct ota_op *op, uint32_t at,
			      uint32_t into, uint32_t len)
{
	const uint8_t *old_bytes = w->old_side->bytes.data + op->at + into;
	const uint8_t *new_bytes = w->new_side->bytes.data + at;
	uint64_t n = 0;

	if (op->kind != OTA_OP_BLEND)
		return len;
	for (uint32_t i = 0; i < len; i++)
		n += old_bytes[i] != new_bytes[i];
	return n;
}

/* Edits and tiles both cover new from front to back. */
static void share_changes(struct work *w, const struct ota_op_list *ops)
{
	const struct ota_parts *parts = &w->new_parts;
	uint32_t at = 0;
	size_t tile = 0;

	for (size_t i = 0; i < ops->n; i++) {
		const struct ota_op *op = &ops->op[i];
		uint32_t begin = at;

		while (at - begin < op->len && tile < parts->n_tiles) {
			uint32_t end = ota_tile_end(parts, tile);
			uint32_t left = op->len - (at - begin);
			uint32_t len = end - at < left ? end - at : left;

			w->changed[parts->tile[tile].part] +=
				count_changed(w, op, at, at - begin, len);
			at += len;
			tile += at == end;
		}
	}
}

/* bsdiff may have found a part's bytes elsewhere, or spread; what is the same is the same. */
static void forgive_equal_parts(struct work *w)
{
	for (size_t i = 0; i < w->new_parts.n; i++) {
		const struct ota_part *new_part = &w->new_parts.part[i];
		const struct ota_part *old_part;

		if (w->old_of[i] == OTA_PART_NONE)
			continue;
		old_part = &w->old_parts.part[w->old_of[i]];
		if (new_part->tiles == 1 && old_part->tiles == 1 &&
		    ota_span_equal(
			    ota_span_sub(w->new_side->bytes, new_part->at, (size_t)new_part->size),
			    ota_span_sub(w->old_side->bytes, old_part->at, (size_t)old_part->size)))
			w->changed[i] = 0;
	}
}

static enum ota_err find_changes(struct work *w, struct ota_diag *diag)
{
	struct ota_op_list ops = {.n = 0};
	enum ota_err err = ota_index_build(w->old_side->bytes, &w->index, diag);

	if (err == OTA_OK)
		err = ota_match_bsdiff(w->index, w->new_side->bytes, &ops, diag);
	if (err == OTA_OK) {
		share_changes(w, &ops);
		forgive_equal_parts(w);
	}
	ota_op_list_free(&ops);
	return err;
}

/* -- costs ------------------------------------------------------------------------------------- */

static enum ota_err make_patch(const struct ota_compare_plan *plan, struct work *w,
			       struct ota_diag *diag)
{
	struct ota_delta_plan delta = {
		.format = plan->format ? plan->format : ota_delta_format_default(),
		.old_base = {w->old_side->has_base, w->old_side->base},
		.new_base = {w->new_side->has_base, w->new_side->base},
	};
	struct ota_delta_plan baseless = {.format = delta.format};
	enum ota_err err;

	/* One address without the other is of no use; and some formats have no use for any. */
	if (delta.old_base.known != delta.new_base.known ||
	    ota_delta_check_plan(&delta, NULL) != OTA_OK)
		delta = baseless;
	w->patch = ota_buf_init(SIZE_MAX);
	delta.spent = w->index;
	err = ota_delta_make(&delta, w->index, w->new_side->bytes, &w->patch, diag);
	w->compare->patch_size = w->patch.len;
	return err;
}

static enum ota_err share_costs(struct work *w, struct ota_diag *diag)
{
	const struct ota_parts *parts = &w->new_parts;
	struct ota_delta_pair pair = {w->old_side->bytes, w->new_side->bytes};
	struct ota_delta_ranges ranges = {w->range, parts->n_tiles};
	struct ota_diag why = {.err = OTA_OK};
	enum ota_err err;

	for (size_t i = 0; i < parts->n_tiles; i++) {
		uint32_t at = parts->tile[i].at;

		w->range[i] = (struct ota_delta_range){at, ota_tile_end(parts, i) - at, 0};
	}
	w->n_stamps =
		ota_compare_find_stamps(pair.old_image, pair.new_image, &w->range[parts->n_tiles]);
	ranges.n += w->n_stamps;
	err = ota_delta_explain_ranges(&pair, ota_buf_span(&w->patch), ranges, &w->compare->account,
				       &why);
	if (err == OTA_E_UNSUPPORTED)
		return OTA_OK;
	if (err != OTA_OK)
		return ota_fail(diag, err, "%s", why.text);
	w->compare->has_account = true;
	w->compare->patch_header = w->patch.len - w->compare->account.stream_bytes;
	for (size_t i = 0; i < parts->n_tiles; i++)
		w->spent[parts->tile[i].part] += w->range[i].spent;
	return OTA_OK;
}

/* -- rows -------------------------------------------------------------------------------------- */

static struct ota_compare_row row_of(const struct ota_part *part, uint32_t base)
{
	return (struct ota_compare_row){
		.name = part->name,
		.file = part->file,
		.section = part->section,
		.what = part->what,
		.old_at = base + part->at,
		.new_at = base + part->at,
	};
}

static struct ota_compare_row new_row(const struct work *w, size_t index)
{
	const struct ota_part *part = &w->new_parts.part[index];
	uint32_t old_base = w->old_side->has_base ? w->old_side->base : 0;
	struct ota_compare_row row = row_of(part, w->new_side->has_base ? w->new_side->base : 0);

	row.in_new = true;
	row.new_size = part->size;
	row.changed = w->changed[index];
	row.spent = w->spent[index];
	row.old_at = 0;
	if (w->old_of[index] != OTA_PART_NONE) {
		const struct ota_part *old_part = &w->old_parts.part[w->old_of[index]];

		row.in_old = true;
		row.old_at = old_base + old_part->at;
		row.old_size = old_part->size;
	}
	return row;
}

static struct ota_compare_row old_row(const struct work *w, size_t index)
{
	const struct ota_part *part = &w->old_parts.part[index];
	struct ota_compare_row row = row_of(part, w->old_side->has_base ? w->old_side->base : 0);

	row.in_old = true;
	row.old_size = part->size;
	row.new_at = 0;
	return row;
}

/* By address in new; what is gone last, by address in old. */
static int compare_rows(const void *left, const void *right)
{
	const struct ota_compare_row *a = left;
	const struct ota_compare_row *b = right;
	uint32_t at = a->in_new ? a->new_at : a->old_at;
	uint32_t other = b->in_new ? b->new_at : b->old_at;

	if (a->in_new != b->in_new)
		return a->in_new ? -1 : 1;
	if (at != other)
		return at < other ? -1 : 1;
	return 0;
}

static enum ota_err make_rows(struct work *w, struct ota_diag *diag)
{
	struct ota_compare_rows *rows = &w->compare->parts;
	size_t n = w->old_parts.n + w->new_parts.n;
	bool *kept = calloc(w->old_parts.n + 1, sizeof(*kept));

	rows->row = calloc(n + 1, sizeof(*rows->row));
	if (!rows->row || !kept) {
		free(kept);
		return ota_fail(diag, OTA_E_MEMORY, "out of memory, %zu parts wanted", n);
	}
	for (size_t i = 0; i < w->new_parts.n; i++) {
		if (w->old_of[i] != OTA_PART_NONE)
			kept[w->old_of[i]] = true;
		if (w->new_parts.part[i].size > 0)
			rows->row[rows->n++] = new_row(w, i);
	}
	for (size_t i = 0; i < w->old_parts.n; i++) {
		/* Old's regions have no names: what became of one is not known. */
		if (w->old_parts.part[i].size > 0 && w->old_parts.part[i].name && !kept[i])
			rows->row[rows->n++] = old_row(w, i);
	}
	free(kept);
	qsort(rows->row, rows->n, sizeof(*rows->row), compare_rows);
	for (size_t i = 0; i < rows->n; i++)
		w->compare->changed += rows->row[i].changed;
	return OTA_OK;
}

/* -- sections ---------------------------------------------------------------------------------- */

/* Rows by name; most that are asked for one after another are the same. */
struct section_list {
	struct ota_compare_rows *rows;
	size_t last;
};

static bool is_named(const struct ota_compare_row *row, const char *name,
		     enum ota_compare_what what)
{
	return (row->what == OTA_COMPARE_RAM) == (what == OTA_COMPARE_RAM) &&
	       (row->name == name || strcmp(row->name, name) == 0);
}

/* The row of that name, which may be a new one. */
static struct ota_compare_row *section_named(struct section_list *list, const char *name,
					     enum ota_compare_what what)
{
	struct ota_compare_rows *rows = list->rows;

	if (list->last < rows->n && is_named(&rows->row[list->last], name, what))
		return &rows->row[list->last];
	for (size_t i = 0; i < rows->n; i++) {
		if (!is_named(&rows->row[i], name, what))
			continue;
		list->last = i;
		return &rows->row[i];
	}
	list->last = rows->n;
	rows->row[rows->n] = (struct ota_compare_row){.name = name, .section = name, .what = what};
	return &rows->row[rows->n++];
}

/* A region, without a name, is a piece of the body, whatever it looks like. */
static enum ota_compare_what section_what(const struct ota_part *part)
{
	bool own = part->what == OTA_COMPARE_HEADER || part->what == OTA_COMPARE_TLVS ||
		   part->what == OTA_COMPARE_PROTECTED_TLVS || part->what == OTA_COMPARE_FILL;

	return own && part->name ? part->what : OTA_COMPARE_SECTION;
}

static void add_old(struct ota_compare_row *row, uint32_t at, uint64_t size)
{
	if (!row->in_old || at < row->old_at)
		row->old_at = at;
	row->in_old = true;
	row->old_size += size;
}

static void add_new(struct ota_compare_row *row, uint32_t at, uint64_t size)
{
	if (!row->in_new || at < row->new_at)
		row->new_at = at;
	row->in_new = true;
	row->new_size += size;
}

static void add_parts(struct section_list *list, const struct work *w)
{
	uint32_t old_base = w->old_side->has_base ? w->old_side->base : 0;
	uint32_t new_base = w->new_side->has_base ? w->new_side->base : 0;

	for (size_t i = 0; i < w->new_parts.n; i++) {
		const struct ota_part *part = &w->new_parts.part[i];
		struct ota_compare_row *row;

		if (part->size == 0)
			continue;
		row = section_named(list, part->section, section_what(part));
		add_new(row, new_base + part->at, part->size);
		row->changed += w->changed[i];
		row->spent += w->spent[i];
	}
	for (size_t i = 0; i < w->old_parts.n; i++) {
		const struct ota_part *part = &w->old_parts.part[i];

		if (part->size > 0)
			add_old(section_named(list, part->section, section_what(part)),
				old_base + part->at, part->size);
	}
}

static void add_ram(struct section_list *list, const struct ota_elf_map *map, bool is_new)
{
	for (size_t i = map ? map->n_loaded : 0; map && i < map->n_sections; i++) {
		const struct ota_elf_section *section = &map->section[i];
		struct ota_compare_row *row = section_named(list, section->name, OTA_COMPARE_RAM);

		if (is_new)
			add_new(row, section->addr, section->size);
		else
			add_old(row, section->addr, section->size);
	}
}

static enum ota_err make_sections(struct work *w, struct ota_diag *diag)
{
	struct section_list list = {.rows = &w->compare->sections};
	/* A header, protected and other TLVs, body and holes are besides. */
	size_t n = 5;

	n += w->old_side->map ? w->old_side->map->n_sections : 0;
	n += w->new_side->map ? w->new_side->map->n_sections : 0;
	list.rows->row = calloc(n, sizeof(*list.rows->row));
	if (!list.rows->row)
		return ota_fail(diag, OTA_E_MEMORY, "out of memory, %zu sections wanted", n);
	add_parts(&list, w);
	if (w->compare->knows_old) {
		add_ram(&list, w->new_side->map, true);
		add_ram(&list, w->old_side->map, false);
	}
	return OTA_OK;
}

/* -- all of it --------------------------------------------------------------------------------- */

static enum ota_err work_through(const struct ota_compare_plan *plan, struct work *w,
				 struct ota_diag *diag)
{
	enum ota_err err = find_by(plan, w, diag);

	if (err == OTA_OK)
		err = read_parts(plan, w, diag);
	if (err == OTA_OK && !w->compare->equal)
		err = find_changes(w, diag);
	if (err == OTA_OK && !w->compare->equal)
		err = make_patch(plan, w, diag);
	if (err == OTA_OK && !w->compare->equal)
		err = share_costs(w, diag);
	if (err == OTA_OK)
		err = make_rows(w, diag);
	if (err == OTA_OK)
		err = make_sections(w, diag);
	if (err == OTA_OK && !w->compare->equal)
		ota_compare_add_hints(w->old_side, w->new_side, &w->range[w->new_parts.n_tiles],
				      w->n_stamps, w->compare);
	return err;
}

enum ota_err ota_compare_make(const struct ota_compare_plan *plan,
			      const struct ota_compare_side *old_side,
			      const struct ota_compare_side *new_side, struct ota_compare *compare,
			      struct ota_diag *diag)
{
	const char *format = plan->format ? plan->format : ota_delta_format_default();
	struct work w = {.old_side = old_side, .new_side = new_side, .compare = compare};
	enum ota_err err;

	*compare = (struct ota_compare){
		.old_size = old_side->bytes.len,
		.new_size = new_side->bytes.len,
		.equal = ota_span_equal(old_side->bytes, new_side->bytes),
		.format = ota_delta_format_find(format),
	};
	if (!compare->format)
		return ota_fail(diag, OTA_E_ABSENT, "no patch format is called \"%s\"", format);
	err = work_through(plan, &w, diag);
	ota_buf_free(&w.patch);
	ota_index_free(w.index);
	free(w.range);
	free(w.spent);
	free(w.changed);
	free(w.old_of);
	ota_parts_free(&w.new_parts);
	ota_parts_free(&w.old_parts);
	return err;
}

void ota_compare_free(struct ota_compare *compare)
{
	free(compare->parts.row);
	free(compare->sections.row);
	*compare = (struct ota_compare){.n_hints = 0};
}
