// SPDX-License-Identifier: Apache-2.0
/* The row of VCDIFF, reading side: windows, and xdelta3's LZMA sections around the plain codec. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <ota/vcdiff.h>

#include "link_kinds.h"
#include "patch_vcdiff.h"
#include "stream_xz.h"

#define SECTIONS OTA_VCDIFF_SECTIONS
#define PIECE    32768U
/* The old image's size when there is none: any read that could be legal is. */
#define OLD_UNKNOWN OTA_VCDIFF_IMAGE_MAX
/* Room made for a new image before a byte of it is decoded; it doubles after that. */
#define ROOM_AT_FIRST ((size_t)1024 * 1024)

static const char *const section_names[SECTIONS] = {"data", "instructions", "addresses"};

/*
 * Most plain bytes of a section for each new byte, by which an LZMA bomb is known: an instruction
 * makes one at least and is a code and a size, with an address of a number's length.
 */
static const uint64_t plain_per_new[SECTIONS] = {1, 6, 5};

/* -- windows ----------------------------------------------------------------------------------- */

/* One section of one window; borrows from the patch. */
struct section {
	struct ota_span stored; /* without the size that a compressed one begins with */
	uint32_t plain_len;
	bool compressed;
};

/* All sections of one kind; sizes in bytes. */
struct kind {
	uint64_t stored;
	uint64_t plain;
	struct ota_span first; /* the beginning of its LZMA stream; empty: never compressed */
};

/* A patch, gone through window by window, and what has been seen of it. */
struct walk {
	struct ota_rd rd;
	struct ota_vcdiff_header header;
	uint64_t old_size;
	struct ota_vcdiff_window head; /* the window at work */
	size_t head_at;                /* where it begins in the patch */
	struct section section[SECTIONS];
	uint64_t windows; /* this one's number, from 1 */
	uint64_t new_size;
	uint64_t window_max;
	uint64_t source_max;
	uint64_t sections_max; /* most that one window's sections take, as stored */
	uint64_t adlers;       /* windows with a checksum */
	struct kind kind[SECTIONS];
};

static enum ota_err walk_open(struct walk *walk, struct ota_span patch, uint64_t old_size,
			      struct ota_diag *diag)
{
	enum ota_err err;

	*walk = (struct walk){.rd = ota_rd_init(patch), .old_size = old_size};
	err = ota_vcdiff_header_read(&walk->rd, &walk->header);
	if (err == OTA_E_TRUNCATED)
		return ota_fail(diag, err, "patch of %zu bytes ends inside its header", patch.len);
	if (err == OTA_E_UNSUPPORTED)
		return ota_fail(diag, err, "patch has a code table of its own, which is not read");
	if (err != OTA_OK)
		return ota_fail(diag, err, "patch has a bad header, with indicator 0x%02x",
				patch.data[sizeof(uint32_t)]);
	return OTA_OK;
}

static enum ota_err fail_head(const struct walk *walk, enum ota_err err, struct ota_diag *diag)
{
	const struct ota_vcdiff_window *head = &walk->head;

	if (err == OTA_E_TRUNCATED && walk->windows == 1 && ota_rd_left(&walk->rd) == 0)
		return ota_fail(diag, err, "patch of %zu bytes ends before its first window does",
				walk->rd.span.len);
	if (err == OTA_E_TRUNCATED)
		return ota_fail(diag, err,
				"patch of %zu bytes ends inside the header of window %" PRIu64,
				walk->rd.span.len, walk->windows);
	if (err == OTA_E_UNSUPPORTED)
		return ota_fail(diag, err,
				"window %" PRIu64
				" takes its source from the new file (VCD_TARGET), "
				"which is not read",
				walk->windows);
	if (err == OTA_E_WRONG_BASE && walk->old_size == OLD_UNKNOWN)
		return ota_fail(diag, OTA_E_UNSUPPORTED,
				"window %" PRIu64 " uses old bytes up to %" PRIu64
				", at most %u can be patched",
				walk->windows, (uint64_t)head->source_at + head->source_len,
				OTA_VCDIFF_IMAGE_MAX);
	if (err == OTA_E_WRONG_BASE)
		return ota_fail(diag, err,
				"window %" PRIu64 " uses old bytes up to %" PRIu64
				", the old file has %" PRIu64,
				walk->windows, (uint64_t)head->source_at + head->source_len,
				walk->old_size);
	return ota_fail(diag, err, "window %" PRIu64 " has a bad header, at byte %zu",
			walk->windows, walk->head_at);
}

