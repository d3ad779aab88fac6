// SPDX-License-Identifier: Apache-2.0
/*
 * A 32-bit ELF executable, opened with libelf: what firmware_elf.c takes the bytes of, and
 * elf_symbols.c the names. libelf decodes; what it hands out of a hostile file is checked here.
 */
#ifndef ELF_FILE_H
#define ELF_FILE_H

#include <gelf.h>

#include <ota/firmware.h>

/* Every section is looked for in every segment. Firmware has a handful. */
#define OTA_ELF_SEGMENTS_MAX 64U

/* Zeroed, it is empty and may be closed. Headers are copies: libelf's own lie anywhere. */
struct ota_elf_file {
	struct ota_span bytes; /* a copy, for libelf asks for memory that may be changed */
	char *copy;            /* owned */
	Elf *elf;              /* owned */
	GElf_Ehdr header;
	size_t n_sections; /* rows of the section table, which is inside the file */
	GElf_Phdr segments[OTA_ELF_SEGMENTS_MAX];
	size_t n_segments;
	size_t n_loaded; /* segments with bytes to load */
	bool physical;   /* p_paddr has a meaning */
};

/*
 * Opens it. OTA_E_MALFORMED, OTA_E_TRUNCATED: no ELF file, or one whose tables are not inside it.
 * OTA_E_UNSUPPORTED: 64-bit, no executable, too many segments. OTA_E_MEMORY. The caller closes it,
 * also on failure.
 */
OTA_MUST_CHECK enum ota_err ota_elf_file_open(struct ota_span bytes, struct ota_elf_file *file,
					      struct ota_diag *diag);

void ota_elf_file_close(struct ota_elf_file *file);

/* It has bytes in the file. */
bool ota_elf_is_loaded_segment(const GElf_Phdr *segment);
bool ota_elf_is_loaded_section(const GElf_Shdr *section);

/* Where a section is loaded: as far into its segment in the device's memory as in the file. */
uint64_t ota_elf_load_address(const struct ota_elf_file *file, const GElf_Shdr *section);

/* Bytes of the file that belong at `at` of the device. */
struct ota_elf_piece {
	const char *what; /* section or segment */
	uint64_t at;
	uint64_t offset;
	uint64_t len;
};

/*
 * Its bytes; they last as long as the file. OTA_E_TRUNCATED: they are not inside the file.
 * OTA_E_MALFORMED: they do not end below 4 GiB of the device.
 */
OTA_MUST_CHECK enum ota_err ota_elf_piece_bytes(const struct ota_elf_file *file,
						struct ota_elf_piece piece, struct ota_span *bytes,
						struct ota_diag *diag);

/* OTA_E_MALFORMED, or OTA_E_MEMORY when that was it, with what libelf says. */
enum ota_err ota_elf_fail(struct ota_diag *diag, const char *what);

#endif
