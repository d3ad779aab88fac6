// SPDX-License-Identifier: Apache-2.0
/*
 * 32-bit ELF executables, as objcopy -O binary takes them: every section that is loaded and has
 * bytes in the file, at its load address; the gaps between sections are holes. A file without
 * sections goes by its segments.
 */
#include <inttypes.h>

#include "elf_file.h"
#include "firmware_runs.h"

static enum ota_err add(const struct ota_elf_file *file, struct ota_runs *runs,
			struct ota_elf_piece piece, struct ota_diag *diag)
{
	struct ota_span bytes;
	enum ota_err err = ota_elf_piece_bytes(file, piece, &bytes, diag);

	return err == OTA_OK ? ota_runs_add(runs, (uint32_t)piece.at, bytes, diag) : err;
}

static enum ota_err add_segments(const struct ota_elf_file *file, struct ota_runs *runs,
				 struct ota_diag *diag)
{
	enum ota_err err = OTA_OK;

	for (size_t i = 0; err == OTA_OK && i < file->n_segments; i++) {
		const GElf_Phdr *segment = &file->segments[i];
		struct ota_elf_piece piece = {"segment",
					      file->physical ? segment->p_paddr : segment->p_vaddr,
					      segment->p_offset, segment->p_filesz};

		if (ota_elf_is_loaded_segment(segment))
			err = add(file, runs, piece, diag);
	}
	return err;
}

static enum ota_err add_sections(const struct ota_elf_file *file, struct ota_runs *runs,
				 struct ota_diag *diag)
{
	GElf_Shdr section;
	enum ota_err err = OTA_OK;
	Elf_Scn *scn = NULL;

	while (err == OTA_OK && (scn = elf_nextscn(file->elf, scn)) != NULL) {
		struct ota_elf_piece piece = {.what = "section"};

		if (!gelf_getshdr(scn, &section))
			return ota_elf_fail(diag, "sections");
		if (!ota_elf_is_loaded_section(&section))
			continue;
		piece.at = ota_elf_load_address(file, &section);
		piece.offset = section.sh_offset;
		piece.len = section.sh_size;
		err = add(file, runs, piece, diag);
	}
	return err;
}

/* Sections say more than segments, where there are any; a loader goes by segments. */
static enum ota_err collect(const struct ota_elf_file *file, struct ota_runs *runs,
			    struct ota_diag *diag)
{
	struct ota_runs segments = {.n = 0};
	enum ota_err err;
	uint32_t at = 0;
	bool by_section;

	if (file->n_loaded == 0)
		return ota_fail(diag, OTA_E_MALFORMED,
				"ELF file has no segment with bytes to load, of %zu segments",
				file->n_segments);
	/* Checked in any case. */
	err = add_segments(file, &segments, diag);
	if (err == OTA_OK)
		err = add_sections(file, runs, diag);
	by_section = runs->n > 0;
	if (err == OTA_OK && !by_section) {
		*runs = segments;
		segments = (struct ota_runs){.n = 0};
	}
	ota_runs_free(&segments);
	if (err == OTA_OK && ota_runs_sort(runs, &at))
		return ota_fail(diag, OTA_E_MALFORMED,
				"ELF file: two %s both have data for address 0x%08" PRIx32,
				by_section ? "sections" : "segments", at);
	return err;
}

enum ota_err ota_firmware_read_elf(struct ota_span bytes, size_t ceiling,
				   struct ota_firmware *firmware, struct ota_diag *diag)
{
	struct ota_runs runs = {.n = 0};
	struct ota_elf_file file;
	enum ota_err err = ota_elf_file_open(bytes, &file, diag);

	if (err == OTA_OK)
		err = collect(&file, &runs, diag);
	if (err == OTA_OK)
		err = ota_runs_join(&runs, ceiling, firmware, diag);
	if (err == OTA_OK) {
		firmware->has_entry = true;
		firmware->entry = (uint32_t)file.header.e_entry;
	}
	ota_runs_free(&runs);
	ota_elf_file_close(&file);
	return err;
}