static enum ota_err fail_secondary(const struct walk *walk, struct ota_diag *diag)
{
	unsigned number = walk->header.secondary;
	enum ota_err err = OTA_E_UNSUPPORTED;

	if (number == OTA_VCDIFF_PLAIN)
		return ota_fail(diag, OTA_E_MALFORMED,
				"window %" PRIu64
				" is compressed by a secondary compressor that the header does not "
				"name",
				walk->windows);
	if (number == OTA_VCDIFF_DJW || number == OTA_VCDIFF_FGK)
		err = ota_fail(diag, err, "patch has %s secondary compression, which is not read",
			       number == OTA_VCDIFF_DJW ? "DJW" : "FGK");
	else
		err = ota_fail(diag, err, "patch has an unknown secondary compression, number %u",
			       number);
	ota_hint(diag, "make the patch with xdelta3 -S none or -S lzma");
	return err;
}

/* The size that a compressed section begins with. */
static enum ota_err read_plain_len(const struct walk *walk, unsigned i, struct section *section,
				   struct ota_diag *diag)
{
	struct ota_rd rd = ota_rd_init(section->stored);
	uint64_t limit = plain_per_new[i] * walk->head.new_len;

	if (walk->header.secondary != OTA_VCDIFF_LZMA)
		return fail_secondary(walk, diag);
	if (ota_vcdiff_number_read(&rd, &section->plain_len) != OTA_OK)
		return ota_fail(diag, OTA_E_MALFORMED,
				"window %" PRIu64 "'s %s section does not say its size",
				walk->windows, section_names[i]);
	if (section->plain_len > limit)
		return ota_fail(diag, OTA_E_MALFORMED,
				"window %" PRIu64 "'s %s section claims %" PRIu32
				" bytes, its %" PRIu32 " new bytes need %" PRIu64 " at most",
				walk->windows, section_names[i], section->plain_len,
				walk->head.new_len, limit);
	section->stored = ota_span_tail(section->stored, rd.at);
	return OTA_OK;
}

static enum ota_err walk_section(struct walk *walk, unsigned i, struct ota_diag *diag)
{
	struct section *section = &walk->section[i];
	struct kind *kind = &walk->kind[i];
	size_t left = ota_rd_left(&walk->rd);
	enum ota_err err;

	section->stored = ota_rd_bytes(&walk->rd, walk->head.section_len[i]);
	if (walk->rd.err != OTA_OK)
		return ota_fail(diag, walk->rd.err,
				"window %" PRIu64 "'s %s section is %" PRIu32
				" bytes, the patch has %zu more",
				walk->windows, section_names[i], walk->head.section_len[i], left);
	kind->stored += section->stored.len;
	section->plain_len = walk->head.section_len[i];
	section->compressed = walk->head.compressed[i];
	if (section->compressed) {
		err = read_plain_len(walk, i, section, diag);
		if (err != OTA_OK)
			return err;
		if (kind->first.len == 0)
			kind->first = section->stored;
	}
	kind->plain += section->plain_len;
	return OTA_OK;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static enum ota_err walk_next(struct walk *walk, struct ota_diag *diag)
{
	uint64_t sections = 0;
	enum ota_err err;

	walk->windows++;
	walk->head_at = walk->rd.at;
	err = ota_vcdiff_window_read(&walk->rd, walk->old_size, UINT32_MAX, &walk->head);
	if (err != OTA_OK)
		return fail_head(walk, err, diag);
	walk->new_size += walk->head.new_len;
	walk->window_max = larger(walk->window_max, walk->head.new_len);
	walk->source_max = larger(walk->source_max, walk->head.source_len);
	walk->adlers += walk->head.has_adler;
	for (unsigned i = 0; err == OTA_OK && i < SECTIONS; i++) {
		err = walk_section(walk, i, diag);
		sections += walk->head.section_len[i];
	}
	if (err != OTA_OK)
		return err;
	walk->sections_max = larger(walk->sections_max, sections);
	/* xdelta3 writes one for an empty new file, and so do we; it can only stand alone. */
	if (walk->head.new_len == 0 && (walk->windows > 1 || ota_rd_left(&walk->rd) > 0))
		return ota_fail(diag, OTA_E_MALFORMED, "window %" PRIu64 " makes no new byte",
				walk->windows);
	return OTA_OK;
}

/* All headers, which tell every size, before any work. */
static enum ota_err walk_all(struct walk *walk, struct ota_span patch, uint64_t old_size,
			     struct ota_diag *diag)
{
	enum ota_err err = walk_open(walk, patch, old_size, diag);

