// SPDX-License-Identifier: Apache-2.0
#include "match_vcdiff.h"
#include "patch_vcdiff.h"
#include "stream_xz.h"

/* xdelta3's default; with it most firmware is one window. */
#define WINDOW_DEFAULT (8U << 20)
/* Most bytes of an instruction in a section: a code and a size, or an address. */
#define OP_SIZE_MAX     6U
#define NUMBER_SIZE_MAX 5U
/* As xdelta3: shorter sections are not worth a look. */
#define SECTION_MIN  10U
#define SECTION_GAIN 2U
/* Windows that are tried for a device: powers of two between these. */
#define VARIANT_LEAST 1024U
#define VARIANT_MOST  (1U << 20)

struct writer {
	const struct ota_delta_plan *plan;
	struct ota_vcdiff_matcher matcher;
	struct ota_op_list ops;                         /* of the window at work */
	struct ota_buf plain;                           /* its sections, one behind the other */
	struct ota_buf compressed[OTA_VCDIFF_SECTIONS]; /* the same, compressed */
	struct ota_xz_writer xz[OTA_VCDIFF_SECTIONS];
	struct ota_buf *out;
};

static uint32_t window_len(const struct ota_delta_plan *plan, size_t new_left)
{
	uint32_t len = plan->window > 0 ? plan->window : WINDOW_DEFAULT;

	return new_left < len ? (uint32_t)new_left : len;
}

/* Room for the sections of the ops at hand, each as long as it can get. */
static enum ota_err make_room(struct writer *w, struct ota_span part,
			      struct ota_vcdiff_sections *sections, struct ota_diag *diag)
{
	size_t codes = w->ops.n * OP_SIZE_MAX;
	struct ota_wr all;
	enum ota_err err;

	w->plain.len = 0;
	err = ota_buf_reserve(&w->plain, part.len + 2 * codes, diag);
	if (err != OTA_OK)
		return err;
	all = ota_wr_init(w->plain.data, w->plain.cap);
	sections->wr[OTA_VCDIFF_DATA] = ota_wr_init(ota_wr_room(&all, part.len), part.len);
	sections->wr[OTA_VCDIFF_INST] = ota_wr_init(ota_wr_room(&all, codes), codes);
	sections->wr[OTA_VCDIFF_ADDR] = ota_wr_init(ota_wr_room(&all, codes), codes);
	return OTA_OK;
}

/*
 * One section, compressed, its plain size first. `*used` says whether it is to be taken: a stream's
 * first only when that pays, all later ones, since the stream goes on from them.
 */
static enum ota_err compress_section(struct writer *w, unsigned i, struct ota_span plain,
				     bool *used, struct ota_diag *diag)
{
	uint8_t number[NUMBER_SIZE_MAX];
	struct ota_wr wr = ota_wr_init(number, sizeof(number));
	struct ota_buf *out = &w->compressed[i];
	bool first = !w->xz[i].open;
	enum ota_err err = OTA_OK;

	out->len = 0;
	*used = plain.len >= SECTION_MIN;
	if (!*used)
		return OTA_OK;
	if (first)
		err = ota_xz_writer_open(&w->xz[i], diag);
	ota_vcdiff_number_write(&wr, (uint32_t)plain.len);
	if (err == OTA_OK)
		err = ota_buf_append(out, ota_wr_span(&wr), diag);
	if (err == OTA_OK)
		err = ota_xz_write_section(&w->xz[i], plain, out, diag);
	if (err == OTA_OK && first && out->len + SECTION_GAIN > plain.len) {
		ota_xz_writer_close(&w->xz[i]);
		*used = false;
	}
	return err;
}

