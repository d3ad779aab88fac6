// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <stdlib.h>

#include "elf_file.h"

#define ADDRESS_END  0x100000000U
#define SEGMENT_SIZE sizeof(Elf32_Phdr)
#define SECTION_SIZE sizeof(Elf32_Shdr)

enum ota_err ota_elf_fail(struct ota_diag *diag, const char *what)
{
	const char *why = elf_errmsg(-1);
	/* libelf's numbers are its own; its words are in English, as no locale is set. */
	bool no_memory = why && strcmp(why, "out of memory") == 0;

	return ota_fail(diag, no_memory ? OTA_E_MEMORY : OTA_E_MALFORMED, "ELF file: %s: %s", what,
			why ? why : "no reason");
}

/* -- the headers ------------------------------------------------------------------------------ */

/* `n` table rows of `size` bytes at `at` must be in the file: libelf leaves out what is not. */
static enum ota_err check_table(const struct ota_elf_file *file, const char *name, uint64_t at,
				uint64_t n, uint64_t size, struct ota_diag *diag)
{
	if (n > 0 && (at > file->bytes.len || n > (file->bytes.len - at) / size))
		return ota_fail(diag, OTA_E_TRUNCATED,
				"ELF file: %s table ends at byte %" PRIu64 ", the file at %zu",
				name, at + n * size, file->bytes.len);
	return OTA_OK;
}

static enum ota_err check_header(const struct ota_elf_file *file, struct ota_diag *diag)
{
	const GElf_Ehdr *header = &file->header;

	if (header->e_type != ET_EXEC && header->e_type != ET_DYN)
		return ota_fail(diag, OTA_E_UNSUPPORTED, "ELF file is %s, not an executable",
				header->e_type == ET_REL    ? "an object that is not linked yet"
				: header->e_type == ET_CORE ? "a core dump"
							    : "of an unknown type");
	if (header->e_phnum > 0 && header->e_phentsize != SEGMENT_SIZE)
		return ota_fail(diag, OTA_E_MALFORMED,
				"ELF file: segment headers of %u bytes, not %zu",
				(unsigned)header->e_phentsize, SEGMENT_SIZE);
	if (header->e_shoff > 0 && header->e_shentsize != SECTION_SIZE)
		return ota_fail(diag, OTA_E_MALFORMED,
				"ELF file: section headers of %u bytes, not %zu",
				(unsigned)header->e_shentsize, SECTION_SIZE);
	return OTA_OK;
}

static enum ota_err read_section_table(struct ota_elf_file *file, struct ota_diag *diag)
{
	const GElf_Ehdr *header = &file->header;
	/* Row 0 first: it holds the numbers that do not fit into the header. */
	enum ota_err err = check_table(file, "section", header->e_shoff, header->e_shoff > 0,
				       SECTION_SIZE, diag);

	if (err != OTA_OK)
		return err;
	if (elf_getshdrnum(file->elf, &file->n_sections) != 0)
		return ota_elf_fail(diag, "sections");
	if (file->n_sections < header->e_shnum)
		file->n_sections = header->e_shnum;
	return check_table(file, "section", header->e_shoff, file->n_sections, SECTION_SIZE, diag);
}

static enum ota_err read_segments(struct ota_elf_file *file, struct ota_diag *diag)
{
	const GElf_Ehdr *header = &file->header;
	enum ota_err err =
		check_table(file, "segment", header->e_phoff, header->e_phnum, SEGMENT_SIZE, diag);

	if (err != OTA_OK)
		return err;
	if (header->e_phnum > OTA_ELF_SEGMENTS_MAX)
		return ota_fail(diag, OTA_E_UNSUPPORTED,
				"ELF file has %u segments, at most %u are taken",
				(unsigned)header->e_phnum, OTA_ELF_SEGMENTS_MAX);
	file->n_segments = header->e_phnum;
	for (int i = 0; i < header->e_phnum; i++) {
		if (!gelf_getphdr(file->elf, i, &file->segments[i]))
			return ota_elf_fail(diag, "segments");
	}
	return OTA_OK;
}

/* Some linkers leave every p_paddr 0; with several segments that is no place to load them. */
static void look_at_segments(struct ota_elf_file *file)
{
	for (size_t i = 0; i < file->n_segments; i++) {
		if (!ota_elf_is_loaded_segment(&file->segments[i]))
			continue;
		file->n_loaded++;
		if (file->segments[i].p_paddr != 0)
			file->physical = true;
	}
	if (file->n_loaded == 1)
		file->physical = true;
}

