// SPDX-License-Identifier: Apache-2.0
/* The row of otd, reading side: memory, words and costs around the decoder in formats/. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "patch_otd.h"

/* Room made for a new image before a byte of it is decoded; it doubles after that. */
#define ROOM_AT_FIRST ((size_t)1024 * 1024)
/* New bytes that are decoded before they are compared. */
#define PAGE 4096U
/* Accounts are in 1/256 bit. */
#define SPENT_PER_BYTE 2048U
/* In the header, for words about what the codec does not read. */
#define VERSION_AT   2U
#define VERSION_MASK 0x0fU

static const char *const arch_names[OTA_OTD_ARCHS] = {"none", "thumb", "rv32", "xtensa"};
static const char *const tier_names[OTA_OTD_TIERS] = {"xs", "m", "nano"};
/* From the smallest memory to the largest. */
static const enum ota_otd_tier by_memory[OTA_OTD_TIERS] = {OTA_OTD_NANO, OTA_OTD_XS, OTA_OTD_M};
static const char *const purpose_names[OTA_OTD_PURPOSES] = {
	[OTA_OTD_FOR_MATCHES] = "matches",
	[OTA_OTD_FOR_REFERENCES] = "references",
	[OTA_OTD_FOR_TURNS] = "turns",
	[OTA_OTD_FOR_LITERALS] = "literals",
};

/* A patch taken apart; borrows. */
struct parts {
	struct ota_otd_header header;
	struct ota_span stream;
	size_t header_len;
};

static enum ota_err fail_header(struct ota_span patch, size_t at,
				const struct ota_otd_header *header, enum ota_err err,
				struct ota_diag *diag)
{
	uint32_t old_size = header->old_image.size;
	uint32_t new_size = header->new_image.size;

	if (err == OTA_E_TRUNCATED)
		return ota_fail(diag, err, "patch of %zu bytes ends inside its header", patch.len);
	if (err != OTA_E_UNSUPPORTED)
		return ota_fail(diag, err, "patch has a bad header, at byte %zu", at);
	if ((patch.data[VERSION_AT] & VERSION_MASK) != OTA_OTD_VERSION)
		return ota_fail(diag, err, "patch is of otd version %u, %u is read",
				patch.data[VERSION_AT] & VERSION_MASK, OTA_OTD_VERSION);
	if (old_size > OTA_OTD_IMAGE_MAX || new_size > OTA_OTD_IMAGE_MAX)
		return ota_fail(diag, err,
				"patch is for files of %" PRIu32 " and %" PRIu32
				" bytes, at most %u are read",
				old_size, new_size, OTA_OTD_IMAGE_MAX);
	/* Nothing behind these two bytes has been read: there may be nothing. */
	return ota_fail(diag, err,
			"patch has tables, a tier, code or blocks that this version does not know: "
			"0x%02x%02x",
			patch.data[VERSION_AT], patch.data[VERSION_AT + 1]);
}

static enum ota_err take_apart(struct ota_span patch, struct parts *parts, struct ota_diag *diag)
{
	struct ota_rd rd = ota_rd_init(patch);
	enum ota_err err = ota_otd_header_read(&rd, &parts->header);

	if (err != OTA_OK)
		return fail_header(patch, rd.at, &parts->header, err, diag);
	parts->header_len = rd.at;
	parts->stream = ota_span_tail(patch, rd.at);
	/* No image takes so much: more than the decoder could count. */
	if (parts->stream.len > OTA_OTD_IMAGE_MAX)
		return ota_fail(diag, OTA_E_MALFORMED, "patch has a stream of %zu bytes",
				parts->stream.len);
	return OTA_OK;
}

/* -- decode ------------------------------------------------------------------------------------ */

/* A decoder at work. New bytes go to `out`, or are compared with those of `wanted`. */
struct run {
	struct ota_otd_dec *dec;
	void *memory; /* owned: the decoder's */
	struct ota_dec_io io;
	const struct parts *parts;
	struct ota_span old_image;
	uint32_t made; /* new bytes put out, up to the room at hand */
	struct ota_buf *out;
	size_t start;   /* where the new image begins in `out` */
	bool lends_new; /* io.old is part of `out` */
	struct ota_span wanted;
	uint8_t page[PAGE];
};

