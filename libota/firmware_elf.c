// SPDX-License-Identifier: Apache-2.0
/*
 * 32-bit ELF executables, as objcopy -O binary takes them: every section that is loaded and has
 * bytes in the file, at its load address; the gaps between sections are holes. A file without
 * sections goes by its segments. libelf decodes the headers; the bytes are taken from the file by
 * offsets that are checked here.
 */
#include <gelf.h>
#include <inttypes.h>
#include <stdlib.h>

#include "firmware_runs.h"

#define ADDRESS_END  0x100000000U
#define SEGMENT_SIZE sizeof(Elf32_Phdr)
#define SECTION_SIZE sizeof(Elf32_Shdr)
/* Every section is looked for in every segment. Firmware has a handful. */
#define SEGMENTS_MAX 64U

/* An open file. The headers are copies: libelf's own lie wherever a hostile file puts them. */
struct elf_file {
	struct ota_span bytes;
	Elf *elf;
	GElf_Ehdr header;
	GElf_Phdr segments[SEGMENTS_MAX];
	size_t n_segments;
	bool physical; /* p_paddr has a meaning */
	bool sections; /* some section is loaded: they say more than the segments */
};

/* -- the headers ------------------------------------------------------------------------------ */

static enum ota_err fail_libelf(struct ota_diag *diag, const char *what)
{
	const char *why = elf_errmsg(-1);

	return ota_fail(diag, OTA_E_MALFORMED, "ELF file: %s: %s", what, why ? why : "no reason");
}

/* `n` table rows of `size` bytes at `at` must be in the file: libelf leaves out what is not. */
static enum ota_err check_table(const struct elf_file *file, const char *name, uint64_t at,
				uint64_t n, uint64_t size, struct ota_diag *diag)
{
	if (n > 0 && (at > file->bytes.len || n > (file->bytes.len - at) / size))
		return ota_fail(diag, OTA_E_TRUNCATED,
				"ELF file: %s table ends at byte %" PRIu64 ", the file at %zu",
				name, at + n * size, file->bytes.len);
	return OTA_OK;
}

static enum ota_err check_header(const struct elf_file *file, struct ota_diag *diag)
{
	const GElf_Ehdr *header = &file->header;

	if (header->e_type == ET_EXEC || header->e_type == ET_DYN)
		return OTA_OK;
	return ota_fail(diag, OTA_E_UNSUPPORTED, "ELF file is %s, not an executable",
			header->e_type == ET_REL    ? "an object that is not linked yet"
			: header->e_type == ET_CORE ? "a core dump"
						    : "of an unknown type");
}

static enum ota_err read_tables(struct elf_file *file, struct ota_diag *diag)
{
	const GElf_Ehdr *header = &file->header;
	size_t n_sections = 0;
	enum ota_err err;

	if (header->e_phnum > 0 && header->e_phentsize != SEGMENT_SIZE)
		return ota_fail(diag, OTA_E_MALFORMED,
				"ELF file: segment headers of %u bytes, not %zu",
				(unsigned)header->e_phentsize, SEGMENT_SIZE);
	if (header->e_shoff > 0 && header->e_shentsize != SECTION_SIZE)
		return ota_fail(diag, OTA_E_MALFORMED,
				"ELF file: section headers of %u bytes, not %zu",
				(unsigned)header->e_shentsize, SECTION_SIZE);
	/* Row 0 first: it holds the numbers that do not fit into the header. */
	err = check_table(file, "section", header->e_shoff, header->e_shoff > 0, SECTION_SIZE,
			  diag);
	if (err != OTA_OK)
		return err;
	if (elf_getshdrnum(file->elf, &n_sections) != 0)
		return fail_libelf(diag, "sections");
	if (n_sections < header->e_shnum)
		n_sections = header->e_shnum;
	err = check_table(file, "section", header->e_shoff, n_sections, SECTION_SIZE, diag);
	if (err == OTA_OK)
		err = check_table(file, "segment", header->e_phoff, header->e_phnum, SEGMENT_SIZE,
				  diag);
	if (err != OTA_OK || header->e_phnum == 0)
		return err;
	if (header->e_phnum > SEGMENTS_MAX)
		return ota_fail(diag, OTA_E_UNSUPPORTED,
				"ELF file has %u segments, at most %u are taken",
				(unsigned)header->e_phnum, SEGMENTS_MAX);
	file->n_segments = header->e_phnum;
	for (int i = 0; i < header->e_phnum; i++) {
		if (!gelf_getphdr(file->elf, i, &file->segments[i]))
			return fail_libelf(diag, "segments");
	}
	return OTA_OK;
}