/* What is stored of each section, borrowed; fills in the window's sizes. */
static enum ota_err store_sections(struct writer *w, const struct ota_vcdiff_sections *sections,
				   struct ota_vcdiff_window *window,
				   struct ota_span stored[OTA_VCDIFF_SECTIONS],
				   struct ota_diag *diag)
{
	for (unsigned i = 0; i < OTA_VCDIFF_SECTIONS; i++) {
		bool used = false;

		stored[i] = ota_wr_span(&sections->wr[i]);
		if (w->plan->secondary == OTA_SECONDARY_LZMA) {
			enum ota_err err = compress_section(w, i, stored[i], &used, diag);

			if (err != OTA_OK)
				return err;
		}
		if (used)
			stored[i] = ota_buf_span(&w->compressed[i]);
		window->compressed[i] = used;
		window->section_len[i] = (uint32_t)stored[i].len;
	}
	return OTA_OK;
}

static enum ota_err write_window(struct writer *w, const struct ota_vcdiff_window *window,
				 const struct ota_span stored[OTA_VCDIFF_SECTIONS],
				 struct ota_diag *diag)
{
	uint8_t header[OTA_VCDIFF_WINDOW_HEADER_MAX];
	struct ota_wr wr = ota_wr_init(header, sizeof(header));
	enum ota_err err;

	ota_vcdiff_window_write(&wr, window);
	err = ota_buf_append(w->out, ota_wr_span(&wr), diag);
	for (unsigned i = 0; i < OTA_VCDIFF_SECTIONS && err == OTA_OK; i++)
		err = ota_buf_append(w->out, stored[i], diag);
	return err;
}

static enum ota_err encode_window(struct writer *w, uint32_t at, uint32_t len,
				  struct ota_diag *diag)
{
	struct ota_span part = ota_span_sub(w->matcher.new_image, at, len);
	struct ota_vcdiff_window window = {
		.new_len = len, .has_adler = true, .adler = ota_adler32(1, part)};
	struct ota_vcdiff_sections sections;
	struct ota_span stored[OTA_VCDIFF_SECTIONS];
	enum ota_err err = ota_vcdiff_match(&w->matcher, at, &window, &w->ops, diag);

	if (err == OTA_OK)
		err = make_room(w, part, &sections, diag);
	if (err != OTA_OK)
		return err;
	err = ota_vcdiff_window_encode(&window, ota_op_list_ops(&w->ops), part, at, &sections);
	if (err != OTA_OK)
		return ota_fail(diag, err, "the matcher's edits do not make the new file");
	err = store_sections(w, &sections, &window, stored, diag);
	return err != OTA_OK ? err : write_window(w, &window, stored, diag);
}

/* An empty new image is one empty window: without a window xdelta3 takes a patch for cut off. */
static enum ota_err encode_windows(struct writer *w, struct ota_diag *diag)
{
	size_t new_len = w->matcher.new_image.len;
	size_t at = 0;
	enum ota_err err;

	do {
		uint32_t len = window_len(w->plan, new_len - at);

		err = encode_window(w, (uint32_t)at, len, diag);
		at += len;
	} while (err == OTA_OK && at < new_len);
	return err;
}

static enum ota_err write_header(struct ota_buf *out, enum ota_secondary secondary,
				 struct ota_diag *diag)
{
	uint8_t header[OTA_VCDIFF_WINDOW_HEADER_MAX];
	struct ota_wr wr = ota_wr_init(header, sizeof(header));

	ota_vcdiff_header_write(&wr, secondary == OTA_SECONDARY_LZMA ? OTA_VCDIFF_LZMA
								     : OTA_VCDIFF_PLAIN);
	return ota_buf_append(out, ota_wr_span(&wr), diag);
}

enum ota_err ota_vcdiff_encode(const struct ota_delta_plan *plan, const struct ota_index *index,
			       struct ota_span new_image, struct ota_buf *out,
			       struct ota_diag *diag)
{
	struct writer w = {.plan = plan,
			   .matcher = {.index = index,
				       .new_image = new_image,
				       .source_max = plan->source_window},
			   .plain = ota_buf_init(SIZE_MAX),
			   .out = out};
	enum ota_err err =
		ota_vcdiff_matcher_init(&w.matcher, window_len(plan, new_image.len), diag);

