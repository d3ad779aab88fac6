// SPDX-License-Identifier: Apache-2.0
/*
 * What a 32-bit ELF executable says about its bytes: sections and symbols, at the addresses they
 * are loaded to. The file's bytes themselves are ota_firmware_read's.
 */
#ifndef ELF_SYMBOLS_H
#define ELF_SYMBOLS_H

#include <ota/firmware.h>

/* A section that takes memory in the device. Borrows from the map. */
struct ota_elf_section {
	const char *name;
	uint32_t addr; /* where it is loaded; without bytes: where it runs */
	uint32_t size;
	bool has_bytes; /* false: RAM only, as .bss */
	struct ota_span bytes;
};

enum ota_elf_symbol_kind {
	OTA_ELF_FUNCTION,
	OTA_ELF_OBJECT,
	OTA_ELF_OTHER, /* of no type, as assembly has them */
};

/* A symbol in a section that has bytes. Borrows from the map. */
struct ota_elf_symbol {
	const char *name;
	const char *file; /* a local one's source file; NULL: global, or not known */
	uint32_t addr;    /* its first byte's, loaded */
	uint32_t size;    /* inside its section, not 0 */
	uint32_t section; /* index of ours */
	enum ota_elf_symbol_kind kind;
	unsigned rank; /* of aliases the lowest is taken */
};

struct ota_elf_file;

/* Zeroed, it is empty and may be freed. */
struct ota_elf_map {
	struct ota_elf_file *file;       /* owned: it has the names and bytes */
	struct ota_elf_section *section; /* owned; by address, those with bytes first */
	size_t n_sections;
	size_t n_loaded; /* sections with bytes */
	/* Owned; by address, larger before smaller. */
	struct ota_elf_symbol *symbol;
	size_t n_symbols;
	size_t n_aliases; /* left out: the same bytes under another name */
};

/*
 * Reads the map of an executable. A symbol that lies in no section, or whose name is broken, is
 * left out; the rest of one that reaches beyond its section too. OTA_E_MALFORMED, OTA_E_TRUNCATED:
 * no ELF file; a table or a section is not inside it; two sections overlap. OTA_E_UNSUPPORTED:
 * 64-bit, no executable, more segments or sections than are taken. OTA_E_MEMORY. The caller frees
 * `map`, also on failure.
 */
OTA_MUST_CHECK enum ota_err ota_elf_map_read(struct ota_span bytes, struct ota_elf_map *map,
					     struct ota_diag *diag);

void ota_elf_map_free(struct ota_elf_map *map);

#endif