/* A claim is believed up to what old makes likely; beyond that memory follows what is decoded. */
static enum ota_err give_room(struct run *run, struct ota_diag *diag)
{
	size_t new_size = run->parts->header.new_image.size;
	size_t left = new_size - run->made;
	size_t believed = run->old_image.len + ROOM_AT_FIRST;
	size_t more = left < ROOM_AT_FIRST || new_size <= believed ? left : ROOM_AT_FIRST;
	size_t lent_at = run->lends_new ? (size_t)(run->io.old.data - run->out->data) : 0;
	size_t room;
	enum ota_err err;

	run->out->len = run->start + run->made;
	err = ota_buf_reserve(run->out, more, diag);
	if (err != OTA_OK)
		return err;
	if (run->lends_new)
		run->io.old.data = run->out->data + lent_at;
	room = run->out->cap - run->out->len;
	run->io.out = run->out->data + run->out->len;
	run->io.room = room < left ? room : left;
	run->made += (uint32_t)run->io.room;
	return OTA_OK;
}

static enum ota_err fail_proof(struct ota_diag *diag)
{
	return ota_fail(diag, OTA_E_REFUSED, "the otd patch made does not give the new file back");
}

/* The bytes in the page that have been put out must be the wanted ones. */
static enum ota_err compare_page(struct run *run, struct ota_diag *diag)
{
	size_t len = run->io.out ? (size_t)(run->io.out - run->page) : 0;
	size_t at = run->made - len - run->io.room;

	if (!ota_span_equal(ota_span_of(run->page, len), ota_span_sub(run->wanted, at, len)))
		return fail_proof(diag);
	return OTA_OK;
}

static enum ota_err give_page(struct run *run, struct ota_diag *diag)
{
	enum ota_err err = compare_page(run, diag);

	run->io.out = run->page;
	run->io.room = ota_span_head(ota_span_tail(run->wanted, run->made), PAGE).len;
	run->made += (uint32_t)run->io.room;
	return err;
}

/* The decoder asks only for what it has made. */
static void give_new(struct run *run)
{
	struct ota_span made = run->wanted;

	if (run->out)
		made = ota_span_tail(ota_span_of(run->out->data, run->start + run->made),
				     run->start);
	run->lends_new = run->out != NULL;
	run->io.old = ota_span_sub(made, run->io.old_at, run->io.old_len);
}

/* All new bytes are made, and the patch is no good: they are wrong ones, or there are more. */
static enum ota_err fail_end(const struct run *run, enum ota_err err, struct ota_diag *diag)
{
	const struct ota_otd_header *header = &run->parts->header;
	uint32_t size = header->new_image.size;
	struct ota_span made = {NULL, 0};

	if (run->out)
		made = ota_span_sub(ota_span_of(run->out->data, run->start + size), run->start,
				    size);
	if (ota_crc32(0, made) == header->new_crc)
		return ota_fail(diag, err,
				"patch has more bytes than its %" PRIu32 " new bytes need", size);
	return ota_fail(diag, err,
			"the new file does not have CRC-32 %08" PRIx32
			": the patch is damaged or cut off",
			header->new_crc);
}

static enum ota_err fail_stop(const struct run *run, struct ota_diag *diag)
{
	const struct ota_otd_header *header = &run->parts->header;
	struct ota_otd_progress progress = ota_otd_dec_progress(run->dec);
	enum ota_err err = ota_otd_dec_err(run->dec);
	bool is_short = progress.new_at < header->new_image.size &&
			progress.stream_at >= run->parts->stream.len;

	/* The zeros behind a cut may make no sense before the decoder knows them for what they are.
	 */
	if (err == OTA_E_MALFORMED && is_short)
		err = OTA_E_TRUNCATED;
	if (err == OTA_E_WRONG_BASE)
		return ota_fail(diag, err,
				"patch is for an old file with CRC-32 %08" PRIx32
				", this one has another",
				header->old_crc);
	if (err == OTA_E_TRUNCATED)
		return ota_fail(diag, err,
				"patch ends after %zu bytes, with %" PRIu32 " of %" PRIu32
				" new bytes made",
				run->parts->header_len + run->parts->stream.len, progress.new_at,
				header->new_image.size);
	if (progress.new_at == header->new_image.size)
		return fail_end(run, err, diag);
	return ota_fail(diag, err,
			"patch is damaged: with %" PRIu32 " of %" PRIu32
			" new bytes made, byte %" PRIu32 " of its stream makes no sense",
			progress.new_at, header->new_image.size, progress.stream_at);
}

static enum ota_err run_steps(struct run *run, struct ota_diag *diag)
{
	enum ota_err err = OTA_OK;

