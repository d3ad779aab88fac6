// SPDX-License-Identifier: Apache-2.0
/* Whose each byte of a firmware is, as sections and symbols say. */
#include <stdlib.h>

#include "compare_parts.h"

#define FIRST_CAP 64U

/* A section's parts beside its symbols: strings, and all else. */
#define PER_SECTION 2U
/* What lies between two symbols and is strings is at least so long. */
#define STRINGS_LEAST 8U

/* -- parts and tiles --------------------------------------------------------------------------- */

static enum ota_err grow(void **list, size_t *cap, size_t size, struct ota_diag *diag)
{
	size_t want = *cap > 0 ? *cap * 2 : FIRST_CAP;
	void *more = want <= SIZE_MAX / size ? realloc(*list, want * size) : NULL;

	if (!more)
		return ota_fail(diag, OTA_E_MEMORY, "out of memory, room for %zu parts wanted",
				want);
	*list = more;
	*cap = want;
	return OTA_OK;
}

enum ota_err ota_parts_add(struct ota_parts *parts, struct ota_part part, uint32_t *index,
			   struct ota_diag *diag)
{
	void *list = parts->part;

	if (parts->n == parts->cap) {
		enum ota_err err = grow(&list, &parts->cap, sizeof(*parts->part), diag);

		if (err != OTA_OK)
			return err;
		parts->part = list;
	}
	*index = (uint32_t)parts->n;
	parts->part[parts->n++] = part;
	return OTA_OK;
}

static enum ota_err add_tile(struct ota_parts *parts, struct ota_tile tile, struct ota_diag *diag)
{
	void *list = parts->tile;

	if (parts->n_tiles == parts->tile_cap) {
		enum ota_err err = grow(&list, &parts->tile_cap, sizeof(*parts->tile), diag);

		if (err != OTA_OK)
			return err;
		parts->tile = list;
	}
	parts->tile[parts->n_tiles++] = tile;
	return OTA_OK;
}

enum ota_err ota_parts_lay(struct ota_parts *parts, uint32_t end, uint32_t part,
			   struct ota_diag *diag)
{
	struct ota_part *owner = &parts->part[part];
	bool goes_on = parts->n_tiles > 0 && parts->tile[parts->n_tiles - 1].part == part;
	enum ota_err err = OTA_OK;

	if (end <= parts->size)
		return OTA_OK;
	if (!goes_on)
		err = add_tile(parts, (struct ota_tile){parts->size, part}, diag);
	if (err != OTA_OK)
		return err;
	if (owner->tiles == 0)
		owner->at = parts->size;
	owner->tiles += !goes_on;
	owner->size += end - parts->size;
	parts->size = end;
	return OTA_OK;
}

void ota_parts_free(struct ota_parts *parts)
{
	free(parts->part);
	free(parts->tile);
	*parts = (struct ota_parts){.n = 0};
}

/* -- what surrounds the body ------------------------------------------------------------------- */

/* Lays one part of a name of its own up to `end`. */
static enum ota_err lay_named(struct ota_parts *parts, uint32_t end, const char *name,
			      enum ota_compare_what what, struct ota_diag *diag)
{
	struct ota_part part = {.name = name, .section = name, .what = what};
	uint32_t index = 0;
	enum ota_err err = ota_parts_add(parts, part, &index, diag);

	return err == OTA_OK ? ota_parts_lay(parts, end, index, diag) : err;
}

enum ota_err ota_parts_begin(const struct ota_compare_side *side, struct ota_parts *parts,
			     struct ota_body *body, struct ota_diag *diag)
{
	const struct ota_image_header *header = &side->image.header;

	*body = (struct ota_body){0, (uint32_t)side->bytes.len};
	if (!side->is_image)
		return OTA_OK;
	/* Opened, it has both inside. */
	body->at = header->hdr_size;
	body->end = header->hdr_size + header->img_size;
	return lay_named(parts, body->at, "MCUboot header", OTA_COMPARE_HEADER, diag);
}