static enum ota_err open_copy(struct ota_elf_file *file, struct ota_diag *diag)
{
	if (elf_version(EV_CURRENT) == EV_NONE)
		return ota_elf_fail(diag, "libelf's version");
	file->elf = elf_memory(file->copy, file->bytes.len);
	if (!file->elf)
		return ota_elf_fail(diag, "header");
	if (elf_kind(file->elf) != ELF_K_ELF)
		return ota_fail(diag, OTA_E_MALFORMED, "no ELF file, or its header is cut off");
	if (gelf_getclass(file->elf) != ELFCLASS32)
		return ota_fail(diag, OTA_E_UNSUPPORTED, "ELF file is 64-bit, only 32-bit is read");
	if (!gelf_getehdr(file->elf, &file->header))
		return ota_elf_fail(diag, "header");
	return OTA_OK;
}

enum ota_err ota_elf_file_open(struct ota_span bytes, struct ota_elf_file *file,
			       struct ota_diag *diag)
{
	enum ota_err err;

	*file = (struct ota_elf_file){.elf = NULL};
	if (bytes.len == 0)
		return ota_fail(diag, OTA_E_TRUNCATED, "file is empty");
	file->copy = malloc(bytes.len);
	if (!file->copy)
		return ota_fail(diag, OTA_E_MEMORY, "out of memory, %zu bytes wanted", bytes.len);
	memcpy(file->copy, bytes.data, bytes.len);
	file->bytes = ota_span_of(file->copy, bytes.len);
	err = open_copy(file, diag);
	if (err == OTA_OK)
		err = check_header(file, diag);
	if (err == OTA_OK)
		err = read_section_table(file, diag);
	if (err == OTA_OK)
		err = read_segments(file, diag);
	if (err == OTA_OK)
		look_at_segments(file);
	return err;
}

void ota_elf_file_close(struct ota_elf_file *file)
{
	elf_end(file->elf);
	free(file->copy);
	*file = (struct ota_elf_file){.elf = NULL};
}

/* -- what is loaded --------------------------------------------------------------------------- */

bool ota_elf_is_loaded_segment(const GElf_Phdr *segment)
{
	return segment->p_type == PT_LOAD && segment->p_filesz > 0;
}

bool ota_elf_is_loaded_section(const GElf_Shdr *section)
{
	return (section->sh_flags & SHF_ALLOC) && section->sh_type != SHT_NOBITS &&
	       section->sh_type != SHT_NULL && section->sh_size > 0;
}

static bool holds(const GElf_Phdr *segment, const GElf_Shdr *section)
{
	return ota_elf_is_loaded_segment(segment) && section->sh_offset >= segment->p_offset &&
	       section->sh_offset - segment->p_offset <= segment->p_filesz &&
	       section->sh_size <= segment->p_filesz - (section->sh_offset - segment->p_offset) &&
	       section->sh_addr >= segment->p_vaddr &&
	       section->sh_addr - segment->p_vaddr <= segment->p_memsz &&
	       section->sh_size <= segment->p_memsz - (section->sh_addr - segment->p_vaddr);
}

uint64_t ota_elf_load_address(const struct ota_elf_file *file, const GElf_Shdr *section)
{
	for (size_t i = 0; file->physical && i < file->n_segments; i++) {
		const GElf_Phdr *segment = &file->segments[i];

		if (holds(segment, section))
			return segment->p_paddr + section->sh_offset - segment->p_offset;
	}
	return section->sh_addr;
}

enum ota_err ota_elf_piece_bytes(const struct ota_elf_file *file, struct ota_elf_piece piece,
				 struct ota_span *bytes, struct ota_diag *diag)
{
	if (piece.offset > file->bytes.len || piece.len > file->bytes.len - piece.offset)
		return ota_fail(diag, OTA_E_TRUNCATED,
				"ELF file: a %s ends at byte %" PRIu64 ", the file at %zu",
				piece.what, piece.offset + piece.len, file->bytes.len);
	if (piece.at >= ADDRESS_END || piece.len > ADDRESS_END - piece.at)
		return ota_fail(diag, OTA_E_MALFORMED,
				"ELF file: a %s of %" PRIu64 " bytes at 0x%08" PRIx64
				" runs beyond 4 GiB",
				piece.what, piece.len, piece.at);
	*bytes = ota_span_sub(file->bytes, (size_t)piece.offset, (size_t)piece.len);
	return OTA_OK;
}
