// SPDX-License-Identifier: Apache-2.0
/*
 * BSDIFF40: describe and apply whatever comes. The old image is derived from the input, too. The
 * first byte says how the patch is made: taken as it is, or put together from plain streams, so
 * that the control records are reached without guessing bzip2's checksums.
 */
#include <stdlib.h>

#include <ota/bsdiff.h>
#include <ota/delta.h>

#define OLD_MAX 64
#define NEW_MAX 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void fuzz_file(struct ota_span patch)
{
	struct ota_span old_image = ota_span_head(patch, OLD_MAX);
	struct ota_buf out = ota_buf_init(NEW_MAX);
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_delta_info info;
	enum ota_err err = ota_delta_apply(old_image, patch, &out, &diag);

	if (err == OTA_OK && ota_delta_describe(patch, &info, NULL) != OTA_OK)
		abort();
	if (err == OTA_OK && (info.new_size != out.len || info.blended + info.inserted != out.len))
		abort();
	if (err != OTA_OK && diag.text[0] == '\0')
		abort();
	ota_buf_free(&out);
}

/* Answers whatever the decoder wants, a few bytes at a time, until the streams are used up. */
static void fuzz_streams(struct ota_span input, size_t piece)
{
	static uint8_t out[NEW_MAX];
	struct ota_span old_image = ota_span_head(input, OLD_MAX);
	struct ota_span rest[OTA_STREAMS_MAX] = {input, input, input};
	struct ota_bsdiff_dec dec;
	struct ota_dec_io io = {.stream = 0};
	enum ota_want want = OTA_WANT_PATCH;

	if (ota_bsdiff_dec_init(&dec, old_image.len, NEW_MAX) != OTA_OK)
		abort();
	while (want != OTA_WANT_NONE && want != OTA_WANT_STOP) {
		want = ota_bsdiff_dec_step(&dec, &io);
		if (want == OTA_WANT_PATCH) {
			if (rest[io.stream].len == 0)
				return;
			io.patch[io.stream] = ota_span_head(rest[io.stream], piece);
			rest[io.stream] = ota_span_tail(rest[io.stream], piece);
		} else if (want == OTA_WANT_OLD) {
			if (io.old_at >= old_image.len || io.old_len > old_image.len - io.old_at)
				abort();
			io.old = ota_span_sub(old_image, io.old_at, piece);
		} else if (want == OTA_WANT_ROOM) {
			io.out = out + dec.new_at;
			io.room = piece < NEW_MAX - dec.new_at ? piece : NEW_MAX - dec.new_at;
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct ota_span input = ota_span_of(data, len);

	if (len == 0)
		return 0;
	if (data[0] == 'B')
		fuzz_file(input);
	else
		fuzz_streams(ota_span_tail(input, 1), 1 + data[0]);
	return 0;
}
