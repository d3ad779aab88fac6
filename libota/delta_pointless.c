// SPDX-License-Identifier: Apache-2.0
/*
 * Is a patch worth its base? The question is asked of every patch, and a good patch is a small part
 * of its image: zlib's fastest level answers it then, for next to nothing. What leaves doubt is
 * asked of a fast LZMA encoder, and only what is close, or pointless indeed, of xz itself.
 */
#define ZLIB_CONST

#include <lzma.h>
#include <zlib.h>

#include <ota/delta.h>

#define PRESET      6U       /* the xz command's own choice */
#define DICTIONARY  8388608U /* that preset's */
#define FAST_PRESET 0U
#define PIECE       4096U
/*
 * A deflate stream longer than 5/4 of a patch shows xz's to be longer than the patch: on firmware
 * it is 1.13 to 1.22 times xz's. Where much repeats over a distance that deflate cannot see, xz's
 * may be shorter still; then no one is told.
 */
#define DEFLATE_MARGIN 4U
/* At its fastest deflate does no better than 230:1, and so says little about what is nearly empty.
 */
#define DEFLATE_BEST 256U
/* An LZMA stream of the fast kind is 3 to 6 % longer than xz's on firmware: 1/8 is enough. */
#define FAST_MARGIN 8U
/* Headers and rounding. */
#define SLACK 256U

/* Does deflate need more than `limit` bytes? */
static enum ota_err deflate_passes(struct ota_span plain, size_t limit, bool *passes,
				   struct ota_diag *diag)
{
	uint8_t piece[PIECE];
	z_stream zs = {.next_in = Z_NULL};
	int status = Z_OK;
	size_t len = 0;

	if (deflateInit(&zs, Z_BEST_SPEED) != Z_OK)
		return ota_fail(diag, OTA_E_MEMORY, "out of memory for zlib");
	while (status == Z_OK && len <= limit) {
		struct ota_span head = ota_span_head(plain, PIECE);

		if (zs.avail_in == 0) {
			zs.next_in = head.data;
			zs.avail_in = (uInt)head.len;
			plain = ota_span_tail(plain, head.len);
		}
		zs.next_out = piece;
		zs.avail_out = sizeof(piece);
		status = deflate(&zs, plain.len > 0 ? Z_NO_FLUSH : Z_FINISH);
		len += sizeof(piece) - zs.avail_out;
	}
	(void)deflateEnd(&zs);
	*passes = len > limit;
	return OTA_OK;
}

/*
 * Runs an encoder over all of `plain` and counts what it writes, or until that is more than
 * `limit`. Frees the encoder.
 */
static enum ota_err count(lzma_stream *xz, struct ota_span plain, size_t limit, size_t *len,
			  struct ota_diag *diag)
{
	uint8_t piece[PIECE];
	lzma_ret status = LZMA_OK;

	*len = 0;
	xz->next_in = plain.data;
	xz->avail_in = plain.len;
	while (status == LZMA_OK && *len <= limit) {
		xz->next_out = piece;
		xz->avail_out = sizeof(piece);
		status = lzma_code(xz, LZMA_FINISH);
		*len += sizeof(piece) - xz->avail_out;
	}
	lzma_end(xz);
	if (status != LZMA_OK && status != LZMA_STREAM_END)
		return ota_fail(diag, OTA_E_MEMORY, "xz encoder failed with %d", (int)status);
	return OTA_OK;
}

/*
 * A preset with xz's own dictionary, cut to what there is to find in: same output, less memory, for
 * xz takes 94 MB at its full size.
 */
static enum ota_err options_for(struct ota_span plain, uint32_t preset, lzma_options_lzma *options,
				struct ota_diag *diag)
{
	if (lzma_lzma_preset(options, preset))
		return ota_fail(diag, OTA_E_UNSUPPORTED, "liblzma has no preset %u", preset);
	options->dict_size = DICTIONARY;
	if (plain.len < DICTIONARY)
		options->dict_size = (uint32_t)plain.len;
	if (plain.len < LZMA_DICT_SIZE_MIN)
		options->dict_size = LZMA_DICT_SIZE_MIN;
	return OTA_OK;
}

/*
 * The same of the fast LZMA encoder. A plain LZMA stream leaves it byte by byte, while LZMA2 keeps
 * a chunk of up to 64 KiB to itself: only the former can be stopped early.
 */
static enum ota_err lzma_passes(struct ota_span plain, size_t limit, bool *passes,
				struct ota_diag *diag)
{
	lzma_options_lzma options;
	lzma_filter filters[] = {
		{.id = LZMA_FILTER_LZMA1, .options = &options},
		{.id = LZMA_VLI_UNKNOWN, .options = NULL},
	};
	lzma_stream xz = LZMA_STREAM_INIT;
	size_t len = 0;
	enum ota_err err = options_for(plain, FAST_PRESET, &options, diag);

	if (err != OTA_OK)
		return err;
	if (lzma_raw_encoder(&xz, filters) != LZMA_OK)
		return ota_fail(diag, OTA_E_MEMORY, "out of memory for LZMA");
	err = count(&xz, plain, limit, &len, diag);
	*passes = len > limit;
	return err;
}

/* The cheap looks, one after the other. */
static enum ota_err surely_worth(struct ota_span new_image, size_t patch_len, bool *worth,
				 struct ota_diag *diag)
{
	enum ota_err err;

	*worth = false;
	if (patch_len >= new_image.len) /* hardly to be reached */
		return OTA_OK;
	err = deflate_passes(new_image,
			     patch_len + patch_len / DEFLATE_MARGIN + new_image.len / DEFLATE_BEST +
				     SLACK,
			     worth, diag);
	if (err == OTA_OK && !*worth)
		err = lzma_passes(new_image, patch_len + patch_len / FAST_MARGIN + SLACK, worth,
				  diag);
	return err;
}

/* What the xz command makes of the image, as long as that is no more than `limit` bytes. */
static enum ota_err xz_len_of(struct ota_span new_image, size_t limit, size_t *len,
			      struct ota_diag *diag)
{
	lzma_options_lzma options;
	lzma_filter filters[] = {
		{.id = LZMA_FILTER_LZMA2, .options = &options},
		{.id = LZMA_VLI_UNKNOWN, .options = NULL},
	};
	lzma_stream xz = LZMA_STREAM_INIT;
	enum ota_err err = options_for(new_image, PRESET, &options, diag);

	if (err != OTA_OK)
		return err;
	if (lzma_stream_encoder(&xz, filters, LZMA_CHECK_CRC64) != LZMA_OK)
		return ota_fail(diag, OTA_E_MEMORY, "out of memory for xz");
	return count(&xz, new_image, limit, len, diag);
}

enum ota_err ota_delta_is_pointless(struct ota_span new_image, size_t patch_len, bool *pointless,
				    size_t *xz_len, struct ota_diag *diag)
{
	bool worth = false;
	size_t len = 0;
	enum ota_err err = surely_worth(new_image, patch_len, &worth, diag);

	*pointless = false;
	*xz_len = 0;
	if (err != OTA_OK || worth)
		return err;
	err = xz_len_of(new_image, patch_len, &len, diag);
	if (err == OTA_OK && len <= patch_len) {
		*pointless = true;
		*xz_len = len;
	}
	return err;
}