	if (err == OTA_OK)
		err = walk_next(walk, diag);
	while (err == OTA_OK && ota_rd_left(&walk->rd) > 0)
		err = walk_next(walk, diag);
	return err;
}

static enum ota_err check_size(uint64_t new_size, struct ota_diag *diag)
{
	if (new_size > OTA_VCDIFF_IMAGE_MAX)
		return ota_fail(diag, OTA_E_UNSUPPORTED,
				"new file is %" PRIu64 " bytes, at most %u can be patched",
				new_size, OTA_VCDIFF_IMAGE_MAX);
	return OTA_OK;
}

/* -- decode and describe ----------------------------------------------------------------------- */

/* A patch being decoded into `out`, or, without one, only looked through for `info`. */
struct run {
	struct ota_vcdiff_dec dec;
	struct ota_dec_io io;
	struct walk walk;
	struct ota_xz_reader reader[SECTIONS];
	uint32_t unread[SECTIONS]; /* plain bytes of this window, still in the reader */
	struct ota_span old_image;
	struct ota_buf *out;
	size_t start;    /* where the new image begins in `out` */
	size_t new_size; /* of the whole image */
	size_t made;     /* by the windows before this one */
	struct ota_delta_info *info;
	uint8_t piece[SECTIONS][PIECE];
};

static enum ota_err begin_window(struct run *run, struct ota_diag *diag)
{
	uint32_t plain_len[SECTIONS];
	enum ota_err err = walk_next(&run->walk, diag);

	for (unsigned i = 0; err == OTA_OK && i < SECTIONS; i++) {
		const struct section *section = &run->walk.section[i];

		plain_len[i] = section->plain_len;
		run->unread[i] = section->compressed ? section->plain_len : 0;
		run->io.patch[i] = section->compressed ? ota_span_of(NULL, 0) : section->stored;
		if (section->compressed)
			err = ota_xz_begin_section(&run->reader[i], section->stored,
						   section_names[i], diag);
	}
	if (err == OTA_OK)
		ota_vcdiff_dec_init(&run->dec, &run->walk.head, plain_len);
	return err;
}

static enum ota_err give_patch(struct run *run, struct ota_diag *diag)
{
	unsigned i = run->io.stream;
	uint32_t n = run->unread[i] < PIECE ? run->unread[i] : PIECE;
	struct ota_wr wr = ota_wr_init(run->piece[i], n);
	enum ota_err err = ota_xz_read(&run->reader[i], &wr, diag);

	run->unread[i] -= n;
	run->io.patch[i] = ota_wr_span(&wr);
	return err;
}

/* A claim is believed up to what old makes likely; beyond that memory follows what is decoded. */
static enum ota_err give_room(struct run *run, struct ota_diag *diag)
{
	size_t made = run->made + run->dec.new_at;
	size_t left = run->new_size - made;
	size_t believed = run->old_image.len + ROOM_AT_FIRST;
	size_t more = left < ROOM_AT_FIRST || run->new_size <= believed ? left : ROOM_AT_FIRST;
	size_t room;
	enum ota_err err;

	run->out->len = run->start + made;
	err = ota_buf_reserve(run->out, more, diag);
	if (err != OTA_OK)
		return err;
	room = run->out->cap - run->out->len;
	run->io.out = run->out->data + run->out->len;
	run->io.room = room < left ? room : left;
	return OTA_OK;
}

/* The same without an image: counts what would be made. */
static void count_op(struct run *run)
{
	struct ota_delta_info *info = run->info;
	struct ota_op op = ota_vcdiff_dec_skip(&run->dec, &run->io);

	info->records += run->dec.size == 0;
	switch (op.kind) {
	case OTA_OP_INSERT:
		info->inserted += op.len;
		break;
	case OTA_OP_RUN:
		info->repeated += op.len;
		break;
	case OTA_OP_COPY_OLD:
		info->copied_old += op.len;
		info->old_reach = larger(info->old_reach, (uint64_t)op.at + op.len);
		break;
	case OTA_OP_COPY_NEW:
	case OTA_OP_BLEND: /* VCDIFF has none */
		info->copied_new += op.len;
		break;
	}
}

static enum ota_err fail_stop(const struct run *run, struct ota_diag *diag)
{
	const struct ota_vcdiff_dec *dec = &run->dec;

