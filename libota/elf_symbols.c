// SPDX-License-Identifier: Apache-2.0
/* Section and symbol tables. libelf decodes them; what they say is checked here. */
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>

#include "elf_file.h"
#include "elf_symbols.h"

#define SECTIONS_MAX 4096U /* that take memory: each name is looked for among all */
#define NO_SECTION   UINT32_MAX
#define THUMB_BIT    1U

/* What became of a row of the section table. */
struct place {
	uint32_t ours; /* index in the map, or NO_SECTION */
	uint32_t addr; /* sh_addr, which symbols' values count in */
};

struct reader {
	const struct ota_elf_file *file;
	struct ota_elf_map *map;
	struct place *place; /* owned: a row each */
	const char *source;  /* the file that local symbols are of, as the table goes on */
};

/*
 * Whether row `index` is a table of strings. One that says it is compressed is none: libelf would
 * unpack it, whatever size it claims.
 */
static bool is_string_table(const struct reader *r, size_t index)
{
	GElf_Shdr header;
	Elf_Scn *scn = index < r->file->n_sections ? elf_getscn(r->file->elf, index) : NULL;

	return scn && gelf_getshdr(scn, &header) && header.sh_type == SHT_STRTAB &&
	       !(header.sh_flags & SHF_COMPRESSED);
}

/* The text at `at` of a string table, which may be none; NULL: there is none that ends inside. */
static const char *text_at(const struct reader *r, size_t table, size_t at)
{
	const char *text = table > 0 ? elf_strptr(r->file->elf, table, at) : NULL;

	return text && text[0] != '\0' ? text : NULL;
}

/* -- sections ---------------------------------------------------------------------------------- */

/* Sorted together with where they come from. */
struct placed {
	struct ota_elf_section section;
	size_t row;
};

static int compare_placed(const void *left, const void *right)
{
	const struct placed *a = left;
	const struct placed *b = right;

	if (a->section.has_bytes != b->section.has_bytes)
		return a->section.has_bytes ? -1 : 1;
	if (a->section.addr != b->section.addr)
		return a->section.addr < b->section.addr ? -1 : 1;
	return a->row < b->row ? -1 : a->row > b->row;
}

static bool takes_memory(const GElf_Shdr *header)
{
	return (header->sh_flags & SHF_ALLOC) &&
	       !(header->sh_flags & SHF_TLS && header->sh_type == SHT_NOBITS) &&
	       header->sh_type != SHT_NULL && header->sh_size > 0;
}

static enum ota_err make_section(const struct reader *r, const GElf_Shdr *header, const char *name,
				 struct ota_elf_section *section, struct ota_diag *diag)
{
	bool has_bytes = ota_elf_is_loaded_section(header);
	struct ota_elf_piece piece = {
		.what = "section",
		.at = has_bytes ? ota_elf_load_address(r->file, header) : header->sh_addr,
		.offset = has_bytes ? header->sh_offset : 0,
		.len = has_bytes ? header->sh_size : 0,
	};
	enum ota_err err = ota_elf_piece_bytes(r->file, piece, &section->bytes, diag);

	section->name = name ? name : "(no name)";
	section->addr = (uint32_t)piece.at;
	section->size = (uint32_t)header->sh_size;
	section->has_bytes = has_bytes;
	return err;
}

/* Fills `list`, whose rows are in the order of the file. */
static enum ota_err collect_sections(struct reader *r, struct placed *list, struct ota_diag *diag)
{
	struct ota_elf_map *map = r->map;
	size_t names = 0;
	Elf_Scn *scn = NULL;
	GElf_Shdr header;

	if (elf_getshdrstrndx(r->file->elf, &names) != 0 || !is_string_table(r, names))
		names = 0;
	while ((scn = elf_nextscn(r->file->elf, scn)) != NULL) {
		size_t row = elf_ndxscn(scn);
		struct placed *placed = &list[map->n_sections];
		enum ota_err err;

		if (!gelf_getshdr(scn, &header))
			return ota_elf_fail(diag, "sections");
		if (row >= r->file->n_sections || !takes_memory(&header))
			continue;
		if (map->n_sections == SECTIONS_MAX)
			return ota_fail(diag, OTA_E_UNSUPPORTED,
					"ELF file has more than %u sections in memory",
					SECTIONS_MAX);
		err = make_section(r, &header, text_at(r, names, header.sh_name), &placed->section,
				   diag);
		if (err != OTA_OK)
			return err;
		placed->row = row;
		r->place[row].addr = (uint32_t)header.sh_addr;
		map->n_sections++;
	}
	return OTA_OK;
}