	while (err == OTA_OK) {
		switch (ota_otd_dec_step(run->dec, &run->io)) {
		case OTA_WANT_PATCH:
			/* It has been given all there is and told how much that is. */
			err = ota_fail(diag, OTA_E_TRUNCATED, "patch ends too early");
			break;
		case OTA_WANT_OLD:
			run->io.old = ota_span_sub(run->old_image, run->io.old_at, run->io.old_len);
			run->lends_new = false;
			break;
		case OTA_WANT_NEW:
			give_new(run);
			break;
		case OTA_WANT_ROOM:
			err = run->out ? give_room(run, diag) : give_page(run, diag);
			break;
		case OTA_WANT_NONE:
			return run->out ? OTA_OK : compare_page(run, diag);
		case OTA_WANT_STOP:
			err = fail_stop(run, diag);
			break;
		}
	}
	return err;
}

static enum ota_err run_begin(struct run *run, struct ota_span old_image, const struct parts *parts,
			      struct ota_diag *diag)
{
	const struct ota_otd_header *header = &parts->header;
	size_t size = OTA_OTD_DEC_RAM(header->tier);
	enum ota_err err;

	if (old_image.len != header->old_image.size)
		return ota_fail(diag, OTA_E_WRONG_BASE,
				"patch is for an old file of %" PRIu32 " bytes, this one has %zu",
				header->old_image.size, old_image.len);
	run->parts = parts;
	run->old_image = old_image;
	run->io.patch[0] = parts->stream;
	run->memory = malloc(size);
	if (!run->memory)
		return ota_fail(diag, OTA_E_MEMORY, "out of memory, %zu bytes wanted", size);
	err = ota_otd_dec_init(run->memory, size, header, (uint32_t)parts->stream.len, &run->dec);
	if (err != OTA_OK)
		return ota_fail(diag, err, "this version has no decoder for %s code, tier %s",
				arch_names[header->arch], tier_names[header->tier]);
	return OTA_OK;
}

static enum ota_err decode(struct ota_span old_image, struct ota_span patch, struct ota_buf *out,
			   struct ota_diag *diag)
{
	struct run run = {.out = out, .start = out->len};
	struct parts parts;
	enum ota_err err = take_apart(patch, &parts, diag);

	if (err == OTA_OK && parts.header.new_image.size > out->ceiling - out->len)
		err = ota_fail(diag, OTA_E_NO_FIT,
			       "new file is %" PRIu32 " bytes, at most %zu are accepted",
			       parts.header.new_image.size, out->ceiling - out->len);
	if (err == OTA_OK)
		err = run_begin(&run, old_image, &parts, diag);
	if (err == OTA_OK)
		err = run_steps(&run, diag);
	if (err == OTA_OK)
		out->len = run.start + parts.header.new_image.size;
	free(run.memory);
	return err;
}

static enum ota_err prove(struct ota_span old_image, struct ota_span patch,
			  struct ota_span new_image, struct ota_diag *diag)
{
	struct run run = {.wanted = new_image};
	struct ota_diag why = {.err = OTA_OK};
	struct parts parts;
	enum ota_err err = take_apart(patch, &parts, &why);

	if (err == OTA_OK && parts.header.new_image.size != new_image.len)
		return fail_proof(diag);
	if (err == OTA_OK)
		err = run_begin(&run, old_image, &parts, &why);
	if (err == OTA_OK)
		err = run_steps(&run, &why);
	free(run.memory);
	if (err == OTA_E_MEMORY)
		return ota_fail(diag, err, "%s", why.text);
	return err == OTA_OK ? OTA_OK : fail_proof(diag);
}

/* -- describe ---------------------------------------------------------------------------------- */

/* Without code there are no addresses. */
static struct ota_delta_base base_of(const struct ota_otd_header *header,
				     const struct ota_otd_image *image)
{
	return (struct ota_delta_base){.known = header->arch != OTA_OTD_NONE,
				       .addr = image->segment[0].addr};
}

static enum ota_err describe(struct ota_span patch, struct ota_delta_info *info,
			     struct ota_diag *diag)
{
	struct parts parts;
	const struct ota_otd_header *header = &parts.header;
	enum ota_err err = take_apart(patch, &parts, diag);