	if (dec->err == OTA_E_TRUNCATED)
		return ota_fail(diag, OTA_E_MALFORMED,
				"window %" PRIu64 "'s %s section ends after %" PRIu32 " of %" PRIu32
				" new bytes",
				run->walk.windows, section_names[run->io.stream], dec->new_at,
				dec->new_len);
	if (dec->new_at == dec->new_len)
		return ota_fail(diag, OTA_E_MALFORMED,
				"window %" PRIu64 "'s sections hold more than its %" PRIu32
				" new bytes need",
				run->walk.windows, dec->new_len);
	return ota_fail(diag, OTA_E_MALFORMED,
			"window %" PRIu64 " has a bad instruction, code %u, with %" PRIu32
			" of %" PRIu32 " new bytes made",
			run->walk.windows, dec->code, dec->new_at, dec->new_len);
}

static enum ota_err check_adler(const struct run *run, struct ota_diag *diag)
{
	const struct ota_vcdiff_window *head = &run->walk.head;
	struct ota_span made = ota_span_of(NULL, 0);
	uint32_t adler;

	if (!run->out || !head->has_adler)
		return OTA_OK;
	if (head->new_len > 0)
		made = ota_span_of(run->out->data + run->start + run->made, head->new_len);
	adler = ota_adler32(1, made);
	if (adler == head->adler)
		return OTA_OK;
	return ota_fail(diag, OTA_E_WRONG_BASE,
			"window %" PRIu64 " has checksum %08" PRIx32
			", its new bytes have %08" PRIx32
			": the old file is probably another one, or the patch is damaged",
			run->walk.windows, head->adler, adler);
}

static enum ota_err end_window(struct run *run, struct ota_diag *diag)
{
	enum ota_err err = OTA_OK;

	for (unsigned i = 0; err == OTA_OK && i < SECTIONS; i++) {
		if (run->walk.section[i].compressed)
			err = ota_xz_end_section(&run->reader[i], diag);
	}
	if (err == OTA_OK)
		err = check_adler(run, diag);
	run->made += run->dec.new_len;
	return err;
}

static enum ota_err run_window(struct run *run, struct ota_diag *diag)
{
	enum ota_err err = begin_window(run, diag);

	while (err == OTA_OK) {
		switch (ota_vcdiff_dec_step(&run->dec, &run->io)) {
		case OTA_WANT_PATCH:
			err = give_patch(run, diag);
			break;
		case OTA_WANT_OLD:
			run->io.old = ota_span_sub(run->old_image, run->io.old_at, run->io.old_len);
			break;
		case OTA_WANT_ROOM:
			if (run->out)
				err = give_room(run, diag);
			else
				count_op(run);
			break;
		case OTA_WANT_NONE:
			return end_window(run, diag);
		case OTA_WANT_NEW: /* VCDIFF reads no new bytes back but those in its window */
		case OTA_WANT_STOP:
			return fail_stop(run, diag);
		}
	}
	return err;
}

static enum ota_err run_new(struct run **run, struct ota_diag *diag)
{
	*run = calloc(1, sizeof(**run));
	if (!*run)
		return ota_fail(diag, OTA_E_MEMORY, "out of memory, %zu bytes wanted",
				sizeof(**run));
	return OTA_OK;
}

static void run_free(struct run *run)
{
	for (size_t i = 0; run && i < SECTIONS; i++)
		ota_xz_reader_close(&run->reader[i]);
	free(run);
}

/* Goes through a patch that `walk` has seen whole; `run` is told what to do and zero besides. */
static enum ota_err run_patch(struct run *run, const struct walk *walk, struct ota_diag *diag)
{
	enum ota_err err = walk_open(&run->walk, walk->rd.span, walk->old_size, diag);

	run->new_size = (size_t)walk->new_size;
	for (uint64_t i = 0; err == OTA_OK && i < walk->windows; i++)
		err = run_window(run, diag);
	if (err == OTA_OK && run->out)
		run->out->len = run->start + run->new_size;
	return err;
}

static enum ota_err decode(struct ota_span old_image, struct ota_span patch, struct ota_buf *out,
			   struct ota_diag *diag)
{
	struct walk walk;
	struct run *run = NULL;
	enum ota_err err = walk_all(&walk, patch, old_image.len, diag);

