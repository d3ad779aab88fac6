// SPDX-License-Identifier: Apache-2.0
/*
 * VCDIFF: describe and apply whatever comes, to an old image as large as those of the vectors. The
 * first byte says how the patch is made: taken as it is, or as one window's three sections, so that
 * the instructions are reached without lengths that must agree.
 */
#include <stdlib.h>

#include <ota/delta.h>
#include <ota/vcdiff.h>

#define OLD_FILE   24000
#define OLD_MAX    4096
#define NEW_MAX    65536
#define WINDOW_MAX 4096U
#define SOURCE_AT  3U

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void fuzz_file(struct ota_span patch)
{
	static const uint8_t old_bytes[OLD_FILE];
	struct ota_span old_image = ota_span_of(old_bytes, sizeof(old_bytes));
	struct ota_buf out = ota_buf_init(NEW_MAX);
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_delta_info info;
	enum ota_err err = ota_delta_apply(old_image, patch, &out, &diag);

	if (err == OTA_OK && ota_delta_describe(patch, &info, NULL) != OTA_OK)
		abort();
	if (err == OTA_OK &&
	    (info.new_size != out.len || info.old_reach > old_image.len ||
	     info.copied_old + info.copied_new + info.repeated + info.inserted != out.len))
		abort();
	if (err != OTA_OK && diag.text[0] == '\0')
		abort();
	if (err != OTA_OK)
		(void)!ota_delta_describe(patch, &info, NULL);
	ota_buf_free(&out);
}

struct window {
	struct ota_vcdiff_dec dec;
	struct ota_dec_io io;
	struct ota_span rest[OTA_VCDIFF_SECTIONS];
	struct ota_span old_image;
	size_t piece;
	uint8_t *out;
};

static void window_init(struct window *w, struct ota_span input, uint8_t *out)
{
	struct ota_vcdiff_window head = {.source_at = SOURCE_AT, .new_len = WINDOW_MAX};
	uint32_t third = (uint32_t)(input.len / 3);
	const uint32_t lens[OTA_VCDIFF_SECTIONS] = {third, third, third};

	*w = (struct window){.old_image = ota_span_head(input, OLD_MAX), .out = out};
	if (w->old_image.len > SOURCE_AT)
		head.source_len = (uint32_t)w->old_image.len - SOURCE_AT;
	for (unsigned i = 0; i < OTA_VCDIFF_SECTIONS; i++)
		w->rest[i] = ota_span_sub(input, i * third, third);
	ota_vcdiff_dec_init(&w->dec, &head, lens);
}

/* Answers whatever the decoder wants, a few bytes at a time. */
static enum ota_want make(struct window *w)
{
	for (;;) {
		enum ota_want want = ota_vcdiff_dec_step(&w->dec, &w->io);

		if (want == OTA_WANT_PATCH) {
			if (w->rest[w->io.stream].len == 0)
				abort();
			w->io.patch[w->io.stream] = ota_span_head(w->rest[w->io.stream], w->piece);
			w->rest[w->io.stream] = ota_span_tail(w->rest[w->io.stream], w->piece);
		} else if (want == OTA_WANT_OLD) {
			if (w->io.old_at < SOURCE_AT || w->io.old_at >= w->old_image.len ||
			    w->io.old_len > w->old_image.len - w->io.old_at)
				abort();
			w->io.old = ota_span_sub(w->old_image, w->io.old_at, w->piece);
		} else if (want == OTA_WANT_ROOM) {
			size_t left = WINDOW_MAX - w->dec.new_at;

			w->io.out = w->out + w->dec.new_at;
			w->io.room = w->piece < left ? w->piece : left;
		} else {
			return want;
		}
	}
}

/* The same without images; must come to the same end. */
static enum ota_want look_through(struct window *w)
{
	for (;;) {
		enum ota_want want = ota_vcdiff_dec_step(&w->dec, &w->io);

		if (want == OTA_WANT_PATCH) {
			w->io.patch[w->io.stream] = w->rest[w->io.stream];
			w->rest[w->io.stream] = ota_span_of(NULL, 0);
		} else if (want == OTA_WANT_ROOM) {
			struct ota_op op = ota_vcdiff_dec_skip(&w->dec, &w->io);

			if (op.len == 0 || w->dec.new_at > WINDOW_MAX)
				abort();
		} else if (want == OTA_WANT_OLD) {
			abort();
		} else {
			return want;
		}
	}
}

static void fuzz_window(struct ota_span input, size_t piece)
{
	static struct window a;
	static struct window b;
	uint8_t *out = malloc(WINDOW_MAX); /* of its own, so that every byte outside is seen */

	if (!out)
		return;
	window_init(&a, input, out);
	window_init(&b, input, NULL);
	a.piece = piece;
	if (make(&a) != look_through(&b) || a.dec.new_at != b.dec.new_at || a.dec.err != b.dec.err)
		abort();
	free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct ota_span input = ota_span_of(data, len);

	if (len == 0)
		return 0;
	if (data[0] == 0xd6)
		fuzz_file(input);
	else
		fuzz_window(ota_span_tail(input, 1), 1 + data[0]);
	return 0;
}