enum ota_err ota_parts_end(const struct ota_compare_side *side, struct ota_parts *parts,
			   struct ota_diag *diag)
{
	enum ota_err err = OTA_OK;

	if (!side->is_image)
		return OTA_OK;
	if (side->image.areas.prot.len > 0)
		err = lay_named(parts, (uint32_t)side->image.areas.unprot_at, "protected TLVs",
				OTA_COMPARE_PROTECTED_TLVS, diag);
	if (err == OTA_OK)
		err = lay_named(parts, (uint32_t)side->bytes.len, "TLVs", OTA_COMPARE_TLVS, diag);
	return err;
}

/* -- symbols ----------------------------------------------------------------------------------- */

/* Symbols that have begun and not ended; the last one has the bytes. */
struct sweep {
	const struct ota_compare_side *side;
	struct ota_parts *parts;
	struct ota_body body;
	uint32_t first_symbol;  /* parts of the map's symbols from here on, */
	uint32_t first_section; /* and of its loaded sections, PER_SECTION each */
	uint32_t hole;          /* and of what is in none */
	size_t section;         /* the next that has not ended */
	uint32_t *open;         /* owned */
	size_t n_open;
};

/* An address as an offset in the body, no less than its begin and no more than its end. */
static uint32_t offset_of(const struct sweep *s, uint64_t addr)
{
	uint64_t begin = (uint64_t)s->side->base + s->body.at;
	uint64_t end = (uint64_t)s->side->base + s->body.end;

	if (addr <= begin)
		return s->body.at;
	return addr >= end ? s->body.end : (uint32_t)(addr - s->side->base);
}

static uint32_t symbol_end(const struct sweep *s, uint32_t symbol)
{
	const struct ota_elf_symbol *it = &s->side->map->symbol[symbol];

	return offset_of(s, (uint64_t)it->addr + it->size);
}

/* Bytes of a section that no symbol has, up to `end`. */
static enum ota_err lay_piece(struct sweep *s, uint32_t end, struct ota_diag *diag)
{
	uint32_t at = s->parts->size;
	uint32_t part = s->first_section + PER_SECTION * (uint32_t)s->section;

	if (end <= at)
		return OTA_OK;
	if (end - at >= STRINGS_LEAST &&
	    ota_looks_like_text(ota_span_sub(s->side->bytes, at, end - at)))
		part++;
	return ota_parts_lay(s->parts, end, part, diag);
}

/* The same, section by section, and of no section. */
static enum ota_err lay_between(struct sweep *s, uint32_t end, struct ota_diag *diag)
{
	const struct ota_elf_map *map = s->side->map;
	enum ota_err err = OTA_OK;

	while (err == OTA_OK && s->parts->size < end && s->section < map->n_loaded) {
		const struct ota_elf_section *section = &map->section[s->section];
		uint32_t from = offset_of(s, section->addr);
		uint32_t to = offset_of(s, (uint64_t)section->addr + section->size);

		err = ota_parts_lay(s->parts, from < end ? from : end, s->hole, diag);
		if (err == OTA_OK && from < end)
			err = lay_piece(s, to < end ? to : end, diag);
		if (to > end)
			break;
		s->section++;
	}
	return err == OTA_OK ? ota_parts_lay(s->parts, end, s->hole, diag) : err;
}

/* Up to `end`, where something begins: first what ends before it. */
static enum ota_err advance(struct sweep *s, uint32_t end, struct ota_diag *diag)
{
	enum ota_err err = OTA_OK;

	while (err == OTA_OK && s->n_open > 0) {
		uint32_t symbol = s->open[s->n_open - 1];
		uint32_t symbol_ends = symbol_end(s, symbol);

		err = ota_parts_lay(s->parts, symbol_ends < end ? symbol_ends : end,
				    s->first_symbol + symbol, diag);
		if (symbol_ends > end)
			return err;
		s->n_open--;
	}
	return err == OTA_OK ? lay_between(s, end, diag) : err;
}