	if (err != OTA_OK)
		return err;
	info->new_size = header->new_image.size;
	info->part[0] = (struct ota_delta_part){
		.name = "header", .bytes = parts.header_len, .plain_bytes = parts.header_len};
	info->part[1] = (struct ota_delta_part){
		.name = "stream", .bytes = parts.stream.len, .plain_bytes = parts.stream.len};
	info->n_parts = 2;
	info->is_otd = true;
	info->otd = (struct ota_delta_otd){.arch = arch_names[header->arch],
					   .tier = tier_names[header->tier],
					   .old_size = header->old_image.size,
					   .old_crc = header->old_crc,
					   .new_crc = header->new_crc,
					   .old_base = base_of(header, &header->old_image),
					   .new_base = base_of(header, &header->new_image),
					   .segments = header->old_image.n_segments,
					   .reads_new = header->reads_new,
					   .in_place = header->block > 0,
					   .block = header->block,
					   .lead = header->lead};
	info->has_content = false;
	info->has_checksum = true;
	info->decoder_ram = OTA_OTD_DEC_RAM(header->tier);
	info->decoder_stack = OTA_OTD_DEC_STACK(header->tier);
	return OTA_OK;
}

/* -- explain ----------------------------------------------------------------------------------- */

/*
 * Prices are those of the probabilities; the coder rounds them, by up to 1/256 each time. What is
 * told adds up to the bytes that are there.
 */
static uint64_t scaled(uint64_t spent, uint64_t sum, size_t stream_len)
{
	uint64_t stream = (uint64_t)stream_len * SPENT_PER_BYTE;

	if (spent == sum)
		return sum > 0 ? stream : 0;
	return (uint64_t)((double)spent * ((double)stream / (double)sum) + 0.5);
}

/* Costs of new's bytes, `len` of them in a cell. Borrows. */
struct grid {
	uint64_t *cell;
	uint32_t len;
	uint32_t n;
};

/* From what each cell costs to what it and all before it cost, as told. */
static void add_up(const struct grid *grid, size_t stream_len)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < grid->n; i++) {
		sum += grid->cell[i];
		grid->cell[i] = sum;
	}
	for (uint32_t i = 0; i < grid->n; i++)
		grid->cell[i] = scaled(grid->cell[i], sum, stream_len);
}

static uint64_t spent_before(const struct grid *grid, size_t cell)
{
	return cell > 0 ? grid->cell[cell - 1] : 0;
}

static void set_regions(uint32_t new_size, struct ota_delta_account *account)
{
	uint32_t len = new_size / OTA_DELTA_REGIONS_MAX + (new_size % OTA_DELTA_REGIONS_MAX > 0);

	account->region_len = len;
	account->n_regions = len > 0 ? new_size / len + (new_size % len > 0) : 0;
}

static void fill_account(const struct ota_otd_account *found, size_t stream_len,
			 struct ota_delta_account *account)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < OTA_OTD_PURPOSES; i++)
		sum += found->spent[i];
	account->n_purposes = OTA_OTD_PURPOSES;
	for (size_t i = 0; i < OTA_OTD_PURPOSES; i++)
		account->purpose[i] = (struct ota_delta_purpose){
			.name = purpose_names[i],
			.spent = scaled(found->spent[i], sum, stream_len),
			.makes = found->bytes[i]};
	account->stream_bytes = stream_len;
	account->turns = found->turns;
	account->references = found->references;
	account->references_hit = found->references_hit;
	account->references_told = found->references_told;
}

/* Both images at hand. The grid, all zeros, is filled as add_up leaves it. */
static enum ota_err explain_images(const struct parts *parts, const struct ota_delta_pair *pair,
				   const struct grid *grid, struct ota_delta_account *account,
				   struct ota_diag *diag)
{
	struct ota_otd_account found = {
		.region = grid->cell, .region_len = grid->len, .regions = grid->n};
	size_t size = OTA_OTD_ENC_RAM(parts->header.tier);
	struct ota_otd_work work = {.header = &parts->header,
				    .old_image = pair->old_image,
				    .new_image = pair->new_image,
				    .size = size,
				    .account = &found};
	void *memory = malloc(size);
	enum ota_err err;

	if (!memory)
		return ota_fail(diag, OTA_E_MEMORY, "out of memory, %zu bytes wanted", size);
	work.memory = memory;
	err = ota_otd_explain(&work, parts->stream);
	free(memory);
	if (err != OTA_OK)
		return ota_fail(diag, err, "what the patch's bits go into cannot be told");
	fill_account(&found, parts->stream.len, account);
	add_up(grid, parts->stream.len);
	return OTA_OK;
}