/* Bytes of two sections at one place would count twice. */
static enum ota_err check_apart(const struct ota_elf_map *map, struct ota_diag *diag)
{
	for (size_t i = 1; i < map->n_loaded; i++) {
		const struct ota_elf_section *last = &map->section[i - 1];
		uint32_t at = map->section[i].addr;

		if (at - last->addr < last->size)
			return ota_fail(diag, OTA_E_MALFORMED,
					"ELF file: two sections both have data for address "
					"0x%08" PRIx32,
					at);
	}
	return OTA_OK;
}

static enum ota_err read_sections(struct reader *r, struct ota_diag *diag)
{
	struct ota_elf_map *map = r->map;
	size_t n = r->file->n_sections;
	size_t n_list = n < SECTIONS_MAX ? n + 1 : SECTIONS_MAX + 1;
	struct placed *list = calloc(n_list, sizeof(*list));
	enum ota_err err;

	r->place = calloc(n + 1, sizeof(*r->place));
	map->section = calloc(n_list, sizeof(*map->section));
	if (!list || !r->place || !map->section) {
		err = ota_fail(diag, OTA_E_MEMORY, "out of memory, %zu sections wanted", n);
		goto out;
	}
	for (size_t i = 0; i < n; i++)
		r->place[i].ours = NO_SECTION;
	err = collect_sections(r, list, diag);
	if (err != OTA_OK)
		goto out;
	qsort(list, map->n_sections, sizeof(*list), compare_placed);
	for (size_t i = 0; i < map->n_sections; i++) {
		map->section[i] = list[i].section;
		map->n_loaded += list[i].section.has_bytes;
		r->place[list[i].row].ours = (uint32_t)i;
	}
	err = check_apart(map, diag);
out:
	free(list);
	return err;
}

/* -- symbols ----------------------------------------------------------------------------------- */

/* $t, $d, $a and $x say what the bytes behind them are: they are no symbols of the program. */
static bool is_mapping(const char *name)
{
	return name[0] == '$' && name[1] != '\0' && strchr("tdax", name[1]) &&
	       (name[2] == '\0' || name[2] == '.');
}

static bool find_kind(const GElf_Sym *sym, enum ota_elf_symbol_kind *kind)
{
	switch (GELF_ST_TYPE(sym->st_info)) {
	case STT_FUNC:
	case STT_GNU_IFUNC:
		*kind = OTA_ELF_FUNCTION;
		return true;
	case STT_OBJECT:
		*kind = OTA_ELF_OBJECT;
		return true;
	case STT_NOTYPE:
		*kind = OTA_ELF_OTHER;
		/* Linker scripts' labels have no size: they mark a place, no bytes. */
		return sym->st_size > 0;
	default:
		return false;
	}
}

/* A name that others can see is the better one. */
static unsigned rank_of(const GElf_Sym *sym, enum ota_elf_symbol_kind kind)
{
	unsigned bind = GELF_ST_BIND(sym->st_info);
	unsigned rank = bind == STB_GLOBAL ? 0 : bind == STB_WEAK ? 1 : 2;

	return 2 * rank + (kind == OTA_ELF_OTHER);
}

/* Size 0: not known, see give_sizes. */
static bool make_symbol(const struct reader *r, const GElf_Sym *sym, const char *name,
			struct ota_elf_symbol *symbol)
{
	bool in_row = sym->st_shndx < r->file->n_sections && sym->st_shndx < SHN_LORESERVE;
	struct place place = in_row ? r->place[sym->st_shndx] : (struct place){NO_SECTION, 0};
	const struct ota_elf_section *section;
	uint32_t value = (uint32_t)sym->st_value;
	uint32_t room;

	if (place.ours == NO_SECTION || !find_kind(sym, &symbol->kind) || is_mapping(name))
		return false;
	section = &r->map->section[place.ours];
	if (r->file->header.e_machine == EM_ARM && symbol->kind == OTA_ELF_FUNCTION)
		value &= ~THUMB_BIT;
	if (!section->has_bytes || value < place.addr || value - place.addr >= section->size)
		return false;
	room = section->size - (value - place.addr);
	symbol->name = name;
	symbol->file = GELF_ST_BIND(sym->st_info) == STB_LOCAL ? r->source : NULL;
	symbol->addr = section->addr + (value - place.addr);
	symbol->size = sym->st_size < room ? (uint32_t)sym->st_size : room;
	symbol->section = place.ours;
	symbol->rank = rank_of(sym, symbol->kind);
	return true;
}

static enum ota_err read_table(struct reader *r, Elf_Scn *scn, const GElf_Shdr *header,
			       struct ota_diag *diag)
{
	struct ota_elf_map *map = r->map;
	size_t n = (size_t)header->sh_size / sizeof(Elf32_Sym);
	size_t names = is_string_table(r, header->sh_link) ? header->sh_link : 0;
	Elf_Data *data = n > 0 && n <= INT_MAX ? elf_getdata(scn, NULL) : NULL;
	GElf_Sym sym;