	for (unsigned i = 0; i < OTA_VCDIFF_SECTIONS; i++)
		w.compressed[i] = ota_buf_init(SIZE_MAX);
	if (err == OTA_OK)
		err = write_header(out, plan->secondary, diag);
	if (err == OTA_OK)
		err = encode_windows(&w, diag);
	ota_vcdiff_matcher_free(&w.matcher);
	for (unsigned i = 0; i < OTA_VCDIFF_SECTIONS; i++) {
		ota_xz_writer_close(&w.xz[i]);
		ota_buf_free(&w.compressed[i]);
	}
	ota_op_list_free(&w.ops);
	ota_buf_free(&w.plain);
	return err;
}

/* -- for a device ------------------------------------------------------------------------------ */

/* Sections and old bytes are not known before; they may take nothing. */
uint64_t ota_vcdiff_least_ram(const struct ota_patch_room *room, const struct ota_delta_plan *plan)
{
	return OTA_VCDIFF_DEC_RAM + window_len(plan, room->new_len);
}

static struct ota_delta_plan with_window(uint32_t window)
{
	return (struct ota_delta_plan){.format = "vcdiff", .window = window};
}

/*
 * Powers of two up to the decoder's window, and that. The first that cannot fit shows where the
 * limit is; one that holds all of new is as good as any larger one.
 */
static unsigned variants_for_device(const struct ota_patch_room *room, struct ota_delta_plan *plan)
{
	uint32_t given = room->decoder->window;
	uint32_t most = given > 0 && given < VARIANT_MOST ? given : VARIANT_MOST;
	uint32_t window = VARIANT_LEAST;
	bool more = true;
	unsigned n = 0;

	while (more && window <= most && n < OTA_VARIANTS_MAX - 1) {
		plan[n] = with_window(window);
		more = window < room->new_len && ota_vcdiff_least_ram(room, &plan[n]) <= room->ram;
		n++;
		window *= 2;
	}
	if (n == 0 || (more && plan[n - 1].window < most))
		plan[n++] = with_window(most);
	return n;
}

unsigned ota_vcdiff_variants(const struct ota_patch_room *room,
			     struct ota_delta_plan plan[OTA_VARIANTS_MAX])
{
	if (room->decoder)
		return variants_for_device(room, plan);
	plan[0] = with_window(0);
	plan[1] = with_window(0);
	plan[1].secondary = OTA_SECONDARY_LZMA;
	return 2;
}

/* -- what it takes ----------------------------------------------------------------------------- */

/* Nanoseconds for each byte of both images, of firmware of which some to much has changed. */
#define NS_PER_BYTE    180U
#define NS_PER_BYTE_XZ 60U
#define US_AT_LEAST    1000U
/* Tables by hash, the ways of a stretch, and less. */
#define TABLES    2900000U
#define OLD_PLACE 4U /* a list entry for each byte of old */
/* For each of a window's: a list entry, edits, and their sections. */
#define WINDOW_PLACE 12U
/* Three streams of LZMA, of which each has its own tables. */
#define XZ_STREAMS 14500000U

void ota_vcdiff_effort(const struct ota_delta_plan *plan, size_t old_len, size_t new_len,
		       struct ota_delta_effort *effort)
{
	bool xz = plan->secondary == OTA_SECONDARY_LZMA;
	uint64_t both = (uint64_t)old_len + new_len;
	uint64_t window = window_len(plan, new_len);

	effort->us = US_AT_LEAST + both * (NS_PER_BYTE + (xz ? NS_PER_BYTE_XZ : 0)) / 1000;
	/* And the patch, with half of it again while it grows. */
	effort->memory = TABLES + OLD_PLACE * (uint64_t)old_len + WINDOW_PLACE * window +
			 (xz ? XZ_STREAMS : 0) + new_len + new_len / 2;
}