static bool is_pair_of(const struct parts *parts, const struct ota_delta_pair *pair)
{
	const struct ota_otd_header *header = &parts->header;

	return pair->old_image.len == header->old_image.size &&
	       pair->new_image.len == header->new_image.size &&
	       ota_crc32(0, pair->old_image) == header->old_crc &&
	       ota_crc32(0, pair->new_image) == header->new_crc;
}

static void fill_ranges(const struct grid *grid, struct ota_delta_ranges ranges,
			struct ota_delta_account *account)
{
	for (size_t i = 0; i < ranges.n; i++) {
		struct ota_delta_range *range = &ranges.range[i];

		range->spent = spent_before(grid, (size_t)range->at + range->len) -
			       spent_before(grid, range->at);
	}
	set_regions(grid->n, account);
	for (uint32_t i = 0; i < account->n_regions; i++) {
		uint32_t at = i * account->region_len;
		uint32_t len =
			grid->n - at < account->region_len ? grid->n - at : account->region_len;

		account->region[i] = spent_before(grid, at + len) - spent_before(grid, at);
	}
}

static enum ota_err explain_ranges(const struct ota_delta_pair *pair, struct ota_span patch,
				   struct ota_delta_ranges ranges,
				   struct ota_delta_account *account, struct ota_diag *diag)
{
	struct grid grid = {.len = 1};
	struct parts parts;
	enum ota_err err = take_apart(patch, &parts, diag);

	if (err == OTA_OK && !is_pair_of(&parts, pair))
		err = ota_fail(diag, OTA_E_WRONG_BASE, "the patch is of another pair of files");
	if (err != OTA_OK)
		return err;
	grid.n = parts.header.new_image.size;
	grid.cell = calloc(grid.n > 0 ? grid.n : 1, sizeof(*grid.cell));
	if (!grid.cell)
		return ota_fail(diag, OTA_E_MEMORY,
				"out of memory, room for %" PRIu32 " costs wanted", grid.n);
	err = explain_images(&parts, pair, &grid, account, diag);
	if (err == OTA_OK)
		fill_ranges(&grid, ranges, account);
	free(grid.cell);
	return err;
}

/* The account's regions are the grid: they take no memory that grows with a patch's claims. */
static enum ota_err explain_regions(const struct parts *parts, const struct ota_delta_pair *pair,
				    struct ota_delta_account *account, struct ota_diag *diag)
{
	struct grid grid = {.cell = account->region};
	enum ota_err err;

	set_regions(parts->header.new_image.size, account);
	grid.len = account->region_len;
	grid.n = account->n_regions;
	if (grid.n == 0)
		grid.cell = NULL;
	err = explain_images(parts, pair, &grid, account, diag);
	for (uint32_t i = account->n_regions; err == OTA_OK && i-- > 1;)
		account->region[i] -= account->region[i - 1];
	return err;
}

static enum ota_err explain(struct ota_span old_image, struct ota_span patch, size_t ceiling,
			    struct ota_delta_account *account, struct ota_diag *diag)
{
	struct ota_buf new_image = ota_buf_init(ceiling);
	struct ota_delta_pair pair = {.old_image = old_image};
	struct parts parts;
	enum ota_err err = take_apart(patch, &parts, diag);

	if (err == OTA_OK)
		err = decode(old_image, patch, &new_image, diag);
	pair.new_image = ota_buf_span(&new_image);
	if (err == OTA_OK)
		err = explain_regions(&parts, &pair, account, diag);
	ota_buf_free(&new_image);
	return err;
}

/* -- cost -------------------------------------------------------------------------------------- */

/* A profile's decoder as a build; without a word of its tier it has all of them. */
static enum ota_otd_tier tier_of(const struct ota_decoder *decoder)
{
	for (unsigned i = 0; i < OTA_OTD_TIERS; i++) {
		if (strcmp(decoder->tier, tier_names[i]) == 0)
			return (enum ota_otd_tier)i;
	}
	return OTA_OTD_M;
}

/*
 * What the device's build of the decoder takes: with more than one tier, as much as with all. One
 * that is not listed is counted as one for this patch.
 */
static uint64_t stack_on(const struct ota_target *target, enum ota_otd_tier tier)
{
	unsigned listed = 0;

	for (unsigned i = 0; i < target->n_decoders; i++) {
		if (strcmp(target->decoder[i].format, ota_patch_otd.name) != 0)
			continue;
		tier = tier_of(&target->decoder[i]);
		listed++;
	}
	return listed > 1 ? OTA_OTD_DEC_STACK_M : OTA_OTD_DEC_STACK(tier);
}

