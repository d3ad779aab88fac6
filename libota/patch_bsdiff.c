// SPDX-License-Identifier: Apache-2.0
/* The row of BSDIFF40: three bzip2 streams around the plain codec in formats/. */
#include <inttypes.h>
#include <stdio.h>

#include "patch_bsdiff.h"
#include "patch_formats.h"
#include "stream_bz2.h"

const char *const ota_bsdiff_stream_names[BSDIFF_STREAMS] = {"control", "diff", "extra"};

static enum ota_err fail_header(struct ota_span patch, const struct ota_bsdiff_header *header,
				enum ota_err err, struct ota_diag *diag)
{
	if (patch.len < OTA_BSDIFF_HEADER_SIZE)
		return ota_fail(diag, err, "patch is %zu bytes, its header alone needs %u",
				patch.len, OTA_BSDIFF_HEADER_SIZE);
	if (err == OTA_E_TRUNCATED)
		return ota_fail(diag, err,
				"control and diff streams of %" PRId64 " and %" PRId64
				" bytes do not fit a patch of %zu",
				header->control_size, header->diff_size, patch.len);
	return ota_fail(diag, err,
			"patch header has a negative size: control %" PRId64 ", diff %" PRId64
			", new file %" PRId64,
			header->control_size, header->diff_size, header->new_size);
}

enum ota_err ota_bsdiff_take_apart(struct ota_span patch, struct bsdiff_parts *parts,
				   struct ota_diag *diag)
{
	enum ota_err err = ota_bsdiff_header_read(patch, &parts->header);
	struct ota_rd rd = ota_rd_init(ota_span_tail(patch, OTA_BSDIFF_HEADER_SIZE));

	if (err != OTA_OK)
		return fail_header(patch, &parts->header, err, diag);
	parts->stream[OTA_BSDIFF_CONTROL] = ota_rd_bytes(&rd, (size_t)parts->header.control_size);
	parts->stream[OTA_BSDIFF_DIFF] = ota_rd_bytes(&rd, (size_t)parts->header.diff_size);
	parts->stream[OTA_BSDIFF_EXTRA] = ota_rd_bytes(&rd, ota_rd_left(&rd));
	return rd.err;
}

/* -- describe --------------------------------------------------------------------------------- */

static uint64_t bz2_ram(unsigned level)
{
	return OTA_BZ2_RAM + (uint64_t)OTA_BZ2_RAM_PER_LEVEL * level;
}

static void fill_parts(const struct bsdiff_parts *parts, struct ota_delta_info *info)
{
	const uint64_t plain[BSDIFF_STREAMS] = {info->records * OTA_BSDIFF_RECORD_SIZE,
						info->blended, info->inserted};

	info->n_parts = 1 + BSDIFF_STREAMS;
	info->part[0] = (struct ota_delta_part){.name = "header",
						.bytes = OTA_BSDIFF_HEADER_SIZE,
						.plain_bytes = OTA_BSDIFF_HEADER_SIZE};
	for (size_t i = 0; i < BSDIFF_STREAMS; i++) {
		struct ota_delta_part *part = &info->part[1 + i];

		part->name = ota_bsdiff_stream_names[i];
		part->coding = "bzip2";
		part->bytes = parts->stream[i].len;
		part->plain_bytes = plain[i];
		part->level = ota_bz2_level(parts->stream[i]);
		info->decoder_ram += bz2_ram(part->level);
	}
}

static enum ota_err describe(struct ota_span patch, struct ota_delta_info *info,
			     struct ota_diag *diag)
{
	struct bsdiff_parts parts;
	struct bsdiff_content content;
	enum ota_err err = ota_bsdiff_take_apart(patch, &parts, diag);

	if (err == OTA_OK)
		err = ota_bsdiff_look_through(&parts, &content, diag);
	if (err != OTA_OK)
		return err;
	info->new_size = (uint64_t)parts.header.new_size;
	info->records = content.records;
	info->blended = content.blended;
	info->unchanged = content.unchanged;
	info->inserted = content.inserted;
	info->old_reach = content.old_reach;
	info->decoder_ram = OTA_BSDIFF_DEC_RAM;
	fill_parts(&parts, info);
	return OTA_OK;
}

/* Nothing is decompressed, which takes as long as applying the patch. */
static enum ota_err glance(struct ota_span patch, struct ota_delta_info *info,
			   struct ota_diag *diag)
{
	struct bsdiff_parts parts;
	enum ota_err err = ota_bsdiff_take_apart(patch, &parts, diag);