static enum ota_err open_file(struct elf_file *file, char *copy, struct ota_diag *diag)
{
	if (elf_version(EV_CURRENT) == EV_NONE)
		return fail_libelf(diag, "libelf's version");
	file->elf = elf_memory(copy, file->bytes.len);
	if (!file->elf)
		return fail_libelf(diag, "header");
	if (elf_kind(file->elf) != ELF_K_ELF)
		return ota_fail(diag, OTA_E_MALFORMED, "no ELF file, or its header is cut off");
	if (gelf_getclass(file->elf) != ELFCLASS32)
		return ota_fail(diag, OTA_E_UNSUPPORTED, "ELF file is 64-bit, only 32-bit is read");
	if (!gelf_getehdr(file->elf, &file->header))
		return fail_libelf(diag, "header");
	return OTA_OK;
}

/* -- what is loaded --------------------------------------------------------------------------- */

static bool is_loaded_segment(const GElf_Phdr *segment)
{
	return segment->p_type == PT_LOAD && segment->p_filesz > 0;
}

static bool is_loaded_section(const GElf_Shdr *section)
{
	return (section->sh_flags & SHF_ALLOC) && section->sh_type != SHT_NOBITS &&
	       section->sh_type != SHT_NULL && section->sh_size > 0;
}

/* The first section after `scn` that is loaded, NULL when there is none. */
static Elf_Scn *next_loaded(const struct elf_file *file, Elf_Scn *scn, GElf_Shdr *header)
{
	while ((scn = elf_nextscn(file->elf, scn)) != NULL) {
		if (gelf_getshdr(scn, header) && is_loaded_section(header))
			return scn;
	}
	return NULL;
}

/* Some linkers leave every p_paddr 0; with several segments that is no place to load them. */
static void look_at_segments(struct elf_file *file, size_t *n_loaded)
{
	GElf_Shdr unused;

	*n_loaded = 0;
	for (size_t i = 0; i < file->n_segments; i++) {
		if (!is_loaded_segment(&file->segments[i]))
			continue;
		++*n_loaded;
		if (file->segments[i].p_paddr != 0)
			file->physical = true;
	}
	if (*n_loaded == 1)
		file->physical = true;
	file->sections = next_loaded(file, NULL, &unused) != NULL;
}

/* Bytes of the file that belong at `at` of the device. */
struct piece {
	const char *what; /* section or segment */
	uint64_t at;
	uint64_t offset;
	uint64_t len;
};

static enum ota_err add(const struct elf_file *file, struct ota_runs *runs, struct piece piece,
			struct ota_diag *diag)
{
	struct ota_span bytes;

	if (piece.offset > file->bytes.len || piece.len > file->bytes.len - piece.offset)
		return ota_fail(diag, OTA_E_TRUNCATED,
				"ELF file: a %s ends at byte %" PRIu64 ", the file at %zu",
				piece.what, piece.offset + piece.len, file->bytes.len);
	if (piece.at >= ADDRESS_END || piece.len > ADDRESS_END - piece.at)
		return ota_fail(diag, OTA_E_MALFORMED,
				"ELF file: a %s of %" PRIu64 " bytes at 0x%08" PRIx64
				" runs beyond 4 GiB",
				piece.what, piece.len, piece.at);
	bytes = ota_span_sub(file->bytes, (size_t)piece.offset, (size_t)piece.len);
	return ota_runs_add(runs, (uint32_t)piece.at, bytes, diag);
}

static enum ota_err add_segments(const struct elf_file *file, struct ota_runs *runs,
				 struct ota_diag *diag)
{
	enum ota_err err = OTA_OK;