	if (err == OTA_OK && walk.new_size > out->ceiling - out->len)
		err = ota_fail(diag, OTA_E_NO_FIT,
			       "new file is %" PRIu64 " bytes, at most %zu are accepted",
			       walk.new_size, out->ceiling - out->len);
	if (err == OTA_OK)
		err = check_size(walk.new_size, diag);
	if (err == OTA_OK)
		err = run_new(&run, diag);
	if (err == OTA_OK) {
		run->old_image = old_image;
		run->out = out;
		run->start = out->len;
		err = run_patch(run, &walk, diag);
	}
	run_free(run);
	return err;
}

static enum ota_err fill_info(const struct walk *walk, struct ota_delta_info *info,
			      struct ota_diag *diag)
{
	uint64_t sections = 0;
	uint64_t need;

	info->decoder_ram = OTA_VCDIFF_DEC_RAM + walk->window_max;
	info->decoder_stack = OTA_VCDIFF_DEC_STACK;
	for (unsigned i = 0; i < SECTIONS; i++) {
		const struct kind *kind = &walk->kind[i];
		struct ota_delta_part *part = &info->part[1 + i];

		*part = (struct ota_delta_part){.name = section_names[i],
						.coding = kind->first.len > 0 ? "xz" : NULL,
						.bytes = kind->stored,
						.plain_bytes = kind->plain};
		if (ota_xz_memory(kind->first, &need, diag) != OTA_OK)
			return OTA_E_MEMORY;
		info->decoder_ram += need;
		sections += kind->stored;
	}
	info->part[0] = (struct ota_delta_part){.name = "header",
						.bytes = walk->rd.span.len - sections,
						.plain_bytes = walk->rd.span.len - sections};
	info->n_parts = 1 + SECTIONS;
	info->new_size = walk->new_size;
	info->windows = walk->windows;
	info->window_max = walk->window_max;
	info->source_max = walk->source_max;
	info->has_checksum = walk->adlers == walk->windows;
	return OTA_OK;
}

static enum ota_err describe(struct ota_span patch, struct ota_delta_info *info,
			     struct ota_diag *diag)
{
	struct walk walk;
	struct run *run = NULL;
	enum ota_err err = walk_all(&walk, patch, OLD_UNKNOWN, diag);

	if (err == OTA_OK)
		err = check_size(walk.new_size, diag);
	if (err == OTA_OK)
		err = run_new(&run, diag);
	if (err == OTA_OK) {
		run->info = info;
		err = run_patch(run, &walk, diag);
	}
	if (err == OTA_OK)
		err = fill_info(&walk, info, diag);
	run_free(run);
	return err;
}

/* -- cost -------------------------------------------------------------------------------------- */

/* Only compressed sections need a decoder of their own. */
static enum ota_err cost_of_sections(const struct walk *walk, enum ota_place where,
				     struct ota_costs *costs, struct ota_diag *diag)
{
	for (unsigned i = 0; i < SECTIONS; i++) {
		uint64_t bytes;

		if (ota_xz_memory(walk->kind[i].first, &bytes, diag) != OTA_OK)
			return OTA_E_MEMORY;
		if (bytes > 0)
			ota_costs_add(costs, where, bytes, "xz decoder, %s section",
				      section_names[i]);
	}
	return OTA_OK;
}

/* All three sections of a window are read at once, and come one behind the other. */
static void cost_on_device(const struct walk *walk, const struct ota_update *update,
			   const struct ota_target *target, struct ota_costs *costs)
{
	ota_costs_add(costs, OTA_PLACE_STACK, OTA_VCDIFF_DEC_STACK, "patch decoder stack");
	if (ota_device_streams(target))
		ota_costs_add(costs, OTA_PLACE_RAM, walk->sections_max,
			      "largest window's sections, as they come in");
	ota_device_cost_of_kept(target, SECTIONS, costs);
	/* The window is part of the new image, where that is held whole. */
	if (!ota_device_holds_new(target))
		ota_costs_add(costs, OTA_PLACE_RAM, walk->window_max, "longest target window");
	ota_device_cost_of_new(update, target, costs);
	if (!target->old_mapped && walk->source_max > 0)
		ota_costs_add(costs, OTA_PLACE_RAM, OTA_DEVICE_PIECE,
			      "old bytes, not readable in place");
}

static enum ota_err cost(const struct ota_update *update, const struct ota_target *target,
			 enum ota_applier applier, struct ota_costs *costs, struct ota_diag *diag)
{
	bool on_device = applier == OTA_APPLIED_ON_DEVICE;
	enum ota_place where = on_device ? OTA_PLACE_RAM : OTA_PLACE_GATEWAY;
	struct walk walk;
	enum ota_err err = walk_all(&walk, update->patch, OLD_UNKNOWN, diag);