static enum ota_compare_what what_of(const struct ota_elf_symbol *symbol)
{
	switch (symbol->kind) {
	case OTA_ELF_FUNCTION:
		return OTA_COMPARE_FUNCTION;
	case OTA_ELF_OBJECT:
		return OTA_COMPARE_OBJECT;
	case OTA_ELF_OTHER:
		return OTA_COMPARE_SYMBOL;
	}
	return OTA_COMPARE_SYMBOL;
}

static enum ota_err add_symbols(struct sweep *s, struct ota_diag *diag)
{
	const struct ota_elf_map *map = s->side->map;
	enum ota_err err = OTA_OK;
	uint32_t unused = 0;

	s->first_symbol = (uint32_t)s->parts->n;
	for (size_t i = 0; err == OTA_OK && i < map->n_symbols; i++) {
		const struct ota_elf_symbol *symbol = &map->symbol[i];
		struct ota_part part = {.name = symbol->name,
					.file = symbol->file,
					.section = map->section[symbol->section].name,
					.what = what_of(symbol)};

		err = ota_parts_add(s->parts, part, &unused, diag);
	}
	return err;
}

static enum ota_err add_sections(struct sweep *s, struct ota_diag *diag)
{
	const struct ota_elf_map *map = s->side->map;
	struct ota_part hole = {.name = "between sections", .what = OTA_COMPARE_FILL};
	enum ota_err err = OTA_OK;
	uint32_t unused = 0;

	s->first_section = (uint32_t)s->parts->n;
	for (size_t i = 0; err == OTA_OK && i < map->n_loaded; i++) {
		const char *name = map->section[i].name;
		struct ota_part rest = {.name = name, .section = name, .what = OTA_COMPARE_SECTION};
		struct ota_part strings = {
			.name = name, .section = name, .what = OTA_COMPARE_STRINGS};

		err = ota_parts_add(s->parts, rest, &unused, diag);
		if (err == OTA_OK)
			err = ota_parts_add(s->parts, strings, &unused, diag);
	}
	for (size_t i = 0; err == OTA_OK && i < map->n_symbols; i++)
		s->parts->part[s->first_section + PER_SECTION * map->symbol[i].section].what =
			OTA_COMPARE_BETWEEN;
	hole.section = hole.name;
	return err == OTA_OK ? ota_parts_add(s->parts, hole, &s->hole, diag) : err;
}

static enum ota_err sweep(struct sweep *s, struct ota_diag *diag)
{
	const struct ota_elf_map *map = s->side->map;
	enum ota_err err = OTA_OK;

	for (size_t i = 0; err == OTA_OK && i < map->n_symbols; i++) {
		err = advance(s, offset_of(s, map->symbol[i].addr), diag);
		s->open[s->n_open++] = (uint32_t)i;
	}
	return err == OTA_OK ? advance(s, s->body.end, diag) : err;
}

enum ota_err ota_parts_of_symbols(const struct ota_compare_side *side, struct ota_parts *parts,
				  struct ota_diag *diag)
{
	struct sweep s = {.side = side, .parts = parts};
	size_t n = side->map->n_symbols;
	enum ota_err err;

	*parts = (struct ota_parts){.n = 0};
	s.open = calloc(n > 0 ? n : 1, sizeof(*s.open));
	if (!s.open)
		return ota_fail(diag, OTA_E_MEMORY, "out of memory, %zu symbols wanted", n);
	err = ota_parts_begin(side, parts, &s.body, diag);
	if (err == OTA_OK)
		err = add_symbols(&s, diag);
	if (err == OTA_OK)
		err = add_sections(&s, diag);
	if (err == OTA_OK)
		err = sweep(&s, diag);
	if (err == OTA_OK)
		err = ota_parts_end(side, parts, diag);
	free(s.open);
	return err;
}