	for (size_t i = 0; err == OTA_OK && i < file->n_segments; i++) {
		const GElf_Phdr *segment = &file->segments[i];
		struct piece piece = {"segment",
				      file->physical ? segment->p_paddr : segment->p_vaddr,
				      segment->p_offset, segment->p_filesz};

		if (is_loaded_segment(segment))
			err = add(file, runs, piece, diag);
	}
	return err;
}

static bool holds(const GElf_Phdr *segment, const GElf_Shdr *section)
{
	return is_loaded_segment(segment) && section->sh_offset >= segment->p_offset &&
	       section->sh_offset - segment->p_offset <= segment->p_filesz &&
	       section->sh_size <= segment->p_filesz - (section->sh_offset - segment->p_offset) &&
	       section->sh_addr >= segment->p_vaddr &&
	       section->sh_addr - segment->p_vaddr <= segment->p_memsz &&
	       section->sh_size <= segment->p_memsz - (section->sh_addr - segment->p_vaddr);
}

/* Where a section is loaded: as far into its segment in the device's memory as in the file. */
static uint64_t load_address(const struct elf_file *file, const GElf_Shdr *section)
{
	for (size_t i = 0; file->physical && i < file->n_segments; i++) {
		const GElf_Phdr *segment = &file->segments[i];

		if (holds(segment, section))
			return segment->p_paddr + section->sh_offset - segment->p_offset;
	}
	return section->sh_addr;
}

static enum ota_err add_sections(const struct elf_file *file, struct ota_runs *runs,
				 struct ota_diag *diag)
{
	GElf_Shdr section;
	enum ota_err err = OTA_OK;
	Elf_Scn *scn = NULL;

	while (err == OTA_OK && (scn = next_loaded(file, scn, &section)) != NULL) {
		struct piece piece = {"section", load_address(file, &section), section.sh_offset,
				      section.sh_size};

		err = add(file, runs, piece, diag);
	}
	return err;
}

static enum ota_err collect(struct elf_file *file, char *copy, struct ota_runs *runs,
			    struct ota_diag *diag)
{
	enum ota_err err = open_file(file, copy, diag);
	struct ota_runs segments = {.n = 0};
	size_t n_loaded = 0;
	uint32_t at = 0;

	if (err == OTA_OK)
		err = check_header(file, diag);
	if (err == OTA_OK)
		err = read_tables(file, diag);
	if (err != OTA_OK)
		return err;
	look_at_segments(file, &n_loaded);
	if (n_loaded == 0)
		return ota_fail(diag, OTA_E_MALFORMED,
				"ELF file has no segment with bytes to load, of %zu segments",
				file->n_segments);
	/* Segments are checked in any case: a loader goes by them. */
	err = add_segments(file, &segments, diag);
	if (err == OTA_OK && file->sections)
		err = add_sections(file, runs, diag);
	if (err == OTA_OK && !file->sections) {
		*runs = segments;
		segments = (struct ota_runs){.n = 0};
	}
	ota_runs_free(&segments);
	if (err == OTA_OK && ota_runs_sort(runs, &at))
		return ota_fail(diag, OTA_E_MALFORMED,
				"ELF file: two %s both have data for address 0x%08" PRIx32,
				file->sections ? "sections" : "segments", at);
	return err;
}

enum ota_err ota_firmware_read_elf(struct ota_span bytes, size_t ceiling,
				   struct ota_firmware *firmware, struct ota_diag *diag)
{
	struct elf_file file = {.bytes = bytes};
	struct ota_runs runs = {.n = 0};
	enum ota_err err;
	char *copy;

	if (bytes.len == 0)
		return ota_fail(diag, OTA_E_TRUNCATED, "file is empty");
	/* libelf asks for memory that may be changed. */
	copy = malloc(bytes.len);
	if (!copy)
		return ota_fail(diag, OTA_E_MEMORY, "out of memory, %zu bytes wanted", bytes.len);
	memcpy(copy, bytes.data, bytes.len);
	err = collect(&file, copy, &runs, diag);
	if (err == OTA_OK)
		err = ota_runs_join(&runs, ceiling, firmware, diag);
	if (err == OTA_OK) {
		firmware->has_entry = true;
		firmware->entry = (uint32_t)file.header.e_entry;
	}
	ota_runs_free(&runs);
	elf_end(file.elf);
	free(copy);
	return err;
}