	if (err == OTA_OK)
		err = cost_of_sections(&walk, where, costs, diag);
	if (err != OTA_OK)
		return err;
	ota_costs_add(costs, where, OTA_VCDIFF_DEC_RAM, "patch decoder state");
	if (on_device)
		cost_on_device(&walk, update, target, costs);
	else
		ota_costs_add(costs, where, walk.window_max, "longest target window");
	return OTA_OK;
}

/* A profile's decoder may have been built for windows of so many bytes. */
static bool state_room(struct ota_span patch, const struct ota_decoder *decoder, uint64_t *needs,
		       uint64_t *has)
{
	struct walk walk;

	*needs = 0;
	*has = 0;
	if (decoder->window == 0 || walk_all(&walk, patch, OLD_UNKNOWN, NULL) != OTA_OK)
		return true;
	*needs = walk.window_max;
	*has = decoder->window;
	return true;
}

/* Smaller windows find next to nothing to copy. */
#define WINDOW_LEAST 1024U
/* Of a window that is mostly short copies from far away the sections are half as large again. */
#define SECTIONS_MORE 16U

/* The largest window of a power of two, plain, that leaves enough room for the rest. */
static bool slim(const struct ota_target *target, const struct ota_decoder *decoder, uint64_t room,
		 struct ota_slim *slim)
{
	uint32_t built_for = decoder && decoder->window > 0 ? decoder->window : UINT32_MAX;
	uint64_t fixed = OTA_VCDIFF_DEC_RAM + ota_device_page(target) +
			 ota_device_kept_pieces(target, SECTIONS) +
			 (target->old_mapped ? 0 : OTA_DEVICE_PIECE) +
			 (target->updater_stack > 0 ? 0 : OTA_VCDIFF_DEC_STACK);
	bool streams = ota_device_streams(target);
	char number[32];

	for (uint32_t window = OTA_VCDIFF_WINDOW_MAX; window >= WINDOW_LEAST; window /= 2) {
		uint64_t needs =
			fixed + window + (streams ? window + window / 2 + SECTIONS_MORE : 0);

		if (needs > room || window > built_for || ota_device_holds_new(target))
			continue;
		*slim = (struct ota_slim){.ram = needs, .stack = OTA_VCDIFF_DEC_STACK};
		(void)snprintf(slim->how, sizeof(slim->how), "windows of %s bytes",
			       ota_number_grouped(window, number));
		return true;
	}
	return false;
}

/* At a window's start the decoder's state is that of every window. */
static uint64_t checkpoint(struct ota_span patch)
{
	struct walk walk;

	if (walk_all(&walk, patch, OLD_UNKNOWN, NULL) != OTA_OK)
		return OTA_CHECKPOINT_NONE;
	/* Sections that are compressed go on with the stream of the window before. */
	for (unsigned i = 0; i < SECTIONS; i++) {
		if (walk.kind[i].first.len > 0)
			return OTA_CHECKPOINT_NONE;
	}
	return 0;
}

/* Cut off right before its version it is still VCDIFF, and truncated. */
static bool probe(struct ota_span patch)
{
	static const uint8_t magic[3] = {0xd6, 0xc3, 0xc4};

	return ota_vcdiff_probe(patch) || ota_span_equal(patch, ota_span_of(magic, sizeof(magic)));
}

const struct ota_patch_format ota_patch_vcdiff = {
	.name = "vcdiff",
	.other_name = "xdelta3",
	.id = 2,
	.window_max = OTA_VCDIFF_WINDOW_MAX,
	.uses_ranks = true,
	.probe = probe,
	.encode = ota_vcdiff_encode,
	.effort = ota_vcdiff_effort,
	.decode = decode,
	.describe = describe,
	.cost = cost,
	.variants = ota_vcdiff_variants,
	.least_ram = ota_vcdiff_least_ram,
	.state_room = state_room,
	.slim = slim,
	.checkpoint = checkpoint,
	.ram_formula = "state + longest window + its sections if streamed + page + pieces of old "
		       "and patch if not mapped",
	.ram_source = "formats/vcdiff.md, Decoder",
};