	if (err != OTA_OK)
		return err;
	info->new_size = (uint64_t)parts.header.new_size;
	info->decoder_ram = OTA_BSDIFF_DEC_RAM;
	fill_parts(&parts, info);
	return OTA_OK;
}

/* -- cost ------------------------------------------------------------------------------------- */

static enum ota_err cost_of_streams(const struct bsdiff_parts *parts, enum ota_place where,
				    struct ota_costs *costs, struct ota_diag *diag)
{
	for (size_t i = 0; i < BSDIFF_STREAMS; i++) {
		unsigned level = ota_bz2_level(parts->stream[i]);

		if (level == 0)
			return ota_fail(diag, OTA_E_MALFORMED, "%s stream is not bzip2",
					ota_bsdiff_stream_names[i]);
		ota_costs_add(costs, where, bz2_ram(level), "bzip2 decoder, %s stream, level %u",
			      ota_bsdiff_stream_names[i], level);
	}
	return OTA_OK;
}

/* BSDIFF40 reads old anywhere and writes new from front to back. */
static void cost_of_images(const struct ota_update *update, const struct ota_target *target,
			   struct ota_costs *costs)
{
	ota_costs_add(costs, OTA_PLACE_STACK, OTA_BSDIFF_DEC_STACK,
		      "patch decoder stack, bzip2's own not known");
	if (!target->old_mapped)
		ota_costs_add(costs, OTA_PLACE_RAM, update->old_len,
			      "old image, which cannot be read in place");
	if (ota_device_streams(target))
		ota_costs_add(costs, OTA_PLACE_RAM, update->patch.len,
			      "patch, which is read in three places at once");
	ota_device_cost_of_kept(target, BSDIFF_STREAMS, costs);
	ota_device_cost_of_new(update, target, costs);
}

static enum ota_err cost(const struct ota_update *update, const struct ota_target *target,
			 enum ota_applier applier, struct ota_costs *costs, struct ota_diag *diag)
{
	bool on_device = applier == OTA_APPLIED_ON_DEVICE;
	enum ota_place where = on_device ? OTA_PLACE_RAM : OTA_PLACE_GATEWAY;
	struct bsdiff_parts parts;
	enum ota_err err = ota_bsdiff_take_apart(update->patch, &parts, diag);

	if (err == OTA_OK)
		err = cost_of_streams(&parts, where, costs, diag);
	if (err != OTA_OK)
		return err;
	ota_costs_add(costs, where, OTA_BSDIFF_DEC_RAM, "patch decoder state");
	if (on_device)
		cost_of_images(update, target, costs);
	return OTA_OK;
}

/* Every stream at level 1; old and patch where they can be read at any place. */
static bool slim(const struct ota_target *target, const struct ota_decoder *decoder, uint64_t room,
		 struct ota_slim *slim)
{
	(void)decoder;
	*slim = (struct ota_slim){.ram = BSDIFF_STREAMS * bz2_ram(1) + OTA_BSDIFF_DEC_RAM +
					 ota_device_kept_pieces(target, BSDIFF_STREAMS) +
					 ota_device_page(target) +
					 (target->updater_stack > 0 ? 0 : OTA_BSDIFF_DEC_STACK),
				  .stack = OTA_BSDIFF_DEC_STACK};
	(void)snprintf(slim->how, sizeof(slim->how), "three streams of level 1");
	return slim->ram <= room && target->old_mapped && !ota_device_streams(target) &&
	       !ota_device_holds_new(target);
}

/* libbz2 has no way to put a decoder away. */
static uint64_t checkpoint(struct ota_span patch)
{
	(void)patch;
	return OTA_CHECKPOINT_NONE;
}

const struct ota_patch_format ota_patch_bsdiff = {
	.name = "bsdiff",
	.id = 1,
	.probe = ota_bsdiff_probe,
	.encode = ota_bsdiff_make,
	.effort = ota_bsdiff_effort,
	.decode = ota_bsdiff_decode,
	.prove = ota_bsdiff_prove,
	.describe = describe,
	.glance = glance,
	.cost = cost,
	.variants = ota_bsdiff_variants,
	.least_ram = ota_bsdiff_least_ram,
	.slim = slim,
	.checkpoint = checkpoint,
	.ram_formula = "3 * (64,144 + 250,000 * level) + state + old if not mapped + patch if "
		       "streamed + page",
	.ram_source = "formats/bsdiff.md, Compression and Decoder",
};