	if (n == 0)
		return OTA_OK;
	if (!data)
		return ota_elf_fail(diag, "symbols");
	map->symbol = calloc(n, sizeof(*map->symbol));
	if (!map->symbol)
		return ota_fail(diag, OTA_E_MEMORY, "out of memory, %zu symbols wanted", n);
	for (size_t i = 0; i < n; i++) {
		const char *name;

		if (!gelf_getsym(data, (int)i, &sym))
			return ota_elf_fail(diag, "symbols");
		name = text_at(r, names, sym.st_name);
		if (GELF_ST_TYPE(sym.st_info) == STT_FILE)
			r->source = name;
		else if (name && make_symbol(r, &sym, name, &map->symbol[map->n_symbols]))
			map->n_symbols++;
	}
	return OTA_OK;
}

static int compare_symbols(const void *left, const void *right)
{
	const struct ota_elf_symbol *a = left;
	const struct ota_elf_symbol *b = right;
	int order;

	if (a->addr != b->addr)
		return a->addr < b->addr ? -1 : 1;
	if (a->size != b->size)
		return a->size > b->size ? -1 : 1;
	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	order = strcmp(a->name, b->name);
	return order != 0 ? order : strcmp(a->file ? a->file : "", b->file ? b->file : "");
}

/* Assembly often says where a function begins, but not how long it is: up to the next symbol. */
static void give_sizes(struct ota_elf_map *map)
{
	uint32_t next = 0; /* the address of the symbol behind, unless it is in another section */
	uint32_t next_section = NO_SECTION;

	/* Or as long as what has the same place and says so. */
	for (size_t i = 1; i < map->n_symbols; i++) {
		struct ota_elf_symbol *symbol = &map->symbol[i];

		if (symbol->size == 0 && symbol[-1].addr == symbol->addr)
			symbol->size = symbol[-1].size;
	}
	for (size_t i = map->n_symbols; i-- > 0;) {
		struct ota_elf_symbol *symbol = &map->symbol[i];
		const struct ota_elf_section *section = &map->section[symbol->section];
		uint32_t end = section->addr + section->size;

		if (symbol->size == 0)
			symbol->size =
				(symbol->section == next_section ? next : end) - symbol->addr;
		if (i > 0 && map->symbol[i - 1].addr != symbol->addr) {
			next = symbol->addr;
			next_section = symbol->section;
		}
	}
}

static void drop_aliases(struct ota_elf_map *map)
{
	size_t kept = 0;

	for (size_t i = 0; i < map->n_symbols; i++) {
		const struct ota_elf_symbol *symbol = &map->symbol[i];
		const struct ota_elf_symbol *last = kept > 0 ? &map->symbol[kept - 1] : NULL;

		if (last && last->addr == symbol->addr && last->size == symbol->size)
			map->n_aliases++;
		else
			map->symbol[kept++] = *symbol;
	}
	map->n_symbols = kept;
}

/* Of the first table: there is one at most. */
static enum ota_err find_table(struct reader *r, struct ota_diag *diag)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr header;

	while ((scn = elf_nextscn(r->file->elf, scn)) != NULL) {
		if (!gelf_getshdr(scn, &header))
			return ota_elf_fail(diag, "sections");
		if (header.sh_type == SHT_SYMTAB)
			return read_table(r, scn, &header, diag);
	}
	return OTA_OK;
}

static enum ota_err read_symbols(struct reader *r, struct ota_diag *diag)
{
	struct ota_elf_map *map = r->map;
	enum ota_err err = find_table(r, diag);

	if (err != OTA_OK || map->n_symbols == 0)
		return err;
	qsort(map->symbol, map->n_symbols, sizeof(*map->symbol), compare_symbols);
	give_sizes(map);
	qsort(map->symbol, map->n_symbols, sizeof(*map->symbol), compare_symbols);
	drop_aliases(map);
	return OTA_OK;
}

enum ota_err ota_elf_map_read(struct ota_span bytes, struct ota_elf_map *map, struct ota_diag *diag)
{
	struct reader r = {.map = map};
	enum ota_err err;

	*map = (struct ota_elf_map){.file = calloc(1, sizeof(*map->file))};
	if (!map->file)
		return ota_fail(diag, OTA_E_MEMORY, "out of memory for an ELF file");
	r.file = map->file;
	err = ota_elf_file_open(bytes, map->file, diag);
	if (err == OTA_OK)
		err = read_sections(&r, diag);
	if (err == OTA_OK)
		err = read_symbols(&r, diag);
	free(r.place);
	return err;
}

void ota_elf_map_free(struct ota_elf_map *map)
{
	free(map->section);
	free(map->symbol);
	if (map->file)
		ota_elf_file_close(map->file);
	free(map->file);
	*map = (struct ota_elf_map){.n_sections = 0};
}