/* New bytes come from front to back; where old lies they may not be written yet. */
static void cost_on_device(const struct ota_update *update, const struct ota_target *target,
			   enum ota_otd_tier tier, struct ota_costs *costs)
{
	ota_costs_add(costs, OTA_PLACE_STACK, stack_on(target, tier), "patch decoder stack");
	ota_device_cost_of_kept(target, 1, costs);
	ota_device_cost_of_new(update, target, costs);
	if (!target->old_mapped)
		ota_costs_add(costs, OTA_PLACE_RAM, OTA_DEVICE_PIECE,
			      "old bytes, not readable in place");
}

static enum ota_err cost(const struct ota_update *update, const struct ota_target *target,
			 enum ota_applier applier, struct ota_costs *costs, struct ota_diag *diag)
{
	bool on_device = applier == OTA_APPLIED_ON_DEVICE;
	struct parts parts;
	enum ota_err err = take_apart(update->patch, &parts, diag);

	if (err != OTA_OK)
		return err;
	ota_costs_add(costs, on_device ? OTA_PLACE_RAM : OTA_PLACE_GATEWAY,
		      OTA_OTD_DEC_RAM(parts.header.tier), "patch decoder state, tier %s",
		      tier_names[parts.header.tier]);
	if (on_device)
		cost_on_device(update, target, parts.header.tier, costs);
	return OTA_OK;
}

bool ota_otd_decoder_takes(const struct ota_decoder *decoder, enum ota_otd_tier tier)
{
	if (!decoder || decoder->tier[0] == '\0' || strcmp(decoder->tier, tier_names[tier]) == 0)
		return true;
	return tier == OTA_OTD_XS && strcmp(decoder->tier, tier_names[OTA_OTD_M]) == 0;
}

static bool state_room(struct ota_span patch, const struct ota_decoder *decoder, uint64_t *needs,
		       uint64_t *has)
{
	struct parts parts;

	*needs = 0;
	*has = 0;
	if (take_apart(patch, &parts, NULL) != OTA_OK)
		return true;
	for (unsigned tier = 0; tier < OTA_OTD_TIERS; tier++) {
		if (strcmp(decoder->tier, tier_names[tier]) != 0)
			continue;
		*needs = OTA_OTD_DEC_RAM(parts.header.tier);
		*has = OTA_OTD_DEC_RAM((enum ota_otd_tier)tier);
	}
	return ota_otd_decoder_takes(decoder, parts.header.tier);
}

/* The largest tier that leaves enough room for the rest. */
static bool slim(const struct ota_target *target, const struct ota_decoder *decoder, uint64_t room,
		 struct ota_slim *slim)
{
	uint64_t fixed = ota_device_page(target) + ota_device_kept_pieces(target, 1) +
			 (target->old_mapped ? 0 : OTA_DEVICE_PIECE);

	for (unsigned i = OTA_OTD_TIERS; i-- > 0;) {
		enum ota_otd_tier tier = by_memory[i];
		uint64_t stack = stack_on(target, tier);
		uint64_t needs =
			fixed + OTA_OTD_DEC_RAM(tier) + (target->updater_stack > 0 ? 0 : stack);

		if (needs > room || !ota_otd_decoder_takes(decoder, tier) ||
		    ota_device_holds_new(target))
			continue;
		*slim = (struct ota_slim){.ram = needs, .stack = stack};
		(void)snprintf(slim->how, sizeof(slim->how), "tier %s", tier_names[tier]);
		return true;
	}
	return false;
}

static uint64_t checkpoint(struct ota_span patch)
{
	struct parts parts;

	if (take_apart(patch, &parts, NULL) != OTA_OK)
		return OTA_CHECKPOINT_NONE;
	return OTA_OTD_DEC_RAM(parts.header.tier);
}

const struct ota_patch_format ota_patch_otd = {
	.name = "otd",
	.id = 3,
	.version = OTA_OTD_VERSION,
	.checks_files = true,
	.knows_code = true,
	.in_place = true,
	.probe = ota_otd_probe,
	.encode = ota_otd_make,
	.effort = ota_otd_effort,
	.decode = decode,
	.prove = prove,
	.describe = describe,
	.explain = explain,
	.explain_ranges = explain_ranges,
	.cost = cost,
	.variants = ota_otd_variants,
	.state_room = state_room,
	.slim = slim,
	.checkpoint = checkpoint,
	.ram_formula = "state of the tier + page + pieces of old and patch if not mapped + stack "
		       "if not apart",
	.ram_source = "formats/otd.md, For a device",
};
