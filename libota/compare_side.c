// SPDX-License-Identifier: Apache-2.0
/* One firmware of a comparison: its bytes, and what an ELF file says about them. */
#include <inttypes.h>
#include <stdlib.h>

#include <ota/delta_update.h>

#include "compare_parts.h"

/* Sections that a firmware may begin with are tried up to this many. */
#define BEGINS_MAX 64U
/* Bytes that tools put in after the link: checksums of vector tables, hashes, versions. */
#define MISFIT_MAX 64U
/* So many more bytes that differ than are the same, and it is no use to look on. */
#define MISFIT_STOP 0x10000U

static enum ota_err fail_kind(const char *what, struct ota_diag *diag)
{
	enum ota_err err = ota_fail(diag, OTA_E_UNSUPPORTED, "is %s, no firmware", what);

	ota_hint(diag, "compare takes the firmwares and makes the patch itself; inspect --old OLD "
		       "tells what a patch that exists is spent on");
	return err;
}

/* The flashed bytes: an image's without what follows it. */
static enum ota_err find_bytes(struct ota_compare_side *side, struct ota_diag *diag)
{
	struct ota_span bytes = ota_buf_span(&side->firmware.bytes);
	enum ota_err err;

	if (bytes.len == 0)
		return ota_fail(diag, OTA_E_TRUNCATED, "file is empty");
	if (ota_delta_update_probe(bytes))
		return fail_kind("a delta update", diag);
	if (!side->firmware.has_base && ota_delta_probe(bytes))
		return fail_kind("a patch", diag);
	side->bytes = bytes;
	side->has_base = side->firmware.has_base;
	side->base = side->firmware.base;
	side->is_image = ota_image_probe(bytes);
	if (!side->is_image)
		return OTA_OK;
	err = ota_image_open(bytes, &side->image, diag);
	if (err != OTA_OK)
		return err;
	side->bytes = side->image.bytes;
	side->left_out = bytes.len - side->bytes.len;
	return OTA_OK;
}

/* -- an ELF file of an image ------------------------------------------------------------------- */

/* How well sections lie on the body when one of them is where it begins. */
struct fit {
	uint32_t base; /* of the firmware's first byte */
	uint64_t same;
	uint64_t differ;
	const char *section; /* the first that differs, and where */
	uint64_t addr;
};

static struct ota_body body_of(const struct ota_compare_side *side)
{
	const struct ota_image_header *header = &side->image.header;

	if (!side->is_image)
		return (struct ota_body){0, (uint32_t)side->bytes.len};
	return (struct ota_body){header->hdr_size, header->hdr_size + header->img_size};
}

static void differ(struct fit *fit, const struct ota_elf_section *section, uint64_t addr,
		   uint64_t n)
{
	if (fit->differ == 0) {
		fit->section = section->name;
		fit->addr = addr;
	}
	fit->differ += n;
}

/* What of the section lies in the header's place is the header's; none of it may stick out behind.
 */
static void lay_on(const struct ota_compare_side *side, const struct ota_elf_section *section,
		   struct fit *fit)
{
	struct ota_body body = body_of(side);
	uint64_t at = (uint64_t)section->addr - fit->base;
	size_t skip = at < body.at ? (size_t)(body.at - at) : 0;
	struct ota_span bytes = ota_span_tail(section->bytes, skip);
	struct ota_span there;

	at += skip;
	if (at >= body.end)
		return;
	there = ota_span_sub(side->bytes, (size_t)at, body.end - (size_t)at);
	if (bytes.len > there.len)
		differ(fit, section, (uint64_t)fit->base + body.end, bytes.len - there.len);
	bytes = ota_span_head(bytes, there.len);
	for (size_t i = 0; i < bytes.len; i++) {
		if (bytes.data[i] == there.data[i])
			fit->same++;
		else
			differ(fit, section, fit->base + at + i, 1);
	}
}

static struct fit try_base(const struct ota_compare_side *side, uint32_t base)
{
	const struct ota_elf_map *map = side->map;
	struct fit fit = {.base = base};

	for (size_t i = 0; i < map->n_loaded; i++) {
		const struct ota_elf_section *section = &map->section[i];

		if (fit.differ > fit.same && fit.differ - fit.same > MISFIT_STOP)
			break;
		if (section->addr >= base)
			lay_on(side, section, &fit);
	}
	return fit;
}

static bool is_better(const struct fit *fit, const struct fit *best)
{
	if ((fit->differ <= MISFIT_MAX) != (best->differ <= MISFIT_MAX))
		return fit->differ <= MISFIT_MAX;
	return fit->same > best->same;
}

/* Where the header's place is part of the ELF file, or is not; each section may be the first. */
static struct fit find_base(const struct ota_compare_side *side)
{
	const struct ota_elf_map *map = side->map;
	uint32_t header = body_of(side).at;
	struct fit best = {.differ = UINT64_MAX};

	if (side->has_base)
		return try_base(side, side->base);
	for (size_t i = 0; i < map->n_loaded && i < BEGINS_MAX; i++) {
		uint32_t addr = map->section[i].addr;
		struct fit fit = try_base(side, addr);

		if (is_better(&fit, &best))
			best = fit;
		if (header == 0 || addr < header)
			continue;
		fit = try_base(side, addr - header);
		if (is_better(&fit, &best))
			best = fit;
	}
	return best;
}

static enum ota_err fail_fit(const struct ota_compare_side *side, const struct fit *fit,
			     struct ota_diag *diag)
{
	uint32_t packed = OTA_IMAGE_F_ENCRYPTED_AES128 | OTA_IMAGE_F_ENCRYPTED_AES256 |
			  OTA_IMAGE_F_COMPRESSED_LZMA1 | OTA_IMAGE_F_COMPRESSED_LZMA2;
	enum ota_err err;

	/* Where it differs tells something only when most of it is right. */
	if (fit->section && fit->same > fit->differ)
		err = ota_fail(diag, OTA_E_MALFORMED,
			       "the ELF file is of another build: %" PRIu64
			       " bytes differ, the first in %s at 0x%08" PRIx64,
			       fit->differ, fit->section, fit->addr);
	else
		err = ota_fail(diag, OTA_E_MALFORMED,
			       "the ELF file is of another firmware: its bytes are not there");
	if (side->is_image && (side->image.header.flags & packed))
		ota_hint(diag, "the image is encrypted or compressed: compare what went into it");
	return err;
}

static enum ota_err place_elf(struct ota_compare_side *side, struct ota_diag *diag)
{
	struct ota_body body = body_of(side);
	struct fit fit = find_base(side);

	if (fit.differ > MISFIT_MAX || fit.same < (body.end - body.at) / 2 || fit.same == 0)
		return fail_fit(side, &fit, diag);
	side->has_base = true;
	side->base = fit.base;
	side->misfit = (size_t)fit.differ;
	return OTA_OK;
}

static enum ota_err read_map(const struct ota_compare_file *file, struct ota_compare_side *side,
			     struct ota_diag *diag)
{
	bool is_elf = file->kind == OTA_FIRMWARE_ELF;
	enum ota_err err;

	side->map = calloc(1, sizeof(*side->map));
	if (!side->map)
		return ota_fail(diag, OTA_E_MEMORY, "out of memory for an ELF file's map");
	err = ota_elf_map_read(is_elf ? file->bytes : file->elf, side->map, diag);
	if (err == OTA_OK && !is_elf)
		err = place_elf(side, diag);
	side->n_sections = side->map->n_loaded;
	side->n_symbols = side->map->n_symbols;
	side->n_aliases = side->map->n_aliases;
	return err;
}

enum ota_err ota_compare_read(const struct ota_compare_file *file, struct ota_compare_side *side,
			      struct ota_diag *diag)
{
	enum ota_err err;

	*side = (struct ota_compare_side){.is_image = false};
	err = ota_firmware_read(file->bytes, file->kind, OTA_COMPARE_MAX, &side->firmware, diag);
	if (err == OTA_OK && side->firmware.cut_off)
		err = ota_fail(diag, OTA_E_TRUNCATED, "has no end record: it may be cut off");
	if (err == OTA_OK)
		err = find_bytes(side, diag);
	if (err == OTA_OK && (file->kind == OTA_FIRMWARE_ELF || file->elf.len > 0))
		err = read_map(file, side, diag);
	return err;
}

void ota_compare_side_free(struct ota_compare_side *side)
{
	if (side->map)
		ota_elf_map_free(side->map);
	free(side->map);
	ota_firmware_free(&side->firmware);
	*side = (struct ota_compare_side){.is_image = false};
}
